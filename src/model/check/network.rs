//! `[network]`, and the zones of components.

use std::collections::BTreeMap;

use super::{Caller, at_entry, callers, is_good_name, listed, unknown_name, written};
use crate::mechanism::Problems;
use crate::mechanism::fault::{FaultKind, PartitionMode};
use crate::model::settings::{LinkSettings, Model, Transport};
use crate::model::{Topology, codes};
use crate::quantity::{Limit, Share};

pub(super) fn check(model: &Model, problems: &mut Problems) {
    check_zone_names(model, problems);
    problems.at("network", |problems| {
        check_regions(model, problems);
        check_entries(model, problems);
    });
    let callers = callers(model);
    check_sizes(model, &callers, problems);
    for caller in &callers {
        check_it_ends(model, caller, problems);
    }
}

/// Partitions name components, zones and regions alike, so a name is one thing.
fn check_zone_names(model: &Model, problems: &mut Problems) {
    let is_component = |name: &str| model.workloads.contains_key(name) || model.services.contains_key(name);
    let check_name = |name: &str, problems: &mut Problems| {
        if !is_good_name(name) {
            let message = "a name consists of letters, digits, `_` and `-`, at most 100 of them";
            problems.error_with_code(
                codes::INVALID_NAME,
                message,
                "faults refer to zones and regions by name",
            );
        } else if is_component(name) {
            let message = format!("`{name}` is the name of a workload or service, too");
            problems.error_with_code(codes::INVALID_NAME, message, "faults tell them by name: rename one");
        }
    };
    let of_workloads = model.workloads.iter().map(|(name, workload)| ("workloads", name, &workload.zones));
    let of_services = model.services.iter().map(|(name, service)| ("services", name, &service.zones));
    for (table, name, zones) in of_workloads.chain(of_services) {
        at_entry(table, name, problems, |problems| {
            for (index, zone) in zones.iter().enumerate() {
                problems.at_index("zones", index, |problems| check_name(zone, problems));
            }
        });
    }
    let zones = Topology::of(model).zones();
    for region in model.network.regions.keys() {
        at_entry("network.regions", region, problems, |problems| {
            check_name(region, problems);
            if zones.contains(region.as_str()) {
                let message = format!("`{region}` is the name of a zone, too");
                problems.error_with_code(
                    codes::INVALID_NAME,
                    message,
                    "faults tell them by name: rename one",
                );
            }
        });
    }
}

fn check_regions(model: &Model, problems: &mut Problems) {
    let topology = Topology::of(model);
    let mut region_of: BTreeMap<&str, &str> = BTreeMap::new();
    for (region, zones) in &model.network.regions {
        for (index, zone) in zones.iter().enumerate() {
            let entry = format!("regions.{}", written(region));
            problems.at_index(&entry, index, |problems| {
                if let Some(other) = region_of.insert(zone, region) {
                    let message = format!("`{zone}` lies in `{other}` already");
                    problems.error_with_code(codes::INVALID_NAME, message, "a zone lies in one region");
                } else if !topology.zones().contains(zone.as_str()) {
                    let message = format!("nothing stands in the zone `{zone}`");
                    let help = "name it in the `zones` of a service or workload, or remove it";
                    problems.warning_with_code(codes::UNUSED, message, help);
                }
            });
        }
    }
    let homeless: Vec<&str> =
        topology.zones().into_iter().filter(|zone| topology.region_of(zone).is_none()).collect();
    if !model.network.regions.is_empty() && !homeless.is_empty() {
        problems.at("regions", |problems| {
            let message = format!("no region has the zones {}", listed(&homeless));
            let help = "where there are regions, every zone lies in one";
            problems.error_with_code(codes::UNKNOWN_NAME, message, help);
        });
    }
}

fn check_entries(model: &Model, problems: &mut Problems) {
    let network = &model.network;
    problems.at("default", |problems| network.default.check(problems));
    let classes = [
        ("same_zone", &network.same_zone),
        ("cross_zone", &network.cross_zone),
        ("cross_region", &network.cross_region),
    ];
    for (name, class) in classes {
        if let Some(class) = class {
            problems.at(name, |problems| class.check(problems));
        }
    }
    if network.cross_region.is_some() && network.regions.is_empty() {
        problems.at("cross_region", |problems| {
            let message = "there are no regions to lie between";
            let help = "write `regions = { eu = [\"eu-a\", \"eu-b\"], us = [\"us-a\"] }`";
            problems.warning_with_code(codes::UNUSED, message, help);
        });
    }
    let zones: Vec<String> = Topology::of(model).zones().into_iter().map(str::to_owned).collect();
    for (index, pair) in network.zone_pairs.iter().enumerate() {
        problems.at_index("zone_pairs", index, |problems| {
            pair.link().check(problems);
            problems.at("between", |problems| {
                if pair.between.len() != 2 {
                    let message = format!("a pair is two zones, not {}", pair.between.len());
                    problems.error_with_code(
                        codes::OUT_OF_RANGE,
                        message,
                        "write `between = [\"a\", \"b\"]`",
                    );
                }
                for zone in pair.between.iter().filter(|zone| !zones.contains(zone)) {
                    unknown_name("zone", zone, zones.iter(), problems);
                }
            });
        });
    }
    for (index, link) in network.links.iter().enumerate() {
        problems.at_index("links", index, |problems| {
            link.link().check(problems);
            check_link_ends(model, &link.from, &link.to, problems);
        });
    }
}

