//! Drawings as files of their own, and the list of them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::svg::{Chart, alone};

/// The version of the schema of the list.
pub const FIGURES_SCHEMA: &str = "metastable.figures.v1";
/// What the schemas of all versions begin with.
pub const FIGURES_FAMILY: &str = "metastable.figures.";
/// The name of the list.
pub const FIGURES_FILE: &str = "figures.json";

/// A drawing that is a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure {
    /// The name of the file.
    pub file: String,
    /// What it shows.
    pub title: String,
    /// The same in more words: a caption, or what is read to who does not see it.
    pub description: String,
    /// The file.
    pub svg: String,
}

/// The list of the drawings of a directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FiguresSummary {
    /// Which schema this is.
    pub schema: &'static str,
    /// The version of metastable that drew them.
    pub version: &'static str,
    /// The files.
    pub figures: Vec<FigureSummary>,
}

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FigureSummary {
    /// The name of the file.
    pub file: String,
    /// What it shows.
    pub title: String,
    /// The same in more words.
    pub description: String,
}

impl Figure {
    pub(super) fn new(file: &str, title: &str, description: &str, svg: &str) -> Self {
        Self {
            file: file.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            svg: alone(svg),
        }
    }

    pub(super) fn of_chart(chart: Chart, file: &str) -> Self {
        let chart = Chart { name: "figure".to_owned(), ..chart };
        Self::new(file, &chart.title, &chart.description, &chart.svg())
    }

    /// Files have names that differ: a number where several would have the same one.
    pub(super) fn numbered(drawings: Vec<Self>) -> Vec<Self> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for drawing in &drawings {
            *counts.entry(drawing.file.clone()).or_default() += 1;
        }
        let mut next: BTreeMap<String, usize> = BTreeMap::new();
        let name = |drawing: Self| {
            let number = next.entry(drawing.file.clone()).or_default();
            *number += 1;
            let file = if counts[&drawing.file] > 1 {
                format!("{}-{number}.svg", drawing.file)
            } else {
                format!("{}.svg", drawing.file)
            };
            Self { file, ..drawing }
        };
        drawings.into_iter().map(name).collect()
    }
}

impl FiguresSummary {
    /// The list of these.
    pub fn new(figures: &[Figure]) -> Self {
        let figures = figures.iter().map(|figure| FigureSummary {
            file: figure.file.clone(),
            title: figure.title.clone(),
            description: figure.description.clone(),
        });
        Self { schema: FIGURES_SCHEMA, version: env!("CARGO_PKG_VERSION"), figures: figures.collect() }
    }

    /// The text of the file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("invariant: a list of texts has a JSON form") + "\n"
    }
}
