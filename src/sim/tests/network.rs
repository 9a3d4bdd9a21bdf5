//! Zones, loss, jitter, bandwidth, and what faults do to messages.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{Happening, ServiceEnd};

/// Users who come at 100 ms, 200 ms, … until an instant, and wait at most 50 ms for service `a`, whose handler takes 10 ms.
fn world(until: &str, rest: &str) -> String {
    let services = r#"
[policies.user]
timeout = "50ms"
[services.a]
threads = 1
queue = { capacity = 5 }
handler = [{ work = "10ms" }]
"#;
    users("10/s", until) + services + rest
}

fn lost(story: &Story) -> (Vec<u64>, Vec<u64>) {
    let of = |is_it: fn(&Happening) -> bool| {
        let told = story.told.iter().filter(|(_, happening)| is_it(happening));
        told.map(|(at, _)| at.as_ns() / 1_000_000).collect()
    };
    (
        of(|happening| matches!(happening, Happening::AttemptLost { .. })),
        of(|happening| matches!(happening, Happening::ReplyLost { .. })),
    )
}

#[test]
fn a_partition_swallows_requests_from_its_begin_to_its_end() {
    let cut =
        "[faults.cut]\nat = \"150ms\"\nduration = \"100ms\"\npartition = { between = [\"user\", \"a\"] }\n";
    let story = tell(&world("350ms", cut));
    assert_eq!(story.requests(), [(110, Class::Ok), (250, Class::DeadlineExceeded), (310, Class::Ok)]);
    assert_eq!(lost(&story), (vec![200], vec![]));
    assert_eq!(story.finished("a"), [(110, ServiceEnd::Ok), (310, ServiceEnd::Ok)]);
}

/// The request at 100 ms is answered at 110 ms, the reply is judged when it is sent.
#[test]
fn a_reply_that_is_lost_is_work_for_nobody() {
    let cut =
        "[faults.cut]\nat = \"105ms\"\nduration = \"20ms\"\npartition = { between = [\"user\", \"a\"] }\n";
    for direction in ["both", "from"] {
        let cut = cut.replace("\"a\"]", &format!("\"a\"], direction = \"{direction}\""));
        let story = tell(&world("150ms", &cut));
        assert_eq!(story.requests(), [(150, Class::DeadlineExceeded)]);
        assert_eq!(story.finished("a"), [(110, ServiceEnd::Ok)]);
        assert_eq!(lost(&story), (vec![], vec![110]));
    }
    let other_way = cut.replace("\"a\"]", "\"a\"], direction = \"to\"");
    assert_eq!(tell(&world("150ms", &other_way)).requests(), [(110, Class::Ok)]);
}

#[test]
fn a_partition_that_rejects_answers_at_once() {
    let cut = "[faults.cut]\nat = \"105ms\"\nduration = \"150ms\"\npartition = { between = [\"user\", \"a\"], mode = \"reject\" }\n";
    let story = tell(&world("250ms", cut));
    assert_eq!(story.requests(), [(110, Class::Reset), (200, Class::ConnectFailure)]);
    assert_eq!(lost(&story), (vec![200], vec![110]));
}

/// What is under way when the partition begins still arrives.
#[test]
fn a_message_is_judged_when_it_is_sent() {
    let cut = "[network]\ndefault = { latency = \"10ms\" }\n[faults.cut]\nat = \"105ms\"\nduration = \"10ms\"\npartition = { between = [\"user\", \"a\"] }\n";
    let story = tell(&world("150ms", cut));
    assert_eq!(story.requests(), [(130, Class::Ok)]);
}

#[test]
fn a_blackhole_takes_some_instances_and_tells_nobody() {
    let rest = r#"
[services.b]
instances = 2
threads = 4
queue = { capacity = 0 }
handler = [{ work = "1ms" }]
[faults.hole]
at = "0s"
duration = "2s"
blackhole = { service = "b", select = { fixed = 1 } }
"#;
    let text = world("450ms", rest).replace(
        "handler = [{ work = \"10ms\" }]",
        "handler = [{ call = { to = \"b\", policy = \"user\" } }]",
    );
    let story = tell(&text);
    let mut outcomes: Vec<Class> = story.answered("b").into_iter().map(|(_, class)| class).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [Class::Ok, Class::Ok, Class::DeadlineExceeded, Class::DeadlineExceeded]);
    assert_eq!(lost(&story).0.len(), 2);
}

/// Instances 0 and 2 of `a` stand in the zone of the users, 1 and 3 elsewhere.
#[test]
fn zones_have_latencies_of_their_own_and_the_most_specific_entry_wins() {
    let text = |network: &str| {
        world("450ms", network)
            .replace("clients = 1", "clients = 1\nzones = [\"near\"]")
            .replace("[services.a]", "[services.a]\ninstances = 4\nzones = [\"near\", \"far\"]")
    };
    let latencies = |network: &str| {
        let story = tell(&text(network));
        let mut took: Vec<u64> = story.requests().iter().map(|&(at, _)| at % 100).collect();
        took.sort_unstable();
        took
    };
    let default = "[network]\ndefault = { latency = \"2ms\" }\n";
    assert_eq!(latencies(default), [14; 4]);
    let classes =
        default.to_owned() + "same_zone = { latency = \"1ms\" }\ncross_zone = { latency = \"5ms\" }\n";
    assert_eq!(latencies(&classes), [12, 12, 20, 20]);
    let pair = classes.clone() + "zone_pairs = [{ between = [\"far\", \"near\"], latency = \"10ms\" }]\n";
    assert_eq!(latencies(&pair), [12, 12, 30, 30]);
    let link = pair + "links = [{ from = \"user\", to = \"a\", latency = \"3ms\" }]\n";
    assert_eq!(latencies(&link), [16; 4]);
    let regions = classes
        + "cross_region = { latency = \"15ms\" }\nregions = { here = [\"near\"], there = [\"far\"] }\n";
    assert_eq!(latencies(&regions), [12, 12, 40, 40]);
}

