//! Times to live and what a cache loads by itself: what is refused or doubted, and with which words.

use super::*;

/// What is found in a model with a cache whose entries end like this, and that is looked up with `load` or `on_miss`.
#[track_caller]
fn finds(ttl: &str, miss: &str, expected: &[&str]) {
    let handler = format!("handler = [ {{ cache = {{ get = \"pages\", {miss} }} }} ]\n");
    let text = changed("handler = [ { work = \"8ms\" } ]\n", &handler)
        .replace("to = \"db\"\n", "to = \"db\"\nkeys = { uniform = { count = 100 } }\n");
    let cache = format!("[caches.pages]\ncapacity = 10\nttl = {{ max = \"60s\", {ttl} }}\n");
    let found = load(&(text + &cache), &[]).map_or_else(|found| found, |loaded| loaded.warnings);
    let short: Vec<String> = found
        .iter()
        .map(|diagnostic| {
            let path = diagnostic.path.clone().unwrap_or_default();
            format!("{} {path}: {}", diagnostic.code, diagnostic.message)
        })
        .collect();
    assert_eq!(short, expected, "\n{found}");
}

const LOAD: &str = "load = [{ work = \"8ms\" }]";
const ASIDE: &str = "on_miss = [{ work = \"8ms\" }, { put = \"pages\" }]";

#[test]
fn rules_of_freshness_are_accepted_and_explained() {
    let all = "refresh_after = \"30s\", stale_while_revalidate = \"30s\", stale_if_error = \"5min\", early_expiration = {}";
    finds(all, LOAD, &[]);
    let text = changed(
        "handler = [ { work = \"8ms\" } ]\n",
        &format!("handler = [ {{ cache = {{ get = \"pages\", {LOAD} }} }} ]\n"),
    ) + &format!("[caches.pages]\ncapacity = 1\nttl = {{ max = \"60s\", {all} }}\n");
    let loaded = load(&text, &[]).unwrap();
    let effective = loaded.model.effective_toml();
    assert!(effective.contains("beta = 1"), "{effective}");
    assert_eq!(load(&effective, &[]).unwrap().model, loaded.model);
}

#[test]
fn rules_that_never_act_are_refused_or_doubted() {
    let over = "M030 caches.pages.ttl.refresh_after: nothing is refreshed after 1min: its time of 1min is over before";
    finds("refresh_after = \"60s\"", LOAD, &[over]);
    finds("refresh_after = \"60s\", renewed_on_hit = true", LOAD, &[]);
    finds(
        "early_expiration = { beta = 0 }",
        LOAD,
        &["M030 caches.pages.ttl.early_expiration.beta: with a `beta` of 0 nothing expires early"],
    );
    let all = "refresh_after = \"30s\", stale_while_revalidate = \"30s\", stale_if_error = \"30s\", early_expiration = {}";
    let settings = ["refresh_after", "stale_while_revalidate", "stale_if_error", "early_expiration"];
    let nothing = settings.map(|setting| {
        format!(
            "M105 caches.pages.ttl.{setting}: `{setting}` is about what the cache loads by itself, and it loads nothing"
        )
    });
    finds(all, ASIDE, &nothing.each_ref().map(String::as_str));
    finds(
        "stale_while_revalidate = \"30s\", stale_if_error = \"30s\"",
        LOAD,
        &[
            "M130 caches.pages.ttl.stale_if_error: nobody waits for a load before 30s are over, and then nothing is kept for those whose load fails",
        ],
    );
}

const SHOP: &str = r#"
name = "shop"
run = { duration = "10s" }
[workloads.users]
arrivals = { open = { rate = "10/s" } }
keys = { uniform = { count = 100 } }
to = "app"
policy = "user"
[policies.user]
timeout = "1s"
[services.app]
instances = 2
threads = "unlimited"
handler = [{ cache = { get = "pages", on_miss = [{ call = { to = "db", policy = "user" } }, { put = "pages" }] } }]
[services.db]
threads = "unlimited"
handler = [{ sleep = "10ms" }]
[caches.pages]
capacity = 10
"#;

