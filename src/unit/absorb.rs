//! Gas absorber or stripper: liquor and gas leave in equilibrium, stage by stage in counter-current.
//!
//! Balance     n_out = n_in over liquor and gas; each gas of the database at p = a/K, others inert, steam by a_w
//! Freedoms    `stages`, `pressure`, `temperature`, what enters
//! Leaves out  rates (a stage is an equilibrium stage), real-gas behaviour, heat of absorption in the temperature

use std::sync::Arc;

use super::parameters::{Args, BuildError, Spec};
use super::{Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind, liquor, react};
use crate::chemistry::{Part, Species, Stream};
use crate::equilibrium::liquor::TEMPERATURE_RANGE;
use crate::equilibrium::medium::{Cell, Chemistry, Medium, Reacting};
use crate::numerics::fixed_point::{Accelerator, Anderson};
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "absorber",
    title: "Absorbs gas into a liquor or strips it out, in equilibrium stages",
    about: "Liquor goes down, gas goes up; on every stage each gas of the database is at p = a/K, other gases are inert and \
            steam takes a_w of its vapour pressure; an ideal gas at the stage's pressure. \
            Left out: rates (give equilibrium stages), real gases, warming by the heat of absorption.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of an absorber.
    pub struct Parameters {
        /// Equilibrium stages.
        stages: usize = Spec::integer().at_least(1.0).at_most(50.0).default("1");
        /// Pressure of the gas.
        pressure: f64 = Spec::quantity(Dimension::PRESSURE).positive().default("\"1 atm\"");
        /// Temperature; absent, that of the liquor that enters.
        temperature: Option<f64> = Spec::quantity(Dimension::TEMPERATURE).at_least(*TEMPERATURE_RANGE.start()).at_most(*TEMPERATURE_RANGE.end()).optional().example("\"25 degC\"");
    }
}

#[derive(Debug)]
struct Absorber {
    medium: Arc<Medium>,
    parameters: Parameters,
}

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    Ok(Box::new(Absorber { medium: liquor::medium(args, context)?, parameters }))
}

/// Passes of the stages against each other.
const PASSES: usize = 500;
/// Passes that the acceleration remembers.
const DEPTH: usize = 5;
/// One pass in so many begins with an accelerated state, the others go on from the last one: passes alone bring down what the
/// acceleration leaves of rounding (periodic Pulay: A. S. Banerjee, P. Suryanarayana, J. E. Pask, *Chem. Phys. Lett.* 647 (2016) 31).
const PERIOD: usize = 3;
/// How many times an amount may be that of the pass itself.
const LEAP: f64 = 2.0;

impl Unit for Absorber {
    fn ports(&self) -> Ports {
        let ports = |names: [&str; 2], port: fn(&str) -> Port| names.map(port).to_vec();
        Ports::new(ports(["feed", "gas"], Port::many), ports(["liquor", "gas"], Port::one))
    }

    fn solve(&self, inlets: &Inlets) -> Result<Outcome, UnitError> {
        let (feed, gas) = (inlets.port("feed")?, inlets.port("gas")?);
        check_gas(gas)?;
        if feed.mass_of(Part::Liquor) == 0.0 {
            return Ok(Outcome::new("liquor", feed.clone()).outlet("gas", gas.clone()));
        }
        let (liquor, off_gas, chemistry) = self.column(feed, gas)?;
        let mut outcome = liquor::describe(Outcome::default(), &self.medium, &chemistry, &liquor);
        for own in self.medium.gases() {
            let (before, after) = (gas.amount(own.species), off_gas.amount(own.species));
            if before > 0.0 {
                outcome = outcome.kpi(format!("absorbed.{}", own.name), 1.0 - after / before, "1");
            }
        }
        let (dissolved, left) = (feed.part(Part::Liquor), liquor.part(Part::Liquor));
        for (index, element) in feed.table.elements().iter().enumerate() {
            let before = dissolved.element_amount(index);
            let volatile = |own: &Reacting| feed.table.composition(own.species)[index] > 0.0 && before > 0.0;
            if !matches!(element.symbol(), "H" | "O") && self.medium.gases().iter().any(volatile) {
                let share = 1.0 - left.element_amount(index) / before;
                outcome = outcome.kpi(format!("stripped.{}", element.symbol()), share, "1");
            }
        }
        outcome = liquor::told_of_unabsorbed(outcome, &self.medium, gas);
        let (before, after) = (super::mix(feed, &[gas]), super::mix(&liquor, &[&off_gas]));
        Ok(react::with_duty(outcome, &before, &after).outlet("liquor", liquor).outlet("gas", off_gas))
    }
}

