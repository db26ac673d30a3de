//! What the liquor does: extents to concentrations, concentrations to rates, with exact slopes.

use super::model::{LeachModel, Volume};
use crate::kinetics::expression::ParameterView;
use crate::numerics::Dual;

/// Directions that one pass of dual numbers carries.
const PASS: usize = 8;
type Directions = Dual<f64, PASS>;

/// The liquor's part of a run. The border's states are the extents, and last the temperature where it varies.
#[derive(Clone, Debug, Default)]
pub(super) struct Border {
    /// Number of border states.
    pub(super) states: usize,
    /// Whether the last border state is the temperature.
    pub(super) thermal: bool,
    /// Amount of each input species at zero extents, mol.
    base: Vec<f64>,
    /// Its change by each reaction, row by row.
    pub(super) nu: Vec<f64>,
    volume_base: f64,
    pub(super) volume_slopes: Vec<f64>,
    /// Volume at the last evaluation.
    pub(super) volume: f64,
    inputs: Vec<f64>,
    registers: Vec<f64>,
    dual_inputs: Vec<Directions>,
    dual_registers: Vec<Directions>,
    /// Values of [`LeachModel::outputs`].
    pub(super) outputs: Vec<f64>,
    /// Their derivatives by border states, row by row.
    pub(super) slopes: Vec<f64>,
    values: Vec<f64>,     // parameters
    activation: Vec<f64>, // parameters
}

impl Border {
    /// Prepares a run at a temperature (K); `thermal` if the temperature is a state.
    pub(super) fn prepare(
        &mut self,
        model: &LeachModel,
        parameters: ParameterView<'_>,
        amounts: &[f64],
        volume: Volume<'_>,
        temperature: f64,
        thermal: bool,
    ) {
        let reactions = model.reactions.len();
        let inputs = model.program.inputs();
        self.thermal = thermal;
        self.states = reactions + usize::from(thermal);
        self.base.clear();
        self.base.extend(inputs.iter().map(|species| amounts[*species]));
        refill(&mut self.nu, inputs.len() * reactions, 0.0);
        for (row, species) in inputs.iter().enumerate() {
            for (r, reaction) in model.reactions.iter().enumerate() {
                let own = reaction.terms.iter().filter(|term| term.0 == *species);
                self.nu[row * reactions + r] = own.map(|term| term.1).sum();
            }
        }
        self.volume_base = volume.of(amounts);
        self.volume_slopes.clear();
        self.volume_slopes.extend(model.reactions.iter().map(|reaction| volume.slope(&reaction.terms)));
        refill(&mut self.inputs, inputs.len(), 0.0);
        refill(&mut self.dual_inputs, inputs.len(), Directions::from(0.0));
        refill(&mut self.registers, model.program.registers(), 0.0);
        refill(&mut self.dual_registers, model.program.registers(), Directions::from(0.0));
        refill(&mut self.outputs, model.outputs.len(), 0.0);
        refill(&mut self.slopes, model.outputs.len() * self.states, 0.0);
        self.values.clear();
        self.values.extend_from_slice(parameters.values);
        self.activation.clear();
        self.activation.extend_from_slice(parameters.activation);
        model.program.run_prelude(parameters, temperature, &mut self.registers);
        if !thermal {
            for (dual, value) in self.dual_registers.iter_mut().zip(&self.registers) {
                *dual = Directions::from(*value);
            }
        }
    }

    /// Amount of an input species at the last evaluation, mol.
    fn amount(&self, row: usize, extents: &[f64]) -> f64 {
        let reactions = extents.len();
        let nu = &self.nu[row * reactions..(row + 1) * reactions];
        self.base[row] + nu.iter().zip(extents).map(|(nu, extent)| nu * extent).sum::<f64>()
    }

