//! The report of a ramp: the loop, and the loads at which the system falls over and comes back.

use super::figures::Figure;
use super::shell::{Head, Shell, Tile, command, facts, figure, footer, section, table};
use super::sweep::share_ticks;
use super::words::{capitalised, stopped};
use crate::analysis::{CellCounts, MedianEstimate, Way};
use crate::report::human;
use crate::report::hysteresis::{HysteresisReport, p_value};
use crate::report::svg::{Colour, Course, CurveChart, Markup, Measure, Scale, Spot, Stretch, Tick, plain};
use crate::report::terminal::Tone;

/// All that the report of a ramp says.
#[derive(Clone, Copy, Debug)]
pub struct HysteresisPage<'a> {
    /// What was seen.
    pub report: HysteresisReport<'a>,
    /// The command that gives the same answer again.
    pub replay: &'a str,
    /// The command that shows the ramp under the first seed.
    pub one_run: &'a str,
}

const WIDE: (f64, f64) = (760.0, 360.0);
const NARROW: (f64, f64) = (360.0, 320.0);
/// So many labels at most stand below.
const TICKS: usize = 8;

impl HysteresisPage<'_> {
    /// The whole file.
    pub fn html(&self) -> String {
        let mut body = Markup::new();
        self.head().write(&mut body);
        body.element("main", &[], |out| {
            out.line();
            self.course(out);
            self.thresholds(out);
            self.reproduce(out);
        });
        footer(&mut body, env!("CARGO_PKG_VERSION"), "deterministic simulations");
        let title = format!("{}: {}", self.report.headline(), self.report.name);
        Shell { title: &title, body, data: None }.into_html()
    }

    /// The drawings that a paper or a slide would show.
    pub fn drawings(&self) -> Vec<Figure> {
        let charts = [("loop", self.shares()), ("goodput", self.goodput()), ("seeds", self.seeds())];
        let figure = |(file, chart): (&str, CurveChart)| {
            Figure::new(
                file,
                &chart.title,
                &chart.description,
                &CurveChart { name: "figure".to_owned(), ..chart.clone() }.svg(),
            )
        };
        Figure::numbered(charts.into_iter().map(figure).collect())
    }

    fn head(&self) -> Head<'_> {
        let report = &self.report;
        let tone = match report.hysteresis.way() {
            Way::Hysteresis => Tone::Bad,
            Way::NeverFell => Tone::Good,
            Way::NeverBegan | Way::NotHeld | Way::Drains | Way::Lag | Way::Same => Tone::Unclear,
        };
        Head {
            of: (report.name, format!(", seeds 1 to {}", report.hysteresis.observations.len())),
            tone,
            word: report.headline().to_owned(),
            sentence: stopped(&report.sentence()),
            meanings: vec![stopped(&report.caveat().replace('`', ""))],
            tiles: self.tiles(),
        }
    }

    fn tiles(&self) -> Vec<Tile> {
        let names =
            [("falls over", "Falls over"), ("comes back", "Comes back"), ("difference", "Difference")];
        let medians = self.report.medians().into_iter().zip(names);
        let mut tiles: Vec<Tile> = medians
            .filter_map(|((key, estimate), (_, name))| {
                let estimate = estimate?;
                let note = self.interval(key, &estimate).map_or_else(
                    || "the median of the seeds".to_owned(),
                    |interval| format!("median; 95 %: {interval}"),
                );
                Some(Tile { name, value: self.report.shown(key, estimate.median), note })
            })
            .collect();
        let (hysteresis, seeds) = (self.report.hysteresis, self.report.hysteresis.observations.len());
        let note = format!("of {seeds} seeds; {} did not come back", hysteresis.lost_count());
        tiles.push(Tile { name: "Fell", value: hysteresis.fall_count().to_string(), note });
        tiles
    }

    fn interval(&self, key: &str, estimate: &MedianEstimate) -> Option<String> {
        let (low, high) = estimate.interval?;
        Some(format!("{} to {}", self.report.shown(key, low), self.report.shown(key, high)))
    }

    fn scale(&self) -> Scale {
        let ramp = &self.report.hysteresis.ramp;
        let (low, high) = (ramp.low_per_s, ramp.high_per_s);
        Scale::between(low, high, false).unwrap_or(Scale { low, high: low + 1.0, is_log: false })
    }

    fn ticks(&self) -> Vec<Tick> {
        let scale = self.scale();
        let values = scale.round_values(TICKS).into_iter();
        values.map(|value| Tick { at: scale.at(value), label: format!("{}/s", plain(value, 4)) }).collect()
    }

    /// The medians, with their intervals, where they lie on the ramp.
    fn stretches(&self) -> Vec<Stretch> {
        let scale = self.scale();
        let medians = self.report.medians();
        let on_ramp = medians.into_iter().take(2).filter_map(|(name, estimate)| {
            let estimate = estimate.filter(|estimate| estimate.median.is_finite())?;
            let (low, high) = estimate.interval.unwrap_or((estimate.median, estimate.median));
            Some(Stretch {
                from: scale.at(low),
                to: scale.at(high),
                middle: Some(scale.at(estimate.median)),
                label: format!("{name} at {}", self.report.shown(name, estimate.median)),
            })
        });
        on_ramp.collect()
    }

    /// The two ways, by a value of each load.
    fn ways(&self, value: impl Fn(&CellCounts, f64) -> Option<(f64, String)>) -> Vec<Course> {
        let scale = self.scale();
        let ways = self.report.hysteresis.course().into_iter().enumerate().map(|(way, cells)| {
            let count = cells.len().max(1) as f64;
            let spot = |(index, cell): (usize, &CellCounts)| {
                let at = (index as f64 + 0.5) / count;
                let load = scale.low + (scale.high - scale.low) * at;
                let (y, note) = value(cell, load)?;
                Some(Spot { x: at, y, interval: None, is_vague: false, note })
            };
            let mut spots: Vec<Spot> = cells.iter().enumerate().filter_map(spot).collect();
            if way == 1 {
                spots.reverse();
            }
            Course {
                label: ["while the load rises", "while it falls"][way].to_owned(),
                colour: Colour::Series(way),
                spots,
                has_line: true,
                has_dots: false,
                has_arrow: true,
            }
        });
        ways.collect()
    }

    fn chart(&self, title: &str, unit: &str, y_ticks: Vec<Tick>, courses: Vec<Course>) -> CurveChart {
        CurveChart {
            name: "figure".to_owned(),
            title: title.to_owned(),
            description: format!("{}. {}.", title, self.report.sentence()),
            axes: (format!("load of {}", self.report.workload), unit.to_owned()),
            x_ticks: self.ticks(),
            y_ticks,
            level: None,
            stretches: self.stretches(),
            courses,
            size: WIDE,
        }
    }

    /// What succeeds, as a share of what is offered.
    fn shares(&self) -> CurveChart {
        let share = |cell: &CellCounts, load: f64| {
            let share = (cell.offered > 0).then(|| cell.good as f64 / cell.offered as f64)?;
            Some((share, format!("{}/s: {}", human::rate(load), human::percent(share))))
        };
        self.chart(
            "Requests that succeed in time, by load",
            "good, of what is offered",
            share_ticks(),
            self.ways(share),
        )
    }

    /// The same per second.
    fn goodput(&self) -> CurveChart {
        let scale = Scale::covering(Measure::Number, std::iter::once(self.scale().high));
        let good = |cell: &CellCounts, load: f64| {
            let share = (cell.offered > 0).then(|| cell.good as f64 / cell.offered as f64)?;
            Some((
                scale.at(load * share),
                format!("{}/s: {}/s", human::rate(load), human::rate(load * share)),
            ))
        };
        let ticks = scale.ticks(Measure::Number);
        self.chart("Goodput, by load", "requests per second", ticks, self.ways(good))
    }

    /// Where each seed fell over and came back.
    fn seeds(&self) -> CurveChart {
        let scale = self.scale();
        let observations = &self.report.hysteresis.observations;
        let rows = observations.len().max(1) as f64;
        let kind = |label: &str, colour: usize, load: &dyn Fn(usize) -> Option<f64>| Course {
            label: label.to_owned(),
            colour: Colour::Series(colour),
            spots: (0..observations.len())
                .filter_map(|index| {
                    let load = load(index)?;
                    let note =
                        format!("seed {}: {label} at {}/s", observations[index].seed, human::rate(load));
                    Some(Spot {
                        x: scale.at(load),
                        y: 1.0 - (index as f64 + 0.5) / rows,
                        interval: None,
                        is_vague: colour == 1,
                        note,
                    })
                })
                .collect(),
            has_line: false,
            has_dots: true,
            has_arrow: false,
        };
        let courses = vec![
            kind("falls over", 0, &|index| observations[index].falls_at_per_s),
            kind("comes back", 1, &|index| observations[index].returns_at_per_s),
        ];
        let every = observations.len().div_ceil(10).max(1);
        let ticks = (0..observations.len()).step_by(every).map(|index| Tick {
            at: 1.0 - (index as f64 + 0.5) / rows,
            label: observations[index].seed.to_string(),
        });
        self.chart("Where each seed falls over and comes back", "seed", ticks.collect(), courses)
    }

    fn course(&self, out: &mut Markup) {
        section(out, "loop", "The way there and the way back", |out| {
            let text = "The load rises slowly, and falls as slowly; all seeds together. A system without a memory takes the same way twice. The lines mark the medians over the seeds, in their exact 95 % intervals.";
            out.words("p", &[], text);
            for (name, chart) in [("l0", self.shares()), ("l1", self.goodput())] {
                let drawn = |suffix: &str, size| {
                    CurveChart { name: format!("{name}-{suffix}"), size, ..chart.clone() }.svg()
                };
                figure(
                    out,
                    "drawn",
                    &chart.title,
                    &[("wide", drawn("w", WIDE)), ("narrow", drawn("n", NARROW))],
                );
            }
        });
    }

    fn thresholds(&self, out: &mut Markup) {
        section(out, "thresholds", "How sure that is", |out| {
            let rows: Vec<Vec<String>> = self
                .report
                .medians()
                .into_iter()
                .filter_map(|(name, estimate)| {
                    let estimate = estimate?;
                    let interval =
                        self.interval(name, &estimate).unwrap_or_else(|| "too few seeds".to_owned());
                    Some(vec![
                        name.to_owned(),
                        self.report.shown(name, estimate.median),
                        interval,
                        estimate.count.to_string(),
                    ])
                })
                .collect();
            table(out, "Medians over the seeds", &["load", "median", "95 %", "seeds"], &rows);
            let text = format!(
                "If neither were above the other, seeds would be as uneven as these with this probability: p {}.",
                p_value(self.report.hysteresis.p_value())
            );
            out.words("p", &[], &capitalised(&text));
            let chart = self.seeds();
            let drawn =
                |suffix: &str, size| CurveChart { name: format!("l2-{suffix}"), size, ..chart.clone() }.svg();
            figure(out, "drawn", &chart.title, &[("wide", drawn("w", WIDE)), ("narrow", drawn("n", NARROW))]);
        });
    }

    fn reproduce(&self, out: &mut Markup) {
        section(out, "reproduce", "Reproduce it", |out| {
            command(
                out,
                "The same model, seeds and version give the same bytes on every machine.",
                self.replay,
            );
            command(out, "The ramp under the first seed, to be looked at:", self.one_run);
            let rows = [
                ("Version", format!("metastable {}", env!("CARGO_PKG_VERSION"))),
                ("Model digest", self.report.digest.to_owned()),
            ];
            facts(out, &rows);
        });
    }
}
