//! Standard output, for what is printed as it is.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};

use super::failure::Failure;

/// Prints bytes that are for a file or another program, without colours.
pub(super) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}

/// That nobody reads any more is no failure of what was printed, and no success of what the exit code says.
pub(super) fn until_closed(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Failure::Stdout),
    }
}

/// Says what is doubtful about the world outside; about experiments and models there are [`crate::model::Diagnostics`].
pub(super) fn warn(message: &str, help: &str) {
    let yellow = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
    let cyan = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
    // Nobody is left to hear that standard error is closed.
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{yellow}warning{yellow:#}: {message}");
    let _ = writeln!(stderr, "{cyan}help{cyan:#}: {help}");
}
