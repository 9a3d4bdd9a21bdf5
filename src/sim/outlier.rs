//! Outlier detection: instances that a client leaves out.

use crate::kernel::arena::Id;
use crate::kernel::calendar::Rank;
use crate::kernel::random::Word;
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::outlier_detection::{OutlierDetection, OutlierDetectionState};
use crate::observe::{Happening, Observer, OutlierDetectionEvent, Place};
use crate::plan::{Edge, Plan};

use super::Simulation;
use super::event::Event;
use super::world::Call;

/// What the clients of all edges know of instances: nothing yet.
pub(super) fn new_states(plan: &Plan) -> Vec<OutlierDetectionState> {
    let mut states = Vec::new();
    for edge in &plan.edges {
        let detection = plan.policies[edge.policy as usize].outliers.as_ref();
        let (Some(at), Some(detection)) = (edge.outliers, detection) else { continue };
        let end = (at.first + at.owners(edge.states)) as usize;
        if states.len() < end {
            states.resize(end, detection.start(edge.outlier_hosts));
        }
    }
    states
}

/// When sweeps are.
#[derive(Clone, Debug)]
pub(super) struct Sweeps {
    /// By edge, of those that tell: whether the next one is scheduled. Where nothing is known there is nothing to sweep.
    are_due: Vec<bool>,
    /// The last instant at which something about the world changed.
    pub(super) changed_at: Option<Time>,
}

impl Sweeps {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { are_due: vec![false; plan.edges.len()], changed_at: None }
    }
}

/// What a client of an edge watches with.
#[derive(Clone, Copy)]
struct Watch<'p> {
    detection: &'p OutlierDetection,
    edge: &'p Edge,
    /// Among the states of all edges.
    index: usize,
}

/// What a client learns from.
#[derive(Clone, Copy)]
enum News {
    /// An attempt that it sent to an instance has ended, after this time.
    Ended { host: u32, outcome: (Class, Duration) },
    /// An interval is over.
    IntervalOver,
}

impl<'p, O: Observer> Simulation<'p, O> {
    /// The watch of a client, by its state among those of all edges.
    fn watch(&self, edge: &'p Edge, client: u32) -> Option<Watch<'p>> {
        let detection = self.plan.policies[edge.policy as usize].outliers.as_ref()?;
        Some(Watch { detection, edge, index: edge.outliers?.of(client - edge.first_state) })
    }

    /// From now on there is something to sweep on an edge: at the next whole multiple of the interval. The sweeps that were left out before would have found nothing.
    fn begin_sweeps(&mut self, index: u32, interval: Duration) {
        let length = interval.as_ns();
        let mut next = self.now.as_ns().next_multiple_of(length).max(length);
        // A sweep comes before the changes of its instant: this one is over.
        if next == self.now.as_ns() && self.guards.sweeps.changed_at == Some(self.now) {
            next += length;
        }
        self.guards.sweeps.are_due[index as usize] = true;
        self.calendar.schedule(Time::from_ns(next), Rank::Controller, Event::Sweep(index));
    }

    /// The clients of an edge look at all instances.
    pub(super) fn sweep_outliers(&mut self, index: u32) {
        let edge = &self.plan.edges[index as usize];
        let (Some(states), Some(detection)) =
            (edge.outliers, self.plan.policies[edge.policy as usize].outliers.as_ref())
        else {
            return;
        };
        let mut are_due = false;
        for client in 0..states.owners(edge.states) {
            let watch = Watch { detection, edge, index: states.of(client) };
            self.learn(watch, News::IntervalOver);
            are_due |= !self.guards.outliers[watch.index].is_at_rest();
        }
        self.guards.sweeps.are_due[index as usize] = are_due;
        if are_due {
            self.calendar.schedule(self.now + detection.interval(), Rank::Controller, Event::Sweep(index));
        }
    }

    /// Something happens to what a client knows. Told is what comes of it, and whether it panics from now on, or no longer.
    fn learn(&mut self, Watch { detection, edge, index }: Watch<'_>, news: News) {
        let teller = edge.outlier_teller;
        let site = self.key(self.plan.edges[teller as usize].outlier_site);
        // Among those of its own edge: what it draws does not depend on who else watches.
        let ordinal = edge.outliers.map_or(0, |states| index - states.first as usize) as u64;
        let draws = |decision| Word::root(site, ordinal).child(decision).at(site);
        let Self { guards, observer, now, .. } = self;
        let now = *now;
        let state = &mut guards.outliers[index];
        let was_panicking = detection.is_panicking(state);
        let mut tell = |event: OutlierDetectionEvent| {
            observer.happened(now, Happening::Guard { edge: teller, event: event.into() });
        };
        let judged = |verdict| tell(OutlierDetectionEvent::Judged(verdict));
        match news {
            News::Ended { host, outcome } => detection.record(state, now, host, outcome, draws, judged),
            News::IntervalOver => detection.sweep(state, now, draws, judged),
        }
        match (was_panicking, detection.is_panicking(state)) {
            (false, true) => tell(OutlierDetectionEvent::PanicBegan),
            (true, false) => tell(OutlierDetectionEvent::PanicEnded),
            _ => {}
        }
    }

    /// Whether a call may not be sent to some instance; tells of one that may only because its client panics.
    pub(super) fn leaves_hosts_out(&mut self, id: Id<Call>) -> bool {
        let Call { edge: index, client, .. } = self.calls[id];
        let Some(watch) = self.watch(&self.plan.edges[index as usize], client) else { return false };
        let state = &self.guards.outliers[watch.index];
        if state.ejected() == 0 {
            return false;
        }
        let is_panicking = watch.detection.is_panicking(state);
        if is_panicking {
            let event = OutlierDetectionEvent::SentInPanic.into();
            self.tell(Happening::Guard { edge: index, event });
        }
        !is_panicking
    }

    /// Takes those that are ejected out of the instances that are `available` to a call.
    pub(super) fn leave_out_ejected(&self, id: Id<Call>, available: &mut [bool]) {
        let Call { edge, client, .. } = self.calls[id];
        let Some(watch) = self.watch(&self.plan.edges[edge as usize], client) else { return };
        let state = &self.guards.outliers[watch.index];
        for (host, available) in (0_u32..).zip(available) {
            *available &= !state.is_ejected(host);
        }
    }

    /// An attempt of a call has ended for its client.
    pub(super) fn record_for_outliers(&mut self, id: Id<Call>, place: Place, class: Class, sent: Time) {
        let Call { edge, client, .. } = self.calls[id];
        let edge = &self.plan.edges[edge as usize];
        let Some(watch) = self.watch(edge, client) else { return };
        let host = place.instance - self.plan.services[edge.target as usize].first_instance;
        if !self.guards.sweeps.are_due[edge.outlier_teller as usize] {
            self.begin_sweeps(edge.outlier_teller, watch.detection.interval());
        }
        self.learn(watch, News::Ended { host, outcome: (class, self.now.since(sent)) });
    }

    /// A client is gone, and what it knew of instances with it. Its next sweep is when it would have been.
    pub(super) fn forget_outliers(&mut self, edge: &Edge, client: u32) {
        let Some(detection) = &self.plan.policies[edge.policy as usize].outliers else { return };
        for index in edge.outliers.map_or(0..0, |states| states.own(client)) {
            let state = &mut self.guards.outliers[index];
            let (ejected, was_panicking) = (state.ejected(), detection.is_panicking(state));
            detection.restart(state);
            if ejected > 0 {
                let event = OutlierDetectionEvent::Forgotten { ejected, was_panicking }.into();
                self.tell(Happening::Guard { edge: edge.outlier_teller, event });
            }
        }
    }
}
