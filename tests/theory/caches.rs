//! Hit ratios of caches, under requests that are independent of one another.

use std::fmt::Write as _;
use std::io;

use metastable::kernel::num;
use metastable::kernel::random::SiteKey;
use metastable::observe::{CacheRow, Run};
use metastable::plan::Plan;
use metastable::quantity::Files;

use crate::estimate::{Estimate, LOOSE, TIGHT};
use crate::util::{self, by_depth};

/// Requests at 1000 per second for so many seconds, whose keys are missed for nothing, and put there at once.
fn hits(keys: &str, cache: &str, seconds: u64) -> Run {
    let text = format!(
        r#"
        name = "cache"
        run = {{ duration = "{seconds}s", warmup = "{warmup}s", interval = "{warmup}s" }}
        [workloads.users]
        arrivals = {{ open = {{ rate = "1000/s", process = "constant" }} }}
        keys = {{ {keys} }}
        to = "app"
        [services.app]
        threads = "unlimited"
        handler = [{{ cache = {{ get = "cache", on_miss = [{{ put = "cache" }}] }} }}]
        [caches.cache]
        {cache}
        "#,
        warmup = seconds / 50,
    );
    util::run(&util::plan(&util::model(&text)), 1)
}

fn hit_ratio(run: &Run) -> Estimate {
    let rows = run.caches[0].rows[1..].iter();
    Estimate::of_ratio(rows.map(|row| (row.hits as f64, (row.hits + row.misses) as f64)))
}

/// The pass rule for approximations: within `tolerance`, and known much better than that.
#[track_caller]
fn assert_near(what: &str, found: Estimate, expected: f64, tolerance: f64) {
    let Estimate { value, standard_error } = found;
    assert!(standard_error <= tolerance / 5.0, "{what}: standard error {standard_error}");
    assert!((value - expected).abs() <= tolerance, "{what}: {value} instead of {expected}");
}

/// The approximation of H. Che, Y. Tung and Z. Wang (IEEE JSAC 20(7), 2002) for LRU, and its variant for FIFO and random eviction (V. Martina, M. Garetto, E. Leonardi,
/// INFOCOM 2014), which is off by less than .005 here.
#[test]
fn popular_keys_stay_as_long_as_che_says() {
    for (keys, capacity, lru, fifo) in [
        ("zipf = { exponent = 0.8, count = 1000 }", 100, 0.37779, 0.33368),
        ("zipf = { exponent = 1.0, count = 10_000 }", 1000, 0.67560, 0.63091),
    ] {
        let seconds = by_depth(1000, 10_000);
        for (eviction, expected) in [("lru", lru), ("fifo", fifo), ("random", fifo)] {
            let cache = format!("capacity = {capacity}\neviction = \"{eviction}\"\nstart = \"warm\"");
            assert_near(eviction, hit_ratio(&hits(keys, &cache, seconds)), expected, 0.005);
        }
    }
}

/// Keys drawn with the probabilities .5, .3 and .2, as a trace.
#[derive(Debug)]
struct Drawn(u64);

impl Files for Drawn {
    fn read(&self, _: &str) -> io::Result<String> {
        let mut text = String::from("time_s,key\n");
        // Numerical Recipes' quick generator: whatever is independent will do.
        let mut state = 1_u64;
        for n in 0..self.0 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let key = match (state >> 33) % 10 {
                0..5 => 0,
                5..8 => 1,
                _ => 2,
            };
            writeln!(text, "{}.{:03},{key}", n / 1000, n % 1000).expect("memory can be written");
        }
        Ok(text)
    }
}

/// Of two places one has the key that was asked for last, and the other the one before that is another one: P(i, j) = p(i) p(j) / (1 - p(i)), and a hit is either (King 1971).
#[test]
fn lru_of_two_places_is_exact() {
    let customers = by_depth(400_000, 4_000_000);
    let text = format!(
        r#"
        name = "cache"
        run = {{ duration = "{}s", interval = "4s" }}
        [workloads.users]
        arrivals = {{ trace = {{ file = "keys.csv" }} }}
        to = "app"
        [services.app]
        threads = "unlimited"
        handler = [{{ cache = {{ get = "cache", on_miss = [{{ put = "cache" }}] }} }}]
        [caches.cache]
        capacity = 2
        "#,
        customers / 1000,
    );
    let plan = Plan::compile(&util::model(&text), &Drawn(customers)).expect("the model compiles");
    hit_ratio(&util::run(&plan, 1)).assert_is("hit ratio", 0.719_285_714, TIGHT);
}

