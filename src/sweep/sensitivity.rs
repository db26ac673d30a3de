//! Outputs of a plant with their derivatives by its factors.
//!
//! What a fit or a gradient method asks for: `d(output)/d(factor)` for every number of a row. Outputs and factors are those of a
//! [`Plant`]: any KPI, stream property or profile; any value of the scenario, parameter of the process library or activation energy.
//!
//! Derivatives are carried from unit to unit ([`Flowsheet::move_along`]): exact through every unit that has derivatives of its own,
//! by extrapolated differences of the unit where it has none. Factors that are words of the scenario's text, and plants with
//! controllers, are differenced as a whole. What was differenced is named, and how far two widths differ is kept.

use super::engine::{CaseError, Factor, Model, width};
use super::plant::Plant;
use super::target::{Held, Origin, Setting, Target, target};
use crate::flowsheet::{Along, Flowsheet, Moved, Node, State};
use crate::kinetics::leach::ParameterSet;
use crate::numerics::difference;
use crate::scenario::{self, Library};
use crate::unit::parameters::Value;
use crate::unit::{LANES, Moving};
use std::collections::BTreeSet;

/// What [`Sensitivities::differenced`] holds where no single unit was differenced, but the plant.
pub const WHOLE: &str = "the whole plant";

/// Half width of the wide difference, relative to the factor's size.
const WIDE: f64 = 2e-3;

/// A row and its derivatives.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensitivities {
    /// Outputs (SI), as [`Model::run`] fills them.
    pub row: Vec<f64>,
    /// Derivatives (SI over SI), `[number of the row][factor]`, row by row.
    pub jacobian: Vec<f64>,
    /// Uncertainty of each derivative, same shape and unit: the difference between two step sizes; 0 where it is exact.
    pub doubt: Vec<f64>,
    /// Units whose derivatives are differences, or [`WHOLE`]; empty where all is exact.
    pub differenced: BTreeSet<String>,
}

impl Sensitivities {
    /// Derivatives of one number of the row by every factor.
    ///
    /// # Panics
    /// If there is no such number.
    pub fn gradient(&self, number: usize) -> &[f64] {
        let factors = self.jacobian.len() / self.row.len();
        &self.jacobian[number * factors..][..factors]
    }
}

impl<'a> Plant<'a> {
    /// The plant of `model` with the values at `paths` as factors, and where they stand in the scenario (SI).
    ///
    /// Paths are those of a sweep's `set`: `parameters.k_a`, `parameters.k_a.ea`, `units.leach.temperature`. `outputs` are
    /// name and path each, as in [`Plant::new`].
    ///
    /// # Errors
    /// Words for the user if there is no such value, if it is no number, or as [`Plant::new`].
    pub fn with_paths(
        model: scenario::Model,
        library: &'a Library,
        paths: &[String],
        outputs: &[(String, String)],
    ) -> Result<(Plant<'a>, Vec<f64>), String> {
        let (mut factors, mut settings, mut point) = (Vec::new(), Vec::new(), Vec::new());
        for (column, path) in paths.iter().enumerate() {
            let (target, held) = target(&model, path)?;
            let Held::Number(value, dimension) = held else {
                return Err(format!("`{path}` is a word, not a number"));
            };
            let unit = if dimension.is_dimensionless() { "1".to_owned() } else { dimension.si_unit() };
            factors.push(Factor::number(path, path, &unit));
            settings.push(Setting::new(&model, path, target, Origin::Column(column), dimension));
            point.push(value);
        }
        let plant =
            Plant::new(model, library, factors, settings, outputs).map_err(|error| error.to_string())?;
        Ok((plant, point))
    }

    /// Runs the plant at `point` (SI) and differentiates its row by every factor.
    ///
    /// `sizes` are typical sizes of the factors (SI, positive), which set the steps of differences where a factor is 0 or small.
    ///
    /// # Errors
    /// [`CaseError`] if the plant has no solution at the point, or on neither side of it along a factor.
    pub fn sensitivities(&self, point: &[f64], sizes: &[f64]) -> Result<Sensitivities, CaseError> {
        let factors: Vec<usize> = (0..point.len()).collect();
        let steps: Vec<f64> =
            point.iter().zip(sizes).map(|(value, size)| WIDE * value.abs().max(*size)).collect();
        let rigid = |factor: &usize| {
            let text = |setting: &&Setting| matches!(setting.target, Target::Text(_));
            let words = |setting: &&Setting| matches!(setting.from, Origin::Words(..));
            let own = self.settings.iter().filter(|setting| setting.from.slope(point, *factor) != 0.0);
            !self.base.controllers.is_empty() || own.into_iter().any(|one| text(&one) || words(&one))
        };
        let (whole, carried): (Vec<usize>, Vec<usize>) = factors.into_iter().partition(rigid);
        let mut found = self.carry(point, &carried, &steps)?;
        for factor in whole {
            found.whole(self, point, factor, steps[factor])?;
        }
        Ok(found)
    }

