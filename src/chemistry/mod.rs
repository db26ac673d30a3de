//! Formulas, species, reactions, thermochemistry and streams.
//!
//! ```
//! use lixivia::chemistry::{Reaction, Species, SpeciesTable};
//! let names = ["LiCoO2(s)", "H+", "H2O2", "Co+2", "Li+", "H2O", "O2(g)"];
//! let species = names.iter().map(|name| Species::new(name)).collect::<Result<Vec<_>, _>>()?;
//! let table = SpeciesTable::new(species)?;
//! let leach = Reaction::parse("2 LiCoO2(s) + 6 H+ + H2O2 = 2 Co+2 + 2 Li+ + 4 H2O + O2(g)", &table)?;
//! assert_eq!(leach.terms().len(), 7);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod elements;
pub mod formula;
pub mod species;
pub mod population;
pub mod psd;
pub mod density;
pub mod reaction;
pub mod thermo;
pub mod stream;

pub use density::{ApparentVolume, LiquorVolume, water_density};
pub use elements::Element;
pub use formula::{Formula, FormulaError};
pub use population::Population;
pub use psd::{SizeClass, SizeDistribution, SizeError};
pub use reaction::{Imbalance, MissingData, Reaction, ReactionError, Term};
pub use species::{Phase, Species, SpeciesError, SpeciesId, SpeciesTable, nearest};
pub use stream::{Part, Particles, Stream};
pub use thermo::{HeatCapacity, Thermo};
