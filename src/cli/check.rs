//! `metastable check`: the mistakes in a model, without running it.

use std::io::Write as _;

use super::arguments::{CheckArguments, Format};
use super::failure::Failure;
use super::load::{load, print};
use crate::model::Diagnostics;

/// Prints all findings; errors among them are a failure.
pub(super) fn main(arguments: &CheckArguments) -> Result<(), Failure> {
    let (result, findings) = match load(&arguments.model, None)? {
        Ok(loaded) => (Ok(()), loaded.warnings),
        Err(findings) => (Err(Failure::Model), findings),
    };
    match arguments.format {
        Format::Json => print_json(&findings)?,
        Format::Text => {
            print(&findings);
            if result.is_ok() {
                let mut stdout = anstream::stdout().lock();
                writeln!(stdout, "`{}` is a valid model", arguments.model.path.display())
                    .and_then(|()| stdout.flush())
                    .map_err(Failure::Stdout)?;
            }
        }
    }
    result
}

fn print_json(findings: &Diagnostics) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(findings).expect("invariant: plain data has a JSON form");
    let mut stdout = anstream::stdout().lock();
    writeln!(stdout, "{json}").and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}
