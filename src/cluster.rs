//! Verified pairs → clusters in which every member was verified against the representative.
//!
//! Stars, not components: in a chain A–B–C where A and C fail, A and C never meet.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::document::DocId;

/// A representative and the documents verified against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Star {
    pub keep: DocId,
    /// Without `keep`, in rising order; never empty.
    pub others: Vec<DocId>,
}

/// What a graph of verified pairs falls into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clusters {
    /// In the order of their `keep`.
    pub stars: Vec<Star>,
    /// Documents that hold several articles, rising; they are in no star but one of their copies.
    pub mixed: Vec<DocId>,
}

/// Returns the stars of a graph of verified pairs.
///
/// Within each connected component: the unassigned document with the most unassigned neighbours becomes a
/// representative (ties: the longer, then the smaller id), takes its neighbours, and so on until no pair is left.
/// Before it does, the documents two steps away, which the bands may have missed, are put to `verify` too. Those are
/// its members whose pair with `keep` holds, but for those of which more copies are left outside than are in the star,
/// and which are no copies of `keep`: they stay with their copies.
///
/// A document whose neighbours fall into groups that are strangers to each other does not represent them: it holds several
/// articles (a digest, two articles run together), and would join them. It is among the mixed, and its copies with it,
/// which are in one star with it and with nothing else. Where its copies outnumber such a group, what is in the group is a
/// part of an article.
///
/// The order of `pairs` does not show in the result. Cost: `pairs × log n`, and one `verify` for each document two
/// steps from a representative.
pub fn stars(
    pairs: &[(DocId, DocId)],
    length: impl Fn(DocId) -> u64 + Sync,
    verify: impl Fn(DocId, DocId) -> bool + Sync,
    are_strangers: impl Fn(DocId, DocId) -> bool + Sync,
    are_copies: impl Fn(DocId, DocId) -> bool + Sync,
) -> Clusters {
    let components = components(pairs).into_par_iter();
    let mut clusters = components
        .map(|component| split(&component, &length, &verify, &are_strangers, &are_copies))
        .reduce(Clusters::default, |mut all, of_one| {
            all.stars.extend(of_one.stars);
            all.mixed.extend(of_one.mixed);
            all
        });
    clusters.stars.sort_unstable_by_key(|star| star.keep);
    clusters.mixed.sort_unstable();
    clusters
}

/// One connected component: its documents in rising order, and the neighbours of each by place.
struct Component {
    members: Vec<DocId>,
    neighbours: Vec<Vec<u32>>,
}

fn components(pairs: &[(DocId, DocId)]) -> Vec<Component> {
    let mut members: Vec<DocId> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
    members.sort_unstable();
    members.dedup();
    // Every id in `pairs` is in `members`.
    let place = |id: DocId| members.partition_point(|&member| member < id);
    let mut root: Vec<usize> = (0..members.len()).collect();
    fn find(root: &mut [usize], mut at: usize) -> usize {
        while root[at] != at {
            root[at] = root[root[at]];
            at = root[at];
        }
        at
    }
    let placed: Vec<(usize, usize)> = pairs.iter().map(|&(a, b)| (place(a), place(b))).collect();
    for &(a, b) in &placed {
        let (a, b) = (find(&mut root, a), find(&mut root, b));
        // The smaller place becomes the root, so roots do not depend on the order of the pairs.
        root[a.max(b)] = a.min(b);
    }
    let mut component_of = vec![usize::MAX; members.len()];
    let mut place_in = vec![0; members.len()];
    let mut all: Vec<Component> = Vec::new();
    for (at, &member) in members.iter().enumerate() {
        let top = find(&mut root, at);
        if top == at {
            component_of[at] = all.len();
            all.push(Component { members: Vec::new(), neighbours: Vec::new() });
        }
        // A root is the smallest place of its component, so it has its number by now.
        component_of[at] = component_of[top];
        let component = &mut all[component_of[at]];
        place_in[at] = component.members.len() as u32;
        component.members.push(member);
        component.neighbours.push(Vec::new());
    }
    for &(a, b) in placed.iter().filter(|(a, b)| a != b) {
        let component = &mut all[component_of[a]];
        component.neighbours[place_in[a] as usize].push(place_in[b]);
        component.neighbours[place_in[b] as usize].push(place_in[a]);
    }
    for neighbours in all.iter_mut().flat_map(|component| &mut component.neighbours) {
        neighbours.sort_unstable();
        neighbours.dedup();
    }
    all
}

