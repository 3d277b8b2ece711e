//! What stands for a missing value, computed from those that train has.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::column::{Dense, Lists, Numbers, Tags, Texts, Values};
use crate::statistics::{Learned, NO_GROUP, mean, median, mode};
use crate::steps::fill_missing::Filling;

/// How the entries of one axis are filled.
pub(crate) struct Fill<'a> {
    pub(crate) with: Filling,
    /// The value of [`Filling::Constant`].
    pub(crate) value: Option<&'a Value>,
    /// Which entries are train's.
    pub(crate) train: &'a [bool],
    /// The group of each entry, [`NO_GROUP`] where it has none; `None` if all are one group.
    pub(crate) groups: Option<&'a [u32]>,
    /// The user of each row, whose rows are in the order of time; `None` for what belongs to users or items.
    pub(crate) users: Option<&'a [u32]>,
}

/// Why a column cannot be filled so, and what is allowed.
pub(crate) type Reason = &'static str;

pub(crate) const NO_VALUE: Reason =
    "train has no value of it to take that from; use zero or constant, or name the other columns";
const NEEDS_NUMBER: Reason = "it holds numbers; give a number as value";

impl Fill<'_> {
    /// Fills a column; how many entries were missing and are not any more. Whether it can be filled depends on its kind
    /// and on train alone, never on what is missing elsewhere.
    pub(crate) fn fill(&self, values: &mut Values) -> Result<u64, Reason> {
        match values {
            Values::Codes(_) | Values::CodeLists(_) | Values::Tokens(_) | Values::Weighted(_) => {
                Err("a step before has encoded it; put this step before that one")
            }
            _ if self.with == Filling::Forward => {
                let sources = self.carried(values.len(), |row| values.is_missing(row))?;
                let n_filled = n_carried(&sources);
                if n_filled > 0 {
                    *values = values.take(sources.into_iter().map(Some));
                }
                Ok(n_filled)
            }
            Values::Number(numbers) => self.fill_numbers(numbers),
            Values::Text(texts) => self.fill_texts(texts),
            Values::Tags(tags) => self.fill_tags(tags),
            Values::Dense(dense) => self.fill_dense(dense),
            Values::Series(_) => Err("it holds series; use forward or drop, or leave it as it is"),
        }
    }

    fn fill_numbers(&self, numbers: &mut [f64]) -> Result<u64, Reason> {
        let missing: Vec<usize> = (0..numbers.len()).filter(|&i| numbers[i].is_nan()).collect();
        let statistic = match self.with {
            Filling::Mean => mean,
            Filling::Median => median,
            Filling::Mode => mode,
            Filling::Zero | Filling::Constant => {
                let value = match self.with {
                    Filling::Zero => 0.0,
                    _ => self.value.and_then(Value::as_f64).ok_or(NEEDS_NUMBER)?,
                };
                for &i in &missing {
                    numbers[i] = value;
                }
                return Ok(missing.len() as u64);
            }
            // The one is dealt with in `fill`, the other removes rows.
            Filling::Forward | Filling::Drop => return Ok(0),
        };
        if missing.is_empty() {
            return Ok(0);
        }
        let present = self.of_train().filter(|&i| !numbers[i].is_nan());
        let present = present.map(|i| (self.group(i), numbers[i])).collect();
        let learned = Learned::of(present, f64::total_cmp, statistic).ok_or(NO_VALUE)?;
        for &i in &missing {
            numbers[i] = learned.get(self.group(i));
        }
        Ok(missing.len() as u64)
    }

    fn fill_texts(&self, texts: &mut Texts) -> Result<u64, Reason> {
        let learned = match self.with {
            Filling::Zero => Learned::whole("0".to_owned()),
            Filling::Constant => Learned::whole(self.text()?),
            Filling::Mode => {
                if (0..texts.len()).all(|i| !texts.is_missing(i)) {
                    return Ok(0);
                }
                let present = self.of_train().filter(|&i| !texts.is_missing(i));
                let present = present.map(|i| (self.group(i), texts.get(i))).collect();
                let learned = Learned::of(present, Ord::cmp, mode).ok_or(NO_VALUE)?;
                learned.map(str::to_owned)
            }
            _ => return Err("it holds categories; use mode, zero or constant"),
        };
        let missing: Vec<usize> = (0..texts.len()).filter(|&i| texts.is_missing(i)).collect();
        let (mut values, mut codes) = std::mem::take(texts).into_parts();
        let learned = learned.map(|text| values.index_or_add(&text));
        for &i in &missing {
            codes[i] = learned.get(self.group(i));
        }
        *texts = Texts::from_codes(values, codes);
        Ok(missing.len() as u64)
    }

    /// An entry without tags gets one.
    fn fill_tags(&self, tags: &mut Tags) -> Result<u64, Reason> {
        let n_missing = tags.lists.iter().filter(|list| list.is_empty()).count() as u64;
        let learned = match self.with {
            Filling::Constant => Learned::whole(self.text()?),
            Filling::Mode if n_missing == 0 => return Ok(0),
            Filling::Mode => {
                let of_entry = |i| tags.get(i).map(move |tag| (self.group(i), tag));
                let present = self.of_train().flat_map(of_entry).collect();
                Learned::of(present, Ord::cmp, mode).ok_or(NO_VALUE)?.map(str::to_owned)
            }
            _ => return Err("it holds tags; use mode or constant"),
        };
        let Tags { values, lists } = tags;
        let learned = learned.map(|tag| values.index_or_add(&tag));
        let mut filled = Lists::default();
        for (entry, list) in lists.iter().enumerate() {
            match list {
                [] => filled.push([learned.get(self.group(entry))]),
                list => filled.push(list.iter().copied()),
            }
        }
        *lists = filled;
        Ok(n_missing)
    }

    fn fill_dense(&self, dense: &mut Dense) -> Result<u64, Reason> {
        let width = dense.width();
        let Dense { numbers, is_missing, .. } = dense;
        match numbers {
            Numbers::F32(numbers) => {
                self.fill_blocks(numbers, width, is_missing, f64::from, |number| number as f32)?;
            }
            Numbers::U8(numbers) => {
                let is_pixel = |value: f64| (0.0..=255.0).contains(&value) && value.fract() == 0.0;
                if self.with == Filling::Constant
                    && !self.value.and_then(Value::as_f64).is_some_and(is_pixel)
                {
                    return Err("it holds bytes; give a whole number from 0 to 255 as value");
                }
                self.fill_blocks(numbers, width, is_missing, f64::from, |number| {
                    number.round() as u8
                })?;
            }
        }
        let n_missing = is_missing.iter().filter(|&&is_missing| is_missing).count();
        is_missing.fill(false);
        Ok(n_missing as u64)
    }

    /// Fills blocks of `width` numbers with one number, or number by number with their means.
    fn fill_blocks<T: Copy>(
        &self,
        blocks: &mut [T],
        width: usize,
        is_missing: &[bool],
        number: fn(T) -> f64,
        narrowed: fn(f64) -> T,
    ) -> Result<(), Reason> {
        let learned = match self.with {
            Filling::Zero => Learned::whole(vec![0.0; width]),
            Filling::Constant => {
                let value = self.value.and_then(Value::as_f64).ok_or(NEEDS_NUMBER)?;
                Learned::whole(vec![value; width])
            }
            Filling::Mean if !is_missing.contains(&true) => return Ok(()),
            Filling::Mean => {
                let mut whole = Sum::new(width);
                let mut of_groups: BTreeMap<u32, Sum> = BTreeMap::new();
                for entry in self.of_train().filter(|&entry| !is_missing[entry]) {
                    let block = blocks[entry * width..][..width].iter().map(|&value| number(value));
                    whole.add(block.clone());
                    if self.group(entry) != NO_GROUP {
                        let of_group = of_groups.entry(self.group(entry));
                        of_group.or_insert_with(|| Sum::new(width)).add(block);
                    }
                }
                if whole.n == 0 {
                    return Err(NO_VALUE);
                }
                Learned { whole, of_groups }.map(Sum::mean)
            }
            _ => return Err("it holds blocks of numbers; use mean, zero or constant"),
        };
        for entry in (0..is_missing.len()).filter(|&entry| is_missing[entry]) {
            let filling = learned.get_ref(self.group(entry));
            let block = &mut blocks[entry * width..][..width];
            block.iter_mut().zip(filling).for_each(|(value, &number)| *value = narrowed(number));
        }
        Ok(())
    }

    fn of_train(&self) -> impl Iterator<Item = usize> {
        (0..self.train.len()).filter(|&entry| self.train[entry])
    }

    fn group(&self, entry: usize) -> u32 {
        self.groups.map_or(NO_GROUP, |groups| groups[entry])
    }

    /// The constant as text.
    fn text(&self) -> Result<String, Reason> {
        match self.value {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(number) => Ok(number.to_string()),
            None => Err("there is no value; give one"),
        }
    }

    /// The row that each row takes its value from: itself, or where it has none the user's latest earlier row of train
    /// that has one, if there is such a row. Rows of other parts pass nothing on: what training sees must not depend on
    /// them, and validation not on test.
    fn carried(&self, n: usize, is_missing: impl Fn(usize) -> bool) -> Result<Vec<u32>, Reason> {
        let users = self.users.ok_or("it belongs to users or items, which have no row before")?;
        let mut latest = None;
        let source = |row: usize| {
            if row > 0 && users[row] != users[row - 1] {
                latest = None;
            }
            if is_missing(row) {
                return latest.unwrap_or(row as u32);
            }
            if self.train[row] {
                latest = Some(row as u32);
            }
            row as u32
        };
        Ok((0..n).map(source).collect())
    }
}

