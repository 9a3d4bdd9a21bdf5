//! Workloads and where their requests come from.

use crate::kernel::Time;
use crate::mechanism::arrivals::{ArrivalSettings, Profile};
use crate::plan::{Source, Workload};

use super::Compiler;

impl Compiler<'_> {
    pub(super) fn workloads(&mut self) -> Vec<Workload> {
        let mut workloads = Vec::new();
        for (name, settings) in &self.model.workloads {
            let ArrivalSettings::Open(open) = &settings.arrivals;
            workloads.push(Workload {
                name: name.clone(),
                rate: open.rate,
                process: open.process,
                profile: Profile::new(&settings.profile),
                edge: self.edges[&(name.as_str(), settings.to.as_str(), settings.policy.as_str())],
                handler: self.handler_number(&settings.to, settings.handler.as_deref()),
                priority: settings.priority,
                clients: settings.clients,
                client_site: self.sites.add(format!("workloads.{name}.client")),
            });
        }
        workloads
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
        };
        self.model.workloads.keys().enumerate().map(source).collect()
    }
}
