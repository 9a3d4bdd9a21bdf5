//! What happened to single requests, for the programs that show traces: OTLP-JSON, and the trace events of Chrome and Perfetto.
//!
//! Both formats say the same of each span, which is put into words here. Times are simulated, from 0 on.

mod lanes;
pub mod otlp;
pub mod perfetto;
#[cfg(test)]
mod tests;

use crate::kernel::Time;
use crate::kernel::random::mix;
use crate::mechanism::Class;
use crate::observe::{
    BranchPurpose, FaultOccurrence, Lost, RequestTrace, Run, ServiceEnd, Span, SpanKind, Step,
};
use crate::plan::{Caller, Edge, Plan};

/// Tells what ids are made of from all else that is made of a seed.
const TRACE_ID: u64 = 0x7472_6163_6520_6964;
const FAULT_ID: u64 = 0x6661_756c_7420_6964;

/// Traces, and what is needed to name things in them.
#[derive(Clone, Copy, Debug)]
pub struct Traces<'a> {
    /// What was run.
    pub plan: &'a Plan,
    /// What came out.
    pub run: &'a Run,
    /// The requests, in the order of their numbers.
    pub requests: &'a [RequestTrace],
}

/// Who does something: a process in a picture, a resource for OpenTelemetry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Component {
    Faults,
    Workload(u32),
    Service(u32),
}

/// How OpenTelemetry calls the sides of a span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Internal = 1,
    Server = 2,
    Client = 3,
}

