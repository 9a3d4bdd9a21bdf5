//! `metastable schema`: the model language for editors and other programs.

use super::failure::Failure;
use super::output;
use crate::model::schema_text;

/// Prints the JSON Schema.
pub(super) fn main() -> Result<(), Failure> {
    output::print(schema_text().as_bytes())
}
