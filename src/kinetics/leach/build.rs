//! Definitions to a compiled model.

use super::define::{LawDef, LeachModelBuilder, MineralDef, ParameterSet};
use super::error::{Fault, ModelError};
use super::law::{Core, Progress, Resistance};
use super::model::{LeachModel, Mineral, ModelReaction};
use crate::chemistry::{Phase, Reaction, SpeciesId, SpeciesTable};
use crate::equilibrium::medium::Medium;
use crate::kinetics::expression::{
    Basis, Compiler, Op, ParameterView, Problem, Program, Reading, Register, Symbols, nearest,
};
use crate::kinetics::shrinking_core::{Film, ShrinkingCore};
use crate::kinetics::shrinking_particle::ShrinkingParticle;
use crate::quantity::Dimension;
use std::sync::Arc;

/// The solvent: present in excess, never a limiting reagent.
const SOLVENT: &str = "H2O";

struct Names<'a> {
    builder: &'a LeachModelBuilder,
    table: &'a SpeciesTable,
    equilibrium: Option<&'a Arc<Medium>>,
}

impl Symbols for Names<'_> {
    fn parameter(&self, name: &str) -> Option<(usize, Dimension, Option<f64>)> {
        let at = self.builder.parameters.iter().position(|own| own.name == name)?;
        let own = &self.builder.parameters[at];
        Some((at, own.dimension, own.arrhenius.map(|law| law.t_ref)))
    }
    fn definition(&self, name: &str) -> Option<&str> {
        self.builder.definitions.iter().find(|own| own.0 == name).map(|own| own.1.as_str())
    }
    fn species(&self, name: &str) -> Option<usize> {
        self.table.index(name).map(|id| id.0)
    }
    fn names(&self) -> Vec<String> {
        let parameters = self.builder.parameters.iter().map(|own| own.name.clone());
        parameters.chain(self.builder.definitions.iter().map(|own| own.0.clone())).collect()
    }
    fn species_names(&self) -> Vec<String> {
        self.table.iter().map(|(_, species)| species.name.clone()).collect()
    }
    fn equilibrium(&self, name: &str) -> Result<usize, Problem> {
        let Some(medium) = self.equilibrium else { return Err(Problem::NoEquilibrium(name.to_owned())) };
        medium.find_dissolved(name).ok_or_else(|| {
            let known = medium.system().species().iter().filter(|own| own.aqueous);
            let nearest = nearest(name, known.map(|own| own.name.to_string()).collect());
            Problem::NotInEquilibrium { name: name.to_owned(), nearest }
        })
    }
}

/// Which reagents a rate must be told about: by reaction, those consumed forwards and backwards.
#[derive(Clone, Debug, Default, PartialEq)]
struct Guards {
    forward: Vec<usize>,
    backward: Vec<usize>,
}

impl LeachModelBuilder {
    /// Compiles the model; amounts will be indexed by the table's species.
    ///
    /// # Errors
    /// [`ModelError`] with the key at fault and, inside expressions, the bytes.
    pub fn build(&self, table: &SpeciesTable) -> Result<LeachModel, ModelError> {
        self.build_in(table, None)
    }

    /// As [`LeachModelBuilder::build`], for rates that may read an equilibrium of the same table.
    ///
    /// # Errors
    /// As [`LeachModelBuilder::build`], and where a rate reads what the equilibrium does not have.
    pub fn build_in(
        &self,
        table: &SpeciesTable,
        equilibrium: Option<&Arc<Medium>>,
    ) -> Result<LeachModel, ModelError> {
        self.check_names()?;
        let stoichiometry = self.stoichiometry(table)?;
        let names = Names { builder: self, table, equilibrium };
        let none = vec![Guards::default(); stoichiometry.len()];
        let bare = self.compile(&names, &stoichiometry, &none)?;
        let guards = find_guards(&bare, table);
        self.compile(&names, &stoichiometry, &guards)
    }

