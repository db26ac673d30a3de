//! How far the particles of a solid have reacted: initial size and distribution of unreacted cores.

use crate::numerics::Scalar;
use crate::numerics::chebyshev::Chebyshev;
use std::sync::OnceLock;

/// Points at which a distribution of cores is held.
pub const POINTS: usize = 33;

/// The points, on [0, 1].
pub fn points() -> &'static Chebyshev {
    static SET: OnceLock<Chebyshev> = OnceLock::new();
    SET.get_or_init(|| Chebyshev::new(POINTS))
}

/// Particles of one solid and one initial size.
///
/// The share of particles whose relative core size exceeds `y` is the exceedance `N(y)`. Cores lie between `bottom` and
/// `top`, or are gone; below `bottom` the exceedance is flat. An empty `exceedance` stands for `N = 1`: every
/// particle has the core `top`.
#[derive(Clone, Debug, PartialEq)]
pub struct Population<S = f64> {
    /// Initial size, m.
    pub diameter: S,
    /// What the particles held before any reaction, mol (per batch) or mol/s: their number in effect.
    pub fresh: S,
    /// `F` in "unreacted fraction = (relative core size)^F".
    pub exponent: f64,
    /// Lowest core size at which the exceedance changes.
    pub bottom: S,
    /// Largest core size, at most 1.
    pub top: S,
    /// `N` at [`points`] scaled to `[bottom, top]`; at `top` the limit from below.
    pub exceedance: Vec<S>,
}

impl<S: Scalar> Population<S> {
    /// Fresh spheres of a size (m) that hold `amount` (mol or mol/s).
    pub fn fresh(diameter: S, amount: S) -> Population<S> {
        Population::uniform(diameter, amount, 3.0, S::from(1.0))
    }

    /// Particles that all have the same core.
    pub fn uniform(diameter: S, fresh: S, exponent: f64, core: S) -> Population<S> {
        Population { diameter, fresh, exponent, bottom: S::from(0.0), top: core, exceedance: Vec::new() }
    }

    /// Whether every particle has the same core.
    pub fn is_uniform(&self) -> bool {
        self.exceedance.is_empty()
    }

    /// Mean unreacted fraction.
    pub fn unreacted(&self) -> S {
        if self.is_uniform() {
            return self.top.powf(self.exponent);
        }
        // integral of N dU: flat part, then the span
        let span = self.top - self.bottom;
        let set = points();
        let mut sum = self.exceedance[0] * self.bottom.powf(self.exponent);
        for ((node, weight), share) in set.nodes().iter().zip(set.weights()).zip(&self.exceedance) {
            let y = self.bottom + span * *node;
            sum += span * (*weight * self.exponent) * y.powf(self.exponent - 1.0) * *share;
        }
        sum
    }

    /// Amount of the solid that is left, mol or mol/s.
    pub fn amount(&self) -> S {
        self.fresh * self.unreacted()
    }

    /// The exceedance at a core size.
    pub fn exceeding(&self, core: S) -> S {
        if core.real() >= self.top.real() { S::from(0.0) } else { self.below_top(core) }
    }

    /// The exceedance, at and above `top` the limit from below.
    pub fn below_top(&self, core: S) -> S {
        let (zero, one) = (S::from(0.0), S::from(1.0));
        if self.is_uniform() {
            return one;
        }
        let span = self.top - self.bottom;
        let share = |core: S| (core - self.bottom) / span;
        let at = match core.real() {
            _ if span.real() <= 0.0 => zero,
            core if core < self.bottom.real() => zero,
            real if real > self.top.real() => one,
            _ => share(core),
        };
        points().interpolate(&self.exceedance, at)
    }

    /// The same particles, `factor` times as many: a split, or a flow collected over a time.
    #[must_use]
    pub fn scaled(&self, factor: S) -> Population<S> {
        Population { fresh: self.fresh * factor, ..self.clone() }
    }

    /// The same particles without their distribution, to be given another.
    #[must_use]
    pub fn emptied(&self) -> Population<S> {
        Population { exceedance: Vec::new(), ..*self }
    }

    /// The same particles described by another exponent.
    ///
    /// The distribution is carried over at equal unreacted fractions; the mean is kept exactly.
    #[must_use]
    pub fn with_exponent(&self, exponent: f64) -> Population<S> {
        let moved =
            |core: S| if exponent == self.exponent { core } else { core.powf(self.exponent / exponent) };
        let mut other = Population {
            exponent,
            bottom: moved(self.bottom),
            top: moved(self.top),
            exceedance: Vec::new(),
            ..*self
        };
        if !self.is_uniform() && exponent != self.exponent {
            let span = other.top - other.bottom;
            let back =
                |node: &f64| self.below_top((other.bottom + span * *node).powf(exponent / self.exponent));
            let exceedance: Vec<S> = points().nodes().iter().map(back).collect();
            other.exceedance = exceedance;
            let ratio = self.unreacted() / other.unreacted();
            if ratio.real().is_finite() {
                other.fresh *= ratio;
            }
        } else {
            other.exceedance = self.exceedance.clone();
        }
        other
    }

