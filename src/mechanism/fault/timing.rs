//! When a fault happens.

use crate::kernel::random::{SiteKey, Word};
use crate::kernel::sampler::Sampler;
use crate::kernel::{Duration, Time};

/// A ramp goes up in so many equal steps.
pub const RAMP_STEPS: u8 = 10;

/// When a fault begins and ends, as far as it decides that itself; one that follows another begins when that one says.
///
/// What is drawn for an occurrence belongs to its number and nothing else: the n-th gap and the n-th length stay what they are, whatever the others become.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Timing {
    /// When the first occurrence begins; absent: with `every`, one gap after the start of the run.
    pub at: Option<Time>,
    /// From the end of an occurrence to the begin of the next one; absent: it happens once.
    pub every: Option<Sampler>,
    /// How long an occurrence lasts; absent: to the end of the run.
    pub duration: Option<Sampler>,
    /// None begins at this instant or later.
    pub until: Option<Time>,
    /// There are at most so many.
    pub count: Option<u32>,
}

impl Timing {
    /// When the first occurrence begins, if the fault decides that itself. `key` is where gaps are drawn.
    pub fn first(&self, key: SiteKey) -> Option<Time> {
        match self.at {
            Some(at) => self.bounded(0, at),
            None => self.next(0, Time::ZERO, key),
        }
    }

    /// When the occurrence with this number begins, the one before it having ended; `None` if there is none any more.
    pub fn next(&self, occurrence: u64, ended: Time, key: SiteKey) -> Option<Time> {
        let gap = self.every.as_ref()?.sample(&mut Word::root(key, occurrence).at(key));
        // However short a gap is drawn, time goes on.
        self.bounded(occurrence, ended + gap.max(Duration::from_ns(1)))
    }

    /// How long the occurrence with this number lasts; `None`: to the end of the run. `key` is where lengths are drawn.
    pub fn length(&self, occurrence: u64, key: SiteKey) -> Option<Duration> {
        let duration = self.duration.as_ref()?;
        Some(duration.sample(&mut Word::root(key, occurrence).at(key)))
    }

    /// The window of the only occurrence, if it is known before the run: the end is `None` if it never ends.
    pub fn known_window(&self) -> Option<(Time, Option<Time>)> {
        let at = self.at.filter(|_| self.every.is_none())?;
        match &self.duration {
            None => Some((at, None)),
            Some(duration) => Some((at, Some(at + duration.as_constant()?))),
        }
    }

    fn bounded(&self, occurrence: u64, at: Time) -> Option<Time> {
        let is_one_too_many = self.count.is_some_and(|count| occurrence >= u64::from(count));
        let is_too_late = self.until.is_some_and(|until| at >= until);
        (!is_one_too_many && !is_too_late).then_some(at)
    }
}

/// When step `step` of a ramp begins, from 0 up to [`RAMP_STEPS`] - 1: from then on the fault has `step + 1` tenths of its strength.
pub fn ramp_step_at(begin: Time, ramp: Duration, step: u8) -> Time {
    let offset = u128::from(ramp.as_ns()) * u128::from(step) / u128::from(RAMP_STEPS);
    begin + Duration::from_ns(offset as u64)
}
