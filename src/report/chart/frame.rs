//! Where things stand: margins, legend, axes with their ticks and titles.

use super::axis::{Ruler, Scale};
use super::canvas::{Anchor, Canvas, Lettering};
use super::text::{self, fit, pretty_unit, width};
use super::{Axis, Chart, Layer};

pub(super) const INK: &str = "#222222";
const FAINT: &str = "#666666";
const EDGE: f64 = 14.0;
const TICK_SIZE: f64 = 11.0;
const LABEL_SIZE: f64 = 12.0;
const LEGEND_SIZE: f64 = 11.5;
const LEGEND_ROW: f64 = 18.0;
const SWATCH: f64 = 26.0;
/// Room for the colour bar of a heat map: gap, bar, ticks; its numbers come on top.
const COLOUR_BAR: f64 = 62.0;

/// Dark words of a size.
pub(super) fn words(size: f64, anchor: Anchor) -> Lettering {
    Lettering { size, colour: INK, bold: false, anchor }
}

/// The plot's rectangle and its two axes.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) corner: [f64; 2],
    pub(super) size: [f64; 2],
    pub(super) x: Ruler,
    pub(super) y: Ruler,
    turned: bool,
}

/// An entry of the legend.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) layer: usize,
    pub(super) name: String,
}

impl Frame {
    /// Settles axes and margins, with at least `least_left` pixels left of the plot.
    pub(super) fn of(chart: &Chart, entries: &[Entry], least_left: f64) -> Self {
        let [total_width, total_height] = chart.size;
        let top = head_height(chart) + legend_rows(entries, total_width).len() as f64 * LEGEND_ROW + 10.0;
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        chart.layers.iter().for_each(|layer| extent(layer, is_matrix(chart), &mut xs, &mut ys));
        let y = ruler(&chart.y, &ys, chart, ((total_height - top - 60.0) / 52.0) as usize);
        let x = ruler(&chart.x, &xs, chart, ((total_width - 120.0) / 78.0) as usize);

        let widest = y.ticks.iter().map(|tick| width(&tick.label, TICK_SIZE)).fold(0.0, f64::max);
        let title_room = if axis_title(&chart.y, &y).is_empty() { 0.0 } else { 20.0 };
        let left = (EDGE + title_room + widest.min(0.38 * total_width) + 9.0).max(least_left);
        let has_heat = chart.layers.iter().any(|layer| matches!(layer, Layer::Heat { .. }));
        let last = x.ticks.last().map_or(0.0, |tick| width(&tick.label, TICK_SIZE) / 2.0);
        let right = if has_heat { COLOUR_BAR + 38.0 } else { EDGE + last.min(40.0) };

        let plot_width = (total_width - left - right).max(40.0);
        let places = x.ticks.iter().filter(|tick| !tick.label.is_empty()).count().max(1) as f64;
        let longest = x.ticks.iter().map(|tick| width(&tick.label, TICK_SIZE)).fold(0.0, f64::max);
        let turned = !chart.x.categories.is_empty() && longest + 8.0 > plot_width / places;
        let label_room = if turned { 10.0 + 0.6 * longest.min(140.0) } else { 20.0 };
        let title_room = if axis_title(&chart.x, &x).is_empty() { 0.0 } else { 20.0 };
        let plot_height = (total_height - top - label_room - title_room - EDGE).max(40.0);
        Frame { corner: [left, top], size: [plot_width, plot_height], x, y, turned }
    }

    /// Pixels of a point in the units of the axes.
    pub(super) fn place(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [left, top] = self.corner;
        let [width, height] = self.size;
        [left + self.x.fraction(x) * width, top + (1.0 - self.y.fraction(y)) * height]
    }

    pub(super) fn right(&self) -> f64 {
        self.corner[0] + self.size[0]
    }

    pub(super) fn bottom(&self) -> f64 {
        self.corner[1] + self.size[1]
    }

    /// Pale lines across the plot at the ticks of number axes.
    pub(super) fn draw_grid(&self, canvas: &mut Canvas, chart: &Chart) {
        let pale = "stroke=\"#e7e7e7\" stroke-width=\"1\"";
        if chart.y.categories.is_empty() {
            for tick in self.y.ticks.iter().filter(|tick| !tick.label.is_empty()) {
                let [_, y] = self.place([self.x.low, tick.at]);
                canvas.line([self.corner[0], y], [self.right(), y], pale);
            }
        }
        if chart.x.categories.is_empty() {
            for tick in self.x.ticks.iter().filter(|tick| !tick.label.is_empty()) {
                let [x, _] = self.place([tick.at, self.y.low]);
                canvas.line([x, self.corner[1]], [x, self.bottom()], pale);
            }
        }
    }

