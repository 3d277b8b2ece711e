//! SQL: interactions, a row each, as a query gives them.

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::{ParamError, SpecPath, SpecPlace};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Source, TimeUnit};
use crate::error::DataError;
use crate::frame::{Roles, Want};
use crate::input::InputFiles;
use crate::interactions::Interactions;
use crate::sql::{Database, Query, RowOrder};

/// Which database, which query, and which of its columns. What a prepared dataset is known by is what the rows hold;
/// the query is run again for that. Dates and timestamps are read as seconds since 1970, arrays of texts as tags; in
/// messages, the line of a row is its number in the result, from 1.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sql {
    /// The path of a SQLite database; or else `postgres`.
    #[serde(default)]
    pub sqlite: Option<SpecPath>,
    /// A PostgreSQL server, without a password: a URL such as `postgres://USER@HOST:PORT/DATABASE`, or words such as
    /// `host=HOST user=USER dbname=DATABASE sslmode=require`. `sslmode` is `disable`, `prefer` (the default) or
    /// `require`.
    #[serde(default)]
    pub postgres: Option<SpecPlace>,
    /// The environment variable that holds the server's password.
    #[serde(default = "password_env")]
    pub password_env: SpecPlace,
    /// A PEM file with the certificates that may have signed that of the server; TLS is required then, whatever
    /// `sslmode` says. Without it, the connection is encrypted as `sslmode` says, and who the server is remains
    /// unchecked.
    #[serde(default)]
    pub certificates: Option<SpecPath>,
    /// One SELECT. It is part of what the data is known by; where the database lies is not.
    #[schemars(length(min = 1))]
    pub query: String,
    /// The order of the rows, which is the order in time of those with the same time, or of all where there are no
    /// times.
    #[serde(default)]
    pub order: RowOrder,
    /// The column of user ids.
    #[serde(default = "user")]
    pub user: String,
    /// The column of item ids.
    #[serde(default = "item")]
    pub item: String,
    /// The column of ratings; by default `rating` if there is one.
    #[serde(default)]
    pub rating: Option<String>,
    /// The column of times; by default `timestamp` if there is one.
    #[serde(default)]
    pub timestamp: Option<String>,
    /// What times count that are plain numbers, since the beginning of 1970.
    #[serde(default)]
    pub time_unit: TimeUnit,
    /// Further columns of the interactions to keep.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Where the data comes divided: the column that says `train`, `valid` or `test`.
    #[serde(default)]
    pub part: Option<String>,
}

fn password_env() -> SpecPlace {
    SpecPlace("PGPASSWORD".into())
}

fn user() -> String {
    "user".into()
}

fn item() -> String {
    "item".into()
}

impl Plugin for Sql {
    const NAME: &'static str = "sql";
    const ABOUT: &'static str =
        "The rows of a query against SQLite or PostgreSQL, one interaction each.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        params.query()?.check()?;
        params.roles().check()
    }
}

impl Source for Sql {
    fn content(&self) -> Result<Option<String>, DataError> {
        self.checked()?.content(&self.want()).map(Some)
    }

    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        let header = self.checked()?.columns(&self.want())?;
        Ok(Some(self.roles().names(&header)))
    }

    fn read(&self, _files: &InputFiles) -> Result<Interactions, DataError> {
        let (frame, content) = self.checked()?.read(&self.want())?;
        let mut table = frame.into_interactions(&self.roles())?;
        table.content = Some(content);
        if table.timestamp.is_none() && self.order == RowOrder::Content {
            let note = "The query gives no times: the order of a user's interactions is none in time. Name the column \
                        with `timestamp`, or give an ORDER BY and `order: query`.";
            table.notes.push(note.to_owned());
        }
        Ok(table)
    }
}

impl Sql {
    fn query(&self) -> Result<Query<'_>, String> {
        let database = Database::of(
            self.sqlite.as_ref(),
            self.postgres.as_ref(),
            &self.password_env,
            self.certificates.as_ref(),
        )?;
        Ok(Query { database, text: &self.query, order: self.order })
    }

    fn checked(&self) -> Result<Query<'_>, DataError> {
        self.query().map_err(|message| DataError::Params {
            plugin: Self::NAME,
            source: ParamError { message },
        })
    }

    fn want(&self) -> Want {
        Want { time_unit: self.time_unit, ..Want::roles(&self.roles()) }
    }

    fn roles(&self) -> Roles<'_> {
        Roles {
            user: &self.user,
            item: &self.item,
            rating: self.rating.as_deref(),
            timestamp: self.timestamp.as_deref(),
            columns: &self.columns,
            part: self.part.as_deref(),
        }
    }
}
