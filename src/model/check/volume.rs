//! How many requests a run would bring: a slip in a unit can ask for more than any machine lives through.

use super::at_entry;
use crate::kernel::Time;
use crate::mechanism::Problems;
use crate::mechanism::arrivals::{ArrivalSettings, Profile};
use crate::mechanism::fault::LoadSpike;
use crate::model::codes;
use crate::model::settings::{Model, WorkloadSettings};
use crate::quantity::Duration;

/// At a few million events per second this is a week of computing.
const REQUESTS_MAX: f64 = 1e12;

/// Looks at a model whose parts are right; expectations of the others would mislead.
pub(super) fn check(model: &Model, problems: &mut Problems) {
    let end = Time::ZERO + model.run.duration;
    for (name, workload) in &model.workloads {
        at_entry("workloads", name, problems, |problems| {
            let place = match workload.arrivals {
                ArrivalSettings::Open(_) => "arrivals.open.rate",
                ArrivalSettings::PartlyOpen(_) => "arrivals.partly_open.rate",
                ArrivalSettings::Closed(_) | ArrivalSettings::Batch(_) => "arrivals",
            };
            note_if_too_many(expected(workload, Time::ZERO, end), place, problems);
        });
    }
    for (name, fault) in &model.faults {
        let Some(LoadSpike { workload, factor }) = &fault.load_spike else { continue };
        let Some(workload) = model.workloads.get(workload) else { continue };
        let from = Time::ZERO + fault.at;
        let until = (from + fault.duration.unwrap_or(Duration::MAX)).min(end);
        at_entry("faults", name, problems, |problems| {
            let added = (factor.get() - 1.0).max(0.0) * expected(workload, from, until);
            note_if_too_many(added, "load_spike.factor", problems);
        });
    }
}

/// The mean number of arrivals over `[from, until)`, bursts left aside; how many come from a closed loop depends on how they are served.
fn expected(workload: &WorkloadSettings, from: Time, until: Time) -> f64 {
    let full_rate_ns = || Profile::new(&workload.profile).integral(from, until);
    match &workload.arrivals {
        ArrivalSettings::Open(open) => open.rate.as_per_s_f64() / 1e9 * full_rate_ns(),
        ArrivalSettings::PartlyOpen(partly_open) => {
            let requests = 1.0 / (1.0 - partly_open.stay.as_f64()).max(1e-9);
            partly_open.rate.as_per_s_f64() / 1e9 * full_rate_ns() * requests
        }
        ArrivalSettings::Closed(_) | ArrivalSettings::Batch(_) => 0.0,
    }
}

fn note_if_too_many(requests: f64, place: &str, problems: &mut Problems) {
    if requests > REQUESTS_MAX {
        let message = format!("this brings about {requests:.1e} requests, more than {REQUESTS_MAX:.0e}");
        let help = "lower the rate, or make `run.duration` shorter";
        problems.at(place, |problems| problems.error_with_code(codes::OUT_OF_RANGE, message, help));
    }
}
