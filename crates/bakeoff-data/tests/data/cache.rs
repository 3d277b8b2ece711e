//! The prepared dataset on disk: the same bytes each time, rebuilt when damaged, refused when its source changed.

use std::fs;
use std::path::{Path, PathBuf};

use bakeoff_data::{DataError, Dataset};
use serde_json::json;

use crate::recipes::{Planned, file};

fn planned(dir: &Path) -> Planned {
    let params = json!({ "n_users": 30, "n_items": 40, "mean_length": 8, "n_categories": 2 });
    Planned::new(dir, "synthetic", params).unwrap()
}

/// Name and content of each file of a dataset.
fn files(data: &Dataset) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(data.dir()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| (path.file_name().unwrap().into(), fs::read(&path).unwrap());
    paths.into_iter().map(read).collect()
}

#[test]
fn the_same_recipe_gives_the_same_bytes() {
    let [a, b] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [a, b] = [a, b].map(|dir| files(&planned(dir.path()).prepare().unwrap()));
    assert_eq!(a.len(), 2);
    assert!(a == b);
}

#[test]
fn a_prepared_dataset_is_opened_and_not_built_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "s.txt", "u 1 2 3\n");
    let planned = Planned::new(dir.path(), "sequences", json!({ "path": path })).unwrap();
    planned.prepare().unwrap();
    fs::remove_file(&path).unwrap();
    let (data, notices) = planned.prepare_with_notices().unwrap();
    assert!(notices.is_empty());
    assert_eq!(data.key(), planned.recipe.key());
    assert_eq!(data.dir(), planned.cache.join("datasets").join(planned.recipe.key()));
}

#[test]
fn any_damage_is_noticed_and_the_dataset_built_again() {
    let dir = tempfile::tempdir().unwrap();
    let planned = planned(dir.path());
    let whole = files(&planned.prepare().unwrap());
    let folder = planned.cache.join("datasets").join(planned.recipe.key());
    for (name, bytes) in &whole {
        let path = folder.join(name);
        let mut flipped = bytes.clone();
        let middle = bytes.len() / 2;
        flipped[middle] ^= 1;
        let damages = [Some(flipped), Some(bytes[..middle].to_vec()), Some(Vec::new()), None];
        for damage in damages {
            match damage {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            let (data, notices) = planned.prepare_with_notices().unwrap();
            let [notice] = notices.as_slice() else { panic!("one notice, not {notices:?}") };
            assert!(notice.contains("is not whole"), "{notice}");
            assert!(files(&data) == whole);
        }
    }
}

#[test]
fn what_a_killed_process_left_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let planned = planned(dir.path());
    let scratch = planned.cache.join("datasets").join(format!("{}.building", planned.recipe.key()));
    fs::create_dir_all(&scratch).unwrap();
    fs::write(scratch.join("manifest.json"), "half").unwrap();
    planned.prepare().unwrap();
    assert!(!scratch.exists());
}

#[test]
fn a_source_that_changed_since_planning_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "s.txt", "u 1 2 3\n");
    let planned = Planned::new(dir.path(), "sequences", json!({ "path": path })).unwrap();
    fs::write(&path, "u 1 2 4\n").unwrap();
    let error = planned.prepare().unwrap_err();
    assert!(matches!(error, DataError::SourceChanged { .. }), "{error}");
}

#[test]
fn processes_that_prepare_at_once_all_get_the_dataset() {
    let dir = tempfile::tempdir().unwrap();
    let planned = planned(dir.path());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| planned.prepare().unwrap())).collect();
        let data: Vec<Dataset> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(data.windows(2).all(|two| two[0].train().items == two[1].train().items));
    });
}

#[test]
fn arrays_that_do_not_fit_one_another_are_told_when_they_are_opened() {
    let dir = tempfile::tempdir().unwrap();
    let folder = planned(dir.path()).prepare().unwrap().dir().to_owned();
    let path = folder.join("arrays.safetensors");
    let whole = fs::read(&path).unwrap();
    let start = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&whole[8..start]).unwrap();
    for name in ["train.offsets", "test.items", "users.name_offsets", "items.names"] {
        let at = header[name]["data_offsets"][0].as_u64().unwrap() as usize;
        let mut bytes = whole.clone();
        bytes[start + at..][..4].fill(0xff);
        fs::write(&path, bytes).unwrap();
        let error = Dataset::open(&folder).unwrap_err();
        assert!(matches!(error, DataError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains(&format!("(array {name} holds")), "{error}");
    }
    fs::write(&path, whole).unwrap();
    Dataset::open(&folder).unwrap();
}
