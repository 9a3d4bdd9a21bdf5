//! Workloads and where their requests come from.

use crate::kernel::{Duration, Time};
use crate::mechanism::arrivals::{ArrivalSettings, Profile};
use crate::plan::{Source, Workload};

use super::Compiler;

impl<'a> Compiler<'a> {
    pub(super) fn workloads(&mut self) -> Vec<Workload> {
        let workload = |(name, settings): (&'a String, &'a crate::model::WorkloadSettings)| {
            let ArrivalSettings::Open(open) = &settings.arrivals;
            Workload {
                name: name.clone(),
                rate: open.rate,
                process: open.process,
                profile: Profile::new(&settings.profile),
                edge: self.edges[&(name.as_str(), settings.to.as_str(), settings.policy.as_str())],
                clients: settings.clients,
                zones: settings.zones.clone(),
                client_site: self.sites.add(format!("workloads.{name}.client")),
            }
        };
        self.model.workloads.iter().map(workload).collect()
    }

    pub(super) fn workload_sources(&mut self) -> Vec<Source> {
        let source = |(index, name): (usize, &String)| Source {
            workload: index as u32,
            change: None,
            is_extra: false,
            site: self.sites.add(format!("workloads.{name}.arrivals")),
            factor: 1.0,
            from: Time::ZERO,
            until: Time::MAX,
            ramp: Duration::ZERO,
        };
        self.model.workloads.keys().enumerate().map(source).collect()
    }
}
