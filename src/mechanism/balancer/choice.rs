//! Among which instances is picked.

/// Some instances of a service, at least one, by their ordinals. Static: where all of them are meant, asking costs nothing.
pub(super) trait Choice: Copy {
    /// How many there are.
    fn count(&self) -> u32;

    /// Whether this one is among them.
    fn has(&self, ordinal: u32) -> bool;

    /// The one with this position among them.
    fn nth(&self, position: u32) -> u32;

    /// The next one from `turn` on, in a circle of `instances`.
    fn next_from(&self, turn: u32, instances: u32) -> u32;
}

/// All of so many.
#[derive(Clone, Copy, Debug)]
pub(super) struct All(pub(super) u32);

impl Choice for All {
    #[inline]
    fn count(&self) -> u32 {
        self.0
    }

    #[inline]
    fn has(&self, _: u32) -> bool {
        true
    }

    #[inline]
    fn nth(&self, position: u32) -> u32 {
        position
    }

    #[inline]
    fn next_from(&self, turn: u32, _: u32) -> u32 {
        turn
    }
}

/// Those that are available.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left<'a> {
    available: &'a [bool],
    count: u32,
}

impl<'a> Left<'a> {
    pub(super) fn new(available: &'a [bool]) -> Self {
        Self { available, count: available.iter().filter(|&&is_available| is_available).count() as u32 }
    }

    fn ordinals(&self) -> impl Iterator<Item = u32> {
        (0_u32..).zip(self.available).filter(|(_, is_available)| **is_available).map(|(ordinal, _)| ordinal)
    }
}

impl Choice for Left<'_> {
    fn count(&self) -> u32 {
        self.count
    }

    fn has(&self, ordinal: u32) -> bool {
        self.available[ordinal as usize]
    }

    fn nth(&self, position: u32) -> u32 {
        self.ordinals().nth(position as usize).expect("invariant: a position among those that are counted")
    }

    fn next_from(&self, turn: u32, instances: u32) -> u32 {
        let mut circle = (turn..instances).chain(0..turn);
        circle.find(|&ordinal| self.has(ordinal)).expect("invariant: at least one is available")
    }
}
