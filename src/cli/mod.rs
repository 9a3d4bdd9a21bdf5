//! The command line: one file per subcommand. It turns arguments into calls, and results into files and terminal text.
//!
//! Results go to standard output, everything else (progress, warnings, errors) to standard error. A reader that closes the pipe
//! has seen enough: that is success, unless claims were to be judged.

mod arguments;
mod boundary;
mod check;
mod compare;
mod completions;
mod determinism;
mod diagnose;
mod edits;
mod explain;
mod exports;
mod failure;
mod hunt;
mod hysteresis;
mod interrupt;
mod load;
mod man;
mod output;
mod pictures;
mod replay;
mod report;
mod run;
mod schema;
mod seeds;
mod shrink;
mod sweep;
mod world;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
use failure::Failure;

/// Runs the program with the arguments of the process and says how it ended: 0 fine, 1 something that was asserted does not
/// hold, 2 a mistake in the arguments or the model, or files that cannot be read or written, 130 interrupted.
pub fn main() -> ExitCode {
    let result = match Arguments::try_parse() {
        Ok(arguments) => dispatch(&arguments),
        Err(error) => Err(Failure::Usage(error)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn dispatch(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::Run(arguments) => run::main(arguments),
        Command::Check(arguments) => check::main(arguments),
        Command::Explain(arguments) => explain::main(arguments),
        Command::Compare(arguments) => compare::main(arguments),
        Command::Sweep(arguments) => sweep::main(arguments),
        Command::Boundary(arguments) => boundary::main(arguments),
        Command::Hysteresis(arguments) => hysteresis::main(arguments),
        Command::Diagnose(arguments) => diagnose::main(arguments),
        Command::Hunt(arguments) => hunt::main(arguments),
        Command::Replay(arguments) => replay::main(arguments),
        Command::Shrink(arguments) => shrink::main(arguments),
        Command::Report(arguments) => report::main(arguments),
        Command::Schema(arguments) => schema::main(arguments),
        Command::Completions(arguments) => completions::main(arguments),
        Command::Man(arguments) => man::main(arguments),
    }
}
