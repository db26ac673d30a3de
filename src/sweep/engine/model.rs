//! What a sweep runs: factors in, outputs out, one case at a time or a block of neighbours together.

use std::fmt;

/// Values that a factor takes.
#[derive(Debug, Clone, PartialEq)]
pub enum FactorKind {
    /// Numbers of this SI unit (`1` if none).
    Number {
        /// SI unit.
        unit: String,
        /// Unit in which people read it.
        shown_in: String,
    },
    /// Named choices; the design's value is the index.
    Choice(Vec<String>),
}

/// One thing that varies over a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// Short name: the dataset of the result file.
    pub name: String,
    /// What it sets, in words or as a path of the scenario.
    pub long_name: String,
    /// Numbers or choices.
    pub kind: FactorKind,
}

impl Factor {
    /// Factor of numbers in an SI unit.
    pub fn number(name: &str, long_name: &str, unit: &str) -> Factor {
        let kind = FactorKind::Number { unit: unit.to_owned(), shown_in: unit.to_owned() };
        Factor { name: name.to_owned(), long_name: long_name.to_owned(), kind }
    }
}

/// A dimension of an output beside the case: times, stages, size classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Name of the dimension.
    pub name: String,
    /// SI unit of its coordinates.
    pub unit: String,
    /// Coordinates.
    pub coordinates: Vec<f64>,
}

/// One thing that is recorded of each case.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Short name: the dataset of the result file.
    pub name: String,
    /// What it is, in words or as a path of the results.
    pub long_name: String,
    /// SI unit (`1` if none).
    pub unit: String,
    /// Names of its axes (see [`Model::axes`]), slowest first; none for a single number.
    pub axes: Vec<String>,
    /// Whether it tells where other outputs of the case lie, as times do, and is no answer itself.
    pub coordinate: bool,
}

impl Output {
    /// Output of one number per case.
    pub fn number(name: &str, long_name: &str, unit: &str) -> Output {
        Output {
            name: name.to_owned(),
            long_name: long_name.to_owned(),
            unit: unit.to_owned(),
            axes: Vec::new(),
            coordinate: false,
        }
    }
}

/// Why one case has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseError {
    /// Message for the user.
    pub message: String,
}

impl CaseError {
    /// Failure with this message.
    pub fn new(message: impl fmt::Display) -> CaseError {
        CaseError { message: message.to_string() }
    }
}

impl fmt::Display for CaseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

/// A block of consecutive cases handed to a model: points in, rows and failures out.
#[derive(Debug)]
pub struct Block<'a> {
    /// Index of the first case.
    pub first: u64,
    /// Number of factors.
    pub factors: usize,
    /// Numbers per row.
    pub width: usize,
    /// Points, case after case (SI).
    pub points: &'a [f64],
    /// Whether the case is to be run; one that a constraint leaves out is not.
    pub wanted: &'a [bool],
    /// Rows to fill, case after case; preset to NaN.
    pub rows: &'a mut [f64],
    /// Failures, one slot per case.
    pub errors: &'a mut [Option<CaseError>],
    /// Seconds each case took.
    pub seconds: &'a mut [f64],
}

impl Block<'_> {
    /// Runs the wanted cases one after the other: index, point and row of each.
    pub fn each(&mut self, mut run: impl FnMut(u64, &[f64], &mut [f64]) -> Result<(), CaseError>) {
        for place in 0..self.wanted.len() {
            if !self.wanted[place] {
                continue;
            }
            let started = std::time::Instant::now();
            let point = &self.points[place * self.factors..][..self.factors];
            let row = &mut self.rows[place * self.width..][..self.width];
            if let Err(error) = run(self.first + place as u64, point, row) {
                row.fill(f64::NAN);
                self.errors[place] = Some(error);
            }
            self.seconds[place] = started.elapsed().as_secs_f64();
        }
    }
}

/// What a sweep runs.
pub trait Model: Sync {
    /// Factors, in the order of a point.
    fn factors(&self) -> &[Factor];

    /// Axes that outputs refer to.
    fn axes(&self) -> &[Axis] {
        &[]
    }

    /// Outputs, in the order of a row; each takes the product of its axes' lengths.
    fn outputs(&self) -> &[Output];

    /// Runs the case `index` at `point` (SI) and fills its `row` (SI).
    ///
    /// # Errors
    /// [`CaseError`]; the row is then recorded as without values.
    fn run(&self, index: u64, point: &[f64], row: &mut [f64]) -> Result<(), CaseError>;

    /// Derivatives of the row at `point` by every factor (SI over SI), `[number of the row][factor]`; `None` where the model has
    /// none to give. `sizes` are typical sizes of the factors.
    ///
    /// # Errors
    /// [`CaseError`] if there is no row or no derivative at the point.
    fn slopes(&self, point: &[f64], sizes: &[f64]) -> Option<Result<Vec<f64>, CaseError>> {
        let _ = (point, sizes);
        None
    }

    /// Runs the wanted cases of a block.
    ///
    /// What it leaves may depend on the block's own cases only. Override it to integrate neighbours side by side or to
    /// start one from the other.
    fn run_block(&self, block: &mut Block<'_>) {
        block.each(|index, point, row| self.run(index, point, row));
    }
}

/// Numbers that `output` takes in a row.
pub fn size(output: &Output, axes: &[Axis]) -> usize {
    output.axes.iter().map(|name| length(name, axes)).product()
}

/// Length of the axis `name`.
pub(crate) fn length(name: &str, axes: &[Axis]) -> usize {
    axes.iter().find(|axis| axis.name == name).map_or(1, |axis| axis.coordinates.len())
}

/// Numbers per row of `model`.
pub fn width<M: Model + ?Sized>(model: &M) -> usize {
    model.outputs().iter().map(|output| size(output, model.axes())).sum()
}