/// One key, asked for once in its time to live of 10 s on average. Each entry is used λT times after the request that put it there: 1 - 1 / (1 + λT), or, where each use renews it, 1 - exp(-λT).
#[test]
fn one_key_lives_as_long_as_its_time() {
    for (renewed, expected) in [(false, 0.5), (true, 0.632_120_559)] {
        let seconds = by_depth(2_000_000, 10_000_000);
        let text = format!(
            r#"
            name = "cache"
            run = {{ duration = "{seconds}s", interval = "{}s" }}
            [workloads.users]
            arrivals = {{ open = {{ rate = "0.1/s", process = "poisson" }} }}
            to = "app"
            [services.app]
            threads = "unlimited"
            handler = [{{ cache = {{ get = "cache", on_miss = [{{ put = "cache" }}] }} }}]
            [caches.cache]
            capacity = 10
            ttl = {{ max = "10s", renewed_on_hit = {renewed} }}
            "#,
            seconds / 50,
        );
        let run = util::run(&util::plan(&util::model(&text)), 1);
        hit_ratio(&run).assert_is("hit ratio", expected, LOOSE);
    }
}

/// Requests at 17 000 per second for one key that expires every 10 s and takes a second to load.
fn herd(coalesce: &str, ttl: &str) -> Vec<CacheRow> {
    let text = format!(
        r#"
        name = "herd"
        run = {{ duration = "45s", interval = "11s" }}
        [workloads.users]
        arrivals = {{ open = {{ rate = "17000/s", process = "constant" }} }}
        to = "app"
        [services.app]
        instances = 4
        threads = "unlimited"
        handler = [{{ cache = {{ get = "cache", load = [{{ sleep = "1s" }}] }} }}]
        [caches.cache]
        capacity = 10
        ttl = {{ max = "10s"{ttl} }}
        coalesce = "{coalesce}"
        "#
    );
    let run = util::run(&util::plan(&util::model(&text)), 1);
    run.caches[0].rows[..4].to_vec()
}

#[test]
fn one_load_per_expiry_with_coalescing_and_a_second_of_loads_without() {
    // Nobody who comes in the second of the load finds anything.
    assert!(herd("none", "").iter().all(|row| (16_999..=17_001).contains(&row.loads) && row.coalesced == 0));
    for (coalesce, expected) in [("cache", 1), ("instance", 4)] {
        for row in herd(coalesce, "") {
            assert_eq!(row.loads, expected, "{coalesce}");
            assert!((16_990..17_000).contains(&row.coalesced), "{}", row.coalesced);
        }
    }
}

/// The same herd, whose handlers fill the cache themselves.
#[test]
fn one_fill_per_expiry_with_a_lease_and_a_second_of_fills_without() {
    let rows = |lease: &str| {
        let text = format!(
            r#"
            name = "herd"
            run = {{ duration = "45s", interval = "11s" }}
            [workloads.users]
            arrivals = {{ open = {{ rate = "17000/s", process = "constant" }} }}
            to = "app"
            [services.app]
            instances = 4
            threads = "unlimited"
            handler = [{{ cache = {{ get = "cache", on_miss = [{{ sleep = "1s" }}, {{ put = "cache" }}] }} }}]
            [caches.cache]
            capacity = 10
            ttl = {{ max = "10s" }}
            {lease}
            "#
        );
        let run = util::run(&util::plan(&util::model(&text)), 1);
        run.caches[0].rows[..4].to_vec()
    };
    // Each of those puts it there anew, so the last of them decides when it expires: a second after the first.
    let fills: u64 = rows("").iter().map(|row| row.fills).sum();
    assert!((3 * 16_990..=4 * 17_001).contains(&fills), "{fills}");
    for row in rows(r#"lease = { ttl = "10s", retry_delay = "100ms" }"#) {
        assert_eq!((row.fills, row.leases, row.refused_puts), (1, 1, 0));
        // Who comes in the second of the fill looks up to ten times, every 100 ms: five and a half times on average.
        let looks = row.lease_waits as f64 / 17_000.0;
        assert!((5.4..=5.6).contains(&looks), "{looks}");
    }
}

