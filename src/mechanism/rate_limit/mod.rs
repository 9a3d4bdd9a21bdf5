//! Rate limits: how fast a client may call, whatever becomes of its calls, and how fast a service takes on what comes.
//!
//! A client that keeps to the rate it was sold, or to what the service can take, does not overload it, with bursts and retries neither. It is the only defence of a client that needs no
//! answers, so it works from the first call on. It is bad where the limit is a guess: too low, it turns work away that the service had room for; too high, it does nothing; and the share of each client
//! goes wrong when their number changes. Waiting for a permit is a queue in front of the service that no timer of the call looks at: with more calls than permits it only grows, up to `max_wait`,
//! and then every call is late by that much, for nothing.
//!
//! | limit | a permit | source |
//! |---|---|---|
//! | `token_bucket` | every 1 / `rate`, up to `burst` of them kept; as the time at which the bucket will be full (GCRA, ITU-T I.371), in exact fractions of a nanosecond | `governor` `gcra.rs` |
//! | `fixed_window` | `limit` of them at the begin of every `period`, none of them kept | resilience4j `AtomicRateLimiter.java` |
//!
//! A window lets twice its limit pass around its end: the rest of the old one and all of the new one, at once. A bucket lets `burst` pass, and then one at a time.
//!
//! Who waits has a permit of the future, which is nobody else's. It does not come back when the call ends before: neither in resilience4j nor here.
//! resilience4j's callers who cannot have one within `max_wait` block that long all the same, and then fail; its asynchronous ones fail at once.
//!
//! The limit of a service has the same bucket, on the other side of the network: what finds no permit there is turned away before anything is done for it (HTTP 429; Envoy's local rate
//! limit, `local_ratelimit` of Istio, DynamoDB's provisioned throughput, nginx's `limit_req`). It knows nothing of what attempts cost, or of whether the service is busy, and it answers so fast that
//! callers who retry at once ask again as fast as they can: the limit holds, and nearly all that arrives is turned away. Envoy fills its buckets every `fill_interval`, DynamoDB and S3 do not say how; here
//! permits come one by one everywhere.
//!
//! Left out: calls that cost more than one permit, draining of permits on a result, limits that follow from the outcomes (the adaptive mode of the AWS SDKs).

mod series;
mod service;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::{COLUMNS, SERVICE_COLUMNS};
pub use service::*;
pub use settings::*;
pub use state::{RateLimit, RateLimitState, Reservation};
