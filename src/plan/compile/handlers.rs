//! Handlers, as flat lists of instructions.
//!
//! What is repeated is written out, each repetition with its own number, so that an attempt is a position in a list and nothing more. Branches of `parallel` are lists
//! of their own, behind the instruction that begins them.

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::calendar::Rank;
use crate::kernel::random::hash64;
use crate::mechanism::cache::Operation;
use crate::model::{
    ChoiceSettings, GetSettings, LockStepSettings, ParallelSettings, ServiceSettings, StepSettings,
    TrySettings,
};
use crate::plan::{Instruction, Plan, Way};
use crate::quantity::Distribution;

use super::Compiler;

/// Stands for the begin of `otherwise`, as long as that is not known.
pub(super) const PENDING: u32 = u32::MAX - 1;

/// A handler that is being compiled.
pub(super) struct Handler<'a> {
    service: &'a str,
    /// What each step is known by: its place in memory, which is the same however often it is written out.
    pub(super) sites: BTreeMap<*const StepSettings, String>,
    /// The steps that put something into a cache with leases that was missed there.
    fills: BTreeSet<*const StepSettings>,
}

/// Where a step stands.
#[derive(Clone, Copy)]
pub(super) struct Context<'c> {
    /// The path of the list that it is in, from the service.
    pub(super) list: &'c str,
    /// Which repetition of the list this is.
    pub(super) iteration: u32,
    /// Where what fails goes on.
    pub(super) rescue: u32,
}

impl<'a> Compiler<'a> {
    /// Appends the handlers of a service to the instructions and says where their list begins.
    pub(super) fn handlers(&mut self, service: &'a str, settings: &'a ServiceSettings) -> u32 {
        let first = self.handlers.len() as u32;
        if settings.handler.is_empty() {
            // Nobody calls it, but named handlers are numbered from 1.
            let nothing = self.emit(Instruction::Reply, Plan::NO_RESCUE);
            self.handlers.push(nothing);
        }
        for (_, path, steps) in settings.all_handlers() {
            self.begin_handler(service, &path, steps);
            self.emit(Instruction::Reply, Plan::NO_RESCUE);
        }
        self.cache_handlers(service, settings);
        first
    }

    fn begin_handler(&mut self, service: &'a str, path: &str, steps: &'a [StepSettings]) {
        let begin = self.position();
        self.handlers.push(begin);
        let mut handler = Handler { service, sites: BTreeMap::new(), fills: BTreeSet::new() };
        let is_leased = |name: &str| self.model.caches.get(name).is_some_and(|cache| cache.lease.is_some());
        find_fills(steps, &mut Vec::new(), &is_leased, &mut handler.fills);
        name_steps(&format!("services.{service}.{path}"), steps, &mut BTreeMap::new(), &mut handler.sites);
        self.steps(&handler, steps, Context { list: path, iteration: 0, rescue: Plan::NO_RESCUE });
    }

    /// What a service does that caches are in, behind its other handlers: for each cache and each use of it, the steps of one of these, and then what they are for.
    fn cache_handlers(&mut self, service: &str, settings: &'a ServiceSettings) {
        let model = self.model;
        let Some((service, _)) = model.services.get_key_value(service) else { return };
        for (name, cache) in model.caches.iter().filter(|(_, cache)| cache.service() == Some(service)) {
            let calls = cache.calls();
            let (number, entry) = (self.cache(name), self.sites.add(format!("caches.{name}.entry")));
            for operation in Operation::ALL {
                let wanted = calls.handler(operation);
                let all = settings.all_handlers();
                let Some((_, path, steps)) = all.into_iter().find(|(name, ..)| *name == wanted) else {
                    // It is a mistake that a check has found, or nobody asks for it.
                    let nothing = self.position();
                    self.handlers.push(nothing);
                    continue;
                };
                self.begin_handler(service, &path, steps);
                self.emit(Instruction::Answer { cache: number, operation, entry }, Plan::NO_RESCUE);
                self.emit(Instruction::Reply, Plan::NO_RESCUE);
            }
        }
    }

    /// The number of the handler of a service that does this for a cache in it.
    fn cache_handler(&self, service: &str, cache: &str, operation: Operation) -> u16 {
        let named = self.model.services.get(service).map_or(0, |service| service.handlers.len());
        let mut caches = self.model.caches.iter().filter(|(_, cache)| cache.service() == Some(service));
        let position = caches.position(|(name, _)| name == cache).unwrap_or(0);
        (1 + named + position * Operation::ALL.len() + operation as usize) as u16
    }

