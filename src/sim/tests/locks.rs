//! Locks in the engine: who waits for whom, and on how many ways a lock comes back.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{Happening, LockEvent, ServiceEnd};

/// Users at 20, 40, 60 and 80 ms, a service `a` with these settings, and a `db` that takes 50 ms; the rest comes behind the policy of the users.
fn scene(lock: &str, settings: &str, rest: &str) -> Story {
    tell(&text(lock, settings, rest))
}

fn text(lock: &str, settings: &str, rest: &str) -> String {
    let services = format!(
        "[locks.row]\n{lock}\n[services.a]\nthreads = \"unlimited\"\n{settings}\n[services.db]\nthreads = \"unlimited\"\nhandler = [{{ sleep = \"50ms\" }}]\n[policies.user]\n{rest}"
    );
    users("50/s", "90ms") + &services
}

const GLOBAL: &str = "scope = \"global\"";
/// 50 ms under the lock: a call, as of a transaction that asks its client between.
const CALL: &str = "handler = [{ lock = { acquire = \"row\", steps = [{ call = { to = \"db\" } }] } }]";
const SLEEP: &str = "handler = [{ lock = { acquire = \"row\", steps = [{ sleep = \"30ms\" }] } }]";

fn events(story: &Story) -> Vec<(u64, LockEvent)> {
    let told = story.told.iter().filter_map(|(at, happening)| match happening {
        Happening::Lock { event, .. } => Some((at.as_ns() / 1_000_000, *event)),
        _ => None,
    });
    told.collect()
}

fn count(story: &Story, is_it: impl Fn(LockEvent) -> bool) -> usize {
    events(story).into_iter().filter(|&(_, event)| is_it(event)).count()
}

fn oks(at: [u64; 4]) -> Vec<(u64, Class)> {
    at.map(|at| (at, Class::Ok)).to_vec()
}

#[test]
fn one_has_it_at_a_time_in_the_order_in_which_they_came() {
    assert_eq!(scene(GLOBAL, SLEEP, "").requests(), oks([50, 80, 110, 140]));
    // It is held for as long as the call takes that is made under it.
    assert_eq!(scene(GLOBAL, CALL, "").requests(), oks([70, 120, 170, 220]));
    let outside = "handler = [{ call = { to = \"db\" } }, { lock = { acquire = \"row\", steps = [{ sleep = \"1ms\" }] } }]";
    assert_eq!(scene(GLOBAL, outside, "").requests(), oks([71, 91, 111, 131]));
}

#[test]
fn an_instance_has_a_lock_of_its_own_and_a_key_has_one() {
    let two = SLEEP.to_owned() + "\ninstances = 2";
    let by_instance = scene("scope = \"instance\"", &two, "").requests();
    assert_eq!(by_instance, oks([50, 70, 90, 110]));
    assert_eq!(scene(GLOBAL, &two, "").requests(), oks([50, 80, 110, 140]));
    // All requests are about key 0 here.
    assert_eq!(scene("scope = \"key\"", &two, "").requests(), oks([50, 80, 110, 140]));
    let keys = text("scope = \"key\"", SLEEP, "")
        .replace("clients = 1", "clients = 1\nkeys = { uniform = { count = 1_000_000 } }");
    assert_eq!(tell(&keys).requests(), oks([50, 70, 90, 110]));
}

#[test]
fn those_who_read_share_it_and_who_writes_waits_for_all_of_them() {
    let handlers = |second: &str| {
        format!(
            "handler = [{{ lock = {{ acquire = \"row\", mode = \"shared\", steps = [{{ sleep = \"30ms\" }}] }} }}]\n[services.a.handlers]\nwrite = [{{ lock = {{ acquire = \"row\", mode = \"{second}\", steps = [{{ sleep = \"30ms\" }}] }} }}]\n"
        )
    };
    let another = "\n[workloads.writer]\narrivals = { open = { rate = \"20/s\", process = \"constant\" } }\nprofile = [{ at = \"55ms\", scale = 0 }]\nto = \"a\"\nhandler = \"write\"\nclients = 1\n";
    let story = |second: &str| scene(GLOBAL, &handlers(second), another).requests();
    assert_eq!(
        story("shared"),
        [(50, Class::Ok), (70, Class::Ok), (80, Class::Ok), (90, Class::Ok), (110, Class::Ok)]
    );
    // The writer comes at 50 ms, gets it at 70 ms, and those who come meanwhile wait behind it.
    let found = story("exclusive");
    assert_eq!(
        found,
        [(50, Class::Ok), (70, Class::Ok), (100, Class::Ok), (130, Class::Ok), (130, Class::Ok)]
    );
}

