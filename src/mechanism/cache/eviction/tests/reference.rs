//! The policies once more, naively: written from the papers and notes, in lists that are searched and copied, with nothing in common with the store but the draws and the hash of the sketch.

use std::collections::BTreeMap;

use self::w_tiny_lfu::WTinyLfu;
use super::super::Eviction;
use crate::kernel::random::Bits;

mod w_tiny_lfu;

/// What a model says: a hit or not; whether a key was let in; who went, in this order.
pub(super) trait Model {
    /// A look-up.
    fn get(&mut self, key: u32) -> bool;
    /// A key comes, or its weight changes.
    fn insert(&mut self, key: u32, weight: u32, bits: &mut dyn FnMut(u64) -> u64) -> (bool, Vec<u32>);
    /// A key is taken out.
    fn remove(&mut self, key: u32) -> bool;
    /// Keys and weights, by key.
    fn kept(&self) -> BTreeMap<u32, u32>;
}

/// An empty model.
pub(super) fn model(eviction: Eviction, capacity: u64) -> Box<dyn Model> {
    match eviction {
        Eviction::Lru | Eviction::Fifo | Eviction::Lfu | Eviction::Random => {
            Box::new(Searched { eviction, capacity, items: Vec::new(), now: 0 })
        }
        Eviction::Clock => Box::new(Circle { capacity, items: Vec::new(), hand: 0 }),
        Eviction::Sieve => Box::new(Sieve { capacity, items: Vec::new(), hand: None }),
        Eviction::S3Fifo => Box::new(S3Fifo { capacity, ..S3Fifo::default() }),
        Eviction::WTinyLfu => Box::new(WTinyLfu::new(capacity)),
    }
}

/// The draws as a function, so that a model can be a trait object.
pub(super) fn below(bits: &mut impl Bits) -> impl FnMut(u64) -> u64 + '_ {
    |count| bits.below(count)
}

#[derive(Clone)]
struct Item {
    key: u32,
    weight: u32,
    came: u64,
    used: u64,
    count: u64,
}

/// LRU, FIFO, LFU and random: everything is noted of everyone, and who goes is searched for.
struct Searched {
    eviction: Eviction,
    capacity: u64,
    /// In any order but for random eviction, which draws a place; a place that is left is taken by the last one.
    items: Vec<Item>,
    now: u64,
}

impl Searched {
    fn weight(&self) -> u64 {
        self.items.iter().map(|item| u64::from(item.weight)).sum()
    }

    fn place(&self, key: u32) -> Option<usize> {
        self.items.iter().position(|item| item.key == key)
    }

    fn victim(&self, below: &mut dyn FnMut(u64) -> u64) -> usize {
        let places = 0..self.items.len();
        let item = |place: &usize| &self.items[*place];
        let found = match self.eviction {
            Eviction::Lru => places.min_by_key(|place| item(place).used),
            Eviction::Fifo => places.min_by_key(|place| item(place).came),
            Eviction::Lfu => places.min_by_key(|place| (item(place).count, item(place).used)),
            _ => Some(below(self.items.len() as u64) as usize),
        };
        found.unwrap()
    }
}

impl Model for Searched {
    fn get(&mut self, key: u32) -> bool {
        self.now += 1;
        let Some(place) = self.place(key) else { return false };
        self.items[place].used = self.now;
        self.items[place].count += 1;
        true
    }

    fn insert(&mut self, key: u32, weight: u32, below: &mut dyn FnMut(u64) -> u64) -> (bool, Vec<u32>) {
        let there = self.place(key);
        if u64::from(weight) > self.capacity {
            self.remove(key);
            return (false, there.map(|_| key).into_iter().collect());
        }
        let mut gone = Vec::new();
        let mut room = self.capacity - u64::from(weight);
        if let Some(place) = there {
            self.get(key);
            self.items[place].weight = weight;
            room = self.capacity;
        }
        while self.weight() > room {
            let victim = self.victim(below);
            gone.push(self.items.swap_remove(victim).key);
        }
        if there.is_none() {
            self.now += 1;
            self.items.push(Item { key, weight, came: self.now, used: self.now, count: 1 });
        }
        (self.place(key).is_some(), gone)
    }

