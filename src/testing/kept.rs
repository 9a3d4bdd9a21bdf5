//! Failures that are kept, so that they are found at once the next time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::failed::Failed;
use super::world::World;
use crate::analysis::Property;
use crate::experiment::{Progress, record};
use crate::kernel::random::hash64;
use crate::model::Case;
use crate::model::schedule::Schedule;

/// How the files of cases end.
const ENDING: &str = ".case.toml";

/// A failure that was kept.
pub(super) struct Kept {
    pub(super) path: PathBuf,
    pub(super) seed: u64,
    pub(super) schedule: Schedule,
}

/// The cases in a folder that are of this model, by name.
pub(super) fn of(folder: &Path, world: &World) -> Result<Vec<Kept>, String> {
    let wrong = |path: &Path, why: &dyn std::fmt::Display| {
        format!("{} is not a case that can be tried: {why}\ncure it, or delete it", path.display())
    };
    let mut paths = Vec::new();
    match fs::read_dir(folder) {
        Ok(entries) => {
            for entry in entries {
                paths.push(entry.map_err(|error| wrong(folder, &error))?.path());
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(wrong(folder, &error)),
    }
    paths.retain(|path| path.to_string_lossy().ends_with(ENDING));
    paths.sort();
    let mut kept = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| wrong(&path, &error))?;
        let case = Case::parse(&path.to_string_lossy(), &text).map_err(|found| wrong(&path, &found))?.case;
        if case.model.name == world.model().name {
            let (seed, schedule) = (case.model.run.seed, Schedule::of(&case.model));
            kept.push(Kept { path, seed, schedule });
        }
    }
    Ok(kept)
}

/// Writes a failure into a folder, which is made if need be, under a name that follows from the model and the faults.
pub(super) fn keep(
    folder: &Path,
    world: &World,
    failed: &Failed,
    property: &Property,
) -> Result<PathBuf, String> {
    let model = failed.schedule.apply(world.model());
    let recorded =
        record(&model, world.files(), property, &Progress::default()).map_err(|error| error.to_string())?;
    let story = format!("{}\n{}", failed.why, failed.schedule);
    let hash = hash64(&format!("{} {}", world.seed(), failed.schedule.to_toml()));
    let path = folder.join(format!("{}-{:08x}{ENDING}", model.name, hash >> 32));
    let write = || {
        fs::create_dir_all(folder)?;
        // Whoever looks into the folder sees the whole case or none.
        let unfinished = folder.join(format!(".{}-{:08x}.unfinished", model.name, hash >> 32));
        fs::write(&unfinished, recorded.case.to_toml(&story))?;
        fs::rename(&unfinished, &path)
    };
    write().map_err(|error: io::Error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// What to do with a case.
pub(super) fn how_to_replay(path: &Path) -> String {
    let path = path.display();
    format!(
        "It is kept, and tried first the next time. To see it again, to the bit:\n\n  metastable replay {path}"
    )
}
