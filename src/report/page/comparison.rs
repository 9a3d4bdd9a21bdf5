//! The report of a comparison: which variant, how sure that is, and what it gives and costs.

use super::course::{Series, chart, line};
use super::data::json;
use super::figures::Figure;
use super::shell::{Head, Shell, claims, figure, footer, section, table};
use super::words::stopped;
use crate::analysis::{CONFIDENCE, Comparison, clopper_pearson};
use crate::model::{Metric, Unit, VerdictName};
use crate::observe::Run;
use crate::report::columns;
use crate::report::comparison::{ComparisonReport, compared, word};
use crate::report::human;
use crate::report::sparkline::Charset;
use crate::report::svg::{
    Bar, BarChart, Chart, Colour, Estimated, ForestPlot, Line, Markup, Measure, Part, Shape,
};

/// All that the report of a comparison says.
#[derive(Clone, Copy, Debug)]
pub struct ComparisonPage<'a> {
    /// What was compared, and what came out.
    pub report: ComparisonReport<'a>,
    /// One run of each variant, all under [`ComparisonPage::telling_seed`].
    pub sightings: &'a [Sighting],
    /// The command that gives the same comparison again.
    pub replay: &'a str,
    /// The command that shows one run of the best variant.
    pub one_run: &'a str,
}

/// A run of a variant.
#[derive(Clone, PartialEq, Debug)]
pub struct Sighting {
    /// Which variant, by its position.
    pub variant: usize,
    /// The run.
    pub run: Run,
}

/// Metrics whose differences are drawn, what they are, and in which direction they are better.
const DIFFERENCES: [(Metric, &str, [&str; 2]); 4] = [
    (Metric::Goodput, "Goodput, requests per second", ["← less", "more →"]),
    (Metric::P99, "p99 of the latency", ["← faster", "slower →"]),
    (Metric::Recovery, "Time to recovery", ["← sooner", "later →"]),
    (Metric::Attempts, "Attempts per request", ["← cheaper", "dearer →"]),
];
const WIDE: f64 = 760.0;
const NARROW: f64 = 360.0;

