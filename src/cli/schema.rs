//! `metastable schema`: the languages of models and experiments for editors and other programs.

use super::arguments::{Language, SchemaArguments};
use super::failure::Failure;
use super::output;
use crate::model::{experiment_schema_text, schema_text};

/// Prints the JSON Schema.
pub(super) fn main(arguments: &SchemaArguments) -> Result<(), Failure> {
    let text = match arguments.language {
        Language::Model => schema_text(),
        Language::Experiment => experiment_schema_text(),
    };
    output::print(text.as_bytes())
}
