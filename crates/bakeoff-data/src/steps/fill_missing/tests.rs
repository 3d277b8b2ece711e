//! Each filling by hand, and what is refused.

use super::*;
use crate::splits::Assigned;

/// Ratings 1, missing, 4, 4; users with ages 10, missing, 40 and jobs "", "cook", "cook".
fn table() -> Interactions {
    let mut table = Interactions::new("x.csv", true, false);
    for (user, rating, line) in [("a", 1.0, 1), ("b", f64::NAN, 2), ("c", 4.0, 3), ("c", 4.0, 4)] {
        table.push(user, "x", rating, 0.0, line);
    }
    let jobs = Values::Text(["", "cook", "cook"].into_iter().collect());
    let ages = Values::Number(vec![10.0, f64::NAN, 40.0]);
    table.user_columns = vec![RawColumn::new("age", ages), RawColumn::new("job", jobs)];
    table
}

fn fill(with: Filling, columns: &[&str]) -> Result<(Interactions, u64), DataError> {
    let columns = columns.iter().map(|&column| column.to_owned()).collect::<Vec<_>>();
    let columns = (!columns.is_empty()).then_some(columns);
    apply(&FillMissing { columns, with, ..FillMissing::default() })
}

fn apply(step: &FillMissing) -> Result<(Interactions, u64), DataError> {
    let mut table = table();
    let train = Train::of(&table, &[Assigned::Train; 4]);
    let n_filled = step.apply(&mut table, &train)?;
    Ok((table, n_filled))
}

fn ratings(with: Filling) -> Vec<f64> {
    let (table, n) = fill(with, &["rating"]).unwrap();
    assert_eq!(n, 1);
    table.rating.unwrap()
}

#[test]
fn each_filling_is_the_statistic_of_the_values_that_are_there() {
    assert_eq!(ratings(Filling::Zero), [1.0, 0.0, 4.0, 4.0]);
    assert_eq!(ratings(Filling::Mean), [1.0, 3.0, 4.0, 4.0]);
    assert_eq!(ratings(Filling::Median), [1.0, 4.0, 4.0, 4.0]);
    assert_eq!(ratings(Filling::Mode), [1.0, 4.0, 4.0, 4.0]);
}

#[test]
fn without_names_every_column_is_filled_that_can_be() {
    let (table, n) = fill(Filling::Mean, &[]).unwrap();
    assert_eq!(n, 1, "the job has no mean and is left, and ratings are targets");
    assert!(table.rating.unwrap()[1].is_nan());
    assert_eq!(table.user_columns[0].values, Values::Number(vec![10.0, 25.0, 40.0]));
    let (table, n) = fill(Filling::Zero, &[]).unwrap();
    assert_eq!(n, 2);
    let Values::Text(jobs) = &table.user_columns[1].values else { panic!("still text") };
    assert_eq!(jobs.iter().collect::<Vec<_>>(), ["0", "cook", "cook"]);
}

#[test]
fn held_out_ratings_are_never_filled() {
    let value = Some(2.into());
    for (with, value) in [(Filling::Zero, None), (Filling::Mean, None), (Filling::Constant, value)]
    {
        let columns = Some(vec!["rating".to_owned()]);
        let step = FillMissing { columns, with, value, ..FillMissing::default() };
        assert_eq!(step.effect(), Effect::Fits, "only then are the parts known");
        let mut table = table();
        table.rating.as_mut().unwrap()[0] = f64::NAN;
        let parts = [Assigned::Train, Assigned::Test, Assigned::Train, Assigned::Valid];
        let train = Train::of(&table, &parts);
        assert_eq!(step.apply(&mut table, &train).unwrap(), 1);
        let ratings = table.rating.unwrap();
        assert!(!ratings[0].is_nan() && ratings[1].is_nan());
        assert_eq!(ratings[2..], [4.0, 4.0]);
    }
}

#[test]
fn what_train_has_no_value_for_is_told_even_if_no_column_is_named() {
    let step = FillMissing { with: Filling::Mean, ..FillMissing::default() };
    let mut table = table();
    table.user_columns[0].values = Values::Number(vec![f64::NAN; 3]);
    let train = Train::of(&table, &[Assigned::Train; 4]);
    let error = step.apply(&mut table, &train).unwrap_err().to_string();
    assert!(
        error.contains("column `age` cannot be filled with mean: train has no value"),
        "{error}"
    );
    // Without names, a group of users is for columns of users.
    let by_job = FillMissing { by: Some("job".into()), ..step };
    let (table, n) = apply(&by_job).unwrap();
    assert_eq!((n, table.user_columns[0].values.n_missing()), (1, 0));
    let by_genres = FillMissing { by: Some("genres".into()), ..by_job };
    let mut table = self::table();
    let genres = Values::Tags(crate::column::Tags::default());
    table.user_columns.push(RawColumn::new("genres", genres));
    let error = by_genres.apply(&mut table, &train).unwrap_err().to_string();
    assert!(error.contains("column `genres` holds tags; groups (by) are made of"), "{error}");
}

