//! The elements and their atomic weights.

use std::sync::Arc;

/// Something that a reaction can neither make nor destroy: an element, or a pseudo-element such as `gangue`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Element {
    /// A chemical element by its atomic number, 1 (H) to 94 (Pu).
    Atom(u8),
    /// What an assay leaves unnamed: closes like an element, weighs 1 kg/mol.
    Pseudo(Arc<str>),
}

/// Molar mass of a pseudo-element, kg/mol: its amount in mol is its mass in kg.
pub const PSEUDO_MOLAR_MASS: f64 = 1.0;

impl Element {
    /// The element of a symbol such as `"Co"`; case matters.
    pub fn from_symbol(symbol: &str) -> Option<Element> {
        let index = WEIGHTS.iter().position(|(own, _)| *own == symbol)?;
        u8::try_from(index + 1).ok().map(Element::Atom)
    }

    /// Symbol of an element, name of a pseudo-element.
    pub fn symbol(&self) -> &str {
        match self {
            Element::Atom(number) => {
                WEIGHTS.get(usize::from(*number).wrapping_sub(1)).map_or("?", |(symbol, _)| symbol)
            }
            Element::Pseudo(name) => name,
        }
    }

    /// Whether it is of group 17, whose elements act on water.
    pub fn is_halogen(&self) -> bool {
        matches!(self, Element::Atom(9 | 17 | 35 | 53 | 85))
    }

    /// Molar mass, kg/mol.
    pub fn molar_mass(&self) -> f64 {
        match self {
            Element::Atom(number) => {
                WEIGHTS.get(usize::from(*number).wrapping_sub(1)).map_or(0.0, |(_, weight)| weight * 1e-3)
            }
            Element::Pseudo(_) => PSEUDO_MOLAR_MASS,
        }
    }
}

/// Symbol and standard atomic weight (g/mol) by atomic number.
///
/// Source: IUPAC Commission on Isotopic Abundances and Atomic Weights, standard atomic weights 2021 (T. Prohaska et
/// al., Pure Appl. Chem. 94 (2022) 573); the abridged value where the standard is an interval, the mass number of the
/// longest-lived isotope where there is no standard.
const WEIGHTS: [(&str, f64); 94] = [
    ("H", 1.008),
    ("He", 4.002602),
    ("Li", 6.94),
    ("Be", 9.0121831),
    ("B", 10.81),
    ("C", 12.011),
    ("N", 14.007),
    ("O", 15.999),
    ("F", 18.99840316),
    ("Ne", 20.1797),
    ("Na", 22.98976928),
    ("Mg", 24.305),
    ("Al", 26.9815384),
    ("Si", 28.085),
    ("P", 30.973762),
    ("S", 32.06),
    ("Cl", 35.45),
    ("Ar", 39.95),
    ("K", 39.0983),
    ("Ca", 40.078),
    ("Sc", 44.955907),
    ("Ti", 47.867),
    ("V", 50.9415),
    ("Cr", 51.9961),
    ("Mn", 54.938043),
    ("Fe", 55.845),
    ("Co", 58.933194),
    ("Ni", 58.6934),
    ("Cu", 63.546),
    ("Zn", 65.38),
    ("Ga", 69.723),
    ("Ge", 72.63),
    ("As", 74.921595),
    ("Se", 78.971),
    ("Br", 79.904),
    ("Kr", 83.798),
    ("Rb", 85.4678),
    ("Sr", 87.62),
    ("Y", 88.905838),
    ("Zr", 91.224),
    ("Nb", 92.90637),
    ("Mo", 95.95),
    ("Tc", 98.0),
    ("Ru", 101.07),
    ("Rh", 102.90549),
    ("Pd", 106.42),
    ("Ag", 107.8682),
    ("Cd", 112.414),
    ("In", 114.818),
    ("Sn", 118.71),
    ("Sb", 121.76),
    ("Te", 127.6),
    ("I", 126.90447),
    ("Xe", 131.293),
    ("Cs", 132.905452),
    ("Ba", 137.327),
    ("La", 138.90547),
    ("Ce", 140.116),
    ("Pr", 140.90766),
    ("Nd", 144.242),
    ("Pm", 145.0),
    ("Sm", 150.36),
    ("Eu", 151.964),
    ("Gd", 157.25),
    ("Tb", 158.925354),
    ("Dy", 162.5),
    ("Ho", 164.930329),
    ("Er", 167.259),
    ("Tm", 168.934219),
    ("Yb", 173.045),
    ("Lu", 174.9668),
    ("Hf", 178.486),
    ("Ta", 180.94788),
    ("W", 183.84),
    ("Re", 186.207),
    ("Os", 190.23),
    ("Ir", 192.217),
    ("Pt", 195.084),
    ("Au", 196.96657),
    ("Hg", 200.592),
    ("Tl", 204.38),
    ("Pb", 207.2),
    ("Bi", 208.9804),
    ("Po", 209.0),
    ("At", 210.0),
    ("Rn", 222.0),
    ("Fr", 223.0),
    ("Ra", 226.0),
    ("Ac", 227.0),
    ("Th", 232.0377),
    ("Pa", 231.03588),
    ("U", 238.02891),
    ("Np", 237.0),
    ("Pu", 244.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_and_weights_agree_with_print() {
        // Abridged to five digits, Prohaska et al. (2022), table 2.
        let rows = [
            ("H", 1.0080),
            ("O", 15.999),
            ("S", 32.06),
            ("Co", 58.933),
            ("Pd", 106.42),
            ("Au", 196.97),
            ("Pb", 207.2),
        ];
        for (symbol, want) in rows {
            let element = Element::from_symbol(symbol).unwrap();
            assert_eq!(element.symbol(), symbol);
            assert!((element.molar_mass() * 1e3 - want).abs() <= 5e-3, "{symbol}: {}", element.molar_mass());
        }
    }

    #[test]
    fn atomic_numbers_follow_the_table() {
        for (symbol, number) in [("H", 1), ("Co", 27), ("Ga", 31), ("Ge", 32), ("Au", 79), ("Pu", 94)] {
            assert_eq!(Element::from_symbol(symbol), Some(Element::Atom(number)));
        }
        assert_eq!(Element::from_symbol("co"), None);
    }
}
