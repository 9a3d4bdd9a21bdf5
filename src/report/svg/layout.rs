//! Where the nodes of a directed graph stand: in layers from left to right, arrows forward, with few crossings (K. Sugiyama, S. Tagawa and M. Toda, IEEE
//! Transactions on Systems, Man, and Cybernetics 1981).

use super::labels::settled;

/// A place on the plane, in pixels.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// Where everything stands.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Layout {
    /// The middles of the nodes.
    pub nodes: Vec<Point>,
    /// By arrow: the points that it passes, its ends included.
    pub routes: Vec<Vec<Point>>,
    /// How wide all of it is, from the leftmost middle to the rightmost.
    pub width: f64,
    /// How high all of it is, from the uppermost middle to the lowest.
    pub height: f64,
}

/// How often the order in the layers is improved, to and fro.
const SWEEPS: usize = 12;
/// A route that passes a layer needs this share of the room of a node.
const ROUTE_SHARE: f64 = 0.45;

/// The layout of nodes with these arrows, as pairs of positions; `gap` is the distance from layer to layer, and from node to node in a layer.
pub fn layered(count: usize, arrows: &[(usize, usize)], gap: (f64, f64)) -> Layout {
    let forward = without_cycles(count, arrows);
    let layer_of = layers(count, &forward);
    let mut ranks = Ranks::new(count, &forward, &layer_of);
    ranks.order();
    let heights = ranks.heights(gap.1);
    let top = heights.iter().copied().fold(f64::INFINITY, f64::min);
    let bottom = heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let point = |vertex: usize| Point { x: ranks.layer[vertex] as f64 * gap.0, y: heights[vertex] - top };
    let routes = arrows.iter().zip(&ranks.chains).map(|(&(from, _), chain)| {
        let mut route: Vec<Point> = chain.iter().map(|&vertex| point(vertex)).collect();
        if chain.first() != Some(&from) {
            route.reverse();
        }
        route
    });
    Layout {
        nodes: (0..count).map(point).collect(),
        routes: routes.collect(),
        width: layer_of.iter().copied().max().unwrap_or(0) as f64 * gap.0,
        height: (bottom - top).max(0.0),
    }
}

/// The arrows, those turned round that would close a cycle.
fn without_cycles(count: usize, arrows: &[(usize, usize)]) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; count];
    let mut turned = vec![false; arrows.len()];
    // Who is called by nobody comes first, so that cycles are entered where calls enter them.
    let is_called = |node: usize| arrows.iter().any(|&(from, to)| to == node && from != node);
    let (called, starts): (Vec<usize>, Vec<usize>) = (0..count).partition(|&node| is_called(node));
    for start in starts.into_iter().chain(called) {
        let mut path = if marks[start] == Mark::New { vec![(start, 0)] } else { Vec::new() };
        while let Some((node, next)) = path.last_mut() {
            marks[*node] = Mark::Open;
            let from = *node;
            let arrow = arrows.iter().enumerate().skip(*next).find(|(_, arrow)| arrow.0 == from);
            let Some((index, &(_, to))) = arrow else {
                marks[from] = Mark::Done;
                path.pop();
                continue;
            };
            *next = index + 1;
            match marks[to] {
                Mark::New => path.push((to, 0)),
                Mark::Open => turned[index] = true,
                Mark::Done => {}
            }
        }
    }
    arrows
        .iter()
        .zip(turned)
        .map(|(&(from, to), turned)| if turned { (to, from) } else { (from, to) })
        .collect()
}

/// One more than the deepest caller.
fn layers(count: usize, forward: &[(usize, usize)]) -> Vec<usize> {
    let mut layers = vec![0; count];
    for _ in 0..count {
        for &(from, to) in forward.iter().filter(|(from, to)| from != to) {
            layers[to] = layers[to].max(layers[from] + 1);
        }
    }
    layers
}

/// Nodes, and a vertex for each layer that an arrow passes, in the order in which they stand in their layers.
struct Ranks {
    layer: Vec<usize>,
    count: usize,
    /// By arrow: its vertices from the left to the right.
    chains: Vec<Vec<usize>>,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    orders: Vec<Vec<usize>>,
}

