//! Connection pools: connections to a target that calls borrow, and what becomes of them.
//!
//! Opening a connection costs round trips, and work of the service (a process, a handshake, a login); a pool keeps connections for the next call, and its size bounds how many calls a
//! client makes at a time. Both turn against it: a pool that is too small makes callers wait behind a slow query until they give up; a connection that is closed because its caller gave up
//! must be opened anew, and that is more work for a service that is slow already (a connection storm); connections that were opened together end together; what a firewall between has
//! forgotten looks alive until somebody waits for an answer on it; and which idle connection is taken next decides where load goes. By Little's law `max_size` divided by the time that a call
//! holds a connection is the most that a client gets through.
//!
//! After HikariCP (`HikariConfig.java`, `HikariPool.java`), whose names and defaults these are, pgbouncer (`doc/config.md`: `server_lifetime`, `server_idle_timeout`, LIFO unless
//! `server_round_robin`), MongoDB's connection pool specification (`maxConnecting`), and Envoy's `circuit_breaker.proto` for the limits over all hosts: `max_connections`, of which each host
//! that is picked may have at least one, and `max_pending`. The link imbalance that comes from taking the most recently returned connection is described in N. Bronson, "Solving the
//! Mystery of Link Imbalance: A Metastable Failure State at Scale" (Meta, 2014).
//! Left out: HikariCP looks for idle connections every 30 s, here each has a timer of its own; several streams on one connection (HTTP/2), which have no use for a pool.

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Acquired, ConnectionPool, Due, Lifespan, PoolState};
