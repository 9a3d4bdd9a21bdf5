use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use roxmltree::{Document, ParsingOptions};

use super::components::kinds;
use super::*;
use crate::analysis::{Figures, SteadyState};
use crate::experiment::{Progress, Trial, TrialOptions};
use crate::model::{Model, Overrides, hexadecimal};
use crate::observe::Run;
use crate::plan::Plan;
use crate::quantity::NoFiles;
use crate::report::csv::Series;
use crate::report::steady::SteadySummary;
use crate::report::summary::{
    FaultSummary, JudgeSummary, JudgementSummary, ModelIdentity, RunSummary, SCHEMA, Summary,
};
use crate::report::switches::Switches;

/// Something of everything that has charts of its own.
const MODEL: &str = r#"
name = "shop"
description = "A shop."
[run]
duration = "40s"
warmup = "2s"
[objectives]
availability = "99%"
[workloads.shoppers]
arrivals = { open = { rate = "40/s" } }
to = "web"
policy = "careful"
keys = { zipf = { count = 100 } }
mix = [{ name = "browse", share = "90%" }, { name = "buy", share = "10%" }]
[policies.careful]
timeout = "1s"
per_try_timeout = "300ms"
retry = { max_attempts = 3, backoff = { exponential = { base = "50ms", jitter = "full" } }, budget = "unlimited" }
circuit_breaker = { consecutive_failures = 5, open_duration = { fixed = { base = "5s" } } }
bulkhead = { semaphore = { max_concurrent = 20, max_wait = "100ms" } }
[services.web]
threads = 16
queue = { capacity = 64 }
handler = [{ work = "2ms" }, { call = { to = "db", policy = "careful" } }]
[services.db]
threads = 4
queue = { capacity = 200 }
handler = [{ work = "exponential(20ms)" }]
[faults.slow]
at = "10s"
duration = "5s"
degrade = { service = "db", factor = 10 }
"#;

struct Case {
    model: Model,
    trial: Trial,
    summary: Summary,
    description: String,
    explanation: String,
    replay: String,
}

impl Case {
    fn of(text: &str) -> Self {
        let loaded = Model::parse("shop.toml", text, &Overrides::new())
            .unwrap_or_else(|findings| panic!("{}", findings.render(false)));
        let plan = Plan::compile(&loaded.model, &NoFiles).expect("a model without files has a plan");
        let options = TrialOptions { with_twin: true, check: false };
        let trial =
            Trial::conduct(&loaded.model, &plan, 1, options, &Progress::default()).expect("nobody stops it");
        let summary = Summary {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            model: ModelIdentity { name: loaded.model.name.clone(), digest: hexadecimal(&[7; 32]) },
            seed: 1,
            duration_s: trial.run.duration.as_secs_f64(),
            warmup_s: trial.run.warmup.as_secs_f64(),
            interval_s: trial.run.interval.as_secs_f64(),
            judgement: JudgementSummary::new(trial.judgement.as_ref()),
            objectives: Vec::new(),
            judge: JudgeSummary::new(&loaded.model.judge),
            switches: Switches::new(&loaded.model),
            faults: trial.run.faults.iter().map(FaultSummary::new).collect(),
            steady_state: SteadyState::of_run(&trial.run).iter().map(SteadySummary::new).collect(),
            actual: RunSummary::new(&trial.run, None),
            twin: trial.twin.as_ref().map(|twin| RunSummary::new(twin, None)),
            files: Vec::new(),
        };
        let explanation = crate::model::explain(&loaded);
        let description = loaded.model.description.clone();
        Self {
            model: loaded.model,
            trial,
            summary,
            description,
            explanation,
            replay: "metastable run shop.toml --seed 1".to_owned(),
        }
    }

    fn page(&self) -> RunPage<'_> {
        RunPage {
            summary: &self.summary,
            description: &self.description,
            run: &self.trial.run,
            twin: self.trial.twin.as_ref(),
            judgement: self.trial.judgement.as_ref(),
            objectives: &self.trial.objectives,
            explanation: &self.explanation,
            findings: "",
            violations: Some(&self.trial.violations),
            replay: &self.replay,
        }
    }
}

