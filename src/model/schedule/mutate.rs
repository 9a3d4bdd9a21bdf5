//! Variations of a schedule, for a search that goes on from what nearly tipped a system.

use super::candidates::is_instantaneous;
use super::dial::{Dial, from_secs, set_strength, strength, two_digits};
use super::draw::{set_length, set_select};
use super::space::FaultSpace;
use super::value::{Schedule, length};
use crate::kernel::num;
use crate::kernel::random::{Bits, Draws, SiteKey, Word, hash64};
use crate::mechanism::fault::{FaultSettings, Select};
use crate::quantity::Duration;

/// As many changes are tried until one of them changes anything.
const TRIES: u32 = 32;

/// What can be changed.
#[derive(Clone, Copy)]
enum Change {
    Move,
    Widen,
    Narrow,
    Strengthen,
    Weaken,
    Add,
    Remove,
    Retarget,
}

const CHANGES: [Change; 8] = [
    Change::Move,
    Change::Widen,
    Change::Narrow,
    Change::Strengthen,
    Change::Weaken,
    Change::Add,
    Change::Remove,
    Change::Retarget,
];

impl FaultSpace {
    /// The schedule with one to three changes: faults moved, widened, narrowed, made stronger or weaker, added, removed, or turned on another target. The same for the same seed and
    /// number; it has as many faults as the limits allow, and is another schedule wherever one could be found.
    pub fn mutate(&self, schedule: &Schedule, seed: u64, index: u64) -> Schedule {
        let key = SiteKey::new(seed, hash64("schedule.mutate"));
        let mut bits = Word::root(key, index).at(key);
        let wanted = 1 + bits.below(3);
        let (mut changed, mut changes) = (schedule.clone(), 0);
        for _ in 0..TRIES {
            if changes >= wanted && changed != *schedule {
                break;
            }
            let change = CHANGES[bits.below(CHANGES.len() as u64) as usize];
            if let Some(other) = self.changed(&changed, change, &mut bits) {
                changed = self.fitted(other.faults().to_vec());
                changes += 1;
            }
        }
        changed
    }

    fn changed(&self, schedule: &Schedule, change: Change, bits: &mut Draws) -> Option<Schedule> {
        if matches!(change, Change::Add) || schedule.is_empty() {
            return self.with_one_more(schedule, bits);
        }
        let index = bits.below(schedule.len() as u64) as usize;
        let (_, fault) = &schedule.faults()[index];
        let mut fault = fault.clone();
        match change {
            Change::Add => return None,
            Change::Remove => {
                return (schedule.len() > 1).then(|| schedule.without(index..index + 1));
            }
            Change::Retarget => return Some(self.retargeted(schedule, index, bits)),
            Change::Move => self.move_it(&mut fault, bits)?,
            Change::Widen | Change::Narrow => {
                let is_wider = matches!(change, Change::Widen);
                self.stretch(&mut fault, is_wider, bits)?;
            }
            Change::Strengthen | Change::Weaken => {
                let is_stronger = matches!(change, Change::Strengthen);
                self.turn(&mut fault, is_stronger, bits)?;
            }
        }
        Some(schedule.with(index, fault))
    }

    fn with_one_more(&self, schedule: &Schedule, bits: &mut Draws) -> Option<Schedule> {
        if schedule.len() >= self.most_faults {
            return None;
        }
        let kinds: Vec<&'static str> = self.kinds().into_iter().map(|(kind, _)| kind).collect();
        let candidate = self.choose(&kinds, bits);
        let fault = self.fault(candidate, true, bits);
        let mut faults = schedule.faults().to_vec();
        faults.push((self.name(candidate, &faults), fault));
        Some(Schedule::new(faults))
    }

    /// Another target at the same time; what followed it follows it still.
    fn retargeted(&self, schedule: &Schedule, index: usize, bits: &mut Draws) -> Schedule {
        let mut faults = schedule.faults().to_vec();
        let (old, before) = faults[index].clone();
        let kind = before.kind().map_or("none", |kind| kind.name());
        let all: Vec<&'static str> = self.kinds().into_iter().map(|(kind, _)| kind).collect();
        let same: Vec<&'static str> = all.iter().copied().filter(|&other| other == kind).collect();
        let kinds = if bits.below(2) == 0 && !same.is_empty() { same } else { all };
        let candidate = self.choose(&kinds, bits);
        let mut fault = self.fault(candidate, true, bits);
        (fault.at, fault.after) = (before.at, before.after.clone());
        if let Some(length) = length(&before).filter(|length| !length.is_zero() && !is_instantaneous(&fault))
        {
            set_length(&mut fault, length);
        }
        faults.remove(index);
        let name = self.name(candidate, &faults);
        let followers = faults.iter_mut().filter_map(|(_, fault)| fault.after.as_mut());
        followers.filter(|after| after.fault == old).for_each(|after| after.fault.clone_from(&name));
        faults.push((name, fault));
        Schedule::new(faults)
    }

    fn move_it(&self, fault: &mut FaultSettings, bits: &mut Draws) -> Option<()> {
        if let Some(after) = &mut fault.after {
            after.delay = self.delay(bits);
            return Some(());
        }
        let (at, length) = (fault.at?, length(fault)?);
        let anywhere = self.begin(length, bits);
        // Half of the moves stay near: within a tenth of the room.
        let tenth = self.room.end.saturating_sub(self.room.earliest).as_ns() / 10;
        let from = at.as_ns().saturating_sub(tenth);
        let near = Duration::from_ns(from + bits.below(2 * tenth + 1));
        fault.at = Some(if bits.below(2) == 0 { anywhere } else { self.room.begin(near, length) });
        Some(())
    }

    fn stretch(&self, fault: &mut FaultSettings, is_wider: bool, bits: &mut Draws) -> Option<()> {
        let now = length(fault).filter(|length| !length.is_zero())?;
        // From 1.2 to 4 times.
        let factor = 1.2 * num::pow(4.0 / 1.2, bits.unit());
        let seconds = if is_wider { now.as_secs_f64() * factor } else { now.as_secs_f64() / factor };
        let wanted = from_secs(two_digits(seconds)).min(self.room.longest).max(Duration::from_ns(1_000_000));
        set_length(fault, wanted);
        Some(())
    }

    /// More or less of it: its strength, or the instances that it hits.
    fn turn(&self, fault: &mut FaultSettings, is_stronger: bool, bits: &mut Draws) -> Option<()> {
        let instances = self.instances(fault).filter(|(_, count)| *count > 1);
        let dial = Dial::of(fault, &self.model).zip(strength(fault));
        match (instances, dial) {
            (Some((_, count)), dial) if dial.is_none() || bits.below(2) == 0 => {
                let other = 1 + bits.below(u64::from(count) - 1) as u32;
                let select = if is_stronger { Select::All } else { Select::Fixed(other) };
                set_select(fault, select);
            }
            (_, Some((dial, now))) => {
                let position = dial.position(now).clamp(0.0, 1.0);
                let position = if is_stronger {
                    position + (1.0 - position) * bits.unit()
                } else {
                    position * bits.unit()
                };
                set_strength(fault, dial.at(position));
            }
            (_, None) => return None,
        }
        Some(())
    }
}
