//! Solvent extraction contact: counter-current mixer-settlers in which stated reactions come to equilibrium.
//!
//! Balance     n_out = n_in + Σ ν·ξ in each stage; ln Q = ln K of every reaction in every stage, solved together
//! Freedoms    `stages`, `efficiency`, `additions`
//! Leaves out  entrainment, kinetics of transfer, third phases, heat of reaction
//! Source      equations in [`crate::equilibrium::extraction`]

use std::sync::Arc;

use super::feed::dissolved;
use super::parameters::{Args, BuildError, Cause, Located, Spec};
use super::{
    Axis, Basis, Context, Inlets, Outcome, Port, Ports, ProcessModel, Profile, Series, Unit, UnitError,
    UnitKind, VolumeModel, leaching,
};
use crate::chemistry::{Element, Phase, SpeciesId, SpeciesTable, Stream};
use crate::equilibrium::extraction::{Contact, Contacted, Extraction};
use crate::kinetics::expression::ParameterView;
use crate::kinetics::leach::Volume;
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "sx-contact",
    title: "Brings an aqueous and an organic phase to equilibrium in counter-current stages",
    about: "n_out = n_in + sum of nu*xi; ln Q = ln K of every reaction in [extraction] of the process, in every stage, all \
            solved together. The aqueous phase enters at stage 1, the organic at the last. A stage of efficiency E takes the \
            organic E of the way to equilibrium. Left out: entrainment, rates of transfer, heat of reaction.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a contact.
    pub struct Parameters {
        /// Process whose extraction reactions run here; may be left out where one process is in use.
        process: Option<Located<String>> = Spec::text().optional().example("\"copper/hydroxyoxime\"");
        /// Stages in counter-current.
        stages: usize = Spec::integer().at_least(1.0).at_most(50.0).default("1");
        /// Approach of the organic phase to equilibrium in each stage (Murphree).
        efficiency: f64 = Spec::quantity(Dimension::FRACTION).positive().at_most(1.0).default("\"100 %\"");
        /// Reagents into the aqueous phase: amount for each stage.
        additions: Option<Vec<(Located<String>, Vec<f64>)>> = Spec::map(Spec::list(Spec::any_of(&[Dimension::AMOUNT_FLOW, Dimension::AMOUNT]))).at_least(0.0).optional().example("{ NaOH = [\"0.5 mol/h\", \"0.5 mol/h\"] }");
        /// Whether each phase keeps the volume with which it enters, instead of following its amounts.
        constant_volume: bool = Spec::boolean().default("false");
    }
}

#[derive(Debug)]
struct SxContact {
    process: Arc<ProcessModel>,
    extraction: Arc<Extraction>,
    parameters: Parameters,
    /// Reagents with the species they bring and their amounts by stage.
    reagents: Vec<Reagent>,
    /// What is added to each stage.
    additions: Vec<Vec<(usize, f64)>>,
    volume: VolumeModel,
    /// Elements that the reactions move between the phases, with the names of their figures.
    moved: Vec<Moved>,
    /// Species that the reactions know, with the names of their profiles.
    known: Vec<(usize, String)>,
}

#[derive(Debug)]
struct Moved {
    element: usize,
    extraction: String,
    stripping: String,
}

#[derive(Debug)]
struct Reagent {
    name: String,
    brings: Vec<(SpeciesId, f64)>,
    amounts: Vec<f64>,
}

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    let process = leaching::process(parameters.process.as_ref(), args, context)?;
    let extraction = process.extraction.clone().ok_or_else(|| {
        let place = parameters.process.as_ref().map_or(args.place, |name| name.place);
        BuildError::at(place, format!("process `{}` has no extraction reactions", process.name))
            .because(Cause::Missing)
            .help("give its file a table `[extraction.<name>]` with `equation` and `constant`")
    })?;
    check_additions(args, context.basis)?;
    let mut reagents = Vec::new();
    for (name, amounts) in parameters.additions.iter().flatten() {
        if amounts.len() != parameters.stages {
            let message =
                format!("expected {} amounts of `{}`, one for each stage", parameters.stages, name.value);
            return Err(BuildError::at(name.place, message));
        }
        let (_, brings) = dissolved(name, context)?;
        if brings.iter().any(|(id, _)| context.table.get(*id).phase != Phase::Aqueous) {
            let message = format!("`{}` does not dissolve in the aqueous phase", name.value);
            return Err(BuildError::at(name.place, message));
        }
        reagents.push(Reagent { name: name.value.clone(), brings, amounts: amounts.clone() });
    }
    let water = ["H2O", "H+", "OH-"].map(|name| context.table.index(name));
    let volume = context.volume.clone();
    let additions = additions(&reagents, parameters.stages, water);
    let moved = moved(&extraction, &context.table);
    let known = known(&extraction, &context.table);
    Ok(Box::new(SxContact { process, extraction, parameters, reagents, additions, volume, moved, known }))
}

