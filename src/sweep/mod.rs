//! Many runs of one scenario: designs, parallel execution, analysis, optimisation.
//!
//! | module       | what it does                                                                  |
//! |--------------|-------------------------------------------------------------------------------|
//! | [`design`]   | where the cases lie; each case is reached alone by its index and the seed     |
//! | [`engine`]   | runs them in parallel, in pieces that survive any interruption; one HDF5 file |
//! | [`analysis`] | what the results say: variance shares, screening, ranks, surfaces, fronts     |
//! | [`optimise`] | best values of factors under limits; fronts between several aims                |

pub mod analysis;
pub mod design;
pub mod engine;
pub mod optimise;
