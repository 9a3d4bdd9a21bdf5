//! A model in a test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, fs, io};

use super::Failed;
use crate::analysis::{Evidence, Judged, Judgement, MissingRun, Property, judge, judge_objectives};
use crate::experiment::{Trial, simulate};
use crate::mechanism::{Problem, Problems};
use crate::model::schedule::{FaultSpace, Limits, NoSpace, Schedule};
use crate::model::{Diagnostics, Model, Overrides};
use crate::observe::Run;
use crate::plan::Plan;
use crate::quantity::{Files, NoFiles};

/// A model that is tested, with the seed of its luck.
///
/// The twin (the same world without its triggers) does not depend on the faults that a test tries. It is run once and kept, also by clones of a world.
///
/// ```
/// use metastable::analysis::Property;
/// use metastable::model::schedule::Limits;
/// use metastable::testing::World;
///
/// let world = World::load("models/three-tier.toml")?.with(["run.duration=2min", "faults.brownout.at=20s"])?;
/// // The triggers that stand in the file …
/// world.check_own(&Property::Recovers)?;
/// // … and others that might have happened.
/// let space = world.faults(&Limits::default())?;
/// let schedule = space.draw(1, 0, Default::default());
/// world.check(&schedule, &Property::Recovers)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct World {
    /// What messages call it.
    name: String,
    text: String,
    overrides: Vec<String>,
    files: Arc<dyn Files + Send + Sync>,
    model: Model,
    twins: Arc<Mutex<Twins>>,
}

/// What is known of the worlds without triggers, by digest and seed.
type Twins = BTreeMap<([u8; 32], u64), Arc<Twin>>;

/// A world without its triggers.
struct Twin {
    run: Run,
    /// With every call tried once; only where somebody has asked.
    single_attempts: Mutex<Option<Arc<Run>>>,
}

/// Why there is no world to test.
#[derive(thiserror::Error)]
pub enum WorldError {
    /// The file of the model cannot be read.
    #[error("cannot read {}: {}", .0.display(), .1)]
    Read(PathBuf, io::Error),
    /// The model does not make sense.
    #[error("{0}")]
    Model(Diagnostics),
    /// These faults make it one that does not make sense, or a file that it names cannot be read.
    #[error("{}", listed(.0))]
    Problems(Vec<Problem>),
}

fn listed(problems: &[Problem]) -> String {
    let line = |problem: &Problem| format!("{}: {}", problem.path, problem.message);
    problems.iter().filter(|problem| problem.is_error).map(line).collect::<Vec<_>>().join("\n")
}

/// As it is displayed: tests that unwrap show it to people.
impl fmt::Debug for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("name", &self.name)
            .field("overrides", &self.overrides)
            .finish_non_exhaustive()
    }
}

/// The name, what was changed, and the seed.
impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (index, assignment) in self.overrides.iter().enumerate() {
            let word = if index == 0 { " with" } else { "," };
            write!(f, "{word} `{assignment}`")?;
        }
        write!(f, ", seed {}", self.model.run.seed)
    }
}

/// The files beside a model.
struct Beside(PathBuf);

impl Files for Beside {
    fn read(&self, path: &str) -> io::Result<String> {
        fs::read_to_string(self.0.join(path))
    }
}

