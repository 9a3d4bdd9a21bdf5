//! A ramp of load under several seeds.

use rayon::prelude::*;

use super::trial::simulate_one;
use super::{Progress, Stopped};
use crate::analysis::{Hysteresis, Ramp, RampObservation};
use crate::model::Model;
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
    let plan = plan.without_triggers();
    let observe = |&seed: &u64| {
        let run = simulate_one(&plan, seed, progress)?;
        let series = run.workloads.iter().find(|series| series.name == workload);
        let series = series.expect("invariant: the ramp is that of a workload of the model");
        Ok(RampObservation::new(&ramp, &run, series, &model.judge))
    };
    let observations = seeds.par_iter().map(observe).collect::<Result<_, _>>()?;
    Ok(Hysteresis { ramp, observations })
}
