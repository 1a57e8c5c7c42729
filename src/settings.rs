//! Checked settings: what changes the result, apart from what does not.
//!
//! A value is always the one in force. [`AnalysisSettings`] is written into the
//! findings, so that whoever reads them knows how they came about; [`RunSettings`] never changes a byte of them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// All that a run is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    pub input: InputSettings,
    pub analysis: AnalysisSettings,
    /// Dictionaries of boilerplate that is known beside what the corpus shows.
    pub dictionaries: Vec<PathBuf>,
    pub run: RunSettings,
    /// Folder where a scan keeps what it has done, and goes on from what is there; nothing for none. Nothing but a scan
    /// heeds it.
    pub resume: Option<PathBuf>,
}

impl Settings {
    /// Returns the settings as they are.
    ///
    /// # Errors
    /// Which value is out of range, or of no use beside another, and what would do.
    pub fn checked(&self) -> Result<Self> {
        let analysis = self.analysis.clone().checked()?;
        if !analysis.boilerplate && !self.dictionaries.is_empty() {
            let message = "a dictionary of boilerplate is of no use where none is told from content";
            return Err(Error::Settings(message.into()));
        }
        Ok(Self { analysis, ..self.clone() })
    }
}

/// How files become documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputSettings {
    /// Globs a file must match to be read (all files when empty), relative to the scanned folder.
    pub include: Vec<String>,
    /// Globs of files and folders to leave out.
    pub exclude: Vec<String>,
    /// Whether files and folders whose name starts with a dot are read.
    pub hidden: bool,
    /// The field of a JSON record that holds its text.
    pub text_field: String,
    /// The field that holds its id; a record without it is named `file:line`.
    pub id_field: String,
    /// The field that holds HTML, for records that carry a page rather than a text; empty for none.
    pub html_field: String,
    /// The field that holds the address of the page, whose host is the record's site; empty for none.
    pub url_field: String,
    /// The field that says when the record was published; empty for none.
    pub date_field: String,
}

impl InputSettings {
    /// Returns whether nothing was asked for.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for InputSettings {
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            hidden: false,
            text_field: "text".into(),
            id_field: "id".into(),
            html_field: String::new(),
            url_field: "url".into(),
            date_field: "date".into(),
        }
    }
}

/// What is compared, and from when on two texts are alike.
///
/// A setting that an older version did not know has its default when its findings are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnalysisSettings {
    pub tokens: TokenKind,
    /// Tokens in a shingle.
    pub width: usize,
    pub sketch: SketchKind,
    /// Slots of a MinHash sketch.
    pub slots: usize,
    /// Bands a MinHash sketch is cut into.
    pub bands: usize,
    /// Slots in a band.
    pub rows: usize,
    /// Bits in which two SimHash sketches may differ and still be compared.
    pub distance: u32,
    /// Resemblance from which two documents repost each other.
    pub threshold: f64,
    /// Whether boilerplate is told from content. If not, content is the whole text, and only resemblance is judged.
    pub boilerplate: bool,
    /// Share of each document's content that must be in the other for a repost of which parts were changed.
    pub overlap: f64,
    /// Share of the smaller document's content that must be in the larger for it to be contained.
    pub containment: f64,
    /// Seed of the sketches.
    pub seed: u64,
}

/// The unit of segmentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// jieba words for Han, UAX #29 words elsewhere.
    Word,
    /// Characters of scripts without spaces, words elsewhere.
    Char,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SketchKind {
    MinHash,
    SimHash,
}

/// What changes only how long a run takes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RunSettings {
    /// Worker threads; 0 is one a processor.
    pub threads: usize,
}

impl TokenKind {
    /// Returns what the kind is called on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Char => "char",
        }
    }

    /// Returns the shingle width that did best on the labelled sets (see `benches/runs/`).
    pub fn default_width(self) -> usize {
        match self {
            Self::Word => 2,
            Self::Char => 4,
        }
    }
}

impl Default for AnalysisSettings {
    fn default() -> Self {
        let tokens = TokenKind::Word;
        Self {
            tokens,
            width: tokens.default_width(),
            sketch: SketchKind::MinHash,
            slots: 128,
            bands: 32,
            rows: 4,
            distance: 3,
            threshold: 0.7,
            boilerplate: true,
            overlap: 0.5,
            containment: 0.75,
            seed: 1,
        }
    }
}

impl AnalysisSettings {
    /// Returns the settings as they are.
    ///
    /// # Errors
    /// Which value is out of range, and what would do.
    pub fn checked(self) -> Result<Self> {
        let refuse = |message: String| Err(Error::Settings(message));
        if !(1..=64).contains(&self.width) {
            return refuse(format!("shingle width {} is out of range: use 1 to 64 tokens", self.width));
        }
        if !(16..=1024).contains(&self.slots) {
            return refuse(format!("{} slots are out of range: use 16 to 1024", self.slots));
        }
        if self.bands == 0 || self.rows == 0 {
            return refuse(format!("{} bands of {} rows compare nothing: use 1 or more", self.bands, self.rows));
        }
        let needed = self.bands.saturating_mul(self.rows);
        if needed > self.slots {
            return refuse(format!(
                "{} bands of {} rows need {needed} slots and a sketch has {}: use fewer, or raise `--slots`",
                self.bands, self.rows, self.slots
            ));
        }
        if !(self.threshold > 0.0 && self.threshold <= 1.0) {
            return refuse(format!("threshold {} is out of range: use a share above 0, up to 1", self.threshold));
        }
        for (name, share) in [("overlap", self.overlap), ("containment", self.containment)] {
            if !(share > 0.0 && share <= 1.0) {
                return refuse(format!("{name} {share} is out of range: use a share above 0, up to 1"));
            }
        }
        if self.distance > 7 {
            return refuse(format!("distance {} is out of range: use 0 to 7 of the 64 bits", self.distance));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_is_refused_where_no_boilerplate_is_told() {
        let analysis = AnalysisSettings { boilerplate: false, ..AnalysisSettings::default() };
        let settings = Settings { analysis, ..Settings::default() };
        assert!(settings.checked().is_ok());
        let with_dictionary = Settings { dictionaries: vec!["榆关.json".into()], ..settings };
        assert!(with_dictionary.checked().is_err());
    }
}
