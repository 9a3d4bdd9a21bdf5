//! Generated models: whole [`Model`] values, small enough that a run takes milliseconds, with instants on a coarse grid so that ties are common.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

use crate::caches::{cache, with_caches, without_caches};
use crate::locks::{shared, with_shared, without_shared};
use crate::memory::{memory, with_memories, without_memories};
use crate::policies::{
    adaptive_throttle, bulkhead, circuit_breaker, hedge, outlier_detection, pool, rate_limit, retry_after,
    retry_budget, scope, service_rate_limit,
};
use std::collections::BTreeMap;

use metastable::mechanism::arrivals::{
    ArrivalSettings, BatchSettings, ClosedSettings, MmppSettings, ModulationSettings, OnOffSettings,
    OpenSettings, PartlyOpenSettings, Process, ProfileStep, StateSettings, TraceSettings,
};
use metastable::mechanism::balancer::BalancerSettings;
use metastable::mechanism::circuit_breaker::Per;
use metastable::mechanism::contention::{Applies, ContentionSettings, Counts, LinearSettings, UslSettings};
use metastable::mechanism::fault::{
    Crash, Degrade, ErrorInjection, FaultSettings, IoDelay, LoadSpike, Pause, Resource, Role, Select,
};
use metastable::mechanism::keys::{KeyDriftSettings, KeySettings, UniformSettings, ZipfSettings};
use metastable::mechanism::parallel::Wait;
use metastable::mechanism::queue::{Order, QueueSettings, WhenFull};
use metastable::mechanism::rate_limit::ServiceRateLimitSettings;
use metastable::mechanism::resource::{ContextSwitchSettings, CpuSharing, IoSettings};
use metastable::mechanism::retry::{
    BackoffSettings, ExponentialSettings, FixedSettings, JitterSettings, LinearBackoffSettings,
    RetrySettings, default_retry_on,
};
use metastable::mechanism::{Class, Priority};
use metastable::model::{
    AbandonedWork, CallSettings, ChoiceSettings, DeadlineSettings, JudgeSettings, LateReplies, LinkSettings,
    Model, NetworkSettings, ObjectiveSettings, OperationSettings, ParallelSettings, PolicySettings,
    RepeatSettings, RunSettings, ServiceSettings, StepSettings, TenantSettings, TrySettings,
    UserRetrySettings, WorkloadSettings,
};
use metastable::quantity::{Bytes, Distribution, Duration, Factor, Limit, Rate, Share};

/// Services call only those that come later here, so nothing goes in circles; the order of the names is another one.
pub(crate) const SERVICES: [&str; 5] = ["delta", "alpha", "echo", "bravo", "charlie"];
/// The handler with a name that every service has.
pub(crate) const NAMED: &str = "other";
pub(crate) const POLICIES: [&str; 3] = ["patient", "default", "hasty"];
const WORKLOADS: [&str; 2] = ["users", "batch"];
const FAULTS: [&str; 4] = ["flood", "drought", "quake", "blaze"];

/// Attempts that a run may make at most if everything is tried as often as it may be; rates are lowered to that.
const ATTEMPTS_MAX: u64 = 10_000;

pub(crate) fn milliseconds(ms: u64) -> Duration {
    Duration::from_ns(ms * 1_000_000)
}

/// Any model of the language whose runs are short.
pub(crate) fn model() -> BoxedStrategy<Model> {
    let services = vec(service(), 1..=5);
    let workloads = vec(workload(), 1..=2);
    let policies = vec(policy(), 3);
    let faults = vec(fault(), 0..=4);
    let bare = (run(), services, workloads, policies, link(), faults).prop_map(assemble);
    let caches = prop_oneof![Just(Vec::new()), vec(cache(), 1..=2)];
    let several = prop_oneof![Just(Vec::new()), vec(shared(), 1..=2)];
    let bare = (bare, several).prop_map(|(model, drafts)| with_shared(model, &drafts));
    let memories = prop_oneof![Just(Vec::new()), vec(memory(), 1..=2)];
    (bare, caches, memories)
        .prop_map(|(model, caches, memories)| with_memories(with_caches(model, &caches), &memories))
        .boxed()
}

/// Models that come to rest: no request comes in the second half of the time in which there are any, every fault ends, and there is time enough
/// for whatever was begun.
pub(crate) fn draining_model() -> BoxedStrategy<Model> {
    model()
        .prop_map(|mut model| {
            let end = Duration::from_ns(model.run.duration.as_ns() / 2);
            for workload in model.workloads.values_mut() {
                if !matches!(workload.arrivals, ArrivalSettings::Open(_) | ArrivalSettings::PartlyOpen(_)) {
                    let rate = Rate::new(5, 1_000_000_000);
                    workload.arrivals = ArrivalSettings::Open(OpenSettings {
                        rate,
                        process: Process::Poisson,
                        modulation: None,
                    });
                }
                workload.profile.retain(|step| Duration::from_ns(step.at.as_ns() + step.ramp.as_ns()) < end);
                workload.profile.push(ProfileStep { at: end, scale: factor(0.0), ramp: Duration::ZERO });
            }
            for fault in model.faults.values_mut().filter(|fault| fault.cache_flush.is_none()) {
                fault.duration.get_or_insert(Distribution::Constant(milliseconds(700)));
            }
            for service in model.services.values_mut() {
                // Nothing bounds how many are turned away at a time, and where each slows all others down they are not done within years.
                if matches!(service.contention, Some(ContentionSettings::Usl(_)))
                    && let Some(queue) = &mut service.queue
                {
                    queue.reject_cost = None;
                }
            }
            for pool in model.policies.values_mut().filter_map(|policy| policy.pool.as_mut()) {
                // Every few milliseconds for three years.
                pool.keepalive_time = Limit::Unlimited;
            }
            model.run.duration = Duration::from_secs(100_000_000);
            model.run.interval = Duration::from_secs(1_000_000);
            model.run.warmup = Duration::ZERO;
            model
        })
        .boxed()
}

