//! A user or an item as a vector: its embedding, and its columns' values.

use bakeoff_data::{Column, ColumnValues};
use tch::{Device, Kind, Tensor};

use crate::error::ModelError;
use crate::layers::pair_mlp::Vectors;
use crate::network::lookup;
use crate::parameters::{Init, Parameters};

/// Embeddings of ids and of categorical columns, and standardised numeric columns.
#[derive(Debug)]
pub struct Entity {
    ids: Tensor,                       // [n, d]
    categories: Vec<(Tensor, Tensor)>, // codes [n], embeddings [n_values, CATEGORY_DIM]
    numbers: Vec<Tensor>,              // [n, 1] each
    width: i64,
}

/// Width of a categorical column's embedding.
const CATEGORY_DIM: i64 = 8;

impl Entity {
    /// Adds `NAME`, `[n, d]`, and a table for each categorical column.
    ///
    /// # Errors
    /// A numeric column with a missing value: the data must say what stands for it.
    pub fn new(
        p: &mut Parameters,
        name: &str,
        (n, d): (i64, i64),
        columns: &[Column],
        init: Init,
    ) -> Result<Self, ModelError> {
        let ids = p.add(name, &[n, d], init);
        let (mut categories, mut numbers) = (Vec::new(), Vec::new());
        for column in columns {
            match &column.values {
                ColumnValues::Categorical { n_values, codes } => {
                    let codes: Vec<i64> = codes.iter().map(|&code| i64::from(code)).collect();
                    let shape = [i64::from(*n_values), CATEGORY_DIM];
                    let table = p.add(&format!("{name}.{}", column.name), &shape, init);
                    categories.push((Tensor::from_slice(&codes).to_device(p.device()), table));
                }
                ColumnValues::Numeric(values) => {
                    numbers.push(standardised(&column.name, values, p.device())?);
                }
            }
        }
        let width = d + CATEGORY_DIM * categories.len() as i64 + numbers.len() as i64;
        Ok(Self { ids, categories, numbers, width })
    }

    /// Length of a vector.
    pub fn width(&self) -> i64 {
        self.width
    }
}

impl Vectors for Entity {
    fn count(&self) -> i64 {
        self.ids.size()[0]
    }

    fn all(&self) -> Tensor {
        self.at(&Tensor::arange(self.count(), (Kind::Int64, self.ids.device())))
    }

    fn at(&self, index: &Tensor) -> Tensor {
        let mut parts = vec![lookup(&self.ids, index)];
        for (codes, table) in &self.categories {
            let codes = codes.take(index); // […]
            parts.push(lookup(table, &codes));
        }
        parts.extend(self.numbers.iter().map(|values| lookup(values, index)));
        if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(&parts, -1) }
    }
}

fn standardised(name: &str, values: &[f32], device: Device) -> Result<Tensor, ModelError> {
    if values.iter().any(|value| !value.is_finite()) {
        return Err(ModelError::Dataset(format!(
            "column `{name}` has missing values; add a `fill_missing` step for it, or set columns: false"
        )));
    }
    let n = values.len().max(1) as f64;
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let variance = values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
    let scale = if variance > 0.0 { variance.sqrt().recip() } else { 0.0 };
    let scaled: Vec<f32> = values.iter().map(|&x| ((f64::from(x) - mean) * scale) as f32).collect();
    Ok(Tensor::from_slice(&scaled).view([-1, 1]).to_device(device))
}
