//! A block diagram of a plant: units as boxes in rows down the page, streams as arrows, recycles running
//! back up beside them.

use super::canvas::{Anchor, Canvas, Lettering};
use super::frame::{INK, words};
use super::text::fit;

/// A box.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Name, in bold.
    pub name: String,
    /// What it is, in small letters.
    pub kind: String,
    /// What it is to the plant, which its colour shows.
    pub role: Role,
}

/// What a box is to the plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// A unit operation.
    #[default]
    Inside,
    /// Where matter enters.
    Feed,
    /// What the plant is run for.
    Product,
    /// Where the rest leaves.
    Discharge,
}

impl Role {
    /// Filling and border.
    fn colours(self) -> (&'static str, &'static str) {
        match self {
            Role::Inside => ("#eef4f9", "#0072b2"),
            Role::Feed => ("#eaf6f2", "#009e73"),
            Role::Product => ("#fdf0e6", "#d55e00"),
            Role::Discharge => ("#f2f2f2", "#888888"),
        }
    }
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

const WIDE: f64 = 132.0;
const HIGH: f64 = 40.0;
const GAP_X: f64 = 34.0;
const GAP_Y: f64 = 44.0;
const EDGE: f64 = 16.0;
/// Width between recycle lines that run up beside the boxes.
const LANE: f64 = 16.0;

/// Where boxes stand and which arrows run back.
#[derive(Debug)]
struct Layout {
    /// Row and place in the row of each box.
    cells: Vec<(usize, usize)>,
    back: Vec<bool>,
}

impl Layout {
    fn rows(&self) -> usize {
        self.cells.iter().map(|cell| cell.0 + 1).max().unwrap_or(1)
    }

    fn columns(&self) -> usize {
        self.cells.iter().map(|cell| cell.1 + 1).max().unwrap_or(1)
    }

    /// The place of an arrow on one side of its box: those to or from the left stand left, recycles right.
    fn place(
        &self,
        flows: &[&Flow],
        number: usize,
        side: fn(&Flow) -> usize,
        other: fn(&Flow) -> usize,
    ) -> Place {
        let key = |n: usize| (self.back[n], self.cells[other(flows[n])].1, n);
        let same: Vec<usize> = (0..flows.len()).filter(|&n| side(flows[n]) == side(flows[number])).collect();
        Place { before: same.iter().filter(|&&n| key(n) < key(number)).count(), all: same.len() }
    }