    /// The two axes with ticks, numbers and titles.
    pub(super) fn draw_axes(&self, canvas: &mut Canvas, chart: &Chart) {
        let ink = "stroke=\"#444444\" stroke-width=\"1\"";
        let [left, top] = self.corner;
        let bottom = self.bottom();
        canvas.line([left, bottom], [self.right(), bottom], ink);
        canvas.line([left, top], [left, bottom], ink);
        for tick in &self.x.ticks {
            let [x, _] = self.place([tick.at, self.y.low]);
            let length = if tick.label.is_empty() { 3.0 } else { 5.0 };
            canvas.line([x, bottom], [x, bottom + length], ink);
            if self.turned {
                let label = fit(&tick.label, TICK_SIZE, 140.0);
                canvas.turned_text([x + 3.0, bottom + 15.0], &label, words(TICK_SIZE, Anchor::End), -35.0);
            } else {
                canvas.text([x, bottom + 18.0], &tick.label, words(TICK_SIZE, Anchor::Middle));
            }
        }
        for tick in &self.y.ticks {
            let [_, y] = self.place([self.x.low, tick.at]);
            let length = if tick.label.is_empty() { 3.0 } else { 5.0 };
            canvas.line([left - length, y], [left, y], ink);
            let label = fit(&tick.label, TICK_SIZE, 0.38 * canvas.size()[0]);
            canvas.text([left - 8.0, y + 4.0], &label, words(TICK_SIZE, Anchor::End));
        }
        let [total_width, total_height] = canvas.size();
        let x_title = fit(&axis_title(&chart.x, &self.x), LABEL_SIZE, total_width - 2.0 * EDGE);
        let middle = left + self.size[0] / 2.0;
        canvas.text([middle, total_height - EDGE], &x_title, words(LABEL_SIZE, Anchor::Middle));
        let y_title = fit(&axis_title(&chart.y, &self.y), LABEL_SIZE, bottom - EDGE);
        let half = width(&y_title, LABEL_SIZE) / 2.0;
        let height = (top + self.size[1] / 2.0).max(half + EDGE).min(total_height - EDGE - half);
        canvas.turned_text([EDGE + 11.0, height], &y_title, words(LABEL_SIZE, Anchor::Middle), -90.0);
    }

    /// Title, subtitle and legend; `swatch` draws the sample of a layer in the box given by its left end
    /// and middle.
    pub(super) fn draw_head(
        &self,
        canvas: &mut Canvas,
        chart: &Chart,
        entries: &[Entry],
        mut swatch: impl FnMut(&mut Canvas, usize, [f64; 2]),
    ) {
        let room = canvas.size()[0] - 2.0 * EDGE;
        let title = Lettering { bold: true, ..words(15.0, Anchor::Start) };
        canvas.text([EDGE, EDGE + 13.0], &fit(&chart.title, 16.5, room), title);
        let subtitle = Lettering { colour: FAINT, ..words(LEGEND_SIZE, Anchor::Start) };
        let below = if chart.title.is_empty() { EDGE + 10.0 } else { EDGE + 30.0 };
        canvas.text([EDGE, below], &fit(&chart.subtitle, LEGEND_SIZE, room), subtitle);
        let mut y = head_height(chart) + 9.0;
        for row in legend_rows(entries, canvas.size()[0]) {
            let mut x = EDGE;
            for entry in row {
                swatch(canvas, entry.layer, [x, y]);
                let name = fit(&entry.name, LEGEND_SIZE, room - SWATCH);
                canvas.text([x + SWATCH, y + 4.0], &name, words(LEGEND_SIZE, Anchor::Start));
                x += entry_width(entry);
            }
            y += LEGEND_ROW;
        }
    }
}

fn head_height(chart: &Chart) -> f64 {
    let title = if chart.title.is_empty() { 0.0 } else { 20.0 };
    let subtitle = if chart.subtitle.is_empty() { 0.0 } else { 17.0 };
    EDGE - 2.0 + title + subtitle
}

fn entry_width(entry: &Entry) -> f64 {
    SWATCH + width(&entry.name, LEGEND_SIZE) + 20.0
}

fn legend_rows(entries: &[Entry], total_width: f64) -> Vec<Vec<&Entry>> {
    let mut rows: Vec<Vec<&Entry>> = Vec::new();
    let mut used = f64::INFINITY;
    for entry in entries {
        if used + entry_width(entry) > total_width - EDGE {
            rows.push(Vec::new());
            used = EDGE;
        }
        used += entry_width(entry);
        if let Some(row) = rows.last_mut() {
            row.push(entry);
        }
    }
    rows
}

