//! Random equilibria: how many are solved, and what is left of their equations.

use lixivia::equilibrium::{
    Candidate, Condition, Database, Model, Options, Problem, SolveError, State, System, Water, Workspace,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Where systems are drawn from.
pub struct Source<'d> {
    pub name: &'d str,
    pub database: &'d Database,
    pub models: &'d [Model],
    pub celsius: (f64, f64),
}

/// What became of the systems of a source.
#[derive(Debug, Default)]
pub struct Tally {
    pub solved: usize,
    /// Solved, but past an ionic strength of 6.5 mol/kg.
    pub strong: usize,
    /// No water left at equilibrium: an answer in itself.
    pub dry: usize,
    pub failures: Vec<String>,
    /// Largest relative imbalance of a component or of charge.
    pub imbalance: f64,
    /// Largest `|SI|` of a solid that is present, largest SI of one that is not.
    pub saturation: f64,
    /// Largest deviation of a species from its mass action law, in log10.
    pub mass_action: f64,
    pub iterations: usize,
    pub fallbacks: usize,
}

/// One random system and problem: 2 to 8 components with totals of 1e-12 to 3 mol/kg (one in ten absent) at an ionic
/// strength of up to about 6, pH 0 to 14 given, or from electroneutrality, or from a total of protons; couples of
/// one element in three open; 0 to 10 solids.
fn draw(source: &Source<'_>, rng: &mut ChaCha8Rng) -> Option<(System, Problem)> {
    let names: Vec<&str> = source
        .database
        .masters
        .iter()
        .filter(|m| !matches!(m.element.as_str(), "H" | "O" | "E") && m.name != "Alkalinity")
        .map(|m| m.name.as_str())
        .collect();
    let mut chosen: Vec<&str> = Vec::new();
    for _ in 0..rng.random_range(2..=8) {
        let name = names[rng.random_range(0..names.len())];
        if !chosen.contains(&name) {
            chosen.push(name);
        }
    }
    let model = source.models[rng.random_range(0..source.models.len())];
    let mut open = vec![];
    if rng.random_range(0..3) == 0 {
        let element = chosen[0].split('(').next().unwrap().to_owned();
        open = vec![element, "O".to_owned()];
    }
    let options = Options { model, open: open.clone(), ..Options::default() };
    let system = System::new(source.database, &chosen, &options).ok()?;
    let mut problem = Problem::new(&system);
    problem.temperature = 273.15 + rng.random_range(source.celsius.0..source.celsius.1);
    let (mut strength, mut charge) = (0.0, 0.0);
    let ceiling = rng.random_range(-3.0..0.8);
    for (at, component) in system.components().iter().enumerate() {
        if at == 0 {
            continue;
        }
        if component.species == "e-" {
            continue;
        }
        let mut total = match rng.random_range(0..10) {
            0 => 0.0,
            1 | 2 => 10_f64.powf(rng.random_range(-12.0..-3.0)),
            _ => 10_f64.powf(rng.random_range(-4.0..0.5)).min(10_f64.powf(ceiling)),
        };
        let z = component.charge;
        if strength + 0.5 * z * z * total > 6.0 || (charge + z * total).abs() > 3.0 {
            total = 1e-6;
        }
        strength += 0.5 * z * z * total;
        charge += z * total;
        problem.conditions[at] = Condition::Total(total);
    }
    problem.conditions[0] = match rng.random_range(0..4) {
        0 => Condition::Charge(0.0),
        1 => Condition::Total(-charge + rng.random_range(-0.1..0.1)),
        _ => Condition::LogActivity(-rng.random_range(0.0..14.0)),
    };
    if let Some(electron) = system.components().iter().position(|c| c.species == "e-") {
        // within the limits of water up to 90 °C: 0 < pe + pH < 17
        let range = match problem.conditions[0] {
            Condition::LogActivity(minus_ph) => minus_ph..minus_ph + 17.0,
            _ => 0.0..6.0,
        };
        problem.conditions[electron] = Condition::LogActivity(-rng.random_range(range));
    }
    if rng.random_range(0..2) == 0 {
        problem.water = Water::Total(55.5);
    }
    let solids: Vec<usize> = (0..system.phases().len()).filter(|at| !system.phases()[*at].gas).collect();
    for _ in 0..rng.random_range(0..=10) {
        if let Some(phase) = solids.get(rng.random_range(0..solids.len().max(1))).copied()
            && problem.candidates.iter().all(|c| c.phase != phase)
        {
            problem.candidates.push(Candidate { phase, index: 0.0 });
        }
    }
    Some((system, problem))
}

/// Solves `count` random systems of a source, each from a cold start, and checks the answers by their own numbers.
pub fn survey(source: &Source<'_>, count: usize, seed: u64) -> Tally {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut tally, mut ws) = (Tally::default(), Workspace::new());
    let mut done = 0;
    while done < count {
        let Some((system, problem)) = draw(source, &mut rng) else { continue };
        done += 1;
        ws.cool();
        match system.solve(&problem, &mut ws) {
            Ok(state) => check(&system, &problem, &state, &mut tally),
            Err(SolveError::DryOut { .. }) => tally.dry += 1,
            Err(error) => tally.failures.push(format!(
                "{} {done}: {error}; {}",
                source.name,
                describe(&system, &problem)
            )),
        }
    }
    tally
}

fn check(system: &System, problem: &Problem, state: &State<'_>, tally: &mut Tally) {
    tally.solved += 1;
    tally.strong += usize::from(state.ionic_strength() > 6.5);
    tally.iterations += state.statistics().iterations;
    tally.fallbacks += usize::from(state.statistics().restarts > 0);
    for (at, condition) in problem.conditions.iter().enumerate() {
        let (left, size) = match condition {
            // a total of protons is a difference: its size is that of what it is made of
            Condition::Total(total) => (state.total(at) - total, total.abs() + state.turnover(at)),
            Condition::Charge(charge) => {
                (state.charge() - charge, 2.0 * state.ionic_strength() * state.water_mass())
            }
            Condition::LogActivity(value) => (state.component_log_activity(at) - value, 1.0),
            _ => continue,
        };
        if size > 0.0 {
            tally.imbalance = worse(tally.imbalance, (left / size).abs());
        }
    }
    for (k, candidate) in problem.candidates.iter().enumerate() {
        let Some(index) = state.saturation_index(candidate.phase) else { continue };
        let off = if state.amount(k) > 0.0 { index.abs() } else { index.max(0.0) };
        tally.saturation = worse(tally.saturation, off);
    }
    for at in 0..system.species().len() {
        if state.molality(at) > 1e-290 && system.species()[at].aqueous {
            let law = state.log_activity_by_mass_action(at);
            tally.mass_action = worse(tally.mass_action, (state.log_activity(at) - law).abs());
        }
    }
}

/// The larger; NaN counts as infinite.
fn worse(old: f64, new: f64) -> f64 {
    if new.is_nan() { f64::INFINITY } else { old.max(new) }
}

fn describe(system: &System, problem: &Problem) -> String {
    let components = system.components().iter().zip(&problem.conditions);
    let mut text: Vec<String> =
        components.map(|(c, condition)| format!("{} {condition:?}", c.name)).collect();
    text.push(format!("{:.1} K, {:?}, {:?}", problem.temperature, problem.water, system.model()));
    text.extend(problem.candidates.iter().map(|c| system.phases()[c.phase].name.clone()));
    text.join(", ")
}
