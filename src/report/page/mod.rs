//! Reports as one HTML file: for a reader who was not there, and who has nothing but a browser.
//!
//! A page loads nothing: style, drawings, data and script are in it, and its policy forbids the browser to fetch anything. Without the script it lacks
//! only the cursor and the zoom. It is well-formed XML, too, so that a test can read it.

mod comparison;
mod components;
mod course;
mod data;
mod figures;
mod heat;
mod overview;
mod panels;
mod run;
mod shell;
mod story;
#[cfg(test)]
mod tests;
mod topology;
mod words;

pub use comparison::{ComparisonPage, Sighting};
pub use figures::{FIGURES_FAMILY, FIGURES_FILE, FIGURES_SCHEMA, Figure, FiguresSummary};
pub use run::RunPage;
pub use shell::GENERATOR;