fn split(
    component: &Component,
    length: &(impl Fn(DocId) -> u64 + Sync),
    verify: &(impl Fn(DocId, DocId) -> bool + Sync),
    are_strangers: &(impl Fn(DocId, DocId) -> bool + Sync),
    are_copies: &(impl Fn(DocId, DocId) -> bool + Sync),
) -> Clusters {
    let Component { members, neighbours } = component;
    let mut left = Left::new(component, length);
    let mut clusters = Clusters::default();
    while let Some(keep) = left.next() {
        let near: Vec<usize> = neighbours[keep].iter().map(|&at| at as usize).filter(|&at| left.is_free[at]).collect();
        // A copy of a document that holds two articles is near both, and would join them.
        let (copies, parts): (Vec<usize>, Vec<usize>) =
            near.iter().partition(|&&at| near.len() > 2 && are_copies(members[keep], members[at]));
        let groups = apart(&parts, neighbours);
        let longest = |group: &Vec<usize>| group.iter().copied().max_by_key(|&at| (length(members[at]), Reverse(at)));
        // Halves of one article are strangers too: where its copies are more than they, it is one.
        let groups = groups.iter().filter(|group| group.len() >= copies.len());
        let heads: Vec<DocId> = groups.filter_map(longest).map(|at| members[at]).collect();
        let is_mixed = heads.iter().enumerate().any(|(at, &a)| heads[at + 1..].iter().any(|&b| are_strangers(a, b)));
        if is_mixed {
            left.take(copies.iter().chain([&keep]));
            clusters.mixed.extend(copies.iter().chain([&keep]).map(|&at| members[at]));
            if !copies.is_empty() {
                let others = copies.into_iter().map(|at| members[at]).collect();
                clusters.stars.push(Star { keep: members[keep], others });
            }
            continue;
        }
        let mut far: Vec<usize> = near
            .iter()
            .flat_map(|&at| &neighbours[at])
            .map(|&at| at as usize)
            .filter(|&at| left.is_free[at] && at != keep)
            .collect();
        far.sort_unstable();
        far.dedup();
        far.retain(|at| near.binary_search(at).is_err());
        let far: Vec<usize> = far.into_par_iter().filter(|&at| verify(members[keep], members[at])).collect();
        let mut taken: Vec<usize> = near.into_iter().chain(far).collect();
        taken.sort_unstable();
        leave_with_copies(keep, &mut taken, component, &left.is_free, are_copies);
        if taken.is_empty() {
            // It is not looked at again, and may be a member of another star.
            continue;
        }
        left.take(taken.iter().chain([&keep]));
        clusters.stars.push(Star { keep: members[keep], others: taken.into_iter().map(|at| members[at]).collect() });
    }
    clusters
}

/// Takes those out of a star of which more copies are outside than in it, unless they are copies of `keep` themselves:
/// what the copies say is what they say, and is no repost of `keep`. Each is asked once, beside all that were to be
/// taken.
fn leave_with_copies(
    keep: usize,
    taken: &mut Vec<usize>,
    Component { members, neighbours }: &Component,
    is_free: &[bool],
    are_copies: &impl Fn(DocId, DocId) -> bool,
) {
    let are_copies = |a: usize, b: usize| are_copies(members[a], members[b]);
    let is_member: FxHashSet<usize> = taken.iter().copied().collect();
    taken.retain(|&at| {
        let copies = |is_inside: bool| {
            let others = neighbours[at].iter().map(|&other| other as usize);
            let others =
                others.filter(|&other| is_free[other] && other != keep && is_member.contains(&other) == is_inside);
            others.filter(|&other| are_copies(at, other)).count()
        };
        // Most have none outside, and are not asked more.
        let outside = copies(false);
        outside == 0 || outside <= copies(true) || are_copies(keep, at)
    });
}

/// Documents of a component that are in no star yet, those first that have most such neighbours.
struct Left<'c, L> {
    component: &'c Component,
    length: &'c L,
    is_free: Vec<bool>,
    /// Neighbours that are free.
    degree: Vec<usize>,
    queue: BTreeSet<Rank>,
}

/// Most neighbours first, then the longest, then by place.
type Rank = (Reverse<usize>, Reverse<u64>, usize);

