//! Pools against lists that are searched from the beginning every time, and the times of connections one by one.

use proptest::prelude::*;

use super::*;
use crate::kernel::random::{SiteKey, Word};
use crate::kernel::{Duration, Time};
use crate::mechanism::Problems;
use crate::mechanism::circuit_breaker::Per;
use crate::mechanism::retry::BackoffSettings;
use crate::quantity::{Limit, Share};

const HOSTS: u32 = 3;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(second: u64) -> Time {
    Time::ZERO + seconds(second)
}

fn settings() -> PoolSettings {
    let unlimited = Limit::Unlimited;
    PoolSettings { max_connecting: unlimited, min_idle: Some(0), ..PoolSettings::default() }
}

/// Everything that was ever opened, and everybody who ever waited.
#[derive(Default)]
struct Naive {
    connections: Vec<(usize, What)>,
    line: Vec<(usize, Option<u32>)>,
    returns: u64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum What {
    Connecting,
    Idle { since: u64 },
    Taken,
    Closed,
}

impl Naive {
    fn count(&self, host: Option<usize>, is_it: impl Fn(What) -> bool) -> u32 {
        let here = |it: &&(usize, What)| host.is_none_or(|host| host == it.0) && is_it(it.1);
        self.connections.iter().filter(here).count() as u32
    }

    fn waiting(&self, host: Option<usize>) -> u32 {
        let here = |it: &&(usize, Option<u32>)| host.is_none_or(|host| host == it.0) && it.1.is_some();
        self.line.iter().filter(here).count() as u32
    }

    fn wants_more(&self, settings: &PoolSettings, host: usize) -> bool {
        let is_there = |what: What| what != What::Closed;
        let own = self.count(Some(host), is_there);
        let connecting = self.count(Some(host), |what| what == What::Connecting);
        let idle = self.count(Some(host), |what| matches!(what, What::Idle { .. }));
        let missing = settings.min_idle().saturating_sub(idle);
        own < settings.max_size
            && (own == 0 || Limit::At(self.count(None, is_there)) < settings.max_connections)
            && Limit::At(connecting) < settings.max_connecting
            && connecting < self.waiting(Some(host)) + missing
    }

    fn acquire(&mut self, settings: &PoolSettings, host: usize, who: u32) -> Acquired<usize> {
        let idle = |(id, it): (usize, &(usize, What))| match it.1 {
            What::Idle { since } if it.0 == host => Some((since, id)),
            _ => None,
        };
        let all = self.connections.iter().enumerate().filter_map(idle);
        let found = if settings.order == PoolOrder::Lifo { all.max() } else { all.min() };
        if let Some((_, id)) = found {
            self.connections[id].1 = What::Taken;
            return Acquired::Got(id);
        }
        if Limit::At(self.waiting(None)) >= settings.max_pending {
            return Acquired::Full;
        }
        self.line.push((host, Some(who)));
        Acquired::Waits
    }

