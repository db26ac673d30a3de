//! `[sweep]` and `[optimise]` of a scenario, bound to its plant: factors, settings, design.

use super::constraint;
use super::design::{Constraint, Correlation, Design, Marginal, Method, Scale};
use super::engine::{Factor, FactorKind};
use super::target::{Derived, Held, Origin, Setting, Target, target};
use crate::kinetics::expression::{Compiler, Symbols};
use crate::quantity::{Dimension, Unit, parse_as, split};
use crate::scenario::{Code, Diagnostic, Model, SweepEntry, difference_of};
use crate::unit::parameters::{Args, Located, Place, Value};
use std::path::Path;

/// Factors of a table, bound to the plant.
#[derive(Debug, Default)]
pub struct Bound {
    /// Factors, in the order of a point.
    pub factors: Vec<Factor>,
    /// Their spreads.
    pub marginals: Vec<Marginal>,
    /// Dimension of each.
    pub dimensions: Vec<Dimension>,
    /// What is set, derived values included.
    pub settings: Vec<Setting>,
}

type Faults = Vec<Diagnostic>;

fn fault(code: Code, place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, place, message)
}

/// Binds the factors of a table; `by_file` if their values come from a table of cases.
///
/// # Errors
/// All faults of the factors.
pub fn factors(model: &Model, entries: &[(Located<String>, Args)], by_file: bool) -> Result<Bound, Faults> {
    let mut bound = Bound::default();
    let mut faults = Faults::new();
    let derived = |args: &Args| args.find("expression").is_some();
    for (name, args) in entries.iter().filter(|(_, args)| !derived(args)) {
        if let Err(error) = factor(model, name, args, by_file, &mut bound) {
            faults.push(error);
        }
    }
    for (name, args) in entries.iter().filter(|(_, args)| derived(args)) {
        match derive(model, name, args, &bound) {
            Ok(setting) => bound.settings.push(setting),
            Err(error) => faults.push(error),
        }
    }
    if faults.is_empty() { Ok(bound) } else { Err(faults) }
}

fn path_of(args: &Args, name: &Located<String>) -> Result<Located<String>, Diagnostic> {
    args.read("set").map_err(|error| fault(Code::MissingKey, name.place, error.to_string()))
}

fn factor(
    model: &Model,
    name: &Located<String>,
    args: &Args,
    by_file: bool,
    bound: &mut Bound,
) -> Result<(), Diagnostic> {
    let path = path_of(args, name)?;
    let (target, held) =
        target(model, &path.value).map_err(|words| fault(Code::UnknownName, path.place, words))?;
    let column = bound.factors.len();
    let (dimension, from, kind, marginal) = match held {
        Held::Number(now, dimension) => {
            let shown_in = shown_unit(args, dimension);
            let kind = FactorKind::Number { unit: si_unit(dimension), shown_in };
            let marginal =
                if by_file { Marginal::Levels(vec![now]) } else { marginal(args, name, dimension)? };
            (dimension, Origin::Column(column), kind, marginal)
        }
        Held::Word(_) => {
            let words = words(args, name)?;
            let marginal = Marginal::Levels((0..words.len()).map(|place| place as f64).collect());
            (Dimension::FRACTION, Origin::Words(column, words.clone()), FactorKind::Choice(words), marginal)
        }
    };
    bound.factors.push(Factor { name: name.value.clone(), long_name: path.value, kind });
    bound.marginals.push(marginal);
    bound.dimensions.push(dimension);
    bound.settings.push(Setting { target, from, dimension });
    Ok(())
}

fn si_unit(dimension: Dimension) -> String {
    if dimension.is_dimensionless() { "1".to_owned() } else { dimension.si_unit() }
}

/// Unit in which the user wrote the factor's values.
fn shown_unit(args: &Args, dimension: Dimension) -> String {
    let first = |key: &str| match args.find(key).map(|found| &found.value) {
        Some(Value::Text(text)) => Some(text.clone()),
        Some(Value::List(items)) => match items.first().map(|item| &item.value) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    };
    ["from", "values", "mean", "median", "min"]
        .iter()
        .find_map(|key| first(key))
        .and_then(|text| split(&text).ok().map(|(_, unit)| unit.trim().to_owned()))
        .filter(|unit| !unit.is_empty())
        .unwrap_or_else(|| si_unit(dimension))
}

