//! `metastable man`: the manual pages.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::arguments::{Arguments, ManArguments};
use super::failure::Failure;
use super::output;

/// Prints the page of the program, or writes a page for it and each of its subcommands into a directory.
pub(super) fn main(arguments: &ManArguments) -> Result<(), Failure> {
    let mut command = Arguments::command();
    command.build();
    match &arguments.dir {
        None => output::print(&page(command)),
        Some(directory) => {
            fs::create_dir_all(directory).map_err(|error| refused(directory, &error))?;
            write_pages(&command, directory)
        }
    }
}

fn write_pages(command: &Command, directory: &Path) -> Result<(), Failure> {
    for subcommand in command.get_subcommands().filter(|it| it.get_name() != "help") {
        write_pages(subcommand, directory)?;
    }
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let path = directory.join(format!("{name}.1"));
    fs::write(&path, page(command.clone())).map_err(|error| refused(&path, &error))
}

fn page(command: Command) -> Vec<u8> {
    let mut roff = Vec::new();
    Man::new(command).render(&mut roff).expect("invariant: memory can be written");
    roff
}

fn refused(path: &Path, error: &io::Error) -> Failure {
    let help = "name a directory that can be written, as in `metastable man --dir man`";
    Failure::Other(format!("cannot write `{}`: {error}", path.display()), help.to_owned())
}
