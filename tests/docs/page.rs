//! Pages, and the fenced blocks in them.

use std::ffi::OsStr;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;

/// A page of the project that is read by people.
pub(crate) struct Page {
    /// The path from the root of the project.
    pub(crate) name: String,
    /// Its Markdown.
    pub(crate) text: String,
}

/// A fenced block.
pub(crate) struct Block<'a> {
    /// What stands behind the opening fence: `toml`, `toml fragment`, `toml shop.toml`, `console`, …
    pub(crate) info: &'a str,
    /// What stands between the fences, with a newline at the end.
    pub(crate) body: &'a str,
    /// Where that is, in bytes of the page.
    pub(crate) range: Range<usize>,
    /// The line of the opening fence, counted from 1.
    pub(crate) line: usize,
}

/// The folder of the project.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

impl Page {
    pub(crate) fn read(name: &str) -> Self {
        let text = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), text }
    }

    /// Every page of the project: those at the root, and those in `docs/`.
    pub(crate) fn all() -> Vec<Self> {
        let mut names: Vec<String> = Vec::new();
        for folder in ["", "docs/"] {
            for entry in fs::read_dir(root().join(folder)).expect("the folder can be read") {
                let path = entry.expect("the entry can be read").path();
                if let (Some(name), Some("md")) = (path.file_name(), path.extension().and_then(OsStr::to_str))
                {
                    names.push(format!("{folder}{}", name.to_string_lossy()));
                }
            }
        }
        names.sort();
        assert!(names.len() >= 6, "the pages were found: {names:?}");
        names.iter().map(|name| Self::read(name)).collect()
    }

    pub(crate) fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut open: Option<(&str, usize, usize)> = None;
        let mut at = 0;
        for (line, text) in (1..).zip(self.text.split_inclusive('\n')) {
            let begin = at;
            at += text.len();
            let Some(info) = text.strip_prefix("```") else { continue };
            open = match open {
                None => Some((info.trim(), at, line)),
                Some((info, body, line)) => {
                    blocks.push(Block { info, body: &self.text[body..begin], range: body..begin, line });
                    None
                }
            };
        }
        assert!(open.is_none(), "{}: a block is not closed", self.name);
        blocks
    }

    /// The place of a block, for a message.
    pub(crate) fn place(&self, block: &Block<'_>) -> String {
        format!("{}:{}", self.name, block.line)
    }
}

#[test]
fn blocks_are_found_with_their_places() {
    let text = "a\n```toml\nx = 1\n```\nb\n```console\n```\n".to_owned();
    let page = Page { name: "p.md".to_owned(), text };
    let found: Vec<_> = page.blocks().iter().map(|block| (block.info, block.body, block.line)).collect();
    assert_eq!(found, [("toml", "x = 1\n", 2), ("console", "", 6)]);
}
