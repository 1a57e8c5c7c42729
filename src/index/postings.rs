//! Hash → who has it, in some five and a half bytes a posting.
//!
//! Postings are sorted by hash. The top bits of a hash name a bucket of about eight postings, whose beginning a directory
//! holds; of the rest a posting has the next 16 bits, and three bytes for the number of its holder. So `n` postings are
//! `5n + 4n/8` bytes, and of the hashes some log₂(n) + 13 bits are told apart: a look-up of a hash that is not there finds
//! a holder once in some 8,000 times. Whoever looks up checks what was found.

use std::ops::Range;

use rayon::prelude::*;

use super::file::{Sealed, Sealer, short_at};
use crate::error::{Error, Result};

/// Holders of one hash that are kept in a segment: those first of whose content it is, and of these one of each article,
/// then a second, and so on.
///
/// What more of them hold is the same article many times, or a frame that is known by then: one holder is as good as
/// another. But an article that many pages quote must be found before them, and one that has a sentence beside one of many
/// copies that has it.
pub(super) const MOST_HOLDERS: usize = 24;

/// Holders are numbers of 23 bits; the bit above says that what was hashed is no content of its holder.
pub(super) const MOST: usize = 1 << 23;
const HIDDEN: u32 = 1 << 23;

const POSTING: usize = 5;
const IN_BUCKET: usize = 8;
/// Bits of a hash that are kept while postings are collected.
const KEPT: u32 = 40;

/// Collects the postings of a segment, eight bytes each.
#[derive(Default)]
pub(super) struct Collector(Vec<u64>);

impl Collector {
    #[inline]
    pub(super) fn push(&mut self, hash: u64, holder: u32, is_hidden: bool) {
        let holder = if is_hidden { holder | HIDDEN } else { holder };
        self.0.push(hash >> (64 - KEPT) << 24 | u64::from(holder));
    }

    pub(super) fn append(&mut self, other: &mut Self) {
        self.0.append(&mut other.0);
    }

    /// Writes the postings as two sections: the directory, then the postings. `article_of` says which holders are one
    /// article; those stand one after another.
    pub(super) fn write(mut self, article_of: impl Fn(u32) -> u64, file: &mut Sealer) -> Result<()> {
        self.0.par_sort_unstable();
        self.0.dedup();
        keep_some(&mut self.0, article_of);
        let bits = bits_for(self.0.len());
        let bucket = |posting: u64| (posting >> 24 >> (KEPT - bits)) as usize;
        file.begin()?;
        let mut at = 0;
        for number in 0..=1_usize << bits {
            while at < self.0.len() && bucket(self.0[at]) < number {
                at += 1;
            }
            file.write(&(at as u32).to_le_bytes())?;
        }
        file.begin()?;
        for posting in &self.0 {
            let rest = (posting >> 24 >> (KEPT - bits - 16)) as u16;
            file.write(&rest.to_le_bytes())?;
            file.write(&posting.to_le_bytes()[..3])?;
        }
        Ok(())
    }
}

/// Returns the bits that name a bucket.
fn bits_for(postings: usize) -> u32 {
    (postings / IN_BUCKET).max(1).ilog2().min(KEPT - 16)
}

/// Leaves of each hash a few holders.
fn keep_some(postings: &mut Vec<u64>, article_of: impl Fn(u32) -> u64) {
    let (mut kept, mut from) = (0, 0);
    let mut ranked: Vec<(bool, usize, u64)> = Vec::new();
    while from < postings.len() {
        let count = postings[from..].iter().take_while(|&posting| posting >> 24 == postings[from] >> 24).count();
        if count > MOST_HOLDERS {
            ranked.clear();
            let (mut last, mut nth) = (None, 0);
            for &posting in &postings[from..from + count] {
                let holder = posting as u32 & (HIDDEN | (HIDDEN - 1));
                let (is_hidden, article) = (holder & HIDDEN != 0, article_of(holder & !HIDDEN));
                nth = if last.replace((is_hidden, article)) == Some((is_hidden, article)) { nth + 1 } else { 0 };
                ranked.push((is_hidden, nth, posting));
            }
            ranked.sort_unstable();
            for (to, &(.., posting)) in postings[from..from + MOST_HOLDERS].iter_mut().zip(&ranked) {
                *to = posting;
            }
            postings[from..from + MOST_HOLDERS].sort_unstable();
        }
        let some = count.min(MOST_HOLDERS);
        postings.copy_within(from..from + some, kept);
        kept += some;
        from += count;
    }
    postings.truncate(kept);
}

/// The postings of a segment that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Postings {
    /// The section of the directory; the postings are in the next one.
    section: usize,
    bits: u32,
    count: usize,
}

