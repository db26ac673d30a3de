//! Derivatives of a compiled program along many directions, from values that are known already.
//!
//! Each operation is looked at once, for its slopes by its one or two operands; then the rows of these are combined. Dual numbers
//! would compute each root and quotient again in every pass over a few directions.

use super::program::{Op, ParameterView, Program, Register};
use crate::kinetics::arrhenius::arrhenius;
use crate::numerics::{Dual, Scalar};

/// Most directions of one pass; passes have a multiple of [`LANES`].
const MOST: usize = 16;
const LANES: usize = 4;

/// Derivatives of the registers of a [`Program`] along a number of directions; reusable.
#[derive(Clone, Debug)]
pub struct Tangents<S = f64> {
    directions: usize,
    registers: usize,
    /// Directions of a pass.
    width: usize,
    /// `[pass][register][direction of the pass]`.
    rows: Vec<S>,
}

impl<S> Default for Tangents<S> {
    fn default() -> Tangents<S> {
        Tangents { directions: 0, registers: 0, width: LANES, rows: Vec::new() }
    }
}

impl<S: Scalar> Tangents<S> {
    /// Makes ready for a program and a number of directions, along which nothing moves yet; keeps the memory.
    pub fn reset(&mut self, program: &Program, directions: usize) {
        let passes = directions.div_ceil(MOST);
        self.directions = directions;
        self.registers = program.registers();
        self.width = directions.div_ceil(passes.max(1)).next_multiple_of(LANES).max(LANES);
        self.rows.clear();
        self.rows.resize(passes * self.registers * self.width, S::from(0.0));
    }

    /// Writes the derivatives of a register, direction by direction.
    pub fn copy_row(&self, register: Register, row: &mut [S]) {
        for (pass, own) in row.chunks_mut(self.width).enumerate() {
            own.copy_from_slice(&self.rows[self.place(pass, register.index())..][..own.len()]);
        }
    }

    fn set_row(&mut self, register: usize, row: &[S]) {
        for (pass, own) in row.chunks(self.width).enumerate() {
            let at = self.place(pass, register);
            self.rows[at..at + own.len()].copy_from_slice(own);
        }
    }

    fn place(&self, pass: usize, register: usize) -> usize {
        (pass * self.registers + register) * self.width
    }
}

impl Program {
    /// Fills `tangents` with the derivatives of all registers, given those of the inputs (row by row, in the order of
    /// [`Program::inputs`] and then [`Program::readings`]). `registers` hold the values, from [`Program::run`]. The prelude moves
    /// with the temperature where that is given (K, with the parameters): it is the last direction then.
    ///
    /// # Panics
    /// If `registers` or `inputs` are too short, or `tangents` were not reset for this program and at least that direction.
    pub fn differentiate<S: Scalar>(
        &self,
        temperature: Option<(ParameterView<'_, S>, S)>,
        registers: &[S],
        inputs: &[S],
        tangents: &mut Tangents<S>,
    ) {
        if let Some((parameters, temperature)) = temperature {
            self.differentiate_prelude(parameters, temperature, registers, tangents);
        }
        for (row, slopes) in inputs.chunks_exact(tangents.directions.max(1)).enumerate() {
            tangents.set_row(self.prelude + row, slopes);
        }
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has just been seen to have the feature.
            return unsafe { self.chain_avx2(registers, tangents) };
        }
        self.chain(registers, tangents);
    }

