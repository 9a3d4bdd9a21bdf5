//! A ramp of load under several seeds.

use rayon::prelude::*;

use super::trial::simulate_one;
use super::{Progress, Stopped};
use crate::analysis::{Held, HeldObservation, HeldRamp, Hysteresis, Ramp, RampObservation};
use crate::model::Model;
use crate::observe::{Run, WorkloadSeries};
use crate::plan::Plan;

/// Runs a model, whose workload goes up and down this ramp, under every seed, many at a time, without its triggers. The result does not depend on how many run at a time.
///
/// # Errors
/// If `progress` was told to cancel, or a trace was changed while it was replayed.
///
/// # Panics
/// If there is no such workload.
pub fn observe_ramp(
    model: &Model,
    plan: &Plan,
    (workload, ramp): (&str, Ramp),
    seeds: &[u64],
    progress: &Progress,
) -> Result<Hysteresis, Stopped> {
    let observe = |run: &Run, series: &WorkloadSeries| RampObservation::new(&ramp, run, series, &model.judge);
    let observations = observe_each(plan, workload, seeds, progress, observe)?;
    Ok(Hysteresis { ramp, observations, held: None })
}

/// The same with a load that stops on the way down and stays.
///
/// # Errors
/// As [`observe_ramp`].
///
/// # Panics
/// As [`observe_ramp`].
pub fn observe_held(
    model: &Model,
    plan: &Plan,
    (workload, held): (&str, HeldRamp),
    seeds: &[u64],
    progress: &Progress,
) -> Result<Held, Stopped> {
    let observe = |run: &Run, series: &WorkloadSeries| HeldObservation::new(&held, run, series, &model.judge);
    let observations = observe_each(plan, workload, seeds, progress, observe)?;
    Ok(Held { held, observations })
}

fn observe_each<T: Send>(
    plan: &Plan,
    workload: &str,
    seeds: &[u64],
    progress: &Progress,
    observe: impl Fn(&Run, &WorkloadSeries) -> T + Sync,
) -> Result<Vec<T>, Stopped> {
    let plan = plan.without_triggers();
    let of_seed = |&seed: &u64| {
        let run = simulate_one(&plan, seed, progress)?;
        let series = run.workloads.iter().find(|series| series.name == workload);
        let series = series.expect("invariant: the ramp is that of a workload of the model");
        Ok(observe(&run, series))
    };
    seeds.par_iter().map(of_seed).collect()
}
