//! What holds of every public set in the list.

use std::collections::BTreeSet;
use std::path::Path;

use bakeoff_spec::registry::find;

use super::Checksum;
use crate::fetch::{fetch, fetchable, sets};
use crate::sources;

#[test]
fn names_and_files_are_unique_and_everything_is_told() {
    let all = fetchable();
    let names: BTreeSet<_> = all.iter().map(|known| known.name).collect();
    assert_eq!(names.len(), all.len());
    // A mirror keeps the files of all sets in one folder.
    let files: Vec<_> = sets::all().flat_map(|set| set.remotes).map(|remote| remote.file).collect();
    assert_eq!(files.iter().collect::<BTreeSet<_>>().len(), files.len());
    for set in sets::all() {
        // What stands beside the folder ends in something else.
        assert!(!set.name.contains('.'), "{}", set.name);
        assert!(set.about.ends_with('.') && !set.licence.is_empty(), "{}", set.name);
        for remote in set.remotes {
            assert!(remote.urls[0].starts_with("https://"), "{}", remote.file);
            assert!(remote.urls.iter().all(|url| url.ends_with(remote.file)), "{}", remote.file);
            let digits = match remote.checksum {
                Some(Checksum::Md5(hex)) => (hex, 32),
                Some(Checksum::Sha256(hex)) => (hex, 64),
                None => continue,
            };
            assert_eq!(digits.0.len(), digits.1, "{}", remote.file);
            let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            assert!(digits.0.bytes().all(is_digit), "{}", remote.file);
        }
    }
}

#[test]
fn the_sources_take_the_parameters() {
    for set in sets::all() {
        let Some(source) = find(sources::ALL, set.source) else { continue };
        let params = set.params(Path::new("cache"));
        let params = params.into_iter().map(|(name, value)| (name.to_owned(), value.into()));
        let complete = (source.complete)(&params.collect());
        complete.unwrap_or_else(|error| panic!("{}: {error}", set.name));
    }
}

#[test]
fn the_lines_of_a_spec_have_absolute_paths_and_strings_that_hold_anything() {
    let yaml = super::unknown(&[]).yaml(Path::new("/a \"b\""));
    let expected = concat!(
        "data:\n  source:\n    name: csv\n    params:\n",
        "      interactions: \"/a \\\"b\\\"/downloads/tiny/data.bin\"\n",
        "      delimiter: \"\\t\"\n"
    );
    assert_eq!(yaml, expected);
}

#[test]
fn what_cannot_be_fetched_is_told_what_can() {
    let fetch = |name| fetch(name, Path::new("unused"), None, &mut |_| {}).unwrap_err().to_string();
    assert_eq!(
        fetch("ml-1M"),
        "`ml-1M` is no data set that can be fetched (did you mean `ml-1m`?); `bakeoff data fetch` lists those that can"
    );
    assert!(fetch("zzz").starts_with("`zzz` is no data set that can be fetched; "));
}
