//! CPUs and I/O channels: who has one, who waits, and what becomes of that when the world changes.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{Happening, ServiceEnd};

/// Users at 20, 40, 60 and 80 ms, and a service with a thread for everybody.
fn scene(settings: &str, rest: &str) -> Story {
    let service = format!("[services.a]\nthreads = \"unlimited\"\n{settings}\n[policies.user]\n{rest}");
    tell(&(users("50/s", "90ms") + &service))
}

fn oks(at: [u64; 4]) -> Vec<(u64, Class)> {
    at.map(|at| (at, Class::Ok)).to_vec()
}

#[test]
fn one_cpu_is_for_one_after_the_other() {
    let story = scene("cpus = 1\nhandler = [{ work = \"30ms\" }]", "");
    assert_eq!(story.requests(), oks([50, 80, 110, 140]));
    let two = scene("cpus = 2\nhandler = [{ work = \"30ms\" }]", "");
    assert_eq!(two.requests(), oks([50, 70, 90, 110]));
}

#[test]
fn a_cpu_is_free_while_its_attempt_sleeps() {
    let story =
        scene("cpus = 1\nhandler = [{ work = \"10ms\" }, { sleep = \"100ms\" }, { work = \"10ms\" }]", "");
    assert_eq!(story.requests(), oks([140, 160, 180, 200]));
}

#[test]
fn shared_processors_slow_everybody_down() {
    let settings = "cpus = 1\ncpu_sharing = \"processor_sharing\"\nhandler = [{ work = \"30ms\" }]";
    let story = tell(
        &(users("50/s", "50ms")
            + "[services.a]\nthreads = \"unlimited\"\n"
            + settings
            + "\n[policies.user]\n"),
    );
    // Alone until 40 ms with 10 ms left; both at half speed until 60 ms; the second has 20 ms left then.
    assert_eq!(story.requests(), [(60, Class::Ok), (80, Class::Ok)]);
    let enough = scene(&settings.replace("cpus = 1", "cpus = 2"), "");
    assert_eq!(enough.requests(), oks([50, 70, 90, 110]));
}

#[test]
fn a_brown_out_slows_those_who_have_a_cpu_and_later_those_who_waited() {
    let fault =
        "[faults.slow]\nat = \"35ms\"\nduration = \"30ms\"\ndegrade = { service = \"a\", factor = 2 }\n";
    let story = scene("cpus = 1\nhandler = [{ work = \"30ms\" }]", fault);
    // 15 ms until 35 ms, 15 ms at half speed until 65 ms; the others at full speed.
    assert_eq!(story.requests(), oks([65, 95, 125, 155]));
}

#[test]
fn who_is_aborted_leaves_the_line_or_gives_the_cpu_to_the_next() {
    let settings = "cpus = 1\nabandoned_work = \"abort\"\nhandler = [{ work = \"30ms\" }]";
    let story = tell(
        &(users("50/s", "90ms")
            + "[services.a]\nthreads = \"unlimited\"\n"
            + settings
            + "\n[policies.user]\ntimeout = \"25ms\"\n"),
    );
    // The first is given up at 45 ms, and the second gets its CPU; it is given up at 65 ms, and so on.
    assert_eq!(story.finished("a"), [45, 65, 85, 105].map(|at| (at, ServiceEnd::Cancelled)));
    let worked = story.told.iter().filter(|(_, happening)| matches!(happening, Happening::WorkBegan { .. }));
    assert_eq!(worked.count(), 4);
}

#[test]
fn a_crash_empties_the_lines() {
    let fault = "[faults.crash]\nat = \"70ms\"\nduration = \"5ms\"\ncrash = { service = \"a\" }\n";
    for settings in [
        "cpus = 1\nhandler = [{ work = \"100ms\" }]",
        "io = { channels = 1 }\nhandler = [{ io = \"100ms\" }]",
    ] {
        let story = scene(settings, fault);
        let reset = [(70, Class::Reset); 3].into_iter();
        assert_eq!(story.requests(), reset.chain([(180, Class::Ok)]).collect::<Vec<_>>(), "{settings}");
    }
}

#[test]
fn io_needs_a_channel_and_no_cpu() {
    let story = scene("io = { channels = 1 }\nhandler = [{ io = \"30ms\" }]", "");
    assert_eq!(story.requests(), oks([50, 80, 110, 140]));
    let story = scene("cpus = 1\nhandler = [{ io = \"30ms\" }]", "");
    assert_eq!(story.requests(), oks([50, 70, 90, 110]));
    let fault = "[faults.slow]\nat = \"0s\"\nduration = \"1s\"\ndegrade = { service = \"a\", factor = 5 }\n";
    let story = scene("io = { channels = 4 }\nhandler = [{ io = \"30ms\" }]", fault);
    assert_eq!(story.requests(), oks([50, 70, 90, 110]));
}

