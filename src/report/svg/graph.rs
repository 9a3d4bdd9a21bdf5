//! A graph of boxes and arrows, coloured by trouble.

use super::drawing::Drawing;
use super::layout::{Layout, Point, layered};
use super::markup::{Markup, number};
use super::text::{FONT_PX, fitted, text_width};

/// A box.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What is said below the name, in two lines at most.
    pub notes: Vec<String>,
    /// How bad it is, from 0 to 5.
    pub level: usize,
    /// Drawn round: where things begin.
    pub is_source: bool,
}

/// An arrow between two boxes, by their positions.
#[derive(Clone, PartialEq, Debug)]
pub struct Arrow {
    /// From this one.
    pub from: usize,
    /// To this one.
    pub to: usize,
    /// What is said beside it; may be empty.
    pub label: String,
    /// How thick it is, in pixels.
    pub width: f64,
    /// Whether it catches the eye.
    pub is_loud: bool,
}

/// A graph.
#[derive(Clone, PartialEq, Debug)]
pub struct Graph {
    /// Begins the identifiers of its elements.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The same in more words.
    pub description: String,
    /// The boxes.
    pub nodes: Vec<Node>,
    /// The arrows.
    pub arrows: Vec<Arrow>,
}

const BOX: Point = Point { x: 130.0, y: 54.0 };
const GAP: (f64, f64) = (BOX.x + 62.0, BOX.y + 20.0);
const MARGIN: f64 = 8.0;
/// A box that calls itself has an arrow above it.
const LOOP: f64 = 16.0;

impl Graph {
    fn layout(&self) -> Layout {
        let pairs: Vec<(usize, usize)> = self.arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect();
        layered(self.nodes.len(), &pairs, GAP)
    }

    /// How wide the drawing is, in pixels.
    pub fn width(&self) -> f64 {
        self.layout().width + BOX.x + 2.0 * MARGIN
    }

    /// The drawing.
    pub fn svg(&self) -> String {
        let layout = self.layout();
        let top = if self.arrows.iter().any(|arrow| arrow.from == arrow.to) { LOOP } else { 0.0 };
        let drawing = Drawing {
            name: &self.name,
            title: &self.title,
            description: &self.description,
            class: "graph",
            above: top,
            size: (layout.width + BOX.x + 2.0 * MARGIN, layout.height + BOX.y + 2.0 * MARGIN + top),
            data: &[],
        };
        drawing.svg(|out| {
            let curves: Vec<Vec<[Point; 4]>> =
                self.arrows.iter().zip(&layout.routes).map(|(arrow, route)| curves(arrow, route)).collect();
            for (arrow, curve) in self.arrows.iter().zip(&curves) {
                draw_arrow(out, arrow, curve);
            }
            for (node, &place) in self.nodes.iter().zip(&layout.nodes) {
                draw_node(out, node, shifted(place));
            }
            self.draw_labels(out, &curves, &layout);
        })
    }

    /// Each label on its arrow, where it meets neither another label nor a box.
    fn draw_labels(&self, out: &mut Markup, curves: &[Vec<[Point; 4]>], layout: &Layout) {
        // Above its arrow, and not on it.
        let above = |arrow: &Arrow, spot: Point| Point {
            y: spot.y - arrow.width / 2.0 - FONT_PX / 2.0 - 2.0,
            ..spot
        };
        let boxes = layout.nodes.iter().map(|&place| (shifted(place), BOX.x + 4.0, BOX.y + 4.0));
        let mut taken: Vec<(Point, f64, f64)> = boxes.collect();
        for (arrow, curve) in self.arrows.iter().zip(curves).filter(|(arrow, _)| !arrow.label.is_empty()) {
            let (width, height) = (text_width(&arrow.label), FONT_PX + 2.0);
            let is_free = |spot: &Point| {
                taken.iter().all(|&(other, w, h)| {
                    (other.x - spot.x).abs() * 2.0 >= width + w
                        || (other.y - spot.y).abs() * 2.0 >= height + h
                })
            };
            let spots = || {
                [0.5, 0.35, 0.65, 0.2, 0.8]
                    .into_iter()
                    .flat_map(|at| curve.iter().map(move |it| above(arrow, on(it, at))))
            };
            let Some(spot) = spots().find(is_free).or_else(|| spots().next()) else { continue };
            taken.push((spot, width, height));
            let class = if arrow.is_loud { "halo mid small strong" } else { "halo mid small dim" };
            let (x, y) = (number(spot.x), number(spot.y + 4.0));
            out.words("text", &[("class", class), ("x", &x), ("y", &y)], &arrow.label);
        }
    }
}

