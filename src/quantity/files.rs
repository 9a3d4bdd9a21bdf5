//! Where the contents of files come from: the caller decides, nothing at or below the engine opens one itself.

use std::fmt;
use std::io;
use std::sync::Arc;

/// Gives the contents of the files that a model refers to.
pub trait Files {
    /// The whole text of the file at `path`, which is as written in the model.
    ///
    /// # Errors
    ///
    /// If there is no such file, or it cannot be read as UTF-8.
    fn read(&self, path: &str) -> io::Result<String>;

    /// The file at `path`, for reading it piece by piece. What is kept in memory anyway need not say how.
    ///
    /// # Errors
    ///
    /// If there is no such file, or it cannot be opened.
    fn open(&self, path: &str) -> io::Result<Arc<dyn ReadAt>> {
        Ok(Arc::new(self.read(path)?.into_bytes()))
    }
}

/// A file that is read piece by piece, by several readers at a time, each of which knows its own place.
pub trait ReadAt: fmt::Debug + Send + Sync {
    /// Reads what stands at `offset`, as much as there is and fits; 0 only at the end.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }
}

/// No files at all: for models that must stand alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &str) -> io::Result<String> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "no files can be read here"))
    }
}
