//! What is tried, in its order.

use serde_json::{Value, json};

use super::super::ReplayError;
use super::edits::{Place, below, get, place, tree, with, without};
use super::oracle::Oracle;
use super::round;
use super::search::{ddmin, least};
use crate::kernel::Duration;
use crate::mechanism::fault::{FaultKind, Role};
use crate::model::Model;
use crate::quantity::Rate;

/// After so many rounds nothing is tried any more, even if the last one still found something.
const ROUNDS_MAX: usize = 4;

/// What says how strong a fault is, in all kinds of faults.
const STRENGTHS: [&str; 7] = ["factor", "share", "load", "loss", "delay", "jitter", "bytes"];

/// A model that fails, on its way down.
pub(super) struct Shrinker<'a> {
    oracle: Oracle<'a>,
    model: Model,
    current: Value,
    may_drop_objectives: bool,
}

type Tried = Result<bool, ReplayError>;
type Done = Result<(), ReplayError>;

impl<'a> Shrinker<'a> {
    pub(super) fn new(model: &Model, oracle: Oracle<'a>, may_drop_objectives: bool) -> Self {
        Self { oracle, model: model.clone(), current: tree(model), may_drop_objectives }
    }

    pub(super) fn into_smallest(self) -> (Model, usize) {
        (self.model, self.oracle.asked())
    }

    /// Goes through all steps until none finds anything.
    pub(super) fn go(&mut self) -> Done {
        for _ in 0..ROUNDS_MAX {
            let before = self.current.clone();
            self.faults()?;
            // While the faults are strong: a model at the very edge of failing loses nothing any more.
            self.components()?;
            self.policies()?;
            self.times_and_strengths()?;
            self.load()?;
            self.duration()?;
            if self.current == before {
                break;
            }
        }
        Ok(())
    }

    /// Goes to this tree if it is a model that fails.
    fn take(&mut self, tree: &Value) -> Tried {
        if *tree == self.current {
            return Ok(true);
        }
        let Some(model) = Oracle::model(tree) else { return Ok(false) };
        let fails = self.oracle.fails(&model)?;
        if fails {
            self.current = super::edits::tree(&model);
            self.model = model;
        }
        Ok(fails)
    }

    fn replace(&mut self, at: &[String], value: Value) -> Tried {
        let tree = with(&self.current, at, value);
        self.take(&tree)
    }

    /// Takes away as many of these as possible.
    fn minimise(&mut self, places: &[Place]) -> Done {
        let base = self.current.clone();
        let tree_of = |kept: &[usize]| {
            without(
                &base,
                places.iter().enumerate().filter(|(index, _)| !kept.contains(index)).map(|(_, place)| place),
            )
        };
        let oracle = &mut self.oracle;
        let kept = ddmin(places.len(), |kept| {
            if kept.len() == places.len() {
                return Ok(true);
            }
            Oracle::model(&tree_of(kept)).map_or(Ok(false), |model| oracle.fails(&model))
        })?;
        let smallest = tree_of(&kept);
        self.take(&smallest).map(|_| ())
    }

    /// The places, of these, without which the model is another one that can run.
    fn removable(&self, places: Vec<Place>) -> Vec<Place> {
        let is_removable = |place: &Place| {
            Oracle::model(&without(&self.current, [place])).is_some_and(|model| tree(&model) != self.current)
        };
        places.into_iter().filter(is_removable).collect()
    }

    fn faults(&mut self) -> Done {
        for role in [Role::Trigger, Role::Background] {
            let of_role = self.model.faults.iter().filter(|(_, fault)| fault.role() == role);
            let places: Vec<Place> = of_role.map(|(name, _)| place(&["faults", name])).collect();
            self.minimise(&places)?;
        }
        Ok(())
    }

    fn times_and_strengths(&mut self) -> Done {
        let names: Vec<String> = self.model.faults.keys().cloned().collect();
        for name in names {
            let fault = place(&["faults", &name]);
            let Some(kind) = self.model.faults[&name].kind().map(FaultKind::name) else { continue };
            let of_fault = |field: &str| [&fault[..], &place(&[field])[..]].concat();
            let of_kind = |field: &str| [&fault[..], &place(&[kind, field])[..]].concat();
            let plain = self.removable(vec![of_fault("ramp"), of_kind("jitter"), of_kind("direction")]);
            self.minimise(&plain)?;
            self.fewer_instances(&name, &of_kind("select"))?;
            self.lower(&of_fault("duration"))?;
            for strength in STRENGTHS {
                self.lower(&of_kind(strength))?;
            }
            let pushed = below(&self.current, &of_kind("set"));
            self.minimise(&pushed)?;
            self.earlier(&name, &of_fault("at"))?;
        }
        Ok(())
    }

