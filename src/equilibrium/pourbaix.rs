//! Eh–pH predominance: which species or solid of an element is the most stable at a given activity of what is dissolved.
//!
//! At each pH the activity of the master species that a candidate needs (solids: unit activity; dissolved species: the
//! chosen activity) is a straight line in Eh, so the stable one, the lowest, owns one interval of Eh, found exactly. Ligands
//! have a total activity, shared by their protonated forms at each pH.

use super::state::{FARADAY, R};
use super::system::{Constants, System};
use super::{Database, Options, SystemError};
use std::f64::consts::LN_10;

/// What to map.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Element of the map, as `Cu`.
    pub element: String,
    /// Activity of each dissolved species of the element.
    pub activity: f64,
    /// Ligands (components) and their total activity.
    pub ligands: Vec<(String, f64)>,
    /// K.
    pub temperature: f64,
    /// pH from and to.
    pub ph: (f64, f64),
    /// Eh from and to, V.
    pub eh: (f64, f64),
    /// Species and solids left out.
    pub omitted: Vec<String>,
}

impl Default for Request {
    fn default() -> Request {
        Request {
            element: String::new(),
            activity: 1e-6,
            ligands: vec![],
            temperature: 298.15,
            ph: (0.0, 14.0),
            eh: (-1.2, 1.6),
            omitted: vec![],
        }
    }
}

/// The domain of one species or solid.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// A solid.
    pub solid: bool,
    /// Corners (pH, Eh in V), in order.
    pub outline: Vec<[f64; 2]>,
}

struct Candidate {
    name: String,
    solid: bool,
    constant: f64, // log10 of the master's activity at log activity of the candidate
    protons: f64,  // per master
    electrons: f64,
    ligands: Vec<(usize, f64)>,
}

type Curve = Vec<[f64; 2]>; // (pH, Eh)
type Column = Vec<(usize, f64, f64)>; // candidate, from, to

/// A map of one element.
pub struct Map {
    request: Request,
    candidates: Vec<Candidate>,
    ligand_forms: Vec<Vec<(f64, f64, f64)>>, // per ligand: log10 K, protons, count
    volt: f64,                               // V per unit of pe
}

