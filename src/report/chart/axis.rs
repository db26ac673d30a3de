//! Axes: which ticks to draw, what they are called, where a value stands.

use super::text;
use crate::report::number;

/// How values are spread along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// By their decimal logarithm.
    Log,
}

/// A tick: where, and its label (empty for a minor tick).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

/// An axis with its range and ticks settled.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ruler {
    pub(super) scale: Scale,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<Tick>,
    /// Power of ten taken out of the labels, to be said beside the axis.
    pub(super) factor: i32,
}

impl Ruler {
    /// Settles an axis over `values`. A given range is kept to the letter; else the ends are moved out to
    /// round numbers. `count` is the number of ticks that there is room for.
    pub(super) fn over(values: &[f64], scale: Scale, range: Option<[f64; 2]>, count: usize) -> Self {
        let drawable = |value: &&f64| value.is_finite() && (scale == Scale::Linear || **value > 0.0);
        let (mut low, mut high) = values
            .iter()
            .filter(drawable)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
        if !low.is_finite() {
            (low, high) = if scale == Scale::Log { (1.0, 10.0) } else { (0.0, 1.0) };
        }
        let given = range.filter(|[a, b]| b > a && (scale == Scale::Linear || *a > 0.0));
        if let Some([a, b]) = given {
            (low, high) = (a, b);
        }
        match scale {
            Scale::Linear => linear(low, high, given.is_some(), count),
            Scale::Log => log(low, high, given.is_some(), count),
        }
    }

    /// An axis of named positions 0, 1, 2 … with half a place free at both ends.
    pub(super) fn named(names: &[String]) -> Self {
        let ticks = names.iter().enumerate().map(|(at, name)| Tick { at: at as f64, label: name.clone() });
        let high = names.len().max(1) as f64 - 0.5;
        Ruler { scale: Scale::Linear, low: -0.5, high, ticks: ticks.collect(), factor: 0 }
    }

    /// Where `value` stands, 0 at the low end and 1 at the high one; NaN if it has no place.
    pub(super) fn fraction(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log if value > 0.0 => (value / self.low).ln() / (self.high / self.low).ln(),
            Scale::Log => f64::NAN,
        }
    }
}

fn linear(mut low: f64, mut high: f64, fixed: bool, count: usize) -> Ruler {
    if high - low <= 1e-12 * high.abs().max(low.abs()) {
        let room = if high == 0.0 { 1.0 } else { 0.1 * high.abs() };
        (low, high) = (low - room, high + room);
    } else if !fixed && low > 0.0 && low < 0.4 * high {
        low = 0.0; // an amount that nearly reaches zero is shown from zero
    }
    let step = round_step((high - low) / count.max(2) as f64);
    if !fixed {
        (low, high) = rounded_ends(low, high, step);
    }
    let largest = high.abs().max(low.abs());
    let factor = match largest.log10().floor() as i32 {
        power @ (6.. | ..=-4) => power.div_euclid(3) * 3,
        _ => 0,
    };
    let unit = 10_f64.powi(factor);
    let decimals = decimals_of(step / unit);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    let tick = |number: i64| {
        let at = number as f64 * step;
        Tick { at, label: number::fixed(at / unit, decimals).replace('-', "−") }
    };
    let ticks = (first..=last.min(first.saturating_add(100))).map(tick).collect();
    Ruler { scale: Scale::Linear, low, high, ticks, factor }
}

/// The ends moved out to multiples of the step, or just a little where that would leave much empty room.
fn rounded_ends(low: f64, high: f64, step: f64) -> (f64, f64) {
    let room = 0.04 * (high - low);
    let below = (low / step + 1e-9).floor() * step;
    let above = (high / step - 1e-9).ceil() * step;
    let fits = |gap: f64| gap <= 0.55 * step;
    let low = if fits(low - below) || low - room < below { below } else { low - room };
    let high = if fits(above - high) || high + room > above { above } else { high + room };
    (low, high)
}

/// Of 1, 2 and 5 times a power of ten the one nearest to `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let distance = |nice: &f64| (nice * power / rough).ln().abs();
    let nice = [1.0, 2.0, 5.0, 10.0].into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    nice.unwrap_or(10.0) * power
}

