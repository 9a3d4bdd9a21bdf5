//! What is put into a cache and stored elsewhere: before, or later.

use super::*;

/// Writers every 50 ms from 50 ms on; the `db` takes 25 ms.
const WRITE: &str = r#"{ put = "cache", store = [{ call = { to = "db" } }] }"#;

fn times(story: &Story, what: &str) -> Vec<u64> {
    events(story).into_iter().filter(|(_, name)| name == what).map(|(at, _)| at).collect()
}

#[test]
fn what_is_written_through_is_there_when_it_is_stored() {
    let story = scene(("20/s", "130ms"), "latency = \"2ms\"", WRITE, "");
    assert_eq!(story.requests(), [(77, Class::Ok), (127, Class::Ok)]);
    let expected = [(50, "store"), (77, "filled, 0 evicted"), (100, "store"), (127, "filled, 0 evicted")];
    assert_eq!(events(&story), told(&expected));
}

#[test]
fn what_cannot_be_stored_is_not_put_there_and_fails_whoever_writes() {
    let down = "[faults.down]\nat = \"10ms\"\nerror_injection = { service = \"db\", share = \"100%\" }";
    let story = scene(("20/s", "80ms"), "", WRITE, down);
    assert_eq!(story.requests(), [(50, Class::GatewayError)]);
    assert_eq!(events(&story), told(&[(50, "store"), (50, "store failed")]));
    // What is provided for that is done, inside and around it.
    let tried = format!(
        r#"{{ try = {{ steps = [{WRITE}, {{ fail = "100%" }}], otherwise = [{{ sleep = "3ms" }}] }} }}"#
    );
    assert_eq!(scene(("20/s", "80ms"), "", &tried, down).requests(), [(53, Class::Ok)]);
    let inside =
        r#"{ put = "cache", store = [{ try = { steps = [{ call = { to = "db" } }], otherwise = [] } }] }"#;
    let story = scene(("20/s", "80ms"), "", inside, down);
    assert_eq!(events(&story), told(&[(50, "store"), (50, "filled, 0 evicted")]));
    // A lock that was acquired for it is given back, one around it is not.
    let locked = r#"{ lock = { acquire = "out", steps = [{ try = { steps = [{ put = "cache", store = [{ lock = { acquire = "in", steps = [{ fail = "100%" }] } }] }] } }, { sleep = "5ms" }] } }"#;
    let locks = "[locks.in]\nscope = \"global\"\n[locks.out]\nscope = \"global\"";
    assert_eq!(scene(("20/s", "130ms"), "", locked, locks).requests(), [(55, Class::Ok), (105, Class::Ok)]);
}

#[test]
fn what_is_written_behind_is_stored_later_and_once() {
    let behind = "latency = \"2ms\"\nwrite_behind = { delay = \"60ms\" }";
    let story = scene(("50/s", "190ms"), behind, WRITE, "");
    let ends: Vec<u64> = story.requests().into_iter().map(|(at, _)| at).collect();
    assert_eq!(ends, [22, 42, 62, 82, 102, 122, 142, 162, 182]);
    // Dirty at 22 ms, stored from 82 ms on; what is put there at that instant or before is stored with it, and what comes meanwhile afterwards.
    let expected = [
        (22, "dirty"),
        (42, "again"),
        (62, "again"),
        (82, "store behind"),
        (82, "again"),
        (102, "again"),
        (107, "stored true"),
        (122, "again"),
        (142, "store behind"),
        (142, "again"),
        (162, "again"),
        (167, "stored true"),
        (182, "again"),
        (202, "store behind"),
        (227, "stored true"),
        (227, "clean"),
    ];
    let mut found = events(&story);
    found.retain(|(_, name)| !name.starts_with("filled"));
    assert_eq!(found, told(&expected));
    assert_eq!(story.received("db").len(), 3);
}

