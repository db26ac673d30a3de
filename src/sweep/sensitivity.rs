//! Outputs of a plant with their derivatives by its factors.
//!
//! What a fit or a gradient method asks for: `d(output)/d(factor)` for every number of a row. Outputs and factors are those of a
//! [`Plant`]: any KPI, stream property or profile; any value of the scenario, parameter of the process library or activation energy.
//!
//! Derivatives are central differences of the whole plant with two step sizes, extrapolated (fourth order); how far the two
//! differ is kept beside each, so that a caller can see what to trust.

use super::engine::{CaseError, Factor, Model, width};
use super::plant::Plant;
use super::target::{Held, Origin, Setting, target};
use crate::scenario::{self, Library};
use rayon::prelude::*;

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
            settings.push(Setting { target, from: Origin::Column(column), dimension });
            point.push(value);
        }
        Ok((Plant::new(model, library, factors, settings, outputs)?, point))
    }

    /// Runs the plant at `point` (SI) and differentiates its row by every factor.
    ///
    /// `sizes` are typical sizes of the factors (SI, positive), which set the steps where a factor is 0 or small.
    ///
    /// # Errors
    /// [`CaseError`] if the plant has no solution at the point, or on neither side of it along a factor.
    pub fn sensitivities(&self, point: &[f64], sizes: &[f64]) -> Result<Sensitivities, CaseError> {
        let width = width(self);
        let mut row = vec![f64::NAN; width];
        self.run(0, point, &mut row)?;
        let columns = (0..point.len())
            .into_par_iter()
            .map(|factor| {
                let step = WIDE * point[factor].abs().max(sizes[factor]);
                self.differentiate(&row, point, factor, step)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let factors = point.len();
        let (mut jacobian, mut doubt) = (vec![0.0; width * factors], vec![0.0; width * factors]);
        for (factor, column) in columns.iter().enumerate() {
            for (number, (slope, error)) in column.iter().enumerate() {
                jacobian[number * factors + factor] = *slope;
                doubt[number * factors + factor] = *error;
            }
        }
        Ok(Sensitivities { row, jacobian, doubt })
    }

    /// Derivative of every number of the row by one factor, with its uncertainty.
    fn differentiate(
        &self,
        row: &[f64],
        point: &[f64],
        factor: usize,
        step: f64,
    ) -> Result<Vec<(f64, f64)>, CaseError> {
        let at = |shift: f64| {
            let mut moved = point.to_vec();
            moved[factor] += shift * step;
            let mut out = vec![f64::NAN; row.len()];
            self.run(0, &moved, &mut out).map(|()| out)
        };
        let central = || Ok::<_, CaseError>([at(-1.0)?, at(-0.5)?, at(0.5)?, at(1.0)?]);
        let sided = |side: f64| Ok::<_, CaseError>([at(0.5 * side)?, at(side)?, at(2.0 * side)?]);
        let pair = |wide: f64, narrow: f64| {
            let best = (4.0 * narrow - wide) / 3.0;
            (best / step, (narrow - wide).abs() / step)
        };
        if let Ok([far_below, below, above, far_above]) = central() {
            let each = |i: usize| pair((far_above[i] - far_below[i]) / 2.0, above[i] - below[i]);
            return Ok((0..row.len()).map(each).collect());
        }
        // at the edge of the domain: second order from one side, with two step sizes
        let (side, [near, middle, far]) = match sided(1.0) {
            Ok(found) => (1.0, found),
            Err(_) => (-1.0, sided(-1.0)?),
        };
        let each = |i: usize| {
            let three = |h: f64, one: f64, two: f64| side * (4.0 * one - 3.0 * row[i] - two) / (2.0 * h);
            pair(three(1.0, middle[i], far[i]), three(0.5, near[i], middle[i]))
        };
        Ok((0..row.len()).map(each).collect())
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
                let (got, doubt) = (found.gradient(number)[factor], found.doubt[number * 4 + factor]);
                let allowed = 1e-5 * want.abs();
                assert!(
                    (got - want).abs() <= allowed,
                    "{} at {time}: {got} ± {doubt}, want {want}",
                    paths[factor]
                );
                let error = (got - want).abs();
                assert!(
                    error <= doubt + 1e-5 * want.abs() && doubt <= 1e-2 * want.abs(),
                    "{}: {doubt}",
                    paths[factor]
                );
            }
        }
        let recovered = found.gradient(3)[0] / found.gradient(2)[0];
        assert!(
            (recovered - 1.0).abs() < 1e-3,
            "the cake holds a quarter gram of liquor of a litre: {recovered}"
        );
    }
}
