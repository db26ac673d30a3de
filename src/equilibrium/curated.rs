//! Lixivia's own set of constants, `processes/aqueous/*.toml`, and the reader of that form.

use super::database::equation::{self, elements, split_charge};
use super::database::{Form, Gamma, LogK, Master, PhaseRecord, SpeciesRecord};
use super::{Database, WATER_MOLAR_MASS};
use crate::quantity;
use include_dir::{Dir, include_dir};
use serde::Deserialize;

static AQUEOUS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/processes/aqueous");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    #[serde(default)]
    components: Vec<Component>,
    #[serde(default)]
    species: Vec<Constant>,
    #[serde(default)]
    solids: Vec<Constant>,
    #[serde(default)]
    gases: Vec<Constant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Component {
    name: String,
    species: String,
    formula: Option<String>,
    #[serde(default)]
    primary: bool,
    #[serde(default)]
    alkalinity: f64,
}

/// What a constant of the set is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Of {
    /// The formation of a dissolved species from components.
    #[default]
    Species,
    /// The dissolution of a solid.
    Solid,
    /// The dissolution of a gas.
    Gas,
}

/// One constant as its file has it. What has no effect on the number is kept for people: conflicting values, reasons.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// The species, solid or gas.
    pub name: String,
    /// Formation of a species, dissolution of a solid or gas.
    pub reaction: String,
    /// Formula where the name is none.
    pub formula: Option<String>,
    /// Density of a solid.
    pub density: Option<String>,
    /// `log10 K` at 25 °C, 1 bar and zero ionic strength, molal.
    pub log_k: f64,
    /// Key of the publication, or `estimate`.
    pub source: String,
    /// How the value was made, where it is not the source's own.
    pub reason: Option<String>,
    /// `A1..A6` of `log10 K = A1 + A2 T + A3/T + A4 log10 T + A5/T² + A6 T²`.
    pub analytic: Option<[f64; 6]>,
    /// Enthalpy of the reaction.
    pub enthalpy: Option<String>,
    /// Heat capacity of the reaction; with it the enthalpy is that of 25 °C.
    pub heat_capacity: Option<HeatCapacity>,
    /// Remark.
    pub note: Option<String>,
    /// Values of further sources.
    #[serde(default)]
    pub others: Vec<Other>,
    /// Why this value and not one of the others.
    pub chosen: Option<String>,
    /// A solid that forms from solution within hours; aged and dry forms are more stable but slow.
    #[serde(default)]
    pub fresh: bool,
    /// What it is of: the list it stands in.
    #[serde(skip)]
    pub of: Of,
    /// The file it stands in.
    #[serde(skip)]
    pub file: String,
}

/// Heat capacity of a reaction.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct HeatCapacity {
    /// `a`, `b`, `c` of `a + b T + c/T²`, J/(mol K) with T in K.
    pub maier_kelley: [f64; 3],
}

/// A value of another source.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Other {
    /// `log10 K`.
    pub log_k: f64,
    /// Key of the publication.
    pub source: String,
    /// Ionic strength it was measured at, mol/L, as the source tells.
    pub ionic_strength: String,
    /// The crystal form that it is of, where that is another than the solid's.
    pub form: Option<String>,
}

fn shipped() -> Vec<(&'static str, &'static str)> {
    let texts = AQUEOUS.files().filter_map(|f| Some((f.path().to_str()?, f.contents_utf8()?)));
    let mut files: Vec<(&str, &str)> = texts.collect();
    files.sort();
    files
}

fn read(path: &str, text: &str) -> Result<File, String> {
    let file: File = toml::from_str(text).map_err(|error| format!("{path}: {error}"))?;
    match file.format {
        1 => Ok(file),
        other => Err(format!("{path}: format {other} is not known; this version reads format 1")),
    }
}

impl File {
    fn constants(self, path: &str) -> impl Iterator<Item = Constant> {
        let lists = [(Of::Species, self.species), (Of::Solid, self.solids), (Of::Gas, self.gases)];
        let all =
            lists.into_iter().flat_map(|(of, list)| list.into_iter().map(move |c| Constant { of, ..c }));
        let file = path.to_owned();
        all.map(move |constant| Constant { file: file.clone(), ..constant })
    }
}

