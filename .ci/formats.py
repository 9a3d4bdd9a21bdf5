"""Reads what `.ci/formats` has made, with what others use to read it."""

import base64
import csv
import json
import os
import sys
from collections import defaultdict

from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData
from prometheus_client.openmetrics.parser import text_string_to_metric_families

# What is looked up in the CSV files: metric, file, column.
SUMS = [
    ("metastable_goodput_requests", "workloads.csv", "good"),
    ("metastable_attempts_sent", "edges.csv", "attempts"),
    ("metastable_service_attempts_received", "services.csv", "received"),
]


def column(folder, file, name):
    sums = defaultdict(int)
    with open(os.path.join(folder, "out", file), newline="") as lines:
        for row in csv.DictReader(lines):
            sums[row["run"]] += int(row[name])
    return dict(sums)


def metrics(folder):
    with open(os.path.join(folder, "metrics.txt")) as file:
        families = {family.name: family for family in text_string_to_metric_families(file.read())}
    for metric, file, name in SUMS:
        last = {}
        for sample in families[metric].samples:
            last[tuple(sorted(sample.labels.items()))] = sample
        totals = defaultdict(int)
        for sample in last.values():
            totals[sample.labels["run"]] += int(sample.value)
        assert dict(totals) == column(folder, file, name), f"{metric}: {dict(totals)}"
    return len(families)


def in_base64(hexadecimal, size):
    """OTLP-JSON has ids in hexadecimal, and protobuf's own JSON in base64: the one place in which they differ."""
    raw = bytes.fromhex(hexadecimal)
    assert len(raw) == size and any(raw) and hexadecimal == hexadecimal.lower(), hexadecimal
    return base64.b64encode(raw).decode()


def otlp(folder):
    with open(os.path.join(folder, "otlp.json")) as file:
        document = json.load(file)
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                span["traceId"] = in_base64(span["traceId"], 16)
                span["spanId"] = in_base64(span["spanId"], 8)
                if "parentSpanId" in span:
                    span["parentSpanId"] = in_base64(span["parentSpanId"], 8)
    # It refuses fields that it does not know.
    data = json_format.ParseDict(document, TracesData())
    spans, clients = {}, 0
    for resource in data.resource_spans:
        assert any(attribute.key == "service.name" for attribute in resource.resource.attributes)
        for span in (span for scope in resource.scope_spans for span in scope.spans):
            assert spans.setdefault((span.trace_id, span.span_id), span) is span, "an id comes twice"
            assert span.start_time_unix_nano <= span.end_time_unix_nano
            clients += span.kind == Span.SPAN_KIND_CLIENT
    roots = defaultdict(int)
    for (trace, _), span in spans.items():
        roots[trace] += not span.parent_span_id
        assert not span.parent_span_id or (trace, span.parent_span_id) in spans, "a parent is missing"
    assert set(roots.values()) == {1}, "every trace has one root"
    assert clients > 0
    return len(roots), len(spans)


def perfetto(folder):
    with open(os.path.join(folder, "perfetto.json")) as file:
        events = json.load(file)["traceEvents"]
    lines, arrows, names = defaultdict(list), defaultdict(list), set()
    for event in events:
        line = (event["pid"], event.get("tid", event["pid"]))
        if event["ph"] == "M":
            names.add((line if event["name"] == "thread_name" else event["pid"]))
            continue
        at = event["ts"]
        assert event["pid"] in names, "a process without a name"
        if event["ph"] == "B":
            assert line in names and event["name"] and event["cat"]
            assert not lines[line] or lines[line][-1][0] <= at, "it begins before what it lies in"
            lines[line].append((at, event["name"]))
        elif event["ph"] == "E":
            begin, name = lines[line].pop()
            assert begin <= at, "it ends before it begins"
            assert name == event["name"], "something else ends"
        elif event["ph"] in "sf":
            assert lines[line], "an arrow from nowhere"
            arrows[event["id"]].append(event["ph"])
        else:
            assert event["ph"] in "Ci", event
    assert not any(lines.values()), "something does not end"
    assert all(sorted(ends) == ["f", "s"] for ends in arrows.values()), "an arrow with one end"
    return len(events)


for path in sys.argv[1:]:
    folder = os.path.dirname(path)
    families, (traces, spans), events = metrics(folder), otlp(folder), perfetto(folder)
    print(
        f"{os.path.basename(folder)}: {families} families of metrics, "
        f"{traces} traces of {spans} spans, {events} trace events"
    )
