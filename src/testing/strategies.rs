//! Strategies for proptest: what may happen to a world, and what may be different in it.
//!
//! ```
//! use metastable::analysis::Property;
//! use metastable::model::schedule::{Limits, Style};
//! use metastable::testing::{World, strategies};
//! use proptest::prelude::*;
//! use proptest::test_runner::{Config, TestRunner};
//!
//! let world = World::load("models/queue-bound.toml")?.with(["services.server.queue.capacity=10"])?;
//! let space = world.faults(&Limits::default())?;
//! // In a test of one's own: `proptest! { #[test] fn it_comes_back(schedule in …) { … } }`.
//! let mut runner = TestRunner::new(Config { cases: 2, failure_persistence: None, ..Config::default() });
//! runner.run(&strategies::schedules(&space, Style::Swarm), |schedule| {
//!     world.check(&schedule, &Property::Recovers)?;
//!     Ok(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use proptest::prelude::*;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;

use super::descent::Descent;
use crate::mechanism::arrivals::ArrivalSettings;
use crate::model::Model;
use crate::model::schedule::{FaultSpace, Schedule, Style};
use crate::quantity::{Duration, Limit};

/// Schedules of faults from a space. They shrink to fewer faults, and then to plainer, shorter and weaker ones, while the seed of the world stays what it is.
pub fn schedules(space: &FaultSpace, style: Style) -> Schedules {
    Schedules { space: space.clone(), style }
}

/// See [`schedules`].
#[derive(Clone, Debug)]
pub struct Schedules {
    space: FaultSpace,
    style: Style,
}

impl Strategy for Schedules {
    type Tree = ScheduleTree;
    type Value = Schedule;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let seed = any::<u64>().new_tree(runner)?.current();
        let drawn = self.space.draw(seed, 0, self.style);
        Ok(ScheduleTree { descent: Descent::new(self.space.model(), drawn), tried: None })
    }
}

/// A schedule, and what it may shrink to.
#[derive(Clone, Debug)]
pub struct ScheduleTree {
    descent: Descent,
    /// The smaller one that is being tried.
    tried: Option<Schedule>,
}

impl ValueTree for ScheduleTree {
    type Value = Schedule;

    fn current(&self) -> Schedule {
        self.tried.as_ref().unwrap_or_else(|| self.descent.best()).clone()
    }

    fn simplify(&mut self) -> bool {
        if self.tried.is_some() {
            self.descent.accept();
        }
        self.tried = self.descent.next();
        self.tried.is_some()
    }

    fn complicate(&mut self) -> bool {
        if self.tried.is_none() {
            return false;
        }
        self.tried = self.descent.next();
        self.tried.is_some()
    }
}

/// Settings of the policies that are used in a model, as assignments for [`World::with`](super::World::with): timeouts from a fifth to five times what they are, up to ten attempts,
/// retry budgets. They shrink to fewer and smaller changes, and in the end to none.
pub fn policies(model: &Model) -> BoxedStrategy<Vec<String>> {
    let mut knobs: Vec<BoxedStrategy<Option<String>>> = Vec::new();
    for (name, policy) in &model.policies {
        for (field, timer) in [("timeout", policy.timeout), ("per_try_timeout", policy.per_try_timeout)] {
            let Limit::At(now) = timer else { continue };
            let path = format!("policies.{name}.{field}");
            knobs.push(sometimes(tenths().prop_map(move |tenths| {
                let changed = Duration::from_ns((now.as_ns() / 10).saturating_mul(tenths).max(1));
                format!("{path}={changed}")
            })));
        }
        let Some(retry) = &policy.retry else { continue };
        if let Limit::At(_) = retry.max_attempts {
            let path = format!("policies.{name}.retry.max_attempts");
            knobs.push(sometimes((1_u32..=10).prop_map(move |attempts| format!("{path}={attempts}"))));
        }
        let path = format!("policies.{name}.retry.budget");
        let budget = prop_oneof![
            Just("\"unlimited\"".to_owned()),
            (1_u32..=100).prop_map(|percent| format!("{{ ratio = {{ percent = \"{percent}%\" }} }}")),
        ];
        knobs.push(sometimes(budget.prop_map(move |budget| format!("{path}={budget}"))));
    }
    assignments(knobs)
}

/// The load of a model, as assignments for [`World::with`](super::World::with): open loops at a fifth to five times their rate, closed ones with as many times their users. It shrinks towards what
/// it is.
pub fn loads(model: &Model) -> BoxedStrategy<Vec<String>> {
    let mut knobs: Vec<BoxedStrategy<Option<String>>> = Vec::new();
    for (name, workload) in &model.workloads {
        let path = format!("workloads.{name}.arrivals");
        match &workload.arrivals {
            ArrivalSettings::Open(open) => {
                let now = open.rate.as_per_s_f64();
                knobs.push(sometimes(
                    tenths().prop_map(move |tenths| rate(&format!("{path}.open"), now, tenths)),
                ));
            }
            ArrivalSettings::PartlyOpen(partly) => {
                let now = partly.rate.as_per_s_f64();
                knobs.push(sometimes(
                    tenths().prop_map(move |tenths| rate(&format!("{path}.partly_open"), now, tenths)),
                ));
            }
            ArrivalSettings::Closed(closed) => {
                let now = u64::from(closed.users);
                knobs.push(sometimes(
                    tenths().prop_map(move |tenths| {
                        format!("{path}.closed.users={}", (now * tenths / 10).max(1))
                    }),
                ));
            }
            ArrivalSettings::Batch(_) | ArrivalSettings::Trace(_) => {}
        }
    }
    assignments(knobs)
}

/// Requests per hour, so that the rates of slow models keep their digits.
fn rate(path: &str, now: f64, tenths: u64) -> String {
    format!("{path}.rate={}/h", ((now * 3600.0 * tenths as f64 / 10.0).round() as u64).max(1))
}

/// A fifth to five times, in tenths; 10 is what there is now, and what it shrinks to.
fn tenths() -> impl Strategy<Value = u64> {
    (-8_i64..=40).prop_map(|more| (10 + more) as u64)
}

fn sometimes(value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Option<String>> {
    prop_oneof![2 => Just(None), 1 => value.prop_map(Some)].boxed()
}

fn assignments(knobs: Vec<BoxedStrategy<Option<String>>>) -> BoxedStrategy<Vec<String>> {
    knobs.prop_map(|chosen| chosen.into_iter().flatten().collect()).boxed()
}
