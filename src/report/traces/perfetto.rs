//! Traces as the trace events of Chrome, which Perfetto (<https://ui.perfetto.dev>) and `chrome://tracing` open.
//!
//! A component is a process. Its spans stand in as many lines (threads, for the format) as it takes for none to be beside another: a request and what is done for it in one, what goes on at
//! the same time in others. Arrows lead from an attempt to its handling. Beside them are the course of load and queues, and the faults.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value as Json;

use super::lanes::{Block, Lanes};
use super::{Component, Described, TraceId, Traces, Value};
use crate::kernel::Time;
use crate::plan::Caller;
use crate::report::decimal::quotient;

/// What the file begins with, by which an earlier one is known.
pub const BEGIN: &str = "{\"otherData\":{\"generator\":\"metastable ";

/// More points of courses are thinned out.
const POINTS_MAX: usize = 200_000;

/// A span on its way into a line.
struct Slice {
    described: Described,
    /// Of the trace that it belongs to.
    trace: String,
    /// What it lies in, of all slices.
    parent: Option<usize>,
    /// Of the arrow that ends here.
    arrow: Option<u64>,
    /// Of those that begin here.
    leads: Vec<u64>,
}

/// An event of the format; the time stands before its other fields.
#[derive(Serialize)]
struct Event<'a> {
    ph: &'static str,
    pid: usize,
    /// None stands for that of the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    tid: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// Of arrows.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'static str>,
    /// Of instants: of this line only.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<BTreeMap<&'static str, Json>>,
}

struct Writer<W> {
    out: W,
    is_first: bool,
}

impl<W: Write> Writer<W> {
    fn line(&mut self, at: Option<Time>, event: &Event<'_>) -> io::Result<()> {
        self.out.write_all(if self.is_first { b"\n{" } else { b",\n{" })?;
        self.is_first = false;
        if let Some(at) = at {
            let ns = at.as_ns();
            write!(self.out, "\"ts\":{}.{:03},", ns / 1000, ns % 1000)?;
        }
        let fields = serde_json::to_vec(event)?;
        self.out.write_all(&fields[1..])
    }
}

