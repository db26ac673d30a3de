//! Particle sizes as parameters: a law with its constants, cut into classes.

use super::parameters::{Args, BuildError, Cause, Spec};
use crate::chemistry::SizeDistribution;
use crate::quantity::Dimension;

crate::parameters! {
    /// A particle size distribution.
    pub struct Size {
        /// Its law.
        distribution: String = Spec::choice(&["single", "gates-gaudin-schuhmann", "rosin-rammler", "log-normal", "sieves", "classes"]);
        /// Diameter (single), of all particles.
        d: Option<f64> = Spec::quantity(Dimension::LENGTH).positive().optional();
        /// Largest diameter (gates-gaudin-schuhmann).
        d_max: Option<f64> = Spec::quantity(Dimension::LENGTH).positive().optional();
        /// Modulus (gates-gaudin-schuhmann).
        m: Option<f64> = Spec::number().positive().optional();
        /// Diameter below which 63.2 % of the mass lies (rosin-rammler).
        d63: Option<f64> = Spec::quantity(Dimension::LENGTH).positive().optional();
        /// Uniformity exponent (rosin-rammler).
        n: Option<f64> = Spec::number().positive().optional();
        /// Median diameter by mass (log-normal).
        d50: Option<f64> = Spec::quantity(Dimension::LENGTH).positive().optional();
        /// Standard deviation of ln d (log-normal).
        sigma: Option<f64> = Spec::number().positive().optional();
        /// Apertures, rising (sieves), or diameters (classes).
        sieves: Option<Vec<f64>> = Spec::list(Spec::quantity(Dimension::LENGTH)).positive().optional();
        /// Share of mass passing each sieve, rising (sieves).
        passing: Option<Vec<f64>> = Spec::list(Spec::fraction()).at_least(0.0).at_most(1.0).optional();
        /// Share of mass of each diameter (classes).
        shares: Option<Vec<f64>> = Spec::list(Spec::fraction()).at_least(0.0).at_most(1.0).optional();
    }
}

/// Size classes of a distribution: diameter (m) and share of the mass.
pub(super) fn distribution(args: &Args, classes: usize) -> Result<Vec<(f64, f64)>, BuildError> {
    let size = Size::read(args)?;
    let need = |value: Option<f64>, name: &str| {
        value.ok_or_else(|| {
            BuildError::at(args.place, format!("a {} distribution needs `{name}`", size.distribution))
                .because(Cause::Missing)
                .help(format!("write `{name} = ...` into the table"))
        })
    };
    let pairs = |a: &Option<Vec<f64>>, b: &Option<Vec<f64>>, names: &str| match (a, b) {
        (Some(a), Some(b)) if a.len() == b.len() && !a.is_empty() => {
            Ok(a.iter().copied().zip(b.iter().copied()).collect::<Vec<_>>())
        }
        _ => Err(BuildError::at(args.place, format!("it needs {names}, equally long and not empty"))),
    };
    let made = match size.distribution.as_str() {
        "single" => SizeDistribution::single(need(size.d, "d")?),
        "gates-gaudin-schuhmann" => {
            SizeDistribution::gates_gaudin_schuhmann(need(size.d_max, "d_max")?, need(size.m, "m")?)
        }
        "rosin-rammler" => SizeDistribution::rosin_rammler(need(size.d63, "d63")?, need(size.n, "n")?),
        "log-normal" => SizeDistribution::log_normal(need(size.d50, "d50")?, need(size.sigma, "sigma")?),
        "sieves" => SizeDistribution::sieves(pairs(&size.sieves, &size.passing, "`sieves` and `passing`")?),
        _ => {
            return table_of_classes(
                args,
                pairs(&size.sieves, &size.shares, "`sieves` (diameters) and `shares`")?,
            );
        }
    };
    let distribution =
        made.map_err(|error| BuildError::at(args.place, error.to_string()).because(Cause::Range))?;
    Ok(distribution.classes(classes).into_iter().map(|class| (class.diameter, class.share)).collect())
}

/// Diameters and shares as given, the shares brought to a sum of one.
fn table_of_classes(args: &Args, shares: Vec<(f64, f64)>) -> Result<Vec<(f64, f64)>, BuildError> {
    let total: f64 = shares.iter().map(|(_, share)| share).sum();
    if total <= 0.0 {
        return Err(BuildError::at(args.place, "the shares add up to nothing").because(Cause::Range));
    }
    Ok(shares.into_iter().filter(|(_, share)| *share > 0.0).map(|(d, share)| (d, share / total)).collect())
}
