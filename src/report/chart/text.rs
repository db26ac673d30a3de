//! Words in charts: how wide they are, and how formulas and units are spelt for print.

use crate::chemistry::Element;

/// Advance widths of the characters 32 to 126 of the embedded font, in thousandths of its size.
const WIDTHS: [u16; 95] = [
    286, 360, 414, 754, 572, 855, 702, 247, 351, 351, 450, 754, 286, 325, 286, 303, 572, 572, 572, 572, 572,
    572, 572, 572, 572, 572, 303, 303, 754, 754, 754, 478, 900, 615, 617, 628, 693, 568, 518, 697, 677, 265,
    265, 590, 501, 776, 673, 708, 542, 708, 625, 571, 549, 659, 615, 890, 616, 549, 616, 351, 303, 351, 754,
    450, 450, 551, 571, 495, 571, 554, 316, 571, 570, 250, 250, 521, 250, 876, 570, 550, 571, 571, 370, 469,
    353, 570, 532, 736, 532, 532, 472, 572, 303, 572, 754,
];

/// Width in pixels of a text set in `size` pixels, from the widths of the embedded font.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let thousandths: u32 = text.chars().map(advance).sum();
    f64::from(thousandths) * size / 1000.0
}

fn advance(c: char) -> u32 {
    match c {
        ' '..='~' => u32::from(WIDTHS[c as usize - 32]),
        '₀'..='₉' | '⁰'..='⁹' | '²' | '³' | '¹' => 360,
        '⁺' | '⁻' => 475,
        '−' | '×' | '≥' | '≤' | '→' => 754,
        '°' | '–' => 450,
        '·' => 286,
        _ => 600,
    }
}

/// A text cut to `room` pixels with an ellipsis.
pub(super) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut cut = text.to_owned();
    while !cut.is_empty() && width(&cut, size) + size > room {
        cut.pop();
    }
    cut.trim_end().to_owned() + "…"
}

/// A formula as printed: `SO4-2` becomes SO₄²⁻, `CuSO4:5H2O` CuSO₄·5H₂O, `H(SO4)-` HSO₄⁻. Phase suffixes stay; text that
/// is no formula, such as a name with a space or in lower case, is left alone.
///
/// # Example
/// ```
/// # use lixivia::report::chart::chemical;
/// assert_eq!(chemical("Co+2"), "Co²⁺");
/// assert_eq!(chemical("LiCoO2(s)"), "LiCoO₂(s)");
/// assert_eq!(chemical("gangue"), "gangue");
/// ```
pub fn chemical(name: &str) -> String {
    let name = &bare(name);
    let is_formula = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '(' || c == '[')
        && !name.contains(' ')
        && name.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-'));
    if !is_formula {
        return name.to_owned();
    }
    let (body, charge) = split_charge(name);
    let mut out = String::new();
    let mut previous = ' ';
    for c in body.chars() {
        let counts = previous.is_ascii_alphabetic() || matches!(previous, ')' | ']' | '.' | '₀'..='₉');
        let c = match c {
            ':' => '·',
            '0'..='9' if counts => subscript(c),
            other => other,
        };
        out.push(c);
        previous = c;
    }
    out + &charge
}

/// `H(SO4)-` without the brackets, which tell a database the ligand but which no one prints; those of organic
/// ligands, of phases and of counted groups stay.
fn bare(name: &str) -> String {
    let Some((first, rest)) = name.split_once('(') else { return name.to_owned() };
    let Some((group, charge)) = rest.split_once(')') else { return name.to_owned() };
    let is_element = |text: &str| Element::from_symbol(text).is_some();
    let after_one = is_element(first.trim_end_matches(|c: char| c.is_ascii_digit()));
    let uncounted = charge.is_empty() || charge.starts_with(['+', '-']);
    let mut symbols: Vec<String> = Vec::new();
    for c in group.chars().filter(|c| !c.is_ascii_digit()) {
        match symbols.last_mut() {
            Some(last) if c.is_ascii_lowercase() => last.push(c),
            _ => symbols.push(c.to_string()),
        }
    }
    symbols.dedup();
    let inorganic = symbols.len() > 1 && symbols.iter().all(|symbol| is_element(symbol));
    if after_one && uncounted && inorganic { format!("{first}{group}{charge}") } else { name.to_owned() }
}

