//! The lanes of the calendar: one for each constant delay that the model names.

use std::collections::BTreeMap;

use crate::kernel::Duration;
use crate::kernel::calendar::{LaneId, Rank};
use crate::kernel::sampler::Sampler;

use super::{Delay, Span};

/// Collects the constant delays of a plan, each once per rank.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: Vec<(Duration, Rank)>,
    known: BTreeMap<(Duration, Rank), LaneId>,
}

impl Lanes {
    /// The delay with its lane; `None` if there is nothing to wait for.
    pub(super) fn delay(&mut self, length: Duration, rank: Rank) -> Option<Delay> {
        if length.is_zero() {
            return None;
        }
        let next = LaneId::new(self.lanes.len() as u32);
        let lane = *self.known.entry((length, rank)).or_insert(next);
        if lane == next {
            self.lanes.push((length, rank));
        }
        Some(Delay { length, lane })
    }

    /// The span, with a lane if it is constant.
    pub(super) fn span(&mut self, sampler: Sampler, rank: Rank) -> Span {
        match sampler.as_constant() {
            None => Span::Drawn(sampler),
            Some(length) => self.delay(length, rank).map_or(Span::Zero, Span::Constant),
        }
    }

    pub(super) fn finish(self) -> Vec<(Duration, Rank)> {
        self.lanes
    }
}
