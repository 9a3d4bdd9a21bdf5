//! What an operator can do to a system that is down, as faults of the model: each is something that anybody can write into it and run.

use std::fmt;

use super::{Aftermath, Ward, Written, following, relieved, search};
use crate::experiment::Stopped;
use crate::experiment::parallel::each;
use crate::kernel::sampler::Sampler;
use crate::kernel::{Duration, Time};
use crate::mechanism::Problem;
use crate::mechanism::fault::Timing;
use crate::model::{AbandonedWork, Diagnostics, Model, NAME_CHARS_MAX, Overrides};
use crate::observe::Metrics;
use crate::plan::{Feedback, Plan, What};
use crate::quantity::{Files, Limit};
use crate::sim::Simulation;

/// How long a service is away when it is started again.
const RESTART: Duration = Duration::from_secs(10);

/// So many times as long are time-outs, and so many times as many threads, in the order in which they are tried.
const LONGER: [u32; 3] = [2, 4, 8];
const MORE_PERCENT: [u32; 4] = [125, 150, 200, 400];

/// Of the share of the load with which it comes back, a smaller one is tried where that is too much for a while.
const DEEPER: [u64; 3] = [1, 2, 4];

/// What an operator does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Only so many percent of the load of all open workloads get in, to the end of the run.
    Shed {
        /// Which share, in percent.
        percent: u64,
    },
    /// Only so many percent get in, and after a time all of it again.
    ShedFor {
        /// Which share, in percent.
        percent: u64,
        /// For how long.
        length: Duration,
    },
    /// Everybody who waits for a thread of a service is turned away, once.
    DropBacklog {
        /// The name of the service.
        service: String,
    },
    /// All instances of a service crash, and are back after 10 s.
    Restart {
        /// The name of the service.
        service: String,
    },
    /// A service stops what nobody waits for, to the end of the run.
    StopAbandoned {
        /// The name of the service.
        service: String,
    },
    /// The callers of a policy try once, to the end of the run.
    NoRetries {
        /// The name of the policy.
        policy: String,
    },
    /// The callers of a policy wait longer, to the end of the run.
    LongerTimeouts {
        /// The name of the policy.
        policy: String,
        /// So many times as long.
        factor: u32,
    },
    /// A service has more threads, to the end of the run.
    MoreThreads {
        /// The name of the service.
        service: String,
        /// How many percent of those that it had.
        percent: u32,
    },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shed { percent } => write!(f, "let {percent} % of the load in, for good"),
            Self::ShedFor { percent, length } => {
                write!(f, "let {percent} % of the load in for {length}, then all")
            }
            Self::DropBacklog { service } => write!(f, "drop the backlog of `{service}` once"),
            Self::Restart { service } => write!(f, "restart `{service}`"),
            Self::StopAbandoned { service } => write!(f, "let `{service}` stop what nobody waits for"),
            Self::NoRetries { policy } => write!(f, "turn the retries of `{policy}` off"),
            Self::LongerTimeouts { policy, factor } => write!(f, "{factor} x the time-outs of `{policy}`"),
            Self::MoreThreads { service, percent } => {
                write!(f, "{} x the threads of `{service}`", f64::from(*percent) / 100.0)
            }
        }
    }
}

/// Something that an operator did, and what followed.
#[derive(Clone, PartialEq, Debug)]
pub struct Remedy {
    /// What.
    pub action: Action,
    /// What followed; of several strengths that of the least which is enough or, if none is, of the greatest.
    pub after: Aftermath,
    /// The faults that do it, by name, with their settings as TOML; empty: the language cannot say it.
    pub faults: Written,
}

/// A model in which everything that an operator may do waits to be done.
#[derive(Debug)]
pub(super) struct Operator {
    /// Nobody does anything.
    pub(super) idle: Plan,
    /// The same without the triggers.
    idle_twin: Plan,
    /// The same, with all that may be done at the times that are written; they are not looked at.
    armed: Plan,
    /// What takes half of the load away, of all workloads of which that can be said.
    shed: Written,
    actions: Vec<(Action, Written)>,
}

