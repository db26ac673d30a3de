use super::*;
use crate::sweep::analysis::Sense;
use crate::sweep::design::{Marginal, Scale};
use crate::sweep::engine::{CaseError, Factor, Model, Output};

type Function = fn(&[f64], &mut [f64]) -> Result<(), CaseError>;
type Slopes = fn(&[f64]) -> Vec<f64>;

struct Plant {
    factors: Vec<Factor>,
    outputs: Vec<Output>,
    function: Function,
    slopes: Option<Slopes>,
}

impl Plant {
    fn new(factors: usize, outputs: usize, function: Function) -> Plant {
        Plant {
            factors: (0..factors).map(|k| Factor::number(&format!("x{k}"), "x", "1")).collect(),
            outputs: (0..outputs).map(|k| Output::number(&format!("f{k}"), "f", "1")).collect(),
            function,
            slopes: None,
        }
    }
}

impl Model for Plant {
    fn factors(&self) -> &[Factor] {
        &self.factors
    }
    fn outputs(&self) -> &[Output] {
        &self.outputs
    }
    fn run(&self, _: u64, point: &[f64], row: &mut [f64]) -> Result<(), CaseError> {
        (self.function)(point, row)
    }
    fn slopes(&self, point: &[f64], _: &[f64]) -> Option<Result<Vec<f64>, CaseError>> {
        self.slopes.map(|slopes| Ok(slopes(point)))
    }
}

fn ranges(count: usize, from: f64, to: f64) -> Vec<Marginal> {
    vec![Marginal::Range { from, to, scale: Scale::Linear, points: 1 }; count]
}

fn aim(column: usize) -> Aim {
    Aim { column, name: format!("f{column}"), sense: Sense::Minimise }
}

/// W. Hock, K. Schittkowski, *Test examples for nonlinear programming codes* (1981), problem 71 (its equality as two
/// limits): f* = 17.0140173 at (1, 4.7429994, 3.8211503, 1.3794082).
fn hs71(x: &[f64], row: &mut [f64]) -> Result<(), CaseError> {
    row[0] = x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2];
    row[1] = x.iter().product();
    row[2] = x.iter().map(|x| x * x).sum();
    Ok(())
}

#[test]
fn gradients_solve_a_published_problem_with_limits() {
    let plant = Plant::new(4, 3, hs71);
    let limit = |column, sense, bound| Limit::new(column, "f", sense, bound);
    let limits = vec![
        limit(1, Sense::Maximise, 25.0),
        limit(2, Sense::Minimise, 40.0),
        limit(2, Sense::Maximise, 40.0),
    ];
    for method in ["slsqp", "cobyla"] {
        let problem = Problem::new(&plant, ranges(4, 1.0, 5.0), vec![aim(0)], limits.clone()).unwrap();
        let start = [0.0, 1.0, 1.0, 0.0];
        let best = match method {
            "slsqp" => slsqp(&problem, &start, 500),
            _ => cobyla(&problem, &start, 4000),
        }
        .unwrap();
        assert!((best.row[0] - 17.014_017_3).abs() < 2e-3, "{method}: {best:?}");
        assert!(best.violation < 1e-4, "{method}: {best:?}");
    }
}

/// The same problem in logarithms of its variables with the derivatives that the model gives: they are turned into those of the
/// unit cube, and no run is spent on differences.
#[test]
fn derivatives_of_the_model_take_the_place_of_differences() {
    let mut plant = Plant::new(4, 3, hs71);
    plant.slopes = Some(|x| {
        let (sum, product) = (x[0] + x[1] + x[2], x.iter().product::<f64>());
        let cost = [x[3] * (sum + x[0]), x[0] * x[3], x[0] * x[3] + 1.0, x[0] * sum];
        let rest = x.iter().map(|x| product / x).chain(x.iter().map(|x| 2.0 * x));
        cost.into_iter().chain(rest).collect()
    });
    let limit = |column, sense, bound| Limit::new(column, "f", sense, bound);
    let limits = vec![
        limit(1, Sense::Maximise, 25.0),
        limit(2, Sense::Minimise, 40.0),
        limit(2, Sense::Maximise, 40.0),
    ];
    let ranges = vec![Marginal::Range { from: 1.0, to: 5.0, scale: Scale::Log, points: 1 }; 4];
    let problem = Problem::new(&plant, ranges, vec![aim(0)], limits).unwrap();
    let best = slsqp(&problem, &[0.0, 1.0, 1.0, 0.0], 500).unwrap();
    assert!((best.row[0] - 17.014_017_3).abs() < 1e-6, "{best:?}");
    assert!(best.gradients > 0 && best.evaluations < 4 * best.gradients, "{best:?}");
}

