//! What was changed and is not known to be so.

use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Change(u32),
    /// The n-th of the messages that are on their way arrives.
    Arrive(prop::sample::Index),
    /// Somebody uses an entry that was written so long ago.
    Use(u32, u64),
}

proptest! {
    /// Goal: an entry is outdated if it was there before the last change of its key, and one message about that key has not arrived. Method: a list of the messages.
    #[test]
    fn it_is_a_list_of_messages(
        steps in vec(
            (
                0_u64..5,
                prop_oneof![
                    (0_u32..3).prop_map(Step::Change),
                    any::<prop::sample::Index>().prop_map(Step::Arrive),
                    (0_u32..3, 0_u64..12).prop_map(|(key, age)| Step::Use(key, age)),
                ],
            ),
            0..100,
        ),
    ) {
        let mut outdated = Outdated::default();
        let mut messages: Vec<u32> = Vec::new();
        let mut last: BTreeMap<u32, u64> = BTreeMap::new();
        let mut now = 0;
        for (gap, step) in steps {
            now += gap;
            match step {
                Step::Change(key) => {
                    outdated.changed(key, Time::from_ns(now));
                    messages.push(key);
                    last.insert(key, now);
                }
                Step::Arrive(which) => {
                    if !messages.is_empty() {
                        let key = messages.swap_remove(which.index(messages.len()));
                        outdated.told(key);
                    }
                }
                Step::Use(key, age) => {
                    let is_known = !messages.contains(&key);
                    let since = last.get(&key).map(|last| now - last);
                    let expected = since.filter(|&since| !is_known && age > since).map(Duration::from_ns);
                    prop_assert_eq!(outdated.since(key, Duration::from_ns(age), Time::from_ns(now)), expected);
                }
            }
        }
        for key in messages {
            outdated.told(key);
        }
        prop_assert_eq!(outdated, Outdated::default());
    }
}
