//! `metastable boundary`: where along a number of the model its behaviour changes.

mod arguments;

use std::io::Write as _;

pub(super) use arguments::BoundaryArguments;

use super::arguments::{Format, typed};
use super::failure::Failure;
use super::interrupt;
use super::load::{LoadedModel, ModelFile, overrides, print};
use super::output::{until_closed, warn};
use super::pictures::Pictures;
use super::report::Earlier;
use super::run::{limit_threads, with_progress};
use crate::analysis::{Next, Outcome, Probe, Question, Search};
use crate::experiment::{Variant, observe_variants, simulated_per_seed};
use crate::model::{Diagnostics, Scale, Severity, hexadecimal};
use crate::report::boundary::{BOUNDARY_FILE, BoundaryReport, BoundarySummary, write_files};
use crate::report::command::CommandFile;
use crate::report::directory::{Cleanup, Destination, Disk};
use crate::report::page::BoundaryPage;
use crate::report::sparkline::Charset;

/// Every value runs under these seeds.
const FIRST_SEED: u64 = 1;

/// Looks for the boundary; whatever fails on the way leaves no files behind.
pub(super) fn main(arguments: &BoundaryArguments) -> Result<(), Failure> {
    let question = question(arguments)?;
    let file = ModelFile::read(&arguments.model.path, &arguments.model.path.to_string_lossy())?;
    let (low, high) = question.along.ends();
    let first = load(arguments, &file, low)?;
    print(&first.warnings);
    // What is wrong at the other end is better known before anything is run.
    load(arguments, &file, high)?;
    limit_threads(arguments.jobs)?;
    let cleanup = Cleanup::default();
    interrupt::handle(&cleanup)?;
    let pictures = Pictures::check(&arguments.pictures, arguments.out.as_deref())?;
    let staging = match &arguments.out {
        Some(place) => Some(Destination::check(place)?.stage(Disk, cleanup.clone())?),
        None => None,
    };

    let (search, outcome, digests) = search(arguments, &file, question)?;
    let report = BoundaryReport { name: &first.model.name, search: &search, outcome, digests: &digests };
    let mut files = Vec::new();
    let json = if let Some(mut staging) = staging {
        files.extend(write_files(&report, &mut staging)?);
        let json = BoundarySummary::new(&report, files).to_json();
        staging.write(BOUNDARY_FILE, |out| out.write_all(json.as_bytes()))?;
        CommandFile::new(words(arguments)).write(&mut staging)?;
        staging.commit()?;
        json
    } else {
        BoundarySummary::new(&report, files).to_json()
    };
    let commands = Commands::new(arguments, &report);
    let page = commands.page(report);
    pictures.write(&cleanup, || page.html(), || page.drawings())?;
    show(arguments, &page, &pictures, &json)?;
    match outcome {
        Outcome::Crossing { .. } => Ok(()),
        Outcome::SameSide(_) => {
            Err(Failure::DoesNotHold("the range does not hold the boundary".to_owned(), report.help()))
        }
        Outcome::OpenEnd(_) => {
            Err(Failure::DoesNotHold("the range ends inside the transition".to_owned(), report.help()))
        }
    }
}

/// Makes the pictures of a search that stands in a folder: it is searched again, and has to find the same.
pub(super) fn again(
    arguments: &BoundaryArguments,
    earlier: Earlier<'_>,
    pictures: &Pictures<'_>,
) -> Result<(), Failure> {
    let question = question(arguments)?;
    let file = ModelFile::read(&arguments.model.path, &arguments.model.path.to_string_lossy())?;
    let first = load(arguments, &file, question.along.ends().0)?;
    let cleanup = Cleanup::default();
    interrupt::handle(&cleanup)?;
    let (search, outcome, digests) = search(arguments, &file, question)?;
    let report = BoundaryReport { name: &first.model.name, search: &search, outcome, digests: &digests };
    earlier.require(BOUNDARY_FILE, &BoundarySummary::new(&report, Vec::new()).to_json())?;
    let commands = Commands::new(arguments, &report);
    let page = commands.page(report);
    pictures.write(&cleanup, || page.html(), || page.drawings())
}

/// What can be typed to see the same, and more.
struct Commands {
    replay: String,
    one_run: Option<[String; 2]>,
}

impl Commands {
    fn new(arguments: &BoundaryArguments, report: &BoundaryReport<'_>) -> Self {
        Self { replay: typed(&words(arguments)), one_run: one_runs(arguments, report) }
    }

    fn page<'a>(&'a self, report: BoundaryReport<'a>) -> BoundaryPage<'a> {
        let one_run = self.one_run.as_ref().map(|[below, above]| [below.as_str(), above.as_str()]);
        BoundaryPage { report, replay: &self.replay, one_run }
    }
}

/// What is asked, if an answer is possible.
fn question(arguments: &BoundaryArguments) -> Result<Question, Failure> {
    let along = arguments.along.clone();
    if arguments.log && along.ends().0 <= 0.0 {
        let help = "begin above 0, or leave out `--log`";
        return Err(Failure::Other(
            "--log: a range that begins at 0 has no ratios".to_owned(),
            help.to_owned(),
        ));
    }
    let scale = if arguments.log { Scale::Log } else { Scale::Linear };
    let question = Question {
        along,
        scale,
        counted: arguments.verdict,
        level: arguments.level,
        tolerance: arguments.tolerance,
        seeds_max: arguments.seeds,
    };
    let Some(needed) = Search::new(question.clone()).seeds_needed() else {
        return Err(Failure::Other(
            format!(
                "--level {}: no number of seeds that can be run proves a share to be below or above it",
                arguments.level
            ),
            "choose a level that is further from 0 % and 100 %".to_owned(),
        ));
    };
    if needed > arguments.seeds {
        return Err(Failure::Other(
            format!(
                "--seeds {}: even if all seeds agree, so few do not prove a share to be below or above {}",
                arguments.seeds, arguments.level
            ),
            format!("it takes `--seeds {needed}` at least"),
        ));
    }
    Ok(question)
}

