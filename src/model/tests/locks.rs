//! Locks: what is refused or doubted, and with which words.

use super::*;

/// What is found in a model whose service `db` has this instead of its handler, and these lines.
#[track_caller]
fn finds(handler: &str, lines: &str, expected: &[&str]) {
    let text = changed("handler = [ { work = \"8ms\" } ]\n", &format!("{handler}\n"))
        .replace("to = \"db\"\n", "to = \"db\"\nkeys = { uniform = { count = 100 } }\n");
    let found = load(&(text + lines), &[]).map_or_else(|found| found, |loaded| loaded.warnings);
    let short: Vec<String> = found
        .iter()
        .map(|diagnostic| {
            let path = diagnostic.path.clone().unwrap_or_default();
            format!("{} {path}: {}", diagnostic.code, diagnostic.message)
        })
        .collect();
    assert_eq!(short, expected, "\n{found}");
}

const ROW: &str = "[locks.row]\nscope = \"key\"\n";
const UNDER_ROW: &str = "handler = [ { lock = { acquire = \"row\", steps = [ { work = \"8ms\" } ] } } ]";

#[test]
fn a_lock_is_accepted_and_explained() {
    finds(UNDER_ROW, ROW, &[]);
    let text = changed("handler = [ { work = \"8ms\" } ]\n", &format!("{UNDER_ROW}\n"));
    let loaded = load(&(text + ROW), &[]).unwrap();
    let effective = loaded.model.effective_toml();
    for part in ["mode = \"exclusive\"", "wait_timeout = \"unlimited\""] {
        assert!(effective.contains(part), "{effective}");
    }
    assert_eq!(load(&effective, &[]).unwrap().model, loaded.model);
}

#[test]
fn names_and_uses_of_locks_are_checked() {
    let unknown = "M020 services.db.handler[0].lock.acquire: no lock is called `row`";
    finds(UNDER_ROW, "", &[unknown]);
    finds("handler = [ { work = \"8ms\" } ]", ROW, &["M105 locks.row: nobody acquires `row`"]);
    let twice = "handler = [ { lock = { acquire = \"row\", steps = [ { lock = { acquire = \"row\", steps = [ { work = \"8ms\" } ] } } ] } } ]";
    let own = "M024 services.db.handler[0].lock.steps[0].lock.acquire: `row` is held here already, and would be waited for by the one who has it";
    finds(twice, ROW, &[own]);
    finds(
        "handler = [ { lock = { acquire = \"row\", steps = [] } } ]",
        ROW,
        &["M024 services.db.handler[0].lock.steps: there is no step in here"],
    );
    let fault = |what: &str| {
        format!("[locks.row]\nscope = \"global\"\n[faults.held]\nat = \"1s\"\nlock_held = {{ {what} }}\n")
    };
    finds(UNDER_ROW, &fault("lock = \"rwo\""), &["M020 faults.held.lock_held.lock: no lock is called `rwo`"]);
    finds(
        UNDER_ROW,
        &fault("lock = \"row\", key = 3"),
        &["M030 faults.held.lock_held.key: `row` is not a lock of keys"],
    );
}

#[test]
fn a_circle_of_locks_is_doubted() {
    let both = |first: &str, second: &str| {
        format!(
            "[ {{ lock = {{ acquire = \"{first}\", steps = [ {{ lock = {{ acquire = \"{second}\", steps = [ {{ work = \"8ms\" }} ] }} }} ] }} }} ]"
        )
    };
    let handlers = |first: String, second: String| {
        format!("handler = {first}\n[services.db.handlers]\nother = {second}\n")
    };
    let locks = |patience: &str| {
        format!("[locks.row]\nscope = \"key\"\n[locks.table]\nscope = \"global\"\n{patience}\n")
    };
    finds(&handlers(both("row", "table"), both("row", "table")), &locks(""), &[]);
    let circle = "M117 services.db.handler[0].lock.steps[0].lock.acquire: these locks are acquired in a circle, so that requests may wait for one another for ever: row -> table -> row";
    finds(&handlers(both("row", "table"), both("table", "row")), &locks(""), &[circle]);
    finds(&handlers(both("row", "table"), both("table", "row")), &locks("wait_timeout = \"50s\""), &[]);
    let called = |scope: &str| {
        format!(
            "[locks.row]\nscope = \"{scope}\"\n[services.log]\nthreads = \"unlimited\"\nhandler = [ {{ lock = {{ acquire = \"row\", steps = [ {{ work = \"1ms\" }} ] }} }} ]\n"
        )
    };
    let call = "handler = [ { lock = { acquire = \"row\", steps = [ { call = { to = \"log\" } } ] } } ]";
    let own = "M117 services.db.handler[0].lock.steps[0].call: these locks are acquired in a circle, so that requests may wait for one another for ever: row -> row";
    finds(call, &called("global"), &[own]);
    finds(call, &called("instance"), &[]);
}

