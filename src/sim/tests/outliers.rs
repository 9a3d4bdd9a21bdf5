//! Outlier detection: who is ejected by whom, when, and who gets the attempts meanwhile.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::mechanism::outlier_detection::{Cause, Verdict};
use crate::observe::{GuardEvent, Happening, OutlierDetectionEvent};

/// What is told of outlier detection, with its instants in milliseconds.
fn told(story: &Story) -> Vec<(u64, OutlierDetectionEvent)> {
    let told = story.told.iter().filter_map(|(at, happening)| match happening {
        Happening::Guard { event: GuardEvent::OutlierDetection(event), .. } => {
            Some((at.as_ns() / 1_000_000, *event))
        }
        _ => None,
    });
    told.filter(|(_, event)| *event != OutlierDetectionEvent::SentInPanic).collect()
}

fn ejected(cause: Cause) -> OutlierDetectionEvent {
    OutlierDetectionEvent::Judged(Verdict::Ejected(cause))
}

const RETURNED: OutlierDetectionEvent = OutlierDetectionEvent::Judged(Verdict::Returned);
const SHORT: &str =
    "interval = \"100ms\", base_ejection_time = \"300ms\", consecutive_gateway_failure = \"unlimited\"";

/// One client whose requests come every 10 ms, in turn to instances that answer after 5 ms; so many of them, the first ones, are in the zone `bad`.
fn scene((bad, instances): (usize, usize), detection: &str, faults: &str) -> Story {
    let zones = [vec!["bad"; bad], vec!["good"; instances - bad]].concat();
    let service = format!(
        "[services.a]\ninstances = {instances}\nzones = {zones:?}\nthreads = \"unlimited\"\nhandler = [{{ work = \"5ms\" }}]\n[policies.user]\noutlier_detection = {{ {detection} }}\n{faults}"
    );
    tell(&(users("100/s", "2s") + &service))
}

fn fails(duration: &str) -> String {
    format!(
        "[faults.bad]\nat = \"0s\"\nduration = \"{duration}\"\nerror_injection = {{ service = \"a\", share = \"100%\", select = {{ zone = \"bad\" }} }}\n"
    )
}

/// How many attempts an instance gets within a stretch of milliseconds.
fn received(story: &Story, instance: u32, stretch: std::ops::Range<u64>) -> usize {
    story.received("a").iter().filter(|it| it.1 == instance && stretch.contains(&it.0)).count()
}

#[test]
fn an_instance_that_fails_is_left_out_and_comes_back() {
    let story = scene((1, 10), SHORT, &fails("700ms"));
    let told = told(&story);
    let bad: Vec<u64> = story.received("a").iter().filter(|it| it.1 == 0).map(|it| it.0).collect();
    // Its fifth failure, which takes no time, and the first sweep at least 300 ms later.
    let first = bad[4];
    assert_eq!(told[0], (first, ejected(Cause::Consecutive5xx)));
    let back = (first + 300).next_multiple_of(100);
    assert_eq!(told[1], (back, RETURNED));
    assert_eq!(told.len(), 2, "it has recovered by then: {told:?}");
    assert_eq!(received(&story, 0, first + 1..back), 0);
    assert!(received(&story, 0, back..back + 200) >= 1);
    // The others share what would have been its own.
    let shared: Vec<usize> = (1..10).map(|it| received(&story, it, first + 1..back)).collect();
    assert!(shared.iter().max() <= shared.iter().min().map(|least| least + 1).as_ref(), "{shared:?}");
}

#[test]
fn a_slow_instance_is_found_by_its_latency_and_by_nothing_else() {
    let limps = "[faults.limps]\nat = \"0s\"\ndegrade = { service = \"a\", factor = 10, select = { zone = \"bad\" } }\n";
    let volume = "max_ejection_percent = \"40%\", success_rate_request_volume = 5, failure_percentage_request_volume = 5, enforcing = { failure_percentage = \"100%\" }";
    let story = scene((1, 5), &format!("{SHORT}, {volume}"), limps);
    assert_eq!(told(&story), [], "Envoy's rules");
    let slow = scene((1, 5), &format!("{SHORT}, {volume}, slow_ejection = {{ request_volume = 1 }}"), limps);
    let told = told(&slow);
    assert_eq!(told[0], (100, ejected(Cause::Slow)), "it has answered once by the first sweep");
    let back = told.iter().find(|it| it.1 == RETURNED).map(|it| it.0);
    assert_eq!(back, Some(400), "a sweep ejects at its own instant, so it takes no longer than it says");
    assert_eq!(received(&slow, 0, 100..400), 0);
    assert!(received(&story, 0, 100..400) > 5);
}

#[test]
fn with_few_instances_nobody_is_ejected_unless_one_always_is() {
    let bad = fails("2s");
    let overflowed = OutlierDetectionEvent::Judged(Verdict::Overflowed(Cause::Consecutive5xx));
    let of_nine = told(&scene((1, 9), SHORT, &bad));
    assert!(of_nine.len() > 2 && of_nine.iter().all(|it| it.1 == overflowed), "{of_nine:?}");
    let one = told(&scene((1, 9), &format!("{SHORT}, always_eject_one_host = true"), &bad));
    assert_eq!(one[0].1, ejected(Cause::Consecutive5xx));
    assert_eq!(told(&scene((1, 10), SHORT, &bad))[0].1, ejected(Cause::Consecutive5xx));
}