/// The codes and places of what is found in the shop when `from` is `to`, with `more` behind it.
#[track_caller]
fn shop_finds(from: &str, to: &str, more: &str, expected: &[&str]) {
    assert!(SHOP.contains(from), "{from}");
    let found =
        load(&(SHOP.replace(from, to) + more), &[]).map_or_else(|found| found, |loaded| loaded.warnings);
    let place = |diagnostic: &Diagnostic| {
        format!("{} {}", diagnostic.code, diagnostic.path.clone().unwrap_or_default())
    };
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), expected, "\n{found}");
}

#[test]
fn steps_use_a_cache_that_is_there() {
    shop_finds("", "", "", &[]);
    shop_finds("get = \"pages\"", "get = \"page\"", "", &["M020 services.app.handler[0].cache.get"]);
    shop_finds(
        "put = \"pages\"",
        "put = \"page\"",
        "",
        &["M020 services.app.handler[0].cache.on_miss[1].put"],
    );
    let local = "placement = { local = \"app\" }\n";
    shop_finds("", "", local, &[]);
    let elsewhere = "placement = { local = \"db\" }\n";
    let found =
        ["M024 services.app.handler[0].cache.get", "M024 services.app.handler[0].cache.on_miss[1].put"];
    shop_finds("", "", elsewhere, &found);
    shop_finds("", "", "placement = { local = \"dbs\" }\n", &["M020 caches.pages.placement.local"]);
    let both = "load = [{ sleep = \"1ms\" }], on_miss";
    shop_finds("on_miss", both, "", &["M024 services.app.handler[0].cache.load"]);
}

#[test]
fn a_load_goes_on_for_the_cache_and_nobody_gives_up_on_it() {
    let on_miss = "on_miss = [{ call = { to = \"db\", policy = \"user\" } }, { put = \"pages\" }]";
    let slow = on_miss.replace("policy = \"user\"", "policy = \"slow\"");
    let policy = "[policies.slow]\ntimeout = \"5s\"\n";
    shop_finds(on_miss, &slow, policy, &["M107 services.app.handler[0].cache.on_miss[0].call.policy"]);
    shop_finds(on_miss, "load = [{ call = { to = \"db\", policy = \"slow\" } }]", policy, &[]);
}

#[test]
fn what_a_cache_cannot_be_full_of_is_refused() {
    let keys = "keys = { uniform = { count = 100 } }\n";
    shop_finds("", "", "start = \"warm\"\n", &[]);
    shop_finds(keys, "", "start = \"warm\"\n", &["M030 caches.pages.start"]);
    let endless = "keys = { zipf = { exponent = 1.3, count = \"unlimited\" } }\n";
    let unlimited = SHOP.replace(keys, endless).replace("capacity = 10", "capacity = \"unlimited\"");
    let found = load(&(unlimited + "start = \"warm\"\n"), &[]).unwrap_err();
    assert!(
        found.iter().any(|diagnostic| diagnostic.path.as_deref() == Some("caches.pages.start")),
        "{found}"
    );
    shop_finds(keys, "", "", &["M130 caches.pages.capacity"]);
    shop_finds("capacity = 10", "capacity = 1000", "", &["M130 caches.pages.capacity"]);
    shop_finds("", "", "coalesce = \"cache\"\n", &["M105 caches.pages.coalesce"]);
}