    fn remove(&mut self, key: u32) -> bool {
        self.place(key).map(|place| self.items.swap_remove(place)).is_some()
    }

    fn kept(&self) -> BTreeMap<u32, u32> {
        self.items.iter().map(|item| (item.key, item.weight)).collect()
    }
}

/// Key, weight, and a bit or count.
type Marked = (u32, u32, u32);

fn place(items: &[Marked], key: u32) -> Option<usize> {
    items.iter().position(|item| item.0 == key)
}

fn weight(items: &[Marked]) -> u64 {
    items.iter().map(|item| u64::from(item.1)).sum()
}

fn kept(items: &[Marked]) -> BTreeMap<u32, u32> {
    items.iter().map(|item| (item.0, item.1)).collect()
}

/// CLOCK, with a clock: the next one clockwise is the next in the list, and newcomers stand right behind the hand.
struct Circle {
    capacity: u64,
    items: Vec<Marked>,
    hand: usize,
}

impl Circle {
    fn evict(&mut self) -> u32 {
        loop {
            self.hand %= self.items.len();
            if self.items[self.hand].2 == 0 {
                return self.items.remove(self.hand).0;
            }
            self.items[self.hand].2 = 0;
            self.hand += 1;
        }
    }
}

impl Model for Circle {
    fn get(&mut self, key: u32) -> bool {
        let found = place(&self.items, key);
        if let Some(place) = found {
            self.items[place].2 = 1;
        }
        found.is_some()
    }

    fn insert(&mut self, key: u32, new: u32, _: &mut dyn FnMut(u64) -> u64) -> (bool, Vec<u32>) {
        let there = place(&self.items, key);
        if u64::from(new) > self.capacity {
            self.remove(key);
            return (false, there.map(|_| key).into_iter().collect());
        }
        let mut gone = Vec::new();
        if let Some(place) = there {
            self.items[place].1 = new;
            self.items[place].2 = 1;
            while weight(&self.items) > self.capacity {
                gone.push(self.evict());
            }
        } else {
            while weight(&self.items) + u64::from(new) > self.capacity {
                gone.push(self.evict());
            }
            self.items.insert(self.hand, (key, new, 0));
            self.hand += 1;
        }
        (place(&self.items, key).is_some(), gone)
    }

    fn remove(&mut self, key: u32) -> bool {
        let found = place(&self.items, key);
        if let Some(place) = found {
            self.items.remove(place);
            if place < self.hand {
                self.hand -= 1;
            }
        }
        found.is_some()
    }

    fn kept(&self) -> BTreeMap<u32, u32> {
        kept(&self.items)
    }
}

/// Algorithm 1 of the paper of SIEVE; the list begins with the tail, the oldest.
struct Sieve {
    capacity: u64,
    items: Vec<Marked>,
    /// The key at the hand.
    hand: Option<u32>,
}

impl Sieve {
    fn evict(&mut self) -> u32 {
        let mut at = self.hand.and_then(|key| place(&self.items, key)).unwrap_or(0);
        while self.items[at].2 == 1 {
            self.items[at].2 = 0;
            at = (at + 1) % self.items.len();
        }
        self.hand = self.items.get(at + 1).map(|item| item.0);
        self.items.remove(at).0
    }
}

impl Model for Sieve {
    fn get(&mut self, key: u32) -> bool {
        let found = place(&self.items, key);
        if let Some(place) = found {
            self.items[place].2 = 1;
        }
        found.is_some()
    }

