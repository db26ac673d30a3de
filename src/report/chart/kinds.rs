//! The usual charts, made from plain numbers.

use super::{Axis, Bar, BoxStats, Chart, Grid, Layer, Stroke};
use crate::report::number::significant;

/// Predicted against observed, both axes alike, with the line of agreement and, dashed, that line plus and
/// minus `tolerance` (a fraction of the observed value; 0 for none). `groups` are names with points
/// `[observed, predicted]`.
pub fn parity(
    title: &str,
    quantity: &str,
    unit: &str,
    groups: &[(String, Vec<[f64; 2]>)],
    tolerance: f64,
) -> Chart {
    let values = groups.iter().flat_map(|(_, points)| points.iter().flatten()).filter(|v| v.is_finite());
    let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], &v| [a.min(v), b.max(v)]);
    let [low, high] = if low < high { [low, high] } else { [0.0, 1.0] };
    let room = 0.04 * (high - low);
    let low = if low >= 0.0 && low < 0.5 * high { 0.0 } else { low - room };
    let high = high + room;
    let axis = |label: &str| Axis::new(&format!("{label} {quantity}")).unit(unit).range(low, high);
    let mut chart = Chart::new(title, axis("observed"), axis("predicted")).size(520.0, 520.0);
    let through = |slope: f64| vec![[low, low * slope], [high, high * slope]];
    chart = chart.layer(Layer::line("", through(1.0)).colour(6));
    if tolerance > 0.0 {
        for slope in [1.0 - tolerance, 1.0 + tolerance] {
            let name = if slope < 1.0 { format!("±{:.0} %", 100.0 * tolerance) } else { String::new() };
            chart = chart.layer(Layer::line(&name, through(slope)).colour(7).stroke(Stroke::Dashed));
        }
    }
    let layers = groups.iter().zip(0..).map(|((name, points), number)| {
        Layer::points(name, points.clone()).colour(if number < 6 { number } else { number + 2 })
    });
    layers.fold(chart, Chart::layer)
}

/// What one factor does to a result when moved from its low to its high value.
#[derive(Debug, Clone, PartialEq)]
pub struct Swing {
    /// Name of the factor.
    pub name: String,
    /// The result at the factor's low value.
    pub at_low: f64,
    /// The result at the factor's high value.
    pub at_high: f64,
}

/// A tornado: the factors that move the result most at the top, bars from the result's `base` value.
pub fn tornado(title: &str, result: Axis, base: f64, swings: &[Swing]) -> Chart {
    let mut sorted: Vec<&Swing> = swings.iter().collect();
    sorted.sort_by(|a, b| (a.at_high - a.at_low).abs().total_cmp(&(b.at_high - b.at_low).abs()));
    let names: Vec<String> = sorted.iter().map(|swing| swing.name.clone()).collect();
    let height = 150.0 + 26.0 * names.len() as f64;
    let bars = |pick: fn(&Swing) -> f64| {
        let ends = sorted.iter().enumerate();
        ends.map(|(at, swing)| Bar { at: at as f64, width: 0.68, from: base, to: pick(swing) }).collect()
    };
    let layer = |name: &str, bars, colour| Layer::Bars {
        name: name.to_owned(),
        bars,
        horizontal: true,
        colour: Some(colour),
    };
    Chart::new(title, result, Axis::new("").categories(names))
        .size(640.0, height)
        .layer(layer("factor at its low value", bars(|swing| swing.at_low), 0))
        .layer(layer("factor at its high value", bars(|swing| swing.at_high), 1))
        .layer(Layer::Rule { label: String::new(), at: base, vertical: true })
}

/// Bars of one value for each category, upright.
pub fn bars(title: &str, names: &[String], value: Axis, values: &[f64]) -> Chart {
    let upright = values.iter().enumerate();
    let bars = upright.map(|(at, &to)| Bar { at: at as f64, width: 0.7, from: 0.0, to }).collect();
    let layer = Layer::Bars { name: String::new(), bars, horizontal: false, colour: Some(0) };
    Chart::new(title, Axis::new("").categories(names.to_vec()), value).layer(layer)
}

