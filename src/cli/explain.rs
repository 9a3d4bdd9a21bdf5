//! `metastable explain`: the whole model that is in force.

use std::io::Write as _;

use super::arguments::ExplainArguments;
use super::failure::Failure;
use super::load::{load, print};

/// Prints the effective model as TOML, each value with its origin.
pub(super) fn main(arguments: &ExplainArguments) -> Result<(), Failure> {
    let loaded = match load(&arguments.model, None)? {
        Ok(loaded) => loaded,
        Err(findings) => {
            print(&findings);
            return Err(Failure::Model);
        }
    };
    print(&loaded.warnings);
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(loaded.explanation.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}