/// `label (10³ unit)`.
fn axis_title(axis: &Axis, ruler: &Ruler) -> String {
    let power = if ruler.factor == 0 { String::new() } else { format!("10{}", text::exponent(ruler.factor)) };
    let unit = axis.unit.as_deref().map(pretty_unit).unwrap_or_default();
    if axis.label.is_empty() && unit.is_empty() {
        return String::new();
    }
    match (power.is_empty(), unit.is_empty()) {
        (true, true) => axis.label.clone(),
        (true, false) => format!("{} ({unit})", axis.label),
        (false, true) => format!("{} ({power})", axis.label),
        (false, false) => format!("{} ({power} {unit})", axis.label),
    }
}

fn ruler(axis: &Axis, values: &[f64], chart: &Chart, count: usize) -> Ruler {
    if !axis.categories.is_empty() {
        return Ruler::named(&axis.categories);
    }
    // Cells and regions fill the plot to its edges.
    let filled = chart
        .layers
        .iter()
        .any(|layer| matches!(layer, Layer::Heat { .. } | Layer::Contours { .. } | Layer::Region { .. }));
    let finite = values.iter().filter(|value| value.is_finite());
    let ends = finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], &v| [a.min(v), b.max(v)]);
    let range = axis.range.or((filled && ends[1] > ends[0]).then_some(ends));
    Ruler::over(values, axis.scale, range, count.clamp(2, 12))
}

/// Adds the values that a layer needs on each axis.
fn extent(layer: &Layer, matrix: bool, xs: &mut Vec<f64>, ys: &mut Vec<f64>) {
    let mut both = |points: &[[f64; 2]]| {
        xs.extend(points.iter().map(|[x, _]| x));
        ys.extend(points.iter().map(|[_, y]| y));
    };
    match layer {
        Layer::Line { points, .. } | Layer::Region { outline: points, .. } => both(points),
        Layer::Points { points, x_error, y_error, .. } => {
            both(points);
            for ([x, _], [below, above]) in points.iter().zip(x_error) {
                xs.extend([x - below, x + above]);
            }
            for ([_, y], [below, above]) in points.iter().zip(y_error) {
                ys.extend([y - below, y + above]);
            }
        }
        Layer::Band { points, .. } => {
            xs.extend(points.iter().map(|[x, _, _]| x));
            ys.extend(points.iter().flat_map(|[_, lower, upper]| [lower, upper]));
        }
        Layer::Bars { bars, horizontal, .. } => {
            let (places, values) = if *horizontal { (ys, xs) } else { (xs, ys) };
            for bar in bars {
                places.extend([bar.at - bar.width / 2.0, bar.at + bar.width / 2.0]);
                values.extend([bar.from, bar.to]);
            }
        }
        Layer::Boxes { boxes } => {
            for one in boxes {
                xs.push(one.at);
                ys.extend(one.five.iter().chain(&one.outliers));
            }
        }
        Layer::Heat { grid } => {
            xs.extend(edges(&grid.x, Scale::Linear, matrix));
            ys.extend(edges(&grid.y, Scale::Linear, matrix));
        }
        Layer::Contours { grid, .. } => {
            xs.extend(&grid.x);
            ys.extend(&grid.y);
        }
        Layer::Rule { at, vertical, .. } => {
            if *vertical {
                xs.push(*at)
            } else {
                ys.push(*at)
            }
        }
        Layer::Note { at: [x, y], .. } => {
            xs.push(*x);
            ys.push(*y);
        }
        Layer::Tag { .. } => {} // its line is a layer of its own
    }
}

/// Whether a heat map stands alone and is small: then its cells are whole and bear their numbers.
pub(super) fn is_matrix(chart: &Chart) -> bool {
    matches!(chart.layers.as_slice(), [Layer::Heat { grid }] if grid.values.len() <= 150)
}

/// The edges of cells whose middles are given: half way between them. The outermost cells are `whole`, or
/// are cut at their middles so that the map ends where its data end.
pub(super) fn edges(middles: &[f64], scale: Scale, whole: bool) -> Vec<f64> {
    let halfway = |a: f64, b: f64| match scale {
        Scale::Log if a > 0.0 && b > 0.0 => (a * b).sqrt(),
        _ => (a + b) / 2.0,
    };
    let inner: Vec<f64> = middles.windows(2).map(|pair| halfway(pair[0], pair[1])).collect();
    let (Some(&first), Some(&last)) = (middles.first(), middles.last()) else { return Vec::new() };
    let (mut start, mut end) = (first, last);
    if let (true, Some(low), Some(high)) = (whole && scale == Scale::Linear, inner.first(), inner.last()) {
        (start, end) = (2.0 * first - low, 2.0 * last - high);
    }
    std::iter::once(start).chain(inner).chain([end]).collect()
}
