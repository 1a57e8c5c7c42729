//! What was found of ids → clusters and relations of keys, in the order of the findings.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::compared::{Articles, Compared, Quoted, Related, are_one, between, is_turned};
use super::copies::Copies;
use super::rounded;
use super::texts::Address;
use crate::cluster;
use crate::dictionary::Level;
use crate::document::DocId;
use crate::findings::{self, Cluster, Member, Relation, RelationKind, SharedBlock};
use crate::relate::relate;
use crate::template::{self, Forms, Template, Templates};
use crate::verify::Evidence;

/// Turns stars of ids into clusters and relations of keys.
pub(super) struct Listing<'a> {
    pub(super) corpus: &'a Compared<'a>,
    pub(super) copies: &'a Copies,
    pub(super) related: &'a [Related],
    /// Documents that hold several articles, rising.
    pub(super) mixed: &'a [DocId],
    /// The documents of each text.
    pub(super) documents: &'a [Vec<DocId>],
}

/// Clusters and relations of keys, and what is needed to go on from there.
pub(super) struct Keyed {
    pub(super) clusters: Vec<Cluster>,
    pub(super) relations: Vec<Relation>,
    /// For each document that stands for its text, the repost cluster it is in.
    pub(super) star_of: Vec<Option<u32>>,
    /// For each boilerplate cluster the addresses of its blocks.
    pub(super) shared: Vec<Vec<Address>>,
}

/// A boilerplate cluster with the addresses of its blocks.
struct SharedFrame {
    first: DocId,
    cluster: Cluster,
    addresses: Vec<Address>,
}

