//! Batch leach: a stirred vessel over time, isothermal, adiabatic or along a temperature profile.
//!
//! Balance     dn/dt = Σ ν·r(n, cores, T), one core per mineral and size class; amounts move by reactions only
//! Freedoms    `time`, `temperature` or `temperature_profile`, `additions`
//! Leaves out  evaporation, mixing of the slurry, breakage of particles

use std::sync::Arc;

use super::leaching;
use super::parameters::{Args, BuildError, Cause, Located, Spec};
use super::smooth::{Own, Smooth};
use super::{
    Axis, Basis, Context, Inlets, Outcome, Port, Ports, ProcessModel, Profile, Series, Unit, UnitError,
    UnitKind, VolumeModel,
};
use crate::chemistry::{Part, Population, SpeciesId, Stream};
use crate::kinetics::leach::{Batch, BatchOutcome, Leaching, ParameterSet, Thermal, Tolerance, Volume};
use crate::numerics::Scalar;
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "batch-leach",
    title: "Leaches a charge in a stirred vessel over time",
    about: "dn/dt = sum of nu*r(n, cores, T): every mineral and size class has its own core, all see the same falling \
            liquor. Isothermal, adiabatic or along a temperature profile; what enters at `staged` is added in portions. \
            Left out: evaporation, breakage of particles.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a batch leach.
    pub struct Parameters {
        /// Process whose kinetics run here; may be left out where one process is in use.
        process: Option<Located<String>> = Spec::text().optional().example("\"cobalt/lco-sulfuric-peroxide\"");
        /// Duration of the leach.
        time: f64 = Spec::quantity(Dimension::TIME).positive().example("\"2 h\"");
        /// Temperature, held; the start where `adiabatic`; absent, that of the feed.
        temperature: Option<f64> = Spec::quantity(Dimension::TEMPERATURE).positive().optional().example("\"80 degC\"");
        /// Whether the heat of reaction moves the temperature.
        adiabatic: bool = Spec::boolean().default("false");
        /// Temperatures over time in place of one: linear between points, held after the last.
        temperature_profile: Vec<Args> = Spec::list(Spec::record(ProfilePoint::specs)).default("[]").example("[{ time = \"0 min\", temperature = \"25 degC\" }]");
        /// Portions of what enters at `staged`; their shares add up to 100 %.
        additions: Vec<Args> = Spec::list(Spec::record(Addition::specs)).default("[]").example("[{ time = \"0 min\", share = \"50 %\" }]");
        /// Volume of liquor, held constant; absent, it follows from the amounts.
        liquor_volume: Option<f64> = Spec::quantity(Dimension::VOLUME).positive().optional().example("\"1 L\"");
        /// Time from one charge to the next, in a continuous plant.
        cycle_time: Option<f64> = Spec::quantity(Dimension::TIME).positive().optional().example("\"4 h\"");
        /// Points of the time course that is reported, start and end included.
        points: usize = Spec::integer().at_least(2.0).at_most(100000.0).default("61");
        /// Whether the time course also tells the relative core size of each class of particles, as `core.LiCoO2(s).1`, finest first.
        cores: bool = Spec::boolean().default("false");
        /// Relative accuracy of the integration.
        tolerance: f64 = Spec::number().positive().at_most(0.01).default("1e-7");
        /// Whether gas leaves by an outlet of its own, `gas`, instead of going on with the slurry.
        vent: bool = Spec::boolean().default("false");
    }
}

crate::parameters! {
    /// A point of a temperature profile.
    pub struct ProfilePoint {
        /// Time from the start.
        time: f64 = Spec::quantity(Dimension::TIME).at_least(0.0);
        /// Temperature then.
        temperature: f64 = Spec::quantity(Dimension::TEMPERATURE).positive();
    }
}

crate::parameters! {
    /// A portion of a staged reagent.
    pub struct Addition {
        /// Time from the start.
        time: f64 = Spec::quantity(Dimension::TIME).at_least(0.0);
        /// Share of the whole that is added then.
        share: f64 = Spec::fraction();
    }
}

