//! Keys that have no value, and loads that fail: what is kept of them.

use super::*;

const ABSENT: &str = "absent = \"100%\"";

#[test]
fn a_key_without_a_value_is_fetched_again_and_again_unless_that_is_kept() {
    for handler in [LOOK_ASIDE, READ_THROUGH] {
        let story = scene(("20/s", "180ms"), ABSENT, handler, "");
        assert_eq!(count(&story, "missed"), 3);
        assert_eq!(count(&story, "brought nothing"), 3);
        assert_eq!(story.received("db").len(), 3);
        let negative = format!("{ABSENT}\nnegative = {{ ttl = \"60ms\" }}");
        let story = scene(("20/s", "180ms"), &negative, handler, "");
        // Kept at 75 ms, and over at 135 ms.
        assert_eq!(story.requests(), [(75, Class::Ok), (100, Class::Ok), (175, Class::Ok)]);
        let wanted = ["missed", "brought nothing", "nothing", "expired"];
        let expected = [
            (50, "missed"),
            (75, "brought nothing"),
            (75, "nothing kept, 0 evicted"),
            (100, "nothing 25"),
            (150, "expired"),
            (175, "brought nothing"),
            (175, "nothing kept, 0 evicted"),
        ];
        let mut found = events(&story);
        found.retain(|(_, name)| wanted.iter().any(|wanted| name.starts_with(wanted)));
        assert_eq!(found, told(&expected));
    }
}

/// Whoever loads fails after 15 ms, and the first of them may do so once more.
const FAILING: &str = r#"{ cache = { get = "cache", load = [{ sleep = "15ms" }, { fail = "100%" }] } }"#;

#[test]
fn a_load_that_fails_fails_whoever_comes_next_at_once() {
    let negative = "negative = { ttl = \"60ms\", classes = [\"server_error\"] }";
    let story = scene(("20/s", "180ms"), negative, FAILING, "");
    let failed = Class::ServerError;
    assert_eq!(story.requests(), [(65, failed), (100, failed), (165, failed)]);
    let expected = [
        (50, "missed"),
        (50, "load"),
        (65, "loaded false"),
        (65, "nothing kept, 0 evicted"),
        (100, "failed 35"),
        (150, "expired"),
        (150, "load"),
        (165, "loaded false"),
        (165, "nothing kept, 0 evicted"),
    ];
    assert_eq!(events(&story), told(&expected));
    // Another class is none that is kept.
    let story = scene(("20/s", "180ms"), &negative.replace("server", "gateway"), FAILING, "");
    assert_eq!(story.requests(), [(65, failed), (115, failed), (165, failed)]);
    assert_eq!(count(&story, "nothing"), 0);
}

#[test]
fn what_may_still_be_used_is_better_than_a_failure() {
    let fails_later =
        "[faults.down]\nat = \"90ms\"\nerror_injection = { service = \"db\", share = \"100%\" }";
    let cache = |negative: &str| {
        let ttl = "ttl = { max = \"20ms\", stale_if_error = \"40ms\" }";
        let story = scene(("20/s", "230ms"), &format!("{ttl}\n{negative}"), READ_THROUGH, fails_later);
        (story.requests(), count(&story, "served"), count(&story, "nothing kept"))
    };
    let (ok, failed) = (Class::Ok, Class::GatewayError);
    let without = [(75, ok), (100, ok), (150, failed), (200, failed)];
    assert_eq!(cache(""), (without.to_vec(), 1, 0));
    // At 100 ms there is something for those who fail; at 150 ms it is of no use any more, and at 200 ms it is known that there is nothing.
    let with = "negative = { ttl = \"1s\", classes = [\"gateway_error\"] }";
    assert_eq!(cache(with), (without.to_vec(), 1, 1));
}

#[test]
fn that_an_instance_crashed_says_nothing_of_a_key() {
    let crash = "[faults.power]\nat = \"55ms\"\nduration = \"10ms\"\ncrash = { service = \"a\" }";
    let negative = "negative = { ttl = \"1s\", classes = [\"gateway_error\"] }";
    let story = scene(("20/s", "130ms"), negative, READ_THROUGH, crash);
    assert_eq!(story.requests(), [(55, Class::Reset), (125, Class::Ok)]);
    assert_eq!(count(&story, "nothing"), 0);
}

#[test]
fn a_warm_cache_has_no_keys_without_a_value_and_a_smaller_share_has_no_others() {
    let warm = |share: u32| {
        let cache = format!("absent = \"{share}%\"\nstart = \"warm\"");
        let text = text(("20/s", "30ms"), &cache, LOOK_ASIDE, "", "")
            .replace("capacity = 10", "capacity = 1000")
            .replace("to = \"a\"", "to = \"a\"\nkeys = { uniform = { count = 1000 } }");
        let plan = super::super::scene::plan(&text);
        let absent = plan.caches[0].absent;
        let site = absent.map(|absent| SiteKey::new(1, plan.sites[absent.site.index()].hash));
        let is_there = |key: &u32| absent.zip(site).is_none_or(|(absent, site)| !absent.is_key(*key, site));
        let there: Vec<u32> = (0..1000).filter(is_there).collect();
        let warmed = format!("warmed {}", there.len());
        assert_eq!(events(&tell(&text))[0].1, warmed);
        there
    };
    let (all, most, half) = (warm(0), warm(10), warm(50));
    assert_eq!(all.len(), 1000);
    // Four standard errors.
    assert!((862..=938).contains(&most.len()) && (437..=563).contains(&half.len()));
    assert!(half.iter().all(|key| most.contains(key)));
}

#[test]
fn what_fails_in_the_background_is_missed_by_nobody() {
    let once = |name: &str, at: &str| {
        format!(
            "[workloads.{name}]\narrivals = {{ open = {{ rate = \"1/{at}\", process = \"constant\" }} }}\nprofile = [{{ at = \"65ms\", scale = 0 }}]\nto = \"a\"\nhandler = \"{name}\"\n"
        )
    };
    let handlers = "handlers.fill = [{ put = \"cache\" }]\nhandlers.write = [{ invalidate = \"cache\" }]";
    let load = r#"{ cache = { get = "cache", load = [{ sleep = "30ms" }, { fail = "100%" }] } }"#;
    let cache = "ttl = { max = \"10ms\", stale_while_revalidate = \"1s\" }\nnegative = { ttl = \"1s\", classes = [\"server_error\"] }";
    let text =
        text(("20/s", "180ms"), cache, load, handlers, &(once("fill", "35ms") + &once("write", "60ms")));
    let story = tell(&text);
    // The refresh that began at 50 ms fails at 80 ms, when the entry is gone; who misses it at 100 ms loads, and hears at 130 ms that there is nothing.
    let failures = events(&story)
        .into_iter()
        .filter(|(_, name)| name.starts_with("nothing") || name.starts_with("failed"));
    assert_eq!(failures.collect::<Vec<_>>(), told(&[(130, "nothing kept, 0 evicted"), (150, "failed 20")]));
}
