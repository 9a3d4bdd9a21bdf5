//! Generated settings of what callers do besides waiting and trying again.

use proptest::option;
use proptest::prelude::*;

use metastable::mechanism::Class;
use metastable::mechanism::adaptive_throttle::{
    AdaptiveThrottleSettings, AdmissionControlSettings, NackSettings, SreSettings,
};
use metastable::mechanism::bulkhead::{BulkheadSettings, SemaphoreSettings, ThreadPoolSettings};
use metastable::mechanism::circuit_breaker::{
    CircuitBreakerSettings, CountWindowSettings, LateResults, Level, Per, SuccessRule, TimeWindowSettings,
    WindowSettings,
};
use metastable::mechanism::connection_pool::{
    AbandonedConnection, ConnectSettings, OnConnectFailure, PoolOrder, PoolSettings,
};
use metastable::mechanism::hedge::{
    HedgeDelaySettings, HedgePercentileSettings, HedgeSettings, OnHedgeFailure,
};
use metastable::mechanism::outlier_detection::{
    EnforcingSettings, OutlierDetectionSettings, SlowEjectionSettings,
};
use metastable::mechanism::rate_limit::{
    FixedWindowSettings, LimitScope, RateLimitLevel, RateLimitSettings, Rejects, ServiceRateLimitSettings,
    ServiceTokenBucketSettings, TokenBucketSettings,
};
use metastable::mechanism::retry::{
    BackoffSettings, FixedSettings, JitterSettings, RetryAfterSettings, default_retry_on,
};
use metastable::mechanism::retry_budget::{
    BucketSettings, ConcurrencySettings, FailureRateSettings, Implementation, QuotaSettings, RatioSettings,
    RetryBudgetSettings, StaticSettings, TokenSettings,
};
use metastable::model::Scope;
use metastable::quantity::{Duration, Factor, Limit, Rate, Share};

use crate::models::milliseconds;

fn percent() -> BoxedStrategy<Share> {
    (0_u32..=100).prop_map(Share::percent).boxed()
}

fn factor(value: f64) -> Factor {
    Factor::new(value).expect("a factor of the generator is valid")
}

/// Any retry budget, often none.
pub(crate) fn retry_budget() -> BoxedStrategy<Option<RetryBudgetSettings>> {
    prop_oneof![1 => Just(None), 2 => some_retry_budget().prop_map(Some)].boxed()
}

fn some_retry_budget() -> BoxedStrategy<RetryBudgetSettings> {
    let implementation = prop_oneof![Just(Implementation::Finagle), Just(Implementation::Tower)];
    let ratio = (percent(), 1_u32..=3, 1_u64..=10, implementation).prop_map(
        |(percent, min_retries_per_second, ttl, implementation)| {
            let ttl = Duration::from_secs(ttl);
            RetryBudgetSettings::Ratio(RatioSettings { percent, min_retries_per_second, ttl, implementation })
        },
    );
    let window = option::of((1_u64..=5000).prop_map(milliseconds));
    let failure_rate = (percent(), window).prop_map(|(threshold, window)| {
        let window = window.map_or(Limit::Unlimited, Limit::At);
        RetryBudgetSettings::FailureRate(FailureRateSettings { threshold, window })
    });
    prop_oneof![
        4 => Just(RetryBudgetSettings::Unlimited),
        1 => ratio,
        1 => (percent(), 0_u32..=3).prop_map(|(percent, min_retry_concurrency)| {
            RetryBudgetSettings::Concurrency(ConcurrencySettings { percent, min_retry_concurrency })
        }),
        1 => (1_u32..=4).prop_map(|max_retries| RetryBudgetSettings::Static(StaticSettings { max_retries })),
        1 => (1_u32..=20, 0.01_f64..2.0).prop_map(|(max_tokens, ratio)| {
            RetryBudgetSettings::Token(TokenSettings { max_tokens, token_ratio: factor(ratio) })
        }),
        1 => (10_u32..=50, 0_u32..=10, 0_u32..=10, 0_u32..=3).prop_map(|(capacity, retry, timeout, credit)| {
            RetryBudgetSettings::Quota(QuotaSettings {
                capacity,
                retry_cost: retry,
                timeout_cost: timeout,
                throttle_cost: retry,
                first_success_credit: credit,
            })
        }),
        1 => (2_u32..=10, 0.0_f64..1.0).prop_map(|(capacity, per_call)| {
            RetryBudgetSettings::Bucket(BucketSettings { capacity, per_call: factor(per_call) })
        }),
        1 => failure_rate,
    ]
    .boxed()
}

