//! Words → the columns of the double array that is compiled in. For tests only: what takes long here is not to be done
//! again when a program starts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use super::{CHILDLESS, Compiled, Node, ROOT};

/// Returns the words of the crate jieba-rs and their frequencies. It needs cargo, and the crate's source.
pub fn words_of_crate() -> Vec<(String, u32)> {
    let cargo = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    // What other systems need may not be here.
    let version = cargo(&["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = cargo(&["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host]);
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "jieba-rs").unwrap();
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
    let text = std::fs::read_to_string(manifest.with_file_name("src/data/dict.txt")).unwrap();
    let word = |line: &str| {
        let mut parts = line.split_ascii_whitespace();
        (parts.next().unwrap().to_owned(), parts.next().unwrap().parse().unwrap())
    };
    text.lines().map(word).collect()
}

/// What [`Compiled`] borrows.
pub struct Columns {
    characters: String,
    frequencies: Vec<u32>,
    total: u64,
    labels: [Vec<u8>; 2],
    weights: [Vec<u8>; 2],
    bases: [Vec<u8>; 3],
}

impl Columns {
    pub fn of(mut words: Vec<(String, u32)>) -> Self {
        words.sort_unstable();
        let frequencies: BTreeSet<u32> = words.iter().map(|&(_, frequency)| frequency).chain([0]).collect();
        let frequencies: Vec<u32> = frequencies.into_iter().collect();
        let mut sums: BTreeMap<char, u64> = BTreeMap::new();
        for (word, frequency) in &words {
            word.chars().for_each(|c| *sums.entry(c).or_default() += u64::from(*frequency));
        }
        let mut characters: Vec<char> = sums.keys().copied().collect();
        characters.sort_by_key(|c| (Reverse(sums[c]), *c));
        let codes: BTreeMap<char, u16> = characters.iter().copied().zip(1..).collect();

        let mut trie = vec![Prefix::default()];
        for (word, frequency) in &words {
            let mut at = 0;
            for c in word.chars() {
                let next = trie.len();
                at = *trie[at].children.entry(codes[&c]).or_insert(next);
                if at == next {
                    trie.push(Prefix::default());
                }
                trie[at].sum += u64::from(*frequency);
            }
            trie[at].weight = frequencies.binary_search(frequency).unwrap();
        }
        let longest = words.iter().map(|(word, _)| word.chars().count()).max();
        assert!(longest.is_some_and(|longest| longest < 256), "a step has eight bits for the length of a word");
        assert!(characters.len() < 1 << Node::LABEL && frequencies.len() < 1 << Node::WEIGHT);
        let nodes = laid_out(&trie);
        assert!(nodes.len() < 1 << (u64::BITS - Node::LABEL - Node::WEIGHT - Node::FILTER));

        let column =
            |of: fn(&Node) -> usize, byte: usize| nodes.iter().map(|node| (of(node) >> (8 * byte)) as u8).collect();
        Self {
            characters: characters.into_iter().collect(),
            frequencies,
            total: words.iter().map(|&(_, frequency)| u64::from(frequency)).sum(),
            labels: [0, 1].map(|byte| column(|node| node.label().into(), byte)),
            weights: [0, 1].map(|byte| column(|node| node.weight(), byte)),
            bases: [0, 1, 2].map(|byte| column(|node| node.base(), byte)),
        }
    }

    pub fn compiled(&self) -> Compiled<'_> {
        Compiled {
            characters: &self.characters,
            frequencies: self.frequencies.clone(),
            total: self.total,
            labels: self.labels.each_ref().map(|bytes| &**bytes),
            weights: self.weights.each_ref().map(|bytes| &**bytes),
            bases: self.bases.each_ref().map(|bytes| &**bytes),
        }
    }
}

/// A node before it has a place.
#[derive(Default)]
struct Prefix {
    /// By their labels.
    children: BTreeMap<u16, usize>,
    weight: usize,
    /// The frequencies of all words that begin with it.
    sum: u64,
}

/// Returns the nodes by their places: the children of the most frequent prefixes take the first, for they are read most.
fn laid_out(trie: &[Prefix]) -> Vec<Node> {
    let mut parents: Vec<usize> = (1..trie.len()).filter(|&at| !trie[at].children.is_empty()).collect();
    parents.sort_by_key(|&at| (Reverse(trie[at].sum), at));
    let mut bases = vec![CHILDLESS; trie.len()];
    bases[0] = ROOT;
    let mut free = Free::default();
    free.take(ROOT, trie[0].children.keys());
    free.take(CHILDLESS, [].iter());
    for at in parents {
        let labels: Vec<u16> = trie[at].children.keys().copied().collect();
        bases[at] = free.base(&labels);
        free.take(bases[at], labels.iter());
    }
    let mut nodes = vec![Node::NONE; free.taken.len() * 64];
    for (prefix, base) in trie.iter().zip(&bases) {
        for (&label, &child) in &prefix.children {
            nodes[base + usize::from(label)] = Node::new(label.into(), trie[child].weight, bases[child]);
        }
    }
    nodes
}

/// Bits of 64 that are taken where no place is searched. Where all were, it took 1.6 s instead of .3.
const NEARLY_FULL: u32 = 60;

/// The places of a double array that are free, and the bases.
#[derive(Default)]
struct Free {
    /// A bit for each place that is taken, and for each base.
    taken: Vec<u64>,
    bases: Vec<u64>,
    /// 64 bits each: of those before these few are free, of places and of bases.
    full: usize,
    full_bases: usize,
}

impl Free {
    fn part(bits: &[u64], at: usize) -> u64 {
        bits.get(at).copied().unwrap_or(0)
    }

    /// Returns 64 bits from any one on.
    fn window(bits: &[u64], from: usize) -> u64 {
        let both = u128::from(Self::part(bits, from / 64 + 1)) << 64 | u128::from(Self::part(bits, from / 64));
        (both >> (from % 64)) as u64
    }

    /// Returns the lowest base that nobody has and at which the places of all labels are free, but for the few of parts
    /// that are nearly full.
    fn base(&mut self, labels: &[u16]) -> usize {
        for (bits, full) in [(&self.taken, &mut self.full), (&self.bases, &mut self.full_bases)] {
            while Self::part(bits, *full).count_ones() >= NEARLY_FULL {
                *full += 1;
            }
        }
        let mut base = (self.full * 64).saturating_sub(labels[0].into()).max(self.full_bases * 64);
        loop {
            let places = labels.iter().map(|&label| Self::window(&self.taken, base + usize::from(label)));
            let taken = places.fold(Self::window(&self.bases, base), |all, taken| all | taken);
            if taken != u64::MAX {
                return base + taken.trailing_ones() as usize;
            }
            base += 64;
        }
    }

    fn take<'a>(&mut self, base: usize, labels: impl Iterator<Item = &'a u16>) {
        Self::set(&mut self.bases, base);
        labels.for_each(|&label| Self::set(&mut self.taken, base + usize::from(label)));
    }

    fn set(bits: &mut Vec<u64>, at: usize) {
        bits.resize(bits.len().max(at / 64 + 1), 0);
        bits[at / 64] |= 1 << (at % 64);
    }
}
