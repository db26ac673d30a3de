//! Reader of PHREEQC database files (`.dat`).
//!
//! Read: SOLUTION_MASTER_SPECIES, SOLUTION_SPECIES, PHASES, EXCHANGE_MASTER_SPECIES, EXCHANGE_SPECIES, PITZER, SIT,
//! LLNL_AQUEOUS_MODEL_PARAMETERS, NAMED_EXPRESSIONS (log K only). Every other block is passed over.
//! Molar volumes, diffusion and viscosity lines have no effect on equilibria at one atmosphere and are passed over.
//!
//! Source of the format: D. L. Parkhurst, C. A. J. Appelo, *Description of Input and Examples for PHREEQC Version 3*
//! (USGS Techniques and Methods 6-A43, 2013).

use super::check::{Equation, bare, check_equations, check_masters};
use super::equation::{self, elements, plain_species, plain_valence, split_charge};
use super::lines::{Line, Problem, keyword, read_lines};
use super::models::Rows;
use super::options::{constant_option, is_option, numbers, option_of};
use super::*;
use thiserror::Error;

/// A line that cannot be read.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("line {line}, column {column}: {problem}\n    {text}")]
pub struct ReadError {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
    /// The line as written.
    pub text: String,
}

// options whose effect is nil at one atmosphere, or on transport only
const PASSED: &[&str] =
    &["vm", "dw", "viscosity", "millero", "erm_ddl", "mole_balance", "mb", "add_constant", "davies"];

impl Database {
    /// Reads the text of a PHREEQC database.
    ///
    /// # Errors
    /// [`ReadError`] at the first line that cannot be read.
    pub fn parse_phreeqc(text: &str) -> Result<Database, ReadError> {
        let mut reader = Reader::default();
        let mut block = String::new();
        for line in read_lines(text) {
            let result = match keyword(&line.text) {
                Some(word) => {
                    reader.close();
                    let opened = reader.open_block(&word);
                    block = word;
                    opened
                }
                None => reader.line(&block, &line),
            };
            result.map_err(|problem| ReadError {
                line: line.number,
                column: line.column(&problem),
                problem: problem.text,
                text: line.raw.trim().chars().take(200).collect(),
            })?;
        }
        reader.close();
        check_equations(&reader.db, &reader.equations)?;
        Ok(reader.db)
    }

    /// Reads a PHREEQC database from a file of any 8-bit encoding.
    ///
    /// # Errors
    /// A sentence with the path, and the line where the file cannot be read.
    pub fn read_phreeqc(path: &std::path::Path) -> Result<Database, String> {
        let named = |error: String| format!("{}: {error}", path.display());
        let bytes = std::fs::read(path).map_err(|error| named(error.to_string()))?;
        Database::of_phreeqc(&bytes).map_err(named)
    }

    /// Reads a PHREEQC database from the bytes of a file.
    ///
    /// # Errors
    /// A sentence with the line that cannot be read.
    pub fn of_phreeqc(bytes: &[u8]) -> Result<Database, String> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text); // the mark that some editors put first
        let blocks: Vec<String> = read_lines(text).iter().filter_map(|line| keyword(&line.text)).collect();
        let has = |block: &str| blocks.iter().any(|own| own == block);
        if !has("SOLUTION_MASTER_SPECIES") || !has("SOLUTION_SPECIES") {
            let needs = "it has no SOLUTION_MASTER_SPECIES with SOLUTION_SPECIES";
            return Err(format!("no PHREEQC database: {needs}"));
        }
        let db = Database::parse_phreeqc(text).map_err(|error| error.to_string())?;
        check_masters(&db, text).map_err(|error| error.to_string())?;
        Ok(db)
    }
}

#[derive(Default)]
pub(super) struct Reader {
    pub(super) db: Database,
    species: Option<SpeciesRecord>,
    phase: Option<PhaseRecord>,
    phase_name: Option<String>,
    named: HashMap<String, LogK>,
    named_now: Option<String>,
    pub(super) table: Option<Rows>,
    pub(super) numbers: Option<String>,
    equations: Vec<Equation>,
    /// What is being read has no constant yet, and its reaction needs one.
    lacking: bool,
    /// T_c (K), P_c (atm) and acentric factor of the phase being read, as far as they have come.
    critical: [Option<f64>; 3],
}

