//! Replay against a reader of whole files, and what is refused.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::{Trace, TraceError, TraceNames, TraceRecord};
use crate::kernel::Time;
use crate::quantity::ReadAt;

fn names() -> TraceNames {
    let owned = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    TraceNames { operations: owned(["browse", "buy"]), tenants: owned(["free", "paid"]) }
}

fn trace(text: &str, speed: f64) -> Result<Vec<TraceRecord>, TraceError> {
    Ok(Trace::new(Arc::new(text.as_bytes().to_vec()), names(), speed)?.arrivals().collect())
}

#[test]
fn every_column_is_read_wherever_it_stands() {
    let text = "\u{feff}tenant,key,time_s,operation\r\n\
                paid,7,0.5,buy\r\n\
                \r\n\
                \"free\",\"a \"\"b\"\", c\",0.500000001,browse\r\n";
    let records = trace(text, 1.0).unwrap();
    let record = |ns, key, operation, tenant| TraceRecord {
        at: Time::from_ns(ns),
        key: Some(key),
        operation: Some(operation),
        tenant: Some(tenant),
    };
    assert_eq!(records[0], record(500_000_000, 7, 1, 1));
    let hashed = records[1].key.unwrap();
    assert_eq!(records[1], record(500_000_001, hashed, 0, 0));
    assert_eq!(
        trace("time_s,key\n1,\"a \"\"b\"\", c\"\n", 1.0).unwrap()[0].key,
        Some(hashed),
        "the same text"
    );
    assert_ne!(trace("time_s,key\n1,b\n", 1.0).unwrap()[0].key, Some(hashed));
}

#[test]
fn a_trace_may_be_replayed_faster() {
    let at = |speed| {
        trace("time_s\n0\n1\n10.5\n", speed).unwrap().iter().map(|it| it.at.as_ns()).collect::<Vec<_>>()
    };
    assert_eq!(at(1.0), [0, 1_000_000_000, 10_500_000_000]);
    assert_eq!(at(3.0), [0, 333_333_333, 3_500_000_000]);
    assert_eq!(at(0.5), [0, 2_000_000_000, 21_000_000_000]);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let long = format!("time_s,key\n1,{}\n", "x".repeat(70_000));
    for (text, line, message) in [
        ("", 1, "the file is empty"),
        ("time_s\n", 1, "there is no arrival in it"),
        ("time\n1\n", 1, "`time` is no column of a trace"),
        ("key\n1\n", 1, "the column `time_s` is missing"),
        ("time_s,time_s\n1,1\n", 1, "is there twice"),
        ("time_s,key,key,key,key\n", 1, "more than 4 fields"),
        ("time_s,key\n1,2\n3\n", 3, "the number of its fields is 1, and that of the header 2"),
        ("time_s\n1\n2\n1.999999999\n", 4, "before that of the line above"),
        ("time_s\n1\n\n-2\n", 4, "`-2` is no time"),
        ("time_s\n1e3\n", 2, "`1e3` is no time"),
        ("time_s\n1.\n", 2, "`1.` is no time"),
        ("time_s\n.5\n", 2, "`.5` is no time"),
        ("time_s\n12s\n", 2, "`12s` is no time"),
        ("time_s\n\u{663}\n", 2, "is no time"),
        ("time_s\n0.0000000001\n", 2, "finer than a nanosecond"),
        ("time_s\n99999999999\n", 2, "beyond the end of time"),
        ("time_s,operation\n1,sell\n", 2, "`sell` is no operation of this workload: it has `browse`, `buy`"),
        ("time_s,tenant\n1,mine\n", 2, "`mine` is no tenant"),
        ("time_s,key\n1,\"a\n", 2, "a quote is opened"),
        ("time_s\n1\n2", 3, "it has no end"),
        (&long, 2, "longer than 65536 bytes"),
    ] {
        let error = trace(text, 1.0).unwrap_err();
        assert_eq!(error.line, line, "{text:?}: {error}");
        assert!(error.message.contains(message), "{text:?}: {error}");
    }
    let unnamed = Trace::new(Arc::new(b"time_s,tenant\n1,x\n".to_vec()), TraceNames::default(), 1.0);
    assert!(unnamed.unwrap_err().message.contains("the workload has no `tenants`"));
    let bytes = Trace::new(Arc::new(b"time_s,key\n1,\xff\n".to_vec()), names(), 1.0);
    assert!(bytes.unwrap_err().message.contains("not UTF-8"));
}

/// A file that counts how it is read, and gives little at a time.
#[derive(Debug)]
struct Slow(Vec<u8>, AtomicU64);

impl ReadAt for Slow {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.1.fetch_max(buffer.len() as u64, Ordering::Relaxed);
        let little = buffer.len().min(1 + (offset % 7) as usize);
        self.0.read_at(offset, &mut buffer[..little])
    }
}

proptest! {
    /// However the file is cut into pieces, wherever the state is cloned: the lines of the file in their order.
    #[test]
    fn pieces_and_clones_change_nothing(gaps in prop::collection::vec((0_u64..3_000_000_000, any::<u32>()), 1..60), cut: prop::sample::Index) {
        let (mut text, mut now, mut expected) = ("time_s,key\n".to_owned(), 0, Vec::new());
        for (gap, key) in gaps {
            now += gap;
            writeln!(text, "{}.{:09},{key}", now / 1_000_000_000, now % 1_000_000_000).unwrap();
            expected.push((now, Some(key)));
        }
        let trace = Trace::new(Arc::new(Slow(text.into_bytes(), AtomicU64::new(0))), names(), 1.0).unwrap();
        let mut process = trace.arrivals();
        let before = cut.index(expected.len());
        let mut found: Vec<_> = process.by_ref().take(before).collect();
        let other = process.clone();
        found.extend(process);
        let pairs = |records: &[TraceRecord]| records.iter().map(|it| (it.at.as_ns(), it.key)).collect::<Vec<_>>();
        prop_assert_eq!(pairs(&found), &expected[..]);
        prop_assert_eq!(pairs(&other.collect::<Vec<_>>()), &expected[before..]);
    }
}

/// A file that shrinks once it was checked.
#[derive(Debug)]
struct Shrinking(AtomicU64);

impl ReadAt for Shrinking {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let text = if self.0.fetch_add(1, Ordering::Relaxed) < 2 { "time_s\n1\n2\n" } else { "time_s\n1\n2" };
        text.as_bytes().to_vec().read_at(offset, buffer)
    }
}

#[test]
fn a_file_that_changes_meanwhile_is_told() {
    let trace = Trace::new(Arc::new(Shrinking(AtomicU64::new(0))), names(), 1.0).unwrap();
    let mut process = trace.arrivals();
    assert_eq!(process.by_ref().count(), 1);
    assert_eq!(process.error().unwrap().line, 3);
}
