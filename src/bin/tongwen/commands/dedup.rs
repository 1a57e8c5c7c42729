//! `tongwen dedup`: which page of each article stays, and the corpus without the others.

use std::io::Write;
use std::path::{Path, PathBuf};

use tongwen::document::Skipped;
use tongwen::findings::Findings;
use tongwen::input::{Target, is_free};
use tongwen::pipeline::{Progress, Silent, dedup};
use tongwen::plan::{Plan, Preference};
use tongwen::report::{Done, InertJson, TextOptions, plan};
use tongwen::settings::{InputSettings, RunSettings, Settings};

use crate::args::{DedupArguments, When};
use crate::commands::report::{called, load};
use crate::commands::scan::can_be_read;
use crate::failure::Failure;
use crate::output::Destination;
use crate::progress::Bar;

pub fn run(arguments: &DedupArguments) -> Result<(), Failure> {
    let DedupArguments { findings, paths, .. } = arguments;
    if paths.iter().any(|path| path == Path::new("-")) {
        return Err(Failure::new("what came on standard input cannot be read a second time")
            .with_hint("save it as a file, scan that, and name it here"));
    }
    for path in paths {
        can_be_read(path)?;
    }
    for folder in [&arguments.apply, &arguments.delete].into_iter().flatten() {
        is_free(folder)?;
        refuse_inside(folder, paths)?;
        let absolute = |path: &Path| std::path::absolute(path).ok();
        if let Some(output) = arguments.output.as_deref().and_then(absolute)
            && absolute(folder).is_some_and(|folder| output.starts_with(folder))
        {
            return Err(Failure::new(format!("`{}` is to be a new folder, and the plan in it", folder.display()))
                .with_hint("write the plan elsewhere"));
        }
    }
    if let Some(folder) = &arguments.apply {
        Target::checked(folder)?;
    }
    let typed = if arguments.keep.is_empty() { &["longest".to_owned()] } else { arguments.keep.as_slice() };
    let preferences = typed.iter().map(|typed| Preference::parse(typed)).collect::<Result<Vec<_>, _>>()?;
    let settings = Settings {
        dictionaries: arguments.boilerplate.clone(),
        run: RunSettings { threads: arguments.threads },
        ..Settings::default()
    };
    let progress: Box<dyn Progress> = if arguments.quiet { Box::new(Silent) } else { Box::new(Bar::new()) };
    let bytes = load(findings)?;
    // Where the result goes, which is nothing that is read with the settings of the scan.
    let place = |input: &InputSettings| {
        let read: Vec<_> = std::iter::once(findings).chain(paths).cloned().collect();
        let settings = Settings { input: input.clone(), ..settings.clone() };
        arguments.output.as_deref().map(|path| Destination::apart(Some(path), &read, &settings)).transpose()
    };
    let (planned, saved) = if Plan::is_plan(&bytes) {
        if !arguments.keep.is_empty() {
            return Err(Failure::new(format!("`{}` is a plan, in which is chosen what to keep", findings.display()))
                .with_hint("leave `--keep` out, or name the findings"));
        }
        let planned = Plan::from_json(&bytes, called(findings))?;
        let saved = place(&planned.input)?;
        if arguments.apply.is_none() && arguments.delete.is_none() {
            dedup::check(&planned, paths, &settings, &*progress)?;
        }
        (planned, saved)
    } else {
        let found = Findings::from_json(&bytes, called(findings))?;
        let saved = place(&found.input)?;
        (dedup::plan(&found, paths, &preferences, &settings, &*progress)?, saved)
    };
    if let Some(saved) = saved {
        saved.write(When::Always, |out: &mut dyn Write| InertJson(out).write_all(planned.to_json().as_bytes()))?;
    }
    let (mut done, mut torn) = (Done::default(), Vec::new());
    if let Some(folder) = &arguments.apply {
        let applied = dedup::apply(&planned, paths, folder, arguments.strip_boilerplate, &settings, &*progress)?;
        torn = applied.torn;
        done = Done { written: Some(applied.copied), folder: folder.display().to_string(), ..done };
    }
    if let Some(folder) = &arguments.delete {
        let removed = dedup::delete(&planned, paths, folder, &settings, &*progress)?;
        torn = removed.torn;
        done = Done { removed: Some(removed.moved), folder: folder.display().to_string(), ..done };
    }
    // The bar must be gone before the list begins.
    drop(progress);
    let destination = Destination::Stdout;
    let options = TextOptions { top: arguments.top, width: destination.columns(), ..TextOptions::default() };
    destination.write(arguments.color, |out| plan(&planned, &done, &options, out))?;
    let what_is_there = match arguments.delete {
        Some(_) => format!("what was moved is in `{}`", done.folder),
        None => format!("`{}` has what could be read", done.folder),
    };
    if torn.is_empty() { Ok(()) } else { Err(not_judged(&torn, &what_is_there)) }
}

/// Files that a message names.
const NAMED: usize = 3;

/// Says which files break off, though what could be read of the corpus was judged, and written or moved.
fn not_judged(torn: &[Skipped], what_is_there: &str) -> Failure {
    let (first, more) = (torn.iter().take(NAMED), torn.len().saturating_sub(NAMED));
    let files: Vec<String> =
        first.clone().filter_map(|skipped| Some(format!("`{}`", skipped.torn.as_deref()?))).collect();
    let mut message = match torn.len() {
        1 => "1 file breaks off, and what follows was not judged:".to_owned(),
        many => format!("{many} files break off, and what follows was not judged:"),
    };
    first.for_each(|skipped| message += &format!("\n  `{}` {}", skipped.key, skipped.reason));
    if more > 0 {
        message += &format!("\n  and {more} more");
    }
    let and = if more > 0 { ", …" } else { "" };
    let (copies, them) = if torn.len() == 1 { ("a whole copy", "it") } else { ("whole copies", "them") };
    Failure::new(message).with_hint(format!(
        "{what_is_there}; put {copies} of {}{and} in place, or leave {them} out with `--exclude`, and scan \
         again",
        files.join(", ")
    ))
}

/// Refuses a folder that the next scan of the same paths would read.
fn refuse_inside(folder: &Path, paths: &[PathBuf]) -> Result<(), Failure> {
    // The folder may not be there yet, and neither may those above it.
    let Some(there) =
        std::path::absolute(folder).ok().and_then(|path| path.ancestors().find_map(|up| up.canonicalize().ok()))
    else {
        return Ok(());
    };
    let holds = |path: &&PathBuf| path.canonicalize().is_ok_and(|path| there.starts_with(path));
    match paths.iter().find(holds) {
        Some(path) => Err(Failure::new(format!(
            "`{}` is in `{}`, and the next scan would read it",
            folder.display(),
            path.display()
        ))
        .with_hint("name a folder elsewhere")),
        None => Ok(()),
    }
}
