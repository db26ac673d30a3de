//! The interval in which a measurement is expected, from draws of the model and the measurement's standard error.

use statrs::distribution::{ContinuousCDF, Normal};

/// Share of measurements that the interval is to hold.
pub const SHARE: f64 = 0.90;

/// Shares of an element of a real feed that a leach does not reach: shut in, in another mineral, or lost in the
/// laboratory's balance. No route has a constant for them. They are what 12 plain optima of 11 works leave behind that
/// are no cases, their conditions being incomplete (validation/README.md, "Where the uncertainties come from").
const UNREACHED: [f64; 12] = [0.0, 0.0, 0.005, 0.005, 0.02, 0.02, 0.04, 0.05, 0.10, 0.111, 0.133, 0.18];

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

/// Draws of a share dissolved, each less one of the shares that leaches do not reach.
///
/// The shares are taken in steps of the golden ratio, so that they are spread evenly whatever the order of `draws`.
pub fn less_unreached(draws: &[f64]) -> Vec<f64> {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let unreached = |index: usize| {
        let place = ((index as f64 + 1.0) * golden).fract() * UNREACHED.len() as f64;
        UNREACHED.get(place as usize).copied().unwrap_or(0.0)
    };
    draws.iter().enumerate().map(|(index, draw)| draw * (1.0 - unreached(index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_reached_comes_as_often_as_in_the_works() {
        let shares = less_unreached(&[1.0; 1200]);
        for share in UNREACHED {
            let alike = UNREACHED.iter().filter(|other| **other == share).count();
            let found = shares.iter().filter(|left| (1.0 - **left - share).abs() < 1e-12).count();
            assert!(found.abs_diff(100 * alike) <= 2, "{share}: {found}");
        }
        assert_eq!(less_unreached(&[0.0]), [0.0]);
    }

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
