//! Counter-current contact of two phases in stages, all stages and reactions at once.
//!
//! The aqueous phase runs from stage 1 to N, the organic from N to 1. With extents ξ(s, r) the amounts that leave stage s are
//!
//! ```text
//! aqueous   n(s) = n(in) + additions up to s + Σ_{t ≤ s} ν ξ(t)
//! organic   n(s) = n(in) + Σ_{t ≥ s} ν ξ(t)
//! ```
//! A stage of efficiency E (Murphree, of the organic phase) takes the organic from what enters to E of the way to
//! equilibrium with the aqueous phase that leaves; since the composition moves along the reactions, that equilibrium has
//! the extents ξ(s)/E. Equations: ln Q = ln K for each reaction in each stage.
//!
//! Newton's method from any start: amounts and extents are iterated together, the amounts always positive, and the
//! balances that tie them, being linear, hold from the first whole step on.

use super::Extraction;
use crate::kinetics::expression::ParameterView;
use crate::kinetics::leach::Volume;
use crate::numerics::Dual;
use crate::numerics::arrow::dot;
use crate::numerics::dense::DenseLu;

/// Directions that one pass of dual numbers carries.
const PASS: usize = 5;
/// Iterations before giving up.
const ITERATIONS: usize = 400;
/// Iterations after which the search begins anew with steps that are shortened for all amounts alike: slower and surer.
const PATIENCE: usize = 60;
/// Share of an amount that one such step may take away.
const BOUNDARY: f64 = 0.95;
/// Relative change of every amount below which the step that has just been taken leaves nothing to be gained, convergence
/// being quadratic.
const SETTLED: f64 = 1e-7;
/// Share of a species' largest amount in any stage, and of what entered and moved, to which rounding leaves an amount known:
/// what a stage keeps is what entered less what moved.
const ROUNDING: f64 = 1e-14;
/// Start of an amount that is absent or would be negative, as a share of what its reactions could make of it.
const START: f64 = 0.05;

/// A contact to be solved; amounts are mol or mol/s, by species of the table.
#[derive(Clone, Copy, Debug)]
pub struct Contact<'a> {
    /// Parameter values of the process.
    pub parameters: ParameterView<'a>,
    /// Temperature, K.
    pub temperature: f64,
    /// Number of stages.
    pub stages: usize,
    /// Murphree efficiency of the organic phase, above 0 to 1.
    pub efficiency: f64,
    /// What enters with the aqueous phase, at stage 1.
    pub aqueous: &'a [f64],
    /// What enters with the organic phase, at the last stage.
    pub organic: &'a [f64],
    /// Species and amounts that enter the aqueous phase of each stage besides.
    pub additions: &'a [Vec<(usize, f64)>],
    /// Volume of the aqueous phase.
    pub aqueous_volume: Volume<'a>,
    /// Volume of the organic phase.
    pub organic_volume: Volume<'a>,
    /// [`Contacted::memory`] of a contact of as many stages to start from; empty: none.
    pub guess: &'a [f64],
}

/// What a contact does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contacted {
    /// Amounts in the aqueous phase that leaves each stage, `[stage, species]`.
    pub aqueous: Vec<Vec<f64>>,
    /// Amounts in the organic phase that leaves each stage, `[stage, species]`.
    pub organic: Vec<Vec<f64>>,
    /// Extents, mol or mol/s, `[stage, reaction]` row by row.
    pub extents: Vec<f64>,
    /// What the next contact of the same kind may start from, [`Contact::guess`].
    pub memory: Vec<f64>,
    /// Newton iterations.
    pub iterations: usize,
}

