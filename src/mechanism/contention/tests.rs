//! Goal: work ends when a plain integration of the speed says so, however often the speed changes, to the nanosecond.

use proptest::prelude::*;

use super::*;
use crate::kernel::{Duration, Time};
use crate::quantity::{Factor, Share};

fn contention(counts: Counts, applies: Applies) -> Contention {
    let linear = LinearSettings { per_request: Share::percent(10), counts, applies };
    Contention::new(&ContentionSettings::Linear(linear))
}

fn at(ns: u64) -> Time {
    Time::from_ns(ns)
}

fn span(ns: u64) -> Duration {
    Duration::from_ns(ns)
}

#[test]
fn the_slowdown_is_linear_in_what_is_counted() {
    let throughout = contention(Counts::WithSelf, Applies::Throughout);
    assert_eq!([1, 5, 10].map(|n| throughout.speed(n)), [1.0 / 1.1, 1.0 / 1.5, 0.5]);
    assert_eq!(throughout.stretch_at_start(10), 1.0);
    let at_start = contention(Counts::Others, Applies::AtStart);
    assert_eq!([1, 6, 11].map(|n| at_start.stretch_at_start(n)), [1.0, 1.5, 2.0]);
    assert_eq!(at_start.speed(10), 1.0);
    assert_eq!(contention(Counts::Others, Applies::Throughout).speed(0), 1.0);
}

/// N. Gunther's C(N) = N / (1 + σ(N-1) + κN(N-1)) is N times the common speed.
#[test]
fn the_universal_scalability_law_bends_as_published() {
    let usl = UslSettings {
        sigma: Share::percent(2),
        kappa: Factor::new(0.0005).unwrap(),
        applies: Applies::Throughout,
    };
    let contention = Contention::new(&ContentionSettings::Usl(usl));
    let capacity = |n: u32| f64::from(n) * contention.speed(n);
    assert_eq!(capacity(1), 1.0);
    assert!((capacity(32) - 32.0 / (1.0 + 0.02 * 31.0 + 0.0005 * 32.0 * 31.0)).abs() < 1e-12);
    // The peak is at √((1-σ)/κ) = 44.27.
    assert!(capacity(44) > capacity(43) && capacity(44) > capacity(45));
    let at_start = UslSettings { applies: Applies::AtStart, ..usl };
    let contention = Contention::new(&ContentionSettings::Usl(at_start));
    assert_eq!((contention.speed(9), contention.stretch_at_start(2)), (1.0, 1.0 + 0.02 + 0.001));
}

#[test]
fn work_in_progress_feels_a_change_of_speed() {
    let mut clock = WorkClock::new();
    clock.start(at(0), 7, span(100));
    assert_eq!(clock.next_completion(), Some(at(100)));
    clock.set_speed(at(40), 0.1);
    assert_eq!(clock.next_completion(), Some(at(640)));
    clock.set_speed(at(140), 2.0);
    assert_eq!(clock.next_completion(), Some(at(165)));
    assert_eq!(clock.complete(at(164)), None);
    assert_eq!(clock.complete(at(165)), Some(7));
    assert_eq!((clock.len(), clock.next_completion()), (0, None));
}

#[test]
fn a_pause_moves_the_end_by_its_length() {
    let mut clock = WorkClock::new();
    clock.start(at(10), 1, span(100));
    clock.set_speed(at(50), 0.0);
    assert_eq!(clock.next_completion(), None);
    clock.start(at(70), 2, Duration::ZERO);
    assert_eq!(
        clock.next_completion(),
        Some(at(70)),
        "what takes no time ends also while the rest stands still"
    );
    assert_eq!(clock.complete(at(70)), Some(2));
    clock.set_speed(at(1050), 1.0);
    assert_eq!(clock.next_completion(), Some(at(1110)));
}

#[test]
fn ends_at_one_instant_come_in_the_order_of_the_starts() {
    let mut clock = WorkClock::new();
    for id in [5, 3, 9, 1] {
        clock.start(at(0), id, span(50));
    }
    let shorter = clock.start(at(0), 4, span(49));
    assert!(clock.remove(at(10), shorter));
    assert!(!clock.remove(at(10), shorter), "a piece leaves once");
    let completed: Vec<u32> = std::iter::from_fn(|| clock.complete(at(50))).collect();
    assert_eq!(completed, [5, 3, 9, 1]);
}

