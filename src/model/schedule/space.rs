//! Everything that may go wrong in a model.

use std::collections::BTreeSet;

use super::candidates::{Candidate, candidates};
use super::limits::{Limits, NoSpace, Room};
use crate::kernel::random::{Bits, Draws};
use crate::mechanism::fault::FaultSettings;
use crate::model::Model;
use crate::quantity::Duration;

/// A name is at most so long; what it hits is cut, not its kind and number.
const TARGET_CHARS_MAX: usize = 70;

/// The faults that a model may meet: targets, strengths and times.
#[derive(Clone, Debug)]
pub struct FaultSpace {
    pub(super) model: Model,
    pub(super) room: Room,
    pub(super) most_faults: usize,
    pub(super) candidates: Vec<Candidate>,
}

impl FaultSpace {
    /// Looks for every target in a model that a fault of an allowed kind can hit, in a way that leaves the model one that passes its checks.
    ///
    /// # Errors
    /// If the run is too short to have faults and judge what follows, if the limits name a kind that there is not, or if they leave nothing to hit.
    pub fn of(model: &Model, limits: &Limits) -> Result<Self, NoSpace> {
        limits.check()?;
        let room = Room::of(model, limits)?;
        let candidates = candidates(model, limits, &room);
        if candidates.is_empty() {
            return Err(NoSpace::NothingToHit);
        }
        Ok(Self { model: model.clone(), room, most_faults: limits.most_faults, candidates })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The kinds of faults that can hit something, by name, with how many targets each has.
    pub fn kinds(&self) -> Vec<(&'static str, usize)> {
        let names: BTreeSet<&str> = self.candidates.iter().map(|candidate| candidate.kind).collect();
        let count = |name| self.candidates.iter().filter(|candidate| candidate.kind == name).count();
        names.into_iter().map(|name| (name, count(name))).collect()
    }

    /// No fault begins before this.
    pub fn earliest(&self) -> Duration {
        self.room.earliest
    }

    /// All faults have ended by then; what follows is quiet, so that a recovery can be judged.
    pub fn latest(&self) -> Duration {
        self.room.end
    }

    /// A target: first the kind, all of them being equally likely, so that those with many targets do not crowd out the others.
    pub(super) fn choose(&self, kinds: &[&'static str], bits: &mut Draws) -> &Candidate {
        let kind = kinds[bits.below(kinds.len() as u64) as usize];
        let of_kind: Vec<&Candidate> =
            self.candidates.iter().filter(|candidate| candidate.kind == kind).collect();
        of_kind[bits.below(of_kind.len() as u64) as usize]
    }

    /// A name that neither the model nor these faults have: what it is, whom it hits, and a number.
    pub(super) fn name(&self, candidate: &Candidate, faults: &[(String, FaultSettings)]) -> String {
        let target = &candidate.target[..candidate.target.len().min(TARGET_CHARS_MAX)];
        let is_taken = |name: &String| {
            self.model.faults.contains_key(name) || faults.iter().any(|(other, _)| other == name)
        };
        let mut names = (1..).map(|number| format!("{}_{target}_{number}", candidate.kind));
        names.find(|name| !is_taken(name)).expect("invariant: numbers have no end")
    }
}
