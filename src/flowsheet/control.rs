//! Controllers: vary any value until any value of the plant meets its target.

use super::solve::State;
use super::{Flowsheet, FlowsheetError, Node, Observable};
use crate::unit::parameters::{BuildError, Value};

/// A parameter of a unit that a controller varies.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Unit.
    pub unit: usize,
    /// Path to the value among its parameters.
    pub keys: Vec<String>,
    /// As written: `units.lime.flow`.
    pub path: String,
}

/// Holds a value of the plant at a target by varying a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Controller {
    /// Name in the scenario.
    pub name: String,
    /// What it varies.
    pub vary: Variable,
    /// Range in which it may vary, SI.
    pub between: (f64, f64),
    /// What it measures.
    pub measure: Observable,
    /// As written.
    pub measure_path: String,
    /// Value to meet, in the unit of the observable.
    pub target: f64,
    /// Largest |measured − target| that counts as met, over the larger of |target| and `scale`.
    pub tolerance: f64,
    /// Size of the measured value that counts as one where the target is near zero.
    pub scale: f64,
}

/// What a controller reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Controlled {
    /// Its name.
    pub name: String,
    /// What it varies.
    pub varied: String,
    /// Value found, SI.
    pub value: f64,
    /// What it measures.
    pub measured: String,
    /// Value reached.
    pub reached: f64,
    /// Value wanted.
    pub target: f64,
}

impl Controller {
    fn error(&self, measured: f64) -> f64 {
        (measured - self.target) / self.target.abs().max(self.scale)
    }
}

impl Flowsheet {
    /// The value of a varied parameter, SI; `None` if it is no number.
    pub fn variable(&self, variable: &Variable) -> Option<f64> {
        self.nodes[variable.unit].args.at(&variable.keys).and_then(Value::number)
    }

    /// Sets a parameter of a unit (SI) and makes the unit anew.
    ///
    /// # Errors
    /// [`FlowsheetError::Build`] if the unit cannot be made with it.
    pub fn set_variable(&mut self, variable: &Variable, si: f64) -> Result<(), FlowsheetError> {
        let node = &self.nodes[variable.unit];
        let (name, kind, mut args) = (node.name.clone(), node.kind, node.args.clone());
        let fail = |error: BuildError| FlowsheetError::Build { unit: name.clone(), error };
        if !args.at_mut(&variable.keys).is_some_and(|value| value.set_number(si)) {
            return Err(fail(BuildError::at(args.place, format!("`{}` is no number", variable.path))));
        }
        self.nodes[variable.unit] = Node::new(&name, kind, args, &self.context).map_err(fail)?;
        Ok(())
    }

    /// Solves the plant so that every controller is met.
    pub(super) fn meet_controllers(&mut self, state: &mut State) -> Result<Vec<Controlled>, FlowsheetError> {
        self.sweep(state)?;
        let controllers = self.controllers.clone();
        match controllers.as_slice() {
            [] => {}
            [one] => self.meet_one(one, state)?,
            many => self.meet_in_turn(many, state)?,
        }
        controllers
            .iter()
            .map(|c| {
                let reached = self.measure(c, state)?;
                Ok(Controlled {
                    name: c.name.clone(),
                    varied: c.vary.path.clone(),
                    value: self.variable(&c.vary).unwrap_or(f64::NAN),
                    measured: c.measure_path.clone(),
                    reached,
                    target: c.target,
                })
            })
            .collect()
    }

    fn measure(&self, controller: &Controller, state: &State) -> Result<f64, FlowsheetError> {
        let solution = self.gather(state, Vec::new());
        Ok(controller.measure.value(self, &solution)?)
    }

    fn try_value(&mut self, c: &Controller, u: f64, state: &mut State) -> Result<f64, FlowsheetError> {
        self.set_variable(&c.vary, u)?;
        self.sweep(state)?;
        Ok(c.error(self.measure(c, state)?))
    }

