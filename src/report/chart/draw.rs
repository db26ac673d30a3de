//! Drawing a chart: frame first, then layer by layer.

use super::axis::{Ruler, Scale};
use super::canvas::{Anchor, Canvas, Lettering, drawable};
use super::colour::{contrast, sequential, series};
use super::frame::{Entry, Frame, INK, edges, is_matrix, words};
use super::text::pretty_unit;
use super::{Bar, BoxStats, Chart, Grid, Layer, Stroke, contour, label};
use crate::report::number;

/// The room left of the plot that a chart takes.
pub(super) fn left_margin(chart: &Chart) -> f64 {
    Frame::of(chart, &legend(chart), 0.0).corner[0]
}

/// The whole chart as SVG, with at least that room left of the plot.
pub(super) fn svg(chart: &Chart, left: f64) -> String {
    let entries = legend(chart);
    let frame = Frame::of(chart, &entries, left);
    let colours = colours(&chart.layers);
    let mut canvas = Canvas::new(chart.size, &chart.title);
    let filled = chart.layers.iter().any(|layer| matches!(layer, Layer::Heat { .. } | Layer::Region { .. }));
    if !filled {
        frame.draw_grid(&mut canvas, chart);
    }
    let [x, y] = frame.corner;
    let [width, height] = frame.size;
    let clip = clip_name(chart, &frame);
    canvas.define_clip(&clip, [x, y], [width, height]);
    // Symbols on the border stay whole, in front of the axes.
    let wide_clip = format!("{clip}-wide");
    canvas.define_clip(&wide_clip, [x - 6.0, y - 6.0], [width + 12.0, height + 12.0]);
    let is_symbol = |layer: &Layer| matches!(layer, Layer::Points { .. } | Layer::Boxes { .. });
    let draw = |canvas: &mut Canvas, symbols: bool| {
        canvas.begin_clip(if symbols { &wide_clip } else { &clip });
        for (layer, &colour) in chart.layers.iter().zip(&colours) {
            if is_symbol(layer) == symbols {
                draw_layer(canvas, &frame, chart, layer, colour);
            }
        }
        canvas.end_clip();
    };
    draw(&mut canvas, false);
    frame.draw_axes(&mut canvas, chart);
    draw(&mut canvas, true);
    label::draw(&mut canvas, &frame, chart, &colours);
    for layer in &chart.layers {
        if let Layer::Heat { grid } = layer {
            colour_bar(&mut canvas, &frame, grid);
        }
    }
    let swatch = |canvas: &mut Canvas, layer: usize, at: [f64; 2]| {
        draw_swatch(canvas, &chart.layers[layer], colours[layer], at);
    };
    frame.draw_head(&mut canvas, chart, &entries, swatch);
    canvas.finish()
}

