//! A query against a PostgreSQL server, in a transaction that only reads and sees one state of the data; rows are
//! fetched some thousands at a time.

use std::env;
use std::path::Path;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::error::{ErrorPosition, SqlState};
use postgres::{Client, Config, Error, IsolationLevel, Row, Statement};

use super::wire::{Bytes, cell, shape};
use super::{Rows, Shape, around, tls};
use crate::cells::{Cell, Wrong};
use crate::error::DataError;

/// Rows that are fetched at a time.
const BATCH: i32 = 10_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// What is wrong with parameters. Neither a server nor the name of a variable is repeated in the message: a password may
/// stand there by mistake.
pub(super) fn check(
    server: &str,
    password_env: &str,
    certificates: Option<&Path>,
) -> Result<(), String> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts = password_env.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    if !starts || !password_env.bytes().all(is_name) {
        return Err(
            "password_env: must be the name of an environment variable, such as PGPASSWORD".into(),
        );
    }
    let config: Config = server.parse().map_err(|_: Error| {
        "postgres: is neither a URL such as postgres://USER@HOST:PORT/DATABASE?sslmode=require nor words such as \
         host=HOST user=USER dbname=DATABASE; sslmode is disable, prefer or require"
            .to_owned()
    })?;
    if config.get_password().is_some() {
        return Err(format!(
            "postgres: holds a password, and a spec is no place for one; take it out and put it into the environment \
             variable {password_env}"
        ));
    }
    if certificates.is_some() && config.get_ssl_mode() == SslMode::Disable {
        return Err(
            "certificates: are compared with that of a server over TLS, which `sslmode=disable` in `postgres` rules \
             out; take one of the two out"
                .into(),
        );
    }
    Ok(())
}

/// A server as messages name it: `user@host:port/database`.
pub(super) fn place(server: &str) -> String {
    let Ok(config) = server.parse::<Config>() else { return "PostgreSQL".to_owned() };
    let host = config.get_hosts().first().map_or_else(String::new, |host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    });
    let port = config.get_ports().first().map_or_else(String::new, |port| format!(":{port}"));
    let user = config.get_user().map_or_else(String::new, |user| format!("{user}@"));
    format!("{user}{host}{port}/{}", config.get_dbname().unwrap_or_default())
}

pub(super) fn run(
    server: &str,
    password_env: &str,
    certificates: Option<&Path>,
    query: &str,
    rows: &mut Rows<'_>,
) -> Result<(), DataError> {
    let wrong = |error: &Error| told(&place(server), password_env, query, error);
    let mut client = connect(server, password_env, certificates)?;
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .map_err(|error| wrong(&error))?;
    let statement = transaction.prepare(query).map_err(|error| wrong(&error))?;
    if statement.columns().is_empty() || !statement.params().is_empty() {
        let reason = match statement.params() {
            [] => "the query does something else than read rows",
            _ => "the query has parameters such as $1, which nothing fills",
        };
        let (reason, fix) = (reason.to_owned(), "give one SELECT that is complete".to_owned());
        return Err(DataError::Sql { place: place(server), reason, fix });
    }
    let wanted = begin(&statement, &place(server), rows)?;
    if rows.is_header_only {
        return Ok(());
    }
    let portal = transaction.bind(&statement, &[]).map_err(|error| wrong(&error))?;
    let mut n_rows = 0;
    loop {
        let batch = transaction.query_portal(&portal, BATCH).map_err(|error| wrong(&error))?;
        if batch.is_empty() {
            return Ok(());
        }
        for row in &batch {
            n_rows += 1;
            let cells: Vec<Cell<'_>> = wanted
                .iter()
                .map(|&column| {
                    value(row, column).map_err(|Wrong { found, expected }| DataError::Value {
                        path: place(server).into(),
                        line: n_rows,
                        column: row.columns()[column].name().to_owned(),
                        found,
                        expected: expected.to_owned(),
                    })
                })
                .collect::<Result<_, _>>()?;
            rows.row(&cells)?;
        }
    }
}

