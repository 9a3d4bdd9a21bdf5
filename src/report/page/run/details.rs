//! What stands at the end of the report of a run: figures, faults, settings, how to reproduce it.

use super::RunPage;
use crate::analysis::Figures;
use crate::report::human;
use crate::report::page::shell::{facts, section, table};
use crate::report::sparkline::Charset;
use crate::report::steady::steady_table;
use crate::report::svg::Markup;
use crate::report::terminal::{objectives_table, tables};

impl RunPage<'_> {
    pub(super) fn figures(&self, out: &mut Markup, figures: &Figures) {
        section(out, "figures", "Figures", |out| {
            let objectives = objectives_table(self.objectives);
            if !objectives.rows.is_empty() {
                out.words("h3", &[], "Objectives");
                table(out, "Objectives", &objectives.headings, &objectives.rows);
            }
            let span = [self.run.warmup, self.run.duration].map(|it| human::instant(it.as_ns()));
            out.words("p", &[], &format!("From {} to {}.", span[0], span[1]));
            let steady = steady_table(self.run, Charset::Unicode);
            let all = tables(figures, Charset::Unicode).into_iter().chain([steady]);
            for it in all.filter(|it| !it.rows.is_empty()) {
                table(out, &format!("Figures by {}", it.headings[0]), &it.headings, &it.rows);
                if !it.note.is_empty() {
                    out.words("p", &[("class", "note")], &it.note);
                }
            }
        });
    }

    pub(super) fn faults(&self, out: &mut Markup) {
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

    pub(super) fn settings(&self, out: &mut Markup) {
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

    pub(super) fn reproduce(&self, out: &mut Markup) {
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
            facts(out, &rows);
        });
    }
}
