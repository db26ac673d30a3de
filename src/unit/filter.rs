//! Filter with cake wash.
//!
//! Balance     liquor_cake = solids · m / (1 − m), or a volume per mass of solids;  after washing, the cake keeps the share
//!             φ = (1 − E)^n of its mother liquor, at least 1 − n, and wash liquor takes the place of the rest
//! Freedoms    `moisture` m or `cake_liquor`, `wash_efficiency` E, and the wash that enters: n = mass of wash over mass of cake liquor
//! Leaves out  cake resistance and area; sorption on the solids
//! Source      wash efficiency per displacement: R. J. Wakeman and E. S. Tarleton, *Filtration* (1999), chapter 4

use super::parameters::{Args, BuildError, Spec};
use super::smooth::{Own, Smooth};
use super::thickener::{Held, settle};
use super::{Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind, VolumeModel};
use crate::chemistry::{Part, Stream};
use crate::kinetics::leach::Leaching;
use crate::numerics::Scalar;
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "filter",
    title: "Filters a slurry and washes the cake",
    about: "The cake keeps m kg liquor per kg wet cake, or a volume of liquor per mass of solids. With n kg wash per kg cake liquor it keeps the share \
            (1 - E)^n of its mother liquor (not less than 1 - n); wash takes the place of the rest. \
            Left out: cake resistance and area, sorption on the solids.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a filter.
    pub struct Parameters {
        /// Liquor in the cake, mass of liquor over mass of wet cake.
        moisture: Option<f64> = Spec::fraction().optional().example("\"25 wt%\"");
        /// Liquor in the cake per mass of its solids, in place of the moisture.
        cake_liquor: Option<f64> = Spec::quantity(Dimension::SPECIFIC_VOLUME).at_least(0.0).optional().example("\"0.45 L/kg\"");
        /// Share of the mother liquor in the cake that one displacement of wash removes; needed where wash enters.
        wash_efficiency: Option<f64> = Spec::fraction().optional().example("\"80 %\"");
        /// Share of the solids that passes the cloth.
        solids_to_filtrate: f64 = Spec::fraction().default("\"0 %\"");
        /// Whether the wash filtrate leaves by its own outlet, `wash_filtrate`, instead of joining the filtrate.
        separate_wash: bool = Spec::boolean().default("false");
    }
}

#[derive(Debug)]
struct Filter {
    parameters: Parameters,
    held: Held,
    volume: VolumeModel,
}

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    if parameters.moisture.is_some_and(|moisture| moisture >= 1.0) {
        return Err(BuildError::at(args.place_of("moisture"), "a cake of liquor alone is no cake")
            .help("give a moisture below 100 wt%"));
    }
    let held = Held::one_of(
        args,
        ("moisture", parameters.moisture.map(|moisture| Held::Solids(1.0 - moisture))),
        ("cake_liquor", parameters.cake_liquor.map(Held::LiquorPerSolids)),
    )?;
    Ok(Box::new(Filter { parameters, held, volume: context.volume.clone() }))
}

impl Smooth for Filter {
    fn ports(&self) -> Ports {
        let separate = self.parameters.separate_wash;
        let mut outlets = vec![Port::one("filtrate"), Port::one("cake")];
        if separate {
            outlets.push(Port::one("wash_filtrate"));
        }
        let wash = Port { required: separate, ..Port::many("wash") };
        Ports::new(vec![Port::many("feed"), wash], outlets)
    }

    fn solve_over<S: Leaching>(
        &self,
        inlets: &Inlets<S>,
        own: &impl Own<S>,
    ) -> Result<Outcome<S>, UnitError> {
        let Parameters { wash_efficiency, solids_to_filtrate, separate_wash, .. } = self.parameters;
        let held = match (self.parameters.moisture, self.held) {
            (Some(moisture), _) => Held::Solids(S::from(1.0) - own.number("moisture", moisture)),
            (None, Held::LiquorPerSolids(ratio)) => Held::LiquorPerSolids(own.number("cake_liquor", ratio)),
            (None, Held::Solids(solids)) => Held::Solids(S::from(solids)),
        };
        let lost = own.number("solids_to_filtrate", solids_to_filtrate);
        let cut = settle(inlets.port("feed")?, held, lost, &self.volume)?;
        let (mut filtrate, cake) = (cut.clear, cut.dense);
        let mut outcome = Outcome::default();
        let (cake, wash_filtrate) = match inlets.get("wash") {
            None => (cake, None),
            Some(wash) => {
                let efficiency = wash_efficiency.ok_or_else(|| {
                    UnitError::Infeasible("wash enters but `wash_efficiency` is not given".to_owned())
                })?;
                let washed = displace(&cake, wash, own.number("wash_efficiency", efficiency));
                outcome =
                    outcome.kpi("wash_ratio", washed.ratio, "1").kpi("mother_liquor_kept", washed.kept, "1");
                (washed.cake, Some(washed.filtrate))
            }
        };
        match wash_filtrate {
            Some(stream) if separate_wash => outcome = outcome.outlet("wash_filtrate", stream),
            Some(stream) => filtrate = super::mix(&filtrate, &[&stream]),
            None => {}
        }
        let kept = cake.mass_of(Part::Liquor) / cake.mass().max(S::from(f64::MIN_POSITIVE));
        Ok(outcome.kpi("cake_moisture", kept, "1").outlet("filtrate", filtrate).outlet("cake", cake))
    }
    fn moves_with(&self, path: &str) -> bool {
        matches!(path, "moisture" | "cake_liquor" | "wash_efficiency" | "solids_to_filtrate")
    }
}

struct Washed<S> {
    cake: Stream<S>,
    filtrate: Stream<S>,
    ratio: S,
    kept: S,
}

/// Wash passing through a cake: the liquor it holds stays the same in mass.
fn displace<S: Scalar>(cake: &Stream<S>, wash: &Stream<S>, efficiency: S) -> Washed<S> {
    let (zero, one) = (S::from(0.0), S::from(1.0));
    let liquor = cake.mass_of(Part::Liquor);
    let water = wash.mass_of(Part::Liquor);
    let ratio = if liquor.real() > 0.0 { water / liquor } else { zero };
    let left = one - efficiency;
    let undisplaced = match (left.real() > 0.0, ratio.real() > 0.0) {
        (true, _) => (left.ln() * ratio).exp(),
        (false, true) => zero,
        (false, false) => one,
    };
    let kept = undisplaced.max(one - ratio).max(zero).min(one);
    let taken = if water.real() > 0.0 { ((one - kept) * liquor / water).min(one) } else { zero };
    let mut out = cake.clone();
    let mut filtrate = wash.clone();
    for (id, species) in cake.table.iter() {
        if Part::Liquor.holds(species.phase) {
            let (mother, fresh) = (cake.amount(id), wash.amount(id));
            out.amounts[id.0] = kept * mother + taken * fresh;
            filtrate.amounts[id.0] = (one - kept) * mother + (one - taken) * fresh;
        }
    }
    out.neutralise();
    filtrate.neutralise();
    Washed { cake: out, filtrate, ratio, kept }
}
