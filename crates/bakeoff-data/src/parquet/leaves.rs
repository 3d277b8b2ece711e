//! What the columns of a schema are: their names, and how their values are to be understood.

use parquet::basic::{ConvertedType as Converted, LogicalType, TimeUnit, Type as Physical};
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor, Type};

use crate::cells::Cells;

/// A column that can be read.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// Its number among the columns that hold values.
    pub(super) index: usize,
    /// Whether a row holds a list of values.
    pub(super) is_list: bool,
    /// The definition level of a value that is there.
    pub(super) max_level: i16,
    pub(super) meaning: Meaning,
}

/// How values are to be understood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    /// As they are.
    Plain,
    Unsigned,
    Text,
    /// Days since 1970.
    Date,
    /// So many a second, since 1970.
    Timestamp(f64),
    /// Nanoseconds since 1970.
    Nanoseconds,
    /// Digits after the point.
    Decimal(usize),
    Uuid,
}

pub(super) const FIX: &str = "cast it to numbers, texts, dates, or a list of texts, or name the `columns` to read without it";

/// The columns by name, those within others as `outer.inner`; of those that cannot be read, what they are.
pub(super) fn leaves(schema: &SchemaDescriptor) -> Vec<(String, Result<Leaf, String>)> {
    let mut leaves: Vec<(String, Result<Leaf, String>)> = Vec::new();
    for (index, column) in schema.columns().iter().enumerate() {
        let root = schema.get_column_root(index);
        let is_list = column.max_rep_level() > 0;
        let name = if is_list { root.name().to_owned() } else { column.path().parts().join(".") };
        // What lists of groups hold are several columns of one name.
        if leaves.iter().any(|(other, _)| *other == name) {
            continue;
        }
        let leaf = if is_list && !is_simple_list(root, column) {
            Err("a map, or lists of groups or of lists".to_owned())
        } else {
            let max_level = column.max_def_level();
            meaning(column, is_list).map(|meaning| Leaf { index, is_list, max_level, meaning })
        };
        leaves.push((name, leaf));
    }
    leaves
}

/// A list of values, in one of the forms that writers give it: `repeated T`, or groups of one field around it.
fn is_simple_list(root: &Type, column: &ColumnDescriptor) -> bool {
    let mut node = root;
    while node.is_group() {
        let [inner] = node.get_fields() else { return false };
        node = inner;
    }
    let is_map =
        matches!(root.get_basic_info().converted_type(), Converted::MAP | Converted::MAP_KEY_VALUE);
    column.max_rep_level() == 1 && column.path().parts().len() <= 3 && !is_map
}

fn meaning(column: &ColumnDescriptor, is_list: bool) -> Result<Meaning, String> {
    let physical = column.physical_type();
    let unknown = || match column.logical_type_ref() {
        Some(logical) => format!("{logical:?} in {physical}"),
        None if column.converted_type() != Converted::NONE => {
            format!("{} in {physical}", column.converted_type())
        }
        None => format!("plain {physical}"),
    };
    let meaning = match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Timestamp(timestamp)), _) => match timestamp.unit {
            TimeUnit::MILLIS => Meaning::Timestamp(1e3),
            TimeUnit::MICROS => Meaning::Timestamp(1e6),
            TimeUnit::NANOS => Meaning::Nanoseconds,
        },
        (Some(LogicalType::Uuid), _) => Meaning::Uuid,
        (_, Converted::TIMESTAMP_MILLIS) => Meaning::Timestamp(1e3),
        (_, Converted::TIMESTAMP_MICROS) => Meaning::Timestamp(1e6),
        (_, Converted::DATE) => Meaning::Date,
        (_, Converted::DECIMAL) => {
            Meaning::Decimal(usize::try_from(column.type_scale()).unwrap_or_default())
        }
        (_, Converted::UINT_8 | Converted::UINT_16 | Converted::UINT_32 | Converted::UINT_64) => {
            Meaning::Unsigned
        }
        (_, Converted::UTF8 | Converted::ENUM | Converted::JSON) => Meaning::Text,
        // Some writers leave it unsaid that bytes are text.
        (None, Converted::NONE) if physical == Physical::BYTE_ARRAY => Meaning::Text,
        (None, Converted::NONE) if physical != Physical::FIXED_LEN_BYTE_ARRAY => Meaning::Plain,
        (_, Converted::INT_8 | Converted::INT_16 | Converted::INT_32 | Converted::INT_64) => {
            Meaning::Plain
        }
        // Every value is missing.
        (Some(LogicalType::Unknown), _) => Meaning::Plain,
        _ => return Err(unknown()),
    };
    let is_tag = meaning == Meaning::Text
        || matches!(meaning, Meaning::Plain | Meaning::Unsigned)
            && matches!(physical, Physical::INT32 | Physical::INT64 | Physical::BOOLEAN);
    if is_list && !is_tag {
        return Err(format!("a list of {}", unknown()));
    }
    Ok(meaning)
}

impl Leaf {
    /// Makes an empty column what this one is, even if all its values are missing.
    pub(super) fn prepare(&self, cells: &mut Cells) {
        if self.is_list {
            cells.make_tags();
        } else if matches!(self.meaning, Meaning::Text | Meaning::Uuid) {
            cells.make_texts();
        }
    }
}
