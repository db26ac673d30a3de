//! One best point: SLSQP, COBYLA, CMA-ES.

use super::problem::{Best, OptimiseError, Problem};
use crate::sweep::engine::Model;
use rayon::prelude::*;

/// Step of the differences in the unit cube: their error, about its square, stays below that of a run at rtol 1e-6
/// divided by the step.
const STEP: f64 = 1e-3;

/// Cost of a point without a result, in units of the scaled aim.
const NO_RESULT: f64 = 1e6;

/// Scale that brings the aim to about 1, from the start.
fn scale<M: Model + ?Sized>(problem: &Problem<'_, M>, start: &[f64]) -> Result<f64, OptimiseError> {
    if problem.aims.len() > 1 {
        return Err(OptimiseError::SeveralAims(problem.aims.len()));
    }
    let row = problem.row(start).map_err(OptimiseError::Start)?;
    let cost = problem.costs(&row)[0].abs();
    Ok(if cost > 0.0 { cost } else { 1.0 })
}

/// Scaled aim (`which` = None) or the excess of a limit.
fn value<M: Model + ?Sized>(problem: &Problem<'_, M>, at: &[f64], scale: f64, which: Option<usize>) -> f64 {
    match (problem.row(at), which) {
        (Ok(row), None) => problem.costs(&row)[0] / scale,
        (Ok(row), Some(limit)) => problem.excess(&row)[limit],
        (Err(_), None) => NO_RESULT,
        (Err(_), Some(_)) => 1.0,
    }
}

/// Gradient of the scaled aim or of the excess of a limit: the model's own derivatives, else differences.
fn gradient<M: Model + ?Sized>(
    problem: &Problem<'_, M>,
    at: &[f64],
    scale: f64,
    which: Option<usize>,
    out: &mut [f64],
) {
    let Some(slopes) = problem.slopes(at) else { return differences(problem, at, scale, which, out) };
    let (column, factor) = match which {
        None => (problem.aims[0].column, problem.aims[0].sense.sign() / scale),
        Some(limit) => {
            let limit = &problem.limits[limit];
            (limit.column, limit.sense.sign() / limit.scale())
        }
    };
    let own = &slopes[column * at.len()..][..at.len()];
    out.iter_mut().zip(own).for_each(|(out, slope)| *out = factor * slope);
}

/// Gradient by central differences, one-sided at the walls of the cube; the points are run in parallel.
fn differences<M: Model + ?Sized>(
    problem: &Problem<'_, M>,
    at: &[f64],
    scale: f64,
    which: Option<usize>,
    out: &mut [f64],
) {
    let ends = |variable: usize| ((at[variable] - STEP).max(0.0), (at[variable] + STEP).min(1.0));
    let moved = |variable: usize, to: f64| {
        let mut point = at.to_vec();
        point[variable] = to;
        point
    };
    let runs: Vec<Vec<f64>> = (0..at.len())
        .flat_map(|k| [moved(k, ends(k).0), moved(k, ends(k).1)])
        .filter(|point| point != at)
        .collect();
    // all or none, so that the last points do not depend on the threads; without slopes the method ends where it is
    if !problem.has_room(&runs) {
        out.fill(0.0);
        return;
    }
    runs.par_iter().for_each(|point| {
        let _ = problem.row(point);
    });
    for (variable, slope) in out.iter_mut().enumerate() {
        let (low, high) = ends(variable);
        let at = |to: f64| value(problem, &moved(variable, to), scale, which);
        *slope = (at(high) - at(low)) / (high - low);
    }
}

/// How a search ends: its steps have become small.
const SETTLED: &str = "it has settled";
/// It may have been on its way.
const SPENT: &str = "its runs are used up";
/// It finds no step that betters the aim and keeps the limits.
const STUCK: &str = "no step from its last point is better";

/// The best point of a search that ended so; where it keeps not all limits, it says so, whatever the method made of that.
fn ended<M: Model + ?Sized>(
    problem: &Problem<'_, M>,
    method: &str,
    word: &str,
) -> Result<Best, OptimiseError> {
    let word = if problem.room() == 0 { SPENT } else { word };
    let mut best = problem.best(format!("{method}: {word}"))?;
    if !best.broken.is_empty() {
        let why = if word == SPENT { " yet" } else { "" };
        best.ended = format!("{method}: {word}; no point that was tried keeps all limits{why}");
    }
    Ok(best)
}

