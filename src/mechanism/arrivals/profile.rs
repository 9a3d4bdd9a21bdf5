//! How the rate of a workload changes over the run.

use std::sync::Arc;

use super::ProfileStep;
use crate::kernel::{Duration, Time};
use crate::mechanism::fault::ramp_step_at;

/// A rate profile, compiled: a piecewise linear multiple of the workload's rate. Cheap to clone.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile(Arc<[Segment]>);

/// A stretch on which the scale is a straight line; it lasts until the next one begins, the last one for ever.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Segment {
    start_ns: u64,
    scale: f64,
    /// Change of the scale per nanosecond.
    slope: f64,
}

/// A part of one segment, seen from its own beginning.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Piece {
    /// Which segment it belongs to.
    pub(super) index: usize,
    /// Where it begins.
    pub(super) origin_ns: u64,
    /// How long it is.
    pub(super) length_ns: u64,
    /// The scale at its beginning.
    scale: f64,
    /// Change of the scale per nanosecond.
    slope: f64,
}

impl Profile {
    /// Compiles steps that [`super::check_profile`] found no error in. Before the first step the scale is 1; no step at all is a scale of 1 for ever.
    pub fn new(steps: &[ProfileStep]) -> Self {
        let mut segments = vec![Segment { start_ns: 0, scale: 1.0, slope: 0.0 }];
        let mut scale = 1.0;
        for step in steps {
            let (target, ramp_ns) = (step.scale.get(), step.ramp.as_ns());
            if ramp_ns > 0 {
                let slope = (target - scale) / ramp_ns as f64;
                push(&mut segments, Segment { start_ns: step.at.as_ns(), scale, slope });
            }
            let end_ns = step.at.as_ns().saturating_add(ramp_ns);
            push(&mut segments, Segment { start_ns: end_ns, scale: target, slope: 0.0 });
            scale = target;
        }
        Self(segments.into())
    }

    /// This profile times a ramp that begins at `from`: `steps` equal steps up to 1, of which the first is at the begin.
    pub fn with_ramp(&self, from: Time, ramp: Duration, steps: u8) -> Self {
        let step_at = |step: u8| ramp_step_at(from, ramp, step).as_ns();
        let level_at = |at_ns: u64| {
            let begun = (0..steps).filter(|&step| step_at(step) <= at_ns).count();
            begun as f64 / f64::from(steps)
        };
        let own = self.0.iter().map(|segment| segment.start_ns);
        let mut starts: Vec<u64> = own.chain((0..steps).map(step_at)).collect();
        starts.sort_unstable();
        starts.dedup();
        let segment = |start_ns: u64| {
            let under = &self.0[self.index_at(start_ns)];
            let (scale, level) =
                (under.scale + under.slope * (start_ns - under.start_ns) as f64, level_at(start_ns));
            Segment { start_ns, scale: scale.max(0.0) * level, slope: under.slope * level }
        };
        Self(starts.into_iter().map(segment).collect())
    }

    /// The multiple of the workload's rate that is in force at `at`.
    pub fn scale_at(&self, at: Time) -> f64 {
        let segment = &self.0[self.index_at(at.as_ns())];
        (segment.scale + segment.slope * (at.as_ns() - segment.start_ns) as f64).max(0.0)
    }

    /// The integral of the scale over `[from, until)`, in nanoseconds; 0 if the interval is empty.
    pub fn integral(&self, from: Time, until: Time) -> f64 {
        let mut integral = 0.0;
        let mut next = self.first_piece(from, until);
        while let Some(piece) = next {
            integral += piece.integral();
            next = self.piece_after(&piece, until);
        }
        integral
    }

    /// The part of a segment that begins at `from`, which must be before `until` for there to be any.
    pub(super) fn first_piece(&self, from: Time, until: Time) -> Option<Piece> {
        self.piece(self.index_at(from.as_ns()), from.as_ns(), until)
    }

    /// What follows `piece` before `until`.
    pub(super) fn piece_after(&self, piece: &Piece, until: Time) -> Option<Piece> {
        let index = piece.index + 1;
        self.piece(index, self.0.get(index)?.start_ns, until)
    }

    /// The scale that is in force throughout `[from, until)`, if it is one.
    pub(super) fn constant_scale(&self, from: Time, until: Time) -> Option<f64> {
        let piece = self.first_piece(from, until)?;
        let is_whole = piece.slope == 0.0 && self.piece_after(&piece, until).is_none();
        is_whole.then_some(piece.scale)
    }

    fn piece(&self, index: usize, origin_ns: u64, until: Time) -> Option<Piece> {
        if origin_ns >= until.as_ns() {
            return None;
        }
        let segment = &self.0[index];
        let end_ns = self.0.get(index + 1).map_or(u64::MAX, |next| next.start_ns).min(until.as_ns());
        let scale = (segment.scale + segment.slope * (origin_ns - segment.start_ns) as f64).max(0.0);
        Some(Piece { index, origin_ns, length_ns: end_ns - origin_ns, scale, slope: segment.slope })
    }

    fn index_at(&self, at_ns: u64) -> usize {
        self.0.partition_point(|segment| segment.start_ns <= at_ns) - 1
    }
}

/// Appends a segment; one that begins where the last one does takes its place, so that no segment is empty.
fn push(segments: &mut Vec<Segment>, segment: Segment) {
    let last = segments.last().expect("invariant: a profile has a first segment");
    assert!(
        last.start_ns <= segment.start_ns,
        "the steps of a profile are not sorted: {segment:?} after {last:?}"
    );
    if last.start_ns == segment.start_ns {
        segments.pop();
    }
    segments.push(segment);
}

impl Piece {
    /// The integral of the scale over the piece, in nanoseconds.
    pub(super) fn integral(&self) -> f64 {
        let length = self.length_ns as f64;
        let last = (self.scale + self.slope * length).max(0.0);
        0.5 * (self.scale + last) * length
    }

    /// How far into the piece the integral of the scale reaches `area` (in nanoseconds), at most the length of the piece.
    ///
    /// With scale `b + a·x` this is the root of `a·x²/2 + b·x = area`, written as `2·area / (b + sqrt(b² + 2·a·area))`: nothing cancels as `a`
    /// goes to 0, where the textbook form divides 0 by 0.
    pub(super) fn inverse(&self, area: f64) -> f64 {
        if area <= 0.0 {
            return 0.0;
        }
        if self.slope == 0.0 {
            return (area / self.scale).min(self.length_ns as f64);
        }
        let discriminant = self.scale * self.scale + 2.0 * self.slope * area;
        let offset = 2.0 * area / (self.scale + discriminant.max(0.0).sqrt());
        offset.min(self.length_ns as f64)
    }
}
