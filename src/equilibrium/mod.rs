//! Aqueous equilibrium: speciation, precipitation, redox.
