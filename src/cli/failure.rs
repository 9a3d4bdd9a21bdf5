//! How a command fails: what is said on standard error, and the exit code.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

use crate::analysis::PropertyError;
use crate::experiment::{ReplayError, Stopped};
use crate::report::directory::OutputError;
use crate::report::sweep::FolderError;

/// Something asserted does not hold.
const ASSERTION: u8 = 1;
/// The input, or the world outside, is at fault.
const USAGE: u8 = 2;
/// Interrupted, as shells report it: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

/// Why a command did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The arguments make no sense, or help was asked for.
    Usage(clap::Error),
    /// A file cannot be read.
    Read(PathBuf, io::Error),
    /// The model is wrong; everything has been said about it.
    Model,
    /// The results cannot be written.
    Output(OutputError),
    /// Standard output cannot be written.
    Stdout(io::Error),
    /// Conservation laws that the run violated.
    Violated(Vec<String>),
    /// Something else that was asserted does not hold: message and help.
    DoesNotHold(String, String),
    /// Somebody wanted it to stop; what is there is kept: message and help.
    Interrupted(String, String),
    /// Anything else that went wrong: message and help.
    Other(String, String),
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::Output(error) => Self::Output(error),
            FolderError::Other { ref help, .. } => Self::Other(error.to_string(), help.clone()),
        }
    }
}

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Stopped(stopped) => Self::of_stopped(stopped),
            error => Self::Other(error.to_string(), error.help()),
        }
    }
}

impl From<PropertyError> for Failure {
    fn from(error: PropertyError) -> Self {
        Self::Other(error.to_string(), error.help().to_owned())
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// A trial that came to no result.
    pub(super) fn of_stopped(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Cancelled => Self::Other("the run was stopped".to_owned(), "run it again".to_owned()),
            Stopped::Trace(workload, error) => Self::Other(
                format!("the trace of `{workload}` is not any more what it was when the run began: {error}"),
                "let nobody write to the file while it is replayed, and run it again".to_owned(),
            ),
        }
    }

    /// Says what went wrong and returns the exit code.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::Usage(error) => report_usage(&error),
            Self::Read(path, error) => {
                let message = format!("cannot read `{}`: {error}", path.display());
                say(
                    &message,
                    "name an existing TOML file, as in `metastable check models/checkout.toml`",
                    USAGE,
                )
            }
            Self::Model => ExitCode::from(USAGE),
            Self::Output(error) => say(&error.to_string(), &error.help(), USAGE),
            Self::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Stdout(error) => say(
                &format!("cannot write to standard output: {error}"),
                "look at where it is redirected to",
                USAGE,
            ),
            Self::Violated(laws) => {
                let message = format!("the run violates conservation laws:\n  {}", laws.join("\n  "));
                say(
                    &message,
                    "this is a defect of metastable; please report it with the model and the seed",
                    ASSERTION,
                )
            }
            Self::DoesNotHold(message, help) => say(&message, &help, ASSERTION),
            Self::Interrupted(message, help) => say(&message, &help, INTERRUPTED),
            Self::Other(message, help) => say(&message, &help, USAGE),
        }
    }
}

/// `--help` and `--version` arrive here too; they go to standard output, and are a success if they got there.
fn report_usage(error: &clap::Error) -> ExitCode {
    let printed = error.print().and_then(|()| io::stdout().flush());
    match printed {
        Err(cause) if !error.use_stderr() => Failure::Stdout(cause).report(),
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE)),
    }
}

fn say(message: &str, help: &str, code: u8) -> ExitCode {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let cyan = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
    // Nobody is left to hear that standard error is closed.
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{red}error{red:#}: {message}");
    let _ = writeln!(stderr, "{cyan}help{cyan:#}: {help}");
    ExitCode::from(code)
}
