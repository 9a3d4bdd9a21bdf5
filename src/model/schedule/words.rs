//! A fault in words.

use super::candidates::is_instantaneous;
use crate::mechanism::fault::{
    Degrade, Direction, FaultKind, FaultSettings, LoadSpike, LockHeld, Partition, PartitionMode, Resource,
    Select,
};
use crate::mechanism::lock::LockMode;
use crate::model::push::as_toml;
use crate::quantity::Share;

/// What a fault does, in a sentence: ``at 2min, for 30s: work in `db` takes 5 times as long``.
pub fn described(fault: &FaultSettings) -> String {
    let what = fault.kind().map_or_else(|| "nothing".to_owned(), |kind| what(kind, fault));
    format!("{}{}: {what}", when(fault), length(fault))
}

fn when(fault: &FaultSettings) -> String {
    match (&fault.after, &fault.every, fault.at) {
        (Some(after), ..) => {
            let chance = if after.probability == Share::ONE {
                String::new()
            } else {
                format!(", with a probability of {},", after.probability)
            };
            format!("{} after `{}` begins{chance}", after.delay, after.fault)
        }
        (None, Some(every), Some(at)) => format!("from {at}, every {every}"),
        (None, Some(every), None) => format!("every {every}"),
        (None, None, Some(at)) => format!("at {at}"),
        (None, None, None) => "at no time".to_owned(),
    }
}

fn length(fault: &FaultSettings) -> String {
    let ramp = fault.ramp.map(|ramp| format!(", growing for {ramp}")).unwrap_or_default();
    match &fault.duration {
        Some(duration) => format!(", for {duration}{ramp}"),
        None if is_instantaneous(fault) => String::new(),
        None => format!(", to the end of the run{ramp}"),
    }
}

fn what(kind: FaultKind<'_>, fault: &FaultSettings) -> String {
    let who = fault.instances().map(|(service, select)| instances(service, select)).unwrap_or_default();
    match kind {
        FaultKind::Degrade(Degrade { factor, resource, .. }) => {
            let what = if *resource == Resource::Cpu { "work" } else { "I/O" };
            format!("{what} in {who} takes {factor} times as long")
        }
        FaultKind::Pause(_) => format!("{who} stands still"),
        FaultKind::Crash(_) => format!("{who} is down"),
        FaultKind::LoadSpike(LoadSpike { workload, factor }) => {
            format!("`{workload}` has {factor} times its load")
        }
        FaultKind::ErrorInjection(fault) => {
            format!("{} of the attempts at {who} fail with `{}`", fault.share, fault.class)
        }
        FaultKind::CpuStress(fault) => format!("another process takes {} of the CPU of {who}", fault.load),
        FaultKind::MemoryStress(fault) => format!("{} more are alive in the heap of {who}", fault.bytes),
        FaultKind::AllocationSurge(fault) => {
            format!("attempts at {who} allocate {} times as much", fault.factor)
        }
        FaultKind::Latency(latency) => {
            let jitter =
                if latency.jitter.is_zero() { String::new() } else { format!(" ± {}", latency.jitter) };
            let ends = ends(latency.from.as_deref(), latency.to.as_deref(), &who, latency.direction);
            format!("messages {ends} take {}{jitter} longer", latency.delay)
        }
        FaultKind::PacketLoss(loss) => {
            let ends = ends(loss.from.as_deref(), loss.to.as_deref(), &who, loss.direction);
            format!("{} of the segments {ends} are lost", loss.loss)
        }
        FaultKind::Partition(partition) => partitioned(partition),
        FaultKind::Blackhole(_) => format!("nothing gets into or out of {who}"),
        FaultKind::ZoneOutage(fault) => format!("everything in zone `{}` is down", fault.zone),
        FaultKind::CacheFlush(flush) => {
            let of = if flush.select == Select::All {
                String::new()
            } else {
                format!(" in {}", some(&flush.select))
            };
            format!("the cache `{}` loses {} of its entries{of}", flush.cache, flush.share)
        }
        FaultKind::IoDelay(fault) => format!("I/O in {who} takes {} longer", fault.delay),
        FaultKind::LockHeld(LockHeld { lock, key, mode }) => {
            let key = key.map(|key| format!(" of key {key}")).unwrap_or_default();
            let shared = if *mode == LockMode::Shared { " to read" } else { "" };
            format!("something outside holds the lock `{lock}`{key}{shared}")
        }
        FaultKind::ConfigPush(push) => {
            let set: Vec<String> =
                push.set.iter().map(|(path, value)| format!("`{path} = {}`", as_toml(value))).collect();
            let canary = if push.select == Select::All {
                String::new()
            } else {
                format!(" to {}", some(&push.select))
            };
            format!("{} is pushed{canary}", set.join(", "))
        }
    }
}

fn instances(service: &str, select: &Select) -> String {
    if *select == Select::All { format!("`{service}`") } else { format!("{} of `{service}`", some(select)) }
}

fn some(select: &Select) -> String {
    match select {
        Select::All => "all instances".to_owned(),
        Select::Fixed(1) => "one instance".to_owned(),
        Select::Fixed(count) => format!("{count} instances"),
        Select::Share(share) => format!("{share} of the instances"),
        Select::RandomMaxShare(share) => format!("up to {share} of the instances"),
        Select::Zone(zone) => format!("the instances in zone `{zone}`"),
        Select::Instances(ordinals) => {
            let ordinals: Vec<String> = ordinals.iter().map(u32::to_string).collect();
            format!("the instances {}", ordinals.join(", "))
        }
    }
}

fn ends(from: Option<&str>, to: Option<&str>, who: &str, direction: Direction) -> String {
    if !who.is_empty() {
        return match direction {
            Direction::Both => format!("into and out of {who}"),
            Direction::To => format!("out of {who}"),
            Direction::From => format!("into {who}"),
        };
    }
    let [from, to] =
        [from, to].map(|name| name.map_or_else(|| "everybody".to_owned(), |name| format!("`{name}`")));
    sides(&from, &to, direction)
}

fn sides(one: &str, other: &str, direction: Direction) -> String {
    match direction {
        Direction::Both => format!("between {one} and {other}"),
        Direction::To => format!("from {one} to {other}"),
        Direction::From => format!("from {other} to {one}"),
    }
}

fn partitioned(partition: &Partition) -> String {
    let name = |index: usize| partition.between.get(index).map(|name| format!("`{name}`"));
    let isolated = partition.isolate.as_ref().map(|name| format!("`{name}`"));
    let one = name(0).or(isolated).unwrap_or_default();
    let other = name(1).unwrap_or_else(|| "everybody else".to_owned());
    let sides = sides(&one, &other, partition.direction);
    let share = if partition.share == Share::ONE {
        String::new()
    } else {
        format!("on {} of the pairs ", partition.share)
    };
    let what = if partition.mode == PartitionMode::Reject { "is refused" } else { "comes through" };
    let nothing = if partition.mode == PartitionMode::Reject { "everything" } else { "nothing" };
    format!("{share}{nothing} {sides} {what}")
}
