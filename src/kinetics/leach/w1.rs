//! Workload W1, through the model that process files use: 60 classes of LiCoO2, Al and Cu in H2SO4 with H2O2.

use super::*;
use crate::chemistry::{Population, Species, SpeciesTable};
use crate::kinetics::Shape;
use crate::quantity::Dimension;

const REFERENCE: &str = include_str!("w1_reference.csv");

pub(crate) fn table() -> SpeciesTable {
    let plain = ["H+", "SO4-2", "H2O", "H2O2", "O2", "Li+", "Co+2", "Al+3", "Cu+2", "O2(g)", "H2(g)"];
    let mut species: Vec<Species> = plain.iter().map(|name| Species::new(name).unwrap()).collect();
    for (name, mass, density) in SOLIDS {
        species.push(Species::new(name).unwrap().with_volume(mass / density));
    }
    SpeciesTable::new(species).unwrap()
}

/// Molar mass, kg/mol, and density, kg/m³.
const SOLIDS: [(&str, f64, f64); 3] =
    [("LiCoO2(s)", 97.873e-3, 5050.0), ("Al(s)", 26.982e-3, 2700.0), ("Cu(s)", 63.546e-3, 8960.0)];

fn path(reaction: &str, rate: &str) -> PathDef {
    PathDef { reaction: reaction.to_owned(), rate: Some(rate.to_owned()) }
}

pub(crate) fn builder() -> LeachModelBuilder {
    let named = |name: &str, value: f64, dimension: Dimension, ea: f64| ParameterDef {
        name: name.to_owned(),
        value,
        dimension,
        arrhenius: (ea != 0.0).then_some(Arrhenius { t_ref: 343.15, ea }),
    };
    let (rate, velocity) = (Dimension::SURFACE_RATE, Dimension::VELOCITY);
    let concentration = Dimension::CONCENTRATION;
    let parameters = vec![
        named("k_a", 1.0e-8, velocity, 60e3),
        named("k_b", 2.0e-7, velocity, 52.3e3),
        named("D_e", 2.0e-12, Dimension::DIFFUSIVITY, 20e3),
        named("D_h", 1.8e-8, Dimension::DIFFUSIVITY, 15e3),
        named("k_Al", 6.0e-3, rate, 45e3),
        named("k_Cu", 1.5e-3, rate, 35e3),
        named("k_O", 1.0e-5, velocity, 40e3),
        named("k_d", 1.0e-4, Dimension::FREQUENCY, 70e3),
        named("c_Cu", 0.05, Dimension::MOLAR_VOLUME, 0.0),
        named("K_1000", 1000.0, concentration, 0.0),
        named("pK", 1.10, Dimension::FRACTION, 0.0),
        named("pK_T", 0.0120, Dimension::FRACTION.over(Dimension::TEMPERATURE), 0.0),
        named("T_0", 298.15, Dimension::TEMPERATURE, 0.0),
        named("T_O", 343.15, Dimension::TEMPERATURE, 0.0),
        named("B_O", 1500.0, Dimension::TEMPERATURE, 0.0),
        named("O_ref", 0.8, concentration, 0.0),
        named("kLa", 0.05, Dimension::FREQUENCY, 0.0),
        named("K_P", 200.0, concentration, 0.0),
        named("K_PCu", 50.0, concentration, 0.0),
        named("K_HAl", 500.0, concentration, 0.0),
        named("K_HCu", 100.0, concentration, 0.0),
    ];
    let definitions = [
        ("K_2", "K_1000*10^-(pK + pK_T*(T - T_0))"),
        ("b", "K_2 + [SO4-2] - [H+]"),
        ("h", "(-b + sqrt(b^2 + 4*[H+]*K_2))/2"),
        ("O_sat", "O_ref*exp(B_O*(1/T - 1/T_O))"),
    ];
    let mut oxide = MineralDef::new(
        "lco",
        "LiCoO2(s)",
        LawDef::ShrinkingCore(Shape::Sphere),
        vec![
            path("4 LiCoO2(s) + 12 H+ = 4 Co+2 + 4 Li+ + 6 H2O + O2", "k_a"),
            path("2 LiCoO2(s) + 6 H+ + H2O2 = 2 Co+2 + 2 Li+ + 4 H2O + O2", "k_b*[H2O2]/([H2O2] + K_P)"),
        ],
    );
    oxide.driving = Some("h".to_owned());
    oxide.reagent_per_mineral = 3.0;
    oxide.product_layer_diffusivity = Some("D_e".to_owned());
    oxide.film_diffusivity = Some("D_h".to_owned());
    let aluminium = MineralDef::new(
        "al",
        "Al(s)",
        LawDef::ShrinkingCore(Shape::Sphere),
        vec![path("2 Al(s) + 6 H+ = 2 Al+3 + 3 H2(g)", "k_Al*h/(h + K_HAl)")],
    );
    let copper = MineralDef::new(
        "cu",
        "Cu(s)",
        LawDef::ShrinkingCore(Shape::Sphere),
        vec![
            path("Cu(s) + H2O2 + 2 H+ = Cu+2 + 2 H2O", "k_Cu*[H2O2]/([H2O2] + K_PCu)*h/(h + K_HCu)"),
            path("2 Cu(s) + O2 + 4 H+ = 2 Cu+2 + 2 H2O", "k_O*[O2]*h/(h + K_HCu)"),
        ],
    );
    let mut minerals = vec![oxide, aluminium, copper];
    minerals.iter_mut().for_each(|mineral| mineral.regularisation = 1e-3);
    LeachModelBuilder {
        parameters,
        definitions: definitions.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec(),
        minerals,
        reactions: vec![ReactionDef {
            name: "peroxide".to_owned(),
            equation: "2 H2O2 = 2 H2O + O2".to_owned(),
            rate: "k_d*(1 + c_Cu*[Cu+2])*[H2O2]/2".to_owned(),
        }],
        transfers: vec![TransferDef {
            name: "oxygen".to_owned(),
            equation: "O2(g) = O2".to_owned(),
            kla: "kLa".to_owned(),
            saturation: "O_sat".to_owned(),
        }],
        ..LeachModelBuilder::default()
    }
}

