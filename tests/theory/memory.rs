//! What collecting costs, against the closed form: per time of work g L / (s (M - L)), with a heap of M of which L is live, an allocation rate g and a collector of speed s (M. Kirisame, P. Shenoy,
//! P. Panchekha, "Optimal heap limits for reducing browser memory use", OOPSLA 2022).

use metastable::observe::MemoryRow;

use crate::util;

/// The share of the time that a heap of 1024 MiB spends in collections at 1 GiB/s, after the first `skip` seconds of so many.
fn stopped_share(base_mib: u32, workload: &str, service: &str, seconds: usize) -> f64 {
    let text = format!(
        r#"
        name = "heap"
        run = {{ duration = "{seconds}s" }}
        [workloads.users]
        {workload}
        to = "app"
        [services.app]
        {service}
        [services.app.memory]
        heap = "1GiB"
        base_live = "{base_mib}MiB"
        allocated_per_request = "1MiB"
        collector = {{ stop_the_world = {{ speed = "1GiB/s" }} }}
        "#
    );
    let run = util::run(&util::plan(&util::model(&text)), 1);
    let of = |row: &MemoryRow| row.stopped.integral as f64 / 1e9;
    run.memories[0].rows.iter().map(of).sum::<f64>() / seconds as f64
}

/// Where it is known how much arrives, and there is room for all of it, what is allocated per time is known too: the share of all time is g L / (s (M - L)). Everything is constant, so only the collection in
/// progress at the end, and the part of the heap that fills after it, may be missing: one cycle of many.
#[test]
fn overhead_grows_as_live_over_what_is_left() {
    let workload = "arrivals = { open = { rate = \"100/s\", process = \"constant\" } }";
    let service = "threads = \"unlimited\"\nhandler = [{ sleep = \"1ms\" }]";
    for base in [64, 256, 512, 768, 896] {
        let (live, heap) = (f64::from(base), 1024.0);
        let expected = 100.0 * live / (1024.0 * (heap - live));
        let seconds = 2000;
        let cycles = f64::from(seconds) * 100.0 / (heap - live);
        let found = stopped_share(base, workload, service, seconds as usize);
        // Allocations come one MiB at a time, so a cycle may be one longer than the room.
        let tolerance = expected * (1.0 / cycles + 1.0 / (heap - live));
        assert!(
            (found - expected).abs() <= tolerance,
            "{base} MiB: {found} instead of {expected} +- {tolerance}"
        );
    }
}

/// Where the next request comes when the last one is done, only time in which work is done allocates: the share of all time is g L / (g L + s (M - L)).
#[test]
fn a_closed_loop_pays_in_throughput() {
    let workload = "arrivals = { closed = { users = 4, think = \"0s\" } }";
    let service = "threads = 4\ncpus = 4\nqueue = { capacity = 10 }\nhandler = [{ work = \"10ms\" }]";
    for base in [64, 256, 512, 768, 896] {
        let (live, heap, rate) = (f64::from(base), 1024.0, 400.0);
        let expected = rate * live / (rate * live + 1024.0 * (heap - live));
        let seconds = 1000;
        let found = stopped_share(base, workload, service, seconds);
        let cycle = (heap - live) / rate + live / 1024.0;
        // Four requests allocate at the same time.
        let tolerance = expected * (cycle / seconds as f64 + 4.0 / (heap - live));
        assert!(
            (found - expected).abs() <= tolerance,
            "{base} MiB: {found} instead of {expected} +- {tolerance}"
        );
    }
}
