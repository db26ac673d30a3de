//! Lines of equal value on a rectangular grid, by marching squares.

use super::Grid;

/// Pieces of the line at `level`, each from one point to another in the units of the grid's axes.
///
/// Cells with a NaN corner are left out. In a saddle the mean of the corners decides which are joined.
pub(super) fn segments(grid: &Grid, level: f64) -> Vec<[[f64; 2]; 2]> {
    let (columns, rows) = (grid.x.len(), grid.y.len());
    let mut out = Vec::new();
    if grid.values.len() < columns * rows {
        return out;
    }
    for row in 1..rows {
        for column in 1..columns {
            let value = |c: usize, r: usize| grid.values[r * columns + c] - level;
            // Counter-clockwise from the lower left.
            let corners = [(column - 1, row - 1), (column, row - 1), (column, row), (column - 1, row)];
            let values = corners.map(|(c, r)| value(c, r));
            if values.iter().any(|value| !value.is_finite()) {
                continue;
            }
            let crossing = |edge: usize| {
                let (a, b) = (edge, (edge + 1) % 4);
                if (values[a] > 0.0) == (values[b] > 0.0) {
                    return None;
                }
                let part = values[a] / (values[a] - values[b]);
                let at = |(c, r): (usize, usize)| [grid.x[c], grid.y[r]];
                let ([x1, y1], [x2, y2]) = (at(corners[a]), at(corners[b]));
                Some([x1 + (x2 - x1) * part, y1 + (y2 - y1) * part])
            };
            let cuts: Vec<[f64; 2]> = (0..4).filter_map(crossing).collect();
            match cuts.as_slice() {
                [a, b] => out.push([*a, *b]),
                [a, b, c, d] => {
                    let mean_above = values.iter().sum::<f64>() > 0.0;
                    if mean_above == (values[0] > 0.0) {
                        out.extend([[*a, *b], [*c, *d]]);
                    } else {
                        out.extend([[*d, *a], [*b, *c]]);
                    }
                }
                _ => {}
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_found() {
        let axis: Vec<f64> = (0..=40).map(|i| -2.0 + 0.1 * f64::from(i)).collect();
        let values = axis.iter().flat_map(|y| axis.iter().map(move |x| x * x + y * y)).collect();
        let grid = Grid { x: axis.clone(), y: axis, values, label: String::new(), unit: None };
        let pieces = segments(&grid, 1.0);
        let length: f64 =
            pieces.iter().map(|[[x1, y1], [x2, y2]]| ((x2 - x1).powi(2) + (y2 - y1).powi(2)).sqrt()).sum();
        assert!((length - std::f64::consts::TAU).abs() < 0.02, "{length}");
        assert!(pieces.iter().flatten().all(|[x, y]| (x.hypot(*y) - 1.0).abs() < 5e-3));
        assert!(segments(&grid, 100.0).is_empty());
    }
}
