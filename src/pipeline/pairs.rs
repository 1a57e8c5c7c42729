//! Pairs of a scan with their texts: which of them are shown, and where the two run alike.

use std::collections::HashMap;

use rayon::prelude::*;

use super::compared::Compared;
use super::page::Page;
use super::texts::again;
use super::{Phase, Progress, Unit};
use crate::document::{DocId, Origin};
use crate::explain::{self, Comparison, Located, Marked};
use crate::findings::{Cluster, Findings, Member, Relation, RelationKind};
use crate::hash;
use crate::input::Sources;
use crate::segment::Segmenter;

/// Parts of all pairs that are shown of pages contained in others, and of excerpts, where there are too many of each.
const OF_CONTAINED: usize = 16;
const OF_EXCERPTS: usize = 16;

/// Returns up to `most` pairs of what was found, in the order of the findings; all of them where `most` is 0.
///
/// Of large clusters fewer members are shown than they have, from the likest to the least alike. Where there are more
/// clusters than room for one member of each, the last of them, which are the smallest, are not shown.
pub(super) fn listed(findings: &Findings, most: usize) -> Vec<Comparison> {
    let most = if most == 0 { usize::MAX } else { most };
    let of_kind = |kind| findings.relations.iter().filter(move |relation| relation.kind == kind);
    let contained: Vec<&Relation> = of_kind(RelationKind::Contained).take(most / OF_CONTAINED).collect();
    let excerpts: Vec<&Relation> = of_kind(RelationKind::Excerpt).take(most / OF_EXCERPTS).collect();
    let reposts: Vec<(&str, &[Member])> = findings
        .clusters
        .iter()
        .filter_map(|cluster| match cluster {
            // The representative stands first.
            Cluster::Repost { keep, members, .. } => Some((keep.as_str(), members.get(1..)?)),
            Cluster::Boilerplate { .. } => None,
        })
        .collect();
    let room = most - contained.len() - excerpts.len();
    let taken = |depth: usize| reposts.iter().map(|(_, members)| members.len().min(depth)).sum::<usize>();
    let longest = reposts.iter().map(|(_, members)| members.len()).max().unwrap_or(0);
    // The greatest depth that there is room for, or 1 where there is room for none: the last clusters are cut off then.
    let (mut depth, mut too_deep) = (1, longest + 1);
    while depth + 1 < too_deep {
        let middle = depth.midpoint(too_deep);
        *(if taken(middle) <= room { &mut depth } else { &mut too_deep }) = middle;
    }
    let between: HashMap<(&str, &str), &Relation> =
        findings.relations.iter().map(|relation| ((relation.a.as_str(), relation.b.as_str()), relation)).collect();
    let of_cluster = |&(keep, members): &(&str, &[Member])| {
        let count = members.len().min(depth);
        let place = move |at: usize| if count < 2 { 0 } else { at * (members.len() - 1) / (count - 1) };
        let chosen: Vec<Comparison> = (0..count)
            .map(|at| {
                let member = &members[place(at)];
                let key = member.key.as_str();
                let relation = between.get(&(keep.min(key), keep.max(key)));
                let kind = relation.map_or(RelationKind::Repost, |relation| relation.kind);
                let in_member = relation.map(|relation| if keep < key { relation.a_in_b } else { relation.b_in_a });
                Comparison::new(kind, [keep, key], member.resemblance, [in_member.unwrap_or(0.0), member.containment])
            })
            .collect();
        chosen
    };
    let of_relation = |relation: &&Relation| {
        let Relation { kind, a, b, resemblance, a_in_b, b_in_a } = relation;
        Comparison::new(*kind, [a, b], *resemblance, [*a_in_b, *b_in_a])
    };
    let reposts = reposts.iter().flat_map(of_cluster).take(room);
    reposts.chain(contained.iter().map(of_relation)).chain(excerpts.iter().map(of_relation)).collect()
}

/// Gives pairs their texts, read again, and their passages. A pair of which a text has changed is left out.
pub(super) fn with_texts(
    pairs: Vec<Comparison>,
    corpus: &Compared,
    sources: &Sources,
    progress: &dyn Progress,
) -> Vec<Comparison> {
    let id =
        |key: &str| corpus.pages.binary_search_by(|page| page.key.as_str().cmp(key)).ok().map(|at| DocId(at as u32));
    let pairs: Vec<(DocId, DocId, Comparison)> =
        pairs.into_iter().filter_map(|pair| Some((id(&pair.a)?, id(&pair.b)?, pair))).collect();
    let mut wanted: Vec<DocId> = pairs.iter().flat_map(|&(a, b, _)| [a, b]).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let texts = texts(&wanted, corpus.pages, sources, progress);
    let holders = corpus.holders(wanted.iter().map(|id| corpus.text_of[id.index()]));
    progress.phase(Phase {
        number: super::PHASES,
        of: super::PHASES,
        name: "aligning",
        unit: Unit::Pairs,
        total: pairs.len() as u64,
    });
    let segmenter = Segmenter::new(corpus.settings.tokens);
    let marked = |id: DocId, text| Marked::new(Located::new(text, segmenter), corpus.roles(id, &holders));
    pairs
        .into_par_iter()
        .filter_map(|(a, b, pair)| {
            progress.advance(1);
            let (text_a, text_b) = (texts.get(&a)?, texts.get(&b)?);
            let passages = explain::align(&marked(a, text_a), &marked(b, text_b), corpus.settings.width);
            Some(Comparison { text_a: text_a.clone(), text_b: text_b.clone(), passages, ..pair })
        })
        .collect()
}

/// Returns the texts of some documents, where they are still what they were.
fn texts(wanted: &[DocId], pages: &[Page], sources: &Sources, progress: &dyn Progress) -> HashMap<DocId, String> {
    let by_origin: HashMap<&Origin, DocId> = wanted.iter().map(|&id| (&pages[id.index()].origin, id)).collect();
    let corpus = sources.only(by_origin.keys().copied());
    again(corpus, progress, |document| {
        let id = by_origin.get(&document.origin).copied();
        let id = id.filter(|id| pages[id.index()].text == hash::bytes(document.text.as_bytes()));
        id.map(|id| (id, document.text)).into_iter().collect()
    })
}
