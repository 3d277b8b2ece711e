//! Queries against SQLite files and against a real PostgreSQL server.

use bakeoff_data::sources;
use bakeoff_spec::Params;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::postgres::{PASSWORD_ENV, Server, password};
use crate::recipes::{Planned, file};
use crate::tables::{interactions, joined, known, rows, tags, texts};

const READ: &str =
    "SELECT who AS \"user\", what AS item, stars AS rating, at AS timestamp FROM seen";

/// The error of a source or join with these parameters, and that the password stands nowhere in it.
fn error_of(spec: Value) -> String {
    let error = interactions("sql", spec).unwrap_err();
    assert!(error.is_user_mistake());
    assert!(!format!("{error} {error:?}").contains(&password()), "the password is in `{error}`");
    error.to_string()
}

/// The hash of what a source reads.
fn content(spec: &Value) -> String {
    let params: Params = serde_json::from_value(spec.clone()).unwrap();
    sources::source("sql", &params).unwrap().content().unwrap().unwrap()
}

fn seen(connection: &Connection, rows: &[(&str, i64, f64, &str)]) {
    connection.execute_batch("CREATE TABLE seen (who, what, stars, at)").unwrap();
    for (who, what, stars, at) in rows {
        connection.execute("INSERT INTO seen VALUES (?, ?, ?, ?)", (who, what, stars, at)).unwrap();
    }
}

const ROWS: [(&str, i64, f64, &str); 3] = [
    ("ann", 7, 4.5, "2024-01-01"),
    ("bo", 9_007_199_254_740_993, 3.0, "2024-01-02 00:00:01"),
    ("ann", 8, 1.0, "2024-01-03"),
];

#[test]
fn sqlite_rows_are_read_and_known_by_what_they_hold() {
    let dir = tempfile::tempdir().unwrap();
    let database = |name: &str, rows: &[(&str, i64, f64, &str)]| {
        let path = dir.path().join(name);
        let connection = Connection::open(&path).unwrap();
        seen(&connection, rows);
        (json!({ "sqlite": path, "query": READ }), connection)
    };
    let (spec, connection) = database("a.db", &ROWS);
    let table = interactions("sql", spec.clone()).unwrap();
    assert_eq!(table.content, Some(content(&spec)), "rows are hashed as they are read");
    let mut read = rows(&table);
    read.sort_by(|a, b| a.3.total_cmp(&b.3));
    let day = 1_704_067_200.0;
    let expected = [
        ("ann", "7", 4.5, day),
        ("bo", "9007199254740993", 3.0, day + 86_401.0),
        ("ann", "8", 1.0, day + 2.0 * 86_400.0),
    ];
    assert_eq!(read, expected);
    let turned: Vec<_> = ROWS.into_iter().rev().collect();
    let (other, _) = database("b.db", &turned);
    assert_eq!(content(&spec), content(&other), "neither the file nor its order of rows counts");
    assert_eq!(rows(&interactions("sql", other).unwrap()), rows(&table));
    connection.execute_batch("UPDATE seen SET stars = 4 WHERE what = 7").unwrap();
    let (changed, _) = database("c.db", &ROWS[..2]);
    assert_ne!(content(&spec), content(&changed));
    connection.execute_batch("UPDATE seen SET stars = 4.5 WHERE what = 7; VACUUM").unwrap();
    let (same, _) = database("d.db", &ROWS);
    assert_eq!(content(&spec), content(&same));
    let twice: Vec<_> = ROWS.into_iter().chain([ROWS[0]]).collect();
    assert_ne!(content(&spec), content(&database("e.db", &twice).0));
}

#[test]
fn rows_come_in_the_order_of_the_query_if_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    seen(&Connection::open(&path).unwrap(), &ROWS);
    let spec = |query: &str, order: &str| json!({ "sqlite": path, "query": query, "order": order });
    let ordered = "SELECT who AS user, what AS item FROM seen ORDER BY what DESC";
    let table = interactions("sql", spec(ordered, "query")).unwrap();
    let items: Vec<&str> = rows(&table).into_iter().map(|row| row.1).collect();
    assert_eq!(items, ["9007199254740993", "8", "7"]);
    assert!(table.notes.is_empty());
    assert_ne!(
        content(&spec(ordered, "query")),
        content(&spec(&ordered.replace("DESC", ""), "query"))
    );
    let table = interactions("sql", spec(ordered, "content")).unwrap();
    assert!(table.notes[0].starts_with("The query gives no times"), "{:?}", table.notes);
    let error = format!("{:?}", interactions("sql", spec(READ, "query")).unwrap_err());
    assert!(error.contains("the query has no ORDER BY"), "{error}");
}

