//! The parts of the page of a sweep.

use super::plane::Plane;
use super::quantity::Quantity;
use super::{NARROW, PLANES_MAX, SweepPage, WIDE};
use crate::analysis::{CONFIDENCE, clopper_pearson};
use crate::model::{AxisValue, Metric};
use crate::report::human;
use crate::report::page::shell::{claims, command, facts, figure, section, table};
use crate::report::page::words::{capitalised, stopped};
use crate::report::svg::Markup;
use crate::report::sweep::CellFigures;

/// A longer table is in the file.
const ROWS_MAX: usize = 1000;
/// A longer one is a click away.
const ROWS_OPEN: usize = 60;
/// So many values of an axis are listed.
const VALUES_MAX: usize = 24;

impl SweepPage<'_> {
    pub(super) fn map(&self, out: &mut Markup) {
        section(out, "map", "Where it comes back, and where not", |out| {
            let quantity = self.main_quantity();
            let planes = Plane::all(self);
            if let Some(axis) = self.only_axis() {
                let text = "At each value the share of its seeds, with the exact 95 % interval. A hollow dot may as well lie on the other side of half.";
                out.words("p", &[], text);
                let drawn = |name: &str, size| self.curve(axis, quantity, name, size).map(|it| it.svg());
                let wide = drawn("m-w", (WIDE, 320.0)).map(|it| ("wide", it));
                let narrow = drawn("m-n", (NARROW, 280.0)).map(|it| ("narrow", it));
                let drawings: Vec<_> = wide.into_iter().chain(narrow).collect();
                figure(out, "drawn", &capitalised(&quantity.title()), &drawings);
            } else if !planes.is_empty() {
                let text = "A field is a cell, and the number in it how many of a hundred seeds end so. The line runs between cells in which at least half of the seeds survive, and cells in which fewer do; \
                            with a dashed frame a cell may as well lie on its other side (exact 95 % interval).";
                let together = planes.first().map_or_else(String::new, |plane| plane.together(self));
                out.words("p", &[], &format!("{text}{together}"));
                self.planes(out, &planes, quantity, "m");
            }
            let (wide, narrow) = (self.threads("t-w", (WIDE, 360.0)), self.threads("t-n", (NARROW, 300.0)));
            if let Some((wide, narrow)) = wide.zip(narrow) {
                figure(out, "drawn", &wide.title, &[("wide", wide.svg()), ("narrow", narrow.svg())]);
            }
        });
    }

    /// One map is large, several stand beside one another.
    fn planes(&self, out: &mut Markup, planes: &[Plane], quantity: Quantity, name: &str) {
        if let [only] = planes {
            let drawings = Self::both(|name, width| only.map(self, quantity, name, width), name);
            figure(out, "drawn", &quantity.title(), &drawings);
            return;
        }
        out.element("div", &[("class", "grid maps")], |out| {
            for (index, plane) in planes.iter().take(PLANES_MAX).enumerate() {
                let map = plane.map(self, quantity, &format!("{name}{index}"), NARROW);
                let Some(map) = map else { continue };
                figure(out, "drawn", &capitalised(&plane.held), &[("", map.svg())]);
            }
        });
        if planes.len() > PLANES_MAX {
            let text = format!(
                "And {} more maps, whose cells are in the table and in cells.csv.",
                planes.len() - PLANES_MAX
            );
            out.words("p", &[("class", "note")], &text);
        }
    }

    pub(super) fn metrics(&self, out: &mut Markup) {
        let quantities = self.metrics_that_differ();
        let planes = Plane::all(self);
        if quantities.is_empty() || (planes.is_empty() && self.only_axis().is_none()) {
            return;
        }
        section(out, "metrics", "What it gives and costs", |out| {
            let line = if planes.is_empty() { "" } else { " The line is that of the map above." };
            let text = format!(
                "The means over the seeds of each cell: the stronger the colour, the less of goodput and success, and the more of everything else.{line}"
            );
            let text = if planes.is_empty() {
                "The means over the seeds of each cell, with their 95 % intervals.".to_owned()
            } else {
                text
            };
            out.words("p", &[], &text);
            out.element("div", &[("class", "grid maps")], |out| {
                for (index, quantity) in quantities.into_iter().enumerate() {
                    let name = format!("q{index}");
                    if let Some(axis) = self.only_axis() {
                        let curve = self.curve(axis, quantity, &name, (NARROW, 220.0));
                        if let Some(curve) = curve {
                            figure(out, "drawn", &quantity.title(), &[("", curve.svg())]);
                        }
                        continue;
                    }
                    // Of many maps that of the first variant and values stands for all.
                    let Some(plane) = planes.first() else { continue };
                    let Some(map) = plane.map(self, quantity, &name, NARROW) else { continue };
                    figure(out, "drawn", &map.title, &[("", map.svg())]);
                }
            });
        });
    }

    pub(super) fn claims(&self, out: &mut Markup) {
        if self.claims.is_empty() {
            return;
        }
        section(out, "claims", "What was claimed", |out| {
            let judged = self.claims.iter().map(|claim| {
                let (tone, word) = claim.word();
                (tone, word.to_owned(), claim.name.clone(), stopped(&capitalised(claim.evidence())))
            });
            claims(out, judged);
        });
    }

    pub(super) fn failures(&self, out: &mut Markup) {
        let failed = self.failed();
        if failed == 0 {
            return;
        }
        section(out, "failures", "Runs without a result", |out| {
            let text = "A model error is a combination of values that does not go together. A panic is a defect of metastable, which we would like to hear of.";
            out.words("p", &[], text);
            let rows: Vec<Vec<String>> = self
                .failures
                .iter()
                .map(|it| {
                    let what = if it.status == "panic" { "panic" } else { "model error" };
                    vec![
                        it.place.clone(),
                        it.seed.to_string(),
                        what.to_owned(),
                        it.message.clone(),
                        it.command.clone(),
                    ]
                })
                .collect();
            table(out, "Runs without a result", &["cell", "seed", "what", "message", "again"], &rows);
            if failed > rows.len() as u64 {
                let text = format!("And {} more, in runs.csv.", failed - rows.len() as u64);
                out.words("p", &[("class", "note")], &text);
            }
        });
    }

    /// The cells of the table: all, or of very many those nearest to the edge.
    fn listed(&self) -> Vec<usize> {
        let mut listed: Vec<usize> = (0..self.cells.len()).collect();
        if listed.len() > ROWS_MAX {
            let from_half =
                |cell: usize| self.cells[cell].survival().map_or(1.0, |share| (share - 0.5).abs());
            listed.sort_by(|&one, &other| from_half(one).total_cmp(&from_half(other)));
            listed.truncate(ROWS_MAX);
            listed.sort_unstable();
        }
        listed
    }

    pub(super) fn table(&self, out: &mut Markup) {
        section(out, "cells", "Every cell", |out| {
            let listed = self.listed();
            let is_part = listed.len() < self.cells.len();
            let text = if is_part {
                format!(
                    "Of {} cells the {} nearest to the edge. All of them are in cells.csv.",
                    self.cells.len(),
                    listed.len()
                )
            } else {
                "The same figures, and more, are in cells.csv. In a browser with JavaScript a press on a heading sorts by it.".to_owned()
            };
            out.words("p", &[], &text);
            let axes: Vec<&str> = self.report.points.axes.iter().map(|axis| axis.name.as_str()).collect();
            let has_variants = !self.report.experiment.variants.names().is_empty();
            let failed = self.failed() > 0;
            let mut headings = vec!["cell"];
            headings.extend(has_variants.then_some("variant"));
            headings.extend(axes);
            headings.extend(["seeds", "survive", "share", "95 %"]);
            headings.extend(failed.then_some("failed"));
            headings.extend(["goodput/s", "success", "p99", "recovery", "attempts"]);
            let rows: Vec<Vec<String>> =
                listed.iter().map(|&cell| self.row(cell, has_variants, failed)).collect();
            if rows.len() > ROWS_OPEN {
                out.element("details", &[], |out| {
                    out.words("summary", &[], &format!("The table of {} cells", rows.len()));
                    table(out, "Every cell", &headings, &rows);
                });
            } else {
                table(out, "Every cell", &headings, &rows);
            }
        });
    }

    fn row(&self, cell: usize, has_variants: bool, has_failed: bool) -> Vec<String> {
        let figures: &CellFigures = &self.cells[cell];
        let (variant, point) = self.report.cell(cell as u64);
        let mut row = vec![cell.to_string()];
        row.extend(has_variants.then(|| variant.unwrap_or_default().to_owned()));
        row.extend(self.report.points.axes.iter().map(|axis| axis.at(point).shown()));
        row.extend([figures.judged.to_string(), figures.survivals().to_string()]);
        let share = figures.survival();
        row.push(share.map_or_else(String::new, human::percent));
        row.push(share.map_or_else(String::new, |_| {
            let (low, high) = clopper_pearson(figures.survivals(), figures.judged, CONFIDENCE);
            format!("{:.0} to {:.0} %", (low * 100.0).floor(), (high * 100.0).ceil())
        }));
        row.extend(has_failed.then(|| figures.failed.to_string()));
        let metrics = [Metric::Goodput, Metric::Success, Metric::P99, Metric::Recovery, Metric::Attempts];
        row.extend(metrics.map(|metric| {
            let estimate = figures.metrics[metric.index()].as_ref();
            let percent = if metric == Metric::Success { " %" } else { "" };
            estimate.map_or_else(String::new, |it| Quantity::Metric(metric).shown(it.mean) + percent)
        }));
        row
    }

    pub(super) fn axes(&self, out: &mut Markup) {
        section(out, "axes", "What was varied", |out| {
            let rows: Vec<Vec<String>> = self
                .report
                .points
                .axes
                .iter()
                .map(|axis| {
                    let shown: Vec<String> =
                        axis.values.iter().take(VALUES_MAX).map(AxisValue::shown).collect();
                    let more = if axis.values.len() > VALUES_MAX { ", …" } else { "" };
                    vec![
                        axis.name.clone(),
                        axis.path.clone(),
                        axis.values.len().to_string(),
                        shown.join(", ") + more,
                    ]
                })
                .collect();
            table(out, "What was varied", &["axis", "path", "values", "which"], &rows);
        });
    }

    pub(super) fn reproduce(&self, out: &mut Markup) {
        section(out, "reproduce", "Reproduce it", |out| {
            command(
                out,
                "The same models, seeds and version give the same bytes on every machine.",
                self.replay,
            );
            command(out, "One run of the cell that is nearest to the edge:", self.one_run);
            let layout = self.report.layout;
            let rows = [
                ("Version", format!("metastable {}", env!("CARGO_PKG_VERSION"))),
                ("Cells", layout.cells.to_string()),
                ("Seeds of each", layout.seeds.to_string()),
            ];
            facts(out, &rows);
        });
    }
}
