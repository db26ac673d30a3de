//! Make-up: brings a stream to set points by adding reagents, which count among what the plant is fed.
//!
//! Balance     n_out = n_in + Σ e_j b_j;  each addition j has one equation: a concentration, an amount, a volume of its phase
//!             after all additions, or a ratio to what a metered stream carries
//! Freedoms    `additions`
//! Leaves out  heat of dilution; taking away what is above a set point

use super::feed::dissolved;
use super::parameters::{Args, BuildError, Cause, Located, Measured, Spec};
use super::{
    Basis, Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind, VolumeModel, check_basis,
};
use crate::chemistry::{Phase, SpeciesId, SpeciesTable, Stream};
use crate::numerics::dense::DenseLu;
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "make-up",
    title: "Brings a stream to set points by adding reagents",
    about: "n_out = n_in + sum of e_j b_j over the additions: each reaches a concentration, an amount or a volume of its phase, \
            all after all additions, or keeps a ratio to what a stream carries. The reagents count among what the plant is fed. \
            Above its set point nothing is added, with a warning. Left out: heat of dilution.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a make-up.
    pub struct Parameters {
        /// What is added, and until when.
        additions: Vec<Args> = Spec::list(Spec::record(Addition::specs)).example("[{ reagent = \"H2SO4\", concentration = \"180 g/L\" }]");
        /// Whether ratios are to a second stream that is metered in passing: inlet `reference`, outlet `metered`.
        metered: bool = Spec::boolean().default("false");
    }
}

crate::parameters! {
    /// One reagent and its set point.
    pub struct Addition {
        /// Reagent of the library or species.
        reagent: Located<String> = Spec::text().example("\"H2SO4\"");
        /// Concentration of the reagent in its phase, after all additions.
        concentration: Option<Measured> = Spec::any_of(&[Dimension::CONCENTRATION, Dimension::MASS_CONCENTRATION]).at_least(0.0).optional().example("\"180 g/L\"");
        /// Amount of the reagent in the stream, after the addition.
        amount: Option<Measured> = Spec::any_of(&[Dimension::AMOUNT_FLOW, Dimension::AMOUNT]).at_least(0.0).optional().example("\"100 mol/h\"");
        /// Volume of the reagent's phase, after all additions.
        volume: Option<Measured> = Spec::any_of(&[Dimension::VOLUME_FLOW, Dimension::VOLUME]).positive().optional().example("\"400 L/h\"");
        /// Amount added per amount of the species `to` in the metered stream, or in the feed where none is metered.
        ratio: Option<f64> = Spec::number().at_least(0.0).optional().example("0.01");
        /// The species that the ratio is to.
        to: Option<Located<String>> = Spec::species().optional().example("\"Fe+2\"");
        /// What counts as how much of the reagent; absent, the first species that it brings.
        counts: Option<Vec<(Located<String>, f64)>> = Spec::map(Spec::number()).optional().example("{ \"HR(org)\" = 1, \"CuR2(org)\" = 2 }");
    }
}

/// When an addition ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Target {
    /// mol/m³ in its phase.
    Concentration(f64),
    /// mol or mol/s.
    Amount(f64),
    /// m³ or m³/s of its phase.
    Volume(f64),
    /// mol per mol of a species.
    Ratio(f64, SpeciesId),
}

#[derive(Debug)]
struct Dose {
    reagent: String,
    brings: Vec<(SpeciesId, f64)>,
    counts: Vec<(SpeciesId, f64)>,
    organic: bool,
    target: Target,
}

impl Dose {
    fn counted(&self, stream: &Stream) -> f64 {
        self.counts.iter().map(|(id, weight)| weight * stream.amount(*id)).sum()
    }
    fn counted_in(&self, other: &Dose) -> f64 {
        let weight = |id| self.counts.iter().find(|(own, _)| *own == id).map_or(0.0, |(_, weight)| *weight);
        other.brings.iter().map(|(id, nu)| nu * weight(*id)).sum()
    }
}

#[derive(Debug)]
struct MakeUp {
    doses: Vec<Dose>,
    metered: bool,
    volume: VolumeModel,
    basis: Basis,
}

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    let mut doses: Vec<Dose> = Vec::new();
    for own in &parameters.additions {
        let dose = dose(own, context)?;
        if doses.iter().any(|other| other.reagent == dose.reagent) {
            return Err(BuildError::at(
                own.place_of("reagent"),
                format!("`{}` is added twice", dose.reagent),
            )
            .help("give each reagent one set point"));
        }
        doses.push(dose);
    }
    let volume = context.volume.clone();
    Ok(Box::new(MakeUp { doses, metered: parameters.metered, volume, basis: context.basis }))
}