#[test]
fn the_end_of_io_waits_for_the_end_of_a_pause() {
    let fault = "[faults.stall]\nat = \"30ms\"\nduration = \"100ms\"\npause = { service = \"a\" }\n";
    let story = scene("io = { channels = 4 }\nhandler = [{ io = \"30ms\" }]", fault);
    assert_eq!(story.requests()[0], (130, Class::Ok));
}

/// One thread, no place to wait, and one CPU: who comes at 20 ms works until 60 ms, and turning away who comes at 40 ms takes the CPU after it.
#[test]
fn turning_away_is_work_without_a_thread() {
    let story = |cpus: &str| {
        let service = format!(
            "[services.a]\nthreads = 1\ncpus = {cpus}\nqueue = {{ capacity = 0, reject_cost = \"5ms\" }}\nhandler = [{{ work = \"40ms\" }}]\n[policies.user]\n"
        );
        tell(&(users("50/s", "50ms") + &service)).requests()
    };
    assert_eq!(story("1"), [(60, Class::Ok), (65, Class::Overloaded)]);
    assert_eq!(story("2"), [(45, Class::Overloaded), (60, Class::Ok)]);
}

/// Who waited too long is turned away, too.
#[test]
fn a_limit_of_the_wait_costs_the_same() {
    let service = "[services.a]\nthreads = 1\nqueue = { capacity = 5, timeout = \"10ms\", reject_cost = \"5ms\" }\nhandler = [{ work = \"100ms\" }]\n[policies.user]\n";
    let story = tell(&(users("50/s", "50ms") + service));
    assert_eq!(story.requests(), [(55, Class::Overloaded), (120, Class::Ok)]);
}

/// A disk that is four times as slow from 35 ms to 75 ms: what has begun keeps its length, and `work` is not touched.
#[test]
fn a_slow_disk_slows_what_begins_meanwhile() {
    let fault = "[faults.slow]\nat = \"35ms\"\nduration = \"40ms\"\ndegrade = { service = \"a\", factor = 4, resource = \"io\" }\n";
    let story = scene("handler = [{ work = \"5ms\" }, { io = \"20ms\" }]", fault);
    assert_eq!(story.requests(), [(45, Class::Ok), (105, Class::Ok), (125, Class::Ok), (145, Class::Ok)]);
}

/// Every second of two who share is worth 3/4 of one.
#[test]
fn switches_slow_those_down_who_take_turns() {
    let settings = "cpus = 1\ncpu_sharing = \"processor_sharing\"\ncontext_switch = { cost = \"1ms\", quantum = \"3ms\" }\nhandler = [{ work = \"30ms\" }]";
    let story = tell(
        &(users("50/s", "50ms")
            + "[services.a]\nthreads = \"unlimited\"\n"
            + settings
            + "\n[policies.user]\n"),
    );
    // Alone until 40 ms with 10 ms left, at 3/8 until 10 · 8/3 ms later; the second has 20 ms left then, and is alone.
    let ends: Vec<u64> = ends_us(&story);
    assert_eq!(ends, [66_666, 86_666]);
    // With a CPU for everybody nobody takes turns.
    let enough = scene(&settings.replace("cpus = 1", "cpus = 4"), "");
    assert_eq!(enough.requests(), oks([50, 70, 90, 110]));
}

fn ends_us(story: &Story) -> Vec<u64> {
    let ended = story.told.iter().filter(|(_, it)| matches!(it, Happening::RequestEnded { .. }));
    ended.map(|(at, _)| at.as_ns() / 1000).collect()
}

/// From 35 ms to 75 ms every `io` step that begins takes 15 ms longer, and twice as long before that where both faults act.
#[test]
fn a_delay_of_io_is_added_to_what_begins_meanwhile() {
    let delay = "[faults.volume]\nat = \"35ms\"\nduration = \"40ms\"\nio_delay = { service = \"a\", delay = \"15ms\" }\n";
    let handler = "handler = [{ work = \"5ms\" }, { io = \"20ms\" }]";
    assert_eq!(
        scene(handler, delay).requests(),
        [(45, Class::Ok), (80, Class::Ok), (100, Class::Ok), (105, Class::Ok)]
    );
    let both = delay.to_owned()
        + "[faults.slow]\nat = \"35ms\"\nduration = \"40ms\"\ndegrade = { service = \"a\", factor = 2, resource = \"io\" }\n";
    assert_eq!(
        scene(handler, &both).requests(),
        [(45, Class::Ok), (100, Class::Ok), (105, Class::Ok), (120, Class::Ok)]
    );
}

#[test]
fn what_takes_no_time_is_no_io_and_is_not_delayed() {
    let delay = "[faults.volume]\nat = \"0s\"\nio_delay = { service = \"a\", delay = \"15ms\" }\n";
    let story = scene("io = { channels = 1 }\nhandler = [{ io = \"0ms\" }, { work = \"5ms\" }]", delay);
    assert_eq!(story.requests(), oks([25, 45, 65, 85]));
    assert!(!story.told.iter().any(|(_, it)| matches!(it, Happening::IoBegan { .. })));
}
