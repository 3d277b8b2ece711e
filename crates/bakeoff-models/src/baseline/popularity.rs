//! Popularity: every user gets the items that most training interactions are with.

use bakeoff_data::Dataset;
use bakeoff_spec::registry::NoParams;
use bakeoff_spec::{Plugin, Task};

use crate::error::ModelError;
use crate::model::{Built, Direct, ModelPlugin, Setting};

/// The model's registration.
#[derive(Debug)]
pub struct Popularity;

impl Plugin for Popularity {
    const NAME: &'static str = "popularity";
    const ABOUT: &'static str = "The most popular items of the training part, for everyone.";
    type Params = NoParams;
}

impl ModelPlugin for Popularity {
    const TASKS: &'static [Task] = &[Task::TopN];

    fn build(_params: &NoParams, data: &Dataset, _setting: &Setting) -> Result<Built, ModelError> {
        let mut counts = vec![0.0f32; data.n_items()];
        for &item in data.train().items {
            counts[item as usize] += 1.0;
        }
        Ok(Built::Direct(Box::new(Counts(counts))))
    }
}

/// Training interactions by item.
struct Counts(Vec<f32>);

impl Direct for Counts {
    fn score_all(&self, _user: u32, _history: &[u32], scores: &mut [f32]) {
        scores.copy_from_slice(&self.0);
    }

    fn rate(&self, _user: u32, item: u32) -> f32 {
        self.0[item as usize]
    }

    fn n_params(&self) -> u64 {
        self.0.len() as u64
    }
}
