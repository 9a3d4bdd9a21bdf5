//! Generated caches: steps of a model are put behind look-ups, and faults empty what is there.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use metastable::kernel::Duration;
use metastable::mechanism::Class;
use metastable::mechanism::cache::{
    CacheCallSettings, CacheSettings, Coalesce, EarlyExpirationSettings, Eviction, LeaseSettings,
    NegativeSettings, OnError, Placement, SharedSettings, Start, TtlSettings, WarmingSettings,
    WriteBehindSettings,
};
use metastable::mechanism::fault::{CacheFlush, FaultSettings, Role, Select};
use metastable::model::{GetSettings, Model, ServiceSettings, StepSettings};
use metastable::quantity::{Bytes, Distribution, Factor, Limit, Rate, Room, Share, SizeDistribution};

use super::models::{NAMED, POLICIES, SERVICES, add_timers, lower_rates, milliseconds};

/// A cache, whom it is for, and what is put behind it.
#[derive(Clone, Debug)]
pub(crate) struct CacheDraft {
    settings: CacheSettings,
    place: Place,
    service: Index,
    step: Index,
    miss: Miss,
    invalidates: bool,
    lease: Option<LeaseSettings>,
    /// Whether the handler also writes what it is about.
    writes: bool,
    write_behind: Option<WriteBehindSettings>,
    warming: Option<WarmingSettings>,
    flush: Option<(u64, u32, Role)>,
}

#[derive(Clone, Debug)]
enum Place {
    Shared,
    Local,
    /// In one of the services that may be called from there; where there is none it is shared.
    Service {
        index: Index,
        calls: CacheCallSettings,
    },
}

#[derive(Clone, Copy, Debug)]
enum Miss {
    Put,
    Load,
    Nothing,
}

pub(crate) fn cache() -> BoxedStrategy<CacheDraft> {
    let eviction = prop_oneof![
        Just(Eviction::Lru),
        Just(Eviction::Fifo),
        Just(Eviction::Lfu),
        Just(Eviction::Random),
        Just(Eviction::Clock),
        Just(Eviction::Sieve),
        Just(Eviction::S3Fifo),
        Just(Eviction::WTinyLfu),
    ];
    let ttl = ttl();
    let coalesce = prop_oneof![Just(Coalesce::None), Just(Coalesce::Instance), Just(Coalesce::Cache)];
    let entries = (1_u32..=50).prop_map(|entries| (Limit::At(Room::Entries(entries)), None));
    let bytes = (1_u64..=50_000, sizes())
        .prop_map(|(bytes, sizes)| (Limit::At(Room::Bytes(Bytes::new(bytes))), Some(sizes)));
    let unlimited = option::of(sizes()).prop_map(|sizes| (Limit::Unlimited, sizes));
    let capacity = prop_oneof![4 => entries, 3 => bytes, 1 => unlimited];
    let start = prop_oneof![Just(Start::Cold), Just(Start::Warm)];
    let latency = prop_oneof![Just(0), 1_u64..=20].prop_map(|ms| Distribution::Constant(milliseconds(ms)));
    let absent = prop_oneof![2 => Just(0), 1 => 1_u32..=100].prop_map(Share::percent);
    let propagation = prop_oneof![
        2 => Just(None),
        1 => (0_u64..=200).prop_map(|ms| Some(Distribution::Constant(milliseconds(ms)))),
        1 => (1_u64..=200).prop_map(|ms| Some(Distribution::Exponential { mean: milliseconds(ms) })),
    ];
    let settings = (
        eviction,
        option::of(ttl),
        coalesce,
        capacity,
        start,
        latency,
        (absent, option::of(negative()), propagation),
    );
    let settings = settings.prop_map(
        |(eviction, ttl, coalesce, (capacity, sizes), start, latency, (absent, negative, propagation))| {
            CacheSettings {
                absent,
                negative,
                propagation,
                placement: Placement::default(),
                calls: None,
                lease: None,
                write_behind: None,
                warming: None,
                capacity,
                sizes,
                eviction,
                ttl,
                start,
                latency,
                coalesce,
            }
        },
    );
    let miss = prop_oneof![2 => Just(Miss::Put), 3 => Just(Miss::Load), 1 => Just(Miss::Nothing)];
    let role = prop_oneof![Just(Role::Trigger), Just(Role::Background)];
    let flush = option::of((0_u64..=40, prop_oneof![1_u32..100, Just(100)], role));
    let lease = option::of((1_u64..=100, 1_u64..=50, option::of(1_u64..=100))).prop_map(|lease| {
        lease.map(|(ttl, retry, stale)| LeaseSettings {
            ttl: milliseconds(ttl * 10),
            retry_delay: milliseconds(retry),
            serve_stale: stale.map(|ms| milliseconds(ms * 10)),
        })
    });
    let changes = (any::<bool>(), any::<bool>(), option::of(write_behind()), option::of(warming()));
    (settings, place(), any::<Index>(), any::<Index>(), miss, changes, lease, flush)
        .prop_map(|(settings, place, service, step, miss, changes, lease, flush)| {
            let (invalidates, writes, write_behind, warming) = changes;
            CacheDraft {
                settings,
                place,
                service,
                step,
                miss,
                invalidates,
                lease,
                writes,
                write_behind,
                warming,
                flush,
            }
        })
        .boxed()
}