/// Models in which an attempt that is handled to its end was in `work` for exactly what it drew: no contention, and no fault that slows or stops.
pub(crate) fn constant_speed_model() -> BoxedStrategy<Model> {
    let constant = model().prop_map(without_caches).prop_map(without_shared).prop_map(without_memories);
    constant
        .prop_map(with_open_loops)
        .prop_map(|mut model| {
            for service in model.services.values_mut() {
                service.contention = None;
                service.cpus = Limit::Unlimited;
                // How long these work depends on who is faster, or on what fails.
                service.handler.retain(|step| !has_race(step));
                service.handlers.values_mut().for_each(|steps| steps.retain(|step| !has_race(step)));
                let last = StepSettings {
                    work: Some(Distribution::Constant(milliseconds(1))),
                    ..Default::default()
                };
                service.handler.push(last.clone());
                service.handlers.values_mut().for_each(|steps| steps.push(last.clone()));
            }
            // What is refused, and where to something goes, depends on what others do.
            for policy in model.policies.values_mut() {
                (policy.circuit_breaker, policy.bulkhead, policy.pool) = (None, None, None);
                (policy.adaptive_throttle, policy.rate_limit, policy.outlier_detection) = (None, None, None);
                policy.hedge = None;
            }
            model.faults.retain(|_, fault| fault.degrade.is_none() && fault.pause.is_none());
            model
        })
        .boxed()
}

/// Models whose users come whatever becomes of those before them, and are never heard of again.
fn with_open_loops(mut model: Model) -> Model {
    for workload in model.workloads.values_mut() {
        if !matches!(workload.arrivals, ArrivalSettings::Open(_)) {
            let rate = Rate::new(5, 1_000_000_000);
            workload.arrivals =
                ArrivalSettings::Open(OpenSettings { rate, process: Process::Poisson, modulation: None });
        }
        workload.patience = None;
        workload.user_retry = None;
    }
    model
}

fn has_race(step: &StepSettings) -> bool {
    let inside = |(_, steps): (String, &[StepSettings])| steps.iter().any(has_race);
    step.parallel.is_some() || step.r#try.is_some() || step.inner().into_iter().any(inside)
}

/// Retry settings, or none.
pub(crate) fn retry() -> BoxedStrategy<Option<RetrySettings>> {
    let classes = prop_oneof![2 => Just(default_retry_on()), 1 => subsequence(default_retry_on(), 0..=7)];
    let attempts = prop_oneof![8 => (1_u32..=4).prop_map(Limit::At), 1 => Just(Limit::Unlimited)];
    let bounds = (retry_budget(), retry_after());
    option::of((attempts, backoff(), classes, bounds).prop_map(
        |(max_attempts, backoff, retry_on, bounds)| {
            let backoff = match max_attempts {
                Limit::At(_) => backoff,
                Limit::Unlimited => BackoffSettings::Fixed(FixedSettings {
                    base: milliseconds(100),
                    jitter: JitterSettings::Equal,
                }),
            };
            let (budget, retry_after) = bounds;
            RetrySettings { max_attempts, backoff, retry_on, budget, retry_after }
        },
    ))
    .boxed()
}

/// Writes these settings into the policies, with the timers that unlimited attempts need to come to an end.
pub(crate) fn set_retries(model: &mut Model, retries: &[Option<RetrySettings>]) {
    for (policy, retry) in model.policies.values_mut().zip(retries) {
        policy.retry.clone_from(retry);
        let is_endless = retry.as_ref().is_some_and(|retry| retry.max_attempts == Limit::Unlimited);
        if is_endless && policy.timeout == Limit::Unlimited {
            policy.timeout = Limit::At(milliseconds(1000));
        }
    }
}

fn factor(value: f64) -> Factor {
    Factor::new(value).expect("a factor of the generator is valid")
}

fn span(most_ms: u64) -> BoxedStrategy<Duration> {
    prop_oneof![3 => (0..=most_ms / 5).prop_map(|step| milliseconds(step * 5)), 1 => (0..=most_ms).prop_map(milliseconds)].boxed()
}

fn run() -> BoxedStrategy<RunSettings> {
    let interval = prop_oneof![Just(milliseconds(500)), Just(milliseconds(1000)), Just(milliseconds(1700))];
    (4_u64..=40, interval, any::<bool>(), 0_u64..1000)
        .prop_map(|(halves, interval, warms_up, seed)| RunSettings {
            duration: milliseconds(halves * 500),
            warmup: if warms_up { interval } else { Duration::ZERO },
            interval,
            seed,
        })
        .boxed()
}

