//! Stiff ordinary differential equations `x' = f(x)` by a Rosenbrock method of order 4(3).
//!
//! RODAS: six stages, stiffly accurate, L-stable, with an embedded third-order result for the step size and a
//! third-order interpolant. A step costs six right-hand sides, one exact Jacobian and one factorisation. Nothing is allocated
//! after [`Rosenbrock::reset`]. A time-dependent problem takes time, or what changes with it, as a state.

use super::Scalar;
use super::tableau::{COUPLING, DENSE, GAMMA, STAGES, WEIGHTS};

/// Attempts in a row, each a tenth as long, after which rates that have no value end an integration.
const LOST: usize = 6;

/// Equations together with the linear algebra that fits their Jacobian.
pub trait System<S: Scalar = f64> {
    /// Number of states.
    fn len(&self) -> usize;
    /// Whether there are no states.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The right-hand side.
    fn rates(&mut self, x: &[S], rates: &mut [S]);
    /// Computes the Jacobian `J` at `x`; [`System::rates`] was last called with the same `x`.
    fn linearise(&mut self, x: &[S]);
    /// Factors `shift I - J`; `false` if that is singular.
    fn factorise(&mut self, shift: f64) -> bool;
    /// Replaces `b` by the solution of `(shift I - J) x = b`.
    fn solve(&mut self, b: &mut [S]);
    /// Size of an error, of lanes that of the worst: 1 is the tolerance.
    fn error_norm(&self, old: &[S], new: &[S], error: &[S]) -> f64;
    /// Whether a step may end here; states that must not cross zero are refused by saying no.
    fn admissible(&self, _new: &[S]) -> bool {
        true
    }
    /// Whether the rates last asked for have no value; the attempt is then given up at once, for each such search may be long.
    fn lost(&self) -> bool {
        false
    }
    /// Called after each accepted step; may put the state back onto an invariant that holds to within the tolerance.
    fn accepted(&mut self, _x: &mut [S]) {}
}

/// Limits of an integration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// First step, s; 0 lets the method choose.
    pub first_step: f64,
    /// Longest step, s.
    pub longest_step: f64,
    /// Attempts (accepted and rejected) before giving up.
    pub attempts: usize,
    /// Whether steps pass over output times, which are then interpolated (third order); otherwise a step ends at each.
    pub interpolate: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { first_step: 0.0, longest_step: f64::INFINITY, attempts: 100_000, interpolate: false }
    }
}

/// What an integration cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Accepted steps.
    pub steps: usize,
    /// Steps rejected for their error, an inadmissible state or a NaN.
    pub rejected: usize,
    /// Right-hand sides.
    pub rates: usize,
    /// Jacobians.
    pub jacobians: usize,
}

/// Why an integration stopped early.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum IntegrationError {
    /// The step became too small to move time; the equations are singular or not finite there.
    #[error("step size too small at t = {time} s: the equations have no smooth solution beyond")]
    StepTooSmall {
        /// Where, s.
        time: f64,
    },
    /// The number of attempts ran out.
    #[error("more than {attempts} steps, at t = {time} s")]
    TooManySteps {
        /// Where, s.
        time: f64,
        /// The limit.
        attempts: usize,
    },
    /// The right-hand side is not finite at the start.
    #[error("the rates at t = {time} s are not finite")]
    NotFinite {
        /// Where, s.
        time: f64,
    },
}

/// An accepted step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Time at its start, s.
    pub time: f64,
    /// Length, s.
    pub length: f64,
    /// Time at its end, s: `time + length` but for rounding.
    pub end: f64,
}

/// The integrator and its memory.
#[derive(Clone, Debug)]
pub struct Rosenbrock<S = f64> {
    stages: [Vec<S>; STAGES],
    trial: Vec<S>,
    rates: Vec<S>,
    first: Vec<S>, // rates at the start of the step
    step: f64,
    /// Accepted steps since [`Rosenbrock::reset`].
    pub trace: Vec<Step>,
    /// Counters since [`Rosenbrock::reset`].
    pub statistics: Statistics,
}

