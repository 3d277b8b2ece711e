//! A user or an item as a vector: the embedding of its id, its columns' values, or both.

use bakeoff_data::{Column, ColumnValues};
use tch::{Device, Kind, Tensor, no_grad};

use crate::error::ModelError;
use crate::layers::pair_mlp::Vectors;
use crate::network::lookup;
use crate::parameters::{Init, Parameters};

/// Embeddings of ids, of categories, tags and words, projected blocks of numbers, and standardised numeric columns.
#[derive(Debug)]
pub struct Entity {
    n: i64,
    device: Device,
    ids: Option<Tensor>,               // [n, d]
    categories: Vec<(Tensor, Tensor)>, // codes [n], embeddings [n_values, COLUMN_DIM]
    bags: Vec<Bag>,
    blocks: Vec<(Tensor, Tensor)>, // numbers [n, w], projection [w, COLUMN_DIM]
    numbers: Vec<Tensor>,          // [n, 1] each
    width: i64,
}

/// A sum of embeddings: tags and words count alike and add up to one, weighted words by their weights.
/// Entries lie one after the other, so that one long entry costs no other a byte.
#[derive(Debug)]
struct Bag {
    offsets: Tensor, // [n + 1]: where each entry's codes begin, and the last one's end
    codes: Tensor,   // [all codes]
    weights: Tensor, // [all codes]
    table: Tensor,   // [n_values, COLUMN_DIM]
}

/// Width of what a column that is no number becomes.
const COLUMN_DIM: i64 = 8;

impl Entity {
    /// Adds `NAME`, `[n, d]`, if ids have a width, and a table for each column that is no number. `is_known` says who is
    /// in the training part, `[n]`: numbers are standardised by theirs, and the others' id is a zero vector.
    ///
    /// # Errors
    /// A numeric column with a missing value: the data must say what stands for it.
    pub fn new(
        p: &mut Parameters,
        name: &str,
        d: Option<i64>,
        columns: &[Column<'_>],
        is_known: &[bool],
        init: Init,
    ) -> Result<Self, ModelError> {
        let n = is_known.len();
        let device = p.device();
        let ids = d.map(|d| {
            let mut ids = p.add(name, &[n as i64, d], init);
            // Whoever training never meets is told apart by columns alone, not by what was drawn.
            let is_unknown = Tensor::from_slice(is_known).logical_not().unsqueeze(1);
            let _ = no_grad(|| ids.masked_fill_(&is_unknown, 0.0));
            ids
        });
        let mut entity = Self {
            n: n as i64,
            device,
            ids,
            categories: Vec::new(),
            bags: Vec::new(),
            blocks: Vec::new(),
            numbers: Vec::new(),
            width: d.unwrap_or(0),
        };
        for column in columns {
            let mut table =
                |rows: i64| p.add(&format!("{name}.{}", column.name), &[rows, COLUMN_DIM], init);
            entity.width += COLUMN_DIM;
            match column.values {
                ColumnValues::Categorical { n_values, codes } => {
                    let codes = ids_of(codes).to_device(device);
                    entity.categories.push((codes, table(i64::from(n_values))));
                }
                ColumnValues::Numeric(values) => {
                    entity.width += 1 - COLUMN_DIM;
                    entity.numbers.push(standardised(column.name, values, is_known, device)?);
                }
                ColumnValues::Tags { n_values, offsets, codes } => {
                    let lists = offsets.windows(2).map(|ends| {
                        let codes = &codes[ends[0] as usize..ends[1] as usize];
                        (codes, vec![(codes.len() as f32).recip(); codes.len()])
                    });
                    entity.bags.push(Bag::new(lists, table(i64::from(n_values)), device));
                }
                ColumnValues::Weighted { n_values, offsets, codes, weights } => {
                    let lists = offsets.windows(2).map(|ends| {
                        let of_entry = ends[0] as usize..ends[1] as usize;
                        (&codes[of_entry.clone()], weights[of_entry].to_vec())
                    });
                    entity.bags.push(Bag::new(lists, table(i64::from(n_values)), device));
                }
                ColumnValues::Tokens { n_values, len, codes } => {
                    let lists = codes.chunks(len.max(1)).map(|codes| {
                        let n_words = codes.iter().position(|&code| code == 0);
                        let codes = &codes[..n_words.unwrap_or(codes.len())];
                        (codes, vec![(codes.len() as f32).recip(); codes.len()])
                    });
                    entity.bags.push(Bag::new(lists, table(i64::from(n_values)), device));
                }
                ColumnValues::Pixels { shape, values } => {
                    let values: Vec<f32> = values.iter().map(|&v| f32::from(v) / 255.0).collect();
                    let width = shape.iter().product::<usize>() as i64;
                    let block = Tensor::from_slice(&values).view([n as i64, width]);
                    entity.blocks.push((block.to_device(device), table(width)));
                }
                ColumnValues::Dense { shape, values } => {
                    let width = shape.iter().product::<usize>() as i64;
                    let block = Tensor::from_slice(values).view([n as i64, width]);
                    entity.blocks.push((block.to_device(device), table(width)));
                }
            }
        }
        Ok(entity)
    }

    /// Length of a vector.
    pub fn width(&self) -> i64 {
        self.width
    }
}

impl Vectors for Entity {
    fn count(&self) -> i64 {
        self.n
    }

