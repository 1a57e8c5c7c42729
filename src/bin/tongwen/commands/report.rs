//! `tongwen report`: saved findings in another format, without a second scan.

use std::io::{self, Read, Write};
use std::path::Path;

use tongwen::error::Error;
use tongwen::findings::Findings;
use tongwen::report::{TextOptions, json, text};

use crate::args::{Format, ReportArguments, When};
use crate::failure::Failure;
use crate::output::Destination;

pub fn run(arguments: &ReportArguments) -> Result<(), Failure> {
    let rendering = Rendering {
        destination: Destination::checked(arguments.output.as_deref())?,
        format: arguments.format,
        top: arguments.top,
        color: arguments.color,
    };
    let findings = &arguments.findings;
    rendering.write(&Findings::from_json(&load(findings)?, called(findings))?)
}

/// How findings are shown, and where.
pub struct Rendering {
    pub destination: Destination,
    pub format: Format,
    pub top: usize,
    pub color: When,
}

impl Rendering {
    pub fn write(&self, findings: &Findings) -> Result<(), Failure> {
        match self.format {
            Format::Text => {
                let options = TextOptions { top: self.top, width: self.destination.columns() };
                self.destination.write(self.color, |out| text(findings, &options, out))
            }
            // JSON carries no colours of ours, and what it carries must arrive as it is.
            Format::Json => self.destination.write(When::Always, |out: &mut dyn Write| json(findings, out)),
        }
    }
}

/// Returns what is saved at `path`, or comes on standard input where it is `-`.
pub fn load(path: &Path) -> Result<Vec<u8>, Failure> {
    let refuse = |source| Error::Io { action: "read", path: called(path).to_owned(), source };
    if path != Path::new("-") {
        return Ok(std::fs::read(path).map_err(refuse)?);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(refuse)?;
    Ok(bytes)
}

/// Returns what a message calls the file at `path`.
pub fn called(path: &Path) -> &Path {
    if path == Path::new("-") { Path::new("standard input") } else { path }
}
