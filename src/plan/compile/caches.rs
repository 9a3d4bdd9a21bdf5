//! Caches.

use crate::kernel::calendar::Rank;
use crate::mechanism::cache::{self, OnError, Start};
use crate::mechanism::keys::KeyDrift;
use crate::plan::{Absent, Cache, Lease, Propagation, Service, Sizes, Warming, WriteBehind};
use crate::quantity::Share;

use super::Compiler;

/// Where few keys have a value, no more of them than these are looked for one that does: without end there would be no begin of the run.
const WARM_LOOKED_AT: u32 = 1 << 24;

impl Compiler<'_> {
    pub(super) fn caches(&mut self, services: &[Service]) -> Vec<Cache> {
        let mut caches = Vec::new();
        let mut first_part = 0;
        let drift = self.key_drift();
        for (name, settings) in &self.model.caches {
            let local_to = settings.inside().and_then(|service| self.service(service));
            let calls = settings.calls();
            let is_called = settings.service().is_some();
            let parts = local_to.map_or(1, |service| services[service as usize].instances);
            let path = format!("caches.{name}");
            caches.push(Cache {
                name: name.clone(),
                rules: cache::Cache::new(settings),
                first_part,
                parts,
                local_to,
                fails: is_called && calls.on_error == OnError::Fail,
                is_sharded: is_called && self.balancer(&calls.policy).hashes_keys(),
                latency: self.span(&settings.latency, Rank::Completion, &format!("{path}.latency")),
                coalesce: settings.coalesce,
                lease: settings.lease.map(|lease| Lease {
                    ttl: lease.ttl,
                    retry: self.lanes.delay(lease.retry_delay, Rank::Completion),
                }),
                sizes: settings.sizes.as_ref().map(|sizes| Sizes {
                    of: cache::Sizes::new(self.sampler(sizes, &format!("{path}.sizes"))),
                    site: self.sites.add("keys.sizes".to_owned()),
                }),
                absent: (!settings.absent.is_zero()).then(|| Absent {
                    billionths: settings.absent.billionths(),
                    site: self.sites.add("keys.absent".to_owned()),
                }),
                propagation: settings.propagation.as_ref().map(|span| {
                    let path = format!("{path}.propagation");
                    Propagation { span: self.span(span, Rank::Arrival, &path), site: self.sites.add(path) }
                }),
                write_behind: settings.write_behind.map(|rules| WriteBehind {
                    rules,
                    delay: self.lanes.delay(rules.delay, Rank::Completion),
                }),
                starts_warm: settings.start == Start::Warm,
                keys: match self.model.key_count() {
                    None => 0,
                    Some(_) if settings.absent == Share::ONE => 0,
                    Some(keys) if settings.absent.is_zero() => keys,
                    Some(keys) => keys.min(WARM_LOOKED_AT),
                },
                drift,
                warming: settings
                    .warming
                    .map(|rules| Warming { rules, site: self.sites.add(format!("{path}.warming")) }),
                site: self.sites.add(path),
            });
            first_part += parts;
        }
        caches
    }

    /// How what is popular moves, if it does so for all workloads in the same way: otherwise nothing says what is, and a model that warms a cache was refused.
    fn key_drift(&self) -> Option<KeyDrift> {
        let mut drifts = self.model.key_drifts();
        let first = drifts.next()?;
        first.filter(|_| drifts.all(|drift| drift == first))
    }

    /// The number of a cache.
    pub(super) fn cache(&self, name: &str) -> u32 {
        self.model.caches.keys().position(|other| other == name).map_or(0, |position| position as u32)
    }
}
