//! A compiled set of expressions: a flat list of operations over registers.

use crate::kinetics::arrhenius::arrhenius;
use crate::numerics::Scalar;

/// Index of the operation that computes a value, and of the place that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Register(pub u32);

impl Register {
    /// As an index into the registers.
    #[inline(always)]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// In what a rate reads a species of the equilibrium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// `free[CN-]`: its concentration, mol/m³ of liquor.
    Free,
    /// `activity[CN-]`: its activity, on the molal scale.
    Activity,
}

impl Basis {
    /// The basis that a word of an expression means.
    pub(super) fn of(word: &str) -> Option<Basis> {
        [Basis::Free, Basis::Activity].into_iter().find(|basis| basis.word() == word)
    }

    /// The word of expressions.
    pub fn word(self) -> &'static str {
        match self {
            Basis::Free => "free",
            Basis::Activity => "activity",
        }
    }
}

/// An input that the equilibrium gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    /// The species, by the index that [`Symbols::equilibrium`](super::Symbols::equilibrium) gave.
    pub species: usize,
    /// In what it is read.
    pub basis: Basis,
}

/// One operation; operation `i` writes register `i` and reads lower ones only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// A literal.
    Number(f64),
    /// The temperature, K.
    Temperature,
    /// A parameter's value.
    Parameter(u32),
    /// A parameter that follows Arrhenius from its reference temperature, K.
    Arrhenius(u32, f64),
    /// An input: the concentration of a species, or behind those a reading of the equilibrium.
    Input(u32),
    /// Sum.
    Add(Register, Register),
    /// Difference.
    Subtract(Register, Register),
    /// Product.
    Multiply(Register, Register),
    /// Quotient.
    Divide(Register, Register),
    /// `a/(a + k)`, the share of a site or reagent that is taken: the commonest quotient of rate laws, in one operation.
    Saturation(Register, Register),
    /// Sum with a literal.
    AddNumber(Register, f64),
    /// Product with a literal.
    Scale(Register, f64),
    /// Change of sign.
    Negate(Register),
    /// e^x.
    Exp(Register),
    /// Natural logarithm.
    Ln(Register),
    /// Square root, of 0 for negative numbers.
    Sqrt(Register),
    /// Cube root.
    Cbrt(Register),
    /// Absolute value.
    Abs(Register),
    /// Integer power.
    PowerInteger(Register, i32),
    /// Real power, of 0 for negative numbers.
    PowerReal(Register, f64),
    /// The smaller.
    Min(Register, Register),
    /// The larger.
    Max(Register, Register),
}

impl Op {
    /// The registers that are read.
    pub(super) fn operands(self) -> [Option<Register>; 2] {
        use Op::*;
        match self {
            Number(_) | Temperature | Parameter(_) | Arrhenius(..) | Input(_) => [None, None],
            Add(a, b)
            | Subtract(a, b)
            | Multiply(a, b)
            | Divide(a, b)
            | Saturation(a, b)
            | Min(a, b)
            | Max(a, b) => [Some(a), Some(b)],
            AddNumber(a, _) | Scale(a, _) | PowerInteger(a, _) | PowerReal(a, _) => [Some(a), None],
            Negate(a) | Exp(a) | Ln(a) | Sqrt(a) | Cbrt(a) | Abs(a) => [Some(a), None],
        }
    }

    /// The same operation with its operands renamed.
    pub(super) fn renamed(self, name: impl Fn(Register) -> Register) -> Op {
        use Op::*;
        match self {
            Number(_) | Temperature | Parameter(_) | Arrhenius(..) | Input(_) => self,
            Add(a, b) => Add(name(a), name(b)),
            Subtract(a, b) => Subtract(name(a), name(b)),
            Multiply(a, b) => Multiply(name(a), name(b)),
            Divide(a, b) => Divide(name(a), name(b)),
            Saturation(a, k) => Saturation(name(a), name(k)),
            Min(a, b) => Min(name(a), name(b)),
            Max(a, b) => Max(name(a), name(b)),
            AddNumber(a, x) => AddNumber(name(a), x),
            Scale(a, x) => Scale(name(a), x),
            PowerInteger(a, n) => PowerInteger(name(a), n),
            PowerReal(a, x) => PowerReal(name(a), x),
            Negate(a) => Negate(name(a)),
            Exp(a) => Exp(name(a)),
            Ln(a) => Ln(name(a)),
            Sqrt(a) => Sqrt(name(a)),
            Cbrt(a) => Cbrt(name(a)),
            Abs(a) => Abs(name(a)),
        }
    }

    /// The value; `read` gives an operand, the other arguments what the leaves stand for.
    #[inline(always)]
    pub(super) fn value<S: Scalar>(self, read: impl Fn(Register) -> S, leaf: impl Fn(Op) -> S) -> S {
        use Op::*;
        let zero = S::from(0.0);
        match self {
            Number(x) => S::from(x),
            Temperature | Parameter(_) | Arrhenius(..) | Input(_) => leaf(self),
            Add(a, b) => read(a) + read(b),
            Subtract(a, b) => read(a) - read(b),
            Multiply(a, b) => read(a) * read(b),
            Divide(a, b) => read(a) / read(b),
            Saturation(a, k) => read(a) / (read(a) + read(k)),
            AddNumber(a, x) => read(a) + x,
            Scale(a, x) => read(a) * x,
            Negate(a) => -read(a),
            Exp(a) => read(a).exp(),
            Ln(a) => read(a).ln(),
            Sqrt(a) => read(a).max(zero).sqrt(),
            Cbrt(a) => read(a).cbrt(),
            Abs(a) => read(a).abs(),
            PowerInteger(a, n) => read(a).powi(n),
            PowerReal(a, x) => read(a).max(zero).powf(x),
            Min(a, b) => read(a).min(read(b)),
            Max(a, b) => read(a).max(read(b)),
        }
    }
}

