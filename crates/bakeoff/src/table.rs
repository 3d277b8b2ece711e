//! Tables for people, on standard output.

use comfy_table::{CellAlignment, Table, presets};

/// A table without lines, its columns as wide as their content.
pub(crate) fn table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    numbers_after(usize::MAX, header, rows)
}

/// The same with numbers, flush right, in the columns after the first `n_words`.
pub(crate) fn numbers_after(n_words: usize, header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header).add_rows(rows);
    for (i, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if i >= n_words {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let text = table.to_string();
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
