//! Registers in the engine: how far what was read is known, and who comes too late.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{Happening, RegisterEvent};

/// Users at 20, 40, 60 and 80 ms, a service `a` with this handler, and a `db` whose handlers `read` and `write` the register and take 1 ms each.
fn scene(handler: &str, rest: &str) -> Story {
    let services = format!(
        r#"
[registers.row]
scope = "global"
[services.a]
threads = "unlimited"
handler = [{handler}]
[services.db]
threads = "unlimited"
[services.db.handlers]
read = [{{ read = "row" }}, {{ sleep = "1ms" }}]
write = [{{ sleep = "1ms" }}, {{ compare_and_set = "row" }}]
[policies.user]
{rest}
"#
    );
    tell(&(users("50/s", "90ms") + &services))
}

const READ: &str = r#"{ call = { to = "db", handler = "read" } }"#;
const WRITE: &str = r#"{ call = { to = "db", handler = "write" } }"#;
const AGAIN: &str = r#"retry = { max_attempts = 3, retry_on = ["conflict"], backoff = "none" }"#;

fn counts(story: &Story) -> [usize; 4] {
    let count = |wanted: RegisterEvent| {
        let is_it = |it: &Happening| matches!(it, Happening::Register { event, .. } if *event == wanted);
        story.told.iter().filter(|(_, happening)| is_it(happening)).count()
    };
    [RegisterEvent::Read, RegisterEvent::Written, RegisterEvent::WrittenBlindly, RegisterEvent::Conflict]
        .map(count)
}

#[test]
fn what_is_read_in_one_call_is_known_in_the_next() {
    let quick = scene(&format!("{READ}, {{ sleep = \"10ms\" }}, {WRITE}"), "");
    assert_eq!(quick.requests(), [32, 52, 72, 92].map(|at| (at, Class::Ok)));
    assert_eq!(counts(&quick), [4, 4, 0, 0]);
    // With 25 ms between, the next one has read by then what the first one writes.
    let slow = scene(&format!("{READ}, {{ sleep = \"25ms\" }}, {WRITE}"), "");
    assert_eq!(
        slow.requests(),
        [(47, Class::Ok), (67, Class::Conflict), (87, Class::Ok), (107, Class::Conflict)]
    );
}

#[test]
fn what_is_tried_again_is_the_whole_of_it() {
    let story = scene(&format!("{READ}, {{ sleep = \"25ms\" }}, {WRITE}"), AGAIN);
    let ends: Vec<Class> = story.requests().into_iter().map(|(_, class)| class).collect();
    assert_eq!(ends, [Class::Ok; 4]);
    let [reads, written, blind, conflicts] = counts(&story);
    assert_eq!((written, blind, reads), (4, 0, 4 + conflicts));
    assert!(conflicts >= 2);
}

#[test]
fn who_has_read_nothing_writes_all_the_same() {
    let story = scene(WRITE, "");
    assert_eq!(counts(&story), [0, 0, 4, 0]);
    assert_eq!(story.requests(), [21, 41, 61, 81].map(|at| (at, Class::Ok)));
}

#[test]
fn who_has_written_knows_the_new_version() {
    let twice = scene(&format!("{READ}, {WRITE}, {{ sleep = \"5ms\" }}, {WRITE}"), "");
    assert_eq!(counts(&twice), [4, 8, 0, 0]);
    let own = scene(r#"{ read = "row" }, { sleep = "25ms" }, { compare_and_set = "row" }"#, "");
    assert_eq!(counts(&own), [4, 2, 0, 2]);
}

#[test]
fn branches_know_what_the_attempt_has_read_and_tell_it_what_they_have() {
    let story = scene(
        &format!(
            "{{ parallel = {{ steps = [{READ}, {{ sleep = \"3ms\" }}] }} }}, {{ parallel = {{ steps = [{WRITE}] }} }}"
        ),
        "",
    );
    assert_eq!(counts(&story), [4, 4, 0, 0]);
}

#[test]
fn copies_of_an_attempt_tell_it_too() {
    let hedged = r#"{ call = { to = "db", handler = "read", policy = "hedged" } }"#;
    let policy = "[policies.hedged]\nhedge = { delay = { fixed = \"500us\" } }\n";
    let story = scene(&format!("{hedged}, {{ sleep = \"25ms\" }}, {WRITE}"), policy);
    assert_eq!(counts(&story), [8, 2, 0, 2]);
}

/// The first attempt has written when its caller gives up on it, and the second is too late because of that.
#[test]
fn who_does_not_hear_of_a_write_conflicts_with_it() {
    let late = r#"{ call = { to = "slow", policy = "again" } }"#;
    let rest = format!(
        "[policies.again]\nper_try_timeout = \"3ms\"\nretry = {{ max_attempts = 2, backoff = \"none\" }}\n[services.slow]\nthreads = \"unlimited\"\nhandler = [{WRITE}, {{ sleep = \"8ms\" }}]\n"
    );
    let story = scene(&format!("{READ}, {late}"), &rest);
    assert_eq!(counts(&story), [4, 4, 0, 4]);
    assert_eq!(story.requests(), [25, 45, 65, 85].map(|at| (at, Class::Conflict)));
}
