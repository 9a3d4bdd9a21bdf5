//! Goal: an experiment says what it means, its variants are edits of the model, and every mistake is answered at its place. Method: texts in, values or messages out.

use super::*;
use crate::model::Model;

const EXPERIMENT: &str = r#"model = "../models/shop.toml"
claim = "Fewer retries survive."
seeds = 20

[variants.as_it_is]

[variants.once]
set = { "policies.db.retry.max_attempts" = 1, "services.db.queue.order" = "lifo" }
unset = ["services.db.queue.capacity"]

[expect."once recovers"]
variant = "once"
verdict = "recovered"
at_least = "86%"

[expect.cheaper]
variant = "once"
metric = "attempts"
versus = "as_it_is"
at_most = -0.5
"#;

fn changed(from: &str, to: &str) -> Result<LoadedExperiment, Diagnostics> {
    assert!(EXPERIMENT.contains(from), "`{from}` is not in the experiment");
    Experiment::parse("shop.toml", &EXPERIMENT.replacen(from, to, 1))
}

#[test]
fn an_experiment_is_read_in_the_order_of_its_text() {
    let read = Experiment::parse("shop.toml", EXPERIMENT).unwrap().experiment;
    assert_eq!((read.model.as_str(), read.first_seed), ("../models/shop.toml", 1));
    assert_eq!(read.seeds, SeedSettings::Count(20));
    assert_eq!(read.variants.names(), ["as_it_is", "once"]);
    assert_eq!(read.expect.names(), ["once recovers", "cheaper"]);
    let (_, cheaper) = read.expect.iter().nth(1).unwrap();
    assert_eq!(cheaper.metric, Some(Metric::Attempts));
    assert_eq!(cheaper.at_most.as_ref().map(Bound::value), Some(-0.5));
}

#[test]
fn seeds_may_follow_from_a_precision() {
    let read = changed("seeds = 20", "seeds = { until = \"p99 5%\", at_most = 200 }").unwrap().experiment;
    let SeedSettings::Until(until) = read.seeds else { panic!("{:?}", read.seeds) };
    assert_eq!((until.until.metric, until.until.share.to_string()), (Metric::P99, "5%".to_owned()));
    assert_eq!(until.at_most, 200);
}

