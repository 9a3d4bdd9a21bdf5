//! Goal: decided at the first moment at which it can be, and never before.

use proptest::prelude::*;

use super::*;
use crate::mechanism::Problems;

/// By definition: count both, and ask what the rest could still change.
fn naive(ended: &[bool], branches: usize, needed: usize) -> Progress {
    let good = ended.iter().filter(|&&succeeded| succeeded).count();
    let open = branches - ended.len();
    if good >= needed {
        Progress::Succeeded
    } else if good + open < needed {
        Progress::Failed
    } else {
        Progress::Undecided
    }
}

proptest! {
    #[test]
    fn decides_like_the_definition(outcomes in prop::collection::vec(any::<bool>(), 1..12), pick in any::<prop::sample::Index>()) {
        let needed = pick.index(outcomes.len()) + 1;
        let mut tally = Tally::new(outcomes.len() as u32, needed as u32);
        for ended in 1..=outcomes.len() {
            let progress = tally.branch_ended(outcomes[ended - 1]);
            prop_assert_eq!(progress, naive(&outcomes[..ended], outcomes.len(), needed));
            if progress != Progress::Undecided {
                return Ok(());
            }
        }
        prop_assert!(false, "the last branch decides");
    }
}

#[test]
fn all_any_and_a_quorum_need_what_they_say() {
    assert_eq!([Wait::All, Wait::Any, Wait::Count(2)].map(|wait| wait.needed(5)), [5, 1, 2]);
}

#[test]
fn is_written_as_it_is_read() {
    for text in ["\"all\"", "\"any\"", "3"] {
        let wait: Wait = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&wait).unwrap(), text);
        assert_eq!(wait.to_string(), text.trim_matches('"'));
    }
    for (text, message) in [
        ("\"most\"", "`most` is not `all`, `any` or a number of branches such as 2"),
        ("-1", "`-1` is not a number of branches: write for example 2"),
        ("true", "expected \"all\", \"any\", or a number of branches such as 2"),
    ] {
        let error = serde_json::from_str::<Wait>(text).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_number_that_cannot_be_reached_is_refused() {
    let refused = |wait: Wait| {
        let mut problems = Problems::new();
        wait.check(3, &mut problems);
        problems.has_errors()
    };
    assert_eq!([Wait::All, Wait::Any, Wait::Count(3)].map(refused), [false; 3]);
    assert_eq!([Wait::Count(0), Wait::Count(4)].map(refused), [true; 2]);
}
