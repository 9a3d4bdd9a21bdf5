//! What can be written about outlier detection.

use serde::{Deserialize, Serialize};

use crate::mechanism::{Class, Problems};
use crate::quantity::{Duration, Factor, Limit, Share};

/// The default of `max_ejection_time`, which yields to a longer `base_ejection_time`.
const MAX_EJECTION_TIME: Duration = Duration::from_secs(300);
/// More standard deviations than this are a slip of the hand: Envoy writes 1900 for 1.9.
const STDEV_FACTOR_MAX: f64 = 100.0;

/// `[policies.db.outlier_detection]`: leave out instances that do worse than the others. Names and defaults are Envoy's.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct OutlierDetectionSettings {
    /// Whose defaults stand where nothing is written. `explain` shows what they are.
    #[serde(skip_serializing)]
    pub preset: Option<OutlierPreset>,
    /// How often all instances are looked at; also when those that were ejected are returned.
    pub interval: Duration,
    /// How long an instance is ejected for the first time; the n-th time in a row it is n times as long. It ends with the first sweep at or after that.
    pub base_ejection_time: Duration,
    /// No ejection takes longer, but for its jitter; never less than `base_ejection_time`.
    pub max_ejection_time: Duration,
    /// Up to so much is added to each ejection, uniformly, so that not all return at once.
    pub max_ejection_time_jitter: Duration,
    /// No more than this share of the instances is ejected at a time. One of nine is 11 %: with the default and fewer than ten instances, nobody is.
    pub max_ejection_percent: Share,
    /// Whether one instance may be ejected whatever the share is (older versions of Envoy, gRPC).
    pub always_eject_one_host: bool,
    /// With a smaller share of instances that are not ejected, all of them are used as if nobody were (panic); 0 % for never.
    pub healthy_panic_threshold: Share,
    /// After so many failures in a row an instance is ejected at once.
    pub consecutive_5xx: Limit<u32>,
    /// The same of those that are in `counts_as_gateway_failure`.
    pub consecutive_gateway_failure: Limit<u32>,
    /// Whether failures without an answer, those in `counts_as_local_origin_failure`, are counted apart from the others.
    pub split_external_local_origin_errors: bool,
    /// After so many of these in a row an instance is ejected at once, if they are counted apart.
    pub consecutive_local_origin_failure: Limit<u32>,
    /// With fewer instances that have enough volume, success rates say nothing.
    pub success_rate_minimum_hosts: u32,
    /// An instance with fewer outcomes within an interval has no success rate.
    pub success_rate_request_volume: u32,
    /// An instance is ejected if its success rate is below the mean of all by more than so many standard deviations; to a thousandth. Envoy writes 1900 for 1.9.
    pub success_rate_stdev_factor: Factor,
    /// An instance is ejected if at least this share of its outcomes are failures.
    pub failure_percentage_threshold: Share,
    /// With fewer instances that have enough volume, failure percentages say nothing.
    pub failure_percentage_minimum_hosts: u32,
    /// An instance with fewer outcomes within an interval has no failure percentage.
    pub failure_percentage_request_volume: u32,
    /// Eject instances that are slower than the others. Not in Envoy; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow_ejection: Option<SlowEjectionSettings>,
    /// With which probability an instance that was found by a rule is ejected.
    pub enforcing: EnforcingSettings,
    /// Which outcomes are failures.
    pub counts_as_failure: Vec<Class>,
    /// Which of them say that the service was not reached (502, 503 and 504).
    pub counts_as_gateway_failure: Vec<Class>,
    /// Which of them the client made up itself, since there was no answer.
    pub counts_as_local_origin_failure: Vec<Class>,
    /// Which outcomes say nothing; everything else is a success.
    pub counts_as_ignored: Vec<Class>,
}

/// Whose settings outlier detection has where it says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutlierPreset {
    /// Envoy's. These are the defaults, too.
    Envoy,
    /// Istio's: five failures in a row, no success rates, no panic.
    Istio,
    /// gRPC's: success rates and failure percentages, of whatever is not OK; one instance is always ejected.
    Grpc,
}

impl OutlierPreset {
    /// Every preset, in the order of the language.
    pub const ALL: [Self; 3] = [Self::Envoy, Self::Istio, Self::Grpc];
}

/// `slow_ejection = { factor = 3, minimum_hosts = 3, request_volume = 20 }`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SlowEjectionSettings {
    /// An instance is ejected if its latency is above the median of the others by more than this factor; to a thousandth.
    pub factor: Factor,
    /// With fewer instances that have enough volume, latencies say nothing.
    pub minimum_hosts: u32,
    /// An instance with fewer attempts within an interval has no latency.
    pub request_volume: u32,
}

impl Default for SlowEjectionSettings {
    fn default() -> Self {
        Self { factor: Factor::from(3_u32), minimum_hosts: 3, request_volume: 20 }
    }
}

