//! Goal: what is recorded of a request is all that happened to it, in a tree; what is chosen is what the rules say; nobody is steered. Method: models in which everything happens that can go wrong with
//! requests, compared with the counts of [`Metrics`], and with a choice that is made from all requests at once.

use super::*;
use crate::experiment::{Progress, simulate, trace_requests};
use crate::kernel::Duration;
use crate::model::{Model, Overrides};
use crate::observe::{Facts, Metrics, Run};
use crate::quantity::NoFiles;
use crate::sim::Simulation;

/// Retries, hedges, cancellations, branches, a cache, a lock, I/O, CPUs, a rate limit, crashes, users who click again.
const SHOP: &str = r#"name = "shop"
[run]
duration = "20s"
[workloads.users]
arrivals = { open = { rate = "60/s" } }
to = "front"
policy = "hurry"
patience = "exponential(700ms)"
user_retry = { probability = "50%", delay = "100ms", max_retries = 2 }
[workloads.robots]
arrivals = { open = { rate = "20/s" } }
to = "front"
policy = "hedged"
[policies.hurry]
timeout = "2s"
per_try_timeout = "300ms"
retry = { max_attempts = 3, backoff = { fixed = { base = "20ms" } }, budget = "unlimited" }
[policies.hedged]
timeout = "1s"
hedge = { delay = { fixed = "30ms" }, max_attempts = 3, cancel_losers = false }
[services.front]
instances = 2
threads = 24
queue = { capacity = 40 }
abandoned_work = "abort"
handler = [
    { work = "exponential(5ms)" },
    { parallel = { steps = [{ call = { to = "db", policy = "hurry" } }, { work = "exponential(10ms)" }], wait = "any" } },
    { call = { to = "db", policy = "hedged" } },
]
[services.db]
instances = 2
threads = 8
cpus = 2
io = { channels = 2 }
queue = { capacity = 40 }
handler = [{ work = "exponential(8ms)" }, { io = "exponential(4ms)" }]
[faults.beat]
every = "exponential(4s)"
duration = "500ms"
role = "background"
crash = { service = "db", select = { fixed = 1 } }
[faults.slow]
at = "8s"
duration = "2s"
degrade = { service = "db", factor = 8 }
"#;

fn plan(text: &str) -> Plan {
    let loaded = Model::parse("model", text, &Overrides::new()).unwrap_or_else(|found| panic!("{found}"));
    Plan::compile(&loaded.model, &NoFiles).expect("a model without files")
}

/// All requests of a run, each with all that was done for it, and what metrics say of the same run.
fn everything(plan: &Plan, seed: u64) -> (Vec<RequestTrace>, Run) {
    let all = (0..1_000_000).map(|number| Chosen { number, reasons: vec![Reason::Sampled] }).collect();
    let observer = (Metrics::new(plan), Tracer::new(plan, seed, Wish::Record(all)));
    let mut simulation = Simulation::new(plan, seed, observer);
    simulation.run();
    let facts = Facts { seed, faults: simulation.faults(), events: simulation.events() };
    let (metrics, tracer) = simulation.into_observer();
    (tracer.into_traces(), metrics.into_run(plan, facts))
}