/// What is added to each stage, OH- as the water that it makes of protons; `water` is H2O, H+ and OH-.
fn additions(
    reagents: &[Reagent],
    stages: usize,
    [water, proton, hydroxide]: [Option<SpeciesId>; 3],
) -> Vec<Vec<(usize, f64)>> {
    (0..stages)
        .map(|stage| {
            let mut list = Vec::new();
            for reagent in reagents {
                for (id, nu) in &reagent.brings {
                    let amount = nu * reagent.amounts[stage];
                    match (water, proton) {
                        (Some(water), Some(proton)) if Some(*id) == hydroxide => {
                            list.extend([(proton.0, -amount), (water.0, amount)]);
                        }
                        _ => list.push((id.0, amount)),
                    }
                }
            }
            list
        })
        .collect()
}

/// Elements on both sides of the boundary between the phases; hydrogen and oxygen are in everything.
fn moved(extraction: &Extraction, table: &SpeciesTable) -> Vec<Moved> {
    let terms = || extraction.reactions().iter().flat_map(|reaction| &reaction.terms);
    let held = |element: usize, organic: bool| {
        terms().any(|(at, _)| {
            let id = SpeciesId(*at);
            (table.get(id).phase == Phase::Organic) == organic && table.composition(id)[element] > 0.0
        })
    };
    let elements = table.elements().iter().enumerate();
    let own = elements.filter(|(_, element)| !matches!(element.symbol(), "H" | "O"));
    let both = own.filter(|(index, _)| held(*index, false) && held(*index, true));
    let named = |(element, own): (usize, &Element)| Moved {
        element,
        extraction: format!("extraction.{}", own.symbol()),
        stripping: format!("stripping.{}", own.symbol()),
    };
    both.map(named).collect()
}

fn known(extraction: &Extraction, table: &SpeciesTable) -> Vec<(usize, String)> {
    let mut all: Vec<usize> =
        extraction.reactions().iter().flat_map(|r| r.terms.iter().map(|term| term.0)).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(|id| (id, format!("concentration.{}", table.get(SpeciesId(id)).name))).collect()
}

/// Refuses amounts per second in a batch plant, and the other way round.
fn check_additions(args: &Args, basis: Basis) -> Result<(), BuildError> {
    use super::parameters::Value;
    let Some(Value::Map(items)) = args.find("additions").map(|located| &located.value) else { return Ok(()) };
    let (wanted, plant) = match basis {
        Basis::Continuous => (Dimension::AMOUNT_FLOW, "continuous"),
        Basis::Batch => (Dimension::AMOUNT, "batch"),
    };
    for (name, list) in items {
        let Value::List(amounts) = &list.value else { continue };
        for amount in amounts {
            let found = amount.value.dimension();
            if found.is_some_and(|found| !found.same_exponents(wanted)) {
                let message = format!("`{}` in a {plant} plant must be {wanted}", name.value);
                return Err(BuildError::at(amount.place, message));
            }
        }
    }
    Ok(())
}

impl Unit for SxContact {
    fn ports(&self) -> Ports {
        let both = |port: fn(&str) -> Port| vec![port("aqueous"), port("organic")];
        Ports::new(both(Port::many), both(Port::one))
    }

    fn solve(&self, inlets: &Inlets) -> Result<Outcome, UnitError> {
        self.solve_near(inlets, &[])
    }

    fn solve_near(&self, inlets: &Inlets, memory: &[f64]) -> Result<Outcome, UnitError> {
        let (mut aqueous, mut organic) = (inlets.port("aqueous")?.clone(), inlets.port("organic")?.clone());
        exchange(&mut aqueous, &mut organic);
        let drawn = self.drawn(aqueous.temperature, &aqueous.table);
        let volumes = [self.volume.liquor(&aqueous), self.volume.organic(&organic)];
        if volumes.iter().any(|volume| *volume <= 0.0) {
            return Ok(self.idle(aqueous, organic, drawn));
        }
        let keeps = self.parameters.constant_volume;
        let (mut partials, mut organic_partials) = (Vec::new(), Vec::new());
        if !keeps {
            partials = self.volume.per_amount(&aqueous.amounts, aqueous.temperature);
            organic_partials.extend(organic.table.iter().map(|(_, species)| species.volume.unwrap_or(0.0)));
        }
        let volume = |fixed: f64, per_amount| {
            if keeps { Volume::Fixed(fixed) } else { Volume::Linear { base: 0.0, per_amount } }
        };
        let temperature = super::mixed_temperature(&aqueous, &[&organic]);
        let parameters = &self.process.parameters;
        let case = Contact {
            parameters: ParameterView { values: &parameters.values, activation: &parameters.activation },
            temperature,
            stages: self.parameters.stages,
            efficiency: self.parameters.efficiency,
            aqueous: &aqueous.amounts,
            organic: &organic.amounts,
            additions: &self.additions,
            aqueous_volume: volume(volumes[0], &partials),
            organic_volume: volume(volumes[1], &organic_partials),
            guess: memory,
        };
        let out = self.extraction.contact(&case).map_err(|error| UnitError::NotConverged {
            what: "the contact".to_owned(),
            why: error.to_string(),
        })?;
        Ok(self.outcome(aqueous, organic, drawn, volumes, temperature, out))
    }
}

