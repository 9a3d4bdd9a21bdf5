//! Goal: every model that the project shows works, and every message that it documents exists. Method: read the files as a user would,
//! through the library alone.

#![expect(clippy::unwrap_used, reason = "what does not work here is what the test is about")]

#[path = "../util/experiments.rs"]
mod experiments;
#[path = "../util/models.rs"]
mod models;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use metastable::experiment::{Progress, Trial, TrialOptions};
use metastable::mechanism::arrivals::ArrivalSettings;
use metastable::model::{Diagnostics, Experiment, Loaded, LoadedExperiment, Model, Overrides, explain};
use metastable::plan::Plan;
use metastable::quantity::{Distribution, NoFiles};

use experiments::experiments;
use models::models;

fn load(path: &Path, sets: &[String]) -> Result<Loaded, Diagnostics> {
    let mut overrides = Overrides::new();
    for set in sets {
        match set.strip_prefix("--unset ") {
            Some(path) => overrides.unset(path),
            None => overrides.set(set),
        }
    }
    let text = fs::read(path).unwrap();
    Model::parse_bytes(&path.to_string_lossy(), &text, &overrides)
}

#[track_caller]
fn loaded(path: &Path, sets: &[String]) -> Loaded {
    load(path, sets).unwrap_or_else(|found| panic!("{sets:?}\n{found}"))
}

/// The same world in a tenth of the time: durations of the run and of its faults shrink, everything else stays.
fn shortened(model: &Model) -> Vec<String> {
    let tenth = |duration: metastable::kernel::Duration| format!("{}ns", duration.as_ns() / 10);
    // A warm-up is a whole number of intervals.
    let warmup = model.run.warmup.as_ns() / 10 / model.run.interval.as_ns() * model.run.interval.as_ns();
    let mut sets =
        vec![format!("run.duration={}", tenth(model.run.duration)), format!("run.warmup={warmup}ns")];
    for (name, workload) in &model.workloads {
        if let ArrivalSettings::Batch(batch) = &workload.arrivals {
            sets.push(format!("workloads.{name}.arrivals.batch.first={}", tenth(batch.first)));
        }
    }
    for (name, fault) in &model.faults {
        sets.extend(fault.at.map(|at| format!("faults.{name}.at={}", tenth(at))));
        if let Some(Distribution::Constant(duration)) = fault.duration {
            sets.push(format!("faults.{name}.duration={}", tenth(duration)));
        }
    }
    sets
}

#[test]
fn every_model_explains_plans_and_runs() {
    for path in models() {
        let whole = loaded(&path, &[]);
        let again = Model::parse("explained", &explain(&whole), &Overrides::new());
        assert_eq!(again.unwrap_or_else(|found| panic!("{found}")).model, whole.model, "{}", path.display());
        let short = loaded(&path, &shortened(&whole.model)).model;
        let plan = Plan::compile(&short, &NoFiles).unwrap_or_else(|problems| panic!("{problems:?}"));
        let options = TrialOptions { with_twin: true, check: true };
        let trial = Trial::conduct(&short, &plan, short.run.seed, options, &Progress::default())
            .expect("invariant: nobody cancels");
        assert_eq!(trial.violations, [], "{}", path.display());
        assert!(trial.judgement.is_some() && trial.run.workloads.iter().all(|it| it.totals.offered > 0));
    }
}

/// The comment at the top of a model, as one text.
fn header(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.starts_with('#'));
    let lines: Vec<&str> = lines.map(|line| line.trim_start_matches('#')).collect();
    lines.join("\n")
}

#[test]
fn every_model_says_what_it_shows() {
    for path in models() {
        let header = header(&fs::read_to_string(&path).unwrap());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let command = format!("metastable run models/{name}");
        for part in ["What is modelled:", "Source:", "What to look for:", &command] {
            assert!(header.contains(part), "{name} does not say `{part}`");
        }
        assert_eq!(loaded(&path, &[]).model.name, name.trim_end_matches(".toml"));
    }
}

#[test]
fn every_override_that_a_model_recommends_works() {
    let mut count = 0;
    for path in models() {
        let header = header(&fs::read_to_string(&path).unwrap());
        for line in header.lines().map(str::trim).filter(|line| line.starts_with("--set ")) {
            let sets: Vec<String> =
                line.split("--set ").skip(1).map(|set| set.trim().trim_matches('\'').to_owned()).collect();
            assert_ne!(loaded(&path, &sets).model, loaded(&path, &[]).model, "{line} changes nothing");
            count += sets.len();
        }
    }
    assert!(count >= 5, "the recommendations were found, not only {count}");
}

/// Every experiment with its path.
fn loaded_experiments() -> Vec<(std::path::PathBuf, LoadedExperiment)> {
    let read = |path: std::path::PathBuf| {
        let bytes = fs::read(&path).unwrap();
        let read = Experiment::parse_bytes(&path.to_string_lossy(), &bytes);
        (path, read.unwrap_or_else(|found| panic!("{found}")))
    };
    experiments().into_iter().map(read).collect()
}

