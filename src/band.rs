//! Sketches → buckets → candidate pairs.
//!
//! A table gives each document a key; documents of one key share a bucket, and each pair of a bucket is a candidate. For
//! MinHash a table is a band of the sketch, for SimHash one of Manku's masks. Two documents of resemblance `s` share one
//! of `b` bands of `r` rows with probability `1 − (1 − sʳ)ᵇ`: **more bands find more, more rows find less.** Every
//! candidate is verified later, so bands may be loose: a wrong pair costs microseconds, a missed one is missed for good.

use std::fmt::Write as _;

use rayon::prelude::*;

use crate::document::DocId;
use crate::hash;
use crate::settings::{AnalysisSettings, SketchKind};
use crate::shingle::Shingle;
use crate::sketch::minhash::MinHasher;

/// Recall asked of the bands at the threshold.
pub const TARGET_RECALL: f64 = 0.99;

/// Documents of a bucket of sketches that are paired all with all; a larger bucket is split by the keys of further tables.
/// With 256 an article of 8,000 edited copies took 2.3 times as long, for the same cluster; with a limit of 24, labelled
/// corpora lost up to .002 of their reposts (`benches/runs/2026-11-27-sentences.md`).
const LARGEST_BUCKET: usize = 64;

/// The same for SimHash, of which two that are near may agree in one table only.
const LARGEST_OF_SIMHASH: usize = 256;

/// Returns how many documents of a bucket are paired all with all.
pub fn largest_bucket(sketch: SketchKind) -> usize {
    match sketch {
        SketchKind::MinHash => LARGEST_BUCKET,
        SketchKind::SimHash => LARGEST_OF_SIMHASH,
    }
}

/// Pairs worth verifying.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Each pair once, smaller id first, in rising order.
    pub pairs: Vec<(DocId, DocId)>,
    /// Buckets that were too large and had to be split.
    pub split_buckets: usize,
    /// Documents in the largest of them; 0 if there were none.
    pub largest_bucket: usize,
}

/// Returns the probability that two documents share a bucket.
pub fn recall(resemblance: f64, bands: usize, rows: usize) -> f64 {
    1.0 - (1.0 - resemblance.powi(rows as i32)).powi(bands as i32)
}

/// Returns the bands and rows for a sketch: the most rows, so the fewest wrong candidates, with
/// [`TARGET_RECALL`] at `threshold`.
pub fn choose(slots: usize, threshold: f64) -> (usize, usize) {
    (1..=slots)
        .rev()
        .map(|rows| (slots / rows, rows))
        .find(|&(bands, rows)| recall(threshold, bands, rows) >= TARGET_RECALL)
        .unwrap_or((slots, 1))
}

/// Returns the key of one band of a sketch.
#[inline]
pub fn band_key(sketch: &[u32], band: usize, rows: usize) -> u64 {
    let mut key = [0u64; 64];
    let rows = &sketch[band * rows..(band + 1) * rows];
    if rows.len() <= key.len() {
        for (to, &from) in key.iter_mut().zip(rows) {
            *to = u64::from(from);
        }
        hash::sequence(&key[..rows.len()])
    } else {
        rows.iter().fold(0, |key, &row| hash::number(u64::from(row), key))
    }
}

/// Returns every pair of documents that share a bucket of some table.
///
/// `key` names the bucket of a document in a table; `None` keeps the document out of all of them (an empty one, a copy).
/// All pairs of a bucket, not a chain: A–B and B–C may both fail to verify while A–C holds. A bucket of more than
/// `largest` documents is split by their keys in the following tables until its parts are small; documents that
/// agree in every table have equal sketches, and are paired with the first of them only. The first of each part is also
/// paired with one document of the bucket's largest part: a copy that differs in one slot is alone after the split, in
/// whichever table its bucket was met, and would be lost to all.
///
/// Of the pairs those are returned that are `likely`: the chance that two texts of one language meet in some table is small,
/// but there are as many of them as the square of the documents.
///
/// Time `tables × n log n`, and a question for each meeting; memory 16 bytes a document a thread, 8 bytes a pair.
pub fn candidates(
    documents: usize,
    tables: usize,
    largest: usize,
    key: impl Fn(usize, DocId) -> Option<u64> + Sync,
    is_likely: impl Fn(DocId, DocId) -> bool + Sync,
) -> Candidates {
    let found: Vec<Candidates> = (0..tables)
        .into_par_iter()
        .map(|table| {
            let mut keyed: Vec<(u64, DocId)> =
                (0..documents as u32).map(DocId).filter_map(|id| Some((key(table, id)?, id))).collect();
            keyed.sort_unstable();
            let mut found = Candidates::default();
            let mut met = Vec::new();
            for bucket in keyed.chunk_by(|a, b| a.0 == b.0) {
                if bucket.len() > largest {
                    found.split_buckets += 1;
                    found.largest_bucket = found.largest_bucket.max(bucket.len());
                }
                if bucket.len() > 1 {
                    let members: Vec<DocId> = bucket.iter().map(|&(_, id)| id).collect();
                    let split = Split { largest, table, tables, key: &key };
                    split.pair_up(members, None, 1, &mut met);
                    found.pairs.extend(met.drain(..).filter(|&(a, b)| is_likely(a, b)));
                }
            }
            found
        })
        .collect();
    let mut all = Candidates::default();
    for table in found {
        all.pairs.extend(table.pairs);
        all.split_buckets += table.split_buckets;
        all.largest_bucket = all.largest_bucket.max(table.largest_bucket);
    }
    all.pairs.par_sort_unstable();
    all.pairs.dedup();
    all
}

