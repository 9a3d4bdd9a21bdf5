//! How far the branches of one step are.

/// Counts the branches of one step as they end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tally {
    /// Successes that are still missing.
    needed: u32,
    /// Failures that can still be borne.
    spare: u32,
}

/// What the end of a branch means for the whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// It depends on the others.
    Undecided,
    /// Enough branches have succeeded.
    Succeeded,
    /// Too many have failed.
    Failed,
}

impl Tally {
    /// Nothing has ended; `needed` (at least 1) of `branches` must succeed.
    ///
    /// # Panics
    ///
    /// If `needed` is 0 or more than `branches`, which a checked model rules out.
    pub const fn new(branches: u32, needed: u32) -> Self {
        assert!(
            0 < needed && needed <= branches,
            "invariant: some of the branches must succeed, and all can"
        );
        Self { needed, spare: branches - needed }
    }

    /// A branch ended. Is not to be told of more once it is decided.
    pub const fn branch_ended(&mut self, succeeded: bool) -> Progress {
        if succeeded {
            self.needed -= 1;
            if self.needed == 0 { Progress::Succeeded } else { Progress::Undecided }
        } else if self.spare == 0 {
            Progress::Failed
        } else {
            self.spare -= 1;
            Progress::Undecided
        }
    }
}
