//! A scenario's plant as a model of factors and outputs.
//!
//! Species, processes and rate laws are compiled once; a case makes anew only the units that a factor or a controller
//! touches. Threads take plants from a pool and give them back. Every case starts from the scenario's own values. Where the
//! plant has a loop, a case starts from the torn streams of the case before it in its block, so that its numbers depend,
//! within the tolerance of the loop, on the block, which the index of a case fixes.

use super::engine::{Axis, Block, CaseError, Factor, FactorKind, Model, Output};
use super::reading::Reading;
use super::target::{Origin, Setting, Target, fill, number, scale_lengths};
use crate::flowsheet::{Flowsheet, FlowsheetError, Node, Solution, State};
use crate::scenario::{self, Library};
use crate::unit::{Context, ProcessModel};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Why there is no plant to run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlantError {
    /// The plant as it stands has no solution.
    #[error("{0}")]
    Unsolved(String),
    /// It reports no such output.
    #[error("output `{name}`: {message}; {help}")]
    Output {
        /// Name of the output.
        name: String,
        /// What is wrong with its path.
        message: String,
        /// What to write instead.
        help: String,
    },
    /// It needs a name for itself that a factor or an output bears.
    #[error("the name `{name}` is taken: it is also that of {bearer}")]
    Name {
        /// The name.
        name: String,
        /// What the plant records under it.
        bearer: String,
    },
}

/// A plant to sweep.
#[derive(Debug)]
pub struct Plant<'a> {
    pub(super) base: Flowsheet,
    pub(super) factors: Vec<Factor>,
    pub(super) settings: Vec<Setting>,
    touched: BTreeSet<usize>,
    pub(super) outputs: Vec<Output>,
    pub(super) axes: Vec<Axis>,
    pub(super) readings: Vec<Reading>,
    pool: Mutex<Vec<Flowsheet>>,
    text: Option<Text<'a>>,
}

/// What is needed to read the scenario again.
#[derive(Debug, Clone)]
struct Text<'a> {
    name: String,
    text: String,
    overrides: Vec<String>,
    library: &'a Library,
}

