//! Four values side by side in SIMD registers.

use super::Scalar;
use wide::f64x4;

impl Scalar for f64x4 {
    #[inline(always)]
    fn real(self) -> f64 {
        self.to_array()[0]
    }
    #[inline(always)]
    fn all(self, test: impl Fn(f64) -> bool) -> bool {
        self.to_array().into_iter().all(test)
    }
    #[inline(always)]
    fn exp(self) -> f64x4 {
        f64x4::exp(self)
    }
    #[inline(always)]
    fn ln(self) -> f64x4 {
        f64x4::ln(self)
    }
    #[inline(always)]
    fn sqrt(self) -> f64x4 {
        f64x4::sqrt(self)
    }
    #[inline(always)]
    fn cbrt(self) -> f64x4 {
        f64x4::cbrt(self)
    }
    #[inline(always)]
    fn powi(self, exponent: i32) -> f64x4 {
        let power = (1..=exponent.unsigned_abs()).fold(f64x4::from(1.0), |power, _| power * self);
        if exponent < 0 { f64x4::from(1.0) / power } else { power }
    }
    #[inline(always)]
    fn powf(self, exponent: f64) -> f64x4 {
        f64x4::from(self.to_array().map(|lane| lane.powf(exponent)))
    }
    #[inline(always)]
    fn select_positive(test: f64x4, positive: f64x4, otherwise: f64x4) -> f64x4 {
        test.simd_gt(f64x4::from(0.0)).select(positive, otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::Dual;

    #[test]
    fn every_lane_agrees_with_f64() {
        type Row = (&'static str, fn(f64x4) -> f64x4, fn(f64) -> f64);
        let rows: &[Row] = &[
            ("exp", Scalar::exp, f64::exp),
            ("ln", Scalar::ln, f64::ln),
            ("sqrt", Scalar::sqrt, f64::sqrt),
            ("cbrt", Scalar::cbrt, f64::cbrt),
            ("powi", |x| Scalar::powi(x, -5), |x| x.powi(-5)),
            ("powf", |x| Scalar::powf(x, 0.3), |x| x.powf(0.3)),
            ("max", |x| Scalar::max(x, f64x4::from(1.0)), |x| x.max(1.0)),
        ];
        let values = [1e-3, 0.7, 2.0, 35.0];
        for (name, lanes, single) in rows {
            for (got, x) in lanes(f64x4::from(values)).to_array().into_iter().zip(values) {
                let want = single(x);
                assert!((got - want).abs() <= 1e-14 * want.abs(), "{name}({x}): {got} {want}");
            }
        }
    }

    #[test]
    fn duals_of_lanes_differentiate_lane_by_lane() {
        let x = Dual::<f64x4, 1>::variable(f64x4::from([1.0, 2.0, 3.0, 4.0]), 0);
        assert_eq!((x * x).gradient[0].to_array(), [2.0, 4.0, 6.0, 8.0]);
    }
}
