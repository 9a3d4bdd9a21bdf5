//! Steps that use a cache: what is found, what is kept, who waits for whom.

mod freshness;
mod leases;
mod negative;
mod propagation;
mod service;
mod warming;
mod writes;

use super::scene::{Story, tell, users};
use crate::kernel::random::{Bits, SiteKey, Word, hash64};
use crate::mechanism::Class;
use crate::observe::{CacheEvent, Happening};

/// Users who all want the same thing at equal gaps from one on, from a service with this handler and cache; the `db` takes 25 ms. The rest comes behind the policy of the users.
fn scene(times: (&str, &str), cache: &str, handler: &str, rest: &str) -> Story {
    tell(&text(times, cache, handler, "", rest))
}

/// The same with more lines about the service.
fn text(times: (&str, &str), cache: &str, handler: &str, service: &str, rest: &str) -> String {
    let services = format!(
        r#"
[caches.cache]
capacity = 10
{cache}
[services.a]
threads = "unlimited"
handler = [{handler}]
{service}
[services.db]
threads = "unlimited"
handler = [{{ sleep = "25ms" }}]
[policies.user]
{rest}
"#
    );
    users(times.0, times.1) + &services
}

const LOOK_ASIDE: &str =
    r#"{ cache = { get = "cache", on_miss = [{ call = { to = "db" } }, { put = "cache" }] } }"#;
const READ_THROUGH: &str = r#"{ cache = { get = "cache", load = [{ call = { to = "db" } }] } }"#;

fn events(story: &Story) -> Vec<(u64, String)> {
    let told = story.told.iter().filter_map(|(at, happening)| match happening {
        Happening::Cache {
            event: CacheEvent::Warmed { entries: 0 } | CacheEvent::Sized { after: 0, before: 0 },
            ..
        } => None,
        Happening::Cache { event, .. } => Some((at.as_ns() / 1_000_000, name(*event))),
        _ => None,
    });
    told.collect()
}

fn name(event: CacheEvent) -> String {
    match event {
        CacheEvent::Warmed { entries } => format!("warmed {entries}"),
        CacheEvent::Hit { age, is_stale: false } => format!("hit {}", age.as_ns() / 1_000_000),
        CacheEvent::Hit { age, is_stale: true } => format!("stale {}", age.as_ns() / 1_000_000),
        CacheEvent::ServedOnError { age, .. } => format!("served {}", age.as_ns() / 1_000_000),
        CacheEvent::Missed { expired: true, gone: true } => "expired".to_owned(),
        CacheEvent::Missed { expired: true, gone: false } => "expired, kept".to_owned(),
        CacheEvent::Missed { expired: false, .. } => "missed".to_owned(),
        CacheEvent::Coalesced => "coalesced".to_owned(),
        CacheEvent::Filled(put) => format!("filled, {} evicted", put.evicted),
        CacheEvent::NegativeHit { age, is_failure: false } => format!("nothing {}", age.as_ns() / 1_000_000),
        CacheEvent::NegativeHit { age, is_failure: true } => format!("failed {}", age.as_ns() / 1_000_000),
        CacheEvent::BroughtNothing => "brought nothing".to_owned(),
        CacheEvent::FilledWithNothing(put) => format!("nothing kept, {} evicted", put.evicted),
        CacheEvent::InvalidationSent => "sent".to_owned(),
        CacheEvent::InvalidationArrived => "arrived".to_owned(),
        CacheEvent::Outdated { since } => format!("outdated {}", since.as_ns() / 1_000_000),
        CacheEvent::TooLarge => "too large".to_owned(),
        CacheEvent::Sized { after, .. } => format!("{after} bytes"),
        CacheEvent::Invalidated { is_kept: false } => "invalidated".to_owned(),
        CacheEvent::Invalidated { is_kept: true } => "invalidated, kept".to_owned(),
        CacheEvent::ServedStale { age } => format!("instead {}", age.as_ns() / 1_000_000),
        CacheEvent::Brought { is_new: true } => "brought".to_owned(),
        CacheEvent::Brought { is_new: false } => "brought anew".to_owned(),
        CacheEvent::Flushed { entries } => format!("flushed {entries}"),
        CacheEvent::LoadBegan { in_background: false } => "load".to_owned(),
        CacheEvent::LoadBegan { in_background: true } => "refresh".to_owned(),
        CacheEvent::LoadEnded { ok } => format!("loaded {ok}"),
        CacheEvent::Dirtied => "dirty".to_owned(),
        CacheEvent::WriteCoalesced => "again".to_owned(),
        CacheEvent::ServedDirty { age } => format!("served dirty {}", age.as_ns() / 1_000_000),
        CacheEvent::StoreBegan { is_behind: false } => "store".to_owned(),
        CacheEvent::StoreBegan { is_behind: true } => "store behind".to_owned(),
        CacheEvent::StoreFailed => "store failed".to_owned(),
        CacheEvent::StoreEnded { ok } => format!("stored {ok}"),
        CacheEvent::Cleaned { is_lost: false } => "clean".to_owned(),
        CacheEvent::Cleaned { is_lost: true } => "lost".to_owned(),
        CacheEvent::Leased => "leased".to_owned(),
        CacheEvent::ToldToWait => "told to wait".to_owned(),
        CacheEvent::Refused => "refused".to_owned(),
        CacheEvent::Failed { operation } => format!("{operation:?} failed").to_lowercase(),
    }
}