fn check_link_ends(model: &Model, from: &str, to: &str, problems: &mut Problems) {
    let callers = callers(model);
    if !model.workloads.contains_key(from) && !model.services.contains_key(from) {
        let names = model.workloads.keys().chain(model.services.keys());
        problems.at("from", |problems| unknown_name("workload or service", from, names, problems));
    } else if !model.services.contains_key(to) {
        problems.at("to", |problems| unknown_name("service", to, model.services.keys(), problems));
    } else if !callers.iter().any(|caller| caller.name == from && caller.to == to) {
        let message = format!("`{from}` never calls `{to}`");
        let help = "a link goes from who calls to who is called, for requests and replies alike";
        problems.warning_with_code(codes::UNUSED, message, help);
    }
}

/// The calls of one edge share a line in the output and a way over the network.
fn check_sizes(model: &Model, callers: &[Caller<'_>], problems: &mut Problems) {
    for (index, caller) in callers.iter().enumerate() {
        let is_alike = |other: &&Caller<'_>| {
            (other.name, other.to, other.policy) == (caller.name, caller.to, caller.policy)
        };
        if let Some(other) =
            callers[..index].iter().find(is_alike).filter(|other| other.sizes != caller.sizes)
        {
            let message = format!(
                "an earlier call from `{}` to `{}` under the policy `{}` has other sizes: {} and {}",
                caller.name, caller.to, caller.policy, other.sizes.0, other.sizes.1
            );
            let help = "calls that are told apart by their sizes need policies of their own: copy the policy under another name";
            caller.at("request_size", problems, |problems| {
                problems.error_with_code(codes::INVALID_STEP, message, help);
            });
        }
        let is_sized = caller.sizes != Default::default();
        let has_no_bandwidth = |link: &LinkSettings| link.bandwidth == Limit::Unlimited;
        if is_sized && Topology::of(model).links(caller.name, caller.to).iter().all(has_no_bandwidth) {
            let message = "the size of a message says nothing where the link has no `bandwidth`";
            let help = "write `bandwidth` in `[network]`, or remove the size";
            caller.at("request_size", problems, |problems| {
                problems.warning_with_code(codes::UNUSED, message, help);
            });
        }
    }
}

/// What is lost in silence is waited for until a timer ends it; without one, for ever.
fn check_it_ends(model: &Model, caller: &Caller<'_>, problems: &mut Problems) {
    let Some(policy) = super::policy_named(model, caller.policy) else { return };
    if policy.timeout.limited().or(policy.per_try_timeout.limited()).is_some() {
        return;
    }
    let Some(why) = why_silent(model, caller) else { return };
    let message = format!(
        "a call from `{}` to `{}` that is lost on the network would never end: {why}, and the policy `{}` has no timer",
        caller.name, caller.to, caller.policy
    );
    let help = format!("write `timeout` or `per_try_timeout` in `[policies.{}]`", caller.policy);
    caller.at("policy", problems, |problems| {
        problems.error_with_code(codes::CALL_NEVER_ENDS, message, help);
    });
}

/// What can make the messages of a call vanish, if anything can.
fn why_silent(model: &Model, caller: &Caller<'_>) -> Option<String> {
    let topology = Topology::of(model);
    let links = topology.links(caller.name, caller.to);
    let is_datagram = |link: &LinkSettings| link.transport == Transport::Datagram;
    if links.iter().any(|link| is_datagram(link) && link.loss > Share::ZERO) {
        return Some("its datagrams get lost".to_owned());
    }
    let (from, to) = (topology.component(caller.name)?, topology.component(caller.to)?);
    let concerns = |one: Option<&str>, other: Option<&str>| {
        let has = |name: Option<&str>, component: u32| {
            name.is_none_or(|name| topology.side(name).is_some_and(|side| side.has_any_of(component)))
        };
        (has(one, from) && has(other, to)) || (has(one, to) && has(other, from))
    };
    let is_silenced_by = |kind: FaultKind<'_>| match kind {
        FaultKind::Blackhole(fault) => fault.service == caller.name || fault.service == caller.to,
        FaultKind::Partition(fault) => {
            let is_concerned = match &fault.between[..] {
                [one, other] => concerns(Some(one), Some(other)),
                _ => fault.isolate.as_deref().is_some_and(|name| concerns(Some(name), None)),
            };
            is_concerned && fault.mode == PartitionMode::Drop
        }
        FaultKind::PacketLoss(fault) => {
            let is_concerned = match &fault.service {
                Some(service) => service == caller.name || service == caller.to,
                None => concerns(fault.from.as_deref(), fault.to.as_deref()),
            };
            is_concerned && links.iter().any(is_datagram)
        }
        FaultKind::Degrade(_)
        | FaultKind::Pause(_)
        | FaultKind::Crash(_)
        | FaultKind::LoadSpike(_)
        | FaultKind::ErrorInjection(_)
        | FaultKind::CpuStress(_)
        | FaultKind::MemoryStress(_)
        | FaultKind::AllocationSurge(_)
        | FaultKind::LockHeld(_)
        | FaultKind::IoDelay(_)
        | FaultKind::Latency(_)
        | FaultKind::ZoneOutage(_)
        | FaultKind::CacheFlush(_)
        | FaultKind::ConfigPush(_) => false,
    };
    let mut faults = model.faults.iter();
    let (name, _) = faults.find(|(_, fault)| fault.kind().is_some_and(is_silenced_by))?;
    Some(format!("the fault `{name}` makes messages vanish"))
}
