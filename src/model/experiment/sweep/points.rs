//! The points of a design: for each axis a value.

use crate::kernel::num;
use crate::kernel::random::{Bits as _, Stream, hash64};
use crate::model::node::{Node, Place, Source, Value};
use crate::quantity::{Dimension, Scalar};

use super::settings::{DesignSettings, RangeSettings, Scale};
use super::sobol;

/// Up to here there is an integer of 64 bits for each number.
const WHOLE_MAX: f64 = 9_223_372_036_854_775_808.0;

/// What an axis puts into the model.
#[derive(Clone, PartialEq, Debug)]
pub enum AxisValue {
    /// As it was written, if it is not a number.
    Written(Written),
    /// A number.
    Scalar(Scalar),
}

/// A value of a model that is not a number: a word, a list, a table.
#[derive(Clone, PartialEq, Debug)]
pub struct Written(pub(crate) Node);

impl AxisValue {
    /// The value of a node, as a number if it is one.
    pub(crate) fn of(node: &Node) -> Self {
        let scalar = match &node.value {
            Value::Integer(Some(count)) => i64::try_from(*count).ok().map(Scalar::count),
            Value::Float(value) if value.is_finite() => Some(Scalar::number(*value)),
            Value::String(text) => Scalar::parse(text).ok(),
            _ => None,
        };
        scalar.map_or_else(|| Self::Written(Written(node.clone())), Self::Scalar)
    }

    /// The same as a value of a document.
    pub(crate) fn to_node(&self, place: &Place) -> Node {
        match self {
            Self::Written(Written(node)) => node.clone(),
            Self::Scalar(scalar) => {
                let value = match scalar.dimension() {
                    Dimension::Count => Value::Integer(Some(scalar.value() as i128)),
                    Dimension::Number => Value::Float(scalar.value()),
                    _ => Value::String(scalar.to_string()),
                };
                Node::new(value, place.clone())
            }
        }
    }

    /// As it is typed in TOML.
    pub fn typed(&self) -> String {
        self.to_node(&Place { source: Source::File, span: 0..0 }).to_toml()
    }

    /// As people read it.
    pub fn shown(&self) -> String {
        match self {
            Self::Written(Written(node)) => match &node.value {
                Value::String(text) => text.clone(),
                _ => node.to_toml(),
            },
            Self::Scalar(scalar) => scalar.to_string(),
        }
    }
}

/// The values of one path.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis {
    /// The path.
    pub path: String,
    /// What people call it: the path, if it has no name.
    pub name: String,
    /// What the column of the results is called: with the unit, if all values have one.
    pub heading: String,
    /// Of a grid the values, of any other design one for each point.
    pub values: Vec<AxisValue>,
    /// For how many points in a row it keeps its value.
    pub stride: u64,
    /// Whether all values are numbers of one kind.
    is_numeric: bool,
    /// Where the axis stands.
    pub(crate) place: Place,
}

impl Axis {
    pub(crate) fn new(path: &str, name: Option<&str>, values: Vec<AxisValue>, place: Place) -> Self {
        let mut kinds = values.iter().map(|value| match value {
            AxisValue::Scalar(scalar) => Some(match scalar.dimension() {
                Dimension::Count => Dimension::Number,
                other => other,
            }),
            AxisValue::Written(_) => None,
        });
        let first = kinds.next().flatten();
        let dimension = first.filter(|_| kinds.all(|kind| kind == first));
        let suffix = dimension.map_or("", Dimension::suffix);
        Self {
            path: path.to_owned(),
            name: name.unwrap_or(path).to_owned(),
            heading: format!("{}{suffix}", name.unwrap_or(path)),
            values,
            stride: 1,
            is_numeric: dimension.is_some(),
            place,
        }
    }

    /// Whether all values are numbers of one kind.
    pub fn is_numeric(&self) -> bool {
        self.is_numeric
    }