#[test]
fn a_write_ahead_log_is_read_and_the_file_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wal.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0").unwrap();
    seen(&connection, &ROWS);
    let before = std::fs::read(&path).unwrap();
    let table = interactions("sql", json!({ "sqlite": path, "query": READ })).unwrap();
    assert_eq!(table.len(), 3, "the rows are in the log alone");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_wrong_with_a_sqlite_query_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let connection = Connection::open(&path).unwrap();
    seen(&connection, &ROWS);
    connection.execute_batch("CREATE TABLE odd (user, item, rating); INSERT INTO odd VALUES ('a', 1, 2), ('b', x'00', 'bad')").unwrap();
    for (query, told) in [
        (
            "SELECT who AS user FROM seen",
            "has no column `item`; it has `user`; `item` names the column",
        ),
        (
            "SELECT user, item FROM odd",
            "a.db, line 2, column `item`: found `a blob`, expected a number or a text; cast it",
        ),
        (
            "SELECT user, 1 AS item, rating FROM odd",
            "line 2, column `rating`: found `bad`, expected a number, or null",
        ),
        (
            "SELECT absent FROM seen",
            "a.db: no such column: absent at `absent FROM seen`; mend the query",
        ),
        ("SELEC 1", "near \"SELEC\": syntax error at `SELEC 1`; mend the query"),
        ("DELETE FROM seen", "the query does something else than read rows; give one SELECT"),
        ("DELETE FROM seen RETURNING who AS user", "the query does something else than read rows"),
        ("SELECT 1; DELETE FROM seen", "the query is more than one statement"),
        ("-- nothing", "the query is empty"),
        (
            "SELECT who, who, what AS item FROM seen",
            "two columns of the result are called `who`; name each once",
        ),
    ] {
        let error = error_of(json!({ "sqlite": path, "query": query }));
        assert!(error.contains(told), "{query}: {error}");
    }
    let count: i64 =
        connection.query_row("SELECT count(*) FROM seen", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 3);
    let png = file(
        dir.path(),
        "x.png",
        b"\x89PNG\r\n\x1a\n and so on, longer than a header of a hundred bytes".repeat(20),
    );
    let error = error_of(json!({ "sqlite": png, "query": READ }));
    assert!(error.contains("x.png cannot be read as SQLite: it does not begin as"), "{error}");
    let none = dir.path().join("none.db");
    let error = error_of(json!({ "sqlite": none, "query": READ }));
    assert!(error.starts_with("cannot read") && !none.exists(), "{error}");
    let error = format!("{:?}", interactions("sql", json!({ "query": READ })).unwrap_err());
    assert!(error.contains("give either `sqlite`"), "{error}");
}

#[test]
fn a_dataset_is_prepared_from_a_query_and_from_its_new_rows_under_another_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let connection = Connection::open(&path).unwrap();
    seen(
        &connection,
        &[("a", 1, 1.0, "2024-01-01"), ("a", 2, 1.0, "2024-01-02"), ("a", 3, 1.0, "2024-01-03")],
    );
    let spec = json!({ "sqlite": path, "query": READ });
    let planned = Planned::new(dir.path(), "sql", spec.clone()).unwrap();
    let data = planned.prepare().unwrap();
    assert_eq!(data.raw_item(data.test().items[0] as usize), "3");
    connection.execute_batch("INSERT INTO seen VALUES ('a', 4, 1, '2024-01-04')").unwrap();
    let again = Planned::new(dir.path(), "sql", spec).unwrap();
    assert_ne!(again.recipe.key(), planned.recipe.key());
    std::fs::remove_dir_all(&planned.cache).unwrap();
    let error = planned.prepare().unwrap_err().to_string();
    assert!(error.contains("have changed since planning"), "{error}");
}

