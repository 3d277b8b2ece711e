//! `MovieLens` in every format, by hand and against the same data in another form.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use bakeoff_data::Interactions;
use serde_json::json;

use crate::recipes::file;
use crate::tables::{column, interactions, known, numbers, real, rows, tags, texts};

fn movielens(path: &Path) -> Interactions {
    interactions("movielens", json!({ "path": path })).unwrap()
}

/// A film of 100K: number, title, date, and which genres it has.
fn film(id: u32, title: &str, date: &str, genres: &[usize]) -> String {
    let flags: Vec<&str> =
        (0..19).map(|genre| if genres.contains(&genre) { "1" } else { "0" }).collect();
    format!("{id}|{title}|{date}||http://imdb/{id}|{}\n", flags.join("|"))
}

#[test]
fn movielens_100k_has_flags_dates_and_older_characters() {
    let dir = tempfile::tempdir().unwrap();
    file(dir.path(), "u.data", "2\t20\t5\t881250949\n1\t10\t3\t881250950\n2\t30\t1\t1\n");
    let films = film(10, "Toy Story (1995)", "01-Jan-1995", &[3, 4, 5])
        + &film(20, "Delic\u{e9} \"x\" (1991)", "", &[])
        + &film(30, "unknown", "02-Jan-1970", &[0])
        + &film(40, "Nobody's (1999)", "01-Jan-1999", &[8]);
    let latin1: Vec<u8> = films.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    file(dir.path(), "u.item", latin1);
    file(dir.path(), "u.user", "1|24|M|technician|85711\n2|53|F|other|V3N4P\n");
    let table = movielens(dir.path());
    let expected =
        [("2", "20", 5.0, 881_250_949.0), ("1", "10", 3.0, 881_250_950.0), ("2", "30", 1.0, 1.0)];
    assert_eq!(rows(&table), expected);
    let films = &table.item_columns;
    assert_eq!(texts(films, "title"), ["Delic\u{e9} \"x\"", "Toy Story", "unknown"]);
    assert_eq!(known(films, "year"), [Some(1991.0), Some(1995.0), None]);
    assert_eq!(known(films, "release_date"), [None, Some(788_918_400.0), Some(86_400.0)]);
    assert_eq!(tags(films, "genres"), [&[][..], &["Animation", "Children's", "Comedy"], &[]]);
    let users = &table.user_columns;
    assert_eq!(numbers(users, "age"), [53.0, 24.0]);
    assert_eq!(texts(users, "gender"), ["F", "M"]);
    assert_eq!(texts(users, "zip_code"), ["V3N4P", "85711"]);
    let alone = interactions("movielens", json!({ "path": dir.path(), "side": false })).unwrap();
    assert!(alone.item_columns.is_empty() && alone.user_columns.is_empty());
    let by_file = movielens(&dir.path().join("u.data"));
    assert_eq!(by_file.item_columns.len(), 4);
    file(dir.path(), "u.item", film(10, "x", "soon", &[]));
    let error = interactions("movielens", json!({ "path": dir.path() })).unwrap_err().to_string();
    assert!(error.contains("u.item, line 1, column `release_date`: found `soon`"), "{error}");
}

const FILMS_DAT: &[u8] = b"1::Toy Story (1995)::Animation|Children's|Comedy\n\
    2::Seven (Se7en) (1995)::Crime\n73::Mis\xe9rables, Les: Part (1995)::(no genres listed)\n";

#[test]
fn movielens_1m_has_codes_and_older_characters() {
    let dir = tempfile::tempdir().unwrap();
    file(
        dir.path(),
        "ratings.dat",
        "1::73::5::978300760\n1::1::3::978302109\n9::2::4::978301968\n",
    );
    file(dir.path(), "movies.dat", FILMS_DAT);
    file(dir.path(), "users.dat", "1::F::1::10::48067\n9::M::56::16::02139\n");
    let table = movielens(dir.path());
    assert_eq!(rows(&table)[0], ("1", "73", 5.0, 978_300_760.0));
    let films = &table.item_columns;
    assert_eq!(texts(films, "title"), ["Mis\u{e9}rables, Les: Part", "Toy Story", "Seven (Se7en)"]);
    assert_eq!(tags(films, "genres")[..2], [&[][..], &["Animation", "Children's", "Comedy"]]);
    assert_eq!(texts(&table.user_columns, "age"), ["Under 18", "56+"]);
    assert_eq!(texts(&table.user_columns, "occupation"), ["K-12 student", "self-employed"]);
    assert_eq!(texts(&table.user_columns, "zip_code"), ["48067", "02139"]);
}

