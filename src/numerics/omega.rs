//! Wright's omega function, `ω + ln ω = z`, without a branch, so that loops over it use SIMD registers.

/// `ω(z)` for `-80 <= z`, within 3e-6 relative everywhere, 1e-7 above `z = 2` and 1e-10 above `z = 10`.
///
/// # Source
/// One step of F. N. Fritsch, R. E. Shafer, W. P. Crowley, Commun. ACM 16 (1973) 123-124, from a crude start.
#[inline(always)]
pub(super) fn wright_omega(z: f64) -> f64 {
    let log = crude_log(z.max(1.0));
    let large = z - log + log / z.max(1.0);
    let middle = 0.5671432904 + z * (0.3618962566 + z * (0.0736778051 - z * 0.0013437));
    let small = crude_exp(z.min(0.0));
    let start = if z > 1.0 { large } else { middle };
    let start = if z < -1.5 { small / (1.0 + small) } else { start };
    step(start, z)
}

#[inline(always)]
fn step(omega: f64, z: f64) -> f64 {
    let residual = z - omega - log(omega);
    let one = 1.0 + omega;
    let q = 2.0 * one * (one + residual * (2.0 / 3.0));
    omega * (1.0 + residual * (q - residual) / (one * (q - 2.0 * residual)))
}

const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;
const ONE: u64 = 0x3ff0_0000_0000_0000;
const MAGIC: u64 = 0x4330_0000_0000_0000; // 2^52, whose low bits count in ones

/// Exponent and mantissa in [1, 2) of a positive normal number.
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    let bits = x.to_bits();
    let exponent = f64::from_bits((bits >> 52) | MAGIC) - (4_503_599_627_370_496.0 + 1023.0);
    (exponent, f64::from_bits((bits & MANTISSA) | ONE))
}

/// Natural logarithm within 1 %.
#[inline(always)]
fn crude_log(x: f64) -> f64 {
    let (exponent, m) = split(x);
    std::f64::consts::LN_2 * (exponent + (m - 1.0) * (1.3465 - 0.3465 * m))
}

/// Exponential of a number in -80..=0 within 0.4 %.
#[inline(always)]
fn crude_exp(x: f64) -> f64 {
    let power = x * std::f64::consts::LOG2_E + 1023.0;
    let whole = (power - 0.5 + 4_503_599_627_370_496.0) - 4_503_599_627_370_496.0; // the nearest integer below
    let part = power - whole;
    let scale = f64::from_bits((whole + 4_503_599_627_370_496.0).to_bits() << 52);
    scale * (1.0 + part * (0.6565 + 0.3435 * part))
}

/// Natural logarithm of a positive normal number, within 1e-15 or so.
#[inline(always)]
fn log(x: f64) -> f64 {
    let (exponent, m) = split(x);
    let high = m > std::f64::consts::SQRT_2;
    let (exponent, m) = (if high { exponent + 1.0 } else { exponent }, if high { 0.5 * m } else { m });
    let s = (m - 1.0) / (m + 1.0);
    let q = s * s;
    let series = 1.0 / 3.0
        + q * (1.0 / 5.0
            + q * (1.0 / 7.0
                + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0 + q * (1.0 / 15.0 + q / 17.0))))));
    exponent * std::f64::consts::LN_2 + 2.0 * s * (1.0 + q * series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_of_the_library() {
        for k in -400..400 {
            let x = 1.07_f64.powi(k) * 1.3;
            assert!((log(x) - x.ln()).abs() <= 4e-15 * x.ln().abs().max(0.3), "{x}: {} {}", log(x), x.ln());
        }
    }

    #[test]
    fn omega_solves_its_equation() {
        assert!((wright_omega(0.0) - 0.567_143_290_409_783_8).abs() < 1e-10); // the omega constant
        assert!((wright_omega(1.0) - 1.0).abs() < 1e-9);
        for k in -7900..110_000 {
            let z = f64::from(k) * 0.01;
            let omega = wright_omega(z);
            // relative error of omega from the residual of its equation
            let error = (z - omega - omega.ln()).abs() / (1.0 + omega);
            let bound = if z > 10.0 {
                1e-10
            } else if z > 2.0 {
                1e-7
            } else {
                3e-6
            };
            assert!(error < bound, "{z}: {error:e}");
        }
    }
}