fn write_behind() -> BoxedStrategy<WriteBehindSettings> {
    let max_dirty = prop_oneof![(1_u32..=20).prop_map(Limit::At), Just(Limit::Unlimited)];
    (0_u64..=300, max_dirty, 1_u32..=3, 1_u32..=3, 0_u64..=200)
        .prop_map(|(delay, max_dirty, concurrency, max_attempts, retry)| WriteBehindSettings {
            delay: milliseconds(delay),
            max_dirty,
            concurrency,
            max_attempts,
            retry_delay: milliseconds(retry),
        })
        .boxed()
}

fn warming() -> BoxedStrategy<WarmingSettings> {
    (1_u64..=2000, option::of(1_u32..=60), 0_u64..=500)
        .prop_map(|(rate, keys, delay)| WarmingSettings {
            rate: Rate::new(rate, 1_000_000_000),
            keys,
            delay: milliseconds(delay),
        })
        .boxed()
}

/// Whether it is known which keys are popular: they drift alike, or not at all.
fn is_popularity_known(model: &Model) -> bool {
    let keyed =
        model.workloads.values().filter_map(|workload| Some((workload.key_drift, workload.keys.as_ref()?)));
    let mut drifts = keyed.map(|(drift, keys)| drift.map(|drift| (drift, keys.count())));
    drifts.next().is_some_and(|first| drifts.all(|drift| drift == first))
}

fn negative() -> BoxedStrategy<NegativeSettings> {
    let classes = prop_oneof![
        Just(vec![]),
        Just(vec![Class::GatewayError]),
        Just(vec![Class::AppError, Class::ServerError, Class::GatewayError, Class::Conflict]),
    ];
    (1_u64..=100, classes)
        .prop_map(|(ms, classes)| NegativeSettings { ttl: milliseconds(ms * 10), classes })
        .boxed()
}

fn sizes() -> BoxedStrategy<SizeDistribution> {
    let bytes = || (1_u64..=5000).prop_map(Bytes::new);
    prop_oneof![
        bytes().prop_map(Distribution::Constant),
        bytes().prop_map(|mean| Distribution::Exponential { mean }),
        Just(Distribution::Pareto { min: Bytes::new(100), alpha: Factor::from(1), max: None }),
    ]
    .boxed()
}

fn place() -> BoxedStrategy<Place> {
    let on_error = prop_oneof![Just(OnError::Miss), Just(OnError::Fail)];
    let handler = || prop_oneof![Just(None), Just(Some(NAMED.to_owned()))];
    let policy = any::<Index>().prop_map(|index| (*index.get(&POLICIES)).to_owned());
    let called = (any::<Index>(), policy, on_error, (handler(), handler(), handler())).prop_map(
        |(index, policy, on_error, (get, put, invalidate))| Place::Service {
            index,
            calls: CacheCallSettings { policy, on_error, get, put, invalidate },
        },
    );
    prop_oneof![1 => Just(Place::Shared), 1 => Just(Place::Local), 2 => called].boxed()
}

/// Half of them end as they always did.
fn ttl() -> BoxedStrategy<TtlSettings> {
    let window =
        || prop_oneof![2 => Just(None), 1 => (0_u64..=100).prop_map(|ms| Some(milliseconds(ms * 10)))];
    let early = prop_oneof![2 => Just(None), 1 => (1_u32..=5).prop_map(Some)];
    let freshness =
        prop_oneof![Just((None, None, None, None)), (window(), window(), option::of(1_u64..=99), early),];
    (1_u64..=200, 0_u32..=100, any::<bool>(), freshness)
        .prop_map(|(ms, percent, renewed_on_hit, (stale_while_revalidate, stale_if_error, after, beta))| {
            TtlSettings {
                max: milliseconds(ms * 10),
                jitter: Share::percent(percent),
                renewed_on_hit,
                stale_while_revalidate,
                stale_if_error,
                refresh_after: after.map(|percent| Duration::from_ns(ms * percent * 100_000)),
                early_expiration: beta.map(|beta| EarlyExpirationSettings { beta: Factor::from(beta) }),
            }
        })
        .boxed()
}