/// How many events begin with this.
fn count(story: &Story, what: &str) -> usize {
    events(story).iter().filter(|(_, name)| name.starts_with(what)).count()
}

fn told(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
    expected.iter().map(|&(at, what)| (at, what.to_owned())).collect()
}

#[test]
fn what_is_missed_is_fetched_and_put_there_by_the_handler() {
    let story = scene(("20/s", "180ms"), "latency = \"2ms\"", LOOK_ASIDE, "");
    // 2 ms to look it up, 25 ms for the database, 2 ms to put it there.
    assert_eq!(story.requests(), [(79, Class::Ok), (102, Class::Ok), (152, Class::Ok)]);
    let expected = [(52, "missed"), (79, "filled, 0 evicted"), (102, "hit 23"), (152, "hit 73")];
    assert_eq!(events(&story), told(&expected));
}

#[test]
fn nothing_is_kept_by_a_handler_that_gives_up() {
    let impatient = LOOK_ASIDE.replace("\"db\"", "\"db\", policy = \"hasty\"");
    let story = scene(("20/s", "130ms"), "", &impatient, "[policies.hasty]\ntimeout = \"20ms\"");
    assert_eq!(story.requests(), [(70, Class::GatewayError), (120, Class::GatewayError)]);
    assert_eq!(events(&story), told(&[(50, "missed"), (100, "missed")]));
    // The other way round the handler goes on for nobody, and what it gets is kept.
    let story = scene(("20/s", "130ms"), "", LOOK_ASIDE, "timeout = \"20ms\"");
    assert_eq!(story.requests(), [(70, Class::DeadlineExceeded), (100, Class::Ok)]);
    assert_eq!(events(&story), told(&[(50, "missed"), (75, "filled, 0 evicted"), (100, "hit 25")]));
}

#[test]
fn a_load_goes_on_when_nobody_waits_for_it() {
    let stops = "abandoned_work = \"abort\"";
    let story = tell(&text(("20/s", "130ms"), "", READ_THROUGH, stops, "timeout = \"20ms\""));
    assert_eq!(story.requests(), [(70, Class::DeadlineExceeded), (100, Class::Ok)]);
    let expected =
        [(50, "missed"), (50, "load"), (75, "filled, 0 evicted"), (75, "loaded true"), (100, "hit 25")];
    assert_eq!(events(&story), told(&expected));
}

#[test]
fn everybody_loads_for_himself_or_waits_for_the_first() {
    let story = scene(("100/s", "35ms"), "", READ_THROUGH, "");
    assert_eq!(story.requests(), [(35, Class::Ok), (45, Class::Ok), (55, Class::Ok)]);
    assert_eq!(story.received("db").len(), 3);
    for coalesce in ["instance", "cache"] {
        let story = scene(("100/s", "35ms"), &format!("coalesce = \"{coalesce}\""), READ_THROUGH, "");
        assert_eq!(story.requests(), [(35, Class::Ok), (35, Class::Ok), (35, Class::Ok)]);
        let expected = [
            (10, "missed"),
            (10, "load"),
            (20, "missed"),
            (20, "coalesced"),
            (30, "missed"),
            (30, "coalesced"),
            (35, "filled, 0 evicted"),
            (35, "loaded true"),
        ];
        assert_eq!(events(&story), told(&expected));
        assert_eq!(story.received("db").len(), 1);
    }
}

