//! The tables `[sweep]` and `[optimise]` of a scenario: what is varied, what is recorded, what is sought.

use super::bind::Binder;
use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::model::Model;
use crate::quantity::Dimension;
use crate::unit::parameters::{Args, Located, Place, Spec};

crate::parameters! {
    /// A sweep: many runs of the scenario over a design.
    pub struct SweepEntry {
        /// How the cases lie.
        design: String = Spec::choice(&["grid", "zip", "csv", "latin-hypercube", "sobol", "monte-carlo", "saltelli", "morris", "one-at-a-time"]);
        /// Number of cases (latin-hypercube, sobol, monte-carlo).
        cases: Option<usize> = Spec::integer().at_least(1.0).optional();
        /// Base rows (saltelli); a power of 2 serves best. The sweep has base × (factors + 2) cases.
        base: Option<usize> = Spec::integer().at_least(1.0).optional();
        /// Paths (morris). The sweep has paths × (factors + 1) cases.
        paths: Option<usize> = Spec::integer().at_least(1.0).optional();
        /// Levels of a factor (morris), an even number.
        levels: usize = Spec::integer().at_least(2.0).at_most(1000.0).default("4");
        /// Table of cases (csv): a column `name [unit]` for each factor and no other, beside the scenario.
        file: Option<Located<String>> = Spec::text().optional().example("\"cases.csv\"");
        /// Seed of all random draws (latin-hypercube, sobol, monte-carlo, saltelli, morris).
        seed: usize = Spec::integer().at_least(0.0).default("1");
        /// What varies, by a short name.
        factors: Option<Vec<(Located<String>, Args)>> = Spec::map(Spec::record(FactorEntry::specs)).optional();
        /// Whether every process parameter with a standard uncertainty varies too, by its name, or `copper.pcb-sulfuric-peroxide.k_d` where several processes in use have one of that name (monte-carlo, latin-hypercube, sobol, saltelli, morris).
        uncertainties: bool = Spec::boolean().default("false");
        /// What is recorded, by a short name.
        outputs: Vec<(Located<String>, Located<String>)> = Spec::map(Spec::text()).example("{ recovery = \"plant.recovery.Co\" }");
        /// Relations that every case must satisfy.
        constraints: Vec<Located<String>> = Spec::list(Spec::text()).default("[]").example("[\"acid >= 2*peroxide\"]");
        /// Correlations between factors.
        correlations: Vec<Args> = Spec::list(Spec::record(CorrelationEntry::specs)).default("[]");
        /// Cases that are solved as one block.
        block: usize = Spec::integer().at_least(1.0).at_most(4096.0).default("8");
        /// Whether the result file is deflated.
        compress: bool = Spec::boolean().default("false");
        /// What a Slurm cluster is asked for.
        slurm: Option<Args> = Spec::record(SlurmEntry::specs).optional();
    }
}

crate::parameters! {
    /// One factor: the value it sets and how that is spread.
    pub struct FactorEntry {
        /// Value of the scenario, as in `--set`: `units.leach.temperature`, `parameters.k_a`, `parameters.k_a.ea`; of a parameter that several processes in use have, `parameters."copper/pcb-sulfuric-peroxide".k_d`.
        set: Located<String> = Spec::text().example("\"units.leach.temperature\"");
        /// The values, for a grid or side by side; alone, without `from`, `to` or a distribution.
        values: Option<()> = Spec::list(Spec::text().or(Spec::number()).or(Spec::boolean())).optional().example("[\"60 degC\", \"80 degC\"]");
        /// First value of a range.
        from: Option<()> = Spec::text().or(Spec::number()).optional().example("\"40 degC\"");
        /// Last value of a range.
        to: Option<()> = Spec::text().or(Spec::number()).optional().example("\"90 degC\"");
        /// Values taken of the range, both ends included (grid, zip). Of a whole number, each must be one, and any design takes them.
        points: usize = Spec::integer().at_least(1.0).at_most(1000000.0).default("5");
        /// Spacing of the range.
        scale: String = Spec::choice(&["linear", "log"]).default("linear");
        /// Probability distribution in place of a range.
        distribution: Option<String> = Spec::choice(&["normal", "lognormal", "triangular"]).optional();
        /// Mean (normal).
        mean: Option<()> = Spec::text().or(Spec::number()).optional();
        /// Standard deviation (normal).
        sd: Option<()> = Spec::text().or(Spec::number()).optional();
        /// Median (lognormal).
        median: Option<()> = Spec::text().or(Spec::number()).optional();
        /// Standard deviation of the natural logarithm (lognormal).
        log_sd: Option<f64> = Spec::number().positive().optional();
        /// Least value of a distribution.
        min: Option<()> = Spec::text().or(Spec::number()).optional();
        /// Most likely value (triangular).
        mode: Option<()> = Spec::text().or(Spec::number()).optional();
        /// Largest value of a distribution.
        max: Option<()> = Spec::text().or(Spec::number()).optional();
        /// Value from the other factors, as plain SI numbers by their names; it is not varied by itself.
        expression: Option<Located<String>> = Spec::text().optional().example("\"0.8*exp(1500*(1/T - 1/343.15))\"");
        /// Unit of the expression's value.
        unit: Option<String> = Spec::text().optional();
    }
}

