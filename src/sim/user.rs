//! Users who do more than wait: they think, stay, lose patience, and ask again.
//!
//! A session is what lasts longer than a request. Only workloads whose users do such things have them.

use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::random::{Bits, Word};
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::observe::{CallRef, Happening, Observer};
use crate::plan::{Chance, Drawn, Users};

use super::arrival::{Arrival, Given};
use super::event::Event;
use super::ledger::LedgerId;
use super::world::{Baggage, Call, CallerOf, Session};
use super::{Simulation, Wait};

/// Tells the words of a user's own repetitions, and of the next requests of a session, from those of attempts.
const USER_RETRY: u64 = 0x7573_6572_2072_6574;
const NEXT_REQUEST: u64 = 0x6e65_7874_2072_6571;

/// Answers that took no time, and came to users who do not think, are followed by this, so that time goes on.
const PAUSE_MIN: Duration = Duration::from_ns(1_000_000);

impl<O: Observer> Simulation<'_, O> {
    /// Every user of every closed loop begins with a think time.
    pub(super) fn begin_closed_loops(&mut self) {
        let plan = self.plan;
        for (index, workload) in plan.workloads.iter().enumerate() {
            let Some(Users { count, think: Some(think), .. }) = &workload.users else { continue };
            for user in 0..*count {
                let key = self.key(think.site);
                let wait = self.wait(&think.span, think.site, Word::root(key, u64::from(user)));
                let word = Word::root(self.key(workload.request_site), u64::from(user));
                let session = self.sessions.insert_with(|| Session {
                    workload: index as u32,
                    extra: false,
                    given: Given::default(),
                    user: word,
                    requests: 0,
                    first_click: word.child(0),
                    word: word.child(0),
                    retries: 0,
                    ledger: LedgerId::default(),
                    intended: Time::ZERO,
                    call: Id::NONE,
                    ticket: Ticket::NONE,
                });
                let ticket = self.schedule_after(wait, Rank::Arrival, Event::Click(session.index()));
                self.sessions[session].ticket = ticket;
            }
        }
    }

    /// A user comes, who may do more than wait.
    pub(super) fn begin_session(&mut self, workload: u32, extra: bool, word: Word, given: Given) {
        let session = self.sessions.insert_with(|| Session {
            workload,
            extra,
            given,
            user: word,
            requests: 0,
            first_click: word,
            word,
            retries: 0,
            ledger: LedgerId::default(),
            intended: Time::ZERO,
            call: Id::NONE,
            ticket: Ticket::NONE,
        });
        self.click(session);
    }

    /// A user asks.
    pub(super) fn click(&mut self, id: Id<Session>) {
        let now = self.now;
        let session = &mut self.sessions[id];
        let is_retry = session.retries > 0;
        if !is_retry {
            session.intended = now;
        }
        session.ticket = Ticket::NONE;
        let Session { workload, extra, given, word, first_click: first, user, .. } = *session;
        let is_user_retry = is_retry;
        let call =
            self.enter(Arrival { workload, extra, word, first, user, given, session: id, is_user_retry });
        self.sessions[id].call = call;
        let plan = self.plan;
        let users = plan.workloads[workload as usize].users.as_ref();
        if let Some(patience) = users.and_then(|users| users.patience.as_ref()) {
            let wait = self.wait(&patience.span, patience.site, word);
            let ticket = self.schedule_after(wait, Rank::Timer, Event::Patience(id.index()));
            self.sessions[id].ticket = ticket;
        }
    }

    /// A user has lost patience.
    pub(super) fn patience_ends(&mut self, id: Id<Session>) {
        let session = &mut self.sessions[id];
        session.ticket = Ticket::NONE;
        let call = std::mem::replace(&mut session.call, Id::NONE);
        let Session { workload, extra, intended, .. } = *session;
        let users = self.plan.workloads[workload as usize].users.as_ref();
        if users.is_some_and(|users| users.cancel_on_abandon) {
            let Call { began, baggage, .. } = self.calls[call];
            let Baggage { operation, tenant, .. } = baggage;
            self.cancel_call(call);
            self.tell(Happening::RequestEnded {
                call: CallRef(call.raw()),
                workload,
                operation,
                tenant,
                extra,
                class: Class::Cancelled,
                began,
                intended,
                late: false,
            });
        } else {
            // It goes on for nobody.
            self.calls[call].caller =
                CallerOf::Request { workload, extra, abandoned: true, session: Id::NONE };
        }
        self.request_is_over(id, false);
    }

    /// A user has an answer, or has given up: what now?
    pub(super) fn request_is_over(&mut self, id: Id<Session>, succeeded: bool) {
        let session = &mut self.sessions[id];
        session.call = Id::NONE;
        let stale = std::mem::replace(&mut session.ticket, Ticket::NONE);
        let Session { workload, word, retries, .. } = *session;
        self.forget(stale);
        let plan = self.plan;
        let Some(users) = &plan.workloads[workload as usize].users else { return };
        if let Some(retry) = users.retry.as_ref().filter(|retry| !succeeded && retries < retry.max_retries)
            && self.happens(retry.chance, word)
        {
            let session = &mut self.sessions[id];
            session.retries += 1;
            session.word = session.first_click.child(USER_RETRY).child(u64::from(session.retries));
            let next = session.word;
            self.click_after(id, &retry.delay, next, Duration::ZERO);
            return;
        }
        let ledger = std::mem::take(&mut self.sessions[id].ledger);
        self.ledgers.release(ledger);
        let stays = users.count > 0 || users.stay.is_some_and(|stay| self.happens(stay, word));
        let Some(think) = users.think.as_ref().filter(|_| stays) else {
            self.sessions.remove(id);
            return;
        };
        let session = &mut self.sessions[id];
        session.requests += 1;
        session.retries = 0;
        session.word = match users.count {
            0 => session.user.child(NEXT_REQUEST).child(session.requests),
            _ => session.user.child(session.requests),
        };
        session.first_click = session.word;
        let pause = if session.intended == self.now { PAUSE_MIN } else { Duration::ZERO };
        self.click_after(id, think, word, pause);
    }

    fn click_after(&mut self, id: Id<Session>, wait: &Drawn, word: Word, at_least: Duration) {
        let wait = match self.wait(&wait.span, wait.site, word) {
            Wait::None if !at_least.is_zero() => Wait::For(at_least),
            wait => wait,
        };
        let ticket = self.schedule_after(wait, Rank::Arrival, Event::Click(id.index()));
        self.sessions[id].ticket = ticket;
    }

    fn happens(&self, chance: Chance, word: Word) -> bool {
        word.at(self.key(chance.site)).chance(chance.billionths)
    }
}