fn distribution() -> BoxedStrategy<Distribution> {
    let mean = || (1_u64..=25).prop_map(milliseconds);
    let leaf = prop_oneof![
        4 => span(25).prop_map(Distribution::Constant),
        2 => mean().prop_map(|mean| Distribution::Exponential { mean }),
        1 => (mean(), span(25)).prop_map(|(low, width)| Distribution::Uniform { low, high: Duration::from_ns(low.as_ns() + width.as_ns()) }),
        1 => (mean(), mean()).prop_map(|(mean, sd)| Distribution::Normal { mean, sd }),
        1 => (mean(), 1_u64..=8).prop_map(|(p50, ratio)| Distribution::LognormalByQuantiles { p50, p99: Duration::from_ns(p50.as_ns() * ratio) }),
        1 => (mean(), 0.1_f64..2.0).prop_map(|(mean, cv)| Distribution::LognormalByMoments { mean, cv: factor(cv) }),
        1 => (mean(), 0.1_f64..2.0).prop_map(|(mean, cv)| Distribution::Gamma { mean, cv: factor(cv) }),
        1 => (mean(), 1_u32..5).prop_map(|(mean, k)| Distribution::Erlang { k, mean }),
        1 => (mean(), 0.5_f64..3.0).prop_map(|(mean, shape)| Distribution::Weibull { shape: factor(shape), mean }),
        1 => (mean(), 1.1_f64..3.0).prop_map(|(min, alpha)| Distribution::Pareto { min, alpha: factor(alpha), max: Some(Duration::from_secs(1)) }),
        1 => (mean(), 1.0_f64..3.0).prop_map(|(mean, cv)| Distribution::Hyperexponential { mean, cv: factor(cv) }),
        1 => (span(10), span(10)).prop_map(|(low, width)| {
            let high = Duration::from_ns(low.as_ns() + width.as_ns());
            Distribution::Quantiles(vec![(Share::ZERO, low), (Share::percent(50), low), (Share::ONE, high)])
        }),
    ];
    leaf.prop_recursive(1, 3, 2, |part| {
        (1_u32..100, part.clone(), part).prop_map(|(percent, first, second)| {
            Distribution::Mixture(vec![
                (Share::percent(percent), first),
                (Share::percent(100 - percent), second),
            ])
        })
    })
    .boxed()
}

/// A step whose callee is not known yet.
#[derive(Clone, Debug)]
enum StepDraft {
    Work(Distribution),
    Io(Distribution),
    Sleep(Distribution),
    Call(Index, Index, Index),
    Fail(Share),
    Sequence(Vec<StepDraft>),
    Parallel { steps: Vec<StepDraft>, copies: u32, wait: Index, cancel_losers: bool },
    Choose(u32, Vec<StepDraft>, Vec<StepDraft>),
    Try(Vec<StepDraft>, Vec<StepDraft>),
    Repeat(u32, Vec<StepDraft>),
}

fn step() -> BoxedStrategy<StepDraft> {
    let leaf = prop_oneof![
        4 => distribution().prop_map(StepDraft::Work),
        1 => distribution().prop_map(StepDraft::Io),
        2 => distribution().prop_map(StepDraft::Sleep),
        3 => (any::<Index>(), any::<Index>(), any::<Index>())
            .prop_map(|(to, policy, handler)| StepDraft::Call(to, policy, handler)),
        1 => prop_oneof![0_u32..=30, Just(100)].prop_map(|percent| StepDraft::Fail(Share::percent(percent))),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let steps = || vec(inner.clone(), 1..=3);
        prop_oneof![
            steps().prop_map(StepDraft::Sequence),
            (steps(), 1_u32..=2, any::<Index>(), any::<bool>()).prop_map(
                |(steps, copies, wait, cancel_losers)| {
                    StepDraft::Parallel { steps, copies, wait, cancel_losers }
                }
            ),
            (0_u32..=100, vec(inner.clone(), 0..=2), steps())
                .prop_map(|(percent, first, second)| StepDraft::Choose(percent, first, second)),
            (steps(), vec(inner.clone(), 0..=2))
                .prop_map(|(steps, otherwise)| StepDraft::Try(steps, otherwise)),
            (1_u32..=3, steps()).prop_map(|(times, steps)| StepDraft::Repeat(times, steps)),
        ]
    })
    .boxed()
}

#[derive(Clone, Debug)]
struct ServiceDraft {
    instances: u32,
    threads: Limit<u32>,
    cpus: Limit<u32>,
    cpu_sharing: CpuSharing,
    io: Option<IoSettings>,
    queue: QueueSettings,
    rate_limit: Option<ServiceRateLimitSettings>,
    contention: Option<ContentionSettings>,
    abandoned_work: AbandonedWork,
    handler: Vec<StepDraft>,
    /// What its handler with a name does.
    named: Vec<StepDraft>,
}

fn service() -> BoxedStrategy<ServiceDraft> {
    let threads = prop_oneof![4 => (1_u32..=8).prop_map(Limit::At), 1 => Just(Limit::Unlimited)];
    let contention = option::weighted(0.3, contention());
    let handlers = (vec(step(), 1..=4), vec(step(), 1..=2));
    let cpus = prop_oneof![2 => Just(Limit::Unlimited), 1 => (1_u32..=3).prop_map(Limit::At)];
    let sharing = prop_oneof![Just(CpuSharing::Fcfs), Just(CpuSharing::ProcessorSharing)];
    let io = option::of((1_u32..=2).prop_map(|channels| IoSettings { channels }));
    let intake = (queue(), service_rate_limit());
    (1_u32..=3, (threads, cpus, sharing, io), intake, contention, abandoned_work(), handlers)
        .prop_map(
            |(
                instances,
                (threads, cpus, cpu_sharing, io),
                (queue, rate_limit),
                contention,
                abandoned_work,
                (handler, named),
            )| ServiceDraft {
                instances,
                threads,
                cpus,
                cpu_sharing,
                io,
                queue,
                rate_limit,
                contention,
                abandoned_work,
                handler,
                named,
            },
        )
        .boxed()
}

