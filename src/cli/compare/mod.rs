//! `metastable compare`: variants of a model under the same seeds.

mod again;

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

pub(super) use self::again::again;
use super::arguments::{CompareArguments, Format, quoted, typed};
use super::failure::Failure;
use super::interrupt;
use super::load::{LoadedModel, ModelFile, print, read_file};
use super::output::warn;
use super::pictures::Pictures;
use super::run::{limit_threads, with_progress};
use crate::analysis::{Claim, Comparison, Finding, Observation};
use crate::experiment::{
    BUILD, Progress, Trial, TrialOptions, Variant, observe_variants, simulated_per_seed,
};
use crate::model::{Diagnostics, Experiment, LoadedExperiment, SeedSettings, hexadecimal};
use crate::report::command::CommandFile;
use crate::report::comparison::{
    COMPARISON_FILE, COMPARISON_SCHEMA, ComparisonReport, ComparisonSummary, Earlier, RUNS_FILE,
    VariantIdentity, write_files,
};
use crate::report::directory::{Cleanup, Destination, Disk};
use crate::report::page::{ComparisonPage, Sighting};
use crate::report::sparkline::Charset;

/// Where a precision is asked for, it is looked at after every so many seeds, and never in between: how many run at a time must not matter.
const BATCH: u64 = 20;

/// So many variants have a chart each in the report.
const SIGHTINGS_MAX: usize = 12;

/// An experiment that can run.
struct Loaded {
    path: PathBuf,
    name: String,
    model_name: String,
    read: LoadedExperiment,
    variants: Vec<LoadedModel>,
    identities: Vec<VariantIdentity>,
}

/// Runs every experiment; all are checked before the first is run.
pub(super) fn main(arguments: &CompareArguments) -> Result<(), Failure> {
    let mut experiments = Vec::new();
    let mut is_wrong = false;
    for path in &arguments.experiments {
        match load(path, arguments.seeds)? {
            Ok(loaded) => experiments.push(loaded),
            Err(findings) => {
                print(&findings);
                is_wrong = true;
            }
        }
    }
    if is_wrong {
        return Err(Failure::Model);
    }
    let places = places(arguments, &experiments)?;
    // Before the first simulation: a place that cannot be written is better known now.
    for place in places.iter().flatten() {
        Destination::check(place)?;
    }
    let pictures = Pictures::check(&arguments.pictures, arguments.out.as_deref())?;
    if pictures.is_wanted() && experiments.len() > 1 {
        return Err(Failure::Other(
            "a report and figures are of one experiment, and these are several".to_owned(),
            "compare them one by one, each with its own `--report` or `--figures`".to_owned(),
        ));
    }
    limit_threads(arguments.jobs)?;
    let cleanup = Cleanup::default();
    interrupt::handle(&cleanup)?;
    let mut series = Series {
        arguments,
        pictures: &pictures,
        cleanup,
        printer: Printer::default(),
        claims: 0,
        broken: Vec::new(),
    };
    let outcome = series.conduct(&experiments, &places);
    if series.broken.is_empty() {
        return outcome;
    }
    let help = "`compare` shows above what was seen; more seeds with `--seeds` may prove more";
    let broken = format!("claims do not hold: {}", series.broken.join(", "));
    let broken = Failure::DoesNotHold(broken, help.to_owned());
    if outcome.is_err() {
        // What keeps later experiments from running does not mend the claims of earlier ones.
        broken.report();
        return outcome;
    }
    Err(broken)
}

/// Experiments, one after the other.
struct Series<'a> {
    arguments: &'a CompareArguments,
    pictures: &'a Pictures<'a>,
    cleanup: Cleanup,
    printer: Printer,
    /// How many claims were judged.
    claims: usize,
    /// Those that do not hold.
    broken: Vec<String>,
}