impl<'a> Plant<'a> {
    /// The plant of `model` with these factors; solves it once as it stands, to learn the units and axes of `outputs`
    /// (name and path each).
    ///
    /// # Errors
    /// [`PlantError`] if the plant as it stands has no solution or reports no such output.
    pub fn new(
        model: scenario::Model,
        library: &'a Library,
        factors: Vec<Factor>,
        settings: Vec<Setting>,
        outputs: &[(String, String)],
    ) -> Result<Plant<'a>, PlantError> {
        let needs_text = settings.iter().any(|setting| matches!(setting.target, Target::Text(_)));
        let text = needs_text.then(|| Text {
            name: model.name.clone(),
            text: model.text.clone(),
            overrides: model.overrides.clone(),
            library,
        });
        let base = model.flowsheet;
        let everything = || (0..base.nodes.len()).collect::<BTreeSet<_>>();
        let mut touched: BTreeSet<usize> =
            base.controllers.iter().map(|controller| controller.vary.unit).collect();
        for setting in &settings {
            match &setting.target {
                Target::Unit(unit, _) => touched.extend([*unit]),
                Target::Parameter(..) | Target::Activation(..) | Target::Size(_) => {
                    touched.extend(everything());
                }
                Target::Text(_) => {}
            }
        }
        let mut plant = Plant {
            base,
            factors,
            settings,
            touched,
            outputs: Vec::new(),
            axes: Vec::new(),
            readings: Vec::new(),
            pool: Mutex::default(),
            text,
        };
        let mut flowsheet = copy(&plant.base).map_err(PlantError::Unsolved)?;
        let solution = flowsheet
            .solve()
            .map_err(|error| PlantError::Unsolved(format!("the scenario as it stands: {error}")))?;
        for (name, path) in outputs {
            plant.learn(name, path, &flowsheet, &solution).map_err(|(message, help)| PlantError::Output {
                name: name.clone(),
                message,
                help,
            })?;
        }
        plant.add_coordinates(&solution)?;
        lock(&plant.pool).push(flowsheet);
        Ok(plant)
    }

    /// Solves a case; `near` is the state of one solved before, and takes that of this one.
    fn solve(&self, point: &[f64], row: &mut [f64], near: &mut Option<State>) -> Result<(), CaseError> {
        if self.text.is_some() {
            near.take();
        }
        self.with_flowsheet(point, |flowsheet| {
            let solution = solve_near(flowsheet, near).map_err(CaseError::new)?;
            self.read(flowsheet, &solution, row)
        })
    }

    /// Does something with a flowsheet of its own, set to a point.
    pub(super) fn with_flowsheet<T>(
        &self,
        point: &[f64],
        run: impl FnOnce(&mut Flowsheet) -> Result<T, CaseError>,
    ) -> Result<T, CaseError> {
        if self.text.is_some() {
            let mut flowsheet = self.read_again(point)?;
            self.set(&mut flowsheet, point)?;
            return run(&mut flowsheet);
        }
        let pooled = lock(&self.pool).pop();
        let mut flowsheet = match pooled {
            Some(flowsheet) => flowsheet,
            None => copy(&self.base).map_err(CaseError::new)?,
        };
        let outcome = self.set(&mut flowsheet, point).and_then(|()| run(&mut flowsheet));
        lock(&self.pool).push(flowsheet);
        outcome
    }

    fn set(&self, flowsheet: &mut Flowsheet, point: &[f64]) -> Result<(), CaseError> {
        self.set_context(&mut flowsheet.context, point).map_err(CaseError::new)?;
        for &unit in &self.touched {
            flowsheet.nodes[unit] = self.node(unit, &flowsheet.context, point).map_err(CaseError::new)?;
        }
        Ok(())
    }

    /// What units are made with at a point.
    ///
    /// # Errors
    /// A parameter outside its range.
    pub(super) fn set_context(&self, context: &mut Context, point: &[f64]) -> Result<(), String> {
        let own = |setting: &&Setting| !matches!(setting.target, Target::Unit(..) | Target::Text(_));
        self.settings.iter().filter(own).try_for_each(|setting| setting.check(point))?;
        self.set_processes(context, point);
        self.set_sizes(context, point);
        Ok(())
    }

    /// A unit as it is at a point.
    pub(super) fn node(&self, unit: usize, context: &Context, point: &[f64]) -> Result<Node, String> {
        let base = &self.base.nodes[unit];
        let mut args = base.args.clone();
        for setting in &self.settings {
            if let Target::Unit(own, path) = &setting.target
                && *own == unit
                && let Some(slot) = args.at_mut(path)
            {
                setting.check(point)?;
                fill(slot, &setting.from, point);
            }
        }
        Node::new(&base.name, base.kind, args, context)
            .map_err(|error| format!("unit `{}`: {error}", base.name))
    }

    fn set_processes(&self, context: &mut Context, point: &[f64]) {
        let changes: Vec<&Setting> = self
            .settings
            .iter()
            .filter(|setting| matches!(setting.target, Target::Parameter(..) | Target::Activation(..)))
            .collect();
        if changes.is_empty() {
            return;
        }
        for (slot, base) in context.processes.iter_mut().zip(&self.base.context.processes) {
            let mut process = ProcessModel {
                name: base.name.clone(),
                model: base.model.clone(),
                parameters: base.parameters.clone(),
                extraction: base.extraction.clone(),
                temperature_ranges: base.temperature_ranges.clone(),
            };
            for setting in &changes {
                let value = number(&setting.from, point);
                match &setting.target {
                    Target::Parameter(own, name) if *own == base.name => process.parameters.set(name, value),
                    Target::Activation(own, name) if *own == base.name => {
                        process.parameters.set_activation(name, value)
                    }
                    _ => false,
                };
            }
            *slot = Arc::new(process);
        }
    }

    fn set_sizes(&self, context: &mut Context, point: &[f64]) {
        let sizes = |setting: &&Setting| matches!(setting.target, Target::Size(_));
        if !self.settings.iter().any(|setting| sizes(&setting)) {
            return;
        }
        let mut feedstocks = self.base.context.feedstocks.as_ref().clone();
        for setting in self.settings.iter().filter(sizes) {
            let Target::Size(name) = &setting.target else { continue };
            for (_, args) in feedstocks.iter_mut().filter(|(own, _)| own == name) {
                let of_particles = |entry: &&mut (&'static str, _)| matches!(entry.0, "size" | "sizes");
                let entries = args.entries.iter_mut().filter(of_particles);
                entries.for_each(|(_, slot)| scale_lengths(&mut slot.value, number(&setting.from, point)));
            }
        }
        context.feedstocks = Arc::new(feedstocks);
    }

    /// The scenario with its text targets set, as `--set` would.
    fn read_again(&self, point: &[f64]) -> Result<Flowsheet, CaseError> {
        let Some(text) = &self.text else { return copy(&self.base).map_err(CaseError::new) };
        let mut overrides = text.overrides.clone();
        for setting in &self.settings {
            if let Target::Text(path) = &setting.target {
                overrides.push(match &setting.from {
                    Origin::Words(column, words) => {
                        format!("{path}={}", words.get(point[*column] as usize).map_or("", String::as_str))
                    }
                    from if setting.dimension.is_dimensionless() => match number(from, point) {
                        // a whole number is one of either form
                        whole if whole.fract() == 0.0 && whole.abs() < 1e15 => format!("{path}={whole:.0}"),
                        value => format!("{path}={value:e}"),
                    },
                    from => format!("{path}=\"{:e} {}\"", number(from, point), setting.dimension.si_unit()),
                });
            }
        }
        scenario::Model::parse(&text.name, &text.text, text.library, &overrides)
            .map(|model| model.flowsheet)
            .map_err(|faults| {
                CaseError::new(faults.list.first().map_or("a fault", |fault| fault.message.as_str()))
            })
    }
}

