//! Evidence and thresholds → the relation of a pair. The one place where a number becomes a judgement.

use serde::{Deserialize, Serialize};

use crate::findings::RelationKind;
use crate::settings::{AnalysisSettings, TokenKind};
use crate::verify::{Evidence, SHORT};

/// Share of the smaller text that makes a repost of an abridged or extended copy, of which [`LEAST_BODY`] of the larger
/// must still be in the smaller.
const NEARLY_ALL: f64 = 0.85;
const LEAST_BODY: f64 = 0.35;

/// What must be the same word for word. Two issues of a form (two visits of state, two appointments) run alike over
/// half of each as well, but in pieces, with other names and dates between them.
struct WordForWord {
    /// Seeds in both, for each token of the shorter text. Of 1,407 pairs of forms among the news of a television
    /// station that ran alike 828 have less.
    share: f64,
    /// The same of short texts, and of those in which a number stands for another: 170 of these pairs are left.
    of_forms: f64,
    /// Resemblance of a copy that goes along with its original from end to end, with other words for the same (of
    /// another region).
    along: f64,
}

impl WordForWord {
    /// Returns what is needed. A changed word is in more sequences of characters than of words.
    fn needed(tokens: TokenKind) -> Self {
        match tokens {
            TokenKind::Word => Self { share: 0.5, of_forms: 0.67, along: 0.5 },
            TokenKind::Char => Self { share: 0.4, of_forms: 0.55, along: 0.4 },
        }
    }
}

/// Seeds that a copy in other words must share: a few lines of a form hardly have more than what the form says.
const LEAST_SEEDS_ALONG: u32 = 16;

/// Seeds from which on a copy that goes along from end to end is one at a lower resemblance: what a scanner read with a
/// slip in every twelfth character. Of the forms above 14 have as many.
const SEEDS_OF_LONG: u32 = 100;
const RESEMBLANCE_OF_LONG: f64 = 0.25;

/// Seeds that runs must rest on, however short the texts.
const LEAST_SEEDS: u32 = 8;

/// Tokens of the shorter text for each place where one number stands for another: with more such places than that the two are
/// two issues of one form (bulletins, notices, tables), not one article. Reposts keep their numbers.
const TOKENS_A_NUMBER: u32 = 100;

/// Share of both texts that, standing above all they have in common, makes two articles of them: what they have in common
/// is then the list or the notice below.
const LEAST_LEAD: f64 = 0.25;

/// The same where both texts have less than [`SHORT`] tokens: of a notice of a few lines it is the title, some eight
/// words, and what it stands above is the same on other notices of the site. Between pages of two hosts it is a copy
/// with another title: of made short pages on known hosts half of the copies that were missed had one.
const LEAST_TITLE: f64 = 0.08;

/// Seeds that two texts must share before one is said to contain the other.
const LEAST_CONTAINED: u32 = 40;

/// Distinct shingles that two pages must share in what is no content of either, to be called pages of one template.
const LEAST_FRAME: u32 = 10;

/// What a [`Rule`] looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// 1 where the comparable texts are equal, marks aside; 0 elsewhere.
    SameText,
    Resemblance,
    /// The share in runs of the text that is less in the other, and of the one that is more.
    LesserShare,
    GreaterShare,
    /// Seeds in both, as a share of the tokens of the shorter content.
    SeedShare,
    /// Seeds in both.
    Seeds,
    /// The lesser share once more, which must stay below: nearly all of both is more than a part.
    NotWhole,
    /// Places where one number stands for another, which must not be more.
    NumbersDiffer,
    /// Share of either that is a body of its own, above all they have in common, which must stay below.
    Lead,
    /// Characters of a passage that is quoted.
    Characters,
    /// Share of its seeds that stand where its article has it.
    PassageShare,
    /// Texts of its article that hold it, where that has copies.
    Copies,
}

/// A measure against its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    pub measure: Measure,
    pub value: f64,
    pub needed: f64,
}

impl Test {
    /// Returns whether the measure is on the right side of its threshold.
    pub fn holds(&self) -> bool {
        match self.measure {
            Measure::NotWhole | Measure::Lead => self.value < self.needed,
            Measure::NumbersDiffer => self.value <= self.needed,
            _ => self.value >= self.needed,
        }
    }
}

/// One way for two documents to be of a kind: all its tests must hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    pub kind: RelationKind,
    /// What such a pair is called: `the same text`, `an edited copy`.
    pub way: &'static str,
    /// The most telling first.
    tests: [Option<Test>; 6],
}

impl Rule {
    pub fn tests(&self) -> impl Iterator<Item = &Test> {
        self.tests.iter().flatten()
    }

    pub fn holds(&self) -> bool {
        self.tests().all(Test::holds)
    }
}

