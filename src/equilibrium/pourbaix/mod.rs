//! Eh–pH predominance: which species or solid of an element is the most stable at a given activity of what is dissolved.
//!
//! At each pH the activity of the master species that a candidate needs (solids: unit activity; dissolved species: the
//! chosen activity) is a straight line in Eh, so the stable one, the lowest, owns one interval of Eh, found exactly. Ligands
//! have a total activity, shared by their protonated forms at each pH.

mod request;

pub use request::{MapError, Request};

use super::state::{FARADAY, R, held_told};
use super::system::{Constants, System};
use super::{Database, Options};
use crate::chemistry::nearest;
use std::f64::consts::LN_10;

/// The domain of one species or solid.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// Formula; the name of a dissolved species.
    pub formula: String,
    /// A solid.
    pub solid: bool,
    /// Corners (pH, Eh in V), in order.
    pub outline: Vec<[f64; 2]>,
}

/// A point where three or more domains meet.
#[derive(Clone, Debug, PartialEq)]
pub struct Corner {
    /// pH.
    pub ph: f64,
    /// V.
    pub eh: f64,
    /// Names of the domains, sorted.
    pub meet: Vec<String>,
}

struct Candidate {
    name: String,
    formula: String,
    solid: bool,
    constant: f64, // log10 of the master's activity at log activity of the candidate
    protons: f64,  // per master
    electrons: f64,
    ligands: Vec<(usize, f64)>,
    held: bool, // its constant is known at 25 °C alone
}

impl Candidate {
    /// The same for one master species instead of `n`.
    fn per(mut self, n: f64) -> Candidate {
        self.constant /= n;
        self.protons /= n;
        self.electrons /= n;
        self.ligands.iter_mut().for_each(|(_, count)| *count /= n);
        self
    }
}

type Curve = Vec<[f64; 2]>; // (pH, Eh)
type Column = Vec<(usize, f64, f64)>; // candidate, from, to

/// One protonated form of a ligand.
struct Form {
    name: String,
    log_k: f64,
    protons: f64,
    count: f64, // of the ligand's master in it
}

/// A map of one element.
pub struct Map {
    request: Request,
    candidates: Vec<Candidate>,
    ligand_forms: Vec<Vec<Form>>,
    volt: f64, // V per unit of pe
    cautions: Vec<String>,
}

impl Form {
    /// `log10` of its activity at a pH and `log10` activity of the free ligand.
    fn at(&self, ph: f64, free: f64) -> f64 {
        self.log_k - self.protons * ph + self.count * free
    }
}

impl Map {
    /// Collects the candidates of the element.
    ///
    /// # Errors
    /// [`MapError`] for unknown names and numbers that mean nothing.
    pub fn new(db: &Database, request: &Request) -> Result<Map, MapError> {
        request.check()?;
        let mut names: Vec<&str> = vec![&request.element];
        names.extend(request.ligands.iter().map(|(name, _)| name.as_str()));
        let open = vec![request.element.clone()];
        let system = System::new(db, &names, &Options { open, ..Options::default() })?;
        request.check_element()?;
        let mut constants = Constants::default();
        if !system.at_temperature(request.temperature, &mut constants) {
            return Err(MapError::Temperature(request.temperature));
        }
        let master = system.components.iter().position(|c| c.element == request.element).unwrap_or(0);
        let ligand_at = |name: &str| system.find_component(name).unwrap_or(usize::MAX);
        let ligands: Vec<usize> = request.ligands.iter().map(|(name, _)| ligand_at(name)).collect();
        let mut map = Map {
            request: request.clone(),
            candidates: vec![],
            ligand_forms: ligands.iter().map(|_| vec![]).collect(),
            volt: LN_10 * R * request.temperature / FARADAY,
            // activities are given, whatever the ionic strength
            cautions: [system.range_warning(0.0, request.temperature), system.constants_missing()]
                .into_iter()
                .flatten()
                .collect(),
        };
        let place = |terms: &[(usize, f64)]| -> (f64, f64, f64, Vec<(usize, f64)>) {
            let get = |at: usize| terms.iter().find(|t| t.0 == at).map_or(0.0, |t| t.1);
            let bound = ligands.iter().enumerate().map(|(k, at)| (k, get(*at))).filter(|(_, n)| *n != 0.0);
            (get(master), get(0), system.electron.map_or(0.0, get), bound.collect())
        };
        for (at, species) in system.species.iter().enumerate() {
            let (count, protons, electrons, bound) = place(&species.reaction.terms);
            let log_k = constants.species[at] / LN_10;
            if count > 1e-9 {
                let constant = request.activity.log10() - log_k;
                map.add(
                    Candidate {
                        name: species.name.to_string(),
                        formula: species.name.to_string(),
                        solid: false,
                        constant,
                        protons,
                        electrons,
                        ligands: bound,
                        held: system.lacks_temperature_data(&species.reaction),
                    }
                    .per(count),
                );
            } else if let ([(ligand, n)], true) = (&bound[..], electrons == 0.0) {
                let name = species.name.to_string();
                map.ligand_forms[*ligand].push(Form { name, log_k, protons, count: *n });
            }
        }
        for (at, phase) in system.phases.iter().enumerate().filter(|(_, p)| !p.gas) {
            let (count, protons, electrons, bound) = place(&phase.reaction.terms);
            if count > 1e-9 {
                map.add(
                    Candidate {
                        name: phase.name.clone(),
                        formula: phase.formula.clone(),
                        solid: true,
                        constant: constants.phases[at] / LN_10,
                        protons,
                        electrons,
                        ligands: bound,
                        held: system.lacks_temperature_data(&phase.reaction),
                    }
                    .per(count),
                );
            }
        }
        map.choose()?;
        Ok(map)
    }

