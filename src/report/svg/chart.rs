//! Lines over time.

use super::axis::{Measure, Scale, time_ticks};
use super::drawing::Drawing;
use super::labels::{spread, wrapped};
use super::markup::{Markup, number, significant};
use super::sample::{Bucket, buckets};
use super::style::Colour;
use super::text::{FONT_PX, fitted, text_width};

/// How a line is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Through the middles of the intervals.
    Line,
    /// Level over each interval, and filled down to the axis.
    Area,
}

/// One course of values, one per interval.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// What it is.
    pub label: String,
    /// Its colour.
    pub colour: Colour,
    /// How it is drawn.
    pub shape: Shape,
    /// By interval; `None` where there is no value.
    pub values: Vec<Option<f64>>,
}

/// A stretch of time in which something acts.
#[derive(Clone, PartialEq, Debug)]
pub struct Shade {
    /// From here, in nanoseconds.
    pub begin_ns: u64,
    /// To here.
    pub end_ns: u64,
    /// What it is, written into it where there is room.
    pub label: String,
    /// A trigger, and not something that is always there.
    pub is_trigger: bool,
}

/// A chart. The first course lies in front of the others, areas behind all lines.
///
/// Where there are more intervals than places, a line is drawn through the means of stretches, in a band from the lowest to the highest value of each.
#[derive(Clone, PartialEq, Debug)]
pub struct Chart {
    /// Names the chart among those of a page; begins the identifiers of its elements.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The same in more words, for those who do not see it.
    pub description: String,
    /// What the values are.
    pub measure: Measure,
    /// The caption of the axis of values: `requests per second`.
    pub unit: String,
    /// How long an interval is.
    pub interval_ns: u64,
    /// How long the axis of time is.
    pub duration_ns: u64,
    /// Behind the lines.
    pub shades: Vec<Shade>,
    /// The courses.
    pub lines: Vec<Line>,
    /// The axis of values goes at least up to this.
    pub at_least: f64,
    /// Width and height in pixels.
    pub size: (f64, f64),
    /// The names of the lines stand at their ends, and not above.
    pub is_direct: bool,
}

/// A text with the box that it needs at most.
#[derive(Clone, PartialEq, Debug)]
pub struct Placed {
    /// The left end.
    pub x: f64,
    /// The base line.
    pub y: f64,
    /// How wide it is at most.
    pub width: f64,
    /// What it says.
    pub text: String,
}

impl Placed {
    fn new(x: f64, y: f64, text: String) -> Self {
        Self { x, y, width: text_width(&text), text }
    }

    /// Whether they share a spot.
    pub fn overlaps(&self, other: &Self) -> bool {
        let apart_x = self.x + self.width <= other.x || other.x + other.width <= self.x;
        !apart_x && (self.y - other.y).abs() < FONT_PX
    }
}

/// Where everything is.
struct Frame {
    scale: Scale,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    legend: Vec<Placed>,
}

const LEGEND_LINE: f64 = 17.0;
const SWATCH: f64 = 20.0;
/// Labels at the ends of lines are cut at this.
const DIRECT_WIDTH: f64 = 110.0;
const BELOW: f64 = 22.0;
/// One stretch for so many pixels: what is narrower looks like noise.
const STRETCH: f64 = 4.0;
/// A band has fewer corners than its line.
const BAND_STRETCH: f64 = 8.0;

impl Chart {
    /// What the axis of values covers.
    pub fn scale(&self) -> Scale {
        let values = self.lines.iter().flat_map(|line| line.values.iter().copied().flatten());
        let at_least = (self.at_least > 0.0).then_some(self.at_least);
        Scale::covering(self.measure, values.chain(at_least))
    }

    fn frame(&self) -> Frame {
        let scale = self.scale();
        let widest = scale.ticks(self.measure).iter().map(|tick| text_width(&tick.label)).fold(0.0, f64::max);
        let left = (widest + 8.0).max(24.0);
        let labels = || self.lines.iter().map(|line| fitted(&line.label, DIRECT_WIDTH));
        let right = if self.is_direct {
            labels().map(|label| text_width(&label)).fold(0.0, f64::max) + 12.0
        } else {
            let last = time_ticks(0, self.duration_ns, self.size.0 - left);
            last.last().map_or(4.0, |tick| text_width(&tick.label) / 2.0 + 2.0)
        };
        let legend = if self.is_direct { Vec::new() } else { self.legend() };
        let top = legend.last().map_or(FONT_PX, |last| last.y) + 9.0;
        let (width, height) = (self.size.0 - left - right, self.size.1 - top - BELOW);
        Frame { scale, left, top, width: width.max(20.0), height: height.max(20.0), legend }
    }