fn words(args: &Args, name: &Located<String>) -> Result<Vec<String>, Diagnostic> {
    let Some(Located { value: Value::List(items), place }) = args.find("values") else {
        let message = format!("factor `{}` sets a word: it needs `values`", name.value);
        return Err(fault(Code::MissingKey, name.place, message));
    };
    items
        .iter()
        .map(|item| match &item.value {
            Value::Text(text) => Ok(text.clone()),
            Value::Boolean(truth) => Ok(truth.to_string()),
            _ => Err(fault(Code::WrongType, *place, format!("factor `{}` takes words", name.value))),
        })
        .collect()
}

/// A value in SI, of the dimension of what the factor sets.
fn si(value: &Value, place: Place, name: &str, dimension: Dimension) -> Result<f64, Diagnostic> {
    match value {
        Value::Text(text) => parse_as(text, dimension).map_err(|error| {
            let told = fault(Code::Quantity, place, format!("`{name}`: {error}"));
            match error.help() {
                Some(help) => told.help(help),
                None => told,
            }
        }),
        Value::Number(number) if dimension.is_dimensionless() => Ok(*number),
        Value::Integer(number) if dimension.is_dimensionless() => Ok(*number as f64),
        _ => Err(fault(Code::Quantity, place, format!("`{name}` needs a unit: {dimension} is expected"))
            .label("a bare number")),
    }
}

fn marginal(args: &Args, name: &Located<String>, dimension: Dimension) -> Result<Marginal, Diagnostic> {
    let get = |key: &str, dimension: Dimension| {
        args.find(key).map(|found| si(&found.value, found.place, key, dimension)).transpose()
    };
    let need = |key: &str| {
        get(key, dimension)?.ok_or_else(|| {
            fault(Code::MissingKey, name.place, format!("factor `{}` needs `{key}`", name.value))
        })
    };
    let distribution: Option<String> = args.read("distribution").ok().flatten();
    let limit = |key: &str, none: f64| Ok::<f64, Diagnostic>(get(key, dimension)?.unwrap_or(none));
    let found = match (distribution.as_deref(), args.find("values")) {
        (None, Some(Located { value: Value::List(items), .. })) => Marginal::Levels(
            items
                .iter()
                .map(|item| si(&item.value, item.place, "values", dimension))
                .collect::<Result<_, _>>()?,
        ),
        (None, _) => {
            let points = args.read("points").unwrap_or(5);
            let log = args.read::<String>("scale").is_ok_and(|scale| scale == "log");
            let scale = if log { Scale::Log } else { Scale::Linear };
            Marginal::Range { from: need("from")?, to: need("to")?, scale, points }
        }
        (Some("normal"), _) => {
            let deviation = get("sd", difference_of(dimension))?.ok_or_else(|| {
                fault(Code::MissingKey, name.place, format!("factor `{}` needs `sd`", name.value))
            })?;
            let (min, max) = (limit("min", f64::NEG_INFINITY)?, limit("max", f64::INFINITY)?);
            Marginal::Normal { mean: need("mean")?, deviation, min, max }
        }
        (Some("lognormal"), _) => {
            let log_deviation = args.read::<Option<f64>>("log_sd").ok().flatten().ok_or_else(|| {
                fault(Code::MissingKey, name.place, format!("factor `{}` needs `log_sd`", name.value))
            })?;
            let (min, max) = (limit("min", 0.0)?, limit("max", f64::INFINITY)?);
            Marginal::LogNormal { median: need("median")?, log_deviation, min, max }
        }
        (Some(_), _) => Marginal::Triangular { min: need("min")?, mode: need("mode")?, max: need("max")? },
    };
    found
        .check()
        .map_err(|error| fault(Code::Range, name.place, format!("factor `{}`: {error}", name.value)))?;
    Ok(found)
}

/// Names of factors as plain numbers.
struct Plain<'a>(&'a [Factor]);

impl Symbols for Plain<'_> {
    fn parameter(&self, name: &str) -> Option<(usize, Dimension, Option<f64>)> {
        let name = if name == PLAIN_T { "T" } else { name };
        let place = self.0.iter().position(|factor| factor.name == name)?;
        Some((place, Dimension::FRACTION, None))
    }
    fn definition(&self, _: &str) -> Option<&str> {
        None
    }
    fn species(&self, _: &str) -> Option<usize> {
        None
    }
    fn names(&self) -> Vec<String> {
        self.0.iter().map(|factor| factor.name.clone()).collect()
    }
    fn species_names(&self) -> Vec<String> {
        Vec::new()
    }
}

