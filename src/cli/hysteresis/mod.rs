//! `metastable hysteresis`: a load that goes up and down again, and whether the way back is the way there.

mod arguments;

use std::io::Write as _;

pub(super) use arguments::HysteresisArguments;

use super::arguments::{Format, typed};
use super::failure::Failure;
use super::interrupt;
use super::load::{LoadedModel, ModelFile, overrides, print};
use super::pictures::Pictures;
use super::report::Earlier;
use super::run::{limit_threads, with_progress};
use crate::analysis::{Hysteresis, Ramp};
use crate::experiment::{observe_held, observe_ramp};
use crate::kernel::Duration;
use crate::model::hexadecimal;
use crate::quantity::Rate;
use crate::report::command::CommandFile;
use crate::report::directory::{Cleanup, Destination, Disk};
use crate::report::hysteresis::{HYSTERESIS_FILE, HysteresisReport, HysteresisSummary, write_files};
use crate::report::page::HysteresisPage;
use crate::report::sparkline::Charset;

/// Runs the ramp; whatever fails on the way leaves no files behind.
pub(super) fn main(arguments: &HysteresisArguments) -> Result<(), Failure> {
    let prepared = Prepared::new(arguments)?;
    print(&prepared.loaded.warnings);
    limit_threads(arguments.jobs)?;
    let cleanup = Cleanup::default();
    interrupt::handle(&cleanup)?;
    let pictures = Pictures::check(&arguments.pictures, arguments.out.as_deref())?;
    let staging = match &arguments.out {
        Some(place) => Some(Destination::check(place)?.stage(Disk, cleanup.clone())?),
        None => None,
    };
    let observed = prepared.observe(arguments)?;
    let digest = hexadecimal(&prepared.loaded.digest);
    let report = prepared.report(&observed, &digest);
    let mut files = Vec::new();
    let json = if let Some(mut staging) = staging {
        files.extend(write_files(&report, &mut staging)?);
        let json = HysteresisSummary::new(&report, files).to_json();
        staging.write(HYSTERESIS_FILE, |out| out.write_all(json.as_bytes()))?;
        CommandFile::new(words(arguments)).write(&mut staging)?;
        staging.commit()?;
        json
    } else {
        HysteresisSummary::new(&report, files).to_json()
    };
    let (replay, one_run) = (typed(&words(arguments)), one_run(arguments, &prepared.ramped));
    let page = HysteresisPage { report, replay: &replay, one_run: &one_run };
    pictures.write(&cleanup, || page.html(), || page.drawings())?;
    let held = observed.held.as_ref().map(|assignments| self::one_run(arguments, assignments));
    show(arguments, &page, &pictures, &json, held.as_deref())
}

/// Makes the pictures of a ramp that stands in a folder: it is run again, and has to give the same.
pub(super) fn again(
    arguments: &HysteresisArguments,
    earlier: Earlier<'_>,
    pictures: &Pictures<'_>,
) -> Result<(), Failure> {
    let prepared = Prepared::new(arguments)?;
    let cleanup = Cleanup::default();
    interrupt::handle(&cleanup)?;
    let observed = prepared.observe(arguments)?;
    let digest = hexadecimal(&prepared.loaded.digest);
    let report = prepared.report(&observed, &digest);
    earlier.require(HYSTERESIS_FILE, &HysteresisSummary::new(&report, Vec::new()).to_json())?;
    let (replay, one_run) = (typed(&words(arguments)), one_run(arguments, &prepared.ramped));
    let page = HysteresisPage { report, replay: &replay, one_run: &one_run };
    pictures.write(&cleanup, || page.html(), || page.drawings())
}

/// A ramp that can be run.
struct Prepared<'a> {
    /// As it is written in paths.
    workload: &'a str,
    /// Its name.
    name: String,
    file: ModelFile,
    ramp: Ramp,
    /// What puts the ramp into the model.
    ramped: Vec<String>,
    loaded: LoadedModel,
}

/// What was seen, and what puts the load that is held into the model, if one was.
struct Observed {
    hysteresis: Hysteresis,
    held: Option<Vec<String>>,
}

impl<'a> Prepared<'a> {
    fn new(arguments: &'a HysteresisArguments) -> Result<Self, Failure> {
        let (workload, ends) = workload(arguments)?;
        let (file, ramp, ramped) = plan_ramp(arguments, workload, ends)?;
        let loaded = load(arguments, &file, &ramped)?;
        let name = loaded.model.workloads.keys().find(|name| name.as_str() == unquoted(workload));
        let name = name.cloned().ok_or_else(|| not_a_rate(arguments))?;
        Ok(Self { workload, name, file, ramp, ramped, loaded })
    }

    /// Runs the ramp under every seed and, if it fell over, the load that is held.
    fn observe(&self, arguments: &HysteresisArguments) -> Result<Observed, Failure> {
        let Self { workload, name, file, ramp, loaded, .. } = self;
        let seeds: Vec<u64> = (1..=arguments.seeds).collect();
        let total = loaded.model.run.duration.as_ns().saturating_mul(arguments.seeds);
        let mut hysteresis = with_progress(&loaded.model.name, total, |progress| {
            observe_ramp(&loaded.model, &loaded.plan, (name, *ramp), &seeds, progress)
                .map_err(Failure::of_stopped)
        })?;
        let Some(held) = hysteresis.next() else { return Ok(Observed { hysteresis, held: None }) };
        let assignments = assignments(arguments, workload, held.duration(), &held.profile());
        let loaded = load(arguments, file, &assignments)?;
        let total = held.duration().as_ns().saturating_mul(arguments.seeds);
        let title = format!("{}, held", loaded.model.name);
        hysteresis.held = Some(with_progress(&title, total, |progress| {
            observe_held(&loaded.model, &loaded.plan, (name, held), &seeds, progress)
                .map_err(Failure::of_stopped)
        })?);
        Ok(Observed { hysteresis, held: Some(assignments) })
    }

