//! Goal: the exposition is what the specification of `OpenMetrics` 1.0 says, and its numbers are those of the CSV files. Method: a strict reader of our own, which follows the ABNF and the
//! rules beside it and knows nothing of how the file is written; a run with every mechanism that reports anything.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::experiment::{Progress, Trial, TrialOptions};
use crate::mechanism::Class;
use crate::model::{Model, Overrides};
use crate::plan::Plan;
use crate::quantity::NoFiles;

/// One line of samples.
#[derive(Clone, PartialEq, Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
    at: f64,
}

#[derive(Clone, PartialEq, Debug, Default)]
struct Read {
    name: String,
    family_type: String,
    unit: String,
    help: String,
    samples: Vec<Sample>,
}

impl Read {
    fn allows(&self, sample: &str) -> bool {
        let suffixes: &[&str] = match &*self.family_type {
            "counter" => &["_total", "_created"],
            "summary" => &["", "_count", "_sum", "_created"],
            "info" => &["_info"],
            "gauge" | "stateset" => &[""],
            other => panic!("unknown type {other}"),
        };
        suffixes.iter().any(|suffix| sample == format!("{}{suffix}", self.name))
    }
}

fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    first && characters.all(|next| next.is_ascii_alphanumeric() || next == '_')
}

/// Takes escapes out of a text up to its end, or to a quote that ends it.
fn unescaped(text: &str, ends_at_quote: bool) -> (String, &str) {
    let mut out = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' if ends_at_quote => return (out, &text[index + 1..]),
            '"' => panic!("an unescaped quote in {text}"),
            '\\' => match characters.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, other @ ('\\' | '"'))) => out.push(other),
                other => panic!("escape {other:?} in {text}"),
            },
            other => out.push(other),
        }
    }
    assert!(!ends_at_quote, "no quote ends {text}");
    (out, "")
}

fn number(text: &str) -> f64 {
    assert!(text.bytes().all(|byte| byte.is_ascii_digit() || b".-e".contains(&byte)), "`{text}`");
    let value: f64 = text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"));
    assert!(value.is_finite());
    value
}

fn sample(line: &str) -> Sample {
    let (name, mut rest) = line.split_once('{').expect("every sample has labels");
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    loop {
        let (label, after) = rest.split_once("=\"").expect("a label");
        assert!(is_name(label), "{line}");
        let (value, after) = unescaped(after, true);
        assert!(labels.insert(label.to_owned(), value).is_none(), "{label} twice in {line}");
        match after.split_at(1) {
            (",", after) => rest = after,
            ("}", after) => {
                let (value, at) = after.strip_prefix(' ').expect("a space").split_once(' ').expect("a time");
                return Sample { name: name.to_owned(), labels, value: number(value), at: number(at) };
            }
            other => panic!("{other:?} in {line}"),
        }
    }
}

/// What tells the metrics of a family apart: for all points of one of them the same.
fn identity(family: &Read, sample: &Sample) -> BTreeMap<String, String> {
    let mut labels = sample.labels.clone();
    match &*family.family_type {
        "summary" => _ = labels.remove("quantile"),
        "stateset" => _ = labels.remove(&family.name),
        _ => {}
    }
    labels
}

fn check_samples(family: &Read) {
    let (mut seen, mut current) = (BTreeSet::new(), None);
    let mut last: BTreeMap<Vec<(String, String)>, (f64, f64)> = BTreeMap::new();
    let mut at = f64::NEG_INFINITY;
    for sample in &family.samples {
        assert!(family.allows(&sample.name), "{} in {}", sample.name, family.name);
        let metric = identity(family, sample);
        if current.as_ref() != Some(&metric) {
            assert!(
                seen.insert(metric.clone()),
                "the points of {metric:?} are not together in {}",
                family.name
            );
            (current, at) = (Some(metric), f64::NEG_INFINITY);
        }
        assert!(sample.at >= at, "{} goes back in time", family.name);
        at = sample.at;
        let full: Vec<_> = sample.labels.clone().into_iter().collect();
        if let Some((at, value)) = last.insert(full, (sample.at, sample.value)) {
            assert!(sample.at > at, "{} twice at {at}", family.name);
            assert!(family.family_type != "counter" || sample.value >= value, "{} falls", family.name);
        }
        match &*family.family_type {
            "counter" | "summary" => assert!(sample.value >= 0.0),
            "info" => assert_eq!(sample.value, 1.0),
            "stateset" => {
                assert!([0.0, 1.0].contains(&sample.value) && sample.labels.contains_key(&family.name));
            }
            _ => {}
        }
        if family.family_type == "summary" {
            assert!((0.0..=1.0).contains(&number(&sample.labels["quantile"])));
        }
    }
}

