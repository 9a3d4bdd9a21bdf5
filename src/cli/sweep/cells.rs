//! From an experiment to cells that can run.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};

use super::super::arguments::quoted;
use super::super::failure::Failure;
use super::super::load::{ModelFile, read_file};
use crate::experiment::{Layout, Outcome, Progress, Stopped, Variant};
use crate::model::{
    AxisValue, DesignMatrix, DesignSettings, Diagnostics, Experiment, LoadedExperiment, Model, Points,
    SeedSettings, hexadecimal,
};
use crate::plan::Plan;
use crate::report::sweep::{RUNS_MAX, SweepReport};

/// So many cells are kept ready to run; of more, each is made anew for every run.
const READY_MAX: u64 = 4096;
/// So many points of a design that is no grid are looked at before anything runs.
const CHECKED: u64 = 100;

/// What a cell runs: nothing, if its values do not go together.
type Ready = Result<Arc<(Model, Plan)>, String>;

/// The cells of an experiment.
pub(super) struct Cells {
    name: String,
    model_name: String,
    read: LoadedExperiment,
    file: ModelFile,
    points: Points,
    id: String,
    ready: Vec<OnceLock<Ready>>,
}

/// Reads an experiment, its design matrix and its model. The inner error is everything that is wrong with them.
pub(super) fn load(path: &Path) -> Result<Result<Cells, Diagnostics>, Failure> {
    let bytes = read_file(path)?;
    let read = match Experiment::parse_bytes(&path.to_string_lossy(), &bytes) {
        Ok(read) => read,
        Err(findings) => return Ok(Err(findings)),
    };
    if read.experiment.sweep.is_empty() {
        return Err(Failure::Other(
            format!("`{}` sweeps over nothing", path.display()),
            "write `[sweep]` with an entry for each path that is varied, or use `metastable compare`"
                .to_owned(),
        ));
    }
    let beside = path.parent().unwrap_or(Path::new(""));
    let matrix = match &read.experiment.design {
        DesignSettings::Matrix(file) => design_matrix(&beside.join(file))?,
        _ => DesignMatrix::default(),
    };
    let points = match read.points(&matrix) {
        Ok(points) => points,
        Err(findings) => return Ok(Err(findings)),
    };
    let model_path = beside.join(&read.experiment.model);
    let model_name = super::super::compare::straightened(&model_path).display().to_string();
    let file = ModelFile::read(&model_path, &model_name)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let count = read.experiment.cell_count(&points);
    let ready = (0..count.min(READY_MAX)).map(|_| OnceLock::new()).collect();
    let mut cells = Cells { name, model_name, read, file, points, id: String::new(), ready };
    let findings = cells.checked();
    if findings.has_errors() {
        return Ok(Err(findings));
    }
    cells.id = cells.identify();
    Ok(Ok(cells))
}

/// Reads the file of a design: a line of column names, a line per point.
fn design_matrix(path: &Path) -> Result<DesignMatrix, Failure> {
    let bytes = read_file(path)?;
    let wrong = |message: String| {
        let help =
            "write a CSV file with a line of column names and a line for each point, as pandas and numpy do";
        Failure::Other(format!("the design matrix `{}` {message}", path.display()), help.to_owned())
    };
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let columns = reader.headers().map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let columns = columns.iter().map(|name| name.trim().to_owned()).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let line = record.position().map_or(0, |position| line_at(&bytes, position.byte() as usize));
        rows.push((line, record.iter().map(str::to_owned).collect()));
    }
    if rows.is_empty() {
        return Err(wrong("has no points".to_owned()));
    }
    Ok(DesignMatrix { columns, rows })
}

