use proptest::prelude::*;

use super::intervention::Operator;
use super::search;
use crate::experiment::simulate;
use crate::model::{Model, Overrides};
use crate::plan::Plan;
use crate::quantity::NoFiles;

proptest! {
    #[test]
    fn the_largest_that_is_enough_is_found(first in 0u64..100, count in 1u64..200, limit in 0u64..400) {
        let range = first..=first + count - 1;
        let naive = range.clone().rfind(|&number| number < limit);
        prop_assert_eq!(search::largest(range, |number| Ok(number < limit)), Ok(naive));
    }

    #[test]
    fn the_smallest_that_is_enough_is_found(first in 0u64..100, count in 1u64..200, limit in 0u64..400) {
        let range = first..=first + count - 1;
        let naive = range.clone().find(|&number| number >= limit);
        prop_assert_eq!(search::smallest(range, |number| Ok(number >= limit)), Ok(naive));
    }

    /// Enough is whatever holds all of some things, or all of some others.
    #[test]
    fn of_the_fewest_none_can_be_left_out(one in prop::collection::btree_set(0u8..12, 1..6), other in prop::collection::btree_set(0u8..12, 1..6)) {
        let is_enough = |kept: &[u8]| Ok(one.iter().all(|it| kept.contains(it)) || other.iter().all(|it| kept.contains(it)));
        let fewest = search::fewest((0..12).collect(), is_enough).expect("nobody stops it");
        prop_assert!(is_enough(&fewest) == Ok(true));
        for left_out in &fewest {
            let rest: Vec<u8> = fewest.iter().copied().filter(|it| it != left_out).collect();
            prop_assert!(is_enough(&rest) == Ok(false), "{:?} without {}", fewest, left_out);
        }
    }
}

/// What an operator may do and does not changes nothing.
#[test]
fn an_idle_operator_is_not_there() {
    for (name, duration) in
        [("retry-storm", "400s"), ("lookaside-spiral", "140s"), ("gc-death-spiral", "80s")]
    {
        let path = format!("{}/models/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).expect("the model is there");
        let mut overrides = Overrides::new();
        overrides.set(&format!("run.duration={duration}"));
        if name == "retry-storm" {
            // So that its trigger ends within the run.
            overrides.set("faults.rush.duration=60s");
        }
        let loaded = Model::parse(name, &text, &overrides).unwrap_or_else(|found| panic!("{found}"));
        let plan = Plan::compile(&loaded.model, &NoFiles).expect("a model without files");
        let operator = Operator::new(&loaded.model, &NoFiles).expect("an operator can do something");
        let (alone, watched) = (simulate(&plan, 1), simulate(&operator.idle, 1));
        assert_eq!(alone.digest, watched.digest, "{name}");
    }
}

/// However long the names of things are, an operator can do as much with them.
#[test]
fn names_may_be_long() {
    let model = |service: &str, policy: &str, workload: &str| {
        let text = format!(
            r#"
name = "shop"
run = {{ duration = "60s", warmup = "1s" }}
[workloads.{workload}]
arrivals = {{ open = {{ rate = "20/s" }} }}
to = "{service}"
policy = "{policy}"
[policies.{policy}]
timeout = "1s"
per_try_timeout = "300ms"
retry = {{ max_attempts = 3 }}
[services.{service}]
threads = 2
queue = {{ capacity = 20 }}
handler = [{{ work = "10ms" }}]
[faults.slow]
at = "10s"
duration = "5s"
degrade = {{ service = "{service}", factor = 3 }}
"#
        );
        Model::parse("shop", &text, &Overrides::new()).unwrap_or_else(|found| panic!("{found}")).model
    };
    let plain = Operator::new(&model("db", "query", "users"), &NoFiles).expect("it can be prepared");
    let [service, policy, workload] = ["d", "q", "u"].map(|letter| letter.repeat(100));
    let long = Operator::new(&model(&service, &policy, &workload), &NoFiles).expect("it can be prepared");
    assert!(plain.choices() > 8, "{}", plain.choices());
    assert_eq!(long.choices(), plain.choices());
}
