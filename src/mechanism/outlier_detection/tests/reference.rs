//! Goal: every verdict, in order, is that of the rules.
//! Method: random scripts against a naive model that keeps every outcome and works each sweep out anew, in floating point and from lists.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// One outcome, as it was.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    at: u64,
    host: u32,
    class: Class,
    took: u64,
}

/// The same, from the rules: every outcome with its instant, and nothing counted beforehand.
struct Naive {
    settings: OutlierDetectionSettings,
    hosts: u32,
    outcomes: Vec<Outcome>,
    /// Of each host and rule of failures in a row, how many outcomes there were when it began anew.
    fresh: Vec<[usize; 3]>,
    ejected_at: Vec<Option<u64>>,
    returned_at: Vec<Option<u64>>,
    times: Vec<u64>,
    told: Vec<(u64, Verdict)>,
}

impl Naive {
    fn new(settings: &OutlierDetectionSettings, hosts: u32) -> Self {
        let count = hosts as usize;
        Self {
            settings: settings.clone(),
            hosts,
            outcomes: Vec::new(),
            fresh: vec![[0; 3]; count],
            ejected_at: vec![None; count],
            returned_at: vec![None; count],
            times: vec![0; count],
            told: Vec::new(),
        }
    }

    fn is_local(&self, class: Class) -> bool {
        self.settings.split_external_local_origin_errors
            && self.settings.counts_as_local_origin_failure.contains(&class)
    }

    fn is_ignored(&self, class: Class) -> bool {
        self.settings.counts_as_ignored.contains(&class)
    }

    fn eject(&mut self, now: u64, host: u32, cause: Cause) {
        let ejected = self.ejected_at.iter().flatten().count();
        let share = 100.0 * (ejected + 1) as f64 / f64::from(self.hosts);
        let is_first = self.settings.always_eject_one_host && ejected == 0;
        if share > 100.0 * self.settings.max_ejection_percent.as_f64() && !is_first {
            self.told.push((now, Verdict::Overflowed(cause)));
            return;
        }
        let enforcing = &self.settings.enforcing;
        let share = match cause {
            Cause::Consecutive5xx => enforcing.consecutive_5xx,
            Cause::ConsecutiveGatewayFailure => enforcing.consecutive_gateway_failure,
            Cause::ConsecutiveLocalOriginFailure => enforcing.consecutive_local_origin_failure,
            Cause::SuccessRate => enforcing.success_rate,
            Cause::LocalOriginSuccessRate => enforcing.local_origin_success_rate,
            Cause::FailurePercentage => enforcing.failure_percentage,
            Cause::FailurePercentageLocalOrigin => enforcing.failure_percentage_local_origin,
            Cause::Slow => enforcing.slow,
        };
        if share == Share::ZERO {
            self.told.push((now, Verdict::NotEnforced(cause)));
            return;
        }
        let host = host as usize;
        self.ejected_at[host] = Some(now);
        let [base, max] =
            [self.settings.base_ejection_time, self.settings.max_ejection_time].map(Duration::as_ns);
        if self.times[host] * base < max + base {
            self.times[host] += 1;
        }
        self.told.push((now, Verdict::Ejected(cause)));
    }

    /// How many of the last outcomes of a host, those that some rule looks at, are failures of its kind.
    fn in_a_row(&self, host: u32, rule: usize) -> u32 {
        let later = self.outcomes.iter().enumerate().skip(self.fresh[host as usize][rule]).rev();
        let mut own = later.map(|(_, it)| it).filter(|it| it.host == host && !self.is_ignored(it.class));
        let settings = &self.settings;
        let fails = |it: &&Outcome| match rule {
            0 => settings.counts_as_gateway_failure.contains(&it.class),
            1 => settings.counts_as_failure.contains(&it.class),
            _ => self.is_local(it.class),
        };
        if rule == 2 {
            own.take_while(fails).count() as u32
        } else {
            own.by_ref().filter(|it| !self.is_local(it.class)).take_while(fails).count() as u32
        }
    }

    fn end(&mut self, outcome: Outcome) {
        let Outcome { at, host, class, .. } = outcome;
        self.outcomes.push(outcome);
        if self.is_ignored(class) {
            return;
        }
        let settings = &self.settings;
        let rules = [
            (0, settings.consecutive_gateway_failure, Cause::ConsecutiveGatewayFailure),
            (1, settings.consecutive_5xx, Cause::Consecutive5xx),
            (2, settings.consecutive_local_origin_failure, Cause::ConsecutiveLocalOriginFailure),
        ];
        for (rule, threshold, cause) in rules {
            if (rule == 2) != self.is_local(class) || self.ejected_at[host as usize].is_some() {
                continue;
            }
            if Limit::At(self.in_a_row(host, rule)) == threshold {
                self.fresh[host as usize][rule] = self.outcomes.len();
                self.eject(at, host, cause);
            }
        }
    }

