//! A real PostgreSQL server for a test, of Debian's package `postgresql`: on a free port, in a folder of its own, gone
//! with the test.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use postgres::{Client, Config, NoTls};

/// A variable that every environment has: its value serves as the password, since a test cannot set one.
pub(crate) const PASSWORD_ENV: &str = "PATH";
pub(crate) const USER: &str = "ann";

pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
    pub(crate) dir: Rc<tempfile::TempDir>,
}

impl Server {
    /// Starts one; skipped, and said so, where there is none to be started.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!(
                "skipped: there is no PostgreSQL here; tools/postgres.sh installs Debian's package `postgresql`"
            );
            return None;
        };
        let dir = Rc::new(tempfile::tempdir().unwrap());
        let data = dir.path().join("data");
        fs::create_dir(&data).unwrap();
        let password_file = dir.path().join("password");
        fs::write(&password_file, password()).unwrap();
        make_certificate(dir.path());
        if is_root() {
            run(Command::new("chown").arg("-R").arg(unprivileged()).arg(dir.path()));
        }
        let mut initdb = as_unprivileged(&programs.join("initdb"));
        initdb.args([
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--username",
            USER,
        ]);
        run(initdb.arg("--pwfile").arg(&password_file).arg("-D").arg(&data));
        // A port that is free now may be taken a moment later.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut postgres = as_unprivileged(&programs.join("postgres"));
            postgres.arg("-D").arg(&data).arg("-p").arg(port.to_string()).arg("-k").arg(dir.path());
            for setting in
                ["listen_addresses=127.0.0.1", "fsync=off", "ssl=on", "max_connections=20"]
            {
                postgres.args(["-c", setting]);
            }
            for (setting, name) in [("ssl_cert_file", "server.crt"), ("ssl_key_file", "server.key")]
            {
                postgres.arg("-c").arg(format!("{setting}={}", dir.path().join(name).display()));
            }
            let log = fs::File::create(dir.path().join("log")).unwrap();
            let process = postgres.stdout(Stdio::null()).stderr(log).spawn().unwrap();
            let mut server = Self { process, port, dir: Rc::clone(&dir) };
            if server.answers() {
                return Some(server);
            }
        }
        panic!("PostgreSQL does not start")
    }

    /// A connection string with the database `postgres`, and more words after it.
    pub(crate) fn conninfo(&self, more: &str) -> String {
        format!("host=127.0.0.1 port={} user={USER} dbname=postgres {more}", self.port)
    }

    /// Does what these statements say.
    pub(crate) fn execute(&self, statements: &str) {
        self.client().unwrap().batch_execute(statements).unwrap();
    }

    fn client(&self) -> Result<Client, postgres::Error> {
        let mut config: Config = self.conninfo("sslmode=disable").parse().unwrap();
        config.password(password()).connect(NoTls)
    }

    fn answers(&mut self) -> bool {
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end && self.process.try_wait().unwrap().is_none() {
            if self.client().is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        eprintln!("{}", fs::read_to_string(self.dir.path().join("log")).unwrap_or_default());
        false
    }

    /// Stops it at once; connections end, and so does every process of it.
    pub(crate) fn stop(&mut self) {
        if self.process.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        let process = self.process.id().to_string();
        let _ = Command::new("kill").args(["-QUIT", &process]).status();
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The password, which must be in no output.
pub(crate) fn password() -> String {
    std::env::var(PASSWORD_ENV).unwrap()
}

fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let programs = versions.map(|version| version.unwrap().path().join("bin"));
    programs.filter(|programs| programs.join("initdb").exists()).max()
}

fn is_root() -> bool {
    let uid = Command::new("id").arg("-u").output().unwrap().stdout;
    uid.trim_ascii() == b"0"
}

/// PostgreSQL refuses to run as root.
fn unprivileged() -> &'static str {
    let is_there = Command::new("id").arg("postgres").output().unwrap().status.success();
    if is_there { "postgres" } else { "nobody" }
}

/// The program as somebody who may run it; it ends with the thread that starts it, whatever happens to that.
fn as_unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(["--reuid", unprivileged(), "--clear-groups"]);
    }
    command.args(["--pdeathsig", "QUIT"]).arg(program);
    command.current_dir("/");
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A certificate of 127.0.0.1 that it has signed itself.
pub(crate) fn make_certificate(dir: &Path) {
    let config = "[req]\ndistinguished_name=name\nx509_extensions=extensions\nprompt=no\n[name]\nCN=127.0.0.1\n\
                  [extensions]\nsubjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n";
    fs::write(dir.join("openssl.conf"), config).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-config",
        "openssl.conf",
    ]);
    run(openssl.args(["-keyout", "server.key", "-out", "server.crt"]).current_dir(dir));
    run(Command::new("chmod").args(["600", "server.key"]).current_dir(dir));
}