    /// Whether two populations differ in number and distribution only, so that they mix into one.
    fn mixes_with(&self, other: &Population<S>) -> bool {
        let close = |a: S, b: S| {
            let (a, b) = (a.real(), b.real());
            (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
        };
        let same_start =
            self.exceedance.is_empty() == other.exceedance.is_empty() || close(self.top, S::from(1.0));
        same_start
            && close(self.diameter, other.diameter)
            && close(self.top, other.top)
            && self.exponent == other.exponent
    }

    /// Adds particles that [`mixes_with`](Population::mixes_with) accepts.
    fn absorb(&mut self, other: &Population<S>) {
        let total = self.fresh + other.fresh;
        if total.real() <= 0.0 || total.real().is_nan() || (self.is_uniform() && other.is_uniform()) {
            self.fresh = total;
            return;
        }
        let amount = self.amount() + other.amount();
        let bottom = match (self.is_uniform(), other.is_uniform()) {
            (true, _) => other.bottom,
            (_, true) => self.bottom,
            _ => self.bottom.min(other.bottom),
        };
        let share = self.fresh / total;
        let value = |node: &f64| {
            let core = bottom + (self.top - bottom) * *node;
            share * self.below_top(core) + (S::from(1.0) - share) * other.below_top(core)
        };
        let exceedance: Vec<S> = points().nodes().iter().map(value).collect();
        (self.bottom, self.exceedance, self.fresh) = (bottom, exceedance, total);
        let found = self.amount();
        if found.real() > 0.0 {
            self.fresh *= amount / found; // interpolation must not make or lose matter
        }
    }
}

impl<S: Copy> Population<S> {
    /// The population over another number type.
    pub fn map<T>(&self, to: impl Fn(S) -> T) -> Population<T> {
        Population {
            diameter: to(self.diameter),
            fresh: to(self.fresh),
            exponent: self.exponent,
            bottom: to(self.bottom),
            top: to(self.top),
            exceedance: self.exceedance.iter().map(|share| to(*share)).collect(),
        }
    }
}

/// The populations of several streams joined, in the order of first appearance; equals become one.
///
/// Those of no particles are left out.
pub fn mixed<'a, S: Scalar>(streams: impl IntoIterator<Item = &'a [Population<S>]>) -> Vec<Population<S>> {
    let mut joined: Vec<Population<S>> = Vec::new();
    for population in streams.into_iter().flatten().filter(|population| population.fresh.real() > 0.0) {
        match joined.iter_mut().find(|own| own.mixes_with(population)) {
            Some(own) => own.absorb(population),
            None => joined.push(population.clone()),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(top: f64, bottom: f64) -> Population {
        // cores uniform between bottom and top
        let exceedance = points().nodes().iter().map(|node| 1.0 - node).collect();
        Population { bottom, top, exceedance, ..Population::fresh(1e-5, 2.0) }
    }

    #[test]
    fn mean_of_known_distributions() {
        assert!((Population::uniform(1e-5, 1.0, 3.0, 0.5).unreacted() - 0.125).abs() < 1e-15);
        // mean of y³ over [a, b] is (b⁴ - a⁴)/4/(b - a)
        assert!((ramp(1.0, 0.0).unreacted() - 0.25).abs() < 1e-14);
        let want = (0.8_f64.powi(4) - 0.3_f64.powi(4)) / 4.0 / 0.5;
        assert!((ramp(0.8, 0.3).unreacted() - want).abs() < 1e-14);
    }

    #[test]
    fn mixing_keeps_amounts_and_joins_equals() {
        let (fresh, worn) = (Population::fresh(1e-5, 3.0), ramp(1.0, 0.2));
        let mixture = mixed([std::slice::from_ref(&fresh), std::slice::from_ref(&worn)]);
        assert_eq!(mixture.len(), 1);
        assert!((mixture[0].amount() - fresh.amount() - worn.amount()).abs() < 1e-12);
        assert!((mixture[0].fresh - 5.0).abs() < 1e-9);
        let apart = mixed([std::slice::from_ref(&fresh), &[Population::fresh(2e-5, 1.0)]]);
        assert_eq!(apart.len(), 2);
    }

    #[test]
    fn another_exponent_keeps_the_mean() {
        for population in [ramp(0.9, 0.4), Population::uniform(1e-5, 1.0, 3.0, 0.7)] {
            let other = population.with_exponent(1.0);
            assert!((other.amount() - population.amount()).abs() < 1e-12);
            assert!((other.fresh / population.fresh - 1.0).abs() < 1e-6);
        }
    }
}
