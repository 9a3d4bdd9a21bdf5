//! Models as trees in which values are taken away and replaced.

use serde_json::Value;

use crate::model::Model;

/// The way from the root to a value; elements of a list by their positions.
pub(super) type Place = Vec<String>;

/// The model as a tree.
pub(super) fn tree(model: &Model) -> Value {
    serde_json::to_value(model).expect("invariant: settings have string keys and finite numbers")
}

pub(super) fn place(steps: &[&str]) -> Place {
    steps.iter().map(|step| (*step).to_owned()).collect()
}

pub(super) fn get<'a>(tree: &'a Value, place: &[String]) -> Option<&'a Value> {
    place.iter().try_fold(tree, |value, step| match value {
        Value::Array(elements) => elements.get(step.parse::<usize>().ok()?),
        value => value.get(step),
    })
}

fn get_mut<'a>(tree: &'a mut Value, place: &[String]) -> Option<&'a mut Value> {
    place.iter().try_fold(tree, |value, step| match value {
        Value::Array(elements) => elements.get_mut(step.parse::<usize>().ok()?),
        value => value.get_mut(step),
    })
}

/// The tree with another value at a place, which may be new.
pub(super) fn with(tree: &Value, place: &[String], new: Value) -> Value {
    let mut changed = tree.clone();
    let (Some((last, above)), true) = (place.split_last(), !place.is_empty()) else { return changed };
    if let Some(Value::Object(object)) = get_mut(&mut changed, above) {
        object.insert(last.clone(), new);
    }
    changed
}

/// The tree without what is at these places. What is no longer there by then is passed over.
pub(super) fn without<'a>(tree: &Value, places: impl IntoIterator<Item = &'a Place>) -> Value {
    let mut places: Vec<&Place> = places.into_iter().collect();
    // Of a list the last ones first, so that the others stay where they are.
    places.sort_by(|first, second| order(second).cmp(&order(first)));
    let mut changed = tree.clone();
    for place in places {
        let Some((last, above)) = place.split_last() else { continue };
        match get_mut(&mut changed, above) {
            Some(Value::Object(object)) => {
                object.remove(last);
            }
            Some(Value::Array(elements)) => {
                if let Some(index) = last.parse::<usize>().ok().filter(|index| *index < elements.len()) {
                    elements.remove(index);
                }
            }
            _ => {}
        }
    }
    changed
}

/// Positions as numbers, so that 10 comes behind 9.
fn order(place: &Place) -> Vec<(Option<usize>, &String)> {
    place.iter().map(|step| (step.parse().ok(), step)).collect()
}

/// The places of the entries of a table or the elements of a list.
pub(super) fn below(tree: &Value, at: &[String]) -> Vec<Place> {
    let extended = |step: String| [at, &[step]].concat();
    match get(tree, at) {
        Some(Value::Object(object)) => object.keys().cloned().map(extended).collect(),
        Some(Value::Array(elements)) => {
            (0..elements.len()).map(|index| extended(index.to_string())).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_taken_away_is_what_was_named() {
        let tree = json!({"a": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "b": {"c": 1, "d": 2}});
        let named =
            [place(&["a", "10"]), place(&["a", "2"]), place(&["a", "9"]), place(&["b"]), place(&["b", "c"])];
        assert_eq!(without(&tree, &named), json!({"a": [0, 1, 3, 4, 5, 6, 7, 8]}));
        assert_eq!(without(&tree, &[place(&["x", "y"])]), tree);
        assert_eq!(with(&tree, &place(&["b", "e"]), json!(3))["b"], json!({"c": 1, "d": 2, "e": 3}));
        assert_eq!(below(&tree, &place(&["b"])), [place(&["b", "c"]), place(&["b", "d"])]);
        assert_eq!(get(&tree, &place(&["a", "3"])), Some(&json!(3)));
    }
}