#[test]
fn what_is_warmed_is_known_and_may_be_empty() {
    let keys = "keys = { uniform = { count = 100 } }\n";
    let warming = "warming = { rate = \"2000/s\", keys = 8, delay = \"5s\" }\n";
    let (path, start) = ("caches.pages.warming", "start = \"warm\"\n");
    shop_finds("", "", warming, &[]);
    shop_finds(keys, "", warming, &[&format!("M030 {path}")]);
    shop_finds("", "", "warming = { keys = 8 }\n", &[&format!("M011 {path}")]);
    shop_finds("", "", "warming = { rate = \"0/s\" }\n", &[&format!("M030 {path}.rate")]);
    shop_finds("", "", "warming = { rate = \"1/s\", keys = 0 }\n", &[&format!("M030 {path}.keys")]);
    // Nothing is known of what is popular if it moves in several ways.
    let zipf = |drift: &str| format!("keys = {{ zipf = {{ count = 100 }} }}\n{drift}");
    let others = |drift: &str| {
        let arrivals = "arrivals = { open = { rate = \"10/s\" } }\nto = \"app\"\npolicy = \"user\"\n";
        format!("{warming}[workloads.others]\n{arrivals}{}", zipf(drift))
    };
    let drift = |every: &str| format!("key_drift = {{ every = \"{every}\", by = 3 }}\n");
    shop_finds(keys, &zipf(&drift("1s")), &others(&drift("1s")), &[]);
    for other in [&drift("2s"), ""] {
        shop_finds(keys, &zipf(&drift("1s")), &others(other), &[&format!("M030 {path}")]);
    }
    // More than a warm start may have.
    let unlimited = "capacity = \"unlimited\"\nwarming = { rate = \"1000000000/s\" }\n";
    let endless = "keys = { zipf = { exponent = 1.3, count = \"unlimited\" } }\n";
    let text = SHOP.replace("capacity = 10\n", unlimited).replace(keys, endless);
    let found = load(&text, &[]).unwrap_err();
    let places: Vec<_> = found.iter().filter_map(|found| found.path.as_deref()).collect();
    assert_eq!(places, [path]);
    let few = text.replace("1000000000/s", "100/s");
    assert!(load(&few, &[]).is_ok());
    // What is filled from elsewhere may be filled by nobody else.
    shop_finds(", { put = \"pages\" }", "", "", &["M116 caches.pages"]);
    shop_finds(", { put = \"pages\" }", "", warming, &[]);
    // Something has to empty what is warm when the run begins.
    let warm = format!("{start}{warming}");
    shop_finds("", "", &warm, &[&format!("M105 {path}")]);
    let fault = |what: &str| format!("{warm}[faults.loss]\nat = \"5s\"\n{what}\n");
    shop_finds("", "", &fault("cache_flush = { cache = \"pages\" }"), &[]);
    let crash = fault("duration = \"1s\"\ncrash = { service = \"app\" }");
    shop_finds("", "", &crash, &[&format!("M105 {path}")]);
    let local = "placement = { local = \"app\" }\n";
    shop_finds("", "", &format!("{local}{crash}"), &[]);
    shop_finds("", "", &format!("{local}{}", crash.replace("app", "db")), &[&format!("M105 {path}")]);
    let zones = "instances = 2\nzones = [\"a\", \"b\"]";
    let outage = |zone: &str| fault(&format!("duration = \"1s\"\nzone_outage = {{ zone = \"{zone}\" }}"));
    shop_finds("instances = 2", zones, &format!("{local}{}", outage("a")), &[]);
    let memory = "instances = 2\nmemory = { heap = \"1GiB\" }";
    shop_finds("instances = 2", memory, &format!("{local}{warm}"), &[]);
}

#[test]
fn a_flush_is_of_a_cache_that_is_there_and_has_no_length() {
    let flush = |rest: &str| format!("[faults.flush]\nat = \"5s\"\n{rest}\n");
    shop_finds("", "", &flush("cache_flush = { cache = \"pages\" }"), &[]);
    shop_finds("", "", &flush("every = \"1s\"\ncache_flush = { cache = \"pages\" }"), &[]);
    let unknown = flush("cache_flush = { cache = \"page\" }");
    shop_finds("", "", &unknown, &["M020 faults.flush.cache_flush.cache"]);
    let long = flush("duration = \"1s\"\ncache_flush = { cache = \"pages\" }");
    shop_finds("", "", &long, &["M030 faults.flush.duration"]);
    let nothing = flush("cache_flush = { cache = \"pages\", share = \"0%\" }");
    shop_finds("", "", &nothing, &["M030 faults.flush.cache_flush.share"]);
    let one = flush("cache_flush = { cache = \"pages\", select = { fixed = 1 } }");
    shop_finds("", "", &one, &["M030 faults.flush.cache_flush.select"]);
    shop_finds("", "", &format!("placement = {{ local = \"app\" }}\n{one}"), &[]);
    let three = one.replace("fixed = 1", "fixed = 3");
    let found = ["M022 faults.flush.cache_flush.select"];
    shop_finds("", "", &format!("placement = {{ local = \"app\" }}\n{three}"), &found);
}

