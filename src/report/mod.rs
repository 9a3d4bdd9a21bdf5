//! What leaves the program: CSV time series, `summary.json`, the text on the terminal, and the directory that holds the files.
//!
//! Formats only, no decisions: what a run means is judged in `analysis`. Whatever is written here is a function of the model, the
//! seed and the version, so that two runs give the same bytes; no file contains a date, a host name or a path.

pub mod boundary;
pub mod columns;
pub mod command;
pub mod comparison;
pub mod csv;
pub mod decimal;
pub mod diagnosis;
pub mod directory;
pub mod human;
pub mod hysteresis;
pub mod journal;
mod observations;
pub mod openmetrics;
pub mod page;
pub mod reference;
pub mod replicates;
pub mod sparkline;
pub mod steady;
pub mod summary;
pub mod svg;
pub mod sweep;
pub mod switches;
pub mod table;
pub mod terminal;
pub mod traces;
