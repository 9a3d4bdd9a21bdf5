//! The columns of what registers report.

use super::{Cell, Field, Interval};
use crate::mechanism::{Column, register};
use crate::observe::RegisterRow;

/// The columns of `registers.csv` after the keys.
pub const REGISTERS: &[&[Field<RegisterRow>]] = &[
    mechanism_fields! { RegisterRow, register::COLUMNS, |row, interval|
        "reads" => Cell::Count(row.reads);
        "writes" => Cell::Count(row.writes);
        "conflicts" => Cell::Count(row.conflicts);
        "blind" => Cell::Count(row.blind);
        "conflict_ratio" => Cell::Quotient { numerator: row.conflicts.into(), denominator: row.writes.into() };
    },
];
