use std::fs;
use std::sync::Arc;

use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::shell::Shell;
use crate::workspace::{real_data, root};

#[test]
fn every_shipped_spec_is_valid_and_names_the_schema() {
    let shell = Shell::new();
    let mut n_specs = 0;
    for file in fs::read_dir(root().join("experiments")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "yaml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().next(), Some("# yaml-language-server: $schema=schema.json"));
        if text.contains("${BAKEOFF_DATA}") {
            let Some(data) = real_data("README.md") else { continue };
            let args = ["check", path.to_str().unwrap(), "--json"];
            let output = shell.command(&args).env("BAKEOFF_DATA", data.parent().unwrap()).output();
            assert!(output.unwrap().status.success(), "{}", path.display());
        } else {
            shell.ok(&["check", path.to_str().unwrap(), "--json"]);
        }
        n_specs += 1;
    }
    assert!(n_specs >= 3, "only {n_specs} specs were checked");
}

#[test]
fn the_schema_beside_the_specs_is_what_the_binary_prints() {
    let printed = Shell::new().ok(&["schema"]).stdout;
    let kept = fs::read_to_string(root().join("experiments/schema.json")).unwrap();
    assert!(printed == kept, "run: target/release/bakeoff schema > experiments/schema.json");
}

/// A Parquet file without rows: an id, and columns of text.
fn empty_parquet(id: &str, texts: &[&str]) -> Vec<u8> {
    let text = |name: &&str| format!("optional binary {name} (STRING);");
    let texts: String = texts.iter().map(text).collect();
    let schema = format!("message movies {{ required int64 {id}; {texts} }}");
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut bytes = Vec::new();
    SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap().close().unwrap();
    bytes
}

/// The YAML blocks of a document.
fn blocks(document: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(document)).unwrap();
    let blocks = text.split("```yaml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn what_the_documents_show_can_be_written_into_a_spec() {
    let shell = Shell::new();
    let rest = "version: 1\ntask: top_n\n\
                data: { source: { name: synthetic }, split: { name: leave_one_out } }\n";
    let any_model = "models: [{ name: sasrec }]\n";
    let [search, space] = &blocks("docs/search.md")[..] else { panic!("other blocks") };
    let [schedule, slurm] = &blocks("docs/running.md")[..] else { panic!("other blocks") };
    let [data] = &blocks("docs/preparing.md")[..] else { panic!("other blocks") };
    let [drawn, sampled, given] = &blocks("docs/negatives.md")[..] else { panic!("other blocks") };
    let specs = [
        blocks("README.md")[0].clone(),
        format!("{rest}{any_model}{search}"),
        format!("{rest}search: {{ name: random }}\n{space}"),
        format!("{rest}{any_model}{schedule}"),
        format!("{rest}{any_model}{slurm}"),
        format!("version: 1\ntask: top_n\n{any_model}{data}"),
        format!("{rest}{any_model}{drawn}"),
        format!("{rest}{any_model}{sampled}"),
        format!("version: 1\ntask: top_n\n{any_model}{given}"),
    ];
    // Planning reads headers and schemas; of the rest it takes the hash.
    let files = [
        ("ratings/a.csv.gz", b"userId,movieId,rating,timestamp\n".to_vec()),
        ("movies.parquet", empty_parquet("movieId", &["title", "genres", "year"])),
        ("posters/1.png", b"no picture".to_vec()),
        ("people.jsonl", b"{}".to_vec()),
        ("ml-1m.train.rating", b"0\t1\t4\t7\n".to_vec()),
        ("ml-1m.test.rating", b"0\t2\t4\t8\n".to_vec()),
        ("ml-1m.test.negative", b"(0,2)\t3\n".to_vec()),
    ];
    for (file, bytes) in files {
        let path = shell.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    for (i, spec) in specs.iter().enumerate() {
        let name = format!("shown_{i}.yaml");
        shell.spec(&name, spec);
        shell.ok(&["check", &name]);
    }
}
