//! A block diagram of a plant: units as boxes in columns along the flow, streams as arrows, recycles
//! running back below.

use super::canvas::{Anchor, Canvas, Lettering};
use super::frame::{INK, words};
use super::text::{fit, width};

/// A box.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Name, in bold.
    pub name: String,
    /// What it is, in small letters.
    pub kind: String,
}

/// An arrow between two boxes.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Number of the box it leaves.
    pub from: usize,
    /// Number of the box it enters.
    pub to: usize,
    /// Words beside it.
    pub label: String,
}

const WIDE: f64 = 128.0;
const HIGH: f64 = 40.0;
const GAP_X: f64 = 84.0;
const GAP_Y: f64 = 30.0;
const EDGE: f64 = 16.0;
/// Height between recycle lines that run below the boxes.
const LANE: f64 = 18.0;

/// Where boxes stand and which arrows run back.
struct Layout {
    /// Column and row of each box; rows may be halves, where a column is centred.
    cells: Vec<(usize, f64)>,
    back: Vec<bool>,
    columns: usize,
    rows: f64,
}

/// The diagram as SVG, fit for a file and for inlining in HTML.
pub fn block_diagram(title: &str, blocks: &[Block], flows: &[Flow]) -> String {
    let flows: Vec<&Flow> = flows.iter().filter(|f| f.from < blocks.len() && f.to < blocks.len()).collect();
    let layout = arrange(blocks.len(), &flows);
    let lanes = layout.back.iter().filter(|back| **back).count() as f64;
    let columns = layout.columns.max(1) as f64;
    let body = layout.rows.max(1.0) * (HIGH + GAP_Y) - GAP_Y;
    let size = [2.0 * EDGE + columns * (WIDE + GAP_X) - GAP_X, 2.0 * EDGE + body + lanes * LANE + 16.0];
    let mut canvas = Canvas::new(size, title);
    let corner = |block: usize| {
        let (column, row) = layout.cells[block];
        [EDGE + column as f64 * (WIDE + GAP_X), EDGE + row * (HIGH + GAP_Y)]
    };
    let mut lane = EDGE + body + 14.0;
    for (number, flow) in flows.iter().enumerate() {
        let leaving = place_among(&flows, number, |f| f.from);
        let entering = place_among(&flows, number, |f| f.to);
        let ([x1, y1], [x2, y2]) = (corner(flow.from), corner(flow.to));
        let start = [x1 + WIDE, y1 + HIGH * leaving];
        let end = [x2, y2 + HIGH * entering];
        if layout.back[number] {
            draw_back(&mut canvas, flow, start, end, lane);
            lane += LANE;
        } else {
            draw_ahead(&mut canvas, flow, start, end);
        }
    }
    for (number, block) in blocks.iter().enumerate() {
        let [x, y] = corner(number);
        let style = "rx=\"5\" fill=\"#eef4f9\" stroke=\"#0072b2\" stroke-width=\"1.4\"";
        canvas.rect([x, y], [WIDE, HIGH], style);
        let name = Lettering { bold: true, ..words(12.0, Anchor::Middle) };
        canvas.text([x + WIDE / 2.0, y + 17.0], &fit(&block.name, 13.0, WIDE - 10.0), name);
        let kind = Lettering { colour: "#666666", ..words(10.0, Anchor::Middle) };
        canvas.text([x + WIDE / 2.0, y + 31.0], &fit(&block.kind, 10.0, WIDE - 10.0), kind);
    }
    canvas.finish()
}

/// How far down a side of its box an arrow sits, 0..1, when the arrows of that side share it evenly.
fn place_among(flows: &[&Flow], number: usize, side: fn(&Flow) -> usize) -> f64 {
    let of_side = flows.iter().filter(|other| side(other) == side(flows[number])).count();
    let before = flows[..number].iter().filter(|other| side(other) == side(flows[number])).count();
    (before as f64 + 1.0) / (of_side as f64 + 1.0)
}

const LINE: &str = "fill=\"none\" stroke=\"#555555\" stroke-width=\"1.3\" stroke-linejoin=\"round\"";

fn draw_ahead(canvas: &mut Canvas, flow: &Flow, start: [f64; 2], end: [f64; 2]) {
    // The bend stands near the end, so that words have the straight part before it.
    let bend = end[0] - 16.0 - 8.0 * (end[1] - start[1]).abs().min(20.0) / 20.0;
    let level = (start[1] - end[1]).abs() < 1.0;
    let points = if level { vec![start, end] } else { vec![start, [bend, start[1]], [bend, end[1]], end] };
    canvas.path(&points, false, LINE);
    arrow_head(canvas, end);
    let room = end[0] - 26.0 - start[0];
    label(canvas, &flow.label, [start[0] + 5.0, start[1] - 4.0], room);
}