const TABLES: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'glad');
    CREATE DOMAIN stars AS numeric(3, 1);
    CREATE TABLE seen (who uuid, what bigint, stars stars, at timestamptz, note text, felt mood, ok boolean,
        small smallint, real real, day date, words text[], numbers int[], code char(5), doc jsonb);
    INSERT INTO seen VALUES
        ('00010203-0405-0607-0809-0a0b0c0d0e0f', 9007199254740993, 4.5, '2024-01-01 01:00:00.5+01', 'caf\u{e9}',
         'glad', true, -3, 0.5, '1970-01-02', '{a,NULL,\"b c\"}', '{3,1}', 'ab', '{}'),
        ('00010203-0405-0607-0809-0a0b0c0d0e0f', 2, NULL, '1969-12-31 23:59:59+00', NULL,
         NULL, NULL, NULL, NULL, NULL, NULL, '{}', NULL, NULL);
    CREATE TABLE many AS SELECT n % 100 AS \"user\", n AS item, n AS timestamp FROM generate_series(1, 25000) AS n;";

#[test]
fn postgres_rows_are_read_with_their_types() {
    let Some(server) = Server::start() else { return };
    server.execute(TABLES);
    let spec = |query: &str, more: Value| {
        let mut spec = json!({ "postgres": server.conninfo(""), "password_env": PASSWORD_ENV, "query": query });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        spec
    };
    let columns = json!({ "columns": ["note", "felt", "ok", "small", "real", "day", "words", "numbers", "code"] });
    let query = format!("{}, * FROM seen ORDER BY what DESC", READ.split(" FROM").next().unwrap());
    let query =
        query.replace(", *", ", note, felt, ok, small, real, day, words, numbers, code, doc");
    let table = interactions(
        "sql",
        spec(&query, json!({ "order": "query", "columns": columns["columns"] })),
    )
    .unwrap();
    let user = "00010203-0405-0607-0809-0a0b0c0d0e0f";
    let read = rows(&table);
    assert_eq!(read[0], (user, "9007199254740993", 4.5, 1_704_067_200.5));
    assert_eq!((read[1].1, read[1].3), ("2", -1.0));
    assert!(read[1].2.is_nan());
    let columns = &table.columns;
    assert_eq!(texts(columns, "note"), ["caf\u{e9}", ""]);
    assert_eq!(texts(columns, "felt"), ["glad", ""]);
    assert_eq!(texts(columns, "code"), ["ab", ""]);
    for (name, expected) in [("ok", 1.0), ("small", -3.0), ("real", 0.5), ("day", 86_400.0)] {
        assert_eq!(known(columns, name), [Some(expected), None], "{name}");
    }
    assert_eq!(tags(columns, "words"), [&["a", "b c"][..], &[]]);
    assert_eq!(tags(columns, "numbers"), [&["3", "1"][..], &[]]);

    let many = spec("SELECT * FROM many", json!({}));
    let table = interactions("sql", many.clone()).unwrap();
    assert_eq!((table.len(), table.users.len()), (25_000, 100));
    let before = content(&many);
    server.execute(
        "CREATE TABLE other AS SELECT * FROM many ORDER BY item DESC; DROP TABLE many;
                    ALTER TABLE other RENAME TO many",
    );
    assert_eq!(content(&many), before, "the order of the rows does not count");
    assert_eq!(rows(&interactions("sql", many.clone()).unwrap()), rows(&table));
    server.execute("UPDATE many SET item = 0 WHERE item = 12345");
    assert_ne!(content(&many), before);

    let join = spec(
        "SELECT what, note, words, 1.50::numeric AS price FROM seen",
        json!({ "key": "what" }),
    );
    let columns = joined("sql", join, &["2", "x", "9007199254740993"]).unwrap().columns;
    assert_eq!(texts(&columns, "note"), ["", "", "caf\u{e9}"]);
    assert_eq!(tags(&columns, "words")[2], ["a", "b c"]);
    assert_eq!(known(&columns, "price"), [Some(1.5), None, Some(1.5)]);
}