fn queue() -> BoxedStrategy<QueueSettings> {
    let capacity = prop_oneof![2 => (0_u32..=20).prop_map(Limit::At), 1 => Just(Limit::Unlimited)];
    let order = prop_oneof![
        Just(Order::Fifo),
        Just(Order::Lifo),
        Just(Order::AdaptiveLifo),
        Just(Order::Random),
        Just(Order::Priority)
    ];
    let timeout = option::weighted(0.3, distribution());
    let when_full = prop_oneof![Just(WhenFull::Reject), Just(WhenFull::Drop)];
    let reject_cost = option::weighted(0.3, distribution());
    let retry_after = option::weighted(0.3, (1_u64..=500).prop_map(milliseconds));
    let rejection = (reject_cost, retry_after);
    (capacity, order, when_full, timeout, rejection, span(100), any::<bool>())
        .prop_map(
            |(
                capacity,
                order,
                when_full,
                timeout,
                (reject_cost, retry_after),
                congested_after,
                preemptive,
            )| {
                QueueSettings {
                    capacity,
                    order,
                    when_full,
                    timeout,
                    reject_cost,
                    retry_after,
                    congested_after,
                    preemptive: preemptive && order == Order::Priority,
                }
            },
        )
        .boxed()
}

fn contention() -> BoxedStrategy<ContentionSettings> {
    let counts = prop_oneof![Just(Counts::WithSelf), Just(Counts::Others)];
    let applies = prop_oneof![2 => Just(Applies::Throughout), 1 => Just(Applies::AtStart)];
    let share = prop_oneof![Just(1), Just(25), Just(100)].prop_map(Share::percent);
    (share, counts, applies, any::<bool>())
        .prop_map(|(per_request, counts, applies, is_usl)| {
            if is_usl {
                ContentionSettings::Usl(UslSettings { sigma: per_request, kappa: factor(0.01), applies })
            } else {
                ContentionSettings::Linear(LinearSettings { per_request, counts, applies })
            }
        })
        .boxed()
}

fn abandoned_work() -> BoxedStrategy<AbandonedWork> {
    prop_oneof![
        Just(AbandonedWork::Finish),
        Just(AbandonedWork::DropOnDequeue),
        Just(AbandonedWork::RemoveFromQueue),
        Just(AbandonedWork::Abort),
    ]
    .boxed()
}

fn backoff() -> BoxedStrategy<BackoffSettings> {
    let ratio = || (0_u32..=100).prop_map(Share::percent);
    let plain = || {
        prop_oneof![
            Just(JitterSettings::None),
            Just(JitterSettings::Full),
            Just(JitterSettings::Equal),
            ratio().prop_map(JitterSettings::Ratio),
        ]
    };
    let fixed = prop_oneof![4 => plain(), 1 => ratio().prop_map(JitterSettings::Resilience4j)];
    let own_growth = prop_oneof![
        Just(JitterSettings::Decorrelated),
        Just(JitterSettings::Envoy),
        Just(JitterSettings::PollyV2),
        Just(JitterSettings::FinagleEqual),
        Just(JitterSettings::FinagleDecorrelated),
    ];
    let free_growth = prop_oneof![
        4 => plain(),
        1 => ratio().prop_map(JitterSettings::Resilience4j),
        1 => ratio().prop_map(JitterSettings::Tower),
    ];
    let base = || (1_u64..=100).prop_map(milliseconds);
    let max = || {
        option::of(100_u64..=1000)
            .prop_map(|max| max.map_or(Limit::Unlimited, |ms| Limit::At(milliseconds(ms))))
    };
    let exponential = prop_oneof![own_growth.prop_map(|jitter| (2.0, jitter)), (1.0_f64..3.0, free_growth)];
    prop_oneof![
        2 => Just(BackoffSettings::None),
        2 => (base(), fixed).prop_map(|(base, jitter)| BackoffSettings::Fixed(FixedSettings { base, jitter })),
        1 => (base(), max(), plain()).prop_map(|(base, max, jitter)| BackoffSettings::Linear(LinearBackoffSettings { base, max, jitter })),
        3 => (base(), max(), exponential).prop_map(|(base, max, (multiplier, jitter))| {
            BackoffSettings::Exponential(ExponentialSettings { base, max, multiplier: factor(multiplier), jitter })
        }),
    ].boxed()
}