impl Reader {
    fn open_block(&mut self, word: &str) -> Result<(), Problem> {
        self.table = None;
        self.numbers = None;
        match word {
            "PITZER" => self.db.model = DatabaseModel::Pitzer { macinnes: true, etheta: true },
            "SIT" => {
                self.db.model = DatabaseModel::Sit;
                self.table = Some(Rows::Of(InteractionKind::Epsilon));
            }
            "LLNL_AQUEOUS_MODEL_PARAMETERS" => self.db.b_dot = Some(BDotTable::default()),
            "ISOTOPES" => {
                return Err("the database tells isotopes of one element apart, which Lixivia does not: take one without \
                            ISOTOPES, such as phreeqc.dat"
                    .into());
            }
            _ => {}
        }
        Ok(())
    }

    /// The last equation is meant as it is.
    fn unchecked(&mut self) {
        if let Some(equation) = self.equations.last_mut() {
            equation.meant();
        }
    }

    /// Stores what is being read.
    fn close(&mut self) {
        if let Some(record) = self.species.take() {
            self.without_constant(&record.name, !record.reaction.is_empty());
            self.db.put_species(record);
        }
        if let Some(record) = self.phase.take() {
            self.without_constant(&record.name, true);
            self.db.put_phase(record);
        }
        self.phase_name = None;
    }

    /// Notes a species or phase whose constant the file does not give: it counts as 0, as in PHREEQC.
    fn without_constant(&mut self, name: &str, needed: bool) {
        self.db.without_constant.retain(|own| own != name); // a later record replaces an earlier one
        if std::mem::take(&mut self.lacking) && needed {
            self.db.without_constant.push(name.to_owned());
        }
    }

    fn line(&mut self, block: &str, line: &Line<'_>) -> Result<(), Problem> {
        match block {
            "SOLUTION_MASTER_SPECIES" => self.master(&line.text),
            "SOLUTION_SPECIES" | "EXCHANGE_SPECIES" => self.species_line(line, block == "EXCHANGE_SPECIES"),
            "PHASES" => self.phase_line(line),
            "EXCHANGE_MASTER_SPECIES" => {
                let mut words = line.text.split_whitespace();
                let (Some(name), Some(species)) = (words.next(), words.next()) else {
                    return Err("expected an exchanger and its master species".into());
                };
                self.db.exchangers.push((name.to_owned(), plain_species(species)));
                Ok(())
            }
            "PITZER" | "SIT" => Ok(self.interaction(&line.text)?),
            "LLNL_AQUEOUS_MODEL_PARAMETERS" => Ok(self.b_dot(&line.text)?),
            "NAMED_EXPRESSIONS" | "NAMED_LOG_K" | "NAMED_ANALYTICAL_EXPRESSIONS" => {
                self.named_line(&line.text)
            }
            "" => Err("expected a block, such as SOLUTION_MASTER_SPECIES".into()),
            _ => Ok(()),
        }
    }

