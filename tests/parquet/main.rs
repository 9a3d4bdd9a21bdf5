//! What is written as Parquet is what is written as CSV.

use std::fs::File;
use std::io::{self, Seek as _};

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use proptest::prelude::*;

use super::column::{Column, Kind};
use super::parquet::{GROUP_ROWS, ParquetTable};
use super::rows::{line, records};
use super::tests::campaign;

const KINDS: [Kind; 4] = [Kind::Whole, Kind::Unsigned, Kind::Real, Kind::Text];

/// A cell of a column.
fn cell(column: &Column) -> BoxedStrategy<String> {
    let written = match column.kind {
        Kind::Whole => any::<i64>().prop_map(|value| value.to_string()).boxed(),
        Kind::Unsigned => any::<u64>().prop_map(|value| value.to_string()).boxed(),
        Kind::Real => any::<f64>()
            .prop_filter("tables have finite numbers", |value| value.is_finite())
            .prop_map(|value| value.to_string())
            .boxed(),
        Kind::Text => "[a-zäß €🦀\",\n]{1,6}".boxed(),
    };
    if column.is_optional { prop_oneof![1 => Just(String::new()), 3 => written].boxed() } else { written }
}

/// Columns of every kind, and rows.
fn table() -> impl Strategy<Value = (Vec<Column>, Vec<Vec<String>>)> {
    let column = (0..KINDS.len(), any::<bool>());
    proptest::collection::vec(column, 1..6).prop_flat_map(|kinds| {
        let columns: Vec<Column> = (0..)
            .zip(kinds)
            .map(|(index, (kind, is_optional))| Column {
                name: if index == 0 { "digest".to_owned() } else { format!("services.db.{index}") },
                kind: KINDS[kind],
                is_optional,
            })
            .collect();
        let row = columns.iter().map(cell).collect::<Vec<_>>();
        (Just(columns), proptest::collection::vec(row, 0..40))
    })
}

fn written(columns: &[Column], rows: &[Vec<String>], group_rows: usize) -> File {
    let mut file = tempfile::tempfile().unwrap();
    let mut table = ParquetTable::with_groups(&campaign(), columns, group_rows, &mut file).unwrap();
    for row in rows {
        table.push(row.iter().map(String::as_str)).unwrap();
    }
    table.finish().unwrap();
    file.rewind().unwrap();
    file
}

fn bytes(mut file: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    io::copy(&mut file, &mut bytes).unwrap();
    bytes
}

/// What a reader of Parquet finds, written as in a CSV file.
fn cells_read(file: File) -> Vec<Vec<String>> {
    let reader = SerializedFileReader::new(file).unwrap();
    let text = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Long(value) => value.to_string(),
        Field::ULong(value) => value.to_string(),
        Field::Double(value) => value.to_string(),
        Field::Str(value) => value.clone(),
        other => panic!("{other:?} is of no kind that we write"),
    };
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| row.unwrap().get_column_iter().map(|(_, field)| text(field)).collect()).collect()
}

proptest! {
    #[test]
    fn the_same_cells_are_read_as_from_csv((columns, rows) in table(), group_rows in 1usize..50) {
        let expected: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let read = records(&[line(row.iter().map(String::as_str))]).unwrap();
                read[0].iter().map(str::to_owned).collect()
            })
            .collect();
        prop_assert_eq!(cells_read(written(&columns, &rows, group_rows)), expected);
    }

    #[test]
    fn the_bytes_follow_from_the_rows((columns, rows) in table()) {
        prop_assert_eq!(bytes(written(&columns, &rows, 7)), bytes(written(&columns, &rows, 7)));
    }
}

#[test]
fn groups_are_bounded_and_the_file_says_where_it_is_from() {
    let columns = [Column::new("cell", Kind::Whole)];
    let rows: Vec<Vec<String>> = (0..=2 * GROUP_ROWS).map(|cell| vec![cell.to_string()]).collect();
    let reader = SerializedFileReader::new(written(&columns, &rows, GROUP_ROWS)).unwrap();
    let metadata = reader.metadata();
    let lengths: Vec<i64> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(lengths, [GROUP_ROWS as i64, GROUP_ROWS as i64, 1]);
    let said = metadata.file_metadata().key_value_metadata().unwrap();
    let said: Vec<(&str, &str)> =
        said.iter().map(|it| (it.key.as_str(), it.value.as_deref().unwrap_or_default())).collect();
    assert_eq!(
        said,
        [("metastable.version", "1"), ("metastable.build", "b"), ("metastable.campaign", "c0ffee")]
    );
}

#[test]
fn a_cell_of_another_kind_is_refused() {
    for (kind, text) in [(Kind::Whole, "1.5"), (Kind::Unsigned, "-1"), (Kind::Real, "many"), (Kind::Real, "")]
    {
        let columns = [Column::new("load", kind)];
        let mut table = ParquetTable::new(&campaign(), &columns, Vec::new()).unwrap();
        let error = table.push([text].into_iter()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
        assert!(error.to_string().contains("`load`"), "{error}");
    }
}
