//! Reading that goes on from what an earlier run had read.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::page::{Analyser, Page, Reading, Wanted};
use super::{PHASES, Phase, Progress, Unit};
use crate::checkpoint::{Checkpoints, Identity, SHARDS};
use crate::dictionary::Known;
use crate::error::{Error, Result};
use crate::hash::TextHasher;
use crate::input::Corpus;
use crate::settings::{AnalysisSettings, Settings};

/// Bytes on disk that a thread reads before what came of them is kept.
const SHARD: u64 = 32 << 20;

/// Some batches of the corpus, read.
#[derive(Default, Serialize, Deserialize)]
struct Shard {
    /// Where in the corpus the batches stand.
    batches: Vec<(u64, u64)>,
    /// What they take on disk.
    bytes: u64,
    reading: Reading,
}

impl Shard {
    /// The first batch is in no other shard, so the name is free.
    fn save(&self, checkpoints: &Checkpoints) -> Result<()> {
        match self.batches.iter().min() {
            Some((file, line)) => checkpoints.save(&format!("{SHARDS}{file:08}-{line:012}"), self),
            None => Ok(()),
        }
    }

    /// Lets pages of one file share its name, as they do when they are read.
    fn with_shared_names(mut self) -> Self {
        let mut names: HashMap<Arc<str>, Arc<str>> = HashMap::new();
        for page in &mut self.reading.pages {
            let name = &mut page.origin.file;
            *name = Arc::clone(names.entry(Arc::clone(name)).or_insert_with(|| Arc::clone(name)));
        }
        self
    }
}

/// Returns a number that what follows from some pages, in order, depends on.
pub(super) fn cause(pages: &[Page]) -> u64 {
    let mut hasher = TextHasher::default();
    for page in pages {
        let digest = page.digest.unwrap_or_default();
        hasher.push_numbers(&[page.key.len() as u64, page.text, digest as u64, (digest >> 64) as u64]);
        hasher.push(page.key.as_bytes());
    }
    hasher.finish() as u64
}

/// Opens the folder of a scan of some paths.
///
/// # Errors
/// Those of [`Checkpoints::open`]; when the corpus cannot be read twice; when the folder is where pages are read, which
/// would be other ones the next time.
pub(super) fn open(
    folder: &Path,
    paths: &[PathBuf],
    corpus: &Corpus,
    settings: &Settings,
    known: &Known,
) -> Result<Checkpoints> {
    let absolute = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_default();
    if let Some(path) = paths.iter().find(|path| path.is_dir() && absolute(folder).starts_with(absolute(path))) {
        return Err(Error::Settings(format!(
            "`{}` is in `{}`, which is scanned: name a folder elsewhere to resume from",
            folder.display(),
            path.display()
        )));
    }
    let Some(files) = corpus.identity() else {
        return Err(Error::Settings(
            "a scan of standard input or a pipe cannot be resumed, for it is read once: name files".into(),
        ));
    };
    let identity = Identity {
        tongwen: format!("{} ({})", env!("CARGO_PKG_VERSION"), env!("TONGWEN_COMMIT")),
        analysis: settings.analysis.clone(),
        input: settings.input.clone(),
        dictionaries: known.identity(),
        files: format!("{files:016x}"),
    };
    Checkpoints::open(folder, &identity)
}

/// Reads a corpus as [`read`](super::read) does; what was read before is taken from there, and the rest is kept there.
pub(super) fn read(
    corpus: Corpus,
    settings: &AnalysisSettings,
    checkpoints: &Checkpoints,
    progress: &dyn Progress,
) -> Result<Reading> {
    progress.phase(Phase { number: 1, of: PHASES, name: "reading", unit: Unit::Bytes, total: corpus.bytes() });
    let names = checkpoints.names(SHARDS)?;
    let shards: Vec<Option<Shard>> = names.par_iter().map(|name| checkpoints.load(name)).collect::<Result<_>>()?;
    let mut all = Reading { repeated: corpus.repeated(), ..Reading::default() };
    let mut done: HashSet<(u64, u64)> = HashSet::new();
    for (name, shard) in names.iter().zip(shards) {
        let Some(shard) = shard else { continue };
        if shard.batches.iter().any(|batch| done.contains(batch)) {
            checkpoints.discard(name)?;
            continue;
        }
        progress.advance(shard.bytes);
        done.extend(&shard.batches);
        all.append(shard.with_shared_names().reading);
    }
    let more = corpus
        .batches()
        .filter(|batch| batch.place().is_none_or(|place| !done.contains(&place)))
        .par_bridge()
        .try_fold(
            || (Reading::default(), Shard::default(), Analyser::new(settings, Wanted::Nothing, None)),
            |(mut all, mut shard, mut analyser), batch| {
                let Some(place) = batch.place() else {
                    all.append(analyser.read(batch, progress));
                    return Ok((all, shard, analyser));
                };
                shard.batches.push(place);
                shard.bytes += batch.bytes();
                shard.reading.append(analyser.read(batch, progress));
                if shard.bytes >= SHARD {
                    shard.save(checkpoints)?;
                    all.append(std::mem::take(&mut shard).reading);
                }
                Ok((all, shard, analyser))
            },
        )
        .map(|folded: Result<_>| {
            let (mut all, shard, _) = folded?;
            shard.save(checkpoints)?;
            all.append(shard.reading);
            Ok::<Reading, Error>(all)
        })
        .try_reduce(Reading::default, |mut all, more| {
            all.append(more);
            Ok(all)
        })?;
    all.append(more);
    Ok(all)
}
