//! What a stream holds and the equilibrium leaves alone: solids that the database knows and nobody has named, gases that it lacks.

use super::stoichiometry::{Names, key};
use super::{Chemistry, Medium, Role, Settings, Survey};
use crate::chemistry::{Element, Formula, Phase, Species, SpeciesId, nearest};
use crate::equilibrium::database::{Database, PhaseRecord};
use std::collections::BTreeMap;

/// Saturation index below which a solid dissolves beyond doubt: constants of one solid by several authors differ by less.
const UNDERSATURATED: f64 = -0.3;
/// Amount below which a solid that stays is not told of, mol per kg of water.
const TRACE: f64 = 1e-6;

/// A solid of the table that takes no part, and the solids of the database that it may be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unnamed {
    species: SpeciesId,
    /// Name, and index in the system if the components form it.
    phases: Vec<(String, Option<usize>)>,
}

/// A fed solid that the equilibrium leaves as it is.
pub(crate) struct Inert<'d> {
    pub(crate) species: String,
    /// The solid of the database that is most like it.
    pub(crate) phase: Option<&'d PhaseRecord>,
    /// What streams call that.
    pub(crate) own: Option<String>,
}

/// A gas of the table that the equilibrium does not absorb.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unabsorbed {
    species: SpeciesId,
    why: String,
}

impl Medium {
    /// Solids of a stream that stay though its liquor would dissolve them, since they are not among those `allowed` (nor among those
    /// `excluded`, which are meant to stay): each with the most stable solid of the database that it may be.
    pub fn undissolved(
        &self,
        amounts: &[f64],
        chemistry: &Chemistry,
        allowed: &[usize],
        excluded: &[usize],
    ) -> Vec<(SpeciesId, &str)> {
        let index =
            |phase: Option<usize>| phase.and_then(|at| chemistry.saturation[at]).unwrap_or(f64::NEG_INFINITY);
        let there = |id: SpeciesId| amounts[id.0] > TRACE * chemistry.water;
        let named = self.solids.iter().enumerate();
        let named = named.filter(|(at, _)| !allowed.contains(at) && !excluded.contains(at));
        let named = named.map(|(_, solid)| (solid.species, solid.name.as_str(), index(Some(solid.phase))));
        let unnamed = self.inert.iter().filter_map(|inert| {
            let phases = inert.phases.iter().map(|(name, at)| (inert.species, name.as_str(), index(*at)));
            phases.reduce(|best, other| if other.2 > best.2 { other } else { best })
        });
        let dissolves = |(id, _, index): &(SpeciesId, &str, f64)| there(*id) && *index < UNDERSATURATED;
        named.chain(unnamed).filter(dissolves).map(|(id, name, _)| (id, name)).collect()
    }

    /// Gases of a stream that the equilibrium does not absorb though they act on water, and why.
    pub fn unabsorbed(&self, amounts: &[f64]) -> Vec<(SpeciesId, &str)> {
        let there = self.unabsorbed.iter().filter(|gas| amounts[gas.species.0] > 0.0);
        there.map(|gas| (gas.species, gas.why.as_str())).collect()
    }
}

/// Gases of a medium's table that take no part: compounds and halogens, which act on water, and elements whose couples are open. Other
/// elementary gases act by their couples alone, and these are closed.
pub(super) fn gases(medium: &Medium, db: &Database) -> Vec<Unabsorbed> {
    let other =
        |id: &SpeciesId| medium.roles[id.0] == Role::Other && medium.table.get(*id).phase == Phase::Gas;
    let acts = |species: &Species| {
        let mut elements = species.formula.elements().map(|(element, _)| element);
        let open = |e: &Element| e.is_halogen() || medium.settings.open.iter().any(|own| own == e.symbol());
        match (elements.next(), elements.next()) {
            (Some(only), None) => open(only),
            _ => species.name != "H2O(g)",
        }
    };
    let gases = medium.table.ids().filter(other).filter(|id| acts(medium.table.get(*id)));
    gases.map(|species| Unabsorbed { species, why: lacking(medium, db, medium.table.get(species)) }).collect()
}

/// Why a gas is not absorbed: the database has none of its formula, or one of a couple that is closed.
fn lacking(medium: &Medium, db: &Database, species: &Species) -> String {
    let stem = species.name.strip_suffix("(g)").unwrap_or(&species.name);
    if let Some(own) = db.made_of(stem, true).first() {
        return format!("the database has `{own}`, whose couple is closed");
    }
    let gases = || db.phases.iter().filter(|phase| phase.gas && phase.name != "H2O(g)");
    let shared = |phase: &&PhaseRecord| {
        species.formula.elements().any(|(e, _)| {
            !matches!(e.symbol(), "H" | "O") && phase.elements.keys().any(|own| own == e.symbol())
        })
    };
    let near: Vec<&str> = gases().filter(shared).map(|phase| phase.name.as_str()).take(3).collect();
    let near = match near.as_slice() {
        [] => nearest(&species.name, gases().map(|phase| phase.name.as_str())),
        near => near.iter().map(|name| (*name).to_owned()).collect(),
    };
    let title = &medium.title;
    match near.as_slice() {
        [] => format!("{title} has no such gas"),
        near => format!("{title} has no such gas; nearest is `{}`", near.join("`, `")),
    }
}