#[test]
fn a_constant_fits_the_column() {
    let step = |columns: &str, value: Value| FillMissing {
        columns: Some(vec![columns.into()]),
        with: Filling::Constant,
        value: Some(value),
        ..FillMissing::default()
    };
    let (filled, _) = apply(&step("job", "none".into())).unwrap();
    let Values::Text(jobs) = &filled.user_columns[1].values else { panic!() };
    assert_eq!(jobs.get(0), "none");
    let error = apply(&step("age", "old".into())).unwrap_err().to_string();
    assert_eq!(
        error,
        "step `fill_missing`: column `age` cannot be filled with constant: it holds numbers; give a number as value"
    );
}

#[test]
fn a_column_that_is_not_there_is_told_with_those_that_are() {
    let error = fill(Filling::Zero, &["ratings"]).unwrap_err().to_string();
    assert_eq!(
        error,
        "step `fill_missing`: there is no column `ratings` (did you mean `rating`?); the data has `rating`, `age`, `job`"
    );
}

#[test]
fn rows_are_dropped_that_lack_a_value_or_whose_user_does() {
    let lines = |columns: &[&str]| {
        let (table, _) = fill(Filling::Drop, columns).unwrap();
        table.origin.lines().to_vec()
    };
    assert_eq!(lines(&["rating"]), [1, 3, 4]);
    assert_eq!(lines(&["job"]), [2, 3, 4]);
    assert_eq!(lines(&[]), [3, 4]);
}

#[test]
fn an_indicator_says_where_a_value_was_missing() {
    let columns = ["rating", "age"].map(str::to_owned).to_vec();
    let step = FillMissing {
        columns: Some(columns),
        indicator: true,
        with: Filling::Mean,
        ..FillMissing::default()
    };
    let (table, _) = apply(&step).unwrap();
    let column =
        |name: &str, numbers: &[f64]| RawColumn::new(name, Values::Number(numbers.to_vec()));
    assert_eq!(table.columns, [column("rating_missing", &[0.0, 1.0, 0.0, 0.0])]);
    assert_eq!(table.user_columns[2..], [column("age_missing", &[0.0, 1.0, 0.0])]);
    let mut again = table;
    let train = Train::of(&again, &[Assigned::Train; 4]);
    let error = step.apply(&mut again, &train).unwrap_err().to_string();
    assert!(error.contains("column `rating_missing` would be added to the rows, which have one"));
    let default = FillMissing { columns: None, ..step };
    let (table, _) = apply(&default).unwrap();
    let names = table.column_names();
    assert_eq!(names, ["rating", "age", "job", "age_missing"], "a job has no mean");
}

#[test]
fn statistics_can_be_those_of_a_group() {
    let step = |column: &str, by: &str| FillMissing {
        columns: Some(vec![column.into()]),
        with: Filling::Median,
        by: Some(by.into()),
        ..FillMissing::default()
    };
    // The one cook with an age is 40.
    let (table, _) = apply(&step("age", "job")).unwrap();
    assert_eq!(table.user_columns[0].values, Values::Number(vec![10.0, 40.0, 40.0]));
    // All are of item x; user b has no rating, and gets the median of all.
    for by in ["item", "user"] {
        let (table, _) = apply(&step("rating", by)).unwrap();
        assert_eq!(table.rating.unwrap(), [1.0, 4.0, 4.0, 4.0]);
    }
    let error = apply(&step("rating", "job")).unwrap_err().to_string();
    assert!(error.contains("the column in `by` belongs to something else"), "{error}");
    let error = apply(&step("age", "jobs")).unwrap_err().to_string();
    assert!(error.contains("there is no column `jobs` (did you mean `job`?)"), "{error}");
}

#[test]
fn parameters_that_do_not_go_together_are_refused() {
    let params = |with| FillMissing { with, ..FillMissing::default() };
    let time = |with| FillMissing { columns: Some(vec!["timestamp".into()]), ..params(with) };
    let by = |with| FillMissing { by: Some("job".into()), ..params(with) };
    assert!(FillMissing::check(&time(Filling::Mean)).is_err());
    let made_up = FillMissing::check(&time(Filling::Zero)).unwrap_err();
    assert!(made_up.contains("use with: drop for it"), "{made_up}");
    assert!(FillMissing::check(&time(Filling::Forward)).is_err());
    assert!(FillMissing::check(&time(Filling::Drop)).is_ok());
    assert!(FillMissing::check(&by(Filling::Zero)).is_err());
    assert!(FillMissing::check(&by(Filling::Mode)).is_ok());
    let indicated = FillMissing { indicator: true, ..params(Filling::Drop) };
    assert!(FillMissing::check(&indicated).is_err());
}

#[test]
fn a_value_goes_with_constant_and_nothing_else() {
    let params = |with, value| FillMissing { with, value, ..FillMissing::default() };
    assert!(FillMissing::check(&params(Filling::Constant, None)).is_err());
    assert!(FillMissing::check(&params(Filling::Zero, Some(1.into()))).is_err());
    assert!(FillMissing::check(&params(Filling::Constant, Some(1.into()))).is_ok());
    assert!(FillMissing::check(&params(Filling::Constant, Some("".into()))).is_err());
}