/// Why a contact has no solution.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ContactError {
    /// A constant that is not positive.
    #[error("the constant of `{reaction}` is {value:e}; it must be positive")]
    Constant {
        /// Reaction.
        reaction: String,
        /// Its constant.
        value: f64,
    },
    /// Newton's method did not settle.
    #[error(
        "not settled after {iterations} iterations: `{reaction}` in stage {stage} is off by {residual:.2e} in ln Q"
    )]
    NotConverged {
        /// Iterations made.
        iterations: usize,
        /// Reaction that is furthest off.
        reaction: String,
        /// Stage, from 1.
        stage: usize,
        /// ln Q − ln K.
        residual: f64,
    },
    /// A species would have to go below nothing.
    #[error("more of species {species} is consumed than enters: {amount:.3e} mol")]
    Exhausted {
        /// Index of the species.
        species: usize,
        /// What would be left.
        amount: f64,
    },
}

impl Extraction {
    /// Solves a contact.
    ///
    /// # Errors
    /// [`ContactError`] if a constant is not positive or no equilibrium is found.
    pub fn contact(&self, case: &Contact<'_>) -> Result<Contacted, ContactError> {
        let mut search = Search::new(self, case)?;
        let size = case.stages * search.active.len();
        if size == 0 {
            return search.conclude(0);
        }
        for iteration in 1..=ITERATIONS {
            search.evaluate();
            if iteration == PATIENCE {
                search.begin_anew();
                search.evaluate();
            }
            let damped = iteration >= PATIENCE;
            let Some((share, change)) = search.step(damped) else { return Err(search.not_converged()) };
            if share == 1.0 && change < SETTLED {
                return search.conclude(iteration);
            }
        }
        Err(search.not_converged())
    }
}

/// The iterates and what their equations need. Rows are the species that the quotients read.
struct Search<'a> {
    model: &'a Extraction,
    case: &'a Contact<'a>,
    /// Reactions that can run, by index.
    active: Vec<usize>,
    rows: Vec<Row>,
    /// Coefficients of the aqueous and of the organic rows, zero for the others, `[reaction, row]`.
    nu: [Vec<f64>; 2],
    /// Amounts, `[stage, row]`.
    amounts: Vec<f64>,
    /// Extents of active reactions, `[stage, reaction]`.
    extents: Vec<f64>,
    volumes: [f64; 2],
    /// Change of the volume of aqueous and organic phase by extents, `[reaction]`.
    swell: [Vec<f64>; 2],
    registers: Vec<Dual<f64, PASS>>,
    inputs: Vec<Dual<f64, PASS>>,
    log_constants: Vec<f64>,
    /// ln Q − ln K, `[stage, reaction]`.
    residual: Vec<f64>,
    /// d ln Q / dn, `[stage, reaction, row]`.
    slopes: Vec<f64>,
    lu: DenseLu,
    /// Sums of the extents, see [`add_up`].
    sums: [Vec<f64>; 2],
    /// What additions bring to the volume of the aqueous phase, up to each stage.
    added: Vec<f64>,
    /// Imbalance of amounts, `[stage, row]`.
    off: Vec<f64>,
    /// Sizes of what the amounts are the differences of, `[stage, row]`.
    sizes: Vec<f64>,
    /// Newton's change of the extents.
    change: Vec<f64>,
}

struct Row {
    organic: bool,
    /// By active reaction.
    nu: Vec<f64>,
    /// What enters up to each stage.
    base: Vec<f64>,
}

impl Row {
    /// The same without regard to signs: to a rounding of this a stage's amount is known.
    #[inline]
    fn turnover(&self, sums: &[Vec<f64>; 2], stage: usize) -> f64 {
        let m = self.nu.len();
        let own = &sums[usize::from(self.organic)][stage * m..(stage + 1) * m];
        self.nu.iter().zip(own).map(|(nu, extent)| (nu * extent).abs()).sum()
    }

    /// What extents, summed as [`add_up`] does, bring to a stage.
    #[inline]
    fn moved(&self, sums: &[Vec<f64>; 2], stage: usize) -> f64 {
        let m = self.nu.len();
        let own = &sums[usize::from(self.organic)][stage * m..(stage + 1) * m];
        self.nu.iter().zip(own).map(|(nu, extent)| nu * extent).sum()
    }
}

