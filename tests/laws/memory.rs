//! Generated memories: heaps that are nearly too small, collectors, and faults that fill them.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use metastable::mechanism::fault::{AllocationSurge, FaultSettings, MemoryStress, Role, Select};
use metastable::mechanism::memory::{
    CollectorSettings, ConcurrentSettings, MemorySettings, OutOfMemorySettings, StopTheWorldSettings,
};
use metastable::model::Model;
use metastable::quantity::{Bandwidth, Bytes, Distribution, Factor, Share};

use super::models::milliseconds;

/// A memory, whose it is, and what fills it.
#[derive(Clone, Debug)]
pub(crate) struct MemoryDraft {
    settings: MemorySettings,
    service: Index,
    fault: Option<(u64, u64, bool, Role)>,
}

pub(crate) fn memory() -> BoxedStrategy<MemoryDraft> {
    // Of 1000 bytes each request takes up to a third, so that a few of them may fill the heap, or not even one may be killed for it.
    let sizes = (0_u64..500, 0_u64..300, 0_u64..150, 0_u64..150, 0_u64..100);
    let speed = (1_u64..1_000_000).prop_map(|speed| Bandwidth::new(speed * 100).expect("above 0"));
    let limit = option::of((1_u32..=100).prop_map(Share::percent));
    let stopping = (speed.clone(), 0_u64..20, limit).prop_map(|(speed, base, overhead_limit)| {
        CollectorSettings::StopTheWorld(StopTheWorldSettings {
            speed,
            base_pause: milliseconds(base),
            overhead_limit,
        })
    });
    let concurrent = (speed, 1_u32..=100, 0_u32..100).prop_map(|(speed, starts_at, cpu_share)| {
        CollectorSettings::Concurrent(ConcurrentSettings {
            speed,
            starts_at: Share::percent(starts_at),
            cpu_share: Share::percent(cpu_share),
        })
    });
    let collector =
        prop_oneof![1 => Just(None), 2 => stopping.prop_map(Some), 2 => concurrent.prop_map(Some)];
    let restart = (1_u64..500, 0_u64..500);
    let role = prop_oneof![Just(Role::Trigger), Just(Role::Background)];
    let fault = option::of((0_u64..=40, 1_u64..=900, any::<bool>(), role));
    (sizes, collector, restart, any::<Index>(), fault)
        .prop_map(
            |((base, request, more, queued, connection), collector, (after, longer), service, fault)| {
                let out_of_memory = OutOfMemorySettings {
                    restart_after: milliseconds(after),
                    restart_max: milliseconds(after + longer),
                };
                let settings = MemorySettings {
                    heap: Bytes::new(1000),
                    base_live: Bytes::new(base),
                    live_per_request: Bytes::new(request),
                    live_per_queued: Bytes::new(queued),
                    live_per_connection: Bytes::new(connection),
                    allocated_per_request: Some(Bytes::new(request + more)),
                    collector,
                    out_of_memory,
                };
                MemoryDraft { settings, service, fault }
            },
        )
        .boxed()
}

/// The model with these memories, each of another service if there are enough.
pub(crate) fn with_memories(mut model: Model, drafts: &[MemoryDraft]) -> Model {
    let names: Vec<String> = model.services.keys().cloned().collect();
    for (draft, fault_name) in drafts.iter().zip(["swell", "surge"]) {
        let name = draft.service.get(&names);
        model.services.get_mut(name).expect("it is one of them").memory = Some(draft.settings);
        let Some((at, bytes, is_surge, role)) = draft.fault else { continue };
        let mut fault = FaultSettings {
            at: Some(milliseconds(at * 100)),
            duration: Some(Distribution::Constant(milliseconds(bytes))),
            role: Some(role),
            ..FaultSettings::default()
        };
        // The last of several drafts for one service says whether anything is collected there.
        if is_surge
            && drafts
                .iter()
                .filter(|other| other.service.get(&names) == name)
                .all(|other| other.settings.collector.is_some())
        {
            let factor = Factor::from(1 + (bytes % 10) as u32);
            fault.allocation_surge =
                Some(AllocationSurge { service: name.clone(), factor, select: Select::All });
        } else {
            fault.memory_stress =
                Some(MemoryStress { service: name.clone(), bytes: Bytes::new(bytes), select: Select::All });
        }
        model.faults.insert(fault_name.to_owned(), fault);
    }
    model
}

/// The model with room for everything.
pub(crate) fn without_memories(mut model: Model) -> Model {
    for service in model.services.values_mut() {
        service.memory = None;
    }
    model.faults.retain(|_, fault| fault.memory_stress.is_none() && fault.allocation_surge.is_none());
    model
}