/// The shop's cache in a service of its own.
const CALLED: &str = r#"
placement = { service = "redis" }
calls = { policy = "redis" }
[services.redis]
threads = "unlimited"
handler = [{ sleep = "1ms" }]
handlers.set = [{ sleep = "1ms" }]
[policies.redis]
timeout = "50ms"
"#;

/// What is found in the shop with that cache when `from` is `to`.
#[track_caller]
fn called_finds(from: &str, to: &str, expected: &[&str]) {
    assert!(CALLED.contains(from), "{from}");
    shop_finds("", "", &CALLED.replace(from, to), expected);
}

#[test]
fn a_cache_in_a_service_is_called() {
    called_finds("", "", &[]);
    called_finds("policy = \"redis\"", "policy = \"redis\", put = \"set\"", &[]);
    let effective = load(&(SHOP.to_owned() + &CALLED.replace("calls = { policy = \"redis\" }\n", "")), &[])
        .unwrap()
        .model
        .effective_toml();
    assert!(effective.contains("on_error = \"miss\""), "{effective}");
    assert!(effective.contains("[policies.default]"), "{effective}");
    called_finds("service = \"redis\"", "service = \"reddis\"", &["M020 caches.pages.placement.service"]);
    let slip = &["M020 caches.pages.calls.policy"];
    called_finds("policy = \"redis\"", "policy = \"reddis\"", slip);
    let slip = &["M020 caches.pages.calls.get"];
    called_finds("policy = \"redis\"", "policy = \"redis\", get = \"read\"", slip);
    let nameless = ["M020 caches.pages.calls.get", "M020 caches.pages.calls.invalidate"];
    let named = CALLED
        .replace("handler = ", "handlers.get = ")
        .replace("\"redis\" }\n[s", "\"redis\", put = \"set\" }\n[s");
    shop_finds("", "", &named, &nameless);
    let on_error = "calls = { policy = \"redis\", on_error = \"fail\" }";
    called_finds("calls = { policy = \"redis\" }", on_error, &[]);
    called_finds("placement = { service = \"redis\" }\n", "", &["M030 caches.pages.calls"]);
}

#[test]
fn what_a_called_cache_cannot_do_is_refused() {
    let policy = "calls = { policy = \"redis\" }";
    called_finds(policy, &format!("{policy}\nlatency = \"1ms\""), &["M030 caches.pages.latency"]);
    called_finds(policy, &format!("{policy}\ncoalesce = \"cache\""), &["M030 caches.pages.coalesce"]);
    let load = "load = [{ call = { to = \"db\", policy = \"user\" } }], on_miss";
    let found = load_finds(load);
    assert!(found.contains(&"M024 services.app.handler[0].cache.get".to_owned()), "{found:?}");
    let one = "[faults.flush]\nat = \"5s\"\ncache_flush = { cache = \"pages\", select = { fixed = 1 } }\n[policies.redis]";
    called_finds("[policies.redis]", one, &[]);
}

fn load_finds(miss: &str) -> Vec<String> {
    let found = load(&(SHOP.replace("on_miss", miss) + CALLED), &[]).unwrap_err();
    let place = |diagnostic: &Diagnostic| {
        format!("{} {}", diagnostic.code, diagnostic.path.clone().unwrap_or_default())
    };
    found.iter().map(place).collect()
}

#[test]
fn a_called_cache_is_called_as_anything_is() {
    // Nobody else calls it, and nothing is unused. Its timers, its circles and its retries are those of calls.
    called_finds(
        "timeout = \"50ms\"",
        "timeout = \"5s\"",
        &["M107 services.app.handler[0].cache.get", "M107 services.app.handler[0].cache.on_miss[1].put"],
    );
    let circle = "[{ cache = { get = \"pages\" } }]\nhandlers.set";
    called_finds(
        "[{ sleep = \"1ms\" }]\nhandlers.set",
        circle,
        &["M028 services.redis.handler[0].cache.get"],
    );
    let shards = "instances = 4\nthreads = \"unlimited\"\nhandler = ";
    called_finds("threads = \"unlimited\"\nhandler = ", shards, &["M130 caches.pages.calls.policy"]);
    let hashed = CALLED.replace("threads = \"unlimited\"\nhandler = ", shards) + "balancer = \"ring_hash\"\n";
    shop_finds("", "", &hashed, &[]);
    let local = "placement = { local = \"redis\" }\n";
    let elsewhere =
        ["M024 services.app.handler[0].cache.get", "M024 services.app.handler[0].cache.on_miss[1].put"];
    called_finds("placement = { service = \"redis\" }\ncalls = { policy = \"redis\" }\n", local, &elsewhere);
}

