//! Where words stand: clear of lines, of other words and of the frame.

use super::canvas::drawable;
use super::frame::Frame;

/// Pixels that words keep from lines and other words.
const ROOM: f64 = 3.0;
/// Pixels of room that are enough for words in a region.
const AMPLE: f64 = 14.0;
/// What a pixel away from the middle of a region costs in pixels of room.
const ASIDE: f64 = 0.04;
/// Candidates along each side of a polygon.
const LATTICE: usize = 32;
/// Places at a line that are tried.
const TRIED: usize = 80;
/// Pixels between a point and the words that belong to it, the best first.
const GAPS: [f64; 5] = [7.0, 13.0, 22.0, 36.0, 55.0];
/// Lengths in pixels of a line that leads out of a polygon.
const LEADS: [f64; 10] = [12.0, 18.0, 26.0, 36.0, 50.0, 70.0, 95.0, 120.0, 145.0, 170.0];

/// A straight piece of a line.
type Piece = [[f64; 2]; 2];

/// A rectangle, by its middle and half of each side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Block {
    pub(super) middle: [f64; 2],
    pub(super) half: [f64; 2],
}

impl Block {
    /// The point of the rectangle that is nearest to another.
    pub(super) fn nearest(&self, to: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|k| to[k].clamp(self.middle[k] - self.half[k], self.middle[k] + self.half[k]))
    }

    /// The distance between rectangles, 0 where they overlap.
    fn gap(&self, other: &Block) -> f64 {
        let apart = |k: usize| {
            let between = (self.middle[k] - other.middle[k]).abs();
            (between - self.half[k] - other.half[k]).max(0.0)
        };
        apart(0).hypot(apart(1))
    }

    /// The distance to a piece of a line, 0 where it crosses.
    fn gap_to(&self, piece: &Piece) -> f64 {
        if self.crossed_by(piece) {
            return 0.0;
        }
        let corner = |sign: [f64; 2]| [0, 1].map(|k| self.middle[k] + sign[k] * self.half[k]);
        let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(corner);
        let from_corners = corners.iter().map(|at| to_piece(*piece, *at));
        let from_ends = piece.iter().map(|end| distance(self.nearest(*end), *end));
        from_corners.chain(from_ends).fold(f64::INFINITY, f64::min)
    }

    /// A lower bound of the distance to a piece of a line, found quickly.
    fn at_least(&self, [a, b]: &Piece) -> f64 {
        let apart = |k: usize| {
            let (low, high) = (a[k].min(b[k]), a[k].max(b[k]));
            (low - self.middle[k] - self.half[k]).max(self.middle[k] - self.half[k] - high).max(0.0)
        };
        apart(0).hypot(apart(1))
    }

    /// Whether a piece of a line has a point inside (Liang and Barsky's clipping).
    fn crossed_by(&self, [a, b]: &Piece) -> bool {
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        for k in 0..2 {
            let (step, from) = (b[k] - a[k], a[k] - self.middle[k]);
            if step.abs() < 1e-12 {
                if from.abs() > self.half[k] {
                    return false;
                }
                continue;
            }
            let ends = [(-self.half[k] - from) / step, (self.half[k] - from) / step];
            enter = enter.max(ends[0].min(ends[1]));
            leave = leave.min(ends[0].max(ends[1]));
        }
        enter <= leave
    }
}

/// What is on the plot already.
pub(super) struct Board<'f> {
    frame: &'f Frame,
    borders: Vec<Piece>,
    lines: Vec<Piece>,
    blocks: Vec<Block>,
}

impl<'f> Board<'f> {
    pub(super) fn new(frame: &'f Frame) -> Self {
        Board { frame, borders: Vec::new(), lines: Vec::new(), blocks: Vec::new() }
    }

    /// The outline of a region; words keep off it, lines to words may cross it.
    pub(super) fn border(&mut self, outline: &[[f64; 2]]) {
        let closed: Vec<[f64; 2]> = outline.iter().chain(outline.first()).copied().collect();
        self.borders.extend(pieces(&closed));
    }

    pub(super) fn line(&mut self, points: &[[f64; 2]]) {
        self.lines.extend(pieces(points));
    }

    pub(super) fn block(&mut self, block: Block) {
        if drawable(&block.middle) {
            self.blocks.push(block);
        }
    }