    /// The names of the lines, above them.
    fn legend(&self) -> Vec<Placed> {
        let labels: Vec<String> =
            self.lines.iter().map(|line| fitted(&line.label, self.size.0 - SWATCH - 4.0)).collect();
        let widths = labels.iter().map(|label| SWATCH + text_width(label));
        let places = wrapped(widths, (14.0, LEGEND_LINE), (0.0, FONT_PX + LEGEND_LINE), self.size.0);
        places.into_iter().zip(labels).map(|((x, y), label)| Placed::new(x + SWATCH, y, label)).collect()
    }

    /// The labels of both axes and of the lines, with the room that they need.
    pub fn placed(&self) -> Vec<Placed> {
        let frame = self.frame();
        [self.value_labels(&frame), self.time_labels(&frame), frame.legend.clone(), self.end_labels(&frame)]
            .concat()
    }

    fn value_labels(&self, frame: &Frame) -> Vec<Placed> {
        let ticks = frame.scale.ticks(self.measure).into_iter();
        ticks
            .map(|tick| {
                let width = text_width(&tick.label);
                let y = frame.top + frame.height * (1.0 - tick.at) + 4.0;
                Placed { x: frame.left - 6.0 - width, y, width, text: tick.label }
            })
            .collect()
    }

    fn time_labels(&self, frame: &Frame) -> Vec<Placed> {
        let ticks = time_ticks(0, self.duration_ns, frame.width).into_iter();
        ticks
            .map(|tick| {
                let width = text_width(&tick.label);
                let middle = frame.left + frame.width * tick.at;
                Placed { x: middle - width / 2.0, y: self.size.1 - 4.0, width, text: tick.label }
            })
            .collect()
    }

    /// How far down a line ends, as it is drawn.
    fn end(line: &Line, frame: &Frame) -> f64 {
        let stretches = buckets(&line.values, (frame.width / STRETCH) as usize);
        let last = stretches.iter().rev().find_map(|stretch| stretch.values).map_or(0.0, |values| values[1]);
        frame.top + frame.height * (1.0 - frame.scale.at(last))
    }

    /// What stands at the ends of the lines: as near as it can to where each of them ends.
    fn end_labels(&self, frame: &Frame) -> Vec<Placed> {
        if !self.is_direct {
            return Vec::new();
        }
        let ends: Vec<f64> = self.lines.iter().map(|line| Self::end(line, frame)).collect();
        // The lowest stays clear of the axis of time.
        let places = spread(&ends, FONT_PX + 3.0, frame.top, frame.top + frame.height - 6.0);
        let x = frame.left + frame.width + 8.0;
        let labelled = self.lines.iter().zip(places);
        labelled.map(|(line, y)| Placed::new(x, y + 4.0, fitted(&line.label, DIRECT_WIDTH))).collect()
    }

    /// The drawing.
    pub fn svg(&self) -> String {
        let frame = self.frame();
        let scale = format!(
            "{} {} {}",
            if frame.scale.is_log { "log" } else { "linear" },
            significant(frame.scale.low, 6),
            significant(frame.scale.high, 6)
        );
        let drawing = Drawing {
            name: &self.name,
            title: &self.title,
            description: &self.description,
            class: "chart",
            above: 0.0,
            size: self.size,
            data: &[("data-chart", self.name.split('-').next().unwrap_or_default()), ("data-scale", &scale)],
        };
        drawing.svg(|out| {
            self.draw_axes(out, &frame);
            self.draw_plot(out, &frame);
            self.draw_labels(out, &frame);
        })
    }

    fn draw_axes(&self, out: &mut Markup, frame: &Frame) {
        out.words(
            "text",
            &[("class", "dim small"), ("x", "0"), ("y", "11")],
            &fitted(&self.unit, self.size.0),
        );
        let (left, right) = (number(frame.left), number(frame.left + frame.width));
        for (index, label) in self.value_labels(frame).iter().enumerate() {
            let y = number(label.y - 4.0);
            let class = if index == 0 { "base" } else { "grid" };
            out.empty("path", &[("class", class), ("d", &format!("M{left} {y}H{right}"))]);
            let (x, y) = (number(frame.left - 6.0), number(label.y));
            out.words("text", &[("class", "dim end small"), ("x", &x), ("y", &y)], &label.text);
        }
        out.element("g", &[("class", "times")], |out| {
            for label in self.time_labels(frame) {
                let (x, y) = (number(label.x + label.width / 2.0), number(label.y));
                out.words("text", &[("class", "dim mid small"), ("x", &x), ("y", &y)], &label.text);
            }
        });
    }

