//! Locks: what only one may do at a time, and the line of those who wait for their turn.
//!
//! A service with room for everybody is as fast as the one thing that all of them need. A row that every request changes lets 1 / (hold time) of them through, however many threads, CPUs and
//! connections there are; and the hold time is not that of the change: a transaction holds its rows to its end, the round trips of its client included. Whoever waits keeps its thread, so
//! a hot row empties the pool of threads for everybody else, too. A first come, first served lock makes it worse (the convoy of Blasgen, Gray, Mitoma and Price, "The convoy phenomenon",
//! ACM SIGOPS Operating Systems Review 13(2), 1979): once there is a line, each change of holder waits for the next one to be run. And those who have given up long ago are still in the line, and get
//! the lock in their turn, for nobody.
//!
//! | limit of the wait | where |
//! |---|---|
//! | none | PostgreSQL (`lock_timeout` 0, `guc_tables.c`), Java's `synchronized`, `pthread_mutex_lock` |
//! | 50 s | InnoDB (`innodb_lock_wait_timeout`, `ha_innodb.cc`) |
//! | a year | MySQL's metadata locks (`lock_wait_timeout`, 31 536 000 s) |
//! | none at all | `SELECT … FOR UPDATE NOWAIT`, `tryLock()` |
//!
//! A lock is held for the steps inside a `lock` step and no others, as in a `synchronized` block, Python's `with`, or a transaction. Separate steps to acquire and to release would say more (a lock that is
//! handed over, hand-over-hand locking), and would make it possible to forget one; databases and languages have turned away from that for the same reason.
//!
//! Bad for: locks that are not in line order (barging, spinning, the InnoDB scheduler by age); deadlocks that are found while they last, whose victim is chosen (PostgreSQL after `deadlock_timeout`, InnoDB at
//! once); rows that one request has several of; leases that end by time.

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Given, HoldId, Holds, LockTable};
