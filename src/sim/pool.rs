//! Connection pools: who takes which connection, and who waits for one.

use crate::kernel::Duration;
use crate::kernel::arena::{Arena, Id};
use crate::kernel::calendar::{Rank, Ticket};
use crate::mechanism::Class;
use crate::mechanism::connection_pool::{AbandonedConnection, Acquired, ConnectionPool, PoolState};
use crate::observe::{Closing, Observer, PoolEvent};
use crate::plan::{Caller, Connect, Edge, Plan};

use super::connection::{Connection, Phase};
use super::event::Event;
use super::guard::GuardedCall;
use super::world::{Attempt, Call, Stage};
use super::{Simulation, Wait};

/// The connections of all clients.
#[derive(Clone, Debug)]
pub(super) struct Pools {
    /// Whether anybody has some.
    pub(super) are_there: bool,
    /// By [`Edge::pools`].
    pub(super) states: Vec<PoolState<Id<Connection>, Id<Call>>>,
    /// How many connections each has begun to open.
    pub(super) begun: Vec<u64>,
    pub(super) connections: Arena<Connection>,
    /// By the slots of attempts: the connection that one is on.
    taken: Vec<Option<Taken>>,
}

/// The connection of an attempt.
#[derive(Clone, Copy, Debug)]
struct Taken {
    connection: Id<Connection>,
    /// Its caller has given up, and it is taken until the answer is there.
    is_draining: bool,
}

/// What a call has of its pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Line {
    /// Nothing.
    #[default]
    None,
    /// It waits in this line.
    Waiting(u32),
    /// It waits to see whether this connection is alive.
    Validating(Id<Connection>, bool),
    /// It has this connection, for an attempt that is about to be sent.
    Got(Id<Connection>),
}

impl Pools {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut states = Vec::new();
        for edge in plan.edges.iter().filter(|edge| edge.pools.is_some()) {
            if let Some(pool) = &plan.policies[edge.policy as usize].pool {
                let hosts = plan.services[edge.target as usize].instances;
                states.extend((0..edge.states).map(|_| pool.start(hosts)));
            }
        }
        Self {
            are_there: !states.is_empty(),
            begun: vec![0; states.len()],
            states,
            connections: Arena::new(),
            taken: Vec::new(),
        }
    }

    /// Connections that are not idle, and attempts that wait for one.
    pub(super) fn held(&self) -> u64 {
        self.states.iter().map(|state| u64::from(state.total() - state.idle() + state.waiting())).sum()
    }
}

/// Whether a call waits in a line.
pub(super) fn waiting_in<'a>(
    line: u32,
    calls: &'a Arena<Call>,
    guarded: &'a [GuardedCall],
) -> impl Fn(&Id<Call>) -> bool + 'a {
    move |call| calls.get(*call).is_some() && guarded[call.index() as usize].line == Line::Waiting(line)
}

impl<'p, O: Observer> Simulation<'p, O> {
    /// The pool of an edge, and where its connections come from.
    pub(super) fn pool_of(&self, edge: u32) -> Option<(&'p Edge, &'p ConnectionPool, Connect)> {
        let edge = &self.plan.edges[edge as usize];
        let pool = self.plan.policies[edge.policy as usize].pool.as_ref()?;
        Some((edge, pool, edge.connect?))
    }

    pub(super) fn pool_index(edge: &Edge, client: u32) -> usize {
        edge.pools.map_or(0, |states| states.of(client))
    }

    /// At the start of the run every client has the idle connections that it keeps ready.
    pub(super) fn begin_pools(&mut self) {
        for index in 0..self.plan.edges.len() as u32 {
            let Some((edge, pool, _)) = self.pool_of(index) else { continue };
            for client in 0..edge.states {
                let place = Self::pool_index(edge, client);
                for line in 0..self.guards.pools.states[place].hosts() as u32 {
                    while pool.wants_more(&self.guards.pools.states[place], line as usize) {
                        let id = self.new_connection(index, client, line);
                        self.tell_guard(index, PoolEvent::Ready);
                        self.connection_is_open(id);
                    }
                }
            }
        }
    }

    /// Opens as many connections as a line of a pool has a use for.
    pub(super) fn open_connections(&mut self, index: u32, client: u32, line: u32) {
        let Some((edge, pool, _)) = self.pool_of(index) else { return };
        if self.is_client_crashed(edge, client) {
            return;
        }
        let place = Self::pool_index(edge, client);
        while pool.wants_more(&self.guards.pools.states[place], line as usize) {
            let id = self.new_connection(index, client, line);
            self.connect(id);
        }
    }

