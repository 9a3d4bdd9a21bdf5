//! The digest that identifies a model.

use std::io;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Model;
use crate::quantity::Files;

impl Model {
    /// SHA-256 over the canonical effective model: what means the same has the same digest.
    ///
    /// Defaults are written out, names are sorted, quantities are in their canonical spelling, and a file that the model refers to
    /// counts by what it holds; so comments, order, file names and ways of writing do not count. Two fields are left out: `description`, which is a
    /// comment, and `run.seed`, which is always named beside the digest, since one model is run with many seeds. A file that cannot be read
    /// counts by its name.
    pub fn digest(&self, files: &dyn Files) -> [u8; 32] {
        let mut value =
            serde_json::to_value(self).expect("invariant: settings have string keys and finite numbers");
        if let Some(model) = value.as_object_mut() {
            model.remove("description");
            if let Some(run) = model.get_mut("run").and_then(Value::as_object_mut) {
                run.remove("seed");
            }
        }
        let mut text = String::new();
        write_canonical(&value, files, &mut text);
        Sha256::digest(text.as_bytes()).into()
    }

    /// [`Model::digest`] as 64 hexadecimal digits.
    pub fn digest_hex(&self, files: &dyn Files) -> String {
        hexadecimal(&self.digest(files))
    }
}

/// JSON with sorted names. Sorted here, because whether `serde_json` sorts depends on the features that other crates ask for.
fn write_canonical(value: &Value, files: &dyn Files, text: &mut String) {
    match value {
        Value::Object(object) => {
            let mut names: Vec<&String> = object.keys().collect();
            names.sort();
            text.push('{');
            for name in names {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                match &object[name] {
                    Value::String(path) if name == "file" => {
                        let held = hash_of_file(path, files).unwrap_or_else(|_| path.clone());
                        text.push_str(&Value::from(held).to_string());
                    }
                    value => write_canonical(value, files, text),
                }
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(array) => {
            text.push('[');
            for element in array {
                write_canonical(element, files, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::String(string) => text.push_str(&Value::from(with_contents(string, files)).to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
    }
}

/// The text with the path of every `empirical(path)` replaced by the hash of what the file holds.
fn with_contents(text: &str, files: &dyn Files) -> String {
    const OPENING: &str = "empirical(";
    let Some((before, rest)) = text.split_once(OPENING) else {
        return text.to_owned();
    };
    let (path, after) = rest.split_once(')').unwrap_or((rest, ""));
    let held = files
        .read(path)
        .map_or_else(|_| path.to_owned(), |contents| hexadecimal(&Sha256::digest(contents.as_bytes())));
    format!("{before}{OPENING}{held}){}", with_contents(after, files))
}

/// The hash of what a large file holds, which is read piece by piece.
///
/// # Errors
/// Whatever keeps it from being read.
pub fn hash_of_file(path: &str, files: &dyn Files) -> io::Result<String> {
    let file = files.open(path)?;
    let (mut hasher, mut offset, mut buffer) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = file.read_at(offset, &mut buffer)?;
        if read == 0 {
            return Ok(hexadecimal(&hasher.finalize()));
        }
        hasher.update(&buffer[..read]);
        offset += read as u64;
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| {
        char::from_digit(u32::from(value), 16).expect("invariant: half a byte is one hexadecimal digit")
    };
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect()
}
