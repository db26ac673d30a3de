//! A stream: amounts of species with temperature, pressure and the state of its particles.
//!
//! Amounts are the truth; particle populations only say how the amount of a solid is spread over
//! initial sizes and degrees of reaction. All extensive values are per second in a continuous plant
//! and per batch in a batch one.

use std::sync::Arc;

use super::population::{self, Population};
use super::{Phase, Species, SpeciesId, SpeciesTable};
use crate::numerics::Scalar;

/// Temperature of streams for which none is given, K.
pub const STANDARD_TEMPERATURE: f64 = 298.15;
/// Pressure of streams for which none is given, Pa.
pub const STANDARD_PRESSURE: f64 = 101_325.0;

/// The particles of one solid, by initial size and degree of reaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Particles<S = f64> {
    /// The solid.
    pub species: SpeciesId,
    /// Its classes; their amounts add up to the amount of the solid.
    pub classes: Vec<Population<S>>,
}

impl<S: Scalar> Particles<S> {
    /// Amount still unreacted, mol or mol/s.
    pub fn amount(&self) -> S {
        self.classes.iter().fold(S::from(0.0), |sum, class| sum + class.amount())
    }

    /// Gives particles without any core the cores that an amount needs.
    ///
    /// Where a solid and its reagent end together, the reaction is taken back by what the reagent lacks, within the tolerance of the
    /// integration, and a crumb of a solid stays whose particles are gone. That is matter: it becomes the core of the coarsest
    /// particles, which go last, so that no solid loses its size.
    fn keep_a_core(&mut self, amount: f64) {
        let fresh = |class: &Population<S>| class.fresh.real();
        let sound = self.classes.iter_mut().filter(|class| fresh(class) > 0.0);
        let coarsest = sound.max_by(|a, b| a.diameter.real().total_cmp(&b.diameter.real()));
        if let Some(class) = coarsest {
            let core = (amount / fresh(class)).min(1.0).powf(class.exponent.recip());
            *class = Population::uniform(class.diameter, class.fresh, class.exponent, S::from(core));
        }
    }
}

/// Amounts of species, and the state they are in; over dual numbers also how all of it moves.
#[derive(Debug, Clone)]
pub struct Stream<S = f64> {
    /// The species that amounts are counted in.
    pub table: Arc<SpeciesTable>,
    /// Amount of each species, in the order of the table, mol/s (continuous) or mol (batch).
    pub amounts: Vec<S>,
    /// Temperature, K.
    pub temperature: S,
    /// Pressure, Pa.
    pub pressure: S,
    /// Particles of the solids that have a size.
    pub particles: Vec<Particles<S>>,
}

/// A cross-section of a stream by phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Dissolved species and water.
    Liquor,
    /// Solids.
    Solids,
    /// Gases.
    Gas,
    /// Organic phase.
    Organic,
}

impl Part {
    /// Whether species of this phase belong to the part.
    pub fn holds(self, phase: Phase) -> bool {
        matches!(
            (self, phase),
            (Part::Liquor, Phase::Aqueous)
                | (Part::Solids, Phase::Solid)
                | (Part::Gas, Phase::Gas)
                | (Part::Organic, Phase::Organic)
        )
    }
}

impl<S: Scalar> Stream<S> {
    /// A stream without matter, at 25 °C and 1 atm.
    pub fn empty(table: Arc<SpeciesTable>) -> Self {
        Stream {
            amounts: vec![S::from(0.0); table.len()],
            table,
            temperature: S::from(STANDARD_TEMPERATURE),
            pressure: S::from(STANDARD_PRESSURE),
            particles: Vec::new(),
        }
    }

    /// Amount of a species, mol or mol/s.
    pub fn amount(&self, id: SpeciesId) -> S {
        self.amounts[id.0]
    }

    /// Whether there is no matter in it.
    pub fn is_empty(&self) -> bool {
        self.amounts.iter().all(|n| n.is_zero())
    }

