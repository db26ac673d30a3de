//! Number types, integrators and solvers; no chemistry.