/// Extents summed for each stage: over the stages up to it for the aqueous phase; for the organic phase over those after it,
/// with what its own equilibrium would take.
fn add_up(extents: &[f64], stages: usize, efficiency: f64, sums: &mut [Vec<f64>; 2]) {
    let m = extents.len() / stages;
    for q in 0..m {
        let (mut before, mut after) = (0.0, 0.0);
        for stage in 0..stages {
            before += extents[stage * m + q];
            sums[0][stage * m + q] = before;
            let own = (stages - 1 - stage) * m + q;
            sums[1][own] = after + extents[own] / efficiency;
            after += extents[own];
        }
    }
}

impl<'a> Search<'a> {
    fn new(model: &'a Extraction, case: &'a Contact<'a>) -> Result<Search<'a>, ContactError> {
        let active: Vec<usize> =
            (0..model.reactions.len()).filter(|&r| can_run(model, case, &model.reactions[r].terms)).collect();
        let program = &model.program;
        let mut registers = vec![Dual::from(0.0); program.registers()];
        program.run_prelude(case.parameters, Dual::from(case.temperature), &mut registers);
        let rows: Vec<Row> = program
            .inputs()
            .iter()
            .map(|&species| {
                let organic = model.organic[species];
                let nu = active.iter().map(|&r| coefficient(&model.reactions[r].terms, species)).collect();
                Row { organic, nu, base: entering(case, species, organic) }
            })
            .collect();
        let slope = |volume: &Volume<'_>, wanted: bool| -> Vec<f64> {
            let own = |r: &usize| match volume {
                Volume::Fixed(_) => 0.0,
                Volume::Linear { per_amount, .. } => model.reactions[*r]
                    .terms
                    .iter()
                    .filter(|(species, _)| model.organic[*species] == wanted)
                    .map(|(species, nu)| nu * per_amount[*species])
                    .sum(),
            };
            active.iter().map(own).collect()
        };
        let swell = [slope(&case.aqueous_volume, false), slope(&case.organic_volume, true)];
        let volumes = [case.aqueous_volume.of(case.aqueous), case.organic_volume.of(case.organic)];
        let (stages, m) = (case.stages, active.len());
        let all = model.reactions.len();
        let guessed = case.guess.len() == stages * (all + rows.len());
        let extents: Vec<f64> = (0..stages * m)
            .map(|at| if guessed { case.guess[at / m * all + active[at % m]] } else { 0.0 })
            .collect();
        // Additions may bring water: it counts once it is there.
        let mut so_far = 0.0;
        let bring = |stage: usize| {
            if let Volume::Linear { per_amount, .. } = &case.aqueous_volume {
                let own = case.additions.get(stage).into_iter().flatten();
                so_far += own.map(|(species, amount)| amount * per_amount[*species]).sum::<f64>();
            }
            so_far
        };
        let side = |organic: bool| -> Vec<f64> {
            let own =
                |a: usize| rows.iter().map(move |row| if row.organic == organic { row.nu[a] } else { 0.0 });
            (0..m).flat_map(own).collect()
        };
        let mut search = Search {
            nu: [side(false), side(true)],
            added: (0..stages).map(bring).collect(),
            sums: [vec![0.0; stages * m], vec![0.0; stages * m]],
            off: vec![0.0; stages * rows.len()],
            sizes: vec![0.0; stages * rows.len()],
            change: vec![0.0; stages * m],
            model,
            case,
            inputs: vec![Dual::from(0.0); rows.len()],
            amounts: vec![0.0; stages * rows.len()],
            residual: vec![0.0; stages * m],
            slopes: vec![0.0; stages * m * rows.len()],
            log_constants: Vec::new(),
            lu: DenseLu::default(),
            active,
            rows,
            extents,
            volumes,
            swell,
            registers,
        };
        search.constants()?;
        add_up(&search.extents, stages.max(1), case.efficiency, &mut search.sums);
        search.start(if guessed { &case.guess[stages * all..] } else { &[] });
        Ok(search)
    }

