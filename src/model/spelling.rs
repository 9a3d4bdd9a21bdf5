//! What somebody probably meant: near misses, and the words of other tools.

mod foreign;
mod foreign_state;
mod foreign_steps;
#[cfg(test)]
mod tests;

use foreign::{FOREIGN, Foreign};
use foreign_state::FOREIGN_STATE;
use foreign_steps::FOREIGN_STEPS;

/// The candidate that `word` is most likely a misspelling of.
pub(crate) fn closest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    // Beyond this length no name is meant, and comparing would take long.
    if word.len() > 100 {
        return None;
    }
    let plain_word = plain(word);
    if let Some(same) = candidates.iter().find(|candidate| plain(candidate) == plain_word) {
        return Some(same);
    }
    let tolerance = (word.chars().count() / 3).max(1);
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Without what differs between `snake_case`, `kebab-case` and `camelCase`.
fn plain(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// `` `a`, `b` and `c` ``, cut after two dozen: every table of the language has fewer fields.
pub(crate) fn listed(names: &[&str]) -> String {
    const SHOWN_MAX: usize = 32;
    let quoted: Vec<String> =
        names.iter().take(SHOWN_MAX).map(|name| format!("`{}`", super::diagnostic::quotable(name))).collect();
    if names.len() > SHOWN_MAX {
        return format!("{} and {} more", quoted.join(", "), names.len() - SHOWN_MAX);
    }
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The field that was meant by a word that is no field at this place.
pub(crate) fn meant<'a>(word: &str, expected: &[&'a str]) -> Option<&'a str> {
    let known = find_foreign(word, expected).map(|entry| entry.field);
    match known.and_then(|field| expected.iter().find(|name| **name == field)) {
        Some(field) => Some(field),
        None => closest(word, expected),
    }
}

/// What a word of another tool is called here, if one of the fields that are possible at this place is meant.
pub(crate) fn foreign(word: &str, expected: &[&str]) -> Option<&'static str> {
    find_foreign(word, expected).map(|entry| entry.advice)
}

fn find_foreign(word: &str, expected: &[&str]) -> Option<&'static Foreign> {
    let plain_word = plain(word);
    FOREIGN
        .iter()
        .chain(FOREIGN_STATE)
        .chain(FOREIGN_STEPS)
        .find(|entry| entry.spellings.contains(&plain_word.as_str()) && expected.contains(&entry.field))
}

/// `1 element`, `2 elements`.
pub(crate) fn counted(count: impl Into<u64>, noun: &str) -> String {
    let count = count.into();
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
