//! Goal: whoever makes a mistake learns where it is and what to do, and loses nothing. Method: one mistake at a time, made in the file or on
//! the command line, given to `check` and to `run`.

use crate::{MODEL, assert_refused, changed, names, place_with};

/// `check` and `run` refuse this model with these overrides, say all of `expected`, and write nothing.
#[track_caller]
fn refuses(text: impl AsRef<[u8]>, sets: &[&str], expected: &[&str]) {
    let place = place_with(text);
    for command in [&["check", "model.toml"][..], &["run", "model.toml", "--out", "new/out"]] {
        let overrides = sets.iter().flat_map(|set| ["--set", set]);
        let arguments: Vec<&str> = command.iter().copied().chain(overrides).collect();
        let ended = place.run(&arguments);
        assert_refused(&ended, expected);
        assert!(ended.stderr.len() < 4000, "{} bytes are no message any more", ended.stderr.len());
        assert_eq!(names(&place), ["model.toml"]);
    }
}

#[test]
fn a_set_of_a_path_that_does_not_exist() {
    let path = ["services.bd.threads=3"];
    refuses(MODEL, &path, &["command line:1:16", "--set services.bd.threads=3", "did you mean `db`?"]);
    let field = ["run.seed=2", "policies.browser.timeot=3s"];
    refuses(MODEL, &field, &["command line:2:24", "unknown field `timeot`", "did you mean `timeout`?"]);
    let element = ["services.db.handler[7].work=3ms"];
    refuses(MODEL, &element, &["command line:1:26", "`services.db.handler` has 1 element, counted from 0"]);
    let list = ["services.db.handlers[0].work=3ms"];
    refuses(
        MODEL,
        &list,
        &["command line:1:19", "`services.db` has no `handlers`", "did you mean `handler`?"],
    );
    let parameter = ["params.rate=3"];
    refuses(MODEL, &parameter, &["command line:1:14", "`rate` is not used", "write `\"$rate\"` where"]);
}

#[test]
fn a_set_that_is_none() {
    for (set, place) in
        [("", ":1:7"), ("=5", ":1:7"), ("run", ":1:10"), ("run.=5", ":1:11"), ("run.a b=5", ":1:12")]
    {
        refuses(
            MODEL,
            &[set],
            &["command line", place, "help: write `--set policies.db.retry.max_attempts=5`"],
        );
    }
    let place = place_with(MODEL);
    let ended = place.run(&["check", "model.toml", "--unset", "policies.browser.retry"]);
    assert_refused(&ended, &["command line:1:26", "`policies.browser` has no `retry`"]);
}

#[test]
fn a_wrong_unit() {
    refuses(
        changed("\"1s\"", "\"1sec\""),
        &[],
        &["model.toml:12:11", "timeout = \"1sec\"", "unknown unit `sec`", "1s", "`policies.browser.timeout`"],
    );
    refuses(
        changed("\"20s\"", "20"),
        &[],
        &["model.toml:4:12", "bare number `20`", "such as \"20ms\" or \"20s\""],
    );
    refuses(
        changed("\"50/s\"", "50/s"),
        &[],
        &["model.toml:7:30", "help: texts and quantities stand in quotes"],
    );
    refuses(
        MODEL,
        &["run.duration=1lightyear"],
        &["command line:1:20", "a unit is ns, us, ms, s, min, h or d"],
    );
}

#[test]
fn a_name_that_nothing_has() {
    refuses(
        changed("to = \"web\"", "to = \"wbe\""),
        &[],
        &["model.toml:8:6", "to = \"wbe\"", "no service is called `wbe`", "help: did you mean `web`?"],
    );
    let call = ["services.web.handler[1].call.to=shoppers"];
    refuses(
        MODEL,
        &call,
        &["command line:1:39", "no service is called `shoppers`", "help: the model has `db` and `web`"],
    );
    let policy = ["workloads.shoppers.policy=brwser"];
    refuses(
        MODEL,
        &policy,
        &["command line:1:33", "no policy is called `brwser`", "help: did you mean `browser`?"],
    );
    let fault = ["faults.slow.degrade.service=bd"];
    refuses(MODEL, &fault, &["command line:1:35", "no service is called `bd`", "help: did you mean `db`?"]);
}

