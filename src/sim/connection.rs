//! Connections: how they are opened, how long they live, and how they end.
//!
//! A connection is opened by a call on an edge of its own, so that its service feels it, and the network and all faults apply to it.

use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::random::Word;
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::circuit_breaker::Per;
use crate::mechanism::connection_pool::{Due, Lifespan};
use crate::mechanism::retry::BackoffState;
use crate::observe::{Closing, ConnectionPhase, Observer, PoolEvent};

use super::call::Request;
use super::event::Event;
use super::pool::waiting_in;
use super::world::{Baggage, Call, CallerOf};
use super::{Simulation, Wait};

/// A connection between a client and an instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connection {
    pub(super) edge: u32,
    /// The ordinal of the client on that edge.
    pub(super) client: u32,
    /// Which of the lines of its pool it serves.
    pub(super) line: u32,
    /// The ordinal of the instance.
    pub(super) host: u32,
    /// How often that had crashed when the connection was opened.
    crashes: u32,
    pub(super) word: Word,
    pub(super) phase: Phase,
    tries: u32,
    backoff: BackoffState,
    pub(super) life: Lifespan,
    /// When it is to be looked at.
    pub(super) ticket: Ticket,
}

/// What a connection is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// This call opens it.
    Connecting(Id<Call>),
    /// It could not be opened, and will be tried again.
    BackingOff,
    Idle,
    Taken,
}

impl Phase {
    const fn observed(self) -> ConnectionPhase {
        match self {
            Self::Connecting(_) | Self::BackingOff => ConnectionPhase::Connecting,
            Self::Idle => ConnectionPhase::Idle,
            Self::Taken => ConnectionPhase::InUse,
        }
    }
}

