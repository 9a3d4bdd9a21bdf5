//! Which requests are worth keeping.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::{Chosen, Reason, Slots};
use crate::kernel::random::mix;
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::fault::Role;
use crate::observe::{CallOrigin, Happening};
use crate::plan::Plan;

/// Tells what is drawn here from all that a run draws.
const SAMPLE: u64 = 0x7361_6d70_6c65_6420;

/// A request in progress: its number, and whose it is.
#[derive(Clone, Copy, Debug)]
struct Open {
    number: u64,
    workload: u32,
}

/// What is kept of one workload.
#[derive(Clone, Debug, Default)]
struct Kept {
    /// Those with the smallest draws.
    sampled: BinaryHeap<(u64, u64)>,
    /// Of several that took equally long the first.
    slowest: BinaryHeap<Reverse<(Duration, Reverse<u64>)>>,
    /// By [`Class::index`]; the place of `ok` has those that were too late for their user.
    failed: [Vec<u64>; Class::COUNT],
    trigger_began: Vec<u64>,
    trigger_ended: Vec<u64>,
}

/// Watches how requests end.
#[derive(Clone, Debug)]
pub(super) struct Chooser {
    count: usize,
    /// Of this and a number comes what is drawn.
    draw: u64,
    entered: u64,
    /// A request has entered, and its call is about to begin.
    entering: Option<Open>,
    open: Slots<Open>,
    kept: Vec<Kept>,
    /// By change of the plan.
    is_trigger: Vec<bool>,
    triggers_active: u32,
    /// Whether any has begun, and whether all that have begun are over.
    has_begun: bool,
    is_over: bool,
}

impl Chooser {
    pub(super) fn new(plan: &Plan, seed: u64, count: usize) -> Self {
        Self {
            count,
            draw: mix(seed, SAMPLE),
            entered: 0,
            entering: None,
            open: Slots::new(),
            kept: vec![Kept::default(); plan.workloads.len()],
            is_trigger: plan.changes.iter().map(|change| change.role == Role::Trigger).collect(),
            triggers_active: 0,
            has_begun: false,
            is_over: false,
        }
    }

    pub(super) fn happened(&mut self, now: Time, happening: Happening) {
        match happening {
            Happening::RequestEntered { workload, .. } => self.entered(workload),
            Happening::CallBegan { call, origin: CallOrigin::Request, .. } => {
                if let Some(open) = self.entering.take() {
                    self.open.put(call.0, open);
                }
            }
            Happening::RequestEnded { call, class, intended, late, .. } => {
                if let Some(open) = self.open.take(call.0) {
                    self.ended(open, class, now.since(intended), late);
                }
            }
            Happening::ChangeBegan { change } if self.is_trigger[change as usize] => {
                self.triggers_active += 1;
                self.has_begun = true;
                self.is_over = false;
            }
            Happening::ChangeEnded { change } if self.is_trigger[change as usize] => {
                self.triggers_active -= 1;
                self.is_over = self.triggers_active == 0;
                // What followed an earlier end did not follow the last.
                self.kept.iter_mut().for_each(|kept| kept.trigger_ended.clear());
            }
            _ => {}
        }
    }

    fn entered(&mut self, workload: u32) {
        let (number, count) = (self.entered, self.count);
        self.entered += 1;
        self.entering = Some(Open { number, workload });
        let kept = &mut self.kept[workload as usize];
        kept.sampled.push((mix(self.draw, number), number));
        if kept.sampled.len() > count {
            kept.sampled.pop();
        }
        if self.has_begun && kept.trigger_began.len() < count {
            kept.trigger_began.push(number);
        }
        if self.is_over && kept.trigger_ended.len() < count {
            kept.trigger_ended.push(number);
        }
    }

    fn ended(&mut self, open: Open, class: Class, took: Duration, late: bool) {
        let kept = &mut self.kept[open.workload as usize];
        if class == Class::Ok && !late {
            kept.slowest.push(Reverse((took, Reverse(open.number))));
            if kept.slowest.len() > self.count {
                kept.slowest.pop();
            }
            return;
        }
        let failed = &mut kept.failed[class.index()];
        if failed.len() < self.count {
            failed.push(open.number);
        }
    }

    /// In the order of the numbers.
    pub(super) fn finish(self) -> Vec<Chosen> {
        let mut reasons: BTreeMap<u64, Vec<Reason>> = BTreeMap::new();
        let mut keep = |number: u64, reason: Reason| {
            let reasons = reasons.entry(number).or_default();
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        };
        let mut unfinished: Vec<Vec<u64>> = vec![Vec::new(); self.kept.len()];
        for open in self.open.values() {
            unfinished[open.workload as usize].push(open.number);
        }
        for (kept, mut unfinished) in self.kept.into_iter().zip(unfinished) {
            kept.sampled.into_iter().for_each(|(_, number)| keep(number, Reason::Sampled));
            kept.slowest.into_iter().for_each(|Reverse((_, Reverse(number)))| keep(number, Reason::Slowest));
            kept.failed.into_iter().flatten().for_each(|number| keep(number, Reason::Failed));
            kept.trigger_began.into_iter().for_each(|number| keep(number, Reason::TriggerBegan));
            kept.trigger_ended.into_iter().for_each(|number| keep(number, Reason::TriggerEnded));
            unfinished.sort_unstable();
            unfinished.into_iter().take(self.count).for_each(|number| keep(number, Reason::Unfinished));
        }
        reasons.into_iter().map(|(number, reasons)| Chosen { number, reasons }).collect()
    }
}
