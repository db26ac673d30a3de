//! `[sweep.factors]` and `[optimise.factors]` of a scenario, bound to its plant.

use super::allowed::Allowed;
use super::design::{Marginal, MarginalError, Scale};
use super::engine::{Factor, FactorKind};
use super::target::{Derived, Held, Origin, Setting, Target, target};
use super::unread::{self, Reader};
use crate::kinetics::expression::{Compiler, Symbols};
use crate::quantity::{Dimension, Unit, natural, parse_as, split};
use crate::scenario::{Code, Diagnostic, Model, difference_of};
use crate::unit::parameters::{Args, Located, Place, Value};

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

impl Bound {
    /// The setting that takes its value from a factor of this column.
    pub fn setting(&self, column: usize) -> Option<&Setting> {
        self.settings.iter().find(|setting| match setting.from {
            Origin::Column(own) | Origin::Words(own, _) => own == column,
            Origin::Derived(_) => false,
        })
    }

    /// Whether a factor or a derived value sets this target.
    pub fn sets(&self, target: &Target) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.target == *target)
    }
}

pub(super) type Faults = Vec<Diagnostic>;

pub(super) fn fault(code: Code, place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, place, message)
}

/// Binds the factors of a table for who reads them.
///
/// # Errors
/// All faults of the factors.
pub fn factors(
    model: &Model,
    entries: &[(Located<String>, Args)],
    reader: Reader<'_>,
) -> Result<Bound, Faults> {
    let mut bound = Bound::default();
    let mut faults = Faults::new();
    let derived = |args: &Args| args.find("expression").is_some();
    for (name, args) in entries.iter().filter(|(_, args)| !derived(args)) {
        if let Err(mut errors) = factor(model, name, args, reader, &mut bound) {
            faults.append(&mut errors);
        }
    }
    for (name, args) in entries.iter().filter(|(_, args)| derived(args)) {
        match derive(model, name, args, &bound) {
            Ok(setting) => bound.settings.push(setting),
            Err(mut errors) => faults.append(&mut errors),
        }
    }
    if faults.is_empty() { Ok(bound) } else { Err(faults) }
}

/// What a factor sets, and what that holds now; a value that another factor sets already is a fault.
fn aimed_at(
    model: &Model,
    name: &Located<String>,
    args: &Args,
    bound: &Bound,
) -> Result<(Located<String>, Target, Held), Diagnostic> {
    let path: Located<String> =
        args.read("set").map_err(|error| fault(Code::MissingKey, name.place, error.to_string()))?;
    let (target, held) =
        target(model, &path.value).map_err(|words| fault(Code::UnknownName, path.place, words))?;
    if let Some(other) = bound.sets(&target) {
        let message = format!("factors `{}` and `{}` set the same value", other.name, name.value);
        return Err(fault(Code::Conflict, path.place, message).help("leave one of them out"));
    }
    Ok((path, target, held))
}

