//! The directory of results, which appears whole or not at all.
//!
//! Files are written into a temporary directory beside the place where they belong, brought to the disk, and renamed into place in
//! one step. Whatever fails on the way (a full disk, a missing permission, an interrupt) leaves what was there before untouched and
//! nothing else behind. The one thing that no program can clean up after is being killed outright; what then remains is
//! a hidden directory `.metastable-….partial`, which may be deleted.

mod case_file;
mod file;
mod owned;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use owned::{foreign_files, own_files};

pub use case_file::CaseFile;
pub use file::{FileKind, ResultFile};

/// Why results could not be put in place.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Something that is not ours stands where the results belong.
    #[error("`{}` {what}", path.display())]
    Occupied {
        /// The place.
        path: PathBuf,
        /// What stands there.
        what: &'static str,
        /// The option that names the place.
        option: &'static str,
    },
    /// The operating system refused.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried: `write`, `create`, …
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
        /// The option that names the place.
        option: &'static str,
    },
}

/// The option that names the directory of results.
pub(super) const OUT: &str = "--out";

impl OutputError {
    /// What to do about it.
    pub fn help(&self) -> String {
        let (Self::Occupied { option, .. } | Self::Io { option, .. }) = self;
        let is_file = FileKind::ALL.iter().any(|kind| kind.option() == *option);
        let thing = if is_file { "file" } else { "directory" };
        let Self::Io { source, .. } = self else {
            return format!("choose another {thing} with `{option}`, or remove this one first");
        };
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                format!("free some space, or choose a {thing} on another disk with `{option}`")
            }
            io::ErrorKind::FileTooLarge => {
                "raise the limit on the size of files (`ulimit -f`), or make `run.interval` longer".to_owned()
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                format!("choose a {thing} that you may write to with `{option}`")
            }
            _ => format!("choose another {thing} with `{option}`"),
        }
    }

    /// The same about a place that another option names.
    #[must_use]
    pub fn about(mut self, other: &'static str) -> Self {
        let (Self::Occupied { option, .. } | Self::Io { option, .. }) = &mut self;
        *option = other;
        self
    }

    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source, option: OUT }
    }
}

/// Where files are made: the disk, or in tests one that fails on purpose.
pub trait Storage {
    /// An open file.
    type File: Write + Send;

    /// Makes a new file.
    ///
    /// # Errors
    /// Whatever the operating system reports.
    fn create(&self, path: &Path) -> io::Result<Self::File>;

    /// Returns once everything that was written is on the disk.
    ///
    /// # Errors
    /// Whatever the operating system reports; some file systems report a full disk only here.
    fn sync(&self, file: &Self::File) -> io::Result<()>;
}

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Storage for Disk {
    type File = File;

    fn create(&self, path: &Path) -> io::Result<File> {
        File::create_new(path)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }
}

/// The temporary directory of a run, known also to whoever handles an interrupt.
///
/// Both sides hold the lock while they change the file system, so an interrupt falls before or after each step, never into one.
#[derive(Clone, Debug, Default)]
pub struct Cleanup(Arc<Mutex<Option<Temporary>>>);

/// What has to go if the results do not get into place.
#[derive(Debug)]
struct Temporary {
    directory: TempDir,
    made_parents: Vec<PathBuf>,
}

impl Temporary {
    fn remove(self) {
        // An error here would hide the one that led here, and nothing could be done about it.
        let _ = self.directory.close();
        remove_empty(&self.made_parents);
    }
}

impl Cleanup {
    /// Removes the temporary directory, if there is one, and calls `then` before anybody can make another.
    pub fn remove_and(&self, then: impl FnOnce()) {
        let mut temporary = self.lock();
        if let Some(temporary) = temporary.take() {
            temporary.remove();
        }
        then();
    }

    fn lock(&self) -> MutexGuard<'_, Option<Temporary>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The default place of the results of a model and a seed: `results/<name>-<seed>`.
pub fn default_directory(model: &str, seed: u64) -> PathBuf {
    Path::new("results").join(format!("{model}-{seed}"))
}

/// A place where results may go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Destination {
    path: PathBuf,
}