impl Postings {
    pub(super) fn open(file: &Sealed, section: usize) -> Result<Self> {
        let count = file.length(section + 1) / POSTING;
        let bits = bits_for(count);
        let is_sound =
            file.length(section + 1) == count * POSTING && file.length(section) == ((1_usize << bits) + 1) * 4;
        if is_sound { Ok(Self { section, bits, count }) } else { Err(out_of_order(file)) }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Calls `each` with the holders of a hash, no more than [`MOST_HOLDERS`] and, once in a long while, strangers; and with
    /// whether it is no content of theirs.
    pub(super) fn holders(&self, file: &Sealed, hash: u64, mut each: impl FnMut(u32, bool)) -> Result<()> {
        // With one bucket there is no bit to name it.
        let bucket = hash.checked_shr(64 - self.bits).unwrap_or(0) as usize;
        let rest = (hash << self.bits >> 48) as u16;
        for posting in file.bytes(self.section + 1, self.bucket(file, bucket)?)?.chunks_exact(POSTING) {
            if u16::from_le_bytes([posting[0], posting[1]]) == rest {
                let holder = u32::from_le_bytes([posting[2], posting[3], posting[4], 0]);
                each(holder & !HIDDEN, holder & HIDDEN != 0);
            }
        }
        Ok(())
    }

    fn bucket(&self, file: &Sealed, bucket: usize) -> Result<Range<usize>> {
        let row = file.bytes(self.section, bucket * 4..bucket * 4 + 8)?;
        let (from, until) = (short_at(row, 0) as usize, short_at(row, 1) as usize);
        if from > until { Err(out_of_order(file)) } else { Ok(from * POSTING..until * POSTING) }
    }

    /// Checks that buckets follow each other, that postings are in order, and that no holder has number `holders` or more.
    pub(super) fn check(&self, file: &Sealed, holders: u32) -> Result<()> {
        let mut at = 0;
        for bucket in 0..1_usize << self.bits {
            let range = self.bucket(file, bucket)?;
            if range.start != at {
                return Err(out_of_order(file));
            }
            at = range.end;
            let mut last = 0;
            for posting in file.bytes(self.section + 1, range)?.chunks_exact(POSTING) {
                let rest = u16::from_le_bytes([posting[0], posting[1]]);
                let holder = u32::from_le_bytes([posting[2], posting[3], posting[4], 0]);
                if holder & !HIDDEN >= holders || rest < last {
                    return Err(out_of_order(file));
                }
                last = rest;
            }
        }
        if at == self.count * POSTING { Ok(()) } else { Err(out_of_order(file)) }
    }
}

fn out_of_order(file: &Sealed) -> Error {
    file.damaged("its postings are out of order")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::super::file::Kind;
    use super::*;
    use crate::hash;

    #[test]
    fn of_what_many_hold_each_article_keeps_one_before_another_keeps_two() {
        let holder = |number: u32| 7 << 24 | u64::from(number);
        // Forty of one article, two of another, ten of a third, of which it is no content.
        let article_of =
            |number: u32| [(40, 5), (42, 3), (52, 9)].into_iter().find(|&(end, _)| number < end).unwrap().1;
        let mut postings: Vec<u64> =
            (0..52).map(|number| holder(number + if number < 42 { 0 } else { HIDDEN })).collect();
        let before = 3 << 24 | 1;
        postings.insert(0, before);
        keep_some(&mut postings, article_of);
        let expected: Vec<u64> = std::iter::once(before).chain((0..22).chain([40, 41]).map(holder)).collect();
        assert_eq!(postings, expected);
        // Of more articles than are kept, the first.
        let mut postings: Vec<u64> = (0..90).map(holder).collect();
        keep_some(&mut postings, |number| u64::from(number / 3));
        assert_eq!(postings, (0..24).map(|article| holder(article * 3)).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn every_posting_is_found_and_nothing_else_but_by_chance(
            few in prop::collection::vec((0u64..200, 0u32..40, any::<bool>()), 0..400),
            more in 0u64..3000,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.seg");
            let mut collector = Collector::default();
            let mut plain: BTreeMap<u64, BTreeSet<(bool, u32)>> = BTreeMap::new();
            for (value, holder, is_hidden) in few.into_iter().chain((0..more).map(|n| (1000 + n, (n % 7) as u32, false))) {
                let hash = hash::number(value, 5);
                collector.push(hash, holder, is_hidden);
                plain.entry(hash).or_default().insert((is_hidden, holder));
            }
            let mut file = Sealer::create(&path, Kind::Segment, 0).unwrap();
            collector.write(|_| 0, &mut file).unwrap();
            let file = Sealed::open(&path, Kind::Segment, [2; 3], file.finish().unwrap()).unwrap();
            let postings = Postings::open(&file, 0).unwrap();
            postings.check(&file, 40).unwrap();
            let found = |hash: u64| {
                let mut found = Vec::new();
                postings.holders(&file, hash, |holder, is_hidden| found.push((is_hidden, holder))).unwrap();
                found
            };
            let mut strangers = 0;
            for (hash, holders) in &plain {
                let found = found(*hash);
                let expected: Vec<(bool, u32)> = holders.iter().copied().take(MOST_HOLDERS).collect();
                prop_assert!(expected.iter().all(|holder| found.contains(holder)));
                strangers += found.len() - expected.len();
            }
            strangers += (0..1000).map(|n| found(hash::number(n, 6)).len()).sum::<usize>();
            prop_assert!(strangers <= 8, "{strangers} of {} look-ups", plain.len() + 1000);
        }
    }
}
