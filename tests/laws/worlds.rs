//! How the laws run models, and what they watch.

use std::collections::BTreeMap;
use std::io;

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed};

use metastable::kernel::{Duration, Time};
use metastable::model::Model;
use metastable::observe::{AttemptRef, Checker, Facts, Happening, Observer, Run, ServiceEnd};
use metastable::plan::{Caller, Plan};
use metastable::quantity::Files;
use metastable::sim::Simulation;

use crate::watch::{Also, Watch};

/// One size for the quick run and one for the deep run.
pub(crate) fn by_depth<T>(quick: T, deep: T) -> T {
    if std::env::var_os("METASTABLE_DEEP").is_some_and(|value| value == "1") { deep } else { quick }
}

/// The same models every time; more of them with `METASTABLE_DEEP=1`.
pub(crate) fn config(seed: u64) -> Config {
    Config {
        cases: by_depth(1000, 100_000),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}

/// The trace that generated workloads replay: bursts of four, for five seconds.
struct Recorded;

impl Files for Recorded {
    fn read(&self, _: &str) -> io::Result<String> {
        let lines =
            (0..400).map(|line| format!("{}.{:02},{}\n", line / 80, line % 80 / 4 * 5, line * line % 101));
        Ok(["time_s,key\n".to_owned()].into_iter().chain(lines).collect())
    }
}

pub(crate) fn compile(model: &Model) -> Plan {
    Plan::compile(model, &Recorded).expect("generated models compile")
}

/// A run that is watched by what a law needs.
pub(crate) type Watched<'p> = Simulation<'p, Watch>;

pub(crate) fn begin(plan: &Plan, seed: u64, observer: impl Also) -> Watched<'_> {
    Simulation::new(plan, seed, Watch::new(plan, observer))
}

/// The results of a run that has come to its end.
pub(crate) fn results<O: Also>(plan: &Plan, seed: u64, simulation: Watched<'_>) -> (Run, Checker, O) {
    let facts = Facts { seed, faults: simulation.faults(), events: simulation.events() };
    let (metrics, checker, also) = simulation.into_observer().into_parts();
    (metrics.into_run(plan, facts), checker, also)
}

/// Runs a plan from begin to end.
pub(crate) fn run<O: Also>(plan: &Plan, seed: u64, observer: O) -> (Run, Checker, O) {
    let mut simulation = begin(plan, seed, observer);
    simulation.run();
    results(plan, seed, simulation)
}

/// A model from begin to end, under its own seed.
pub(crate) fn run_model(model: &Model) -> Run {
    run(&compile(model), model.run.seed, ()).0
}

/// Everything that is told, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(pub(crate) Vec<(Time, Happening)>);

impl Observer for Log {
    fn happened(&mut self, now: Time, happening: Happening) {
        self.0.push((now, happening));
    }

    fn interval_ended(&mut self, _: Time) {}
}

/// Per service, sums of the time that attempts spent there, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct TimeSpent {
    pub(crate) inside: u128,
    pub(crate) queued: u128,
    pub(crate) thread: u128,
    pub(crate) work: u128,
}

/// Adds up, attempt by attempt, what the gauges integrate over time.
#[derive(Clone, Default)]
pub(crate) struct TimeKeeper {
    pub(crate) services: BTreeMap<u32, TimeSpent>,
    queued: BTreeMap<AttemptRef, Time>,
    thread: BTreeMap<AttemptRef, Time>,
}

impl Observer for TimeKeeper {
    fn happened(&mut self, now: Time, happening: Happening) {
        let elapsed = |since: Time| u128::from(now.since(since).as_ns());
        match happening {
            Happening::Queued { attempt, .. } => _ = self.queued.insert(attempt, now),
            Happening::ThreadTaken { attempt, .. } => _ = self.thread.insert(attempt, now),
            Happening::LeftQueue { attempt, place } => {
                let since = self.queued.remove(&attempt).expect("who leaves the queue was in it");
                self.services.entry(place.service).or_default().queued += elapsed(since);
            }
            Happening::ThreadReleased { attempt, place } => {
                let since = self.thread.remove(&attempt).expect("who gives a thread back had one");
                self.services.entry(place.service).or_default().thread += elapsed(since);
            }
            Happening::Finished { place, received, worked, .. } => {
                let spent = self.services.entry(place.service).or_default();
                spent.inside += elapsed(received);
                spent.work += u128::from(worked.as_ns());
            }
            Happening::BranchEnded { place, worked, .. } => {
                self.services.entry(place.service).or_default().work += u128::from(worked.as_ns());
            }
            _ => {}
        }
    }

    fn interval_ended(&mut self, _: Time) {}
}

/// Per service, what became of the attempts that were sent to it, at the end of each interval.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Arrived {
    pub(crate) received: u64,
    pub(crate) refused: u64,
    pub(crate) lost: u64,
    pub(crate) in_transit: u64,
}

