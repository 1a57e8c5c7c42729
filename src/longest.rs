//! Which groups of lines are looked at, where there may be as many as lines and each is looked for in whole pages.

use std::cmp::Reverse;

/// Groups of lines of one text that are looked at, each with all pages that hold it: those first that are most of it. Of
/// pages that are thousands of lines from one pool each line may be held by others. Not tuned.
pub const GROUPS_OF_TEXT: u32 = 64;

/// Returns those groups, in their order, that are among the longest [`GROUPS_OF_TEXT`] of one of their texts; of equal ones those
/// first that come first. `texts` is how many texts there are; `of` tells the texts of a group and how long it is.
///
/// Cost: the sum of the texts of all groups.
pub fn of_each_text<G>(groups: Vec<G>, texts: usize, of: impl Fn(&G) -> (&[u32], usize)) -> Vec<G> {
    let mut longest: Vec<(Reverse<usize>, usize)> = groups.iter().map(|group| Reverse(of(group).1)).zip(0..).collect();
    longest.sort_unstable();
    let mut left = vec![GROUPS_OF_TEXT; texts];
    let mut is_kept = vec![false; groups.len()];
    for (_, at) in longest {
        let (texts, _) = of(&groups[at]);
        is_kept[at] = texts.iter().any(|&id| left[id as usize] > 0);
        if is_kept[at] {
            texts.iter().for_each(|&id| left[id as usize] = left[id as usize].saturating_sub(1));
        }
    }
    groups.into_iter().zip(is_kept).filter(|(_, is_kept)| *is_kept).map(|(group, _)| group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_more_groups_than_are_looked_at_the_longest_of_each_text_are_kept() {
        let many = GROUPS_OF_TEXT as usize + 9;
        let mut groups: Vec<(Vec<u32>, usize)> = (0..many).map(|length| (vec![0, 1], length)).collect();
        let kept = |groups: &[(Vec<u32>, usize)]| -> Vec<usize> {
            let groups: Vec<_> = groups.iter().collect();
            of_each_text(groups, 3, |group| (&group.0, group.1)).into_iter().map(|group| group.1).collect()
        };
        let longest: Vec<usize> = (9..many).collect();
        assert_eq!(kept(&groups), longest);
        // A text that has few of them has all of those.
        groups.insert(0, (vec![0, 2], 1));
        assert_eq!(kept(&groups), [vec![1], longest].concat());
    }

    #[test]
    fn of_equal_groups_the_first_are_kept() {
        let groups: Vec<u32> = (0..GROUPS_OF_TEXT + 2).collect();
        assert_eq!(of_each_text(groups.clone(), 1, |_| (&[0], 7)), groups[..GROUPS_OF_TEXT as usize]);
    }
}
