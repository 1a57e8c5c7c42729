//! The one file that knows every stage, and the only one that knows threads.

use std::path::PathBuf;

use crate::error::Result;
use crate::findings::Findings;
use crate::settings::Settings;

/// Told how far a run is. All calls may come from any thread.
pub trait Progress: Sync {
    /// A phase begins: its place among all phases, what it does, and how much there is of it.
    fn phase(&self, phase: Phase);
    /// So many more units of the current phase are done.
    fn advance(&self, units: u64);
}

/// One phase of a run, as it is shown to the user ("2/5 sketching").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// From 1.
    pub number: u32,
    pub of: u32,
    /// A verb form: `reading`, `verifying`.
    pub name: &'static str,
    pub unit: Unit,
    /// Units in all; 0 where nobody knows (standard input).
    pub total: u64,
}

/// What a phase counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Documents,
    Pairs,
    Bands,
}

/// A [`Progress`] that tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _: Phase) {}
    fn advance(&self, _: u64) {}
}

/// Returns all that is found in the documents under `paths`; `-` is JSONL on standard input.
pub fn scan(_paths: &[PathBuf], _settings: &Settings, _progress: &dyn Progress) -> Result<Findings> {
    unreachable!("written on the core branch")
}
