//! Goal: the pages of sweeps, boundaries and ramps are well-formed, say what was seen and nothing else, stay small, and take names for text.
//! Method: figures of our own, put into a page, which is read as XML.

use proptest::prelude::*;
use roxmltree::{Document, Node, ParsingOptions};

use super::*;
use crate::analysis::{
    CellCounts, Counted, Estimate, Held, HeldObservation, Hysteresis, Next, Observation, Question, Ramp,
    RampObservation, Search,
};
use crate::experiment::Layout;
use crate::kernel::Duration;
use crate::model::{Along, DesignMatrix, Experiment, LoadedExperiment, Metric, Points, Scale, VerdictName};
use crate::report::boundary::BoundaryReport;
use crate::report::hysteresis::HysteresisReport;
use crate::report::sweep::{CellFigures, SweepReport};

fn parsed(html: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(html, options).unwrap_or_else(|error| panic!("{error}"))
}

fn with_class<'a>(document: &'a Document<'a>, class: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(move |node| node.attribute("class") == Some(class))
}

/// Identifiers are of one element each, and what is named by them is there; there is one answer, and every section is named.
fn assert_sound(html: &str) {
    let document = parsed(html);
    let ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    for labelled in document.descendants().filter_map(|node| node.attribute("aria-labelledby")) {
        assert!(labelled.split(' ').all(|id| unique.contains(&id)), "{labelled}");
    }
    assert_eq!(document.descendants().filter(|node| node.has_tag_name("h1")).count(), 1);
    for drawing in document.descendants().filter(|node| node.attribute("role") == Some("img")) {
        let words: Vec<&str> = drawing.children().take(2).filter_map(|node| node.text()).collect();
        assert!(words.len() == 2 && words.iter().all(|text| !text.is_empty()), "a drawing says what it is");
    }
    for number in ["NaN", "inf", "-0\""] {
        assert!(!html.contains(&format!("\"{number}")), "{number}");
    }
}

struct Case {
    loaded: LoadedExperiment,
    points: Points,
    cells: Vec<CellFigures>,
    seeds: u64,
}

/// Of a cell: 20 seeds, so many of which are metastable.
fn cell(lost: u64, seeds: u64) -> CellFigures {
    let mut verdicts = [0; VerdictName::ALL.len()];
    verdicts[VerdictName::Recovered as usize] = seeds - lost;
    verdicts[VerdictName::Metastable as usize] = lost;
    let of = |value: f64| Estimate::of(&[value, value + 0.5]);
    let metrics = Metric::ALL.map(|metric| {
        (metric != Metric::Recovery || lost == 0).then(|| of(lost as f64 + metric.index() as f64)).flatten()
    });
    CellFigures { judged: seeds, failed: 0, verdicts, metrics, horizon_s: Some(60.0) }
}

impl Case {
    /// `lost`: of how many of the seeds of a cell.
    fn new(sweep: &str, seeds: u64, lost: impl Fn(u64) -> u64) -> Self {
        let text = format!("model = \"m.toml\"\nseeds = 20\nclaim = \"So it is.\"\n{sweep}");
        let loaded = Experiment::parse_bytes("map.toml", text.as_bytes())
            .unwrap_or_else(|findings| panic!("{}", findings.render(false)));
        let points = loaded
            .points(&DesignMatrix::default())
            .unwrap_or_else(|findings| panic!("{}", findings.render(false)));
        let count = loaded.experiment.cell_count(&points);
        Self { cells: (0..count).map(|index| cell(lost(index), seeds)).collect(), loaded, points, seeds }
    }

    fn page<'a>(&'a self, name: &'a str, failures: &'a [FailedRun]) -> SweepPage<'a> {
        let layout =
            Layout { cells: self.cells.len() as u64, seeds: self.seeds, first_seed: 1, block_size: 10 };
        let report = SweepReport { name, experiment: &self.loaded.experiment, points: &self.points, layout };
        SweepPage { report, cells: &self.cells, claims: &[], failures, replay: "again", one_run: "one" }
    }
}

const GRID: &str = "[sweep]\n\"a.load\" = { name = \"load\", values = [30, 10, 20] }\n\"a.rush\" = { name = \"rush\", values = [\"1s\", \"2s\"] }\n";

