//! When faults happen, and the kinds that hit more than one service.

use super::scene::{Log, Story, Watched, plan, tell, users};
use crate::kernel::Time;
use crate::mechanism::Class;
use crate::observe::{FaultOccurrence, Happening, ServiceEnd};
use crate::plan::Plan;
use crate::sim::Simulation;

/// Users who come at 100 ms, 200 ms, … until an instant; service `a` works for 20 ms.
fn world(until: &str, rest: &str) -> String {
    let service = "[services.a]\nthreads = 1\nqueue = { capacity = 5 }\nhandler = [{ work = \"20ms\" }]\n";
    users("10/s", until) + service + rest
}

/// Begin, end and name of each occurrence, in milliseconds.
fn faults(plan: &Plan) -> Vec<(u64, Option<u64>, String)> {
    let mut nobody = ();
    let mut simulation = Simulation::new(plan, 1, Watched(&mut nobody));
    simulation.run();
    let ms = |time: Time| time.as_ns() / 1_000_000;
    let short = |fault: FaultOccurrence| (ms(fault.at), fault.end.map(ms), fault.name);
    simulation.faults().into_iter().map(short).collect()
}

#[test]
fn a_fault_repeats_after_each_end_until_it_is_enough() {
    let stop = "[faults.stop]\nat = \"150ms\"\nevery = \"200ms\"\nduration = \"100ms\"\npause = { service = \"a\" }\n";
    let occurrences = |limit: &str| {
        let text = world("50ms", &stop.replace("[faults.stop]", &format!("[faults.stop]\n{limit}")));
        faults(&plan(&text)).into_iter().map(|(at, end, _)| (at, end)).collect::<Vec<_>>()
    };
    assert_eq!(occurrences("until = \"1s\""), [(150, Some(250)), (450, Some(550)), (750, Some(850))]);
    assert_eq!(occurrences("count = 2"), [(150, Some(250)), (450, Some(550))]);
    // Begins every 300 ms until 2.85 s; the run ends after 3 s.
    assert_eq!(occurrences("").len(), 10);
    let later = stop.replace("at = \"150ms\"\n", "count = 1\n");
    assert_eq!(faults(&plan(&world("50ms", &later))), [(200, Some(300), "stop".to_owned())]);
}

#[test]
fn each_occurrence_acts() {
    let stop = "[faults.stop]\nat = \"110ms\"\nevery = \"90ms\"\nduration = \"10ms\"\ncount = 2\npause = { service = \"a\" }\n";
    assert_eq!(
        tell(&world("350ms", stop)).requests(),
        [(130, Class::Ok), (230, Class::Ok), (320, Class::Ok)]
    );
}

#[test]
fn a_fault_follows_another_one_each_time() {
    let both = r#"
[faults.first]
at = "100ms"
every = "400ms"
count = 3
duration = "100ms"
pause = { service = "a" }
[faults.second]
after = { fault = "first", delay = "50ms" }
duration = "600ms"
degrade = { service = "a", factor = 2 }
[faults.never]
after = { fault = "first", probability = "0.0000001%" }
crash = { service = "a" }
"#;
    let name = |name: &str| name.to_owned();
    // The second one lasts until 750 ms, so at 650 ms it does not begin again.
    assert_eq!(
        faults(&plan(&world("50ms", both))),
        [
            (100, Some(200), name("first")),
            (150, Some(750), name("second")),
            (600, Some(700), name("first")),
            (1100, Some(1200), name("first")),
            (1150, Some(1750), name("second")),
        ]
    );
}

#[test]
fn a_follower_happens_with_its_probability() {
    let both = r#"
[faults.first]
every = "1ms"
duration = "1ms"
pause = { service = "a" }
[faults.second]
after = { fault = "first", probability = "30%" }
duration = "500us"
role = "background"
pause = { service = "a" }
"#;
    let happened = faults(&plan(&world("50ms", both)));
    let count = |wanted: &str| happened.iter().filter(|(_, _, name)| name == wanted).count();
    assert_eq!(count("first"), 1500);
    // Binomial(1500, 0.3) has a standard deviation of 17.7; five of them.
    assert!(count("second").abs_diff(450) < 89, "{}", count("second"));
}

#[test]
fn the_twin_has_what_repeats_and_not_what_follows_as_a_trigger() {
    let both = r#"
[faults.beat]
every = "400ms"
duration = "100ms"
pause = { service = "a" }
[faults.blow]
after = { fault = "beat", delay = "50ms" }
duration = "100ms"
crash = { service = "a" }
[faults.echo]
after = { fault = "beat" }
duration = "100ms"
role = "background"
degrade = { service = "a", factor = 2 }
"#;
    let plan = plan(&world("50ms", both));
    let names = |plan: &Plan| {
        let mut names: Vec<String> = faults(plan).into_iter().map(|(_, _, name)| name).collect();
        names.sort();
        names.dedup();
        names
    };
    assert_eq!(names(&plan), ["beat", "blow", "echo"]);
    assert_eq!(names(&plan.without_triggers()), ["beat", "echo"]);
}

/// From 150 ms on work takes 2 times as long, and from 250 ms on 3 times: of 30 ms, 25 are done in the 50 ms until then, and the last 5 in 15.
#[test]
fn a_brown_out_grows_in_ten_steps() {
    let slow = "[faults.slow]\nat = \"150ms\"\nramp = \"1s\"\ndegrade = { service = \"a\", factor = 11 }\n";
    let text = world("250ms", slow).replace("20ms", "30ms");
    assert_eq!(tell(&text).requests(), [(130, Class::Ok), (265, Class::Ok)]);
}

