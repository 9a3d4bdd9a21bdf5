use super::*;
use crate::quantity::NoFiles;

const MODEL: &str = r#"name = "shop"
[run]
duration = "5min"
seed = 18446744073709551615
[workloads.shoppers]
arrivals = { open = { rate = "50/s" } }
to = "web"
[services.web]
threads = 4
queue = { capacity = 16 }
handler = [{ work = "empirical(work.csv)" }]
[faults.slow]
at = "1min"
duration = "5s"
degrade = { service = "web", factor = 2 }
"#;

const WORK: &str = "duration\n5ms\n10ms\n";

/// A folder in a page.
struct Folder;

impl Files for Folder {
    fn read(&self, path: &str) -> std::io::Result<String> {
        if path == "work.csv" { Ok(WORK.to_owned()) } else { NoFiles.read(path) }
    }
}

fn case() -> Case {
    let model =
        Model::parse("m.toml", MODEL, &Overrides::new()).unwrap_or_else(|found| panic!("{found}")).model;
    let record = CaseRecord {
        property: "recovers".to_owned(),
        verdict: VerdictName::Metastable,
        holds: false,
        version: "0.0.0".to_owned(),
        build: "b".to_owned(),
        model_digest: model.digest_hex(&Folder),
        run_digest: "d".repeat(64),
        files: model.embedded_files(&Folder),
    };
    Case { model, record }
}

#[test]
fn what_is_written_reads_back() {
    let case = case();
    let story = "A pause is enough, because everybody tries again and again, and nobody ever stops trying for a while.\n\nSecond.";
    let text = case.to_toml(story);
    let read = Case::parse("c.toml", &text).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(read.case, case, "{text}");
    assert!(read.warnings.is_empty());
    assert!(
        text.starts_with("# A case of metastable: `metastable replay` runs it again.\n# A pause"),
        "{text}"
    );
    assert!(text.lines().filter(|line| line.starts_with('#')).all(|line| line.len() <= 80), "{text}");
    assert!(Case::is_written_in(&text) && !Case::is_written_in(MODEL) && !Case::is_written_in("not ="));
}

/// A case needs no other file, and one that is changed is another model.
#[test]
fn the_files_of_the_model_are_in_it() {
    let mut case = case();
    assert_eq!(case.record.files, BTreeMap::from([("work.csv".to_owned(), WORK.to_owned())]));
    assert_eq!(case.model_digest(&NoFiles), case.record.model_digest);
    assert_eq!(case.files(&NoFiles).read("work.csv").expect("it holds it"), WORK);
    assert!(case.files(&NoFiles).read("other.csv").is_err());
    case.record.files.insert("work.csv".to_owned(), WORK.replace('5', "6"));
    assert_ne!(case.model_digest(&Folder), case.record.model_digest);
}

#[test]
fn mistakes_have_their_places() {
    let good = case().to_toml("");
    for (text, codes_and_lines) in [
        (MODEL.to_owned(), vec!["M010 this is no case: it has no `[case]`"]),
        (good.replace("holds = false\n", ""), vec!["`case` has no `holds`"]),
        (good.replace("holds = false", "holds = \"no\""), vec!["expected `true` or `false`"]),
        (
            good.replace("holds = false", "held = false"),
            vec!["unknown field `held`", "`case` has no `holds`"],
        ),
        (good.replace("\"metastable\"", "\"meta\""), vec!["unknown choice `meta`"]),
        (good.replace("threads = 4", "threads = 0"), vec!["0"]),
    ] {
        let found = Case::parse("c.toml", &text).expect_err("it is wrong").to_string();
        let said = codes_and_lines.iter().any(|part| found.contains(part.trim_start_matches("M010 ")));
        assert!(said && found.contains("c.toml:"), "{found}");
    }
}

#[test]
fn a_model_with_a_case_is_told_what_it_is() {
    let text = case().to_toml("");
    let found = Model::parse("c.toml", &text, &Overrides::new()).expect_err("it is a case").to_string();
    assert!(
        found.contains("a model has no `case`") && found.contains("`metastable replay` runs it again"),
        "{found}"
    );
    assert_eq!(found.matches("error[").count(), 1, "{found}");
}