fn derive(model: &Model, name: &Located<String>, args: &Args, bound: &Bound) -> Result<Setting, Diagnostic> {
    let path = path_of(args, name)?;
    let (target, held) =
        target(model, &path.value).map_err(|words| fault(Code::UnknownName, path.place, words))?;
    let Held::Number(_, dimension) = held else {
        return Err(fault(Code::WrongType, path.place, format!("`{}` is a word, not a number", path.value)));
    };
    let text: Located<String> =
        args.read("expression").map_err(|error| fault(Code::MissingKey, name.place, error.to_string()))?;
    let unit: Option<String> = args.read("unit").ok().flatten();
    let scale = match unit {
        None => 1.0,
        Some(unit) => Unit::parse(&unit)
            .and_then(|unit| unit.read_as(dimension))
            .map(|unit| unit.to_si(1.0))
            .map_err(|error| fault(Code::Quantity, args.place_of("unit"), error.to_string()))?,
    };
    let plain = Plain(&bound.factors);
    let spelled = without_kelvin(&text.value);
    let mut compiler = Compiler::new(&plain);
    let (mut register, _) = compiler
        .add(&spelled)
        .map_err(|error| fault(Code::Expression, text.place, format!("`{}`: {error}", name.value)))?;
    let program = compiler.finish([&mut register]);
    let from = Origin::Derived(Derived { program, register, scale });
    Ok(Setting { target, from, dimension })
}

/// Another name for a factor called `T`, which expressions would read as the temperature with its dimension.
const PLAIN_T: &str = "T_plain";

/// The expression with the word `T` spelled [`PLAIN_T`].
fn without_kelvin(text: &str) -> String {
    let in_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut spelled = String::new();
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let alone = letter == 'T' && !in_name(before) && letters.peek().is_none_or(|next| !in_name(*next));
        if alone {
            spelled.push_str(PLAIN_T)
        } else {
            spelled.push(letter)
        }
        before = letter;
    }
    spelled
}

/// The design of a sweep table over bound factors; `known` are correlations that the process library states.
///
/// # Errors
/// All faults of the table.
pub fn design(
    model: &Model,
    entry: &SweepEntry,
    place: Place,
    bound: &Bound,
    known: &[(usize, usize, f64)],
) -> Result<Design, Faults> {
    let cases = |given: Option<usize>, key: &str| {
        given.map(|count| count as u64).ok_or_else(|| {
            vec![fault(Code::MissingKey, place, format!("the design {} needs `{key}`", entry.design))]
        })
    };
    let method = match entry.design.as_str() {
        "grid" => Method::Grid,
        "zip" => Method::Zip,
        "csv" => Method::Table(rows(model, entry, place, bound)?),
        "latin-hypercube" => Method::LatinHypercube(cases(entry.cases, "cases")?),
        "sobol" => Method::Sobol(cases(entry.cases, "cases")?),
        "monte-carlo" => Method::MonteCarlo(cases(entry.cases, "cases")?),
        "saltelli" => Method::Saltelli(cases(entry.base, "base")?),
        "morris" => Method::Morris { paths: cases(entry.paths, "paths")?, levels: entry.levels as u32 },
        _ => Method::OneAtATime,
    };
    let names =
        bound.factors.iter().map(|factor| factor.name.clone()).zip(bound.marginals.iter().cloned()).collect();
    let whole = |error: super::design::DesignError| vec![fault(Code::Conflict, place, error.to_string())];
    let mut design = Design::new(method, names, entry.seed as u64).map_err(whole)?;
    let known = if design.is_sampled() { known } else { &[] };
    if !entry.correlations.is_empty() || !known.is_empty() {
        design = design.correlated(correlation(entry, bound, known)?).map_err(whole)?;
    }
    Ok(design.constrained(constraints(&entry.constraints, bound)?))
}

fn constraints(texts: &[Located<String>], bound: &Bound) -> Result<Vec<Constraint>, Faults> {
    let names: Vec<(String, Dimension)> = bound
        .factors
        .iter()
        .map(|factor| factor.name.clone())
        .zip(bound.dimensions.iter().copied())
        .collect();
    let mut faults = Faults::new();
    let mut compiled = Vec::new();
    for text in texts {
        match constraint::compile(&text.value, &names) {
            Ok(rule) => compiled.push(rule),
            Err(words) => faults.push(fault(Code::Expression, text.place, format!("constraint: {words}"))),
        }
    }
    if faults.is_empty() { Ok(compiled) } else { Err(faults) }
}

