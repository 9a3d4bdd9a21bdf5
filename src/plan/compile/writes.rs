//! Steps that put something into a cache and store it elsewhere.

use crate::model::StepSettings;
use crate::plan::{Behind, Instruction, Plan, Writing};

use super::Compiler;
use super::handlers::{Context, Handler, PENDING};

impl<'a> Compiler<'a> {
    /// `put` with a `store`: what it takes to store it, and the put behind that. Where it is stored later the put comes first, and what is done later stands behind all of it.
    pub(super) fn write(
        &mut self,
        handler: &Handler<'a>,
        step: &'a StepSettings,
        name: &str,
        context: Context<'_>,
    ) {
        let Context { list: at, iteration, rescue } = context;
        let cache = self.cache(name);
        let path = &handler.sites[&std::ptr::from_ref(step)];
        let (site, entry) = (self.sites.add(path.clone()), self.sites.add(format!("{path}.entry")));
        let put = |behind| Instruction::Put { cache, fills: false, behind, site, entry, iteration };
        let is_behind = self.model.caches.get(name).is_some_and(|cache| cache.write_behind.is_some());
        let put_first = is_behind.then(|| self.emit(put(None), rescue));

        let list = format!("{at}.store");
        self.emit(Instruction::Write(Writing::Begins { cache }), rescue);
        let begin = self.position();
        self.steps(handler, &step.store, Context { list: &list, iteration, rescue: PENDING });
        let end = self.position();
        self.emit(put(None), rescue);
        let jump = self.emit(Instruction::Jump(0), rescue);
        let failed = self.emit(Instruction::Write(Writing::Fails { cache }), rescue);
        self.rescue(begin..end, failed);

        if let Some(position) = put_first {
            let first = self.position();
            // It holds none of the locks of whoever writes.
            let outer = std::mem::take(&mut self.lock_depth);
            self.emit(Instruction::Write(Writing::Waits { cache }), Plan::NO_RESCUE);
            self.steps(handler, &step.store, Context { list: &list, iteration, rescue: Plan::NO_RESCUE });
            self.emit(Instruction::Write(Writing::Ends), Plan::NO_RESCUE);
            self.lock_depth = outer;
            let behind = Behind { first, next: self.position() };
            self.instructions[position as usize] = put(Some(behind));
        }
        self.land(&[jump]);
    }
}