    /// The row with its derivatives by some factors, carried from unit to unit.
    fn carry(&self, point: &[f64], factors: &[usize], steps: &[f64]) -> Result<Sensitivities, CaseError> {
        let width = width(self);
        self.with_flowsheet(point, |flowsheet| {
            let mut state = State::cold(flowsheet);
            let solution = flowsheet.solve_from(&mut state).map_err(CaseError::new)?;
            let mut row = vec![f64::NAN; width];
            self.read(flowsheet, &solution, &mut row)?;
            let mut found = Sensitivities::plain(row, point.len());
            for lanes in factors.chunks(LANES) {
                match self.lanes(flowsheet, &state, point, lanes, steps) {
                    Ok((moving, moved)) => found.take(flowsheet, lanes, &moving, &moved),
                    Err(_) => {
                        // a kink, or a loop whose derivatives are not found: the plant as a whole may still have differences
                        for factor in lanes {
                            found.whole(self, point, *factor, steps[*factor])?;
                        }
                    }
                }
            }
            Ok(found)
        })
    }

    /// The row moving along at most [`LANES`] factors.
    fn lanes(
        &self,
        flowsheet: &Flowsheet,
        state: &State,
        point: &[f64],
        lanes: &[usize],
        steps: &[f64],
    ) -> Result<(Vec<Moving>, Moved), CaseError> {
        let context = &flowsheet.context;
        let mut processes: Vec<(String, ParameterSet<Moving>)> = context
            .processes
            .iter()
            .map(|process| (process.name.clone(), process.parameters.map(Moving::constant)))
            .collect();
        let mut own = vec![Vec::new(); flowsheet.nodes.len()];
        for setting in &self.settings {
            let mut slopes = [0.0; LANES];
            let by = lanes.iter().map(|factor| setting.from.slope(point, *factor));
            slopes.iter_mut().zip(by).for_each(|(slope, by)| *slope = by);
            if slopes == [0.0; LANES] {
                continue;
            }
            for (process, parameters) in &mut processes {
                match &setting.target {
                    Target::Parameter(own, name) if own == process => parameters.move_value(name, &slopes),
                    Target::Activation(own, name) if own == process => {
                        parameters.move_activation(name, &slopes)
                    }
                    _ => {}
                }
            }
            match &setting.target {
                Target::Unit(unit, path) => own[*unit].push((path.join("."), slopes)),
                Target::Size(stock) => {
                    let fed = |node: &&Node| {
                        let named = node.args.find("feedstock").map(|located| &located.value);
                        matches!(named, Some(Value::Text(name)) if name == stock)
                    };
                    for (unit, _) in flowsheet.nodes.iter().enumerate().filter(|(_, node)| fed(node)) {
                        own[unit].push(("feedstock.size".to_owned(), slopes));
                    }
                }
                _ => {}
            }
        }
        let depends = |unit: usize, lane: usize| {
            let moved = |setting: &Setting| match &setting.target {
                Target::Unit(own, _) => *own == unit,
                _ => true,
            };
            let mut settings = self.settings.iter().filter(|setting| moved(setting));
            settings.any(|setting| setting.from.slope(point, lanes[lane]) != 0.0)
        };
        let remake = |unit: usize, lane: usize, shift: f64| {
            depends(unit, lane).then(|| {
                let (mut context, mut moved) = (context.clone(), point.to_vec());
                moved[lanes[lane]] += shift;
                self.set_context(&mut context, &moved)?;
                self.node(unit, &context, &moved)
            })
        };
        let step = |lane: usize| lanes.get(lane).map_or(0.0, |factor| steps[*factor]);
        let along = Along { processes, own, steps: std::array::from_fn(step), remake: &remake };
        let moved = flowsheet.move_along(state, &along).map_err(CaseError::new)?;
        let mut row = vec![Moving::from(f64::NAN); width(self)];
        self.read(flowsheet, &moved.solution, &mut row)?;
        let finite = |number: &Moving| number.gradient.iter().all(|slope| slope.is_finite());
        if row.iter().all(finite) {
            Ok((row, moved))
        } else {
            Err(CaseError::new("a derivative is not finite"))
        }
    }
}

impl Sensitivities {
    fn plain(row: Vec<f64>, factors: usize) -> Sensitivities {
        let (jacobian, doubt) = (vec![0.0; row.len() * factors], vec![0.0; row.len() * factors]);
        Sensitivities { row, jacobian, doubt, differenced: BTreeSet::new() }
    }

    /// Takes the columns that a pass has found.
    fn take(&mut self, flowsheet: &Flowsheet, lanes: &[usize], moving: &[Moving], moved: &Moved) {
        let factors = self.jacobian.len() / self.row.len();
        for (number, own) in moving.iter().enumerate() {
            for (lane, factor) in lanes.iter().enumerate() {
                self.jacobian[number * factors + factor] = own.gradient[lane];
                self.doubt[number * factors + factor] = moved.doubt[lane] * own.gradient[lane].abs();
            }
        }
        let names = moved.differenced.iter().map(|unit| flowsheet.nodes[*unit].name.clone());
        self.differenced.extend(names);
    }