/// Reads an exposition by the rules of the specification.
fn read(text: &str) -> Vec<Read> {
    let body = text.strip_suffix("# EOF\n").expect("it ends with # EOF");
    let mut families: Vec<Read> = Vec::new();
    for line in body.lines() {
        let Some(words) = line.strip_prefix("# ") else {
            families.last_mut().expect("a family").samples.push(sample(line));
            continue;
        };
        let mut words = words.splitn(3, ' ');
        let (word, name) = (words.next().unwrap(), words.next().unwrap());
        let rest = words.next().unwrap();
        if families.last().is_none_or(|family| family.name != name) {
            families.push(Read { name: name.to_owned(), ..Read::default() });
        }
        let family = families.last_mut().expect("it was pushed");
        assert!(family.samples.is_empty(), "{line} comes after samples");
        let slot = match word {
            "TYPE" => &mut family.family_type,
            "UNIT" => &mut family.unit,
            "HELP" => &mut family.help,
            other => panic!("# {other}"),
        };
        assert!(slot.is_empty(), "{line} comes twice");
        *slot = unescaped(rest, false).0;
    }
    let mut names = BTreeSet::new();
    for family in &families {
        assert!(is_name(&family.name) && family.name.starts_with(PREFIX), "{}", family.name);
        assert!(!family.help.is_empty() && !family.samples.is_empty(), "{}", family.name);
        for reserved in ["_total", "_created", "_count", "_sum", "_bucket", "_info"] {
            assert!(!family.name.ends_with(reserved), "{} looks like a sample", family.name);
        }
        assert!(family.unit.is_empty() || family.name.ends_with(&format!("_{}", family.unit)));
        assert!(names.insert(family.name.clone()), "{} comes twice", family.name);
        check_samples(family);
    }
    families
}

const PREFIX: &str = "metastable_";

fn trial(text: &str) -> (Model, Trial) {
    let loaded = Model::parse("model", text, &Overrides::new()).unwrap_or_else(|found| panic!("{found}"));
    let plan = Plan::compile(&loaded.model, &NoFiles).expect("a model without files");
    let options = TrialOptions { with_twin: true, check: false };
    let trial =
        Trial::conduct(&loaded.model, &plan, 1, options, &Progress::default()).expect("nobody stops it");
    (loaded.model, trial)
}

fn exposition(model: &Model, trial: &Trial) -> String {
    let twin = trial.twin.as_ref().map(|twin| ("twin", twin));
    let runs: Vec<NamedRun<'_>> = [("actual", &trial.run)].into_iter().chain(twin).collect();
    let verdict = trial.judgement.as_ref().map(|judgement| judgement.verdict.name());
    let mut out = Vec::new();
    let exposition = Exposition { model: &model.name, verdict, runs: &runs };
    exposition.write(&mut out).expect("memory takes everything");
    String::from_utf8(out).expect("text")
}

/// Caches, heaps, locks and all that policies have.
const EVERYTHING: [&str; 6] = [
    include_str!("../../../tests/determinism/everything.toml"),
    include_str!("../../../tests/determinism/callers.toml"),
    include_str!("../../../tests/determinism/caches.toml"),
    include_str!("../../../tests/determinism/memory.toml"),
    include_str!("../../../tests/determinism/locks.toml"),
    include_str!("../../../models/zone-outage.toml"),
];

#[test]
fn every_exposition_is_what_the_specification_says() {
    for text in EVERYTHING {
        if text.contains("trace = ") {
            continue;
        }
        let text = text.replace("duration = \"10min\"", "duration = \"1min\"");
        let (model, trial) = trial(&text);
        let read = read(&exposition(&model, &trial));
        assert!(read.len() > 40, "{}: {} families", model.name, read.len());
        assert_eq!(read[0].name, "metastable_run");
    }
}

const SHOP: &str = r#"name = "shop"
[run]
duration = "30s"
interval = "1s"
[workloads.users]
arrivals = { open = { rate = "100/s" } }
to = "web"
policy = "query"
[policies.query]
per_try_timeout = "100ms"
retry = { max_attempts = 3 }
[services.web]
threads = 4
queue = { capacity = 16 }
handler = [{ work = "exponential(10ms)" }]
[faults.slow]
at = "10s"
duration = "2s"
degrade = { service = "web", factor = 10 }
"#;

