//! W-TinyLFU and its sketch, naively.

use std::collections::{BTreeMap, VecDeque};

use super::{Marked, Model, kept, place, weight};
use crate::kernel::random::finalise;

/// W-TinyLFU by the notes and Caffeine's comments; all lists begin with the oldest.
#[derive(Default)]
pub(super) struct WTinyLfu {
    capacity: u64,
    window: Vec<Marked>,
    probation: Vec<Marked>,
    protected: Vec<Marked>,
    sketch: Sketch,
}

impl WTinyLfu {
    pub(super) fn new(capacity: u64) -> Self {
        Self { capacity, ..Self::default() }
    }

    fn window_size(&self) -> u64 {
        self.capacity - self.capacity * 99 / 100
    }

    fn protected_size(&self) -> u64 {
        self.capacity * 99 / 100 * 8 / 10
    }

    fn weight(&self) -> u64 {
        weight(&self.window) + weight(&self.probation) + weight(&self.protected)
    }

    fn all(&self) -> Vec<Marked> {
        [&self.window[..], &self.probation, &self.protected].concat()
    }

    fn drop(&mut self, key: u32) {
        for list in [&mut self.window, &mut self.probation, &mut self.protected] {
            list.retain(|item| item.0 != key);
        }
    }

    /// A hit without the count: to the newest end, and from probation to the protected ones if it fits there.
    fn touch(&mut self, key: u32) {
        let size = self.protected_size();
        if let Some(place) = place(&self.probation, key) {
            let item = self.probation.remove(place);
            let list = if u64::from(item.1) <= size { &mut self.protected } else { &mut self.probation };
            list.push(item);
            return;
        }
        for list in [&mut self.window, &mut self.protected] {
            if let Some(place) = place(list, key) {
                let item = list.remove(place);
                list.push(item);
            }
        }
    }

    fn demote(&mut self) {
        while weight(&self.protected) > self.protected_size() {
            self.probation.push(self.protected.remove(0));
        }
    }

    fn evict(&mut self, below: &mut dyn FnMut(u64) -> u64) -> Vec<u32> {
        let keys = |list: &[Marked]| list.iter().map(|item| item.0).collect::<VecDeque<u32>>();
        let mut candidates = VecDeque::new();
        while weight(&self.window) > self.window_size() {
            let item = self.window.remove(0);
            candidates.push_back(item.0);
            self.probation.push(item);
        }
        let mut more_candidates = Some(());
        let mut victims = keys(&self.probation);
        let mut more_victims = 0;
        let mut gone = Vec::new();
        while self.weight() > self.capacity {
            victims.retain(|key| !gone.contains(key));
            if candidates.is_empty() && more_candidates.take().is_some() {
                candidates = keys(&self.window);
            }
            while candidates.is_empty() && victims.is_empty() {
                victims = if more_victims == 0 { keys(&self.protected) } else { keys(&self.window) };
                more_victims += 1;
            }
            let evictee = match (candidates.front().copied(), victims.front().copied()) {
                (Some(candidate), Some(victim)) if candidate == victim => {
                    candidates.clear();
                    candidate
                }
                (Some(candidate), Some(victim)) => {
                    candidates.pop_front();
                    let (ours, theirs) = (self.sketch.estimate(candidate), self.sketch.estimate(victim));
                    let is_admitted = ours > theirs || (ours >= 6 && below(128) == 0);
                    if is_admitted { victim } else { candidate }
                }
                (Some(candidate), None) => {
                    candidates.pop_front();
                    candidate
                }
                (None, victim) => victim.unwrap(),
            };
            self.drop(evictee);
            gone.push(evictee);
        }
        self.demote();
        gone
    }
}

impl Model for WTinyLfu {
    fn get(&mut self, key: u32) -> bool {
        self.sketch.count(key);
        self.touch(key);
        self.demote();
        place(&self.all(), key).is_some()
    }

    fn insert(&mut self, key: u32, new: u32, below: &mut dyn FnMut(u64) -> u64) -> (bool, Vec<u32>) {
        let there = place(&self.all(), key).is_some();
        if u64::from(new) > self.capacity {
            self.drop(key);
            return (false, there.then_some(key).into_iter().collect());
        }
        let is_heavy = u64::from(new) > self.window_size();
        if there {
            self.sketch.count(key);
            for list in [&mut self.window, &mut self.probation, &mut self.protected] {
                list.iter_mut().filter(|item| item.0 == key).for_each(|item| item.1 = new);
            }
            match place(&self.window, key) {
                Some(place) if is_heavy => {
                    let item = self.window.remove(place);
                    self.window.insert(0, item);
                }
                _ => self.touch(key),
            }
        } else {
            let (count, total) = (self.all().len() as u64 + 1, self.weight() + u64::from(new));
            let keys = count.min(self.capacity);
            if total >= self.capacity / 2
                && (self.sketch.keys == 0 || self.sketch.keys.next_power_of_two().max(8) < keys)
            {
                self.sketch = Sketch::new((count * self.capacity / total).max(keys));
            }
            let place = if is_heavy { 0 } else { self.window.len() };
            self.window.insert(place, (key, new, 0));
        }
        let mut gone = self.evict(below);
        let is_kept = place(&self.all(), key).is_some();
        if !there {
            gone.retain(|gone| *gone != key);
        }
        (is_kept, gone)
    }

    fn remove(&mut self, key: u32) -> bool {
        let was_there = place(&self.all(), key).is_some();
        self.drop(key);
        was_there
    }

    fn kept(&self) -> BTreeMap<u32, u32> {
        kept(&self.all())
    }
}

/// A counter is a number here, and not four bits of one.
#[derive(Default)]
struct Sketch {
    keys: u64,
    counters: Vec<u8>,
    counted: u64,
}

impl Sketch {
    fn new(keys: u64) -> Self {
        let counters = keys.next_power_of_two().max(8) * 16;
        Self { keys, counters: vec![0; counters as usize], counted: 0 }
    }

    /// 128 counters in a block, 32 of them for each of four rows.
    fn places(&self, key: u32) -> Vec<usize> {
        if self.keys == 0 {
            return Vec::new();
        }
        let hash = finalise(u64::from(key));
        let block = hash as u32 as usize % (self.counters.len() / 128);
        (0..4).map(|row| block * 128 + row * 32 + hash.to_le_bytes()[4 + row] as usize % 32).collect()
    }

    fn estimate(&self, key: u32) -> u8 {
        self.places(key).iter().map(|&place| self.counters[place]).min().unwrap_or(0)
    }

    fn count(&mut self, key: u32) {
        let places = self.places(key);
        if places.iter().all(|&place| self.counters[place] == 15) {
            return;
        }
        for place in places {
            self.counters[place] = (self.counters[place] + 1).min(15);
        }
        self.counted += 1;
        if self.counted == 10 * self.keys {
            let odd = self.counters.iter().filter(|&count| count % 2 == 1).count() as u64;
            self.counters.iter_mut().for_each(|count| *count /= 2);
            self.counted = (self.counted - odd / 4) / 2;
        }
    }
}
