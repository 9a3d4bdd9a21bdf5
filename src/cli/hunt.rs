//! `metastable hunt`: runs in which a property does not hold, each kind of them as a case.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::arguments::{Format, ModelArguments, quoted};
use super::failure::Failure;
use super::interrupt;
use super::load::{Beside, load, print};
use super::replay::wrapped;
use super::run::limit_threads;
use crate::analysis::Property;
use crate::experiment::{Answer, BUILD, Hunted, Hunting, Progress, Recorded, hunt, record, story};
use crate::model::hexadecimal;
use crate::model::schedule::{FaultSpace, Limits, described};
use crate::quantity::Duration;
use crate::report::directory::{CaseFile, OutputError};
use crate::report::journal::Journal;

/// The answers of all runs, so that a hunt can go on.
const JOURNAL_FILE: &str = "hunt.journal";

/// `metastable hunt`.
#[derive(Args, Debug)]
pub(super) struct HuntArguments {
    #[command(flatten)]
    pub(super) model: ModelArguments,
    /// What is to hold.
    #[arg(
        long,
        value_name = "PROPERTY",
        default_value = "recovers",
        help = "What is to hold: recovers, recovers_within(30s), goodput_at_least(99%), goodput_at_least(90% of twin), amplification_at_most(1.5), queue_bounded(200), nothing_lost, meets_objectives; combined with and, or, not and parentheses"
    )]
    pub(super) property: String,
    /// How many runs
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(super) runs: u64,
    /// Stop after so much time, such as 10min; the result is that of the runs that were done by then, whose number is printed
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<Duration>,
    /// The seed of the first world, and of all schedules; overrides `run.seed`
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Where cases and the journal go [default: results/hunt-<name>-<seed>]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// The kinds that are allowed; empty: all.
    #[arg(
        long,
        value_name = "KINDS",
        value_delimiter = ',',
        help = "Only faults of these kinds, such as pause,degrade,load_spike [default: all that can hit something]"
    )]
    pub(super) faults: Vec<String>,
    /// At most so many faults in a run
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(super) most_faults: usize,
    /// How many threads may work at a time, which changes no result [default: one per processor]
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// What is printed: text for people, or JSON
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,
}

/// A kind of failure, and the case that stands for it.
struct Kept {
    signature: String,
    count: u64,
    first: u64,
    recorded: Recorded,
    path: PathBuf,
}

/// Hunts; what is known by then is kept when it is interrupted.
pub(super) fn main(arguments: &HuntArguments) -> Result<(), Failure> {
    let property: Property = arguments.property.parse()?;
    let loaded = load(&arguments.model, arguments.seed)?.map_err(|findings| {
        print(&findings);
        Failure::Model
    })?;
    print(&loaded.warnings);
    if property.asks_for_objectives() && loaded.model.objectives.is_empty() {
        return Err(Failure::Other(
            "--property: the model has no objectives to meet".to_owned(),
            "write `[objectives]` with `availability = \"99.9%\"` or `recovery = \"60s\"`, or choose another property".to_owned(),
        ));
    }
    let limits =
        Limits { only: arguments.faults.clone(), most_faults: arguments.most_faults, ..Limits::default() };
    let space = FaultSpace::of(&loaded.model, &limits).map_err(|error| {
        Failure::Other(error.to_string(), "`metastable hunt --help` says what can be chosen".to_owned())
    })?;
    limit_threads(arguments.jobs)?;
    let (model, beside) = (&loaded.model, Beside::of(&arguments.model.path));
    let default = || Path::new("results").join(format!("hunt-{}-{}", model.name, model.run.seed));
    let out = arguments.out.clone().unwrap_or_else(default);
    let kinds = if arguments.faults.is_empty() { "all".to_owned() } else { arguments.faults.join(",") };
    let header = format!(
        "metastable hunt 1 {} seed {} build {BUILD} faults {kinds} most {} {property}",
        hexadecimal(&loaded.digest),
        model.run.seed,
        arguments.most_faults
    );
    let (journal, known) = open(&out, &header)?;
    let progress = Arc::new(Progress::default());
    interrupt::cancel(&progress)?;
    let hunting = Hunting {
        model,
        files: &beside,
        property: &property,
        space: &space,
        first_seed: model.run.seed,
        runs: arguments.runs,
    };
    let (hunted, is_over) = search(arguments, hunting, journal, &known, &progress)?;
    if hunted.runs < arguments.runs && !is_over {
        let message = format!("interrupted: {} runs are kept in {}", hunted.runs, out.display());
        return Err(Failure::Interrupted(message, "run the same command again to go on".to_owned()));
    }
    let kept = keep(&hunting, &hunted, &out)?;
    let text = match arguments.format {
        Format::Text => shown(&hunting, &hunted, &kept, &out),
        Format::Json => format!("{:#}\n", as_json(&hunting, &hunted, &kept)),
    };
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::Stdout)?;
    if kept.is_empty() {
        return Ok(());
    }
    let help = format!("metastable shrink {}", quoted(kept[0].path.as_os_str()));
    Err(Failure::DoesNotHold(
        format!("`{property}` does not hold in every run"),
        format!("make the first case small: {help}"),
    ))
}

