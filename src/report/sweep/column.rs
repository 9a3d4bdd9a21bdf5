//! The columns of the tables of a sweep, and what stands in them.

use crate::model::Axis;

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A whole number.
    Whole,
    /// A whole number that may need all of 64 bits, and is not below 0.
    Unsigned,
    /// A real number.
    Real,
    /// Text.
    Text,
}

/// A column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// What it is called.
    pub name: String,
    /// What stands in it.
    pub kind: Kind,
    /// Whether a cell may be empty: that is no value, and no text of no length.
    pub is_optional: bool,
}

impl Column {
    /// One that has a value in every row.
    pub(super) fn new(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind, is_optional: false }
    }

    /// One that may have none.
    pub(super) fn optional(name: &str, kind: Kind) -> Self {
        Self { is_optional: true, ..Self::new(name, kind) }
    }

    /// That of an axis.
    pub(super) fn of(axis: &Axis) -> Self {
        match (axis.is_numeric(), axis.is_whole()) {
            (_, true) => Self::new(&axis.heading, Kind::Whole),
            (true, false) => Self::new(&axis.heading, Kind::Real),
            (false, false) => Self::optional(&axis.heading, Kind::Text),
        }
    }
}