/// Every constant that ships, in the order of the files.
///
/// # Errors
/// A sentence with file and line; none for the shipped files, which the test suite reads.
pub fn constants() -> Result<Vec<Constant>, String> {
    let mut all = Vec::new();
    for (path, text) in shipped() {
        all.extend(read(path, text)?.constants(path));
    }
    Ok(all)
}

impl Database {
    /// The set that ships with Lixivia: constants with their sources for the metals it is made for.
    ///
    /// # Errors
    /// A sentence with file and line; none for the shipped files, which the test suite reads.
    pub fn curated() -> Result<Database, String> {
        Database::from_toml(shipped())
    }

    /// Reads a set in Lixivia's own form: names of files and their texts.
    ///
    /// # Errors
    /// A sentence with file and line.
    pub fn from_toml<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Database, String> {
        let mut db = Database::default();
        for (name, charge) in [("H+", 1.0), ("H2O", 0.0), ("e-", -1.0)] {
            db.put_species(master_species(name, charge)?);
        }
        for (name, element, species) in [("H", "H", "H+"), ("O", "O", "H2O"), ("E", "E", "e-")] {
            db.masters.push(master(name, element, species, true, if name == "H" { -1.0 } else { 0.0 }));
        }
        let mut masters = Vec::new();
        for (path, text) in files {
            let mut file = read(path, text)?;
            for component in std::mem::take(&mut file.components) {
                let element = component.name.split('(').next().unwrap_or("");
                let alone = !component.name.contains('(');
                let (species, alkalinity) = (&component.species, component.alkalinity);
                let mut put = |name: &str, primary: bool| {
                    let mut one = master(name, element, species, primary, alkalinity);
                    if let Some(formula) = &component.formula {
                        (one.molar_mass, one.gram_formula) = (molar_mass(formula), formula.clone());
                    }
                    masters.push(one);
                };
                if alone || component.primary {
                    put(element, true);
                }
                if !alone {
                    put(&component.name, false);
                }
            }
            for constant in file.constants(path) {
                let at = |problem: String| format!("{path}: `{}`: {problem}", constant.name);
                match constant.of {
                    Of::Species => db.put_species(constant.species().map_err(at)?),
                    of => db.put_phase(constant.phase(of == Of::Gas).map_err(at)?),
                }
            }
        }
        for one in &masters {
            if db.find_species(&one.species).is_none() {
                db.put_species(master_species(&one.species, split_charge(&one.species).1)?);
            }
        }
        db.masters.extend(masters);
        Ok(db)
    }
}

fn master(name: &str, element: &str, species: &str, primary: bool, alkalinity: f64) -> Master {
    let molar_mass = if name == "O" { WATER_MOLAR_MASS } else { molar_mass(element) };
    Master {
        name: name.to_owned(),
        element: element.to_owned(),
        species: species.to_owned(),
        alkalinity,
        gram_formula: element.to_owned(),
        molar_mass,
        primary,
    }
}

/// kg/mol; zero if the text is no formula.
fn molar_mass(formula: &str) -> f64 {
    crate::chemistry::Formula::parse(formula).map_or(0.0, |formula| formula.molar_mass())
}

fn master_species(name: &str, charge: f64) -> Result<SpeciesRecord, String> {
    Ok(SpeciesRecord {
        name: name.to_owned(),
        charge,
        elements: elements(split_charge(name).0)?,
        reaction: vec![],
        log_k: LogK::new(0.0, 0.0),
        gamma: if name == "H2O" || name == "e-" { Gamma::One } else { Gamma::Default },
        equivalents: 0.0,
        balance: vec![],
        source: String::new(),
    })
}

