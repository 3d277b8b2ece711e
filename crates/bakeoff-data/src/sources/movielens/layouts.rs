//! The three formats: which files, columns and codes they have.

use std::path::Path;

use super::{ITEMS, LINKS, TAGS, USERS};
use crate::delimited::Format;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// 100K: `u.data`, `u.item`, `u.user`.
    Data,
    /// 1M and 10M: `ratings.dat`, `movies.dat`, of 1M `users.dat`, of 10M `tags.dat`.
    Dat,
    /// Latest, 20M, 25M, 32M: `ratings.csv`, `movies.csv`, `tags.csv`, `links.csv`.
    Csv,
}

/// The genres of 100K in the order of the flags in `u.item`, as in its `u.genre`.
pub(super) const GENRES: [&str; 19] = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
];

/// Name of a file, what it is packed with left aside.
pub(super) fn unpacked_name(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    [".gz", ".zst"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(name)
}

impl Layout {
    /// The format that a file of ratings has by the ending of its name, and whether it has the name that it is published
    /// under.
    pub(super) fn of(path: &Path) -> Option<(Self, bool)> {
        let name = unpacked_name(path);
        match name.rsplit_once('.')?.1 {
            "data" => Some((Self::Data, name == "u.data")),
            "dat" => Some((Self::Dat, name == "ratings.dat")),
            "csv" => Some((Self::Csv, name == "ratings.csv")),
            _ => None,
        }
    }

    /// User, item, rating and time in the file of ratings.
    pub(super) fn columns(self) -> [&'static str; 4] {
        match self {
            Self::Data | Self::Dat => ["user", "item", "rating", "timestamp"],
            Self::Csv => ["userId", "movieId", "rating", "timestamp"],
        }
    }

    /// The files that may lie beside the ratings.
    pub(super) fn side_files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Data => &[(USERS, "u.user"), (ITEMS, "u.item")],
            Self::Dat => &[(USERS, "users.dat"), (ITEMS, "movies.dat"), (TAGS, "tags.dat")],
            Self::Csv => &[(ITEMS, "movies.csv"), (TAGS, "tags.csv"), (LINKS, "links.csv")],
        }
    }

    /// The columns that are made of a file beside the ratings.
    pub(super) fn names(self, role: &str) -> &'static [&'static str] {
        match (role, self) {
            (USERS, _) => &["age", "gender", "occupation", "zip_code"],
            (ITEMS, Self::Data) => &["title", "year", "genres", "release_date"],
            (ITEMS, _) => &["title", "year", "genres"],
            (TAGS, _) => &["tags"],
            (LINKS, _) => &["imdb_id", "tmdb_id"],
            _ => &[],
        }
    }

    pub(super) fn ratings(self) -> Format {
        self.format("\t", &self.columns())
    }

    pub(super) fn users(self) -> Format {
        self.format(
            "|",
            match self {
                Self::Data => &["user", "age", "gender", "occupation", "zip_code"],
                Self::Dat | Self::Csv => &["user", "gender", "age", "occupation", "zip_code"],
            },
        )
    }

    pub(super) fn films(self) -> Format {
        let first = ["item", "title", "release_date", "video_release_date", "url"];
        match self {
            Self::Data => {
                let names: Vec<&str> = first.into_iter().chain(GENRES).collect();
                Format { is_latin1: true, ..self.format("|", &names) }
            }
            Self::Dat | Self::Csv => self.format("|", &["item", "title", "genres"]),
        }
    }

    pub(super) fn tags(self) -> Format {
        self.format("|", &["user", "item", "tag", "timestamp"])
    }

    /// The format of a file; `delimiter` is that of 100K, which has another one in every file.
    fn format(self, delimiter: &str, names: &[&str]) -> Format {
        let names = Some(names.iter().map(|&name| name.to_owned()).collect());
        match self {
            Self::Data => Format { quote: None, names, ..Format::new(delimiter) },
            Self::Dat => Format { quote: None, names, ..Format::new("::") },
            // These have headers.
            Self::Csv => Format::new(","),
        }
    }
}

/// What the codes of ages in 1M stand for, as its README says.
pub(super) fn age_of_code(code: &str) -> &str {
    match code {
        "1" => "Under 18",
        "18" => "18-24",
        "25" => "25-34",
        "35" => "35-44",
        "45" => "45-49",
        "50" => "50-55",
        "56" => "56+",
        other => other,
    }
}

/// What the codes of occupations in 1M stand for, as its README says.
pub(super) fn occupation_of_code(code: &str) -> &str {
    const OCCUPATIONS: [&str; 21] = [
        "other or not specified",
        "academic/educator",
        "artist",
        "clerical/admin",
        "college/grad student",
        "customer service",
        "doctor/health care",
        "executive/managerial",
        "farmer",
        "homemaker",
        "K-12 student",
        "lawyer",
        "programmer",
        "retired",
        "sales/marketing",
        "scientist",
        "self-employed",
        "technician/engineer",
        "tradesman/craftsman",
        "unemployed",
        "writer",
    ];
    code.parse::<usize>().ok().and_then(|code| OCCUPATIONS.get(code).copied()).unwrap_or(code)
}
