//! A small table with every kind of column, ways to divide it, and changes to all that is not train's.

use bakeoff_data::column::{Dense, Numbers, RawColumn, Series, Tags, Values};
use bakeoff_data::interactions::Axis;
use bakeoff_data::splits::Assigned;
use bakeoff_data::steps::Train;
use bakeoff_data::{Interactions, Ordered};

/// Users of a few rows each, and what is known of them. Columns of rows: `review` (text), `mood` (numbers), `labels`
/// (tags), `photo` (bytes, `[1, 1, 2]`). Of users: `job` (text), `age` (numbers), `hobbies` (tags), `joined` (dates as
/// text). Of items: `category` (text), `price` (numbers), `genres` (tags), `embedding` (numbers, `[2]`), `prices`
/// (series), `clicks` and `views` (numbers; never more clicks than views). Each but `photo`, `joined` and `views` lacks
/// values. Rows are by user, oldest first, and some pairs of user and item come twice.
pub(crate) fn fixture() -> Ordered {
    let mut table = Interactions::new("x.csv", true, true);
    let mut line = 0;
    for (user, n_rows) in [6, 6, 4, 6, 6, 2, 6, 6, 5].into_iter().enumerate() {
        for row in 0..n_rows {
            // The last three users and the last three items meet each other alone.
            let item = match user {
                0..6 => (user * 2 + row * row) % 10,
                _ => 10 + row % 3,
            };
            let is_rated = (user + row) % 5 != 3;
            let rating = if is_rated { (1 + (user + row) % 5) as f64 } else { f64::NAN };
            let time = (100 * row + user) as f64;
            line += 1;
            table.push(&format!("u{user}"), &format!("i{item}"), rating, time, line);
        }
    }
    table.columns = columns(table.len(), ["review", "mood", "labels"]);
    let pixels = (0..2 * table.len()).map(|i| (i % 250) as u8).collect();
    let mut photo = dense("photo", Numbers::U8(pixels), vec![false; table.len()]);
    if let Values::Dense(photo) = &mut photo.values {
        photo.shape = vec![1, 1, 2];
    }
    table.columns.push(photo);
    table.user_columns = columns(table.users.len(), ["job", "age", "hobbies"]);
    let dates = ["1999-12-31", "2001-06-15", "2001-07-01T23:30:00Z"];
    let joined = (0..table.users.len()).map(|user| dates[user % 3]).collect();
    table.user_columns.push(RawColumn::new("joined", Values::Text(joined)));
    let n_items = table.items.len();
    table.item_columns = columns(n_items, ["category", "price", "genres"]);
    let is_missing: Vec<bool> = (0..n_items).map(|item| item % 4 == 0).collect();
    let number = |i: usize| if is_missing[i / 2] { 0.0 } else { i as f32 / 3.0 };
    let numbers = (0..2 * n_items).map(number).collect();
    table.item_columns.push(dense("embedding", Numbers::F32(numbers), is_missing));
    let mut prices = Series::default();
    for item in 0..n_items {
        let point = |point: usize| (150.0 * point as f64, (item + point * point) as f64);
        prices.points.push((0..item % 5).map(point));
    }
    table.item_columns.push(RawColumn::new("prices", Values::Series(prices)));
    let clicks = (0..n_items).map(|i| if i % 4 == 3 { f64::NAN } else { (i * i % 7) as f64 });
    let views = (0..n_items).map(|i| (6 + i) as f64);
    for (name, counts) in [("clicks", clicks.collect()), ("views", views.collect())] {
        table.item_columns.push(RawColumn::new(name, Values::Number(counts)));
    }
    Ordered::of(table).unwrap()
}

/// Texts, numbers and tags; every fourth is missing, each kind at another place.
fn columns(n: usize, [text, number, tags]: [&str; 3]) -> Vec<RawColumn> {
    let words = ["a good film", "war and peace", "", "peace"];
    let texts = (0..n).map(|i| words[i % 4]).collect();
    let numbers = (0..n).map(|i| if i % 4 == 1 { f64::NAN } else { (i * i % 17) as f64 });
    let mut lists = Tags::default();
    for i in 0..n {
        lists.push(["war", "noir", "comedy"].into_iter().skip((i + 3) % 4).take(2));
    }
    vec![
        RawColumn::new(text, Values::Text(texts)),
        RawColumn::new(number, Values::Number(numbers.collect())),
        RawColumn::new(tags, Values::Tags(lists)),
    ]
}

fn dense(name: &str, numbers: Numbers, is_missing: Vec<bool>) -> RawColumn {
    RawColumn::new(name, Values::Dense(Dense { shape: vec![2], numbers, is_missing }))
}

/// How rows of the fixture are divided. The last two users are never in train, nor are the items `i10` and `i12`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Division {
    ByTime,
    LeaveOneOut,
    ByLot,
}

impl Division {
    pub(crate) const ALL: [Self; 3] = [Self::ByTime, Self::LeaveOneOut, Self::ByLot];

