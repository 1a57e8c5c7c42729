//! Blocks that are boilerplate: what `tongwen boilerplate` lists, what it saves, and what a later scan is told.
//!
//! The JSON is versioned by [`FORMAT`]. It carries no checksum: a line that is none of a site's frame may be taken out
//! by hand.

use std::path::Path;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::document::Skipped;
use crate::error::{Error, Result};
use crate::hash;
use crate::normalise;
use crate::settings::TokenKind;
use crate::versioned;

/// Name and version of the dictionary JSON. A change of how blocks are cut or hashed is a new version.
pub const FORMAT: &str = "tongwen-boilerplate/1";

/// The blocks of a corpus that are boilerplate, and what changes their hashes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dictionary {
    pub format: String,
    /// Version of the program that wrote it.
    pub tongwen: String,
    pub tokens: TokenKind,
    /// [`normalise::VERSION`] of the comparable texts that were hashed.
    pub normaliser: u32,
    /// Documents of the corpus.
    pub documents: u64,
    /// Share of the tokens of all documents that is boilerplate, and that is quoted from another page beside that.
    pub share: f64,
    pub quoted: f64,
    /// The costliest first, by pages × characters; ties by example and place in it.
    pub blocks: Vec<Entry>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// What the user should know of the run. One sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A block that was judged boilerplate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Of its tokens, each run of numbers as one mask.
    #[serde(serialize_with = "write_hash", deserialize_with = "read_hash")]
    pub hash: u64,
    pub level: Level,
    pub basis: Basis,
    /// What it says on the example page, cut off after [`LONGEST`] characters; empty where that could not be read again.
    pub text: String,
    /// Documents it stands on, copies included.
    pub pages: u64,
    /// Different articles among them: a repost cluster counts as one, and so does a document in none.
    pub groups: u64,
    /// Characters of its text on the example page, marks not counted.
    pub characters: u64,
    /// The document of the smallest key among those it stands on.
    pub example: String,
}

/// Characters of a block's text that are kept.
pub const LONGEST: usize = 500;

/// What a block is a piece of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A document.
    Line,
    /// A line.
    Sentence,
}

/// What tells that a block is boilerplate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The pages that hold it are otherwise unlike.
    Corpus,
    /// A dictionary that the run was given.
    Dictionary,
    /// Its page alone: a list of texts cut off at one length, or markup where too few other pages of the site are there to
    /// tell more. Worth less: what is read of a dictionary leaves it out.
    Page,
}

/// Hashes of blocks that are known to be boilerplate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub lines: FxHashSet<u64>,
    pub sentences: FxHashSet<u64>,
}

impl Known {
    /// Returns how many blocks there are.
    pub fn len(&self) -> usize {
        self.lines.len() + self.sentences.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what is the same for the same blocks: a hash in 16 hexadecimal digits.
    pub fn identity(&self) -> String {
        let sorted = |hashes: &mut dyn Iterator<Item = u64>| {
            let mut hashes: Vec<u64> = hashes.collect();
            hashes.sort_unstable();
            hash::sequence(&hashes)
        };
        let [lines, sentences] = [&self.lines, &self.sentences].map(|blocks| sorted(&mut blocks.iter().copied()));
        format!("{:016x}", hash::sequence(&[lines, sentences]))
    }

    /// Returns the blocks of the dictionaries at `paths`.
    ///
    /// # Errors
    /// When a file cannot be read, is no dictionary, or its hashes are not those of a run with these tokens.
    pub fn load(paths: &[impl AsRef<Path>], tokens: TokenKind) -> Result<Self> {
        let mut known = Self::default();
        for path in paths {
            known.add(&Dictionary::load(path.as_ref(), tokens)?);
        }
        Ok(known)
    }

    /// Adds what a dictionary knows from more than a single page.
    pub fn add(&mut self, dictionary: &Dictionary) {
        for entry in dictionary.blocks.iter().filter(|entry| entry.basis != Basis::Page) {
            match entry.level {
                Level::Line => self.lines.insert(entry.hash),
                Level::Sentence => self.sentences.insert(entry.hash),
            };
        }
    }

    /// Returns whether a block is known.
    pub fn holds(&self, hash: u64, level: Level) -> bool {
        match level {
            Level::Line => self.lines.contains(&hash),
            Level::Sentence => self.sentences.contains(&hash),
        }
    }
}

impl Dictionary {
    /// Returns the dictionary at `path`, to be used in a run with these tokens.
    ///
    /// # Errors
    /// When the file cannot be read, is no dictionary, or its hashes would match nothing.
    pub fn load(path: &Path, tokens: TokenKind) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
        let refuse = |reason: String| Error::Format {
            path: path.to_owned(),
            expected: "a dictionary of boilerplate for this run",
            reason,
        };
        let again = "make it again with `tongwen boilerplate PATH… --output FILE`";
        let dictionary: Self = versioned::read(&bytes, FORMAT, again, refuse)?;
        if dictionary.tokens != tokens {
            let (its, own) = (dictionary.tokens.name(), tokens.name());
            return Err(refuse(format!(
                "it was made with `--tokens {its}` and this run has `--tokens {own}`: pass `--tokens {its}`, or make it again \
                 with `tongwen boilerplate PATH… --tokens {own} --output FILE`"
            )));
        }
        if dictionary.normaliser != normalise::VERSION {
            return Err(refuse(format!(
                "its texts were normalised by version {} of the rules and this program has version {}: {again}",
                dictionary.normaliser,
                normalise::VERSION
            )));
        }
        Ok(dictionary)
    }