/// How a bucket of a table is split.
struct Split<'k, K> {
    /// Members that are paired all with all.
    largest: usize,
    table: usize,
    tables: usize,
    key: &'k K,
}

impl<K: Fn(usize, DocId) -> Option<u64>> Split<'_, K> {
    /// Pairs the members of a bucket that agree in `depth` tables from its own on. They are part of a bucket that was split
    /// if there is a `hub`, which stands for the whole of it.
    fn pair_up(&self, members: Vec<DocId>, hub: Option<DocId>, depth: usize, pairs: &mut Vec<(DocId, DocId)>) {
        if members.len() <= self.largest {
            for (i, &a) in members.iter().enumerate() {
                for &b in &members[i + 1..] {
                    pairs.push((a.min(b), a.max(b)));
                }
            }
        } else if depth == self.tables {
            let first = members[0];
            pairs.extend(members[1..].iter().map(|&other| (first.min(other), first.max(other))));
        } else {
            let next = (self.table + depth) % self.tables;
            let mut keyed: Vec<(Option<u64>, DocId)> =
                members.into_iter().map(|id| ((self.key)(next, id), id)).collect();
            keyed.sort_unstable();
            let parts = || keyed.chunk_by(|a, b| a.0 == b.0);
            let largest = || parts().max_by_key(|part| part.len()).map(|part| part[0].1);
            let hub = hub.or_else(largest);
            for part in parts() {
                let first = part[0].1;
                if let Some(hub) = hub.filter(|&hub| hub != first) {
                    pairs.push((first.min(hub), first.max(hub)));
                }
                if part.len() > 1 {
                    let members = part.iter().map(|&(_, id)| id).collect();
                    self.pair_up(members, hub, depth + 1, pairs);
                }
            }
        }
    }
}