impl Survey {
    /// Solids among `fed` that stay as they are though the settings let solids form that they could be: all of them, or one that differs
    /// from them by water alone. Each with the phase of the database that is most like it and the solid of streams that this is.
    pub(crate) fn inert<'a>(
        &self,
        db: &'a Database,
        settings: &Settings,
        fed: &[&Species],
        library: &BTreeMap<String, Species>,
    ) -> Vec<Inert<'a>> {
        let every = settings.solids.iter().any(|name| name == "all");
        let solids = || db.phases.iter().filter(|record| !record.gas);
        let formula = |record: &PhaseRecord| Formula::parse(&record.formula).ok();
        let own_name = |record: &'a PhaseRecord| {
            let taking_part = self.solids.iter().find(|(name, _)| *name == record.name);
            let of_formula = || {
                let wanted = key(&formula(record)?);
                let same = |s: &&Species| s.phase == Phase::Solid && key(&s.formula) == wanted;
                library.values().find(same).map(|s| s.name.clone())
            };
            taking_part.map(|(_, own)| own.clone()).or_else(of_formula)
        };
        let mut found = Vec::new();
        for species in fed.iter().filter(|species| species.phase == Phase::Solid) {
            let taken = self.solids.iter().any(|(_, own)| *own == species.name);
            let own = key(&species.formula);
            let known = || solids().any(|record| formula(record).is_some_and(|f| key(&f) == own));
            if taken || species.formula.elements().any(|(e, _)| matches!(e, Element::Pseudo(_))) || known() {
                continue;
            }
            let hydrate = |record: &&PhaseRecord| {
                formula(record).is_some_and(|other| differ_by_water(&species.formula, &other))
            };
            let allowed = |record: &&PhaseRecord| {
                self.solids.iter().any(|(name, _)| *name == record.name)
                    || settings.solids.iter().any(|name| name.eq_ignore_ascii_case(&record.name))
            };
            match (solids().filter(allowed).find(hydrate), every) {
                (None, false) => {}
                (near, _) => {
                    let phase = near.or_else(|| solids().find(hydrate));
                    let species = species.name.clone();
                    found.push(Inert { species, phase, own: phase.and_then(own_name) });
                }
            }
        }
        found
    }
}

/// Whether two formulas are the same but for some H2O.
fn differ_by_water(one: &Formula, other: &Formula) -> bool {
    let others = |f: &Formula| {
        let rest = f.elements().filter(|(e, _)| !matches!(e.symbol(), "H" | "O"));
        rest.map(|(e, n)| (e.symbol().to_owned(), (n * 1e6).round() as u64)).collect::<Vec<_>>()
    };
    let count = |f: &Formula, symbol: &str| Element::from_symbol(symbol).map_or(0.0, |e| f.count(&e));
    let more = |symbol: &str| count(other, symbol) - count(one, symbol);
    others(one) == others(other) && (more("H") - 2.0 * more("O")).abs() < 1e-6
}

/// Solids of a medium's table that the database knows by their formula, and that neither take part nor are excluded.
pub(super) fn solids(medium: &Medium, names: &mut Names<'_>) -> Vec<Unnamed> {
    let db = names.db;
    let formulas: Vec<_> = (0..db.phases.len()).map(|at| formula(db, at)).collect();
    let mut found = Vec::new();
    let idle = |id: &SpeciesId| medium.roles[id.0] == Role::Other;
    for id in medium.table.ids().filter(idle) {
        let species = medium.table.get(id);
        if species.phase != Phase::Solid
            || species.formula.elements().any(|(e, _)| matches!(e, Element::Pseudo(_)))
        {
            continue;
        }
        let (wanted, excluded) = (key(&species.formula), &medium.settings.exclude);
        let meant = |name: &str| excluded.iter().any(|own| own.eq_ignore_ascii_case(name));
        let mut phases = Vec::new();
        for at in (0..db.phases.len()).filter(|at| formulas[*at].as_ref() == Some(&wanted)) {
            let name = &db.phases[at].name;
            if !meant(name) && !closed(medium, names, at) {
                phases.push((name.clone(), medium.system.find_phase(name)));
            }
        }
        if !phases.is_empty() && !meant(&species.name) {
            found.push(Unnamed { species: id, phases });
        }
    }
    found
}

/// Whether a phase gives or takes electrons while every couple that it could use is closed: a metal that dissolves nowhere.
fn closed(medium: &Medium, names: &mut Names<'_>, at: usize) -> bool {
    let Some(phase) = names.expander.phase(at) else { return true };
    let open = |master: &str| {
        names.expander.element_of(master).is_some_and(|e| medium.settings.open.iter().any(|own| own == e))
    };
    phase.count("e-") != 0.0 && !phase.masters.keys().any(|master| open(master))
}

fn formula(db: &Database, at: usize) -> Option<super::stoichiometry::Key> {
    let record = &db.phases[at];
    let formula = Formula::parse(&record.formula).ok().filter(|_| !record.gas)?;
    Some(key(&formula))
}
