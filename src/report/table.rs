//! Small tables for the terminal: names on the left, numbers on the right, never wider than the line.

use std::fmt::Write as _;

use super::sparkline::Charset;

/// A table whose first column holds names and whose other columns hold short numbers with their units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// The headings, the first one naming what the rows are.
    pub headings: Vec<&'static str>,
    /// As many cells per row as there are headings.
    pub rows: Vec<Vec<String>>,
    /// What stands below: which rows were left out; empty: none.
    pub note: String,
}

const GAP: usize = 2;
const NAME_WIDTH_MIN: usize = 8;

impl Table {
    /// The lines of the table, heading and rule included; names are cut in the middle where the line is too short.
    pub fn lines(&self, width: usize, charset: Charset) -> Vec<String> {
        let mut widths: Vec<usize> =
            (0..self.headings.len()).map(|column| self.column_width(column)).collect();
        let numbers: usize = widths.iter().skip(1).map(|width| width + GAP).sum();
        if let Some(name) = widths.first_mut() {
            *name = (*name).min(width.saturating_sub(numbers).max(NAME_WIDTH_MIN));
        }
        let heading: Vec<String> = self.headings.iter().map(|text| (*text).to_owned()).collect();
        let rule = charset.rule().to_string().repeat(widths.iter().sum::<usize>() + GAP * (widths.len() - 1));
        let mut lines = vec![line(&heading, &widths, charset), rule];
        lines.extend(self.rows.iter().map(|row| line(row, &widths, charset)));
        if !self.note.is_empty() {
            lines.push(self.note.clone());
        }
        lines
    }

    fn column_width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.max().unwrap_or(0).max(self.headings[column].chars().count())
    }
}

fn line(cells: &[String], widths: &[usize], charset: Charset) -> String {
    let mut text = String::new();
    for (column, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        if column == 0 {
            let _ = write!(text, "{:<width$}", shorten(cell, width, charset));
        } else {
            let _ = write!(text, "{:GAP$}{cell:>width$}", "");
        }
    }
    text.trim_end().to_owned()
}

/// At most `width` characters of a name; its begin and its end say more than its middle.
pub fn shorten(name: &str, width: usize, charset: Charset) -> String {
    let count = name.chars().count();
    if count <= width {
        return name.to_owned();
    }
    let kept = width.saturating_sub(1);
    let head: String = name.chars().take(kept.div_ceil(2)).collect();
    let tail: String = name.chars().skip(count - kept / 2).collect();
    format!("{head}{}{tail}", charset.ellipsis())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> Table {
        Table {
            headings: vec!["service", "busy", "p99"],
            rows: vec![
                vec![name.to_owned(), "99.0 %".to_owned(), "12.3 ms".to_owned()],
                vec!["db".to_owned(), "5.0 %".to_owned(), String::new()],
            ],
            note: String::new(),
        }
    }

    #[test]
    fn names_stand_left_and_numbers_right() {
        let lines = table("gateway").lines(80, Charset::Ascii);
        assert_eq!(
            lines,
            [
                "service    busy      p99",
                "------------------------",
                "gateway  99.0 %  12.3 ms",
                "db        5.0 %"
            ]
        );
    }

    #[test]
    fn long_names_are_cut_in_the_middle() {
        let lines = table("recommendation-aggregator").lines(30, Charset::Unicode);
        assert!(lines.iter().all(|line| line.chars().count() <= 30), "{lines:?}");
        assert_eq!(lines[2], "recomm…egator  99.0 %  12.3 ms");
        assert_eq!(shorten("abcdefgh", 5, Charset::Ascii), "ab~gh");
        assert_eq!(shorten("abcdefgh", 8, Charset::Ascii), "abcdefgh");
    }
}