    fn is_client_crashed(&self, edge: &Edge, client: u32) -> bool {
        let Caller::Service(service) = edge.caller else { return false };
        let first = self.plan.services[service as usize].first_instance;
        self.instances[(first + client) as usize].is_crashed
    }

    /// The instances of a service have come back: their pools fill.
    pub(super) fn fill_pools(&mut self, instance: u32) {
        let planned = &self.plan.instances[instance as usize];
        for (index, edge) in (0_u32..).zip(&self.plan.edges) {
            if edge.caller == Caller::Service(planned.service) && edge.pools.is_some() {
                let place = Self::pool_index(edge, planned.ordinal);
                for line in 0..self.guards.pools.states[place].hosts() as u32 {
                    self.open_connections(index, planned.ordinal, line);
                }
            }
        }
    }

    /// The attempt that has waited longest for a connection hears that none could be opened. Whether there was one.
    pub(super) fn fail_waiting(&mut self, place: usize, line: u32) -> bool {
        let Self { calls, guards, .. } = self;
        let waits = waiting_in(line, calls, &guards.calls);
        let Some(next) = guards.pools.states[place].next_in_line(line as usize, waits) else {
            return false;
        };
        self.guards.calls[next.index() as usize].line = Line::None;
        self.tell_guard(self.calls[next].edge, PoolEvent::LeftLine);
        let timer = std::mem::replace(&mut self.calls[next].ticket, Ticket::NONE);
        self.forget(timer);
        self.unsent_attempt_fails(next, Class::ConnectFailure);
        true
    }

    /// A connection is for somebody who has waited.
    pub(super) fn hand_over(&mut self, id: Id<Connection>, next: Id<Call>) {
        let index = self.guards.pools.connections[id].edge;
        self.guards.pools.connections[id].phase = Phase::Taken;
        self.guards.calls[next.index() as usize].line = Line::Got(id);
        self.tell_guard(index, PoolEvent::LeftLine);
        self.tell_guard(index, PoolEvent::Taken);
        let ticket = self.calendar.ticket();
        self.hops.push((Event::Send(next.index()), ticket));
        let timer = std::mem::replace(&mut self.calls[next].ticket, ticket);
        self.forget(timer);
    }

    /// Whether an attempt of a call has a connection of a line now; if so, to which instance. If not, its call waits, or ends.
    pub(super) fn finds_connection(&mut self, id: Id<Call>, line: u32) -> Option<u32> {
        let call = self.calls[id];
        let slot = id.index() as usize;
        let client = call.client - self.plan.edges[call.edge as usize].first_state;
        let (edge, pool, _) = self.pool_of(call.edge)?;
        let place = Self::pool_index(edge, client);
        self.guards.calls[slot].asked = self.now;
        self.takes_connection(id, place, (call.edge, client, line), pool)
    }

    fn takes_connection(
        &mut self,
        id: Id<Call>,
        place: usize,
        (index, client, line): (u32, u32, u32),
        pool: &ConnectionPool,
    ) -> Option<u32> {
        let slot = id.index() as usize;
        match pool.acquire(&mut self.guards.pools.states[place], line as usize, id) {
            Acquired::Got(connection) => {
                self.guards.pools.connections[connection].phase = Phase::Taken;
                self.tell_guard(index, PoolEvent::Taken);
                self.open_connections(index, client, line);
                let life = self.guards.pools.connections[connection].life;
                if pool.must_validate(&life, self.now) {
                    self.validate(id, connection, pool);
                    return None;
                }
                Some(self.has_connection(id, connection))
            }
            Acquired::Waits => {
                self.guards.calls[slot].line = Line::Waiting(line);
                self.tell_guard(index, PoolEvent::Queued);
                self.open_connections(index, client, line);
                let wait = self.patience_left(id, pool);
                let ticket = wait.map_or(Ticket::NONE, |wait| {
                    self.schedule_after(Wait::of(wait), Rank::Timer, Event::GiveUp(id.index()))
                });
                self.calls[id].ticket = ticket;
                None
            }
            Acquired::Full => {
                self.tell_guard(index, PoolEvent::Refused);
                self.refuse(id);
                None
            }
        }
    }

