//! A model on the command line, and what is changed in it.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command as ClapCommand, FromArgMatches};

/// A model and what is changed in it.
#[derive(Args, Debug)]
pub(super) struct ModelArguments {
    /// The model, a TOML file
    #[arg(value_name = "MODEL")]
    pub(super) path: PathBuf,
    #[command(flatten)]
    pub(super) edits: Edits,
}

/// One change of the document, as typed; the model floor reads it, with the same messages as for the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Edit {
    /// `--set`: `path=value`.
    Set(String),
    /// `--unset`: a path.
    Unset(String),
}

/// The changes in the order in which they were typed, which derived arguments would lose.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Edits(pub(super) Vec<Edit>);

const SET: &str = "set";
const UNSET: &str = "unset";

impl Args for Edits {
    fn augment_args(command: ClapCommand) -> ClapCommand {
        let option = |name: &'static str, value: &'static str, help: &'static str| {
            Arg::new(name).long(name).action(ArgAction::Append).value_name(value).help(help)
        };
        command
            .arg(option(
                SET,
                "PATH=VALUE",
                "Change a value of the model: --set run.duration=5min. May be repeated",
            ))
            .arg(option(UNSET, "PATH", "Remove a value: --unset policies.db.retry. May be repeated"))
    }

    fn augment_args_for_update(command: ClapCommand) -> ClapCommand {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Edits {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut placed: Vec<(usize, Edit)> = Vec::new();
        for (name, edit) in [(SET, Edit::Set as fn(String) -> Edit), (UNSET, Edit::Unset)] {
            let indices = matches.indices_of(name).into_iter().flatten();
            let texts = matches.get_many::<String>(name).into_iter().flatten();
            placed.extend(indices.zip(texts.cloned().map(edit)));
        }
        placed.sort_by_key(|(index, _)| *index);
        Ok(Self(placed.into_iter().map(|(_, edit)| edit).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl ModelArguments {
    /// The same arguments again, each as the program got it.
    pub(super) fn raw_words(&self) -> Vec<String> {
        let mut words = vec![self.path.to_string_lossy().into_owned()];
        for edit in &self.edits.0 {
            let (option, text) = match edit {
                Edit::Set(text) => ("--set", text),
                Edit::Unset(text) => ("--unset", text),
            };
            words.extend([option.to_owned(), text.clone()]);
        }
        words
    }
}

/// A word that a POSIX shell takes as it is.
pub(super) fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./=:,%+@".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
