//! What a request is about, whose it is, and traces that say so.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::scene::{Log, Story, Watched, plan_with, tell, tell_of, users};
use crate::observe::Happening;
use crate::quantity::Files;
use crate::sim::Simulation;

/// One file for every path.
struct File(&'static str);

impl Files for File {
    fn read(&self, _: &str) -> io::Result<String> {
        Ok(self.0.to_owned())
    }
}

/// A workload with these lines, and four instances with a thread for everybody that take 10 ms.
fn scene(workload: &str, rest: &str, trace: &'static str) -> Story {
    let text = format!(
        r#"
name = "scene"
run = {{ duration = "3s" }}
[workloads.user]
{workload}
to = "a"
policy = "user"
[services.a]
instances = 4
threads = "unlimited"
handler = [{{ work = "10ms" }}]
[services.a.handlers]
slow = [{{ work = "50ms" }}]
[policies.user]
{rest}
"#
    );
    tell_of(plan_with(&text, &File(trace)))
}

const TRACE: &str = "arrivals = { trace = { file = \"trace.csv\" } }";
const MIX: &str =
    r#"mix = [{ name = "browse", share = "50%" }, { name = "buy", share = "50%", handler = "slow" }]"#;

#[test]
fn a_trace_says_when_and_what() {
    let tenants = r#"tenants = [{ name = "free", share = "100%" }, { name = "paid", share = "0%" }]"#;
    let trace = "time_s,operation,tenant\n0.1,buy,paid\n0.1,browse,free\n1.25,buy,free\n2.9,buy,free\n3,buy,free\n7,buy,free\n";
    let story = scene(&format!("{TRACE}\n{MIX}\n{tenants}"), "timeout = \"1ms\"", trace);
    let entered: Vec<(u64, u8, u16)> = story
        .told
        .iter()
        .filter_map(|(at, happening)| match happening {
            Happening::RequestEntered { operation, tenant, .. } => {
                Some((at.as_ns() / 1_000_000, *operation, *tenant))
            }
            _ => None,
        })
        .collect();
    assert_eq!(entered[..3], [(100, 1, 1), (100, 0, 0), (1250, 1, 0)]);
    // What comes at the end of the run or later does not come.
    assert_eq!(entered[3..], [(2900, 1, 0)]);
}

/// Which instance was asked how often.
fn receivers(story: &Story) -> BTreeMap<u32, u32> {
    let mut receivers = BTreeMap::new();
    for (_, happening) in &story.told {
        if let Happening::Received { place, .. } = happening {
            *receivers.entry(place.instance).or_default() += 1;
        }
    }
    receivers
}

#[test]
fn keys_of_a_trace_find_their_instance() {
    let same = "time_s,key\n0.1,alice\n0.2,alice\n0.3,alice\n0.4,alice\n";
    assert_eq!(receivers(&scene(TRACE, "balancer = \"ring_hash\"", same)).len(), 1);
    let others = "time_s,key\n0.1,alice\n0.2,bob\n0.3,carol\n0.4,dave\n0.5,erin\n0.6,frank\n";
    assert!(receivers(&scene(TRACE, "balancer = \"ring_hash\"", others)).len() > 1);
}

#[test]
fn drawn_keys_find_their_instances_and_a_hot_one_gets_its_share() {
    let open = "arrivals = { open = { rate = \"1000/s\" } }\nprofile = [{ at = \"2s\", scale = 0 }]";
    let ring = "balancer = \"ring_hash\"";
    let story = scene(&format!("{open}\nkeys = {{ uniform = {{ count = 10_000 }} }}"), ring, "");
    assert_eq!(receivers(&story).len(), 4);
    let hot = "keys = { hot_spot = { count = 10_000, hot = 1, share = \"90%\" } }";
    let receivers = receivers(&scene(&format!("{open}\n{hot}"), ring, ""));
    let (most, all) = (receivers.values().max().unwrap(), receivers.values().sum::<u32>());
    assert!(f64::from(*most) > 0.88 * f64::from(all), "{receivers:?}");
}

/// The user clicks again: the same thing, by the same user, from the same client.
#[test]
fn a_user_who_asks_again_asks_the_same() {
    let workload = format!(
        "arrivals = {{ open = {{ rate = \"20/s\" }} }}\nprofile = [{{ at = \"1s\", scale = 0 }}]\n{MIX}\n\
         tenants = [{{ name = \"free\", share = \"50%\" }}, {{ name = \"paid\", share = \"50%\" }}]\n\
         keys = {{ uniform = {{ count = 1000 }} }}\n\
         user_retry = {{ probability = \"100%\", delay = \"1ms\", max_retries = 2 }}"
    );
    // Nobody has an answer within 1 ms; the retries come right after.
    let story = scene(&workload, "timeout = \"1ms\"\nbalancer = \"ring_hash\"", "");
    let mut clicks: BTreeMap<u64, Vec<(u8, u16)>> = BTreeMap::new();
    let mut intended = Vec::new();
    for (_, happening) in &story.told {
        if let Happening::RequestEnded { operation, tenant, intended: since, .. } = happening {
            clicks.entry(since.as_ns()).or_default().push((*operation, *tenant));
            intended.push(*since);
        }
    }
    assert!(clicks.len() > 10);
    for (since, asked) in &clicks {
        assert_eq!(asked.len(), 3, "{since}");
        assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), 1, "{since}: {asked:?}");
    }
    assert!(clicks.values().collect::<BTreeSet<_>>().len() > 2, "not all are alike");
}

