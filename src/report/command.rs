//! `command.json`: by which command the results beside it were made, so that a report can be made of them later.

use serde::{Deserialize, Serialize};

use super::directory::{OutputError, Staging, Storage};

/// The version of the schema of the file.
pub const COMMAND_SCHEMA: &str = "metastable.command.v1";
/// The name of the file.
pub const COMMAND_FILE: &str = "command.json";

/// A command, without the places where its results go: they do not depend on those.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CommandFile {
    /// Which schema this is.
    pub schema: String,
    /// The version of metastable.
    pub version: String,
    /// The subcommand and its arguments, each as the program got it.
    pub words: Vec<String>,
}

impl CommandFile {
    /// The file of a command.
    pub fn new(words: Vec<String>) -> Self {
        Self { schema: COMMAND_SCHEMA.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), words }
    }

    /// Puts it beside results.
    ///
    /// # Errors
    /// Whatever keeps it from the disk.
    pub fn write<S: Storage>(&self, staging: &mut Staging<S>) -> Result<(), OutputError> {
        let text = serde_json::to_string_pretty(self).expect("invariant: texts have a JSON form") + "\n";
        staging.write(COMMAND_FILE, |out| out.write_all(text.as_bytes()))
    }

    /// What a file says; `None` if it is none of this program.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(bytes).ok().filter(|file| file.schema == COMMAND_SCHEMA)
    }
}
