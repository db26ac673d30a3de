//! Balances added up so that what holds nearly all of several components stands in the balance of one.
//!
//! Where one compound holds nearly all of two components, as HgS does of equal totals of mercury and sulfide, what stays free is
//! smaller than the rounding of the totals, and both balances are the same equation. Their difference is exact: the compound is not in
//! it, and equal totals cancel. An elimination among the balances, the largest holders first, finds which differences those are.

use super::problem::{Condition, Problem};
use super::system::System;
use super::workspace::Workspace;

/// Share of a balance above which a holder is kept out of other balances.
const LARGE: f64 = 0.5;
/// Newton steps after which the holders are looked at again.
pub(super) const EVERY: usize = 4;

/// Balances being combined: the coefficients of each holder, and of each component's own balance.
struct Balances {
    /// Rows of components with a total.
    rows: Vec<usize>,
    counts: Vec<Vec<f64>>,
    parts: Vec<Vec<f64>>,
    /// Amounts of the holders, mol/kg.
    amounts: Vec<f64>,
}

impl System {
    /// Combines the balances at the present molalities and solids.
    pub(super) fn recombine(&self, problem: &Problem, ws: &mut Workspace) {
        let mut balances = self.balances(problem, ws);
        balances.eliminate();
        ws.combine(&balances.rows, &balances.counts, &balances.parts);
    }

    /// The balances as they are, of species first and solids behind them.
    fn balances(&self, problem: &Problem, ws: &Workspace) -> Balances {
        let total = |row: &usize| matches!(problem.conditions[ws.component_of[*row]], Condition::Total(_));
        let rows: Vec<usize> = (0..ws.layout.free).filter(total).collect();
        let kg = ws.kilograms(problem);
        let of_species = |at: &usize| match self.species.get(*at) {
            Some(species) => &species.balance,
            None => &self.phases[at - self.species.len()].reaction.terms,
        };
        let solids = ws.solids.iter().map(|k| &self.phases[problem.candidates[*k].phase].reaction.terms);
        let terms: Vec<&Vec<(usize, f64)>> = ws.active.iter().map(of_species).chain(solids).collect();
        let amounts = ws.m.iter().copied().chain(ws.solids.iter().map(|k| (ws.amounts[*k] / kg).max(0.0)));
        let count = |row: &usize, terms: &Vec<(usize, f64)>| {
            terms.iter().find(|t| t.0 == ws.component_of[*row]).map_or(0.0, |t| t.1)
        };
        let counts = rows.iter().map(|row| terms.iter().map(|terms| count(row, terms)).collect());
        let unit = |at: usize| (0..rows.len()).map(|k| if k == at { 1.0 } else { 0.0 }).collect();
        Balances {
            counts: counts.collect(),
            parts: (0..rows.len()).map(unit).collect(),
            amounts: amounts.collect(),
            rows,
        }
    }
}

impl Balances {
    fn eliminate(&mut self) {
        let mut done = vec![false; self.rows.len()];
        while let Some((row, holder)) = self.largest(&done) {
            done[row] = true;
            for other in (0..self.rows.len()).filter(|other| *other != row) {
                if self.share(other, holder) > LARGE {
                    self.subtract(other, row, holder);
                }
            }
        }
    }

    /// The largest holder of a balance that has none yet.
    fn largest(&self, done: &[bool]) -> Option<(usize, usize)> {
        let mut best = (LARGE, None);
        for row in (0..self.rows.len()).filter(|row| !done[*row]) {
            let whole = self.whole(row);
            for (holder, (count, amount)) in self.counts[row].iter().zip(&self.amounts).enumerate() {
                if (count * amount).abs() / whole > best.0 {
                    best = ((count * amount).abs() / whole, Some((row, holder)));
                }
            }
        }
        best.1
    }

    fn whole(&self, row: usize) -> f64 {
        self.counts[row].iter().zip(&self.amounts).map(|(count, amount)| (count * amount).abs()).sum()
    }

    fn share(&self, row: usize, holder: usize) -> f64 {
        (self.counts[row][holder] * self.amounts[holder]).abs() / self.whole(row)
    }

    /// Takes a holder out of a balance by another one that it stands in.
    fn subtract(&mut self, from: usize, row: usize, holder: usize) {
        let factor = self.counts[from][holder] / self.counts[row][holder];
        for table in [&mut self.counts, &mut self.parts] {
            let taken = table[row].clone();
            for (x, y) in table[from].iter_mut().zip(taken) {
                *x -= factor * y;
                if x.abs() < 1e-9 {
                    *x = 0.0; // a third thrice from one
                }
            }
        }
        self.counts[from][holder] = 0.0;
    }
}