/// Why nothing can be prepared.
#[derive(Debug)]
pub(super) enum Unprepared {
    /// The model with all that may be done is none.
    Model(Diagnostics),
    /// A file that it refers to.
    Files(Vec<Problem>),
}

impl Operator {
    pub(super) fn new(model: &Model, files: &dyn Files) -> Result<Self, Unprepared> {
        let text = model.effective_toml();
        let prefix = prefix(model);
        let at = Duration::from_ns(model.run.duration.as_ns() / 2);
        let armed = |faults: &[&Written]| {
            let mut overrides = Overrides::new();
            for (name, settings) in faults.iter().copied().flatten() {
                overrides
                    .set(&format!("faults.{name}={{ at = \"{at}\", role = \"background\", {settings} }}"));
            }
            Model::parse(&model.name, &text, &overrides)
        };
        // What does not go with the rest of the model is nothing that an operator can do.
        let is_possible = |faults: &Written| armed(&[faults]).is_ok();
        let shed: Written = model
            .workloads
            .keys()
            .enumerate()
            .map(|(number, name)| {
                (
                    fault_name(&prefix, "shed", name, number),
                    format!("load_spike = {{ workload = {name:?}, factor = 0.5 }}"),
                )
            })
            .filter(|(name, settings)| is_possible(&Written::from([(name.clone(), settings.clone())])))
            .collect();
        let mut actions = actions(model, &prefix);
        actions.retain(|(_, faults)| faults.is_empty() || is_possible(faults));
        let all: Vec<&Written> =
            std::iter::once(&shed).chain(actions.iter().map(|(_, faults)| faults)).collect();
        let loaded = armed(&all).map_err(Unprepared::Model)?;
        let armed = Plan::compile(&loaded.model, files).map_err(Unprepared::Files)?;
        let mut idle = armed.clone();
        for change in &mut idle.changes {
            if all.iter().any(|faults| faults.contains_key(&change.name)) {
                change.timing = Timing::default();
            }
        }
        let idle_twin = idle.without_triggers();
        Ok(Self { idle, idle_twin, armed, shed, actions })
    }

    /// How many things can be done, those to the load counted once for each workload.
    #[cfg(test)]
    pub(super) fn choices(&self) -> usize {
        self.shed.len() + self.actions.len()
    }

    /// The plan in which some faults begin at an instant and last for some time, or to the end, and nothing else is done.
    fn doing(&self, faults: &Written, at: Time, length: Option<Duration>) -> Plan {
        let mut plan = self.idle.clone();
        for (change, armed) in plan.changes.iter_mut().zip(&self.armed.changes) {
            if faults.contains_key(&change.name) {
                let duration = length.map(Sampler::constant).or_else(|| armed.timing.duration.clone());
                change.timing = Timing { at: Some(at), duration, ..armed.timing.clone() };
            }
        }
        plan
    }

    /// The same with a share of the load.
    fn shedding(&self, percent: u64, at: Time, length: Option<Duration>) -> Plan {
        let mut plan = self.doing(&self.shed, at, length);
        for change in plan.changes.iter_mut().filter(|change| self.shed.contains_key(&change.name)) {
            if let What::Cut { keep_billionths, .. } = &mut change.what {
                *keep_billionths = percent as u32 * 10_000_000;
            }
        }
        plan
    }

    /// The faults that do something, as they are written in a model.
    fn dated(faults: &Written, at: Time, length: Option<Duration>) -> Written {
        let at = at.since(Time::ZERO);
        let length = length.map_or(String::new(), |length| format!("duration = \"{length}\", "));
        let with_times = |(name, settings): (&String, &String)| {
            (name.clone(), format!("{{ at = \"{at}\", {length}role = \"background\", {settings} }}"))
        };
        faults.iter().map(with_times).collect()
    }

    fn dated_shed(&self, percent: u64, at: Time, length: Option<Duration>) -> Written {
        let factor = format!("factor = {}", percent as f64 / 100.0);
        let shed = self
            .shed
            .iter()
            .map(|(name, settings)| (name.clone(), settings.replace("factor = 0.5", &factor)));
        Self::dated(&shed.collect(), at, length)
    }
}