/// `enforcing = { consecutive_5xx = "100%" }`: with 0 % a rule detects and does not eject. Envoy writes `enforcing_consecutive_5xx: 100`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct EnforcingSettings {
    /// Failures in a row.
    pub consecutive_5xx: Share,
    /// Gateway failures in a row.
    pub consecutive_gateway_failure: Share,
    /// Failures without an answer in a row.
    pub consecutive_local_origin_failure: Share,
    /// A low success rate.
    pub success_rate: Share,
    /// A low share of attempts that are answered.
    pub local_origin_success_rate: Share,
    /// A high failure percentage.
    pub failure_percentage: Share,
    /// A high percentage of attempts that are not answered.
    pub failure_percentage_local_origin: Share,
    /// A high latency.
    pub slow: Share,
}

impl Default for EnforcingSettings {
    fn default() -> Self {
        Self {
            consecutive_5xx: Share::ONE,
            consecutive_gateway_failure: Share::ZERO,
            consecutive_local_origin_failure: Share::ONE,
            success_rate: Share::ONE,
            local_origin_success_rate: Share::ONE,
            failure_percentage: Share::ZERO,
            failure_percentage_local_origin: Share::ZERO,
            slow: Share::ONE,
        }
    }
}

impl Default for OutlierDetectionSettings {
    fn default() -> Self {
        let local = [
            Class::ConnectFailure,
            Class::RefusedStream,
            Class::Reset,
            Class::AttemptTimeout,
            Class::DeadlineExceeded,
        ];
        let gateway = [&[Class::GatewayError, Class::Overloaded], &local[..]].concat();
        Self {
            preset: None,
            interval: Duration::from_secs(10),
            base_ejection_time: Duration::from_secs(30),
            max_ejection_time: MAX_EJECTION_TIME,
            max_ejection_time_jitter: Duration::ZERO,
            max_ejection_percent: Share::percent(10),
            always_eject_one_host: false,
            healthy_panic_threshold: Share::percent(50),
            consecutive_5xx: Limit::At(5),
            consecutive_gateway_failure: Limit::At(5),
            split_external_local_origin_errors: false,
            consecutive_local_origin_failure: Limit::At(5),
            success_rate_minimum_hosts: 5,
            success_rate_request_volume: 100,
            success_rate_stdev_factor: Factor::new(1.9).unwrap_or(Factor::from(2_u32)),
            failure_percentage_threshold: Share::percent(85),
            failure_percentage_minimum_hosts: 5,
            failure_percentage_request_volume: 50,
            slow_ejection: None,
            enforcing: EnforcingSettings::default(),
            counts_as_failure: [&[Class::ServerError], &gateway[..]].concat(),
            counts_as_gateway_failure: gateway,
            counts_as_local_origin_failure: local.to_vec(),
            counts_as_ignored: vec![Class::Cancelled, Class::LocalReject],
        }
    }
}

impl OutlierDetectionSettings {
    /// How long an ejection takes at most, without its jitter.
    pub(super) fn longest_ejection(&self) -> Duration {
        self.max_ejection_time.max(self.base_ejection_time)
    }

    /// Whether nobody of so many instances may ever be ejected.
    pub fn spares_all_of(&self, instances: u32) -> bool {
        let one_of_them = Share::ONE.billionths().div_ceil(instances.max(1));
        !self.always_eject_one_host && self.max_ejection_percent.billionths() < one_of_them
    }

    /// Notes what is wrong with these settings; `problems` is at `outlier_detection`.
    pub fn check(&self, problems: &mut Problems) {
        self.check_times(problems);
        self.check_shares(problems);
        self.check_counts(problems);
        self.check_rates(problems);
        if let Some(slow) = &self.slow_ejection {
            problems.at("slow_ejection", |problems| slow.check(problems));
        }
        self.check_classes(problems);
        if !self.can_eject() {
            problems.error(
                "nothing ever ejects an instance: every rule is off, or enforced at 0 %",
                "write a rule such as `consecutive_5xx = 5` or `slow_ejection = {}`, and its share in `enforcing`",
            );
        }
    }

    fn can_eject(&self) -> bool {
        let Self { enforcing, split_external_local_origin_errors: splits, .. } = self;
        let in_a_row =
            |threshold: Limit<u32>, share: Share| threshold != Limit::Unlimited && share > Share::ZERO;
        in_a_row(self.consecutive_5xx, enforcing.consecutive_5xx)
            || in_a_row(self.consecutive_gateway_failure, enforcing.consecutive_gateway_failure)
            || enforcing.success_rate > Share::ZERO
            || enforcing.failure_percentage > Share::ZERO
            || (self.slow_ejection.is_some() && enforcing.slow > Share::ZERO)
            || (*splits
                && (in_a_row(
                    self.consecutive_local_origin_failure,
                    enforcing.consecutive_local_origin_failure,
                ) || enforcing.local_origin_success_rate > Share::ZERO
                    || enforcing.failure_percentage_local_origin > Share::ZERO))
    }

