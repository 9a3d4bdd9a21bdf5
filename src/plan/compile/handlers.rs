//! Handlers, as flat lists of instructions.

use std::collections::BTreeMap;

use crate::kernel::calendar::Rank;
use crate::kernel::random::hash64;
use crate::model::{ServiceSettings, StepSettings};
use crate::plan::Instruction;

use super::Compiler;

impl<'a> Compiler<'a> {
    /// Appends the handler of a service to the instructions and says where it begins.
    pub(super) fn handler(&mut self, service: &'a str, settings: &'a ServiceSettings) -> u32 {
        let first = self.instructions.len() as u32;
        let mut ordinals: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, step) in settings.handler.iter().enumerate() {
            let kind = kind_of(step);
            let ordinal = ordinals.entry(kind).or_default();
            let which = step.name.clone().unwrap_or_else(|| format!("{kind}.{ordinal}"));
            *ordinal += 1;
            let path = format!("services.{service}.handler.{which}");
            let at = format!("handler[{index}].{kind}");
            if let Some(instruction) = self.instruction(service, step, path, &at) {
                self.instructions.push(instruction);
            }
        }
        self.instructions.push(Instruction::Reply);
        first
    }

    pub(super) fn instruction(
        &mut self,
        service: &'a str,
        step: &'a StepSettings,
        path: String,
        at: &str,
    ) -> Option<Instruction> {
        if let Some(work) = &step.work {
            let span = self.span(work, Rank::Completion, &format!("services.{service}.{at}"));
            return Some(Instruction::Work { span, site: self.sites.add(path) });
        }
        if let Some(sleep) = &step.sleep {
            let span = self.span(sleep, Rank::Completion, &format!("services.{service}.{at}"));
            return Some(Instruction::Sleep { span, site: self.sites.add(path) });
        }
        if let Some(call) = &step.call {
            let edge = self.edges[&(service, call.to.as_str(), call.policy.as_str())];
            return Some(Instruction::Call { edge, step: hash64(&path) });
        }
        let share = step.fail?;
        Some(Instruction::Fail { billionths: share.billionths(), site: self.sites.add(path) })
    }
}

fn kind_of(step: &StepSettings) -> &'static str {
    match step {
        StepSettings { work: Some(_), .. } => "work",
        StepSettings { sleep: Some(_), .. } => "sleep",
        StepSettings { call: Some(_), .. } => "call",
        StepSettings { .. } => "fail",
    }
}
