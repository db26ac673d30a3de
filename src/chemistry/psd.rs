//! Particle size distributions by mass: cumulative passing, quantiles, and division into classes.

use crate::numerics::quadrature::GaussLegendre;
use statrs::function::erf::{erf, erf_inv};
use thiserror::Error;

/// How the mass of a powder is spread over particle sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeDistribution {
    form: Form,
}

#[derive(Clone, Debug, PartialEq)]
enum Form {
    Single { size: f64 },
    GatesGaudinSchuhmann { top: f64, modulus: f64 },
    RosinRammler { characteristic: f64, modulus: f64 },
    LogNormal { median: f64, deviation: f64 },
    Sieves { table: Vec<(f64, f64)> },
}

/// A part of the powder that a model treats as one size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SizeClass {
    /// Representative diameter, m.
    pub diameter: f64,
    /// Share of the mass, 0..1; the shares of all classes add up to one.
    pub share: f64,
}

/// Why numbers make no size distribution.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SizeError {
    /// A size, modulus or deviation that is not a positive finite number.
    #[error("the {name} of a size distribution must be positive and finite, not {value}")]
    NotPositive {
        /// Which number.
        name: &'static str,
        /// Its value in SI.
        value: f64,
    },
    /// A table with fewer than two sieves.
    #[error("a sieve table needs at least two sizes, not {count}")]
    TooShort {
        /// How many there are.
        count: usize,
    },
    /// Sizes or passings that do not rise from row to row.
    #[error("row {row} of the sieve table: size and cumulative passing must rise together")]
    NotRising {
        /// The row, from 1.
        row: usize,
    },
    /// A passing outside 0..1, or a last one that is not 1.
    #[error(
        "row {row} of the sieve table: cumulative passing {value} is not between 0 and 1, with 1 at the largest size"
    )]
    Passing {
        /// The row, from 1.
        row: usize,
        /// The fraction passing.
        value: f64,
    },
}

fn positive(name: &'static str, value: f64) -> Result<f64, SizeError> {
    if value.is_finite() && value > 0.0 { Ok(value) } else { Err(SizeError::NotPositive { name, value }) }
}

impl SizeDistribution {
    /// All particles of one size, m.
    ///
    /// # Errors
    /// [`SizeError`] if the size is not positive.
    pub fn single(size: f64) -> Result<SizeDistribution, SizeError> {
        Ok(SizeDistribution { form: Form::Single { size: positive("size", size)? } })
    }

    /// Gates-Gaudin-Schuhmann: `P = (d/top)^modulus` up to the top size (m).
    ///
    /// # Errors
    /// [`SizeError`] if a number is not positive.
    /// # Source
    /// R. Schuhmann, *Principles of comminution*, AIME Technical Publication 1189 (1940).
    pub fn gates_gaudin_schuhmann(top: f64, modulus: f64) -> Result<SizeDistribution, SizeError> {
        let form = Form::GatesGaudinSchuhmann {
            top: positive("top size", top)?,
            modulus: positive("modulus", modulus)?,
        };
        Ok(SizeDistribution { form })
    }

    /// Rosin-Rammler: `P = 1 - exp(-(d/characteristic)^modulus)`; 63.2 % passes the characteristic size (m).
    ///
    /// # Errors
    /// [`SizeError`] if a number is not positive.
    /// # Source
    /// P. Rosin and E. Rammler, J. Inst. Fuel 7 (1933) 29.
    pub fn rosin_rammler(characteristic: f64, modulus: f64) -> Result<SizeDistribution, SizeError> {
        let characteristic = positive("characteristic size", characteristic)?;
        Ok(SizeDistribution {
            form: Form::RosinRammler { characteristic, modulus: positive("modulus", modulus)? },
        })
    }

    /// Log-normal by mass: half passes the median (m); `deviation` is the standard deviation of ln d.
    ///
    /// # Errors
    /// [`SizeError`] if a number is not positive.
    pub fn log_normal(median: f64, deviation: f64) -> Result<SizeDistribution, SizeError> {
        let median = positive("median size", median)?;
        Ok(SizeDistribution {
            form: Form::LogNormal { median, deviation: positive("deviation", deviation)? },
        })
    }

