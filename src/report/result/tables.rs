//! The tables people read: recovery, streams, figures, uses, balances, parameters, references.

use super::{Figure, RunResult, StreamRow};
use crate::quantity::{Dimension, Unit, natural_unit};
use crate::report::chart::pretty_unit;
use crate::report::table::{Cell, Column, Table};

impl RunResult {
    /// Recovery and grade by element and product.
    pub fn recovery_table(&self) -> Table {
        let mass = self.readable(self.mass_dimension(), self.recoveries.iter().map(|row| row.mass));
        let columns = [
            Column::text("product"),
            Column::text("element"),
            Column::number("recovery").unit("%").decimals(2),
            Column::number("grade").unit("%").decimals(2),
            Column::number("mass").unit(&pretty_unit(mass.name())),
        ];
        let mut table = Table::new("Recovery", columns);
        for row in &self.recoveries {
            let product = if row.product.is_empty() { "all products" } else { &row.product };
            table.row([
                product.into(),
                row.element.as_str().into(),
                (100.0 * row.recovery).into(),
                (100.0 * row.grade).into(),
                (row.mass / mass.factor).into(),
            ]);
        }
        table.note("Recovery: element in the product over element in all feedstocks. Grade: of the whole product, moisture included.");
        table
    }

    /// Streams with temperature, mass, solids, liquor and the elements that matter, solvent left out.
    pub fn streams_table(&self) -> Table {
        let mass = self.readable(self.mass_dimension(), self.streams.iter().map(|stream| stream.mass));
        let volume = self.readable(
            if self.continuous { Dimension::VOLUME_FLOW } else { Dimension::VOLUME },
            self.streams.iter().map(|stream| stream.liquor_volume),
        );
        let shown: Vec<usize> = (0..self.elements.len()).filter(|&e| self.is_of_interest(e)).collect();
        let mut columns = vec![
            Column::text("stream"),
            Column::text("to"),
            Column::number("T").unit("°C").decimals(1),
            Column::number("mass").unit(&pretty_unit(mass.name())),
            Column::number("solids").unit(&pretty_unit(mass.name())).significant(3),
            Column::number("liquor").unit(&pretty_unit(volume.name())),
        ];
        let masses_of = |e: usize| self.streams.iter().map(move |stream| stream.elements[e]);
        let light = self.readable(self.mass_dimension(), shown.iter().flat_map(|&e| masses_of(e)));
        let of =
            |e: &usize| Column::number(&self.elements[*e]).unit(&pretty_unit(light.name())).significant(3);
        columns.extend(shown.iter().map(of));
        let mut table = Table::new("Streams", columns);
        for stream in &self.streams {
            let extensive = [stream.mass, stream.solids].map(|value| Cell::from(value / mass.factor));
            let head = [stream.name.as_str().into(), stream.to.as_str().into()];
            let volume = stream.liquor_volume / volume.factor;
            // What rounding leaves of an element that is not there reads as nothing.
            let dust = |e: usize| 1e-12 * masses_of(e).fold(0.0, f64::max);
            let kept = |e: usize| if stream.elements[e].abs() > dust(e) { stream.elements[e] } else { 0.0 };
            let elements = shown.iter().map(|&e| Cell::from(kept(e) / light.factor));
            let middle = [Cell::from(stream.temperature - 273.15)].into_iter().chain(extensive);
            table.row(head.into_iter().chain(middle).chain([volume.into()]).chain(elements));
        }
        table
    }

    /// Amounts of all species in all streams, one row a species.
    pub fn species_table(&self) -> Table {
        let unit = self.amount_unit();
        let columns = self.streams.iter().map(|stream| Column::number(&stream.name).unit(unit));
        let mut table = Table::new("Species", std::iter::once(Column::text("species")).chain(columns));
        for (at, species) in self.species.iter().enumerate() {
            let amount = |stream: &StreamRow| stream.amounts.get(at).copied().unwrap_or(f64::NAN);
            let cells = self.streams.iter().map(|stream| Cell::from(amount(stream)));
            table.row(std::iter::once(Cell::from(species.name.as_str())).chain(cells));
        }
        table
    }

    /// The figures that units report, fractions in percent.
    pub fn figures_table(&self) -> Table {
        let columns = [Column::text("figure"), Column::number("value"), Column::text("unit")];
        let mut table = Table::new("Key figures", columns);
        for Figure { name, value, unit } in &self.figures {
            let (value, unit) = readable_figure(name, *value, unit);
            table.row([name.strip_prefix("units.").unwrap_or(name).into(), value.into(), unit.into()]);
        }
        table
    }