    /// Pixels of free room around a rectangle, 0 if something is in it; anything not above `enough` if it is no more than that.
    fn clearance(&self, block: &Block, enough: f64) -> f64 {
        let [x, y] = block.middle;
        let [left, top] = self.frame.corner;
        let sides = [
            x - left - block.half[0],
            self.frame.right() - x - block.half[0],
            y - top - block.half[1],
            self.frame.bottom() - y - block.half[1],
        ];
        let mut room = sides.into_iter().fold(f64::INFINITY, f64::min).max(0.0);
        for other in &self.blocks {
            room = room.min(block.gap(other));
        }
        for piece in self.borders.iter().chain(&self.lines) {
            if room <= enough {
                return room;
            }
            if block.at_least(piece) < room {
                room = room.min(block.gap_to(piece));
            }
        }
        room
    }

    /// The place inside a polygon where a rectangle has room around it, of ample ones the one next to the middle; none if
    /// it fits nowhere.
    pub(super) fn inside(&self, polygon: &[[f64; 2]], half: [f64; 2]) -> Option<Block> {
        let candidates = self.lattice(polygon);
        let centre = mean(&candidates)?;
        let mut best = (f64::NEG_INFINITY, None);
        for middle in candidates {
            let (block, off) = (Block { middle, half }, ASIDE * distance(middle, centre));
            let room = self.clearance(&block, (best.0 + off).max(ROOM));
            if room > ROOM && room.min(AMPLE) - off > best.0 {
                best = (room.min(AMPLE) - off, Some(block));
            }
        }
        best.1
    }

    /// A point inside a polygon and a place outside it for its words, joined by a line that is short and crosses little.
    pub(super) fn outside(&self, polygon: &[[f64; 2]], half: [f64; 2]) -> Option<([f64; 2], Block)> {
        let edges = pieces(polygon);
        let depth =
            |at: &[f64; 2]| edges.iter().map(|edge| to_piece(*edge, *at)).fold(f64::INFINITY, f64::min);
        let mut inner = self.lattice(polygon);
        let centre = mean(&inner)?;
        let deepest = inner.iter().map(depth).fold(0.0, f64::max);
        inner.retain(|at| depth(at) >= 0.6 * deepest); // in its wide part, not in a corner
        let mut best = (f64::INFINITY, None);
        for from in inner.iter().step_by((inner.len() / 40).max(1)) {
            for lead in LEADS {
                for turn in 0..24 {
                    let angle = f64::from(turn) * std::f64::consts::TAU / 24.0;
                    let block = beside(*from, half, [angle.cos(), angle.sin()], lead);
                    let cost = lead + ASIDE * distance(*from, centre) + self.crossings(&block, *from);
                    if cost < best.0 && self.clearance(&block, ROOM) > ROOM {
                        best = (cost, Some((*from, block)));
                    }
                }
            }
        }
        best.1
    }

    /// What the line from a rectangle to a point costs in pixels of length for what it crosses.
    fn crossings(&self, block: &Block, from: [f64; 2]) -> f64 {
        let lead = [from, block.nearest(from)];
        let count = |of: &[Piece]| of.iter().filter(|piece| cross(piece, &lead)).count() as f64;
        let in_way =
            |other: &&Block| other.gap_to(&lead) < ROOM && distance(other.nearest(from), from) > ROOM;
        let words = self.blocks.iter().filter(in_way).count() as f64;
        8.0 * count(&self.borders) + 30.0 * count(&self.lines) + 1000.0 * words
    }

    /// The first of the places at a line beside which a rectangle has room, and where it stands then.
    pub(super) fn near(&self, places: &[[f64; 2]], half: [f64; 2]) -> Option<([f64; 2], Block)> {
        const DIRECTIONS: [[f64; 2]; 8] = [
            [1.0, 0.0],
            [-1.0, 0.0],
            [0.0, -1.0],
            [0.0, 1.0],
            [0.8, -0.6],
            [-0.8, -0.6],
            [0.8, 0.6],
            [-0.8, 0.6],
        ];
        let places: Vec<[f64; 2]> = places.iter().copied().filter(drawable).take(TRIED).collect();
        for gap in GAPS {
            for from in &places {
                for direction in DIRECTIONS {
                    let block = beside(*from, half, direction, gap);
                    // the line at which the words stand is not in the way of the line to them
                    let [end, start] = [block.nearest(*from), *from];
                    let part = 2.5 / distance(start, end).max(2.5);
                    let start = [0, 1].map(|k| start[k] + part * (end[k] - start[k]));
                    let clear = |block: &Block| self.clearance(block, ROOM) > ROOM;
                    if clear(&block) && self.crossings(&block, start) == 0.0 {
                        return Some((*from, block));
                    }
                }
            }
        }
        None
    }

