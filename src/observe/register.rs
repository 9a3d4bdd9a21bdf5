//! What happens to registers, and what is measured of them.

/// One thing that happened to a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegisterEvent {
    /// Somebody noted its version.
    Read,
    /// It was written by somebody who had seen the version that was there.
    Written,
    /// It was written by somebody who had seen none.
    WrittenBlindly,
    /// Somebody came too late to write it.
    Conflict,
}

/// One register of the model, with all its keys.
#[derive(Clone, PartialEq, Debug)]
pub struct RegisterSeries {
    /// The name in the model.
    pub name: String,
    /// One per interval.
    pub rows: Vec<RegisterRow>,
}

/// One interval of a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RegisterRow {
    /// Versions that were noted.
    pub reads: u64,
    /// Writes, with success or not.
    pub writes: u64,
    /// Of these, those that came too late.
    pub conflicts: u64,
    /// Of these, those of somebody who had seen no version.
    pub blind: u64,
}

impl RegisterRow {
    pub(super) fn happened(&mut self, event: RegisterEvent) {
        match event {
            RegisterEvent::Read => self.reads += 1,
            RegisterEvent::Written => self.writes += 1,
            RegisterEvent::WrittenBlindly => {
                self.writes += 1;
                self.blind += 1;
            }
            RegisterEvent::Conflict => {
                self.writes += 1;
                self.conflicts += 1;
            }
        }
    }
}
