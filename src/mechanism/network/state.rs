//! What becomes of a message on a link.

use super::Transport;
use crate::kernel::random::Bits;
use crate::kernel::{Duration, Time};
use crate::quantity::{Bandwidth, Bytes};

/// The first retransmission timeout of Linux, `TCP_RTO_MIN`.
const RTO_MIN_NS: u64 = 200_000_000;
/// The longest, `TCP_RTO_MAX`.
const RTO_MAX_NS: u64 = 120_000_000_000;
/// Retransmissions before a connection is given up, `tcp_retries2`.
const RETRANSMISSIONS_MAX: u32 = 15;

/// Whether a message comes through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passage {
    /// So much later than without loss.
    Arrives(Duration),
    /// Never; after so long the sender gives the connection up.
    GivenUp(Duration),
    /// Never, and nobody hears of it.
    Lost,
}

/// Sends a message that is lost with this probability, in billionths, each time. Draws nothing where nothing is ever lost.
pub fn transmit<B: Bits>(transport: Transport, loss_billionths: u32, draws: &mut B) -> Passage {
    if loss_billionths == 0 {
        return Passage::Arrives(Duration::ZERO);
    }
    if transport == Transport::Datagram {
        let is_lost = draws.chance(loss_billionths);
        return if is_lost { Passage::Lost } else { Passage::Arrives(Duration::ZERO) };
    }
    let mut waited = Duration::ZERO;
    for sent in 0..=RETRANSMISSIONS_MAX {
        if !draws.chance(loss_billionths) {
            return Passage::Arrives(waited);
        }
        waited = waited + Duration::from_ns((RTO_MIN_NS << sent).min(RTO_MAX_NS));
    }
    Passage::GivenUp(waited)
}

/// The latency, and uniformly up to `jitter` more or less of it, never below 0. Draws nothing without jitter.
pub fn jittered<B: Bits>(latency: Duration, jitter: Duration, draws: &mut B) -> Duration {
    if jitter.is_zero() {
        return latency;
    }
    let jitter_ns = jitter.as_ns().min(u64::MAX / 2 - 1);
    let moved_ns = draws.below(2 * jitter_ns + 1);
    Duration::from_ns(latency.as_ns().saturating_add(moved_ns).saturating_sub(jitter_ns))
}

/// One direction of a link with a bandwidth: messages are put on the line one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pipe {
    free_at: Time,
}

impl Pipe {
    /// Hands a message over, and says how long it takes until the last of it is on the line: behind all that were handed over before.
    pub fn send(&mut self, now: Time, size: Bytes, bandwidth: Bandwidth) -> Duration {
        let begins = self.free_at.max(now);
        self.free_at = begins + bandwidth.time_for(size);
        self.free_at.since(now)
    }
}
