//! Which connections are idle, and who waits for one. What a connection is, where it leads and when it was used is known to whoever has the pool.

use std::collections::VecDeque;

use super::{AbandonedConnection, OnConnectFailure, PoolOrder, PoolSettings};
use crate::kernel::random::Bits;
use crate::kernel::{Duration, Time};
use crate::mechanism::circuit_breaker::Per;
use crate::mechanism::line::WaitingLine;
use crate::mechanism::retry::Backoff;
use crate::quantity::Limit;

/// A pool, ready to be asked.
#[derive(Clone, PartialEq, Debug)]
pub struct ConnectionPool {
    per: Per,
    max_size: u32,
    min_idle: u32,
    max_connecting: u32,
    max_connections: u32,
    max_pending: u32,
    acquire_timeout: Option<Duration>,
    takes_last: bool,
    idle_timeout: Option<Duration>,
    max_lifetime: Option<Duration>,
    lifetime_jitter_ns: u64,
    keepalive_time: Option<Duration>,
    validate_after_idle: Option<Duration>,
    validation_timeout: Duration,
    dropped_after_idle: Option<Duration>,
    abandoned: AbandonedConnection,
    fails_waiting: bool,
    backoff: Backoff,
}

/// The connections `C` of one client, and those `W` of its attempts that wait for one.
#[derive(Clone, Debug)]
pub struct PoolState<C, W> {
    /// One, or one per host.
    hosts: Vec<HostState<C, W>>,
    total: u32,
    waiting: u32,
}

#[derive(Clone, Debug)]
struct HostState<C, W> {
    /// By the time of their return.
    idle: VecDeque<C>,
    line: WaitingLine<W>,
    connecting: u32,
    /// Connecting, idle and taken.
    total: u32,
}

/// What becomes of somebody who wants a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acquired<C> {
    /// It has this one.
    Got(C),
    /// It waits.
    Waits,
    /// Too many wait.
    Full,
}

/// When a connection ends, and when it was last used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lifespan {
    /// When it is too old; [`Time::MAX`]: never.
    pub expires: Time,
    /// When it was last used, or tried.
    pub active: Time,
    /// Whatever is between has forgotten it.
    pub is_dropped: bool,
}

/// What is to be done with an idle connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// Nothing, ever.
    Never,
    /// Something at this time.
    At(Time),
    /// It is too old.
    Expired,
    /// It was idle for too long.
    Unused,
    /// It is to be tried.
    Keepalive,
}

impl ConnectionPool {
    /// Compiles settings that [`PoolSettings::check`] found no error in.
    pub fn new(settings: &PoolSettings) -> Self {
        let limit = |limit: Limit<u32>| limit.limited().unwrap_or(u32::MAX);
        let max_lifetime = settings.max_lifetime.limited();
        let jitter = u128::from(settings.max_lifetime_jitter.billionths());
        let jitter_ns = max_lifetime.map_or(0, |time| u128::from(time.as_ns()) * jitter / 1_000_000_000);
        Self {
            per: settings.per,
            max_size: settings.max_size,
            min_idle: settings.min_idle(),
            max_connecting: limit(settings.max_connecting),
            max_connections: limit(settings.max_connections),
            max_pending: limit(settings.max_pending),
            acquire_timeout: settings.acquire_timeout.limited(),
            takes_last: settings.order == PoolOrder::Lifo,
            idle_timeout: settings.idle_timeout.limited(),
            max_lifetime,
            lifetime_jitter_ns: jitter_ns as u64,
            keepalive_time: settings.keepalive_time.limited(),
            validate_after_idle: settings.validate_after_idle.limited(),
            validation_timeout: settings.validation_timeout,
            dropped_after_idle: settings.dropped_after_idle.limited(),
            abandoned: settings.abandoned,
            fails_waiting: settings.connect.on_failure == OnConnectFailure::Fail,
            backoff: Backoff::new(&settings.connect.backoff),
        }
    }

    /// Whether there is one pool for the target, or one for each of its instances.
    pub const fn per(&self) -> Per {
        self.per
    }

    /// How many idle connections a pool keeps ready.
    pub const fn min_idle(&self) -> u32 {
        self.min_idle
    }

    /// How long an attempt waits for a connection; `None`: as long as it takes.
    pub const fn acquire_timeout(&self) -> Option<Duration> {
        self.acquire_timeout
    }

    /// For how long an answer is waited for that shows that a connection is there.
    pub const fn validation_timeout(&self) -> Duration {
        self.validation_timeout
    }

    /// What becomes of the connection of an attempt that was given up.
    pub const fn abandoned(&self) -> AbandonedConnection {
        self.abandoned
    }

    /// Whether somebody who waits hears of a connection that could not be opened.
    pub const fn fails_waiting(&self) -> bool {
        self.fails_waiting
    }

    /// How long until a connection is tried again that could not be opened.
    pub const fn backoff(&self) -> &Backoff {
        &self.backoff
    }

    /// The state of a client that has no connection; `hosts` is how many instances the target has.
    pub fn start<C, W>(&self, hosts: u32) -> PoolState<C, W> {
        let hosts = if self.per == Per::Target { 1 } else { hosts };
        let host =
            || HostState { idle: VecDeque::new(), line: WaitingLine::default(), connecting: 0, total: 0 };
        PoolState { hosts: (0..hosts).map(|_| host()).collect(), total: 0, waiting: 0 }
    }

    /// Somebody wants a connection to a host, which is 0 where there is one pool for all.
    pub fn acquire<C, W>(&self, state: &mut PoolState<C, W>, host: usize, who: W) -> Acquired<C> {
        let own = &mut state.hosts[host];
        let idle = if self.takes_last { own.idle.pop_back() } else { own.idle.pop_front() };
        if let Some(connection) = idle {
            return Acquired::Got(connection);
        }
        if state.waiting >= self.max_pending {
            return Acquired::Full;
        }
        own.line.join(who);
        state.waiting += 1;
        Acquired::Waits
    }