    /// A step that asks the service that its cache is in; `None`: its cache is in none.
    fn ask(
        &self,
        handler: &Handler<'a>,
        step: &'a StepSettings,
        path: &str,
        iteration: u32,
    ) -> Option<Instruction> {
        let service = handler.service;
        let (mut operation, name) = step.cache_operation()?;
        if handler.fills.contains(&std::ptr::from_ref(step)) {
            operation = Operation::Fill;
        }
        let cache = self.model.caches.get(name)?;
        let to = cache.service()?;
        let call = self.model.call_of(step)?;
        let edge = *self.edges.get(&(service, call.to, call.policy))?;
        let handler = self.cache_handler(to, name, operation);
        let cache = self.cache(name);
        Some(Instruction::Ask { cache, operation, edge, handler, iteration, step: hash64(path), hit: 0 })
    }

    /// What is done to turn an attempt away.
    pub(super) fn rejection(&mut self, service: &str, cost: &Distribution) -> u32 {
        let path = format!("services.{service}.queue.reject_cost");
        let span = self.span(cost, Rank::Completion, &path);
        let site = self.sites.add(path);
        let begin = self.emit(Instruction::Work { span, site, iteration: 0 }, Plan::NO_RESCUE);
        self.emit(Instruction::Reject, Plan::NO_RESCUE);
        begin
    }

    /// The number of a handler of a service.
    pub(super) fn handler_number(&self, service: &str, handler: Option<&str>) -> u16 {
        let Some(name) = handler else { return 0 };
        let position = self
            .model
            .services
            .get(service)
            .and_then(|service| service.handlers.keys().position(|other| other == name));
        position.map_or(0, |position| position as u16 + 1)
    }

    pub(super) fn emit(&mut self, instruction: Instruction, rescue: u32) -> u32 {
        let position = self.instructions.len() as u32;
        self.instructions.push(instruction);
        self.rescues.push(rescue);
        self.lock_depths.push(self.lock_depth);
        position
    }

    pub(super) fn position(&self) -> u32 {
        self.instructions.len() as u32
    }

    pub(super) fn steps(&mut self, handler: &Handler<'a>, steps: &'a [StepSettings], context: Context<'_>) {
        for (index, step) in steps.iter().enumerate() {
            let at = format!("{}[{index}]", context.list);
            self.step(handler, step, Context { list: &at, ..context });
        }
    }

