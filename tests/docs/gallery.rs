//! The gallery: drawings of models and experiments of the project, as `--figures` makes them.

use crate::page::{Page, root};
use crate::sandbox::Sandbox;
use crate::stale::Stale;

/// What is run, and which of its drawings are shown under which names.
type Shown = (&'static [&'static str], &'static [(&'static str, &'static str)]);

const GALLERY: [Shown; 7] = [
    (
        &["run", "models/retry-storm.toml"],
        &[("goodput.svg", "retry-storm-goodput.svg"), ("topology-end.svg", "retry-storm-topology-end.svg")],
    ),
    (&["run", "models/checkout.toml"], &[("failures.svg", "checkout-failures.svg")]),
    (&["run", "models/lookaside-spiral.toml"], &[("goodput.svg", "lookaside-spiral-goodput.svg")]),
    (
        &["compare", "experiments/congestive-collapse.toml"],
        &[("verdicts.svg", "congestive-collapse-verdicts.svg")],
    ),
    (
        &["sweep", "experiments/sweeps/collapse.toml", "--out", "collapse"],
        &[("survival.svg", "congestive-collapse-map.svg")],
    ),
    (
        &[
            "boundary",
            "models/congestive-collapse.toml",
            "--along",
            "faults.burst.duration=1s..10s",
            "--tolerance",
            "10%",
        ],
        &[("boundary.svg", "congestive-collapse-boundary.svg")],
    ),
    (
        &[
            "hysteresis",
            "models/gc-hysteresis.toml",
            "--along",
            "workloads.users.arrivals.open.rate=300/s..1000/s",
            "--seeds",
            "6",
        ],
        &[("loop.svg", "gc-hysteresis-loop.svg")],
    ),
];

#[test]
fn the_gallery_shows_what_the_program_draws() {
    let (sandbox, mut stale) = (Sandbox::new(), Stale::default());
    let folder = root().join("docs/gallery");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let mut shown = Vec::new();
    for (place, (command, drawings)) in GALLERY.iter().enumerate() {
        let figures = format!("figures-{place}");
        let words = [*command, &["--figures", &figures]].concat();
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        let output = sandbox.metastable(&words, false);
        assert!(output.status.success(), "{output:?}");
        for (drawing, name) in *drawings {
            // A drawing that is not there yet is one that is out of date.
            let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            let page = Page { name: format!("docs/gallery/{name}"), text };
            stale.rewrite(&page, &sandbox.read(&format!("{figures}/{drawing}")));
            shown.push((*name).to_owned());
        }
    }
    stale.require_none();
    shown.sort();
    let entries = std::fs::read_dir(folder).expect("there is a gallery");
    let mut there: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    there.sort();
    assert_eq!(there, shown, "every drawing is made by the program");
}