fn dose(args: &Args, context: &Context) -> Result<Dose, BuildError> {
    let entry = Addition::read(args)?;
    check_basis(args, "amount", context.basis, Dimension::AMOUNT_FLOW, Dimension::AMOUNT)?;
    check_basis(args, "volume", context.basis, Dimension::VOLUME_FLOW, Dimension::VOLUME)?;
    let (molar_mass, brings) = dissolved(&entry.reagent, context)?;
    let counts = match &entry.counts {
        Some(list) => list
            .iter()
            .map(|(name, weight)| Ok((species(name, &context.table)?, *weight)))
            .collect::<Result<Vec<_>, BuildError>>()?,
        None => brings.iter().take(1).map(|(id, nu)| (*id, 1.0 / nu)).collect(),
    };
    let concentration = entry.concentration.as_ref().map(|c| {
        let molar = c.dimension.same_exponents(Dimension::CONCENTRATION);
        Target::Concentration(if molar { c.si } else { c.si / molar_mass })
    });
    let ratio = match (entry.ratio, &entry.to) {
        (Some(ratio), Some(to)) => Some(Target::Ratio(ratio, species(to, &context.table)?)),
        (None, None) => None,
        _ => {
            return Err(BuildError::at(
                args.place,
                "`ratio` and `to` belong together: so much per mol of what?",
            )
            .because(Cause::Missing)
            .help("write `ratio = 0.01, to = \"Fe+2\"`"));
        }
    };
    let amount = entry.amount.as_ref().map(|amount| Target::Amount(amount.si));
    let volume = entry.volume.as_ref().map(|volume| Target::Volume(volume.si));
    let given: Vec<Target> = [concentration, amount, volume, ratio].into_iter().flatten().collect();
    let [target] = given.as_slice() else {
        return Err(BuildError::at(
            args.place,
            format!(
                "`{}` needs one set point: `concentration`, `amount`, `volume` or `ratio`",
                entry.reagent.value
            ),
        )
        .because(if given.is_empty() { Cause::Missing } else { Cause::Conflict })
        .help("write `concentration = \"180 g/L\"`, for example"));
    };
    let organic = brings.iter().any(|(id, _)| context.table.get(*id).phase == Phase::Organic);
    Ok(Dose { reagent: entry.reagent.value.clone(), brings, counts, organic, target: *target })
}

fn species(name: &Located<String>, table: &SpeciesTable) -> Result<SpeciesId, BuildError> {
    table
        .find(&name.value)
        .map_err(|error| BuildError::at(name.place, error.to_string()).because(Cause::UnknownName))
}

impl Unit for MakeUp {
    fn ports(&self) -> Ports {
        let mut ports = Ports::new(vec![Port::many("feed")], vec![Port::one("out")]);
        if self.metered {
            ports.inlets.push(Port::many("reference"));
            ports.outlets.push(Port::one("metered"));
        }
        ports
    }

    fn solve(&self, inlets: &Inlets) -> Result<Outcome, UnitError> {
        let feed = inlets.port("feed")?;
        let reference = if self.metered { inlets.port("reference")? } else { feed };
        let extents = self.extents(feed, reference)?;
        let mut out = feed.clone();
        let unit = if self.basis == Basis::Continuous { "mol/s" } else { "mol" };
        let mut outcome = Outcome::default();
        for (dose, extent) in self.doses.iter().zip(&extents) {
            let mut drawn = Stream { temperature: feed.temperature, ..Stream::empty(feed.table.clone()) };
            for (id, nu) in &dose.brings {
                drawn.amounts[id.0] += nu * extent;
                out.amounts[id.0] += nu * extent;
            }
            outcome =
                outcome.kpi(format!("added.{}", dose.reagent), *extent, unit).draw(&dose.reagent, drawn);
            if self.is_above(dose, *extent, feed) {
                let text = format!("`{}` is above its set point: nothing is added", dose.reagent);
                outcome = outcome.warning(text);
            }
        }
        out.neutralise();
        out.fit_particles();
        outcome = outcome.outlet("out", out);
        Ok(if self.metered { outcome.outlet("metered", reference.clone()) } else { outcome })
    }
}

