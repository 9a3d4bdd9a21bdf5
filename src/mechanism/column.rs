//! What a column of the output is: its name, its unit, how it is to be read.

/// How the numbers of a column relate to time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// How often something happened during the interval.
    Count,
    /// The amount accumulated during the interval.
    Sum,
    /// The time average of a level over the interval.
    Mean,
    /// The highest level within the interval.
    Max,
    /// The level at the end of the interval.
    Last,
    /// The mean over what ended in the interval; empty if nothing did.
    Average,
    /// A quantile of what ended in the interval; empty if nothing did.
    Quantile,
}

/// One column of a time series.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// The header in the CSV file.
    pub name: &'static str,
    /// The unit, as a person would say it: `requests`, `s`, `threads`.
    pub unit: &'static str,
    /// How to read it.
    pub kind: Kind,
    /// What it means, in one sentence.
    pub meaning: &'static str,
}

impl Column {
    /// The column with this name in the list of a mechanism. Meant for constants: there a name that is not in the list is an error of compilation.
    pub const fn named(columns: &[Self], name: &str) -> Self {
        let mut index = 0;
        while index < columns.len() {
            if is_same(columns[index].name.as_bytes(), name.as_bytes()) {
                return columns[index];
            }
            index += 1;
        }
        panic!("the mechanism reports no column of this name");
    }
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut index = 0;
    while index < a.len() && index < b.len() && a[index] == b[index] {
        index += 1;
    }
    a.len() == b.len() && index == a.len()
}