fn connect(
    server: &str,
    password_env: &str,
    certificates: Option<&Path>,
) -> Result<Client, DataError> {
    let wrong = |error: &Error| told(&place(server), password_env, "", error);
    let mut config: Config = server.parse().map_err(|error| wrong(&error))?;
    if let Some(password) = env::var_os(password_env) {
        config.password(password.as_encoded_bytes());
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    if config.get_application_name().is_none() {
        config.application_name("bakeoff");
    }
    // Who gives certificates wants to know who the server is, and a server that offers no TLS does not say.
    if certificates.is_some() {
        config.ssl_mode(SslMode::Require);
    }
    let client = match config.get_ssl_mode() {
        SslMode::Disable => config.connect(postgres::NoTls),
        _ => config.connect(tls::connector(certificates)?),
    };
    client.map_err(|error| wrong(&error))
}

/// Takes note of the columns; those that are wanted must be of types that can be read.
fn begin(statement: &Statement, place: &str, rows: &mut Rows<'_>) -> Result<Vec<usize>, DataError> {
    let shapes: Vec<Option<Shape>> =
        statement.columns().iter().map(|column| shape(column.type_())).collect();
    let columns: Vec<(String, Shape)> = (statement.columns().iter().zip(&shapes))
        .map(|(column, shape)| (column.name().to_owned(), shape.unwrap_or(Shape::Any)))
        .collect();
    let wanted = rows.begin(&columns)?;
    if let Some(&index) = wanted.iter().find(|&&index| shapes[index].is_none()) {
        let column = &statement.columns()[index];
        return Err(DataError::ColumnType {
            path: place.into(),
            column: column.name().to_owned(),
            is: format!("of type {}", column.type_()),
            fix: format!("cast it in the query, such as CAST({0} AS text) AS {0}", column.name()),
        });
    }
    Ok(wanted)
}

fn value(row: &Row, column: usize) -> Result<Cell<'_>, Wrong> {
    match row.try_get::<_, Option<Bytes<'_>>>(column) {
        Ok(Some(Bytes(bytes))) => cell(row.columns()[column].type_(), bytes),
        _ => Ok(Cell::Missing),
    }
}

/// What the server or the way to it says, in our words.
fn told(place: &str, password_env: &str, query: &str, error: &Error) -> DataError {
    let sql = |reason: String, fix: String| DataError::Sql { place: place.to_owned(), reason, fix };
    let Some(said) = error.as_db_error() else {
        let mut reason = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            let inner_reason = inner.to_string();
            if !reason.contains(&inner_reason) {
                reason = format!("{reason}: {inner_reason}");
            }
            source = inner.source();
        }
        let fix = if reason.contains("password missing") {
            format!("put the password into the environment variable {password_env}")
        } else if reason.contains("TLS") {
            "use another `sslmode` in `postgres`, or the `certificates` that the server's is signed with".to_owned()
        } else {
            "check that the server runs and that `postgres` names its host and port".to_owned()
        };
        return sql(reason, fix);
    };
    let mut reason = said.message().to_owned();
    if let Some(ErrorPosition::Original(position)) = said.position() {
        let at = (*position as usize).saturating_sub(1);
        reason.push_str(&around(&query.chars().skip(at).collect::<String>()));
    }
    for more in [said.detail(), said.hint()].into_iter().flatten() {
        reason = format!("{reason}; {more}");
    }
    let code = said.code();
    let fix = if *code == SqlState::INVALID_PASSWORD
        || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION
    {
        format!("put the user's password into the environment variable {password_env}")
    } else if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        "give one SELECT; nothing may be changed".to_owned()
    } else if *code == SqlState::INVALID_CATALOG_NAME {
        "name another database in `postgres`".to_owned()
    } else if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        "ask for the right to read it".to_owned()
    } else if *code == SqlState::ADMIN_SHUTDOWN || *code == SqlState::CRASH_SHUTDOWN {
        "try again when the server runs".to_owned()
    } else {
        "mend the query".to_owned()
    };
    sql(reason, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_spec_is_refused_and_not_repeated() {
        for server in [
            "postgres://ann:s3cret@localhost/ml",
            "postgresql://localhost/ml?user=ann&password=s3cret",
            "host=localhost user=ann password=s3cret",
            "postgres://ann:s3cret@host:notaport/ml",
            "host=localhost password='s3cret",
        ] {
            let message = check(server, "PGPASSWORD", None).unwrap_err();
            assert!(!message.contains("s3cret"), "{message}");
        }
        let message = check("postgres://ann:s3cret@localhost/ml", "ML_PASSWORD", None).unwrap_err();
        assert!(message.contains("put it into the environment variable ML_PASSWORD"), "{message}");
        let message = check("postgres://ann@localhost/ml", "s3cret!", None).unwrap_err();
        assert!(!message.contains("s3cret") && message.starts_with("password_env:"), "{message}");
        assert!(check("postgres://ann@localhost/ml?sslmode=verify-full", "P", None).is_err());
        assert_eq!(
            check("postgres://ann@localhost/ml?sslmode=require", "PGPASSWORD", None),
            Ok(())
        );
    }

    #[test]
    fn certificates_rule_out_a_connection_in_the_clear() {
        let check = |server: &str| check(server, "PGPASSWORD", Some(Path::new("root.pem")));
        let message = check("postgres://ann@localhost/ml?sslmode=disable").unwrap_err();
        assert!(message.starts_with("certificates:"), "{message}");
        for mode in ["", "?sslmode=prefer", "?sslmode=require"] {
            assert_eq!(check(&format!("postgres://ann@localhost/ml{mode}")), Ok(()));
        }
    }

    #[test]
    fn a_server_is_named_without_its_password() {
        assert_eq!(place("postgres://ann:s3cret@db:5433/ml"), "ann@db:5433/ml");
        assert_eq!(place("host=/run/pg user=ann dbname=ml"), "ann@/run/pg/ml");
    }
}
