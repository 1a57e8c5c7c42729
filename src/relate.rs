//! Evidence and thresholds → the relation of a pair. The one place where a number becomes a judgement.

use crate::findings::RelationKind;
use crate::settings::AnalysisSettings;
use crate::verify::Evidence;

/// Share of the smaller text that makes a repost of an abridged or extended copy, of which [`LEAST_BODY`] of the larger
/// must still be in the smaller.
const NEARLY_ALL: f64 = 0.85;
const LEAST_BODY: f64 = 0.35;

/// Share of the larger text's shingles that runs must rest on: a chain of chance hits is none.
const LEAST_RESEMBLANCE: f64 = 0.25;

/// Seeds that runs must rest on, however short the texts.
const LEAST_SEEDS: u32 = 8;

/// Tokens of the shorter text for each place where one number stands for another: with more such places than that the two are
/// two issues of one form (bulletins, notices, tables), not one article. Reposts keep their numbers.
const TOKENS_A_NUMBER: u32 = 100;

/// Seeds that two texts must share before one is said to contain the other.
const LEAST_CONTAINED: u32 = 40;

/// Returns how two documents relate, or `None` if they are not alike enough to say.
pub fn relate(evidence: &Evidence, settings: &AnalysisSettings) -> Option<RelationKind> {
    if evidence.same_text {
        return Some(RelationKind::Identical);
    }
    let runs = &evidence.runs;
    let (a_in_b, b_in_a) = (runs.a_in_b(), runs.b_in_a());
    let (less, more) = (a_in_b.min(b_in_a), a_in_b.max(b_in_a));
    if runs.numbers_differ * TOKENS_A_NUMBER > runs.a.min(runs.b) {
        let is_part = less < NEARLY_ALL && more >= settings.containment && runs.seeds >= LEAST_CONTAINED;
        return is_part.then_some(RelationKind::Contained);
    }
    // False for NaN: two empty sets are not alike.
    if evidence.resemblance() >= settings.threshold {
        return Some(RelationKind::Repost);
    }
    let is_sound =
        runs.seeds >= LEAST_SEEDS && f64::from(runs.seeds) >= LEAST_RESEMBLANCE * f64::from(runs.a.max(runs.b));
    let is_edited = is_sound && less >= settings.overlap;
    let is_abridged = runs.seeds >= LEAST_SEEDS && more >= NEARLY_ALL && less >= LEAST_BODY;
    if is_edited || is_abridged {
        return Some(RelationKind::Repost);
    }
    (more >= settings.containment && runs.seeds >= LEAST_CONTAINED).then_some(RelationKind::Contained)
}

/// Share of either text that strangers may have in common.
const STRANGE: f64 = 0.2;

/// Returns whether two documents have next to nothing in common.
pub fn are_strangers(evidence: &Evidence) -> bool {
    evidence.a_in_b().max(evidence.b_in_a()) < STRANGE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(a: u32, b: u32, shared: u32) -> Option<RelationKind> {
        relate(&Evidence { a, b, shared, ..Evidence::default() }, &AnalysisSettings::default())
    }

    #[test]
    fn a_pair_at_the_threshold_is_a_repost_and_one_below_is_not() {
        assert_eq!(kind(85, 85, 70), Some(RelationKind::Repost));
        assert_eq!(kind(86, 85, 70), None);
    }

    #[test]
    fn empty_texts_are_not_related() {
        assert_eq!(kind(0, 0, 0), None);
    }
}