/// A name that differs between charts of one page (FNV-1a over what tells them apart).
fn clip_name(chart: &Chart, frame: &Frame) -> String {
    let text = format!(
        "{}{}{:?}{:?}{:?}{:?}",
        chart.title, chart.subtitle, chart.x, chart.y, frame.corner, frame.size
    );
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("plot-{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
}

fn legend(chart: &Chart) -> Vec<Entry> {
    let name_of = |layer: &Layer| match layer {
        Layer::Line { name, .. }
        | Layer::Points { name, .. }
        | Layer::Band { name, .. }
        | Layer::Bars { name, .. } => name.clone(),
        _ => String::new(),
    };
    let entries = chart.layers.iter().enumerate().map(|(layer, of)| Entry { layer, name: name_of(of) });
    entries.filter(|entry| !entry.name.is_empty()).collect()
}

/// The palette number of every layer: its own, or the next that no series has claimed.
fn colours(layers: &[Layer]) -> Vec<usize> {
    let own = |layer: &Layer| match layer {
        Layer::Line { colour, .. }
        | Layer::Points { colour, .. }
        | Layer::Band { colour, .. }
        | Layer::Bars { colour, .. } => Some(*colour),
        Layer::Tag { colour, .. } => Some(Some(*colour)),
        _ => None,
    };
    let claimed: Vec<usize> = layers.iter().filter_map(own).flatten().collect();
    let mut free = (0..).filter(|number| !claimed.contains(number));
    let mut choose = |layer| match own(layer) {
        Some(Some(number)) => number,
        Some(None) => free.next().unwrap_or(0),
        None => 0,
    };
    layers.iter().map(&mut choose).collect()
}

fn draw_layer(canvas: &mut Canvas, frame: &Frame, chart: &Chart, layer: &Layer, colour: usize) {
    match layer {
        Layer::Line { points, stroke, .. } => {
            let placed: Vec<[f64; 2]> = points.iter().map(|&point| frame.place(point)).collect();
            canvas.path(&placed, false, &line_style(colour, *stroke));
        }
        Layer::Points { points, x_error, y_error, .. } => {
            error_bars(canvas, frame, points, x_error, y_error, colour);
            for &point in points {
                symbol(canvas, frame.place(point), colour);
            }
        }
        Layer::Band { points, .. } => {
            let lower = points.iter().map(|&[x, lower, _]| frame.place([x, lower]));
            let upper = points.iter().rev().map(|&[x, _, upper]| frame.place([x, upper]));
            let outline: Vec<[f64; 2]> = lower.chain(upper).filter(|[_, y]| y.is_finite()).collect();
            canvas.path(&outline, true, &format!("fill=\"{}\" fill-opacity=\"0.2\"", series(colour)));
        }
        Layer::Bars { bars, horizontal, .. } => {
            bars.iter().for_each(|bar| draw_bar(canvas, frame, bar, *horizontal, colour));
        }
        Layer::Boxes { boxes } => boxes.iter().for_each(|one| draw_box(canvas, frame, one)),
        Layer::Heat { grid } => heat(canvas, frame, chart, grid),
        Layer::Contours { grid, levels } => {
            let on_heat = chart.layers.iter().any(|layer| matches!(layer, Layer::Heat { .. }));
            contours(canvas, frame, grid, levels, on_heat);
        }
        Layer::Region { outline, colour: filling, .. } => region(canvas, frame, outline, filling.map(series)),
        Layer::Rule { label, at, vertical } => label::rule(canvas, frame, label, *at, *vertical),
        Layer::Note { text, at, side } => label::note(canvas, frame, text, *at, *side),
        Layer::Tag { .. } => {} // with the words of regions, when all lines are there
    }
}

fn line_style(colour: usize, stroke: Stroke) -> String {
    let dashes = match stroke {
        Stroke::Solid => "",
        Stroke::Dashed => " stroke-dasharray=\"7 4\"",
        Stroke::Dotted => " stroke-dasharray=\"1.5 3.5\" stroke-linecap=\"round\"",
    };
    format!(
        "fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-linejoin=\"round\"{dashes}",
        series(colour)
    )
}

fn error_bars(
    canvas: &mut Canvas,
    frame: &Frame,
    points: &[[f64; 2]],
    x_error: &[[f64; 2]],
    y_error: &[[f64; 2]],
    colour: usize,
) {
    let style = format!("stroke=\"{}\" stroke-width=\"1.2\"", series(colour));
    for (&[x, y], [below, above]) in points.iter().zip(x_error) {
        let ends = [x - below, x + above].map(|x| frame.place([x, y]));
        canvas.line(ends[0], ends[1], &style);
        for [x, y] in ends {
            canvas.line([x, y - 3.0], [x, y + 3.0], &style);
        }
    }
    for (&[x, y], [below, above]) in points.iter().zip(y_error) {
        let ends = [y - below, y + above].map(|y| frame.place([x, y]));
        canvas.line(ends[0], ends[1], &style);
        for [x, y] in ends {
            canvas.line([x - 3.0, y], [x + 3.0, y], &style);
        }
    }
}

/// Circle, square, triangle, diamond, then the same again hollow.
fn symbol(canvas: &mut Canvas, [x, y]: [f64; 2], number: usize) {
    if !drawable(&[x, y]) {
        return;
    }
    let colour = series(number);
    let style = if number % 8 < 4 {
        format!("fill=\"{colour}\" stroke=\"#ffffff\" stroke-width=\"0.8\"")
    } else {
        format!("fill=\"#ffffff\" stroke=\"{colour}\" stroke-width=\"1.6\"")
    };
    let corners: Vec<[f64; 2]> = match number % 4 {
        0 => (0..16)
            .map(|step| f64::from(step) * std::f64::consts::TAU / 16.0)
            .map(|angle| [x + 4.0 * angle.cos(), y + 4.0 * angle.sin()])
            .collect(),
        1 => vec![[x - 3.6, y - 3.6], [x + 3.6, y - 3.6], [x + 3.6, y + 3.6], [x - 3.6, y + 3.6]],
        2 => vec![[x, y - 4.8], [x + 4.6, y + 3.4], [x - 4.6, y + 3.4]],
        _ => vec![[x, y - 5.2], [x + 4.6, y], [x, y + 5.2], [x - 4.6, y]],
    };
    canvas.path(&corners, true, &style);
}

fn draw_bar(canvas: &mut Canvas, frame: &Frame, bar: &Bar, horizontal: bool, colour: usize) {
    let (low, high) = (bar.at - bar.width / 2.0, bar.at + bar.width / 2.0);
    let [a, b] = match horizontal {
        true => [[bar.from, low], [bar.to, high]],
        false => [[low, bar.from], [high, bar.to]],
    }
    .map(|point| frame.place(point));
    let corner = [a[0].min(b[0]), a[1].min(b[1])];
    let size = [(a[0] - b[0]).abs(), (a[1] - b[1]).abs()];
    let style = format!("fill=\"{}\" stroke=\"#ffffff\" stroke-width=\"0.8\"", series(colour));
    canvas.rect(corner, size, &style);
}

fn draw_box(canvas: &mut Canvas, frame: &Frame, one: &BoxStats) {
    let [low, q1, median, q3, high] = one.five.map(|value| frame.place([one.at, value])[1]);
    let [x, _] = frame.place([one.at, one.five[2]]);
    let [left, _] = frame.place([one.at - 0.28, one.five[2]]);
    let half = (x - left).min(30.0);
    let thin = format!("stroke=\"{}\" stroke-width=\"1.3\"", series(0));
    for (from, to) in [(q1, low), (q3, high)] {
        canvas.line([x, from], [x, to], &thin);
        canvas.line([x - half / 2.0, to], [x + half / 2.0, to], &thin);
    }
    canvas.rect([x - half, q3], [2.0 * half, q1 - q3], &format!("fill=\"#cfe3f1\" {thin}"));
    canvas.line([x - half, median], [x + half, median], "stroke=\"#d55e00\" stroke-width=\"2.2\"");
    for &value in &one.outliers {
        symbol(canvas, frame.place([one.at, value]), 4);
    }
}

fn bounds(grid: &Grid) -> (f64, f64) {
    let finite = grid.values.iter().filter(|value| value.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)))
}

