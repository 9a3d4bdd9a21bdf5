//! Who calls whom.

use petgraph::Direction;
use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::Model;

/// The service graph: workloads and services, and a directed edge for every pair of which one calls the other.
#[derive(Clone, Debug, Default)]
pub struct ServiceGraph {
    graph: DiGraph<String, ()>,
}

impl ServiceGraph {
    /// The graph of a model: its workloads, then its services, each by name. Calls to what does not exist are left out.
    pub fn of(model: &Model) -> Self {
        let names: Vec<&String> = model.workloads.keys().chain(model.services.keys()).collect();
        let position = |name: &str| names.iter().position(|&other| other == name);
        let by_workloads = model.workloads.iter().map(|(name, workload)| (name, workload.to.as_str()));
        let by_services = model.services.iter().flat_map(|(name, service)| {
            let calls = service.all_steps().into_iter().filter_map(|at| model.call_of(at.step));
            calls.map(move |call| (name, call.to))
        });
        let calls = by_workloads.chain(by_services);
        let known = calls.filter_map(|(caller, target)| Some((position(caller)?, position(target)?)));
        Self::new(names.iter().map(|&name| name.clone()), known)
    }

    /// A graph over these components, which are known by their position, with these calls.
    pub fn new(
        names: impl IntoIterator<Item = String>,
        calls: impl IntoIterator<Item = (usize, usize)>,
    ) -> Self {
        let mut graph = DiGraph::new();
        for name in names {
            graph.add_node(name);
        }
        for (caller, target) in calls {
            graph.update_edge(NodeIndex::new(caller), NodeIndex::new(target), ());
        }
        Self { graph }
    }

    /// The cycles of calls, as names from caller to target that end where they began: for each set of components that call one another
    /// the shortest one through its first name, in the order of these names.
    pub fn cycles(&self) -> Vec<Vec<&str>> {
        let first = |component: Vec<NodeIndex>| component.into_iter().min_by_key(|&node| &self.graph[node]);
        let mut starts: Vec<NodeIndex> = kosaraju_scc(&self.graph).into_iter().filter_map(first).collect();
        starts.sort_by_key(|&node| &self.graph[node]);
        let ways = starts.into_iter().filter_map(|start| self.shortest_way_back(start));
        ways.map(|way| way.into_iter().map(|node| self.graph[node].as_str()).collect()).collect()
    }

    /// The shortest way from a node to itself, both ends included.
    fn shortest_way_back(&self, start: NodeIndex) -> Option<Vec<NodeIndex>> {
        let mut reached_from = vec![None; self.graph.node_count()];
        let mut frontier = std::collections::VecDeque::from([start]);
        while let Some(node) = frontier.pop_front() {
            for next in self.targets(node) {
                if next == start {
                    let mut path = vec![start, node];
                    while *path.last()? != start {
                        path.push(reached_from[path.last()?.index()]?);
                    }
                    path.reverse();
                    if node == start {
                        path = vec![start, start];
                    }
                    return Some(path);
                }
                if reached_from[next.index()].is_none() {
                    reached_from[next.index()] = Some(node);
                    frontier.push_back(next);
                }
            }
        }
        None
    }

    fn targets(&self, node: NodeIndex) -> Vec<NodeIndex> {
        let mut targets: Vec<NodeIndex> =
            self.graph.edges_directed(node, Direction::Outgoing).map(|edge| edge.target()).collect();
        targets.sort_by_key(|&target| &self.graph[target]);
        targets
    }

    /// The layer of each component by position: 0 for who is called by nobody, otherwise one more than the deepest caller. Empty if there is a cycle.
    pub fn layers(&self) -> Vec<usize> {
        let Ok(order) = toposort(&self.graph, None) else {
            return Vec::new();
        };
        let mut layers = vec![0; self.graph.node_count()];
        for node in order {
            for target in self.targets(node) {
                layers[target.index()] = layers[target.index()].max(layers[node.index()] + 1);
            }
        }
        layers
    }

    /// Which components, by position, are reached from any of these, themselves included.
    pub fn reached_from(&self, starts: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let mut reached = vec![false; self.graph.node_count()];
        let mut frontier: Vec<NodeIndex> = starts.into_iter().map(NodeIndex::new).collect();
        while let Some(node) = frontier.pop() {
            if !std::mem::replace(&mut reached[node.index()], true) {
                frontier.extend(self.targets(node));
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(calls: &[(usize, usize)]) -> ServiceGraph {
        ServiceGraph::new(["a", "b", "c", "d"].map(str::to_owned), calls.iter().copied())
    }

    #[test]
    fn finds_the_shortest_cycles_from_their_first_names() {
        assert_eq!(graph(&[(0, 1), (1, 2), (2, 3), (0, 3)]).cycles(), Vec::<Vec<&str>>::new());
        assert_eq!(graph(&[(0, 0), (3, 3)]).cycles(), [["a", "a"], ["d", "d"]]);
        assert_eq!(graph(&[(0, 1), (1, 2), (2, 3), (3, 1), (2, 1)]).cycles(), [["b", "c", "b"]]);
    }

    #[test]
    fn layers_are_the_longest_way_from_the_top() {
        assert_eq!(graph(&[(0, 1), (1, 2), (0, 2), (2, 3)]).layers(), [0, 1, 2, 3]);
        assert_eq!(graph(&[(0, 1), (1, 0)]).layers(), Vec::<usize>::new());
    }

    #[test]
    fn reachability_includes_the_start() {
        assert_eq!(graph(&[(0, 1), (2, 3)]).reached_from([0]), [true, true, false, false]);
    }
}