    /// Whether all of them are whole numbers.
    pub fn is_whole(&self) -> bool {
        let is_whole = |value: &AxisValue| matches!(value, AxisValue::Scalar(scalar) if scalar.dimension() == Dimension::Count && scalar.value().abs() < WHOLE_MAX);
        self.is_numeric && self.values.iter().all(is_whole)
    }

    /// Where the value of a point stands in [`Axis::values`].
    pub fn index(&self, point: u64) -> usize {
        (point / self.stride % self.values.len() as u64) as usize
    }

    /// The value of a point.
    pub fn at(&self, point: u64) -> &AxisValue {
        &self.values[self.index(point)]
    }

    /// The value of a point in a table: a number in the unit of the heading, or what was written.
    pub fn cell(&self, point: u64) -> String {
        match self.at(point) {
            AxisValue::Scalar(scalar) if self.is_numeric => scalar.value().to_string(),
            other => other.shown(),
        }
    }
}

/// All points of a design, in order.
#[derive(Clone, PartialEq, Debug)]
pub struct Points {
    /// The axes, in the order of the text.
    pub axes: Vec<Axis>,
    /// How many points.
    pub count: u64,
    /// Whether the axes were crossed.
    pub is_grid: bool,
}

impl Points {
    /// Crosses the axes; `None` if nobody could count the points.
    pub(crate) fn crossed(mut axes: Vec<Axis>) -> Option<Self> {
        let mut count = 1_u64;
        for axis in axes.iter_mut().rev() {
            axis.stride = count;
            count = count.checked_mul(axis.values.len() as u64)?;
        }
        Some(Self { axes, count, is_grid: true })
    }

    /// Points whose coordinates stand beside one another.
    pub(crate) fn listed(axes: Vec<Axis>, count: u64) -> Self {
        Self { axes, count, is_grid: false }
    }
}

/// The value at a share of the way, both ends included: `share` is from 0 to 1.
pub(crate) fn between(range: &RangeSettings, share: f64) -> Scalar {
    let (from, to) = (range.from.value(), range.to.value());
    let value = match range.scale {
        // Ends are met exactly.
        _ if share == 0.0 => return range.from.counted_as(dimension(range)),
        _ if share == 1.0 => return range.to.counted_as(dimension(range)),
        Scale::Linear => from + (to - from) * share,
        Scale::Log => from * num::exp(num::ln(to / from) * share),
    };
    Scalar::nearest(value, dimension(range)).unwrap_or(range.from)
}

/// The values of a grid.
pub(crate) fn grid(range: &RangeSettings, steps: u64) -> impl Iterator<Item = Scalar> + '_ {
    (0..steps).map(move |step| between(range, step as f64 / (steps - 1) as f64))
}

/// The value at a share of the way that was drawn, from 0 to below 1. Of whole numbers each has an equal part of the way, or on a logarithmic scale as much as up to the next one.
pub(crate) fn drawn(range: &RangeSettings, share: f64) -> Scalar {
    if dimension(range) != Dimension::Count {
        return between(range, share);
    }
    let (from, to) = (range.from.value(), range.to.value());
    let (least, most) = (from.min(to), from.max(to));
    // Towards a smaller end the way is walked backwards.
    let share = if from <= to { share } else { 1.0 - share };
    let value = match range.scale {
        Scale::Linear => least + (most + 1.0 - least) * share,
        Scale::Log => least * num::exp(num::ln((most + 1.0) / least) * share),
    };
    Scalar::nearest(value.floor().clamp(least, most), Dimension::Count).unwrap_or(range.from)
}

/// Whole numbers lead to whole numbers.
pub(crate) fn dimension(range: &RangeSettings) -> Dimension {
    match (range.from.dimension(), range.to.dimension()) {
        (Dimension::Count, Dimension::Number) => Dimension::Number,
        (from, _) => from,
    }
}

