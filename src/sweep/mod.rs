//! Many runs of one scenario: designs, parallel execution, analysis, optimisation.
//!
//! | module       | what it does                                                                  |
//! |--------------|-------------------------------------------------------------------------------|
//! | [`design`]   | where the cases lie; each case is reached alone by its index and the seed     |
//! | [`engine`]   | runs them in parallel, in pieces that survive any interruption; one HDF5 file |
//! | [`driver`]   | a sweep from start to file; what it would take                                |
//! | [`cluster`]  | a sweep as a Slurm job array                                                  |
//! | [`analysis`] | what the results say: variance shares, screening, ranks, surfaces, fronts     |
//! | [`optimise`] | best values of factors under limits; fronts between several aims                |
//! | [`plant`]    | a scenario's plant as a model of factors and outputs                          |
//! | [`sensitivity`] | outputs of a plant with their derivatives by its factors                   |
//! | [`target`]   | what a factor sets, and from where                                            |
//! | [`allowed`]  | which values that takes                                                       |
//! | `reading`    | what a plant records of a case: numbers, courses and their axes               |
//! | [`ready`]    | a scenario with its `[sweep]` or `[optimise]`, ready to run                   |
//! | [`factors`]  | factors of a scenario, bound to its plant                                     |
//! | [`uncertain`] | uncertainties of the process library as factors                              |
//! | [`names`]    | names of factors and outputs                                                  |
//! | [`unread`]   | keys that a design, a method or a factor does not read                        |
//! | `trial`      | words of factors, tried before any case                                       |
//! | [`source`]   | what its numbers depend on: the scenario and every file that it names         |
//! | [`table`]    | design, constraints and correlations of `[sweep]`                             |
//! | [`rows`]     | the table of cases of the design `csv`                                        |
//! | [`aims`]     | aims and limits of `[optimise]`                                               |

pub mod aims;
pub mod allowed;
pub mod analysis;
pub mod cluster;
pub mod constraint;
pub mod design;
pub mod driver;
pub mod engine;
pub mod factors;
pub mod names;
pub mod optimise;
pub mod plant;
mod reading;
pub mod ready;
pub mod rows;
pub mod sensitivity;
pub mod source;
pub mod table;
pub mod target;
mod trial;
pub mod uncertain;
pub mod unread;
