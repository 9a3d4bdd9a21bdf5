//! What a test that fails says.

use std::error::Error;
use std::fmt;

use super::world::{World, WorldError};
use crate::analysis::{Judged, Property};
use crate::model::schedule::Schedule;

/// A property that does not hold, with everything that it takes to see it again.
#[derive(Clone)]
pub struct Failed {
    /// The faults under which it does not hold: the fewest and weakest that were found.
    pub schedule: Schedule,
    /// What is wrong, in a sentence.
    pub why: String,
    /// Whether it holds (it does not), and how nearly; `None` if it could not even be judged.
    pub judged: Option<Judged>,
    pub(super) origin: Box<Origin>,
}

/// Where a failure comes from.
#[derive(Clone)]
pub(super) struct Origin {
    /// How it was found; empty if nobody searched.
    pub(super) search: String,
    /// How to see it again.
    pub(super) replay: String,
    world: String,
}

impl Failed {
    pub(super) fn new(world: &World, schedule: &Schedule, property: &Property, judged: Judged) -> Self {
        let why = format!("`{property}` does not hold: {}", judged.why);
        Self { schedule: schedule.clone(), judged: Some(judged), ..Self::cannot(world, why) }
    }

    /// The model makes no sense with these faults.
    pub(super) fn broken(world: &World, schedule: &Schedule, error: &WorldError) -> Self {
        let schedule = schedule.clone();
        Self {
            schedule,
            ..Self::cannot(world, format!("the model makes no sense with these faults:\n{error}"))
        }
    }

    /// There is nothing to try.
    pub(super) fn cannot(world: &World, why: String) -> Self {
        let origin = Origin { search: String::new(), replay: String::new(), world: world.to_string() };
        Self { schedule: Schedule::default(), why, judged: None, origin: Box::new(origin) }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.why)?;
        writeln!(f)?;
        let Origin { search, replay, world } = self.origin.as_ref();
        writeln!(f, "world: {world}")?;
        let count = self.schedule.len();
        match count {
            0 if self.judged.is_none() => {}
            0 => writeln!(f, "without any fault{search}")?,
            _ => writeln!(f, "{count} fault{}{search}:", if count == 1 { "" } else { "s" })?,
        }
        for line in self.schedule.to_string().lines() {
            writeln!(f, "  {line}")?;
        }
        if !replay.is_empty() {
            writeln!(f)?;
            writeln!(f, "{replay}")?;
        }
        if count > 0 {
            writeln!(f)?;
            writeln!(f, "To run it by hand, put these in place of the faults of the model:")?;
            writeln!(f)?;
            write!(f, "{}", self.schedule.to_toml())?;
        }
        Ok(())
    }
}

/// As it is displayed: tests that unwrap show it to people.
impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Error for Failed {}
