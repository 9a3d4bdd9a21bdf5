//! Memory of services and what fills it: what is refused or doubted, and with which words.

use super::*;

/// What is found where the database has this memory and the model these faults.
#[track_caller]
fn finds(memory: &str, rest: &str, expected: &[&str]) {
    let text = GOOD.to_owned() + &format!("[services.db.memory]\n{memory}\n{rest}\n");
    let found = load(&text, &[]).map_or_else(|found| found, |loaded| loaded.warnings);
    let short: Vec<String> = found
        .iter()
        .map(|diagnostic| {
            let path = diagnostic.path.clone().unwrap_or_default();
            format!("{} {path}: {}", diagnostic.code, diagnostic.message)
        })
        .collect();
    assert_eq!(short, expected, "\n{found}");
}

const COLLECTED: &str = "heap = \"1GiB\"\ncollector = { stop_the_world = { speed = \"1GiB/s\" } }";

#[test]
fn a_memory_is_written_out_and_read_again() {
    let all = "heap = \"1GiB\"\nbase_live = \"100MiB\"\nlive_per_request = \"1MiB\"\nallocated_per_request = \"3MiB\"\ncollector = { concurrent = { speed = \"1GiB/s\" } }\n";
    let text = GOOD.to_owned() + "[services.db.memory]\n" + all;
    let loaded = load(&text, &[]).unwrap();
    let effective = loaded.model.effective_toml();
    for default in
        ["starts_at = \"45%\"", "cpu_share = \"25%\"", "restart_after = \"10s\"", "restart_max = \"5min\""]
    {
        assert!(effective.contains(default), "{default}\n{effective}");
    }
    assert_eq!(load(&effective, &[]).unwrap().model, loaded.model);
}

#[test]
fn what_says_nothing_is_doubted() {
    finds(COLLECTED, "", &[]);
    finds(
        &(COLLECTED.to_owned() + "\nlive_per_connection = \"1MiB\""),
        "",
        &["M105 services.db.memory.live_per_connection: nobody keeps connections to this service"],
    );
    finds(
        "heap = \"1GiB\"\nallocated_per_request = \"1MiB\"",
        "",
        &[
            "M105 services.db.memory.allocated_per_request: without a `collector` what nobody uses any more is gone at once, however much it was",
        ],
    );
}

#[test]
fn faults_fill_only_what_has_an_end() {
    let surge = "[faults.surge]\nat = \"10s\"\nallocation_surge = { service = \"db\", factor = 2 }";
    finds(COLLECTED, surge, &[]);
    finds(
        "heap = \"1GiB\"",
        surge,
        &[
            "M030 faults.surge.allocation_surge.service: nothing is collected in `db`: what nobody uses any more is gone at once, however much it was",
        ],
    );
    let stress =
        "[faults.leak]\nat = \"10s\"\nramp = \"5s\"\nmemory_stress = { service = \"db\", bytes = \"1MiB\" }";
    finds("heap = \"1GiB\"", stress, &[]);
    finds(
        "heap = \"1GiB\"",
        &stress.replace("\"1MiB\"", "\"0B\""),
        &["M030 faults.leak.memory_stress.bytes: nothing more is alive"],
    );
    let found = load(&(GOOD.to_owned() + stress), &[]).unwrap_err();
    let first = found.iter().next().unwrap();
    assert_eq!(first.message, "the memory of `db` is not limited, so nothing can fill it");
}

#[test]
fn the_words_of_other_tools_are_known() {
    for (word, advice) in [("xmx = \"1GiB\"", "heap = "), ("heap = \"1GiB\"\ngc = \"g1\"", "collector = ")] {
        let text = GOOD.to_owned() + "[services.db.memory]\n" + word;
        let found = load(&text, &[]).unwrap_err();
        assert!(found.to_string().contains(advice), "{found}");
    }
}