#[test]
fn who_waits_too_long_hears_of_a_conflict_and_leaves_the_line() {
    let story = scene("scope = \"global\"\nwait_timeout = \"35ms\"", SLEEP, "");
    assert_eq!(story.requests(), oks([50, 80, 110, 140]));
    let story = scene("scope = \"global\"\nwait_timeout = \"25ms\"", CALL, "");
    assert_eq!(
        story.requests(),
        [(65, Class::Conflict), (70, Class::Ok), (105, Class::Conflict), (120, Class::Ok)]
    );
    assert_eq!(story.finished("a").iter().filter(|(_, end)| *end == ServiceEnd::Conflict).count(), 2);
    // Nobody waits at all, and a conflict may be tried again.
    let retry =
        "retry = { max_attempts = 2, retry_on = [\"conflict\"], backoff = { fixed = { base = \"45ms\" } } }";
    let story = scene("scope = \"global\"\nwait_timeout = \"0s\"", CALL, retry);
    assert_eq!(story.answered("a").iter().filter(|(_, class)| *class == Class::Conflict).count(), 4);
    assert_eq!(count(&story, |event| matches!(event, LockEvent::Acquired { waited: None })), 2);
}

#[test]
fn a_lock_comes_back_at_the_instant_of_the_timeout_first() {
    // The first gives it back at 60 ms, which is when the second has waited long enough; the third gives up at 80 ms, and the fourth has it at 100 ms.
    let handler = SLEEP.replace("30ms", "40ms");
    let story = scene("scope = \"global\"\nwait_timeout = \"20ms\"", &handler, "");
    assert_eq!(
        story.requests(),
        [(60, Class::Ok), (80, Class::Conflict), (100, Class::Ok), (140, Class::Ok)]
    );
}

#[test]
fn what_fails_under_a_lock_gives_it_back_before_it_is_done_otherwise() {
    let failing = "handler = [{ try = { steps = [{ lock = { acquire = \"row\", steps = [{ sleep = \"5ms\" }, { fail = \"100%\" }] } }], otherwise = [{ sleep = \"100ms\" }] } }]";
    let story = scene(GLOBAL, failing, "");
    assert_eq!(story.requests(), oks([125, 145, 165, 185]));
    assert_eq!(count(&story, |event| event == LockEvent::Queued), 0);
    // What is tried inside keeps it.
    let inside = "handler = [{ lock = { acquire = \"row\", steps = [{ try = { steps = [{ fail = \"100%\" }], otherwise = [{ sleep = \"30ms\" }] } }] } }]";
    assert_eq!(scene(GLOBAL, inside, "").requests(), oks([50, 80, 110, 140]));
    let failing =
        "handler = [{ lock = { acquire = \"row\", steps = [{ sleep = \"5ms\" }, { fail = \"100%\" }] } }]";
    assert_eq!(scene(GLOBAL, failing, "").requests()[3], (85, Class::ServerError));
}

/// The caller gives up after 25 ms.
#[test]
fn an_abandoned_attempt_keeps_its_lock_and_its_turn_unless_it_is_stopped() {
    let late = scene(GLOBAL, CALL, "timeout = \"25ms\"");
    assert_eq!(late.finished("a"), [70, 120, 170, 220].map(|at| (at, ServiceEnd::Ok)));
    let stopped = scene(GLOBAL, &(CALL.to_owned() + "\nabandoned_work = \"abort\""), "timeout = \"25ms\"");
    // The second waits until 45 ms, when the first is stopped, and so on; nobody leaves the line in vain.
    assert_eq!(stopped.finished("a"), [45, 65, 85, 105].map(|at| (at, ServiceEnd::Cancelled)));
    assert_eq!(count(&stopped, |event| matches!(event, LockEvent::Acquired { .. })), 4);
    let longer = CALL.replace("to = \"db\"", "to = \"slow\"")
        + "\nabandoned_work = \"abort\"\n[services.slow]\nthreads = \"unlimited\"\nhandler = [{ sleep = \"1s\" }]";
    let left = scene(
        GLOBAL,
        &longer,
        "timeout = \"15ms\"\n[faults.held]\nat = \"0s\"\nduration = \"70ms\"\nlock_held = { lock = \"row\" }",
    );
    // The first two leave the line; the third has it from 70 ms to 75 ms, when the fourth gets it.
    assert_eq!(count(&left, |event| event == LockEvent::Left), 2);
    assert_eq!(left.finished("a"), [35, 55, 75, 95].map(|at| (at, ServiceEnd::Cancelled)));
}

