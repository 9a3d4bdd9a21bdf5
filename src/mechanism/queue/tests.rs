//! Goal: the queue is a list from which items leave at either end or in the middle, and its memory follows what waits.
//! Method: random scripts against plain `Vec`s.

use proptest::prelude::*;

use super::*;
use crate::kernel::random::{Bits, SiteKey, Word, hash64};
use crate::kernel::{Duration, Time};
use crate::mechanism::{Priority, Problems};
use crate::quantity::Limit;

const CONGESTED_AFTER: Duration = Duration::from_ns(100);

fn rules(capacity: Limit<u32>, order: Order) -> QueueRules {
    QueueRules {
        capacity,
        order,
        when_full: WhenFull::Reject,
        congested_after: CONGESTED_AFTER,
        preemptive: false,
    }
}

fn settings(capacity: Limit<u32>, order: Order, when_full: WhenFull) -> QueueSettings {
    QueueSettings {
        capacity,
        order,
        when_full,
        timeout: None,
        reject_cost: None,
        retry_after: None,
        congested_after: CONGESTED_AFTER,
        preemptive: false,
    }
}

fn push(queue: &mut Queue<usize>, item: usize) -> Result<Ticket, Full> {
    queue.push(Time::ZERO, Priority::Normal, item)
}

fn pop(queue: &mut Queue<usize>) -> Option<usize> {
    queue.pop(Time::ZERO, |_| panic!("only a random order picks"))
}

#[derive(Clone, Debug)]
enum Action {
    Push(Priority),
    PushFront(Priority),
    Pop(u64),
    /// Removes the item that was pushed as the n-th of all (modulo their number), whether it still waits or not.
    Remove(usize),
    SetCapacity(u32),
    SetOrder(Order),
    /// Lets time pass.
    Wait(u64),
}

fn actions() -> impl Strategy<Value = Action> {
    let order = || {
        prop::sample::select(vec![
            Order::Fifo,
            Order::Lifo,
            Order::AdaptiveLifo,
            Order::Random,
            Order::Priority,
        ])
    };
    let priority =
        || prop::sample::select(vec![Priority::Critical, Priority::High, Priority::Normal, Priority::Low]);
    prop_oneof![
        40 => priority().prop_map(Action::Push),
        3 => priority().prop_map(Action::PushFront),
        20 => any::<u64>().prop_map(Action::Pop),
        25 => any::<usize>().prop_map(Action::Remove),
        1 => (0_u32..50).prop_map(Action::SetCapacity),
        2 => order().prop_map(Action::SetOrder),
        10 => (0_u64..60).prop_map(Action::Wait),
    ]
}

/// The queue as a list of lists in the order of service within each; an item is the number of its push.
struct Model {
    rules: QueueRules,
    lines: [Vec<usize>; 4],
    waiting_since: Time,
}

impl Model {
    fn len(&self) -> usize {
        self.lines.iter().map(Vec::len).sum()
    }

    fn line(&self, priority: Priority) -> usize {
        if self.rules.order == Order::Priority { priority.level().into() } else { 0 }
    }

    /// Who is next; a random order may give anybody of the line.
    fn next(&self, now: Time) -> Option<Vec<usize>> {
        let line = self.lines.iter().find(|line| !line.is_empty())?;
        let (first, last) = (line[0], line[line.len() - 1]);
        let is_congested = now.since(self.waiting_since) >= CONGESTED_AFTER;
        Some(match self.rules.order {
            Order::Fifo | Order::Priority => vec![first],
            Order::Lifo => vec![last],
            Order::AdaptiveLifo => vec![if is_congested { last } else { first }],
            Order::Random => line.clone(),
        })
    }

    fn remove(&mut self, item: usize) -> bool {
        let before = self.len();
        self.lines.iter_mut().for_each(|line| line.retain(|&waiting| waiting != item));
        self.len() < before
    }
}

proptest! {
    #[test]
    fn a_queue_is_a_list_per_priority(script in prop::collection::vec(actions(), 0..400)) {
        let rules = rules(Limit::At(30), Order::Fifo);
        let mut queue = Queue::new(rules);
        let mut model = Model { rules, lines: Default::default(), waiting_since: Time::ZERO };
        let mut tickets = Vec::new();
        let mut now = Time::ZERO;
        for action in script {
            let was_empty = model.len() == 0;
            match action {
                Action::Push(priority) => {
                    let pushed = queue.push(now, priority, tickets.len());
                    let has_room = model.len() < model.rules.capacity.limited().expect("a limit") as usize;
                    prop_assert_eq!(pushed.is_ok(), has_room);
                    if let Ok(ticket) = pushed {
                        let line = model.line(priority);
                        model.lines[line].push(tickets.len());
                        tickets.push(ticket);
                    }
                }
                Action::PushFront(priority) => {
                    let line = model.line(priority);
                    model.lines[line].insert(0, tickets.len());
                    tickets.push(queue.push_front(now, priority, tickets.len()));
                }
                Action::Pop(mut seed) => {
                    let expected = model.next(now);
                    let popped = queue.pop(now, |below| {
                        seed = crate::kernel::random::mix(seed, below);
                        seed % below
                    });
                    prop_assert_eq!(popped.is_some(), expected.is_some());
                    if let (Some(item), Some(expected)) = (popped, expected) {
                        prop_assert!(expected.contains(&item), "{item} of {expected:?}");
                        model.remove(item);
                    }
                }
                Action::Remove(choice) if !tickets.is_empty() => {
                    let item = choice % tickets.len();
                    prop_assert_eq!(queue.remove(tickets[item]), model.remove(item));
                }
                Action::Remove(_) => {}
                Action::SetCapacity(capacity) => {
                    model.rules.capacity = Limit::At(capacity);
                    queue.set_capacity(model.rules.capacity);
                }
                Action::SetOrder(order) => {
                    model.rules.order = order;
                    queue.reconfigure(model.rules);
                }
                Action::Wait(ns) => now = now + Duration::from_ns(ns),
            }
            if was_empty {
                model.waiting_since = now;
            }
            prop_assert_eq!(queue.len(), model.len());
            prop_assert_eq!(queue.is_empty(), model.len() == 0);
        }
    }
}

