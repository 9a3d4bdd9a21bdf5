//! Goal: the answer comes first, what lies outside the ramp is said to, and no line is wider than the terminal.

use super::{HYSTERESIS_FAMILY, HYSTERESIS_SCHEMA, HysteresisReport, HysteresisSummary};
use crate::analysis::{CellCounts, Held, HeldObservation, Hysteresis, Ramp, RampObservation};
use crate::kernel::Duration;
use crate::report::sparkline::Charset;

fn observed(falls: Option<f64>, back: Option<f64>, seeds: u64) -> Hysteresis {
    let cells = |good: u64| vec![CellCounts { offered: 8, good }; 56];
    let observation = |seed| RampObservation {
        seed,
        begins_good: true,
        falls_at_per_s: falls.map(|load| load + seed as f64),
        returns_at_per_s: back,
        hold: Duration::from_secs(10),
        course: [cells(8), cells(0)],
        digest: [0; 32],
    };
    let ramp = Ramp::new(300.0, 1000.0, Duration::from_secs(640), Duration::ZERO).unwrap();
    Hysteresis { ramp, observations: (1..=seeds).map(observation).collect(), held: None }
}

/// The same, when a load that stays leaves it down or not.
fn held(mut hysteresis: Hysteresis, is_good: bool) -> Hysteresis {
    let held = hysteresis.next().expect("a candidate");
    let seeds = hysteresis.observations.iter().map(|it| it.seed);
    let observations =
        seeds.map(|seed| HeldObservation { seed, was_good: true, is_good, digest: [0; 32] }).collect();
    hysteresis.held = Some(Held { held, observations });
    hysteresis
}

fn with_report<R>(hysteresis: &Hysteresis, then: impl FnOnce(&HysteresisReport<'_>) -> R) -> R {
    then(&HysteresisReport { name: "heap", workload: "users", digest: "00", hysteresis })
}

fn text(hysteresis: &Hysteresis, charset: Charset) -> String {
    let mut out = Vec::new();
    with_report(hysteresis, |report| report.write_text(&mut out, charset)).unwrap();
    anstream::adapter::strip_bytes(&out).into_vec().try_into().unwrap()
}

#[test]
fn the_answer_comes_first() {
    let text = text(&held(observed(Some(900.0), Some(500.0), 20), false), Charset::Ascii);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "HYSTERESIS  heap, seeds 1 to 20", "{text}");
    assert_eq!(
        lines[1..4].join(" "),
        "users falls over at 910/s and comes back at 500/s (p < 0.001): the way back is not the way there; held at 637/s for 5min on the way down, it stays down with 20 of 20 seeds (p < 0.001)"
    );
    assert!(text.contains(&format!("\nup    {}\ndown  {}\n", "#".repeat(56), "_".repeat(56))), "{text}");
    assert!(text.contains("\nfalls over   910/s  906/s to 915/s     20\n"), "{text}");
    assert!(text.contains("\ndifference   410/s  406/s to 415/s     20\n"), "{text}");
    assert!(text.is_ascii() && lines.iter().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn what_lies_outside_the_ramp_is_said_to() {
    let lost = held(observed(Some(900.0), None, 8), false);
    let shown = text(&lost, Charset::Unicode);
    assert!(shown.contains("falls over at 904/s and is not back at 300/s"), "{shown}");
    assert!(shown.contains("<300/s to <300/s"), "{shown}");
    assert!(shown.contains(">700/s"), "{shown}");
    with_report(&lost, |report| {
        let json = HysteresisSummary::new(report, Vec::new()).to_json();
        assert!(json.contains("\"lost\": 8") && json.contains("\"is_hysteresis\": true"), "{json}");
    });
    let never = text(&observed(None, None, 8), Charset::Unicode);
    assert!(
        never.starts_with(
            "NEVER FELL  heap, seeds 1 to 8\nusers carries every load up to 1.00k/s with all of 8"
        ),
        "{never}"
    );
}

#[test]
fn what_the_ramp_explains_is_no_hysteresis() {
    let text = text(&observed(Some(900.0), Some(880.0), 20), Charset::Unicode);
    assert!(text.starts_with("NO HYSTERESIS"), "{text}");
    assert!(text.replace('\n', " ").contains("by no more than a ramp of this speed"), "{text}");
}

#[test]
fn what_cannot_be_told_is_not_claimed() {
    let backlog = text(&held(observed(Some(900.0), Some(500.0), 20), true), Charset::Unicode);
    assert!(backlog.starts_with("NO HYSTERESIS"), "{backlog}");
    assert!(backlog.replace('\n', " ").contains("a backlog that is worked off explains that"), "{backlog}");
    let begins_low = |mut it: Hysteresis| {
        for observation in &mut it.observations {
            observation.begins_good = false;
        }
        it
    };
    let low = text(&begins_low(observed(Some(300.0), None, 8)), Charset::Unicode);
    assert!(low.starts_with("UNCLEAR") && low.contains("begin lower"), "{low}");
    let mut too_short = begins_low(observed(None, None, 8));
    for observation in &mut too_short.observations {
        observation.hold = Duration::from_secs(400);
    }
    let short = text(&too_short, Charset::Unicode);
    assert!(short.starts_with("UNCLEAR") && short.contains("a longer `--for`"), "{short}");
    let mut some = observed(None, None, 8);
    some.observations[0].begins_good = false;
    assert!(text(&some, Charset::Unicode).contains("all of 7 seeds; 1 of 8 seeds"));
}

#[test]
fn the_schema_is_of_its_family() {
    assert!(HYSTERESIS_SCHEMA.starts_with(HYSTERESIS_FAMILY));
}