#[test]
fn a_load_that_fails_fails_all_who_wait_for_it() {
    let failing = r#"{ try = { steps = [{ cache = { get = "cache", load = [{ sleep = "15ms" }, { fail = "100%" }] } }], otherwise = [{ sleep = "1ms" }] } }"#;
    let story = scene(("100/s", "25ms"), "coalesce = \"cache\"", failing, "");
    assert_eq!(story.requests(), [(26, Class::Ok), (26, Class::Ok)]);
    let expected = [(10, "missed"), (10, "load"), (20, "missed"), (20, "coalesced"), (25, "loaded false")];
    assert_eq!(events(&story), told(&expected));
    let alone =
        failing.replace("{ try = { steps = [", "").replace("], otherwise = [{ sleep = \"1ms\" }] } }", "");
    let story = scene(("100/s", "25ms"), "coalesce = \"cache\"", &alone, "");
    assert_eq!(story.requests(), [(25, Class::ServerError), (25, Class::ServerError)]);
}

#[test]
fn an_entry_expires_at_the_end_of_its_time() {
    // Put there at 75 ms, and looked up at 100 ms.
    let story = scene(("20/s", "130ms"), "ttl = { max = \"25ms\" }", LOOK_ASIDE, "");
    let expected = [(50, "missed"), (75, "filled, 0 evicted"), (100, "expired"), (125, "filled, 0 evicted")];
    assert_eq!(events(&story), told(&expected));
    let story = scene(("20/s", "130ms"), "ttl = { max = \"25001us\" }", LOOK_ASIDE, "");
    let expected = [(50, "missed"), (75, "filled, 0 evicted"), (100, "hit 25")];
    assert_eq!(events(&story), told(&expected));
}

#[test]
fn a_use_renews_an_entry_if_it_is_meant_to() {
    let hits = |renewed: bool| {
        let ttl = format!("ttl = {{ max = \"70ms\", renewed_on_hit = {renewed} }}");
        let story = scene(("20/s", "330ms"), &ttl, LOOK_ASIDE, "");
        events(&story).iter().filter(|(_, what)| what.starts_with("hit")).count()
    };
    // Six look-ups; written at 75, it is used at 100 and expires at 145, again and again; or never.
    assert_eq!((hits(false), hits(true)), (3, 5));
}

#[test]
fn a_handler_takes_away_what_it_changes() {
    let write = format!(
        "{LOOK_ASIDE}, {{ sleep = \"1ms\" }}, {{ invalidate = \"cache\" }}, {{ invalidate = \"cache\" }}"
    );
    let story = scene(("20/s", "130ms"), "", &write, "");
    let expected = [
        (50, "missed"),
        (75, "filled, 0 evicted"),
        (76, "invalidated"),
        (100, "missed"),
        (125, "filled, 0 evicted"),
        (126, "invalidated"),
    ];
    assert_eq!(events(&story), told(&expected));
}

#[test]
fn a_local_cache_is_in_each_instance_and_goes_with_it() {
    let crash = "balancer = \"round_robin\"\n[faults.power]\nat = \"210ms\"\nduration = \"10ms\"\ncrash = { service = \"a\" }";
    let local = "placement = { local = \"a\" }";
    let story = tell(&text(("20/s", "330ms"), local, LOOK_ASIDE, "instances = 2", crash));
    let misses: Vec<u64> =
        events(&story).iter().filter(|(_, what)| what == "missed").map(|(at, _)| *at).collect();
    assert_eq!(misses, [50, 100, 250, 300]);
    let flushed: Vec<_> =
        events(&story).into_iter().filter(|(_, what)| what.starts_with("flushed")).collect();
    assert_eq!(flushed, told(&[(210, "flushed 1"), (210, "flushed 1")]));
}

