//! From a checked model to a plan.

mod caches;
mod changes;
mod edges;
mod handlers;
mod locks;
mod network;
mod services;
mod workloads;
mod writes;

use std::collections::BTreeMap;

use crate::kernel::Duration;
use crate::kernel::calendar::Rank;
use crate::kernel::sampler::Sampler;
use crate::mechanism::{Problem, Problems};
use crate::model::{Model, ServiceGraph};
use crate::quantity::{Amount, Distribution, Files};

use super::lanes::Lanes;
use super::sites::Sites;
use super::{Instance, Instruction, Link, Plan, PlannedMemory, Source, Span, Way};

impl Plan {
    /// Compiles a model that [`Model::check`] found no errors in. `files` reads what the model refers to.
    ///
    /// # Errors
    /// What only shows here: files that cannot be read, sites that collide.
    pub fn compile(model: &Model, files: &dyn Files) -> Result<Self, Vec<Problem>> {
        let pushed = changes::pushed_models(model)?;
        let connect_names = connect_names(model);
        let mut compiler = Compiler::new(model, &pushed, &connect_names, files);
        let plan = compiler.plan();
        match plan {
            Some(plan) if !compiler.problems.has_errors() => Ok(plan),
            _ => Err(compiler.problems.into_found()),
        }
    }
}

/// What an edge is known by: caller, target, policy.
type EdgeNames<'a> = (&'a str, &'a str, &'a str);

/// Connections are opened under a policy of their own; a point is in no other name.
fn connect_names(model: &Model) -> BTreeMap<String, String> {
    let pooled = model.policies.iter().filter(|(_, policy)| policy.pool.is_some());
    pooled.map(|(name, _)| (name.clone(), format!("{name}.connect"))).collect()
}

struct Compiler<'a> {
    model: &'a Model,
    /// What each config push makes of it, by the name of the fault.
    pushed: &'a BTreeMap<String, Model>,
    files: &'a dyn Files,
    problems: Problems,
    sites: Sites,
    lanes: Lanes,
    policy_names: Vec<String>,
    edges: BTreeMap<EdgeNames<'a>, u32>,
    instructions: Vec<Instruction>,
    rescues: Vec<u32>,
    lock_depths: Vec<u8>,
    /// How many locks are held where the next instruction stands.
    lock_depth: u8,
    handlers: Vec<u32>,
    ways: Vec<Way>,
    branches: Vec<u32>,
    links: Vec<Link>,
    memories: Vec<PlannedMemory>,
    /// The first link between two components.
    first_links: BTreeMap<(&'a str, &'a str), u32>,
    budget_states: edges::StateCounter<'a>,
    breaker_states: edges::StateCounter<'a>,
    bulkhead_states: edges::StateCounter<'a>,
    throttle_states: edges::StateCounter<'a>,
    rate_limit_states: edges::StateCounter<'a>,
    service_limits: services::LimitCounter<'a>,
    hedge_states: edges::StateCounter<'a>,
    pool_states: edges::StateCounter<'a>,
    /// The names of the policies under which connections are opened, by the policy that has the pool.
    connect_names: &'a BTreeMap<String, String>,
    outlier_states: edges::StateCounter<'a>,
}

impl<'a> Compiler<'a> {
    fn new(
        model: &'a Model,
        pushed: &'a BTreeMap<String, Model>,
        connect_names: &'a BTreeMap<String, String>,
        files: &'a dyn Files,
    ) -> Self {
        let mut compiler = Self {
            model,
            pushed,
            files,
            problems: Problems::new(),
            sites: Sites::default(),
            lanes: Lanes::default(),
            policy_names: Vec::new(),
            edges: BTreeMap::new(),
            instructions: Vec::new(),
            rescues: Vec::new(),
            lock_depths: Vec::new(),
            lock_depth: 0,
            handlers: Vec::new(),
            ways: Vec::new(),
            branches: Vec::new(),
            links: Vec::new(),
            memories: Vec::new(),
            first_links: BTreeMap::new(),
            budget_states: edges::StateCounter::default(),
            breaker_states: edges::StateCounter::default(),
            bulkhead_states: edges::StateCounter::default(),
            throttle_states: edges::StateCounter::default(),
            rate_limit_states: edges::StateCounter::default(),
            service_limits: services::LimitCounter::default(),
            hedge_states: edges::StateCounter::default(),
            pool_states: edges::StateCounter::default(),
            connect_names,
            outlier_states: edges::StateCounter::default(),
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
            for call in service.all_steps().into_iter().filter_map(|at| self.model.call_of(at.step)) {
                self.edges.insert((name, call.to, call.policy), 0);
            }
        }
        let pooled: Vec<EdgeNames<'a>> = self.edges.keys().copied().collect();
        for (caller, target, policy) in pooled {
            if let Some(connect) = self.connect_names.get(policy) {
                self.edges.insert((caller, target, connect), 0);
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
        let mut policies = self.policies();
        let (services, mut parameters) = self.services();
        let instances = services.iter().enumerate().flat_map(|(index, service)| {
            (0..service.instances).map(move |ordinal| Instance { service: index as u32, ordinal })
        });
        let instances = instances.collect();
        let workloads = self.workloads();
        let caches = self.caches(&services);
        let locks = self.locks();
        let edges = self.edges(&services)?;
        let mut sources: Vec<Source> = self.workload_sources();
        let changes = self.changes(&services, &mut sources, &mut parameters, &mut policies);
        if policies.len() > usize::from(u16::MAX) {
            let message = format!("{} policies are too many", policies.len());
            self.problems.error(message, format!("at most {} are possible, with those of pushes", u16::MAX));
        }
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
            rescues: std::mem::take(&mut self.rescues),
            lock_depths: std::mem::take(&mut self.lock_depths),
            handlers: std::mem::take(&mut self.handlers),
            ways: std::mem::take(&mut self.ways),
            branches: std::mem::take(&mut self.branches),
            caches,
            memories: std::mem::take(&mut self.memories),
            locks,
            registers: self.registers(),
            edges,
            budgets: self.budget_states.count,
            bulkheads: self.bulkhead_states.count,
            throttles: self.throttle_states.count,
            rate_limits: self.rate_limit_states.count,
            service_limits: self.service_limits.count,
            pools: self.pool_states.count,
            links: std::mem::take(&mut self.links),
            policies,
            lanes: std::mem::take(&mut self.lanes).finish(),
            sites: std::mem::take(&mut self.sites).finish(&mut self.problems),
            changes,
            graph: ServiceGraph::of(self.model),
        })
    }

    fn span(&mut self, distribution: &Distribution, rank: Rank, path: &str) -> Span {
        let sampler = self.sampler(distribution, path);
        self.lanes.span(sampler, rank)
    }

    fn sampler<T: Amount>(&mut self, distribution: &Distribution<T>, path: &str) -> Sampler {
        distribution.sampler(self.files).unwrap_or_else(|message| {
            self.problems.at(path, |problems| {
                let help =
                    format!("the file is looked up beside the model; it holds one {} per line", T::NOUN);
                problems.error(message, help);
            });
            Sampler::constant(Duration::ZERO)
        })
    }
}
