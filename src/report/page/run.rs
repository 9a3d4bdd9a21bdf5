//! The report of a run: the verdict, what happened, where, and why.

use super::components::{Component, Kind, kinds};
use super::data::json;
use super::figures::Figure;
use super::heat;
use super::overview::{NARROW, WIDE, amplification, backlog, tiles, waste, workloads};
use super::shell::{Shell, figure, section, table};
use super::story::told;
use super::topology::{graph, moment, phases, shown};
use crate::analysis::{Figures, Judgement, ObjectiveJudgement};
use crate::observe::{Run, Violation};
use crate::report::human;
use crate::report::sparkline::Charset;
use crate::report::summary::Summary;
use crate::report::svg::{Chart, HeatMap, Markup, number};
use crate::report::terminal::{Tone, objectives_table, tables};

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
        let data = json(self.run, charts.all());
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
        body.raw("\n<footer><p>");
        body.text(&format!("Written by metastable {}: a deterministic simulation; nothing in it was measured on a real system.", self.summary.version));
        body.raw("</p></footer>\n");
        let title = format!("{}: {}, seed {}", self.word(), self.summary.model.name, self.run.seed);
        Shell { title: &title, body, data: &data }.into_html()
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
        let tone = match Tone::of(self.verdict()) {
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Unclear => "unclear",
        };
        out.element("header", &[], |out| {
            out.element("p", &[("class", "model")], |out| {
                out.words("strong", &[], &self.summary.model.name);
                out.text(&format!(", seed {}", self.run.seed));
                out.text(&format!(", {} simulated", human::instant(self.run.duration.as_ns())));
            });
            out.element("h1", &[], |out| {
                out.words("span", &[("class", &format!("verdict {tone}"))], &self.word());
            });
            out.words("p", &[("class", "sentence")], &stopped(&capitalised(sentence)));
            out.words("p", &[("class", "meaning")], meaning(self.verdict()));
            if !self.description.is_empty() {
                out.words("p", &[("class", "meaning")], &format!("The model: {}", self.description));
            }
            out.element("dl", &[("class", "tiles")], |out| {
                for tile in tiles(self.summary, figures) {
                    out.element("div", &[], |out| {
                        out.words("dt", &[], tile.name);
                        out.words("dd", &[("class", "value")], &tile.value);
                        out.words("dd", &[], &tile.note);
                    });
                }
            });
        });
        out.line();
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

    fn place(&self, out: &mut Markup, figures: &Figures) {
        section(out, "topology", "Where it happened", |out| {
            let text = "Round boxes are workloads, square ones services, and arrows calls. The colour of a box, in the steps of the first legend below, is the share of what is asked of it that fails. \
                        An arrow is the thicker the more attempts a call takes, and says how many if it takes more than one.";
            out.words("p", &[], text);
            let (names, left_out) = shown(self.run, figures);
            out.element("div", &[("class", "phases")], |out| {
                for (index, phase) in phases(self.run, self.judgement).iter().enumerate() {
                    let graph = graph(self.run, phase, &names, &format!("g{index}"));
                    // As wide as it wants to be, or as there is room; before its letters get too small it is moved under its frame.
                    let width = graph.width();
                    let (full, least) = (
                        format!("width:{}px", number(width)),
                        format!("min-width:{}px", number(width * 0.85)),
                    );
                    out.element("figure", &[("class", "phase"), ("style", &full)], |out| {
                        out.words("figcaption", &[], &phase.title);
                        let region = [
                            ("class", "scroll"),
                            ("tabindex", "0"),
                            ("role", "region"),
                            ("aria-label", &phase.title),
                        ];
                        out.element("div", &region, |out| {
                            out.element("div", &[("style", &least)], |out| out.raw(&graph.svg()));
                        });
                    });
                    out.line();
                }
            });
            if left_out > 0 {
                out.words("p", &[], &format!("And {left_out} components with less trouble."));
            }
            for map in self.maps(figures) {
                let drawn = |suffix: &str, width| {
                    let named = HeatMap { name: format!("{}-{suffix}", map.name), ..map.clone() };
                    heat::sized(named, self.run, width).svg()
                };
                let drawings = [("wide", drawn("w", WIDE.0)), ("narrow", drawn("n", NARROW.0))];
                figure(out, "map", &map.title, &drawings);
            }
        });
    }

    fn figures(&self, out: &mut Markup, figures: &Figures) {
        section(out, "figures", "Figures", |out| {
            let objectives = objectives_table(self.objectives);
            if !objectives.rows.is_empty() {
                out.words("h3", &[], "Objectives");
                table(out, "Objectives", &objectives.headings, &objectives.rows);
            }
            let span = [self.run.warmup, self.run.duration].map(|it| human::instant(it.as_ns()));
            out.words("p", &[], &format!("From {} to {}.", span[0], span[1]));
            for it in tables(figures, Charset::Unicode).into_iter().filter(|it| !it.rows.is_empty()) {
                table(out, &format!("Figures by {}", it.headings[0]), &it.headings, &it.rows);
                if !it.note.is_empty() {
                    out.words("p", &[("class", "note")], &it.note);
                }
            }
        });
    }

    fn faults(&self, out: &mut Markup) {
        /// A list of thousands is for the file.
        const SHOWN_MAX: usize = 50;
        let faults = &self.summary.faults;
        section(out, "faults", "Faults", |out| {
            if faults.is_empty() {
                out.words("p", &[], "Nothing went wrong by itself: the model has no faults.");
                return;
            }
            let rows: Vec<Vec<String>> = faults
                .iter()
                .take(SHOWN_MAX)
                .map(|fault| {
                    let instances: Vec<String> =
                        fault.instances.iter().take(20).map(u32::to_string).collect();
                    let more = if fault.instances.len() > 20 { ", …" } else { "" };
                    let role = match fault.role {
                        crate::mechanism::fault::Role::Trigger => "trigger",
                        crate::mechanism::fault::Role::Background => "background",
                    };
                    vec![
                        fault.name.clone(),
                        fault.kind.to_owned(),
                        role.to_owned(),
                        fault.at.clone(),
                        fault.duration.clone().unwrap_or_else(|| "to the end".to_owned()),
                        fault.target.clone(),
                        instances.join(", ") + more,
                    ]
                })
                .collect();
            let headings = ["fault", "kind", "role", "at", "duration", "hits", "instances"];
            table(out, "Faults as they happened", &headings, &rows);
            if faults.len() > SHOWN_MAX {
                let text = format!("And {} more, in summary.json.", faults.len() - SHOWN_MAX);
                out.words("p", &[("class", "note")], &text);
            }
        });
    }

    fn settings(&self, out: &mut Markup) {
        section(out, "settings", "Settings in force", |out| {
            out.words("p", &[], "Every value of the model, and where it comes from: a line of its file, the command line, or a default.");
            out.element("details", &[], |out| {
                out.words("summary", &[], "The whole model");
                let region = [("tabindex", "0"), ("role", "region"), ("aria-label", "The whole model")];
                out.element("pre", &region, |out| {
                    for line in self.explanation.lines() {
                        let (value, origin) = line.rfind("  # ").map_or((line, ""), |at| line.split_at(at));
                        out.text(value);
                        if !origin.is_empty() {
                            out.words("span", &[("class", "note")], origin);
                        }
                        out.line();
                    }
                });
            });
            out.words("h3", &[], "What was checked");
            if self.findings.is_empty() {
                out.words("p", &[], "The check of the model has nothing to say about it.");
            } else {
                out.words("p", &[], "The check of the model says:");
                out.words("pre", &[("tabindex", "0")], self.findings);
            }
            match self.violations {
                None => out.words("p", &[], "The laws of conservation were not checked; --check does that."),
                Some([]) => out.words(
                    "p",
                    &[],
                    "The laws of conservation were checked all through the run, and hold.",
                ),
                Some(violations) => {
                    out.words(
                        "p",
                        &[],
                        "The run violates laws of conservation, which is a defect of metastable:",
                    );
                    out.element("ul", &[], |out| {
                        for violation in violations.iter().take(20) {
                            let at = human::instant(violation.at.as_ns());
                            out.words("li", &[], &format!("{at}: {}", violation.law));
                        }
                    });
                }
            }
        });
    }

    fn reproduce(&self, out: &mut Markup) {
        section(out, "reproduce", "Reproduce it", |out| {
            out.words("p", &[], "The same model, seed and version give the same bytes on every machine.");
            out.words("pre", &[("tabindex", "0")], self.replay);
            let rows = [
                ("Model", self.summary.model.name.clone()),
                ("Seed", self.run.seed.to_string()),
                ("Version", format!("metastable {}", self.summary.version)),
                ("Model digest", self.summary.model.digest.clone()),
                ("Run digest", self.summary.actual.digest.clone()),
                ("Events", self.summary.actual.events.to_string()),
            ];
            out.element("dl", &[("class", "facts")], |out| {
                for (name, value) in rows {
                    out.words("dt", &[], name);
                    out.words("dd", &[], &value);
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

/// With a full stop at its end. What begins with a name of the model keeps it as it is.
pub(super) fn stopped(text: &str) -> String {
    let stop = if text.ends_with('.') { "" } else { "." };
    text.to_owned() + stop
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// A title without what stands before its first colon.
fn suffix(title: &str) -> &str {
    title.split_once(": ").map_or(title, |(_, rest)| rest)
}

/// What stands before the first colon of a title.
fn prefix(title: &str) -> &str {
    title.split_once(": ").map_or(title, |(name, _)| name)
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
