//! What is in force on one instance.

use super::RAMP_STEPS;
use crate::kernel::Duration;
use crate::mechanism::Class;
use crate::quantity::Share;

/// What a fault does to one instance.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Effect {
    /// Work takes this many times as long; above 0.
    Degrade(f64),
    /// I/O takes this many times as long; above 0.
    DegradeIo(f64),
    /// I/O takes so much longer.
    DelayIo(Duration),
    /// Nothing goes on.
    Pause,
    /// The instance is not there.
    Crash,
    /// This share of the attempts fails on arrival, with this class.
    InjectErrors {
        /// Which share of the attempts.
        share: Share,
        /// What the caller hears.
        class: Class,
    },
    /// So many bytes more are alive.
    StressMemory(u64),
    /// Attempts allocate this many times as much; above 0.
    Allocate(f64),
    /// The instance follows another parameter set of its service: a config push. The number is the engine's.
    Parameters(u32),
}

impl Effect {
    /// So many tenths of it, for a ramp; what has no strength is there or not.
    pub fn at_strength(self, tenths: u8) -> Self {
        match self {
            Self::Degrade(factor) if tenths < RAMP_STEPS => Self::Degrade(part_of(factor, tenths)),
            Self::DegradeIo(factor) if tenths < RAMP_STEPS => Self::DegradeIo(part_of(factor, tenths)),
            Self::Allocate(factor) if tenths < RAMP_STEPS => Self::Allocate(part_of(factor, tenths)),
            Self::StressMemory(bytes) if tenths < RAMP_STEPS => {
                Self::StressMemory(bytes / u64::from(RAMP_STEPS) * u64::from(tenths))
            }
            Self::Degrade(_)
            | Self::DegradeIo(_)
            | Self::StressMemory(_)
            | Self::Allocate(_)
            | Self::DelayIo(_)
            | Self::Pause
            | Self::Crash
            | Self::InjectErrors { .. }
            | Self::Parameters(_) => self,
        }
    }
}

fn part_of(factor: f64, tenths: u8) -> f64 {
    1.0 + (factor - 1.0) * f64::from(tenths) / f64::from(RAMP_STEPS)
}

/// The effects that are in force on one instance.
///
/// Everything is computed from the list, which is kept in the order of the faults and not in that of their begins; so it depends only on which
/// faults are in force, to the last bit, and overlapping faults may end in any order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Effects(Vec<(u32, Effect)>);

impl Effects {
    /// Nothing is in force.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Fault number `fault` takes effect; if it has one already, the new one takes its place.
    pub fn begin(&mut self, fault: u32, effect: Effect) {
        match self.position(fault) {
            Ok(position) => self.0[position].1 = effect,
            Err(position) => self.0.insert(position, (fault, effect)),
        }
    }

    /// The effect of fault number `fault` ends; false if it has none.
    pub fn end(&mut self, fault: u32) -> bool {
        let position = self.position(fault);
        if let Ok(position) = position {
            self.0.remove(position);
        }
        position.is_ok()
    }

    /// Whether fault number `fault` has an effect.
    pub fn has(&self, fault: u32) -> bool {
        self.position(fault).is_ok()
    }

    /// Whether nothing is in force.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many times as long work takes: the product over the faults that degrade the instance, 1 if none does.
    pub fn work_factor(&self) -> f64 {
        self.product(|effect| if let Effect::Degrade(factor) = effect { Some(factor) } else { None })
    }

    /// How many times as long I/O takes.
    pub fn io_factor(&self) -> f64 {
        self.product(|effect| if let Effect::DegradeIo(factor) = effect { Some(factor) } else { None })
    }

    /// How many times as much attempts allocate.
    pub fn allocation_factor(&self) -> f64 {
        self.product(|effect| if let Effect::Allocate(factor) = effect { Some(factor) } else { None })
    }

    /// How many bytes more are alive: the sum over the faults that stress the memory of the instance.
    pub fn memory_stress(&self) -> u64 {
        let bytes = self.0.iter().filter_map(|(_, effect)| match effect {
            Effect::StressMemory(bytes) => Some(*bytes),
            _ => None,
        });
        bytes.fold(0, u64::saturating_add)
    }

    /// How much longer I/O takes, after it has taken so many times as long: the delays of all faults add up.
    pub fn io_delay(&self) -> Duration {
        let delays = self.0.iter().filter_map(|&(_, effect)| match effect {
            Effect::DelayIo(delay) => Some(delay),
            _ => None,
        });
        delays.fold(Duration::ZERO, |sum, delay| sum + delay)
    }

    /// However many faults there are, the product stays a number.
    fn product(&self, factor: impl Fn(Effect) -> Option<f64>) -> f64 {
        let factors = self.0.iter().filter_map(|&(_, effect)| factor(effect));
        factors.fold(1.0, |product, factor| (product * factor).clamp(1e-9, 1e18))
    }

    /// Whether the instance stands still.
    pub fn paused(&self) -> bool {
        self.0.iter().any(|(_, effect)| *effect == Effect::Pause)
    }

    /// Whether the instance is not there.
    pub fn crashed(&self) -> bool {
        self.0.iter().any(|(_, effect)| *effect == Effect::Crash)
    }

    /// The faults that make attempts fail on arrival, in the order of the faults: number, share and class.
    pub fn error_injections(&self) -> impl Iterator<Item = (u32, Share, Class)> + '_ {
        self.0.iter().filter_map(|(fault, effect)| match effect {
            Effect::InjectErrors { share, class } => Some((*fault, *share, *class)),
            Effect::Degrade(_)
            | Effect::DegradeIo(_)
            | Effect::StressMemory(_)
            | Effect::Allocate(_)
            | Effect::DelayIo(_)
            | Effect::Pause
            | Effect::Crash
            | Effect::Parameters(_) => None,
        })
    }

    /// The parameter set that the instance follows instead of its own: that of the last fault by number, so that pushes un-stack in any order.
    pub fn parameters(&self) -> Option<u32> {
        let mut sets = self.0.iter().rev().filter_map(|(_, effect)| match effect {
            Effect::Parameters(set) => Some(*set),
            Effect::Degrade(_)
            | Effect::DegradeIo(_)
            | Effect::StressMemory(_)
            | Effect::Allocate(_)
            | Effect::DelayIo(_)
            | Effect::Pause
            | Effect::Crash
            | Effect::InjectErrors { .. } => None,
        });
        sets.next()
    }

    fn position(&self, fault: u32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&fault, |(fault, _)| *fault)
    }
}
