//! What can be written about connection pools.

use serde::{Deserialize, Serialize};

use crate::mechanism::Problems;
use crate::mechanism::circuit_breaker::Per;
use crate::mechanism::retry::{BackoffSettings, ExponentialSettings, JitterSettings};
use crate::quantity::{Duration, Factor, Limit, Share};

/// `[policies.db.pool]`: the connections of a calling instance, or client of a workload. Every default is HikariCP's, where it has one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PoolSettings {
    /// Whose defaults stand where nothing is written. `explain` shows what they are.
    #[serde(skip_serializing)]
    pub preset: Option<PoolPreset>,
    /// Whether there is one pool for the whole target, whose connections stay with the instance that the balancer picked when they were opened, or one for each instance,
    /// among which the balancer picks for every attempt.
    pub per: Per,
    /// How many connections a pool may have.
    pub max_size: u32,
    /// How many idle ones it keeps ready; absent: `max_size`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_idle: Option<u32>,
    /// How many it opens at a time (MongoDB's `maxConnecting` is 2).
    pub max_connecting: Limit<u32>,
    /// How many connections a client may have to all instances together; an instance that is picked may have one all the same (Envoy).
    pub max_connections: Limit<u32>,
    /// How many attempts of a client may wait for a connection at a time.
    pub max_pending: Limit<u32>,
    /// How long an attempt waits for a connection at most, first come, first served.
    pub acquire_timeout: Limit<Duration>,
    /// Which idle connection is taken.
    pub order: PoolOrder,
    /// A connection that was not used for so long is closed, if more than `min_idle` are idle.
    pub idle_timeout: Limit<Duration>,
    /// An older connection is closed as soon as nobody uses it.
    pub max_lifetime: Limit<Duration>,
    /// Up to such a share of `max_lifetime` is taken off, uniformly, so that not all connections end together.
    pub max_lifetime_jitter: Share,
    /// So often an idle connection is used to see whether it is still there.
    pub keepalive_time: Limit<Duration>,
    /// A connection that was idle for longer is tried before it is handed out, which takes a round trip.
    pub validate_after_idle: Limit<Duration>,
    /// For how long that is waited for.
    pub validation_timeout: Duration,
    /// A firewall, load balancer or NAT between forgets a connection that was idle for so long, and drops whatever comes on it: neither side hears of that. AWS' network load balancer
    /// takes 350 s, Azure's 4 min.
    pub dropped_after_idle: Limit<Duration>,
    /// What becomes of the connection of an attempt whose caller gave up before the answer.
    pub abandoned: AbandonedConnection,
    /// How connections are opened.
    pub connect: ConnectSettings,
}

/// Whose settings a pool has where it says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PoolPreset {
    /// HikariCP: 10 connections, always all of them. These are the defaults, too.
    Hikaricp,
    /// One pgbouncer: 20 server connections, opened when they are needed, for an hour at most.
    Pgbouncer,
    /// MongoDB's drivers: 100 per server, two opened at a time, no limit on waiting.
    Mongodb,
    /// Envoy's pool of HTTP/1.1 connections and the limits of its cluster: 1024 connections, 1024 pending requests.
    Envoy,
}

impl PoolPreset {
    /// Every preset, in the order of the language.
    pub const ALL: [Self; 4] = [Self::Hikaricp, Self::Pgbouncer, Self::Mongodb, Self::Envoy];
}

/// Which idle connection is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PoolOrder {
    /// The one that was returned last: few connections are kept busy, the others may be closed. Whichever answers last is used first.
    #[default]
    Lifo,
    /// The one that was returned first: all are used in turn.
    Fifo,
}

/// What becomes of the connection of an attempt that nobody waits for any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AbandonedConnection {
    /// It is closed: an answer that may still come would be taken for that of the next request (HTTP/1.1, most caches and databases).
    #[default]
    Close,
    /// It stays taken until the answer has come (drivers that block, asynchronous ones that read on).
    Drain,
    /// It goes back at once (protocols whose answers have numbers).
    Reuse,
}

/// `connect = { handler = "login", timeout = "5s" }`: how connections are opened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ConnectSettings {
    /// The handler of the target that opening a connection takes: a thread, work, whatever it says. Absent: the kernel accepts after one round trip, whatever the service does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// When opening is given up. The default is Envoy's `connect_timeout`; JDBC leaves it to the driver.
    pub timeout: Limit<Duration>,
    /// What a failure means for those who wait.
    pub on_failure: OnConnectFailure,
    /// How long until the next try, by the number of failures in a row; written like the `backoff` of retries.
    pub backoff: BackoffSettings,
}

/// What it means for those who wait that a connection could not be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnConnectFailure {
    /// Nothing: they wait on, and opening is tried again (HikariCP, pgbouncer's `server_login_retry`).
    #[default]
    Wait,
    /// The attempt of the one who has waited longest ends with `connect_failure`, which may be retried elsewhere (Envoy, most HTTP clients).
    Fail,
}

