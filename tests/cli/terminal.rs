//! Goal: what is printed fits where it goes: eighty columns, no colours in a pipe, ASCII on request, and a reader may leave early.

use std::fs;
use std::process::Stdio;

use crate::models::models;
use crate::program::{Ended, Place};
use crate::{MODEL, RESULTS, assert_refused, place_with};

/// A command of each kind, for what holds for all of them.
const COMMANDS: [&[&str]; 6] = [
    &["run", "model.toml", "--out", "out"],
    &["run", "model.toml", "--out", "out", "--format", "json"],
    &["check", "model.toml"],
    &["explain", "model.toml"],
    &["--help"],
    &["--version"],
];

#[test]
fn all_models_fit_into_eighty_columns() {
    for path in models() {
        let place = Place::new();
        let name = path.file_name().unwrap().to_str().unwrap();
        fs::copy(&path, place.path().join(name)).unwrap();
        let text = place.run(&["run", name]).success();
        let (verdict, rest) = text.split_once("  ").unwrap();
        assert!(verdict.chars().all(|c| c.is_ascii_uppercase()), "{text}");
        assert!(rest.starts_with(&format!("{}, seed ", name.strip_suffix(".toml").unwrap())), "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
    }
}

#[test]
fn on_request_everything_is_ascii() {
    let place = place_with(MODEL);
    let text = place.run(&["run", "model.toml", "--ascii"]).success();
    assert!(text.is_ascii(), "{text}");
    assert!(!place.run(&["run", "model.toml"]).success().is_ascii());
}

#[test]
fn there_are_no_escape_codes_in_a_pipe() {
    let good = place_with(MODEL);
    let bad = place_with(MODEL.replace("threads", "thraeds"));
    for arguments in COMMANDS {
        for place in [&good, &bad] {
            let ended = place.run(arguments);
            assert!(!format!("{}{}", ended.stdout, ended.stderr).contains('\u{1b}'), "{ended:?}");
        }
    }
}

#[test]
fn colours_can_be_asked_for_and_refused() {
    let place = place_with(MODEL.replace("threads", "thraeds"));
    let coloured = |variables: &[(&str, &str)]| {
        let mut command = place.command(&["check", "model.toml"]);
        Ended::of(command.envs(variables.iter().copied())).stderr.contains('\u{1b}')
    };
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("NO_COLOR", "1")]));
    assert!(!coloured(&[("CLICOLOR", "0")]));
}

#[test]
fn a_reader_that_leaves_has_seen_enough() {
    let place = place_with(MODEL);
    for arguments in COMMANDS {
        let mut child =
            place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &*stderr), (Some(0), ""), "{arguments:?}");
    }
    let mut results: Vec<_> =
        fs::read_dir(place.path().join("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    results.sort();
    assert_eq!(results, RESULTS, "the results do not depend on who reads the summary");
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_output_that_cannot_be_written_is_said() {
    let place = place_with(MODEL);
    for arguments in COMMANDS {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ended = Ended::of(place.command(arguments).stdout(full));
        assert_refused(&ended, &["error: cannot write to standard output: ", "help: "]);
    }
}

#[cfg(unix)]
#[test]
fn closed_streams_are_no_panic() {
    let place = place_with(MODEL);
    for arguments in COMMANDS {
        for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &format!("exec \"$0\" \"$@\" {closed}"), env!("CARGO_BIN_EXE_metastable")]);
            let ended = Ended::of(shell.args(arguments).current_dir(place.path()));
            assert_eq!(ended.code, Some(0), "{arguments:?} {closed}: {}", ended.stderr);
        }
    }
}

#[test]
fn help_and_version_are_on_standard_output() {
    let place = Place::new();
    let help = place.run(&["--help"]).success();
    for text in ["run", "check", "explain", "Exit codes:", "130"] {
        assert!(help.contains(text), "{help}");
    }
    for command in ["run", "check", "explain"] {
        let help = place.run(&[command, "--help"]).success();
        assert!(help.contains("Examples:") && help.contains("--set <PATH=VALUE>"), "{help}");
    }
    assert_eq!(place.run(&["--version"]).success(), format!("metastable {}\n", env!("CARGO_PKG_VERSION")));
}
