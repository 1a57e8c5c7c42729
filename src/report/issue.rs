//! Duplicates in groups, as the formats for CI show them: one for each page that is repeated.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use crate::document::Origin;
use crate::findings::{Cluster, Digest, Duplicate, Findings, RelationKind, Ruling};
use crate::gate::{self, Policy};
use crate::hash;
use crate::input;

/// Documents that repeat one other, or each other, in the same way.
#[derive(Debug)]
pub(super) struct Issue {
    /// That of its duplicates; of those that repost, some of which say the same, a repost.
    pub(super) kind: RelationKind,
    /// The document that is repeated.
    pub(super) keep: String,
    pub(super) in_index: bool,
    /// Those that no baseline knows first, then by key.
    pub(super) duplicates: Vec<Duplicate>,
    /// What tells it from others, run by run: what the repeated document says.
    pub(super) fingerprint: String,
}

impl Issue {
    /// Returns how many duplicates no baseline knows.
    pub(super) fn new_ones(&self) -> usize {
        self.duplicates.iter().filter(|duplicate| !duplicate.is_known).count()
    }

    /// Returns what is wrong, in one sentence without the names of the duplicates.
    pub(super) fn message(&self, keep: &str) -> String {
        let place = if self.in_index { " in the index" } else { "" };
        let (verb, verbs) = match self.kind {
            RelationKind::Identical => ("says the same as", "say the same as"),
            RelationKind::Repost => ("reposts the article of", "repost the article of"),
            RelationKind::Contained => ("is contained in", "are contained in"),
            RelationKind::Excerpt => ("quotes", "quote"),
            RelationKind::Boilerplate => ("shares nothing but boilerplate with", "share nothing but boilerplate with"),
        };
        match self.duplicates.len() {
            1 => format!("1 document {verb} {keep}{place}"),
            many => format!("{many} documents {verbs} {keep}{place}"),
        }
    }
}

/// Returns what a gate found; of findings that no gate has judged, what the default policy minds.
pub(super) fn ruling(findings: &Findings) -> Ruling {
    findings.gate.clone().unwrap_or_else(|| gate::judge(findings, &Policy::default(), None))
}

/// Returns the duplicates of some findings in groups, the worst first: those with the most new ones, then the largest.
pub(super) fn issues(findings: &Findings, ruling: &Ruling) -> Vec<Issue> {
    let mut cluster_of: HashMap<&str, &str> = HashMap::new();
    for cluster in &findings.clusters {
        if let Cluster::Repost { keep, members, .. } = cluster {
            cluster_of.extend(members.iter().map(|member| (member.key.as_str(), keep.as_str())));
        }
    }
    let mut groups: BTreeMap<(bool, &str, RelationKind), Vec<Duplicate>> = BTreeMap::new();
    for duplicate in &ruling.duplicates {
        let of_cluster = cluster_of.get(duplicate.key.as_str()).filter(|_| duplicate.kind <= RelationKind::Repost);
        let keep = match (duplicate.in_index, of_cluster) {
            (false, Some(keep)) => keep,
            _ => duplicate.of.as_str(),
        };
        let of_article = duplicate.kind.max(RelationKind::Repost);
        groups.entry((duplicate.in_index, keep, of_article)).or_default().push(duplicate.clone());
    }
    let digests: HashMap<&str, Digest> =
        findings.documents.iter().filter_map(|document| Some((document.key.as_str(), document.digest?))).collect();
    let issue = |((in_index, keep, _), mut duplicates): ((bool, &str, RelationKind), Vec<Duplicate>)| {
        duplicates.sort_by(|a, b| (a.is_known, &a.key).cmp(&(b.is_known, &b.key)));
        let kind = duplicates.iter().map(|duplicate| duplicate.kind).max().unwrap_or(RelationKind::Identical);
        // A page of an index, and a document of findings that tell no digests, is known by its name alone.
        let fingerprint = match digests.get(keep).filter(|_| !in_index) {
            Some(digest) => digest.to_string(),
            None => format!("{:016x}", hash::bytes(keep.as_bytes())),
        };
        // Who reposts a page and who quotes it are two.
        let fingerprint =
            if kind > RelationKind::Repost { format!("{fingerprint}-{}", kind.name()) } else { fingerprint };
        Issue { kind, keep: keep.to_owned(), in_index, duplicates, fingerprint }
    };
    let mut issues: Vec<Issue> = groups.into_iter().map(issue).collect();
    issues.sort_by_key(|issue| (Reverse(issue.new_ones()), Reverse(issue.duplicates.len()), issue.kind));
    issues
}

/// A document as a place in a repository: its file, and the line of its record.
pub(super) struct Place {
    /// From the top of the repository.
    pub(super) file: String,
    pub(super) line: u64,
}

/// Where each document stands.
pub(super) struct Places<'f> {
    /// What is put before the names of files.
    folder: &'f str,
    /// Empty for saved findings, which do not tell.
    origins: HashMap<&'f str, &'f Origin>,
}

impl<'f> Places<'f> {
    pub(super) fn new(findings: &'f Findings, folder: &'f str) -> Self {
        let origins = findings.documents.iter();
        let origins = origins.filter_map(|document| Some((document.key.as_str(), document.origin.as_ref()?))).collect();
        Self { folder, origins }
    }

    /// Returns where a document stands. Where only its key tells, that is `file:line` for a record without an id, and else
    /// the path of a file.
    pub(super) fn get(&self, key: &str) -> Place {
        let (file, line) = match self.origins.get(key) {
            Some(origin) => (&*origin.file, origin.line),
            None => file_and_line(key).unwrap_or((key, 0)),
        };
        // A file that holds no records stands at its first line; of an archive, a table or a list the number is no line.
        let line = if input::is_without_lines(file) { 1 } else { line.max(1) };
        Place { file: format!("{}{file}", self.folder), line }
    }
}

fn file_and_line(key: &str) -> Option<(&str, u64)> {
    let (file, line) = key.rsplit_once(':')?;
    let line = line.parse().ok()?;
    (line > 0 && !file.is_empty()).then_some((file, line))
}

/// Returns text in which every character that is not plain is spelled as `%` and two hexadecimal digits a byte.
pub(super) fn percent_encoded(text: &str, is_plain: impl Fn(char) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        if is_plain(character) {
            encoded.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                // A string takes whatever is written to it.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}