/// Whether to come back when a service asks, and when it does.
pub(crate) fn retry_after() -> BoxedStrategy<Option<RetryAfterSettings>> {
    let obeyed = (percent(), 1_u64..=400).prop_map(|(jitter, max)| {
        let max_interval = Limit::At(milliseconds(max));
        RetryAfterSettings { max_interval, jitter }
    });
    option::weighted(0.3, obeyed).boxed()
}

pub(crate) fn scope() -> BoxedStrategy<Scope> {
    prop_oneof![2 => Just(Scope::Instance), 1 => Just(Scope::Service), 1 => Just(Scope::Global)].boxed()
}

/// A circuit breaker that acts on few calls, or none.
pub(crate) fn circuit_breaker() -> BoxedStrategy<Option<CircuitBreakerSettings>> {
    let window = prop_oneof![
        (1_u32..=10).prop_map(|size| WindowSettings::Count(CountWindowSettings { size })),
        (1_u64..=10, 1_u32..=4).prop_map(|(tenths, buckets)| {
            WindowSettings::Time(TimeWindowSettings { duration: milliseconds(tenths * 100), buckets })
        }),
    ];
    let what = prop_oneof![
        2 => Just((Level::Attempt, Per::Target)),
        1 => Just((Level::Call, Per::Target)),
        2 => Just((Level::Attempt, Per::Host))
    ];
    let row = prop_oneof![1 => Just(Limit::Unlimited), 1 => (1_u32..=4).prop_map(Limit::At)];
    let wait = prop_oneof![1 => Just(Limit::Unlimited), 1 => (1_u64..=500).prop_map(|ms| Limit::At(milliseconds(ms)))];
    let rule =
        prop_oneof![Just(SuccessRule::Rate), Just(SuccessRule::AllConsecutive), Just(SuccessRule::First)];
    let late = prop_oneof![Just(LateResults::CurrentState), Just(LateResults::Discard)];
    let jitter = prop_oneof![Just(JitterSettings::None), Just(JitterSettings::Full)];
    let open = (1_u64..=800, jitter, 1_u32..=3, wait);
    let breaker = (what, (window, 1_u32..=10), 1_u32..=100, row, open, (rule, late)).prop_map(
        |(
            (level, per),
            (window, minimum_calls),
            percent,
            row,
            (open, jitter, probes, wait),
            (rule, late),
        )| {
            CircuitBreakerSettings {
                level,
                per,
                window,
                minimum_calls,
                failure_rate_threshold: Limit::At(Share::percent(percent)),
                slow_call_duration_threshold: milliseconds(50),
                consecutive_failures: row,
                open_duration: BackoffSettings::Fixed(FixedSettings { base: milliseconds(open), jitter }),
                half_open_max_calls: probes,
                half_open_max_wait: wait,
                half_open_success_rule: rule,
                late_results: late,
                ..CircuitBreakerSettings::default()
            }
        },
    );
    option::weighted(0.3, breaker).boxed()
}

/// A bulkhead with few places, or none.
pub(crate) fn bulkhead() -> BoxedStrategy<Option<BulkheadSettings>> {
    let limit = || prop_oneof![1 => Just(Limit::Unlimited), 3 => (0_u32..=5).prop_map(Limit::At)];
    let wait = prop_oneof![1 => Just(Limit::Unlimited), 3 => (0_u64..=50).prop_map(|ms| Limit::At(milliseconds(ms)))];
    let semaphore = (1_u32..=5, wait, limit()).prop_map(|(max_concurrent, max_wait, queue_capacity)| {
        BulkheadSettings::Semaphore(SemaphoreSettings { max_concurrent, max_wait, queue_capacity })
    });
    let pool =
        (1_u32..=5, limit(), any::<bool>()).prop_map(|(threads, queue_capacity, cancel_frees_worker)| {
            BulkheadSettings::ThreadPool(ThreadPoolSettings { threads, queue_capacity, cancel_frees_worker })
        });
    option::weighted(0.3, prop_oneof![semaphore, pool]).boxed()
}