/// The folder and the answers in it. A folder of another hunt is left alone.
fn open(out: &Path, header: &str) -> Result<(Journal, BTreeMap<u64, Answer>), Failure> {
    std::fs::create_dir_all(out).map_err(|error| {
        let help = "choose another directory with `--out`".to_owned();
        Failure::Other(format!("cannot create `{}`: {error}", out.display()), help)
    })?;
    let path = out.join(JOURNAL_FILE);
    if let Ok(text) = std::fs::read_to_string(&path)
        && text.lines().next().is_some_and(|line| line != header)
    {
        return Err(Failure::Other(
            format!(
                "`{}` has a hunt for something else: another model, seed, property, kind of faults or build",
                out.display()
            ),
            "choose another directory with `--out`, or remove this one first".to_owned(),
        ));
    }
    let (journal, lines) = Journal::open(&path, header)?;
    let answers = lines.iter().filter_map(|line| {
        let (index, answer) = line.split_once(' ')?;
        Some((index.parse().ok()?, answer.parse().ok()?))
    });
    let known = answers.collect();
    Ok((journal, known))
}

/// Hunts with a bar on standard error, if that is a terminal, and says whether the time was over.
fn search(
    arguments: &HuntArguments,
    hunting: Hunting<'_>,
    journal: Journal,
    known: &BTreeMap<u64, Answer>,
    progress: &Progress,
) -> Result<(Hunted, bool), Failure> {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} runs")
        .expect("invariant: the template is well-formed");
    let bar = ProgressBar::with_draw_target(Some(hunting.runs), ProgressDrawTarget::stderr());
    let bar = bar.with_style(style).with_message(hunting.model.name.clone());
    bar.set_position(known.len() as u64);
    let (is_over, failures) = (AtomicBool::new(false), AtomicU64::new(0));
    let journal = Mutex::new((journal, None::<OutputError>));
    let note = |index: u64, answer: &Answer| {
        let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = journal.0.note(&format!("{index} {answer}")) {
            journal.1 = Some(error);
            progress.cancel();
        }
        if answer.signature.is_some() {
            let count = failures.fetch_add(1, Ordering::Relaxed) + 1;
            bar.set_message(format!("{}: {count} fail", hunting.model.name));
        }
        bar.inc(1);
    };
    let hunted = std::thread::scope(|scope| {
        let (done, wait) = channel::<()>();
        if let Some(until) = arguments.until {
            let is_over = &is_over;
            scope.spawn(move || {
                let until = std::time::Duration::from_nanos(until.as_ns());
                if wait.recv_timeout(until) == Err(RecvTimeoutError::Timeout) {
                    is_over.store(true, Ordering::Release);
                    progress.cancel();
                }
            });
        }
        let hunted = hunt(hunting, known, &note, progress);
        drop(done);
        hunted
    });
    bar.finish_and_clear();
    let (_, error) = journal.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = error {
        return Err(error.into());
    }
    Ok((hunted?, is_over.load(Ordering::Acquire)))
}