/// How often values occur, in bins of equal width by the rule of Freedman and Diaconis (1981), with dashed
/// lines at the quantiles that `marks` lists as (name, value); the subtitle names them, since they may lie close together.
pub fn histogram(title: &str, value: Axis, values: &[f64], marks: &[(String, f64)]) -> Chart {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut chart = Chart::new(title, value, Axis::new("cases"));
    if let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) {
        let spread = quantile(&sorted, 0.75) - quantile(&sorted, 0.25);
        let ideal = 2.0 * spread / (sorted.len() as f64).cbrt();
        let count = if ideal > 0.0 { ((high - low) / ideal).ceil().clamp(1.0, 80.0) } else { 1.0 };
        let width = if high > low { (high - low) / count } else { 0.1 * high.abs().max(1.0) };
        let mut counts = vec![0.0; count as usize];
        for value in &sorted {
            counts[(((value - low) / width) as usize).min(count as usize - 1)] += 1.0;
        }
        let middle = |bin: usize| low + (bin as f64 + 0.5) * width;
        let bar = |(bin, &to): (usize, &f64)| Bar { at: middle(bin), width, from: 0.0, to };
        let bars = counts.iter().enumerate().map(bar).collect();
        chart = chart.layer(Layer::Bars { name: String::new(), bars, horizontal: false, colour: Some(0) });
    }
    if !marks.is_empty() {
        let named = marks.iter().map(|(name, at)| format!("{name} {}", significant(*at, 3)));
        chart = chart.subtitle(&format!("dashed: {}", named.collect::<Vec<_>>().join(", ")));
    }
    let rules = marks.iter().map(|(_, at)| Layer::Rule { label: String::new(), at: *at, vertical: true });
    rules.fold(chart, Chart::layer)
}

/// A box for each group: median, quartiles, whiskers to the last value within 1.5 times the spread of the
/// quartiles (J. W. Tukey, *Exploratory Data Analysis*, 1977), single values beyond.
pub fn box_plot(title: &str, value: Axis, groups: &[(String, Vec<f64>)]) -> Chart {
    let boxes = groups.iter().enumerate().filter_map(|(at, (_, values))| five_numbers(at as f64, values));
    let names = groups.iter().map(|(name, _)| name.clone()).collect();
    let layer = Layer::Boxes { boxes: boxes.collect() };
    Chart::new(title, Axis::new("").categories(names), value).layer(layer)
}

/// A result over two factors, as colours with lines of equal value.
pub fn response_surface(title: &str, x: Axis, y: Axis, grid: Grid) -> Chart {
    let lines = Layer::Contours { grid: grid.clone(), levels: Vec::new() };
    Chart::new(title, x, y).layer(Layer::Heat { grid }).layer(lines)
}

fn five_numbers(at: f64, values: &[f64]) -> Option<BoxStats> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let [q1, median, q3] = [0.25, 0.5, 0.75].map(|share| quantile(&sorted, share));
    let reach = 1.5 * (q3 - q1);
    let inside = |value: &f64| *value >= q1 - reach && *value <= q3 + reach;
    let low = sorted.iter().copied().find(inside)?;
    let high = sorted.iter().rev().copied().find(inside)?;
    let outliers = sorted.iter().copied().filter(|value| !inside(value)).collect();
    Some(BoxStats { at, five: [low, q1, median, q3, high], outliers })
}

/// The value below which that share of sorted values lies, linear between them; NaN for none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = share * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_have_tukeys_whiskers() {
        let values: Vec<f64> = (1..=9).map(f64::from).chain([100.0]).collect();
        let stats = five_numbers(0.0, &values).unwrap();
        assert_eq!(stats.five, [1.0, 3.25, 5.5, 7.75, 9.0]);
        assert_eq!(stats.outliers, [100.0]);
        assert!(five_numbers(0.0, &[]).is_none());
    }

    #[test]
    fn histograms_count_every_case() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i % 97)).collect();
        let chart = histogram("h", Axis::new("x"), &values, &[]);
        let Layer::Bars { bars, .. } = &chart.layers[0] else { panic!("no bars") };
        assert_eq!(bars.iter().map(|bar| bar.to).sum::<f64>(), 1000.0);
        assert_eq!(histogram("h", Axis::new("x"), &[2.0, 2.0], &[]).layers.len(), 1);
        assert!(histogram("h", Axis::new("x"), &[], &[]).layers.is_empty());
    }

    #[test]
    fn the_widest_swing_stands_on_top() {
        let swing = |name: &str, low, high| Swing { name: name.into(), at_low: low, at_high: high };
        let chart = tornado("t", Axis::new("y"), 5.0, &[swing("a", 1.0, 9.0), swing("b", 4.0, 5.0)]);
        assert_eq!(chart.y.categories, ["b", "a"]);
    }
}
