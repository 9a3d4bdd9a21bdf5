//! A folder of its own for what the pages run.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::page::root;

/// An empty folder with copies of `models/` and `experiments/` in it.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        for name in ["models", "experiments", "experiments/sweeps"] {
            let copies = folder.path().join(name);
            fs::create_dir(&copies).expect("a folder can be made");
            for entry in fs::read_dir(root().join(name)).expect("there are files") {
                let path = entry.expect("the entry can be read").path();
                if path.is_file() {
                    let name = path.file_name().expect("a file has a name");
                    fs::copy(&path, copies.join(name)).expect("a file can be copied");
                }
            }
        }
        Self { folder }
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("a file can be written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).expect("the file is there")
    }

    /// Runs the program as if at a terminal with or without colours.
    pub(crate) fn metastable(&self, arguments: &[String], colours: bool) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_metastable"));
        command.args(arguments).current_dir(self.folder.path());
        if colours {
            command.env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1");
        } else {
            command.env_remove("CLICOLOR_FORCE").env("NO_COLOR", "1");
        }
        command.output().expect("the program runs")
    }
}
