//! What fixes the Eh of a liquor: a potential given, the valence states given, or a gas that oxidises or reduces.

use super::Database;
use super::database::expand::Expander;
use super::liquor::{Liquor, LiquorError};
use super::problem::{Condition, Problem};
use super::system::{OpenState, System};

const OTHER_STATE: f64 = 1e-12; // mol of electrons per kg of water

impl Liquor {
    /// Opens the couple of oxygen or hydrogen for a gas of it that is to share the Eh of couples already open, unless its
    /// dissolved form is given as a total of its own.
    pub fn open_for_gases(&mut self, db: &Database) {
        if self.open.is_empty() {
            return;
        }
        let mut expander = Expander::new(db);
        for (name, _) in &self.gases {
            let Some(at) = db.find_phase(name).and_then(|record| db.phase_index.get(&record.name)) else {
                continue;
            };
            let Some(expanded) = expander.phase(*at) else { continue };
            for master in expanded.masters.keys() {
                let element = expander.element_of(master).unwrap_or_default();
                let given = self
                    .totals
                    .iter()
                    .any(|(n, _)| db.find_master(n).is_some_and(|m| *m.species == **master));
                let gas = matches!(element, "O" | "H") && !matches!(&**master, "H2O" | "H+");
                if gas && !given && !self.open.iter().any(|own| own == element) {
                    self.open.push(element.to_owned());
                }
            }
        }
    }

    /// What fixes the Eh of the open couples: a pe; the valence states, if all are given; a gas that takes or gives electrons.
    pub(super) fn potential(
        &self,
        system: &System,
        problem: &Problem,
        electrons: f64,
        unstated: &[&str],
    ) -> Result<Condition, LiquorError> {
        if let Some(pe) = self.pe {
            return Ok(Condition::LogActivity(-pe));
        }
        let redox_gas = self.gases.iter().find_map(|(name, index)| {
            let phase = system.find_phase(name)?;
            let terms = &system.phases[phase].reaction.terms;
            terms.iter().find(|t| Some(t.0) == system.electron).map(|t| (phase, *index, t.1))
        });
        match (unstated, redox_gas) {
            // the gas acts in the next step; until then a trace of the other state keeps the Eh finite
            ([], Some((_, _, taken))) => Ok(Condition::Total(electrons + taken.signum() * OTHER_STATE)),
            ([], None) if self.at_an_end(system, problem, electrons) => {
                let own = |name: &str| system.open_state(name).is_some();
                let given: Vec<&str> = self.totals.iter().map(|t| t.0.as_str()).filter(|n| own(n)).collect();
                Err(LiquorError::Input(format!(
                    "{} alone tells no Eh of the open couples: give it, or a trace of another valence state, or hold a gas such \
                     as O2(g)",
                    if given.is_empty() { "this liquor".to_owned() } else { given.join(" with ") }
                )))
            }
            ([], None) => Ok(Condition::Total(electrons)),
            (_, Some((phase, index, _))) => Ok(Condition::Saturation { phase, index }),
            (names, None) => {
                let element =
                    system.find_component(names[0]).map(|at| system.components[at].element.as_str());
                let own = |s: &&OpenState| Some(s.element.as_str()) == element;
                let states: Vec<&str> = system.states.iter().filter(own).map(|s| s.name.as_str()).collect();
                Err(LiquorError::Input(format!(
                    "nothing tells the Eh of the open couples: give it, or give {} as {}, or hold a gas such as O2(g)",
                    names.join(", "),
                    states.join(" and "),
                )))
            }
        }
    }

    /// Whether all that is open stands at the end of its row of valence states: then no Eh is low or high enough.
    fn at_an_end(&self, system: &System, problem: &Problem, electrons: f64) -> bool {
        let Some(electron) = system.electron else { return false };
        let (mut low, mut high, mut size) = (0.0_f64, 0.0_f64, 0.0_f64);
        for (at, condition) in problem.conditions.iter().enumerate() {
            let Condition::Total(total) = condition else { continue };
            let (mut least, mut most) = (0.0_f64, 0.0_f64);
            for state in &system.states {
                let count = |at: usize| state.terms.iter().find(|t| t.0 == at).map_or(0.0, |t| t.1);
                let (own, taken) = (count(at), count(electron));
                if own > 0.0 && at != electron && at != 0 {
                    (least, most) = (least.min(taken / own), most.max(taken / own));
                }
            }
            (low, high, size) = (low + least * total, high + most * total, size + (most - least) * total);
        }
        // water itself gives and takes electrons without end where its couples are open
        for state in system.states.iter().filter(|s| s.terms.iter().all(|t| t.0 == 0 || t.0 == electron)) {
            match state.terms.iter().find(|t| t.0 == electron) {
                Some((_, taken)) if *taken < 0.0 => low = f64::NEG_INFINITY,
                Some(_) => high = f64::INFINITY,
                None => {}
            }
        }
        electrons <= low + 1e-15 * size || electrons >= high - 1e-15 * size
    }
}

impl System {
    /// A valence state of an open element, by its name or master species.
    pub(super) fn open_state(&self, name: &str) -> Option<&OpenState> {
        let plain = super::database::equation::plain_valence(name);
        self.states.iter().find(|s| s.name == plain)
    }
}
