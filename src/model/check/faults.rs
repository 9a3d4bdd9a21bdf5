//! `[faults.…]`, as far as they concern the rest of the model.

use super::{at_entry, caches, locks, memory, unknown_name};
use crate::mechanism::Problems;
use crate::mechanism::arrivals::ArrivalSettings;
use crate::mechanism::fault::{FaultKind, FaultSettings, Role, Select};
use crate::model::settings::Model;
use crate::model::spelling::counted;
use crate::model::{Topology, codes};
use crate::quantity::Duration;

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, fault) in &model.faults {
        at_entry("faults", name, problems, |problems| {
            check_times(model, fault, problems);
            check_after(model, name, fault, problems);
            if let Some((service, select)) = fault.instances() {
                let kind = fault.kind().map_or("none", FaultKind::name);
                problems.at(kind, |problems| check_instances(model, service, select, problems));
            }
            for kind in fault.kinds() {
                problems.at(kind.name(), |problems| check_names(model, kind, problems));
            }
        });
    }
}

fn check_times(model: &Model, fault: &FaultSettings, problems: &mut Problems) {
    // Without this the run has no length to begin in; the message about that is another one.
    let Some(earliest) = earliest_begin(model, fault, 0) else { return };
    let field = if fault.at.is_some() {
        "at"
    } else if fault.after.is_some() {
        "after"
    } else {
        "every"
    };
    problems.at(field, |problems| {
        if earliest >= model.run.duration {
            let message = format!("the run ends at {}, before this begins", model.run.duration);
            let help = "write an earlier begin or a longer `run.duration`";
            problems.error_with_code(codes::INVALID_TIMES, message, help);
        } else if fault.role() == Role::Trigger && earliest < model.run.warmup {
            let message =
                format!("a trigger cannot begin before the warm-up of {} is over", model.run.warmup);
            let help = "write a later `at`, a shorter `run.warmup`, or `role = \"background\"`";
            problems.error_with_code(codes::INVALID_TIMES, message, help);
        }
    });
    if let (Some(at), Some(until)) = (fault.at, fault.until)
        && until <= at
    {
        problems.at("until", |problems| {
            let message = format!("`until` {until} is not later than `at` {at}: this never happens");
            problems.error_with_code(codes::INVALID_TIMES, message, "write a later `until`");
        });
    }
}

/// The earliest instant at which a fault can begin; `None` if that is not said, or if faults follow one another in a circle.
fn earliest_begin(model: &Model, fault: &FaultSettings, followed: usize) -> Option<Duration> {
    if let Some(after) = &fault.after {
        let leader = model.faults.get(&after.fault).filter(|_| followed < model.faults.len())?;
        return Some(earliest_begin(model, leader, followed + 1)? + after.delay);
    }
    fault.at.or_else(|| fault.every.as_ref().map(|_| Duration::ZERO))
}

fn check_after(model: &Model, name: &str, fault: &FaultSettings, problems: &mut Problems) {
    let Some(after) = &fault.after else { return };
    problems.at("after.fault", |problems| {
        let Some(leader) = model.faults.get(&after.fault) else {
            unknown_name("fault", &after.fault, model.faults.keys(), problems);
            return;
        };
        let mut way = vec![name];
        let mut next = Some(after.fault.as_str());
        while let Some(leader) = next.filter(|leader| !way.contains(leader)) {
            way.push(leader);
            next = model
                .faults
                .get(leader)
                .and_then(|fault| fault.after.as_ref())
                .map(|after| after.fault.as_str());
        }
        if next == Some(name) {
            let message = format!("these faults wait for one another: {} -> {name}", way.join(" -> "));
            let help = "one of them must begin by itself: write `at` or `every` there";
            problems.error_with_code(codes::INVALID_TIMES, message, help);
        } else if fault.role() == Role::Background && leader.role() == Role::Trigger {
            let message = format!(
                "what belongs to the world cannot follow a trigger, as the twin has no `{}`",
                after.fault
            );
            let help = "write `role = \"trigger\"`: what a trigger causes belongs to the question";
            problems.error_with_code(codes::INVALID_TIMES, message, help);
        }
    });
}

fn check_instances(model: &Model, service: &str, select: &Select, problems: &mut Problems) {
    let Some(settings) = model.services.get(service) else {
        problems.at("service", |problems| {
            unknown_name("service", service, model.services.keys(), problems);
        });
        return;
    };
    problems.at("select", |problems| {
        check_select(service, select, settings.instances, &settings.zones, problems);
    });
}