fn share(value: f64, (low, high): (f64, f64)) -> f64 {
    if high > low { (value - low) / (high - low) } else { 0.5 }
}

fn heat(canvas: &mut Canvas, frame: &Frame, chart: &Chart, grid: &Grid) {
    let ends = bounds(grid);
    let written = is_matrix(chart);
    let (xs, ys) = (edges(&grid.x, chart.x.scale, written), edges(&grid.y, chart.y.scale, written));
    for (row, y) in ys.windows(2).enumerate() {
        for (column, x) in xs.windows(2).enumerate() {
            let value = grid.values.get(row * grid.x.len() + column).copied().unwrap_or(f64::NAN);
            if !value.is_finite() {
                continue;
            }
            let ([x1, y1], [x2, y2]) = (frame.place([x[0], y[0]]), frame.place([x[1], y[1]]));
            let part = share(value, ends);
            let style = format!("fill=\"{}\" shape-rendering=\"crispEdges\"", sequential(part));
            canvas.rect([x1, y2], [x2 - x1, y1 - y2], &style);
            if written && x2 - x1 > 40.0 && y1 - y2 > 14.0 {
                let how = Lettering { colour: contrast(part), ..words(10.5, Anchor::Middle) };
                let middle = [(x1 + x2) / 2.0, (y1 + y2) / 2.0 + 4.0];
                canvas.text(middle, &number::significant(value, 3), how);
            }
        }
    }
}

