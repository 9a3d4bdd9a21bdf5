//! Generated models whose networks lose, delay and cut off, and whose faults repeat and follow one another: nothing gets lost but what is told as lost.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use metastable::mechanism::Problems;
use metastable::mechanism::fault::{
    AfterSettings, Blackhole, ConfigPush, Direction, FaultSettings, NetworkLatency, PacketLoss, Partition,
    PartitionMode, Role, Select, ZoneOutage,
};
use metastable::model::{LinkOverride, Model, Transport, ZonePairSettings};
use metastable::observe::PolicySeries;
use metastable::quantity::{Bandwidth, Distribution, Duration, Limit, Share};

use super::conservation::{attempts_reach_services, edge_balances, no_violation};
use super::models::{draining_model, milliseconds, model};
use super::worlds::{Network, begin, compile, config, results, run, run_model};

const ZONES: [&str; 3] = ["north", "south", "west"];

proptest! {
    #![proptest_config(config(5))]

    #[test]
    fn faults_of_the_network_are_valid(model in networked(model())) {
        let mut problems = Problems::new();
        model.faults.values().for_each(|fault| fault.check(&mut problems));
        prop_assert!(!problems.has_errors(), "{:?}", problems.into_found());
    }

    #[test]
    fn what_is_sent_arrives_is_refused_or_is_told_as_lost(model in networked(model())) {
        let plan = compile(&model);
        let (run, checker, network) = run(&plan, model.run.seed, Network::new(&plan));
        no_violation(&checker)?;
        for (index, edge) in run.edges.iter().enumerate() {
            let hedges = PolicySeries::of(&run.guards.hedges, index).map(|it| &*it.rows);
            edge_balances(edge, (true, true, hedges.is_some()), hedges)?;
        }
        attempts_reach_services(&plan, &run, &network)?;
        let told: u64 = run.edges.iter().flat_map(|edge| &edge.rows).map(|row| row.attempts_lost).sum();
        prop_assert_eq!(told, network.rows.iter().flatten().map(|arrived| arrived.lost).sum::<u64>());
    }

    #[test]
    fn everything_held_is_given_back_across_partitions(model in networked(draining_model())) {
        let plan = compile(&model);
        let mut simulation = begin(&plan, model.run.seed, ());
        simulation.run();
        prop_assert_eq!(simulation.in_flight(), (0, 0));
        prop_assert_eq!(simulation.threads_held(), 0);
        let (_, mut checker, ()) = results(&plan, model.run.seed, simulation);
        checker.check_drained();
        no_violation(&checker)?;
    }

    /// Also where triggers follow what belongs to the world.
    #[test]
    fn the_twin_is_the_model_without_its_triggers_here_too(model in networked(model())) {
        let mut without = model.clone();
        without.faults.retain(|_, fault| fault.role() == Role::Background);
        let (twin, ..) = run(&compile(&model).without_triggers(), model.run.seed, ());
        prop_assert_eq!(twin, run_model(&without));
    }
}

#[derive(Clone, Debug)]
struct Draft {
    zones: Vec<Vec<usize>>,
    default: LinkOverride,
    pair: LinkOverride,
    faults: Vec<(FaultSettings, Kind, usize)>,
}

/// A kind whose names are not known yet.
#[derive(Clone, Debug)]
enum Kind {
    Latency(Option<usize>, Duration, Duration, Direction),
    Loss(Option<usize>, Share, Direction),
    Partition(Option<(usize, usize)>, Direction, PartitionMode, Share),
    Blackhole(Select),
    ZoneOutage,
    Push(Select, u32),
}

/// These models with zones, links and more faults. Every policy gets a timer, or what is lost would be waited for without end.
fn networked(base: BoxedStrategy<Model>) -> BoxedStrategy<Model> {
    let zones = vec(vec(0_usize..3, 0..3), 7);
    let faults = vec((timing(), kind(), 0_usize..7), 1..=4);
    let draft = (zones, link(), link(), faults).prop_map(|(zones, default, pair, faults)| Draft {
        zones,
        default,
        pair,
        faults,
    });
    (base, draft).prop_map(|(model, draft)| draft.applied_to(model)).boxed()
}

