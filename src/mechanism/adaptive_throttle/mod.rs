//! Adaptive throttling: a client that turns its own requests away while the service does.
//!
//! A service that rejects most of what it gets still pays for every rejection, and its clients for every round trip. Here the client looks at the share of its recent
//! requests that came through, and lets only about as many pass as that allows, with a random choice per request; so some always pass, and the client notices
//! when the service is well again. It needs no knowledge of the limits of the service. It is bad for clients that make few requests, whose share says
//! little; and for one whose requests are of different kinds, of which only some are rejected, since it throttles all of them alike.
//!
//! | throttle | the probability of a local rejection | source |
//! |---|---|---|
//! | `sre` | max(0, (requests - K · accepts) / (requests + 1)), requests with those that were rejected here | B. Beyer et al., "Site Reliability Engineering" (2016), chapter 21 |
//! | `admission_control` | max(0, (total - successes / threshold) / (total + 1)) ^ (1 / aggression), total without those that were rejected here | Envoy `admission_control.cc`, `thread_local_controller.cc` |
//! | `nack` | max(0, 1 - average / (1 - threshold)), of the moving average of 1 for what was accepted and 0 for what was not | Finagle `NackAdmissionFilter.scala`, `Ema.scala`, `WindowedAdder.scala` |
//!
//! They recover differently: the first goes on throttling while it throttles, because its own rejections count; the second forgets them. The average of the third stays where it is
//! until an outcome moves it, and the longer it has stood still, the further one outcome does: after two silent minutes a single rejection is enough to throttle.
//! Below `rps_threshold` everything that passes counts as accepted; as in the source, and unlike its comment, what is rejected then follows from the average all the same.
//!
//! Outcomes of the first two are kept in slots of a second, each of which begins with its first use, as in Envoy; the book says nothing about it.
//! Left out: Envoy's rounding of probabilities to four digits, classes of importance, the place of Finagle's filter below its retries: a throttle here looks at whole calls.

mod average;
mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{AdaptiveThrottle, AdaptiveThrottleState};