#[test]
fn cpu_stress_leaves_the_rest_to_the_work() {
    let stress = "[faults.neighbour]\nat = \"150ms\"\ncpu_stress = { service = \"a\", load = \"75%\" }\n";
    assert_eq!(tell(&world("250ms", stress)).requests(), [(120, Class::Ok), (280, Class::Ok)]);
}

#[test]
fn a_zone_outage_takes_every_service_in_the_zone() {
    let text = users("10/s", "350ms")
        + r#"
[services.a]
instances = 2
zones = ["east", "west"]
threads = 4
queue = { capacity = 0 }
handler = [{ call = { to = "b" } }, { work = "10ms" }]
[services.b]
zones = ["east"]
threads = 4
queue = { capacity = 0 }
handler = [{ work = "20ms" }]
[faults.outage]
at = "110ms"
duration = "150ms"
zone_outage = { zone = "east" }
"#;
    let story = tell(&text);
    // At 110 ms one call is in progress at `b`: whoever made it, it is lost. At 200 ms `b` is still away; at 300 ms it is back.
    let ends: Vec<ServiceEnd> = story.finished("b").into_iter().map(|(_, end)| end).collect();
    assert_eq!(ends, [ServiceEnd::Reset, ServiceEnd::Ok]);
    assert_eq!(story.requests()[0].0, 110);
    assert!(story.requests()[..2].iter().all(|&(_, class)| class != Class::Ok));
    assert_eq!(story.requests()[2], (330, Class::Ok));
    assert_eq!(faults(&plan(&text)), [(110, Some(260), "outage".to_owned())]);
}

/// A spike whose begin is not known before: its requests are there while it lasts, and are its own.
#[test]
fn a_spike_can_follow_and_repeat() {
    let rest = r#"
[faults.beat]
at = "1s"
every = "400ms"
duration = "100ms"
count = 2
degrade = { service = "a", factor = 1 }
[faults.rush]
after = { fault = "beat", delay = "100ms" }
duration = "200ms"
load_spike = { workload = "user", factor = 4 }
"#;
    let text = world("50ms", rest).replace("profile = [{ at = \"50ms\", scale = 0 }]\n", "");
    let story = tell_until_the_end(&text);
    let extra: Vec<u64> = story
        .iter()
        .filter(|(_, happening)| matches!(happening, Happening::RequestEntered { extra: true, .. }))
        .map(|(at, _)| at.as_ns() / 1_000_000)
        .collect();
    // Three times 10/s for 200 ms from 1.1 s and from 1.6 s on.
    assert_eq!(extra, [1133, 1166, 1200, 1233, 1266, 1633, 1666, 1700, 1733, 1766]);
}

fn tell_until_the_end(text: &str) -> Vec<(Time, Happening)> {
    let plan = plan(text);
    let mut log = Log::default();
    Simulation::new(&plan, 1, Watched(&mut log)).run();
    log.0
}

/// Two threads instead of one from 150 ms to 350 ms; requests of 150 ms come every 100 ms.
#[test]
fn a_push_changes_threads_and_is_rolled_back() {
    let push = "[policies.user]\n[faults.push]\nat = \"150ms\"\nduration = \"200ms\"\nconfig_push = { set = { \"services.a.threads\" = 2, \"services.a.handler[0].work\" = \"50ms\" } }\n";
    let text = world("450ms", push).replace("20ms", "150ms");
    let story = tell(&text);
    // The first one finishes the handler that it started; at 400 ms everything is as before.
    assert_eq!(story.requests(), [(250, Class::Ok), (250, Class::Ok), (350, Class::Ok), (550, Class::Ok)]);
}

#[test]
fn a_push_of_a_policy_concerns_new_calls_of_those_who_are_selected() {
    let text = |select: &str| {
        let push = format!(
            "[policies.user]\ntimeout = \"100ms\"\n[faults.push]\nat = \"150ms\"\nduration = \"200ms\"\nconfig_push = {{ set = {{ \"policies.user.timeout\" = \"10ms\" }}, select = {select} }}\n"
        );
        world("450ms", &push)
    };
    let outcomes =
        |story: &Story| story.requests().into_iter().map(|(at, class)| (at % 100, class)).collect::<Vec<_>>();
    let pushed = (10, Class::DeadlineExceeded);
    let plain = (20, Class::Ok);
    assert_eq!(outcomes(&tell(&text("\"all\""))), [plain, pushed, pushed, plain]);
    // Of two clients each request draws one: with one of them selected some are hit, and with both all.
    let two = |select: &str| {
        text(select)
            .replace("clients = 1", "clients = 2")
            .replace("450ms", "2950ms")
            .replace("\"200ms\"\nconfig", "\"2700ms\"\nconfig")
    };
    let hit = |select: &str| outcomes(&tell(&two(select))).into_iter().filter(|&it| it == pushed).count();
    let of_one = hit("{ fixed = 1 }");
    assert_eq!(hit("\"all\""), 27);
    // Binomial(27, 1/2) has a standard deviation of 2.6; five of them.
    assert!((1..=26).contains(&of_one), "{of_one} of 27");
}
