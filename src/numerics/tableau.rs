//! Coefficients of the Rosenbrock method, in the form that needs no product with the Jacobian.
//!
//! Source: E. Hairer, G. Wanner, *Solving Ordinary Differential Equations II*, 2nd ed. (1996), section IV.7 and table
//! 7.2, method RODAS (coefficients as in the authors' code of that name; interpolant included).

/// Stages.
pub(super) const STAGES: usize = 6;
/// Diagonal of the implicit part.
pub(super) const GAMMA: f64 = 0.25;

/// Weights of the earlier stages in the argument of stages 2 to 5; the sixth adds stage 5 to that of the fifth.
pub(super) const WEIGHTS: [[f64; 4]; 4] = [
    [1.544, 0.0, 0.0, 0.0],
    [0.9466785280815826, 0.2557011698983284, 0.0, 0.0],
    [3.314825187068521, 2.896124015972201, 0.9986419139977817, 0.0],
    [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895],
];

/// Weights of the earlier stages, over h, on the right-hand side of stages 2 to 6.
pub(super) const COUPLING: [[f64; 5]; 5] = [
    [-5.6688, 0.0, 0.0, 0.0, 0.0],
    [-2.430093356833875, -0.2063599157091915, 0.0, 0.0, 0.0],
    [-0.1073529058151375, -9.594562251023355, -20.47028614809616, 0.0, 0.0],
    [7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616, 0.0],
    [8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054],
];

/// Interpolant: second- and third-order parts.
pub(super) const DENSE: [[f64; 5]; 2] = [
    [10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823, 1.025137723295662],
    [-0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386, -6.594389125716872],
];
