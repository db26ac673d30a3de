//! Newton's search for the equilibrium of a contact.

use super::Extraction;
use super::contact::{Contact, ContactError};
use super::train::Train;
use crate::kinetics::leach::Volume;
use crate::numerics::Dual;
use crate::numerics::arrow::dot;

/// Directions that one pass of dual numbers carries.
const PASS: usize = 10;
/// Change of a logarithm that [`fall_of_logarithm`] makes at most, and the share of an amount that this leaves.
const DEEPEST: (f64, f64) = (-3.912, 0.02);
/// Relative change of every amount below which the step that has just been taken leaves nothing to be gained, convergence
/// being quadratic.
pub(super) const SETTLED: f64 = 1e-7;
/// Share of a species' largest amount in any stage, and of what entered and moved, to which rounding leaves an amount known:
/// what a stage keeps is what entered less what moved.
const ROUNDING: f64 = 1e-14;
/// Start of an amount that is absent or would be negative, as a share of what its reactions could make of it.
const START: f64 = 0.05;

/// What is left of an amount that a Newton step would change by so many times itself, downwards.
pub(super) type Fall = fn(f64) -> f64;

/// The iterates and what their equations need. Rows are the species that the quotients read, those of the aqueous phase first.
pub(super) struct Search<'a> {
    pub(super) model: &'a Extraction,
    pub(super) case: &'a Contact<'a>,
    /// Reactions that can run, by index.
    pub(super) active: Vec<usize>,
    rows: Vec<Row>,
    /// Rows of the aqueous phase.
    aqueous: usize,
    /// Aqueous and organic terms of one reaction after the other.
    terms: Vec<Term>,
    /// Where the aqueous terms of a reaction begin among them, the organic ones, and where they end.
    by_reaction: Vec<[usize; 3]>,
    /// What enters up to each stage, `[stage, row]`.
    base: Vec<f64>,
    /// Amounts, `[stage, row]`.
    pub(super) amounts: Vec<f64>,
    /// Extents of active reactions, `[stage, reaction]`.
    pub(super) extents: Vec<f64>,
    volumes: [f64; 2],
    /// Change of the volume of aqueous and organic phase by extents, `[reaction]`; empty where volumes stay.
    swell: [Vec<f64>; 2],
    registers: Vec<Dual<f64, PASS>>,
    inputs: Vec<Dual<f64, PASS>>,
    log_constants: Vec<f64>,
    /// ln Q − ln K, `[stage, reaction]`.
    residual: Vec<f64>,
    /// d ln Q / dn, `[stage, reaction, row]`.
    slopes: Vec<f64>,
    train: Train,
    /// Sums of the extents, see [`add_up`].
    sums: [Vec<f64>; 2],
    /// What additions bring to the volume of the aqueous phase, up to each stage.
    added: Vec<f64>,
    /// Imbalance of amounts, `[stage, row]`.
    off: Vec<f64>,
    /// Sizes of what the amounts are the differences of, `[stage, row]`: to a rounding of them the amounts are known.
    sizes: Vec<f64>,
    /// Largest amount in any stage, by row.
    most: Vec<f64>,
    /// Newton's change of the extents.
    change: Vec<f64>,
}

/// A species that the quotients read.
struct Row {
    /// Input of the program.
    input: usize,
    species: usize,
}

/// What a reaction does to a row.
struct Term {
    /// By active reaction.
    reaction: usize,
    row: usize,
    nu: f64,
    /// Phase of the row: 0 aqueous, 1 organic.
    side: usize,
}

/// What the extents of a stage, summed as [`add_up`] does, bring to its rows, the organic phase being that which would be in
/// equilibrium with the aqueous one.
#[inline(always)]
fn moves(terms: &[Term], sums: [&[f64]; 2], mut bring: impl FnMut(usize, f64)) {
    for term in terms {
        bring(term.row, term.nu * sums[term.side][term.reaction]);
    }
}

