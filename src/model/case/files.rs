//! Which files a model reads.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::Model;
use crate::quantity::Files;

/// A file that is larger than this stays where it is; its digest is part of the model's, so that nobody replays another one.
pub const EMBEDDED_BYTES_MAX: usize = 1 << 20;

impl Model {
    /// The paths of the files that the model names, as it names them.
    pub fn file_paths(&self) -> BTreeSet<String> {
        let value =
            serde_json::to_value(self).expect("invariant: settings have string keys and finite numbers");
        let mut paths = BTreeSet::new();
        collect(&value, &mut paths);
        paths
    }

    /// What these files hold, of those that are small enough to be kept elsewhere. A file that cannot be read is left out.
    pub fn embedded_files(&self, files: &dyn Files) -> BTreeMap<String, String> {
        let read = |path: String| files.read(&path).ok().map(|text| (path, text));
        self.file_paths()
            .into_iter()
            .filter_map(read)
            .filter(|(_, text)| text.len() <= EMBEDDED_BYTES_MAX)
            .collect()
    }
}

fn collect(value: &Value, paths: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::String(path) if name == "file" => {
                        paths.insert(path.clone());
                    }
                    value => collect(value, paths),
                }
            }
        }
        Value::Array(array) => array.iter().for_each(|value| collect(value, paths)),
        Value::String(text) => {
            let mut rest = text.as_str();
            while let Some((_, after)) = rest.split_once("empirical(") {
                let (path, after) = after.split_once(')').unwrap_or((after, ""));
                paths.insert(path.to_owned());
                rest = after;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