/// Whether there are so many instances, and whether they stand where they should.
pub(super) fn check_select(
    name: &str,
    select: &Select,
    count: u32,
    zones: &[String],
    problems: &mut Problems,
) {
    match select {
        Select::Fixed(wanted) if *wanted <= count => {}
        Select::Fixed(wanted) => {
            let message = format!("`{name}` has {}, not {wanted}", counted(count, "instance"));
            let help = "write a smaller number, or `select = \"all\"`";
            problems.error_with_code(codes::OUT_OF_RANGE, message, help);
        }
        Select::Share(share) | Select::RandomMaxShare(share) if select.most_of(count) == 0 => {
            let message = format!("{share} of {}, rounded down, is none", counted(count, "instance"));
            let help = "write a larger share, or `{ fixed = 1 }`";
            problems.error_with_code(codes::OUT_OF_RANGE, message, help);
        }
        Select::Instances(ordinals) => {
            if let Some(beyond) = ordinals.iter().find(|ordinal| **ordinal >= count) {
                let message =
                    format!("`{name}` has {}, counted from 0, and no {beyond}", counted(count, "instance"));
                let help = format!("write ordinals from 0 to {}", count.saturating_sub(1));
                problems.error_with_code(codes::OUT_OF_RANGE, message, help);
            }
        }
        Select::All | Select::Share(_) | Select::RandomMaxShare(_) => {}
        Select::Zone(zone) => {
            let here: Vec<&String> = zones.iter().take(count as usize).collect();
            if !here.contains(&zone) {
                unknown_name(&format!("zone of `{name}`"), zone, here.into_iter(), problems);
            }
        }
    }
}

fn check_names(model: &Model, kind: FaultKind<'_>, problems: &mut Problems) {
    match kind {
        FaultKind::LoadSpike(spike) => {
            problems.at("workload", |problems| check_spiked(model, &spike.workload, problems));
        }
        FaultKind::Latency(fault) => {
            check_end(model, "from", fault.from.as_deref(), problems);
            check_end(model, "to", fault.to.as_deref(), problems);
        }
        FaultKind::PacketLoss(fault) => {
            check_end(model, "from", fault.from.as_deref(), problems);
            check_end(model, "to", fault.to.as_deref(), problems);
        }
        FaultKind::Partition(fault) => {
            for (index, name) in fault.between.iter().enumerate() {
                check_end(model, &format!("between[{index}]"), Some(name), problems);
            }
            check_end(model, "isolate", fault.isolate.as_deref(), problems);
        }
        FaultKind::ZoneOutage(fault) => {
            let zones: Vec<String> = Topology::of(model).zones().into_iter().map(str::to_owned).collect();
            if !zones.contains(&fault.zone) {
                problems.at("zone", |problems| unknown_name("zone", &fault.zone, zones.iter(), problems));
            }
        }
        FaultKind::CacheFlush(fault) => caches::check_flush(model, fault, problems),
        FaultKind::MemoryStress(fault) => memory::check_fault(model, &fault.service, false, problems),
        FaultKind::AllocationSurge(fault) => memory::check_fault(model, &fault.service, true, problems),
        FaultKind::LockHeld(fault) => locks::check_held(model, fault, problems),
        FaultKind::Degrade(_)
        | FaultKind::Pause(_)
        | FaultKind::Crash(_)
        | FaultKind::ErrorInjection(_)
        | FaultKind::CpuStress(_)
        | FaultKind::IoDelay(_)
        | FaultKind::Blackhole(_)
        | FaultKind::ConfigPush(_) => {}
    }
}

/// A name that stands for processes: a workload, a service, a zone or a region.
fn check_end(model: &Model, field: &str, name: Option<&str>, problems: &mut Problems) {
    let topology = Topology::of(model);
    let Some(name) = name.filter(|name| topology.side(name).is_none()) else { return };
    let zones: Vec<String> = topology.zones().into_iter().map(str::to_owned).collect();
    let names =
        model.workloads.keys().chain(model.services.keys()).chain(&zones).chain(model.network.regions.keys());
    problems.at(field, |problems| unknown_name("workload, service, zone or region", name, names, problems));
}

fn check_spiked(model: &Model, name: &str, problems: &mut Problems) {
    match model.workloads.get(name).map(|workload| &workload.arrivals) {
        None => unknown_name("workload", name, model.workloads.keys(), problems),
        Some(ArrivalSettings::Open(_)) => {}
        Some(
            ArrivalSettings::Closed(_)
            | ArrivalSettings::PartlyOpen(_)
            | ArrivalSettings::Batch(_)
            | ArrivalSettings::Trace(_),
        ) => {
            let message = format!("a load spike changes a rate, and `{name}` is not an open loop");
            let help = "write another workload for what is added, with a profile that is 0 outside the spike";
            problems.error_with_code(codes::INVALID_TIMES, message, help);
        }
    }
}