fn colour_bar(canvas: &mut Canvas, frame: &Frame, grid: &Grid) {
    const STEPS: usize = 64;
    let ends = bounds(grid);
    let (left, top, height) = (frame.right() + 16.0, frame.corner[1], frame.size[1]);
    let step = height / STEPS as f64;
    for number in 0..STEPS {
        let part = (number as f64 + 0.5) / STEPS as f64;
        let y = top + height - (number as f64 + 1.0) * step;
        canvas.rect([left, y], [14.0, step + 0.6], &format!("fill=\"{}\"", sequential(part)));
    }
    canvas.rect([left, top], [14.0, height], "fill=\"none\" stroke=\"#444444\" stroke-width=\"0.8\"");
    let ruler = Ruler::over(&[], Scale::Linear, (ends.1 > ends.0).then_some([ends.0, ends.1]), 5);
    for tick in &ruler.ticks {
        let y = top + (1.0 - ruler.fraction(tick.at)) * height;
        canvas.line([left + 14.0, y], [left + 18.0, y], "stroke=\"#444444\"");
        canvas.text([left + 21.0, y + 4.0], &tick.label, words(10.5, Anchor::Start));
    }
    let unit = grid.unit.as_deref().map(pretty_unit).filter(|unit| !unit.is_empty());
    let power =
        if ruler.factor == 0 { String::new() } else { format!("10{} ", super::text::exponent(ruler.factor)) };
    let title = match unit {
        Some(unit) => format!("{} ({power}{unit})", grid.label),
        None if power.is_empty() => grid.label.clone(),
        None => format!("{} ({})", grid.label, power.trim_end()),
    };
    let right = canvas.size()[0] - 12.0;
    canvas.turned_text([right, top + height / 2.0], &title, words(12.0, Anchor::Middle), -90.0);
}

fn contours(canvas: &mut Canvas, frame: &Frame, grid: &Grid, levels: &[f64], on_heat: bool) {
    let (low, high) = bounds(grid);
    let found = Ruler::over(&[], Scale::Linear, (high > low).then_some([low, high]), 7);
    let inside = found.ticks.iter().map(|tick| tick.at).filter(|at| *at > low && *at < high);
    let levels: Vec<f64> = if levels.is_empty() { inside.collect() } else { levels.to_vec() };
    let (colour, ink) = if on_heat { ("#ffffff", INK) } else { (series(0), INK) };
    let mut labels: Vec<[f64; 2]> = Vec::new();
    let middle = [frame.corner[0] + frame.size[0] / 2.0, frame.corner[1] + frame.size[1] / 2.0];
    for level in levels {
        let pieces = contour::segments(grid, level);
        for piece in &pieces {
            let ends = piece.map(|point| frame.place(point));
            canvas.path(&ends, false, &format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.3\""));
        }
        let far = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let places = pieces.iter().map(|[a, b]| frame.place([(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0]));
        let free = places.filter(|&at| labels.iter().all(|&other| far(at, other) > 44.0) && clear(frame, at));
        let Some(at) = free.min_by(|&a, &b| far(a, middle).total_cmp(&far(b, middle))) else { continue };
        labels.push(at);
        let how = Lettering { colour: ink, ..words(10.5, Anchor::Middle) };
        canvas.haloed_text([at[0], at[1] + 4.0], &plain(level), how, 0.0);
    }
}

/// A level to at most three significant digits, without needless zeros.
fn plain(level: f64) -> String {
    let text = number::significant(level, 3);
    let needless = text.contains('.') && !text.contains('e');
    if needless { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Whether a label at this place stays off the axes.
fn clear(frame: &Frame, [x, y]: [f64; 2]) -> bool {
    let [left, top] = frame.corner;
    x > left + 22.0 && x < frame.right() - 22.0 && y > top + 12.0 && y < frame.bottom() - 12.0
}

fn region(canvas: &mut Canvas, frame: &Frame, outline: &[[f64; 2]], fill: Option<&str>) {
    let placed: Vec<[f64; 2]> = outline.iter().map(|&point| frame.place(point)).collect();
    let fill =
        fill.map_or("fill=\"none\"".to_owned(), |fill| format!("fill=\"{fill}\" fill-opacity=\"0.13\""));
    let style = format!("{fill} stroke=\"#333333\" stroke-width=\"1.3\" stroke-linejoin=\"round\"");
    canvas.path(&placed, true, &style);
}

/// The sample of a layer in the legend, from `x` on, about the height `y`.
fn draw_swatch(canvas: &mut Canvas, layer: &Layer, colour: usize, [x, y]: [f64; 2]) {
    match layer {
        Layer::Line { stroke, .. } => {
            canvas.path(&[[x, y], [x + 20.0, y]], false, &line_style(colour, *stroke));
        }
        Layer::Points { .. } => symbol(canvas, [x + 10.0, y], colour),
        Layer::Band { .. } => {
            let style = format!("fill=\"{}\" fill-opacity=\"0.2\"", series(colour));
            canvas.rect([x, y - 5.0], [20.0, 10.0], &style);
        }
        _ => canvas.rect([x + 4.0, y - 6.0], [12.0, 12.0], &format!("fill=\"{}\"", series(colour))),
    }
}
