//! Published cases held against predictions.
//!
//! | module       | what it does                                                                        |
//! |--------------|-------------------------------------------------------------------------------------|
//! | [`check`]    | faults of cases that only their processes show: kind, scenario, observed values      |
//! | [`run`]      | predicts each observation, with its 90 % interval                                    |
//! | [`interval`] | the interval of a measurement from draws of the model and the measurement's error    |
//! | [`margin`]   | what the model misses: how much wider works that were not seen need the interval to be |
//! | [`summary`]  | errors by element, route and kind                                                    |
//! | [`constant`] | what no model at all would say: the median of the other works                        |
//! | [`baseline`] | which experiments are worse than they were                                           |
//! | [`show`]     | tables and JSON                                                                      |
//! | [`plots`]    | parity plots, and every value beside its interval                                    |

pub mod baseline;
pub mod check;
mod constant;
pub mod interval;
pub mod margin;
pub mod plots;
pub mod run;
pub mod show;
pub mod summary;
