//! `hysteresis.json`.

use serde::Serialize;

use super::{HYSTERESIS_SCHEMA, HysteresisReport};
use crate::analysis::{MedianEstimate, Way};
use crate::report::summary::FileSummary;

/// The whole file.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct HysteresisSummary {
    /// Which schema this is.
    pub schema: &'static str,
    /// The version of metastable that ran it.
    pub version: &'static str,
    /// The name of the model.
    pub name: String,
    /// SHA-256 over the effective model, the ramp included.
    pub model_digest: String,
    /// The workload whose load goes up and down.
    pub workload: String,
    /// How it goes.
    pub ramp: RampSummary,
    /// Under how many seeds, the first of which is 1.
    pub seeds: u64,
    /// Under how many of them it was good at the foot; only these are looked at.
    pub begun: u64,
    /// Under how many of those it fell over.
    pub fell: u64,
    /// Under how many of those it did not come back.
    pub lost: u64,
    /// Whether the way back is another one than the way there.
    pub is_hysteresis: bool,
    /// The probability of seeds as uneven as this if it were the same (the exact sign test).
    pub p_value: f64,
    /// A difference below this is the ramp's own.
    pub resolution_per_s: f64,
    /// The load at which it falls over.
    pub falls_at_per_s: Option<MedianSummary>,
    /// The load at which it comes back.
    pub returns_at_per_s: Option<MedianSummary>,
    /// How much lower that is, seed by seed.
    pub difference_per_s: Option<MedianSummary>,
    /// What a load that stops on the way down and stays showed; null: there was nothing to tell apart, or it would have taken too long.
    pub held: Option<HeldSummary>,
    /// The same for people.
    pub sentence: String,
    /// The other files of the directory.
    pub files: Vec<FileSummary>,
}

/// How the load goes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "names in files end in their unit")]
pub struct RampSummary {
    /// The load at its foot.
    pub from_per_s: f64,
    /// The load at its top.
    pub to_per_s: f64,
    /// How long it stays at its foot, before and behind.
    pub foot_s: f64,
    /// How long it rises, and falls.
    pub slope_s: f64,
}

/// A load that stops on the way down and stays.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct HeldSummary {
    /// The load that stays.
    pub load_per_s: f64,
    /// How long it stays.
    pub length_s: f64,
    /// Under how many seeds it is good at this load on the way up, and is not at the end.
    pub down: u64,
    /// The probability of that many if the way there does not matter (the exact sign test).
    pub p_value: f64,
}

/// A median over the seeds with its exact 95 % interval; null: outside the ramp, or too few seeds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct MedianSummary {
    /// Of how many seeds.
    pub count: u64,
    /// The median.
    pub median: Option<f64>,
    /// The lower end of the interval.
    pub low_95: Option<f64>,
    /// The upper end.
    pub high_95: Option<f64>,
}

impl From<MedianEstimate> for MedianSummary {
    fn from(estimate: MedianEstimate) -> Self {
        let finite = |value: f64| value.is_finite().then_some(value);
        Self {
            count: estimate.count,
            median: finite(estimate.median),
            low_95: estimate.interval.and_then(|(low, _)| finite(low)),
            high_95: estimate.interval.and_then(|(_, high)| finite(high)),
        }
    }
}

impl HysteresisSummary {
    /// The summary of a ramp whose other files are these.
    pub fn new(report: &HysteresisReport<'_>, files: Vec<FileSummary>) -> Self {
        let (hysteresis, ramp) = (report.hysteresis, &report.hysteresis.ramp);
        let [falls, back, difference] =
            report.medians().map(|(_, estimate)| estimate.map(MedianSummary::from));
        Self {
            schema: HYSTERESIS_SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            name: report.name.to_owned(),
            model_digest: report.digest.to_owned(),
            workload: report.workload.to_owned(),
            ramp: RampSummary {
                from_per_s: ramp.low_per_s,
                to_per_s: ramp.high_per_s,
                foot_s: ramp.foot.as_secs_f64(),
                slope_s: ramp.slope.as_secs_f64(),
            },
            seeds: hysteresis.observations.len() as u64,
            begun: hysteresis.begun_count(),
            fell: hysteresis.fall_count(),
            lost: hysteresis.lost_count(),
            is_hysteresis: hysteresis.way() == Way::Hysteresis,
            p_value: hysteresis.p_value(),
            resolution_per_s: hysteresis.resolution_per_s(),
            falls_at_per_s: falls,
            returns_at_per_s: back,
            difference_per_s: difference,
            held: hysteresis.held.as_ref().map(|held| HeldSummary {
                load_per_s: held.held.load_per_s,
                length_s: held.held.length.as_secs_f64(),
                down: held.down_count(),
                p_value: held.p_value(),
            }),
            sentence: report.sentence(),
            files,
        }
    }

    /// The text of the file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("invariant: a summary has string keys and finite numbers")
            + "\n"
    }
}