#[test]
fn the_last_samples_are_the_sums_of_the_columns() {
    let (model, trial) = trial(SHOP);
    let families = read(&exposition(&model, &trial));
    let total = |run: &str, name: &str, labels: &[(&str, &str)]| {
        let family = families.iter().find(|family| family.name == name).unwrap_or_else(|| panic!("{name}"));
        let fits = |sample: &&Sample| {
            sample.labels["run"] == run && labels.iter().all(|(key, value)| sample.labels[*key] == *value)
        };
        let last = family.samples.iter().rfind(fits).unwrap_or_else(|| panic!("{name} {labels:?}"));
        assert_eq!(last.at, 30.0);
        last.value
    };
    let twin = trial.twin.as_ref().expect("there is a trigger");
    for (label, run) in [("actual", &trial.run), ("twin", twin)] {
        let (users, edge, web) = (&run.workloads[0].rows, &run.edges[0].rows, &run.services[0].rows);
        let good: u64 = users.iter().map(|row| row.good).sum();
        assert!(good > 1000);
        assert_eq!(total(label, "metastable_goodput_requests", &[]), good as f64);
        assert_eq!(total(label, "metastable_requests", &[("outcome", "good")]), good as f64);
        let timeouts: u64 = edge.iter().map(|row| row.attempt_ended[Class::AttemptTimeout.index()]).sum();
        let of = [("outcome", "attempt_timeout"), ("target", "web"), ("policy", "query")];
        assert_eq!(total(label, "metastable_attempts", &of), timeouts as f64);
        let received: u64 = web.iter().map(|row| row.received).sum();
        assert_eq!(total(label, "metastable_service_attempts_received", &[]), received as f64);
        let work: u128 = web.iter().map(|row| row.working.integral).sum();
        assert!((total(label, "metastable_work_seconds", &[]) - work as f64 / 1e9).abs() < 1e-6);
        assert_eq!(total(label, "metastable_queue_depth", &[]), web[29].queued.last as f64);
    }
    let latency = families.iter().find(|family| family.name == "metastable_request_duration_seconds");
    let latency = &latency.expect("requests take time").samples;
    let p99: Vec<&Sample> = latency.iter().filter(|sample| sample.labels["quantile"] == "0.99").collect();
    let answered = [&trial.run, twin]
        .map(|run| run.workloads[0].rows.iter().filter(|row| row.latency.count > 0).count());
    assert_eq!((p99.len(), p99[3].at), (answered.iter().sum(), 4.0), "one for each interval with an answer");
    assert_eq!(p99[3].value, trial.run.workloads[0].rows[3].latency.p99_ns as f64 / 1e9);
    assert_eq!(p99[0].labels["workload"], "users");
    let fault = families.iter().find(|family| family.name == "metastable_fault_active").expect("a fault");
    let of_run = fault.samples.iter().filter(|sample| sample.labels["run"] == "actual");
    let course: Vec<(f64, f64)> = of_run.map(|sample| (sample.at, sample.value)).collect();
    assert_eq!(course, [(0.0, 0.0), (10.0, 1.0), (12.0, 0.0)]);
}

#[test]
fn what_a_label_may_not_say_is_escaped() {
    let text = "back\\slash, \"quoted\", two\nlines";
    assert_eq!(escaped(text), "back\\\\slash, \\\"quoted\\\", two\\nlines");
    assert_eq!(unescaped(&format!("{}\"", escaped(text)), true), (text.to_owned(), ""));
}

#[test]
fn every_column_is_in_a_metric() {
    let mut names = BTreeSet::new();
    for series in Series::ALL {
        let (columns, families) = (series.columns(), families(series));
        for (index, column) in columns.iter().enumerate() {
            let of: Vec<&Family> = families
                .iter()
                .filter(|family| family.parts.iter().any(|part| part.column == index))
                .collect();
            assert!(!of.is_empty(), "{} of {series:?}", column.name);
            assert!(of.iter().all(|family| family.unit() == Some("seconds") || !column.name.ends_with("_s")));
        }
        for family in families {
            assert!(names.insert(family.name.clone()), "{} is of two files", family.name);
            let labels: BTreeSet<_> = family.parts.iter().map(|part| part.label).collect();
            assert_eq!(labels.len(), family.parts.len(), "the parts of {} are told apart", family.name);
            assert!(family.parts.len() == 1 || family.parts.iter().all(|part| part.label.is_some()));
        }
    }
    for known in [
        "requests",
        "goodput_requests",
        "inflight_requests",
        "request_duration_seconds",
        "attempts",
        "retries",
        "retry_budget_exhausted",
        "queue_depth",
        "queue_wait_seconds",
        "circuit_breaker_state",
        "ejected_hosts",
        "gc_pause_seconds",
        "heap_live_bytes",
        "cache_requests",
    ] {
        assert!(names.contains(&format!("{PREFIX}{known}")), "{known}");
    }
}

#[test]
fn the_reader_sees_what_is_wrong() {
    let (model, trial) = trial(SHOP);
    let good = exposition(&model, &trial);
    let lines: Vec<&str> = good.lines().collect();
    let counter = lines.iter().position(|line| line.contains("_total{") && !line.ends_with(" 0 0")).unwrap();
    let without = |line: usize| [&lines[..line], &lines[line + 1..]].concat().join("\n") + "\n";
    let moved = |line: usize| {
        let mut lines = lines.clone();
        let taken = lines.remove(line);
        lines.insert(lines.len() - 1, taken);
        lines.join("\n") + "\n"
    };
    let broken = [
        without(lines.len() - 1),
        moved(counter),
        good.replace("_total{", "{"),
        good.replacen("workload=\"users", "workload=\"us\"ers", 1),
        good.replacen("# TYPE metastable_requests counter", "# TYPE metastable_requests gauge", 1),
    ];
    for (index, text) in broken.iter().enumerate() {
        assert!(std::panic::catch_unwind(|| read(text)).is_err(), "mistake {index} is not seen");
    }
}
