//! Several runs that belong together. Runs are values in, tables out; nothing here knows of files or terminals.

mod trial;

pub use trial::{Progress, Stopped, Trial, TrialOptions, simulate};