    fn give_back(&mut self, id: usize) -> Option<u32> {
        let host = self.connections[id].0;
        let next = self.line.iter_mut().find(|it| it.0 == host && it.1.is_some());
        if let Some(next) = next.and_then(|it| it.1.take()) {
            self.connections[id].1 = What::Taken;
            return Some(next);
        }
        self.returns += 1;
        self.connections[id].1 = What::Idle { since: self.returns };
        None
    }
}

fn any_settings() -> impl Strategy<Value = PoolSettings> {
    let limit = |least: u32| prop_oneof![1 => Just(Limit::Unlimited), 2 => (least..=4).prop_map(Limit::At)];
    let per = prop_oneof![Just(Per::Target), Just(Per::Host)];
    let order = prop_oneof![Just(PoolOrder::Lifo), Just(PoolOrder::Fifo)];
    (per, order, 1_u32..=4, 0_u32..=4, limit(1), limit(1), limit(0)).prop_map(
        |(per, order, max_size, min_idle, max_connecting, max_connections, max_pending)| PoolSettings {
            per,
            order,
            max_size,
            min_idle: Some(min_idle.min(max_size)),
            max_connecting,
            max_connections,
            max_pending,
            ..PoolSettings::default()
        },
    )
}

proptest! {
    #[test]
    fn a_pool_does_what_lists_do(
        settings in any_settings(),
        script in prop::collection::vec((0_u8..=6, 0_usize..3, any::<prop::sample::Index>()), 1..200),
    ) {
        let pool = ConnectionPool::new(&settings);
        let mut state: PoolState<usize, u32> = pool.start(HOSTS);
        let mut naive = Naive::default();
        for (who, (action, host, index)) in (0_u32..).zip(script) {
            let host = if settings.per == Per::Target { 0 } else { host };
            let pick = |naive: &Naive, what: fn(What) -> bool| {
                let found: Vec<usize> =
                    (0..naive.connections.len()).filter(|&id| what(naive.connections[id].1)).collect();
                (!found.is_empty()).then(|| found[index.index(found.len())])
            };
            let waiting: Vec<u32> = naive.line.iter().filter_map(|it| it.1).collect();
            match action {
                0 | 1 => prop_assert_eq!(pool.acquire(&mut state, host, who), naive.acquire(&settings, host, who)),
                2 => {
                    let wanted = naive.wants_more(&settings, host);
                    prop_assert_eq!(pool.wants_more(&state, host), wanted);
                    if wanted {
                        state.begin_opening(host);
                        naive.connections.push((host, What::Connecting));
                    }
                }
                3 => if let Some(id) = pick(&naive, |what| what == What::Connecting) {
                    let host = naive.connections[id].0;
                    prop_assert_eq!(state.opened(host, id, |who| waiting.contains(who)), naive.give_back(id));
                },
                4 => if let Some(id) = pick(&naive, |what| what == What::Taken) {
                    let host = naive.connections[id].0;
                    prop_assert_eq!(state.give_back(host, id, |who| waiting.contains(who)), naive.give_back(id));
                },
                5 => if let Some(id) = pick(&naive, |what| what != What::Closed) {
                    let host = naive.connections[id].0;
                    match naive.connections[id].1 {
                        What::Connecting => state.gave_up_opening(host),
                        What::Idle { .. } => {
                            state.take_idle(host, id);
                            state.closed(host);
                        }
                        What::Taken | What::Closed => state.closed(host),
                    }
                    naive.connections[id].1 = What::Closed;
                },
                _ => if !waiting.is_empty() {
                    let gone = waiting[index.index(waiting.len())];
                    let entry = naive.line.iter_mut().find(|it| it.1 == Some(gone)).expect("it waits");
                    entry.1 = None;
                    state.leave_line(entry.0);
                },
            }
            prop_assert_eq!(state.waiting(), naive.waiting(None));
            prop_assert_eq!(state.total(), naive.count(None, |what| what != What::Closed));
            prop_assert_eq!(state.idle(), naive.count(None, |what| matches!(what, What::Idle { .. })));
            prop_assert_eq!(state.connecting(), naive.count(None, |what| what == What::Connecting));
        }
    }

    /// However often it is looked at: a connection is found too old, unused or due for a keepalive at the first instant at which it is.
    #[test]
    fn an_idle_connection_is_looked_at_when_something_is_due(
        lifetime in prop::option::of(1_u64..=50),
        idle in prop::option::of(1_u64..=20),
        keepalive in prop::option::of(1_u64..=20),
        active in 0_u64..20,
    ) {
        let limit = |time: Option<u64>| time.map_or(Limit::Unlimited, |time| Limit::At(seconds(time)));
        let settings = PoolSettings {
            max_lifetime: limit(lifetime),
            max_lifetime_jitter: Share::percent(0),
            idle_timeout: limit(idle),
            keepalive_time: limit(keepalive),
            ..settings()
        };
        let pool = ConnectionPool::new(&settings);
        let mut state: PoolState<u32, u32> = pool.start(1);
        state.begin_opening(0);
        state.opened(0, 0, |_| true);
        let key = SiteKey::new(1, 2);
        let expires = pool.expiry(Time::ZERO, &mut Word::root(key, 0).at(key));
        let life = Lifespan { expires, active: at(active), is_dropped: false };
        let first = [lifetime, idle.map(|idle| active + idle), keepalive.map(|time| active + time)];
        let first = first.into_iter().flatten().min();
        let mut now = at(active);
        for _ in 0..100 {
            match pool.due(&state, 0, &life, now) {
                Due::Never => {
                    prop_assert_eq!(first, None);
                    return Ok(());
                }
                Due::At(next) => {
                    prop_assert!(next > now, "time moves on");
                    now = next;
                }
                _ => {
                    prop_assert_eq!(Some(now), first.map(|first| at(first.max(active))));
                    return Ok(());
                }
            }
        }
        prop_assert!(false, "it was looked at for ever");
    }
}

#[test]
fn the_idle_connections_that_are_kept_are_not_closed() {
    let idle = Limit::At(seconds(10));
    let settings =
        PoolSettings { min_idle: Some(1), idle_timeout: idle, max_lifetime: Limit::Unlimited, ..settings() };
    let pool = ConnectionPool::new(&settings);
    let mut state: PoolState<u32, u32> = pool.start(1);
    let life = Lifespan { expires: Time::MAX, active: Time::ZERO, is_dropped: false };
    for id in 0..2 {
        state.begin_opening(0);
        state.opened(0, id, |_| true);
    }
    assert_eq!(pool.due(&state, 0, &life, at(9)), Due::At(at(10)));
    assert_eq!(pool.due(&state, 0, &life, at(10)), Due::Unused);
    state.take_idle(0, 0);
    state.closed(0);
    assert_eq!(pool.due(&state, 0, &life, at(10)), Due::At(at(20)));
}

#[test]
fn lifetimes_are_shorter_by_a_draw() {
    let settings = PoolSettings { max_lifetime: Limit::At(seconds(1000)), ..settings() };
    let pool = ConnectionPool::new(&settings);
    let key = SiteKey::new(1, 2);
    let expiries: Vec<u64> =
        (0..1000).map(|n| pool.expiry(at(5), &mut Word::root(key, n).at(key)).since(at(5)).as_ns()).collect();
    let (least, most) = (expiries.iter().min().expect("some"), expiries.iter().max().expect("some"));
    assert!(*least >= seconds(975).as_ns() && *most <= seconds(1000).as_ns());
    assert!(
        *least < seconds(976).as_ns() && *most > seconds(999).as_ns(),
        "1000 draws leave no gap of 1 s at an end"
    );
}

#[test]
fn what_was_idle_for_longer_is_tried_or_dropped() {
    let settings = PoolSettings { dropped_after_idle: Limit::At(seconds(350)), ..settings() };
    let pool = ConnectionPool::new(&settings);
    let life = Lifespan { expires: Time::MAX, active: at(100), is_dropped: false };
    let half = Duration::from_ns(500_000_000);
    assert!(!pool.must_validate(&life, at(100) + half));
    assert!(pool.must_validate(&life, at(101)));
    assert!(!pool.is_dropped(&life, at(450)));
    assert!(pool.is_dropped(&life, at(451)));
    assert!(pool.is_dropped(&Lifespan { is_dropped: true, ..life }, at(101)));
}

fn found(settings: &PoolSettings) -> Vec<String> {
    let mut problems = Problems::new();
    settings.check(&mut problems);
    problems.into_found().iter().map(|found| found.message.clone()).collect()
}

#[test]
fn settings_that_cannot_be_meant_are_told() {
    assert_eq!(found(&PoolSettings::default()), [""; 0]);
    let none = PoolSettings { max_size: 0, ..settings() };
    assert!(found(&none)[0].contains("nothing is ever called"));
    let kept = PoolSettings { min_idle: Some(11), ..settings() };
    assert!(found(&kept)[0].contains("11 connections are never idle"));
    let zero = PoolSettings { idle_timeout: Limit::At(Duration::ZERO), ..settings() };
    assert!(found(&zero)[0].contains("would live"));
    let at_once = ConnectSettings { backoff: BackoffSettings::None, ..ConnectSettings::default() };
    assert!(found(&PoolSettings { connect: at_once, ..settings() })[0].contains("without a wait"));
}

#[test]
fn a_firewall_that_nothing_guards_against_is_told() {
    let dropped = Limit::At(seconds(350));
    let naked = PoolSettings {
        dropped_after_idle: dropped,
        validate_after_idle: Limit::Unlimited,
        ..PoolSettings::default()
    };
    assert!(found(&naked)[0].contains("idle for 350s"));
    for guarded in [
        PoolSettings { keepalive_time: Limit::At(seconds(120)), ..naked.clone() },
        PoolSettings { max_lifetime: Limit::At(seconds(300)), ..naked.clone() },
        PoolSettings { min_idle: Some(0), idle_timeout: Limit::At(seconds(300)), ..naked.clone() },
        PoolSettings { validate_after_idle: Limit::At(seconds(1)), ..naked },
    ] {
        assert_eq!(found(&guarded), [""; 0]);
    }
}
