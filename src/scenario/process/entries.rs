//! The tables of a process file as they are declared.

use crate::quantity::Dimension;
use crate::unit::parameters::{Args, Located, Spec};

crate::parameters! {
    /// One parameter of a process.
    pub struct ParameterEntry {
        /// The value with its unit, at the temperature `at` where an activation energy is given; rate constants, diffusivities, sizes, concentrations and what has an activation energy are not negative.
        value: Located<String> = Spec::text().example("\"1.0e-8 m/s\"");
        /// Temperature of the value.
        at: Option<f64> = Spec::quantity(Dimension::TEMPERATURE).positive().optional();
        /// Activation energy; negative where the value falls with temperature.
        ea: Option<f64> = Spec::quantity(Dimension::MOLAR_ENERGY).optional();
        /// Key of the reference, or `estimate`.
        source: Located<String> = Spec::text().example("\"jha2013\"");
        /// Keys of further works that the value or its activation energy rests on.
        also: Vec<String> = Spec::list(Spec::text()).default("[]").example("[\"leerhee2003\"]");
        /// Reasoning behind an estimate.
        reason: Option<String> = Spec::text().optional();
        /// What a reader must know.
        note: Option<String> = Spec::text().optional();
        /// Conditions in which it was measured, lowest and highest.
        range: Option<Vec<(Located<String>, Vec<String>)>> = Spec::map(Spec::list(Spec::text())).optional().example("{ temperature = [\"25 degC\", \"80 degC\"] }");
        /// Standard uncertainty: in the unit of the value, or in % of it.
        sigma: Option<Located<String>> = Spec::text().optional().example("\"10 %\"");
        /// Standard uncertainty of the activation energy.
        ea_sigma: Option<f64> = Spec::quantity(Dimension::MOLAR_ENERGY).at_least(0.0).optional();
        /// Correlation of value and activation energy, -1..=1.
        correlation: Option<f64> = Spec::number().at_least(-1.0).at_most(1.0).optional();
    }
}

crate::parameters! {
    /// A solid that leaches.
    pub struct MineralEntry {
        /// The solid.
        species: Located<String> = Spec::text().example("\"LiCoO2(s)\"");
        /// Rate law.
        law: String = Spec::choice(&["shrinking-core", "shrinking-particle", "avrami", "power-law", "autocatalytic"]);
        /// Shape of the particles.
        shape: String = Spec::choice(&["sphere", "cylinder", "plate"]).default("\"sphere\"");
        /// Exponent: n of Avrami, m of the power law, seed of autocatalysis.
        order: Option<f64> = Spec::number().positive().optional();
        /// Concentration of the reagent that diffuses, an expression in mol/m3.
        driving: Option<String> = Spec::text().optional();
        /// Amount of that reagent per amount of mineral.
        reagent_per_mineral: f64 = Spec::number().positive().default("1.0");
        /// Diffusivity in the product layer, an expression; absent, no such resistance.
        product_layer_diffusivity: Option<String> = Spec::text().optional();
        /// Diffusivity in the film (Sh = 2), an expression; absent, no such resistance.
        film_diffusivity: Option<String> = Spec::text().optional();
        /// Mass transfer coefficient of the film, an expression.
        film_coefficient: Option<String> = Spec::text().optional();
        /// Saturation ratio that the rate falls to zero at, an expression: rate times (1 - ratio).
        solubility: Option<String> = Spec::text().optional();
        /// eps of the factor y/(y + eps) that ends the shrinking smoothly.
        regularisation: f64 = Spec::number().at_least(0.0).default("0.0");
        /// Parallel reaction paths.
        paths: Vec<Args> = Spec::list(Spec::record(PathEntry::specs));
    }
}

crate::parameters! {
    /// One reaction path of a mineral.
    pub struct PathEntry {
        /// The reaction.
        reaction: String = Spec::text();
        /// Its rate, an expression.
        rate: Option<String> = Spec::text().optional();
    }
}

crate::parameters! {
    /// A reaction in the liquor.
    pub struct ReactionEntry {
        /// The reaction.
        equation: String = Spec::text();
        /// Its rate, an expression in mol/(m3 s) of the reaction as written.
        rate: String = Spec::text();
    }
}

crate::parameters! {
    /// A reaction between an aqueous and an organic phase.
    pub struct ExtractionEntry {
        /// The reaction: `Cu+2 + 2 HR(org) = CuR2(org) + 2 H+`.
        equation: String = Spec::text();
        /// Its equilibrium constant, an expression in the unit of the quotient (concentrations in mol/m3).
        constant: String = Spec::text();
        /// The quotient that equals the constant, an expression; absent, mass action in concentrations, water left out.
        quotient: Option<String> = Spec::text().optional();
    }
}

crate::parameters! {
    /// A gas-liquid transfer.
    pub struct TransferEntry {
        /// The dissolution: `O2(g) = O2`.
        equation: String = Spec::text();
        /// Transfer coefficient times area, an expression in 1/s.
        kla: String = Spec::text();
        /// Concentration at saturation, an expression in mol/m3.
        saturation: String = Spec::text();
    }
}

crate::parameters! {
    /// A feedstock as published.
    pub struct FeedstockEntry {
        /// In words.
        title: String = Spec::text();
        /// Key of the reference, or `estimate`.
        source: Located<String> = Spec::text();
        /// Reasoning behind an estimate.
        reason: Option<String> = Spec::text().optional();
        /// What a reader must know.
        note: Option<String> = Spec::text().optional();
        /// Mass shares in the dry solid.
        assay: Vec<(Located<String>, f64)> = Spec::map(Spec::fraction());
        /// The solid that holds each assayed element.
        hosts: Option<Vec<(Located<String>, Located<String>)>> = Spec::map(Spec::text()).optional();
        /// Name of what the assay leaves unnamed.
        rest: Option<String> = Spec::text().optional();
        /// Particle size.
        size: Option<Args> = Spec::record(crate::unit::Size::specs).optional();
        /// Particle size of single solids.
        sizes: Option<Vec<(Located<String>, Args)>> = Spec::map(Spec::record(crate::unit::Size::specs)).optional();
        /// Standard deviation of ln d between charges of this kind, for works that do not state the size.
        size_log_sd: Option<f64> = Spec::number().positive().at_most(3.0).optional().example("0.3");
        /// Reference of the size, or `estimate`.
        size_source: Option<Located<String>> = Spec::text().optional();
        /// Reasoning behind an estimated size.
        size_reason: Option<String> = Spec::text().optional();
        /// What a reader must know of the size.
        size_note: Option<String> = Spec::text().optional();
    }
}
