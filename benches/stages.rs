//! What each stage costs by itself, and a whole scan: `cargo bench`, or `cargo bench -- minhash` for one.
//!
//! Bytes a second are bytes of the text a stage's input was made from, so that stages can be compared with each other.

use std::fmt;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tongwen::normalise;
use tongwen::pipeline::{self, Silent};
use tongwen::segment::{Segmenter, Token};
use tongwen::settings::{AnalysisSettings, RunSettings, Settings, TokenKind};
use tongwen::shared::SharedCounter;
use tongwen::shingle::{Shingler, Shingles, shingles};
use tongwen::sketch::{minhash::MinHasher, simhash::simhash};

fn main() {
    divan::main();
}

const CHINESE: [&str; 20] = [
    "湖边的茶馆从早上六点开到夜里十点，雨天也不关门。",
    "老人把三把旧椅子搬到门口，等着修伞的师傅。",
    "去年冬天的雪压断了村口那棵枣树的一根枝。",
    "图书馆二楼新添了两百多册地方志，读者可以借阅三十天。",
    "渔船在凌晨四点离港，中午以前带着鲈鱼回来。",
    "他说这条路修了八年，最难的一段是过河的桥。",
    "学校的合唱队每逢周三在礼堂练习，一共有四十七人。",
    "气象台预计明天下午有雷阵雨，气温降到十九度。",
    "她在信里写道，山上的杜鹃比往年早开了十天。",
    "面馆的老板只卖三种面，卖完就收摊。",
    "工程师检查了大坝的十二道闸门，没有发现裂缝。",
    "孩子们沿着铁轨旁边的小路，一直走到旧车站。",
    "这家工厂生产自行车的链条，一半销往国外。",
    "博物馆的屋顶漏水，几幅画暂时移到地下室。",
    "清晨的市场里，卖豆腐的和卖花的总是挨在一起。",
    "研究人员在湖底取出一段五米长的泥芯，记录了九千年的气候。",
    "邮递员认得镇上每一条狗，也记得它们的名字。",
    "新的公共汽车线路经过医院、中学和两个居民区。",
    "戏台拆掉以后，木料被用来修了村里的仓库。",
    "他们决定把苹果留到春节，那时价钱会好一些。",
];

const ENGLISH: [&str; 20] = [
    "The tea house by the lake opens at six and closes at ten, even in the rain.",
    "An old man carried three chairs to the door and waited for the umbrella mender.",
    "Last winter's snow broke a branch of the tree at the edge of the village.",
    "The library has two hundred new volumes of local history on its second floor.",
    "Fishing boats leave the harbour at four in the morning and return before noon.",
    "He said that the road took eight years, and the bridge was the hardest part of it.",
    "The school choir rehearses in the hall on Wednesdays; it has forty-seven members.",
    "Thunderstorms are expected tomorrow afternoon, and it will be 19 degrees at most.",
    "She wrote that the azaleas on the mountain bloomed ten days earlier than usual.",
    "The noodle shop sells three kinds of noodles and shuts when they are gone.",
    "Engineers looked at all twelve gates of the dam and did not find a crack.",
    "The children followed the path beside the railway as far as the old station.",
    "This factory makes bicycle chains, and half of them are sold abroad.",
    "Water came through the museum's roof, so some paintings were moved downstairs.",
    "At dawn the tofu seller and the flower seller always stand side by side.",
    "A five-metre core from the bottom of the lake records 9,000 years of climate.",
    "The postman knows every dog in town and remembers what each of them is called.",
    "A new bus line passes the hospital, the middle school and two housing estates.",
    "When the stage was taken down, its timber was used to repair the village barn.",
    "They decided to keep the apples until spring, when the price would be better.",
];

