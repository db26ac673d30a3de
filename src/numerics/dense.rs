//! Dense linear systems, factored in place, without allocation after set-up.

use super::Scalar;

/// LU factors of a square matrix with row pivoting; lanes have their pivots in common.
#[derive(Clone, Debug)]
pub struct DenseLu<S = f64> {
    size: usize,
    entries: Vec<S>, // row-major
    columns: Vec<S>, // the factors, column-major: substitution by columns waits for one product a row, not for a sum
    pivots: Vec<usize>,
    inverse: Vec<S>, // of the diagonal of U
}

impl<S> Default for DenseLu<S> {
    fn default() -> DenseLu<S> {
        DenseLu { size: 0, entries: Vec::new(), columns: Vec::new(), pivots: Vec::new(), inverse: Vec::new() }
    }
}

impl<S: Scalar> DenseLu<S> {
    /// Sets the size and zeroes the entries; keeps the memory.
    pub fn reset(&mut self, size: usize) {
        self.size = size;
        self.entries.clear();
        self.entries.resize(size * size, S::from(0.0));
        self.columns.resize(size * size, S::from(0.0));
        self.pivots.resize(size, 0);
        self.inverse.resize(size, S::from(0.0));
    }

    /// The matrix, row by row; to be filled before [`DenseLu::factorise`].
    pub fn entries_mut(&mut self) -> &mut [S] {
        &mut self.entries
    }

    /// Factors the matrix; `false` if it is singular or holds a NaN.
    pub fn factorise(&mut self) -> bool {
        let n = self.size;
        for k in 0..n {
            let Some(pivot) = pivot(&self.entries, k, n, n) else { return false };
            self.pivots[k] = pivot;
            if pivot != k {
                for column in 0..n {
                    self.entries.swap(k * n + column, pivot * n + column);
                }
            }
            let inverse = self.entries[k * n + k].recip();
            self.inverse[k] = inverse;
            let (upper, lower) = self.entries.split_at_mut((k + 1) * n);
            let pivot_row = &upper[k * n + k + 1..];
            for row in lower.chunks_exact_mut(n) {
                let factor = row[k] * inverse;
                row[k] = factor;
                if !factor.is_zero() {
                    for (own, above) in row[k + 1..].iter_mut().zip(pivot_row) {
                        *own -= factor * *above;
                    }
                }
            }
        }
        for (column, own) in self.columns.chunks_exact_mut(n.max(1)).enumerate() {
            for (entry, row) in own.iter_mut().zip(self.entries.chunks_exact(n.max(1))) {
                *entry = row[column];
            }
        }
        true
    }

    /// Replaces `b` by the solution; the matrix must have been factored.
    pub fn solve(&self, b: &mut [S]) {
        let n = self.size;
        for k in 0..n {
            b.swap(k, self.pivots[k]);
        }
        for k in 0..n {
            let (head, rest) = b.split_at_mut(k + 1);
            take_off(rest, &self.columns[k * n + k + 1..(k + 1) * n], head[k]);
        }
        for k in (0..n).rev() {
            let (rest, tail) = b.split_at_mut(k);
            tail[0] *= self.inverse[k];
            take_off(rest, &self.columns[k * n..k * n + k], tail[0]);
        }
    }
}

/// The row of the largest entry of column `k`, from row `k` of `n` on; `None` if there is none but zero, or one is not a number.
fn pivot<S: Scalar>(rows: &[S], k: usize, n: usize, width: usize) -> Option<usize> {
    let (mut pivot, mut largest) = (k, 0.0);
    for row in k..n {
        let size = rows[row * width + k].smallest();
        if size > largest {
            (pivot, largest) = (row, size);
        }
    }
    (largest > 0.0 && largest.is_finite()).then_some(pivot)
}

/// `from -= what * factor`.
#[inline(always)]
fn take_off<S: Scalar>(from: &mut [S], what: &[S], factor: S) {
    for (from, what) in from.iter_mut().zip(what) {
        *from -= *what * factor;
    }
}

/// Divides the last `width − n` columns of `rows`, row by row, by the matrix of its first `n` (Gauss and Jordan, with pivots of
/// rows): for a small matrix and many right-hand sides. `false` if it is singular or holds a NaN.
pub fn eliminate(rows: &mut [f64], n: usize, width: usize) -> bool {
    for k in 0..n {
        let Some(pivot) = pivot(rows, k, n, width) else { return false };
        if pivot != k {
            let (upper, lower) = rows.split_at_mut(pivot * width);
            upper[k * width..(k + 1) * width].swap_with_slice(&mut lower[..width]);
        }
        let (above, rest) = rows.split_at_mut(k * width);
        let (own, below) = rest.split_at_mut(width);
        let inverse = own[k].recip();
        own[k + 1..].iter_mut().for_each(|entry| *entry *= inverse);
        for row in above.chunks_exact_mut(width).chain(below.chunks_exact_mut(width)) {
            let factor = row[k];
            row[k + 1..].iter_mut().zip(&own[k + 1..]).for_each(|(entry, own)| *entry -= factor * own);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_by_a_matrix_gives_back_what_was_multiplied() {
        let (matrix, want) =
            ([[0.0, 2.0, 1.0], [1.0, 1e-9, 3.0], [4.0, 5.0, 6.0]], [[1.5, 7.0], [-2.0, 0.5], [0.25, 3.0]]);
        let product = |row: &[f64; 3], column: usize| (0..3).map(|i| row[i] * want[i][column]).sum::<f64>();
        let mut rows: Vec<f64> = matrix
            .iter()
            .flat_map(|row| row.iter().copied().chain([product(row, 0), product(row, 1)]))
            .collect();
        assert!(eliminate(&mut rows, 3, 5));
        for (got, want) in rows.chunks(5).zip(want) {
            assert!((got[3] - want[0]).abs() < 1e-12 && (got[4] - want[1]).abs() < 1e-12, "{got:?}");
        }
        assert!(!eliminate(&mut [1.0, 2.0, 2.0, 4.0], 2, 2));
        assert!(!eliminate(&mut [f64::NAN], 1, 1));
    }

    #[test]
    fn solves_what_needs_pivoting() {
        let mut lu = DenseLu::<f64>::default();
        lu.reset(3);
        let matrix = [0.0, 2.0, 1.0, 1.0, 1e-9, 3.0, 4.0, 5.0, 6.0];
        lu.entries_mut().copy_from_slice(&matrix);
        assert!(lu.factorise());
        let want = [1.5, -2.0, 0.25];
        let mut b: Vec<f64> =
            matrix.chunks(3).map(|row| row.iter().zip(want).map(|(a, x)| a * x).sum()).collect();
        lu.solve(&mut b);
        for (got, want) in b.iter().zip(want) {
            assert!((got - want).abs() < 1e-12, "{b:?}");
        }
        lu.reset(2);
        assert!(!lu.factorise());
    }
}
