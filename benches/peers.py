#!/usr/bin/env python3
"""Times `tongwen scan` beside other near-duplicate finders on one JSONL file of records with `id` and `text`.

    python3 benches/peers.py FILE en|zh [--tongwen "FLAGS"]… [--peers gaoya,rensa,datasketch] [--repeat 5] [--threads 2]

Prints for each: median seconds (least and most beside it), MB of file a second, peak MB of memory, and what was found.
- Each runs in a process of its own, timed from its start to its end: interpreter, reading the file, writing the result.
- They take turns, one round after the other, so that what else the machine does falls on all of them.
- Peak MB is the largest resident set. `anon` leaves out mapped files (tongwen maps its input); it is sampled every 5 ms.
- Peers: MinHash of 128 slots, 16 bands of 8, threshold 0.7, shingles of 5 words (en) or 5 characters (zh). Found are
  pairs of which nobody counted the shingles; tongwen's are verified clusters, and its shingles are its own default.
- gaoya and rensa get the same number of threads; datasketch has one, and what is Python in any of them has one too.
"""
import argparse
import json
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

SLOTS, BANDS, ROWS, THRESHOLD, WIDTH = 128, 16, 8, 0.7, 5


def shingles(text, language):
    if language == "en":
        words = re.findall(r"\w+", text.lower())
        return list({" ".join(words[i:i + WIDTH]) for i in range(max(1, len(words) - WIDTH + 1))})
    text = "".join(text.split())
    return list({text[i:i + WIDTH] for i in range(max(1, len(text) - WIDTH + 1))})


def gaoya(texts, language):
    from gaoya.minhash import MinHashStringIndex
    index = MinHashStringIndex(
        hash_size=32, jaccard_threshold=THRESHOLD, num_bands=BANDS, band_size=ROWS, num_hashes=None, lowercase=True,
        analyzer="word" if language == "en" else "char", ngram_range=(WIDTH, WIDTH), id_container="smallvec")
    index.par_bulk_insert_docs(list(range(len(texts))), texts)
    found = 0
    for start in range(0, len(texts), 5000):
        for number, near in enumerate(index.par_bulk_query(texts[start:start + 5000]), start):
            found += sum(other < number for other in near)
    return found


def rensa(texts, language):
    import rensa
    rows = []
    for start in range(0, len(texts), 2000):
        sets = [shingles(text, language) for text in texts[start:start + 2000]]
        rows += rensa.RMinHash.from_token_sets(sets, SLOTS, 42)
    index, found = rensa.RMinHashLSH(THRESHOLD, SLOTS, BANDS), 0
    for number, row in enumerate(rows):
        found += sum(rows[other].jaccard(row) >= THRESHOLD for other in index.query(row))
        index.insert(number, row)
    return found


def datasketch(texts, language):
    import xxhash
    from datasketch import MinHash, MinHashLSH
    empty = MinHash(num_perm=SLOTS, seed=1, hashfunc=xxhash.xxh32_intdigest)
    index, rows, found = MinHashLSH(threshold=THRESHOLD, num_perm=SLOTS, params=(BANDS, ROWS)), [], 0
    for number, text in enumerate(texts):
        row = empty.copy()
        row.update_batch([shingle.encode() for shingle in shingles(text, language)])
        found += sum(rows[other].jaccard(row) >= THRESHOLD for other in index.query(row))
        rows.append(row)
        index.insert(number, row, check_duplication=False)
    return found


PEERS = {"gaoya": gaoya, "rensa": rensa, "datasketch": datasketch}


def drive(name, path, language):
    """What a peer's process does."""
    import orjson
    with open(path, "rb") as lines:
        texts = [orjson.loads(line)["text"] for line in lines]
    print(PEERS[name](texts, language), "pairs")


def anon(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("RssAnon")), 0)
    except OSError:
        return 0


def run(command, threads):
    """Returns seconds, peak MB, peak anonymous MB, and what was found."""
    environment = dict(os.environ, RAYON_NUM_THREADS=str(threads))
    with tempfile.TemporaryFile() as out:
        start, most = time.monotonic(), 0
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env=environment)
        while True:
            most = max(most, anon(child.pid))
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.005)
        seconds = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"failed with {child.returncode}: {shlex.join(command)}")
        out.seek(0)
        found = out.read().decode()
    if found.startswith("{"):
        kinds = [cluster["kind"] for cluster in json.loads(found)["clusters"]]
        found = f"{kinds.count('repost')} clusters"
    return seconds, usage.ru_maxrss / 976.5625, most / 976.5625, found.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("language", choices=["en", "zh"])
    parser.add_argument("--tongwen", action="append", metavar="FLAGS", help="flags of a scan; repeatable; write --tongwen=--FLAG")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    runs = {}
    for flags in args.tongwen or [""]:
        scan = ["target/release/tongwen", "scan", args.file, "--format", "json", "--threads", str(args.threads)]
        runs[f"tongwen {flags}".strip()] = scan + shlex.split(flags)
    for peer in filter(None, args.peers.split(",")):
        runs[peer] = [sys.executable, __file__, "--drive", peer, args.file, args.language]
    results = {name: [] for name in runs}
    print(f"load before {os.getloadavg()[0]:.2f}")
    for _ in range(args.repeat):
        for name, command in runs.items():
            results[name].append(run(command, args.threads))
    print(f"load after {os.getloadavg()[0]:.2f}, of {args.threads} threads; median of {args.repeat}")
    size = os.path.getsize(args.file) / 1e6
    print("| | seconds | (least–most) | MB/s | peak MB | anon MB | found |\n|---|--:|--:|--:|--:|--:|---|")
    for name, rounds in results.items():
        seconds, peak, most = (statistics.median(column) for column in list(zip(*rounds))[:3])
        spread = f"{min(r[0] for r in rounds):.2f}–{max(r[0] for r in rounds):.2f}"
        print(f"| {name} | {seconds:.2f} | {spread} | {size / seconds:.1f} | {peak:.0f} | {most:.0f} | {rounds[-1][3]} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--drive"]:
        drive(*sys.argv[2:])
    else:
        main()
