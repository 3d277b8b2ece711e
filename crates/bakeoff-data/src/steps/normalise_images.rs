//! Pixels from 0 to 255 become numbers around 0.

use bakeoff_spec::Plugin;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::column::{Dense, Numbers, Values};
use crate::error::DataError;
use crate::interactions::Interactions;
use crate::mismatch::MismatchError;
use crate::named::{self, Named};

/// Which columns, and by what. Each value `x` of a channel becomes `(x / 255 − mean) / std`; missing entries stay 0, which
/// is the mean.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NormaliseImages {
    /// Columns of pixels; by default all.
    #[schemars(length(min = 1))]
    pub columns: Option<Vec<String>>,
    /// Whose mean and standard deviation.
    pub with: Statistics,
    /// With `constant`: the mean of each channel, on a scale from 0 to 1.
    #[schemars(length(min = 1))]
    pub mean: Option<Vec<f64>>,
    /// With `constant`: the standard deviation of each channel.
    #[schemars(length(min = 1))]
    pub std: Option<Vec<f64>>,
}

/// Where mean and standard deviation come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Statistics {
    /// All pixels of train's entries, channel by channel; a channel that is the same everywhere is divided by 1.
    #[default]
    Train,
    /// What models that were trained on `ImageNet` expect: mean 0.485, 0.456, 0.406, standard deviation 0.229, 0.224, 0.225.
    Imagenet,
    /// `mean` and `std`.
    Constant,
}

const IMAGENET: [(f64, f64); 3] = [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)];

impl Plugin for NormaliseImages {
    const NAME: &'static str = "normalise_images";
    const ABOUT: &'static str = "Scales pixels to mean 0 and standard deviation 1 a channel, of train, of ImageNet or as given.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match (params.with, &params.mean, &params.std) {
            (Statistics::Constant, Some(mean), Some(std)) => {
                if mean.len() != std.len() {
                    Err(format!("std: {} values for {} of mean", std.len(), mean.len()))
                } else if std.iter().any(|&std| std <= 0.0) {
                    Err("std: must be above 0".into())
                } else {
                    Ok(())
                }
            }
            (Statistics::Constant, ..) => Err("with: constant needs `mean` and `std`".into()),
            (_, None, None) => Ok(()),
            _ => Err("mean: `mean` and `std` go with with: constant only".into()),
        }
    }
}

impl Step for NormaliseImages {
    fn effect(&self) -> Effect {
        if self.with == Statistics::Train { Effect::Fits } else { Effect::Changes }
    }

    fn uses(&self) -> Vec<String> {
        self.columns.clone().unwrap_or_default()
    }

    fn needs_images(&self) -> bool {
        self.columns.is_none()
    }

    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError> {
        let columns = match &self.columns {
            Some(columns) => named::find(Self::NAME, table, columns)?,
            None => {
                named::all(table).into_iter().filter(|column| is_pixels(column, table)).collect()
            }
        };
        if self.columns.is_none() && columns.is_empty() {
            return Err(Box::new(MismatchError::NoImages { step: Self::NAME }).into());
        }
        let mut n_changed = 0;
        for column in columns {
            let mut values = column.take(table);
            n_changed += self.normalise(&column, &mut values, train.has(column.axis))?;
            column.put(table, values);
        }
        Ok(n_changed)
    }
}

fn is_pixels(column: &Named, table: &Interactions) -> bool {
    let values = column.values(table);
    matches!(values, Some(Values::Dense(Dense { numbers: Numbers::U8(_), .. })))
}

impl NormaliseImages {
    /// How many entries it changed.
    fn normalise(
        &self,
        column: &Named,
        values: &mut Values,
        train: &[bool],
    ) -> Result<u64, DataError> {
        let wrong = |reason: String| column.refused(Self::NAME, reason);
        let kind = values.kind();
        let Values::Dense(Dense { shape, numbers: Numbers::U8(pixels), is_missing }) = values
        else {
            return Err(wrong(format!("holds {kind} and no pixels; name columns of images")));
        };
        let &[n_channels, height, width] = &shape[..] else {
            return Err(wrong(format!("holds blocks of {} axes; images have 3", shape.len())));
        };
        let size = height * width;
        let statistics = match (self.with, &self.mean, &self.std) {
            (Statistics::Imagenet, ..) => IMAGENET.to_vec(),
            (_, Some(mean), Some(std)) => mean.iter().copied().zip(std.iter().copied()).collect(),
            _ => {
                let entries = pixels.chunks_exact(n_channels * size).zip(&*is_missing).zip(train);
                let learned =
                    entries.filter(|((_, is_missing), is_train)| !**is_missing && **is_train);
                let learned: Vec<&[u8]> = learned.map(|((entry, _), _)| entry).collect();
                if learned.is_empty() {
                    return Err(wrong(
                        "has no image in the training part to learn from".to_owned(),
                    ));
                }
                (0..n_channels).map(|channel| learn(&learned, channel, size)).collect()
            }
        };
        if statistics.len() != n_channels {
            return Err(wrong(format!(
                "has {n_channels} channels, and there are {} means and deviations; give one a channel",
                statistics.len()
            )));
        }
        let scaled = |&(mean, std): &(f64, f64)| -> [f32; 256] {
            std::array::from_fn(|value| ((value as f64 / 255.0 - mean) / std) as f32)
        };
        let scaled: Vec<[f32; 256]> = statistics.iter().map(scaled).collect();
        let mut numbers = vec![0.0; pixels.len()];
        let blocks = numbers.par_chunks_exact_mut(size * n_channels);
        blocks.zip(pixels.par_chunks_exact(size * n_channels)).zip(&*is_missing).for_each(
            |((numbers, pixels), &is_missing)| {
                if is_missing {
                    return;
                }
                let channels = numbers.chunks_exact_mut(size).zip(pixels.chunks_exact(size));
                for ((numbers, pixels), scaled) in channels.zip(&scaled) {
                    for (number, &pixel) in numbers.iter_mut().zip(pixels) {
                        *number = scaled[usize::from(pixel)];
                    }
                }
            },
        );
        let n_changed = is_missing.iter().filter(|&&is_missing| !is_missing).count() as u64;
        let dense = Dense {
            shape: shape.clone(),
            numbers: Numbers::F32(numbers),
            is_missing: std::mem::take(is_missing),
        };
        *values = Values::Dense(dense);
        Ok(n_changed)
    }
}