#[test]
fn what_is_wrong_with_a_postgres_query_or_server_is_told_and_the_password_is_not() {
    let Some(mut server) = Server::start() else { return };
    server.execute(TABLES);
    let with = |server: String, password_env: &str, query: &str| json!({ "postgres": server, "password_env": password_env, "query": query, "columns": [] });
    let told = |query: &str| error_of(with(server.conninfo(""), PASSWORD_ENV, query));
    let place = format!("ann@127.0.0.1:{}/postgres", server.port);
    assert_eq!(
        told("SELECT who, nothing\nFROM seen"),
        format!("query at {place}: column \"nothing\" does not exist at `nothing`; mend the query")
    );
    for (query, expected) in [
        (
            "SELECT who AS \"user\", doc AS item FROM seen",
            "column `item`: it is of type jsonb, which cannot be read; cast it in the query, such as CAST(item AS text) AS item",
        ),
        ("SELECT 1 AS item", "has no column `user`; it has `item`"),
        (
            "SELECT what AS \"user\", note AS item FROM seen ORDER BY what",
            "line 1, column `item`: found `null`, expected an id",
        ),
        (
            "INSERT INTO many VALUES (1, 2, 3) RETURNING \"user\", item",
            "cannot execute INSERT in a read-only transaction; give one SELECT",
        ),
        ("DROP TABLE seen", "the query does something else than read rows"),
        ("SELECT 1; DROP TABLE seen", "cannot insert multiple commands into a prepared statement"),
        (
            "SELECT what AS \"user\", $1::int AS item FROM seen",
            "parameters such as $1, which nothing fills",
        ),
        ("SELECT what AS \"user\", 1/(what - 2) AS item FROM seen", "division by zero"),
        (
            "SELECT 1 AS \"user\", 2 AS item, 'infinity'::date AS timestamp",
            "column `timestamp`: found `infinity`",
        ),
    ] {
        let error = told(query);
        assert!(error.contains(expected), "{query}: {error}");
    }
    let error = error_of(with(server.conninfo(""), "HOME", READ));
    assert!(error.contains("password authentication failed for user \"ann\"; put the user's password into the environment variable HOME"), "{error}");
    let error = error_of(with(server.conninfo(""), "BAKEOFF_NOT_SET", READ));
    assert!(
        error.contains(
            "password missing; put the password into the environment variable BAKEOFF_NOT_SET"
        ),
        "{error}"
    );
    let error =
        error_of(with(server.conninfo("").replace("=postgres", "=none"), PASSWORD_ENV, READ));
    assert!(error.contains("database \"none\" does not exist; name another database"), "{error}");
    let url = format!("postgres://ann:{}@127.0.0.1/postgres", password().replace('/', "%2F"));
    let error = interactions("sql", with(url, PASSWORD_ENV, READ)).unwrap_err();
    let error = format!("{error:?}");
    assert!(error.contains("holds a password") && !error.contains("%2F"), "{error}");
    let conninfo = server.conninfo("connect_timeout=5");
    server.stop();
    let error = error_of(with(conninfo, PASSWORD_ENV, READ));
    assert!(
        error.contains("onnection refused") && error.contains("check that the server runs"),
        "{error}"
    );
}

#[test]
fn a_connection_to_postgres_is_encrypted_as_sslmode_says() {
    let Some(server) = Server::start() else { return };
    let query = "SELECT ssl::int AS \"user\", version AS item FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let spec = |more: &str, certificates: Value| {
        json!({
            "postgres": server.conninfo(more), "password_env": PASSWORD_ENV, "query": query,
            "certificates": certificates, "order": "content",
        })
    };
    let version = |spec: Value| rows(&interactions("sql", spec).unwrap())[0].1.to_owned();
    for more in ["", "sslmode=prefer", "sslmode=require"] {
        assert_eq!(version(spec(more, Value::Null)), "TLSv1.3", "{more}");
    }
    let error = error_of(spec("sslmode=disable", Value::Null));
    assert!(
        error.contains("column `item`: found `null`"),
        "without TLS it has no version: {error}"
    );
    let certificate = server.dir.path().join("server.crt");
    assert_eq!(version(spec("sslmode=require", json!(certificate))), "TLSv1.3");
    let dir = tempfile::tempdir().unwrap();
    crate::postgres::make_certificate(dir.path());
    let error = error_of(spec("sslmode=require", json!(dir.path().join("server.crt"))));
    assert!(error.contains("certificate") && error.contains("use another `sslmode`"), "{error}");
    let error = error_of(spec("", json!(file(dir.path(), "no.pem", "no certificate"))));
    assert!(error.contains("no.pem cannot be read as PEM"), "{error}");
}
