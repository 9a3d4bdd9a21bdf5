//! A case, which is one file and appears whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::replace;
use super::{OUT, OutputError, make_parents, remove_empty};
use crate::model::Case;

/// A place where a case may go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseFile {
    path: PathBuf,
}

impl CaseFile {
    /// Checks the place: nothing there, or an earlier case, which will be replaced. Nothing is changed.
    ///
    /// # Errors
    /// If something else is there, or it cannot be looked at.
    pub fn check(path: &Path) -> Result<Self, OutputError> {
        let occupied = |what| OutputError::Occupied { path: path.to_owned(), what, option: OUT };
        match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.file_name().is_some() => {}
            Err(_) if path.is_dir() => return Err(occupied("exists and is not a file")),
            other => {
                let bytes = other.map_err(OutputError::io("look at", path))?;
                if !std::str::from_utf8(&bytes).is_ok_and(Case::is_written_in) {
                    return Err(occupied("is no case of metastable"));
                }
            }
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Writes the case beside its place and renames it.
    ///
    /// # Errors
    /// If that fails; what was there before is still there then.
    pub fn write(&self, text: &str) -> Result<(), OutputError> {
        let parent = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let made = make_parents(parent)?;
        let written = replace(&self.path, parent, text);
        if written.is_err() {
            remove_empty(&made);
        }
        written.map_err(OutputError::io("write", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_replaces_nothing_but_a_case() {
        let folder = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| CaseFile::check(&folder.path().join(name))?.write(text);
        write("deep/case.toml", "[case]\nholds = true\n").expect("a new file in a new folder");
        write("deep/case.toml", "[case]\nholds = false\n").expect("an earlier case gives way");
        let kept = fs::read_to_string(folder.path().join("deep/case.toml")).expect("it is there");
        assert_eq!(kept, "[case]\nholds = false\n");
        fs::write(folder.path().join("model.toml"), "name = \"mine\"\n").expect("a file");
        for (name, what) in [("model.toml", "is no case of metastable"), ("deep", "is not a file")] {
            let error = write(name, "[case]\n").expect_err(name);
            assert!(error.to_string().contains(what), "{error}");
        }
    }
}