    /// How much longer a call may wait for a connection.
    fn patience_left(&self, id: Id<Call>, pool: &ConnectionPool) -> Option<Duration> {
        let waited = self.now.since(self.guards.calls[id.index() as usize].asked);
        Some(pool.acquire_timeout()?.saturating_sub(waited))
    }

    fn has_connection(&mut self, id: Id<Call>, connection: Id<Connection>) -> u32 {
        let call = &mut self.guards.calls[id.index() as usize];
        call.line = Line::Got(connection);
        let waited = self.now.since(call.asked);
        self.tell_guard(self.calls[id].edge, PoolEvent::Acquired { waited });
        self.guards.pools.connections[connection].host
    }

    /// Tries a connection that was idle for long: whether it is there is known at once, but to its client after a round trip, or in vain.
    fn validate(&mut self, id: Id<Call>, connection: Id<Connection>, pool: &ConnectionPool) {
        let is_dropped = pool.is_dropped(&self.guards.pools.connections[connection].life, self.now);
        let Call { edge, word, attempts_made, .. } = self.calls[id];
        let edge = &self.plan.edges[edge as usize];
        let attempt = word.child(u64::from(attempts_made) + 1);
        let word = self.guards.pools.connections[connection].word.child(attempt.raw());
        let there = self.drawn(word, &edge.request.span, edge.request.site);
        let back = self.drawn(word, &edge.reply.span, edge.reply.site);
        let round_trip = (there + back).min(pool.validation_timeout());
        let took = if is_dropped { pool.validation_timeout() } else { round_trip };
        let is_alive = !is_dropped && !self.is_broken(connection);
        self.guards.calls[id.index() as usize].line = Line::Validating(connection, is_alive);
        let (wait, event) = match self.patience_left(id, pool) {
            Some(left) if left <= took => (left, Event::GiveUp(id.index())),
            _ => (took, Event::Send(id.index())),
        };
        self.calls[id].ticket = self.schedule_after(Wait::of(wait), Rank::Timer, event);
    }

    /// A call that waited for a connection goes on.
    pub(super) fn takes_up_connection(&mut self, id: Id<Call>, line: Line) -> Option<u32> {
        match line {
            Line::Got(connection) => Some(self.has_connection(id, connection)),
            Line::Validating(connection, true) => {
                self.guards.pools.connections[connection].life.active = self.now;
                Some(self.has_connection(id, connection))
            }
            Line::Validating(connection, false) => {
                self.guards.calls[id.index() as usize].line = Line::None;
                let Connection { edge: index, client, line, .. } = self.guards.pools.connections[connection];
                self.close_connection(connection, Closing::Broken);
                let (edge, pool, _) = self.pool_of(index)?;
                self.takes_connection(id, Self::pool_index(edge, client), (index, client, line), pool)
            }
            Line::None | Line::Waiting(_) => None,
        }
    }

    /// An attempt is about to be sent. False if what is between drops it.
    pub(super) fn board(&mut self, id: Id<Call>, attempt: Id<Attempt>) -> bool {
        let Line::Got(connection) = std::mem::take(&mut self.guards.calls[id.index() as usize].line) else {
            return true;
        };
        let taken = &mut self.guards.pools.taken;
        let slot = attempt.index() as usize;
        if taken.len() <= slot {
            taken.resize(slot + 1, None);
        }
        taken[slot] = Some(Taken { connection, is_draining: false });
        let Some((_, pool, _)) = self.pool_of(self.calls[id].edge) else { return true };
        let now = self.now;
        let life = &mut self.guards.pools.connections[connection].life;
        life.is_dropped = pool.is_dropped(life, now);
        life.active = now;
        !life.is_dropped
    }

    /// Whether an attempt reaches an instance on a connection that it knows nothing of.
    #[inline(never)]
    pub(super) fn is_unknown_there(&self, id: Id<Attempt>) -> bool {
        let taken = self.guards.pools.taken.get(id.index() as usize).copied().flatten();
        taken.is_some_and(|taken| {
            self.guards.pools.connections.get(taken.connection).is_some() && self.is_broken(taken.connection)
        })
    }

