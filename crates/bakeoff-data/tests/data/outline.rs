//! What steps say of columns when a spec is planned.

use bakeoff_data::DataError;
use bakeoff_data::interactions::Axis;

use crate::fixture::Division;
use crate::leaks::{built, divided, examples};

/// What a step says of columns when a spec is planned is what it does: it finds those that it uses, and adds none that it
/// does not tell.
#[test]
fn every_step_tells_the_columns_it_uses_and_adds() {
    for (name, params) in examples() {
        let step = built(name, &params);
        let (mut table, train) = divided(Division::ByLot);
        let mut told = table.column_names();
        for used in step.uses() {
            assert!(told.contains(&used), "{name} {params} uses {used}");
            let mut without = table.clone();
            for axis in [Axis::Rows, Axis::Users, Axis::Items] {
                without.columns_of_mut(axis).retain(|column| column.name != used);
            }
            if !["rating", "timestamp"].contains(&used.as_str()) {
                let error = step.apply(&mut without, &train).unwrap_err();
                assert!(matches!(error, DataError::UnknownColumn { .. }), "{name}: {error}");
            }
        }
        step.outline(&mut told);
        step.apply(&mut table, &train).unwrap();
        let left = table.column_names();
        let untold = left.iter().find(|column| !told.contains(column));
        assert_eq!(untold, None, "{name} {params}");
    }
}
