//! Accelerators of the iteration x ← g(x), one step at a time: the caller owns the evaluation of g.

use nalgebra::{DMatrix, DVector};

/// Proposes the next x from the latest x and g(x).
pub trait Accelerator {
    /// Writes the next iterate into `next`; `weight` scales the residual of each component.
    fn next(&mut self, x: &[f64], g: &[f64], weight: &[f64], next: &mut [f64]);
    /// Forgets what it has learned.
    fn restart(&mut self);
}

/// Share of a difference that must be new for it to be used.
const INDEPENDENT: f64 = 1e-8;

/// Anderson acceleration of depth m.
///
/// x⁺ = x + f − (ΔX + ΔF)γ with γ minimising ‖W(f − ΔF γ)‖, f = g(x) − x.
///
/// # Source
/// D. G. Anderson, *J. ACM* 12 (1965) 547; H. F. Walker and P. Ni, *SIAM J. Numer. Anal.* 49 (2011) 1715, eq. 2.2.
#[derive(Debug)]
pub struct Anderson {
    depth: usize,
    last: Option<(Vec<f64>, Vec<f64>)>,
    dx: Vec<Vec<f64>>,
    df: Vec<Vec<f64>>,
}

impl Anderson {
    /// An accelerator that remembers `depth` differences.
    pub fn new(depth: usize) -> Self {
        Anderson { depth, last: None, dx: Vec::new(), df: Vec::new() }
    }

    /// Coefficients of the remembered differences, each taken at its own scale; the oldest go while one adds nothing new.
    fn coefficients(&mut self, f: &[f64], weight: &[f64]) -> Option<DVector<f64>> {
        while !self.df.is_empty() {
            let columns = self.df.len();
            let mut matrix = DMatrix::from_fn(f.len(), columns, |i, j| weight[i] * self.df[j][i]);
            let scales: Vec<f64> = matrix.column_iter().map(|column| column.norm()).collect();
            for (mut column, scale) in matrix.column_iter_mut().zip(&scales) {
                column /= scale.max(f64::MIN_POSITIVE);
            }
            let mut right = DVector::from_fn(f.len(), |i, _| weight[i] * f[i]);
            let qr = matrix.qr();
            let r = qr.r();
            let rank = columns.min(f.len());
            let largest = (0..rank).map(|k| r[(k, k)].abs()).fold(0.0, f64::max);
            let sound = columns <= f.len() && (0..rank).all(|k| r[(k, k)].abs() > INDEPENDENT * largest);
            if sound {
                qr.q_tr_mul(&mut right);
                let mut gamma = r.solve_upper_triangular(&right.rows(0, columns))?;
                gamma.iter_mut().zip(scales).for_each(|(gamma, scale)| *gamma /= scale);
                return Some(gamma);
            }
            self.dx.remove(0);
            self.df.remove(0);
        }
        None
    }
}

impl Accelerator for Anderson {
    fn next(&mut self, x: &[f64], g: &[f64], weight: &[f64], next: &mut [f64]) {
        let f: Vec<f64> = g.iter().zip(x).map(|(g, x)| g - x).collect();
        if let Some((last_x, last_f)) = &self.last {
            self.dx.push(x.iter().zip(last_x).map(|(a, b)| a - b).collect());
            self.df.push(f.iter().zip(last_f).map(|(a, b)| a - b).collect());
            if self.dx.len() > self.depth {
                self.dx.remove(0);
                self.df.remove(0);
            }
        }
        next.copy_from_slice(g);
        if let Some(gamma) = self.coefficients(&f, weight) {
            for (j, gamma) in gamma.iter().enumerate() {
                for (i, next) in next.iter_mut().enumerate() {
                    *next -= gamma * (self.dx[j][i] + self.df[j][i]);
                }
            }
        }
        self.last = Some((x.to_vec(), f));
    }

    fn restart(&mut self) {
        self.last = None;
        self.dx.clear();
        self.df.clear();
    }
}

/// Substitution with damping: x⁺ = x + d (g − x).
#[derive(Debug)]
pub struct Damped {
    share: f64,
}

impl Damped {
    /// Takes the share `share` (0..=1) of each step.
    pub fn new(share: f64) -> Self {
        Damped { share }
    }
}