fn link() -> BoxedStrategy<LinkOverride> {
    let latency = option::of(prop_oneof![
        (0_u64..20).prop_map(|ms| Distribution::Constant(milliseconds(ms))),
        (1_u64..20).prop_map(|ms| Distribution::Exponential { mean: milliseconds(ms) }),
    ]);
    let bandwidth = prop_oneof![
        Just(Limit::Unlimited),
        (10_u64..1000)
            .prop_map(|kilobytes| Limit::At(Bandwidth::new(kilobytes * 1000).expect("more than nothing"))),
    ];
    let transport = prop_oneof![Just(Transport::Tcp), Just(Transport::Datagram)];
    let jitter = (0_u64..30).prop_map(milliseconds);
    let loss = prop_oneof![Just(0), 1_u32..50].prop_map(Share::percent);
    (latency, option::of(jitter), option::of(loss), option::of(transport), option::of(bandwidth))
        .prop_map(|(latency, jitter, loss, transport, bandwidth)| LinkOverride {
            latency,
            jitter,
            loss,
            transport,
            bandwidth,
        })
        .boxed()
}

fn timing() -> BoxedStrategy<FaultSettings> {
    let span = || {
        prop_oneof![
            (1_u64..20).prop_map(|step| Distribution::Constant(milliseconds(step * 100))),
            (1_u64..20).prop_map(|step| Distribution::Exponential { mean: milliseconds(step * 100) }),
        ]
    };
    let at = (0_u64..40).prop_map(|step| milliseconds(step * 100));
    let role = option::of(prop_oneof![Just(Role::Trigger), Just(Role::Background)]);
    (at, span(), option::of(span()), role, 1_u32..5, 0_u64..10)
        .prop_map(|(at, duration, every, role, count, ramp)| FaultSettings {
            at: Some(at),
            duration: Some(duration),
            count: every.as_ref().map(|_| count),
            every,
            role,
            ramp: Some(milliseconds(ramp * 10)),
            ..FaultSettings::default()
        })
        .boxed()
}

fn kind() -> BoxedStrategy<Kind> {
    let direction = || prop_oneof![Just(Direction::Both), Just(Direction::To), Just(Direction::From)];
    let select = || {
        prop_oneof![
            Just(Select::All),
            (1_u32..4).prop_map(Select::Fixed),
            (1_u32..=100).prop_map(|percent| Select::Share(Share::percent(percent))),
            (1_u32..=100).prop_map(|percent| Select::RandomMaxShare(Share::percent(percent))),
            Just(Select::Zone(ZONES[0].to_owned())),
        ]
    };
    let mode = prop_oneof![Just(PartitionMode::Drop), Just(PartitionMode::Reject)];
    let share = prop_oneof![Just(100), 1_u32..=100].prop_map(Share::percent);
    let span = || (0_u64..50).prop_map(milliseconds);
    prop_oneof![
        (option::of(0_usize..7), span(), span(), direction())
            .prop_map(|(end, delay, jitter, direction)| Kind::Latency(end, delay, jitter, direction)),
        (option::of(0_usize..7), 1_u32..=100, direction()).prop_map(|(end, percent, direction)| Kind::Loss(
            end,
            Share::percent(percent),
            direction
        )),
        (option::of((0_usize..7, 1_usize..7)), direction(), mode, share)
            .prop_map(|(ends, direction, mode, share)| Kind::Partition(ends, direction, mode, share)),
        select().prop_map(Kind::Blackhole),
        Just(Kind::ZoneOutage),
        (select(), 1_u32..9).prop_map(|(select, threads)| Kind::Push(select, threads)),
    ]
    .boxed()
}