#[test]
fn a_map_has_a_field_per_cell_and_a_line_where_most_seeds_change_sides() {
    // In the file 30 stands first: cells 0 and 1 are lost, the others are not.
    let case = Case::new(GRID, 20, |index| if index < 2 { 19 - index } else { index - 2 });
    let html = case.page("map", &[]).html();
    assert_sound(&html);
    let document = parsed(&html);
    let map = document.descendants().find(|node| node.attribute("class") == Some("gridmap")).unwrap();
    let notes: Vec<String> = map
        .descendants()
        .filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("field")))
        .map(|field| field.children().find_map(|title| title.text()).unwrap_or_default().to_owned())
        .collect();
    assert_eq!(notes.len(), 6);
    // From the top left: load from left to right by its size, rush from the bottom up.
    assert_eq!(
        notes[0],
        "load 10, rush 2s: 1 of 20 seeds end metastable (95 %: 0 to 25 %); 19 recovered, 1 metastable"
    );
    assert!(
        notes[2].starts_with("load 30, rush 2s: 18 of 20 seeds")
            && notes[3].starts_with("load 10, rush 1s: 0 of 20"),
        "{notes:?}"
    );
    let line = map.descendants().find(|node| node.attribute("class") == Some("divide")).unwrap();
    let d = line.attribute("d").unwrap();
    // One stroke from the top to the bottom, left of the last column.
    let field = map.descendants().find(|node| node.attribute("class") == Some("field h5")).unwrap();
    let left: f64 = field.attribute("x").unwrap().parse::<f64>().unwrap() - 1.0;
    assert!(d.starts_with(&format!("M{left},20V")) && d.matches('M').count() == 1, "{d}");
    // The table has the same counts.
    let table = document.descendants().find(|node| node.attribute("id") == Some("cells")).unwrap();
    let rows: Vec<Vec<&str>> = table
        .descendants()
        .filter(|node| node.has_tag_name("tr"))
        .map(|row| row.children().filter_map(|cell| cell.text()).collect())
        .collect();
    assert_eq!(rows[0][..6], ["cell", "load", "rush", "seeds", "survive", "share"]);
    assert_eq!(rows[1][..6], ["0", "30", "1s", "20", "1", "5.0 %"]);
    assert_eq!(rows.len(), 7);
}

#[test]
fn what_cannot_be_told_has_a_dashed_frame_and_what_failed_its_command() {
    let mut case = Case::new(GRID, 20, |index| if index == 3 { 11 } else { 0 });
    case.cells[5] = CellFigures {
        judged: 0,
        failed: 20,
        verdicts: [0; 6],
        metrics: [const { None }; 9],
        horizon_s: None,
    };
    let failures = [FailedRun {
        place: "load 20, rush 2s".to_owned(),
        seed: 1,
        status: "panic",
        message: "<b>boom</b>".to_owned(),
        command: "metastable run m.toml --seed 1".to_owned(),
    }];
    let html = case.page("map", &failures).html();
    assert_sound(&html);
    let document = parsed(&html);
    let map = document.descendants().find(|node| node.attribute("class") == Some("gridmap")).unwrap();
    assert_eq!(
        map.descendants()
            .filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("doubt")))
            .count(),
        1
    );
    assert_eq!(map.descendants().filter(|node| node.attribute("class") == Some("field nothing")).count(), 1);
    let word = document.descendants().find(|node| node.has_tag_name("h1")).unwrap();
    assert_eq!(word.children().find_map(|it| it.text()), Some("20 RUNS FAILED"));
    let shown = document.descendants().find(|node| node.attribute("id") == Some("failures")).unwrap();
    let cells: Vec<&str> =
        shown.descendants().filter(|node| node.has_tag_name("td")).filter_map(|node| node.text()).collect();
    assert_eq!(cells, ["1", "panic", "<b>boom</b>", "metastable run m.toml --seed 1"]);
    assert!(html.contains("And 19 more, in runs.csv."));
}

#[test]
fn one_axis_is_a_curve_and_three_are_several_maps() {
    let one = "[sweep]\n\"a.load\" = { name = \"load\", values = [10, 20, 30] }\n[variants.a]\n[variants.b]\nset = { \"x\" = 1 }\n";
    let case = Case::new(one, 20, |index| index * 3);
    let html = case.page("map", &[]).html();
    assert_sound(&html);
    let curve = parsed(&html)
        .descendants()
        .find(|node| node.attribute("class") == Some("curve"))
        .map(|it| it.range())
        .unwrap();
    assert_eq!(
        html[curve.clone()].matches("<circle").count(),
        6 + 2,
        "a spot per cell, and two in the legend"
    );
    assert!(html[curve].contains("b, load 30: 15 of 20 seeds end metastable"));
    let three = format!("{GRID}\"a.size\" = {{ name = \"size\", values = [1, 2, 3, 4] }}\n");
    let case = Case::new(&three, 20, |index| index % 20);
    let page = case.page("map", &[]);
    let html = page.html();
    assert_sound(&html);
    let document = parsed(&html);
    let maps = document.descendants().find(|node| node.attribute("id") == Some("map")).unwrap();
    let captions: Vec<&str> = maps
        .descendants()
        .filter(|node| node.has_tag_name("figcaption"))
        .filter_map(|node| node.text())
        .collect();
    assert_eq!(captions, ["Rush 1s", "Rush 2s"]);
    for drawing in page.drawings() {
        Document::parse(&drawing.svg).unwrap_or_else(|error| panic!("{}: {error}", drawing.file));
    }
}