#[test]
fn movielens_10m_has_halves_and_tags_and_no_users() {
    let dir = tempfile::tempdir().unwrap();
    file(dir.path(), "ratings.dat", "1::122::3.5::838985046\n2::73::4::838983525\n");
    file(
        dir.path(),
        "movies.dat",
        "122::Boomerang (1992)::Comedy\n73::Mis\u{e9}rables (1995)::Drama\n",
    );
    file(
        dir.path(),
        "tags.dat",
        "15::122::fun::1215184630\n16::122::dated::1\n17::122::fun::2\n18::5::x::3\n",
    );
    let spec = json!({ "path": dir.path(), "tags": true });
    let table = interactions("movielens", spec).unwrap();
    assert_eq!(rows(&table)[0], ("1", "122", 3.5, 838_985_046.0));
    assert_eq!(texts(&table.item_columns, "title")[1], "Mis\u{e9}rables", "10M is in UTF-8");
    assert_eq!(tags(&table.item_columns, "tags"), [&["fun", "dated"][..], &[]]);
    assert!(table.user_columns.is_empty());
    assert_eq!(movielens(dir.path()).item_columns.len(), 3, "tags are read only if asked for");
}

const RATINGS_CSV: &str = "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,3,4.5,964981247\n";
const MOVIES_CSV: &str = "movieId,title,genres\n1,Toy Story (1995),Adventure|Fantasy\n\
    3,\"American President, The (1995)\",(no genres listed)\n";

fn csv_folder(dir: &Path) {
    file(dir, "ratings.csv", RATINGS_CSV);
    file(dir, "movies.csv", MOVIES_CSV);
    file(dir, "tags.csv", "userId,movieId,tag,timestamp\n2,3,\"funny, very\",1445714994\n");
    file(dir, "links.csv", "movieId,imdbId,tmdbId\n1,0114709,862\n3,0112346,\n");
}

#[test]
fn movielens_of_today_has_quoted_titles_links_and_tags() {
    let dir = tempfile::tempdir().unwrap();
    csv_folder(dir.path());
    let spec = json!({ "path": dir.path(), "tags": true, "links": true });
    let table = interactions("movielens", spec).unwrap();
    assert_eq!(rows(&table), [("1", "1", 4.0, 964_982_703.0), ("1", "3", 4.5, 964_981_247.0)]);
    let films = &table.item_columns;
    assert_eq!(texts(films, "title"), ["Toy Story", "American President, The"]);
    assert_eq!(tags(films, "genres"), [&["Adventure", "Fantasy"][..], &[]]);
    assert_eq!(tags(films, "tags"), [&[][..], &["funny, very"]]);
    assert_eq!(texts(films, "imdb_id"), ["0114709", "0112346"]);
    assert_eq!(texts(films, "tmdb_id"), ["862", ""]);
}

#[test]
fn a_file_that_is_asked_for_and_not_there_is_told_by_name() {
    let dir = tempfile::tempdir().unwrap();
    csv_folder(dir.path());
    std::fs::remove_file(dir.path().join("tags.csv")).unwrap();
    let spec = json!({ "path": dir.path(), "tags": true });
    let error = interactions("movielens", spec).unwrap_err().to_string();
    let told = "has no tags.csv, which `tags: true` asks for; put it there or leave `tags` out";
    assert!(error.ends_with(told), "{error}");
}

#[test]
fn an_archive_as_downloaded_and_packed_files_read_like_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    csv_folder(dir.path());
    let of_folder = movielens(dir.path());
    let path = dir.path().join("ml-latest-small.zip");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (name, text) in
        [("README.txt", "x"), ("movies.csv", MOVIES_CSV), ("ratings.csv", RATINGS_CSV)]
    {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(format!("ml-latest-small/{name}"), options).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    let of_archive = movielens(&path);
    assert_eq!(rows(&of_archive), rows(&of_folder));
    assert_eq!(of_archive.item_columns[0], of_folder.item_columns[0]);
    let told = of_archive.origin.place(1);
    assert!(told.0.ends_with("ml-latest-small.zip/ml-latest-small/ratings.csv") && told.1 == 3);
    let packed = tempfile::tempdir().unwrap();
    let zstd = zstd::encode_all(RATINGS_CSV.as_bytes(), 1).unwrap();
    file(packed.path(), "ratings.csv.zst", zstd);
    assert_eq!(rows(&movielens(packed.path())), rows(&of_folder));
}

#[test]
fn a_folder_without_ratings_is_told_what_is_looked_for() {
    let dir = tempfile::tempdir().unwrap();
    file(dir.path(), "readme.txt", "x");
    let error = interactions("movielens", json!({ "path": dir.path() })).unwrap_err().to_string();
    assert!(error.contains("neither u.data nor ratings.dat nor ratings.csv is there"), "{error}");
    file(dir.path(), "ratings.csv", "user,movie,rating,timestamp\n1,1,1,1\n");
    let error = interactions("movielens", json!({ "path": dir.path() })).unwrap_err().to_string();
    assert!(error.contains("ratings.csv has no column `userId` (did you mean `user`?)"), "{error}");
}

#[test]
fn movielens_100k_is_the_same_from_either_form() {
    let Some(path) = real("ml-100k/ml-100k.inter") else { return };
    let table = interactions("recbole", json!({ "path": path })).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for (user, item, rating, time) in rows(&table) {
        writeln!(text, "{user}\t{item}\t{rating}\t{time}").unwrap();
    }
    file(dir.path(), "u.data", text);
    let read = movielens(dir.path());
    assert_eq!(rows(&read), rows(&table));
    assert_eq!(read.len(), 100_000);
    assert!(matches!(
        column(&table.user_columns, "zip_code"),
        bakeoff_data::column::Values::Text(_)
    ));
}