#[test]
fn every_experiment_says_what_it_compares_and_every_variant_runs() {
    for (path, read) in loaded_experiments() {
        let header = header(&fs::read_to_string(&path).unwrap());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let command = format!("metastable compare experiments/{name}");
        for part in ["What is compared:", "Source:", "What to look for:", &command] {
            assert!(header.contains(part), "{name} does not say `{part}`");
        }
        let experiment = &read.experiment;
        assert!(!experiment.claim.is_empty() && !experiment.expect.is_empty(), "{name} claims nothing");
        let model = path.parent().unwrap().join(&experiment.model);
        let text = fs::read_to_string(&model).unwrap();
        let mut seen: Vec<Model> = Vec::new();
        for variant in experiment.variants.names() {
            let loaded = Model::parse(&experiment.model, &text, &read.overrides(variant));
            let loaded = loaded.unwrap_or_else(|found| panic!("{name}, {variant}\n{found}"));
            assert!(!seen.contains(&loaded.model), "{name}: {variant} is another variant");
            Plan::compile(&loaded.model, &NoFiles).unwrap_or_else(|problems| panic!("{problems:?}"));
            // What can be typed is what was written.
            let typed: Vec<String> = read
                .arguments(variant)
                .into_iter()
                .map(|(option, text)| if option == "--unset" { format!("--unset {text}") } else { text })
                .collect();
            assert_eq!(self::loaded(&model, &typed).model, loaded.model, "{name}: {typed:?}");
            seen.push(loaded.model);
        }
    }
}

/// The codes that have a section in `docs/errors.md`.
fn documented() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
    let page = fs::read_to_string(page).unwrap();
    page.split("\n## ").skip(1).map(|section| section[..4].to_owned()).collect()
}

/// A model in which nothing is wrong.
const MODEL: &str = r#"name = "shop"
[run]
duration = "20s"
[workloads.shoppers]
arrivals = { open = { rate = "50/s" } }
to = "web"
policy = "browser"
[policies.browser]
timeout = "1s"
[services.web]
threads = 4
queue = { capacity = 16 }
handler = [{ work = "2ms" }]
"#;

/// One way to make each mistake: the code, the text of [`MODEL`] that gives way, and what takes its place.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("M002", MODEL, "# nothing"),
    ("M003", "\"50/s\"", "50/s"),
    ("M004", "threads = 4", "threads = 4\nthreads = 4"),
    ("M007", "\"50/s\"", "\"$rate\""),
    ("M008", "name = \"shop\"", "name = \"shop\"\nparams = 3"),
    ("M010", "timeout", "tiemout"),
    ("M011", "threads = 4", ""),
    ("M012", "threads = 4\nqueue = { capacity = 16 }", "threads = 4\nqueue = 16"),
    ("M013", "capacity = 16", "capacity = 16, order = \"longest\""),
    ("M014", "timeout = \"1s\"", "retry = { max_attempts = 2, backoff = { none = {}, fixed = {} } }"),
    ("M015", "\"1s\"", "\"1 s\""),
    ("M020", "to = \"web\"", "to = \"wbe\""),
    ("M021", "name = \"shop\"", "name = \"a shop\""),
    ("M022", "threads = 4", "threads = 0"),
    ("M023", "\"20s\"", "\"0s\""),
    ("M024", "work = \"2ms\"", "work = \"2ms\", sleep = \"2ms\""),
    ("M025", "queue = { capacity = 16 }", ""),
    (
        "M026",
        "timeout = \"1s\"\n[services.web]\nthreads = 4\nqueue = { capacity = 16 }",
        "[services.web]\nthreads = 4\nqueue = { capacity = 16, when_full = \"drop\" }",
    ),
    ("M027", "[run]", "[judge]\nrelapse = \"99%\"\n[run]"),
    ("M028", "{ work = \"2ms\" }", "{ call = { to = \"web\" } }"),
    ("M030", "timeout = \"1s\"", "retry = { max_attempts = 0 }"),
    ("M011", "[run]", "[caches.pages]\ncapacity = 10\nwarming = { keys = 10 }\n[run]"),
    ("M030", "[run]", "[caches.pages]\ncapacity = 10\nwarming = { rate = \"10/s\" }\n[run]"),
    ("M100", "name = \"shop\"", "name = \"shop\"\nparams = { unused = 3 }"),
    ("M101", "timeout = \"1s\"", "timeout = \"1s\"\nretry = { max_attempts = 2 }"),
    ("M102", "timeout = \"1s\"", "timeout = \"1s\"\nper_try_timeout = \"2s\""),
    ("M103", "timeout = \"1s\"", "per_try_timeout = \"1s\"\nretry = { max_attempts = 20 }"),
    ("M104", "capacity = 16", "capacity = \"unlimited\""),
    ("M105", "policy = \"browser\"", ""),
    ("M106", "timeout = \"1s\"", "per_try_timeout = \"1s\"\nretry = { max_attempts = 3 }"),
    (
        "M107",
        "handler = [{ work = \"2ms\" }]",
        "handler = [{ call = { to = \"db\", policy = \"slow\" } }]\n[policies.slow]\ntimeout = \"2s\"\n[services.db]\nthreads = \"unlimited\"\nhandler = [{ sleep = \"1ms\" }]",
    ),
    (
        "M108",
        "timeout = \"1s\"",
        "timeout = \"1s\"\ncircuit_breaker = { window = { time = { duration = \"1s\" } } }",
    ),
    ("M109", "timeout = \"1s\"", "circuit_breaker = {}"),
    ("M110", "timeout = \"1s\"", "timeout = \"1s\"\ncircuit_breaker = { half_open_max_wait = \"1ms\" }"),
    ("M111", "timeout = \"1s\"", "timeout = \"1s\"\npool = {}"),
    ("M112", "timeout = \"1s\"", "timeout = \"1s\"\npool = { max_size = 100000, min_idle = 0 }"),
    ("M113", "timeout = \"1s\"", "timeout = \"1s\"\noutlier_detection = {}"),
    (
        "M114",
        "timeout = \"1s\"",
        "timeout = \"1s\"\nhedge = { delay = { fixed = \"1ms\" } }\nretry = { max_attempts = 2 }",
    ),
    ("M115", "timeout = \"1s\"", "timeout = \"1s\"\nhedge = { delay = { fixed = \"1s\" } }"),
    (
        "M116",
        "handler = [{ work = \"2ms\" }]",
        "handler = [{ cache = { get = \"redis\" } }]\n[caches.redis]\ncapacity = 5",
    ),
    ("M118", "threads = 4", "threads = 4\nmemory = { heap = \"1MiB\", live_per_request = \"512KiB\" }"),
    (
        "M117",
        "handler = [{ work = \"2ms\" }]",
        "handler = [{ lock = { acquire = \"row\", steps = [{ call = { to = \"log\" } }] } }]\n[services.log]\nthreads = \"unlimited\"\nhandler = [{ lock = { acquire = \"row\", steps = [{ sleep = \"1ms\" }] } }]\n[locks.row]\nscope = \"global\"",
    ),
    ("M130", "\"50/s\"", "\"0/s\""),
];