impl Accelerator for Damped {
    fn next(&mut self, x: &[f64], g: &[f64], _: &[f64], next: &mut [f64]) {
        for ((next, x), g) in next.iter_mut().zip(x).zip(g) {
            *next = x + self.share * (g - x);
        }
    }
    fn restart(&mut self) {}
}

/// Broyden's second ("bad") method on f(x) = g(x) − x, from the start −I.
///
/// # Source
/// C. G. Broyden, *Math. Comp.* 19 (1965) 577.
#[derive(Debug, Default)]
pub struct Broyden {
    last: Option<(Vec<f64>, Vec<f64>)>,
    updates: Vec<(Vec<f64>, Vec<f64>)>, // H = I + Σ u vᵀ, the estimate of −J⁻¹
}

impl Broyden {
    /// A fresh one.
    pub fn new() -> Self {
        Broyden::default()
    }

    fn apply(&self, f: &[f64]) -> Vec<f64> {
        let mut out = f.to_vec();
        for (u, v) in &self.updates {
            let dot: f64 = v.iter().zip(f).map(|(v, f)| v * f).sum();
            for (out, u) in out.iter_mut().zip(u) {
                *out += dot * u;
            }
        }
        out
    }
}

impl Accelerator for Broyden {
    fn next(&mut self, x: &[f64], g: &[f64], weight: &[f64], next: &mut [f64]) {
        let f: Vec<f64> = g.iter().zip(x).map(|(g, x)| g - x).collect();
        if let Some((last_x, last_f)) = self.last.take() {
            let df: Vec<f64> = f.iter().zip(&last_f).map(|(a, b)| a - b).collect();
            let norm: f64 = df.iter().zip(weight).map(|(d, w)| (d * w).powi(2)).sum();
            if norm > 0.0 {
                let moved = self.apply(&df);
                let u = x.iter().zip(&last_x).zip(&moved).map(|((a, b), m)| -(a - b) - m).collect();
                let v = df.iter().zip(weight).map(|(d, w)| d * w * w / norm).collect();
                self.updates.push((u, v));
            }
        }
        let step = self.apply(&f);
        for ((next, x), step) in next.iter_mut().zip(x).zip(&step) {
            *next = x + step;
        }
        self.last = Some((x.to_vec(), f));
    }

    fn restart(&mut self) {
        self.last = None;
        self.updates.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Passes until x ← A x + b settles to 1e-12 with a contraction of spectral radius 0.97.
    fn passes(method: &mut dyn Accelerator) -> usize {
        let g = |x: &[f64]| {
            vec![0.97 * x[0] + 0.1 * x[1] + 1.0, 0.5 * x[1] + 2.0, 0.2 * x[0] * 0.1 + 0.9 * x[2] + 0.5]
        };
        let mut x = vec![0.0; 3];
        let mut next = vec![0.0; 3];
        for pass in 1..10_000 {
            let y = g(&x);
            let change = x.iter().zip(&y).map(|(a, b)| ((a - b) / b).abs()).fold(0.0, f64::max);
            if change < 1e-12 {
                // The fixed point by hand: x1 = 2/0.5, x0 = (0.1 x1 + 1)/0.03, x2 = (0.02 x0 + 0.5)/0.1.
                let want = [1.4 / 0.03, 4.0, (0.02 * 1.4 / 0.03 + 0.5) / 0.1];
                assert!(x.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-9 * b), "{x:?} {want:?}");
                return pass;
            }
            let weight: Vec<f64> = y.iter().map(|y| 1.0 / y.abs().max(1e-12)).collect();
            method.next(&x, &y, &weight, &mut next);
            x.copy_from_slice(&next);
        }
        panic!("did not settle");
    }

    #[test]
    fn anderson_solves_a_linear_problem_in_about_its_dimension() {
        assert!(passes(&mut Anderson::new(5)) <= 7);
    }

    #[test]
    fn broyden_solves_it_in_a_few_more_and_damping_in_many() {
        let broyden = passes(&mut Broyden::new());
        let damped = passes(&mut Damped::new(0.5));
        assert!(broyden <= 12, "{broyden}");
        assert!(damped > 10 * broyden, "{damped}");
    }
}
