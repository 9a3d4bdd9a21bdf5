//! The sweep of an experiment: which values of which paths are tried, one cell for each combination.

mod check;
mod points;
mod settings;
mod sobol;

use crate::mechanism::{Problem, Problems};
use crate::model::codes;
use crate::model::diagnostic::Diagnostics;
use crate::model::node::{Node, Value};
use crate::model::overrides::Overrides;
use crate::model::path::{Step, written};
use crate::model::spelling::{closest, listed};
use crate::quantity::{Dimension, Scalar};

use super::{Experiment, LoadedExperiment};
use check::is_reserved;
use points::{drawn, grid, shares};

pub use points::{Axis, AxisValue, Points, Written};
pub use settings::{
    AxisSettings, DesignSettings, LatinHypercubeSettings, RangeSettings, Scale, SobolSettings, Values,
};

impl Experiment {
    /// How many cells there are: every variant at every point.
    pub fn cell_count(&self, points: &Points) -> u64 {
        points.count * (self.variants.len() as u64).max(1)
    }

    /// The name of a cell's variant, if there are any, and its point: all points of the first variant come first.
    pub fn cell(&self, points: &Points, cell: u64) -> (Option<&str>, u64) {
        let variant = self.variants.iter().nth((cell / points.count) as usize);
        (variant.map(|(name, _)| name), cell % points.count)
    }
}

/// A design matrix as it stands in its file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DesignMatrix {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// A line of the file and what stands there, for each point.
    pub rows: Vec<(u64, Vec<String>)>,
}

impl LoadedExperiment {
    /// The points of the sweep. `matrix` is the file that the design names, if it names one.
    ///
    /// # Errors
    /// Columns that the matrix does not have, values that are none.
    pub fn points(&self, matrix: &DesignMatrix) -> Result<Points, Diagnostics> {
        let mut problems = Problems::new();
        let mut axes = Vec::new();
        for (index, (path, axis)) in self.experiment.sweep.iter().enumerate() {
            problems.at("sweep", |problems| {
                problems.at(&written(path), |problems| {
                    let node = self.axis_node(path);
                    let place = node.key.clone().unwrap_or_else(|| node.place.clone());
                    let values = self.values(index, axis, node, matrix, problems);
                    if let Some(value) = values.iter().find(|value| value.shown().contains(char::is_control))
                    {
                        let message =
                            format!("{:?} has a line break or another control character", value.shown());
                        let help = "every run is one line of a table: write the value without it";
                        problems.error_with_code(codes::MALFORMED_SWEEP, message, help);
                    }
                    let axis = Axis::new(path, axis.name.as_deref(), values, place);
                    // With its unit a name may be that of another column.
                    let is_twice = axes.iter().any(|other: &Axis| other.heading == axis.heading);
                    if is_twice || is_reserved(&axis.heading) {
                        let message = format!("a column `{}` is there already", axis.heading);
                        problems.error_with_code(codes::INVALID_NAME, message, "choose another `name`");
                    }
                    axes.push(axis);
                });
            });
        }
        let mut found = Diagnostics::new();
        found.extend(problems.into_found().into_iter().map(|problem| self.document.diagnose(problem)));
        if found.has_errors() {
            return Err(found);
        }
        if self.experiment.design == DesignSettings::Grid {
            return Ok(Points::crossed(axes).expect("invariant: `check` counted the points"));
        }
        let count = axes.first().map_or(0, |axis| axis.values.len() as u64);
        Ok(Points::listed(axes, count))
    }

    fn axis_node(&self, path: &str) -> &Node {
        let steps = ["sweep", path].map(|step| Step::Key(step.to_owned()));
        self.document.root().descend(&steps).expect("invariant: the axis was decoded from here")
    }

    fn values(
        &self,
        index: usize,
        axis: &AxisSettings,
        node: &Node,
        matrix: &DesignMatrix,
        problems: &mut Problems,
    ) -> Vec<AxisValue> {
        let design = &self.experiment.design;
        if let Some(column) = &axis.column {
            return from_matrix(column, axis.unit.as_deref(), node, matrix, problems);
        }
        if let Some(range) = &axis.range {
            let values: Vec<Scalar> = match (design, range.steps) {
                (DesignSettings::Grid, Some(steps)) => grid(range, steps).collect(),
                _ => shares(design, index).into_iter().map(|share| drawn(range, share)).collect(),
            };
            return values.into_iter().map(AxisValue::Scalar).collect();
        }
        let written: Vec<AxisValue> = match node.get("values").map(|node| &node.value) {
            Some(Value::Array(elements)) => elements.iter().map(AxisValue::of).collect(),
            _ => Vec::new(),
        };
        if *design == DesignSettings::Grid {
            return written;
        }
        let pick =
            |share: f64| written[((share * written.len() as f64) as usize).min(written.len() - 1)].clone();
        shares(design, index).into_iter().map(pick).collect()
    }