/// Any policy.
pub(crate) fn policy() -> BoxedStrategy<PolicySettings> {
    let timer = || {
        let limit = prop_oneof![2 => 1_u64..=20, 3 => 20_u64..=1000];
        option::of(limit.prop_map(milliseconds)).prop_map(|span| span.map_or(Limit::Unlimited, Limit::At))
    };
    let late = prop_oneof![Just(LateReplies::Ignore), Just(LateReplies::Accept)];
    let balancer = prop_oneof![
        Just(BalancerSettings::RoundRobin),
        Just(BalancerSettings::Random),
        Just(BalancerSettings::LeastRequest),
        Just(BalancerSettings::PowerOfTwo),
        Just(BalancerSettings::WeightedRoundRobin),
        Just(BalancerSettings::RingHash),
    ];
    let deadline =
        (any::<bool>(), span(20)).prop_map(|(propagate, margin)| DeadlineSettings { propagate, margin });
    (
        timer(),
        timer(),
        retry(),
        late,
        (
            balancer,
            scope(),
            circuit_breaker(),
            bulkhead(),
            adaptive_throttle(),
            rate_limit(),
            pool(),
            outlier_detection(),
            hedge(),
        ),
        deadline,
    )
        .prop_map(
            |(
                timeout,
                per_try_timeout,
                retry,
                late_replies,
                (
                    balancer,
                    scope,
                    circuit_breaker,
                    bulkhead,
                    adaptive_throttle,
                    rate_limit,
                    pool,
                    outlier_detection,
                    hedge,
                ),
                deadline,
            )| {
                let per_host = circuit_breaker.as_ref().is_some_and(|breaker| breaker.per == Per::Host);
                let picks = per_host || outlier_detection.is_some();
                let mut pool = pool.filter(|pool| pool.per == Per::Host || !picks);
                // Who sends into a void and has no timer waits for ever.
                if let Some(pool) = &mut pool
                    && (timeout, per_try_timeout) == (Limit::Unlimited, Limit::Unlimited)
                {
                    pool.dropped_after_idle = Limit::Unlimited;
                }
                PolicySettings {
                    pool,
                    preset: None,
                    scope,
                    circuit_breaker,
                    bulkhead,
                    adaptive_throttle,
                    rate_limit,
                    outlier_detection,
                    hedge,
                    deadline,
                    timeout,
                    per_try_timeout,
                    retry,
                    late_replies,
                    balancer,
                }
            },
        )
        .boxed()
}

fn link() -> BoxedStrategy<LinkSettings> {
    let mean = || (1_u64..=20).prop_map(milliseconds);
    let latency = prop_oneof![
        2 => Just(Distribution::Constant(Duration::ZERO)),
        1 => mean().prop_map(Distribution::Constant),
        1 => mean().prop_map(|mean| Distribution::Exponential { mean }),
    ];
    latency.prop_map(|latency| LinkSettings { latency, ..LinkSettings::default() }).boxed()
}

#[derive(Clone, Debug)]
struct WorkloadDraft {
    per_s: u64,
    process: Process,
    profile: Vec<ProfileStep>,
    to: Index,
    policy: Index,
    clients: u32,
    priority: Priority,
    /// Another kind of arrivals than an open loop.
    arrivals: Option<ArrivalSettings>,
    modulation: Option<ModulationSettings>,
    mix: Vec<OperationSettings>,
    keys: Option<(KeySettings, Option<KeyDriftSettings>)>,
    tenants: Vec<TenantSettings>,
    patience: Option<Distribution>,
    cancel_on_abandon: bool,
    user_retry: Option<UserRetrySettings>,
}

/// A length that is hardly ever 0.
fn pause() -> BoxedStrategy<Distribution> {
    (1_u64..=300).prop_map(|ms| Distribution::Exponential { mean: milliseconds(ms) }).boxed()
}

/// Arrivals that are not an open loop, few enough to be simulated.
fn other_arrivals() -> BoxedStrategy<ArrivalSettings> {
    prop_oneof![
        (1_u32..=20, pause())
            .prop_map(|(users, think)| ArrivalSettings::Closed(ClosedSettings { users, think })),
        (1_u64..=20, pause(), 0_u32..=80).prop_map(|(per_s, think, stay)| {
            let rate = Rate::new(per_s, 1_000_000_000);
            ArrivalSettings::PartlyOpen(PartlyOpenSettings { rate, think, stay: Share::percent(stay) })
        }),
        (span(5000), 1_u32..=50, span(500)).prop_map(|(first, size, spread)| {
            let every = Distribution::Constant(milliseconds(2000));
            ArrivalSettings::Batch(BatchSettings { every, first, size, spread })
        }),
        (1_u32..=4).prop_map(|speed| {
            ArrivalSettings::Trace(TraceSettings { file: "trace.csv".to_owned(), speed: Factor::from(speed) })
        }),
    ]
    .boxed()
}

fn modulation() -> BoxedStrategy<ModulationSettings> {
    let state = (0_u32..=3, pause())
        .prop_map(|(scale, dwell)| StateSettings { scale: factor(f64::from(scale)), dwell });
    prop_oneof![
        (pause(), pause()).prop_map(|(on, off)| ModulationSettings::OnOff(OnOffSettings { on, off })),
        (vec(state, 0..=2), pause()).prop_map(|(mut states, dwell)| {
            states.push(StateSettings { scale: factor(1.0), dwell });
            ModulationSettings::Mmpp(MmppSettings { states })
        }),
    ]
    .boxed()
}

fn mix() -> BoxedStrategy<Vec<OperationSettings>> {
    let two = (0_u32..=100, any::<bool>()).prop_map(|(percent, is_named)| {
        let first = OperationSettings {
            name: "browse".to_owned(),
            share: Share::percent(percent),
            handler: None,
            priority: Some(Priority::Low),
            idempotent: true,
        };
        let second = OperationSettings {
            name: "buy".to_owned(),
            share: Share::percent(100 - percent),
            handler: is_named.then(|| NAMED.to_owned()),
            priority: None,
            idempotent: false,
        };
        vec![first, second]
    });
    prop_oneof![2 => Just(Vec::new()), 1 => two].boxed()
}

fn keys() -> BoxedStrategy<KeySettings> {
    prop_oneof![
        (1_u32..=1000).prop_map(|count| KeySettings::Uniform(UniformSettings { count })),
        (0_u32..=2, 1_u32..=1000).prop_map(|(exponent, count)| {
            KeySettings::Zipf(ZipfSettings { exponent: Factor::from(exponent), count: Limit::At(count) })
        }),
        (1.01_f64..3.0).prop_map(|exponent| {
            KeySettings::Zipf(ZipfSettings { exponent: factor(exponent), count: Limit::Unlimited })
        }),
    ]
    .boxed()
}

