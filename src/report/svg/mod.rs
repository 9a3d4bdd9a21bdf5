//! Drawings as SVG: charts over time, stacked bars, forest plots, heat maps, maps over two axes, curves, parallel coordinates and layered graphs.
//!
//! A drawing is a value, and its text a pure function of it: the same bytes everywhere. Colours are classes. Beside a page they take
//! the variables of the page, and so follow its light and dark; alone ([`alone`]) a drawing carries the light ones with it.
//! Sizes of texts are estimated generously, since nobody knows which font a reader has.

mod axis;
mod bars;
mod chart;
mod curve;
mod drawing;
mod forest;
mod graph;
mod grid;
mod heat;
mod labels;
mod layout;
mod markup;
mod parallel;
mod sample;
mod style;
#[cfg(test)]
mod tests;
mod text;

pub use axis::{Measure, Scale, Tick, time_ticks};
pub use bars::{Bar, BarChart, Part};
pub use chart::{Chart, Line, Placed, Shade, Shape};
pub use curve::{Course, CurveChart, Spot, Stretch};
pub use forest::{Estimated, ForestPlot};
pub use graph::{Arrow, Graph, Node};
pub use grid::{Field, GridMap};
pub use heat::{HeatMap, HeatRow};
pub use labels::spread;
pub use layout::{Layout, Point, layered};
pub use markup::{Markup, escaped, number, plain, significant};
pub use parallel::{ParallelPlot, Thread, Upright};
pub use sample::{Bucket, buckets, sampled};
pub(in crate::report) use style::variables;
pub use style::{Colour, STYLE, STYLE_OF_MAPS, alone};
pub use text::{FONT_PX, fitted, text_width};
