//! Matrices of every kind, cut short, not finite, without the right ids.

use std::fs;

use serde_json::{Value, json};

use super::{dense, error, join, numbers};

/// A `.npy` file, version 1.
fn npy(descr: &str, is_fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if is_fortran { "True" } else { "False" };
    let dict = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    let header = format!("{dict:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn every_kind_of_matrix_gives_the_same_embeddings() {
    let dir = tempfile::tempdir().unwrap();
    // [[1, 2], [3, 4], [5, 6]], by rows and by columns.
    let (rows, columns) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0f64], [1.0, 3.0, 5.0, 2.0, 4.0, 6.0f64]);
    let bytes = |of: &dyn Fn(f64) -> Vec<u8>| rows.iter().flat_map(|&x| of(x)).collect::<Vec<u8>>();
    // As half precision: 1 = 0x3c00, 2 = 0x4000, 3 = 0x4200, 4 = 0x4400, 5 = 0x4500, 6 = 0x4600.
    let half: Vec<u8> =
        [0x3c, 0x40, 0x42, 0x44, 0x45, 0x46].into_iter().flat_map(|high| [0, high]).collect();
    let transposed: Vec<u8> = columns.iter().flat_map(|x| x.to_le_bytes()).collect();
    for file in [
        npy("<f2", false, "(3, 2)", &half),
        npy("<f4", false, "(3, 2)", &bytes(&|x| (x as f32).to_le_bytes().into())),
        npy(">f4", false, "(3, 2)", &bytes(&|x| (x as f32).to_be_bytes().into())),
        npy("<f8", false, "(3, 2)", &bytes(&|x| x.to_le_bytes().into())),
        npy(">f8", false, "(3, 2)", &bytes(&|x| x.to_be_bytes().into())),
        npy("<f8", true, "(3, 2)", &transposed),
    ] {
        let path = dir.path().join("x.npy");
        fs::write(&path, file).unwrap();
        let joined = join("embeddings", json!({ "path": path }), &["2", "x", "0"]).unwrap();
        assert_eq!(numbers(&joined), [5.0, 6.0, 0.0, 0.0, 1.0, 2.0]);
        assert_eq!(dense(&joined).is_missing, [false, true, false]);
        assert_eq!(joined.notes, ["1 of 3 entries have no embedding."]);
    }
    let path = dir.path().join("x.npy");
    let from_one = json!({ "path": path, "first_id": 1, "column": "clip" });
    let joined = join("embeddings", from_one, &["3"]).unwrap();
    assert_eq!((numbers(&joined), &*joined.columns[0].name), (&[5.0, 6.0][..], "clip"));
    let ids = dir.path().join("ids.txt");
    fs::write(&ids, "b\r\nc\r\na\r\n").unwrap();
    let joined = join("embeddings", json!({ "path": path, "ids": ids }), &["a", "b"]).unwrap();
    assert_eq!(numbers(&joined), [5.0, 6.0, 1.0, 2.0]);
}

#[test]
fn a_matrix_that_is_not_as_it_should_be_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.npy");
    let write = |bytes: &[u8]| fs::write(&path, bytes).unwrap();
    let refused = |params: Value, ids: &[&str]| error(dir.path(), join("embeddings", params, ids));
    let of = |bytes: &[u8]| {
        write(bytes);
        refused(json!({ "path": path }), &["0"])
    };
    let floats =
        |numbers: &[f64]| numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let six = floats(&[1.0, 2.0, 3.0, f64::NAN, 5.0, 1e300]);
    assert_eq!(
        of(&npy("<f8", false, "(3, 2)", &six)),
        "x.npy: row 1, column 1 (from 0): found `NaN`, expected a finite number; mend or leave out the row"
    );
    assert!(
        of(&npy("<f8", true, "(3, 2)", &six))
            .starts_with("x.npy: row 0, column 1 (from 0): found `NaN`")
    );
    assert!(
        of(&npy("<f8", false, "(1, 2)", &six[32..]))
            .starts_with("x.npy: row 0, column 1 (from 0): found `1e300`")
    );
    assert_eq!(
        of(&npy("<f8", false, "(3, 2)", &six[..40])),
        "x.npy: it is said to hold 3 × 2 numbers of 8 bytes and has 40 bytes of them; it was cut short or its header is \
         wrong"
    );
    // The header's reader multiplies: with checks for overflow it stops there, without them we do.
    let told = of(&npy("<f8", false, "(99999999999, 99999999999)", &six));
    assert!(told.contains("no .npy file") || told.contains("cut short"), "{told}");
    assert!(of(&npy("<f8", false, "(4294967296, 4294967295)", &six)).contains("cut short"));
    assert_eq!(
        of(&npy("<f8", false, "(6,)", &six)),
        "x.npy: it has 1 axes instead of 2; an embedding a row is needed"
    );
    assert_eq!(
        of(&npy("<i8", false, "(3, 2)", &six)),
        "x.npy: its numbers are '<i8', allowed are <f2, <f4, <f8 and >f2, >f4, >f8; save it with .astype('float32')"
    );
    assert!(of(b"").starts_with("x.npy: it is no .npy file ("));
    assert!(of(b"\x93NUMPY\x01\0\xff\xffshort").starts_with("x.npy: it is no .npy file ("));
    assert!(of(b"PK\x03\x04 an .npz file").starts_with("x.npy: it is no .npy file ("));
    write(&npy("<f8", false, "(1, 1)", &floats(&[1.0])));
    assert_eq!(
        refused(json!({ "path": path }), &["x"]),
        "x.npy: none of its 1 rows belongs to an id of the data, such as `x`; name the rows with `ids` or set `first_id`"
    );
    let ids = dir.path().join("ids.txt");
    fs::write(&ids, "a\nb\n").unwrap();
    let named = json!({ "path": path, "ids": ids });
    assert_eq!(
        refused(named.clone(), &["a"]),
        "ids.txt: it has 2 ids, but 1 are the rows of `x.npy`; each row needs a line of its own"
    );
    write(&npy("<f8", false, "(2, 1)", &floats(&[1.0, 2.0])));
    fs::write(&ids, "a\na\n").unwrap();
    assert_eq!(
        refused(named.clone(), &["a"]),
        "ids.txt, line 2: `a` was described before; remove one of the two lines"
    );
    fs::write(&ids, "a\n\n").unwrap();
    assert_eq!(refused(named, &["a"]), "ids.txt, line 2, column `1`: found ``, expected an id");
}