/// The model with these caches; each stands before a step of the handler of one service.
pub(crate) fn with_caches(mut model: Model, drafts: &[CacheDraft]) -> Model {
    for (draft, name) in drafts.iter().zip(["shelf", "drawer"]) {
        let mut settings = draft.settings.clone();
        let names: Vec<String> = model.services.keys().cloned().collect();
        let service = draft.service.get(&names);
        let shared = Placement::Shared(SharedSettings {});
        settings.placement = match &draft.place {
            Place::Shared => shared,
            Place::Local => Placement::Local(service.clone()),
            Place::Service { index, calls } => {
                let own = SERVICES.iter().position(|name| name == service).expect("it is one of them");
                let callable = SERVICES[own + 1..].iter().filter(|&&name| model.services.contains_key(name));
                let callable: Vec<&str> = callable.copied().collect();
                if callable.is_empty() {
                    shared
                } else {
                    settings.calls = Some(calls.clone());
                    settings.latency = Distribution::Constant(milliseconds(0));
                    settings.coalesce = Coalesce::None;
                    settings.propagation = None;
                    Placement::Service((*index.get(&callable)).to_owned())
                }
            }
        };
        let is_called = settings.service().is_some();
        if is_called || !matches!(draft.miss, Miss::Load) {
            settings.lease = draft.lease;
        }
        // The check of a model refuses what is full of what nobody knows, or of everything.
        if model.key_count().is_none_or(|count| count == u32::MAX && settings.capacity == Limit::Unlimited) {
            settings.start = Start::Cold;
        }
        // Nor what would be filled with any number of keys.
        if is_popularity_known(&model) && model.key_count().is_some_and(|count| count < u32::MAX) {
            settings.warming = draft.warming;
        }
        if !is_called {
            settings.write_behind = draft.write_behind;
        }
        let tells_others = draft.invalidates && settings.propagation.is_some();
        model.caches.insert(name.to_owned(), settings);
        let handler = &mut model.services.get_mut(service).expect("it is one of them").handler;
        let index = draft.step.index(handler.len());
        let behind = handler[index].clone();
        let stored = behind.clone();
        let put = StepSettings { put: Some(name.to_owned()), ..StepSettings::default() };
        let (on_miss, load) = match draft.miss {
            Miss::Load if is_called => (vec![behind, put], vec![]),
            Miss::Put => (vec![behind, put], vec![]),
            Miss::Load => (vec![], vec![behind]),
            Miss::Nothing => (vec![put], vec![]),
        };
        let get = GetSettings { get: name.to_owned(), on_miss, load };
        handler[index] = StepSettings { cache: Some(get), ..StepSettings::default() };
        if draft.writes && !is_called {
            let put = Some(name.to_owned());
            handler.push(StepSettings { put, store: vec![stored], ..StepSettings::default() });
        }
        if draft.invalidates {
            let step = StepSettings { invalidate: Some(name.to_owned()), ..StepSettings::default() };
            handler.insert(0, step.clone());
            if tells_others {
                let other = names.last().and_then(|name| model.services.get_mut(name));
                other.expect("there is one").handler.push(step);
            }
        }
        if let Some((at, percent, role)) = draft.flush {
            let flush =
                CacheFlush { cache: name.to_owned(), share: Share::percent(percent), select: Select::All };
            let fault = FaultSettings {
                at: Some(milliseconds(at * 100)),
                role: Some(role),
                cache_flush: Some(flush),
                ..FaultSettings::default()
            };
            model.faults.insert(format!("spill_{name}"), fault);
        }
    }
    // What is asked for a cache is tried again, too, and may be lost.
    lower_rates(&mut model);
    add_timers(&mut model);
    model
}

/// The model without its caches: what is behind them is done each time.
pub(crate) fn without_caches(mut model: Model) -> Model {
    let uses = |step: &StepSettings| step.cache_used().is_some();
    for ServiceSettings { handler, .. } in model.services.values_mut() {
        let steps = std::mem::take(handler);
        for step in steps {
            match step.cache {
                // The second of two caches may stand before the first.
                Some(get) => {
                    handler.extend(get.on_miss.into_iter().chain(get.load).filter(|step| !uses(step)));
                }
                None if uses(&step) => {}
                None => handler.push(step),
            }
        }
        if handler.is_empty() {
            let nothing = Distribution::Constant(milliseconds(0));
            handler.push(StepSettings { sleep: Some(nothing), ..StepSettings::default() });
        }
    }
    model.caches.clear();
    model.faults.retain(|_, fault| fault.cache_flush.is_none());
    model
}
