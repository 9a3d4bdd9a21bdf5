//! The report of a boundary: the answer, and the values that it rests on.

use super::figures::Figure;
use super::shell::{Head, Shell, Tile, command, facts, figure, footer, section, table};
use super::sweep::share_ticks;
use super::words::{capitalised, stopped};
use crate::analysis::{Outcome, Probe};
use crate::model::{Scale as Cut, VerdictName};
use crate::report::boundary::{BoundaryReport, interval_text};
use crate::report::human;
use crate::report::svg::{Colour, Course, CurveChart, Markup, Scale, Spot, Stretch, Tick};
use crate::report::terminal::Tone;

/// All that the report of a boundary says.
#[derive(Clone, Copy, Debug)]
pub struct BoundaryPage<'a> {
    /// What was asked, and what came out.
    pub report: BoundaryReport<'a>,
    /// The command that gives the same answer again.
    pub replay: &'a str,
    /// Commands that show a run below the boundary and one above, if there is one.
    pub one_run: Option<[&'a str; 2]>,
}

const WIDE: (f64, f64) = (760.0, 340.0);
const NARROW: (f64, f64) = (360.0, 300.0);
/// So many labels at most stand below.
const TICKS: usize = 7;
/// An answer that is narrower than this share of the axis is shown once more, from near.
const NEAR: f64 = 0.12;
/// Around the answer, as a share of what is shown from near.
const AROUND: f64 = 0.06;

