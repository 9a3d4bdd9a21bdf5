use std::collections::BTreeMap;

use super::small_disk::SmallDisk;
use super::*;
use crate::report::summary::SUMMARY_FILE;

const SUMMARY: &str = r#"{"schema":"metastable.summary.v1","files":[{"name":"workloads.csv","rows":1}]}"#;
const ROWS: &str = "seed,run\n1,actual\n";

fn write_results<S: Storage>(place: &Path, storage: S, rows: &str) -> Result<PathBuf, OutputError> {
    let mut staging = Destination::check(place)?.stage(storage, Cleanup::default())?;
    staging.write("workloads.csv", |out| out.write_all(rows.as_bytes()))?;
    staging.write(SUMMARY_FILE, |out| out.write_all(SUMMARY.as_bytes()))?;
    staging.commit()
}

/// Every file and directory below `root` with its contents.
fn contents(root: &Path) -> BTreeMap<PathBuf, Option<String>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let is_directory = fs::symlink_metadata(&path).unwrap().is_dir();
            let text = (!is_directory).then(|| fs::read_to_string(&path).unwrap_or_default());
            found.insert(path.strip_prefix(root).unwrap().to_owned(), text);
            if is_directory {
                pending.push(path);
            }
        }
    }
    found
}

fn names(root: &Path) -> Vec<String> {
    contents(root).keys().map(|path| path.to_string_lossy().replace('\\', "/")).collect()
}

#[test]
fn results_appear_with_the_parents_they_need() {
    let root = tempfile::tempdir().unwrap();
    let place = root.path().join("results/checkout-1");
    write_results(&place, Disk, ROWS).unwrap();
    assert_eq!(
        names(root.path()),
        [
            "results",
            "results/checkout-1",
            "results/checkout-1/summary.json",
            "results/checkout-1/workloads.csv"
        ]
    );
    assert_eq!(fs::read_to_string(place.join("workloads.csv")).unwrap(), ROWS);
}

#[test]
fn earlier_results_are_replaced_as_a_whole() {
    let root = tempfile::tempdir().unwrap();
    let place = root.path().join("out");
    write_results(&place, Disk, "old\n").unwrap();
    fs::write(place.join("caches.csv"), "of an earlier model").unwrap();
    fs::write(place.join(SUMMARY_FILE), SUMMARY.replace("[{", r#"[{"name":"caches.csv"},{"#)).unwrap();
    write_results(&place, Disk, ROWS).unwrap();
    assert_eq!(names(root.path()), ["out", "out/summary.json", "out/workloads.csv"]);
    assert_eq!(fs::read_to_string(place.join("workloads.csv")).unwrap(), ROWS);
}

#[test]
fn what_somebody_has_put_beside_results_stays() {
    let root = tempfile::tempdir().unwrap();
    let place = root.path().join("out");
    write_results(&place, Disk, "old\n").unwrap();
    fs::write(place.join("notes.txt"), "mine").unwrap();
    fs::create_dir(place.join("plots")).unwrap();
    fs::write(place.join("plots/one.png"), "seen").unwrap();
    write_results(&place, Disk, ROWS).unwrap();
    let expected =
        ["out", "out/notes.txt", "out/plots", "out/plots/one.png", "out/summary.json", "out/workloads.csv"];
    assert_eq!(names(root.path()), expected);
    assert_eq!(fs::read_to_string(place.join("notes.txt")).unwrap(), "mine");
    assert_eq!(fs::read_to_string(place.join("workloads.csv")).unwrap(), ROWS);
    // A file that would be replaced, and is none of ours: nothing is changed.
    fs::write(place.join(SUMMARY_FILE), SUMMARY.replace("workloads", "services")).unwrap();
    let before = contents(root.path());
    let error = write_results(&place, Disk, "new\n").unwrap_err().to_string();
    assert!(error.contains("workloads.csv` is none of the earlier results"), "{error}");
    assert_eq!(contents(root.path()), before);
}

#[test]
fn an_empty_directory_is_taken() {
    let root = tempfile::tempdir().unwrap();
    let place = root.path().join("out");
    fs::create_dir(&place).unwrap();
    write_results(&place, Disk, ROWS).unwrap();
    assert_eq!(names(root.path()), ["out", "out/summary.json", "out/workloads.csv"]);
}

#[test]
fn whatever_is_not_ours_is_refused_and_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let photos = root.path().join("photos");
    fs::create_dir(&photos).unwrap();
    fs::write(photos.join("cat.jpg"), "meow").unwrap();
    let foreign = root.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join(SUMMARY_FILE), r#"{"schema":"jest.summary.v1"}"#).unwrap();
    let file = root.path().join("file");
    fs::write(&file, "text").unwrap();

    let before = contents(root.path());
    for (place, what) in [
        (&photos, "is not empty and holds no results of metastable"),
        (&foreign, "is not empty and holds no results of metastable"),
        (&file, "exists and is not a directory"),
    ] {
        let error = write_results(place, Disk, ROWS).unwrap_err();
        assert_eq!(error.to_string(), format!("`{}` {what}", place.display()));
        assert_eq!(error.help(), "choose another directory with `--out`, or remove this one first");
    }
    assert_eq!(contents(root.path()), before);
}

/// Goal: wherever the disk fills up, what was there before is untouched and nothing else remains.
/// Method: every number of free bytes up to what is needed, with and without earlier results.
#[test]
fn a_disk_that_is_full_after_n_bytes_leaves_nothing_half_written() {
    let needed = ROWS.len() + SUMMARY.len() + 2;
    for is_replacing in [false, true] {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("results/out");
        if is_replacing {
            write_results(&place, Disk, "old\n").unwrap();
        }
        let before = contents(root.path());
        for free in 0..needed {
            let disk = SmallDisk::new(free);
            let error = write_results(&place, disk, ROWS).unwrap_err();
            assert!(error.to_string().starts_with("cannot write `"), "{error}");
            assert_eq!(error.help(), "free some space, or choose a directory on another disk with `--out`");
            assert_eq!(contents(root.path()), before, "{free} bytes free");
        }
        write_results(&place, SmallDisk::new(needed), ROWS).unwrap();
        assert_eq!(fs::read_to_string(place.join("workloads.csv")).unwrap(), ROWS);
    }
}

#[test]
fn files_larger_than_the_buffer_report_a_full_disk_too() {
    let root = tempfile::tempdir().unwrap();
    let rows = "x".repeat(100_000);
    for free in [0, 1, 8_191, 8_192, 8_193, 50_000, 99_999, 100_000] {
        let disk = SmallDisk::new(free);
        write_results(&root.path().join("out"), disk, &rows).unwrap_err();
        assert!(names(root.path()).is_empty(), "{free} bytes free");
    }
}

#[test]
fn a_place_taken_while_the_run_went_on_is_not_overwritten() {
    let root = tempfile::tempdir().unwrap();
    let place = root.path().join("out");
    let mut staging = Destination::check(&place).unwrap().stage(Disk, Cleanup::default()).unwrap();
    staging.write(SUMMARY_FILE, |out| out.write_all(SUMMARY.as_bytes())).unwrap();
    fs::create_dir(&place).unwrap();
    fs::write(place.join("notes.md"), "mine").unwrap();
    assert!(matches!(staging.commit(), Err(OutputError::Occupied { .. })));
    assert_eq!(names(root.path()), ["out", "out/notes.md"]);
}

#[test]
fn an_interrupt_removes_the_temporary_directory() {
    let root = tempfile::tempdir().unwrap();
    let cleanup = Cleanup::default();
    let place = root.path().join("out");
    let mut staging = Destination::check(&place).unwrap().stage(Disk, cleanup.clone()).unwrap();
    staging.write(SUMMARY_FILE, |out| out.write_all(SUMMARY.as_bytes())).unwrap();
    assert_eq!(names(root.path()).len(), 2);
    let mut left_when_exiting = None;
    cleanup.remove_and(|| left_when_exiting = Some(names(root.path())));
    assert_eq!(left_when_exiting, Some(vec![]));
}

#[test]
fn a_parent_that_is_a_file_is_named_with_a_remedy() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "text").unwrap();
    let error = write_results(&file.join("results/out"), Disk, ROWS).unwrap_err();
    assert!(error.to_string().contains("file"), "{error}");
    assert_eq!(error.help(), "choose another directory with `--out`");
    assert_eq!(names(root.path()), ["file"]);
}