/// Refuses a gas that is more dissolved molecules than water: `CO2` is what is dissolved, `CO2(g)` the gas. A mist of liquor that a
/// gas carries is mostly water and passes.
fn check_gas(gas: &Stream) -> Result<(), UnitError> {
    let liquor = gas.part(Part::Liquor);
    let all = gas.table.iter().map(|(id, species)| (species, liquor.amount(id)));
    let (water, dissolved): (Vec<_>, Vec<_>) = all
        .filter(|(species, n)| *n > 0.0 && species.charge == 0.0)
        .partition(|(species, _)| species.name == "H2O");
    let sum = |parts: &[(&Species, f64)]| parts.iter().map(|(_, n)| n).sum::<f64>();
    if sum(&dissolved) <= sum(&water) {
        return Ok(());
    }
    let names = |end: &str| -> String {
        dissolved.iter().map(|(species, _)| format!("`{}{end}`", species.name)).collect::<Vec<_>>().join(", ")
    };
    Err(UnitError::Infeasible(format!(
        "the gas that enters holds {}, which are names of what is dissolved; of the gas they are {}",
        names(""),
        names("(g)")
    )))
}

impl Absorber {
    /// Stages from the top, where liquor enters, to the bottom; gas of the last pass rises against it until it settles. Passes alone
    /// hardly move where liquor and gas carry as much of what is absorbed (a mole of SO2 for each of lye), so they are accelerated.
    /// They begin with the gas that a single stage leaves: dry gas to every stage would evaporate its liquor.
    fn column(&self, feed: &Stream, gas: &Stream) -> Result<(Stream, Stream, Chemistry), UnitError> {
        let stages = self.parameters.stages;
        let mut cells: Vec<Cell<'_>> = vec![Cell::new(&self.medium); stages];
        let (_, single, _) = self.stage(&mut Cell::new(&self.medium), feed, gas)?;
        let mut rising: Vec<Stream> = vec![single; stages]; // rising[k] leaves stage k; the last enters below
        rising.push(gas.clone());
        let mut last: Option<Vec<f64>> = None;
        let mut accelerator = Anderson::new(DEPTH);
        let weights = self.weights(feed, gas);
        let mut sound: Option<Vec<f64>> = None; // gas of the last pass, not extrapolated
        for round in 0..PASSES {
            let before = between(&rising);
            let pass = self.pass(&mut cells, feed, &mut rising);
            if let (true, Some(own)) = (pass.is_err(), sound.take()) {
                accelerator.restart(); // it went too far
                place_between(&mut rising, &own);
                continue;
            }
            let (falling, chemistry) = pass?;
            let settled = closed(feed, gas, &falling, &rising[0])
                && last.as_ref().is_none_or(|old| near(old, &falling.amounts));
            if stages == 1 || settled {
                return Ok((falling, rising.swap_remove(0), chemistry));
            }
            last = Some(falling.amounts);
            let after = between(&rising);
            let mut next = vec![0.0; after.len()];
            accelerator.next(&before, &after, &weights, &mut next);
            next.iter_mut().zip(&after).for_each(|(n, own)| *n = n.clamp(own / LEAP, own * LEAP));
            if round % PERIOD == PERIOD - 1 {
                place_between(&mut rising, &next);
                sound = Some(after);
            }
        }
        Err(UnitError::NotConverged {
            what: "the column".to_owned(),
            why: format!(
                "the stages do not settle in {PASSES} passes; where there is a little more gas than the liquor binds fewer stages \
                 settle and absorb the same"
            ),
        })
    }

