//! Eh-pH maps as picture, table, JSON and labelled arrays.

use super::Provenance;
use crate::equilibrium::pourbaix::{Domain, Map, Request};
use crate::report::chart::{Axis, Chart, Layer, Side, Stroke, chemical, power_of_ten};
use crate::report::hdf5::{Dataset, Group};
use crate::report::table::{Column, Style, Table};
use serde_json::{Value, json};

/// Columns at which domains are traced.
const COLUMNS: usize = 700;
/// Points of the lattice in files, along pH and Eh.
const LATTICE: (usize, usize) = (281, 281);

/// A map, its domains and corners.
pub struct Atlas<'m> {
    map: &'m Map,
    domains: Vec<Domain>,
    provenance: Provenance,
}

impl Atlas<'_> {
    /// Traces the domains of a map.
    pub fn new(map: &Map, provenance: Provenance) -> Atlas<'_> {
        Atlas { map, domains: map.domains(COLUMNS), provenance }
    }

    fn request(&self) -> &Request {
        self.map.request()
    }

    /// What to mind of the constants at the temperature of the map.
    pub fn warning(&self) -> Option<String> {
        self.map.warning(&self.domains)
    }

    /// Corners of the domains, one row each.
    pub fn table(&self) -> Table {
        let columns = [
            Column::text("domain"),
            Column::text("formula"),
            Column::text("phase"),
            Column::number("pH").significant(7),
            Column::number("Eh").unit("V").significant(7),
        ];
        let mut table = Table::new(&format!("Corners of the domains of {}", self.request().element), columns);
        for domain in &self.domains {
            for [ph, eh] in &domain.outline {
                let phase = if domain.solid { "solid" } else { "dissolved" };
                let (name, formula) = (domain.name.as_str(), domain.formula.as_str());
                table.row([name.into(), formula.into(), phase.into(), (*ph).into(), (*eh).into()]);
            }
        }
        table
    }

    /// The points where three domains meet, one row each.
    pub fn corners(&self) -> Table {
        let columns = [
            Column::number("pH").decimals(3),
            Column::number("Eh").unit("V").decimals(4),
            Column::text("domains that meet"),
        ];
        let mut table = Table::new(&format!("Triple points of {}", self.request().element), columns);
        for corner in self.map.corners(COLUMNS) {
            table.row([corner.ph.into(), corner.eh.into(), corner.meet.join(", ").as_str().into()]);
        }
        table
    }

    /// The triple points in words, or that there is none and what the window holds.
    pub fn corners_told(&self, style: Style) -> String {
        if self.map.corners(COLUMNS).is_empty() {
            let mut names: Vec<&str> = self.domains.iter().map(|d| d.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let element = &self.request().element;
            return format!(
                "No triple point of {element} in this window, which shows {}.\n",
                names.join(", ")
            );
        }
        self.corners().terminal(style)
    }

    /// The map as JSON.
    pub fn json(&self) -> Value {
        let request = self.request();
        let domains: Vec<Value> = self
            .domains
            .iter()
            .map(|d| json!({ "name": d.name, "formula": d.formula, "solid": d.solid, "outline": d.outline }))
            .collect();
        let corner =
            |c: &crate::equilibrium::pourbaix::Corner| json!({ "ph": c.ph, "eh_V": c.eh, "meet": c.meet });
        let ligands: serde_json::Map<String, Value> =
            request.ligands.iter().map(|(name, a)| (name.clone(), json!(a))).collect();
        json!({
            "element": request.element,
            "activity": request.activity,
            "ligand_activity": ligands,
            "temperature_K": request.temperature,
            "warning": self.warning(),
            "ph": request.ph,
            "eh_V": request.eh,
            "domains": domains,
            "triple_points": self.map.corners(COLUMNS).iter().map(corner).collect::<Vec<_>>(),
            "water_eh_V": {
                "at_ph": [request.ph.0, request.ph.1],
                "hydrogen": [self.map.water(request.ph.0).0, self.map.water(request.ph.1).0],
                "oxygen": [self.map.water(request.ph.0).1, self.map.water(request.ph.1).1],
            },
        })
    }

    /// The map as labelled arrays: the stable domain on a lattice, the corners of the outlines, the limits of water.
    pub fn hdf5(&self) -> Group {
        let request = self.request();
        let mut group = self.provenance.group(&format!("Eh-pH map of {}", request.element));
        group.attribute("element", request.element.as_str());
        group.attribute("activity_of_dissolved_species", request.activity);
        let ticks = |(from, to): (f64, f64), n: usize| -> Vec<f64> {
            (0..n).map(|k| from + (to - from) * k as f64 / (n - 1) as f64).collect()
        };
        let (ph, eh) = (ticks(request.ph, LATTICE.0), ticks(request.eh, LATTICE.1));
        let code = |name: &str| self.domains.iter().position(|d| d.name == name).map_or(-1, |at| at as i64);
        let stable: Vec<i64> =
            ph.iter().flat_map(|ph| self.map.column_at(*ph, &eh)).map(|name| name.map_or(-1, code)).collect();
        let names: Vec<String> = self.domains.iter().map(|d| d.name.clone()).collect();
        let formulas: Vec<String> = self.domains.iter().map(|d| d.formula.clone()).collect();
        let limits: (Vec<f64>, Vec<f64>) = ph.iter().map(|ph| self.map.water(*ph)).unzip();
        group.dataset("pH", Dataset::row(ph, "pH").units("1").long_name("pH"));
        let volts = "potential against the standard hydrogen electrode";
        group.dataset("Eh", Dataset::row(eh, "Eh").units("V").long_name(volts));
        group.dataset("domain", Dataset::row(names, "domain").long_name("species and solids with a domain"));
        group.dataset("formula", Dataset::row(formulas, "domain").long_name("formula"));
        let solid: Vec<i64> = self.domains.iter().map(|d| i64::from(d.solid)).collect();
        group.dataset(
            "is_solid",
            Dataset::row(solid, "domain").long_name("1 for a solid, 0 for a dissolved species"),
        );
        let stable = Dataset::new(stable, &[LATTICE.0, LATTICE.1], &["pH", "Eh"])
            .long_name("the most stable: index into `domain`; -1: a domain too small to be traced");
        group.dataset("stable", stable);
        let line = |values: Vec<f64>, what: &str| Dataset::row(values, "pH").units("V").long_name(what);
        group.dataset("water_hydrogen", line(limits.0, "potential of hydrogen at 1 bar"));
        group.dataset("water_oxygen", line(limits.1, "potential of oxygen at 1 bar"));
        let corners: Vec<(usize, [f64; 2])> = self
            .domains
            .iter()
            .enumerate()
            .flat_map(|(k, d)| d.outline.iter().map(move |p| (k, *p)))
            .collect();
        let mut outline = Group::new();
        let of: Vec<i64> = corners.iter().map(|c| c.0 as i64).collect();
        outline.dataset("of", Dataset::row(of, "vertex").long_name("index into `domain`"));
        let coordinate = |axis: usize| corners.iter().map(|c| c.1[axis]).collect::<Vec<f64>>();
        outline.dataset(
            "vertex_pH",
            Dataset::row(coordinate(0), "vertex").units("1").long_name("pH of a corner"),
        );
        outline.dataset(
            "vertex_Eh",
            Dataset::row(coordinate(1), "vertex").units("V").long_name("Eh of a corner"),
        );
        group.group("outline", outline);
        group
    }

    /// The picture: domains, solids tinted, and the limits of water.
    pub fn chart(&self) -> Chart {
        let request = self.request();
        let named: Vec<String> = request.ligands.iter().map(|(name, _)| ligand(name)).collect();
        let with = if named.is_empty() { String::new() } else { format!(" with {}", named.join(" and ")) };
        let totals = request.ligands.iter().zip(&named);
        let totals: String = totals.map(|((_, a), name)| format!(", total {name} {}", power(*a))).collect();
        let chart = Chart::new(
            &format!("Eh-pH map of {} in water{with}", request.element),
            Axis::new("pH").range(request.ph.0, request.ph.1),
            Axis::new("Eh").unit("V against SHE").range(request.eh.0, request.eh.1),
        )
        .subtitle(&format!(
            "{}, 1 bar; activities: dissolved species of {} {} each{totals}",
            self.provenance.celsius(),
            request.element,
            power(request.activity)
        ))
        .size(640.0, 618.0);
        let chart = self.regions().into_iter().fold(chart, Chart::layer);
        let chart = self.ligand_lines().into_iter().fold(chart, Chart::layer);
        self.water_lines().into_iter().fold(chart, Chart::layer)
    }

    /// The domains with their names; minerals have theirs below the formula.
    fn regions(&self) -> Vec<Layer> {
        let element = self.request().element.as_str();
        let compound = |d: &Domain| d.solid && d.formula != element;
        let mut tints = [0, 2, 5, 1, 3, 4].iter().cycle();
        let mut tint_of: Vec<(&str, usize)> = Vec::new();
        for domain in self.domains.iter().filter(|d| compound(d)) {
            if let (false, Some(tint)) = (tint_of.iter().any(|t| t.0 == domain.name), tints.next()) {
                tint_of.push((&domain.name, *tint));
            }
        }
        let region = |domain: &Domain| {
            let tint = tint_of.iter().find(|t| t.0 == domain.name).map(|t| t.1);
            let label = match domain.solid {
                true => format!("{}(s)", chemical(&domain.formula)),
                false => chemical(&domain.name),
            };
            Layer::Region {
                label,
                detail: if compound(domain) { form(domain) } else { String::new() },
                outline: domain.outline.clone(),
                colour: if domain.solid { tint.or(Some(7)) } else { None },
            }
        };
        self.domains.iter().map(region).collect()
    }

    /// Where the prevailing form of a ligand changes, with the forms on both sides.
    fn ligand_lines(&self) -> Vec<Layer> {
        let (low, high) = self.request().eh;
        let (mut layers, mut last) = (Vec::new(), String::new());
        for (k, (ph, left, right)) in self.map.ligand_borders().into_iter().enumerate() {
            let name = if k == 0 { "forms of a ligand at equal activity" } else { "" };
            let line = Layer::line(name, vec![[ph, low], [ph, high]]).colour(6);
            layers.push(line.stroke(Stroke::Dotted));
            let at = [ph, low + (0.03 + 0.045 * (k % 3) as f64) * (high - low)]; // neighbours at other heights
            let note = |text: &str, side| Layer::Note { text: chemical(text), at, side };
            if left != last {
                layers.push(note(&left, Side::Left));
            }
            layers.push(note(&right, Side::Right));
            last = right;
        }
        layers
    }

    /// The limits between which water is stable.
    fn water_lines(&self) -> Vec<Layer> {
        let ((from, to), (low, high)) = (self.request().ph, self.request().eh);
        let mut layers = Vec::new();
        for letter in ["(a)", "(b)"] {
            let at = |ph: f64| {
                let (hydrogen, oxygen) = self.map.water(ph);
                if letter == "(a)" { hydrogen } else { oxygen }
            };
            let places = [0.03, 0.25, 0.5, 0.75, 0.97].map(|part| from + part * (to - from));
            let room = 0.03 * (high - low);
            if at(from) < low || at(to) > high {
                continue; // outside the window from end to end
            }
            let name = if layers.is_empty() { "water with H₂ (a) and O₂ (b) at 1 bar" } else { "" };
            let line = Layer::line(name, vec![[from, at(from)], [to, at(to)]]).colour(0);
            layers.push(line.stroke(Stroke::Dashed));
            if let Some(x) = places.into_iter().find(|x| at(*x) > low + room && at(*x) < high - room) {
                layers.push(Layer::Note { text: letter.to_owned(), at: [x, at(x)], side: Side::Over });
            }
        }
        layers
    }
}

