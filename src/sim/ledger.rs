//! What was done for requests that must not be done twice.
//!
//! A retry is the same call again, so a call is known by its way from the request (which step of which call, and which repetition of it), without the numbers of
//! attempts. Whatever carries such a request holds its ledger: when the last of it is gone, orphans included, nothing can be done twice any more.

use crate::kernel::random::mix;

/// A request that must not be done twice; the default is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct LedgerId(u32);

impl LedgerId {
    #[inline]
    pub(super) const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// One call, in its ledger.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The hash of its way from the request.
    way: u64,
    executions: u32,
}

#[derive(Clone, Debug, Default)]
struct Ledger {
    /// Calls, attempts, branches and users that carry it.
    holders: u32,
    entries: Vec<Entry>,
}

/// The ledgers of all requests in progress.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledgers {
    ledgers: Vec<Ledger>,
    free: Vec<u32>,
}

impl Ledgers {
    /// A new one, held once; its first entry is the call that the request makes.
    pub(super) fn open(&mut self) -> LedgerId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.ledgers.push(Ledger::default());
            self.ledgers.len() as u32 - 1
        });
        let ledger = &mut self.ledgers[index as usize];
        ledger.holders = 1;
        ledger.entries.push(Entry { way: 0, executions: 0 });
        LedgerId(index + 1)
    }

    /// One more carries it.
    #[inline]
    pub(super) fn hold(&mut self, id: LedgerId) {
        if !id.is_none() {
            self.ledgers[id.0 as usize - 1].holders += 1;
        }
    }

    /// One less carries it; after the last it is closed.
    #[inline]
    pub(super) fn release(&mut self, id: LedgerId) {
        if !id.is_none() {
            self.let_go(id.0 - 1);
        }
    }

    fn let_go(&mut self, index: u32) {
        let ledger = &mut self.ledgers[index as usize];
        ledger.holders -= 1;
        if ledger.holders == 0 {
            ledger.entries.clear();
            self.free.push(index);
        }
    }

    /// The entry of the call that a step of the call at `parent` makes. Beyond 65 535 different calls of one request they are not told apart.
    pub(super) fn entry(&mut self, id: LedgerId, parent: u16, step: u64, iteration: u32) -> u16 {
        if id.is_none() {
            return 0;
        }
        let entries = &mut self.ledgers[id.0 as usize - 1].entries;
        let way = mix(mix(entries[usize::from(parent)].way, step), u64::from(iteration));
        let position = entries.iter().position(|entry| entry.way == way).unwrap_or_else(|| {
            if entries.len() < usize::from(u16::MAX) {
                entries.push(Entry { way, executions: 0 });
            }
            entries.len() - 1
        });
        position as u16
    }

    /// The call at this entry was carried out; true if it had been before.
    pub(super) fn executed(&mut self, id: LedgerId, entry: u16) -> bool {
        let entry = &mut self.ledgers[id.0 as usize - 1].entries[usize::from(entry)];
        entry.executions += 1;
        entry.executions > 1
    }

    /// How many are open.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.ledgers.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_step_of_the_same_call_is_the_same_entry() {
        let mut ledgers = Ledgers::default();
        let id = ledgers.open();
        let first = ledgers.entry(id, 0, 7, 0);
        assert_eq!(ledgers.entry(id, 0, 7, 0), first);
        let others = [ledgers.entry(id, 0, 8, 0), ledgers.entry(id, 0, 7, 1), ledgers.entry(id, first, 7, 0)];
        assert!(!others.contains(&first) && !others.contains(&0));
        assert!(!ledgers.executed(id, first) && ledgers.executed(id, first));
        assert!(!ledgers.executed(id, others[0]));
    }

    #[test]
    fn a_ledger_is_closed_by_its_last_holder_and_used_again() {
        let mut ledgers = Ledgers::default();
        let id = ledgers.open();
        ledgers.executed(id, 0);
        ledgers.hold(id);
        ledgers.release(id);
        assert_eq!(ledgers.len(), 1);
        ledgers.release(id);
        assert_eq!(ledgers.len(), 0);
        assert_eq!(ledgers.open(), id);
        assert!(!ledgers.executed(id, 0), "a new one knows nothing of the old one");
        ledgers.release(LedgerId::default());
    }
}