impl Draft {
    fn applied_to(self, mut model: Model) -> Model {
        for policy in model.policies.values_mut() {
            if policy.timeout == Limit::Unlimited && policy.per_try_timeout == Limit::Unlimited {
                policy.timeout = Limit::At(milliseconds(500));
            }
        }
        let named = |zones: &Vec<usize>| zones.iter().map(|&zone| ZONES[zone].to_owned()).collect::<Vec<_>>();
        let places = model.workloads.values_mut().map(|workload| &mut workload.zones);
        let places = places.chain(model.services.values_mut().map(|service| &mut service.zones));
        for (place, zones) in places.zip(&self.zones) {
            *place = named(zones);
        }
        model.network.default = model.network.default.with(&self.default);
        let LinkOverride { latency, jitter, loss, transport, bandwidth } = self.pair;
        let between = vec![ZONES[0].to_owned(), ZONES[1].to_owned()];
        model.network.zone_pairs.push(ZonePairSettings {
            between,
            latency,
            jitter,
            loss,
            transport,
            bandwidth,
        });
        let names: Vec<String> = model.workloads.keys().chain(model.services.keys()).cloned().collect();
        let services: Vec<String> = model.services.keys().cloned().collect();
        for (index, (fault, kind, whom)) in self.faults.into_iter().enumerate() {
            let mut fault = kind.of(fault, &names, &services, whom);
            // The last one follows the first one, where the twin has that too.
            let leader = model.faults.get("net0").map(FaultSettings::role);
            if index == 3 && (leader == Some(Role::Background) || fault.role() == Role::Trigger) {
                let after = AfterSettings {
                    fault: "net0".to_owned(),
                    delay: milliseconds(50),
                    probability: Share::percent(60),
                };
                fault = FaultSettings {
                    at: None,
                    every: None,
                    count: None,
                    role: Some(fault.role()),
                    after: Some(after),
                    ..fault
                };
            }
            model.faults.insert(format!("net{index}"), fault);
        }
        model
    }
}

impl Kind {
    fn of(self, base: FaultSettings, names: &[String], services: &[String], whom: usize) -> FaultSettings {
        let name = |index: usize| names[index % names.len()].clone();
        let service = services[whom % services.len()].clone();
        let plain = FaultSettings { ramp: None, ..base.clone() };
        match self {
            Self::Latency(end, delay, jitter, direction) => {
                let (from, to, select) = (end.map(name), None, Select::All);
                let ramp = base.ramp.filter(|_| !matches!(base.duration, Some(Distribution::Constant(_))));
                let latency = NetworkLatency { from, to, service: None, select, direction, delay, jitter };
                FaultSettings { latency: Some(latency), ramp, ..base }
            }
            Self::Loss(end, loss, direction) => {
                let service = end.is_none().then_some(service);
                let packet_loss = PacketLoss {
                    from: None,
                    to: end.map(name),
                    service,
                    select: Select::All,
                    direction,
                    loss,
                };
                FaultSettings { packet_loss: Some(packet_loss), ..plain }
            }
            Self::Partition(ends, direction, mode, share) => {
                let different =
                    ends.map(|(one, step)| (name(one), name(one + step))).filter(|(one, other)| one != other);
                let (between, isolate) = match different {
                    Some((one, other)) => (vec![one, other], None),
                    None => (Vec::new(), Some(name(whom))),
                };
                let partition = Partition { between, isolate, direction, mode, share };
                FaultSettings { partition: Some(partition), ..plain }
            }
            Self::Blackhole(select) => {
                FaultSettings { blackhole: Some(Blackhole { service, select }), ..plain }
            }
            Self::ZoneOutage => {
                FaultSettings { zone_outage: Some(ZoneOutage { zone: ZONES[whom % 3].to_owned() }), ..plain }
            }
            Self::Push(select, threads) => {
                let set = [
                    (format!("services.{service}.threads"), threads.into()),
                    ("policies.hasty.timeout".to_owned(), "250ms".into()),
                ];
                FaultSettings { config_push: Some(ConfigPush { set: set.into(), select }), ..plain }
            }
        }
    }
}
