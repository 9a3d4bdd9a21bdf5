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
use crate::experiment::observe_ramp;
use crate::model::{Overrides, hexadecimal};
use crate::quantity::Rate;
use crate::report::command::CommandFile;
use crate::report::directory::{Cleanup, Destination, Disk};
use crate::report::hysteresis::{HYSTERESIS_FILE, HysteresisReport, HysteresisSummary, write_files};
use crate::report::page::HysteresisPage;
use crate::report::sparkline::Charset;

/// Runs the ramp; whatever fails on the way leaves no files behind.
pub(super) fn main(arguments: &HysteresisArguments) -> Result<(), Failure> {
    let (workload, ends) = workload(arguments)?;
    let (loaded, ramp, ramped) = load(arguments, workload, ends)?;
    print(&loaded.warnings);
    limit_threads(arguments.jobs)?;
    let cleanup = Cleanup::default();
    interrupt::handle(&cleanup)?;
    let pictures = Pictures::check(&arguments.pictures, arguments.out.as_deref())?;
    let staging = match &arguments.out {
        Some(place) => Some(Destination::check(place)?.stage(Disk, cleanup.clone())?),
        None => None,
    };
    let (name, hysteresis) = observe(arguments, &loaded, workload, ramp)?;
    let report = HysteresisReport {
        name: &loaded.model.name,
        workload: name,
        digest: &hexadecimal(&loaded.digest),
        hysteresis: &hysteresis,
    };
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
    let (replay, one_run) = (typed(&words(arguments)), one_run(arguments, &ramped));
    let page = HysteresisPage { report, replay: &replay, one_run: &one_run };
    pictures.write(&cleanup, || page.html(), || page.drawings())?;
    show(arguments, &page, &pictures, &json)
}

/// Runs the ramp under every seed, with the name of the workload.
fn observe<'a>(
    arguments: &HysteresisArguments,
    loaded: &'a LoadedModel,
    workload: &str,
    ramp: Ramp,
) -> Result<(&'a str, Hysteresis), Failure> {
    let seeds: Vec<u64> = (1..=arguments.seeds).collect();
    let total = loaded.model.run.duration.as_ns().saturating_mul(arguments.seeds);
    let name = loaded.model.workloads.keys().find(|name| name.as_str() == unquoted(workload));
    let name = name.ok_or_else(|| not_a_rate(arguments))?;
    let hysteresis = with_progress(&loaded.model.name, total, |progress| {
        observe_ramp(&loaded.model, &loaded.plan, (name, ramp), &seeds, progress).map_err(Failure::of_stopped)
    })?;
    Ok((name, hysteresis))
}

/// Makes the pictures of a ramp that stands in a folder: it is run again, and has to give the same.
pub(super) fn again(
    arguments: &HysteresisArguments,
    earlier: Earlier<'_>,
    pictures: &Pictures<'_>,
) -> Result<(), Failure> {
    let (workload, ends) = workload(arguments)?;
    let (loaded, ramp, ramped) = load(arguments, workload, ends)?;
    let cleanup = Cleanup::default();
    interrupt::handle(&cleanup)?;
    let (name, hysteresis) = observe(arguments, &loaded, workload, ramp)?;
    let report = HysteresisReport {
        name: &loaded.model.name,
        workload: name,
        digest: &hexadecimal(&loaded.digest),
        hysteresis: &hysteresis,
    };
    earlier.require(HYSTERESIS_FILE, &HysteresisSummary::new(&report, Vec::new()).to_json())?;
    let (replay, one_run) = (typed(&words(arguments)), one_run(arguments, &ramped));
    let page = HysteresisPage { report, replay: &replay, one_run: &one_run };
    pictures.write(&cleanup, || page.html(), || page.drawings())
}

/// The name of the workload whose rate it is, as written, and the ends of the range per second.
fn workload(arguments: &HysteresisArguments) -> Result<(&str, (f64, f64)), Failure> {
    let along = &arguments.along;
    let inner = along.path().strip_prefix("workloads.");
    let name = inner.and_then(|inner| inner.strip_suffix(".arrivals.open.rate"));
    let (low, high) = along.ends();
    let rate = |number: f64| along.written(number).parse::<Rate>().ok().map(Rate::as_per_s_f64);
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

/// The model with the ramp in it, and the arguments of `run` that put it there; everything that is wrong with it has been said.
fn load(
    arguments: &HysteresisArguments,
    workload: &str,
    (low, high): (f64, f64),
) -> Result<(LoadedModel, Ramp, Vec<String>), Failure> {
    let file = ModelFile::read(&arguments.model.path, &arguments.model.path.to_string_lossy())?;
    let with = |overrides: &Overrides| {
        file.load(overrides).map_err(|findings| {
            print(&findings);
            Failure::Model
        })
    };
    let plain = with(&overrides(&arguments.model))?;
    let length = arguments.length.unwrap_or(plain.model.run.duration);
    let ramp = Ramp::new(low, high, length, plain.model.run.warmup).ok_or_else(|| {
        let message =
            format!("--for {length}: nothing is left of it after a warm-up of {}", plain.model.run.warmup);
        Failure::Other(message, "take a longer time, or set a shorter `run.warmup`".to_owned())
    })?;
    let assignments = [
        format!("run.duration={length}"),
        top(arguments),
        format!("workloads.{workload}.profile={}", ramp.profile()),
    ];
    let mut ramped = overrides(&arguments.model);
    for assignment in &assignments {
        ramped.set(assignment);
    }
    Ok((with(&ramped)?, ramp, assignments.into()))
}

/// What sets the rate at the top of the ramp.
fn top(arguments: &HysteresisArguments) -> String {
    let along = &arguments.along;
    let (low, high) = along.ends();
    let rate = |number: f64| along.written(number).parse::<Rate>().map_or(0.0, Rate::as_per_s_f64);
    // Of `1/10s..1/90s` the smaller number is the larger rate.
    along.assignment(if rate(low) > rate(high) { low } else { high })
}

fn show(
    arguments: &HysteresisArguments,
    page: &HysteresisPage<'_>,
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
                writeln!(stdout, "one run  {}", page.one_run)
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
