//! What the liquor does: extents to concentrations, concentrations to rates, with exact slopes.
//!
//! Two steps, so that rates may read more than concentrations: `inputs` of the program from the border states, with the matrix
//! `input_slopes` of their derivatives by those states; then outputs from inputs, with derivatives carried through the program.
//! What rates read of the equilibrium are the last rows of both, filled by [`Speciation`].

use super::kernel::Number;
use super::model::{LeachModel, Volume};
use super::speciation::Speciation;
use crate::kinetics::expression::{ParameterView, Tangents};
use crate::numerics::Scalar;

/// The liquor's part of a run. The border's states are the extents, and last the temperature where it varies.
#[derive(Clone, Debug)]
pub(super) struct Border<S> {
    /// Number of border states.
    pub(super) states: usize,
    /// Whether the last border state is the temperature.
    pub(super) thermal: bool,
    /// Amount of each input species at zero extents, mol.
    base: Vec<S>,
    /// Its change by each reaction, row by row.
    nu: Vec<f64>,
    /// The same without the zeros: reactions with their coefficients, and where each row begins.
    terms: Vec<(u32, f64)>,
    rows: Vec<usize>,
    volume_base: S,
    pub(super) volume_slopes: Vec<S>,
    /// Volume at the last evaluation.
    pub(super) volume: S,
    /// Temperature at the last evaluation, K.
    temperature: S,
    /// Fills the inputs that the equilibrium gives.
    pub(super) speciation: Speciation<S>,
    inputs: Vec<S>,
    input_slopes: Vec<S>, // [input][state]
    registers: Vec<S>,
    /// Derivatives of the registers by the border states.
    tangents: Tangents<S>,
    /// Values of [`LeachModel::outputs`].
    pub(super) outputs: Vec<S>,
    /// Their derivatives by border states, row by row.
    pub(super) slopes: Vec<S>,
    values: Vec<S>,     // parameters
    activation: Vec<S>, // parameters
}

impl<S: Scalar> Default for Border<S> {
    fn default() -> Border<S> {
        Border {
            states: 0,
            thermal: false,
            base: Vec::new(),
            nu: Vec::new(),
            terms: Vec::new(),
            rows: Vec::new(),
            volume_base: S::from(0.0),
            volume_slopes: Vec::new(),
            volume: S::from(0.0),
            temperature: S::from(0.0),
            speciation: Speciation::default(),
            inputs: Vec::new(),
            input_slopes: Vec::new(),
            registers: Vec::new(),
            tangents: Tangents::default(),
            outputs: Vec::new(),
            slopes: Vec::new(),
            values: Vec::new(),
            activation: Vec::new(),
        }
    }
}

impl<S: Number> Border<S> {
    /// Prepares a run at a temperature (K); `thermal` if the temperature is a state.
    pub(super) fn prepare(
        &mut self,
        model: &LeachModel,
        parameters: ParameterView<'_, S>,
        amounts: &[S],
        volume: Volume<'_, S>,
        temperature: S,
        thermal: bool,
    ) {
        let zero = S::from(0.0);
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
        self.terms.clear();
        refill(&mut self.rows, 1, 0);
        for row in 0..inputs.len() {
            let own = self.nu[row * reactions..(row + 1) * reactions].iter().zip(0..);
            self.terms.extend(own.filter(|(nu, _)| **nu != 0.0).map(|(nu, r)| (r, *nu)));
            self.rows.push(self.terms.len());
        }
        self.volume_base = volume.of(amounts);
        self.volume_slopes.clear();
        self.volume_slopes.extend(model.reactions.iter().map(|reaction| volume.slope(&reaction.terms)));
        self.temperature = temperature;
        self.speciation.prepare(model, amounts);
        let all = inputs.len() + model.program.readings().len();
        refill(&mut self.inputs, all, zero);
        refill(&mut self.input_slopes, all * self.states, zero);
        refill(&mut self.registers, model.program.registers(), zero);
        self.tangents.reset(&model.program, self.states);
        refill(&mut self.outputs, model.outputs.len(), zero);
        refill(&mut self.slopes, model.outputs.len() * self.states, zero);
        self.values.clear();
        self.values.extend_from_slice(parameters.values);
        self.activation.clear();
        self.activation.extend_from_slice(parameters.activation);
        model.program.run_prelude_with(parameters, |value| value, temperature, &mut self.registers);
    }

