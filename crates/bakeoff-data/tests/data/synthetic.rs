//! What the generator plants: today's tables stay as they are, and each medium shows what it is said to show.

use bakeoff_data::ColumnValues;
use bakeoff_data::column::Values;
use bakeoff_data::input::InputFiles;
use bakeoff_data::{Interactions, sources};
use bakeoff_spec::registry::find;
use bakeoff_spec::trial::content_key;
use serde_json::{Value, json};

use crate::recipes::Planned;

fn generate(params: Value) -> Interactions {
    let params = serde_json::from_value(params).unwrap();
    sources::source("synthetic", &params).unwrap().read(&InputFiles::default()).unwrap()
}

/// A hash of everything that a table of the first version had.
fn hash(table: &Interactions) -> String {
    let bits = |numbers: &[f64]| -> Vec<u64> { numbers.iter().map(|n| n.to_bits()).collect() };
    let columns: Vec<(&str, Vec<String>)> = (table.item_columns.iter())
        .filter_map(|column| match &column.values {
            Values::Text(texts) => Some((&*column.name, texts.iter().map(Into::into).collect())),
            Values::Number(numbers) => {
                let numbers = bits(numbers).iter().map(ToString::to_string).collect();
                Some((&*column.name, numbers))
            }
            _ => None,
        })
        .collect();
    content_key(&(
        (table.users.names().collect::<Vec<_>>(), table.items.names().collect::<Vec<_>>()),
        (&table.user, &table.item, table.origin.lines()),
        (bits(table.rating.as_ref().unwrap()), bits(table.timestamp.as_ref().unwrap())),
        columns,
        &table.notes,
    ))
}

/// Tables that were generated and named in reports before the generator knew of media and styles.
#[test]
fn without_media_and_styles_a_table_is_what_it_always_was() {
    assert_eq!(hash(&generate(json!({}))), "05b736582a4a1fedf6a24c36079f8acb");
    let other = json!({ "seed": 7, "n_users": 50, "n_items": 60, "mean_length": 8, "sequence_strength": 0.2 });
    assert_eq!(hash(&generate(other)), "11c9cb1bf370814bd3389a2dbbe15b5b");
}

#[test]
fn a_source_without_media_keeps_its_key() {
    let entry = find(sources::ALL, "synthetic").unwrap();
    let complete =
        |params: Value| (entry.complete)(&serde_json::from_value(params).unwrap()).unwrap();
    let names: Vec<String> = complete(json!({})).into_keys().collect();
    assert_eq!(
        names,
        [
            "mean_length",
            "n_categories",
            "n_items",
            "n_users",
            "popularity_skew",
            "seed",
            "sequence_strength",
            "taste_strength"
        ]
    );
    let images = &complete(json!({ "images": {}, "style_strength": 0.5 }));
    assert_eq!(
        (&images["images"], &images["style_strength"]),
        (&json!({ "size": 32 }), &json!(0.5))
    );
    assert_eq!(entry.revision, 1);
}

#[test]
fn media_change_nothing_else() {
    let plain = generate(json!({ "n_users": 40, "n_items": 60, "mean_length": 8 }));
    let media = json!({
        "n_users": 40, "n_items": 60, "mean_length": 8, "images": {}, "audio": { "seconds": 0.5 }, "prices": true
    });
    let mut with_media = generate(media.clone());
    let [image, audio, prices] = with_media.notes.split_off(plain.notes.len()).try_into().unwrap();
    for (note, column) in [(image, "image"), (audio, "audio"), (prices, "price_history")] {
        assert!(note.starts_with(&format!("Column `{column}`: ")), "{note}");
    }
    assert_eq!(hash(&with_media), hash(&plain));
    let names: Vec<&str> = with_media.item_columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["category", "title", "price", "image", "audio", "price_history"]);
    assert!(
        with_media.item_columns.iter().all(|column| column.values.len() == with_media.items.len())
    );
    // One medium alone is what it is beside the others.
    let images = generate(json!({ "n_users": 40, "n_items": 60, "mean_length": 8, "images": {} }));
    assert_eq!(images.item_columns[3], with_media.item_columns[3]);
    let again = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(again.install(|| generate(media)).item_columns, with_media.item_columns);
}

#[test]
fn text_stands_beside_items_and_rows() {
    let table = generate(json!({ "n_users": 40, "n_items": 60, "mean_length": 8, "text": true }));
    assert_eq!(table.item_columns[3].name, "description");
    let [review] = &table.columns[..] else { panic!("one column") };
    assert_eq!((&*review.name, review.values.len()), ("review", table.len()));
    let Values::Text(reviews) = &review.values else { panic!("text") };
    let Values::Text(categories) = &table.item_columns[0].values else { panic!("text") };
    let category = categories.get(table.item[5] as usize);
    let noun = category.split_once("s ").unwrap().0;
    assert!(
        reviews.get(5).starts_with(&format!("The {noun} is ")),
        "{category}: {}",
        reviews.get(5)
    );
}

#[test]
fn a_style_changes_who_meets_what_and_the_card_says_how_much_it_tells() {
    let params = |strength: f64| json!({ "n_users": 200, "style_strength": strength });
    let (plain, styled) = (generate(params(0.0)), generate(params(0.9)));
    assert_ne!(plain.item, styled.item);
    assert_eq!(plain.notes.len() + 1, styled.notes.len());
    let note = styled.notes.last().unwrap();
    assert!(
        note.starts_with("style_strength = 0.9: a user takes an item of one of the three styles"),
        "{note}"
    );
    assert!(styled.item_columns.iter().all(|column| !column.name.contains("style")));
}

#[test]
fn generated_pictures_come_out_normalised() {
    let dir = tempfile::tempdir().unwrap();
    let params =
        json!({ "n_users": 30, "n_items": 60, "mean_length": 8, "images": {}, "audio": {} });
    let planned = Planned::new(dir.path(), "synthetic", params).unwrap();
    let data = planned.step("normalise_images", json!({})).prepare().unwrap();
    let columns = data.item_columns();
    let image = columns.iter().find(|column| column.name == "image").unwrap();
    let ColumnValues::Dense { shape, values } = image.values else { panic!("numbers") };
    assert_eq!((shape, values.len()), (&[3, 32, 32][..], data.n_items() * 3 * 32 * 32));
    let mut is_train = vec![false; data.n_items()];
    for &item in data.train().items {
        is_train[item as usize] = true;
    }
    // Mean 0 and standard deviation 1 over the items of train, in each channel.
    for channel in 0..3 {
        let of_train = values
            .chunks_exact(1024)
            .enumerate()
            .filter(|(i, _)| i % 3 == channel && is_train[i / 3]);
        let pixels: Vec<f64> =
            of_train.flat_map(|(_, block)| block).map(|&x| f64::from(x)).collect();
        let mean = pixels.iter().sum::<f64>() / pixels.len() as f64;
        let squares = pixels.iter().map(|x| x * x).sum::<f64>() / pixels.len() as f64;
        assert!(
            mean.abs() < 1e-4 && (squares - 1.0).abs() < 1e-4,
            "{channel}: {mean} and {squares}"
        );
    }
    assert_eq!(data.card().steps[1].changed, data.n_items() as u64);
}