    fn all(&self) -> Tensor {
        self.at(&Tensor::arange(self.count(), (Kind::Int64, self.device)))
    }

    fn at(&self, index: &Tensor) -> Tensor {
        let mut parts: Vec<Tensor> = self.ids.iter().map(|ids| lookup(ids, index)).collect();
        for (codes, table) in &self.categories {
            let codes = codes.take(index); // […]
            parts.push(lookup(table, &codes));
        }
        parts.extend(self.bags.iter().map(|bag| bag.at(index)));
        for (block, projection) in &self.blocks {
            parts.push(lookup(block, index).matmul(projection));
        }
        parts.extend(self.numbers.iter().map(|values| lookup(values, index)));
        if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(&parts, -1) }
    }
}

impl Bag {
    fn new<'a>(
        lists: impl Iterator<Item = (&'a [u32], Vec<f32>)>,
        table: Tensor,
        device: Device,
    ) -> Self {
        let (mut offsets, mut all_codes, mut all_weights) = (vec![0], Vec::new(), Vec::new());
        for (codes, weights) in lists {
            all_codes.extend(codes.iter().map(|&code| i64::from(code)));
            all_weights.extend(weights);
            offsets.push(all_codes.len() as i64);
        }
        Self {
            offsets: Tensor::from_slice(&offsets).to_device(device),
            codes: Tensor::from_slice(&all_codes).to_device(device),
            weights: Tensor::from_slice(&all_weights).to_device(device),
            table,
        }
    }

    fn at(&self, index: &Tensor) -> Tensor {
        let flat = index.flatten(0, -1);
        let begins = self.offsets.index_select(0, &flat); // [i]
        let lens = self.offsets.index_select(0, &(flat + 1)) - &begins;
        let ends = lens.cumsum(0, Kind::Int64);
        let offsets = &ends - &lens; // where each entry begins among those that are looked up
        let n_codes = ends.size()[0].checked_sub(1).map_or(0, |last| ends.int64_value(&[last]));
        let shift = (begins - &offsets).repeat_interleave_self_tensor(&lens, 0, n_codes);
        let at = Tensor::arange(n_codes, (Kind::Int64, index.device())) + shift; // [codes]
        let codes = self.codes.index_select(0, &at);
        let weights = self.weights.index_select(0, &at);
        let (sum, ..) = Tensor::embedding_bag(
            &self.table,
            &codes,
            &offsets,
            false,
            SUM,
            false,
            Some(weights),
            false,
        );
        let shape: Vec<i64> = index.size().into_iter().chain([COLUMN_DIM]).collect();
        sum.view(&shape[..])
    }
}

/// libtorch's number for adding up an entry's embeddings.
const SUM: i64 = 0;

fn ids_of(codes: &[u32]) -> Tensor {
    Tensor::from_slice(&codes.iter().map(|&code| i64::from(code)).collect::<Vec<_>>())
}

fn standardised(
    name: &str,
    values: &[f32],
    is_known: &[bool],
    device: Device,
) -> Result<Tensor, ModelError> {
    if values.iter().any(|value| !value.is_finite()) {
        return Err(ModelError::Dataset(format!(
            "column `{name}` has missing values; add a `fill_missing` step for it, or set columns: false"
        )));
    }
    let known = || values.iter().zip(is_known).filter(|(_, is_known)| **is_known);
    let known = || known().map(|(&value, _)| f64::from(value));
    let n = known().count().max(1) as f64;
    let mean = known().sum::<f64>() / n;
    let variance = known().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let scale = if variance > 0.0 { variance.sqrt().recip() } else { 0.0 };
    let scaled: Vec<f32> = values.iter().map(|&x| ((f64::from(x) - mean) * scale) as f32).collect();
    Ok(Tensor::from_slice(&scaled).view([-1, 1]).to_device(device))
}

#[cfg(test)]
mod tests;