#[test]
fn points_of_no_grid_are_lines_through_all_axes() {
    let axis =
        |name: &str| format!("\"a.{name}\" = {{ name = \"{name}\", range = {{ from = 1, to = 1000 }} }}\n");
    let design = "design = { latin_hypercube = { points = 30, seed = 1 } }\n[sweep]\n";
    let case = Case::new(&format!("{design}{}{}{}", axis("load"), axis("rush"), axis("size")), 20, |index| {
        index % 20
    });
    let html = case.page("map", &[]).html();
    assert_sound(&html);
    let document = parsed(&html);
    let plot = with_class(&document, "parallel").next().unwrap();
    let kind = |class: &str| plot.descendants().filter(|node| node.attribute("class") == Some(class)).count();
    assert_eq!((kind("thread k0"), kind("thread k1")), (21, 9), "with more than 10 of 20 it is lost");
    assert_eq!(with_class(&document, "gridmap").count(), 0);
}

#[test]
fn a_million_runs_are_a_small_page() {
    let range = |name: &str| {
        format!("\"a.{name}\" = {{ name = \"{name}\", range = {{ from = 1, to = 1000, steps = 100 }} }}\n")
    };
    let case = Case::new(&format!("[sweep]\n{}{}", range("load"), range("rush")), 100, |index| {
        (index % 100).min(index / 100)
    });
    assert_eq!(case.cells.len(), 10_000);
    let html = case.page("map", &[]).html();
    assert_sound(&html);
    assert!(html.len() < 2_000_000, "{} bytes", html.len());
    let document = parsed(&html);
    let rows = document.descendants().filter(|node| node.has_tag_name("tr")).count();
    assert!((1000..1020).contains(&rows), "the table is cut: {rows}");
    assert!(html.contains("Of 10000 cells the 1000 nearest to the edge"));
}

