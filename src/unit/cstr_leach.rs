//! Continuous leach in stirred tanks, one or a cascade, at steady state.
//!
//! Balance     each tank perfectly mixed: the outlet liquor drives every particle; particles have an age distribution, and the
//!             distribution of cores is carried from tank to tank (population balance, segregated flow)
//! Freedoms    `tanks`, `residence_time` or `volume` of each, `temperature`
//! Leaves out  evaporation, short-circuiting, segregation of coarse particles
//! Source      O. Levenspiel, *Chemical Reaction Engineering*, 3rd ed. (1999), chapters 11 and 26

use std::sync::Arc;

use super::leaching;
use super::parameters::{Args, BuildError, Cause, Located, Spec};
use super::smooth::{Own, Smooth};
use super::{
    Axis, Basis, Context, Inlets, Outcome, Port, Ports, ProcessModel, Profile, Series, Unit, UnitError,
    UnitKind, VolumeModel,
};
use crate::chemistry::{Part, SpeciesId, Stream};
use crate::kinetics::leach::{Leaching, ParameterSet, Tank, Volume};
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "cstr-leach",
    title: "Leaches continuously in one stirred tank or a cascade",
    about: "Each tank is perfectly mixed: its outlet liquor drives every particle. Particles leave with an exponential \
            age distribution; the distribution of unreacted cores is carried from tank to tank (segregated flow). \
            Left out: evaporation, short-circuiting, segregation of coarse particles.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a cascade of leach tanks.
    pub struct Parameters {
        /// Process whose kinetics run here; may be left out where one process is in use.
        process: Option<Located<String>> = Spec::text().optional().example("\"cobalt/lco-sulfuric-peroxide\"");
        /// Tanks in series.
        tanks: usize = Spec::integer().at_least(1.0).at_most(50.0).default("1");
        /// Mean residence time in each tank.
        residence_time: Option<f64> = Spec::quantity(Dimension::TIME).positive().optional().example("\"1 h\"");
        /// Volume of slurry in each tank, in place of the residence time; solids without a density take no room.
        volume: Option<f64> = Spec::quantity(Dimension::VOLUME).positive().optional().example("\"5 m3\"");
        /// Temperature of all tanks; absent, that of the feed.
        temperature: Option<f64> = Spec::quantity(Dimension::TEMPERATURE).positive().optional().example("\"80 degC\"");
        /// Temperature of each tank, in place of one for all.
        temperatures: Option<Vec<f64>> = Spec::list(Spec::quantity(Dimension::TEMPERATURE)).positive().optional().example("[\"80 degC\", \"70 degC\"]");
        /// Whether the liquor in each tank keeps the volume of what enters that tank, instead of following its amounts.
        constant_volume: bool = Spec::boolean().default("false");
        /// Whether gas leaves by an outlet of its own, `gas`, instead of going on with the slurry.
        vent: bool = Spec::boolean().default("false");
    }
}

#[derive(Debug)]
struct CstrLeach {
    process: Arc<ProcessModel>,
    parameters: Parameters,
    volume: VolumeModel,
}

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    if context.basis == Basis::Batch {
        return Err(BuildError::at(args.place, "a continuous leach needs a continuous plant")
            .help("write `basis = \"continuous\"` at the top of the scenario, or use `batch-leach`"));
    }
    if parameters.residence_time.is_some() == parameters.volume.is_some() {
        return Err(BuildError::at(
            args.place,
            "a leach tank needs `residence_time` or `volume`, one of the two",
        )
        .because(if parameters.volume.is_some() { Cause::Conflict } else { Cause::Missing })
        .help("write `residence_time = \"1 h\"`"));
    }
    if parameters.temperatures.as_ref().is_some_and(|t| t.len() != parameters.tanks) {
        return Err(BuildError::at(
            args.place_of("temperatures"),
            format!("expected {} temperatures, one for each tank", parameters.tanks),
        ));
    }
    let process = leaching::process(parameters.process.as_ref(), args, context)?;
    Ok(Box::new(CstrLeach { process, parameters, volume: context.volume.clone() }))
}

impl Smooth for CstrLeach {
    fn ports(&self) -> Ports {
        Ports::new(vec![Port::many("feed")], super::vented_ports("slurry", self.parameters.vent))
    }

