//! A property under many schedules.

use std::path::PathBuf;

use super::descent::Descent;
use super::failed::Failed;
use super::kept::{self, Kept};
use super::world::World;
use crate::analysis::Property;
use crate::model::schedule::{FaultSpace, Limits, Schedule, Style};

/// That a property holds whatever happens: tried with many schedules of faults, and if one breaks it, with smaller ones.
///
/// The same test tries the same schedules each time, on any machine and any number of threads: a test that passes does not fail tomorrow without a change. Other schedules
/// come with another [`seed`](PropertyTest::seed), and more of them with [`cases`](PropertyTest::cases).
///
/// ```
/// use metastable::analysis::Property;
/// use metastable::testing::{PropertyTest, World};
///
/// let world = World::load("models/steady.toml")?;
/// let passed = PropertyTest::new(&world, Property::Recovers).cases(4).run()?;
/// assert_eq!(passed.runs, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PropertyTest {
    world: World,
    property: Property,
    limits: Limits,
    style: Style,
    cases: u64,
    seed: u64,
    shrink_runs: u64,
    kept_in: Option<PathBuf>,
}

/// A test that passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passed {
    /// How many schedules were tried.
    pub runs: u64,
}

impl PropertyTest {
    /// A test of a property in a world, with 64 schedules of at most 5 faults, drawn swarm style.
    pub fn new(world: &World, property: Property) -> Self {
        Self {
            world: world.clone(),
            property,
            limits: Limits::default(),
            style: Style::default(),
            cases: 64,
            seed: 1,
            shrink_runs: 400,
            kept_in: None,
        }
    }

    /// How many schedules are tried.
    #[must_use]
    pub fn cases(mut self, cases: u64) -> Self {
        self.cases = cases;
        self
    }

    /// Other schedules. (The luck of the world is its own: [`World::with_seed`].)
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Which faults may happen, how many and when.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How schedules are drawn.
    #[must_use]
    pub fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// After so many runs the smallest schedule so far is good enough.
    #[must_use]
    pub fn shrink_runs(mut self, runs: u64) -> Self {
        self.shrink_runs = runs;
        self
    }

    /// Keeps what fails as a case in this folder, and tries what was kept there first: a failure that was found once is found at once until it is cured, and never comes back unseen.
    /// The folder belongs into version control. Cases of other models in it are left alone.
    #[must_use]
    pub fn kept_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.kept_in = Some(folder.into());
        self
    }

    /// Tries.
    ///
    /// # Errors
    /// The smallest schedule that was found under which the property does not hold.
    pub fn run(&self) -> Result<Passed, Failed> {
        let mut runs = 0;
        if let Some(folder) = &self.kept_in {
            for Kept { path, seed, schedule } in
                kept::of(folder, &self.world).map_err(|why| self.cannot(why))?
            {
                runs += 1;
                let world = self.world.clone().with_seed(seed);
                if let Err(mut failed) = world.check(&schedule, &self.property) {
                    failed.origin.search = format!(" (a case that was kept: {})", path.display());
                    failed.origin.replay = kept::how_to_replay(&path);
                    return Err(failed);
                }
            }
        }
        let space = self.world.faults(&self.limits).map_err(|error| self.cannot(error.to_string()))?;
        let Some((index, schedule, failed)) = self.first_failing(&space) else {
            return Ok(Passed { runs: runs + self.cases });
        };
        // A schedule with which the model makes no sense is a mistake of ours, and no smaller one tells more.
        if failed.judged.is_none() {
            return Err(failed);
        }
        Err(self.smallest(index, schedule, failed))
    }

    /// Tries, and fails the test that it stands in.
    ///
    /// # Panics
    /// If the property does not hold, with the message of [`Failed`].
    pub fn assert(&self) {
        if let Err(failed) = self.run() {
            panic!("{failed}");
        }
    }

    fn fails(&self, schedule: &Schedule) -> Option<Failed> {
        self.world.check(schedule, &self.property).err()
    }

    fn cannot(&self, why: String) -> Failed {
        Failed::cannot(&self.world, why)
    }

    /// The first schedule, in the order of their numbers, that fails.
    fn first_failing(&self, space: &FaultSpace) -> Option<(u64, Schedule, Failed)> {
        let step = threads();
        let mut begin = 0;
        while begin < self.cases {
            let numbers: Vec<u64> = (begin..self.cases.min(begin + step)).collect();
            let tried = each(&numbers, |&index| {
                let schedule = space.draw(self.seed, index, self.style);
                self.fails(&schedule).map(|failed| (index, schedule, failed))
            });
            if let Some(found) = tried.into_iter().flatten().next() {
                return Some(found);
            }
            begin += step;
        }
        None
    }

    /// What is left of a schedule that fails when all is taken from it without which it fails, too.
    fn smallest(&self, index: u64, first: Schedule, mut failed: Failed) -> Failed {
        let found = first.len();
        let mut descent = Descent::new(self.world.model(), first);
        let mut runs = 0;
        while runs < self.shrink_runs {
            let mut ahead = descent.clone();
            let batch: Vec<Schedule> = (0..threads()).map_while(|_| ahead.next()).collect();
            if batch.is_empty() {
                break;
            }
            let tried =
                each(&batch, |schedule| self.fails(schedule).filter(|failed| failed.judged.is_some()));
            let first_failing = tried.iter().position(Option::is_some);
            // What was tried beyond that place was for nothing, and does not count: the result is that of one after the other.
            let taken = first_failing.map_or(batch.len(), |place| place + 1);
            runs += taken as u64;
            for _ in 0..taken {
                descent.next();
            }
            if let Some(Some(smaller)) = first_failing.and_then(|place| tried.into_iter().nth(place)) {
                descent.accept();
                failed = smaller;
            }
        }
        failed.origin.search =
            format!(" (schedule {index} of seed {} had {found}; made smaller in {runs} runs)", self.seed);
        if let Some(folder) = &self.kept_in {
            failed.origin.replay = match kept::keep(folder, &self.world, &failed, &self.property) {
                Ok(path) => kept::how_to_replay(&path),
                Err(why) => format!("The case could not be kept: {why}"),
            };
        }
        failed
    }
}

/// How many schedules are tried at a time; the result does not depend on it.
fn threads() -> u64 {
    #[cfg(feature = "cli")]
    return rayon::current_num_threads() as u64;
    #[cfg(not(feature = "cli"))]
    1
}

#[cfg(feature = "cli")]
fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    use rayon::prelude::*;

    items.par_iter().map(work).collect()
}

#[cfg(not(feature = "cli"))]
fn each<T, R>(items: &[T], work: impl Fn(&T) -> R) -> Vec<R> {
    items.iter().map(work).collect()
}
