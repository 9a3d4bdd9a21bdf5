//! Goal: the text fits into 80 columns and says the answer first, and the files give back what was written. Method: comparisons made up by hand.

use super::*;
use crate::analysis::Observation;
use crate::model::{Metric, VerdictName};
use crate::report::sparkline::Charset;

const EXPERIMENT: &str = r#"model = "shop.toml"
claim = "A budget survives."
seeds = 8
[variants.as_it_is]
[variants.a_rather_long_name_of_a_variant]
[variants.budget]
[expect."the budget recovers"]
variant = "budget"
verdict = "recovered"
at_least = "50%"
[expect."as it is, it does not"]
variant = "as_it_is"
verdict = "recovered"
at_least = "50%"
[expect."and is fast"]
variant = "budget"
versus = "as_it_is"
metric = "recovery"
at_most = "-10s"
"#;

fn observation(seed: u64, verdict: VerdictName, scale: f64) -> Observation {
    let luck = (seed * 37 % 11) as f64 / 100.0;
    let mut values = [None; Metric::ALL.len()];
    for metric in Metric::ALL {
        values[metric.index()] = Some(scale * (1.0 + luck) / (1.0 + metric.index() as f64));
    }
    values[Metric::Recovery.index()] = verdict.is_good().then_some(7.0 + luck);
    let reason = (verdict == VerdictName::Undecided).then(|| "flapping".to_owned());
    Observation { seed, verdict, reason, values, observed_s: Some(300.0), digest: [seed as u8; 32] }
}

fn comparison() -> Comparison {
    let verdicts = [
        [VerdictName::Metastable, VerdictName::Undecided],
        [VerdictName::Unstable, VerdictName::Undecided],
        [VerdictName::Recovered, VerdictName::Recovered],
    ];
    let names = ["as_it_is", "a_rather_long_name_of_a_variant", "budget"].map(str::to_owned).to_vec();
    let observed = verdicts.iter().enumerate().map(|(variant, verdicts)| {
        let scale = 1234.5 / (1.0 + variant as f64);
        (1..=8).map(|seed| observation(seed, verdicts[seed as usize % 2], scale)).collect()
    });
    Comparison::new(names, 0, observed.collect())
}

fn with_report<R>(comparison: &Comparison, then: impl FnOnce(&ComparisonReport<'_>) -> R) -> R {
    let read = Experiment::parse("budget.toml", EXPERIMENT).unwrap_or_else(|found| panic!("{found}"));
    let identity =
        |arguments: &str| VariantIdentity { arguments: arguments.to_owned(), digest: "00".repeat(32) };
    let variants = ["", "--set a.b=1", "--set 'a.c={ d = \"e\" }'"].map(identity);
    let answer = comparison.answer();
    let claims: Vec<Claim> =
        read.experiment.expect.iter().map(|(name, expected)| comparison.judge(name, expected)).collect();
    let experiment = &read.experiment;
    then(&ComparisonReport {
        name: "budget",
        experiment,
        variants: &variants,
        comparison,
        answer: &answer,
        claims: &claims,
    })
}

fn text(charset: Charset) -> String {
    text_of(&comparison(), charset)
}

fn text_of(comparison: &Comparison, charset: Charset) -> String {
    let mut out = Vec::new();
    with_report(comparison, |report| report.write_text(&mut out, charset)).unwrap();
    String::from_utf8(anstream::adapter::strip_bytes(&out).into_vec()).unwrap()
}

/// The text without its line ends.
fn flat(comparison: &Comparison) -> String {
    text_of(comparison, Charset::Unicode).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Three variants that survive under so many of 20 seeds, with these goodputs and attempts.
fn three(variants: [(u64, f64, f64); 3]) -> Comparison {
    let observed = variants.iter().map(|&(survivals, goodput, attempts)| {
        let run = |seed: u64| {
            let verdict = if seed <= survivals { VerdictName::Recovered } else { VerdictName::Metastable };
            let mut run = observation(seed, verdict, 1.0);
            run.values[Metric::Goodput.index()] = Some(goodput + (seed * 37 % 11) as f64);
            run.values[Metric::Attempts.index()] = Some(attempts);
            run
        };
        (1..=20).map(run).collect()
    });
    let names = ["as_it_is", "a_rather_long_name_of_a_variant", "budget"].map(str::to_owned).to_vec();
    Comparison::new(names, 0, observed.collect())
}

#[test]
fn the_answer_comes_first_and_nothing_is_wider_than_the_line() {
    for charset in [Charset::Unicode, Charset::Ascii] {
        let text = text(charset);
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
        assert_eq!(wide, Vec::<&str>::new(), "{text}");
        assert!(
            text.starts_with("BEST: budget  budget, seeds 1 to 8\nbudget survives with 8 of 8 seeds"),
            "{text}"
        );
        assert!(charset == Charset::Unicode || text.is_ascii(), "{text}");
    }
}

#[test]
fn claims_say_what_was_seen_and_what_it_proves() {
    let text = text(Charset::Unicode).split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "HOLDS the budget recovers: budget ends recovered with 8 of 8 seeds, which proves 68.7 % or more",
        "FAILS as it is, it does not: as_it_is ends recovered with 0 of 8 seeds",
        "HOLDS and is fast: recovery of budget less that of as_it_is is -293 s",
    ] {
        assert!(text.contains(expected), "`{expected}` is not in\n{text}");
    }
}

#[test]
fn runs_read_back_to_the_same_bits() {
    let compared = comparison();
    let written = with_report(&compared, files::runs);
    let Earlier(read) = Earlier::read(&written[..]).unwrap();
    let expected: Vec<(String, Vec<Observation>)> =
        compared.names.iter().cloned().zip(compared.observations.iter().cloned()).collect();
    assert_eq!(read, expected);
    let broken = String::from_utf8(written).unwrap().replace("recovered", "recvered");
    assert!(Earlier::read(broken.as_bytes()).is_err());
    assert!(Earlier::read(&b"variant,seed\n"[..]).is_err());
}

#[test]
fn the_summary_has_the_same_answer() {
    let json = with_report(&comparison(), |report| ComparisonSummary::new(report, Vec::new()).to_json());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["schema"], COMPARISON_SCHEMA);
    assert!(COMPARISON_SCHEMA.starts_with(COMPARISON_FAMILY));
    assert_eq!((&json["answer"]["best"], &json["baseline"]), (&"budget".into(), &"as_it_is".into()));
    assert_eq!(json["variants"][2]["survives"]["seeds"], 8);
    assert_eq!(json["variants"][0]["differences"], serde_json::json!({}));
    assert_eq!(json["claims"][1]["finding"], "fails");
}

