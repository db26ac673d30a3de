//! The interval in which a measurement is expected, from draws of the model and the measurement's standard error.

use statrs::distribution::{ContinuousCDF, Normal};

/// Share of measurements that the interval is to hold.
pub const SHARE: f64 = 0.90;

/// Halvings of a bracket: enough for the last bit of a double.
const HALVINGS: usize = 64;

/// The middle [`SHARE`] of the equal mixture of normal distributions around `draws` with deviation `error` (positive).
///
/// The mixture is the distribution of a measurement: a draw of the model plus an error. Its quantiles are found by
/// bisection, so that few draws give a smooth answer. `None` without draws.
pub fn of(draws: &[f64], error: f64) -> Option<[f64; 2]> {
    let low = draws.iter().copied().fold(f64::INFINITY, f64::min);
    let high = draws.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let normal = Normal::standard();
    let below =
        |x: f64| draws.iter().map(|draw| normal.cdf((x - draw) / error)).sum::<f64>() / draws.len() as f64;
    let quantile = |share: f64| {
        let (mut a, mut b) = (low - 9.0 * error, high + 9.0 * error);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (a + b);
            if below(middle) < share {
                a = middle;
            } else {
                b = middle;
            }
        }
        0.5 * (a + b)
    };
    let tail = 0.5 * (1.0 - SHARE);
    (low.is_finite() && high.is_finite()).then(|| [quantile(tail), quantile(1.0 - tail)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_draw_gives_the_interval_of_the_normal_distribution() {
        // 1.644854 is the 95 % quantile of the standard normal distribution in any table
        let [low, high] = of(&[0.5], 0.02).unwrap();
        assert!(
            (low - (0.5 - 1.644854 * 0.02)).abs() < 1e-7 && (high - (0.5 + 1.644854 * 0.02)).abs() < 1e-7
        );
        assert_eq!(of(&[], 0.02), None);
    }

    #[test]
    fn many_draws_of_a_normal_model_add_their_variance() {
        let normal = Normal::standard();
        let draws: Vec<f64> =
            (0..999).map(|k| 3.0 * normal.inverse_cdf((f64::from(k) + 0.5) / 999.0)).collect();
        let [low, high] = of(&draws, 4.0).unwrap();
        assert!((high - 1.644854 * 5.0).abs() < 0.02, "{high}");
        assert!((low + high).abs() < 1e-6);
    }
}