#[test]
fn a_lease_is_for_those_who_fill_a_cache_themselves() {
    shop_finds("", "", "lease = {}\n", &[]);
    shop_finds("", "", "lease = { ttl = \"5s\", retry_delay = \"20ms\" }\n", &[]);
    shop_finds("", "", "ttl = { max = \"5s\" }\nlease = { serve_stale = \"20ms\" }\n", &[]);
    shop_finds("", "", "lease = { serve_stale = \"0s\" }\n", &["M030 caches.pages.lease.serve_stale"]);
    shop_finds("", "", "lease = { ttl = \"0s\" }\n", &["M030 caches.pages.lease.ttl"]);
    shop_finds("", "", "lease = { retry_delay = \"0s\" }\n", &["M030 caches.pages.lease.retry_delay"]);
    let on_miss = "on_miss = [{ call = { to = \"db\", policy = \"user\" } }, { put = \"pages\" }]";
    let load = "load = [{ call = { to = \"db\", policy = \"user\" } }]";
    shop_finds(on_miss, load, "lease = {}\n", &["M024 services.app.handler[0].cache.get"]);
}

/// A regression: what lasts for no time could happen as often as it liked.
#[test]
fn how_often_a_flush_happens_is_bounded() {
    let flush = |timing: &str| format!("[faults.flush]\n{timing}\ncache_flush = {{ cache = \"pages\" }}\n");
    shop_finds("", "", &flush("every = \"1ms\""), &[]);
    shop_finds("", "", &flush("every = \"1us\""), &["M022 faults.flush.every"]);
    shop_finds("", "", &flush("every = \"1us\"\ncount = 10"), &[]);
}

#[test]
fn a_token_is_for_somebody_who_fills_the_cache() {
    let (call, put) = ("{ call = { to = \"db\", policy = \"user\" } }", "{ put = \"pages\" }");
    let fills = format!("on_miss = [{call}, {put}] }} }}]");
    let lease = "lease = {}\n[services.app.handlers]\nwrite = [{ put = \"pages\" }]\n";
    // Somebody else fills it, and everybody who looks waits for whoever looked first.
    let waits = ["M130 services.app.handler[0].cache.get"];
    let lease = |look_up: &str, expected: &[&str]| shop_finds(&fills, look_up, lease, expected);
    lease(&format!("on_miss = [] }} }}, {call}]"), &waits);
    lease(&format!("on_miss = [{{ sleep = \"1ms\" }}] }} }}, {call}]"), &waits);
    lease(&fills, &[]);
    lease(&format!("on_miss = [{{ sequence = [{call}, {put}] }}] }} }}]"), &[]);
    // It is filled behind the look-up, or maybe by whoever is called.
    lease(&format!("on_miss = [] }} }}, {call}, {put}]"), &[]);
    lease(&format!("on_miss = [{call}] }} }}]"), &[]);
}

