//! A root of one function inside a bracket.

/// Where `f` meets zero between `a` and `b`, at which it has the values `fa` and `fb` of opposite signs: regula falsi of
/// the Illinois kind, with a halving wherever two steps have not halved the bracket. Ends at `|f| <= tolerance` or when
/// the bracket has shrunk to rounding; the last call of `f` is always at the answer.
///
/// # Errors
/// The first of `f`.
pub fn root<E>(
    (mut a, mut fa): (f64, f64),
    (mut b, mut fb): (f64, f64),
    tolerance: f64,
    mut f: impl FnMut(f64) -> Result<f64, E>,
) -> Result<f64, E> {
    let mut width = (b - a).abs();
    let mut slow = 0;
    for _ in 0..200 {
        let mut x = (a * fb - b * fa) / (fb - fa);
        let inside = x.is_finite() && (x - a) * (x - b) < 0.0;
        if slow >= 2 || !inside {
            x = 0.5 * (a + b);
            slow = 0;
        }
        if x == a || x == b {
            return f(b).map(|_| b);
        }
        let fx = f(x)?;
        if fx.abs() <= tolerance || fx.is_nan() {
            return Ok(x);
        }
        if fx * fb < 0.0 {
            (a, fa) = (b, fb);
        } else {
            fa *= 0.5;
        }
        (b, fb) = (x, fx);
        let now = (b - a).abs();
        slow = if now > 0.5 * width { slow + 1 } else { 0 };
        width = now;
    }
    Ok(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_and_a_curve() {
        let mut calls = 0;
        let cube = |x: f64| -> Result<f64, ()> {
            calls += 1;
            Ok(x.powi(3) - 2.0)
        };
        let x = root((0.0, -2.0), (5.0, 123.0), 1e-13, cube).unwrap();
        assert!((x - 2.0_f64.cbrt()).abs() < 1e-12 && calls < 40, "{x} in {calls} calls");
        // a step has no zero: the bracket closes on it
        let step = |x: f64| -> Result<f64, ()> { Ok(if x < 0.3 { -1.0 } else { 1.0 }) };
        assert!((root((0.0, -1.0), (1.0, 1.0), 1e-9, step).unwrap() - 0.3).abs() < 1e-12);
    }
}
