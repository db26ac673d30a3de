//! The layout of a result file. `docs/results.md` describes it for readers.

use super::{LAYOUT_VERSION, ProfileRows, RunResult, StreamRow};
use crate::quantity::{Dimension, natural};
use crate::report::hdf5::{Attribute, Dataset, Group, WRITER};

impl RunResult {
    /// The content of the result file.
    pub fn to_hdf5(&self) -> Group {
        let mut root = self.streams_group();
        self.describe(&mut root);
        for (name, group) in [
            ("units", self.units_group()),
            ("kpis", self.kpis_group()),
            ("recovery", self.recovery_group()),
            ("balance", self.balance_group()),
            ("profiles", self.profiles_group()),
            ("uses", self.uses_group()),
            ("controllers", self.controllers_group()),
            ("parameters", self.parameters_group()),
            ("references", self.references_group()),
            ("warnings", self.warnings_group()),
            ("solver", self.solver_group()),
        ] {
            root.group(name, group);
        }
        let mut scenario = Group::new();
        scenario.attribute("file", self.scenario.file.as_str());
        scenario.attribute("sha256", self.scenario.sha256());
        scenario.attribute("overrides", Attribute::Text(self.scenario.overrides.join("\n")));
        scenario.dataset("text", Dataset::scalar(vec![self.scenario.text.clone()]));
        root.group("scenario", scenario);
        let mut timing = Group::new();
        timing.dataset(
            "wall",
            Dataset::scalar(vec![self.seconds]).units("s").long_name("time of the calculation"),
        );
        root.group("timing", timing);
        root
    }

    fn describe(&self, root: &mut Group) {
        root.attribute("title", self.scenario.title.as_str())
            .attribute("program", "lixivia")
            .attribute(WRITER, "run")
            .attribute("lixivia_version", self.version.as_str())
            .attribute("layout_version", LAYOUT_VERSION)
            .attribute("basis", if self.continuous { "continuous" } else { "batch" })
            .attribute("scenario_file", self.scenario.file.as_str())
            .attribute("scenario_sha256", self.scenario.sha256())
            .attribute("seed", self.seed as i64)
            .attribute("closure_worst_relative", self.worst_closure);
        for (name, value) in &self.tolerances {
            root.attribute(&format!("tolerance_{name}"), *value);
        }
    }

    /// Streams stand at the root, so that opening the file shows them at once.
    fn streams_group(&self) -> Group {
        let mut group = Group::new();
        if self.streams.is_empty() {
            return group;
        }
        let names = |pick: fn(&StreamRow) -> &String| -> Vec<String> {
            self.streams.iter().map(|stream| pick(stream).clone()).collect()
        };
        let values = |pick: fn(&StreamRow) -> f64| -> Vec<f64> { self.streams.iter().map(pick).collect() };
        group.dataset(
            "stream",
            Dataset::row(names(|s| &s.name), "stream").long_name("port the stream leaves"),
        );
        let species: Vec<String> = self.species.iter().map(|species| species.name.clone()).collect();
        group.dataset("species", Dataset::row(species, "species"));
        group.dataset("element", Dataset::row(self.elements.clone(), "element"));
        group.dataset("from", Dataset::row(names(|s| &s.from), "stream").long_name("unit the stream leaves"));
        group.dataset("to", Dataset::row(names(|s| &s.to), "stream").long_name("unit the stream enters"));
        let mass = self.mass_unit();
        for (name, unit, long_name, column) in [
            ("temperature", "K", "temperature", values(|s| s.temperature)),
            ("pressure", "Pa", "pressure", values(|s| s.pressure)),
            ("mass", mass, "total mass", values(|s| s.mass)),
            ("solids", mass, "mass of solids", values(|s| s.solids)),
            ("liquor_volume", self.volume_unit(), "volume of the liquor", values(|s| s.liquor_volume)),
        ] {
            group.dataset(name, Dataset::row(column, "stream").units(unit).long_name(long_name));
        }
        let shape = [self.streams.len(), self.species.len()];
        let amounts: Vec<f64> = self.streams.iter().flat_map(|s| s.amounts.iter().copied()).collect();
        let amount = Dataset::new(amounts, &shape, &["stream", "species"]).units(self.amount_unit());
        group.dataset("amount", amount.long_name("amount of each species"));
        let shape = [self.streams.len(), self.elements.len()];
        let elements: Vec<f64> = self.streams.iter().flat_map(|s| s.elements.iter().copied()).collect();
        let element_mass = Dataset::new(elements, &shape, &["stream", "element"]).units(mass);
        group.dataset("element_mass", element_mass.long_name("mass of each element"));
        let phases: Vec<String> = self.species.iter().map(|species| species.phase.clone()).collect();
        group.dataset("phase", Dataset::row(phases, "species"));
        let molar_masses: Vec<f64> = self.species.iter().map(|species| species.molar_mass).collect();
        group.dataset("molar_mass", Dataset::row(molar_masses, "species").units("kg/mol"));
        let shape = [self.species.len(), self.elements.len()];
        let composition: Vec<f64> =
            self.species.iter().flat_map(|species| species.composition.clone()).collect();
        let composition = Dataset::new(composition, &shape, &["species", "element"]).units("1");
        group.dataset("composition", composition.long_name("atoms of each element in one formula unit"));
        group
    }

