//! A folder of its own for what the pages run.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::page::root;

/// An empty folder with a copy of `models/` in it.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let models = folder.path().join("models");
        fs::create_dir(&models).expect("a folder can be made");
        for entry in fs::read_dir(root().join("models")).expect("there are models") {
            let path = entry.expect("the entry can be read").path();
            let name = path.file_name().expect("a file has a name");
            fs::copy(&path, models.join(name)).expect("a model can be copied");
        }
        Self { folder }
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("a file can be written");
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
