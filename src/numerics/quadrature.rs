//! Gauss-Legendre quadrature.

/// Nodes and weights on [-1, 1]; exact for polynomials of degree `2n - 1`.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussLegendre {
    nodes: Vec<f64>,
    weights: Vec<f64>,
}

impl GaussLegendre {
    /// The rule of `n` points (at least one), nodes ascending.
    ///
    /// # Source
    /// Newton's method on the Legendre recurrence from the classical asymptotic guess; e.g. P. J. Davis and
    /// P. Rabinowitz, *Methods of Numerical Integration*, 2nd ed. (1984), section 2.7.
    pub fn new(n: usize) -> GaussLegendre {
        let n = n.max(1);
        let (mut nodes, mut weights) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for i in (1..=n).rev() {
            let mut x = (std::f64::consts::PI * (i as f64 - 0.25) / (n as f64 + 0.5)).cos();
            for _ in 0..10 {
                let (p, slope) = legendre(n, x);
                let step = p / slope;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            let (_, slope) = legendre(n, x);
            nodes.push(x);
            weights.push(2.0 / ((1.0 - x * x) * slope * slope));
        }
        GaussLegendre { nodes, weights }
    }

    /// Nodes and weights moved to `[from, to]`.
    pub fn points(&self, from: f64, to: f64) -> impl Iterator<Item = (f64, f64)> + '_ {
        let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
        self.nodes.iter().zip(&self.weights).map(move |(x, w)| (middle + half * x, half * w))
    }

    /// The integral of `f` from `from` to `to`.
    pub fn integrate(&self, from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
        self.points(from, to).map(|(x, w)| w * f(x)).sum()
    }
}

/// Legendre polynomial of degree `n` and its derivative, inside (-1, 1).
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut p) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, p) = (p, ((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k);
    }
    (p, n as f64 * (before - x * p) / (1.0 - x * x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_for_polynomials_and_fast_for_smooth_functions() {
        for n in 1..=40 {
            let rule = GaussLegendre::new(n);
            let degree = 2 * n as i32 - 1;
            let got = rule.integrate(0.0, 1.0, |x| x.powi(degree));
            assert!((got * f64::from(degree + 1) - 1.0).abs() < 1e-12, "{n}: {got}");
        }
        let got = GaussLegendre::new(12).integrate(0.0, 2.0, f64::exp);
        assert!((got - (2.0_f64.exp() - 1.0)).abs() < 1e-13);
    }
}
