//! Where in a spec something stands, as people write it: `models[1].params.learning_rate`.

use std::fmt;
use std::sync::Arc;

use jsonschema::paths::{Location, LocationSegment};

use crate::suggest::shortened;

/// The way from the root of a spec to one of its nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    // Shared: every place within holds the whole way to it.
    Key(Arc<str>),
    Index(usize),
}

impl Place {
    /// The whole spec.
    pub(crate) fn root() -> Self {
        Self::default()
    }

    /// The value under `key`.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.step(Step::Key(key.into()))
    }

    /// The entry of a list, from 0.
    pub(crate) fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    /// A node below this one, as the validator names it.
    pub(crate) fn join(&self, location: &Location) -> Self {
        location.segments().fold(self.clone(), |place, segment| match segment {
            LocationSegment::Property(key) => place.key(&key),
            LocationSegment::Index(index) => place.index(index),
        })
    }

    /// The mapping or list that holds this node; `None` for the root.
    pub(crate) fn parent(&self) -> Option<Self> {
        let (_, above) = self.0.split_last()?;
        Some(Self(above.to_vec()))
    }

    /// The node in a message: its last key, with the indices after it.
    pub(crate) fn name(&self) -> String {
        let last_key = self.0.iter().rposition(|step| matches!(step, Step::Key(_)));
        match last_key {
            Some(at) => format!("`{}`", Self(self.0[at..].to_vec())),
            None => "the spec".to_owned(),
        }
    }

    fn step(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if i == 0 => f.write_str(&shortened(key))?,
                Step::Key(key) => write!(f, ".{}", shortened(key))?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