#[test]
fn a_negative_rate() {
    refuses(
        changed("\"50/s\"", "\"-50/s\""),
        &[],
        &["model.toml:7:30", "rate = \"-50/s\"", "negative rate `-50/s`", "a rate is at least \"0/s\""],
    );
}

#[test]
fn a_share_above_everything() {
    refuses(
        changed("{ work = \"2ms\" }", "{ fail = \"130%\" }"),
        &[],
        &["model.toml:17:21", "fail = \"130%\"", "share `130%` is more than everything", "at most \"100%\""],
    );
}

#[test]
fn calls_in_a_circle() {
    refuses(
        changed("{ work = \"exponential(3ms)\" }", "{ work = \"3ms\" }, { call = { to = \"web\" } }"),
        &[],
        &[
            "model.toml:",
            "db -> web -> db",
            "call = { to = ",
            "help: every attempt would make another one for ever",
        ],
    );
    refuses(
        MODEL,
        &["services.db.handler[0]={call={to=\"db\"}}"],
        &["command line:1:", "db -> db", "help: "],
    );
}

#[test]
fn a_call_that_can_be_lost_without_a_timer() {
    refuses(
        changed("capacity = 16", "capacity = 16, when_full = \"drop\"").replace("timeout = \"1s\"", ""),
        &[],
        &[
            "model.toml:9:10",
            "policy = \"browser\"",
            "would never end",
            "help: write `timeout` or `per_try_timeout` in `[policies.browser]`, or `when_full = \"reject\"`",
        ],
    );
}

#[test]
fn a_timer_of_no_time() {
    for field in ["timeout", "per_try_timeout"] {
        let path = format!("policies.browser.{field}");
        let expected =
            ["command line:1:", &format!("`{path}`"), "a timer of 0", "no limit is written `\"unlimited\"`"];
        refuses(MODEL, &[&format!("{path}=0s")], &expected);
    }
}

#[test]
fn more_requests_than_anybody_can_wait_for() {
    let rate = ["workloads.shoppers.arrivals.open.rate=999999999/us"];
    refuses(
        MODEL,
        &rate,
        &["command line:1:45", "this brings about 2.0e16 requests", "help: lower the rate"],
    );
    let profile = ["workloads.shoppers.profile=[{ at = \"3s\", scale = 1e300 }]"];
    refuses(MODEL, &profile, &["model.toml:7:30", "requests, more than 1e12"]);
    let spike = [
        "faults.slow={ at = \"1s\", duration = \"1ns\", load_spike = { workload = \"shoppers\", factor = 1e30 } }",
    ];
    refuses(
        MODEL,
        &spike,
        &["command line:1:", "`faults.slow.load_spike.factor`", "requests, more than 1e12"],
    );
}

#[test]
fn an_empty_file() {
    for text in ["", "\n\n", "# nothing but a comment\n", "\u{feff}"] {
        refuses(
            text,
            &[],
            &["`model.toml` is empty", "help: a model needs at least a `name`, a `[run]`, a workload"],
        );
    }
}

#[test]
fn a_line_of_a_megabyte() {
    let word = "a".repeat(1_000_000);
    refuses(
        format!("name = \"{word}\"\n"),
        &[],
        &["model.toml:1:1", "the model has no `run`", "help: write `[run]`"],
    );
    refuses(&word, &[], &["model.toml:1:1000001", "not TOML", "aaaa", "help: TOML has lines such as"]);
    let step = format!("{{ {}wrok = \"2ms\" }}", " ".repeat(1_000_000));
    let long = changed("{ work = \"2ms\" }", &step);
    refuses(long, &[], &["model.toml:17:1000014", "wrok = \"2ms\"", "help: did you mean `work`?"]);
}

