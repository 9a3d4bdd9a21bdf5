//! Hedging where nobody waits: every copy takes an exponential time of its own.

use metastable::kernel::num;
use metastable::observe::{HedgeRow, Run};

use crate::estimate::{Estimate, LOOSE, TIGHT, assert_percentile, assert_within};
use crate::station::{UNIT_NS, open_station};
use crate::util::{self, by_depth};

/// Two instances with room for everybody, and times of mean 1.
fn hedged(hedge: &str, customers: u64) -> Run {
    let settings = format!(
        "threads = \"unlimited\"\ninstances = 2\nhandler = [{{ sleep = \"exponential(10ms)\" }}]\n[policies.default]\nhedge = {{ {hedge} }}"
    );
    util::run(&open_station(100, customers, &settings), 1)
}

fn ratio(run: &Run, of: impl Fn(&HedgeRow) -> (f64, f64)) -> Estimate {
    Estimate::of_ratio(run.guards.hedges[0].rows[1..].iter().map(of))
}

/// With the second copy after d = ln 20 a share e^-d = .05 has one, and of what is left then the smaller of two exponentials: the mean is 1 - e^-d / 2, and the tail beyond d is e^-d e^-2(t - d).
#[test]
fn a_copy_after_the_95th_percentile_halves_what_is_left() {
    let run = hedged("delay = { fixed = \"29957323ns\" }", by_depth(1_000_000, 5_000_000));
    ratio(&run, |row| (row.hedges as f64, row.attempts as f64)).assert_is("extra load", 0.05, LOOSE);
    // Of two that have as long to go, each is the first as often as the other.
    ratio(&run, |row| (row.won as f64, row.hedges as f64)).assert_is("won", 0.5, LOOSE);
    let rows = run.workloads[0].rows[1..].iter();
    let mean =
        Estimate::of_ratio(rows.map(|row| (row.latency.sum_ns as f64 / UNIT_NS, row.latency.count as f64)));
    mean.assert_is("mean response", 0.975, TIGHT);
    assert_percentile("p99", run.workloads[0].totals.latency.p99_ns as f64 / UNIT_NS, 3.800_451);
}

/// The delay is the 95th percentile of what copies take, hedges and losers included: with x = e^-d, of 1 + x copies of an attempt x + x³ take longer. What the histogram rounds (1/128 of d) is 2.4 % of x.
#[test]
fn a_delay_by_percentile_settles_where_its_own_hedges_leave_it() {
    let percentile =
        "delay = { percentile = { percentile = \"95%\", window = \"300s\", max = \"unlimited\" } }";
    let run = hedged(percentile, by_depth(1_000_000, 5_000_000));
    let mut x = 0.05;
    for _ in 0..100 {
        x = (0.05 - x * x * x) / 0.95;
    }
    let extra = ratio(&run, |row| (row.hedges as f64, row.attempts as f64));
    assert_within("extra load", extra.value, x, 0.03);
    let last = run.guards.hedges[0].rows.last().expect("there are intervals");
    assert_within("delay", last.delay_sum_ns as f64 / UNIT_NS / last.clients as f64, -num::ln(x), 0.03);
}

/// With as many copies at once as there are instances, the first of n exponentials is n times as fast.
#[test]
fn copies_at_once_are_as_fast_as_the_fastest() {
    let run = hedged("delay = { fixed = \"0s\" }, max_attempts = 3", by_depth(300_000, 1_500_000));
    let rows = run.workloads[0].rows[1..].iter();
    let mean =
        Estimate::of_ratio(rows.map(|row| (row.latency.sum_ns as f64 / UNIT_NS, row.latency.count as f64)));
    mean.assert_is("mean response", 1.0 / 3.0, TIGHT);
    ratio(&run, |row| (row.won as f64, row.attempts as f64)).assert_is("won", 2.0 / 3.0, TIGHT);
}
