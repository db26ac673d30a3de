//! Lines of a PHREEQC file: comments, continuations, keywords of blocks, and what is wrong with one.

const KEYWORDS: &[&str] = &[
    "SOLUTION_MASTER_SPECIES",
    "SOLUTION_SPECIES",
    "PHASES",
    "EXCHANGE_MASTER_SPECIES",
    "EXCHANGE_SPECIES",
    "PITZER",
    "SIT",
    "LLNL_AQUEOUS_MODEL_PARAMETERS",
    "NAMED_EXPRESSIONS",
    "NAMED_ANALYTICAL_EXPRESSIONS",
    "NAMED_LOG_K",
    "SURFACE_MASTER_SPECIES",
    "SURFACE_SPECIES",
    "RATES",
    "END",
    "TITLE",
    "KNOBS",
    "PRINT",
    "ISOTOPES",
    "ISOTOPE_RATIOS",
    "ISOTOPE_ALPHAS",
    "CALCULATE_VALUES",
    "MEAN_GAMMAS",
    "GAS_BINARY_PARAMETERS",
    "DATABASE",
    "SELECTED_OUTPUT",
    "USER_PRINT",
    "USER_PUNCH",
    "USER_GRAPH",
    "SOLUTION",
    "REACTION",
    "SOLID_SOLUTIONS",
    "EQUILIBRIUM_PHASES",
    "GAS_PHASE",
    "EXCHANGE",
    "SURFACE",
    "KINETICS",
    "MIX",
    "USE",
    "SAVE",
];

/// What is wrong with a line, and the word at fault where it is one.
pub(super) struct Problem {
    pub(super) text: String,
    word: Option<String>,
}

impl Problem {
    /// At a word of the line.
    pub(super) fn at(word: &str, text: String) -> Problem {
        Problem { text, word: Some(word.to_owned()) }
    }
}

impl From<String> for Problem {
    fn from(text: String) -> Problem {
        Problem { text, word: None }
    }
}

impl From<&str> for Problem {
    fn from(text: &str) -> Problem {
        Problem::from(text.to_owned())
    }
}

/// A logical line: comments gone, `;` parted, `\` joined.
pub(super) struct Line<'t> {
    pub(super) number: usize,
    pub(super) text: String,
    pub(super) raw: &'t str,
}

/// The lines that are read: `END` closes a database, and PHREEQC too reads nothing behind it.
pub(super) fn read_lines(text: &str) -> Vec<Line<'_>> {
    let ends = |line: &Line<'_>| keyword(&line.text).as_deref() == Some("END");
    logical_lines(text).into_iter().take_while(|line| !ends(line)).collect()
}

fn logical_lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut carry = String::new();
    for (at, raw) in text.lines().enumerate() {
        let code = raw.split('#').next().unwrap_or("").trim();
        if let Some(start) = code.strip_suffix('\\') {
            carry.push_str(start);
            carry.push(' ');
            continue;
        }
        let whole = std::mem::take(&mut carry) + code;
        for part in whole.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            lines.push(Line { number: at + 1, text: part.to_owned(), raw });
        }
    }
    lines
}

pub(super) fn keyword(line: &str) -> Option<String> {
    let word = line.split_whitespace().next()?.to_ascii_uppercase();
    let known = KEYWORDS.contains(&word.as_str()) || word.starts_with("RATE_PARAMETERS");
    known.then_some(word)
}

impl Line<'_> {
    /// Where a problem lies, from 1: at its word, else where the line begins.
    pub(super) fn column(&self, problem: &Problem) -> usize {
        let start = self.raw.len() - self.raw.trim_start().len();
        let mut from = start;
        let word = problem.word.as_deref().unwrap_or_default();
        for own in self.raw.split_whitespace() {
            from += self.raw[from..].find(own).unwrap_or(0);
            if own == word {
                return self.raw[..from].chars().count() + 1;
            }
            from += own.len();
        }
        self.raw[..start].chars().count() + 1
    }
}

#[cfg(test)]
mod tests {
    use super::super::Database;

    const WATER: &str = "SOLUTION_MASTER_SPECIES\nH H+ -1 H 1.008\nO H2O 0 O 16\n";

