//! How a solved plant moves with what it is made of, several directions at once.
//!
//! Derivatives follow the streams from unit to unit. Across a loop they solve `dx = G_x dx + G_p dp` at the converged tears, one
//! pass through the loop for each product (implicit function theorem). A unit without derivatives is differenced alone, along the
//! direction in which its inlets and its own parameters move.

use super::solve::State;
use super::{Closure, Flowsheet, FlowsheetError, Node, Section, Solution};
use crate::chemistry::Stream;
use crate::kinetics::leach::ParameterSet;
use crate::numerics::difference;
use crate::numerics::fixed_point::{Accelerator, Anderson};
use crate::unit::{Inlets, LANES, Moves, Moving, Outcome, UnitError};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// What moves, along each of [`LANES`] directions.
pub struct Along<'a> {
    /// Parameters of processes, by name; those that do not move may be left out.
    pub processes: Vec<(String, ParameterSet<Moving>)>,
    /// Parameters of each unit, by path, with their derivatives.
    pub own: Vec<Vec<(String, [f64; LANES])>>,
    /// Step of a difference along each direction; 0 where there is no such direction.
    pub steps: [f64; LANES],
    /// A unit made anew a step along a direction: `(unit, lane, shift)`; `None` where it does not depend on it.
    pub remake: &'a dyn Fn(usize, usize, f64) -> Option<Result<Node, String>>,
}

/// A solved plant with its derivatives.
#[derive(Debug)]
pub struct Moved {
    /// Streams and outcomes; their values are those of the plant.
    pub solution: Solution<Moving>,
    /// Units that were differenced.
    pub differenced: BTreeSet<usize>,
    /// Largest disagreement between two widths of a difference along each direction, relative to the largest slope.
    pub doubt: [f64; LANES],
}

/// Passes through a loop before its derivatives count as not found.
const PASSES: usize = 200;
/// Change of a derivative per pass, relative to the largest (each over the size of its number), at which a loop is at rest.
const AT_REST: f64 = 1e-11;

/// What is known of the derivatives so far.
struct Walk<'a> {
    flowsheet: &'a Flowsheet,
    along: &'a Along<'a>,
    state: &'a State,
    streams: Vec<Option<Stream<Moving>>>,
    outcomes: Vec<Outcome<Moving>>,
    differenced: RefCell<BTreeSet<usize>>,
    doubt: RefCell<[f64; LANES]>,
}

impl Flowsheet {
    /// Derivatives of the plant at the solution that `state` holds; controllers stay as they are.
    ///
    /// # Errors
    /// [`FlowsheetError`] where a unit has no derivative or those of a loop are not found.
    pub fn move_along(&self, state: &State, along: &Along<'_>) -> Result<Moved, FlowsheetError> {
        let mut walk = Walk {
            flowsheet: self,
            along,
            state,
            streams: vec![None; self.arrows.len()],
            outcomes: vec![Outcome::default(); self.nodes.len()],
            differenced: RefCell::default(),
            doubt: RefCell::default(),
        };
        for section in &self.plan.sections {
            if section.tears.is_empty() { walk.pass(section)? } else { walk.settle(section)? }
        }
        let solution = Solution {
            streams: self.named(&walk.streams),
            outcomes: walk.outcomes,
            closure: Closure::default(),
            history: Vec::new(),
            controlled: Vec::new(),
            passes: state.passes,
        };
        let (differenced, doubt) = (walk.differenced.into_inner(), walk.doubt.into_inner());
        Ok(Moved { solution, differenced, doubt })
    }
}