fn correlation(
    entry: &SweepEntry,
    bound: &Bound,
    known: &[(usize, usize, f64)],
) -> Result<Correlation, Faults> {
    let place_of = |name: &Located<String>| {
        bound.factors.iter().position(|factor| factor.name == name.value).ok_or_else(|| {
            let known: Vec<&str> = bound.factors.iter().map(|factor| factor.name.as_str()).collect();
            let words = format!("there is no factor `{}`; factors are {}", name.value, known.join(", "));
            vec![fault(Code::UnknownName, name.place, words)]
        })
    };
    let mut pairs = known.to_vec();
    for args in &entry.correlations {
        let between: Vec<Located<String>> = args.read("between").unwrap_or_default();
        let [first, second] = between.as_slice() else {
            return Err(vec![fault(Code::WrongType, args.place, "`between` names two factors")]);
        };
        pairs.push((place_of(first)?, place_of(second)?, args.read("r").unwrap_or(0.0)));
    }
    Correlation::new(bound.factors.len(), &pairs).map_err(|error| {
        vec![fault(
            Code::Conflict,
            entry.correlations.first().map_or(Place::default(), |args| args.place),
            error.to_string(),
        )]
    })
}

/// Rows of the table of cases: a column `name [unit]` for each factor.
fn rows(model: &Model, entry: &SweepEntry, place: Place, bound: &Bound) -> Result<Vec<Vec<f64>>, Faults> {
    let file = entry
        .file
        .as_ref()
        .ok_or_else(|| vec![fault(Code::MissingKey, place, "the design csv needs `file`")])?;
    let path = Path::new(&model.name).parent().unwrap_or(Path::new("")).join(&file.value);
    let wrong =
        |words: String| vec![fault(Code::Unreadable, file.place, format!("`{}`: {words}", path.display()))];
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_path(&path)
        .map_err(|error| wrong(error.to_string()))?;
    let header = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let columns = bound
        .factors
        .iter()
        .zip(&bound.dimensions)
        .map(|(factor, dimension)| column(&header, factor, *dimension).map_err(wrong))
        .collect::<Result<Vec<_>, _>>()?;
    let mut rows = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let cell = |(factor, (column, unit)): (&Factor, &(usize, Unit))| {
            let text = record.get(*column).unwrap_or("");
            let value = match &factor.kind {
                FactorKind::Choice(words) => {
                    words.iter().position(|word| word == text).map(|place| place as f64)
                }
                FactorKind::Number { .. } => {
                    text.parse::<f64>().ok().filter(|value| value.is_finite()).map(|v| unit.to_si(v))
                }
            };
            value.ok_or_else(|| {
                wrong(format!("row {}: `{text}` is no value of `{}`", number + 1, factor.name))
            })
        };
        rows.push(bound.factors.iter().zip(&columns).map(cell).collect::<Result<_, _>>()?);
    }
    Ok(rows)
}

fn column(
    header: &csv::StringRecord,
    factor: &Factor,
    dimension: Dimension,
) -> Result<(usize, Unit), String> {
    for (place, title) in header.iter().enumerate() {
        let (name, unit) = match title.split_once('[') {
            Some((name, unit)) => (name.trim(), unit.trim_end_matches(']').trim()),
            None => (title.trim(), ""),
        };
        if name == factor.name {
            let unit = if unit.is_empty()
                && (dimension.is_dimensionless() || matches!(factor.kind, FactorKind::Choice(_)))
            {
                Unit::one()
            } else {
                Unit::parse(unit).and_then(|unit| unit.read_as(dimension)).map_err(|error| {
                    format!("column `{title}`: {error}; write the unit as `{name} [{}]`", si_unit(dimension))
                })?
            };
            return Ok((place, unit));
        }
    }
    Err(format!("there is no column for the factor `{}`", factor.name))
}

