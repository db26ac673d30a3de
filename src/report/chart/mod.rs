//! Charts as plain SVG and PNG: no script, no outside font, colours that colour-blind readers can tell
//! apart, symbols and dashes that survive a black-and-white print.
//!
//! A [`Chart`] is two axes and layers; [`kinds`] makes the usual ones (parity, tornado, histogram, box,
//! response surface). Equal charts give equal bytes.
//!
//! ```
//! use lixivia::report::chart::{Axis, Chart, Layer};
//! let chart = Chart::new("Leach at 80 °C", Axis::new("time").unit("h"), Axis::new("extraction").unit("%"))
//!     .layer(Layer::line("model", vec![[0.0, 0.0], [1.0, 63.2], [2.0, 86.5]]))
//!     .layer(Layer::points("measured", vec![[1.0, 61.0], [2.0, 88.0]]));
//! assert!(chart.svg().starts_with("<svg"));
//! ```

mod axis;
mod canvas;
mod colour;
mod contour;
mod draw;
pub mod flow;
mod frame;
pub mod kinds;
mod label;
mod place;
mod png;
mod text;

pub use axis::Scale;
pub(crate) use canvas::escape;
pub use colour::{PALETTE, sequential};
pub use text::{chemical, power_of_ten, pretty_unit};

use super::durable::FileError;
use std::path::Path;

/// One axis of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What is plotted; symbols and subscripts are printed as given.
    pub label: String,
    /// Unit of the numbers; printed in brackets, `m3` as m³.
    pub unit: Option<String>,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// Ends of the axis; found from the data if absent.
    pub range: Option<[f64; 2]>,
    /// Names of the positions 0, 1, 2 … instead of numbers.
    pub categories: Vec<String>,
}

impl Axis {
    /// A linear axis that takes its range from the data.
    pub fn new(label: &str) -> Self {
        Axis {
            label: label.to_owned(),
            unit: None,
            scale: Scale::Linear,
            range: None,
            categories: Vec::new(),
        }
    }

    /// The same with a unit.
    #[must_use]
    pub fn unit(mut self, unit: &str) -> Self {
        self.unit = (!unit.is_empty()).then(|| unit.to_owned());
        self
    }

    /// The same, logarithmic to base 10; values that are not positive are not drawn.
    #[must_use]
    pub fn log(mut self) -> Self {
        self.scale = Scale::Log;
        self
    }

    /// The same from `low` to `high`.
    #[must_use]
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some([low, high]);
        self
    }

    /// The same with names at 0, 1, 2 …
    #[must_use]
    pub fn categories(mut self, names: Vec<String>) -> Self {
        self.categories = names;
        self
    }
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stroke {
    /// Unbroken.
    #[default]
    Solid,
    /// Long dashes.
    Dashed,
    /// Dots.
    Dotted,
}

/// Where words stand at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// Over it.
    #[default]
    Over,
    /// Left of it.
    Left,
    /// Right of it.
    Right,
}

/// One bar, from its base to its end along the value axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Middle of the bar on the category axis.
    pub at: f64,
    /// Width on the category axis.
    pub width: f64,
    /// Where it starts on the value axis.
    pub from: f64,
    /// Where it ends on the value axis.
    pub to: f64,
}

/// Five numbers of a distribution and the values beyond the whiskers.
#[derive(Debug, Clone, PartialEq)]
pub struct BoxStats {
    /// Position on the category axis.
    pub at: f64,
    /// Lower whisker, lower quartile, median, upper quartile, upper whisker.
    pub five: [f64; 5],
    /// Values beyond the whiskers.
    pub outliers: Vec<f64>,
}

/// Values on a rectangular grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Positions along x, ascending.
    pub x: Vec<f64>,
    /// Positions along y, ascending.
    pub y: Vec<f64>,
    /// Values, one row of `x.len()` for every `y`; NaN is left blank.
    pub values: Vec<f64>,
    /// What the values are.
    pub label: String,
    /// Their unit.
    pub unit: Option<String>,
}

/// What a chart draws, in order, the first at the back. A layer with a name has a place in the legend.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// Points joined by a line; NaN breaks it.
    Line {
        /// Name in the legend; empty for none.
        name: String,
        /// Points as `[x, y]`.
        points: Vec<[f64; 2]>,
        /// Dashes.
        stroke: Stroke,
        /// Number in the palette; the next free one if absent.
        colour: Option<usize>,
    },
    /// Single points, with error bars where given.
    Points {
        /// Name in the legend; empty for none.
        name: String,
        /// Points as `[x, y]`.
        points: Vec<[f64; 2]>,
        /// Distance of both ends of the error bars along x, below and above; empty for none.
        x_error: Vec<[f64; 2]>,
        /// Distance of both ends of the error bars along y, below and above; empty for none.
        y_error: Vec<[f64; 2]>,
        /// Number in the palette; the next free one if absent.
        colour: Option<usize>,
    },
    /// The area between two curves, such as an interval.
    Band {
        /// Name in the legend; empty for none.
        name: String,
        /// Points as `[x, lower, upper]`.
        points: Vec<[f64; 3]>,
        /// Number in the palette; the next free one if absent.
        colour: Option<usize>,
    },
    /// Bars.
    Bars {
        /// Name in the legend; empty for none.
        name: String,
        /// The bars.
        bars: Vec<Bar>,
        /// Whether the values run along x.
        horizontal: bool,
        /// Number in the palette; the next free one if absent.
        colour: Option<usize>,
    },
    /// Box plots, values along y.
    Boxes {
        /// The boxes.
        boxes: Vec<BoxStats>,
    },
    /// Coloured cells with a colour bar.
    Heat {
        /// The values.
        grid: Grid,
    },
    /// Lines of equal value with their values beside them.
    Contours {
        /// The values.
        grid: Grid,
        /// The levels to draw; found from the data if empty.
        levels: Vec<f64>,
    },
    /// A closed region with a label inside, as in a predominance diagram.
    Region {
        /// Label inside, or outside with a line to the region if that is too small; empty for none.
        label: String,
        /// A second line of the label, where there is room; empty for none.
        detail: String,
        /// Corners in order as `[x, y]`.
        outline: Vec<[f64; 2]>,
        /// Number in the palette of the pale filling; none if absent.
        colour: Option<usize>,
    },
    /// A line across the plot at one value.
    Rule {
        /// Text at its end; empty for none.
        label: String,
        /// Position.
        at: f64,
        /// Whether it stands upright, at a value of x.
        vertical: bool,
    },
    /// Words at a point.
    Note {
        /// The words.
        text: String,
        /// The point, as `[x, y]`.
        at: [f64; 2],
        /// Where they stand there.
        side: Side,
    },
    /// Words beside a line or point: at the first of the places where they cover nothing; left out where there is none.
    Tag {
        /// The words.
        text: String,
        /// Points that they may belong to as `[x, y]`, the best first.
        places: Vec<[f64; 2]>,
        /// Number in the palette of the line that joins words and point.
        colour: usize,
    },
}