/// L. A. Rastrigin's function: a best value of 0 at the origin among many local ones.
fn rastrigin(x: &[f64], row: &mut [f64]) -> Result<(), CaseError> {
    row[0] = x.iter().map(|x| x * x - 10.0 * (2.0 * std::f64::consts::PI * x).cos() + 10.0).sum();
    if x[0] > 4.0 { Err(CaseError::new("off the map")) } else { Ok(()) }
}

#[test]
fn evolution_leaves_local_valleys_and_survives_failing_cases() {
    let plant = Plant::new(2, 1, rastrigin);
    let search = |seed| {
        let problem = Problem::new(&plant, ranges(2, -5.12, 5.12), vec![aim(0)], vec![]).unwrap();
        cma_es(&problem, &[0.7, 0.3], 4000, seed).unwrap()
    };
    let best = (1..=4).map(search).min_by(|a, b| a.row[0].total_cmp(&b.row[0])).unwrap();
    assert!(best.row[0] < 1e-6, "{best:?}");
    assert_eq!(search(3).point, search(3).point, "the same seed gives the same answer");
}

/// E. Zitzler, K. Deb, L. Thiele, Evol. Comput. 8 (2000) 173, ZDT1: the front is f1 = 1 - √f0, all other x = 0.
fn zdt1(x: &[f64], row: &mut [f64]) -> Result<(), CaseError> {
    let g = 1.0 + 9.0 * x[1..].iter().sum::<f64>() / (x.len() - 1) as f64;
    row[0] = x[0];
    row[1] = g * (1.0 - (x[0] / g).sqrt());
    Ok(())
}

#[test]
fn fronts_reach_the_published_one() {
    let plant = Plant::new(6, 2, zdt1);
    let run = || {
        let problem = Problem::new(&plant, ranges(6, 0.0, 1.0), vec![aim(0), aim(1)], vec![]).unwrap();
        front(&problem, &Nsga2 { population: 60, generations: 250, seed: 2 }).unwrap()
    };
    let found = run();
    assert!(found.len() > 30, "{}", found.len());
    let worst = found.iter().map(|one| one.costs[1] - (1.0 - one.costs[0].sqrt())).fold(0.0, f64::max);
    assert!(worst < 0.02, "{worst}");
    assert!(found[0].costs[0] < 0.05 && found[found.len() - 1].costs[0] > 0.95);
    assert_eq!(found, run());
}

#[test]
fn faults_of_a_problem_are_told() {
    let plant = Plant::new(2, 1, rastrigin);
    assert_eq!(Problem::new(&plant, ranges(2, 0.0, 1.0), vec![], vec![]).err(), Some(OptimiseError::NoAim));
    let problem = Problem::new(&plant, ranges(2, 0.0, 1.0), vec![aim(0)], vec![]).unwrap();
    assert_eq!(front(&problem, &Nsga2::default()).err(), Some(OptimiseError::OneAim));
}

/// Whatever a method is made of, it runs no more points than it was given, at any number of threads.
#[test]
fn runs_are_bounded() {
    let plant = Plant::new(2, 1, rastrigin);
    type Method = fn(&Problem<'_, Plant>, usize) -> Result<Best, OptimiseError>;
    let methods: [Method; 3] = [
        |problem, most| cma_es(problem, &[0.7, 0.3], most, 3),
        |problem, most| slsqp(problem, &[0.7, 0.3], most),
        |problem, most| cobyla(problem, &[0.7, 0.3], most),
    ];
    for method in methods {
        for most in [1, 2, 5, 7, 20, 50, 101] {
            let found = || {
                let problem = Problem::new(&plant, ranges(2, -5.12, 5.12), vec![aim(0)], vec![]).unwrap();
                method(&problem, most).unwrap()
            };
            let best = found();
            assert!(best.evaluations <= most, "{} of {most}: {}", best.evaluations, best.ended);
            assert_eq!(best, found());
        }
    }
}

#[test]
fn a_front_without_a_result_tells_what_the_plant_said() {
    let plant = Plant::new(1, 2, |_, _| Err(CaseError::new("unit `leach`: out of range")));
    let problem = Problem::new(&plant, ranges(1, 0.0, 1.0), vec![aim(0), aim(1)], vec![]).unwrap();
    let settings = Nsga2 { population: 8, generations: 1, seed: 1 };
    let said = front(&problem, &settings).unwrap_err().to_string();
    assert!(said.contains("unit `leach`: out of range"), "{said}");
}
