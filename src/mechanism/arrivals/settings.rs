//! What can be written about arrivals.

use serde::{Deserialize, Serialize};

use crate::kernel::Time;
use crate::mechanism::Problems;
use crate::quantity::{Distribution, Duration, Factor, Rate, Share};

/// `arrivals = { open = { … } }`. There is no default: open or closed decides more than any tuning (Schroeder et al., NSDI'06).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ArrivalSettings {
    /// An open loop: users do not wait for one another.
    Open(OpenSettings),
    /// A closed loop: a fixed number of users, each of whom waits for the answer, thinks, and asks again.
    Closed(ClosedSettings),
    /// Sessions come as in an open loop; within a session it is a closed one, until the user leaves.
    PartlyOpen(PartlyOpenSettings),
    /// Many at once, started by a clock: a nightly job, a cache that everybody refreshes at the full hour.
    Batch(BatchSettings),
    /// As recorded: a CSV file with a line per request.
    Trace(TraceSettings),
}

/// `{ file = "monday.csv", speed = 1 }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TraceSettings {
    /// A CSV file with the column `time_s` (seconds from the begin of the run, in order), and if there are any `key`, `operation` (a name of the `mix`) and `tenant` (a name
    /// of the `tenants`). It is looked up beside the model and read as the run goes on.
    pub file: String,
    /// How many times as fast it is replayed.
    #[serde(default = "as_recorded")]
    pub speed: Factor,
}

fn as_recorded() -> Factor {
    Factor::from(1)
}

/// `{ users = 500, think = "exponential(2s)" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClosedSettings {
    /// How many there are. Each begins with a think time of its own.
    pub users: u32,
    /// From an answer to the next request. An answer that took no time is followed by at least 1 ms.
    pub think: Distribution,
}

/// `{ rate = "10/s", think = "exponential(2s)", stay = "80%" }` (Schroeder, Wierman, Harchol-Balter, NSDI'06).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PartlyOpenSettings {
    /// Mean sessions per time where the profile's scale is 1; they come as a Poisson process.
    pub rate: Rate,
    /// From an answer to the next request of the session. An answer that took no time is followed by at least 1 ms.
    pub think: Distribution,
    /// After each request the user stays with this probability, otherwise leaves: `1 / (1 - stay)` requests per session on average.
    pub stay: Share,
}

/// `{ every = "1h", size = 5000, spread = "10min" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchSettings {
    /// From the begin of one batch to that of the next.
    pub every: Distribution,
    /// When the first begins.
    #[serde(default)]
    pub first: Duration,
    /// Requests of one batch.
    pub size: u32,
    /// Over how long they come, at equal gaps; `0s`: all at once.
    #[serde(default)]
    pub spread: Duration,
}

/// `{ rate = "800/s", process = "poisson" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenSettings {
    /// Mean arrivals per time where the profile's scale is 1.
    pub rate: Rate,
    /// How the gaps are distributed.
    #[serde(default)]
    pub process: Process,
    /// Bursts: a rate that goes up and down at random. Absent: it follows the profile alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modulation: Option<ModulationSettings>,
}

/// `modulation = { on_off = { … } }`: what the rate is multiplied with, besides the profile.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ModulationSettings {
    /// Several states in turn; with exponential lengths of stay and Poisson arrivals a Markov-modulated Poisson process.
    Mmpp(MmppSettings),
    /// `rate` while on, nothing while off.
    OnOff(OnOffSettings),
}

/// `{ states = [ { scale = 0.5, dwell = "exponential(60s)" }, … ] }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MmppSettings {
    /// In turn, from the first; after the last comes the first.
    pub states: Vec<StateSettings>,
}

/// One state of a modulated rate.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StateSettings {
    /// What the rate is multiplied with.
    pub scale: Factor,
    /// How long it lasts.
    pub dwell: Distribution,
}

/// `{ on = "exponential(1s)", off = "exponential(4s)" }`; heavy-tailed lengths make traffic that is bursty on all time scales (Willinger et al., IEEE/ACM Transactions on Networking 1997).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OnOffSettings {
    /// How long it is on.
    pub on: Distribution,
    /// How long it is off.
    pub off: Distribution,
}

/// How the gaps between arrivals are distributed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Process {
    /// Exponential gaps: many independent users.
    #[default]
    Poisson,
    /// Equal gaps: a load generator, a cron job, a sensor.
    Constant,
}