fn shifted(place: Point) -> Point {
    Point { x: place.x + BOX.x / 2.0 + MARGIN, y: place.y + BOX.y / 2.0 + MARGIN }
}

/// The curves of an arrow from the side of its first box to that of its last.
fn curves(arrow: &Arrow, route: &[Point]) -> Vec<[Point; 4]> {
    let mut points: Vec<Point> = route.iter().map(|&point| shifted(point)).collect();
    if arrow.from == arrow.to {
        let Some(&middle) = points.first() else { return Vec::new() };
        let (top, lift) = (middle.y - BOX.y / 2.0, LOOP + 6.0);
        let at = |dx: f64, y: f64| Point { x: middle.x + dx, y };
        return vec![[at(-16.0, top), at(-16.0, top - lift), at(16.0, top - lift), at(16.0, top)]];
    }
    let is_back = points.first().zip(points.last()).is_some_and(|(first, last)| first.x > last.x);
    let side = if is_back { -BOX.x / 2.0 } else { BOX.x / 2.0 };
    if let Some(first) = points.first_mut() {
        first.x += side;
    }
    if let Some(last) = points.last_mut() {
        last.x -= side;
    }
    let bend = |pair: &[Point]| {
        let half = (pair[1].x - pair[0].x) / 2.0;
        [pair[0], Point { x: pair[0].x + half, ..pair[0] }, Point { x: pair[1].x - half, ..pair[1] }, pair[1]]
    };
    points.windows(2).map(bend).collect()
}

/// A point of a curve.
fn on([a, b, c, d]: &[Point; 4], at: f64) -> Point {
    let rest = 1.0 - at;
    let weights = [rest * rest * rest, 3.0 * rest * rest * at, 3.0 * rest * at * at, at * at * at];
    let sum = |of: fn(&Point) -> f64| {
        [a, b, c, d].iter().zip(weights).map(|(point, weight)| of(point) * weight).sum()
    };
    Point { x: sum(|it| it.x), y: sum(|it| it.y) }
}

fn draw_arrow(out: &mut Markup, arrow: &Arrow, curve: &[[Point; 4]]) {
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else { return };
    let pair = |point: &Point| format!("{},{}", number(point.x), number(point.y));
    let mut path = format!("M{}", pair(&first[0]));
    for [_, b, c, d] in curve {
        path.extend(["C", &pair(b), " ", &pair(c), " ", &pair(d)]);
    }
    let loud = if arrow.is_loud { " loud" } else { "" };
    let width = number(arrow.width);
    let class = format!("arrow{loud}");
    out.empty("path", &[("class", &class), ("stroke-width", &width), ("d", &path)]);
    let (end, size) = (last[3], 5.0 + arrow.width);
    let (x, y) = (number(end.x), number(end.y));
    let half = number(size * 0.55);
    let tip = if arrow.from == arrow.to {
        format!("M{x},{y}l-{half},-{} h{}Z", number(size), number(size * 1.1))
    } else if last[3].x >= last[0].x {
        format!("M{x},{y}l-{},-{half}v{}Z", number(size), number(size * 1.1))
    } else {
        format!("M{x},{y}l{},-{half}v{}Z", number(size), number(size * 1.1))
    };
    out.empty("path", &[("class", &format!("tip{loud}")), ("d", &tip)]);
}

fn draw_node(out: &mut Markup, node: &Node, middle: Point) {
    let (left, top) = (number(middle.x - BOX.x / 2.0), number(middle.y - BOX.y / 2.0));
    let class = format!("box h{}{}", node.level, if node.level >= 3 { " hard" } else { "" });
    let radius = if node.is_source { number(BOX.y / 2.0) } else { "4".to_owned() };
    let (width, height) = (number(BOX.x), number(BOX.y));
    out.element("g", &[], |out| {
        out.words("title", &[], &format!("{}: {}", node.name, node.notes.join(", ")));
        let place =
            [("x", left.as_str()), ("y", &top), ("width", &width), ("height", &height), ("rx", &radius)];
        out.empty("rect", &[&[("class", class.as_str())], &place[..]].concat());
        let x = number(middle.x);
        let room = BOX.x - if node.is_source { 20.0 } else { 10.0 };
        let on = format!("on{}", node.level);
        let name = format!("strong mid {on}");
        let note = format!("mid small {on}");
        let notes = node.notes.iter().take(2);
        let mut y = middle.y + 5.0 - 7.5 * notes.len() as f64;
        out.words("text", &[("class", &name), ("x", &x), ("y", &number(y))], &fitted(&node.name, room));
        for line in notes {
            y += 15.0;
            out.words("text", &[("class", &note), ("x", &x), ("y", &number(y))], &fitted(line, room));
        }
    });
}