impl<'c, L: Fn(DocId) -> u64> Left<'c, L> {
    fn new(component: &'c Component, length: &'c L) -> Self {
        let degree: Vec<usize> = component.neighbours.iter().map(Vec::len).collect();
        let is_free = vec![true; degree.len()];
        let mut left = Self { component, length, is_free, degree, queue: BTreeSet::new() };
        left.queue = (0..left.degree.len()).map(|at| left.rank(at)).collect();
        left
    }

    fn rank(&self, at: usize) -> Rank {
        (Reverse(self.degree[at]), Reverse((self.length)(self.component.members[at])), at)
    }

    /// Returns the next document, each once; `None` where none has a free neighbour.
    fn next(&mut self) -> Option<usize> {
        let (Reverse(degree), _, at) = self.queue.pop_first()?;
        (degree > 0).then_some(at)
    }

    /// Takes documents out.
    fn take<'p>(&mut self, places: impl Iterator<Item = &'p usize> + Clone) {
        for &at in places.clone() {
            self.is_free[at] = false;
            let rank = self.rank(at);
            self.queue.remove(&rank);
        }
        for &next in places.flat_map(|&at| &self.component.neighbours[at]) {
            let next = next as usize;
            if self.is_free[next] {
                let rank = self.rank(next);
                let is_open = self.queue.remove(&rank);
                self.degree[next] -= 1;
                if is_open {
                    let rank = self.rank(next);
                    self.queue.insert(rank);
                }
            }
        }
    }
}

