//! Whether a model gives the same again: two runs of one seed, compared event by event.

use std::cell::RefCell;

use super::Stopped;
use crate::kernel::Time;
use crate::observe::{Entry, EventLog};
use crate::plan::Plan;
use crate::sim::Simulation;

/// What two runs of one plan and seed have in common.
#[derive(Clone, PartialEq, Debug)]
pub enum Comparison {
    /// Everything.
    Same {
        /// How many entries both logs have.
        entries: u64,
        /// The hash over them.
        hash: u64,
    },
    /// They part somewhere.
    Differs(Difference),
}

/// Where two logs part.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// How many entries both begin with, at least.
    pub same_entries: u64,
    /// The first entry in which they differ, in the one and in the other run; `None` where a log has ended, and both if they parted elsewhere, or not
    /// at all, when they were repeated to find the place.
    pub entries: [Option<Entry>; 2],
}

impl Difference {
    /// The instant of the earlier of the two entries.
    pub fn at(&self) -> Option<Time> {
        self.entries.iter().flatten().map(|entry| entry.at()).min()
    }
}

/// Runs a plan twice under one seed and compares everything that happens. If it is not the same, both are run once more to find the place: two logs of a
/// long run would not fit into memory.
///
/// # Errors
/// If a trace was changed while it was replayed: then nothing was compared.
pub fn check_determinism(plan: &Plan, seed: u64) -> Result<Comparison, Stopped> {
    first_difference([(plan, seed), (plan, seed)])
}

/// Runs two plans, each under its seed, and looks for the first event at which they part. Of plans of different models the components are compared by their numbers, which
/// follow the names; so a difference tells most where the models differ in little.
///
/// # Errors
/// If a trace was changed while it was replayed: then nothing was compared.
pub fn first_difference(runs: [(&Plan, u64); 2]) -> Result<Comparison, Stopped> {
    let stopped = RefCell::new(None);
    let compared = compare(|which, log| {
        let (plan, seed) = runs[which];
        let mut simulation = Simulation::new(plan, seed, log);
        simulation.run();
        if let Some((workload, error)) = simulation.trace_error() {
            stopped.replace(Some(Stopped::Trace(workload.to_owned(), error.clone())));
        }
        simulation.into_observer()
    });
    stopped.into_inner().map_or(Ok(compared), Err)
}

/// Compares the logs that `run` fills for the first (0) and the second (1) run.
fn compare(run: impl Fn(usize, EventLog) -> EventLog) -> Comparison {
    let [first, second] = [0, 1].map(|which| run(which, EventLog::new(0..0)));
    let Some(stretch) = first.difference(&second) else {
        return Comparison::Same { entries: first.count(), hash: first.hash() };
    };
    let logs = [0, 1].map(|which| run(which, EventLog::new(stretch.clone())));
    let [first, second] = [logs[0].entries(), logs[1].entries()];
    let same = first.iter().zip(second).take_while(|(first, second)| first == second).count();
    let entries = [first.get(same).copied(), second.get(same).copied()];
    Comparison::Differs(Difference { same_entries: stretch.start + same as u64, entries })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Model, Overrides};
    use crate::observe::Happening;
    use crate::quantity::NoFiles;

    const MODEL: &str = r#"name = "shop"
[run]
duration = "30s"
[workloads.shoppers]
arrivals = { open = { rate = "50/s" } }
to = "web"
[services.web]
threads = 4
queue = { capacity = 16 }
handler = [{ work = "exponential(20ms)" }]
[faults.slow]
at = "10s"
duration = "5s"
degrade = { service = "web", factor = 2 }
"#;

    fn plan() -> Plan {
        let loaded = Model::parse("shop", MODEL, &Overrides::new()).unwrap_or_else(|found| panic!("{found}"));
        Plan::compile(&loaded.model, &NoFiles).expect("a model without files")
    }

    #[test]
    fn the_engine_does_the_same_again() {
        let compared = |seed| check_determinism(&plan(), seed).expect("there is no trace");
        let Comparison::Same { entries, hash } = compared(7) else { panic!("it differs") };
        assert!(entries > 1000, "the log has only {entries} entries");
        let other = compared(8);
        assert!(
            !matches!(other, Comparison::Same { hash: other, .. } if other == hash),
            "the hash sees nothing"
        );
    }

    /// A run that becomes another one in the middle: the place is found exactly.
    #[test]
    fn the_first_event_that_differs_is_shown() {
        let whole = plan();
        let mut later = whole.clone();
        let at = later.changes[0].timing.at.expect("the fault has an instant");
        later.changes[0].timing.at = Some(at + crate::kernel::Duration::from_ns(1));
        let compared = compare(|which, log| {
            let mut simulation = Simulation::new([&whole, &later][which], 7, log);
            simulation.run();
            simulation.into_observer()
        });
        let Comparison::Differs(difference) = compared else { panic!("it was not seen") };
        assert_eq!(difference.at(), Some(at));
        assert!(difference.same_entries > 100, "{difference:?}");
        let began = Entry::Happened(at, Happening::ChangeBegan { change: 0 });
        assert_eq!(difference.entries[0], Some(began), "{difference:?}");
    }

    /// What differs once and not when it is looked for is reported all the same.
    #[test]
    fn what_does_not_come_again_is_no_success() {
        let plan = plan();
        let calls = std::cell::Cell::new(0);
        let compared = compare(|_, log| {
            calls.set(calls.get() + 1);
            let seed = if calls.get() == 2 { 8 } else { 7 };
            let mut simulation = Simulation::new(&plan, seed, log);
            simulation.run();
            simulation.into_observer()
        });
        let Comparison::Differs(difference) = compared else { panic!("it was not seen") };
        assert_eq!(difference.entries, [None, None]);
    }
}