#[test]
fn room_in_bytes_is_for_entries_of_some_size() {
    let sized = |capacity: &str, sizes: &str, expected: &[&str]| {
        shop_finds("capacity = 10", &format!("capacity = {capacity}\n{sizes}"), "", expected);
    };
    sized("\"64KiB\"", "sizes = \"lognormal(p50=1KiB, p99=64KiB)\"", &[]);
    sized("\"unlimited\"", "sizes = \"exponential(1KiB)\"", &[]);
    sized("\"64KiB\"", "", &["M030 caches.pages.capacity"]);
    sized("\"0B\"", "sizes = \"1KiB\"", &["M030 caches.pages.capacity"]);
    sized("10", "sizes = \"1KiB\"", &["M030 caches.pages.sizes"]);
    // A hundred keys of 1 KiB, and nothing but what is too large.
    sized("\"100KiB\"", "sizes = \"1KiB\"", &[]);
    sized("\"101KiB\"", "sizes = \"1KiB\"", &["M130 caches.pages.capacity"]);
    sized("\"1KiB\"", "sizes = \"2KiB\"", &["M130 caches.pages.capacity"]);
    sized("\"1KiB\"", "sizes = \"pareto(min=1B, alpha=1)\"", &[]);
    let keys = "keys = { uniform = { count = 1_000_000_000 } }\n";
    let text = SHOP.replace("keys = { uniform = { count = 100 } }\n", keys);
    let warm = |capacity: &str| {
        let settings = format!("capacity = \"{capacity}\"\nsizes = \"1KiB\"\nstart = \"warm\"");
        load(&text.replace("capacity = 10", &settings), &[]).err().map(|found| found.to_string())
    };
    assert_eq!(warm("10GiB"), None);
    let found = warm("1TiB").unwrap_or_default();
    assert!(found.contains("1000000000 entries are more than 100000000"), "{found}");
}

#[test]
fn what_brings_nothing_is_kept_where_there_is_such() {
    let negative = |settings: &str, expected: &[&str]| shop_finds("", "", settings, expected);
    negative("absent = \"5%\"\n", &[]);
    negative("absent = \"5%\"\nnegative = { ttl = \"5s\" }\n", &[]);
    negative("negative = { ttl = \"5s\" }\n", &["M105 caches.pages.negative"]);
    negative("absent = \"5%\"\nnegative = { ttl = \"0s\" }\n", &["M030 caches.pages.negative.ttl"]);
    let classes = "negative = { ttl = \"5s\", classes = [\"gateway_error\"] }\n";
    negative(classes, &["M105 caches.pages.negative.classes"]);
    let on_miss = "on_miss = [{ call = { to = \"db\", policy = \"user\" } }, { put = \"pages\" }]";
    let load = "load = [{ call = { to = \"db\", policy = \"user\" } }]";
    shop_finds(on_miss, load, classes, &[]);
    shop_finds(
        on_miss,
        load,
        &classes.replace("gateway_error", "reset"),
        &["M030 caches.pages.negative.classes[0]"],
    );
}

#[test]
fn an_invalidation_is_on_its_way_where_somebody_makes_one() {
    let delay = "propagation = \"exponential(100ms)\"\n";
    shop_finds("", "", delay, &["M105 caches.pages.propagation"]);
    let handler = "handler = [{ sleep = \"10ms\" }]";
    let writes = "handler = [{ sleep = \"10ms\" }, { invalidate = \"pages\" }]";
    shop_finds(handler, writes, delay, &[]);
    // Who has no such cache can tell those who have, but for that it takes a message.
    let local = "placement = { local = \"app\" }\n";
    shop_finds(handler, writes, local, &["M024 services.db.handler[1].invalidate"]);
    shop_finds(handler, writes, &format!("{local}{delay}"), &[]);
    let puts = writes.replace("invalidate", "put");
    shop_finds(
        handler,
        &puts,
        &format!("{local}{delay}"),
        &["M024 services.db.handler[1].put", "M105 caches.pages.propagation"][..1],
    );
    called_finds(
        "calls = { policy = \"redis\" }",
        &format!("calls = {{ policy = \"redis\" }}\n{delay}"),
        &["M030 caches.pages.propagation"],
    );
}

