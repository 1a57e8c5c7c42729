#!/usr/bin/env python3
"""Builds the sample corpora and their truth files from samples/sources.

    python3 samples/make.py            writes them
    python3 samples/make.py --check    exits 1 when what is committed differs from what would be written

Python 3.8 or later, standard library only. Equal sources give equal bytes: chance comes from SHA-256 of a page's name.
"""

import argparse
import hashlib
import html
import itertools
import json
import struct
import sys
from collections import namedtuple
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
BUILT = ["reposts", "templates", "truth", "records.jsonl", "records.jsonl.zst"]
EXCERPT = 200

Article = namedtuple("Article", "title source paragraphs")
# form: how the page carries its article, see README; related: names of the articles that its related block excerpts.
Page = namedtuple("Page", "key site articles form related encoding note", defaults=((), "utf-8", ""))


def read_article(path):
    title, source, *paragraphs = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    return Article(title, source, paragraphs)


def read_folder(name):
    return {path.stem: read_article(path) for path in sorted((SOURCES / name).glob("*.txt"))}


SHORT_ARTICLES = read_folder("templates")
ARTICLES = {**read_folder("articles"), **SHORT_ARTICLES}
RECORDS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((SOURCES / "records").glob("*.txt"))}
FRAMES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((SOURCES / "sites").iterdir())}
TRADITIONAL = dict(
    line.split("\t")
    for line in (SOURCES / "traditional.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
)
# What a Taiwanese page writes where the table has the older form.
TAIWAN = str.maketrans("爲衆裏着羣啓麪", "為眾裡著群啟麵")
CORNER_QUOTES = str.maketrans("“”‘’", "「」『』")
HALF_WIDTH = str.maketrans("，：；？！（）", ",:;?!()")
SYMBOLS = "“”《》、—·"
TYPOS = dict(["的地", "做作", "像象", "已以", "带代", "坐座", "那哪", "即既", "她他", "园圆", "克刻", "摆拜", "练炼", "记纪"])
USERS = ["lvye_2019", "shanfeng88", "读书人老周", "qiuye77", "momo-li", "小溪流水"]


class Dice:
    """Chance that depends on a name only."""

    def __init__(self, name):
        self.name, self.rolls = name, 0

    def below(self, n):
        self.rolls += 1
        digest = hashlib.sha256(f"{self.name} {self.rolls}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % n

    def one_in(self, n):
        return self.below(n) == 0


def traditional(text):
    """Returns the text in traditional characters, longest table entry first."""
    longest = max(map(len, TRADITIONAL))
    out, at = [], 0
    while at < len(text):
        for size in range(min(longest, len(text) - at), 0, -1):
            piece = text[at : at + size]
            if piece in TRADITIONAL or size == 1:
                out.append(TRADITIONAL.get(piece, piece))
                at += size
                break
    return "".join(out).translate(CORNER_QUOTES)


def noisy(text, dice, swap=40, half=2, drop=3, typo=6):
    """Returns the text as a careless or cunning copyist leaves it.

    One in `swap` simplified characters becomes traditional, one in `half` punctuation marks half-width, one in `drop`
    symbols a space, one in `typo` confusable characters its sound-alike.
    """
    out = []
    for char in text:
        if char in SYMBOLS and dice.one_in(drop):
            char = " "
        elif char in TYPOS and dice.one_in(typo):
            char = TYPOS[char]
        elif char in TRADITIONAL and dice.one_in(swap):
            char = TRADITIONAL[char]
        elif dice.one_in(half):
            char = char.translate(HALF_WIDTH)
        out.append(char)
    return "".join(out)


def paragraphs_of(article):
    """Returns the paragraphs, with `{{quote NAME N}}` replaced by paragraph N of another article."""
    for paragraph in article.paragraphs:
        if paragraph.startswith("{{quote "):
            name, number = paragraph.strip("{}").split()[1:]
            paragraph = ARTICLES[name].paragraphs[int(number)]
        yield paragraph


def excerpt(name):
    return "  ".join(paragraphs_of(ARTICLES[name]))[:EXCERPT]


def truncated(paragraphs, share):
    left, out = int(sum(map(len, paragraphs)) * share), []
    for paragraph in paragraphs:
        out.append(paragraph[:left])
        left -= len(paragraph)
        if left <= 0:
            return out
    return out


def abridged(paragraphs):
    """Keeps the first two paragraphs; of each later one, all but every third sentence."""
    out = list(paragraphs[:2])
    count = 0
    for paragraph in paragraphs[2:]:
        kept = []
        for sentence in paragraph.replace("。", "。\n").split("\n"):
            count += 1
            if sentence and count % 3:
                kept.append(sentence)
        if kept:
            out.append("".join(kept))
    return out


# The folder scan: every page, and how it carries its article. R: the related blocks of 学海文库.
R = [
    "library tea paper clinic orchard well",
    "bus birds drum market kiln lantern",
    "school ferry dam stars elevator snow",
    "bridge clinic tea market orchard ferry",
    "paper drum well lantern kiln library",
]
REPOSTS = [
    # 学海文库: a related block of six excerpts, other ones on each page
    Page("xuehai/1001.txt", "xuehai", "bridge", "noisy", R[0]),
    Page("xuehai/1002.txt", "xuehai", "library", "noisy", R[1]),
    Page("xuehai/1003.txt", "xuehai", "tea", "full", R[2]),
    Page("xuehai/1004.txt", "xuehai", "paper", "noisy", R[3].replace("tea", "bus")),
    Page("xuehai/1005.txt", "xuehai", "school", "full", R[4]),
    Page("xuehai/1006.txt", "xuehai", "school", "full", R[1], note="the same article, site and words; another related block"),
    Page("xuehai/1007.txt", "xuehai", "market", "noisy", R[2]),
    Page("xuehai/1008.txt", "xuehai", "dam", "full", R[4]),
    Page("xuehai/1009.txt", "xuehai", "stars", "full", R[3]),
    Page("xuehai/1010.txt", "xuehai", "well", "full", R[2]),
    # 青枫资讯: the same five excerpts on every page, so two different articles look alike
    Page("qingfeng/a01.txt", "qingfeng", "bridge", "noisy", "HOT"),
    Page("qingfeng/a02.txt", "qingfeng", "tea", "truncated", "HOT", note="the first 60 % of the article"),
    Page("qingfeng/a03.txt", "qingfeng", "birds", "noisy", "HOT"),
    Page("qingfeng/a04.txt", "qingfeng", "clinic", "full", "HOT"),
    Page("qingfeng/a05.txt", "qingfeng", "market ferry", "splice", "HOT", note="two whole articles, one after the other"),
    Page("qingfeng/a06.txt", "qingfeng", "kiln", "full", "HOT"),
    Page("qingfeng/a07.txt", "qingfeng", "elevator", "full", "HOT"),
    Page("qingfeng/a08.txt", "qingfeng", "drum", "full", "HOT"),
    Page("qingfeng/a09.txt", "qingfeng", "clock", "full", "HOT", note="a short article: most of the page is frame"),
    Page("qingfeng/a10.txt", "qingfeng", "kite", "full", "HOT", note="a short article: most of the page is frame"),
    # 云洲论文网
    Page("yunzhou/201.txt", "yunzhou", "paper", "noisy", "bus birds snow lantern"),
    Page("yunzhou/202.txt", "yunzhou", "birds", "abridged", "library dam drum well"),
    Page("yunzhou/203.txt", "yunzhou", "bus", "full", "stars kiln school orchard"),
    Page("yunzhou/204.txt", "yunzhou", "ferry", "full", "bridge clinic elevator tea"),
    Page("yunzhou/205.txt", "yunzhou", "stars", "noisy", "market snow paper drum"),
    Page("yunzhou/206.txt", "yunzhou", "elevator", "noisy", "ferry well library birds"),
    Page("yunzhou/207.txt", "yunzhou", "orchard", "full", "bus lantern dam tea"),
    Page("yunzhou/208.txt", "yunzhou", "bridge", "noisiest", "kiln school clinic stars"),
    # 蓝亭晚报: a newspaper, hardly a frame, no related block
    Page("lanting/01.txt", "lanting", "bridge", "full"),
    Page("lanting/02.txt", "lanting", "library", "full"),
    Page("lanting/03.txt", "lanting", "birds", "full"),
    Page("lanting/04.txt", "lanting", "market", "full"),
    Page("lanting/05.txt", "lanting", "stars kiln elevator", "digest", note="three whole articles with an editor's lines between"),
    Page("lanting/06.txt", "lanting", "water-column", "full", note="an article of its own that quotes a paragraph of dam"),
    # 听雨文摘: reposts with noise, two lines of frame, no related block
    Page("tingyu/bridge.txt", "tingyu", "bridge", "noisy"),
    Page("tingyu/birds.txt", "tingyu", "birds", "noisy"),
    Page("tingyu/well.txt", "tingyu", "well", "noisy"),
    # 文瀾閣: traditional characters
    Page("wenlan/01.txt", "wenlan", "bridge", "traditional", "tea paper dam"),
    Page("wenlan/02.txt", "wenlan", "paper", "traditional", "bus school well", "big5"),
    Page("wenlan/03.txt", "wenlan", "lantern", "traditional", "stars ferry orchard"),
    Page("wenlan/04.txt", "wenlan", "tea", "traditional", "snow bridge kiln"),
    # 石桥网: HTML
    Page("shiqiao/1.html", "shiqiao", "library", "full", "drum birds elevator"),
    Page("shiqiao/2.html", "shiqiao", "snow", "full", "clinic market lantern"),
    # 镜像: whole pages copied from elsewhere
    Page("mirror/a04-gb18030.txt", "qingfeng", "clinic", "copy qingfeng/a04.txt", "HOT", "gb18030", "the same page in another encoding"),
    Page("mirror/203-hant.txt", "yunzhou", "bus", "copy yunzhou/203.txt", "stars kiln school orchard", note="the same page, frame and all, in traditional characters"),
    # no article
    Page("misc/empty.txt", "", "", "empty", note="0 bytes"),
    Page("misc/punctuation.txt", "", "", "punctuation", note="nothing to compare"),
    Page("misc/unreadable.txt", "", "", "unreadable", encoding="binary", note="not text: expected in `skipped`"),
]
HOT = "dam library paper bridge school".split()
RESERVE = "ferry"  # stands in where HOT would excerpt the page's own article
TWO_OR_MORE = {"splice", "digest"}
SLIGHT_FRAMES = {"lanting", "tingyu", "shiqiao"}


def related_of(page):
    names = HOT if page.related == "HOT" else (page.related.split() if page.related else [])
    own = page.articles.split()
    names = [RESERVE if name in own else name for name in names]
    assert not set(names) & set(own) and len(set(names)) == len(names), page
    return names


def body_of(page):
    """Returns title and paragraphs of a page, before its frame."""
    articles = [ARTICLES[name] for name in page.articles.split()]
    title = articles[0].title
    paragraphs = list(paragraphs_of(articles[0]))
    dice = Dice("body " + page.key)
    if page.form == "noisy":
        paragraphs = [noisy(paragraph, dice) for paragraph in paragraphs]
    elif page.form == "noisiest":
        paragraphs = [noisy(paragraph, dice, swap=12, half=1, drop=1, typo=3) for paragraph in paragraphs]
    elif page.form == "truncated":
        paragraphs = truncated(paragraphs, 0.6)
    elif page.form == "abridged":
        paragraphs = abridged(paragraphs)
    elif page.form == "splice":
        paragraphs = [paragraph for article in articles for paragraph in paragraphs_of(article)]
    elif page.form == "digest":
        title = "一周文摘"
        paragraphs = ["编者从近日各地报刊里挑出三篇短文，各有各的趣味，原文照登，供读者在周末翻看。"]
        for number, article in zip("一二三", articles):
            paragraphs += [f"{number}、{article.title}（原载{article.source}）", *paragraphs_of(article)]
    return title, paragraphs


def frame(page):
    """Returns the text of a page: its site's frame around body and related block."""
    if page.form.startswith("copy "):
        original = next(p for p in REPOSTS if p.key == page.form.split()[1])
        text = frame(original)
        return traditional(text) if page.key.endswith("-hant.txt") else text
    title, paragraphs = body_of(page)
    return fill(page.key, page.site, ARTICLES[page.articles.split()[0]].source, title, paragraphs, related_of(page))


def fill(key, site, source, title, paragraphs, related):
    dice = Dice("frame " + key)
    fields = {
        "title": title,
        "source": source,
        "cited": dice.below(9),
        "reads": 100 + dice.below(9000),
        "number": 1000 + dice.below(9000),
        "date": f"2023年{1 + dice.below(12)}月{1 + dice.below(28)}日",
        "user": USERS[dice.below(len(USERS))],
    }
    if site == "shiqiao":
        body = "\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
        items = "\n".join(f'<li><a href="/{name}/">{ARTICLES[name].title}</a><p>{html.escape(excerpt(name))}</p></li>' for name in related)
    else:
        indent = "" if site in SLIGHT_FRAMES else "\u3000\u3000"
        body = "\n".join(indent + paragraph for paragraph in paragraphs)
        items = "\n".join(excerpt(name) for name in related)
    text = FRAMES[site].replace("{body}", body).replace("{related}", items)
    for name, value in fields.items():
        text = text.replace("{" + name + "}", str(value))
    return traditional(text).translate(TAIWAN) if site == "wenlan" else text


def page_bytes(page):
    if page.form == "empty":
        return b""
    if page.form == "punctuation":
        return "……\n　　——！？　。，、；：“”《》（）\n* * *\n".encode()
    if page.form == "unreadable":
        blocks = (hashlib.sha256(b"unreadable %d" % n).digest() + bytes(8) for n in range(64))
        return b"\x89BIN\r\n\x1a\n\0\0" + b"".join(blocks)
    return frame(page).encode(page.encoding)


def relations():
    """Yields (kind, a, b, need) for every related pair of the folder scan.

    `may` marks what is true of the texts but which a good answer may leave out.
    """
    pages = [page for page in REPOSTS if page.articles]
    for p, q in itertools.combinations(sorted(pages, key=lambda page: page.key), 2):
        if p.form == "copy " + q.key or q.form == "copy " + p.key:
            yield "identical", p.key, q.key, "must"
            continue
        single = p.form not in TWO_OR_MORE and q.form not in TWO_OR_MORE
        if single and p.articles == q.articles:
            yield "repost", p.key, q.key, "must"
            continue
        found = False
        for a, b in [(p, q), (q, p)]:
            if b.form in TWO_OR_MORE and a.form not in TWO_OR_MORE and a.articles in b.articles.split():
                yield "contained", a.key, b.key, "must"
                found = True
        if found:
            continue
        for a, b in [(p, q), (q, p)]:
            quoted = set(related_of(b)) | ({"dam"} if b.articles == "water-column" else set())
            if quoted & set(a.articles.split()):
                # An excerpt that stands on every page of a site is that site's boilerplate as well.
                sure = b.related != "HOT" and a.form not in TWO_OR_MORE
                yield "excerpt", a.key, b.key, "must" if sure else "may"
                found = True
        if not found and p.site == q.site:
            yield "boilerplate", p.key, q.key, "may" if p.site in SLIGHT_FRAMES else "must"


def table(columns, rows):
    return "".join("\t".join(map(str, row)) + "\n" for row in [columns, *rows]).encode()


PAGE_COLUMNS = ["page", "article", "site", "form", "related", "encoding", "note"]
RELATION_COLUMNS = ["kind", "a", "b", "need"]


def build_reposts(out):
    for page in REPOSTS:
        out["reposts/" + page.key] = page_bytes(page)
    rows = [
        (p.key, p.articles.replace(" ", "+") or "-", p.site or "-", p.form.split()[0], "+".join(related_of(p)) or "-", p.encoding, p.note or "-")
        for p in REPOSTS
    ]
    out["truth/reposts.pages.tsv"] = table(PAGE_COLUMNS, sorted(rows))
    out["truth/reposts.relations.tsv"] = table(RELATION_COLUMNS, sorted(relations()))


def build_templates(out):
    keys = []
    for number, (name, article) in enumerate(SHORT_ARTICLES.items(), start=1):
        key = f"{number:02}-{name}.txt"
        text = fill(key, "yuguan", article.source, article.title, article.paragraphs, [])
        out["templates/" + key] = text.encode()
        keys.append((key, name))
    rows = [(key, name, "yuguan", "full", "-", "utf-8", "-") for key, name in keys]
    out["truth/templates.pages.tsv"] = table(PAGE_COLUMNS, rows)
    pairs = itertools.combinations([key for key, _ in keys], 2)
    out["truth/templates.relations.tsv"] = table(RELATION_COLUMNS, [("boilerplate", a, b, "must") for a, b in pairs])


LETTERS = [
    ("Mr Alder", "40117", "3 March", "garden bench", "Pellow", "June", "129", "10", "Ruth Dunmore"),
    ("Mrs Okonjo", "40352", "9 March", "copper kettle", "Pellow", "May", "46", "5", "Ruth Dunmore"),
    ("Dr Vance", "41208", "2 April", "reading lamp", "Stenwick", "July", "83", "10", "Piet Maas"),
    ("Ms Ferreira", "41977", "21 April", "wool blanket", "Stenwick", "September", "64", "5", "Joan Lisle"),
]
LETTER_FIELDS = ["name", "order", "date", "item", "town", "month", "sum", "voucher", "clerk"]
BULLETINS = [
    ("2021", "栾川东区", "184.6 5.2 21.3 2.8 77.9 6.1 85.4 5.0 32.7 14.9 22.8 6.4 143 12.5 7.3 69.8 9.6 58.2 4.4 36.1 57.3 29,480 8.1"),
    ("2022", "栾川东区", "193.1 4.1 22.5 3.3 80.6 4.7 90.0 3.8 33.4 15.6 23.9 7.7 151 11.8 -5.6 71.2 2.0 63.5 9.1 36.4 58.8 31,016 5.2"),
]
ENGLISH_FRAME = """Harbour Gazette Online
Home | News | Weather | Tides | Letters | Archive
{title}
You have read {n} of 5 free articles this month. Subscribe from two pounds a week for unlimited access.
{body}
More from the Gazette: tide tables, ferry times and the small advertisements are printed every Saturday.
The Harbour Gazette is published by Skerrin Press. All characters and places in these pages are invented."""


def record_rows():
    """Yields (line, key, article, form, note) for records.jsonl; key None where no document comes of the line."""

    def record(id, text, **more):
        return json.dumps({"id": id, "text": text, **more}, ensure_ascii=False)

    lines = RECORDS["lines"].strip().split("\n\n")
    for number, text in enumerate(lines, start=1):
        yield record(f"line-{number}", text), f"line-{number}", f"line-{number}", "full", "short text, unlike the others"
    yield record("line-1-again", lines[0]), "line-1-again", "line-1", "copy", "equal to line-1, byte for byte"
    wide = traditional(lines[1]).replace("\n", "\u3000").replace("，", " , ")
    yield record("line-2-hant", wide), "line-2-hant", "line-2", "copy", "line-2 in traditional characters, spaced and punctuated otherwise"
    for number, values in enumerate(LETTERS, start=1):
        text = RECORDS["letter"].strip().format(**dict(zip(LETTER_FIELDS, values)))
        yield record(f"letter-{number}", text), f"letter-{number}", f"letter-{number}", "form", "one form letter, other names and numbers"
    english = {name: RECORDS[name].strip().split("\n") for name in ("lighthouse", "bakery")}
    for n, (name, (title, _, *body)) in enumerate(english.items(), start=2):
        text = ENGLISH_FRAME.format(title=title, n=n, body="\n".join(body))
        yield record(f"gazette-{name}", text), f"gazette-{name}", name, "full", "English article in the Gazette's frame"
    title, source, *body = english["lighthouse"]
    text = "\n\n".join([title.upper(), "Reprinted from the " + source, *body])
    text = text.replace('"', "'").replace("Mrs ", "Ms. ").replace("nine miles", "9 miles").replace(", it be placed", " it be put")
    yield record("reprint-lighthouse", text), "reprint-lighthouse", "lighthouse", "noisy", "English repost without the frame, lightly edited"
    yield '{"id": "broken", "text": "这一行没有写完', None, "-", "broken", "not JSON: expected in `skipped` with its line"
    yield json.dumps({"id": "no-text", "title": "只有标题"}, ensure_ascii=False), None, "-", "no text", "no text field: expected in `skipped`"
    orchard = ARTICLES["orchard"]
    plain = "\n".join([orchard.title, *orchard.paragraphs])
    yield record("orchard", plain), "orchard", "orchard", "full", "Chinese article without a frame"
    yield record("orchard-copy", noisy(plain, Dice("orchard-copy"))), "orchard-copy", "orchard", "noisy", "repost with noise"
    well = ARTICLES["well"]
    yield record("orchard", "\n".join([well.title, *well.paragraphs])), None, "well", "full", "its id is taken: reported and made unique, never merged"
    yield json.dumps({"text": "\n".join([well.title, *truncated(well.paragraphs, 0.7)])}, ensure_ascii=False), None, "well", "truncated", "no id: the key is file:line"
    for year, place, figures in BULLETINS:
        fields = dict(zip("abcdefghijklmnopqrstuvw", figures.split()), year=year, place=place)
        key = f"bulletin-{year}"
        yield record(key, RECORDS["bulletin"].strip().format(**fields)), key, key, "form", "statistics: mostly numbers, and these differ"
    yield record("empty", ""), "empty", "-", "empty", "no text: like nothing"
    yield record("dots", "……。。。 --- ！！"), "dots", "-", "punctuation", "nothing to compare"
    yield record("no-newline", "这是最后一条记录，文件在它之后没有换行。"), "no-newline", "no-newline", "full", "last line of the file, without a newline"


def build_records(out):
    rows = list(record_rows())
    data = "\n".join(row[0] for row in rows).encode()
    out["records.jsonl"] = data
    out["records.jsonl.zst"] = zstandard(data)
    pages = [(number, key or "-", article, form, note) for number, (_, key, article, form, note) in enumerate(rows, start=1)]
    out["truth/records.pages.tsv"] = table(["line", "page", "article", "form", "note"], pages)
    found = [
        ("identical", "line-1", "line-1-again", "must"),
        ("identical", "line-2", "line-2-hant", "must"),
        ("repost", "gazette-lighthouse", "reprint-lighthouse", "must"),
        ("repost", "orchard", "orchard-copy", "must"),
        ("repost", f"line:{line_of(rows, 'its id is taken')}", f"line:{line_of(rows, 'no id')}", "must"),
        ("boilerplate", "bulletin-2021", "bulletin-2022", "may"),
        ("boilerplate", "gazette-bakery", "gazette-lighthouse", "may"),
    ]
    found += [("boilerplate", a, b, "may") for a, b in itertools.combinations([f"letter-{n}" for n in range(1, 5)], 2)]
    out["truth/records.relations.tsv"] = table(RELATION_COLUMNS, sorted(found))


def line_of(rows, note):
    return next(number for number, row in enumerate(rows, start=1) if row[4].startswith(note))


def zstandard(data):
    """Returns a Zstandard frame (RFC 8878) of raw blocks: valid for every reader, and the same bytes everywhere."""
    out = [b"\x28\xb5\x2f\xfd", struct.pack("<BI", 0b1010_0000, len(data))]
    step = 1 << 16
    for at in range(0, len(data), step):
        block = data[at : at + step]
        last = at + step >= len(data)
        out += [struct.pack("<I", len(block) << 3 | last)[:3], block]
    return b"".join(out)


def build():
    out = {}
    build_reposts(out)
    build_templates(out)
    build_records(out)
    return out


def committed():
    """Returns the paths of all files that stand where built files go."""
    for name in BUILT:
        path = HERE / name
        yield from (p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path] * path.exists()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the built files are out of date")
    check = parser.parse_args().check
    wanted = {HERE / name: data for name, data in build().items()}
    stale = [path for path in committed() if path not in wanted]
    changed = [path for path, data in wanted.items() if not path.is_file() or path.read_bytes() != data]
    if check:
        for path in sorted(stale + changed):
            print(f"out of date: {path.relative_to(HERE.parent)}", file=sys.stderr)
        if stale or changed:
            print("run `python3 samples/make.py` and commit what it writes", file=sys.stderr)
        return 1 if stale or changed else 0
    for path in stale:
        path.unlink()
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[path])
    print(f"{len(wanted)} files, {len(changed)} written, {len(stale)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
