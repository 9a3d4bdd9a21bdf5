//! Arrivals from a file: what really happened, line by line.

use std::fmt;
use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader};

use crate::kernel::Time;
use crate::kernel::random::{finalise, hash64};
use crate::quantity::ReadAt;

/// How much of the file is in memory, and how long a line may be.
const BUFFER_BYTES: usize = 64 * 1024;
/// A trace has at most this many columns.
const COLUMNS_MAX: usize = 4;

/// One arrival of a trace. What its columns do not say is `None`, and drawn as for other workloads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TraceRecord {
    /// When the request comes.
    pub at: Time,
    /// What it is about.
    pub key: Option<u32>,
    /// Its kind, as the position in the mix.
    pub operation: Option<u8>,
    /// Whose it is, as the position among the tenants.
    pub tenant: Option<u16>,
}

/// What a trace may name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TraceNames {
    /// The kinds of requests.
    pub operations: Vec<String>,
    /// The tenants.
    pub tenants: Vec<String>,
}

/// Why a trace cannot be replayed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceError {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// A trace that was read once from begin to end, and in which nothing was wrong.
#[derive(Clone, Debug)]
pub struct Trace {
    file: Arc<dyn ReadAt>,
    names: Arc<TraceNames>,
    speed: f64,
}

/// Two traces are the same if they read the same open file: nothing is known of what others hold.
impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file) && self.names == other.names && self.speed == other.speed
    }
}

impl Trace {
    /// Reads the whole file once, in constant memory, and keeps none of it. It is replayed `speed` times as fast as it was.
    ///
    /// # Errors
    ///
    /// The first line that is not one of a trace, or that lies before the line above it.
    pub fn new(file: Arc<dyn ReadAt>, names: TraceNames, speed: f64) -> Result<Self, TraceError> {
        let trace = Self { file, names: Arc::new(names), speed };
        let mut process = trace.arrivals();
        let records = process.by_ref().count();
        match process.error {
            Some(error) => Err(error),
            None if records == 0 => {
                Err(TraceError { line: process.line.max(1), message: "there is no arrival in it".to_owned() })
            }
            None => Ok(trace),
        }
    }

    /// The arrivals from the begin on.
    pub fn arrivals(&self) -> TraceProcess {
        TraceProcess {
            trace: self.clone(),
            columns: None,
            offset: 0,
            buffer: Vec::new(),
            begin: 0,
            line: 0,
            last: Time::ZERO,
            reader: LineReader(Reader::new()),
            fields: Fields { text: Vec::new(), ends: [0; FIELDS_MAX], count: 0 },
            error: None,
        }
    }
}

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Column {
    Time,
    Key,
    Operation,
    Tenant,
}

impl Column {
    const ALL: [(&'static str, Self); COLUMNS_MAX] = [
        ("time_s", Self::Time),
        ("key", Self::Key),
        ("operation", Self::Operation),
        ("tenant", Self::Tenant),
    ];
}

/// The arrivals of a trace; a state machine whose clone goes on with the same arrivals. It holds one piece of the file.
#[derive(Clone, Debug)]
pub struct TraceProcess {
    trace: Trace,
    /// In the order of the file, once the header was read.
    columns: Option<Vec<Column>>,
    /// Where the next piece begins.
    offset: u64,
    buffer: Vec<u8>,
    /// Where the next line begins in the buffer.
    begin: usize,
    /// The number of the line read last.
    line: u64,
    last: Time,
    reader: LineReader,
    fields: Fields,
    error: Option<TraceError>,
}

/// Takes a line apart. Between two lines it has no state, and a copy is a new one: a clone of csv-core's reader reads nothing any more (0.1.13).
#[derive(Debug)]
struct LineReader(Reader);

impl Clone for LineReader {
    fn clone(&self) -> Self {
        Self(Reader::new())
    }
}

/// One more than a trace can have, to see that there are more.
const FIELDS_MAX: usize = COLUMNS_MAX + 1;

/// The fields of one line, without their quotes.
#[derive(Clone, Debug)]
struct Fields {
    text: Vec<u8>,
    ends: [usize; FIELDS_MAX],
    count: usize,
}

impl Fields {
    fn get(&self, index: usize) -> Result<&str, String> {
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        str::from_utf8(&self.text[begin..self.ends[index]]).map_err(|_| "it is not UTF-8 text".to_owned())
    }
}

impl TraceProcess {
    /// What stopped it before the end: a trace that was whole when it was opened, and has changed since.
    pub fn error(&self) -> Option<&TraceError> {
        self.error.as_ref()
    }

    fn next_record(&mut self) -> Result<Option<TraceRecord>, String> {
        if self.columns.is_none() {
            if !self.read_fields()? {
                return Err(format!("the file is empty: write the header \"{}\"", Column::ALL[0].0));
            }
            self.columns = Some(columns(&self.fields)?);
        }
        if !self.read_fields()? {
            return Ok(None);
        }
        let (fields, names) = (&self.fields, &self.trace.names);
        let columns = self.columns.as_deref().unwrap_or_default();
        if fields.count != columns.len() {
            let (found, expected) = (fields.count, columns.len());
            return Err(format!("the number of its fields is {found}, and that of the header {expected}"));
        }
        let mut record = TraceRecord::default();
        for (index, column) in columns.iter().enumerate() {
            let field = fields.get(index)?;
            match column {
                Column::Time => record.at = instant(field, self.trace.speed)?,
                Column::Key => record.key = Some(key(field)),
                Column::Operation => {
                    record.operation = Some(position(field, &names.operations, "operation", "mix")? as u8);
                }
                Column::Tenant => {
                    record.tenant = Some(position(field, &names.tenants, "tenant", "tenants")? as u16);
                }
            }
        }
        if record.at < self.last {
            return Err("its time lies before that of the line above: sort the file by `time_s`".to_owned());
        }
        self.last = record.at;
        Ok(Some(record))
    }