    fn check_times(&self, problems: &mut Problems) {
        for (field, time) in [("interval", self.interval), ("base_ejection_time", self.base_ejection_time)] {
            if time.as_ns() < 1_000_000 {
                problems.at(field, |problems| {
                    problems
                        .error("it is at least 1 ms", "Envoy has 10 s between sweeps, and ejects for 30 s");
                });
            }
        }
        if self.max_ejection_time < self.base_ejection_time && self.max_ejection_time != MAX_EJECTION_TIME {
            problems.at("max_ejection_time", |problems| {
                problems.error(
                    format!(
                        "it is shorter than `base_ejection_time`, which is `{}`",
                        self.base_ejection_time
                    ),
                    "write a longer one, or a shorter `base_ejection_time`",
                );
            });
        }
    }

    fn check_shares(&self, problems: &mut Problems) {
        if self.max_ejection_percent == Share::ZERO && !self.always_eject_one_host {
            problems.at("max_ejection_percent", |problems| {
                problems.error(
                    "at 0 % nobody is ever ejected",
                    "write a larger share, or `always_eject_one_host = true`",
                );
            });
        }
        if self.failure_percentage_threshold == Share::ZERO {
            problems.at("failure_percentage_threshold", |problems| {
                problems.error(
                    "at 0 % an instance is ejected without a failure",
                    "write the share of failures at which it is; Envoy has \"85%\"",
                );
            });
        }
    }

    fn check_counts(&self, problems: &mut Problems) {
        for (field, threshold) in [
            ("consecutive_5xx", self.consecutive_5xx),
            ("consecutive_gateway_failure", self.consecutive_gateway_failure),
            ("consecutive_local_origin_failure", self.consecutive_local_origin_failure),
        ] {
            if threshold == Limit::At(0) {
                problems.at(field, |problems| {
                    problems.error(
                        "no failures are no reason to eject",
                        "write at least 1, or `\"unlimited\"` for never (Istio writes 0 for that)",
                    );
                });
            }
        }
        for (field, number) in [
            ("success_rate_minimum_hosts", self.success_rate_minimum_hosts),
            ("success_rate_request_volume", self.success_rate_request_volume),
            ("failure_percentage_minimum_hosts", self.failure_percentage_minimum_hosts),
            ("failure_percentage_request_volume", self.failure_percentage_request_volume),
        ] {
            if number == 0 {
                problems
                    .at(field, |problems| problems.error("of nothing there is no rate", "write at least 1"));
            }
        }
    }

    fn check_rates(&self, problems: &mut Problems) {
        let factor = self.success_rate_stdev_factor.get();
        let hosts = self.success_rate_minimum_hosts;
        problems.at("success_rate_stdev_factor", |problems| {
            if factor > STDEV_FACTOR_MAX {
                problems.error(
                    format!("nobody is {factor} standard deviations below the mean"),
                    "it is a plain number here: write 1.9 where Envoy has 1900",
                );
            } else if factor * factor >= f64::from(hosts.max(1) - 1) && self.enforcing.success_rate > Share::ZERO {
                problems.warning(
                    format!("of {hosts} instances, none can be {factor} standard deviations below the mean"),
                    "one of n is at most √(n - 1) below: write a smaller factor, or more `success_rate_minimum_hosts`",
                );
            }
        });
    }

    fn check_classes(&self, problems: &mut Problems) {
        let ok = |classes: &[Class]| classes.iter().position(|class| *class == Class::Ok);
        if let Some(index) = ok(&self.counts_as_failure) {
            problems.at_index("counts_as_failure", index, |problems| {
                problems.error("`ok` is a success", "remove it from `counts_as_failure`");
            });
        }
        for (index, class) in self.counts_as_ignored.iter().enumerate() {
            if self.counts_as_failure.contains(class) {
                problems.at_index("counts_as_ignored", index, |problems| {
                    problems.error(
                        format!("`{class}` counts as a failure, too"),
                        "name it in one of the two lists",
                    );
                });
            }
        }
        for (field, classes) in [
            ("counts_as_gateway_failure", &self.counts_as_gateway_failure),
            ("counts_as_local_origin_failure", &self.counts_as_local_origin_failure),
        ] {
            for (index, class) in classes.iter().enumerate() {
                if !self.counts_as_failure.contains(class) {
                    problems.at_index(field, index, |problems| {
                        problems.error(
                            format!("`{class}` does not count as a failure"),
                            "name it in `counts_as_failure`, too, or remove it here",
                        );
                    });
                }
            }
        }
    }
}

impl SlowEjectionSettings {
    fn check(&self, problems: &mut Problems) {
        let factor = self.factor.get();
        if factor <= 1.0 || factor > 1e6 {
            problems.at("factor", |problems| {
                problems.error(
                    format!("`{factor}` is not above 1 and at most 1000000"),
                    "at 1 every second instance is slow: write for example 3",
                );
            });
        }
        if self.minimum_hosts < 2 {
            problems.at("minimum_hosts", |problems| {
                problems.error("slower than the others means that there are some", "write at least 2");
            });
        }
        if self.request_volume == 0 {
            problems.at("request_volume", |problems| {
                problems.error("without attempts there is no latency", "write at least 1");
            });
        }
    }
}