    /// One step; the list of `context` is its own path here.
    fn step(&mut self, handler: &Handler<'a>, step: &'a StepSettings, context: Context<'_>) {
        let Context { list: at, iteration, rescue } = context;
        if let Some(name) = step.put.as_deref().filter(|_| !step.store.is_empty()) {
            self.write(handler, step, name, context);
        } else if let Some(instruction) = self.simple(handler, step, context) {
            self.emit(instruction, rescue);
        } else if let Some(steps) = &step.sequence {
            let list = format!("{at}.sequence");
            self.steps(handler, steps, Context { list: &list, ..context });
        } else if let Some(repeat) = &step.repeat {
            let list = format!("{at}.repeat.steps");
            for time in 0..repeat.times {
                let iteration = iteration.wrapping_mul(repeat.times).wrapping_add(time);
                self.steps(handler, &repeat.steps, Context { list: &list, iteration, rescue });
            }
        } else if let Some(get) = &step.cache {
            self.get(handler, step, get, context);
        } else if let Some(lock) = &step.lock {
            self.lock(handler, lock, context);
        } else if let Some(ways) = &step.choose {
            self.choose(handler, step, ways, context);
        } else if let Some(attempt) = &step.r#try {
            self.attempt(handler, attempt, context);
        } else if let Some(parallel) = &step.parallel {
            self.parallel(handler, parallel, context);
        }
    }

    /// A step that is one instruction.
    fn simple(
        &mut self,
        handler: &Handler<'a>,
        step: &'a StepSettings,
        context: Context<'_>,
    ) -> Option<Instruction> {
        let Context { list: at, iteration, .. } = context;
        let service = handler.service;
        let path = || handler.sites[&std::ptr::from_ref(step)].clone();
        if let Some(work) = &step.work {
            let span = self.span(work, Rank::Completion, &format!("services.{service}.{at}.work"));
            return Some(Instruction::Work { span, site: self.sites.add(path()), iteration });
        }
        if let Some(io) = &step.io {
            let span = self.span(io, Rank::Completion, &format!("services.{service}.{at}.io"));
            return Some(Instruction::Io { span, site: self.sites.add(path()), iteration });
        }
        if let Some(sleep) = &step.sleep {
            let span = self.span(sleep, Rank::Completion, &format!("services.{service}.{at}.sleep"));
            return Some(Instruction::Sleep { span, site: self.sites.add(path()), iteration });
        }
        if let Some(call) = &step.call {
            let edge = self.edges[&(service, call.to.as_str(), call.policy.as_str())];
            let number = self.handler_number(&call.to, call.handler.as_deref());
            return Some(Instruction::Call { edge, handler: number, iteration, step: hash64(&path()) });
        }
        if step.put.is_some() || step.invalidate.is_some() {
            let ask = self.ask(handler, step, &path(), iteration);
            if ask.is_some() {
                return ask;
            }
        }
        if let Some(cache) = &step.put {
            let entry = self.sites.add(format!("{}.entry", path()));
            let cache = self.cache(cache);
            let fills = handler.fills.contains(&std::ptr::from_ref(step));
            let site = self.sites.add(path());
            return Some(Instruction::Put { cache, fills, behind: None, site, entry, iteration });
        }
        if let Some(cache) = &step.invalidate {
            let cache = self.cache(cache);
            return Some(Instruction::Invalidate { cache, site: self.sites.add(path()), iteration });
        }
        if let Some(register) = &step.read {
            return Some(Instruction::Read(self.register_number(register)));
        }
        if let Some(register) = &step.compare_and_set {
            return Some(Instruction::CompareAndSet(self.register_number(register)));
        }
        let share = step.fail?;
        Some(Instruction::Fail { billionths: share.billionths(), site: self.sites.add(path()), iteration })
    }

    /// `choose`: a jump to one of the ways, each of which ends with a jump behind all of them.
    fn choose(
        &mut self,
        handler: &Handler<'a>,
        step: &'a StepSettings,
        ways: &'a [ChoiceSettings],
        context: Context<'_>,
    ) {
        let site = self.sites.add(handler.sites[&std::ptr::from_ref(step)].clone());
        let (first, count) = (self.ways.len() as u32, ways.len() as u32);
        let nowhere = Way { below_billionths: 0, instruction: 0 };
        self.ways.resize(self.ways.len() + ways.len(), nowhere);
        self.emit(Instruction::Choose { first, count, site, iteration: context.iteration }, context.rescue);
        let mut below_billionths = 0;
        let mut jumps = Vec::new();
        for (index, way) in ways.iter().enumerate() {
            below_billionths += way.share.billionths();
            self.ways[first as usize + index] = Way { below_billionths, instruction: self.position() };
            let list = format!("{}.choose[{index}].steps", context.list);
            self.steps(handler, &way.steps, Context { list: &list, ..context });
            jumps.push(self.emit(Instruction::Jump(0), context.rescue));
        }
        self.land(&jumps);
    }

    /// `cache`: what is done about a miss stands behind the look-up. What the handler does itself simply follows; a load ends for itself.
    fn get(
        &mut self,
        handler: &Handler<'a>,
        step: &'a StepSettings,
        get: &'a GetSettings,
        context: Context<'_>,
    ) {
        let Context { list: at, iteration, rescue } = context;
        let path = &handler.sites[&std::ptr::from_ref(step)];
        if let Some(ask) = self.ask(handler, step, path, iteration) {
            let begin = self.emit(ask, rescue);
            let list = format!("{at}.cache.on_miss");
            self.steps(handler, &get.on_miss, Context { list: &list, ..context });
            let here = self.position();
            if let Instruction::Ask { hit, .. } = &mut self.instructions[begin as usize] {
                *hit = here;
            }
            return;
        }
        let (cache, site) = (self.cache(&get.get), self.sites.add(path.clone()));
        let ttl = self.model.caches.get(&get.get).and_then(|cache| cache.ttl);
        let early = if ttl.is_some_and(|ttl| ttl.early_expiration.is_some()) && !get.load.is_empty() {
            self.sites.add(format!("{path}.early_expiration"))
        } else {
            // Nothing is drawn there.
            site
        };
        let nothing = Instruction::Get { cache, hit: 0, load: Instruction::NO_LOAD, site, early, iteration };
        let begin = self.emit(nothing, rescue);
        let mut load = Instruction::NO_LOAD;
        if get.load.is_empty() {
            let list = format!("{at}.cache.on_miss");
            self.steps(handler, &get.on_miss, Context { list: &list, ..context });
        } else {
            load = self.position();
            let outer = std::mem::take(&mut self.lock_depth);
            let list = format!("{at}.cache.load");
            self.steps(handler, &get.load, Context { list: &list, iteration, rescue: Plan::NO_RESCUE });
            let entry = self.sites.add(format!("{path}.entry"));
            self.emit(Instruction::Loaded { cache, entry, iteration }, Plan::NO_RESCUE);
            self.lock_depth = outer;
        }
        let hit = self.position();
        self.instructions[begin as usize] = Instruction::Get { cache, hit, load, site, early, iteration };
    }

    /// Lets these jumps go on at what comes next.
    pub(super) fn land(&mut self, jumps: &[u32]) {
        let here = self.position();
        for &jump in jumps {
            self.instructions[jump as usize] = Instruction::Jump(here);
        }
    }

    /// `lock`: what fails inside goes on where the whole step would, and gives back what is held there no more.
    fn lock(&mut self, handler: &Handler<'a>, lock: &'a LockStepSettings, context: Context<'_>) {
        let number = self.lock_number(&lock.acquire);
        self.emit(Instruction::Acquire { lock: number, mode: lock.mode }, context.rescue);
        self.lock_depth += 1;
        let list = format!("{}.lock.steps", context.list);
        self.steps(handler, &lock.steps, Context { list: &list, ..context });
        self.emit(Instruction::Release, context.rescue);
        self.lock_depth -= 1;
    }

    /// `try`: what fails inside goes on at `otherwise`, behind a jump that passes it by.
    fn attempt(&mut self, handler: &Handler<'a>, attempt: &'a TrySettings, context: Context<'_>) {
        let begin = self.position();
        let (list, otherwise) =
            (format!("{}.try.steps", context.list), format!("{}.try.otherwise", context.list));
        self.steps(handler, &attempt.steps, Context { list: &list, rescue: PENDING, ..context });
        let jump = self.emit(Instruction::Jump(0), context.rescue);
        let rescue = self.emit(Instruction::Otherwise, context.rescue);
        self.rescue(begin..jump, rescue);
        self.steps(handler, &attempt.otherwise, Context { list: &otherwise, ..context });
        self.land(&[jump]);
    }

    /// What fails among these instructions, and is not provided for there, goes on at this one.
    pub(super) fn rescue(&mut self, instructions: std::ops::Range<u32>, to: u32) {
        let range = instructions.start as usize..instructions.end as usize;
        for pending in self.rescues[range].iter_mut().filter(|rescue| **rescue == PENDING) {
            *pending = to;
        }
    }

    /// `parallel`: the branches stand behind the instruction that begins them, and a jump passes them by.
    fn parallel(&mut self, handler: &Handler<'a>, parallel: &'a ParallelSettings, context: Context<'_>) {
        let count = parallel.steps.len() as u32 * parallel.copies;
        let first = self.branches.len() as u32;
        self.branches.resize(self.branches.len() + count as usize, 0);
        let (needed, cancel_losers) = (parallel.wait.needed(count), parallel.cancel_losers);
        self.emit(Instruction::Fork { first, count, needed, cancel_losers }, context.rescue);
        let jump = self.emit(Instruction::Jump(0), context.rescue);
        let mut branch = first as usize;
        // A branch has locks of its own.
        let outer = std::mem::take(&mut self.lock_depth);
        for copy in 0..parallel.copies {
            let iteration = context.iteration.wrapping_mul(parallel.copies).wrapping_add(copy);
            for (index, step) in parallel.steps.iter().enumerate() {
                self.branches[branch] = self.position();
                branch += 1;
                let at = format!("{}.parallel.steps[{index}]", context.list);
                // What fails in a branch fails the branch; what that means is for the step as a whole to say.
                self.step(handler, step, Context { list: &at, iteration, rescue: Plan::NO_RESCUE });
                self.emit(Instruction::Join, Plan::NO_RESCUE);
            }
        }
        self.lock_depth = outer;
        self.land(&[jump]);
    }
}

