//! Equilibrium of reactions between an aqueous and an organic phase: `Cu+2 + 2 HR(org) = CuR2(org) + 2 H+`.
//!
//! Each reaction has a constant K and a quotient Q of concentrations, the law of mass action where none is written; at
//! equilibrium Q = K. Concentrations are per volume of the species' own phase. [`Extraction::contact`] solves a train of
//! counter-current stages.

mod contact;
mod search;
#[cfg(test)]
mod tests;
mod train;

pub use contact::{Contact, ContactError, Contacted};

use crate::chemistry::{Phase, Reaction, SpeciesId, SpeciesTable};
use crate::kinetics::expression::{Compiler, ExpressionError, Op, Program, Register, Symbols};
use crate::kinetics::leach::{Fault, ModelError, ParameterDef};
use crate::quantity::Dimension;

/// The solvent of the aqueous phase, which mass action leaves out.
const SOLVENT: &str = "H2O";

/// A reaction between the phases, as text.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtractionDef {
    /// Name in messages and results.
    pub name: String,
    /// Balanced reaction.
    pub equation: String,
    /// Its constant, an expression in the unit of the quotient.
    pub constant: String,
    /// The quotient, an expression in concentrations; absent, mass action.
    pub quotient: Option<String>,
}

/// A compiled set of reactions between two phases.
#[derive(Clone, Debug)]
pub struct Extraction {
    pub(super) program: Program,
    /// Quotient and constant of each reaction.
    pub(super) outputs: Vec<(Register, Register)>,
    pub(super) reactions: Vec<ExtractionReaction>,
    /// Whether a species of the table is in the organic phase.
    pub(super) organic: Vec<bool>,
}

/// A reaction of an [`Extraction`].
#[derive(Clone, Debug, PartialEq)]
pub struct ExtractionReaction {
    /// Name.
    pub name: String,
    /// Species and mol per mol of extent.
    pub terms: Vec<(usize, f64)>,
}

struct Names<'a> {
    parameters: &'a [ParameterDef],
    definitions: &'a [(String, String)],
    table: &'a SpeciesTable,
}

impl Symbols for Names<'_> {
    fn parameter(&self, name: &str) -> Option<(usize, Dimension, Option<f64>)> {
        let at = self.parameters.iter().position(|own| own.name == name)?;
        let own = &self.parameters[at];
        Some((at, own.dimension, own.arrhenius.map(|law| law.t_ref)))
    }
    fn definition(&self, name: &str) -> Option<&str> {
        self.definitions.iter().find(|own| own.0 == name).map(|own| own.1.as_str())
    }
    fn species(&self, name: &str) -> Option<usize> {
        self.table.index(name).map(|id| id.0)
    }
    fn names(&self) -> Vec<String> {
        let parameters = self.parameters.iter().map(|own| own.name.clone());
        parameters.chain(self.definitions.iter().map(|own| own.0.clone())).collect()
    }
    fn species_names(&self) -> Vec<String> {
        self.table.iter().map(|(_, species)| species.name.clone()).collect()
    }
}

impl Extraction {
    /// Compiles reactions; parameters and definitions are those of their process.
    ///
    /// # Errors
    /// [`ModelError`] with the key at fault and, inside expressions, the bytes.
    pub fn build(
        list: &[ExtractionDef],
        parameters: &[ParameterDef],
        definitions: &[(String, String)],
        table: &SpeciesTable,
    ) -> Result<Extraction, ModelError> {
        let names = Names { parameters, definitions, table };
        let mut compiler = Compiler::new(&names);
        let mut outputs = Vec::new();
        let mut reactions = Vec::new();
        for def in list {
            let reaction = parse(def, table)?;
            let fault = |key: &str, error: ExpressionError| {
                ModelError::new(format!("extraction.{}.{key}", def.name), Fault::Expression(error))
            };
            let (quotient, dimension) = match &def.quotient {
                Some(text) => compiler.add(text).map_err(|error| fault("quotient", error))?,
                None => mass_action(&reaction, table, &mut compiler),
            };
            let constant =
                compiler.add_as(&def.constant, dimension).map_err(|error| fault("constant", error))?;
            outputs.push((quotient, constant));
            reactions.push(reaction);
        }
        let program = compiler.finish(outputs.iter_mut().flat_map(|(q, k)| [q, k]));
        for (def, (_, constant)) in list.iter().zip(&outputs) {
            if !program.dependence(*constant).is_empty() {
                let text = "must not depend on concentrations; put them into `quotient`".to_owned();
                return Err(ModelError::new(format!("extraction.{}.constant", def.name), Fault::Other(text)));
            }
        }
        let organic = table.iter().map(|(_, species)| species.phase == Phase::Organic).collect();
        Ok(Extraction { program, outputs, reactions, organic })
    }

    /// The reactions, in the order of extents.
    pub fn reactions(&self) -> &[ExtractionReaction] {
        &self.reactions
    }
}

fn parse(def: &ExtractionDef, table: &SpeciesTable) -> Result<ExtractionReaction, ModelError> {
    let field = format!("extraction.{}.equation", def.name);
    let reaction = Reaction::parse(&def.equation, table)
        .map_err(|error| ModelError::new(field.clone(), Fault::Reaction(error)))?;
    let terms: Vec<(usize, f64)> = reaction.terms().iter().map(|term| (term.species.0, term.nu)).collect();
    let phase = |at: usize| table.get(SpeciesId(at)).phase;
    let both = [Phase::Aqueous, Phase::Organic].iter().all(|own| terms.iter().any(|t| phase(t.0) == *own));
    let others = terms.iter().any(|t| matches!(phase(t.0), Phase::Solid | Phase::Gas));
    if !both || others {
        let text = "must be between dissolved species and species of the organic phase, `(org)`";
        return Err(ModelError::new(field, Fault::Other(text.to_owned())));
    }
    Ok(ExtractionReaction { name: def.name.clone(), terms })
}

/// Product of the concentrations to their coefficients, water left out, and its dimension.
fn mass_action(
    reaction: &ExtractionReaction,
    table: &SpeciesTable,
    compiler: &mut Compiler<'_>,
) -> (Register, Dimension) {
    let mut quotient = compiler.number(1.0);
    let mut order = 0.0;
    for (species, nu) in &reaction.terms {
        if table.get(SpeciesId(*species)).name == SOLVENT {
            continue;
        }
        let concentration = compiler.concentration(*species);
        let size = nu.abs();
        let power = if size == 1.0 {
            concentration
        } else if size.fract() == 0.0 && size < 16.0 {
            compiler.operation(Op::PowerInteger(concentration, size as i32))
        } else {
            compiler.operation(Op::PowerReal(concentration, size))
        };
        let op = if *nu > 0.0 { Op::Multiply(quotient, power) } else { Op::Divide(quotient, power) };
        quotient = compiler.operation(op);
        order += nu;
    }
    (quotient, Dimension::CONCENTRATION.power(order))
}
