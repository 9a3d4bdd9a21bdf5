//! Zones, links, and faults that repeat, follow or push: what is refused, where, and with which words.

use super::*;

/// [`GOOD`] with zones, and a service behind the other one.
fn zoned(rest: &str) -> String {
    let text = changed("[services.db]\n", "[services.db]\ninstances = 4\nzones = [\"eu-a\", \"eu-b\"]\n");
    let handler = "handler = [ { work = \"8ms\" }, { call = { to = \"disk\", policy = \"disk\" } } ]\n";
    let text = text.replace("handler = [ { work = \"8ms\" } ]\n", handler);
    let disk = "[services.disk]\nthreads = \"unlimited\"\nzones = [\"us-a\"]\nhandler = [ { sleep = \"1ms\" } ]\n[policies.disk]\n";
    text + disk + rest
}

/// What is found in [`zoned`] with a line, each without its place.
#[track_caller]
fn finds(rest: &str, expected: &[&str]) {
    let found = load(&zoned(rest), &[]).map_or_else(|found| found, |loaded| loaded.warnings);
    let short: Vec<String> = found
        .iter()
        .map(|diagnostic| {
            let path = diagnostic.path.clone().unwrap_or_default();
            format!("{} {path}: {}", diagnostic.code, diagnostic.message)
        })
        .collect();
    assert_eq!(short, expected, "\n{found}");
}

#[test]
fn a_network_with_zones_and_regions_is_accepted_and_explained() {
    let rest = r#"
[network]
default = { latency = "250us", loss = "0.01%" }
same_zone = { latency = "100us" }
cross_region = { latency = "40ms", jitter = "2ms", transport = "tcp", bandwidth = "1GB/s" }
regions = { eu = ["eu-a", "eu-b"], us = ["us-a"] }
zone_pairs = [{ between = ["eu-a", "eu-b"], latency = "700us" }]
links = [{ from = "db", to = "disk", bandwidth = "unlimited" }]
"#;
    finds(rest, &[]);
    let loaded = load(&zoned(rest), &[]).unwrap();
    let again = load(&loaded.model.effective_toml(), &[]).unwrap();
    assert_eq!(again.model, loaded.model);
    let topology = Topology::of(&loaded.model);
    let link = topology.link("db", "disk", Some("eu-a"), Some("us-a"));
    let expected = "latency = \"40ms\"\njitter = \"2ms\"\nloss = \"0.01%\"\n";
    assert_eq!(toml::to_string(&link).unwrap(), expected);
    assert_eq!(topology.links("db", "disk").len(), 2);
    assert_eq!(topology.links("shoppers", "db").len(), 2);
}

#[test]
fn names_of_zones_and_links_are_looked_up() {
    finds(
        "[network]\nregions = { eu = [\"eu-a\"], db = [\"us-a\", \"eu-a\"] }\n",
        &[
            "M020 network.regions: no region has the zones `eu-b`",
            "M021 network.regions.eu[0]: `eu-a` lies in `db` already",
            "M021 network.regions.db: `db` is the name of a workload or service, too",
        ],
    );
    finds(
        "[network]\nzone_pairs = [{ between = [\"eu-a\", \"eu-c\"], latency = \"1ms\" }, { between = [\"eu-a\"], latency = \"1ms\" }]\n",
        &[
            "M020 network.zone_pairs[0].between: no zone is called `eu-c`",
            "M022 network.zone_pairs[1].between: a pair is two zones, not 1",
        ],
    );
    finds(
        "[network]\nlinks = [{ from = \"disc\", to = \"db\", loss = \"1%\" }, { from = \"disk\", to = \"db\" }]\n",
        &[
            "M020 network.links[0].from: no workload or service is called `disc`",
            "M130 network.links[1]: this entry changes nothing",
            "M105 network.links[1]: `disk` never calls `db`",
        ],
    );
}

#[test]
fn what_can_be_lost_in_silence_needs_a_timer() {
    let lost = |why: &str| {
        format!(
            "M026 services.db.handler[1].call.policy: a call from `db` to `disk` that is lost on the network would never end: {why}, and the policy `disk` has no timer"
        )
    };
    finds(
        "[network]\ndefault = { transport = \"datagram\", loss = \"1%\" }\n",
        &[&lost("its datagrams get lost")],
    );
    // Over TCP the connection is given up at last, and the caller hears of it.
    finds("[network]\ndefault = { loss = \"1%\" }\n", &[]);
    let fault = |what: &str| format!("[faults.cut]\nat = \"1min\"\nduration = \"1min\"\n{what}\n");
    for what in [
        "partition = { between = [\"disk\", \"db\"] }",
        "partition = { isolate = \"us-a\" }",
        "partition = { between = [\"eu-b\", \"us-a\"] }",
        "blackhole = { service = \"disk\" }",
    ] {
        finds(&fault(what), &[&lost("the fault `cut` makes messages vanish")]);
    }
    for what in [
        "partition = { between = [\"disk\", \"db\"], mode = \"reject\" }",
        "partition = { between = [\"shoppers\", \"db\"] }",
        "packet_loss = { service = \"disk\", loss = \"10%\" }",
    ] {
        finds(&fault(what), &[]);
    }
}

#[test]
fn calls_of_one_edge_have_one_size() {
    let text = zoned("[network]\ndefault = { bandwidth = \"1MB/s\" }\n").replace(
        "{ call = { to = \"disk\", policy = \"disk\" } }",
        "{ call = { to = \"disk\", policy = \"disk\", request_size = \"1KiB\" } }, { call = { to = \"disk\", policy = \"disk\" } }",
    );
    check_short(
        &text,
        &[],
        &[
            "M024 13:101 an earlier call from `db` to `disk` under the policy `disk` has other sizes: 1KiB and 0B",
        ],
    );
}

