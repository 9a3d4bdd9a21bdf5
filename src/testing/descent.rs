//! From a schedule that fails to the smallest that still does.

use crate::model::Model;
use crate::model::schedule::Schedule;

/// A walk downwards that asks which step it may take: first faults are removed, many at a time and then one by one (delta debugging: Zeller and Hildebrandt, "Simplifying and Isolating
/// Failure-Inducing Input", IEEE TSE 2002), then each is made plainer, shorter, weaker and rounder. The world stays as it is.
///
/// It knows nothing of runs: [`Descent::next`] says what to try, and [`Descent::accept`] is told if that fails, too.
#[derive(Clone, Debug)]
pub(super) struct Descent {
    model: Model,
    best: Schedule,
    tried: Option<Schedule>,
    phase: Phase,
}

#[derive(Clone, Debug)]
enum Phase {
    /// So many at a time are left out, from this place on. Whether any could be in this pass.
    Remove { size: usize, from: usize, has_removed: bool },
    /// The next simpler one to try, and how many were tried in vain since the last that failed.
    Simplify { simpler: Vec<Schedule>, next: usize, in_vain: usize },
    /// Nothing is left to try.
    Done,
}

impl Descent {
    pub(super) fn new(model: &Model, failing: Schedule) -> Self {
        let phase = Phase::Remove { size: failing.len(), from: 0, has_removed: false };
        Self { model: model.clone(), best: failing, tried: None, phase }
    }

    /// The smallest so far that fails.
    #[cfg(any(test, feature = "proptest"))]
    pub(super) fn best(&self) -> &Schedule {
        &self.best
    }

    /// What to try next; whoever asks again without [`Descent::accept`] has found that the last one does not fail.
    pub(super) fn next(&mut self) -> Option<Schedule> {
        loop {
            self.tried = match &mut self.phase {
                Phase::Remove { size, from, .. } if *size > 0 && *from < self.best.len() => {
                    let until = (*from + *size).min(self.best.len());
                    let rest = self.best.without(*from..until);
                    *from = until;
                    Some(rest)
                }
                Phase::Simplify { simpler, next, in_vain } if *in_vain < simpler.len() => {
                    let candidate = simpler[*next % simpler.len()].clone();
                    (*next, *in_vain) = ((*next + 1) % simpler.len(), *in_vain + 1);
                    Some(candidate)
                }
                Phase::Done => return None,
                Phase::Remove { .. } | Phase::Simplify { .. } => {
                    self.phase = self.next_phase();
                    continue;
                }
            };
            return self.tried.clone();
        }
    }

    /// The last one that was tried fails, too.
    pub(super) fn accept(&mut self) {
        let Some(tried) = self.tried.take() else { return };
        let removed = self.best.len() - tried.len().min(self.best.len());
        self.best = tried;
        match &mut self.phase {
            Phase::Remove { from, has_removed, .. } => {
                (*from, *has_removed) = (from.saturating_sub(removed), true);
            }
            // What was tried before that place was in vain, and probably still is.
            Phase::Simplify { simpler, next, in_vain } => {
                *simpler = self.best.simpler(&self.model);
                (*next, *in_vain) = (next.saturating_sub(1), 0);
            }
            Phase::Done => {}
        }
    }

    fn next_phase(&self) -> Phase {
        let simplify = || Phase::Simplify { simpler: self.best.simpler(&self.model), next: 0, in_vain: 0 };
        match self.phase {
            Phase::Remove { size, has_removed, .. } if size > 1 || (has_removed && !self.best.is_empty()) => {
                let size = (size / 2).min(self.best.len()).max(1);
                Phase::Remove { size, from: 0, has_removed: false }
            }
            Phase::Remove { .. } => simplify(),
            Phase::Simplify { .. } | Phase::Done => Phase::Done,
        }
    }
}
