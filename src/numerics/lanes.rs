//! Values side by side, one per lane: several cases, or several points, in one pass.
//!
//! Plain arrays with loops of fixed length, which the compiler keeps in SIMD registers of whatever width the function around
//! them may use.

use super::{Scalar, omega};
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// `L` values side by side.
///
/// # Example
/// ```
/// use lixivia::numerics::{Lanes, Scalar};
/// let x = Lanes([1.0, 4.0, 9.0, 16.0]);
/// assert_eq!((x.sqrt() * 2.0).0, [2.0, 4.0, 6.0, 8.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lanes<const L: usize>(pub [f64; L]);

impl<const L: usize> Lanes<L> {
    #[inline(always)]
    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Lanes(std::array::from_fn(|lane| f(self.0[lane])))
    }
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Lanes(std::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}

impl<const L: usize> From<f64> for Lanes<L> {
    #[inline(always)]
    fn from(value: f64) -> Self {
        Lanes([value; L])
    }
}

impl<const L: usize> Neg for Lanes<L> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|x| -x)
    }
}

macro_rules! arithmetic {
    ($($operation:ident $call:ident $sign:tt;)*) => {$(
        impl<const L: usize> $operation for Lanes<L> {
            type Output = Self;
            #[inline(always)]
            fn $call(self, other: Self) -> Self {
                self.zip(other, |a, b| a $sign b)
            }
        }
        impl<const L: usize> $operation<f64> for Lanes<L> {
            type Output = Self;
            #[inline(always)]
            fn $call(self, other: f64) -> Self {
                self.map(|a| a $sign other)
            }
        }
    )*};
}

arithmetic! {
    Add add +;
    Sub sub -;
    Mul mul *;
    Div div /;
}

macro_rules! in_place {
    ($($operation:ident $call:ident $sign:tt;)*) => {$(
        impl<const L: usize> $operation for Lanes<L> {
            #[inline(always)]
            fn $call(&mut self, other: Self) {
                *self = *self $sign other;
            }
        }
    )*};
}

in_place! {
    AddAssign add_assign +;
    SubAssign sub_assign -;
    MulAssign mul_assign *;
}

impl<const L: usize> Scalar for Lanes<L> {
    #[inline(always)]
    fn real(self) -> f64 {
        self.0[0]
    }
    #[inline(always)]
    fn each(self, look: impl FnMut(f64)) {
        self.0.into_iter().for_each(look);
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        self.0 == [0.0; L]
    }
    #[inline(always)]
    fn exp(self) -> Self {
        self.map(f64::exp)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        self.map(f64::ln)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.map(f64::sqrt)
    }
    #[inline(always)]
    fn cbrt(self) -> Self {
        self.map(f64::cbrt)
    }
    #[inline(always)]
    fn powi(self, exponent: i32) -> Self {
        self.map(|x| x.powi(exponent))
    }
    #[inline(always)]
    fn powf(self, exponent: f64) -> Self {
        self.map(|x| x.powf(exponent))
    }
    #[inline(always)]
    fn wright_omega(self) -> Self {
        self.map(omega::wright_omega)
    }
    #[inline(always)]
    fn select_positive(test: Self, positive: Self, otherwise: Self) -> Self {
        Lanes(std::array::from_fn(
            |lane| if test.0[lane] > 0.0 { positive.0[lane] } else { otherwise.0[lane] },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::Dual;

    #[test]
    fn every_lane_agrees_with_f64() {
        type Row = (&'static str, fn(Lanes<4>) -> Lanes<4>, fn(f64) -> f64);
        let rows: &[Row] = &[
            ("exp", Scalar::exp, f64::exp),
            ("ln", Scalar::ln, f64::ln),
            ("sqrt", Scalar::sqrt, f64::sqrt),
            ("cbrt", Scalar::cbrt, f64::cbrt),
            ("powi", |x| Scalar::powi(x, -5), |x| x.powi(-5)),
            ("powf", |x| Scalar::powf(x, 0.3), |x| x.powf(0.3)),
            ("max", |x| Scalar::max(x, Lanes::from(1.0)), |x| x.max(1.0)),
        ];
        let values = [1e-3, 0.7, 2.0, 35.0];
        for (name, lanes, single) in rows {
            for (got, x) in lanes(Lanes(values)).0.into_iter().zip(values) {
                let want = single(x);
                assert!((got - want).abs() <= 1e-14 * want.abs(), "{name}({x}): {got} {want}");
            }
        }
    }

    #[test]
    fn duals_of_lanes_differentiate_lane_by_lane() {
        let x = Dual::<Lanes<4>, 1>::variable(Lanes([1.0, 2.0, 3.0, 4.0]), 0);
        assert_eq!((x * x).gradient[0].0, [2.0, 4.0, 6.0, 8.0]);
    }
}