    /// A weight that is no weight, and a block that is not read, where they stand.
    #[test]
    fn faults_have_their_column() {
        let fault = |text: &str| Database::parse_phreeqc(&format!("{WATER}{text}")).unwrap_err();
        for (row, column, problem) in [
            ("Na  Na+ 0 Na 22,99", 14, "atomic weight `22,99` is not a number"),
            ("Na  Na+ 0 Na -22.99", 14, "atomic weight `-22.99` is negative"),
            ("Na  Na+ 0 -1", 11, "formula weight `-1` is negative"),
            ("Na  Na+ none Na 22.99", 9, "alkalinity `none` is not a number"),
            ("ISOTOPES", 1, "tells isotopes of one element apart"),
        ] {
            let error = fault(&format!("{row}\n"));
            assert_eq!((error.line, error.column), (4, column), "{error}");
            assert!(error.problem.contains(problem), "{error}");
        }
        // rows of valence states may end in anything
        let db = Database::parse_phreeqc(&format!("{WATER}Fe Fe+2 0 Fe 55.8\nFe(3) Fe+3 0 Fe as_it_is\n"));
        assert!((db.unwrap().find_master("Fe").unwrap().molar_mass - 55.8e-3).abs() < 1e-12);
    }

    /// Enthalpies in each unit however it is spelled, those in none refused; constants that are none; nothing behind END.
    #[test]
    fn enthalpies_have_a_unit_and_end_ends() {
        let of = |options: &str| {
            Database::parse_phreeqc(&format!("{WATER}SOLUTION_SPECIES\nH+ = H+\nH2O = OH- + H+\n{options}\n"))
        };
        let enthalpy = |unit: &str| {
            let db = of(&format!(" log_k -14\n delta_h 2 {unit}")).unwrap();
            db.find_species("OH-").unwrap().log_k.enthalpy
        };
        for unit in ["", "kJ", "kJoule", "KJ/mol", "kilojoules", "kj"] {
            assert_eq!(enthalpy(unit), 2e3, "{unit}");
        }
        for (units, joules) in
            [(["J", "joules/mol"], 2.0), (["kcal", "Kilocalories"], 8368.0), (["cal", "calories"], 8.368)]
        {
            units.iter().for_each(|unit| assert!((enthalpy(unit) - joules).abs() < 1e-9, "{unit}"));
        }
        for (options, column, told) in [
            (" delta_h 2 BTU", 12, "`BTU` is no unit of delta_h"),
            (" delta_h 2 kW", 12, "`kW` is no unit of delta_h"),
            (" log_k 1e6", 8, "a log_k of 1e6 is no constant"),
        ] {
            let error = of(options).unwrap_err();
            assert_eq!((error.line, error.column), (7, column), "{error}");
            assert!(error.problem.contains(told), "{error}");
        }
        assert!(of(" log_k -14\nEND\nanything = at all").is_ok());
    }

    /// A constant that the file does not give counts as 0, and is told of where the components form what lacks it.
    #[test]
    fn a_constant_that_is_not_given_is_told_of() {
        use crate::equilibrium::liquor::Liquor;
        use crate::equilibrium::{Options, Problem, Workspace};
        let text = format!(
            "{WATER}Na Na+ 0 Na 22.99\nCl Cl- 0 Cl 35.45\nSOLUTION_SPECIES\nH+ = H+\nH2O = H2O\nNa+ = Na+\nCl- = Cl-\n\
             H2O = OH- + H+\n log_k -14\nNa+ + Cl- = NaCl\n delta_h 1\nPHASES\nHalite\n NaCl = Na+ + Cl-\n log_k 1.6\n"
        );
        let warning = |text: &str| {
            let db = Database::parse_phreeqc(text).unwrap();
            let totals = vec![("Na".to_owned(), 0.01), ("Cl".to_owned(), 0.01)];
            let liquor = Liquor { totals, ..Liquor::default() };
            let system = liquor.system(&db, &Options::default()).unwrap();
            let (mut problem, mut ws) = (Problem::new(&system), Workspace::new());
            liquor.solve(&system, &mut problem, &mut ws).unwrap().warning()
        };
        assert_eq!(warning(&text).unwrap(), "the database gives no log_k of NaCl, which counts as 0");
        assert_eq!(warning(&text.replace("delta_h 1", "log_k 0")), None);
        let halite = warning(&text.replace(" log_k 1.6", "").replace("delta_h 1", "log_k 0"));
        assert_eq!(halite.unwrap(), "the database gives no log_k of Halite, which counts as 0");
    }
}
