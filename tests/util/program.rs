//! What the black-box tests share: a directory of their own, and the program run in it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A directory with models, in which the program runs; gone when dropped.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The program with these arguments, not started yet: no terminal, no input, no variables that ask for colours.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_metastable"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
            command.env_remove(variable);
        }
        command
    }

    /// The program with these arguments, run to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(&mut self.command(arguments))
    }
}

/// How the program ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Runs a command to its end. A panic of the program is never what a test wants.
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).expect("all output is UTF-8");
        let ended = Self { code: status.code(), stdout: text(stdout), stderr: text(stderr) };
        assert!(!ended.stderr.contains("panicked at"), "{command:?}\n{}", ended.stderr);
        ended
    }

    /// What it printed, if that is all that it did.
    #[track_caller]
    pub(crate) fn success(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }
}

/// Every file and directory below `root`, with the bytes of the files, in the order of the names.
pub(crate) fn tree(root: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            let is_directory = fs::symlink_metadata(&path).unwrap().is_dir();
            found.push((name, (!is_directory).then(|| fs::read(&path).unwrap_or_default())));
            if is_directory {
                pending.push(path);
            }
        }
    }
    found.sort();
    found
}
