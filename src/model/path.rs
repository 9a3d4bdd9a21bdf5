//! Paths into a document: `services.db.handler[0].work`, names with other characters in quotes (`services."a.b".threads`).

use std::ops::Range;

/// More steps than any model has; a bound, so that no text of a user can make the program recurse without end.
const STEPS_MAX: usize = 32;

/// One step down the tree of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Into the entry of a table.
    Key(String),
    /// Into the element of a list, counted from 0.
    Index(usize),
}

/// A path as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Path {
    /// The steps from the root of the document, each with the bytes of the text that spell it.
    pub(crate) steps: Vec<(Step, Range<usize>)>,
    /// Where in the text the path ends: at the `=` of an assignment, or at the end of the text.
    pub(crate) end: usize,
}

/// Where and why a text is not a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PathError {
    /// Byte offset in the text.
    pub(crate) at: usize,
    /// One sentence without a full stop.
    pub(crate) message: String,
}

impl Path {
    /// Reads a path up to the end of `text` or to the first `=` outside quotes.
    pub(crate) fn parse(text: &str) -> Result<Self, PathError> {
        let mut steps: Vec<(Step, Range<usize>)> = Vec::new();
        let mut at = 0;
        loop {
            let (key, end) = parse_key(text, at)?;
            steps.push((Step::Key(key), at..end));
            at = end;
            while text[at..].starts_with('[') {
                let (index, end) = parse_index(text, at)?;
                steps.push((Step::Index(index), at..end));
                at = end;
            }
            if steps.len() > STEPS_MAX {
                return Err(PathError { at, message: format!("a path has at most {STEPS_MAX} steps") });
            }
            match text[at..].chars().next() {
                Some('.') => at += 1,
                None | Some('=') => return Ok(Self { steps, end: at }),
                Some(other) => return Err(unexpected(at, other)),
            }
        }
    }

    /// The steps without their positions.
    pub(crate) fn into_steps(self) -> Vec<Step> {
        self.steps.into_iter().map(|(step, _)| step).collect()
    }
}

fn unexpected(at: usize, found: char) -> PathError {
    PathError { at, message: format!("a path cannot contain `{}` here", found.escape_debug()) }
}

fn parse_key(text: &str, at: usize) -> Result<(String, usize), PathError> {
    let rest = &text[at..];
    if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
        let never_closed =
            || PathError { at, message: "the quotes of this name are never closed".to_owned() };
        if quote == '"' {
            let (key, length) = unescaped(&rest[1..]).ok_or_else(never_closed)?;
            return Ok((key, at + length + 2));
        }
        let inner = &rest[1..];
        let length = inner.find(quote).ok_or_else(never_closed)?;
        return Ok((inner[..length].to_owned(), at + length + 2));
    }
    let length = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
    if length == 0 {
        return match rest.chars().next() {
            Some(found) if found != '=' && found != '.' => Err(unexpected(at, found)),
            _ => Err(PathError { at, message: "a name is missing in the path".to_owned() }),
        };
    }
    Ok((rest[..length].to_owned(), at + length))
}

/// The name up to the closing quotes and the bytes that spell it; reads what [`written`] writes, other backslashes are themselves.
fn unescaped(text: &str) -> Option<(String, usize)> {
    let mut key = String::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let c = rest.chars().next()?;
        let code = || char::from_u32(u32::from_str_radix(rest.strip_prefix("\\u")?.get(..4)?, 16).ok()?);
        let (found, length) = if c == '"' {
            return Some((key, at));
        } else if rest.starts_with("\\\\") || rest.starts_with("\\\"") {
            (char::from(rest.as_bytes()[1]), 2)
        } else if let Some(control) = code() {
            (control, 6)
        } else {
            (c, c.len_utf8())
        };
        key.push(found);
        at += length;
    }
}

fn parse_index(text: &str, at: usize) -> Result<(usize, usize), PathError> {
    let inner = &text[at + 1..];
    let length = inner.find(']').unwrap_or(inner.len());
    match inner[..length].parse() {
        Ok(index) if length < inner.len() => Ok((index, at + length + 2)),
        _ => Err(PathError {
            at,
            message: "a position in a list is a number in brackets, as in `handler[0]`".to_owned(),
        }),
    }
}

/// Whether a name may contain this character.
pub(crate) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Whether every character may stand in a name, and there is one.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_name_char)
}

/// The name as it is written in a path or as a TOML key: in quotes if it must be.
pub(crate) fn written(key: &str) -> String {
    if is_name(key) {
        return key.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in key.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => quoted.extend(format!("\\u{:04X}", u32::from(c)).chars()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The path as text.
pub(crate) fn join(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&written(key));
            }
            Step::Index(index) => text.extend(["[", &index.to_string(), "]"]),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_parses_and_joins_to_the_same_text() {
        for text in [
            "name",
            "run.seed",
            "services.db.handler[0].work",
            "services.\"a.b\".threads",
            r#"services."a\"b\\c\u000Ad".threads"#,
            "a[0][12].b",
        ] {
            let path = Path::parse(text).unwrap();
            assert_eq!(path.end, text.len());
            assert_eq!(join(&path.into_steps()), text);
        }
    }

    #[test]
    fn a_path_ends_at_the_equals_sign() {
        let path = Path::parse("services.'a=b'.threads=x=y").unwrap();
        assert_eq!(path.end, "services.'a=b'.threads".len());
        assert_eq!(path.steps[1], (Step::Key("a=b".to_owned()), 9..14));
    }

    #[test]
    fn what_is_not_a_path_says_where() {
        let at = |text: &str| Path::parse(text).unwrap_err().at;
        assert_eq!(at(""), 0);
        assert_eq!(at("services..db"), 9);
        assert_eq!(at("services.db "), 11);
        assert_eq!(at("services.'db"), 9);
        assert_eq!(at("handler[x]"), 7);
        assert_eq!(at("handler[0"), 7);
        assert!(Path::parse(&vec!["a"; 40].join(".")).is_err());
    }
}