fn factor(
    model: &Model,
    name: &Located<String>,
    args: &Args,
    reader: Reader<'_>,
    bound: &mut Bound,
) -> Result<(), Faults> {
    let one = |error: Diagnostic| vec![error];
    let (path, target, held) = aimed_at(model, name, args, bound).map_err(one)?;
    let is_word = matches!(held, Held::Word(_));
    let is_whole = Allowed::of(model, &target).is_whole();
    if reader == Reader::Search && (is_word || is_whole) {
        let what = if is_word { "a word" } else { "a whole number" };
        let message = format!("factor `{}` sets {what}, which no method seeks", name.value);
        return Err(vec![fault(Code::Conflict, name.place, message).help("vary it in a `[sweep]`")]);
    }
    let faults = unread::of_factor(&name.value, args, reader, (is_word, is_whole));
    if !faults.is_empty() {
        return Err(faults);
    }
    let column = bound.factors.len();
    let (setting, kind, marginal) = match held {
        Held::Number(now, dimension) => {
            let setting = Setting::new(model, &name.value, target, Origin::Column(column), dimension);
            let shown_in = shown_unit(args, dimension);
            let kind = FactorKind::Number { unit: si_unit(dimension), shown_in };
            let marginal = match reader {
                Reader::Table => Marginal::Levels(vec![now]),
                _ => marginal(args, name, &setting).map_err(one)?,
            };
            (setting, kind, marginal)
        }
        Held::Word(_) => {
            let fraction = Dimension::FRACTION;
            let setting = Setting::new(model, &name.value, target, Origin::Column(column), fraction);
            let words = words(args, name, &setting).map_err(one)?;
            let marginal = Marginal::Levels((0..words.len()).map(|place| place as f64).collect());
            let setting = Setting { from: Origin::Words(column, words.clone()), ..setting };
            (setting, FactorKind::Choice(words), marginal)
        }
    };
    bound.factors.push(Factor { name: name.value.clone(), long_name: path.value, kind });
    bound.marginals.push(marginal);
    bound.dimensions.push(setting.dimension);
    bound.settings.push(setting);
    Ok(())
}

pub(super) fn si_unit(dimension: Dimension) -> String {
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
        // a list may begin with a mass where an amount is set
        .filter(|unit| {
            !unit.is_empty() && Unit::parse(unit).is_ok_and(|unit| unit.read_as(dimension).is_ok())
        })
        .unwrap_or_else(|| si_unit(dimension))
}

fn words(args: &Args, name: &Located<String>, setting: &Setting) -> Result<Vec<String>, Diagnostic> {
    let Some(Located { value: Value::List(items), .. }) = args.find("values") else {
        let message = format!("factor `{}` sets a word: it needs `values`", name.value);
        return Err(fault(Code::MissingKey, name.place, message));
    };
    let read = |item: &Located<Value>| {
        let word = match &item.value {
            Value::Text(text) => text.clone(),
            Value::Boolean(truth) => truth.to_string(),
            _ => {
                let message = format!("factor `{}` takes words", name.value);
                return Err(fault(Code::WrongType, item.place, message));
            }
        };
        setting.allowed.word(&word).map_err(|help| {
            let message = format!("`values` of factor `{}` cannot be `{word}`", name.value);
            fault(Code::UnknownName, item.place, message).help(help)
        })?;
        Ok(word)
    };
    items.iter().map(read).collect()
}

/// A value in SI, of what the factor sets and in its range.
fn si(key: &str, found: &Located<Value>, setting: &Setting) -> Result<f64, Diagnostic> {
    let name = &setting.name;
    let number = match &found.value {
        Value::Text(text) => setting
            .allowed
            .read(text, setting.dimension)
            .map_err(|error| unreadable(&format!("`{key}` of factor `{name}`"), found.place, &error))?,
        value => bare(key, value, found.place, setting.dimension)?,
    };
    setting.allowed.number(number, setting.dimension).map_err(|expected| {
        let written = match &found.value {
            Value::Text(text) => format!("\"{text}\""),
            _ => number.to_string(),
        };
        let message = format!("`{key}` = {written} of factor `{name}` is outside the range of what it sets");
        fault(Code::Range, found.place, message).label(format!("expected {expected}"))
    })?;
    Ok(number)
}

pub(super) fn unreadable(what: &str, place: Place, error: &crate::quantity::QuantityError) -> Diagnostic {
    let told = fault(Code::Quantity, place, format!("{what}: {error}"));
    match error.help() {
        Some(help) => told.help(help),
        None => told,
    }
}

fn bare(key: &str, value: &Value, place: Place, dimension: Dimension) -> Result<f64, Diagnostic> {
    value.number().filter(|_| dimension.is_dimensionless()).ok_or_else(|| {
        fault(Code::Quantity, place, format!("`{key}` needs a unit: {dimension} is expected"))
            .label("a bare number")
    })
}