#[test]
fn whoever_finds_no_room_for_a_dirty_key_stores_it_himself() {
    let keys = "to = \"a\"\nkeys = { uniform = { count = 1_000_000 } }";
    let behind = "write_behind = { delay = \"60ms\", max_dirty = 2 }";
    let text = text(("50/s", "150ms"), behind, WRITE, "", "").replace("to = \"a\"", keys);
    let story = tell(&text);
    // 20, 40 are dirty until 105 and 130 ms; 60, 80 and 100 find no room; 120 and 140 do.
    let ends: Vec<u64> = story.requests().into_iter().map(|(at, _)| at).collect();
    assert_eq!(ends, [20, 40, 85, 105, 120, 125, 140]);
    assert_eq!(times(&story, "store"), [60, 80, 100]);
    assert_eq!(times(&story, "dirty"), [20, 40, 120, 140]);
    assert_eq!(times(&story, "clean"), [105, 130, 205, 230]);
}

#[test]
fn so_many_are_stored_at_once_and_the_others_in_their_order() {
    let keys = "to = \"a\"\nkeys = { uniform = { count = 1_000_000 } }";
    let story_of = |concurrency: u32| {
        let behind = format!("write_behind = {{ delay = \"10ms\", concurrency = {concurrency} }}");
        tell(&text(("100/s", "45ms"), &behind, WRITE, "", "").replace("to = \"a\"", keys))
    };
    // Due at 20, 30, 40 and 50 ms.
    assert_eq!(times(&story_of(1), "store behind"), [20, 45, 70, 95]);
    assert_eq!(times(&story_of(2), "store behind"), [20, 30, 45, 55]);
    assert_eq!(times(&story_of(4), "store behind"), [20, 30, 40, 50]);
}

#[test]
fn a_store_that_fails_is_tried_again_until_the_write_is_lost() {
    let down = |until: &str| {
        format!(
            "[faults.down]\nat = \"10ms\"\nduration = \"{until}\"\nerror_injection = {{ service = \"db\", share = \"100%\" }}"
        )
    };
    let behind = "write_behind = { delay = \"10ms\", max_attempts = 3, retry_delay = \"30ms\" }";
    let story = scene(("20/s", "80ms"), behind, WRITE, &down("100ms"));
    assert_eq!(times(&story, "store behind"), [60, 90, 120]);
    assert_eq!((times(&story, "stored true"), times(&story, "clean")), (vec![145], vec![145]));
    let story = scene(("20/s", "80ms"), behind, WRITE, &down("1s"));
    assert_eq!((times(&story, "stored false"), times(&story, "lost")), (vec![60, 90, 120], vec![120]));
    // What fails by chance draws anew.
    let coin = r#"{ put = "cache", store = [{ fail = "50%" }] }"#;
    let behind = "write_behind = { delay = \"1ms\", max_attempts = 1000, retry_delay = \"1ms\" }";
    let story = scene(("20/s", "2s"), behind, coin, "");
    assert!(times(&story, "stored false").len() > 10 && times(&story, "lost").is_empty());
    assert_eq!(times(&story, "clean").len(), 40);
}

#[test]
fn what_is_dirty_is_lost_with_its_instance_or_flushed_and_a_store_under_way_ends() {
    let crash = "[faults.power]\nat = \"65ms\"\nduration = \"10ms\"\ncrash = { service = \"a\" }";
    let behind = |delay: &str| format!("write_behind = {{ delay = \"{delay}\" }}");
    for (placement, flushed) in [("", 0), ("placement = { local = \"a\" }\n", 1)] {
        for delay in ["30ms", "10ms"] {
            let story = scene(("20/s", "80ms"), &format!("{placement}{}", behind(delay)), WRITE, crash);
            assert_eq!(times(&story, "lost"), [65], "{delay}");
            assert_eq!(count(&story, "flushed 1"), flushed);
        }
    }
    let flush = "[faults.flush]\nat = \"65ms\"\ncache_flush = { cache = \"cache\" }";
    let story = scene(("20/s", "80ms"), &behind("30ms"), WRITE, flush);
    assert_eq!((times(&story, "lost"), times(&story, "store behind")), (vec![65], vec![]));
    let story = scene(("20/s", "80ms"), &behind("10ms"), WRITE, flush);
    assert_eq!((times(&story, "stored true"), times(&story, "clean")), (vec![85], vec![85]));
    // A share of the keys takes their writes with it.
    let keys = "to = \"a\"\nkeys = { uniform = { count = 1_000_000 } }";
    let half = flush.replace("\"cache\" }", "\"cache\", share = \"50%\" }").replace("65ms", "450ms");
    let many =
        text(("1000/s", "401ms"), &behind("1s").replace(" }", ", concurrency = 200 }"), WRITE, "", &half)
            .replace("to = \"a\"", keys);
    let story = tell(&many.replace("capacity = 10", "capacity = \"unlimited\""));
    let flushed: Vec<String> =
        events(&story).into_iter().map(|(_, name)| name).filter(|name| name.starts_with("flushed")).collect();
    assert_eq!(flushed, [format!("flushed {}", times(&story, "lost").len())]);
}

