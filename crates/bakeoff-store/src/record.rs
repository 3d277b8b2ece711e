//! The format of a record of the index: version, checksum, the stamp of the outcome's file, and the outcome without
//! its curve as deflated JSON.
//!
//! Records differ from one another in little but numbers, so they are deflated against a dictionary: a fifth of the
//! room on disk, and of the database's memory.

use std::cell::RefCell;

use bakeoff_spec::{Outcome, TrialKey};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// Tells whether a file is still the one that was indexed, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    pub(crate) inode: u64,
    pub(crate) modified_nanos: i64,
}

/// The number whose 32 hex digits are a trial's key: half the room of its text, and in the same order.
pub(crate) type KeyNumber = u128;

/// The number of a key.
pub(crate) fn number_of(key: &TrialKey) -> KeyNumber {
    KeyNumber::from_str_radix(key.as_str(), 16).expect("a key is 32 hex digits")
}

/// The key with that number.
pub(crate) fn key_of(number: KeyNumber) -> TrialKey {
    TrialKey::parse(&format!("{number:032x}")).expect("these are 32 hex digits")
}

/// The bytes of the record; `None` where the outcome cannot be written at all.
pub(crate) fn encode(stamp: Stamp, mut outcome: Outcome) -> Option<Vec<u8>> {
    outcome.curve = Vec::new();
    let json = serde_json::to_vec(&outcome).ok()?;
    let mut record = vec![SCHEMA];
    record.extend([0; CHECKSUM_LEN]);
    record.extend(stamp.bytes.to_le_bytes());
    record.extend(stamp.inode.to_le_bytes());
    record.extend(stamp.modified_nanos.to_le_bytes());
    record.extend((json.len() as u32).to_le_bytes());
    deflate(&json, &mut record)?;
    let checksum = checksum(number_of(&outcome.key), &record);
    record[1..BODY].copy_from_slice(&checksum);
    Some(record)
}

/// The stamp in the record of the trial `key`; `None` if a single bit of it is not as it was written.
pub(crate) fn stamp(key: KeyNumber, record: &[u8]) -> Option<Stamp> {
    let body = record.get(BODY..)?;
    if record[0] != SCHEMA || record[1..BODY] != checksum(key, record) {
        return None;
    }
    let (words, _) = body.as_chunks::<8>();
    let [bytes, inode, modified] = *words.first_chunk()?;
    Some(Stamp {
        bytes: u64::from_le_bytes(bytes),
        inode: u64::from_le_bytes(inode),
        modified_nanos: i64::from_le_bytes(modified),
    })
}

/// The outcome in the record, without its curve; `None` as for [`stamp`].
pub(crate) fn outcome(key: KeyNumber, record: &[u8]) -> Option<Outcome> {
    stamp(key, record)?;
    let (len, deflated) = record.get(BODY + STAMP_LEN..)?.split_first_chunk()?;
    let json = inflate(deflated, u32::from_le_bytes(*len) as usize)?;
    serde_json::from_slice(&json).ok()
}

/// The form of records. Another number goes with another name of the tree that holds them.
const SCHEMA: u8 = 2;
const CHECKSUM_LEN: usize = 16;
const STAMP_LEN: usize = 24;
/// Where the checksummed part begins.
const BODY: usize = 1 + CHECKSUM_LEN;
/// Part of the form: with another text, records of this form cannot be read.
const DICTIONARY: &[u8] = include_bytes!("record_dictionary.txt");

fn checksum(key: KeyNumber, record: &[u8]) -> [u8; CHECKSUM_LEN] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[record[0]]).update(&key.to_be_bytes()).update(&record[BODY..]);
    let mut checksum = [0; CHECKSUM_LEN];
    hasher.finalize_xof().fill(&mut checksum);
    checksum
}

fn deflate(bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    thread_local! {
        static COMPRESS: RefCell<Compress> = RefCell::new(Compress::new(Compression::default(), false));
    }
    COMPRESS.with_borrow_mut(|compress| {
        compress.reset();
        compress.set_dictionary(DICTIONARY).ok()?;
        // What cannot be made smaller grows by some bytes a block.
        out.reserve(bytes.len() + bytes.len() / 8 + 64);
        let status = compress.compress_vec(bytes, out, FlushCompress::Finish).ok()?;
        (status == Status::StreamEnd).then_some(())
    })
}

fn inflate(deflated: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut decompress = Decompress::new(false);
    decompress.set_dictionary(DICTIONARY).ok()?;
    let mut bytes = Vec::with_capacity(len);
    let status = decompress.decompress_vec(deflated, &mut bytes, FlushDecompress::Finish).ok()?;
    (status == Status::StreamEnd).then_some(bytes)
}
