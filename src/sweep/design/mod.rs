//! Where the cases of a sweep lie: designs over factors, each case reached alone by its index.
//!
//! | design            | cases                       | factors take                                        |
//! |-------------------|-----------------------------|-----------------------------------------------------|
//! | grid              | product of the levels       | every combination, the last factor fastest          |
//! | zip               | number of levels            | their levels side by side                           |
//! | table             | rows of a CSV file          | what the file says                                  |
//! | Latin hypercube   | given                       | one value in each of as many strata as cases        |
//! | Sobol             | given (best: a power of 2)  | scrambled low-discrepancy points                    |
//! | Monte Carlo       | given                       | independent or correlated draws                     |
//! | Saltelli          | base × (factors + 2)        | the two samples and their crosses of Sobol' indices |
//! | Morris            | paths × (factors + 1)       | paths that move one factor at a time                |
//! | one at a time     | 1 + 2 × factors             | the middle, then each factor low and high           |

mod correlation;
mod marginal;
pub(crate) mod random;
mod sobol;

pub use correlation::{Correlation, CorrelationError};
pub use marginal::{Marginal, MarginalError, Scale};
pub(crate) use marginal::{score, standard};
pub use sobol::Sobol;

use rand_chacha::rand_core::Rng;
use random::{Purpose, below, generator, open_unit, permuted};
use std::fmt;
use std::sync::Arc;

/// How the cases are laid out.
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// Every combination of the factors' levels, the last factor fastest.
    Grid,
    /// The factors' levels side by side; all have as many.
    Zip,
    /// Rows of values, one column per factor.
    Table(Vec<Vec<f64>>),
    /// Latin hypercube of this many cases.
    LatinHypercube(u64),
    /// Scrambled Sobol sequence of this many cases.
    Sobol(u64),
    /// Independent (or correlated) draws.
    MonteCarlo(u64),
    /// Two Sobol samples of this many rows and their crosses, for Sobol' indices.
    Saltelli(u64),
    /// Elementary effects.
    Morris {
        /// Number of paths.
        paths: u64,
        /// Number of levels per factor; even.
        levels: u32,
    },
    /// The middle, then each factor low and high.
    OneAtATime,
}

impl Method {
    /// Name as written in a scenario.
    pub fn name(&self) -> &'static str {
        match self {
            Method::Grid => "grid",
            Method::Zip => "zip",
            Method::Table(_) => "csv",
            Method::LatinHypercube(_) => "latin-hypercube",
            Method::Sobol(_) => "sobol",
            Method::MonteCarlo(_) => "monte-carlo",
            Method::Saltelli(_) => "saltelli",
            Method::Morris { .. } => "morris",
            Method::OneAtATime => "one-at-a-time",
        }
    }
}

/// Whether a point (SI, in the order of the factors) is allowed.
pub type Rule = Arc<dyn Fn(&[f64]) -> bool + Send + Sync>;

/// A relation between factors that a case must satisfy.
#[derive(Clone)]
pub struct Constraint {
    /// As the user wrote it.
    pub text: String,
    /// Whether a point (SI, in the order of the factors) satisfies it.
    pub holds: Rule,
}

impl fmt::Debug for Constraint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Constraint({:?})", self.text)
    }
}

/// Why a design cannot be laid out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DesignError {
    /// No factor.
    #[error("a sweep needs at least one factor")]
    NoFactors,
    /// No case.
    #[error("a sweep needs at least one case")]
    NoCases,
    /// Spread of one factor.
    #[error("factor `{0}`: {1}")]
    Factor(String, MarginalError),
    /// Distribution in a grid.
    #[error("factor `{0}` is a distribution; a {1} needs `values` or a range with `points`")]
    NoLevels(String, &'static str),
    /// Zipped lists of different lengths.
    #[error(
        "zipped factors need equal numbers of values: `{first}` has {count}, `{other}` has {other_count}"
    )]
    Unequal {
        /// Factor whose length is the measure.
        first: String,
        /// Its number of values.
        count: usize,
        /// Factor that differs.
        other: String,
        /// Its number of values.
        other_count: usize,
    },
    /// Row of the wrong width.
    #[error("row {row} has {found} values for {expected} factors")]
    Row {
        /// Row, counted from 1.
        row: usize,
        /// Its number of values.
        found: usize,
        /// Number of factors.
        expected: usize,
    },
    /// Too many cases to number.
    #[error("the design has more than {most} cases, the most that can be told apart", most = Design::MOST)]
    TooMany,
    /// Too many dimensions for the sequence.
    #[error("{0} factors are more than the sequence has dimensions ({max})", max = Sobol::MAX_DIMENSIONS)]
    TooManyFactors(usize),
    /// Odd number of levels.
    #[error("Morris screening needs an even number of levels, at least 2, got {0}")]
    OddLevels(u32),
    /// Correlations.
    #[error(transparent)]
    Correlation(#[from] CorrelationError),
    /// Correlations in a design that has none.
    #[error("correlations need the design monte-carlo, latin-hypercube or sobol, not {0}")]
    NotCorrelated(&'static str),
}

/// What becomes of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is run.
    Run,
    /// It violates the constraint of this number and is not run.
    Excluded(usize),
}

