//! The units known by name, their size in SI, and the words people write in their place.

use super::Dimension;

/// A unit that stands alone: factor to SI, and which prefixes it takes.
pub(super) struct Base {
    pub(super) name: &'static str,
    pub(super) factor: f64,
    pub(super) dimension: Dimension,
    pub(super) prefixes: &'static str,
}

/// SI prefixes by letter; `u` is micro.
pub(super) const PREFIXES: [(char, f64); 9] = [
    ('G', 1e9),
    ('M', 1e6),
    ('k', 1e3),
    ('h', 1e2),
    ('d', 1e-1),
    ('c', 1e-2),
    ('m', 1e-3),
    ('u', 1e-6),
    ('n', 1e-9),
];

const fn base(name: &'static str, factor: f64, dimension: Dimension, prefixes: &'static str) -> Base {
    Base { name, factor, dimension, prefixes }
}

/// Source: SI brochure, 9th edition (2019), tables 2 to 8 and 1st to 4th appendix for the non-SI units accepted with
/// it; atm, mmHg, cal (thermochemical) and psi from NIST SP 811 (2008), appendix B. `rpm` counts revolutions.
/// `y` is the Julian year of 365.25 d.
pub(super) const UNITS: &[Base] = &[
    base("m", 1.0, Dimension::LENGTH, "kdcmun"),
    base("g", 1e-3, Dimension::MASS, "kmun"),
    base("t", 1e3, Dimension::MASS, "kM"),
    base("s", 1.0, Dimension::TIME, "mun"),
    base("min", 60.0, Dimension::TIME, ""),
    base("h", 3600.0, Dimension::TIME, ""),
    base("d", 86_400.0, Dimension::TIME, ""),
    base("y", 31_557_600.0, Dimension::TIME, ""),
    base("A", 1.0, Dimension::CURRENT, "kmu"),
    base("K", 1.0, Dimension::TEMPERATURE, "m"),
    base("degC", 1.0, Dimension::TEMPERATURE, ""),
    base("mol", 1.0, Dimension::AMOUNT, "kMmun"),
    base("L", 1e-3, Dimension::VOLUME, "kMhdcmun"),
    base("M", 1e3, Dimension::CONCENTRATION, "mun"),
    base("N", 1.0, Dimension::FORCE, "km"),
    base("Pa", 1.0, Dimension::PRESSURE, "GMkhm"),
    base("bar", 1e5, Dimension::PRESSURE, "m"),
    base("atm", 101_325.0, Dimension::PRESSURE, ""),
    base("mmHg", 101_325.0 / 760.0, Dimension::PRESSURE, ""),
    base("psi", 6_894.757, Dimension::PRESSURE, ""),
    base("J", 1.0, Dimension::ENERGY, "GMkmu"),
    base("cal", 4.184, Dimension::ENERGY, "k"),
    base("W", 1.0, Dimension::POWER, "GMkmu"),
    base("Wh", 3600.0, Dimension::ENERGY, "GMkm"),
    base("V", 1.0, Dimension::POTENTIAL, "kmu"),
    base("C", 1.0, Dimension::CHARGE, "kmu"),
    base("Ah", 3600.0, Dimension::CHARGE, "km"),
    base("ohm", 1.0, Dimension::RESISTANCE, "kMm"),
    base("S", 1.0, Dimension::RESISTANCE_INVERSE, "mu"),
    base("Hz", 1.0, Dimension::FREQUENCY, "k"),
    base("rpm", 1.0 / 60.0, Dimension::FREQUENCY, ""),
    base("cP", 1e-3, Dimension::VISCOSITY, ""),
    base("USD", 1.0, Dimension::MONEY, "kM"),
    base("%", 1e-2, Dimension::FRACTION, ""),
    base("wt%", 1e-2, Dimension::FRACTION, ""),
    base("vol%", 1e-2, Dimension::FRACTION, ""),
    base("mol%", 1e-2, Dimension::FRACTION, ""),
    base("ppm", 1e-6, Dimension::FRACTION, ""),
    base("ppb", 1e-9, Dimension::FRACTION, ""),
];

/// Other spellings that are accepted as they stand.
pub(super) const SPELLINGS: &[(&str, &str)] = &[
    ("l", "L"),
    ("ml", "mL"),
    ("°C", "degC"),
    ("℃", "degC"),
    ("Ω", "ohm"),
    ("Ω", "ohm"),
    ("kl", "kL"),
    ("a", "y"),
];

/// Words that are not accepted, with what was likely meant.
pub(super) const MISTAKEN: &[(&str, &str)] = &[
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("sec", "s"),
    ("secs", "s"),
    ("minute", "min"),
    ("minutes", "min"),
    ("mins", "min"),
    ("day", "d"),
    ("days", "d"),
    ("year", "y"),
    ("years", "y"),
    ("celsius", "degC"),
    ("Celsius", "degC"),
    ("deg", "degC"),
    ("degF", "degC"),
    ("F", "degC"),
    ("kelvin", "K"),
    ("Kelvin", "K"),
    ("gpl", "g/L"),
    ("gm", "g"),
    ("gr", "g"),
    ("gram", "g"),
    ("ton", "t"),
    ("tonne", "t"),
    ("tons", "t"),
    ("tonnes", "t"),
    ("tpd", "t/d"),
    ("tph", "t/h"),
    ("litre", "L"),
    ("liter", "L"),
    ("lt", "L"),
    ("cc", "mL"),
    ("micron", "um"),
    ("microns", "um"),
    ("molar", "mol/L"),
    ("moles", "mol"),
    ("wt", "wt%"),
    ("percent", "%"),
    ("pct", "%"),
    ("$", "USD"),
    ("dollar", "USD"),
    ("Kg", "kg"),
    ("KG", "kg"),
    ("Nm3", "m3"),
    ("torr", "mmHg"),
    ("volt", "V"),
    ("amp", "A"),
];