fn parsed(html: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(html, options).unwrap_or_else(|error| panic!("{error}"))
}

fn data(document: &Document<'_>) -> serde_json::Value {
    let block =
        document.descendants().find(|node| node.attribute("id") == Some("data")).expect("there is data");
    serde_json::from_str(block.text().expect("it is not empty")).expect("it is JSON")
}

#[test]
fn a_page_is_well_formed_and_complete() {
    let case = Case::of(MODEL);
    let html = case.page().html();
    let document = parsed(&html);
    let all = |name: &'static str| document.descendants().filter(move |node| node.has_tag_name(name));
    assert_eq!(all("h1").count(), 1);
    let ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "an identifier is of one element");
    for labelled in document.descendants().filter_map(|node| node.attribute("aria-labelledby")) {
        assert!(labelled.split(' ').all(|id| unique.contains(&id)), "{labelled}");
    }
    for (before, after) in document
        .descendants()
        .filter(|node| {
            node.tag_name().name().len() == 2
                && node.tag_name().name().starts_with('h')
                && node.tag_name().name() != "hr"
        })
        .zip(
            document
                .descendants()
                .filter(|node| {
                    node.tag_name().name().len() == 2
                        && node.tag_name().name().starts_with('h')
                        && node.tag_name().name() != "hr"
                })
                .skip(1),
        )
    {
        assert!(
            after.tag_name().name() <= "h3"
                && (before.tag_name().name() != "h1" || after.tag_name().name() == "h2"),
            "headings go down one by one"
        );
    }
    for section in [
        "course",
        "story",
        "topology",
        "amplification",
        "workloads",
        "services",
        "calls",
        "figures",
        "faults",
        "settings",
        "reproduce",
    ] {
        assert!(ids.contains(&section), "{section}");
    }
    for title in ["Circuit breakers", "Bulkhead", "Queue", "Failures"] {
        assert!(all("figcaption").any(|node| node.text() == Some(title)), "{title}");
    }
    let charts = data(&document);
    for chart in all("svg").filter(|node| node.attribute("class") == Some("chart")) {
        let name = chart.attribute("data-chart").expect("a chart has a name");
        assert!(charts["charts"].get(name).is_some(), "{name} has data");
        assert_eq!(chart.attribute("role"), Some("img"));
    }
    assert!(case.trial.run.faults.iter().all(|fault| html.contains(&fault.name)));
    assert!(
        html.contains("metastable run shop.toml --seed 1")
            && html.contains(&hexadecimal(&case.trial.run.digest))
    );
}

#[test]
fn the_same_run_gives_the_same_page() {
    let (one, other) = (Case::of(MODEL), Case::of(MODEL));
    assert_eq!(one.page().html(), other.page().html());
    assert_eq!(one.page().drawings(), other.page().drawings());
    assert_eq!(one.model.name, other.model.name);
}

#[test]
fn a_page_loads_nothing() {
    let html = Case::of(MODEL).page().html();
    let rest = html.replace("http://www.w3.org/2000/svg", "");
    for loading in [
        "http:",
        "https:",
        "//cdn",
        "url(",
        "@import",
        " src=",
        "<link",
        "fetch(",
        "XMLHttpRequest",
        "import(",
    ] {
        assert!(!rest.contains(loading), "{loading}");
    }
    let document = parsed(&html);
    let policy =
        document.descendants().find(|node| node.attribute("http-equiv") == Some("Content-Security-Policy"));
    assert!(
        policy
            .and_then(|node| node.attribute("content"))
            .is_some_and(|policy| policy.starts_with("default-src 'none'"))
    );
    for node in document.descendants() {
        let target = node.attribute("href");
        assert!(target.is_none_or(|target| target.starts_with('#')), "{target:?}");
        assert!(
            node.attributes().all(|attribute| !attribute.name().starts_with("on")),
            "no script in an attribute"
        );
    }
}