    /// What the prelude does along the last direction, the temperature.
    fn differentiate_prelude<S: Scalar>(
        &self,
        parameters: ParameterView<'_, S>,
        temperature: S,
        registers: &[S],
        tangents: &mut Tangents<S>,
    ) {
        let (pass, lane) =
            ((tangents.directions - 1) / tangents.width, (tangents.directions - 1) % tangents.width);
        let (first, width) = (tangents.place(pass, 0) + lane, tangents.width);
        let rows = &mut tangents.rows[first..];
        for (at, op) in self.ops[..self.prelude].iter().enumerate() {
            let [a, b] = op.operands();
            rows[at * width] = match (*op, a) {
                (Op::Temperature, _) => S::from(1.0),
                (Op::Arrhenius(i, reference), _) => {
                    let fixed = |values: &[S]| Dual::<S, 1>::constant(values[i as usize]);
                    let (k, ea) = (fixed(parameters.values), fixed(parameters.activation));
                    arrhenius(k, ea, reference, Dual::variable(temperature, 0)).gradient[0]
                }
                (op, Some(a)) => {
                    let by = op.slopes(|r| registers[r.index()]);
                    let other = b.filter(|b| *b != a).map(|b| rows[b.index() * width] * by[1]);
                    rows[a.index() * width] * by[0] + other.unwrap_or(S::from(0.0))
                }
                _ => S::from(0.0),
            };
        }
    }

    /// The same in registers of four lanes; the same bits, for nothing is fused or reordered.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn chain_avx2<S: Scalar>(&self, registers: &[S], tangents: &mut Tangents<S>) {
        self.chain(registers, tangents);
    }

    #[inline(always)]
    fn chain<S: Scalar>(&self, registers: &[S], tangents: &mut Tangents<S>) {
        let rows = &mut tangents.rows[..];
        match tangents.width {
            4 => self.chain_of::<S, 4>(registers, rows),
            8 => self.chain_of::<S, 8>(registers, rows),
            12 => self.chain_of::<S, 12>(registers, rows),
            _ => self.chain_of::<S, MOST>(registers, rows),
        }
    }

    /// The chain rule over the operations behind the inputs.
    #[inline(always)]
    fn chain_of<S: Scalar, const W: usize>(&self, registers: &[S], rows: &mut [S]) {
        let body = self.prelude + self.inputs.len() + self.readings.len();
        for rows in rows.as_chunks_mut::<W>().0.chunks_exact_mut(self.ops.len().max(1)) {
            for (at, op) in self.ops.iter().enumerate().skip(body) {
                let by = op.slopes(|r| registers[r.index()]);
                let [Some(a), b] = op.operands() else { continue };
                let one = rows[a.index()];
                rows[at] = match b {
                    Some(b) if b != a => {
                        let other = rows[b.index()];
                        std::array::from_fn(|lane| one[lane] * by[0] + other[lane] * by[1])
                    }
                    _ => one.map(|slope| slope * by[0]),
                };
            }
        }
    }
}

