//! The store as its users meet it: files, crashes, repairs, two at a time, many outcomes.

mod check; // what `store check` finds
mod collect; // trials removed by name, and files that nothing needs
mod compact; // an index written anew, and killed meanwhile
mod crash; // kill -9 of a real process between its writes
mod export; // CSV, Parquet, JSON lines
mod files; // what a folder gives back, and what it refuses
mod import; // outcomes of other stores
mod index; // records that are damaged although sled is content, and indexes of other versions
mod locking; // a second coordinator
mod repair; // damaged files and a damaged index
mod replacing; // workers that replace a file while it is being taken away
mod samples; // the outcomes that the others write
mod schema; // files of earlier versions
mod speed; // thousands of outcomes