/// Every column that is drawn, as the data of the page and as the CSV file have it.
#[test]
fn the_data_are_those_of_the_files() {
    let case = Case::of(MODEL);
    let html = case.page().html();
    let document = parsed(&html);
    let data = data(&document);
    let titled: BTreeMap<&str, &str> = document
        .descendants()
        .filter(|node| node.attribute("class") == Some("chart") && node.has_tag_name("svg"))
        .filter_map(|svg| {
            Some((svg.children().find(|it| it.has_tag_name("title"))?.text()?, svg.attribute("data-chart")?))
        })
        .collect();
    let mut compared = 0;
    let mut check = |series: Series, (key, name): (&str, &str), of: &str, panels: &[super::course::Panel]| {
        let mut out = Vec::new();
        series.write(&mut out, &[("actual", &case.trial.run)]).expect("memory can be written");
        let mut reader = ::csv::Reader::from_reader(out.as_slice());
        let headings = reader.headers().expect("it has a head").clone();
        let place =
            |column: &str| headings.iter().position(|other| other == column).expect("there is such a column");
        let own =
            reader.records().map(|record| record.expect("a row")).filter(|row| &row[place(key)] == name);
        let rows: Vec<::csv::StringRecord> = own.collect();
        for panel in panels {
            let Some(chart) = titled.get(&*format!("{of}: {}", panel.title)) else { continue };
            for line in data["charts"][chart]["s"].as_array().expect("lines") {
                let label = line["l"].as_str().expect("a label");
                let (column, _) =
                    panel.lines.iter().find(|(_, other)| *other == label).expect("a line of the panel");
                let drawn = line["v"].as_array().expect("values");
                assert_eq!(drawn.len(), rows.len());
                for (drawn, row) in drawn.iter().zip(&rows) {
                    let cell: Option<f64> = row[place(column)].parse().ok();
                    assert_eq!(drawn.is_null(), cell.is_none(), "{column}");
                    // Rows of a second, so that a rate is a count.
                    let (drawn, cell) = (drawn.as_f64().unwrap_or(0.0), cell.unwrap_or(0.0));
                    assert!((drawn - cell).abs() <= 1e-4 * cell.abs(), "{column}: {drawn} for {cell}");
                    compared += 1;
                }
            }
        }
    };
    check(Series::Workloads, ("workload", "shoppers"), "shoppers", panels::WORKLOAD);
    check(Series::Services, ("service", "db"), "db", panels::SERVICE);
    check(Series::Services, ("service", "web"), "web", panels::SERVICE);
    check(Series::CircuitBreakers, ("caller", "web"), "web → db", panels::CIRCUIT_BREAKER);
    check(Series::Edges, ("caller", "web"), "web → db", panels::EDGE);
    assert!(compared > 1000, "values were compared, not {compared}");
}

#[test]
fn the_story_says_when_what_went_wrong() {
    let case = Case::of(MODEL);
    let told = super::story::told(&case.trial.run, case.trial.twin.as_ref(), 3, 0.8);
    let at = |what: &str| {
        told.iter().find(|it| it.what.contains(what)).unwrap_or_else(|| panic!("{what}: {told:?}"))
    };
    let (trigger, open, down) = (
        at("the trigger slow acts: degrade on db"),
        at("of the circuit breakers from web to db are open"),
        at("goodput of shoppers"),
    );
    assert_eq!(
        (trigger.begin_ns, trigger.end_ns, trigger.is_trigger),
        (10_000_000_000, Some(15_000_000_000), true)
    );
    for episode in [open, down] {
        assert!((10_000_000_000..13_000_000_000).contains(&episode.begin_ns), "{episode:?}");
        assert!(episode.end_ns.is_none_or(|end| end >= 14_000_000_000) && !episode.is_trigger, "{episode:?}");
    }
    assert!(told.windows(2).all(|pair| pair[0].begin_ns <= pair[1].begin_ns), "in order");
    let calm = case.trial.twin.as_ref().expect("there are triggers");
    assert_eq!(super::story::told(calm, Some(calm), 3, 0.8), Vec::new(), "without a trigger nothing happens");
}

