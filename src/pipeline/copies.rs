//! Pages in the order of their keys, and which of them are the same text.

use std::collections::HashSet;

use rayon::prelude::*;

use super::compared::NO_TEXT;
use super::page::Page;
use crate::document::DocId;

/// Puts pages in key order and makes their keys unique; returns how many had to be renamed.
///
/// Pages of equal key are told apart by where they stand and what they say, so the order they were read in does not
/// decide which of them keeps the bare key.
pub(super) fn order(pages: &mut [Page]) -> usize {
    pages.par_sort_unstable_by(|a, b| {
        let place = |page: &Page| (page.digest, page.text, page.origin.line);
        (&a.key, &a.origin.file, place(a)).cmp(&(&b.key, &b.origin.file, place(b)))
    });
    if pages.windows(2).all(|pair| pair[0].key != pair[1].key) {
        return 0;
    }
    let mut taken: HashSet<String> = pages.iter().map(|page| page.key.clone()).collect();
    let mut renamed = 0;
    for same in pages.chunk_by_mut(|a, b| a.key == b.key) {
        let mut number = 2;
        for page in &mut same[1..] {
            let key = loop {
                let key = format!("{}#{number}", page.key);
                number += 1;
                if taken.insert(key.clone()) {
                    break key;
                }
            };
            page.key = key;
            renamed += 1;
        }
    }
    pages.par_sort_unstable_by(|a, b| a.key.cmp(&b.key));
    renamed
}

/// Which documents are the same text, so that one of them stands for all.
pub(super) struct Copies {
    /// For each document the first with its text; itself if there is none before it.
    pub(super) first: Vec<DocId>,
    /// Groups of two or more equal texts, in id order.
    pub(super) groups: Vec<Vec<DocId>>,
}

impl Copies {
    pub(super) fn new(pages: &[Page]) -> Self {
        Self::among(pages, |_| true)
    }

    /// Returns the copies among some of the documents; each of the others stands for itself.
    pub(super) fn among(pages: &[Page], is_in: impl Fn(DocId) -> bool) -> Self {
        let ids = (0..pages.len() as u32).map(DocId).filter(|&id| is_in(id));
        let mut by_text: Vec<(u128, DocId)> = ids.filter_map(|id| Some((pages[id.index()].digest?, id))).collect();
        by_text.par_sort_unstable();
        let mut first: Vec<DocId> = (0..pages.len() as u32).map(DocId).collect();
        let mut groups = Vec::new();
        for same in by_text.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            for &(_, id) in same {
                first[id.index()] = same[0].1;
            }
            groups.push(same.iter().map(|&(_, id)| id).collect());
        }
        Self { first, groups }
    }

    fn stands_for_others_or_itself(&self, id: DocId) -> bool {
        self.first[id.index()] == id
    }
}

/// Returns the documents that stand for their texts, by text, and the text of each document.
pub(super) fn different(pages: &[Page], copies: &Copies) -> (Vec<DocId>, Vec<u32>) {
    different_among(pages, copies, |_| true)
}

/// Returns the same of some of the documents; the others have no text.
pub(super) fn different_among(
    pages: &[Page],
    copies: &Copies,
    is_in: impl Fn(DocId) -> bool,
) -> (Vec<DocId>, Vec<u32>) {
    let mut by_digest: Vec<(u128, DocId)> = (0..pages.len() as u32)
        .map(DocId)
        .filter(|&id| is_in(id) && copies.stands_for_others_or_itself(id))
        .filter_map(|id| Some((pages[id.index()].digest?, id)))
        .collect();
    by_digest.par_sort_unstable();
    let ids: Vec<DocId> = by_digest.into_iter().map(|(_, id)| id).collect();
    let mut text_of = vec![NO_TEXT; pages.len()];
    for (text, id) in (0..).zip(&ids) {
        text_of[id.index()] = text;
    }
    for id in 0..pages.len() {
        text_of[id] = text_of[copies.first[id].index()];
    }
    (ids, text_of)
}