/// The line in which a record stands that begins at a byte, or behind the line breaks there: of lines that end with two bytes the reader knows the first.
fn line_at(bytes: &[u8], begin: usize) -> u64 {
    let breaks = bytes[begin..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    bytes[..begin + breaks].split(|byte| *byte == b'\n').count() as u64
}

impl Cells {
    /// The name of the experiment: that of its file.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What it says.
    pub(super) fn experiment(&self) -> &Experiment {
        &self.read.experiment
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.read.experiment.cell_count(&self.points)
    }

    /// SHA-256 over all that decides what their runs give.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Under how many seeds each cell runs.
    pub(super) fn seeds(&self, asked: Option<u64>) -> Result<u64, Failure> {
        let experiment = self.experiment();
        let refused = |message: &str, help: &str| Err(Failure::Other(message.to_owned(), help.to_owned()));
        let seeds = match (asked, experiment.seeds) {
            (Some(seeds), _) | (None, SeedSettings::Count(seeds)) => seeds,
            (None, SeedSettings::Until(_)) => {
                return refused(
                    "a sweep has the same seeds in every cell, however precise each is",
                    "write a number, `seeds = 20`, or name it with `--seeds`",
                );
            }
        };
        if experiment.first_seed.checked_add(seeds).is_none() {
            return refused("the last seed is too large", "write `first_seed = 1`");
        }
        if self.count().checked_mul(seeds).is_none_or(|runs| runs > RUNS_MAX) {
            return refused(
                &format!("{} cells under {seeds} seeds are more than {RUNS_MAX} runs", self.count()),
                "take fewer points or seeds, or several experiments",
            );
        }
        Ok(seeds)
    }

    /// What there is to report.
    pub(super) fn report(&self, layout: Layout) -> SweepReport<'_> {
        SweepReport { name: &self.name, experiment: &self.read.experiment, points: &self.points, layout }
    }

    fn names(&self) -> Vec<Option<&str>> {
        let names = self.read.experiment.variants.names();
        if names.is_empty() { vec![None] } else { names.into_iter().map(Some).collect() }
    }

    /// Looks at each value of each axis alone, with the first of all others, for every variant; what does not go together is for the rows.
    fn checked(&self) -> Diagnostics {
        let mut found = Diagnostics::new();
        for variant in self.names() {
            for point in self.checked_points() {
                let overrides = self.read.cell_overrides(variant, &self.points, point);
                for finding in self.file.plan(&overrides).err().into_iter().flatten() {
                    if !found.iter().any(|earlier| *earlier == finding) {
                        found.push(finding);
                    }
                }
                if point == 0 && found.has_errors() {
                    return found;
                }
            }
        }
        found
    }

    fn checked_points(&self) -> BTreeSet<u64> {
        let Points { axes, count, is_grid } = &self.points;
        if *is_grid {
            let others =
                axes.iter().flat_map(|axis| (1..axis.values.len() as u64).map(|index| index * axis.stride));
            return std::iter::once(0).chain(others).collect();
        }
        let mut points: BTreeSet<u64> = (0..(*count).min(CHECKED)).collect();
        // Words may name files: each is looked at once.
        for axis in axes {
            let mut words = BTreeSet::new();
            let is_new = |value: &AxisValue, words: &mut BTreeSet<String>| {
                matches!(value, AxisValue::Written(_)) && words.insert(value.shown())
            };
            let new = axis.values.iter().enumerate().filter(|(_, value)| is_new(value, &mut words));
            points.extend(new.map(|(point, _)| point as u64));
        }
        points
    }

    /// The hash over all that decides what a cell gives: the model before anything is put into it, the files that it names with any value, what each variant and each axis puts into it, the first seed.
    fn identify(&self) -> String {
        let mut hasher = Sha256::new();
        let mut add = |text: &str| {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        add(&self.experiment().first_seed.to_string());
        let contents = self.file.contents();
        add(&contents.len().to_string());
        for text in &contents {
            add(text);
        }
        for variant in self.names() {
            add(variant.unwrap_or_default());
            let arguments = variant.map_or_else(Vec::new, |variant| self.read.arguments(variant));
            add(&arguments.len().to_string());
            for (option, text) in arguments {
                add(option);
                add(&text);
            }
        }
        add(if self.points.is_grid { "grid" } else { "list" });
        for axis in &self.points.axes {
            add(&axis.path);
            add(&axis.heading);
            add(&axis.values.len().to_string());
            for value in &axis.values {
                add(&value.typed());
            }
        }
        let id: [u8; 32] = hasher.finalize().into();
        hexadecimal(&id)
    }

    /// Runs cells under a seed.
    pub(super) fn simulate(
        &self,
        cells: &[u64],
        seed: u64,
        progress: &Progress,
    ) -> Result<Vec<Outcome>, Stopped> {
        let ready: Vec<Ready> = cells.iter().map(|&cell| self.ready(cell)).collect();
        let variants: Vec<Variant<'_>> = ready
            .iter()
            .filter_map(|ready| ready.as_ref().ok())
            .map(|made| Variant { model: &made.0, plan: &made.1 })
            .collect();
        let mut outcomes = Outcome::of_all(&variants, seed, progress)?.into_iter();
        let outcome = |(&cell, ready): (&u64, &Ready)| match ready {
            Ok(_) => match outcomes.next().expect("invariant: what runs has an outcome") {
                Outcome::Panic(said) => {
                    Outcome::Panic(format!("{said}; again: {}", self.command(cell, seed)))
                }
                other => other,
            },
            Err(message) => Outcome::ModelError(message.clone()),
        };
        Ok(cells.iter().zip(&ready).map(outcome).collect())
    }

    fn ready(&self, cell: u64) -> Ready {
        match self.ready.get(cell as usize) {
            Some(kept) => kept.get_or_init(|| self.make(cell)).clone(),
            None => self.make(cell),
        }
    }

    fn make(&self, cell: u64) -> Ready {
        let (variant, point) = self.place(cell);
        match self.file.plan(&self.read.cell_overrides(variant, &self.points, point)) {
            Ok((loaded, plan)) => Ok(Arc::new((loaded.model, plan))),
            Err(findings) => {
                let first = findings.iter().find(|finding| finding.severity == crate::model::Severity::Error);
                Err(first
                    .map_or_else(String::new, |finding| format!("{}: {}", finding.code, finding.message)))
            }
        }
    }

    fn place(&self, cell: u64) -> (Option<&str>, u64) {
        self.read.experiment.cell(&self.points, cell)
    }

    /// The command that shows one run.
    pub(super) fn command(&self, cell: u64, seed: u64) -> String {
        let (variant, point) = self.place(cell);
        let mut words = vec!["metastable run".to_owned(), quoted(OsStr::new(&self.model_name))];
        for (option, text) in self.read.cell_arguments(variant, &self.points, point) {
            words.extend([option.to_owned(), quoted(OsStr::new(&text))]);
        }
        words.push(format!("--seed {seed}"));
        words.join(" ")
    }
}
