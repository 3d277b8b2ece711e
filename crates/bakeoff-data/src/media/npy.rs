//! A matrix in the `.npy` format, read from front to end without a second copy.
//!
//! The format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use half::f16;
use npyz::{DType, Endianness, NpyHeader, Order, TypeChar};

use super::guarded;
use crate::error::DataError;

/// Numbers that are converted at a time.
const BLOCK: usize = 1 << 16;

/// An open file, its header read.
#[derive(Debug)]
pub(crate) struct Matrix {
    path: PathBuf,
    file: BufReader<File>,
    pub(crate) n_rows: usize,
    pub(crate) n_columns: usize,
    float: Float,
    is_fortran: bool,
}

/// How a number is written.
#[derive(Debug, Clone, Copy)]
struct Float {
    n_bytes: usize,
    is_big_endian: bool,
}

impl Matrix {
    /// Opens a file of `[n, d]` floating point numbers of 2, 4 or 8 bytes, in either order of bytes and of axes.
    pub(crate) fn open(path: &Path) -> Result<Self, DataError> {
        let read_error = |source| DataError::Read { path: path.to_owned(), source };
        let bad = |reason: String| DataError::Array { path: path.to_owned(), reason };
        let mut file = BufReader::new(File::open(path).map_err(read_error)?);
        let header =
            guarded(|| NpyHeader::from_reader(&mut file).map_err(|error| error.to_string()));
        let header = header.map_err(|error| bad(format!("it is no .npy file ({error})")))?;
        let float = Float::of(&header.dtype()).ok_or_else(|| {
            bad(format!(
                "its numbers are {}, allowed are <f2, <f4, <f8 and >f2, >f4, >f8; save it with .astype('float32')",
                header.dtype().descr()
            ))
        })?;
        let &[n_rows, n_columns] = header.shape() else {
            let n = header.shape().len();
            return Err(bad(format!("it has {n} axes instead of 2; an embedding a row is needed")));
        };
        let expected =
            n_rows.checked_mul(n_columns).and_then(|n| n.checked_mul(float.n_bytes as u64));
        let start = file.stream_position().map_err(read_error)?;
        let len = file.get_ref().metadata().map_err(read_error)?.len() - start;
        if expected.is_none_or(|expected| expected > len) || n_columns == 0 {
            return Err(bad(format!(
                "it is said to hold {n_rows} × {n_columns} numbers of {} bytes and has {len} bytes of them; it was cut \
                 short or its header is wrong",
                float.n_bytes
            )));
        }
        let (n_rows, n_columns) = (n_rows as usize, n_columns as usize);
        let is_fortran = header.order() == Order::Fortran;
        Ok(Self { path: path.to_owned(), file, n_rows, n_columns, float, is_fortran })
    }

    /// Writes each row to where `place` says in `out`, `[…, n_columns]`; rows without a place are passed over. Each number
    /// must be finite as f32.
    pub(crate) fn read_rows(
        mut self,
        place: &[Option<u32>],
        out: &mut [f32],
    ) -> Result<(), DataError> {
        let n_numbers = self.n_rows * self.n_columns;
        let mut bytes = vec![0; BLOCK * self.float.n_bytes];
        let (mut row, mut column) = (0, 0);
        let mut n_left = n_numbers;
        while n_left > 0 {
            let n = n_left.min(BLOCK);
            n_left -= n;
            let block = &mut bytes[..n * self.float.n_bytes];
            self.file
                .read_exact(block)
                .map_err(|source| DataError::Read { path: self.path.clone(), source })?;
            for number in block.chunks_exact(self.float.n_bytes) {
                let number = self.float.read(number);
                let narrow = number as f32;
                if !narrow.is_finite() {
                    return Err(self.not_finite(row, column, number));
                }
                if let Some(place) = place[row] {
                    out[place as usize * self.n_columns + column] = narrow;
                }
                (row, column) = self.next(row, column);
            }
        }
        Ok(())
    }

    fn next(&self, row: usize, column: usize) -> (usize, usize) {
        if self.is_fortran {
            if row + 1 == self.n_rows { (0, column + 1) } else { (row + 1, column) }
        } else if column + 1 == self.n_columns {
            (row + 1, 0)
        } else {
            (row, column + 1)
        }
    }

    fn not_finite(&self, row: usize, column: usize, found: f64) -> DataError {
        let reason = format!(
            "row {row}, column {column} (from 0): found `{found:?}`, expected a finite number; mend or leave out the \
             row"
        );
        DataError::Array { path: self.path.clone(), reason }
    }
}

impl Float {
    fn of(dtype: &DType) -> Option<Self> {
        let DType::Plain(dtype) = dtype else { return None };
        let n_bytes = dtype.num_bytes().filter(|n_bytes| [2, 4, 8].contains(n_bytes))?;
        let is_big_endian = dtype.endianness() == Endianness::Big;
        (dtype.type_char() == TypeChar::Float).then_some(Self { n_bytes, is_big_endian })
    }

    fn read(self, bytes: &[u8]) -> f64 {
        let mut low_first = [0; 8];
        low_first[..self.n_bytes].copy_from_slice(bytes);
        if self.is_big_endian {
            low_first[..self.n_bytes].reverse();
        }
        let [a, b, c, d, ..] = low_first;
        match self.n_bytes {
            2 => f16::from_le_bytes([a, b]).to_f64(),
            4 => f32::from_le_bytes([a, b, c, d]).into(),
            _ => f64::from_le_bytes(low_first),
        }
    }
}

/// An id a line, as a file beside a matrix gives them.
pub(crate) fn read_ids(path: &Path) -> Result<Vec<String>, DataError> {
    let text = crate::input::read(path)?;
    let text = String::from_utf8(text).map_err(|error| DataError::Read {
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidData, error),
    })?;
    let mut ids = Vec::new();
    for (line, id) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if id.is_empty() {
            return Err(DataError::Value {
                path: path.to_owned(),
                line: line as u64 + 1,
                column: "1".to_owned(),
                found: String::new(),
                expected: "an id".to_owned(),
            });
        }
        ids.push(id.to_owned());
    }
    Ok(ids)
}
