//! What the program decides is rewritten where it is out of date.

use std::fs;

use crate::page::{Page, root};

/// Pages that were out of date.
#[derive(Default)]
pub(crate) struct Stale(Vec<String>);

impl Stale {
    /// Rewrites a page that does not say what it should.
    pub(crate) fn rewrite(&mut self, page: &Page, current: &str) {
        if page.text != current {
            fs::write(root().join(&page.name), current).expect("the page can be written");
            self.0.push(page.name.clone());
        }
    }

    /// Fails if there were any.
    pub(crate) fn require_none(&self) {
        let Self(names) = self;
        assert!(names.is_empty(), "out of date, and rewritten: {names:?}; read the difference and commit it");
    }
}
