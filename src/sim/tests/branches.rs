//! Several things at once: who is waited for, and what becomes of the others.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{Happening, ServiceEnd};

/// One user, at 100 ms, whose handler has these branches; `b` takes 10 ms, `c` 30 ms, `d` fails after 20 ms. All of them stop when they are cancelled.
fn scene(parallel: &str, rest: &str) -> Story {
    let services = format!(
        r#"
[services.a]
threads = 1
queue = {{ capacity = 0 }}
abandoned_work = "abort"
handler = [{{ parallel = {{ {parallel} }} }}, {{ sleep = "5ms" }}]
[services.b]
threads = "unlimited"
abandoned_work = "abort"
handler = [{{ sleep = "10ms" }}]
[services.c]
threads = "unlimited"
abandoned_work = "abort"
handler = [{{ work = "30ms" }}]
[services.d]
threads = "unlimited"
abandoned_work = "abort"
handler = [{{ sleep = "20ms" }}, {{ fail = "100%" }}]
[policies.user]
{rest}
"#
    );
    tell(&(users("10/s", "150ms") + &services))
}

const B: &str = r#"{ call = { to = "b" } }"#;
const C: &str = r#"{ call = { to = "c" } }"#;
const D: &str = r#"{ call = { to = "d" } }"#;

/// When branches ended, and how much of their work nobody used, in milliseconds.
fn branches(story: &Story) -> Vec<(u64, u64)> {
    let ended = story.told.iter().filter_map(|(at, happening)| match happening {
        Happening::BranchEnded { worked, .. } => Some((at.as_ns() / 1_000_000, worked.as_ns() / 1_000_000)),
        _ => None,
    });
    ended.collect()
}

#[test]
fn all_are_waited_for_and_share_one_thread() {
    let story = scene(&format!("steps = [{B}, {C}]"), "");
    assert_eq!(story.requests(), [(135, Class::Ok)]);
    assert_eq!(story.threads_taken("a"), [(100, 0)]);
    assert_eq!(branches(&story), [(110, 0), (130, 0)]);
}

#[test]
fn the_first_failure_fails_all_and_the_others_go_on_for_nobody() {
    let story = scene(&format!("steps = [{B}, {C}, {D}]"), "");
    assert_eq!(story.requests(), [(120, Class::GatewayError)]);
    assert_eq!(story.finished("c"), [(130, ServiceEnd::Ok)]);
    assert_eq!(branches(&story), [(110, 0), (120, 0), (130, 0)]);
}

#[test]
fn the_first_success_is_enough_for_any() {
    let story = scene(&format!("steps = [{D}, {B}, {C}], wait = \"any\""), "");
    assert_eq!(story.requests(), [(115, Class::Ok)]);
    // The attempt is long over when the last of its branches ends.
    assert_eq!(branches(&story), [(110, 0), (120, 0), (130, 0)]);
    let story = scene(&format!("steps = [{D}, {D}], wait = \"any\""), "");
    assert_eq!(story.requests(), [(120, Class::GatewayError)]);
}

#[test]
fn a_quorum_bears_as_many_failures_as_it_can() {
    let requests = |steps: &str| scene(&format!("steps = [{steps}], wait = 2"), "").requests();
    assert_eq!(requests(&format!("{B}, {D}, {C}")), [(135, Class::Ok)]);
    assert_eq!(requests(&format!("{B}, {B}, {C}")), [(115, Class::Ok)]);
    assert_eq!(requests(&format!("{C}, {D}, {D}")), [(120, Class::GatewayError)]);
}

#[test]
fn losers_are_cancelled_where_that_is_written_and_their_work_is_freed() {
    let story = scene(&format!("steps = [{B}, {C}], wait = \"any\", cancel_losers = true"), "");
    assert_eq!(story.requests(), [(115, Class::Ok)]);
    assert_eq!(story.finished("c"), [(110, ServiceEnd::Cancelled)]);
}

#[test]
fn work_of_branches_counts_for_the_attempt_and_is_wasted_once_nobody_waits() {
    let worked = |story: &Story| {
        story.told.iter().find_map(|(_, happening)| match happening {
            Happening::Finished { place, worked, .. } if place.service == 0 => {
                Some(worked.as_ns() / 1_000_000)
            }
            _ => None,
        })
    };
    let (short, long) = (r#"{ work = "10ms" }"#, r#"{ work = "40ms" }"#);
    let story = scene(&format!("steps = [{short}, {long}]"), "");
    assert_eq!((worked(&story), branches(&story)), (Some(50), vec![(110, 0), (140, 0)]));
    let story = scene(&format!("steps = [{short}, {long}], wait = \"any\""), "");
    assert_eq!((worked(&story), branches(&story)), (Some(10), vec![(110, 0), (140, 40)]));
    let story = scene(&format!("steps = [{short}, {long}], wait = \"any\", cancel_losers = true"), "");
    assert_eq!((worked(&story), branches(&story)), (Some(10), vec![(110, 0), (110, 10)]));
}

#[test]
fn copies_begin_at_once_and_branches_have_branches() {
    let story = scene(&format!("steps = [{B}, {C}], copies = 3"), "");
    assert_eq!(story.requests(), [(135, Class::Ok)]);
    assert_eq!((story.sent("b").len(), story.sent("c").len()), (3, 3));
    let inner = format!("{{ parallel = {{ steps = [{B}, {B}] }} }}");
    let story =
        scene(&format!("steps = [{{ sequence = [{inner}, {{ sleep = \"1ms\" }}] }}], copies = 2"), "");
    assert_eq!(story.requests(), [(116, Class::Ok)]);
    assert_eq!(story.sent("b").len(), 4);
}

#[test]
fn branches_without_work_take_no_time() {
    let story = scene("steps = [{ sleep = \"0s\" }], copies = 1000", "");
    assert_eq!(story.requests(), [(105, Class::Ok)]);
}

#[test]
fn an_aborted_attempt_takes_its_branches_and_their_calls_along() {
    let inner = format!("{{ parallel = {{ steps = [{B}, {C}] }} }}");
    let story = scene(&format!("steps = [{inner}, {C}]"), "timeout = \"15ms\"");
    assert_eq!(story.requests(), [(115, Class::DeadlineExceeded)]);
    assert_eq!(story.finished("a"), [(115, ServiceEnd::Cancelled)]);
    assert_eq!(story.finished("c"), [(115, ServiceEnd::Cancelled); 2]);
}

#[test]
fn a_crash_takes_branches_along_those_that_go_on_for_nobody_too() {
    let crash = "\n[faults.crash]\nat = \"112ms\"\nduration = \"10ms\"\ncrash = { service = \"a\" }\n";
    let story = scene(&format!("steps = [{B}, {C}], wait = \"any\""), crash);
    assert_eq!(story.requests(), [(112, Class::Reset)]);
    assert_eq!(story.finished("c"), [(112, ServiceEnd::Cancelled)]);
    let story = scene(&format!("steps = [{B}, {C}]"), crash);
    assert_eq!(story.finished("c"), [(112, ServiceEnd::Cancelled)]);
}

#[test]
fn a_pause_stops_branches_and_they_go_on_after_it() {
    let pause = "\n[faults.stall]\nat = \"105ms\"\nduration = \"100ms\"\npause = { service = \"a\" }\n";
    let story = scene(r#"steps = [{ work = "10ms" }, { sleep = "20ms" }]"#, pause);
    // 5 ms of work were left, the sleep was over, and then come the 5 ms after both.
    assert_eq!(story.requests(), [(215, Class::Ok)]);
}
