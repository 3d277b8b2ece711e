//! `bakeoff data describe` and `audit` on a few rows.

use serde_json::Value;

use crate::shell::Shell;

/// Two users with four interactions each; the newest of `a` is the first again.
const REPEATED: &str =
    "user,item,rating,timestamp\na,x,5,1\na,y,,2\na,z,3,3\na,x,4,4\nb,z,1,1\nb,x,2,2\nb,y,3,3\n";

fn shell() -> Shell {
    let shell = Shell::new();
    shell.spec("rows.csv", REPEATED);
    let spec = |steps: &str| {
        format!(
            "version: 1\ntask: top_n\ndata:\n  source: {{ name: csv, params: {{ interactions: rows.csv }} }}\n\
             {steps}  split: {{ name: leave_one_out }}\nmodels:\n  - name: popularity\n"
        )
    };
    shell.spec("raw.yaml", &spec(""));
    shell.spec("clean.yaml", &spec("  steps: [{ name: deduplicate }]\n"));
    shell
}

#[test]
fn an_audit_tells_leaks_and_fails_for_them_only_if_it_is_strict() {
    let shell = shell();
    let ran = shell.run(&["data", "audit", "raw.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("LEAK repeated_interactions: "), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("\n1 leak, 0 notices\n"), "{}", ran.stdout);
    assert_eq!(shell.run(&["data", "audit", "raw.yaml", "--strict"]).code, Some(1));
    // What is left is only to be told.
    let ran = shell.run(&["data", "audit", "clean.yaml", "--strict"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n0 leaks, 1 notice\n"), "{}", ran.stdout);
    let findings = shell.json(&["data", "audit", "raw.yaml", "--json"]);
    let found = |check: &str| {
        let all = findings.as_array().unwrap();
        let one: &Value = all.iter().find(|finding| finding["check"] == check).unwrap();
        (one["severity"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap())
    };
    assert_eq!(found("repeated_interactions"), ("leak".to_owned(), 1));
    assert_eq!(found("own_future"), ("fine".to_owned(), 0));
}

#[test]
fn a_description_shows_every_figure_of_the_card() {
    let shell = shell();
    let ran = shell.run(&["data", "describe", "clean.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let line = |start: &str| {
        let lines = ran.stdout.lines().find(|line| line.starts_with(start));
        lines.unwrap_or_else(|| panic!("no `{start}` in {}", ran.stdout)).to_owned()
    };
    let cells = |start: &str| line(start).split_whitespace().skip(1).collect::<Vec<_>>().join(" ");
    assert_eq!(line("2 users"), "2 users, 3 items, 6 interactions, density 100.000 %");
    assert_eq!(cells("csv "), "7 0 2 3 0");
    assert_eq!(cells("deduplicate"), "6 1 2 3 0");
    // One rating is missing, before and after.
    assert_eq!(cells("rating   rows"), "rows 1 1");
    assert_eq!(cells("train "), "2 33.33 % 2 2");
    // a's first is x and b's is z; of test, a's z is known and b's y is not.
    let after = |heading: &str, n: usize| {
        let rest = ran.stdout.split(heading).nth(1).unwrap();
        rest.lines().nth(n).unwrap().split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!(after("repeated rows\n", 1), ["test", "2", "0", "0", "1", "1", "1", "0"]);
    let bar = "████████████████████";
    assert_eq!(after("users, in train\n", 1), ["2", "0", "3", bar, "0"]);
    assert_eq!(after(" a column ", 3), ["test", "█", "2"]);
}