#[test]
fn a_crash_of_the_holder_frees_it() {
    let two = CALL.to_owned() + "\ninstances = 2";
    let crash = "[faults.crash]\nat = \"50ms\"\nduration = \"1ms\"\ncrash = { service = \"a\", select = { fixed = 1 } }\n";
    let story = scene(GLOBAL, &two, crash);
    let ends: Vec<Class> = story.requests().into_iter().map(|(_, class)| class).collect();
    assert_eq!(ends.iter().filter(|class| **class == Class::Reset).count(), 1);
    // One of the first two is gone; the other has it from 50 ms at the latest.
    let last = story.requests().last().copied();
    assert!(last == Some((150, Class::Ok)) || last == Some((170, Class::Ok)), "{last:?}");
    assert_eq!(
        count(&story, |event| matches!(event, LockEvent::Left))
            + count(&story, |event| matches!(event, LockEvent::Released { .. })),
        4
    );
}

/// A regression: it went through the hands of all who were lost with its holder.
#[test]
fn who_is_lost_with_the_holder_does_not_get_it() {
    let acquired = |story: &Story| count(story, |event| matches!(event, LockEvent::Acquired { .. }));
    let left = |story: &Story| count(story, |event| event == LockEvent::Left);
    let crash = "[faults.crash]\nat = \"90ms\"\nduration = \"1ms\"\ncrash = { service = \"a\" }\n";
    let long = CALL.replace("to = \"db\"", "to = \"slow\"")
        + "\n[services.slow]\nthreads = \"unlimited\"\nhandler = [{ sleep = \"1s\" }]";
    let story = scene(GLOBAL, &long, crash);
    assert_eq!((acquired(&story), left(&story)), (1, 3));
    // So does nobody in another instance that goes at the same instant.
    let zones = long.replace("\n[services.slow]", "\ninstances = 4\nzones = [\"x\"]\n[services.slow]");
    let outage = "[faults.outage]\nat = \"90ms\"\nduration = \"1ms\"\nzone_outage = { zone = \"x\" }\n";
    let story = scene(GLOBAL, &zones, outage);
    assert_eq!((acquired(&story), left(&story)), (1, 3));
    // A branch of a branch is lost with all of them.
    let nested = long.replace("handler = [{ lock", "handler = [{ parallel = { steps = [{ lock")
        .replace("\"slow\" } }] } }]", "\"slow\" } }] } }, { parallel = { steps = [{ lock = { acquire = \"row\", steps = [{ sleep = \"1s\" }] } }], copies = 2 } }], copies = 2 } }]");
    assert_eq!(nested.matches("parallel").count(), 2, "{nested}");
    let story = scene(GLOBAL, &nested, crash);
    assert_eq!((acquired(&story), left(&story)), (1, 23));
    let stopped = nested.replace("\n[services.slow]", "\nabandoned_work = \"abort\"\n[services.slow]");
    let story = scene(GLOBAL, &stopped, "timeout = \"200ms\"");
    // Each of the four has it once it is the turn of its request.
    assert_eq!((acquired(&story), left(&story)), (4, 20));
}

/// A regression: who was told to stop kept its place in the line until it did, which takes as long as a pause.
#[test]
fn who_is_told_to_stop_leaves_the_line_at_once() {
    let stopped = SLEEP.replace("30ms", "100ms") + "\nabandoned_work = \"abort\"";
    let pause = "timeout = \"55ms\"\n[faults.stall]\nat = \"50ms\"\nduration = \"200ms\"\npause = { service = \"a\" }\n";
    let story = scene(GLOBAL, &stopped, pause);
    let expected = [(95, "left")];
    let left: Vec<(u64, &str)> = events(&story)
        .into_iter()
        .filter(|(_, event)| *event == LockEvent::Left)
        .map(|(at, _)| (at, "left"))
        .collect();
    assert_eq!(left, expected);
}

