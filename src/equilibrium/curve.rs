//! Courses of states: a liquor titrated with a reagent, or carried over a range of pH.

use super::liquor::{self, Liquor, LiquorError};
use super::problem::{Candidate, Condition, Problem};
use super::solver::SolveError;
use super::state::State;
use super::system::{Component, System};
use super::workspace::Workspace;
use thiserror::Error;

/// Why a course has no answer.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum CurveError {
    /// The liquor has none.
    #[error(transparent)]
    Liquor(#[from] LiquorError),
    /// One of the points has none.
    #[error("at {axis} {value:.6}: {error}")]
    Point {
        /// `dose` or `pH`.
        axis: &'static str,
        /// Where on it.
        value: f64,
        /// Why.
        error: SolveError,
    },
    /// The pH asked for is not reached.
    #[error(
        "{reagent} does not bring the liquor to pH {target}: without it the pH is {start:.3}, with {dose:.4} mol/kg {reached:.3}"
    )]
    Unreached {
        /// The reagent.
        reagent: String,
        /// The pH asked for.
        target: f64,
        /// Without the reagent.
        start: f64,
        /// The largest dose tried, mol per kg of water.
        dose: f64,
        /// The pH there.
        reached: f64,
    },
}

/// Where a titration ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// A dose, mol per kg of water.
    Dose(f64),
    /// A pH.
    Ph(f64),
}

/// One state of a course.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Dose, mol per kg of water at the start, or pH.
    pub at: f64,
    /// pH.
    pub ph: f64,
    /// V; none if every couple is closed.
    pub eh: Option<f64>,
    /// mol/kg.
    pub ionic_strength: f64,
    /// Liquid water, kg.
    pub water: f64,
    /// mol/kg, one for each species.
    pub molality: Vec<f64>,
    /// mol, one for each solid.
    pub solids: Vec<f64>,
    /// In solution, mol of the element (of the ligand), one for each component.
    pub dissolved: Vec<f64>,
    /// In solution and in solids, likewise.
    pub total: Vec<f64>,
}

/// A species or solid of a course and what it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Name.
    pub name: String,
    /// Formula; the name of a species.
    pub formula: String,
    /// Atoms (ligands) of each component in it: index and count.
    pub holds: Vec<(usize, f64)>,
}

/// A course of states.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The dissolved species.
    pub species: Vec<Part>,
    /// The solids that may form.
    pub solids: Vec<Part>,
    /// The components, without proton and electron.
    pub components: Vec<String>,
    /// Charge of each component's master species.
    pub charges: Vec<f64>,
    /// The states.
    pub points: Vec<Point>,
    /// What the activity model says of the worst point, if it is used past its range.
    pub warning: Option<String>,
}

impl Curve {
    /// The course of a titration: `steps` equal doses to the end, the untreated liquor first. The liquor's own reagents,
    /// gases and solids act in every state; the system must know the reagent (see [`Liquor::system_for`]).
    ///
    /// # Errors
    /// [`CurveError`].
    pub fn titration(
        liquor: &Liquor,
        system: &System,
        reagent: &str,
        end: End,
        steps: usize,
    ) -> Result<Curve, CurveError> {
        let mut ws = Workspace::new();
        let base = start(liquor, system, &mut ws)?;
        let (terms, water) = system.dissolve(reagent).map_err(LiquorError::Input)?;
        let dosed = |dose: f64| {
            let mut problem = base.clone();
            liquor::add_reagent(&mut problem, &terms, water, dose);
            problem
        };
        let mut last = match end {
            End::Dose(dose) => dose,
            End::Ph(target) => {
                let mut ph = |dose: f64| Ok::<f64, SolveError>(system.solve(&dosed(dose), &mut ws)?.ph());
                dose_to(target, reagent, &mut ph)?
            }
        };
        if !(last.is_finite() && last >= 0.0) {
            last = 0.0;
        }
        let mut curve = Curve::empty(system, base.solids());
        for step in 0..=steps.max(1) {
            let at = last * step as f64 / steps.max(1) as f64;
            curve.take(system, &dosed(at), &mut ws, ("dose", at))?;
        }
        Ok(curve)
    }

    /// The liquor at `points` pH values from `from` to `to`. Whatever acid or base that takes brings no ions of its own. A pe
    /// that is given is held.
    ///
    /// # Errors
    /// [`CurveError`].
    pub fn over_ph(
        liquor: &Liquor,
        system: &System,
        (from, to): (f64, f64),
        points: usize,
    ) -> Result<Curve, CurveError> {
        let mut ws = Workspace::new();
        let first = Liquor { ph: liquor.ph.or(Some(from)), ..liquor.clone() };
        let base = start(&first, system, &mut ws)?;
        let mut curve = Curve::empty(system, base.solids());
        for k in 0..points.max(2) {
            let ph = from + (to - from) * k as f64 / (points.max(2) - 1) as f64;
            let mut problem = base.clone();
            problem.conditions[0] = Condition::LogActivity(-ph);
            if let (Some(electron), Some(pe)) = (system.electron, liquor.pe) {
                problem.conditions[electron] = Condition::LogActivity(-pe);
            }
            curve.take(system, &problem, &mut ws, ("pH", ph))?;
        }
        Ok(curve)
    }

