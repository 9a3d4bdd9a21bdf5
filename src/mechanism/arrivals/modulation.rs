//! Rates that go up and down at random: bursts.

use super::ModulationSettings;
use crate::kernel::random::{SiteKey, Word};
use crate::kernel::sampler::Sampler;
use crate::kernel::{Duration, Time};

/// The states that a rate goes through in turn, compiled.
#[derive(Clone, PartialEq, Debug)]
pub struct Modulation {
    /// What the rate is multiplied with, and how long.
    states: Vec<(f64, Sampler)>,
}

impl Modulation {
    /// Compiles settings that `check` found no error in; `sampler` reads a distribution.
    ///
    /// # Errors
    ///
    /// What `sampler` says, with the path of the distribution from `modulation`.
    pub fn new(
        settings: &ModulationSettings,
        mut sampler: impl FnMut(&crate::quantity::Distribution, &str) -> Option<Sampler>,
    ) -> Option<Self> {
        let states: Option<Vec<(f64, Sampler)>> = match settings {
            ModulationSettings::Mmpp(mmpp) => {
                let states = mmpp.states.iter().enumerate();
                states
                    .map(|(index, state)| {
                        let path = format!("mmpp.states[{index}].dwell");
                        Some((state.scale.get(), sampler(&state.dwell, &path)?))
                    })
                    .collect()
            }
            ModulationSettings::OnOff(on_off) => {
                let on = sampler(&on_off.on, "on_off.on").map(|on| (1.0, on));
                let off = sampler(&on_off.off, "on_off.off").map(|off| (0.0, off));
                on.zip(off).map(|(on, off)| vec![on, off])
            }
        };
        Some(Self { states: states? })
    }
}

/// Which state a modulated rate is in.
#[derive(Clone, Debug)]
pub(super) struct Modulated {
    modulation: Modulation,
    /// Where the lengths of stay are drawn; the n-th for the n-th stay.
    site: SiteKey,
    stays: u64,
    /// When the stay in progress ends.
    pub(super) ends: Time,
}

impl Modulated {
    /// Begins in the first state.
    pub(super) fn new(modulation: Modulation, site: SiteKey) -> Self {
        let mut modulated = Self { modulation, site, stays: 0, ends: Time::ZERO };
        modulated.next_stay();
        modulated
    }

    /// What the rate is multiplied with now.
    pub(super) fn scale(&self) -> f64 {
        let states = &self.modulation.states;
        states[((self.stays - 1) % states.len() as u64) as usize].0
    }

    /// The next state begins when this one ends.
    pub(super) fn next_stay(&mut self) {
        let states = &self.modulation.states;
        let (_, dwell) = &states[(self.stays % states.len() as u64) as usize];
        let word = Word::root(self.site, self.stays);
        // A stay without length would be a state that is not there, and a chain of them would never end.
        let length = dwell.sample(&mut word.at(self.site)).max(Duration::from_ns(1));
        self.ends = self.ends + length;
        self.stays += 1;
    }

    /// Draws what follows from another site.
    pub(super) fn set_site(&mut self, site: SiteKey) {
        self.site = site;
    }
}
