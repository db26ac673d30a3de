//! Dual numbers: a value with exact first derivatives along `N` directions.

use super::Scalar;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// The smallest argument at which derivatives of roots and powers are taken; below it they stay finite.
const ROOT_FLOOR: f64 = 1e-12;

/// `value + Σ gradient[i] ε_i` with `ε_i ε_j = 0`; over any [`Scalar`], so also over lanes or other duals.
///
/// # Example
/// ```
/// use lixivia::numerics::{Dual, Scalar};
/// let [x, y] = Dual::<f64, 2>::variables([3.0, 2.0]);
/// let f = x * x * y + y.sqrt();
/// assert_eq!(f.gradient[0], 12.0); // df/dx = 2 x y
/// assert!((f.gradient[1] - (9.0 + 0.5 / 2.0_f64.sqrt())).abs() < 1e-15); // x² + 1/(2 √y)
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual<S, const N: usize> {
    /// The value.
    pub value: S,
    /// Partial derivatives.
    pub gradient: [S; N],
}

impl<S: Scalar, const N: usize> Dual<S, N> {
    /// A number that depends on nothing.
    #[inline(always)]
    pub fn constant(value: S) -> Self {
        Dual { value, gradient: [S::from(0.0); N] }
    }

    /// The `index`-th independent variable.
    ///
    /// # Panics
    /// If `index >= N`.
    #[inline(always)]
    pub fn variable(value: S, index: usize) -> Self {
        let mut dual = Dual::constant(value);
        dual.gradient[index] = S::from(1.0);
        dual
    }

    /// All `N` independent variables.
    pub fn variables(values: [S; N]) -> [Self; N] {
        std::array::from_fn(|i| Dual::variable(values[i], i))
    }

    /// This number times one that moves along none of its directions.
    #[inline(always)]
    pub fn scaled(self, factor: S) -> Self {
        Dual { value: self.value * factor, gradient: self.gradient.map(|g| g * factor) }
    }

    /// A function of this number, given its value and derivative here.
    #[inline(always)]
    fn chain(self, value: S, slope: S) -> Self {
        Dual { value, gradient: self.gradient.map(|g| g * slope) }
    }

    #[inline(always)]
    fn zip(self, other: Self, value: S, combine: impl Fn(S, S) -> S) -> Self {
        Dual { value, gradient: std::array::from_fn(|i| combine(self.gradient[i], other.gradient[i])) }
    }
}

impl<S: Scalar, const N: usize> From<f64> for Dual<S, N> {
    #[inline(always)]
    fn from(value: f64) -> Self {
        Dual::constant(S::from(value))
    }
}

impl<S: Scalar, const N: usize> Neg for Dual<S, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Dual { value: -self.value, gradient: self.gradient.map(|g| -g) }
    }
}

impl<S: Scalar, const N: usize> Add for Dual<S, N> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, self.value + other.value, |a, b| a + b)
    }
}

impl<S: Scalar, const N: usize> Sub for Dual<S, N> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, self.value - other.value, |a, b| a - b)
    }
}

#[expect(clippy::suspicious_arithmetic_impl, reason = "the product rule adds")]
impl<S: Scalar, const N: usize> Mul for Dual<S, N> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, self.value * other.value, |a, b| a * other.value + b * self.value)
    }
}

#[expect(clippy::suspicious_arithmetic_impl, reason = "the quotient rule multiplies and subtracts")]
impl<S: Scalar, const N: usize> Div for Dual<S, N> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        let inverse = other.value.recip();
        let value = self.value * inverse;
        self.zip(other, value, |a, b| (a - b * value) * inverse)
    }
}

impl<S: Scalar, const N: usize> Add<f64> for Dual<S, N> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: f64) -> Self {
        Dual { value: self.value + other, gradient: self.gradient }
    }
}

impl<S: Scalar, const N: usize> Sub<f64> for Dual<S, N> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: f64) -> Self {
        Dual { value: self.value - other, gradient: self.gradient }
    }
}

impl<S: Scalar, const N: usize> Mul<f64> for Dual<S, N> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: f64) -> Self {
        Dual { value: self.value * other, gradient: self.gradient.map(|g| g * other) }
    }
}

#[expect(clippy::suspicious_arithmetic_impl, reason = "one reciprocal for all directions")]
impl<S: Scalar, const N: usize> Div<f64> for Dual<S, N> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: f64) -> Self {
        self * other.recip()
    }
}

/// By a number that moves along none of the outer directions.
impl<const M: usize, const N: usize> Mul<Dual<f64, M>> for Dual<Dual<f64, M>, N> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Dual<f64, M>) -> Self {
        self.scaled(other)
    }
}