fn with_boundary<R>(
    name: &str,
    verdict: impl Fn(f64) -> VerdictName,
    then: impl FnOnce(BoundaryPage<'_>) -> R,
) -> R {
    let mut search = Search::new(Question {
        along: Along::parse("workloads.app.arrivals.open.rate=100/s..200/s").unwrap(),
        scale: Scale::Linear,
        counted: Counted::Verdict(VerdictName::Metastable),
        level: "50%".parse().unwrap(),
        tolerance: "2%".parse().unwrap(),
        seeds_max: 36,
    });
    let outcome = loop {
        match search.next() {
            Next::Run { value, from, until } => {
                let run = |seed| Observation {
                    seed: seed + 1,
                    verdict: verdict(value),
                    reason: None,
                    values: [None; Metric::ALL.len()],
                    observed_s: None,
                    digest: [0; 32],
                };
                search.observe(value, (from..until).map(run).collect());
            }
            Next::Done(outcome) => break outcome,
        }
    };
    let digests = vec!["00".repeat(32); search.probes().len()];
    let report = BoundaryReport { name, search: &search, outcome, digests: &digests };
    then(BoundaryPage { report, replay: "metastable boundary m.toml", one_run: Some(["one", "other"]) })
}

#[test]
fn a_boundary_is_shaded_and_seen_from_near() {
    let at_150 = |value: f64| if value < 150.0 { VerdictName::Recovered } else { VerdictName::Metastable };
    with_boundary("shop", at_150, |page| {
        let html = page.html();
        assert_sound(&html);
        let document = parsed(&html);
        let word = document.descendants().find(|node| node.has_tag_name("h1")).unwrap();
        assert_eq!(word.children().find_map(|it| it.text()), Some(page.report.headline().as_str()));
        // From afar and from near, each wide and narrow.
        let curves: Vec<Node<'_, '_>> = with_class(&document, "curve").collect();
        assert_eq!(curves.len(), 4);
        let probes = page.report.search.probes().len();
        for (index, curve) in curves.iter().enumerate() {
            let count = |class: &str| {
                curve.descendants().filter(|node| node.attribute("class") == Some(class)).count()
            };
            assert_eq!(count("shade"), 1);
            assert!(
                if index < 2 { count("spot s0") == probes } else { (3..probes).contains(&count("spot s0")) },
                "{index}"
            );
        }
        let table = document.descendants().find(|node| node.attribute("id") == Some("probes")).unwrap();
        assert_eq!(table.descendants().filter(|node| node.has_tag_name("tr")).count(), probes + 1);
        let files: Vec<String> = page.drawings().into_iter().map(|drawing| drawing.file).collect();
        assert_eq!(files, ["boundary.svg", "boundary-near.svg"]);
    });
    with_boundary(
        "shop",
        |_| VerdictName::Metastable,
        |page| {
            let html = page.html();
            assert_sound(&html);
            assert!(
                html.contains("NO CROSSING")
                    && html.contains("choose a wider range")
                    && !html.contains("class=\"shade\"")
            );
        },
    );
}

fn ramp(falls: Option<f64>, back: Option<f64>) -> Hysteresis {
    let cells = |good: u64| vec![CellCounts { offered: 8, good }; 56];
    let observation = |seed| RampObservation {
        seed,
        begins_good: true,
        falls_at_per_s: falls.map(|load| load + seed as f64),
        returns_at_per_s: back,
        hold: Duration::from_secs(10),
        course: [cells(8), cells(0)],
        digest: [0; 32],
    };
    let ramp = Ramp::new(300.0, 1000.0, Duration::from_secs(640), Duration::ZERO).unwrap();
    let mut hysteresis = Hysteresis { ramp, observations: (1..=20).map(observation).collect(), held: None };
    let down = |seed| HeldObservation { seed, was_good: true, is_good: false, digest: [0; 32] };
    let stays_down = |held| Held { held, observations: (1..=20).map(down).collect() };
    hysteresis.held = hysteresis.next().map(stays_down);
    hysteresis
}

#[test]
fn a_loop_goes_there_and_back_and_marks_where() {
    for (falls, back, marks, word) in [
        (Some(900.0), Some(500.0), 2, "HYSTERESIS"),
        (Some(900.0), None, 1, "HYSTERESIS"),
        (None, None, 0, "NEVER FELL"),
    ] {
        let hysteresis = ramp(falls, back);
        let report =
            HysteresisReport { name: "heap", workload: "users", digest: "00", hysteresis: &hysteresis };
        let page = HysteresisPage { report, replay: "again", one_run: "one" };
        let html = page.html();
        assert_sound(&html);
        assert!(html.contains(&format!(">{word}</span>")), "{word}");
        let document = parsed(&html);
        let curve = with_class(&document, "curve").next().unwrap();
        let count =
            |class: &str| curve.descendants().filter(|node| node.attribute("class") == Some(class)).count();
        assert_eq!((count("shade"), count("head s0"), count("head s1")), (marks, 2, 2));
        let files: Vec<String> = page.drawings().into_iter().map(|drawing| drawing.file).collect();
        assert_eq!(files, ["loop.svg", "goodput.svg", "seeds.svg"]);
    }
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("</script><script>alert(1)</script>".to_owned()),
        Just("\"quotes\" & 'apostrophes' ]]> <!-- -->".to_owned()),
        Just("🦀\u{202e}→\u{2028}\u{fffe}".to_owned()),
        Just("x".repeat(10_000)),
        Just("\u{0}\u{1b}[31m\r\n\t".to_owned()),
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn whatever_it_is_called_it_is_text(names in prop::collection::vec(hostile(), 4)) {
        let mut case = Case::new(GRID, 20, |index| index * 3);
        case.points.axes[0].name.clone_from(&names[0]);
        case.points.axes[1].name.clone_from(&names[1]);
        let failed = FailedRun { place: names[2].clone(), seed: 1, status: "panic", message: names[3].clone(), command: names[0].clone() };
        case.cells[0].failed = 1;
        let hysteresis = ramp(Some(900.0), Some(500.0));
        let report = HysteresisReport { name: &names[0], workload: &names[1], digest: "00", hysteresis: &hysteresis };
        let failures = [failed];
        let sweep = SweepPage { replay: &names[3], ..case.page(&names[2], &failures) };
        let pages = [
            sweep.html(),
            HysteresisPage { report, replay: &names[2], one_run: &names[3] }.html(),
            with_boundary(&names[0], |value| if value < 150.0 { VerdictName::Recovered } else { VerdictName::Metastable }, |page| BoundaryPage { replay: &names[1], ..page }.html()),
        ];
        for html in pages {
            assert_sound(&html);
            prop_assert_eq!(html.matches("<script").count(), 1);
            prop_assert!(!html.contains("alert(1)</script>"));
        }
        for drawing in sweep.drawings() {
            Document::parse(&drawing.svg).unwrap_or_else(|error| panic!("{}: {error}", drawing.file));
        }
    }
}