    fn check_names(&self) -> Result<(), ModelError> {
        let mut seen: Vec<&str> = vec!["T"];
        let parameters = self.parameters.iter().map(|own| ("parameters", own.name.as_str()));
        let definitions = self.definitions.iter().map(|own| ("definitions", own.0.as_str()));
        for (table, name) in parameters.chain(definitions) {
            if seen.contains(&name) {
                let text =
                    if name == "T" { "`T` is the temperature".to_owned() } else { "named twice".to_owned() };
                return Err(ModelError::new(format!("{table}.{name}"), Fault::Other(text)));
            }
            seen.push(name);
        }
        Ok(())
    }

    /// All reactions in the order of extents.
    fn stoichiometry(&self, table: &SpeciesTable) -> Result<Vec<ModelReaction>, ModelError> {
        let mut all = Vec::new();
        for mineral in &self.minerals {
            let field = format!("minerals.{}", mineral.name);
            let species = find_species(table, &mineral.species, format!("{field}.species"))?;
            if mineral.paths.is_empty() {
                return Err(ModelError::new(
                    field,
                    Fault::Other("a mineral needs one path at least".to_owned()),
                ));
            }
            for (p, path) in mineral.paths.iter().enumerate() {
                let field = format!("{field}.paths[{p}].reaction");
                let mut reaction = parse(&path.reaction, table, &field)?;
                let own = reaction.terms.iter().find(|term| term.0 == species).map_or(0.0, |term| term.1);
                if own >= 0.0 {
                    let text = format!("does not consume `{}`", mineral.species);
                    return Err(ModelError::new(field, Fault::Other(text)));
                }
                for (_, nu) in &mut reaction.terms {
                    *nu /= -own;
                }
                reaction.enthalpy = reaction.enthalpy.map(|enthalpy| enthalpy / -own);
                reaction.name = format!("{}.paths[{p}]", mineral.name);
                all.push(reaction);
            }
        }
        for reaction in &self.reactions {
            let field = format!("reactions.{}.equation", reaction.name);
            all.push(ModelReaction {
                name: reaction.name.clone(),
                ..parse(&reaction.equation, table, &field)?
            });
        }
        for transfer in &self.transfers {
            let field = format!("transfer.{}.equation", transfer.name);
            all.push(ModelReaction {
                name: transfer.name.clone(),
                ..parse(&transfer.equation, table, &field)?
            });
        }
        Ok(all)
    }

    fn compile(
        &self,
        names: &Names<'_>,
        stoichiometry: &[ModelReaction],
        guards: &[Guards],
    ) -> Result<LeachModel, ModelError> {
        let mut compiler = Compiler::new(names);
        for (name, text) in &self.definitions {
            compiler.add(text).map_err(|error| fault(format!("definitions.{name}"), error))?;
        }
        let mut make = Maker { compiler, exhaustion: self.exhaustion, outputs: Vec::new() };
        let mut minerals = Vec::new();
        let mut first = 0;
        for mineral in &self.minerals {
            let paths = first..first + mineral.paths.len();
            minerals.push(make.mineral(mineral, names.table, paths.clone(), &guards[paths.clone()])?);
            first = paths.end;
        }
        for (reaction, guards) in self.reactions.iter().zip(&guards[first..]) {
            let field = format!("reactions.{}.rate", reaction.name);
            let rate = make.add(&reaction.rate, Dimension::VOLUME_RATE, field)?;
            let rate = make.guarded_both_ways(rate, guards);
            make.outputs.push(rate);
        }
        first += self.reactions.len();
        for (t, transfer) in self.transfers.iter().enumerate() {
            let rate = make.transfer(transfer, &stoichiometry[first + t], names.table)?;
            let rate = make.guarded_both_ways(rate, &guards[first + t]);
            make.outputs.push(rate);
        }
        let Maker { compiler, mut outputs, .. } = make;
        let program = compiler.finish(&mut outputs);
        for mineral in &mut minerals {
            let own = &outputs[mineral.output..mineral.output + mineral.coefficients];
            mineral.varying = varying(&program, own);
        }
        let parameters = ParameterSet {
            names: self.parameters.iter().map(|own| own.name.clone()).collect(),
            values: self.parameters.iter().map(|own| own.value).collect(),
            activation: self.parameters.iter().map(|own| own.arrhenius.map_or(0.0, |law| law.ea)).collect(),
        };

        let (species, reactions) = (names.table.len(), stoichiometry.to_vec());
        let equilibrium = names.equilibrium.filter(|_| !program.readings().is_empty()).cloned();
        Ok(LeachModel { program, parameters, minerals, reactions, outputs, species, equilibrium })
    }
}

