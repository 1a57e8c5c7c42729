//! Corpora of one test, scanned through the library, and findings as the pairs they speak of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tongwen::findings::{Cluster, Findings, Member, RelationKind};
use tongwen::pipeline::{Silent, scan};
use tongwen::settings::{AnalysisSettings, Settings};

/// Two keys, the smaller first.
pub type Pair = (String, String);

pub fn pair(a: &str, b: &str) -> Pair {
    (a.min(b).to_owned(), a.max(b).to_owned())
}

/// Scans what is under a path.
pub fn scanned(path: &Path, analysis: &AnalysisSettings) -> Findings {
    let settings = Settings { analysis: analysis.clone(), ..Settings::default() };
    scan(&[path.to_owned()], &settings, &Silent).unwrap()
}

/// Returns the repost clusters: `keep`, then all members.
pub fn clusters(findings: &Findings) -> Vec<(&str, &[Member])> {
    findings
        .clusters
        .iter()
        .filter_map(|cluster| match cluster {
            Cluster::Repost { keep, members, .. } => Some((keep.as_str(), members.as_slice())),
            Cluster::Boilerplate { .. } => None,
        })
        .collect()
}

/// Returns the keys of each repost cluster, `keep` first.
pub fn groups(findings: &Findings) -> Vec<Vec<&str>> {
    clusters(findings).iter().map(|(_, members)| members.iter().map(|member| member.key.as_str()).collect()).collect()
}

/// Returns the pairs that are listed as reposts or identical, each with its kind.
pub fn listed(findings: &Findings) -> BTreeMap<Pair, RelationKind> {
    findings
        .relations
        .iter()
        .filter(|relation| matches!(relation.kind, RelationKind::Identical | RelationKind::Repost))
        .map(|relation| (pair(&relation.a, &relation.b), relation.kind))
        .collect()
}

/// Returns all that the findings say of two documents being one article: pairs listed, and pairs of one cluster.
pub fn joined(findings: &Findings) -> BTreeSet<Pair> {
    let mut pairs: BTreeSet<Pair> = listed(findings).into_keys().collect();
    for group in groups(findings) {
        for (i, a) in group.iter().enumerate() {
            pairs.extend(group[i + 1..].iter().map(|b| pair(a, b)));
        }
    }
    pairs
}