impl<S: Scalar, const N: usize> AddAssign for Dual<S, N> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<S: Scalar, const N: usize> SubAssign for Dual<S, N> {
    #[inline(always)]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl<S: Scalar, const N: usize> MulAssign for Dual<S, N> {
    #[inline(always)]
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl<S: Scalar, const N: usize> Scalar for Dual<S, N> {
    #[inline(always)]
    fn real(self) -> f64 {
        self.value.real()
    }
    #[inline(always)]
    fn each(self, look: impl FnMut(f64)) {
        self.value.each(look);
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        self.value.is_zero() && self.gradient.iter().all(|slope| slope.is_zero())
    }
    #[inline(always)]
    fn exp(self) -> Self {
        let value = self.value.exp();
        self.chain(value, value)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        self.chain(self.value.ln(), self.value.recip())
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        let slope = self.value.max(S::from(ROOT_FLOOR)).sqrt().recip() * 0.5;
        self.chain(self.value.sqrt(), slope)
    }
    #[inline(always)]
    fn cbrt(self) -> Self {
        let root = self.value.cbrt();
        let slope = (root * root).max(S::from(1e-8)).recip() / 3.0;
        self.chain(root, slope)
    }
    #[inline(always)]
    fn powi(self, exponent: i32) -> Self {
        if exponent == 0 {
            return Self::from(1.0);
        }
        let below = self.value.powi(exponent - 1);
        self.chain(below * self.value, below * f64::from(exponent))
    }
    #[inline(always)]
    fn powf(self, exponent: f64) -> Self {
        let slope = self.value.max(S::from(ROOT_FLOOR)).powf(exponent - 1.0) * exponent;
        self.chain(self.value.powf(exponent), slope)
    }
    #[inline(always)]
    fn wright_omega(self) -> Self {
        let value = self.value.wright_omega();
        self.chain(value, value / (value + 1.0))
    }
    #[inline(always)]
    fn select_positive(test: Self, positive: Self, otherwise: Self) -> Self {
        let pick = |a, b| S::select_positive(test.value, a, b);
        positive.zip(otherwise, pick(positive.value, otherwise.value), pick)
    }
    #[inline(always)]
    fn recip(self) -> Self {
        let value = self.value.recip();
        self.chain(value, -(value * value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_dual::{Dual64, DualNum};

    /// Each function beside the same function of the `num-dual` crate.
    #[test]
    fn derivatives_agree_with_num_dual() {
        type Row = (&'static str, fn(Dual<f64, 1>) -> Dual<f64, 1>, fn(Dual64) -> Dual64);
        let rows: &[Row] = &[
            ("exp", |x| x.exp(), |x| x.exp()),
            ("ln", |x| x.ln(), |x| x.ln()),
            ("sqrt", |x| x.sqrt(), |x| x.sqrt()),
            ("cbrt", |x| x.cbrt(), |x| x.cbrt()),
            ("powi", |x| x.powi(-3), |x| x.powi(-3)),
            ("powf", |x| x.powf(1.7), |x| x.powf(1.7)),
            ("recip", |x| x.recip(), |x| x.recip()),
            ("div", |x| x / (x * x + 1.0), |x| x / (x * x + 1.0)),
            ("mixed", |x| (x * 2.0 - 0.5).exp() / x, |x| (x * 2.0 - 0.5).exp() / x),
        ];
        for (name, ours, theirs) in rows {
            for x in [0.3, 1.0, 7.25] {
                let got = ours(Dual::variable(x, 0));
                let want = theirs(Dual64::from(x).derivative());
                assert!((got.value - want.re).abs() <= 1e-13 * want.re.abs(), "{name} at {x}");
                let slope = got.gradient[0];
                assert!(
                    (slope - want.eps).abs() <= 1e-12 * want.eps.abs(),
                    "{name}' at {x}: {slope} {}",
                    want.eps
                );
            }
        }
    }

    #[test]
    fn second_derivatives_by_nesting() {
        let inner = Dual::<f64, 1>::variable(2.0, 0);
        let x = Dual::<Dual<f64, 1>, 1>::variable(inner, 0);
        let cube = x * x * x;
        assert_eq!(cube.gradient[0].gradient[0], 12.0);
    }

    #[test]
    fn choices_carry_the_derivative_of_the_chosen() {
        let [x, y] = Dual::<f64, 2>::variables([1.0, 2.0]);
        assert_eq!(x.max(y).gradient, [0.0, 1.0]);
        assert_eq!(x.min(y).gradient, [1.0, 0.0]);
        assert_eq!((x - y).abs().gradient, [-1.0, 1.0]);
        assert_eq!(Dual::<f64, 1>::variable(f64::NAN, 0).max(Dual::from(0.0)).value, 0.0);
    }

    #[test]
    fn roots_of_zero_have_finite_slopes() {
        let zero = Dual::<f64, 1>::variable(0.0, 0);
        for root in [zero.sqrt(), zero.cbrt(), zero.powf(0.5)] {
            assert!(root.value == 0.0 && root.gradient[0].is_finite());
        }
    }
}
