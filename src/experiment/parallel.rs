//! Many things at a time.

use super::Stopped;

/// Does this with each of them, at the same time where there are threads for it; the results are in their order.
///
/// # Errors
/// That of one of them.
pub(super) fn each<T: Send, R: Send>(
    items: Vec<T>,
    work: impl Fn(T) -> Result<R, Stopped> + Sync + Send,
) -> Result<Vec<R>, Stopped> {
    #[cfg(feature = "cli")]
    {
        use rayon::prelude::*;
        items.into_par_iter().map(work).collect()
    }
    #[cfg(not(feature = "cli"))]
    items.into_iter().map(work).collect()
}
