//! Goal: nobody waits while a server is free, nobody passes another, and what is given up is forgotten.
//! Method: random scripts against two plain lists.

use proptest::prelude::*;

use super::*;
use crate::kernel::Time;
use crate::mechanism::Problems;
use crate::mechanism::queue::Ticket;
use crate::quantity::Duration;

#[derive(Clone, Debug)]
enum Action {
    Enter,
    Leave,
    GiveUp(usize),
    SetServers(u32),
}

fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![
        5 => Just(Action::Enter),
        4 => Just(Action::Leave),
        2 => any::<usize>().prop_map(Action::GiveUp),
        1 => (0_u32..5).prop_map(Action::SetServers),
    ]
}

proptest! {
    #[test]
    fn a_station_is_who_is_served_and_who_waits(script in prop::collection::vec(actions(), 0..200)) {
        let mut station = Station::new();
        let (mut served, mut waiting): (u32, Vec<(usize, Ticket)>) = (0, Vec::new());
        let (mut servers, mut come) = (2, 0);
        for action in script {
            match action {
                Action::Enter => {
                    let entry = station.enter(Time::ZERO, servers, come);
                    prop_assert_eq!(entry == Entry::Served, served < servers && waiting.is_empty());
                    match entry {
                        Entry::Served => served += 1,
                        Entry::Waits(ticket) => waiting.push((come, ticket)),
                    }
                    come += 1;
                }
                Action::Leave if served > 0 => {
                    station.leave();
                    served -= 1;
                }
                Action::GiveUp(choice) if !waiting.is_empty() => {
                    let (_, ticket) = waiting.remove(choice % waiting.len());
                    prop_assert!(station.give_up(ticket));
                    prop_assert!(!station.give_up(ticket));
                }
                Action::Leave | Action::GiveUp(_) => {}
                Action::SetServers(number) => servers = number,
            }
            while let Some(next) = station.next(Time::ZERO, servers) {
                prop_assert_eq!(next, waiting.remove(0).0);
                served += 1;
            }
            prop_assert_eq!((station.busy(), station.has_line()), (served, !waiting.is_empty()));
            prop_assert!(waiting.is_empty() || served >= servers, "somebody waits while a server is free");
        }
    }
}

#[test]
fn io_needs_a_channel() {
    let mut problems = Problems::new();
    IoSettings { channels: 1 }.check(&mut problems);
    assert!(!problems.has_errors());
    IoSettings { channels: 0 }.check(&mut problems);
    assert!(problems.has_errors());
}

#[test]
fn cpus_are_shared_out_and_switches_take_their_part() {
    let free = SharedCpus { cpus: 4, efficiency: 1.0 };
    assert_eq!([1, 4, 5, 8].map(|working| free.speed(working)), [1.0, 1.0, 0.8, 0.5]);
    let switch =
        ContextSwitchSettings { cost: Duration::from_ns(1_000_000), quantum: Duration::from_ns(3_000_000) };
    let costly = SharedCpus { cpus: 4, efficiency: switch.efficiency() };
    assert_eq!([1, 4, 6, 8].map(|working| costly.speed(working)), [1.0, 1.0, 0.5, 0.375]);
}

#[test]
fn switches_that_leave_nothing_or_take_nothing_are_noticed() {
    let found = |cost: u64, quantum: u64| {
        let mut problems = Problems::new();
        ContextSwitchSettings { cost: Duration::from_ns(cost), quantum: Duration::from_ns(quantum) }
            .check(&mut problems);
        problems.into_found().into_iter().map(|problem| (problem.is_error, problem.path)).collect::<Vec<_>>()
    };
    assert_eq!(found(5, 3), []);
    assert_eq!(found(0, 0), [(true, "quantum".to_owned()), (false, "cost".to_owned())]);
}
