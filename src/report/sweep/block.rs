//! The file of a block: a line that says which it is and what it has to contain, a line of column names, a line per run.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::model::hexadecimal;

/// Which block a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlockIdentity<'a> {
    /// The campaign that it belongs to, as [`super::Campaign::id`] has it.
    pub campaign: &'a str,
    /// How many runs each block of the campaign has.
    pub block_size: u64,
    /// Its number.
    pub index: u64,
}

/// What stands in a block: lines, each with its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// A line per run.
    pub rows: Vec<String>,
}

impl BlockIdentity<'_> {
    /// The name of the file.
    pub fn file_name(&self) -> String {
        format!("block-{:06}.csv", self.index)
    }

    fn title(&self, rows: usize, content: &str) -> String {
        let (campaign, index, size) = (self.campaign, self.index, self.block_size);
        let hash: [u8; 32] = Sha256::digest(content.as_bytes()).into();
        let hash = hexadecimal(&hash);
        format!(
            "# metastable sweep {campaign}, block {index} of {size} runs each, rows {rows}, sha256 {hash}\n"
        )
    }
}

impl Block {
    /// The file.
    pub fn to_text(&self, identity: &BlockIdentity<'_>, header: &str) -> String {
        let content: String = std::iter::once(header).chain(self.rows.iter().map(String::as_str)).collect();
        let mut text = identity.title(self.rows.len(), &content);
        let _ = write!(text, "{content}");
        text
    }

    /// What a file holds; `None` if it is another block, or not as it was written.
    pub fn read(bytes: &[u8], identity: &BlockIdentity<'_>, header: &str) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (_, content) = text.split_once('\n')?;
        let rows: Vec<String> =
            content.strip_prefix(header)?.split_inclusive('\n').map(str::to_owned).collect();
        let block = Self { rows };
        (block.to_text(identity, header) == text).then_some(block)
    }
}
