//! From a checked model to a plan.

use std::collections::BTreeMap;

use crate::kernel::Time;
use crate::kernel::calendar::Rank;
use crate::kernel::random::hash64;
use crate::mechanism::arrivals::{ArrivalSettings, Profile};
use crate::mechanism::balancer::Balancer;
use crate::mechanism::contention::Contention;
use crate::mechanism::queue::{Order, QueueSettings, WhenFull};
use crate::mechanism::retry::Retry;
use crate::mechanism::{Problem, Problems};
use crate::model::{LateReplies, Model, PolicySettings, ServiceGraph, ServiceSettings, StepSettings};
use crate::quantity::{Distribution, Files, Limit};

use super::changes::Changes;
use super::lanes::Lanes;
use super::sites::Sites;
use super::{
    Caller, Edge, Hop, Instance, Instruction, Parameters, Plan, Policy, Service, Source, Span, Workload,
};

impl Plan {
    /// Compiles a model that [`Model::check`] found no errors in. `files` reads what the model refers to.
    ///
    /// # Errors
    /// What only shows here: files that cannot be read, sites that collide.
    pub fn compile(model: &Model, files: &dyn Files) -> Result<Self, Vec<Problem>> {
        let mut compiler = Compiler::new(model, files);
        let plan = compiler.plan();
        match plan {
            Some(plan) if !compiler.problems.has_errors() => Ok(plan),
            _ => Err(compiler.problems.into_found()),
        }
    }
}

/// What an edge is known by: caller, target, policy.
type EdgeNames<'a> = (&'a str, &'a str, &'a str);

struct Compiler<'a> {
    model: &'a Model,
    files: &'a dyn Files,
    problems: Problems,
    sites: Sites,
    lanes: Lanes,
    policy_names: Vec<String>,
    edges: BTreeMap<EdgeNames<'a>, u32>,
    instructions: Vec<Instruction>,
}

impl<'a> Compiler<'a> {
    fn new(model: &'a Model, files: &'a dyn Files) -> Self {
        let mut compiler = Self {
            model,
            files,
            problems: Problems::new(),
            sites: Sites::default(),
            lanes: Lanes::default(),
            policy_names: Vec::new(),
            edges: BTreeMap::new(),
            instructions: Vec::new(),
        };
        compiler.collect_edges();
        compiler
    }

    /// Every call of the model, numbered by names, so that the order of the file does not matter.
    fn collect_edges(&mut self) {
        for (name, workload) in &self.model.workloads {
            self.edges.insert((name, &workload.to, &workload.policy), 0);
        }
        for (name, service) in &self.model.services {
            for call in service.handler.iter().filter_map(|step| step.call.as_ref()) {
                self.edges.insert((name, &call.to, &call.policy), 0);
            }
        }
        for (index, number) in self.edges.values_mut().enumerate() {
            *number = index as u32;
        }
        let mut policies: Vec<String> = self.edges.keys().map(|&(_, _, policy)| policy.to_owned()).collect();
        policies.sort();
        policies.dedup();
        self.policy_names = policies;
    }

    fn plan(&mut self) -> Option<Plan> {
        let policies = self.policies();
        let (services, parameters) = self.services();
        let instances = services.iter().enumerate().flat_map(|(index, service)| {
            (0..service.instances).map(move |ordinal| Instance { service: index as u32, ordinal })
        });
        let instances = instances.collect();
        let workloads = self.workloads();
        let edges = self.edges()?;
        let mut sources: Vec<Source> = self.workload_sources();
        let changes = Changes { model: self.model, sites: &mut self.sites }.compile(&mut sources);
        Some(Plan {
            name: self.model.name.clone(),
            duration: self.model.run.duration,
            warmup: self.model.run.warmup,
            interval: self.model.run.interval,
            workloads,
            sources,
            services,
            instances,
            parameters,
            instructions: std::mem::take(&mut self.instructions),
            edges,
            policies,
            lanes: std::mem::take(&mut self.lanes).finish(),
            sites: std::mem::take(&mut self.sites).finish(&mut self.problems),
            changes,
            graph: ServiceGraph::of(self.model),
        })
    }

    fn policies(&mut self) -> Vec<Policy> {
        let default = PolicySettings::default();
        let names = self.policy_names.clone();
        let policy = |name: String| {
            let settings = self.model.policies.get(&name).unwrap_or(&default);
            let retry = settings.retry.as_ref().map_or_else(Retry::never, Retry::new);
            let constant = retry.backoff().as_constant();
            Policy {
                timeout: settings.timeout.limited().and_then(|length| self.lanes.delay(length, Rank::Timer)),
                per_try_timeout: settings
                    .per_try_timeout
                    .limited()
                    .and_then(|length| self.lanes.delay(length, Rank::Timer)),
                backoff_lane: constant.and_then(|length| self.lanes.delay(length, Rank::Timer)),
                retry,
                accepts_late_replies: settings.late_replies == LateReplies::Accept,
                balancer: Balancer::new(settings.balancer),
                name,
            }
        };
        names.into_iter().map(policy).collect()
    }

    fn services(&mut self) -> (Vec<Service>, Vec<Parameters>) {
        let mut first_instance = 0;
        let mut services = Vec::new();
        let mut parameters = Vec::new();
        for (name, settings) in &self.model.services {
            let handler = self.handler(name, settings);
            services.push(Service {
                name: name.clone(),
                first_instance,
                instances: settings.instances,
                parameters: parameters.len() as u32,
            });
            first_instance += settings.instances;
            parameters.push(parameters_of(settings, handler));
        }
        (services, parameters)
    }

