//! Small files of every type and codec, written here.

use std::path::PathBuf;
use std::sync::Arc;

use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::*;
use crate::column::Values;

/// The values of a column with their definition and repetition levels.
enum Written {
    Bool(Vec<bool>, Vec<i16>),
    Int32(Vec<i32>, Vec<i16>),
    Int64(Vec<i64>, Vec<i16>),
    Int96(Vec<Int96>, Vec<i16>),
    Float(Vec<f32>, Vec<i16>),
    Double(Vec<f64>, Vec<i16>),
    Bytes(Vec<ByteArray>, Vec<i16>, Vec<i16>),
    Fixed(Vec<FixedLenByteArray>, Vec<i16>),
}

fn texts(texts: &[&str]) -> Vec<ByteArray> {
    texts.iter().map(|&text| ByteArray::from(text)).collect()
}

fn write(schema: &str, codec: Compression, groups: Vec<Vec<Written>>) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder().set_compression(codec).build();
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    for columns in groups {
        let mut group = file.next_row_group().unwrap();
        for column in columns {
            let mut next = group.next_column().unwrap().expect("as many columns as in the schema");
            let n = match (next.untyped(), column) {
                (ColumnWriter::BoolColumnWriter(to), Written::Bool(v, d)) => {
                    to.write_batch(&v, Some(&d), Some(&vec![0; d.len()]))
                }
                (ColumnWriter::Int32ColumnWriter(to), Written::Int32(v, d)) => {
                    to.write_batch(&v, Some(&d), Some(&vec![0; d.len()]))
                }
                (ColumnWriter::Int64ColumnWriter(to), Written::Int64(v, d)) => {
                    to.write_batch(&v, Some(&d), Some(&vec![0; d.len()]))
                }
                (ColumnWriter::Int96ColumnWriter(to), Written::Int96(v, d)) => {
                    to.write_batch(&v, Some(&d), Some(&vec![0; d.len()]))
                }
                (ColumnWriter::FloatColumnWriter(to), Written::Float(v, d)) => {
                    to.write_batch(&v, Some(&d), Some(&vec![0; d.len()]))
                }
                (ColumnWriter::DoubleColumnWriter(to), Written::Double(v, d)) => {
                    to.write_batch(&v, Some(&d), Some(&vec![0; d.len()]))
                }
                (ColumnWriter::ByteArrayColumnWriter(to), Written::Bytes(v, d, r)) => {
                    to.write_batch(&v, Some(&d), Some(&r))
                }
                (ColumnWriter::FixedLenByteArrayColumnWriter(to), Written::Fixed(v, d)) => {
                    to.write_batch(&v, Some(&d), Some(&vec![0; d.len()]))
                }
                _ => panic!("the column is of another type"),
            };
            n.unwrap();
            next.close().unwrap();
        }
        group.close().unwrap();
    }
    file.close().unwrap();
    bytes
}

fn read_bytes(files: &[&[u8]], want: &Want) -> Result<Frame, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = |(i, bytes): (usize, &&[u8])| {
        let path = dir.path().join(format!("{i}.parquet"));
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let paths: Vec<PathBuf> = files.iter().enumerate().map(path).collect();
    let told =
        |error: DataError| error.to_string().replace(&format!("{}/", dir.path().display()), "");
    read(&paths, want).map_err(told)
}

fn everything() -> Want {
    Want { rest: true, ..Want::default() }
}

fn numbers<'f>(frame: &'f Frame, name: &str) -> &'f [f64] {
    match &frame.columns.iter().find(|column| column.name == name).unwrap().values {
        Values::Number(numbers) => numbers,
        other => panic!("`{name}` is {}", other.kind()),
    }
}

fn strings<'f>(frame: &'f Frame, name: &str) -> Vec<&'f str> {
    match &frame.columns.iter().find(|column| column.name == name).unwrap().values {
        Values::Text(texts) => texts.iter().collect(),
        other => panic!("`{name}` is {}", other.kind()),
    }
}

const TYPES: &str = "message m {
    optional boolean truth; optional int32 small; optional int32 u32 (UINT_32); optional int32 day (DATE);
    optional int32 price (DECIMAL(9, 2)); optional int64 big; optional int64 ms (TIMESTAMP(MILLIS, true));
    optional int64 us (TIMESTAMP(MICROS, false)); optional int64 ns (TIMESTAMP(NANOS, true));
    optional int96 old; optional float float; optional double double; optional binary text (STRING);
    optional binary plain; optional binary kind (ENUM); optional binary wide (DECIMAL(20, 3));
    optional fixed_len_byte_array(16) uuid (UUID);
}";