impl BoundaryPage<'_> {
    /// The whole file.
    pub fn html(&self) -> String {
        let mut body = Markup::new();
        self.head().write(&mut body);
        body.element("main", &[], |out| {
            out.line();
            self.search(out);
            self.probes(out);
            self.reproduce(out);
        });
        footer(&mut body, env!("CARGO_PKG_VERSION"), "deterministic simulations");
        let title = format!("{}: {}", self.report.headline(), self.report.name);
        Shell { title: &title, body, data: None }.into_html()
    }

    /// The drawings that a paper or a slide would show.
    pub fn drawings(&self) -> Vec<Figure> {
        let charts = std::iter::once(self.whole()).chain(self.near());
        let figure = |(chart, file): (CurveChart, &str)| {
            Figure::new(
                file,
                &chart.title,
                &chart.description,
                &CurveChart { name: "figure".to_owned(), size: WIDE, ..chart.clone() }.svg(),
            )
        };
        Figure::numbered(charts.zip(["boundary", "boundary-near"]).map(figure).collect())
    }

    fn head(&self) -> Head<'_> {
        let report = &self.report;
        let question = report.search.question();
        let is_found = matches!(report.outcome, Outcome::Crossing { .. });
        let (low, high) = question.along.ends();
        let scale = if question.scale == Cut::Log { ", by ratios" } else { "" };
        let mut meanings: Vec<String> = report.doubt().map(|doubt| stopped(&doubt)).into_iter().collect();
        meanings.push(format!(
            "Looked for along {} from {} to {}{scale}.",
            question.along.path(),
            question.along.written(low),
            question.along.written(high)
        ));
        if !is_found {
            meanings.push(stopped(&capitalised(&report.help())));
        }
        Head {
            of: (report.name, format!(", runs that {}", report.ends_so())),
            tone: if is_found { Tone::Good } else { Tone::Unclear },
            word: report.headline(),
            sentence: stopped(&report.sentence()),
            meanings,
            tiles: self.tiles(),
        }
    }

    fn tiles(&self) -> Vec<Tile> {
        let probes = self.report.search.probes();
        let mut tiles = Vec::new();
        if let Outcome::Crossing { below, above } = self.report.outcome {
            for (name, probe) in [("Below", below), ("Above", above)] {
                let it = &probes[probe];
                let note = format!("{} of {} seeds {}", it.count, it.seed_count(), self.report.ends_so());
                tiles.push(Tile { name, value: self.report.written(probe), note });
            }
        }
        let runs: u64 = probes.iter().map(Probe::seed_count).sum();
        let note = format!("of {} values", probes.len());
        tiles.push(Tile { name: "Runs", value: human::count(runs), note });
        tiles.push(Tile {
            name: "Confidence",
            value: "95 %".to_owned(),
            note: "of the whole answer".to_owned(),
        });
        tiles
    }

    /// The search from end to end.
    fn whole(&self) -> CurveChart {
        let (low, high) = self.report.search.question().along.ends();
        self.chart((low, high), "Share of the seeds, by value")
    }

    /// The answer and its neighbours, if it is too narrow to be seen from afar.
    fn near(&self) -> Option<CurveChart> {
        let (below, above) = self.bracket()?;
        let (low, high) = (below.min(above), below.max(above));
        let whole = self.scale(self.report.search.question().along.ends())?;
        if whole.at(high) - whole.at(low) >= NEAR {
            return None;
        }
        let values: Vec<f64> = self.report.in_order().iter().map(|(_, probe)| probe.value).collect();
        let from = values.iter().copied().rfind(|value| *value < low).unwrap_or(low);
        let to = values.iter().copied().find(|value| *value > high).unwrap_or(high);
        let margin = (to - from) * AROUND;
        let (first, last) = (values.first()?, values.last()?);
        let span = ((from - margin).max(*first), (to + margin).min(*last));
        Some(self.chart(span, "The same around the boundary"))
    }

    fn bracket(&self) -> Option<(f64, f64)> {
        let Outcome::Crossing { below, above } = self.report.outcome else { return None };
        let probes = self.report.search.probes();
        Some((probes[below].value, probes[above].value))
    }

    fn scale(&self, (low, high): (f64, f64)) -> Option<Scale> {
        Scale::between(low, high, self.report.search.question().scale == Cut::Log)
    }

    fn chart(&self, span: (f64, f64), title: &str) -> CurveChart {
        let question = self.report.search.question();
        let scale = self.scale(span).unwrap_or(Scale { low: span.0, high: span.0 + 1.0, is_log: false });
        let probes = self.report.in_order();
        let shown = probes.iter().filter(|(_, probe)| scale.low <= probe.value && probe.value <= scale.high);
        let spots = shown.map(|(position, probe)| Spot {
            x: scale.at(probe.value),
            y: probe.share(),
            interval: Some(probe.interval),
            is_vague: probe.side == crate::analysis::Side::Open,
            note: self.note(*position, probe),
        });
        let bracket = self.bracket().map(|(below, above)| Stretch {
            from: scale.at(below.min(above)),
            to: scale.at(below.max(above)),
            middle: None,
            label: format!(
                "{} to {}",
                question.along.written(below.min(above)),
                question.along.written(below.max(above))
            ),
        });
        let ticks = scale.round_values(TICKS);
        let spoken: Vec<String> =
            probes.iter().map(|(position, probe)| self.note(*position, probe)).collect();
        CurveChart {
            name: "figure".to_owned(),
            title: title.to_owned(),
            description: format!("Share of the seeds that {}. {}.", self.report.ends_so(), spoken.join("; ")),
            axes: (question.along.path().to_owned(), format!("seeds that {}", self.report.ends_so())),
            x_ticks: ticks
                .into_iter()
                .map(|value| Tick { at: scale.at(value), label: question.along.written(value) })
                .collect(),
            y_ticks: share_ticks(),
            level: Some((question.level.as_f64(), self.report.level())),
            stretches: bracket.into_iter().collect(),
            courses: vec![Course {
                label: String::new(),
                colour: Colour::Series(0),
                spots: spots.collect(),
                has_line: false,
                has_dots: true,
                has_arrow: false,
            }],
            size: WIDE,
        }
    }

    fn note(&self, position: usize, probe: &Probe) -> String {
        let level = self.report.search.question().level.as_f64();
        format!(
            "{}: {} of {} seeds ({}), {}",
            self.report.written(position),
            probe.count,
            probe.seed_count(),
            interval_text(probe.interval, level),
            probe.side.name()
        )
    }

    fn search(&self, out: &mut Markup) {
        section(out, "search", "The search", |out| {
            let text = format!(
                "Each dot is a value of the model, and how many of its seeds {}, with an interval. All intervals hold together with 95 % confidence. A hollow dot may lie on either side of {}; the shaded \
                 stretch is the answer.",
                self.report.ends_so(),
                self.report.level()
            );
            out.words("p", &[], &text);
            for (index, chart) in std::iter::once(self.whole()).chain(self.near()).enumerate() {
                let drawn = |suffix: &str, size| {
                    CurveChart { name: format!("p{index}-{suffix}"), size, ..chart.clone() }.svg()
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

    fn probes(&self, out: &mut Markup) {
        section(out, "probes", "Every value", |out| {
            let probes = self.report.in_order();
            let verdicts: Vec<VerdictName> = VerdictName::ALL
                .into_iter()
                .filter(|&verdict| probes.iter().any(|(_, probe)| probe.verdict_count(verdict) > 0))
                .collect();
            let level = self.report.search.question().level.as_f64();
            let rows: Vec<Vec<String>> = probes
                .iter()
                .map(|(position, probe)| {
                    let mut row = vec![
                        self.report.written(*position),
                        probe.seed_count().to_string(),
                        probe.count.to_string(),
                        human::percent(probe.share()),
                        interval_text(probe.interval, level),
                        probe.side.name().to_owned(),
                    ];
                    row.extend(verdicts.iter().map(|&verdict| probe.verdict_count(verdict).to_string()));
                    row
                })
                .collect();
            let mut headings = vec!["value", "seeds", "count", "share", "interval", "side"];
            headings.extend(verdicts.iter().map(|verdict| verdict.name()));
            table(out, "Every value", &headings, &rows);
            let note = format!("The count is that of the seeds that {}.", self.report.ends_so());
            out.words("p", &[("class", "note")], &note);
        });
    }

    fn reproduce(&self, out: &mut Markup) {
        section(out, "reproduce", "Reproduce it", |out| {
            command(
                out,
                "The same model, seeds and version give the same bytes on every machine.",
                self.replay,
            );
            if let Some([below, above]) = self.one_run {
                command(out, "A run below the boundary, and one above:", &format!("{below}\n{above}"));
            }
            let question = self.report.search.question();
            let rows = [
                ("Version", format!("metastable {}", env!("CARGO_PKG_VERSION"))),
                ("Tolerance", question.tolerance.to_string().replace('%', " %")),
                ("Seeds of a value", format!("at most {}", question.seeds_max)),
            ];
            facts(out, &rows);
        });
    }
}
