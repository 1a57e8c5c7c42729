//! `tongwen report`: saved findings in another format, without a second scan.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::Path;

use tongwen::error::Error;
use tongwen::explain::Comparison;
use tongwen::findings::Findings;
use tongwen::overview::Overview;
use tongwen::report::{
    Kinds, Place, TextOptions, csv, csv_for_terminal, github, html, json, junit, markdown, sarif, text,
};
use tongwen::settings::Settings;

use crate::args::{DEFAULT_TOP, Kind, ReportArguments, ReportFormat, When};
use crate::failure::Failure;
use crate::output::Destination;

pub fn run(arguments: &ReportArguments) -> Result<(), Failure> {
    let rendering = Rendering {
        destination: Destination::apart(
            arguments.output.as_deref(),
            std::slice::from_ref(&arguments.findings),
            &Settings::default(),
        )?,
        format: arguments.format,
        top: arguments.top,
        kinds: kinds(&arguments.kind),
        color: arguments.color,
        folder: String::new(),
    };
    let findings = &arguments.findings;
    rendering.write(&Findings::from_json(&load(findings)?, called(findings))?, &[])
}

/// Returns the kinds that were asked for.
pub fn kinds(typed: &[Kind]) -> Kinds {
    Kinds::of(typed.iter().map(|&kind| kind.into()))
}

/// How findings are shown, and where.
pub struct Rendering {
    pub destination: Destination,
    pub format: ReportFormat,
    pub top: usize,
    pub kinds: Kinds,
    pub color: When,
    /// What makes keys paths from here, for formats that name files.
    pub folder: String,
}

impl Rendering {
    /// Writes findings, in the formats that show texts with the pairs that were compared.
    pub fn write(&self, findings: &Findings, pairs: &[Comparison]) -> Result<(), Failure> {
        self.write_all(findings, pairs, |_, _| Ok(()))
    }

    /// Writes findings, and in a text report what `more` has to say below them.
    pub fn write_with(
        &self,
        findings: &Findings,
        more: impl FnOnce(&TextOptions, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        self.write_all(findings, &[], more)
    }

    fn write_all(
        &self,
        findings: &Findings,
        pairs: &[Comparison],
        more: impl FnOnce(&TextOptions, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let options = TextOptions { top: self.top, width: self.destination.columns(), kinds: self.kinds };
        // What is not for people carries no colours of ours, and what it carries must arrive as it is.
        let write =
            |render: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>| self.destination.write(When::Always, render);
        match self.format {
            ReportFormat::Text => self.destination.write(self.color, |out| {
                text(findings, &options, out)?;
                more(&options, out)
            }),
            ReportFormat::Json => write(&mut |out| json(findings, out)),
            ReportFormat::Html => self.html(findings, pairs),
            ReportFormat::Sarif => write(&mut |out| sarif(findings, &self.folder, out)),
            ReportFormat::Junit => write(&mut |out| junit(findings, out)),
            ReportFormat::Github => {
                summarise(findings, &options)?;
                write(&mut |out| github(findings, &self.folder, out))
            }
            ReportFormat::Markdown => write(&mut |out| markdown(findings, &options, out)),
            ReportFormat::Csv if self.destination.is_terminal() => write(&mut |out| csv_for_terminal(findings, out)),
            ReportFormat::Csv => write(&mut |out| csv(findings, out)),
        }
    }

    fn html(&self, findings: &Findings, pairs: &[Comparison]) -> Result<(), Failure> {
        let names = self.destination.names();
        let place = match &names {
            Some((file, folder)) => Place { file, folder: Some(folder) },
            None => Place { file: "", folder: None },
        };
        let refuse = |error| Failure::new(format!("cannot write the report: {error}"));
        let files = html(findings, &Overview::new(findings), pairs, place).map_err(refuse)?;
        // The first is the one to open, and is written when all it leads to is there.
        let further =
            files.iter().filter(|file| !file.name.is_empty()).map(|file| (&*file.name, file.content.as_bytes()));
        self.destination.replace_folder(&further.collect::<Vec<_>>())?;
        files.iter().filter(|file| file.name.is_empty()).try_for_each(|file| {
            self.destination.write(When::Always, |out: &mut dyn Write| out.write_all(file.content.as_bytes()))
        })
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
