//! Fit files: which data, which parameters, how they are weighed (docs/fit.md).

use std::path::Path;

use super::bind::Binder;
use super::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use super::document::{Document, read_text};
use super::model::check_format;
use crate::unit::parameters::{Args, Located, Place, Spec};

crate::parameters! {
    /// A fit: parameters of processes or scenarios from observations.
    pub struct FitFile {
        /// A line that says what is fitted.
        title: String = Spec::text();
        /// What a reader must know.
        about: Option<String> = Spec::text().optional();
        /// The observations.
        data: Vec<Args> = Spec::list(Spec::record(DataEntry::specs));
        /// What is estimated, by a short name.
        parameters: Vec<(Located<String>, Args)> = Spec::map(Spec::record(EstimateEntry::specs));
        /// How residuals count.
        loss: String = Spec::choice(&["linear", "huber", "cauchy"]).default("linear");
        /// Residual in standard errors beyond which a robust loss counts it less.
        loss_scale: f64 = Spec::number().positive().default("1.345");
        /// Weights of the observed elements; 1 where none is given.
        weights: Option<Vec<(Located<String>, f64)>> = Spec::map(Spec::number()).at_least(0.0).optional().example("{ Co = 2.0 }");
        /// Whether the standard errors of the observations hold as stated, or only their ratios (`scaled`).
        errors: String = Spec::choice(&["scaled", "stated"]).default("scaled");
        /// Start points: the given one, and others spread over the bounds.
        starts: usize = Spec::integer().at_least(1.0).at_most(10000.0).default("1");
        /// Seed of the start points.
        seed: usize = Spec::integer().at_least(0.0).default("1");
        /// Jacobians that one search may take.
        iterations: usize = Spec::integer().at_least(1.0).at_most(10000.0).default("60");
        /// Values set in all scenarios, by parameter path.
        set: Option<Vec<(Located<String>, String)>> = Spec::map(Spec::text()).optional();
        /// Models to compare, by name: each with values set in its scenarios, or with another formula.
        candidates: Option<Vec<(Located<String>, Args)>> = Spec::map(Spec::record(CandidateEntry::specs)).optional();
    }
}

crate::parameters! {
    /// Observations of a fit.
    pub struct DataEntry {
        /// A file of cases (TOML or CSV), or a folder of them, relative to the fit file.
        cases: Option<Located<String>> = Spec::text().optional().example("\"cases.csv\"");
        /// A table, for `process` or for `formula`.
        csv: Option<Located<String>> = Spec::text().optional().example("\"rates.csv\"");
        /// Process that the table is read for, or whose cases alone are taken.
        process: Option<Located<String>> = Spec::text().optional();
        /// Experiments that are taken; absent, all.
        experiments: Option<Vec<String>> = Spec::list(Spec::text()).optional();
        /// Experiments that are left out.
        without: Vec<String> = Spec::list(Spec::text()).default("[]");
        /// Expression over the table's columns and the parameters, as plain numbers, that is compared with `value`.
        formula: Option<Located<String>> = Spec::text().optional().example("\"k_ref*exp(-E/8.314*(1/temperature - 1/298.15))\"");
        /// Expression over the columns: what was observed (formula).
        value: Option<Located<String>> = Spec::text().optional().example("\"k\"");
        /// Expression over the columns: its standard error (formula).
        error: Option<Located<String>> = Spec::text().optional().example("\"0.05*k\"");
        /// Key of the work (formula).
        source: Option<Located<String>> = Spec::text().optional();
    }
}

crate::parameters! {
    /// One parameter to estimate.
    pub struct EstimateEntry {
        /// Value of the scenario, as in `--set`: `parameters.k_p`, `parameters.k_p.ea`, `units.leach.temperature`; absent for a formula's own.
        of: Option<Located<String>> = Spec::text().optional().example("\"parameters.k_p\"");
        /// Where the search starts; absent, the scenario's value.
        start: Option<Located<String>> = Spec::text().optional().example("\"1e-7 m/s\"");
        /// Lowest value.
        min: Option<Located<String>> = Spec::text().optional();
        /// Highest value.
        max: Option<Located<String>> = Spec::text().optional();
        /// Scale on which it is searched and its errors are symmetric.
        scale: String = Spec::choice(&["log", "linear"]).default("linear");
        /// Column (or `experiment`, `source`) whose every value has an estimate of its own; absent, one is shared by all.
        per: Option<Located<String>> = Spec::text().optional().example("\"experiment\"");
        /// Standard deviation of prior knowledge around `start`, in its unit, or in % on the log scale.
        prior: Option<Located<String>> = Spec::text().optional().example("\"20 %\"");
        /// Whether it stays at `start`.
        fixed: bool = Spec::boolean().default("false");
    }
}

crate::parameters! {
    /// One of several models.
    pub struct CandidateEntry {
        /// Values set in its scenarios, by parameter path.
        set: Option<Vec<(Located<String>, String)>> = Spec::map(Spec::text()).optional().example("{ processes = \"[\\\"mine/film\\\"]\" }");
        /// Formula in place of the data's.
        formula: Option<Located<String>> = Spec::text().optional();
        /// Parameters of this model beside those of the file.
        parameters: Option<Vec<(Located<String>, Args)>> = Spec::map(Spec::record(EstimateEntry::specs)).optional();
        /// Parameters of the file that this model does not have.
        without: Vec<String> = Spec::list(Spec::text()).default("[]");
    }
}

/// A fit file with its text.
#[derive(Debug)]
pub struct ReadFit {
    /// Path as given.
    pub name: String,
    /// Contents.
    pub entry: FitFile,
    /// Texts that were read.
    pub sources: Sources,
    /// The whole file.
    pub root: Place,
}

impl ReadFit {
    /// Reads a fit file.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn load(path: &Path) -> Result<ReadFit, Box<Diagnostics>> {
        let text = read_text(path)?;
        let (mut sources, mut binder) = (Sources::default(), Binder::default());
        let name = path.display().to_string();
        let document = Document::parse(&mut sources, &name, &text, &mut binder.faults);
        let root = Place { file: document.file, start: 0, end: 0 };
        if binder.faults.is_empty() {
            check_format(&document, &mut binder);
            let args = binder.record(&document.root, root, &FitFile::specs(), &["format"]);
            if let (true, Ok(entry)) = (binder.faults.is_empty(), FitFile::read(&args)) {
                return Ok(ReadFit { name, entry, sources, root });
            }
        }
        if binder.faults.is_empty() {
            binder.fault(Diagnostic::new(Code::WrongType, root, "the fit file has an unexpected form"));
        }
        Err(Box::new(Diagnostics::new(sources, binder.faults)))
    }

    /// Diagnostics over the texts of this file.
    pub fn faults(&self, list: Vec<Diagnostic>) -> Box<Diagnostics> {
        Box::new(Diagnostics::new(self.sources.clone(), list))
    }
}
