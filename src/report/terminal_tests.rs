use proptest::prelude::*;

use super::*;
use crate::observe::{CircuitBreakerRow, GuardSeries, PolicySeries, RetryBudgetRow};
use crate::observe::{EdgeRow, Gauge, ServiceRow, WorkloadSeries, WorkloadTotals};
use crate::observe::{EdgeSeries, EdgeTotals, FaultOccurrence, Quantiles, ServiceSeries, ServiceTotals};

const SECOND: u64 = 1_000_000_000;

/// A run of `seconds` rows in which goodput ends with the trigger's begin.
fn storm(name: &str, seconds: u64, count: u64, latency_ns: u64) -> Run {
    let quantiles = Quantiles {
        count: 1,
        sum_ns: u128::from(latency_ns),
        p50_ns: latency_ns,
        p90_ns: latency_ns,
        p99_ns: latency_ns,
        p999_ns: latency_ns,
        max_ns: latency_ns,
    };
    let row = |at| WorkloadRow {
        offered: count,
        good: if at < seconds / 4 { count } else { 0 },
        ..Default::default()
    };
    let busy = Gauge { integral: u128::from(SECOND), max: count, last: count };
    Run {
        operations: Vec::new(),
        guards: GuardSeries::default(),
        caches: Vec::new(),
        memories: Vec::new(),
        locks: Vec::new(),
        registers: Vec::new(),
        tenants: Vec::new(),
        seed: 1,
        duration: Duration::from_secs(seconds),
        warmup: Duration::ZERO,
        interval: Duration::from_secs(1),
        workloads: vec![WorkloadSeries {
            name: name.to_owned(),
            rows: (0..seconds).map(row).collect(),
            totals: WorkloadTotals {
                offered: count,
                good: count / 2,
                latency: quantiles,
                ..Default::default()
            },
        }],
        edges: vec![EdgeSeries {
            caller: name.to_owned(),
            caller_is_workload: true,
            target: name.to_owned(),
            policy: name.to_owned(),
            rows: vec![EdgeRow { calls: count, attempts: count * 3, ..Default::default() }; seconds as usize],
            totals: EdgeTotals { call_latency: quantiles, attempt_latency: quantiles },
        }],
        services: vec![ServiceSeries {
            name: name.to_owned(),
            threads: Some(1),
            rows: vec![
                ServiceRow { received: count, busy, queued: busy, ..Default::default() };
                seconds as usize
            ],
            totals: ServiceTotals { time_in_queue: quantiles, time_in_service: quantiles },
        }],
        faults: vec![FaultOccurrence {
            name: "spike".to_owned(),
            kind: "load_spike",
            role: Role::Trigger,
            at: Time::from_ns(seconds / 4 * SECOND),
            end: Some(Time::from_ns(seconds / 2 * SECOND)),
            target: name.to_owned(),
            instances: vec![],
        }],
        events: 0,
        digest: [0; 32],
    }
}

fn report(run: &Run, twin: Option<&Run>, charset: Charset) -> TerminalReport {
    TerminalReport {
        model: "retry-storm".to_owned(),
        seed: run.seed,
        verdict: "metastable".to_owned(),
        sentence: "the trigger ended at 8s; in the last 8s goodput is 0 % of the twin's".to_owned(),
        charts: Chart::of_run(run, twin),
        charts_left_out: 0,
        tables: tables(&Figures::new(run), charset),
        span: (Time::ZERO, Time::ZERO + run.duration),
        output: Some("results/retry-storm-1".to_owned()),
        replay: "metastable run retry-storm.toml --seed 1".to_owned(),
    }
}

fn text(report: &TerminalReport, charset: Charset) -> String {
    let mut stream = anstream::AutoStream::never(Vec::new());
    report.write(&mut stream, charset).expect("memory can be written");
    String::from_utf8(stream.into_inner()).expect("text")
}