    /// The hosts that are not ejected and have enough of what is wanted in the interval that ends now, with their outcomes.
    fn seen(&self, now: u64, volume: u32, is_wanted: impl Fn(Class) -> bool) -> Vec<(u32, Vec<Outcome>)> {
        let since = now - self.settings.interval.as_ns() / 1_000_000;
        let of = |host: u32| {
            let own = self
                .outcomes
                .iter()
                .filter(|it| it.host == host && it.at <= now && (it.at > since || since == 0));
            own.filter(|it| is_wanted(it.class)).copied().collect::<Vec<_>>()
        };
        let left = (0..self.hosts).filter(|&host| self.ejected_at[host as usize].is_none());
        left.map(|host| (host, of(host))).filter(|(_, own)| own.len() >= volume as usize).collect()
    }

    fn rates(&mut self, now: u64, of_local: bool) {
        let settings = self.settings.clone();
        let counts = |class: Class| !self.is_ignored(class) && (of_local || !self.is_local(class));
        let fails = |it: &&Outcome| {
            if of_local { self.is_local(it.class) } else { settings.counts_as_failure.contains(&it.class) }
        };
        let rates = |seen: Vec<(u32, Vec<Outcome>)>| {
            let rate =
                |own: &Vec<Outcome>| 100.0 * own.iter().filter(fails).count() as f64 / own.len() as f64;
            seen.iter().map(|(host, own)| (*host, 100.0 - rate(own))).collect::<Vec<_>>()
        };
        let by_rate = rates(self.seen(now, settings.success_rate_request_volume, counts));
        let by_share = rates(self.seen(now, settings.failure_percentage_request_volume, counts));
        let (rate_cause, share_cause) = if of_local {
            (Cause::LocalOriginSuccessRate, Cause::FailurePercentageLocalOrigin)
        } else {
            (Cause::SuccessRate, Cause::FailurePercentage)
        };
        if by_rate.len() >= settings.success_rate_minimum_hosts as usize {
            let count = by_rate.len() as f64;
            let mean = by_rate.iter().map(|it| it.1).sum::<f64>() / count;
            let variance = by_rate.iter().map(|it| (it.1 - mean) * (it.1 - mean)).sum::<f64>() / count;
            let least = mean - settings.success_rate_stdev_factor.get() * variance.sqrt();
            // Rates that are all the same differ in their last digits only.
            for (host, _) in by_rate.iter().filter(|it| it.1 < least - 1e-6) {
                self.eject(now, *host, rate_cause);
            }
        }
        if by_share.len() >= settings.failure_percentage_minimum_hosts as usize {
            let threshold = 100.0 * settings.failure_percentage_threshold.as_f64();
            for (host, rate) in by_share {
                if 100.0 - rate >= threshold - 1e-9 && self.ejected_at[host as usize].is_none() {
                    self.eject(now, host, share_cause);
                }
            }
        }
    }

    fn slow(&mut self, now: u64, settings: SlowEjectionSettings) {
        let timed =
            [Class::Ok, Class::AppError, Class::AttemptTimeout, Class::DeadlineExceeded, Class::Cancelled];
        let seen = self.seen(now, settings.request_volume, |class| timed.contains(&class));
        if seen.len() < settings.minimum_hosts as usize {
            return;
        }
        let latency = |own: &Vec<Outcome>| {
            let sum: u64 = own.iter().map(|it| it.took * 1_000_000).sum();
            let answers =
                own.iter().filter(|it| matches!(it.class, Class::Ok | Class::AppError)).count() as u64;
            sum.checked_div(answers).map_or(f64::INFINITY, |latency| latency as f64)
        };
        for (host, own) in &seen {
            let mut others: Vec<f64> =
                seen.iter().filter(|(other, _)| other != host).map(|it| latency(&it.1)).collect();
            others.sort_by(f64::total_cmp);
            let median = others[(others.len() - 1) / 2];
            if latency(own) > settings.factor.get() * median {
                self.eject(now, *host, Cause::Slow);
            }
        }
    }

    fn sweep(&mut self, now: u64) {
        let [interval, base, max] =
            [self.settings.interval, self.settings.base_ejection_time, self.settings.max_ejection_time]
                .map(|it| it.as_ns() / 1_000_000);
        for host in 0..self.hosts as usize {
            let Some(since) = self.ejected_at[host] else { continue };
            if now - since >= max.min(base * self.times[host]) {
                (self.ejected_at[host], self.returned_at[host]) = (None, Some(now));
                self.fresh[host] = [self.outcomes.len(); 3];
                self.told.push((now, Verdict::Returned));
            }
        }
        self.rates(now, false);
        if self.settings.split_external_local_origin_errors {
            self.rates(now, true);
        }
        if let Some(slow) = self.settings.slow_ejection {
            self.slow(now, slow);
        }
        for host in 0..self.hosts as usize {
            let was_back = self.returned_at[host].is_some_and(|since| now - since >= interval);
            if self.ejected_at[host].is_none() && was_back {
                self.times[host] = self.times[host].saturating_sub(1);
            }
        }
    }
}

