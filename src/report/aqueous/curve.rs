//! Courses of states: titrations, solubility, precipitation and distribution over pH.

use super::{Provenance, pretty_component};
use crate::equilibrium::curve::{Curve, Part, Point};
use crate::report::chart::{Axis, Chart, Layer, Stroke, chemical};
use crate::report::hdf5::{Dataset, Group};
use crate::report::table::{Column, Table};
use serde_json::{Map, Value, json};

/// Smallest molality that is listed.
const TRACE: f64 = 1e-15;
/// Smallest share of a component for which a species is drawn.
const DRAWN_SHARE: f64 = 0.02;

/// A course and what it is of.
#[derive(Clone, Debug)]
pub struct Course<'c> {
    /// The states.
    pub curve: &'c Curve,
    /// The reagent of a titration; none where the axis is pH.
    pub reagent: Option<String>,
    /// What was asked.
    pub provenance: Provenance,
}

impl Course<'_> {
    fn axis(&self) -> (&'static str, &'static str) {
        match self.reagent {
            Some(_) => ("dose", "mol/kg"),
            None => ("pH", "1"),
        }
    }

    fn title(&self) -> String {
        match &self.reagent {
            Some(reagent) => format!("Titration with {}", chemical(reagent)),
            None => "Liquor over pH".to_owned(),
        }
    }

    /// Species that are ever there, by index.
    fn listed(&self) -> Vec<usize> {
        let ever = |s: &usize| self.curve.points.iter().any(|p| p.molality[*s] > TRACE);
        (0..self.curve.species.len()).filter(ever).collect()
    }

    /// The components of the pictures: cations and neutral ones of which something precipitates, or else all cations.
    /// `of` picks one by name or element.
    pub fn shown(&self, of: &[String]) -> Vec<usize> {
        let curve = self.curve;
        if !of.is_empty() {
            let wanted = |name: &str| of.iter().any(|o| o == name || name.split('(').next() == Some(o));
            return (0..curve.components.len()).filter(|c| wanted(&curve.components[*c])).collect();
        }
        let precipitates = |c: &usize| curve.dissolved_share(*c).any(|share| share < 0.999);
        let there = |c: &usize| curve.points.iter().any(|p| p.total[*c] > 0.0);
        let positive = |c: &usize| curve.charges[*c] >= 0.0 && there(c);
        let found: Vec<usize> = (0..curve.charges.len()).filter(positive).filter(precipitates).collect();
        let cations = |c: &usize| curve.charges[*c] > 0.0 && there(c);
        if found.is_empty() { (0..curve.charges.len()).filter(cations).collect() } else { found }
    }

    /// The solid that holds most of a component at a point.
    pub fn limiting(&self, component: usize, point: &Point) -> Option<usize> {
        let held = |k: &usize| {
            let solid = &self.curve.solids[*k];
            solid.holds.iter().find(|h| h.0 == component).map_or(0.0, |h| h.1 * point.solids[*k])
        };
        let best = (0..self.curve.solids.len()).max_by(|a, b| held(a).total_cmp(&held(b)))?;
        (held(&best) > 1e-12 * point.total[component]).then_some(best)
    }

    /// One row a point: for people without, for CSV with the molality of every species.
    pub fn table(&self, species: bool) -> Table {
        let curve = self.curve;
        let (axis, unit) = self.axis();
        let mut columns = vec![Column::number(axis).unit(if unit == "1" { "" } else { unit }).significant(6)];
        if axis != "pH" {
            columns.push(Column::number("pH").significant(6));
        }
        let eh = curve.points.iter().any(|p| p.eh.is_some());
        if eh {
            columns.push(Column::number("Eh").unit("V").significant(5));
        }
        columns.push(Column::number("ionic strength").unit("mol/kg").significant(4));
        let shown: Vec<usize> = match species {
            true => (0..curve.components.len()).collect(),
            false => self.shown(&[]),
        };
        let number = |title: String, unit: &str| Column::number(&title).unit(unit).significant(5);
        columns.extend(shown.iter().map(|c| number(format!("{} dissolved", curve.components[*c]), "mol")));
        let formed: Vec<usize> = (0..curve.solids.len())
            .filter(|k| species || curve.points.iter().any(|p| p.solids[*k] > 0.0))
            .collect();
        columns.extend(formed.iter().map(|k| number(format!("{} (s)", curve.solids[*k].name), "mol")));
        let listed = if species { self.listed() } else { vec![] };
        columns.extend(listed.iter().map(|s| number(curve.species[*s].name.clone(), "mol/kg")));
        let mut table = Table::new(&self.title(), columns);
        for p in &curve.points {
            let mut row = vec![p.at.into()];
            if axis != "pH" {
                row.push(p.ph.into());
            }
            if eh {
                row.push(p.eh.unwrap_or(f64::NAN).into());
            }
            row.push(p.ionic_strength.into());
            row.extend(shown.iter().map(|c| p.dissolved[*c].into()));
            row.extend(formed.iter().map(|k| p.solids[*k].into()));
            row.extend(listed.iter().map(|s| p.molality[*s].into()));
            table.row(row);
        }
        if let Some(warning) = &curve.warning {
            table.note(format!("warning: {warning}"));
        }
        table
    }

    /// The JSON object of the course.
    pub fn json(&self) -> Value {
        let curve = self.curve;
        let listed = self.listed();
        let (axis, _) = self.axis();
        let named = |names: &[String], values: &[f64]| -> Map<String, Value> {
            names.iter().cloned().zip(values.iter().map(|v| json!(v))).collect()
        };
        let solids: Vec<String> = curve.solids.iter().map(|s| s.name.clone()).collect();
        let point = |p: &Point| {
            let species = listed.iter().filter(|s| p.molality[**s] > 0.0);
            let species: Map<String, Value> =
                species.map(|s| (curve.species[*s].name.clone(), json!(p.molality[*s]))).collect();
            let mut object = json!({
                "ph": p.ph, "eh_V": p.eh, "ionic_strength_mol_per_kg": p.ionic_strength, "water_kg": p.water,
                "molality_mol_per_kg": species, "solids_mol": named(&solids, &p.solids),
                "dissolved_mol": named(&curve.components, &p.dissolved),
            });
            if axis == "dose" {
                object["dose_mol_per_kg"] = json!(p.at);
            }
            object
        };
        let mut object = self.provenance.json();
        object["reagent"] = json!(self.reagent);
        object["points"] = curve.points.iter().map(point).collect();
        object["warnings"] = curve.warning.iter().map(|w| json!(w)).collect();
        object
    }

    /// The course as labelled arrays.
    pub fn hdf5(&self) -> Group {
        let curve = self.curve;
        let (axis, unit) = self.axis();
        let mut group = self.provenance.group(&self.title());
        if let Some(reagent) = &self.reagent {
            group.attribute("reagent", reagent.as_str());
        }
        if let Some(warning) = &curve.warning {
            group.attribute("warning", warning.as_str());
        }
        let n = curve.points.len();
        let column = |pick: &dyn Fn(&Point) -> f64| curve.points.iter().map(pick).collect::<Vec<f64>>();
        let row = |pick: &dyn Fn(&Point) -> f64, units: &str, long_name: &str| {
            Dataset::row(column(pick), axis).units(units).long_name(long_name)
        };
        let name = match &self.reagent {
            Some(reagent) => format!("{reagent} added per kg of water at the start"),
            None => "pH".to_owned(),
        };
        group.dataset(axis, row(&|p| p.at, unit, &name));
        let text = |names: Vec<String>, dim: &str, what: &str| Dataset::row(names, dim).long_name(what);
        let listed = self.listed();
        let names = |parts: &[Part]| parts.iter().map(|p| p.name.clone()).collect::<Vec<_>>();
        let species: Vec<String> = listed.iter().map(|s| curve.species[*s].name.clone()).collect();
        group.dataset("species", text(species, "species", "dissolved species"));
        group.dataset(
            "component",
            text(curve.components.clone(), "component", "components, by element or ligand"),
        );
        if axis != "pH" {
            group.dataset("pH", row(&|p| p.ph, "1", "pH"));
        }
        if curve.points.iter().any(|p| p.eh.is_some()) {
            let eh =
                row(&|p| p.eh.unwrap_or(f64::NAN), "V", "potential against the standard hydrogen electrode");
            group.dataset("Eh", eh);
        }
        group.dataset("ionic_strength", row(&|p| p.ionic_strength, "mol/kg", "ionic strength"));
        group.dataset("water_mass", row(&|p| p.water, "kg", "liquid water"));
        let matrix = |values: Vec<f64>, dim: &str, width: usize, units: &str, what: &str| {
            Dataset::new(values, &[n, width], &[axis, dim]).units(units).long_name(what)
        };
        let values: Vec<f64> =
            curve.points.iter().flat_map(|p| listed.iter().map(|s| p.molality[*s])).collect();
        group.dataset(
            "molality",
            matrix(values, "species", listed.len(), "mol/kg", "molality of each species"),
        );
        let wide = curve.components.len();
        let values = curve.points.iter().flat_map(|p| p.dissolved.clone()).collect();
        group.dataset("dissolved", matrix(values, "component", wide, "mol", "amount in solution"));
        let values = curve.points.iter().flat_map(|p| p.total.clone()).collect();
        group.dataset("total", matrix(values, "component", wide, "mol", "amount in solution and solids"));
        if !curve.solids.is_empty() {
            group.dataset("solid", text(names(&curve.solids), "solid", "solids that may form"));
            let values = curve.points.iter().flat_map(|p| p.solids.clone()).collect();
            let wide = curve.solids.len();
            group.dataset("solid_amount", matrix(values, "solid", wide, "mol", "amount of each solid"));
        }
        group
    }

    fn pairs(&self, values: impl Iterator<Item = f64>) -> Vec<[f64; 2]> {
        self.curve.points.iter().zip(values).map(|(p, v)| [p.at, v]).collect()
    }

    fn x_axis(&self) -> Axis {
        let ends =
            (self.curve.points.first().map_or(0.0, |p| p.at), self.curve.points.last().map_or(1.0, |p| p.at));
        let axis = match &self.reagent {
            Some(reagent) => Axis::new(&format!("{} added", chemical(reagent))).unit("mol/kg water"),
            None => Axis::new("pH"),
        };
        if ends.1 > ends.0 { axis.range(ends.0, ends.1) } else { axis }
    }

    fn subtitle(&self) -> String {
        format!("{}; {}", self.provenance.celsius(), self.provenance.asked)
    }

    /// Panels of a titration, to be stacked: pH, what stays in solution (or the main species), Eh where couples are open.
    /// The lowest bears the title of their common axis.
    pub fn titration_charts(&self) -> Vec<Chart> {
        let curve = self.curve;
        let panel = |y: Axis| Chart::new("", self.x_axis(), y).size(640.0, 310.0);
        let mut first =
            panel(Axis::new("pH")).layer(Layer::line("", self.pairs(curve.points.iter().map(|p| p.ph))));
        first.title = self.title();
        first.subtitle = self.subtitle();
        let mut charts = vec![first.size(640.0, 350.0)];
        let forms = curve.points.iter().any(|p| p.solids.iter().any(|n| *n > 0.0));
        charts.push(match forms {
            true => self.precipitation_lines(
                panel(Axis::new("in solution").unit("%").range(0.0, 100.0)),
                &[],
                false,
            ),
            false => self.main_species(panel(Axis::new("molality").unit("mol/kg").log())),
        });
        if curve.points.iter().any(|p| p.eh.is_some()) {
            let eh = self.pairs(curve.points.iter().map(|p| p.eh.unwrap_or(f64::NAN)));
            charts.push(panel(Axis::new("Eh").unit("V against SHE")).layer(Layer::line("", eh)));
        }
        if let Some((last, upper)) = charts.split_last_mut() {
            last.size[1] += 20.0;
            for chart in upper {
                (chart.x.label, chart.x.unit) = (String::new(), None);
            }
        }
        charts
    }

    fn main_species(&self, mut chart: Chart) -> Chart {
        let largest = |s: &usize| self.curve.points.iter().map(|p| p.molality[*s]).fold(0.0, f64::max);
        let mut order = self.listed();
        order.sort_by(|a, b| largest(b).total_cmp(&largest(a)));
        for s in order.into_iter().take(7) {
            let line = self.pairs(self.curve.points.iter().map(|p| p.molality[s]));
            chart = chart.layer(Layer::line(&chemical(&self.curve.species[s].name), line));
        }
        chart
    }

    /// `log10` of the dissolved total of each component over pH, the limiting solids named at the lines.
    pub fn solubility_chart(&self, of: &[String]) -> Chart {
        let curve = self.curve;
        let shown = self.shown(of);
        let molality = |c: usize| curve.points.iter().map(move |p| p.dissolved[c] / p.water);
        let all = shown.iter().flat_map(|c| molality(*c)).filter(|m| *m > 0.0);
        let (low, high) = all.fold((f64::INFINITY, 0.0_f64), |(a, b), m| (a.min(m), b.max(m)));
        let decades = |m: f64, up: bool| 10_f64.powf(if up { m.log10().ceil() } else { m.log10().floor() });
        let (low, high) =
            if high > 0.0 { (decades(low.max(1e-9), false), decades(high, true)) } else { (1e-9, 1.0) };
        let (low, high) = if high > low { (low, high) } else { (low / 10.0, high * 10.0) };
        let y = Axis::new("total dissolved").unit("mol/kg").log().range(low, high);
        let mut chart =
            Chart::new("Solubility", self.x_axis(), y).subtitle(&self.subtitle()).size(680.0, 500.0);
        let (mut names, mut minima) = (Vec::new(), Vec::new());
        for (k, c) in shown.iter().enumerate() {
            let line = self.pairs(molality(*c));
            for (solid, range) in self.segments(*c) {
                let inside: Vec<[f64; 2]> =
                    line[range].iter().filter(|[_, m]| *m > low && *m < high).copied().collect();
                let text = chemical(&curve.solids[solid].formula);
                names.push(Layer::Tag { text, places: middle_first(&inside), colour: k });
            }
            if let Some(at) = lowest(&line, low) {
                chart = chart.layer(Layer::points("", vec![at]).colour(k));
                minima.push(Layer::Tag { text: format!("pH {:.1}", at[0]), places: vec![at], colour: k });
            }
            chart = chart.layer(Layer::line(&pretty_component(&curve.components[*c]), line).colour(k));
        }
        if !minima.is_empty() {
            chart.subtitle += "; symbols: lowest solubility";
        }
        minima.into_iter().chain(names).fold(chart, Chart::layer)
    }

    /// Share of each component that has precipitated over pH, %.
    pub fn precipitation_chart(&self, of: &[String]) -> Chart {
        let y = Axis::new("precipitated").unit("%").range(0.0, 100.0);
        let chart =
            Chart::new("Precipitation", self.x_axis(), y).subtitle(&self.subtitle()).size(680.0, 460.0);
        self.precipitation_lines(chart, of, true)
    }

    fn precipitation_lines(&self, mut chart: Chart, of: &[String], precipitated: bool) -> Chart {
        let curve = self.curve;
        let mut names = Vec::new();
        for (k, c) in self.shown(of).into_iter().enumerate() {
            let percent = |share: f64| 100.0 * if precipitated { 1.0 - share } else { share };
            let line = self.pairs(curve.dissolved_share(c).map(percent));
            chart = chart.layer(Layer::line(&pretty_component(&curve.components[c]), line.clone()).colour(k));
            let mut solids: Vec<usize> = self.segments(c).into_iter().map(|s| s.0).collect();
            solids.dedup();
            if let Some(solid) = solids.first() {
                // where the line is steep: the place nearest to half
                let mut places: Vec<[f64; 2]> =
                    line.iter().filter(|[_, v]| *v > 8.0 && *v < 96.0).copied().collect();
                places.sort_by(|a, b| (a[1] - 50.0).abs().total_cmp(&(b[1] - 50.0).abs()));
                let text = chemical(&curve.solids[*solid].formula);
                names.push(Layer::Tag { text, places, colour: k });
            }
        }
        names.into_iter().fold(chart, Chart::layer)
    }

    /// Share of a component in each of its species and solids over pH, %.
    pub fn species_chart(&self, component: usize) -> Chart {
        let curve = self.curve;
        let name = pretty_component(&curve.components[component]);
        let y = Axis::new(&format!("share of {name}")).unit("%").range(0.0, 100.0);
        let mut chart = Chart::new(&format!("Distribution of {name}"), self.x_axis(), y)
            .subtitle(&self.subtitle())
            .size(700.0, 500.0);
        let mut names = Vec::new();
        let parts = curve.species.iter().enumerate().map(|(k, s)| (s, false, k));
        let parts = parts.chain(curve.solids.iter().enumerate().map(|(k, s)| (s, true, k)));
        let mut drawn: Vec<(String, bool, Vec<f64>)> = Vec::new();
        for (part, solid, index) in parts {
            let shares = curve.share_in(component, part, solid, index);
            if shares.iter().any(|s| *s > DRAWN_SHARE) {
                let label =
                    if solid { format!("{}(s)", chemical(&part.formula)) } else { chemical(&part.name) };
                drawn.push((label, solid, shares));
            }
        }
        let peak = |shares: &[f64]| shares.iter().copied().fold(0.0, f64::max);
        drawn.sort_by(|a, b| peak(&b.2).total_cmp(&peak(&a.2)));
        for (k, (label, solid, shares)) in drawn.into_iter().enumerate() {
            let line = self.pairs(shares.iter().map(|s| 100.0 * s));
            let stroke = match (solid, k / 8) {
                (true, _) => Stroke::Dashed,
                (_, 0) => Stroke::Solid,
                _ => Stroke::Dotted,
            };
            let mut places: Vec<[f64; 2]> = line.iter().filter(|[_, v]| *v > 2.0).copied().collect();
            places.sort_by(|a, b| b[1].total_cmp(&a[1]));
            chart = chart.layer(Layer::line(&label, line).colour(k).stroke(stroke));
            names.push(Layer::Tag { text: label, places, colour: k });
        }
        names.into_iter().fold(chart, Chart::layer)
    }

    /// Runs of points over which the same solid limits a component.
    fn segments(&self, component: usize) -> Vec<(usize, std::ops::Range<usize>)> {
        let mut runs: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
        for (at, point) in self.curve.points.iter().enumerate() {
            let Some(solid) = self.limiting(component, point) else { continue };
            match runs.last_mut() {
                Some((last, range)) if *last == solid && range.end == at => range.end += 1,
                _ => runs.push((solid, at..at + 1)),
            }
        }
        runs
    }
}

/// Points of a line from its middle outwards: where words beside it are wanted.
fn middle_first(places: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|k| k.abs_diff(places.len() / 2));
    order.into_iter().map(|k| places[k]).collect()
}

/// The lowest point of a line that falls and rises again; none where that is an end of the axis or below `floor`.
fn lowest(line: &[[f64; 2]], floor: f64) -> Option<[f64; 2]> {
    let least = *line.iter().min_by(|a, b| a[1].total_cmp(&b[1]))?;
    let [first, last] = [line.first()?[1], line.last()?[1]];
    let inner = least[1] > floor && first.min(last) > 1.5 * least[1];
    inner.then_some(least)
}
