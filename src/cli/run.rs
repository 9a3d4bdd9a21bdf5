//! `metastable run`: a model and its twin, judged, written, shown.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::{Format, RunArguments};
use super::determinism;
use super::exports::Exported;
use super::failure::Failure;
use super::interrupt;
use super::load::{LoadedModel, load, print};
use super::output::until_closed;
use super::pictures::Pictures;
use super::report::Earlier;
use super::seeds;
use crate::analysis::{Figures, SteadyState};
use crate::experiment::{Progress, TRACE_RUNS, Trial, TrialOptions, trace_requests};
use crate::kernel::Time;
use crate::model::hexadecimal;
use crate::observe::RequestTrace;
use crate::report::command::CommandFile;
use crate::report::csv::{NamedRun, Series};
use crate::report::decimal::seconds;
use crate::report::directory::{Cleanup, Destination, Disk, default_directory};
use crate::report::page::RunPage;
use crate::report::sparkline::Charset;
use crate::report::steady::{SteadySummary, steady_table};
use crate::report::summary::{
    FaultSummary, FileSummary, JudgeSummary, JudgementSummary, ModelIdentity, ObjectiveSummary, RunSummary,
    SCHEMA, SUMMARY_FILE, Summary,
};
use crate::report::switches::Switches;
use crate::report::terminal::{Chart, TerminalReport, objectives_table, tables};

/// Runs a model; whatever fails on the way leaves no files behind.
pub(super) fn main(arguments: &RunArguments) -> Result<(), Failure> {
    let loaded = match load(&arguments.model, arguments.seed)? {
        Ok(loaded) => loaded,
        Err(findings) => {
            print(&findings);
            return Err(Failure::Model);
        }
    };
    print(&loaded.warnings);
    limit_threads(arguments.jobs)?;
    if arguments.check_determinism {
        return determinism::main(&loaded);
    }
    if let Some(seeds) = arguments.seeds {
        return seeds::main(&loaded, arguments, seeds);
    }
    if arguments.strict && loaded.model.objectives.is_empty() {
        let help = "write `[objectives]` with `availability = \"99.9%\"`, `latency = { p99 = \"800ms\" }` or `recovery = \"60s\"`";
        return Err(Failure::Other("--strict: the model has no objectives".to_owned(), help.to_owned()));
    }
    let seed = loaded.model.run.seed;
    let directory = arguments.out.clone().unwrap_or_else(|| default_directory(&loaded.model.name, seed));

    let cleanup = Cleanup::default();
    interrupt::handle(&cleanup)?;
    // Before the simulation: a place that cannot be written is better known now.
    let pictures = Pictures::check(&arguments.pictures, Some(&directory))?;
    arguments.exports.check(arguments.pictures.report.as_deref())?;
    let mut staging = Destination::check(&directory)?.stage(Disk, cleanup.clone())?;

    let (trial, requests) = simulate(&loaded, arguments)?;
    let mut runs: Vec<NamedRun<'_>> = vec![("actual", &trial.run)];
    runs.extend(trial.twin.as_ref().map(|twin| ("twin", twin)));
    let mut files = Vec::new();
    for series in Series::ALL.into_iter().filter(|series| series.is_there(&runs)) {
        let rows = staging.write(series.file_name(), |out| series.write(out, &runs))?;
        files.push(FileSummary { name: series.file_name().to_owned(), rows });
    }
    let summary = summary(&loaded, &trial, files);
    let json = summary.to_json();
    staging.write(SUMMARY_FILE, |out| out.write_all(json.as_bytes()))?;
    command(arguments).write(&mut staging)?;
    staging.commit()?;
    draw(&loaded, arguments, &trial, &summary, &pictures, &cleanup)?;
    let exported = Exported { plan: &loaded.plan, trial: &trial, runs: &runs, requests: &requests };
    arguments.exports.write(exported, &cleanup)?;

    show(arguments, &trial, &summary, &json, &directory, &pictures)?;
    if trial.violations.is_empty() {
        return if arguments.strict { all_met(&trial) } else { Ok(()) };
    }
    let laws = trial
        .violations
        .iter()
        .map(|violation| format!("{} s: {}", seconds(u128::from(violation.at.as_ns())), violation.law));
    Err(Failure::Violated(laws.collect()))
}

