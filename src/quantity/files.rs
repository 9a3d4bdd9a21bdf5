//! Where the contents of files come from: the caller decides, nothing at or below the engine opens one itself.

use std::io;

/// Gives the contents of the files that a model refers to.
pub trait Files {
    /// The whole text of the file at `path`, which is as written in the model.
    ///
    /// # Errors
    ///
    /// If there is no such file, or it cannot be read as UTF-8.
    fn read(&self, path: &str) -> io::Result<String>;
}

/// No files at all: for models that must stand alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &str) -> io::Result<String> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "no files can be read here"))
    }
}