    /// Constants depend on the temperature alone, but may be written after the prelude.
    fn constants(&mut self) -> Result<(), ContactError> {
        self.inputs.fill(Dual::from(1.0));
        self.model.program.run(&self.inputs, &mut self.registers);
        for &r in &self.active {
            let value = self.registers[self.model.outputs[r].1.index()].value;
            if !(value > 0.0 && value.is_finite()) {
                return Err(ContactError::Constant { reaction: self.model.reactions[r].name.clone(), value });
            }
            self.log_constants.push(value.ln());
        }
        Ok(())
    }

    /// Positive amounts to start from: the guess where there is one.
    fn start(&mut self, guess: &[f64]) {
        let rows = self.rows.len();
        let possible: Vec<f64> = (0..self.active.len()).map(|a| self.possible(a)).collect();
        for (i, row) in self.rows.iter().enumerate() {
            let made = row.nu.iter().zip(&possible).fold(0.0_f64, |most, (nu, e)| most.max(nu.abs() * e));
            for s in 0..self.case.stages {
                if let Some(amount) = guess.get(s * rows + i).filter(|amount| **amount > 0.0) {
                    self.amounts[s * rows + i] = *amount;
                    continue;
                }
                let amount = self.balance(row, s);
                let amount = if amount > 1e-6 * START * made { amount } else { START * made };
                self.amounts[s * rows + i] = amount.max(f64::MIN_POSITIVE);
            }
        }
    }

    /// Largest extent of a reaction by what enters, the species that do not enter left out.
    fn possible(&self, active: usize) -> f64 {
        let most = |row: &Row| row.base.iter().fold(0.0_f64, |most, n| most.max(*n));
        let own = self.rows.iter().filter(|row| row.nu[active] != 0.0 && most(row) > 0.0);
        own.map(|row| most(row) / row.nu[active].abs()).fold(f64::INFINITY, f64::min)
    }

    /// Amount that the extents, summed as [`add_up`] does, leave of a row: in the aqueous phase of a stage, or in the organic
    /// phase that would be in equilibrium with it.
    fn balance(&self, row: &Row, stage: usize) -> f64 {
        row.base[stage] + row.moved(&self.sums, stage)
    }

    /// Volumes of the aqueous and the organic phase in a stage.
    fn volume(&self, stage: usize) -> [f64; 2] {
        let m = self.active.len();
        let own = stage * m..(stage + 1) * m;
        let swollen = |side: usize, sums: &[f64]| -> f64 {
            self.swell[side].iter().zip(sums).map(|(slope, extent)| slope * extent).sum()
        };
        let idle: f64 = (self.swell[1].iter().zip(&self.extents[own.clone()]))
            .map(|(slope, extent)| slope * extent * (1.0 - 1.0 / self.case.efficiency))
            .sum(); // the organic phase is there whether it comes to equilibrium or not
        [
            self.volumes[0] + self.added[stage] + swollen(0, &self.sums[0][own.clone()]),
            self.volumes[1] + swollen(1, &self.sums[1][own]) + idle,
        ]
    }

    /// Fills residuals and slopes at the present amounts.
    fn evaluate(&mut self) {
        let (k, m) = (self.rows.len(), self.active.len());
        for stage in 0..self.case.stages {
            let volume = self.volume(stage);
            for start in (0..k).step_by(PASS) {
                for (i, row) in self.rows.iter().enumerate() {
                    let size = 1.0 / volume[usize::from(row.organic)];
                    let mut input = Dual::from(self.amounts[stage * k + i] * size);
                    if (start..start + PASS).contains(&i) {
                        input.gradient[i - start] = size;
                    }
                    self.inputs[i] = input;
                }
                self.model.program.run(&self.inputs, &mut self.registers);
                for (a, &r) in self.active.iter().enumerate() {
                    let quotient = &self.registers[self.model.outputs[r].0.index()];
                    let at = stage * m + a;
                    self.residual[at] = quotient.value.ln() - self.log_constants[a];
                    let inverse = quotient.value.recip();
                    let slopes = &mut self.slopes[at * k + start..at * k + (start + PASS).min(k)];
                    for (slope, gradient) in slopes.iter_mut().zip(&quotient.gradient) {
                        *slope = gradient * inverse;
                    }
                }
            }
        }
    }

