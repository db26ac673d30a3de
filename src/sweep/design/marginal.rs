//! How one factor is spread: levels, a range, or a probability distribution.

use statrs::distribution::{ContinuousCDF, Normal};
use std::fmt;

/// Spacing of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal differences.
    #[default]
    Linear,
    /// Equal ratios; both ends must be positive.
    Log,
}

/// Spread of one factor, in SI.
#[derive(Debug, Clone, PartialEq)]
pub enum Marginal {
    /// The listed values (or the indices of named levels), each as likely as the others.
    Levels(Vec<f64>),
    /// Values from `from` to `to`, both included, uniform on the scale; a grid takes `points` of them.
    Range {
        /// First value, SI.
        from: f64,
        /// Last value, SI.
        to: f64,
        /// Spacing.
        scale: Scale,
        /// Number of values a grid takes.
        points: usize,
    },
    /// Normal distribution cut to `min..max`.
    Normal {
        /// Mean of the uncut distribution, SI.
        mean: f64,
        /// Standard deviation of the uncut distribution, SI.
        deviation: f64,
        /// Least value, SI.
        min: f64,
        /// Largest value, SI.
        max: f64,
    },
    /// Log-normal distribution cut to `min..max`: the logarithm is normal.
    LogNormal {
        /// Median of the uncut distribution, SI.
        median: f64,
        /// Standard deviation of the natural logarithm.
        log_deviation: f64,
        /// Least value, SI.
        min: f64,
        /// Largest value, SI.
        max: f64,
    },
    /// Triangular distribution.
    Triangular {
        /// Least value, SI.
        min: f64,
        /// Most likely value, SI.
        mode: f64,
        /// Largest value, SI.
        max: f64,
    },
}

/// Why a spread is not one.
#[derive(Debug, Clone, PartialEq)]
pub enum MarginalError {
    /// No value.
    NoValues,
    /// Value that is no number.
    NotFinite(f64),
    /// Ends the wrong way round, or equal.
    NotRising(f64, f64),
    /// Logarithmic range that touches zero.
    NotPositive(f64),
    /// Spread that is none.
    NoDeviation(f64),
    /// Mode outside of the ends.
    ModeOutside {
        /// Least value.
        min: f64,
        /// Most likely value.
        mode: f64,
        /// Largest value.
        max: f64,
    },
    /// Limits that leave nothing of the distribution.
    CutAway(f64, f64),
    /// Grid of no points.
    NoPoints(usize),
}

impl MarginalError {
    /// In words, with numbers (SI) as `show` writes them.
    pub fn told(&self, show: &dyn Fn(f64) -> String) -> String {
        match *self {
            MarginalError::NoValues => "a factor needs at least one value".to_owned(),
            MarginalError::NotFinite(value) => format!("{value} is not a finite number"),
            MarginalError::NotRising(from, to) => {
                format!("the range must rise, but goes from {} to {}", show(from), show(to))
            }
            MarginalError::NotPositive(value) => {
                format!("a logarithmic spread needs positive values, got {}", show(value))
            }
            MarginalError::NoDeviation(value) => {
                format!("the standard deviation must be positive, got {}", show(value))
            }
            MarginalError::ModeOutside { min, mode, max } => {
                format!("the mode {} lies outside of {} to {}", show(mode), show(min), show(max))
            }
            MarginalError::CutAway(min, max) => {
                let end = |value: f64, none: &str| {
                    if value.is_finite() { show(value) } else { none.to_owned() }
                };
                let (min, max) = (end(min, "any lower value"), end(max, "any higher value"));
                format!("the limits, {min} to {max}, leave next to nothing of the distribution")
            }
            MarginalError::NoPoints(count) => format!("a range needs at least 1 point, got {count}"),
        }
    }
}

impl fmt::Display for MarginalError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.told(&|value| value.to_string()))
    }
}

impl std::error::Error for MarginalError {}