#[test]
fn the_verdict_comes_first_then_the_course_then_the_tables() {
    let run = storm("users", 16, 5, 12_300_000);
    let mut twin = run.clone();
    for row in &mut twin.workloads[0].rows {
        row.good = row.offered;
    }
    insta::assert_snapshot!(text(&report(&run, Some(&twin), Charset::Unicode), Charset::Unicode), @r"
    METASTABLE  retry-storm, seed 1
    The trigger ended at 8s; in the last 8s goodput is 0 % of the twin's

    users: requests per second
      trigger      ▼▼▼▼
      offered  ████████████████ end 5.00
      goodput  ████············ end 0
      twin     ████████████████ end 5.00
               0s           16s max 5.00

    From 0s to 16s:

    workload  offered/s  goodput/s    good      p50      p99    p99.9
    ─────────────────────────────────────────────────────────────────
    users          0.31       0.12  40.0 %  12.3 ms  12.3 ms  12.3 ms

    call                   calls/s  attempts/s  per call  ok      p50      p99
    ──────────────────────────────────────────────────────────────────────────
    users → users (users)     5.00        15.0      3.00      12.3 ms  12.3 ms

    service  received/s   busy  queued  at most  wasted      p99
    ────────────────────────────────────────────────────────────
    users          5.00  100 %    1.00        5          12.3 ms

    results  results/retry-storm-1
    replay   metastable run retry-storm.toml --seed 1
    ");
    insta::assert_snapshot!(text(&report(&run, None, Charset::Ascii), Charset::Ascii), @r"
    METASTABLE  retry-storm, seed 1
    The trigger ended at 8s; in the last 8s goodput is 0 % of the twin's

    users: requests per second
      trigger      vvvv
      offered  ################ end 5.00
      goodput  ####____________ end 0
               0s           16s max 5.00

    From 0s to 16s:

    workload  offered/s  goodput/s    good      p50      p99    p99.9
    -----------------------------------------------------------------
    users          0.31       0.12  40.0 %  12.3 ms  12.3 ms  12.3 ms

    call                    calls/s  attempts/s  per call  ok      p50      p99
    ---------------------------------------------------------------------------
    users -> users (users)     5.00        15.0      3.00      12.3 ms  12.3 ms

    service  received/s   busy  queued  at most  wasted      p99
    ------------------------------------------------------------
    users          5.00  100 %    1.00        5          12.3 ms

    results  results/retry-storm-1
    replay   metastable run retry-storm.toml --seed 1
    ");
}

#[test]
fn colour_is_there_when_wanted_and_gone_when_not() {
    let run = storm("users", 16, 5, 1);
    let report = report(&run, None, Charset::Unicode);
    let mut coloured = Vec::new();
    report.write(&mut coloured, Charset::Unicode).expect("memory can be written");
    let coloured = String::from_utf8(coloured).expect("text");
    let plain = text(&report, Charset::Unicode);
    assert!(coloured.contains('\u{1b}'));
    assert!(!plain.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn ascii_means_ascii() {
    let run = storm(&"n".repeat(90), 16, 5, 1);
    assert!(text(&report(&run, Some(&run), Charset::Ascii), Charset::Ascii).is_ascii());
}

#[test]
fn a_trigger_without_an_end_is_marked_to_the_end() {
    let mut run = storm("users", 16, 5, 1);
    run.faults[0].end = None;
    assert_eq!(Chart::of_run(&run, None)[0].is_triggered, [vec![false; 4], vec![true; 12]].concat());
    run.faults[0].role = Role::Background;
    assert_eq!(Chart::of_run(&run, None)[0].is_triggered, vec![false; 16]);
}

#[test]
fn a_last_row_that_is_shorter_does_not_look_like_a_dip() {
    let mut run = storm("users", 4, 10, 1);
    run.duration = Duration::from_ns(3 * SECOND + SECOND / 2);
    run.workloads[0].rows[3].offered = 5;
    assert_eq!(Chart::of_run(&run, None)[0].offered_per_s, [10.0; 4]);
}

#[test]
fn sentences_are_wrapped_between_words() {
    assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
    assert_eq!(wrap("abcdefg hi", 4), ["abcd", "efg", "hi"]);
    assert_eq!(wrap("", 4), [""]);
}

proptest! {
    #[test]
    fn no_line_is_longer_than_the_terminal(
        name in "[a-zß]{1,60}",
        seconds in 1u64..400,
        count in 0u64..10_000_000_000,
        latency_ns in any::<u64>(),
        sentence in "([a-z]{1,100} ?){0,20}",
        is_ascii in any::<bool>(),
    ) {
        let charset = if is_ascii { Charset::Ascii } else { Charset::Unicode };
        let run = storm(&name, seconds, count, latency_ns);
        let report = TerminalReport { sentence, ..report(&run, Some(&run), charset) };
        for line in text(&report, charset).lines() {
            prop_assert!(line.chars().count() <= WIDTH, "{} characters: {line}", line.chars().count());
        }
    }
}

/// A thousand services are not a page; the crowded ones are.
#[test]
fn of_a_large_system_the_most_troubled_parts_are_shown() {
    let all: Vec<f64> = (0..1000).map(|number| f64::from(number * 7 % 1000)).collect();
    let (shown, note) = troubled(&all, "services", |health| *health);
    assert_eq!(note, "and 980 less troubled: services.csv");
    assert_eq!(shown.len(), 20);
    assert!(shown.iter().all(|&&health| health < 20.0));
    let positions: Vec<usize> =
        shown.iter().map(|&one| all.iter().position(|other| other == one).unwrap()).collect();
    assert!(positions.is_sorted(), "in the order of the system");
    assert_eq!(troubled(&all[..20], "services", |health| *health).1, "");
}

#[test]
fn what_policies_granted_and_rejected_is_shown_where_they_have_something_to_grant_or_to_reject() {
    let mut run = storm("shoppers", 20, 10, 5_000_000);
    assert!(!text(&report(&run, None, Charset::Ascii), Charset::Ascii).contains("calls rejected"));
    let rows = run.edges[0].rows.len();
    let budget = RetryBudgetRow { granted: 3, denied: 1, ..RetryBudgetRow::default() };
    run.guards.retry_budgets = vec![PolicySeries { edge: 0, rows: vec![budget; rows] }];
    let calls = run.edges[0].rows[0].calls;
    let breaker = CircuitBreakerRow { rejected_open: calls, breakers: 2, ..CircuitBreakerRow::default() };
    run.guards.circuit_breakers = vec![PolicySeries { edge: 0, rows: vec![breaker; rows] }];
    let shown = text(&report(&run, None, Charset::Ascii), Charset::Ascii);
    let line = shown.lines().skip_while(|line| !line.starts_with("policy ")).nth(2).expect("a row");
    let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(
        cells[1..],
        [(3 * rows).to_string(), rows.to_string(), "100 %".to_owned(), "0 %".to_owned()],
        "{shown}"
    );
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
}