/// What [`Recorder`] promises of every trace.
fn check(trace: &RequestTrace, end: Time) {
    let spans = &trace.spans;
    let roots = spans.iter().filter(|span| span.parent.is_none()).count();
    assert_eq!((roots, spans[0].parent), (1, None), "one root");
    assert!(matches!(spans[0].kind, SpanKind::Request));
    for (index, span) in spans.iter().enumerate().skip(1) {
        let position = span.parent.expect("all but the root have one") as usize;
        assert!(position < index, "parents come first");
        let parent = spans[position];
        let fits = match (parent.kind, span.kind) {
            (SpanKind::Request | SpanKind::Call { .. }, SpanKind::Attempt { .. })
            | (SpanKind::Attempt { .. }, SpanKind::Handling { .. }) => true,
            (SpanKind::Handling { place, .. } | SpanKind::Branch { place, .. }, kind) => match kind {
                SpanKind::Branch { place: at, .. } | SpanKind::Step { place: at, .. } => place == at,
                SpanKind::Call { .. } => true,
                _ => false,
            },
            _ => false,
        };
        assert!(fits, "{:?} in {:?}", span.kind, parent.kind);
        assert!(parent.begin <= span.begin && span.end.is_none_or(|end| span.begin <= end));
        let outlives = span.end.unwrap_or(end) > parent.end.unwrap_or(end);
        let may = match span.kind {
            SpanKind::Handling { orphaned, .. } => orphaned,
            SpanKind::Branch { purpose, orphaned, .. } => {
                orphaned || purpose != BranchPurpose::Handler || span.end.is_none()
            }
            // One of several copies has won, and the others go on.
            SpanKind::Attempt { .. } => spans.iter().any(|other| {
                let is_copy = matches!(other.kind, SpanKind::Attempt { copy: 1.., .. });
                is_copy && other.parent == span.parent
            }),
            _ => false,
        };
        assert!(!outlives || may, "{span:?} outlives {parent:?}");
        let is_late = parent.end.is_some_and(|end| end < span.begin);
        assert!(!is_late || may, "{span:?} begins after {parent:?}");
    }
    for mark in &trace.marks {
        let span = spans[mark.span as usize];
        assert!(span.begin <= mark.at && span.end.is_none_or(|end| mark.at <= end));
    }
}

#[test]
fn everything_that_metrics_count_is_in_a_trace() {
    let plan = plan(SHOP);
    for seed in [1, 2] {
        let (traces, run) = everything(&plan, seed);
        let end = Time::ZERO + plan.duration;
        for trace in &traces {
            check(trace, end);
        }
        assert!(traces.iter().all(|trace| trace.left_out == 0), "all of it is here");
        let spans = || traces.iter().flat_map(|trace| &trace.spans);
        for (index, edge) in run.edges.iter().enumerate() {
            let of =
                |kind: &SpanKind| matches!(kind, SpanKind::Attempt { edge, .. } if *edge as usize == index);
            let attempts = spans().filter(|span| of(&span.kind)).count() as u64;
            let sent: u64 = edge.rows.iter().map(|row| row.attempts).sum();
            assert_eq!(attempts, sent, "attempts from {} to {}", edge.caller, edge.target);
            for class in Class::ALL {
                let is_it = |span: &&Span| {
                    of(&span.kind)
                        && matches!(span.kind, SpanKind::Attempt { class: Some(it), .. } if it == class)
                };
                let ended: u64 = edge.rows.iter().map(|row| row.attempt_ended[class.index()]).sum();
                assert_eq!(spans().filter(is_it).count() as u64, ended, "{class}");
            }
        }
        for (index, service) in run.services.iter().enumerate() {
            let handlings = |also: &dyn Fn(Option<ServiceEnd>, bool) -> bool| {
                let is_it = |span: &&Span| match span.kind {
                    SpanKind::Handling { place, end, orphaned, .. } => {
                        place.service as usize == index && also(end, orphaned)
                    }
                    _ => false,
                };
                spans().filter(is_it).count() as u64
            };
            let sum =
                |of: &dyn Fn(&crate::observe::ServiceRow) -> u64| service.rows.iter().map(of).sum::<u64>();
            assert_eq!(handlings(&|_, _| true), sum(&|row| row.received));
            assert_eq!(handlings(&|_, orphaned| orphaned), sum(&|row| row.orphaned));
            for end in ServiceEnd::ALL {
                assert_eq!(
                    handlings(&|it, _| it == Some(end),),
                    sum(&|row| row.ended[end.index()]),
                    "{end:?}"
                );
            }
            let worked: u128 = spans()
                .filter_map(|span| match span.kind {
                    SpanKind::Step { place, step: Step::Work } if place.service as usize == index => {
                        Some(u128::from(span.end.unwrap_or(end).since(span.begin).as_ns()))
                    }
                    _ => None,
                })
                .sum();
            assert_eq!(worked, service.rows.iter().map(|row| row.working.integral).sum::<u128>());
        }
        let offered: u64 = run.workloads.iter().flat_map(|it| &it.rows).map(|row| row.offered).sum();
        assert_eq!(traces.len() as u64, offered);
        let seen = |is_it: fn(&SpanKind) -> bool| spans().any(|span| is_it(&span.kind));
        assert!(seen(|kind| matches!(kind, SpanKind::Attempt { copy: 1.., .. })), "hedges");
        assert!(seen(|kind| matches!(kind, SpanKind::Attempt { ordinal: 2.., .. })), "retries");
        assert!(seen(|kind| matches!(kind, SpanKind::Branch { orphaned: true, .. })), "branches for nobody");
        assert!(seen(|kind| matches!(kind, SpanKind::Attempt { lost: Some(Lost::Refused), .. })), "crashes");
        for step in [Step::Queue, Step::Io, Step::WaitForIo, Step::WaitForCpu] {
            assert!(
                spans().any(|span| matches!(span.kind, SpanKind::Step { step: it, .. } if it == step)),
                "{step:?}"
            );
        }
        assert!(traces.iter().any(|trace| trace.is_user_retry && trace.intended < trace.spans[0].begin));
        assert!(traces.iter().any(|trace| trace.late), "users lose patience");
    }
}

