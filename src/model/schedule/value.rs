//! A schedule: faults with names and times.

use std::fmt;
use std::ops::Range;

use serde::ser::{Serialize, SerializeMap, Serializer};
use toml::Value;

use super::candidates::is_instantaneous;
use super::words::described;
use crate::mechanism::fault::{FaultSettings, Role};
use crate::model::Model;
use crate::model::effective::inline;
use crate::model::path::written;
use crate::quantity::{Distribution, Duration};

/// Faults, each with its name, in the order in which they begin.
///
/// A name says what the fault is and whom it hits (`pause_db_1`), and it is more than that: what is random about a fault, such as which instances it hits, belongs to its name and the
/// seed. So a fault keeps its name while others are removed, and stays the same fault.
///
/// It is displayed as a sentence per fault, and serialised as a table of faults, as in `[faults]` of a model.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Schedule {
    faults: Vec<(String, FaultSettings)>,
}

impl Schedule {
    /// These faults, in the order in which they begin; of two with one name the first counts.
    pub fn new(faults: Vec<(String, FaultSettings)>) -> Self {
        let mut schedule = Self::default();
        for (name, fault) in faults {
            if schedule.get(&name).is_none() {
                schedule.faults.push((name, fault));
            }
        }
        let key = |(name, _): &(String, FaultSettings)| {
            (schedule.begin(name).unwrap_or(Duration::MAX), name.clone())
        };
        let mut sorted = schedule.faults.clone();
        sorted.sort_by_cached_key(key);
        Self { faults: sorted }
    }

    /// The triggers of a model.
    pub fn of(model: &Model) -> Self {
        let triggers = model.faults.iter().filter(|(_, fault)| fault.role() == Role::Trigger);
        Self::new(triggers.map(|(name, fault)| (name.clone(), fault.clone())).collect())
    }

    /// The faults with their names, in the order in which they begin.
    pub fn faults(&self) -> &[(String, FaultSettings)] {
        &self.faults
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.faults.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// The fault with this name.
    pub fn get(&self, name: &str) -> Option<&FaultSettings> {
        self.faults.iter().find(|(other, _)| other == name).map(|(_, fault)| fault)
    }

    /// The model with these faults in place of its triggers. What is drawn from the [`FaultSpace`](super::FaultSpace) of a model always makes a model that passes its checks.
    pub fn apply(&self, model: &Model) -> Model {
        let mut changed = model.clone();
        changed.faults.retain(|_, fault| fault.role() == Role::Background);
        self.insert_into(changed)
    }

    /// The model with these faults besides its own; where names are the same, those of the schedule.
    pub fn add_to(&self, model: &Model) -> Model {
        self.insert_into(model.clone())
    }

    fn insert_into(&self, mut model: Model) -> Model {
        for (name, fault) in &self.faults {
            // A model is effective: its roles are written out.
            let fault = FaultSettings { role: Some(fault.role()), ..fault.clone() };
            model.faults.insert(name.clone(), fault);
        }
        model
    }

    /// When a fault begins (first); `None` if that is not known before the run, or there is no such fault here.
    pub fn begin(&self, name: &str) -> Option<Duration> {
        self.begin_followed(name, 0)
    }

    fn begin_followed(&self, name: &str, followed: usize) -> Option<Duration> {
        let fault = self.get(name).filter(|_| followed <= self.len())?;
        match &fault.after {
            None => fault.at.filter(|_| fault.every.is_none()),
            Some(after) => Some(self.begin_followed(&after.fault, followed + 1)? + after.delay),
        }
    }

    /// When the last fault has ended; `None` if one never does, or if it is not known before the run.
    pub fn end(&self) -> Option<Duration> {
        let end = |(name, fault): &(String, FaultSettings)| Some(self.begin(name)? + length(fault)?);
        self.faults.iter().map(end).try_fold(Duration::ZERO, |latest, end| Some(latest.max(end?)))
    }

    /// The schedule without the faults at these places. What follows a fault that is gone begins when it would have begun; where that is not known before the run, it goes too.
    ///
    /// # Panics
    /// If there are not so many faults.
    pub fn without(&self, range: Range<usize>) -> Self {
        let mut kept = self.faults.clone();
        let gone: Vec<String> = kept.drain(range).map(|(name, _)| name).collect();
        self.freed(kept, gone)
    }

    /// Those that are kept, of which none follows what is gone.
    fn freed(&self, mut kept: Vec<(String, FaultSettings)>, mut gone: Vec<String>) -> Self {
        while let Some(index) = kept.iter().position(|(_, fault)| follows(fault, &gone)) {
            let (name, fault) = &mut kept[index];
            if let Some(begin) = self.begin(name) {
                (fault.at, fault.after) = (Some(begin), None);
            } else {
                gone.push(kept.remove(index).0);
            }
        }
        Self::new(kept)
    }

    /// The schedule with another fault at a place; its name stays.
    pub(super) fn with(&self, index: usize, fault: FaultSettings) -> Self {
        let mut faults = self.faults.clone();
        faults[index].1 = fault;
        Self::new(faults)
    }

    /// The faults as they are written in a model: one section each.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        for (name, fault) in &self.faults {
            let value = Value::try_from(fault).expect("invariant: settings can be written as TOML");
            let Value::Table(table) = value else { unreachable!("a fault is a table") };
            let space = if text.is_empty() { "" } else { "\n" };
            text.extend([space, "[faults.", &written(name), "]\n"]);
            // What begins once is a trigger anyway.
            let says_something =
                |key: &String| key != "role" || fault.role() == Role::Background || fault.every.is_some();
            for (key, value) in table.iter().filter(|(key, _)| says_something(key)) {
                text.extend([key, " = ", &inline(value), "\n"]);
            }
        }
        text
    }
}

fn follows(fault: &FaultSettings, names: &[String]) -> bool {
    fault.after.as_ref().is_some_and(|after| names.contains(&after.fault))
}

/// How long a fault lasts; `None` if it does not end, or if that is drawn.
pub(super) fn length(fault: &FaultSettings) -> Option<Duration> {
    match &fault.duration {
        _ if is_instantaneous(fault) => Some(Duration::ZERO),
        Some(Distribution::Constant(duration)) => Some(*duration),
        Some(_) | None => None,
    }
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, fault) in &self.faults {
            map.serialize_entry(name, fault)?;
        }
        map.end()
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, fault)) in self.faults.iter().enumerate() {
            let end = if index + 1 < self.len() { "\n" } else { "" };
            write!(f, "{name}: {}{end}", described(fault))?;
        }
        Ok(())
    }
}
