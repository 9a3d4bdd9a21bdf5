//! `metastable shrink`: the smallest run that fails in the same way.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};

use super::arguments::quoted;
use super::failure::Failure;
use super::interrupt;
use super::replay::wrapped;
use super::world::World;
use crate::analysis::Property;
use crate::experiment::{
    BUILD, Progress, ReplayError, ShrinkError, Shrinking, Shrunk, Stopped, shrink, story,
};
use crate::report::directory::{CaseFile, OutputError};
use crate::report::journal::Journal;

/// `metastable shrink`.
#[derive(Args, Debug)]
pub(super) struct ShrinkArguments {
    /// The case, or a model, that fails: a TOML file
    #[arg(value_name = "CASE")]
    pub(super) case: PathBuf,
    /// Where the smallest case goes [default: <CASE>.small.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// What must not hold, as for `hunt` [default: what the case says; of a model, recovers]
    #[arg(long, value_name = "PROPERTY")]
    pub(super) property: Option<String>,
}

/// Shrinks a case; what is known by then is kept when it is interrupted.
pub(super) fn main(arguments: &ShrinkArguments) -> Result<(), Failure> {
    let world = World::read(&arguments.case)?;
    let of_case = world.record.as_ref().map(|record| record.property.as_str());
    let property: Property = arguments.property.as_deref().or(of_case).unwrap_or("recovers").parse()?;
    // What is wrong with its files is better known before anything is run.
    world.plan()?;
    let out = arguments.out.clone().unwrap_or_else(|| beside(&arguments.case));
    let place = CaseFile::check(&out)?;
    let digest = world.model.digest_hex(&world);
    let header =
        format!("metastable shrink 1 {digest} seed {} build {BUILD} {property}", world.model.run.seed);
    let journal = with_ending(&out, ".journal");
    let (journal, lines) = Journal::open(&journal, &header)?;
    let progress = Arc::new(Progress::default());
    interrupt::cancel(&progress)?;
    let shrunk = search(&world, &property, journal, &lines, &progress)?;
    let told = story(&shrunk.recorded.case.model, &shrunk.recorded.trial);
    place.write(&shrunk.recorded.case.to_toml(&told))?;
    let mut stdout = anstream::stdout().lock();
    let text = shown(&world, &shrunk, &told, &out);
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}

fn search(
    world: &World,
    property: &Property,
    journal: Journal,
    lines: &[String],
    progress: &Progress,
) -> Result<Shrunk, Failure> {
    let known: BTreeMap<String, bool> = lines
        .iter()
        .filter_map(|line| line.split_once(' '))
        .map(|(digest, fails)| (digest.to_owned(), fails == "fails"))
        .collect();
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let (journal, failed, runs) =
        (RefCell::new(journal), RefCell::new(None::<OutputError>), Cell::new(0_u64));
    let note = |digest: &str, fails: bool| {
        runs.set(runs.get() + 1);
        bar.set_message(format!("{} runs", runs.get()));
        bar.set_position(runs.get());
        if known.contains_key(digest) {
            return;
        }
        let answer = if fails { "fails" } else { "holds" };
        if let Err(error) = journal.borrow_mut().note(&format!("{digest} {answer}")) {
            failed.replace(Some(error));
            progress.cancel();
        }
    };
    let shrinking = Shrinking { files: world, property, note: &note };
    let result = shrink(&world.model, shrinking, known.clone(), progress);
    bar.finish_and_clear();
    if let Some(error) = failed.into_inner() {
        return Err(error.into());
    }
    match result {
        Ok(shrunk) => {
            journal.into_inner().remove()?;
            Ok(shrunk)
        }
        Err(ShrinkError::Run(ReplayError::Stopped(Stopped::Cancelled))) => {
            let message = format!("interrupted: what came out of {} runs is kept", runs.get());
            Err(Failure::Interrupted(message, "run the same command again to go on".to_owned()))
        }
        Err(error) => {
            journal.into_inner().remove()?;
            Err(match error {
                ShrinkError::Run(error) => error.into(),
                ShrinkError::Holds { .. } => Failure::Other(
                    error.to_string(),
                    "shrink what fails: a case from `metastable hunt`, or a model with another `--property`"
                        .to_owned(),
                ),
            })
        }
    }
}

/// `case-1.toml` becomes `case-1.small.toml`.
fn beside(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or(OsStr::new("case")).to_string_lossy().into_owned();
    path.with_file_name(format!("{stem}.small.toml"))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn shown(world: &World, shrunk: &Shrunk, told: &str, out: &Path) -> String {
    let (before, after) = (&shrunk.before, &shrunk.after);
    let faults = if before.faults == 1 { "fault" } else { "faults" };
    let mut lines = vec![
        format!(
            "SHRUNK  {}, seed {}: from {} {faults} to {}",
            world.model.name, world.model.run.seed, before.faults, after.faults
        ),
        format!("{} runs; the verdict is still {}", shrunk.runs, shrunk.recorded.case.record.verdict.name()),
        String::new(),
    ];
    lines.extend(told.lines().map(str::to_owned));
    lines.push(String::new());
    let row = |name: &str, before: &str, after: &str| format!("  {name:<10}{before:>8}  ->  {after}");
    for (name, counts) in [
        ("faults", [before.faults, after.faults]),
        ("services", [before.services, after.services]),
        ("policies", [before.policies, after.policies]),
        ("lines", [before.lines, after.lines]),
    ] {
        lines.push(row(name, &counts[0].to_string(), &counts[1].to_string()));
    }
    lines.push(row("duration", &before.duration.to_string(), &after.duration.to_string()));
    lines.push(String::new());
    let place = quoted(out.as_os_str());
    format!("{}case    {place}\nreplay  metastable replay {place}\n", with_tables(&lines))
}

/// Sentences are broken, and tables stay as they are.
fn with_tables(lines: &[String]) -> String {
    let is_table = |line: &String| line.starts_with("  ") || line.is_empty();
    lines
        .iter()
        .map(|line| if is_table(line) { format!("{line}\n") } else { wrapped(std::slice::from_ref(line)) })
        .collect()
}
