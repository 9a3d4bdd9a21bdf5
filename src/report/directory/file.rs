//! Results that are one file, which appears whole or not at all: a report, an exposition of metrics.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use super::{Cleanup, OutputError, make_parents, remove_empty, sync_directory, without_random_name};
use crate::report::openmetrics;
use crate::report::page::GENERATOR;
use crate::report::traces::{otlp, perfetto};

/// The option that names a report.
const REPORT: &str = "--report";

/// So far into a file stands what it is known by.
const HEAD_BYTES: u64 = 1024;

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A report.
    Report,
    /// An exposition of metrics.
    OpenMetrics,
    /// Traces for OpenTelemetry.
    Otlp,
    /// Traces for Perfetto.
    Perfetto,
}

impl FileKind {
    /// Every kind.
    pub(super) const ALL: [Self; 4] = [Self::Report, Self::OpenMetrics, Self::Otlp, Self::Perfetto];

    /// The option that names it.
    pub const fn option(self) -> &'static str {
        match self {
            Self::Report => REPORT,
            Self::OpenMetrics => "--openmetrics",
            Self::Otlp => "--otlp",
            Self::Perfetto => "--perfetto",
        }
    }

    /// What one of ours has in its head.
    const fn mark(self) -> &'static str {
        match self {
            Self::Report => GENERATOR,
            Self::OpenMetrics => openmetrics::BEGIN,
            Self::Otlp => otlp::BEGIN,
            Self::Perfetto => perfetto::BEGIN,
        }
    }

    /// What is wrong with one that is not ours.
    const fn foreign(self) -> &'static str {
        match self {
            Self::Report => "is no report of metastable",
            Self::OpenMetrics => "is no exposition of metrics of metastable",
            Self::Otlp => "holds no OTLP-JSON of metastable",
            Self::Perfetto => "holds no trace events of metastable",
        }
    }
}

/// A place where a file may go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResultFile {
    path: PathBuf,
    kind: FileKind,
}

impl ResultFile {
    /// Checks the place: nothing there, an empty file, or an earlier one of its kind, which will be replaced. Nothing is changed. A symbolic link is followed and stays a link.
    ///
    /// # Errors
    /// If something else is there, or it cannot be looked at.
    pub fn check(path: &Path, kind: FileKind) -> Result<Self, OutputError> {
        let option = kind.option();
        let occupied = |what| OutputError::Occupied { path: path.to_owned(), what, option };
        let failed = |action| move |error| OutputError::io(action, path)(error).about(option);
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.file_name().is_some() => {
                return Ok(Self { path: path.to_owned(), kind });
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
        if !head.is_empty() && !String::from_utf8_lossy(&head).contains(kind.mark()) {
            return Err(occupied(kind.foreign()));
        }
        Ok(Self { path: place, kind })
    }

    /// Writes the file beside its place and renames it. An interrupt waits for that, so nothing half done is left.
    ///
    /// # Errors
    /// If that fails; what was there before is still there then.
    pub fn write(
        self,
        cleanup: &Cleanup,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), OutputError> {
        let option = self.kind.option();
        let _guard = cleanup.lock();
        let parent = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let made = make_parents(parent).map_err(|error| error.about(option))?;
        let written = replace_with(&self.path, parent, content);
        if written.is_err() {
            remove_empty(&made);
        }
        written.map_err(|error| OutputError::io("write", &self.path)(error).about(option))
    }
}

/// Writes a file beside its place and renames it.
pub(super) fn replace(path: &Path, parent: &Path, text: &str) -> io::Result<()> {
    replace_with(path, parent, |out| out.write_all(text.as_bytes()))
}

fn replace_with(
    path: &Path,
    parent: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".metastable-").suffix(".partial");
    // As any new file has them; the mask of the process takes away what it does not want to give.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(parent).map_err(without_random_name)?;
    let mut out = BufWriter::new(&mut file);
    content(&mut out)?;
    out.flush()?;
    drop(out);
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
            let place = ResultFile::check(&folder.path().join(name), FileKind::Report)?;
            place.write(&Cleanup::default(), |out| out.write_all(text.as_bytes()))
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

    #[test]
    fn what_cannot_be_written_whole_is_not_written() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("metrics.txt");
        for earlier in [None, Some(openmetrics::BEGIN)] {
            if let Some(earlier) = earlier {
                fs::write(&path, earlier).expect("a file");
            }
            let place = ResultFile::check(&path, FileKind::OpenMetrics).expect("nothing of somebody else's");
            let fails = |out: &mut dyn Write| {
                out.write_all(b"half")?;
                Err(io::Error::from(io::ErrorKind::StorageFull))
            };
            let error = place.write(&Cleanup::default(), fails).expect_err("the disk is full");
            assert!(error.to_string().contains("metrics.txt"), "{error}");
            assert_eq!(
                error.help(),
                "free some space, or choose a file on another disk with `--openmetrics`"
            );
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), earlier);
            assert_eq!(
                fs::read_dir(folder.path()).expect("it is there").count(),
                usize::from(earlier.is_some())
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().expect("a directory");
        let (link, target) = (folder.path().join("link.html"), folder.path().join("target.html"));
        fs::write(&target, report("old")).expect("a file");
        std::os::unix::fs::symlink(&target, &link).expect("a link");
        let place = ResultFile::check(&link, FileKind::Report).expect("a report");
        let write = |out: &mut dyn Write| out.write_all(report("new").as_bytes());
        place.write(&Cleanup::default(), write).expect("it is replaced");
        assert!(fs::symlink_metadata(&link).expect("it is there").file_type().is_symlink());
        assert_eq!(fs::read_to_string(&target).expect("it is there"), report("new"));
    }
}