/// Twenty services, each of which calls two others, for a quarter of an hour.
fn large() -> String {
    let mut text = String::from(
        "name = \"large\"\n[run]\nduration = \"15min\"\n[workloads.users]\narrivals = { open = { rate = \"8/s\" } }\nto = \"s0\"\npolicy = \"p\"\n\
         [policies.p]\ntimeout = \"2s\"\nper_try_timeout = \"500ms\"\nretry = { max_attempts = 3, backoff = { exponential = { base = \"50ms\", jitter = \"full\" } }, budget = \"unlimited\" }\n\
         [faults.slow]\nat = \"5min\"\nduration = \"1min\"\ndegrade = { service = \"s7\", factor = 50 }\n",
    );
    for index in 0..20 {
        let calls: Vec<String> = [2 * index + 1, 2 * index + 2]
            .into_iter()
            .filter(|target| *target < 20)
            .map(|target| format!(", {{ call = {{ to = \"s{target}\", policy = \"p\" }} }}"))
            .collect();
        let _ = write!(
            text,
            "[services.s{index}]\nthreads = 8\nqueue = {{ capacity = 50 }}\nhandler = [{{ work = \"exponential(8ms)\" }}{}]\n",
            calls.concat()
        );
    }
    text
}

#[test]
fn a_quarter_of_an_hour_of_twenty_components_is_under_two_megabytes() {
    let case = Case::of(&large());
    let html = case.page().html();
    assert!(html.len() < 2_000_000, "{} bytes", html.len());
    parsed(&html);
    let charts: usize = kinds(&case.trial.run, &Figures::new(&case.trial.run))
        .iter()
        .flat_map(|kind| &kind.components)
        .map(|it| it.charts.len())
        .sum();
    assert!(charts > 150, "it is drawn as a whole, not in {charts} charts");
}

/// The run with other names everywhere.
fn renamed(run: &mut Run, rename: &dyn Fn(&str) -> String) {
    for workload in &mut run.workloads {
        workload.name = rename(&workload.name);
    }
    for service in &mut run.services {
        service.name = rename(&service.name);
    }
    for edge in &mut run.edges {
        edge.caller = rename(&edge.caller);
        edge.target = rename(&edge.target);
        edge.policy = rename(&edge.policy);
    }
    for group in run.operations.iter_mut().chain(&mut run.tenants) {
        group.workload = rename(&group.workload);
        group.name = rename(&group.name);
    }
    for fault in &mut run.faults {
        fault.name = rename(&fault.name);
        fault.target = rename(&fault.target);
    }
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("</script><img src=x onerror=alert(1)>".to_owned()),
        Just("\"quotes\" & 'apostrophes' ]]> <!-- -->".to_owned()),
        Just("🦀\u{202e}→\u{2028}\u{fffe}".to_owned()),
        Just("x".repeat(10_000)),
        Just("\u{0}\u{1b}[31m\r\n\t".to_owned()),
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn whatever_it_is_called_it_is_text(names in prop::collection::vec(hostile(), 4)) {
        thread_local!(static CASE: Case = Case::of(MODEL));
        CASE.with(|case| {
            let rename = |name: &str| format!("{}{name}", names[name.len() % 3]);
            let mut trial = case.trial.clone();
            renamed(&mut trial.run, &rename);
            if let Some(twin) = &mut trial.twin {
                renamed(twin, &rename);
            }
            let mut summary = case.summary.clone();
            summary.model.name.clone_from(&names[3]);
            let page = RunPage { run: &trial.run, twin: trial.twin.as_ref(), summary: &summary, description: &names[0], explanation: &names[1], findings: &names[2], replay: &names[3], ..case.page() };
            let html = page.html();
            let document = parsed(&html);
            let tags: std::collections::BTreeSet<&str> = document.descendants().filter(roxmltree::Node::is_element).map(|node| node.tag_name().name()).collect();
            let plain = case.page().html();
            let known: std::collections::BTreeSet<&str> = parsed(&plain).descendants().filter(roxmltree::Node::is_element).map(|node| node.tag_name().name().to_owned()).map(|name| &*Box::leak(name.into_boxed_str())).collect();
            prop_assert!(tags.is_subset(&known), "{:?}", tags.difference(&known));
            for tag in ["<script", "</script>"] {
                prop_assert_eq!(html.matches(tag).count(), plain.matches(tag).count(), "{}", tag);
            }
            for drawing in page.drawings() {
                Document::parse(&drawing.svg).unwrap_or_else(|error| panic!("{}: {error}", drawing.file));
                prop_assert!(drawing.file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)));
            }
            Ok(())
        })?;
    }
}