    /// Reads the next line that is not empty; false at the end of the file.
    fn read_fields(&mut self) -> Result<bool, String> {
        while let Some(range) = self.next_line()? {
            let line = &self.buffer[range];
            // Spreadsheets begin a file with a byte order mark.
            let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            if line == b"\n" || line == b"\r\n" {
                continue;
            }
            let Fields { text, ends, count } = &mut self.fields;
            text.resize(line.len(), 0);
            self.reader.0.reset();
            let (result, _, _, found) = self.reader.0.read_record(line, text, ends);
            *count = found;
            return match result {
                ReadRecordResult::Record if found < FIELDS_MAX => Ok(true),
                ReadRecordResult::Record | ReadRecordResult::OutputEndsFull => {
                    Err(format!("it has more than {COLUMNS_MAX} fields"))
                }
                _ => Err("a quote is opened in it and not closed".to_owned()),
            };
        }
        Ok(false)
    }

    /// Where the next line stands in the buffer, its end included.
    fn next_line(&mut self) -> Result<Option<std::ops::Range<usize>>, String> {
        let mut searched = self.begin;
        loop {
            if let Some(found) = self.buffer[searched..].iter().position(|&byte| byte == b'\n') {
                let range = self.begin..searched + found + 1;
                self.begin = range.end;
                self.line += 1;
                return Ok(Some(range));
            }
            self.buffer.drain(..self.begin);
            self.begin = 0;
            let held = self.buffer.len();
            searched = held;
            if held >= BUFFER_BYTES {
                self.line += 1;
                return Err(format!("it is longer than {BUFFER_BYTES} bytes"));
            }
            self.buffer.resize(BUFFER_BYTES, 0);
            let read = self.trace.file.read_at(self.offset, &mut self.buffer[held..]);
            let read = read.map_err(|error| format!("cannot read on: {error}"))?;
            self.buffer.truncate(held + read);
            self.offset += read as u64;
            if read == 0 {
                if held == 0 {
                    return Ok(None);
                }
                self.line += 1;
                return Err(
                    "it has no end: the file was cut off, or its last line break is missing".to_owned()
                );
            }
        }
    }
}

impl Iterator for TraceProcess {
    type Item = TraceRecord;

    /// The next arrival, never before the one before it; `None` at the end of the file, and where [`TraceProcess::error`] says what is wrong.
    fn next(&mut self) -> Option<TraceRecord> {
        if self.error.is_some() {
            return None;
        }
        self.next_record().unwrap_or_else(|message| {
            self.error = Some(TraceError { line: self.line.max(1), message });
            None
        })
    }
}

fn columns(header: &Fields) -> Result<Vec<Column>, String> {
    let mut found: Vec<Column> = Vec::new();
    for index in 0..header.count {
        let name = header.get(index)?;
        let Some((_, column)) = Column::ALL.into_iter().find(|&(known, _)| known == name) else {
            return Err(format!(
                "`{name}` is no column of a trace: write `time_s`, and if there are any `key`, `operation`, `tenant`"
            ));
        };
        if found.contains(&column) {
            return Err(format!("the column `{name}` is there twice"));
        }
        found.push(column);
    }
    if !found.contains(&Column::Time) {
        return Err("the column `time_s` is missing".to_owned());
    }
    Ok(found)
}

/// An instant in seconds from the begin of the run, exact to the nanosecond as it is written.
fn instant(text: &str, speed: f64) -> Result<Time, String> {
    let refused = || format!("`{text}` is no time: write seconds from the begin of the run, such as 12.5");
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if seconds.is_empty() || !is_digits(seconds) || !is_digits(fraction) || text.ends_with('.') {
        return Err(refused());
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 9 {
        return Err(format!("`{text}` is finer than a nanosecond"));
    }
    let seconds: u64 = seconds.parse().map_err(|_| refused())?;
    let below = fraction.bytes().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    let below = below * 10_u64.pow(9 - fraction.len() as u32);
    let ns = seconds.checked_mul(1_000_000_000).and_then(|ns| ns.checked_add(below));
    let ns = ns.ok_or_else(|| format!("`{text}` is beyond the end of time, 584 years"))?;
    // At its own speed a trace is exact; a quotient is rounded to the nearest nanosecond.
    Ok(Time::from_ns(if speed == 1.0 { ns } else { (ns as f64 / speed).round() as u64 }))
}

/// A whole number that is a key is taken as it is, anything else by its hash.
fn key(text: &str) -> u32 {
    text.parse().unwrap_or_else(|_| finalise(hash64(text)) as u32)
}

fn position(name: &str, names: &[String], what: &str, list: &str) -> Result<usize, String> {
    names.iter().position(|known| known == name).ok_or_else(|| {
        if names.is_empty() {
            format!("it names the {what} `{name}`, and the workload has no `{list}`")
        } else {
            format!("`{name}` is no {what} of this workload: it has `{}`", names.join("`, `"))
        }
    })
}
