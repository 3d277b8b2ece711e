//! The arrays of a prepared dataset: one safetensors file, written at once, read through a memory map.
//!
//! The format orders arrays by the size of their elements, so that each lies aligned in the map; any tool that reads
//! safetensors reads ours. Little-endian machines only, as the format is.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytemuck::Pod;
use memmap2::Mmap;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};

use crate::error::DataError;

/// The file's name in a dataset's folder.
pub(crate) const FILE: &str = "arrays.safetensors";

/// What the arrays of a column of rows, users or items are called, or of a part's rows. A dot within its name is written
/// `%2E`, so that a column called `tags.offsets` is not taken for where the entries of `tags` begin.
pub(crate) fn column_array(of: &str, column: &str) -> String {
    format!("{of}.column.{}", column.replace('%', "%25").replace('.', "%2E"))
}

/// The file, mapped or decrypted, and where its arrays lie.
#[derive(Debug)]
pub(crate) struct Arrays {
    dir: PathBuf,
    map: Mmap,
    spans: HashMap<String, (Dtype, Range<usize>)>,
}

/// Where an array lies; its element type was checked.
#[derive(Debug, Clone)]
pub(crate) struct Span(Range<usize>);

/// A type that arrays are made of.
pub(crate) trait Element: Pod {
    /// Its name in the format.
    const DTYPE: Dtype;
}

impl Arrays {
    /// Those of the dataset in `dir`, in memory as the format has them.
    pub(crate) fn of(dir: &Path, map: Mmap) -> Result<Self, DataError> {
        let damaged = |reason: String| DataError::Damaged { dir: dir.to_owned(), reason };
        let (header_len, header) = SafeTensors::read_metadata(&map)
            .map_err(|error| damaged(format!("{FILE}: {error}")))?;
        let data = size_of::<u64>() + header_len;
        let of = |(name, info): (String, &safetensors::tensor::TensorInfo)| {
            let (start, end) = info.data_offsets;
            (name, (info.dtype, data + start..data + end))
        };
        let spans = header.tensors().into_iter().map(of).collect();
        Ok(Self { dir: dir.to_owned(), map, spans })
    }

    /// The whole file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Finds the array `name` of `T`, with `len` elements if that is known.
    pub(crate) fn span<T: Element>(
        &self,
        name: &str,
        len: Option<usize>,
    ) -> Result<Span, DataError> {
        let damaged = || self.damaged(format!("array {name} is not there or of another size"));
        let (dtype, range) = self.spans.get(name).ok_or_else(damaged)?;
        let bytes = &self.map[range.clone()];
        let elements: &[T] = bytemuck::try_cast_slice(bytes).map_err(|_| damaged())?;
        if *dtype != T::DTYPE || len.is_some_and(|len| len != elements.len()) {
            return Err(damaged());
        }
        Ok(Span(range.clone()))
    }

    /// Finds the offsets `name`, which begin at 0 and never fall, `len` of them if that is known; and where the last
    /// lies.
    pub(crate) fn offsets(
        &self,
        name: &str,
        len: Option<usize>,
    ) -> Result<(Span, usize), DataError> {
        let span = self.span::<u64>(name, len)?;
        let offsets: &[u64] = self.get(&span);
        let end = offsets.last().and_then(|&end| usize::try_from(end).ok());
        match end {
            Some(end) if offsets[0] == 0 && offsets.is_sorted() => Ok((span, end)),
            _ => Err(self.damaged(format!("array {name} holds no offsets"))),
        }
    }

    /// Finds the codes `name`, each below `n_values`, `len` of them if that is known.
    pub(crate) fn codes<T: Element + Ord + Into<u64>>(
        &self,
        name: &str,
        len: Option<usize>,
        n_values: usize,
    ) -> Result<Span, DataError> {
        let span = self.span::<T>(name, len)?;
        match self.get::<T>(&span).iter().max() {
            Some(&largest) if largest.into() >= n_values as u64 => {
                let reason = format!("array {name} holds a code that is not below {n_values}");
                Err(self.damaged(reason))
            }
            _ => Ok(span),
        }
    }

