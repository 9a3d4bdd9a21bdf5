//! The report of a run: the verdict, what happened, where, and why.

mod details;
mod place;

use super::components::{Component, Kind, kinds};
use super::data::json;
use super::figures::Figure;
use super::heat;
use super::overview::{NARROW, WIDE, amplification, backlog, tiles, waste, workloads};
use super::shell::{Head, Shell, figure, footer, section};
use super::story::told;
use super::topology::{graph, moment, phases, shown};
use super::words::{capitalised, prefix, stopped, suffix};
use crate::analysis::{Figures, Judgement, ObjectiveJudgement};
use crate::observe::{Run, Violation};
use crate::report::human;
use crate::report::summary::Summary;
use crate::report::svg::{Chart, HeatMap, Markup};
use crate::report::terminal::Tone;

/// All that the report of a run says.
#[derive(Clone, Copy, Debug)]
pub struct RunPage<'a> {
    /// What stands in `summary.json`.
    pub summary: &'a Summary,
    /// What the model says of itself.
    pub description: &'a str,
    /// The run.
    pub run: &'a Run,
    /// The same without the triggers.
    pub twin: Option<&'a Run>,
    /// What was found.
    pub judgement: Option<&'a Judgement>,
    /// What was promised.
    pub objectives: &'a [ObjectiveJudgement],
    /// The effective model, each value with its origin.
    pub explanation: &'a str,
    /// What `check` has to say about the model; empty: nothing.
    pub findings: &'a str,
    /// The laws of conservation that were violated, if they were checked.
    pub violations: Option<&'a [Violation]>,
    /// The command that gives the same result again.
    pub replay: &'a str,
}

/// The charts of the page, each with its name.
struct Charts {
    workloads: Vec<Chart>,
    trouble: Vec<Chart>,
    kinds: Vec<Kind>,
}

impl Charts {
    fn new(page: &RunPage<'_>, figures: &Figures) -> Self {
        let run = page.run;
        let hold = page.hold();
        let trouble = [amplification(run, figures, hold), waste(run, figures), backlog(run)];
        let trouble = trouble.into_iter().flatten().collect();
        let mut charts = Self { workloads: workloads(run, page.twin), trouble, kinds: kinds(run, figures) };
        for (index, chart) in charts.all_mut().enumerate() {
            chart.name = format!("c{}", index + 1);
        }
        charts
    }

    fn all(&self) -> impl Iterator<Item = &Chart> + Clone {
        let components = self.kinds.iter().flat_map(|kind| &kind.components);
        let of_components = components.flat_map(|component| &component.charts);
        self.workloads.iter().chain(&self.trouble).chain(of_components)
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Chart> {
        let components = self.kinds.iter_mut().flat_map(|kind| &mut kind.components);
        let of_components = components.flat_map(|component| &mut component.charts);
        self.workloads.iter_mut().chain(&mut self.trouble).chain(of_components)
    }
}

impl RunPage<'_> {
    /// The whole file.
    pub fn html(&self) -> String {
        let figures = Figures::new(self.run);
        let charts = Charts::new(self, &figures);
        let moments = self.moments(&figures);
        let data = json(self.run, charts.all(), moments.as_deref());
        let mut body = Markup::new();
        self.head(&mut body, &figures);
        body.element("main", &[], |out| {
            out.line();
            self.course(out, &charts);
            self.story(out);
            self.place(out, &figures);
            section(out, "amplification", "What keeps it busy", |out| {
                let text = "Amplification is how many attempts a call takes, wasted work what was done for somebody who waited no more, and the backlog what is inside \
                            all services together.";
                out.words("p", &[], text);
                out.element("div", &[("class", "grid")], |out| small(out, &charts.trouble));
            });
            for kind in &charts.kinds {
                components(out, kind);
            }
            self.figures(out, &figures);
            self.faults(out);
            self.settings(out);
            self.reproduce(out);
        });
        footer(&mut body, self.summary.version, "a deterministic simulation");
        let title = format!("{}: {}, seed {}", self.word(), self.summary.model.name, self.run.seed);
        Shell { title: &title, body, data: Some(&data) }.into_html()
    }

    /// The drawings that a paper or a slide would show.
    pub fn drawings(&self) -> Vec<Figure> {
        let figures = Figures::new(self.run);
        let mut drawings = Vec::new();
        for chart in workloads(self.run, self.twin) {
            drawings
                .push(Figure::of_chart(Chart { size: (760.0, 280.0), is_direct: true, ..chart }, "goodput"));
        }
        let amplified = amplification(self.run, &figures, self.hold());
        drawings.extend(amplified.map(|chart| Figure::of_chart(chart, "amplification")));
        drawings.extend(waste(self.run, &figures).map(|chart| Figure::of_chart(chart, "wasted-work")));
        drawings.extend(backlog(self.run).map(|chart| Figure::of_chart(chart, "backlog")));
        for map in self.maps(&figures) {
            let map = heat::sized(map, self.run, 760.0);
            drawings.push(Figure::new(&map.name, &map.title, &map.description, &map.svg()));
        }
        let (names, _) = shown(self.run, &figures);
        let phases = phases(self.run, self.judgement);
        for (phase, file) in phases.iter().zip(["before", "trigger", "end"]) {
            let file = if phases.len() == 1 { "topology".to_owned() } else { format!("topology-{file}") };
            let graph = graph(self.run, phase, &names, "topology");
            drawings.push(Figure::new(&file, &phase.title, &graph.description, &graph.svg()));
        }
        for kind in kinds(self.run, &figures) {
            for chart in kind.components.into_iter().flat_map(|component| component.charts) {
                drawings.push(Figure::of_chart(chart, kind.id));
            }
        }
        Figure::numbered(drawings)
    }