#[test]
fn when_most_are_ejected_all_of_them_are_used() {
    let all_may = format!("{SHORT}, max_ejection_percent = \"100%\"");
    let bad = fails("2s");
    let story = scene((3, 4), &all_may, &bad);
    let told_all = told(&story);
    let panic = told_all.iter().find(|it| it.1 == OutlierDetectionEvent::PanicBegan).map(|it| it.0);
    let panic = panic.expect("three of four fail");
    let end = told_all.iter().find(|it| it.1 == OutlierDetectionEvent::PanicEnded).map(|it| it.0);
    let end = end.expect("ejections end");
    assert!(end - panic >= 50, "{told_all:?}");
    // From the third ejection to the first return each has its turn again.
    for instance in 0..4 {
        let expected = (end - panic) / 10 / 4;
        let got = received(&story, instance, panic + 1..end) as u64;
        assert!(got.abs_diff(expected) <= 1, "instance {instance} got {got}, not {expected}");
    }
    let never = scene((3, 4), &format!("{all_may}, healthy_panic_threshold = \"0%\""), &bad);
    assert!(told(&never).iter().all(|it| it.1 != OutlierDetectionEvent::PanicBegan));
    assert_eq!(received(&never, 0, panic + 1..end), 0, "only one is left, and used");
}

#[test]
fn without_panic_a_call_finds_nobody_when_all_are_ejected() {
    let detection = format!("{SHORT}, max_ejection_percent = \"100%\", healthy_panic_threshold = \"0%\"");
    let story = scene((2, 2), &detection, &fails("2s"));
    let nobody: Vec<u64> =
        told(&story).iter().filter(|it| it.1 == OutlierDetectionEvent::NoHost).map(|it| it.0).collect();
    let rejected: Vec<u64> =
        story.requests().iter().filter(|it| it.1 == Class::LocalReject).map(|it| it.0).collect();
    assert!(!nobody.is_empty());
    assert_eq!(nobody, rejected);
}

/// A caller with one instance, which crashes while it has ejected one of two.
#[test]
fn what_a_crashed_client_knew_is_lost() {
    let services = format!(
        r#"
[services.a]
threads = "unlimited"
handler = [{{ try = {{ steps = [{{ call = {{ to = "b", policy = "p" }} }}] }} }}]
[services.b]
instances = 2
zones = ["bad", "good"]
threads = "unlimited"
handler = [{{ work = "1ms" }}]
[policies.user]
[policies.p]
outlier_detection = {{ {SHORT}, max_ejection_percent = "50%" }}
[faults.bad]
at = "0s"
error_injection = {{ service = "b", share = "100%", select = {{ zone = "bad" }} }}
[faults.crash]
at = "205ms"
duration = "1ms"
crash = {{ service = "a" }}
"#
    );
    let story = tell(&(users("100/s", "400ms") + &services));
    let told = told(&story);
    assert_eq!(told[0].1, ejected(Cause::Consecutive5xx));
    assert!(told[0].0 < 205, "{told:?}");
    let forgotten = OutlierDetectionEvent::Forgotten { ejected: 1, was_panicking: false };
    assert_eq!(told[1], (205, forgotten));
    let bad = |from: u64, to: u64| {
        story.received("b").iter().filter(|it| it.1 == 0 && (from..to).contains(&it.0)).count()
    };
    assert_eq!(bad(told[0].0 + 1, 205), 0);
    assert_eq!(bad(205, 400), 5, "it learns again, from five failures");
}

/// What one edge draws for its ejections is the same whether another edge has any.
#[test]
fn what_is_drawn_does_not_depend_on_other_edges() {
    let world = |first: &str| {
        let services = format!(
            r#"
[services.a]
threads = "unlimited"
handler = [
    {{ try = {{ steps = [{{ call = {{ to = "b", policy = "first" }} }}] }} }},
    {{ try = {{ steps = [{{ call = {{ to = "b", policy = "second" }} }}] }} }},
]
[services.b]
instances = 2
threads = "unlimited"
handler = [{{ fail = "100%" }}]
[policies.user]
[policies.first]
{first}
[policies.second]
outlier_detection = {{ {SHORT}, max_ejection_percent = "50%", max_ejection_time_jitter = "700ms", enforcing = {{ consecutive_5xx = "50%" }} }}
"#
        );
        tell(&(users("100/s", "2s") + &services))
    };
    let of_second = |story: &Story| -> Vec<_> {
        let edges: Vec<u32> = story
            .told
            .iter()
            .filter_map(|it| match it.1 {
                Happening::Guard { edge, event: GuardEvent::OutlierDetection(_) } => Some(edge),
                _ => None,
            })
            .collect();
        let last = edges.iter().max().copied();
        let judged = story.told.iter().filter_map(|(at, happening)| match happening {
            Happening::Guard { edge, event: GuardEvent::OutlierDetection(event) } if Some(*edge) == last => {
                Some((*at, *event))
            }
            _ => None,
        });
        judged.collect()
    };
    let alone = of_second(&world(""));
    assert!(alone.iter().any(|it| it.1 == RETURNED), "{alone:?}");
    let detects = format!("outlier_detection = {{ {SHORT}, max_ejection_percent = \"50%\" }}");
    assert_eq!(of_second(&world(&detects)), alone);
}