impl Ranks {
    fn new(count: usize, forward: &[(usize, usize)], layer_of: &[usize]) -> Self {
        let mut layer = layer_of.to_vec();
        let chain = |&(from, to): &(usize, usize)| {
            let mut chain = vec![from];
            for between in layer_of[from] + 1..layer_of[to] {
                chain.push(layer.len());
                layer.push(between);
            }
            chain.push(to);
            chain
        };
        let chains: Vec<Vec<usize>> = forward.iter().map(chain).collect();
        let (mut before, mut after) = (vec![Vec::new(); layer.len()], vec![Vec::new(); layer.len()]);
        for pair in chains.iter().flat_map(|chain| chain.windows(2)).filter(|pair| pair[0] != pair[1]) {
            after[pair[0]].push(pair[1]);
            before[pair[1]].push(pair[0]);
        }
        let mut orders = vec![Vec::new(); layer.iter().copied().max().map_or(0, |last| last + 1)];
        for (vertex, &layer) in layer.iter().enumerate() {
            orders[layer].push(vertex);
        }
        Self { layer, count, chains, before, after, orders }
    }

    fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.layer.len()];
        for order in &self.orders {
            for (place, &vertex) in order.iter().enumerate() {
                places[vertex] = place;
            }
        }
        places
    }

    /// Each layer by the mean place of its neighbours in the layer before, and back; the best of all orders stays.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.orders.clone());
        for sweep in 0..SWEEPS {
            let is_forward = sweep % 2 == 0;
            let layers = self.orders.len();
            for step in 1..layers {
                let layer = if is_forward { step } else { layers - 1 - step };
                let places = self.places();
                let neighbours = if is_forward { &self.before } else { &self.after };
                let mean = |vertex: usize| {
                    let near = &neighbours[vertex];
                    let sum: usize = near.iter().map(|&other| places[other]).sum();
                    if near.is_empty() { places[vertex] as f64 } else { sum as f64 / near.len() as f64 }
                };
                self.orders[layer].sort_by(|&one, &other| mean(one).total_cmp(&mean(other)));
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.orders.clone());
            }
        }
        self.orders = best.1;
    }

    fn crossings(&self) -> usize {
        let places = self.places();
        let cross = |order: &Vec<usize>| {
            let links: Vec<(usize, usize)> = order
                .iter()
                .flat_map(|&vertex| self.after[vertex].iter().map(move |&next| (vertex, next)))
                .map(|(one, other)| (places[one], places[other]))
                .collect();
            let crossed = |index: usize| {
                let (from, to) = links[index];
                links[..index].iter().filter(|&&(f, t)| (f < from && t > to) || (f > from && t < to)).count()
            };
            (0..links.len()).map(crossed).sum::<usize>()
        };
        self.orders.iter().map(cross).sum()
    }

    /// How far down each vertex stands: near its neighbours, and apart from those beside it.
    fn heights(&self, gap: f64) -> Vec<f64> {
        let room = |vertex: usize| if vertex < self.count { gap } else { gap * ROUTE_SHARE };
        let offsets: Vec<Vec<f64>> = self
            .orders
            .iter()
            .map(|order| {
                let mut offsets = vec![0.0; order.len()];
                for index in 1..order.len() {
                    offsets[index] =
                        offsets[index - 1] + f64::midpoint(room(order[index - 1]), room(order[index]));
                }
                offsets
            })
            .collect();
        let mut heights = vec![0.0; self.layer.len()];
        for (order, offsets) in self.orders.iter().zip(&offsets) {
            for (&vertex, offset) in order.iter().zip(offsets) {
                heights[vertex] = offset - offsets.last().copied().unwrap_or(0.0) / 2.0;
            }
        }
        for sweep in 0..SWEEPS {
            let is_forward = sweep % 2 == 0;
            for step in 0..self.orders.len() {
                let layer = if is_forward { step } else { self.orders.len() - 1 - step };
                let order = &self.orders[layer];
                let wanted: Vec<f64> = order
                    .iter()
                    .map(|&vertex| {
                        let near = [&*self.before[vertex], &*self.after[vertex]].concat();
                        let sum: f64 = near.iter().map(|&other| heights[other]).sum();
                        if near.is_empty() { heights[vertex] } else { sum / near.len() as f64 }
                    })
                    .collect();
                for (&vertex, height) in order.iter().zip(settled(&wanted, &offsets[layer])) {
                    heights[vertex] = height;
                }
            }
        }
        heights
    }
}