fn tenants() -> BoxedStrategy<Vec<TenantSettings>> {
    let two = (0_u32..=100).prop_map(|percent| {
        let tenant = |name: &str, percent, priority| TenantSettings {
            name: name.to_owned(),
            share: Share::percent(percent),
            priority,
        };
        vec![tenant("free", percent, Some(Priority::Low)), tenant("paid", 100 - percent, None)]
    });
    prop_oneof![2 => Just(Vec::new()), 1 => two].boxed()
}

fn user_retry() -> BoxedStrategy<UserRetrySettings> {
    (0_u32..=100, pause(), 0_u32..=3)
        .prop_map(|(percent, delay, max_retries)| UserRetrySettings {
            probability: Share::percent(percent),
            delay,
            max_retries,
        })
        .boxed()
}

fn workload() -> BoxedStrategy<WorkloadDraft> {
    let process = prop_oneof![Just(Process::Poisson), Just(Process::Constant)];
    let clients = prop_oneof![Just(1), Just(3), Just(100)];
    let priority = prop_oneof![Just(Priority::Critical), Just(Priority::Normal), Just(Priority::Low)];
    let target = (any::<Index>(), any::<Index>(), clients, priority);
    let users = (option::weighted(0.2, pause()), any::<bool>(), option::weighted(0.2, user_retry()), mix());
    let drift = (1_u64..=2000, 1_u32..=100);
    let drift = drift.prop_map(|(ms, by)| KeyDriftSettings { every: milliseconds(ms), by });
    let about = (option::weighted(0.3, (keys(), option::of(drift))), tenants());
    let arrivals = (option::weighted(0.3, other_arrivals()), option::weighted(0.2, modulation()));
    (1_u64..=200, process, profile(), target, users, about, arrivals)
        .prop_map(
            |(
                per_s,
                process,
                profile,
                (to, policy, clients, priority),
                (patience, cancel_on_abandon, user_retry, mix),
                (keys, tenants),
                (arrivals, modulation),
            )| WorkloadDraft {
                per_s,
                process,
                profile,
                to,
                policy,
                clients,
                priority,
                arrivals,
                modulation,
                mix,
                keys,
                tenants,
                patience,
                cancel_on_abandon,
                user_retry,
            },
        )
        .boxed()
}

/// Steps that lie one after the other: each begins after the ramp of the one before it.
fn profile() -> BoxedStrategy<Vec<ProfileStep>> {
    let scale = prop_oneof![Just(0.0), Just(0.5), Just(1.0), Just(2.0)];
    let step = (1_u64..=8, prop_oneof![Just(0), 1_u64..=8], scale);
    vec(step, 0..=3)
        .prop_map(|steps| {
            let mut at = 0;
            let profile = steps.into_iter().map(|(gap, ramp, scale)| {
                at += gap * 250;
                let step = ProfileStep {
                    at: milliseconds(at),
                    scale: factor(scale),
                    ramp: milliseconds(ramp * 250),
                };
                at += ramp * 250;
                step
            });
            profile.collect()
        })
        .boxed()
}

#[derive(Clone, Debug)]
struct FaultDraft {
    at: Duration,
    duration: Option<Duration>,
    role: Role,
    whom: Index,
    select: Select,
    kind: FaultKind,
}

#[derive(Clone, Debug)]
enum FaultKind {
    Degrade(f64),
    Pause,
    Crash,
    Spike(f64),
    Errors(u32, Class),
    IoDelay(u64),
}

fn fault() -> BoxedStrategy<FaultDraft> {
    let kind = prop_oneof![
        prop_oneof![Just(0.5), Just(2.0), Just(10.0)].prop_map(FaultKind::Degrade),
        Just(FaultKind::Pause),
        Just(FaultKind::Crash),
        prop_oneof![Just(0.0), Just(0.3), Just(1.5), Just(3.0)].prop_map(FaultKind::Spike),
        (prop_oneof![1_u32..100, Just(100)], injected_class())
            .prop_map(|(percent, class)| FaultKind::Errors(percent, class)),
        (1_u64..=50).prop_map(FaultKind::IoDelay),
    ];
    let at = (0_u64..=40).prop_map(|step| milliseconds(step * 100));
    let duration = option::weighted(0.8, (1_u64..=30).prop_map(|step| milliseconds(step * 100)));
    let role = prop_oneof![Just(Role::Trigger), Just(Role::Background)];
    let select = prop_oneof![Just(Select::All), (1_u32..=3).prop_map(Select::Fixed)];
    (at, duration, role, any::<Index>(), select, kind)
        .prop_map(|(at, duration, role, whom, select, kind)| FaultDraft {
            at,
            duration,
            role,
            whom,
            select,
            kind,
        })
        .boxed()
}

fn injected_class() -> BoxedStrategy<Class> {
    prop_oneof![
        Just(Class::ServerError),
        Just(Class::GatewayError),
        Just(Class::Overloaded),
        Just(Class::AppError),
        Just(Class::Conflict),
        Just(Class::RefusedStream),
        Just(Class::ConnectFailure),
        Just(Class::Reset),
    ]
    .boxed()
}

type Parts =
    (RunSettings, Vec<ServiceDraft>, Vec<WorkloadDraft>, Vec<PolicySettings>, LinkSettings, Vec<FaultDraft>);

