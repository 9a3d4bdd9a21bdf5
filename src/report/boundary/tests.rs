//! Goal: the answer comes first and says what was proven, and no line is wider than the terminal.

use super::{BOUNDARY_FAMILY, BOUNDARY_SCHEMA, BoundaryReport, BoundarySummary};
use crate::analysis::{Counted, Next, Observation, Question, Search};
use crate::model::{Along, Metric, Scale, VerdictName};
use crate::report::sparkline::Charset;

fn run(seed: u64, verdict: VerdictName) -> Observation {
    let values = [None; Metric::ALL.len()];
    Observation { seed, verdict, reason: None, values, observed_s: None, digest: [0; 32] }
}

/// What is said of a search in which a value and a seed have this verdict.
fn with_report<R>(
    along: &str,
    verdict: impl Fn(f64, u64) -> VerdictName,
    then: impl FnOnce(&BoundaryReport<'_>) -> R,
) -> R {
    let mut search = Search::new(Question {
        along: Along::parse(along).unwrap(),
        scale: Scale::Linear,
        counted: Counted::Verdict(VerdictName::Metastable),
        level: "50%".parse().unwrap(),
        tolerance: "5%".parse().unwrap(),
        seeds_max: 36,
    });
    let outcome = loop {
        match search.next() {
            Next::Run { value, from, until } => {
                search
                    .observe(value, (from..until).map(|seed| run(seed + 1, verdict(value, seed))).collect());
            }
            Next::Done(outcome) => break outcome,
        }
    };
    let digests = vec!["00".repeat(32); search.probes().len()];
    then(&BoundaryReport { name: "shop", search: &search, outcome, digests: &digests })
}

fn text(report: &BoundaryReport<'_>, charset: Charset) -> String {
    let mut out = Vec::new();
    report.write_text(&mut out, charset).unwrap();
    anstream::adapter::strip_bytes(&out).into_vec().try_into().unwrap()
}

/// At 150 every other seed; above 190 something else.
fn verdict(value: f64, seed: u64) -> VerdictName {
    let is_heads = seed.is_multiple_of(2);
    match value {
        ..147.0 => VerdictName::Recovered,
        ..153.0 if is_heads => VerdictName::Undecided,
        ..190.0 => VerdictName::Metastable,
        _ if is_heads && seed > 30 => VerdictName::Unstable,
        _ => VerdictName::Metastable,
    }
}

#[test]
fn the_answer_comes_first() {
    let text = with_report("workloads.app.arrivals.open.rate=100/s..200/s", verdict, |report| {
        text(report, Charset::Ascii)
    });
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "BOUNDARY: 145/s to 154/s  shop", "{text}");
    let sentence = lines[1..4].join(" ");
    assert!(
        sentence.starts_with("At 145/s less than 50 % of all seeds end metastable (0 of 12), at 154/s more (12 of 12): proven with 95 % confidence. At 150/s it cannot be told with 36 seeds"),
        "{text}"
    );
    let open = lines.iter().find(|line| line.starts_with("150/s")).unwrap();
    assert!(open.contains("open") && open.ends_with("18          18"), "{text}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn a_falling_share_reads_from_left_to_right_too() {
    let falling =
        |value: f64, _| if value < 150.0 { VerdictName::Metastable } else { VerdictName::Recovered };
    with_report("a.b=100ms..200ms", falling, |report| {
        assert_eq!(report.headline(), "BOUNDARY: 145ms to 150ms");
        let sentence = report.sentence();
        assert!(
            sentence.starts_with(
                "At 145ms more than 50 % of all seeds end metastable (12 of 12), at 150ms less (0 of 12)"
            ),
            "{sentence}"
        );
    });
}

#[test]
fn without_a_crossing_it_says_what_to_ask_instead() {
    let never = |value: f64, _| if value < 150.0 { VerdictName::Recovered } else { VerdictName::Unstable };
    with_report("a.b=100/s..200/s", never, |report| {
        assert_eq!(report.headline(), "NO CROSSING");
        assert_eq!(
            report.sentence(),
            "Less than 50 % of all seeds end metastable at either end: at 100/s 0 of 12, at 200/s 0 of 12"
        );
        assert!(report.help().contains("--verdict not-surviving"), "{}", report.help());
        let json = BoundarySummary::new(report, Vec::new()).to_json();
        assert!(json.contains("\"is_crossed\": false") && json.contains("\"unstable\": 12"), "{json}");
    });
    let coin =
        |_, seed: u64| if seed.is_multiple_of(2) { VerdictName::Metastable } else { VerdictName::Recovered };
    with_report("a.b=100/s..200/s", coin, |report| {
        assert_eq!(report.headline(), "NO ANSWER");
        assert!(
            report.sentence().contains("at 100/s, where the range ends: 18 of 36 do"),
            "{}",
            report.sentence()
        );
    });
}

#[test]
fn many_verdicts_and_long_values_fit_the_line() {
    let along = "workloads.a_rather_long_name_of_a_workload.arrivals.open.rate=lognormal(p50=100ms, p99=500ms)..lognormal(p50=100ms, p99=900ms)";
    let many = |value: f64, seed: u64| match (value, seed % 5) {
        (..600.0, 0) => VerdictName::Unaffected,
        (..600.0, _) => VerdictName::Recovered,
        (_, 0) if seed > 10 => VerdictName::Unstable,
        (_, 1) if seed > 10 => VerdictName::Undecided,
        _ => VerdictName::Metastable,
    };
    for charset in [Charset::Unicode, Charset::Ascii] {
        let text = with_report(along, many, |report| text(report, charset));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("others"), "{text}");
    }
}

#[test]
fn an_interval_that_does_not_touch_the_level_does_not_look_as_if_it_did() {
    for (interval, expected) in [
        ((0.0, 0.444), "0 to 45 %"),
        ((0.0, 0.4972), "0 to 49.8 %"),
        ((0.5028, 1.0), "50.2 to 100 %"),
        ((0.35, 0.62), "35 to 62 %"),
    ] {
        assert_eq!(super::terminal::shown(interval, 0.5), expected);
    }
}

#[test]
fn the_schema_is_of_its_family() {
    assert!(BOUNDARY_SCHEMA.starts_with(BOUNDARY_FAMILY));
}