/// The mineral or crystal form of a solid, where its name tells it: goethite, hexagonal.
fn form(domain: &Domain) -> String {
    let rest = domain.name.strip_prefix(&domain.formula).unwrap_or(&domain.name);
    let rest = in_a_sentence(rest.trim_matches([' ', '(', ')']));
    let is_word = |part: &str| part.len() > 3 && part.chars().all(|c| c.is_ascii_lowercase());
    if rest.split(|c: char| !c.is_ascii_alphabetic()).any(is_word) { rest } else { String::new() }
}

/// A ligand's name as it reads in a sentence: its element without the valence.
fn ligand(name: &str) -> String {
    in_a_sentence(&super::pretty_component(name))
}

/// A name that is a word with a small letter in front; formulas and symbols as they are.
fn in_a_sentence(name: &str) -> String {
    let word = name.len() > 3 && name.chars().skip(1).all(|c| c.is_ascii_lowercase() || c == ' ' || c == '-');
    if word { name.to_lowercase() } else { name.to_owned() }
}

/// `10⁻⁶` for powers of ten.
fn power(value: f64) -> String {
    let exponent = value.log10();
    let whole = (exponent - exponent.round()).abs() < 1e-9 && exponent.abs() > 0.5;
    if whole { power_of_ten(exponent.round() as i32) } else { format!("{value}") }
}
