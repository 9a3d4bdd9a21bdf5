//! `[caches.…]`, and the steps that use them.

use std::collections::BTreeSet;

use super::{at_entry, listed, policy_named, unknown_name};
use crate::mechanism::Problems;
use crate::mechanism::balancer::BalancerSettings;
use crate::mechanism::cache::{
    CacheSettings, Coalesce, Operation, Placement, Size, Sizes, Start, TtlSettings, WARM_MAX,
};
use crate::mechanism::fault::{CacheFlush, Select};
use crate::model::codes;
use crate::model::load::DEFAULT_POLICY;
use crate::model::settings::{GetSettings, Model, ServiceSettings, StepAt, StepSettings};
use crate::quantity::{Bytes, Limit, NoFiles, Room, Share};

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, cache) in &model.caches {
        at_entry("caches", name, problems, |problems| check_cache(model, cache, problems));
    }
    for (name, service) in &model.services {
        at_entry("services", name, problems, |problems| {
            for StepAt { path, step } in service.all_steps() {
                problems.at(&path, |problems| check_step(model, name, step, problems));
            }
        });
    }
}

fn check_cache(model: &Model, cache: &CacheSettings, problems: &mut Problems) {
    let mut parts = 1;
    if let Some(service) = cache.inside() {
        let field = if cache.service().is_some() { "placement.service" } else { "placement.local" };
        match model.services.get(service) {
            Some(settings) => {
                parts = u64::from(settings.instances);
                if cache.service().is_some() {
                    check_calls(model, cache, (service, settings), problems);
                }
            }
            None => problems.at(field, |problems| {
                unknown_name("service", service, model.services.keys(), problems);
            }),
        }
    }
    if cache.start == Start::Cold {
        return;
    }
    problems.at("start", |problems| match model.key_count() {
        None => problems.error_with_code(
            codes::INVALID_SETTING,
            "nobody knows which keys are popular: no workload has `keys`",
            "write `keys = { zipf = { count = 100_000 } }` for a workload, or `start = \"cold\"`",
        ),
        Some(count) => {
            let entries = u64::from(count).min(room(cache)).saturating_mul(parts);
            if entries > u64::from(WARM_MAX) {
                let message = format!("{entries} entries are more than {WARM_MAX}");
                let help = "write a smaller `capacity`: a warm cache is full when the run begins";
                problems.error_with_code(codes::OUT_OF_RANGE, message, help);
            }
        }
    });
}

/// About how many entries there is room for in one part of a cache.
pub(super) fn room(cache: &CacheSettings) -> u64 {
    match cache.capacity {
        Limit::At(Room::Entries(entries)) => u64::from(entries),
        Limit::At(Room::Bytes(bytes)) => {
            // Of sizes that nobody knows yet, or that have no mean, any number may fit in.
            mean_size(cache).map_or(bytes.get(), |mean| (bytes.get() as f64 / mean.max(1.0)) as u64)
        }
        Limit::Unlimited => u64::MAX,
    }
}

/// How the service is called that a cache is in.
fn check_calls(
    model: &Model,
    cache: &CacheSettings,
    (service, settings): (&str, &ServiceSettings),
    problems: &mut Problems,
) {
    let calls = cache.calls();
    problems.at("calls", |problems| {
        if !model.policies.contains_key(&calls.policy) && calls.policy != DEFAULT_POLICY {
            problems.at("policy", |problems| {
                unknown_name("policy", &calls.policy, model.policies.keys(), problems);
            });
        }
        for (field, operation) in ["get", "put", "invalidate"].into_iter().zip(Operation::ALL) {
            match calls.handler(operation) {
                Some(handler) if !settings.handlers.contains_key(handler) => {
                    problems.at(field, |problems| {
                        unknown_name("handler", handler, settings.handlers.keys(), problems);
                    });
                }
                None if settings.handler.is_empty() => problems.at(field, |problems| {
                    let names: Vec<&str> = settings.handlers.keys().map(String::as_str).collect();
                    let message = format!("`{service}` has no handler without a name");
                    let help = format!("say which one: it has {}", listed(&names));
                    problems.error_with_code(codes::UNKNOWN_NAME, message, help);
                }),
                Some(_) | None => {}
            }
        }
    });
}