/// Makes the pictures of a run that stands in a folder: it is simulated again, and has to be the same.
pub(super) fn again(
    arguments: &RunArguments,
    earlier: Earlier<'_>,
    pictures: &Pictures<'_>,
) -> Result<(), Failure> {
    let loaded = load(&arguments.model, arguments.seed)?.map_err(|findings| {
        print(&findings);
        Failure::Model
    })?;
    let cleanup = Cleanup::default();
    interrupt::handle(&cleanup)?;
    let (trial, _) = simulate(&loaded, arguments)?;
    let summary = summary(&loaded, &trial, Vec::new());
    earlier.require(SUMMARY_FILE, &summary.to_json())?;
    draw(&loaded, arguments, &trial, &summary, pictures, &cleanup)
}

/// What stands in the folder to find the run again. Whether laws were checked changes no result, but the report says so.
fn command(arguments: &RunArguments) -> CommandFile {
    // A seed that the model says is not typed: the report says where each setting comes from.
    let mut words = arguments.words(arguments.seed);
    words.extend(arguments.check.then(|| "--check".to_owned()));
    CommandFile::new(words)
}

/// Whether every promise was kept.
fn all_met(trial: &Trial) -> Result<(), Failure> {
    let broken: Vec<String> = trial
        .objectives
        .iter()
        .filter(|judged| judged.met != Some(true))
        .map(|judged| format!("{} of {}", judged.objective.name(), judged.workload))
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    let help = "the table above says what was promised and what came out";
    Err(Failure::DoesNotHold(format!("objectives were not met: {}", broken.join(", ")), help.to_owned()))
}

/// Gives the work no more threads than it may have.
pub(super) fn limit_threads(jobs: Option<NonZeroUsize>) -> Result<(), Failure> {
    let Some(jobs) = jobs else { return Ok(()) };
    rayon::ThreadPoolBuilder::new().num_threads(jobs.get()).build_global().map_err(|error| {
        let help = "a smaller number, or none at all, may be possible";
        Failure::Other(format!("cannot start {jobs} threads: {error}"), help.to_owned())
    })
}

/// Runs the model, whatever it is judged against, and what its requests are traced with, with progress on standard error if that is a terminal.
fn simulate(loaded: &LoadedModel, arguments: &RunArguments) -> Result<(Trial, Vec<RequestTrace>), Failure> {
    let (model, plan) = (&loaded.model, &loaded.plan);
    let options = TrialOptions { with_twin: !arguments.no_twin, check: arguments.check };
    let traced = arguments.exports.traced();
    let runs = Trial::run_count(plan, options) + traced.map_or(0, |_| TRACE_RUNS);
    let (total, seed) = (model.run.duration.as_ns().saturating_mul(runs), model.run.seed);
    with_progress(&model.name, total, |progress| {
        let (trial, requests) = rayon::join(
            || Trial::conduct(model, plan, seed, options, progress),
            || traced.map_or(Ok(Vec::new()), |count| trace_requests(plan, seed, count, progress)),
        );
        trial.and_then(|trial| Ok((trial, requests?))).map_err(Failure::of_stopped)
    })
}

/// Does some work that simulates this much time, with progress on standard error if that is a terminal.
pub(super) fn with_progress<T: Send>(name: &str, total_ns: u64, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| show_progress(name, total_ns, &progress, &is_done));
        let result = work(&progress);
        is_done.store(true, Ordering::Release);
        result
    })
}

/// Draws a bar until the work is done; draws nothing unless standard error is a terminal.
fn show_progress(name: &str, total_ns: u64, progress: &Progress, is_done: &AtomicBool) {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3} %")
        .expect("invariant: the template is well-formed");
    let bar = ProgressBar::with_draw_target(Some(total_ns), ProgressDrawTarget::stderr());
    let bar = bar.with_style(style).with_message(name.to_owned());
    while !is_done.load(Ordering::Acquire) && !bar.is_hidden() {
        bar.set_position(progress.simulated().as_ns());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    bar.finish_and_clear();
}