/// A case: temperature (K), sulfate and peroxide (mol/m³), solids (kg/m³).
pub(crate) struct Case(pub(crate) f64, pub(crate) f64, pub(crate) f64, pub(crate) f64);

impl Case {
    pub(crate) fn populations(&self) -> Vec<Vec<Population>> {
        let sizes: [(f64, f64, f64, f64); 3] =
            [(2e-6, 40e-6, 12e-6, 0.6), (20e-6, 800e-6, 150e-6, 0.7), (10e-6, 400e-6, 80e-6, 0.7)];
        let shares = [0.88, 0.04, 0.03];
        let mut all = Vec::new();
        for ((_, mass, _), ((low, high, middle, sigma), share)) in
            SOLIDS.iter().zip(sizes.into_iter().zip(shares))
        {
            let diameters: Vec<f64> = (0..20).map(|k| low * (high / low).powf(f64::from(k) / 19.0)).collect();
            let weights: Vec<f64> =
                diameters.iter().map(|d| (-0.5 * ((d / middle).ln() / sigma).powi(2)).exp()).collect();
            let total: f64 = weights.iter().sum();
            let class = |(d, w): (&f64, &f64)| Population::fresh(*d, w / total * share * self.3 / mass);
            all.push(diameters.iter().zip(&weights).map(class).collect());
        }
        all
    }

    pub(crate) fn amounts(&self, table: &SpeciesTable, populations: &[Vec<Population>]) -> Vec<f64> {
        let mut amounts = vec![0.0; table.len()];
        let mut set = |name: &str, value: f64| amounts[table.index(name).unwrap().0] = value;
        set("H+", 2.0 * self.1);
        set("SO4-2", self.1);
        set("H2O2", self.2);
        set("O2", 0.8 * (1500.0 * (1.0 / self.0 - 1.0 / 343.15)).exp());
        set("H2O", 55_000.0);
        for ((name, _, _), own) in SOLIDS.iter().zip(populations) {
            set(name, own.iter().map(Population::amount).sum());
        }
        amounts
    }
}

