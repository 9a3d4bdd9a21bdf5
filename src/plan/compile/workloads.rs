//! Workloads, where their requests come from, and what their users do.

use crate::kernel::calendar::Rank;
use crate::kernel::{Duration, Time};
use crate::mechanism::arrivals::{
    ArrivalSettings, Batch, Modulation, ModulationSettings, Process, Profile, Trace, TraceNames,
    TraceSettings,
};
use crate::mechanism::keys::Popularity;
use crate::model::WorkloadSettings;
use crate::plan::{Chance, Drawn, Operation, SiteId, Source, Tenant, UserRetry, Users, Workload};
use crate::quantity::{Distribution, Rate};

use super::Compiler;

impl Compiler<'_> {
    pub(super) fn workloads(&mut self) -> Vec<Workload> {
        let mut workloads = Vec::new();
        for (name, settings) in &self.model.workloads {
            let mut modulation = None;
            let mut batch = None;
            let mut trace = None;
            let nothing = Rate::new(0, 1_000_000_000);
            let (rate, process) = match &settings.arrivals {
                ArrivalSettings::Open(open) => {
                    modulation =
                        open.modulation.as_ref().and_then(|settings| self.modulation(name, settings));
                    (open.rate, open.process)
                }
                ArrivalSettings::PartlyOpen(partly_open) => (partly_open.rate, Process::Poisson),
                ArrivalSettings::Closed(_) => (nothing, Process::Poisson),
                ArrivalSettings::Batch(settings) => {
                    let at = format!("workloads.{name}.arrivals.batch.every");
                    let every = self.sampler(&settings.every, &at);
                    let (first, size, spread) = (Time::ZERO + settings.first, settings.size, settings.spread);
                    let site = self.sites.add(format!("workloads.{name}.batches"));
                    batch = Some((Batch { every, first, size, spread }, site));
                    (nothing, Process::Poisson)
                }
                ArrivalSettings::Trace(recorded) => {
                    trace = self.trace(name, settings, recorded);
                    (nothing, Process::Poisson)
                }
            };
            let (users, tenants, mix) = (self.users(name, settings), tenants(settings), self.mix(settings));
            workloads.push(Workload {
                has_users: users.is_some(),
                are_alike: settings.keys.is_none() && tenants.is_empty() && mix.is_empty(),
                name: name.clone(),
                rate,
                process,
                profile: Profile::new(&settings.rate_steps(self.model.run.duration)),
                modulation,
                batch,
                trace,
                keys: settings
                    .keys
                    .as_ref()
                    .map(|keys| (Popularity::new(keys), self.sites.add(format!("workloads.{name}.keys")))),
                key_drift: settings.moving_keys(),
                tenants,
                tenant_site: self.sites.add(format!("workloads.{name}.tenants")),
                users,
                mix,
                mix_site: self.sites.add(format!("workloads.{name}.mix")),
                request_site: self.sites.add(format!("workloads.{name}.arrivals")),
                edge: self.edges[&(name.as_str(), settings.to.as_str(), settings.policy.as_str())],
                handler: self.handler_number(&settings.to, settings.handler.as_deref()),
                priority: settings.priority,
                clients: settings.clients,
                zones: settings.zones.clone(),
                client_site: self.sites.add(format!("workloads.{name}.client")),
            });
        }
        workloads
    }

    /// The streams of arrivals; users of a closed loop need none.
    pub(super) fn workload_sources(&mut self) -> Vec<Source> {
        let mut sources = Vec::new();
        for (index, (name, settings)) in self.model.workloads.iter().enumerate() {
            if matches!(settings.arrivals, ArrivalSettings::Closed(_)) {
                continue;
            }
            sources.push(Source {
                workload: index as u32,
                change: None,
                is_extra: false,
                site: self.sites.add(format!("workloads.{name}.arrivals")),
                factor: 1.0,
                from: Time::ZERO,
                // Bursts may fail to come for ever, and nobody looks that far.
                until: Time::ZERO + self.model.run.duration,
                ramp: Duration::ZERO,
            });
        }
        sources
    }

    fn modulation(&mut self, name: &str, settings: &ModulationSettings) -> Option<(Modulation, SiteId)> {
        let modulation = Modulation::new(settings, |distribution, path| {
            Some(self.sampler(distribution, &format!("workloads.{name}.arrivals.open.modulation.{path}")))
        })?;
        Some((modulation, self.sites.add(format!("workloads.{name}.modulation"))))
    }

    /// A trace is read to its end here, so that nothing is wrong with it later.
    fn trace(&mut self, name: &str, settings: &WorkloadSettings, recorded: &TraceSettings) -> Option<Trace> {
        let names = TraceNames {
            operations: settings.mix.iter().map(|operation| operation.name.clone()).collect(),
            tenants: settings.tenants.iter().map(|tenant| tenant.name.clone()).collect(),
        };
        let path = &recorded.file;
        let opened = self.files.open(path).map_err(|error| format!("cannot read `{path}`: {error}"));
        let trace = opened.and_then(|file| {
            Trace::new(file, names, recorded.speed.get()).map_err(|error| format!("`{path}` {error}"))
        });
        trace
            .map_err(|message| {
                self.problems.at(&format!("workloads.{name}.arrivals.trace.file"), |problems| {
                    let help = "the file is looked up beside the model; its header is `time_s`, and if there are any `key`, `operation`, `tenant`";
                    problems.error(message, help);
                });
            })
            .ok()
    }

    fn drawn(&mut self, distribution: &Distribution, rank: Rank, path: &str, site: String) -> Drawn {
        Drawn { span: self.span(distribution, rank, path), site: self.sites.add(site) }
    }

    /// `None` if users wait for the answer and are never heard of again.
    fn users(&mut self, name: &str, settings: &WorkloadSettings) -> Option<Users> {
        let path = format!("workloads.{name}");
        let mut count = 0;
        let mut stay = None;
        let think = match &settings.arrivals {
            ArrivalSettings::Closed(closed) => {
                count = closed.users;
                Some((&closed.think, format!("{path}.arrivals.closed.think")))
            }
            ArrivalSettings::PartlyOpen(partly_open) => {
                let site = self.sites.add(format!("{path}.stay"));
                stay = Some(Chance { billionths: partly_open.stay.billionths(), site });
                Some((&partly_open.think, format!("{path}.arrivals.partly_open.think")))
            }
            ArrivalSettings::Open(_) | ArrivalSettings::Batch(_) | ArrivalSettings::Trace(_) => None,
        };
        if think.is_none() && settings.patience.is_none() && settings.user_retry.is_none() {
            return None;
        }
        let think = think.map(|(think, at)| self.drawn(think, Rank::Arrival, &at, format!("{path}.think")));
        let patience = settings.patience.as_ref();
        let patience = patience.map(|span| {
            self.drawn(span, Rank::Timer, &format!("{path}.patience"), format!("{path}.patience"))
        });
        let retry = settings.user_retry.as_ref().map(|retry| UserRetry {
            chance: Chance {
                billionths: retry.probability.billionths(),
                site: self.sites.add(format!("{path}.user_retry.probability")),
            },
            delay: {
                let at = format!("{path}.user_retry.delay");
                self.drawn(&retry.delay, Rank::Arrival, &at.clone(), at)
            },
            max_retries: retry.max_retries,
        });
        Some(Users { count, think, stay, patience, cancel_on_abandon: settings.cancel_on_abandon, retry })
    }

    fn mix(&self, settings: &WorkloadSettings) -> Vec<Operation> {
        let mut below_billionths = 0;
        let operation = |operation: &crate::model::OperationSettings| {
            below_billionths += operation.share.billionths();
            let handler = operation.handler.as_deref().or(settings.handler.as_deref());
            Operation {
                name: operation.name.clone(),
                below_billionths,
                handler: self.handler_number(&settings.to, handler),
                priority: operation.priority.unwrap_or(settings.priority),
                idempotent: operation.idempotent,
            }
        };
        settings.mix.iter().map(operation).collect()
    }
}

fn tenants(settings: &WorkloadSettings) -> Vec<Tenant> {
    let mut below_billionths = 0;
    let tenant = |tenant: &crate::model::TenantSettings| {
        below_billionths += tenant.share.billionths();
        Tenant { name: tenant.name.clone(), below_billionths, priority: tenant.priority }
    };
    settings.tenants.iter().map(tenant).collect()
}