    /// What a cell changes in the model: its variant, if there are any, and then its point.
    pub fn cell_overrides(&self, variant: Option<&str>, points: &Points, point: u64) -> Overrides {
        let source = std::sync::Arc::new(self.source());
        let mut overrides = variant.map_or_else(Overrides::new, |variant| self.overrides(variant));
        for axis in &points.axes {
            let mut node = axis.at(point).to_node(&axis.place);
            node.key = Some(axis.place.clone());
            overrides.set_in(&source, &axis.path, &node);
        }
        overrides
    }

    /// The same as arguments of a command line, each an option and what follows it.
    pub fn cell_arguments(
        &self,
        variant: Option<&str>,
        points: &Points,
        point: u64,
    ) -> Vec<(&'static str, String)> {
        let mut arguments = variant.map_or_else(Vec::new, |variant| self.arguments(variant));
        for axis in &points.axes {
            let node = axis.at(point).to_node(&axis.place);
            arguments.push(("--set", format!("{}={}", axis.path, super::plain_or_toml(&node))));
        }
        arguments
    }

    /// Something that is wrong with an axis, at its place.
    pub fn axis_problem(&self, path: &str, message: String, help: String) -> Diagnostics {
        let problem = Problem {
            is_error: true,
            code: Some(codes::MALFORMED_SWEEP),
            path: format!("sweep.{}", written(path)),
            message,
            help: Some(help),
        };
        let mut found = Diagnostics::new();
        found.push(self.document.diagnose(problem));
        found
    }
}

/// The values of one column, with their unit.
fn from_matrix(
    column: &str,
    unit: Option<&str>,
    node: &Node,
    matrix: &DesignMatrix,
    problems: &mut Problems,
) -> Vec<AxisValue> {
    let Some(at) = matrix.columns.iter().position(|name| name == column) else {
        let names: Vec<&str> = matrix.columns.iter().map(String::as_str).collect();
        let help = closest(column, &names).map_or_else(
            || format!("the columns are {}", listed(&names)),
            |meant| format!("did you mean `{meant}`?"),
        );
        problems.at("column", |problems| {
            let message = format!("the design matrix has no column `{column}`");
            problems.error_with_code(codes::UNKNOWN_NAME, message, help);
        });
        return Vec::new();
    };
    let mut values = Vec::with_capacity(matrix.rows.len());
    // Programs write whole numbers as 4.000000000000000000e+00, where a model wants 4; in a column with 1.5 they are none.
    let whole = |text: &str| text.parse::<f64>().is_ok_and(|number| number.fract() == 0.0);
    let is_whole = matrix.rows.iter().all(|(_, row)| row.get(at).is_some_and(|text| whole(text.trim())));
    for (line, row) in &matrix.rows {
        let text = row.get(at).map_or("", |text| text.trim());
        let Some(value) = value(text, unit, is_whole, node) else {
            let message = format!("`{text}` in line {line} of the design matrix is no value");
            let help = unit.map_or_else(
                || "every line has a value for every axis".to_owned(),
                |unit| {
                    format!("with `unit = \"{unit}\"` the column has numbers alone, such as 12.5, that a model can say with this unit")
                },
            );
            problems.error_with_code(codes::MALFORMED_SWEEP, message, help);
            break;
        };
        values.push(value);
    }
    values
}

fn value(text: &str, unit: Option<&str>, is_whole: bool, node: &Node) -> Option<AxisValue> {
    if text.is_empty() {
        return None;
    }
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    if let Some(unit) = unit {
        // Programs write 1e-05 where people write 0.00001.
        let number = number?;
        let scalar = Scalar::parse(&format!("1{unit}")).ok()?;
        return Scalar::nearest(number * scalar.value(), scalar.dimension()).map(AxisValue::Scalar);
    }
    if let Some(count) = number.filter(|_| is_whole).and_then(|it| Scalar::nearest(it, Dimension::Count)) {
        return Some(AxisValue::Scalar(count));
    }
    if let Ok(count) = text.parse::<i64>() {
        return Some(AxisValue::Scalar(Scalar::count(count)));
    }
    if let Some(number) = number {
        return Some(AxisValue::Scalar(Scalar::number(number)));
    }
    let value = match text {
        "true" => Value::Boolean(true),
        "false" => Value::Boolean(false),
        _ => Value::String(text.to_owned()),
    };
    Some(AxisValue::of(&Node::new(value, node.place.clone())))
}