#[test]
fn something_outside_holds_it_from_those_who_come() {
    let held = |what: &str| {
        format!("[faults.held]\nat = \"30ms\"\nduration = \"70ms\"\nlock_held = {{ lock = \"row\"{what} }}\n")
    };
    // Who has it at 30 ms keeps it; the others wait until 100 ms.
    assert_eq!(scene(GLOBAL, SLEEP, &held("")).requests(), oks([50, 130, 160, 190]));
    let key = |key: u32| scene("scope = \"key\"", SLEEP, &held(&format!(", key = {key}"))).requests();
    assert_eq!(key(0), oks([50, 130, 160, 190]));
    assert_eq!(key(1), oks([50, 80, 110, 140]));
    let reading = SLEEP.replace("steps", "mode = \"shared\", steps");
    assert_eq!(scene(GLOBAL, &reading, &held(", mode = \"shared\"")).requests(), oks([50, 70, 90, 110]));
    assert_eq!(scene(GLOBAL, SLEEP, &held(", mode = \"shared\"")).requests(), oks([50, 130, 160, 190]));
}

#[test]
fn branches_have_locks_of_their_own() {
    let branches = "handler = [{ parallel = { steps = [{ lock = { acquire = \"row\", steps = [{ sleep = \"10ms\" }] } }], copies = 3 } }]";
    // Three of each request, one after the other; those of the second begin at 50 ms.
    assert_eq!(scene(GLOBAL, branches, "").requests(), oks([50, 80, 110, 140]));
    let any = branches.replace("copies = 3", "copies = 3, wait = \"any\", cancel_losers = true");
    let story = scene(GLOBAL, &any, "");
    assert_eq!(story.requests(), oks([30, 50, 70, 90]));
    // The first of three is done, and gives it to the second, who is stopped after that at this instant; the third does not get it any more.
    assert_eq!(count(&story, |event| matches!(event, LockEvent::Acquired { .. })), 8);
    assert_eq!(count(&story, |event| event == LockEvent::Left), 4);
}

/// Those who are paused get it, and do nothing with it.
#[test]
fn a_paused_holder_keeps_everybody_waiting() {
    let two = SLEEP.to_owned() + "\ninstances = 2\nzones = [\"x\", \"y\"]";
    let pause = "[faults.stall]\nat = \"30ms\"\nduration = \"100ms\"\npause = { service = \"a\" }\n";
    let story = scene(GLOBAL, &two, pause);
    // The first is done at 130 ms, when its sleep may end.
    assert_eq!(story.requests(), oks([130, 160, 190, 220]));
}

/// A low one has it when a high one comes that is more important: a priority inversion, which ends with the lock.
#[test]
fn who_has_a_lock_keeps_its_thread() {
    let story = |quick: &str| {
        let text = users("50/s", "30ms")
            + &format!(
                "[locks.row]\nscope = \"global\"\n[services.a]\nthreads = 1\nqueue = {{ capacity = 10, order = \"priority\", preemptive = true }}\nhandler = [{{ lock = {{ acquire = \"row\", steps = [{{ work = \"30ms\" }}] }} }}, {{ work = \"20ms\" }}]\nhandlers = {{ quick = [{quick}] }}\n[policies.user]\n"
            )
            + "[workloads.urgent]\narrivals = { open = { rate = \"25/s\", process = \"constant\" } }\nprofile = [{ at = \"85ms\", scale = 0 }]\nto = \"a\"\nhandler = \"quick\"\npriority = \"critical\"\nclients = 1\n";
        tell(&text)
    };
    // The first urgent one waits until the low one is done at 70 ms, and the second finds nobody there.
    let free = story("{ work = \"10ms\" }");
    assert_eq!(free.threads_taken("a"), [(20, 0), (70, 30), (80, 0)]);
    // A regression: it took the thread that the low one needed to give the lock back, and both waited for ever.
    let needed = story("{ lock = { acquire = \"row\", steps = [{ work = \"5ms\" }] } }");
    assert_eq!(needed.threads_taken("a"), [(20, 0), (70, 30), (80, 0)]);
    assert_eq!(needed.requests(), [(70, Class::Ok), (75, Class::Ok), (85, Class::Ok)]);
}
