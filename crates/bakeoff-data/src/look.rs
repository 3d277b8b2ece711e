//! What source and joins hold, as hashes: before they are read, and after.

use std::path::Path;

use crate::error::DataError;
use crate::input::{self, InputFile};
use crate::joins::Join;
use crate::sources::Source;

/// A look at what source and joins hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) cache: &'a Path,
    /// After reading: what the source and then each join hashed as it read, if it does. Of the others every byte is
    /// read again, remembered or not, since somebody may have written while they were read.
    pub(crate) after: Option<&'a [Option<String>]>,
}

impl Look<'_> {
    /// What the source holds. Nothing is downloaded for it: before, the pinned content says what files should hold.
    pub(crate) fn source(&self, source: &dyn Source) -> Result<String, DataError> {
        if let (Some(download), None) = (source.download(), self.after) {
            return Ok(download.content.to_owned());
        }
        match self.read(0).map_or_else(|| source.content(), |read| Ok(Some(read)))? {
            Some(content) => Ok(content),
            None => self.files(&source.files(self.cache)?),
        }
    }

    /// What the join with this number holds.
    pub(crate) fn join(&self, join: &dyn Join, number: usize) -> Result<String, DataError> {
        match self.read(number + 1).map_or_else(|| join.content(), |read| Ok(Some(read)))? {
            Some(content) => Ok(content),
            None => self.files(&join.files()?),
        }
    }

    fn read(&self, place: usize) -> Option<String> {
        self.after?.get(place)?.clone()
    }

    fn files(&self, files: &[InputFile]) -> Result<String, DataError> {
        input::content(files, self.after.is_none().then_some(self.cache))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::InputFiles;
    use crate::interactions::Interactions;

    /// Rows that somebody changes between two looks.
    struct Changing;

    impl Source for Changing {
        fn content(&self) -> Result<Option<String>, DataError> {
            Ok(Some("as planned".into()))
        }

        fn read(&self, _: &InputFiles) -> Result<Interactions, DataError> {
            Ok(Interactions { content: Some("changed".into()), ..Interactions::default() })
        }
    }

    #[test]
    fn after_reading_it_counts_what_was_read() {
        let cache = Path::new("no-cache");
        let before = Look { cache, after: None };
        assert_eq!(before.source(&Changing).unwrap(), "as planned");
        let read = [Changing.read(&InputFiles::default()).unwrap().content];
        let after = Look { cache, after: Some(&read) };
        assert_eq!(after.source(&Changing).unwrap(), "changed");
    }
}