impl<S> Default for Rosenbrock<S> {
    fn default() -> Rosenbrock<S> {
        Rosenbrock {
            stages: [const { Vec::new() }; STAGES],
            trial: Vec::new(),
            rates: Vec::new(),
            first: Vec::new(),
            step: 0.0,
            trace: Vec::new(),
            statistics: Statistics::default(),
        }
    }
}

impl<S: Scalar> Rosenbrock<S> {
    /// Makes ready for a problem of `n` states and zeroes the statistics; keeps the memory.
    pub fn reset(&mut self, n: usize) {
        for values in self.stages.iter_mut().chain([&mut self.trial, &mut self.rates, &mut self.first]) {
            values.resize(n, S::from(0.0));
        }
        self.step = 0.0;
        self.trace.clear();
        self.statistics = Statistics::default();
    }

    /// Integrates from `from` to `to`, leaving the end state in `x`. `output(i, x)` receives the state at each of
    /// `times` (ascending, within the interval).
    ///
    /// # Errors
    /// [`IntegrationError`]; `x` then holds the last accepted state.
    pub fn integrate<E: System<S>>(
        &mut self,
        system: &mut E,
        x: &mut [S],
        (from, to): (f64, f64),
        times: &[f64],
        limits: Limits,
        mut output: impl FnMut(usize, &[S]),
    ) -> Result<(), IntegrationError> {
        let mut outputs = Outputs { times, pending: 0, interpolate: limits.interpolate };
        outputs.up_to(from, x, &mut output);
        let mut time = from;
        if to <= from {
            return Ok(());
        }
        self.start(system, x, to - from, limits)?;
        let (mut attempts, mut losses) = (0, 0);
        let mut grow = true;
        let mut before: Option<(f64, f64)> = None; // length and error of the accepted step before
        let mut fresh = false; // whether `first` and the Jacobian are those of `x`
        while time < to {
            attempts += 1;
            if attempts > limits.attempts {
                return Err(IntegrationError::TooManySteps { time, attempts: limits.attempts });
            }
            let target = outputs.target(to);
            let remaining = target - time;
            let wished = self.step.min(limits.longest_step);
            let last = wished >= remaining * (1.0 - 1e-10);
            let h = match last {
                true => remaining,
                false => wished.min(0.5 * remaining), // two even steps rather than a long and a tiny one
            };
            if h.is_nan() || h <= 4.0 * f64::EPSILON * time.abs() || h <= f64::MIN_POSITIVE {
                return Err(IntegrationError::StepTooSmall { time });
            }
            if !fresh {
                self.linearise(system, x);
                fresh = true;
            }
            let error = self.attempt(system, x, h);
            let factor = if error.is_finite() { 0.9 * error.max(1e-8).powf(-0.25) } else { 0.1 };
            if error <= 1.0 {
                let end = if last { target } else { time + h };
                self.accept(system, x, Step { time, length: h, end }, &mut outputs, &mut output);
                time = end;
                fresh = false;
                let predicted = before.map_or(f64::INFINITY, |before| predicted(h, error, before));
                before = Some((h, error.max(1e-2)));
                let factor = factor.min(predicted).clamp(0.2, if grow { 6.0 } else { 1.0 });
                if !last || factor < 1.0 {
                    self.step = h * factor;
                }
                grow = true;
            } else {
                self.statistics.rejected += 1;
                losses = if system.lost() { losses + 1 } else { 0 };
                if losses == LOST {
                    return Err(IntegrationError::StepTooSmall { time });
                }
                self.step = h * factor.clamp(0.1, 0.9);
                grow = false;
            }
        }
        Ok(())
    }