/// Over TCP, a segment that is always lost is given up after 924.6 s; a datagram is waited for until the timer fires.
#[test]
fn what_a_loss_costs_is_a_matter_of_the_transport() {
    let text = world("150ms", "[network]\ndefault = { latency = \"1ms\", loss = \"100%\" }\n");
    let patient = text.replace("timeout = \"50ms\"", "timeout = \"1h\"").replace("\"3s\"", "\"2000s\"");
    assert_eq!(tell(&patient).requests(), [(924_700, Class::Reset)]);
    let datagram = text.replace("loss =", "transport = \"datagram\", loss =");
    assert_eq!(tell(&datagram).requests(), [(150, Class::DeadlineExceeded)]);
}

/// 100 kB take 10 ms on a line of 10 MB/s. Both calls are made at 100 ms: the second request waits for the first one, and the replies go out 10 ms apart.
#[test]
fn messages_wait_for_one_another_on_a_line() {
    let text = r#"
name = "scene"
run = { duration = "3s" }
[workloads.user]
arrivals = { open = { rate = "10/s", process = "constant" } }
profile = [{ at = "150ms", scale = 0 }]
to = "a"
clients = 1
[workloads.other]
arrivals = { open = { rate = "10/s", process = "constant" } }
profile = [{ at = "150ms", scale = 0 }]
to = "a"
clients = 1
[services.a]
threads = "unlimited"
handler = [{ call = { to = "b", request_size = "100kB", response_size = "300kB" } }]
[services.b]
threads = "unlimited"
handler = [{ sleep = "5ms" }]
[network]
links = [{ from = "a", to = "b", bandwidth = "10MB/s", latency = "1ms" }]
"#;
    let story = tell(text);
    // Requests arrive at 111 ms and 121 ms; replies of 30 ms begin at 116 ms and, behind the first one, at 146 ms.
    assert_eq!(story.answered("b"), [(147, Class::Ok), (177, Class::Ok)]);
}

#[test]
fn latency_faults_add_up_and_grow_in_ten_steps() {
    let slow =
        "[faults.slow]\nat = \"150ms\"\nduration = \"100ms\"\nlatency = { to = \"a\", delay = \"10ms\" }\n";
    let more = "[faults.slower]\nat = \"150ms\"\nduration = \"100ms\"\nlatency = { service = \"a\", delay = \"5ms\", direction = \"to\" }\n";
    let story = tell(&world("350ms", &(slow.to_owned() + more)));
    // Both ways 10 ms; the messages that go out of `a` 5 ms more.
    assert_eq!(story.requests(), [(110, Class::Ok), (235, Class::Ok), (310, Class::Ok)]);
    let ramp = slow.replace("duration = \"100ms\"", "duration = \"1s\"\nramp = \"1s\"");
    let story = tell(&world("450ms", &ramp));
    // At 200 ms it has one tenth of its strength, at 300 ms two, at 400 ms three.
    assert_eq!(story.requests(), [(110, Class::Ok), (212, Class::Ok), (314, Class::Ok), (416, Class::Ok)]);
}

/// Whoever waits behind a partition when its own instance crashes, or is paused, still gets everything back.
#[test]
fn partitions_pauses_and_crashes_compose() {
    let rest = r#"
[services.b]
threads = 2
queue = { capacity = 2 }
handler = [{ work = "20ms" }]
abandoned_work = "abort"
[policies.inner]
timeout = "40ms"
per_try_timeout = "15ms"
retry = { max_attempts = 3 }
late_replies = "accept"
[faults.cut]
at = "105ms"
duration = "250ms"
partition = { between = ["a", "b"] }
[faults.crash]
at = "210ms"
duration = "20ms"
crash = { service = "a" }
[faults.stop]
at = "305ms"
duration = "100ms"
pause = { service = "a" }
[faults.refuse]
at = "400ms"
duration = "20ms"
partition = { isolate = "b", mode = "reject" }
"#;
    let text = world("450ms", rest).replace(
        "handler = [{ work = \"10ms\" }]",
        "handler = [{ call = { to = \"b\", policy = \"inner\" } }, { work = \"1ms\" }]",
    );
    let story = tell(&text);
    // At 100 ms: the reply at 120 ms is lost, and so is the cancellation at 115 ms. At 200 ms: everything is lost, and `a` crashes at 210 ms. At 300 ms: `a` stands
    // still until 405 ms, and its users have left. At 400 ms: `a` stands still until 405 ms, and is then turned back.
    assert_eq!(
        story.requests(),
        [
            (140, Class::GatewayError),
            (210, Class::Reset),
            (350, Class::DeadlineExceeded),
            (405, Class::GatewayError),
        ]
    );
    assert_eq!(story.finished("b"), [(120, ServiceEnd::Ok)]);
}
