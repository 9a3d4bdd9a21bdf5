//! `metastable hysteresis`: a load that goes up and down again, and whether the way back is the way there.

mod arguments;

use std::ffi::OsStr;
use std::io::Write as _;

pub(super) use arguments::HysteresisArguments;

use super::arguments::{Format, quoted};
use super::failure::Failure;
use super::interrupt;
use super::load::{LoadedModel, ModelFile, overrides, print};
use super::run::{limit_threads, with_progress};
use crate::analysis::Ramp;
use crate::experiment::{observe_held, observe_ramp};
use crate::kernel::Duration;
use crate::model::hexadecimal;
use crate::quantity::Rate;
use crate::report::directory::{Cleanup, Destination, Disk};
use crate::report::hysteresis::{HYSTERESIS_FILE, HysteresisReport, HysteresisSummary, write_files};
use crate::report::sparkline::Charset;

/// Runs the ramp; whatever fails on the way leaves no files behind.
pub(super) fn main(arguments: &HysteresisArguments) -> Result<(), Failure> {
    let (workload, ends) = workload(arguments)?;
    let (file, ramp, ramped) = plan_ramp(arguments, workload, ends)?;
    let loaded = load(arguments, &file, &ramped)?;
    print(&loaded.warnings);
    limit_threads(arguments.jobs)?;
    let cleanup = Cleanup::default();
    interrupt::handle(&cleanup)?;
    let staging = match &arguments.out {
        Some(place) => Some(Destination::check(place)?.stage(Disk, cleanup)?),
        None => None,
    };
    let seeds: Vec<u64> = (1..=arguments.seeds).collect();
    let total = loaded.model.run.duration.as_ns().saturating_mul(arguments.seeds);
    let name = loaded.model.workloads.keys().find(|name| name.as_str() == unquoted(workload));
    let name = name.ok_or_else(|| not_a_rate(arguments))?;
    let mut hysteresis = with_progress(&loaded.model.name, total, |progress| {
        observe_ramp(&loaded.model, &loaded.plan, (name, ramp), &seeds, progress).map_err(Failure::of_stopped)
    })?;
    let held = hysteresis
        .next()
        .map(|held| (held, assignments(arguments, workload, held.duration(), &held.profile())));
    if let Some((held, assignments)) = &held {
        let loaded = load(arguments, &file, assignments)?;
        let total = held.duration().as_ns().saturating_mul(arguments.seeds);
        let title = format!("{}, held", loaded.model.name);
        hysteresis.held = Some(with_progress(&title, total, |progress| {
            observe_held(&loaded.model, &loaded.plan, (name, *held), &seeds, progress)
                .map_err(Failure::of_stopped)
        })?);
    }
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
        staging.commit()?;
        json
    } else {
        HysteresisSummary::new(&report, files).to_json()
    };
    show(arguments, &report, &json, [Some(ramped), held.map(|(_, assignments)| assignments)])
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
    report: &HysteresisReport<'_>,
    json: &str,
    [ramped, held]: [Option<Vec<String>>; 2],
) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    let written = match arguments.format {
        Format::Json => stdout.write_all(json.as_bytes()),
        Format::Text => {
            let charset = if arguments.ascii { Charset::Ascii } else { Charset::Unicode };
            report.write_text(&mut stdout, charset).and_then(|()| {
                writeln!(stdout)?;
                if let Some(place) = &arguments.out {
                    writeln!(stdout, "results  {}", place.display())?;
                }
                writeln!(stdout, "replay   {}", replay(arguments))?;
                for (label, assignments) in [("one run", ramped), ("held", held)] {
                    if let Some(assignments) = assignments {
                        writeln!(stdout, "{label:<8} {}", one_run(arguments, &assignments))?;
                    }
                }
                Ok(())
            })
        }
    };
    written.and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}

/// The command that gives the same answer again.
fn replay(arguments: &HysteresisArguments) -> String {
    let mut words = vec!["metastable hysteresis".to_owned()];
    words.extend(arguments.model.words());
    words.extend(["--along".to_owned(), quoted(OsStr::new(&arguments.along.to_string()))]);
    words.extend(arguments.length.map(|length| format!("--for {length}")));
    if arguments.seeds != 20 {
        words.push(format!("--seeds {}", arguments.seeds));
    }
    words.join(" ")
}

/// The command that shows the ramp under the first seed.
fn one_run(arguments: &HysteresisArguments, ramped: &[String]) -> String {
    let sets = ramped.iter().map(|assignment| format!("--set {}", quoted(OsStr::new(assignment))));
    let sets: Vec<String> = sets.collect();
    format!("metastable run {} {} --seed 1", arguments.model.words().join(" "), sets.join(" "))
}
