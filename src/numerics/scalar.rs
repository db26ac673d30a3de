//! The number type over which physics is written once.

use super::omega;
use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// A number that rate laws and balances are written over: `f64`, a [`Dual`](super::Dual) number (exact
/// derivatives) or lanes of a SIMD register (several values at once).
///
/// A law holds no `if` on a value; it chooses with [`max`](Scalar::max), [`min`](Scalar::min) and
/// [`select_positive`](Scalar::select_positive), which act lane by lane and carry derivatives.
/// Domains are checked at the door, with [`all`](Scalar::all).
pub trait Scalar:
    Copy
    + Debug
    + Send
    + Sync
    + 'static
    + From<f64>
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
{
    /// The value without derivatives; of lanes the first.
    fn real(self) -> f64;
    /// Shows the value of every lane, without derivatives.
    fn each(self, look: impl FnMut(f64));
    /// Whether it is 0 in every lane, derivatives included: adding it changes nothing.
    fn is_zero(self) -> bool;
    /// `e^self`.
    fn exp(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// Square root. The derivative at 0, infinite in truth, is a large finite number.
    fn sqrt(self) -> Self;
    /// Cube root, of negative numbers too. The derivative at 0 is a large finite number.
    fn cbrt(self) -> Self;
    /// Integer power.
    fn powi(self, exponent: i32) -> Self;
    /// Real power of a number that is not negative. The derivative at 0 is finite.
    fn powf(self, exponent: f64) -> Self;
    /// Wright's omega function, `ω + ln ω = self`, for arguments of -80 and more; within 3e-6 relative.
    fn wright_omega(self) -> Self;
    /// `self` where `test` is greater than zero, else `otherwise`.
    fn select_positive(test: Self, positive: Self, otherwise: Self) -> Self;

    /// Whether the value of every lane passes the test.
    #[inline(always)]
    fn all(self, test: impl Fn(f64) -> bool) -> bool {
        let mut passed = true;
        self.each(|value| passed &= test(value));
        passed
    }
    /// The largest value of a lane; NaN if one is.
    #[inline(always)]
    fn largest(self) -> f64 {
        let (mut found, mut broken) = (f64::NEG_INFINITY, false);
        self.each(|value| {
            found = found.max(value);
            broken |= value.is_nan();
        });
        if broken { f64::NAN } else { found }
    }
    /// The smallest absolute value of a lane.
    #[inline(always)]
    fn smallest(self) -> f64 {
        let mut found = f64::INFINITY;
        self.each(|value| found = found.min(value.abs()));
        found
    }
    /// The larger of two; `other` where `self` is NaN.
    fn max(self, other: Self) -> Self {
        Self::select_positive(self - other, self, other)
    }
    /// The smaller of two; `other` where `self` is NaN.
    fn min(self, other: Self) -> Self {
        Self::select_positive(other - self, self, other)
    }
    /// Absolute value.
    fn abs(self) -> Self {
        Self::select_positive(self, self, -self)
    }
    /// `1 / self`.
    fn recip(self) -> Self {
        Self::from(1.0) / self
    }
}

impl Scalar for f64 {
    #[inline(always)]
    fn real(self) -> f64 {
        self
    }
    #[inline(always)]
    fn each(self, mut look: impl FnMut(f64)) {
        look(self);
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        self == 0.0
    }
    #[inline(always)]
    fn exp(self) -> f64 {
        f64::exp(self)
    }
    #[inline(always)]
    fn ln(self) -> f64 {
        f64::ln(self)
    }
    #[inline(always)]
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn cbrt(self) -> f64 {
        f64::cbrt(self)
    }
    #[inline(always)]
    fn powi(self, exponent: i32) -> f64 {
        f64::powi(self, exponent)
    }
    #[inline(always)]
    fn powf(self, exponent: f64) -> f64 {
        f64::powf(self, exponent)
    }
    #[inline(always)]
    fn wright_omega(self) -> f64 {
        omega::wright_omega(self)
    }
    #[inline(always)]
    fn select_positive(test: f64, positive: f64, otherwise: f64) -> f64 {
        if test > 0.0 { positive } else { otherwise }
    }
}