/// `service` is whose handler it is in.
fn check_step(model: &Model, service: &str, step: &StepSettings, problems: &mut Problems) {
    if let Some(get) = &step.cache {
        check_get(get, problems);
    }
    let Some((field, name)) = step.cache_used() else { return };
    problems.at(field, |problems| {
        let Some(cache) = model.caches.get(name) else {
            unknown_name("cache", name, model.caches.keys(), problems);
            return;
        };
        if let Some(get) = &step.cache
            && cache.lease.is_some()
            && !get.load.is_empty()
        {
            let message = format!("`{name}` hands out leases to those who fill it, and a `load` fills it by itself");
            let help = "write the steps as `on_miss`, with a `put`; or write `coalesce` instead of `lease`: others then wait for the load";
            problems.error_with_code(codes::INVALID_STEP, message, help);
        }
        if let (Placement::Service(owner), Some(get)) = (&cache.placement, &step.cache)
            && !get.load.is_empty()
        {
            let message = format!("`{owner}` is a server that is asked: `{name}` loads nothing by itself");
            let help = format!("write the steps as `on_miss`, with a `put`; or give `{owner}` a cache of its own with `placement = {{ local = \"{owner}\" }}` and a `load`, and `call` it");
            problems.error_with_code(codes::INVALID_STEP, message, help);
        }
        if let Placement::Local(owner) = &cache.placement
            && owner != service
            && model.services.contains_key(owner)
            && !(step.invalidate.is_some() && cache.propagation.is_some())
        {
            let message = format!("`{name}` is in the instances of `{owner}`, and this is `{service}`");
            let help = format!("write `placement = {{ service = \"{owner}\" }}` for a cache that others call, or `placement = {{ shared = {{}} }}`");
            problems.error_with_code(codes::INVALID_STEP, message, help);
        }
    });
}

fn check_get(get: &GetSettings, problems: &mut Problems) {
    if !get.on_miss.is_empty() && !get.load.is_empty() {
        problems.at("cache.load", |problems| {
            let message = "a miss is for the handler or for the cache to see to, not for both";
            let help = "write `on_miss`, with a step `put` (look-aside), or `load` (read-through)";
            problems.error_with_code(codes::INVALID_STEP, message, help);
        });
    }
}

/// What a fault does to a cache; `problems` is at `cache_flush`.
pub(super) fn check_flush(model: &Model, flush: &CacheFlush, problems: &mut Problems) {
    let Some(cache) = model.caches.get(&flush.cache) else {
        problems.at("cache", |problems| {
            unknown_name("cache", &flush.cache, model.caches.keys(), problems);
        });
        return;
    };
    problems.at("select", |problems| match &cache.placement {
        Placement::Shared(_) if flush.select != Select::All => {
            let message = format!("`{}` is in no instances of which some could be selected", flush.cache);
            let help = "remove `select`; which part of the entries goes is the `share`";
            problems.error_with_code(codes::INVALID_SETTING, message, help);
        }
        Placement::Shared(_) => {}
        Placement::Local(service) | Placement::Service(service) => {
            let Some(settings) = model.services.get(service) else { return };
            let (count, zones) = (settings.instances, &settings.zones);
            super::faults::check_select(service, &flush.select, count, zones, problems);
        }
    });
}

