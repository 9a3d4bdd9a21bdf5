//! What to try next.

use super::{Answer, Hunting, ROUND};
use crate::model::schedule::{Schedule, Style};

/// So many of the schedules that came nearest are varied.
const POOL: usize = 16;

/// Where a schedule comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strategy {
    /// Drawn evenly.
    Uniform,
    /// Drawn from a subset of kinds.
    Swarm,
    /// A variation of the schedule of another run.
    Guided {
        /// The number of that run.
        parent: u64,
    },
}

/// A run to be made.
#[derive(Clone, PartialEq, Debug)]
pub struct Probe {
    /// Its number, from 0 on.
    pub index: u64,
    /// Its world.
    pub seed: u64,
    /// What goes wrong in it.
    pub schedule: Schedule,
    /// Where that comes from.
    pub strategy: Strategy,
}

/// What the runs so far say about what to try.
#[derive(Default)]
pub(super) struct Memory {
    /// The nearest runs in which the property held, the nearest first.
    pool: Vec<(f64, Probe)>,
}

impl Memory {
    /// The probes of the round that begins with the run `first`.
    pub(super) fn round(&self, hunting: &Hunting<'_>, first: u64) -> Vec<Probe> {
        let last = (first / ROUND + 1) * ROUND;
        (first..last.min(hunting.runs)).map(|index| self.probe(hunting, index)).collect()
    }

    fn probe(&self, hunting: &Hunting<'_>, index: u64) -> Probe {
        let (round, within) = (index / ROUND, index % ROUND);
        let seed = hunting.first_seed.wrapping_add(round);
        let (key, space) = (hunting.first_seed, hunting.space);
        // Half of a round varies what is known, as soon as there is something.
        if within % 2 == 1
            && let Some((_, parent)) = self.pool.get((within / 2) as usize % self.pool.len().max(1))
        {
            let schedule = space.mutate(&parent.schedule, key, index);
            let strategy = Strategy::Guided { parent: parent.index };
            return Probe { index, seed: parent.seed, schedule, strategy };
        }
        let (style, strategy) = if within % 4 == 0 {
            (Style::Uniform, Strategy::Uniform)
        } else {
            (Style::Swarm, Strategy::Swarm)
        };
        Probe { index, seed, schedule: space.draw(key, index, style), strategy }
    }

    /// Keeps a run if it came near. What failed is found: to vary it would find it again.
    pub(super) fn remember(&mut self, probe: Probe, answer: &Answer) {
        if answer.signature.is_some() {
            return;
        }
        // Of equals the earlier one comes first.
        let place = self.pool.partition_point(|(margin, _)| *margin <= answer.margin);
        if place < POOL {
            self.pool.insert(place, (answer.margin, probe));
            self.pool.truncate(POOL);
        }
    }
}
