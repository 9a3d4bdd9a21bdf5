//! Goal: nobody waits while a server is free, nobody passes another, and what is given up is forgotten.
//! Method: random scripts against two plain lists.

use proptest::prelude::*;

use super::*;
use crate::kernel::Time;
use crate::mechanism::Problems;
use crate::mechanism::queue::Ticket;

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