/// A language and a length in characters.
#[derive(Clone, Copy)]
struct Kind(&'static str, &'static [&'static str], usize);

const KINDS: [Kind; 4] = [
    Kind("Chinese, short", &CHINESE, 200),
    Kind("Chinese, long", &CHINESE, 5000),
    Kind("English, short", &ENGLISH, 200),
    Kind("English, long", &ENGLISH, 5000),
];

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Kind {
    /// Returns the text of a number: a few characters or words of one sentence after the other, so that two texts have
    /// their vocabulary in common and little else.
    fn text(self, number: u64) -> String {
        let Self(_, sentences, length) = self;
        let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut draw = |below: usize| {
            // xorshift64*, so that the texts are the same on every machine and in every version.
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
        };
        let (mut text, mut characters) = (String::new(), 0);
        while characters < length {
            let sentence = sentences[draw(sentences.len())];
            let is_border = |&(at, c): &(usize, char)| c == ' ' || !sentence.is_ascii() && at % 6 == 0;
            let borders: Vec<usize> = sentence.char_indices().filter(is_border).map(|(at, _)| at).collect();
            let first = draw(borders.len());
            let end = borders.get(first + 1 + draw(3)).copied().unwrap_or(sentence.len());
            let piece = &sentence[borders[first]..end];
            text.extend([piece, if end == sentence.len() && draw(4) == 0 { "\n" } else { "" }]);
            characters += piece.chars().count();
        }
        text
    }

    fn tokens(self, number: u64) -> Vec<Token> {
        let mut tokens = Vec::new();
        Segmenter::new(TokenKind::Char).tokens(&normalise::normalise(&self.text(number)), &mut tokens);
        tokens
    }

    fn shingles(self, number: u64) -> Shingles {
        shingles(&self.tokens(number), TokenKind::Char.default_width())
    }

    fn bytes(self) -> BytesCount {
        BytesCount::of_str(&self.text(1))
    }
}

#[divan::bench(args = KINDS, name = "normalise")]
fn normalise_text(bencher: Bencher, kind: Kind) {
    let (text, mut out) = (kind.text(1), String::new());
    bencher.counter(kind.bytes()).bench_local(|| {
        out.clear();
        normalise::normalise_into(black_box(&text), &mut out);
    });
}

#[divan::bench(args = KINDS)]
fn segment_word(bencher: Bencher, kind: Kind) {
    segment(bencher, kind, TokenKind::Word);
}

#[divan::bench(args = KINDS)]
fn segment_char(bencher: Bencher, kind: Kind) {
    segment(bencher, kind, TokenKind::Char);
}

fn segment(bencher: Bencher, kind: Kind, tokens: TokenKind) {
    let (text, segmenter, mut out) = (normalise::normalise(&kind.text(1)), Segmenter::new(tokens), Vec::new());
    bencher.counter(kind.bytes()).bench_local(|| {
        out.clear();
        segmenter.tokens(black_box(&text), &mut out);
    });
}

#[divan::bench(args = KINDS)]
fn shingle(bencher: Bencher, kind: Kind) {
    let (tokens, mut shingler) = (kind.tokens(1), Shingler::new(TokenKind::Char.default_width()));
    bencher.counter(kind.bytes()).bench_local(|| {
        shingler.push(black_box(&tokens));
        shingler.finish()
    });
}

#[divan::bench(args = KINDS)]
fn minhash(bencher: Bencher, kind: Kind) {
    let AnalysisSettings { slots, seed, .. } = AnalysisSettings::default();
    let (shingles, mut hasher, mut row) = (kind.shingles(1), MinHasher::new(slots, seed), vec![0; slots]);
    bencher.counter(kind.bytes()).bench_local(|| hasher.fill(black_box(shingles.in_order()), &mut row));
}

#[divan::bench(args = KINDS, name = "simhash")]
fn simhash_of_all(bencher: Bencher, kind: Kind) {
    let shingles = kind.shingles(1);
    bencher.counter(kind.bytes()).bench_local(|| simhash(black_box(shingles.in_order()), 1));
}

#[divan::bench(args = KINDS)]
fn verify(bencher: Bencher, kind: Kind) {
    let (a, b, mut counter) = (kind.shingles(1), kind.shingles(2), SharedCounter::default());
    counter.load(a.in_order());
    bencher.counter(kind.bytes()).bench_local(|| counter.count(black_box(b.in_order())));
}

/// Some 2 MB of documents, of which every tenth is the one before with a line more.
#[divan::bench(args = KINDS, consts = [1, 2], sample_count = 5, sample_size = 1)]
fn scan<const THREADS: usize>(bencher: Bencher, kind: Kind) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let paths = [folder.path().join("corpus.jsonl")];
    let (mut lines, mut bytes) = (String::new(), 0u64);
    for number in (1..).take_while(|number| number * kind.text(1).len() as u64 <= 2 << 20) {
        let is_copy = number % 10 == 0;
        let text = if is_copy { format!("{}\n{number}", kind.text(number - 1)) } else { kind.text(number) };
        bytes += text.len() as u64;
        lines += &format!("{}\n", serde_json::json!({"id": number, "text": text}));
    }
    std::fs::write(&paths[0], lines).expect("the folder can be written to");
    let settings = Settings { run: RunSettings { threads: THREADS }, ..Settings::default() };
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| pipeline::scan(&paths, &settings, &Silent).expect("the corpus can be read"));
}