#[test]
fn a_file_that_is_no_text() {
    let binary: Vec<u8> = (0..200_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    refuses(
        &binary,
        &[],
        &["`model.toml` is not UTF-8 text: byte 0x", "line 1", "help: a model is a TOML file"],
    );
    let utf16: Vec<u8> = "\u{feff}name".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refuses(utf16, &[], &["offset 0", "help: it looks like UTF-16; save it as UTF-8"]);
    let control = changed("\"shop\"", "\"sh\u{0}op\"");
    refuses(control, &[], &["model.toml:1:11", "not TOML", "help: "]);
}

#[test]
fn nesting_without_end() {
    for text in ["a = ".to_owned() + &"[".repeat(100_000), "a = ".to_owned() + &"{ a = ".repeat(100_000)] {
        refuses(text, &[], &["model.toml:1:", "nested too deeply", "help: "]);
    }
    refuses(format!("[{}a]\n", "a.".repeat(100_000)), &[], &["nested too deeply", "help: "]);
    refuses(MODEL, &[&format!("{}=1", ["a"; 1000].join("."))], &["a path has at most 32 steps"]);
}

#[test]
fn an_unknown_field_suggests_the_right_one() {
    refuses(
        changed("threads = 4", "thraeds = 4"),
        &[],
        &["model.toml:15:1", "thraeds = 4", "unknown field `thraeds`", "help: did you mean `threads`?"],
    );
    refuses(
        changed("timeout = \"1s\"", "num_retries = 2"),
        &[],
        &["model.toml:12:1", "unknown field `num_retries`", "`max_attempts` counts the first try"],
    );
}

#[test]
fn a_table_or_key_that_is_written_twice() {
    let twice = format!("{MODEL}[services.db]\nthreads = 3\n");
    refuses(twice, &[], &["model.toml:27:11", "`db` is written twice", "help: keep one of the two"]);
    let key = changed("threads = 4\n", "threads = 4\nthreads = 5\n");
    refuses(key, &[], &["model.toml:16:1", "`threads` is written twice", "help: keep one of the two"]);
}

#[test]
fn numbers_that_are_none() {
    for (set, expected) in [
        ("services.web.instances=nan", "a whole number"),
        ("services.web.instances=1.5", "a whole number"),
        ("services.web.instances=-1", "a whole number"),
        ("services.web.instances=1000000000", "not between 1 and 1000000"),
        ("services.web.instances=99999999999999999999", "at most 64 bits"),
        ("faults.slow.degrade.factor=nan", "not finite"),
        ("faults.slow.degrade.factor=inf", "not finite"),
        ("faults.slow.degrade.factor=0", "help: write a factor above 1"),
        ("run.duration=0s", "nothing can happen in no time"),
        ("run.duration=999999999d", "the longest is \"213503d\""),
        ("run.interval=0s", "an interval needs a length"),
        ("run.interval=1min", "longer than the run"),
        ("run.interval=1ns", "edges and services are more than 5000000"),
        ("run.warmup=20s", "leaves nothing of the run"),
        ("run.seed=-1", "a whole number from 0 to 18446744073709551615"),
        ("run.seed=18446744073709551616", "at most 64 bits"),
    ] {
        refuses(MODEL, &[set], &["command line:1:", expected]);
    }
    // A default has no line of its own.
    let too_short = ["run.duration=1ns"];
    refuses(
        MODEL,
        &too_short,
        &["model.toml:3:2", "an interval of 1s is longer than the run", "`run.interval`"],
    );
}

#[test]
fn names_that_cannot_be_any() {
    for name in ["../up", "a b", "a.b", "..", "-x", "", "é", "a\nb"] {
        let set = format!("name={name}");
        refuses(MODEL, &[&set], &["command line:1:12", "help: it names the output directory"]);
    }
    // The path of the message leads back to the line, whatever the name is made of.
    let strange = format!(
        "{MODEL}[services.\"a.\\\"b\\\\ü\\n\"]\nthreads = \"unlimited\"\nhandler = [{{ work = \"1ms\" }}]\n"
    );
    refuses(strange, &[], &["model.toml:27:11", "help: paths, tables and sweeps are built from names"]);
}

#[test]
fn parameters_that_lead_nowhere_or_in_a_circle() {
    let with = |params: &str| format!("{}\n[params]\n{params}", changed("\"50/s\"", "\"$rate\""));
    refuses(with(""), &[], &["model.toml:7:30", "unknown parameter `$rate`", "help: define it"]);
    refuses(with("rato = \"3/s\""), &[], &["model.toml:7:30", "help: did you mean `\"$rato\"`?"]);
    refuses(
        with("rate = \"$rate\""),
        &[],
        &["model.toml:29:8", "a parameter cannot stand for another parameter"],
    );
    refuses(with("rate = [\"$rate\"]"), &[], &["model.toml:29:8", "expected a rate"]);
}

#[test]
fn several_mistakes_at_once() {
    let text = changed("threads = 4", "thraeds = 4")
        .replace("\"20s\"", "20")
        .replace("to = \"web\"", "too = \"web\"");
    refuses(
        text,
        &["run.seed=x"],
        &["model.toml:4:12", "model.toml:8:1", "model.toml:15:1", "command line:1:16"],
    );
}

#[test]
fn all_of_many_mistakes_are_not_too_many() {
    let services: Vec<String> = (0..1000).map(|i| format!("[services.s{i}]\nfoo = 1\n")).collect();
    let ended = place_with(format!("{MODEL}{}", services.concat())).run(&["check", "model.toml"]);
    assert_refused(&ended, &["model.toml:28:1", "unknown field `foo`"]);
    let count = ended.stderr.matches("error[").count();
    assert!((50..=60).contains(&count), "{count} messages");
}

#[test]
fn line_endings_and_marks_of_other_systems_are_no_mistake() {
    let windows = format!("\u{feff}{}", MODEL.replace('\n', "\r\n"));
    let place = place_with(&windows);
    assert_eq!(place.run(&["check", "model.toml"]).success(), "`model.toml` is a valid model\n");
    refuses(windows.replace("threads = 4", "thraeds = 4"), &[], &["model.toml:15:1", "^^^^^^^"]);
}

#[test]
fn files_that_cannot_be_read() {
    let place = place_with(MODEL);
    for name in ["nosuch.toml", ".", "model.toml/below", "a\nb", &"a".repeat(5000)] {
        for command in ["check", "run", "explain"] {
            assert_refused(
                &place.run(&[command, name]),
                &["error: cannot read `", "help: name an existing TOML file"],
            );
        }
    }
    let set = "services.db.handler[0].work=empirical(nosuch.csv)";
    let ended = place.run(&["run", "model.toml", "--set", set]);
    assert_refused(
        &ended,
        &["command line:1:35", "cannot read `nosuch.csv`", "help: the file is looked up beside the model"],
    );
    assert_eq!(names(&place), ["model.toml"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_without_an_end_does_not_fill_the_memory() {
    let place = place_with(MODEL);
    assert_refused(
        &place.run(&["check", "/dev/zero"]),
        &["cannot read `/dev/zero`: it is larger than 256 MiB"],
    );
    let endless = "services.db.handler[0].work=empirical(/dev/zero)";
    assert_refused(&place.run(&["check", "model.toml", "--set", endless]), &["it is larger than 256 MiB"]);
}

#[test]
fn arguments_that_make_no_sense() {
    let place = place_with(MODEL);
    for (arguments, expected) in [
        (&["frobnicate"][..], "frobnicate"),
        (&["run"], "<MODEL>"),
        (&["run", "model.toml", "extra"], "extra"),
        (&["run", "model.toml", "--sed", "3"], "--seed"),
        (&["run", "model.toml", "--seed=-1"], "-1"),
        (&["run", "model.toml", "--seed=18446744073709551616"], "too large"),
        (&["run", "model.toml", "--format=xml"], "json"),
        (&["run", ""], "MODEL"),
    ] {
        assert_refused(&place.run(arguments), &["error: ", expected]);
    }
    assert_eq!(names(&place), ["model.toml"]);
    let nothing = place.run(&[]);
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.stderr.contains("Usage: metastable <COMMAND>"));
}

#[test]
fn mistakes_as_data() {
    let place = place_with(changed("threads = 4", "thraeds = 4"));
    let ended = place.run(&["check", "model.toml", "--format", "json"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(2), ""));
    let found: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    for (pointer, value) in [
        ("/0/code", "M010".into()),
        ("/0/severity", "error".into()),
        ("/0/message", "unknown field `thraeds`".into()),
        ("/0/path", "services.web.thraeds".into()),
        ("/0/location/source", "model.toml".into()),
        ("/0/location/line", 15.into()),
        ("/0/location/column", 1.into()),
        ("/0/text", "thraeds".into()),
    ] {
        assert_eq!(found.pointer(pointer), Some::<&serde_json::Value>(&value), "{pointer}");
    }
    let good = place_with(MODEL).run(&["check", "model.toml", "--format", "json"]);
    assert_eq!(good.success(), "[]\n");
}
