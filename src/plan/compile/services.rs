//! Services and their parameters.

use crate::mechanism::contention::Contention;
use crate::mechanism::queue::{Order, QueueSettings, WhenFull};
use crate::model::ServiceSettings;
use crate::plan::{Parameters, Service};
use crate::quantity::Limit;

use super::Compiler;

impl Compiler<'_> {
    pub(super) fn services(&mut self) -> (Vec<Service>, Vec<Parameters>) {
        let mut first_instance = 0;
        let mut services = Vec::new();
        let mut parameters = Vec::new();
        for (name, settings) in &self.model.services {
            let handler = self.handler(name, settings);
            services.push(Service {
                name: name.clone(),
                first_instance,
                instances: settings.instances,
                weights: settings.weights.clone(),
                parameters: parameters.len() as u32,
            });
            first_instance += settings.instances;
            parameters.push(parameters_of(settings, handler));
        }
        (services, parameters)
    }
}

fn parameters_of(settings: &ServiceSettings, handler: u32) -> Parameters {
    let unlimited =
        QueueSettings { capacity: Limit::Unlimited, order: Order::Fifo, when_full: WhenFull::Reject };
    Parameters {
        threads: settings.threads.limited().unwrap_or(u32::MAX),
        queue: settings.queue.unwrap_or(unlimited),
        contention: settings.contention.as_ref().map(Contention::new),
        abandoned_work: settings.abandoned_work,
        handler,
    }
}
