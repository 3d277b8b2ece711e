//! Markdown tables whose columns also line up as raw text.

use std::fmt;

/// A table under construction; cells are Markdown already.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

/// A column's heading and the side that its cells keep to.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    heading: String,
    is_number: bool,
}

/// A column of words.
pub(crate) fn words(heading: impl Into<String>) -> Column {
    Column { heading: heading.into(), is_number: false }
}

/// A column of numbers, flush right.
pub(crate) fn numbers(heading: impl Into<String>) -> Column {
    Column { heading: heading.into(), is_number: true }
}

impl Table {
    pub(crate) fn of(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// A row with a cell for every column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let row: Vec<String> = cells.into_iter().map(|cell| within_cell(&cell)).collect();
        assert_eq!(row.len(), self.columns.len(), "a cell for every column");
        self.rows.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |(i, column): (usize, &Column)| {
            let cells = self.rows.iter().map(|row| row[i].chars().count());
            cells.chain([column.heading.chars().count(), 3]).max().unwrap_or_default()
        };
        let widths: Vec<usize> = self.columns.iter().enumerate().map(width).collect();
        let line = |f: &mut fmt::Formatter<'_>, cells: &mut dyn Iterator<Item = &String>| {
            for ((cell, column), &width) in cells.zip(&self.columns).zip(&widths) {
                if column.is_number {
                    write!(f, "| {cell:>width$} ")?;
                } else {
                    write!(f, "| {cell:<width$} ")?;
                }
            }
            writeln!(f, "|")
        };
        line(f, &mut self.columns.iter().map(|column| &column.heading))?;
        for (column, &width) in self.columns.iter().zip(&widths) {
            let dashes = "-".repeat(width - 1);
            write!(f, "| {dashes}{} ", if column.is_number { ':' } else { '-' })?;
        }
        writeln!(f, "|")?;
        self.rows.iter().try_for_each(|row| line(f, &mut row.iter()))
    }
}

/// Tables are cut at bars before anything else is looked at: in code too.
fn within_cell(cell: &str) -> String {
    let mut escaped = String::with_capacity(cell.len());
    for c in cell.chars() {
        if c == '|' && !escaped.ends_with('\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_numbers_keep_right() {
        let mut table = Table::of([words("model"), numbers("n")]);
        table.row(["a".into(), "12".into()]);
        table.row(["longer name".into(), "1,234".into()]);
        table.row(["`a|b` a\\|b".into(), "0".into()]);
        insta::assert_snapshot!(table.to_string(), @r"
        | model       |     n |
        | ----------- | ----: |
        | a           |    12 |
        | longer name | 1,234 |
        | `a\|b` a\|b |     0 |
        ");
    }
}