/// A pool of few connections that do not live long, or none.
pub(crate) fn pool() -> BoxedStrategy<Option<PoolSettings>> {
    let number = |least: u32| prop_oneof![1 => Just(Limit::Unlimited), 2 => (least..=4).prop_map(Limit::At)];
    let time = |most: u64| prop_oneof![1 => Just(Limit::Unlimited), 2 => (1..=most).prop_map(|ms| Limit::At(milliseconds(ms)))];
    let per = prop_oneof![Just(Per::Target), Just(Per::Host)];
    let order = prop_oneof![Just(PoolOrder::Lifo), Just(PoolOrder::Fifo)];
    let abandoned = prop_oneof![
        Just(AbandonedConnection::Close),
        Just(AbandonedConnection::Drain),
        Just(AbandonedConnection::Reuse)
    ];
    let on_failure = prop_oneof![Just(OnConnectFailure::Wait), Just(OnConnectFailure::Fail)];
    let backoff = (1_u64..=50).prop_map(|ms| {
        BackoffSettings::Fixed(FixedSettings { base: milliseconds(ms), jitter: JitterSettings::None })
    });
    let connect = ((1_u64..=200).prop_map(milliseconds), on_failure, backoff).prop_map(
        |(timeout, on_failure, backoff)| ConnectSettings {
            handler: None,
            timeout: Limit::At(timeout),
            on_failure,
            backoff,
        },
    );
    let sizes = (1_u32..=4, number(1), number(1), number(0));
    let times = (time(300), time(500), time(2000), time(500), time(300), (1_u64..=50).prop_map(milliseconds));
    let pool = (per, sizes, order, times, time(1000), abandoned, connect).prop_map(
        |(
            per,
            (max_size, max_connecting, max_connections, max_pending),
            order,
            (acquire, idle, lifetime, keepalive, validate, validation_timeout),
            dropped_after_idle,
            abandoned,
            connect,
        )| PoolSettings {
            preset: None,
            per,
            max_size,
            // One that refills when nobody calls never comes to rest.
            min_idle: Some(0),
            max_connecting,
            max_connections,
            max_pending,
            // Where opening is given up sooner than it can be done, who has no limit waits for ever.
            acquire_timeout: if connect.on_failure == OnConnectFailure::Wait {
                Limit::At(acquire.limited().unwrap_or(milliseconds(300)))
            } else {
                acquire
            },
            order,
            idle_timeout: idle,
            max_lifetime: lifetime,
            max_lifetime_jitter: Share::percent(10),
            keepalive_time: keepalive,
            validate_after_idle: validate,
            validation_timeout,
            dropped_after_idle,
            abandoned,
            connect,
        },
    );
    option::weighted(0.4, pool).boxed()
}

/// A throttle that acts soon, or none.
pub(crate) fn adaptive_throttle() -> BoxedStrategy<Option<AdaptiveThrottleSettings>> {
    let window = || (1_u64..=10).prop_map(Duration::from_secs);
    let sre = (1.0_f64..3.0, window())
        .prop_map(|(k, window)| AdaptiveThrottleSettings::Sre(SreSettings { k: factor(k), window }));
    let control = (1_u32..=100, 1.0_f64..3.0, percent(), window()).prop_map(
        |(threshold, aggression, max_rejection_probability, sampling_window)| {
            AdaptiveThrottleSettings::AdmissionControl(AdmissionControlSettings {
                sr_threshold: Share::percent(threshold),
                aggression: factor(aggression),
                max_rejection_probability,
                sampling_window,
                ..AdmissionControlSettings::default()
            })
        },
    );
    let nack = (window(), 1_u32..100, 0_u32..100, 0_u64..=5).prop_map(|(window, threshold, max, rps)| {
        AdaptiveThrottleSettings::Nack(NackSettings {
            window,
            nack_rate_threshold: Share::percent(threshold),
            max_rejection_probability: Share::percent(max),
            rps_threshold: Rate::new(rps, 1_000_000_000),
        })
    });
    option::weighted(0.3, prop_oneof![sre, control, nack]).boxed()
}

/// Copies of attempts after a short time, or none.
pub(crate) fn hedge() -> BoxedStrategy<Option<HedgeSettings>> {
    let percentile = (1_u32..=99, 1_u64..=30, 0_u64..=20).prop_map(|(percent, tenths, min)| {
        HedgeDelaySettings::Percentile(HedgePercentileSettings {
            percentile: Share::percent(percent),
            window: milliseconds(tenths * 100),
            min: milliseconds(min),
            max: Limit::At(milliseconds(500)),
        })
    });
    let fixed = (0_u64..=100).prop_map(|ms| HedgeDelaySettings::Fixed(milliseconds(ms)));
    let extra = prop_oneof![
        1 => Just((Limit::Unlimited, 0)),
        1 => (1_u32..=100, 0_u32..=2).prop_map(|(percent, min)| (Limit::At(Share::percent(percent)), min)),
    ];
    let non_fatal =
        prop_oneof![Just(default_retry_on()), Just(Vec::new()), Just(vec![Class::AttemptTimeout])];
    let on_failure = prop_oneof![Just(OnHedgeFailure::SendNext), Just(OnHedgeFailure::Wait)];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let hedge = (prop_oneof![fixed, percentile], 2_u32..=4, extra, non_fatal, on_failure, flags).prop_map(
        |(delay, max_attempts, extra, non_fatal, on_failure, (cancel_losers, distinct_hosts, tied))| {
            let (max_extra_load, min_hedges_per_second) = extra;
            HedgeSettings {
                delay,
                max_attempts,
                max_extra_load,
                min_hedges_per_second,
                non_fatal,
                on_failure,
                cancel_losers,
                distinct_hosts,
                tied: tied && cancel_losers,
            }
        },
    );
    option::weighted(0.3, hedge).boxed()
}