    /// Returns the dictionary as JSON, with a newline at the end.
    pub fn to_json(&self) -> String {
        // Plain lists, strings and finite numbers: nothing in it can fail to serialise.
        let mut json = serde_json::to_string_pretty(self).expect("a dictionary is plain data");
        json.push('\n');
        json
    }
}

/// As hexadecimal digits: other programs read numbers of JSON with 53 bits.
pub(crate) fn write_hash<S: Serializer>(hash: &u64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{hash:016x}"))
}

pub(crate) fn read_hash<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<u64, D::Error> {
    let digits = String::deserialize(deserializer)?;
    let refuse = || de::Error::custom(format!("`{digits}` is no hash of 16 hexadecimal digits"));
    if digits.len() != 16 {
        return Err(refuse());
    }
    u64::from_str_radix(&digits, 16).map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary() -> Dictionary {
        let entry = |hash, level, basis| Entry {
            hash,
            level,
            basis,
            text: "来源：网络｜被引：0 次".into(),
            pages: 37,
            groups: 35,
            characters: 8,
            example: "站点/1.html".into(),
        };
        Dictionary {
            format: FORMAT.into(),
            tongwen: "0.1.0".into(),
            tokens: TokenKind::Word,
            normaliser: normalise::VERSION,
            documents: 40,
            share: 0.25,
            quoted: 0.0,
            blocks: vec![
                entry(u64::MAX, Level::Line, Basis::Corpus),
                entry(7, Level::Sentence, Basis::Dictionary),
                entry(8, Level::Line, Basis::Page),
            ],
            skipped: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn saved(dictionary: &Dictionary) -> (tempfile::NamedTempFile, String) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), dictionary.to_json()).unwrap();
        let name = file.path().display().to_string();
        (file, name)
    }

    #[test]
    fn a_saved_dictionary_is_read_as_it_was() {
        let (file, _) = saved(&dictionary());
        assert_eq!(Dictionary::load(file.path(), TokenKind::Word).unwrap(), dictionary());
    }

    #[test]
    fn what_was_judged_on_a_single_page_is_not_known_of_another() {
        let (file, _) = saved(&dictionary());
        let known = Known::load(&[file.path()], TokenKind::Word).unwrap();
        assert_eq!((known.lines, known.sentences), (FxHashSet::from_iter([u64::MAX]), FxHashSet::from_iter([7])));
    }

    #[test]
    fn a_dictionary_whose_hashes_match_nothing_is_refused_by_what_differs() {
        let refusal = |dictionary: Dictionary, tokens| {
            let (file, name) = saved(&dictionary);
            let message = Dictionary::load(file.path(), tokens).unwrap_err().to_string();
            message.replace(&name, "FILE")
        };
        assert_eq!(
            refusal(dictionary(), TokenKind::Char),
            "`FILE` is not a dictionary of boilerplate for this run: it was made with `--tokens word` and this run has \
             `--tokens char`: pass `--tokens word`, or make it again with `tongwen boilerplate PATH… --tokens char \
             --output FILE`"
        );
        assert_eq!(
            refusal(Dictionary { normaliser: 0, ..dictionary() }, TokenKind::Word),
            "`FILE` is not a dictionary of boilerplate for this run: its texts were normalised by version 0 of the rules \
             and this program has version 2: make it again with `tongwen boilerplate PATH… --output FILE`"
        );
        assert_eq!(
            refusal(Dictionary { format: "tongwen-findings/1".into(), ..dictionary() }, TokenKind::Word),
            "`FILE` is not a dictionary of boilerplate for this run: its format is `tongwen-findings/1` and this version \
             reads `tongwen-boilerplate/1`: make it again with `tongwen boilerplate PATH… --output FILE`"
        );
    }
}