    /// A drawing in the drawing, whose view can be moved: what is in it needs no change when the axis of time does.
    fn draw_plot(&self, out: &mut Markup, frame: &Frame) {
        let [x, y, width, height] = [frame.left, frame.top, frame.width, frame.height].map(number);
        let view = format!("0 0 {width} {height}");
        let attributes = [
            ("class", "plot"),
            ("x", x.as_str()),
            ("y", &y),
            ("width", &width),
            ("height", &height),
            ("viewBox", &view),
            ("preserveAspectRatio", "none"),
            ("overflow", "hidden"),
        ];
        out.element("svg", &attributes, |out| {
            for shade in &self.shades {
                self.draw_shade(out, shade, frame);
            }
            let stretched: Vec<Vec<Bucket>> = self
                .lines
                .iter()
                .map(|line| buckets(&line.values, (frame.width / STRETCH) as usize))
                .collect();
            let indexed = || self.lines.iter().zip(&stretched).enumerate().rev();
            let is_area = |line: &Line| line.shape == Shape::Area;
            for (index, (line, stretches)) in indexed().filter(|(_, (line, _))| is_area(line)) {
                let class = format!("a {}", line.colour.class());
                let path = self.area_path(stretches, frame);
                out.empty("path", &[("class", &class), ("data-line", &index.to_string()), ("d", &path)]);
            }
            for (_, (line, _)) in indexed().filter(|(_, (line, _))| !is_area(line)) {
                let wide = buckets(&line.values, (frame.width / BAND_STRETCH) as usize);
                let band = self.band_path(&wide, frame);
                if matches!(line.colour, Colour::Series(_)) && !band.is_empty() {
                    out.empty("path", &[("class", &format!("band {}", line.colour.class())), ("d", &band)]);
                }
            }
            for (index, (line, stretches)) in indexed().filter(|(_, (line, _))| !is_area(line)) {
                let class = format!("l {}", line.colour.class());
                let path = self.line_path(stretches, frame);
                out.empty("path", &[("class", &class), ("data-line", &index.to_string()), ("d", &path)]);
            }
        });
    }

    fn draw_shade(&self, out: &mut Markup, shade: &Shade, frame: &Frame) {
        let x = |ns: u64| ns as f64 / self.duration_ns.max(1) as f64 * frame.width;
        let (begin, end) = (x(shade.begin_ns), x(shade.end_ns.min(self.duration_ns)));
        // What lasts a moment is to be seen, too.
        let width = (end - begin).max(1.5);
        let class = if shade.is_trigger { "shade" } else { "shade2" };
        let [left, width, height] = [begin, width, frame.height].map(number);
        let place =
            [("class", class), ("x", left.as_str()), ("y", "0"), ("width", &width), ("height", &height)];
        out.element("rect", &place, |out| out.words("title", &[], &shade.label));
    }

    /// Where the middle of a stretch is, from the left.
    fn middle(&self, stretch: &Bucket, frame: &Frame) -> String {
        let [begin, end] = self.ends(stretch, frame);
        number(f64::midpoint(begin, end))
    }

    /// Where a stretch begins and ends, from the left.
    fn ends(&self, stretch: &Bucket, frame: &Frame) -> [f64; 2] {
        [stretch.rows.start, stretch.rows.end].map(|row| {
            let at = (row as u64).saturating_mul(self.interval_ns).min(self.duration_ns);
            at as f64 / self.duration_ns.max(1) as f64 * frame.width
        })
    }

    fn level(value: f64, frame: &Frame) -> String {
        number(frame.height * (1.0 - frame.scale.at(value)))
    }

