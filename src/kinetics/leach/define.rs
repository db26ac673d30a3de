//! What a process file says about a leach, before it is compiled.

use crate::kinetics::Shape;
use crate::kinetics::expression::ParameterView;
use crate::numerics::Dual;
use crate::quantity::Dimension;

/// Temperature dependence of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrhenius {
    /// Temperature at which the value holds, K.
    pub t_ref: f64,
    /// Activation energy, J/mol.
    pub ea: f64,
}

/// A named number.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterDef {
    /// Name in expressions; not `T`.
    pub name: String,
    /// Value, SI.
    pub value: f64,
    /// What it measures.
    pub dimension: Dimension,
    /// How it follows the temperature, if it does.
    pub arrhenius: Option<Arrhenius>,
}

/// Values of a model's parameters; a sweep or a fit copies and changes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParameterSet<S = f64> {
    pub(super) names: Vec<String>,
    /// Values, SI, in the order of the model's parameters.
    pub values: Vec<S>,
    /// Activation energies, J/mol, in the same order; 0 for parameters that have none.
    pub activation: Vec<S>,
}

impl<S: Copy> ParameterSet<S> {
    /// The set over another number type.
    pub fn map<T>(&self, to: impl Fn(S) -> T) -> ParameterSet<T> {
        let list = |numbers: &[S]| numbers.iter().map(|number| to(*number)).collect();
        ParameterSet {
            names: self.names.clone(),
            values: list(&self.values),
            activation: list(&self.activation),
        }
    }

    pub(super) fn view(&self) -> ParameterView<'_, S> {
        ParameterView { values: &self.values, activation: &self.activation }
    }
}

impl<const N: usize> ParameterSet<Dual<f64, N>> {
    /// Lets a value move, if there is such a parameter.
    pub fn move_value(&mut self, name: &str, slopes: &[f64; N]) {
        if let Some(at) = self.names.iter().position(|own| own == name) {
            self.values[at].gradient.iter_mut().zip(slopes).for_each(|(own, slope)| *own += slope);
        }
    }

    /// Lets an activation energy move, if there is such a parameter.
    pub fn move_activation(&mut self, name: &str, slopes: &[f64; N]) {
        if let Some(at) = self.names.iter().position(|own| own == name) {
            self.activation[at].gradient.iter_mut().zip(slopes).for_each(|(own, slope)| *own += slope);
        }
    }
}

impl ParameterSet {
    /// Names in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Sets a value (SI); `false` if there is no such parameter.
    pub fn set(&mut self, name: &str, value: f64) -> bool {
        let found = self.names.iter().position(|own| own == name);
        found.map(|at| self.values[at] = value).is_some()
    }

    /// Sets an activation energy (J/mol); `false` if there is no such parameter.
    pub fn set_activation(&mut self, name: &str, ea: f64) -> bool {
        let found = self.names.iter().position(|own| own == name);
        found.map(|at| self.activation[at] = ea).is_some()
    }
}

/// The law by which the particles of a mineral disappear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LawDef {
    /// Core shrinks inside a particle of constant size.
    ShrinkingCore(Shape),
    /// The particle itself shrinks.
    ShrinkingParticle(Shape),
    /// `x = 1 - exp(-(k t)^n)`.
    Avrami {
        /// Exponent.
        n: f64,
    },
    /// `du/dt = -k u^m` for the unreacted fraction `u`.
    PowerLaw {
        /// Order.
        m: f64,
    },
    /// `dx/dt = k (x + seed) (1 - x)`.
    Autocatalytic {
        /// Initial acceleration.
        seed: f64,
    },
}

/// One of the parallel reactions by which a mineral leaches.
#[derive(Clone, Debug, PartialEq)]
pub struct PathDef {
    /// Balanced reaction that consumes the mineral.
    pub reaction: String,
    /// Rate: m/s where the mineral has a driving concentration; mol of mineral/(m² s) where not; 1/s for laws without
    /// a geometry. Absent: the surface offers no resistance (single path, driving concentration, film or layer).
    pub rate: Option<String>,
}

/// A solid that leaches.
#[derive(Clone, Debug, PartialEq)]
pub struct MineralDef {
    /// Name in messages and results.
    pub name: String,
    /// The solid.
    pub species: String,
    /// Its law.
    pub law: LawDef,
    /// Concentration of the reagent that diffuses, mol/m³.
    pub driving: Option<String>,
    /// mol of that reagent per mol of mineral.
    pub reagent_per_mineral: f64,
    /// Diffusivity in the product layer, m²/s; absent: no such resistance.
    pub product_layer_diffusivity: Option<String>,
    /// Diffusivity in the film around a particle in stagnant liquid (Sherwood number 2), m²/s.
    pub film_diffusivity: Option<String>,
    /// Film coefficient, m/s, in place of the diffusivity.
    pub film_coefficient: Option<String>,
    /// `eps` in the factor `y/(y + eps)` on the rate at core size `y`; 0: none.
    pub regularisation: f64,
    /// Saturation ratio; rates are multiplied by `1 -` it and stop where it reaches 1.
    pub solubility: Option<String>,
    /// Parallel reactions.
    pub paths: Vec<PathDef>,
}

impl MineralDef {
    /// A mineral without driving concentration, layer, film or solubility.
    pub fn new(name: &str, species: &str, law: LawDef, paths: Vec<PathDef>) -> MineralDef {
        MineralDef {
            name: name.to_owned(),
            species: species.to_owned(),
            law,
            driving: None,
            reagent_per_mineral: 1.0,
            product_layer_diffusivity: None,
            film_diffusivity: None,
            film_coefficient: None,
            regularisation: 0.0,
            solubility: None,
            paths,
        }
    }
}

/// A reaction in the liquor.
#[derive(Clone, Debug, PartialEq)]
pub struct ReactionDef {
    /// Name in messages and results.
    pub name: String,
    /// Balanced reaction.
    pub equation: String,
    /// Rate of the reaction as written, mol/(m³ s).
    pub rate: String,
}

/// A gas that crosses between bubbles and liquor.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferDef {
    /// Name in messages and results.
    pub name: String,
    /// Gas on the left, dissolved gas on the right, one mol each: `"O2(g) = O2"`.
    pub equation: String,
    /// Volumetric coefficient, 1/s.
    pub kla: String,
    /// Saturation concentration, mol/m³.
    pub saturation: String,
}

/// Everything a leach model is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct LeachModelBuilder {
    /// Named numbers.
    pub parameters: Vec<ParameterDef>,
    /// Named expressions, in any order.
    pub definitions: Vec<(String, String)>,
    /// Solids that leach.
    pub minerals: Vec<MineralDef>,
    /// Reactions in the liquor.
    pub reactions: Vec<ReactionDef>,
    /// Gas-liquid transfers.
    pub transfers: Vec<TransferDef>,
    /// Where a rate does not vanish with a reagent that its reaction consumes, it is multiplied by `c/(c + exhaustion)`,
    /// mol/m³: a leach stops when the reagent is gone.
    pub exhaustion: f64,
}

impl Default for LeachModelBuilder {
    fn default() -> LeachModelBuilder {
        LeachModelBuilder {
            parameters: Vec::new(),
            definitions: Vec::new(),
            minerals: Vec::new(),
            reactions: Vec::new(),
            transfers: Vec::new(),
            exhaustion: 1e-3,
        }
    }
}
