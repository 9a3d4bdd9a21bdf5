//! Where components stand, and what lies between them.

use std::collections::BTreeSet;

use super::settings::{LinkSettings, Model};
use crate::mechanism::fault::Side;
use crate::quantity::Bytes;

/// Components by number (workloads by name, then services by name), their zones, and the links between them.
#[derive(Clone, Copy, Debug)]
pub struct Topology<'a> {
    model: &'a Model,
}

impl<'a> Topology<'a> {
    /// That of a model.
    pub const fn of(model: &'a Model) -> Self {
        Self { model }
    }

    /// How many components there are.
    pub fn components(self) -> usize {
        self.model.workloads.len() + self.model.services.len()
    }

    /// The number of the component with this name.
    pub fn component(self, name: &str) -> Option<u32> {
        let mut names = self.model.workloads.keys().chain(self.model.services.keys());
        names.position(|other| other == name).map(|index| index as u32)
    }

    /// The zones of the component with this name: its process i stands in the zone i modulo their number. Empty: in none.
    pub fn zones_of(self, name: &str) -> &'a [String] {
        let workload = self.model.workloads.get(name).map(|workload| &workload.zones);
        workload
            .or_else(|| self.model.services.get(name).map(|service| &service.zones))
            .map_or(&[], |zones| zones)
    }

    /// Every zone in which anything stands.
    pub fn zones(self) -> BTreeSet<&'a str> {
        let of_workloads = self.model.workloads.values().flat_map(|workload| &workload.zones);
        let of_services = self.model.services.values().flat_map(|service| &service.zones);
        of_workloads.chain(of_services).map(String::as_str).collect()
    }

    /// The region of a zone.
    pub fn region_of(self, zone: &str) -> Option<&'a str> {
        let mut regions = self.model.network.regions.iter();
        regions.find(|(_, zones)| zones.iter().any(|other| other == zone)).map(|(name, _)| name.as_str())
    }

    /// The link between a process of one component and one of another that it calls, each in a zone or in none. Of all entries that fit the most specific
    /// one decides, field by field.
    pub fn link(self, from: &str, to: &str, from_zone: Option<&str>, to_zone: Option<&str>) -> LinkSettings {
        let network = &self.model.network;
        let mut link = network.default.clone();
        if let (Some(one), Some(other)) = (from_zone, to_zone) {
            let class = if one == other {
                &network.same_zone
            } else if self.region_of(one) == self.region_of(other) {
                &network.cross_zone
            } else {
                &network.cross_region
            };
            if let Some(class) = class {
                link = link.with(class);
            }
            let pairs = network.zone_pairs.iter();
            for pair in pairs.filter(|pair| pair.between == [one, other] || pair.between == [other, one]) {
                link = link.with(&pair.link());
            }
        }
        let entries = network.links.iter().filter(|entry| entry.from == from && entry.to == to);
        entries.fold(link, |link, entry| link.with(&entry.link()))
    }

    /// Every link between two components, by the zone of the first and then that of the second.
    pub fn links(self, from: &str, to: &str) -> Vec<LinkSettings> {
        let zones_of = |name: &str| -> Vec<Option<&'a str>> {
            let zones = self.zones_of(name);
            if zones.is_empty() { vec![None] } else { zones.iter().map(|zone| Some(zone.as_str())).collect() }
        };
        let to_zones = zones_of(to);
        let of_zone = |one: Option<&'a str>| {
            to_zones.iter().map(move |&other| self.link(from, to, one, other)).collect::<Vec<_>>()
        };
        zones_of(from).into_iter().flat_map(of_zone).collect()
    }

    /// The processes that a name stands for: those of a workload, a service, a zone or a region.
    pub fn side(self, name: &str) -> Option<Side> {
        let mut side = Side::nobody(self.components());
        if let Some(component) = self.component(name) {
            side.add(component as usize, vec![true]);
            return Some(side);
        }
        let is_known = self.zones().contains(name) || self.model.network.regions.contains_key(name);
        let is_in = |zone: &String| zone == name || self.region_of(zone) == Some(name);
        for (index, component) in self.model.workloads.keys().chain(self.model.services.keys()).enumerate() {
            side.add(index, self.zones_of(component).iter().map(is_in).collect());
        }
        is_known.then_some(side)
    }

    /// How much the calls from one component to another under a policy send, and how much comes back; a check keeps it the same for all of them.
    pub fn sizes(self, from: &str, to: &str, policy: &str) -> (Bytes, Bytes) {
        let callers = super::check::callers(self.model);
        let mut fitting =
            callers.iter().filter(|call| call.name == from && call.to == to && call.policy == policy);
        fitting.next().map_or_else(Default::default, |call| call.sizes)
    }
}
