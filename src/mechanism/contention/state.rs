//! How fast work goes.

use super::{Applies, ContentionSettings, Counts};

/// A model of contention, ready to be asked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Contention {
    law: Law,
    applies: Applies,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Law {
    Linear { per_request: f64, counts: Counts },
    Usl { sigma: f64, kappa: f64 },
}

impl Contention {
    /// Compiles the settings, which cannot be wrong.
    pub fn new(settings: &ContentionSettings) -> Self {
        match settings {
            ContentionSettings::Linear(linear) => {
                let law = Law::Linear { per_request: linear.per_request.as_f64(), counts: linear.counts };
                Self { law, applies: linear.applies }
            }
            ContentionSettings::Usl(usl) => {
                let law = Law::Usl { sigma: usl.sigma.as_f64(), kappa: usl.kappa.get() };
                Self { law, applies: usl.applies }
            }
        }
    }

    /// When the number of attempts decides.
    pub const fn applies(&self) -> Applies {
        self.applies
    }

    /// The common speed of all attempts in `work` on an instance that has `working` of them: `1 / (1 + p·n)`, n counted as the settings say, or that of the law;
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
        let (all, others) = (f64::from(working), f64::from(working.saturating_sub(1)));
        match self.law {
            Law::Linear { per_request, counts: Counts::WithSelf } => 1.0 + per_request * all,
            Law::Linear { per_request, counts: Counts::Others } => 1.0 + per_request * others,
            Law::Usl { sigma, kappa } => 1.0 + sigma * others + kappa * all * others,
        }
    }
}