    /// Upper left corner of a box.
    fn corner(&self, block: usize) -> [f64; 2] {
        let (row, column) = self.cells[block];
        [EDGE + column as f64 * (WIDE + GAP_X), EDGE + 14.0 + row as f64 * (HIGH + GAP_Y)]
    }
}

/// The diagram as SVG, fit for a file and for inlining in HTML.
pub fn block_diagram(title: &str, blocks: &[Block], flows: &[Flow]) -> String {
    let flows: Vec<&Flow> = flows.iter().filter(|f| f.from < blocks.len() && f.to < blocks.len()).collect();
    let layout = arrange(blocks.len(), &flows);
    let lanes = layout.back.iter().filter(|back| **back).count() as f64;
    let (columns, rows) = (layout.columns() as f64, layout.rows() as f64);
    let right = EDGE + columns * (WIDE + GAP_X) - GAP_X;
    let size = [right + 30.0 + lanes * LANE + EDGE, 2.0 * EDGE + 14.0 + rows * (HIGH + GAP_Y) - GAP_Y + 12.0];
    let mut canvas = Canvas::new(size, title);
    let mut lane = right + 30.0;
    for (number, flow) in flows.iter().enumerate() {
        let leaving = layout.place(&flows, number, |f| f.from, |f| f.to);
        let entering = layout.place(&flows, number, |f| f.to, |f| f.from);
        let ([x1, y1], [x2, y2]) = (layout.corner(flow.from), layout.corner(flow.to));
        let start = [x1 + WIDE * leaving.share(), y1 + HIGH];
        // A little to the left of where arrows leave, so that the two do not run on top of each other.
        let end = [x2 + WIDE * (entering.share() - if entering.all > 1 { 0.07 } else { 0.0 }), y2];
        let skips = layout.cells[flow.to].0 > layout.cells[flow.from].0 + 1;
        // Lines that run across between two rows keep apart.
        let level = end[1] - 12.0 - 5.0 * (entering.before as f64).min(3.0);
        let points = if layout.back[number] {
            let below = start[1] + 12.0 + 5.0 * leaving.before as f64;
            lane += LANE;
            vec![start, [start[0], below], [lane - LANE, below], [lane - LANE, level], [end[0], level], end]
        } else if skips {
            let gutter = x1 + WIDE + GAP_X / 2.0;
            let below = start[1] + 16.0;
            vec![start, [start[0], below], [gutter, below], [gutter, level], [end[0], level], end]
        } else if (start[0] - end[0]).abs() < 1.0 {
            vec![start, end]
        } else {
            vec![start, [start[0], level], [end[0], level], end]
        };
        let dashes = if layout.back[number] { " stroke-dasharray=\"5 3\"" } else { "" };
        canvas.path(&points, false, &format!("{LINE}{dashes}"));
        arrow_head(&mut canvas, end);
        let how = Lettering { size: 10.0, colour: INK, bold: false, anchor: Anchor::Start };
        let words_at = [start[0] + 4.0, start[1] + 11.0 + 10.0 * (leaving.before % 2) as f64];
        canvas.haloed_text(words_at, &fit(&flow.label, 10.0, WIDE), how, 0.0);
    }
    for (number, block) in blocks.iter().enumerate() {
        draw_block(&mut canvas, block, layout.corner(number));
    }
    canvas.finish()
}

fn draw_block(canvas: &mut Canvas, block: &Block, [x, y]: [f64; 2]) {
    let (fill, border) = block.role.colours();
    let style = format!("rx=\"5\" fill=\"{fill}\" stroke=\"{border}\" stroke-width=\"1.4\"");
    canvas.rect([x, y], [WIDE, HIGH], &style);
    let name = Lettering { bold: true, ..words(12.0, Anchor::Middle) };
    canvas.text([x + WIDE / 2.0, y + 17.0], &fit(&block.name, 13.0, WIDE - 10.0), name);
    let kind = Lettering { colour: "#666666", ..words(10.0, Anchor::Middle) };
    canvas.text([x + WIDE / 2.0, y + 31.0], &fit(&block.kind, 10.0, WIDE - 10.0), kind);
}

/// The place of an arrow among those on the same side of a box.
#[derive(Debug, Clone, Copy)]
struct Place {
    before: usize,
    all: usize,
}

impl Place {
    /// How far along the side, 0..1, when arrows share it evenly.
    fn share(self) -> f64 {
        (self.before as f64 + 1.0) / (self.all as f64 + 1.0)
    }
}

const LINE: &str = "fill=\"none\" stroke=\"#555555\" stroke-width=\"1.3\" stroke-linejoin=\"round\"";

fn arrow_head(canvas: &mut Canvas, [x, y]: [f64; 2]) {
    canvas.path(&[[x, y], [x - 3.5, y - 7.0], [x + 3.5, y - 7.0]], true, "fill=\"#555555\"");
}

/// Rows by the longest way from a feed, arrows that close a loop left out; a box stands below the
/// leftmost of those it comes from, what leaves the plant to the right of what goes on, feeds last.
fn arrange(count: usize, flows: &[&Flow]) -> Layout {
    let back = back_arrows(count, flows);
    let ahead: Vec<&Flow> =
        flows.iter().zip(&back).filter(|(_, back)| !**back).map(|(flow, _)| *flow).collect();
    let mut row = vec![0; count];
    for _ in 0..count {
        for flow in &ahead {
            row[flow.to] = row[flow.to].max(row[flow.from] + 1);
        }
    }
    // A feed stands right before what it feeds.
    for block in 0..count {
        let has_inlet = ahead.iter().any(|flow| flow.to == block);
        let first_use = ahead.iter().filter(|flow| flow.from == block).map(|flow| row[flow.to]).min();
        if let (false, Some(first_use)) = (has_inlet, first_use) {
            row[block] = first_use - 1;
        }
    }
    let mut column = vec![0; count];
    for at in 0..row.iter().max().map_or(0, |last| last + 1) {
        let key = |block: usize| {
            let source = ahead.iter().filter(|f| f.to == block).map(|f| column[f.from]).min();
            let goes_on = flows.iter().any(|flow| flow.from == block);
            (source.unwrap_or(usize::MAX), !goes_on, block)
        };
        let mut members: Vec<(usize, bool, usize)> = (0..count).filter(|&b| row[b] == at).map(key).collect();
        members.sort_unstable();
        let mut free = 0;
        for (source, _, block) in members {
            column[block] = if source == usize::MAX { free } else { free.max(source) };
            free = column[block] + 1;
        }
    }
    Layout { cells: row.into_iter().zip(column).collect(), back }
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
        assert_eq!(layout.cells[4].1, 1, "the wash stands beside the leach");
    }

    #[test]
    fn anything_can_be_drawn() {
        let block = |name: &str| Block { name: name.into(), kind: "mixer".into(), role: Role::Inside };
        assert!(block_diagram("", &[], &[]).ends_with("</svg>\n"));
        let loops = [flow(0, 0), flow(0, 1), flow(1, 0), flow(7, 1)];
        let svg = block_diagram("loops", &[block("a & b"), block("c")], &loops);
        assert!(svg.contains("a &amp; b") && !svg.contains("NaN"));
    }
}