/// Number of fresh draws a Monte Carlo case tries until it satisfies the constraints.
const ATTEMPTS: u64 = 10_000;

/// Most cases that are tried before a run to find one that the constraints keep.
const MOST_TRIED: u64 = 10_000_000;

/// The cases of a sweep.
#[derive(Debug, Clone)]
pub struct Design {
    method: Method,
    names: Vec<String>,
    marginals: Vec<Marginal>,
    correlation: Option<Correlation>,
    constraints: Vec<Constraint>,
    seed: u64,
    cases: u64,
    sobol: Option<Sobol>,
}

impl Design {
    /// Most cases: whole numbers that a double holds one by one, as shares of a sample need them.
    pub const MOST: u64 = 1 << f64::MANTISSA_DIGITS;

    /// Design over `factors` (name and spread each).
    ///
    /// # Errors
    /// [`DesignError`] if a spread is none, if the method cannot use it, or if there is nothing to run.
    pub fn new(method: Method, factors: Vec<(String, Marginal)>, seed: u64) -> Result<Design, DesignError> {
        let (names, marginals): (Vec<_>, Vec<_>) = factors.into_iter().unzip();
        if names.is_empty() {
            return Err(DesignError::NoFactors);
        }
        for (name, marginal) in names.iter().zip(&marginals) {
            marginal.check().map_err(|error| DesignError::Factor(name.clone(), error))?;
        }
        let cases = count(&method, &names, &marginals)?;
        match cases {
            0 => return Err(DesignError::NoCases),
            many if many > Design::MOST => return Err(DesignError::TooMany),
            _ => {}
        }
        let dimensions = match method {
            Method::Sobol(_) => names.len(),
            Method::Saltelli(_) => 2 * names.len(),
            _ => 0,
        };
        let sobol = match dimensions {
            0 => None,
            count => Some(Sobol::new(count, seed).ok_or(DesignError::TooManyFactors(names.len()))?),
        };
        Ok(Design {
            method,
            names,
            marginals,
            correlation: None,
            constraints: Vec::new(),
            seed,
            cases,
            sobol,
        })
    }

    /// The design with correlated factors.
    ///
    /// # Errors
    /// [`DesignError`] if the design is not a random sample or the matrix does not fit the factors.
    pub fn correlated(mut self, correlation: Correlation) -> Result<Design, DesignError> {
        if !self.is_sampled() {
            return Err(DesignError::NotCorrelated(self.method.name()));
        }
        if correlation.dimensions() != self.names.len() {
            return Err(CorrelationError::Size(correlation.dimensions(), self.names.len()).into());
        }
        self.correlation = Some(correlation);
        Ok(self)
    }

    /// Whether its cases are drawn from the joint distribution of the factors, which correlations shape.
    pub fn is_sampled(&self) -> bool {
        matches!(self.method, Method::MonteCarlo(_) | Method::LatinHypercube(_) | Method::Sobol(_))
    }

    /// The design with relations between factors.
    ///
    /// Monte Carlo draws afresh until they hold; other designs leave a violating case out (it keeps its index).
    #[must_use]
    pub fn constrained(mut self, constraints: Vec<Constraint>) -> Design {
        self.constraints = constraints;
        self
    }

    /// Number of cases, those that a constraint leaves out included.
    pub fn cases(&self) -> u64 {
        self.cases
    }

    /// Layout.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Names of the factors, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Spreads of the factors, in order.
    pub fn marginals(&self) -> &[Marginal] {
        &self.marginals
    }