#[test]
fn faults_say_when_they_happen() {
    let fault = |timing: &str| format!("[faults.x]\n{timing}\npause = {{ service = \"db\" }}\n");
    finds(&fault("duration = \"1s\""), &["M030 faults.x: this fault does not say when it begins"]);
    finds(
        &fault("at = \"1s\"\nuntil = \"5s\"\ncount = 0"),
        &[
            "M030 faults.x.until: `until` is about a fault that repeats",
            "M030 faults.x.count: `count` is about a fault that repeats",
            "M030 faults.x.count: a fault that happens 0 times does nothing",
        ],
    );
    finds(
        &fault("every = \"1min\"\nramp = \"1s\""),
        &[
            "M030 faults.x.every: a fault that never ends cannot happen again",
            "M030 faults.x.ramp: `pause` has no strength that could grow",
        ],
    );
    finds(
        &fault("every = \"1us\"\nduration = \"1us\""),
        &["M022 faults.x.every: this happens about 4.5e8 times, more than 1e5"],
    );
    finds(&fault("every = \"1us\"\nduration = \"1us\"\ncount = 100_000"), &[]);
    finds(&fault("every = \"1us\"\nduration = \"1us\"\nuntil = \"200ms\""), &[]);
    finds(&fault("after = { fault = \"y\" }"), &["M020 faults.x.after.fault: no fault is called `y`"]);
    let both = |x: &str, y: &str| {
        format!(
            "[faults.x]\n{x}\nduration = \"1s\"\npause = {{ service = \"db\" }}\n[faults.y]\n{y}\nduration = \"1s\"\npause = {{ service = \"db\" }}\n"
        )
    };
    finds(
        &both("after = { fault = \"y\" }", "after = { fault = \"x\" }"),
        &[
            "M023 faults.x.after.fault: these faults wait for one another: x -> y -> x",
            "M023 faults.y.after.fault: these faults wait for one another: y -> x -> y",
        ],
    );
    finds(
        &both("at = \"1min\"", "after = { fault = \"x\" }\nrole = \"background\""),
        &[
            "M023 faults.y.after.fault: what belongs to the world cannot follow a trigger, as the twin has no `x`",
        ],
    );
    finds(
        &both("at = \"14min\"", "after = { fault = \"x\", delay = \"1min\" }"),
        &["M023 faults.y.after: the run ends at 15min, before this begins"],
    );
}

#[test]
fn selections_are_looked_at_where_they_select() {
    let fault = |select: &str| {
        format!("[faults.x]\nat = \"1s\"\npause = {{ service = \"db\", select = {select} }}\n")
    };
    finds(
        &fault("{ share = \"20%\" }"),
        &["M022 faults.x.pause.select: 20% of 4 instances, rounded down, is none"],
    );
    finds(&fault("{ zone = \"us-a\" }"), &["M020 faults.x.pause.select: no zone of `db` is called `us-a`"]);
    finds(&fault("{ random_max_share = \"50%\" }"), &[]);
    let partition =
        "[faults.x]\nat = \"1s\"\npartition = { between = [\"db\", \"asia\"], mode = \"reject\" }\n";
    finds(
        partition,
        &["M020 faults.x.partition.between[1]: no workload, service, zone or region is called `asia`"],
    );
}

#[test]
fn a_push_is_checked_as_the_model_that_it_makes() {
    let push = |set: &str| format!("[faults.x]\nat = \"1min\"\nconfig_push = {{ set = {{ {set} }} }}\n");
    finds(&push("\"services.db.threads\" = 8, \"policies.db.retry.max_attempts\" = 2"), &[]);
    finds(
        &push("\"services.db.instances\" = 8"),
        &[
            "M030 faults.x.config_push.set.\"services.db.instances\": `services.db.instances` cannot change while the system runs",
        ],
    );
    finds(
        &push("\"services.db.threads\" = \"many\""),
        &[
            "M015 faults.x.config_push.set.\"services.db.threads\": with `services.db.threads` = `\"many\"`: `many` is not a whole number",
        ],
    );
    let budget = |kind: &str| format!("\"policies.db.retry.budget\" = {{ {kind} }}");
    finds(&push(&budget("static = { max_retries = 9 }")), &[]);
    let text = zoned(&push(&budget("ratio = {}")));
    let text = text.replace("max_attempts = 2 }", "max_attempts = 2, budget = { static = {} } }");
    let found = load(&text, &[]).map_or_else(|found| found, |loaded| loaded.warnings).to_string();
    assert!(
        found.contains("the budget of the policy `db` cannot become `ratio` while it is `static`"),
        "{found}"
    );
    finds(
        &push("\"services.db.handler[7].work\" = \"1ms\""),
        &[
            "M006 faults.x.config_push.set.\"services.db.handler[7].work\": with `services.db.handler[7].work` = `\"1ms\"`: `services.db.handler` has 2 elements, counted from 0",
        ],
    );
    finds(
        &push("\"policies.db.timeout\" = \"unlimited\", \"policies.db.per_try_timeout\" = \"0s\""),
        &[
            "M022 faults.x.config_push.set.\"policies.db.per_try_timeout\": with `policies.db.per_try_timeout` = `\"0s\"`: a timer of 0 would end every call before it begins",
        ],
    );
}