fn marginal(args: &Args, name: &Located<String>, setting: &Setting) -> Result<Marginal, Diagnostic> {
    let get = |key: &str| args.find(key).map(|found| si(key, found, setting)).transpose();
    let lacking =
        |key: &str| fault(Code::MissingKey, name.place, format!("factor `{}` needs `{key}`", name.value));
    let need = |key: &str| get(key)?.ok_or_else(|| lacking(key));
    let limit = |key: &str, none: f64| Ok::<f64, Diagnostic>(get(key)?.unwrap_or(none));
    let distribution: Option<String> = args.read("distribution").ok().flatten();
    let found = match (distribution.as_deref(), args.find("values")) {
        (None, Some(Located { value: Value::List(items), .. })) => {
            let levels = items.iter().map(|item| si("values", item, setting));
            Marginal::Levels(levels.collect::<Result<_, _>>()?)
        }
        (None, _) => {
            let points = args.read("points").unwrap_or(5);
            let log = args.read::<String>("scale").is_ok_and(|scale| scale == "log");
            let scale = if log { Scale::Log } else { Scale::Linear };
            Marginal::Range { from: need("from")?, to: need("to")?, scale, points }
        }
        (Some("normal"), _) => {
            let deviation = deviation(args, setting)?.ok_or_else(|| lacking("sd"))?;
            let (min, max) = (limit("min", f64::NEG_INFINITY)?, limit("max", f64::INFINITY)?);
            Marginal::Normal { mean: need("mean")?, deviation, min, max }
        }
        (Some("lognormal"), _) => {
            let log_deviation =
                args.read::<Option<f64>>("log_sd").ok().flatten().ok_or_else(|| lacking("log_sd"))?;
            let (min, max) = (limit("min", 0.0)?, limit("max", f64::INFINITY)?);
            Marginal::LogNormal { median: need("median")?, log_deviation, min, max }
        }
        (Some(_), _) => Marginal::Triangular { min: need("min")?, mode: need("mode")?, max: need("max")? },
    };
    found.check().map_err(|error| no_spread(&error, args, name, setting))?;
    if setting.allowed.is_whole() { whole(found, name, args) } else { Ok(found) }
}

/// The fault of a spread that is none, with the numbers as the user wrote them and at the one that is wrong.
fn no_spread(error: &MarginalError, args: &Args, name: &Located<String>, setting: &Setting) -> Diagnostic {
    let keys: &[&str] = match error {
        MarginalError::NotRising(..) => &["to", "max", "min"],
        MarginalError::NotPositive(_) => &["from", "median"],
        MarginalError::NoDeviation(_) => &["sd", "log_sd"],
        MarginalError::ModeOutside { .. } => &["mode"],
        MarginalError::CutAway(..) => &["min", "max"],
        MarginalError::NoValues => &["values"],
        MarginalError::NotFinite(_) | MarginalError::NoPoints(_) => &["points"],
    };
    let given = |key: &&str| args.find(key).filter(|found| found.place != args.place);
    let place = keys.iter().find_map(given).map_or(name.place, |found| found.place);
    let is_deviation = matches!(error, MarginalError::NoDeviation(_));
    let dimension = if is_deviation { difference_of(setting.dimension) } else { setting.dimension };
    let written = |value: f64| {
        let own = |text: &String| {
            let read =
                if is_deviation { parse_as(text, dimension) } else { setting.allowed.read(text, dimension) };
            read.is_ok_and(|read| read == value)
        };
        let as_written = |(_, found): &(&str, Located<Value>)| match &found.value {
            Value::Text(text) if own(text) => Some(text.clone()),
            bare if bare.number() == Some(value) => Some(value.to_string()),
            _ => None,
        };
        args.entries.iter().find_map(as_written).unwrap_or_else(|| natural(value, dimension))
    };
    fault(Code::Range, place, format!("factor `{}`: {}", name.value, error.told(&written)))
}