/// Values and activation energies that a prelude reads, by parameter.
#[derive(Clone, Copy, Debug)]
pub struct ParameterView<'a, S = f64> {
    /// Values, SI; of an Arrhenius parameter at its reference temperature.
    pub values: &'a [S],
    /// Activation energies, J/mol; read for Arrhenius parameters only.
    pub activation: &'a [S],
}

/// Expressions that share definitions, compiled.
///
/// Operations before `prelude` depend on temperature and parameters alone; behind them stand the inputs in their order, then
/// what depends on these. Registers are the caller's, one per operation, so that evaluation allocates nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    pub(super) ops: Vec<Op>,
    pub(super) prelude: usize,
    pub(super) inputs: Vec<usize>,
    pub(super) readings: Vec<Reading>,
}

impl Program {
    /// How many registers an evaluation needs.
    pub fn registers(&self) -> usize {
        self.ops.len()
    }

    /// How many registers the prelude fills.
    pub fn prelude_len(&self) -> usize {
        self.prelude
    }

    /// Species (by the caller's index) whose concentrations are the inputs, in order.
    pub fn inputs(&self) -> &[usize] {
        &self.inputs
    }

    /// Inputs behind those of [`Program::inputs`] that the equilibrium gives, in order.
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// The operations.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Fills the registers that depend on temperature (K) and parameters alone.
    ///
    /// # Panics
    /// If `registers` is shorter than [`Program::registers`] or a parameter is missing.
    pub fn run_prelude<S: Scalar>(&self, parameters: ParameterView<'_>, temperature: S, registers: &mut [S]) {
        self.run_prelude_with(parameters, S::from, temperature, registers);
    }

    /// [`Program::run_prelude`] with parameters of another number type, each made a register's by `lift`.
    ///
    /// # Panics
    /// As [`Program::run_prelude`].
    pub fn run_prelude_with<P: Copy, S: Scalar>(
        &self,
        parameters: ParameterView<'_, P>,
        lift: impl Fn(P) -> S,
        temperature: S,
        registers: &mut [S],
    ) {
        for (at, op) in self.ops[..self.prelude].iter().enumerate() {
            let leaf = |op| match op {
                Op::Temperature => temperature,
                Op::Parameter(i) => lift(parameters.values[i as usize]),
                Op::Arrhenius(i, reference) => {
                    let (k, ea) =
                        (lift(parameters.values[i as usize]), lift(parameters.activation[i as usize]));
                    arrhenius(k, ea, reference, temperature)
                }
                _ => S::from(0.0),
            };
            registers[at] = op.value(|r| registers[r.index()], leaf);
        }
    }

    /// Fills the registers that depend on the inputs (mol/m³, in the order of [`Program::inputs`], then those of
    /// [`Program::readings`]), after the prelude.
    ///
    /// # Panics
    /// If `registers` or `inputs` are too short.
    #[inline]
    pub fn run<S: Scalar>(&self, inputs: &[S], registers: &mut [S]) {
        let registers = &mut registers[..self.ops.len()];
        let body = self.prelude + inputs.len();
        registers[self.prelude..body].copy_from_slice(inputs);
        let mut at = body;
        while let Some(op) = self.ops.get(at) {
            match op {
                Op::Add(..) => self.stretch(&mut at, registers, |op| matches!(op, Op::Add(..))),
                Op::Subtract(..) => self.stretch(&mut at, registers, |op| matches!(op, Op::Subtract(..))),
                Op::Multiply(..) => self.stretch(&mut at, registers, |op| matches!(op, Op::Multiply(..))),
                Op::Saturation(..) => self.stretch(&mut at, registers, |op| matches!(op, Op::Saturation(..))),
                Op::AddNumber(..) => self.stretch(&mut at, registers, |op| matches!(op, Op::AddNumber(..))),
                Op::Scale(..) => self.stretch(&mut at, registers, |op| matches!(op, Op::Scale(..))),
                Op::Max(..) => self.stretch(&mut at, registers, |op| matches!(op, Op::Max(..))),
                op => {
                    registers[at] = op.value(|r| registers[r.index()], |_| S::from(0.0));
                    at += 1;
                }
            }
        }
    }

    /// The operations from `at` on that are of one kind; a loop of its own for each kind, which holds no other choice.
    #[inline(always)]
    fn stretch<S: Scalar>(&self, at: &mut usize, registers: &mut [S], same: impl Fn(&Op) -> bool) {
        while let Some(op) = self.ops.get(*at).filter(|op| same(op)) {
            registers[*at] = op.value(|r| registers[r.index()], |_| S::from(0.0));
            *at += 1;
        }
    }

    /// Inputs on which a register depends.
    pub fn dependence(&self, register: Register) -> Vec<usize> {
        let mut wanted = vec![false; self.ops.len()];
        wanted[register.index()] = true;
        let mut found = Vec::new();
        for at in (0..=register.index()).rev() {
            if !wanted[at] {
                continue;
            }
            if let Op::Input(i) = self.ops[at] {
                found.push(i as usize);
            }
            for operand in self.ops[at].operands().into_iter().flatten() {
                wanted[operand.index()] = true;
            }
        }
        found.sort_unstable();
        found
    }
}