impl Layer {
    /// An unbroken line.
    pub fn line(name: &str, points: Vec<[f64; 2]>) -> Self {
        Layer::Line { name: name.to_owned(), points, stroke: Stroke::Solid, colour: None }
    }

    /// Points without error bars.
    pub fn points(name: &str, points: Vec<[f64; 2]>) -> Self {
        let name = name.to_owned();
        Layer::Points { name, points, x_error: Vec::new(), y_error: Vec::new(), colour: None }
    }

    /// The same in the colour of that number in the palette.
    #[must_use]
    pub fn colour(mut self, number: usize) -> Self {
        match &mut self {
            Layer::Line { colour, .. }
            | Layer::Points { colour, .. }
            | Layer::Band { colour, .. }
            | Layer::Bars { colour, .. }
            | Layer::Region { colour, .. } => *colour = Some(number),
            _ => {}
        }
        self
    }

    /// The same line with other dashes.
    #[must_use]
    pub fn stroke(mut self, dashes: Stroke) -> Self {
        if let Layer::Line { stroke, .. } = &mut self {
            *stroke = dashes;
        }
        self
    }
}

/// A chart: a title, two axes, layers.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Title.
    pub title: String,
    /// A line below the title: conditions, source.
    pub subtitle: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, the first at the back.
    pub layers: Vec<Layer>,
    /// Width and height in pixels at scale 1.
    pub size: [f64; 2],
}

impl Chart {
    /// A chart of 640 by 420 pixels without layers.
    pub fn new(title: &str, x: Axis, y: Axis) -> Self {
        Chart {
            title: title.to_owned(),
            subtitle: String::new(),
            x,
            y,
            layers: Vec::new(),
            size: [640.0, 420.0],
        }
    }

    /// The same with a line below the title.
    #[must_use]
    pub fn subtitle(mut self, text: &str) -> Self {
        self.subtitle = text.to_owned();
        self
    }

    /// The same with one more layer in front.
    #[must_use]
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// The same of another size in pixels.
    #[must_use]
    pub fn size(mut self, width: f64, height: f64) -> Self {
        self.size = [width, height];
        self
    }

    /// The chart as an SVG document without XML header, fit for a file and for inlining in HTML.
    pub fn svg(&self) -> String {
        draw::svg(self, 0.0)
    }

    /// The chart as PNG, `scale` pixels for each of its own (2 for print).
    ///
    /// # Errors
    /// Why the picture could not be made, in words: only a size beyond all bounds does that.
    pub fn png(&self, scale: f64) -> Result<Vec<u8>, String> {
        png::render(&self.svg(), scale)
    }

    /// Writes the chart to `path`, replaced only when complete: PNG at twice its size if the name ends in
    /// `.png`, else SVG.
    ///
    /// # Errors
    /// [`FileError`] if the folder is missing or read-only or the disk is full.
    pub fn save(&self, path: &Path) -> Result<(), FileError> {
        save_svg(&self.svg(), path)
    }
}

/// Charts one below the other as one SVG document, their plots flush on the left.
pub fn stacked(charts: &[Chart]) -> String {
    let width = charts.iter().map(|chart| chart.size[0]).fold(0.0, f64::max);
    let height: f64 = charts.iter().map(|chart| chart.size[1]).sum();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n"
    );
    let left = charts.iter().map(draw::left_margin).fold(0.0, f64::max);
    let mut top = 0.0;
    for chart in charts {
        out += &draw::svg(chart, left).replacen("<svg ", &format!("<svg y=\"{top}\" "), 1);
        top += chart.size[1];
    }
    out + "</svg>\n"
}

/// Writes charts, one below the other, to one file as [`Chart::save`] does.
///
/// # Errors
/// [`FileError`] if the folder is missing or read-only or the disk is full.
pub fn save_stacked(charts: &[Chart], path: &Path) -> Result<(), FileError> {
    save_svg(&stacked(charts), path)
}

fn save_svg(svg: &str, path: &Path) -> Result<(), FileError> {
    let wants_png = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    if !wants_png {
        return super::durable::replace(path, svg.as_bytes());
    }
    let failed = |reason| FileError::Other { action: "write", path: path.to_path_buf(), reason };
    super::durable::replace(path, &png::render(svg, 2.0).map_err(failed)?)
}

#[cfg(test)]
mod tests;
