//! Where it happened: who calls whom, before, during and after, and what fails and is busy over time.

use super::RunPage;
use crate::analysis::Figures;
use crate::report::page::heat;
use crate::report::page::overview::{NARROW, WIDE};
use crate::report::page::shell::{figure, section};
use crate::report::page::topology::{graph, moments, phases, shown, steps};
use crate::report::svg::{HeatMap, Markup, number};

impl RunPage<'_> {
    /// What the graph shows at each moment, for the script; `None` if the run is too short for more than one.
    pub(super) fn moments(&self, figures: &Figures) -> Option<String> {
        let steps = steps(self.run);
        (!steps.is_empty()).then(|| moments(self.run, &shown(self.run, figures).0, &steps))
    }

    pub(super) fn place(&self, out: &mut Markup, figures: &Figures) {
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
            // What it is like in between only a script can show.
            if !steps(self.run).is_empty() {
                out.element("div", &[("id", "moment")], |_| {});
            }
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
}
