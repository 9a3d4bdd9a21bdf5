//! Who has a lock, and who is next.
//!
//! All places of one lock (its keys, its instances) are one table. A place is there as long as somebody has it or waits for it, so memory goes by who is at it and not by how many keys there are; places and holds
//! that are gone are used again. The index has a node for about a dozen places, so that it allocates hardly ever; a lock for everybody never looks further than its first node.

use std::collections::BTreeMap;

use super::LockMode;
use crate::kernel::Time;

/// Nobody, in lists of holds.
const NONE: u32 = u32::MAX;

/// Names what somebody has of a lock, or waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HoldId(u32);

/// Everything that somebody has of locks, the last that was asked for first; the default is nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Holds(u32);

impl Holds {
    /// Whether there is nothing.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The last that was asked for.
    pub const fn last(self) -> Option<HoldId> {
        if self.0 == 0 { None } else { Some(HoldId(self.0 - 1)) }
    }
}

/// Somebody got what they waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Given<T> {
    /// Who.
    pub who: T,
    /// Of which lock.
    pub lock: u32,
    /// Which place of it.
    pub place: u32,
    /// How.
    pub mode: LockMode,
    /// Since when they waited.
    pub since: Time,
}

/// All locks; `T` is who comes (an index, small and `Copy`).
#[derive(Clone, Debug)]
pub struct LockTable<T> {
    /// By lock and place: where in `places` it is.
    index: BTreeMap<(u32, u32), u32>,
    pub(super) places: Vec<Place>,
    free_places: Vec<u32>,
    pub(super) holds: Vec<Hold<T>>,
    free_holds: Vec<u32>,
    /// By lock: what somebody outside has of all its places.
    outside: Vec<Outside>,
}

/// How often something outside has a lock.
#[derive(Clone, Copy, Default, Debug)]
struct Outside {
    exclusive: u32,
    shared: u32,
}

impl Outside {
    const fn of(&mut self, mode: LockMode) -> &mut u32 {
        match mode {
            LockMode::Exclusive => &mut self.exclusive,
            LockMode::Shared => &mut self.shared,
        }
    }

    const fn lets_in(self, mode: LockMode) -> bool {
        match mode {
            LockMode::Exclusive => self.exclusive == 0 && self.shared == 0,
            LockMode::Shared => self.exclusive == 0,
        }
    }

