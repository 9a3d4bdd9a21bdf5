//! Faults as changes to the running world.

use crate::kernel::Time;
use crate::mechanism::fault::{Effect, FaultSettings, Role};
use crate::model::Model;

use crate::plan::sites::Sites;
use crate::plan::{Change, Source, What};

/// Compiles the faults of a model, by name.
pub(super) struct Changes<'a> {
    pub(super) model: &'a Model,
    pub(super) sites: &'a mut Sites,
}

impl Changes<'_> {
    /// The changes; a load spike also adds the source of its arrivals.
    pub(super) fn compile(mut self, sources: &mut Vec<Source>) -> Vec<Change> {
        let mut changes = Vec::new();
        for (name, fault) in &self.model.faults {
            let Some(what) = self.what(fault) else {
                continue;
            };
            let at = Time::ZERO + fault.at;
            let end = fault.duration.map(|duration| at + duration);
            if let (What::Spike { workload }, Some(spike)) = (&what, &fault.load_spike) {
                sources.push(Source {
                    workload: *workload,
                    change: Some(changes.len() as u32),
                    is_extra: fault.role == Role::Trigger,
                    site: self.sites.add(format!("faults.{name}.arrivals")),
                    factor: spike.factor.get() - 1.0,
                    from: at,
                    until: end.unwrap_or(Time::MAX),
                });
            }
            let site = self.sites.add(format!("faults.{name}"));
            changes.push(Change { name: name.clone(), at, end, role: fault.role, what, site });
        }
        changes
    }

    fn what(&mut self, fault: &FaultSettings) -> Option<What> {
        let service =
            |name: &str| self.model.services.keys().position(|other| other == name).map(|index| index as u32);
        if let Some(degrade) = &fault.degrade {
            let effect = Effect::Degrade(degrade.factor.get());
            return Some(What::Instances {
                service: service(&degrade.service)?,
                select: degrade.select,
                effect,
            });
        }
        if let Some(pause) = &fault.pause {
            let effect = Effect::Pause;
            return Some(What::Instances { service: service(&pause.service)?, select: pause.select, effect });
        }
        if let Some(crash) = &fault.crash {
            let effect = Effect::Crash;
            return Some(What::Instances { service: service(&crash.service)?, select: crash.select, effect });
        }
        if let Some(injection) = &fault.error_injection {
            let effect = Effect::InjectErrors { share: injection.share, class: injection.class };
            return Some(What::Instances {
                service: service(&injection.service)?,
                select: injection.select,
                effect,
            });
        }
        let spike = fault.load_spike.as_ref()?;
        let workload = self.model.workloads.keys().position(|name| *name == spike.workload)? as u32;
        let factor = spike.factor.get();
        if factor > 1.0 {
            return Some(What::Spike { workload });
        }
        Some(What::Cut { workload, keep_billionths: (factor * 1e9).round() as u32 })
    }
}
