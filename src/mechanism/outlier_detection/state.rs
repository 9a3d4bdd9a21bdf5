//! Who is ejected, for how long, and why.

use super::host::{BILLION, Bucket, Host};
use super::{OutlierDetectionSettings, SlowEjectionSettings};
use crate::kernel::random::{Bits, Draws};
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::quantity::{Factor, Limit, Share};

/// A number of failures in a row that none ever equals.
const NEVER: u32 = 0;

/// A detector, ready to be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutlierDetection {
    interval: Duration,
    base_ejection_ns: u64,
    max_ejection_ns: u64,
    jitter_ns: u64,
    /// In billionths.
    max_ejected: u64,
    always_ejects_one: bool,
    /// In billionths.
    panic_threshold: u64,
    splits_local_origin: bool,
    consecutive_5xx: u32,
    consecutive_gateway: u32,
    consecutive_local_origin: u32,
    pub(super) success_rate: Volume,
    /// In thousandths.
    pub(super) stdev_factor: u64,
    pub(super) failure_percentage: Volume,
    /// In billionths.
    pub(super) failure_threshold: u64,
    slow: Option<Slow>,
    /// In billionths, by [`Cause`].
    enforcing: [u64; Cause::COUNT],
    /// A bit for each [`Class::index`].
    failures: u16,
    gateway_failures: u16,
    local_origin_failures: u16,
    ignored: u16,
}

/// What must be there for a rate to say anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Volume {
    pub(super) hosts: u64,
    pub(super) requests: u64,
}

/// When an instance is slow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Slow {
    pub(super) volume: Volume,
    /// In thousandths.
    pub(super) factor: u64,
}

/// By which rule an instance was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// Failures in a row.
    Consecutive5xx,
    /// Gateway failures in a row.
    ConsecutiveGatewayFailure,
    /// Failures without an answer in a row.
    ConsecutiveLocalOriginFailure,
    /// A low success rate.
    SuccessRate,
    /// A low share of attempts that are answered.
    LocalOriginSuccessRate,
    /// A high failure percentage.
    FailurePercentage,
    /// A high percentage of attempts that are not answered.
    FailurePercentageLocalOrigin,
    /// A high latency.
    Slow,
}

impl Cause {
    /// How many rules there are.
    pub const COUNT: usize = 8;
}

/// What becomes of an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is ejected.
    Ejected(Cause),
    /// It would be ejected, if there were not too many already.
    Overflowed(Cause),
    /// It would be ejected, if the rule were enforced.
    NotEnforced(Cause),
    /// Its ejection is over.
    Returned,
}

/// What a detector remembers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutlierDetectionState {
    pub(super) hosts: Vec<Host>,
    ejected: u32,
    /// How often an ejection was decided on.
    decided: u64,
    /// Only in use during a sweep.
    pub(super) latencies: Vec<u64>,
}

impl OutlierDetectionState {
    /// Whether the instance with this ordinal is ejected.
    #[inline]
    pub fn is_ejected(&self, host: u32) -> bool {
        self.hosts[host as usize].ejected_at.is_some()
    }

    /// How many instances are ejected.
    #[inline]
    pub const fn ejected(&self) -> u32 {
        self.ejected
    }

    /// Whether a sweep would find nothing, now or later, unless something happens first: nobody is ejected or still to be forgiven, and no outcome was counted since the last one.
    pub fn is_at_rest(&self) -> bool {
        self.hosts.iter().all(|host| {
            host.ejected_at.is_none() && host.multiplier == 0 && host.current == Bucket::default()
        })
    }

    /// Who is ejected by a rule goes on to count among those whom that rule compares.
    fn judge_those_that_are_left(&mut self) {
        for host in &mut self.hosts {
            host.is_judged = host.ejected_at.is_none();
        }
    }
}

