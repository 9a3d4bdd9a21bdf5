//! How many requests a run would bring: a slip in a unit can ask for more than any machine lives through.

use super::at_entry;
use crate::kernel::Time;
use crate::mechanism::Problems;
use crate::mechanism::arrivals::{ArrivalSettings, Profile};
use crate::mechanism::fault::{FaultKind, FaultSettings, LoadSpike};
use crate::model::codes;
use crate::model::settings::{Model, WorkloadSettings};
use crate::quantity::{Distribution, Duration, NoFiles};

/// At a few million events per second this is a week of computing.
const REQUESTS_MAX: f64 = 1e12;

/// Faults that happen more often than this are a slip in a unit.
const OCCURRENCES_MAX: f64 = 1e5;

/// Looks at a model whose parts are right; expectations of the others would mislead.
pub(super) fn check(model: &Model, problems: &mut Problems) {
    let end = Time::ZERO + model.run.duration;
    for (name, workload) in &model.workloads {
        at_entry("workloads", name, problems, |problems| {
            let place = match workload.arrivals {
                ArrivalSettings::Open(_) => "arrivals.open.rate",
                ArrivalSettings::PartlyOpen(_) => "arrivals.partly_open.rate",
                ArrivalSettings::Closed(_) | ArrivalSettings::Batch(_) | ArrivalSettings::Trace(_) => {
                    "arrivals"
                }
            };
            note_if_too_many(expected(workload, Time::ZERO, end), place, problems);
        });
    }
    for (name, fault) in &model.faults {
        let is_instantaneous = fault.kind().is_some_and(FaultKind::is_instantaneous);
        let lasts =
            fault.duration.clone().or(is_instantaneous.then_some(Distribution::Constant(Duration::ZERO)));
        if let (Some(every), Some(duration)) = (&fault.every, &lasts) {
            at_entry("faults", name, problems, |problems| {
                check_occurrences(model, fault, (every, duration), problems);
            });
        }
        let Some(LoadSpike { workload, factor }) = &fault.load_spike else { continue };
        let Some(workload) = model.workloads.get(workload) else { continue };
        // Where it is drawn when it happens and for how long, as if it lasted from its earliest begin to the end.
        let from = Time::ZERO + fault.at.unwrap_or(Duration::ZERO);
        let until = match (&fault.every, &fault.duration) {
            (None, Some(Distribution::Constant(duration))) => (from + *duration).min(end),
            _ => end,
        };
        at_entry("faults", name, problems, |problems| {
            let added = (factor.get() - 1.0).max(0.0) * expected(workload, from, until);
            note_if_too_many(added, "load_spike.factor", problems);
        });
    }
}

/// Each occurrence is listed in the results.
fn check_occurrences(
    model: &Model,
    fault: &FaultSettings,
    (every, duration): (&Distribution, &Distribution),
    problems: &mut Problems,
) {
    // What is in a file is not looked at here.
    let (Ok(gap), Ok(length)) = (every.sampler(&NoFiles), duration.sampler(&NoFiles)) else { return };
    let end = fault.until.unwrap_or(model.run.duration).min(model.run.duration);
    let most = fault.count.map_or(f64::INFINITY, f64::from);
    let occurrences = (end.as_ns() as f64 / (gap.mean_ns() + length.mean_ns())).min(most);
    if occurrences > OCCURRENCES_MAX {
        let message = format!("this happens about {occurrences:.1e} times, more than {OCCURRENCES_MAX:.0e}");
        problems.at("every", |problems| {
            problems.error_with_code(
                codes::OUT_OF_RANGE,
                message,
                "write a longer gap or `duration`, or a `count`",
            );
        });
    }
}

/// The mean number of arrivals over `[from, until)`, bursts left aside; how many come from a closed loop depends on how they are served.
pub(in crate::model) fn expected(workload: &WorkloadSettings, from: Time, until: Time) -> f64 {
    let full_rate_ns = || Profile::new(&workload.rate_steps(until.since(Time::ZERO))).integral(from, until);
    match &workload.arrivals {
        ArrivalSettings::Open(open) => open.rate.as_per_s_f64() / 1e9 * full_rate_ns(),
        ArrivalSettings::PartlyOpen(partly_open) => {
            let requests = 1.0 / (1.0 - partly_open.stay.as_f64()).max(1e-9);
            partly_open.rate.as_per_s_f64() / 1e9 * full_rate_ns() * requests
        }
        ArrivalSettings::Closed(_) | ArrivalSettings::Batch(_) | ArrivalSettings::Trace(_) => 0.0,
    }
}

fn note_if_too_many(requests: f64, place: &str, problems: &mut Problems) {
    if requests > REQUESTS_MAX {
        let message = format!("this brings about {requests:.1e} requests, more than {REQUESTS_MAX:.0e}");
        let help = "lower the rate, or make `run.duration` shorter";
        problems.at(place, |problems| problems.error_with_code(codes::OUT_OF_RANGE, message, help));
    }
}
