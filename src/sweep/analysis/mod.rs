//! What a sweep says: variance shares, screening, correlations, swings, surfaces, fronts, distributions.
//!
//! | analysis                     | design it needs                    |
//! |------------------------------|------------------------------------|
//! | Sobol' indices               | saltelli                           |
//! | Morris screening             | morris                             |
//! | swings (tornado)             | one-at-a-time                      |
//! | rank correlations            | any with 10 cases or more          |
//! | response surface             | any that spreads over two factors  |
//! | Pareto front, distributions  | any                                |

mod loess;
mod morris;
mod rank;
mod report;
mod sample;
mod sobol;
mod surface;

pub use morris::{Effects, effects};
pub use rank::{Correlations, correlations};
pub use report::{Analysis, Options, analyse};
pub use sample::{Column, Sample, SampleError};
pub use sobol::{Estimate, Indices, RESAMPLES, indices};
pub use surface::{
    Along, Distribution, Kind, NoSurface, SHARES, Sense, Surface, distribution, front, surface,
};

/// The value below which that share of sorted values lies, linear between them; NaN for none.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = share * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}