/// Permits for about as much as the workloads send, or any number.
pub(crate) fn rate_limit() -> BoxedStrategy<Option<RateLimitSettings>> {
    let max_wait = || {
        prop_oneof![
            2 => Just(Limit::At(Duration::ZERO)),
            2 => (1_u64..=500).prop_map(|ms| Limit::At(milliseconds(ms))),
            1 => Just(Limit::Unlimited),
        ]
    };
    let level = || prop_oneof![Just(RateLimitLevel::Call), Just(RateLimitLevel::Attempt)];
    let bucket =
        (1_u64..=100, 1_u32..=20, max_wait(), level()).prop_map(|(per_s, burst, max_wait, level)| {
            let rate = Rate::new(per_s, 1_000_000_000);
            RateLimitSettings::TokenBucket(TokenBucketSettings { rate, burst, max_wait, level })
        });
    let rejects = prop_oneof![Just(Rejects::AtOnce), Just(Rejects::AfterMaxWait)];
    let window = (1_u32..=50, 1_u64..=1000, max_wait(), rejects, level()).prop_map(
        |(limit, ms, max_wait, rejects, level)| {
            let period = milliseconds(ms);
            RateLimitSettings::FixedWindow(FixedWindowSettings { limit, period, max_wait, rejects, level })
        },
    );
    option::weighted(0.3, prop_oneof![bucket, window]).boxed()
}

/// A bucket of a service or its instances that is often empty, or none.
pub(crate) fn service_rate_limit() -> BoxedStrategy<Option<ServiceRateLimitSettings>> {
    let max_wait = prop_oneof![
        2 => Just(Limit::At(Duration::ZERO)),
        2 => (1_u64..=500).prop_map(|ms| Limit::At(milliseconds(ms))),
        1 => Just(Limit::Unlimited),
    ];
    let scope = prop_oneof![Just(LimitScope::Instance), Just(LimitScope::Service)];
    let bucket = (1_u64..=100, 1_u32..=20, max_wait, scope).prop_map(|(per_s, burst, max_wait, scope)| {
        let rate = Rate::new(per_s, 1_000_000_000);
        ServiceRateLimitSettings::TokenBucket(ServiceTokenBucketSettings { rate, burst, max_wait, scope })
    });
    option::weighted(0.2, bucket).boxed()
}

/// Outlier detection that acts on few attempts, or none; now and then on nobody, or on everybody.
pub(crate) fn outlier_detection() -> BoxedStrategy<Option<OutlierDetectionSettings>> {
    let row = || prop_oneof![1 => Just(Limit::Unlimited), 2 => (1_u32..=4).prop_map(Limit::At)];
    let times = (10_u64..=500, 10_u64..=500, 0_u64..=300);
    let shares = (1_u32..=100, any::<bool>(), percent());
    let slow = option::of((1.1_f64..5.0, 1_u32..=5).prop_map(|(value, request_volume)| {
        SlowEjectionSettings { factor: factor(value), minimum_hosts: 2, request_volume }
    }));
    let enforcing =
        (1_u32..=100, percent(), percent()).prop_map(|(row, gateway, failure)| EnforcingSettings {
            consecutive_5xx: Share::percent(row),
            consecutive_gateway_failure: gateway,
            failure_percentage: failure,
            ..EnforcingSettings::default()
        });
    let detection = (times, shares, (row(), row(), any::<bool>()), slow, (1_u32..=10, enforcing)).prop_map(
        |(
            (interval, base, jitter),
            (max, always, panic),
            (failures, gateway, splits),
            slow,
            (volume, enforcing),
        )| {
            OutlierDetectionSettings {
                interval: milliseconds(interval),
                base_ejection_time: milliseconds(base),
                max_ejection_time: milliseconds(3 * base),
                max_ejection_time_jitter: milliseconds(jitter),
                max_ejection_percent: Share::percent(max),
                always_eject_one_host: always,
                healthy_panic_threshold: panic,
                consecutive_5xx: failures,
                consecutive_gateway_failure: gateway,
                split_external_local_origin_errors: splits,
                success_rate_minimum_hosts: 2,
                success_rate_request_volume: volume,
                success_rate_stdev_factor: factor(0.9),
                failure_percentage_minimum_hosts: 1,
                failure_percentage_request_volume: volume,
                slow_ejection: slow,
                enforcing,
                ..OutlierDetectionSettings::default()
            }
        },
    );
    option::weighted(0.3, detection).boxed()
}
