//! Who goes first, who has waited too long, and whose thread is taken away.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{Happening, ServiceEnd};

/// Normal users at 20, 40, … ms until an instant, and critical ones at 50, 100, … ms until another; one thread.
fn scene(until: &str, critical_until: &str, settings: &str) -> Story {
    with_threads(1, until, critical_until, settings)
}

fn with_threads(threads: u32, until: &str, critical_until: &str, settings: &str) -> Story {
    let critical = format!(
        r#"
[workloads.vip]
arrivals = {{ open = {{ rate = "20/s", process = "constant" }} }}
profile = [{{ at = "{critical_until}", scale = 0 }}]
to = "a"
policy = "user"
clients = 1
priority = "critical"

[services.a]
threads = {threads}
{settings}

[policies.user]
"#
    );
    tell(&(users("50/s", until) + &critical))
}

/// When the requests of a workload ended, in milliseconds.
fn ended(story: &Story, workload: u32) -> Vec<u64> {
    let ended = story.told.iter().filter_map(|(at, happening)| match happening {
        Happening::RequestEnded { workload: of, .. } if *of == workload => Some(at.as_ns() / 1_000_000),
        _ => None,
    });
    ended.collect()
}

#[test]
fn the_most_important_goes_next() {
    let story = scene(
        "90ms",
        "60ms",
        "queue = { capacity = 9, order = \"priority\" }\nhandler = [{ work = \"40ms\" }]",
    );
    assert_eq!(ended(&story, 1), [100]);
    assert_eq!(ended(&story, 0), [60, 140, 180, 220]);
}

#[test]
fn the_most_important_takes_the_thread_of_who_works() {
    let queue = "queue = { capacity = 9, order = \"priority\", preemptive = true }\n";
    let story = scene("90ms", "60ms", &(queue.to_owned() + "handler = [{ work = \"40ms\" }]"));
    // At 50 ms 10 ms are left to the first; they are done when the critical one is, before the others.
    assert_eq!(ended(&story, 1), [90]);
    assert_eq!(ended(&story, 0), [100, 140, 180, 220]);
    let asleep = scene("90ms", "60ms", &(queue.to_owned() + "handler = [{ sleep = \"40ms\" }]"));
    assert_eq!(ended(&asleep, 1), [100], "only a thread in `work` is taken away");
}

#[test]
fn what_is_left_of_shared_work_is_kept_too() {
    let settings = "queue = { capacity = 9, order = \"priority\", preemptive = true }\ncpus = 1\ncpu_sharing = \"processor_sharing\"\nhandler = [{ work = \"40ms\" }]";
    let story = scene("30ms", "60ms", settings);
    assert_eq!((ended(&story, 1), ended(&story, 0)), (vec![90], vec![100]));
}

/// Once, that is, and not whenever it goes on.
#[test]
fn what_slows_work_at_its_begin_is_in_what_is_left_of_it() {
    let settings = "queue = { capacity = 9, order = \"priority\", preemptive = true }\ncpus = 1\ncontention = { linear = { per_request = \"50%\", counts = \"with_self\", applies = \"at_start\" } }\nhandler = [{ work = \"40ms\" }]";
    let story = with_threads(2, "50ms", "60ms", settings);
    // 40 ms take 60. At 50 ms the first loses its thread, and 30 ms are left; the second has the CPU until 110 ms, the critical one until 170 ms.
    assert_eq!((ended(&story, 1), ended(&story, 0)), (vec![170], vec![110, 200]));
}

#[test]
fn a_suspended_attempt_can_be_given_up_and_lost() {
    let queue = "queue = { capacity = 9, order = \"priority\", preemptive = true }\nabandoned_work = \"abort\"\nhandler = [{ work = \"40ms\" }]";
    let story = scene("30ms", "60ms", queue);
    assert_eq!(ended(&story, 0), [100]);
    let text = "[faults.crash]\nat = \"70ms\"\nduration = \"1ms\"\ncrash = { service = \"a\" }\n[services.a]";
    let story = scene("30ms", "60ms", &format!("{queue}\n{}", text.replace("[services.a]", "")));
    assert_eq!(story.requests(), [(70, Class::Reset), (70, Class::Reset)]);
}

#[test]
fn who_has_waited_too_long_is_turned_away() {
    let story = scene(
        "90ms",
        "10ms",
        "queue = { capacity = 9, timeout = \"50ms\" }\nhandler = [{ work = \"100ms\" }]",
    );
    assert_eq!(
        story.requests(),
        [(90, Class::Overloaded), (110, Class::Overloaded), (120, Class::Ok), (220, Class::Ok)]
    );
    assert_eq!(story.finished("a").iter().filter(|(_, end)| *end == ServiceEnd::Overloaded).count(), 2);
    let timed_out =
        story.told.iter().filter(|(_, happening)| matches!(happening, Happening::QueueTimedOut { .. }));
    assert_eq!(timed_out.count(), 2);
}

#[test]
fn a_congested_queue_turns_round() {
    // The first is served until 120 ms; by then the second has waited for 80 ms.
    let order = |congested_after: &str| {
        let queue = format!(
            "queue = {{ capacity = 9, order = \"adaptive_lifo\", congested_after = \"{congested_after}\" }}\n"
        );
        let story = scene("90ms", "10ms", &(queue + "handler = [{ work = \"100ms\" }]"));
        story.threads_taken("a").into_iter().map(|(_, waited)| waited).collect::<Vec<_>>()
    };
    assert_eq!(order("300ms"), [0, 80, 160, 240]);
    assert_eq!(order("80ms"), [0, 40, 160, 280]);
}
