//! The codes of the messages. A code keeps its meaning for ever; `docs/errors.md` has a section for each.

/// The text is not UTF-8.
pub(crate) const NOT_TEXT: &str = "M001";
/// There is nothing in the file.
pub(crate) const EMPTY: &str = "M002";
/// The text is not TOML.
pub(crate) const SYNTAX: &str = "M003";
/// A key is written twice.
pub(crate) const DUPLICATE_KEY: &str = "M004";
/// An override is not spelled as one.
pub(crate) const MALFORMED_OVERRIDE: &str = "M005";
/// An override goes where nothing is.
pub(crate) const NO_SUCH_PATH: &str = "M006";
/// `$name` without a parameter of that name.
pub(crate) const UNKNOWN_PARAM: &str = "M007";
/// A parameter that cannot be used.
pub(crate) const MALFORMED_PARAM: &str = "M008";
/// A field that does not exist.
pub(crate) const UNKNOWN_FIELD: &str = "M010";
/// A field that must be written.
pub(crate) const MISSING_FIELD: &str = "M011";
/// A value of another type.
pub(crate) const WRONG_TYPE: &str = "M012";
/// A word that is none of the possible ones.
pub(crate) const UNKNOWN_VARIANT: &str = "M013";
/// A choice with no entry, several, or the wrong shape.
pub(crate) const MALFORMED_CHOICE: &str = "M014";
/// A quantity that is not one.
pub(crate) const INVALID_VALUE: &str = "M015";
/// A name that nothing has.
pub(crate) const UNKNOWN_NAME: &str = "M020";
/// A name that cannot be one, or that two things have.
pub(crate) const INVALID_NAME: &str = "M021";
/// A number outside the sensible range.
pub(crate) const OUT_OF_RANGE: &str = "M022";
/// Times of the run that do not fit together.
pub(crate) const INVALID_TIMES: &str = "M023";
/// A handler step with no kind or several, or two steps of one name.
pub(crate) const INVALID_STEP: &str = "M024";
/// A service with threads and without a queue capacity.
pub(crate) const NO_CAPACITY: &str = "M025";
/// A call that could wait for ever.
pub(crate) const CALL_NEVER_ENDS: &str = "M026";
/// Thresholds of the verdict that contradict one another.
pub(crate) const INVALID_JUDGE: &str = "M027";
/// Calls that go in a circle.
pub(crate) const CALL_CYCLE: &str = "M028";
/// Settings of a mechanism that cannot be meant.
pub(crate) const INVALID_SETTING: &str = "M030";
/// An expectation, or a variant, that says nothing that could be found out.
pub(crate) const MALFORMED_EXPECTATION: &str = "M031";
/// A sweep whose values cannot be put together.
pub(crate) const MALFORMED_SWEEP: &str = "M032";
/// A parameter that nothing uses.
pub(crate) const UNUSED_PARAM: &str = "M100";
/// Retries that never happen after a time-out.
pub(crate) const NO_RETRY_ON_TIMEOUT: &str = "M101";
/// Attempts that cannot fit into the time of the call.
pub(crate) const ATTEMPTS_DO_NOT_FIT: &str = "M102";
/// Many attempts per request, multiplied along the way.
pub(crate) const AMPLIFICATION: &str = "M103";
/// A queue without a bound.
pub(crate) const UNBOUNDED_QUEUE: &str = "M104";
/// Something that takes no part.
pub(crate) const UNUSED: &str = "M105";
/// Retries that only `max_attempts` bounds.
pub(crate) const NO_RETRY_BUDGET: &str = "M106";
/// Calls that go on after those for whom they are made have given up.
pub(crate) const OUTLIVES_CALLER: &str = "M107";
/// A circuit breaker that never sees enough.
pub(crate) const BREAKER_NEVER_ACTS: &str = "M108";
/// A circuit breaker that one call can keep half-open for ever.
pub(crate) const BREAKER_GETS_STUCK: &str = "M109";
/// A circuit breaker that is called too rarely to close again.
pub(crate) const BREAKER_DOES_NOT_CLOSE: &str = "M110";
/// A call is over before its pool gives up.
pub(crate) const POOL_OUTWAITS_CALL: &str = "M111";
/// Pools may send more than their target has room for.
pub(crate) const POOLS_EXCEED_TARGET: &str = "M112";
/// Outlier detection that may never eject anybody.
pub(crate) const OUTLIERS_STAY: &str = "M113";
/// Hedges of every retry.
pub(crate) const HEDGES_MULTIPLY_RETRIES: &str = "M114";
/// Hedges whose time never comes.
pub(crate) const HEDGES_TOO_LATE: &str = "M115";
/// A cache that nobody puts anything into.
pub(crate) const CACHE_NEVER_FILLED: &str = "M116";
/// Locks that are acquired in a circle.
pub(crate) const LOCK_ORDER: &str = "M117";
/// Everything that may be inside at a time does not fit into the heap.
pub(crate) const HEAP_TOO_SMALL: &str = "M118";
/// Two variants of an experiment that are the same model.
pub(crate) const SAME_VARIANTS: &str = "M119";
/// Settings of a mechanism that are probably not meant.
pub(crate) const DOUBTFUL_SETTING: &str = "M130";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The goal: nobody meets a code without an explanation, and no explanation outlives its code.
    #[test]
    fn every_code_is_explained_and_used() {
        let words = |text: &'static str, before: &str| -> BTreeSet<&'static str> {
            text.lines().filter_map(|line| line.split_once(before)).map(|(_, rest)| &rest[..4]).collect()
        };
        let source = include_str!("codes.rs").split("mod tests").next().unwrap();
        let codes = words(source, "= \"");
        assert!(codes.len() > 20, "the codes were not found in the source");
        assert_eq!(codes.len(), source.matches("pub(crate) const").count(), "two codes are the same");
        assert_eq!(codes, words(include_str!("../../docs/errors.md"), "## "));
    }
}