    /// Points of a lattice that lie in a polygon and in the plot; the mean of its corners for a sliver.
    fn lattice(&self, polygon: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let [left, top] = self.frame.corner;
        let clamp =
            |[x, y]: &[f64; 2]| [x.clamp(left, self.frame.right()), y.clamp(top, self.frame.bottom())];
        let points: Vec<[f64; 2]> = polygon.iter().map(clamp).collect();
        let end = |axis: usize, pick: fn(f64, f64) -> f64, start: f64| {
            points.iter().map(|point| point[axis]).fold(start, pick)
        };
        let low = [0, 1].map(|axis| end(axis, f64::min, f64::INFINITY));
        let high = [0, 1].map(|axis| end(axis, f64::max, f64::NEG_INFINITY));
        let part = |n: usize| (n as f64 + 0.5) / LATTICE as f64;
        let at = |n: usize| {
            let [i, j] = [part(n % LATTICE), part(n / LATTICE)];
            [low[0] + (high[0] - low[0]) * i, low[1] + (high[1] - low[1]) * j]
        };
        let inner: Vec<[f64; 2]> =
            (0..LATTICE * LATTICE).map(at).filter(|at| contains(&points, *at)).collect();
        if inner.is_empty() { mean(&points).into_iter().collect() } else { inner }
    }
}

/// A rectangle that begins `gap` pixels from a point in a direction of unit length.
fn beside(from: [f64; 2], half: [f64; 2], direction: [f64; 2], gap: f64) -> Block {
    // the side that faces the point: upright for directions along x, level for those along y
    let level = direction[0].abs() > 0.5;
    let reach = |k: usize| match (k, level) {
        (0, true) => direction[0].signum() * half[0],
        (0, false) => direction[0] * half[0],
        (_, true) => direction[1] * half[1],
        (_, false) => direction[1].signum() * half[1],
    };
    Block { middle: [0, 1].map(|k| from[k] + direction[k] * gap + reach(k)), half }
}

/// The mean of points; none of none.
fn mean(points: &[[f64; 2]]) -> Option<[f64; 2]> {
    let along = |axis: usize| points.iter().map(|point| point[axis]).sum::<f64>() / points.len() as f64;
    let mean = [along(0), along(1)];
    drawable(&mean).then_some(mean)
}

/// Pieces of a line of which those shorter than a pixel are joined.
fn pieces(points: &[[f64; 2]]) -> Vec<Piece> {
    let mut found = Vec::new();
    for run in points.split(|point| !drawable(point)) {
        let Some(mut last) = run.first().copied() else { continue };
        for (at, point) in run.iter().enumerate().skip(1) {
            if distance(last, *point) > 1.0 || at + 1 == run.len() {
                found.push([last, *point]);
                last = *point;
            }
        }
    }
    found
}

fn distance([x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> f64 {
    (x1 - x2).hypot(y1 - y2)
}

fn to_piece([a, b]: Piece, [x, y]: [f64; 2]) -> f64 {
    let ([dx, dy], [px, py]) = ([b[0] - a[0], b[1] - a[1]], [x - a[0], y - a[1]]);
    let length = dx * dx + dy * dy;
    let part = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (px - part * dx).hypot(py - part * dy)
}

/// Whether two pieces cross.
fn cross([a, b]: &Piece, [c, d]: &Piece) -> bool {
    let side = |p: &[f64; 2], q: &[f64; 2], r: &[f64; 2]| {
        (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]) > 0.0
    };
    side(a, b, c) != side(a, b, d) && side(c, d, a) != side(c, d, b)
}

fn contains(polygon: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let crosses = |n: &usize| {
        let ([x1, y1], [x2, y2]) = (polygon[*n], polygon[(n + 1) % polygon.len()]);
        (y1 > y) != (y2 > y) && x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)
    };
    (0..polygon.len()).filter(crosses).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_between_rectangles_and_lines() {
        let block = Block { middle: [0.0, 0.0], half: [2.0, 1.0] };
        assert_eq!(block.gap_to(&[[-5.0, 0.0], [5.0, 0.5]]), 0.0, "through it");
        assert_eq!(block.gap_to(&[[-1.0, 0.0], [1.0, 0.5]]), 0.0, "within it");
        assert_eq!(block.gap_to(&[[-5.0, 4.0], [5.0, 4.0]]), 3.0, "above it");
        assert!((block.gap_to(&[[5.0, 5.0], [9.0, 9.0]]) - 5.0).abs() < 1e-12, "off its corner");
        assert_eq!(block.gap(&Block { middle: [7.0, 0.0], half: [1.0, 1.0] }), 4.0);
        assert!(cross(&[[0.0, 0.0], [2.0, 2.0]], &[[0.0, 2.0], [2.0, 0.0]]));
        assert!(!cross(&[[0.0, 0.0], [2.0, 2.0]], &[[0.0, 2.0], [0.5, 1.5]]));
    }
}