    /// Total mass, kg or kg/s.
    pub fn mass(&self) -> S {
        self.table.mass_total(&self.amounts)
    }

    /// Heat capacity of all species with data, J/K or W/K; a species without data carries no heat.
    pub fn heat_capacity(&self) -> S {
        let capacity = |species: &Species| species.thermo.heat_capacity_at(self.temperature);
        total(self.present().filter_map(|(id, species)| Some(self.amounts[id.0] * capacity(species)?)))
    }

    /// Heat to bring the stream to `temperature` (K) without reaction, J or W; species without data take none.
    pub fn heat_to(&self, temperature: S) -> S {
        let heat = |species: &Species| {
            species.thermo.heat_capacity.as_ref().map(|cp| cp.heat(self.temperature, temperature))
        };
        total(self.present().filter_map(|(id, species)| Some(self.amounts[id.0] * heat(species)?)))
    }

    /// Species that are there.
    pub fn present(&self) -> impl Iterator<Item = (SpeciesId, &Species)> {
        self.table.iter().filter(|(id, _)| !self.amounts[id.0].is_zero())
    }

    /// Mass of one part, kg or kg/s.
    pub fn mass_of(&self, part: Part) -> S {
        let own = self.table.iter().filter(|(_, s)| part.holds(s.phase));
        total(own.map(|(id, s)| self.amounts[id.0] * s.molar_mass))
    }

    /// Mass of one element, kg or kg/s.
    pub fn element_mass(&self, element: usize) -> S {
        self.element_amount(element) * self.table.elements()[element].molar_mass()
    }

    /// Amount of one element, mol or mol/s.
    pub fn element_amount(&self, element: usize) -> S {
        total(self.table.ids().map(|id| self.amounts[id.0] * self.table.composition(id)[element]))
    }

    /// Net charge, mol or mol/s of elementary charges; zero for any real stream.
    pub fn charge(&self) -> S {
        self.table.charge_total(&self.amounts)
    }

    /// The species of one part, everything else left out.
    pub fn part(&self, part: Part) -> Stream<S> {
        let mut out = self.clone();
        for (id, species) in self.table.iter() {
            if !part.holds(species.phase) {
                out.amounts[id.0] = S::from(0.0);
            }
        }
        if part != Part::Solids {
            out.particles.clear();
        }
        out
    }

    /// The stream with every extensive value multiplied.
    pub fn scaled(&self, factor: S) -> Stream<S> {
        let mut out = self.clone();
        out.amounts.iter_mut().for_each(|n| *n *= factor);
        out.scale_particles(factor);
        out
    }

    /// Adds another stream's matter; temperature is left to the caller, who knows the heat balance.
    ///
    /// Particle classes of the same solid and initial size join; H+ and OH- that meet become water.
    pub fn add(&mut self, other: &Stream<S>) {
        for (mine, theirs) in self.amounts.iter_mut().zip(&other.amounts) {
            *mine += *theirs;
        }
        for particles in &other.particles {
            self.add_particles(particles);
        }
        self.neutralise();
    }

    /// Adds particles without touching the amounts, which the caller has counted.
    ///
    /// Classes of equal initial size and largest core join.
    pub fn add_particles(&mut self, other: &Particles<S>) {
        match self.particles.iter_mut().find(|p| p.species == other.species) {
            Some(mine) => {
                mine.classes = population::mixed([mine.classes.as_slice(), other.classes.as_slice()])
            }
            None => self.particles.push(other.clone()),
        }
    }

    /// The classes of a solid; empty where it has none.
    pub fn classes(&self, species: SpeciesId) -> &[Population<S>] {
        self.particles.iter().find(|p| p.species == species).map_or(&[], |p| p.classes.as_slice())
    }

    /// Keeps a share of all particles, without touching the amounts.
    pub fn scale_particles(&mut self, factor: S) {
        if factor.is_zero() {
            self.particles.clear();
        }
        for class in self.particles.iter_mut().flat_map(|p| p.classes.iter_mut()) {
            class.fresh *= factor;
        }
    }

