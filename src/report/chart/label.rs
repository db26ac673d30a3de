//! Words of regions and lines, placed where they are read without doubt.

use super::canvas::{Anchor, Canvas, Lettering, drawable};
use super::colour::series;
use super::frame::{Frame, INK, words};
use super::place::{Block, Board};
use super::text::{fit, width};
use super::{Chart, Layer, Side};

/// Size of words beside lines and of those led out of their region.
const SMALL: f64 = 10.5;
/// Sizes of words in regions, and whether they are turned, the best first.
const SIZES: [(f64, bool); 6] =
    [(12.5, false), (10.5, false), (12.5, true), (10.5, true), (9.0, false), (9.0, true)];

/// Draws the words of a chart's regions and lines. Words for which a region is too small stand outside, with a line to it.
pub(super) fn draw(canvas: &mut Canvas, frame: &Frame, chart: &Chart, colours: &[usize]) {
    let mut board = board(frame, chart);
    let mut led: Vec<(&str, Vec<[f64; 2]>)> = Vec::new();
    for layer in &chart.layers {
        let Layer::Region { label, detail, outline, .. } = layer else { continue };
        let placed: Vec<[f64; 2]> = outline.iter().map(|&point| frame.place(point)).collect();
        let drawable = placed.len() > 2 && placed.iter().all(drawable);
        if !label.is_empty() && drawable && !in_region(canvas, &mut board, label, detail, &placed) {
            led.push((label, placed));
        }
    }
    for (label, outline) in led {
        led_out(canvas, &mut board, label, &outline);
    }
    for (layer, &colour) in chart.layers.iter().zip(colours) {
        let Layer::Tag { text, places, .. } = layer else { continue };
        let places: Vec<[f64; 2]> = places.iter().map(|&point| frame.place(point)).collect();
        tag(canvas, &mut board, text, &places, colour);
    }
}

/// Everything that words keep off.
fn board<'f>(frame: &'f Frame, chart: &Chart) -> Board<'f> {
    let mut board = Board::new(frame);
    let place = |points: &[[f64; 2]]| points.iter().map(|&point| frame.place(point)).collect::<Vec<_>>();
    for layer in &chart.layers {
        match layer {
            Layer::Line { points, .. } => board.line(&place(points)),
            Layer::Region { outline, .. } => board.border(&place(outline)),
            Layer::Points { points, .. } => {
                place(points).into_iter().for_each(|middle| board.block(Block { middle, half: [3.5, 3.5] }));
            }
            Layer::Note { text, at, side } => board.block(note_block(frame, text, *at, *side)),
            _ => {}
        }
    }
    board
}

fn note_block(frame: &Frame, text: &str, at: [f64; 2], side: Side) -> Block {
    let ([x, y], half) = (frame.place(at), [0.5 * width(text, 11.0), 5.5]);
    let middle = match side {
        Side::Over => [x, y],
        Side::Left => [x - half[0] - 5.0, y],
        Side::Right => [x + half[0] + 5.0, y],
    };
    Block { middle, half }
}

/// Words at a point, over it or beside it.
pub(super) fn note(canvas: &mut Canvas, frame: &Frame, text: &str, at: [f64; 2], side: Side) {
    let [x, y] = note_block(frame, text, at, side).middle;
    canvas.haloed_text([x, y + 4.0], text, words(11.0, Anchor::Middle), 0.0);
}

/// Half the width and height that a label takes, with a second line below if there is one.
fn half(label: &str, detail: &str, size: f64, turned: bool) -> [f64; 2] {
    // bold words are a tenth wider than the plain ones whose widths are known
    let wide = 0.5 * (1.1 * width(label, size)).max(width(detail, 0.85 * size));
    let high = if detail.is_empty() { 0.5 * size } else { 1.05 * size };
    if turned { [high, wide] } else { [wide, high] }
}