    pub(crate) fn assign(self, data: &Ordered) -> Vec<Assigned> {
        let table = &data.table;
        let times = table.timestamp.as_ref().unwrap();
        let part = |row: usize| {
            let (user, item) = (table.user[row], table.item[row]);
            let is_apart = ["u7", "u8"].contains(&table.users.name(user))
                || ["i10", "i12"].contains(&table.items.name(item));
            let n_after = data.offsets[user as usize + 1] as usize - row - 1;
            let (is_test, is_valid) = match self {
                Self::ByTime => (times[row] >= 500.0, times[row] >= 400.0),
                Self::LeaveOneOut => (n_after == 0, n_after == 1),
                Self::ByLot => (row * 7 % 10 < 2, row * 7 % 10 == 2),
            };
            match (is_test || is_apart, is_valid) {
                (true, _) => Assigned::Test,
                (false, true) => Assigned::Valid,
                (false, false) => Assigned::Train,
            }
        };
        (0..table.len()).map(part).collect()
    }
}

/// What becomes of everything that is not train's.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// Large numbers, new words, tags and points in time.
    Other,
    /// Nothing is there.
    Missing,
    /// Nothing is missing.
    Present,
}

impl Change {
    pub(crate) const ALL: [Self; 3] = [Self::Other, Self::Missing, Self::Present];

    /// Changes ratings, times and columns of rows that are not train's, and the columns of users and items that have no
    /// row there.
    pub(crate) fn apply(self, table: &mut Interactions, train: &Train) {
        let is_train = train.has(Axis::Rows).to_vec();
        let other_rows = || (0..is_train.len()).filter(|&row| !is_train[row]);
        for row in other_rows() {
            if let Some(ratings) = &mut table.rating {
                ratings[row] = self.number(row, ratings[row]);
            }
        }
        if let (Some(times), Self::Other) = (&mut table.timestamp, self) {
            // Within the time between the rows before and after, so that the order stays.
            other_rows().for_each(|row| times[row] += 40.0);
        }
        for (axis, column) in table.all_columns_mut() {
            let is_train = train.has(axis);
            let others = (0..is_train.len()).filter(|&entry| !is_train[entry]);
            self.change(&mut column.values, &others.collect::<Vec<_>>());
        }
    }

    fn number(self, entry: usize, number: f64) -> f64 {
        match self {
            Self::Other => 1000.0 + entry as f64,
            Self::Missing => f64::NAN,
            Self::Present if number.is_nan() => 2.0,
            Self::Present => number,
        }
    }

    fn change(self, values: &mut Values, others: &[usize]) {
        match values {
            Values::Number(numbers) => {
                for &entry in others {
                    numbers[entry] = self.number(entry, numbers[entry]);
                }
            }
            Values::Text(texts) => {
                let mut changed: Vec<String> = texts.iter().map(str::to_owned).collect();
                // Dates stay dates, of which the step that reads them would not take anything else.
                let is_of_dates = changed.iter().all(|text| text.starts_with(['1', '2']));
                for &entry in others {
                    changed[entry] = match self {
                        Self::Other | Self::Present if is_of_dates => {
                            format!("{}-01-01", 1900 + entry)
                        }
                        Self::Other => format!("aardvark number{entry} peace"),
                        Self::Missing => String::new(),
                        Self::Present => "war and peace".into(),
                    };
                }
                *texts = changed.iter().collect();
            }
            Values::Tags(tags) => {
                let mut changed = Tags::default();
                for entry in 0..tags.lists.len() {
                    let own = tags.get(entry).map(str::to_owned).collect();
                    let list: Vec<String> = match self {
                        _ if !others.contains(&entry) => own,
                        Self::Other => {
                            vec![format!("aardvark {entry}"), "zoo".into(), "noir".into()]
                        }
                        Self::Missing => Vec::new(),
                        Self::Present => vec!["war".into()],
                    };
                    changed.push(list.iter().map(String::as_str));
                }
                *tags = changed;
            }
            Values::Series(series) => {
                let mut changed = Series::default();
                for (entry, points) in series.points.iter().enumerate() {
                    changed.points.push(match self {
                        _ if !others.contains(&entry) => points.to_vec(),
                        Self::Other => vec![(1.0, 5000.0), (230.0, -40.0)],
                        Self::Missing => Vec::new(),
                        Self::Present => vec![(0.0, 1.0)],
                    });
                }
                *series = changed;
            }
            Values::Dense(dense) => {
                for &entry in others {
                    let is_missing = matches!(self, Self::Missing);
                    let number = if is_missing { 0 } else { 200 + entry as u8 % 50 };
                    dense.is_missing[entry] = is_missing;
                    match &mut dense.numbers {
                        Numbers::U8(pixels) => pixels[2 * entry..][..2].fill(number),
                        Numbers::F32(numbers) => numbers[2 * entry..][..2].fill(number.into()),
                    }
                }
            }
            Values::Codes(_) | Values::CodeLists(_) | Values::Tokens(_) | Values::Weighted(_) => {
                panic!("the fixture is not encoded")
            }
        }
    }
}

/// Points of series after the newest row of train are future to it, whosever they are.
pub(crate) fn change_future_points(table: &mut Interactions, train: &Train) {
    let newest = newest(table, train);
    for column in &mut table.item_columns {
        if let Values::Series(series) = &mut column.values {
            let points = series.points.values.iter_mut();
            points.filter(|(time, _)| *time > newest).for_each(|(_, value)| *value += 777.0);
        }
    }
}

/// The time of the newest row of train.
pub(crate) fn newest(table: &Interactions, train: &Train) -> f64 {
    let times = table.timestamp.as_ref().unwrap().iter().zip(train.has(Axis::Rows));
    times.filter(|(_, is_train)| **is_train).map(|(&time, _)| time).fold(0.0, f64::max)
}
