//! Values against a number: spots with intervals, lines, a level that is asked for, and stretches that are the answer.

use super::axis::Tick;
use super::drawing::Drawing;
use super::labels::wrapped;
use super::markup::{Markup, number};
use super::style::Colour;
use super::text::{FONT_PX, fitted, text_width};

/// One value.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Spot {
    /// How far to the right, as a share of the axis.
    pub x: f64,
    /// How far up.
    pub y: f64,
    /// From where to where it may be.
    pub interval: Option<(f64, f64)>,
    /// It does not decide anything.
    pub is_vague: bool,
    /// What is said of it to who points at it.
    pub note: String,
}

/// Values that belong together.
#[derive(Clone, PartialEq, Debug)]
pub struct Course {
    /// What they are.
    pub label: String,
    /// Their colour.
    pub colour: Colour,
    /// From left to right, or along the way.
    pub spots: Vec<Spot>,
    /// They are joined by a line.
    pub has_line: bool,
    /// Each is a dot.
    pub has_dots: bool,
    /// An arrow says in which direction the line is gone.
    pub has_arrow: bool,
}

/// From where to where on the axis of numbers something lies, and where most likely.
#[derive(Clone, PartialEq, Debug)]
pub struct Stretch {
    /// From here, as a share of the axis.
    pub from: f64,
    /// To here.
    pub to: f64,
    /// A line within.
    pub middle: Option<f64>,
    /// What is written at it.
    pub label: String,
}

/// The chart.
#[derive(Clone, PartialEq, Debug)]
pub struct CurveChart {
    /// Begins the identifiers of its elements.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The same in more words.
    pub description: String,
    /// What goes to the right, and what up.
    pub axes: (String, String),
    /// The labels below.
    pub x_ticks: Vec<Tick>,
    /// The labels to the left.
    pub y_ticks: Vec<Tick>,
    /// A level that is asked for, and what it is.
    pub level: Option<(f64, String)>,
    /// What is shaded.
    pub stretches: Vec<Stretch>,
    /// What is drawn, the first in front.
    pub courses: Vec<Course>,
    /// Width and height in pixels.
    pub size: (f64, f64),
}

/// Where everything is.
struct Places {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    legend: Vec<(f64, f64, String)>,
}

/// What lies at an end of the axis does not lie on its edge.
const INSET: f64 = 9.0;
const SWATCH: f64 = 24.0;
const LEGEND_LINE: f64 = 17.0;
const BELOW: f64 = 36.0;
const LABEL_LINE: f64 = 15.0;

impl Places {
    fn x(&self, share: f64) -> f64 {
        self.left + INSET + (self.width - 2.0 * INSET) * share.clamp(0.0, 1.0)
    }

    fn y(&self, share: f64) -> f64 {
        self.top + self.height * (1.0 - share.clamp(0.0, 1.0))
    }
}

impl CurveChart {
    /// The drawing.
    pub fn svg(&self) -> String {
        let places = self.places();
        let drawing = Drawing {
            name: &self.name,
            title: &self.title,
            description: &self.description,
            class: "curve",
            above: 0.0,
            size: self.size,
            data: &[],
        };
        drawing.svg(|out| {
            self.draw_stretches(out, &places);
            self.draw_axes(out, &places);
            for course in self.courses.iter().rev() {
                draw_course(out, course, &places);
            }
            self.draw_labels(out, &places);
        })
    }

    fn places(&self) -> Places {
        let widest = self.y_ticks.iter().map(|tick| text_width(&tick.label)).fold(0.0, f64::max);
        let left = (widest + 8.0).max(24.0);
        let right = self.x_ticks.last().map_or(4.0, |tick| text_width(&tick.label) / 2.0).clamp(6.0, 40.0);
        let named = || self.courses.iter().filter(|course| !course.label.is_empty());
        let labels: Vec<String> =
            named().map(|course| fitted(&course.label, self.size.0 - SWATCH - 4.0)).collect();
        let widths = labels.iter().map(|label| SWATCH + text_width(label));
        let first = (0.0, FONT_PX + LEGEND_LINE);
        let legend = wrapped(widths, (14.0, LEGEND_LINE), first, self.size.0);
        let legend: Vec<(f64, f64, String)> =
            legend.into_iter().zip(labels).map(|((x, y), label)| (x, y, label)).collect();
        let stretches = self.stretches.iter().filter(|stretch| !stretch.label.is_empty()).count();
        let top = legend.last().map_or(FONT_PX, |(_, y, _)| *y) + 13.0 + LABEL_LINE * stretches as f64;
        let (width, height) = (self.size.0 - left - right, self.size.1 - top - BELOW);
        Places { left, top, width: width.max(20.0), height: height.max(20.0), legend }
    }