/// Returns the rules with what they measure of a pair, the strongest relation first.
pub fn rules(evidence: &Evidence, settings: &AnalysisSettings) -> [Rule; 6] {
    let runs = &evidence.runs;
    let (a_in_b, b_in_a) = (runs.a_in_b(), runs.b_in_a());
    let (less, more) = (a_in_b.min(b_in_a), a_in_b.max(b_in_a));
    let test = |measure, value, needed| Some(Test { measure, value, needed });
    let at_least = |share| test(Measure::LesserShare, less, share);
    let seeds = |least: u32| test(Measure::Seeds, f64::from(runs.seeds), f64::from(least));
    let is_short = runs.a.min(runs.b) < SHORT;
    let needed = WordForWord::needed(settings.tokens);
    let least = if is_short || runs.numbers_differ > 0 { needed.of_forms } else { needed.share };
    let word_for_word = test(Measure::SeedShare, runs.seed_share(), least);
    let is_long = runs.seeds >= SEEDS_OF_LONG;
    let allowed = f64::from(runs.a.min(runs.b)) / f64::from(TOKENS_A_NUMBER);
    let numbers = test(Measure::NumbersDiffer, f64::from(runs.numbers_differ), allowed);
    let least_lead = if runs.a.max(runs.b) < SHORT && !runs.of_two_hosts { LEAST_TITLE } else { LEAST_LEAD };
    let lead = test(Measure::Lead, runs.lead(), least_lead);
    let same_text = test(Measure::SameText, f64::from(u8::from(evidence.same_text)), 1.0);
    let resemblance = test(Measure::Resemblance, evidence.resemblance(), settings.threshold);
    let rule = |kind, way, tests| Rule { kind, way, tests };
    [
        rule(RelationKind::Identical, "the same text", [same_text, None, None, None, None, None]),
        rule(RelationKind::Repost, "a near copy", [resemblance, numbers, lead, None, None, None]),
        rule(
            RelationKind::Repost,
            "an edited copy",
            [at_least(settings.overlap), word_for_word, seeds(LEAST_SEEDS), numbers, lead, None],
        ),
        rule(
            RelationKind::Repost,
            "a copy in other words",
            [
                at_least(NEARLY_ALL),
                test(
                    Measure::Resemblance,
                    evidence.resemblance(),
                    if is_long { RESEMBLANCE_OF_LONG } else { needed.along },
                ),
                seeds(LEAST_SEEDS_ALONG),
                if is_long { numbers } else { test(Measure::NumbersDiffer, f64::from(runs.numbers_differ), 0.0) },
                lead,
                None,
            ],
        ),
        rule(
            RelationKind::Repost,
            "an abridged or extended copy",
            [
                at_least(LEAST_BODY),
                test(Measure::GreaterShare, more, NEARLY_ALL),
                word_for_word,
                seeds(LEAST_SEEDS),
                numbers,
                lead,
            ],
        ),
        rule(
            RelationKind::Contained,
            "a part of something larger",
            [
                test(Measure::GreaterShare, more, settings.containment),
                word_for_word,
                seeds(LEAST_CONTAINED),
                test(Measure::NotWhole, less, NEARLY_ALL),
                lead,
                numbers,
            ],
        ),
    ]
}

/// Returns how two documents relate, or `None` if they are not alike enough to say.
pub fn relate(evidence: &Evidence, settings: &AnalysisSettings) -> Option<RelationKind> {
    rules(evidence, settings).iter().find(|rule| rule.holds()).map(|rule| rule.kind)
}

/// Returns whether two documents that are not related otherwise share a frame, by the distinct shingles they share in
/// what is no content of either.
pub fn is_frame_shared(shared: u32) -> bool {
    shared >= LEAST_FRAME
}

/// Returns whether two documents are so much the same that none of the two can hold a second article that reposts it.
pub fn are_copies(evidence: &Evidence, settings: &AnalysisSettings) -> bool {
    let resemblance = evidence.resemblance();
    resemblance >= settings.threshold && resemblance > 1.0 - LEAST_BODY
}

/// Returns what is left of a repost where one of the two holds several articles: the other one may be one of them. A near
/// copy remains one.
pub fn relate_mixed(evidence: &Evidence, settings: &AnalysisSettings) -> RelationKind {
    let (a_in_b, b_in_a) = (evidence.a_in_b(), evidence.b_in_a());
    let is_part = a_in_b.max(b_in_a) >= settings.containment && a_in_b.min(b_in_a) < NEARLY_ALL;
    if is_part && !are_copies(evidence, settings) { RelationKind::Contained } else { RelationKind::Repost }
}

/// Share of either text that strangers may have in common.
pub const STRANGE: f64 = 0.2;