/// Where the points of a design lie along the axis `index`, from 0 to 1.
pub(crate) fn shares(design: &DesignSettings, index: usize) -> Vec<f64> {
    match *design {
        DesignSettings::LatinHypercube(settings) => {
            let mut stream = Stream::new(settings.seed, hash64(&format!("latin_hypercube.{index}")));
            let mut order: Vec<u64> = (0..settings.points).collect();
            for last in (1..order.len()).rev() {
                order.swap(last, stream.below(last as u64 + 1) as usize);
            }
            let width = settings.points as f64;
            order.into_iter().map(|part| (part as f64 + stream.unit()) / width).collect()
        }
        DesignSettings::Sobol(settings) => {
            (0..settings.points as u32).map(|point| sobol::coordinate(point, index)).collect()
        }
        DesignSettings::Grid | DesignSettings::Matrix(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::experiment::sweep::settings::LatinHypercubeSettings;

    fn range(from: &str, to: &str, scale: Scale) -> RangeSettings {
        let [from, to] = [from, to].map(|text| Scalar::parse(text).unwrap());
        RangeSettings { from, to, steps: None, scale }
    }

    #[test]
    fn ranges_meet_their_ends_and_are_even_between() {
        let shown = |range: &RangeSettings| {
            (0..5).map(|step| between(range, f64::from(step) / 4.0).to_string()).collect::<Vec<_>>()
        };
        let linear = range("400/s", "1200/s", Scale::Linear);
        assert_eq!(shown(&linear), ["400/s", "600/s", "800/s", "1000/s", "1200/s"]);
        let log = range("10ms", "100s", Scale::Log);
        assert_eq!(shown(&log), ["10ms", "100ms", "1s", "10s", "100s"]);
        let mut counts = range("1s", "4s", Scale::Linear);
        (counts.from, counts.to) = (Scalar::count(1), Scalar::count(4));
        assert_eq!(shown(&counts), ["1", "2", "2", "3", "4"]);
    }

    /// 600 points over four whole numbers are 150 each, and over 1 to 8 on a logarithmic scale as many per doubling.
    #[test]
    fn whole_numbers_are_drawn_evenly() {
        let mut counts = range("1s", "4s", Scale::Linear);
        (counts.from, counts.to) = (Scalar::count(1), Scalar::count(4));
        let often = |range: &RangeSettings, number: f64| {
            let shares = (0..600).map(|part| (f64::from(part) + 0.5) / 600.0);
            shares.filter(|&share| drawn(range, share).value() == number).count()
        };
        for number in 1..=4 {
            assert_eq!(often(&counts, f64::from(number)), 150, "{number}");
        }
        (counts.from, counts.to) = (Scalar::count(4), Scalar::count(1));
        assert_eq!([1.0, 2.0, 3.0, 4.0].map(|number| often(&counts, number)), [150; 4]);
        (counts.from, counts.to, counts.scale) = (Scalar::count(1), Scalar::count(7), Scale::Log);
        let doublings = [1.0..2.0, 2.0..4.0, 4.0..8.0];
        for numbers in doublings {
            let inside = (1..=7).map(f64::from).filter(|number| numbers.contains(number));
            assert_eq!(inside.map(|number| often(&counts, number)).sum::<usize>(), 200, "{numbers:?}");
        }
        let rate = range("400/s", "1200/s", Scale::Linear);
        assert_eq!(drawn(&rate, 0.25), between(&rate, 0.25));
    }

    #[test]
    fn a_hypercube_has_one_point_in_each_part_of_each_axis() {
        let design = |seed| DesignSettings::LatinHypercube(LatinHypercubeSettings { points: 100, seed });
        for axis in 0..4 {
            let mut parts: Vec<u32> =
                shares(&design(1), axis).into_iter().map(|share| (share * 100.0) as u32).collect();
            parts.sort_unstable();
            assert!(parts.into_iter().eq(0..100), "axis {axis}");
        }
        assert_ne!(shares(&design(1), 0), shares(&design(1), 1));
        assert_ne!(shares(&design(1), 0), shares(&design(2), 0));
    }
}
