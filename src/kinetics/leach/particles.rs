//! Populations of particles to classes of one position each, and back.

use super::error::LeachError;
use super::kernel::Classes;
use super::model::Mineral;
use crate::chemistry::Population;
use crate::chemistry::population::points;
use crate::numerics::Scalar;
use crate::numerics::quadrature::GaussLegendre;
use std::sync::OnceLock;

/// Classes that stand for one distribution of cores.
const PIECES: usize = 16;

fn pieces() -> &'static GaussLegendre {
    static RULE: OnceLock<GaussLegendre> = OnceLock::new();
    RULE.get_or_init(|| GaussLegendre::new(PIECES))
}

/// Particles of one size that all have the same core.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grain<S> {
    /// Initial size, m.
    pub(super) diameter: S,
    /// What they held before any reaction, mol.
    pub(super) fresh: S,
    /// `F` in "unreacted fraction = (relative core size)^F".
    pub(super) exponent: f64,
    /// Relative core size.
    pub(super) core: S,
}

impl<S: Scalar> Grain<S> {
    fn amount(&self) -> S {
        self.fresh * self.core.powf(self.exponent)
    }
}

/// What a list of grains holds, mol.
fn held<S: Scalar>(grains: &[Grain<S>]) -> S {
    grains.iter().fold(S::from(0.0), |sum, grain| sum + grain.amount())
}

impl<S: Scalar> Grain<S> {
    /// The same as a population.
    pub(super) fn population(&self) -> Population<S> {
        Population::uniform(self.diameter, self.fresh, self.exponent, self.core)
    }
}

/// Splits a distribution into particles of equal core each; amount kept exactly, particles without core left out.
fn split<S: Scalar>(population: &Population<S>, into: &mut Vec<Grain<S>>) {
    let Population { diameter, fresh, exponent, bottom, top, .. } = *population;
    if population.is_uniform() {
        into.push(Grain { diameter, fresh, exponent, core: top });
        return;
    }
    let set = points();
    let n = set.len();
    let zero = S::from(0.0);
    let density: Vec<S> = (0..n)
        .map(|i| {
            let row = &set.differentiation()[i * n..(i + 1) * n];
            -row.iter().zip(&population.exceedance).fold(zero, |sum, (d, share)| sum + *share * *d)
        })
        .collect();
    let start = into.len();
    let span = top - bottom;
    for (node, weight) in pieces().points(0.0, 1.0) {
        let share = (set.interpolate(&density, S::from(node)) * weight).max(zero);
        let core = bottom + span * node;
        into.push(Grain { diameter, fresh: fresh * share, exponent, core });
    }
    into.push(Grain { diameter, fresh: fresh * population.exceedance[n - 1].max(zero), exponent, core: top });
    let (want, got) = (fresh * population.unreacted(), held(&into[start..]));
    let ratio = if got.real() > 0.0 { want / got } else { S::from(1.0) };
    into[start..].iter_mut().for_each(|piece| piece.fresh *= ratio);
    let mut at = 0;
    into.retain(|piece| {
        at += 1;
        at <= start || piece.fresh.real() > 0.0
    });
}

/// Fills the classes of a mineral and their positions, smallest first; returns the unreacted amount, mol.
pub(super) fn load<S: Scalar>(
    mineral: &Mineral,
    amount: S,
    populations: &[Population<S>],
    classes: &mut Classes<S>,
    positions: &mut Vec<S>,
) -> Result<S, LeachError> {
    let exponent = mineral.progress.exponent();
    let sized = mineral.is_sized();
    let mut all = Vec::with_capacity(populations.len());
    for population in populations.iter().filter(|population| population.fresh.real() > 0.0) {
        let diameter = population.diameter.real();
        if sized && !(diameter > 0.0 && diameter.is_finite()) {
            let what = format!("particle size of `{}`, m", mineral.name);
            return Err(LeachError::Domain { what, value: diameter, allowed: "positive" });
        }
        if population.exponent == exponent {
            split(population, &mut all);
        } else {
            split(&population.with_exponent(exponent), &mut all);
        }
    }
    let listed = held(&all);
    let (counted, wanted) = (listed.real(), amount.real());
    if all.is_empty() && !sized && wanted > 0.0 {
        all.push(Grain { diameter: S::from(0.0), fresh: amount, exponent, core: S::from(1.0) });
    } else if (counted - wanted).abs() > 1e-6 * wanted.max(counted) {
        let what = format!("amount of `{}` less that of its particles, mol", mineral.name);
        return Err(LeachError::Domain {
            what,
            value: wanted - counted,
            allowed: "0: every particle has a size",
        });
    } else if counted > 0.0 {
        let ratio = amount / listed;
        all.iter_mut().for_each(|piece| piece.fresh *= ratio);
    }
    let size = |grain: &Grain<S>| grain.core.real() * grain.diameter.real();
    all.sort_by(|a, b| size(a).total_cmp(&size(b)));
    let clear = [&mut classes.fresh, &mut classes.losses];
    clear.into_iter().for_each(Vec::clear);
    [&mut classes.radius, &mut classes.pace].into_iter().for_each(Vec::clear);
    classes.first = 0;
    let (zero, one) = (S::from(0.0), S::from(1.0));
    for piece in &all {
        let radius = piece.diameter * 0.5;
        classes.fresh.push(piece.fresh);
        classes.radius.push(radius);
        classes.pace.push(if sized { S::from(mineral.molar_volume) / radius } else { one });
        classes.losses.push(zero);
        positions.push(mineral.progress.position(piece.core));
    }
    classes.local.clear();
    classes.local.resize(all.len(), (zero, one));
    Ok(held(&all))
}

/// The classes at their positions, together holding `amount`.
pub(super) fn unload<S: Scalar>(
    mineral: &Mineral,
    classes: &Classes<S>,
    positions: &[S],
    amount: S,
) -> Vec<Grain<S>> {
    let exponent = mineral.progress.exponent();
    let mut all: Vec<Grain<S>> = (0..positions.len())
        .map(|i| {
            let core = mineral.progress.core(positions[i]);
            let core = if core.real() < 1e-12 { S::from(0.0) } else { core.min(S::from(1.0)) };
            Grain { diameter: classes.radius[i] * 2.0, fresh: classes.fresh[i], exponent, core }
        })
        .collect();
    let listed = held(&all);
    if listed.real() > 0.0 {
        let ratio = amount / listed;
        all.iter_mut().for_each(|piece| piece.fresh *= ratio);
    }
    all
}