fn n_carried(sources: &[u32]) -> u64 {
    sources.iter().enumerate().filter(|&(row, &source)| row as u32 != source).count() as u64
}

/// The sum of blocks, number by number.
struct Sum {
    numbers: Vec<f64>,
    n: u64,
}

impl Sum {
    fn new(width: usize) -> Self {
        Self { numbers: vec![0.0; width], n: 0 }
    }

    fn add(&mut self, block: impl Iterator<Item = f64>) {
        self.numbers.iter_mut().zip(block).for_each(|(sum, number)| *sum += number);
        self.n += 1;
    }

    fn mean(self) -> Vec<f64> {
        self.numbers.into_iter().map(|sum| sum / self.n as f64).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TRAIN: [bool; 5] = [true, true, true, true, false];

    fn fill(with: Filling) -> Fill<'static> {
        Fill { with, value: None, train: &TRAIN, groups: None, users: None }
    }

    fn numbers(fill: &Fill<'_>, numbers: [f64; 5]) -> Vec<f64> {
        let mut values = Values::Number(numbers.to_vec());
        fill.fill(&mut values).unwrap();
        let Values::Number(numbers) = values else { panic!("still numbers") };
        numbers
    }

    #[test]
    fn a_group_has_its_own_statistic_and_one_without_values_that_of_all() {
        let unknown = f64::NAN;
        // Group 0 has 2 and 4, group 1 nothing in train, its 100 being test's.
        let fill = Fill { groups: Some(&[0, 0, 0, NO_GROUP, 1]), ..fill(Filling::Mean) };
        assert_eq!(numbers(&fill, [2.0, 4.0, unknown, 9.0, 100.0]), [2.0, 4.0, 3.0, 9.0, 100.0]);
        assert_eq!(numbers(&fill, [2.0, 4.0, 3.0, unknown, unknown]), [2.0, 4.0, 3.0, 3.0, 3.0]);
        let fill = Fill { with: Filling::Mode, groups: Some(&[0, 0, 1, 1, 1]), ..fill };
        let mut texts = Values::Text(["b", "a", "c", "", "d"].into_iter().collect());
        assert_eq!(fill.fill(&mut texts), Ok(1));
        let Values::Text(texts) = texts else { panic!("still text") };
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["b", "a", "c", "c", "d"]);
    }

    #[test]
    fn forward_takes_the_users_latest_earlier_row_of_train() {
        let train = [true, false, true, true, false, true, true];
        let users = [0, 0, 0, 0, 0, 1, 1];
        let fill = Fill { train: &train, users: Some(&users), ..fill(Filling::Forward) };
        let texts = |texts: [&str; 7]| Values::Text(texts.into_iter().collect());
        let mut values = texts(["a", "test only", "", "b", "", "", "c"]);
        assert_eq!(fill.fill(&mut values), Ok(2));
        let Values::Text(filled) = values else { panic!("still text") };
        let filled: Vec<&str> = filled.iter().collect();
        assert_eq!(filled, ["a", "test only", "a", "b", "b", "", "c"]);
        let of_users = Fill { users: None, ..fill };
        assert!(of_users.fill(&mut texts(["", "", "", "", "", "", ""])).is_err());
    }

    #[test]
    fn an_entry_without_tags_gets_the_most_frequent_one() {
        let mut tags = Tags::default();
        for list in [&["war", "noir"][..], &["noir"], &[], &["war"], &["war"]] {
            tags.push(list.iter().copied());
        }
        // In train both come twice; noir is the smaller.
        let mut values = Values::Tags(tags);
        assert_eq!(fill(Filling::Mode).fill(&mut values), Ok(1));
        let Values::Tags(tags) = &values else { panic!("still tags") };
        assert_eq!(tags.get(2).collect::<Vec<_>>(), ["noir"]);
        assert_eq!(tags.get(0).collect::<Vec<_>>(), ["war", "noir"]);
        assert!(fill(Filling::Mean).fill(&mut values).is_err());
    }

    #[test]
    fn blocks_are_filled_number_by_number() {
        let is_missing = vec![false, false, true, true, false];
        let numbers = vec![1.0, 2.0, 3.0, 6.0, 0.0, 0.0, 0.0, 0.0, 9.0, 9.0];
        let mut dense = Values::Dense(Dense {
            shape: vec![2],
            numbers: Numbers::F32(numbers),
            is_missing: is_missing.clone(),
        });
        assert_eq!(fill(Filling::Mean).fill(&mut dense), Ok(2));
        let Values::Dense(dense) = dense else { panic!("still blocks") };
        let filled = vec![1.0, 2.0, 3.0, 6.0, 2.0, 4.0, 2.0, 4.0, 9.0, 9.0];
        assert_eq!((dense.numbers, dense.is_missing), (Numbers::F32(filled), vec![false; 5]));
        let mut pixels = Values::Dense(Dense {
            shape: vec![1],
            numbers: Numbers::U8(vec![1, 4, 0, 0, 9]),
            is_missing,
        });
        let value = json!(0.5);
        let half = Fill { value: Some(&value), ..fill(Filling::Constant) };
        assert!(half.fill(&mut pixels.clone()).is_err());
        fill(Filling::Mean).fill(&mut pixels).unwrap();
        // 2.5 is rounded away from zero.
        let Values::Dense(Dense { numbers: Numbers::U8(pixels), .. }) = pixels else { panic!() };
        assert_eq!(pixels, [1, 4, 3, 3, 9]);
    }
}
