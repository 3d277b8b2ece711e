//! What a table holds does not depend on where it is cut into blocks, nor on the cores.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::column::Values;
use crate::frame::Field;

const TEXTS: [(&str, Kind); 2] = [("a", Kind::Inferred), ("b", Kind::Inferred)];

fn want(fields: &[(&str, Kind)]) -> Want {
    let field = |&(name, kind): &(&str, Kind)| Field {
        name: name.to_owned(),
        param: "columns",
        kind,
        is_required: true,
    };
    Want { fields: fields.iter().map(field).collect(), ..Want::default() }
}

/// The table of files with these contents, named `0.csv`, `1.csv`, …; paths in errors are their names alone.
fn read_texts(files: &[&[u8]], format: &Format, size: usize) -> Result<Frame, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = |(i, bytes): (usize, &&[u8])| {
        let path = dir.path().join(format!("{i}.csv"));
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let paths: Vec<PathBuf> = files.iter().enumerate().map(path).collect();
    let as_it_is = |header, _: &Path| Ok(header);
    let frame = read_in_blocks(&paths, format, &want(&TEXTS), &as_it_is, size);
    frame.map_err(|error| error.to_string().replace(&format!("{}/", dir.path().display()), ""))
}

fn texts(frame: &Frame, column: usize) -> Vec<&str> {
    let Values::Text(texts) = &frame.columns[column].values else { panic!("texts") };
    texts.iter().collect()
}

/// File name and line of each row.
fn places(frame: &Frame) -> Vec<(String, u64)> {
    let places = (0..frame.origin.len()).map(|row| frame.origin.place(row));
    places.map(|(path, line)| (path.file_name().unwrap().display().to_string(), line)).collect()
}

fn lines(frame: &Frame) -> Vec<u64> {
    places(frame).into_iter().map(|(_, line)| line).collect()
}

#[test]
fn a_quoted_line_break_may_fall_on_any_border_of_blocks() {
    let text = b"a,b\n\"one\nline, \"\"two\"\"\",x\n2,\"\n\"\n3,\"y\n\nz\"";
    for size in 1..text.len() + 2 {
        let frame = read_texts(&[text], &Format::new(","), size).unwrap();
        assert_eq!(texts(&frame, 0), ["one\nline, \"two\"", "2", "3"], "blocks of {size}");
        assert_eq!(texts(&frame, 1), ["x", "", "y\n\nz"], "blocks of {size}");
        assert_eq!(lines(&frame), [2, 4, 6], "blocks of {size}");
        assert!(frame.repairs.is_empty());
    }
}

#[test]
fn blank_lines_are_passed_over_and_counted() {
    let text = b"\n \na,b\n\n\n1,2\n  \n\r\n3,4\n\n";
    for size in 1..text.len() + 2 {
        let frame = read_texts(&[text], &Format::new(","), size).unwrap();
        assert_eq!((texts(&frame, 0), lines(&frame)), (vec!["1", "3"], vec![6, 9]));
    }
}

#[test]
fn line_ends_of_two_characters_are_one_and_mixed_ones_are_told() {
    for size in 1..40 {
        let read = |text: &[u8]| read_texts(&[text], &Format::new(","), size).unwrap();
        let frame = read(b"a,b\r\n1,\"x\r\ny\"\r\n\r\n2,\"z\"\r\n");
        assert_eq!(texts(&frame, 1), ["x\r\ny", "z"]);
        assert_eq!(lines(&frame), [2, 5]);
        assert!(frame.repairs.is_empty(), "a line break in quotes is no line end");
        let mixed = read(b"a,b\r\n1,2\r\n3,4\n5,6\r\n");
        assert_eq!(texts(&mixed, 1), ["2", "4", "6"]);
        assert_eq!(mixed.repairs["file with mixed line ends"], 1);
        let quoted = read(b"a,b\r\n1,\"x\ny\"\r\n");
        assert!(quoted.repairs.is_empty());
    }
    let error = read_texts(&[b"a,b\r1,2\r3,4\r"], &Format::new(","), BLOCK).unwrap_err();
    assert!(error.starts_with("0.csv, line 1, column `1`: found `a carriage return"), "{error}");
}