    fn units_group(&self) -> Group {
        let rows = &self.units;
        table(
            "unit",
            vec![("unit", texts(rows, |row| row.0.clone())), ("model", texts(rows, |row| row.1.clone()))],
        )
    }

    fn kpis_group(&self) -> Group {
        let mut group = Group::new();
        for figure in self.all_figures() {
            group.dataset(&figure.name, Dataset::scalar(vec![figure.value]).units(&figure.unit));
        }
        group
    }

    fn recovery_group(&self) -> Group {
        let rows = &self.recoveries;
        let product = |name: &str| if name.is_empty() { "all products".to_owned() } else { name.to_owned() };
        table(
            "entry",
            vec![
                ("product", texts(rows, |row| product(&row.product))),
                ("element", texts(rows, |row| row.element.clone())),
                ("recovery", numbers(rows, |row| row.recovery).units("1")),
                ("grade", numbers(rows, |row| row.grade).units("1")),
                ("mass", numbers(rows, |row| row.mass).units(self.mass_unit())),
            ],
        )
    }

    fn balance_group(&self) -> Group {
        let rows = &self.balances;
        let unit = self.amount_unit();
        table(
            "entry",
            vec![
                ("unit", texts(rows, |row| row.unit.clone())),
                ("element", texts(rows, |row| row.element.clone())),
                ("inlet", numbers(rows, |row| row.inlet).units(unit)),
                ("outlet", numbers(rows, |row| row.outlet).units(unit)),
                ("relative", numbers(rows, |row| row.relative).units("1").long_name("closure")),
            ],
        )
    }

    /// One group per unit; a second profile of a unit gets a number behind its name.
    fn profiles_group(&self) -> Group {
        let mut group = Group::new();
        for profile in &self.profiles {
            let mut name = profile.unit.clone();
            let mut number = 2;
            while group.find(&name).is_some() {
                name = format!("{}_{number}", profile.unit);
                number += 1;
            }
            group.group(&name, profile_group(profile));
        }
        group
    }

    fn uses_group(&self) -> Group {
        let rows = &self.uses;
        table(
            "entry",
            vec![
                ("unit", texts(rows, |row| row.unit.clone())),
                ("kind", texts(rows, |row| row.kind.clone())),
                ("name", texts(rows, |row| row.name.clone())),
                ("value", numbers(rows, |row| row.value).attribute("units_in", "value_units")),
                ("value_units", texts(rows, |row| row.of.clone())),
            ],
        )
    }