/// Sequential quadratic programming from `start` (0..1), with gradients.
///
/// # Errors
/// [`OptimiseError`] if the start has no result or there is more than one aim.
pub fn slsqp<M: Model + ?Sized>(
    problem: &Problem<'_, M>,
    start: &[f64],
    evaluations: usize,
) -> Result<Best, OptimiseError> {
    problem.bound(evaluations);
    let scale = scale(problem, start)?;
    let function = |which: Option<usize>| {
        move |at: &[f64], slopes: Option<&mut [f64]>, _: &mut ()| {
            if let Some(slopes) = slopes {
                gradient(problem, at, scale, which, slopes);
            }
            value(problem, at, scale, which)
        }
    };
    let limits: Vec<_> = (0..problem.limits.len()).map(|limit| function(Some(limit))).collect();
    let limits: Vec<&dyn slsqp::Func<()>> =
        limits.iter().map(|limit| limit as &dyn slsqp::Func<()>).collect();
    let tolerance = slsqp::StopTols { ftol_rel: 1e-8, xtol_rel: 1e-7, ..Default::default() };
    let bounds = vec![(0.0, 1.0); problem.variables()];
    let outcome = slsqp::minimize(function(None), start, &bounds, &limits, (), evaluations, Some(tolerance));
    use slsqp::SuccessStatus;
    let word = match outcome {
        Ok((SuccessStatus::MaxEvalReached | SuccessStatus::MaxTimeReached, ..)) => SPENT,
        Ok(_) => SETTLED,
        Err(_) => STUCK,
    };
    ended(problem, "slsqp", word)
}

/// Linear approximations without gradients, from `start` (0..1).
///
/// # Errors
/// [`OptimiseError`] if the start has no result or there is more than one aim.
pub fn cobyla<M: Model + ?Sized>(
    problem: &Problem<'_, M>,
    start: &[f64],
    evaluations: usize,
) -> Result<Best, OptimiseError> {
    problem.bound(evaluations);
    let scale = scale(problem, start)?;
    let aim = |at: &[f64], _: &mut ()| value(problem, at, scale, None);
    // this crate wants limits that are kept where they are not negative
    let limits: Vec<_> = (0..problem.limits.len())
        .map(|limit| move |at: &[f64], _: &mut ()| -value(problem, at, scale, Some(limit)))
        .collect();
    let limits: Vec<&dyn cobyla::Func<()>> =
        limits.iter().map(|limit| limit as &dyn cobyla::Func<()>).collect();
    let tolerance = cobyla::StopTols { ftol_rel: 1e-8, xtol_rel: 1e-6, ..Default::default() };
    let bounds = vec![(0.0, 1.0); problem.variables()];
    let start_size = cobyla::RhoBeg::All(0.2);
    let outcome =
        cobyla::minimize(aim, start, &bounds, &limits, (), evaluations, start_size, Some(tolerance));
    use cobyla::SuccessStatus;
    let word = match outcome {
        Ok((SuccessStatus::MaxEvalReached | SuccessStatus::MaxTimeReached, ..)) => SPENT,
        Ok(_) => SETTLED,
        Err(_) => STUCK,
    };
    ended(problem, "cobyla", word)
}

/// Evolution with an adapted covariance over the whole range, then [`slsqp`] from the best point, within `evaluations` runs together.
///
/// Limits enter as a penalty that outweighs the aim; points beyond the walls are reflected back.
///
/// # Errors
/// [`OptimiseError`] if no point has a result or there is more than one aim.
pub fn cma_es<M: Model + ?Sized>(
    problem: &Problem<'_, M>,
    start: &[f64],
    evaluations: usize,
    seed: u64,
) -> Result<Best, OptimiseError> {
    if problem.aims.len() > 1 {
        return Err(OptimiseError::SeveralAims(problem.aims.len()));
    }
    problem.bound(evaluations);
    let scale = scale(problem, start).unwrap_or(1.0);
    // whole generations, run at once by all threads, and a quarter of the runs for the polish
    let size = 4 + (3.0 * (problem.variables() as f64).ln()) as usize;
    let generations = (problem.room() - evaluations / 4) / size;
    if generations == 0 {
        return slsqp(problem, start, evaluations);
    }
    let cost = |at: &cmaes::DVector<f64>| {
        let at: Vec<f64> = at.iter().map(|share| reflected(*share)).collect();
        match problem.row(&at) {
            Ok(row) => problem.costs(&row)[0] / scale + 1e3 * problem.violation(&row),
            Err(_) => NO_RESULT,
        }
    };
    let mut search = cmaes::CMAESOptions::new(start.to_vec(), 0.3)
        .seed(seed)
        .population_size(size)
        .max_generations(generations)
        .tol_x(1e-6)
        .tol_fun(1e-10)
        .build(cost)
        .map_err(|error| OptimiseError::Settings(format!("{error:?}")))?;
    let run = search.run_parallel();
    let spent = run.reasons.iter().any(|reason| matches!(reason, cmaes::TerminationReason::MaxGenerations));
    let own = if spent { SPENT } else { SETTLED };
    match problem.best_place() {
        Some(place) => {
            let polished = slsqp(problem, &place, evaluations)?;
            Ok(Best { ended: format!("cma-es: {own}; then {}", polished.ended), ..polished })
        }
        None => ended(problem, "cma-es", own),
    }
}

/// The unit interval, mirrored at its ends.
fn reflected(share: f64) -> f64 {
    let turned = share.rem_euclid(2.0);
    if turned > 1.0 { 2.0 - turned } else { turned }
}
