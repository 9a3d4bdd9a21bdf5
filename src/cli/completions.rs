//! `metastable completions`: what a shell should suggest.

use clap::CommandFactory as _;

use super::arguments::{Arguments, CompletionsArguments};
use super::failure::Failure;
use super::output;

/// Prints the script for a shell.
pub(super) fn main(arguments: &CompletionsArguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "metastable", &mut script);
    output::print(&script)
}