#[test]
fn a_crash_ends_the_loads_of_the_instance_for_everybody() {
    let requests = |zone: &str| {
        let crash = format!(
            "balancer = \"round_robin\"\n[faults.power]\nat = \"22ms\"\nduration = \"10ms\"\ncrash = {{ service = \"a\", select = {zone} }}"
        );
        let two = "instances = 2\nzones = [\"east\", \"west\"]";
        let story = tell(&text(("100/s", "25ms"), "coalesce = \"cache\"", READ_THROUGH, two, &crash));
        story.requests()
    };
    assert_eq!(requests("\"all\""), [(22, Class::Reset), (22, Class::Reset)]);
    // In one of the instances is the load, and who waits for it in the other one hears that it failed; the other one may crash as it likes.
    let mut ends = [requests("{ zone = \"east\" }"), requests("{ zone = \"west\" }")];
    for ends in &mut ends {
        ends.sort();
    }
    ends.sort();
    let with_the_load = vec![(22, Class::GatewayError), (22, Class::Reset)];
    let without = vec![(22, Class::Reset), (35, Class::Ok)];
    assert_eq!(ends, [with_the_load, without]);
}

#[test]
fn a_paused_instance_hears_of_a_load_when_it_goes_on() {
    let pause = "[faults.stop]\nat = \"22ms\"\nduration = \"30ms\"\npause = { service = \"a\" }";
    let story = scene(("100/s", "25ms"), "coalesce = \"cache\"", READ_THROUGH, pause);
    assert_eq!(story.requests(), [(52, Class::Ok), (52, Class::Ok)]);
}

#[test]
fn a_warm_cache_has_the_most_popular_keys_and_a_flush_takes_them() {
    let text = |share: &str| {
        let flush = format!("[faults.flush]\nat = \"10ms\"\ncache_flush = {{ cache = \"cache\"{share} }}");
        let warm = "start = \"warm\"\nttl = { max = \"100s\", jitter = \"10%\" }";
        let text =
            text(("20/s", "130ms"), warm, LOOK_ASIDE, "", &flush).replace("capacity = 10", "capacity = 60");
        text.replace("to = \"a\"", "to = \"a\"\nkeys = { uniform = { count = 100 } }")
    };
    let warmed = events(&tell(&text("")));
    assert_eq!(warmed[..2], told(&[(0, "warmed 60"), (10, "flushed 60")]));
    let some = events(&tell(&text(", share = \"50%\"")));
    let count: u32 =
        some[1].1.strip_prefix("flushed ").and_then(|count| count.parse().ok()).expect("a flush");
    // Four standard errors.
    assert!((15..=45).contains(&count), "{count} of 60, each with probability 1/2");
    // The first occurrence has the number 0, as that of any fault.
    let site = SiteKey::new(1, hash64("faults.flush"));
    let word = Word::root(site, 0).child(0);
    let lost = (0..60).filter(|&key| word.child(key).at(site).chance(500_000_000)).count();
    assert_eq!(count as usize, lost);
}

#[test]
fn what_a_load_does_is_wanted_by_whoever_comes_next() {
    let wanted = |handler: &str| {
        let story = scene(("20/s", "80ms"), "", handler, "timeout = \"20ms\"");
        let finished = story.told.iter().filter_map(|(_, happening)| match happening {
            Happening::Finished { wanted, received, .. } if received.as_ns() == 50_000_000 => Some(*wanted),
            _ => None,
        });
        finished.collect::<Vec<bool>>()
    };
    // First the database, then the service whose user is gone.
    assert_eq!(wanted(LOOK_ASIDE), [false, false]);
    assert_eq!(wanted(READ_THROUGH), [true, false]);
}

#[test]
fn entries_have_sizes_and_what_is_too_large_is_not_kept() {
    let sized = |sizes: &str, rest: &str| {
        let cache = format!("sizes = \"{sizes}\"\n{rest}");
        let text = text(("20/s", "180ms"), &cache, LOOK_ASIDE, "", "")
            .replace("capacity = 10", "capacity = \"5KiB\"");
        events(&tell(&text))
    };
    let kept =
        [(50, "missed"), (75, "filled, 0 evicted"), (75, "4096 bytes"), (100, "hit 25"), (150, "hit 75")];
    assert_eq!(sized("4KiB", ""), told(&kept));
    let expired = [(100, "expired"), (100, "0 bytes"), (125, "filled, 0 evicted"), (125, "4096 bytes")];
    let short = sized("4KiB", "ttl = { max = \"20ms\" }");
    assert_eq!(short[3..7], told(&expired));
    let too_large = [(50, "missed"), (75, "filled, 0 evicted"), (75, "too large"), (100, "missed")];
    assert_eq!(sized("6KiB", "")[..4], told(&too_large));
}
