//! Sentences and titles as pages write them.

/// With a full stop at its end. What begins with a name of the model keeps it as it is.
pub(super) fn stopped(text: &str) -> String {
    let stop = if text.ends_with('.') { "" } else { "." };
    text.to_owned() + stop
}

pub(super) fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// A title without what stands before its first colon.
pub(super) fn suffix(title: &str) -> &str {
    title.split_once(": ").map_or(title, |(_, rest)| rest)
}

/// What stands before the first colon of a title.
pub(super) fn prefix(title: &str) -> &str {
    title.split_once(": ").map_or(title, |(name, _)| name)
}