/// What is probably not meant, in a model without errors.
pub(super) fn check_doubtful(model: &Model, problems: &mut Problems) {
    let steps: Vec<StepAt<'_>> = model.services.values().flat_map(ServiceSettings::all_steps).collect();
    let gets: Vec<&GetSettings> = steps.iter().filter_map(|at| at.step.cache.as_ref()).collect();
    let puts: BTreeSet<&str> = steps.iter().filter_map(|at| at.step.put.as_deref()).collect();
    let invalidated: BTreeSet<&str> = steps.iter().filter_map(|at| at.step.invalidate.as_deref()).collect();
    for (name, cache) in &model.caches {
        let mut looked_up = gets.iter().filter(|get| get.get == *name).peekable();
        let is_looked_up = looked_up.peek().is_some();
        let is_loaded = looked_up.any(|get| !get.load.is_empty());
        at_entry("caches", name, problems, |problems| {
            if !is_looked_up {
                let message = format!("nobody looks anything up in `{name}`");
                let help =
                    format!("use it in a handler: `{{ cache = {{ get = \"{name}\", on_miss = [ … ] }} }}`");
                problems.warning_with_code(codes::UNUSED, message, help);
            } else if !is_loaded && !puts.contains(name.as_str()) && cache.warming.is_none() {
                let message = format!("nothing is ever put into `{name}`");
                let help = format!(
                    "add `{{ put = \"{name}\" }}` to the steps of `on_miss`, or write them as `load`"
                );
                problems.warning_with_code(codes::CACHE_NEVER_FILLED, message, help);
            }
            check_keys(model, cache, problems);
            check_shards(model, cache, problems);
            let is_invalidated = invalidated.contains(name.as_str());
            if cache.propagation.is_some() && !is_invalidated {
                problems.at("propagation", |problems| {
                    let message = format!("nobody takes anything out of `{name}`, so nothing is on its way");
                    let help = format!("add `{{ invalidate = \"{name}\" }}` where something is changed");
                    problems.warning_with_code(codes::UNUSED, message, help);
                });
            }
            check_negative(cache, is_loaded || !is_looked_up, problems);
            check_sizes(cache, problems);
            check_lease(cache, is_invalidated, problems);
            if is_invalidated {
                check_alone(model, name, cache, problems);
            }
            if let Some(ttl) = &cache.ttl {
                problems.at("ttl", |problems| check_freshness(ttl, is_loaded || !is_looked_up, problems));
            }
            if cache.coalesce != Coalesce::None && is_looked_up && !is_loaded {
                problems.at("coalesce", |problems| {
                    let message = "nobody waits for a load: what is missed is for the handlers to see to";
                    let help = "write the steps of `on_miss` as `load`, without the `put`";
                    problems.warning_with_code(codes::UNUSED, message, help);
                });
            }
        });
    }
}

/// What becomes of entries whose time is over, or nearly so; `is_loaded` is whether the cache loads anything by itself.
fn check_freshness(ttl: &TtlSettings, is_loaded: bool, problems: &mut Problems) {
    for setting in ttl.freshness().filter(|_| !is_loaded) {
        problems.at(setting, |problems| {
            let message =
                format!("`{setting}` is about what the cache loads by itself, and it loads nothing");
            let help = "write the steps of `on_miss` as `load`, without the `put`";
            problems.warning_with_code(codes::UNUSED, message, help);
        });
    }
    if let (Some(error), Some(revalidate)) = (ttl.stale_if_error, ttl.stale_while_revalidate)
        && error <= revalidate
        && is_loaded
    {
        problems.at("stale_if_error", |problems| {
            let message = format!(
                "nobody waits for a load before {revalidate} are over, and then nothing is kept for those whose load fails"
            );
            let help = "write more than `stale_while_revalidate`: both count from the end of the time to live";
            problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
        });
    }
}

/// What is kept of what brings nothing.
fn check_negative(cache: &CacheSettings, is_loaded: bool, problems: &mut Problems) {
    let Some(negative) = &cache.negative else {
        if cache.absent == Share::ONE {
            problems.at("absent", |problems| {
                let message = "no key has a value, so there is never anything in this cache";
                let help = "write a smaller share, or `negative = { ttl = \"5s\" }`: then it is kept that there is nothing";
                problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
            });
        }
        return;
    };
    problems.at("negative", |problems| {
        if !negative.classes.is_empty() && !is_loaded {
            problems.at("classes", |problems| {
                let message = "`classes` is about loads that fail, and the cache loads nothing by itself";
                let help = "write the steps of `on_miss` as `load`, without the `put`";
                problems.warning_with_code(codes::UNUSED, message, help);
            });
        } else if negative.classes.is_empty() && cache.absent.is_zero() {
            let message = "each key has a value, and no failure is kept: there is nothing to say about nothing";
            let help = "write which share of the keys has none, such as `absent = \"5%\"`, or which failures are kept, such as `classes = [\"gateway_error\"]`";
            problems.warning_with_code(codes::UNUSED, message, help);
        }
    });
}

/// What is larger than an entry can be.
fn check_sizes(cache: &CacheSettings, problems: &mut Problems) {
    let room = match cache.capacity {
        Limit::At(Room::Bytes(bytes)) => bytes.get() as f64,
        Limit::At(Room::Entries(_)) | Limit::Unlimited => f64::INFINITY,
    };
    let endless = f64::from(Size::ENDLESS.get());
    let Some(mean) = mean_size(cache).filter(|mean| *mean >= endless && *mean <= room) else { return };
    problems.at("sizes", |problems| {
        let size = Bytes::new(mean as u64);
        let message = format!("an entry takes {size} on average, and what takes 4 GiB or more is never kept");
        let help = "write smaller `sizes`: those of the values of single keys";
        problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
    });
}

