use super::*;
use crate::analysis::{Judgement, Verdict};
use crate::experiment::Removal;
use crate::kernel::{Duration, Time};
use crate::plan::Feedback;
use crate::report::sparkline::Charset;

fn after(verdict: Verdict, time_s: Option<u64>) -> Aftermath {
    Aftermath { verdict, time_to_recovery: time_s.map(Duration::from_secs), final_ratio: Some(0.5) }
}

fn diagnosis(names: &[(&str, bool)], together: &[&str]) -> Diagnosis {
    let removal = |&(name, is_back): &(&str, bool)| Removal {
        feedback: Feedback::Backlog(0),
        name: name.to_owned(),
        after: if is_back { after(Verdict::Recovered, Some(3)) } else { after(Verdict::Metastable, None) },
    };
    Diagnosis {
        judgement: Judgement { verdict: Verdict::Metastable, trigger: None, workloads: Vec::new() },
        down: Some(Time::ZERO),
        acts: Some(Time::ZERO),
        finding: Finding::Down {
            removals: names.iter().map(removal).collect(),
            together: together.iter().map(|&name| name.to_owned()).collect(),
            remedies: Vec::new(),
        },
    }
}

fn sentence(diagnosis: &Diagnosis) -> String {
    DiagnosisReport { name: "shop", digest: "", seed: 1, diagnosis }.sentence()
}

#[test]
fn the_sentence_says_what_is_needed() {
    let none = diagnosis(&[("a", false), ("b", false)], &[]);
    assert_eq!(sentence(&none), "no loop was found: without all of what may feed it, it stays down");
    let one = diagnosis(&[("a", true), ("b", false)], &[]);
    assert_eq!(sentence(&one), "what keeps it down: a; without it, it comes back");
    let three = diagnosis(&[("a", true), ("b", true), ("c", true)], &[]);
    assert_eq!(
        sentence(&three),
        "what keeps it down: a, b and c; take any one of them away, and it comes back"
    );
    let together = diagnosis(&[("a", false), ("b", false)], &["a", "b"]);
    assert_eq!(
        sentence(&together),
        "what keeps it down: a and b; only without all of them together it comes back"
    );
    assert_eq!(together.loops(), ["a", "b"]);
}

#[test]
fn what_helped_stands_first() {
    let found = diagnosis(&[("backlog of `db`", false), ("retries of `app`", true)], &[]);
    let mut text = Vec::new();
    let report = DiagnosisReport { name: "shop", digest: "", seed: 1, diagnosis: &found };
    report.write_text(&mut text, Charset::Ascii).expect("memory can be written");
    let text = anstream::adapter::strip_str(&String::from_utf8(text).expect("it is text")).to_string();
    let (first, second) = (text.find("retries of `app`  "), text.find("backlog of `db`  "));
    assert!(first.is_some() && first < second, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}