    /// Reagents and utilities by unit.
    pub fn uses_table(&self) -> Table {
        let columns =
            [Column::text("what"), Column::text("unit"), Column::number("amount"), Column::text("of")];
        let mut table = Table::new("Reagents and utilities", columns);
        for row in &self.uses {
            let (value, unit) = readable_figure(&row.name, row.value, &row.of);
            table.row([row.name.as_str().into(), row.unit.as_str().into(), value.into(), unit.into()]);
        }
        table
    }

    /// What the controllers reached.
    pub fn controls_table(&self) -> Table {
        let columns = [
            Column::text("controller"),
            Column::text("measured"),
            Column::text("reached"),
            Column::text("varied"),
            Column::text("value"),
        ];
        let print = |name: &str, value: f64, unit: &str| {
            let (value, unit) = readable_figure(name, value, unit);
            format!("{} {unit}", crate::report::number::significant(value, 5)).trim_end().to_owned()
        };
        let mut table = Table::new("Controllers", columns);
        for control in &self.controls {
            let (measured, reached, _, measured_unit) = &control.measured;
            let (varied, value, unit) = &control.varied;
            let (reached, value) = (print(measured, *reached, measured_unit), print(varied, *value, unit));
            let texts = [&control.name, measured, &reached, varied, &value];
            table.row(texts.map(|text| Cell::from(text.as_str())));
        }
        table
    }

    /// Every balance.
    pub fn balances_table(&self) -> Table {
        let unit = self.amount_unit();
        let columns = [
            Column::text("unit"),
            Column::text("element"),
            Column::number("inlet").unit(unit),
            Column::number("outlet").unit(unit),
            Column::number("closure").significant(2),
        ];
        let mut table = Table::new("Balances", columns);
        for row in &self.balances {
            let texts = [row.unit.as_str().into(), row.element.as_str().into()];
            table.row(texts.into_iter().chain([row.inlet, row.outlet, row.relative].map(Cell::from)));
        }
        table
    }

    /// Every parameter with its source.
    pub fn parameters_table(&self) -> Table {
        let columns = [
            Column::text("parameter"),
            Column::number("value"),
            Column::text("unit"),
            Column::text("source"),
            Column::text("uncertainty"),
            Column::text("range"),
            Column::text("note"),
        ];
        let mut table = Table::new("Parameters", columns);
        for row in &self.parameters {
            let value = if row.value.is_nan() { Cell::Empty } else { row.value.into() };
            let rest = [&row.unit, &row.source, &row.sigma, &row.range, &row.note];
            let rest = rest.into_iter().map(|text| Cell::from(text.as_str()));
            table.row([row.name.as_str().into(), value].into_iter().chain(rest));
        }
        table
    }

    /// The references used.
    pub fn references_table(&self) -> Table {
        let mut table = Table::new("References", [Column::text("key"), Column::text("reference")]);
        for (key, text) in &self.references {
            table.row([key.as_str().into(), text.as_str().into()]);
        }
        table
    }

    fn mass_dimension(&self) -> Dimension {
        if self.continuous { Dimension::MASS_FLOW } else { Dimension::MASS }
    }

    /// The unit in which the largest of some values reads best.
    fn readable(&self, dimension: Dimension, values: impl Iterator<Item = f64>) -> Unit {
        natural_unit(values.filter(|value| value.is_finite()).fold(0.0, f64::max), dimension)
    }

    /// Elements that make a metallurgist look: not those of water, air and most reagents, not inerts.
    fn is_of_interest(&self, element: usize) -> bool {
        let has_any = self.streams.iter().any(|stream| stream.elements[element] != 0.0);
        let symbol = self.elements[element].as_str();
        has_any && !matches!(symbol, "H" | "O" | "N" | "C" | "S" | "Cl" | "e" | "Ar")
    }
}

/// Words in the name of a figure that is read in percent; other pure numbers (pH, ratios) stay as they are.
const SHARES: [&str; 13] = [
    "recovery",
    "extraction",
    "stripping",
    "conversion",
    "grade",
    "moisture",
    "efficiency",
    "loss",
    "share",
    "kept",
    "yield",
    "purity",
    "solids_fraction",
];

/// Whether a pure number of that name is read in percent.
pub(super) fn is_share(name: &str) -> bool {
    SHARES.iter().any(|word| name.contains(word))
}

/// A figure in the unit a reader would choose: shares in percent, kelvin in degrees.
pub(super) fn readable_figure(name: &str, value: f64, unit: &str) -> (f64, String) {
    if unit == "1" {
        return if is_share(name) { (100.0 * value, "%".to_owned()) } else { (value, String::new()) };
    }
    let Ok(given) = Unit::parse(unit) else { return (value, pretty_unit(unit)) };
    let si = given.to_si(value);
    let chosen = natural_unit(si, given.dimension);
    (chosen.from_si(si), pretty_unit(chosen.name()))
}
