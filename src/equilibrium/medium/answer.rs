//! What an equilibrium tells of a liquor.

use crate::equilibrium::state::State;

/// The chemistry of a liquor, taken out of the solver's memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Chemistry {
    /// `-log10` of the activity of H+.
    pub ph: f64,
    /// Potential against the standard hydrogen electrode, V; none if every couple is closed.
    pub eh: Option<f64>,
    /// Ionic strength, mol/kg.
    pub ionic_strength: f64,
    /// Activity of water.
    pub water_activity: f64,
    /// Mass of liquid water, kg (per second).
    pub water: f64,
    /// Molality of each species of the system, mol/kg.
    pub molality: Vec<f64>,
    /// `log10` of the activity of each species of the system.
    pub log_activity: Vec<f64>,
    /// `log10 (IAP/K)` of each phase of the system, of a gas `log10` of its pressure; none if something in it is absent.
    pub saturation: Vec<Option<f64>>,
    /// That the activity model or the constants are used past their range.
    pub warning: Option<String>,
}

impl Chemistry {
    pub(super) fn of(state: &State<'_>, kilograms: f64) -> Chemistry {
        let system = state.system();
        let all = 0..system.species.len();
        Chemistry {
            ph: state.ph(),
            eh: state.eh(),
            ionic_strength: state.ionic_strength(),
            water_activity: state.water_activity(),
            water: state.water_mass() * kilograms,
            molality: all.clone().map(|at| state.molality(at)).collect(),
            log_activity: all.map(|at| state.log_activity(at)).collect(),
            saturation: (0..system.phases.len()).map(|at| state.saturation_index(at)).collect(),
            warning: state.warning(),
        }
    }
}