    fn draw_stretches(&self, out: &mut Markup, places: &Places) {
        for stretch in &self.stretches {
            let (from, to) = (places.x(stretch.from), places.x(stretch.to));
            let [x, y, width, height] = [from, places.top, (to - from).max(1.5), places.height].map(number);
            let place =
                [("class", "shade"), ("x", x.as_str()), ("y", &y), ("width", &width), ("height", &height)];
            out.element("rect", &place, |out| out.words("title", &[], &stretch.label));
            if let Some(middle) = stretch.middle {
                let d = format!("M{} {}V{}", number(places.x(middle)), y, number(places.top + places.height));
                out.empty("path", &[("class", "edge"), ("d", &d)]);
            }
        }
    }

    fn draw_axes(&self, out: &mut Markup, places: &Places) {
        let up = fitted(&self.axes.1, self.size.0);
        out.words("text", &[("class", "dim small"), ("x", "0"), ("y", "11")], &up);
        let (left, right) = (number(places.left), number(places.left + places.width));
        for tick in &self.y_ticks {
            let y = places.y(tick.at);
            if tick.at > 0.0 {
                out.empty("path", &[("class", "grid"), ("d", &format!("M{left} {}H{right}", number(y)))]);
            }
            let (x, y) = (number(places.left - 6.0), number(y + 4.0));
            out.words("text", &[("class", "dim end small"), ("x", &x), ("y", &y)], &tick.label);
        }
        let bottom = places.top + places.height;
        out.empty("path", &[("class", "base"), ("d", &format!("M{left} {}H{right}", number(bottom)))]);
        let mut free = f64::NEG_INFINITY;
        for tick in &self.x_ticks {
            let (middle, half) = (places.x(tick.at), text_width(&tick.label) / 2.0);
            let middle_of_label =
                middle.clamp(half.min(self.size.0 / 2.0), self.size.0 - half.min(self.size.0 / 2.0));
            let d = format!("M{} {}v4", number(middle), number(bottom));
            out.empty("path", &[("class", "base"), ("d", &d)]);
            if middle_of_label - half < free + 6.0 {
                continue;
            }
            free = middle_of_label + half;
            let (x, y) = (number(middle_of_label), number(bottom + 16.0));
            out.words("text", &[("class", "dim mid small"), ("x", &x), ("y", &y)], &tick.label);
        }
        let across = fitted(&format!("{} →", self.axes.0), self.size.0 - places.left);
        let (x, y) = (number(places.left), number(bottom + 31.0));
        out.words("text", &[("class", "dim small"), ("x", &x), ("y", &y)], &across);
        if let Some((level, label)) = &self.level {
            let y = places.y(*level);
            out.empty("path", &[("class", "level"), ("d", &format!("M{left} {}H{right}", number(y)))]);
            let (x, y) = (number(places.left + places.width - 4.0), number(y - 5.0));
            out.words("text", &[("class", "dim end small halo"), ("x", &x), ("y", &y)], label);
        }
    }