#[test]
fn a_quote_within_a_field_is_one_and_a_quote_left_open_is_told() {
    for size in 1..60 {
        let frame = read_texts(&[b"a,b\n5\" disk,x\n,\"\"\n"], &Format::new(","), size).unwrap();
        assert_eq!(texts(&frame, 0), ["5\" disk", ""]);
        let open = b"a,b\n1,\"x\ny\"\n2,\"open\n3,4\n5,6\n";
        let error = read_texts(&[open], &Format::new(","), size).unwrap_err();
        let expected = "0.csv, line 4, column `1`: found `2,\"open\n3,4\n5,6`, expected the quote that closes the \
                        field; where quotes mean nothing, give `quote: \"\"`";
        assert_eq!(error, expected);
        let error = read_texts(&[b"a,\"b\n1,2\n"], &Format::new(","), size).unwrap_err();
        assert!(error.starts_with("0.csv, line 1, column `1`: found `a,\"b"), "{error}");
    }
    let format = Format { quote: None, ..Format::new(",") };
    assert_eq!(texts(&read_texts(&[b"a,b\n1,\"x\n"], &format, 3).unwrap(), 1), ["\"x"]);
}

#[test]
fn rows_of_several_files_know_their_file_and_line() {
    let files: [&[u8]; 4] =
        [b"a,b\n1,2\n\n3,4", b"a,b\n", b"a,b\n5,6\n", b"\xef\xbb\xbfa,b\n7,8\n"];
    let frame = read_texts(&files, &Format::new(","), 5).unwrap();
    let place = |name: &str, line| (name.to_owned(), line);
    let expected = [place("0.csv", 2), place("0.csv", 4), place("2.csv", 2), place("3.csv", 2)];
    assert_eq!(places(&frame), expected);
    assert_eq!(texts(&frame, 1), ["2", "4", "6", "8"]);
    assert_eq!(frame.repairs["byte order mark passed over"], 1);
    let error = read_texts(&[b"a,b\n1,2\n", b"b,a\n"], &Format::new(","), BLOCK).unwrap_err();
    assert!(
        error.contains(
            "1.csv, line 1, column `1`: found `b, a`, expected the columns of 0.csv (a, b)"
        ),
        "{error}"
    );
    let error = read_texts(&[b"a,b\n1,2\n", b"a,b\n1,2\n\n1\n"], &Format::new(","), 4).unwrap_err();
    assert_eq!(error, "1.csv, line 4: 1 field, expected 2 as in the header (a, b)");
}

#[test]
fn a_long_delimiter_and_older_characters_are_read() {
    let names = Some(vec!["a".to_owned(), "b".to_owned()]);
    let format = Format { names, is_latin1: true, ..Format::new("::") };
    for size in 1..30 {
        let frame = read_texts(&[b"1::Caf\xe9: \"noir\n2:::x,y\n"], &format, size).unwrap();
        assert_eq!(texts(&frame, 0), ["1", "2"]);
        assert_eq!(texts(&frame, 1), ["Caf\u{e9}: \"noir", ":x,y"]);
    }
    let format = Format { is_latin1: false, ..format };
    let error = read_texts(&[b"1::x\n2::Caf\xe9\n"], &format, 3).unwrap_err();
    assert!(error.starts_with("0.csv, line 2, column `b`: found `2\u{1f}Caf\u{fffd}`"), "{error}");
}

/// A record a row, and whether it is written with CR LF and a blank line after it.
type Written = (String, String, bool, bool);

fn records() -> impl Strategy<Value = Vec<Written>> {
    let part = prop_oneof![
        "[ab0-9,;\"]{1,3}",
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("é".to_owned())
    ];
    let field = proptest::collection::vec(part, 0..4).prop_map(|parts| parts.concat());
    proptest::collection::vec((field.clone(), field, any::<bool>(), any::<bool>()), 0..12)
}

fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_table_is_the_same_whatever_the_blocks_and_threads(rows in records(), size in 1..64usize, n_threads in 1..4usize) {
        let mut text = "a,b\n".to_owned();
        let (mut expected, mut line) = (Vec::new(), 2);
        for (a, b, is_crlf, has_blank) in &rows {
            expected.push((a.trim().to_owned(), b.trim().to_owned(), line));
            let written = format!("{},{}", quoted(a), quoted(b));
            text.push_str(&written);
            text.push_str(if *is_crlf { "\r\n" } else { "\n" });
            text.push_str(if *has_blank { "\n" } else { "" });
            line += 1 + written.matches('\n').count() as u64 + u64::from(*has_blank);
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let frame = pool.install(|| read_texts(&[text.as_bytes()], &Format::new(","), size).unwrap());
        let (a, b) = (texts(&frame, 0), texts(&frame, 1));
        let read: Vec<_> = lines(&frame).into_iter().enumerate()
            .map(|(row, line)| (a[row].to_owned(), b[row].to_owned(), line)).collect();
        prop_assert_eq!(read, expected);
        let whole = read_texts(&[text.as_bytes()], &Format::new(","), BLOCK).unwrap();
        prop_assert_eq!(&whole.columns, &frame.columns, "the same codes too");
    }
}
