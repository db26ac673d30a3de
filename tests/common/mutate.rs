//! Broken variants of sound files: lines and tokens deleted, doubled, exchanged, replaced.

/// One change of a text; the numbers choose where, they need not be in any range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Which change.
    pub kind: u8,
    /// Where.
    pub at: u32,
    /// With what, or where else.
    pub with: u32,
}

/// Kinds of [`Change`]; further ones are counted from the start again.
pub const KINDS: u8 = 14;

/// Pieces that scenario and process files are made of, and some that they are not.
const WORDS: &[&str] = &[
    "",
    "\"",
    "'",
    "=",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "#",
    "->",
    "\"\"\"",
    "\\",
    "\0",
    "\u{feff}",
    "\u{1f9ea}",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "-1",
    "0",
    "-0.0",
    "1e-320",
    "9223372036854775808",
    "true",
    "1979-05-27",
    "[]",
    "{}",
    "[[]]",
    "\"1 h\"",
    "\"-1 kg\"",
    "\"1e300 m3\"",
    "\"0 s\"",
    "\"nan degC\"",
    "\"-300 degC\"",
    "\"1 mol/(m2 s)\"",
    "\"100 %\"",
    "\"101 %\"",
    "\"1 1/0\"",
    "\"1 m^99999\"",
    "\"1 m^-0.5\"",
    "\"H+\"",
    "\"e-\"",
    "\"H2O\"",
    "\"O2(g)\"",
    "\"Co+2\"",
    "\"LiCoO2(s)\"",
    "\"Fe2(SO4)3\"",
    "\"((((\"",
    "\"[H+]^[H+]\"",
    "\"1/0\"",
    "\"ln(-1)\"",
    "\"min()\"",
    "\"k\"",
    "\"T\"",
    "\"H2O = H+ + OH-\"",
    "\"= =\"",
    "\" = \"",
    "\"2 H2O2 = 2 H2O + O2\"",
    "units",
    "feed",
    "leach",
    "\"leach -> leach\"",
    "\"a.b.c -> d\"",
    "\"->\"",
    "type",
    "\"feed\"",
    "\"mixer\"",
    "\"splitter\"",
    "\"reactor\"",
    "\"cstr-leach\"",
    "\"product\"",
    "\"continuous\"",
    "\"single\"",
    "\"sieves\"",
    "\"gangue\"",
    "\"batch\"",
    "\"avrami\"",
    "\"power-law\"",
    "\"shrinking-particle\"",
    "\"autocatalytic\"",
    "\"estimate\"",
];

/// Units to put behind numbers.
const UNITS: &[&str] = &[
    "", "K", "degC", "s", "h", "kg", "g/L", "mol/L", "wt%", "%", "um", "m3/h", "kJ/mol", "1/s", "m/s", "ppm",
    "V", "Ah", "m0.5", "kg^0", "/", "()",
];

/// The text after the changes.
pub fn mutate(text: &str, changes: &[Change]) -> String {
    changes.iter().fold(text.to_owned(), |text, change| apply(&text, *change))
}

fn apply(text: &str, change: Change) -> String {
    let Change { kind, at, with } = change;
    let (at, with) = (at as usize, with as usize);
    match kind % KINDS {
        0 => lines(text, |lines, count| {
            lines.remove(at % count);
        }),
        1 => lines(text, |lines, count| lines.insert(with % count, lines[at % count])),
        2 => lines(text, |lines, count| lines.swap(at % count, with % count)),
        3 | 4 => token(text, at, |_| WORDS[with % WORDS.len()].to_owned()),
        5 => token(text, at, |_| tokens(text).get(with % tokens(text).len()).map_or("", |t| t.1).to_owned()),
        6 => number(text, at, |_| odd_number(with)),
        7 => number(text, at, |old| format!("{old} {}", UNITS[with % UNITS.len()])),
        8 => quantity(text, at, UNITS[with % UNITS.len()]),
        9 => token(text, at, |_| String::new()),
        10 => text[..boundary(text, at)].to_owned(),
        11 => {
            let (a, b) = (boundary(text, at), boundary(text, at.wrapping_add(with % 40)));
            format!("{}{}", &text[..a.min(b)], &text[a.max(b)..])
        }
        12 => {
            let at = boundary(text, at);
            let c = char::from_u32(with as u32 % 0x3000).unwrap_or('?');
            format!("{}{c}{}", &text[..at], &text[at..])
        }
        _ => {
            let at = boundary(text, at);
            format!("{}{}{}", &text[..at], WORDS[with % WORDS.len()], &text[at..])
        }
    }
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at % (text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn lines(text: &str, change: impl FnOnce(&mut Vec<&str>, usize)) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let count = lines.len();
    change(&mut lines, count);
    lines.join("\n")
}

/// Texts in quotes, words and numbers, with their places.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c == '"' || c.is_alphanumeric()) {
        let token = &rest[start..];
        let end = match token.strip_prefix('"') {
            Some(inner) => inner.find(['"', '\n']).map_or(token.len(), |end| end + 2),
            None => token.find(|c: char| !c.is_alphanumeric() && !"_-.+".contains(c)).unwrap_or(token.len()),
        };
        found.push((text.len() - rest.len() + start, &token[..end]));
        rest = &token[end..];
    }
    found
}

fn replace(text: &str, (at, old): (usize, &str), new: &str) -> String {
    format!("{}{new}{}", &text[..at], &text[at + old.len()..])
}

fn token(text: &str, at: usize, new: impl FnOnce(&str) -> String) -> String {
    let tokens = tokens(text);
    if tokens.is_empty() {
        return text.to_owned();
    }
    let token = tokens[at % tokens.len()];
    replace(text, token, &new(token.1))
}

/// Numbers, inside texts too.
fn number(text: &str, at: usize, new: impl FnOnce(&str) -> String) -> String {
    let mut found = Vec::new();
    let mut start = None;
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_ascii_digit() || c == '.', start) {
            (true, None) => start = Some(i),
            (false, Some(from)) => {
                found.push((from, &text[from..i]));
                start = None;
            }
            _ => {}
        }
    }
    if found.is_empty() {
        return text.to_owned();
    }
    let number = found[at % found.len()];
    replace(text, number, &new(number.1))
}

/// Puts another unit behind the number of a quoted quantity.
fn quantity(text: &str, at: usize, unit: &str) -> String {
    let found: Vec<_> = tokens(text)
        .into_iter()
        .filter(|(_, t)| t.starts_with('"') && t[1..].starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    if found.is_empty() {
        return text.to_owned();
    }
    let old = found[at % found.len()];
    let digits = old.1[1..].split(' ').next().unwrap_or("");
    replace(text, old, &format!("\"{} {unit}\"", digits.trim_matches('"')))
}

fn odd_number(with: usize) -> String {
    const ODD: [&str; 10] =
        ["0", "-1", "1e308", "1e-308", "1e400", "nan", "1_000", "0x10", "00", "99999999999999999999"];
    match with % 3 {
        0 => ODD[(with / 3) % ODD.len()].to_owned(),
        1 => format!("{}", with % 1000),
        _ => format!("{}e{}", with % 97, (with / 97) as i64 % 40 - 20),
    }
}
