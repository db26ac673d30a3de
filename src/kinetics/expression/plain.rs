//! Expressions over plain numbers: columns of a table, parameters of a formula.

use super::ast::{self, Node, Tree};
use super::{Compiler, ExpressionError, ParameterView, Program, Register, Symbols};
use crate::numerics::Scalar;
use crate::quantity::Dimension;

/// Names of numbers without dimension, in the order of their values.
struct Names<'a>(&'a [String]);

impl Symbols for Names<'_> {
    fn parameter(&self, name: &str) -> Option<(usize, Dimension, Option<f64>)> {
        self.0.iter().position(|known| known == name).map(|place| (place, Dimension::FRACTION, None))
    }
    fn definition(&self, _: &str) -> Option<&str> {
        None
    }
    fn species(&self, _: &str) -> Option<usize> {
        None
    }
    fn names(&self) -> Vec<String> {
        self.0.to_vec()
    }
    fn species_names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A compiled expression over named plain numbers.
///
/// ```
/// use lixivia::kinetics::expression::Plain;
/// let names = ["a".to_owned(), "b".to_owned()];
/// let sum = Plain::compile("a + 2*b", &names)?;
/// assert_eq!(sum.value(&[1.0, 3.0]), 7.0);
/// # Ok::<(), lixivia::kinetics::expression::ExpressionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Plain {
    program: Program,
    register: Register,
    reads: Vec<usize>,
}

impl Plain {
    /// Compiles a text over these names.
    ///
    /// # Errors
    /// [`ExpressionError`]: syntax, unknown names.
    pub fn compile(text: &str, names: &[String]) -> Result<Plain, ExpressionError> {
        let mut reads = Vec::new();
        gather(&ast::parse(text)?, names, &mut reads);
        reads.sort_unstable();
        reads.dedup();
        let names = Names(names);
        let mut compiler = Compiler::new(&names);
        let (mut register, _) = compiler.add(text)?;
        let program = compiler.finish([&mut register]);
        Ok(Plain { program, register, reads })
    }

    /// Places of the names that it reads, ascending.
    pub fn reads(&self) -> &[usize] {
        &self.reads
    }

    /// Its value, the numbers in the order of the names; NaN where one that it needs is NaN.
    pub fn value<S: Scalar>(&self, numbers: &[S]) -> S {
        let mut registers = vec![S::from(0.0); self.program.registers()];
        let view = ParameterView { values: numbers, activation: &[] };
        self.program.run_prelude_with(view, |value| value, S::from(f64::NAN), &mut registers);
        self.program.run(&[], &mut registers);
        registers[self.register.index()]
    }
}

/// Places of the names in a tree.
fn gather(tree: &Tree, names: &[String], reads: &mut Vec<usize>) {
    match &tree.node {
        Node::Name(name) => reads.extend(names.iter().position(|known| known == name)),
        Node::Negate(inner) => gather(inner, names, reads),
        Node::Binary(_, left, right) => {
            gather(left, names, reads);
            gather(right, names, reads);
        }
        Node::Call(_, inner) => inner.iter().for_each(|one| gather(one, names, reads)),
        Node::Number(_) | Node::Species(_) | Node::Reading(..) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_knows_the_names_that_it_reads() {
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        let plain = Plain::compile("-d*max(a, 2) + a^2", &names).unwrap();
        assert_eq!(plain.reads(), [0, 3]);
    }
}
