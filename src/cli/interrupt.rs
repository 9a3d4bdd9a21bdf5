//! Ctrl-C, and being asked to terminate.

use std::io::Write as _;
use std::sync::Arc;

use super::failure::Failure;
use crate::experiment::Progress;
use crate::report::directory::Cleanup;

/// The exit code of a program that was interrupted, as shells report it: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// From now on an interrupt removes the temporary directory and ends the process.
pub(super) fn handle(cleanup: &Cleanup) -> Result<(), Failure> {
    let cleanup = cleanup.clone();
    let handler = move || {
        // Exiting inside keeps the lock: the main thread can make no new file in the meantime.
        cleanup.remove_and(|| {
            let _ = writeln!(anstream::stderr(), "\ninterrupted: unfinished results have been removed");
            std::process::exit(INTERRUPTED);
        });
    };
    ctrlc::set_handler(handler).map_err(|error| impossible(&error))
}

/// From now on an interrupt stops the runs in progress; what is done by then stays.
pub(super) fn cancel(progress: &Arc<Progress>) -> Result<(), Failure> {
    let progress = Arc::clone(progress);
    ctrlc::set_handler(move || progress.cancel()).map_err(|error| impossible(&error))
}

fn impossible(error: &ctrlc::Error) -> Failure {
    Failure::Other(
        format!("cannot prepare for interrupts: {error}"),
        "run metastable where signal handlers may be set".to_owned(),
    )
}
