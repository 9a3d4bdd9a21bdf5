//! The picture of the README: what the terminal shows, as SVG.
//!
//! Words are text; blocks, lines and marks are drawn, since fonts differ in how wide they make them.

use std::fmt::Write as _;

use crate::page::{Page, root};
use crate::sandbox::Sandbox;
use crate::stale::Stale;

const MODEL: &str = "models/retry-storm.toml";
const PICTURE: &str = "docs/img/retry-storm.svg";

/// A character cell, and the margin around all of them, in pixels.
const CELL: (f64, f64) = (8.4, 19.0);
const MARGIN: f64 = 20.0;

/// In the light, and where the reader prefers the dark.
const STYLE: &str = "\
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre; }
.card { fill: #ffffff; stroke: #d0d7de; }
.plain, .bold { fill: #1f2328; }
.bold, .red, .green, .yellow { font-weight: 700; }
.dim { fill: #8c959f; }
.red { fill: #cf222e; } .green { fill: #1a7f37; } .yellow { fill: #9a6700; }
@media (prefers-color-scheme: dark) {
  .card { fill: #0d1117; stroke: #30363d; }
  .plain, .bold { fill: #e6edf3; }
  .dim { fill: #7d8590; }
  .red { fill: #ff7b72; } .green { fill: #3fb950; } .yellow { fill: #d29922; }
}
";

/// The class of what follows an escape sequence, given that of what came before.
fn class_after(codes: &str, before: &'static str) -> &'static str {
    codes.split(';').fold(before, |class, code| match code {
        "1" => "bold",
        "2" => "dim",
        "31" => "red",
        "32" => "green",
        "33" => "yellow",
        "0" | "" => "plain",
        other => panic!("`{other}` is a style that the picture does not know; was {class}"),
    })
}

/// The outline of a character that is drawn, in a cell whose upper left corner is at (x, y).
fn outline(character: char, x: f64, y: f64) -> Option<String> {
    let (width, height) = CELL;
    let (left, top, right, bottom) = match character {
        '▁'..='█' => {
            let eighths = f64::from(character as u32 - '▁' as u32 + 1);
            (x, y + height * (1.0 - eighths / 8.0) + 1.0, x + width, y + height - 1.0)
        }
        '─' => (x, y + height / 2.0 - 0.5, x + width, y + height / 2.0 + 0.5),
        '·' => (x + width / 2.0 - 1.0, y + height - 4.0, x + width / 2.0 + 1.0, y + height - 2.0),
        '▼' => {
            let (left, top, tip) = (x + 1.0, y + 5.0, y + height - 5.0);
            return Some(format!("M{left:.1} {top:.1}h{:.1}L{:.1} {tip:.1}Z", width - 2.0, x + width / 2.0));
        }
        _ => return None,
    };
    Some(format!("M{left:.1} {top:.1}H{right:.1}V{bottom:.1}H{left:.1}Z"))
}

/// A word or a row of drawn characters, all of one class.
#[derive(Default)]
struct Piece {
    column: usize,
    text: String,
    outlines: String,
}

impl Piece {
    fn write(&mut self, row: usize, class: &str, svg: &mut String) {
        let Self { column, text, outlines } = std::mem::take(self);
        if !outlines.is_empty() {
            writeln!(svg, "<path class=\"{class}\" d=\"{outlines}\"/>").expect("a string can be written to");
        }
        if !text.is_empty() {
            let (x, y) = (MARGIN + column as f64 * CELL.0, MARGIN + row as f64 * CELL.1 + 14.0);
            let length = text.chars().count() as f64 * CELL.0;
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            writeln!(
                svg,
                "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\">{text}</text>"
            )
            .expect("a string can be written to");
        }
    }
}

/// The content of the picture: the output of a terminal, escape sequences included.
fn drawn(output: &str) -> String {
    let mut svg = String::new();
    let mut class = "plain";
    for (row, line) in output.lines().enumerate() {
        let (mut piece, mut column) = (Piece::default(), 0);
        let mut rest = line.chars();
        while let Some(character) = rest.next() {
            if character == '\u{1b}' {
                piece.write(row, class, &mut svg);
                let codes: String = rest.by_ref().skip(1).take_while(|&c| c != 'm').collect();
                class = class_after(&codes, class);
                continue;
            }
            let (x, y) = (MARGIN + column as f64 * CELL.0, MARGIN + row as f64 * CELL.1);
            let outline = outline(character, x, y);
            if character == ' ' || outline.is_some() == piece.outlines.is_empty() {
                piece.write(row, class, &mut svg);
                piece.column = column;
            }
            match outline {
                Some(outline) => piece.outlines.push_str(&outline),
                None if character == ' ' => {}
                None => {
                    if piece.text.is_empty() {
                        piece.column = column;
                    }
                    piece.text.push(character);
                }
            }
            column += 1;
        }
        piece.write(row, class, &mut svg);
    }
    svg
}

#[test]
fn the_picture_shows_what_the_terminal_shows() {
    let command = ["run", MODEL].map(str::to_owned);
    let output = Sandbox::new().metastable(&command, true);
    assert!(output.status.success(), "{output:?}");
    let output = String::from_utf8(output.stdout).expect("the output is text");
    let width = 2.0 * MARGIN + 80.0 * CELL.0;
    let height = 2.0 * MARGIN + output.lines().count() as f64 * CELL.1;
    let picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n\
         <title>metastable run {MODEL}</title>\n\
         <style>\n{STYLE}</style>\n\
         <rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n{}</svg>\n",
        width - 1.0,
        height - 1.0,
        drawn(&output)
    );
    // A picture that is not there yet is one that is out of date.
    let text = std::fs::read_to_string(root().join(PICTURE)).unwrap_or_default();
    let page = Page { name: PICTURE.to_owned(), text };
    let mut stale = Stale::default();
    stale.rewrite(&page, &picture);
    stale.require_none();
}

#[test]
fn words_and_blocks_keep_their_columns() {
    let svg = drawn("\u{1b}[1m\u{1b}[31ma b\u{1b}[0m ██");
    let expected = "<text class=\"red\" x=\"20.0\" y=\"34.0\" textLength=\"8.4\">a</text>\n\
                    <text class=\"red\" x=\"36.8\" y=\"34.0\" textLength=\"8.4\">b</text>\n\
                    <path class=\"plain\" d=\"M53.6 21.0H62.0V38.0H53.6ZM62.0 21.0H70.4V38.0H62.0Z\"/>\n";
    assert_eq!(svg, expected);
}
