//! What an index has to do with documents that were looked up in it, or added to it.
//!
//! The JSON is versioned by [`FORMAT`]. A field is added freely; one is renamed only with a new format.

use serde::{Deserialize, Serialize};

use crate::document::Skipped;
use crate::findings::RelationKind;
use crate::settings::AnalysisSettings;

/// Name and version of the JSON of answers.
pub const FORMAT: &str = "tongwen-answers/1";

/// What was found for some documents. In a fixed order: equal documents and indexes give equal bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    pub format: String,
    /// Version of the program that wrote it.
    pub tongwen: String,
    pub settings: AnalysisSettings,
    /// By key.
    pub documents: Vec<Answer>,
    /// By key.
    pub skipped: Vec<Skipped>,
    /// What the user should know. One sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What pages of an index have to do with one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub key: String,
    /// The strongest first, then by falling resemblance, then by key. Empty for a document that is new.
    pub matches: Vec<Match>,
}

/// Pages of one text, and how the document relates to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Match {
    pub kind: RelationKind,
    /// The first key of the pages: the document's own where an older version of it is in the index.
    pub key: String,
    /// The file that page was read from.
    pub file: String,
    /// The line of a record, from 1; 0 where the file is the page.
    pub line: u64,
    /// How many more pages have the same text.
    pub copies: u64,
    pub resemblance: f64,
    /// The share of the document's content that is in the page.
    pub a_in_b: f64,
    /// The share of the page's content that is in the document.
    pub b_in_a: f64,
    /// For `contained` and `excerpt`: whether the document is the part, or the one that is quoted; else the page is.
    pub is_part: bool,
    /// Whether the shares were counted. Else they are estimates.
    pub counted: bool,
}

impl Answer {
    /// Returns the strongest relation of the document; `None` for one that is new.
    pub fn kind(&self) -> Option<RelationKind> {
        self.matches.first().map(|first| first.kind)
    }
}

/// What was done with documents that were to be added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Added {
    /// Under a key that was not in the index.
    pub added: u64,
    /// In the place of a page of the same key that said something else.
    pub replaced: u64,
    /// There already, just as they are.
    pub unchanged: u64,
    /// By key.
    pub skipped: Vec<Skipped>,
    /// What the user should know. One sentence each.
    pub notes: Vec<String>,
}
