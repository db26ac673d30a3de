//! Morris screening: elementary effects of factors along random paths.
//!
//! # Source
//! M. D. Morris, Technometrics 33 (1991) 161; `mu_star`: F. Campolongo et al., Environ. Model. Softw. 22 (2007) 1509.

use super::sobol::{Estimate, RESAMPLES};
use crate::sweep::design::random::{Purpose, below, generator};

/// Effects of one factor, in the output's unit over the factor's whole spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effects {
    /// Mean effect.
    pub mu: f64,
    /// Mean size of the effect, with confidence.
    pub mu_star: Estimate,
    /// Standard deviation of the effect: curvature and interactions.
    pub sigma: f64,
    /// Number of effects.
    pub count: usize,
}

/// Effects of each factor from the outputs and points (case after case) of a Morris design of `levels` levels.
pub fn effects(
    outputs: &[f64],
    points: &[f64],
    factors: usize,
    levels: u32,
    seed: u64,
) -> Vec<Option<Effects>> {
    let gap = f64::from(levels / 2) / f64::from(levels - 1);
    let mut found = vec![Vec::new(); factors];
    for (values, path) in outputs.chunks_exact(factors + 1).zip(points.chunks_exact((factors + 1) * factors))
    {
        for (pair, step) in values.windows(2).zip(path.windows(2 * factors).step_by(factors)) {
            let (before, after) = step.split_at(factors);
            let moved = (0..factors).find(|&factor| before[factor] != after[factor]);
            if let (Some(factor), true) = (moved, pair[0].is_finite() && pair[1].is_finite()) {
                let direction = (after[factor] - before[factor]).signum();
                found[factor].push((pair[1] - pair[0]) * direction / gap);
            }
        }
    }
    found.iter().enumerate().map(|(factor, effects)| summary(effects, seed, factor as u64)).collect()
}

fn summary(effects: &[f64], seed: u64, factor: u64) -> Option<Effects> {
    let count = effects.len();
    if count < 2 {
        return None;
    }
    let mu = effects.iter().sum::<f64>() / count as f64;
    let spread: f64 = effects.iter().map(|effect| (effect - mu).powi(2)).sum();
    let size = effects.iter().map(|effect| effect.abs()).sum::<f64>() / count as f64;
    let twins = (0..RESAMPLES).map(|twin| {
        let mut draws = generator(seed, Purpose::Bootstrap, (factor << 32) | twin);
        (0..count).map(|_| effects[below(&mut draws, count as u64) as usize].abs()).sum::<f64>()
            / count as f64
    });
    Some(Effects {
        mu,
        mu_star: Estimate::from_resamples(size, twins.collect()),
        sigma: (spread / (count - 1) as f64).sqrt(),
        count,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::design::{Design, Marginal, Method, Scale};

    #[test]
    fn linear_terms_are_exact_and_interactions_show_in_sigma() {
        let range = Marginal::Range { from: 10.0, to: 12.0, scale: Scale::Linear, points: 1 };
        let factors = (0..3).map(|place| (place.to_string(), range.clone())).collect();
        let design = Design::new(Method::Morris { paths: 30, levels: 6 }, factors, 3).unwrap();
        let mut points = vec![0.0; design.cases() as usize * 3];
        let outputs: Vec<f64> = points
            .chunks_exact_mut(3)
            .enumerate()
            .map(|(index, x)| {
                design.point(index as u64, x);
                // over the spread of 2: effect 6 of the first, -4(x2 - 10) and product with x1 of the others
                3.0 * x[0] - 2.0 * (x[1] - 10.0) * (x[2] - 10.0)
            })
            .collect();
        let found = effects(&outputs, &points, 3, 6, 1);
        let first = found[0].unwrap();
        assert!((first.mu - 6.0).abs() < 1e-9 && first.sigma < 1e-9);
        let second = found[1].unwrap();
        assert!(second.mu < 0.0 && second.sigma > 0.5);
        assert!((second.mu_star.value + second.mu).abs() < 1e-9);
    }
}