impl Map {
    /// Collects the candidates of the element.
    ///
    /// # Errors
    /// [`SystemError`] for unknown names.
    pub fn new(db: &Database, request: &Request) -> Result<Map, SystemError> {
        let mut names: Vec<&str> = vec![&request.element];
        names.extend(request.ligands.iter().map(|(name, _)| name.as_str()));
        let open = vec![request.element.clone()];
        let system = System::new(db, &names, &Options { open, ..Options::default() })?;
        let mut constants = Constants::default();
        system.at_temperature(request.temperature, &mut constants);
        let master = system.components.iter().position(|c| c.element == request.element).unwrap_or(0);
        let ligand_at = |name: &str| system.find_component(name).unwrap_or(usize::MAX);
        let ligands: Vec<usize> = request.ligands.iter().map(|(name, _)| ligand_at(name)).collect();
        let mut map = Map {
            request: request.clone(),
            candidates: vec![],
            ligand_forms: vec![vec![]; ligands.len()],
            volt: LN_10 * R * request.temperature / FARADAY,
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
                map.add(
                    &species.name,
                    false,
                    count,
                    request.activity.log10() - log_k,
                    protons,
                    electrons,
                    bound,
                );
            } else if let ([(ligand, n)], true) = (&bound[..], electrons == 0.0) {
                map.ligand_forms[*ligand].push((log_k, protons, *n));
            }
        }
        for (at, phase) in system.phases.iter().enumerate().filter(|(_, p)| !p.gas) {
            let (count, protons, electrons, bound) = place(&phase.reaction.terms);
            if count > 1e-9 {
                map.add(&phase.name, true, count, constants.phases[at] / LN_10, protons, electrons, bound);
            }
        }
        Ok(map)
    }

    #[allow(clippy::too_many_arguments)]
    fn add(
        &mut self,
        name: &str,
        solid: bool,
        n: f64,
        constant: f64,
        h: f64,
        e: f64,
        bound: Vec<(usize, f64)>,
    ) {
        if self.request.omitted.iter().any(|other| other == name) {
            return;
        }
        let ligands = bound.into_iter().map(|(k, count)| (k, count / n)).collect();
        self.candidates.push(Candidate {
            name: name.to_owned(),
            solid,
            constant: constant / n,
            protons: h / n,
            electrons: e / n,
            ligands,
        });
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
                    let sum: f64 = forms.iter().map(|(k, p, n)| n * 10_f64.powf(k - p * ph + n * a)).sum();
                    if sum > *total { high = a } else { low = a }
                }
                0.5 * (low + high)
            })
            .collect()
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
        let (from, to) = self.request.ph;
        let mut open: Vec<Option<(Curve, Curve)>> = vec![None; self.candidates.len()];
        let mut done = Vec::new();
        let mut last: Option<(f64, Column)> = None;
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
        for step in 0..=columns {
            let ph = from + (to - from) * step as f64 / columns as f64;
            let intervals = self.column(ph);
            if let Some((before, old)) = &last {
                let names = |list: &[(usize, f64, f64)]| list.iter().map(|i| i.0).collect::<Vec<_>>();
                if names(old) != names(&intervals) {
                    // close the gap: bisect for the pH at which the order changes
                    let (mut a, mut b) = (*before, ph);
                    for _ in 0..40 {
                        let mid = 0.5 * (a + b);
                        if names(&self.column(mid)) == names(old) { a = mid } else { b = mid }
                    }
                    visit(a, &self.column(a));
                    visit(b, &self.column(b));
                }
            }
            visit(ph, &intervals);
            last = Some((ph, intervals));
        }
        visit(to, &[]);
        let domain = |(k, lower, upper): (usize, Vec<[f64; 2]>, Vec<[f64; 2]>)| {
            let mut outline = simplified(&lower);
            outline.extend(simplified(&upper).into_iter().rev());
            Domain { name: self.candidates[k].name.clone(), solid: self.candidates[k].solid, outline }
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

#[cfg(test)]
mod tests {
    use super::*;

    const COPPER: &str = "\
SOLUTION_MASTER_SPECIES
H H+ -1 H 1.008
O H2O 0 O 16
E e- 0 0 0
Cu Cu+2 0 Cu 63.546
SOLUTION_SPECIES
H+ = H+
H2O = H2O
e- = e-
Cu+2 = Cu+2
PHASES
Copper
    Cu = Cu+2 + 2 e-
    log_k -11.395
Cuprite
    Cu2O + 2 H+ = 2 Cu+2 + H2O + 2 e-
    log_k -6.869
Tenorite
    CuO + 2 H+ = Cu+2 + H2O
    log_k 7.644
";

    #[test]
    fn triple_points_of_copper_agree_with_hand() {
        let db = Database::parse_phreeqc(COPPER).unwrap();
        let request = Request { element: "Cu".into(), ..Request::default() };
        let map = Map::new(&db, &request).unwrap();
        // Cu+2 (1e-6) / Cu2O / CuO: log a = 7.644 - 2 pH = -6, pH 6.822; there 2 log a = -6.869 + 2 pe - 2 pH gives
        // pe = (-12 + 6.869 + 13.644)/2 = 4.2565... with the sign of -6.869 = 2 log a - 2 pe + 2 pH
        let ph = (7.644 + 6.0) / 2.0;
        let pe = (2.0 * -6.0 + 2.0 * ph + 6.869) / 2.0;
        let volt = 0.05915935;
        let eh = map.boundary("Cu+2", "Cuprite", ph).unwrap();
        assert!((eh - pe * volt).abs() < 1e-4, "{eh} {}", pe * volt);
        assert!((map.boundary("Cuprite", "Tenorite", ph).unwrap() - eh).abs() < 1e-9);
        // Cu+2 / Cu2O / Cu: Cu = Cu+2 + 2 e- gives 2 pe = 11.395 - 6
        let pe = (11.395 - 6.0) / 2.0;
        let ph = (2.0 * pe + 12.0 - 6.869) / 2.0;
        let eh = map.boundary("Cu+2", "Copper", ph).unwrap();
        assert!((eh - pe * volt).abs() < 1e-4);
        assert!((map.boundary("Cuprite", "Copper", ph).unwrap() - eh).abs() < 1e-4);
        let corner = |name: &str| map.domains(200).into_iter().find(|d| d.name == name).unwrap().outline;
        let near = corner("Cuprite").iter().any(|p| (p[0] - ph).abs() < 1e-3 && (p[1] - eh).abs() < 1e-3);
        assert!(near, "{:?} has no corner {ph} {eh}", corner("Cuprite"));
        assert_eq!(map.stable(2.0, 1.0), Some("Cu+2"));
    }
}
