//! Places for things that come and go by the million: calls and attempts.
//!
//! An [`Id`] names one occupant of a slot, not the slot: when the occupant is gone and the slot is taken again, the old
//! id finds nothing. Freed slots are reused last in, first out, so the hot ones stay in the cache.

use std::marker::PhantomData;

/// Names one occupant of an [`Arena`].
pub struct Id<T> {
    index: u32,
    generation: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// Names nobody.
    pub const NONE: Self = Self { index: u32::MAX, generation: 0, of: PhantomData };

    /// The slot.
    #[inline]
    pub const fn index(self) -> u32 {
        self.index
    }

    /// Both halves in one number, unique among all occupants of the arena over 2^31 reuses of a slot.
    #[inline]
    pub const fn raw(self) -> u64 {
        (self.generation as u64) << 32 | self.index as u64
    }

    /// Whether this is [`Id::NONE`].
    #[inline]
    pub const fn is_none(self) -> bool {
        self.index == u32::MAX
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && self.generation == other.generation
    }
}

impl<T> Eq for Id<T> {}

impl<T> std::fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}v{}", self.index, self.generation)
    }
}

/// Occupants by [`Id`]; inserting, finding and removing are O(1) and allocate only to grow.
#[derive(Clone, Debug)]
pub struct Arena<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Slot<T> {
    /// Odd while the slot is taken.
    generation: u32,
    value: T,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T: Copy> Arena<T> {
    /// An empty arena.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a slot. The value is made where it will stay: one that is made elsewhere and copied costs as much as everything else here.
    #[expect(clippy::inline_always, reason = "a call takes what the value is made of by way of the stack")]
    #[inline(always)]
    pub fn insert_with(&mut self, value: impl FnOnce() -> T) -> Id<T> {
        if let Some(index) = self.free.pop() {
            let slot = &mut self.slots[index as usize];
            slot.generation = slot.generation.wrapping_add(1);
            slot.value = value();
            return Id { index, generation: slot.generation, of: PhantomData };
        }
        let index = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        assert!(index < u32::MAX, "invariant: fewer than 2^32 - 1 things at a time");
        self.slots.push(Slot { generation: 1, value: value() });
        Id { index, generation: 1, of: PhantomData }
    }

    /// The occupant, if it is still there.
    #[inline]
    pub fn get(&self, id: Id<T>) -> Option<&T> {
        match self.slots.get(id.index as usize) {
            Some(slot) if slot.generation == id.generation => Some(&slot.value),
            _ => None,
        }
    }

    /// The occupant, if it is still there.
    #[inline]
    pub fn get_mut(&mut self, id: Id<T>) -> Option<&mut T> {
        match self.slots.get_mut(id.index as usize) {
            Some(slot) if slot.generation == id.generation => Some(&mut slot.value),
            _ => None,
        }
    }

    /// Frees the slot and says who was in it.
    ///
    /// # Panics
    /// If the occupant is gone already.
    #[inline]
    pub fn remove(&mut self, id: Id<T>) -> T {
        let slot = &mut self.slots[id.index as usize];
        if slot.generation != id.generation {
            is_gone(id);
        }
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(id.index);
        slot.value
    }

    /// The id of whoever is in the slot now, if anyone.
    #[inline]
    pub fn occupant(&self, index: u32) -> Option<Id<T>> {
        let generation = self.slots.get(index as usize)?.generation;
        (generation % 2 == 1).then_some(Id { index, generation, of: PhantomData })
    }

    /// Whoever is in the slot now, if anyone, and the id.
    #[inline]
    pub fn occupant_mut(&mut self, index: u32) -> Option<(Id<T>, &mut T)> {
        match self.slots.get_mut(index as usize) {
            Some(Slot { generation, value }) if *generation % 2 == 1 => {
                Some((Id { index, generation: *generation, of: PhantomData }, value))
            }
            _ => None,
        }
    }

    /// Whoever is in the slot now, if anyone.
    #[inline]
    pub fn at(&self, index: u32) -> Option<&T> {
        self.slots.get(index as usize).filter(|slot| slot.generation % 2 == 1).map(|slot| &slot.value)
    }

    /// The ids of all occupants, by slot.
    pub fn ids(&self) -> impl Iterator<Item = Id<T>> {
        (0..self.slots.len() as u32).filter_map(|index| self.occupant(index))
    }

    /// How many occupants there are.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether nobody is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Copy> std::ops::Index<Id<T>> for Arena<T> {
    type Output = T;

    #[inline]
    fn index(&self, id: Id<T>) -> &T {
        let slot = &self.slots[id.index as usize];
        if slot.generation != id.generation {
            is_gone(id);
        }
        &slot.value
    }
}

impl<T: Copy> std::ops::IndexMut<Id<T>> for Arena<T> {
    #[inline]
    fn index_mut(&mut self, id: Id<T>) -> &mut T {
        let slot = &mut self.slots[id.index as usize];
        if slot.generation != id.generation {
            is_gone(id);
        }
        &mut slot.value
    }
}

/// Apart, and by value: where a message is made of an id, it is stored before every access.
#[cold]
#[inline(never)]
fn is_gone<T>(id: Id<T>) -> ! {
    panic!("invariant: {id:?} is still there")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_id_finds_nothing_in_a_reused_slot() {
        let mut arena = Arena::new();
        let first = arena.insert_with(|| 'a');
        assert_eq!(arena.remove(first), 'a');
        assert_eq!(arena.occupant(first.index()), None);
        assert_eq!(arena.occupant_mut(first.index()), None);
        assert_eq!(arena.at(first.index()), None);
        let second = arena.insert_with(|| 'b');
        assert_eq!(second.index(), first.index());
        assert_eq!(arena.get(first), None);
        assert_eq!(arena.get(second), Some(&'b'));
        assert_eq!(arena.occupant(second.index()), Some(second));
        assert_eq!(arena.occupant_mut(second.index()), Some((second, &mut 'b')));
        assert_eq!(arena.at(second.index()), Some(&'b'));
        assert_eq!(arena.get(Id::NONE), None);
        assert_eq!(arena.len(), 1);
    }
}
