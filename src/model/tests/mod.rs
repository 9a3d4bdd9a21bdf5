//! Goal: every mistake that a user can make gets a message that says what, where and what to do; and every model that is
//! accepted can be explained, written out and read back. Method: one small model, changed at one place per test, and the
//! whole message compared.

use super::*;

mod balancers;
mod caches;
mod effective;
mod locks;
mod meaning;
mod memory;
mod network;
mod policies;
mod presets;
mod registers;
mod types;

/// A model in which nothing is wrong; each test changes a line of it.
const GOOD: &str = r#"name = "checkout"
[run]
duration = "15min"
[workloads.shoppers]
arrivals = { open = { rate = "800/s" } }
to = "db"
policy = "db"
[services.db]
threads = 4
queue = { capacity = 256 }
handler = [ { work = "8ms" } ]
[policies.db]
timeout = "4s"
per_try_timeout = "500ms"
retry = { max_attempts = 2 }
"#;

fn load(text: &str, overrides: &[&str]) -> Result<Loaded, Diagnostics> {
    let mut all = Overrides::new();
    for argument in overrides {
        match argument.strip_prefix("--unset ") {
            Some(path) => all.unset(path),
            None => all.set(argument),
        }
    }
    Model::parse("m.toml", text, &all)
}

/// [`GOOD`] with `from` replaced by `to`.
fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "`{from}` is not in the model");
    GOOD.replacen(from, to, 1)
}

/// Compares all messages for `text` with overrides; what is accepted gives its warnings.
fn check(text: &str, overrides: &[&str], expected: &str) {
    let found = load(text, overrides).map_or_else(|found| found, |loaded| loaded.warnings);
    assert_eq!(found.to_string().trim_end(), expected.trim(), "\n{found}");
}

/// Compares code, place and message of each finding, without the drawing.
fn check_short(text: &str, overrides: &[&str], expected: &[&str]) {
    let found = load(text, overrides).map_or_else(|found| found, |loaded| loaded.warnings);
    let short: Vec<String> = found
        .iter()
        .map(|diagnostic| {
            let at =
                diagnostic.location.as_ref().map_or("-".to_owned(), |l| format!("{}:{}", l.line, l.column));
            format!("{} {at} {}", diagnostic.code, diagnostic.message)
        })
        .collect();
    assert_eq!(short, expected, "\n{found}");
}

#[test]
fn a_good_model_has_no_warnings() {
    check(GOOD, &[], "");
}

#[test]
fn a_set_of_a_field_that_does_not_exist_is_shown_as_typed() {
    check(
        GOOD,
        &["policies.db.rety.max_attempts=5"],
        r"
error[M010]: unknown field `rety`
 --> command line:1:19
  |
1 | --set policies.db.rety.max_attempts=5
  |                   ^^^^ `policies.db.rety`
  |
  = help: did you mean `retry`? Possible here are `preset`, `timeout`, `per_try_timeout`, `retry`, `late_replies`, `deadline`, `balancer`, `circuit_breaker`, `bulkhead`, `outlier_detection`, `pool`, `adaptive_throttle`, `rate_limit`, `hedge` and `scope`",
    );
}

#[test]
fn a_set_below_a_service_that_does_not_exist_does_not_begin_one() {
    check(
        GOOD,
        &["run.seed=2", "services.bd.threads=3"],
        r"
error[M006]: `services` has no `bd`
 --> command line:2:16
  |
2 | --set services.bd.threads=3
  |                ^^
  |
  = help: did you mean `db`?",
    );
    check_short(
        GOOD,
        &["policies.nosuch.timeout=3s", "faults.x.at=3s"],
        &["M006 1:16 `policies` has no `nosuch`", "M006 2:14 `faults` has no `x`"],
    );
}

