//! Counter-current decantation: a train of thickeners, solids one way, wash the other.
//!
//! Balance     stage i: U c(i−1) + O c(i+1) = (U + O) c(i), liquor U in each underflow fixed by its solids content
//! Freedoms    `stages`, `underflow_solids`, and the wash that enters the last stage
//! Leaves out  imperfect mixing, settling, changes of volume on dilution

use super::parameters::{Args, BuildError, Spec};
use super::smooth::{Own, Smooth};
use super::{Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind};
use crate::chemistry::{Part, Stream};
use crate::kinetics::leach::Leaching;
use crate::numerics::Scalar;
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "ccd",
    title: "Washes solids in a train of thickeners, counter-current",
    about: "Each stage is mixed perfectly: U c(i-1) + O c(i+1) = (U + O) c(i), with U kg liquor in every underflow \
            (from its solids content) and O kg in the overflow. Left out: imperfect mixing, settling.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a decantation train.
    pub struct Parameters {
        /// Thickeners in the train.
        stages: usize = Spec::integer().at_least(1.0).at_most(30.0).example("4");
        /// Solids in each underflow, mass of solids over mass of underflow.
        underflow_solids: f64 = Spec::quantity(Dimension::FRACTION).positive().at_most(1.0).example("\"45 wt%\"");
    }
}

fn build(args: &Args, _: &Context) -> Result<Box<dyn Unit>, BuildError> {
    Ok(Box::new(Parameters::read(args)?))
}

impl Smooth for Parameters {
    fn ports(&self) -> Ports {
        let inlets = vec![Port::many("feed"), Port::many("wash")];
        Ports::new(inlets, vec![Port::one("overflow"), Port::one("underflow")])
    }

    fn solve_over<S: Leaching>(
        &self,
        inlets: &Inlets<S>,
        own: &impl Own<S>,
    ) -> Result<Outcome<S>, UnitError> {
        let (feed, wash) = (inlets.port("feed")?, inlets.port("wash")?);
        let solids = feed.mass_of(Part::Solids);
        let (liquor, water) = (feed.mass_of(Part::Liquor), wash.mass_of(Part::Liquor));
        let dense = own.number("underflow_solids", self.underflow_solids);
        let held = solids * (S::from(1.0) - dense) / dense;
        let overflow = liquor + water - held;
        if overflow.real() < 0.0 {
            return Err(UnitError::Infeasible(format!(
                "feed and wash bring {:.4e} kg liquor, less than the {:.4e} kg that the underflow holds",
                (liquor + water).real(),
                held.real()
            )));
        }
        let share = share_to_underflow(self.stages, held, water, liquor);
        let (underflow, overflow) = divide(feed, wash, &share);
        let loss = share.feed;
        Ok(Outcome::default()
            .kpi("soluble_loss", loss, "1")
            .kpi("wash_ratio", if held.real() > 0.0 { water / held } else { S::from(0.0) }, "1")
            .outlet("overflow", overflow)
            .outlet("underflow", underflow))
    }
    fn moves_with(&self, path: &str) -> bool {
        path == "underflow_solids"
    }
}

/// Shares of what enters with the feed's liquor and with the wash that leave by the last underflow.
struct Shares<S> {
    feed: S,
    wash: S,
}

/// Solves the stage balances for a tracer in the feed and for one in the wash.
///
/// With U in every underflow, overflows are W from stage 2 on and F + W − U from stage 1. From the last stage
/// back, the share a(i) of what enters stage i from above that leaves by the last underflow obeys
/// c(i) = U c(i−1) / (U + O(i) − W a'(i+1)), the usual elimination of a tridiagonal system.
fn share_to_underflow<S: Scalar>(stages: usize, held: S, wash: S, feed: S) -> Shares<S> {
    let (zero, one) = (S::from(0.0), S::from(1.0));
    if held.real() <= 0.0 {
        return Shares { feed: zero, wash: zero };
    }
    // c(i) = ratio(i) * inflow from above: start at the last stage, where nothing but wash comes from below.
    let mut product = one;
    let mut ratio = zero; // c(i+1) per unit of c(i)
    for stage in (1..=stages).rev() {
        let overflow = if stage == 1 { feed + wash - held } else { wash };
        let denominator = held + overflow - wash * ratio;
        ratio = if stage == 1 { one / denominator } else { held / denominator };
        product *= ratio;
    }
    // `product` is c(N) per unit of tracer in the feed; its share leaving is U c(N).
    let from_feed = (held * product).max(zero).min(one);
    // A tracer in all liquor at concentration 1 stays at 1: U = F·s_feed + W·s_wash.
    let from_wash =
        if wash.real() > 0.0 { ((held - feed * from_feed) / wash).max(zero).min(one) } else { zero };
    Shares { feed: from_feed, wash: from_wash }
}

fn divide<S: Scalar>(feed: &Stream<S>, wash: &Stream<S>, share: &Shares<S>) -> (Stream<S>, Stream<S>) {
    let mut under = super::thickener::split_off(feed, share.feed, S::from(1.0));
    let mut over = wash.clone();
    over.add(feed);
    over.particles.clear();
    over.temperature = super::mix(feed, &[wash]).temperature;
    under.temperature = over.temperature;
    for (id, species) in feed.table.iter() {
        if Part::Liquor.holds(species.phase) {
            under.amounts[id.0] += share.wash * wash.amount(id);
        } else if Part::Solids.holds(species.phase) {
            under.amounts[id.0] += wash.amount(id);
        }
    }
    for particles in &wash.particles {
        under.add_particles(particles);
    }
    // What does not leave by the underflow overflows; H+ and OH- are counted before they meet.
    for (id, _) in feed.table.iter() {
        over.amounts[id.0] = (feed.amount(id) + wash.amount(id) - under.amounts[id.0]).max(S::from(0.0));
    }
    over.neutralise();
    under.neutralise();
    (under, over)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With U = W = F/… equal flows and wash ratio R = W/U, the loss of an N-stage washing train fed with
    /// liquor U is (R − 1)/(R^(N+1) − 1): the geometric series of the Kremser equation (A. Kremser,
    /// *Nat. Pet. News* 22 (1930) 43) with the feed stage counted as a stage.
    #[test]
    fn soluble_loss_agrees_with_the_kremser_series() {
        for (stages, ratio) in [(1, 2.0_f64), (2, 2.0), (4, 1.5), (6, 3.0)] {
            let (held, wash, feed) = (1.0, ratio, 1.0);
            let got = share_to_underflow(stages, held, wash, feed).feed;
            let want = (ratio - 1.0) / (ratio.powi(stages as i32 + 1) - 1.0);
            assert!((got - want).abs() < 1e-12, "{stages} stages, ratio {ratio}: {got} against {want}");
        }
    }
}
