//! Small worlds, and the story of what happened in them.

use crate::kernel::Time;
use crate::mechanism::Class;
use crate::model::Model;
use crate::observe::{Checker, GuardEvent, Happening, Observer, ServiceEnd};
use crate::plan::{Caller, Plan};
use crate::quantity::{Files, NoFiles};
use crate::sim::Simulation;

/// Users who come to service `a` at equal gaps until an instant, and call it under the policy `user`.
pub(super) fn users(rate: &str, until: &str) -> String {
    format!(
        r#"
name = "scene"
run = {{ duration = "3s" }}
[workloads.user]
arrivals = {{ open = {{ rate = "{rate}", process = "constant" }} }}
profile = [{{ at = "{until}", scale = 0 }}]
to = "a"
policy = "user"
clients = 1
"#
    )
}

pub(super) fn plan(text: &str) -> Plan {
    plan_with(text, &NoFiles)
}

pub(super) fn plan_with(text: &str, files: &dyn Files) -> Plan {
    let model: Model = Model::decode("test.toml", text)
        .unwrap_or_else(|error| panic!("the model of a test can be read: {error}"));
    Plan::compile(&model, files).expect("the model of a test compiles")
}

/// What happened, in order.
pub(super) struct Story {
    plan: Plan,
    pub(super) told: Vec<(Time, Happening)>,
}

/// Everything that is told.
#[derive(Clone, Default)]
pub(super) struct Log(pub(super) Vec<(Time, Happening)>);

impl Observer for Log {
    fn happened(&mut self, now: Time, happening: Happening) {
        self.0.push((now, happening));
    }

    fn interval_ended(&mut self, _: Time) {}
}

/// Whoever watches, of one kind: each kind of observer is another copy of the engine to compile.
pub(super) struct Watched<'a>(pub(super) &'a mut dyn Observer);

impl Observer for Watched<'_> {
    fn happened(&mut self, now: Time, happening: Happening) {
        self.0.happened(now, happening);
    }

    fn interval_ended(&mut self, end: Time) {
        self.0.interval_ended(end);
    }
}

/// The story of a world that comes to rest before its end.
pub(super) fn tell(text: &str) -> Story {
    tell_of(plan(text))
}

pub(super) fn tell_of(plan: Plan) -> Story {
    let mut both = (Log::default(), Checker::new(&plan));
    let mut simulation = Simulation::new(&plan, 1, Watched(&mut both));
    simulation.run();
    assert_eq!((simulation.in_flight(), simulation.threads_held()), ((0, 0), 0), "everything was given back");
    assert_eq!(simulation.ledgers.len(), 0, "nothing is left to be done twice");
    assert_eq!(simulation.locks_in_use(), 0, "nobody has a lock any more");
    assert_eq!(simulation.guards_held(), 0, "budgets count nothing that is over");
    assert_eq!(simulation.attempts_counted(), 0, "balancers saw the end of every attempt");
    let (log, mut checker) = both;
    checker.check_drained();
    assert_eq!(checker.violations(), []);
    Story { plan, told: log.0 }
}

impl Story {
    /// How requests ended, and when, in milliseconds.
    pub(super) fn requests(&self) -> Vec<(u64, Class)> {
        self.select(
            |happening| {
                if let Happening::RequestEnded { class, .. } = happening { Some(*class) } else { None }
            },
        )
    }

    /// How attempts ended for a service.
    pub(super) fn finished(&self, service: &str) -> Vec<(u64, ServiceEnd)> {
        self.select(|happening| match happening {
            Happening::Finished { place, end, .. } if self.service(place.service) == service => Some(*end),
            _ => None,
        })
    }

    /// When attempts got a thread of a service, and how long they had waited.
    pub(super) fn threads_taken(&self, service: &str) -> Vec<(u64, u64)> {
        self.select(|happening| match happening {
            Happening::ThreadTaken { place, waited, .. } if self.service(place.service) == service => {
                Some(milliseconds(waited.as_ns()))
            }
            _ => None,
        })
    }

    /// When attempts reached a service, and which of its instances.
    pub(super) fn received(&self, service: &str) -> Vec<(u64, u32)> {
        self.select(|happening| match happening {
            Happening::Received { place, .. } if self.service(place.service) == service => {
                Some(place.instance - self.plan.services[place.service as usize].first_instance)
            }
            _ => None,
        })
    }

    /// When attempts were sent to a service, and which of their call they were.
    pub(super) fn sent(&self, service: &str) -> Vec<(u64, u32)> {
        self.select(|happening| match happening {
            Happening::AttemptSent { edge, ordinal, .. } if self.target(*edge) == service => Some(*ordinal),
            _ => None,
        })
    }

    /// How attempts to a service ended for their callers.
    pub(super) fn answered(&self, service: &str) -> Vec<(u64, Class)> {
        self.select(|happening| match happening {
            Happening::AttemptEnded { edge, class, .. } if self.target(*edge) == service => Some(*class),
            _ => None,
        })
    }

    /// Who entered, who left and what changed at one instant, in order: `+user`, `-user ok`, `change`.
    pub(super) fn order_at(&self, at_ms: u64) -> Vec<String> {
        let name = |workload: u32| &self.plan.workloads[workload as usize].name;
        let told = self.select(|happening| match happening {
            Happening::RequestEntered { workload, .. } => Some(format!("+{}", name(*workload))),
            Happening::RequestEnded { workload, class, .. } => Some(format!("-{} {class}", name(*workload))),
            Happening::AttemptSent { edge, .. } => match self.plan.edges[*edge as usize].caller {
                Caller::Service(caller) => {
                    Some(format!("{} calls {}", self.service(caller), self.target(*edge)))
                }
                Caller::Workload(_) => None,
            },
            Happening::ChangeBegan { .. } => Some("change".to_owned()),
            _ => None,
        });
        told.into_iter().filter(|&(at, _)| at == at_ms).map(|(_, what)| what).collect()
    }

    /// When policies decided something of this kind, in milliseconds, rounded down.
    pub(super) fn guarded(&self, is_it: impl Fn(&GuardEvent) -> bool) -> Vec<u64> {
        let is_told =
            |happening: &Happening| matches!(happening, Happening::Guard { event, .. } if is_it(event));
        self.told.iter().filter(|(_, it)| is_told(it)).map(|(at, _)| at.as_ns() / 1_000_000).collect()
    }

    /// What `pick` takes from the story, with the instants in milliseconds.
    fn select<T>(&self, pick: impl Fn(&Happening) -> Option<T>) -> Vec<(u64, T)> {
        let picked = self.told.iter().filter_map(|(at, happening)| Some((at.as_ns(), pick(happening)?)));
        picked.map(|(at, picked)| (milliseconds(at), picked)).collect()
    }

    fn service(&self, index: u32) -> &str {
        &self.plan.services[index as usize].name
    }

    fn target(&self, edge: u32) -> &str {
        self.service(self.plan.edges[edge as usize].target)
    }
}

/// Exactly: a nanosecond more or less is a failure.
fn milliseconds(ns: u64) -> u64 {
    assert!(ns.is_multiple_of(1_000_000), "{ns} ns are not whole milliseconds");
    ns / 1_000_000
}