    /// Relations between factors.
    pub fn constraints(&self) -> &[Constraint] {
        &self.constraints
    }

    /// Seed of all draws.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Writes the point of case `index` (SI, one value per factor) and says whether it is run.
    pub fn point(&self, index: u64, point: &mut [f64]) -> Fate {
        if let Method::MonteCarlo(_) = self.method {
            return self.drawn(index, point);
        }
        self.laid_out(index, point);
        self.judge(point)
    }

    /// Whether the constraints leave out every case.
    ///
    /// Of a Monte Carlo design the first cases speak for all; a design of more than ten million cases is not looked through.
    pub fn is_barren(&self) -> bool {
        let tried = match self.method {
            // each is drawn again and again before it is given up
            Method::MonteCarlo(cases) => cases.min(8),
            _ if self.cases > MOST_TRIED => return false,
            _ => self.cases,
        };
        let mut point = vec![0.0; self.names.len()];
        !self.constraints.is_empty() && (0..tried).all(|index| self.point(index, &mut point) != Fate::Run)
    }

    fn judge(&self, point: &[f64]) -> Fate {
        self.constraints
            .iter()
            .position(|constraint| !(constraint.holds)(point))
            .map_or(Fate::Run, Fate::Excluded)
    }

    fn drawn(&self, index: u64, point: &mut [f64]) -> Fate {
        let mut generator = generator(self.seed, Purpose::MonteCarlo, index);
        let mut fate = Fate::Run;
        for _ in 0..ATTEMPTS {
            point.iter_mut().for_each(|value| *value = open_unit(&mut generator));
            self.spread(point);
            fate = self.judge(point);
            if fate == Fate::Run {
                break;
            }
        }
        fate
    }

    /// Turns shares of 0..1 into values of the factors.
    fn spread(&self, point: &mut [f64]) {
        if let Some(correlation) = &self.correlation {
            correlation.apply(point);
        }
        for (value, marginal) in point.iter_mut().zip(&self.marginals) {
            *value = marginal.quantile(*value);
        }
    }

    fn laid_out(&self, index: u64, point: &mut [f64]) {
        match &self.method {
            Method::Grid => {
                let mut rest = index;
                for (value, marginal) in point.iter_mut().zip(&self.marginals).rev() {
                    let levels = marginal.levels().unwrap_or(1) as u64;
                    *value = marginal.level((rest % levels) as usize);
                    rest /= levels;
                }
            }
            Method::Zip => {
                for (value, marginal) in point.iter_mut().zip(&self.marginals) {
                    *value = marginal.level(index as usize);
                }
            }
            Method::Table(rows) => point.copy_from_slice(&rows[index as usize]),
            Method::LatinHypercube(cases) => self.stratified(index, *cases, point),
            Method::Sobol(_) => {
                self.net(index, 0, point);
                self.spread(point);
            }
            Method::MonteCarlo(_) => {}
            Method::Saltelli(_) => self.crossed(index, point),
            Method::Morris { levels, .. } => self.path(index, *levels, point),
            Method::OneAtATime => self.around(index, point),
        }
    }

    fn net(&self, index: u64, first_dimension: usize, point: &mut [f64]) {
        if let Some(sobol) = &self.sobol {
            for (dimension, value) in point.iter_mut().enumerate() {
                *value = sobol.coordinate(index, first_dimension + dimension);
            }
        }
    }

    fn stratified(&self, index: u64, cases: u64, point: &mut [f64]) {
        let mut jitter = generator(self.seed, Purpose::LatinHypercube, index);
        for (dimension, value) in point.iter_mut().enumerate() {
            let key = generator(self.seed, Purpose::Permutation, dimension as u64).next_u64();
            let stratum = permuted(index, cases, key);
            let share = (stratum as f64 + open_unit(&mut jitter)) / cases as f64;
            *value = share.min(1.0 - f64::EPSILON);
        }
        self.spread(point);
    }

    /// Row `A`, row `B`, then `A` with one column of `B` after the other.
    fn crossed(&self, index: u64, point: &mut [f64]) {
        let factors = point.len();
        let (row, member) = (index / (factors as u64 + 2), (index % (factors as u64 + 2)) as usize);
        self.net(row, if member == 1 { factors } else { 0 }, point);
        if let (Some(column), Some(sobol)) = (member.checked_sub(2), &self.sobol) {
            point[column] = sobol.coordinate(row, factors + column);
        }
        self.spread(point);
    }