    /// Repeats the accepted `steps` of another integration of the same problem, whatever their errors: over dual numbers
    /// this gives the exact derivatives of that integration's result, its steps held.
    ///
    /// `from`, `times`, `interpolate` and `output` are those of the integration.
    ///
    /// # Errors
    /// [`IntegrationError::StepTooSmall`] where the equations are singular.
    pub fn replay<E: System<S>>(
        &mut self,
        system: &mut E,
        x: &mut [S],
        (from, steps): (f64, &[Step]),
        (times, interpolate): (&[f64], bool),
        mut output: impl FnMut(usize, &[S]),
    ) -> Result<(), IntegrationError> {
        let mut outputs = Outputs { times, pending: 0, interpolate };
        outputs.up_to(from, x, &mut output);
        for step in steps {
            self.linearise(system, x);
            if !self.advance(system, x, step.length) {
                return Err(IntegrationError::StepTooSmall { time: step.time });
            }
            self.accept(system, x, *step, &mut outputs, &mut output);
        }
        Ok(())
    }

    /// Rates and Jacobian at the start of a step.
    fn linearise<E: System<S>>(&mut self, system: &mut E, x: &[S]) {
        system.rates(x, &mut self.first);
        system.linearise(x);
        self.statistics.rates += 1;
        self.statistics.jacobians += 1;
    }

    /// Moves the state to the end of the step that [`Rosenbrock::advance`] made, with the outputs on the way.
    fn accept<E: System<S>>(
        &mut self,
        system: &mut E,
        x: &mut [S],
        step: Step,
        outputs: &mut Outputs<'_>,
        output: &mut impl FnMut(usize, &[S]),
    ) {
        self.statistics.steps += 1;
        self.trace.push(step);
        while let Some((pending, at)) = outputs.within(step) {
            self.interpolate(x, at);
            output(pending, &self.rates);
        }
        x.copy_from_slice(&self.trial);
        system.accepted(x);
        outputs.up_to(step.end, x, output);
    }

    /// A first step, after E. Hairer, S. P. Nørsett, G. Wanner, *Solving Ordinary Differential Equations I*, II.4.
    fn start<E: System<S>>(
        &mut self,
        system: &mut E,
        x: &[S],
        span: f64,
        limits: Limits,
    ) -> Result<(), IntegrationError> {
        system.rates(x, &mut self.first);
        self.statistics.rates += 1;
        if !self.first.iter().all(|rate| rate.all(f64::is_finite)) {
            return Err(IntegrationError::NotFinite { time: 0.0 });
        }
        if limits.first_step > 0.0 {
            self.step = limits.first_step.min(span);
            return Ok(());
        }
        let speed = system.error_norm(x, x, &self.first);
        let small = if speed > 0.0 { (1.0 / speed).min(span) } else { span };
        for ((trial, x), rate) in self.trial.iter_mut().zip(x).zip(&self.first) {
            *trial = *x + *rate * small;
        }
        system.rates(&self.trial, &mut self.rates);
        self.statistics.rates += 1;
        for (change, first) in self.rates.iter_mut().zip(&self.first) {
            *change -= *first;
        }
        let bend = system.error_norm(x, x, &self.rates) / small;
        let step = (1.0 / bend.max(1e-30)).sqrt(); // where a second-order error reaches the tolerance
        self.step = if step.is_finite() { (10.0 * step).min(span) } else { small };
        Ok(())
    }

    /// Computes `trial`, the state after a step of `h`, and returns its error; infinite where it cannot be used.
    fn attempt<E: System<S>>(&mut self, system: &mut E, x: &[S], h: f64) -> f64 {
        if !self.advance(system, x, h) {
            return f64::INFINITY;
        }
        let error = system.error_norm(x, &self.trial, &self.stages[STAGES - 1]);
        if error.is_nan() || (error <= 1.0 && !system.admissible(&self.trial)) {
            return f64::INFINITY;
        }
        error
    }