    fn report<'r>(&'r self, observed: &'r Observed, digest: &'r str) -> HysteresisReport<'r> {
        HysteresisReport {
            name: &self.loaded.model.name,
            workload: &self.name,
            digest,
            hysteresis: &observed.hysteresis,
        }
    }
}

/// The name of the workload whose rate it is, as written, and the ends of the range per second.
fn workload(arguments: &HysteresisArguments) -> Result<(&str, (f64, f64)), Failure> {
    let along = &arguments.along;
    let inner = along.path().strip_prefix("workloads.");
    let name = inner.and_then(|inner| inner.strip_suffix(".arrivals.open.rate"));
    let (low, high) = along.ends();
    let rate = |number: f64| along.written(number).parse::<Rate>().ok().map(Rate::per_s);
    match (name, rate(low), rate(high)) {
        (Some(name), Some(low), Some(high)) => Ok((name, (low.min(high), low.max(high)))),
        _ => Err(not_a_rate(arguments)),
    }
}

fn not_a_rate(arguments: &HysteresisArguments) -> Failure {
    Failure::Other(
        format!("--along {}: only the rate of an open workload goes up and down", arguments.along),
        "write for example `--along workloads.users.arrivals.open.rate=300/s..1000/s`; for other numbers there is `metastable boundary`".to_owned(),
    )
}

/// A name as in a path, without the quotes that it may need there.
fn unquoted(name: &str) -> &str {
    let inner = |quote: char| name.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(name)
}

/// The file of the model, the ramp that fits it, and the arguments of `run` that put it there.
fn plan_ramp(
    arguments: &HysteresisArguments,
    workload: &str,
    (low, high): (f64, f64),
) -> Result<(ModelFile, Ramp, Vec<String>), Failure> {
    let file = ModelFile::read(&arguments.model.path, &arguments.model.path.to_string_lossy())?;
    let plain = load(arguments, &file, &[])?;
    let length = arguments.length.unwrap_or(plain.model.run.duration);
    let ramp = Ramp::new(low, high, length, plain.model.run.warmup).ok_or_else(|| {
        let message =
            format!("--for {length}: nothing is left of it after a warm-up of {}", plain.model.run.warmup);
        Failure::Other(message, "take a longer time, or set a shorter `run.warmup`".to_owned())
    })?;
    let assignments = assignments(arguments, workload, length, &ramp.profile());
    Ok((file, ramp, assignments))
}

/// What gives a workload a load that goes so.
fn assignments(
    arguments: &HysteresisArguments,
    workload: &str,
    duration: Duration,
    profile: &str,
) -> Vec<String> {
    vec![
        format!("run.duration={duration}"),
        top(arguments),
        format!("workloads.{workload}.profile={profile}"),
    ]
}

/// The model with these assignments in it; everything that is wrong with it has been said.
fn load(
    arguments: &HysteresisArguments,
    file: &ModelFile,
    assignments: &[String],
) -> Result<LoadedModel, Failure> {
    let mut overrides = overrides(&arguments.model);
    for assignment in assignments {
        overrides.set(assignment);
    }
    file.load(&overrides).map_err(|findings| {
        print(&findings);
        Failure::Model
    })
}

/// What sets the rate at the top of the ramp.
fn top(arguments: &HysteresisArguments) -> String {
    let along = &arguments.along;
    let (low, high) = along.ends();
    let rate = |number: f64| along.written(number).parse::<Rate>().map_or(0.0, Rate::per_s);
    // Of `1/10s..1/90s` the smaller number is the larger rate.
    along.assignment(if rate(low) > rate(high) { low } else { high })
}

fn show(
    arguments: &HysteresisArguments,
    page: &HysteresisPage<'_>,
    pictures: &Pictures<'_>,
    json: &str,
    held: Option<&str>,
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
                writeln!(stdout, "one run  {}", page.one_run)?;
                held.map_or(Ok(()), |held| writeln!(stdout, "held     {held}"))
            })
        }
    };
    written.and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}

/// The words of the command that gives the same answer again.
fn words(arguments: &HysteresisArguments) -> Vec<String> {
    let mut words = vec!["hysteresis".to_owned()];
    words.extend(arguments.model.raw_words());
    words.extend(["--along".to_owned(), arguments.along.to_string()]);
    words.extend(arguments.length.into_iter().flat_map(|length| ["--for".to_owned(), length.to_string()]));
    if arguments.seeds != 20 {
        words.extend(["--seeds".to_owned(), arguments.seeds.to_string()]);
    }
    words
}

/// The command that shows the ramp under the first seed.
fn one_run(arguments: &HysteresisArguments, ramped: &[String]) -> String {
    let mut words = vec!["run".to_owned()];
    words.extend(arguments.model.raw_words());
    words.extend(ramped.iter().flat_map(|assignment| ["--set".to_owned(), assignment.clone()]));
    words.extend(["--seed".to_owned(), "1".to_owned()]);
    typed(&words)
}
