//! Whether a model still fails: the same world, run again, unless that was done before.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::super::replay::{ReplayError, verdict};
use super::super::{Progress, Twin};
use super::Shrinking;
use crate::mechanism::fault::Role;
use crate::model::{Model, Overrides, VerdictName, decode_json};
use crate::plan::Plan;

/// So many worlds are remembered. A shrinker goes from one to the next, and hardly ever back.
const TWINS_MAX: usize = 3;

/// Asks models whether they fail as the first one did.
pub(super) struct Oracle<'a> {
    shrinking: Shrinking<'a>,
    wanted: VerdictName,
    /// By the digest of a model: whether it fails.
    known: BTreeMap<String, bool>,
    /// The digests that were asked for, in whatever way the answer was found.
    asked: BTreeMap<String, bool>,
    twins: VecDeque<(String, Twin)>,
    progress: &'a Progress,
}

impl<'a> Oracle<'a> {
    pub(super) fn new(
        shrinking: Shrinking<'a>,
        wanted: VerdictName,
        known: BTreeMap<String, bool>,
        progress: &'a Progress,
    ) -> Self {
        Self { shrinking, wanted, known, asked: BTreeMap::new(), twins: VecDeque::new(), progress }
    }

    /// How many different models were asked, those of an earlier process included.
    pub(super) fn asked(&self) -> usize {
        self.asked.len()
    }

    /// The model that a value says, if it is one that can run.
    pub(super) fn model(value: &Value) -> Option<Model> {
        let model: Model = decode_json(value)?;
        let text = model.effective_toml();
        Model::parse("the case", &text, &Overrides::new()).ok().map(|loaded| loaded.model)
    }

    /// Whether a model can be run and fails as the first one did.
    pub(super) fn fails(&mut self, model: &Model) -> Result<bool, ReplayError> {
        let digest = model.digest_hex(self.shrinking.files);
        if let Some(fails) = self.asked.get(&digest) {
            return Ok(*fails);
        }
        let Ok(plan) = Plan::compile(model, self.shrinking.files) else { return Ok(false) };
        let fails = match self.known.get(&digest) {
            Some(fails) => *fails,
            None => self.run(model, &plan)?,
        };
        (self.shrinking.note)(&digest, fails);
        self.asked.insert(digest, fails);
        Ok(fails)
    }

    fn run(&mut self, model: &Model, plan: &Plan) -> Result<bool, ReplayError> {
        let world = self.twin(model, plan)?;
        let (_, twin) = &self.twins[world];
        let trial = twin.conduct(model, plan, self.progress).map_err(ReplayError::Stopped)?;
        let judged = trial.judge(model, self.shrinking.property);
        Ok(!judged.holds && verdict(&trial) == self.wanted)
    }

    /// The place of the twin of a model, which is run unless it is there.
    fn twin(&mut self, model: &Model, plan: &Plan) -> Result<usize, ReplayError> {
        let mut world = model.clone();
        world.faults.retain(|_, fault| fault.role() == Role::Background);
        let digest = world.digest_hex(self.shrinking.files);
        if let Some(place) = self.twins.iter().position(|(known, _)| *known == digest) {
            return Ok(place);
        }
        let twin = Twin::of(plan, model.run.seed, self.progress).map_err(ReplayError::Stopped)?;
        self.twins.truncate(TWINS_MAX - 1);
        self.twins.push_front((digest, twin));
        Ok(0)
    }
}