#[derive(Debug)]
struct BatchLeach {
    process: Arc<ProcessModel>,
    parameters: Parameters,
    profile: Vec<(f64, f64)>,
    additions: Vec<(f64, f64)>,
    volume: VolumeModel,
    cycle_time: Option<f64>,
}

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    let process = leaching::process(parameters.process.as_ref(), args, context)?;
    let profile = parameters
        .temperature_profile
        .iter()
        .map(|point| ProfilePoint::read(point).map(|p| (p.time, p.temperature)))
        .collect::<Result<Vec<_>, _>>()?;
    if profile.windows(2).any(|w| w[0].0 >= w[1].0) {
        return Err(BuildError::at(args.place_of("temperature_profile"), "the times of a profile must rise")
            .because(Cause::Range));
    }
    if !profile.is_empty() && (parameters.temperature.is_some() || parameters.adiabatic) {
        return Err(BuildError::at(
            args.place_of("temperature_profile"),
            "a profile leaves no other temperature to choose",
        )
        .help("leave out `temperature` and `adiabatic`"));
    }
    let additions = parameters
        .additions
        .iter()
        .map(|portion| Addition::read(portion).map(|a| (a.time, a.share)))
        .collect::<Result<Vec<_>, _>>()?;
    let total: f64 = additions.iter().map(|(_, share)| share).sum();
    if !additions.is_empty() && (total - 1.0).abs() > 1e-9 {
        return Err(BuildError::at(
            args.place_of("additions"),
            format!("the portions add up to {:.4} %", 100.0 * total),
        )
        .because(Cause::Range)
        .help("make the shares add up to 100 %"));
    }
    if additions.windows(2).any(|w| w[0].0 >= w[1].0)
        || additions.last().is_some_and(|a| a.0 >= parameters.time)
    {
        return Err(BuildError::at(
            args.place_of("additions"),
            "additions must come one after another, before the end",
        )
        .because(Cause::Range));
    }
    let cycle_time = match (context.basis, parameters.cycle_time) {
        (Basis::Batch, _) => None,
        (Basis::Continuous, Some(cycle)) => Some(cycle),
        (Basis::Continuous, None) => {
            return Err(BuildError::at(args.place, "a batch leach in a continuous plant needs `cycle_time`")
                .because(Cause::Missing)
                .help("write `cycle_time = \"4 h\"`: the time from one charge to the next"));
        }
    };
    let volume = context.volume.clone();
    Ok(Box::new(BatchLeach { process, parameters, profile, additions, volume, cycle_time }))
}

impl Smooth for BatchLeach {
    fn ports(&self) -> Ports {
        let mut inlets = vec![Port::many("feed")];
        if !self.additions.is_empty() {
            inlets.push(Port::many("staged"));
        }
        Ports::new(inlets, super::vented_ports("slurry", self.parameters.vent))
    }

    fn solve_over<S: Leaching>(
        &self,
        inlets: &Inlets<S>,
        own: &impl Own<S>,
    ) -> Result<Outcome<S>, UnitError> {
        let parameters = &*own.parameters(&self.process);
        let cycle = self.cycle_time.unwrap_or(1.0);
        let scale = S::from(cycle);
        let feed = inlets.port("feed")?.scaled(scale);
        let staged = inlets.get("staged").map(|s| s.scaled(scale));
        let given = self.parameters.temperature.map(|held| own.number("temperature", held));
        let volume = self.parameters.liquor_volume.map(|volume| own.number("liquor_volume", volume));
        let mut course = Course::default();
        let mut charge = feed.clone();
        charge.temperature = given.unwrap_or(feed.temperature);
        let mut memory = S::Memory::default();
        for (from, to, share) in self.segments() {
            if let (Some(staged), true) = (&staged, share > 0.0) {
                let portion = staged.scaled(S::from(share));
                let held = given.filter(|_| !self.parameters.adiabatic);
                charge = super::mix(&charge, &[&portion]);
                charge.temperature = held.unwrap_or(charge.temperature);
            }
            charge = self.run(&charge, (from, to), (parameters, volume), &mut course, &mut memory)?;
        }
        if self.parameters.cores && !course.keeps_its_classes() {
            let why = "`cores` follows the particles of the start, and others enter at `staged`";
            return Err(UnitError::Infeasible(why.to_owned()));
        }
        let mut whole = feed;
        if let Some(staged) = &staged {
            whole = super::mix(&whole, &[staged]);
        }
        let mut outcome = Outcome::default();
        let mut profile = course.profile(&self.process, &charge, &whole);
        if self.parameters.cores {
            profile.series.extend(course.cores(&self.process, &charge));
        }
        outcome =
            leaching::read_equilibrium(outcome, &self.process, &course.states(), &charge, &mut profile)?;
        outcome.profiles.push(profile);
        outcome = leaching::report(outcome, &self.process, &whole, &charge);
        outcome = leaching::range_warnings(outcome, &self.process, course.temperatures());
        for utility in &mut outcome.utilities {
            utility.value = utility.value / cycle;
        }
        Ok(super::vented(outcome, "slurry", charge.scaled(S::from(1.0 / cycle)), self.parameters.vent))
    }

