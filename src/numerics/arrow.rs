//! Linear systems of many local states that meet only through a small border.
//!
//! ```text
//!     | D   B Q |        D diagonal: a local state acts on itself only
//! J = |         |        B Q     : the border acts on local states through a few intermediates per group
//!     | P C  E  |        P C     : local states act on the border through one sum per group
//! ```
//! so that `(s I - J) x = b` costs a few operations per local state and one small dense system.

use super::Scalar;
use super::dense::DenseLu;

/// Local states that share their coupling to the border.
#[derive(Clone, Debug)]
pub struct ArrowGroup<S = f64> {
    /// First local state.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// How many intermediates the border acts through.
    pub intermediates: usize,
    /// `B`, intermediate by intermediate: `gain[q * len + i]`, the derivative of local rate `i` by intermediate `q`.
    pub gain: Vec<S>,
    /// `Q`, row by row: derivative of intermediate `q` by border state `r` at `q * border + r`.
    pub through: Vec<S>,
    /// `C`: derivative of the group's sum by local state `i`.
    pub weight: Vec<S>,
    /// `P`: derivative of border rate `r` by the group's sum.
    pub effect: Vec<S>,
    weighted: Vec<S>, // weight / (shift - diagonal)
}

impl<S> Default for ArrowGroup<S> {
    fn default() -> ArrowGroup<S> {
        ArrowGroup {
            start: 0,
            end: 0,
            intermediates: 0,
            gain: Vec::new(),
            through: Vec::new(),
            weight: Vec::new(),
            effect: Vec::new(),
            weighted: Vec::new(),
        }
    }
}

impl<S> ArrowGroup<S> {
    fn len(&self) -> usize {
        self.end - self.start
    }
}

/// The matrix and the factors of `shift I - J`.
#[derive(Clone, Debug)]
pub struct Arrow<S = f64> {
    /// `D`.
    pub diagonal: Vec<S>,
    /// `E`, row by row.
    pub corner: Vec<S>,
    /// The groups, in order and without overlap.
    pub groups: Vec<ArrowGroup<S>>,
    border: usize,
    inverse: Vec<S>, // 1 / (shift - diagonal)
    lu: DenseLu<S>,
}

impl<S> Default for Arrow<S> {
    fn default() -> Arrow<S> {
        Arrow {
            diagonal: Vec::new(),
            corner: Vec::new(),
            groups: Vec::new(),
            border: 0,
            inverse: Vec::new(),
            lu: DenseLu::default(),
        }
    }
}

impl<S: Scalar> Arrow<S> {
    /// Sets the sizes; `groups` lists length and number of intermediates. Keeps the memory.
    pub fn reset(&mut self, groups: impl IntoIterator<Item = (usize, usize)>, border: usize) {
        self.border = border;
        let mut at = 0;
        let mut count = 0;
        for (length, intermediates) in groups {
            if count == self.groups.len() {
                self.groups.push(ArrowGroup::default());
            }
            let group = &mut self.groups[count];
            (group.start, group.end, group.intermediates) = (at, at + length, intermediates);
            resize(&mut group.gain, length * intermediates);
            resize(&mut group.through, intermediates * border);
            resize(&mut group.weight, length);
            resize(&mut group.weighted, length);
            resize(&mut group.effect, border);
            at += length;
            count += 1;
        }
        self.groups.truncate(count);
        resize(&mut self.diagonal, at);
        resize(&mut self.inverse, at);
        resize(&mut self.corner, border * border);
    }

    /// Factors `shift I - J`; `false` if it is singular.
    pub fn factorise(&mut self, shift: f64) -> bool {
        let m = self.border;
        for (inverse, diagonal) in self.inverse.iter_mut().zip(&self.diagonal) {
            *inverse = (S::from(shift) - *diagonal).recip();
        }
        self.lu.reset(m);
        let entries = self.lu.entries_mut();
        for (entry, corner) in entries.iter_mut().zip(&self.corner) {
            *entry = -*corner;
        }
        for r in 0..m {
            entries[r * m + r] += S::from(shift);
        }
        for group in &mut self.groups {
            let length = group.len();
            let inverse = &self.inverse[group.start..group.end];
            for ((weighted, weight), inverse) in group.weighted.iter_mut().zip(&group.weight).zip(inverse) {
                *weighted = *weight * *inverse;
            }
            for q in 0..group.intermediates {
                let gain = &group.gain[q * length..(q + 1) * length];
                let sum = dot(&group.weighted, gain);
                for r in (0..m).filter(|r| !group.effect[*r].is_zero()) {
                    let factor = group.effect[r] * sum;
                    let through = &group.through[q * m..(q + 1) * m];
                    for (entry, through) in entries[r * m..(r + 1) * m].iter_mut().zip(through) {
                        *entry -= factor * *through;
                    }
                }
            }
        }
        self.lu.factorise()
    }