const fn event(ph: &'static str, pid: usize, tid: Option<usize>) -> Event<'static> {
    Event { ph, pid, tid, cat: None, name: None, id: None, bp: None, s: None, args: None }
}

impl Traces<'_> {
    /// Writes all traces as one object with `traceEvents`, an event a line.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn write_perfetto(&self, mut out: impl Write) -> io::Result<()> {
        let model = serde_json::to_string(&self.plan.name)?;
        let (version, seed) = (env!("CARGO_PKG_VERSION"), self.run.seed);
        write!(out, "{BEGIN}{version}\",\"model\":{model},\"seed\":\"{seed}\"}},")?;
        out.write_all(b"\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
        let mut writer = Writer { out, is_first: true };
        let slices = self.slices();
        let processes = self.processes();
        let mut members: BTreeMap<Component, Vec<usize>> = BTreeMap::new();
        for (index, slice) in slices.iter().enumerate() {
            members.entry(slice.described.component).or_default().push(index);
        }
        // The first line of a process has its number, and no two lines have the same.
        let mut next_line = processes.len() + 1;
        for (position, component) in processes.into_iter().enumerate() {
            let pid = position + 1;
            self.write_process(&mut writer, pid, component)?;
            let members = members.remove(&component).unwrap_or_default();
            write_lines(&mut writer, pid, &mut next_line, &slices, members)?;
            self.write_course(&mut writer, pid, component)?;
        }
        writer.out.write_all(b"\n]}\n")?;
        writer.out.flush()
    }

    /// Callers before those whom they call: then nothing arrives, in the order of the file, before it was sent.
    fn processes(&self) -> Vec<Component> {
        let services = self.plan.services.len();
        let mut depths = vec![0_usize; services];
        // In circles of calls it would go on for ever.
        for _ in 0..services {
            for edge in &self.plan.edges {
                let depth = match edge.caller {
                    Caller::Workload(_) => 0,
                    Caller::Service(caller) => depths[caller as usize] + 1,
                };
                let target = &mut depths[edge.target as usize];
                *target = (*target).max(depth.min(services));
            }
        }
        let mut order: Vec<u32> = (0..services as u32).collect();
        order.sort_by_key(|&service| depths[service as usize]);
        let workloads = (0..self.plan.workloads.len() as u32).map(Component::Workload);
        let services = order.into_iter().map(Component::Service);
        [Component::Faults].into_iter().chain(workloads).chain(services).collect()
    }

    fn slices(&self) -> Vec<Slice> {
        let mut slices: Vec<Slice> = Vec::new();
        for fault in &self.run.faults {
            let described = self.fault(fault);
            slices.push(Slice {
                described,
                trace: String::new(),
                parent: None,
                arrow: None,
                leads: Vec::new(),
            });
        }
        for trace in self.requests {
            let id = TraceId::of_request(self.run.seed, trace.chosen.number);
            let (first, hex) = (slices.len(), id.hex());
            for (index, described) in self.describe(trace).into_iter().enumerate() {
                let parent = trace.spans[index].parent.map(|parent| first + parent as usize);
                let is_elsewhere =
                    |parent: &usize| slices[*parent].described.component != described.component;
                let from = parent.filter(is_elsewhere);
                let arrow = from.map(|_| id.span(index));
                if let (Some(from), Some(arrow)) = (from, arrow) {
                    slices[from].leads.push(arrow);
                }
                let parent = parent.filter(|_| from.is_none());
                slices.push(Slice { described, trace: hex.clone(), parent, arrow, leads: Vec::new() });
            }
        }
        slices
    }

    fn write_process(
        &self,
        writer: &mut Writer<impl Write>,
        pid: usize,
        component: Component,
    ) -> io::Result<()> {
        let of = match component {
            Component::Faults => "",
            Component::Workload(_) => "workload ",
            Component::Service(_) => "service ",
        };
        let name = format!("{of}{}", self.component(component));
        let args = |key, value: Json| Some(BTreeMap::from([(key, value)]));
        let metadata = event("M", pid, None);
        let named = Event { name: Some("process_name"), args: args("name", name.into()), ..metadata };
        writer.line(None, &named)?;
        let sort = Event {
            name: Some("process_sort_index"),
            args: args("sort_index", pid.into()),
            ..event("M", pid, None)
        };
        writer.line(None, &sort)
    }

    /// Load and goodput of a workload, and the queue of a service.
    fn write_course(
        &self,
        writer: &mut Writer<impl Write>,
        pid: usize,
        component: Component,
    ) -> io::Result<()> {
        let run = self.run;
        let components = self.plan.workloads.len() + self.plan.services.len();
        let stride = (run.row_count() * components * 2).div_ceil(POINTS_MAX).max(1);
        let rows: Vec<usize> = (0..run.row_count()).collect();
        for rows in rows.chunks(stride) {
            let at = run.row_start(rows[0]);
            let length: u64 = rows.iter().map(|&row| run.row_length(row).as_ns()).sum();
            let mut point = |name: &str, unit: &'static str, value: String| {
                let value = value.parse().map_or(Json::Null, Json::Number);
                let args = Some(BTreeMap::from([(unit, value)]));
                writer.line(Some(at), &Event { name: Some(name), args, ..event("C", pid, None) })
            };
            match component {
                Component::Faults => {}
                Component::Workload(index) => {
                    let series = &run.workloads[index as usize].rows[rows[0]..=rows[rows.len() - 1]];
                    let rate = |count: u64| quotient(u128::from(count) * 1_000_000_000, u128::from(length));
                    let offered = series.iter().map(|row| row.offered + row.extra_offered).sum();
                    let good = series.iter().map(|row| row.good + row.extra_good).sum();
                    point("offered", "requests/s", rate(offered).unwrap_or_default())?;
                    point("goodput", "requests/s", rate(good).unwrap_or_default())?;
                }
                Component::Service(index) => {
                    let series = &run.services[index as usize].rows[rows[0]..=rows[rows.len() - 1]];
                    let queued = series.iter().map(|row| row.queued.max).max().unwrap_or_default();
                    let busy = series.iter().map(|row| row.busy.max).max().unwrap_or_default();
                    point("queue", "attempts", queued.to_string())?;
                    point("threads busy", "threads", busy.to_string())?;
                }
            }
        }
        Ok(())
    }
}