impl World {
    /// Reads a model from a file; a path that is not absolute starts where `cargo test` does, at the root of the package.
    ///
    /// # Errors
    /// If it cannot be read, or does not make sense: everything that is wrong with it.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, WorldError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|error| WorldError::Read(path.to_owned(), error))?;
        let beside = Beside(path.parent().unwrap_or(Path::new("")).to_owned());
        Self::new(path.display().to_string(), text, Arc::new(beside))
    }

    /// Reads a model from a text that names no files. `name` is what messages call it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, WorldError> {
        Self::new(name.to_owned(), text.to_owned(), Arc::new(NoFiles))
    }

    /// Takes a model that a test has built, and that names no files.
    ///
    /// # Errors
    /// Everything that is wrong with it, shown in the text that it stands for.
    pub fn of(model: &Model) -> Result<Self, WorldError> {
        Self::parse(&model.name, &model.effective_toml())
    }

    fn new(name: String, text: String, files: Arc<dyn Files + Send + Sync>) -> Result<Self, WorldError> {
        let model = parsed(&name, &text, &[])?;
        let world = Self { name, text, overrides: Vec::new(), files, model, twins: Arc::default() };
        world.plan(&world.model).map(|_| world)
    }

    /// The world with values changed, as by `--set` on the command line: `path=value`.
    ///
    /// # Errors
    /// Everything that is wrong with what comes out.
    pub fn with<A: AsRef<str>>(&self, assignments: impl IntoIterator<Item = A>) -> Result<Self, WorldError> {
        let mut changed = self.clone();
        changed.overrides.extend(assignments.into_iter().map(|assignment| assignment.as_ref().to_owned()));
        changed.model = parsed(&changed.name, &changed.text, &changed.overrides)?;
        changed.model.run.seed = self.model.run.seed;
        changed.plan(&changed.model)?;
        Ok(changed)
    }

    /// The world under another seed; without this it is that of the model.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.model.run.seed = seed;
        self
    }

    /// The model, every default written out.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.model.run.seed
    }

    /// The files beside the model.
    pub(super) fn files(&self) -> &dyn Files {
        self.files.as_ref()
    }

    /// What may go wrong in it.
    ///
    /// # Errors
    /// If the run is too short to have faults and judge what follows, or if no fault that is allowed can hit anything.
    pub fn faults(&self, limits: &Limits) -> Result<FaultSpace, NoSpace> {
        FaultSpace::of(&self.model, limits)
    }

    /// Runs it with these faults in place of its triggers, and judges.
    ///
    /// # Errors
    /// If the model does not make sense with them.
    pub fn run(&self, schedule: &Schedule) -> Result<(Model, Trial), WorldError> {
        let model = schedule.apply(&self.model);
        let mut problems = Problems::new();
        model.check(&mut problems);
        let found = problems.into_found();
        if found.iter().any(|problem| problem.is_error) {
            return Err(WorldError::Problems(found));
        }
        let plan = self.plan(&model)?;
        let run = simulate(&plan, self.seed());
        let twin = plan.has_triggers().then(|| self.twin()).transpose()?;
        let judgement = self.judgement(&model, &run, twin.as_deref())?;
        let objectives = judge_objectives(&model.objectives, &run, judgement.as_ref());
        let twin = twin.map(|twin| twin.run.clone());
        Ok((model, Trial { run, twin, judgement, objectives, violations: Vec::new() }))
    }

    /// Whether a property holds with these faults in place of the triggers.
    ///
    /// # Errors
    /// If it does not, or if the model does not make sense with them. The message says what went wrong, with which faults, and how to see it again.
    pub fn check(&self, schedule: &Schedule, property: &Property) -> Result<Judged, Failed> {
        let judged =
            self.judged(schedule, property).map_err(|error| Failed::broken(self, schedule, &error))?;
        if judged.holds { Ok(judged) } else { Err(Failed::new(self, schedule, property, judged)) }
    }

    /// Whether a property holds with the triggers that the model has.
    ///
    /// # Errors
    /// As for [`World::check`].
    pub fn check_own(&self, property: &Property) -> Result<Judged, Failed> {
        self.check(&Schedule::of(&self.model), property)
    }

    pub(super) fn judged(&self, schedule: &Schedule, property: &Property) -> Result<Judged, WorldError> {
        let (model, trial) = self.run(schedule)?;
        Ok(trial.judge(&model, property))
    }

    fn plan(&self, model: &Model) -> Result<Plan, WorldError> {
        Plan::compile(model, self.files.as_ref()).map_err(WorldError::Problems)
    }

    /// The world without its triggers.
    fn twin(&self) -> Result<Arc<Twin>, WorldError> {
        let (quiet, plan) = self.quiet()?;
        let key = (quiet.digest(self.files.as_ref()), self.seed());
        let known = self.twins.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(twin) = known {
            return Ok(twin);
        }
        // Two threads may come here at once; then both run it, and it is the same run.
        let twin = Arc::new(Twin { run: simulate(&plan, self.seed()), single_attempts: Mutex::default() });
        self.twins.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&twin));
        Ok(twin)
    }

    fn quiet(&self) -> Result<(Model, Plan), WorldError> {
        let quiet = Schedule::default().apply(&self.model);
        let plan = self.plan(&quiet)?;
        Ok((quiet, plan))
    }

    fn judgement(
        &self,
        model: &Model,
        run: &Run,
        twin: Option<&Twin>,
    ) -> Result<Option<Judgement>, WorldError> {
        let evidence = Evidence {
            faults: &model.faults,
            run,
            twin: twin.map(|twin| &twin.run),
            single_attempt_twin: None,
        };
        match judge(&model.judge, &evidence) {
            Ok(judgement) => Ok(Some(judgement)),
            Err(MissingRun::Twin) => Ok(None),
            Err(MissingRun::SingleAttemptTwin) => {
                let single = self.single_attempts(twin)?;
                let evidence = Evidence { single_attempt_twin: Some(&single), ..evidence };
                Ok(judge(&model.judge, &evidence).ok())
            }
        }
    }

    /// The twin in which every call is tried once, kept with it.
    fn single_attempts(&self, twin: Option<&Twin>) -> Result<Arc<Run>, WorldError> {
        let mut kept = twin.map(|twin| twin.single_attempts.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(known) = kept.as_deref().and_then(Option::as_ref) {
            return Ok(Arc::clone(known));
        }
        let (_, plan) = self.quiet()?;
        let single = Arc::new(simulate(&plan.with_single_attempts(), self.seed()));
        if let Some(kept) = &mut kept {
            **kept = Some(Arc::clone(&single));
        }
        Ok(single)
    }
}

fn parsed(name: &str, text: &str, assignments: &[String]) -> Result<Model, WorldError> {
    let mut overrides = Overrides::new();
    for assignment in assignments {
        overrides.set(assignment);
    }
    Model::parse(name, text, &overrides).map(|loaded| loaded.model).map_err(WorldError::Model)
}