impl Destination {
    /// Checks the place: nothing there, an empty directory, or earlier results, which will be replaced as a whole.
    ///
    /// Nothing is changed, so that a long run can be refused before it starts. A symbolic link is followed and stays a link.
    ///
    /// # Errors
    /// If something else is there, or it cannot be looked at.
    pub fn check(path: &Path) -> Result<Self, OutputError> {
        let occupied = |what| OutputError::Occupied { path: path.to_owned(), what, option: OUT };
        let path = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.file_name().is_some() => {
                return Ok(Self { path: path.to_owned() });
            }
            Err(error) => return Err(OutputError::io("look at", path)(error)),
            Ok(_) => match fs::canonicalize(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(occupied("is a symbolic link that leads nowhere"));
                }
                other => other.map_err(OutputError::io("look at", path))?,
            },
        };
        if !path.is_dir() {
            return Err(occupied("exists and is not a directory"));
        }
        let mut entries = fs::read_dir(&path).map_err(OutputError::io("read", &path))?;
        if entries.next().is_some() && own_files(&path).is_none() {
            return Err(occupied("is not empty and holds no results of metastable"));
        }
        Ok(Self { path })
    }

    /// Makes the temporary directory, and the parents of the destination where they are missing.
    ///
    /// # Errors
    /// If a directory cannot be made.
    pub fn stage<S: Storage>(self, storage: S, cleanup: Cleanup) -> Result<Staging<S>, OutputError> {
        let mut temporary = cleanup.lock();
        let parent = self.parent().to_owned();
        let made_parents = make_parents(&parent)?;
        match sibling(&self.path, ".partial") {
            Ok(directory) => *temporary = Some(Temporary { directory, made_parents }),
            Err(error) => {
                remove_empty(&made_parents);
                return Err(OutputError::io("create a directory in", parent)(error));
            }
        }
        drop(temporary);
        Ok(Staging { destination: self, storage, cleanup })
    }

    fn parent(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }
}

/// Results on their way: files in a temporary directory, removed when this is dropped without [`Staging::commit`].
#[derive(Debug)]
pub struct Staging<S: Storage> {
    destination: Destination,
    storage: S,
    cleanup: Cleanup,
}

impl<S: Storage> Staging<S> {
    /// Writes one file, completely: buffered, flushed, on the disk.
    ///
    /// # Errors
    /// If any of that fails; the error names the file by its final place.
    pub fn write<R>(
        &mut self,
        name: &str,
        body: impl FnOnce(&mut dyn Write) -> io::Result<R>,
    ) -> Result<R, OutputError> {
        let shown = self.destination.path.join(name);
        let mut file = {
            let temporary = self.cleanup.lock();
            let directory = staged(temporary.as_ref());
            let file = self.storage.create(&directory.join(name));
            BufWriter::new(file.map_err(OutputError::io("create", &shown))?)
        };
        let written = body(&mut file)
            .and_then(|result| file.flush().map(|()| result))
            .and_then(|result| self.storage.sync(file.get_ref()).map(|()| result));
        // What is still in the buffer after a failure would be written, and fail, once more when it is dropped.
        let _ = file.into_parts();
        written.map_err(OutputError::io("write", shown))
    }

