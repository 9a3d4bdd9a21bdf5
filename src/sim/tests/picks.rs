//! Which instance an attempt goes to, where that depends on what the client has seen.

use std::collections::BTreeSet;

use super::scene::{Watched, plan, tell, users};
use crate::kernel::random::{SiteKey, Word, hash64};
use crate::sim::Simulation;

/// One user process that sends an attempt every 20 ms to one of so many instances of `a`, each of which takes on everything.
fn instances(until: &str, balancer: &str, policy: &str, service: &str) -> Vec<u32> {
    let rest = format!(
        r#"
[policies.user]
balancer = "{balancer}"
{policy}
[services.a]
threads = "unlimited"
{service}
"#
    );
    let story = tell(&(users("50/s", until) + &rest));
    story.received("a").into_iter().map(|(_, instance)| instance).collect()
}

#[test]
fn who_has_the_fewest_attempts_in_flight_gets_the_next() {
    for balancer in ["least_request", "power_of_two"] {
        let service = "instances = 2\nhandler = [{ work = \"75ms\" }]";
        // At 20, 40, … ms; each takes 75 ms, so three are in flight before each pick from 80 ms on: it is always clear who has fewer.
        let picked = instances("170ms", balancer, "", service);
        assert_eq!(picked.len(), 8, "{balancer}");
        for pair in picked.windows(2).step_by(2) {
            assert_ne!(pair[0], pair[1], "{balancer}: {picked:?}");
        }
    }
}

#[test]
fn an_attempt_counts_until_its_client_gives_up() {
    for balancer in ["least_request", "power_of_two"] {
        // The first is given up at 50 ms, so at 60 ms only the second counts, and so on, though the instances work on all of them.
        let service = "instances = 2\nhandler = [{ work = \"1s\" }]";
        let picked = instances("170ms", balancer, "timeout = \"30ms\"", service);
        assert_eq!(picked.len(), 8, "{balancer}");
        assert!(picked.windows(2).all(|pair| pair[0] != pair[1]), "{balancer}: {picked:?}");
    }
}

#[test]
fn a_slow_instance_is_spared_by_those_who_count() {
    let slow = r#"
[faults.slow]
at = "10ms"
degrade = { service = "a", factor = 100, select = { fixed = 1 } }
"#;
    let shares = |balancer: &str| {
        let service = format!("instances = 2\nhandler = [{{ work = \"10ms\" }}]\n{slow}");
        let picked = instances("1010ms", balancer, "", &service);
        let first = picked.iter().filter(|&&instance| instance == 0).count();
        (picked.len(), first.min(picked.len() - first))
    };
    assert_eq!(shares("round_robin"), (50, 25));
    // It gets one attempt, which stays for a second; from then on it has more than the other one.
    assert_eq!(shares("least_request"), (50, 1));
    assert_eq!(shares("power_of_two"), (50, 1));
}

#[test]
fn weights_are_kept_and_spread_evenly() {
    let service = "instances = 3\nweights = [5, 1, 1]\nhandler = [{ work = \"1ms\" }]";
    let picked = instances("430ms", "weighted_round_robin", "", service);
    assert_eq!(picked.len(), 21);
    // nginx's example: a, a, b, a, c, a, a. From whichever start, any seven in a row hold each as often as it weighs.
    for turn in picked.windows(7) {
        let count = |instance| turn.iter().filter(|&&picked| picked == instance).count();
        assert_eq!((count(0), count(1), count(2)), (5, 1, 1), "{picked:?}");
    }
}

/// The clients of a service are its instances; what they had in flight is gone with them.
#[test]
fn a_client_that_comes_back_from_a_crash_has_nothing_in_flight() {
    let rest = r#"
[policies.user]
timeout = "2500ms"
[policies.inner]
balancer = "least_request"
[services.a]
threads = "unlimited"
handler = [{ call = { to = "b", policy = "inner" } }]
[services.b]
instances = 2
threads = "unlimited"
handler = [{ work = "500ms" }]
[faults.crash]
at = "90ms"
duration = "20ms"
crash = { service = "a" }
"#;
    // Four before the crash, the fifth is refused, and from 120 ms on two go to one and the other.
    let story = tell(&(users("50/s", "150ms") + rest));
    let received = story.received("b");
    let at: Vec<u64> = received.iter().map(|&(at, _)| at).collect();
    assert_eq!(at, [20, 40, 60, 80, 120, 140]);
    assert_ne!(received[4].1, received[5].1);
}

#[test]
fn a_key_goes_to_its_instance_whoever_sends_it() {
    let rest = r#"
[policies.user]
balancer = "ring_hash"
[services.a]
instances = 4
threads = "unlimited"
handler = [{ work = "1ms" }]
"#;
    let plan = plan(&(users("50/s", "100ms").replace("clients = 1", "clients = 5") + rest));
    let mut nobody = ();
    let mut simulation = Simulation::new(&plan, 1, Watched(&mut nobody));
    let word = Word::root(SiteKey::new(1, hash64("test")), 0);
    let mut owners = BTreeSet::new();
    for key in 0..100 {
        let picks: BTreeSet<u32> = (0..5)
            .filter_map(|client| {
                simulation.pick_instance(&plan.edges[0], client, (word.child(client as u64), key), None)
            })
            .collect();
        assert_eq!(picks.len(), 1, "key {key}");
        owners.extend(picks);
    }
    assert_eq!(owners.len(), 4, "keys of every instance are among a hundred");
}

#[test]
fn requests_without_a_key_have_the_same() {
    let picked = instances("170ms", "ring_hash", "", "instances = 4\nhandler = [{ work = \"1ms\" }]");
    assert_eq!(picked, [picked[0]; 8]);
}
