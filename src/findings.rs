//! All that one run found: the contract between the commands, and with other tools.
//!
//! The JSON is versioned by [`FORMAT`]. A field is added freely; one is renamed only with a new format.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::dictionary::{self, read_hash, write_hash};
use crate::document::{Origin, Skipped};
use crate::error::{Error, Result};
use crate::settings::{AnalysisSettings, InputSettings};
use crate::versioned;

/// Name and version of the findings JSON.
pub const FORMAT: &str = "tongwen-findings/1";

/// What one run found. Everything in it is in a fixed order: equal corpora give equal bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    pub format: String,
    /// Version of the program that wrote it.
    pub tongwen: String,
    pub settings: AnalysisSettings,
    /// How files became documents; left out where nothing was asked for.
    #[serde(default, skip_serializing_if = "InputSettings::is_default")]
    pub input: InputSettings,
    pub counts: Counts,
    /// Repost clusters first, then boilerplate clusters; larger first, ties by their first key.
    pub clusters: Vec<Cluster>,
    /// Ordered by kind, `a`, `b`.
    pub relations: Vec<Relation>,
    /// What the pages share that is no article.
    #[serde(default)]
    pub boilerplate: Boilerplate,
    /// Every document, ordered by key; none in findings of a version that did not list them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Scanned>,
    /// How documents relate to pages of an index: ordered by key, the strongest relation of each first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Known>,
    /// What a gate made of all that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Ruling>,
    /// Ordered by key.
    pub skipped: Vec<Skipped>,
    /// What the user should know of the run: keys made unique, buckets split. One sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What went in and what was done with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Documents read; the empty ones are among them.
    pub documents: u64,
    /// Bytes of their text, in UTF-8.
    pub bytes: u64,
    pub skipped: u64,
    /// Documents without a letter or digit: like nothing, not even each other.
    #[serde(default)]
    pub empty: u64,
    /// Pairs that shared a bucket and were compared.
    #[serde(default)]
    pub candidates: u64,
}

/// How much of a corpus is boilerplate, and which of it costs most.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Boilerplate {
    /// Share of the tokens of all documents, copies included, that is frame.
    pub share: f64,
    /// Share of them that is quoted from another page, and not frame as well.
    pub quoted: f64,
    /// Different blocks that are frame; the list below holds no more than [`MOST_BLOCKS`] of them.
    pub different: u64,
    /// Blocks that a dictionary was given for, whether or not any page holds them.
    pub known: u64,
    /// [`Known::identity`](dictionary::Known::identity) of them; empty if there were none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub known_hash: String,
    /// The costliest first, by pages × characters; ties by example and place in it.
    pub blocks: Vec<dictionary::Entry>,
}

/// Blocks of boilerplate that findings list. [`pipeline::boilerplate`](crate::pipeline::boilerplate) lists all.
pub const MOST_BLOCKS: usize = 100;

/// A document that was read: what it takes to find it again, and to see whether it is still the same.
///
/// Nothing that is saved depends on where its record stands, in which file or in which folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanned {
    pub key: String,
    /// The file and line where it was read. Known to the run that read it, and not saved.
    #[serde(skip)]
    pub origin: Option<Origin>,
    /// The host of its address, or the first folder of its path; empty where neither is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub site: String,
    /// What it says; `None` for a document without a letter or digit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Hash of its text as it was decoded, with markup removed: another one where only marks or spaces differ, unlike
    /// the digest.
    #[serde(serialize_with = "write_hash", deserialize_with = "read_hash")]
    pub hash: u64,
    /// Its tokens, and those of them that are frame, and quoted beside that. The rest is content.
    pub tokens: u32,
    #[serde(default)]
    pub frame: u32,
    #[serde(default)]
    pub quoted: u32,
}

impl Scanned {
    /// Returns how many tokens are content.
    pub fn content(&self) -> u32 {
        self.tokens.saturating_sub(self.frame).saturating_sub(self.quoted)
    }
}

/// The hash of a comparable text, cut into tokens: equal for equal texts, whatever the documents are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub u128);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let is_digest = digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let digest = if is_digest { u128::from_str_radix(&digits, 16).ok() } else { None };
        digest.map(Self).ok_or_else(|| de::Error::custom(format!("`{digits}` is no digest of a text")))
    }
}

/// A page of an index, and how a document of this run relates to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// The document.
    pub key: String,
    pub kind: RelationKind,
    /// The page: the first by key of those that have its text.
    pub of: String,
    /// How many more pages of the index have that text.
    pub copies: u64,
    pub resemblance: f64,
    /// The share of the document's content that is in the page.
    pub a_in_b: f64,
    /// The share of the page's content that is in the document.
    pub b_in_a: f64,
    /// For `contained` and `excerpt`: whether the document is the part, or the one that is quoted; else the page is.
    pub is_part: bool,
}

