//! Goal: what editors know of the model language is what the program knows. Method: the checked-in schema is the program's own; every model of the project
//! satisfies it, and what it refuses the program refuses, too.

#![expect(clippy::unwrap_used, reason = "what does not work here is what the test is about")]

#[path = "../util/experiments.rs"]
mod experiments;
#[path = "../util/models.rs"]
mod models;
mod walk;

use std::fs;
use std::path::{Path, PathBuf};

use metastable::model::{
    Experiment, Model, Overrides, experiment_schema, experiment_schema_text, schema, schema_text,
};
use serde_json::Value;

use experiments::experiments;
use models::models;
use walk::misfits;

/// The first line of every model of the project: editors find the schema by it.
const DIRECTIVE: &str = "#:schema ../docs/metastable.schema.json";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A TOML document as the JSON that a schema is about.
fn document(text: &str) -> Value {
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    serde_json::to_value(table).unwrap()
}

/// What is wrong with a model by the schema alone.
fn found(text: &str) -> Vec<String> {
    misfits(&schema(), &document(text))
}

#[test]
fn the_schema_file_is_current() {
    let file = path("docs/metastable.schema.json");
    if fs::read_to_string(&file).unwrap_or_default() != schema_text() {
        fs::write(&file, schema_text()).unwrap();
        panic!("docs/metastable.schema.json was out of date and has been rewritten; commit it");
    }
}

#[test]
fn the_schema_file_of_experiments_is_current() {
    let file = path("docs/metastable.experiment.schema.json");
    if fs::read_to_string(&file).unwrap_or_default() != experiment_schema_text() {
        fs::write(&file, experiment_schema_text()).unwrap();
        panic!("docs/metastable.experiment.schema.json was out of date and has been rewritten; commit it");
    }
}

#[test]
fn every_experiment_names_its_schema_and_satisfies_it() {
    let comparisons = experiments().into_iter().map(|path| (path, ".."));
    let sweeps = fs::read_dir(path("experiments/sweeps")).unwrap();
    let sweeps = sweeps.map(|entry| (entry.unwrap().path(), "../.."));
    for (experiment, up) in comparisons.chain(sweeps) {
        let text = fs::read_to_string(&experiment).unwrap();
        let directive = format!("#:schema {up}/docs/metastable.experiment.schema.json\n");
        assert!(text.starts_with(&directive), "{}", experiment.display());
        let misfits = misfits(&experiment_schema(), &document(&text));
        assert_eq!(misfits, Vec::<String>::new(), "{}", experiment.display());
    }
}

#[test]
fn what_the_schema_of_experiments_refuses_the_program_refuses() {
    let text = r#"model = "shop.toml"
seeds = { until = "p99 5%", at_most = 200 }
[variants.one]
set = { "policies.db.retry.max_attempts" = 1 }
[expect.it]
variant = "one"
verdict = "recovered"
at_least = "90%"
"#;
    let found = |text: &str| misfits(&experiment_schema(), &document(text));
    assert_eq!(found(text), Vec::<String>::new());
    for (from, to) in [
        ("model =", "models ="),
        ("{ until = \"p99 5%\", at_most = 200 }", "\"20\""),
        ("p99 5%", "p98 5%"),
        ("at_most = 200", "at_most = -1"),
        ("set =", "sets ="),
        ("\"recovered\"", "\"recoverd\""),
        ("\"90%\"", "\"most\""),
        ("[expect.it]", "[expects.it]"),
    ] {
        assert!(text.contains(from), "`{from}` is not in the experiment");
        let text = text.replacen(from, to, 1);
        assert_ne!(found(&text), Vec::<String>::new(), "the schema lets pass `{to}`");
        assert!(Experiment::parse("experiment", &text).is_err(), "the program lets pass `{to}`");
    }
}

#[test]
fn what_the_schema_refuses_of_a_sweep_the_program_refuses() {
    let text = r#"model = "shop.toml"
seeds = 20
design = { sobol = { points = 64 } }
[sweep]
"services.db.threads" = { values = [1, 2] }
"workloads.users.arrivals.open.rate" = { name = "load", range = { from = "1/s", to = "9/s", scale = "log" } }
"#;
    let found = |text: &str| misfits(&experiment_schema(), &document(text));
    assert_eq!(found(text), Vec::<String>::new());
    Experiment::parse("experiment", text).unwrap();
    for (from, to) in [
        ("sobol", "soboll"),
        ("points = 64", "points = -64"),
        ("[1, 2]", "[]"),
        ("values", "value"),
        ("\"log\"", "\"logarithmic\""),
        ("from = \"1/s\", ", ""),
        ("to = \"9/s\"", "to = true"),
    ] {
        assert!(text.contains(from), "`{from}` is not in the experiment");
        let text = text.replacen(from, to, 1);
        assert_ne!(found(&text), Vec::<String>::new(), "the schema lets pass `{to}`");
        assert!(Experiment::parse("experiment", &text).is_err(), "the program lets pass `{to}`");
    }
}

#[test]
fn every_model_names_the_schema() {
    assert!(path("models").join(DIRECTIVE.trim_start_matches("#:schema ")).is_file());
    let mut changed = Vec::new();
    for model in models() {
        let text = fs::read_to_string(&model).unwrap();
        if !text.starts_with(&format!("{DIRECTIVE}\n")) {
            fs::write(&model, format!("{DIRECTIVE}\n{text}")).unwrap();
            changed.push(model.display().to_string());
        }
    }
    assert!(changed.is_empty(), "these models did not name the schema and do now: {changed:?}; commit them");
}