/// A factor for every process parameter with a standard uncertainty: a value that must be positive is log-normal
/// where the uncertainty is more than a tenth of it; and one for the particle sizes of every feedstock in use that
/// states how they differ from charge to charge.
pub fn uncertain(model: &Model, bound: &mut Bound) {
    for record in model.parameters() {
        let known =
            |bound: &Bound, target: &Target| bound.settings.iter().any(|setting| setting.target == *target);
        let mut add = |name: String, target: Target, value: f64, sigma: f64, dimension: Dimension| {
            if known(bound, &target) || sigma <= 0.0 || value == 0.0 {
                return;
            }
            let column = bound.factors.len();
            let marginal = if value > 0.0 && sigma > 0.1 * value {
                // mean and standard deviation of the parameter kept: ln-variance ln(1 + (s/m)²)
                let log_deviation = (sigma / value).powi(2).ln_1p().sqrt();
                let median = value * (-0.5 * log_deviation * log_deviation).exp();
                Marginal::LogNormal { median, log_deviation, min: 0.0, max: f64::INFINITY }
            } else {
                Marginal::Normal { mean: value, deviation: sigma, min: f64::NEG_INFINITY, max: f64::INFINITY }
            };
            let unit = si_unit(dimension);
            let kind = FactorKind::Number { unit: unit.clone(), shown_in: unit };
            let long_name = format!("{name} of {} (standard uncertainty {sigma:e})", record.process);
            bound.factors.push(Factor { name, long_name, kind });
            bound.marginals.push(marginal);
            bound.dimensions.push(dimension);
            bound.settings.push(Setting { target, from: Origin::Column(column), dimension });
        };
        if let Some(sigma) = record.sigma {
            let target = Target::Parameter(record.name.clone());
            add(record.name.clone(), target, record.value, sigma, record.dimension);
        }
        if let (Some(sigma), Some((_, ea))) = (record.ea_sigma, record.arrhenius) {
            let target = Target::Activation(record.name.clone());
            add(format!("{}_ea", record.name), target, ea, sigma, Dimension::MOLAR_ENERGY);
        }
    }
    sizes(model, bound);
}

fn sizes(model: &Model, bound: &mut Bound) {
    let used = |name: &str| {
        let feedstock =
            |node: &crate::flowsheet::Node| node.args.read::<Option<String>>("feedstock").ok().flatten();
        model.flowsheet.nodes.iter().any(|node| feedstock(node).as_deref() == Some(name))
    };
    for (name, args) in model.processes.iter().flat_map(|process| &process.feedstocks) {
        let Ok(Some(log_deviation)) = args.read::<Option<f64>>("size_log_sd") else { continue };
        if !used(name) {
            continue;
        }
        let column = bound.factors.len();
        let long_name =
            format!("particle size of {name} over its own (standard deviation of ln {log_deviation})");
        bound.factors.push(Factor::number(&format!("{name}_size"), &long_name, "1"));
        bound.marginals.push(Marginal::LogNormal {
            median: 1.0,
            log_deviation,
            min: 0.0,
            max: f64::INFINITY,
        });
        bound.dimensions.push(Dimension::FRACTION);
        let target = Target::Size(name.clone());
        bound.settings.push(Setting { target, from: Origin::Column(column), dimension: Dimension::FRACTION });
    }
}

/// Pairs of factors that a process file says are correlated: a parameter and its activation energy, and those of a fit.
pub fn known_correlations(model: &Model, bound: &Bound) -> Vec<(usize, usize, f64)> {
    let place = |target: Target| {
        bound.settings.iter().find(|setting| setting.target == target).and_then(|setting| {
            match setting.from {
                Origin::Column(column) => Some(column),
                _ => None,
            }
        })
    };
    let named = |name: &str| match name.strip_suffix(".ea") {
        Some(own) => place(Target::Activation(own.to_owned())),
        None => place(Target::Parameter(name.to_owned())),
    };
    let own = model.parameters().filter(|record| record.correlation != 0.0).filter_map(|record| {
        let first = place(Target::Parameter(record.name.clone()))?;
        Some((first, place(Target::Activation(record.name.clone()))?, record.correlation))
    });
    let fitted = model.processes.iter().flat_map(|process| &process.covariance);
    let fitted = fitted.filter_map(|(first, second, r)| Some((named(first)?, named(second)?, *r)));
    let mut pairs: Vec<(usize, usize, f64)> = fitted.collect();
    for (first, second, r) in own {
        let same =
            |pair: &&(usize, usize, f64)| [(first, second), (second, first)].contains(&(pair.0, pair.1));
        if !pairs.iter().any(|pair| same(&pair)) {
            pairs.push((first, second, r));
        }
    }
    pairs
}
