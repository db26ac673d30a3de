//! Wanted amounts that add up to what there is, though the solver's answer does so to its residual alone.
//!
//! Amounts change by balanced reactions, and what no reaction of its own sets (the primary state of each element, the largest exchange of
//! electrons) follows by difference. Where nearly all of an element is solid, that difference is smaller than the residual and may be
//! negative. Then all amounts move together, by the factors that a change of the components' activities would give them: they stay
//! positive, traces follow the large amounts, and the sums come out (the nearest amounts in relative entropy; I. Csiszár, *Ann.
//! Probab.* 3 (1975) 146).

use super::cell::Wanted;
use super::{Made, Medium};
use crate::equilibrium::linear;

const STEPS: usize = 40;
/// Largest change of the logarithm of an amount in one step.
const LEAP: f64 = 2.0;

/// What the amounts have to add up to, row by row: each element (by its primary state), and last the electrons.
struct Sums {
    /// Count of each amount (solids, gases, states) in each row.
    counts: Vec<Vec<f64>>,
    wanted: Vec<f64>,
}

impl Medium {
    /// Moves wanted amounts until they add up to those at hand; `now` are the dissolved states.
    pub(super) fn close(
        &self,
        amounts: &[f64],
        now: &[f64],
        solids: &[usize],
        gas: bool,
        wanted: &mut Wanted,
    ) {
        let gases = if gas { self.gases.as_slice() } else { &[] };
        let reacting: Vec<_> = solids.iter().map(|at| &self.solids[*at]).chain(gases).collect();
        let mut columns: Vec<Vec<f64>> = reacting.iter().map(|own| self.column(&own.made)).collect();
        let alone = |at: usize| Made { states: vec![(at, 1.0)], ..Made::default() };
        columns.extend((0..self.states.len()).map(|at| self.column(&alone(at))));
        let there: Vec<f64> =
            reacting.iter().map(|own| amounts[own.species.0]).chain(now.iter().copied()).collect();
        let start: Vec<f64> =
            wanted.solids.iter().chain(&wanted.gases).chain(&wanted.states).copied().collect();
        let rows = 0..self.states.len() + 1;
        let sum =
            |row: usize, x: &[f64]| columns.iter().zip(x).map(|(column, x)| column[row] * x).sum::<f64>();
        let held =
            |row: &usize| columns.iter().zip(&start).any(|(column, x)| column[*row] != 0.0 && *x > 0.0);
        let rows: Vec<usize> = rows.filter(held).collect();
        let sums = Sums {
            counts: rows.iter().map(|row| columns.iter().map(|column| column[*row]).collect()).collect(),
            wanted: rows.iter().map(|row| sum(*row, &there)).collect(),
        };
        let met = sums.meet(&start);
        let (solid, rest) = met.split_at(wanted.solids.len());
        let (gaseous, states) = rest.split_at(wanted.gases.len());
        wanted.solids.copy_from_slice(solid);
        wanted.gases.copy_from_slice(gaseous);
        wanted.states.copy_from_slice(states);
    }

    /// What one mole counts in each row: primary states, and last electrons.
    fn column(&self, made: &Made) -> Vec<f64> {
        let mut column = vec![0.0; self.states.len() + 1];
        let last = self.states.len();
        column[last] += made.electrons;
        for (at, k) in &made.states {
            match self.states[*at].half {
                None => column[*at] += k,
                Some(half) => {
                    column[last] += k * half.electrons;
                    if let Some(primary) = half.primary {
                        column[primary] += k * half.ratio;
                    }
                }
            }
        }
        column
    }
}

impl Sums {
    /// The amounts moved by factors, as far as these bring the sums nearer.
    fn meet(&self, start: &[f64]) -> Vec<f64> {
        let n = self.wanted.len();
        let width = linear::width(n, 1);
        let mut exponents = vec![0.0; start.len()];
        let mut best = (f64::INFINITY, start.to_vec());
        for _ in 0..STEPS {
            let amounts: Vec<f64> =
                start.iter().zip(&exponents).map(|(x, e): (&f64, &f64)| x * e.exp()).collect();
            let (off, left) = self.left(&amounts);
            if off >= best.0 {
                break; // rounding
            }
            best = (off, amounts);
            let mut matrix = vec![0.0; n * width];
            for (row, own) in matrix.chunks_exact_mut(width).zip(&self.counts) {
                for (x, other) in row.iter_mut().zip(&self.counts) {
                    *x = own.iter().zip(other).zip(&best.1).map(|((a, b), n)| a * b * n).sum();
                }
            }
            matrix.chunks_exact_mut(width).zip(&left).for_each(|(row, left)| row[n] = *left);
            if !linear::solve(&mut matrix, n, width) {
                break;
            }
            let along = |column: usize| -> f64 {
                let rows = matrix.chunks_exact(width).zip(&self.counts);
                rows.map(|(row, counts)| row[n] * counts[column]).sum()
            };
            let steps: Vec<f64> = (0..start.len()).map(along).collect();
            let largest =
                steps.iter().zip(start).filter(|(_, x)| **x > 0.0).fold(0.0_f64, |m, (s, _)| m.max(s.abs()));
            let factor = if largest > LEAP { LEAP / largest } else { 1.0 };
            if !largest.is_finite() {
                break;
            }
            exponents.iter_mut().zip(&steps).for_each(|(e, step)| *e += factor * step);
        }
        best.1
    }

    /// What is missing in each row, and the largest of it over the size of its row.
    fn left(&self, amounts: &[f64]) -> (f64, Vec<f64>) {
        let mut worst = 0.0_f64;
        let rows = self.counts.iter().zip(&self.wanted).map(|(counts, wanted)| {
            let terms = counts.iter().zip(amounts).map(|(count, n)| count * n);
            let (sum, size) =
                terms.fold((0.0, wanted.abs()), |(sum, size), x: f64| (sum + x, size + x.abs()));
            worst = worst.max((wanted - sum).abs() / size.max(f64::MIN_POSITIVE));
            wanted - sum
        });
        let left = rows.collect();
        (worst, left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An element nearly all solid, its dissolved trace below what the solid is off by: 3e-10 too much solid beside 1e-10 dissolved as
    /// two states that electrons tie together. The answer is known: with no electrons free the states stand 3 to 2.
    #[test]
    fn traces_follow_what_is_solid() {
        // columns: solid, primary, secondary; the solid and the secondary take 2 and 5 electrons
        let sums = Sums { counts: vec![vec![1.0, 1.0, 1.0], vec![-2.0, 0.0, -5.0]], wanted: vec![0.2, -0.4] };
        let met = sums.meet(&[0.2 + 3e-10, 6e-11, 4e-11]);
        assert!((met[0] + met[1] + met[2] - 0.2).abs() < 1e-16, "{met:?}");
        assert!(met.iter().all(|n| *n > 0.0), "{met:?}");
        assert!((met[1] / met[2] - 1.5).abs() < 1e-4, "{met:?}");
    }
}