impl MakeUp {
    /// Volume of the phase of a dose.
    fn phase(&self, dose: &Dose, stream: &Stream) -> f64 {
        if dose.organic { self.volume.organic(stream) } else { self.volume.liquor(stream) }
    }

    fn is_above(&self, dose: &Dose, extent: f64, feed: &Stream) -> bool {
        let (now, target) = match dose.target {
            Target::Concentration(c) => (dose.counted(feed), c * self.phase(dose, feed)),
            Target::Amount(n) => (dose.counted(feed), n),
            Target::Volume(volume) => (self.phase(dose, feed), volume),
            Target::Ratio(..) => return false,
        };
        extent == 0.0 && now > target * (1.0 + 1e-9)
    }

    /// What is added of each reagent: Newton's method on the set points, those that are passed already left out.
    fn extents(&self, feed: &Stream, reference: &Stream) -> Result<Vec<f64>, UnitError> {
        let mut active: Vec<bool> = vec![true; self.doses.len()];
        loop {
            let extents = self.solve_active(feed, reference, &active)?;
            let lowest = (0..extents.len())
                .filter(|&j| extents[j] < 0.0)
                .min_by(|&a, &b| extents[a].total_cmp(&extents[b]));
            match lowest {
                None => return Ok(extents),
                Some(j) => active[j] = false,
            }
        }
    }

    fn solve_active(
        &self,
        feed: &Stream,
        reference: &Stream,
        active: &[bool],
    ) -> Result<Vec<f64>, UnitError> {
        let m = self.doses.len();
        let mut extents = vec![0.0; m];
        let mut lu = DenseLu::default();
        let fail =
            |why: &str| UnitError::NotConverged { what: "the make-up".to_owned(), why: why.to_owned() };
        for _ in 0..40 {
            let mut now = feed.clone();
            for (dose, extent) in self.doses.iter().zip(&extents) {
                dose.brings.iter().for_each(|(id, nu)| now.amounts[id.0] += nu * extent);
            }
            let partials = self.partials(&now);
            lu.reset(m);
            let mut step = vec![0.0; m];
            for (i, dose) in self.doses.iter().enumerate() {
                let row = &mut lu.entries_mut()[i * m..(i + 1) * m];
                if !active[i] {
                    row[i] = 1.0;
                    continue;
                }
                let swell =
                    |other: &Dose| other.brings.iter().map(|(id, nu)| nu * partials[id.0]).sum::<f64>();
                let same_phase = |other: &Dose| other.organic == dose.organic;
                for (j, other) in self.doses.iter().enumerate() {
                    let swell = if same_phase(other) { swell(other) } else { 0.0 };
                    row[j] = match dose.target {
                        Target::Concentration(c) => dose.counted_in(other) - c * swell,
                        Target::Amount(_) => dose.counted_in(other),
                        Target::Volume(_) => swell,
                        Target::Ratio(..) => f64::from(u8::from(i == j)),
                    };
                }
                step[i] = match dose.target {
                    Target::Concentration(c) => c * self.phase(dose, &now) - dose.counted(&now),
                    Target::Amount(n) => n - dose.counted(&now),
                    Target::Volume(volume) => volume - self.phase(dose, &now),
                    Target::Ratio(ratio, to) => ratio * reference.amount(to) - extents[i],
                };
                // One size for all equations, whatever their unit.
                let largest = row.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
                if largest > 0.0 {
                    row.iter_mut().for_each(|entry| *entry /= largest);
                    step[i] /= largest;
                }
            }
            if !lu.factorise() {
                return Err(fail("a set point does not depend on its reagent"));
            }
            lu.solve(&mut step);
            extents.iter_mut().zip(&step).for_each(|(extent, step)| *extent += step);
            let total: f64 = extents.iter().chain(&feed.amounts).map(|x| x.abs()).sum();
            if step.iter().all(|step| step.abs() <= 1e-14 * total) {
                return Ok(extents);
            }
        }
        Err(fail("the volume does not settle"))
    }

    /// Volume per amount of every species in its own phase, m³/mol.
    fn partials(&self, stream: &Stream) -> Vec<f64> {
        let mut partials = self.volume.per_amount(&stream.amounts, stream.temperature);
        for (id, species) in stream.table.iter() {
            if species.phase == Phase::Organic {
                partials[id.0] = species.volume.unwrap_or(0.0);
            }
        }
        partials
    }
}