/// How many coefficients, counted from the first, change with the liquor: 1, 2 or 4.
fn varying(program: &Program, coefficients: &[Register]) -> usize {
    let moves = |register: &Register| register.index() >= program.prelude_len();
    match coefficients {
        [_] => 1,
        [_, _, rest @ ..] if !rest.iter().any(moves) => 2,
        _ => 4,
    }
}

/// Turns rate texts into registers.
struct Maker<'a> {
    compiler: Compiler<'a>,
    exhaustion: f64,
    outputs: Vec<Register>,
}

impl Maker<'_> {
    fn add(&mut self, text: &str, dimension: Dimension, field: String) -> Result<Register, ModelError> {
        self.compiler.add_as(text, dimension).map_err(|error| fault(field, error))
    }

    fn positive(&mut self, register: Register) -> Register {
        let zero = self.compiler.number(0.0);
        self.compiler.operation(Op::Max(register, zero))
    }

    fn times(&mut self, a: Register, b: Register) -> Register {
        self.compiler.operation(Op::Multiply(a, b))
    }

    /// `c/(c + exhaustion)` of each species, on a rate.
    fn guarded(&mut self, mut rate: Register, species: &[usize]) -> Register {
        for species in species {
            let concentration = self.compiler.concentration(*species);
            let exhaustion = self.compiler.number(self.exhaustion);
            let share = self.compiler.operation(Op::Saturation(concentration, exhaustion));
            rate = self.times(rate, share);
        }
        rate
    }

    fn guarded_both_ways(&mut self, rate: Register, guards: &Guards) -> Register {
        if *guards == Guards::default() {
            return rate;
        }
        let zero = self.compiler.number(0.0);
        let (forward, backward) =
            (self.compiler.operation(Op::Max(rate, zero)), self.compiler.operation(Op::Min(rate, zero)));
        let (forward, backward) =
            (self.guarded(forward, &guards.forward), self.guarded(backward, &guards.backward));
        self.compiler.operation(Op::Add(forward, backward))
    }

    fn transfer(
        &mut self,
        transfer: &super::define::TransferDef,
        reaction: &ModelReaction,
        table: &SpeciesTable,
    ) -> Result<Register, ModelError> {
        let field = format!("transfer.{}", transfer.name);
        let dissolved = match reaction.terms.as_slice() {
            [gas, dissolved]
                if gas.1 == -1.0 && dissolved.1 == 1.0 && table.get(SpeciesId(gas.0)).phase == Phase::Gas =>
            {
                dissolved.0
            }
            _ => {
                let text = "must be one gas on the left and the dissolved gas on the right, one mol each";
                return Err(ModelError::new(format!("{field}.equation"), Fault::Other(text.to_owned())));
            }
        };
        let kla = self.add(&transfer.kla, Dimension::FREQUENCY, format!("{field}.kla"))?;
        let saturation =
            self.add(&transfer.saturation, Dimension::CONCENTRATION, format!("{field}.saturation"))?;
        let concentration = self.compiler.concentration(dissolved);
        let gap = self.compiler.operation(Op::Subtract(saturation, concentration));
        Ok(self.times(kla, gap))
    }

    fn mineral(
        &mut self,
        def: &MineralDef,
        table: &SpeciesTable,
        paths: std::ops::Range<usize>,
        guards: &[Guards],
    ) -> Result<Mineral, ModelError> {
        let field = format!("minerals.{}", def.name);
        let species = find_species(table, &def.species, format!("{field}.species"))?;
        let wrong = |key: &str, text: &str| {
            Err(ModelError::new(format!("{field}.{key}"), Fault::Other(text.to_owned())))
        };
        let shape = match def.law {
            LawDef::ShrinkingCore(shape) | LawDef::ShrinkingParticle(shape) => Some(shape),
            _ => None,
        };
        let layer = def.product_layer_diffusivity.as_deref();
        let (film, film_kind, film_dimension, film_key) = match (&def.film_diffusivity, &def.film_coefficient)
        {
            (Some(_), Some(_)) => {
                return wrong("film_coefficient", "`film_diffusivity` is given too; choose one");
            }
            (Some(text), None) => (Some(text), Film::Stagnant, Dimension::DIFFUSIVITY, "film_diffusivity"),
            (None, text) => (text.as_ref(), Film::Coefficient, Dimension::VELOCITY, "film_coefficient"),
        };
        let resists = layer.is_some() || film.is_some();
        if resists && shape.is_none() {
            return wrong("law", "a layer or a film needs a shrinking core or particle");
        }
        if resists && def.driving.is_none() {
            return wrong(
                "driving",
                "a layer or a film needs the driving concentration of what diffuses through it",
            );
        }
        if layer.is_some() && matches!(def.law, LawDef::ShrinkingParticle(_)) {
            return wrong("product_layer_diffusivity", "a shrinking particle has no product layer");
        }
        if def.reagent_per_mineral <= 0.0 || def.reagent_per_mineral.is_nan() {
            return wrong("reagent_per_mineral", "must be positive");
        }
        if !(def.regularisation >= 0.0 && def.regularisation < 1.0) {
            return wrong("regularisation", "must lie in 0..1");
        }
        let law_number = match def.law {
            LawDef::Avrami { n } => n > 0.0,
            LawDef::PowerLaw { m } => m >= 0.0,
            LawDef::Autocatalytic { seed } => seed > 0.0,
            _ => true,
        };
        if !law_number {
            return wrong("law", "needs a positive exponent, order or seed");
        }
        let rate_dimension = match (shape, &def.driving) {
            (Some(_), Some(_)) => Dimension::VELOCITY,
            (Some(_), None) => Dimension::SURFACE_RATE,
            (None, _) => Dimension::FREQUENCY,
        };
        let unlimited = def.paths.iter().any(|path| path.rate.is_none());
        if unlimited && (def.paths.len() > 1 || !resists) {
            return wrong("paths[0].rate", "may be left out only of a single path behind a film or layer");
        }

        let mut driving = match (&def.driving, shape) {
            (Some(text), Some(_)) => {
                let concentration = self.add(text, Dimension::CONCENTRATION, format!("{field}.driving"))?;
                let positive = self.positive(concentration);
                Some(self.compiler.operation(Op::Scale(positive, 1.0 / def.reagent_per_mineral)))
            }
            (Some(_), None) => return wrong("driving", "needs a shrinking core or particle"),
            (None, _) => None,
        };
        let unsaturated = match &def.solubility {
            Some(text) => {
                let ratio = self.add(text, Dimension::FRACTION, format!("{field}.solubility"))?;
                let one = self.compiler.number(1.0);
                let gap = self.compiler.operation(Op::Subtract(one, ratio));
                Some(self.positive(gap))
            }
            None => None,
        };
        let mut rates = Vec::new();
        for (p, (path, guards)) in def.paths.iter().zip(guards).enumerate() {
            let mut rate = match &path.rate {
                Some(text) => self.add(text, rate_dimension, format!("{field}.paths[{p}].rate"))?,
                None => self.compiler.number(1.0),
            };
            if path.rate.is_some() {
                rate = self.positive(rate);
            }
            let factor = |maker: &mut Self, register: Register| {
                let register = maker.guarded(register, &guards.forward);
                unsaturated.map_or(register, |gap| maker.times(register, gap))
            };
            if unlimited {
                driving = driving.map(|own| factor(self, own));
            } else {
                rate = factor(self, rate);
            }
            rates.push(rate);
        }
        let total =
            rates[1..].iter().fold(rates[0], |sum, rate| self.compiler.operation(Op::Add(sum, *rate)));

        let output = self.outputs.len();
        if resists {
            let zero = self.compiler.number(0.0);
            let one = self.compiler.number(1.0);
            let mut inverse = |text: Option<&str>, dimension, key: &str| match text {
                Some(text) => {
                    let value = self.add(text, dimension, format!("{field}.{key}"))?;
                    Ok(self.compiler.operation(Op::Divide(one, value)))
                }
                None => Ok(zero),
            };
            let layer = inverse(layer, Dimension::DIFFUSIVITY, "product_layer_diffusivity")?;
            let film = inverse(film.map(String::as_str), film_dimension, film_key)?;
            self.outputs.extend([driving.unwrap_or(one), total, layer, film]);
        } else {
            let flux = driving.map_or(total, |driving| self.times(driving, total));
            self.outputs.push(flux);
        }
        let coefficients = self.outputs.len() - output;
        self.shares(&rates, total);

        let molar_volume = if shape.is_some() {
            let volume = table.get(SpeciesId(species)).volume;
            match volume.filter(|volume| *volume > 0.0) {
                Some(volume) => volume,
                None => return wrong("species", "has no density, which the law needs"),
            }
        } else {
            1.0
        };
        let surface_resistance = if unlimited { 0.0 } else { 1.0 };
        let resistance = match def.law {
            LawDef::ShrinkingCore(shape) if resists => {
                Resistance::Core(ShrinkingCore { shape, film: film_kind, surface_resistance })
            }
            LawDef::ShrinkingParticle(shape) if resists => {
                Resistance::Particle(ShrinkingParticle { shape, film: film_kind, surface_resistance })
            }
            _ => Resistance::None,
        };
        let progress = match def.law {
            LawDef::ShrinkingCore(shape) | LawDef::ShrinkingParticle(shape) => {
                Progress::Core(Core::new(shape, def.regularisation))
            }
            LawDef::Avrami { n } => Progress::Avrami { n },
            LawDef::PowerLaw { m } => Progress::PowerLaw { m },
            LawDef::Autocatalytic { seed } => Progress::Autocatalytic { seed },
        };
        let name = def.name.clone();
        Ok(Mineral {
            name,
            species,
            paths,
            molar_volume,
            progress,
            resistance,
            output,
            coefficients,
            varying: coefficients,
        })
    }

    /// Share of each path in the whole rate.
    fn shares(&mut self, rates: &[Register], total: Register) {
        if let [_] = rates {
            let one = self.compiler.number(1.0);
            self.outputs.push(one);
            return;
        }
        let tiny = self.compiler.number(1e-18); // a rate below this moves nothing in any leach
        let total = self.compiler.operation(Op::Max(total, tiny));
        for rate in rates {
            let share = self.compiler.operation(Op::Divide(*rate, total));
            self.outputs.push(share);
        }
    }
}