    /// A table of sieve openings (m) with the mass fraction passing each, rising to 1 at the largest.
    ///
    /// Between sieves the passing is linear in the logarithm of size; below the smallest it is linear in size.
    ///
    /// # Errors
    /// [`SizeError`] naming the row.
    pub fn sieves(table: Vec<(f64, f64)>) -> Result<SizeDistribution, SizeError> {
        if table.len() < 2 {
            return Err(SizeError::TooShort { count: table.len() });
        }
        for (index, (size, passing)) in table.iter().enumerate() {
            positive("sieve size", *size)?;
            let last = index + 1 == table.len();
            if !(0.0..=1.0).contains(passing) || last && (passing - 1.0).abs() > 1e-9 {
                return Err(SizeError::Passing { row: index + 1, value: *passing });
            }
            if index > 0 && (table[index - 1].0 >= *size || table[index - 1].1 > *passing) {
                return Err(SizeError::NotRising { row: index + 1 });
            }
        }
        Ok(SizeDistribution { form: Form::Sieves { table } })
    }

    /// Mass fraction finer than `size` (m), 0..1.
    pub fn passing(&self, size: f64) -> f64 {
        if size <= 0.0 {
            return 0.0;
        }
        match &self.form {
            Form::Single { size: own } => f64::from(u8::from(size >= *own)),
            Form::GatesGaudinSchuhmann { top, modulus } => (size / top).min(1.0).powf(*modulus),
            Form::RosinRammler { characteristic, modulus } => {
                -(-(size / characteristic).powf(*modulus)).exp_m1()
            }
            Form::LogNormal { median, deviation } => {
                0.5 * (1.0 + erf((size / median).ln() / (deviation * std::f64::consts::SQRT_2)))
            }
            Form::Sieves { table } => sieve_passing(table, size),
        }
    }

    /// Size (m) that the mass fraction `passing` (0..1) is finer than.
    pub fn size_at(&self, passing: f64) -> f64 {
        let p = passing.clamp(0.0, 1.0);
        match &self.form {
            Form::Single { size } => *size,
            Form::GatesGaudinSchuhmann { top, modulus } => top * p.powf(1.0 / modulus),
            Form::RosinRammler { characteristic, modulus } => {
                characteristic * (-(-p.min(ALMOST_ONE)).ln_1p()).powf(1.0 / modulus)
            }
            Form::LogNormal { median, deviation } => {
                let p = p.clamp(1.0 - ALMOST_ONE, ALMOST_ONE);
                median * (deviation * std::f64::consts::SQRT_2 * erf_inv(2.0 * p - 1.0)).exp()
            }
            Form::Sieves { table } => sieve_size(table, p),
        }
    }

    /// Size (m) that 80 % of the mass passes.
    pub fn p80(&self) -> f64 {
        self.size_at(0.8)
    }

    /// Classes of equal mass, finest first; at least one. One size makes one class.
    ///
    /// The diameter of a class is the mass-weighted geometric mean within it, so that `Σ share·ln(diameter)` is exact
    /// for any number of classes.
    pub fn classes(&self, count: usize) -> Vec<SizeClass> {
        if let Form::Single { size } = self.form {
            return vec![SizeClass { diameter: size, share: 1.0 }];
        }
        let count = count.max(1);
        let share = 1.0 / count as f64;
        let rule = GaussLegendre::new(5);
        (0..count)
            .map(|index| SizeClass {
                diameter: self.geometric_mean(index as f64 * share, share, &rule),
                share,
            })
            .collect()
    }

    /// Mass-weighted geometric mean (m) of the particles between two quantiles.
    fn geometric_mean(&self, from: f64, span: f64, rule: &GaussLegendre) -> f64 {
        let mut sum = 0.0;
        for panel in 0..PANELS {
            let edge = |k: usize| k as f64 / PANELS as f64;
            sum += rule.integrate(edge(panel), edge(panel + 1), |s| {
                // the quantile may have a logarithmic end: cluster the points at both
                let (inside, slope) =
                    (s * s * s * (10.0 - s * (15.0 - 6.0 * s)), 30.0 * (s * (1.0 - s)).powi(2));
                slope * self.size_at(from + span * inside).max(f64::MIN_POSITIVE).ln()
            });
        }
        sum.exp()
    }
}

/// Panels of the quadrature within a class.
const PANELS: usize = 8;

/// Largest quantile of a distribution without a top size.
const ALMOST_ONE: f64 = 1.0 - 1e-12;

fn sieve_passing(table: &[(f64, f64)], size: f64) -> f64 {
    let above = table.partition_point(|(own, _)| *own <= size);
    match (above.checked_sub(1).and_then(|index| table.get(index)), table.get(above)) {
        (None, Some((first, passing))) => passing * size / first,
        (Some((low, p)), Some((high, q))) => p + (q - p) * (size / low).ln() / (high / low).ln(),
        _ => 1.0,
    }
}

