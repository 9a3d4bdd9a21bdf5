//! Goal: what comes out fails as what went in did, is small, takes few runs, and does not depend on whether it was interrupted.

use std::cell::RefCell;

use super::*;
use crate::model::{Overrides, VerdictName};
use crate::quantity::NoFiles;

const MODEL: &str = r#"name = "shop"
description = "A server that is retried to death."
[run]
duration = "4min"
interval = "1s"
[workloads.shoppers]
arrivals = { open = { rate = "50/s" } }
to = "front"
policy = "web"
[workloads.robots]
arrivals = { open = { rate = "1/s" } }
to = "side"
[policies.web]
per_try_timeout = "500ms"
retry = { max_attempts = 4, backoff = "none", budget = "unlimited" }
[policies.aside]
timeout = "1s"
[services.front]
threads = 1
queue = { capacity = 100 }
handler = [{ work = "exponential(10ms)" }, { call = { to = "side", policy = "aside" } }]
[services.side]
threads = "unlimited"
handler = [{ work = "1ms" }]
"#;

/// Fifty faults, of which one tips the system.
fn with_faults(count: usize, culprits: &[usize]) -> Model {
    let mut text = MODEL.to_owned();
    for index in 0..count {
        let at = 30 + index;
        text.extend(["[faults.f", &index.to_string(), "]\nat = \"", &at.to_string(), ".123s\"\n"]);
        text += "duration = \"3.17s\"\n";
        text += if culprits.contains(&index) {
            "degrade = { service = \"front\", factor = 7.3 }\n"
        } else {
            "degrade = { service = \"side\", factor = 1.5 }\n"
        };
    }
    Model::parse("shop", &text, &Overrides::new()).unwrap_or_else(|found| panic!("{found}")).model
}

type Journal = Vec<(String, bool)>;

fn shrunk(model: &Model, known: &Journal) -> (Shrunk, Journal) {
    let journal = RefCell::new(Vec::new());
    let note = |digest: &str, fails: bool| journal.borrow_mut().push((digest.to_owned(), fails));
    let property = Property::Recovers;
    let shrinking = Shrinking { files: &NoFiles, property: &property, note: &note };
    let known = known.iter().cloned().collect();
    let shrunk =
        shrink(model, shrinking, known, &Progress::default()).unwrap_or_else(|error| panic!("{error}"));
    (shrunk, journal.into_inner())
}

#[test]
fn fifty_faults_become_one_in_few_runs() {
    let model = with_faults(50, &[31]);
    let (small, journal) = shrunk(&model, &Vec::new());
    let after = &small.recorded.case.model;
    assert_eq!((small.before.faults, small.after.faults), (50, 1), "{}", after.effective_toml());
    assert!(small.runs < 300 && small.runs == journal.len(), "{} runs", small.runs);
    assert_eq!(small.recorded.case.record.verdict, VerdictName::Metastable);
    assert!(!small.recorded.judged.holds && !small.recorded.case.record.holds);
    assert_eq!(after.run.seed, model.run.seed);
    let fault = &after.faults["f31"];
    let length = fault.duration.as_ref().expect("it ends").to_string();
    assert!(["200ms", "500ms", "1s", "2s", "3.1s", "3.2s"].contains(&length.as_str()), "{length}");
    let factor = fault.degrade.as_ref().expect("it is one").factor.get();
    assert!(factor.fract() == 0.0 && factor <= 8.0, "{factor}");
    assert_eq!((small.after.services, after.workloads.len()), (1, 1), "{}", after.effective_toml());
    assert!(after.run.duration < model.run.duration);
    let story = story(after, &small.recorded.trial);
    assert!(story.starts_with("One fault: at "), "{story}");
    assert!(
        story.contains("attempts, of which `web` allows") && story.contains("The verdict is metastable"),
        "{story}"
    );

    // Whoever was interrupted after any answer says the same in the end.
    for answers in [0, 1, journal.len() / 2, journal.len()] {
        let (again, other) = shrunk(&model, &journal[..answers].to_vec());
        assert_eq!((&again, &other), (&small, &journal), "after {answers} answers");
    }
    // What is small stays as it is.
    let (smaller, _) = shrunk(after, &Vec::new());
    assert_eq!(smaller.after.faults, 1);
    assert!(smaller.after.lines <= small.after.lines);
}

#[test]
fn what_holds_cannot_be_shrunk() {
    let model = with_faults(2, &[]);
    let (property, note) = (Property::Recovers, |_: &str, _| ());
    let shrinking = Shrinking { files: &NoFiles, property: &property, note: &note };
    let error = shrink(&model, shrinking, BTreeMap::new(), &Progress::default()).expect_err("it holds");
    assert!(
        error.to_string().starts_with("there is nothing to shrink: `recovers` holds (unaffected"),
        "{error}"
    );
}

/// One twin serves every schedule of faults: what the triggers are does not show in it.
#[test]
fn the_twin_does_not_depend_on_the_triggers() {
    use crate::experiment::{Trial, TrialOptions, Twin};
    use crate::plan::Plan;

    let [first, second] = [with_faults(3, &[1]), with_faults(5, &[])];
    let plans = [&first, &second].map(|model| Plan::compile(model, &NoFiles).expect("a model without files"));
    let twin = Twin::of(&plans[1], 1, &Progress::default()).expect("nobody cancels it");
    let alone = twin.conduct(&first, &plans[0], &Progress::default()).expect("nobody cancels it");
    let options = TrialOptions { with_twin: true, check: false };
    let both =
        Trial::conduct(&first, &plans[0], 1, options, &Progress::default()).expect("nobody cancels it");
    assert_eq!(alone, both);
}
