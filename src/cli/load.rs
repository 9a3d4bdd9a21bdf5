//! From the arguments to a model that can run.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::arguments::{Edit, ModelArguments};
use super::failure::Failure;
use crate::model::{Diagnostics, Document, Loaded, Model, Overrides, explain, hash_of_file};
use crate::plan::Plan;
use crate::quantity::{Files, ReadAt};

/// A model that can run.
#[derive(Debug)]
pub(super) struct LoadedModel {
    /// Every default written out.
    pub(super) model: Model,
    /// The same for the engine.
    pub(super) plan: Plan,
    /// SHA-256 over the effective model.
    pub(super) digest: [u8; 32],
    /// The effective model as TOML, each value with its origin; ends with a newline.
    pub(super) explanation: String,
    /// What is probably not meant.
    pub(super) warnings: Diagnostics,
}

/// The folder of a model: the files that it refers to are looked up there, and noted.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    folder: PathBuf,
    named: Arc<Mutex<BTreeSet<String>>>,
}

impl Beside {
    /// The folder of the file at this path.
    pub(super) fn of(path: &Path) -> Self {
        Self { folder: path.parent().unwrap_or(Path::new("")).to_owned(), named: Arc::default() }
    }

    fn path_of(&self, name: &str) -> PathBuf {
        self.named.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        self.folder.join(name)
    }
}

impl Files for Beside {
    fn read(&self, path: &str) -> io::Result<String> {
        let bytes = read(&self.path_of(path))?;
        String::from_utf8(bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn ReadAt>> {
        let file = File::open(self.path_of(path))?;
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Arc::new(Opened(Mutex::new(file))))
    }
}

/// A file that stays open: what is put in its place meanwhile does not concern a run in progress.
#[derive(Debug)]
struct Opened(Mutex<File>);

impl ReadAt for Opened {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        loop {
            match file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

/// Nobody writes a larger file by hand; a device or an endless pipe would otherwise fill the memory.
const FILE_BYTES_MAX: u64 = 256 << 20;

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if read as u64 > FILE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 256 MiB"));
    }
    Ok(bytes)
}

/// Reads, checks and plans the model of a command line. The inner error is a model that cannot run, with everything that is wrong with it.
pub(super) fn load(
    arguments: &ModelArguments,
    seed: Option<u64>,
) -> Result<Result<LoadedModel, Diagnostics>, Failure> {
    let file = ModelFile::read(&arguments.path, &arguments.path.to_string_lossy())?;
    let mut overrides = overrides(arguments);
    if let Some(seed) = seed {
        overrides.seed(seed);
    }
    Ok(file.load(&overrides))
}

/// What a command line changes in its model.
pub(super) fn overrides(arguments: &ModelArguments) -> Overrides {
    let mut overrides = Overrides::new();
    for edit in &arguments.edits.0 {
        match edit {
            Edit::Set(assignment) => overrides.set(assignment),
            Edit::Unset(path) => overrides.unset(path),
        }
    }
    overrides
}

/// A model as it stands on the disk, which may be loaded with several sets of overrides.
pub(super) struct ModelFile {
    name: String,
    bytes: Vec<u8>,
    files: Beside,
}

impl ModelFile {
    /// Reads the file. `name` is what messages call it.
    pub(super) fn read(path: &Path, name: &str) -> Result<Self, Failure> {
        let bytes = read_file(path)?;
        let files = Beside::of(path);
        Ok(Self { name: name.to_owned(), bytes, files })
    }

    /// What lies beside it.
    pub(super) fn into_files(self) -> Beside {
        self.files
    }

    /// All that is behind the models that were made of it so far, whatever they were overridden with: its own text, and the name and the hash of each file that they name.
    pub(super) fn contents(&self) -> Vec<String> {
        let named = self.files.named.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = Document::bare_text(&self.bytes).unwrap_or_default();
        let held = |name: String| {
            let hash = hash_of_file(&name, &self.files).unwrap_or_default();
            [name, hash]
        };
        std::iter::once(text).chain(named.into_iter().flat_map(held)).collect()
    }

    /// The model with these overrides; the error is everything that is wrong with it.
    pub(super) fn load(&self, overrides: &Overrides) -> Result<LoadedModel, Diagnostics> {
        let (loaded, plan) = self.plan(overrides)?;
        let (digest, explanation) = (loaded.model.digest(&self.files), explain(&loaded));
        Ok(LoadedModel { model: loaded.model, plan, digest, explanation, warnings: loaded.warnings })
    }

    /// Only what it takes to run it.
    pub(super) fn plan(&self, overrides: &Overrides) -> Result<(Loaded, Plan), Diagnostics> {
        let loaded = Model::parse_bytes(&self.name, &self.bytes, overrides)?;
        match Plan::compile(&loaded.model, &self.files) {
            Ok(plan) => Ok((loaded, plan)),
            Err(problems) => {
                let mut found = loaded.warnings.clone();
                found.extend(problems.into_iter().map(|problem| loaded.document.diagnose(problem)));
                Err(found)
            }
        }
    }
}

/// The contents of a file that was named on the command line, or by an experiment.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    read(path).map_err(|error| Failure::Read(path.to_owned(), error))
}

/// Shows what was found on standard error.
pub(super) fn print(findings: &Diagnostics) {
    if findings.is_empty() {
        return;
    }
    // Nobody is left to hear that standard error is closed; the colours are taken out where they are not wanted.
    let _ = writeln!(anstream::stderr(), "{}", findings.render(true));
}