fn fault(field: String, error: crate::kinetics::expression::ExpressionError) -> ModelError {
    ModelError::new(field, Fault::Expression(error))
}

fn find_species(table: &SpeciesTable, name: &str, field: String) -> Result<usize, ModelError> {
    table.index(name).map(|id| id.0).ok_or_else(|| {
        ModelError::new(field, Fault::UnknownSpecies { name: name.to_owned(), nearest: table.nearest(name) })
    })
}

fn parse(text: &str, table: &SpeciesTable, field: &str) -> Result<ModelReaction, ModelError> {
    let reaction =
        Reaction::parse(text, table).map_err(|error| ModelError::new(field, Fault::Reaction(error)))?;
    let terms = reaction.terms().iter().map(|term| (term.species.0, term.nu)).collect();
    Ok(ModelReaction { name: String::new(), terms, enthalpy: reaction.enthalpy(table, 298.15).ok() })
}

/// What a reaction can run out of: all but gases, the solvent and the minerals, whose cores tell.
fn limiting(reactions: &[ModelReaction], minerals: &[Mineral], table: &SpeciesTable) -> Vec<usize> {
    let limits = |species: usize| {
        let own = table.get(SpeciesId(species));
        let leaches = minerals.iter().any(|mineral| mineral.species == species);
        own.phase != Phase::Gas && own.name != SOLVENT && !leaches
    };
    let mut all: Vec<usize> =
        reactions.iter().flat_map(|reaction| &reaction.terms).map(|term| term.0).collect();
    all.sort_unstable();
    all.dedup();
    all.retain(|species| limits(*species));
    all
}

