//! The network where it is more than a latency: zones, jitter, loss, bandwidth, and what faults do to messages.
//!
//! A message is judged at the instant at which it is sent; what happens to the network while it is under way does not concern it.

use crate::kernel::Duration;
use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::random::{Bits, Word};
use crate::mechanism::Class;
use crate::mechanism::fault::{Direction, PartitionMode, RAMP_STEPS};
use crate::mechanism::network::{Passage, jittered, transmit};
use crate::observe::{AttemptRef, Happening, Observer};
use crate::plan::{Edge, EdgeNetwork, Link, NetworkEffect, NetworkFault, Span, What};

use super::event::Event;
use super::world::{Attempt, Stage};
use super::{Simulation, Wait};

const BILLION: u64 = 1_000_000_000;

/// What becomes of a message.
#[derive(Clone, Copy)]
enum Fate {
    /// It arrives.
    Arrives(Wait),
    /// It is never seen again.
    Vanishes,
    /// The caller hears that it did not come through.
    TurnedBack(Class, Wait),
}

/// A process: the number of its component, and its ordinal there.
type Process = (u32, u32);

/// A message between the processes at the two ends of an edge.
#[derive(Clone, Copy)]
struct Letter<'p> {
    network: &'p EdgeNetwork,
    is_request: bool,
    caller: Process,
    target: Process,
    word: Word,
}

impl Letter<'_> {
    fn sender_and_receiver(&self) -> (Process, Process) {
        if self.is_request { (self.caller, self.target) } else { (self.target, self.caller) }
    }

    fn link(&self) -> u32 {
        let EdgeNetwork { caller_zones, target_zones, first_link, .. } = self.network;
        first_link + self.caller.1 % caller_zones * target_zones + self.target.1 % target_zones
    }
}

impl<'p, O: Observer> Simulation<'p, O> {
    /// Whether messages on an edge are more than a latency at the moment.
    #[inline]
    pub(super) fn is_networked(&self, edge: &Edge) -> bool {
        match &edge.network {
            None => false,
            Some(network) => !network.is_plain || !self.disturbances.is_empty(),
        }
    }

    /// Sends an attempt on its way; gives the ticket of what comes next.
    #[inline(never)]
    pub(super) fn send_request(&mut self, id: Id<Attempt>) -> Ticket {
        let edge = self.attempts[id].edge;
        let fate = self.fate(id, true);
        if let Fate::Arrives(wait) = fate {
            return self.schedule_after(wait, Rank::Arrival, Event::Reach(id.index()));
        }
        self.tell(Happening::AttemptLost { edge, attempt: AttemptRef(id.raw()) });
        self.end_way(id, fate)
    }

    /// Sends the reply to an attempt whose caller may still care.
    #[inline(never)]
    pub(super) fn send_reply(&mut self, id: Id<Attempt>, class: Class) {
        let Attempt { edge, abandoned, .. } = self.attempts[id];
        let fate = self.fate(id, false);
        let attempt = &mut self.attempts[id];
        attempt.stage = Stage::Replying;
        attempt.outcome = class;
        let ticket = if let Fate::Arrives(wait) = fate {
            self.schedule_after(wait, Rank::Completion, Event::Reply(id.index()))
        } else {
            self.tell(Happening::ReplyLost { edge, attempt: AttemptRef(id.raw()) });
            // Nobody is told for a second time.
            if abandoned {
                self.remove_attempt(id);
                return;
            }
            self.end_way(id, fate)
        };
        self.attempts[id].ticket = ticket;
    }

    /// A message did not come through.
    fn end_way(&mut self, id: Id<Attempt>, fate: Fate) -> Ticket {
        if let Fate::TurnedBack(class, wait) = fate {
            let attempt = &mut self.attempts[id];
            attempt.stage = Stage::Replying;
            attempt.outcome = class;
            return self.schedule_after(wait, Rank::Completion, Event::Reply(id.index()));
        }
        self.attempts[id].stage = Stage::Lost;
        Ticket::NONE
    }

    /// Whether nothing that the caller of an attempt sends to its service now would get there. The call must still be there.
    pub(super) fn is_cut_off(&self, id: Id<Attempt>) -> bool {
        !self.disturbances.is_empty()
            && self.letter(id, true).is_some_and(|letter| self.cut(letter).is_some())
    }