    /// Finds one column by differences of the whole plant.
    fn whole(&mut self, plant: &Plant<'_>, point: &[f64], factor: usize, step: f64) -> Result<(), CaseError> {
        let at = |shift: f64| {
            let (mut moved, mut row) = (point.to_vec(), vec![f64::NAN; self.row.len()]);
            moved[factor] += shift;
            plant.run(0, &moved, &mut row).ok().map(|()| row)
        };
        let found = difference::slopes(at, &self.row, step)
            .ok_or_else(|| CaseError::new("no solution on either side to take a difference to"))?;
        let factors = self.jacobian.len() / self.row.len();
        for (number, (slope, doubt)) in found.into_iter().enumerate() {
            self.jacobian[number * factors + factor] = slope;
            self.doubt[number * factors + factor] = doubt;
        }
        self.differenced.insert(WHOLE.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROCESS: &str = r#"
format = 1
title = "Spheres under surface control"
about = "A shrinking core whose rate does not know the liquor, so that its course has a closed form."
[parameters]
k = { value = "2e-5 mol/(m2 s)", at = "320 K", ea = "50 kJ/mol", source = "estimate", reason = "for a test" }
[minerals.mgo]
species = "MgO(s)"
law = "shrinking-core"
shape = "sphere"
[[minerals.mgo.paths]]
reaction = "MgO(s) + 2 H+ = Mg+2 + H2O"
rate = "k"
"#;

    const SCENARIO: &str = r#"
format = 1
title = "Spheres in acid, filtered"
processes = ["spheres"]
basis = "batch"
flowsheet = [
    "ore -> leach.feed", "acid -> leach.feed", "leach.slurry -> filter.feed",
    "filter.filtrate -> liquor.feed", "filter.cake -> cake.feed",
]
[units.ore]
type = "feed"
mass = "1 g"
assay = { "MgO(s)" = "100 wt%" }
size = { distribution = "single", d = "20 um" }
[units.acid]
type = "feed"
volume = "1 L"
solution = { HCl = "1 mol/L" }
[units.leach]
type = "batch-leach"
time = "20000 s"
temperature = "330 K"
points = 3
tolerance = 1e-9
[units.filter]
type = "filter"
moisture = "20 wt%"
[units.liquor]
type = "product"
[units.cake]
type = "discharge"
"#;

    /// `x = 1 - (1 - t/τ)³`, `τ = R/(V k)`: derivatives by rate constant, activation energy, temperature and size in closed form.
    #[test]
    fn derivatives_of_a_filtered_leach_agree_with_the_closed_form() {
        let mut library = Library::load(None).unwrap();
        library.lay_over("spheres", PROCESS);
        let model = scenario::Model::parse("spheres", SCENARIO, &library, &[]).unwrap();
        let table = &model.flowsheet.context.table;
        let volume = table.get(table.index("MgO(s)").unwrap()).volume.unwrap();
        let paths = ["parameters.k", "parameters.k.ea", "units.leach.temperature", "units.ore.size.d"]
            .map(str::to_owned);
        let outputs = [
            ("x".to_owned(), "units.leach.profile.conversion.MgO(s)".to_owned()),
            ("recovery".to_owned(), "plant.recovery.Mg".to_owned()),
        ];
        let (plant, point) = Plant::with_paths(model, &library, &paths, &outputs).unwrap();
        let found = plant.sensitivities(&point, &point).unwrap();
        let (gas, temperature, reference, ea): (f64, f64, f64, f64) = (8.314_462_618, 330.0, 320.0, 50e3);
        let arrhenius = 1.0 / temperature - 1.0 / reference;
        let k = 2e-5 * (-ea / gas * arrhenius).exp();
        for (number, time) in [0.0, 1e4, 2e4].into_iter().enumerate() {
            let reduced = time * volume * k / 10e-6;
            let by_log_k = 3.0 * (1.0 - reduced).powi(2) * reduced;
            let x = 1.0 - (1.0 - reduced).powi(3);
            assert!((found.row[number] - x).abs() < 1e-6, "{time}: {} {x}", found.row[number]);
            let want = [
                by_log_k / 2e-5,
                -by_log_k * arrhenius / gas,
                by_log_k * ea / (gas * temperature * temperature),
                -by_log_k / 20e-6,
            ];
            for (factor, want) in want.into_iter().enumerate() {
                let got = found.gradient(number)[factor];
                // the acid that guards the rate, 1e-3 of 1000 mol/m3, takes a millionth of it; near the end that weighs eight times
                let allowed = 1e-5 * want.abs();
                assert!((got - want).abs() <= allowed, "{} at {time}: {got}, want {want}", paths[factor]);
            }
        }
        assert!(found.differenced.is_empty() && found.doubt.iter().all(|doubt| *doubt == 0.0));
        let recovered = found.gradient(3)[0] / found.gradient(2)[0];
        assert!(
            (recovered - 1.0).abs() < 1e-3,
            "the cake holds a quarter gram of liquor of a litre: {recovered}"
        );
    }
}