impl Series<'_> {
    fn conduct(&mut self, experiments: &[Loaded], places: &[Option<PathBuf>]) -> Result<(), Failure> {
        let is_text = self.arguments.format == Format::Text;
        for (index, (loaded, place)) in experiments.iter().zip(places).enumerate() {
            if index > 0 && is_text {
                self.printer.print(|out| writeln!(out))?;
            }
            loaded.conduct(self, place.as_deref())?;
        }
        if self.broken.is_empty() && experiments.len() > 1 && is_text {
            let (count, claims) = (experiments.len(), self.claims);
            self.printer.print(|out| writeln!(out, "\n{count} experiments, {claims} claims: all hold"))?;
        }
        Ok(())
    }

    fn note(&mut self, experiment: &str, claims: &[Claim]) {
        self.claims += claims.len();
        let unproven = claims.iter().filter(|claim| claim.finding != Finding::Holds);
        self.broken.extend(unproven.map(|claim| format!("`{}` of {experiment}", claim.name)));
    }
}

/// Standard output until nobody reads any more: whether the claims hold is also said by the exit code, and the results are kept in files.
#[derive(Default)]
struct Printer {
    is_closed: bool,
}

impl Printer {
    fn print(&mut self, write: impl FnOnce(&mut Stdout) -> io::Result<()>) -> Result<(), Failure> {
        if self.is_closed {
            return Ok(());
        }
        let mut stdout = anstream::stdout().lock();
        match write(&mut stdout).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            other => other.map_err(Failure::Stdout),
        }
    }
}

type Stdout = anstream::AutoStream<io::StdoutLock<'static>>;

/// Where the results of each experiment go.
fn places(arguments: &CompareArguments, experiments: &[Loaded]) -> Result<Vec<Option<PathBuf>>, Failure> {
    let Some(out) = &arguments.out else { return Ok(vec![None; experiments.len()]) };
    if let [_] = experiments {
        return Ok(vec![Some(out.clone())]);
    }
    let mut names: Vec<&str> = experiments.iter().map(|loaded| loaded.name.as_str()).collect();
    names.sort_unstable();
    let twice = names.windows(2).find_map(|pair| pair.iter().all(|name| *name == pair[0]).then(|| pair[0]));
    if let Some(twice) = twice {
        return Err(Failure::Other(
            format!("two experiments are called `{twice}`, and both would write into `{}`", out.display()),
            "run them one by one, each with its own `--out`".to_owned(),
        ));
    }
    Ok(experiments.iter().map(|loaded| Some(out.join(&loaded.name))).collect())
}

/// Reads an experiment and all models that its variants are. The inner error is everything that is wrong with them.
fn load(path: &Path, seeds: Option<u64>) -> Result<Result<Loaded, Diagnostics>, Failure> {
    let bytes = read_file(path)?;
    let read = match Experiment::parse_bytes(&path.to_string_lossy(), &bytes) {
        Ok(read) => read,
        Err(findings) => return Ok(Err(findings)),
    };
    if !read.experiment.sweep.is_empty() {
        return Err(Failure::Other(
            format!("`{}` has a `[sweep]`", path.display()),
            format!("run it with `metastable sweep {} --out results/sweep`", quoted(path.as_os_str())),
        ));
    }
    if let Some(finding) = seeds.and_then(|seeds| read.beyond_seeds(seeds)) {
        let mut found = Diagnostics::new();
        found.push(finding);
        return Ok(Err(found));
    }
    let model_path = path.parent().unwrap_or(Path::new("")).join(&read.experiment.model);
    let model_name = straightened(&model_path).display().to_string();
    let file = ModelFile::read(&model_path, &model_name)?;
    let mut found = Diagnostics::new();
    let mut variants: Vec<LoadedModel> = Vec::new();
    for name in read.experiment.variants.names() {
        let findings = match file.load(&read.overrides(name)) {
            Ok(loaded) => {
                let same = variants.iter().position(|earlier| earlier.digest == loaded.digest);
                let same =
                    same.map(|position| read.same_as(name, read.experiment.variants.names()[position]));
                let warnings = loaded.warnings.clone();
                variants.push(loaded);
                warnings.into_iter().chain(same).collect::<Vec<_>>()
            }
            Err(findings) => findings.into_iter().collect(),
        };
        // What is wrong with the model itself is wrong with every variant, and said once.
        for finding in findings {
            if !found.iter().any(|earlier| *earlier == finding) {
                found.push(finding);
            }
        }
    }
    if found.has_errors() {
        return Ok(Err(found));
    }
    // What the model says about itself is for `check`; what a variant makes doubtful belongs here.
    let mut doubts = Diagnostics::new();
    doubts.extend(found.into_iter().filter(|finding| {
        let source = finding.location.as_ref().map(|location| location.source.to_string());
        source.is_none_or(|source| source == path.to_string_lossy())
    }));
    print(&doubts);
    let identities = read.experiment.variants.names().into_iter().zip(&variants).map(|(name, variant)| {
        let words = read.arguments(name).into_iter();
        let words = words.map(|(option, text)| format!("{option} {}", quoted(OsStr::new(&text))));
        VariantIdentity {
            arguments: words.collect::<Vec<_>>().join(" "),
            digest: hexadecimal(&variant.digest),
        }
    });
    let identities = identities.collect();
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Ok(Loaded { path: path.to_owned(), name, model_name, read, variants, identities }))
}