    fn insert(&mut self, key: u32, new: u32, _: &mut dyn FnMut(u64) -> u64) -> (bool, Vec<u32>) {
        let there = place(&self.items, key);
        if u64::from(new) > self.capacity {
            self.remove(key);
            return (false, there.map(|_| key).into_iter().collect());
        }
        let mut gone = Vec::new();
        if let Some(place) = there {
            self.items[place].1 = new;
            self.items[place].2 = 1;
            while weight(&self.items) > self.capacity {
                gone.push(self.evict());
            }
        } else {
            while weight(&self.items) + u64::from(new) > self.capacity {
                gone.push(self.evict());
            }
            self.items.push((key, new, 0));
        }
        (place(&self.items, key).is_some(), gone)
    }

    fn remove(&mut self, key: u32) -> bool {
        let found = place(&self.items, key);
        if let Some(place) = found {
            if self.hand == Some(key) {
                self.hand = self.items.get(place + 1).map(|item| item.0);
            }
            self.items.remove(place);
        }
        found.is_some()
    }

    fn kept(&self) -> BTreeMap<u32, u32> {
        kept(&self.items)
    }
}

/// S3-FIFO by the research notes: S a tenth, M the rest, G in the ratio 0.9; all begin with the oldest.
#[derive(Default)]
struct S3Fifo {
    capacity: u64,
    small: Vec<Marked>,
    main: Vec<Marked>,
    ghosts: Vec<Marked>,
}

impl S3Fifo {
    fn weight(&self) -> u64 {
        weight(&self.small) + weight(&self.main)
    }

    fn evict(&mut self) -> u32 {
        let main_size = self.capacity - (self.capacity as f64 * 0.1) as u64;
        if weight(&self.main) > main_size || self.small.is_empty() {
            self.evict_main()
        } else {
            self.evict_small()
        }
    }

    fn evict_small(&mut self) -> u32 {
        while !self.small.is_empty() {
            let (key, own, hits) = self.small.remove(0);
            if hits >= 2 {
                self.main.push((key, own, 0));
                continue;
            }
            let ghosts_size = self.capacity * 9 / 10;
            if u64::from(own) <= ghosts_size {
                while weight(&self.ghosts) + u64::from(own) > ghosts_size {
                    self.ghosts.remove(0);
                }
                self.ghosts.push((key, own, 0));
            }
            return key;
        }
        self.evict_main()
    }

    fn evict_main(&mut self) -> u32 {
        loop {
            let (key, own, hits) = self.main.remove(0);
            if hits == 0 {
                return key;
            }
            self.main.push((key, own, hits.min(3) - 1));
        }
    }

    fn find(&mut self, key: u32) -> Option<&mut Marked> {
        self.small.iter_mut().chain(&mut self.main).find(|item| item.0 == key)
    }
}

impl Model for S3Fifo {
    fn get(&mut self, key: u32) -> bool {
        let found = self.find(key);
        found.map(|item| item.2 += 1).is_some()
    }

    fn insert(&mut self, key: u32, new: u32, _: &mut dyn FnMut(u64) -> u64) -> (bool, Vec<u32>) {
        let there = self.find(key).is_some();
        if u64::from(new) > self.capacity {
            if there {
                self.remove(key);
            }
            return (false, there.then_some(key).into_iter().collect());
        }
        let mut gone = Vec::new();
        if let Some(item) = self.find(key) {
            item.1 = new;
            item.2 += 1;
            while self.weight() > self.capacity {
                gone.push(self.evict());
            }
        } else {
            let ghost = place(&self.ghosts, key);
            ghost.map(|place| self.ghosts.remove(place));
            while self.weight() + u64::from(new) > self.capacity {
                gone.push(self.evict());
            }
            let queue = if ghost.is_some() { &mut self.main } else { &mut self.small };
            queue.push((key, new, 0));
        }
        (self.find(key).is_some(), gone)
    }

    fn remove(&mut self, key: u32) -> bool {
        let was_there = self.find(key).is_some();
        for queue in [&mut self.small, &mut self.main, &mut self.ghosts] {
            queue.retain(|item| item.0 != key);
        }
        was_there
    }

    fn kept(&self) -> BTreeMap<u32, u32> {
        kept(&[&self.small[..], &self.main].concat())
    }
}
