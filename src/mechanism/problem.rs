//! Semantic errors and warnings, found by `check` of the settings.
//!
//! Settings are plain values; a problem names a *path* (`policies.db.retry.max_attempts`). Only the model floor turns a path
//! into file, line and column.

/// One thing that is wrong, or that deserves a warning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Whether the model cannot run with it.
    pub is_error: bool,
    /// The code of the message (`M026`), where it has one of its own.
    pub code: Option<&'static str>,
    /// Where, as a path of names from the root of the document; list positions as `[0]`.
    pub path: String,
    /// What is wrong: one sentence without a full stop, literals in backticks.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Collects problems while walking down the settings; knows where in the document it is.
#[derive(Debug, Default)]
pub struct Problems {
    path: Vec<String>,
    found: Vec<Problem>,
}

impl Problems {
    /// A collector at the root of the document.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `inside` one step further down the path: `problems.at("retry", |p| settings.check(p))`.
    pub fn at<R>(&mut self, step: &str, inside: impl FnOnce(&mut Self) -> R) -> R {
        self.path.push(step.to_owned());
        let result = inside(self);
        self.path.pop();
        result
    }

    /// Like [`Problems::at`] for the `index`-th element of the list called `step`.
    pub fn at_index<R>(&mut self, step: &str, index: usize, inside: impl FnOnce(&mut Self) -> R) -> R {
        self.at(&format!("{step}[{index}]"), inside)
    }

    /// Notes an error at the current place.
    pub fn error(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.note(true, None, message.into(), help.into());
    }

    /// Notes an error that has a code of its own at the current place.
    pub fn error_with_code(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.note(true, Some(code), message.into(), help.into());
    }

    /// Notes a warning at the current place.
    pub fn warning(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.note(false, None, message.into(), help.into());
    }

    /// Notes a warning that has a code of its own at the current place.
    pub fn warning_with_code(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.note(false, Some(code), message.into(), help.into());
    }

    /// What was found, in the order of the walk.
    pub fn into_found(self) -> Vec<Problem> {
        self.found
    }

    /// Whether an error (not only warnings) was found so far.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|problem| problem.is_error)
    }

    fn note(&mut self, is_error: bool, code: Option<&'static str>, message: String, help: String) {
        let help = (!help.is_empty()).then_some(help);
        self.found.push(Problem { is_error, code, path: self.path.join("."), message, help });
    }
}
