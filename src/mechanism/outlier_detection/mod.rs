//! Outlier detection: a caller that leaves out the instances that do worse than the others.
//!
//! Each client watches how its own attempts end at each instance (passive health checking). An instance that fails several times in a row, that succeeds much less
//! often than the others or that takes much longer is ejected: the balancer picks among the rest. Every `interval` a sweep looks at all instances and returns those whose time is over;
//! who is ejected again stays away for longer. The rules are those of Envoy (`outlier_detection_impl.cc`, `outlier_detection.proto`), of which gRPC has two (proposal
//! A50); the panic threshold is Envoy's (`panic_threshold.rst`): when too few instances are left, all of them are used.
//!
//! | rule | ejects | in Envoy by default |
//! |---|---|---|
//! | `consecutive_5xx` | at once, after so many failures in a row | enforced |
//! | `consecutive_gateway_failure` | the same of failures to reach the service | only detected |
//! | `consecutive_local_origin_failure` | the same of failures without an answer, with `split_external_local_origin_errors` | enforced |
//! | `success_rate` | in a sweep, whoever is more than `success_rate_stdev_factor` standard deviations below the mean | enforced |
//! | `failure_percentage` | in a sweep, whoever fails more often than a fixed share | only detected |
//! | `slow_ejection` | in a sweep, whoever is slower than the median of the others by a factor | not in Envoy |
//!
//! It is good where one instance of many is broken: a bad disk, a bad build, a lost route. It is bad where all of them are: then it takes capacity away from a service that has too little, and what was
//! on the ejected instances makes the rest fail next; the two shares, `max_ejection_percent` and `healthy_panic_threshold`, are there for that. It learns from few attempts: a client of many
//! that each call rarely sees no volume. Failures that follow the request and not the instance (one bad key, one bad tenant) eject whoever was asked.
//!
//! - **Fewer than ten instances**: one of nine is 11 %, more than the 10 % of `max_ejection_percent`, and so nobody is ever ejected. Older versions of Envoy, and gRPC, let at least one go (`always_eject_one_host`).
//! - **Several that are equally bad**: with a share s of them, each is √((1 - s) / s) standard deviations below the mean. At 1.9 nobody is found above 21.7 %, and with four instances nobody at all, since one of n
//!   is never further than √(n - 1) from the mean (P. Samuelson, JASA 1968).
//! - **Slow is not failing**: no rule of Envoy's looks at latency. A node that limps (Do et al., "Limplock", `SoCC` 2013) is noticed only through timeouts.
//!
//! For `slow_ejection` the latency of an instance is the time that its attempts took together, divided by the answers among them. Attempts that were given up add their time and no answer, so that a short timer
//! cannot make a slow instance look fast (with exponential times this is the maximum likelihood estimate of a censored mean); failures that are not about time count for nothing, as who fails fast is not fast.
//! It is bad for latencies with heavy tails and few attempts, where the mean of an interval is the largest of them; and it ejects the instance with the warmest name and the coldest cache after every deployment.
//!
//! Left out: Envoy's extension monitors and its runtime overrides; active health checks, which would return an instance early; priority levels; `fail_traffic_on_panic`. Istio's `minHealthPercent` is the panic threshold, 0 % by default.
//! gRPC returns instances at the end of a sweep and not at its begin, and compares the failure percentage strictly; here both are as in Envoy.

mod host;
mod series;
mod settings;
mod state;
mod sweep;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Cause, OutlierDetection, OutlierDetectionState, Verdict};
