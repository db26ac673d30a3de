//! Linear equations of a counter-current train, stage by stage.
//!
//! With A and B the effect of the extents on a stage's equations through its aqueous and its organic phase, and E the
//! efficiency, stage s asks
//!
//! ```text
//! A Σ_{t ≤ s} ξ(t)  +  B (ξ(s)/E + Σ_{t > s} ξ(t))  =  w(s)
//! ```
//! The stages up to s−1 answer extents R that happen after them with the sum c + (S − 1) R of their own: S is 1 before the
//! first stage and falls towards 0 where a train takes up again what a stage further on returns. This embedding keeps S a
//! product of quotients of like terms, without the growth of errors of a march from one end (R. Bellman and G. M. Wing,
//! *An Introduction to Invariant Imbedding*, Wiley 1975). Of m reactions and N stages it costs N m³ operations where the
//! whole matrix would cost (N m)³/3.

use crate::numerics::dense::eliminate;

/// The equations of the stage at hand, and what the elimination keeps of those before it. Matrices lie row by row.
pub(super) struct Train {
    m: usize,
    /// A and B, `[equation, reaction]`.
    pub(super) blocks: [Vec<f64>; 2],
    /// w.
    pub(super) wanted: Vec<f64>,
    /// S and behind it c: the answer of the stages passed.
    answer: Vec<f64>,
    /// The next answer while it is calculated.
    next: Vec<f64>,
    /// A S + B/E of each stage, and behind it what is divided by it: G and f of Σ_{t ≥ s} ξ(t) = f + G Σ_{t > s} ξ(t).
    systems: Vec<f64>,
}

impl Train {
    pub(super) fn new(stages: usize, m: usize) -> Train {
        Train {
            m,
            blocks: [vec![0.0; m * m], vec![0.0; m * m]],
            wanted: vec![0.0; m],
            answer: vec![0.0; m * (m + 1)],
            next: vec![0.0; m * (m + 1)],
            systems: vec![0.0; stages * m * (2 * m + 1)],
        }
    }

    /// Before the first stage.
    pub(super) fn begin(&mut self) {
        self.answer.fill(0.0);
        self.answer.iter_mut().step_by(self.m + 2).for_each(|diagonal| *diagonal = 1.0);
    }

    /// Takes the stage in whose equations are filled in; `None` if they are singular.
    pub(super) fn pass(&mut self, stage: usize, efficiency: f64) -> Option<()> {
        let (m, wide) = (self.m, self.m + 1);
        let (share, rest) = (efficiency.recip(), efficiency.recip() - 1.0);
        let system = &mut self.systems[stage * m * (m + wide)..(stage + 1) * m * (m + wide)];
        for (a, row) in system.chunks_exact_mut(m + wide).enumerate() {
            let [aqueous, organic] = [0, 1].map(|side| &self.blocks[side][a * m..(a + 1) * m]);
            let through = &mut self.next[..wide];
            multiply(aqueous, self.answer.chunks_exact(wide), through);
            for q in 0..m {
                row[q] = through[q] + organic[q] * share;
                row[m + q] = aqueous[q] + organic[q] * rest;
            }
            row[2 * m] = self.wanted[a] - through[m];
        }
        if !eliminate(system, m, m + wide) {
            return None;
        }
        for (next, answer) in self.next.chunks_exact_mut(wide).zip(self.answer.chunks_exact(wide)) {
            multiply(&answer[..m], system.chunks_exact(m + wide).map(|row| &row[m..]), next);
            next[m] += answer[m];
        }
        std::mem::swap(&mut self.answer, &mut self.next);
        Some(())
    }

    /// ξ of all stages passed, `[stage, reaction]`.
    pub(super) fn extents(&mut self, extents: &mut [f64]) {
        let (m, wide) = (self.m, self.m + 1);
        let (mut after, mut here) = self.next[..2 * m].split_at_mut(m);
        after.fill(0.0);
        for (own, system) in extents.chunks_exact_mut(m).zip(self.systems.chunks_exact(m * (m + wide))).rev()
        {
            let rows = system.chunks_exact(m + wide).map(|row| row[m..].split_at(m));
            for ((extent, here), ((gain, f), before)) in
                own.iter_mut().zip(here.iter_mut()).zip(rows.zip(after.iter()))
            {
                *here = gain.iter().zip(after.iter()).fold(f[0], |sum, (gain, after)| sum + gain * after);
                *extent = *here - before;
            }
            std::mem::swap(&mut after, &mut here);
        }
    }
}

/// A row times a matrix; four sums at a time, kept out of memory until they are whole.
#[inline(always)]
fn multiply<'a>(row: &[f64], matrix: impl Iterator<Item = &'a [f64]> + Clone, product: &mut [f64]) {
    for (part, sums) in product.chunks_mut(4).enumerate() {
        let mut own = [0.0; 4];
        for (factor, entries) in row.iter().zip(matrix.clone()) {
            let entries = &entries[4 * part..];
            own.iter_mut().zip(entries).for_each(|(own, entry)| *own += factor * entry);
        }
        sums.iter_mut().zip(own).for_each(|(sum, own)| *sum = own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The equations hold, with A and B the sums of outer products that mass action makes of them.
        #[test]
        fn stages_eliminated_in_turn_solve_the_whole(
            stages in 1_usize..9,
            efficiency in 0.3..1.0_f64,
            logs in prop::collection::vec(-4.0..4.0_f64, 9 * 2 * 3),
            wanted in prop::collection::vec(-1.0..1.0_f64, 9 * 2),
        ) {
            let m = 2;
            let nu = [[1.0, 0.5], [0.0, 1.0], [2.0, 1.0]];
            let block = |stage: usize, side: usize| -> Vec<f64> {
                let weight = |i: usize| 10_f64.powf(logs[(stage * 2 + side) * 3 + i]);
                let entry = |at: usize| (0..3).map(|i| nu[i][at / m] * nu[i][at % m] * weight(i)).sum();
                (0..m * m).map(entry).collect()
            };
            let mut train = Train::new(stages, m);
            train.begin();
            for stage in 0..stages {
                train.blocks = [block(stage, 0), block(stage, 1)];
                train.wanted.copy_from_slice(&wanted[stage * m..(stage + 1) * m]);
                prop_assert!(train.pass(stage, efficiency).is_some());
            }
            let mut extents = vec![0.0; stages * m];
            train.extents(&mut extents);
            for stage in 0..stages {
                let [aqueous, organic] = [block(stage, 0), block(stage, 1)];
                for a in 0..m {
                    let (mut sum, mut size) = (0.0, 0.0_f64);
                    for (at, extent) in extents.iter().enumerate() {
                        let (t, q) = (at / m, at % m);
                        let by = if t <= stage { aqueous[a * m + q] } else { 0.0 }
                            + if t > stage { organic[a * m + q] } else { 0.0 }
                            + if t == stage { organic[a * m + q] / efficiency } else { 0.0 };
                        sum += by * extent;
                        size += (by * extent).abs();
                    }
                    prop_assert!((sum - wanted[stage * m + a]).abs() < 1e-9 * size, "stage {stage}: {sum}");
                }
            }
        }
    }
}