impl Listing<'_> {
    pub(super) fn list(&self, stars: Vec<cluster::Star>) -> Keyed {
        let Articles { stars, star_of } = self.corpus.articles(stars, self.copies);
        let listed: Vec<(Vec<Relation>, (DocId, Cluster))> =
            stars.into_par_iter().map(|(keep, others)| self.star(keep, others)).collect();
        let (of_stars, mut clusters): (Vec<Vec<Relation>>, Vec<(DocId, Cluster)>) = listed.into_iter().unzip();
        let by_size = |first: DocId, cluster: &Cluster| (std::cmp::Reverse(cluster.len()), first);
        clusters.sort_by_key(|(first, cluster)| by_size(*first, cluster));
        // What of the one is done by one thread is done beside the other.
        let (mut templates, excerpts) = rayon::join(|| self.templates(), || self.excerpts(&star_of));
        templates.sort_by_key(|template| by_size(template.first, &template.cluster));
        let mut shared = Vec::with_capacity(templates.len());
        for template in templates {
            clusters.push((template.first, template.cluster));
            shared.push(template.addresses);
        }

        // Within a cluster the relations to `keep` say it all; a pair across two clusters would be lost.
        let is_across = |related: &&Related| !are_one(related.pair, &star_of);
        let across = self.related.par_iter().filter(is_across).map(|related| {
            let (a, b) = related.pair;
            self.relation(self.corpus.kind_of(related, &star_of, self.mixed), a, b, &related.evidence)
        });
        let mut relations: Vec<Relation> = across.collect();
        relations.extend(of_stars.into_iter().flatten().chain(excerpts));
        relations.par_sort_by(|x, y| (x.kind, &x.a, &x.b).cmp(&(y.kind, &y.a, &y.b)));
        let clusters = clusters.into_iter().map(|(_, cluster)| cluster).collect();
        Keyed { clusters, relations, star_of, shared }
    }

    /// Returns the repost cluster of a representative and others, and how they relate to it.
    fn star(&self, keep: DocId, others: Vec<DocId>) -> (Vec<Relation>, (DocId, Cluster)) {
        let mut relations = Vec::new();
        let mut members: Vec<(f64, DocId, f64)> = Vec::new();
        for other in others {
            let evidence = self.evidence(other, keep);
            members.push((evidence.resemblance(), other, evidence.a_in_b()));
            if let Some(kind) = relate(&evidence, self.corpus.settings) {
                relations.push(self.relation(kind, other, keep, &evidence));
            }
        }
        members.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        members.insert(0, (1.0, keep, 1.0));
        let members: Vec<Member> = members
            .into_iter()
            .map(|(resemblance, id, containment)| Member {
                key: self.key(id),
                resemblance: rounded(resemblance),
                containment: rounded(containment),
            })
            .collect();
        let snippet = self.corpus.pages[keep.index()].snippet.to_string();
        (relations, (keep, Cluster::Repost { keep: self.key(keep), snippet, members }))
    }

    /// Returns the evidence of two documents that are not empty: as it was verified, if it was.
    fn evidence(&self, a: DocId, b: DocId) -> Evidence {
        let standing = |id: DocId| self.corpus.ids[self.corpus.text_of[id.index()] as usize];
        let (x, y) = (standing(a), standing(b));
        match between(self.related, x, y) {
            Some(related) if x < y => related.evidence,
            Some(related) => related.evidence.turned(),
            None => self.corpus.evidence(a, b),
        }
    }

    /// Returns the boilerplate clusters, whose blocks have no texts yet.
    fn templates(&self) -> Vec<SharedFrame> {
        let Some(boilerplate) = &self.corpus.boilerplate else { return Vec::new() };
        let Templates { all, forms } = template::find(self.corpus.texts, &self.corpus.sites(), boilerplate);
        all.into_par_iter()
            .map(|template| {
                let texts = template.texts.iter();
                let mut ids: Vec<DocId> = texts.flat_map(|&text| &self.documents[text as usize]).copied().collect();
                ids.sort_unstable();
                let members = ids.iter().map(|&id| findings::Page { key: self.key(id) }).collect();
                let shared = self.shared_lines(&template, &forms);
                let block = |&(documents, _): &(u64, Address)| SharedBlock { text: String::new(), documents };
                let blocks = shared.iter().map(block).collect();
                let addresses = shared.into_iter().map(|(_, address)| address).collect();
                SharedFrame { first: ids[0], cluster: Cluster::Boilerplate { members, blocks }, addresses }
            })
            .collect()
    }

    /// Returns the lines most pages of a template hold: on how many, and where the first of them has it.
    fn shared_lines(&self, template: &Template, forms: &Forms) -> Vec<(u64, Address)> {
        let of_template: FxHashSet<u64> = template.lines.iter().map(|&(hash, _)| hash).collect();
        let mut lines: FxHashMap<u64, (u64, Address)> = FxHashMap::default();
        for &text in &template.texts {
            let documents = &self.documents[text as usize];
            let blocks = self.corpus.texts[text as usize].blocks;
            let mut met = FxHashSet::default();
            for (at, line) in (0..).zip(&blocks.lines) {
                let form = forms.of(line.hash);
                if !of_template.contains(&form) || !met.insert(form) {
                    continue;
                }
                let address = (documents[0], Level::Line, at);
                let (pages, first) = lines.entry(form).or_insert((0, address));
                *pages += documents.len() as u64;
                *first = address.min(*first);
            }
        }
        let mut lines: Vec<(u64, Address)> = lines.into_values().collect();
        lines.sort_unstable_by_key(|&(pages, address)| (std::cmp::Reverse(pages), address));
        lines.truncate(findings::MOST_SHARED);
        lines
    }

    fn excerpts(&self, star_of: &[Option<u32>]) -> Vec<Relation> {
        let all = self.corpus.excerpts(star_of, self.related);
        let counted = self.corpus.counted_excerpts(&all);
        all.par_iter().zip(&counted).map(|(quoted, evidence)| self.excerpt(quoted, evidence)).collect()
    }

    /// Returns the relation of an article and the page that quotes it.
    fn excerpt(&self, quoted: &Quoted, evidence: &Evidence) -> Relation {
        let Quoted { source, quoter, .. } = *quoted;
        let [a_in_b, b_in_a] = self.corpus.shares_of_excerpt(quoted, evidence).map(rounded);
        Relation { a_in_b, b_in_a, ..self.relation(RelationKind::Excerpt, source, quoter, evidence) }
    }

    /// Returns a relation as it is listed: a directed one from the smaller or quoted document, another by key.
    fn relation(&self, kind: RelationKind, a: DocId, b: DocId, evidence: &Evidence) -> Relation {
        let is_turned = match kind {
            RelationKind::Excerpt => false,
            RelationKind::Contained => is_turned((a, b), evidence),
            RelationKind::Identical | RelationKind::Repost | RelationKind::Boilerplate => b < a,
        };
        let (a, b, evidence) = if is_turned { (b, a, evidence.turned()) } else { (a, b, *evidence) };
        Relation {
            kind,
            a: self.key(a),
            b: self.key(b),
            resemblance: rounded(evidence.resemblance()),
            a_in_b: rounded(evidence.a_in_b()),
            b_in_a: rounded(evidence.b_in_a()),
        }
    }

    fn key(&self, id: DocId) -> String {
        self.corpus.pages[id.index()].key.clone()
    }
}
