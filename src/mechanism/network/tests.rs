//! Goal: what is lost costs what TCP takes to send it again; a pipe is a queue with one server; the most specific entry wins, field by field.

use proptest::prelude::*;

use super::*;
use crate::kernel::random::{Bits, SiteKey, Word, hash64};
use crate::kernel::{Duration, Time};
use crate::mechanism::Problems;
use crate::quantity::{Bandwidth, Bytes, Distribution, Limit, Share};

/// Loses so many segments, and then none.
struct Losses(u32);

impl Bits for Losses {
    fn next_u64(&mut self) -> u64 {
        let is_lost = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        if is_lost { 1 } else { u64::MAX }
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_ns((seconds * 1e9).round() as u64)
}

#[test]
fn retransmission_doubles_its_timeout_and_gives_up_after_as_long_as_linux() {
    let after = |losses: u32| transmit(Transport::Tcp, 1, &mut Losses(losses));
    for (losses, waited_s) in [(0, 0.0), (1, 0.2), (2, 0.6), (3, 1.4), (10, 204.6), (11, 324.6), (15, 804.6)]
    {
        assert_eq!(after(losses), Passage::Arrives(seconds(waited_s)), "{losses} losses");
    }
    assert_eq!(after(16), Passage::GivenUp(seconds(924.6)));
}

#[test]
fn a_lost_datagram_is_gone() {
    assert_eq!(transmit(Transport::Datagram, 1, &mut Losses(1)), Passage::Lost);
    assert_eq!(transmit(Transport::Datagram, 1, &mut Losses(0)), Passage::Arrives(Duration::ZERO));
}

/// The mean number of retransmissions is p / (1 - p). Its estimate from n messages has a standard deviation of sqrt(p) / (1 - p) / sqrt(n); five of them.
#[test]
fn losses_are_geometric() {
    let (loss, count) = (0.2_f64, 100_000_u64);
    let site = SiteKey::new(1, hash64("network.a.b.request.loss"));
    let mut retransmissions = 0_u32;
    for ordinal in 0..count {
        let mut draws = Word::root(site, ordinal).at(site);
        match transmit(Transport::Tcp, 200_000_000, &mut draws) {
            // The waits are 0.2 s times 2^k - 1.
            Passage::Arrives(waited) => retransmissions += (waited.as_ns() / 200_000_000 + 1).ilog2(),
            other => panic!("with a probability of 10^-11 per message: {other:?}"),
        }
    }
    let mean = f64::from(retransmissions) / count as f64;
    let tolerance = 5.0 * loss.sqrt() / (1.0 - loss) / (count as f64).sqrt();
    assert!((mean - loss / (1.0 - loss)).abs() < tolerance, "{mean} retransmissions per message");
}

proptest! {
    #[test]
    fn jitter_stays_within_its_bounds(latency_ns in 0_u64..1000, jitter_ns in 0_u64..1000, seed: u64) {
        let site = SiteKey::new(seed, hash64("jitter"));
        let (latency, jitter) = (Duration::from_ns(latency_ns), Duration::from_ns(jitter_ns));
        let seen = jittered(latency, jitter, &mut Word::root(site, 0).at(site)).as_ns();
        prop_assert!(seen <= latency_ns + jitter_ns && seen >= latency_ns.saturating_sub(jitter_ns));
    }

    #[test]
    fn a_pipe_is_a_queue_with_one_server(messages in prop::collection::vec((0_u64..50, 0_u64..100), 1..60)) {
        let bandwidth = Bandwidth::new(1_000_000_000).expect("more than nothing");
        let (mut pipe, mut now, mut free_at) = (Pipe::default(), 0, 0);
        for (gap, size) in messages {
            now += gap;
            free_at = u64::max(free_at, now) + size;
            let takes = pipe.send(Time::from_ns(now), Bytes::new(size), bandwidth);
            prop_assert_eq!(takes.as_ns(), free_at - now);
        }
    }
}

#[test]
fn what_is_not_written_is_taken_from_the_less_specific_entry() {
    let general = LinkSettings {
        latency: Distribution::Constant(seconds(0.001)),
        loss: Share::percent(1),
        ..LinkSettings::default()
    };
    let specific =
        LinkOverride { jitter: Some(seconds(0.002)), loss: Some(Share::ZERO), ..LinkOverride::default() };
    let both = general.clone().with(&specific);
    let expected = LinkSettings { jitter: seconds(0.002), loss: Share::ZERO, ..general.clone() };
    assert_eq!(both, expected);
    assert!(!general.is_plain() && !both.is_plain());
    assert!(LinkSettings::default().is_plain());
    assert_eq!(LinkSettings::default().bandwidth, Limit::Unlimited);
}

#[test]
fn what_is_probably_not_meant_is_a_warning() {
    let warnings = |check: &dyn Fn(&mut Problems)| {
        let mut problems = Problems::new();
        check(&mut problems);
        assert!(!problems.has_errors());
        problems.into_found().len()
    };
    let dead = LinkSettings { loss: Share::ONE, ..LinkSettings::default() };
    assert_eq!(warnings(&|problems| dead.check(problems)), 1);
    let gone = LinkSettings { transport: Transport::Datagram, ..dead };
    assert_eq!(warnings(&|problems| gone.check(problems)), 0);
    assert_eq!(warnings(&|problems| LinkOverride::default().check(problems)), 1);
}
