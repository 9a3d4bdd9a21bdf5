//! Whether a sweep makes sense, without looking at its model or its design matrix.

use super::points::{dimension, grid};
use super::settings::{AxisSettings, DesignSettings, RangeSettings, Scale};
use super::sobol;
use crate::mechanism::Problems;
use crate::model::codes;
use crate::model::experiment::settings::{ExpectSettings, Experiment, Named};
use crate::model::path::{Path, written};
use crate::model::spelling::{closest, listed};
use crate::model::{Metric, VerdictName};
use crate::quantity::{Dimension, Scalar};

/// More points than this are a slip of the hand.
pub(crate) const POINTS_MAX: u64 = 10_000_000;

impl Experiment {
    /// Notes everything that is wrong with the sweep.
    pub(in crate::model::experiment) fn check_sweep(&self, problems: &mut Problems) {
        if self.sweep.is_empty() {
            if self.design != DesignSettings::Grid {
                problems.at("design", |problems| {
                    let help = "write `[sweep]` with an entry for each path that is varied";
                    problems.error_with_code(
                        codes::MALFORMED_SWEEP,
                        "there is nothing to put together",
                        help,
                    );
                });
            }
            return;
        }
        problems.at("sweep", |problems| {
            for (path, axis) in self.sweep.iter() {
                problems.at(&written(path), |problems| self.check_axis(path, axis, problems));
            }
        });
        problems.at("design", |problems| check_design(&self.design, self.sweep.len(), problems));
        if self.design == DesignSettings::Grid {
            let mut lengths = self.sweep.iter().map(|(_, axis)| length(axis));
            let points = lengths.try_fold(1_u64, u64::checked_mul);
            if points.is_none_or(|points| points > POINTS_MAX) {
                problems.at("sweep", too_many);
            }
        }
        check_headings(&self.sweep, problems);
    }

    /// What is expected of a sweep is a direction.
    pub(in crate::model::experiment) fn check_trend(&self, expect: &ExpectSettings, problems: &mut Problems) {
        const HELP: &str =
            "write `verdict = \"metastable\"` with `rises_with` or `falls_with` and the name of an axis";
        let mut wrong = |message: &str, help: &str| {
            problems.error_with_code(codes::MALFORMED_EXPECTATION, message, help);
        };
        let others = [
            expect.metric.is_some(),
            expect.versus.is_some(),
            expect.at_least.is_some(),
            expect.at_most.is_some(),
        ];
        if others.contains(&true) {
            wrong("what is expected of a sweep is how often a verdict comes along an axis", HELP);
        }
        if expect.verdict.is_none() {
            wrong("no verdict is named", HELP);
        }
        let (field, axis) = match (&expect.rises_with, &expect.falls_with) {
            (Some(axis), None) => ("rises_with", axis),
            (None, Some(axis)) => ("falls_with", axis),
            _ => return wrong("it has to rise or to fall with an axis", HELP),
        };
        if self.design != DesignSettings::Grid {
            wrong("only in a grid does one axis change alone", "leave `design` out, or the expectation");
        }
        if self.axis(axis).is_none() {
            problems.at(field, |problems| {
                let names: Vec<&str> =
                    self.sweep.iter().map(|(path, axis)| axis.name.as_deref().unwrap_or(path)).collect();
                let help = match closest(axis, &names) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("the axes are {}", listed(&names)),
                };
                problems.error_with_code(codes::UNKNOWN_NAME, format!("there is no axis `{axis}`"), help);
            });
        }
        if !expect.variant.is_empty() {
            problems.at("variant", |problems| self.check_name(&expect.variant, problems));
        }
    }

    /// Which axis has this name, or this path.
    pub fn axis(&self, name: &str) -> Option<usize> {
        self.sweep.iter().position(|(path, axis)| path == name || axis.name.as_deref() == Some(name))
    }

    fn check_axis(&self, path: &str, axis: &AxisSettings, problems: &mut Problems) {
        let mut wrong = |message: &str, help: &str| {
            problems.error_with_code(codes::MALFORMED_SWEEP, message, help);
        };
        if path == "run.seed" {
            wrong("seeds are no axis", "write `seeds` and `first_seed` beside `model`");
        }
        let sets = |(_, variant): (&str, &super::super::VariantSettings)| {
            variant.set.paths().iter().any(|set| is_inside(set, path))
        };
        if self.variants.iter().any(sets) {
            wrong("a variant sets what is swept over", "leave it out of the variant, or out of the sweep");
        }
        let outer = self.sweep.iter().find(|(other, _)| *other != path && is_inside(path, other));
        if let Some((outer, _)) = outer {
            let message = format!("it lies inside `{outer}`, which is swept over too and would replace it");
            wrong(&message, "vary either the whole or its part");
        }
        let is_matrix = matches!(self.design, DesignSettings::Matrix(_));
        let kinds = [axis.values.is_some(), axis.range.is_some(), axis.column.is_some()];
        if kinds.into_iter().filter(|is_there| *is_there).count() != 1 {
            let help = if is_matrix {
                "write `{ column = \"rate\", unit = \"/s\" }`"
            } else {
                "write `{ values = [1, 2, 5] }`, or `{ range = { from = \"100/s\", to = \"200/s\", steps = 11 } }`"
            };
            wrong("an axis has either `values`, a `range` or a `column`", help);
            return;
        }
        if axis.column.is_some() != is_matrix {
            if is_matrix {
                wrong("the design matrix has all values", "write `{ column = \"rate\", unit = \"/s\" }`");
            } else {
                wrong(
                    "a column of what?",
                    "name the file beside `model`: `design = { matrix = \"points.csv\" }`",
                );
            }
        }
        if axis.values.is_some_and(|values| values.0 == 0) {
            wrong("there is no value", "write at least one: `{ values = [1, 2, 5] }`");
        }
        match &axis.unit {
            Some(_) if axis.column.is_none() => {
                wrong("only a `column` has a `unit` apart", "write the unit with the number: `\"100/s\"`");
            }
            Some(unit) if Scalar::parse(&format!("1{unit}")).is_err() => {
                let message = format!("`{unit}` is no unit");
                wrong(&message, "write for example \"ms\", \"s\", \"/s\", \"%\" or \"MiB\"");
            }
            _ => {}
        }
        if let Some(range) = &axis.range {
            problems.at("range", |problems| check_range(range, &self.design, problems));
        }
    }
}

