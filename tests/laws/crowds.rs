//! Many requests through random combinations of all policies, three callers deep, while instances crash, fail and limp.
//!
//! Generated models are small, so that thousands of them can be run. What needs many calls to go wrong is looked for here: a window that wraps, a slot that is used again, a place that is
//! given back twice. 20 seeds, with a million requests each with `METASTABLE_DEEP=1`.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use metastable::kernel::Duration;
use metastable::model::{Model, PolicySettings};
use metastable::observe::Run;
use metastable::quantity::Limit;

use crate::models::policy;
use crate::worlds::{begin, by_depth, compile, results};

/// Users call the front, that calls the middle, and that the back, under a policy each.
const SCENE: &str = r#"
name = "crowd"
run = { duration = "100000000s", interval = "1000000s" }
[workloads.users]
arrivals = { open = { rate = "1000/s", process = "poisson" } }
to = "front"
policy = "outer"
clients = 3
keys = { zipf = { count = 1000 } }

[services.front]
instances = 2
threads = 200
queue = { capacity = 100 }
abandoned_work = "abort"
handler = [{ work = "exponential(1ms)" }, { call = { to = "middle", policy = "inner" } }]

[services.middle]
instances = 3
threads = 40
queue = { capacity = 50, retry_after = "100ms" }
handler = [{ work = "exponential(2ms)" }, { call = { to = "back", policy = "innermost" } }]

[services.back]
instances = 4
threads = 8
queue = { capacity = 30 }
abandoned_work = "remove_from_queue"
handler = [{ work = "exponential(8ms)" }, { fail = "0.5%" }]

[faults.crash]
every = "exponential(5s)"
duration = "exponential(500ms)"
crash = { service = "middle", select = { fixed = 1 } }

[faults.limp]
every = "exponential(7s)"
duration = "exponential(2s)"
degrade = { service = "back", factor = 5, select = { fixed = 1 } }

[faults.pause]
every = "exponential(11s)"
duration = "exponential(300ms)"
pause = { service = "front", select = { fixed = 1 } }

[faults.errors]
every = "exponential(13s)"
duration = "exponential(1s)"
error_injection = { service = "back", share = "50%" }
"#;

fn crowd(seed: u8, requests: u64) -> Model {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let seconds = requests / 1000;
    let arrivals = format!("profile = [{{ at = \"{seconds}s\", scale = 0 }}]\nto = \"front\"");
    let until = format!("until = \"{seconds}s\"\nevery");
    let text = SCENE.replace("to = \"front\"", &arrivals).replace("every", &until);
    let mut model: Model = Model::decode("scene.toml", &text).expect("the scene is a model");
    for name in ["outer", "inner", "innermost"] {
        let mut policy: PolicySettings = policy().new_tree(&mut runner).expect("there is a policy").current();
        if let Some(pool) = &mut policy.pool {
            // Every few milliseconds for three years.
            pool.keepalive_time = Limit::Unlimited;
        }
        if policy.timeout == Limit::Unlimited {
            policy.timeout = Limit::At(Duration::from_secs(2));
        }
        model.policies.insert(name.to_owned(), policy);
    }
    model
}

fn drain(model: &Model, seed: u64) -> Run {
    let plan = compile(model);
    let mut simulation = begin(&plan, seed, ());
    simulation.run();
    let policies = || toml::to_string(&model.policies).expect("policies can be written");
    assert_eq!(simulation.in_flight(), (0, 0), "{}", policies());
    assert_eq!(simulation.threads_held(), 0, "{}", policies());
    assert_eq!(simulation.guards_held(), 0, "{}", policies());
    assert_eq!(simulation.attempts_counted(), 0, "{}", policies());
    let (run, mut checker, ()) = results(&plan, seed, simulation);
    checker.check_drained();
    assert_eq!(checker.violations(), [], "{}", policies());
    run
}

#[test]
fn nothing_is_left_of_many_requests_and_every_byte_is_the_same_again() {
    for seed in 0..20 {
        let model = crowd(seed, by_depth(20_000, 1_000_000));
        let run = drain(&model, u64::from(seed));
        assert_eq!(run, drain(&model, u64::from(seed)), "seed {seed}");
    }
}