/// A beginning of names that no fault of the model has.
fn prefix(model: &Model) -> String {
    let is_free = |prefix: &String| !model.faults.keys().any(|name| name.starts_with(prefix));
    let numbered = (2_u32..).map(|number| format!("operator{number}"));
    let mut candidates = std::iter::once("operator".to_owned()).chain(numbered);
    candidates.find(is_free).unwrap_or_default()
}

/// What a fault that does something to a part of the model is called: a number stands for the part's name where that would be too long.
fn fault_name(prefix: &str, what: &str, part: &str, number: usize) -> String {
    let name = format!("{prefix}_{what}_{part}");
    if name.len() <= NAME_CHARS_MAX { name } else { format!("{prefix}_{number}_{what}") }
}

/// What may be done to each part of the model, with the faults that do it, their times left out.
fn actions(model: &Model, prefix: &str) -> Vec<(Action, Written)> {
    let mut actions = Vec::new();
    let mut add = |action: Action, what: &str, part: &str, settings: String| {
        let name = fault_name(prefix, what, part, actions.len());
        actions.push((action, Written::from([(name, settings)])));
    };
    let push = |sets: &[(String, String)]| {
        let sets: Vec<String> = sets.iter().map(|(path, value)| format!("{path:?} = {value}")).collect();
        format!("config_push = {{ set = {{ {} }} }}", sets.join(", "))
    };
    for service in model.services.keys() {
        let crash = format!("duration = \"{RESTART}\", crash = {{ service = {service:?} }}");
        add(Action::Restart { service: service.clone() }, "restart", service, crash);
    }
    for (service, settings) in &model.services {
        if settings.abandoned_work != AbandonedWork::Abort {
            let set = push(&[(format!("services.{service}.abandoned_work"), "\"abort\"".to_owned())]);
            add(Action::StopAbandoned { service: service.clone() }, "abort", service, set);
        }
    }
    for (policy, settings) in &model.policies {
        if settings.retry.as_ref().is_some_and(|retry| retry.max_attempts != Limit::At(1)) {
            let set = push(&[(format!("policies.{policy}.retry.max_attempts"), "1".to_owned())]);
            add(Action::NoRetries { policy: policy.clone() }, "once", policy, set);
        }
        let times = [("timeout", settings.timeout), ("per_try_timeout", settings.per_try_timeout)];
        for factor in LONGER {
            let longer = times.iter().filter_map(|(field, time)| {
                let longer = Duration::from_ns(time.limited()?.as_ns().checked_mul(factor.into())?);
                Some((format!("policies.{policy}.{field}"), format!("\"{longer}\"")))
            });
            let longer: Vec<(String, String)> = longer.collect();
            if !longer.is_empty() {
                let action = Action::LongerTimeouts { policy: policy.clone(), factor };
                add(action, &format!("wait{factor}"), policy, push(&longer));
            }
        }
    }
    for (service, settings) in &model.services {
        for percent in MORE_PERCENT {
            if let Some(threads) = settings.threads.limited() {
                let more = (u64::from(threads) * u64::from(percent)).div_ceil(100);
                let set = push(&[(format!("services.{service}.threads"), more.to_string())]);
                let action = Action::MoreThreads { service: service.clone(), percent };
                add(action, &format!("threads{percent}"), service, set);
            }
        }
    }
    actions
}

impl<'a> Ward<'a> {
    /// Tries everything that an operator can do at this instant.
    pub(super) fn treat(&self, world: &Simulation<'a, Metrics>, at: Time) -> Result<Vec<Remedy>, Stopped> {
        let mut twin_world =
            Simulation::new(&self.operator.idle_twin, self.seed, Metrics::new(&self.operator.idle_twin));
        self.advance(&mut twin_world, at)?;
        let mut remedies = self.backlogs(world, at)?;
        remedies.extend(self.pushes(world, at)?);
        if !self.operator.shed.is_empty() {
            remedies.extend(self.sheds(world, &twin_world, at)?);
        }
        Ok(remedies)
    }

