//! What of a corpus is kept where pages repost each other: a choice, apart from the judgement that they do.
//!
//! The plan is JSON that people may edit before it is carried out: what is taken out of a list of pages that go, stays.

use std::cmp::Ordering;
use std::path::Path;

use globset::{Glob, GlobMatcher};
use serde::{Deserialize, Serialize};

use crate::dictionary::{read_hash, write_hash};
use crate::document::Moment;
use crate::error::{Error, Result};
use crate::findings::RelationKind;
use crate::settings::{AnalysisSettings, InputSettings};
use crate::versioned;

/// Name and version of the plan JSON.
pub const FORMAT: &str = "tongwen-plan/1";

/// What stays of a corpus and what goes, and why. Everything in it is in a fixed order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub format: String,
    pub tongwen: String,
    /// What was preferred, as it was typed, the strongest first.
    pub keep: Vec<String>,
    pub settings: AnalysisSettings,
    pub input: InputSettings,
    pub counts: Counts,
    /// Hash of the keys and texts of all documents: a corpus with another has changed.
    #[serde(serialize_with = "write_hash", deserialize_with = "read_hash")]
    pub corpus: u64,
    /// [`Known::identity`](crate::dictionary::Known::identity) of the dictionaries of the scan; empty in a plan of an earlier
    /// version.
    #[serde(default)]
    pub known_hash: String,
    /// What is kept in the place of others, in key order. A document that is not named here is kept.
    pub kept: Vec<Kept>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub documents: u64,
    pub dropped: u64,
    /// Bytes of the texts of all documents, and of those that go.
    pub bytes: u64,
    pub dropped_bytes: u64,
    /// Times that what remains was looked at again, the last time without a finding.
    pub rounds: u32,
    /// Repost clusters that a scan of what remains would still find: 0 unless a note says why.
    pub left: u64,
}

/// A document that stays in the place of others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub key: String,
    #[serde(serialize_with = "write_hash", deserialize_with = "read_hash")]
    pub hash: u64,
    /// Tokens of its content.
    pub content: u32,
    /// Why this one: the preference that decided, or which page comes before it and was passed over for what; one clause.
    pub why: String,
    /// What goes, in key order.
    pub dropped: Vec<Dropped>,
}

/// A document that goes. It was verified against the one that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dropped {
    pub key: String,
    #[serde(serialize_with = "write_hash", deserialize_with = "read_hash")]
    pub hash: u64,
    pub content: u32,
    pub kind: RelationKind,
    pub resemblance: f64,
    /// Share of its content that the kept one holds.
    pub containment: f64,
    /// Share of its content that stands in no document that is kept, marks, single words and spelling aside.
    pub unique: f64,
    /// 0 for what the findings say; from 1 on for what shows only when other copies are gone.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Which of several pages of one article is better to keep.
#[derive(Clone, Debug)]
pub enum Preference {
    /// The most content.
    Longest,
    /// The largest share of content.
    Cleanest,
    /// The smallest key.
    First,
    /// The latest date.
    Newest,
    /// A key that matches.
    Matching(Box<GlobMatcher>),
}

/// What a [`Preference`] looks at.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    pub key: &'a str,
    pub tokens: u32,
    pub content: u32,
    pub date: Option<Moment>,
    /// Whether its file breaks off, so that no more than its beginning is known.
    pub is_torn: bool,
}

