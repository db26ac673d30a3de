//! Interpolation, differentiation and integration on Chebyshev points of an interval.

use super::Scalar;
use std::f64::consts::PI;

/// A set of Chebyshev-Lobatto points on [0, 1], ascending, both ends included.
///
/// # Source
/// L. N. Trefethen, *Spectral Methods in MATLAB* (2000), chapters 6 and 12 (differentiation matrix, Clenshaw-Curtis
/// weights); J.-P. Berrut, L. N. Trefethen, SIAM Rev. 46 (2004) 501-517 (barycentric formula).
#[derive(Clone, Debug)]
pub struct Chebyshev {
    nodes: Vec<f64>,
    weights: Vec<f64>,
    differentiation: Vec<f64>,
}

impl Chebyshev {
    /// The set of `n >= 2` points.
    pub fn new(n: usize) -> Chebyshev {
        let n = n.max(2);
        let last = (n - 1) as f64;
        let nodes: Vec<f64> = (0..n).map(|i| 0.5 * (1.0 - (PI * i as f64 / last).cos())).collect();
        let weights = clenshaw_curtis(n);
        let mut differentiation = vec![0.0; n * n];
        for i in 0..n {
            let mut diagonal = 0.0;
            for j in (0..n).filter(|j| *j != i) {
                let sign = if (i + j) % 2 == 0 { 1.0 } else { -1.0 };
                // 2 sin sin is the difference of the nodes without cancellation
                let (a, b) = (PI * (i + j) as f64 / (2.0 * last), PI * (i as f64 - j as f64) / (2.0 * last));
                let entry = sign * end_weight(i, n) / end_weight(j, n) / (a.sin() * b.sin());
                differentiation[i * n + j] = entry;
                diagonal -= entry;
            }
            differentiation[i * n + i] = diagonal;
        }
        Chebyshev { nodes, weights, differentiation }
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: a set has two points at least.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The points, in [0, 1].
    pub fn nodes(&self) -> &[f64] {
        &self.nodes
    }

    /// Weights of the integral over [0, 1].
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Row-major matrix that maps values to derivatives at the points.
    pub fn differentiation(&self) -> &[f64] {
        &self.differentiation
    }

    /// The interpolant of `values` at `x` in [0, 1].
    pub fn interpolate<S: Scalar>(&self, values: &[S], x: S) -> S {
        let here = x.real();
        let value = self.at(values, here);
        let moving = x - here;
        if moving.is_zero() {
            return value;
        }
        // by the slope of the interpolant: derivatives of the barycentric weights cancel near a point
        let row = |i: usize| self.differentiation[i * self.len()..(i + 1) * self.len()].iter().zip(values);
        let slope = |i: usize| row(i).fold(S::from(0.0), |sum, (d, own)| sum + *own * *d);
        let slopes: Vec<S> = (0..self.len()).map(slope).collect();
        value + moving * self.at(&slopes, here)
    }

    fn at<S: Scalar>(&self, values: &[S], x: f64) -> S {
        let (mut numerator, mut denominator) = (S::from(0.0), 0.0);
        for (i, (node, value)) in self.nodes.iter().zip(values).enumerate() {
            let gap = x - node;
            if gap == 0.0 {
                return *value;
            }
            let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
            let weight = sign / (end_weight(i, self.len()) * gap);
            numerator += *value * weight;
            denominator += weight;
        }
        numerator / denominator
    }
}

fn end_weight(i: usize, n: usize) -> f64 {
    if i == 0 || i == n - 1 { 2.0 } else { 1.0 }
}

fn clenshaw_curtis(n: usize) -> Vec<f64> {
    let last = n - 1;
    let weight = |i: usize| {
        let angle = PI * i as f64 / last as f64;
        let terms = (1..=last / 2).map(|k| {
            let half = if 2 * k == last { 1.0 } else { 2.0 };
            half / (4 * k * k - 1) as f64 * (2.0 * k as f64 * angle).cos()
        });
        (1.0 - terms.sum::<f64>()) / (last as f64 * end_weight(i, n))
    };
    (0..n).map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::Dual;

    #[test]
    fn exact_on_polynomials() {
        let set = Chebyshev::new(13);
        let n = set.len();
        for degree in 0..n as i32 {
            let values: Vec<f64> = set.nodes().iter().map(|x| x.powi(degree)).collect();
            let integral: f64 = set.weights().iter().zip(&values).map(|(w, f)| w * f).sum();
            assert!((integral - 1.0 / f64::from(degree + 1)).abs() < 1e-14, "{degree}");
            assert!((set.interpolate(&values, 0.371) - 0.371_f64.powi(degree)).abs() < 1e-13);
            for i in 0..n {
                let row = &set.differentiation()[i * n..(i + 1) * n];
                let slope: f64 = row.iter().zip(&values).map(|(d, f)| d * f).sum();
                let want =
                    if degree == 0 { 0.0 } else { f64::from(degree) * set.nodes()[i].powi(degree - 1) };
                assert!((slope - want).abs() < 1e-10, "{degree} {i}: {slope} {want}");
                // the same where an argument moves, at a point and a rounding error beside it
                for x in [set.nodes()[i], set.nodes()[i] + 1e-16, set.nodes()[i] + 1e-9] {
                    let moving = Dual::<f64, 1>::variable(x, 0);
                    let lifted: Vec<Dual<f64, 1>> = values.iter().map(|v| Dual::constant(*v)).collect();
                    let got = set.interpolate(&lifted, moving).gradient[0];
                    assert!((got - want).abs() < 1e-6, "{degree} {x}: {got} {want}");
                }
            }
        }
    }
}
