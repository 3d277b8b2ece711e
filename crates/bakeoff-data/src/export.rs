//! A prepared dataset as CSV files, with the ids of the source.

use std::path::{Path, PathBuf};

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::part::Part;
use crate::splits::Assigned;

/// Writes `train.csv`, `valid.csv` and `test.csv` into the folder `to`, which is made if it is not there: columns
/// `user`, `item`, and `rating` and `timestamp` where the data has them; by user, oldest first.
pub fn export(data: &Dataset, to: &Path) -> Result<Vec<PathBuf>, DataError> {
    let write_error = |path: &Path, source| DataError::Write { path: path.to_owned(), source };
    std::fs::create_dir_all(to).map_err(|source| write_error(to, source))?;
    let write = |part: Assigned| {
        let path = to.join(format!("{}.csv", part.name()));
        write_part(data, &data.part(part), &path)
            .map_err(|error| write_error(&path, std::io::Error::other(error)))?;
        Ok(path)
    };
    Assigned::NEEDED.into_iter().map(write).collect()
}

fn write_part(data: &Dataset, part: &Part<'_>, path: &Path) -> csv::Result<()> {
    let has_ratings = data.rating_range().is_some();
    let has_timestamps = data.card().time_span.is_some();
    let columns = |user: &str, item: &str, rating: &dyn ToString, timestamp: &dyn ToString| {
        let mut record = csv::StringRecord::from(vec![user, item]);
        if has_ratings {
            record.push_field(&rating.to_string());
        }
        if has_timestamps {
            record.push_field(&timestamp.to_string());
        }
        record
    };
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(&columns("user", "item", &"rating", &"timestamp"))?;
    for user in 0..part.n_users() {
        let rows = part.items_of(user).iter().zip(part.ratings_of(user).iter());
        for ((&item, rating), timestamp) in rows.zip(part.timestamps_of(user).iter()) {
            let item = data.raw_item(item as usize);
            writer.write_record(&columns(data.raw_user(user), item, &rating, &timestamp))?;
        }
    }
    writer.flush()?;
    Ok(())
}