    /// Computes `trial`, the state after a step of `h`; `false` where the equations are singular.
    fn advance<E: System<S>>(&mut self, system: &mut E, x: &[S], h: f64) -> bool {
        if !system.factorise(1.0 / (GAMMA * h)) {
            return false;
        }
        let inverse = 1.0 / h;
        for s in 0..STAGES {
            let (done, rest) = self.stages.split_at_mut(s);
            let stage = &mut rest[0];
            if s == 0 {
                stage.copy_from_slice(&self.first);
            } else {
                if s < STAGES - 1 {
                    combine(&mut self.trial, Some(x), done, &WEIGHTS[s - 1], 1.0);
                } else {
                    add(&mut self.trial, &done[s - 1]);
                }
                system.rates(&self.trial, &mut self.rates);
                self.statistics.rates += 1;
                if system.lost() {
                    return false;
                }
                combine(stage, Some(&self.rates), done, &COUPLING[s - 1], inverse);
            }
            system.solve(stage);
        }
        add(&mut self.trial, &self.stages[STAGES - 1]);
        true
    }

    /// The state at a fraction of the step just made, into `rates`.
    fn interpolate(&mut self, x: &[S], at: f64) {
        let rest = 1.0 - at;
        for (i, value) in self.rates.iter_mut().enumerate() {
            let (mut square, mut cube) = (S::from(0.0), S::from(0.0));
            for (s, stage) in self.stages[..STAGES - 1].iter().enumerate() {
                square += stage[i] * DENSE[0][s];
                cube += stage[i] * DENSE[1][s];
            }
            *value = x[i] * rest + (self.trial[i] + (square + cube * at) * rest) * at;
        }
    }
}

/// Growth of the step if its error goes on changing as it did from the step before (its length and error), which foresees where
/// errors rise and so saves rejected steps: K. Gustafsson, ACM Trans. Math. Softw. 20 (1994) 496-517; Hairer & Wanner (1996), IV.8.
fn predicted(length: f64, error: f64, (length_before, error_before): (f64, f64)) -> f64 {
    let error = error.max(1e-8);
    0.9 * length / length_before * (error_before / (error * error)).powf(0.25)
}

/// Output times and which of them are still to come.
struct Outputs<'a> {
    times: &'a [f64],
    pending: usize,
    interpolate: bool,
}

impl Outputs<'_> {
    /// Where the next step must end at the latest.
    fn target(&self, to: f64) -> f64 {
        if self.interpolate { to } else { self.times.get(self.pending).copied().unwrap_or(to).min(to) }
    }

    /// The next output inside a step, as its number and the fraction of the step.
    fn within(&mut self, step: Step) -> Option<(usize, f64)> {
        let time = self.times.get(self.pending).filter(|_| self.interpolate)?;
        let at = (time - step.time) / step.length;
        (*time <= step.end && at < 1.0).then(|| {
            self.pending += 1;
            (self.pending - 1, at)
        })
    }

    /// Gives out the state at a time for every output until then.
    fn up_to<S>(&mut self, time: f64, x: &[S], output: &mut impl FnMut(usize, &[S])) {
        while self.times.get(self.pending).is_some_and(|pending| *pending <= time) {
            output(self.pending, x);
            self.pending += 1;
        }
    }
}

fn add<S: Scalar>(to: &mut [S], what: &[S]) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += *what;
    }
}

/// `to = base + scale Σ weights[s] parts[s]`.
#[inline(always)]
fn combine<S: Scalar>(to: &mut [S], base: Option<&[S]>, parts: &[Vec<S>], weights: &[f64], scale: f64) {
    let n = to.len();
    if let Some(base) = base {
        to.copy_from_slice(&base[..n]);
    }
    for (part, weight) in parts.iter().zip(weights) {
        let weight = weight * scale;
        if weight != 0.0 {
            for (to, part) in to.iter_mut().zip(&part[..n]) {
                *to += *part * weight;
            }
        }
    }
}
