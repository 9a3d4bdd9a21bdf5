//! What happened, in order, in words: the triggers, and the episodes.

use crate::analysis::{Trouble, episodes};
use crate::kernel::Time;
use crate::mechanism::fault::Role;
use crate::observe::Run;
use crate::report::human;

/// A line of the story.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Told {
    pub(super) begin_ns: u64,
    /// `None`: to the end of the run.
    pub(super) end_ns: Option<u64>,
    pub(super) what: String,
    /// It is what the model did to the system, and not what the system did.
    pub(super) is_trigger: bool,
}

/// So many occurrences of triggers are told.
const TRIGGERS_MAX: usize = 6;

/// The story of a run beside its twin; see [`episodes`].
pub(super) fn told(run: &Run, twin: Option<&Run>, hold: usize, relapse: f64) -> Vec<Told> {
    let triggers = run.faults.iter().filter(|fault| fault.role == Role::Trigger).take(TRIGGERS_MAX);
    let triggers = triggers.map(|fault| Told {
        begin_ns: fault.at.as_ns(),
        end_ns: fault.end.map(Time::as_ns),
        what: format!("the trigger {} acts: {} on {}", fault.name, fault.kind, fault.target),
        is_trigger: true,
    });
    let troubles = episodes(run, twin, hold, relapse).into_iter().map(|episode| Told {
        begin_ns: episode.begin.as_ns(),
        end_ns: episode.end.map(Time::as_ns),
        what: in_words(&episode.what),
        is_trigger: false,
    });
    let mut told: Vec<Told> = triggers.chain(troubles).collect();
    told.sort_by_key(|told| (told.begin_ns, !told.is_trigger));
    told
}

fn in_words(trouble: &Trouble) -> String {
    let percent = |share: &f64| human::percent(*share);
    match trouble {
        Trouble::GoodputDown { workload, ratio } => {
            format!("goodput of {workload} is {} of the twin’s", percent(ratio))
        }
        Trouble::AllThreadsInUse { service, queued_max: 0 } => format!("all threads of {service} are in use"),
        Trouble::AllThreadsInUse { service, queued_max } => {
            format!(
                "all threads of {service} are in use; at most {} attempts wait",
                human::count(*queued_max)
            )
        }
        Trouble::WastedWork { service, share } => {
            format!("{} of the work of {service} is for nobody", percent(share))
        }
        Trouble::Amplified { caller, target, attempts_per_call } => {
            format!("each call from {caller} to {target} takes {} attempts", human::rate(*attempts_per_call))
        }
        Trouble::CallsFail { caller, target, share } => {
            format!("{} of the calls from {caller} to {target} fail", percent(share))
        }
        Trouble::CircuitBreakersOpen { caller, target, share } => {
            format!("{} of the circuit breakers from {caller} to {target} are open", percent(share))
        }
        Trouble::Misses { cache, share } => {
            format!("{} of the look-ups in {cache} find nothing", percent(share))
        }
        Trouble::StoppedByCollections { service, share } => {
            format!("collecting garbage stops {service} for {} of the time", percent(share))
        }
    }
}
