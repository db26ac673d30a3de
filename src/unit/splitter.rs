//! Splitter: one stream in, several of the same composition out.
//!
//! Balance     n_out,j = share_j · n_in
//! Freedoms    `shares`
//! Leaves out  segregation of solids

use super::parameters::{Args, BuildError, Cause, Located, Spec};
use super::smooth::{Own, Smooth};
use super::{Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind};
use crate::kinetics::leach::Leaching;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "splitter",
    title: "Divides a stream into streams of the same composition",
    about: "n_out = share * n_in for each outlet named in `shares`; what is left leaves by the outlet named in `rest`. \
            Left out: segregation of solids.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a splitter.
    pub struct Parameters {
        /// Share of the feed by outlet; the outlets are named here.
        shares: Vec<(Located<String>, f64)> = Spec::map(Spec::fraction()).at_least(0.0).at_most(1.0).example("{ bleed = \"10 %\" }");
        /// Name of the outlet that takes what is left.
        rest: String = Spec::text().default("rest");
    }
}

#[derive(Debug)]
struct Splitter {
    shares: Vec<(String, f64)>,
}

fn build(args: &Args, _: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    let total: f64 = parameters.shares.iter().map(|(_, share)| share).sum();
    if total > 1.0 + 1e-12 {
        let percent = 100.0 * total;
        return Err(BuildError::at(args.place_of("shares"), format!("the shares add up to {percent:.4} %"))
            .because(Cause::Range)
            .help("make them add up to at most 100 %; the rest leaves by `rest`"));
    }
    let mut shares: Vec<(String, f64)> =
        parameters.shares.into_iter().map(|(name, share)| (name.value, share)).collect();
    if let Some((name, _)) = shares.iter().find(|(name, _)| *name == parameters.rest) {
        return Err(BuildError::at(
            args.place_of("shares"),
            format!("`{name}` is also the outlet for the rest"),
        )
        .help("leave it out of `shares`"));
    }
    shares.push((parameters.rest, (1.0 - total).max(0.0)));
    Ok(Box::new(Splitter { shares }))
}

impl Smooth for Splitter {
    fn ports(&self) -> Ports {
        Ports::new(vec![Port::many("feed")], self.shares.iter().map(|(name, _)| Port::one(name)).collect())
    }
    /// `own` gives the share of an outlet; the last outlet takes what is left.
    fn solve_over<S: Leaching>(
        &self,
        inlets: &Inlets<S>,
        own: &impl Own<S>,
    ) -> Result<Outcome<S>, UnitError> {
        let feed = inlets.port("feed")?;
        let mut outcome = Outcome::default();
        let mut moved = S::from(0.0); // what the shares before take more than they did, in derivatives alone
        for (index, (name, share)) in self.shares.iter().enumerate() {
            let last = index + 1 == self.shares.len();
            let taken =
                if last { S::from(*share) - moved } else { own.number(&format!("shares.{name}"), *share) };
            moved += taken - *share;
            outcome = outcome.outlet(name, feed.scaled(taken));
        }
        Ok(outcome)
    }
    fn moves_with(&self, path: &str) -> bool {
        path.starts_with("shares.")
    }
}