/// One step of `profile = [ { at = "2min", scale = 1.2, ramp = "30s" } ]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProfileStep {
    /// When the change begins.
    pub at: Duration,
    /// The rate from then on, as a multiple of `rate`.
    pub scale: Factor,
    /// How long the rate takes to get there, in a straight line; `0s` is a step.
    #[serde(default)]
    pub ramp: Duration,
}

/// `diurnal = { amplitude = "40%", peak = "14h" }`: the rate follows the day, `1 + amplitude · cos(2π (t - peak) / period)` times what it is on average.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DiurnalSettings {
    /// From one peak to the next.
    #[serde(default = "day")]
    pub period: Duration,
    /// How far above the average the peak is, and how far below it the trough.
    pub amplitude: Share,
    /// When the peak is, from the begin of the run.
    #[serde(default)]
    pub peak: Duration,
}

fn day() -> Duration {
    Duration::from_ns(86_400_000_000_000)
}

impl ArrivalSettings {
    /// Notes what is wrong with these settings; `problems` is at `arrivals`.
    pub fn check(&self, problems: &mut Problems) {
        match self {
            Self::Open(open) => problems.at("open", |problems| {
                check_rate(open.rate, problems);
                if let Some(ModulationSettings::Mmpp(mmpp)) = &open.modulation
                    && mmpp.states.iter().all(|state| state.scale.get() == 0.0)
                {
                    problems.at("modulation.mmpp.states", |problems| {
                        problems.error(
                            "there is no state in which a request comes",
                            "write one with a scale above 0, such as `{ scale = 3, dwell = \"exponential(10s)\" }`",
                        );
                    });
                }
            }),
            Self::Closed(closed) => problems.at("closed", |problems| closed.check(problems)),
            Self::PartlyOpen(partly_open) => problems.at("partly_open", |problems| {
                check_rate(partly_open.rate, problems);
                if partly_open.stay == Share::ONE {
                    problems.at("stay", |problems| {
                        problems.error(
                            "users who always stay never leave, and become more and more",
                            "write a share below 100 %, or a `closed` loop with a number of users",
                        );
                    });
                }
            }),
            Self::Batch(batch) => problems.at("batch", |problems| batch.check(problems)),
            Self::Trace(trace) => problems.at("trace.speed", |problems| {
                if trace.speed.get() == 0.0 {
                    problems.error("a trace at speed 0 stands still", "write a number above 0; 1 is as recorded");
                }
            }),
        }
    }

    /// The kind, as written in the model.
    pub const fn kind_name(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Closed(_) => "closed",
            Self::PartlyOpen(_) => "partly_open",
            Self::Batch(_) => "batch",
            Self::Trace(_) => "trace",
        }
    }
}

/// More users than this are a slip of the hand.
const USERS_MAX: u32 = 10_000_000;

impl ClosedSettings {
    fn check(&self, problems: &mut Problems) {
        if self.users == 0 || self.users > USERS_MAX {
            problems.at("users", |problems| {
                problems.error(
                    format!("`{}` is not between 1 and {USERS_MAX}", self.users),
                    "write how many users there are",
                );
            });
        }
    }
}

impl BatchSettings {
    fn check(&self, problems: &mut Problems) {
        if self.size == 0 {
            problems
                .at("size", |problems| problems.error("a batch of 0 requests is none", "write at least 1"));
        }
        if self.every == Distribution::Constant(Duration::ZERO) {
            problems.at("every", |problems| {
                problems.error(
                    "batches without a gap never end",
                    "write from the begin of one batch to the next, such as `\"1h\"`",
                );
            });
        }
    }
}

fn check_rate(rate: Rate, problems: &mut Problems) {
    if rate.count() == 0 {
        problems.at("rate", |problems| {
            problems
                .warning("a rate of 0 brings no request at all", "write a rate above 0, such as `\"100/s\"`");
        });
    }
}

/// Notes what is wrong with a profile; `problems` is at the workload that has it.
pub fn check_profile(profile: &[ProfileStep], problems: &mut Problems) {
    for (index, pair) in profile.windows(2).enumerate() {
        let (earlier, later) = (&pair[0], &pair[1]);
        let earlier_end = Time::ZERO + earlier.at + earlier.ramp;
        problems.at_index("profile", index + 1, |problems| {
            problems.at("at", |problems| {
                if later.at <= earlier.at {
                    problems.error(
                        "the steps of a profile are not in the order of their `at`",
                        "sort the steps by `at`, and write each instant once",
                    );
                } else if Time::ZERO + later.at < earlier_end {
                    problems.error(
                        "this step begins before the `ramp` of the step before it has ended",
                        "begin it later, or shorten the `ramp` before it",
                    );
                }
            });
        });
    }
}