/// What decided by goodput or cost says nothing about survival, and the answer does not sound as if it did.
#[test]
fn who_is_best_by_goodput_is_not_said_to_survive_better() {
    let text = flat(&three([(20, 50.0, 1.0), (20, 20.0, 1.0), (20, 53.0, 1.0)]));
    let expected = "budget survives with 20 of 20 seeds, and serves 3.00 requests/s more than as_it_is (3.00 to 3.00); \
                    the survival of budget and as_it_is is between 83 and 100 %";
    assert!(text.starts_with("BEST: budget budget, seeds 1 to 20 ") && text.contains(expected), "{text}");
    let text = flat(&three([(19, 50.0, 1.0), (0, 20.0, 1.0), (20, 53.0, 1.0)]));
    let expected = "the survival of budget is between 83 and 100 %, of as_it_is 75 and 100 %";
    assert!(text.contains(expected), "{text}");
    let text = flat(&three([(5, 50.0, 1.0), (0, 20.0, 1.0), (20, 53.0, 1.0)]));
    assert!(!text.contains("the survival of"), "survival decided: {text}");
}

#[test]
fn a_tie_says_whether_nothing_was_told_or_figures_are_at_odds() {
    let text = flat(&three([(20, 50.0, 1.0), (20, 50.0, 1.0), (20, 50.0, 1.0)]));
    assert!(text.contains("nothing ranks one above the other: all survive with 20 of 20 seeds"), "{text}");
    let text = flat(&three([(19, 50.0, 1.0), (19, 40.0, 1.0), (20, 30.0, 1.0)]));
    assert!(text.starts_with("TIE: budget, as_it_is budget, seeds"), "{text}");
    let expected = "none is told to be better than budget: budget survives with 20 of 20 seeds; as_it_is serves 20.0 \
                    requests/s more than budget (20.0 to 20.0), but survives with 19 of 20 seeds";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn who_beat_one_another_in_a_circle_are_no_best() {
    let mut compared = three([(20, 50.0, 2.0), (20, 50.7, 3.0), (20, 49.3, 1.0)]);
    for run in &mut compared.observations[0] {
        run.values[Metric::Goodput.index()] = Some(55.0 + if run.seed % 2 == 0 { 9.0 } else { -9.0 });
    }
    let text = flat(&compared);
    assert!(text.starts_with("TIE: "), "{text}");
    for expected in [
        "each of them is beaten by another one: ",
        "as_it_is needs 1.00 attempts per request less than a_rather_long_name_of_a_variant (1.00 to 1.00)",
        "a_rather_long_name_of_a_variant serves 1.40 requests/s more than budget (1.40 to 1.40)",
        "budget needs 1.00 attempts per request less than as_it_is (1.00 to 1.00)",
    ] {
        assert!(text.contains(expected), "`{expected}` is not in\n{text}");
    }
}

#[test]
fn means_over_some_of_the_seeds_are_marked() {
    let mut compared = comparison();
    let note = "*: not all seeds have a value";
    assert!(!flat(&compared).contains('*'));
    for run in &mut compared.observations[2][1..] {
        run.values[Metric::P99.index()] = None;
    }
    compared.observations[2][0].values[Metric::P99.index()] = Some(0.01);
    let text = text_of(&compared, Charset::Unicode);
    assert!(text.contains("  10.0 ms*  "), "{text}");
    assert!(!text.contains("inf"), "a single pair has no interval: {text}");
    assert_eq!(flat(&compared).matches(note).count(), 1, "{text}");
    compared.observations[2][1].values[Metric::P99.index()] = Some(0.01);
    assert_eq!(flat(&compared).matches(note).count(), 2, "the differences are marked too: {text}");
}

/// Each bound by itself has 95 %; both ends of an interval together would have 90 %.
#[test]
fn claims_name_the_side_that_was_asked_for() {
    let text = flat(&comparison());
    assert!(text.contains("which proves -108 s or less; asked: at most -10s"), "{text}");
    let expected =
        "as_it_is ends recovered with 0 of 8 seeds, which proves 31.3 % or less; asked: at least 50%";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn the_horizon_is_named_where_it_cuts_off_a_recovery_that_was_seen() {
    let mut compared = comparison();
    assert!(!flat(&compared).contains(": within the first"));
    for run in &mut compared.observations[0] {
        run.observed_s = Some(1.0);
    }
    let text = flat(&compared);
    assert!(text.contains("; recovery of budget: within the first 1.00 s"), "{text}");
    assert!(
        text.contains("recovery of budget less that of as_it_is is 0 s within the first 1.00 s"),
        "{text}"
    );
    assert!(text.contains("7.0"), "the median is that of the runs themselves: {text}");
}