fn settings() -> impl Strategy<Value = OutlierDetectionSettings> {
    let row = || prop_oneof![1 => Just(Limit::Unlimited), 4 => (1_u32..6).prop_map(Limit::At)];
    let on = || prop_oneof![1 => Just(Share::ZERO), 3 => Just(Share::ONE)];
    let times = (1_u64..5, 1_u64..20, 1_u64..6)
        .prop_map(|(interval, base, longest)| (ms(interval * 50), ms(base * 10), ms(base * 10 * longest)));
    let limits = ((10_u32..=100).prop_map(Share::percent), any::<bool>());
    let rows = (row(), row(), row(), any::<bool>());
    // No rate of so few outcomes lies exactly so many deviations below a mean.
    let rates = (1_u32..5, 1_u32..8, prop_oneof![Just(1.9), Just(1.31), Just(0.77)]);
    let shares = (1_u32..5, 1_u32..8, (1_u32..=100).prop_map(Share::percent));
    let slow = (1_u32..12, 2_u32..4, 1_u32..8).prop_map(|(tenths, minimum_hosts, request_volume)| {
        let factor = factor(1.0 + f64::from(tenths) / 7.0 + 0.0001);
        SlowEjectionSettings { factor: thousandth(factor), minimum_hosts, request_volume }
    });
    let slow = proptest::option::of(slow);
    let enforcing = ((on(), on(), on(), on()), (on(), on(), on(), on()));
    (times, limits, rows, (rates, shares, slow), enforcing).prop_map(
        |((interval, base, longest), limits, rows, (rates, shares, slow_ejection), enforcing)| {
            let ((a, b, c, d), (e, f, g, h)) = enforcing;
            OutlierDetectionSettings {
                interval,
                base_ejection_time: base,
                max_ejection_time: longest,
                max_ejection_percent: limits.0,
                always_eject_one_host: limits.1,
                consecutive_5xx: rows.0,
                consecutive_gateway_failure: rows.1,
                consecutive_local_origin_failure: rows.2,
                split_external_local_origin_errors: rows.3,
                success_rate_minimum_hosts: rates.0,
                success_rate_request_volume: rates.1,
                success_rate_stdev_factor: factor(rates.2),
                failure_percentage_minimum_hosts: shares.0,
                failure_percentage_request_volume: shares.1,
                failure_percentage_threshold: shares.2,
                slow_ejection,
                enforcing: EnforcingSettings {
                    consecutive_5xx: a,
                    consecutive_gateway_failure: b,
                    consecutive_local_origin_failure: c,
                    success_rate: d,
                    local_origin_success_rate: e,
                    failure_percentage: f,
                    failure_percentage_local_origin: g,
                    slow: h,
                },
                ..OutlierDetectionSettings::default()
            }
        },
    )
}

fn thousandth(number: Factor) -> Factor {
    factor((number.get() * 1000.0).round() / 1000.0)
}

proptest! {
    #[test]
    fn every_verdict_is_that_of_the_rules(
        settings in settings().prop_filter("some rule ejects", |settings| {
            let mut problems = Problems::new();
            settings.check(&mut problems);
            !problems.has_errors()
        }),
        hosts in 1_u32..8,
        script in vec(
            (prop_oneof![6 => Just(0_u64), 2 => 1_u64..40, 1 => 0_u64..700], 0_u32..8, class(), 1_u64..60, 1_usize..6),
            1..120,
        ),
    ) {
        let mut bench = Bench::new(&settings, hosts);
        let mut naive = Naive::new(&settings, hosts);
        let interval = settings.interval.as_ns() / 1_000_000;
        let (mut now, mut next) = (0, interval);
        for (wait, host, class, took, times) in script {
            now += wait;
            while next < now {
                naive.sweep(next);
                next += interval;
            }
            bench.wait(wait);
            for _ in 0..times {
                naive.end(Outcome { at: now, host: host % hosts, class, took });
                bench.end(host % hosts, class, took);
            }
            prop_assert_eq!(&bench.told, &naive.told);
            for host in 0..hosts {
                prop_assert_eq!(bench.state.is_ejected(host), naive.ejected_at[host as usize].is_some());
            }
            if bench.state.is_at_rest() {
                let (mut swept, mut told) = (bench.state.clone(), 0);
                bench.detection.sweep(&mut swept, at(next), draws, |_| told += 1);
                prop_assert_eq!((told, swept.is_at_rest()), (0, true), "what is left out does nothing");
            }
            prop_assert_eq!(bench.state.ejected() as usize, naive.ejected_at.iter().flatten().count());
        }
    }
}

fn class() -> impl Strategy<Value = Class> {
    prop_oneof![
        6 => Just(Class::Ok),
        2 => Just(Class::ServerError),
        2 => Just(Class::Overloaded),
        2 => Just(Class::AttemptTimeout),
        1 => Just(Class::Reset),
        1 => Just(Class::AppError),
        1 => Just(Class::Cancelled),
    ]
}
