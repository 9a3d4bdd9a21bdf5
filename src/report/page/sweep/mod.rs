//! The report of a sweep: where the system comes back, where it does not, and how sure that is.

mod courses;
mod plane;
mod quantity;
mod sections;

pub(super) use courses::share_ticks;

use self::plane::{Plane, is_doubtful};
use self::quantity::Quantity;
use super::figures::Figure;
use super::shell::{Head, Shell, Tile, footer};
use super::words::{capitalised, stopped};
use crate::model::{Metric, VerdictName};
use crate::report::human;
use crate::report::svg::{GridMap, Markup};
use crate::report::sweep::{CellFigures, SweepReport, TrendClaim, counted, sentence};
use crate::report::terminal::Tone;

/// All that the report of a sweep says. It is made of cells and never of runs, so that it is as large for a million of them.
#[derive(Clone, Copy, Debug)]
pub struct SweepPage<'a> {
    /// What was swept over.
    pub report: SweepReport<'a>,
    /// What came out, by cell.
    pub cells: &'a [CellFigures],
    /// What was expected.
    pub claims: &'a [TrendClaim],
    /// The first runs that have no result.
    pub failures: &'a [FailedRun],
    /// The command that gives the same sweep again.
    pub replay: &'a str,
    /// The command that shows one run of a cell that tells most.
    pub one_run: &'a str,
}

/// A run that has no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedRun {
    /// Which cell, for people.
    pub place: String,
    /// The seed.
    pub seed: u64,
    /// `model_error` or `panic`.
    pub status: &'static str,
    /// Why.
    pub message: String,
    /// The command that shows it again.
    pub command: String,
}

/// So many runs without a result are shown.
pub const FAILURES_MAX: usize = 50;
/// The widths of drawings: beside a desk, in a hand, beside others.
const WIDE: f64 = 760.0;
const NARROW: f64 = 360.0;
/// The name of a drawing that is a file.
const ALONE: &str = "figure";
/// More maps of a kind are no overview.
const PLANES_MAX: usize = 12;

