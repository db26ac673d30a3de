//! Gaussian elimination in place for the small systems of a Newton step.

const LANE: usize = 4; // numbers of a row that are worked on together

/// Length of a row that holds `n` coefficients and `columns` right sides, rounded up to whole lanes.
pub(super) fn width(n: usize, columns: usize) -> usize {
    (n + columns).next_multiple_of(LANE)
}

/// Solves `A X = B`; `a` is row-major, `n` rows of [`width`] numbers: the coefficients, then the right sides, in whose
/// place the solution is left. Rows are scaled by their largest coefficient, and the diagonal is the pivot unless another
/// is ten times as large, so that the zeros of a well-ordered matrix stay: rows with a zero are passed over. False if
/// singular.
pub(super) fn solve(a: &mut [f64], n: usize, width: usize) -> bool {
    for row in a.chunks_exact_mut(width).take(n) {
        let largest = largest(&row[..n]);
        if !(largest > 0.0 && largest.is_finite()) {
            return false;
        }
        let factor = 1.0 / largest;
        row.iter_mut().for_each(|x| *x *= factor);
    }
    for k in 0..n {
        let Some(pivot) = pivot(a, k, n, width) else { return false };
        let (upper, lower) = a.split_at_mut((k + 1) * width);
        let top = &mut upper[k * width..];
        if pivot != k {
            let at = (pivot - k - 1) * width;
            top.swap_with_slice(&mut lower[at..at + width]);
        }
        let inverse = 1.0 / top[k];
        for row in lower.chunks_exact_mut(width).take(n - k - 1) {
            if row[k] != 0.0 {
                subtract(row, top, row[k] * inverse, k);
                row[k] = 0.0;
            }
        }
    }
    for k in (0..n).rev() {
        let (upper, lower) = a.split_at_mut(k * width);
        let row = &mut lower[..width];
        let inverse = 1.0 / row[k];
        row[n..].iter_mut().for_each(|x| *x *= inverse);
        row[k] = 1.0;
        for above in upper.chunks_exact_mut(width) {
            if above[k] != 0.0 {
                subtract(above, row, above[k], n);
            }
        }
    }
    true
}

/// `row -= factor · other` in the lanes from that of column `from`.
#[inline(always)]
fn subtract(row: &mut [f64], other: &[f64], factor: f64, from: usize) {
    let (row, _) = row.as_chunks_mut::<LANE>();
    let (other, _) = other.as_chunks::<LANE>();
    for (x, y) in row[from / LANE..].iter_mut().zip(&other[from / LANE..]) {
        *x = std::array::from_fn(|i| x[i] - factor * y[i]); // by value: becomes vector instructions
    }
}

fn pivot(a: &[f64], k: usize, n: usize, width: usize) -> Option<usize> {
    let mut pivot = k;
    let mut largest = a[k * width + k].abs();
    let mut to_beat = 10.0 * largest;
    for (i, row) in a.chunks_exact(width).enumerate().take(n).skip(k + 1) {
        let x = row[k].abs();
        if x > to_beat {
            (pivot, largest, to_beat) = (i, x, x);
        }
    }
    (largest >= 1e-14).then_some(pivot)
}

/// The largest size, in four chains that run side by side.
fn largest(row: &[f64]) -> f64 {
    let mut best = [0.0_f64; 4];
    let (chunks, rest) = row.as_chunks::<4>();
    for chunk in chunks {
        for (max, x) in best.iter_mut().zip(chunk) {
            *max = if x.abs() > *max { x.abs() } else { *max };
        }
    }
    rest.iter().chain(&best).fold(0.0, |max, x| if x.abs() > max { x.abs() } else { max })
}

#[cfg(test)]
mod tests {
    use super::{solve, width};

    fn padded(rows: &[&[f64]]) -> Vec<f64> {
        let width = width(rows[0].len(), 0);
        rows.iter()
            .flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(0.0, width - row.len())))
            .collect()
    }

    #[test]
    fn two_right_sides() {
        let mut a = padded(&[&[0.0, 2.0, 4.0, 2.0], &[1.0, 1.0, 3.0, 1.5]]); // 2 y = 4 (2), x + y = 3 (1.5)
        assert!(solve(&mut a, 2, 4));
        assert_eq!(&a[2..4], &[1.0, 0.5]);
        assert_eq!(&a[6..8], &[2.0, 1.0]);
        assert!(!solve(&mut padded(&[&[1.0, 1.0, 1.0], &[1.0, 1.0, 2.0]]), 2, 4));
    }

    #[test]
    fn hilbert_like_matrices_of_all_sizes() {
        // A X = A gives X = 1: entries 1/(i + k + 1), 2 more on the diagonal
        for n in 1..30 {
            let width = width(n, n);
            let entry = |i: usize, k: usize| 1.0 / (i + k + 1) as f64 + if i == k { 2.0 } else { 0.0 };
            let mut a = vec![0.0; n * width];
            for i in 0..n {
                for k in 0..n {
                    a[i * width + k] = entry(i, (k + 3) % n); // the large ones off the diagonal
                    a[i * width + n + k] = entry(i, (k + 3) % n);
                }
            }
            assert!(solve(&mut a, n, width));
            for (i, k) in (0..n).flat_map(|i| (0..n).map(move |k| (i, k))) {
                let want = if i == k { 1.0 } else { 0.0 };
                assert!((a[i * width + n + k] - want).abs() < 1e-12, "{n}: {i} {k}");
            }
        }
    }
}