#[test]
fn who_traces_does_not_steer() {
    let plan = plan(SHOP);
    let (_, run) = everything(&plan, 3);
    assert_eq!(run, simulate(&plan, 3));
}

#[test]
fn locks_are_steps() {
    let text = SHOP.replace(
        "handler = [{ work = \"exponential(8ms)\" }, { io",
        "handler = [{ lock = { acquire = \"row\", steps = [{ work = \"exponential(8ms)\" }] } }, { io",
    ) + "[locks.row]\nscope = \"global\"\nwait_timeout = \"200ms\"\n";
    let plan = plan(&text);
    let (traces, run) = everything(&plan, 1);
    for trace in &traces {
        check(trace, Time::ZERO + plan.duration);
    }
    let steps = |step: Step| {
        let spans = traces.iter().flat_map(|trace| &trace.spans);
        spans.filter(|span| matches!(span.kind, SpanKind::Step { step: it, .. } if it == step)).count() as u64
    };
    let sum = |of: fn(&crate::observe::LockRow) -> u64| run.locks[0].rows.iter().map(of).sum::<u64>();
    assert_eq!(steps(Step::Lock(0)), sum(|row| row.acquired));
    assert!(
        steps(Step::WaitForLock(0)) >= sum(|row| row.contended + row.timed_out)
            && sum(|row| row.timed_out) > 0
    );
}

#[test]
fn the_choice_is_what_the_rules_say() {
    const COUNT: usize = 4;
    let plan = plan(SHOP);
    let (all, _) = everything(&plan, 1);
    let kept = trace_requests(&plan, 1, COUNT as u32, &Progress::default()).expect("nobody stops it");
    for trace in &kept {
        let same = &all[trace.chosen.number as usize];
        assert_eq!((&trace.spans, &trace.marks), (&same.spans, &same.marks), "recorded like all others");
    }
    assert!(kept.windows(2).all(|pair| pair[0].chosen.number < pair[1].chosen.number));
    for workload in 0..2 {
        let of = |reason: Reason| -> Vec<u64> {
            let is_it =
                |trace: &&RequestTrace| trace.workload == workload && trace.chosen.reasons.contains(&reason);
            kept.iter().filter(is_it).map(|trace| trace.chosen.number).collect()
        };
        let mine = || all.iter().filter(|trace| trace.workload == workload);
        assert_eq!(of(Reason::Sampled).len(), COUNT);
        let took = |trace: &RequestTrace| trace.spans[0].end.unwrap_or(Time::MAX).since(trace.intended);
        let good = |trace: &&RequestTrace| trace.class == Some(Class::Ok) && !trace.late;
        let mut slowest: Vec<(std::cmp::Reverse<Duration>, u64)> =
            mine().filter(good).map(|it| (std::cmp::Reverse(took(it)), it.chosen.number)).collect();
        slowest.sort_unstable();
        let mut slowest: Vec<u64> = slowest.into_iter().take(COUNT).map(|(_, number)| number).collect();
        slowest.sort_unstable();
        assert_eq!(of(Reason::Slowest), slowest);
        let mut failed: Vec<u64> = Vec::new();
        for class in Class::ALL {
            let is_it = |it: &&RequestTrace| it.class == Some(class) && (class != Class::Ok || it.late);
            // Those that ended first; of those that ended at the same instant those that came first may be others.
            let mut of_class: Vec<(Option<Time>, u64)> =
                mine().filter(is_it).map(|it| (it.spans[0].end, it.chosen.number)).collect();
            of_class.sort_unstable();
            failed.extend(of_class.into_iter().take(COUNT).map(|(_, number)| number));
        }
        failed.sort_unstable();
        assert_eq!(of(Reason::Failed), failed);
        let after = |second: u64| -> Vec<u64> {
            let at = Time::ZERO + Duration::from_secs(second);
            let later = mine().filter(|trace| trace.spans[0].begin >= at);
            later.take(COUNT).map(|trace| trace.chosen.number).collect()
        };
        assert_eq!(of(Reason::TriggerBegan), after(8));
        assert_eq!(of(Reason::TriggerEnded), after(10));
        let open = mine().filter(|trace| trace.class.is_none()).map(|trace| trace.chosen.number);
        assert_eq!(of(Reason::Unfinished), open.take(COUNT).collect::<Vec<_>>());
    }
    let more = trace_requests(&plan, 1, 8, &Progress::default()).expect("nobody stops it");
    assert!(kept.iter().all(|trace| more.iter().any(|it| it.chosen.number == trace.chosen.number)));
}

