//! A station: a service with a queue, and customers who come at random.
//!
//! One unit of time, the mean service time, is 10 ms.

use metastable::kernel::Time;
use metastable::observe::{Happening, Observer, Quantiles, Run, ServiceEnd, ServiceRow};
use metastable::plan::Plan;

use crate::estimate::{Estimate, assert_within};
use crate::util;

/// Nanoseconds per unit of time.
pub(crate) const UNIT_NS: f64 = 1e7;
/// Rows after the warm-up. The warm-up is a row of the same length, which is far longer than any queue here remembers.
const BATCHES: u64 = 32;

/// What a station is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Station {
    /// Mean arrivals per unit of time, in tenths.
    pub(crate) load_tenths: u64,
    pub(crate) threads: u32,
    /// The value of `capacity`.
    pub(crate) capacity: &'static str,
    /// The value of `work`.
    pub(crate) work: &'static str,
    /// Customers after the warm-up.
    pub(crate) customers: u64,
}

/// What was measured at a station.
#[derive(PartialEq, Debug)]
pub(crate) struct Measured {
    run: Run,
    /// Per row, customers that got a thread, and of these the ones that had to wait for it.
    waits: Vec<(f64, f64)>,
}

/// `[run]` for this many customers at this rate per second, in batches of equal length.
pub(crate) fn run_section(customers: u64, rate_per_s: u64) -> String {
    let interval_ns = u128::from(customers) * 1_000_000_000 / u128::from(rate_per_s) / u128::from(BATCHES);
    let duration_ns = interval_ns * u128::from(BATCHES + 1);
    format!(
        "[run]\nduration = \"{duration_ns}ns\"\nwarmup = \"{interval_ns}ns\"\ninterval = \"{interval_ns}ns\"\n"
    )
}

/// A station with these settings, to which this many customers per second come as a Poisson process.
pub(crate) fn open_station(rate_per_s: u64, customers: u64, settings: &str) -> Plan {
    let run = run_section(customers, rate_per_s);
    let text = format!(
        r#"
        name = "station"
        {run}
        [workloads.customers]
        arrivals = {{ open = {{ rate = "{rate_per_s}/s", process = "poisson" }} }}
        to = "station"
        clients = 1

        [services.station]
        {settings}
        "#
    );
    util::plan(&util::model(&text))
}

impl Station {
    /// Simulates the station. The seed only tells the rows of a table apart.
    pub(crate) fn measure(&self, seed: u64) -> Measured {
        let Self { load_tenths, threads, capacity, work, customers } = *self;
        let settings = format!(
            "threads = {threads}\nqueue = {{ capacity = {capacity} }}\nhandler = [{{ work = \"{work}\" }}]"
        );
        let plan = open_station(load_tenths * 10, customers, &settings);
        let (run, waits) = util::watch(&plan, seed, Waits::default());
        let measured = Measured { run, waits: waits.rows };
        measured.assert_laws();
        measured
    }
}

impl Measured {
    fn rows(&self) -> &[ServiceRow] {
        &self.run.services[0].rows[1..]
    }

    fn interval_units(&self) -> f64 {
        self.run.interval.as_ns() as f64 / UNIT_NS
    }

    fn time_average(&self, level: impl Fn(&ServiceRow) -> u128) -> Estimate {
        let interval = self.run.interval.as_ns() as f64;
        Estimate::of_ratio(self.rows().iter().map(|row| (level(row) as f64, interval)))
    }

    fn mean_units(&self, durations: impl Fn(&ServiceRow) -> Quantiles) -> Estimate {
        Estimate::of_ratio(self.rows().iter().map(|row| {
            let durations = durations(row);
            (durations.sum_ns as f64 / UNIT_NS, durations.count as f64)
        }))
    }

    /// L: customers in the station, in service too.
    pub(crate) fn inside(&self) -> Estimate {
        self.time_average(|row| row.inside.integral)
    }

    /// Lq: customers in the queue.
    pub(crate) fn queued(&self) -> Estimate {
        self.time_average(|row| row.queued.integral)
    }

    /// W: time in the station, of those that were let in.
    pub(crate) fn time_in_station(&self) -> Estimate {
        self.mean_units(|row| row.time_in_service)
    }

    /// Wq: time in the queue.
    pub(crate) fn time_in_queue(&self) -> Estimate {
        self.mean_units(|row| row.time_in_queue)
    }

    /// The probability that a customer waits.
    pub(crate) fn waiting(&self) -> Estimate {
        Estimate::of_ratio(self.waits[1..].iter().map(|&(taken, waited)| (waited, taken)))
    }

    /// The probability that a customer is turned away.
    pub(crate) fn blocked(&self) -> Estimate {
        let turned_away = |row: &ServiceRow| row.ended[ServiceEnd::Overloaded.index()] as f64;
        Estimate::of_ratio(self.rows().iter().map(|row| (turned_away(row), row.received as f64)))
    }

    /// Customers served per unit of time.
    pub(crate) fn throughput(&self) -> Estimate {
        let interval = self.interval_units();
        Estimate::of_ratio(self.rows().iter().map(|row| (row.ended[ServiceEnd::Ok.index()] as f64, interval)))
    }

    /// Quantiles of W, as the customers see it, in nanoseconds.
    pub(crate) fn latency(&self) -> Quantiles {
        self.run.workloads[0].totals.latency
    }

    /// Quantiles of Wq, in nanoseconds.
    pub(crate) fn queueing(&self) -> Quantiles {
        self.run.services[0].totals.time_in_queue
    }

    /// What holds for every stationary system, whatever its distributions: J. Little, Operations Research 9 (1961), and the
    /// utilisation law. The station and its customers measure the same, since there is no network between them.
    fn assert_laws(&self) {
        let (throughput, busy) = (self.throughput().value, self.time_average(|row| row.busy.integral).value);
        assert_within(
            "Little's law, station",
            self.inside().value,
            throughput * self.time_in_station().value,
            0.01,
        );
        let latency = self.latency().mean_ns().expect("invariant: customers were served") / UNIT_NS;
        assert_within("Little's law, customers", self.inside().value, throughput * latency, 0.01);
        assert_within("the utilisation law", busy, throughput, 0.01);
        let queueing = self.time_in_queue().value;
        if queueing > 0.0 {
            assert_within("Little's law, queue", self.queued().value, throughput * queueing, 0.01);
        }
    }
}

/// Counts, per interval, who gets a thread and who had to wait for it.
#[derive(Clone, Debug, Default)]
struct Waits {
    row: (f64, f64),
    rows: Vec<(f64, f64)>,
}

impl Observer for Waits {
    fn happened(&mut self, _: Time, happening: Happening) {
        if let Happening::ThreadTaken { waited, .. } = happening {
            self.row.0 += 1.0;
            self.row.1 += f64::from(u8::from(!waited.is_zero()));
        }
    }

    fn interval_ended(&mut self, _: Time) {
        self.rows.push(std::mem::take(&mut self.row));
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let work = "exponential(10ms)";
    let station = Station { load_tenths: 80, threads: 10, capacity: "5", work, customers: 200_000 };
    let (one, again, other) = (station.measure(1), station.measure(1), station.measure(2));
    assert!(one == again, "the same seed gives the same run");
    assert!(one.run.digest != other.run.digest, "another seed gives another run");
}
