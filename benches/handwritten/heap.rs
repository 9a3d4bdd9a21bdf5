//! A 4-ary heap, the best general event list of textbook kind, and its keys.

/// Time, sequence and payload in one number, so that one comparison orders by time and then by sequence.
pub(crate) type Key = u128;

/// The key of an event.
#[inline]
pub(crate) fn key(time: u64, sequence: u32, payload: u32) -> Key {
    u128::from(time) << 64 | u128::from(sequence) << 32 | u128::from(payload)
}

/// The time of an event.
#[inline]
pub(crate) fn time_of(key: Key) -> u64 {
    (key >> 64) as u64
}

/// After everything.
pub(crate) const NEVER: Key = Key::MAX;

/// The four children of one node: one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Family([Key; 4]);

/// A heap in which every node has four children, side by side.
///
/// Node 0 is the root; the children of node n are the family n. What is beyond the end is [`NEVER`], so that a family that is not full needs no care.
#[derive(Clone, Debug)]
pub(crate) struct Heap {
    root: Key,
    families: Vec<Family>,
    len: usize,
}

impl Heap {
    /// Nothing.
    pub(crate) fn new() -> Self {
        Self { root: NEVER, families: vec![Family([NEVER; 4]); 16], len: 0 }
    }

    /// Node n > 0 is the child (n - 1) % 4 of node (n - 1) / 4.
    #[inline]
    fn node(&mut self, index: usize) -> &mut Key {
        if index == 0 { &mut self.root } else { &mut self.families[(index - 1) / 4].0[(index - 1) % 4] }
    }

    /// Adds a key.
    #[inline]
    pub(crate) fn push(&mut self, key: Key) {
        if self.len / 4 + 1 >= self.families.len() {
            self.families.resize(self.families.len() * 2, Family([NEVER; 4]));
        }
        self.len += 1;
        self.rise(self.len - 1, key);
    }

    /// Takes the first key.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Key> {
        if self.len == 0 {
            return None;
        }
        let first = self.root;
        self.len -= 1;
        let last = std::mem::replace(self.node(self.len), NEVER);
        if self.len > 0 {
            self.sink(last);
        }
        Some(first)
    }

    /// Walks the hole at the root down to a leaf along the smallest children, and then moves `key` up from there: it almost always stays near the leaf.
    #[inline]
    fn sink(&mut self, key: Key) {
        let mut hole = 0;
        while hole * 4 + 1 < self.len {
            let Family([a, b, c, d]) = self.families[hole];
            // Pairs first, so that the comparisons overlap and nothing branches on the data.
            let (left, left_key) = if b < a { (1, b) } else { (0, a) };
            let (right, right_key) = if d < c { (3, d) } else { (2, c) };
            let (child, child_key) = if right_key < left_key { (right, right_key) } else { (left, left_key) };
            *self.node(hole) = child_key;
            hole = hole * 4 + 1 + child;
        }
        self.rise(hole, key);
    }

    #[inline]
    fn rise(&mut self, from: usize, key: Key) {
        let mut hole = from;
        while hole > 0 {
            let parent = (hole - 1) / 4;
            let above = *self.node(parent);
            if above <= key {
                break;
            }
            *self.node(hole) = above;
            hole = parent;
        }
        *self.node(hole) = key;
    }
}