    /// The heat maps that have rows: file, title, rows.
    fn maps(&self, figures: &Figures) -> Vec<HeatMap> {
        let maps = [
            heat::map(
                self.run,
                "failures",
                "Share of requests and calls that fail",
                heat::failures(self.run, figures),
            ),
            HeatMap {
                levels: heat::BUSY,
                ..heat::map(self.run, "load", "Share of the threads in use", heat::load(self.run, figures))
            },
        ];
        maps.into_iter().filter(|map| !map.rows.is_empty()).collect()
    }

    /// How many rows goodput must hold at least, which is also how long a stretch must be to count.
    fn hold(&self) -> usize {
        (self.summary.judge.hold_intervals as usize).clamp(1, self.run.row_count().max(1))
    }

    fn verdict(&self) -> &str {
        self.summary.judgement.verdict.as_deref().unwrap_or("not judged")
    }

    fn word(&self) -> String {
        self.verdict().to_uppercase()
    }

    fn head(&self, out: &mut Markup, figures: &Figures) {
        let judged = &self.summary.judgement;
        let sentence =
            judged.sentence.strip_prefix(&format!("{}: ", self.verdict())).unwrap_or(&judged.sentence);
        let mut meanings = vec![meaning(self.verdict()).to_owned()];
        if !self.description.is_empty() {
            meanings.push(format!("The model: {}", self.description));
        }
        let duration = human::instant(self.run.duration.as_ns());
        let head = Head {
            of: (&self.summary.model.name, format!(", seed {}, {duration} simulated", self.run.seed)),
            tone: Tone::of(self.verdict()),
            word: self.word(),
            sentence: stopped(&capitalised(sentence)),
            meanings,
            tiles: tiles(self.summary, figures),
        };
        head.write(out);
    }

    fn course(&self, out: &mut Markup, charts: &Charts) {
        section(out, "course", "Offered load and goodput", |out| {
            let twin = if self.twin.is_some() {
                " The twin is the same system with the same arrivals, without the trigger."
            } else {
                ""
            };
            let text = format!(
                "Goodput is what succeeds while somebody still waits for it. The shaded time is that of the trigger.{twin}"
            );
            out.words("p", &[], &text);
            for chart in &charts.workloads {
                let wide =
                    Chart { name: format!("{}-w", chart.name), size: WIDE, is_direct: true, ..chart.clone() };
                let narrow = Chart { name: format!("{}-n", chart.name), size: NARROW, ..chart.clone() };
                let heading = if charts.workloads.len() > 1 { prefix(&chart.title) } else { "" };
                figure(out, "hero", heading, &[("wide", wide.svg()), ("narrow", narrow.svg())]);
            }
            let left_out = self.run.workloads.len() - charts.workloads.len();
            if left_out > 0 {
                out.words("p", &[], &format!("And {left_out} workloads that fared better."));
            }
        });
    }

    fn story(&self, out: &mut Markup) {
        let hold = self.hold();
        let episodes = told(self.run, self.twin, hold, self.summary.judge.relapse_ratio);
        if episodes.is_empty() {
            return;
        }
        section(out, "story", "What happened, in order", |out| {
            let text = format!(
                "Each line is the longest stretch in which it was so, looked at through a window of {}.",
                human::instant(self.run.interval.as_ns().saturating_mul(hold as u64))
            );
            out.words("p", &[], &text);
            out.element("ol", &[("class", "story")], |out| {
                for episode in &episodes {
                    let end = episode
                        .end_ns
                        .map_or_else(|| "to the end".to_owned(), |end| format!("to {}", moment(end)));
                    let class = if episode.is_trigger { "trigger" } else { "" };
                    out.element("li", &[("class", class)], |out| {
                        let when = format!("{} {end}", moment(episode.begin_ns));
                        out.words("span", &[("class", "when")], &when);
                        out.words("span", &[], &capitalised(&episode.what));
                    });
                    out.line();
                }
            });
        });
    }
}

/// What a verdict means, for who has not met it.
fn meaning(verdict: &str) -> &'static str {
    match verdict {
        "healthy" => "There was no trigger, and the requests succeed.",
        "unaffected" => "The trigger never brought goodput down.",
        "recovered" => "Goodput fell, and came back for good after the trigger had gone.",
        "metastable" => "The cause is gone, and the system stays down: it is kept there by itself.",
        "unstable" => "The system fails even without a trigger.",
        "undecided" => "The run does not tell whether the system comes back.",
        _ => "Without a twin to compare it with, a run with triggers has no verdict.",
    }
}

fn small(out: &mut Markup, charts: &[Chart]) {
    for chart in charts {
        figure(out, "chart", &chart.title, &[("", chart.svg())]);
    }
}

/// The components of a kind: the most troubled one open, the others a click away.
fn components(out: &mut Markup, kind: &Kind) {
    section(out, kind.id, kind.heading, |out| {
        for (index, Component { name, note, charts }) in kind.components.iter().enumerate() {
            let open: &[(&str, &str)] = if index == 0 { &[("open", "open")] } else { &[] };
            out.element("details", open, |out| {
                out.element("summary", &[], |out| {
                    out.words("h3", &[], name);
                    out.text(" ");
                    out.words("span", &[("class", "note")], note);
                });
                out.line();
                out.element("div", &[("class", "grid")], |out| {
                    for chart in charts {
                        figure(out, "chart", suffix(&chart.title), &[("", chart.svg())]);
                    }
                });
            });
            out.line();
        }
        if kind.left_out > 0 {
            out.words("p", &[], &format!("And {} with less trouble, in the CSV files.", kind.left_out));
        }
    });
}