impl<O: Observer> Simulation<'_, O> {
    /// A connection that leads nowhere yet.
    pub(super) fn new_connection(&mut self, index: u32, client: u32, line: u32) -> Id<Connection> {
        let edge = &self.plan.edges[index as usize];
        let place = Self::pool_index(edge, client);
        let pools = &mut self.guards.pools;
        pools.begun[place] += 1;
        let site = edge.connect.map_or(edge.backoff_site, |connect| connect.site);
        let word = Word::root(self.keys[site.index()], u64::from(client)).child(pools.begun[place]);
        pools.states[place].begin_opening(line as usize);
        let life = Lifespan { expires: Time::MAX, active: self.now, is_dropped: false };
        let id = pools.connections.insert_with(|| Connection {
            edge: index,
            client,
            line,
            host: 0,
            crashes: 0,
            word,
            phase: Phase::BackingOff,
            tries: 0,
            backoff: BackoffState::default(),
            life,
            ticket: Ticket::NONE,
        });
        self.tell_guard(index, PoolEvent::Began);
        self.find_host(id);
        id
    }

    /// Where a connection is to lead.
    fn find_host(&mut self, id: Id<Connection>) {
        let Connection { edge: index, client, line, word, tries, .. } = self.guards.pools.connections[id];
        let Some((edge, pool, _)) = self.pool_of(index) else { return };
        self.guards.pools.connections[id].host = match pool.per() {
            Per::Host => line,
            Per::Target => {
                let word = word.child(u64::from(tries));
                let picked = self.pick_instance(edge, (edge.first_state + client) as usize, (word, 0), None);
                picked.expect("invariant: among all instances there is one to pick")
            }
        };
    }

    /// Calls the instance to which a connection is to lead.
    pub(super) fn connect(&mut self, id: Id<Connection>) {
        let Connection { edge: index, client, word, tries, .. } = self.guards.pools.connections[id];
        let Some((_, _, connect)) = self.pool_of(index) else { return };
        let call = self.begin_call(Request {
            edge: connect.edge,
            handler: connect.handler,
            client,
            caller: CallerOf::Connection(id),
            word: word.child(u64::from(tries)),
            baggage: Baggage::default(),
        });
        self.guards.pools.connections[id].phase = Phase::Connecting(call);
    }

    /// The call that was to open a connection is over.
    pub(super) fn connect_ends(&mut self, id: Id<Connection>, class: Class) {
        if self.guards.pools.connections.get(id).is_none() {
            return;
        }
        let Connection { edge: index, client, line, .. } = self.guards.pools.connections[id];
        if class == Class::Ok {
            self.tell_guard(index, PoolEvent::Opened);
            self.connection_is_open(id);
            self.open_connections(index, client, line);
        } else {
            self.tell_guard(index, PoolEvent::ConnectFailed);
            self.connection_failed(id);
        }
    }

    pub(super) fn connection_is_open(&mut self, id: Id<Connection>) {
        let Connection { edge: index, client, line, host, word, .. } = self.guards.pools.connections[id];
        let Some((edge, pool, connect)) = self.pool_of(index) else { return };
        let instance = self.plan.services[edge.target as usize].first_instance + host;
        let crashes = self.instances[instance as usize].rest.crashes;
        let expires = pool.expiry(self.now, &mut word.at(self.key(connect.site)));
        let now = self.now;
        let connection = &mut self.guards.pools.connections[id];
        connection.crashes = crashes;
        connection.life = Lifespan { expires, active: now, is_dropped: false };
        connection.phase = Phase::Idle;
        let place = Self::pool_index(edge, client);
        let Self { calls, guards, .. } = self;
        let waits = waiting_in(line, calls, &guards.calls);
        let next = guards.pools.states[place].opened(line as usize, id, waits);
        if self.heaps.are_there() {
            self.allocate_connection(instance);
        }
        match next {
            Some(next) => self.hand_over(id, next),
            None => self.schedule_look(id),
        }
    }

    /// Whoever waits may hear of it; otherwise it is tried again, as long as it would have a use.
    fn connection_failed(&mut self, id: Id<Connection>) {
        let Connection { edge: index, client, line, word, tries, .. } = self.guards.pools.connections[id];
        let Some((edge, pool, connect)) = self.pool_of(index) else { return };
        let place = Self::pool_index(edge, client);
        self.leave_host(id);
        self.guards.pools.connections[id].phase = Phase::BackingOff;
        if pool.fails_waiting() || !pool.still_wants(&self.guards.pools.states[place], line as usize) {
            self.guards.pools.states[place].gave_up_opening(line as usize);
            self.forget_connection(id, Closing::GivenUp);
            if pool.fails_waiting() && self.fail_waiting(place, line) {
                // Whoever else waits there is not to wait for nothing; each failure leaves one fewer.
                self.open_connections(index, client, line);
            }
            return;
        }
        let mut draws = word.child(u64::from(tries)).at(self.key(connect.site));
        let connection = &mut self.guards.pools.connections[id];
        connection.tries += 1;
        let delay = pool.backoff().delay(connection.tries, &mut connection.backoff, &mut draws);
        // What is refused at once is not tried again within the same instant.
        let wait = Wait::For(delay.max(Duration::from_ns(1)));
        let ticket = self.schedule_after(wait, Rank::Timer, Event::Connection(id.index()));
        self.guards.pools.connections[id].ticket = ticket;
    }

    /// Whether the process at the other end is another one by now.
    pub(super) fn is_broken(&self, id: Id<Connection>) -> bool {
        let Connection { edge, host, crashes, .. } = self.guards.pools.connections[id];
        let target = self.plan.edges[edge as usize].target;
        let instance = self.plan.services[target as usize].first_instance + host;
        self.instances[instance as usize].rest.crashes != crashes
    }

    /// Closes a connection that is open, and opens another if that has a use.
    pub(super) fn close_connection(&mut self, id: Id<Connection>, why: Closing) {
        let Connection { edge: index, client, line, phase, .. } = self.guards.pools.connections[id];
        let place = Self::pool_index(&self.plan.edges[index as usize], client);
        let state = &mut self.guards.pools.states[place];
        if phase == Phase::Idle {
            state.take_idle(line as usize, id);
        }
        state.closed(line as usize);
        self.leave_host(id);
        self.forget_connection(id, why);
        self.open_connections(index, client, line);
    }

    /// The balancer hears that a connection does not lead to its instance any more.
    fn leave_host(&mut self, id: Id<Connection>) {
        let Connection { edge, client, host, .. } = self.guards.pools.connections[id];
        let planned = &self.plan.edges[edge as usize];
        let policy = &self.plan.policies[planned.policy as usize];
        if policy.pool.as_ref().is_some_and(|pool| pool.per() == Per::Target) {
            self.peer_is_left(planned, planned.first_state + client, host);
        }
    }

    pub(super) fn forget_connection(&mut self, id: Id<Connection>, why: Closing) {
        if self.heaps.are_there() {
            self.free_connection(id);
        }
        let Connection { edge, phase, ticket, .. } = self.guards.pools.connections.remove(id);
        self.forget(ticket);
        self.tell_guard(edge, PoolEvent::Closed { phase: phase.observed(), why });
    }

    /// Comes back to an idle connection when there is something to do about it.
    pub(super) fn schedule_look(&mut self, id: Id<Connection>) {
        let Connection { edge: index, client, line, life, ticket, .. } = self.guards.pools.connections[id];
        let Some((edge, pool, _)) = self.pool_of(index) else { return };
        // One that is used often has a timer that is too early, and gets another when that has fired.
        if !ticket.is_none() {
            return;
        }
        let place = Self::pool_index(edge, client);
        let at = match pool.due(&self.guards.pools.states[place], line as usize, &life, self.now) {
            Due::Never => return,
            Due::At(at) => at,
            Due::Expired | Due::Unused | Due::Keepalive => self.now,
        };
        let wait = Wait::of(self.now.max(at).since(self.now));
        let ticket = self.schedule_after(wait, Rank::Timer, Event::Connection(id.index()));
        self.guards.pools.connections[id].ticket = ticket;
    }

    /// The timer of a connection fires, unless it was given up.
    pub(super) fn connection_comes_due(&mut self, index: u32, ticket: Ticket) -> bool {
        let connections = &self.guards.pools.connections;
        let Some(id) = connections.occupant(index).filter(|id| connections[*id].ticket == ticket) else {
            return false;
        };
        self.look_at_connection(id, ticket);
        true
    }

    fn look_at_connection(&mut self, id: Id<Connection>, ticket: Ticket) {
        let Connection { edge: index, client, line, phase, life, .. } = self.guards.pools.connections[id];
        let event = Event::Connection(id.index());
        if self.is_client_paused(&self.plan.edges[index as usize], client, event, ticket) {
            return;
        }
        self.guards.pools.connections[id].ticket = Ticket::NONE;
        let Some((edge, pool, _)) = self.pool_of(index) else { return };
        let place = Self::pool_index(edge, client);
        match phase {
            Phase::Connecting(_) | Phase::Taken => {}
            Phase::BackingOff if pool.still_wants(&self.guards.pools.states[place], line as usize) => {
                self.find_host(id);
                self.connect(id);
            }
            Phase::BackingOff => {
                self.guards.pools.states[place].gave_up_opening(line as usize);
                self.forget_connection(id, Closing::GivenUp);
            }
            Phase::Idle => match pool.due(&self.guards.pools.states[place], line as usize, &life, self.now) {
                Due::Never | Due::At(_) => self.schedule_look(id),
                Due::Expired => self.close_connection(id, Closing::Expired),
                Due::Unused => self.close_connection(id, Closing::Unused),
                Due::Keepalive if pool.is_dropped(&life, self.now) || self.is_broken(id) => {
                    self.close_connection(id, Closing::Broken);
                }
                Due::Keepalive => {
                    self.guards.pools.connections[id].life.active = self.now;
                    self.schedule_look(id);
                }
            },
        }
    }
}
