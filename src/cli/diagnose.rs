//! `metastable diagnose`: what keeps a system down, and what brings it back.

use std::io::Write as _;
use std::num::NonZeroUsize;

use clap::Args;

use super::arguments::{Format, ModelArguments, typed};
use super::failure::Failure;
use super::load::{ModelFile, overrides, print};
use super::run::{limit_threads, with_progress};
use super::world::World;
use crate::experiment::{Undiagnosed, diagnose};
use crate::kernel::Duration;
use crate::model::{Model, hexadecimal};
use crate::quantity::Files;
use crate::report::diagnosis::{DiagnosisReport, DiagnosisSummary};
use crate::report::sparkline::Charset;

/// A model with its files.
struct Subject {
    model: Model,
    digest: [u8; 32],
    files: Box<dyn Files + Sync>,
    is_case: bool,
}

/// So many runs a diagnosis takes, roughly: for the bar that shows how far it is.
const RUNS: u64 = 40;

/// `metastable diagnose`.
#[derive(Args, Debug)]
pub(super) struct DiagnoseArguments {
    #[command(flatten)]
    model: ModelArguments,
    /// The seed of the run that is explained [default: run.seed of the model]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How long after the end of the last trigger the operator acts
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    after: Duration,
    /// How many threads may work at a time, which changes no result [default: one per processor]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// What is printed: text for people, or JSON
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Draw with ASCII characters only
    #[arg(long)]
    ascii: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    text.parse().map_err(|error: crate::quantity::ParseError| error.to_string())
}

/// What is diagnosed: a model with its edits, or a case as it is.
fn subject(arguments: &DiagnoseArguments) -> Result<Subject, Failure> {
    let path = &arguments.model.path;
    if World::is_case(path)? {
        if !arguments.model.edits.0.is_empty() || arguments.seed.is_some() {
            return Err(Failure::Other(
                format!("`{}` is a case, which is run as it was recorded", path.display()),
                "leave `--set`, `--unset` and `--seed` away, or edit a copy of the file".to_owned(),
            ));
        }
        let world = World::read(path)?;
        return Ok(Subject {
            digest: world.model.digest(&world),
            model: world.model.clone(),
            files: Box::new(world),
            is_case: true,
        });
    }
    let file = ModelFile::read(path, &path.to_string_lossy())?;
    let mut overrides = overrides(&arguments.model);
    if let Some(seed) = arguments.seed {
        overrides.seed(seed);
    }
    let loaded = file.load(&overrides).map_err(|findings| {
        print(&findings);
        Failure::Model
    })?;
    print(&loaded.warnings);
    Ok(Subject {
        digest: loaded.digest,
        model: loaded.model,
        files: Box::new(file.into_files()),
        is_case: false,
    })
}

/// Runs the model, and then looks for what keeps it down.
pub(super) fn main(arguments: &DiagnoseArguments) -> Result<(), Failure> {
    let loaded = subject(arguments)?;
    limit_threads(arguments.jobs)?;
    let model = &loaded.model;
    let total = model.run.duration.as_ns().saturating_mul(RUNS);
    let diagnosis = with_progress(&model.name, total, |progress| {
        diagnose(model, &*loaded.files, arguments.after, progress).map_err(|error| failure(arguments, error))
    })?;
    let digest = hexadecimal(&loaded.digest);
    let report =
        DiagnosisReport { name: &model.name, digest: &digest, seed: model.run.seed, diagnosis: &diagnosis };
    let mut stdout = anstream::stdout().lock();
    let written = match arguments.format {
        Format::Json => stdout.write_all(DiagnosisSummary::new(&report).to_json().as_bytes()),
        Format::Text => {
            let charset = if arguments.ascii { Charset::Ascii } else { Charset::Unicode };
            report.write_text(&mut stdout, charset).and_then(|()| match report.cure() {
                // A case has its faults, and `run` takes none.
                Some(_) if loaded.is_case => Ok(()),
                Some(cure) => writeln!(
                    stdout,
                    "\nTo see the first one that a model can say:\n  {}",
                    again(arguments, &cure)
                ),
                None => Ok(()),
            })
        }
    };
    written.map_err(Failure::Stdout)
}

/// The command that runs the model with a cure.
fn again(arguments: &DiagnoseArguments, cure: &[String]) -> String {
    let mut words = vec!["run".to_owned()];
    words.extend(arguments.model.raw_words());
    words.extend(arguments.seed.into_iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]));
    words.extend(cure.iter().flat_map(|assignment| ["--set".to_owned(), assignment.clone()]));
    typed(&words)
}

fn failure(arguments: &DiagnoseArguments, error: Undiagnosed) -> Failure {
    match error {
        Undiagnosed::Stopped(stopped) => Failure::of_stopped(stopped),
        Undiagnosed::Model(findings) => {
            print(&findings);
            Failure::Model
        }
        Undiagnosed::Files(problems) => {
            let said: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
            Failure::Other(
                said.join("; "),
                "let nobody write to the files of a model while it runs".to_owned(),
            )
        }
        Undiagnosed::TooLate(ended, duration) => Failure::Other(
            format!(
                "the last trigger ends at {}, and {} after that the run of {duration} is over",
                ended.since(crate::kernel::Time::ZERO),
                arguments.after,
            ),
            "write a smaller `--after`, or a longer run: `--set run.duration=…`".to_owned(),
        ),
    }
}
