//! `--report` and `--figures`: a page and drawings beside the results.

use std::path::{Component, Path, PathBuf};

use super::arguments::PictureArguments;
use super::failure::Failure;
use crate::report::directory::{Cleanup, Destination, Disk, FileKind, ResultFile};
use crate::report::page::{FIGURES_FILE, Figure, FiguresSummary};

const FIGURES: &str = "--figures";

/// Where a page and drawings are to go.
pub(super) struct Pictures<'a> {
    arguments: &'a PictureArguments,
}

impl<'a> Pictures<'a> {
    /// Checks the places, before anything is simulated. `out` is where the results go.
    pub(super) fn check(arguments: &'a PictureArguments, out: Option<&Path>) -> Result<Self, Failure> {
        if let Some(file) = &arguments.report {
            ResultFile::check(file, FileKind::Report)?;
        }
        if let Some(directory) = &arguments.figures {
            if out.is_some_and(|out| plain(out) == plain(directory)) {
                return Err(Failure::Other(
                    format!("the figures and the results would both go into `{}`", directory.display()),
                    "choose another directory with `--figures`".to_owned(),
                ));
            }
            Destination::check(directory).map_err(|error| error.about(FIGURES))?;
        }
        Ok(Self { arguments })
    }

    /// Whether there is anything to draw.
    pub(super) fn is_wanted(&self) -> bool {
        self.arguments.report.is_some() || self.arguments.figures.is_some()
    }

    /// Writes what is wanted.
    pub(super) fn write(
        &self,
        cleanup: &Cleanup,
        page: impl FnOnce() -> String,
        figures: impl FnOnce() -> Vec<Figure>,
    ) -> Result<(), Failure> {
        if let Some(file) = &self.arguments.report {
            let page = page();
            let place = ResultFile::check(file, FileKind::Report)?;
            place.write(cleanup, |out| out.write_all(page.as_bytes()))?;
        }
        if let Some(directory) = &self.arguments.figures {
            write_figures(directory, cleanup, &figures())?;
        }
        Ok(())
    }

    /// Where they are, for the text on the terminal.
    pub(super) fn lines(&self) -> String {
        let line = |name: &str, path: &Option<PathBuf>| {
            path.as_ref().map(|path| format!("{name:<9}{}\n", path.display())).unwrap_or_default()
        };
        line("report", &self.arguments.report) + &line("figures", &self.arguments.figures)
    }
}

fn write_figures(directory: &Path, cleanup: &Cleanup, figures: &[Figure]) -> Result<(), Failure> {
    let write = || {
        let mut staging = Destination::check(directory)?.stage(Disk, cleanup.clone())?;
        for figure in figures {
            staging.write(&figure.file, |out| out.write_all(figure.svg.as_bytes()))?;
        }
        let list = FiguresSummary::new(figures).to_json();
        staging.write(FIGURES_FILE, |out| out.write_all(list.as_bytes()))?;
        staging.commit()
    };
    write().map_err(|error| error.about(FIGURES))?;
    Ok(())
}

/// The same place in its plainest spelling.
pub(super) fn plain(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => _ = plain.pop(),
            other => plain.push(other),
        }
    }
    plain
}
