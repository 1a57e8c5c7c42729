//! `tongwen scan`: finds reposts and shared boilerplate, and reports them.

use std::path::{Component, Path, PathBuf};

use tongwen::band;
use tongwen::checkpoint;
use tongwen::error::Error;
use tongwen::input::are_one;
use tongwen::pipeline::{self, Progress, Silent};
use tongwen::settings::SketchKind;

use crate::args::{ReportFormat, ScanArguments};
use crate::commands::report::{Rendering, kinds};
use crate::config::{self, Plan};
use crate::failure::Failure;
use crate::output::Destination;
use crate::progress::Bar;

pub fn run(arguments: ScanArguments) -> Result<(), Failure> {
    let config = config::load(arguments.config.as_deref(), arguments.no_config)?;
    let Plan { mut settings, format, output, top, kinds: typed, pairs, quiet, color } =
        config::plan(arguments.flags, config)?;
    if arguments.explain_bands {
        if settings.analysis.sketch == SketchKind::SimHash {
            return Err(Failure::new("`--explain-bands` is of MinHash, and the sketch is SimHash")
                .with_hint("leave one out: SimHash finds all pairs within `--distance`"));
        }
        let table = band::s_curve_table(&settings.analysis);
        return Destination::checked(output.as_deref())?.write(color, |out| out.write_all(table.as_bytes()));
    }
    // All that can be refused is refused now: a slip in the last argument must not cost a night's run.
    for path in &arguments.paths {
        can_be_read(path)?;
    }
    let destination = Destination::apart(output.as_deref(), &arguments.paths, &settings)?;
    if let (Some(output), Some(folder)) = (&output, &arguments.resume)
        && are_one(output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")), folder)
    {
        return Err(Failure::new(format!(
            "cannot write `{}`: `{}` is the scan's own, and removed once it is done",
            output.display(),
            folder.display()
        ))
        .with_hint("name a file elsewhere"));
    }
    settings.resume = arguments.resume;
    let progress: Box<dyn Progress> = if quiet { Box::new(Silent) } else { Box::new(Bar::new()) };
    let (findings, pairs) = match format {
        ReportFormat::Html => pipeline::scan_with_pairs(&arguments.paths, pairs, &settings, &*progress)?,
        _ => (pipeline::scan(&arguments.paths, &settings, &*progress)?, Vec::new()),
    };
    // The bar must be gone before the report begins.
    drop(progress);
    let folder = folder_of(&arguments.paths);
    Rendering { destination, format, top, kinds: kinds(&typed), color, folder }.write(&findings, &pairs)?;
    if let Some(folder) = &settings.resume {
        checkpoint::remove(folder)?;
    }
    Ok(())
}

/// Returns what must stand before keys to make them paths from here: the one relative folder that was read, with a slash.
pub fn folder_of(paths: &[PathBuf]) -> String {
    let [path] = paths else { return String::new() };
    if path.is_absolute() || !path.is_dir() {
        return String::new();
    }
    let names: Vec<_> = path.components().filter(|name| *name != Component::CurDir).collect();
    names.iter().map(|name| format!("{}/", name.as_os_str().display())).collect()
}

/// Says whether there is anything at a path; whether all of it is readable only the scan finds out.
pub fn can_be_read(path: &PathBuf) -> Result<(), Failure> {
    if path == Path::new("-") {
        return Ok(());
    }
    match std::fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(Error::Io { action: "read", path: path.clone(), source }.into()),
    }
}
