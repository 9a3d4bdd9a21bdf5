//! A search over seeds and schedules of faults for runs in which a property does not hold.
//!
//! Runs come in rounds of a fixed size. What a round tries is a function of what the rounds before it found, so the result does not depend on how many runs go on
//! at a time, and the first n runs are the same whatever n is. Three strategies take turns: faults drawn evenly; swarms, which leave kinds out (Groce et al., "Swarm
//! Testing", ISSTA 2012); and variations of the schedules that came nearest to breaking the property, by its margin.
//!
//! Two failures are the same if they have the same verdict, the same narrow place and the same main sign (see [`Symptoms`]); not if they have the same faults, because
//! many faults find one weakness.

mod answer;
mod strategy;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::replay::{ReplayError, verdict};
use super::{Progress, Stopped, Trial, Twin};
use crate::analysis::{Property, Symptoms, Verdict};
use crate::model::Model;
use crate::model::schedule::FaultSpace;
use crate::plan::Plan;
use crate::quantity::Files;

pub use answer::Answer;
use strategy::Memory;
pub use strategy::{Probe, Strategy};

/// So many runs are chosen at a time.
pub const ROUND: u64 = 32;

/// What is hunted, and where.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "there is nothing to say of files that somebody else opens")]
pub struct Hunting<'a> {
    /// The model; its triggers give way to the schedules.
    pub model: &'a Model,
    /// The files that it reads.
    pub files: &'a (dyn Files + Sync),
    /// What is to hold.
    pub property: &'a Property,
    /// Where schedules come from.
    pub space: &'a FaultSpace,
    /// The first world; round r runs in the world with this seed + r.
    pub first_seed: u64,
    /// How many runs.
    pub runs: u64,
}

/// What was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Hunted {
    /// The first so many runs are done: all of them, or as many as there are without a gap when it was stopped.
    pub runs: u64,
    /// How many of these had each verdict.
    pub verdicts: BTreeMap<&'static str, u64>,
    /// Failures that are told apart, in the order in which they were met first.
    pub failures: Vec<Failure>,
    /// Of the runs in which the property held, the one that came nearest to breaking it.
    pub nearest: Option<(Probe, Answer)>,
}

/// Runs that fail in the same way.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// What tells it from others: verdict, main sign and narrow place.
    pub signature: String,
    /// How many runs failed so.
    pub count: u64,
    /// The number of the first of them.
    pub first: u64,
    /// The one with the fewest faults, and of equals the first.
    pub simplest: Probe,
}

/// Hunts. `known` are the answers of an earlier process, by the number of the run; `note` is told every new one as it comes, in any order.
///
/// When `progress` is told to cancel, what there is by then without a gap is the result.
///
/// # Errors
/// If a file that the model reads is not as it should be.
pub fn hunt(
    hunting: Hunting<'_>,
    known: &BTreeMap<u64, Answer>,
    note: &(dyn Fn(u64, &Answer) + Sync),
    progress: &Progress,
) -> Result<Hunted, ReplayError> {
    let mut memory = Memory::default();
    let mut hunted = Hunted { runs: 0, verdicts: BTreeMap::new(), failures: Vec::new(), nearest: None };
    while hunted.runs < hunting.runs {
        let probes = memory.round(&hunting, hunted.runs);
        let answers = round(&hunting, &probes, known, note, progress)?;
        let whole = answers.iter().take_while(|answer| answer.is_some()).count();
        let is_stopped = whole < probes.len();
        for (probe, answer) in probes.into_iter().zip(answers.into_iter().flatten()).take(whole) {
            hunted.add(&probe, &answer);
            memory.remember(probe, &answer);
        }
        if is_stopped {
            break;
        }
    }
    Ok(hunted)
}