impl Preference {
    /// Returns the preference of a name, or of a glob of keys.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(typed: &str) -> Result<Self> {
        Ok(match typed {
            "longest" => Self::Longest,
            "cleanest" => Self::Cleanest,
            "first" => Self::First,
            "newest" => Self::Newest,
            "" => {
                return Err(Error::Settings(
                    "an empty pattern matches no key: use `longest`, `cleanest`, `first`, `newest` or a glob".into(),
                ));
            }
            glob => Self::Matching(Box::new(
                Glob::new(glob)
                    .map_err(|error| {
                        Error::Settings(format!(
                            "`{glob}` is neither `longest`, `cleanest`, `first`, `newest` nor a glob: {}",
                            error.kind()
                        ))
                    })?
                    .compile_matcher(),
            )),
        })
    }

    /// Refuses a word that is no key: it is a slip, and another page would be kept than the user thinks. A pattern may well
    /// match none today.
    ///
    /// # Errors
    /// When it is one.
    pub fn is_meant<'k>(&self, mut keys: impl Iterator<Item = &'k str>) -> Result<()> {
        match self {
            Self::Matching(glob)
                if !glob.glob().glob().contains(['*', '?', '[', '{']) && !keys.any(|key| glob.is_match(key)) =>
            {
                Err(Error::Settings(format!(
                    "`{self}` is no key, and none of `longest`, `cleanest`, `first` and `newest`"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Returns how two documents compare; the one to keep is less.
    fn compare(&self, a: &Candidate, b: &Candidate) -> Ordering {
        match self {
            Self::Longest => b.content.cmp(&a.content),
            // Shares as products: no rounding, and none of nothing.
            Self::Cleanest => (u64::from(b.content) * u64::from(a.tokens.max(1)))
                .cmp(&(u64::from(a.content) * u64::from(b.tokens.max(1)))),
            Self::First => a.key.cmp(b.key),
            Self::Newest => b.date.cmp(&a.date),
            Self::Matching(glob) => glob.is_match(b.key).cmp(&glob.is_match(a.key)),
        }
    }

    /// Returns why a document was taken that this preference put first.
    fn reason(&self) -> String {
        match self {
            Self::Longest => "the most content".into(),
            Self::Cleanest => "the least boilerplate".into(),
            Self::First => "the first key".into(),
            Self::Newest => "the latest date".into(),
            Self::Matching(glob) => format!("it matches `{}`", glob.glob().glob()),
        }
    }
}

impl std::fmt::Display for Preference {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Self::Longest => "longest",
            Self::Cleanest => "cleanest",
            Self::First => "first",
            Self::Newest => "newest",
            Self::Matching(glob) => glob.glob().glob(),
        })
    }
}

/// Returns how two documents compare by all preferences in turn; the one to keep is less, and no two are equal. One that
/// breaks off comes last, whatever is preferred.
pub fn compare(preferences: &[Preference], a: &Candidate, b: &Candidate) -> Ordering {
    let ties = [Preference::Longest, Preference::First];
    let by_preference = || preferences.iter().chain(&ties).map(|one| one.compare(a, b)).find(|order| order.is_ne());
    a.is_torn.cmp(&b.is_torn).then_with(|| by_preference().unwrap_or(Ordering::Equal))
}

/// Returns why the first of some documents was taken before the second: the preference that decided.
pub fn reason(preferences: &[Preference], taken: &Candidate, other: &Candidate) -> String {
    if !taken.is_torn && other.is_torn {
        return format!("`{}` breaks off", other.key);
    }
    let ties = [Preference::Longest, Preference::First];
    let decided = preferences.iter().chain(&ties).find(|one| one.compare(taken, other).is_ne());
    decided.map_or_else(String::new, Preference::reason)
}

impl Plan {
    /// Returns the plan in `bytes`; `path` is what an error calls them.
    ///
    /// # Errors
    /// When the bytes are no plan JSON, or were written in another format version.
    pub fn from_json(bytes: &[u8], path: &Path) -> Result<Self> {
        let refuse = |reason: String| Error::Format { path: path.to_owned(), expected: "a plan", reason };
        versioned::read(bytes, FORMAT, "plan again, or use the version that wrote it", refuse)
    }

    /// Returns whether some JSON says that it is a plan, of whatever version.
    pub fn is_plan(bytes: &[u8]) -> bool {
        versioned::format_of(bytes).is_ok_and(|format| format.starts_with("tongwen-plan/"))
    }

    /// Returns the plan as JSON, with a newline at the end.
    pub fn to_json(&self) -> String {
        // Plain strings, lists and finite numbers: nothing in it can fail to serialise.
        let mut json = serde_json::to_string_pretty(self).expect("a plan is plain data");
        json.push('\n');
        json
    }

    /// Returns what goes, each with what is kept in its place.
    pub fn dropped(&self) -> impl Iterator<Item = (&Kept, &Dropped)> {
        self.kept.iter().flat_map(|kept| kept.dropped.iter().map(move |dropped| (kept, dropped)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(key: &str, tokens: u32, content: u32) -> Candidate<'_> {
        Candidate { key, tokens, content, date: None, is_torn: false }
    }

    fn best<'a>(typed: &[&str], mut candidates: Vec<Candidate<'a>>) -> &'a str {
        let preferences: Vec<_> = typed.iter().map(|typed| Preference::parse(typed).unwrap()).collect();
        candidates.sort_by(|a, b| compare(&preferences, a, b));
        candidates[0].key
    }

    #[test]
    fn each_preference_takes_another_page_and_ties_go_on_to_the_next() {
        let pages = || vec![candidate("丙/1", 900, 500), candidate("甲/2", 400, 300), candidate("乙/3", 2000, 500)];
        assert_eq!(best(&["longest"], pages()), "丙/1");
        assert_eq!(best(&["cleanest"], pages()), "甲/2");
        assert_eq!(best(&["first"], pages()), "丙/1");
        assert_eq!(best(&["乙/*"], pages()), "乙/3");
        assert_eq!(best(&["无/*", "甲/*"], pages()), "甲/2");
        assert_eq!(best(&["无/*"], pages()), "丙/1");
        let dated = |key, date: &'static str| Candidate { date: Moment::parse(date), ..candidate(key, 9, 9) };
        assert_eq!(best(&["newest"], vec![dated("a", ""), dated("b", "2019-01-02"), dated("c", "2019-01-01")]), "b");
    }

    #[test]
    fn the_reason_is_the_preference_that_decided() {
        let preferences = [Preference::parse("*.html").unwrap(), Preference::Cleanest];
        let (a, b) = (candidate("甲.html", 100, 80), candidate("乙.html", 100, 90));
        assert_eq!(compare(&preferences, &a, &b), Ordering::Greater);
        assert_eq!(reason(&preferences, &b, &a), "the least boilerplate");
        assert_eq!(reason(&preferences, &a, &candidate("乙.txt", 1, 1)), "it matches `*.html`");
    }

    #[test]
    fn a_plan_of_another_version_is_told_as_one_whatever_it_holds() {
        let other = br#"{"format": "tongwen-plan/99", "kept": []}"#;
        assert!(Plan::is_plan(other));
        let error = Plan::from_json(other, Path::new("plan.json")).unwrap_err().to_string();
        assert!(error.contains("`tongwen-plan/99`") && error.contains("plan again"), "{error}");
    }

    #[test]
    fn a_pattern_that_is_no_glob_is_refused() {
        let error = Preference::parse("a[").unwrap_err().to_string();
        assert!(error.contains("`a[` is neither `longest`"), "{error}");
        assert!(Preference::parse("").is_err());
    }
}
