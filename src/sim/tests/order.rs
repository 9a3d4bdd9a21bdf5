//! What comes first at one instant, and hops that take no time.

use super::scene::{Watched, plan, tell, users};
use crate::kernel::Time;
use crate::mechanism::Class;
use crate::observe::{Facts, Happening, Metrics, Observer, Run};
use crate::plan::Plan;
use crate::sim::Simulation;

#[test]
fn a_reply_at_the_instant_of_its_timeout_is_a_success() {
    let world = |network: &str, policy: &str| {
        let service =
            "[services.a]\nthreads = 1\nqueue = { capacity = 0 }\nhandler = [{ work = \"100ms\" }]\n";
        users("10/s", "150ms")
            + service
            + "[network]\ndefault = { latency = \""
            + network
            + "\" }\n[policies.user]\n"
            + policy
    };
    assert_eq!(tell(&world("0s", "timeout = \"100ms\"")).requests(), [(200, Class::Ok)]);
    assert_eq!(tell(&world("0s", "per_try_timeout = \"100ms\"")).requests(), [(200, Class::Ok)]);
    assert_eq!(tell(&world("10ms", "timeout = \"120ms\"")).requests(), [(220, Class::Ok)]);
    assert_eq!(tell(&world("10ms", "timeout = \"119ms\"")).requests(), [(219, Class::DeadlineExceeded)]);
    assert_eq!(
        tell(&world("10ms", "per_try_timeout = \"119ms\"")).requests(),
        [(219, Class::AttemptTimeout)]
    );
}

#[test]
fn completions_then_timers_then_arrivals_then_changes() {
    let world = users("10/s", "250ms")
        + r#"
[services.a]
threads = 1
queue = { capacity = 5 }
handler = [{ work = "100ms" }]
[workloads.hurried]
arrivals = { open = { rate = "10/s", process = "constant" } }
profile = [{ at = "250ms", scale = 0 }]
to = "b"
policy = "brief"
[services.b]
threads = "unlimited"
handler = [{ sleep = "1s" }]
[policies.brief]
timeout = "100ms"
[faults.brownout]
at = "200ms"
duration = "1s"
degrade = { service = "b", factor = 2 }
"#;
    let expected = ["-user ok", "-hurried deadline_exceeded", "+hurried", "+user", "change"];
    assert_eq!(tell(&world).order_at(200), expected);
}

#[test]
fn a_call_through_three_services_takes_no_time_if_nothing_in_it_does() {
    let world = users("10/s", "250ms")
        + r#"
[services.a]
threads = 1
queue = { capacity = 0 }
handler = [{ work = "0s" }, { call = { to = "b" } }, { call = { to = "c" } }]
[services.b]
threads = 1
queue = { capacity = 0 }
handler = [{ call = { to = "c" } }, { sleep = "0s" }]
[services.c]
threads = 1
queue = { capacity = 0 }
handler = []
"#;
    let story = tell(&world);
    assert_eq!(story.order_at(100), ["+user", "a calls b", "b calls c", "a calls c", "-user ok"]);
    assert_eq!(story.requests(), [(100, Class::Ok), (200, Class::Ok)]);
}

#[derive(Default)]
struct Successes(Vec<Time>);

impl Observer for Successes {
    fn happened(&mut self, now: Time, happening: Happening) {
        if matches!(happening, Happening::RequestEnded { class: Class::Ok, .. }) {
            self.0.push(now);
        }
    }

    fn interval_ended(&mut self, _: Time) {}
}

#[test]
fn a_million_attempts_that_take_no_time_end_at_one_instant_without_recursion() {
    let world = users("1000000/s", "1s")
        + r#"
[services.a]
threads = 1
queue = { capacity = "unlimited" }
handler = [{ work = "0s" }]
[faults.stall]
at = "0s"
duration = "1500ms"
pause = { service = "a" }
"#;
    let plan = plan(&world);
    let mut successes = Successes::default();
    let mut simulation = Simulation::new(&plan, 1, Watched(&mut successes));
    simulation.run();
    assert_eq!(simulation.in_flight(), (0, 0));
    let ended = successes.0;
    assert_eq!(ended.len(), 1_000_000);
    assert!(ended.iter().all(|&at| at == Time::from_ns(1_500_000_000)));
}

fn finish(plan: &Plan, simulation: Simulation<'_, Metrics>) -> Run {
    let facts = Facts { seed: 1, faults: simulation.faults(), events: simulation.events() };
    simulation.into_observer().into_run(plan, facts)
}

#[test]
fn the_last_step_closes_the_last_interval() {
    let plan = plan(
        &(users("10/s", "250ms")
            + "[services.a]\nthreads = \"unlimited\"\nhandler = [{ work = \"10ms\" }]\n"),
    );
    let mut stepped = Simulation::new(&plan, 1, Metrics::new(&plan));
    while stepped.step() {}
    assert!(!stepped.step(), "the end stays the end");
    assert_eq!(stepped.now(), Time::ZERO + plan.duration);
    let mut whole = Simulation::new(&plan, 1, Metrics::new(&plan));
    whole.run();
    let stepped = finish(&plan, stepped);
    assert_eq!(stepped.workloads[0].rows.len(), 3);
    assert_eq!(stepped, finish(&plan, whole));
}

#[test]
fn a_fault_at_the_end_of_the_run_does_not_happen() {
    let fault = |at: &str| format!("[faults.late]\nat = \"{at}\"\ncrash = {{ service = \"a\" }}\n");
    let service = "[services.a]\nthreads = \"unlimited\"\nhandler = []\n";
    let faults = |at: &str| {
        let plan = plan(&(users("10/s", "250ms") + service + &fault(at)));
        let mut nobody = ();
        let mut simulation = Simulation::new(&plan, 1, Watched(&mut nobody));
        simulation.run();
        simulation.faults().len()
    };
    assert_eq!((faults("2999ms"), faults("3s"), faults("4s")), (1, 0, 0));
}
