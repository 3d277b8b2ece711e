//! scratch
use bakeoff_data::*;
use bakeoff_spec::*;
use std::path::Path;
fn usej(name:&str, v: serde_json::Value)->Use { Use{name:name.into(),revision:1,params: serde_json::from_value(v).unwrap()} }
#[test]
fn scratch() {
    let cache = Path::new("/tmp/dcache");
    let run = |name:&str, v: serde_json::Value, task| {
        let params: Params = serde_json::from_value(v.clone()).unwrap();
        let e = sources::ALL.iter().find(|e| e.name==name).unwrap();
        let params = (e.complete)(&params).unwrap();
        let t = std::time::Instant::now();
        let content = fingerprint(name,&params,cache).unwrap();
        println!("{name} content {content} {:?}", t.elapsed());
        let recipe = Recipe{task, source: usej(name, serde_json::json!({})), content, steps: vec![], split: usej("leave_one_out", serde_json::json!({}))};
        let _ = std::fs::remove_dir_all(cache.join("datasets").join(recipe.key()));
        let t = std::time::Instant::now();
        let d = prepare(&recipe,&params,cache,&mut |l| println!("notice {l}")).unwrap();
        println!("{:?}", t.elapsed());
        let t = std::time::Instant::now();
        prepare(&recipe,&params,cache,&mut |l| println!("notice {l}")).unwrap();
        println!("again {:?}", t.elapsed());
        let t = std::time::Instant::now();
        Dataset::open(d.dir()).unwrap();
        println!("open {:?}", t.elapsed());
        let mut c = d.card().clone(); c.popularity_curve.truncate(12); export(&d, Path::new(&format!("/tmp/t/x_{name}"))).unwrap();
        println!("{c:#?}");
    };
    run("recbole", serde_json::json!({"path":"/work/shared/data/ml-100k/ml-100k.inter"}), Task::TopN);
    run("sequences", serde_json::json!({"path":"/work/shared/data/amazon-beauty/Beauty.txt"}), Task::TopN);
    run("synthetic", serde_json::json!({}), Task::TopN);
}
#[test]
fn sweep() {
    use std::fmt::Write;
    let mut out = String::new();
    for (i, v) in std::fs::read_to_string("/tmp/t/variants").unwrap().lines().enumerate() {
        let params: Params = serde_json::from_str(v).unwrap();
        let e = sources::ALL.iter().find(|e| e.name=="synthetic").unwrap();
        let params = (e.complete)(&params).unwrap();
        let content = fingerprint("synthetic",&params,Path::new("/tmp")).unwrap();
        let recipe = Recipe{task: Task::TopN, source: Use{name:"synthetic".into(),revision:1,params:params.clone()}, content, steps: vec![], split: usej("leave_one_out", serde_json::json!({}))};
        let d = prepare(&recipe,&params,Path::new("/tmp/dcache"),&mut |_|()).unwrap();
        export(&d, Path::new(&format!("/tmp/t/v{i}"))).unwrap();
        writeln!(out, "{i} {v} {:?}", d.card().notes.iter().map(|n| &n[n.find('≈').unwrap()+4..][..4]).collect::<Vec<_>>()).unwrap();
    }
    std::fs::write("/tmp/t/variants.out", out).unwrap();
}
