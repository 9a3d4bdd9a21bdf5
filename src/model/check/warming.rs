//! `warming` of caches.

use super::at_entry;
use super::caches::room;
use crate::mechanism::Problems;
use crate::mechanism::cache::{CacheSettings, Start, WARM_MAX, WarmingSettings};
use crate::mechanism::fault::FaultKind;
use crate::model::codes;
use crate::model::settings::Model;

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, cache) in &model.caches {
        let Some(warming) = &cache.warming else { continue };
        at_entry("caches", name, problems, |problems| {
            problems.at("warming", |problems| check_warming(model, cache, warming, problems));
        });
    }
}

fn check_warming(model: &Model, cache: &CacheSettings, warming: &WarmingSettings, problems: &mut Problems) {
    let Some(count) = model.key_count() else {
        problems.error_with_code(
            codes::INVALID_SETTING,
            "nobody knows which keys are popular: no workload has `keys`",
            "write `keys = { zipf = { count = 100_000 } }` for a workload, or leave `warming` out",
        );
        return;
    };
    let mut drifts = model.key_drifts();
    let first = drifts.next();
    if drifts.any(|drift| Some(drift) != first) {
        problems.error_with_code(
            codes::INVALID_SETTING,
            "nobody knows which keys are popular: they drift in one way for one workload, and in another for another",
            "write the same `key_drift`, and as many `keys`, for all workloads that have `keys`; or leave `warming` out",
        );
    }
    let run = model.run.duration.as_ns();
    let sent = u128::from(run) * u128::from(warming.rate.count()) / u128::from(warming.rate.per_ns());
    let sent = u64::try_from(sent).unwrap_or(u64::MAX).min(warming.keys.unwrap_or(count).into());
    let parts = cache.inside().and_then(|service| model.services.get(service));
    let parts = parts.map_or(1, |service| u64::from(service.instances));
    let keys = sent.min(count.into()).min(room(cache)).saturating_mul(parts);
    if keys > u64::from(WARM_MAX) {
        problems.error_with_code(
            codes::OUT_OF_RANGE,
            format!("{keys} keys are more than {WARM_MAX}"),
            "write fewer `keys`, or a smaller `capacity` of the cache: what counts is which share of the keys it has",
        );
    }
}

/// What is probably not meant, in a model without errors.
pub(super) fn check_doubtful(model: &Model, problems: &mut Problems) {
    for (name, cache) in &model.caches {
        if cache.warming.is_none() || cache.start == Start::Cold || is_ever_emptied(model, name, cache) {
            continue;
        }
        at_entry("caches", name, problems, |problems| {
            problems.at("warming", |problems| {
                let message = format!("`{name}` is warm when the run begins, and nothing ever empties it");
                let help = match cache.inside() {
                    None => "write `start = \"cold\"`, or a fault `cache_flush`; or leave `warming` out".to_owned(),
                    Some(service) => format!(
                        "write `start = \"cold\"`, a fault `cache_flush`, or a `crash` of `{service}`; or leave `warming` out"
                    ),
                };
                problems.warning_with_code(codes::UNUSED, message, help);
            });
        });
    }
}

/// Whether a fault takes anything out of a cache, or an instance may crash that has a part of it.
fn is_ever_emptied(model: &Model, name: &str, cache: &CacheSettings) -> bool {
    let settings = cache.inside().and_then(|service| model.services.get(service));
    let may_be_killed = settings.is_some_and(|service| service.memory.is_some());
    let empties = |kind: FaultKind<'_>| match kind {
        FaultKind::CacheFlush(flush) => flush.cache == name,
        FaultKind::Crash(crash) => cache.inside() == Some(&*crash.service),
        FaultKind::ZoneOutage(outage) => settings.is_some_and(|service| service.zones.contains(&outage.zone)),
        _ => false,
    };
    may_be_killed || model.faults.values().any(|fault| fault.kind().is_some_and(empties))
}