    /// One Newton step: the share of it that was taken and the largest relative change of an amount; `None` if singular.
    fn step(&mut self, damped: bool) -> Option<(f64, f64)> {
        let (k, m, stages) = (self.rows.len(), self.active.len(), self.case.stages);
        let size = stages * m;
        self.lu.reset(size);
        for stage in 0..stages {
            let volume = self.volume(stage);
            let amounts = &self.amounts[stage * k..(stage + 1) * k];
            // Imbalance of each amount: Newton brings it to nothing in a whole step.
            for (i, (row, amount)) in self.rows.iter().zip(amounts).enumerate() {
                self.off[stage * k + i] = amount - self.balance(row, stage);
                self.sizes[stage * k + i] = row.base[stage].abs() + row.turnover(&self.sums, stage);
            }
            for a in 0..m {
                let at = stage * m + a;
                let slopes = &self.slopes[at * k..(at + 1) * k];
                let off = &self.off[stage * k..(stage + 1) * k];
                self.change[at] =
                    slopes.iter().zip(off).map(|(g, off)| g * off).sum::<f64>() - self.residual[at];
                let mut thinned = [0.0; 2]; // aqueous, organic: by a change of the volume
                for ((row, slope), amount) in self.rows.iter().zip(slopes).zip(amounts) {
                    thinned[usize::from(row.organic)] += slope * amount;
                }
                let thinned = [thinned[0] / volume[0], thinned[1] / volume[1]];
                for q in 0..m {
                    let by = [0, 1].map(|side| {
                        dot(slopes, &self.nu[side][q * k..(q + 1) * k]) - thinned[side] * self.swell[side][q]
                    });
                    let entries = self.lu.entries_mut()[at * size + q..].iter_mut().step_by(m);
                    for (other, entry) in entries.take(stages).enumerate() {
                        *entry = match other.cmp(&stage) {
                            std::cmp::Ordering::Less => by[0],
                            std::cmp::Ordering::Equal => by[0] + by[1] / self.case.efficiency,
                            std::cmp::Ordering::Greater => by[1],
                        };
                    }
                }
            }
        }
        if !self.lu.factorise() {
            return None;
        }
        self.lu.solve(&mut self.change);
        Some(self.take(damped))
    }

    /// Moves extents and amounts. What would fall is moved as Newton's step of its reciprocal would: the same to first order,
    /// and never to zero. The balances that this leaves open the next step closes. `damped`, the step is shortened instead.
    fn take(&mut self, damped: bool) -> (f64, f64) {
        let (k, stages) = (self.rows.len(), self.case.stages);
        add_up(&self.change, stages, self.case.efficiency, &mut self.sums);
        let (mut share, mut largest) = (1.0_f64, 0.0_f64);
        for (i, row) in self.rows.iter().enumerate() {
            let most = self.amounts.iter().skip(i).step_by(k).copied().fold(0.0, f64::max);
            for stage in 0..stages {
                let at = stage * k + i;
                let (amount, step) = (self.amounts[at], row.moved(&self.sums, stage) - self.off[at]);
                self.off[at] = step;
                let known = ROUNDING / SETTLED * most.max(self.sizes[at]);
                largest = largest.max(step.abs() / amount.max(known));
                if damped && -step > BOUNDARY * amount {
                    share = share.min(BOUNDARY * amount / -step);
                }
            }
        }
        for (amount, step) in self.amounts.iter_mut().zip(&self.off) {
            let step = share * step;
            let whole = damped || step >= 0.0;
            *amount = if whole { *amount + step } else { *amount * (*amount / (*amount - step)) };
        }
        for (extent, change) in self.extents.iter_mut().zip(&self.change) {
            *extent += share * change;
        }
        add_up(&self.extents, stages, self.case.efficiency, &mut self.sums);
        (share, largest)
    }