/// What an attribute says.
#[derive(Clone, PartialEq, Debug)]
enum Value {
    Text(String),
    Count(u64),
    Yes,
    No,
    Words(Vec<&'static str>),
}

/// A span in words.
#[derive(Clone, PartialEq, Debug)]
struct Described {
    component: Component,
    name: String,
    /// What kind of thing it is, in one word.
    category: &'static str,
    side: Side,
    begin: Time,
    /// That of the run, if it was not over by then.
    end: Time,
    attributes: Vec<(&'static str, Value)>,
    /// What went wrong.
    error: Option<&'static str>,
    /// What happened at one instant of it.
    marks: Vec<(Time, &'static str)>,
}

impl Value {
    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Traces<'_> {
    /// When everything ends.
    fn end(&self) -> Time {
        Time::ZERO + self.run.duration
    }

    fn component(&self, component: Component) -> &str {
        match component {
            Component::Faults => "faults",
            Component::Workload(index) => &self.plan.workloads[index as usize].name,
            Component::Service(index) => &self.plan.services[index as usize].name,
        }
    }

    /// All spans of a request.
    fn describe(&self, trace: &RequestTrace) -> Vec<Described> {
        let mut described: Vec<Described> =
            trace.spans.iter().map(|span| self.describe_span(trace, span)).collect();
        for mark in &trace.marks {
            described[mark.span as usize].marks.push((mark.at, mark.what.name()));
        }
        described
    }

    fn describe_span(&self, trace: &RequestTrace, span: &Span) -> Described {
        let mut described = match span.kind {
            SpanKind::Request => self.request(trace),
            SpanKind::Call { edge, class } => {
                let edge = &self.plan.edges[edge as usize];
                let mut described = self.of_caller(edge, "call", Side::Internal, class);
                described.name.insert_str(0, "call ");
                described
            }
            SpanKind::Attempt { edge, ordinal, copy, class, lost } => {
                self.attempt(&self.plan.edges[edge as usize], (ordinal, copy), class, lost)
            }
            SpanKind::Handling { place, end, orphaned, wanted } => {
                let name = self.component(Component::Service(place.service)).to_owned();
                let mut described = at_service(place.service, name, "handling", Side::Server);
                let first = self.plan.services[place.service as usize].first_instance;
                let instance = Value::Text((place.instance - first).to_string());
                described.attributes.push(("service.instance.id", instance));
                described.attributes.extend(orphaned.then_some(("metastable.orphaned", Value::Yes)));
                if let Some(end) = end {
                    described.attributes.push(("metastable.end", Value::text(end.name())));
                    described.attributes.extend((!wanted).then_some(("metastable.wanted", Value::No)));
                    described.error = (end != ServiceEnd::Ok).then(|| end.name());
                }
                described
            }
            SpanKind::Branch { place, purpose, orphaned } => {
                let name = match purpose {
                    BranchPurpose::Handler => "branch",
                    BranchPurpose::Load => "load",
                    BranchPurpose::Store => "store",
                };
                let mut described = at_service(place.service, name.to_owned(), "branch", Side::Internal);
                described.attributes.extend(orphaned.then_some(("metastable.orphaned", Value::Yes)));
                described
            }
            SpanKind::Step { place, step } => {
                at_service(place.service, self.step(step), "step", Side::Internal)
            }
        };
        (described.begin, described.end) = (span.begin, span.end.unwrap_or(self.end()));
        if span.end.is_none() {
            described.attributes.push(("metastable.unfinished", Value::Yes));
        }
        if let Some(outlived) = self.outlived(trace, span) {
            described.attributes.push((outlived, Value::Yes));
        }
        if let Some(error) = described.error {
            described.attributes.push(("error.type", Value::text(error)));
        }
        described
    }

    /// What goes on after the end of what it was begun for: an attempt for nobody, a load for whoever asks next, a store that was promised.
    fn outlived(&self, trace: &RequestTrace, span: &Span) -> Option<&'static str> {
        let parent = trace.spans[span.parent? as usize];
        let is_over = parent.end.is_some_and(|end| span.end.unwrap_or(self.end()) > end);
        match span.kind {
            _ if !is_over => None,
            SpanKind::Handling { orphaned: true, .. } | SpanKind::Branch { orphaned: true, .. } => None,
            SpanKind::Branch { purpose: BranchPurpose::Load | BranchPurpose::Store, .. } => {
                Some("metastable.detached")
            }
            _ => Some("metastable.orphaned"),
        }
    }

    fn request(&self, trace: &RequestTrace) -> Described {
        let workload = &self.plan.workloads[trace.workload as usize];
        let operation = workload.mix.get(usize::from(trace.operation)).map(|kind| &*kind.name);
        let name =
            operation.map_or_else(|| workload.name.clone(), |kind| format!("{} {kind}", workload.name));
        let outcome = match trace.class {
            None => "unfinished",
            Some(Class::Ok) if trace.late => "ok_late",
            Some(Class::Ok) => "good",
            Some(class) => class.name(),
        };
        let reasons = trace.chosen.reasons.iter().map(|reason| reason.name()).collect();
        let mut attributes = vec![
            ("metastable.request", Value::Count(trace.chosen.number)),
            ("metastable.kept", Value::Words(reasons)),
            ("metastable.outcome", Value::text(outcome)),
        ];
        attributes.extend(operation.map(|kind| ("metastable.operation", Value::text(kind))));
        let tenant = workload.tenants.get(usize::from(trace.tenant));
        attributes.extend(tenant.map(|tenant| ("metastable.tenant", Value::text(&tenant.name))));
        attributes.extend(trace.extra.then_some(("metastable.extra", Value::Yes)));
        attributes.extend(trace.is_user_retry.then_some(("metastable.user_retry", Value::Yes)));
        if trace.intended < trace.spans[0].begin {
            attributes.push(("metastable.intended_start_ns", Value::Count(trace.intended.as_ns())));
        }
        if trace.left_out > 0 {
            attributes.push(("metastable.spans_left_out", Value::Count(trace.left_out)));
        }
        let error = trace.class.filter(|class| *class != Class::Ok).map(Class::name);
        Described {
            name,
            attributes,
            error,
            ..blank(Component::Workload(trace.workload), "request", Side::Internal)
        }
    }

    fn attempt(
        &self,
        edge: &Edge,
        (ordinal, copy): (u32, u32),
        class: Option<Class>,
        lost: Option<Lost>,
    ) -> Described {
        let mut described = self.of_caller(edge, "attempt", Side::Client, class);
        let attributes = &mut described.attributes;
        if copy > 0 {
            attributes.push(("metastable.hedge", Value::Count(u64::from(copy))));
            described.name = format!("{} hedge {copy}", described.name);
        } else if ordinal > 1 {
            attributes.push(("http.request.resend_count", Value::Count(u64::from(ordinal - 1))));
            described.name = format!("{} retry {}", described.name, ordinal - 1);
        }
        if let Some(lost) = lost {
            let what = match lost {
                Lost::Request => "request",
                Lost::Refused => "refused",
                Lost::Reply => "reply",
            };
            attributes.push(("metastable.lost", Value::text(what)));
        }
        described
    }

    /// What a caller does; its name is that of the target.
    fn of_caller(&self, edge: &Edge, category: &'static str, side: Side, class: Option<Class>) -> Described {
        let component = match edge.caller {
            Caller::Workload(index) => Component::Workload(index),
            Caller::Service(index) => Component::Service(index),
        };
        let target = &self.plan.services[edge.target as usize].name;
        let policy = &self.plan.policies[usize::from(edge.policy)].name;
        Described {
            name: target.clone(),
            attributes: vec![
                ("server.address", Value::text(target)),
                ("metastable.policy", Value::text(policy)),
            ],
            error: class.filter(|class| *class != Class::Ok).map(Class::name),
            ..blank(component, category, side)
        }
    }

    fn step(&self, step: Step) -> String {
        let lock = |index: u32| &*self.plan.locks[index as usize].name;
        match step {
            Step::Queue => "queue".to_owned(),
            Step::WaitForPermit => "wait for permit".to_owned(),
            Step::Work => "work".to_owned(),
            Step::WaitForCpu => "wait for CPU".to_owned(),
            Step::Io => "I/O".to_owned(),
            Step::WaitForIo => "wait for I/O".to_owned(),
            Step::Lock(index) => format!("lock {}", lock(index)),
            Step::WaitForLock(index) => format!("wait for lock {}", lock(index)),
        }
    }

    fn fault(&self, fault: &FaultOccurrence) -> Described {
        let role = match fault.role {
            crate::mechanism::fault::Role::Trigger => "trigger",
            crate::mechanism::fault::Role::Background => "background",
        };
        let mut attributes = vec![
            ("metastable.fault.kind", Value::text(fault.kind)),
            ("metastable.fault.role", Value::text(role)),
            ("metastable.fault.target", Value::text(&fault.target)),
        ];
        attributes.extend(fault.end.is_none().then_some(("metastable.unfinished", Value::Yes)));
        Described {
            name: fault.name.clone(),
            begin: fault.at,
            end: fault.end.unwrap_or(self.end()),
            attributes,
            ..blank(Component::Faults, role, Side::Internal)
        }
    }
}

fn at_service(service: u32, name: String, category: &'static str, side: Side) -> Described {
    Described { name, ..blank(Component::Service(service), category, side) }
}

fn blank(component: Component, category: &'static str, side: Side) -> Described {
    Described {
        component,
        name: String::new(),
        category,
        side,
        begin: Time::ZERO,
        end: Time::ZERO,
        attributes: Vec::new(),
        error: None,
        marks: Vec::new(),
    }
}

/// The id of a trace: 16 bytes, never all 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct TraceId(u64, u64);

impl TraceId {
    fn of_request(seed: u64, number: u64) -> Self {
        Self::new(mix(mix(seed, TRACE_ID), number))
    }

    fn of_fault(seed: u64, index: usize) -> Self {
        Self::new(mix(mix(seed, FAULT_ID), index as u64))
    }

    fn new(high: u64) -> Self {
        Self(high, mix(high, TRACE_ID).max(1))
    }

    /// The id of a span of it: 8 bytes, never all 0.
    fn span(self, index: usize) -> u64 {
        mix(mix(self.0, self.1), index as u64).max(1)
    }

    fn hex(self) -> String {
        format!("{:016x}{:016x}", self.0, self.1)
    }
}
