//! How often values were written, and who has seen which of their versions.

use std::collections::BTreeMap;

/// All registers. Who reads and writes is a small number, as of a slot that is used again.
///
/// A value that was never written takes no memory; the others take some to the end of the run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterTable {
    registers: usize,
    /// By register and key: how often it was written.
    versions: BTreeMap<(u32, u32), u64>,
    /// By who and register: the version that was seen, and 1; 0: none.
    seen: Vec<u64>,
}

/// What becomes of a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Write {
    /// It is of the version that is there.
    Done,
    /// Who writes has seen no version, and asks for none.
    Blind,
    /// Somebody else has written since.
    Conflict,
}

impl RegisterTable {
    /// So many registers, which nobody has written or seen.
    pub const fn new(registers: usize) -> Self {
        Self { registers, versions: BTreeMap::new(), seen: Vec::new() }
    }

    /// Whether there are any.
    #[inline]
    pub const fn are_there(&self) -> bool {
        self.registers > 0
    }

    /// Somebody notes which version is there.
    pub fn read(&mut self, who: u32, (register, key): (u32, u32)) {
        let version = self.versions.get(&(register, key)).copied().unwrap_or(0);
        self.all_seen(who)[register as usize] = version + 1;
    }

    /// Somebody writes a value if it is still the one that they have seen; then they have seen the new one.
    pub fn compare_and_set(&mut self, who: u32, (register, key): (u32, u32)) -> Write {
        let seen = self.all_seen(who)[register as usize];
        let version = self.versions.entry((register, key)).or_default();
        let write = match seen {
            0 => Write::Blind,
            seen if seen == *version + 1 => Write::Done,
            _ => return Write::Conflict,
        };
        *version += 1;
        let seen = *version + 1;
        self.all_seen(who)[register as usize] = seen;
        write
    }

    /// Somebody new has seen what somebody else has, or nothing.
    pub fn begin(&mut self, who: u32, from: Option<u32>) {
        for register in 0..self.registers {
            let seen = from.map_or(0, |from| self.all_seen(from)[register]);
            self.all_seen(who)[register] = seen;
        }
    }

    /// Somebody tells somebody else what they have seen; of each register the latest counts.
    pub fn tell(&mut self, who: u32, to: u32) {
        for register in 0..self.registers {
            let told = self.all_seen(who)[register];
            let known = &mut self.all_seen(to)[register];
            *known = told.max(*known);
        }
    }

    fn all_seen(&mut self, who: u32) -> &mut [u64] {
        let first = who as usize * self.registers;
        if self.seen.len() < first + self.registers {
            self.seen.resize(first + self.registers, 0);
        }
        &mut self.seen[first..first + self.registers]
    }
}