#[test]
fn removed_work_leaves_nothing_behind() {
    let mut clock = WorkClock::new();
    clock.start(at(0), 0, span(10));
    for id in 1..10_000 {
        let ticket = clock.start(at(0), id, span(u64::from(id) * 10));
        assert!(clock.remove(at(0), ticket));
        assert!(clock.entry_count() < 50, "{} entries for {} pieces", clock.entry_count(), clock.len());
    }
    let ticket = clock.start(at(1), 1, span(1));
    clock.clear(at(2));
    assert_eq!((clock.len(), clock.next_completion(), clock.complete(at(100))), (0, None, None));
    clock.start(at(100), 2, span(5));
    assert!(!clock.remove(at(100), ticket), "the ticket of cleared work names nothing");
    assert_eq!(clock.next_completion(), Some(at(105)));
}

#[derive(Clone, Debug)]
enum Action {
    Start(u64),
    SetSpeed(f64),
    /// Removes one of the pieces in progress.
    Remove(usize),
    Wait,
}

fn actions() -> impl Strategy<Value = (u64, Action)> {
    let action = prop_oneof![
        4 => (0_u64..2_000_000).prop_map(Action::Start),
        3 => prop_oneof![4 => 0.001_f64..4.0, 1 => Just(0.0)].prop_map(Action::SetSpeed),
        1 => any::<usize>().prop_map(Action::Remove),
        2 => Just(Action::Wait),
    ];
    (0_u64..1_000_000, action)
}

/// A piece of work as the naive integrator sees it.
struct Piece {
    id: u32,
    remaining_ns: f64,
    ticket: WorkTicket,
}

/// Runs the clock and the pieces to `until`, and compares every end with the remaining work; 1 ns of it may be left or overrun.
fn run_until(clock: &mut WorkClock, pieces: &mut Vec<Piece>, now: &mut u64, until: u64, speed: f64) {
    while let Some(end) = clock.next_completion().filter(|end| end.as_ns() <= until) {
        let elapsed = (end.as_ns() - *now) as f64;
        *now = end.as_ns();
        for piece in pieces.iter_mut() {
            piece.remaining_ns -= elapsed * speed;
        }
        let id = clock.complete(end).expect("a completion was announced");
        let index = pieces.iter().position(|piece| piece.id == id).expect("it was in progress");
        let ended = pieces.remove(index);
        // The end is rounded up by less than 1 ns of real time, which is `speed` of work; the sums in floats are good to 1e-4 ns here.
        let overrun = -ended.remaining_ns;
        assert!((-1e-4..=speed + 1e-4).contains(&overrun), "work {id} ends {overrun} ns of work late");
        let is_first = pieces.iter().all(|piece| piece.remaining_ns >= ended.remaining_ns - 1e-4);
        assert!(is_first, "work {id} ends before a shorter one");
    }
    for piece in pieces.iter_mut() {
        piece.remaining_ns -= (until - *now) as f64 * speed;
    }
    *now = until;
    assert!(pieces.iter().all(|piece| speed == 0.0 || piece.remaining_ns > -1e-4), "an end was missed");
}

proptest! {
    #[test]
    fn work_ends_when_an_integration_of_the_speed_says_so(script in prop::collection::vec(actions(), 1..60)) {
        let mut clock = WorkClock::new();
        let mut pieces: Vec<Piece> = Vec::new();
        let (mut now, mut speed) = (0, 1.0);
        for (ordinal, (gap, action)) in script.into_iter().enumerate() {
            let next = now + gap;
            run_until(&mut clock, &mut pieces, &mut now, next, speed);
            match action {
                Action::Start(work) => {
                    let id = ordinal as u32;
                    let ticket = clock.start(at(now), id, span(work));
                    pieces.push(Piece { id, remaining_ns: work as f64, ticket });
                }
                Action::SetSpeed(new) => {
                    speed = new;
                    clock.set_speed(at(now), speed);
                }
                Action::Remove(choice) if !pieces.is_empty() => {
                    let piece = pieces.remove(choice % pieces.len());
                    prop_assert!(clock.remove(at(now), piece.ticket));
                }
                Action::Remove(_) | Action::Wait => {}
            }
            prop_assert_eq!(clock.len(), pieces.len());
        }
        clock.set_speed(at(now), 1.0);
        run_until(&mut clock, &mut pieces, &mut now, u64::MAX / 2, 1.0);
        prop_assert!(pieces.is_empty() && clock.is_empty());
    }
}
