//! SQL: users or items, a row each, as a query gives them.

use std::path::Path;

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::{ParamError, SpecPath, SpecPlace};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Join, Joined};
use crate::error::DataError;
use crate::frame::Want;
use crate::ids::Ids;
use crate::input::InputFiles;
use crate::sql::{Database, Query, RowOrder};

/// Which database, which query, and which of its columns. What a prepared dataset is known by is what the rows hold.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlTable {
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
    /// The column of ids.
    pub key: String,
    /// The columns to bring; by default all. Their types say what they are: numbers, texts, or tags where they are
    /// arrays; dates and timestamps are seconds since 1970.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
}

fn password_env() -> SpecPlace {
    SpecPlace("PGPASSWORD".into())
}

impl Plugin for SqlTable {
    const NAME: &'static str = "sql";
    const ABOUT: &'static str =
        "The rows of a query against SQLite or PostgreSQL, one user or item each.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        params.query()?.check()?;
        Want::check_side(&params.key, params.columns.as_deref())
    }
}

impl Join for SqlTable {
    fn content(&self) -> Result<Option<String>, DataError> {
        self.checked()?.content(&self.want()).map(Some)
    }

    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        let want = self.want();
        let header = self.checked()?.columns(&want)?;
        want.names_beside_key(&header, Path::new("")).map(Some)
    }

    fn read(&self, _files: &InputFiles, ids: &Ids) -> Result<Joined, DataError> {
        let (frame, content) = self.checked()?.read(&self.want())?;
        Ok(Joined { content: Some(content), ..frame.into_side(&self.key, ids)? })
    }
}

impl SqlTable {
    fn query(&self) -> Result<Query<'_>, String> {
        let database = Database::of(
            self.sqlite.as_ref(),
            self.postgres.as_ref(),
            &self.password_env,
            self.certificates.as_ref(),
        )?;
        Ok(Query { database, text: &self.query, order: RowOrder::Content })
    }

    fn checked(&self) -> Result<Query<'_>, DataError> {
        self.query().map_err(|message| DataError::Params {
            plugin: Self::NAME,
            source: ParamError { message },
        })
    }

    fn want(&self) -> Want {
        Want::side(&self.key, "key", self.columns.as_deref())
    }
}