/// The same herd, whose handlers fill the cache themselves, and who are given what was there while one of them does: after the first second nobody waits.
#[test]
fn nobody_waits_for_a_fill_who_may_have_what_was_there() {
    let text = r#"
        name = "herd"
        run = { duration = "45s", interval = "11s" }
        [workloads.users]
        arrivals = { open = { rate = "17000/s", process = "constant" } }
        to = "app"
        [services.app]
        instances = 4
        threads = "unlimited"
        handler = [{ cache = { get = "cache", on_miss = [{ sleep = "1s" }, { put = "cache" }] } }]
        [caches.cache]
        capacity = 10
        ttl = { max = "10s" }
        lease = { ttl = "10s", retry_delay = "100ms", serve_stale = "5s" }
    "#;
    let run = util::run(&util::plan(&util::model(text)), 1);
    for row in &run.caches[0].rows[1..4] {
        assert_eq!((row.fills, row.leases), (1, 1));
        // Everybody who comes in the second of the fill, and nobody twice.
        assert!((16_990..=17_001).contains(&row.lease_waits), "{}", row.lease_waits);
        assert_eq!(row.stale, row.lease_waits);
        assert!((10_999_000_000..=11_001_000_000).contains(&row.age.max_ns), "{}", row.age.max_ns);
    }
}

