//! One side of a cut: some of all processes.

/// A set of processes. Components have numbers; a process is a component and its ordinal within it (which instance, or which client).
///
/// What a set can be made of (components, zones, regions) repeats along the ordinals, as zones do, so a short pattern per component says it all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Side(Vec<Vec<bool>>);

impl Side {
    /// Nobody, of so many components.
    pub fn nobody(components: usize) -> Self {
        Self(vec![Vec::new(); components])
    }

    /// Every process of so many components.
    pub fn everybody(components: usize) -> Self {
        Self(vec![vec![true]; components])
    }

    /// Adds the processes of a component whose place in this pattern, repeated, is true.
    pub fn add(&mut self, component: usize, pattern: Vec<bool>) {
        self.0[component] = pattern;
    }

    /// Everybody else.
    pub fn others(&self) -> Self {
        let other = |pattern: &Vec<bool>| {
            if pattern.is_empty() { vec![true] } else { pattern.iter().map(|is_in| !is_in).collect() }
        };
        Self(self.0.iter().map(other).collect())
    }

    /// Whether a process belongs to it.
    pub fn contains(&self, component: u32, ordinal: u32) -> bool {
        let pattern = &self.0[component as usize];
        !pattern.is_empty() && pattern[ordinal as usize % pattern.len()]
    }

    /// Whether any process of a component may belong to it.
    pub fn has_any_of(&self, component: u32) -> bool {
        self.0[component as usize].contains(&true)
    }

    /// Whether it is nobody at all.
    pub fn is_nobody(&self) -> bool {
        !self.0.iter().flatten().any(|&is_in| is_in)
    }
}