impl Constant {
    fn constant(&self) -> Result<LogK, String> {
        let enthalpy = match &self.enthalpy {
            Some(text) => {
                quantity::parse_as(text, quantity::Dimension::MOLAR_ENERGY).map_err(|e| e.to_string())?
            }
            None => 0.0,
        };
        let form = match (self.analytic, self.heat_capacity) {
            (Some(_), Some(_)) => return Err("`heat_capacity` and `analytic` exclude each other".into()),
            (Some(terms), None) => Form::Analytic(terms),
            (None, Some(_)) if self.enthalpy.is_none() => {
                return Err("`heat_capacity` needs the `enthalpy` at 25 degC".into());
            }
            (None, Some(HeatCapacity { maier_kelley })) => Form::MaierKelley(maier_kelley),
            (None, None) => Form::VantHoff,
        };
        Ok(LogK { log_k: self.log_k, enthalpy, form })
    }

    fn species(&self) -> Result<SpeciesRecord, String> {
        let (left, right) = equation::parse(&self.reaction)?;
        if right.first().is_none_or(|(name, n)| *name != self.name || *n != 1.0) {
            return Err("the species must stand first on the right of its reaction".into());
        }
        let mut record = master_species(&self.name, split_charge(&self.name).1)?;
        record.reaction = left;
        record.reaction.extend(right[1..].iter().map(|(name, n)| (name.clone(), -n)));
        record.log_k = self.constant()?;
        record.source = self.source.clone();
        Ok(record)
    }