#[test]
fn of_a_request_without_end_the_first_spans_are_kept() {
    let text = r#"name = "loop"
[run]
duration = "20s"
[workloads.robot]
arrivals = { open = { rate = "1/s" } }
to = "front"
[policies.default]
retry = { max_attempts = 1 }
[services.front]
threads = "unlimited"
handler = [{ repeat = { times = 900, steps = [{ call = { to = "db" } }] } }]
[services.db]
threads = "unlimited"
handler = [{ work = "1ms" }]
"#;
    let plan = plan(text);
    let kept = trace_requests(&plan, 1, 3, &Progress::default()).expect("nobody stops it");
    let long = kept.iter().max_by_key(|trace| trace.left_out).expect("some are kept");
    assert_eq!(long.spans.len(), SPANS_PER_REQUEST_MAX);
    assert!(long.left_out > 100, "{}", long.left_out);
    for trace in &kept {
        check(trace, Time::ZERO + plan.duration);
    }
}

#[test]
fn an_old_name_finds_nothing_in_a_slot_that_is_taken_again() {
    let mut slots = Slots::new();
    let name = |slot: u64, generation: u64| generation << 32 | slot;
    slots.put(name(3, 1), 'a');
    assert_eq!(
        (slots.get(name(3, 1)), slots.get(name(3, 3)), slots.get(name(9, 1))),
        (Some('a'), None, None)
    );
    slots.put(name(3, 3), 'b');
    assert_eq!(
        (slots.get(name(3, 1)), slots.take(name(3, 1)), slots.take(name(3, 3))),
        (None, None, Some('b'))
    );
    assert_eq!(slots.values().count(), 0);
}

/// A regression: what is stored later goes on for a reason, and is no orphan.
#[test]
fn what_is_stored_behind_a_cache_is_no_orphan() {
    let plan = plan(
        r#"name = "shop"
[run]
duration = "10s"
[workloads.users]
arrivals = { open = { rate = "20/s" } }
keys = { uniform = { count = 1000 } }
to = "front"
[services.front]
threads = "unlimited"
handler = [{ put = "carts", store = [{ call = { to = "db" } }] }]
[services.db]
threads = "unlimited"
handler = [{ work = "5ms" }]
[caches.carts]
capacity = 1000
write_behind = { delay = "100ms", concurrency = 100 }
"#,
    );
    let (traces, run) = everything(&plan, 1);
    let mut stores = 0;
    for trace in &traces {
        check(trace, Time::ZERO + plan.duration);
        for span in &trace.spans {
            let SpanKind::Branch { purpose, orphaned, .. } = span.kind else { continue };
            let parent = trace.spans[span.parent.expect("it is done for somebody") as usize];
            assert!(purpose == BranchPurpose::Store && !orphaned, "{span:?}");
            assert!(parent.end.expect("nobody waits for it") < span.begin + Duration::from_ns(100_000_000));
            stores += 1;
        }
    }
    let dirtied: u64 =
        run.caches[0].rows.iter().map(|row| row.stores_behind).sum::<u64>() + run.caches[0].rows[9].dirty;
    assert!(stores > 100 && stores <= dirtied + 1, "{stores} of {dirtied}");
}