impl Marginal {
    /// Checks ends, signs and spreads.
    ///
    /// # Errors
    /// [`MarginalError`] naming what does not fit.
    pub fn check(&self) -> Result<(), MarginalError> {
        match *self {
            Marginal::Levels(ref values) => {
                if values.is_empty() {
                    return Err(MarginalError::NoValues);
                }
                finite(values)
            }
            Marginal::Range { from, to, scale, points } => {
                finite(&[from, to])?;
                if points == 0 {
                    return Err(MarginalError::NoPoints(points));
                }
                rising(from, to)?;
                if scale == Scale::Log { positive(from) } else { Ok(()) }
            }
            Marginal::Normal { mean, deviation, min, max } => {
                finite(&[mean, deviation])?;
                spread(deviation)?;
                rising(min, max)?;
                cut(standard((min - mean) / deviation), standard((max - mean) / deviation), min, max)
            }
            Marginal::LogNormal { median, log_deviation, min, max } => {
                finite(&[median, log_deviation])?;
                positive(median)?;
                spread(log_deviation)?;
                rising(min, max)?;
                let (low, high) = log_limits(median, log_deviation, min, max);
                cut(standard(low), standard(high), min, max)
            }
            Marginal::Triangular { min, mode, max } => {
                finite(&[min, mode, max])?;
                rising(min, max)?;
                if mode < min || mode > max {
                    return Err(MarginalError::ModeOutside { min, mode, max });
                }
                Ok(())
            }
        }
    }

    /// Number of values a grid takes of it; `None` for a distribution.
    pub fn levels(&self) -> Option<usize> {
        match self {
            Marginal::Levels(values) => Some(values.len()),
            Marginal::Range { points, .. } => Some(*points),
            _ => None,
        }
    }

    /// Value of the grid level `level`; the last level is the far end exactly.
    pub fn level(&self, level: usize) -> f64 {
        match *self {
            Marginal::Levels(ref values) => values.get(level).copied().unwrap_or(f64::NAN),
            Marginal::Range { from, to, scale, points } => {
                if level == 0 {
                    from
                } else if level + 1 >= points {
                    to
                } else {
                    on_scale(from, to, scale, level as f64 / (points - 1) as f64)
                }
            }
            _ => self.quantile(0.5),
        }
    }

    /// Value below which the share `share` (0..1) of the distribution lies.
    pub fn quantile(&self, share: f64) -> f64 {
        match *self {
            Marginal::Levels(ref values) => {
                let place = ((share * values.len() as f64) as usize).min(values.len().saturating_sub(1));
                values.get(place).copied().unwrap_or(f64::NAN)
            }
            Marginal::Range { from, to, scale, .. } => on_scale(from, to, scale, share),
            Marginal::Normal { mean, deviation, min, max } => {
                let score = cut_score(share, (min - mean) / deviation, (max - mean) / deviation);
                (mean + deviation * score).clamp(min, max)
            }
            Marginal::LogNormal { median, log_deviation, min, max } => {
                let (low, high) = log_limits(median, log_deviation, min, max);
                let score = cut_score(share, low, high);
                (median * (log_deviation * score).exp()).clamp(min, max)
            }
            Marginal::Triangular { min, mode, max } => {
                let left = (mode - min) / (max - min);
                if share < left {
                    min + ((max - min) * (mode - min) * share).sqrt()
                } else {
                    max - ((max - min) * (max - mode) * (1.0 - share)).sqrt()
                }
            }
        }
    }

    /// Derivative of [`Marginal::quantile`] by the share; `None` but for ranges.
    pub fn steepness(&self, share: f64) -> Option<f64> {
        match *self {
            Marginal::Range { from, to, scale: Scale::Linear, .. } => Some(to - from),
            Marginal::Range { from, to, scale: Scale::Log, .. } => {
                Some(on_scale(from, to, Scale::Log, share) * (to / from).ln())
            }
            _ => None,
        }
    }
}

/// Share of the standard normal distribution below `score`.
pub(crate) fn standard(score: f64) -> f64 {
    if score == f64::INFINITY {
        1.0
    } else if score == f64::NEG_INFINITY {
        0.0
    } else {
        Normal::standard().cdf(score)
    }
}

/// Score below which the share `share` of the standard normal distribution lies.
pub(crate) fn score(share: f64) -> f64 {
    Normal::standard().inverse_cdf(share)
}

fn cut_score(share: f64, low: f64, high: f64) -> f64 {
    let (below, above) = (standard(low), standard(high));
    score(below + share * (above - below))
}