/// Mean and standard deviation of a channel, on a scale from 0 to 1. Counted in whole numbers, so that the result does not
/// depend on the order of adding up.
fn learn(entries: &[&[u8]], channel: usize, size: usize) -> (f64, f64) {
    let sums = entries.par_iter().map(|entry| {
        let pixels = entry[channel * size..][..size].iter().map(|&pixel| u64::from(pixel));
        pixels.fold((0, 0), |(sum, squares), pixel| (sum + pixel, squares + pixel * pixel))
    });
    let (sum, squares) = sums.reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    let n = (entries.len() * size) as u64;
    let (wide_n, wide_sum) = (u128::from(n), u128::from(sum));
    // n² times the variance.
    let spread = wide_n * u128::from(squares) - wide_sum * wide_sum;
    let scale = 255.0 * n as f64;
    (sum as f64 / scale, if spread == 0 { 1.0 } else { (spread as f64).sqrt() / scale })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::RawColumn;
    use crate::interactions::Interactions;
    use crate::splits::Assigned;

    /// Items x, y in train, z outside, w without a picture: two channels of 1 × 2 pixels.
    fn table() -> (Interactions, Train) {
        let mut table = Interactions::new("x.csv", false, false);
        for (item, line) in [("x", 1), ("y", 2), ("w", 3), ("z", 4)] {
            table.push("a", item, 0.0, 0.0, line);
        }
        let pixels = vec![0, 51, 7, 7, 102, 153, 7, 7, 0, 0, 0, 0, 255, 255, 255, 7];
        let dense = Dense {
            shape: vec![2, 1, 2],
            numbers: Numbers::U8(pixels),
            is_missing: vec![false, false, true, false],
        };
        table.item_columns = vec![RawColumn::new("image", Values::Dense(dense))];
        let parts = [Assigned::Train, Assigned::Train, Assigned::Train, Assigned::Test];
        let train = Train::of(&table, &parts);
        (table, train)
    }

    fn apply(step: &NormaliseImages) -> Result<Vec<f32>, DataError> {
        let (mut table, train) = table();
        assert_eq!(step.apply(&mut table, &train)?, 3);
        match table.item_columns.remove(0).values {
            Values::Dense(Dense { numbers: Numbers::F32(numbers), shape, .. }) => {
                assert_eq!(shape, [2, 1, 2]);
                Ok(numbers)
            }
            other => panic!("{}", other.kind()),
        }
    }

    #[test]
    fn train_alone_is_learned_from() {
        let numbers = apply(&NormaliseImages::default()).unwrap();
        // Channel 0 of train is 0, 0.2, 0.4, 0.6: mean 0.3, variance 0.05. Channel 1 is 7 everywhere.
        let std = 0.05f64.sqrt();
        let first = [-0.3, -0.1, 0.1, 0.3, 0.7].map(|x| (x / std) as f32);
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-5, "{a} and {b}");
        for (i, number) in [0, 1, 4, 5, 12].into_iter().zip(first) {
            close(numbers[i], number);
        }
        for (i, number) in [(2, 0.0), (6, 0.0), (14, 248.0 / 255.0), (15, 0.0)] {
            close(numbers[i], number);
        }
        assert_eq!(numbers[8..12], [0.0; 4], "a missing entry is the mean");
    }

    #[test]
    fn given_statistics_go_with_the_channels() {
        let step = |n: usize| NormaliseImages {
            with: Statistics::Constant,
            mean: Some(vec![0.2; n]),
            std: Some(vec![0.5; n]),
            ..NormaliseImages::default()
        };
        assert_eq!(step(2).effect(), Effect::Changes);
        let numbers = apply(&step(2)).unwrap();
        assert!((numbers[1] - 0.0).abs() < 1e-6 && (numbers[5] - 0.8).abs() < 1e-6);
        let error = apply(&step(3)).unwrap_err().to_string();
        assert_eq!(
            error,
            "step `normalise_images`: column `image` has 2 channels, and there are 3 means and deviations; give one a \
             channel"
        );
        let params = NormaliseImages { with: Statistics::Constant, ..NormaliseImages::default() };
        assert!(NormaliseImages::check(&params).is_err());
        assert!(
            NormaliseImages::check(&NormaliseImages { mean: Some(vec![0.0]), ..params }).is_err()
        );
        assert!(NormaliseImages::check(&step(1)).is_ok());
    }
}