/// The same herd, with the entry given out for another 5 s, or loaded anew after 9 s: after the first second nobody waits, and there is one load per time to live.
#[test]
fn nobody_waits_for_what_is_loaded_in_the_background() {
    for coalesce in ["none", "instance", "cache"] {
        for row in &herd(coalesce, r#", stale_while_revalidate = "5s""#)[1..] {
            assert_eq!((row.misses, row.loads, row.refreshes), (0, 1, 1), "{coalesce}");
            assert!((16_999..=17_001).contains(&row.stale), "{}", row.stale);
            assert!((10_999_000_000..=11_001_000_000).contains(&row.age.max_ns), "{}", row.age.max_ns);
        }
    }
    let rows = herd("cache", r#", refresh_after = "8s""#);
    let sum = |of: fn(&CacheRow) -> u64| rows[1..].iter().map(of).sum::<u64>();
    assert_eq!((sum(|row| row.misses), sum(|row| row.stale)), (0, 0));
    // It is loaded from an age of 8 s on, and there at 9 s: each 9 s, at 18, 27 and 36.
    assert_eq!(sum(|row| row.refreshes), 3);
}

/// Keys that are asked for twice each: missed, and again `later` ms after they were written.
#[derive(Debug)]
struct Twice {
    keys: u64,
    later: u64,
}

impl Files for Twice {
    fn read(&self, _: &str) -> io::Result<String> {
        // A load takes a second.
        let first = (0..self.keys).map(|key| (key, key));
        let again = (0..self.keys).map(|key| (key + 1000 + self.later, key));
        let mut rows: Vec<(u64, u64)> = first.chain(again).collect();
        rows.sort_unstable();
        let mut text = String::from("time_s,key\n");
        for (at_ms, key) in rows {
            writeln!(text, "{}.{:03},{key}", at_ms / 1000, at_ms % 1000).expect("memory can be written");
        }
        Ok(text)
    }
}

/// With `r` left of its time and a load that took `d`, the use of an entry begins a load with probability exp(-r / (beta d)) (Vattani, Chierichetti, Lowenstein, VLDB 2015, section 3).
#[test]
fn early_expiration_is_as_probable_as_the_paper_says() {
    let keys = by_depth(40_000, 1_000_000);
    for (left_ms, beta, expected) in [
        (1000_u64, "1.0", 0.367_879_441),
        (2000, "1.0", 0.135_335_283),
        (2000, "2.0", 0.367_879_441),
        (250, "0.5", 0.606_530_660),
        (3000, "1.0", 0.049_787_068),
    ] {
        let text = format!(
            r#"
            name = "early"
            run = {{ duration = "{}s", interval = "10s" }}
            [workloads.users]
            arrivals = {{ trace = {{ file = "keys.csv" }} }}
            to = "app"
            [services.app]
            threads = "unlimited"
            handler = [{{ cache = {{ get = "cache", load = [{{ sleep = "1s" }}] }} }}]
            [caches.cache]
            capacity = "unlimited"
            ttl = {{ max = "10s", early_expiration = {{ beta = {beta} }} }}
            "#,
            keys / 1000 + 20,
        );
        let files = Twice { keys, later: 10_000 - left_ms };
        let plan = Plan::compile(&util::model(&text), &files).expect("the model compiles");
        let run = util::run(&plan, 1);
        let sum = |of: fn(&CacheRow) -> u64| run.caches[0].rows.iter().map(of).sum::<u64>();
        assert_eq!((sum(|row| row.misses), sum(|row| row.hits)), (keys, keys));
        let found = sum(|row| row.refreshes) as f64 / keys as f64;
        let standard_error = (expected * (1.0 - expected) / keys as f64).sqrt();
        let off = (found - expected).abs() / standard_error;
        assert!(
            off < 4.0,
            "{left_ms} ms left, beta {beta}: {found} instead of {expected}, {off} standard errors"
        );
    }
}

/// Che's approximation where entries have sizes: a key is there if it was asked for within the time `T` in which so many different ones are asked for that they fill the cache, sum of
/// s(k) (1 - exp(-p(k) T)) = C. (N. Fofack et al., "Performance evaluation of hierarchical TTL-based cache networks", Computer Networks 65, 2014; R. Fagin, "Asymptotic miss ratios over independent references", 1977,
/// proves it for unit sizes as caches grow.) The sizes are those that the run itself draws, once for each key.
#[test]
fn popular_keys_stay_as_long_as_che_says_where_they_have_sizes() {
    let (count, capacity) = (10_000_u32, 4.0 * 1024.0 * 1024.0);
    let text = format!(
        r#"
        name = "cache"
        run = {{ duration = "{seconds}s", warmup = "{warmup}s", interval = "{warmup}s" }}
        [workloads.users]
        arrivals = {{ open = {{ rate = "1000/s", process = "constant" }} }}
        keys = {{ zipf = {{ exponent = 0.9, count = {count} }} }}
        to = "app"
        [services.app]
        threads = "unlimited"
        handler = [{{ cache = {{ get = "cache", on_miss = [{{ put = "cache" }}] }} }}]
        [caches.cache]
        capacity = "4MiB"
        sizes = "lognormal(p50=1KiB, p99=32KiB)"
        start = "warm"
        "#,
        seconds = by_depth(1000, 10_000),
        warmup = by_depth(20, 200),
    );
    let plan = util::plan(&util::model(&text));
    let sizes = plan.caches[0].sizes.as_ref().expect("they are written");
    let site = SiteKey::new(1, plan.sites[sizes.site.index()].hash);
    let popularity = |rank: u32| num::exp(-0.9 * num::ln(f64::from(rank)));
    let harmonic: f64 = (1..=count).map(popularity).sum();
    let keys: Vec<(f64, f64)> = (0..count)
        .map(|key| (popularity(key + 1) / harmonic, f64::from(sizes.of_key(key, site).get())))
        .collect();
    let filled = |time: f64| keys.iter().map(|(p, size)| size * (1.0 - num::exp(-p * time))).sum::<f64>();
    let (mut low, mut high) = (0.0, 1e9);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if filled(middle) < capacity { low = middle } else { high = middle }
    }
    let expected: f64 = keys.iter().map(|(p, _)| p * (1.0 - num::exp(-p * low))).sum();
    let run = util::run(&plan, 1);
    assert_near("hit ratio", hit_ratio(&run), expected, 0.005);
    let sizes = run.caches[0].rows[1..].iter().map(|row| row.size.expect("it is told") as f64);
    let fullest = sizes.clone().fold(0.0, f64::max);
    assert!(fullest <= capacity && sizes.fold(capacity, f64::min) > 0.95 * capacity, "{fullest}");
    assert_eq!(run.caches[0].rows.iter().map(|row| row.too_large).sum::<u64>(), 0);
}

/// A key that has no value, or whose load fails, asked for once on average in the 10 s for which that is kept: as any entry, it is found 1 - 1 / (1 + λT) of the time, and the origin is asked λ / (1 + λT) times per
/// second; without negative caching it is asked each time.
#[test]
fn nothing_is_known_for_as_long_as_its_time() {
    let seconds = by_depth(2_000_000, 10_000_000);
    for (settings, load) in [
        ("absent = \"100%\"\nnegative = { ttl = \"10s\" }", "{ sleep = \"0s\" }"),
        ("negative = { ttl = \"10s\", classes = [\"server_error\"] }", "{ fail = \"100%\" }"),
    ] {
        let text = format!(
            r#"
            name = "cache"
            run = {{ duration = "{seconds}s", interval = "{}s" }}
            [workloads.users]
            arrivals = {{ open = {{ rate = "0.1/s", process = "poisson" }} }}
            to = "app"
            [services.app]
            threads = "unlimited"
            handler = [{{ cache = {{ get = "cache", load = [{load}] }} }}]
            [caches.cache]
            capacity = 10
            {settings}
            "#,
            seconds / 50,
        );
        let run = util::run(&util::plan(&util::model(&text)), 1);
        hit_ratio(&run).assert_is("hit ratio", 0.5, LOOSE);
        let sum = |of: fn(&CacheRow) -> u64| run.caches[0].rows.iter().map(of).sum::<u64>();
        assert_eq!(sum(|row| row.hits), sum(|row| row.negative_hits));
        let failed = if load.contains("fail") { sum(|row| row.hits) } else { 0 };
        assert_eq!(sum(|row| row.failed_hits), failed);
        assert_eq!(sum(|row| row.loads), sum(|row| row.misses));
    }
}

