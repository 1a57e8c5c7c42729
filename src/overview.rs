//! Findings at a glance: the numbers of a report's first page.

use std::collections::{BTreeMap, HashMap};

use crate::findings::{Cluster, Findings, RelationKind};

/// What a corpus is made of, and what repeats in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    pub documents: u64,
    /// Pages that repost an article, beside the one that is kept of each.
    pub reposts: u64,
    pub articles: u64,
    pub templates: u64,
    pub template_pages: u64,
    pub contained: u64,
    pub excerpts: u64,
    /// Shares of all text: of articles, of frames, and quoted from another page.
    pub article: f64,
    pub boilerplate: f64,
    pub quoted: f64,
    /// How many reposts are how much like the page that is kept: 20 classes of .05, the last with 1.
    pub resemblance: [u64; CLASSES],
    /// How many articles have so many pages.
    pub sizes: Vec<(&'static str, u64)>,
    pub sites: Sites,
    /// Who quotes whom: quoted site, quoting site, pairs of pages; the most first.
    pub quotes: Vec<(String, String, u64)>,
}

pub const CLASSES: usize = 20;

/// Sites that have the same articles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sites {
    /// The sites that share most, at most [`MOST_SITES`].
    pub names: Vec<String>,
    /// For each pair of them the articles that both have; for a site with itself those it has twice.
    pub shared: Vec<Vec<u64>>,
    /// Sites in all that have an article another has too.
    pub of: usize,
}

/// Sites and quotations that are shown: what a table holds that a reader takes in.
pub const MOST_SITES: usize = 12;
const MOST_QUOTES: usize = 10;

/// The classes of sizes, each up to a number of pages.
const SIZES: [(&str, usize); 8] =
    [("2", 2), ("3", 3), ("4", 4), ("5", 5), ("6–10", 10), ("11–20", 20), ("21–50", 50), ("over 50", usize::MAX)];

impl Overview {
    /// Returns the numbers of some findings. Sites are told where findings list documents.
    pub fn new(findings: &Findings) -> Self {
        let mut overview = Self {
            documents: findings.counts.documents,
            article: (1.0 - findings.boilerplate.share - findings.boilerplate.quoted).max(0.0),
            boilerplate: findings.boilerplate.share,
            quoted: findings.boilerplate.quoted,
            sizes: SIZES.iter().map(|&(name, _)| (name, 0)).collect(),
            ..Self::default()
        };
        for relation in &findings.relations {
            match relation.kind {
                RelationKind::Contained => overview.contained += 1,
                RelationKind::Excerpt => overview.excerpts += 1,
                _ => {}
            }
        }
        let sites: HashMap<&str, &str> =
            findings.documents.iter().map(|page| (page.key.as_str(), page.site.as_str())).collect();
        let site_of = |key: &str| sites.get(key).copied().filter(|site| !site.is_empty());
        let mut shared = SharedArticles::default();
        for cluster in &findings.clusters {
            match cluster {
                Cluster::Repost { keep, members, .. } => {
                    overview.articles += 1;
                    // Saved findings may have been edited.
                    overview.reposts += (members.len() as u64).saturating_sub(1);
                    // Every size is at most the last of them.
                    let class = SIZES.iter().position(|&(_, most)| members.len() <= most).unwrap_or(SIZES.len() - 1);
                    overview.sizes[class].1 += 1;
                    for member in members.iter().filter(|member| member.key != *keep) {
                        overview.resemblance[class_of(member.resemblance)] += 1;
                    }
                    shared.add(members.iter().filter_map(|member| site_of(&member.key)));
                }
                Cluster::Boilerplate { members, .. } => {
                    overview.templates += 1;
                    overview.template_pages += members.len() as u64;
                }
            }
        }
        overview.sites = shared.most();
        let mut quotes: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for relation in findings.relations.iter().filter(|relation| relation.kind == RelationKind::Excerpt) {
            if let (Some(source), Some(quoter)) = (site_of(&relation.a), site_of(&relation.b))
                && source != quoter
            {
                *quotes.entry((source, quoter)).or_default() += 1;
            }
        }
        let mut quotes: Vec<_> = quotes.into_iter().collect();
        quotes.sort_by_key(|&(_, pairs)| std::cmp::Reverse(pairs));
        quotes.truncate(MOST_QUOTES);
        overview.quotes = quotes.into_iter().map(|((a, b), pairs)| (a.to_owned(), b.to_owned(), pairs)).collect();
        overview
    }
}

/// Returns the class of a share; the last one is of .95 and more.
fn class_of(share: f64) -> usize {
    ((share * CLASSES as f64 + 1e-9) as usize).min(CLASSES - 1)
}

/// Counts the articles that pairs of sites have.
#[derive(Default)]
struct SharedArticles<'a> {
    /// For each article how many of its pages each site has.
    articles: Vec<BTreeMap<&'a str, u64>>,
}

impl<'a> SharedArticles<'a> {
    /// Adds an article by the sites of its pages.
    fn add(&mut self, sites: impl Iterator<Item = &'a str>) {
        let mut pages: BTreeMap<&str, u64> = BTreeMap::new();
        for site in sites {
            *pages.entry(site).or_default() += 1;
        }
        self.articles.push(pages);
    }

    /// Returns the sites that share most. Pairs are counted of these only: an article on thousands of sites has millions.
    fn most(&self) -> Sites {
        let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
        for pages in &self.articles {
            for (&site, &of_site) in pages {
                let pairs = (pages.len() as u64).saturating_sub(1) + u64::from(of_site > 1);
                if pairs > 0 {
                    *totals.entry(site).or_default() += pairs;
                }
            }
        }
        let mut names: Vec<(&str, u64)> = totals.into_iter().collect();
        names.sort_by_key(|&(_, articles)| std::cmp::Reverse(articles));
        let of = names.len();
        names.truncate(MOST_SITES);
        let mut shared = vec![vec![0; names.len()]; names.len()];
        for pages in &self.articles {
            let here: Vec<(usize, u64)> =
                names.iter().enumerate().filter_map(|(at, (name, _))| Some((at, *pages.get(name)?))).collect();
            for &(a, of_a) in &here {
                for &(b, _) in &here {
                    shared[a][b] += u64::from(a != b || of_a > 1);
                }
            }
        }
        Sites { names: names.into_iter().map(|(name, _)| name.to_owned()).collect(), shared, of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_in_the_class_it_reaches() {
        assert_eq!([0.0, 0.049, 0.05, 0.7, 0.9999, 1.0].map(class_of), [0, 0, 1, 14, 19, 19]);
    }

    #[test]
    fn an_article_counts_once_for_each_pair_of_sites_that_have_it() {
        let mut shared = SharedArticles::default();
        shared.add(["乙", "甲", "甲"].into_iter());
        shared.add(["甲", "乙"].into_iter());
        shared.add(["丙"].into_iter());
        let sites = shared.most();
        assert_eq!(sites.names, ["甲", "乙"]);
        assert_eq!(sites.shared, [[1, 2], [2, 0]]);
        assert_eq!(sites.of, 2);
    }
}
