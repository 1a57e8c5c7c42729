//! `tongwen report`: saved findings in another format, without a second scan.

use std::io::{self, Read, Write};
use std::path::Path;

use tongwen::error::Error;
use tongwen::explain::Comparison;
use tongwen::findings::Findings;
use tongwen::overview::Overview;
use tongwen::report::{Kinds, Place, TextOptions, html, json, text};

use crate::args::{Format, Kind, ReportArguments, When};
use crate::failure::Failure;
use crate::output::Destination;

pub fn run(arguments: &ReportArguments) -> Result<(), Failure> {
    let rendering = Rendering {
        destination: Destination::checked(arguments.output.as_deref())?,
        format: arguments.format,
        top: arguments.top,
        kinds: kinds(&arguments.kind),
        color: arguments.color,
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
    pub format: Format,
    pub top: usize,
    pub kinds: Kinds,
    pub color: When,
}

impl Rendering {
    /// Writes findings, in the formats that show texts with the pairs that were compared.
    pub fn write(&self, findings: &Findings, pairs: &[Comparison]) -> Result<(), Failure> {
        match self.format {
            Format::Text => {
                let options = TextOptions { top: self.top, width: self.destination.columns(), kinds: self.kinds };
                self.destination.write(self.color, |out| text(findings, &options, out))
            }
            // JSON carries no colours of ours, and what it carries must arrive as it is.
            Format::Json => self.destination.write(When::Always, |out: &mut dyn Write| json(findings, out)),
            Format::Html => self.html(findings, pairs),
        }
    }
}

impl Rendering {
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