/// Writes a case for each kind of failure.
fn keep(hunting: &Hunting<'_>, hunted: &Hunted, out: &Path) -> Result<Vec<Kept>, Failure> {
    let mut kept = Vec::new();
    for (index, failure) in hunted.failures.iter().enumerate() {
        let model = failure.simplest.model(hunting.model);
        let recorded = record(&model, hunting.files, hunting.property, &Progress::default())?;
        let path = out.join(format!("case-{}.toml", index + 1));
        let told = story(&recorded.case.model, &recorded.trial);
        CaseFile::check(&path)?.write(&recorded.case.to_toml(&told))?;
        let (signature, count, first) = (failure.signature.clone(), failure.count, failure.first);
        kept.push(Kept { signature, count, first, recorded, path });
    }
    Ok(kept)
}

fn shown(hunting: &Hunting<'_>, hunted: &Hunted, kept: &[Kept], out: &Path) -> String {
    let (name, runs, property) = (&hunting.model.name, hunted.runs, hunting.property);
    let mut lines = Vec::new();
    if kept.is_empty() {
        lines.push(format!("NOTHING FOUND  {name}: `{property}` held in all {runs} runs"));
    } else {
        let count = if kept.len() == 1 { "1 kind".to_owned() } else { format!("{} kinds", kept.len()) };
        let failed: u64 = kept.iter().map(|kept| kept.count).sum();
        lines.push(format!(
            "FOUND  {name}: `{property}` does not hold in {failed} of {runs} runs, {count} of failure"
        ));
    }
    let verdicts: Vec<String> =
        hunted.verdicts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    lines.push(format!("Seeds from {} on; verdicts: {}", hunting.first_seed, verdicts.join(", ")));
    for (index, kept) in kept.iter().enumerate() {
        lines.push(String::new());
        let runs = if kept.count == 1 { "run" } else { "runs" };
        let (count, first) = (kept.count, kept.first);
        lines.push(format!("{}  {}, {count} {runs}, first run {first}", index + 1, kept.signature));
        let model = &kept.recorded.case.model;
        lines.extend(model.faults.values().map(|fault| format!("   {}", described(fault))));
        let path = quoted(kept.path.as_os_str());
        lines.push(format!("   replay  metastable replay {path}"));
        lines.push(format!("   shrink  metastable shrink {path}"));
    }
    if let (true, Some((probe, answer))) = (kept.is_empty(), &hunted.nearest) {
        lines.push(String::new());
        lines.push(format!(
            "Nearest: run {}, seed {}, {}, margin {:.2} (0 breaks it, 1 is far from it)",
            probe.index,
            probe.seed,
            answer.verdict.name(),
            answer.margin
        ));
        lines.extend(probe.schedule.faults().iter().map(|(_, fault)| format!("   {}", described(fault))));
    }
    let text: String = lines.iter().map(|line| broken(line)).collect();
    format!("{text}\nresults  {}\n", out.display())
}

/// A command stays on its line, so that it can be copied.
fn broken(line: &str) -> String {
    let is_command = line.contains("  metastable ");
    if is_command || line.is_empty() { format!("{line}\n") } else { wrapped(&[line.to_owned()]) }
}

fn as_json(hunting: &Hunting<'_>, hunted: &Hunted, kept: &[Kept]) -> serde_json::Value {
    let failures: Vec<_> = kept
        .iter()
        .map(|kept| {
            json!({
                "signature": kept.signature,
                "count": kept.count,
                "first_run": kept.first,
                "case": kept.path.display().to_string(),
                "seed": kept.recorded.case.model.run.seed,
                "faults": kept.recorded.case.model.faults,
                "why": kept.recorded.judged.why,
            })
        })
        .collect();
    let nearest = hunted.nearest.as_ref().map(|(probe, answer)| {
        json!({ "run": probe.index, "seed": probe.seed, "margin": answer.margin, "verdict": answer.verdict.name() })
    });
    json!({
        "schema": 1,
        "model": hunting.model.name,
        "property": hunting.property.to_string(),
        "first_seed": hunting.first_seed,
        "runs": hunted.runs,
        "verdicts": hunted.verdicts,
        "failures": failures,
        "nearest": nearest,
    })
}
