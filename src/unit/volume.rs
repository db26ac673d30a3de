//! How the volume of a liquor follows from what is in it.

use crate::chemistry::{LiquorVolume, Part, Stream};
use crate::numerics::Scalar;
use std::sync::Arc;

/// Volume of a liquor from its composition and temperature.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeModel {
    model: Arc<LiquorVolume>,
}

impl From<LiquorVolume> for VolumeModel {
    fn from(model: LiquorVolume) -> VolumeModel {
        VolumeModel { model: Arc::new(model) }
    }
}

impl VolumeModel {
    /// Volume of the liquor of a stream at its temperature, m3 or m3/s.
    pub fn liquor<S: Scalar>(&self, stream: &Stream<S>) -> S {
        self.model.of(&stream.amounts, stream.temperature)
    }

    /// Volume of the organic phase of a stream, m3 or m3/s: ideal, of the species whose volume is known.
    pub fn organic(&self, stream: &Stream) -> f64 {
        let species = stream.table.iter().filter(|(_, species)| Part::Organic.holds(species.phase));
        species.map(|(id, species)| stream.amount(id) * species.volume.unwrap_or(0.0)).sum()
    }

    /// Partial volumes of all species about a composition, m3/mol: a volume linear in the amounts that is exact there.
    pub fn per_amount<S: Scalar>(&self, amounts: &[S], temperature: S) -> Vec<S> {
        self.model.partials(amounts, temperature)
    }
}