/// The same path for people: without `experiments/..` in it, unless a symbolic link on the way makes that another file.
pub(super) fn straightened(path: &Path) -> PathBuf {
    let straight = without_detours(path);
    let is_same = std::fs::canonicalize(path)
        .is_ok_and(|real| std::fs::canonicalize(&straight).is_ok_and(|other| other == real));
    // Of what is not there one path is as good as the other, and the short one is easier to read.
    if is_same || !path.exists() { straight } else { path.to_owned() }
}

fn without_detours(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for component in path.components() {
        match (component, straight.components().next_back()) {
            (Component::ParentDir, Some(Component::Normal(_))) => _ = straight.pop(),
            (other, _) => straight.push(other),
        }
    }
    straight
}

/// What is shown in the end.
struct Shown<'a> {
    report: &'a ComparisonReport<'a>,
    json: &'a str,
    place: Option<&'a Path>,
    pictures: &'a Pictures<'a>,
}

impl Loaded {
    /// Runs the experiment, writes the results and shows them; whatever fails on the way leaves no files behind.
    fn conduct(&self, series: &mut Series<'_>, place: Option<&Path>) -> Result<(), Failure> {
        let arguments = series.arguments;
        let experiment = &self.read.experiment;
        let earlier = place.and_then(|place| self.earlier(place));
        let staging = match place {
            Some(place) => Some(Destination::check(place)?.stage(Disk, series.cleanup.clone())?),
            None => None,
        };
        let seeds = arguments.seeds.map_or(experiment.seeds, SeedSettings::Count);
        let comparison = self.observe(seeds, earlier.unwrap_or_default())?;
        let claims: Vec<Claim> =
            experiment.expect.iter().map(|(name, expected)| comparison.judge(name, expected)).collect();
        series.note(&self.name, &claims);
        let answer = comparison.answer();
        let report = ComparisonReport {
            name: &self.name,
            experiment,
            variants: &self.identities,
            comparison: &comparison,
            answer: &answer,
            claims: &claims,
        };
        let mut files = Vec::new();
        let json = if let Some(mut staging) = staging {
            files.extend(write_files(&report, &mut staging)?);
            let json = ComparisonSummary::new(&report, files).to_json();
            staging.write(COMPARISON_FILE, |out| out.write_all(json.as_bytes()))?;
            CommandFile::new(self.words(arguments)).write(&mut staging)?;
            staging.commit()?;
            json
        } else {
            ComparisonSummary::new(&report, files).to_json()
        };
        let pictures = series.pictures;
        self.draw(report, arguments, pictures, &series.cleanup)?;
        let shown = Shown { report: &report, json: &json, place, pictures };
        series.printer.print(|out| self.show(out, arguments, &shown))
    }