#[test]
fn every_model_satisfies_the_schema() {
    let tests =
        ["everything", "contention", "forever"].map(|name| path(&format!("tests/determinism/{name}.toml")));
    for model in models().into_iter().chain(tests) {
        let text = fs::read_to_string(&model).unwrap();
        assert_eq!(found(&text), Vec::<String>::new(), "{}", model.display());
        let whole = Model::parse("model", &text, &Overrides::new()).unwrap().model;
        assert_eq!(found(&whole.effective_toml()), Vec::<String>::new(), "{} explained", model.display());
    }
}

const MODEL: &str = r#"name = "shop"
[run]
duration = "20s"
[workloads.shoppers]
arrivals = { open = { rate = "50/s" } }
profile = [{ at = "5s", scale = 2 }]
to = "web"
policy = "browser"
[policies.browser]
timeout = "1s"
per_try_timeout = "300ms"
retry = { max_attempts = 2, backoff = { exponential = { base = "50ms", jitter = { ratio = "20%" } } } }
[services.web]
instances = 3
threads = 4
queue = { capacity = 16, order = "lifo" }
handler = [{ work = "lognormal(p50=1ms, p99=5ms)" }]
[services.cache]
threads = "unlimited"
handler = [{ sleep = "1ms" }]
"#;

#[test]
fn what_the_schema_refuses_the_program_refuses() {
    assert_eq!(found(MODEL), Vec::<String>::new());
    for (from, to) in [
        ("name = \"shop\"\n", ""),
        ("duration = \"20s\"", "durations = \"20s\""),
        ("\"20s\"", "20"),
        ("\"20s\"", "\"20 s\""),
        ("\"50/s\"", "\"50\""),
        ("\"50/s\"", "\"50rps\""),
        ("open =", "opened ="),
        ("scale = 2", "scale = -2"),
        ("scale = 2", "scale = \"2\""),
        ("threads = 4", "threads = \"4\""),
        ("threads = 4", "threads = \"none\""),
        ("threads = 4\n", ""),
        ("instances = 3", "instances = 1.5"),
        ("\"lifo\"", "\"liffo\""),
        ("{ ratio = \"20%\" }", "{ ratio = 0.2 }"),
        ("{ ratio = \"20%\" }", "\"ratio\""),
        ("\"lognormal(p50=1ms, p99=5ms)\"", "\"lognorm(p50=1ms, p99=5ms)\""),
        ("[{ sleep = \"1ms\" }]", "{ sleep = \"1ms\" }"),
        ("[{ sleep = \"1ms\" }]", "[{ slep = \"1ms\" }]"),
    ] {
        assert!(MODEL.contains(from), "`{from}` is not in the model");
        let text = MODEL.replacen(from, to, 1);
        assert_ne!(found(&text), Vec::<String>::new(), "the schema lets pass `{to}`");
        assert!(Model::parse("model", &text, &Overrides::new()).is_err(), "the program lets pass `{to}`");
    }
}

#[test]
fn a_parameter_stands_for_any_value() {
    let params = "\n[params]\nx = 3\n";
    for (from, to) in [
        ("\"20s\"", "\"$x\""),
        ("\"50/s\"", "\"$x\""),
        ("scale = 2", "scale = \"$x\""),
        ("instances = 3", "instances = \"$x\""),
        ("threads = 4", "threads = \"$x\""),
        ("\"lifo\"", "\"$x\""),
        ("[{ at = \"5s\", scale = 2 }]", "\"$x\""),
        ("{ exponential = { base = \"50ms\", jitter = { ratio = \"20%\" } } }", "\"$x\""),
    ] {
        assert!(MODEL.contains(from), "`{from}` is not in the model");
        let text = MODEL.replacen(from, to, 1) + params;
        assert_eq!(found(&text), Vec::<String>::new(), "{to} for {from}");
    }
}

/// Every spelling that the parsers take must pass: an editor that marks a good model is worse than none.
#[test]
fn the_patterns_know_every_spelling() {
    let distributions = [
        "0s",
        "1h30m",
        "250us",
        "250\u{b5}s",
        "0.25ms",
        "3d",
        "exponential(5ms)",
        "exponential(mean=5ms)",
        "uniform(1ms, 9ms)",
        "normal(mean=5ms, sd=1ms)",
        "pareto(min=1ms, alpha=1.5)",
        "erlang (k=3, mean=5ms)",
        "mixture(99%: 1ms, 1%: mixture(50%: 2ms, 50%: exponential(100ms)))",
        "empirical(a (1).csv)",
        "quantiles(0%: 1ms, 50%: 5ms, 100%: 90ms)",
        " 5ms ",
    ];
    let rates = ["0/s", "0.5/s", "60/min", "1/90s", "1/7ns", "3/1h30m", "5/d"];
    let check = |from: &str, to: &str| {
        let text = MODEL.replacen(from, &format!("\"{to}\""), 1);
        assert_eq!(found(&text), Vec::<String>::new(), "{to}");
        if let Err(problems) = Model::parse("model", &text, &Overrides::new()) {
            panic!("{to} is no spelling at all: {problems}");
        }
    };
    for text in distributions {
        check("\"lognormal(p50=1ms, p99=5ms)\"", text);
    }
    for text in rates {
        check("\"50/s\"", text);
    }
    for text in ["20%", "0.5%", "100%"] {
        check("\"20%\"", text);
    }
    for text in ["1s", "unlimited"] {
        check("\"1s\"", text);
    }
}