    /// Change of the amount of an input species by extents, mol.
    #[inline(always)]
    pub(super) fn change_at(&self, row: usize, extents: &[S]) -> S {
        let terms = &self.terms[self.rows[row]..self.rows[row + 1]];
        terms.iter().fold(S::from(0.0), |sum, (r, nu)| sum + extents[*r as usize] * *nu)
    }

    /// Amount of an input species at extents, mol; not clipped.
    #[inline(always)]
    pub(super) fn amount_at(&self, row: usize, extents: &[S]) -> S {
        self.base[row] + self.change_at(row, extents)
    }

    /// What the rates read, at border states `z`: concentrations, none below zero, and what the equilibrium makes of them.
    #[inline(always)]
    fn fill_inputs(&mut self, model: &LeachModel, extents: &[S]) {
        let swell = self.volume_slopes.iter().zip(extents);
        self.volume = swell.fold(self.volume_base, |sum, (slope, extent)| sum + *slope * *extent);
        let (zero, inverse) = (S::from(0.0), self.volume.recip());
        for row in 0..self.base.len() {
            let concentration = self.amount_at(row, extents) * inverse;
            self.inputs[row] = S::select_positive(concentration, concentration, zero);
        }
        let readings = &mut self.inputs[self.base.len()..];
        self.speciation.fill(model, extents, (self.temperature, self.volume), readings);
    }

    /// Derivatives of what the rates read by the border states, at `z`, where [`Border::fill_inputs`] was last called.
    #[inline(always)]
    fn slope_inputs(&mut self, model: &LeachModel, extents: &[S]) {
        let (m, reactions) = (self.states, extents.len());
        let (zero, inverse) = (S::from(0.0), self.volume.recip());
        for row in 0..self.base.len() {
            let (amount, concentration) = (self.amount_at(row, extents), self.inputs[row]);
            let seen = S::select_positive(-amount, zero, inverse); // one clipped at zero the rates no longer see
            let own = &mut self.input_slopes[row * m..][..reactions];
            let nu = &self.nu[row * reactions..][..reactions];
            for ((slope, nu), swell) in own.iter_mut().zip(nu).zip(&self.volume_slopes) {
                *slope = (-(concentration * *swell) + *nu) * seen;
            }
        }
        let (readings, slopes) =
            (&self.inputs[self.base.len()..], &mut self.input_slopes[self.base.len() * m..]);
        self.speciation.slopes(model, readings, (self.volume, &self.volume_slopes), m, slopes);
    }

    /// Evaluates the outputs at border states `z`.
    #[inline(always)]
    pub(super) fn evaluate(&mut self, model: &LeachModel, z: &[S]) {
        if self.thermal {
            self.temperature = z[z.len() - 1];
        }
        self.fill_inputs(model, &z[..model.reactions.len()]);
        if self.thermal {
            let parameters = ParameterView { values: &self.values, activation: &self.activation };
            model.program.run_prelude_with(parameters, |value| value, self.temperature, &mut self.registers);
        }
        model.program.run(&self.inputs, &mut self.registers);
        for (value, register) in self.outputs.iter_mut().zip(&model.outputs) {
            *value = self.registers[register.index()];
        }
    }

    /// Fills `slopes` at `z`, where [`Border::evaluate`] was last called.
    #[inline(always)]
    pub(super) fn linearise(&mut self, model: &LeachModel, z: &[S]) {
        let m = self.states;
        self.slope_inputs(model, &z[..model.reactions.len()]);
        let parameters = ParameterView { values: &self.values[..], activation: &self.activation[..] };
        let moving = self.thermal.then_some((parameters, self.temperature));
        model.program.differentiate(moving, &self.registers, &self.input_slopes, &mut self.tangents);
        for (register, row) in model.outputs.iter().zip(self.slopes.chunks_exact_mut(m.max(1))) {
            self.tangents.copy_row(*register, row);
        }
    }

    /// Derivatives of an output by the border states.
    pub(super) fn slope(&self, output: usize) -> &[S] {
        &self.slopes[output * self.states..(output + 1) * self.states]
    }

    /// Number of species whose concentrations the rates read.
    pub(super) fn species(&self) -> usize {
        self.base.len()
    }
}

pub(super) fn refill<T: Clone>(values: &mut Vec<T>, length: usize, value: T) {
    values.clear();
    values.resize(length, value);
}