#[test]
fn a_variant_can_be_typed_on_the_command_line() {
    let read = Experiment::parse("shop.toml", EXPERIMENT).unwrap();
    let expected = [
        ("--unset", "services.db.queue.capacity"),
        ("--set", "policies.db.retry.max_attempts=1"),
        ("--set", "services.db.queue.order=lifo"),
    ];
    assert_eq!(read.arguments("once"), expected.map(|(option, text)| (option, text.to_owned())));
    let tables = r#"set = { "a.b" = { c = ["x y", 1.5], d = {} }, "a.c" = "5", "a.d" = "20 %" }"#;
    let read = changed("unset = [\"services.db.queue.capacity\"]", "").unwrap();
    assert_eq!(read.arguments("as_it_is"), []);
    let read = changed("[variants.as_it_is]\n", &format!("[variants.as_it_is]\n{tables}\n")).unwrap();
    let texts: Vec<String> = read.arguments("as_it_is").into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, [r#"a.b={ c = ["x y", 1.5], d = {} }"#, r#"a.c="5""#, r#"a.d="20 %""#]);
}

const MODEL: &str = r#"name = "shop"
[run]
duration = "20s"
[workloads.shoppers]
arrivals = { open = { rate = "50/s" } }
to = "db"
policy = "db"
[policies.db]
per_try_timeout = "1s"
retry = { max_attempts = 3 }
[services.db]
threads = 4
queue = { capacity = 16 }
handler = [{ work = "2ms" }]
"#;

fn variant(set: &str) -> Result<Model, Diagnostics> {
    let text = format!("model = \"shop.toml\"\nseeds = 2\n[variants.one]\n{set}\n");
    let read = Experiment::parse("experiment.toml", &text)?;
    Model::parse("shop.toml", MODEL, &read.overrides("one")).map(|loaded| loaded.model)
}

#[test]
fn a_variant_is_the_model_with_the_same_overrides() {
    let edited = variant(
        "set = { \"policies.db.retry.max_attempts\" = 1, \"services.db.queue\" = { capacity = 4 } }\nunset = [\"policies.db.per_try_timeout\"]",
    );
    let mut overrides = Overrides::new();
    overrides.unset("policies.db.per_try_timeout");
    overrides.set("policies.db.retry.max_attempts=1");
    overrides.set("services.db.queue={ capacity = 4 }");
    assert_eq!(edited.unwrap(), Model::parse("shop.toml", MODEL, &overrides).unwrap().model);
}

/// What is wrong with an override is shown where it stands in the experiment.
#[test]
fn mistakes_in_overrides_have_their_place() {
    for (set, code, line, marked) in [
        (r#"set = { "services.bd.threads" = 3 }"#, "M006", 4, "bd"),
        (r#"unset = ["policies.db.retyr"]"#, "M006", 4, "retyr"),
        (r#"set = { "policies.db.retry.max_attempts" = [] }"#, "M012", 4, "[]"),
        (r#"set = { "policies.db.retry.attempts" = 3 }"#, "M010", 4, "attempts"),
        ("[variants.one.set]\n\"services.db.threads\" = 0", "M022", 5, "0"),
        (r#"set = { "services.db.threads=3" = 3 }"#, "M005", 4, ""),
    ] {
        let found = variant(set).unwrap_err();
        let diagnostic = found.iter().find(|it| it.code == code).unwrap_or_else(|| panic!("{set}\n{found}"));
        let location = diagnostic.location.as_ref().unwrap();
        assert_eq!(location.source.to_string(), "experiment.toml", "{found}");
        assert_eq!((location.line, location.marked_text()), (line, marked), "{found}");
    }
}

#[test]
fn a_path_without_quotes_does_not_replace_a_section() {
    let found = variant("set = { run.duration = \"5s\" }").unwrap_err().to_string();
    assert!(found.contains("a path stands in quotes: `\"run.duration\" = …`"), "{found}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (from, to, code, help) in [
        ("seeds = 20", "seed = 20", "M010", "did you mean `seeds`?"),
        ("seeds = 20\n", "", "M011", "the experiment has no `seeds`"),
        ("seeds = 20", "seeds = -1", "M012", "a number of seeds such as `20`"),
        ("seeds = 20", "seeds = 1", "M022", "1 is too few seeds"),
        ("seeds = 20", "seeds = { until = \"p98 5%\", at_most = 9 }", "M015", "write \"p99 5%\""),
        ("seeds = 20", "seeds = { until = \"p99 5\", at_most = 9 }", "M015", "such as \"5%\""),
        ("seeds = 20", "seeds = 20\nbaseline = \"onec\"", "M020", "did you mean `once`?"),
        ("variant = \"once\"", "variant = \"one\"", "M020", "did you mean `once`?"),
        ("\"recovered\"", "\"recoverd\"", "M013", "did you mean `recovered`?"),
        ("\"attempts\"", "\"latency\"", "M013", "`p99`"),
        ("\"86%\"", "\"100%\"", "M031", "no number of seeds proves that"),
        ("\"86%\"", "0.86", "M031", "write a share such as \"90%\""),
        ("at_least = \"86%\"\n", "", "M031", "it has no bound"),
        ("verdict = \"recovered\"\n", "", "M031", "about a `verdict` or about a `metric`"),
        ("versus = \"as_it_is\"", "versus = \"once\"", "M031", "does not differ from itself"),
        ("verdict = \"recovered\"", "verdict = \"recovered\"\nversus = \"as_it_is\"", "M031", "only metrics"),
        ("at_most = -0.5", "at_most = -0.5\nat_least = 2", "M031", "nothing is at least 2 and at most -0.5"),
        ("at_most = -0.5", "at_most = \"soon\"", "M015", "write for example \"90%\""),
        ("\"services.db.queue.order\" = \"lifo\"", "\"run.seed\" = 3", "M031", "first_seed"),
        ("[variants.as_it_is]", "[variants.\"as it is\"]", "M021", "a name has letters"),
    ] {
        let found = changed(from, to).expect_err(to);
        let has_code = found.iter().any(|diagnostic| diagnostic.code == code);
        assert!(has_code && found.to_string().contains(help), "{to}\n{found}");
        assert!(found.iter().all(|diagnostic| diagnostic.location.is_some()), "{found}");
    }
    assert_eq!(Experiment::parse("empty.toml", "# nothing").unwrap_err().iter().next().unwrap().code, "M002");
}

proptest::proptest! {
    /// No text of a user makes it panic, and whatever is wrong has a message.
    #[test]
    fn any_text_is_understood_or_refused(at in 0usize..600, length in 0usize..40, put in "[a-z0-9 =\"'.{}\\[\\]\n%$é-]{0,12}") {
        let characters: Vec<char> = EXPERIMENT.chars().collect();
        let at = at.min(characters.len());
        let end = (at + length).min(characters.len());
        let text: String =
            characters[..at].iter().copied().chain(put.chars()).chain(characters[end..].iter().copied()).collect();
        match Experiment::parse("shop.toml", &text) {
            Ok(read) => {
                for variant in read.experiment.variants.names() {
                    read.arguments(variant);
                    if let Err(found) = Model::parse("shop.toml", MODEL, &read.overrides(variant)) {
                        proptest::prop_assert!(found.has_errors() && !found.to_string().is_empty());
                    }
                }
            }
            Err(found) => proptest::prop_assert!(found.has_errors() && !found.to_string().is_empty()),
        }
    }
}