    /// Renames the directory into place; earlier results give way as a whole, and come back if that fails. What somebody has put beside them stays.
    ///
    /// # Errors
    /// If the place has been taken by something else in the meantime, or a rename fails.
    pub fn commit(self) -> Result<PathBuf, OutputError> {
        let cleanup = self.cleanup.clone();
        let mut temporary = cleanup.lock();
        let staged = staged(temporary.as_ref()).to_owned();
        let place = Destination::check(&self.destination.path)?.path;
        sync_directory(&staged).map_err(OutputError::io("write", &staged))?;
        let foreign = if place.exists() {
            foreign_files(&place).map_err(OutputError::io("look at", &place))?
        } else {
            Vec::new()
        };
        if let Some(name) = foreign.iter().find(|name| staged.join(name).exists()) {
            let what = "is none of the earlier results, and a result has its name";
            return Err(OutputError::Occupied { path: place.join(name), what, option: OUT });
        }
        let old = if place.exists() { Some(move_aside(&place)?) } else { None };
        if let Err(error) = fs::rename(&staged, &place) {
            if let Some(old) = old {
                put_back(old, &place)?;
            }
            return Err(OutputError::io("create", &place)(error));
        }
        if let Some(mut done) = temporary.take() {
            done.directory.disable_cleanup(true);
        }
        let parent = self.destination.parent();
        sync_directory(parent).map_err(OutputError::io("write", parent))?;
        if let Some(mut old) = old {
            for name in foreign {
                let from = old.path().join(REPLACED).join(&name);
                if let Err(error) = fs::rename(&from, place.join(&name)) {
                    // It exists only there now.
                    old.disable_cleanup(true);
                    return Err(OutputError::io("move back", from)(error));
                }
            }
            let leftover = old.path().to_owned();
            old.close().map_err(OutputError::io("remove the replaced results in", leftover))?;
        }
        Ok(place)
    }
}

impl<S: Storage> Drop for Staging<S> {
    fn drop(&mut self) {
        // `commit` holds the lock when it fails; its guard is gone by the time its `self` is dropped.
        self.cleanup.remove_and(|| ());
    }
}

fn staged(temporary: Option<&Temporary>) -> &Path {
    temporary.expect("invariant: staged until it is committed").directory.path()
}

/// Makes the missing directories down to `directory` and names them, deepest last.
fn make_parents(directory: &Path) -> Result<Vec<PathBuf>, OutputError> {
    let mut missing: Vec<PathBuf> = directory
        .ancestors()
        .take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists())
        .map(Path::to_owned)
        .collect();
    missing.reverse();
    if let Err(error) = fs::create_dir_all(directory) {
        remove_empty(&missing);
        return Err(OutputError::io("create", directory)(error));
    }
    Ok(missing)
}

/// Removes those that are empty; whoever put something into the others keeps them.
fn remove_empty(directories: &[PathBuf]) {
    for directory in directories.iter().rev() {
        if fs::remove_dir(directory).is_err() {
            break;
        }
    }
}

/// A fresh hidden directory beside `path`, on the same file system, with the permissions that any new directory gets.
fn sibling(path: &Path, suffix: &str) -> io::Result<TempDir> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let prefix = format!(".metastable-{name}-");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(suffix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => builder.tempdir_in(parent),
        _ => builder.tempdir_in("."),
    }
    .map_err(without_random_name)
}

/// `tempfile` adds the path that it tried, whose random part would make the same mistake read differently every time.
fn without_random_name(error: io::Error) -> io::Error {
    let text = error.to_string();
    match text.split_once(" at path ") {
        Some((cause, _)) => io::Error::new(error.kind(), cause),
        None => error,
    }
}

const REPLACED: &str = "replaced";

fn move_aside(place: &Path) -> Result<TempDir, OutputError> {
    let aside = sibling(place, ".old").map_err(OutputError::io("create a directory beside", place))?;
    fs::rename(place, aside.path().join(REPLACED)).map_err(OutputError::io("replace", place))?;
    Ok(aside)
}

fn put_back(mut aside: TempDir, place: &Path) -> Result<(), OutputError> {
    let old = aside.path().join(REPLACED);
    fs::rename(&old, place).map_err(|error| {
        // The earlier results exist only there now.
        aside.disable_cleanup(true);
        OutputError::io("move the earlier results back from", old)(error)
    })
}

#[cfg(unix)]
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Directories cannot be opened like files here, and renames are durable without it.
#[cfg(not(unix))]
pub(super) fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(crate) mod small_disk;
#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;
