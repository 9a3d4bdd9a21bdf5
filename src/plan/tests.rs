//! Goal: what the engine runs on follows from the names in the model alone.

use super::*;
use crate::mechanism::{Problem, Problems};
use crate::model::Model;
use crate::quantity::NoFiles;

const SHOP: &str = r#"
name = "shop"
run = { duration = "10s" }
[workloads.users]
arrivals = { open = { rate = "10/s" } }
to = "front"
policy = "browser"
[services.front]
instances = 2
threads = 4
queue = { capacity = 1 }
handler = [
  { work = "1ms" },
  { call = { to = "store" } },
  { name = "render", work = "2ms" },
  { work = "exponential(3ms)" },
  { sleep = "1ms" },
  { fail = "1%" },
]
[services.store]
instances = 3
threads = "unlimited"
handler = [{ work = "0s" }]
[policies.browser]
timeout = "1s"
per_try_timeout = "1s"
retry = { max_attempts = 2, backoff = { fixed = { base = "1ms" } } }
[faults.brownout]
at = "1s"
degrade = { service = "store", factor = 2 }
[faults.crowd]
at = "2s"
load_spike = { workload = "users", factor = 2 }
"#;

fn compile(text: &str) -> Result<Plan, Vec<Problem>> {
    let model: Model = Model::decode("test.toml", text).expect("the model of a test can be read");
    Plan::compile(&model, &NoFiles)
}

fn plan(text: &str) -> Plan {
    compile(text).expect("the model of a test compiles")
}