#[test]
fn a_load_that_others_wait_for_is_like_a_lock() {
    let model = |under: &str, load: &str| {
        format!(
            "handler = [ {{ lock = {{ acquire = \"row\", steps = [ {under} ] }} }} ]\n[services.db.handlers]\nother = [ {{ cache = {{ get = \"pages\", load = [ {load} ] }} }} ]\n"
        )
    };
    let lines = |coalesce: &str, lock: &str| {
        format!("{ROW}{lock}\n[caches.pages]\ncapacity = 10\ncoalesce = \"{coalesce}\"\n")
    };
    let (look_up, work) =
        ("{ cache = { get = \"pages\", load = [ { work = \"1ms\" } ] } }", "{ work = \"1ms\" }");
    let locked = "{ lock = { acquire = \"row\", steps = [ { work = \"1ms\" } ] } }";
    let circle = "M117 services.db.handler[0].lock.steps[0].cache.get: these are waited for in a circle, so that requests may wait for one another for ever: row -> the load of `pages` -> row";
    finds(&model(look_up, locked), &lines("instance", ""), &[circle]);
    finds(&model(look_up, locked), &lines("cache", ""), &[circle]);
    finds(&model(look_up, locked), &lines("none", ""), &[]);
    finds(&model(look_up, locked), &lines("cache", "wait_timeout = \"1s\""), &[]);
    finds(&model(look_up, work), &lines("cache", ""), &[]);
    finds(&model(work, locked), &lines("cache", ""), &[]);
}

#[test]
fn nobody_waits_for_a_load_of_its_own() {
    let handler = "handler = [ { cache = { get = \"pages\", load = [ { sequence = [ { cache = { get = \"pages\", load = [ { work = \"1ms\" } ] } } ] } ] } } ]";
    let lines = |coalesce: &str| format!("[caches.pages]\ncapacity = 10\ncoalesce = \"{coalesce}\"\n");
    let own = "M024 services.db.handler[0].cache.load[0].sequence[0].cache.get: this is done in the load of `pages`, and would wait for the end of that";
    finds(handler, &lines("instance"), &[own]);
    finds(handler, &lines("cache"), &[own]);
    finds(handler, &lines("none"), &[]);
    // Through somebody who is called, it is the same where everybody waits for one load.
    let handler = "handler = [ { cache = { get = \"pages\", load = [ { call = { to = \"log\" } } ] } } ]";
    let log = "[services.log]\nthreads = \"unlimited\"\nhandler = [ { cache = { get = \"pages\", load = [ { work = \"1ms\" } ] } } ]\n";
    let circle = "M117 services.db.handler[0].cache.load[0].call: these are waited for in a circle, so that requests may wait for one another for ever: the load of `pages` -> the load of `pages`";
    finds(handler, &(lines("cache") + log), &[circle]);
    finds(handler, &(lines("instance") + log), &[]);
}

/// A regression: only steps `call` were followed.
#[test]
fn what_a_cache_in_a_service_is_asked_is_a_call_too() {
    let handler = "handler = [ { lock = { acquire = \"row\", steps = [ { cache = { get = \"pages\", on_miss = [ { work = \"1ms\" }, { put = \"pages\" } ] } } ] } } ]";
    let lines = |scope: &str, calls: &str| {
        format!(
            "[locks.row]\nscope = \"{scope}\"\n[caches.pages]\ncapacity = 10\nplacement = {{ service = \"redis\" }}\ncalls = {{ {calls} }}\n[services.redis]\nthreads = \"unlimited\"\nhandler = [ {{ work = \"1ms\" }} ]\n[services.redis.handlers]\nset = [ {{ lock = {{ acquire = \"row\", steps = [ {{ work = \"1ms\" }} ] }} }} ]\n"
        )
    };
    let circle = |field: &str| {
        format!(
            "M117 services.db.handler[0].lock.steps[0].cache.{field}: these locks are acquired in a circle, so that requests may wait for one another for ever: row -> row"
        )
    };
    finds(handler, &lines("global", "put = \"set\""), &[&circle("on_miss[1].put")]);
    finds(handler, &lines("global", "get = \"set\""), &[&circle("get")]);
    finds(handler, &lines("instance", "put = \"set\""), &[]);
}
