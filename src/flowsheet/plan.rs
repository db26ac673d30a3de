//! The order of calculation: strongly connected parts, and the streams torn to open their loops.

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// A connection from a unit's outlet to a unit's inlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    /// Unit it leaves.
    pub from: usize,
    /// Port it leaves by.
    pub outlet: String,
    /// Unit it enters.
    pub to: usize,
    /// Port it enters by.
    pub inlet: String,
}

/// A part of the flowsheet that is calculated as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Units in calculation order.
    pub units: Vec<usize>,
    /// Arrows (by index) whose streams are guessed and converged; empty where there is no loop.
    pub tears: Vec<usize>,
}

/// Sections in calculation order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The sections.
    pub sections: Vec<Section>,
}

impl Plan {
    /// Orders `units` units joined by `arrows`.
    pub fn new(units: usize, arrows: &[Arrow]) -> Plan {
        let mut graph = DiGraph::<(), ()>::new();
        let nodes: Vec<NodeIndex> = (0..units).map(|_| graph.add_node(())).collect();
        for arrow in arrows {
            graph.add_edge(nodes[arrow.from], nodes[arrow.to], ());
        }
        let mut parts = tarjan_scc(&graph); // in reverse topological order
        parts.reverse();
        let sections = parts
            .into_iter()
            .map(|part| section(part.into_iter().map(NodeIndex::index).collect(), arrows))
            .collect();
        Plan { sections }
    }

    /// All units in calculation order.
    pub fn order(&self) -> impl Iterator<Item = usize> + '_ {
        self.sections.iter().flat_map(|s| s.units.iter().copied())
    }
}

fn section(mut units: Vec<usize>, arrows: &[Arrow]) -> Section {
    units.sort_unstable();
    let inner: Vec<usize> = (0..arrows.len())
        .filter(|&a| units.contains(&arrows[a].from) && units.contains(&arrows[a].to))
        .collect();
    if inner.is_empty() {
        return Section { units, tears: Vec::new() };
    }
    let order = feedback_order(&units, &inner, arrows);
    let rank = |unit: usize| order.iter().position(|&u| u == unit);
    let tears = inner.into_iter().filter(|&a| rank(arrows[a].from) >= rank(arrows[a].to)).collect();
    Section { units: order, tears }
}

/// An order with few arrows against it: the heuristic of P. Eades, X. Lin and W. F. Smyth,
/// *Information Processing Letters* 47 (1993) 319, with units fed from outside the loop first.
fn feedback_order(units: &[usize], inner: &[usize], arrows: &[Arrow]) -> Vec<usize> {
    let mut left: Vec<usize> = units.to_vec();
    let (mut front, mut back) = (Vec::new(), Vec::new());
    let entered = |unit: usize| arrows.iter().any(|a| a.to == unit && !units.contains(&a.from));
    while !left.is_empty() {
        let degree = |unit: usize, left: &[usize]| {
            let open = |other: usize| other != unit && left.contains(&other);
            let inputs = inner.iter().filter(|&&a| arrows[a].to == unit && open(arrows[a].from)).count();
            let outputs = inner.iter().filter(|&&a| arrows[a].from == unit && open(arrows[a].to)).count();
            (inputs as i64, outputs as i64)
        };
        if let Some(i) = left.iter().position(|&u| degree(u, &left).1 == 0) {
            back.push(left.remove(i));
        } else if let Some(i) = left.iter().position(|&u| degree(u, &left).0 == 0) {
            front.push(left.remove(i));
        } else {
            let best = (0..left.len()).max_by_key(|&i| {
                let (inputs, outputs) = degree(left[i], &left);
                (outputs - inputs + i64::from(entered(left[i])), std::cmp::Reverse(left[i]))
            });
            // `left` is not empty here, so there is a best one.
            let Some(best) = best else { break };
            front.push(left.remove(best));
        }
    }
    back.reverse();
    front.extend(back);
    front
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrow(from: usize, to: usize) -> Arrow {
        Arrow { from, outlet: "out".into(), to, inlet: "in".into() }
    }

    #[test]
    fn a_line_has_no_tear_and_is_ordered() {
        let plan = Plan::new(3, &[arrow(2, 0), arrow(0, 1)]);
        assert_eq!(plan.order().collect::<Vec<_>>(), [2, 0, 1]);
        assert!(plan.sections.iter().all(|s| s.tears.is_empty()));
    }

    #[test]
    fn one_loop_is_torn_once_where_it_returns_to_the_fed_unit() {
        // 0 feeds 1; 1 -> 2 -> 3 -> 1; 3 -> 4.
        let arrows = [arrow(0, 1), arrow(1, 2), arrow(2, 3), arrow(3, 1), arrow(3, 4)];
        let plan = Plan::new(5, &arrows);
        let looped = plan.sections.iter().find(|s| !s.tears.is_empty()).unwrap();
        assert_eq!(looped.units, [1, 2, 3]);
        assert_eq!(looped.tears, [3]);
    }

    #[test]
    fn nested_loops_need_no_more_tears_than_loops() {
        // 1 -> 2 -> 3 -> 4 with 3 -> 2 inside and 4 -> 1 around.
        let arrows =
            [arrow(0, 1), arrow(1, 2), arrow(2, 3), arrow(3, 2), arrow(3, 4), arrow(4, 1), arrow(4, 5)];
        let plan = Plan::new(6, &arrows);
        let tears: Vec<usize> = plan.sections.iter().flat_map(|s| s.tears.clone()).collect();
        assert_eq!(tears.len(), 2, "{plan:?}");
    }

    #[test]
    fn a_unit_that_feeds_itself_is_torn() {
        let plan = Plan::new(1, &[arrow(0, 0)]);
        assert_eq!(plan.sections[0].tears, [0]);
    }
}
