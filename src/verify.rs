//! A pair of documents → evidence: counts, no judgement.

use crate::shingle::ShingleSet;

/// What was counted about two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Distinct shingles of the first, of the second, and of both.
    pub a: u32,
    pub b: u32,
    pub shared: u32,
    /// Whether the comparable texts are equal, marks aside.
    pub same_text: bool,
}

impl Evidence {
    /// Returns what two sets of shingles share, counted.
    pub fn count(a: &ShingleSet, b: &ShingleSet) -> Self {
        Self { a: a.len() as u32, b: b.len() as u32, shared: a.shared(b) as u32, same_text: false }
    }

    /// Returns the evidence of a text against itself.
    pub fn same_text(shingles: u32) -> Self {
        Self { a: shingles, b: shingles, shared: shingles, same_text: true }
    }

    /// Returns the Jaccard similarity; NaN for two empty sets, which are like nothing.
    pub fn resemblance(&self) -> f64 {
        f64::from(self.shared) / (f64::from(self.a) + f64::from(self.b) - f64::from(self.shared))
    }

    /// Returns the share of the first that is in the second.
    pub fn a_in_b(&self) -> f64 {
        f64::from(self.shared) / f64::from(self.a)
    }

    /// Returns the share of the second that is in the first.
    pub fn b_in_a(&self) -> f64 {
        f64::from(self.shared) / f64::from(self.b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resemblance_and_containment_are_what_their_definitions_say() {
        let evidence = Evidence::count(&ShingleSet::new(vec![1, 2, 3, 4]), &ShingleSet::new(vec![3, 4, 5]));
        assert_eq!((evidence.a, evidence.b, evidence.shared), (4, 3, 2));
        assert_eq!(evidence.resemblance(), 0.4);
        assert_eq!((evidence.a_in_b(), evidence.b_in_a()), (0.5, 2.0 / 3.0));
    }

    #[test]
    fn two_empty_texts_resemble_nothing() {
        assert!(Evidence::count(&ShingleSet::default(), &ShingleSet::default()).resemblance().is_nan());
    }
}
