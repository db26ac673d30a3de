//! Correlated factors: a Gaussian copula, so that each factor keeps its own distribution.

use super::{score, standard};
use nalgebra::{Cholesky, DMatrix};

/// Correlations between the normal scores of the factors; between normal factors they are the correlations themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlation {
    lower: Vec<Vec<f64>>,
}

/// Why a matrix is no correlation.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CorrelationError {
    /// Coefficient outside of -1..1.
    #[error("the correlation {0} lies outside of -1..1")]
    OutOfRange(f64),
    /// A factor with itself, or one that is not there.
    #[error("a correlation joins two different factors of the sweep")]
    Pair,
    /// Contradictory coefficients.
    #[error("the correlations contradict each other: their matrix is not positive definite")]
    Contradictory,
    /// Matrix of the wrong size.
    #[error("correlations of {0} factors for a sweep over {1}")]
    Size(usize, usize),
}

impl Correlation {
    /// Correlation of `factors` factors from pairs (first, second, coefficient); pairs left out are uncorrelated.
    ///
    /// # Errors
    /// [`CorrelationError`] if a pair or the matrix as a whole makes no sense.
    pub fn new(factors: usize, pairs: &[(usize, usize, f64)]) -> Result<Correlation, CorrelationError> {
        let mut matrix = DMatrix::<f64>::identity(factors, factors);
        for &(first, second, coefficient) in pairs {
            if !(-1.0..=1.0).contains(&coefficient) {
                return Err(CorrelationError::OutOfRange(coefficient));
            }
            if first == second || first >= factors || second >= factors {
                return Err(CorrelationError::Pair);
            }
            matrix[(first, second)] = coefficient;
            matrix[(second, first)] = coefficient;
        }
        let lower = Cholesky::new(matrix).ok_or(CorrelationError::Contradictory)?.l();
        Ok(Correlation {
            lower: (0..factors).map(|row| (0..=row).map(|c| lower[(row, c)]).collect()).collect(),
        })
    }

    /// Number of factors.
    pub fn dimensions(&self) -> usize {
        self.lower.len()
    }

    /// Turns independent shares of 0..1 into correlated ones.
    pub(super) fn apply(&self, shares: &mut [f64]) {
        shares.iter_mut().for_each(|share| *share = score(*share));
        for row in (0..shares.len()).rev() {
            shares[row] =
                self.lower[row].iter().zip(shares.iter()).map(|(weight, value)| weight * value).sum();
        }
        let edge = f64::EPSILON / 2.0;
        shares.iter_mut().for_each(|value| *value = standard(*value).clamp(edge, 1.0 - edge));
    }
}
