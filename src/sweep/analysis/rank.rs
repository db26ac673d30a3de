//! Rank correlations between factors and outputs.

use nalgebra::DMatrix;

/// Correlations of one factor with an output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlations {
    /// Linear (Pearson).
    pub linear: f64,
    /// Of ranks (Spearman): any monotonic relation.
    pub rank: f64,
    /// Interval of 95 % confidence of the rank correlation (Fisher's transform).
    pub rank_interval: [f64; 2],
    /// Of ranks, with the other factors' part taken out; NaN where factors are collinear.
    pub partial_rank: f64,
}

/// Correlations of each factor (columns) with `output`; cases without a value are left out.
///
/// The standard error of Fisher's transform of a rank correlation is taken as √(1.06/(n - 3)).
///
/// # Source
/// E. C. Fieller, H. O. Hartley, E. S. Pearson, Biometrika 44 (1957) 470.
pub fn correlations(factors: &[Vec<f64>], output: &[f64]) -> Vec<Correlations> {
    let kept: Vec<usize> = (0..output.len()).filter(|&case| output[case].is_finite()).collect();
    let pick = |column: &[f64]| -> Vec<f64> { kept.iter().map(|&case| column[case]).collect() };
    let values = pick(output);
    let columns: Vec<Vec<f64>> = factors.iter().map(|column| pick(column)).collect();
    let mut ranked: Vec<Vec<f64>> = columns.iter().map(|column| ranks(column)).collect();
    ranked.push(ranks(&values));
    let last = factors.len();
    let size = last + 1;
    let matrix = DMatrix::from_fn(size, size, |row, column| {
        if row == column { 1.0 } else { pearson(&ranked[row], &ranked[column]) }
    });
    let inverse =
        matrix.clone().try_inverse().filter(|inverse| inverse.iter().all(|entry| entry.abs() < 1e10));
    (0..last)
        .map(|factor| {
            let rank = matrix[(factor, last)];
            let width = 1.959_964 * (1.06 / (values.len() as f64 - 3.0)).sqrt();
            let scale = rank.clamp(-1.0 + 1e-15, 1.0 - 1e-15).atanh();
            Correlations {
                linear: pearson(&columns[factor], &values),
                rank,
                rank_interval: [(scale - width).tanh(), (scale + width).tanh()],
                partial_rank: inverse.as_ref().map_or(f64::NAN, |inverse| {
                    -inverse[(factor, last)] / (inverse[(factor, factor)] * inverse[(last, last)]).sqrt()
                }),
            }
        })
        .collect()
}

/// Ranks from 1, equal values sharing the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let same =
            order[start..].iter().take_while(|&&place| values[place] == values[order[start]]).count().max(1);
        for &place in &order[start..start + same] {
            ranks[place] = start as f64 + (same as f64 + 1.0) / 2.0;
        }
        start += same;
    }
    ranks
}

fn pearson(x: &[f64], y: &[f64]) -> f64 {
    let count = x.len() as f64;
    let (mx, my) = (x.iter().sum::<f64>() / count, y.iter().sum::<f64>() / count);
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        xy += (x - mx) * (y - my);
        xx += (x - mx) * (x - mx);
        yy += (y - my) * (y - my);
    }
    if xx == 0.0 || yy == 0.0 { 0.0 } else { xy / (xx * yy).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spearman's own ρ = 1 - 6Σd²/(n(n² - 1)) for ranks without ties.
    #[test]
    fn rank_correlation_follows_the_printed_formula() {
        let x = vec![106.0, 100.0, 86.0, 101.0, 99.0, 103.0, 97.0, 113.0, 112.0, 110.0];
        let y = [7.0, 27.0, 2.0, 50.0, 28.0, 29.0, 20.0, 12.0, 6.0, 17.0];
        // Σd² = 194, n = 10: ρ = -29/165
        let got = correlations(&[x], &y)[0];
        assert!((got.rank + 29.0 / 165.0).abs() < 1e-12, "{}", got.rank);
    }

    #[test]
    fn monotonic_relations_have_rank_one() {
        let x: Vec<f64> = (0..50).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| (x / 5.0).exp()).collect();
        let got = correlations(&[x], &y)[0];
        assert!((got.rank - 1.0).abs() < 1e-12 && got.linear < 0.9);
    }

    #[test]
    fn partial_rank_takes_the_other_factor_out() {
        // y follows a alone; b follows a loosely, so that it correlates with y without any effect of its own
        use crate::sweep::design::random::{Purpose, generator, open_unit};
        let mut draws = generator(1, Purpose::MonteCarlo, 0);
        let mut noise = || -> Vec<f64> { (0..400).map(|_| open_unit(&mut draws)).collect() };
        let (a, loose, own) = (noise(), noise(), noise());
        let b: Vec<f64> = a.iter().zip(&loose).map(|(a, e)| a + 0.5 * e).collect();
        let y: Vec<f64> = a.iter().zip(&own).map(|(a, e)| a + 0.1 * e).collect();
        let got = correlations(&[a, b], &y);
        assert!(got[1].rank > 0.7 && got[1].partial_rank.abs() < 0.2, "{:?}", got[1]);
    }
}