/// The model with this value; everything that is wrong with it has been said.
fn load(arguments: &BoundaryArguments, file: &ModelFile, value: f64) -> Result<LoadedModel, Failure> {
    with_value(arguments, file, value).map_err(|findings| {
        print(&findings);
        Failure::Model
    })
}

fn with_value(
    arguments: &BoundaryArguments,
    file: &ModelFile,
    value: f64,
) -> Result<LoadedModel, Diagnostics> {
    let mut overrides = overrides(&arguments.model);
    overrides.set(&arguments.along.assignment(value));
    file.load(&overrides)
}

/// Says why a gap is not searched.
fn warn_of(arguments: &BoundaryArguments, value: f64, findings: &Diagnostics) {
    let first = findings.iter().find(|finding| finding.severity == Severity::Error);
    let why = first.map_or_else(String::new, |finding| format!(": {}", finding.message));
    warn(
        &format!("there is no model with {}{why}", arguments.along.assignment(value)),
        "the answer is as wide as the gap around it",
    );
}

/// Runs what is asked for until there is an answer; with the digest of the model at each probe.
fn search(
    arguments: &BoundaryArguments,
    file: &ModelFile,
    question: Question,
) -> Result<(Search, Outcome, Vec<String>), Failure> {
    let mut search = Search::new(question);
    let mut digests = Vec::new();
    let mut current: Option<(f64, LoadedModel)> = None;
    loop {
        let (value, from, until) = match search.next() {
            Next::Run { value, from, until } => (value, from, until),
            Next::Done(outcome) => return Ok((search, outcome, digests)),
        };
        let loaded = match current.take().filter(|(of, _)| *of == value) {
            Some((_, loaded)) => loaded,
            None => match with_value(arguments, file, value) {
                Ok(loaded) => loaded,
                Err(findings) => {
                    // Both ends are models; what lies between need not be one.
                    warn_of(arguments, value, &findings);
                    search.refuse(value);
                    continue;
                }
            },
        };
        if from == 0 {
            digests.push(hexadecimal(&loaded.digest));
        }
        let variants = [Variant { model: &loaded.model, plan: &loaded.plan }];
        let seeds: Vec<u64> = (from..until).map(|replicate| FIRST_SEED + replicate).collect();
        let total = simulated_per_seed(&variants).as_ns().saturating_mul(seeds.len() as u64);
        let name = arguments.along.assignment(value);
        let observed = with_progress(&name, total, |progress| {
            observe_variants(&variants, &seeds, progress).map_err(Failure::of_stopped)
        })?;
        search.observe(value, observed.into_iter().flatten().collect());
        current = Some((value, loaded));
    }
}

fn show(
    arguments: &BoundaryArguments,
    page: &BoundaryPage<'_>,
    pictures: &Pictures<'_>,
    json: &str,
) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    let written = match arguments.format {
        Format::Json => stdout.write_all(json.as_bytes()),
        Format::Text => {
            let charset = if arguments.ascii { Charset::Ascii } else { Charset::Unicode };
            page.report.write_text(&mut stdout, charset).and_then(|()| {
                writeln!(stdout)?;
                if let Some(place) = &arguments.out {
                    writeln!(stdout, "results  {}", place.display())?;
                }
                write!(stdout, "{}", pictures.lines())?;
                writeln!(stdout, "replay   {}", page.replay)?;
                let Some([below, above]) = page.one_run else { return Ok(()) };
                writeln!(stdout, "below    {below}\nabove    {above}")
            })
        }
    };
    until_closed(written.and_then(|()| stdout.flush()))
}

/// The words of the command that gives the same answer again.
fn words(arguments: &BoundaryArguments) -> Vec<String> {
    let mut words = vec!["boundary".to_owned()];
    words.extend(arguments.model.raw_words());
    words.extend(["--along".to_owned(), arguments.along.to_string()]);
    let options = [
        ("--verdict", arguments.verdict.name().to_owned(), "metastable"),
        ("--level", arguments.level.to_string(), "50%"),
        ("--tolerance", arguments.tolerance.to_string(), "2%"),
        ("--seeds", arguments.seeds.to_string(), "60"),
    ];
    for (option, value, default) in options {
        if value != default {
            words.extend([option.to_owned(), value]);
        }
    }
    if arguments.log {
        words.push("--log".to_owned());
    }
    words
}

/// Commands that show a run below the boundary and one above, if there is one.
fn one_runs(arguments: &BoundaryArguments, report: &BoundaryReport<'_>) -> Option<[String; 2]> {
    let Outcome::Crossing { below, above } = report.outcome else { return None };
    let probes = report.search.probes();
    Some([one_run(arguments, &probes[below], false), one_run(arguments, &probes[above], true)])
}

/// The command that shows a run at this value, one that counts or one that does not.
fn one_run(arguments: &BoundaryArguments, probe: &Probe, counts: bool) -> String {
    let is_typical = |verdict| arguments.verdict.counts(verdict) == counts;
    let typical = probe.observations.iter().find(|observation| is_typical(observation.verdict));
    let seed = typical.map_or(FIRST_SEED, |observation| observation.seed);
    let assignment = arguments.along.assignment(probe.value);
    let mut words = vec!["run".to_owned()];
    words.extend(arguments.model.raw_words());
    words.extend(["--set".to_owned(), assignment, "--seed".to_owned(), seed.to_string()]);
    typed(&words)
}