impl ComparisonPage<'_> {
    /// The seed under which a run of each variant tells most: the first under which one survives and another does not, or else the first of all.
    pub fn telling_seed(comparison: &Comparison, first_seed: u64) -> u64 {
        let seeds = comparison.observations.first().map_or(&[][..], |of| of);
        let differ = |index: &usize| {
            let mut survives = comparison.observations.iter().map(|of| of[*index].verdict.is_good());
            let first = survives.next();
            survives.any(|other| Some(other) != first)
        };
        (0..seeds.len()).find(differ).map_or(first_seed, |index| seeds[index].seed)
    }

    /// The whole file.
    pub fn html(&self) -> String {
        let mut charts = self.goodput();
        for (index, chart) in charts.iter_mut().enumerate() {
            chart.name = format!("c{}", index + 1);
        }
        let data = self.sightings.first().map(|sighting| json(&sighting.run, charts.iter(), None));
        let mut body = Markup::new();
        self.head(&mut body);
        body.element("main", &[], |out| {
            out.line();
            self.survival(out);
            self.courses(out, &charts);
            self.differences(out);
            self.metrics(out);
            self.claims(out);
            self.variants(out);
            self.reproduce(out);
        });
        footer(&mut body, env!("CARGO_PKG_VERSION"), "deterministic simulations");
        let title = format!("{}: {}", self.report.spoken().word, self.report.name);
        Shell { title: &title, body, data: data.as_deref() }.into_html()
    }

    /// The drawings that a paper or a slide would show.
    pub fn drawings(&self) -> Vec<Figure> {
        let bars = self.bars("verdicts", WIDE);
        let mut drawings = vec![Figure::new("verdicts", &bars.title, &bars.description, &bars.svg())];
        for plot in self.forests("differences", NARROW * 1.3) {
            drawings.push(Figure::new("differences", &plot.title, &plot.description, &plot.svg()));
        }
        drawings.extend(self.goodput().into_iter().map(|chart| Figure::of_chart(chart, "goodput")));
        Figure::numbered(drawings)
    }

    fn head(&self, out: &mut Markup) {
        let spoken = self.report.spoken();
        let seeds = self.report.comparison.seed_count();
        let first = self.report.experiment.first_seed;
        let claim = &self.report.experiment.claim;
        let meanings = if claim.is_empty() { Vec::new() } else { vec![format!("The claim: {claim}")] };
        let head = Head {
            of: (self.report.name, format!(", seeds {first} to {}", first + seeds.max(1) - 1)),
            tone: spoken.tone,
            word: spoken.word.clone(),
            sentence: stopped(&spoken.sentence),
            meanings,
            tiles: Vec::new(),
        };
        head.write(out);
    }

    fn name(&self, variant: usize) -> &str {
        &self.report.comparison.names[variant]
    }

    fn bars(&self, name: &str, width: f64) -> BarChart {
        let comparison = self.report.comparison;
        let seeds = comparison.seed_count();
        let bar = |variant: usize| {
            // From good to bad, so that what survives is one stretch, and the interval is about its end.
            let parts = VerdictName::ALL.into_iter().enumerate().filter_map(|(colour, verdict)| {
                let count = comparison.verdict_count(variant, verdict);
                (count > 0).then(|| Part {
                    label: verdict.name().to_owned(),
                    share: count as f64 / seeds as f64,
                    text: count.to_string(),
                    colour,
                })
            });
            let survivals = comparison.survivals(variant);
            let (low, high) = clopper_pearson(survivals, seeds, CONFIDENCE);
            let note = format!(
                "survives {} of {seeds} ({:.0} to {:.0} %)",
                survivals,
                (low * 100.0).floor(),
                (high * 100.0).ceil()
            );
            let baseline = if variant == comparison.baseline { " (baseline)" } else { "" };
            Bar {
                name: format!("{}{baseline}", self.name(variant)),
                note,
                parts: parts.collect(),
                interval: Some((low, high)),
            }
        };
        let bars: Vec<Bar> = (0..comparison.variant_count()).map(bar).collect();
        let spoken: Vec<String> = bars.iter().map(|bar| format!("{}: {}", bar.name, bar.note)).collect();
        BarChart {
            name: name.to_owned(),
            title: "How often each variant survives".to_owned(),
            description: format!("{}.", spoken.join("; ")),
            bars,
            width,
        }
    }

    fn survival(&self, out: &mut Markup) {
        section(out, "verdicts", "How often each variant survives", |out| {
            out.words("p", &[], "Of all seeds, how many end with which verdict. The bracket is the exact 95 % interval of the share that survives.");
            let drawings =
                [("wide", self.bars("b-w", WIDE).svg()), ("narrow", self.bars("b-n", NARROW).svg())];
            figure(out, "bars", "", &drawings);
        });
    }

    /// Goodput of each variant under the same seed, on the same scale.
    fn goodput(&self) -> Vec<Chart> {
        let charts = self.sightings.iter().filter_map(|Sighting { variant, run }| {
            let (mut offered, mut good): (Vec<Option<f64>>, Vec<Option<f64>>) = (Vec::new(), Vec::new());
            for series in &run.workloads {
                let rows = Series { run, groups: columns::WORKLOADS, threads: None, rows: &series.rows };
                add(&mut offered, [rows.values("offered"), rows.values("extra_offered")]);
                add(&mut good, [rows.values("good"), rows.values("extra_good")]);
            }
            let lines = vec![
                line("goodput", Colour::Series(0), good),
                Line { shape: Shape::Area, ..line("offered", Colour::Wanted, offered) },
            ];
            let seen =
                self.report.comparison.observations[*variant].iter().find(|seen| seen.seed == run.seed);
            let verdict = seen.map_or_else(String::new, |seen| format!(": {}", seen.verdict.name()));
            chart(
                run,
                &format!("{}{verdict}", self.name(*variant)),
                Measure::Number,
                "requests per second",
                "",
                lines,
            )
        });
        let mut charts: Vec<Chart> = charts.collect();
        let highest =
            charts.iter().flat_map(|chart| &chart.lines).flat_map(|line| line.values.iter().flatten());
        let highest = highest.copied().fold(0.0, f64::max);
        for chart in &mut charts {
            chart.at_least = highest;
        }
        charts
    }

    fn courses(&self, out: &mut Markup, charts: &[Chart]) {
        let Some(sighting) = self.sightings.first() else { return };
        section(out, "courses", "One run of each", |out| {
            out.words("p", &[], &format!("Offered load and goodput under seed {}, all on the same scale. The shaded time is that of the trigger.", sighting.run.seed));
            out.element("div", &[("class", "grid")], |out| {
                for chart in charts {
                    figure(out, "chart", &chart.title, &[("", chart.svg())]);
                }
            });
        });
    }

    fn forests(&self, name: &str, width: f64) -> Vec<ForestPlot> {
        let comparison = self.report.comparison;
        let baseline = comparison.baseline;
        let plots = DIFFERENCES.iter().enumerate().filter_map(|(index, (metric, title, sides))| {
            let others = (0..comparison.variant_count()).filter(|&variant| variant != baseline);
            let rows = others.filter_map(|variant| {
                let estimate = comparison.difference(variant, baseline, *metric)?;
                let partial = if estimate.count < comparison.seed_count() { "*" } else { "" };
                Some(Estimated {
                    name: self.name(variant).to_owned(),
                    note: compared(&estimate, metric.unit(), Charset::Unicode) + partial,
                    mean: estimate.mean,
                    interval: estimate.interval(CONFIDENCE),
                    is_vague: estimate.clear_sign(CONFIDENCE).is_none(),
                })
            });
            let rows: Vec<Estimated> = rows.collect();
            let spoken: Vec<String> = rows.iter().map(|row| format!("{}: {}", row.name, row.note)).collect();
            let measure = if metric.unit() == Unit::Seconds { Measure::Seconds } else { Measure::Number };
            (!rows.is_empty()).then(|| ForestPlot {
                name: format!("{name}{index}"),
                title: (*title).to_owned(),
                description: format!("Less {}: {}.", self.name(baseline), spoken.join("; ")),
                sides: (sides[0].to_owned(), sides[1].to_owned()),
                measure,
                rows,
                width,
            })
        });
        plots.collect()
    }

    fn differences(&self, out: &mut Markup) {
        let plots = self.forests("f", NARROW);
        if plots.is_empty() {
            return;
        }
        let baseline = self.name(self.report.comparison.baseline);
        section(out, "differences", "What changes", |out| {
            let text = format!(
                "Each variant less {baseline}, seed by seed: the mean difference, and its 95 % interval. A hollow dot may as well be no difference.",
            );
            out.words("p", &[], &text);
            out.element("div", &[("class", "grid")], |out| {
                for plot in &plots {
                    figure(out, "forest", &plot.title, &[("", plot.svg())]);
                }
            });
        });
    }

    fn metrics(&self, out: &mut Markup) {
        section(out, "metrics", "Figures", |out| {
            let mut tables = vec![self.report.survival_table(), self.report.metrics_table(Charset::Unicode)];
            if self.report.comparison.variant_count() > 1 {
                tables.push(self.report.differences_table(Charset::Unicode));
            }
            for it in tables {
                table(out, &format!("Figures by {}", it.headings[0]), &it.headings, &it.rows);
                if !it.note.is_empty() {
                    out.words("p", &[("class", "note")], &stopped(&it.note));
                }
            }
        });
    }

    fn claims(&self, out: &mut Markup) {
        if self.report.claims.is_empty() {
            return;
        }
        section(out, "claims", "What was claimed", |out| {
            let judged = self.report.claims.iter().map(|claim| {
                let (tone, finding) = word(claim.finding);
                (tone, finding, claim.name.clone(), stopped(&self.report.claim_evidence(claim)))
            });
            claims(out, judged);
        });
    }

    fn variants(&self, out: &mut Markup) {
        section(out, "variants", "The variants", |out| {
            let rows: Vec<Vec<String>> = self
                .report
                .variants
                .iter()
                .enumerate()
                .map(|(variant, identity)| {
                    let change = if identity.arguments.is_empty() {
                        "the model as it is"
                    } else {
                        &identity.arguments
                    };
                    vec![
                        self.name(variant).to_owned(),
                        change.to_owned(),
                        identity.digest.chars().take(16).collect(),
                    ]
                })
                .collect();
            table(out, "The variants", &["variant", "change", "model digest"], &rows);
        });
    }

    fn reproduce(&self, out: &mut Markup) {
        section(out, "reproduce", "Reproduce it", |out| {
            out.words("p", &[], "The same models, seeds and version give the same bytes on every machine.");
            out.words("pre", &[("tabindex", "0")], self.replay);
            let best = self.name(self.report.answer.best);
            out.words("p", &[], &format!("One run of {best}:"));
            out.words("pre", &[("tabindex", "0")], self.one_run);
            out.words(
                "p",
                &[("class", "note")],
                &format!(
                    "metastable {}; {} seeds",
                    env!("CARGO_PKG_VERSION"),
                    human::count(self.report.comparison.seed_count())
                ),
            );
        });
    }
}

fn add(sum: &mut Vec<Option<f64>>, more: [Vec<Option<f64>>; 2]) {
    for values in more {
        sum.resize(sum.len().max(values.len()), Some(0.0));
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum = Some(sum.unwrap_or(0.0) + value.unwrap_or(0.0));
        }
    }
}
