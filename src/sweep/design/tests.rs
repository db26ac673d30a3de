use super::*;

fn uniform(from: f64, to: f64, points: usize) -> Marginal {
    Marginal::Range { from, to, scale: Scale::Linear, points }
}

fn named(marginals: Vec<Marginal>) -> Vec<(String, Marginal)> {
    marginals.into_iter().enumerate().map(|(place, marginal)| (format!("x{place}"), marginal)).collect()
}

fn all(design: &Design) -> Vec<Vec<f64>> {
    (0..design.cases())
        .map(|index| {
            let mut point = vec![0.0; design.names().len()];
            design.point(index, &mut point);
            point
        })
        .collect()
}

#[test]
fn grid_runs_the_last_factor_fastest() {
    let design =
        Design::new(Method::Grid, named(vec![uniform(0.0, 1.0, 2), uniform(5.0, 7.0, 3)]), 1).unwrap();
    assert_eq!(
        all(&design),
        [[0.0, 5.0], [0.0, 6.0], [0.0, 7.0], [1.0, 5.0], [1.0, 6.0], [1.0, 7.0]].map(|row| row.to_vec())
    );
}

#[test]
fn zip_needs_equal_lengths() {
    let levels = |count: usize| Marginal::Levels((0..count).map(|value| value as f64).collect());
    let error = Design::new(Method::Zip, named(vec![levels(2), levels(3)]), 1).unwrap_err();
    assert!(error.to_string().contains("`x0` has 2, `x1` has 3"), "{error}");
    assert_eq!(Design::new(Method::Zip, named(vec![levels(3), levels(3)]), 1).unwrap().cases(), 3);
}

#[test]
fn hypercube_fills_each_stratum_once() {
    let design = Design::new(Method::LatinHypercube(100), named(vec![uniform(0.0, 1.0, 1); 3]), 4).unwrap();
    let points = all(&design);
    for factor in 0..3 {
        let mut strata: Vec<usize> = points.iter().map(|point| (point[factor] * 100.0) as usize).collect();
        strata.sort_unstable();
        assert_eq!(strata, (0..100).collect::<Vec<_>>());
    }
}

#[test]
fn a_case_is_the_same_alone_and_among_others() {
    let factors = || {
        named(vec![uniform(0.0, 1.0, 4), Marginal::Normal { mean: 0.0, deviation: 1.0, min: -9.0, max: 9.0 }])
    };
    for method in
        [Method::LatinHypercube(64), Method::Sobol(64), Method::MonteCarlo(64), Method::Saltelli(16)]
    {
        let design = Design::new(method, factors(), 8).unwrap();
        let together = all(&design);
        let mut alone = [0.0; 2];
        design.point(37, &mut alone);
        assert_eq!(together[37], alone);
    }
}

#[test]
fn correlated_draws_have_the_correlation_asked_for() {
    let normal = Marginal::Normal { mean: 3.0, deviation: 2.0, min: f64::NEG_INFINITY, max: f64::INFINITY };
    let design = Design::new(Method::MonteCarlo(20_000), named(vec![normal.clone(), normal]), 5)
        .unwrap()
        .correlated(Correlation::new(2, &[(0, 1, 0.7)]).unwrap())
        .unwrap();
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for point in all(&design) {
        let (x, y) = (point[0] - 3.0, point[1] - 3.0);
        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    let got = xy / (xx * yy).sqrt();
    // standard error of r at n = 20 000: (1 - r²)/√n = 0.0036
    assert!((got - 0.7).abs() < 0.0144, "{got}");
    assert!(((xx / 20_000.0).sqrt() - 2.0).abs() < 0.05);
}

#[test]
fn contradictory_correlations_are_refused() {
    let error = Correlation::new(3, &[(0, 1, 0.9), (1, 2, 0.9), (0, 2, -0.9)]).unwrap_err();
    assert_eq!(error, CorrelationError::Contradictory);
}

#[test]
fn constraints_redraw_monte_carlo_and_leave_out_elsewhere() {
    let rule = || vec![Constraint { text: "x0 < x1".into(), holds: Arc::new(|x: &[f64]| x[0] < x[1]) }];
    let factors = || named(vec![uniform(0.0, 1.0, 3), uniform(0.0, 1.0, 3)]);
    let drawn = Design::new(Method::MonteCarlo(200), factors(), 2).unwrap().constrained(rule());
    assert!(all(&drawn).iter().all(|point| point[0] < point[1]));
    let grid = Design::new(Method::Grid, factors(), 2).unwrap().constrained(rule());
    let run = (0..9).filter(|index| grid.point(*index, &mut [0.0; 2]) == Fate::Run).count();
    assert_eq!(run, 3);
}

#[test]
fn morris_paths_move_one_factor_by_the_same_step() {
    let design =
        Design::new(Method::Morris { paths: 20, levels: 4 }, named(vec![uniform(0.0, 1.0, 1); 5]), 6)
            .unwrap();
    let points = all(&design);
    let (mut rises, mut falls) = (0, 0);
    for path in points.chunks(6) {
        let mut moved = [false; 5];
        for pair in path.windows(2) {
            let changes: Vec<usize> = (0..5).filter(|&f| pair[0][f] != pair[1][f]).collect();
            assert_eq!(changes.len(), 1);
            let step = pair[1][changes[0]] - pair[0][changes[0]];
            assert!((step.abs() - 2.0 / 3.0).abs() < 1e-12);
            if step > 0.0 {
                rises += 1
            } else {
                falls += 1
            }
            assert!(!std::mem::replace(&mut moved[changes[0]], true));
            assert!(pair.iter().all(|p| p.iter().all(|value| (-1e-12..=1.0 + 1e-12).contains(value))));
        }
    }
    assert!(rises > 25 && falls > 25, "{rises} {falls}");
}

#[test]
fn saltelli_rows_share_their_columns() {
    let design = Design::new(Method::Saltelli(8), named(vec![uniform(0.0, 1.0, 1); 3]), 6).unwrap();
    for row in all(&design).chunks(5) {
        let (a, b) = (&row[0], &row[1]);
        for (column, crossed) in row[2..].iter().enumerate() {
            for factor in 0..3 {
                assert_eq!(crossed[factor], if factor == column { b[factor] } else { a[factor] });
            }
        }
    }
}

#[test]
fn one_at_a_time_ends_at_the_ends() {
    let design =
        Design::new(Method::OneAtATime, named(vec![uniform(0.0, 2.0, 1), uniform(4.0, 6.0, 1)]), 6).unwrap();
    assert_eq!(
        all(&design),
        [[1.0, 5.0], [0.0, 5.0], [2.0, 5.0], [1.0, 4.0], [1.0, 6.0]].map(|row| row.to_vec())
    );
}