/// Reagents with which a rate does not vanish, found by setting each to zero in several liquors.
fn find_guards(bare: &LeachModel, table: &SpeciesTable) -> Vec<Guards> {
    let rates = |zero: Option<usize>, sample: usize| -> Vec<f64> {
        let concentration = |species: usize| {
            let mix = (species as f64 * 0.618_033_988 + sample as f64 * 0.414_213_562).fract();
            if Some(species) == zero { 0.0 } else { 10.0_f64.powf(1.0 + 2.0 * mix) } // 10 to 1000 mol/m³
        };
        let mut registers = vec![0.0; bare.program.registers()];
        let view = ParameterView { values: &bare.parameters.values, activation: &bare.parameters.activation };
        bare.program.run_prelude(view, 333.15, &mut registers);
        let gone = zero.map_or(Vec::new(), |species| carried_alone(bare, species));
        let reading = |own: &Reading| match own.basis {
            _ if gone.contains(&own.species) => 0.0,
            Basis::Free => concentration(table.len() + own.species),
            Basis::Activity => 1e-3 * concentration(table.len() + own.species),
        };
        let inputs = bare.program.inputs().iter().map(|species| concentration(*species));
        let inputs: Vec<f64> = inputs.chain(bare.program.readings().iter().map(reading)).collect();
        bare.program.run(&inputs, &mut registers);
        bare.reaction_rates(&registers)
    };
    let limiting = limiting(&bare.reactions, &bare.minerals, table);
    let full: Vec<Vec<f64>> = (0..4).map(|sample| rates(None, sample)).collect();
    let mut guards = vec![Guards::default(); bare.reactions.len()];
    for species in limiting {
        let without: Vec<Vec<f64>> = (0..4).map(|sample| rates(Some(species), sample)).collect();
        for (r, reaction) in bare.reactions.iter().enumerate() {
            let nu: f64 = reaction.terms.iter().filter(|term| term.0 == species).map(|term| term.1).sum();
            let runs_on = |sign: f64| {
                full.iter().zip(&without).any(|(full, without)| {
                    let left = without[r] * sign;
                    left > 1e-9 * full[r].abs() || left.is_nan()
                })
            };
            if nu < 0.0 && runs_on(1.0) {
                guards[r].forward.push(species);
            }
            let is_path = r < bare.minerals.last().map_or(0, |mineral| mineral.paths.end);
            if nu > 0.0 && !is_path && runs_on(-1.0) {
                guards[r].backward.push(species);
            }
        }
    }
    guards
}

