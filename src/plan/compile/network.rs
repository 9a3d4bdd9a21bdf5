//! The network between components.

use crate::kernel::calendar::Rank;
use crate::mechanism::fault::{FaultKind, FaultSettings};
use crate::model::{LinkSettings, Topology};
use crate::plan::{EdgeNetwork, Hop, Link, Message};
use crate::quantity::Bytes;

use super::Compiler;

impl<'a> Compiler<'a> {
    /// One way between two components, zones left aside.
    pub(super) fn hop(&mut self, caller: &str, target: &str, direction: &str, rank: Rank) -> Hop {
        let links = Topology::of(self.model).links(caller, target);
        let latency = &links[0].latency;
        let is_default = *latency == self.model.network.default.latency;
        let path = if is_default { "network.default.latency" } else { "network" };
        let span = self.span(latency, rank, path);
        Hop { span, site: self.sites.add(format!("network.{caller}.{target}.{direction}")) }
    }

    /// What there is about the network of an edge besides a latency; `None` if there is nothing and no fault will change that.
    pub(super) fn edge_network(
        &mut self,
        caller: &'a str,
        target: &'a str,
        policy: &str,
    ) -> Option<Box<EdgeNetwork>> {
        let topology = Topology::of(self.model);
        let links = topology.links(caller, target);
        let is_plain = links.iter().all(|link| link.is_plain() && link.latency == links[0].latency);
        let mut kinds = self.model.faults.values().filter_map(FaultSettings::kind);
        if is_plain && !kinds.any(FaultKind::is_about_the_network) {
            return None;
        }
        let (request_size, reply_size) = topology.sizes(caller, target, policy);
        let zones = |name: &str| topology.zones_of(name).len().max(1) as u32;
        Some(Box::new(EdgeNetwork {
            is_plain,
            caller: topology.component(caller)?,
            target: topology.component(target)?,
            caller_zones: zones(caller),
            target_zones: zones(target),
            first_link: self.first_link(caller, target, &links),
            request: self.message(&format!("network.{caller}.{target}.request"), request_size),
            reply: self.message(&format!("network.{caller}.{target}.reply"), reply_size),
        }))
    }

    /// Edges between the same components share their links, whatever their policies.
    fn first_link(&mut self, caller: &'a str, target: &'a str, settings: &[LinkSettings]) -> u32 {
        if let Some(&first) = self.first_links.get(&(caller, target)) {
            return first;
        }
        let first = self.links.len() as u32;
        self.first_links.insert((caller, target), first);
        for settings in settings {
            let link = Link {
                request: self.span(&settings.latency, Rank::Arrival, "network"),
                reply: self.span(&settings.latency, Rank::Completion, "network"),
                jitter: settings.jitter,
                loss_billionths: settings.loss.billionths(),
                transport: settings.transport,
                bandwidth: settings.bandwidth.limited(),
            };
            self.links.push(link);
        }
        first
    }

    fn message(&mut self, path: &str, size: Bytes) -> Message {
        Message {
            size,
            jitter_site: self.sites.add(format!("{path}.jitter")),
            loss_site: self.sites.add(format!("{path}.loss")),
        }
    }
}