fn sieve_size(table: &[(f64, f64)], passing: f64) -> f64 {
    let above = table.partition_point(|(_, own)| *own < passing);
    match (above.checked_sub(1).and_then(|index| table.get(index)), table.get(above)) {
        (None, Some((first, own))) => {
            if *own > 0.0 {
                first * passing / own
            } else {
                *first
            }
        }
        (Some((low, p)), Some((high, q))) => low * (high / low).powf((passing - p) / (q - p)),
        (Some((last, _)), None) => *last,
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all() -> Vec<SizeDistribution> {
        vec![
            SizeDistribution::gates_gaudin_schuhmann(100e-6, 0.7).unwrap(),
            SizeDistribution::rosin_rammler(60e-6, 1.1).unwrap(),
            SizeDistribution::log_normal(40e-6, 0.8).unwrap(),
            SizeDistribution::sieves(vec![(10e-6, 0.1), (38e-6, 0.45), (75e-6, 0.8), (150e-6, 1.0)]).unwrap(),
        ]
    }

    #[test]
    fn quantiles_agree_with_the_closed_forms() {
        let ggs = SizeDistribution::gates_gaudin_schuhmann(100e-6, 0.5).unwrap();
        assert!((ggs.p80() - 64e-6).abs() < 1e-18); // 0.8² of the top size
        let rr = SizeDistribution::rosin_rammler(50e-6, 1.0).unwrap();
        assert!((rr.passing(50e-6) - 0.632_120_558_828_557_7).abs() < 1e-15); // 1 - 1/e
        assert!((rr.p80() - 50e-6 * 5.0_f64.ln()).abs() < 1e-15);
        // Abramowitz and Stegun (1964), table 26.5: the normal quantile of 0.8 is 0.84162.
        let normal = SizeDistribution::log_normal(20e-6, 1.0).unwrap();
        assert!(((normal.p80() / 20e-6).ln() - 0.841_62).abs() <= 5e-6);
        assert!((all()[3].p80() - 75e-6).abs() < 1e-15);
    }

    #[test]
    fn classes_hold_all_the_mass_and_the_mean_logarithm() {
        // E[ln d]: ln top - 1/m (GGS); ln d' - γ/m (Rosin-Rammler, γ Euler's constant); ln median (log-normal).
        let means = [100e-6_f64.ln() - 1.0 / 0.7, 60e-6_f64.ln() - 0.577_215_664_9 / 1.1, 40e-6_f64.ln()];
        for (distribution, want) in all().iter().zip(means) {
            for count in [1, 3, 10, 40] {
                let classes = distribution.classes(count);
                assert_eq!(classes.len(), count);
                let mass: f64 = classes.iter().map(|class| class.share).sum();
                let mean: f64 = classes.iter().map(|class| class.share * class.diameter.ln()).sum();
                assert!((mass - 1.0).abs() < 1e-12);
                assert!(
                    (mean - want).abs() < 2e-5,
                    "{distribution:?}, {count} classes: {mean} against {want}"
                );
            }
        }
    }

    #[test]
    fn the_mean_size_converges_in_the_number_of_classes() {
        // Mean of d by mass: top·m/(1+m).
        let ggs = &all()[0];
        let want = 100e-6 * 0.7 / 1.7;
        let errors: Vec<f64> = [5, 10, 20, 40]
            .iter()
            .map(|count| {
                (ggs.classes(*count).iter().map(|class| class.share * class.diameter).sum::<f64>() / want
                    - 1.0)
                    .abs()
            })
            .collect();
        assert!(errors.windows(2).all(|pair| pair[1] < 0.5 * pair[0]), "{errors:?}");
        assert!(errors[3] < 1e-3, "{errors:?}");
    }

    #[test]
    fn faults_are_named() {
        assert!(SizeDistribution::single(-1.0).is_err());
        assert!(SizeDistribution::log_normal(1e-6, f64::NAN).is_err());
        let error = SizeDistribution::sieves(vec![(1e-5, 0.4), (2e-5, 0.3), (3e-5, 1.0)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "row 2 of the sieve table: size and cumulative passing must rise together"
        );
        assert!(SizeDistribution::sieves(vec![(1e-5, 0.4), (2e-5, 0.9)]).is_err());
        assert!(SizeDistribution::sieves(vec![(1e-5, 1.0)]).is_err());
    }

    proptest! {
        #[test]
        fn size_and_passing_are_inverse(index in 0usize..4, p in 0.001..0.999f64) {
            let distribution = &all()[index];
            let again = distribution.passing(distribution.size_at(p));
            prop_assert!((again - p).abs() < 1e-8, "{again} {p}");
        }

        #[test]
        fn classes_ascend(index in 0usize..4, count in 1usize..60) {
            let classes = all()[index].classes(count);
            prop_assert!(classes.windows(2).all(|pair| pair[0].diameter < pair[1].diameter));
            prop_assert!(classes.iter().all(|class| class.diameter > 0.0 && class.diameter.is_finite()));
        }
    }
}
