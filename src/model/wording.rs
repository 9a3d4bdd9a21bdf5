//! Words for what does not fit the type of a field.

use super::codes;
use super::decode::{Complaint, DecodeError};
use super::diagnostic::{Diagnostic, quotable};
use super::document::Document;
use super::path::{Step, join};
use super::spelling::{closest, foreign, listed};

/// The message for an error, at its place in the text.
pub(crate) fn worded(error: &DecodeError, document: &Document) -> Diagnostic {
    let path = join(&error.steps);
    let diagnostic = match &error.complaint {
        Complaint::UnknownField { field, expected } => unknown_field(field, expected),
        Complaint::MissingField(field) => missing_field(field, &error.steps, document.whole()),
        Complaint::WrongType { expected, found } => {
            Diagnostic::error(codes::WRONG_TYPE, format!("expected {expected}, found {found}"))
                .help(wrong_type_help(expected, found))
        }
        Complaint::UnknownVariant { found, expected } => unknown_variant(found, expected),
        Complaint::ExactlyOne { variants, found } => exactly_one(variants, found),
        Complaint::NeedsValue(word) => {
            let message = format!("`{}` needs a value", quotable(word));
            let help = format!("write `{{ {word} = … }}`");
            Diagnostic::error(codes::MALFORMED_CHOICE, message).help(help)
        }
        Complaint::NeedsNoValue(word) => {
            let message = format!("`{}` takes no value", quotable(word));
            Diagnostic::error(codes::MALFORMED_CHOICE, message).help(format!("write `\"{word}\"` alone"))
        }
        Complaint::Custom(message) => custom(message),
    };
    let Some(node) = document.root().descend(&error.steps) else { return diagnostic.path(path) };
    let means_key = error.is_key || matches!(error.complaint, Complaint::MissingField(_));
    let place = node.key.as_ref().filter(|_| means_key).unwrap_or(&node.place);
    diagnostic.path(path).at(document.texts().location(place))
}

/// The name of a place, for a sentence.
fn place_name(steps: &[Step], whole: &str) -> String {
    if steps.is_empty() { whole.to_owned() } else { format!("`{}`", quotable(&join(steps))) }
}

fn unknown_field(field: &str, expected: &'static [&'static str]) -> Diagnostic {
    if field == "case" && expected.contains(&"workloads") {
        let help = "this is a case and no model: `metastable replay` runs it again";
        return Diagnostic::error(codes::UNKNOWN_FIELD, "a model has no `case`").help(help);
    }
    let help = match (foreign(field, expected), closest(field, expected)) {
        (Some(advice), _) => advice.to_owned(),
        (None, Some(name)) => format!("did you mean `{name}`? Possible here are {}", listed(expected)),
        (None, None) => format!("possible here are {}", listed(expected)),
    };
    Diagnostic::error(codes::UNKNOWN_FIELD, format!("unknown field `{}`", quotable(field))).help(help)
}

fn missing_field(field: &str, steps: &[Step], whole: &str) -> Diagnostic {
    let help = match field {
        "name" => "it names the output directory: `name = \"checkout\"`",
        "run" => "write `[run]`, and below it `duration = \"15min\"`",
        "duration" => "simulated time: `duration = \"15min\"`",
        "arrivals" => {
            "open or closed decides more than any tuning: `arrivals = { open = { rate = \"800/s\" } }`"
        }
        "rate" => "write `rate = \"800/s\"`",
        "to" => "the service that is called: `to = \"db\"`",
        "threads" => {
            "how many attempts one instance handles at a time: `threads = 64`, or `threads = \"unlimited\"`"
        }
        "handler" => "what is done for an attempt: `handler = [ { work = \"5ms\" } ]`",
        "capacity" => "how many may wait: `capacity = 256`, or `capacity = \"unlimited\"`",
        "max_attempts" => "how often a call is tried, the first try included: `max_attempts = 3`",
        "at" => "when it begins, from the start of the run: `at = \"5min\"`",
        "base" => "the first wait: `base = \"50ms\"`",
        "factor" => "a number without a unit: `factor = 10`",
        "share" => "a share: `share = \"10%\"`",
        "per_request" => "a share: `per_request = \"1%\"`",
        "scale" => "a multiple of the rate: `scale = 1.2`",
        "service" => "the name of a service: `service = \"db\"`",
        "workload" => "the name of a workload: `workload = \"shoppers\"`",
        "model" => "a path from the folder of the experiment: `model = \"../models/checkout.toml\"`",
        "seeds" => "under how many seeds each variant runs: `seeds = 20`",
        "variants" => "write a table for each: `[variants.as_it_is]`",
        "variant" => "the name of a variant: `variant = \"budget\"`",
        "until" => "a metric and a share: `until = \"p99 5%\"`",
        "at_most" => "an upper bound of the number of seeds: `at_most = 200`",
        _ => "it has no default",
    };
    let message = format!("{} has no `{field}`", place_name(steps, whole));
    Diagnostic::error(codes::MISSING_FIELD, message).help(help)
}

fn wrong_type_help(expected: &str, found: &str) -> String {
    let Some(text) = found.strip_prefix("the string `\"").and_then(|rest| rest.strip_suffix("\"`")) else {
        return String::new();
    };
    let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
    if is_number && expected.contains("number") || text == "true" || text == "false" {
        return format!("write `{text}` without quotes");
    }
    String::new()
}

fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Diagnostic {
    let help = match closest(found, expected) {
        Some(name) => format!("did you mean `{name}`? It is one of {}", listed(expected)),
        None => format!("it is one of {}", listed(expected)),
    };
    Diagnostic::error(codes::UNKNOWN_VARIANT, format!("unknown choice `{}`", quotable(found))).help(help)
}

fn exactly_one(variants: &'static [&'static str], found: &[String]) -> Diagnostic {
    if found.is_empty() {
        let message = format!("expected one of {}, found none", listed(variants));
        return Diagnostic::error(codes::MALFORMED_CHOICE, message);
    }
    let names: Vec<&str> = found.iter().map(String::as_str).collect();
    let message = format!("expected exactly one of {}, found {}", listed(variants), listed(&names));
    Diagnostic::error(codes::MALFORMED_CHOICE, message)
        .help("keep one; `--unset` removes one that the file has")
}

/// A quantity says what is wrong and, usually, what to write instead.
fn custom(message: &str) -> Diagnostic {
    match message.rsplit_once(": write ") {
        Some((wrong, advice)) => {
            Diagnostic::error(codes::INVALID_VALUE, wrong).help(format!("write {advice}"))
        }
        None => Diagnostic::error(codes::INVALID_VALUE, message),
    }
}
