//! When an entry is loaded anew before it is missed, and how long it is of use after its time.

use super::TtlSettings;
use crate::kernel::random::Bits;
use crate::kernel::{Duration, num};

/// The rules about the end of an entry's time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Freshness {
    /// Zero: what is over is not used.
    stale_while_revalidate: Duration,
    /// Zero: a load that fails has failed.
    stale_if_error: Duration,
    refresh_after: Option<Duration>,
    /// Zero: nothing expires early.
    beta: f64,
}

impl Freshness {
    /// `None`: there are no such rules.
    pub(super) fn new(ttl: &TtlSettings) -> Option<Self> {
        ttl.freshness().next()?;
        Some(Self {
            stale_while_revalidate: ttl.stale_while_revalidate.unwrap_or_default(),
            stale_if_error: ttl.stale_if_error.unwrap_or_default(),
            refresh_after: ttl.refresh_after,
            beta: ttl.early_expiration.map_or(0.0, |early| early.beta.get()),
        })
    }

    /// Whether an entry whose time has been over for so long is used while it is loaded anew.
    pub(super) fn is_used_when_over(&self, over: Duration) -> bool {
        over < self.stale_while_revalidate
    }

    /// Whether it is used by somebody whose load has failed.
    pub(super) fn is_used_after_error(&self, over: Duration) -> bool {
        over < self.stale_if_error
    }

    /// Whether it may still be of use to anybody.
    pub(super) fn is_kept_when_over(&self, over: Duration) -> bool {
        over < self.stale_while_revalidate.max(self.stale_if_error)
    }

    /// Whether a load that fails may be made up for.
    pub(super) fn minds_errors(&self) -> bool {
        !self.stale_if_error.is_zero()
    }

    /// Whether it matters how long loads take.
    pub(super) fn minds_loads(&self) -> bool {
        self.beta > 0.0
    }

    /// Whether an entry of this `age` that is used is to be loaded anew, although so much is `left` of its time. Its last load `took` so long.
    ///
    /// Caffeine refreshes what is older than `refresh_after`. `XFetch` recomputes if now - delta beta ln(u) >= expiry, for u uniform on (0, 1].
    pub(super) fn is_due(&self, age: Duration, left: Duration, took: Duration, bits: &mut impl Bits) -> bool {
        if self.refresh_after.is_some_and(|after| age > after) {
            return true;
        }
        self.minds_loads()
            && -(took.as_ns() as f64 * self.beta * num::ln(bits.unit_open())) >= left.as_ns() as f64
    }
}