fn decimals_of(step: f64) -> usize {
    let is_whole = |decimals: &usize| {
        let scaled = step * 10_f64.powi(*decimals as i32);
        (scaled - scaled.round()).abs() < 1e-6 * scaled
    };
    (0..10).find(is_whole).unwrap_or(10)
}

fn log(mut low: f64, mut high: f64, fixed: bool, count: usize) -> Ruler {
    if high <= low * (1.0 + 1e-9) {
        (low, high) = (low / 2.0, high * 2.0);
    }
    let decades = (high / low).log10();
    if !fixed && decades > 0.7 {
        low = 10_f64.powf((low.log10() + 1e-9).floor());
        high = 10_f64.powf((high.log10() - 1e-9).ceil());
    }
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let every = ((last - first) as usize).div_ceil(count.max(2)).max(1) as i32;
    let plain = first >= -3 && last <= 5;
    let powers = (high.log10() + 1e-9).floor() - (low.log10() - 1e-9).ceil() + 1.0;
    let mut ticks = Vec::new();
    for power in first..=last {
        for digit in 1..=9 {
            let at = f64::from(digit) * 10_f64.powi(power);
            if at < low * (1.0 - 1e-9) || at > high * (1.0 + 1e-9) {
                continue;
            }
            let labelled = match digit {
                1 => (power - first) % every == 0,
                2 | 5 => decades <= 1.5 || powers < 2.0, // one number alone tells no scale
                _ => false,
            };
            let label = match (labelled, plain) {
                (false, _) => String::new(),
                (true, true) => number::fixed(at, (-power).max(0) as usize),
                (true, false) if digit == 1 => format!("10{}", text::exponent(power)),
                (true, false) => format!("{digit}·10{}", text::exponent(power)),
            };
            if decades <= 12.0 || digit == 1 {
                ticks.push(Tick { at, label });
            }
        }
    }
    Ruler { scale: Scale::Log, low, high, ticks, factor: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ruler: &Ruler) -> Vec<&str> {
        ruler.ticks.iter().filter(|tick| !tick.label.is_empty()).map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn round_numbers() {
        let ruler = Ruler::over(&[0.0, 97.3], Scale::Linear, None, 5);
        assert_eq!(labels(&ruler), ["0", "20", "40", "60", "80", "100"]);
        let ruler = Ruler::over(&[0.31, 0.34], Scale::Linear, None, 4);
        assert_eq!(labels(&ruler), ["0.31", "0.32", "0.33", "0.34"]);
        let ruler = Ruler::over(&[-3.0, 12_000.0], Scale::Linear, None, 4);
        assert_eq!(labels(&ruler), ["0", "2,000", "4,000", "6,000", "8,000", "10,000", "12,000"]);
    }

    #[test]
    fn large_numbers_share_a_power_of_ten() {
        let ruler = Ruler::over(&[0.0, 4.0e7], Scale::Linear, None, 4);
        assert_eq!((ruler.factor, labels(&ruler)), (6, vec!["0", "10", "20", "30", "40"]));
    }

    #[test]
    fn decades() {
        let ruler = Ruler::over(&[2e-7, 3.0], Scale::Log, None, 10);
        assert_eq!(labels(&ruler), ["10⁻⁷", "10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰", "10¹"]);
        assert!((ruler.fraction(1e-7)).abs() < 1e-12 && (ruler.fraction(10.0) - 1.0).abs() < 1e-12);
        let ruler = Ruler::over(&[1.0, 60.0, -1.0], Scale::Log, None, 6);
        assert_eq!(labels(&ruler), ["1", "10", "100"]);
        let ruler = Ruler::over(&[], Scale::Log, Some([0.0105, 0.99]), 6);
        assert_eq!(labels(&ruler), ["0.02", "0.05", "0.1", "0.2", "0.5"]);
    }

    #[test]
    fn nothing_and_constants_have_axes_too() {
        assert_eq!(labels(&Ruler::over(&[], Scale::Linear, None, 5)).first(), Some(&"0.0"));
        let constant = Ruler::over(&[5.0, 5.0], Scale::Linear, None, 4);
        assert!(constant.low < 5.0 && constant.high > 5.0);
        assert!(Ruler::over(&[f64::NAN], Scale::Log, None, 4).ticks.len() > 1);
    }
}