    /// Several controllers: each in turn, until all are met at once.
    fn meet_in_turn(&mut self, controllers: &[Controller], state: &mut State) -> Result<(), FlowsheetError> {
        for _ in 0..self.settings.max_control_steps {
            for controller in controllers {
                self.meet_one(controller, state)?;
            }
            let mut met = true;
            for controller in controllers {
                met &= controller.error(self.measure(controller, state)?).abs() <= controller.tolerance;
            }
            if met {
                return Ok(());
            }
        }
        let worst = &controllers[0];
        Err(self.unmet(worst, state, "the controllers work against each other"))
    }

    /// One controller: a bracket by growing steps from the present value, then regula falsi of the
    /// Illinois kind inside it.
    fn meet_one(&mut self, c: &Controller, state: &mut State) -> Result<(), FlowsheetError> {
        let (low, high) = c.between;
        let mut a = self.variable(&c.vary).unwrap_or(low).clamp(low, high);
        let mut fa = self.try_value(c, a, state)?;
        if fa.abs() <= c.tolerance {
            return Ok(());
        }
        let Some((mut b, mut fb)) = self.bracket(c, &mut a, &mut fa, state)? else {
            return Err(self.unmet(c, state, "the target lies outside what the allowed range reaches"));
        };
        let mut last = 0.0_f64;
        for _ in 0..self.settings.max_control_steps {
            if fb.abs() <= c.tolerance {
                return Ok(());
            }
            let mut m = (a * fb - b * fa) / (fb - fa);
            if !m.is_finite() || (m - a) * (m - b) > 0.0 {
                m = 0.5 * (a + b);
            }
            let fm = self.try_value(c, m, state)?;
            if fm.abs() <= c.tolerance {
                return Ok(());
            }
            if fm * fb < 0.0 {
                (a, fa) = (b, fb);
                last = 0.0;
            } else {
                if last * fm > 0.0 {
                    fa *= 0.5; // Illinois: the end that stays put counts half
                }
                last = fm;
            }
            (b, fb) = (m, fm);
            if (b - a).abs() <= 1e-15 * a.abs().max(b.abs()) {
                return Err(self.unmet(c, state, "the measured value jumps across the target"));
            }
        }
        Err(self.unmet(c, state, "too many steps"))
    }

    /// Moves from `a` in both directions until the error changes sign; leaves the near end in `a`.
    fn bracket(
        &mut self,
        c: &Controller,
        a: &mut f64,
        fa: &mut f64,
        state: &mut State,
    ) -> Result<Option<(f64, f64)>, FlowsheetError> {
        let (low, high) = c.between;
        let (mut down, mut up) = ((*a, *fa), (*a, *fa));
        let mut step = if a.abs() > 0.0 { 0.1 * a.abs() } else { 1e-3 * (high - low) };
        for _ in 0..self.settings.max_control_steps {
            for (near, limit, sign) in [(&mut up, high, 1.0), (&mut down, low, -1.0)] {
                if near.0 == limit {
                    continue;
                }
                let to = (near.0 + sign * step).clamp(low, high);
                let f = self.try_value(c, to, state)?;
                if f * near.1 <= 0.0 {
                    (*a, *fa) = *near;
                    return Ok(Some((to, f)));
                }
                *near = (to, f);
            }
            if up.0 == high && down.0 == low {
                let best = if up.1.abs() < down.1.abs() { up } else { down };
                self.try_value(c, best.0, state)?;
                return Ok(None);
            }
            step *= 2.0;
        }
        Ok(None)
    }

    fn unmet(&self, c: &Controller, state: &State, why: &str) -> FlowsheetError {
        match self.measure(c, state) {
            Err(error) => error,
            Ok(reached) => FlowsheetError::Unmet {
                name: c.name.clone(),
                measured: c.measure_path.clone(),
                reached,
                target: c.target,
                varied: c.vary.path.clone(),
                value: self.variable(&c.vary).unwrap_or(f64::NAN),
                why: why.to_owned(),
            },
        }
    }
}
