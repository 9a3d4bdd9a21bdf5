//! More than means: second moments, and how long a station has how many.

use metastable::kernel::Time;
use metastable::observe::{Happening, Observer};

use crate::estimate::{Estimate, LOOSE};
use crate::station::{UNIT_NS, open_station};
use crate::util::{self, by_depth};

/// The standard error allowed for a second moment in the deep run: it is made by the longest of busy periods.
const MOMENT: f64 = 0.025;
/// The number whose probability is asked for.
const FEW: u64 = 10;

/// Sums per row: squares of waits in units and how many there were; time with few inside.
#[derive(Clone, Default)]
struct Sums {
    squares: f64,
    waits: f64,
    time_with_few: f64,
    inside: u64,
    since: Time,
    rows: Vec<[f64; 3]>,
}

impl Sums {
    fn until(&mut self, now: Time) {
        if self.inside <= FEW {
            self.time_with_few += now.since(self.since).as_ns() as f64;
        }
        self.since = now;
    }
}

impl Observer for Sums {
    fn happened(&mut self, now: Time, happening: Happening) {
        match happening {
            Happening::ThreadTaken { waited, .. } => {
                let units = waited.as_ns() as f64 / UNIT_NS;
                self.squares += units * units;
                self.waits += 1.0;
            }
            Happening::Received { .. } => {
                self.until(now);
                self.inside += 1;
            }
            Happening::Finished { .. } => {
                self.until(now);
                self.inside -= 1;
            }
            _ => {}
        }
    }

    fn interval_ended(&mut self, end: Time) {
        self.until(end);
        self.rows.push([self.squares, self.waits, self.time_with_few]);
        (self.squares, self.waits, self.time_with_few) = (0.0, 0.0, 0.0);
    }
}

/// The rows after the warm-up, and the length of one.
fn measure(rate_per_s: u64, customers: u64, settings: &str) -> (Vec<[f64; 3]>, f64) {
    let (run, sums) = util::watch(&open_station(rate_per_s, customers, settings), 1, Sums::default());
    (sums.rows[1..].to_vec(), run.interval.as_ns() as f64)
}

/// M/M/1, first come, first served: the wait has an atom at 0 and is exponential otherwise, so its second moment is 2 rho / (mu - lambda)^2 (Kleinrock 1975, §5.12).
#[test]
fn the_second_moment_of_the_wait_is_that_of_first_in_first_out() {
    let settings =
        "threads = 1\nqueue = { capacity = \"unlimited\" }\nhandler = [{ work = \"exponential(10ms)\" }]";
    for (load_tenths, exact, customers) in
        [(5, 4.0, by_depth(1_000_000, 5_000_000)), (8, 40.0, by_depth(6_000_000, 30_000_000))]
    {
        let (rows, _) = measure(load_tenths * 10, customers, settings);
        let moment = Estimate::of_ratio(rows.iter().map(|&[squares, waits, _]| (squares, waits)));
        moment.assert_is(&format!("load .{load_tenths}"), exact, MOMENT);
    }
}

/// M/M/inf with 10 expected inside: Poisson, whatever the distribution of the service (P. Franken; here exponential and constant). P(N <= 10) = .583039750.
#[test]
fn a_station_with_a_server_for_everybody_has_a_poisson_number_inside() {
    for work in ["exponential(20ms)", "20ms"] {
        let settings = format!("threads = \"unlimited\"\nhandler = [{{ work = \"{work}\" }}]");
        let (rows, length) = measure(500, by_depth(500_000, 3_000_000), &settings);
        let few = Estimate::of_ratio(rows.iter().map(|&[_, _, time]| (time, length)));
        few.assert_is(work, 0.583_039_750, LOOSE);
    }
}
