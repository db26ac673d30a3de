//! SVG elements with escaped text and short numbers.

use std::fmt::Write;

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How words are set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lettering {
    pub(super) size: f64,
    pub(super) colour: &'static str,
    pub(super) bold: bool,
    pub(super) anchor: Anchor,
}

/// An SVG document being written.
#[derive(Debug)]
pub(super) struct Canvas {
    out: String,
    size: [f64; 2],
}

impl Canvas {
    pub(super) fn new(size: [f64; 2], title: &str) -> Self {
        let [width, height] = size;
        let mut out = String::new();
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"'DejaVu Sans Condensed',\
             'DejaVu Sans','Segoe UI','Helvetica Neue',Arial,sans-serif\">\n\
             <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
            escape(title)
        );
        Canvas { out, size }
    }

    pub(super) fn size(&self) -> [f64; 2] {
        self.size
    }

    pub(super) fn line(&mut self, from: [f64; 2], to: [f64; 2], style: &str) {
        if !drawable(&from) || !drawable(&to) {
            return;
        }
        let ([x1, y1], [x2, y2]) = (from.map(short), to.map(short));
        let _ = writeln!(self.out, "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" {style}/>");
    }

    pub(super) fn rect(&mut self, at: [f64; 2], size: [f64; 2], style: &str) {
        if !drawable(&at) || !drawable(&size) {
            return;
        }
        let ([x, y], [width, height]) = (at.map(short), size.map(short));
        let _ =
            writeln!(self.out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {style}/>");
    }

    /// Runs of points joined by lines; a point without a place breaks the run.
    pub(super) fn path(&mut self, points: &[[f64; 2]], closed: bool, style: &str) {
        let mut data = String::new();
        let mut pen_down = false;
        for [x, y] in points {
            if !drawable(&[*x, *y]) {
                pen_down = false;
                continue;
            }
            let command = if pen_down { 'L' } else { 'M' };
            let _ = write!(data, "{command}{} {}", short(*x), short(*y));
            pen_down = true;
        }
        if data.is_empty() {
            return;
        }
        let end = if closed { "Z" } else { "" };
        let _ = writeln!(self.out, "<path d=\"{data}{end}\" {style}/>");
    }

    pub(super) fn text(&mut self, at: [f64; 2], words: &str, how: Lettering) {
        self.turned_text(at, words, how, 0.0);
    }

    /// Words turned by `degrees` clockwise about their point.
    pub(super) fn turned_text(&mut self, at: [f64; 2], words: &str, how: Lettering, degrees: f64) {
        if words.is_empty() || !drawable(&at) {
            return;
        }
        let [x, y] = at.map(short);
        let anchor = match how.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = if how.bold { " font-weight=\"bold\"" } else { "" };
        let turn = turn(degrees, [x, y]);
        let _ = writeln!(
            self.out,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" fill=\"{}\"{weight}{anchor}{turn}>{}</text>",
            how.size,
            how.colour,
            escape(words)
        );
    }

    /// Words on a white halo, readable over lines and colours, turned by `degrees` clockwise about their point.
    pub(super) fn haloed_text(&mut self, at: [f64; 2], words: &str, how: Lettering, degrees: f64) {
        if words.is_empty() || !drawable(&at) {
            return;
        }
        let [x, y] = at.map(short);
        let anchor = match how.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if how.bold { " font-weight=\"bold\"" } else { "" };
        let turn = turn(degrees, [x, y]);
        let size = how.size;
        let common =
            format!("x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\"{weight}{turn}");
        let words = escape(words);
        // Twice, for viewers that do not know `paint-order`.
        let _ = writeln!(
            self.out,
            "<text {common} fill=\"#ffffff\" stroke=\"#ffffff\" stroke-width=\"3\" \
             stroke-linejoin=\"round\">{words}</text><text {common} fill=\"{}\">{words}</text>",
            how.colour
        );
    }

    /// Names a rectangle for [`Canvas::begin_clip`]; `id` is unique in the page.
    pub(super) fn define_clip(&mut self, id: &str, at: [f64; 2], size: [f64; 2]) {
        let ([x, y], [width, height]) = (at.map(short), size.map(short));
        let _ = writeln!(
            self.out,
            "<clipPath id=\"{id}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/></clipPath>"
        );
    }

    /// Everything drawn until [`Canvas::end_clip`] is cut at the rectangle of that name.
    pub(super) fn begin_clip(&mut self, id: &str) {
        let _ = writeln!(self.out, "<g clip-path=\"url(#{id})\">");
    }

    pub(super) fn end_clip(&mut self) {
        self.out.push_str("</g>\n");
    }

    pub(super) fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }
}

/// The attribute that turns words about their point.
fn turn(degrees: f64, [x, y]: [f64; 2]) -> String {
    if degrees == 0.0 { String::new() } else { format!(" transform=\"rotate({degrees} {x} {y})\"") }
}

/// Whether a point has a place: values off the scale of a logarithmic axis, or missing, have none.
pub(super) fn drawable(point: &[f64; 2]) -> bool {
    point.iter().all(|value| value.is_finite())
}

/// A coordinate to a hundredth of a pixel, without needless zeros.
fn short(value: f64) -> f64 {
    let rounded = (value * 100.0).round() / 100.0;
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// Text safe inside XML; control characters, which XML cannot hold, are dropped.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