    fn fewer_instances(&mut self, name: &str, select: &[String]) -> Done {
        let Some((service, _)) = self.model.faults[name].instances() else { return Ok(()) };
        let one = json!({ "fixed": 1 });
        let several = self.model.services.get(service).is_some_and(|service| service.instances > 1);
        if several && get(&self.current, select) != Some(&one) {
            self.replace(select, one)?;
        }
        Ok(())
    }

    /// The least round value that does, and a rounder one if none does.
    fn lower(&mut self, at: &[String]) -> Done {
        let Some(value) = get(&self.current, at).cloned() else { return Ok(()) };
        let values = round::below(&value);
        let found = least(values.len(), |index| self.replace(at, values[index].clone()))?;
        if found.is_none() {
            for rounder in round::rounder(&value) {
                if self.replace(at, rounder)? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The first round instant that does, and whole seconds if none does.
    fn earlier(&mut self, name: &str, at: &[String]) -> Done {
        let Some(begin) = self.model.faults[name].at else { return Ok(()) };
        let earliest = self.model.run.warmup.as_ns().max(1);
        let times = round::times_between(Duration::from_ns(earliest), begin);
        let found = least(times.len(), |index| self.replace(at, json!(times[index].to_string())))?;
        let seconds = Duration::from_secs(begin.as_ns() / 1_000_000_000);
        if found.is_none() && seconds != begin {
            self.replace(at, json!(seconds.to_string()))?;
        }
        Ok(())
    }

    fn policies(&mut self) -> Done {
        let names: Vec<String> = self.model.policies.keys().cloned().collect();
        let mut fields = Vec::new();
        for name in &names {
            fields.extend(below(&self.current, &place(&["policies", name])));
            fields.extend(below(&self.current, &place(&["policies", name, "retry"])));
        }
        let fields = self.removable(fields);
        self.minimise(&fields)?;
        for name in &names {
            let retry = |field: &str| place(&["policies", name, "retry", field]);
            let Some(attempts) = get(&self.current, &retry("max_attempts")).cloned() else { continue };
            if get(&self.current, &retry("backoff")) != Some(&json!("none")) {
                self.replace(&retry("backoff"), json!("none"))?;
            }
            let fewer: Vec<u64> = (2..attempts.as_u64().unwrap_or(0)).collect();
            least(fewer.len(), |index| self.replace(&retry("max_attempts"), json!(fewer[index])))?;
        }
        Ok(())
    }

    fn components(&mut self) -> Done {
        let workloads = below(&self.current, &place(&["workloads"]));
        self.minimise(&workloads)?;
        let mut steps = Vec::new();
        for service in self.model.services.keys() {
            steps.extend(below(&self.current, &place(&["services", service, "handler"])));
            for handler in below(&self.current, &place(&["services", service, "handlers"])) {
                steps.extend(below(&self.current, &handler));
                steps.push(handler);
            }
        }
        self.minimise(&steps)?;
        let sections = ["services", "policies", "caches", "locks", "registers"];
        let named: Vec<Place> =
            sections.iter().flat_map(|section| below(&self.current, &place(&[section]))).collect();
        self.minimise(&named)?;
        self.settings()
    }

    /// What has a default, and is not it.
    fn settings(&mut self) -> Done {
        let mut fields = Vec::new();
        for section in ["workloads", "services", "caches", "locks"] {
            for component in below(&self.current, &place(&[section])) {
                fields.extend(below(&self.current, &component));
            }
        }
        fields.extend(below(&self.current, &place(&["network"])));
        fields.extend(below(&self.current, &place(&["network", "default"])));
        fields.push(place(&["run", "warmup"]));
        if self.may_drop_objectives {
            fields.push(place(&["objectives"]));
        }
        let fields = self.removable(fields);
        self.minimise(&fields)
    }

    fn load(&mut self) -> Done {
        let names: Vec<String> = self.model.workloads.keys().cloned().collect();
        for name in names {
            for kind in ["open", "partly_open"] {
                let at = place(&["workloads", &name, "arrivals", kind, "rate"]);
                let rate = get(&self.current, &at)
                    .and_then(Value::as_str)
                    .and_then(|rate| rate.parse::<Rate>().ok());
                let rates = rate.map(round::rates_below).unwrap_or_default();
                least(rates.len(), |index| self.replace(&at, rates[index].clone()))?;
            }
        }
        Ok(())
    }

    fn duration(&mut self) -> Done {
        let times = round::times_between(Duration::from_secs(1), self.model.run.duration);
        let at = place(&["run", "duration"]);
        least(times.len(), |index| self.replace(&at, json!(times[index].to_string()))).map(|_| ())
    }
}