/// Those who think are always the same; those who come once are drawn anew.
#[test]
fn a_user_has_one_tenant() {
    let workload = "arrivals = { closed = { users = 1, think = \"10ms\" } }\n\
         tenants = [{ name = \"free\", share = \"50%\" }, { name = \"paid\", share = \"50%\" }]";
    let text = format!(
        "name = \"scene\"\nrun = {{ duration = \"3s\" }}\n[workloads.user]\n{workload}\nto = \"a\"\n\
         [services.a]\nthreads = \"unlimited\"\nhandler = [{{ work = \"10ms\" }}]\n"
    );
    let plan = plan_with(&text, &File(""));
    let mut log = Log::default();
    Simulation::new(&plan, 1, Watched(&mut log)).run();
    let told = log.0;
    let tenants: BTreeSet<u16> = told
        .iter()
        .filter_map(|(_, happening)| match happening {
            Happening::RequestEntered { tenant, .. } => Some(*tenant),
            _ => None,
        })
        .collect();
    assert!(told.len() > 100 && tenants.len() == 1);
}

/// One request that must not be done twice, to a shop that asks the bank; how often each did something again.
fn duplicates(workload: &str, policies: &str, bank: &str) -> (usize, usize) {
    let text = format!(
        r#"
name = "scene"
run = {{ duration = "3s" }}
[workloads.user]
arrivals = {{ batch = {{ every = "10s", first = "100ms", size = 1 }} }}
mix = [{{ name = "buy", share = "100%", idempotent = false }}]
to = "shop"
policy = "user"
{workload}
[services.shop]
threads = "unlimited"
handler = [{{ call = {{ to = "bank", policy = "inner" }} }}, {{ sleep = "10ms" }}]
[services.bank]
threads = "unlimited"
handler = [{bank}]
[policies]
{policies}
"#
    );
    let story = tell_of(plan_with(&text, &File("")));
    let at = |service: u32| {
        let again = |happening: &Happening| matches!(happening, Happening::DuplicateExecution { place } if place.service == service);
        story.told.iter().filter(|(_, happening)| again(happening)).count()
    };
    // By name: the bank is the first service.
    (at(1), at(0))
}

#[test]
fn what_is_done_again_is_counted() {
    let slow = "{ sleep = \"50ms\" }";
    let once = "user = {}\ninner = {}";
    assert_eq!(duplicates("", once, slow), (0, 0));
    // The shop gives up on the bank twice and asks three times; the bank does all three, the last for somebody.
    let impatient = "user = {}\ninner = { per_try_timeout = \"20ms\", late_replies = \"accept\", retry = { max_attempts = 3, backoff = \"none\" } }";
    assert_eq!(duplicates("", impatient, slow), (0, 2));
    // The user's retry makes the shop do the same call once more.
    let outside =
        "inner = {}\nuser = { per_try_timeout = \"30ms\", retry = { max_attempts = 2, backoff = \"none\" } }";
    assert_eq!(duplicates("", outside, slow), (1, 1));
    // So does the user's finger.
    let finger =
        "patience = \"30ms\"\nuser_retry = { probability = \"100%\", delay = \"0s\", max_retries = 2 }";
    assert_eq!(duplicates(finger, once, slow), (2, 2));
    // What fails was not done, and two different steps are two different things.
    let retried = "user = {}\ninner = { retry = { max_attempts = 3, backoff = \"none\" } }";
    assert_eq!(duplicates("", retried, "{ fail = \"100%\" }"), (0, 0));
}

#[test]
fn two_calls_of_one_request_are_not_the_same_call() {
    let text = r#"
name = "scene"
run = { duration = "3s" }
[workloads.user]
arrivals = { batch = { every = "10s", first = "100ms", size = 1 } }
mix = [{ name = "buy", share = "100%", idempotent = false }]
to = "shop"
[services.shop]
threads = "unlimited"
handler = [
  { call = { to = "bank" } },
  { call = { to = "bank" } },
  { repeat = { times = 2, steps = [{ call = { to = "bank" } }] } },
  { parallel = { copies = 3, steps = [{ call = { to = "bank" } }] } },
]
[services.bank]
threads = "unlimited"
handler = [{ work = "1ms" }]
"#;
    let story = tell_of(plan_with(text, &File("")));
    let again = |happening: &Happening| matches!(happening, Happening::DuplicateExecution { .. });
    assert!(!story.told.iter().any(|(_, happening)| again(happening)));
}

/// Users at 20 ms, 40 ms, …, all about the most popular of three keys, which is another one every 50 ms.
#[test]
fn what_is_popular_moves_on_and_who_asks_again_asks_for_the_same() {
    let text = |rest: &str, until: &str, step: &str| {
        users("50/s", until)
            + &format!(
                r#"
keys = {{ hot_spot = {{ count = 3, hot = 1, share = "100%" }} }}
key_drift = {{ every = "50ms", by = 1 }}
{rest}
[services.a]
instances = 16
threads = "unlimited"
handler = [{step}]
[policies.user]
balancer = "ring_hash"
"#
            )
    };
    let story = tell(&text("", "190ms", "{ sleep = \"1ms\" }"));
    let instances: Vec<u32> = story.received("a").into_iter().map(|(_, instance)| instance).collect();
    let [first, second, third] = [0, 2, 4].map(|index| instances[index]);
    assert!(first != second && second != third && third != first, "{instances:?}");
    assert_eq!(instances, [first, first, second, second, third, third, third, first, first]);

    let retry = "user_retry = { probability = \"100%\", delay = \"50ms\", max_retries = 2 }";
    let story = tell(&text(retry, "30ms", "{ fail = \"100%\" }"));
    assert_eq!(story.received("a"), [(20, first), (70, first), (120, first)]);
}
