//! Columns of every kind, by hand.

use bakeoff_data::{Column, ColumnValues};
use tch::{Device, Tensor, no_grad};

use super::{COLUMN_DIM, Entity};
use crate::layers::pair_mlp::Vectors;
use crate::parameters::{Init, Parameters};

/// Three entries of every kind of column; the last is not in the training part.
const COLUMNS: [Column<'static>; 7] = [
    Column {
        name: "category",
        values: ColumnValues::Categorical { n_values: 3, codes: &[2, 0, 1] },
    },
    Column { name: "price", values: ColumnValues::Numeric(&[1.0, 3.0, 100.0]) },
    Column {
        name: "tags",
        values: ColumnValues::Tags { n_values: 3, offsets: &[0, 2, 2, 3], codes: &[1, 2, 0] },
    },
    Column {
        name: "weighted",
        values: ColumnValues::Weighted {
            n_values: 3,
            offsets: &[0, 1, 3, 3],
            codes: &[2, 1, 2],
            weights: &[0.5, 2.0, 3.0],
        },
    },
    Column {
        name: "words",
        values: ColumnValues::Tokens { n_values: 3, len: 3, codes: &[2, 1, 0, 0, 0, 0, 2, 2, 2] },
    },
    Column {
        name: "picture",
        values: ColumnValues::Pixels { shape: &[1, 2], values: &[7, 255, 7, 51, 7, 0] },
    },
    Column {
        name: "vector",
        values: ColumnValues::Dense { shape: &[2], values: &[9.0, 2.0, 9.0, 4.0, 9.0, -6.0] },
    },
];

/// By hand, where row `r` of every table is `r` throughout. Numbers stand at the end.
const EXPECTED: [[f64; 7]; 3] = [
    [2.0, 1.5, 1.0, 1.5, 1.0, 2.0, -1.0],
    [0.0, 0.0, 8.0, 0.0, 0.2, 4.0, 1.0],
    [1.0, 0.0, 0.0, 2.0, 0.0, -6.0, 98.0],
];

fn rows(vectors: &Tensor) -> Vec<Vec<f64>> {
    let flat: Vec<Tensor> = vectors.detach().flatten(0, -2).unbind(0);
    flat.iter().map(|row| row.try_into().unwrap()).collect()
}

#[test]
fn an_entry_is_its_id_and_what_its_columns_hold() {
    for d in [None, Some(2)] {
        let mut p = Parameters::on(Device::Cpu);
        let is_known = [true, true, false];
        let entity =
            Entity::new(&mut p, "items", d, &COLUMNS, &is_known, Init::Constant(5.0)).unwrap();
        if let Some(ids) = &entity.ids {
            assert_eq!(rows(ids), [[5.0, 5.0], [5.0, 5.0], [0.0, 0.0]]);
        }
        for table in p.tensors() {
            let by_row: Vec<f32> = (0..table.size()[0]).map(|row| row as f32).collect();
            no_grad(|| table.shallow_clone().copy_(&Tensor::from_slice(&by_row).unsqueeze(1)));
        }
        let expected = |entry: usize| {
            let mut row = vec![entry as f64; d.unwrap_or(0) as usize];
            let (number, others) = EXPECTED[entry].split_last().unwrap();
            row.extend(others.iter().flat_map(|&value| [value; COLUMN_DIM as usize]));
            row.push(*number);
            row
        };
        let seen = rows(&entity.all());
        assert_eq!(seen.len(), 3);
        for (entry, row) in seen.iter().enumerate() {
            assert_eq!(row.len() as i64, entity.width());
            let is_near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-6;
            let expected = expected(entry);
            assert!(row.iter().zip(&expected).all(is_near), "{row:?}, expected {expected:?}");
        }
        let index = Tensor::from_slice(&[2_i64, 0, 1, 1]).view([2, 2]);
        let at = entity.at(&index);
        assert_eq!(at.size(), [2, 2, entity.width()]);
        assert_eq!(rows(&at), [2, 0, 1, 1].map(|entry| seen[entry].clone()));
    }
}

#[test]
fn every_table_learns() {
    let mut p = Parameters::on(Device::Cpu);
    let entity =
        Entity::new(&mut p, "items", Some(2), &COLUMNS, &[true; 3], Init::Normal(1.0)).unwrap();
    let inputs: Vec<Tensor> = p.tensors().map(Tensor::shallow_clone).collect();
    assert_eq!(inputs.len(), COLUMNS.len());
    let sum = entity.all().square().sum(tch::Kind::Float);
    for (gradient, (name, _)) in
        Tensor::run_backward(&[sum], &inputs, false, false).iter().zip(p.named())
    {
        assert!(gradient.abs().sum(tch::Kind::Float).double_value(&[]) > 0.0, "{name}");
    }
}

#[test]
fn a_missing_number_is_refused() {
    let column = Column { name: "price", values: ColumnValues::Numeric(&[1.0, f32::NAN]) };
    let mut p = Parameters::on(Device::Cpu);
    let error =
        Entity::new(&mut p, "items", Some(2), &[column], &[true, false], Init::Constant(0.0));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("`price` has missing values; add a `fill_missing` step"), "{error}");
}
