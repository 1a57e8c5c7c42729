#!/usr/bin/env python3
"""Scores near-duplicate finders on corpora of make_pages.py, of which it is known which pages repost the same article.

    benches/accuracy.sh [--pages 5000] [--seed 1] [--tongwen "FLAGS"]…

Two corpora: Chinese articles (`--english 0` of make_pages.py) and English ones (`--english 1`), both in Chinese frames with
blocks of related articles. Prints a table for each, of pairs of pages:
- found, of the pairs that are one article; and strangers, pairs that are none. Precision, recall and F1 follow from them.
- A page that is .7 or more one article, and the pages of that article, are neither: to join them is no mistake.
- tongwen: pairs of one repost cluster, and pairs listed as identical or repost. Its defaults, unless flags are given.
- exact Jaccard: every pair of pages is compared, whole and without a sketch, by shingles of 5 characters (Chinese; white space
  left out) or 5 words (English; a Chinese clause is one word, so that frames weigh little). Once from .7 on, as the peers; once
  from the threshold of .05, .10 … .95 on that has the highest F1, chosen with the truth at hand.
- gaoya: its default 20 bands of 5, threshold .7, 5-grams of characters or words. datasketch: 128 permutations, threshold .7 and
  the bands it chooses for that, the shingles above, and pairs below .7 by its own estimate left out.
Pairs of the peers are what they list: nothing is joined through a third page.
"""
import argparse
import collections
import itertools
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from scipy.sparse import csr_matrix

from peers import WIDTH, shingles

HERE = Path(__file__).resolve().parent
THRESHOLD, NO_MISTAKE = 0.7, 0.7


class Corpus:
    """Pages, and which pairs of them are one article. A pair is two numbers of pages, the smaller first."""

    def __init__(self, folder, language):
        self.language, self.path = language, folder / "pages.jsonl"
        records = [json.loads(line) for line in self.path.open(encoding="utf-8")]
        self.texts = [record["text"] for record in records]
        self.number = {record["id"]: at for at, record in enumerate(records)}
        pages_of = collections.defaultdict(list)
        for row in self.rows(folder / "clusters.tsv"):
            if "+" not in row["article"]:
                pages_of[row["article"]].append(self.number[row["page"]])
        self.true = {pair for pages in pages_of.values() for pair in itertools.combinations(sorted(pages), 2)}
        held = [row for row in self.rows(folder / "relations.tsv") if row["kind"] == "contained" and float(row["share"]) >= NO_MISTAKE]
        self.neither = {
            tuple(sorted((self.number[row["page"]], page))) for row in held for page in pages_of[row["article"]]
        }

    @staticmethod
    def rows(path):
        lines = [line.rstrip("\n").split("\t") for line in path.open(encoding="utf-8")]
        return [dict(zip(lines[0], line)) for line in lines[1:]]

    def score(self, pairs):
        """Returns found, strangers, precision, recall and F1."""
        found, strangers = len(pairs & self.true), len(pairs - self.true - self.neither)
        precision = found / (found + strangers) if found + strangers else 0.0
        recall = found / len(self.true)
        return found, strangers, precision, recall, 2 * precision * recall / (precision + recall) if found else 0.0


def tongwen(corpus, flags):
    command = ["target/release/tongwen", "scan", str(corpus.path), "--format", "json", "--no-config", *shlex.split(flags)]
    findings = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    groups = [[member["key"] for member in c["members"]] for c in findings["clusters"] if c["kind"] == "repost"]
    groups += [[r["a"], r["b"]] for r in findings["relations"] if r["kind"] in ("identical", "repost")]
    numbers = (sorted(corpus.number[key] for key in group) for group in groups)
    return {pair for group in numbers for pair in itertools.combinations(group, 2)}


def jaccard(corpus, least):
    """Returns the pairs from a similarity of `least` on, each with it."""
    known, places, starts = {}, [], [0]
    for text in corpus.texts:
        places += [known.setdefault(shingle, len(known)) for shingle in shingles(text, corpus.language)]
        starts.append(len(places))
    matrix = csr_matrix((numpy.ones(len(places), numpy.int32), places, starts), shape=(len(corpus.texts), len(known)))
    sizes = numpy.diff(starts)
    similar = {}
    for start in range(0, len(sizes), 500):
        shared = (matrix[start:start + 500] @ matrix.T).tocoo()
        a, b = shared.row + start, shared.col
        value = shared.data / (sizes[a] + sizes[b] - shared.data)
        kept = (a < b) & (value >= least)
        similar.update(zip(zip(a[kept].tolist(), b[kept].tolist()), value[kept].tolist()))
    return similar


def gaoya(corpus):
    from gaoya.minhash import MinHashStringIndex
    analyzer = "word" if corpus.language == "en" else "char"
    index = MinHashStringIndex(jaccard_threshold=THRESHOLD, analyzer=analyzer, lowercase=True, ngram_range=(WIDTH, WIDTH))
    index.par_bulk_insert_docs(list(range(len(corpus.texts))), corpus.texts)
    near = enumerate(index.par_bulk_query(corpus.texts))
    return {(min(a, b), max(a, b)) for a, others in near for b in others if a != b}


def datasketch(corpus):
    import xxhash
    from datasketch import MinHash, MinHashLSH
    index, rows, pairs = MinHashLSH(threshold=THRESHOLD, num_perm=128), [], set()
    for number, text in enumerate(corpus.texts):
        row = MinHash(num_perm=128, seed=1, hashfunc=xxhash.xxh32_intdigest)
        row.update_batch([shingle.encode() for shingle in shingles(text, corpus.language)])
        pairs |= {(other, number) for other in index.query(row) if rows[other].jaccard(row) >= THRESHOLD}
        rows.append(row)
        index.insert(number, row)
    return pairs


def table(corpus, flags):
    """Prints a row for each."""
    print("| | found | strangers | precision | recall | F1 |\n|---|--:|--:|--:|--:|--:|")

    def row(name, pairs):
        found, strangers, *shares = corpus.score(pairs)
        print(f"| {name} | {found} | {strangers} | " + " | ".join(f"{share:.3f}" for share in shares) + " |", flush=True)

    for each in flags:
        row(f"tongwen {each}".strip(), tongwen(corpus, each))
    similar = jaccard(corpus, 0.05)
    above = lambda least: {pair for pair, value in similar.items() if value >= least}
    best = max((at / 100 for at in range(5, 100, 5)), key=lambda least: corpus.score(above(least))[-1])
    row(f"exact Jaccard of whole pages, from its best threshold on: {best:.2f}", above(best))
    row(f"exact Jaccard of whole pages, from {THRESHOLD:.2f} on", above(THRESHOLD))
    row("gaoya", gaoya(corpus))
    row("datasketch", datasketch(corpus))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tongwen", action="append", metavar="FLAGS", help="flags of a scan; repeatable; write --tongwen=--FLAG")
    args = parser.parse_args()
    for language, name in [("zh", "Chinese"), ("en", "English")]:
        with tempfile.TemporaryDirectory() as folder:
            size = ["--pages", str(args.pages), "--seed", str(args.seed), "--english", str(int(language == "en"))]
            subprocess.run([sys.executable, HERE / "make_pages.py", *size, "--out", folder], check=True)
            corpus = Corpus(Path(folder), language)
            print(f"\n{name}: {len(corpus.texts)} pages, {os.path.getsize(corpus.path) / 1e6:.1f} MB, {len(corpus.true)} pairs of one article")
            table(corpus, args.tongwen or [""])


if __name__ == "__main__":
    main()