fn check_range(range: &RangeSettings, design: &DesignSettings, problems: &mut Problems) {
    let mut wrong = |message: &str, help: String| {
        problems.error_with_code(codes::MALFORMED_SWEEP, message, help);
    };
    let plain = |dimension| if dimension == Dimension::Count { Dimension::Number } else { dimension };
    if plain(range.from.dimension()) != plain(range.to.dimension()) {
        wrong("the two ends are not of one kind", format!("write both in the unit of {}", range.from));
        return;
    }
    if range.from.value() == range.to.value() {
        wrong(
            "the two ends are the same",
            format!("write `{{ values = [\"{}\"] }}` for one value", range.from),
        );
    }
    if range.scale == Scale::Log && range.from.value().min(range.to.value()) <= 0.0 {
        wrong("a logarithmic scale has no 0", "let both ends be above 0, or leave `scale` out".to_owned());
    }
    match (design, range.steps) {
        (DesignSettings::Grid, None) => {
            wrong("a grid needs a number of values", "write `steps = 11`, both ends included".to_owned());
        }
        (DesignSettings::Grid, Some(0 | 1)) => {
            wrong("a range has at least its two ends", "write `steps = 2` or more, or `values`".to_owned());
        }
        (DesignSettings::Grid, Some(steps)) if steps > POINTS_MAX => too_many(problems),
        (DesignSettings::Grid, Some(steps)) if dimension(range) == Dimension::Count => {
            let apart = (range.to.value() - range.from.value()).abs();
            if apart < (steps - 1) as f64 {
                let most = apart as u64 + 1;
                wrong("there are not that many whole numbers", format!("write `steps = {most}` or fewer"));
            } else if let Some(twice) = twice(range, steps) {
                let message =
                    format!("on this scale {twice} would come twice: there are no whole numbers between");
                wrong(&message, "take fewer steps, or write `values`".to_owned());
            }
        }
        (DesignSettings::Grid, Some(_)) | (_, None) => {}
        (_, Some(_)) => wrong("the design says how many points", "leave `steps` out".to_owned()),
    }
}

