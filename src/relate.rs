//! Evidence and thresholds → the relation of a pair. The one place where a number becomes a judgement.

use crate::findings::RelationKind;
use crate::settings::AnalysisSettings;
use crate::verify::Evidence;

/// Returns how two documents relate, or `None` if they are not alike enough to say.
pub fn relate(evidence: &Evidence, settings: &AnalysisSettings) -> Option<RelationKind> {
    if evidence.same_text {
        return Some(RelationKind::Identical);
    }
    // False for NaN: two empty sets are not alike.
    let is_repost = evidence.resemblance() >= settings.threshold;
    is_repost.then_some(RelationKind::Repost)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(a: u32, b: u32, shared: u32) -> Option<RelationKind> {
        relate(&Evidence { a, b, shared, same_text: false }, &AnalysisSettings::default())
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
