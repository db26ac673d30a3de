//! Element balances around every unit and around the plant.

use super::{Flowsheet, FlowsheetError, Solution};
use crate::chemistry::Stream;
use crate::unit::Boundary;

/// Largest relative closure that is accepted.
pub const TOLERANCE: f64 = 1e-9;
/// Name of the plant among the balances.
pub const PLANT: &str = "plant";

/// The balance of one element around one unit or the plant.
#[derive(Debug, Clone, PartialEq)]
pub struct ElementBalance {
    /// Unit, or [`PLANT`].
    pub unit: String,
    /// Element or pseudo-component.
    pub element: String,
    /// Amount that enters, mol/s or mol.
    pub inlet: f64,
    /// Amount that leaves.
    pub outlet: f64,
    /// |in − out| over the larger of in and 1e-12 of the mass that enters (as amount of the element).
    pub relative: f64,
}

/// All balances.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Closure {
    /// Unit by unit, the plant last.
    pub balances: Vec<ElementBalance>,
    /// The largest relative closure.
    pub worst_relative: f64,
}

impl Closure {
    /// Balances every unit and the plant of a solved flowsheet.
    pub fn of(flowsheet: &Flowsheet, solution: &Solution) -> Closure {
        let mut closure = Closure::default();
        for (index, node) in flowsheet.nodes.iter().enumerate() {
            if node.unit.boundary().is_none() {
                let drawn = solution.outcomes[index].drawn.iter().map(|(_, stream)| stream);
                let inlets: Vec<&Stream> = solution.into_unit(index).chain(drawn).collect();
                let outlets: Vec<&Stream> =
                    solution.outcomes[index].outlets.iter().map(|(_, stream)| stream).collect();
                closure.add(flowsheet, &node.name, &inlets, &outlets, |_| 0.0);
            }
        }
        let crossing = |wanted: &[Boundary], leaving: bool| -> Vec<&Stream> {
            solution
                .streams
                .iter()
                .filter(|s| {
                    let unit = if leaving { s.to } else { s.from };
                    flowsheet.nodes[unit].unit.boundary().is_some_and(|b| wanted.contains(&b))
                })
                .map(|s| &s.stream)
                .collect()
        };
        let fed = crossing(&[Boundary::Feedstock, Boundary::Reagent], false);
        let mut entering = fed.clone();
        entering.extend(solution.outcomes.iter().flat_map(|outcome| outcome.drawn.iter().map(|(_, s)| s)));
        let leaving = crossing(&[Boundary::Product, Boundary::Discharge], true);
        // An element of a closed loop, which only make-ups could bring, is measured against what passes them.
        let passing = |element: usize| {
            if fed.iter().any(|stream| stream.element_amount(element) > 0.0) {
                return 0.0;
            }
            let making = solution.outcomes.iter().filter(|outcome| !outcome.drawn.is_empty());
            let through = making.flat_map(|outcome| &outcome.outlets).map(|(_, s)| s.element_amount(element));
            through.fold(0.0, f64::max)
        };
        closure.add(flowsheet, PLANT, &entering, &leaving, passing);
        closure
    }

    fn add(
        &mut self,
        flowsheet: &Flowsheet,
        unit: &str,
        inlets: &[&Stream],
        outlets: &[&Stream],
        least: impl Fn(usize) -> f64,
    ) {
        let table = &flowsheet.context.table;
        let mass: f64 = inlets.iter().map(|s| s.mass()).sum();
        for element in 0..table.elements().len() {
            let inlet: f64 = inlets.iter().map(|s| s.element_amount(element)).sum();
            let outlet: f64 = outlets.iter().map(|s| s.element_amount(element)).sum();
            let floor = 1e-12 * mass / table.elements()[element].molar_mass();
            let scale = inlet.abs().max(floor).max(least(element));
            let relative = if scale > 0.0 { (inlet - outlet).abs() / scale } else { outlet.abs() };
            self.worst_relative = self.worst_relative.max(relative);
            if inlet != 0.0 || outlet != 0.0 {
                self.balances.push(ElementBalance {
                    unit: unit.to_owned(),
                    element: table.elements()[element].symbol().to_owned(),
                    inlet,
                    outlet,
                    relative,
                });
            }
        }
    }

    /// Asserts that everything closes.
    ///
    /// # Errors
    /// [`FlowsheetError::Open`] with the worst balance.
    pub fn check(&self) -> Result<(), FlowsheetError> {
        let worst = self.balances.iter().max_by(|a, b| a.relative.total_cmp(&b.relative));
        match worst {
            Some(b) if b.relative > TOLERANCE || b.relative.is_nan() => Err(FlowsheetError::Open {
                unit: b.unit.clone(),
                element: b.element.clone(),
                relative: b.relative,
            }),
            _ => Ok(()),
        }
    }
}