    fn moves_with(&self, path: &str) -> bool {
        matches!(path, "temperature" | "liquor_volume")
    }
}

impl BatchLeach {
    /// From, to and the share of the staged reagent that is added at the start, s.
    fn segments(&self) -> Vec<(f64, f64, f64)> {
        let mut starts: Vec<(f64, f64)> = self.additions.clone();
        if starts.first().is_none_or(|first| first.0 > 0.0) {
            starts.insert(0, (0.0, 0.0));
        }
        let ends = starts.iter().skip(1).map(|s| s.0).chain([self.parameters.time]);
        starts.iter().zip(ends).map(|((from, share), to)| (*from, to, *share)).collect()
    }

    fn run<S: Leaching>(
        &self,
        charge: &Stream<S>,
        (from, to): (f64, f64),
        (parameters, volume): (&ParameterSet<S>, Option<S>),
        course: &mut Course<S>,
        memory: &mut S::Memory,
    ) -> Result<Stream<S>, UnitError> {
        let last = (self.parameters.points - 1) as f64;
        let mut times: Vec<f64> = (0..self.parameters.points)
            .map(|k| self.parameters.time * k as f64 / last - from)
            .filter(|t| *t >= 0.0 && *t < to - from - 1e-12 * to) // the end itself stands below, whatever rounding made of it
            .collect();
        times.push(to - from);
        let shifted: Vec<(f64, S)> =
            self.profile.iter().map(|(t, temperature)| (t - from, S::from(*temperature))).collect();
        let thermal = if !shifted.is_empty() {
            Thermal::Profile(&shifted)
        } else if self.parameters.adiabatic {
            Thermal::Balance {
                start: charge.temperature,
                heat_capacity: charge.heat_capacity(),
                loss: S::from(0.0),
                ambient: charge.temperature,
                heat_input: S::from(0.0),
            }
        } else {
            Thermal::Isothermal(charge.temperature)
        };
        let per_amount = self.volume.per_amount(&charge.amounts, charge.temperature);
        let volume = match volume {
            Some(volume) => Volume::Fixed(volume),
            None => Volume::Linear { base: S::from(0.0), per_amount: &per_amount },
        };
        let minerals = leaching::classes(&self.process, charge)?;
        let relative = self.parameters.tolerance;
        let batch = Batch {
            parameters,
            amounts: &charge.amounts,
            minerals: &minerals,
            volume,
            thermal,
            times: &times,
            tolerance: Tolerance { relative, core: relative, amount: relative },
        };
        let mut run = S::batch(&self.process.model, &batch, memory).map_err(leaching::error)?;
        course.add(from, &mut run, volume);
        let amounts = run.amounts.pop().unwrap_or_else(|| charge.amounts.clone());
        let temperature = run.temperature.last().copied().unwrap_or(charge.temperature);
        leaching::outlet(&self.process, charge, amounts, run.populations, temperature)
    }
}

/// The time course gathered over the segments of a run.
#[derive(Debug)]
struct Course<S> {
    times: Vec<f64>,
    amounts: Vec<Vec<S>>,
    volumes: Vec<S>,
    temperature: Vec<S>,
    /// Relative core sizes, `[time][mineral][class]`.
    cores: Vec<Vec<Vec<S>>>,
    /// Initial diameters of the particles of the start, m, `[mineral][class]`.
    diameters: Vec<Vec<f64>>,
}

impl<S> Default for Course<S> {
    fn default() -> Course<S> {
        Course {
            times: Vec::new(),
            amounts: Vec::new(),
            volumes: Vec::new(),
            temperature: Vec::new(),
            cores: Vec::new(),
            diameters: Vec::new(),
        }
    }
}

impl<S: Scalar> Course<S> {
    fn add(&mut self, from: f64, run: &mut BatchOutcome<S>, volume: Volume<'_, S>) {
        for (k, time) in run.times.iter().enumerate() {
            // A segment starts where the last one ended; the state after an addition replaces the one before.
            let time = from + time;
            if self.times.last().is_some_and(|last| (time - last).abs() <= 1e-12 * time.abs()) {
                self.times.pop();
                self.amounts.pop();
                self.volumes.pop();
                self.temperature.pop();
                self.cores.pop();
            }
            self.times.push(time);
            self.volumes.push(volume.of(&run.amounts[k]));
            self.amounts.push(run.amounts[k].clone());
            self.temperature.push(run.temperature[k]);
        }
        self.cores.append(&mut run.cores);
        if self.diameters.is_empty() {
            let diameter = |class: &Population<S>| class.diameter.real();
            self.diameters =
                run.populations.iter().map(|classes| classes.iter().map(diameter).collect()).collect();
        }
    }

