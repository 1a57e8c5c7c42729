//! `tongwen report`: saved findings in another format, without a second scan.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::Path;

use tongwen::error::Error;
use tongwen::findings::Findings;
use tongwen::report::{TextOptions, csv, github, json, junit, markdown, sarif, text};

use crate::args::{DEFAULT_TOP, ReportArguments, ReportFormat, When};
use crate::failure::Failure;
use crate::output::Destination;

pub fn run(arguments: &ReportArguments) -> Result<(), Failure> {
    let rendering = Rendering {
        destination: Destination::checked(arguments.output.as_deref())?,
        format: arguments.format,
        top: arguments.top,
        color: arguments.color,
        folder: String::new(),
    };
    rendering.write(&load(&arguments.findings)?)
}

/// How findings are shown, and where.
pub struct Rendering {
    pub destination: Destination,
    pub format: ReportFormat,
    pub top: usize,
    pub color: When,
    /// What makes keys paths from here, for formats that name files.
    pub folder: String,
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
        let options = TextOptions { top: self.top, width: self.destination.columns() };
        // What is not for people carries no colours of ours, and what it carries must arrive as it is.
        let write =
            |render: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>| self.destination.write(When::Always, render);
        match self.format {
            ReportFormat::Text => self.destination.write(self.color, |out| {
                text(findings, &options, out)?;
                more(&options, out)
            }),
            ReportFormat::Json => write(&mut |out| json(findings, out)),
            ReportFormat::Sarif => write(&mut |out| sarif(findings, &self.folder, out)),
            ReportFormat::Junit => write(&mut |out| junit(findings, out)),
            ReportFormat::Github => {
                summarise(findings, &options)?;
                write(&mut |out| github(findings, &self.folder, out))
            }
            ReportFormat::Markdown => write(&mut |out| markdown(findings, &options, out)),
            ReportFormat::Csv => write(&mut |out| csv(findings, out)),
        }
    }
}

/// Bytes of a summary that GitHub takes of one step.
const LONGEST_SUMMARY: usize = 1 << 20;

/// Appends the findings to the summary of the job, where this is one of GitHub's.
fn summarise(findings: &Findings, options: &TextOptions) -> Result<(), Failure> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let mut summary = Vec::new();
    let written = markdown(findings, options, &mut summary).and_then(|()| {
        if summary.len() > LONGEST_SUMMARY {
            summary.clear();
            markdown(findings, &TextOptions { top: DEFAULT_TOP, ..*options }, &mut summary)?;
        }
        OpenOptions::new().create(true).append(true).open(&path)?.write_all(&summary)
    });
    written.map_err(|source| Error::Io { action: "write", path: path.into(), source }.into())
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
