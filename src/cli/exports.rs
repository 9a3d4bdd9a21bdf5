//! What other programs read: files beside the results.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use crate::experiment::Trial;
use crate::report::csv::NamedRun;
use crate::report::directory::{Cleanup, FileKind, ResultFile};
use crate::report::openmetrics::Exposition;

/// What is exported.
#[derive(Args, Debug)]
pub(super) struct ExportArguments {
    /// Write the time series as OpenMetrics text, for Prometheus and what reads its format. An earlier such file is replaced
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "check_determinism"])]
    pub(super) openmetrics: Option<PathBuf>,
}

impl ExportArguments {
    /// Checks the places, before anything is simulated.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if let Some(file) = &self.openmetrics {
            ResultFile::check(file, FileKind::OpenMetrics)?;
        }
        Ok(())
    }

    /// Writes what is wanted.
    pub(super) fn write(
        &self,
        model: &str,
        trial: &Trial,
        runs: &[NamedRun<'_>],
        cleanup: &Cleanup,
    ) -> Result<(), Failure> {
        if let Some(file) = &self.openmetrics {
            let verdict = trial.judgement.as_ref().map(|judgement| judgement.verdict.name());
            let exposition = Exposition { model, verdict, runs };
            ResultFile::check(file, FileKind::OpenMetrics)?.write(cleanup, |out| exposition.write(out))?;
        }
        Ok(())
    }

    /// The options with the places, as they were typed.
    pub(super) fn places(&self) -> [(&'static str, &Option<PathBuf>); 1] {
        [("--openmetrics", &self.openmetrics)]
    }

    /// Where the files are, for the text on the terminal.
    pub(super) fn lines(&self) -> String {
        let line = |name: &str, path: &Option<PathBuf>| {
            path.as_ref().map(|path| format!("{name:<9}{}\n", path.display())).unwrap_or_default()
        };
        line("metrics", &self.openmetrics)
    }
}