#[test]
fn overrides_say_where_they_cannot_go() {
    check_short(
        GOOD,
        &[
            "services.db.handler[3].work=3ms",
            "services.db.threads.x=1",
            "services.db.handler.work=1ms",
            "--unset policies.db.rety",
            "services.db",
            "a b=3",
            "--unset run.seed=3",
            "params.rate=3",
        ],
        &[
            "M006 1:26 `services.db.handler` has 1 element, counted from 0",
            "M006 2:27 `services.db.threads` is the number `4`, not a table",
            "M006 3:27 `services.db.handler` is a list",
            "M006 4:21 `policies.db` has no `rety`",
            "M005 5:18 `--set` needs a path, `=` and a value",
            "M005 6:8 a path cannot contain ` ` here",
            "M005 7:17 `--unset` takes a path alone",
            "M006 8:14 the parameter `rate` is not used",
        ],
    );
}

#[test]
fn overrides_change_add_and_remove_in_order() {
    let overrides = [
        "services.db.handler[0].work=5ms",
        "policies.default.timeout=2s",
        "workloads.shoppers.policy=default",
        "policies.db.timeout=9s",
        "--unset policies.db",
        "run.seed=18446744073709551615",
    ];
    let model = load(GOOD, &overrides).unwrap().model;
    assert_eq!(model.services["db"].handler[0].work, Some("5ms".parse().unwrap()));
    assert_eq!(model.policies["default"].timeout, "2s".parse().unwrap());
    assert_eq!(model.policies.len(), 1);
    assert_eq!(model.run.seed, u64::MAX);
    let mut seeded = Overrides::new();
    seeded.seed(7);
    assert_eq!(Model::parse("m.toml", GOOD, &seeded).unwrap().model.run.seed, 7);
}

#[test]
fn quantities_keep_their_own_words() {
    check(
        &changed("\"4s\"", "4"),
        &[],
        r#"
error[M015]: bare number `4`: a duration needs a unit, such as "4ms" or "4s"
  --> m.toml:13:11
   |
13 | timeout = 4
   |           ^ `policies.db.timeout`"#,
    );
    check_short(
        &changed("\"800/s\"", "\"-800/s\""),
        &[
            "services.db.handler[0].fail=130%",
            "--unset services.db.handler[0].work",
            "run.duration=3 lightyears",
        ],
        &[
            "M015 5:30 negative rate `-800/s`: a rate is at least \"0/s\"",
            "M015 1:35 share `130%` is more than everything: a share is at most \"100%\"",
            "M015 3:20 `3 lightyears` contains a space",
        ],
    );
}

#[test]
fn a_dangling_name_suggests_the_right_one() {
    check(
        &changed("to = \"db\"", "to = \"bd\""),
        &[],
        r#"
error[M020]: no service is called `bd`
 --> m.toml:6:6
  |
6 | to = "bd"
  |      ^^^^ `workloads.shoppers.to`
  |
  = help: did you mean `db`?"#,
    );
    let fault = "[faults.x]\nat = \"1s\"\ndegrade = { service = \"shoppers\", factor = 2 }\n";
    check_short(
        &format!("{GOOD}{fault}"),
        &["workloads.shoppers.policy=bd"],
        &["M020 18:23 no service is called `shoppers`", "M020 1:33 no policy is called `bd`"],
    );
}

#[test]
fn a_call_that_could_wait_for_ever_names_both_places() {
    check(
        &changed("capacity = 256", "capacity = 256, when_full = \"drop\""),
        &["policies.db={}"],
        r#"
error[M026]: a call from `shoppers` that `db` drops would never end: `services.db.queue.when_full` is `"drop"` and the policy `db` has no timer
 --> m.toml:7:10
  |
7 | policy = "db"
  |          ^^^^ `workloads.shoppers.policy`
  |
  = help: write `timeout` or `per_try_timeout` in `[policies.db]`, or `when_full = "reject"`"#,
    );
    check(&changed("capacity = 256", "capacity = 256, when_full = \"drop\""), &[], "");
}

#[test]
fn files_that_are_no_models_at_all() {
    check(
        "# nothing\n",
        &[],
        "
error[M002]: `m.toml` is empty
 |
 = help: a model needs at least a `name`, a `[run]`, a workload and a service",
    );
    let binary = Model::parse_bytes("m.bin", b"name = 1\n\xff\x00", &Overrides::new()).unwrap_err();
    assert!(
        binary.to_string().contains("`m.bin` is not UTF-8 text: byte 0xff at offset 9, line 2"),
        "{binary}"
    );
    let windows = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    check(&windows, &[], "");
    assert_eq!(load(&windows, &[]).unwrap().model, load(GOOD, &[]).unwrap().model);
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let step = format!("{} wrok = \"8ms\", name = \"{}\"", " ".repeat(500_000), "y".repeat(500_000));
    let found = load(&changed("work = \"8ms\"", &step), &[]).unwrap_err();
    let text = found.to_string();
    assert!(text.contains("m.toml:11:500016\n"), "{}", &text[..300]);
    assert!(text.contains("wrok = \"8ms\"") && text.contains("^^^^ `services.db.handler[0].wrok`"));
    assert!(text.len() < 1000, "{} bytes", text.len());
}

