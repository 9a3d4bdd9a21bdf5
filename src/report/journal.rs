//! A file that grows by lines: the answers of a search, so that it can go on after it was stopped at any moment.
//!
//! Its first line says which search it belongs to. A line counts once it ends; what was cut off in the middle is written again.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::directory::OutputError;

/// The lines that are there, and a place for more.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens the journal of the search `header`, and gives the lines that are there. One that belongs to another search is begun anew.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn open(path: &Path, header: &str) -> Result<(Self, Vec<String>), OutputError> {
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            other => other.map_err(OutputError::io("read", path))?,
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let first = format!("{header}\n");
        let kept = if whole.starts_with(&first) { whole } else { "" };
        let opened = || {
            let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
            file.set_len(kept.len() as u64)?;
            file.seek(SeekFrom::End(0))?;
            if kept.is_empty() {
                file.write_all(first.as_bytes())?;
            }
            Ok(file)
        };
        let file = opened().map_err(OutputError::io("write", path))?;
        let lines = kept.lines().skip(1).map(str::to_owned).collect();
        Ok((Self { path: path.to_owned(), file }, lines))
    }

    /// Adds a line.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note(&mut self, line: &str) -> Result<(), OutputError> {
        // One write per line: whoever is stopped in between leaves whole lines.
        self.file.write_all(format!("{line}\n").as_bytes()).map_err(OutputError::io("write", &self.path))
    }

    /// Removes the file: the search has come to its end.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(self) -> Result<(), OutputError> {
        std::fs::remove_file(&self.path).map_err(OutputError::io("remove", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_of_the_same_search_are_there_again() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("journal");
        let lines = |header: &str| Journal::open(&path, header).expect("it opens").1;
        assert!(lines("search 1").is_empty());
        let (mut journal, _) = Journal::open(&path, "search 1").expect("it opens");
        journal.note("a").expect("it is written");
        journal.note("b").expect("it is written");
        drop(journal);
        std::fs::write(&path, std::fs::read_to_string(&path).expect("text") + "half a l").expect("written");
        let (mut journal, found) = Journal::open(&path, "search 1").expect("it opens");
        assert_eq!(found, ["a", "b"]);
        journal.note("c").expect("it is written");
        assert_eq!(lines("search 1"), ["a", "b", "c"]);
        assert!(lines("search 2").is_empty(), "another search begins anew");
        assert!(lines("search 1").is_empty(), "and so does the first");
    }
}
