//! Lets the binary find libtorch without `LD_LIBRARY_PATH`, and tells it which commit it was built from.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    if let Ok(libtorch) = std::env::var("LIBTORCH") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{libtorch}/lib");
    }
    // Where there is no git, the version alone names the code.
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).map(|commit| {
        let is_changed =
            git(&["status", "--porcelain", "--untracked-files=no", "--", "../../crates"])
                .is_some_and(|changes| !changes.is_empty());
        format!("+{commit}{}", if is_changed { ".changed" } else { "" })
    });
    println!("cargo::rustc-env=BAKEOFF_COMMIT={}", commit.unwrap_or_default());
    // An edit makes the code another one than the commit's; a commit moves the other two.
    println!("cargo::rerun-if-changed=..");
    for path in ["HEAD", "logs/HEAD"] {
        if let Some(path) =
            git(&["rev-parse", "--git-path", path]).filter(|path| Path::new(path).exists())
        {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("--no-optional-locks")
        .args(args)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}
