//! Cross-validation: each group of observations predicted by a fit without it.
//!
//! Without a refit the fit without a group is the Gauss-Newton step from the fit of all, with the rows of the group taken
//! out of `JᵀJ` and `Jᵀr`: one small linear solve and one run of the group's experiments. That is exact for a linear model and
//! first order for others. A refit searches on from there.

use super::estimate::Fit;
use super::problem::{Against, Problem};
use crate::numerics::least_squares::minimise;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A row predicted without its group.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// Number of the row.
    pub row: usize,
    /// Group that was left out.
    pub group: String,
    /// Prediction by the fit without the group, SI; NaN where there is none.
    pub predicted: f64,
}

/// Rows of each group; `None` if a row has no such column.
pub fn groups(problem: &Problem<'_>, column: &str) -> Option<BTreeMap<String, Vec<usize>>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, row) in problem.rows().enumerate() {
        groups.entry(row.group(column)?).or_default().push(index);
    }
    Some(groups)
}

/// Every row predicted by a fit without its group, in the order of the rows; `refits` is the number of Jacobians that the
/// search without a group may take, none for the first-order step alone.
pub fn validate(
    problem: &Problem<'_>,
    fit: &Fit,
    groups: &BTreeMap<String, Vec<usize>>,
    refits: usize,
    done: &(dyn Fn() + Sync),
) -> Vec<Left> {
    let parts: Vec<Vec<Left>> = groups
        .par_iter()
        .map(|(group, rows)| {
            let x = without(problem, fit, rows, refits);
            let mut wanted = vec![false; fit.predicted.len()];
            rows.iter().for_each(|&row| wanted[row] = true);
            let predicted = problem.predict_some(&x, &wanted);
            done();
            rows.iter().map(|&row| Left { row, group: group.clone(), predicted: predicted[row] }).collect()
        })
        .collect();
    let mut left: Vec<Left> = parts.concat();
    left.sort_by_key(|one| one.row);
    left
}

/// The unknowns of a fit without some rows.
fn without(problem: &Problem<'_>, fit: &Fit, rows: &[usize], refits: usize) -> Vec<f64> {
    let mut against = Against::own(problem);
    rows.iter().for_each(|&row| against.kept[row] = false);
    let start = first_order(problem, fit, &against);
    if refits == 0 {
        return start;
    }
    let mut settings = problem.settings(refits);
    settings.tolerance = 1e-6;
    // where the first-order step leads astray, the fit of all is the better start
    let found = [start.as_slice(), fit.minimum.x.as_slice()]
        .into_iter()
        .filter_map(|start| {
            let predicted = problem.predict(start)?;
            let cost = settings.loss.cost(&against.residuals_of(start, &predicted));
            Some((cost, start))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let found = found.and_then(|(_, start)| minimise(&against, start, &settings));
    found.map_or(start, |minimum| minimum.x)
}

fn first_order(problem: &Problem<'_>, fit: &Fit, against: &Against<'_, '_>) -> Vec<f64> {
    let x = &fit.minimum.x;
    let mut residuals: DVector<f64> = against.residuals_of(x, &fit.predicted);
    let mut jacobian = against.jacobian_of(&fit.derivatives, &fit.predicted);
    problem.loss.scale(&mut residuals, &mut jacobian);
    let movable: Vec<usize> = (0..x.len())
        .filter(|&index| !problem.unknowns[index].fixed && !fit.estimates[index].at_bound)
        .collect();
    let own = jacobian.select_columns(&movable);
    let mut normal: DMatrix<f64> = own.tr_mul(&own);
    // a parameter that only the group fixes stays where it is
    let whole = against_all(problem, fit).select_columns(&movable);
    for (index, column) in whole.column_iter().enumerate() {
        normal[(index, index)] += 1e-6 * column.norm_squared().max(f64::MIN_POSITIVE);
    }
    let mut moved = x.clone();
    if let Some(solved) = normal.cholesky() {
        let step = solved.solve(&-own.tr_mul(&residuals));
        for (&index, step) in movable.iter().zip(step.iter()) {
            let unknown = &problem.unknowns[index];
            moved[index] = (x[index] + step).clamp(unknown.lower, unknown.upper);
        }
    }
    moved
}

fn against_all(problem: &Problem<'_>, fit: &Fit) -> DMatrix<f64> {
    Against::own(problem).jacobian_of(&fit.derivatives, &fit.predicted)
}
