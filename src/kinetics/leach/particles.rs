//! Populations of particles to classes of one position each, and back.

use super::error::LeachError;
use super::kernel::Classes;
use super::model::Mineral;
use crate::chemistry::Population;
use crate::chemistry::population::points;
use crate::numerics::quadrature::GaussLegendre;
use std::sync::OnceLock;

/// Classes that stand for one distribution of cores.
const PIECES: usize = 16;

fn pieces() -> &'static GaussLegendre {
    static RULE: OnceLock<GaussLegendre> = OnceLock::new();
    RULE.get_or_init(|| GaussLegendre::new(PIECES))
}

/// Splits a distribution into particles of equal core each; amount kept exactly, particles without core left out.
pub(super) fn split(population: &Population, into: &mut Vec<Population>) {
    if population.is_uniform() {
        into.push(population.clone());
        return;
    }
    let set = points();
    let n = set.len();
    let density: Vec<f64> = (0..n)
        .map(|i| {
            let row = &set.differentiation()[i * n..(i + 1) * n];
            -row.iter().zip(&population.exceedance).map(|(d, share)| d * share).sum::<f64>()
        })
        .collect();
    let start = into.len();
    let span = population.top - population.bottom;
    for (node, weight) in pieces().points(0.0, 1.0) {
        let share = (weight * set.interpolate(&density, node)).max(0.0);
        let core = population.bottom + span * node;
        let fresh = population.fresh * share;
        into.push(Population::uniform(population.diameter, fresh, population.exponent, core));
    }
    let at_top = population.fresh * population.exceedance[n - 1].max(0.0);
    into.push(Population::uniform(population.diameter, at_top, population.exponent, population.top));
    let (want, got) = (population.amount(), into[start..].iter().map(Population::amount).sum::<f64>());
    let ratio = if got > 0.0 { want / got } else { 1.0 };
    into[start..].iter_mut().for_each(|piece| piece.fresh *= ratio);
    let mut at = 0;
    into.retain(|piece| {
        at += 1;
        at <= start || piece.fresh > 0.0
    });
}

/// Fills the classes of a mineral and their positions, smallest first; returns the unreacted amount, mol.
pub(super) fn load(
    mineral: &Mineral,
    amount: f64,
    populations: &[Population],
    classes: &mut Classes,
    positions: &mut Vec<f64>,
) -> Result<f64, LeachError> {
    let exponent = mineral.progress.exponent();
    let sized = mineral.is_sized();
    let mut all = Vec::with_capacity(populations.len());
    for population in populations.iter().filter(|population| population.fresh > 0.0) {
        if sized && !(population.diameter > 0.0 && population.diameter.is_finite()) {
            let what = format!("particle size of `{}`, m", mineral.name);
            return Err(LeachError::Domain { what, value: population.diameter, allowed: "positive" });
        }
        if population.exponent == exponent {
            split(population, &mut all);
        } else {
            split(&population.with_exponent(exponent), &mut all);
        }
    }
    let listed: f64 = all.iter().map(Population::amount).sum();
    if all.is_empty() && !sized && amount > 0.0 {
        all.push(Population::uniform(0.0, amount, exponent, 1.0));
    } else if (listed - amount).abs() > 1e-6 * amount.max(listed) {
        let what = format!("amount of `{}` less that of its particles, mol", mineral.name);
        return Err(LeachError::Domain {
            what,
            value: amount - listed,
            allowed: "0: every particle has a size",
        });
    } else if listed > 0.0 {
        all.iter_mut().for_each(|piece| piece.fresh *= amount / listed);
    }
    all.sort_by(|a, b| (a.top * a.diameter).total_cmp(&(b.top * b.diameter)));
    let clear = [&mut classes.fresh, &mut classes.radius, &mut classes.pace, &mut classes.losses];
    clear.into_iter().for_each(Vec::clear);
    classes.first = 0;
    for piece in &all {
        let radius = 0.5 * piece.diameter;
        classes.fresh.push(piece.fresh);
        classes.radius.push(radius);
        classes.pace.push(if sized { mineral.molar_volume / radius } else { 1.0 });
        classes.losses.push(0.0);
        positions.push(mineral.progress.position(piece.top));
    }
    classes.local.clear();
    classes.local.resize(all.len(), (0.0, 1.0));
    Ok(all.iter().map(Population::amount).sum())
}

/// The classes at their positions as populations that hold `amount` in all.
pub(super) fn unload(
    mineral: &Mineral,
    classes: &Classes,
    positions: &[f64],
    amount: f64,
) -> Vec<Population> {
    let exponent = mineral.progress.exponent();
    let mut all: Vec<Population> = (0..positions.len())
        .map(|i| {
            let core = mineral.progress.core(positions[i]);
            let core = if core < 1e-12 { 0.0 } else { core.min(1.0) };
            Population::uniform(2.0 * classes.radius[i], classes.fresh[i], exponent, core)
        })
        .collect();
    let listed: f64 = all.iter().map(Population::amount).sum();
    if listed > 0.0 {
        all.iter_mut().for_each(|piece| piece.fresh *= amount / listed);
    }
    all
}
