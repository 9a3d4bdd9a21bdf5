//! How fast work goes.

use super::{Applies, ContentionSettings, Counts};

/// A model of contention, ready to be asked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Contention {
    per_request: f64,
    counts: Counts,
    applies: Applies,
}

impl Contention {
    /// Compiles the settings, which cannot be wrong.
    pub fn new(settings: &ContentionSettings) -> Self {
        let ContentionSettings::Linear(linear) = settings;
        Self { per_request: linear.per_request.as_f64(), counts: linear.counts, applies: linear.applies }
    }

    /// When the number of attempts decides.
    pub const fn applies(&self) -> Applies {
        self.applies
    }

    /// The common speed of all attempts in `work` on an instance that has `working` of them: `1 / (1 + p·n)`, n counted as the settings say;
    /// 1 where the slowdown was fixed when each of them began.
    pub fn speed(&self, working: u32) -> f64 {
        match self.applies {
            Applies::Throughout => 1.0 / self.stretch(working),
            Applies::AtStart => 1.0,
        }
    }

    /// By how much the work of an attempt is stretched when it begins, `working` attempts (this one included) being in `work`: `1 + p·n`;
    /// 1 where the slowdown applies throughout.
    pub fn stretch_at_start(&self, working: u32) -> f64 {
        match self.applies {
            Applies::Throughout => 1.0,
            Applies::AtStart => self.stretch(working),
        }
    }

    fn stretch(&self, working: u32) -> f64 {
        let counted = match self.counts {
            Counts::WithSelf => working,
            Counts::Others => working.saturating_sub(1),
        };
        1.0 + self.per_request * f64::from(counted)
    }
}
