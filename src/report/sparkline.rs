//! A course over time in one line of text: one cell per stretch of time, its height a share of a common peak.

/// The characters of a drawing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Charset {
    /// Block elements.
    #[default]
    Unicode,
    /// For terminals and logs that know nothing else.
    Ascii,
}

impl Charset {
    /// Nothing, then eight heights.
    const fn levels(self) -> [char; 9] {
        match self {
            Self::Unicode => ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
            Self::Ascii => ['_', '.', ':', '-', '=', '+', '*', '%', '#'],
        }
    }

    /// Marks the time in which a trigger acts.
    pub const fn marker(self) -> char {
        match self {
            Self::Unicode => '▼',
            Self::Ascii => 'v',
        }
    }

    /// Between a caller and its target.
    pub const fn arrow(self) -> &'static str {
        match self {
            Self::Unicode => "→",
            Self::Ascii => "->",
        }
    }

    /// Stands for what was cut out of a name.
    pub const fn ellipsis(self) -> char {
        match self {
            Self::Unicode => '…',
            Self::Ascii => '~',
        }
    }

    /// Between a number and how far it may be off.
    pub const fn plus_minus(self) -> &'static str {
        match self {
            Self::Unicode => "±",
            Self::Ascii => "+-",
        }
    }

    /// Where there is no number.
    pub const fn nothing(self) -> &'static str {
        match self {
            Self::Unicode => "–",
            Self::Ascii => "-",
        }
    }

    /// An interval, the value in it, and the level that it is held against.
    pub const fn interval(self) -> (char, char, char) {
        match self {
            Self::Unicode => ('─', '●', '┊'),
            Self::Ascii => ('-', 'o', ':'),
        }
    }

    /// Under the heading of a table.
    pub const fn rule(self) -> char {
        match self {
            Self::Unicode => '─',
            Self::Ascii => '-',
        }
    }
}

/// The rows that belong to cell `cell` of `cells`: as many as there are rows, or groups of about equal size.
pub fn rows_of_cell(cell: usize, cells: usize, row_count: usize) -> std::ops::Range<usize> {
    cell * row_count / cells..(cell + 1) * row_count / cells
}

/// The cell in which row `row` is drawn.
pub fn cell_of_row(row: usize, cells: usize, row_count: usize) -> usize {
    // The largest c with c · row_count / cells <= row, in whole numbers.
    (((row + 1) * cells - 1) / row_count).min(cells - 1)
}

/// One character per value. `peak` is the height of a full block; only nothing at all is drawn as nothing.
pub fn draw(values: &[f64], peak: f64, charset: Charset) -> String {
    let levels = charset.levels();
    values
        .iter()
        .map(|value| {
            if *value <= 0.0 || peak <= 0.0 {
                return levels[0];
            }
            levels[((value / peak * 8.0).ceil() as usize).clamp(1, 8)]
        })
        .collect()
}

/// A share of 1 with its interval and the level that it is held against, from 0 on the left to 1 on the right.
pub fn draw_interval(
    share: f64,
    (low, high): (f64, f64),
    level: f64,
    cells: usize,
    charset: Charset,
) -> String {
    let (line, dot, mark) = charset.interval();
    let cell = |share: f64| ((share * cells as f64) as usize).min(cells.saturating_sub(1));
    let draw = |at: usize| match at {
        at if at == cell(share) => dot,
        at if at == cell(level) => mark,
        at if cell(low) <= at && at <= cell(high) => line,
        _ => ' ',
    };
    (0..cells).map(draw).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn heights_are_shares_of_the_peak() {
        let values = [0.0, 0.1, 12.5, 12.6, 50.0, 87.5, 100.0];
        assert_eq!(draw(&values, 100.0, Charset::Unicode), "·▁▁▂▄▇█");
        assert_eq!(draw(&values, 100.0, Charset::Ascii), "_..:=%#");
        assert_eq!(draw(&[0.0, 0.0], 0.0, Charset::Ascii), "__");
    }

    #[test]
    fn an_interval_is_a_line_with_a_dot() {
        assert_eq!(draw_interval(0.0, (0.0, 0.45), 0.5, 10, Charset::Ascii), "o----:    ");
        assert_eq!(draw_interval(1.0, (0.55, 1.0), 0.5, 10, Charset::Unicode), "     ┊───●");
        assert_eq!(draw_interval(0.5, (0.4, 0.6), 0.5, 10, Charset::Ascii), "    -o-   ");
    }

    proptest! {
        #[test]
        fn cells_share_out_all_rows_in_order(row_count in 1usize..500, wanted in 1usize..70) {
            let cells = wanted.min(row_count);
            let mut next = 0;
            for cell in 0..cells {
                let rows = rows_of_cell(cell, cells, row_count);
                prop_assert_eq!(rows.start, next);
                prop_assert!(!rows.is_empty());
                for row in rows.clone() {
                    prop_assert_eq!(cell_of_row(row, cells, row_count), cell);
                }
                next = rows.end;
            }
            prop_assert_eq!(next, row_count);
        }
    }
}
