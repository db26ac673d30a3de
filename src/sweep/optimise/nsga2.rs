//! NSGA-II: the front between several aims, under limits.
//!
//! # Source
//! K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, IEEE Trans. Evol. Comput. 6 (2002) 182: sorting into fronts, crowding
//! distance, constrained dominance; simulated binary crossover (index 15) and polynomial mutation (index 20).

use super::problem::{OptimiseError, Problem};
use crate::sweep::design::Sobol;
use crate::sweep::design::random::{Purpose, below, generator, open_unit};
use crate::sweep::engine::Model;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::cmp::Ordering;

/// Settings of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nsga2 {
    /// Points kept from generation to generation.
    pub population: usize,
    /// Generations.
    pub generations: usize,
    /// Seed of the operators.
    pub seed: u64,
}

impl Default for Nsga2 {
    fn default() -> Self {
        Nsga2 { population: 60, generations: 60, seed: 1 }
    }
}

/// A point with its worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Individual {
    /// Point, 0..1 along each variable.
    pub at: Vec<f64>,
    /// Costs, less is better.
    pub costs: Vec<f64>,
    /// The model's row, SI; empty where it has no result.
    pub row: Vec<f64>,
    /// Sum of broken limits; infinite where there is no result.
    pub violation: f64,
    rank: usize,
    crowding: f64,
}

/// Points of the front, by the first aim; all keep the limits unless none does.
///
/// # Errors
/// [`OptimiseError`] with a single aim, or if no point has a result.
pub fn front<M: Model + ?Sized>(
    problem: &Problem<'_, M>,
    settings: &Nsga2,
) -> Result<Vec<Individual>, OptimiseError> {
    if problem.aims.len() < 2 {
        return Err(OptimiseError::OneAim);
    }
    let size = settings.population.max(8).next_multiple_of(2);
    let start = Sobol::new(problem.variables(), settings.seed)
        .ok_or_else(|| OptimiseError::Settings("too many variables".into()))?;
    let points = (0..size as u64)
        .map(|k| (0..problem.variables()).map(|d| start.coordinate(k, d)).collect())
        .collect();
    let mut parents = evaluated(problem, points);
    sort(&mut parents);
    for generation in 0..settings.generations as u64 {
        let mut draws = generator(settings.seed, Purpose::Genetic, generation);
        let children = evaluated(problem, offspring(&parents, size, &mut draws));
        parents.extend(children);
        sort(&mut parents);
        parents.truncate(size);
    }
    let mut front: Vec<Individual> =
        parents.into_iter().filter(|one| one.rank == 0 && one.violation.is_finite()).collect();
    if front.is_empty() {
        return Err(OptimiseError::Nothing(problem.last_failure()));
    }
    front.sort_by(|a, b| order(&a.costs, &b.costs).then_with(|| order(&a.at, &b.at)));
    front.dedup_by(|a, b| a.costs == b.costs);
    Ok(front)
}

