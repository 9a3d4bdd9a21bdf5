use proptest::prelude::*;

use super::*;

fn atoms() -> impl Strategy<Value = Property> {
    let share = (0..=1_000_000_000_u32).prop_map(|share| Share::from_billionths(share).expect("at most all"));
    let against = prop_oneof![Just(Against::Offered), Just(Against::Twin)];
    let factor = (0..1_000_000_u32).prop_map(|n| Factor::new(f64::from(n) / 64.0).expect("a number"));
    prop_oneof![
        Just(Property::Recovers),
        any::<u64>().prop_map(|ns| Property::RecoversWithin(Duration::from_ns(ns))),
        (share, against).prop_map(|(share, against)| Property::GoodputAtLeast(share, against)),
        factor.prop_map(Property::AmplificationAtMost),
        any::<u64>().prop_map(Property::QueueBounded),
        Just(Property::NothingLost),
        Just(Property::MeetsObjectives),
    ]
}

fn properties() -> impl Strategy<Value = Property> {
    atoms().prop_recursive(5, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(first, second)| first.and(second)),
            (inner.clone(), inner.clone()).prop_map(|(first, second)| first.or(second)),
            inner.prop_map(|inner| !inner),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(property in properties()) {
        let text = property.to_string();
        prop_assert_eq!(text.parse::<Property>().expect("it was written"), property, "{}", text);
    }

    #[test]
    fn no_text_brings_the_reader_down(text in "[a-z_() 0-9%.]{0,60}") {
        let _ = text.parse::<Property>();
    }
}

#[test]
fn and_binds_closer_than_or_and_not_closest() {
    let read = |text: &str| text.parse::<Property>().expect("a property");
    let [a, b, c] = [Property::Recovers, Property::NothingLost, Property::QueueBounded(3)];
    assert_eq!(read("recovers or nothing_lost and queue_bounded(3)"), a.clone().or(b.clone().and(c.clone())));
    assert_eq!(read("not recovers and nothing_lost"), (!a.clone()).and(b.clone()));
    assert_eq!(read(" ( recovers or nothing_lost )and queue_bounded( 3 ) "), a.or(b).and(c));
    assert_eq!(
        read("goodput_at_least(90% of offered)"),
        Property::GoodputAtLeast(Share::percent(90), Against::Offered)
    );
}

#[test]
fn mistakes_are_answered_with_the_right_spelling() {
    for (text, message, help) in [
        ("", "no property is written", "there are `recovers`, `recovers_within(30s)`,"),
        (
            "recovers-within(30s)",
            "unknown property `recovers-within`",
            "did you mean `recovers_within(30s)`?",
        ),
        ("queue_bound", "unknown property `queue_bound`", "did you mean `queue_bounded(200)`?"),
        ("survives", "unknown property `survives`", "there are `recovers`"),
        ("recovers_within", "`recovers_within` needs a value", "write `recovers_within(30s)`"),
        ("recovers_within()", "`recovers_within` needs a value", "write `recovers_within(30s)`"),
        ("recovers_within(30)", "bare number `30`: a duration needs a unit", "`recovers_within(30s)`"),
        ("recovers(30s)", "`recovers` takes no value", "write `recovers`"),
        (
            "goodput_at_least(0.9)",
            "bare number `0.9`: a share is written in percent",
            "`goodput_at_least(99%)`",
        ),
        ("goodput_at_least(90% of all)", "goodput cannot be held against `all`", "of the requests offered"),
        ("amplification_at_most(3x)", "`3x` is not a factor", "`amplification_at_most(1.5)`"),
        ("queue_bounded(many)", "`many` is not a number of attempts", "queue_bounded(200)"),
        ("recovers nothing_lost", "`nothing_lost` follows a property that is complete", "`and`"),
        ("recovers and", "a property is missing at the end", "there are"),
        ("(recovers", "`(` is not closed", "write a `)`"),
        ("queue_bounded(3", "`queue_bounded(` is not closed", "write a `)`"),
        ("and recovers", "unknown property `and`", "there are"),
        ("!recovers", "`!recovers` is no property", "there are"),
    ] {
        let error = text.parse::<Property>().expect_err(text);
        assert!(error.to_string().contains(message), "{text}: {error}");
        assert!(error.help().contains(help), "{text}: {}", error.help());
    }
    let deep = "(".repeat(100_000);
    assert_eq!(deep.parse::<Property>().expect_err("too deep").to_string(), "nested too deeply");
}