    /// Whether a connection to a host is to be opened now.
    pub fn wants_more<C, W>(&self, state: &PoolState<C, W>, host: usize) -> bool {
        let own = &state.hosts[host];
        let has_room = own.total < self.max_size && (state.total < self.max_connections || own.total == 0);
        has_room && own.connecting < self.max_connecting && own.connecting < self.wanted(own)
    }

    /// How many connections would have a use.
    fn wanted<C, W>(&self, host: &HostState<C, W>) -> u32 {
        host.line.waiting().saturating_add(self.min_idle.saturating_sub(host.idle.len() as u32))
    }

    /// Whether all connections to a host that are being opened would have a use.
    pub fn still_wants<C, W>(&self, state: &PoolState<C, W>, host: usize) -> bool {
        let own = &state.hosts[host];
        own.connecting <= self.wanted(own)
    }

    /// When a connection that opens now is too old.
    pub fn expiry(&self, now: Time, bits: &mut impl Bits) -> Time {
        let Some(lifetime) = self.max_lifetime else { return Time::MAX };
        let less = if self.lifetime_jitter_ns == 0 { 0 } else { bits.below(self.lifetime_jitter_ns + 1) };
        now + lifetime.saturating_sub(Duration::from_ns(less))
    }

    /// Whether a connection is to be tried before it is handed out.
    pub fn must_validate(&self, life: &Lifespan, now: Time) -> bool {
        self.validate_after_idle.is_some_and(|after| now.since(life.active) > after)
    }

    /// Something is sent on a connection: whether it was forgotten by what is between.
    pub fn is_dropped(&self, life: &Lifespan, now: Time) -> bool {
        life.is_dropped || self.dropped_after_idle.is_some_and(|after| now.since(life.active) > after)
    }

    /// What is to be done with a connection that is idle, among those to its host.
    pub fn due<C, W>(&self, state: &PoolState<C, W>, host: usize, life: &Lifespan, now: Time) -> Due {
        if life.expires <= now {
            return Due::Expired;
        }
        let keeps = state.hosts[host].idle.len() as u64 <= u64::from(self.min_idle);
        let idle = now.since(life.active);
        // A connection that is one of the few that are kept is looked at again later: it may be one too many by then.
        let unused = match self.idle_timeout {
            Some(timeout) if idle >= timeout && !keeps => return Due::Unused,
            Some(timeout) if self.min_idle < self.max_size => {
                let periods = idle.as_ns() / timeout.as_ns() + 1;
                Some(life.active + Duration::from_ns(timeout.as_ns().saturating_mul(periods)))
            }
            _ => None,
        };
        let keepalive = match self.keepalive_time {
            Some(time) if idle >= time => return Due::Keepalive,
            Some(time) => Some(life.active + time),
            None => None,
        };
        let next = [Some(life.expires), unused, keepalive].into_iter().flatten().min().unwrap_or(Time::MAX);
        if next == Time::MAX { Due::Never } else { Due::At(next) }
    }
}

impl<C: Copy + PartialEq, W> PoolState<C, W> {
    /// A connection to a host is being opened.
    pub fn begin_opening(&mut self, host: usize) {
        self.hosts[host].connecting += 1;
        self.hosts[host].total += 1;
        self.total += 1;
    }

    /// It is open: it goes to the first who still waits, or is idle.
    pub fn opened(&mut self, host: usize, connection: C, still_waits: impl Fn(&W) -> bool) -> Option<W> {
        self.hosts[host].connecting -= 1;
        self.give_back(host, connection, still_waits)
    }

    /// It will not be opened.
    pub fn gave_up_opening(&mut self, host: usize) {
        self.hosts[host].connecting -= 1;
        self.closed(host);
    }

    /// Somebody gives a connection back: it goes to the first who still waits, or is idle.
    pub fn give_back(&mut self, host: usize, connection: C, still_waits: impl Fn(&W) -> bool) -> Option<W> {
        let next = self.next_in_line(host, still_waits);
        if next.is_none() {
            self.hosts[host].idle.push_back(connection);
        }
        next
    }

    /// Takes the first who still waits for a connection to a host out of the line.
    pub fn next_in_line(&mut self, host: usize, still_waits: impl Fn(&W) -> bool) -> Option<W> {
        let next = self.hosts[host].line.next(still_waits)?;
        self.waiting -= 1;
        Some(next)
    }

    /// Somebody who waits for a connection to a host does so no longer.
    pub fn leave_line(&mut self, host: usize) {
        self.waiting -= 1;
        self.hosts[host].line.give_up();
    }

    /// A connection that was taken is closed.
    pub fn closed(&mut self, host: usize) {
        self.hosts[host].total -= 1;
        self.total -= 1;
    }

    /// An idle connection is taken out, to be closed.
    pub fn take_idle(&mut self, host: usize, connection: C) {
        self.hosts[host].idle.retain(|other| *other != connection);
    }

    /// How many connections there are, those that are being opened included.
    pub const fn total(&self) -> u32 {
        self.total
    }

    /// How many are idle.
    pub fn idle(&self) -> u32 {
        self.hosts.iter().map(|host| host.idle.len() as u32).sum()
    }

    /// How many are being opened.
    pub fn connecting(&self) -> u32 {
        self.hosts.iter().map(|host| host.connecting).sum()
    }

    /// How many attempts wait for one.
    pub const fn waiting(&self) -> u32 {
        self.waiting
    }

    /// How many lines there are: one, or one per host.
    pub fn hosts(&self) -> usize {
        self.hosts.len()
    }
}