    /// Appends the handler of a service to the instructions and says where it begins.
    fn handler(&mut self, service: &'a str, settings: &'a ServiceSettings) -> u32 {
        let first = self.instructions.len() as u32;
        let mut ordinals: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, step) in settings.handler.iter().enumerate() {
            let kind = kind_of(step);
            let ordinal = ordinals.entry(kind).or_default();
            let which = step.name.clone().unwrap_or_else(|| format!("{kind}.{ordinal}"));
            *ordinal += 1;
            let path = format!("services.{service}.handler.{which}");
            let at = format!("handler[{index}].{kind}");
            if let Some(instruction) = self.instruction(service, step, path, &at) {
                self.instructions.push(instruction);
            }
        }
        self.instructions.push(Instruction::Reply);
        first
    }

    fn instruction(
        &mut self,
        service: &'a str,
        step: &'a StepSettings,
        path: String,
        at: &str,
    ) -> Option<Instruction> {
        if let Some(work) = &step.work {
            let span = self.span(work, Rank::Completion, &format!("services.{service}.{at}"));
            return Some(Instruction::Work { span, site: self.sites.add(path) });
        }
        if let Some(sleep) = &step.sleep {
            let span = self.span(sleep, Rank::Completion, &format!("services.{service}.{at}"));
            return Some(Instruction::Sleep { span, site: self.sites.add(path) });
        }
        if let Some(call) = &step.call {
            let edge = self.edges[&(service, call.to.as_str(), call.policy.as_str())];
            return Some(Instruction::Call { edge, step: hash64(&path) });
        }
        let share = step.fail?;
        Some(Instruction::Fail { billionths: share.billionths(), site: self.sites.add(path) })
    }

    fn span(&mut self, distribution: &Distribution, rank: Rank, path: &str) -> Span {
        match distribution.sampler(self.files) {
            Ok(sampler) => self.lanes.span(sampler, rank),
            Err(message) => {
                self.problems.at(path, |problems| {
                    problems.error(
                        message,
                        "the file is looked up beside the model; it holds one duration per line",
                    );
                });
                Span::Zero
            }
        }
    }

    fn workloads(&mut self) -> Vec<Workload> {
        let workload = |(name, settings): (&'a String, &'a crate::model::WorkloadSettings)| {
            let ArrivalSettings::Open(open) = &settings.arrivals;
            Workload {
                name: name.clone(),
                rate: open.rate,
                process: open.process,
                profile: Profile::new(&settings.profile),
                edge: self.edges[&(name.as_str(), settings.to.as_str(), settings.policy.as_str())],
                clients: settings.clients,
                client_site: self.sites.add(format!("workloads.{name}.client")),
            }
        };
        self.model.workloads.iter().map(workload).collect()
    }

    fn workload_sources(&mut self) -> Vec<Source> {
        let source = |(index, name): (usize, &String)| Source {
            workload: index as u32,
            change: None,
            is_extra: false,
            site: self.sites.add(format!("workloads.{name}.arrivals")),
            factor: 1.0,
            from: Time::ZERO,
            until: Time::MAX,
        };
        self.model.workloads.keys().enumerate().map(source).collect()
    }

    fn edges(&mut self) -> Option<Vec<Edge>> {
        let mut first_state = 0;
        let mut edges = Vec::new();
        let numbered: Vec<EdgeNames<'a>> = self.edges.keys().copied().collect();
        for (caller_name, target_name, policy_name) in numbered {
            let workload = self.model.workloads.keys().position(|name| name == caller_name);
            let service = self.model.services.keys().position(|name| name == caller_name);
            let (caller, states) = match (workload, service) {
                (Some(index), _) => {
                    (Caller::Workload(index as u32), self.model.workloads[caller_name].clients)
                }
                (None, Some(index)) => {
                    (Caller::Service(index as u32), self.model.services[caller_name].instances)
                }
                (None, None) => return None,
            };
            let target = self.model.services.keys().position(|name| name == target_name)?;
            let policy = self.policy_names.iter().position(|name| name == policy_name)?;
            let path = format!("edges.{caller_name}.{target_name}.{policy_name}");
            edges.push(Edge {
                caller,
                target: target as u32,
                policy: policy as u32,
                first_state,
                states,
                request: self.hop(caller_name, target_name, "request", Rank::Arrival),
                reply: self.hop(caller_name, target_name, "reply", Rank::Completion),
                balancer_site: self.sites.add(format!("{path}.balancer")),
                backoff_site: self.sites.add(format!("{path}.backoff")),
            });
            first_state += states;
        }
        Some(edges)
    }

    fn hop(&mut self, caller: &str, target: &str, direction: &str, rank: Rank) -> Hop {
        let latency = &self.model.network.default.latency;
        let span = self.span(latency, rank, "network.default.latency");
        Hop { span, site: self.sites.add(format!("network.{caller}.{target}.{direction}")) }
    }
}

fn kind_of(step: &StepSettings) -> &'static str {
    match step {
        StepSettings { work: Some(_), .. } => "work",
        StepSettings { sleep: Some(_), .. } => "sleep",
        StepSettings { call: Some(_), .. } => "call",
        StepSettings { .. } => "fail",
    }
}

fn parameters_of(settings: &ServiceSettings, handler: u32) -> Parameters {
    let unlimited =
        QueueSettings { capacity: Limit::Unlimited, order: Order::Fifo, when_full: WhenFull::Reject };
    Parameters {
        threads: settings.threads.limited().unwrap_or(u32::MAX),
        queue: settings.queue.unwrap_or(unlimited),
        contention: settings.contention.as_ref().map(Contention::new),
        abandoned_work: settings.abandoned_work,
        handler,
    }
}