    fn line_path(&self, stretches: &[Bucket], frame: &Frame) -> String {
        let mut path = String::new();
        for known in stretches.split(|stretch| stretch.values.is_none()) {
            let points = known
                .iter()
                .filter_map(|it| Some((self.middle(it, frame), Self::level(it.values?[1], frame))));
            let points: Vec<(String, String)> = points.collect();
            for (index, (x, y)) in points.iter().enumerate() {
                let (before, after) = (index.checked_sub(1).map(|it| &points[it].1), points.get(index + 1));
                // Between its likes a point of a level line says nothing.
                if before == Some(y) && after.is_some_and(|(_, next)| next == y) {
                    continue;
                }
                let lead = if index == 0 { "M" } else { " " };
                path.extend([lead, x, ",", y]);
            }
            if let [_] = points[..] {
                path.push_str("h0");
            }
        }
        path
    }

    /// From the lowest to the highest value of each stretch; nothing where every stretch has one value.
    fn band_path(&self, stretches: &[Bucket], frame: &Frame) -> String {
        let mut path = String::new();
        for known in stretches.split(|stretch| stretch.values.is_none()) {
            // Whole pixels do for what is pale.
            let middle = |it: &Bucket| format!("{:.0}", self.ends(it, frame).iter().sum::<f64>() / 2.0);
            let points = known.iter().filter_map(|it| Some((middle(it), it.values?)));
            let points: Vec<(String, [f64; 3])> = points.collect();
            if points.iter().all(|(_, [low, _, high])| low == high) {
                continue;
            }
            let highs = points.iter().map(|(x, values)| (x, values[2]));
            let lows = points.iter().rev().map(|(x, values)| (x, values[0]));
            for (index, (x, value)) in highs.chain(lows).enumerate() {
                let lead = if index == 0 { "M" } else { " " };
                let y = frame.height * (1.0 - frame.scale.at(value));
                path.extend([lead, x, ",", &format!("{y:.0}")]);
            }
            path.push('Z');
        }
        path
    }

    fn area_path(&self, stretches: &[Bucket], frame: &Frame) -> String {
        let mut path = format!("M0,{}", number(frame.height));
        let height =
            |stretch: &Bucket| Self::level(stretch.values.map_or(frame.scale.low, |values| values[1]), frame);
        for (index, stretch) in stretches.iter().enumerate() {
            let y = height(stretch);
            path.extend(["V", &y]);
            // A level that goes on is one line.
            if stretches.get(index + 1).is_none_or(|next| height(next) != y) {
                path.extend(["H", &number(self.ends(stretch, frame)[1])]);
            }
        }
        path.extend(["V", &number(frame.height), "Z"]);
        path
    }

    fn draw_labels(&self, out: &mut Markup, frame: &Frame) {
        for (line, label) in self.lines.iter().zip(&frame.legend) {
            let (from, to, y) = (number(label.x - SWATCH), number(label.x - 5.0), number(label.y - 4.0));
            let class = format!("l {}", line.colour.class());
            out.empty("path", &[("class", &class), ("d", &format!("M{from} {y}H{to}"))]);
            out.words("text", &[("x", &number(label.x)), ("y", &number(label.y))], &label.text);
        }
        for (line, label) in self.lines.iter().zip(self.end_labels(frame)) {
            let end = Self::end(line, frame);
            let (from, to) = (number(frame.left + frame.width), number(label.x - 2.0));
            let d = format!("M{from} {}L{to} {}", number(end), number(label.y - 4.0));
            out.empty("path", &[("class", &format!("l {}", line.colour.class())), ("d", &d)]);
            let class = if line.colour == Colour::Series(0) { "strong" } else { "" };
            out.words(
                "text",
                &[("class", class), ("x", &number(label.x)), ("y", &number(label.y))],
                &label.text,
            );
        }
        for shade in self.shades.iter().filter(|shade| shade.is_trigger) {
            let x = |ns: u64| frame.left + ns as f64 / self.duration_ns.max(1) as f64 * frame.width;
            let (begin, end) = (x(shade.begin_ns), x(shade.end_ns.min(self.duration_ns)));
            let y = number(frame.top + 12.0);
            if text_width(&shade.label) + 8.0 <= end - begin {
                let x = number(begin + 4.0);
                out.words("text", &[("class", "mark small shadelabel"), ("x", &x), ("y", &y)], &shade.label);
            } else {
                let d = format!(
                    "M{} {}h8l-4 6Z",
                    number(f64::midpoint(begin, end) - 4.0),
                    number(frame.top - 6.0)
                );
                out.empty("path", &[("class", "mark shadelabel"), ("d", &d)]);
            }
        }
    }
}