/// `sd` of a normal distribution: of temperatures, a difference.
fn deviation(args: &Args, setting: &Setting) -> Result<Option<f64>, Diagnostic> {
    let Some(found) = args.find("sd") else { return Ok(None) };
    let dimension = difference_of(setting.dimension);
    let read = |text: &str| match dimension == setting.dimension {
        true => setting.allowed.read(text, dimension),
        false => parse_as(text, dimension),
    };
    let what = || format!("`sd` of factor `{}`", setting.name);
    match &found.value {
        Value::Text(text) => read(text).map_err(|error| unreadable(&what(), found.place, &error)).map(Some),
        value => bare("sd", value, found.place, dimension).map(Some),
    }
}

/// Whole numbers only: a range whose points are is the list of them.
fn whole(found: Marginal, name: &Located<String>, args: &Args) -> Result<Marginal, Diagnostic> {
    let help = "list them: `values = [5, 6, 7]`";
    match found {
        Marginal::Levels(_) => Ok(found),
        Marginal::Range { from, to, points, .. } => {
            let levels: Vec<f64> = (0..points).map(|level| found.level(level)).collect();
            if levels.iter().all(|level| level.fract() == 0.0) {
                return Ok(Marginal::Levels(levels));
            }
            let message = format!(
                "factor `{}` sets a whole number, but not every one of the {points} points from {from} to {to} is one",
                name.value
            );
            let place = args.place_of("points");
            let place = if place == args.place { name.place } else { place };
            Err(fault(Code::Range, place, message)
                .help(format!("write `points = {}` for each, or {help}", to - from + 1.0)))
        }
        _ => {
            let message = format!("factor `{}` sets a whole number: it has no distribution", name.value);
            Err(fault(Code::Conflict, args.place_of("distribution"), message).help(help))
        }
    }
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

fn derive(model: &Model, name: &Located<String>, args: &Args, bound: &Bound) -> Result<Setting, Faults> {
    let faults = unread::of_factor(&name.value, args, Reader::Levels, (false, false));
    if !faults.is_empty() {
        return Err(faults);
    }
    derived(model, name, args, bound).map_err(|error| vec![error])
}

fn derived(model: &Model, name: &Located<String>, args: &Args, bound: &Bound) -> Result<Setting, Diagnostic> {
    let (path, target, held) = aimed_at(model, name, args, bound)?;
    let Held::Number(_, dimension) = held else {
        return Err(fault(Code::WrongType, path.place, format!("`{}` is a word, not a number", path.value)));
    };
    let text: Located<String> =
        args.read("expression").map_err(|error| fault(Code::MissingKey, name.place, error.to_string()))?;
    let unit: Option<String> = args.read("unit").ok().flatten();
    let (scale, zero) = match unit {
        None if !dimension.is_dimensionless() => {
            let message =
                format!("factor `{}` needs `unit`: {dimension} is expected of its expression", name.value);
            let help = format!("write `unit = \"{}\"`, or another one", si_unit(dimension));
            return Err(fault(Code::MissingKey, text.place, message).help(help));
        }
        None => (1.0, 0.0),
        Some(unit) => Unit::parse(&unit)
            .and_then(|unit| unit.read_as(dimension))
            .map(|unit| (unit.factor, unit.offset))
            .map_err(|error| fault(Code::Quantity, args.place_of("unit"), error.to_string()))?,
    };
    let plain = Plain(&bound.factors);
    let spelled = without_kelvin(&text.value);
    let mut compiler = Compiler::new(&plain);
    let (mut register, _) = compiler
        .add(&spelled)
        .map_err(|error| fault(Code::Expression, text.place, format!("`{}`: {error}", name.value)))?;
    let program = compiler.finish([&mut register]);
    let from = Origin::Derived(Derived { program, register, scale, zero });
    Ok(Setting::new(model, &name.value, target, from, dimension))
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
