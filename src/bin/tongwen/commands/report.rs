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
    rendering.write(&load(&arguments.findings)?)
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
        self.write_with(findings, |_, _| Ok(()))
    }

    /// Writes findings, and in a text report what `more` has to say below them.
    pub fn write_with(
        &self,
        findings: &Findings,
        more: impl FnOnce(&TextOptions, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Text => {
                let options = TextOptions { top: self.top, width: self.destination.columns() };
                self.destination.write(self.color, |out| {
                    text(findings, &options, out)?;
                    more(&options, out)
                })
            }
            // JSON carries no colours of ours, and what it carries must arrive as it is.
            Format::Json => self.destination.write(When::Always, |out: &mut dyn Write| json(findings, out)),
        }
    }
}

/// Returns the findings saved at `path`, or those on standard input where it is `-`.
fn load(path: &Path) -> Result<Findings, Failure> {
    if path != Path::new("-") {
        return Ok(Findings::load(path)?);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(|source| Error::Io {
        action: "read",
        path: "standard input".into(),
        source,
    })?;
    Ok(Findings::from_json(&bytes, Path::new("standard input"))?)
}