/// The first value of a grid that is the same as the one before.
fn twice(range: &RangeSettings, steps: u64) -> Option<Scalar> {
    let values: Vec<Scalar> = grid(range, steps).collect();
    values.windows(2).find(|pair| pair[0].value() == pair[1].value()).map(|pair| pair[0])
}

fn check_design(design: &DesignSettings, axes: usize, problems: &mut Problems) {
    let points = match design {
        DesignSettings::Grid | DesignSettings::Matrix(_) => return,
        DesignSettings::LatinHypercube(settings) => settings.points,
        DesignSettings::Sobol(settings) => settings.points,
    };
    let mut wrong = |message: String, help: String| {
        problems.error_with_code(codes::MALFORMED_SWEEP, message, help);
    };
    if points == 0 || points > POINTS_MAX {
        wrong(format!("{points} is no number of points"), format!("write one from 1 to {POINTS_MAX}"));
        return;
    }
    if !matches!(design, DesignSettings::Sobol(_)) {
        return;
    }
    if !points.is_power_of_two() {
        let above = points.next_power_of_two();
        let help = format!("only powers of two are spread evenly: write {} or {above}", above / 2);
        wrong(format!("{points} points of a Sobol sequence leave gaps"), help);
    }
    if axes > sobol::DIMENSIONS {
        let message = format!("a Sobol sequence has at most {} axes here", sobol::DIMENSIONS);
        wrong(message, "write `design = { latin_hypercube = { points = 1024 } }`".to_owned());
    }
}

/// Whether a path leads into what stands at another one, or there.
fn is_inside(path: &str, outer: &str) -> bool {
    let steps = |path: &str| Path::parse(path).map(Path::into_steps).ok();
    steps(path).zip(steps(outer)).is_some_and(|(path, outer)| path.starts_with(&outer))
}

/// How many values an axis of a grid has.
fn length(axis: &AxisSettings) -> u64 {
    let values = axis.values.map(|values| values.0 as u64);
    values.or(axis.range.and_then(|range| range.steps)).unwrap_or(1).max(1)
}

fn too_many(problems: &mut Problems) {
    let message = format!("these are more than {POINTS_MAX} points");
    let help =
        "take fewer steps, or `design = { sobol = { points = 4096 } }`, which needs fewer for many axes";
    problems.error_with_code(codes::MALFORMED_SWEEP, message, help);
}

/// Whether a table of a sweep has a column of this name, whatever its axes are.
pub(crate) fn is_reserved(heading: &str) -> bool {
    const COLUMNS: [&str; 15] = [
        "cell",
        "variant",
        "seed",
        "status",
        "verdict",
        "reason",
        "message",
        "digest",
        "seeds",
        "failed",
        "survives_ratio",
        "low_95_ratio",
        "high_95_ratio",
        "observed_s",
        "recovery_horizon_s",
    ];
    let is_of = |metric: Metric| {
        let rest = heading.strip_prefix(metric.column());
        rest.is_some_and(|rest| ["", "_low_95", "_high_95", "_count"].contains(&rest))
    };
    COLUMNS.contains(&heading)
        || VerdictName::ALL.into_iter().any(|verdict| verdict.name() == heading)
        || Metric::ALL.into_iter().any(is_of)
}

/// Two columns of one name could not be told apart.
fn check_headings(axes: &Named<AxisSettings>, problems: &mut Problems) {
    let mut seen: Vec<&str> = Vec::new();
    for (path, axis) in axes.iter() {
        let heading = axis.name.as_deref().unwrap_or(path);
        let is_wrong = heading.is_empty() || heading.contains(char::is_control);
        if seen.contains(&heading) || is_reserved(heading) || is_wrong {
            problems.at("sweep", |problems| {
                problems.at(&written(path), |problems| {
                    let message = format!("`{heading}` cannot be the name of a column");
                    problems.error_with_code(codes::INVALID_NAME, message, "choose another `name`");
                });
            });
        }
        seen.push(heading);
    }
}