/// The codes that these bytes with these overrides give.
fn codes(bytes: &[u8], overrides: &Overrides) -> BTreeSet<&'static str> {
    let found = match Model::parse_bytes("model.toml", bytes, overrides) {
        Ok(loaded) => loaded.warnings,
        Err(found) => found,
    };
    found.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn every_documented_message_can_be_met() {
    let mut overrides = Overrides::new();
    overrides.set("no path at all");
    overrides.set("services.nosuch.threads=3");
    let mut met = codes(MODEL.as_bytes(), &overrides);
    assert_eq!(met, BTreeSet::from(["M005", "M006"]));
    met.extend(codes(b"\xff\x00", &Overrides::new()));
    for (code, from, to) in MISTAKES {
        assert!(MODEL.contains(from), "`{from}` is not in the model");
        let found = codes(MODEL.replacen(from, to, 1).as_bytes(), &Overrides::new());
        assert!(found.contains(code), "{code} is not among {found:?}");
        met.extend(found);
    }
    assert_eq!(codes(MODEL.as_bytes(), &Overrides::new()), BTreeSet::new());
    let one = "model = \"shop.toml\"\nseeds = 20\n[variants.one]\n";
    let found = Experiment::parse("experiment.toml", &format!("{one}[expect.nothing]\nvariant = \"one\"\n"));
    met.extend(found.unwrap_err().iter().map(|diagnostic| diagnostic.code));
    met.insert(Experiment::parse("experiment.toml", one).unwrap().same_as("one", "one").code);
    let found = Experiment::parse("experiment.toml", &format!("{one}[sweep]\n\"a.b\" = {{ values = [] }}\n"));
    met.extend(found.unwrap_err().iter().map(|diagnostic| diagnostic.code));
    assert_eq!(documented(), met.into_iter().map(str::to_owned).collect());
}

/// What an earlier run of the fuzzer found worth keeping: no panic, and what is a model is the same one when it is explained.
#[test]
fn the_corpus_of_the_fuzzer_is_understood_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/model");
    let (mut models, mut refused) = (0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        match Model::parse_bytes("model.toml", &bytes, &Overrides::new()) {
            Ok(loaded) => {
                let again = Model::parse("explained", &explain(&loaded), &Overrides::new()).unwrap();
                assert_eq!(again.model, loaded.model);
                models += 1;
            }
            Err(found) => {
                assert!(!found.to_string().is_empty());
                refused += 1;
            }
        }
    }
    assert!(models > 10 && refused > 10, "{models} models, {refused} refused");
}