    fn path(&self, index: u64, levels: u32, point: &mut [f64]) {
        let factors = point.len();
        let (path, step) = (index / (factors as u64 + 1), (index % (factors as u64 + 1)) as usize);
        let mut draws = generator(self.seed, Purpose::Morris, path);
        let mut order: Vec<usize> = (0..factors).collect();
        for place in (1..factors).rev() {
            order.swap(place, below(&mut draws, place as u64 + 1) as usize);
        }
        let half = levels / 2;
        let gap = f64::from(half) / f64::from(levels - 1);
        for value in point.iter_mut() {
            *value = below(&mut draws, u64::from(half)) as f64 / f64::from(levels - 1);
        }
        for (turn, factor) in order.into_iter().enumerate() {
            // a factor that falls starts high, so that both directions are equally likely
            let falls = below(&mut draws, 2) == 1;
            let moved = turn < step;
            if falls != moved {
                point[factor] += gap;
            }
        }
        for (value, marginal) in point.iter_mut().zip(&self.marginals) {
            *value = between_ends(marginal, *value);
        }
    }

    fn around(&self, index: u64, point: &mut [f64]) {
        for (value, marginal) in point.iter_mut().zip(&self.marginals) {
            *value = marginal.quantile(0.5);
        }
        if let Some(turn) = index.checked_sub(1) {
            let factor = (turn / 2) as usize;
            let marginal = &self.marginals[factor];
            point[factor] = match (marginal, turn % 2) {
                (Marginal::Levels(_) | Marginal::Range { .. }, side) => marginal.quantile(side as f64),
                (_, 0) => marginal.quantile(0.05),
                _ => marginal.quantile(0.95),
            };
        }
    }
}

/// Ends of a range for shares 0 and 1; the 0.5 % and 99.5 % quantiles of a distribution, whose ends may be infinite.
fn between_ends(marginal: &Marginal, share: f64) -> f64 {
    match marginal {
        Marginal::Levels(_) | Marginal::Range { .. } => marginal.quantile(share.clamp(0.0, 1.0)),
        _ => marginal.quantile(0.005 + 0.99 * share),
    }
}

fn count(method: &Method, names: &[String], marginals: &[Marginal]) -> Result<u64, DesignError> {
    let levels = |kind| {
        names.iter().zip(marginals).map(move |(name, marginal)| {
            marginal
                .levels()
                .ok_or_else(|| DesignError::NoLevels(name.clone(), kind))
                .map(|count| (name, count))
        })
    };
    let times = |count: u64, each: usize| count.checked_mul(each as u64).ok_or(DesignError::TooMany);
    match method {
        Method::Grid => levels("grid").try_fold(1, |product, next| times(product, next?.1)),
        Method::Zip => zipped(levels("zip")),
        Method::Table(rows) => table(rows, names.len()),
        Method::LatinHypercube(cases) | Method::Sobol(cases) | Method::MonteCarlo(cases) => Ok(*cases),
        Method::Saltelli(base) => times(*base, names.len() + 2),
        Method::Morris { levels, .. } if *levels < 2 || levels % 2 == 1 => {
            Err(DesignError::OddLevels(*levels))
        }
        Method::Morris { paths, .. } => times(*paths, names.len() + 1),
        Method::OneAtATime => Ok(1 + 2 * names.len() as u64),
    }
}

fn zipped<'a>(
    levels: impl Iterator<Item = Result<(&'a String, usize), DesignError>>,
) -> Result<u64, DesignError> {
    let mut measure: Option<(&String, usize)> = None;
    for next in levels {
        let (name, count) = next?;
        match measure {
            Some((first, expected)) if expected != count => {
                return Err(DesignError::Unequal {
                    first: first.clone(),
                    count: expected,
                    other: name.clone(),
                    other_count: count,
                });
            }
            _ => measure = Some((name, count)),
        }
    }
    Ok(measure.map_or(0, |(_, count)| count as u64))
}

fn table(rows: &[Vec<f64>], factors: usize) -> Result<u64, DesignError> {
    match rows.iter().position(|row| row.len() != factors) {
        Some(row) => Err(DesignError::Row { row: row + 1, found: rows[row].len(), expected: factors }),
        None => Ok(rows.len() as u64),
    }
}

#[cfg(test)]
mod tests;
