//! Filter with cake wash.
//!
//! Balance     liquor_cake = solids · m / (1 − m), or a volume per mass of solids;  after washing, the cake keeps the share
//!             φ = (1 − E)^n of its mother liquor, at least 1 − n, and wash liquor takes the place of the rest
//! Freedoms    `moisture` m or `cake_liquor`, `wash_efficiency` E, and the wash that enters: n = mass of wash over mass of cake liquor
//! Leaves out  cake resistance and area; sorption on the solids
//! Source      wash efficiency per displacement: R. J. Wakeman and E. S. Tarleton, *Filtration* (1999), chapter 4

use super::parameters::{Args, BuildError, Spec};
use super::thickener::{Held, settle};
use super::{Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind, VolumeModel};
use crate::chemistry::{Part, Stream};
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

impl Unit for Filter {
    fn ports(&self) -> Ports {
        let separate = self.parameters.separate_wash;
        let mut outlets = vec![Port::one("filtrate"), Port::one("cake")];
        if separate {
            outlets.push(Port::one("wash_filtrate"));
        }
        let wash = Port { required: separate, ..Port::many("wash") };
        Ports::new(vec![Port::many("feed"), wash], outlets)
    }

    fn solve(&self, inlets: &Inlets) -> Result<Outcome, UnitError> {
        let Parameters { wash_efficiency, solids_to_filtrate, separate_wash, .. } = self.parameters;
        let cut = settle(inlets.port("feed")?, self.held, solids_to_filtrate, &self.volume)?;
        let (mut filtrate, cake) = (cut.clear, cut.dense);
        let mut outcome = Outcome::default();
        let (cake, wash_filtrate) = match inlets.get("wash") {
            None => (cake, None),
            Some(wash) => {
                let efficiency = wash_efficiency.ok_or_else(|| {
                    UnitError::Infeasible("wash enters but `wash_efficiency` is not given".to_owned())
                })?;
                let washed = displace(&cake, wash, efficiency);
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
        let kept = cake.mass_of(Part::Liquor) / cake.mass().max(f64::MIN_POSITIVE);
        Ok(outcome.kpi("cake_moisture", kept, "1").outlet("filtrate", filtrate).outlet("cake", cake))
    }
}

struct Washed {
    cake: Stream,
    filtrate: Stream,
    ratio: f64,
    kept: f64,
}

/// Wash passing through a cake: the liquor it holds stays the same in mass.
fn displace(cake: &Stream, wash: &Stream, efficiency: f64) -> Washed {
    let liquor = cake.mass_of(Part::Liquor);
    let water = wash.mass_of(Part::Liquor);
    let ratio = if liquor > 0.0 { water / liquor } else { 0.0 };
    let kept = (1.0 - efficiency).powf(ratio).max(1.0 - ratio).clamp(0.0, 1.0);
    let taken = if water > 0.0 { ((1.0 - kept) * liquor / water).min(1.0) } else { 0.0 };
    let mut out = cake.clone();
    let mut filtrate = wash.clone();
    for (id, species) in cake.table.iter() {
        if Part::Liquor.holds(species.phase) {
            let (mother, fresh) = (cake.amount(id), wash.amount(id));
            out.amounts[id.0] = kept * mother + taken * fresh;
            filtrate.amounts[id.0] = (1.0 - kept) * mother + (1.0 - taken) * fresh;
        }
    }
    out.neutralise();
    filtrate.neutralise();
    Washed { cake: out, filtrate, ratio, kept }
}