/// What a gate made of findings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ruling {
    pub verdict: Verdict,
    /// Why it is no pass. One sentence each.
    pub reasons: Vec<String>,
    /// The kinds of relations that make a duplicate, strongest first.
    pub fail_on: Vec<RelationKind>,
    /// Ordered by key, each document once.
    pub duplicates: Vec<Duplicate>,
}

impl Ruling {
    /// Returns the duplicates that no baseline knows.
    pub fn new_ones(&self) -> impl Iterator<Item = &Duplicate> {
        self.duplicates.iter().filter(|duplicate| !duplicate.is_known)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Pass,
    Fail,
    /// Too much is unknown to say either.
    Undecided,
}

impl Verdict {
    /// Returns what it is called in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undecided => "undecided",
        }
    }
}

/// A document that repeats another one, in a way that a gate minds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Duplicate {
    pub key: String,
    pub kind: RelationKind,
    /// The other document.
    pub of: String,
    /// Whether that is a page of the index, rather than of the documents that were judged.
    pub in_index: bool,
    pub resemblance: f64,
    /// Whether a baseline knows it, so that it does not count.
    pub is_known: bool,
}

/// Documents that belong together, all in one way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Cluster {
    /// The same article. Every member was verified against `keep`.
    Repost {
        /// Key of the representative, which is a member too.
        keep: String,
        /// The opening of the representative's text.
        #[serde(default)]
        snippet: String,
        /// `keep` first, then by falling resemblance, then key.
        members: Vec<Member>,
    },
    /// Pages of one template, with what most of them share: the commonest blocks first, no more than
    /// [`MOST_SHARED`].
    Boilerplate { members: Vec<Page>, blocks: Vec<SharedBlock> },
}

/// Blocks that are listed for a template.
pub const MOST_SHARED: usize = 20;

impl Cluster {
    /// Returns how many documents belong to it.
    #[allow(clippy::len_without_is_empty, reason = "a cluster is never empty")]
    pub fn len(&self) -> usize {
        match self {
            Self::Repost { members, .. } => members.len(),
            Self::Boilerplate { members, .. } => members.len(),
        }
    }
}

/// One document of a repost cluster, against the representative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub key: String,
    pub resemblance: f64,
    /// Share of this member's content that the representative holds.
    pub containment: f64,
}

/// One document of a boilerplate cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub key: String,
}

/// A block that the pages of a template share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedBlock {
    pub text: String,
    /// Pages of the cluster that hold it.
    pub documents: u64,
}

/// The judged kind of a pair. A directed kind runs from `a`, the smaller or quoted one, to `b`, which holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    pub kind: RelationKind,
    pub a: String,
    pub b: String,
    pub resemblance: f64,
    pub a_in_b: f64,
    pub b_in_a: f64,
}

/// How two documents relate, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationKind {
    /// The same text after normalisation, and some of it content.
    Identical,
    /// The same article: most of each one's content is in the other.
    Repost,
    /// `a` is nearly all inside a much larger `b`.
    Contained,
    /// A short run of `a` is quoted in `b`.
    Excerpt,
    /// Alike only in boilerplate.
    Boilerplate,
}

impl RelationKind {
    /// Returns what it is called in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Repost => "repost",
            Self::Contained => "contained",
            Self::Excerpt => "excerpt",
            Self::Boilerplate => "boilerplate",
        }
    }

    /// Returns whether it runs from a part to what holds it.
    pub fn is_directed(self) -> bool {
        matches!(self, Self::Contained | Self::Excerpt)
    }
}

impl Findings {
    /// Returns the findings saved at `path`.
    ///
    /// # Errors
    /// When the file cannot be read, is no findings JSON, or was written in another format version.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
        Self::from_json(&bytes, path)
    }

    /// Returns the findings in `bytes`; `path` is what an error calls them.
    ///
    /// # Errors
    /// When the bytes are no findings JSON, or were written in another format version.
    pub fn from_json(bytes: &[u8], path: &Path) -> Result<Self> {
        let refuse = |reason: String| Error::Format { path: path.to_owned(), expected: "a findings file", reason };
        versioned::read(bytes, FORMAT, "scan again, or use the version that wrote it", refuse)
    }

    /// Returns the findings as JSON, one top-level list item a line, with a newline at the end.
    pub fn to_json(&self) -> String {
        // Plain maps, strings and finite numbers: nothing in it can fail to serialise.
        let mut json = serde_json::to_string_pretty(self).expect("findings are plain data");
        json.push('\n');
        json
    }
}