/// Splits `SO4-2` into `SO4` and `²⁻`; a phase suffix may follow the formula.
fn split_charge(name: &str) -> (&str, String) {
    let Some(at) = name.rfind(['+', '-']) else { return (name, String::new()) };
    let (body, charge) = name.split_at(at);
    let digits = &charge[1..];
    if !digits.bytes().all(|b| b.is_ascii_digit()) || body.is_empty() {
        return (name, String::new());
    }
    let sign = if charge.starts_with('+') { '⁺' } else { '⁻' };
    let count: String = digits.chars().filter(|_| digits != "1").map(superscript).collect();
    (body, format!("{count}{sign}"))
}

fn subscript(digit: char) -> char {
    char::from_u32(0x2080 + (digit as u32 - '0' as u32)).unwrap_or(digit)
}

fn superscript(digit: char) -> char {
    match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '-' => '⁻',
        '0'..='9' => char::from_u32(0x2070 + (digit as u32 - '0' as u32)).unwrap_or(digit),
        other => other,
    }
}

/// A whole exponent in superscript: `-12` becomes ⁻¹².
pub(super) fn exponent(value: i32) -> String {
    value.to_string().chars().map(superscript).collect()
}

/// Ten to a whole power, as printed: `-6` becomes 10⁻⁶.
pub fn power_of_ten(power: i32) -> String {
    format!("10{}", exponent(power))
}

/// A unit as printed: `mol/(m2 s)` becomes mol/(m² s), `degC` °C, `um` µm, `1` nothing.
///
/// # Example
/// ```
/// # use lixivia::report::chart::pretty_unit;
/// assert_eq!(pretty_unit("mol/m3"), "mol/m³");
/// assert_eq!(pretty_unit("degC"), "°C");
/// ```
pub fn pretty_unit(unit: &str) -> String {
    match unit {
        "1" => return String::new(),
        "degC" => return "°C".to_owned(),
        "um" => return "µm".to_owned(),
        _ => {}
    }
    let mut out = String::new();
    let mut previous = ' ';
    for c in unit.chars() {
        let raised = c.is_ascii_digit() && (previous.is_ascii_alphabetic() || previous == '⁻');
        let sign = c == '-' && previous.is_ascii_alphabetic();
        let c = if raised || sign { superscript(c) } else { c };
        out.push(c);
        previous = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_and_units_are_spelt_for_print() {
        for (name, want) in [
            ("SO4-2", "SO₄²⁻"),
            ("H+", "H⁺"),
            ("CuSO4:5H2O(s)", "CuSO₄·5H₂O(s)"),
            ("Fe2(SO4)3", "Fe₂(SO₄)₃"),
            ("LiNi0.6Mn0.2Co0.2O2(s)", "LiNi₀.₆Mn₀.₂Co₀.₂O₂(s)"),
            ("H2O", "H₂O"),
            ("H(SO4)-", "HSO₄⁻"),
            ("H2(AsO3)-", "H₂AsO₃⁻"),
            ("H(CN)", "HCN"),
            ("Ag(CN)2-", "Ag(CN)₂⁻"),
            ("AuCl3(OH)-", "AuCl₃(OH)⁻"),
            ("Co(Citrate)-", "Co(Citrate)⁻"),
            ("AgH(EDTA)-2", "AgH(EDTA)²⁻"),
            ("Fe(III)", "Fe(III)"),
            ("CuO(s)", "CuO(s)"),
            ("leach 2", "leach 2"),
            ("Co", "Co"),
        ] {
            assert_eq!(chemical(name), want);
        }
        for (unit, want) in [("kg/m3", "kg/m³"), ("mol/(m2 s)", "mol/(m² s)"), ("g/L", "g/L"), ("1", "")] {
            assert_eq!(pretty_unit(unit), want);
        }
        assert_eq!(exponent(-12), "⁻¹²");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(fit("abc", 10.0, 100.0), "abc");
        let cut = fit("a long description of a parameter", 10.0, 60.0);
        assert!(cut.ends_with('…') && width(&cut, 10.0) <= 62.0, "{cut}");
    }
}