    fn solve_over<S: Leaching>(
        &self,
        inlets: &Inlets<S>,
        own: &impl Own<S>,
    ) -> Result<Outcome<S>, UnitError> {
        let feed = inlets.port("feed")?;
        if feed.is_empty() {
            return Ok(super::vented(Outcome::default(), "slurry", feed.clone(), self.parameters.vent));
        }
        let parameters = &*own.parameters(&self.process);
        let mut memory = S::Memory::default();
        let mut slurry = feed.clone();
        let mut after = vec![slurry.clone()];
        let held = self.parameters.temperature.map(|held| own.number("temperature", held));
        let mut range = (f64::INFINITY, f64::NEG_INFINITY);
        for tank in 0..self.parameters.tanks {
            let listed = self.parameters.temperatures.as_ref().and_then(|t| t.get(tank));
            let listed = listed.map(|listed| own.number(&format!("temperatures.{tank}"), *listed));
            let temperature = listed.or(held).unwrap_or(feed.temperature);
            range = (range.0.min(temperature.real()), range.1.max(temperature.real()));
            slurry = self.tank(&slurry, (parameters, temperature), own, &mut memory)?;
            after.push(slurry.clone());
        }
        let mut outcome = Outcome::default();
        let mut profile = self.profile(&after);
        let states: Vec<leaching::State<'_, S>> =
            after.iter().map(|s| (s.amounts.as_slice(), s.temperature, self.volume.liquor(s))).collect();
        outcome = leaching::read_equilibrium(outcome, &self.process, &states, &slurry, &mut profile)?;
        outcome.profiles.push(profile);
        outcome = leaching::report(outcome, &self.process, feed, &slurry);
        outcome = leaching::range_warnings(outcome, &self.process, range);
        Ok(super::vented(outcome, "slurry", slurry, self.parameters.vent))
    }

    fn moves_with(&self, path: &str) -> bool {
        matches!(path, "temperature" | "residence_time" | "volume") || path.starts_with("temperatures.")
    }
}

impl CstrLeach {
    fn tank<S: Leaching>(
        &self,
        feed: &Stream<S>,
        (parameters, temperature): (&ParameterSet<S>, S),
        own: &impl Own<S>,
        memory: &mut S::Memory,
    ) -> Result<Stream<S>, UnitError> {
        let minerals = leaching::classes(&self.process, feed)?;
        let per_amount = self.volume.per_amount(&feed.amounts, temperature);
        let tank = Tank {
            parameters,
            amounts: &feed.amounts,
            minerals: &minerals,
            volume: if self.parameters.constant_volume {
                Volume::Fixed(self.volume.liquor(feed))
            } else {
                Volume::Linear { base: S::from(0.0), per_amount: &per_amount }
            },
            residence_time: self.residence_time(feed, own)?,
            temperature,
            guess: &[], // never an earlier answer: what a pass returns must follow from its streams alone
        };
        let out = S::tank(&self.process.model, &tank, memory).map_err(leaching::error)?;
        leaching::outlet(&self.process, feed, out.amounts, out.populations, temperature)
    }

    fn residence_time<S: Leaching>(&self, feed: &Stream<S>, own: &impl Own<S>) -> Result<S, UnitError> {
        if let Some(time) = self.parameters.residence_time {
            return Ok(own.number("residence_time", time));
        }
        let solids = feed
            .present()
            .filter(|(_, s)| Part::Solids.holds(s.phase))
            .fold(S::from(0.0), |sum, (id, s)| sum + feed.amount(id) * s.volume.unwrap_or(0.0));
        let flow = self.volume.liquor(feed) + solids;
        match self.parameters.volume {
            Some(volume) if flow.real() > 0.0 => Ok(own.number("volume", volume) / flow),
            _ => Err(UnitError::Infeasible("no liquor flows through the tank".to_owned())),
        }
    }

    /// Conversion and concentrations tank by tank; tank 0 is the feed.
    fn profile<S: Leaching>(&self, after: &[Stream<S>]) -> Profile<S> {
        let table = &after[0].table;
        let mut series = Vec::new();
        for mineral in self.process.model.minerals() {
            let id = SpeciesId(mineral.species);
            let fed = after[0].amount(id);
            if fed.real() > 0.0 {
                let values = after.iter().map(|s| S::from(1.0) - s.amount(id) / fed).collect();
                series.push(Series::new(format!("conversion.{}", table.get(id).name), "1", values));
            }
        }
        for (id, species) in table.iter() {
            let there = after.iter().any(|s| s.amount(id).real() != 0.0);
            if there && Part::Liquor.holds(species.phase) && species.name != "H2O" {
                let values = after.iter().map(|s| s.amount(id) / self.volume.liquor(s)).collect();
                series.push(Series::new(format!("concentration.{}", species.name), "mol/m3", values));
            }
        }
        series.push(Series::new("temperature", "K", after.iter().map(|s| s.temperature).collect()));
        let values = (0..after.len()).map(|k| S::from(k as f64)).collect();
        Profile { axis: Axis { name: "tank".to_owned(), unit: "1".to_owned(), values }, series }
    }
}
