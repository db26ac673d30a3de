//! What a plant records of a case: numbers, and courses over times, tanks or stages.
//!
//! All cases of a file share the axis of a course. Where they cannot, because something sets a time of the unit, the course lies over
//! numbered points and the file has the coordinates of each case beside it.

use super::engine::{Axis, CaseError, Output};
use super::plant::{Plant, PlantError};
use super::target::{Setting, Target};
use crate::flowsheet::{Flowsheet, Observable, Seen, Solution};
use crate::quantity::{Dimension, Unit, natural};
use crate::scenario;
use crate::unit::parameters::Value;
use std::collections::BTreeSet;

/// Where an output is read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reading {
    Value(Observable),
    /// Series of a unit's profile; a dissolved species that is nowhere has none and counts as 0.
    Series {
        unit: usize,
        name: String,
        length: usize,
        zero: bool,
        /// Coordinates that every case must have; none where each case records its own.
        fixed: Option<Vec<f64>>,
    },
    /// Coordinates of a unit's profile.
    Coordinates {
        unit: usize,
        length: usize,
    },
}

/// What is wrong with the path of an output, and what to write instead.
type Told = (String, String);

impl Reading {
    /// Numbers that it takes in a row.
    fn length(&self) -> usize {
        match self {
            Reading::Value(_) => 1,
            Reading::Series { length, .. } | Reading::Coordinates { length, .. } => *length,
        }
    }
}

