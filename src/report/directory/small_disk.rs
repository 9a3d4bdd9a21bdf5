//! A disk for tests that is full after so many bytes.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Disk, Storage};

/// A disk that is full after so many bytes; each `sync` needs one more, as on file systems that report it only then.
#[derive(Clone)]
pub(crate) struct SmallDisk {
    free: Arc<AtomicUsize>,
}

pub(crate) struct SmallFile {
    file: File,
    free: Arc<AtomicUsize>,
}

impl SmallDisk {
    pub(crate) fn new(free: usize) -> Self {
        Self { free: Arc::new(AtomicUsize::new(free)) }
    }
}

/// Takes up to so many bytes of what is free, and says how many.
fn take(free: &AtomicUsize, wanted: usize) -> io::Result<usize> {
    let taken = free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| {
        (free > 0).then(|| free - wanted.min(free))
    });
    taken.map(|before| wanted.min(before)).map_err(|_| io::ErrorKind::StorageFull.into())
}

impl Storage for SmallDisk {
    type File = SmallFile;

    fn create(&self, path: &Path) -> io::Result<SmallFile> {
        Ok(SmallFile { file: Disk.create(path)?, free: Arc::clone(&self.free) })
    }

    fn sync(&self, file: &SmallFile) -> io::Result<()> {
        take(&self.free, 1)?;
        Disk.sync(&file.file)
    }
}

impl Write for SmallFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let fits = take(&self.free, bytes.len())?;
        self.file.write(&bytes[..fits])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