impl Op {
    /// Slopes by the operands; an operand that stands twice has one, by both its places, and that is the first.
    #[inline(always)]
    fn slopes<S: Scalar>(self, read: impl Fn(Register) -> S) -> [S; 2] {
        let (zero, one) = (S::from(0.0), S::from(1.0));
        match self {
            Op::AddNumber(..) => [one, zero],
            Op::Scale(_, x) => [S::from(x), zero],
            Op::Add(a, b) if a != b => [one, one],
            Op::Subtract(a, b) if a != b => [one, -one],
            Op::Multiply(a, b) if a != b => [read(b), read(a)],
            Op::Saturation(a, k) if a != k => {
                let (a, k) = (read(a), read(k));
                let inverse = (a + k).recip();
                let square = inverse * inverse;
                [k * square, -(a * square)]
            }
            Op::Max(a, b) if a != b => {
                let gap = read(a) - read(b);
                [S::select_positive(gap, one, zero), S::select_positive(gap, zero, one)]
            }
            _ => {
                let first = self.operands()[0];
                let dual = |r| Dual::<S, 2>::variable(read(r), usize::from(Some(r) != first));
                self.value(dual, |_| Dual::from(0.0)).gradient
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::compile::{Compiler, Symbols};
    use super::*;
    use crate::quantity::Dimension;

    struct Names;
    impl Symbols for Names {
        fn parameter(&self, name: &str) -> Option<(usize, Dimension, Option<f64>)> {
            match name {
                "k" => Some((0, Dimension::FRACTION, Some(300.0))),
                "K" => Some((1, Dimension::CONCENTRATION, None)),
                _ => None,
            }
        }
        fn definition(&self, _name: &str) -> Option<&str> {
            None
        }
        fn species(&self, name: &str) -> Option<usize> {
            ["A", "B", "C"].iter().position(|own| *own == name)
        }
        fn names(&self) -> Vec<String> {
            Vec::new()
        }
        fn species_names(&self) -> Vec<String> {
            Vec::new()
        }
    }

    const VIEW: ParameterView<'_> = ParameterView { values: &[0.5, 2.0], activation: &[40e3, 0.0] };

    /// Every operation, beside dual numbers: derivatives by five directions that mix the inputs, and by the temperature.
    #[test]
    fn agree_with_dual_numbers() {
        let texts = [
            "k*[A]/K + [B]*[C]/K^2 - k",
            "[A]/([A] + K) + [B]/(K + [B])",
            "exp(-[A]/K) + ln([B]/[C]) + log10([B]/K)",
            "sqrt([A]/K) + cbrt([B]/K) + abs([C] - K)/K",
            "([A]/K)^3 + ([A]/K)^2 + ([B]/K)^-2 + ([C]/K)^1.7 + ([A]/[B])^k",
            "min([A], [B])/K + max([B], K)/K + max([A], [C])/K",
            "k*T/(300*T) + (T/(2*T))*k^2",
            "([A]*[A])/(K*K) - ([B] - [B])/K",
        ];
        for text in texts {
            let mut compiler = Compiler::new(&Names);
            let (mut out, _) = compiler.add(text).unwrap();
            let program = compiler.finish([&mut out]);
            let all = [1.5, 0.7, 3.1];
            let seeds = |i: usize| std::array::from_fn(|d| [0.3, -1.0, 2.0, 0.0, 0.5][(i + d) % 5]);
            let moving: Vec<Dual<f64, 6>> = program
                .inputs()
                .iter()
                .map(|i| {
                    let own: [f64; 5] = seeds(*i);
                    Dual {
                        value: all[*i],
                        gradient: std::array::from_fn(|d| if d < 5 { own[d] } else { 0.0 }),
                    }
                })
                .collect();
            let mut want = vec![Dual::<f64, 6>::from(0.0); program.registers()];
            program.run_prelude(VIEW, Dual::variable(310.0, 5), &mut want);
            program.run(&moving, &mut want);

            let mut registers = vec![0.0; program.registers()];
            program.run_prelude(VIEW, 310.0, &mut registers);
            let inputs: Vec<f64> = program.inputs().iter().map(|i| all[*i]).collect();
            program.run(&inputs, &mut registers);
            let slopes: Vec<f64> = moving.iter().flat_map(|own| own.gradient).collect();
            let mut tangents = Tangents::default();
            tangents.reset(&program, 6);
            program.differentiate(Some((VIEW, 310.0)), &registers, &slopes, &mut tangents);
            let close = |got: &[f64], want: &[f64]| {
                got.iter().zip(want).all(|(got, want)| (got - want).abs() <= 1e-13 * want.abs().max(1.0))
            };
            let (mut got, want) = ([0.0; 6], want[out.index()].gradient);
            tangents.copy_row(out, &mut got);
            assert!(close(&got, &want), "{text}: {got:?} {want:?}");

            let slopes: Vec<f64> = moving.iter().flat_map(|own| own.gradient[..5].to_vec()).collect();
            tangents.reset(&program, 5);
            program.differentiate(None, &registers, &slopes, &mut tangents);
            let mut got = [0.0; 5];
            tangents.copy_row(out, &mut got);
            assert!(close(&got, &want[..5]), "{text}: {got:?} {want:?}");
        }
    }
}