/// Solves from the state of a neighbour, and from a cold start where that leads nowhere or there is none.
fn solve_near(flowsheet: &mut Flowsheet, near: &mut Option<State>) -> Result<Solution, FlowsheetError> {
    if let Some(mut state) = near.take()
        && let Ok(solution) = flowsheet.solve_from(&mut state)
    {
        *near = Some(state);
        return Ok(solution);
    }
    let mut state = State::cold(flowsheet);
    let solution = flowsheet.solve_from(&mut state)?;
    *near = Some(state);
    Ok(solution)
}

/// A plant of its own for one thread.
fn copy(base: &Flowsheet) -> Result<Flowsheet, String> {
    let node = |node: &Node| {
        Node::new(&node.name, node.kind, node.args.clone(), &base.context)
            .map_err(|error| format!("unit `{}`: {error}", node.name))
    };
    Ok(Flowsheet {
        context: base.context.clone(),
        nodes: base.nodes.iter().map(node).collect::<Result<_, _>>()?,
        arrows: base.arrows.clone(),
        controllers: base.controllers.clone(),
        plan: base.plan.clone(),
        settings: base.settings.clone(),
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Model for Plant<'_> {
    fn factors(&self) -> &[Factor] {
        &self.factors
    }

    fn axes(&self) -> &[Axis] {
        &self.axes
    }

    fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    fn run(&self, _index: u64, point: &[f64], row: &mut [f64]) -> Result<(), CaseError> {
        self.solve(point, row, &mut None)
    }

    fn slopes(&self, point: &[f64], sizes: &[f64]) -> Option<Result<Vec<f64>, CaseError>> {
        Some(self.sensitivities(point, sizes).map(|found| found.jacobian))
    }

    fn run_block(&self, block: &mut Block<'_>) {
        let loops = self.base.plan.sections.iter().any(|section| !section.tears.is_empty());
        let mut near = None;
        block.each(|_, point, row| {
            let outcome = self.solve(point, row, &mut near);
            if !loops {
                near = None;
            }
            outcome
        });
    }
}

/// Whether a factor's values are numbers.
pub fn is_number(factor: &Factor) -> bool {
    matches!(factor.kind, FactorKind::Number { .. })
}
