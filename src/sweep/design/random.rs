//! Random numbers that belong to a case: any case can be drawn alone, whatever was drawn before it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of random numbers is for; streams of different purposes never overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Monte Carlo points.
    MonteCarlo = 1,
    /// Jitter inside the strata of a Latin hypercube.
    LatinHypercube = 2,
    /// Owen scrambling of a Sobol sequence.
    Scramble = 3,
    /// Strata permutations of a Latin hypercube.
    Permutation = 4,
    /// Trajectories of a Morris screening.
    Morris = 5,
    /// Bootstrap resampling of an analysis.
    Bootstrap = 6,
    /// Genetic operators of an optimiser.
    Genetic = 7,
    /// Observations made from a fitted model.
    Synthetic = 8,
}

/// Generator of `purpose` under `seed`, at the start of the stream numbered `index`.
pub(crate) fn generator(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
    let mut generator = ChaCha8Rng::from_seed(key);
    generator.set_stream(index);
    generator
}

/// The next number of `generator`, uniform in the open interval 0..1 with 53 random bits.
pub(crate) fn open_unit(generator: &mut impl Rng) -> f64 {
    unit_from_bits(generator.next_u64())
}

/// Number in the open interval 0..1 from the upper 53 of 64 random bits: the middle of its cell.
pub(crate) fn unit_from_bits(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
}

/// Whole number in `0..bound`, without bias (rejection). `bound` must not be zero.
pub(crate) fn below(generator: &mut impl Rng, bound: u64) -> u64 {
    let zone = u64::MAX - u64::MAX % bound;
    loop {
        let draw = generator.next_u64();
        if draw < zone {
            return draw % bound;
        }
    }
}

/// Mixes 64 bits so that each input bit moves about half of the output bits (the finaliser of SplitMix64).
///
/// # Source
/// G. L. Steele, D. Lea, C. H. Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014.
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A permutation of `0..count` given by a key: position of `index`, computed alone in constant memory.
///
/// A balanced Feistel network of six rounds over the smallest even number of bits that holds `count`; results that
/// fall outside walk the cycle until they fall inside.
pub(crate) fn permuted(index: u64, count: u64, key: u64) -> u64 {
    if count < 2 {
        return 0;
    }
    let half = (u64::BITS - (count - 1).leading_zeros()).div_ceil(2);
    let mask = (1_u64 << half) - 1;
    let mut value = index;
    loop {
        let (mut left, mut right) = (value >> half, value & mask);
        for round in 0..6_u64 {
            let shuffled = mix(right ^ mix(key.wrapping_add(round.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
            (left, right) = (right, left ^ (shuffled & mask));
        }
        value = (left << half) | right;
        if value < count {
            return value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permutation_visits_every_place_once() {
        for count in [1, 2, 3, 7, 64, 1000, 4097] {
            for key in [0, 1, 99] {
                let mut seen = vec![false; count as usize];
                for index in 0..count {
                    let place = permuted(index, count, key) as usize;
                    assert!(!std::mem::replace(&mut seen[place], true), "{count} {key}: {place} twice");
                }
            }
        }
    }

    #[test]
    fn streams_differ_by_seed_purpose_and_index() {
        let first = |seed, purpose, index| generator(seed, purpose, index).next_u64();
        let base = first(1, Purpose::MonteCarlo, 5);
        assert_eq!(base, first(1, Purpose::MonteCarlo, 5));
        assert_ne!(base, first(2, Purpose::MonteCarlo, 5));
        assert_ne!(base, first(1, Purpose::Morris, 5));
        assert_ne!(base, first(1, Purpose::MonteCarlo, 6));
    }

    #[test]
    fn units_stay_inside_the_open_interval() {
        assert!(unit_from_bits(0) > 0.0);
        assert!(unit_from_bits(u64::MAX) < 1.0);
    }
}
