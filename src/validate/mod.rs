//! Published cases held against predictions.
//!
//! | module       | what it does                                                                        |
//! |--------------|-------------------------------------------------------------------------------------|
//! | [`check`]    | faults of cases that only their processes show: kind, scenario, observed values      |
//! | [`run`]      | predicts each observation, with its 90 % interval                                    |
//! | [`interval`] | the interval of a measurement from draws of the model and the measurement's error    |
//! | [`summary`]  | errors by element, route and kind                                                    |
//! | [`baseline`] | which experiments are worse than they were                                           |
//! | [`show`]     | tables and JSON                                                                      |
//! | [`plots`]    | parity plots                                                                         |

pub mod baseline;
pub mod check;
pub mod interval;
pub mod plots;
pub mod run;
pub mod show;
pub mod summary;
