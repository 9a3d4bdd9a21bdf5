//! What other programs read: files beside the results.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};

use super::failure::Failure;
use super::pictures::plain;
use crate::experiment::Trial;
use crate::observe::RequestTrace;
use crate::plan::Plan;
use crate::report::csv::NamedRun;
use crate::report::directory::{Cleanup, FileKind, ResultFile};
use crate::report::openmetrics::Exposition;
use crate::report::traces::Traces;

/// What is exported.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("traces").args(["otlp", "perfetto"]).multiple(true))]
pub(super) struct ExportArguments {
    /// Write the time series as OpenMetrics text, for Prometheus and what reads its format. An earlier such file is replaced
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "check_determinism"])]
    pub(super) openmetrics: Option<PathBuf>,
    /// Write what happened to single requests, the slowest, the failed and a sample, as OTLP-JSON, for OpenTelemetry. An earlier such file is replaced
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "check_determinism"])]
    pub(super) otlp: Option<PathBuf>,
    /// Write the same as trace events, for ui.perfetto.dev and the tracing page of Chrome. An earlier such file is replaced
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "check_determinism"])]
    pub(super) perfetto: Option<PathBuf>,
    /// How many requests of each workload are traced for each reason
    #[arg(long, value_name = "N", default_value_t = 10, requires = "traces", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) trace_requests: u32,
}

/// What was run, and what came out.
#[derive(Clone, Copy)]
pub(super) struct Exported<'a> {
    pub(super) plan: &'a Plan,
    pub(super) trial: &'a Trial,
    pub(super) runs: &'a [NamedRun<'a>],
    /// Empty, if no traces were wanted.
    pub(super) requests: &'a [RequestTrace],
}

impl ExportArguments {
    /// Each file that is wanted, with its kind.
    fn files(&self) -> impl Iterator<Item = (&PathBuf, FileKind)> {
        let files = [
            (&self.openmetrics, FileKind::OpenMetrics),
            (&self.otlp, FileKind::Otlp),
            (&self.perfetto, FileKind::Perfetto),
        ];
        files.into_iter().filter_map(|(path, kind)| Some((path.as_ref()?, kind)))
    }

    /// Checks the places, before anything is simulated. `report` is where a report goes.
    pub(super) fn check(&self, report: Option<&Path>) -> Result<(), Failure> {
        let mut taken: Vec<(PathBuf, &str)> =
            report.into_iter().map(|path| (plain(path), FileKind::Report.option())).collect();
        for (path, kind) in self.files() {
            ResultFile::check(path, kind)?;
            let (place, option) = (plain(path), kind.option());
            if let Some((_, other)) = taken.iter().find(|(taken, _)| *taken == place) {
                return Err(Failure::Other(
                    format!("`{other}` and `{option}` would both write `{}`", path.display()),
                    format!("choose another file with `{option}`"),
                ));
            }
            taken.push((place, option));
        }
        Ok(())
    }

    /// How many requests are traced for each reason and workload, if any are.
    pub(super) fn traced(&self) -> Option<u32> {
        (self.otlp.is_some() || self.perfetto.is_some()).then_some(self.trace_requests)
    }

    /// Writes what is wanted.
    pub(super) fn write(&self, exported: Exported<'_>, cleanup: &Cleanup) -> Result<(), Failure> {
        let Exported { plan, trial, runs, requests } = exported;
        let traces = Traces { plan, run: &trial.run, requests };
        for (path, kind) in self.files() {
            let place = ResultFile::check(path, kind)?;
            match kind {
                FileKind::Report => {}
                FileKind::OpenMetrics => {
                    let verdict = trial.judgement.as_ref().map(|judgement| judgement.verdict.name());
                    let exposition = Exposition { model: &plan.name, verdict, runs };
                    place.write(cleanup, |out| exposition.write(out))?;
                }
                FileKind::Otlp => place.write(cleanup, |out| traces.write_otlp(out))?,
                FileKind::Perfetto => place.write(cleanup, |out| traces.write_perfetto(out))?,
            }
        }
        Ok(())
    }

    /// The words that give the same files again, ready for a POSIX shell.
    pub(super) fn words(&self) -> String {
        let quoted = |path: &Path| super::edits::quoted(path.as_os_str());
        let places = self.files().map(|(path, kind)| format!(" {} {}", kind.option(), quoted(path)));
        let places: String = places.collect();
        match self.traced() {
            Some(count) if count != 10 => format!("{places} --trace-requests {count}"),
            _ => places,
        }
    }

    /// Where the files are, for the text on the terminal.
    pub(super) fn lines(&self) -> String {
        let line = |(path, kind): (&PathBuf, FileKind)| {
            let name = match kind {
                FileKind::Report => "report",
                FileKind::OpenMetrics => "metrics",
                FileKind::Otlp => "otlp",
                FileKind::Perfetto => "perfetto",
            };
            format!("{name:<9}{}\n", path.display())
        };
        self.files().map(line).collect()
    }
}
