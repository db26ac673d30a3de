//! Gaussian elimination in place for the small dense systems of a Newton step.

/// Solves `A X = B` for `columns` right sides; `a` is row-major `n × (n + columns)` with the right sides behind. On success
/// the right sides hold the solution. Rows are scaled by their largest coefficient. False if singular.
pub(super) fn solve(a: &mut [f64], n: usize, columns: usize) -> bool {
    let width = n + columns;
    for row in a.chunks_exact_mut(width).take(n) {
        let largest = row[..n].iter().fold(0.0_f64, |max, x| max.max(x.abs()));
        if !(largest > 0.0 && largest.is_finite()) {
            return false;
        }
        let factor = 1.0 / largest;
        row.iter_mut().for_each(|x| *x *= factor);
    }
    for k in 0..n {
        let mut pivot = k;
        let mut largest = a[k * width + k].abs();
        for i in k + 1..n {
            let x = a[i * width + k].abs();
            if x > largest {
                (pivot, largest) = (i, x);
            }
        }
        if largest < 1e-14 {
            return false;
        }
        let (upper, lower) = a.split_at_mut((k + 1) * width);
        let top = &mut upper[k * width..];
        if pivot != k {
            let at = (pivot - k - 1) * width;
            top[k..].swap_with_slice(&mut lower[at + k..at + width]);
        }
        let inverse = 1.0 / top[k];
        for row in lower.chunks_exact_mut(width).take(n - k - 1) {
            let factor = row[k] * inverse;
            if factor != 0.0 {
                row[k + 1..].iter_mut().zip(&top[k + 1..]).for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    for k in (0..n).rev() {
        let (upper, lower) = a.split_at_mut(k * width);
        let row = &mut lower[..width];
        let inverse = 1.0 / row[k];
        row[n..].iter_mut().for_each(|x| *x *= inverse);
        for above in upper.chunks_exact_mut(width) {
            let factor = above[k];
            if factor != 0.0 {
                above[n..].iter_mut().zip(&row[n..]).for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_right_sides() {
        let mut a = vec![0.0, 2.0, 4.0, 2.0, 1.0, 1.0, 3.0, 1.5]; // 2 y = 4 (2), x + y = 3 (1.5)
        assert!(super::solve(&mut a, 2, 2));
        assert_eq!(&a[2..4], &[1.0, 0.5]);
        assert_eq!(&a[6..8], &[2.0, 1.0]);
        assert!(!super::solve(&mut [1.0, 1.0, 1.0, 1.0, 1.0, 2.0], 2, 1));
    }
}
