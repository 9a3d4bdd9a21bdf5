//! The instants at which requests arrive.

use super::modulation::Modulated;
use super::profile::Piece;
use super::{Modulation, Process, Profile};
use crate::kernel::Time;
use crate::kernel::random::{SiteKey, Stream};
use crate::kernel::sampler::unit_exponential;
use crate::quantity::Rate;

/// How far above the arrivals of a piece the next one may lie and still count as reached at its end. It is far above what rounding can add and far
/// below what could be measured; without it, rounding could carry an arrival across a stretch of rate 0 that follows.
const ROUNDING: f64 = 1e-12;

/// A stream of arrivals over a window; a state machine whose clone goes on with the same arrivals.
///
/// What nearly every arrival looks at comes first, in two lines of the cache: in a large system this is far from the processor.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct ArrivalProcess {
    position: Position,
    pace: Pace,
    until: Time,
    from: Time,
    modulated: Option<Box<Modulated>>,
    process: Process,
    profile: Profile,
    stream: Stream,
}

const _: () = assert!(std::mem::offset_of!(ArrivalProcess, profile) <= 128, "see `ArrivalProcess`");

/// The rate where the profile's scale is 1: `count` × `factor` arrivals per `per_ns` nanoseconds, converted once.
#[derive(Clone, Copy, Debug)]
struct Pace {
    count: f64,
    factor: f64,
    per_ns: f64,
}

impl Pace {
    fn new(rate: Rate, factor: f64) -> Self {
        Self { count: rate.count() as f64, factor, per_ns: rate.per_ns() as f64 }
    }

    /// How many arrivals an integral of the scale (in nanoseconds) stands for. Multiplied before it is divided: whole counts come out whole.
    #[inline]
    fn count_of(self, area: f64) -> f64 {
        area * self.factor * self.count / self.per_ns
    }

    /// The inverse of [`Pace::count_of`].
    #[inline]
    fn area_of(self, count: f64) -> f64 {
        count * self.per_ns / (self.count * self.factor)
    }
}

/// Where the process stands.
#[derive(Clone, Debug)]
enum Position {
    /// Equal gaps at a rate that does not change: `made` arrivals so far, `rate` is exact.
    Exact { made: u64, rate: Rate },
    /// Within a piece of the profile, `reached` arrivals (a real number: the integral of the rate) after its beginning.
    Inside {
        piece: Piece,
        /// The arrivals of the whole piece.
        mass: f64,
        reached: f64,
    },
    /// There are no more arrivals.
    Ended,
}

impl ArrivalProcess {
    /// Arrivals at `rate` × the profile's scale × `factor` from the first of `window` up to and without the second.
    ///
    /// A workload's own process has the window from 0 to the end of time and factor 1. A load spike of factor f > 1 has its own window, factor f - 1,
    /// and a stream of its own. Constant processes draw nothing from the stream.
    ///
    /// # Panics
    ///
    /// If `factor` is negative or not finite.
    pub fn new(
        rate: Rate,
        process: Process,
        profile: Profile,
        window: (Time, Time),
        factor: f64,
        stream: Stream,
    ) -> Self {
        assert!(factor.is_finite() && factor >= 0.0, "the factor of an arrival process is {factor}");
        let (from, until) = window;
        let pace = Pace::new(rate, factor);
        let position = if rate.count() == 0 || factor == 0.0 {
            Position::Ended
        } else if let Some(rate) = exact_rate(rate, process, profile.constant_scale(from, until), factor) {
            Position::Exact { made: 0, rate }
        } else {
            profile.first_piece(from, until).map_or(Position::Ended, |piece| {
                let mass = pace.count_of(piece.integral());
                Position::Inside { piece, mass, reached: 0.0 }
            })
        };
        Self { pace, process, profile, from, until, stream, modulated: None, position }
    }

    /// The same with a rate that goes up and down at random; the lengths of stay are drawn at `site`, from the begin of the run on.
    #[must_use]
    pub fn modulated(mut self, modulation: Modulation, site: SiteKey) -> Self {
        if matches!(self.position, Position::Ended) {
            return self;
        }
        let mut modulated = Modulated::new(modulation, site);
        while modulated.ends <= self.from {
            modulated.next_stay();
        }
        let until = self.until.min(modulated.ends);
        self.position = self.profile.first_piece(self.from, until).map_or(Position::Ended, |piece| {
            let mass = self.pace.count_of(piece.integral()) * modulated.scale();
            Position::Inside { piece, mass, reached: 0.0 }
        });
        self.modulated = Some(Box::new(modulated));
        self
    }

    /// Draws the lengths of stay from another site from now on.
    pub fn set_modulation_site(&mut self, site: SiteKey) {
        if let Some(modulated) = &mut self.modulated {
            modulated.set_site(site);
        }
    }