#[test]
fn a_site_is_a_path_of_names() {
    let plan = plan(SHOP);
    let mut paths: Vec<&str> = plan.sites.iter().map(|site| site.path.as_str()).collect();
    paths.sort_unstable();
    let expected = [
        "edges.front.store.default.backoff",
        "edges.front.store.default.balancer",
        "edges.users.front.browser.backoff",
        "edges.users.front.browser.balancer",
        "faults.brownout",
        "faults.crowd",
        "faults.crowd.arrivals",
        "network.front.store.cancel",
        "network.front.store.reply",
        "network.front.store.request",
        "network.users.front.cancel",
        "network.users.front.reply",
        "network.users.front.request",
        "services.front.handler.fail.0",
        "services.front.handler.render",
        "services.front.handler.sleep.0",
        "services.front.handler.work.0",
        // The named step counts among those of its kind, so naming a step renames no other.
        "services.front.handler.work.2",
        "services.front.queue",
        "services.store.handler.work.0",
        "services.store.queue",
        "workloads.users.arrivals",
        "workloads.users.client",
        "workloads.users.mix",
        "workloads.users.tenants",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn a_lane_is_shared_by_what_waits_equally_long_for_the_same_kind_of_event() {
    let plan = plan(SHOP);
    let millisecond = Duration::from_ns(1_000_000);
    let mut lanes = plan.lanes.clone();
    lanes.sort_unstable();
    // Work and sleep of 1 ms share one, the backoff of 1 ms is a timer; both timers of 1 s share one; what is zero or drawn has none.
    let expected = [
        (millisecond, Rank::Completion),
        (millisecond, Rank::Timer),
        (millisecond + millisecond, Rank::Completion),
        (Duration::from_secs(1), Rank::Timer),
    ];
    assert_eq!(lanes, expected);
}

#[test]
fn instances_edges_and_client_states_lie_one_after_the_other_by_name() {
    let plan = plan(SHOP);
    let instances: Vec<(u32, u32)> =
        plan.instances.iter().map(|instance| (instance.service, instance.ordinal)).collect();
    assert_eq!(instances, [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]);
    let firsts: Vec<u32> = plan.services.iter().map(|service| service.first_instance).collect();
    assert_eq!(firsts, [0, 2]);
    let edges: Vec<(Caller, u32, u32, u32)> =
        plan.edges.iter().map(|edge| (edge.caller, edge.target, edge.first_state, edge.states)).collect();
    assert_eq!(edges, [(Caller::Service(0), 1, 0, 2), (Caller::Workload(0), 0, 2, 100)]);
}

#[test]
fn calls_to_one_service_under_one_policy_are_one_edge() {
    let text = r#"
name = "edges"
run = { duration = "1s" }
[workloads.w]
arrivals = { open = { rate = "1/s" } }
to = "b"
policy = "z"
[services.b]
threads = "unlimited"
handler = [
  { call = { to = "c", policy = "z" } },
  { call = { to = "a", policy = "z" } },
  { call = { to = "c", policy = "y" } },
  { call = { to = "c", policy = "z" } },
]
[services.a]
threads = "unlimited"
handler = []
[services.c]
threads = "unlimited"
handler = []
"#;
    let plan = plan(text);
    let name = |edge: &Edge| {
        (plan.services[edge.target as usize].name.as_str(), plan.policies[edge.policy as usize].name.as_str())
    };
    let edges: Vec<(&str, &str)> = plan.edges.iter().map(name).collect();
    assert_eq!(edges, [("a", "z"), ("c", "y"), ("c", "z"), ("b", "z")]);
    let calls: Vec<u32> = plan
        .instructions
        .iter()
        .filter_map(
            |instruction| if let Instruction::Call { edge, .. } = instruction { Some(*edge) } else { None },
        )
        .collect();
    assert_eq!(calls, [2, 0, 1, 2]);
}

#[test]
fn the_twin_keeps_the_background_and_points_to_it() {
    let text = SHOP.to_owned()
        + r#"
[faults.always]
at = "1s"
role = "background"
load_spike = { workload = "users", factor = 3 }
[faults.zap]
at = "1s"
role = "background"
crash = { service = "store" }
"#;
    let plan = plan(&text);
    let names = |plan: &Plan| {
        let begin = plan.changes.iter().filter(|change| change.may_begin());
        begin.map(|change| change.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&plan), ["always", "brownout", "crowd", "zap"]);
    let added_by = |plan: &Plan| {
        let come = plan.sources.iter().filter(|source| source.from < Time::MAX);
        come.map(|source| source.change).collect::<Vec<_>>()
    };
    assert_eq!(added_by(&plan), [None, Some(0), Some(2)]);

    let twin = plan.without_triggers();
    assert_eq!(names(&twin), ["always", "zap"]);
    assert_eq!(added_by(&twin), [None, Some(0)]);
    assert!(plan.has_triggers() && !twin.has_triggers());
}

#[test]
fn calls_in_a_circle_are_an_error_at_the_step_that_closes_it() {
    let text = SHOP.replace(
        "handler = [{ work = \"0s\" }]",
        "handler = [{ work = \"0s\" }, { call = { to = \"front\" } }]",
    );
    let model: Model = Model::decode("test.toml", &text).expect("the types are right");
    let mut problems = Problems::new();
    model.check(&mut problems);
    let found = problems.into_found();
    let circle = found.iter().find(|problem| problem.code == Some("M028")).expect("the calls go in a circle");
    assert!(circle.is_error);
    assert_eq!(circle.path, "services.front.handler[1].call.to");
    assert_eq!(circle.message, "these calls never end: front -> store -> front");
}

#[test]
fn how_long_a_cache_takes_and_how_long_an_entry_lives_are_drawn_apart() {
    let caches = "cache = { get = \"shelf\", load = [{ sleep = \"1ms\" }] } }, { put = \"shelf\"";
    let text = SHOP.replace("handler = [{ work = \"0s\" }]", &format!("handler = [{{ {caches} }}]"))
        + "\n[caches.shelf]\ncapacity = 10\nlatency = \"exponential(1ms)\"\nttl = { max = \"1s\", jitter = \"50%\", early_expiration = {} }\n";
    let plan = plan(&text);
    let sites = plan.instructions.iter().flat_map(|instruction| match *instruction {
        Instruction::Get { site, early, .. } => vec![site, early],
        Instruction::Put { site, entry, .. } => vec![site, entry],
        Instruction::Loaded { entry, .. } => vec![entry],
        _ => Vec::new(),
    });
    let mut hashes: Vec<u64> = sites.map(|site| plan.sites[site.index()].hash).collect();
    assert_eq!(hashes.len(), 5);
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 5, "two of them are the same");
}
