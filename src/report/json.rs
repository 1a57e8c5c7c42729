//! Findings as the versioned JSON that the other commands read.

use std::io::{self, Write};

use crate::findings::Findings;

/// Writes all findings, whatever a text report would leave out.
///
/// # Errors
/// When `out` cannot be written.
pub fn json(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(findings.to_json().as_bytes())
}