fn order(a: &[f64], b: &[f64]) -> Ordering {
    a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn evaluated<M: Model + ?Sized>(problem: &Problem<'_, M>, points: Vec<Vec<f64>>) -> Vec<Individual> {
    let individual = |at: Vec<f64>| {
        let (costs, violation, row) = match problem.row(&at) {
            Ok(row) => (problem.costs(&row), problem.violation(&row), row),
            Err(_) => (vec![f64::INFINITY; problem.aims.len()], f64::INFINITY, Vec::new()),
        };
        Individual { at, costs, row, violation, rank: 0, crowding: 0.0 }
    };
    points.into_par_iter().map(individual).collect()
}

/// Whether `a` beats `b`: by its limits, else in no aim worse and in one better.
fn beats(a: &Individual, b: &Individual) -> bool {
    if a.violation != b.violation {
        return a.violation < b.violation;
    }
    let pairs = || a.costs.iter().zip(&b.costs);
    pairs().all(|(a, b)| a <= b) && pairs().any(|(a, b)| a < b)
}

/// Ranks, crowding distances, and the order of survival.
fn sort(all: &mut [Individual]) {
    let count = all.len();
    let mut beaten_by = vec![0_usize; count];
    let mut beaten: Vec<Vec<usize>> = vec![Vec::new(); count];
    for a in 0..count {
        for b in 0..count {
            if beats(&all[a], &all[b]) {
                beaten[a].push(b);
                beaten_by[b] += 1;
            }
        }
    }
    let mut front: Vec<usize> = (0..count).filter(|one| beaten_by[*one] == 0).collect();
    let mut rank = 0;
    while !front.is_empty() {
        let mut next = Vec::new();
        for &one in &front {
            all[one].rank = rank;
            for &loser in &beaten[one] {
                beaten_by[loser] -= 1;
                if beaten_by[loser] == 0 {
                    next.push(loser);
                }
            }
        }
        crowd(all, &front);
        next.sort_unstable();
        front = next;
        rank += 1;
    }
    all.sort_by(|a, b| {
        a.rank.cmp(&b.rank).then(b.crowding.total_cmp(&a.crowding)).then_with(|| order(&a.at, &b.at))
    });
}

fn crowd(all: &mut [Individual], front: &[usize]) {
    front.iter().for_each(|&one| all[one].crowding = 0.0);
    for aim in 0..all[front[0]].costs.len() {
        let mut sorted = front.to_vec();
        sorted.sort_by(|&a, &b| {
            all[a].costs[aim].total_cmp(&all[b].costs[aim]).then_with(|| order(&all[a].at, &all[b].at))
        });
        let (first, last) = (sorted[0], sorted[sorted.len() - 1]);
        let span = all[last].costs[aim] - all[first].costs[aim];
        all[first].crowding = f64::INFINITY;
        all[last].crowding = f64::INFINITY;
        if span > 0.0 && span.is_finite() {
            for three in sorted.windows(3) {
                let gap = (all[three[2]].costs[aim] - all[three[0]].costs[aim]) / span;
                all[three[1]].crowding += gap;
            }
        }
    }
}

fn offspring(parents: &[Individual], size: usize, draws: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    let mut children = Vec::with_capacity(size);
    while children.len() < size {
        let (mother, father) = (tournament(parents, draws), tournament(parents, draws));
        let (one, other) = crossed(&mother.at, &father.at, draws);
        children.push(mutated(one, draws));
        children.push(mutated(other, draws));
    }
    children
}

/// The better of two; parents stand in the order of survival.
fn tournament<'a>(parents: &'a [Individual], draws: &mut ChaCha8Rng) -> &'a Individual {
    let pick = |draws: &mut ChaCha8Rng| below(draws, parents.len() as u64) as usize;
    let (a, b) = (pick(draws), pick(draws));
    &parents[a.min(b)]
}

fn crossed(a: &[f64], b: &[f64], draws: &mut ChaCha8Rng) -> (Vec<f64>, Vec<f64>) {
    let index = 15.0;
    let (mut one, mut other) = (a.to_vec(), b.to_vec());
    if open_unit(draws) < 0.9 {
        for k in 0..a.len() {
            let (taken, u) = (open_unit(draws) < 0.5, open_unit(draws));
            let spread: f64 = if u < 0.5 { 2.0 * u } else { 1.0 / (2.0 * (1.0 - u)) };
            let spread = spread.powf(1.0 / (index + 1.0));
            if taken {
                one[k] = (0.5 * ((1.0 + spread) * a[k] + (1.0 - spread) * b[k])).clamp(0.0, 1.0);
                other[k] = (0.5 * ((1.0 - spread) * a[k] + (1.0 + spread) * b[k])).clamp(0.0, 1.0);
            }
        }
    }
    (one, other)
}

fn mutated(mut at: Vec<f64>, draws: &mut ChaCha8Rng) -> Vec<f64> {
    let index = 20.0;
    let chance = 1.0 / at.len() as f64;
    for value in &mut at {
        let (hit, u) = (open_unit(draws) < chance, open_unit(draws));
        if hit {
            let shift = if u < 0.5 {
                (2.0 * u).powf(1.0 / (index + 1.0)) - 1.0
            } else {
                1.0 - (2.0 * (1.0 - u)).powf(1.0 / (index + 1.0))
            };
            *value = (*value + shift).clamp(0.0, 1.0);
        }
    }
    at
}