impl SxContact {
    /// The reagents that are added, as streams.
    fn drawn(&self, temperature: f64, table: &Arc<SpeciesTable>) -> Vec<(String, Stream)> {
        let stream = |reagent: &Reagent| {
            let mut stream = Stream { temperature, ..Stream::empty(table.clone()) };
            let total: f64 = reagent.amounts.iter().sum();
            reagent.brings.iter().for_each(|(id, nu)| stream.amounts[id.0] += nu * total);
            (reagent.name.clone(), stream)
        };
        self.reagents.iter().map(stream).collect()
    }

    /// One phase is missing: nothing moves.
    fn idle(&self, mut aqueous: Stream, organic: Stream, drawn: Vec<(String, Stream)>) -> Outcome {
        drawn.iter().for_each(|(_, stream)| aqueous.add(stream));
        let outcome = Outcome::default().outlet("aqueous", aqueous).outlet("organic", organic);
        let outcome = outcome.warning("one of the two phases is missing: nothing is extracted");
        Outcome { drawn, ..outcome }
    }

    fn outcome(
        &self,
        aqueous: Stream,
        organic: Stream,
        drawn: Vec<(String, Stream)>,
        volumes: [f64; 2],
        temperature: f64,
        out: Contacted,
    ) -> Outcome {
        let table = aqueous.table.clone();
        let leaves = |train: &[f64], stage: usize, inlet: &Stream| {
            let species = inlet.amounts.len();
            let own = &train[stage * species..(stage + 1) * species];
            let mut stream = Stream { temperature, ..inlet.clone() };
            stream.amounts.iter_mut().zip(own).for_each(|(amount, n)| *amount = n.max(0.0));
            stream
        };
        let mut left = leaves(&out.aqueous, self.parameters.stages - 1, &aqueous);
        let loaded = leaves(&out.organic, 0, &organic);
        left.neutralise();
        let mut outcome = Outcome::default().kpi("organic_to_aqueous", volumes[1] / volumes[0], "1");
        for moved in &self.moved {
            let index = moved.element;
            let change = loaded.element_amount(index) - organic.element_amount(index);
            let extracted = change >= 0.0;
            let (name, from) =
                if extracted { (&moved.extraction, &aqueous) } else { (&moved.stripping, &organic) };
            let added: f64 = match extracted {
                true => drawn.iter().map(|(_, stream)| stream.element_amount(index)).sum(),
                false => 0.0,
            };
            let available = from.element_amount(index) + added;
            if available > 0.0 {
                outcome = outcome.kpi(name.clone(), change.abs() / available, "1");
            }
        }
        outcome.profiles.push(self.profile(&out, &table, volumes));
        let outcome = Outcome { drawn, memory: out.memory, ..outcome };
        outcome.outlet("aqueous", left).outlet("organic", loaded)
    }

    /// Concentrations in what leaves each stage, per volume of the phase as it enters.
    fn profile(&self, out: &Contacted, table: &SpeciesTable, volumes: [f64; 2]) -> Profile {
        let series = self.known.iter().map(|(id, name)| {
            let organic = table.get(SpeciesId(*id)).phase == Phase::Organic;
            let (train, volume) =
                if organic { (&out.organic, volumes[1]) } else { (&out.aqueous, volumes[0]) };
            let values = train.chunks(table.len()).map(|amounts| amounts[*id] / volume).collect();
            Series::new(name.clone(), "mol/m3", values)
        });
        let series = series.collect();
        let values = (1..=self.parameters.stages).map(|stage| stage as f64).collect();
        Profile { axis: Axis { name: "stage".to_owned(), unit: "1".to_owned(), values }, series }
    }
}

/// Puts every species into the stream of its phase: solids and gases stay with the aqueous one.
fn exchange(aqueous: &mut Stream, organic: &mut Stream) {
    let table = aqueous.table.clone();
    for (id, species) in table.iter() {
        let (from, to) = match species.phase {
            Phase::Organic => (&mut *aqueous, &mut *organic),
            _ => (&mut *organic, &mut *aqueous),
        };
        let amount = std::mem::take(&mut from.amounts[id.0]);
        to.amounts[id.0] += amount;
    }
    let particles = std::mem::take(&mut organic.particles);
    particles.iter().for_each(|particles| aqueous.add_particles(particles));
}
