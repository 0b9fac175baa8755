//! Chance from a seed: the same seed gives the same throws on every machine.

use std::ops::Range;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded source of chance.
#[derive(Debug, Clone)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice that always fall the same way for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Dice for a part of the work, so that a change in one part leaves the others as they are.
    pub fn fork(&mut self) -> Self {
        Self::new(self.0.random())
    }

    /// A number of the range, which must not be empty.
    pub fn range(&mut self, range: Range<u64>) -> u64 {
        self.0.random_range(range)
    }

    /// A number below `n`, which must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        self.0.random_range(0..n)
    }

    /// True in `percent` of 100 throws.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100u32) < percent
    }

    /// One of the items.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// One of the items, by its weight.
    pub fn weighted<T: Copy>(&mut self, items: &[(u32, T)]) -> T {
        let mut left = self.below(items.iter().map(|i| i.0 as usize).sum()) as u32;
        for &(weight, item) in items {
            if left < weight {
                return item;
            }
            left -= weight;
        }
        items[items.len() - 1].1
    }

    /// A number spread log-normally around the median: a product of random factors, because exponentials and
    /// logarithms do not give the same last bits on every machine.
    pub fn log_normal(&mut self, median: u64, factor: f64) -> u64 {
        let mut value = median as f64;
        for _ in 0..24 {
            value = if self.chance(50) { value * factor } else { value / factor };
        }
        value as u64
    }

    /// `len` characters of the alphabet.
    pub fn text(&mut self, alphabet: &[u8], len: usize) -> String {
        (0..len).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }

    /// `len` lower-case hex digits.
    pub fn hex(&mut self, len: usize) -> String {
        self.text(b"0123456789abcdef", len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_log_normal_lies_above_its_median() {
        let mut dice = Dice::new(7);
        let sample: Vec<u64> = (0..2000).map(|_| dice.log_normal(10_000, 1.3)).collect();
        let above = sample.iter().filter(|&&n| n > 10_000).count();
        assert!((700..1300).contains(&above), "{above}");
        assert!(sample.iter().max() > Some(&100_000), "has a long tail");
    }
}