    /// Drops each backlog.
    fn backlogs(&self, world: &Simulation<'a, Metrics>, at: Time) -> Result<Vec<Remedy>, Stopped> {
        let idle = &self.operator.idle;
        let backlogs = idle.feedbacks().into_iter().filter_map(|feedback| match feedback {
            Feedback::Backlog(service) => Some((feedback, idle.services[service as usize].name.clone())),
            _ => None,
        });
        each(backlogs.collect(), |(feedback, service)| {
            let run = self.finish(relieved(world.clone(), idle, &[feedback]), idle)?;
            let after = self.aftermath(&run, self.twin, at);
            Ok(Remedy { action: Action::DropBacklog { service }, after, faults: Written::new() })
        })
    }

    /// Does each of the other things; of those that come in several strengths the least that is enough is kept, or the greatest.
    fn pushes(&self, world: &Simulation<'a, Metrics>, at: Time) -> Result<Vec<Remedy>, Stopped> {
        let tried = each(self.operator.actions.iter().collect(), |(action, faults)| {
            let plan = self.operator.doing(faults, at, None);
            let run = self.finish(following(world.clone(), &plan), &plan)?;
            let after = self.aftermath(&run, self.twin, at);
            Ok(Remedy { action: action.clone(), after, faults: Operator::dated(faults, at, None) })
        })?;
        let mut kept: Vec<Remedy> = Vec::new();
        for remedy in tried {
            match kept.last_mut() {
                Some(last) if last.action.is_weaker_than(&remedy.action) => {
                    if !last.after.is_back() {
                        *last = remedy;
                    }
                }
                _ => kept.push(remedy),
            }
        }
        Ok(kept)
    }

    /// How much of the load has to be shed, and for how long.
    fn sheds(
        &self,
        world: &Simulation<'a, Metrics>,
        twin_world: &Simulation<'a, Metrics>,
        at: Time,
    ) -> Result<Vec<Remedy>, Stopped> {
        let after = |percent: u64, length: Option<Duration>| {
            let plan = self.operator.shedding(percent, at, length);
            let twin_plan = plan.without_triggers();
            let run = self.finish(following(world.clone(), &plan), &plan)?;
            let twin = self.finish(following(twin_world.clone(), &twin_plan), &twin_plan)?;
            Ok(self.aftermath(&run, &twin, at))
        };
        let for_good = search::largest(1..=99, |percent| Ok(after(percent, None)?.is_back()))?;
        let percent = for_good.unwrap_or(1);
        let mut remedies = vec![Remedy {
            action: Action::Shed { percent },
            after: after(percent, None)?,
            faults: self.operator.dated_shed(percent, at, None),
        }];
        if for_good.is_none() {
            return Ok(remedies);
        }
        // In whole seconds, and so that there is as long again to see whether it lasts.
        let left = (Time::ZERO + self.model.run.duration).since(at).as_ns() / 2_000_000_000;
        for deeper in DEEPER {
            let percent = (percent / deeper).max(1);
            let shortest = search::smallest(1..=left.max(1), |seconds| {
                Ok(after(percent, Some(Duration::from_secs(seconds)))?.is_back())
            })?;
            if let Some(seconds) = shortest {
                let length = Duration::from_secs(seconds);
                remedies.push(Remedy {
                    action: Action::ShedFor { percent, length },
                    after: after(percent, Some(length))?,
                    faults: self.operator.dated_shed(percent, at, Some(length)),
                });
                break;
            }
        }
        Ok(remedies)
    }
}

impl Action {
    /// Whether another one does the same to the same, and more of it.
    fn is_weaker_than(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::LongerTimeouts { policy, factor },
                Self::LongerTimeouts { policy: same, factor: more },
            ) => policy == same && factor < more,
            (Self::MoreThreads { service, percent }, Self::MoreThreads { service: same, percent: more }) => {
                service == same && percent < more
            }
            _ => false,
        }
    }
}
