//! What watches every run in the tests.

use metastable::kernel::Time;
use metastable::observe::{Checker, Happening, Metrics, Observer};
use metastable::plan::Plan;

/// Metrics, the checker, and whatever a test watches besides. Told out of line: inlined into the engine at every place where something is told, for each test crate and each observer, they take
/// minutes to compile.
#[derive(Clone, Debug)]
pub(crate) struct Watch<O> {
    pub(crate) metrics: Metrics,
    pub(crate) checker: Checker,
    pub(crate) also: O,
}

impl<O> Watch<O> {
    pub(crate) fn new(plan: &Plan, also: O) -> Self {
        Self { metrics: Metrics::new(plan), checker: Checker::new(plan), also }
    }
}

impl<O: Observer> Observer for Watch<O> {
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
