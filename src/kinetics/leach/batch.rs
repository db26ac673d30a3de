//! A leach over time.

use super::course::Course;
use super::define::ParameterSet;
use super::error::LeachError;
use super::model::{LeachModel, Volume, Workspace};
use super::particles::Grain;
use crate::chemistry::Population;
use crate::numerics::Scalar;
use crate::numerics::rosenbrock::Statistics;

/// What happens to the temperature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Thermal<'a, S = f64> {
    /// Held, K.
    Isothermal(S),
    /// Prescribed: times (s, ascending) and temperatures (K), linear between, constant outside.
    Profile(&'a [(f64, S)]),
    /// From a heat balance; adiabatic with `loss = 0`. Reaction enthalpies are those of 298.15 K.
    Balance {
        /// Temperature at the start, K.
        start: S,
        /// Heat capacity of vessel and contents, J/K.
        heat_capacity: S,
        /// Heat lost per kelvin above ambient, W/K.
        loss: S,
        /// Ambient temperature, K.
        ambient: S,
        /// Heat put in, W.
        heat_input: S,
    },
}

/// Accuracy of an integration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Relative.
    pub relative: f64,
    /// Absolute, on relative core sizes.
    pub core: f64,
    /// Absolute, on amounts per liquor, mol/m³.
    pub amount: f64,
}

impl Default for Tolerance {
    fn default() -> Tolerance {
        Tolerance { relative: 1e-6, core: 1e-6, amount: 1e-6 }
    }
}

/// A batch leach to be run.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a, S = f64> {
    /// Parameter values.
    pub parameters: &'a ParameterSet<S>,
    /// Amounts at the start, mol, by species; minerals included.
    pub amounts: &'a [S],
    /// Particles of each mineral of the model.
    pub minerals: &'a [Vec<Population<S>>],
    /// Volume of the liquor, m³.
    pub volume: Volume<'a, S>,
    /// Temperature.
    pub thermal: Thermal<'a, S>,
    /// Times of output, s, ascending; the last ends the run.
    pub times: &'a [f64],
    /// Accuracy.
    pub tolerance: Tolerance,
}

/// What a batch leach did.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchOutcome<S = f64> {
    /// Times, s.
    pub times: Vec<f64>,
    /// Amounts, mol, `[time][species]`.
    pub amounts: Vec<Vec<S>>,
    /// Extents, mol, `[time][reaction]`.
    pub extents: Vec<Vec<S>>,
    /// Temperatures, K.
    pub temperature: Vec<S>,
    /// Unreacted share of what each mineral held at the start, `[time][mineral]`.
    pub unreacted: Vec<Vec<S>>,
    /// Relative core sizes, `[time][mineral][class]`; classes in the order of `populations`.
    pub cores: Vec<Vec<Vec<S>>>,
    /// Particles at the end, by mineral.
    pub populations: Vec<Vec<Population<S>>>,
    /// Cost.
    pub statistics: Statistics,
}

impl LeachModel {
    /// Runs a batch leach.
    ///
    /// # Errors
    /// [`LeachError`] for arguments outside their range and where the integration fails.
    pub fn batch(&self, batch: &Batch<'_>, workspace: &mut Workspace) -> Result<BatchOutcome, LeachError> {
        self.check(batch)?;
        self.load(batch, workspace)?;
        let course = self.course(batch, workspace, None)?;
        Ok(course.outcome(workspace.method.statistics))
    }

    pub(super) fn check<S: Scalar>(&self, batch: &Batch<'_, S>) -> Result<(), LeachError> {
        let domain = |what: &str, value: f64, allowed| {
            Err(LeachError::Domain { what: what.to_owned(), value, allowed })
        };
        if batch.amounts.len() != self.species {
            return domain("number of amounts", batch.amounts.len() as f64, "that of the model's species");
        }
        if batch.minerals.len() != self.minerals.len() {
            return domain("number of population lists", batch.minerals.len() as f64, "that of the minerals");
        }
        if let Some(bad) = batch.amounts.iter().find(|n| !n.all(f64::is_finite)) {
            return domain("an amount, mol", bad.real(), "finite");
        }
        let volume = batch.volume.of(batch.amounts);
        if !volume.all(|volume| volume > 0.0 && volume.is_finite()) {
            return domain("volume of the liquor, m³", volume.real(), "positive");
        }
        if batch.times.is_empty() || batch.times.windows(2).any(|pair| pair[0] > pair[1]) {
            return domain("number of times", batch.times.len() as f64, "at least one, ascending");
        }
        if let Some(bad) = batch.times.iter().find(|t| !(t.is_finite() && **t >= 0.0)) {
            return domain("a time, s", *bad, "finite and not negative");
        }
        let temperatures: Vec<S> = match batch.thermal {
            Thermal::Isothermal(t) => vec![t],
            Thermal::Profile(points) => points.iter().map(|point| point.1).collect(),
            Thermal::Balance { start, ambient, .. } => vec![start, ambient],
        };
        if let Some(bad) = temperatures.iter().find(|t| !t.all(|t| t > 0.0 && t.is_finite())) {
            return domain("a temperature, K", bad.real(), "positive");
        }
        if let Thermal::Balance { heat_capacity, .. } = batch.thermal {
            if !heat_capacity.all(|capacity| capacity > 0.0) {
                return domain("heat capacity, J/K", heat_capacity.real(), "positive");
            }
            if let Some(missing) = self.reactions.iter().find(|reaction| reaction.enthalpy.is_none()) {
                let what = format!("enthalpy of reaction `{}`", missing.name);
                return domain(&what, f64::NAN, "known: give its species enthalpies of formation");
            }
        }
        Ok(())
    }
}

impl<S: Scalar> Course<S> {
    /// The same with what it cost.
    pub(super) fn outcome(self, statistics: Statistics) -> BatchOutcome<S> {
        let populations =
            |grains: &Vec<Grain<S>>| grains.iter().map(Grain::population).collect::<Vec<Population<S>>>();
        BatchOutcome {
            populations: self.grains.iter().map(populations).collect(),
            times: self.times,
            amounts: self.amounts,
            extents: self.extents,
            temperature: self.temperature,
            unreacted: self.unreacted,
            cores: self.cores,
            statistics,
        }
    }
}