    /// Liquor down all stages; what leaves at the bottom.
    fn pass(
        &self,
        cells: &mut [Cell<'_>],
        feed: &Stream,
        rising: &mut [Stream],
    ) -> Result<(Stream, Chemistry), UnitError> {
        let (mut falling, mut told) = (feed.clone(), None);
        for (stage, cell) in cells.iter_mut().enumerate() {
            let (liquor, up, chemistry) = self.stage(cell, &falling, &rising[stage + 1])?;
            falling = liquor;
            rising[stage] = up;
            told = Some(chemistry);
        }
        let none = || UnitError::Infeasible("a column needs a stage".to_owned());
        Ok((falling, told.ok_or_else(none)?))
    }

    /// Weights of the amounts between the stages: one over all that can be there.
    fn weights(&self, feed: &Stream, gas: &Stream) -> Vec<f64> {
        let all = |(a, b): (&f64, &f64)| a + b;
        let whole: f64 = gas.amounts.iter().sum();
        let one =
            feed.amounts.iter().zip(&gas.amounts).map(all).map(|n| 1.0 / n.max(1e-6 * whole).max(1e-30));
        let one: Vec<f64> = one.collect();
        one.repeat(self.parameters.stages - 1)
    }

    fn stage(
        &self,
        cell: &mut Cell<'_>,
        feed: &Stream,
        gas: &Stream,
    ) -> Result<(Stream, Stream, Chemistry), UnitError> {
        let mut all = feed.clone();
        all.add(gas);
        all.temperature = self.parameters.temperature.unwrap_or(feed.temperature);
        all.pressure = self.parameters.pressure;
        let chemistry = liquor::with_gas(cell, &self.medium, &mut all, &[])?;
        let up = all.part(Part::Gas);
        all.amounts.iter_mut().zip(&up.amounts).for_each(|(n, taken)| *n -= taken);
        Ok((all, up, chemistry))
    }
}

/// Amounts of the gas between the stages.
fn between(rising: &[Stream]) -> Vec<f64> {
    let inner = rising.get(1..rising.len() - 1).unwrap_or_default();
    inner.iter().flat_map(|stream| stream.amounts.iter().copied()).collect()
}

fn place_between(rising: &mut [Stream], amounts: &[f64]) {
    let inner = rising.len() - 2;
    if let Some(count) = amounts.len().checked_div(inner) {
        let streams = rising[1..=inner].iter_mut();
        streams.zip(amounts.chunks_exact(count)).for_each(|(s, own)| s.amounts.copy_from_slice(own));
    }
}

/// Whether what leaves is what enters, element by element.
fn closed(feed: &Stream, gas: &Stream, liquor: &Stream, off_gas: &Stream) -> bool {
    let table = &feed.table;
    let (a, b) = (table.element_totals(&feed.amounts), table.element_totals(&gas.amounts));
    let (c, d) = (table.element_totals(&liquor.amounts), table.element_totals(&off_gas.amounts));
    let mass = feed.mass() + gas.mass();
    (0..a.len()).all(|e| {
        let floor = 1e-12 * mass / table.elements()[e].molar_mass();
        (a[e] + b[e] - c[e] - d[e]).abs() <= 1e-11 * (a[e] + b[e]).max(floor)
    })
}

fn near(old: &[f64], new: &[f64]) -> bool {
    let trace = 1e-6 * new.iter().sum::<f64>(); // what is less is known to rounding of the whole
    old.iter().zip(new).all(|(a, b)| (a - b).abs() <= 1e-9 * b.abs().max(trace))
}
