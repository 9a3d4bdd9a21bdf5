//! Which spans stand in one line of a picture: those that lie inside each other, or after each other.

use crate::kernel::Time;

/// Somewhere in a process: what it lies in, if that is of the same process, and from when to when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Block {
    pub(super) parent: Option<usize>,
    pub(super) begin: Time,
    pub(super) end: Time,
}

/// The lines of one process. Blocks come in the order of their begin, parents before children.
///
/// A block lies in the line of its parent, if it fits there: inside it, and beside nobody else. Otherwise it takes the first line that is free.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// In each line what is open at the moment, from the outside in: number and end.
    open: Vec<Vec<(usize, Time)>>,
    /// Of each block.
    lane: Vec<usize>,
}

impl Lanes {
    /// The line of the next block.
    pub(super) fn place(&mut self, block: Block) -> usize {
        let number = self.lane.len();
        for lane in &mut self.open {
            // What has no length stays until time goes on: what comes at that instant would else stand beside it.
            while lane
                .last()
                .is_some_and(|&(_, end)| end < block.begin || end == block.begin && block.end > end)
            {
                lane.pop();
            }
        }
        let fits = |lane: &Vec<(usize, Time)>| {
            lane.last().is_some_and(|&(top, end)| Some(top) == block.parent && end >= block.end)
        };
        let of_parent = block.parent.map(|parent| self.lane[parent]).filter(|&lane| fits(&self.open[lane]));
        let lane = of_parent.or_else(|| self.open.iter().position(Vec::is_empty)).unwrap_or_else(|| {
            self.open.push(Vec::new());
            self.open.len() - 1
        });
        self.open[lane].push((number, block.end));
        self.lane.push(lane);
        lane
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn in_a_line_everything_lies_inside_or_after(
            spans in prop::collection::vec((0u64..60, 0u64..20, prop::option::of(0usize..30)), 1..40),
        ) {
            let mut spans: Vec<(u64, u64, Option<usize>)> = spans;
            spans.sort_by_key(|(begin, ..)| *begin);
            let mut lanes = Lanes::default();
            let mut placed: Vec<(usize, u64, u64)> = Vec::new();
            for (index, &(begin, length, parent)) in spans.iter().enumerate() {
                let parent = parent.filter(|&parent| parent < index);
                let (at, end) = (Time::from_ns(begin), Time::from_ns(begin + length));
                let lane = lanes.place(Block { parent, begin: at, end });
                placed.push((lane, begin, begin + length));
            }
            for (index, &(lane, begin, end)) in placed.iter().enumerate() {
                for &(other, from, until) in &placed[..index] {
                    let apart = from.max(until) <= begin || end <= from;
                    let inside = from <= begin && end <= until;
                    prop_assert!(lane != other || apart || inside, "{begin}..{end} and {from}..{until}");
                }
            }
        }

        #[test]
        fn what_fits_stands_in_the_line_of_its_parent(length in 1u64..50, gap in 0u64..5) {
            let mut lanes = Lanes::default();
            let block = |parent, begin, end| Block { parent, begin: Time::from_ns(begin), end: Time::from_ns(end) };
            prop_assert_eq!(lanes.place(block(None, 0, 2 * length + gap)), 0);
            prop_assert_eq!(lanes.place(block(Some(0), 0, length)), 0);
            prop_assert_eq!(lanes.place(block(Some(0), length + gap, 2 * length + gap)), 0);
            prop_assert_eq!(lanes.place(block(Some(0), length + gap, 2 * length + gap)), 1, "side by side");
        }
    }
}