    /// An attempt has ended for its caller, who has given it up or has an answer.
    pub(super) fn leave_connection(&mut self, attempt: Id<Attempt>, class: Class, is_given_up: bool) {
        let taken = &mut self.guards.pools.taken;
        let Some(entry) = taken.get_mut(attempt.index() as usize) else { return };
        let Some(Taken { connection, .. }) = *entry else { return };
        let Some(&Connection { edge, .. }) = self.guards.pools.connections.get(connection) else {
            *entry = None;
            return;
        };
        let abandoned = self.plan.policies[self.plan.edges[edge as usize].policy as usize]
            .pool
            .as_ref()
            .map_or(AbandonedConnection::Close, ConnectionPool::abandoned);
        if is_given_up && abandoned == AbandonedConnection::Drain {
            *entry = Some(Taken { connection, is_draining: true });
            return;
        }
        *entry = None;
        if is_given_up && abandoned == AbandonedConnection::Close {
            self.close_connection(connection, Closing::Abandoned);
        } else if matches!(class, Class::Reset | Class::ConnectFailure) {
            self.close_connection(connection, Closing::Broken);
        } else {
            self.give_connection_back(connection);
        }
    }

    /// An attempt is forgotten; a connection that was taken until then is free, if the answer came.
    #[inline(never)]
    pub(super) fn drained(&mut self, slot: u32, stage: Stage) {
        let Some(entry) = self.guards.pools.taken.get_mut(slot as usize) else { return };
        let Some(Taken { connection, is_draining: true }) = *entry else { return };
        *entry = None;
        if self.guards.pools.connections.get(connection).is_none() {
            return;
        }
        if stage == Stage::Lost {
            self.close_connection(connection, Closing::Abandoned);
        } else {
            self.give_connection_back(connection);
        }
    }

    fn give_connection_back(&mut self, id: Id<Connection>) {
        let Connection { edge: index, client, line, life, .. } = self.guards.pools.connections[id];
        if life.expires <= self.now {
            self.close_connection(id, Closing::Expired);
            return;
        }
        let place = Self::pool_index(&self.plan.edges[index as usize], client);
        let connection = &mut self.guards.pools.connections[id];
        connection.life.active = self.now;
        connection.phase = Phase::Idle;
        self.tell_guard(index, PoolEvent::Returned);
        let Self { calls, guards, .. } = self;
        let waits = waiting_in(line, calls, &guards.calls);
        match guards.pools.states[place].give_back(line as usize, id, waits) {
            Some(next) => self.hand_over(id, next),
            None => self.schedule_look(id),
        }
    }

    /// A call has waited for a connection as long as it may.
    pub(super) fn connection_was_awaited(&mut self, id: Id<Call>) {
        self.tell_guard(self.calls[id].edge, PoolEvent::TimedOut);
        self.calls[id].ticket = Ticket::NONE;
        self.end_call(id, Class::LocalReject);
    }

    /// A call is over, or its attempt was not sent: it gives up what it has of its pool.
    pub(super) fn leave_pool(&mut self, slot: u32, call: &Call) {
        if let Some(host) = self.guards.calls[slot as usize].picked.take() {
            self.peer_is_left(&self.plan.edges[call.edge as usize], call.client, host);
        }
        match std::mem::take(&mut self.guards.calls[slot as usize].line) {
            Line::None => {}
            Line::Waiting(line) => {
                let edge = &self.plan.edges[call.edge as usize];
                let place = Self::pool_index(edge, call.client - edge.first_state);
                self.guards.pools.states[place].leave_line(line as usize);
                self.tell_guard(call.edge, PoolEvent::LeftLine);
            }
            Line::Validating(connection, false) => self.close_connection(connection, Closing::Broken),
            Line::Validating(connection, true) | Line::Got(connection) => {
                self.give_connection_back(connection);
            }
        }
    }

    /// A client is gone, and its connections with it; whoever was on one or waited for one was cancelled before.
    pub(super) fn forget_pool(&mut self, index: u32, edge: &Edge, client: u32) {
        let Some((_, pool, _)) = self.pool_of(index) else { return };
        let connections = &self.guards.pools.connections;
        let here = |id: &Id<Connection>| (connections[*id].edge, connections[*id].client) == (index, client);
        let mut own: Vec<Id<Connection>> = connections.ids().filter(here).collect();
        // Their ids depend on what happens elsewhere.
        own.sort_by_key(|&id| connections[id].word);
        for id in own {
            if let Phase::Connecting(call) = self.guards.pools.connections[id].phase {
                self.cancel_call(call);
            }
            self.forget_connection(id, Closing::Crashed);
        }
        let hosts = self.plan.services[edge.target as usize].instances;
        self.guards.pools.states[Self::pool_index(edge, client)] = pool.start(hosts);
    }
}
