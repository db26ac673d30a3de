//! How the volume of a liquor follows from what is in it.

use crate::chemistry::{Part, SpeciesTable, Stream};

/// Volume of a liquor, linear in the amounts.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeModel {
    per_amount: Vec<f64>,
}

impl VolumeModel {
    /// Partial molar volumes at infinite dilution, added up; a dissolved species without data takes no room.
    pub fn additive(table: &SpeciesTable, water: f64) -> VolumeModel {
        let per_amount = table
            .iter()
            .map(|(_, species)| match species.name.as_str() {
                "H2O" => water,
                _ if Part::Liquor.holds(species.phase) => species.volume.unwrap_or(0.0),
                _ => 0.0,
            })
            .collect();
        VolumeModel { per_amount }
    }

    /// Water alone takes room, `water` m3/mol.
    pub fn water_only(table: &SpeciesTable, water: f64) -> VolumeModel {
        let per_amount = table.iter().map(|(_, s)| if s.name == "H2O" { water } else { 0.0 }).collect();
        VolumeModel { per_amount }
    }

    /// Volume of the liquor of a stream, m3 or m3/s.
    pub fn liquor(&self, stream: &Stream) -> f64 {
        self.of(&stream.amounts)
    }

    /// Volume of the liquor in amounts of all species, m3 or m3/s.
    pub fn of(&self, amounts: &[f64]) -> f64 {
        self.per_amount.iter().zip(amounts).map(|(v, n)| v * n).sum()
    }

    /// m3/mol, by species.
    pub fn per_amount(&self) -> &[f64] {
        &self.per_amount
    }
}