impl Default for PoolSettings {
    fn default() -> Self {
        let minutes = |minutes: u64| Limit::At(Duration::from_secs(60 * minutes));
        Self {
            preset: None,
            per: Per::Target,
            max_size: 10,
            min_idle: None,
            max_connecting: Limit::At(1),
            max_connections: Limit::Unlimited,
            max_pending: Limit::Unlimited,
            acquire_timeout: Limit::At(Duration::from_secs(30)),
            order: PoolOrder::Lifo,
            idle_timeout: minutes(10),
            max_lifetime: minutes(30),
            max_lifetime_jitter: Share::from_billionths(25_000_000).expect("invariant: 2.5 % is a share"),
            keepalive_time: Limit::Unlimited,
            validate_after_idle: Limit::At(Duration::from_ns(500_000_000)),
            validation_timeout: Duration::from_secs(5),
            dropped_after_idle: Limit::Unlimited,
            abandoned: AbandonedConnection::Close,
            connect: ConnectSettings::default(),
        }
    }
}

impl Default for ConnectSettings {
    fn default() -> Self {
        let backoff = ExponentialSettings {
            base: Duration::from_ns(250_000_000),
            max: Limit::At(Duration::from_secs(10)),
            multiplier: Factor::new(1.5).expect("invariant: 1.5 is a factor"),
            jitter: JitterSettings::None,
        };
        Self {
            handler: None,
            timeout: Limit::At(Duration::from_secs(5)),
            on_failure: OnConnectFailure::Wait,
            backoff: BackoffSettings::Exponential(backoff),
        }
    }
}

impl PoolSettings {
    /// How many idle connections are kept ready.
    pub fn min_idle(&self) -> u32 {
        self.min_idle.unwrap_or(self.max_size)
    }

    /// Notes what is wrong with these settings; `problems` is at `pool`.
    pub fn check(&self, problems: &mut Problems) {
        check_at_least_one("max_size", Limit::At(self.max_size), problems);
        check_at_least_one("max_connecting", self.max_connecting, problems);
        check_at_least_one("max_connections", self.max_connections, problems);
        if let Some(min_idle) = self.min_idle
            && min_idle > self.max_size
        {
            problems.at("min_idle", |problems| {
                let message =
                    format!("{min_idle} connections are never idle: `max_size` is {}", self.max_size);
                problems.error(message, "write at most `max_size`; absent, all of them are kept");
            });
        }
        for (field, time) in [
            ("idle_timeout", self.idle_timeout),
            ("max_lifetime", self.max_lifetime),
            ("keepalive_time", self.keepalive_time),
            ("dropped_after_idle", self.dropped_after_idle),
        ] {
            if time == Limit::At(Duration::ZERO) {
                problems.at(field, |problems| {
                    let help = "vendors write 0 for \"never\"; here that is `\"unlimited\"`";
                    problems.error("no connection would live for any time", help);
                });
            }
        }
        problems.at("connect", |problems| self.connect.check(problems));
        self.check_dropping(problems);
    }

    /// Whatever forgets idle connections is no trouble to a pool that uses them often enough, or throws them away in time.
    fn check_dropping(&self, problems: &mut Problems) {
        let Limit::At(dropped) = self.dropped_after_idle else { return };
        let is_before = |time: Limit<Duration>| matches!(time, Limit::At(time) if time < dropped);
        let ends_in_time =
            is_before(self.max_lifetime) || (self.min_idle() == 0 && is_before(self.idle_timeout));
        if !is_before(self.keepalive_time) && !ends_in_time && !is_before(self.validate_after_idle) {
            problems.at("dropped_after_idle", |problems| {
                let message = format!(
                    "connections that were idle for {dropped} are dead, and nothing finds out before a call waits for an answer on one"
                );
                let help = "write a shorter `keepalive_time`, `max_lifetime` or `validate_after_idle`, if that is not what the model is about";
                problems.warning(message, help);
            });
        }
    }
}

impl ConnectSettings {
    fn check(&self, problems: &mut Problems) {
        if self.timeout == Limit::At(Duration::ZERO) {
            problems.at("timeout", |problems| {
                problems.error("no connection opens in no time", "write a time above 0, or `\"unlimited\"`");
            });
        }
        problems.at("backoff", |problems| self.backoff.check(problems));
        let base = match &self.backoff {
            BackoffSettings::None => Duration::ZERO,
            BackoffSettings::Fixed(fixed) => fixed.base,
            BackoffSettings::Linear(linear) => linear.base,
            BackoffSettings::Exponential(exponential) => exponential.base,
        };
        if self.on_failure == OnConnectFailure::Wait && base.is_zero() {
            problems.at("backoff", |problems| {
                problems.error(
                    "a connection that is refused at once would be tried again and again without a wait",
                    "write a wait above 0, such as `fixed = { base = \"250ms\" }`",
                );
            });
        }
    }
}

fn check_at_least_one(field: &str, number: Limit<u32>, problems: &mut Problems) {
    if number == Limit::At(0) {
        problems.at(field, |problems| {
            problems.error("with 0 connections nothing is ever called", "write at least 1");
        });
    }
}
