//! `metastable report`: the report of results that are there already.
//!
//! What is not kept in a folder is simulated again, by the command that stands in it. The report is only made if the same comes out: then it has the bytes that `--report` would have given.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Parser as _};
use serde_json::Value;

use super::arguments::{Arguments, Command, PictureArguments};
use super::failure::Failure;
use super::pictures::Pictures;
use super::{boundary, compare, hysteresis, run, sweep};
use crate::report::boundary::BOUNDARY_FILE;
use crate::report::command::{COMMAND_FILE, CommandFile};
use crate::report::comparison::COMPARISON_FILE;
use crate::report::hysteresis::HYSTERESIS_FILE;
use crate::report::summary::SUMMARY_FILE;
use crate::report::sweep::CAMPAIGN_FILE;

/// `metastable report`.
#[derive(Args, Debug)]
pub(super) struct ReportArguments {
    /// The folder of results of `run`, `compare`, `sweep`, `boundary` or `hysteresis`
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Where the report goes; an earlier report there is replaced [default: report.html in the folder]
    #[arg(long, visible_alias = "report", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the drawings of the report as SVG files, too, and figures.json, which lists them
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
}

/// Results that are there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Earlier<'a> {
    /// The folder.
    pub(super) folder: &'a Path,
}

impl Earlier<'_> {
    /// Refuses results that are not what their command gives now. `json` is what it gives; which other files there are does not matter.
    pub(super) fn require(&self, file: &str, json: &str) -> Result<(), Failure> {
        let path = self.folder.join(file);
        let there = fs::read(&path).map_err(|error| Failure::Read(path.clone(), error))?;
        let without_files = |mut value: Value| {
            if let Some(fields) = value.as_object_mut() {
                fields.remove("files");
            }
            value
        };
        let there = serde_json::from_slice::<Value>(&there).map(without_files);
        let now = serde_json::from_str::<Value>(json).map(without_files);
        if there.is_ok_and(|there| now.is_ok_and(|now| now == there)) {
            return Ok(());
        }
        Err(Failure::Other(
            format!(
                "`{}` is not what its command gives now: the model, or metastable, has changed since",
                path.display()
            ),
            format!(
                "run the command again, with `--report`: it stands in `{}`",
                self.folder.join(COMMAND_FILE).display()
            ),
        ))
    }
}

/// Makes the report of what stands in a folder.
pub(super) fn main(arguments: &ReportArguments) -> Result<(), Failure> {
    let folder = &arguments.folder;
    let earlier = Earlier { folder };
    let wanted = PictureArguments {
        report: Some(arguments.out.clone().unwrap_or_else(|| folder.join("report.html"))),
        figures: arguments.figures.clone(),
    };
    if folder.join(CAMPAIGN_FILE).is_file() {
        let pictures = Pictures::check(&wanted, Some(folder))?;
        sweep::again(folder, &pictures)?;
        return say(&pictures);
    }
    let command = command(folder)?;
    let pictures = Pictures::check(&wanted, Some(folder))?;
    match &command {
        Command::Run(command) => run::again(command, earlier, &pictures),
        Command::Compare(command) => compare::again(command, earlier, &pictures),
        Command::Boundary(command) => boundary::again(command, earlier, &pictures),
        Command::Hysteresis(command) => hysteresis::again(command, earlier, &pictures),
        _ => Err(not_as_written(&folder.join(COMMAND_FILE))),
    }?;
    say(&pictures)
}

/// The command that made the results of a folder.
fn command(folder: &Path) -> Result<Command, Failure> {
    let path = folder.join(COMMAND_FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(unknown(folder)),
        Err(error) => return Err(Failure::Read(path, error)),
    };
    let file = CommandFile::read(&bytes).ok_or_else(|| not_as_written(&path))?;
    let words = std::iter::once("metastable".to_owned()).chain(file.words);
    let parsed = Arguments::try_parse_from(words).map_err(|_| not_as_written(&path))?;
    Ok(parsed.command)
}

/// Why there is no command in a folder.
fn unknown(folder: &Path) -> Failure {
    let shown = folder.display();
    let files = [SUMMARY_FILE, COMPARISON_FILE, BOUNDARY_FILE, HYSTERESIS_FILE];
    if !folder.is_dir() {
        let help = "name the folder that `--out` named, or `results/<name>-<seed>`";
        return Failure::Other(format!("there is no folder `{shown}`"), help.to_owned());
    }
    if files.iter().any(|file| folder.join(file).is_file()) {
        return Failure::Other(
            format!("`{shown}` does not say by which command its results were made"),
            "they are of several seeds, which have no report, or of an earlier version; run the command again with `--report`".to_owned(),
        );
    }
    let help = "name a folder of results of `run`, `compare`, `sweep`, `boundary` or `hysteresis`";
    Failure::Other(format!("`{shown}` holds no results of metastable"), help.to_owned())
}

fn not_as_written(path: &Path) -> Failure {
    Failure::Other(
        format!("`{}` is not as it was written", path.display()),
        "run the command that made the results again, with `--report`".to_owned(),
    )
}

fn say(pictures: &Pictures<'_>) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    let written = stdout.write_all(pictures.lines().as_bytes());
    written.and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}