/// Follows attempts over the network, by their names.
#[derive(Clone)]
pub(crate) struct Network {
    targets: Vec<u32>,
    underway: BTreeMap<AttemptRef, u32>,
    services: Vec<Arrived>,
    /// One per interval, by service.
    pub(crate) rows: Vec<Vec<Arrived>>,
}

impl Network {
    pub(crate) fn new(plan: &Plan) -> Self {
        let targets = plan.edges.iter().map(|edge| edge.target).collect();
        let services = vec![Arrived::default(); plan.services.len()];
        Self { targets, underway: BTreeMap::new(), services, rows: Vec::new() }
    }

    fn arrived(&mut self, attempt: AttemptRef) -> &mut Arrived {
        let target = self.underway.remove(&attempt).expect("what arrives was sent, and arrives once");
        let service = &mut self.services[target as usize];
        service.in_transit -= 1;
        service
    }
}

impl Observer for Network {
    fn happened(&mut self, _: Time, happening: Happening) {
        match happening {
            Happening::AttemptSent { edge, attempt, .. } => {
                let target = self.targets[edge as usize];
                self.underway.insert(attempt, target);
                self.services[target as usize].in_transit += 1;
            }
            Happening::Received { attempt, place } => {
                assert_eq!(
                    self.underway.get(&attempt),
                    Some(&place.service),
                    "attempts reach the service that they were sent to"
                );
                self.arrived(attempt).received += 1;
            }
            Happening::AttemptRefused { attempt } => self.arrived(attempt).refused += 1,
            Happening::AttemptLost { attempt, .. } => self.arrived(attempt).lost += 1,
            _ => {}
        }
    }

    fn interval_ended(&mut self, _: Time) {
        let next = self
            .services
            .iter()
            .map(|service| Arrived { in_transit: service.in_transit, ..Arrived::default() });
        let next = next.collect();
        self.rows.push(std::mem::replace(&mut self.services, next));
    }
}

/// A request as a law about randomness sees it: when it came, and what its first attempt drew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    pub(crate) at: Time,
    pub(crate) extra: bool,
    /// On the network, once it is there.
    pub(crate) latency: Option<Duration>,
    /// In `work`, if the handler came to its end.
    pub(crate) worked: Option<Duration>,
}

/// Requests in the order of their arrival, by workload.
#[derive(Clone, Debug)]
pub(crate) struct Requests {
    /// Whose the edge is, if a workload's.
    workload_of_edge: Vec<Option<u32>>,
    pub(crate) workloads: Vec<Vec<Request>>,
    first_attempts: BTreeMap<AttemptRef, (u32, usize)>,
}

impl Requests {
    pub(crate) fn new(plan: &Plan) -> Self {
        let workload_of_edge = plan.edges.iter().map(|edge| match edge.caller {
            Caller::Workload(workload) => Some(workload),
            Caller::Service(_) => None,
        });
        Self {
            workload_of_edge: workload_of_edge.collect(),
            workloads: vec![Vec::new(); plan.workloads.len()],
            first_attempts: BTreeMap::new(),
        }
    }

    /// The requests that no trigger added.
    pub(crate) fn own(&self, workload: usize) -> Vec<Request> {
        self.workloads[workload].iter().copied().filter(|request| !request.extra).collect()
    }

    fn of(&mut self, attempt: AttemptRef) -> Option<&mut Request> {
        let &(workload, index) = self.first_attempts.get(&attempt)?;
        self.workloads[workload as usize].get_mut(index)
    }
}

impl Observer for Requests {
    fn happened(&mut self, now: Time, happening: Happening) {
        match happening {
            Happening::RequestEntered { workload, extra, .. } => {
                self.workloads[workload as usize].push(Request {
                    at: now,
                    extra,
                    latency: None,
                    worked: None,
                });
            }
            Happening::AttemptSent { edge, attempt, ordinal, .. } => {
                self.first_attempts.remove(&attempt);
                if let (Some(workload), 1) = (self.workload_of_edge[edge as usize], ordinal) {
                    let index = self.workloads[workload as usize].len() - 1;
                    self.first_attempts.insert(attempt, (workload, index));
                }
            }
            Happening::Received { attempt, .. } => {
                if let Some(request) = self.of(attempt) {
                    request.latency = Some(now.since(request.at));
                }
            }
            Happening::Finished { attempt, end: ServiceEnd::Ok, worked, .. } => {
                if let Some(request) = self.of(attempt) {
                    request.worked = Some(worked);
                }
            }
            _ => {}
        }
    }

    fn interval_ended(&mut self, _: Time) {}
}

/// Whether two runs drew the same for one request, as far as both came to draw it.
pub(crate) fn drew_the_same(one: &Request, other: &Request) -> bool {
    let agree =
        |one: Option<Duration>, other: Option<Duration>| one.is_none() || other.is_none() || one == other;
    one.at == other.at && agree(one.latency, other.latency) && agree(one.worked, other.worked)
}
