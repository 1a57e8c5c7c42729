//! Reading that goes on from what an earlier run had read.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Analyser, PHASES, Phase, Progress, Reading, Unit, Wanted};
use crate::checkpoint::{Checkpoints, Identity};
use crate::dictionary::Known;
use crate::error::{Error, Result};
use crate::input::Corpus;
use crate::settings::{AnalysisSettings, Settings};

/// Bytes on disk that are read before what came of them is kept.
const SHARD: u64 = 32 << 20;

/// How the names of shards begin.
const SHARDS: &str = "pages-";

/// Some batches of the corpus, read.
#[derive(Default, Serialize, Deserialize)]
struct Shard {
    /// The places of the batches among all.
    batches: Vec<u64>,
    /// What they take on disk.
    bytes: u64,
    reading: Reading,
}

impl Shard {
    /// The first batch is in no other shard, so the name is free.
    fn save(&self, checkpoints: &Checkpoints) -> Result<()> {
        match self.batches.iter().min() {
            Some(first) => checkpoints.save(&format!("{SHARDS}{first:010}"), self),
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

/// Opens the folder of a scan.
pub(super) fn open(folder: &Path, corpus: &Corpus, settings: &Settings, known: &Known) -> Result<Checkpoints> {
    let Some(files) = corpus.identity() else {
        return Err(Error::Settings(
            "a scan of standard input or a pipe cannot be resumed, for it is read once: name files".into(),
        ));
    };
    let identity = Identity {
        tongwen: format!("{} ({})", env!("CARGO_PKG_VERSION"), env!("TONGWEN_COMMIT")),
        analysis: settings.analysis.clone(),
        input: settings.input.clone(),
        dictionaries: format!("{:016x}", known.identity()),
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
    let load = |name: &String| checkpoints.load::<Shard>(name).map(Shard::with_shared_names);
    let shards: Vec<Shard> = checkpoints.names(SHARDS)?.par_iter().filter_map(load).collect();
    let mut all = Reading::default();
    let mut done: HashSet<u64> = HashSet::new();
    for Shard { batches, bytes, reading } in shards {
        progress.advance(bytes);
        done.extend(batches);
        all.append(reading);
    }
    let more = (0..)
        .zip(corpus.batches())
        .filter(|(number, _)| !done.contains(number))
        .par_bridge()
        .try_fold(
            || (Reading::default(), Shard::default(), Analyser::new(settings, Wanted::Nothing, None)),
            |(mut all, mut shard, mut analyser), (number, batch)| {
                shard.batches.push(number);
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
