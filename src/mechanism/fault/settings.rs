//! What can be written about faults.

use serde::{Deserialize, Serialize};

use crate::mechanism::{Class, Problems};
use crate::quantity::{Duration, Factor, Share};

/// `[faults.db_slow]`: when, for how long, in which role, and exactly one kind.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FaultSettings {
    /// When it begins, from the start of the run.
    pub at: Duration,
    /// How long it lasts; absent: to the end of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Duration>,
    /// Whether the twin has it too.
    #[serde(default)]
    pub role: Role,
    /// Work takes `factor` times as long (a limping node, a brown-out).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degrade: Option<Degrade>,
    /// The instances stop and go on where they were (a stop-the-world pause, a VM migration, SIGSTOP).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// The instances lose everything they were doing, and accept again at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<Crash>,
    /// More arrivals (or fewer).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_spike: Option<LoadSpike>,
    /// A share of the attempts fails on arrival, without work (as Envoy's `fault.abort`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_injection: Option<ErrorInjection>,
}

/// Whether a fault belongs to the question or to the world.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What may tip the system: the twin runs without it.
    #[default]
    Trigger,
    /// Part of the world: run and twin both have it.
    Background,
}

/// Which instances of a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Select {
    /// Every instance.
    #[default]
    All,
    /// This many, drawn from the seed.
    Fixed(u32),
}

/// `degrade = { service = "db", factor = 10 }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Degrade {
    /// The service.
    pub service: String,
    /// How many times as long work takes; work in progress too.
    pub factor: Factor,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

/// `pause = { service = "db" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// The service.
    pub service: String,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

/// `crash = { service = "db", select = { fixed = 1 } }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Crash {
    /// The service.
    pub service: String,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

/// `load_spike = { workload = "shoppers", factor = 3 }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LoadSpike {
    /// The workload.
    pub workload: String,
    /// Above 1: adds `factor - 1` times the current rate. Below 1: keeps each arrival with this probability.
    pub factor: Factor,
}

/// `error_injection = { service = "db", share = "10%", class = "server_error" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ErrorInjection {
    /// The service.
    pub service: String,
    /// Which share of the attempts.
    pub share: Share,
    /// What the caller hears.
    #[serde(default = "server_error")]
    pub class: Class,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

fn server_error() -> Class {
    Class::ServerError
}

/// The kinds of faults, as a message lists them.
const KINDS: &str = "`degrade`, `pause`, `crash`, `load_spike`, `error_injection`";

impl FaultSettings {
    /// Notes what is wrong with these settings; `problems` is at the fault. What needs the rest of the model (names, numbers of instances, the
    /// length of the run) is not looked at here.
    pub fn check(&self, problems: &mut Problems) {
        self.check_kind(problems);
        if self.duration.is_some_and(Duration::is_zero) {
            problems.at("duration", |problems| {
                problems.error(
                    "a fault that lasts no time does nothing",
                    "write how long it lasts, or remove `duration` if it has no end",
                );
            });
        }
        if let Some(degrade) = &self.degrade {
            problems.at("degrade", |problems| degrade.check(problems));
        }
        if let Some(pause) = &self.pause {
            problems.at("pause", |problems| pause.select.check(problems));
        }
        if let Some(crash) = &self.crash {
            problems.at("crash", |problems| crash.select.check(problems));
        }
        if let Some(load_spike) = &self.load_spike {
            problems.at("load_spike", |problems| load_spike.check(problems));
        }
        if let Some(error_injection) = &self.error_injection {
            problems.at("error_injection", |problems| error_injection.check(problems));
        }
    }

    fn check_kind(&self, problems: &mut Problems) {
        let kinds: Vec<&str> = self.kinds().collect();
        match kinds[..] {
            [] => problems.error(
                "this fault does not say what goes wrong",
                format!("write one of {KINDS}, such as `degrade = {{ service = \"db\", factor = 10 }}`"),
            ),
            [_] => {}
            [..] => problems.error(
                format!("this fault is several at once: `{}`", kinds.join("`, `")),
                "write a fault of its own for each of them",
            ),
        }
    }