    /// Writes the report and the figures, if they are wanted.
    fn draw(
        &self,
        report: ComparisonReport<'_>,
        arguments: &CompareArguments,
        pictures: &Pictures<'_>,
        cleanup: &Cleanup,
    ) -> Result<(), Failure> {
        if !pictures.is_wanted() {
            return Ok(());
        }
        let seed = ComparisonPage::telling_seed(report.comparison, report.experiment.first_seed);
        let sightings = self.sightings(seed)?;
        let (replay, one_run) = (self.replay(arguments), self.one_run(report.answer.best));
        let page = ComparisonPage { report, sightings: &sightings, replay: &replay, one_run: &one_run };
        pictures.write(cleanup, || page.html(), || page.drawings())
    }

    /// By which words it is found again.
    fn words(&self, arguments: &CompareArguments) -> Vec<String> {
        let seeds = arguments.seeds.map(|seeds| ["--seeds".to_owned(), seeds.to_string()]);
        let named = ["compare".to_owned(), self.path.to_string_lossy().into_owned()];
        named.into_iter().chain(seeds.into_iter().flatten()).collect()
    }

    /// A run of each variant under one seed, for the report.
    fn sightings(&self, seed: u64) -> Result<Vec<Sighting>, Failure> {
        let options = TrialOptions { with_twin: false, check: false };
        let shown = self.variants.iter().take(SIGHTINGS_MAX);
        let total = shown.clone().map(|variant| variant.model.run.duration.as_ns()).sum();
        with_progress(&self.name, total, |progress: &Progress| {
            let conduct = |(variant, loaded): (usize, &LoadedModel)| {
                let trial = Trial::conduct(&loaded.model, &loaded.plan, seed, options, progress);
                trial.map(|trial| Sighting { variant, run: trial.run }).map_err(Failure::of_stopped)
            };
            shown.enumerate().map(conduct).collect()
        })
    }

    /// Runs what is missing, seed after seed, until there are enough of them.
    fn observe(&self, seeds: SeedSettings, earlier: Vec<Vec<Observation>>) -> Result<Comparison, Failure> {
        let experiment = &self.read.experiment;
        let variants: Vec<Variant<'_>> =
            self.variants.iter().map(|loaded| Variant { model: &loaded.model, plan: &loaded.plan }).collect();
        let names: Vec<String> = experiment.variants.names().into_iter().map(str::to_owned).collect();
        let baseline = experiment.baseline.as_ref();
        let baseline = baseline.and_then(|name| experiment.variants.position(name)).unwrap_or(0);
        let mut known = earlier;
        known.resize_with(variants.len(), Vec::new);
        let mut wanted = 0;
        loop {
            wanted = match seeds {
                SeedSettings::Count(count) => count,
                SeedSettings::Until(until) => (wanted + BATCH).min(until.at_most),
            };
            let done = known[0].len() as u64;
            let missing: Vec<u64> =
                (done..wanted).map(|replicate| experiment.first_seed + replicate).collect();
            let total = simulated_per_seed(&variants).as_ns().saturating_mul(missing.len() as u64);
            let more = with_progress(&self.name, total, |progress| {
                observe_variants(&variants, &missing, progress).map_err(Failure::of_stopped)
            })?;
            for (known, more) in known.iter_mut().zip(more) {
                known.extend(more);
            }
            let taken = known.iter().map(|known| known[..wanted as usize].to_vec()).collect();
            let comparison = Comparison::new(names.clone(), baseline, taken);
            let is_enough = match seeds {
                SeedSettings::Count(_) => true,
                SeedSettings::Until(until) => wanted == until.at_most || comparison.is_precise(until.until),
            };
            if is_enough {
                return Ok(comparison);
            }
        }
    }

