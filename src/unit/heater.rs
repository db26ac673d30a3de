//! Heater or cooler: brings a stream to a temperature, or gives it a duty.
//!
//! Balance     H_out(T_out) = H_in(T_in) + Q, no reaction
//! Freedoms    `temperature` or `duty`
//! Leaves out  evaporation; species without heat-capacity data

use super::parameters::{Args, BuildError, Cause, Spec};
use super::smooth::{Own, Smooth};
use super::{Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind};
use crate::chemistry::Stream;
use crate::kinetics::leach::Leaching;
use crate::numerics::Scalar;
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "heater",
    title: "Heats or cools a stream",
    about: "H_out(T_out) = H_in(T_in) + Q. Give the temperature (then Q is a result) or the duty (then T_out is). \
            Left out: evaporation, species without heat-capacity data.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a heater.
    pub struct Parameters {
        /// Outlet temperature.
        temperature: Option<f64> = Spec::quantity(Dimension::TEMPERATURE).positive().optional().example("\"60 degC\"");
        /// Heat given to the stream (negative: taken from it): power in a continuous plant, energy in a batch one.
        duty: Option<f64> = Spec::any_of(&[Dimension::POWER, Dimension::ENERGY]).optional().example("\"20 kW\"");
    }
}

#[derive(Debug)]
enum Heater {
    To(f64),
    By(f64),
}

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    let heater = match (parameters.temperature, parameters.duty) {
        (Some(temperature), None) => Heater::To(temperature),
        (None, Some(duty)) => {
            super::check_basis(args, "duty", context.basis, Dimension::POWER, Dimension::ENERGY)?;
            Heater::By(duty)
        }
        (temperature, _) => {
            return Err(BuildError::at(args.place, "a heater needs `temperature` or `duty`, one of the two")
                .because(if temperature.is_some() { Cause::Conflict } else { Cause::Missing })
                .help("write `temperature = \"60 degC\"`"));
        }
    };
    Ok(Box::new(heater))
}

impl Smooth for Heater {
    fn ports(&self) -> Ports {
        Ports::new(vec![Port::many("feed")], vec![Port::one("out")])
    }
    fn solve_over<S: Leaching>(
        &self,
        inlets: &Inlets<S>,
        own: &impl Own<S>,
    ) -> Result<Outcome<S>, UnitError> {
        let mut out = inlets.port("feed")?.clone();
        let duty = match *self {
            Heater::To(temperature) => {
                let temperature = own.number("temperature", temperature);
                let duty = out.heat_to(temperature);
                out.temperature = temperature;
                duty
            }
            Heater::By(duty) => {
                let duty = own.number("duty", duty);
                out.temperature = temperature_after(&out, duty)?;
                duty
            }
        };
        Ok(Outcome::new("out", out).duty(duty))
    }
    fn moves_with(&self, path: &str) -> bool {
        matches!(path, "temperature" | "duty")
    }
}

/// Temperature of a stream after taking up heat, by Newton's method on its enthalpy.
fn temperature_after<S: Scalar>(stream: &Stream<S>, heat: S) -> Result<S, UnitError> {
    let mut probe = stream.clone();
    for _ in 0..50 {
        let capacity = probe.heat_capacity();
        if capacity.real() <= 0.0 {
            return Err(UnitError::Infeasible(
                "the stream has no species with heat-capacity data".to_owned(),
            ));
        }
        let step = (heat - stream.heat_to(probe.temperature)) / capacity;
        probe.temperature = (probe.temperature + step).max(S::from(1.0)).min(S::from(6000.0));
        // the last step leaves the derivatives as exact as the temperature: they follow one step behind
        if step.real().abs() < 1e-10 * probe.temperature.real() {
            let capacity = probe.heat_capacity();
            probe.temperature += (heat - stream.heat_to(probe.temperature)) / capacity;
            return Ok(probe.temperature);
        }
    }
    Err(UnitError::NotConverged {
        what: "the outlet temperature".to_owned(),
        why: "50 Newton steps".to_owned(),
    })
}
