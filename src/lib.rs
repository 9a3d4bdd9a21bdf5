//! `metastable` answers one question before production does: **after the trigger is gone, does the system come back?**
//!
//! A model of services, queues and call policies (TOML) goes in; a seeded, single-threaded discrete-event run comes out as
//! time series, a verdict and a summary. The same input gives the same bytes, everywhere.
//!
//! # A tour
//!
//! The way of the data is one function per arrow:
//!
//! ```text
//! text ──> Model ──> Plan ──> Simulation ──> Run ──> Judgement
//! ```
//!
//! Whole, for one model and one change to it:
//!
//! ```
//! use metastable::analysis::Verdict;
//! use metastable::experiment::{Progress, Trial, TrialOptions};
//! use metastable::model::{Model, Overrides};
//! use metastable::plan::Plan;
//! use metastable::quantity::NoFiles;
//!
//! let text = std::fs::read_to_string("models/retry-storm.toml")?;
//! let mut overrides = Overrides::new();
//! overrides.set("services.server.queue.capacity=35");
//! let loaded = Model::parse("retry-storm.toml", &text, &overrides)?;
//!
//! let plan = Plan::compile(&loaded.model, &NoFiles).expect("a checked model without files has a plan");
//! let options = TrialOptions { with_twin: true, check: false };
//! let trial = Trial::conduct(&loaded.model, &plan, 1, options, &Progress::default()).expect("nobody cancels it");
//!
//! let judgement = trial.judgement.expect("there is a twin to judge by");
//! assert_eq!(judgement.verdict, Verdict::Recovered);
//! println!("{}", judgement.sentence());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The floors
//!
//! A module may use only what stands on a lower floor; a test keeps it so.
//!
//! | floor | module | what lives there |
//! |---|---|---|
//! | 8 | `cli` | one file per subcommand |
//! | 7 | `report` | what leaves the program: CSV, JSON, terminal text |
//! | 6.5 | [`testing`] | property tests: worlds, faults that are drawn and made smaller |
//! | 6 | [`experiment`] | several runs that belong together: a run and its twin |
//! | 5 | [`analysis`] | runs in, judgement out |
//! | 4 | [`sim`] | the engine |
//! | 3.5 | [`observe`] | what watches a run |
//! | 3 | [`plan`] | a checked model, with indices instead of names |
//! | 2 | [`model`] | the document: parsing, positions, diagnostics, overrides |
//! | 1 | [`mechanism`] | one folder each: arrivals, queues, retries, … |
//! | 0 | [`quantity`], [`kernel`] | units; time, calendar, randomness, numerics |
#![deny(missing_docs)]

pub mod analysis;
#[cfg(feature = "cli")]
pub mod cli;
pub mod experiment;
pub mod kernel;
pub mod mechanism;
pub mod model;
pub mod observe;
pub mod plan;
pub mod quantity;
#[cfg(feature = "cli")]
pub mod report;
pub mod sim;
pub mod testing;