    fn phase(&self, gas: bool) -> Result<PhaseRecord, String> {
        let (left, right) = equation::parse(&self.reaction)?;
        let (first, _) = left.first().ok_or("a dissolution needs the phase on its left")?;
        let mut reaction = right;
        reaction.extend(left[1..].iter().map(|(name, n)| (name.clone(), -n)));
        let formula = self.formula.clone().unwrap_or_else(|| first.clone());
        Ok(PhaseRecord {
            name: self.name.clone(),
            elements: elements(split_charge(&formula).0).unwrap_or_default(),
            formula,
            reaction,
            log_k: self.constant()?,
            gas,
            critical: None,
            source: self.source.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::liquor::Liquor;
    use super::super::{Options, Problem, Workspace};
    use super::*;
    use crate::chemistry::Formula;

    fn charge(reaction: &[(String, f64)]) -> f64 {
        reaction.iter().map(|(name, n)| n * split_charge(name).1).sum()
    }

    #[test]
    fn every_reaction_balances_its_charge() {
        let db = Database::curated().unwrap();
        assert!(db.species.len() > 600 && db.phases.len() > 400, "{} {}", db.species.len(), db.phases.len());
        for record in db.species.iter().filter(|r| !r.reaction.is_empty()) {
            assert!(
                (charge(&record.reaction) - record.charge).abs() < 1e-6,
                "{}: {:?}",
                record.name,
                record.reaction
            );
        }
        for record in &db.phases {
            assert!(charge(&record.reaction).abs() < 1e-6, "{}: {:?}", record.name, record.reaction);
        }
    }

    #[test]
    fn every_reaction_balances_its_elements() {
        let db = Database::curated().unwrap();
        // a ligand stands for its formula
        let ligands: Vec<&Master> = db
            .masters
            .iter()
            .filter(|m| m.gram_formula != m.element && m.species.contains(&m.element))
            .collect();
        let count = |name: &str| {
            let spelt = ligands.iter().fold(name.replace("EDTA", "Edta"), |text, ligand| {
                text.replace(&ligand.element, &format!("({})", ligand.gram_formula))
            });
            elements(split_charge(&spelt).0).unwrap()
        };
        let holds = |reaction: &[(String, f64)], whole: &str| {
            let mut rest = count(whole);
            for (name, n) in reaction.iter().filter(|(name, _)| name != "e-") {
                for (element, atoms) in count(name) {
                    *rest.entry(element).or_insert(0.0) -= n * atoms;
                }
            }
            assert!(
                rest.values().all(|left| left.abs() < 1e-6),
                "{whole}: {rest:?} left over of {reaction:?}"
            );
        };
        db.species.iter().filter(|r| !r.reaction.is_empty()).for_each(|r| holds(&r.reaction, &r.name));
        db.phases.iter().for_each(|r| holds(&r.reaction, &r.formula));
    }

    #[test]
    fn every_source_is_in_the_references() {
        let bib = include_str!("../../processes/references.bib");
        let db = Database::curated().unwrap();
        let species = db.species.iter().map(|r| &r.source);
        for source in
            species.chain(db.phases.iter().map(|r| &r.source)).filter(|s| !s.is_empty() && *s != "estimate")
        {
            assert!(bib.contains(&format!("{{{source},")), "no reference {source}");
        }
        assert!(Formula::parse("Ga").is_ok());
    }

    fn solved(liquor: &Liquor, wanted: &[(&str, f64, f64)]) {
        let db = Database::curated().unwrap();
        let system = liquor.system(&db, &Options::default()).unwrap();
        let (mut ws, mut problem) = (Workspace::new(), Problem::new(&system));
        let state = liquor.solve(&system, &mut problem, &mut ws).unwrap();
        for (name, want, tolerance) in wanted {
            let got = state.molality_of(name);
            assert!((got / want - 1.0).abs() < *tolerance, "{name}: {got:e}, other database {want:e}");
        }
    }

    fn totals(list: &[(&str, f64)]) -> Vec<(String, f64)> {
        list.iter().map(|(name, total)| ((*name).to_owned(), *total)).collect()
    }

    /// Cases C09 to C11: IPhreeqc 3.7.3 with Thermoddem V1.10 and ThermoChimie 12a (SIT). Our constants and activity
    /// model (Davies) differ from theirs; the tolerances say by how much the main species may.
    #[test]
    fn gallium_germanium_palladium_near_other_databases() {
        let gallium = Liquor {
            totals: totals(&[("Ga", 0.01), ("Na", 0.1)]),
            ph: Some(12.7),
            balance: Some("Na".into()),
            ..Liquor::default()
        };
        solved(&gallium, &[("Ga(OH)4-", 0.01, 0.01), ("OH-", 0.0628807, 0.05)]);
        let germanium = Liquor {
            totals: totals(&[("Ge", 0.005), ("Na", 0.01), ("Cl", 0.01)]),
            ph: Some(9.0),
            balance: Some("Cl".into()),
            ..Liquor::default()
        };
        // Brown and Ekberg put the first proton of Ge(OH)4 lower (pK 9.1 against 9.31)
        solved(&germanium, &[("Ge(OH)4", 0.00324027, 0.2)]);
        let palladium = Liquor {
            totals: totals(&[("Pd", 0.001), ("Cl", 1.0)]),
            ph: Some(0.0),
            balance: Some("Cl".into()),
            ..Liquor::default()
        };
        solved(&palladium, &[("PdCl4-2", 0.000998226, 0.05)]);
    }

    /// Case C07: IPhreeqc 3.7.3 with Thermoddem V1.10. Ours pairs ammonium with sulfate (NIST 46 by way of minteq.v4), Thermoddem does
    /// not: a seventh of the nitrogen is in that pair, and less sulfate is free. The ammine and the solids agree; what ours calls
    /// Cu(OH)2, dissolved, is its CuO.
    #[test]
    fn ammoniacal_copper_near_another_database() {
        let liquor = Liquor {
            totals: totals(&[("Cu(2)", 0.05), ("N(-3)", 1.0), ("S(6)", 0.3)]),
            ph: Some(9.5),
            balance: Some("S(6)".into()),
            ..Liquor::default()
        };
        solved(&liquor, &[("Cu(NH3)4+2", 0.05, 0.03), ("NH3", 0.413922, 0.15), ("Cu(OH)2", 1.06e-10, 0.1)]);
        let db = Database::curated().unwrap();
        let system = liquor.system(&db, &Options::default()).unwrap();
        let (mut ws, mut problem) = (Workspace::new(), Problem::new(&system));
        let state = liquor.solve(&system, &mut problem, &mut ws).unwrap();
        let pair = state.molality_of("NH4SO4-");
        assert!((0.10..0.17).contains(&pair), "{pair}");
        for (solid, want) in [("CuO(s)", -1.41416), ("Cu(OH)2(s)", -2.45334), ("Brochantite", -11.0675)] {
            let got = state.saturation_index(system.find_phase(solid).unwrap()).unwrap();
            assert!((got - want).abs() < 0.6, "{solid}: {got}, other database {want}");
        }
    }

    /// Heat capacity of a reaction in the form of the shipped files, and what is refused. SO2 over water at 60 degC: 1.23 mol/(kg bar)
    /// at 25 degC, -26.97 kJ/mol and 155 J/(mol K) integrate by hand to log K = 0.0899 - 0.4964 + 0.0481.
    #[test]
    fn heat_capacity_of_a_reaction_is_read() {
        let db = Database::curated().unwrap();
        let gas = db.find_phase("SO2(g)").unwrap();
        assert!((gas.log_k.at(333.15) + 0.358).abs() < 0.002, "{}", gas.log_k.at(333.15));
        let file = |keys: &str| {
            let text = format!(
                "format = 1\n[[components]]\nname = \"Na\"\nspecies = \"Na+\"\n[[species]]\nname = \"NaOH\"\n\
                 reaction = \"Na+ + H2O = NaOH + H+\"\nlog_k = -14\nsource = \"estimate\"\n{keys}\n"
            );
            Database::from_toml([("own.toml", text.as_str())])
        };
        let own =
            file("enthalpy = \"20 kJ/mol\"\nheat_capacity = { maier_kelley = [35.0, 0.08, 4e5] }").unwrap();
        let form = &own.find_species("NaOH").unwrap().log_k.form;
        assert_eq!(*form, Form::MaierKelley([35.0, 0.08, 4e5]));
        let analytic = "analytic = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]";
        let rows = [
            ("heat_capacity = { maier_kelley = [35.0, 0.0, 0.0] }", "needs the `enthalpy`"),
            ("enthalpy = \"1 kJ/mol\"\nheat_capacity = { maier_kelley = [1.0, 0.0] }", "length"),
            ("enthalpy = \"1 kJ/mol\"\nheat_capacity = { shomate = [1.0] }", "shomate"),
        ];
        for (keys, message) in rows {
            let error = file(keys).map(|_| ()).unwrap_err();
            assert!(error.contains("own.toml") && error.contains(message), "{error}");
        }
        let both = format!(
            "enthalpy = \"1 kJ/mol\"\nheat_capacity = {{ maier_kelley = [1.0, 0.0, 0.0] }}\n{analytic}"
        );
        assert!(file(&both).map(|_| ()).unwrap_err().contains("exclude each other"));
    }

    /// pH of 0.1 mol/kg of each acid, worked out with its constants and Davies' coefficient at that ionic strength
    /// (`h² γ² = K (c - h)`, a second proton counts for less than 0.01): formic 10^-3.745, lactic 10^-3.86, succinic 10^-4.207,
    /// malic 10^-3.459 give h = 0.00446, 0.00390, 0.00260, 0.00621 mol/kg and γ = 0.931, 0.935, 0.945, 0.921.
    #[test]
    fn organic_acids_have_the_ph_of_their_constants() {
        let db = Database::curated().unwrap();
        for (name, ph) in [("Formate", 2.382), ("Lactate", 2.438), ("Succinate", 2.610), ("Malate", 2.243)] {
            let component = db.find_master(name).unwrap();
            let protons = -split_charge(&component.species).1;
            let liquor = Liquor { totals: totals(&[(name, 0.1)]), reagents: vec![], ..Liquor::default() };
            let system = liquor.system(&db, &Options::default()).unwrap();
            let mut problem = liquor.problem(&system).unwrap();
            problem.conditions[0] = super::super::Condition::Total(0.1 * protons);
            let mut ws = Workspace::new();
            let state = system.solve(&problem, &mut ws).unwrap();
            assert!((state.ph() - ph).abs() < 0.01, "{name}: {}", state.ph()); // second protons: 0.003 at most
        }
    }
}
