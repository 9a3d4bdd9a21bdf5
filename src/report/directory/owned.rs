//! Which folders hold results, and which of their files belong to them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::report::boundary::{BOUNDARY_FAMILY, BOUNDARY_FILE};
use crate::report::command::{COMMAND_FILE, CommandFile};
use crate::report::comparison::{COMPARISON_FAMILY, COMPARISON_FILE};
use crate::report::hysteresis::{HYSTERESIS_FAMILY, HYSTERESIS_FILE};
use crate::report::page::{FIGURES_FAMILY, FIGURES_FILE};
use crate::report::summary::{SCHEMA_FAMILY, SUMMARY_FILE};

/// What is read of a `summary.json`, `comparison.json` or `figures.json` to recognise it.
#[derive(Deserialize)]
struct Marker {
    schema: String,
    #[serde(default)]
    files: Vec<Table>,
    #[serde(default)]
    figures: Vec<Drawing>,
}

#[derive(Deserialize)]
struct Table {
    name: String,
}

#[derive(Deserialize)]
struct Drawing {
    file: String,
}

/// The names of the files that are the results in a folder; `None` if there are none.
pub(super) fn own_files(directory: &Path) -> Option<BTreeSet<OsString>> {
    let families = [
        (SUMMARY_FILE, SCHEMA_FAMILY),
        (COMPARISON_FILE, COMPARISON_FAMILY),
        (BOUNDARY_FILE, BOUNDARY_FAMILY),
        (HYSTERESIS_FILE, HYSTERESIS_FAMILY),
        (FIGURES_FILE, FIGURES_FAMILY),
    ];
    families.into_iter().find_map(|(file, family)| {
        let text = fs::read(directory.join(file)).ok()?;
        let marker: Marker = serde_json::from_slice(&text).ok()?;
        let tables = marker.files.into_iter().map(|table| table.name);
        let drawings = marker.figures.into_iter().map(|drawing| drawing.file);
        let names = std::iter::once(file.to_owned()).chain(tables).chain(drawings).chain(command(directory));
        marker.schema.starts_with(family).then(|| names.map(OsString::from).collect())
    })
}

/// The name of the file with the command, if it is one.
fn command(directory: &Path) -> Option<String> {
    let bytes = fs::read(directory.join(COMMAND_FILE)).ok()?;
    CommandFile::read(&bytes).map(|_| COMMAND_FILE.to_owned())
}

/// What somebody has put beside the results in a folder.
///
/// # Errors
/// If it cannot be looked at.
pub(super) fn foreign_files(directory: &Path) -> io::Result<Vec<OsString>> {
    let own = own_files(directory).unwrap_or_default();
    let mut foreign = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        if !own.contains(&name) {
            foreign.push(name);
        }
    }
    foreign.sort_unstable();
    Ok(foreign)
}
