//! Goal: the queue is a list from which items leave at either end or in the middle, and its memory follows what waits.
//! Method: random scripts against a plain `Vec`.

use proptest::prelude::*;

use super::*;
use crate::mechanism::Problems;
use crate::quantity::Limit;

fn settings(capacity: Limit<u32>, order: Order) -> QueueSettings {
    QueueSettings { capacity, order, when_full: WhenFull::Reject }
}

#[derive(Clone, Debug)]
enum Action {
    Push,
    Pop,
    /// Removes the item that was pushed as the n-th of all (modulo their number), whether it still waits or not.
    Remove(usize),
    SetCapacity(u32),
    SetOrder(Order),
    Drain,
}

fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![
        40 => Just(Action::Push),
        20 => Just(Action::Pop),
        25 => any::<usize>().prop_map(Action::Remove),
        1 => (0_u32..50).prop_map(Action::SetCapacity),
        2 => prop_oneof![Just(Order::Fifo), Just(Order::Lifo)].prop_map(Action::SetOrder),
        1 => Just(Action::Drain),
    ]
}

/// The queue as a list in the order of arrival; an item is the number of its push.
struct Model {
    settings: QueueSettings,
    items: Vec<usize>,
}

impl Model {
    fn pop(&mut self) -> Option<usize> {
        match self.settings.order {
            Order::Fifo => (!self.items.is_empty()).then(|| self.items.remove(0)),
            Order::Lifo => self.items.pop(),
        }
    }
}

proptest! {
    #[test]
    fn a_queue_is_a_list(script in prop::collection::vec(actions(), 0..400)) {
        let settings = settings(Limit::At(30), Order::Fifo);
        let (mut queue, mut model) = (Queue::new(settings), Model { settings, items: Vec::new() });
        let mut tickets = Vec::new();
        for action in script {
            match action {
                Action::Push => {
                    let pushed = queue.push(tickets.len());
                    let has_room = model.items.len() < model.settings.capacity.limited().expect("a limit") as usize;
                    prop_assert_eq!(pushed.is_ok(), has_room);
                    if let Ok(ticket) = pushed {
                        model.items.push(tickets.len());
                        tickets.push(ticket);
                    }
                }
                Action::Pop => prop_assert_eq!(queue.pop(), model.pop()),
                Action::Remove(choice) if !tickets.is_empty() => {
                    let item = choice % tickets.len();
                    let place = model.items.iter().position(|&waiting| waiting == item);
                    prop_assert_eq!(queue.remove(tickets[item]), place.is_some());
                    if let Some(place) = place {
                        model.items.remove(place);
                    }
                }
                Action::Remove(_) => {}
                Action::SetCapacity(capacity) => {
                    model.settings.capacity = Limit::At(capacity);
                    queue.set_capacity(model.settings.capacity);
                }
                Action::SetOrder(order) => {
                    model.settings.order = order;
                    queue.reconfigure(model.settings);
                }
                Action::Drain => {
                    let drained: Vec<usize> = queue.drain().collect();
                    prop_assert_eq!(drained, std::mem::take(&mut model.items));
                }
            }
            prop_assert_eq!(queue.len(), model.items.len());
            prop_assert_eq!(queue.is_empty(), model.items.is_empty());
        }
        let rest: Vec<usize> = queue.drain().collect();
        prop_assert_eq!(rest, model.items);
    }
}

#[test]
fn holes_do_not_accumulate() {
    for order in [Order::Fifo, Order::Lifo] {
        let mut queue = Queue::new(settings(Limit::Unlimited, order));
        queue.push(0).expect("an unlimited queue has room");
        let mut earlier = queue.push(1).expect("an unlimited queue has room");
        for item in 2..10_000 {
            let ticket = queue.push(item).expect("an unlimited queue has room");
            assert!(queue.remove(earlier));
            earlier = ticket;
            assert!(queue.slot_count() < 50, "{} slots for {} items", queue.slot_count(), queue.len());
        }
        assert_eq!(queue.len(), 2);
    }
}

#[test]
fn a_smaller_capacity_is_reached_by_leaving() {
    let mut queue = Queue::new(settings(Limit::At(3), Order::Fifo));
    let tickets: Vec<_> = (0..3).map(|item| queue.push(item)).collect();
    assert!(tickets.iter().all(Result::is_ok));
    assert_eq!(queue.push(3), Err(Full));
    queue.set_capacity(Limit::At(1));
    assert_eq!((queue.len(), queue.pop(), queue.pop()), (3, Some(0), Some(1)));
    assert_eq!(queue.push(4), Err(Full));
    assert_eq!(queue.pop(), Some(2));
    assert!(queue.push(5).is_ok());
}

#[test]
fn nobody_waits_in_a_queue_without_room() {
    let mut queue = Queue::new(settings(Limit::At(0), Order::Fifo));
    assert_eq!(queue.push(1), Err(Full));
    assert_eq!(queue.pop(), None);
}

#[test]
fn dropping_from_an_unlimited_queue_is_worth_a_warning() {
    let mut problems = Problems::new();
    let odd = QueueSettings { capacity: Limit::Unlimited, order: Order::Fifo, when_full: WhenFull::Drop };
    problems.at("queue", |problems| odd.check(problems));
    settings(Limit::At(0), Order::Lifo).check(&mut problems);
    let found = problems.into_found();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(!found[0].is_error && found[0].path == "queue.when_full", "{found:?}");
}