    fn master(&mut self, text: &str) -> Result<(), Problem> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [name, species, alkalinity, formula, ..] = words[..] else {
            return Err("expected element, master species, alkalinity, formula".into());
        };
        let name = plain_valence(name);
        let element = name.split('(').next().unwrap_or(&name).to_owned();
        let alkalinity = number(alkalinity, "alkalinity")?;
        let primary = !name.contains('(');
        // rows of valence states may go on with anything, as in PHREEQC
        let weight =
            words.get(4).filter(|_| primary).map(|word| positive(word, "atomic weight")).transpose()?;
        let gram = match formula.parse::<f64>() {
            Ok(_) => Some(positive(formula, "formula weight")?),
            Err(_) => None,
        };
        let molar_mass = weight.or(gram).unwrap_or(0.0) * 1e-3;
        let gram_formula = if gram.is_some() { String::new() } else { formula.to_owned() };
        let record = Master {
            primary,
            name,
            element,
            species: plain_species(species),
            alkalinity,
            gram_formula,
            molar_mass,
        };
        match self.db.masters.iter_mut().find(|old| old.name == record.name) {
            Some(old) => *old = record,
            None => self.db.masters.push(record),
        }
        Ok(())
    }

    fn species_line(&mut self, line: &Line<'_>, exchange: bool) -> Result<(), Problem> {
        let text = line.text.as_str();
        if !is_option(text) && text.contains('=') {
            self.close();
            let sides = equation::parse(text)?;
            let (left, right) = sides.clone();
            let (name, count) = right.first().cloned().ok_or("an equation needs a product")?;
            let mut reaction: Vec<(String, f64)> = left;
            reaction.extend(right[1..].iter().map(|(other, n)| (other.clone(), -n)));
            reaction.iter_mut().for_each(|term| term.1 /= count);
            if reaction.len() == 1 && reaction[0].0 == name {
                reaction.clear();
            }
            self.equations.push(Equation::new((line.number, line.raw), &sides, &reaction));
            let (body, charge) = split_charge(&name);
            let elements = elements(body)?;
            let equivalents = if exchange { self.exchange_equivalents(&elements) } else { 0.0 };
            let species = SpeciesRecord {
                charge,
                elements,
                reaction,
                equivalents,
                name,
                log_k: LogK::new(0.0, 0.0),
                gamma: Gamma::Default,
                balance: Vec::new(),
                source: String::new(),
            };
            self.species = Some(species);
            self.lacking = true;
            return Ok(());
        }
        let Some(record) = self.species.as_mut() else {
            return Err("expected an equation".into());
        };
        let (option, rest) = option_of(text);
        let values = numbers(rest);
        match option.as_str() {
            "gamma" => {
                let size = *values.first().ok_or("expected an ion size after -gamma")?;
                let slope = values.get(1).copied().unwrap_or(0.0);
                record.gamma = Gamma::Extended { size, slope };
            }
            "llnl_gamma" => record.gamma = Gamma::BDot(*values.first().ok_or("expected an ion size")?),
            "co2_llnl_gamma" => record.gamma = Gamma::BDotGas,
            "activity_water" => record.gamma = Gamma::One,
            "no_check" => self.unchecked(),
            "mole_balance" => record.balance = balance(rest)?,
            _ => {
                let named = &self.named;
                if !constant_option(&option, rest, &values, &mut record.log_k, named)? {
                    known_to_do_nothing(&option)?;
                } else if option != "delta_h" {
                    self.lacking = false;
                }
            }
        }
        Ok(())
    }

    fn exchange_equivalents(&self, elements: &BTreeMap<String, f64>) -> f64 {
        self.db.exchangers.iter().filter_map(|(name, _)| elements.get(name)).sum()
    }

    fn phase_line(&mut self, line: &Line<'_>) -> Result<(), Problem> {
        let text = line.text.as_str();
        if is_option(text) {
            let (option, rest) = option_of(text);
            let values = numbers(rest);
            let Some(record) = self.phase.as_mut() else {
                return Err("expected the dissolution reaction of the phase first".into());
            };
            if option == "no_check" {
                self.unchecked();
                return Ok(());
            }
            if constant_option(&option, rest, &values, &mut record.log_k, &self.named)? {
                self.lacking &= option == "delta_h";
                return Ok(());
            }
            let at = match option.as_str() {
                "t_c" => 0,
                "p_c" => 1,
                "omega" => 2,
                _ => return Ok(known_to_do_nothing(&option)?),
            };
            self.critical[at] = Some(*values.first().ok_or(format!("expected a number after -{option}"))?);
            if let [Some(temperature), Some(pressure), acentric] = self.critical {
                if !(temperature > 0.0 && pressure > 0.0) {
                    return Err("a critical temperature (K) and pressure (atm) are positive".into());
                }
                let acentric = acentric.unwrap_or(0.0);
                record.critical = record.gas.then_some(CriticalPoint { temperature, pressure, acentric });
            }
            return Ok(());
        }
        if !text.contains('=') {
            if let Some(name) = &self.phase_name {
                return Err(format!("expected the dissolution reaction of `{name}` first").into());
            }
            self.close();
            self.phase_name = text.split_whitespace().next().map(str::to_owned);
            return Ok(());
        }
        let name = self.phase_name.take().ok_or("a dissolution reaction without a phase name")?;
        let sides = equation::parse(text)?;
        let (left, right) = sides.clone();
        let (formula, count) = left.first().cloned().ok_or("an equation needs a phase on its left")?;
        let mut reaction: Vec<(String, f64)> = right;
        reaction.extend(left[1..].iter().map(|(other, n)| (other.clone(), -n)));
        reaction.iter_mut().for_each(|term| term.1 /= count);
        let formula = bare(&formula).to_owned();
        let elements = elements(split_charge(&formula).0)?;
        self.equations.push(Equation::new((line.number, line.raw), &sides, &reaction));
        let gas = name.ends_with("(g)");
        let log_k = LogK::new(0.0, 0.0);
        self.lacking = true;
        self.critical = [None; 3];
        self.phase = Some(PhaseRecord {
            name,
            formula,
            elements,
            reaction,
            log_k,
            gas,
            critical: None,
            source: String::new(),
        });
        Ok(())
    }

    fn named_line(&mut self, text: &str) -> Result<(), Problem> {
        if !is_option(text) {
            let name = text.split_whitespace().next().unwrap_or("").to_owned();
            self.named.insert(name.clone(), LogK::new(0.0, 0.0));
            self.named_now = Some(name);
            return Ok(());
        }
        let (option, rest) = option_of(text);
        let values = numbers(rest);
        let known = self.named.clone();
        if let Some(constant) = self.named_now.as_ref().and_then(|name| self.named.get_mut(name)) {
            constant_option(&option, rest, &values, constant, &known)?;
        }
        Ok(())
    }
}