    /// What is to be told of arrays that are not as they were written.
    pub(crate) fn damaged(&self, reason: String) -> DataError {
        DataError::Damaged { dir: self.dir.clone(), reason }
    }

    /// Whether there is an array `name` of `T`.
    pub(crate) fn has<T: Element>(&self, name: &str) -> bool {
        self.spans.get(name).is_some_and(|(dtype, _)| *dtype == T::DTYPE)
    }

    /// The array at a span of `T`.
    pub(crate) fn get<T: Element>(&self, span: &Span) -> &[T] {
        bytemuck::cast_slice(&self.map[span.0.clone()])
    }
}

/// Arrays to be written, by name.
#[derive(Debug, Default)]
pub(crate) struct ArraysWriter {
    arrays: Vec<(String, Array)>,
}

/// The values of one array.
#[derive(Debug)]
pub(crate) enum Array {
    U8(Vec<u8>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F32(Vec<f32>),
}

impl ArraysWriter {
    /// Adds an array.
    pub(crate) fn add(&mut self, name: impl Into<String>, values: impl Into<Array>) {
        self.arrays.push((name.into(), values.into()));
    }

    /// Writes the file; the same arrays give the same bytes.
    pub(crate) fn write(&self, path: &Path) -> Result<(), DataError> {
        safetensors::serialize_to_file(self.views(), None, path).map_err(|error| DataError::Write {
            path: path.to_owned(),
            source: match error {
                SafeTensorError::IoError(source) => source,
                other => std::io::Error::other(other),
            },
        })
    }

    /// What [`ArraysWriter::write`] would write.
    pub(crate) fn encode(&self) -> Vec<u8> {
        safetensors::serialize(self.views(), None)
            .expect("each array has one name and its own length")
    }

    fn views(&self) -> impl Iterator<Item = (&String, TensorView<'_>)> {
        self.arrays.iter().map(|(name, array)| {
            let view = TensorView::new(array.dtype(), vec![array.len()], array.bytes());
            (name, view.expect("the length is that of the values"))
        })
    }
}

impl Array {
    fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::U32(values) => values.len(),
            Self::U64(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::F32(values) => values.len(),
        }
    }

    fn dtype(&self) -> Dtype {
        match self {
            Self::U8(_) => Dtype::U8,
            Self::U32(_) => Dtype::U32,
            Self::U64(_) => Dtype::U64,
            Self::I64(_) => Dtype::I64,
            Self::F32(_) => Dtype::F32,
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::U8(values) => values,
            Self::U32(values) => bytemuck::cast_slice(values),
            Self::U64(values) => bytemuck::cast_slice(values),
            Self::I64(values) => bytemuck::cast_slice(values),
            Self::F32(values) => bytemuck::cast_slice(values),
        }
    }
}

macro_rules! elements {
    ($($element:ident $variant:ident),+) => {
        $(
            impl Element for $element {
                const DTYPE: Dtype = Dtype::$variant;
            }

            impl From<Vec<$element>> for Array {
                fn from(values: Vec<$element>) -> Self {
                    Self::$variant(values)
                }
            }
        )+
    };
}

elements! { u8 U8, u32 U32, u64 U64, i64 I64, f32 F32 }

/// Maps the file `name` in `dir`, which must have `len` bytes.
pub(crate) fn map_file(dir: &Path, name: &str, len: u64) -> Result<Mmap, DataError> {
    let damaged = |reason: String| DataError::Damaged { dir: dir.to_owned(), reason };
    let map = fs::File::open(dir.join(name)).and_then(|file| map(&file));
    let map = map.map_err(|error| damaged(format!("{name}: {error}")))?;
    if map.len() as u64 != len {
        return Err(damaged(format!("{name} has {} bytes instead of {len}", map.len())));
    }
    Ok(map)
}

/// Mapping is unsafe since the file could be truncated by another process while it is mapped.
#[expect(unsafe_code, reason = "memory maps have no safe interface")]
fn map(file: &fs::File) -> std::io::Result<Mmap> {
    // SAFETY: a dataset's files are written under another name and never changed after they got theirs; a rebuilt one
    // is a new file, and the map keeps the old one alive.
    unsafe { Mmap::map(file) }
}
