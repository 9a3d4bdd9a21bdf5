//! Traces as OTLP-JSON: what an OpenTelemetry collector takes at `/v1/traces`, and Jaeger, Tempo and others read.
//!
//! Times are counted from the Unix epoch. A component is a resource; a fault is a trace of its own.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::{Component, Described, TraceId, Traces, Value};
use crate::kernel::Time;

/// What the file begins with, by which an earlier one is known.
pub const BEGIN: &str = "{\"resourceSpans\":[\n{\"resource\":{\"attributes\":[{\"key\":\"metastable.model\"";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OtlpSpan {
    trace_id: String,
    span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<String>,
    name: String,
    kind: u8,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<Attribute>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<Event>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

#[derive(Serialize)]
struct Attribute {
    key: &'static str,
    value: AnyValue,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::enum_variant_names, reason = "so the protocol calls them")]
enum AnyValue {
    StringValue(String),
    /// Of 64 bits, which is text in JSON.
    IntValue(String),
    BoolValue(bool),
    ArrayValue {
        values: Vec<AnyValue>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    time_unix_nano: String,
    name: &'static str,
}

#[derive(Serialize)]
struct Status {
    code: u8,
    message: &'static str,
}

/// `STATUS_CODE_ERROR`.
const ERROR: u8 = 2;

impl Traces<'_> {
    /// Writes all traces as one `TracesData`, a span a line.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn write_otlp(&self, mut out: impl Write) -> io::Result<()> {
        let mut by_component: BTreeMap<Component, Vec<OtlpSpan>> = BTreeMap::new();
        let seed = self.run.seed;
        for (index, fault) in self.run.faults.iter().enumerate() {
            let id = TraceId::of_fault(seed, index);
            by_component.entry(Component::Faults).or_default().push(span(id, 0, None, self.fault(fault)));
        }
        for trace in self.requests {
            let id = TraceId::of_request(seed, trace.chosen.number);
            for (index, described) in self.describe(trace).into_iter().enumerate() {
                let parent = trace.spans[index].parent;
                let spans = by_component.entry(described.component).or_default();
                spans.push(span(id, index, parent, described));
            }
        }
        out.write_all(b"{\"resourceSpans\":[")?;
        let mut separator = "\n";
        for (component, spans) in by_component {
            out.write_all(separator.as_bytes())?;
            self.write_resource(&mut out, component)?;
            separator = "\n";
            for span in spans {
                out.write_all(separator.as_bytes())?;
                serde_json::to_writer(&mut out, &span)?;
                separator = ",\n";
            }
            out.write_all(b"\n]}]}")?;
            separator = ",\n";
        }
        out.write_all(b"\n]}\n")?;
        out.flush()
    }

    fn write_resource(&self, out: &mut impl Write, component: Component) -> io::Result<()> {
        let of = match component {
            Component::Faults => "faults",
            Component::Workload(_) => "workload",
            Component::Service(_) => "service",
        };
        let attributes = [
            ("metastable.model", Value::text(&self.plan.name)),
            ("metastable.seed", Value::Count(self.run.seed)),
            ("metastable.component", Value::text(of)),
            ("service.namespace", Value::text(&self.plan.name)),
            ("service.name", Value::text(self.component(component))),
        ];
        out.write_all(b"{\"resource\":{\"attributes\":")?;
        serde_json::to_writer(&mut *out, &attributes.into_iter().map(attribute).collect::<Vec<_>>())?;
        let version = env!("CARGO_PKG_VERSION");
        write!(
            out,
            "}},\"scopeSpans\":[{{\"scope\":{{\"name\":\"metastable\",\"version\":\"{version}\"}},\"spans\":["
        )
    }
}

fn span(id: TraceId, index: usize, parent: Option<u32>, described: Described) -> OtlpSpan {
    let span_id = |index: usize| format!("{:016x}", id.span(index));
    OtlpSpan {
        trace_id: id.hex(),
        span_id: span_id(index),
        parent_span_id: parent.map(|parent| span_id(parent as usize)),
        name: described.name,
        kind: described.side as u8,
        start_time_unix_nano: nanoseconds(described.begin),
        end_time_unix_nano: nanoseconds(described.end),
        attributes: described.attributes.into_iter().map(attribute).collect(),
        events: described
            .marks
            .into_iter()
            .map(|(at, name)| Event { time_unix_nano: nanoseconds(at), name })
            .collect(),
        status: described.error.map(|message| Status { code: ERROR, message }),
    }
}

fn attribute((key, value): (&'static str, Value)) -> Attribute {
    let value = match value {
        Value::Text(text) => AnyValue::StringValue(text),
        // Seeds may need all 64 bits, of which this type has one less.
        Value::Count(count) if i64::try_from(count).is_err() => AnyValue::StringValue(count.to_string()),
        Value::Count(count) => AnyValue::IntValue(count.to_string()),
        Value::Yes => AnyValue::BoolValue(true),
        Value::No => AnyValue::BoolValue(false),
        Value::Words(words) => {
            let values = words.into_iter().map(|word| AnyValue::StringValue(word.to_owned()));
            AnyValue::ArrayValue { values: values.collect() }
        }
    };
    Attribute { key, value }
}

fn nanoseconds(at: Time) -> String {
    at.as_ns().to_string()
}
