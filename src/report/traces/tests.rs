//! Goal: both files are what their formats ask for, and say the same. Method: OTLP-JSON is read with types that are written after the published `trace.proto`, `common.proto` and `resource.proto`
//! (opentelemetry-proto 1.x) and the mapping to JSON of the OTLP specification, and refuse whatever is not in them; trace events are read by the rules that the importer of Perfetto keeps.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value as Json;

use super::*;
use crate::experiment::{Progress, simulate, trace_requests};
use crate::model::{Model, Overrides};
use crate::quantity::NoFiles;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TracesData {
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ResourceSpans {
    resource: Resource,
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resource {
    attributes: Vec<KeyValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeSpans {
    scope: Scope,
    spans: Vec<OtlpSpan>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scope {
    name: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OtlpSpan {
    trace_id: String,
    span_id: String,
    #[serde(default)]
    parent_span_id: String,
    name: String,
    kind: u8,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    #[serde(default)]
    attributes: Vec<KeyValue>,
    #[serde(default)]
    events: Vec<Event>,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct KeyValue {
    key: String,
    value: AnyValue,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(clippy::enum_variant_names, reason = "so the protocol calls them")]
enum AnyValue {
    StringValue(String),
    IntValue(String),
    BoolValue(bool),
    ArrayValue(ArrayValue),
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
struct ArrayValue {
    values: Vec<AnyValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Event {
    time_unix_nano: String,
    name: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Status {
    code: u8,
    message: String,
}

fn fixed64(text: &str) -> u64 {
    let value: u64 = text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"));
    assert_eq!(value.to_string(), text);
    value
}

fn id(text: &str, bytes: usize) -> String {
    assert_eq!(text.len(), 2 * bytes, "`{text}`");
    assert!(text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)), "`{text}`");
    assert!(text.bytes().any(|byte| byte != b'0'), "an id is not 0");
    text.to_owned()
}

fn attributes(list: &[KeyValue]) -> BTreeMap<&str, &AnyValue> {
    let map: BTreeMap<&str, &AnyValue> = list.iter().map(|it| (&*it.key, &it.value)).collect();
    assert_eq!(map.len(), list.len(), "every key once: {list:?}");
    for value in map.values() {
        if let AnyValue::IntValue(text) = value {
            assert!(text.parse::<i64>().is_ok());
        }
    }
    map
}

/// A span, as somebody who knows OTLP and nothing else finds it.
struct Found {
    service: String,
    name: String,
    kind: u8,
    parent: String,
    begin: u64,
    end: u64,
    attributes: BTreeMap<String, String>,
    is_error: bool,
}

/// All spans, by trace and id.
fn read_otlp(text: &str) -> BTreeMap<(String, String), Found> {
    let data: TracesData = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    let mut found = BTreeMap::new();
    for resource in data.resource_spans {
        let named = attributes(&resource.resource.attributes);
        let AnyValue::StringValue(service) = named["service.name"] else { panic!("a name is text") };
        for scope in resource.scope_spans {
            assert_eq!(
                (&*scope.scope.name, &*scope.scope.version),
                ("metastable", env!("CARGO_PKG_VERSION"))
            );
            for span in scope.spans {
                let key = (id(&span.trace_id, 16), id(&span.span_id, 8));
                if !span.parent_span_id.is_empty() {
                    id(&span.parent_span_id, 8);
                }
                let (begin, end) = (fixed64(&span.start_time_unix_nano), fixed64(&span.end_time_unix_nano));
                assert!(begin <= end && (1..=3).contains(&span.kind) && !span.name.is_empty());
                for event in &span.events {
                    let at = fixed64(&event.time_unix_nano);
                    assert!(begin <= at && at <= end && !event.name.is_empty());
                }
                let is_error = match span.status.code {
                    0 => false,
                    2 => !span.status.message.is_empty(),
                    code => panic!("status {code}"),
                };
                let attributes = attributes(&span.attributes)
                    .into_iter()
                    .map(|(key, value)| {
                        let value = match value {
                            AnyValue::StringValue(text) | AnyValue::IntValue(text) => text.clone(),
                            AnyValue::BoolValue(yes) => yes.to_string(),
                            AnyValue::ArrayValue(ArrayValue { values }) => format!("{values:?}"),
                        };
                        (key.to_owned(), value)
                    })
                    .collect();
                let it = Found {
                    service: service.clone(),
                    name: span.name,
                    kind: span.kind,
                    parent: span.parent_span_id,
                    begin,
                    end,
                    attributes,
                    is_error,
                };
                assert!(found.insert(key, it).is_none(), "every id once");
            }
        }
    }
    found
}

/// Checks what Perfetto's importer asks for: in each line everything ends that begins, the last first; times do not go back; arrows have both ends. Gives the names of what begins, by process.
fn read_perfetto(text: &str) -> Vec<(String, String, BTreeMap<String, Json>)> {
    let document: Json = serde_json::from_str(text).expect("JSON");
    assert_eq!(document["displayTimeUnit"], "ms");
    let (mut processes, mut lines) = (BTreeMap::new(), BTreeMap::<(u64, u64), Vec<(f64, String)>>::new());
    let (mut arrows, mut begun, mut last) = (BTreeMap::<String, String>::new(), Vec::new(), BTreeMap::new());
    let mut threads = BTreeSet::new();
    for event in document["traceEvents"].as_array().expect("events") {
        let number = |key: &str| event[key].as_u64().unwrap_or_else(|| panic!("{key} of {event}"));
        let (phase, pid) = (event["ph"].as_str().expect("a phase"), number("pid"));
        let tid = event["tid"].as_u64().unwrap_or(pid);
        assert!(tid > 0, "0 is no thread of a process, and {event} would be nobody's");
        if phase == "M" && event["name"] == "thread_name" {
            assert!(threads.insert(tid), "a thread is of one process");
        }
        if phase == "M" {
            if event["name"] == "process_name" {
                let name = event["args"]["name"].as_str().expect("a name").to_owned();
                assert!(processes.insert(pid, name).is_none(), "named once");
            }
            continue;
        }
        let at = event["ts"].as_f64().expect("a time");
        assert!(processes.contains_key(&pid), "{event}");
        let line = lines.entry((pid, tid)).or_default();
        match phase {
            "B" | "E" => {
                let before = last.insert((pid, tid), at).unwrap_or(0.0);
                assert!(before <= at, "line {tid} of {pid} goes back from {before} to {at}");
                let name = event["name"].as_str().expect("a name").to_owned();
                if phase == "E" {
                    let (begin, begun) = line.pop().expect("something to end");
                    assert!(begin <= at && begun == name);
                    continue;
                }
                line.push((at, name.clone()));
                let args = event["args"].as_object().expect("arguments").clone().into_iter().collect();
                begun.push((processes[&pid].clone(), name, args));
            }
            "s" | "f" => {
                assert!(!line.is_empty(), "an arrow stands on something");
                arrows.entry(event["id"].as_str().expect("an id").to_owned()).or_default().push_str(phase);
            }
            "i" => assert!(!line.is_empty() && event["s"] == "t"),
            "C" => assert!(event["args"].as_object().expect("values").values().all(Json::is_number)),
            other => panic!("phase {other}"),
        }
    }
    assert!(lines.values().all(Vec::is_empty), "everything ends");
    assert!(arrows.values().all(|ends| ends == "sf"), "{arrows:?}");
    begun
}

fn plan(text: &str) -> Plan {
    let loaded = Model::parse("model", text, &Overrides::new()).unwrap_or_else(|found| panic!("{found}"));
    Plan::compile(&loaded.model, &NoFiles).expect("a model without files")
}

fn written(text: &str, seed: u64, count: u32) -> (String, String, Vec<RequestTrace>, Run) {
    let plan = plan(text);
    let (run, requests) = (simulate(&plan, seed), trace_requests(&plan, seed, count, &Progress::default()));
    let requests = requests.expect("nobody stops it");
    let traces = Traces { plan: &plan, run: &run, requests: &requests };
    let (mut otlp, mut perfetto) = (Vec::new(), Vec::new());
    traces.write_otlp(&mut otlp).expect("memory takes everything");
    traces.write_perfetto(&mut perfetto).expect("memory takes everything");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let (otlp, perfetto) = (text(otlp), text(perfetto));
    assert!(otlp.starts_with(super::otlp::BEGIN) && perfetto.starts_with(super::perfetto::BEGIN));
    (otlp, perfetto, requests, run)
}

/// Two layers, retries, hedges, an orphan or two.
const SHOP: &str = r#"name = "shop"
[run]
duration = "12s"
interval = "1s"
[workloads.users]
arrivals = { open = { rate = "50/s" } }
to = "web"
policy = "query"
[policies.query]
per_try_timeout = "100ms"
retry = { max_attempts = 3, budget = "unlimited" }
[policies.hedged]
timeout = "80ms"
hedge = { delay = { fixed = "10ms" }, max_attempts = 2, cancel_losers = false }
[services.web]
threads = 16
queue = { capacity = 32 }
handler = [{ work = "exponential(5ms)" }, { parallel = { steps = [{ call = { to = "db", policy = "hedged" } }, { call = { to = "db", policy = "hedged" } }], wait = "any" } }]
[services.db]
instances = 2
threads = 2
queue = { capacity = 50 }
handler = [{ work = "exponential(8ms)" }]
[faults.slow]
at = "4s"
duration = "2s"
degrade = { service = "db", factor = 10 }
"#;

#[test]
fn traces_are_what_opentelemetry_asks_for() {
    let (otlp, _, requests, run) = written(SHOP, 1, 8);
    let found = read_otlp(&otlp);
    let spans: usize = requests.iter().map(|trace| trace.spans.len()).sum();
    assert_eq!(found.len(), spans + run.faults.len());
    let mut roots: BTreeMap<&str, usize> = BTreeMap::new();
    for ((trace, _), span) in &found {
        *roots.entry(trace).or_default() += usize::from(span.parent.is_empty());
        if span.parent.is_empty() {
            assert_eq!(span.kind, 1);
            continue;
        }
        let parent = found.get(&(trace.clone(), span.parent.clone())).expect("a parent is in its trace");
        let is_marked = ["metastable.orphaned", "metastable.detached"]
            .iter()
            .any(|key| span.attributes.get(*key).is_some_and(|value| value == "true"));
        assert!(
            is_marked || parent.begin <= span.begin && span.end <= parent.end,
            "{} in {}",
            span.name,
            parent.name
        );
        if span.kind == 2 {
            assert_eq!((parent.kind, &parent.attributes["server.address"]), (3, &span.service));
        }
        if span.kind == 3 {
            let count: u64 =
                span.attributes.get("http.request.resend_count").map_or(0, |it| it.parse().unwrap());
            assert_eq!(span.name.contains(" retry "), count > 0);
            assert_eq!(span.is_error, span.attributes.contains_key("error.type"));
        }
    }
    assert_eq!(roots.len(), requests.len() + run.faults.len());
    assert!(roots.values().all(|count| *count == 1), "one root per trace");
    let some = |is_it: fn(&Found) -> bool| found.values().any(is_it);
    assert!(some(|span| span.attributes.contains_key("metastable.hedge") && span.name.ends_with(" hedge 1")));
    assert!(some(|span| span.name == "web retry 1" && span.attributes["http.request.resend_count"] == "1"));
    assert!(some(|span| span.kind == 2 && span.attributes.contains_key("metastable.orphaned")));
    assert!(some(|span| span.service == "faults" && span.name == "slow" && span.begin == 4_000_000_000));
    assert!(some(|span| span.attributes.get("error.type").is_some_and(|it| it == "attempt_timeout")));
    let siblings: BTreeSet<&String> = found
        .values()
        .filter(|span| span.name.starts_with("web") && span.kind == 3)
        .map(|span| &span.parent)
        .collect();
    assert!(siblings.len() <= requests.len(), "the attempts of a call have one parent");
}

#[test]
fn trace_events_begin_and_end_like_brackets() {
    let (_, perfetto, requests, run) = written(SHOP, 1, 8);
    let begun = read_perfetto(&perfetto);
    let spans: usize = requests.iter().map(|trace| trace.spans.len()).sum();
    assert_eq!(begun.len(), spans + run.faults.len());
    for process in ["faults", "workload users", "service web", "service db"] {
        assert!(begun.iter().any(|(it, ..)| it == process), "{process}");
    }
    let orphans =
        begun.iter().filter(|(_, _, args)| args.get("metastable.orphaned") == Some(&Json::Bool(true)));
    assert!(orphans.count() > 0);
    assert!(perfetto.contains("\"name\":\"goodput\"") && perfetto.contains("\"name\":\"queue\""));
}

#[test]
fn both_say_the_same_and_the_same_again() {
    let (otlp, perfetto, ..) = written(SHOP, 7, 4);
    let (again, perfetto_again, ..) = written(SHOP, 7, 4);
    assert_eq!((&otlp, &perfetto), (&again, &perfetto_again));
    let mut of_otlp: Vec<String> = read_otlp(&otlp).into_values().map(|span| span.name).collect();
    let mut of_perfetto: Vec<String> =
        read_perfetto(&perfetto).into_iter().map(|(_, name, _)| name).collect();
    of_otlp.sort();
    of_perfetto.sort();
    assert_eq!(of_otlp, of_perfetto);
    let ids = |text: &str| -> BTreeSet<(String, String)> { read_otlp(text).into_keys().collect() };
    let (other, ..) = written(SHOP, 8, 4);
    assert!(ids(&otlp).is_disjoint(&ids(&other)), "another seed has other ids");
    let (more, ..) = written(SHOP, 7, 5);
    assert!(ids(&otlp).is_subset(&ids(&more)), "an id does not depend on what else is kept");
}

#[test]
fn the_readers_see_what_is_wrong() {
    let (otlp, perfetto, ..) = written(SHOP, 1, 2);
    let kind = otlp.find("\"kind\":3").expect("an attempt");
    let broken = [
        otlp.replacen("\"spanId\":\"", "\"spanId\":\"g", 1),
        otlp.replacen("\"startTimeUnixNano\":\"", "\"startTimeUnixNano\":\"-", 1),
        format!("{}\"kind\":9{}", &otlp[..kind], &otlp[kind + 8..]),
        otlp.replacen("\"name\":", "\"title\":\"x\",\"name\":", 3),
    ];
    for (index, text) in broken.iter().enumerate() {
        assert!(std::panic::catch_unwind(|| read_otlp(text)).is_err(), "mistake {index} is not seen");
    }
    let lines: Vec<&str> = perfetto.lines().collect();
    let end = lines.iter().rposition(|line| line.contains("\"ph\":\"E\"")).expect("something ends");
    let missing = [&lines[..end], &lines[end + 1..]].concat().join("\n");
    for text in [missing, perfetto.replace("\"ph\":\"f\"", "\"ph\":\"s\"")] {
        assert!(std::panic::catch_unwind(|| read_perfetto(&text)).is_err());
    }
}
