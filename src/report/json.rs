//! Findings as the versioned JSON that the other commands read.

use std::io::{self, Write};

use crate::explain::Explanation;
use crate::findings::Findings;

/// Writes all findings, whatever a text report would leave out.
///
/// # Errors
/// When `out` cannot be written.
pub fn json(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(findings.to_json().as_bytes())
}

/// Writes an explanation with both texts.
///
/// # Errors
/// When `out` cannot be written.
pub fn explanation_json(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, explanation)?;
    out.write_all(b"\n")
}