#[test]
fn a_hostile_text_cannot_make_the_messages_long_or_slow() {
    for text in ["[".repeat(1_000_000), "x = [".repeat(100_000), "=\n".repeat(100_000), "a.".repeat(100_000)]
    {
        let found = load(&text, &[]).unwrap_err();
        assert!(found.to_string().len() < 30_000 && found.len() <= 60, "{} messages", found.len());
    }
    check_short(GOOD, &["run.\"a\u{1b}[31mb\"=3"], &["M010 1:11 unknown field `a\\u{1b}[31mb`"]);
    assert!(!load(GOOD, &["run.\"a\u{1b}[31mb\"=3"]).unwrap_err().to_string().contains('\u{1b}'));
}

#[test]
fn syntax_errors_are_collected() {
    check(
        &changed("\"800/s\"", "800/s"),
        &[],
        r#"
error[M003]: not TOML: this value must stand in quotes
 --> m.toml:5:30
  |
5 | arrivals = { open = { rate = 800/s } }
  |                              ^^^^^
  |
  = help: texts and quantities stand in quotes: `rate = "800/s"`"#,
    );
    check_short(
        &changed("threads = 4\n", "threads = 4\nthreads = 5\n").replace("\"4s\"", ""),
        &[],
        &[
            "M004 10:1 `threads` is written twice in the same table",
            "M003 14:11 not TOML: a value is missing",
        ],
    );
}

#[test]
fn parameters_stand_for_whole_values() {
    let text = format!("{}[params]\nload = \"700/s\"\nattempts = 4\n", changed("\"800/s\"", "\"$load\""));
    let text = text.replace("max_attempts = 2", "max_attempts = \"$attempts\"");
    let model = load(&text, &["params.load=900/s"]).unwrap().model;
    let direct =
        load(GOOD, &["workloads.shoppers.arrivals.open.rate=900/s", "policies.db.retry.max_attempts=4"]);
    assert_eq!(model, direct.unwrap().model);
    check_short(
        &text.replace("$load", "$laod"),
        &[],
        &["M007 5:30 unknown parameter `$laod`", "M100 17:1 the parameter `load` is not used"],
    );
    check_short(&text, &["params.attempts=-1"], &["M015 1:23 `-1` is not a limit"]);
    check_short(
        &text.replace("attempts = 4", "attempts = \"$load\""),
        &["description=$5 per hour"],
        &[
            "M008 18:12 a parameter cannot stand for another parameter, here `$load`",
            "M015 18:12 `$load` is not a whole number",
        ],
    );
}

#[test]
fn no_slip_of_the_hand_makes_the_parser_panic() {
    for (at, _) in GOOD.char_indices() {
        for replacement in ["", "\"", "[", "=", ".", "{", "\n", "9", "é"] {
            let text = format!("{}{replacement}{}", &GOOD[..at], &GOOD[at + 1..]);
            let rendered = load(&text, &[]).map_or_else(|found| found.to_string(), |loaded| explain(&loaded));
            assert!(!rendered.is_empty());
        }
    }
}

#[test]
fn diagnostics_are_data_too() {
    let found = load(&changed("threads = 4", "thread = 4"), &[]).unwrap_err();
    let data = serde_json::to_value(&found).unwrap();
    assert_eq!(data[0]["code"], "M010");
    assert_eq!(data[0]["location"]["source"], "m.toml");
    assert_eq!(data[0]["location"]["line"], 9);
    assert_eq!(data[0]["text"], "thread");
    assert!(found.render(true).contains('\u{1b}') && !found.render(false).contains('\u{1b}'));
}