    /// The runs that stand in the results of this very experiment, if there are any: same program, same models, same first seed. Damaged ones are as good as none.
    fn earlier(&self, place: &Path) -> Option<Vec<Vec<Observation>>> {
        let text = std::fs::read(place.join(COMPARISON_FILE)).ok()?;
        let experiment = &self.read.experiment;
        let found = serde_json::from_slice::<Found>(&text).ok();
        let found = found.filter(|found| {
            let is_same_variant = |(found, (name, identity)): (&FoundVariant, (&str, &VariantIdentity))| {
                found.name == name && found.model_digest == identity.digest
            };
            let names = experiment.variants.names().into_iter();
            found.schema == COMPARISON_SCHEMA
                && found.build == BUILD
                && found.first_seed == experiment.first_seed
                && found.variants.len() == self.variants.len()
                && found.variants.iter().zip(names.zip(&self.identities)).all(is_same_variant)
        })?;
        let path = place.join(RUNS_FILE);
        let why = match std::fs::read(&path).and_then(|bytes| found.runs_of(&bytes)) {
            Ok(Earlier(runs)) if self.is_whole(&runs) => {
                return Some(runs.into_iter().map(|(_, observations)| observations).collect());
            }
            Ok(_) => "runs are missing".to_owned(),
            Err(error) => error.to_string(),
        };
        warn(
            &format!("the runs in `{}` cannot be used: {why}", path.display()),
            "all of them are run again, and the results are replaced",
        );
        None
    }

    /// Whether these are all runs of some first seeds.
    fn is_whole(&self, runs: &[(String, Vec<Observation>)]) -> bool {
        let experiment = &self.read.experiment;
        let names = runs.iter().map(|(name, _)| name.as_str());
        names.eq(experiment.variants.names())
            && runs.iter().all(|(_, of)| {
                let expected = (0..).map(|replicate| experiment.first_seed.checked_add(replicate));
                of.len() == runs[0].1.len()
                    && of.iter().zip(expected).all(|(run, expected)| Some(run.seed) == expected)
            })
    }

    fn show(
        &self,
        stdout: &mut impl Write,
        arguments: &CompareArguments,
        shown: &Shown<'_>,
    ) -> io::Result<()> {
        match arguments.format {
            Format::Json => stdout.write_all(shown.json.as_bytes()),
            Format::Text => {
                let charset = if arguments.ascii { Charset::Ascii } else { Charset::Unicode };
                shown.report.write_text(stdout, charset)?;
                writeln!(stdout)?;
                if let Some(place) = shown.place {
                    writeln!(stdout, "results  {}", place.display())?;
                }
                write!(stdout, "{}", shown.pictures.lines())?;
                writeln!(stdout, "replay   {}", self.replay(arguments))?;
                writeln!(stdout, "one run  {}", self.one_run(shown.report.answer.best))
            }
        }
    }

    /// The command that gives the same comparison again.
    fn replay(&self, arguments: &CompareArguments) -> String {
        typed(&self.words(arguments))
    }

    /// The command that shows a variant under the first seed.
    fn one_run(&self, variant: usize) -> String {
        let model = quoted(OsStr::new(&self.model_name));
        let arguments = &self.identities[variant].arguments;
        let gap = if arguments.is_empty() { "" } else { " " };
        format!("metastable run {model}{gap}{arguments} --seed {}", self.read.experiment.first_seed)
    }
}

/// What is read of an earlier `comparison.json`.
#[derive(Deserialize)]
struct Found {
    schema: String,
    build: String,
    first_seed: u64,
    variants: Vec<FoundVariant>,
    runs_sha256: String,
}

impl Found {
    /// The runs in the file that was written with it.
    fn runs_of(&self, bytes: &[u8]) -> io::Result<Earlier> {
        if hexadecimal(&Sha256::digest(bytes)) != self.runs_sha256 {
            let message = "the file is not as it was written";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Earlier::read(bytes)
    }
}

#[derive(Deserialize)]
struct FoundVariant {
    name: String,
    model_digest: String,
}