/// Reads at λ and changes at μ of one key, both Poisson, and messages that take D: a read finds what is outdated with probability λ / (λ + μ) (1 - exp(-2 μ D)) / 2, and finds anything with probability λ / (λ + μ).
///
/// The messages arrive at the rate μ, too, so a read finds the entry if there was another one since the last of them. It is outdated if it was there at the last change, at an instant x < D ago (density μ exp(-μ x)), which says
/// nothing of the messages before (λ / (λ + μ)), and if no message has arrived since then, which are those of the changes in as long a time D earlier (exp(-μ x)).
#[test]
fn as_many_reads_are_outdated_as_changes_are_on_their_way() {
    let seconds = by_depth(400_000, 4_000_000);
    for (placement, instances, rate) in [("shared = {}", 1, 1.0), ("local = \"app\"", 3, 1.0 / 3.0)] {
        let text = format!(
            r#"
            name = "changes"
            run = {{ duration = "{seconds}s", interval = "{}s" }}
            [workloads.readers]
            arrivals = {{ open = {{ rate = "1/s", process = "poisson" }} }}
            to = "app"
            policy = "any"
            [workloads.writers]
            arrivals = {{ open = {{ rate = "0.5/s", process = "poisson" }} }}
            to = "editor"
            [services.app]
            instances = {instances}
            threads = "unlimited"
            handler = [{{ cache = {{ get = "cache", on_miss = [{{ put = "cache" }}] }} }}]
            [services.editor]
            threads = "unlimited"
            handler = [{{ invalidate = "cache" }}]
            [policies.any]
            balancer = "random"
            [caches.cache]
            placement = {{ {placement} }}
            capacity = 10
            propagation = "1s"
            "#,
            seconds / 50,
        );
        let run = util::run(&util::plan(&util::model(&text)), 1);
        let there = rate / (rate + 0.5);
        hit_ratio(&run).assert_is("hit ratio", there, LOOSE);
        let rows = run.caches[0].rows[1..].iter();
        let found = Estimate::of_ratio(rows.map(|row| (row.outdated as f64, (row.hits + row.misses) as f64)));
        let expected = there * (1.0 - num::exp(-1.0)) / 2.0;
        found.assert_is("outdated", expected, LOOSE);
        assert!(run.caches[0].rows.iter().all(|row| row.outdated_max_ns < 1_000_000_000));
    }
}

/// A key that is put there at λ, and dirty for T before it is stored, is stored 1 / (T + 1/λ) times per second, however long that takes if it is not longer than T: what comes meanwhile makes it due T later. If it takes no
/// time, the key is dirty for T of each T + 1/λ.
#[test]
fn what_is_written_behind_is_stored_once_per_delay_and_gap() {
    let seconds = by_depth(400_000, 4_000_000);
    for (sleep, share) in [("0s", Some(2.0 / 3.0)), ("500ms", None), ("1s", None)] {
        let text = format!(
            r#"
            name = "cache"
            run = {{ duration = "{seconds}s", interval = "{}s" }}
            [workloads.users]
            arrivals = {{ open = {{ rate = "2/s", process = "poisson" }} }}
            to = "app"
            [services.app]
            threads = "unlimited"
            handler = [{{ put = "cache", store = [{{ sleep = "{sleep}" }}] }}]
            [caches.cache]
            capacity = 10
            write_behind = {{ delay = "1s" }}
            "#,
            seconds / 50,
        );
        let run = util::run(&util::plan(&util::model(&text)), 1);
        let rows = &run.caches[0].rows;
        let stores = rows.iter().map(|row| (row.stores as f64, seconds as f64 / 50.0));
        Estimate::of_ratio(stores).assert_is("stores per second", 1.0 / 1.5, LOOSE);
        let sum = |of: fn(&CacheRow) -> u64| rows.iter().map(of).sum::<u64>();
        assert_eq!(sum(|row| row.stores), sum(|row| row.stores_behind));
        assert_eq!((sum(|row| row.store_failures), sum(|row| row.writes_lost)), (0, 0));
        if let Some(share) = share {
            // A put that is not coalesced is one that found the key clean.
            let coalesced = rows.iter().map(|row| (row.coalesced_writes as f64, row.fills as f64));
            Estimate::of_ratio(coalesced).assert_is("dirty", share, LOOSE);
        }
    }
}