#[test]
fn the_default_place_names_model_and_seed() {
    assert_eq!(default_directory("checkout", 7), Path::new("results").join("checkout-7"));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_symbolic_link_stays_and_what_it_leads_to_is_replaced() {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().join("real");
        write_results(&real, Disk, "old\n").unwrap();
        let link = root.path().join("link");
        symlink(&real, &link).unwrap();
        write_results(&link, Disk, ROWS).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(real.join("workloads.csv")).unwrap(), ROWS);
        assert_eq!(names(root.path()), ["link", "real", "real/summary.json", "real/workloads.csv"]);
    }

    #[test]
    fn a_symbolic_link_to_nowhere_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let link = root.path().join("link");
        symlink(root.path().join("gone"), &link).unwrap();
        let error = write_results(&link, Disk, ROWS).unwrap_err();
        assert_eq!(error.to_string(), format!("`{}` is a symbolic link that leads nowhere", link.display()));
    }

    #[test]
    fn the_directory_has_the_permissions_of_any_other() {
        let root = tempfile::tempdir().unwrap();
        let ordinary = root.path().join("ordinary");
        fs::create_dir(&ordinary).unwrap();
        let place = root.path().join("out");
        write_results(&place, Disk, ROWS).unwrap();
        assert_eq!(fs::metadata(place).unwrap().mode(), fs::metadata(ordinary).unwrap().mode());
    }

    #[test]
    fn a_parent_without_permission_is_named_with_a_remedy() {
        let root = tempfile::tempdir().unwrap();
        let parent = root.path().join("closed");
        fs::create_dir(&parent).unwrap();
        fs::set_permissions(&parent, fs::Permissions::from_mode(0o555)).unwrap();
        // The superuser may write everywhere, and there is nothing to see.
        if File::create(parent.join("probe")).is_ok() {
            return;
        }
        let error = write_results(&parent.join("out"), Disk, ROWS).unwrap_err();
        assert!(error.to_string().starts_with("cannot create a directory in `"), "{error}");
        assert_eq!(error.help(), "choose a directory that you may write to with `--out`");
    }
}