/// Returns the S-curve of the bands as a table for people: theoretical, and measured on sets made for the purpose.
///
/// Each measured value is the share of 1,000 pairs of sets of 300 shingles, of exactly that resemblance, that shared a
/// band; it is the same on every machine.
pub fn s_curve_table(settings: &AnalysisSettings) -> String {
    const TRIALS: u64 = 1000;
    const SIZE: u64 = 300;
    let (bands, rows) = (settings.bands, settings.rows);
    let mut text = format!(
        "{bands} bands of {rows} rows, {} slots. A pair of documents is compared if any band of theirs is equal:\n\
         probability 1 − (1 − s^{rows})^{bands} at resemblance s. More bands find more pairs, more rows fewer.\n\n\
         resemblance  theoretical  measured\n",
        settings.slots
    );
    for percent in (5..=100).step_by(5) {
        let wanted = f64::from(percent) / 100.0;
        let shared = (2.0 * SIZE as f64 * wanted / (1.0 + wanted)).round() as u64;
        let exact = shared as f64 / (2 * SIZE - shared) as f64;
        let found = (0..TRIALS)
            .into_par_iter()
            .map_init(
                || (MinHasher::new(settings.slots, settings.seed), vec![0; settings.slots], vec![0; settings.slots]),
                |(hasher, a, b), trial| {
                    let member = |i: u64| hash::number(i, trial << 8 | percent as u64) as Shingle;
                    hasher.fill(&(0..SIZE).map(member).collect::<Vec<_>>(), a);
                    hasher.fill(&(0..shared).chain(SIZE..2 * SIZE - shared).map(member).collect::<Vec<_>>(), b);
                    (0..bands).any(|band| band_key(a, band, rows) == band_key(b, band, rows))
                },
            )
            .filter(|&found| found)
            .count();
        let mark = if (wanted - settings.threshold).abs() < 0.025 { "  ← threshold" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{exact:>11.3}  {:>11.4}  {:>8.4}{mark}",
            recall(exact, bands, rows),
            found as f64 / TRIALS as f64
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_chosen_find_ninety_nine_of_a_hundred_at_the_threshold() {
        for slots in [64, 128, 256] {
            for threshold in [0.3, 0.5, 0.7, 0.8, 0.9, 1.0] {
                let (bands, rows) = choose(slots, threshold);
                assert!(bands * rows <= slots);
                assert!(recall(threshold, bands, rows) >= TARGET_RECALL, "{slots} slots, {threshold}");
            }
        }
        assert_eq!(choose(128, 0.7), (32, 4));
    }

    #[test]
    fn more_bands_find_more_and_more_rows_find_less() {
        assert!(recall(0.7, 33, 4) > recall(0.7, 32, 4));
        assert!(recall(0.7, 32, 5) < recall(0.7, 32, 4));
    }

    #[test]
    fn the_measured_curve_follows_the_formula() {
        let table = s_curve_table(&AnalysisSettings::default());
        let rows: Vec<Vec<f64>> = table
            .lines()
            .filter_map(|line| {
                line.split_whitespace().take(3).map(|cell| cell.parse().ok()).collect::<Option<Vec<f64>>>()
            })
            .filter(|row| row.len() == 3)
            .collect();
        assert_eq!(rows.len(), 20);
        for row in rows {
            // Three standard errors of a share of 1,000 trials.
            assert!((row[1] - row[2]).abs() < 0.05, "at {}: {} by formula, {} measured", row[0], row[1], row[2]);
        }
    }

    #[test]
    fn every_pair_of_a_bucket_is_a_candidate_once() {
        // Documents 0, 1, 2 meet in table 0; 1 and 2 also in table 1; 3 takes no part.
        let found = candidates(
            4,
            2,
            LARGEST_BUCKET,
            |table, id| match (table, id.0) {
                (_, 3) => None,
                (0, _) => Some(7),
                (_, 0) => Some(1),
                _ => Some(2),
            },
            |_, _| true,
        );
        let pairs: Vec<(u32, u32)> = found.pairs.iter().map(|(a, b)| (a.0, b.0)).collect();
        assert_eq!(pairs, [(0, 1), (0, 2), (1, 2)]);
    }

    #[test]
    fn a_pair_that_is_not_likely_is_no_candidate() {
        let found = candidates(4, 2, LARGEST_BUCKET, |_, _| Some(7), |a, b| a.0 + b.0 != 3);
        let pairs: Vec<(u32, u32)> = found.pairs.iter().map(|(a, b)| (a.0, b.0)).collect();
        assert_eq!(pairs, [(0, 1), (0, 2), (1, 3), (2, 3)]);
    }

    #[test]
    fn a_bucket_is_split_when_it_is_too_large_and_not_before() {
        let pairs =
            |documents| candidates(documents, 2, 9, |table, id| Some(table as u64 * u64::from(id.0)), |_, _| true);
        assert_eq!((pairs(9).pairs.len(), pairs(9).split_buckets), (9 * 8 / 2, 0));
        // Each is alone in table 1, and is paired with one of them.
        assert_eq!((pairs(10).pairs.len(), pairs(10).split_buckets), (9, 1));
    }

    #[test]
    fn a_giant_bucket_is_split_by_further_tables_and_said_so() {
        // All share table 0; table 1 tells them apart in pairs.
        let found = candidates(
            1000,
            2,
            LARGEST_BUCKET,
            |table, id| Some(if table == 0 { 0 } else { u64::from(id.0 / 2) }),
            |_, _| true,
        );
        let twins = (0..500).map(|n| (DocId(2 * n), DocId(2 * n + 1))).collect::<Vec<_>>();
        assert!(twins.iter().all(|twin| found.pairs.binary_search(twin).is_ok()));
        // Beside them the first of each twin with one document of the bucket.
        assert_eq!(found.pairs.len(), 500 + 499);
        assert_eq!((found.split_buckets, found.largest_bucket), (1, 1000));
    }

    #[test]
    fn a_copy_that_differs_in_one_band_of_a_giant_bucket_is_not_lost() {
        // Each of the first 300 differs from the rest in one table of four, and from each other.
        let found = candidates(
            1000,
            4,
            LARGEST_BUCKET,
            |table, id| {
                let is_own = id.0 < 300 && id.0 as usize % 4 == table;
                Some(if is_own { 1 + u64::from(id.0) } else { 0 })
            },
            |_, _| true,
        );
        for id in 0..1000 {
            assert!(found.pairs.iter().any(|&(a, b)| a.0 == id || b.0 == id), "{id} has no pair");
        }
        assert!(found.pairs.len() < 1000 * 8, "{}", found.pairs.len());
    }

    #[test]
    fn a_hundred_thousand_equal_sketches_make_a_star_and_not_all_pairs() {
        let found = candidates(100_000, 3, LARGEST_BUCKET, |_, _| Some(1), |_, _| true);
        assert_eq!(found.pairs.len(), 99_999);
    }
}