    /// The names of the courses above, and what the stretches are, each in a line of its own.
    fn draw_labels(&self, out: &mut Markup, places: &Places) {
        let named = self.courses.iter().filter(|course| !course.label.is_empty());
        for (course, (x, y, label)) in named.zip(&places.legend) {
            let (from, to, middle) = (number(x + 2.0), number(x + SWATCH - 5.0), number(y - 4.0));
            if course.has_line {
                let class = format!("l {}", course.colour.class());
                out.empty("path", &[("class", &class), ("d", &format!("M{from} {middle}H{to}"))]);
            }
            if course.has_dots {
                let vague = if course.spots.iter().all(|spot| spot.is_vague) { " vague" } else { "" };
                let (cx, class) =
                    (number(x + SWATCH / 2.0 - 2.0), format!("spot {}{vague}", course.colour.class()));
                out.empty("circle", &[("class", &class), ("cx", &cx), ("cy", &middle), ("r", "4")]);
            }
            out.words("text", &[("x", &number(x + SWATCH)), ("y", &number(*y))], label);
        }
        let labelled: Vec<&Stretch> =
            self.stretches.iter().filter(|stretch| !stretch.label.is_empty()).collect();
        for (line, stretch) in labelled.iter().enumerate() {
            let base = places.top - 5.0 - LABEL_LINE * (labelled.len() - 1 - line) as f64;
            let at = places.x(stretch.middle.unwrap_or(f64::midpoint(stretch.from, stretch.to)));
            let text = fitted(&stretch.label, self.size.0 - 2.0);
            let half = text_width(&text) / 2.0;
            let middle = at.clamp(half.min(self.size.0 / 2.0), self.size.0 - half.min(self.size.0 / 2.0));
            let d = format!("M{} {}V{}", number(at), number(base + 3.0), number(places.top));
            out.empty("path", &[("class", "edge"), ("d", &d)]);
            let (x, y) = (number(middle), number(base));
            out.words("text", &[("class", "mark mid small halo"), ("x", &x), ("y", &y)], &text);
        }
    }
}

fn draw_course(out: &mut Markup, course: &Course, places: &Places) {
    let colour = course.colour.class();
    for spot in &course.spots {
        if let Some((low, high)) = spot.interval {
            let (x, low, high) = (places.x(spot.x), number(places.y(low)), number(places.y(high)));
            let (left, x) = (number(x - 3.0), number(x));
            let d = format!("M{x} {low}V{high}M{left} {low}h6M{left} {high}h6");
            let vague = if spot.is_vague { " vague" } else { "" };
            out.empty("path", &[("class", &format!("span {colour}{vague}")), ("d", &d)]);
        }
    }
    let at = |spot: &Spot| (places.x(spot.x), places.y(spot.y));
    if course.has_line && course.spots.len() > 1 {
        let points: Vec<String> =
            course.spots.iter().map(at).map(|(x, y)| format!("{},{}", number(x), number(y))).collect();
        let d = format!("M{}", points.join(" "));
        out.empty("path", &[("class", &format!("l {colour}")), ("d", &d)]);
    }
    if course.has_arrow {
        draw_arrows(out, course, places);
    }
    if course.has_dots {
        for spot in &course.spots {
            let [x, y] = [at(spot).0, at(spot).1].map(number);
            let vague = if spot.is_vague { " vague" } else { "" };
            let class = format!("spot {colour}{vague}");
            out.element("circle", &[("class", &class), ("cx", &x), ("cy", &y), ("r", "4.5")], |out| {
                out.words("title", &[], &spot.note);
            });
        }
    }
}

/// Where the way goes: at a third and two thirds of it.
fn draw_arrows(out: &mut Markup, course: &Course, places: &Places) {
    for third in 1..=2 {
        let index = course.spots.len() * third / 3;
        let Some([before, after]) = course.spots.get(index.wrapping_sub(1)..=index) else { continue };
        let (from, to) = ((places.x(before.x), places.y(before.y)), (places.x(after.x), places.y(after.y)));
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = (dx * dx + dy * dy).sqrt();
        if length < 0.01 {
            continue;
        }
        let (ux, uy) = (dx / length * 9.0, dy / length * 9.0);
        let (tip, back) = ((to.0 + ux / 2.0, to.1 + uy / 2.0), (to.0 - ux / 2.0, to.1 - uy / 2.0));
        let corner =
            |sign: f64| format!("{},{}", number(back.0 - sign * uy * 0.5), number(back.1 + sign * ux * 0.5));
        let d = format!("M{},{} {} {}Z", number(tip.0), number(tip.1), corner(1.0), corner(-1.0));
        out.empty("path", &[("class", &format!("head {}", course.colour.class())), ("d", &d)]);
    }
}
