//! What a process file says of the uncertainty and the origin of its parameters as a whole: `[covariance]` and `[fits]`.

use super::bind::Binder;
use super::diagnostic::{Code, Diagnostic, suggest};
use super::document::Document;
use super::process::{ParameterRecord, entries};
use crate::unit::parameters::{Args, Located, Place, Spec};
use nalgebra::DMatrix;

crate::parameters! {
    /// Correlations of the parameters that one fit gave; with their `sigma` and `ea_sigma` they are its covariance.
    pub struct CovarianceEntry {
        /// Names: `k_p` is the value (its logarithm, where `sigma` is more than a tenth of it), `k_p.ea` its activation energy.
        parameters: Vec<Located<String>> = Spec::list(Spec::text()).example("[\"k_p\", \"k_p.ea\"]");
        /// Lower triangle of the correlation matrix, one row for each name, the diagonal included.
        correlation: Vec<Vec<f64>> = Spec::list(Spec::list(Spec::number())).at_least(-1.0).at_most(1.0).example("[[1.0], [0.4, 1.0]]");
    }
}

crate::parameters! {
    /// Where parameters with `source = "fit:NAME"` come from.
    pub struct FitEntry {
        /// Keys of the works whose data were fitted.
        sources: Vec<Located<String>> = Spec::list(Spec::text()).example("[\"nogueira2026\"]");
        /// Experiments that were fitted.
        experiments: Vec<String> = Spec::list(Spec::text()).default("[]");
        /// Files of the data, with the first sixteen signs of their SHA-256.
        data: Vec<String> = Spec::list(Spec::text()).default("[]");
        /// Method, loss, number of values and parameters, in words.
        note: Option<String> = Spec::text().optional();
    }
}

/// A fit that parameters come from.
#[derive(Debug, Clone, PartialEq)]
pub struct FitRecord {
    /// `NAME` of `source = "fit:NAME"`.
    pub name: String,
    /// Keys of the works whose data were fitted.
    pub sources: Vec<String>,
    /// Experiments that were fitted.
    pub experiments: Vec<String>,
}

/// Prefix of a source that is a fit of this file.
pub const FIT: &str = "fit:";

/// Reads `[fits]`; a parameter that names a fit which is not there is a fault.
pub(super) fn read_fits(
    document: &Document,
    parameters: &[ParameterRecord],
    binder: &mut Binder,
) -> Vec<FitRecord> {
    let mut fits = Vec::new();
    for (name, args) in entries(document, "fits", &FitEntry::specs(), binder) {
        if let Ok(entry) = FitEntry::read(&args) {
            let sources = entry.sources.into_iter().map(|key| key.value).collect();
            fits.push(FitRecord { name: name.value, sources, experiments: entry.experiments });
        }
    }
    for record in parameters {
        let Some(name) = record.source.strip_prefix(FIT) else { continue };
        if !fits.iter().any(|fit| fit.name == name) {
            let message =
                format!("`{}` comes from the fit `{name}`, which the file does not hold", record.name);
            let known = fits.iter().map(|fit| fit.name.as_str());
            binder.fault(
                Diagnostic::new(Code::UnknownName, record.place, message)
                    .help(format!("add `[fits.{name}]` with its `sources`; {}", suggest(name, known))),
            );
        }
    }
    fits
}

/// Reads `[covariance]` as pairs of names with their correlation.
pub(super) fn read_covariance(
    document: &Document,
    parameters: &[ParameterRecord],
    binder: &mut Binder,
) -> Vec<(String, String, f64)> {
    let Some((table, place)) = document.root.section("covariance", binder) else { return Vec::new() };
    let before = binder.faults.len();
    let args = binder.record(table, place, &CovarianceEntry::specs(), &[]);
    if binder.faults.len() > before {
        return Vec::new();
    }
    let Ok(entry) = CovarianceEntry::read(&args) else { return Vec::new() };
    for name in &entry.parameters {
        if let Err(fault) = uncertain(name, parameters) {
            binder.fault(*fault);
        }
    }
    match pairs(&entry, &args) {
        Ok(pairs) => pairs,
        Err(fault) => {
            binder.fault(*fault);
            Vec::new()
        }
    }
}

/// Refuses a name without a parameter or without a standard uncertainty.
fn uncertain(name: &Located<String>, parameters: &[ParameterRecord]) -> Result<(), Box<Diagnostic>> {
    let (own, activation) = match name.value.strip_suffix(".ea") {
        Some(own) => (own, true),
        None => (name.value.as_str(), false),
    };
    let Some(record) = parameters.iter().find(|record| record.name == own) else {
        let message = format!("there is no parameter `{own}`");
        let known = parameters.iter().map(|record| record.name.as_str());
        return Err(Box::new(
            Diagnostic::new(Code::UnknownName, name.place, message).help(suggest(own, known)),
        ));
    };
    let (has, key) =
        if activation { (record.ea_sigma.is_some(), "ea_sigma") } else { (record.sigma.is_some(), "sigma") };
    if has {
        return Ok(());
    }
    let message = format!("`{}` has a correlation but no `{key}`", name.value);
    Err(Box::new(
        Diagnostic::new(Code::MissingKey, name.place, message)
            .help(format!("give its standard uncertainty: `{key}` in `[parameters]`")),
    ))
}

fn pairs(entry: &CovarianceEntry, args: &Args) -> Result<Vec<(String, String, f64)>, Box<Diagnostic>> {
    let at: Place = args.place_of("correlation");
    let wrong = |message: String| {
        Box::new(
            Diagnostic::new(Code::Conflict, at, message)
                .help("write one row for each parameter: `[[1.0], [0.4, 1.0]]`"),
        )
    };
    let count = entry.parameters.len();
    if entry.correlation.len() != count {
        return Err(wrong(format!("{} rows for {count} parameters", entry.correlation.len())));
    }
    let mut matrix = DMatrix::<f64>::identity(count, count);
    let mut pairs = Vec::new();
    for (row, values) in entry.correlation.iter().enumerate() {
        if values.len() != row + 1 || values[row] != 1.0 {
            return Err(wrong(format!("row {} must have {} values, the last of them 1.0", row + 1, row + 1)));
        }
        for (column, value) in values[..row].iter().enumerate() {
            matrix[(row, column)] = *value;
            matrix[(column, row)] = *value;
            if *value != 0.0 {
                let name = |index: usize| entry.parameters[index].value.clone();
                pairs.push((name(column), name(row), *value));
            }
        }
    }
    if matrix.cholesky().is_none() {
        return Err(wrong("the correlations contradict each other: not positive definite".to_owned()));
    }
    Ok(pairs)
}