fn log_limits(median: f64, log_deviation: f64, min: f64, max: f64) -> (f64, f64) {
    let score =
        |value: f64| if value <= 0.0 { f64::NEG_INFINITY } else { (value / median).ln() / log_deviation };
    (score(min), score(max))
}

fn on_scale(from: f64, to: f64, scale: Scale, share: f64) -> f64 {
    let value = match scale {
        Scale::Linear => from + (to - from) * share,
        Scale::Log => from * (to / from).powf(share),
    };
    // rounding must not lead out of the range
    value.clamp(from, to)
}

fn finite(values: &[f64]) -> Result<(), MarginalError> {
    values
        .iter()
        .find(|value| !value.is_finite())
        .map_or(Ok(()), |value| Err(MarginalError::NotFinite(*value)))
}

fn rising(from: f64, to: f64) -> Result<(), MarginalError> {
    if from < to { Ok(()) } else { Err(MarginalError::NotRising(from, to)) }
}

fn positive(value: f64) -> Result<(), MarginalError> {
    if value > 0.0 { Ok(()) } else { Err(MarginalError::NotPositive(value)) }
}

fn spread(deviation: f64) -> Result<(), MarginalError> {
    if deviation > 0.0 { Ok(()) } else { Err(MarginalError::NoDeviation(deviation)) }
}

fn cut(below: f64, above: f64, min: f64, max: f64) -> Result<(), MarginalError> {
    if above - below > 1e-6 { Ok(()) } else { Err(MarginalError::CutAway(min, max)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantiles_agree_with_print() {
        // Abramowitz and Stegun (1972), table 26.5: quantiles of the standard normal distribution
        let unlimited =
            Marginal::Normal { mean: 0.0, deviation: 1.0, min: f64::NEG_INFINITY, max: f64::INFINITY };
        for (share, want) in [(0.5, 0.0), (0.9, 1.28155), (0.975, 1.95996), (0.99, 2.32635), (0.999, 3.09023)]
        {
            let got = unlimited.quantile(share);
            assert!((got - want).abs() < 5.1e-6, "{share}: {got} against {want}");
        }
    }

    #[test]
    fn cut_distributions_stay_between_their_limits() {
        let normal = Marginal::Normal { mean: 10.0, deviation: 5.0, min: 8.0, max: 11.0 };
        let lognormal = Marginal::LogNormal { median: 2.0, log_deviation: 0.5, min: 0.0, max: 3.0 };
        normal.check().unwrap();
        lognormal.check().unwrap();
        for step in 0..=100 {
            let share = (f64::from(step) / 100.0).clamp(1e-12, 1.0 - 1e-12);
            assert!((8.0..=11.0).contains(&normal.quantile(share)));
            assert!((0.0..=3.0).contains(&lognormal.quantile(share)));
        }
    }

    #[test]
    fn triangle_has_its_median_where_half_the_area_lies() {
        // right triangle 0..1 with the mode at 1: F(x) = x², median √½
        let triangle = Marginal::Triangular { min: 0.0, mode: 1.0, max: 1.0 };
        assert!((triangle.quantile(0.5) - 0.5_f64.sqrt()).abs() < 1e-15);
        let symmetric = Marginal::Triangular { min: -2.0, mode: 0.0, max: 2.0 };
        assert!(symmetric.quantile(0.5).abs() < 1e-15);
    }

    #[test]
    fn grid_levels_hit_both_ends_exactly() {
        let log = Marginal::Range { from: 1e-3, to: 0.7, scale: Scale::Log, points: 5 };
        assert_eq!((log.level(0), log.level(4)), (1e-3, 0.7));
        assert!((log.level(2) - (1e-3_f64 * 0.7).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn faults_are_named() {
        let range = |from, to, scale| Marginal::Range { from, to, scale, points: 3 }.check();
        assert_eq!(range(2.0, 1.0, Scale::Linear), Err(MarginalError::NotRising(2.0, 1.0)));
        assert_eq!(range(0.0, 1.0, Scale::Log), Err(MarginalError::NotPositive(0.0)));
        assert_eq!(Marginal::Levels(vec![]).check(), Err(MarginalError::NoValues));
    }
}
