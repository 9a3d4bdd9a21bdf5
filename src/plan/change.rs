//! What changes while it runs.

use crate::kernel::Time;
use crate::mechanism::fault::{Effect, Role, Select};

use super::SiteId;

/// A change to the running world: when, what, where.
#[derive(Clone, Debug)]
pub struct Change {
    /// The name in the model.
    pub name: String,
    /// When it takes effect.
    pub at: Time,
    /// When it is taken back; `None`: never.
    pub end: Option<Time>,
    /// Whether it belongs to the question or to the world.
    pub role: Role,
    /// What changes.
    pub what: What,
    /// Where its choices are drawn.
    pub site: SiteId,
}

/// What a change changes.
#[derive(Clone, Debug)]
pub enum What {
    /// Something about some instances of a service.
    Instances {
        /// Which service.
        service: u32,
        /// Which of its instances.
        select: Select,
        /// What about them.
        effect: Effect,
    },
    /// The workload gets more arrivals, from a source of their own.
    Spike {
        /// Which workload.
        workload: u32,
    },
    /// The workload loses arrivals.
    Cut {
        /// Which workload.
        workload: u32,
        /// Each arrival is kept with this probability, in billionths.
        keep_billionths: u32,
    },
}

impl What {
    /// The name of the fault in the model language.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Instances { effect, .. } => match effect {
                Effect::Degrade(_) => "degrade",
                Effect::Pause => "pause",
                Effect::Crash => "crash",
                Effect::InjectErrors { .. } => "error_injection",
                Effect::Parameters(_) => "parameters",
            },
            Self::Spike { .. } | Self::Cut { .. } => "load_spike",
        }
    }
}
