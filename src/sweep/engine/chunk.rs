//! One finished piece of a sweep, as a file that is whole or refused.
//!
//! Layout, little-endian: eight bytes of magic; the 32 bytes of the sweep's identity; chunk number, first case, number
//! of cases, factors and numbers per row (8 bytes each); points, rows and seconds (8 bytes a number); one status byte
//! per case; number of failures, and for each its place and message; SHA-256 of all before it.

use sha2::{Digest, Sha256};

/// Fate of a case, as stored in `status` of a result file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// It ran; its row holds numbers.
    Solved = 0,
    /// It failed; its error is recorded.
    Failed = 1,
    /// A constraint between factors left it out.
    Excluded = 2,
}

impl Status {
    /// Words of the statuses, in the order of their codes.
    pub const MEANINGS: [&'static str; 3] = ["solved", "failed", "excluded"];

    /// How often this one is among `codes`.
    pub(super) fn count(self, codes: &[u8]) -> u64 {
        codes.iter().filter(|code| **code == self as u8).count() as u64
    }
}

/// Cases `first..first + status.len()` of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    /// Number of the chunk.
    pub number: u64,
    /// Index of the first case.
    pub first: u64,
    /// Number of factors.
    pub factors: usize,
    /// Numbers per row.
    pub width: usize,
    /// Points (SI).
    pub points: Vec<f64>,
    /// Rows (SI).
    pub rows: Vec<f64>,
    /// Seconds per case.
    pub seconds: Vec<f64>,
    /// [`Status`] codes.
    pub status: Vec<u8>,
    /// Place in the chunk and message of each failure, in order.
    pub errors: Vec<(u64, String)>,
}

/// What is wrong with the bytes of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// Not such a file, or cut short.
    #[error("it is not a whole chunk file")]
    Cut,
    /// Bits have changed.
    #[error("its checksum does not match its content")]
    Checksum,
    /// Chunk of another sweep.
    #[error("it belongs to another sweep")]
    Foreign,
}

const MAGIC: &[u8; 8] = b"LIXCHNK1";

impl Chunk {
    /// Chunk of `cases` cases, all without values.
    pub fn empty(number: u64, first: u64, cases: usize, factors: usize, width: usize) -> Chunk {
        Chunk {
            number,
            first,
            factors,
            width,
            points: vec![f64::NAN; cases * factors],
            rows: vec![f64::NAN; cases * width],
            seconds: vec![0.0; cases],
            status: vec![Status::Failed as u8; cases],
            errors: Vec::new(),
        }
    }

    /// Place and message of the first failure.
    pub(super) fn first_error(&self) -> Option<(u64, &str)> {
        self.errors.first().map(|(place, message)| (*place, message.as_str()))
    }

    /// Number of cases.
    pub fn cases(&self) -> usize {
        self.status.len()
    }

    /// The file's content for the sweep of this identity.
    pub fn to_bytes(&self, identity: &[u8; 32]) -> Vec<u8> {
        let numbers = self.points.len() + self.rows.len() + self.seconds.len();
        let mut bytes = Vec::with_capacity(8 * numbers + self.status.len() + 256);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(identity);
        for number in [self.number, self.first, self.cases() as u64, self.factors as u64, self.width as u64] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for value in self.points.iter().chain(&self.rows).chain(&self.seconds) {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        bytes.extend_from_slice(&self.status);
        bytes.extend_from_slice(&(self.errors.len() as u64).to_le_bytes());
        for (place, message) in &self.errors {
            bytes.extend_from_slice(&place.to_le_bytes());
            bytes.extend_from_slice(&(message.len() as u64).to_le_bytes());
            bytes.extend_from_slice(message.as_bytes());
        }
        let sum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }

    /// The chunk in a file's content.
    ///
    /// # Errors
    /// [`ChunkError`] if the file is cut, changed, or of another sweep.
    pub fn from_bytes(bytes: &[u8], identity: &[u8; 32]) -> Result<Chunk, ChunkError> {
        let (content, sum) = bytes.split_last_chunk::<32>().ok_or(ChunkError::Cut)?;
        if !content.starts_with(MAGIC) {
            return Err(ChunkError::Cut);
        }
        if Sha256::digest(content).as_slice() != sum {
            return Err(ChunkError::Checksum);
        }
        let mut left = Left(&content[MAGIC.len()..]);
        if left.take(32)? != identity {
            return Err(ChunkError::Foreign);
        }
        let (number, first) = (left.count()?, left.count()?);
        let [cases, factors, width] =
            [left.count()? as usize, left.count()? as usize, left.count()? as usize];
        let times = |count: usize, each: usize| count.checked_mul(each).ok_or(ChunkError::Cut);
        let points = left.numbers(times(cases, factors)?)?;
        let rows = left.numbers(times(cases, width)?)?;
        let seconds = left.numbers(cases)?;
        let status = left.take(cases)?.to_vec();
        let mut errors = Vec::new();
        for _ in 0..left.count()? {
            let (place, length) = (left.count()?, left.count()?);
            errors.push((place, String::from_utf8_lossy(left.take(length as usize)?).into_owned()));
        }
        Ok(Chunk { number, first, factors, width, points, rows, seconds, status, errors })
    }
}

struct Left<'a>(&'a [u8]);

impl<'a> Left<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ChunkError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(ChunkError::Cut)?;
        self.0 = rest;
        Ok(taken)
    }

    fn count(&mut self) -> Result<u64, ChunkError> {
        let (taken, rest) = self.0.split_first_chunk::<8>().ok_or(ChunkError::Cut)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*taken))
    }

    fn numbers(&mut self, count: usize) -> Result<Vec<f64>, ChunkError> {
        let bytes = self.take(count.checked_mul(8).ok_or(ChunkError::Cut)?)?;
        Ok(bytes.as_chunks::<8>().0.iter().map(|number| f64::from_le_bytes(*number)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Chunk {
        let mut chunk = Chunk::empty(3, 24, 8, 2, 3);
        chunk.points.iter_mut().enumerate().for_each(|(place, value)| *value = place as f64);
        chunk.rows[5] = -0.0;
        chunk.status[1] = Status::Solved as u8;
        chunk.errors = vec![(0, "no convergence: Δ = 3".into()), (7, String::new())];
        chunk
    }

    #[test]
    fn bytes_and_back_keep_every_bit() {
        let bytes = sample().to_bytes(&[7; 32]);
        let back = Chunk::from_bytes(&bytes, &[7; 32]).unwrap();
        assert_eq!(back.to_bytes(&[7; 32]), bytes);
        assert_eq!(back.errors, sample().errors);
    }

    #[test]
    fn any_changed_or_missing_byte_is_noticed() {
        let bytes = sample().to_bytes(&[7; 32]);
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x10;
            assert!(Chunk::from_bytes(&damaged, &[7; 32]).is_err(), "byte {place}");
            assert!(Chunk::from_bytes(&bytes[..place], &[7; 32]).is_err(), "cut at {place}");
        }
        assert_eq!(Chunk::from_bytes(&bytes, &[8; 32]), Err(ChunkError::Foreign));
    }
}