    fn empty(system: &System, candidates: &[Candidate]) -> Curve {
        let kept: Vec<usize> = kept(system).collect();
        let holds = |terms: &[(usize, f64)]| {
            let found = terms.iter().filter_map(|(at, n)| {
                let index = kept.iter().position(|c| c == at)?;
                Some((index, n * system.components[*at].atoms))
            });
            found.collect::<Vec<_>>()
        };
        let species = system.species.iter().map(|s| Part {
            name: s.name.to_string(),
            formula: s.name.to_string(),
            holds: holds(&s.reaction.terms),
        });
        let solids = candidates.iter().map(|c| &system.phases[c.phase]).map(|phase| Part {
            name: phase.name.clone(),
            formula: phase.formula.clone(),
            holds: holds(&phase.reaction.terms),
        });
        Curve {
            species: species.collect(),
            solids: solids.collect(),
            components: kept.iter().map(|c| told_as(system, *c)).collect(),
            charges: kept.iter().map(|c| system.components[*c].charge).collect(),
            points: Vec::new(),
            warning: None,
        }
    }

    fn take(
        &mut self,
        system: &System,
        problem: &Problem,
        ws: &mut Workspace,
        (axis, value): (&'static str, f64),
    ) -> Result<(), CurveError> {
        let state = system.solve(problem, ws).map_err(|error| CurveError::Point { axis, value, error })?;
        let worse = self.points.iter().all(|p| p.ionic_strength < state.ionic_strength());
        if let (Some(warning), true) = (state.warning(), worse) {
            self.warning = Some(warning);
        }
        self.points.push(point(&state, value, problem.solids().len()));
        Ok(())
    }

    /// Share of a component that is in solution, point by point; NaN where there is none of it.
    pub fn dissolved_share(&self, component: usize) -> impl Iterator<Item = f64> + '_ {
        self.points.iter().map(move |p| match p.total[component] {
            total if total > 0.0 => (p.dissolved[component] / total).clamp(0.0, 1.0),
            _ => f64::NAN,
        })
    }

    /// Share of a component that is in a species, or in a solid, point by point.
    pub fn share_in(&self, component: usize, part: &Part, solid: bool, index: usize) -> Vec<f64> {
        let count = part.holds.iter().find(|h| h.0 == component).map_or(0.0, |h| h.1);
        let amount = |p: &Point| if solid { p.solids[index] } else { p.molality[index] * p.water };
        let share = |p: &Point| match p.total[component] {
            total if total > 0.0 => count * amount(p) / total,
            _ => f64::NAN,
        };
        self.points.iter().map(share).collect()
    }
}

/// Components that people ask for.
fn kept(system: &System) -> impl Iterator<Item = usize> + '_ {
    (0..system.components.len()).filter(|at| !matches!(system.components[*at].species.as_str(), "H+" | "e-"))
}

/// A component as its amounts are to be read: of an open element all valence states, whatever state it was given by.
fn told_as(system: &System, component: usize) -> String {
    let Component { name, element, .. } = &system.components[component];
    match system.states.iter().any(|state| state.element == *element) {
        true => element.clone(),
        false => name.clone(),
    }
}

fn point(state: &State<'_>, at: f64, candidates: usize) -> Point {
    let system = state.system();
    let atoms = |c: usize| system.components[c].atoms;
    Point {
        at,
        ph: state.ph(),
        eh: state.eh(),
        ionic_strength: state.ionic_strength(),
        water: state.water_mass(),
        molality: (0..system.species.len()).map(|s| state.molality(s)).collect(),
        solids: (0..candidates).map(|k| state.amount(k)).collect(),
        dissolved: kept(system).map(|c| state.dissolved(c) * atoms(c)).collect(),
        total: kept(system).map(|c| state.total(c) * atoms(c)).collect(),
    }
}

/// What the liquor holds, to which doses are added: its own reagents, gases and solids included.
fn start(liquor: &Liquor, system: &System, ws: &mut Workspace) -> Result<Problem, LiquorError> {
    let problem = liquor.problem(system)?;
    let state = system.solve(&problem, ws)?;
    liquor.reaction(&state)
}

/// The dose at which a titration reaches a pH: doubled until it is passed, then bisected.
fn dose_to(
    target: f64,
    reagent: &str,
    ph: &mut impl FnMut(f64) -> Result<f64, SolveError>,
) -> Result<f64, CurveError> {
    const CLOSE: f64 = 1e-7; // of pH
    const LARGEST: f64 = 200.0; // mol per kg of water
    let at = |dose: f64, result: Result<f64, SolveError>| {
        result.map_err(|error| CurveError::Point { axis: "dose", value: dose, error })
    };
    let start = at(0.0, ph(0.0))?;
    if (start - target).abs() <= CLOSE {
        return Ok(0.0);
    }
    let rises = target > start;
    let passed = |ph: f64| (ph >= target) == rises;
    let (mut low, mut high, mut reached) = (0.0, 1e-4, start);
    loop {
        match ph(high) {
            Ok(value) if passed(value) => break,
            Ok(value) if high < LARGEST => (reached, low, high) = (value, high, 2.0 * high),
            Ok(reached) => {
                let reagent = reagent.to_owned();
                return Err(CurveError::Unreached { reagent, target, start, dose: high, reached });
            }
            // too long a step from the last answer, which is where a search begins
            Err(_) if high - low > 1e-3 * high => high = 0.5 * (low + high),
            Err(_) if low > 0.0 => {
                let reagent = reagent.to_owned();
                return Err(CurveError::Unreached { reagent, target, start, dose: low, reached });
            }
            Err(error) => return Err(CurveError::Point { axis: "dose", value: high, error }),
        }
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        let value = at(middle, ph(middle))?;
        if (value - target).abs() <= CLOSE || middle <= low || middle >= high {
            return Ok(middle);
        }
        if passed(value) { high = middle } else { low = middle }
    }
    Ok(high)
}
