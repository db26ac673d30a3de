//! Formulas, species, reactions, thermochemistry and streams.