fn draw_back(canvas: &mut Canvas, flow: &Flow, start: [f64; 2], end: [f64; 2], lane: f64) {
    let (out, back) = (start[0] + 10.0, end[0] - 12.0);
    let points = [start, [out, start[1]], [out, lane], [back, lane], [back, end[1]], end];
    canvas.path(&points, false, &format!("{LINE} stroke-dasharray=\"5 3\""));
    arrow_head(canvas, end);
    let words_at = (out + back) / 2.0 - width(&flow.label, 10.0) / 2.0;
    label(canvas, &flow.label, [words_at, lane - 4.0], (out - back).abs());
}

fn arrow_head(canvas: &mut Canvas, [x, y]: [f64; 2]) {
    canvas.path(&[[x, y], [x - 7.0, y - 3.5], [x - 7.0, y + 3.5]], true, "fill=\"#555555\"");
}

fn label(canvas: &mut Canvas, text: &str, at: [f64; 2], room: f64) {
    let how = Lettering { size: 10.0, colour: INK, bold: false, anchor: Anchor::Start };
    canvas.haloed_text(at, &fit(text, 10.0, room), how);
}

/// Columns by the longest way from a feed, arrows that close a loop left out; in each column boxes are
/// ordered by the mean height of those they come from.
fn arrange(count: usize, flows: &[&Flow]) -> Layout {
    let back = back_arrows(count, flows);
    let ahead: Vec<&&Flow> =
        flows.iter().zip(&back).filter(|(_, back)| !**back).map(|(flow, _)| flow).collect();
    let mut column = vec![0; count];
    for _ in 0..count {
        for flow in &ahead {
            column[flow.to] = column[flow.to].max(column[flow.from] + 1);
        }
    }
    // A feed stands right before what it feeds.
    for block in 0..count {
        let has_inlet = ahead.iter().any(|flow| flow.to == block);
        let first_use = ahead.iter().filter(|flow| flow.from == block).map(|flow| column[flow.to]).min();
        if let (false, Some(first_use)) = (has_inlet, first_use) {
            column[block] = first_use - 1;
        }
    }
    let columns = column.iter().max().map_or(0, |last| last + 1);
    let mut row = vec![0.0; count];
    let mut rows: f64 = 0.0;
    for at in 0..columns {
        let mut members: Vec<usize> = (0..count).filter(|&block| column[block] == at).collect();
        let height = |block: usize| {
            let sources: Vec<f64> = ahead.iter().filter(|f| f.to == block).map(|f| row[f.from]).collect();
            if sources.is_empty() { -1.0 } else { sources.iter().sum::<f64>() / sources.len() as f64 }
        };
        let mut keyed: Vec<(f64, usize)> = members.iter().map(|&block| (height(block), block)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        members = keyed.iter().map(|(_, block)| *block).collect();
        rows = rows.max(members.len() as f64);
        members.iter().enumerate().for_each(|(place, &block)| row[block] = place as f64);
    }
    let cells = column.into_iter().zip(row).collect();
    Layout { cells, back, columns, rows }
}

/// The arrows that close a loop when boxes are visited in depth from those without inlet.
fn back_arrows(count: usize, flows: &[&Flow]) -> Vec<bool> {
    let mut back = vec![false; flows.len()];
    let mut state = vec![0_u8; count]; // 0 unseen, 1 on the way, 2 done
    let fed = |block: usize| flows.iter().any(|flow| flow.to == block);
    let starts: Vec<usize> = (0..count).filter(|&b| !fed(b)).chain(0..count).collect();
    for start in starts {
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        let mut way = vec![(start, 0)];
        while let Some((block, next)) = way.pop() {
            let Some(offset) = flows[next..].iter().position(|flow| flow.from == block) else {
                state[block] = 2;
                continue;
            };
            let number = next + offset;
            way.push((block, number + 1));
            let to = flows[number].to;
            match state[to] {
                1 => back[number] = true,
                0 => {
                    state[to] = 1;
                    way.push((to, 0));
                }
                _ => {}
            }
        }
    }
    back
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(from: usize, to: usize) -> Flow {
        Flow { from, to, label: format!("{from}-{to}") }
    }

    #[test]
    fn a_recycle_runs_back_and_a_late_feed_stands_late() {
        // 0 feed -> 1 leach -> 2 filter -> 3 product, 2 -> 1 recycle, 4 wash -> 2
        let flows = [flow(0, 1), flow(1, 2), flow(2, 3), flow(2, 1), flow(4, 2)];
        let layout = arrange(5, &flows.iter().collect::<Vec<_>>());
        assert_eq!(layout.back, [false, false, false, true, false]);
        assert_eq!(layout.cells.iter().map(|cell| cell.0).collect::<Vec<_>>(), [0, 1, 2, 3, 1]);
    }

    #[test]
    fn anything_can_be_drawn() {
        let block = |name: &str| Block { name: name.into(), kind: "mixer".into() };
        assert!(block_diagram("", &[], &[]).ends_with("</svg>\n"));
        let loops = [flow(0, 0), flow(0, 1), flow(1, 0), flow(7, 1)];
        let svg = block_diagram("loops", &[block("a & b"), block("c")], &loops);
        assert!(svg.contains("a &amp; b") && !svg.contains("NaN"));
    }
}