impl Walk<'_> {
    /// The units of a section in order.
    fn pass(&mut self, section: &Section) -> Result<(), FlowsheetError> {
        for &unit in &section.units {
            let inlets = self.flowsheet.inlets(unit, &self.streams);
            let outcome = self.unit(unit, &inlets).map_err(|error| FlowsheetError::Unit {
                unit: self.flowsheet.nodes[unit].name.clone(),
                error,
            })?;
            for (index, arrow) in self.flowsheet.arrows.iter().enumerate() {
                if arrow.from == unit && !section.tears.contains(&index) {
                    self.streams[index] = outcome.get(&arrow.outlet).cloned();
                }
            }
            self.outcomes[unit] = outcome;
        }
        Ok(())
    }

    /// Derivatives of the torn streams of a loop such that a pass returns them.
    fn settle(&mut self, section: &Section) -> Result<(), FlowsheetError> {
        let plain: Vec<Stream> =
            section.tears.iter().filter_map(|&t| self.state.streams[t].clone()).collect();
        let weight: Vec<f64> = plain.iter().flat_map(weights).collect();
        let mut slopes = vec![vec![0.0; weight.len()]; LANES];
        let mut methods: Vec<Anderson> = (0..LANES).map(|_| Anderson::new(30)).collect();
        let mut change = 0.0_f64;
        for _ in 0..PASSES {
            let mut at = 0;
            for (&tear, plain) in section.tears.iter().zip(&plain) {
                let mut stream = plain.map(Moving::constant);
                stream.visit(&mut |number| {
                    (0..LANES).for_each(|lane| number.gradient[lane] = slopes[lane][at]);
                    at += 1;
                });
                self.streams[tear] = Some(stream);
            }
            self.pass(section)?;
            let returned = self.returned(section);
            if returned.first().is_none_or(|lane| lane.len() != weight.len()) {
                return Err(self.lost(section, f64::NAN));
            }
            change = 0.0;
            for lane in 0..LANES {
                let size = |x: f64, weight: f64| (x * weight).abs();
                let (old, new) = (&slopes[lane], &returned[lane]);
                let largest = new.iter().zip(&weight).fold(0.0_f64, |most, (x, w)| most.max(size(*x, *w)));
                let pairs = new.iter().zip(old).zip(&weight);
                let off = pairs.fold(0.0_f64, |most, ((a, b), w)| most.max(size(a - b, *w)));
                if largest > 0.0 {
                    change = change.max(off / largest);
                }
                let mut next = vec![0.0; weight.len()];
                methods[lane].next(old, new, &weight, &mut next);
                slopes[lane] = next;
            }
            if change <= AT_REST {
                return Ok(());
            }
        }
        Err(self.lost(section, change))
    }

    /// Derivatives of the torn streams as the last pass returned them, by direction.
    fn returned(&self, section: &Section) -> Vec<Vec<f64>> {
        let mut lanes = vec![Vec::new(); LANES];
        for &tear in &section.tears {
            let arrow = &self.flowsheet.arrows[tear];
            if let Some(stream) = self.outcomes[arrow.from].get(&arrow.outlet) {
                let mut each = |number: &mut Moving| {
                    lanes.iter_mut().zip(number.gradient).for_each(|(lane, slope)| lane.push(slope));
                };
                stream.clone().visit(&mut each);
            }
        }
        lanes
    }

    fn lost(&self, section: &Section, change: f64) -> FlowsheetError {
        FlowsheetError::NotConverged {
            loop_text: self.flowsheet.loop_text(section),
            stream: section.tears.first().map_or_else(String::new, |t| self.flowsheet.stream_name(*t)),
            element: "of the derivatives".to_owned(),
            change,
            passes: PASSES,
            history: Vec::new(),
        }
    }

    /// What a unit gives, by its own derivatives where it has them along a direction, else by differences.
    fn unit(&self, unit: usize, inlets: &Inlets<Moving>) -> Result<Outcome<Moving>, UnitError> {
        let node = &self.flowsheet.nodes[unit];
        let own = &self.along.own[unit];
        let known = own.iter().filter(|(path, _)| node.unit.moves_with(path)).cloned().collect();
        let moves = Moves { processes: self.along.processes.clone(), own: known };
        let exact = node.unit.solve_along(inlets, &moves);
        let mut lanes: Vec<usize> = (0..LANES).filter(|lane| self.along.steps[*lane] > 0.0).collect();
        let mut outcome = match exact {
            Some(outcome) => {
                let strange = |lane: usize| {
                    let unknown = own.iter().filter(|(path, _)| !node.unit.moves_with(path));
                    unknown.into_iter().any(|(_, slopes)| slopes[lane] != 0.0)
                };
                lanes.retain(|lane| strange(*lane));
                outcome?
            }
            None => self.state.outcomes[unit].map(Moving::constant),
        };
        for lane in lanes {
            self.difference(unit, lane, inlets, &mut outcome)?;
        }
        Ok(outcome)
    }

    /// Derivatives of a unit along one direction, by differences.
    fn difference(
        &self,
        unit: usize,
        lane: usize,
        inlets: &Inlets<Moving>,
        outcome: &mut Outcome<Moving>,
    ) -> Result<(), UnitError> {
        let (node, plain) = (&self.flowsheet.nodes[unit], &self.state.outcomes[unit]);
        let still = inlets.iter().all(|(_, stream)| is_still(stream, lane));
        if still && (self.along.remake)(unit, lane, 0.0).is_none() {
            return Ok(());
        }
        let at = |shift: f64| {
            let moved = |stream: &Stream<Moving>| stream.map(|x| x.value + shift * x.gradient[lane]);
            let moved: Vec<(String, Stream)> =
                inlets.iter().map(|(port, stream)| (port.to_owned(), moved(stream))).collect();
            let sound = moved.iter().all(|(_, stream)| stream.amounts.iter().all(|amount| *amount >= 0.0));
            let moved = Inlets::new(moved);
            let remade = (self.along.remake)(unit, lane, shift).transpose().ok()?;
            let unit = remade.as_ref().map_or(&node.unit, |node| &node.unit);
            sound.then(|| unit.solve_near(&moved, &plain.memory).ok()).flatten().map(numbers)
        };
        let slopes = difference::slopes(at, &numbers(plain.clone()), self.along.steps[lane]);
        let slopes = slopes.ok_or_else(|| {
            UnitError::Infeasible("has no solution beside the present one to take a difference to".to_owned())
        })?;
        let mut left = slopes.iter();
        outcome.visit(&mut |number| {
            number.gradient[lane] = left.next().map_or(0.0, |(slope, _)| *slope);
        });
        let largest = slopes.iter().fold(0.0_f64, |most, (slope, _)| most.max(slope.abs()));
        let worst = slopes.iter().fold(0.0_f64, |most, (_, doubt)| most.max(*doubt));
        if largest > 0.0 {
            self.differenced.borrow_mut().insert(unit);
            let doubt = &mut self.doubt.borrow_mut()[lane];
            *doubt = doubt.max(worst / largest);
        }
        Ok(())
    }
}

fn numbers(mut outcome: Outcome) -> Vec<f64> {
    let mut list = Vec::new();
    outcome.visit(&mut |number| list.push(*number));
    list
}

fn is_still(stream: &Stream<Moving>, lane: usize) -> bool {
    let mut still = true;
    stream.clone().visit(&mut |number| still &= number.gradient[lane] == 0.0);
    still
}

/// Inverse sizes of a stream's numbers, in the order of [`Stream::visit`].
fn weights(stream: &Stream) -> Vec<f64> {
    let total: f64 = stream.amounts.iter().map(|n| n.abs()).sum();
    let (mut at, mut list) = (0, Vec::new());
    stream.clone().visit(&mut |number| {
        let least = if at < stream.amounts.len() { 1e-9 * total } else { 1e-9 };
        at += 1;
        list.push(1.0 / (number.abs() + least).max(f64::MIN_POSITIVE));
    });
    list
}
