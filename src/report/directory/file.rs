//! A report, which is one file and appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::{Cleanup, OutputError, make_parents, remove_empty, sync_directory, without_random_name};
use crate::report::page::GENERATOR;

/// The option that names the file.
pub const REPORT: &str = "--report";

/// So far into a file its generator is named, if it is a report.
const HEAD_BYTES: u64 = 1024;

/// A place where a report may go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportFile {
    path: PathBuf,
}

impl ReportFile {
    /// Checks the place: nothing there, an empty file, or an earlier report, which will be replaced. Nothing is changed. A symbolic link is followed and stays a link.
    ///
    /// # Errors
    /// If something else is there, or it cannot be looked at.
    pub fn check(path: &Path) -> Result<Self, OutputError> {
        let occupied = |what| OutputError::Occupied { path: path.to_owned(), what, option: REPORT };
        let failed = |action| move |error| OutputError::io(action, path)(error).about(REPORT);
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.file_name().is_some() => {
                return Ok(Self { path: path.to_owned() });
            }
            other => other.map_err(failed("look at"))?,
        };
        let place = match fs::canonicalize(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(occupied("is a symbolic link that leads nowhere"));
            }
            other => other.map_err(failed("look at"))?,
        };
        if !place.is_file() {
            return Err(occupied("exists and is not a file"));
        }
        let mut head = Vec::new();
        let file = File::open(&place).map_err(failed("read"))?;
        file.take(HEAD_BYTES).read_to_end(&mut head).map_err(failed("read"))?;
        if !head.is_empty() && !String::from_utf8_lossy(&head).contains(GENERATOR) {
            return Err(occupied("is no report of metastable"));
        }
        Ok(Self { path: place })
    }

    /// Writes the report beside its place and renames it. An interrupt waits for that, so nothing half done is left.
    ///
    /// # Errors
    /// If that fails; what was there before is still there then.
    pub fn write(self, cleanup: &Cleanup, text: &str) -> Result<(), OutputError> {
        let _guard = cleanup.lock();
        let parent = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let made = make_parents(parent).map_err(|error| error.about(REPORT))?;
        let written = replace(&self.path, parent, text);
        if written.is_err() {
            remove_empty(&made);
        }
        written.map_err(|error| OutputError::io("write", &self.path)(error).about(REPORT))
    }
}

/// Writes a file beside its place and renames it.
pub(super) fn replace(path: &Path, parent: &Path, text: &str) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".metastable-").suffix(".partial");
    // As any new file has them; the mask of the process takes away what it does not want to give.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(parent).map_err(without_random_name)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_directory(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> String {
        format!("<!DOCTYPE html>\n{GENERATOR}1.0\"/>\n{text}")
    }

    #[test]
    fn a_report_replaces_nothing_but_a_report() {
        let folder = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            let place = ReportFile::check(&folder.path().join(name))?;
            place.write(&Cleanup::default(), text)
        };
        let path = folder.path().join("deep/down/report.html");
        write("deep/down/report.html", &report("one")).expect("a new file in new folders");
        write("deep/down/report.html", &report("two")).expect("an earlier report gives way");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), report("two"));
        fs::write(folder.path().join("notes.html"), "<!DOCTYPE html><title>mine</title>").expect("a file");
        for (name, what) in [("notes.html", "no report of metastable"), ("deep", "is not a file")] {
            let error = write(name, &report("three")).expect_err(name);
            assert!(error.to_string().contains(what), "{error}");
            assert_eq!(error.help(), "choose another file with `--report`, or remove this one first");
        }
        let left: Vec<_> = fs::read_dir(path.parent().expect("it has one")).expect("it is there").collect();
        assert_eq!(left.len(), 1, "no half of a file is left");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().expect("a directory");
        let (link, target) = (folder.path().join("link.html"), folder.path().join("target.html"));
        fs::write(&target, report("old")).expect("a file");
        std::os::unix::fs::symlink(&target, &link).expect("a link");
        let place = ReportFile::check(&link).expect("a report");
        place.write(&Cleanup::default(), &report("new")).expect("it is replaced");
        assert!(fs::symlink_metadata(&link).expect("it is there").file_type().is_symlink());
        assert_eq!(fs::read_to_string(&target).expect("it is there"), report("new"));
    }
}
