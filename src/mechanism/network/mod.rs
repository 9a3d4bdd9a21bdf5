//! Links: how long a message takes from one process to another, and whether it comes through at all.
//!
//! A link has a latency, which may vary (`jitter`), loses segments (`loss`), and carries so much per second (`bandwidth`). Over TCP a lost segment is sent
//! again, which costs time and nothing else: round trips have a tail of hundreds of milliseconds long before anything fails. Over datagrams it is gone.
//!
//! Sources: the retransmission timer of RFC 6298 (it doubles) with the bounds of Linux (`TCP_RTO_MIN` 200 ms, `TCP_RTO_MAX` 120 s, `tcp_retries2` 15, which
//! makes 924.6 s: kernel.org, `ip-sysctl`); jitter as the `latency` toxic of Toxiproxy.
//!
//! Bad for: congestion and flow control (one message is one segment, whatever its size, and losing one slows no other), fast retransmission, the order of
//! messages within a connection, setting connections up.

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Passage, Pipe, jittered, transmit};
