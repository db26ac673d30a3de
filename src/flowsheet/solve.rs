//! One pass after another until every loop settles.

use super::converge::converge;
use super::{Closure, Controlled, Flowsheet, FlowsheetError, Section};
use crate::chemistry::Stream;
use crate::numerics::Scalar;
use crate::unit::{Boundary, Inlets, Outcome};

/// A stream of a solved flowsheet.
#[derive(Debug, Clone)]
pub struct SolvedStream<S = f64> {
    /// The port it leaves: `leach.slurry`.
    pub name: String,
    /// Unit it leaves.
    pub from: usize,
    /// Unit it enters.
    pub to: usize,
    /// Port it enters by.
    pub inlet: String,
    /// What flows.
    pub stream: Stream<S>,
}

/// How far a loop was from settling in one pass.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Residual {
    /// Pass, from 1.
    pub pass: usize,
    /// Worst torn stream.
    pub stream: String,
    /// Worst element in it.
    pub element: String,
    /// Change relative to the plant's feed of the element.
    pub change: f64,
}

/// A solved plant; over dual numbers also how it moves.
#[derive(Debug, Clone)]
pub struct Solution<S = f64> {
    /// Streams, in the order of the arrows.
    pub streams: Vec<SolvedStream<S>>,
    /// What each unit tells, in the order of the units.
    pub outcomes: Vec<Outcome<S>>,
    /// Balances.
    pub closure: Closure,
    /// Residuals of the loops, pass by pass.
    pub history: Vec<Residual>,
    /// What the controllers reached.
    pub controlled: Vec<Controlled>,
    /// Passes through all loops, those of the controllers' trials included; zero without loops.
    pub passes: usize,
}

impl Solution {
    /// Streams that enter a unit.
    pub fn into_unit(&self, unit: usize) -> impl Iterator<Item = &Stream> {
        self.streams.iter().filter(move |s| s.to == unit).map(|s| &s.stream)
    }
    /// The stream that leaves by a port: `leach.slurry`.
    pub fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.iter().find(|s| s.name == name).map(|s| &s.stream)
    }
}

/// Streams and outcomes while the plant is being solved; kept between solves as a warm start.
#[derive(Debug, Clone)]
pub struct State {
    /// One per arrow; empty until first calculated.
    pub(super) streams: Vec<Option<Stream>>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) history: Vec<Residual>,
    pub(super) passes: usize,
}

impl State {
    /// Nothing known yet.
    pub fn cold(flowsheet: &Flowsheet) -> State {
        State {
            streams: vec![None; flowsheet.arrows.len()],
            outcomes: vec![Outcome::default(); flowsheet.nodes.len()],
            history: Vec::new(),
            passes: 0,
        }
    }
}

impl Flowsheet {
    /// Solves the plant from a cold start.
    ///
    /// # Errors
    /// [`FlowsheetError`]: a unit without solution, a loop that does not settle, an unmet controller, a
    /// balance that does not close.
    pub fn solve(&mut self) -> Result<Solution, FlowsheetError> {
        let mut state = State::cold(self);
        self.solve_from(&mut state)
    }

    /// Solves the plant, starting from the streams of an earlier solve.
    ///
    /// # Errors
    /// As [`Flowsheet::solve`].
    pub fn solve_from(&mut self, state: &mut State) -> Result<Solution, FlowsheetError> {
        state.passes = 0;
        let controlled = self.meet_controllers(state)?;
        let solution = self.gather(state, controlled);
        solution.closure.check()?;
        Ok(solution)
    }

    /// All sections once, controllers left as they are.
    pub(super) fn sweep(&self, state: &mut State) -> Result<(), FlowsheetError> {
        state.history.clear();
        for section in &self.plan.sections {
            if section.tears.is_empty() {
                self.run_section(section, state)?;
            } else {
                converge(self, section, state)?;
            }
        }
        Ok(())
    }

    /// The units of a section in order, from the streams in `state`.
    pub(super) fn run_section(&self, section: &Section, state: &mut State) -> Result<(), FlowsheetError> {
        for &unit in &section.units {
            let inlets = self.inlets(unit, &state.streams);
            let outcome = self.nodes[unit]
                .unit
                .solve_near(&inlets, &state.outcomes[unit].memory)
                .map_err(|error| FlowsheetError::Unit { unit: self.nodes[unit].name.clone(), error })?;
            for (index, arrow) in self.arrows.iter().enumerate() {
                if arrow.from == unit && !section.tears.contains(&index) {
                    state.streams[index] = outcome.get(&arrow.outlet).cloned();
                }
            }
            state.outcomes[unit] = outcome;
        }
        Ok(())
    }

    /// What enters a unit, streams at one port mixed.
    pub(super) fn inlets<S: Scalar>(&self, unit: usize, streams: &[Option<Stream<S>>]) -> Inlets<S> {
        let mut joined: Vec<(String, Stream<S>)> = Vec::new();
        for (arrow, stream) in self.arrows.iter().zip(streams) {
            let (true, Some(stream)) = (arrow.to == unit, stream) else { continue };
            match joined.iter_mut().find(|(port, _)| *port == arrow.inlet) {
                Some((_, mixed)) => *mixed = crate::unit::mix(mixed, &[stream]),
                None => joined.push((arrow.inlet.clone(), stream.clone())),
            }
        }
        Inlets::new(joined)
    }

    /// Streams with what is known of their arrows.
    pub(super) fn named<S: Scalar>(&self, streams: &[Option<Stream<S>>]) -> Vec<SolvedStream<S>> {
        let empty = || Stream::empty(self.context.table.clone());
        let arrows = self.arrows.iter().zip(streams).enumerate();
        arrows
            .map(|(index, (arrow, stream))| SolvedStream {
                name: self.stream_name(index),
                from: arrow.from,
                to: arrow.to,
                inlet: arrow.inlet.clone(),
                stream: stream.clone().unwrap_or_else(empty),
            })
            .collect()
    }

    pub(super) fn gather(&self, state: &State, controlled: Vec<Controlled>) -> Solution {
        let mut solution = Solution {
            streams: self.named(&state.streams),
            outcomes: state.outcomes.clone(),
            closure: Closure::default(),
            history: state.history.clone(),
            controlled,
            passes: state.passes,
        };
        solution.closure = Closure::of(self, &solution);
        solution
    }

    /// What the plant is fed of each element by its feeds, and what its units draw to meet set points, mol/s or mol.
    pub(super) fn plant_feed(&self, state: &State) -> [Vec<f64>; 2] {
        let sum = |streams: &mut dyn Iterator<Item = &Stream>| {
            let mut total = vec![0.0; self.context.table.elements().len()];
            for stream in streams {
                for (element, total) in total.iter_mut().enumerate() {
                    *total += stream.element_amount(element);
                }
            }
            total
        };
        let feeds = self.at_boundary(Boundary::Feedstock).chain(self.at_boundary(Boundary::Reagent));
        let mut fed = feeds.flat_map(|unit| state.outcomes[unit].outlets.iter().map(|(_, stream)| stream));
        let mut drawn =
            state.outcomes.iter().flat_map(|outcome| outcome.drawn.iter().map(|(_, stream)| stream));
        [sum(&mut fed), sum(&mut drawn)]
    }
}