fn assemble((run, services, workloads, policies, link, faults): Parts) -> Model {
    let names = &SERVICES[..services.len()];
    let workload_names = &WORKLOADS[..workloads.len()];
    let name = |&name: &&str| name.to_owned();
    let mut model = Model {
        name: "generated".to_owned(),
        description: String::new(),
        run,
        objectives: ObjectiveSettings::default(),
        judge: JudgeSettings::default(),
        workloads: workload_names
            .iter()
            .map(name)
            .zip(workloads.iter().map(|draft| draft.settings(names)))
            .collect(),
        services: services
            .iter()
            .enumerate()
            .map(|(index, draft)| (name(&names[index]), draft.settings(&names[index + 1..])))
            .collect(),
        caches: BTreeMap::new(),
        locks: BTreeMap::new(),
        registers: BTreeMap::new(),
        policies: POLICIES.iter().map(name).zip(policies).collect(),
        network: NetworkSettings { default: link, ..NetworkSettings::default() },
        faults: FAULTS
            .iter()
            .map(name)
            .zip(faults.iter().map(|draft| draft.settings(names, workload_names)))
            .collect(),
    };
    let retries: Vec<_> = model.policies.values().map(|policy| policy.retry.clone()).collect();
    set_retries(&mut model, &retries);
    add_timers(&mut model);
    lower_rates(&mut model);
    drop_spikes_without_a_rate(&mut model);
    model
}

/// A spike changes the rate of an open loop; the check of a model refuses any other.
fn drop_spikes_without_a_rate(model: &mut Model) {
    let Model { workloads, faults, .. } = model;
    let has_rate = |name: &str| matches!(workloads[name].arrivals, ArrivalSettings::Open(_));
    faults.retain(|_, fault| fault.load_spike.as_ref().is_none_or(|spike| has_rate(&spike.workload)));
}

/// A list without steps that call nobody; never empty.
fn steps(drafts: &[StepDraft], callees: &[&str]) -> Vec<StepSettings> {
    let mut steps: Vec<StepSettings> = drafts.iter().filter_map(|draft| draft.settings(callees)).collect();
    if steps.is_empty() {
        steps
            .push(StepSettings { sleep: Some(Distribution::Constant(Duration::ZERO)), ..Default::default() });
    }
    steps
}

impl StepDraft {
    fn settings(&self, callees: &[&str]) -> Option<StepSettings> {
        let mut step = StepSettings::default();
        match self {
            Self::Work(work) => step.work = Some(work.clone()),
            Self::Io(io) => step.io = Some(io.clone()),
            Self::Sleep(sleep) => step.sleep = Some(sleep.clone()),
            Self::Fail(share) => step.fail = Some(*share),
            Self::Call(..) if callees.is_empty() => return None,
            Self::Call(to, policy, handler) => {
                step.call = Some(CallSettings {
                    to: (*to.get(callees)).to_owned(),
                    policy: (*policy.get(&POLICIES)).to_owned(),
                    request_size: Bytes::default(),
                    response_size: Bytes::default(),
                    handler: [None, Some(NAMED.to_owned())][handler.index(2)].clone(),
                });
            }
            Self::Sequence(inner) => step.sequence = Some(steps(inner, callees)),
            Self::Parallel { steps: inner, copies, wait, cancel_losers } => {
                let inner = steps(inner, callees);
                let branches = inner.len() as u32 * copies;
                let wait = match wait.index(branches as usize + 2) as u32 {
                    0 => Wait::All,
                    1 => Wait::Any,
                    more => Wait::Count(more - 1),
                };
                step.parallel = Some(ParallelSettings {
                    steps: inner,
                    copies: *copies,
                    wait,
                    cancel_losers: *cancel_losers,
                });
            }
            Self::Choose(percent, first, second) => {
                let way = |percent, drafts: &[Self]| ChoiceSettings {
                    share: Share::percent(percent),
                    steps: drafts.iter().filter_map(|draft| draft.settings(callees)).collect(),
                };
                step.choose = Some(vec![way(*percent, first), way(100 - percent, second)]);
            }
            Self::Try(inner, otherwise) => {
                step.r#try = Some(TrySettings {
                    steps: steps(inner, callees),
                    otherwise: otherwise.iter().filter_map(|draft| draft.settings(callees)).collect(),
                });
            }
            Self::Repeat(times, inner) => {
                step.repeat = Some(RepeatSettings { times: *times, steps: steps(inner, callees) });
            }
        }
        Some(step)
    }
}

impl ServiceDraft {
    fn settings(&self, callees: &[&str]) -> ServiceSettings {
        ServiceSettings {
            instances: self.instances,
            zones: Vec::new(),
            weights: (1..=self.instances).collect(),
            threads: self.threads,
            cpus: self.cpus,
            cpu_sharing: self.cpu_sharing,
            // Drawn by what has nothing to do with it: one more part makes no other models.
            context_switch: (self.cpu_sharing == CpuSharing::ProcessorSharing
                && self.instances.is_multiple_of(2))
            .then_some(ContextSwitchSettings { cost: milliseconds(1), quantum: milliseconds(3) }),
            io: self.io,
            queue: Some(self.queue.clone()),
            memory: None,
            rate_limit: self.rate_limit,
            handler: steps(&self.handler, callees),
            handlers: [(NAMED.to_owned(), steps(&self.named, callees))].into(),
            contention: self.contention,
            abandoned_work: self.abandoned_work,
        }
    }
}