/// Returns `places` in groups that no pair joins, at most a few of them: enough to see whether they are strangers.
fn apart(places: &[usize], neighbours: &[Vec<u32>]) -> Vec<Vec<usize>> {
    const MOST_GROUPS: usize = 8;
    let mut left: BTreeSet<usize> = places.iter().copied().collect();
    let mut groups = Vec::new();
    while let Some(first) = left.pop_first() {
        let mut group = vec![first];
        let mut at = 0;
        while let Some(&place) = group.get(at) {
            group.extend(neighbours[place].iter().map(|&next| next as usize).filter(|next| left.remove(next)));
            at += 1;
        }
        groups.push(group);
        if groups.len() == MOST_GROUPS {
            break;
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(pairs: &[(u32, u32)]) -> Vec<(DocId, DocId)> {
        pairs.iter().map(|&(a, b)| (DocId(a), DocId(b))).collect()
    }

    #[test]
    fn the_ends_of_a_chain_do_not_meet() {
        let found = stars(&ids(&[(0, 1), (1, 2), (2, 3)]), |_| 1, |_, _| false, |_, _| false, |_, _| false).stars;
        assert_eq!(found, [Star { keep: DocId(1), others: vec![DocId(0), DocId(2)] },]);
    }

    #[test]
    fn a_pair_the_bands_missed_is_verified_before_it_is_given_up() {
        let found =
            stars(&ids(&[(0, 1), (1, 2), (0, 3), (1, 3)]), |_| 1, |_, _| true, |_, _| false, |_, _| false).stars;
        assert_eq!(found, [Star { keep: DocId(1), others: vec![DocId(0), DocId(2), DocId(3)] }]);
    }

    #[test]
    fn two_articles_run_together_do_not_join_their_copies() {
        let of = |id: DocId| id.0 % 2;
        let found = stars(
            &ids(&[(0, 2), (1, 3), (0, 9), (1, 9), (2, 9), (3, 9)]),
            |_| 1,
            |a, b| of(a) == of(b),
            |a, b| of(a) != of(b),
            |_, _| false,
        );
        assert_eq!(
            found.stars,
            [Star { keep: DocId(0), others: vec![DocId(2)] }, Star { keep: DocId(1), others: vec![DocId(3)] },]
        );
        assert_eq!(found.mixed, [DocId(9)]);
    }

    #[test]
    fn nor_do_two_copies_of_both_run_together_which_are_one_cluster() {
        let is_both = |id: DocId| id.0 >= 8;
        let found = |pairs: &[(u32, u32)]| {
            let strangers = |a: DocId, b: DocId| !is_both(a) && !is_both(b) && a.0 % 2 != b.0 % 2;
            stars(&ids(pairs), |_| 1, |a, b| !strangers(a, b), strangers, |a, b| is_both(a) && is_both(b))
        };
        let both = found(&[(0, 8), (1, 8), (0, 9), (1, 9), (8, 9)]);
        assert_eq!(both.stars, [Star { keep: DocId(8), others: vec![DocId(9)] }]);
        assert_eq!(both.mixed, [DocId(8), DocId(9)]);
        // Three copies of an article, and two parts of it.
        let parts = found(&[(0, 8), (1, 8), (0, 9), (1, 9), (8, 9), (0, 10), (1, 10), (8, 10), (9, 10)]);
        let all = [0, 1, 9, 10].map(DocId).to_vec();
        assert_eq!(parts.stars, [Star { keep: DocId(8), others: all }]);
        assert!(parts.mixed.is_empty());
    }

    #[test]
    fn a_document_whose_copy_does_not_hold_with_keep_stays_with_its_copy() {
        let found = |copies: &[(u32, u32)], verified: &[(u32, u32)]| {
            let holds = |pairs: &[(u32, u32)], a: DocId, b: DocId| ids(pairs).contains(&(a.min(b), a.max(b)));
            let pairs = ids(&[(0, 1), (0, 2), (0, 3), (0, 4), (3, 4), (4, 5)]);
            let copies = |a: DocId, b: DocId| holds(copies, a, b);
            stars(&pairs, |_| 1, |a, b| holds(verified, a, b), |_, _| false, copies).stars
        };
        let star =
            |keep: u32, others: &[u32]| Star { keep: DocId(keep), others: others.iter().copied().map(DocId).collect() };
        assert_eq!(found(&[(4, 5)], &[]), [star(0, &[1, 2, 3]), star(4, &[5])]);
        // Also where the star would take the copy in, where a copy is in it too, and where it is a copy of `keep`
        // itself.
        assert_eq!(found(&[(4, 5)], &[(0, 5)]), [star(0, &[1, 2, 3, 4, 5])]);
        assert_eq!(found(&[(3, 4), (4, 5)], &[]), [star(0, &[1, 2, 3, 4])]);
        assert_eq!(found(&[(0, 4), (4, 5)], &[]), [star(0, &[1, 2, 3, 4])]);
    }

    #[test]
    fn a_document_that_all_others_leave_may_be_a_member_elsewhere() {
        let copies = [(1, 4), (2, 5), (3, 6)];
        let pairs = ids(&[&[(0, 1), (0, 2), (0, 3)], &copies[..]].concat());
        let copies = |a: DocId, b: DocId| ids(&copies).contains(&(a.min(b), a.max(b)));
        let found = stars(&pairs, |_| 1, |_, _| false, |_, _| false, copies).stars;
        let of: Vec<(u32, Vec<u32>)> =
            found.iter().map(|star| (star.keep.0, star.others.iter().map(|id| id.0).collect())).collect();
        assert_eq!(of, [(1, vec![0, 4]), (2, vec![5]), (3, vec![6])]);
    }

    #[test]
    fn of_two_equals_the_longer_is_kept_and_then_the_first() {
        assert_eq!(
            stars(&ids(&[(4, 9)]), |id| u64::from(id.0), |_, _| true, |_, _| false, |_, _| false).stars[0].keep,
            DocId(9)
        );
        assert_eq!(stars(&ids(&[(4, 9)]), |_| 1, |_, _| true, |_, _| false, |_, _| false).stars[0].keep, DocId(4));
    }

    proptest! {
        #[test]
        fn every_member_was_verified_against_keep_and_order_does_not_show(
            edges in prop::collection::btree_set((0u32..24, 0u32..24), 0..60),
            turn in 0usize..60,
        ) {
            let edges: Vec<(u32, u32)> = edges.into_iter().filter(|(a, b)| a < b).collect();
            let pairs = ids(&edges);
            let holds = |a: DocId, b: DocId| pairs.contains(&(a.min(b), a.max(b)));
            let found = stars(&pairs, |id| u64::from(id.0 % 3), holds, |_, _| false, |_, _| false).stars;
            let mut seen = BTreeSet::new();
            for star in &found {
                prop_assert!(!star.others.is_empty());
                prop_assert!(seen.insert(star.keep));
                for &other in &star.others {
                    prop_assert!(holds(star.keep, other));
                    prop_assert!(seen.insert(other));
                }
            }
            // Nothing verified is left over between two documents that are in no star.
            for &(a, b) in &pairs {
                prop_assert!(seen.contains(&a) || seen.contains(&b));
            }
            let mut turned = pairs.clone();
            turned.rotate_left(turn % pairs.len().max(1));
            prop_assert_eq!(stars(&turned, |id| u64::from(id.0 % 3), holds, |_, _| false, |_, _| false).stars, found);
        }
    }
}