impl OutlierDetection {
    /// Compiles settings that [`OutlierDetectionSettings::check`] found no error in.
    pub fn new(settings: &OutlierDetectionSettings) -> Self {
        let bits = |classes: &[Class]| classes.iter().fold(0, |bits, class| bits | 1 << class.index());
        let in_a_row = |threshold: Limit<u32>| threshold.limited().unwrap_or(NEVER);
        let enforcing = &settings.enforcing;
        let volume =
            |hosts: u32, requests: u32| Volume { hosts: u64::from(hosts), requests: u64::from(requests) };
        Self {
            interval: settings.interval,
            base_ejection_ns: settings.base_ejection_time.as_ns(),
            max_ejection_ns: settings.longest_ejection().as_ns(),
            jitter_ns: settings.max_ejection_time_jitter.as_ns(),
            max_ejected: billionths(settings.max_ejection_percent),
            always_ejects_one: settings.always_eject_one_host,
            panic_threshold: billionths(settings.healthy_panic_threshold),
            splits_local_origin: settings.split_external_local_origin_errors,
            consecutive_5xx: in_a_row(settings.consecutive_5xx),
            consecutive_gateway: in_a_row(settings.consecutive_gateway_failure),
            consecutive_local_origin: in_a_row(settings.consecutive_local_origin_failure),
            success_rate: volume(settings.success_rate_minimum_hosts, settings.success_rate_request_volume),
            stdev_factor: thousandths(settings.success_rate_stdev_factor),
            failure_percentage: volume(
                settings.failure_percentage_minimum_hosts,
                settings.failure_percentage_request_volume,
            ),
            failure_threshold: billionths(settings.failure_percentage_threshold),
            slow: settings.slow_ejection.map(
                |SlowEjectionSettings { factor, minimum_hosts, request_volume }| Slow {
                    factor: thousandths(factor),
                    volume: volume(minimum_hosts, request_volume),
                },
            ),
            // In the order of `Cause`.
            enforcing: [
                enforcing.consecutive_5xx,
                enforcing.consecutive_gateway_failure,
                enforcing.consecutive_local_origin_failure,
                enforcing.success_rate,
                enforcing.local_origin_success_rate,
                enforcing.failure_percentage,
                enforcing.failure_percentage_local_origin,
                enforcing.slow,
            ]
            .map(billionths),
            failures: bits(&settings.counts_as_failure),
            gateway_failures: bits(&settings.counts_as_gateway_failure),
            local_origin_failures: bits(&settings.counts_as_local_origin_failure),
            ignored: bits(&settings.counts_as_ignored),
        }
    }

    /// How long it is from one sweep to the next.
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// What a new client remembers of so many instances: nothing.
    pub fn start(&self, hosts: u32) -> OutlierDetectionState {
        let hosts = vec![Host::default(); hosts as usize];
        OutlierDetectionState { hosts, ejected: 0, decided: 0, latencies: Vec::new() }
    }

    /// Forgets everything, but for how often an ejection was decided on: what is drawn next is another number.
    pub fn restart(&self, state: &mut OutlierDetectionState) {
        state.hosts.fill(Host::default());
        state.ejected = 0;
    }

    /// Whether so few instances are left that all of them are used.
    #[inline]
    pub fn is_panicking(&self, state: &OutlierDetectionState) -> bool {
        let all = state.hosts.len() as u64;
        (all - u64::from(state.ejected)) * BILLION < self.panic_threshold * all
    }

    /// An attempt that was sent to an instance has ended with `class` after `took`. `draws` gives what is drawn for the n-th decision.
    pub fn record(
        &self,
        state: &mut OutlierDetectionState,
        now: Time,
        host: u32,
        (class, took): (Class, Duration),
        draws: impl Fn(u64) -> Draws,
        mut tell: impl FnMut(Verdict),
    ) {
        let known = &mut state.hosts[host as usize];
        if self.slow.is_some() {
            known.current.waits.note(class, took);
        }
        let is_one_of = |classes: u16| classes >> class.index() & 1 == 1;
        if is_one_of(self.ignored) {
            return;
        }
        let mut found = [None; 2];
        if self.splits_local_origin {
            let is_answered = !is_one_of(self.local_origin_failures);
            known.current.local.add(is_answered);
            if count(&mut known.in_a_row_local_origin, !is_answered, self.consecutive_local_origin) {
                found[0] = Some(Cause::ConsecutiveLocalOriginFailure);
            }
            if !is_answered {
                return self.decide_on_row(state, now, host, found, &draws, &mut tell);
            }
        }
        let is_failure = is_one_of(self.failures);
        known.current.external.add(!is_failure);
        let is_gateway_failure = is_failure && is_one_of(self.gateway_failures);
        if count(&mut known.in_a_row_gateway, is_gateway_failure, self.consecutive_gateway) {
            found[0] = Some(Cause::ConsecutiveGatewayFailure);
        }
        if count(&mut known.in_a_row_5xx, is_failure, self.consecutive_5xx) {
            found[1] = Some(Cause::Consecutive5xx);
        }
        self.decide_on_row(state, now, host, found, &draws, &mut tell);
    }

