//! From a text to a checked model.

use super::check;
use super::codes;
use super::decode::decode;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::document::{Document, Kind, decode_text};
use super::overrides::Overrides;
use super::wording::worded;
use super::{Model, PolicySettings};
use crate::mechanism::{Problem, Problems};

/// The policy of callers that name none.
pub(crate) const DEFAULT_POLICY: &str = "default";

/// A model that can run, with what is known about where it comes from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Every default written out.
    pub model: Model,
    /// Where each value was written.
    pub document: Document,
    /// What is probably not meant, in the order of the text.
    pub warnings: Diagnostics,
}

impl Model {
    /// Reads a model: syntax, overrides, parameters, types, meaning. Opens nothing. `source_name` is what messages call the file.
    ///
    /// # Errors
    /// Everything that is wrong with the document, as far as it can be found at once, in the order of its text.
    pub fn parse(source_name: &str, text: &str, overrides: &Overrides) -> Result<Loaded, Diagnostics> {
        let (document, found) = Document::read(source_name, text, overrides, Kind::Model);
        match document {
            Some(document) => load_document(document, found),
            None => Err(found),
        }
    }

    /// Like [`Model::parse`] for the contents of a file that may not be text.
    ///
    /// # Errors
    /// Those of [`Model::parse`], and a message with the offset where the bytes stop being UTF-8.
    pub fn parse_bytes(
        source_name: &str,
        bytes: &[u8],
        overrides: &Overrides,
    ) -> Result<Loaded, Diagnostics> {
        Self::parse(source_name, decode_text(source_name, bytes)?, overrides)
    }

    /// The model that a text says by its types alone, for programs that build models: what they put together is compiled, or
    /// checked by [`Model::check`], when it is whole.
    ///
    /// # Errors
    /// What keeps the text from being a model.
    ///
    /// ```
    /// use metastable::model::Model;
    ///
    /// let model = Model::decode("part.toml", "name = \"part\"\nrun = { duration = \"1min\" }").expect("the types are right");
    /// assert!(model.workloads.is_empty(), "and nobody has asked whether that is enough");
    /// ```
    pub fn decode(source_name: &str, text: &str) -> Result<Self, Diagnostics> {
        let (document, mut found) = Document::read(source_name, text, &Overrides::new(), Kind::Model);
        match document.and_then(|mut document| typed(&mut document, &mut found)) {
            Some(model) => Ok(model),
            None => Err(found),
        }
    }

    /// The default of a role depends on how its fault begins.
    fn write_out_roles(&mut self) {
        for fault in self.faults.values_mut() {
            fault.role = Some(fault.role());
        }
    }

    /// How a service is called that a cache is in, where nothing is written about it.
    fn write_out_cache_calls(&mut self) {
        for cache in self.caches.values_mut().filter(|cache| cache.service().is_some()) {
            cache.calls = Some(cache.calls());
        }
    }

    /// What presets stand for is written out, and their names say nothing more.
    fn forget_presets(&mut self) {
        for policy in self.policies.values_mut() {
            policy.preset = None;
            policy.circuit_breaker.iter_mut().for_each(|breaker| breaker.preset = None);
            policy.pool.iter_mut().for_each(|pool| pool.preset = None);
            policy.outlier_detection.iter_mut().for_each(|detection| detection.preset = None);
        }
    }

    /// A model is effective: the built-in policy stands in it as soon as somebody uses it.
    fn write_out_default_policy(&mut self) {
        let is_used = check::callers(self).iter().any(|caller| caller.policy == DEFAULT_POLICY);
        if is_used && !self.policies.contains_key(DEFAULT_POLICY) {
            self.policies.insert(DEFAULT_POLICY.to_owned(), PolicySettings::default());
        }
    }
}

/// The model that a document says by its types, unless something was found that is wrong.
fn typed(document: &mut Document, found: &mut Diagnostics) -> Option<Model> {
    let (model, errors) = decode::<Model>(document.root_mut());
    found.extend(errors.iter().map(|error| worded(error, document)));
    model.filter(|_| !found.has_errors())
}

/// The model that a document says. `found` is what was found in it so far.
pub(super) fn load_document(mut document: Document, mut found: Diagnostics) -> Result<Loaded, Diagnostics> {
    let Some(mut model) = typed(&mut document, &mut found) else { return Err(found) };
    model.write_out_cache_calls();
    model.write_out_default_policy();
    model.write_out_roles();
    model.forget_presets();
    let mut problems = Problems::new();
    model.check(&mut problems);
    found.extend(problems.into_found().into_iter().map(|problem| document.diagnose(problem)));
    if found.has_errors() { Err(found) } else { Ok(Loaded { model, document, warnings: found }) }
}

impl Document {
    /// A problem that `check` or `plan` found, at its place in the text.
    pub fn diagnose(&self, problem: Problem) -> Diagnostic {
        let Problem { is_error, code, path, message, help } = problem;
        let diagnostic = if is_error {
            Diagnostic::error(code.unwrap_or(codes::INVALID_SETTING), message)
        } else {
            Diagnostic::warning(code.unwrap_or(codes::DOUBTFUL_SETTING), message)
        };
        let location = self.locate(&path);
        diagnostic.path(path).help(help.unwrap_or_default()).at(location)
    }
}