    const fn is_there(self) -> bool {
        self.exclusive > 0 || self.shared > 0
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    lock: u32,
    number: u32,
    /// How many have it.
    holders: u32,
    is_exclusive: bool,
    outside: Outside,
    /// The ends of the line.
    first: u32,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Hold<T> {
    who: T,
    place: u32,
    mode: LockMode,
    waits: bool,
    /// When the wait, or else the hold, began.
    since: Time,
    /// In the line.
    before: u32,
    behind: u32,
    /// What the same one has besides.
    outer: Holds,
}

impl<T: Copy> LockTable<T> {
    /// So many locks, which nobody has.
    pub fn new(locks: usize) -> Self {
        Self {
            index: BTreeMap::new(),
            places: Vec::new(),
            free_places: Vec::new(),
            holds: Vec::new(),
            free_holds: Vec::new(),
            outside: vec![Outside::default(); locks],
        }
    }

    /// Places that somebody has or waits for.
    pub fn places_in_use(&self) -> usize {
        self.index.len()
    }

    /// Somebody who has `outer` wants a place of a lock. Says whether they have it, and what they have now; if not, they are in the line.
    pub fn acquire(
        &mut self,
        now: Time,
        (lock, place): (u32, u32),
        mode: LockMode,
        who: T,
        outer: Holds,
    ) -> (bool, Holds) {
        let slot = self.slot(lock, place);
        let is_free = self.places[slot as usize].first == NONE && self.has_room(slot, mode);
        let hold =
            Hold { who, place: slot, mode, waits: !is_free, since: now, before: NONE, behind: NONE, outer };
        let id = if let Some(id) = self.free_holds.pop() {
            self.holds[id as usize] = hold;
            id
        } else {
            self.holds.push(hold);
            self.holds.len() as u32 - 1
        };
        if is_free {
            self.enter(slot, mode);
        } else {
            self.join(slot, id);
        }
        (is_free, Holds(id + 1))
    }

    /// Whether a place could be had now.
    pub fn is_free(&self, (lock, place): (u32, u32), mode: LockMode) -> bool {
        match self.index.get(&(lock, place)) {
            Some(&slot) => self.places[slot as usize].first == NONE && self.has_room(slot, mode),
            None => self.outside[lock as usize].lets_in(mode),
        }
    }

    /// Whether somebody still waits for this.
    pub fn waits(&self, id: HoldId) -> bool {
        self.holds[id.0 as usize].waits
    }

    /// Of which lock this is, and which place of it.
    pub fn place_of(&self, id: HoldId) -> (u32, u32) {
        let Place { lock, number, .. } = self.places[self.holds[id.0 as usize].place as usize];
        (lock, number)
    }

    /// How this is held, or waited for.
    pub fn mode(&self, id: HoldId) -> LockMode {
        self.holds[id.0 as usize].mode
    }

    /// Since when somebody waits for this, or else has it.
    pub fn since(&self, id: HoldId) -> Time {
        self.holds[id.0 as usize].since
    }

    /// What else there is.
    pub fn outer(&self, id: HoldId) -> Holds {
        self.holds[id.0 as usize].outer
    }

    /// How many things these are.
    pub fn depth(&self, holds: Holds) -> usize {
        std::iter::successors(holds.last(), |&id| self.outer(id).last()).count()
    }

    /// Somebody gives this back, or leaves the line. Who gets what they waited for by that is added to `given`, in the order of the line.
    pub fn release(&mut self, now: Time, id: HoldId, given: &mut Vec<Given<T>>) {
        let Hold { place: slot, waits, .. } = self.holds[id.0 as usize];
        if waits {
            self.leave(slot, id.0);
        } else {
            self.places[slot as usize].holders -= 1;
        }
        self.free_holds.push(id.0);
        self.give(now, slot, given);
        self.forget_if_unused(slot);
    }

    /// Somebody leaves the line, and nobody gets anything by that before [`Self::serve`]: so several who leave together do not get it one after the other.
    pub fn leave_line(&mut self, id: HoldId) {
        let Hold { place: slot, waits, .. } = self.holds[id.0 as usize];
        debug_assert!(waits, "only who waits is in the line");
        self.leave(slot, id.0);
        self.free_holds.push(id.0);
    }

    /// Gives a place whose line somebody has left to those who may have it now.
    pub fn serve(&mut self, now: Time, at: (u32, u32), given: &mut Vec<Given<T>>) {
        if let Some(&slot) = self.index.get(&at) {
            self.give(now, slot, given);
            self.forget_if_unused(slot);
        }
    }

    /// Something outside takes a place of a lock, or all of them, from those who come from now on; whoever has it keeps it.
    pub fn hold_outside(&mut self, lock: u32, place: Option<u32>, mode: LockMode) {
        match place {
            Some(place) => {
                let slot = self.slot(lock, place);
                *self.places[slot as usize].outside.of(mode) += 1;
            }
            None => *self.outside[lock as usize].of(mode) += 1,
        }
    }

    /// Something outside gives it back.
    pub fn release_outside(
        &mut self,
        now: Time,
        lock: u32,
        place: Option<u32>,
        mode: LockMode,
        given: &mut Vec<Given<T>>,
    ) {
        let slots: Vec<u32> = if let Some(place) = place {
            let slot = self.slot(lock, place);
            *self.places[slot as usize].outside.of(mode) -= 1;
            vec![slot]
        } else {
            *self.outside[lock as usize].of(mode) -= 1;
            self.index.range((lock, 0)..=(lock, u32::MAX)).map(|(_, &slot)| slot).collect()
        };
        for slot in slots {
            self.give(now, slot, given);
            self.forget_if_unused(slot);
        }
    }

    fn slot(&mut self, lock: u32, place: u32) -> u32 {
        if let Some(&slot) = self.index.get(&(lock, place)) {
            return slot;
        }
        let outside = Outside::default();
        let new =
            Place { lock, number: place, holders: 0, is_exclusive: false, outside, first: NONE, last: NONE };
        let slot = if let Some(slot) = self.free_places.pop() {
            self.places[slot as usize] = new;
            slot
        } else {
            self.places.push(new);
            self.places.len() as u32 - 1
        };
        self.index.insert((lock, place), slot);
        slot
    }

    /// Whether one more may have it, those in the line left aside.
    fn has_room(&self, slot: u32, mode: LockMode) -> bool {
        let Place { lock, holders, is_exclusive, outside, .. } = self.places[slot as usize];
        let beside_others = holders == 0 || (mode == LockMode::Shared && !is_exclusive);
        beside_others && outside.lets_in(mode) && self.outside[lock as usize].lets_in(mode)
    }

    fn enter(&mut self, slot: u32, mode: LockMode) {
        let place = &mut self.places[slot as usize];
        place.holders += 1;
        place.is_exclusive = mode == LockMode::Exclusive;
    }

    fn join(&mut self, slot: u32, id: u32) {
        let last = std::mem::replace(&mut self.places[slot as usize].last, id);
        match last {
            NONE => self.places[slot as usize].first = id,
            last => self.holds[last as usize].behind = id,
        }
        self.holds[id as usize].before = last;
    }

    fn leave(&mut self, slot: u32, id: u32) {
        let Hold { before, behind, .. } = self.holds[id as usize];
        match before {
            NONE => self.places[slot as usize].first = behind,
            before => self.holds[before as usize].behind = behind,
        }
        match behind {
            NONE => self.places[slot as usize].last = before,
            behind => self.holds[behind as usize].before = before,
        }
    }

    /// Gives a place to those at the front of its line who may have it.
    fn give(&mut self, now: Time, slot: u32, given: &mut Vec<Given<T>>) {
        loop {
            let Place { lock, number: place, first, .. } = self.places[slot as usize];
            if first == NONE || !self.has_room(slot, self.holds[first as usize].mode) {
                return;
            }
            self.leave(slot, first);
            let Hold { who, mode, since, .. } = self.holds[first as usize];
            self.enter(slot, mode);
            let hold = &mut self.holds[first as usize];
            hold.waits = false;
            hold.since = now;
            given.push(Given { who, lock, place, mode, since });
        }
    }

    fn forget_if_unused(&mut self, slot: u32) {
        let Place { lock, number: place, holders, first, outside, .. } = self.places[slot as usize];
        if holders == 0 && first == NONE && !outside.is_there() {
            self.index.remove(&(lock, place));
            self.free_places.push(slot);
        }
    }
}
