//! Recipes as planning makes them, for tests.

use std::path::{Path, PathBuf};

use bakeoff_data::{DataError, Dataset, fingerprint, joins, prepare, sources, splits, steps};
use bakeoff_spec::registry::find;
use bakeoff_spec::spec::EncryptSpec;
use bakeoff_spec::{Entry, JoinUse, Params, ReadParams, Recipe, Side, Task, Use};
use serde_json::Value;

/// A recipe, and the real parameters of what it reads.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) recipe: Recipe,
    pub(crate) params: ReadParams,
    pub(crate) cache: PathBuf,
    pub(crate) encrypt: Option<EncryptSpec>,
}

impl Planned {
    /// Ranking, leave-one-out, no steps, the cache under `dir`.
    pub(crate) fn new(dir: &Path, source: &str, params: Value) -> Result<Self, DataError> {
        let cache = dir.join("cache");
        let params = completed(sources::ALL, source, params).params;
        let recipe = Recipe {
            task: Task::TopN,
            content: String::new(),
            source: Use { name: source.into(), revision: 1, params: Params::new() },
            joins: Vec::new(),
            steps: Vec::new(),
            split: completed(splits::ALL, "leave_one_out", serde_json::json!({})),
        };
        let params = ReadParams { source: params, joins: Vec::new() };
        Self { recipe, params, cache, encrypt: None }.planned()
    }

    /// The same with the content of what it reads, as planning finds it.
    fn planned(mut self) -> Result<Self, DataError> {
        let content = fingerprint(&self.recipe, &self.params, &self.cache);
        self.recipe.content =
            content.map_err(|unprepared| *unprepared.error.downcast::<DataError>().unwrap())?;
        Ok(self)
    }

    pub(crate) fn step(self, name: &str, params: Value) -> Self {
        self.try_step(name, params).unwrap()
    }

    pub(crate) fn try_step(mut self, name: &str, params: Value) -> Result<Self, DataError> {
        self.recipe.steps.push(completed(steps::ALL, name, params));
        self.planned()
    }

    pub(crate) fn join(self, to: Side, name: &str, params: Value) -> Self {
        self.try_join(to, name, params).unwrap()
    }

    pub(crate) fn try_join(
        mut self,
        to: Side,
        name: &str,
        params: Value,
    ) -> Result<Self, DataError> {
        let mut join = completed(joins::ALL, name, params);
        self.params.joins.push(std::mem::take(&mut join.params));
        self.recipe.joins.push(JoinUse { to, join, prefix: String::new() });
        self.planned()
    }

    pub(crate) fn split(mut self, name: &str, params: Value) -> Self {
        self.recipe.split = completed(splits::ALL, name, params);
        self
    }

    pub(crate) fn task(mut self, task: Task) -> Self {
        self.recipe.task = task;
        self
    }

    /// The dataset, and what people were told.
    pub(crate) fn prepare_with_notices(&self) -> Result<(Dataset, Vec<String>), DataError> {
        let mut notices = Vec::new();
        let mut notice = |line: &str| notices.push(line.to_owned());
        let encrypt = self.encrypt.as_ref();
        let data = prepare(&self.recipe, &self.params, encrypt, &self.cache, &mut notice)?;
        Ok((data, notices))
    }

    pub(crate) fn prepare(&self) -> Result<Dataset, DataError> {
        self.prepare_with_notices().map(|(data, _)| data)
    }
}

/// A plug-in with its defaults filled in.
fn completed<B>(entries: &[Entry<B>], name: &str, params: Value) -> Use {
    let entry = find(entries, name).unwrap();
    let params = (entry.complete)(&serde_json::from_value(params).unwrap()).unwrap();
    Use { name: name.into(), revision: entry.revision, params }
}

/// Writes a file and gives its path as a parameter.
pub(crate) fn file(dir: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}