    /// Replaces `b` (local states, then border) by the solution of `(shift I - J) x = b`.
    pub fn solve(&mut self, b: &mut [S]) {
        let m = self.border;
        let (local, border) = b.split_at_mut(self.diagonal.len());
        for group in &self.groups {
            let sum = dot(&group.weighted, &local[group.start..group.end]);
            for (own, effect) in border.iter_mut().zip(&group.effect) {
                *own += *effect * sum;
            }
        }
        self.lu.solve(border);
        for group in &self.groups {
            let length = group.len();
            let own = &mut local[group.start..group.end];
            for q in 0..group.intermediates {
                let push = dot(&group.through[q * m..(q + 1) * m], border);
                let gain = &group.gain[q * length..(q + 1) * length];
                for (own, gain) in own.iter_mut().zip(gain) {
                    *own += *gain * push;
                }
            }
            for (own, inverse) in own.iter_mut().zip(&self.inverse[group.start..group.end]) {
                *own *= *inverse;
            }
        }
    }
}

fn resize<S: Scalar>(values: &mut Vec<S>, length: usize) {
    values.clear();
    values.resize(length, S::from(0.0));
}

/// Scalar product in four running sums, which the compiler can keep in lanes.
#[inline(always)]
pub(crate) fn dot<S: Scalar>(a: &[S], b: &[S]) -> S {
    let mut sums = [S::from(0.0); 4];
    let (heads_a, heads_b) = (a.chunks_exact(4), b.chunks_exact(4));
    let (rest_a, rest_b) = (heads_a.remainder(), heads_b.remainder());
    for (x, y) in heads_a.zip(heads_b) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest = rest_a.iter().zip(rest_b).fold(S::from(0.0), |sum, (x, y)| sum + *x * *y);
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_dense_solution() {
        let (border, sizes) = (2, [(3, 2), (4, 1)]);
        let mut arrow = Arrow::<f64>::default();
        arrow.reset(sizes, border);
        let mut seed = 1.0_f64;
        let mut random = || {
            seed = (seed * 78.233).sin() * 43758.5453;
            seed -= seed.floor();
            seed - 0.5
        };
        arrow.diagonal.iter_mut().chain(&mut arrow.corner).for_each(|x| *x = random());
        for group in &mut arrow.groups {
            let parts = [&mut group.gain, &mut group.through, &mut group.weight, &mut group.effect];
            parts.into_iter().flatten().for_each(|x| *x = random());
        }
        let (locals, n, shift) = (7, 9, 3.0);
        let mut dense = vec![0.0; n * n];
        for i in 0..locals {
            dense[i * n + i] = arrow.diagonal[i];
        }
        for group in &arrow.groups {
            for i in group.start..group.end {
                for r in 0..border {
                    for q in 0..group.intermediates {
                        let gain = group.gain[q * (group.end - group.start) + i - group.start];
                        dense[i * n + locals + r] += gain * group.through[q * border + r];
                    }
                    dense[(locals + r) * n + i] = group.effect[r] * group.weight[i - group.start];
                }
            }
        }
        for r in 0..border {
            for c in 0..border {
                dense[(locals + r) * n + locals + c] = arrow.corner[r * border + c];
            }
        }
        let b: Vec<f64> = (0..n).map(|_| random()).collect();
        let mut x = b.clone();
        assert!(arrow.factorise(shift));
        arrow.solve(&mut x);
        for i in 0..n {
            let row: f64 = (0..n).map(|j| dense[i * n + j] * x[j]).sum();
            assert!((shift * x[i] - row - b[i]).abs() < 1e-13, "row {i}");
        }
    }
}