/// One row of values, and one without.
fn types() -> Vec<Written> {
    let d = || vec![1, 0];
    let mut old = Int96::new();
    // Day 2,440,589 of the Julian calendar is the second of 1970; 1.5 s in nanoseconds.
    old.set_data(1_500_000_000, 0, 2_440_589);
    let uuid: Vec<u8> = (0..16).collect();
    vec![
        Written::Bool(vec![true], d()),
        Written::Int32(vec![-7], d()),
        Written::Int32(vec![-1], d()),
        Written::Int32(vec![365], d()),
        Written::Int32(vec![-5], d()),
        Written::Int64(vec![9_007_199_254_740_993], d()),
        Written::Int64(vec![1500], d()),
        Written::Int64(vec![-1_500_000], d()),
        Written::Int64(vec![2_500_000_000], d()),
        Written::Int96(vec![old], d()),
        Written::Float(vec![0.5], d()),
        Written::Double(vec![0.1], d()),
        Written::Bytes(texts(&["007"]), d(), vec![0, 0]),
        Written::Bytes(texts(&["caf\u{e9}"]), d(), vec![0, 0]),
        Written::Bytes(texts(&["A"]), d(), vec![0, 0]),
        Written::Bytes(vec![ByteArray::from(vec![0xff, 0x85])], d(), vec![0, 0]),
        Written::Fixed(vec![FixedLenByteArray::from(uuid)], d()),
    ]
}

#[test]
fn every_type_is_read_from_every_codec() {
    for codec in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
    ] {
        let frame = read_bytes(&[&write(TYPES, codec, vec![types()])], &everything()).unwrap();
        for (name, expected) in [
            ("truth", 1.0),
            ("small", -7.0),
            ("u32", 4_294_967_295.0),
            ("day", 31_536_000.0),
            ("price", -0.05),
            ("ms", 1.5),
            ("us", -1.5),
            ("ns", 2.5),
            ("old", 86_401.5),
            ("float", 0.5),
            ("double", 0.1),
            // 0xff85 is -123: with three digits after the point.
            ("wide", -0.123),
        ] {
            let read = numbers(&frame, name);
            assert!(
                read[0].to_bits() == f64::to_bits(expected) && read[1].is_nan(),
                "{name}: {read:?}"
            );
        }
        for (name, expected) in [
            ("big", "9007199254740993"),
            ("text", "007"),
            ("plain", "caf\u{e9}"),
            ("kind", "A"),
            ("uuid", "00010203-0405-0607-0809-0a0b0c0d0e0f"),
        ] {
            assert_eq!(strings(&frame, name), [expected, ""], "{codec}");
        }
        assert!(frame.untyped.is_empty(), "digits that are a text stay one");
    }
}

#[test]
fn the_last_nanosecond_of_a_second_is_still_in_it() {
    let schema = "message m { optional int64 ns (TIMESTAMP(NANOS, true)); }";
    let values = vec![1_699_999_999_999_999_999, -1];
    let file = write(schema, Compression::SNAPPY, vec![vec![Written::Int64(values, vec![1, 1])]]);
    let frame = read_bytes(&[&file], &everything()).unwrap();
    assert_eq!(numbers(&frame, "ns"), [1_699_999_999.999_999, -0.000_001]);
}

#[test]
fn ids_keep_every_digit() {
    let want = |name: &str| Want {
        fields: vec![crate::frame::Field {
            name: name.into(),
            param: "user",
            kind: Kind::Id,
            is_required: true,
        }],
        ..Want::default()
    };
    let mut rows = types();
    for column in &mut rows {
        // A second row with the value of the first.
        match column {
            Written::Int64(values, d) => (*values, *d) = (vec![values[0]; 2], vec![1, 1]),
            Written::Int32(values, d) => (*values, *d) = (vec![values[0]; 2], vec![1, 1]),
            _ => {}
        }
    }
    let file = write(TYPES, Compression::SNAPPY, vec![rows]);
    assert_eq!(
        strings(&read_bytes(&[&file], &want("big")).unwrap(), "big"),
        ["9007199254740993"; 2]
    );
    assert_eq!(strings(&read_bytes(&[&file], &want("price")).unwrap(), "price"), ["-0.05"; 2]);
    let error = read_bytes(&[&file], &want("text")).unwrap_err();
    assert_eq!(
        error,
        "0.parquet, line 2, column `text`: found `null`, expected an id: a text or a number"
    );
    let error = read_bytes(&[&file], &want("day")).unwrap_err();
    assert!(
        error.contains("line 1, column `day`: found `a time (31536000 s since 1970)`"),
        "{error}"
    );
}

const NESTED: &str = "message m {
    optional group genres (LIST) { repeated group list { optional binary element (STRING); } }
    repeated binary old (STRING);
    required group film { required binary title (STRING); }
}";

fn nested() -> Vec<Written> {
    vec![
        // [a, null, b], null, [], [a]
        Written::Bytes(texts(&["a", "b", "a"]), vec![3, 2, 3, 0, 1, 3], vec![0, 1, 1, 0, 0, 0]),
        // [x], [], [y, x], []
        Written::Bytes(texts(&["x", "y", "x"]), vec![1, 0, 1, 1, 0], vec![0, 0, 0, 1, 0]),
        Written::Bytes(texts(&["p", "q", "r", "s"]), vec![0; 4], vec![0; 4]),
    ]
}

