//! What watches every run in the tests.

use std::any::Any;

use metastable::kernel::Time;
use metastable::observe::{Checker, Happening, Metrics, Observer};
use metastable::plan::Plan;

/// Metrics, the checker, and whatever a test watches besides. Told out of line, and of one kind whatever that is: each kind of observer is another copy of the engine, which takes longer to compile than
/// all that the test runs.
#[derive(Clone)]
pub(crate) struct Watch {
    metrics: Metrics,
    checker: Checker,
    also: Box<dyn Also>,
}

/// What a test watches besides.
pub(crate) trait Also: Observer + Any {
    /// Another one that has seen the same.
    fn boxed(&self) -> Box<dyn Also>;
}

impl<O: Observer + Clone + Any> Also for O {
    fn boxed(&self) -> Box<dyn Also> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Also> {
    fn clone(&self) -> Self {
        (**self).boxed()
    }
}

impl Watch {
    pub(crate) fn new(plan: &Plan, also: impl Also) -> Self {
        Self { metrics: Metrics::new(plan), checker: Checker::new(plan), also: Box::new(also) }
    }

    /// What each of them has seen.
    pub(crate) fn into_parts<O: Also>(self) -> (Metrics, Checker, O) {
        let also: Box<dyn Any> = self.also;
        (self.metrics, self.checker, *also.downcast().expect("it is what it was"))
    }
}

impl Observer for Watch {
    #[inline(never)]
    fn happened(&mut self, now: Time, happening: Happening) {
        self.metrics.happened(now, happening);
        self.checker.happened(now, happening);
        self.also.happened(now, happening);
    }

    fn interval_ended(&mut self, end: Time) {
        self.metrics.interval_ended(end);
        self.checker.interval_ended(end);
        self.also.interval_ended(end);
    }
}