impl WorkloadDraft {
    fn settings(&self, services: &[&str]) -> WorkloadSettings {
        let rate = Rate::new(self.per_s, 1_000_000_000);
        WorkloadSettings {
            arrivals: match &self.arrivals {
                Some(arrivals) => arrivals.clone(),
                None => ArrivalSettings::Open(OpenSettings {
                    rate,
                    process: self.process,
                    modulation: self.modulation.clone(),
                }),
            },
            profile: self.profile.clone(),
            to: (*self.to.get(services)).to_owned(),
            handler: None,
            mix: self.mix.clone(),
            diurnal: None,
            keys: self.keys.as_ref().map(|(keys, _)| keys.clone()),
            key_drift: self.keys.as_ref().and_then(|(_, drift)| *drift),
            tenants: self.tenants.clone(),
            patience: self.patience.clone(),
            cancel_on_abandon: self.cancel_on_abandon,
            user_retry: self.user_retry.clone(),
            priority: self.priority,
            policy: (*self.policy.get(&POLICIES)).to_owned(),
            clients: self.clients,
            zones: Vec::new(),
        }
    }
}

impl FaultDraft {
    fn settings(&self, services: &[&str], workloads: &[&str]) -> FaultSettings {
        let service = || (*self.whom.get(services)).to_owned();
        let mut settings = FaultSettings {
            at: Some(self.at),
            duration: self.duration.map(Distribution::Constant),
            role: Some(self.role),
            ..FaultSettings::default()
        };
        let select = self.select.clone();
        match self.kind.clone() {
            FaultKind::Degrade(by) => {
                let resource = if by > 5.0 { Resource::Io } else { Resource::Cpu };
                settings.degrade = Some(Degrade { service: service(), factor: factor(by), resource, select });
            }
            FaultKind::IoDelay(ms) => {
                settings.io_delay = Some(IoDelay { service: service(), delay: milliseconds(ms), select });
            }
            FaultKind::Pause => settings.pause = Some(Pause { service: service(), select }),
            FaultKind::Crash => settings.crash = Some(Crash { service: service(), select }),
            FaultKind::Spike(by) => {
                let workload = (*self.whom.get(workloads)).to_owned();
                settings.load_spike = Some(LoadSpike { workload, factor: factor(by) });
            }
            FaultKind::Errors(percent, class) => {
                let share = Share::percent(percent);
                settings.error_injection = Some(ErrorInjection { service: service(), share, class, select });
            }
        }
        settings
    }
}

/// A call that can be lost in silence needs a timer, or it would never end.
pub(crate) fn add_timers(model: &mut Model) {
    let services = &model.services;
    let is_silent =
        |name: &str| services[name].queue.as_ref().is_some_and(|queue| queue.when_full == WhenFull::Drop);
    let of_workloads = model.workloads.values().map(|workload| (&*workload.to, &*workload.policy));
    let steps = services.values().flat_map(ServiceSettings::all_steps);
    let of_services = steps.filter_map(|at| model.call_of(at.step)).map(|call| (call.to, call.policy));
    let silent: Vec<String> = of_workloads
        .chain(of_services)
        .filter(|(to, _)| is_silent(to))
        .map(|(_, policy)| policy.to_owned())
        .collect();
    for name in silent {
        let policy = model.policies.get_mut(&name).expect("the policies of the generator exist");
        if policy.timeout == Limit::Unlimited && policy.per_try_timeout == Limit::Unlimited {
            policy.timeout = Limit::At(milliseconds(500));
        }
    }
}

/// How many attempts these steps make at most, with all that follows from them.
fn cost(steps: &[StepSettings], of_call: &dyn Fn(&StepSettings) -> u64) -> u64 {
    let of_step = |step: &StepSettings| {
        let times = step.repeat.as_ref().map_or(1, |repeat| u64::from(repeat.times));
        let copies = step.parallel.as_ref().map_or(1, |parallel| u64::from(parallel.copies));
        let inner: u64 = step.inner().into_iter().map(|(_, steps)| cost(steps, of_call)).sum();
        times * copies * inner + of_call(step)
    };
    steps.iter().map(of_step).sum()
}

/// Retries multiply along a chain of calls; what is tried five times in each of five services is tried 3125 times.
pub(crate) fn lower_rates(model: &mut Model) {
    let seconds = model.run.duration.as_ns() / 1_000_000_000 + 1;
    let attempts = |policy: &str| {
        let retry = model.policies[policy].retry.as_ref();
        retry.map_or(1, |retry| retry.max_attempts.limited().map_or(10, u64::from))
    };
    let mut costs = std::collections::BTreeMap::new();
    for name in SERVICES.iter().rev().filter(|&&name| model.services.contains_key(name)) {
        let service = &model.services[*name];
        let of_call = |step: &StepSettings| {
            model.call_of(step).map_or(0, |call| attempts(call.policy) * costs[call.to])
        };
        // Whichever handler is called: that it is the dearer one is good enough here.
        let of_handlers = service.all_handlers().into_iter().map(|(_, _, steps)| cost(steps, &of_call));
        let cost = of_handlers.max().unwrap_or(0);
        costs.insert(*name, cost + 1);
    }
    let limits: Vec<u64> = model
        .workloads
        .values()
        .map(|workload| {
            ATTEMPTS_MAX * 1000 / (attempts(&workload.policy) * costs[workload.to.as_str()] * seconds)
        })
        .collect();
    for (workload, per_1000_s) in model.workloads.values_mut().zip(limits) {
        let ArrivalSettings::Open(open) = &mut workload.arrivals else { continue };
        if open.rate.as_per_s_f64() * 1000.0 > per_1000_s as f64 {
            open.rate = Rate::new(per_1000_s.max(100), 1_000_000_000_000);
        }
    }
}