#[test]
fn lists_are_tags_and_groups_are_named_with_a_dot() {
    let file = write(NESTED, Compression::SNAPPY, vec![nested(), nested()]);
    let frame = read_bytes(&[&file], &everything()).unwrap();
    let names: Vec<_> = frame.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["genres", "old", "film.title"]);
    let lists = |column: usize| -> Vec<Vec<&str>> {
        let Values::Tags(tags) = &frame.columns[column].values else { panic!("tags") };
        (0..8).map(|row| tags.get(row).collect()).collect()
    };
    assert_eq!(lists(0)[..5], [&["a", "b"][..], &[], &[], &["a"], &["a", "b"]]);
    assert_eq!(lists(1)[..4], [&["x"][..], &[], &["y", "x"], &[]]);
    assert_eq!(strings(&frame, "film.title"), ["p", "q", "r", "s", "p", "q", "r", "s"]);
}

#[test]
fn what_cannot_be_read_is_told_by_name_and_only_if_it_is_wanted() {
    let schema = "message m {
        required int32 id;
        optional group price (MAP) { repeated group key_value { required binary key; optional int32 value; } }
        optional group vector (LIST) { repeated group list { optional float element; } }
        optional int32 clock (TIME(MILLIS, true));
        optional int64 nanos (TIME(NANOS, true));
        optional fixed_len_byte_array(3) raw;
    }";
    let rows = vec![
        Written::Int32(vec![1], vec![0]),
        Written::Bytes(vec![], vec![0], vec![0]),
        Written::Int32(vec![], vec![0]),
        Written::Float(vec![], vec![0]),
        Written::Int32(vec![], vec![0]),
        Written::Int64(vec![], vec![0]),
        Written::Fixed(vec![], vec![0]),
    ];
    let file = write(schema, Compression::SNAPPY, vec![rows]);
    for (name, is) in [
        ("price", "a map, or lists of groups or of lists"),
        ("vector", "a list of plain FLOAT"),
        ("clock", "Time"),
        ("nanos", "Time"),
        ("raw", "plain FIXED_LEN_BYTE_ARRAY"),
    ] {
        let want = Want::side("id", "key", Some(&[name.to_owned()]));
        let error = read_bytes(&[&file], &want).unwrap_err();
        assert!(error.starts_with(&format!("0.parquet, column `{name}`: it is {is}")), "{error}");
        assert!(error.contains("name the `columns`"), "{error}");
    }
    let frame = read_bytes(&[&file], &Want::side("id", "key", Some(&[]))).unwrap();
    assert_eq!(strings(&frame, "id"), ["1"]);
}

const SMALL: &str = "message m { required int32 user; required int32 item; }";

fn rows(users: &[i32]) -> Vec<Written> {
    let levels = vec![0; users.len()];
    vec![Written::Int32(users.to_vec(), levels.clone()), Written::Int32(users.to_vec(), levels)]
}

#[test]
fn row_groups_and_files_come_in_their_order_whatever_the_threads() {
    // Enough of them that reads of several threads meet.
    let n_groups = 60;
    let users = |group: i32| (0..500).map(|i| group * 1000 + i * i % 997).collect::<Vec<_>>();
    let groups = (0..n_groups).map(|group| rows(&users(group))).collect();
    let many = write(SMALL, Compression::SNAPPY, groups);
    let turned = "message m { required int32 item; required int32 user; }";
    let other = write(turned, Compression::SNAPPY, vec![rows(&[7])]);
    let expected: Vec<f64> = (0..n_groups).flat_map(users).chain([7]).map(f64::from).collect();
    for n_threads in [1, 4, 4, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let frame = pool.install(|| read_bytes(&[&many, &other], &everything())).unwrap();
        assert!(numbers(&frame, "user") == expected, "with {n_threads} threads");
        assert_eq!(frame.origin.place(29_999).1, 30_000);
        assert_eq!(frame.origin.place(30_000).1, 1);
    }
    let lacks = write("message m { required int32 user; }", Compression::SNAPPY, vec![]);
    let error = read_bytes(&[&many, &lacks], &everything()).unwrap_err();
    assert!(
        error.contains(
            "1.parquet, line 1, column `1`: found `user`, expected the columns of 0.parquet"
        ),
        "{error}"
    );
}

#[test]
fn a_file_packed_as_a_whole_is_read_too() {
    let file = write(SMALL, Compression::UNCOMPRESSED, vec![rows(&[3, 4])]);
    let packed = zstd::encode_all(&file[..], 1).unwrap();
    assert_eq!(numbers(&read_bytes(&[&packed], &everything()).unwrap(), "item"), [3.0, 4.0]);
}

#[test]
fn a_damaged_file_is_told_and_never_a_panic() {
    let file = write(TYPES, Compression::SNAPPY, vec![types()]);
    for len in (0..file.len()).step_by(7) {
        let error = read_bytes(&[&file[..len]], &everything()).unwrap_err();
        assert!(error.starts_with("0.parquet cannot be read as Parquet: "), "{error}");
    }
    for at in (0..file.len()).step_by(3) {
        let mut damaged = file.clone();
        damaged[at] ^= 0x55;
        // Some bytes hold values: those read as others. What matters is that nothing ends the program.
        let _ = read_bytes(&[&damaged], &everything());
    }
}