    /// Leaves out what the request does not want.
    fn choose(&mut self) -> Result<(), MapError> {
        let request = &self.request;
        for name in request.omitted.iter().chain(request.solids.iter().flatten()) {
            if !self.candidates.iter().any(|c| c.name == *name) && request.omitted.contains(name) {
                let nearest = nearest(name, self.candidates.iter().map(|c| c.name.as_str()));
                let (element, name) = (request.element.clone(), name.clone());
                return Err(MapError::UnknownName { element, name, nearest });
            }
        }
        let element = |c: &Candidate| c.formula == request.element;
        let wanted = |c: &Candidate| {
            let kept =
                request.solids.as_ref().is_none_or(|only| !c.solid || element(c) || only.contains(&c.name));
            kept && !request.omitted.contains(&c.name)
        };
        let keep: Vec<bool> = self.candidates.iter().map(wanted).collect();
        let mut at = 0;
        self.candidates.retain(|_| {
            at += 1;
            keep[at - 1]
        });
        match self.candidates.is_empty() {
            true => Err(MapError::Empty(self.request.element.clone())),
            false => Ok(()),
        }
    }

    /// What was asked.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// That the constants are used past the temperatures that they are good for; `shown` are the domains to be told of.
    pub fn warning(&self, shown: &[Domain]) -> Option<String> {
        let held = |name: &&str| self.candidates.iter().any(|c| c.held && c.name == **name);
        let mut names: Vec<&str> = shown.iter().map(|domain| domain.name.as_str()).filter(held).collect();
        names.sort_unstable();
        names.dedup();
        let all: Vec<String> =
            self.cautions.iter().cloned().chain(held_told(&names, self.request.temperature)).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    fn add(&mut self, candidate: Candidate) {
        self.candidates.push(candidate);
    }

    /// `log10` of the free activity of each ligand at a pH.
    fn free_ligands(&self, ph: f64) -> Vec<f64> {
        let forms = self.ligand_forms.iter().zip(&self.request.ligands);
        forms
            .map(|(forms, (_, total))| {
                // Σ n K h^p a^n = total, rising in a: bisection on log a
                let (mut low, mut high) = (-60.0, total.log10());
                for _ in 0..80 {
                    let a = 0.5 * (low + high);
                    let sum: f64 = forms.iter().map(|f| f.count * 10_f64.powf(f.at(ph, a))).sum();
                    if sum > *total { high = a } else { low = a }
                }
                0.5 * (low + high)
            })
            .collect()
    }

    /// The pH at which the prevailing form of a ligand changes, and the two forms, the more acid one first.
    pub fn ligand_borders(&self) -> Vec<(f64, String, String)> {
        let (from, to) = self.request.ph;
        let prevailing = |k: usize, ph: f64| {
            let free = self.free_ligands(ph)[k];
            let forms = self.ligand_forms[k].iter();
            forms.max_by(|a, b| a.at(ph, free).total_cmp(&b.at(ph, free))).map(|f| f.name.as_str())
        };
        let mut borders = Vec::new();
        for k in 0..self.ligand_forms.len() {
            let steps = 280;
            for step in 0..steps {
                let at = |n: usize| from + (to - from) * n as f64 / steps as f64;
                let (mut a, mut b) = (at(step), at(step + 1));
                let (Some(left), Some(right)) = (prevailing(k, a), prevailing(k, b)) else { continue };
                if left == right {
                    continue;
                }
                for _ in 0..40 {
                    let mid = 0.5 * (a + b);
                    if prevailing(k, mid) == Some(left) { a = mid } else { b = mid }
                }
                borders.push((b, left.to_owned(), right.to_owned()));
            }
        }
        borders
    }

    /// A candidate's line at a pH: `log10 a(master) = start + slope · Eh`.
    fn line(&self, candidate: &Candidate, ph: f64, ligands: &[f64]) -> (f64, f64) {
        let bound: f64 = candidate.ligands.iter().map(|(k, n)| n * ligands[*k]).sum();
        (candidate.constant + candidate.protons * ph - bound, candidate.electrons / self.volt)
    }

    /// The Eh (V) at which two candidates are equally stable at a pH; none if the line between them is upright.
    pub fn boundary(&self, first: &str, second: &str, ph: f64) -> Option<f64> {
        let ligands = self.free_ligands(ph);
        let find = |name: &str| self.candidates.iter().find(|c| c.name == name);
        let (a, b) = (self.line(find(first)?, ph, &ligands), self.line(find(second)?, ph, &ligands));
        let slope = a.1 - b.1;
        (slope.abs() > 1e-12).then(|| (b.0 - a.0) / slope)
    }

    /// The stable candidate at a point.
    pub fn stable(&self, ph: f64, eh: f64) -> Option<&str> {
        let ligands = self.free_ligands(ph);
        let value = |c: &Candidate| {
            let (start, slope) = self.line(c, ph, &ligands);
            start + slope * eh
        };
        self.candidates.iter().min_by(|a, b| value(a).total_cmp(&value(b))).map(|c| c.name.as_str())
    }

    /// The stable candidate at each Eh of a rising list.
    pub fn column_at(&self, ph: f64, eh: &[f64]) -> Vec<Option<&str>> {
        let column = self.column(ph);
        let at = |eh: &f64| column.iter().find(|i| *eh <= i.2).or(column.last()).map(|i| i.0);
        eh.iter().map(|eh| at(eh).map(|k| self.candidates[k].name.as_str())).collect()
    }

    /// The points where three domains meet, by pH; two points closer than a thousandth of pH and volt are one.
    pub fn corners(&self, columns: usize) -> Vec<Corner> {
        let mut corners: Vec<Corner> = Vec::new();
        for pair in self.columns(columns).windows(2).filter(|pair| order(&pair[0].1) != order(&pair[1].1)) {
            let mut borders: Vec<(f64, [usize; 2])> = pair
                .iter()
                .flat_map(|(_, column)| column.windows(2).map(|two| (two[0].2, [two[0].0, two[1].0])))
                .collect();
            borders.sort_by(|a, b| a.0.total_cmp(&b.0));
            for group in borders.chunk_by(|a, b| b.0 - a.0 < 1e-6) {
                let mut meet: Vec<&str> =
                    group.iter().flat_map(|b| b.1).map(|k| self.candidates[k].name.as_str()).collect();
                meet.sort_unstable();
                meet.dedup();
                if meet.len() > 2 {
                    let meet = meet.into_iter().map(str::to_owned).collect();
                    corners.push(Corner { ph: pair[1].0, eh: group[0].0, meet });
                }
            }
        }
        corners.dedup_by(|a, b| a.meet == b.meet && (a.ph - b.ph).abs() < 1e-3 && (a.eh - b.eh).abs() < 1e-3);
        corners
    }

    /// Columns at equal distances of pH, and on both sides of every pH at which the order of the candidates changes.
    fn columns(&self, count: usize) -> Vec<(f64, Column)> {
        let (from, to) = self.request.ph;
        let mut columns = vec![(from, self.column(from))];
        for step in 1..=count {
            let ph = from + (to - from) * step as f64 / count as f64;
            let next = self.column(ph);
            let mut last = columns[columns.len() - 1].clone();
            while order(&last.1) != order(&next) {
                let (mut a, mut b) = (last.0, ph);
                for _ in 0..60 {
                    let mid = 0.5 * (a + b);
                    if order(&self.column(mid)) == order(&last.1) { a = mid } else { b = mid }
                }
                last = (b, self.column(b));
                columns.push((a, self.column(a)));
                columns.push(last.clone());
                if b >= ph {
                    break;
                }
            }
            columns.push((ph, next));
        }
        columns
    }

    /// Intervals of Eh at one pH: candidate, from, to, upwards.
    fn column(&self, ph: f64) -> Vec<(usize, f64, f64)> {
        let ligands = self.free_ligands(ph);
        let lines: Vec<(f64, f64)> = self.candidates.iter().map(|c| self.line(c, ph, &ligands)).collect();
        let (low, high) = self.request.eh;
        let mut eh = low;
        let at = |k: usize, eh: f64| lines[k].0 + lines[k].1 * eh;
        // lowest line at the bottom; of equals the one that falls fastest
        let best = (0..lines.len())
            .min_by(|a, b| at(*a, low).total_cmp(&at(*b, low)).then(lines[*a].1.total_cmp(&lines[*b].1)));
        let Some(mut now) = best else { return vec![] };
        let mut intervals = Vec::new();
        loop {
            let mut next = (high, now);
            for k in 0..lines.len() {
                if lines[k].1 < lines[now].1 - 1e-12 {
                    let cross = (lines[k].0 - lines[now].0) / (lines[now].1 - lines[k].1);
                    if cross >= eh - 1e-12 && cross < next.0 {
                        next = (cross.max(eh), k);
                    }
                }
            }
            if next.0 > eh + 1e-9 {
                intervals.push((now, eh, next.0));
            }
            if next.1 == now {
                return intervals;
            }
            (eh, now) = next;
        }
    }

    /// The domains, by the first pH at which they appear.
    pub fn domains(&self, columns: usize) -> Vec<Domain> {
        let mut open: Vec<Option<(Curve, Curve)>> = vec![None; self.candidates.len()];
        let mut done = Vec::new();
        let mut visit = |ph: f64, intervals: &[(usize, f64, f64)]| {
            for (k, slot) in open.iter_mut().enumerate() {
                match intervals.iter().find(|i| i.0 == k) {
                    Some((_, low, high)) => {
                        let (lower, upper) = slot.get_or_insert_with(|| (vec![], vec![]));
                        lower.push([ph, *low]);
                        upper.push([ph, *high]);
                    }
                    None => {
                        if let Some((lower, upper)) = slot.take() {
                            done.push((k, lower, upper));
                        }
                    }
                }
            }
        };
        for (ph, intervals) in self.columns(columns) {
            visit(ph, &intervals);
        }
        visit(self.request.ph.1, &[]);
        let domain = |(k, lower, upper): (usize, Vec<[f64; 2]>, Vec<[f64; 2]>)| {
            let mut outline = simplified(&lower);
            outline.extend(simplified(&upper).into_iter().rev());
            let Candidate { name, formula, solid, .. } = &self.candidates[k];
            Domain { name: name.clone(), formula: formula.clone(), solid: *solid, outline }
        };
        done.into_iter().map(domain).filter(|d| area(&d.outline) > 1e-5).collect()
    }

    /// The limits of water at a pH: hydrogen and oxygen at one bar, V.
    pub fn water(&self, ph: f64) -> (f64, f64) {
        // 1.2291 V at 25 °C, -0.85 mV/K (A. J. de Bethune, J. Electrochem. Soc. 106 (1959) 616)
        let oxygen = 1.2291 - 0.8456e-3 * (self.request.temperature - 298.15);
        (-self.volt * ph, oxygen - self.volt * ph)
    }
}

/// Which candidates a column holds, upwards.
fn order(column: &[(usize, f64, f64)]) -> Vec<usize> {
    column.iter().map(|interval| interval.0).collect()
}

fn area(outline: &[[f64; 2]]) -> f64 {
    let next = outline.iter().cycle().skip(1);
    0.5 * outline.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>().abs()
}

/// Points on a straight line between their neighbours left out.
fn simplified(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut kept: Vec<[f64; 2]> = Vec::new();
    for (at, point) in points.iter().enumerate() {
        if let (Some(a), Some(b)) = (kept.last(), points.get(at + 1)) {
            let along = a[1] + (b[1] - a[1]) * (point[0] - a[0]) / (b[0] - a[0]).max(1e-12);
            if (along - point[1]).abs() < 1e-7 {
                continue;
            }
        }
        kept.push(*point);
    }
    kept
}