/// Species that the rates read in the equilibrium and that vanish with one species of streams: no other brings a component of them.
fn carried_alone(model: &LeachModel, species: usize) -> Vec<usize> {
    let Some((medium, readings)) = model.equilibrium() else { return Vec::new() };
    let system = medium.system();
    let own = medium.contribution(species).unwrap_or_default();
    let others: Vec<Vec<f64>> =
        (0..model.species).filter(|at| *at != species).filter_map(|at| medium.contribution(at)).collect();
    let alone = |component: usize| {
        !system.is_signed(component)
            && own.get(component).is_some_and(|n| *n > 0.0)
            && others.iter().all(|other| other[component] == 0.0)
    };
    let vanishes = |at: &usize| system.terms(*at).iter().any(|(component, n)| *n > 0.0 && alone(*component));
    readings.iter().map(|reading| reading.species).filter(vanishes).collect()
}

impl LeachModel {
    /// A rate of each reaction, up to the geometry of particles.
    fn reaction_rates(&self, registers: &[f64]) -> Vec<f64> {
        let value = |output: usize| registers[self.outputs[output].index()];
        let mut rates = Vec::new();
        let mut next = 0;
        for mineral in &self.minerals {
            let whole: f64 = match mineral.coefficients {
                1 => value(mineral.output),
                _ => value(mineral.output) * value(mineral.output + 1),
            };
            next = mineral.output + mineral.coefficients;
            for _ in mineral.paths.clone() {
                rates.push(whole * value(next));
                next += 1;
            }
        }
        rates.extend((next..self.outputs.len()).map(value));
        rates
    }
}
