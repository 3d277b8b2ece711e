//! Prepared data on disk: the same data, unreadable without its key, and noticed when it is changed.

use std::fs;

use bakeoff_data::{DataError, Dataset};
use serde_json::Value;

use super::{KEY, OTHER_KEY, encrypted, has_keys, in_another_process, names, planned, with_names};

#[test]
fn encrypted_data_is_the_same_data_and_shows_nothing_on_disk() {
    if !has_keys("encryption::encrypted_data_is_the_same_data_and_shows_nothing_on_disk") {
        return;
    }
    let [plain, sealed] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let plain_data = planned(plain.path()).prepare().unwrap();
    let planned = encrypted(planned(sealed.path()), KEY);
    let data = planned.prepare().unwrap();
    assert!(data.is_sealed() && !plain_data.is_sealed());
    assert_eq!(with_names(&sealed.path().join("cache")), [""; 0]);
    assert_eq!(data.key(), plain_data.key(), "it changes no key");
    assert_eq!((names(&data), data.train().items), (names(&plain_data), plain_data.train().items));
    assert_eq!(data.user_columns(), plain_data.user_columns());
    // Opened, not built again; as workers open it too.
    let built = fs::metadata(data.dir()).unwrap().modified().unwrap();
    let (again, notices) = planned.prepare_with_notices().unwrap();
    assert_eq!((fs::metadata(again.dir()).unwrap().modified().unwrap(), notices.len()), (built, 0));
    assert_eq!(names(&Dataset::open(data.dir()).unwrap()), names(&data));
}

#[test]
fn plain_data_is_built_again_encrypted_and_encrypted_data_never_again_plain() {
    if !has_keys(
        "encryption::plain_data_is_built_again_encrypted_and_encrypted_data_never_again_plain",
    ) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let plain = planned(dir.path());
    plain.prepare().unwrap();
    let (data, notices) = encrypted(plain.clone(), KEY).prepare_with_notices().unwrap();
    assert!(data.is_sealed());
    let [notice] = notices.as_slice() else { panic!("one notice, not {notices:?}") };
    assert!(
        notice.ends_with("is not encrypted with the key in `BAKEOFF_TEST_KEY`: building it again")
    );
    assert_eq!(with_names(&plain.cache), [""; 0]);
    assert!(plain.prepare().unwrap().is_sealed(), "it is used as it is");
    // A key of another variable is asked for: encrypted anew, with that.
    let (data, _) = encrypted(plain, OTHER_KEY).prepare_with_notices().unwrap();
    assert!(data.is_sealed());
    let said = in_another_process("as it is", dir.path(), &[(OTHER_KEY, "")]);
    assert!(
        said.contains("the encrypted dataset")
            && said.contains("`BAKEOFF_TEST_OTHER_KEY`, which is empty"),
        "{said}"
    );
}

#[test]
fn a_wrong_key_opens_nothing_and_destroys_nothing() {
    if !has_keys("encryption::a_wrong_key_opens_nothing_and_destroys_nothing") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let planned = encrypted(planned(dir.path()), KEY);
    let data = planned.prepare().unwrap();
    let wrong = [(KEY, "fedcba9876543210fedcba9876543210")];
    for what in ["encrypted", "as it is"] {
        let said = in_another_process(what, dir.path(), &wrong);
        assert!(
            said.contains("is encrypted with another key than the one in `BAKEOFF_TEST_KEY`"),
            "{said}"
        );
    }
    let short = in_another_process("encrypted", dir.path(), &[(KEY, "0123456789abcdef")]);
    assert!(short.contains("`BAKEOFF_TEST_KEY`, which has fewer than 32 characters"), "{short}");
    assert_eq!(in_another_process("encrypted", dir.path(), &[]), data.key());
}

#[test]
fn a_changed_byte_of_encrypted_data_or_its_manifest_is_noticed() {
    if !has_keys("encryption::a_changed_byte_of_encrypted_data_or_its_manifest_is_noticed") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let planned = encrypted(planned(dir.path()), KEY);
    let data = planned.prepare().unwrap();
    let (arrays, manifest) = (data.dir().join("arrays.sealed"), data.dir().join("manifest.json"));
    let whole = fs::read(&arrays).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for bytes in [flipped, whole[..whole.len() - 1].to_vec()] {
        fs::write(&arrays, bytes).unwrap();
        assert!(matches!(Dataset::open(data.dir()), Err(DataError::Damaged { .. })));
    }
    fs::write(&arrays, &whole).unwrap();
    // A manifest whose own checksum is right again: only the key tells.
    let mut forged: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    forged["content"]["card"]["n_interactions"] = 7.into();
    forged["checksum"] = bakeoff_spec::trial::content_key(&forged["content"]).into();
    let kept = fs::read(&manifest).unwrap();
    fs::write(&manifest, serde_json::to_vec(&forged).unwrap()).unwrap();
    let error = Dataset::open(data.dir()).unwrap_err().to_string();
    assert!(error.contains("arrays.sealed is not what was written"), "{error}");
    fs::write(&manifest, kept).unwrap();
    Dataset::open(data.dir()).unwrap();
    fs::write(&arrays, b"").unwrap();
    let (data, notices) = planned.prepare_with_notices().unwrap();
    assert!(data.is_sealed() && notices.len() == 1, "{notices:?}");
}