    /// The kind, as written in the model: `degrade`, `pause`, …; `none` if no kind is written, which `check` refuses.
    pub fn kind_name(&self) -> &'static str {
        self.kinds().next().unwrap_or("none")
    }

    /// The service that the fault hits, if it hits one.
    pub fn service(&self) -> Option<&str> {
        let of_degrade = self.degrade.as_ref().map(|fault| &fault.service);
        let of_pause = self.pause.as_ref().map(|fault| &fault.service);
        let of_crash = self.crash.as_ref().map(|fault| &fault.service);
        let of_errors = self.error_injection.as_ref().map(|fault| &fault.service);
        of_degrade.or(of_pause).or(of_crash).or(of_errors).map(String::as_str)
    }

    /// The workload that the fault changes, if it changes one.
    pub fn workload(&self) -> Option<&str> {
        self.load_spike.as_ref().map(|fault| fault.workload.as_str())
    }

    /// Which instances of the service it hits; a fault without a service hits all of none.
    pub fn select(&self) -> Select {
        let of_degrade = self.degrade.as_ref().map(|fault| fault.select);
        let of_pause = self.pause.as_ref().map(|fault| fault.select);
        let of_crash = self.crash.as_ref().map(|fault| fault.select);
        let of_errors = self.error_injection.as_ref().map(|fault| fault.select);
        of_degrade.or(of_pause).or(of_crash).or(of_errors).unwrap_or_default()
    }

    fn kinds(&self) -> impl Iterator<Item = &'static str> {
        [
            ("degrade", self.degrade.is_some()),
            ("pause", self.pause.is_some()),
            ("crash", self.crash.is_some()),
            ("load_spike", self.load_spike.is_some()),
            ("error_injection", self.error_injection.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_written)| is_written.then_some(name))
    }
}

impl Select {
    fn check(self, problems: &mut Problems) {
        if self == Self::Fixed(0) {
            problems.at("select", |problems| {
                problems.error(
                    "a fault that hits 0 instances does nothing",
                    "write at least `{ fixed = 1 }`, or `\"all\"`",
                );
            });
        }
    }
}

impl Degrade {
    fn check(&self, problems: &mut Problems) {
        self.select.check(problems);
        problems.at("factor", |problems| {
            if self.factor.get() == 0.0 {
                problems.error(
                    "work that takes 0 times as long takes no time",
                    "write a factor above 1 to slow the work down; to stop it, write a `pause`",
                );
            } else if self.factor.get() == 1.0 {
                problems.warning("a factor of 1 changes nothing", "write a factor above 1");
            }
        });
    }
}

impl LoadSpike {
    fn check(&self, problems: &mut Problems) {
        if self.factor.get() == 1.0 {
            problems.at("factor", |problems| {
                problems.error(
                    "a factor of 1 changes nothing",
                    "write a factor above 1 for more arrivals, or below 1 for fewer",
                );
            });
        }
    }
}

impl ErrorInjection {
    fn check(&self, problems: &mut Problems) {
        self.select.check(problems);
        if self.share.billionths() == 0 {
            problems.at("share", |problems| {
                problems
                    .warning("a share of 0 % fails nothing", "write a share above 0 %, such as `\"10%\"`");
            });
        }
        problems.at("class", |problems| check_injected_class(self.class, problems));
    }
}

/// A server can only cause what reaches the caller from outside; timers, cancellation and local rejection are the caller's own.
fn check_injected_class(class: Class, problems: &mut Problems) {
    const HELP: &str = "write `server_error`, `gateway_error`, `overloaded`, `app_error`, `refused_stream`, `connect_failure` or `reset`";
    match class {
        Class::Ok => problems.error("`ok` is not an error that could be injected", HELP),
        Class::AttemptTimeout | Class::DeadlineExceeded | Class::Cancelled | Class::LocalReject => {
            problems.error(
                format!("`{class}` comes from the caller itself and cannot be injected at a service"),
                HELP,
            );
        }
        Class::AppError
        | Class::ServerError
        | Class::GatewayError
        | Class::Overloaded
        | Class::ConnectFailure
        | Class::RefusedStream
        | Class::Reset => {}
    }
}