    /// Evaluates the outputs at border states `z`.
    pub(super) fn evaluate(&mut self, model: &LeachModel, z: &[f64]) {
        let extents = &z[..model.reactions.len()];
        self.volume = self.volume_base
            + self.volume_slopes.iter().zip(extents).map(|(slope, extent)| slope * extent).sum::<f64>();
        for row in 0..self.inputs.len() {
            let concentration = self.amount(row, extents) / self.volume;
            self.inputs[row] = if concentration > 0.0 { concentration } else { 0.0 };
        }
        if self.thermal {
            let parameters = ParameterView { values: &self.values, activation: &self.activation };
            model.program.run_prelude(parameters, z[z.len() - 1], &mut self.registers);
        }
        model.program.run(&self.inputs, &mut self.registers);
        for (value, register) in self.outputs.iter_mut().zip(&model.outputs) {
            *value = self.registers[register.index()];
        }
    }

    /// Fills `slopes` at `z`, where [`Border::evaluate`] was last called.
    pub(super) fn linearise(&mut self, model: &LeachModel, z: &[f64]) {
        let (m, reactions, count) = (self.states, model.reactions.len(), self.inputs.len());
        self.slopes.fill(0.0);
        let directions = count + usize::from(self.thermal);
        for start in (0..directions).step_by(PASS) {
            for row in 0..count {
                let mut input = Directions::from(self.inputs[row]);
                if (start..start + PASS).contains(&row) {
                    input.gradient[row - start] = 1.0;
                }
                self.dual_inputs[row] = input;
            }
            if self.thermal {
                let mut temperature = Directions::from(z[m - 1]);
                if (start..start + PASS).contains(&count) {
                    temperature.gradient[count - start] = 1.0;
                }
                let parameters = ParameterView { values: &self.values, activation: &self.activation };
                model.program.run_prelude(parameters, temperature, &mut self.dual_registers);
            }
            model.program.run(&self.dual_inputs, &mut self.dual_registers);
            for direction in start..(start + PASS).min(directions) {
                if direction == count {
                    self.add_column(model, direction - start, |_| 0.0, 1.0, reactions);
                    continue;
                }
                let concentration = self.inputs[direction];
                if self.amount(direction, &z[..reactions]) < 0.0 {
                    continue; // clipped: the rate no longer sees it
                }
                let inverse = 1.0 / self.volume;
                let nu = std::mem::take(&mut self.nu);
                let volume_slopes = std::mem::take(&mut self.volume_slopes);
                let row = &nu[direction * reactions..(direction + 1) * reactions];
                let by_extent = |r: usize| (row[r] - concentration * volume_slopes[r]) * inverse;
                self.add_column(model, direction - start, by_extent, 0.0, reactions);
                self.nu = nu;
                self.volume_slopes = volume_slopes;
            }
        }
    }

    /// Adds the effect of one input direction on all outputs, given its derivatives by the border states.
    fn add_column(
        &mut self,
        model: &LeachModel,
        lane: usize,
        by_extent: impl Fn(usize) -> f64,
        by_temperature: f64,
        reactions: usize,
    ) {
        let m = self.states;
        for (o, register) in model.outputs.iter().enumerate() {
            let slope = self.dual_registers[register.index()].gradient[lane];
            if slope == 0.0 {
                continue;
            }
            let row = &mut self.slopes[o * m..(o + 1) * m];
            for (r, entry) in row[..reactions].iter_mut().enumerate() {
                *entry += slope * by_extent(r);
            }
            if by_temperature != 0.0 {
                row[m - 1] += slope * by_temperature;
            }
        }
    }

    /// Derivatives of an output by the border states.
    pub(super) fn slope(&self, output: usize) -> &[f64] {
        &self.slopes[output * self.states..(output + 1) * self.states]
    }

    /// Number of species whose concentrations the rates read.
    pub(super) fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// Amount of an input species at extents, mol; not clipped.
    pub(super) fn amount_at(&self, row: usize, extents: &[f64]) -> f64 {
        self.amount(row, extents)
    }
}

pub(super) fn refill<T: Clone>(values: &mut Vec<T>, length: usize, value: T) {
    values.clear();
    values.resize(length, value);
}