/// Puts the label into its region, in the largest size that fits; false if none does.
fn in_region(
    canvas: &mut Canvas,
    board: &mut Board<'_>,
    label: &str,
    detail: &str,
    outline: &[[f64; 2]],
) -> bool {
    let with_detail = SIZES[..2].iter().filter(|_| !detail.is_empty()).map(|size| (*size, detail));
    let choices = with_detail.chain(SIZES.iter().map(|size| (*size, "")));
    for ((size, turned), detail) in choices {
        let Some(block) = board.inside(outline, half(label, detail, size, turned)) else { continue };
        let [x, y] = block.middle;
        let bold = Lettering { bold: true, ..words(size, Anchor::Middle) };
        let down = if detail.is_empty() { 0.34 * size } else { -0.14 * size };
        if turned {
            canvas.haloed_text([x + down, y], label, bold, -90.0);
        } else {
            canvas.haloed_text([x, y + down], label, bold, 0.0);
            canvas.haloed_text([x, y + 0.86 * size], detail, words(0.85 * size, Anchor::Middle), 0.0);
        }
        board.block(block);
        return true;
    }
    false
}

/// Puts the label outside its region, with a line to a point in it.
fn led_out(canvas: &mut Canvas, board: &mut Board<'_>, label: &str, outline: &[[f64; 2]]) {
    let Some((from, block)) = board.outside(outline, half(label, "", SMALL, false)) else { return };
    let dot = 1.7;
    canvas.line(from, block.nearest(from), &format!("stroke=\"{INK}\" stroke-width=\"0.9\""));
    let [x, y] = from;
    let circle = (0..12).map(|n| f64::from(n) * std::f64::consts::TAU / 12.0);
    let circle: Vec<[f64; 2]> = circle.map(|a| [x + dot * a.cos(), y + dot * a.sin()]).collect();
    canvas.path(&circle, true, &format!("fill=\"{INK}\""));
    let [x, y] = block.middle;
    canvas.haloed_text([x, y + 0.34 * SMALL], label, words(SMALL, Anchor::Middle), 0.0);
    board.line(&[from, block.nearest(from)]);
    board.block(block);
}

/// Words beside a line, with a line in its colour to where they belong.
fn tag(canvas: &mut Canvas, board: &mut Board<'_>, text: &str, places: &[[f64; 2]], colour: usize) {
    let Some((from, block)) = board.near(places, [0.5 * width(text, SMALL), 0.42 * SMALL]) else { return };
    let style = format!("stroke=\"{}\" stroke-width=\"1\"", series(colour));
    canvas.line(from, block.nearest(from), &style);
    let [x, y] = block.middle;
    canvas.haloed_text([x, y + 0.34 * SMALL], text, words(SMALL, Anchor::Middle), 0.0);
    board.line(&[from, block.nearest(from)]);
    board.block(block);
}

/// A line across the plot, its label at its end.
pub(super) fn rule(canvas: &mut Canvas, frame: &Frame, label: &str, at: f64, vertical: bool) {
    let style = "stroke=\"#444444\" stroke-width=\"1.3\" stroke-dasharray=\"5 3\"";
    let [left, top] = frame.corner;
    let label = fit(label, 11.0, frame.size[0]);
    if vertical {
        let [x, _] = frame.place([at, frame.y.low]);
        canvas.line([x, top], [x, frame.bottom()], style);
        let near_end = x + width(&label, 11.0) + 8.0 > frame.right();
        let (x, anchor) = if near_end { (x - 5.0, Anchor::End) } else { (x + 5.0, Anchor::Start) };
        canvas.haloed_text([x, top + 11.0], &label, words(11.0, anchor), 0.0);
    } else {
        let [_, y] = frame.place([frame.x.low, at]);
        canvas.line([left, y], [frame.right(), y], style);
        canvas.haloed_text([frame.right() - 4.0, y - 5.0], &label, words(11.0, Anchor::End), 0.0);
    }
}