/// A write that is written through takes as long as it takes to store it and to put it there.
#[test]
fn writing_through_takes_the_sum_of_both() {
    let text = r#"
        name = "cache"
        run = { duration = "100000s", interval = "2000s" }
        [workloads.users]
        arrivals = { open = { rate = "1/s", process = "poisson" } }
        to = "app"
        [services.app]
        threads = "unlimited"
        handler = [{ put = "cache", store = [{ sleep = "exponential(20ms)" }] }]
        [caches.cache]
        capacity = 10
        latency = "exponential(5ms)"
        "#;
    let run = util::run(&util::plan(&util::model(text)), 1);
    let times =
        run.workloads[0].rows.iter().map(|row| (row.latency.sum_ns as f64 / 1e9, row.latency.count as f64));
    Estimate::of_ratio(times).assert_is("time", 0.025, LOOSE);
}

/// A cache that is filled by nothing but warming has the first n keys after n periods, and what requests find there is how popular these are. Given how many look-ups there are in an interval, with Poisson arrivals their
/// instants are uniform in it, and so the hits are binomial with the mean of that popularity over the interval. Two runs of 20 intervals with some 5000 look-ups, each within 5 standard deviations: a right program passes with a probability of
/// more than 1 - 40 * 6e-7; one key or period more or less in the first interval is more than 10 of them.
#[test]
fn a_cache_that_is_warmed_has_the_most_popular_keys_so_far() {
    let (keys, rate, delay, seconds) = (100_u32, 1_u32, 2_u32, 5_u32);
    for (seed, exponent) in [(1, 1.0), (2, 0.8)] {
        let text = format!(
            r#"
            name = "cache"
            run = {{ duration = "100s", interval = "{seconds}s" }}
            [workloads.users]
            arrivals = {{ open = {{ rate = "1000/s", process = "poisson" }} }}
            keys = {{ zipf = {{ exponent = {exponent:?}, count = {keys} }} }}
            to = "app"
            [services.app]
            threads = "unlimited"
            handler = [{{ cache = {{ get = "cache" }} }}]
            [caches.cache]
            capacity = "unlimited"
            warming = {{ rate = "{rate}/s", delay = "{delay}s" }}
            "#
        );
        let run = util::run(&util::plan(&util::model(&text)), seed);
        let weights: Vec<f64> = (1..=keys).map(|rank| num::pow(f64::from(rank), -exponent)).collect();
        let total: f64 = weights.iter().sum();
        let popularity = |count: u32| weights[..count as usize].iter().sum::<f64>() / total;
        let rows = &run.caches[0].rows;
        assert_eq!(rows.len(), 20);
        for (interval, row) in (0_u32..).zip(rows) {
            // A key comes at the end of each period.
            let periods = interval * seconds * rate..(interval + 1) * seconds * rate;
            let length = f64::from(seconds * rate);
            let there = |period: u32| popularity(period.saturating_sub(delay * rate));
            let expected = periods.clone().map(there).sum::<f64>() / length;
            let gets = (row.hits + row.misses) as f64;
            let (hits, deviation) = (row.hits as f64, (gets * expected * (1.0 - expected)).sqrt());
            assert!(
                (hits - gets * expected).abs() <= 5.0 * deviation,
                "interval {interval}: {hits} of {gets} instead of a share of {expected}"
            );
            let warmed = u64::from(periods.end.saturating_sub(delay * rate))
                - u64::from(periods.start.saturating_sub(delay * rate));
            // The last one comes when the interval is over.
            assert!(
                row.warmed.abs_diff(warmed) <= 1 && row.fills == 0,
                "interval {interval}: {}",
                row.warmed
            );
        }
    }
}
