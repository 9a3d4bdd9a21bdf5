//! What can be run under its own seed: a model or a case.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::load::{Beside, print, read_file};
use crate::model::{Case, CaseRecord, Diagnostics, Document, Model, Overrides};
use crate::plan::Plan;
use crate::quantity::{Files, ReadAt};

/// A model, with the files that it reads; of a case also what came out.
#[derive(Clone, Debug)]
pub(super) struct World {
    /// Where it was read.
    pub(super) path: PathBuf,
    /// What can be run, `run.seed` included.
    pub(super) model: Model,
    /// Of a case: what came out.
    pub(super) record: Option<CaseRecord>,
    /// Where each value of the model was written.
    pub(super) document: Document,
    /// What lies beside the file.
    pub(super) beside: Beside,
}

impl World {
    /// Whether a file is a case rather than a model.
    pub(super) fn is_case(path: &Path) -> Result<bool, Failure> {
        Ok(std::str::from_utf8(&read_file(path)?).is_ok_and(Case::is_written_in))
    }

    /// Reads a model or a case. What is wrong with it has been said when it fails.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = read_file(path)?;
        let name = path.to_string_lossy();
        let is_case = std::str::from_utf8(&bytes).is_ok_and(Case::is_written_in);
        let loaded: Result<_, Diagnostics> = if is_case {
            Case::parse_bytes(&name, &bytes)
                .map(|loaded| (loaded.case.model, Some(loaded.case.record), loaded.document, loaded.warnings))
        } else {
            Model::parse_bytes(&name, &bytes, &Overrides::new())
                .map(|loaded| (loaded.model, None, loaded.document, loaded.warnings))
        };
        let (model, record, document, warnings) = loaded.map_err(|found| {
            print(&found);
            Failure::Model
        })?;
        // Of a case, warnings were shown when it was made.
        if record.is_none() {
            print(&warnings);
        }
        Ok(Self { path: path.to_owned(), model, record, document, beside: Beside::of(path) })
    }

    /// The model for the engine. What is wrong with its files has been said when there is none.
    pub(super) fn plan(&self) -> Result<Plan, Failure> {
        Plan::compile(&self.model, self).map_err(|problems| {
            let mut found = Diagnostics::new();
            found.extend(problems.into_iter().map(|problem| self.document.diagnose(problem)));
            print(&found);
            Failure::Model
        })
    }

    /// Reads a case, and nothing else.
    pub(super) fn read_case(path: &Path) -> Result<(Case, Beside), Failure> {
        let loaded = Case::parse_bytes(&path.to_string_lossy(), &read_file(path)?).map_err(|found| {
            print(&found);
            Failure::Model
        })?;
        Ok((loaded.case, Beside::of(path)))
    }
}

impl Files for World {
    fn read(&self, path: &str) -> std::io::Result<String> {
        match self.record.as_ref().and_then(|record| record.files.get(path)) {
            Some(text) => Ok(text.clone()),
            None => self.beside.read(path),
        }
    }

    fn open(&self, path: &str) -> std::io::Result<std::sync::Arc<dyn ReadAt>> {
        match self.record.as_ref().and_then(|record| record.files.get(path)) {
            Some(text) => Ok(std::sync::Arc::new(text.clone().into_bytes())),
            None => self.beside.open(path),
        }
    }
}