/// The answers to the probes of a round; `None` for those that were stopped.
fn round(
    hunting: &Hunting<'_>,
    probes: &[Probe],
    known: &BTreeMap<u64, Answer>,
    note: &(dyn Fn(u64, &Answer) + Sync),
    progress: &Progress,
) -> Result<Vec<Option<Answer>>, ReplayError> {
    let missing: Vec<&Probe> = probes.iter().filter(|probe| !known.contains_key(&probe.index)).collect();
    let seeds: std::collections::BTreeSet<u64> = missing.iter().map(|probe| probe.seed).collect();
    let worlds = seeds.into_par_iter().map(|seed| Ok((seed, world(hunting, seed, progress)?)));
    let worlds: BTreeMap<u64, Option<Twin>> = worlds.collect::<Result<_, ReplayError>>()?;
    probes
        .par_iter()
        .map(|probe| {
            if let Some(answer) = known.get(&probe.index) {
                return Ok(Some(answer.clone()));
            }
            let Some(Some(twin)) = worlds.get(&probe.seed) else { return Ok(None) };
            let answer = ask(hunting, probe, twin, progress)?;
            if let Some(answer) = &answer {
                note(probe.index, answer);
            }
            Ok(answer)
        })
        .collect()
}

/// A run that was stopped has no result; any other reason is an error.
fn unless_stopped<T>(result: Result<T, Stopped>) -> Result<Option<T>, ReplayError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Stopped::Cancelled) => Ok(None),
        Err(stopped) => Err(ReplayError::Stopped(stopped)),
    }
}

fn world(hunting: &Hunting<'_>, seed: u64, progress: &Progress) -> Result<Option<Twin>, ReplayError> {
    let plan = Plan::compile(hunting.model, hunting.files).map_err(ReplayError::Plan)?;
    unless_stopped(Twin::of(&plan, seed, progress))
}

fn ask(
    hunting: &Hunting<'_>,
    probe: &Probe,
    twin: &Twin,
    progress: &Progress,
) -> Result<Option<Answer>, ReplayError> {
    let model = probe.schedule.apply(hunting.model);
    let plan = Plan::compile(&model, hunting.files).map_err(ReplayError::Plan)?;
    let Some(trial) = unless_stopped(twin.conduct(&model, &plan, progress))? else { return Ok(None) };
    let judged = trial.judge(&model, hunting.property);
    let verdict = verdict(&trial);
    let signature = (!judged.holds).then(|| signature(&model, &trial));
    Ok(Some(Answer { margin: judged.margin, verdict, signature }))
}

/// What tells a failure from others.
fn signature(model: &Model, trial: &Trial) -> String {
    let symptoms = Symptoms::of(model, &trial.run, trial.twin.as_ref(), trial.judgement.as_ref());
    let verdict_word = verdict(trial).name();
    let is_unstable = trial.judgement.as_ref().is_some_and(|it| matches!(it.verdict, Verdict::Unstable(_)));
    if is_unstable {
        // The twin is down, too, so nothing tells them apart.
        let place = symptoms.narrow.map_or_else(|| "nowhere".to_owned(), |narrow| narrow.service);
        return format!("{verdict_word}: without a fault at {place}");
    }
    format!("{verdict_word}: {}", symptoms.signature())
}

impl Probe {
    /// The model that is run: the world with this seed, and these faults.
    pub fn model(&self, model: &Model) -> Model {
        let mut world = self.schedule.apply(model);
        world.run.seed = self.seed;
        world
    }
}

impl Hunted {
    fn add(&mut self, probe: &Probe, answer: &Answer) {
        self.runs += 1;
        *self.verdicts.entry(answer.verdict.name()).or_default() += 1;
        let Some(signature) = &answer.signature else {
            if self.nearest.as_ref().is_none_or(|(_, nearest)| answer.margin < nearest.margin) {
                self.nearest = Some((probe.clone(), answer.clone()));
            }
            return;
        };
        let known = self.failures.iter_mut().find(|failure| failure.signature == *signature);
        let Some(failure) = known else {
            let (signature, simplest) = (signature.clone(), probe.clone());
            self.failures.push(Failure { signature, count: 1, first: probe.index, simplest });
            return;
        };
        failure.count += 1;
        if probe.schedule.len() < failure.simplest.schedule.len() {
            failure.simplest = probe.clone();
        }
    }
}