    /// `None` if nothing but a latency is known of the edge.
    fn letter(&self, id: Id<Attempt>, is_request: bool) -> Option<Letter<'p>> {
        let Attempt { call, edge, place, word, .. } = self.attempts[id];
        let planned = &self.plan.edges[edge as usize];
        let network = planned.network.as_deref()?;
        let client = self.calls.get(call)?.client - planned.first_state;
        let ordinal = self.plan.instances[place.instance as usize].ordinal;
        let (caller, target) = ((network.caller, client), (network.target, ordinal));
        Some(Letter { network, is_request, caller, target, word })
    }

    fn fate(&mut self, id: Id<Attempt>, is_request: bool) -> Fate {
        let plan = self.plan;
        let planned = &plan.edges[self.attempts[id].edge as usize];
        let Some(letter) = self.letter(id, is_request) else { return Fate::Vanishes };
        match self.cut(letter) {
            Some(PartitionMode::Drop) => return Fate::Vanishes,
            Some(PartitionMode::Reject) => {
                let class = if is_request { Class::ConnectFailure } else { Class::Reset };
                return Fate::TurnedBack(class, Wait::None);
            }
            None => {}
        }
        let Letter { network, word, .. } = letter;
        let index = letter.link();
        let link = &plan.links[index as usize];
        let message = if is_request { &network.request } else { &network.reply };
        let (span, hop) =
            if is_request { (&link.request, &planned.request) } else { (&link.reply, &planned.reply) };
        let (delay, loss_billionths) = self.disturbed(letter, link);
        let passage = transmit(link.transport, loss_billionths, &mut word.at(self.key(message.loss_site)));
        let drawn = self.drawn(word, span, hop.site);
        let latency = jittered(drawn, link.jitter, &mut word.at(self.key(message.jitter_site)));
        let (now, pipe) = (self.now, 2 * index as usize + usize::from(!is_request));
        let sending = link
            .bandwidth
            .map_or(Duration::ZERO, |bandwidth| self.pipes[pipe].send(now, message.size, bandwidth));
        match passage {
            Passage::Lost => Fate::Vanishes,
            Passage::GivenUp(after) => Fate::TurnedBack(Class::Reset, Wait::For(after)),
            Passage::Arrives(late) => Fate::Arrives(wait_for(span, latency + late + sending + delay)),
        }
    }

    /// What the faults in force add to the latency, and the probability of loss with all that they add.
    fn disturbed(&self, letter: Letter<'_>, link: &Link) -> (Duration, u32) {
        let mut delay = Duration::ZERO;
        let mut kept = BILLION - u64::from(link.loss_billionths);
        for (change, fault) in self.disturbances_of(letter) {
            let tenths = u64::from(self.changes[change as usize].strength);
            match &fault.effect {
                NetworkEffect::Delay { delay: by, jitter, request_site, reply_site } => {
                    let site = if letter.is_request { *request_site } else { *reply_site };
                    let drawn = jittered(*by, *jitter, &mut letter.word.at(self.key(site)));
                    let scaled = u128::from(drawn.as_ns()) * u128::from(tenths) / u128::from(RAMP_STEPS);
                    delay = delay + Duration::from_ns(scaled as u64);
                }
                NetworkEffect::Loss { billionths } => {
                    let lost = u64::from(*billionths) * tenths / u64::from(RAMP_STEPS);
                    kept = kept * (BILLION - lost) / BILLION;
                }
                NetworkEffect::Cut { .. } => {}
            }
        }
        (delay, (BILLION - kept) as u32)
    }

    /// Whether a fault stops a message, and how; of several the first by name.
    fn cut(&self, letter: Letter<'_>) -> Option<PartitionMode> {
        let mut cuts = self.disturbances_of(letter).filter_map(|(change, fault)| match &fault.effect {
            NetworkEffect::Cut { mode, billionths, names } => {
                let is_whole = u64::from(*billionths) == BILLION;
                (is_whole || self.is_pair_cut(change, letter, *billionths, names)).then_some(*mode)
            }
            NetworkEffect::Delay { .. } | NetworkEffect::Loss { .. } => None,
        });
        cuts.next()
    }

    /// Whether a partial partition has drawn this pair of processes, in this occurrence.
    fn is_pair_cut(&self, change: u32, letter: Letter<'_>, billionths: u32, names: &[u64]) -> bool {
        let site = self.key(self.plan.changes[change as usize].site);
        let occurrence = self.changes[change as usize].begun - 1;
        let ((caller, client), (target, instance)) = (letter.caller, letter.target);
        let pair = Word::root(site, occurrence)
            .child(names[caller as usize])
            .child(u64::from(client))
            .child(names[target as usize])
            .child(u64::from(instance));
        pair.at(site).chance(billionths)
    }

    /// The network faults in force that concern a message.
    fn disturbances_of<'a>(&'a self, letter: Letter<'a>) -> impl Iterator<Item = (u32, &'a NetworkFault)> {
        let (sender, receiver) = letter.sender_and_receiver();
        self.disturbances.iter().filter_map(move |&change| {
            let What::Network(fault) = &self.plan.changes[change as usize].what else { return None };
            let selected = &self.changes[change as usize].selected;
            let is_from = |process: Process| {
                let is_selected = fault.select.is_none() || selected.binary_search(&process.1).is_ok();
                fault.from.contains(process.0, process.1) && is_selected
            };
            let is_to = |process: Process| fault.to.contains(process.0, process.1);
            let (there, back) = (is_from(sender) && is_to(receiver), is_to(sender) && is_from(receiver));
            let is_meant = match fault.direction {
                Direction::Both => there || back,
                Direction::To => there,
                Direction::From => back,
            };
            is_meant.then_some((change, fault))
        })
    }

    /// A network fault begins.
    pub(super) fn begin_disturbance(&mut self, change: u32) {
        if let Err(position) = self.disturbances.binary_search(&change) {
            self.disturbances.insert(position, change);
        }
    }

    /// A network fault ends.
    pub(super) fn end_disturbance(&mut self, change: u32) {
        self.disturbances.retain(|&other| other != change);
    }
}

/// By the lane of the constant latency, if that is all.
fn wait_for(span: &Span, length: Duration) -> Wait {
    match span {
        _ if length.is_zero() => Wait::None,
        Span::Constant(delay) if delay.length == length => Wait::Lane(delay.lane),
        Span::Zero | Span::Constant(_) | Span::Drawn(_) => Wait::For(length),
    }
}