/// Returns whether two documents have next to nothing in common.
pub fn are_strangers(evidence: &Evidence) -> bool {
    evidence.a_in_b().max(evidence.b_in_a()) < STRANGE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::verify::Runs;

    fn kind(a: u32, b: u32, shared: u32) -> Option<RelationKind> {
        relate(&Evidence { a, b, shared, ..Evidence::default() }, &AnalysisSettings::default())
    }

    #[test]
    fn a_pair_at_the_threshold_is_a_repost_and_one_below_is_not() {
        assert_eq!(kind(85, 85, 70), Some(RelationKind::Repost));
        assert_eq!(kind(86, 85, 70), None);
    }

    #[test]
    fn a_copy_leaves_no_room_for_a_second_article_whatever_the_threshold() {
        let settings = AnalysisSettings { threshold: 0.5, ..AnalysisSettings::default() };
        // Of two articles run together the longer one is 65 of 100 shingles, and the other one reposts them still.
        let with = |shared: u32| Evidence { a: 100, b: shared, shared, ..Evidence::default() };
        assert!(!are_copies(&with(65), &settings) && are_copies(&with(70), &settings));
        assert!(!are_copies(&with(75), &AnalysisSettings { threshold: 0.8, ..settings }));
    }

    #[test]
    fn empty_texts_are_not_related() {
        assert_eq!(kind(0, 0, 0), None);
    }

    /// The rules as one would say them.
    fn relate_plainly(evidence: &Evidence, settings: &AnalysisSettings) -> Option<RelationKind> {
        if evidence.same_text {
            return Some(RelationKind::Identical);
        }
        let runs = &evidence.runs;
        let (a_in_b, b_in_a) = (runs.a_in_b(), runs.b_in_a());
        let (less, more) = (a_in_b.min(b_in_a), a_in_b.max(b_in_a));
        let is_form = runs.a.min(runs.b) < SHORT || runs.numbers_differ > 0;
        let needed = WordForWord::needed(settings.tokens);
        let least = if is_form { needed.of_forms } else { needed.share };
        let is_sound = runs.seed_share() >= least;
        let is_notice = runs.a < SHORT && runs.b < SHORT && !runs.of_two_hosts;
        let is_apart = runs.lead() >= if is_notice { LEAST_TITLE } else { LEAST_LEAD };
        if is_apart || runs.numbers_differ * TOKENS_A_NUMBER > runs.a.min(runs.b) {
            return None;
        }
        if evidence.resemblance() >= settings.threshold {
            return Some(RelationKind::Repost);
        }
        let is_abridged = more >= NEARLY_ALL && less >= LEAST_BODY;
        let is_short_along = runs.seeds >= LEAST_SEEDS_ALONG && runs.numbers_differ == 0;
        let is_along = is_short_along && evidence.resemblance() >= needed.along
            || runs.seeds >= SEEDS_OF_LONG && evidence.resemblance() >= RESEMBLANCE_OF_LONG;
        if less >= NEARLY_ALL && is_along {
            return Some(RelationKind::Repost);
        }
        if is_sound && runs.seeds >= LEAST_SEEDS && (less >= settings.overlap || is_abridged) {
            return Some(RelationKind::Repost);
        }
        let is_part = less < NEARLY_ALL && more >= settings.containment && is_sound && runs.seeds >= LEAST_CONTAINED;
        is_part.then_some(RelationKind::Contained)
    }

    #[test]
    fn a_missed_rule_says_what_it_needed() {
        let runs = Runs { a: 100, b: 400, covered_a: 90, covered_b: 100, seeds: 60, ..Runs::default() };
        let evidence = Evidence { a: 100, b: 400, shared: 60, same_text: false, runs };
        let settings = AnalysisSettings::default();
        assert_eq!(relate(&evidence, &settings), Some(RelationKind::Contained));
        let missed = rules(&evidence, &settings)
            .map(|rule| rule.tests().find(|test| !test.holds()).map(|test| (test.measure, test.needed)));
        assert_eq!(
            missed,
            [
                Some((Measure::SameText, 1.0)),
                Some((Measure::Resemblance, settings.threshold)),
                Some((Measure::LesserShare, settings.overlap)),
                Some((Measure::LesserShare, NEARLY_ALL)),
                Some((Measure::LesserShare, LEAST_BODY)),
                None
            ]
        );
    }

    proptest! {
        #[test]
        fn the_first_rule_that_holds_is_what_plain_words_would_say(
            sizes in (0..300_u32, 0..300_u32),
            parts in (0..=100_u32, 0..=100_u32, 0..=100_u32),
            seeds in 0..200_u32,
            numbers_differ in 0..5_u32,
            same_text in prop::bool::weighted(0.05),
            leads in (0..=100_u32, 0..=100_u32),
            of_two_hosts in any::<bool>(),
            tokens in prop_oneof![Just(TokenKind::Word), Just(TokenKind::Char)],
        ) {
            let (a, b) = sizes;
            let runs = Runs {
                a,
                b,
                covered_a: a * parts.0 / 100,
                covered_b: b * parts.1 / 100,
                seeds,
                numbers_differ,
                lead_a: a * leads.0 / 100,
                lead_b: b * leads.1 / 100,
                of_two_hosts,
                ..Runs::default()
            };
            let evidence = Evidence { a, b, shared: a.min(b) * parts.2 / 100, same_text, runs };
            let settings = AnalysisSettings { tokens, ..AnalysisSettings::default() };
            prop_assert_eq!(relate(&evidence, &settings), relate_plainly(&evidence, &settings));
        }
    }
}