    /// An instance failed as often in a row as some rules ask for; whether it is ejected or not, they begin anew.
    #[inline]
    fn decide_on_row(
        &self,
        state: &mut OutlierDetectionState,
        now: Time,
        host: u32,
        found: [Option<Cause>; 2],
        draws: &impl Fn(u64) -> Draws,
        tell: &mut impl FnMut(Verdict),
    ) {
        for cause in found.into_iter().flatten() {
            let known = &mut state.hosts[host as usize];
            if known.ejected_at.is_some() {
                return;
            }
            match cause {
                Cause::ConsecutiveGatewayFailure => known.in_a_row_gateway = 0,
                Cause::ConsecutiveLocalOriginFailure => known.in_a_row_local_origin = 0,
                _ => known.in_a_row_5xx = 0,
            }
            self.decide(state, now, host as usize, cause, draws, tell);
        }
    }

    /// A rule has found an instance.
    pub(super) fn decide(
        &self,
        state: &mut OutlierDetectionState,
        now: Time,
        host: usize,
        cause: Cause,
        draws: &impl Fn(u64) -> Draws,
        tell: &mut impl FnMut(Verdict),
    ) {
        let ejected = u64::from(state.ejected);
        let has_room = (ejected + 1) * BILLION <= self.max_ejected * state.hosts.len() as u64
            || (self.always_ejects_one && ejected == 0);
        if !has_room {
            return tell(Verdict::Overflowed(cause));
        }
        let mut drawn = draws(state.decided);
        state.decided += 1;
        let enforcing = self.enforcing[cause as usize];
        let is_enforced = enforcing == BILLION || (enforcing > 0 && drawn.below(BILLION) < enforcing);
        if !is_enforced {
            return tell(Verdict::NotEnforced(cause));
        }
        state.ejected += 1;
        let known = &mut state.hosts[host];
        known.ejected_at = Some(now);
        known.jitter_ns = if self.jitter_ns == 0 { 0 } else { drawn.below(self.jitter_ns.saturating_add(1)) };
        let length = u128::from(known.multiplier) * u128::from(self.base_ejection_ns);
        if length < u128::from(self.max_ejection_ns) + u128::from(self.base_ejection_ns) {
            known.multiplier += 1;
        }
        tell(Verdict::Ejected(cause));
    }

    /// The sweep at the end of an interval: returns whose time is over, and ejects who did worse than the others in that interval.
    pub fn sweep(
        &self,
        state: &mut OutlierDetectionState,
        now: Time,
        draws: impl Fn(u64) -> Draws,
        mut tell: impl FnMut(Verdict),
    ) {
        for host in &mut state.hosts {
            if host.ejected_at.is_some_and(|since| self.is_over(host, since, now)) {
                *host = Host {
                    current: host.current,
                    multiplier: host.multiplier,
                    returned_at: Some(now),
                    ..Host::default()
                };
                state.ejected -= 1;
                tell(Verdict::Returned);
            }
            host.previous = std::mem::take(&mut host.current);
        }
        state.judge_those_that_are_left();
        let external = |bucket: &Bucket| bucket.external;
        self.judge_success_rates(state, now, Cause::SuccessRate, external, &draws, &mut tell);
        self.judge_failure_percentages(state, now, Cause::FailurePercentage, external, &draws, &mut tell);
        if self.splits_local_origin {
            state.judge_those_that_are_left();
            let local = |bucket: &Bucket| bucket.local;
            self.judge_success_rates(state, now, Cause::LocalOriginSuccessRate, local, &draws, &mut tell);
            let cause = Cause::FailurePercentageLocalOrigin;
            self.judge_failure_percentages(state, now, cause, local, &draws, &mut tell);
        }
        if let Some(slow) = self.slow {
            state.judge_those_that_are_left();
            self.judge_latencies(state, now, slow, &draws, &mut tell);
        }
        for host in state.hosts.iter_mut().filter(|host| host.ejected_at.is_none()) {
            if host.returned_at.is_some_and(|since| now.since(since) >= self.interval) {
                host.multiplier = host.multiplier.saturating_sub(1);
            }
        }
    }

    fn is_over(&self, host: &Host, since: Time, now: Time) -> bool {
        let length = u128::from(self.base_ejection_ns) * u128::from(host.multiplier);
        let length = length.min(u128::from(self.max_ejection_ns)) + u128::from(host.jitter_ns);
        length <= u128::from(now.since(since).as_ns())
    }
}

/// One more in a row, or none any more; whether that makes as many as a rule asks for.
fn count(in_a_row: &mut u32, is_failure: bool, threshold: u32) -> bool {
    *in_a_row = if is_failure { in_a_row.saturating_add(1) } else { 0 };
    is_failure && *in_a_row == threshold
}

fn billionths(share: Share) -> u64 {
    u64::from(share.billionths())
}

fn thousandths(factor: Factor) -> u64 {
    (factor.get() * 1000.0).round() as u64
}