impl SweepPage<'_> {
    /// The cell, and its seed, whose run tells most: of those on the edge the first, or else the first of all.
    pub fn telling_cell(cells: &[CellFigures]) -> u64 {
        let from_half = |cell: &CellFigures| cell.survival().map_or(1.0, |share| (share - 0.5).abs());
        let nearest =
            cells.iter().enumerate().min_by(|one, other| from_half(one.1).total_cmp(&from_half(other.1)));
        nearest.map_or(0, |(cell, _)| cell as u64)
    }

    /// The whole file.
    pub fn html(&self) -> String {
        let mut body = Markup::new();
        self.head().write(&mut body);
        body.element("main", &[], |out| {
            out.line();
            self.map(out);
            self.claims(out);
            self.failures(out);
            self.metrics(out);
            self.table(out);
            self.axes(out);
            self.reproduce(out);
        });
        footer(&mut body, env!("CARGO_PKG_VERSION"), "deterministic simulations");
        let title = format!("{}: {}", self.word().1, self.report.name);
        Shell { title: &title, body, data: None }.into_html()
    }

    /// The drawings that a paper or a slide would show.
    pub fn drawings(&self) -> Vec<Figure> {
        let mut drawings = Vec::new();
        let quantities = std::iter::once(self.main_quantity()).chain(self.metrics_that_differ());
        let planes = Plane::all(self);
        for quantity in quantities {
            if let Some(axis) = self.only_axis() {
                let curve = self.curve(axis, quantity, ALONE, (WIDE, 320.0));
                drawings.extend(
                    curve.map(|it| Figure::new(&quantity.file(), &it.title, &it.description, &it.svg())),
                );
            }
            for plane in planes.iter().take(PLANES_MAX) {
                let map = plane.map(self, quantity, ALONE, WIDE);
                drawings.extend(
                    map.map(|it| Figure::new(&quantity.file(), &it.title, &it.description, &it.svg())),
                );
            }
        }
        let threads = self.threads(ALONE, (WIDE, 360.0));
        drawings.extend(threads.map(|it| Figure::new("cells", &it.title, &it.description, &it.svg())));
        Figure::numbered(drawings)
    }

    /// What the map shows: if all that do not survive are metastable, that.
    fn main_quantity(&self) -> Quantity {
        let others =
            VerdictName::ALL.into_iter().filter(|it| !it.is_good() && *it != VerdictName::Metastable);
        let is_other = others.map(|verdict| self.total(verdict)).sum::<u64>() > 0;
        if is_other || self.total(VerdictName::Metastable) == 0 {
            Quantity::Lost
        } else {
            Quantity::Verdict(VerdictName::Metastable)
        }
    }

    /// What else there is to see: the other verdicts, and the metrics that are not the same everywhere.
    fn metrics_that_differ(&self) -> Vec<Quantity> {
        let verdicts = VerdictName::ALL.into_iter().filter(|it| !it.is_good() && self.total(*it) > 0);
        let verdicts = verdicts.map(Quantity::Verdict).filter(|it| *it != self.main_quantity());
        let metrics = Metric::ALL.into_iter().map(Quantity::Metric);
        verdicts.chain(metrics).filter(|it| it.range(self.cells).is_some()).collect()
    }

    fn total(&self, verdict: VerdictName) -> u64 {
        self.cells.iter().map(|cell| Quantity::Verdict(verdict).counted(cell)).sum()
    }

    fn failed(&self) -> u64 {
        self.cells.iter().map(|cell| cell.failed).sum()
    }

    /// The answer in a few words.
    fn word(&self) -> (Tone, String) {
        if self.failed() > 0 {
            return (Tone::Bad, format!("{} FAILED", counted(self.failed(), "RUN").to_uppercase()));
        }
        let count = |tone: Tone| self.claims.iter().filter(|claim| claim.word().0 == tone).count() as u64;
        let (fails, unclear) = (count(Tone::Bad), count(Tone::Unclear));
        if fails > 0 {
            return (
                Tone::Bad,
                format!(
                    "{} FAIL{}",
                    counted(fails, "claim").to_uppercase(),
                    if fails == 1 { "S" } else { "" }
                ),
            );
        }
        if unclear > 0 {
            return (Tone::Unclear, "TOO FEW SEEDS".to_owned());
        }
        if !self.claims.is_empty() {
            return (
                Tone::Good,
                if self.claims.len() == 1 { "THE CLAIM HOLDS" } else { "THE CLAIMS HOLD" }.to_owned(),
            );
        }
        let (all, cells) = (self.share_of_cells(|share| share == 1.0), self.cells.len() as u64);
        let tone = if all == cells {
            Tone::Good
        } else if all == 0 {
            Tone::Bad
        } else {
            Tone::Unclear
        };
        (tone, format!("{all} OF {} SURVIVE", counted(cells, "cell").to_uppercase()))
    }

    fn share_of_cells(&self, is_so: impl Fn(f64) -> bool) -> u64 {
        self.cells.iter().filter(|cell| cell.survival().is_some_and(&is_so)).count() as u64
    }

    fn head(&self) -> Head<'_> {
        let layout = self.report.layout;
        let (tone, word) = self.word();
        let claim = &self.report.experiment.claim;
        let last = layout.first_seed + layout.seeds.max(1) - 1;
        Head {
            of: (
                self.report.name,
                format!(
                    ", {}, seeds {} to {last}",
                    counted(self.cells.len() as u64, "cell"),
                    layout.first_seed
                ),
            ),
            tone,
            word,
            sentence: stopped(&capitalised(&sentence(self.cells))),
            meanings: if claim.is_empty() { Vec::new() } else { vec![format!("The claim: {claim}")] },
            tiles: self.tiles(),
        }
    }

    fn tiles(&self) -> Vec<Tile> {
        let judged: u64 = self.cells.iter().map(|cell| cell.judged).sum();
        let mut tiles = Vec::new();
        let mut tile = |name, value, note: &str| tiles.push(Tile { name, value, note: note.to_owned() });
        let all = |verdict: VerdictName| self.total(verdict) as f64 / judged.max(1) as f64;
        tile("Runs", human::count(judged + self.failed()), "cells times seeds");
        let shares = [
            ("Recovered", VerdictName::Recovered, "of all runs"),
            ("Metastable", VerdictName::Metastable, "of all runs"),
        ];
        for (name, verdict, note) in shares.into_iter().filter(|(_, verdict, _)| self.total(*verdict) > 0) {
            tile(name, human::percent(all(verdict)), note);
        }
        let doubtful = self.cells.iter().filter(|cell| is_doubtful(cell)).count() as u64;
        let note = "whose seeds do not tell whether most of them survive";
        tile("On the edge", counted(doubtful, "cell"), note);
        if self.failed() > 0 {
            tile("Failed", human::count(self.failed()), "runs without a result");
        }
        tiles
    }

    /// A map beside a desk and in a hand.
    fn both(map: impl Fn(&str, f64) -> Option<GridMap>, name: &str) -> Vec<(&'static str, String)> {
        let wide = map(&format!("{name}-w"), WIDE).map(|it| ("wide", it.svg()));
        let narrow = map(&format!("{name}-n"), NARROW).map(|it| ("narrow", it.svg()));
        wide.into_iter().chain(narrow).collect()
    }
}
