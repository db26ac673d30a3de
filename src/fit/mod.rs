//! Parameters from data (docs/fit.md).
//!
//! | module        | what it does                                                                       |
//! |---------------|------------------------------------------------------------------------------------|
//! | [`unknown`]   | what is estimated: bounds, scale, start, one value shared or one for each group      |
//! | [`experiment`]| what is compared with observations: a scenario's plant, or a formula                |
//! | `build`       | a fit file, its data and the scenarios to a problem                                |
//! | [`problem`]   | a fit file as residuals over unknowns                                               |
//! | [`estimate`]  | the search, confidence intervals, correlation, information criteria                 |
//! | [`cross`]     | predictions of each group by a fit without it                                       |
//! | [`synthetic`] | how often the intervals hold the truth, on data made from the model                 |
//! | [`write`]     | a process file with the estimates, their covariance and whence they come            |
//! | [`show`]      | tables, JSON and pictures                                                           |

mod build;
pub mod cross;
pub mod estimate;
pub mod experiment;
pub mod problem;
pub mod show;
pub mod synthetic;
pub mod unknown;
pub mod write;