/// Chi-squared over who of five is picked first: 4 degrees of freedom, 99.99 % below 23.5; fixed numbers.
#[test]
fn a_random_order_prefers_nobody() {
    let mut counts = [0_u32; 5];
    for turn in 0..10_000 {
        let mut queue = Queue::new(rules(Limit::Unlimited, Order::Random));
        for item in 0..5 {
            assert!(queue.push(Time::ZERO, Priority::Normal, item).is_ok());
        }
        let site = SiteKey::new(3, hash64("services.db.queue"));
        let mut draws = Word::root(site, turn).at(site);
        let first = queue.pop(Time::ZERO, |below| draws.below(below)).expect("five wait");
        counts[first] += 1;
    }
    let square = |x: f64| x * x;
    let chi_squared: f64 = counts.iter().map(|&count| square(f64::from(count) - 2000.0) / 2000.0).sum();
    assert!(chi_squared < 23.5, "{counts:?}");
}

#[test]
fn holes_do_not_accumulate() {
    for order in [Order::Fifo, Order::Lifo] {
        let mut queue = Queue::new(rules(Limit::Unlimited, order));
        push(&mut queue, 0).expect("an unlimited queue has room");
        let mut earlier = push(&mut queue, 1).expect("an unlimited queue has room");
        for item in 2..10_000 {
            let ticket = push(&mut queue, item).expect("an unlimited queue has room");
            assert!(queue.remove(earlier));
            earlier = ticket;
            assert!(queue.slot_count() < 50, "{} slots for {} items", queue.slot_count(), queue.len());
        }
        assert_eq!(queue.len(), 2);
    }
}

#[test]
fn a_smaller_capacity_is_reached_by_leaving() {
    let mut queue = Queue::new(rules(Limit::At(3), Order::Fifo));
    let tickets: Vec<_> = (0..3).map(|item| push(&mut queue, item)).collect();
    assert!(tickets.iter().all(Result::is_ok));
    assert_eq!(push(&mut queue, 3), Err(Full));
    queue.set_capacity(Limit::At(1));
    assert_eq!((queue.len(), pop(&mut queue), pop(&mut queue)), (3, Some(0), Some(1)));
    assert_eq!(push(&mut queue, 4), Err(Full));
    assert_eq!(pop(&mut queue), Some(2));
    assert!(push(&mut queue, 5).is_ok());
}

#[test]
fn nobody_waits_in_a_queue_without_room() {
    let mut queue = Queue::new(rules(Limit::At(0), Order::Fifo));
    assert_eq!(push(&mut queue, 1), Err(Full));
    assert_eq!(pop(&mut queue), None);
}

#[test]
fn preemption_needs_an_order_by_priority() {
    let mut problems = Problems::new();
    let odd =
        QueueSettings { preemptive: true, ..settings(Limit::At(5), Order::AdaptiveLifo, WhenFull::Reject) };
    odd.check(false, &mut problems);
    let found = problems.into_found();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].is_error && found[0].path == "preemptive", "{found:?}");
}

#[test]
fn dropping_from_an_unlimited_queue_is_worth_a_warning() {
    let mut problems = Problems::new();
    let odd = settings(Limit::Unlimited, Order::Fifo, WhenFull::Drop);
    problems.at("queue", |problems| odd.check(true, problems));
    settings(Limit::At(0), Order::Lifo, WhenFull::Reject).check(false, &mut problems);
    let found = problems.into_found();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(!found[0].is_error && found[0].path == "queue.when_full", "{found:?}");
}

#[test]
fn what_it_costs_to_reject_matters_only_where_something_is_rejected() {
    let found = |rejects_too| {
        let mut problems = Problems::new();
        let settings = settings(Limit::At(5), Order::Fifo, WhenFull::Drop);
        let cost = Some(crate::quantity::Distribution::Constant(Duration::from_ns(1)));
        QueueSettings { reject_cost: cost, ..settings }.check(rejects_too, &mut problems);
        problems.into_found().into_iter().map(|it| (it.is_error, it.path)).collect::<Vec<_>>()
    };
    assert_eq!(found(false), [(false, "reject_cost".to_owned())]);
    assert_eq!(found(true), [], "a rate limit rejects");
}
