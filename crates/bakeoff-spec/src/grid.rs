//! A grid's axes to its combinations.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::registry::Params;

/// How many combinations a grid has: 1 without axes; `None` when the number is beyond counting.
pub fn n_combinations(axes: &BTreeMap<String, Vec<Value>>) -> Option<usize> {
    axes.values().try_fold(1_usize, |n, values| n.checked_mul(values.len()))
}

/// Every combination, one value of each axis: axes in alphabetical order, the last one changing fastest.
/// A grid without axes has one combination, the empty one.
pub fn combinations(axes: &BTreeMap<String, Vec<Value>>) -> impl Iterator<Item = Params> {
    let n = n_combinations(axes).unwrap_or(usize::MAX);
    (0..n).map(move |mut rest| {
        let mut combination = Params::new();
        for (axis, values) in axes.iter().rev() {
            combination.insert(axis.clone(), values[rest % values.len()].clone());
            rest /= values.len();
        }
        combination
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn axes(axes: Value) -> BTreeMap<String, Vec<Value>> {
        serde_json::from_value(axes).unwrap()
    }

    #[test]
    fn the_last_axis_changes_fastest() {
        let combinations: Vec<_> =
            combinations(&axes(json!({"b": [1, 2, 3], "a": ["x", "y"]}))).collect();
        let expected = [("x", 1), ("x", 2), ("x", 3), ("y", 1), ("y", 2), ("y", 3)];
        let expected =
            expected.map(|(a, b)| Params::from([("a".into(), json!(a)), ("b".into(), json!(b))]));
        assert_eq!(combinations, expected);
    }

    #[test]
    fn a_model_without_a_grid_has_one_combination() {
        assert_eq!(combinations(&BTreeMap::new()).collect::<Vec<_>>(), [Params::new()]);
    }

    #[test]
    fn an_empty_axis_leaves_no_combination() {
        let axes = axes(json!({"a": [1, 2], "b": []}));
        assert_eq!((n_combinations(&axes), combinations(&axes).count()), (Some(0), 0));
    }

    #[test]
    fn a_grid_beyond_counting_is_known_as_such() {
        let values: Vec<usize> = (0..100_000).collect();
        let grid = axes(json!({"a": values, "b": values, "c": values, "d": values}));
        assert_eq!(n_combinations(&grid), None);
    }
}