    /// Turns H+ and OH- that are both present into water.
    pub fn neutralise(&mut self) {
        let index = |name| self.table.index(name);
        if let (Some(h), Some(oh), Some(water)) = (index("H+"), index("OH-"), index("H2O")) {
            let extent = self.amounts[h.0].min(self.amounts[oh.0]);
            if extent.real() > 0.0 {
                self.amounts[h.0] -= extent;
                self.amounts[oh.0] -= extent;
                self.amounts[water.0] += extent;
            }
        }
    }

    /// Brings the particle classes of each solid to its amount, by one factor for all its classes.
    ///
    /// Used after a unit that changes the amount of a solid without regard to size.
    pub fn fit_particles(&mut self) {
        for particles in &mut self.particles {
            let amount = self.amounts[particles.species.0];
            if amount.real() > 0.0 && particles.amount().real() <= 0.0 {
                particles.keep_a_core(amount.real());
            }
            let counted = particles.amount();
            let factor = if counted.real() > 0.0 { amount / counted } else { S::from(0.0) };
            particles.classes.iter_mut().for_each(|class| class.fresh *= factor);
        }
        self.particles.retain(|p| p.classes.iter().any(|class| class.fresh.real() > 0.0));
    }
}

impl<S> Stream<S> {
    /// Shows every number to `look`, which may change it, in an order that depends on the particles' classes alone.
    pub fn visit(&mut self, look: &mut impl FnMut(&mut S)) {
        self.amounts.iter_mut().chain([&mut self.temperature, &mut self.pressure]).for_each(&mut *look);
        for class in self.particles.iter_mut().flat_map(|particles| &mut particles.classes) {
            let own = [&mut class.diameter, &mut class.fresh, &mut class.bottom, &mut class.top];
            own.into_iter().chain(&mut class.exceedance).for_each(&mut *look);
        }
    }
}

impl<S: Copy> Stream<S> {
    /// The stream over another number type.
    pub fn map<T>(&self, to: impl Fn(S) -> T) -> Stream<T> {
        let list = |numbers: &[S]| numbers.iter().map(|number| to(*number)).collect();
        let particles = |own: &Particles<S>| Particles {
            species: own.species,
            classes: own.classes.iter().map(|class| class.map(&to)).collect(),
        };
        Stream {
            table: self.table.clone(),
            amounts: list(&self.amounts),
            temperature: to(self.temperature),
            pressure: to(self.pressure),
            particles: self.particles.iter().map(particles).collect(),
        }
    }
}

fn total<S: Scalar>(numbers: impl Iterator<Item = S>) -> S {
    numbers.fold(S::from(0.0), |sum, number| sum + number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crumb of a solid whose particles are gone is a core of the coarsest; a solid that is gone has no particles, one that never
    /// had any gets none.
    #[test]
    fn a_crumb_keeps_a_size() {
        let species = ["MgO(s)", "ZnO(s)"].map(|name| Species::new(name).unwrap());
        let table = Arc::new(SpeciesTable::new(species.to_vec()).unwrap());
        let solid = table.index("MgO(s)").unwrap();
        let gone = |diameter: f64| Population::uniform(diameter, 2.0, 3.0, 0.0);
        let mut stream = Stream::empty(table.clone());
        stream.amounts = vec![1e-9; 2];
        stream.particles = vec![Particles { species: solid, classes: vec![gone(2e-5), gone(1e-5)] }];
        stream.fit_particles();
        let [coarse, fine] = stream.classes(solid) else { panic!("two classes") };
        assert_eq!((coarse.diameter, fine.amount()), (2e-5, 0.0));
        assert!(
            (coarse.amount() / 1e-9 - 1.0).abs() < 1e-12 && (coarse.fresh - 2.0).abs() < 1e-9,
            "{coarse:?}"
        );
        assert!(stream.classes(table.index("ZnO(s)").unwrap()).is_empty());
        stream.amounts[solid.0] = 0.0;
        stream.fit_particles();
        assert!(stream.particles.is_empty());
    }
}