    fn states(&self) -> Vec<leaching::State<'_, S>> {
        let rest = self.temperature.iter().zip(&self.volumes);
        self.amounts.iter().zip(rest).map(|(n, (t, v))| (n.as_slice(), *t, *v)).collect()
    }

    /// Lowest and highest temperature, K.
    fn temperatures(&self) -> (f64, f64) {
        let reals = self.temperature.iter().map(|t| t.real());
        reals.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), t| (a.min(t), b.max(t)))
    }

    /// Whether each time has the classes of the start.
    fn keeps_its_classes(&self) -> bool {
        let same = |a: &[Vec<S>], b: &[Vec<S>]| a.iter().map(Vec::len).eq(b.iter().map(Vec::len));
        self.cores.windows(2).all(|pair| same(&pair[0], &pair[1]))
    }

    /// Relative core size of each class over time, finest first.
    fn cores(&self, process: &ProcessModel, out: &Stream<S>) -> Vec<Series<S>> {
        let mut series = Vec::new();
        for (j, mineral) in
            process.model.minerals().iter().enumerate().filter(|(_, mineral)| mineral.is_sized())
        {
            let species = &out.table.get(SpeciesId(mineral.species)).name;
            for class in 0..self.cores.first().map_or(0, |start| start[j].len()) {
                let values = self.cores.iter().map(|now| now[j][class]).collect();
                let name = format!("core.{species}.{}", class + 1);
                let particles = self.diameters[j].get(class).copied();
                series.push(Series { particles, ..Series::new(name, "1", values) });
            }
        }
        series
    }

    fn profile(&self, process: &ProcessModel, out: &Stream<S>, whole: &Stream<S>) -> Profile<S> {
        let one = S::from(1.0);
        let table = &out.table;
        let mut series = Vec::new();
        let mut push = |name: String, unit: &str, values: Vec<S>| {
            series.push(Series::new(name, unit, values));
        };
        for mineral in process.model.minerals() {
            let id = SpeciesId(mineral.species);
            let fed = whole.amount(id);
            if fed.real() > 0.0 {
                let values = self.amounts.iter().map(|n| one - n[id.0] / fed).collect();
                push(format!("conversion.{}", table.get(id).name), "1", values);
            }
        }
        let solid_in = whole.part(Part::Solids);
        let solids: Vec<SpeciesId> =
            table.iter().filter(|(_, s)| Part::Solids.holds(s.phase)).map(|(id, _)| id).collect();
        for (index, element) in table.elements().iter().enumerate() {
            let fed = solid_in.element_amount(index);
            if fed.real() > 0.0 {
                let left = |n: &Vec<S>| {
                    let own = solids.iter().map(|id| n[id.0] * table.composition(*id)[index]);
                    own.fold(S::from(0.0), |sum, amount| sum + amount)
                };
                let values = self.amounts.iter().map(|n| one - left(n) / fed).collect();
                push(format!("extraction.{}", element.symbol()), "1", values);
            }
        }
        for (id, species) in table.iter() {
            let there = self.amounts.iter().any(|n| n[id.0].real() != 0.0);
            if there && Part::Liquor.holds(species.phase) && species.name != "H2O" {
                let values = self.amounts.iter().zip(&self.volumes).map(|(n, v)| n[id.0] / *v).collect();
                push(format!("concentration.{}", species.name), "mol/m3", values);
            }
        }
        for (id, species) in table.iter().filter(|(_, species)| Part::Gas.holds(species.phase)) {
            if self.amounts.iter().any(|n| n[id.0].real() != 0.0) {
                push(
                    format!("amount.{}", species.name),
                    "mol",
                    self.amounts.iter().map(|n| n[id.0]).collect(),
                );
            }
        }
        push("temperature".to_owned(), "K", self.temperature.clone());
        let times = self.times.iter().map(|time| S::from(*time)).collect();
        let axis = Axis { name: "time".to_owned(), unit: "s".to_owned(), values: times };
        Profile { axis, series }
    }
}