/// A number of a row.
fn number(word: &str, what: &str) -> Result<f64, Problem> {
    let finite = word.parse().ok().filter(|x: &f64| x.is_finite());
    finite.ok_or_else(|| Problem::at(word, format!("{what} `{word}` is not a number")))
}

fn positive(word: &str, what: &str) -> Result<f64, Problem> {
    match number(word, what)? {
        value if value < 0.0 => Err(Problem::at(word, format!("{what} `{word}` is negative"))),
        value => Ok(value),
    }
}

/// Refuses an option that PHREEQC does not have: what it was to say would be lost.
fn known_to_do_nothing(option: &str) -> Result<(), String> {
    match (PASSED.contains(&option), super::options::near(option)) {
        (true, _) => Ok(()),
        (false, Some(near)) => Err(format!("unknown option `{option}`; did you mean `{near}`?")),
        (false, None) => Err(format!("expected an option or an equation with `=`, not `{option}`")),
    }
}

/// `S(-2)5` or `As(3)3S(-2)6`: masters and their counts.
fn balance(text: &str) -> Result<Vec<(String, f64)>, String> {
    let mut rest = text.split_whitespace().next().unwrap_or("");
    let mut found = Vec::new();
    while !rest.is_empty() {
        let end =
            rest[1..].find(|c: char| !(c.is_ascii_lowercase() || c == '_')).map_or(rest.len(), |n| n + 1);
        let end = match rest[end..].starts_with('(') {
            true => rest.find(')').map(|at| at + 1).ok_or("a parenthesis is open")?,
            false => end,
        };
        let tail =
            rest[end..].find(|c: char| !(c.is_ascii_digit() || c == '.')).map_or(rest.len(), |n| end + n);
        found.push((plain_valence(&rest[..end]), rest[end..tail].parse().unwrap_or(1.0)));
        rest = &rest[tail..];
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "\
SOLUTION_MASTER_SPECIES
H H+ -1 H 1.008
O H2O 0 O 16
Fe Fe+2 0 Fe 55.847
Fe(+2) Fe+2 0 Fe
Fe(+3) Fe+3 -2 Fe
SOLUTION_SPECIES
Fe+2 = Fe+2
    -gamma 6 0   # a comment
Fe+2 = Fe+3 + e-
    log_k -13.02; delta_h 9.680 kcal
Fe+3 + H2O = FeOH+2 + H+
    log_k -2.19
    -analytic 1 2 \\
       3
RATES
 anything
PHASES
Goethite
    FeOOH + 3 H+ = Fe+3 + 2 H2O
    log_k -1.0
    -Vm 20.84
";

    #[test]
    fn reads_masters_species_and_phases() {
        let db = Database::parse_phreeqc(SMALL).unwrap();
        assert_eq!(db.find_master("Fe(3)").unwrap().species, "Fe+3");
        let iron = db.find_species("Fe+3").unwrap();
        assert!((iron.log_k.enthalpy - 9.68 * 4184.0).abs() < 1e-9);
        assert_eq!(iron.reaction, vec![("Fe+2".to_owned(), 1.0), ("e-".to_owned(), -1.0)]);
        assert_eq!(
            db.find_species("FeOH+2").unwrap().log_k.form,
            Form::Analytic([1.0, 2.0, 3.0, 0.0, 0.0, 0.0])
        );
        assert_eq!(db.find_phase("goethite").unwrap().reaction.len(), 3);
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = Database::parse_phreeqc("SOLUTION_SPECIES\nFe+2 = Fe+2\n  log_k x\n").unwrap_err();
        assert_eq!(error.line, 3);
        assert!(error.to_string().contains("expected a number after log_k"), "{error}");
    }

    /// What would lose or make up matter, charge or a constant is refused where it stands.
    #[test]
    fn what_would_be_lost_is_refused() {
        let refused = |text: &str, line: usize, problem: &str| {
            let error = Database::parse_phreeqc(&format!("{SMALL}{text}")).unwrap_err();
            assert_eq!(error.line, SMALL.lines().count() + line, "{error}");
            assert!(error.to_string().contains(problem), "{error}");
        };
        let species = "SOLUTION_SPECIES\n";
        refused(&format!("{species}Fe+2 + H2O = FeOH+2 + H+\n"), 2, "differ by charge 1.0000");
        refused(&format!("{species}Fe+2 + H2O = FeOH+\n"), 2, "differ by 1.0000 H, charge 1.0000");
        refused(&format!("{species}Fe+2 + H2O = FeOH+ + H+\n log_kk -9\n"), 3, "did you mean `log_k`?");
        refused(
            &format!("{species}Fe+2 + H2O = FeOH+ + H+\n log_k nan\n"),
            3,
            "expected a number after log_k",
        );
        refused(&format!("{species}FOOBAR\n"), 2, "expected an equation");
        refused("PHASES\nIron\n Fe = Fe+2\n", 3, "differ by charge 2.0000");
        refused("PHASES\nIron\nOther\n", 3, "expected the dissolution reaction of `Iron` first");
        let deep = format!("{species}Fe+2 = {}Fe{}+2\n", "(".repeat(100_000), ")".repeat(100_000));
        refused(&deep, 2, "is not a formula");
        let short = format!("{SMALL}{species}Fe+2 + H2O = FeOH+ + H+\n -analyt 1 2 3\n -delta 5\n");
        let db = Database::parse_phreeqc(&short).unwrap();
        let constant = &db.find_species("FeOH+").unwrap().log_k;
        assert_eq!(
            (&constant.form, constant.enthalpy),
            (&Form::Analytic([1.0, 2.0, 3.0, 0.0, 0.0, 0.0]), 5000.0)
        );
        let marked = Database::of_phreeqc(format!("\u{feff}{SMALL}").as_bytes());
        assert_eq!(marked.unwrap(), Database::parse_phreeqc(SMALL).unwrap());
        let meant = format!("{SMALL}{species}Fe+2 + H2O = FeOH+2 + H+\n -no_check\n");
        let db = Database::parse_phreeqc(&meant).unwrap();
        let made = &db.find_species("FeOH+2").unwrap().reaction;
        assert_eq!(made, &[("Fe+2".to_owned(), 1.0), ("H2O".to_owned(), 1.0), ("H+".to_owned(), -1.0)]);
        assert!(
            Database::parse_phreeqc("Fe+2 = Fe+2\n").unwrap_err().to_string().contains("expected a block")
        );
    }
}