crate::parameters! {
    /// A correlation between two factors.
    pub struct CorrelationEntry {
        /// The two factors.
        between: Vec<Located<String>> = Spec::list(Spec::text());
        /// Coefficient, -1..1.
        r: f64 = Spec::number().at_least(-1.0).at_most(1.0);
    }
}

crate::parameters! {
    /// What a Slurm cluster is asked for.
    pub struct SlurmEntry {
        /// Partition.
        partition: Option<String> = Spec::text().optional();
        /// Time limit of a task, as Slurm writes it.
        time: Option<String> = Spec::text().optional().example("\"2:00:00\"");
        /// Memory of a task.
        memory: Option<String> = Spec::text().optional().example("\"4G\"");
        /// Account.
        account: Option<String> = Spec::text().optional();
        /// Number of shards.
        shards: usize = Spec::integer().at_least(1.0).at_most(100000.0).default("16");
        /// Cores of a task.
        cpus: usize = Spec::integer().at_least(1.0).at_most(4096.0).default("1");
        /// Most tasks at once.
        at_once: Option<usize> = Spec::integer().at_least(1.0).optional();
        /// How often lost shards are sent again.
        retries: usize = Spec::integer().at_least(0.0).at_most(100.0).default("2");
    }
}

crate::parameters! {
    /// An optimisation: best values of factors.
    pub struct OptimiseEntry {
        /// How the best values are sought.
        method: String = Spec::choice(&["slsqp", "cobyla", "cma-es", "nsga2"]).default("slsqp");
        /// Outputs that are to be small.
        minimise: Vec<Located<String>> = Spec::list(Spec::text()).default("[]");
        /// Outputs that are to be large.
        maximise: Vec<Located<String>> = Spec::list(Spec::text()).default("[]");
        /// Limits on outputs.
        limits: Vec<Located<String>> = Spec::list(Spec::text()).default("[]").example("[\"purity >= 99 %\"]");
        /// What varies, by a short name, each between `from` and `to`.
        factors: Vec<(Located<String>, Args)> = Spec::map(Spec::record(FactorEntry::specs));
        /// Values of the plant that the aims and limits name.
        outputs: Vec<(Located<String>, Located<String>)> = Spec::map(Spec::text());
        /// Most runs of a search for one point (slsqp, cobyla, cma-es).
        evaluations: usize = Spec::integer().at_least(1.0).at_most(1000000.0).default("400");
        /// Points kept from generation to generation (nsga2).
        population: usize = Spec::integer().at_least(8.0).at_most(10000.0).default("60");
        /// Generations (nsga2).
        generations: usize = Spec::integer().at_least(1.0).at_most(100000.0).default("60");
        /// Seed of the searches that draw (cma-es, nsga2).
        seed: usize = Spec::integer().at_least(0.0).default("1");
    }
}

impl crate::unit::parameters::FromValue for () {
    fn from_value(value: Option<&Located<crate::unit::parameters::Value>>) -> Option<Self> {
        value.map(|_| ())
    }
}

impl Model {
    /// The `[sweep]` of the scenario, and the values with their places.
    ///
    /// # Errors
    /// All faults of the table, or that there is none.
    pub fn sweep(&self) -> Result<(SweepEntry, Args), Box<Diagnostics>> {
        self.entry("sweep", SweepEntry::specs(), SweepEntry::read)
    }

    /// The `[optimise]` of the scenario, and the values with their places.
    ///
    /// # Errors
    /// All faults of the table, or that there is none.
    pub fn optimise(&self) -> Result<(OptimiseEntry, Args), Box<Diagnostics>> {
        self.entry("optimise", OptimiseEntry::specs(), OptimiseEntry::read)
    }

    fn entry<T>(
        &self,
        name: &str,
        specs: Vec<Spec>,
        read: impl Fn(&Args) -> Result<T, crate::unit::parameters::BuildError>,
    ) -> Result<(T, Args), Box<Diagnostics>> {
        let Some((table, place)) = self.document.root.table(name) else {
            let root = Place { file: self.document.file, start: 0, end: 0 };
            let fault = Diagnostic::new(Code::MissingKey, root, format!("the scenario has no `[{name}]`"))
                .help(format!("say what varies and what counts in a table `[{name}]`"));
            return Err(self.faults(vec![fault]));
        };
        let mut binder = Binder::default();
        let args = binder.record(table, place, &specs, &[]);
        if !binder.faults.is_empty() {
            return Err(self.faults(binder.faults));
        }
        match read(&args) {
            Ok(entry) => Ok((entry, args)),
            Err(error) => Err(self.faults(vec![Diagnostic::from_build(error)])),
        }
    }

    /// Diagnostics over the texts of this scenario.
    pub fn faults(&self, list: Vec<Diagnostic>) -> Box<Diagnostics> {
        Box::new(Diagnostics { sources: self.sources.clone(), list })
    }
}

/// Dimension in which a standard deviation of a value is given: of temperatures, a difference.
pub fn difference_of(dimension: Dimension) -> Dimension {
    if dimension == Dimension::TEMPERATURE { Dimension::TEMPERATURE_DIFFERENCE } else { dimension }
}
