//! Reports as one HTML file: for a reader who was not there, and who has nothing but a browser.
//!
//! A page loads nothing: style, drawings, data and script are in it, and its policy forbids the browser to fetch anything. Without the script it lacks
//! only the cursor and the zoom. It is well-formed XML, too, so that a test can read it.

#[cfg(test)]
mod answers_tests;
mod boundary;
mod comparison;
mod components;
mod course;
mod data;
mod figures;
mod heat;
mod hysteresis;
mod overview;
mod panels;
mod run;
mod shell;
mod story;
mod sweep;
#[cfg(test)]
mod tests;
mod topology;
mod words;

pub use boundary::BoundaryPage;
pub use comparison::{ComparisonPage, Sighting};
pub use figures::{FIGURES_FAMILY, FIGURES_FILE, FIGURES_SCHEMA, Figure, FiguresSummary};
pub use hysteresis::HysteresisPage;
pub use run::RunPage;
pub use shell::GENERATOR;
pub use sweep::{FAILURES_MAX, FailedRun, SweepPage};
