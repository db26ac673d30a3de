//! Derivatives by extrapolated differences.

/// Slopes of all numbers of `at` at 0 by central differences of two widths, extrapolated (fourth order), each with its doubt: how
/// far the two widths differ. `here` is the value at 0; `at` gives `None` where there is none.
///
/// Where there is a value on one side only, by differences of second order to that side, extrapolated likewise; `None` where there
/// is one on neither.
pub fn slopes(at: impl Fn(f64) -> Option<Vec<f64>>, here: &[f64], step: f64) -> Option<Vec<(f64, f64)>> {
    let pair = |wide: f64, narrow: f64| {
        let best = (4.0 * narrow - wide) / 3.0;
        (best / step, (narrow - wide).abs() / step)
    };
    let ends = |shifts: [f64; 4]| {
        let found = shifts.map(|shift| at(shift * step).filter(|there| there.len() == here.len()));
        let [Some(a), Some(b), Some(c), Some(d)] = found else { return None };
        Some([a, b, c, d])
    };
    if let Some([far_below, below, above, far_above]) = ends([-1.0, -0.5, 0.5, 1.0]) {
        let each = |i: usize| pair((far_above[i] - far_below[i]) / 2.0, above[i] - below[i]);
        return Some((0..here.len()).map(each).collect());
    }
    let (side, [near, middle, far, _]) = [1.0, -1.0]
        .into_iter()
        .find_map(|side| ends([0.5, 1.0, 2.0, 2.0].map(|shift| side * shift)).map(|found| (side, found)))?;
    let each = |i: usize| {
        let three = |h: f64, one: f64, two: f64| side * (4.0 * one - 3.0 * here[i] - two) / (2.0 * h);
        pair(three(1.0, middle[i], far[i]), three(0.5, near[i], middle[i]))
    };
    Some((0..here.len()).map(each).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_and_one() {
        let both = slopes(|x| Some(vec![(1.0 + x).ln(), x * x * x]), &[0.0, 0.0], 1e-2).unwrap();
        assert!((both[0].0 - 1.0).abs() < 1e-8 && both[0].1 > 1e-6 && both[1].0.abs() < 1e-15);
        for side in [1.0, -1.0] {
            let root = |x: f64| (x * side >= 0.0).then(|| vec![x.exp()]);
            let one = slopes(root, &[1.0], 1e-3).unwrap()[0];
            assert!((one.0 - 1.0).abs() < 1e-6, "{side}: {one:?}");
        }
        assert!(slopes(|_| None, &[1.0], 1e-3).is_none());
    }
}
