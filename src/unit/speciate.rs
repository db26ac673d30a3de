//! Speciation of a stream: what is dissolved in which form, at which pH and Eh, how near to which solid.
//!
//! Balance     the stream leaves as it enters
//! Freedoms    which species are told of
//! Leaves out  nothing forms or dissolves: see `equilibrate`

use std::sync::Arc;

use super::parameters::{Args, BuildError, Cause, Located, Spec};
use super::{Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind, liquor};
use crate::equilibrium::medium::{Cell, Medium};
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "speciate",
    title: "Tells pH, Eh, ionic strength, species and saturation indices of a stream",
    about: "Aqueous equilibrium of the liquor by the database of `[equilibrium]`: mass action with activity coefficients, \
            balances of each component, couples closed unless opened. The stream leaves as it enters. \
            Left out: no solid or gas forms or dissolves.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a speciation.
    pub struct Parameters {
        /// Species of the database that are told of however little there is.
        species: Vec<Located<String>> = Spec::list(Spec::text()).default("[]").example("[\"Fe+3\", \"FeSO4+\"]");
        /// Molality from which every species is told of.
        least: f64 = Spec::quantity(Dimension::MOLALITY).at_least(0.0).default("\"1e-6 mol/kg\"");
    }
}

#[derive(Debug)]
struct Speciate {
    medium: Arc<Medium>,
    named: Vec<usize>,
    least: f64,
}

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    let medium = liquor::medium(args, context)?;
    let find = |name: &Located<String>| {
        medium.system().find_species(&name.value).ok_or_else(|| {
            let known = medium.system().species().iter().map(|s| &*s.name);
            BuildError::at(name.place, format!("the database forms no `{}` from what is fed", name.value))
                .because(Cause::UnknownName)
                .help(match crate::chemistry::nearest(&name.value, known).as_slice() {
                    [] => "`lixivia speciate` lists the species of a liquor".to_owned(),
                    near => format!("did you mean `{}`?", near.join("` or `")),
                })
        })
    };
    let named = parameters.species.iter().map(find).collect::<Result<_, _>>()?;
    Ok(Box::new(Speciate { medium, named, least: parameters.least }))
}

impl Unit for Speciate {
    fn ports(&self) -> Ports {
        Ports::new(vec![Port::many("feed")], vec![Port::one("out")])
    }

    fn solve(&self, inlets: &Inlets) -> Result<Outcome, UnitError> {
        let feed = inlets.port("feed")?;
        let medium = &*self.medium;
        if feed.is_empty() {
            return Ok(Outcome::new("out", feed.clone()));
        }
        let chemistry = Cell::new(medium).speciate(&feed.amounts, feed.temperature).map_err(liquor::error)?;
        let mut outcome = liquor::describe(Outcome::default(), medium, &chemistry, feed);
        for (at, species) in medium.system().species().iter().enumerate() {
            let molality = chemistry.molality[at];
            if self.named.contains(&at) || (molality > 0.0 && molality >= self.least) {
                outcome = outcome.kpi(format!("molality.{}", species.name), molality, "mol/kg");
            }
        }
        for gas in medium.gases() {
            if let Some(log) = chemistry.saturation[gas.phase] {
                let pressure = 10_f64.powf(log) * medium.pressure_unit();
                outcome = outcome.kpi(format!("pressure.{}", gas.name), pressure, "Pa");
            }
        }
        Ok(outcome.outlet("out", feed.clone()))
    }
}
