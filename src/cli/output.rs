//! Standard output, for what is printed as it is.

use std::io::{self, Write as _};

use super::failure::Failure;

/// Prints bytes that are for a file or another program, without colours.
pub(super) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}