pub(crate) const TIMES: [f64; 13] =
    [0.0, 600.0, 1200.0, 1800.0, 2400.0, 3000.0, 3600.0, 4200.0, 4800.0, 5400.0, 6000.0, 6600.0, 7200.0];

fn run(tolerance: Tolerance) -> (BatchOutcome, SpeciesTable) {
    let table = table();
    let model = builder().build(&table).unwrap();
    let case = Case(343.15, 2000.0, 600.0, 50.0);
    let minerals = case.populations();
    let amounts = case.amounts(&table, &minerals);
    let batch = Batch {
        parameters: model.parameters(),
        amounts: &amounts,
        minerals: &minerals,
        volume: Volume::Fixed(1.0),
        thermal: Thermal::Isothermal(case.0),
        times: &TIMES,
        tolerance,
    };
    (model.batch(&batch, &mut Workspace::default()).unwrap(), table)
}

/// The eight solution outputs of the workload.
pub(crate) fn solution(amounts: &[f64], table: &SpeciesTable) -> [f64; 8] {
    let of = |name: &str| amounts[table.index(name).unwrap().0];
    let gas = of("O2(g)") + of("H2(g)");
    [of("H+"), of("Li+"), of("Co+2"), of("Al+3"), of("Cu+2"), of("H2O2"), of("O2"), gas]
}

/// Largest error over all outputs and over the solution, as the workload measures them.
pub(crate) fn errors(outcome: &BatchOutcome, table: &SpeciesTable) -> (f64, f64) {
    let (mut all, mut liquor) = (0.0_f64, 0.0_f64);
    let rows = REFERENCE.lines().filter(|line| !line.starts_with('#'));
    for (t, row) in rows.enumerate() {
        let want: Vec<f64> = row.split(',').map(|text| text.parse().unwrap()).collect();
        assert_eq!(want[0], outcome.times[t]);
        let cores = outcome.cores[t].iter().flatten().copied();
        let got: Vec<f64> = cores.chain(solution(&outcome.amounts[t], table)).collect();
        for (i, (got, want)) in got.iter().zip(&want[1..]).enumerate() {
            let error = (got - want).abs() / (want.abs() + if i < 60 { 1e-3 } else { 1.0 });
            all = all.max(error);
            if i >= 60 {
                liquor = liquor.max(error);
            }
        }
    }
    (all, liquor)
}

#[test]
fn converges_to_the_reference() {
    for (relative, all, liquor, steps) in
        [(1e-5, 2e-3, 3e-4, 60), (1e-7, 2e-5, 3e-6, 220), (1e-9, 2e-6, 1e-8, 800)]
    {
        let (outcome, table) = run(Tolerance { relative, core: relative, amount: relative });
        let found = errors(&outcome, &table);
        assert!(found.0 < all && found.1 < liquor, "{relative:e}: {found:?}");
        assert!(outcome.statistics.steps < steps, "{relative:e}: {:?}", outcome.statistics);
    }
}

/// Sulfate, lithium and copper in liquor and solids, and the acid that went; aluminium from its cores.
#[test]
fn invariants_hold_to_rounding() {
    let (outcome, table) = run(Tolerance::default());
    for (amounts, unreacted) in outcome.amounts.iter().zip(&outcome.unreacted) {
        let [a, li, co, al, cu, ..] = solution(amounts, &table);
        assert!((li - co).abs() < 1e-9 * co.max(1.0));
        assert!((a + 3.0 * li + 3.0 * al + 2.0 * cu - 4000.0).abs() < 4e-9);
        let start: f64 = 0.04 * 50.0 / 26.982e-3;
        assert!(((1.0 - unreacted[1]) * start - al).abs() < 1e-9 * start);
    }
}
