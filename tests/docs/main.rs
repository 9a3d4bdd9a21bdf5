//! The pages say what is true: every model in them is valid, every output shown is the output, every field of the language is
//! mentioned, every link leads to a file.
//!
//! Where the program decides what a page says (the console blocks, the picture), a stale page is rewritten and the test fails
//! once: read the difference, and commit it if it is meant.

mod links;
mod models;
mod page;
mod property_tests;
mod vocabulary;

#[cfg(feature = "cli")]
mod console;
#[cfg(feature = "cli")]
mod gallery;
#[cfg(feature = "cli")]
mod picture;
#[cfg(feature = "cli")]
mod sandbox;
#[cfg(feature = "cli")]
mod stale;