    /// Back to a cold start.
    fn begin_anew(&mut self) {
        self.extents.fill(0.0);
        add_up(&self.extents, self.case.stages, self.case.efficiency, &mut self.sums);
        self.start(&[]);
    }

    fn not_converged(&self) -> ContactError {
        let m = self.active.len();
        let worst = (0..self.residual.len())
            .max_by(|a, b| self.residual[*a].abs().total_cmp(&self.residual[*b].abs()))
            .unwrap_or(0);
        ContactError::NotConverged {
            iterations: ITERATIONS,
            reaction: self.model.reactions[self.active[worst % m]].name.clone(),
            stage: worst / m + 1,
            residual: self.residual.get(worst).copied().unwrap_or(f64::NAN),
        }
    }

    fn conclude(self, iterations: usize) -> Result<Contacted, ContactError> {
        let (case, model) = (self.case, self.model);
        let (stages, m, all) = (case.stages, self.active.len(), model.reactions.len());
        let mut result = Contacted { iterations, extents: vec![0.0; stages * all], ..Contacted::default() };
        for stage in 0..stages {
            for (a, &r) in self.active.iter().enumerate() {
                result.extents[stage * all + r] = self.extents[stage * m + a];
            }
        }
        let apply = |amounts: &mut [f64], stage: usize, organic: bool| {
            for (reaction, extent) in model.reactions.iter().zip(&result.extents[stage * all..]) {
                for (species, nu) in reaction.terms.iter().filter(|t| model.organic[t.0] == organic) {
                    amounts[*species] += nu * extent;
                }
            }
        };
        let mut amounts = case.aqueous.to_vec();
        let mut trains = [Vec::with_capacity(stages), Vec::with_capacity(stages)];
        for stage in 0..stages {
            for (species, amount) in case.additions.get(stage).into_iter().flatten() {
                amounts[*species] += amount;
            }
            apply(&mut amounts, stage, false);
            trains[0].push(amounts.clone());
        }
        amounts.copy_from_slice(case.organic);
        for stage in (0..stages).rev() {
            apply(&mut amounts, stage, true);
            trains[1].push(amounts.clone());
        }
        trains[1].reverse();
        let [aqueous, organic] = trains;
        let left = [aqueous.last(), organic.first()];
        for (species, amount) in left.into_iter().flatten().flat_map(|own| own.iter().enumerate()) {
            let scale = case.aqueous[species].abs() + case.organic[species].abs();
            if *amount < -1e-9 * scale {
                return Err(ContactError::Exhausted { species, amount: *amount });
            }
        }
        result.memory.reserve(result.extents.len() + self.amounts.len());
        result.memory.extend(&result.extents);
        result.memory.extend(&self.amounts);
        Ok(Contacted { aqueous, organic, ..result })
    }
}

fn coefficient(terms: &[(usize, f64)], species: usize) -> f64 {
    terms.iter().filter(|term| term.0 == species).map(|term| term.1).sum()
}

/// What enters of a species up to and with each stage, before reactions.
fn entering(case: &Contact<'_>, species: usize, organic: bool) -> Vec<f64> {
    let mut amount = if organic { case.organic[species] } else { case.aqueous[species] };
    (0..case.stages)
        .map(|stage| {
            if !organic {
                amount += coefficient(case.additions.get(stage).map_or(&[], Vec::as_slice), species);
            }
            amount
        })
        .collect()
}

/// Whether all of one side of a reaction enters the contact: else it cannot run either way.
fn can_run(model: &Extraction, case: &Contact<'_>, terms: &[(usize, f64)]) -> bool {
    let enters = |species: usize| {
        if model.organic[species] {
            return case.organic[species] > 0.0;
        }
        let mut amount = case.aqueous[species];
        amount > 0.0
            || case.additions.iter().any(|own| {
                amount += coefficient(own, species);
                amount > 0.0
            })
    };
    let side =
        |sign: f64| terms.iter().filter(|(_, nu)| nu * sign > 0.0).all(|(species, _)| enters(*species));
    side(-1.0) || side(1.0)
}