/// The slices of one process, line by line: in each they begin and end like brackets.
fn write_lines(
    writer: &mut Writer<impl Write>,
    pid: usize,
    next_line: &mut usize,
    slices: &[Slice],
    mut members: Vec<usize>,
) -> io::Result<()> {
    // Who is made by another comes after it in this order, also at the same instant.
    members.sort_by_key(|&index| (slices[index].described.begin, index));
    let mut position: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut lanes, mut lines) = (Lanes::default(), Vec::<Vec<usize>>::new());
    for (number, &index) in members.iter().enumerate() {
        position.insert(index, number);
        let Described { begin, end, .. } = slices[index].described;
        let parent = slices[index].parent.and_then(|parent| position.get(&parent).copied());
        let line = lanes.place(Block { parent, begin, end });
        if lines.len() <= line {
            lines.push(Vec::new());
        }
        lines[line].push(index);
    }
    for (number, line) in lines.into_iter().enumerate() {
        let tid = if number == 0 { pid } else { *next_line };
        *next_line += usize::from(number > 0);
        let name = BTreeMap::from([("name", Json::from(format!("line {}", number + 1)))]);
        writer.line(
            None,
            &Event { name: Some("thread_name"), args: Some(name), ..event("M", pid, Some(tid)) },
        )?;
        let mut open: Vec<&Slice> = Vec::new();
        for slice in line.into_iter().map(|index| &slices[index]) {
            let is_over = |outer: &&Slice| {
                outer.described.end <= slice.described.begin && outer.described.end != slice.described.end
            };
            while let Some(outer) = open.pop_if(|outer| is_over(outer)) {
                write_end(writer, pid, tid, outer)?;
            }
            write_begin(writer, pid, tid, slice)?;
            open.push(slice);
        }
        while let Some(outer) = open.pop() {
            write_end(writer, pid, tid, outer)?;
        }
    }
    Ok(())
}

/// With its name, which Perfetto does not need: there are readers that find by it what ends.
fn write_end(writer: &mut Writer<impl Write>, pid: usize, tid: usize, slice: &Slice) -> io::Result<()> {
    let ends = Event { name: Some(&slice.described.name), ..event("E", pid, Some(tid)) };
    writer.line(Some(slice.described.end), &ends)
}

fn write_begin(writer: &mut Writer<impl Write>, pid: usize, tid: usize, slice: &Slice) -> io::Result<()> {
    let Described { name, category, begin, attributes, marks, .. } = &slice.described;
    let mut args: BTreeMap<&'static str, Json> =
        attributes.iter().map(|(key, value)| (*key, json(value))).collect();
    if !slice.trace.is_empty() {
        args.insert("trace_id", slice.trace.as_str().into());
    }
    let begins =
        Event { cat: Some(category), name: Some(name), args: Some(args), ..event("B", pid, Some(tid)) };
    writer.line(Some(*begin), &begins)?;
    let arrow = |ph, id: u64, bp| Event {
        cat: Some("attempt"),
        name: Some("attempt"),
        id: Some(format!("0x{id:x}")),
        bp,
        ..event(ph, pid, Some(tid))
    };
    if let Some(id) = slice.arrow {
        writer.line(Some(*begin), &arrow("f", id, Some("e")))?;
    }
    for &id in &slice.leads {
        writer.line(Some(*begin), &arrow("s", id, None))?;
    }
    for (at, what) in marks {
        let mark = Event { name: Some(what), s: Some("t"), ..event("i", pid, Some(tid)) };
        writer.line(Some(*at), &mark)?;
    }
    Ok(())
}

fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Count(count) => (*count).into(),
        Value::Yes => true.into(),
        Value::No => false.into(),
        Value::Words(words) => words.join(", ").into(),
    }
}