#[test]
fn it_goes_on_when_whoever_wrote_it_is_gone_and_waits_with_a_paused_instance() {
    let gives_up = r#"{ put = "cache", store = [{ call = { to = "db" } }] }, { sleep = "1s" }"#;
    let behind = "write_behind = { delay = \"20ms\" }";
    let stops = "abandoned_work = \"abort\"";
    let story = tell(&text(("20/s", "80ms"), behind, gives_up, stops, "timeout = \"10ms\""));
    assert_eq!((times(&story, "dirty"), times(&story, "clean")), (vec![50], vec![95]));
    let pause = "[faults.stall]\nat = \"60ms\"\nduration = \"100ms\"\npause = { service = \"a\" }";
    let story = scene(("20/s", "80ms"), behind, WRITE, pause);
    assert_eq!((times(&story, "store behind"), times(&story, "clean")), (vec![160], vec![185]));
}

#[test]
fn what_is_not_there_any_more_is_given_out_as_long_as_it_is_dirty() {
    let readers = "[workloads.readers]\narrivals = { open = { rate = \"1/60ms\", process = \"constant\" } }\nprofile = [{ at = \"200ms\", scale = 0 }]\nto = \"a\"\nhandler = \"read\"\n";
    let read = format!("handlers.read = [{READ_THROUGH}]");
    let cache = "ttl = { max = \"5ms\" }\nwrite_behind = { delay = \"100ms\" }";
    let story = tell(&text(("20/s", "80ms"), cache, WRITE, &read, readers));
    let mut found = events(&story);
    found.retain(|(at, _)| *at > 50);
    // Dirty from 50 ms on, and until 175 ms.
    let expected = [
        (60, "expired"),
        (60, "served dirty 10"),
        (120, "missed"),
        (120, "served dirty 70"),
        (150, "store behind"),
        (175, "stored true"),
        (175, "clean"),
        (180, "missed"),
        (180, "load"),
        (205, "filled, 0 evicted"),
        (205, "loaded true"),
    ];
    assert_eq!(found, told(&expected));
    // And it is not loaded anew.
    let cache = "ttl = { max = \"1s\", refresh_after = \"5ms\" }\nwrite_behind = { delay = \"100ms\" }";
    let story = tell(&text(("20/s", "80ms"), cache, WRITE, &read, readers));
    assert_eq!(times(&story, "refresh"), [180]);
}

#[test]
fn a_write_takes_the_token_from_whoever_wants_to_fill_the_key() {
    let writers = "[workloads.writers]\narrivals = { open = { rate = \"1/60ms\", process = \"constant\" } }\nprofile = [{ at = \"70ms\", scale = 0 }]\nto = \"a\"\nhandler = \"write\"\n";
    for behind in ["", "write_behind = { delay = \"1s\" }\n"] {
        let write = r#"handlers.write = [{ put = "cache", store = [{ sleep = "10ms" }] }]"#;
        let cache = format!("{behind}lease = {{}}");
        let story = tell(&text(("20/s", "80ms"), &cache, LOOK_ASIDE, write, writers));
        assert_eq!(times(&story, "refused"), [75], "{behind}");
    }
}