impl Plant<'_> {
    pub(super) fn learn(
        &mut self,
        name: &str,
        path: &str,
        flowsheet: &Flowsheet,
        solution: &Solution,
    ) -> Result<(), Told> {
        let output = match path.strip_prefix("units.").and_then(|rest| rest.split_once(".profile.")) {
            Some((unit, series)) => self.learn_series(name, path, unit, series, flowsheet, solution)?,
            None => {
                let words = |error: crate::flowsheet::ObserveError| {
                    let help = match error.known.as_slice() {
                        [] => "write `units.leach.extraction.Co` or `streams.leach.slurry.mass`".to_owned(),
                        known => scenario::suggest(&error.wrong, known.iter().map(String::as_str)),
                    };
                    (error.to_string(), help)
                };
                let observable = Observable::parse(path, flowsheet).map_err(words)?;
                let unit = observable.unit(flowsheet, solution).map_err(words)?;
                self.readings.push(Reading::Value(observable));
                Output::number(name, path, &unit)
            }
        };
        self.outputs.push(output);
        Ok(())
    }

    fn learn_series(
        &mut self,
        name: &str,
        path: &str,
        unit: &str,
        series: &str,
        flowsheet: &Flowsheet,
        solution: &Solution,
    ) -> Result<Output, Told> {
        let index = flowsheet.node(unit).ok_or_else(|| {
            let known = flowsheet.nodes.iter().map(|node| node.name.as_str());
            (format!("`{path}`: no unit is called `{unit}`"), scenario::suggest(unit, known))
        })?;
        let profiles = &solution.outcomes[index].profiles;
        let species = series.strip_prefix("concentration.").or_else(|| series.strip_prefix("amount."));
        let zero = species.is_some_and(|species| flowsheet.context.table.index(species).is_some());
        let found = profiles
            .iter()
            .find_map(|profile| Some((profile, profile.series.iter().find(|one| one.name == series)?)));
        let (profile, units, particles) = match (found, profiles.first()) {
            (Some((profile, one)), _) => (profile, one.unit.clone(), one.particles),
            (None, Some(profile)) if zero => {
                let unit = if series.starts_with("concentration.") { "mol/m3" } else { "mol" };
                (profile, unit.to_owned(), None)
            }
            _ => {
                let known: Vec<&str> = profiles
                    .iter()
                    .flat_map(|profile| profile.series.iter().map(|one| one.name.as_str()))
                    .collect();
                return Err((
                    format!("unit `{unit}` has no profile `{series}`"),
                    scenario::suggest(series, known.iter().copied()),
                ));
            }
        };
        let moves = self.moves(index, &profile.axis);
        let (axis, fixed) = match moves {
            true => (self.points(&profile.axis, unit), None),
            false => (self.axis(&profile.axis, unit), Some(profile.axis.values.clone())),
        };
        self.readings.push(Reading::Series {
            unit: index,
            name: series.to_owned(),
            length: profile.axis.values.len(),
            zero,
            fixed,
        });
        let mut long_name = path.to_owned();
        if let Some(diameter) = particles {
            long_name += &format!(", particles of {} in the scenario", natural(diameter, Dimension::LENGTH));
        }
        if moves {
            long_name += &format!(" over {unit}_{}", profile.axis.name);
        }
        Ok(Output { name: name.to_owned(), long_name, unit: units, axes: vec![axis], coordinate: false })
    }

    /// Whether cases may have other coordinates than the scenario: something sets a value of the axis's dimension in the unit.
    fn moves(&self, unit: usize, axis: &crate::unit::Axis) -> bool {
        let Ok(own) = Unit::parse(&axis.unit) else { return false };
        let along = |dimension: Dimension| {
            !own.dimension.is_dimensionless() && dimension.same_exponents(own.dimension)
        };
        let set = |setting: &Setting| {
            matches!(&setting.target, Target::Unit(its, _) if *its == unit) && along(setting.dimension)
        };
        let mut varied = self.base.controllers.iter().map(|controller| &controller.vary);
        let held = |keys: &[String]| match self.base.nodes[unit].args.at(keys) {
            Some(Value::Quantity(measured)) => along(measured.dimension),
            _ => false,
        };
        self.settings.iter().any(set) || varied.any(|one| one.unit == unit && held(&one.keys))
    }

    /// Name of the numbered points that stand for an axis whose coordinates differ from case to case.
    fn points(&mut self, axis: &crate::unit::Axis, unit: &str) -> String {
        let name = format!("{unit}_point");
        if !self.axes.iter().any(|known| known.name == name) {
            let coordinates = (0..axis.values.len()).map(|place| place as f64).collect();
            self.axes.push(Axis { name: name.clone(), unit: "1".to_owned(), coordinates });
        }
        name
    }

    /// Records the coordinates of each case, for the courses that have no common ones.
    pub(super) fn add_coordinates(&mut self, solution: &Solution) -> Result<(), PlantError> {
        let own = |reading: &Reading| match reading {
            Reading::Series { unit, fixed: None, .. } => Some(*unit),
            _ => None,
        };
        let units: BTreeSet<usize> = self.readings.iter().filter_map(own).collect();
        for unit in units {
            let Some(profile) = solution.outcomes[unit].profiles.first() else { continue };
            let (axis, of) = (&profile.axis, &self.base.nodes[unit].name);
            let name = format!("{of}_{}", axis.name);
            let taken =
                self.outputs.iter().map(|one| &one.name).chain(self.factors.iter().map(|one| &one.name));
            if taken.into_iter().any(|known| *known == name) {
                let bearer =
                    format!("the {} of `{of}` in each case, which varies and is recorded", axis.name);
                return Err(PlantError::Name { name, bearer });
            }
            self.outputs.push(Output {
                long_name: format!("{} of units.{of} in the case", axis.name),
                unit: axis.unit.clone(),
                axes: vec![format!("{of}_point")],
                coordinate: true,
                name,
            });
            self.readings.push(Reading::Coordinates { unit, length: axis.values.len() });
        }
        Ok(())
    }

    /// Name of the axis among those of the file; two units with different times get two.
    fn axis(&mut self, axis: &crate::unit::Axis, unit: &str) -> String {
        let same = |known: &Axis| known.coordinates == axis.values && known.unit == axis.unit;
        let names = [axis.name.clone(), format!("{unit}_{}", axis.name)];
        for name in &names {
            match self.axes.iter().find(|known| known.name == *name) {
                Some(known) if same(known) => return name.clone(),
                Some(_) => continue,
                None => {
                    self.axes.push(Axis {
                        name: name.clone(),
                        unit: axis.unit.clone(),
                        coordinates: axis.values.clone(),
                    });
                    return name.clone();
                }
            }
        }
        names[0].clone()
    }

    /// Fills a row with the outputs of a solution.
    pub(super) fn read<S: Seen>(
        &self,
        flowsheet: &Flowsheet,
        solution: &Solution<S>,
        row: &mut [S],
    ) -> Result<(), CaseError> {
        let mut left = row;
        for reading in &self.readings {
            let (own, rest) = left.split_at_mut(reading.length());
            match reading {
                Reading::Value(observable) => {
                    own[0] = observable.value(flowsheet, solution).map_err(CaseError::new)?;
                }
                Reading::Series { unit, name, zero, fixed, .. } => {
                    let profiles = &solution.outcomes[*unit].profiles;
                    let found = profiles.iter().find_map(|profile| {
                        Some((profile, profile.series.iter().find(|one| one.name == *name)?))
                    });
                    match found {
                        Some((profile, one)) => {
                            same_points(name, &profile.axis, own.len(), fixed.as_deref())?;
                            own.copy_from_slice(&one.values);
                        }
                        None if *zero => own.fill(S::from(0.0)),
                        None => return Err(CaseError::new(format!("the case has no profile `{name}`"))),
                    }
                }
                Reading::Coordinates { unit, length } => {
                    let profile = solution.outcomes[*unit].profiles.first();
                    let axis = &profile.ok_or_else(|| CaseError::new("the case has no profile"))?.axis;
                    same_points(&axis.name, axis, *length, None)?;
                    own.copy_from_slice(&axis.values);
                }
            }
            left = rest;
        }
        Ok(())
    }
}

/// Refuses a course that has other points than the file: a row under the wrong coordinates would be a wrong number.
fn same_points<S: Seen>(
    name: &str,
    axis: &crate::unit::Axis<S>,
    length: usize,
    fixed: Option<&[f64]>,
) -> Result<(), CaseError> {
    let count = axis.values.len();
    if count != length {
        return Err(CaseError::new(format!(
            "the profile `{name}` has {count} points in this case and {length} in the scenario; a file holds courses of one length"
        )));
    }
    let Some(fixed) = fixed else { return Ok(()) };
    let size = fixed.iter().fold(0.0_f64, |most, one| most.max(one.abs()));
    let mut pairs = axis.values.iter().map(|own| own.real()).zip(fixed);
    match pairs.find(|(own, known)| (own - *known).abs() > 1e-9 * size) {
        None => Ok(()),
        Some((own, known)) => Err(CaseError::new(format!(
            "the profile `{name}` has {} {own} {} in this case where the scenario has {known}",
            axis.name, axis.unit
        ))),
    }
}
