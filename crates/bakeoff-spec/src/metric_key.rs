//! A metric's name with its cutoff, as specs and reports write it: `ndcg@10`, `rmse`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A metric, at a cutoff `k` if it has one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct MetricKey {
    /// The registered name, such as `ndcg`.
    pub name: String,
    /// The cutoff: how many of the first ranks count.
    pub k: Option<u32>,
}

impl MetricKey {
    /// `name@k`.
    pub fn at(name: &str, k: u32) -> Self {
        Self { name: name.into(), k: Some(k) }
    }

    /// A metric without a cutoff.
    pub fn plain(name: &str) -> Self {
        Self { name: name.into(), k: None }
    }
}

impl fmt::Display for MetricKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.k {
            Some(k) => write!(f, "{}@{k}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The text is not of the form `name` or `name@k`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a metric: write `name` or `name@k` with k from 1 up, such as `ndcg@10`")]
pub struct BadMetricKey(String);

impl FromStr for MetricKey {
    type Err = BadMetricKey;

    fn from_str(text: &str) -> Result<Self, BadMetricKey> {
        let bad = || BadMetricKey(text.to_owned());
        let (name, k) = match text.split_once('@') {
            None => (text, None),
            Some((name, k)) => {
                let k: u32 = k.parse().map_err(|_| bad())?;
                (name, Some(k).filter(|&k| k > 0).ok_or_else(bad).map(Some)?)
            }
        };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            return Err(bad());
        }
        Ok(Self { name: name.into(), k })
    }
}

impl TryFrom<String> for MetricKey {
    type Error = BadMetricKey;

    fn try_from(text: String) -> Result<Self, BadMetricKey> {
        text.parse()
    }
}

impl From<MetricKey> for String {
    fn from(key: MetricKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_prints_as_it_was_written() {
        for text in ["ndcg@10", "rmse", "hit_rate@1"] {
            assert_eq!(text.parse::<MetricKey>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn malformed_keys_are_refused() {
        for text in ["", "@10", "ndcg@", "ndcg@0", "ndcg@ten", "NDCG@10", "ndcg@10@5"] {
            assert!(text.parse::<MetricKey>().is_err(), "{text}");
        }
    }
}
