//! Which permits are taken.

use super::{
    FixedWindowSettings, RateLimitLevel, RateLimitSettings, Rejects, ServiceRateLimitSettings,
    TokenBucketSettings,
};
use crate::kernel::{Duration, Time};
use crate::quantity::Rate;

/// A rate limit, ready to be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateLimit {
    kind: Kind,
    /// `None`: as long as it takes.
    max_wait: Option<Duration>,
    waits_in_vain: bool,
    level: RateLimitLevel,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// A permit takes `per_ns` units to come. There are `count` units in a nanosecond, so that no rate is rounded.
    TokenBucket {
        count: u64,
        per_ns: u64,
        burst: u32,
    },
    FixedWindow {
        limit: u32,
        period: Duration,
    },
}

/// The permits that are taken. Each kind uses a part of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateLimitState {
    began: Time,
    /// When the bucket will be full again, in units since the begin.
    full_at: u128,
    /// The period that is looked at, by number.
    window: u64,
    /// Permits of this period and later ones that are taken.
    taken: u64,
}

/// What becomes of somebody who wants a permit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reservation {
    /// It has one.
    Now,
    /// It has one of the future, and waits that long.
    After(Duration),
    /// It has none, and is told so after this time.
    Rejected(Duration),
}

impl RateLimitState {
    /// The permits of a client that begins now: all are there.
    pub const fn new(now: Time) -> Self {
        Self { began: now, full_at: 0, window: 0, taken: 0 }
    }
}

impl RateLimit {
    /// Compiles settings that [`RateLimitSettings::check`] found no error in.
    pub fn new(settings: &RateLimitSettings) -> Self {
        match *settings {
            RateLimitSettings::TokenBucket(TokenBucketSettings { rate, burst, max_wait, level }) => Self {
                kind: Kind::TokenBucket { count: rate.count(), per_ns: rate.per_ns(), burst },
                max_wait: max_wait.limited(),
                waits_in_vain: false,
                level,
            },
            RateLimitSettings::FixedWindow(FixedWindowSettings {
                limit,
                period,
                max_wait,
                rejects,
                level,
            }) => Self {
                kind: Kind::FixedWindow { limit, period },
                max_wait: max_wait.limited(),
                waits_in_vain: matches!(rejects, Rejects::AfterMaxWait),
                level,
            },
        }
    }

    /// The same for a service, where attempts need permits.
    pub fn of_service(settings: &ServiceRateLimitSettings) -> Self {
        let ServiceRateLimitSettings::TokenBucket(bucket) = settings;
        Self::new(&RateLimitSettings::TokenBucket(TokenBucketSettings {
            rate: bucket.rate,
            burst: bucket.burst,
            max_wait: bucket.max_wait,
            level: RateLimitLevel::Attempt,
        }))
    }

    /// The rate of a bucket, and how many permits it keeps.
    pub fn bucket(&self) -> Option<(Rate, u32)> {
        match self.kind {
            Kind::TokenBucket { count, per_ns, burst } => Some((Rate::new(count, per_ns), burst)),
            Kind::FixedWindow { .. } => None,
        }
    }

    /// What needs a permit.
    pub const fn level(&self) -> RateLimitLevel {
        self.level
    }

    /// Somebody wants a permit. One that is rejected takes none.
    pub fn reserve(&self, state: &mut RateLimitState, now: Time) -> Reservation {
        let wait = match self.kind {
            Kind::TokenBucket { count, per_ns, burst } => {
                let now = u128::from(now.since(state.began).as_ns()) * u128::from(count);
                let full_at = state.full_at.max(now);
                let room = u128::from(burst - 1) * u128::from(per_ns);
                let wait = in_ns((full_at - now).saturating_sub(room).div_ceil(u128::from(count)));
                if self.is_soon(wait) {
                    state.full_at = full_at + u128::from(per_ns);
                }
                wait
            }
            Kind::FixedWindow { limit, period } => {
                let passed = now.since(state.began).as_ns();
                let window = passed / period.as_ns();
                let come = (window - state.window).saturating_mul(u64::from(limit));
                (state.window, state.taken) = (window, state.taken.saturating_sub(come));
                let ahead = state.taken / u64::from(limit);
                let begins = (u128::from(window) + u128::from(ahead)) * u128::from(period.as_ns());
                let wait = in_ns(begins.saturating_sub(u128::from(passed)));
                if self.is_soon(wait) {
                    state.taken += 1;
                }
                wait
            }
        };
        match self.max_wait {
            _ if wait.is_zero() => Reservation::Now,
            Some(max) if wait > max => {
                Reservation::Rejected(if self.waits_in_vain { max } else { Duration::ZERO })
            }
            _ => Reservation::After(wait),
        }
    }

    fn is_soon(&self, wait: Duration) -> bool {
        self.max_wait.is_none_or(|max| wait <= max)
    }
}

/// Longer than any run, if it is too long to be told.
fn in_ns(span: u128) -> Duration {
    Duration::from_ns(u64::try_from(span).unwrap_or(u64::MAX))
}