/// Times of a lease that are never up.
fn check_lease(cache: &CacheSettings, is_invalidated: bool, problems: &mut Problems) {
    let Some(lease) = &cache.lease else { return };
    problems.at("lease", |problems| {
        if lease.serve_stale.is_some() && cache.ttl.is_none() && !is_invalidated {
            problems.at("serve_stale", |problems| {
                let message = "nothing is ever stale: there is no `ttl`, and nobody invalidates anything";
                let help = "write a `ttl`, or add an `invalidate` where something is changed; or remove `serve_stale`";
                problems.warning_with_code(codes::UNUSED, message, help);
            });
        }
        if lease.retry_delay > lease.ttl {
            problems.at("retry_delay", |problems| {
                let message = format!(
                    "who waits looks again after {}, when the token has been out for {}: by then anybody may fill it",
                    lease.retry_delay, lease.ttl
                );
                let help = "write less than the `ttl` of the lease, such as \"10ms\"";
                problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
            });
        }
    });
}

/// Messages to others, where there are none.
fn check_alone(model: &Model, name: &str, cache: &CacheSettings, problems: &mut Problems) {
    let Placement::Local(owner) = &cache.placement else { return };
    let is_alone = model.services.get(owner).is_some_and(|service| service.instances == 1);
    let mut others = model.services.iter().filter(|(service, _)| *service != owner);
    let invalidates = |at: &StepAt<'_>| at.step.invalidate.as_deref() == Some(name);
    if cache.propagation.is_none()
        || !is_alone
        || others.any(|(_, service)| service.all_steps().iter().any(invalidates))
    {
        return;
    }
    problems.at("propagation", |problems| {
        let message = format!("`{owner}` has one instance, which needs no message: there is nobody to tell");
        let help = format!("remove `propagation`, or write more `instances` of `{owner}`");
        problems.warning_with_code(codes::UNUSED, message, help);
    });
}

/// What is put into one instance is not found in another.
fn check_shards(model: &Model, cache: &CacheSettings, problems: &mut Problems) {
    let Some(service) = cache.service() else { return };
    let calls = cache.calls();
    let instances = model.services.get(service).map_or(1, |service| service.instances);
    let policy = policy_named(model, &calls.policy);
    if instances > 1 && policy.is_some_and(|policy| policy.balancer != BalancerSettings::RingHash) {
        problems.at("calls.policy", |problems| {
            let message = format!(
                "what is put into one of the {instances} instances of `{service}` is looked up in any of them"
            );
            let help = format!(
                "write `balancer = \"ring_hash\"` in `[policies.{}]`: each key then has its own",
                calls.policy
            );
            problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
        });
    }
}

/// What an entry takes on average, as far as that is known without reading a file, and is finite.
fn mean_size(cache: &CacheSettings) -> Option<f64> {
    let sampler = cache.sizes.as_ref()?.sampler(&NoFiles).ok()?;
    Some(Sizes::new(sampler).mean()).filter(|mean| mean.is_finite())
}

fn check_keys(model: &Model, cache: &CacheSettings, problems: &mut Problems) {
    problems.at("capacity", |problems| match (model.key_count(), cache.capacity) {
        (None, _) if !model.has_keys() => {
            let message = "all requests are about the same key: one entry is all it will ever have";
            let help = "write `keys = { zipf = { count = 100_000 } }` for the workloads";
            problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
        }
        (Some(count), Limit::At(Room::Bytes(capacity))) => {
            let Some(mean) = mean_size(cache) else { return };
            let all = mean.max(1.0) * f64::from(count);
            if mean > capacity.get() as f64 {
                let size = Bytes::new(mean as u64);
                let message = format!("an entry takes {size} on average, and there is room for {capacity}");
                let help = "what is larger than the whole cache is never in it: write a larger `capacity`, or smaller `sizes`";
                problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
            } else if all < capacity.get() as f64 {
                let message = format!(
                    "{count} keys take about {} in all, and there is room for {capacity}: nothing is ever evicted",
                    Bytes::new(all as u64)
                );
                let help = "write what there is room for, or `capacity = \"unlimited\"`";
                problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
            }
        }
        (Some(count), Limit::At(Room::Entries(capacity))) if capacity > count => {
            let message = format!("there are {count} keys and room for {capacity}: nothing is ever evicted");
            let help = "write what there is room for, or `capacity = \"unlimited\"`";
            problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
        }
        _ => {}
    });
}
