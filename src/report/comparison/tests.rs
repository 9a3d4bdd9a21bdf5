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
    let mut out = Vec::new();
    with_report(&comparison(), |report| report.write_text(&mut out, charset)).unwrap();
    String::from_utf8(anstream::adapter::strip_bytes(&out).into_vec()).unwrap()
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