/// Gives each of these steps the path at which it draws: the i-th of its kind in the handler, or its own name.
fn name_steps<'a>(
    handler: &str,
    steps: &'a [StepSettings],
    ordinals: &mut BTreeMap<&'a str, usize>,
    into: &mut BTreeMap<*const StepSettings, String>,
) {
    for step in steps {
        if let Some(kind) = step.kind() {
            let ordinal = ordinals.entry(kind).or_default();
            let which = step.name.clone().unwrap_or_else(|| format!("{kind}.{ordinal}"));
            *ordinal += 1;
            into.insert(std::ptr::from_ref(step), format!("{handler}.{which}"));
        }
        for (_, inner) in step.inner() {
            name_steps(handler, inner, ordinals, into);
        }
    }
}

/// Finds the steps that put into a leased cache what an outer step has missed there.
fn find_fills<'a>(
    steps: &'a [StepSettings],
    missed: &mut Vec<&'a str>,
    is_leased: &impl Fn(&str) -> bool,
    into: &mut BTreeSet<*const StepSettings>,
) {
    for step in steps {
        if let Some(cache) = &step.put
            // What is stored is a change, and nothing that was missed.
            && step.store.is_empty()
            && is_leased(cache)
            && missed.contains(&cache.as_str())
        {
            into.insert(std::ptr::from_ref(step));
        }
        missed.extend(step.cache.as_ref().map(|get| get.get.as_str()));
        for (_, inner) in step.inner() {
            find_fills(inner, missed, is_leased, into);
        }
        if step.cache.is_some() {
            missed.pop();
        }
    }
}
