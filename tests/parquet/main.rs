//! Goal: what is written as Parquet is what is written as CSV. Method: tables of any cells, read again by the reader of the crate `parquet`, and a sweep's own tables, cell by cell.

#![expect(clippy::unwrap_used, reason = "what does not work here is what the test is about")]

use std::fs::{self, File};
use std::io::{self, Seek as _};
use std::path::Path;
use std::process::Command;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use proptest::prelude::*;

use metastable::report::sweep::{CAMPAIGN_SCHEMA, Campaign, Column, Kind, PARQUET_GROUP_ROWS, ParquetTable};

const KINDS: [Kind; 4] = [Kind::Whole, Kind::Unsigned, Kind::Real, Kind::Text];

fn campaign() -> Campaign {
    let text = |text: &str| text.to_owned();
    Campaign {
        schema: text(CAMPAIGN_SCHEMA),
        version: text("1"),
        build: text("b"),
        experiment: text("x.toml"),
        id: text("c0ffee"),
        cells: 3,
        first_seed: 1,
        seeds: 4,
        block_size: 3,
    }
}

fn column(name: &str, kind: Kind) -> Column {
    Column { name: name.to_owned(), kind, is_optional: false }
}

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
    fn the_cells_are_read_as_they_were_written((columns, rows) in table(), group_rows in 1usize..50) {
        prop_assert_eq!(cells_read(written(&columns, &rows, group_rows)), rows);
    }

    #[test]
    fn the_bytes_follow_from_the_rows((columns, rows) in table()) {
        prop_assert_eq!(bytes(written(&columns, &rows, 7)), bytes(written(&columns, &rows, 7)));
    }
}

#[test]
fn groups_are_bounded_and_the_file_says_where_it_is_from() {
    let columns = [column("cell", Kind::Whole)];
    let rows: Vec<Vec<String>> = (0..=2 * PARQUET_GROUP_ROWS).map(|cell| vec![cell.to_string()]).collect();
    let reader = SerializedFileReader::new(written(&columns, &rows, PARQUET_GROUP_ROWS)).unwrap();
    let metadata = reader.metadata();
    let lengths: Vec<usize> =
        metadata.row_groups().iter().map(|group| group.num_rows().try_into().unwrap()).collect();
    assert_eq!(lengths, [PARQUET_GROUP_ROWS, PARQUET_GROUP_ROWS, 1]);
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
        let columns = [column("load", kind)];
        let mut table = ParquetTable::new(&campaign(), &columns, Vec::new()).unwrap();
        let error = table.push([text].into_iter()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
        assert!(error.to_string().contains("`load`"), "{error}");
    }
}

/// Six cells.
const SWEEP: &str = r#"model = "model.toml"
seeds = 3

[sweep]
"workloads.users.arrivals.open.rate" = { name = "load", values = ["50/s", "100/s", "150/s"] }
"services.db.queue.capacity" = { values = [0, 5] }
"#;

const MODEL: &str = r#"name = "small"
run = { duration = "5s", interval = "500ms" }

[workloads.users]
arrivals = { open = { rate = "50/s" } }
to = "db"

[services.db]
threads = 1
queue = { capacity = 5 }
handler = [{ work = "exponential(8ms)" }]
"#;

#[test]
fn both_tables_of_a_sweep_say_what_their_csv_files_say() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("model.toml"), MODEL).unwrap();
    fs::write(place.path().join("grid.toml"), SWEEP).unwrap();
    run(place.path(), &["sweep", "grid.toml", "--out", "out"]);
    run(place.path(), &["sweep", "merge", "out", "--parquet"]);
    for name in ["runs", "cells"] {
        let file = |kind: &str| place.path().join("out").join(format!("{name}.{kind}"));
        let mut reader = csv::Reader::from_path(file("csv")).unwrap();
        let headings: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let said: Vec<Vec<String>> =
            reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        assert_eq!(said.len(), if name == "runs" { 18 } else { 6 });
        let parquet = File::open(file("parquet")).unwrap();
        let columns = SerializedFileReader::new(parquet.try_clone().unwrap()).unwrap();
        let columns = columns.metadata().file_metadata().schema_descr().columns().to_vec();
        assert_eq!(columns.iter().map(|column| column.name()).collect::<Vec<_>>(), headings);
        assert_eq!(cells_read(parquet), said, "{name}");
    }
}

#[track_caller]
fn run(place: &Path, arguments: &[&str]) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_metastable")).current_dir(place).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
