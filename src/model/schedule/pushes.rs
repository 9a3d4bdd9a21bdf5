//! Config pushes that somebody could have reviewed and approved: a timer, a number of attempts, threads or a queue, larger or smaller than before.

use std::collections::BTreeMap;

use serde_json::Value;

use super::dial::{Dial, from_secs};
use crate::mechanism::fault::{ConfigPush, Select};
use crate::model::Model;
use crate::model::check::callers;
use crate::model::path::written;
use crate::quantity::{Duration, Limit};

/// A number of the model that may be pushed, as it is now.
struct Knob {
    path: String,
    /// What it belongs to, and what it is: `db_timeout`.
    label: String,
    now: Value,
}

/// Every push of one number, up and down, with a name for it.
pub(super) fn pushes(model: &Model) -> Vec<(String, ConfigPush)> {
    let push = |knob: &Knob, is_up: bool| {
        let dial = dial_from(number(&knob.now)?, knob.now.is_string(), is_up)?;
        let mut value = knob.now.clone();
        set_number(&mut value, dial.at(1.0));
        let set = BTreeMap::from([(knob.path.clone(), value)]);
        Some((knob.label.clone(), ConfigPush { set, select: Select::All }))
    };
    let both = |knob: &Knob| [push(knob, true), push(knob, false)];
    knobs(model).iter().flat_map(both).flatten().collect()
}

/// The range of a push of one number: away from what it is now, in the direction in which it goes.
pub(super) fn dial(push: &ConfigPush, model: &Model) -> Option<Dial> {
    let (path, value) = push.set.first_key_value().filter(|_| push.set.len() == 1)?;
    let knob = knobs(model).into_iter().find(|knob| knob.path == *path)?;
    let now = number(&knob.now)?;
    dial_from(now, knob.now.is_string(), number(value)? > now)
}

fn dial_from(now: f64, is_time: bool, is_up: bool) -> Option<Dial> {
    let (weak, strong) = match (is_time, is_up) {
        (true, true) => (now * 1.2, now * 10.0),
        (true, false) => (now * 0.8, now * 0.1),
        // A thousand attempts are the most that a model may have.
        (false, true) => (now + 1.0, (now * 8.0).max(10.0).min((now + 1.0).max(1000.0))),
        (false, false) => (now - 1.0, (now / 8.0).ceil()),
    };
    let is_something = weak > 0.0 && weak != now && (is_time || strong >= 1.0);
    is_something.then_some(Dial { weak, strong, is_log: true, is_whole: !is_time })
}

fn knobs(model: &Model) -> Vec<Knob> {
    let mut found = Vec::new();
    let used: Vec<&str> = callers(model).iter().map(|caller| caller.policy).collect();
    for (name, policy) in model.policies.iter().filter(|(name, _)| used.contains(&name.as_str())) {
        let mut knob = |field: &str, now: Option<Value>| {
            let Some(now) = now else { return };
            let path = format!("policies.{}.{field}", written(name));
            let what = field.rsplit('.').next().unwrap_or(field);
            found.push(Knob { path, label: format!("{name}_{what}"), now });
        };
        knob("timeout", time(policy.timeout));
        knob("per_try_timeout", time(policy.per_try_timeout));
        let attempts = policy.retry.as_ref().map_or(Limit::At(1), |retry| retry.max_attempts);
        knob("retry.max_attempts", count(attempts));
    }
    for (name, service) in &model.services {
        let mut knob = |field: &str, what: &str, now: Option<Value>| {
            let Some(now) = now else { return };
            let path = format!("services.{}.{field}", written(name));
            found.push(Knob { path, label: format!("{name}_{what}"), now });
        };
        knob("threads", "threads", count(service.threads));
        let capacity = service.queue.as_ref().and_then(|queue| count(queue.capacity));
        knob("queue.capacity", "queue", capacity);
    }
    found
}

fn time(limit: Limit<Duration>) -> Option<Value> {
    limit.limited().map(|duration| Value::from(duration.to_string()))
}

fn count(limit: Limit<u32>) -> Option<Value> {
    limit.limited().map(Value::from)
}

/// A pushed value as a number: a time in seconds, or a count.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.parse::<Duration>().ok().map(Duration::as_secs_f64),
        Value::Number(number) => number.as_f64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Writes a number as what was there: a time, or a count.
pub(super) fn set_number(value: &mut Value, number: f64) {
    *value = match value {
        Value::String(_) => Value::from(from_secs(number).to_string()),
        _ => Value::from(number.round() as u64),
    };
}