fn summary(loaded: &LoadedModel, trial: &Trial, files: Vec<FileSummary>) -> Summary {
    let (model, run) = (&loaded.model, &trial.run);
    let window = trial.judgement.as_ref().and_then(|judgement| judgement.worst()?.final_window);
    Summary {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        model: ModelIdentity { name: model.name.clone(), digest: hexadecimal(&loaded.digest) },
        seed: run.seed,
        duration_s: run.duration.as_secs_f64(),
        warmup_s: run.warmup.as_secs_f64(),
        interval_s: run.interval.as_secs_f64(),
        judgement: JudgementSummary::new(trial.judgement.as_ref()),
        objectives: trial.objectives.iter().map(ObjectiveSummary::new).collect(),
        judge: JudgeSummary::new(&model.judge),
        switches: Switches::new(model),
        faults: run.faults.iter().map(FaultSummary::new).collect(),
        steady_state: SteadyState::of_run(run).iter().map(SteadySummary::new).collect(),
        actual: RunSummary::new(run, window),
        twin: trial.twin.as_ref().map(|twin| RunSummary::new(twin, window)),
        files,
    }
}

/// Writes the report and the figures, if they are wanted.
fn draw(
    loaded: &LoadedModel,
    arguments: &RunArguments,
    trial: &Trial,
    summary: &Summary,
    pictures: &Pictures<'_>,
    cleanup: &Cleanup,
) -> Result<(), Failure> {
    if !pictures.is_wanted() {
        return Ok(());
    }
    let findings = if loaded.warnings.is_empty() { String::new() } else { loaded.warnings.render(false) };
    let replay = arguments.simulation(trial.run.seed);
    let page = RunPage {
        summary,
        description: &loaded.model.description,
        run: &trial.run,
        twin: trial.twin.as_ref(),
        judgement: trial.judgement.as_ref(),
        objectives: &trial.objectives,
        explanation: &loaded.explanation,
        findings: &findings,
        violations: arguments.check.then_some(&trial.violations),
        replay: &replay,
    };
    pictures.write(cleanup, || page.html(), || page.drawings())
}

fn show(
    arguments: &RunArguments,
    trial: &Trial,
    summary: &Summary,
    json: &str,
    directory: &Path,
    pictures: &Pictures<'_>,
) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    let written = match arguments.format {
        Format::Json => stdout.write_all(json.as_bytes()),
        Format::Text => {
            let charset = if arguments.ascii { Charset::Ascii } else { Charset::Unicode };
            let report = terminal_report(arguments, trial, summary, directory, charset);
            report
                .write(&mut stdout, charset)
                .and_then(|()| stdout.write_all((pictures.lines() + &arguments.exports.lines()).as_bytes()))
        }
    };
    until_closed(written.and_then(|()| stdout.flush()))
}

fn terminal_report(
    arguments: &RunArguments,
    trial: &Trial,
    summary: &Summary,
    directory: &Path,
    charset: Charset,
) -> TerminalReport {
    let run = &trial.run;
    let judgement = &summary.judgement;
    let verdict = judgement.verdict.clone().unwrap_or_else(|| "not judged".to_owned());
    let sentence = judgement.sentence.strip_prefix(&format!("{verdict}: ")).unwrap_or(&judgement.sentence);
    let charts = Chart::of_run(run, trial.twin.as_ref());
    TerminalReport {
        model: summary.model.name.clone(),
        seed: run.seed,
        sentence: sentence.to_owned(),
        verdict,
        charts_left_out: run.workloads.len() - charts.len(),
        charts,
        tables: [
            vec![objectives_table(&trial.objectives)],
            tables(&Figures::new(run), charset),
            vec![steady_table(run, charset)],
        ]
        .concat(),
        span: (Time::ZERO + run.warmup, Time::ZERO + run.duration),
        output: Some(directory.display().to_string()),
        replay: arguments.replay(run.seed),
    }
}
