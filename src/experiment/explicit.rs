//! Faults as they happened, as a list: what was drawn is written out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::mechanism::fault::{FaultKind, FaultSettings, Select};
use crate::model::{Model, Overrides, decode_json};
use crate::observe::{FaultOccurrence, Run};
use crate::quantity::Distribution;

/// The model with every fault that is drawn (`every`, `after`, a length that varies) replaced by its occurrences in a run, each with its instant, its length and
/// its instances. `None` if that is no model that can run.
///
/// A first occurrence keeps the name, and with it what is drawn while the fault lasts; later ones get numbers.
pub fn with_explicit_faults(model: &Model, run: &Run) -> Option<Model> {
    let mut explicit = model.clone();
    for (name, fault) in model.faults.iter().filter(|(_, fault)| !is_explicit(fault)) {
        explicit.faults.remove(name);
        let occurrences = run.faults.iter().filter(|occurrence| occurrence.name == *name);
        for (index, occurrence) in occurrences.enumerate() {
            let name = free_name(name, index, &model.faults, &explicit.faults);
            explicit.faults.insert(name, as_it_happened(fault, occurrence, index)?);
        }
    }
    let text = explicit.effective_toml();
    Model::parse("the case", &text, &Overrides::new()).ok().map(|loaded| loaded.model)
}

/// Whether nothing about its time is drawn. Its instances may be: the name and the seed say which.
fn is_explicit(fault: &FaultSettings) -> bool {
    let is_fixed = matches!(fault.duration, None | Some(Distribution::Constant(_)));
    fault.at.is_some() && fault.every.is_none() && fault.after.is_none() && is_fixed
}

fn free_name(
    name: &str,
    index: usize,
    model: &BTreeMap<String, FaultSettings>,
    explicit: &BTreeMap<String, FaultSettings>,
) -> String {
    if index == 0 {
        return name.to_owned();
    }
    let mut names = (index + 1..).map(|number| format!("{name}_{number}"));
    let is_free = |name: &String| !model.contains_key(name) && !explicit.contains_key(name);
    names.find(is_free).expect("invariant: numbers have no end")
}

fn as_it_happened(
    fault: &FaultSettings,
    occurrence: &FaultOccurrence,
    index: usize,
) -> Option<FaultSettings> {
    let length = occurrence.end.map(|end| Distribution::Constant(end.since(occurrence.at)));
    let is_instantaneous = fault.kind().is_some_and(FaultKind::is_instantaneous);
    let fault = FaultSettings {
        at: Some(occurrence.at.since(crate::kernel::Time::ZERO)),
        duration: length.filter(|_| !is_instantaneous),
        every: None,
        until: None,
        count: None,
        after: None,
        role: Some(occurrence.role),
        ..fault.clone()
    };
    let is_drawn =
        |select: &Select| matches!(select, Select::Fixed(_) | Select::Share(_) | Select::RandomMaxShare(_));
    if index == 0 || !fault.instances().is_some_and(|(_, select)| is_drawn(select)) {
        return Some(fault);
    }
    let mut value = serde_json::to_value(&fault).ok()?;
    let kind: &mut Value = value.get_mut(occurrence.kind)?;
    kind.as_object_mut()?.insert("select".to_owned(), json!({ "instances": occurrence.instances }));
    decode_json(&value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::simulate;
    use crate::plan::Plan;
    use crate::quantity::NoFiles;

    const MODEL: &str = r#"name = "shop"
[run]
duration = "10min"
seed = 3
[workloads.shoppers]
arrivals = { open = { rate = "5/s" } }
to = "web"
[services.web]
instances = 4
threads = 4
queue = { capacity = 16 }
handler = [{ work = "exponential(20ms)" }]
[faults.weather]
every = "exponential(60s)"
duration = "uniform(1s, 9s)"
pause = { service = "web", select = { fixed = 2 } }
[faults.weather_2]
after = { fault = "weather", delay = "500ms", probability = "50%" }
duration = "3s"
degrade = { service = "web", factor = 2, select = { fixed = 1 } }
[faults.plain]
at = "1min"
duration = "5s"
degrade = { service = "web", factor = 2, select = { fixed = 1 } }
"#;

    fn run_of(model: &Model) -> Run {
        simulate(&Plan::compile(model, &NoFiles).expect("a model without files"), model.run.seed)
    }

    /// A process that is played back as a list hits the same instances at the same instants for as long.
    #[test]
    fn the_list_happens_as_the_process_did() {
        let model = MODEL.replace("after = {", "role = \"background\"\nafter = {");
        let model =
            Model::parse("shop", &model, &Overrides::new()).unwrap_or_else(|found| panic!("{found}")).model;
        let drawn = run_of(&model);
        let explicit = with_explicit_faults(&model, &drawn).expect("a model that can run");
        assert!(explicit.faults.len() > 6, "too little happened: {:?}", explicit.faults.keys());
        assert!(explicit.faults.values().all(is_explicit));
        let listed = run_of(&explicit);
        let happened = |run: &Run| {
            let of = |it: &FaultOccurrence| (it.at, it.end, it.kind, it.role, it.instances.clone());
            let mut happened: Vec<_> = run.faults.iter().map(of).collect();
            happened.sort_by_key(|it| (it.0, it.2));
            happened
        };
        let closed =
            |run: &Run| -> Vec<_> { happened(run).into_iter().filter(|it| it.1.is_some()).collect() };
        assert_eq!(closed(&drawn), closed(&listed));
        assert_eq!(drawn.workloads, listed.workloads, "and the requests fare as they did");
        assert_eq!(with_explicit_faults(&explicit, &listed).as_ref(), Some(&explicit), "once is enough");
        assert_eq!(explicit.faults["plain"], model.faults["plain"]);
    }
}