    fn controllers_group(&self) -> Group {
        let rows = &self.controls;
        table(
            "controller",
            vec![
                ("controller", texts(rows, |row| row.name.clone())),
                ("measured", texts(rows, |row| row.measured.0.clone())),
                ("reached", numbers(rows, |row| row.measured.1).attribute("units_in", "measured_units")),
                ("target", numbers(rows, |row| row.measured.2).attribute("units_in", "measured_units")),
                ("measured_units", texts(rows, |row| row.measured.3.clone())),
                ("varied", texts(rows, |row| row.varied.0.clone())),
                ("value", numbers(rows, |row| row.varied.1).attribute("units_in", "value_units")),
                ("value_units", texts(rows, |row| row.varied.2.clone())),
            ],
        )
    }

    fn parameters_group(&self) -> Group {
        let rows = &self.parameters;
        table(
            "parameter",
            vec![
                ("parameter", texts(rows, |row| row.name.clone())),
                ("value", numbers(rows, |row| row.value).attribute("units_in", "value_units")),
                ("value_units", texts(rows, |row| row.unit.clone())),
                ("source", texts(rows, |row| row.source.clone())),
                ("sigma", texts(rows, |row| row.sigma.clone()).long_name("standard uncertainty")),
                ("range", texts(rows, |row| row.range.clone()).long_name("range in which it was measured")),
                ("note", texts(rows, |row| row.note.clone())),
            ],
        )
    }

    fn references_group(&self) -> Group {
        let rows = &self.references;
        table(
            "key",
            vec![("key", texts(rows, |row| row.0.clone())), ("text", texts(rows, |row| row.1.clone()))],
        )
    }

    fn warnings_group(&self) -> Group {
        let rows = &self.warnings;
        table(
            "warning",
            vec![("about", texts(rows, |row| row.0.clone())), ("text", texts(rows, |row| row.1.clone()))],
        )
    }

    fn solver_group(&self) -> Group {
        let rows = &self.history;
        let mut group = table(
            "entry",
            vec![
                ("pass", numbers(rows, |row| row.pass as f64).units("1")),
                ("stream", texts(rows, |row| row.stream.clone())),
                ("element", texts(rows, |row| row.element.clone())),
                ("change", numbers(rows, |row| row.change).units("1").long_name("residual of the loop")),
            ],
        );
        for (name, value) in &self.statistics {
            group.attribute(name, *value);
        }
        group
    }
}

fn profile_group(profile: &ProfileRows) -> Group {
    let mut group = Group::new();
    group.attribute("unit", profile.unit.as_str());
    let axis = profile.axis.as_str();
    group.dataset(axis, Dataset::row(profile.at.clone(), axis).units(&profile.axis_unit));
    for series in &profile.series {
        let dataset = Dataset::row(series.values.clone(), axis).units(&series.unit);
        group.dataset(
            &series.name,
            match series.particles {
                Some(diameter) => {
                    let size = natural(diameter, Dimension::LENGTH);
                    dataset.long_name(&format!("{}, particles of {size} at the start", series.name))
                }
                None => dataset,
            },
        );
    }
    group
}

/// Columns along one dimension; nothing for a table without rows.
fn table(dim: &str, columns: Vec<(&str, Dataset)>) -> Group {
    let mut group = Group::new();
    for (name, mut column) in columns {
        if !column.data.is_empty() {
            column.dims = vec![dim.to_owned()];
            group.dataset(name, column);
        }
    }
    group
}

fn texts<T>(rows: &[T], pick: impl Fn(&T) -> String) -> Dataset {
    Dataset::row(rows.iter().map(pick).collect::<Vec<String>>(), "row")
}

fn numbers<T>(rows: &[T], pick: impl Fn(&T) -> f64) -> Dataset {
    Dataset::row(rows.iter().map(pick).collect::<Vec<f64>>(), "row")
}
