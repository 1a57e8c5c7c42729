//! `tongwen index`: a corpus that is kept, for later documents to be compared with.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tongwen::answers::Added;
use tongwen::index::{Index, Info, Writer};
use tongwen::input::{are_one, would_read};
use tongwen::pipeline::{Progress, Silent, indexed};
use tongwen::report::{self, TextOptions};
use tongwen::settings::InputSettings;

use crate::args::{Format, IndexArguments, IndexCommand, IndexedArguments, When};
use crate::commands::scan::can_be_read;
use crate::config::{self, Plan};
use crate::failure::Failure;
use crate::output::{Destination, folder_of};
use crate::progress::Bar;

pub fn run(arguments: IndexArguments) -> Result<(), Failure> {
    match arguments.command {
        IndexCommand::Add(arguments) => add(*arguments),
        IndexCommand::Query(arguments) => query(*arguments),
        IndexCommand::Remove(arguments) => {
            let mut writer = Writer::open_existing(&arguments.folder)?;
            let keys: BTreeSet<&str> = arguments.keys.iter().map(String::as_str).collect();
            let mut missing = Vec::new();
            for key in &keys {
                if writer.index().page_of_key(key)?.is_none() {
                    missing.push(*key);
                }
            }
            let removed = writer.remove(keys.iter().copied())?;
            Destination::Stdout.write(When::Never, |out| report::removed(removed, &missing, out))
        }
        IndexCommand::Info(arguments) => {
            let info = Index::open(&arguments.folder)?.info();
            match arguments.format {
                Format::Text => Destination::Stdout.write(When::Auto, |out| report::info(&info, out)),
                Format::Json => Destination::Stdout.write(When::Always, |out| report::info_json(&info, out)),
            }
        }
        IndexCommand::Check(arguments) => {
            let index = Index::open(&arguments.folder)?;
            index.check()?;
            let pages = index.info().pages;
            Destination::Stdout
                .write(When::Never, |out| writeln!(out, "sound: {pages} {}", if pages == 1 { "page" } else { "pages" }))
        }
        IndexCommand::Compact(arguments) => {
            let mut writer = Writer::open_existing(&arguments.folder)?;
            let before = writer.index().info();
            writer.compact()?;
            let after = writer.index().info();
            let size = |info: &Info| {
                let segments = if info.segments == 1 { "segment" } else { "segments" };
                format!("{} {segments}, {} bytes", info.segments, info.bytes)
            };
            Destination::Stdout.write(When::Never, |out| writeln!(out, "{} · before: {}", size(&after), size(&before)))
        }
    }
}

fn add(arguments: IndexedArguments) -> Result<(), Failure> {
    let (folder, paths) = (arguments.folder.clone(), arguments.paths.clone());
    let Plan { settings, format, output, top, quiet, color, .. } = plan(arguments)?;
    let destination = Destination::apart(output.as_deref(), &paths, &settings)?;
    let mut writer = Writer::open(&folder, &settings.analysis)?;
    let progress = shown(quiet);
    let added = match indexed::add(&paths, &mut writer, &settings, &*progress) {
        Ok(added) => added,
        Err(error) => {
            writer.give_up();
            return Err(error.into());
        }
    };
    drop(progress);
    let written = match Format::from(format) {
        Format::Text => {
            let options = TextOptions { top, width: destination.columns(), ..TextOptions::default() };
            destination.write(color, |out| report::added(&added, &options, out))
        }
        Format::Json => destination.write(When::Always, |out| report::added_json(&added, out)),
    };
    written.map_err(|failure| but_added(failure, Some(&added)))
}

/// Returns a failure to write a report, with the hint that pages are in the index all the same where some are.
pub fn but_added(failure: Failure, added: Option<&Added>) -> Failure {
    match added {
        Some(added) if added.added + added.replaced > 0 => failure
            .with_hint("the pages are in the index all the same: what is asked about them again finds them there"),
        _ => failure,
    }
}

fn query(arguments: IndexedArguments) -> Result<(), Failure> {
    let (folder, paths) = (arguments.folder.clone(), arguments.paths.clone());
    let Plan { settings, format, output, top, quiet, color, .. } = plan(arguments)?;
    let destination = Destination::apart(output.as_deref(), &paths, &settings)?;
    let index = Index::open(&folder)?;
    let progress = shown(quiet);
    let answers = indexed::query(&paths, &index, &settings, &*progress)?;
    // The bar must be gone before the report begins.
    drop(progress);
    match Format::from(format) {
        Format::Text => {
            let options = TextOptions { top, width: destination.columns(), ..TextOptions::default() };
            destination.write(color, |out| report::answers(&answers, &options, out))
        }
        Format::Json => destination.write(When::Always, |out| report::answers_json(&answers, out)),
    }
}

fn plan(arguments: IndexedArguments) -> Result<Plan, Failure> {
    let flags = &arguments.flags;
    let of_sketches = [
        ("--sketch", flags.sketch.is_some()),
        ("--slots", flags.slots.is_some()),
        ("--bands", flags.bands.is_some()),
        ("--rows", flags.rows.is_some()),
        ("--distance", flags.distance.is_some()),
        ("--seed", flags.seed.is_some()),
    ];
    if let Some((flag, _)) = of_sketches.iter().find(|(_, given)| *given) {
        return Err(Failure::new(format!("`{flag}` is a flag of `tongwen scan`"))
            .with_hint("an index finds what to compare by the passages texts share; leave it out"));
    }
    let config = config::load_for_others(arguments.config.as_deref(), arguments.no_config)?;
    let plan = config::plan(arguments.flags, config)?;
    for path in &arguments.paths {
        can_be_read(path)?;
    }
    refuse_inside(&arguments.folder, &arguments.paths, plan.output.as_deref(), &plan.settings.input)?;
    Ok(plan)
}

/// Refuses an index that would read itself, and a result that would be written into it.
pub fn refuse_inside(
    folder: &Path,
    paths: &[PathBuf],
    output: Option<&Path>,
    input: &InputSettings,
) -> Result<(), Failure> {
    let is_in_index = |path: &Path| match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(index)) => path.starts_with(index),
        // It is not there yet.
        _ => false,
    };
    if let Some(path) = paths.iter().find(|path| is_in_index(path)) {
        let what = if are_one(path, folder) { "is the index itself" } else { "is a part of the index" };
        return Err(Failure::new(format!("`{}` {what}", path.display()))
            .with_hint("name a folder of its own for the index, and then what is to be read"));
    }
    for path in paths.iter().filter(|path| path.is_dir()) {
        // Any file of it: none has a name that is left out by itself.
        if would_read(path, &folder.join("manifest"), input)? {
            let (index, path) = (folder.display(), path.display());
            return Err(Failure::new(format!(
                "the index `{index}` is in `{path}`, so its files would be read as pages"
            ))
            .with_hint("put the index elsewhere, or leave it out with `--exclude`"));
        }
    }
    match output.filter(|output| is_in_index(folder_of(output))) {
        Some(output) => Err(Failure::new(format!("cannot write `{}`: it is in the index", output.display()))
            .with_hint("name a file elsewhere")),
        None => Ok(()),
    }
}

pub fn shown(quiet: bool) -> Box<dyn Progress> {
    if quiet { Box::new(Silent) } else { Box::new(Bar::new()) }
}