    /// Takes its gaps from another stream from now on.
    pub fn set_stream(&mut self, stream: Stream) {
        self.stream = stream;
    }

    /// The rate at `at`, in arrivals per second; 0 outside the window.
    pub fn rate_at(&self, at: Time) -> f64 {
        let is_inside = self.from <= at && at < self.until;
        if is_inside { self.pace.count_of(self.profile.scale_at(at) * 1e9) } else { 0.0 }
    }

    /// The mean rate over `[from, until)`, in arrivals per second; 0 if the interval is empty.
    pub fn mean_rate(&self, from: Time, until: Time) -> f64 {
        if from >= until {
            return 0.0;
        }
        let area = self.profile.integral(from.max(self.from), until.min(self.until));
        self.pace.count_of(area) / until.since(from).as_secs_f64()
    }

    /// The instant at which the cumulative rate has grown by `gap` since the last arrival.
    fn advance(&mut self, gap: f64) -> Option<Time> {
        let Self { pace, profile, until, modulated, position, .. } = self;
        let Position::Inside { piece, mass, reached } = position else { return None };
        *reached += gap;
        while *reached > *mass * (1.0 + ROUNDING) {
            *reached -= *mass;
            *piece = match modulated {
                None => profile.piece_after(piece, *until)?,
                Some(modulated) => piece_of_stay(profile, piece, *until, modulated)?,
            };
            *mass = pace.count_of(piece.integral()) * modulated.as_deref().map_or(1.0, Modulated::scale);
        }
        // Where the scale is 0 so is the mass, and the loop goes on.
        let scale = modulated.as_deref().map_or(1.0, Modulated::scale);
        let offset = piece.inverse(pace.area_of(*reached / scale));
        Some(Time::from_ns(piece.origin_ns.saturating_add(nearest(offset).min(piece.length_ns))))
    }
}

impl Iterator for ArrivalProcess {
    type Item = Time;

    /// The next arrival, never before the one before it; `None` when there are no more, and from then on.
    fn next(&mut self) -> Option<Time> {
        let arrival = match &mut self.position {
            Position::Exact { made, rate } => {
                *made += 1;
                nth_arrival(*made, *rate, self.from)
            }
            Position::Inside { .. } => {
                let gap = match self.process {
                    Process::Poisson => unit_exponential(&mut self.stream),
                    Process::Constant => 1.0,
                };
                self.advance(gap)
            }
            Position::Ended => None,
        };
        let arrival = arrival.filter(|&arrival| arrival < self.until);
        if arrival.is_none() {
            self.position = Position::Ended;
        }
        arrival
    }
}

/// What follows `piece`: the rest of the profile within this stay, or the begin of the next.
fn piece_of_stay(profile: &Profile, piece: &Piece, until: Time, modulated: &mut Modulated) -> Option<Piece> {
    if let Some(next) = profile.piece_after(piece, until.min(modulated.ends)) {
        return Some(next);
    }
    let from = modulated.ends;
    // Where the profile stays at 0 no state of the rate brings anything any more.
    if from >= until || profile.constant_scale(from, until) == Some(0.0) {
        return None;
    }
    modulated.next_stay();
    profile.first_piece(from, until.min(modulated.ends))
}

/// The nearest whole number, halves rounded up, of one that is not negative: `round`, which is a call into a library on most processors.
#[inline]
fn nearest(number: f64) -> u64 {
    let whole = number as u64;
    whole.saturating_add(u64::from(number - whole as f64 >= 0.5))
}

/// The rate of a constant process as an exact fraction, if it never changes and `scale` × `factor` is a whole number.
fn exact_rate(rate: Rate, process: Process, scale: Option<f64>, factor: f64) -> Option<Rate> {
    /// Whole numbers up to here are exact as floats.
    const LARGEST: f64 = (1_u64 << 53) as f64;
    let multiple = scale? * factor;
    let is_exact =
        process == Process::Constant && (1.0..=LARGEST).contains(&multiple) && multiple.trunc() == multiple;
    if !is_exact {
        return None;
    }
    Some(Rate::new(rate.count().checked_mul(multiple as u64)?, rate.per_ns()))
}

/// `from + n · period`, rounded to the nearest nanosecond; `None` beyond the end of time.
fn nth_arrival(n: u64, rate: Rate, from: Time) -> Option<Time> {
    let (elapsed, count) = (u128::from(n) * u128::from(rate.per_ns()), u128::from(rate.count()));
    let rounded_up = u128::from(elapsed % count * 2 >= count);
    let offset_ns = u64::try_from(elapsed / count + rounded_up).ok()?;
    from.as_ns().checked_add(offset_ns).map(Time::from_ns)
}
