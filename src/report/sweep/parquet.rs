//! Tables as Apache Parquet: columns with types, compressed by Zstandard, for those who read millions of rows.
//!
//! What is written is the text of the CSV files, read by the kind of its column, so that both hold the same numbers to the bit. The bytes follow from the rows and the version of the crate `parquet`:
//! there is no date in them.

use std::io::{self, Write};
use std::mem;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::column::{Column, Kind};
use super::folder::Campaign;

/// So many rows are in memory at a time, and in a row group, unless another number is asked for.
pub const PARQUET_GROUP_ROWS: usize = 65_536;
/// No two values of it are alike, so that a dictionary would be as long as the column.
const DIGEST: &str = "digest";

/// A table that is being written.
pub struct ParquetTable<'a, W: Write + Send> {
    file: SerializedFileWriter<W>,
    group: Group<'a>,
    group_rows: usize,
}

impl<'a, W: Write + Send> ParquetTable<'a, W> {
    /// Begins a table with these columns.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn new(campaign: &Campaign, columns: &'a [Column], out: W) -> io::Result<Self> {
        Self::with_groups(campaign, columns, PARQUET_GROUP_ROWS, out)
    }

    /// The same with row groups of another length, which is above 0.
    ///
    /// # Errors
    /// Those of [`ParquetTable::new`].
    pub fn with_groups(
        campaign: &Campaign,
        columns: &'a [Column],
        group_rows: usize,
        out: W,
    ) -> io::Result<Self> {
        let schema = Arc::new(schema(columns).map_err(failed)?);
        let properties = Arc::new(properties(campaign));
        let file = SerializedFileWriter::new(out, schema, properties).map_err(failed)?;
        Ok(Self { file, group: Group::new(columns), group_rows })
    }

    /// Adds a row, which has as many cells as there are columns.
    ///
    /// # Errors
    /// Whatever the writer reports, and `InvalidData` for a cell that is not of the kind of its column.
    pub fn push<'b>(&mut self, row: impl Iterator<Item = &'b str>) -> io::Result<()> {
        self.group.push(row)?;
        if self.group.rows == self.group_rows { self.write_group() } else { Ok(()) }
    }

    /// Ends the table.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn finish(mut self) -> io::Result<()> {
        if self.group.rows > 0 {
            self.write_group()?;
        }
        self.file.close().map(|_| ()).map_err(failed)
    }

    fn write_group(&mut self) -> io::Result<()> {
        let next = Group::new(self.group.columns);
        let group = mem::replace(&mut self.group, next);
        group.write(&mut self.file).map_err(failed)
    }
}

impl<W: Write + Send> std::fmt::Debug for ParquetTable<'_, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetTable").finish_non_exhaustive()
    }
}

fn properties(campaign: &Campaign) -> WriterProperties {
    let said = [("version", &campaign.version), ("build", &campaign.build), ("campaign", &campaign.id)];
    let said = said.map(|(key, value)| KeyValue::new(format!("metastable.{key}"), value.clone()));
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_column_dictionary_enabled(ColumnPath::from(DIGEST), false)
        .set_created_by(format!("metastable {}", campaign.version))
        .set_key_value_metadata(Some(said.to_vec()))
        .build()
}

fn schema(columns: &[Column]) -> Result<Type, ParquetError> {
    let field = |column: &Column| {
        let (physical, logical) = match column.kind {
            Kind::Whole => (PhysicalType::INT64, Some(LogicalType::integer(64, true))),
            Kind::Unsigned => (PhysicalType::INT64, Some(LogicalType::integer(64, false))),
            Kind::Real => (PhysicalType::DOUBLE, None),
            Kind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let repetition = if column.is_optional { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        let field = Type::primitive_type_builder(&column.name, physical);
        field.with_repetition(repetition).with_logical_type(logical).build().map(Arc::new)
    };
    let fields: Vec<_> = columns.iter().map(field).collect::<Result<_, _>>()?;
    Type::group_type_builder("table").with_fields(fields).build()
}

/// Rows, column by column.
struct Group<'a> {
    columns: &'a [Column],
    cells: Vec<Cells>,
    rows: usize,
}

/// The cells of one column.
struct Cells {
    values: Values,
    /// For each row 1 if there is a value, and 0 if there is none.
    is_there: Vec<i16>,
}

enum Values {
    Whole(Vec<i64>),
    Real(Vec<f64>),
    Text(Vec<ByteArray>),
}

impl<'a> Group<'a> {
    fn new(columns: &'a [Column]) -> Self {
        let values = |column: &Column| match column.kind {
            Kind::Whole | Kind::Unsigned => Values::Whole(Vec::new()),
            Kind::Real => Values::Real(Vec::new()),
            Kind::Text => Values::Text(Vec::new()),
        };
        let cells =
            columns.iter().map(|column| Cells { values: values(column), is_there: Vec::new() }).collect();
        Self { columns, cells, rows: 0 }
    }

    fn push<'b>(&mut self, row: impl Iterator<Item = &'b str>) -> io::Result<()> {
        let mut row = row;
        for (column, cells) in self.columns.iter().zip(&mut self.cells) {
            let text = row.next().expect("invariant: a row has a cell for each column");
            cells.push(column, text).ok_or_else(|| {
                let message = format!("`{text}` in the column `{}` is not as it was written", column.name);
                io::Error::new(io::ErrorKind::InvalidData, message)
            })?;
        }
        self.rows += 1;
        Ok(())
    }

    fn write<W: Write + Send>(&self, file: &mut SerializedFileWriter<W>) -> Result<(), ParquetError> {
        let mut group = file.next_row_group()?;
        for (column, cells) in self.columns.iter().zip(&self.cells) {
            let mut writer = group.next_column()?.expect("invariant: the schema has these columns");
            cells.write(column, &mut writer)?;
            writer.close()?;
        }
        group.close().map(|_| ())
    }
}

impl Cells {
    /// `None` if the text is not of the kind of the column.
    fn push(&mut self, column: &Column, text: &str) -> Option<()> {
        if column.is_optional {
            self.is_there.push(i16::from(!text.is_empty()));
            if text.is_empty() {
                return Some(());
            }
        }
        match &mut self.values {
            // The bits are the same; the type of the column says how they are read.
            Values::Whole(values) if column.kind == Kind::Unsigned => {
                values.push(text.parse::<u64>().ok()?.cast_signed());
            }
            Values::Whole(values) => values.push(text.parse().ok()?),
            Values::Real(values) => values.push(text.parse().ok()?),
            Values::Text(values) => values.push(ByteArray::from(text)),
        }
        Some(())
    }

    fn write(&self, column: &Column, writer: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = column.is_optional.then_some(self.is_there.as_slice());
        match &self.values {
            Values::Whole(values) => writer.typed::<Int64Type>().write_batch(values, levels, None),
            Values::Real(values) => writer.typed::<DoubleType>().write_batch(values, levels, None),
            Values::Text(values) => writer.typed::<ByteArrayType>().write_batch(values, levels, None),
        }
        .map(|_| ())
    }
}

/// What the operating system said, if it was that.
fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(cause) => {
            cause.downcast::<io::Error>().map_or_else(io::Error::other, |error| *error)
        }
        other => io::Error::other(other),
    }
}
