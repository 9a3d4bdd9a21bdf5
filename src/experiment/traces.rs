//! What happened to single requests of a run, which is simulated again for it.

use super::forest::simulate_plans;
use super::{Progress, Stopped};
use crate::observe::{RequestTrace, Tracer, Wish};
use crate::plan::Plan;

/// Runs a plan twice more under its seed: to choose so many requests for each [`crate::observe::Reason`] and workload, and to record them. Who watches does not steer, so these runs are the one
/// that [`super::simulate`] makes.
///
/// # Errors
/// As those of [`super::Trial::conduct`].
pub fn trace_requests(
    plan: &Plan,
    seed: u64,
    count: u32,
    progress: &Progress,
) -> Result<Vec<RequestTrace>, Stopped> {
    let watched = |wish: Wish| {
        let observer = |plan: &Plan| Tracer::new(plan, seed, wish.clone());
        let mut watched = simulate_plans(&[plan], seed, observer, progress)?;
        let (_, tracer) = watched.pop().expect("invariant: one plan is one run");
        Ok(tracer)
    };
    let chosen = watched(Wish::Choose(count))?.into_chosen();
    Ok(watched(Wish::Record(chosen))?.into_traces())
}

/// How many runs that is.
pub const TRACE_RUNS: u64 = 2;