/// The sums of one stage of `m` reactions.
fn of_stage(sums: &[Vec<f64>; 2], stage: usize, m: usize) -> [&[f64]; 2] {
    [0, 1].map(|side| &sums[side][stage * m..(stage + 1) * m])
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
    pub(super) fn new(model: &'a Extraction, case: &'a Contact<'a>) -> Result<Search<'a>, ContactError> {
        let active: Vec<usize> =
            (0..model.reactions.len()).filter(|&r| can_run(model, case, &model.reactions[r].terms)).collect();
        let program = &model.program;
        let mut registers = vec![Dual::from(0.0); program.registers()];
        program.run_prelude(case.parameters, Dual::from(case.temperature), &mut registers);
        let mut rows: Vec<Row> =
            program.inputs().iter().enumerate().map(|(input, &species)| Row { input, species }).collect();
        rows.sort_by_key(|row| model.organic[row.species]);
        let (stages, m, k) = (case.stages, active.len(), rows.len());
        let aqueous = rows.iter().filter(|row| !model.organic[row.species]).count();
        let (mut terms, mut by_reaction) = (Vec::with_capacity(2 * k), Vec::with_capacity(m));
        for (reaction, &r) in active.iter().enumerate() {
            let mut own = [terms.len(); 3];
            for (side, part) in [0..aqueous, aqueous..k].into_iter().enumerate() {
                let nu = part.map(|row| (row, coefficient(&model.reactions[r].terms, rows[row].species)));
                terms.extend(nu.filter(|nu| nu.1 != 0.0).map(|(row, nu)| Term { reaction, row, nu, side }));
                own[side + 1] = terms.len();
            }
            by_reaction.push(own);
        }
        let swell = [(&case.aqueous_volume, false), (&case.organic_volume, true)]
            .map(|(volume, organic)| swell(model, &active, volume, organic));
        let mut base = vec![0.0; stages * k];
        for (i, row) in rows.iter().enumerate() {
            entering(case, row.species, model.organic[row.species], base.iter_mut().skip(i).step_by(k));
        }
        // Additions may bring water: it counts once it is there.
        let mut so_far = 0.0;
        let bring = |stage: usize| {
            if let Volume::Linear { per_amount, .. } = &case.aqueous_volume {
                let own = case.additions.get(stage).into_iter().flatten();
                so_far += own.map(|(species, amount)| amount * per_amount[*species]).sum::<f64>();
            }
            so_far
        };
        let mut search = Search {
            aqueous,
            terms,
            by_reaction,
            base,
            volumes: [case.aqueous_volume.of(case.aqueous), case.organic_volume.of(case.organic)],
            added: (0..stages).map(bring).collect(),
            sums: [vec![0.0; stages * m], vec![0.0; stages * m]],
            off: vec![0.0; stages * k],
            sizes: vec![0.0; stages * k],
            most: vec![0.0; k],
            change: vec![0.0; stages * m],
            model,
            case,
            inputs: vec![Dual::from(0.0); k],
            amounts: vec![0.0; stages * k],
            residual: vec![0.0; stages * m],
            slopes: vec![0.0; stages * m * k],
            log_constants: Vec::new(),
            train: Train::new(stages, m),
            active,
            extents: vec![0.0; stages * m],
            rows,
            swell,
            registers,
        };
        search.constants()?;
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

    /// Extents and positive amounts to start from: those of the guess where there is one.
    pub(super) fn begin(&mut self, guess: &[f64]) {
        let (stages, k, m) = (self.case.stages, self.rows.len(), self.active.len());
        let all = self.model.reactions.len();
        let guess = if guess.len() == stages * (all + k) { guess } else { &[] };
        for (at, extent) in self.extents.iter_mut().enumerate() {
            *extent = guess.get(at / m * all + self.active[at % m]).copied().unwrap_or(0.0);
        }
        add_up(&self.extents, stages, self.case.efficiency, &mut self.sums);
        self.amounts.copy_from_slice(&self.base);
        for stage in 0..stages {
            let amounts = &mut self.amounts[stage * k..(stage + 1) * k];
            moves(&self.terms, of_stage(&self.sums, stage, m), |row, amount| amounts[row] += amount);
        }
        let made = self.made();
        let guessed = guess.get(stages * all..).unwrap_or_default();
        for (at, amount) in self.amounts.iter_mut().enumerate() {
            let least = START * made[at % k];
            let cold = if *amount > 1e-6 * least { *amount } else { least.max(f64::MIN_POSITIVE) };
            *amount = guessed.get(at).copied().filter(|amount| *amount > 0.0).unwrap_or(cold);
        }
    }

    /// Most that the reactions could make or take of each row by what enters, species that do not enter left out.
    fn made(&self) -> Vec<f64> {
        let k = self.rows.len();
        let enters: Vec<f64> =
            (0..k).map(|i| self.base.iter().skip(i).step_by(k).fold(0.0, |most, n| n.max(most))).collect();
        let mut possible = vec![f64::INFINITY; self.active.len()];
        for term in self.terms.iter().filter(|term| enters[term.row] > 0.0) {
            let limit = &mut possible[term.reaction];
            *limit = limit.min(enters[term.row] / term.nu.abs());
        }
        let mut made = vec![0.0_f64; k];
        for term in &self.terms {
            made[term.row] = made[term.row].max(term.nu.abs() * possible[term.reaction]);
        }
        made
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
    pub(super) fn evaluate(&mut self) {
        let (k, m) = (self.rows.len(), self.active.len());
        for stage in 0..self.case.stages {
            let per_volume = self.volume(stage).map(f64::recip);
            for start in (0..k).step_by(PASS) {
                for (i, row) in self.rows.iter().enumerate() {
                    let size = per_volume[usize::from(i >= self.aqueous)];
                    let input = &mut self.inputs[row.input];
                    (input.value, input.gradient) = (self.amounts[stage * k + i] * size, [0.0; PASS]);
                    if let Some(own) = i.checked_sub(start).and_then(|at| input.gradient.get_mut(at)) {
                        *own = size;
                    }
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

    /// One Newton step, `fall` being what is left of an amount that it would change by so many times itself: the largest
    /// relative change of an amount; `None` if singular.
    pub(super) fn step(&mut self, fall: Fall) -> Option<f64> {
        let (k, m) = (self.rows.len(), self.active.len());
        self.train.begin();
        for stage in 0..self.case.stages {
            self.balance(stage);
            let off = &self.off[stage * k..(stage + 1) * k];
            let amounts = &self.amounts[stage * k..(stage + 1) * k];
            let parts = [0..self.aqueous, self.aqueous..k];
            let volume = self.volume(stage);
            let blocks = &mut self.train.blocks;
            for a in 0..m {
                let at = stage * m + a;
                let slopes = &self.slopes[at * k..(at + 1) * k];
                self.train.wanted[a] = dot(slopes, off) - self.residual[at];
                for (q, own) in self.by_reaction.iter().enumerate() {
                    for side in 0..2 {
                        let terms = &self.terms[own[side]..own[side + 1]];
                        let sum = terms.iter().fold(0.0, |sum, term| sum + slopes[term.row] * term.nu);
                        blocks[side][a * m + q] = sum;
                    }
                }
                for (side, part) in parts.iter().enumerate() {
                    if !self.swell[side].is_empty() {
                        let thinned = dot(&slopes[part.clone()], &amounts[part.clone()]) / volume[side];
                        let entries = blocks[side][a * m..(a + 1) * m].iter_mut();
                        entries.zip(&self.swell[side]).for_each(|(entry, swell)| *entry -= thinned * swell);
                    }
                }
            }
            self.train.pass(stage, self.case.efficiency)?;
        }
        self.train.extents(&mut self.change);
        let sound = self.change.iter().all(|extent| extent.is_finite());
        sound.then(|| self.take(fall))
    }

    /// Imbalance of each amount of a stage, which Newton brings to nothing in a whole step.
    fn balance(&mut self, stage: usize) {
        let own = stage * self.rows.len()..(stage + 1) * self.rows.len();
        let (off, sizes) = (&mut self.off[own.clone()], &mut self.sizes[own.clone()]);
        for (((off, size), amount), base) in
            off.iter_mut().zip(&mut *sizes).zip(&self.amounts[own.clone()]).zip(&self.base[own])
        {
            (*off, *size) = (amount - base, base.abs());
        }
        moves(&self.terms, of_stage(&self.sums, stage, self.active.len()), |row, moved| {
            off[row] -= moved;
            sizes[row] += moved.abs();
        });
    }

    /// Moves extents and amounts. What would fall goes down by `fall`: the same to first order, and never to zero. The balances
    /// that this leaves open the next step closes.
    fn take(&mut self, fall: Fall) -> f64 {
        let (k, m, stages) = (self.rows.len(), self.active.len(), self.case.stages);
        add_up(&self.change, stages, self.case.efficiency, &mut self.sums);
        self.most.fill(0.0);
        for amounts in self.amounts.chunks_exact(k) {
            self.most.iter_mut().zip(amounts).for_each(|(most, amount)| *most = most.max(*amount));
        }
        let mut largest = 0.0_f64;
        for stage in 0..stages {
            let own = stage * k..(stage + 1) * k;
            let off = &mut self.off[own.clone()];
            moves(&self.terms, of_stage(&self.sums, stage, m), |row, moved| off[row] -= moved);
            let amounts = self.amounts[own.clone()].iter_mut().zip(&self.most);
            for (((amount, most), off), size) in amounts.zip(off).zip(&self.sizes[own]) {
                let known = ROUNDING / SETTLED * most.max(*size);
                largest = largest.max(off.abs() / amount.max(known));
                *amount = if *off > 0.0 { *amount * fall(-*off / *amount) } else { *amount - *off };
            }
        }
        for (extent, change) in self.extents.iter_mut().zip(&self.change) {
            *extent += change;
        }
        add_up(&self.extents, stages, self.case.efficiency, &mut self.sums);
        largest
    }

    pub(super) fn not_converged(&self, iterations: usize) -> ContactError {
        let m = self.active.len();
        let worst = (0..self.residual.len())
            .max_by(|a, b| self.residual[*a].abs().total_cmp(&self.residual[*b].abs()))
            .unwrap_or(0);
        ContactError::NotConverged {
            iterations,
            reaction: self.model.reactions[self.active[worst % m]].name.clone(),
            stage: worst / m + 1,
            residual: self.residual.get(worst).copied().unwrap_or(f64::NAN),
        }
    }
}

/// As Newton's step of the logarithm would change an amount, down to [`DEEPEST`]: the sooner there.
pub(super) fn fall_of_logarithm(change: f64) -> f64 {
    if change < DEEPEST.0 { DEEPEST.1 } else { change.exp() }
}

/// As Newton's step of the reciprocal would: slower, and it settled each of 60,000 random contacts where bolder steps failed in some.
pub(super) fn fall_of_reciprocal(change: f64) -> f64 {
    1.0 / (1.0 - change)
}

fn coefficient(terms: &[(usize, f64)], species: usize) -> f64 {
    terms.iter().filter(|term| term.0 == species).map(|term| term.1).sum()
}

/// Change of the volume of a phase by the extents of reactions; empty if it stays.
fn swell(model: &Extraction, active: &[usize], volume: &Volume<'_>, organic: bool) -> Vec<f64> {
    let Volume::Linear { per_amount, .. } = volume else { return Vec::new() };
    let own = |r: &usize| {
        let terms =
            model.reactions[*r].terms.iter().filter(|(species, _)| model.organic[*species] == organic);
        terms.map(|(species, nu)| nu * per_amount[*species]).sum()
    };
    active.iter().map(own).collect()
}

/// What enters of a species up to and with each stage, before reactions.
fn entering<'a>(
    case: &Contact<'_>,
    species: usize,
    organic: bool,
    stages: impl Iterator<Item = &'a mut f64>,
) {
    let mut amount = if organic { case.organic[species] } else { case.aqueous[species] };
    for (stage, entered) in stages.enumerate() {
        if !organic {
            amount += coefficient(case.additions.get(stage).map_or(&[], Vec::as_slice), species);
        }
        *entered = amount;
    }
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