#[test]
fn settings_that_do_nothing_are_told() {
    let handler = "handler = [{ sleep = \"10ms\" }]";
    let writes = "handler = [{ sleep = \"10ms\" }, { invalidate = \"pages\" }]";
    let stale = "lease = { serve_stale = \"20ms\" }\n";
    shop_finds("", "", stale, &["M105 caches.pages.lease.serve_stale"]);
    shop_finds(handler, writes, stale, &[]);
    let lease = |delay: &str| format!("lease = {{ ttl = \"1s\", retry_delay = \"{delay}\" }}\n");
    shop_finds("", "", &lease("1s"), &[]);
    shop_finds("", "", &lease("1001ms"), &["M130 caches.pages.lease.retry_delay"]);
    shop_finds("", "", "absent = \"100%\"\n", &["M130 caches.pages.absent"]);
    shop_finds("", "", "absent = \"99%\"\n", &[]);
    shop_finds("", "", "absent = \"100%\"\nnegative = { ttl = \"5s\" }\n", &[]);
    let sized = |capacity: &str, sizes: &str, expected: &[&str]| {
        shop_finds("capacity = 10", &format!("capacity = \"{capacity}\"\nsizes = \"{sizes}\""), "", expected);
    };
    sized("unlimited", "3GiB", &[]);
    sized("unlimited", "4GiB", &["M130 caches.pages.sizes"]);
    sized("20GiB", "5GiB", &["M130 caches.pages.sizes"]);
    sized("4GiB", "5GiB", &["M130 caches.pages.capacity"]);
    let delay = "placement = { local = \"app\" }\npropagation = \"exponential(100ms)\"\n";
    let own = "{ put = \"pages\" }] } }, { invalidate = \"pages\" }]";
    let text = SHOP.replace("instances = 2\n", "").replace("{ put = \"pages\" }] } }]", own) + delay;
    let alone = load(&text, &[]).unwrap();
    assert_eq!(
        alone.warnings.iter().filter_map(|found| found.path.as_deref()).collect::<Vec<_>>(),
        ["caches.pages.propagation"]
    );
    assert!(load(&text.replace("threads", "instances = 2\nthreads"), &[]).unwrap().warnings.is_empty());
    assert!(load(&text.replace(handler, writes), &[]).unwrap().warnings.is_empty());
}

#[test]
fn a_put_may_have_a_store() {
    let fill = "{ put = \"pages\" }] } }]";
    let call = "{ call = { to = \"db\", policy = \"user\" } }";
    let write = format!("{{ put = \"pages\" }}] }} }}, {{ put = \"pages\", store = [{call}] }}]");
    let behind = "write_behind = { delay = \"1s\" }\n";
    shop_finds(fill, &write, "", &[]);
    shop_finds(fill, &write, behind, &[]);
    shop_finds("", "", behind, &["M105 caches.pages.write_behind"]);
    let none = write.replace("put = \"pages\", store", "sleep = \"1ms\", store");
    shop_finds(fill, &none, "", &["M024 services.app.handler[1].store"]);
    let unknown = write.replace("to = \"db\"", "to = \"dbs\"");
    shop_finds(fill, &unknown, "", &["M020 services.app.handler[1].store[0].call.to"]);
    for (field, value) in [("max_dirty", "0"), ("concurrency", "0"), ("max_attempts", "0")] {
        let settings = format!("write_behind = {{ delay = \"1s\", {field} = {value} }}\n");
        shop_finds(fill, &write, &settings, &[&format!("M030 caches.pages.write_behind.{field}")]);
    }
    // A server that is asked stores nothing by itself.
    let called = load(&(SHOP.replace(fill, &write) + CALLED), &[]).unwrap_err();
    let places: Vec<_> = called.iter().filter_map(|found| found.path.as_deref()).collect();
    assert_eq!(places, ["services.app.handler[1].store"]);
    called_finds(
        "calls = { policy = \"redis\" }",
        &format!("calls = {{ policy = \"redis\" }}\n{behind}"),
        &["M030 caches.pages.write_behind"],
    );
}

#[test]
fn nobody_gives_up_on_what_is_stored_later() {
    let fill = "{ put = \"pages\" }] } }]";
    let call = "{ call = { to = \"db\", policy = \"slow\" } }";
    let write = format!("{{ put = \"pages\" }}] }} }}, {{ put = \"pages\", store = [{call}] }}]");
    let policy = "[policies.slow]\ntimeout = \"5s\"\n";
    shop_finds(fill, &write, policy, &["M107 services.app.handler[1].store[0].call.policy"]);
    shop_finds(fill, &write, &format!("write_behind = {{ delay = \"1s\" }}\n{policy}"), &[]);
}
