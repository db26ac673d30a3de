//! What the process library says of the uncertainty of its numbers, as factors.

use super::design::Marginal;
use super::engine::{Factor, FactorKind};
use super::factors::{Bound, si_unit};
use super::target::{Origin, Setting, Target};
use crate::quantity::{Dimension, natural};
use crate::scenario::{Model, difference_of};

/// A factor for every process parameter with a standard uncertainty: a value that must be positive is log-normal
/// where the uncertainty is more than a tenth of it; and one for the particle sizes of every feedstock in use that
/// states how they differ from charge to charge.
pub fn add(model: &Model, bound: &mut Bound) {
    for record in model.parameters() {
        let mut add = |name: String, target: Target, value: f64, sigma: f64| {
            let (what, dimension) = match &target {
                Target::Activation(_, own) => {
                    (format!("activation energy of {own}"), Dimension::MOLAR_ENERGY)
                }
                _ => (record.name.clone(), record.dimension),
            };
            if bound.sets(&target).is_some() || sigma <= 0.0 || value == 0.0 {
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
            // of a temperature, a difference
            let shown = natural(sigma, difference_of(dimension));
            let long_name = format!("{what} of {} (standard uncertainty {shown})", record.process);
            let kind = FactorKind::Number { unit: unit.clone(), shown_in: unit };
            bound.settings.push(Setting::new(model, &name, target, Origin::Column(column), dimension));
            bound.factors.push(Factor { name, long_name, kind });
            bound.marginals.push(marginal);
            bound.dimensions.push(dimension);
        };
        let own = || (record.process.clone(), record.name.clone());
        let short = short_name(model, &record.process, &record.name);
        if let Some(sigma) = record.sigma {
            let (process, name) = own();
            add(short.clone(), Target::Parameter(process, name), record.value, sigma);
        }
        if let (Some(sigma), Some((_, ea))) = (record.ea_sigma, record.arrhenius) {
            let (process, name) = own();
            add(format!("{short}_ea"), Target::Activation(process, name), ea, sigma);
        }
    }
    sizes(model, bound);
}

/// Name of a parameter's factor: its own, behind that of its process where another process in use has one of the same name.
fn short_name(model: &Model, process: &str, name: &str) -> String {
    let shared = model.parameters().any(|other| other.name == name && other.process != process);
    if shared { format!("{}.{name}", process.replace('/', ".")) } else { name.to_owned() }
}

fn sizes(model: &Model, bound: &mut Bound) {
    let used = |name: &str| {
        let feedstock =
            |node: &crate::flowsheet::Node| node.args.read::<Option<String>>("feedstock").ok().flatten();
        model.flowsheet.nodes.iter().any(|node| feedstock(node).as_deref() == Some(name))
    };
    for (name, args) in model.processes.iter().flat_map(|process| &process.feedstocks) {
        let Ok(Some(log_deviation)) = args.read::<Option<f64>>("size_log_sd") else { continue };
        // of two processes with a feedstock of that name, the first is fed
        if !used(name) || bound.sets(&Target::Size(name.clone())).is_some() {
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
        let from = Origin::Column(column);
        bound.settings.push(Setting::new(model, &format!("{name}_size"), target, from, Dimension::FRACTION));
    }
}

/// Pairs of factors that a process file says are correlated: a parameter and its activation energy, and those of a fit.
pub fn correlations(model: &Model, bound: &Bound) -> Vec<(usize, usize, f64)> {
    let place = |target: Target| match bound.sets(&target)?.from {
        Origin::Column(column) => Some(column),
        _ => None,
    };
    let named = |process: &str, name: &str| match name.strip_suffix(".ea") {
        Some(own) => place(Target::Activation(process.to_owned(), own.to_owned())),
        None => place(Target::Parameter(process.to_owned(), name.to_owned())),
    };
    let own = model.parameters().filter(|record| record.correlation != 0.0).filter_map(|record| {
        let (process, name) = (record.process.as_str(), record.name.as_str());
        Some((named(process, name)?, named(process, &format!("{name}.ea"))?, record.correlation))
    });
    let fitted = model.processes.iter().flat_map(|process| {
        process.covariance.iter().map(|(first, second, r)| (process.name.as_str(), first, second, *r))
    });
    let fitted = fitted
        .filter_map(|(process, first, second, r)| Some((named(process, first)?, named(process, second)?, r)));
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
