//! Each relation and the borders between them, on texts that are built to lie on either side.

#[allow(dead_code, reason = "what this crate has no use for, others have")]
mod common;

use std::collections::{BTreeSet, HashSet};
use std::fs;

use tempfile::TempDir;
use tongwen::findings::{Cluster, Findings, RelationKind, SharedBlock};
use tongwen::hash;
use tongwen::normalise::normalise;
use tongwen::pipeline::{Silent, explain, scan};
use tongwen::settings::{AnalysisSettings, RunSettings, Settings, TokenKind};

use common::{Pair, groups, joined, pair, scanned};

use RelationKind::{Contained, Excerpt, Identical, Repost};

// --- texts ---

const NOUNS: &str = "\
    水闸 堤坝 水泵 河床 浮桥 木筏 渔网 缆绳 浮标 锚链 稻种 菜籽 甘蔗 桑叶 蜂箱 蘑菇 药材 农具 秸秆 谷仓 教案 课桌 黑板 考卷 琴键 \
    校车 奖状 食谱 讲台 粉笔 药方 病历 担架 血压 疫苗 药柜 绷带 体温 口罩 轮椅 竹篾 陶罐 瓷片 漆器 铜锁 剪纸 风筝 灯笼 砚台 宣纸 \
    轨道 车厢 车票 站台 轮胎 油箱 路牌 索道 货柜 运费 鸟巢 羽毛 候鸟 芦苇 界碑 苔藓 古树 蝴蝶 标本 化石 账簿 订单 租金 合同 发票 \
    摊位 招牌 柜台 样品 利息 戏服 锣鼓 剧本 胡琴 唢呐 道具 唱片 喇叭 话筒 舞步 族谱 石碑 拓片 日记 地契 牌匾 印章 城墙 驿道 瓦当 \
    电表 风机 电池 锅炉 暖气 阀门 路灯 天线 机房 程序 豆腐 米酒 腊肉 酱缸 糖浆 糕点 调料 蒸笼 泡菜 月饼 星图 气球 雷达 罗盘 棋谱";
const VERBS: &str = "\
    修补 清洗 搬运 测量 记录 核对 拆除 加固 翻新 粉刷 打磨 编织 晾晒 储存 分发 收购 出租 借用 归还 展示 临摹 拍摄 抄写 翻译 校对 \
    装订 种植 嫁接 浇灌 采摘 驯养 看护 观察 追踪 统计 抽查 化验 估算 设计 改造 搭建 安装 调试 更换 淘汰 推广 试用 比较 挑选 研磨 \
    发酵 腌制 烘烤 冷藏 包装 押运 寻找 打捞 发掘 复原 鉴定 收藏 捐赠 拍卖 交换 争论 投票 批准 驳回 申请 公示 资助 学习 模仿 改编 \
    演奏 排练 录制 播放 宣传 邀请 招募 考核 奖励 调解 安置 惦记 谈论 回忆 忽略";
const ADJECTIVES: &str = "\
    陈旧 崭新 古老 狭窄 宽敞 潮湿 干燥 明亮 昏暗 笨重 轻巧 粗糙 光滑 厚实 单薄 结实 松散 整齐 杂乱 安静 喧闹 偏远 冷清 简陋 罕见 \
    完整 残缺 清澈 浑浊 滚烫 冰凉 柔软 坚硬 弯曲 笔直 细密 稀疏 鲜艳 素净 斑驳 空荡 拥挤 低矮 高耸 平坦 陡峭 便宜 昂贵 透明 乌黑 \
    雪白 暗红 青灰 翠绿 金黄 扁平 沉闷 清脆 悠长 缓慢 精巧 朴素 古怪 熟悉";
const SPOTS: &str = "\
    河滩 码头 仓库 阁楼 院子 田埂 山坡 井边 桥下 巷口 车站 渡口 操场 礼堂 走廊 地窖 厨房 屋檐 墙角 后院 路边 堤上 船舱 工棚 磨坊 \
    祠堂 戏台 粮站 学校 医院 展厅 书房 车间 料场 鱼塘 果园 茶山 竹林 草甸 冰面 沙丘 盐田 矿洞 隧道 屋顶 晒场 哨所 灯塔 集市 邮局 \
    茶馆 澡堂";
const TIMES: &str = "\
    清早 拂晓 正午 黄昏 入夜 深夜 开春 入夏 立秋 入冬 雨季 旱季 汛期 农闲 霜降 寒露 谷雨 小满 惊蛰 芒种 元宵 清明 端午 中秋 重阳 \
    除夕 冬至 月初 月底 年初 周末 雨后 雪后 开饭时 收工时 放学时 打烊时 涨潮时 停电后 散场后";
const SURNAMES: &str = "赵钱孙李周吴郑冯陈沈韩杨朱秦许何吕施张孔曹严魏陶姜谢邹苏潘范彭鲁马苗方袁柳史唐薛雷贺罗毕郝";
const GIVEN: &str =
    "雪梅兰竹菊松柏桐枫桂荷莲芳芸英华国建军民志勇毅诚信义仁德文武学思明亮光辉祖兴昌福康宁安平顺江河海波清泉磊峰岭川";

/// Writes sentences of some 25 characters, of which those of two authors share words and no more.
struct Author {
    seed: u64,
    drawn: u64,
}

impl Author {
    fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    fn number(&mut self) -> usize {
        self.drawn += 1;
        (hash::number(self.drawn, self.seed) >> 32) as usize
    }

    fn of(&mut self, words: &'static str) -> &'static str {
        let count = words.split_whitespace().count();
        words.split_whitespace().nth(self.number() % count).unwrap()
    }

    fn person(&mut self) -> String {
        let drawn =
            |characters: &str, number: usize| characters.chars().nth(number % characters.chars().count()).unwrap();
        [SURNAMES, GIVEN, GIVEN].map(|characters| drawn(characters, self.number())).iter().collect()
    }

    fn sentence(&mut self) -> String {
        let [noun, other, third] = [NOUNS; 3].map(|words| self.of(words));
        let [verb, second] = [VERBS; 2].map(|words| self.of(words));
        let [adjective, softer] = [ADJECTIVES; 2].map(|words| self.of(words));
        let (spot, time, person) = (self.of(SPOTS), self.of(TIMES), self.person());
        match self.number() % 6 {
            0 => format!("{time}，{person}在{spot}{verb}{adjective}的{noun}，{other}{second}到了{softer}的{third}旁。"),
            1 => {
                format!("{spot}的{noun}{adjective}，{person}{verb}它，又{second}{other}，{time}还有{softer}的{third}。")
            }
            2 => format!("“{noun}比{other}{adjective}。”{person}{time}{verb}{third}，{spot}上{second}得{softer}。"),
            3 => format!(
                "{person}说，{time}{verb}的{noun}，{second}起来{adjective}，{spot}里{other}和{third}都{softer}。"
            ),
            4 => format!("没人{verb}{spot}的{noun}；{time}{person}{second}{adjective}{other}，换来{softer}的{third}。"),
            _ => format!("{adjective}的{noun}{time}{verb}在{spot}，{person}把{other}{second}成{softer}{third}。"),
        }
    }

    fn sentences(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.sentence()).collect()
    }
}

/// Sentences as paragraphs of four.
fn prose(sentences: &[String]) -> String {
    sentences.chunks(4).map(<[String]>::concat).collect::<Vec<_>>().join("\n")
}

/// Article `number`, of so many sentences.
fn article(number: u64, sentences: usize) -> String {
    prose(&Author::new(number).sentences(sentences))
}

fn characters(text: &str) -> usize {
    normalise(text).chars().filter(|c| c.is_alphanumeric()).count()
}

fn opening(text: &str, length: usize) -> String {
    text.replace('\n', "  ").chars().take(length).collect()
}

/// A site in whose frame articles stand.
struct Site {
    name: String,
    declaration: String,
    service: String,
}

impl Site {
    fn new(number: u64) -> Self {
        let mut author = Author::new(1_000_000 + number);
        let name = format!("{}{}网", author.person(), author.of(SPOTS));
        let (declaration, service) = (author.sentences(3).concat(), author.sentences(2).concat());
        Self { name, declaration, service }
    }

    /// A page with an article, its fields by `number`, and the openings of others below it.
    fn page(&self, number: usize, text: &str, related: &[String]) -> String {
        let Self { name, declaration, service } = self;
        let related: String = related.iter().map(|opening| format!("{opening}\n")).collect();
        format!(
            "来源：{name} | 被引量：{}次 | 上传用户：书友{number}\n登录{name}后可下载全文\n声明：{declaration}\n{text}\n\
             其他文献\n{related}{service}\n{name} 版权所有 联系我们 网站地图\n",
            number * 7 % 30
        )
    }
}

// --- scans ---

type Page = (String, String);

fn page(key: impl Into<String>, text: impl Into<String>) -> Page {
    (key.into(), text.into())
}

fn saved(pages: &[Page]) -> TempDir {
    let record = |(id, text): &Page| format!("{}\n", serde_json::json!({"id": id, "text": text}));
    saved_records(&pages.iter().map(record).collect::<String>())
}

/// Saves records, one a line.
fn saved_records(records: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pages.jsonl"), records).unwrap();
    folder
}

fn found(pages: &[Page], analysis: &AnalysisSettings) -> Findings {
    scanned(saved(pages).path(), analysis)
}

fn both_kinds_of_tokens() -> [AnalysisSettings; 2] {
    [TokenKind::Word, TokenKind::Char].map(|tokens| AnalysisSettings {
        tokens,
        width: tokens.default_width(),
        ..AnalysisSettings::default()
    })
}

/// Returns how two documents are related, each relation with its `a`.
fn related<'f>(findings: &'f Findings, one: &str, other: &str) -> Vec<(RelationKind, &'f str)> {
    let of_pair = findings.relations.iter().filter(|relation| pair(&relation.a, &relation.b) == pair(one, other));
    of_pair.map(|relation| (relation.kind, relation.a.as_str())).collect()
}

/// Returns how two documents are related. Each may quote the other; any other relation is listed once.
fn kind(findings: &Findings, one: &str, other: &str) -> Option<RelationKind> {
    let related = related(findings, one, other);
    assert!(related.len() < 2 || related.len() == 2 && related.iter().all(|(kind, _)| *kind == Excerpt), "{related:?}");
    related.first().map(|(kind, _)| *kind)
}

/// Returns the keys of each boilerplate cluster, and the blocks they share.
fn templates(findings: &Findings) -> Vec<(Vec<&str>, &[SharedBlock])> {
    let templates = findings.clusters.iter().filter_map(|cluster| match cluster {
        Cluster::Boilerplate { members, blocks } => Some((members, blocks)),
        Cluster::Repost { .. } => None,
    });
    templates.map(|(members, blocks)| (members.iter().map(|page| page.key.as_str()).collect(), &blocks[..])).collect()
}

/// Returns the pages of one template, if there is no other.
fn only_template(findings: &Findings) -> Vec<&str> {
    let mut templates = templates(findings);
    assert_eq!(templates.len(), 1, "{templates:?}");
    templates.remove(0).0
}

fn keys(pages: &[Page]) -> BTreeSet<&str> {
    pages.iter().map(|(key, _)| key.as_str()).collect()
}

/// Pages that have nothing to do with the others, so that these are not all there is.
fn strangers() -> Vec<Page> {
    (0..6).map(|n| page(format!("stranger {n}"), article(900 + n, 24))).collect()
}

fn among_strangers(pages: impl IntoIterator<Item = Page>) -> Vec<Page> {
    pages.into_iter().chain(strangers()).collect()
}

// --- the four rows ---

/// Jaccard similarity of whole pages by five characters.
fn raw(a: &str, b: &str) -> f64 {
    let set = |text: &str| -> HashSet<Vec<char>> {
        let letters: Vec<char> = normalise(text).chars().filter(|c| c.is_alphanumeric()).collect();
        letters.windows(5).map(<[char]>::to_vec).collect()
    };
    let (a, b) = (set(a), set(b));
    let shared = a.intersection(&b).count();
    shared as f64 / (a.len() + b.len() - shared) as f64
}

#[test]
fn what_whole_pages_rank_upside_down_is_told_apart() {
    // Articles of some 2,200 characters, and the openings of ten others below each, nine of 200 characters.
    let site = Site::new(1);
    let long = |number: u64| article(number, 80);
    let openings = |page: u64| -> Vec<String> {
        let mut others: Vec<u64> = (0..40).filter(|&other| other != page).collect();
        others.sort_by_key(|&other| hash::number(other, page));
        let opening = |(n, &other): (usize, &u64)| opening(&long(other), if n < 9 { 200 } else { 90 });
        others.iter().take(10).enumerate().map(opening).collect()
    };
    let mut pages: Vec<Page> =
        (0..40).map(|n| page(format!("site {n}"), site.page(n, &long(n as u64), &openings(n as u64)))).collect();
    let again = site.page(50, &long(0), &openings(41));
    let [one, other] = [0, 1].map(|n| site.page(60 + n, &article(200 + n as u64, 16), &openings(42)));
    let quoted = (1..40).find(|&other| pages[0].1.contains(&opening(&long(other), 200))).unwrap();
    let rows = [
        raw(&one, &other),
        raw(&pages[1].1, &long(1)),
        raw(&pages[0].1, &again),
        raw(&opening(&long(quoted), 200), &long(quoted)),
    ];
    assert!(rows.is_sorted_by(|a, b| a > b), "compared whole, two different articles are most alike: {rows:?}");
    pages.push(page("again", again));
    pages.push(page("clean", long(1)));
    pages.push(page("one", one));
    pages.push(page("other", other));

    for analysis in both_kinds_of_tokens() {
        let findings = found(&pages, &analysis);
        assert_eq!(joined(&findings), BTreeSet::from([pair("site 0", "again"), pair("site 1", "clean")]));
        assert!(findings.relations.iter().all(|relation| relation.kind != Repost || relation.resemblance > 0.9));
        let quoted = format!("site {quoted}");
        assert_eq!(related(&findings, &quoted, "site 0"), [(Excerpt, quoted.as_str())]);
        assert_eq!(kind(&findings, "one", "other"), None);
        let of_site = only_template(&findings);
        assert!(of_site.contains(&"one") && of_site.contains(&"other") && !of_site.contains(&"clean"), "{of_site:?}");
        let settings = Settings { analysis, ..Settings::default() };
        let explained =
            explain(&[saved(&pages).path().to_owned()], Some(["one", "other"]), &settings, &Silent).unwrap();
        assert!(explained.evidence.resemblance < 0.1, "{:?}", explained.evidence);
    }
}

// --- borders ---

/// Two texts of forty sentences each, of which they share so many in a row.
fn sharing(shared: usize) -> [Page; 2] {
    let common = Author::new(1).sentences(shared);
    let [one, other] = [2, 3].map(|author| Author::new(author).sentences(40 - shared));
    let middle = (40 - shared) / 2;
    let other = [&other[..middle], &common, &other[middle..]].concat();
    [page("one", prose(&[common, one].concat())), page("other", prose(&other))]
}

/// An article of so many sentences, and a page that has the first `kept` of them among so many others.
fn inside(sentences: usize, kept: usize, others: usize) -> [Page; 2] {
    let article = Author::new(1).sentences(sentences);
    let others = Author::new(2).sentences(others);
    // Its paragraphs are others than those of the article.
    let middle = others.len() / 8 * 4 + 1;
    let larger = [&others[..middle], &article[..kept], &others[middle..]].concat();
    [page("article", prose(&article)), page("larger", prose(&larger))]
}

#[test]
fn a_change_of_marks_and_forms_leaves_the_text_identical_and_a_changed_word_does_not() {
    let text = article(1, 20);
    let marks = text.replace('，', ", ").replace('。', "．").replace("钥匙", "鑰匙").replace("的", "的 ");
    let word = text.replacen("的", "底", 1);
    for analysis in both_kinds_of_tokens() {
        let pages = among_strangers([page("text", &text), page("marks", &marks), page("word", &word)]);
        let findings = found(&pages, &analysis);
        assert_eq!(kind(&findings, "text", "marks"), Some(Identical));
        assert_eq!(groups(&findings).len(), 1);
        let listed: Vec<RelationKind> = findings.relations.iter().map(|relation| relation.kind).collect();
        assert_eq!(listed, [Identical, Repost]);
    }
}

#[test]
fn two_texts_repost_each_other_from_half_of_both_on() {
    for analysis in both_kinds_of_tokens() {
        for (shared, expected) in [(40, Identical), (30, Repost), (21, Repost), (19, Excerpt), (6, Excerpt)] {
            let findings = found(&among_strangers(sharing(shared)), &analysis);
            assert_eq!(kind(&findings, "one", "other"), Some(expected), "{shared} of 40, {:?}", analysis.tokens);
        }
        let findings = found(&among_strangers(sharing(0)), &analysis);
        assert!(findings.relations.is_empty() && findings.clusters.is_empty());
    }
}

#[test]
fn the_share_that_makes_a_repost_is_a_setting() {
    let pages = among_strangers(sharing(24));
    for (overlap, expected) in [(0.55, Repost), (0.65, Excerpt)] {
        let findings = found(&pages, &AnalysisSettings { overlap, ..AnalysisSettings::default() });
        assert_eq!(kind(&findings, "one", "other"), Some(expected), "{overlap}");
    }
    // With no other way to be a repost, resemblance decides: 32 of 40 shared are two thirds of all.
    let pages = among_strangers(sharing(32));
    for (threshold, expected) in [(0.6, Repost), (0.72, Contained)] {
        let analysis = AnalysisSettings { threshold, overlap: 1.0, ..AnalysisSettings::default() };
        assert_eq!(kind(&found(&pages, &analysis), "one", "other"), Some(expected), "{threshold}");
    }
}

#[test]
fn an_article_inside_a_page_is_reposted_from_a_third_of_the_page_on_and_contained_below() {
    for analysis in both_kinds_of_tokens() {
        for (others, expected) in [(10, Repost), (35, Repost), (40, Contained), (200, Contained)] {
            let findings = found(&among_strangers(inside(20, 20, others)), &analysis);
            assert_eq!(
                related(&findings, "article", "larger"),
                [(expected, "article")],
                "{others}, {:?}",
                analysis.tokens
            );
            assert_eq!(groups(&findings).len(), usize::from(expected == Repost));
        }
    }
}

#[test]
fn an_abridged_copy_in_a_longer_page_is_a_repost_where_little_of_it_is_gone() {
    for analysis in both_kinds_of_tokens() {
        for (kept, expected) in [(36, Repost), (32, Contained)] {
            let findings = found(&among_strangers(inside(40, kept, 56)), &analysis);
            assert_eq!(
                related(&findings, "article", "larger"),
                [(expected, "article")],
                "{kept} of 40, {:?}",
                analysis.tokens
            );
        }
    }
}

#[test]
fn an_article_is_contained_from_three_quarters_of_it_on_and_quoted_below() {
    for analysis in both_kinds_of_tokens() {
        for (kept, expected) in [(40, Contained), (31, Contained), (28, Excerpt), (8, Excerpt)] {
            let findings = found(&among_strangers(inside(40, kept, 160)), &analysis);
            assert_eq!(kind(&findings, "article", "larger"), Some(expected), "{kept} of 40, {:?}", analysis.tokens);
        }
    }
    let pages = among_strangers(inside(40, 34, 160));
    for (containment, expected) in [(0.8, Contained), (0.9, Excerpt)] {
        let analysis = AnalysisSettings { containment, ..AnalysisSettings::default() };
        assert_eq!(kind(&found(&pages, &analysis), "article", "larger"), Some(expected), "{containment}");
    }
}

/// A code of so many articles, each of which ends in the same words.
fn code(articles: usize) -> String {
    let mut author = Author::new(7300);
    let article = |_| {
        format!(
            "{}处三年以下有期徒刑、拘役或者管制；情节严重的，处三年以上十年以下有期徒刑，并处罚金或者没收财产；单位有上述行为的，对单位判处罚金。",
            author.sentence().replace('。', "的，")
        )
    };
    (0..articles).map(article).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_phrase_that_recurs_in_a_code_makes_no_repost_of_a_few_articles_of_it() {
    for analysis in both_kinds_of_tokens() {
        // Whichever of the two is looked up in the other.
        for whole in ["a code", "the code"] {
            let findings = found(&among_strangers([page("amendment", code(4)), page(whole, code(24))]), &analysis);
            assert_eq!(related(&findings, "amendment", whole), [(Contained, "amendment")], "{:?}", analysis.tokens);
        }
    }
}

#[test]
fn a_page_that_shows_its_article_twice_reposts_it() {
    for analysis in both_kinds_of_tokens() {
        let twice = format!("{}\n{}\n{}", article(1, 20), article(2, 10), article(1, 20));
        let findings = found(&among_strangers([page("article", article(1, 20)), page("twice", twice)]), &analysis);
        assert_eq!(kind(&findings, "article", "twice"), Some(Repost), "{:?}", analysis.tokens);
    }
}

#[test]
fn a_few_words_inside_a_page_are_no_article_that_it_contains() {
    for analysis in both_kinds_of_tokens() {
        let findings = found(&among_strangers(inside(1, 1, 40)), &analysis);
        assert_ne!(kind(&findings, "article", "larger"), Some(Contained), "{:?}", analysis.tokens);
        assert_eq!(joined(&findings), BTreeSet::new());
    }
}

/// An article, and a page of its own that quotes its opening in a block of such.
fn with_block(length: usize) -> Vec<Page> {
    let quoted = article(1, 40);
    let block: Vec<String> =
        std::iter::once(opening(&quoted, length)).chain((0..4).map(|n| opening(&article(50 + n, 20), 200))).collect();
    let quoter = format!("{}\n相关阅读\n{}", article(2, 40), block.join("\n"));
    among_strangers([page("article", quoted), page("quoter", quoter)])
}

#[test]
fn an_opening_in_a_block_of_related_articles_is_an_excerpt_from_forty_characters_on() {
    for analysis in both_kinds_of_tokens() {
        for (length, expected) in [(200, Some(Excerpt)), (50, Some(Excerpt)), (38, None), (12, None)] {
            let findings = found(&with_block(length), &analysis);
            assert_eq!(kind(&findings, "article", "quoter"), expected, "{length}, {:?}", analysis.tokens);
            assert_eq!(joined(&findings), BTreeSet::new());
        }
    }
}

#[test]
fn an_opening_that_ends_with_a_paragraph_is_an_excerpt_where_it_joins_two_and_stands_on_many_pages() {
    let quoted = Author::new(1).sentences(40);
    let [first, second] = [quoted[..2].concat(), quoted[2..4].concat()];
    let source = format!("{first}\n{second}\n{}", prose(&quoted[4..]));
    let block = format!("相关阅读\n{first}  {second}\n{}", opening(&article(50, 20), 200));
    let mut pages = vec![page("article", source)];
    pages.extend((0..6).map(|n| page(format!("quoter {n}"), format!("{}\n{block}", article(2 + n, 40)))));
    for analysis in both_kinds_of_tokens() {
        let findings = found(&pages, &analysis);
        for n in 0..6 {
            assert_eq!(kind(&findings, "article", &format!("quoter {n}")), Some(Excerpt), "{:?}", analysis.tokens);
        }
        assert_eq!(joined(&findings), BTreeSet::new());
    }
}

#[test]
fn two_pages_that_quote_an_article_which_is_not_there_are_no_sources_of_each_other() {
    let quoted: Vec<String> = (0..4).map(|n| article(50 + n, 20)).collect();
    let quoting = |number: u64, length: usize| {
        let block: String = quoted.iter().map(|text| format!("{}\n", opening(text, length))).collect();
        page(format!("{length}"), format!("{}\n相关阅读\n{block}", article(number, 40)))
    };
    for analysis in both_kinds_of_tokens() {
        let findings = found(&among_strangers([quoting(1, 100), quoting(2, 200)]), &analysis);
        assert_eq!(related(&findings, "100", "200"), [], "{:?}", analysis.tokens);
    }
}

/// An article, and a page in the midst of which so many sentences of it stand.
fn with_quote(sentences: usize) -> (Vec<Page>, usize) {
    let quoted = Author::new(1).sentences(40);
    let passage = &quoted[17..17 + sentences];
    let mut lines = Author::new(2).sentences(40);
    let quote = format!("书里写道：{}", passage.concat());
    lines.splice(18..18, [quote]);
    (among_strangers([page("article", prose(&quoted)), page("quoter", prose(&lines))]), characters(&passage.concat()))
}

#[test]
fn a_passage_in_the_midst_of_a_page_is_an_excerpt_and_a_short_sentence_is_none() {
    for analysis in both_kinds_of_tokens() {
        for (sentences, expected) in [(8, Some(Excerpt)), (3, Some(Excerpt)), (1, None)] {
            let (pages, length) = with_quote(sentences);
            let findings = found(&pages, &analysis);
            assert_eq!(kind(&findings, "article", "quoter"), expected, "{length} characters, {:?}", analysis.tokens);
            assert_eq!(joined(&findings), BTreeSet::new());
        }
    }
}

#[test]
#[ignore = "a line that two pages share, which are otherwise unlike, is taken for their frame"]
fn a_paragraph_that_is_quoted_as_a_line_of_its_own_is_an_excerpt() {
    let quoted = Author::new(1).sentences(40);
    let mut quoter = Author::new(2).sentences(40);
    quoter.splice(20..20, quoted[16..20].to_vec());
    let pages = among_strangers([page("article", prose(&quoted)), page("quoter", prose(&quoter))]);
    for analysis in both_kinds_of_tokens() {
        assert_eq!(kind(&found(&pages, &analysis), "article", "quoter"), Some(Excerpt));
    }
}

// --- other scripts ---

/// Returns a text in the letters of an alphabet: a word in the place of two characters, sentences that begin with a capital one
/// and end in a full stop.
fn in_letters(text: &str, alphabet: &[char]) -> String {
    let word = |pair: &[char]| -> String {
        let code = pair.iter().fold(0, |code, &c| code * 0x1_0000 + c as usize).wrapping_mul(0x9e37_79b9) >> 7;
        (0..4).map(|at| alphabet[code / alphabet.len().pow(at) % alphabet.len()]).collect()
    };
    let sentence = |text: &str| -> String {
        let characters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
        let mut words: Vec<String> = characters.chunks(2).map(word).collect();
        words[0] = words[0].to_uppercase();
        format!("{}. ", words.join(" "))
    };
    let line = |text: &str| text.split_terminator('。').map(sentence).collect::<String>();
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Asserts that a text and what becomes of it are the same.
fn must_be_identical(alphabet: &str, becomes: &dyn Fn(&str) -> String) {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let text = in_letters(&article(1, 12), &alphabet);
    let pages =
        [page("text", &text), page("other", becomes(&text)), page("else", in_letters(&article(2, 12), &alphabet))];
    for analysis in both_kinds_of_tokens() {
        let findings = found(&pages, &analysis);
        assert_eq!(kind(&findings, "text", "other"), Some(Identical), "{}", becomes(&text));
        assert_eq!(findings.relations.len(), 1);
    }
}

#[test]
fn a_text_is_the_same_however_its_script_is_written() {
    let every = |n: usize, mark: char| {
        move |text: &str| -> String {
            let marked = |(at, c): (usize, char)| [Some(c), (c.is_alphabetic() && at % n == 0).then_some(mark)];
            text.chars().enumerate().flat_map(marked).flatten().collect()
        }
    };
    let decomposed = |text: &str| text.replace('가', "\u{1100}\u{1161}").replace('한', "\u{1112}\u{1161}\u{11AB}");
    must_be_identical("가나다라한마바사아자차카타", &decomposed);
    must_be_identical("ابتثجدرسعفقلمنهوي", &every(2, '\u{64E}'));
    must_be_identical("ابتثجدرسعفقلمنهوي", &every(3, 'ـ'));
    must_be_identical("ابتثجدرسعفقلمنهویک", &|text| {
        text.replace('ی', "ي").replace('ک', "ك").replace('ا', "أ")
    });
    must_be_identical("אבגדהוזחטיכלמנ", &every(2, '\u{5B7}'));
    must_be_identical("αβγδεζηθικλμνό", &|text| text.to_uppercase().replace('Ό', "Ο"));
    must_be_identical("абвгдежзиклмно", &|text| text.replace('а', "а\u{301}"));
    must_be_identical("abcçdefgğhıijkl", &|text| text.replace('i', "İ"));
    must_be_identical("abcdeêfghiklm", &|text| text.replace('ê', "e\u{302}"));
}

#[test]
fn one_changed_character_leaves_a_text_without_spaces_the_same_article() {
    for first in ['ꀀ', 'ꦏ', 'ᬅ', 'ก'] {
        let alphabet: Vec<char> = (0..30).filter_map(|at| char::from_u32(first as u32 + at)).collect();
        let text = in_letters(&article(1, 12), &alphabet).replace(' ', "").replace('.', " ");
        let changed = |(at, c)| if at % 60 == 30 && c != ' ' { first } else { c };
        let other: String = text.chars().enumerate().map(changed).collect();
        let joined = joined(&found(&[page("a", &text), page("b", other)], &AnalysisSettings::default()));
        assert_eq!(joined.len(), 1, "{first}");
    }
}

#[test]
fn a_frame_in_one_line_with_the_article_is_told_where_sentences_end_in_full_stops() {
    for alphabet in ["etaoinshrdlu", "оеаинтсрвлкм"] {
        let alphabet: Vec<char> = alphabet.chars().collect();
        let written = |number, sentences| in_letters(&article(number, sentences).replace('\n', ""), &alphabet);
        let (above, below) = (written(100, 3), written(101, 4));
        let of_site = |number: u64| page(format!("{number}"), format!("{above}{}{below}", written(number, 16)));
        let pages: Vec<Page> = (0..10).map(of_site).chain([page("copy", written(3, 16))]).collect();
        let findings = found(&pages, &AnalysisSettings::default());
        assert_eq!(joined(&findings), BTreeSet::from([pair("3", "copy")]));
        assert!(findings.boilerplate.share > 0.2, "{}", findings.boilerplate.share);
    }
}

#[test]
fn abbreviations_and_dates_end_no_sentence_that_others_would_share() {
    let alphabet: Vec<char> = "etaoinshrdlu".chars().collect();
    let page_of = |number: u64| {
        let text = in_letters(&article(number, 12), &alphabet);
        page(format!("{number}"), text.replace(". ", " saw Mr. Brown at Nr. Seven. "))
    };
    let findings = found(&(0..30).map(page_of).collect::<Vec<_>>(), &AnalysisSettings::default());
    assert_eq!((findings.relations.len(), findings.boilerplate.share), (0, 0.0));
}

// --- numbers and names ---

/// A bulletin of forty sentences with a number in every n-th.
fn bulletin(every: usize, issue: usize) -> String {
    let mut sentences = Author::new(1).sentences(40);
    for (at, sentence) in sentences.iter_mut().enumerate().filter(|(at, _)| at % every == 0) {
        let number = 1000 + (issue * 7919 + at * 104_729) % 9000;
        *sentence = sentence.replacen('，', &format!("共计{number}件，"), 1);
    }
    prose(&sentences)
}

#[test]
fn two_issues_of_a_bulletin_that_differ_in_many_numbers_are_no_repost_and_one_corrected_number_is_no_issue() {
    for analysis in both_kinds_of_tokens() {
        for (every, is_repost) in [(40, true), (2, false), (1, false)] {
            let pages = among_strangers((0..2).map(|issue| page(format!("{issue}"), bulletin(every, issue))));
            let joined = joined(&found(&pages, &analysis));
            assert_eq!(!joined.is_empty(), is_repost, "a number in every {every}, {:?}", analysis.tokens);
        }
    }
}

#[test]
fn numbers_beside_each_other_are_compared_though_no_run_goes_on_over_them() {
    let around: Vec<String> = (2..5).map(|author| prose(&Author::new(author).sentences(2))).collect();
    // Every other word is a number, so that no three in a row are the same.
    let forecast = |issue: usize| {
        let number = |at: usize| (issue * 7 + at * 11) % 89 + 2;
        let days = ["今天", "明天", "后天", "周末"].iter().enumerate();
        let days =
            days.map(|(day, name)| format!("{name}{}到{}度，风{}级", number(day), number(day + 9), number(day + 5)));
        days.collect::<Vec<_>>().join("，")
    };
    let issue = |issue: usize| {
        format!("{}{}。{}{}。{}", around[0], forecast(issue), around[1], forecast(issue + 30), around[2])
    };
    let pages = among_strangers([page("1", issue(1)), page("2", issue(2)), page("1 again", issue(1))]);
    let joined = joined(&found(&pages, &AnalysisSettings::default()));
    assert_eq!(joined, BTreeSet::from([pair("1", "1 again")]));
}

#[test]
fn a_text_in_which_numbers_stand_for_others_holds_no_other_of_its_size() {
    // What is left of a bulletin, with other numbers, and its beginning as it was.
    let text = bulletin(1, 1);
    let part = |text: String, share: f64| -> String {
        text.chars().take((text.chars().count() as f64 * share) as usize).collect()
    };
    let pages =
        [page("whole", text.clone()), page("part", part(text, 0.25)), page("other", part(bulletin(1, 2), 0.25))];
    let findings = found(&among_strangers(pages), &AnalysisSettings::default());
    assert_eq!(related(&findings, "part", "whole"), [(RelationKind::Contained, "part")]);
    assert!(related(&findings, "other", "whole").iter().all(|(kind, _)| *kind == Excerpt));
}

#[test]
fn digits_of_any_script_are_numbers() {
    for zero in ['0', '٠', '۰', '०', '๐', '០', '０'] {
        let digit = |c: char| match c.to_digit(10) {
            Some(value) => char::from_u32(zero as u32 + value).unwrap(),
            None => c,
        };
        let issue = |issue: usize| -> String { bulletin(1, issue).chars().map(digit).collect() };
        let pages = [page("1", issue(1)), page("2", issue(2)), page("1 in ASCII", bulletin(1, 1))];
        let joined = joined(&found(&among_strangers(pages), &AnalysisSettings::default()));
        assert_eq!(joined, BTreeSet::from([pair("1", "1 in ASCII")]), "{zero}");
    }
}

/// An issue of a table of prices, a short line each, with other numbers in each of them.
fn table(rows: usize, issue: usize) -> String {
    let sentences = Author::new(1).sentences(rows);
    let price = |row: usize| 1000 + (issue * 7919 + row * 104_729) % 9000;
    let line = |(row, sentence): (usize, &String)| {
        let words: Vec<char> = sentence.chars().take(24).collect();
        let (before, after) = words.split_at(words.len() / 2);
        format!("{}{}元{}\n", String::from_iter(before), price(row), String::from_iter(after))
    };
    sentences.iter().enumerate().map(line).collect()
}

#[test]
fn two_issues_of_a_table_in_short_lines_are_no_repost_and_a_copy_of_one_is() {
    for analysis in both_kinds_of_tokens() {
        for rows in [2, 3, 6, 15, 40] {
            let mut pages: Vec<Page> = (0..6).map(|issue| page(format!("{issue}"), table(rows, issue))).collect();
            pages.push(page("copy", format!("{}来源：本地物价局", table(rows, 4))));
            let joined = joined(&found(&pages, &analysis));
            assert_eq!(joined, BTreeSet::from([pair("4", "copy")]), "{rows}, {:?}", analysis.tokens);
        }
    }
}

#[test]
fn counts_at_the_ends_of_lines_above_an_article_in_one_line_make_no_other_issue_of_it() {
    let counted = |n: usize| {
        let counts = [("阅读", 7), ("收藏", 3), ("评论", 5), ("转发", 2), ("点赞", 9)];
        let line = |(what, times): (&str, usize)| format!("本站文章的{what}次数为{}\n", 1000 + n * times);
        counts.map(line).concat() + &article(1, 16)
    };
    for analysis in both_kinds_of_tokens() {
        let pages = among_strangers([11, 64].map(|n| page(format!("{n}"), counted(n))));
        assert_eq!(joined(&found(&pages, &analysis)), BTreeSet::from([pair("11", "64")]), "{:?}", analysis.tokens);
    }
}

#[test]
fn a_number_at_the_end_of_a_long_line_is_part_of_what_it_says_and_at_the_end_of_a_head_it_is_not() {
    let sentences = Author::new(1).sentences(5);
    let (long, last) = (sentences[..4].concat(), &sentences[4]);
    assert!(long.chars().count() > 80);
    let said = |n: u64| page(format!("{n}"), format!("{long}今天的水位是{n}\n{last}"));
    let found_of = |pages: [Page; 2], analysis: &AnalysisSettings| joined(&found(&among_strangers(pages), analysis));
    assert_eq!(found_of([2539, 5672].map(said), &AnalysisSettings::default()), BTreeSet::new());
    let copied =
        |n: u64| page(format!("{n}"), format!("渡口文抄，自称从不漏抄一个字的那一份，本月第{n}\n{long}\n{last}"));
    for analysis in both_kinds_of_tokens() {
        let copies = BTreeSet::from([pair("2539", "5672")]);
        assert_eq!(found_of([2539, 5672].map(copied), &analysis), copies, "{:?}", analysis.tokens);
    }
    // In English a head has as many letters.
    let head = "Posted by Eleanor Whitcombe Ashgrove in Local History and Waterways, filed under Ferries and Boats, page views";
    let told = "The old ferry at the upper landing has been out of the water since the spring, and nobody in the village can \
        say who will caulk it.\nThe ferryman's daughter keeps the rope in her barn and counts the knots in it every autumn, \
        as her father did before her, though she has never crossed the river herself.";
    let pages = [2539, 5672].map(|n| page(format!("{n}"), format!("{head} {n}\n{told}")));
    let copies = BTreeSet::from([pair("2539", "5672")]);
    assert_eq!(found_of(pages, &AnalysisSettings::default()), copies);
}

/// A notice of a tender, whose bidders stand in short lines between two long ones.
fn notice(issue: usize) -> String {
    let sentences = Author::new(1).sentences(8);
    let mut lines = vec![sentences[..4].concat()];
    for bidder in 1..=6 {
        let sum = 1000 + (issue * 7919 + bidder * 104_729) % 9000;
        lines.push(format!("第{bidder}名报价{sum}元，工期{}天", 100 + (issue * 31 + bidder * 17) % 90));
    }
    lines.push(sentences[4..].concat());
    lines.join("\n")
}

#[test]
fn two_notices_that_differ_in_the_numbers_of_short_lines_between_long_ones_are_no_repost() {
    for analysis in both_kinds_of_tokens() {
        let pages = among_strangers((0..2).map(|issue| page(format!("{issue}"), notice(issue))));
        assert_eq!(joined(&found(&pages, &analysis)), BTreeSet::new(), "{:?}", analysis.tokens);
        // Above and below the text they are what a site counts.
        let counted =
            |issue: usize| format!("阅读{issue}次 收藏{}次\n{}\n评论{}条", issue * 7, article(1, 20), issue * 3);
        let pages = among_strangers([11, 64].map(|issue| page(format!("{issue}"), counted(issue))));
        assert_eq!(joined(&found(&pages, &analysis)), BTreeSet::from([pair("11", "64")]), "{:?}", analysis.tokens);
    }
}

/// A page that is a title and what a site puts below each.
fn titled(title: &str) -> String {
    let below = Author::new(1).sentences(2);
    format!("{title}\n1970-01-01\n{}\n{}", below[0], below[1])
}

#[test]
fn two_pages_of_a_title_above_the_same_few_lines_are_no_repost_and_a_copy_in_another_frame_is() {
    for analysis in both_kinds_of_tokens() {
        let titles = ["码头仓库的旧缆绳昨夜被人剪断", "学校礼堂翻新以后重新开放参观"];
        let pages = titles.map(|title| page(title, titled(title)));
        let own = "灯塔下面的小渔港开春要修新堤坝";
        let copies = [("a", titled(own)), ("b", format!("{}\n电话 0571", titled(own)))];
        let pages = among_strangers(pages.into_iter().chain(copies.map(|(key, text)| page(key, text))));
        let found = found(&pages, &analysis);
        assert_eq!(joined(&found), BTreeSet::from([pair("a", "b")]), "{:?}", analysis.tokens);
        let is_part = found.relations.iter().any(|relation| relation.kind == Contained);
        assert!(!is_part, "neither is a part of the other");
    }
}

#[test]
fn a_short_article_under_another_title_is_a_repost_on_another_host() {
    let body = Author::new(1).sentences(2).join("\n");
    let titles = ["码头仓库的旧缆绳昨夜被人剪断", "学校礼堂翻新以后重新开放参观"];
    for analysis in both_kinds_of_tokens() {
        for (hosts, are_one) in [(["a.example", "b.example"], true), (["a.example"; 2], false), (["a", "b"], false)] {
            let copies = [0, 1].map(|n| page(format!("{}/{n}", hosts[n]), format!("{}\n{body}", titles[n])));
            let [a, b] = copies.each_ref().map(|(key, _)| key.clone());
            let expected = if are_one { BTreeSet::from([pair(&a, &b)]) } else { BTreeSet::new() };
            assert_eq!(
                joined(&found_at_addresses(&among_strangers(copies), &analysis)),
                expected,
                "{hosts:?} {:?}",
                analysis.tokens
            );
        }
    }
}

#[test]
fn a_short_article_below_another_name_and_day_is_a_repost() {
    let signed = |person: &str, day: &str| format!("{person} {day}\n{}", Author::new(3).sentences(4).join("\n"));
    for analysis in both_kinds_of_tokens() {
        let copies = [
            ("a", signed("渡口日报 记者陈晓报道", "2019-05-12 18:30")),
            ("b", signed("周岚整理于南浦书站", "2021/11/08 07:41")),
        ];
        let pages = among_strangers(copies.map(|(key, text)| page(key, text)));
        assert_eq!(joined(&found(&pages, &analysis)), BTreeSet::from([pair("a", "b")]), "{:?}", analysis.tokens);
    }
}

#[test]
fn parts_of_a_series_whose_titles_have_its_name_in_common_are_no_reposts_of_each_other() {
    let below = Author::new(8_100).sentences(9).concat();
    let part = |title: &str, number: u64| {
        let (own, foot) =
            (Author::new(8_101 + number).sentences(6).concat(), ["下载收听", "返回听书目录"][number as usize]);
        page(title, format!("{title}\n{own}\n{below}\n{foot}"))
    };
    for analysis in both_kinds_of_tokens() {
        let titles = [
            [
                "第三回 桥头借火的来客天没亮就走了，谁也没有看见｜渡口老船工与他的旧木箱",
                "听书目录 秋天的信寄到山里已经晚了，水也退了 - 渡口老船工与他的旧木箱",
            ],
            ["渡口新村河边的旧房子出售，南北都有窗户", "渡口新村河边的旧房子出售，靠近码头朝南"],
        ];
        for [first, second] in titles {
            let pages = [part(first, 0), part(second, 1)];
            assert_eq!(joined(&found(&among_strangers(pages), &analysis)), BTreeSet::new(), "{:?}", analysis.tokens);
        }
    }
}

#[test]
fn a_version_that_is_brought_up_to_date_throughout_is_one_change() {
    let manual = |version: &str| {
        let sentences = Author::new(1).sentences(20).into_iter();
        sentences.map(|sentence| sentence.replacen('，', &format!("（第{version}版），"), 1)).collect::<Vec<_>>()
    };
    for analysis in both_kinds_of_tokens() {
        let pages = ["3571", "4682"].map(|version| page(version, prose(&manual(version))));
        assert_eq!(joined(&found(&among_strangers(pages), &analysis)).len(), 1, "{:?}", analysis.tokens);
    }
}

/// A letter of a storehouse, the parts of its body with `between` between them.
fn letter(number: u64, between: &str) -> String {
    let mut author = Author::new(7000 + number);
    let [sum, rest, account] = [(); 3].map(|()| 1000 + author.number() % 90_000);
    let (month, day, hour) = (1 + author.number() % 12, 1 + author.number() % 28, 8 + author.number() % 10);
    let (person, spot, noun, other) = (author.person(), author.of(SPOTS), author.of(NOUNS), author.of(NOUNS));
    format!(
        "尊敬的{person}：\n您好！您于{month}月{day}日在{spot}寄存的{noun}（编号{account}）已经验收，应付保管费{sum}元，尚欠{rest}元。{between}\
         请您在{day}日{hour}时以前携带本通知到{spot}的柜台办理手续；如由他人代办，请出示您的证件和{other}的清单。{between}\
         逾期{hour}天未领的{noun}，我们将按合同第{day}条移交仓库，每天另收{month}元。\n感谢您对我们工作的支持，祝您生活愉快。\n"
    )
}

/// Asserts that of twelve letters none is joined with another, and one with its copy.
fn must_not_join_letters(between: &str, analysis: &AnalysisSettings) {
    let mut pages: Vec<Page> = (0..12).map(|n| page(format!("letter {n:02}"), letter(n, between))).collect();
    pages.push(page("copy", letter(5, between).replace('，', ", ")));
    let joined = joined(&found(&pages, analysis));
    assert_eq!(joined, BTreeSet::from([pair("letter 05", "copy")]), "{:?}", analysis.tokens);
}

#[test]
fn a_form_letter_with_other_names_and_numbers_is_no_repost_and_its_copy_is() {
    for analysis in both_kinds_of_tokens() {
        must_not_join_letters("", &analysis);
    }
    must_not_join_letters("\n", &both_kinds_of_tokens()[0]);
}

/// A report of a station on a visit: what is said of each is the same, and who, where and with what differs.
fn reception(number: u64) -> String {
    let mut author = Author::new(7100 + number);
    let [guest, host, third] = [(); 3].map(|()| author.person());
    let [spot, other] = [SPOTS; 2].map(|words| author.of(words));
    let [noun, second, last] = [NOUNS; 3].map(|words| author.of(words));
    let (verb, adjective, time) = (author.of(VERBS), author.of(ADJECTIVES), author.of(TIMES));
    format!(
        "山城电视台消息：应县长{host}邀请，{spot}商会会长{guest}{time}来到山城，{host}在{other}举行仪式表示欢迎。\
         仪式结束以后，{host}同{guest}围绕{noun}举行了会谈。{host}表示，山城同{spot}的交往有很长的历史，双方在{second}方面的合作{adjective}。\
         {guest}表示，感谢{host}的热情接待，愿意同山城一起{verb}{last}，希望更多人到{spot}做客。县政府秘书长{third}等参加上述活动。"
    )
}

#[test]
fn reports_that_say_the_same_of_other_people_are_no_reposts_and_a_corrected_one_is() {
    let analysis = AnalysisSettings::default();
    let mut pages: Vec<Page> = (0..2).map(|n| page(format!("report {n}"), reception(n))).collect();
    pages.push(page("corrected", reception(1).replace("很长的历史", "悠久的历史").replace("表示，感谢", "说，感谢")));
    let joined = joined(&found(&among_strangers(pages), &analysis));
    assert_eq!(joined, BTreeSet::from([pair("report 1", "corrected")]));
}

/// A text as a scanner reads it, with a slip in one of so many characters.
fn scanned_with_slips(text: &str, every: u64, seed: u64) -> String {
    let slip = |(at, c): (usize, char)| {
        let drawn = hash::number(at as u64, seed);
        if drawn.is_multiple_of(every) && c.is_alphabetic() {
            GIVEN.chars().nth((drawn >> 32) as usize % 50).unwrap()
        } else {
            c
        }
    };
    text.chars().enumerate().map(slip).collect()
}

#[test]
fn two_scans_of_a_long_text_with_many_slips_are_a_repost() {
    for analysis in both_kinds_of_tokens() {
        let scans = (0..2).map(|n| page(format!("{n}"), scanned_with_slips(&article(1, 60), 12, n)));
        let found = found(&among_strangers(scans), &analysis);
        assert_eq!(kind(&found, "0", "1"), Some(Repost), "{:?}", analysis.tokens);
    }
}

/// A text with other words for the same, as they are in another region: a thing and a place in each clause.
fn in_other_words(text: &str) -> String {
    [NOUNS, SPOTS].iter().fold(text.to_owned(), |text, words| {
        let words: Vec<&str> = words.split_whitespace().collect();
        text.split_inclusive('，')
            .map(|part| match words.iter().position(|word| part.contains(word)) {
                Some(at) => part.replacen(words[at], words[(at + 1) % words.len()], 1),
                None => part.to_owned(),
            })
            .collect()
    })
}

#[test]
fn a_few_sentences_that_say_the_same_in_other_words_from_end_to_end_are_a_repost() {
    let text = article(1, 4);
    let pages = among_strangers([page("other words", in_other_words(&text)), page("text", text)]);
    let found = found(&pages, &AnalysisSettings::default());
    assert_eq!(kind(&found, "text", "other words"), Some(Repost));
}

#[test]
#[ignore = "by characters, the numbers in lines of less than forty characters and between two lines are not looked at"]
fn a_form_letter_in_short_lines_is_no_repost_by_characters_either() {
    must_not_join_letters("\n", &both_kinds_of_tokens()[1]);
}

// --- frames ---

#[test]
fn an_article_on_fifty_sites_in_fifty_frames_is_content() {
    let text = article(1, 16);
    let mut pages = Vec::new();
    for number in 0..50 {
        let site = Site::new(number as u64);
        pages.push(page(format!("copy {number:02}"), site.page(number, &text, &[])));
        for other in 0..4 {
            let own = article(2000 + 4 * number as u64 + other, 16);
            pages.push(page(format!("other {number:02} {other}"), site.page(50 + number, &own, &[])));
        }
    }
    for analysis in both_kinds_of_tokens() {
        let findings = found(&pages, &analysis);
        assert_eq!(groups(&findings).len(), 1);
        let copies: BTreeSet<&str> = groups(&findings).concat().into_iter().collect();
        let expected: BTreeSet<&str> = keys(&pages).into_iter().filter(|key| key.starts_with("copy")).collect();
        assert_eq!(copies, expected);
        let is_of_article = |block: &&str| text.contains(block.trim_end_matches('…'));
        let framed: Vec<&str> =
            findings.boilerplate.blocks.iter().map(|block| block.text.as_str()).filter(is_of_article).collect();
        assert!(framed.is_empty(), "{framed:?}");
        assert!(findings.boilerplate.blocks.iter().any(|block| block.text.starts_with("声明：") && block.pages == 5));
        assert_eq!(templates(&findings).len(), 50);
    }
}

#[test]
fn notices_above_the_same_law_are_no_reposts_where_some_stand_on_another_site_too() {
    let law = Author::new(1).sentences(32);
    let (office, mirror) = (Site::new(1), Site::new(2));
    let notice = |number: usize| prose(&[Author::new(7200 + number as u64).sentences(6), law.clone()].concat());
    for (notices, mirrored) in [(5, 1), (12, 4)] {
        let own = (0..notices).map(|n| page(format!("office {n:02}"), office.page(n, &notice(n), &[])));
        let copies = (0..mirrored).map(|n| page(format!("mirror {n:02}"), mirror.page(n, &notice(n), &[])));
        let found = found(&own.chain(copies).collect::<Vec<_>>(), &AnalysisSettings::default());
        for (a, b) in joined(&found) {
            assert_eq!(a[a.len() - 2..], b[b.len() - 2..], "{a} and {b} of {notices}, {mirrored} mirrored");
        }
        for n in 0..mirrored {
            let kinds = related(&found, &format!("office {n:02}"), &format!("mirror {n:02}"));
            assert!(matches!(kinds[..], [(Repost | Contained, _)]), "{n} of {notices}: {kinds:?}");
        }
    }
}

#[test]
fn an_article_on_fifty_pages_without_any_other_is_content_too() {
    let text = article(1, 16);
    let pages: Vec<Page> =
        (0..50).map(|n| page(format!("{n:02}"), Site::new(n).page(n as usize, &text, &[]))).collect();
    for analysis in both_kinds_of_tokens() {
        let findings = found(&pages, &analysis);
        assert_eq!(groups(&findings).iter().map(Vec::len).collect::<Vec<_>>(), [50]);
    }
}

/// Pages of a site of the house of `house`, in whose frame the name of the site stands.
fn of_house(house: u64, name: &str, articles: u64) -> Vec<Page> {
    let [notice, rights, service, help, care, wish] =
        [1, 2, 3, 4, 5, 6].map(|line| Author::new(1_000 * house + line).sentence());
    let framed = |n: u64| {
        let text = article(100 * articles + n, 20);
        format!(
            "{name}首页 > 正文\n{notice}\n{text}\n{rights}转载请注明来自{name}。\n{name}提醒您：{service}\n{help}\n{care}\n{wish}\n"
        )
    };
    (0..6).map(|n| page(format!("{name} {n}"), framed(n))).collect()
}

#[test]
fn sites_of_one_template_that_differ_in_their_names_are_one_template_and_another_template_is_another() {
    let pages = [of_house(7, "柳河书站", 1), of_house(7, "青崖夜读", 2), of_house(8, "南浦文摘", 3)].concat();
    for analysis in both_kinds_of_tokens() {
        let findings = found(&pages, &analysis);
        let mut templates: Vec<Vec<&str>> = templates(&findings).into_iter().map(|(pages, _)| pages).collect();
        templates.sort_by_key(Vec::len);
        let of = |name: &str| (0..6).map(|n| format!("{name} {n}")).collect::<Vec<_>>();
        let expected = [of("南浦文摘"), [of("柳河书站"), of("青崖夜读")].concat()];
        assert_eq!(templates, expected, "{:?}", analysis.tokens);
    }
}

/// A site, how many pages it has, and the numbers of their lines of frame.
type Framed<'a> = (&'a str, u64, &'a [u64]);

/// Returns the keys of the pages of each template of some sites.
fn templates_of_sites(sites: &[Framed], analysis: &AnalysisSettings) -> Vec<Vec<String>> {
    let records = |(site, &(host, pages, lines)): (usize, &Framed)| -> String {
        let record = |n: u64| {
            let frame: String = lines.iter().map(|&line| Author::new(9_000 + line).sentence() + "\n").collect();
            let text = format!("{}\n{frame}", article(1_000 * (site as u64 + 1) + n, 12));
            let (key, url) = (format!("{site}-{n:02}"), format!("https://{host}/{n}"));
            format!("{}\n", serde_json::json!({"id": key, "text": text, "url": url}))
        };
        (0..pages).map(record).collect()
    };
    let folder = saved_records(&sites.iter().enumerate().map(records).collect::<String>());
    let findings = scanned(folder.path(), analysis);
    let keys = |(pages, _): (Vec<&str>, _)| pages.into_iter().map(String::from).collect();
    let mut templates: Vec<Vec<String>> = templates(&findings).into_iter().map(keys).collect();
    templates.sort();
    templates
}

/// Returns the keys of the pages of some of the sites, given by their numbers.
fn pages_of(sites: &[Framed], numbers: &[usize]) -> Vec<String> {
    numbers.iter().flat_map(|&site| (0..sites[site].1).map(move |n| format!("{site}-{n:02}"))).collect()
}

#[test]
fn a_template_without_a_line_of_its_own_is_told_by_the_site_of_its_pages() {
    let sites: [Framed; 3] = [("a.example", 6, &[1, 2]), ("b.example", 6, &[2, 3]), ("c.example", 6, &[3, 1])];
    let each = [0, 1, 2].map(|site| pages_of(&sites, &[site]));
    for analysis in both_kinds_of_tokens() {
        assert_eq!(templates_of_sites(&sites, &analysis), each, "{:?}", analysis.tokens);
    }
}

#[test]
fn a_fourth_line_is_another_template_where_the_sites_are_known_however_large_they_are() {
    for (few, many) in [(6, 6), (4, 80)] {
        let sites: [Framed; 2] = [("a.example", many, &[1, 2, 3]), ("b.example", few, &[1, 2, 3, 4])];
        let each = [0, 1].map(|site| pages_of(&sites, &[site]));
        for analysis in both_kinds_of_tokens() {
            assert_eq!(templates_of_sites(&sites, &analysis), each, "{:?}", analysis.tokens);
        }
    }
}

#[test]
fn a_site_may_have_two_templates_and_two_sites_one() {
    let sites: [Framed; 3] = [("a.example", 6, &[1, 2, 3]), ("a.example", 6, &[4, 5, 6]), ("b.example", 6, &[1, 2, 3])];
    let expected = [pages_of(&sites, &[0, 2]), pages_of(&sites, &[1])];
    for analysis in both_kinds_of_tokens() {
        assert_eq!(templates_of_sites(&sites, &analysis), expected, "{:?}", analysis.tokens);
    }
}

#[test]
fn sites_whose_line_of_licence_differs_in_name_and_number_are_one_template() {
    let of_site = |name: &str, letter: &str, number: u64, articles: u64| -> Vec<Page> {
        let [notice, rights] = [1, 2].map(|line| Author::new(9_000 + line).sentence());
        let framed = |n: u64| {
            let text = article(100 * articles + n, 20);
            format!(
                "{notice}\n{text}\n{rights}\n版权所有 {name} 网站备案 {letter}ICP备{number}号-1 值班电话 010-{number}\n"
            )
        };
        (0..6).map(|n| page(format!("{name} {n}"), framed(n))).collect()
    };
    let pages = [of_site("柳河书站", "京", 11_978_560, 1), of_site("青崖夜读", "渝", 13_807_513, 2)].concat();
    for analysis in both_kinds_of_tokens() {
        let findings = found(&pages, &analysis);
        assert_eq!(only_template(&findings).len(), 12, "{:?}", analysis.tokens);
    }
}

#[test]
fn two_hundred_articles_of_one_site_share_its_frame_and_repost_nothing() {
    let site = Site::new(1);
    let pages: Vec<Page> =
        (0..200).map(|n| page(format!("{n:03}"), site.page(n, &article(n as u64, 4 + n % 9), &[]))).collect();
    for analysis in both_kinds_of_tokens() {
        let findings = found(&pages, &analysis);
        assert!(findings.relations.is_empty(), "{:?}", findings.relations);
        let templates = templates(&findings);
        assert_eq!(templates.len(), 1);
        let (members, blocks) = &templates[0];
        assert_eq!(members.len(), 200);
        assert_eq!(blocks.len(), 6, "{blocks:?}");
        assert!(blocks.iter().all(|block| block.documents == 200), "{blocks:?}");
        assert_eq!(findings.boilerplate.different, 6, "{:?}", findings.boilerplate.blocks);
    }
}

/// Thirty pages of a site, ten of which have a block of ten openings that no other page has.
fn with_block_of_strangers(site: &Site, is_last: bool) -> Vec<Page> {
    let block: Vec<String> = (0..10).map(|other| opening(&article(500 + other, 20), 200)).collect();
    let page_of = |n: usize| {
        let related: &[String] = if n < 10 { &block } else { &[] };
        let text = article(n as u64, 16);
        if is_last { site.page(n, &text, &[]) + &related.join("\n") } else { site.page(n, &text, related) }
    };
    (0..30).map(|n| page(format!("{n:02}"), page_of(n))).collect()
}

#[test]
fn a_block_that_is_longer_than_the_articles_above_it_is_a_frame_where_it_ends_the_page() {
    for analysis in both_kinds_of_tokens() {
        let findings = found(&with_block_of_strangers(&Site::new(1), true), &analysis);
        assert_eq!(joined(&findings), BTreeSet::new(), "{:?}", analysis.tokens);
    }
}

/// Asserts that pages with a title of their own or none, above so many lines that all have, a text of their own, the rest of
/// the lines and the title of another page or none, are of one template and repost nothing.
fn must_be_frame_around(above: usize, is_titled: bool, names_next: bool) {
    let frame = Author::new(7).sentences(30);
    for count in [4, 24] {
        let page_of = |n: u64| {
            let mut author = Author::new(100 + n);
            let title = is_titled.then(|| author.sentence());
            let own = author.sentences(4).concat();
            let next = names_next.then(|| author.sentence());
            let lines = title.iter().chain(&frame[..above]).chain([&own]).chain(&frame[above..]).chain(&next);
            page(format!("{n:02}"), lines.map(|line| format!("{line}\n")).collect::<String>())
        };
        let pages: Vec<Page> = (0..count).map(page_of).collect();
        for analysis in both_kinds_of_tokens() {
            let findings = found(&pages, &analysis);
            assert_eq!(joined(&findings), BTreeSet::new(), "{count}, {:?}", analysis.tokens);
            assert_eq!(only_template(&findings).into_iter().collect::<BTreeSet<_>>(), keys(&pages));
        }
    }
}

#[test]
fn a_frame_of_many_short_lines_around_a_short_article_is_a_frame() {
    must_be_frame_around(15, false, false);
}

#[test]
fn a_frame_that_stands_above_a_short_article_and_below_its_title_is_a_frame() {
    must_be_frame_around(25, true, false);
}

#[test]
fn a_frame_around_a_short_article_is_a_frame_also_where_the_last_line_is_another_one_on_each_page() {
    for above in [8, 15, 22] {
        must_be_frame_around(above, true, true);
        must_be_frame_around(above, false, true);
    }
}

/// A page of a host: forty short lines, what it says, two short ones, and three long ones.
fn of_host(host: &str, number: u64, said: &str) -> Page {
    let mut author = Author::new(3_000 + host.bytes().map(u64::from).sum::<u64>());
    let menu: String = (0..40).map(|_| format!("{} {}\n", author.of(NOUNS), author.of(SPOTS))).collect();
    let notes: String = (0..3).map(|_| author.sentences(3).concat() + "\n").collect();
    page(format!("{host}/{number}"), format!("{menu}{said}\n打印本页\n返回列表\n{notes}"))
}

/// An article of so many sentences under its title.
fn titled_article(number: u64, sentences: usize) -> String {
    let mut author = Author::new(number);
    let title = format!("{}{}的{}", author.person(), author.of(VERBS), author.of(NOUNS));
    format!("{title}\n{}", prose(&author.sentences(sentences)))
}

/// Scans pages whose keys are their addresses.
fn found_at_addresses(pages: &[Page], analysis: &AnalysisSettings) -> Findings {
    let record = |(key, text): &Page| {
        let url = format!("https://{key}");
        format!("{}\n", serde_json::json!({"id": key, "url": url, "text": text}))
    };
    scanned(saved_records(&pages.iter().map(record).collect::<String>()).path(), analysis)
}

#[test]
fn few_articles_of_one_host_in_a_frame_that_is_longer_are_no_reposts_and_a_copy_on_another_host_is() {
    for count in [2, 3, 6] {
        let mut pages: Vec<Page> = (0..count).map(|n| of_host("a.example", n, &titled_article(n, 6))).collect();
        pages.extend([0, 11, 12].map(|n| of_host("b.example", n, &titled_article(n, 6))));
        let expected = BTreeSet::from([pair("a.example/0", "b.example/0")]);
        for analysis in both_kinds_of_tokens() {
            let findings = found_at_addresses(&pages, &analysis);
            assert_eq!(joined(&findings), expected, "{count}, {:?}", analysis.tokens);
            // A folder that has the name of a host holds its pages.
            let folder = tempfile::tempdir().unwrap();
            for (key, text) in &pages {
                let file = folder.path().join(key);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
            }
            let findings = scanned(folder.path(), &analysis);
            assert_eq!(joined(&findings), expected, "{count}, in folders, {:?}", analysis.tokens);
        }
    }
}

#[test]
fn a_few_sentences_in_the_frame_of_a_site_are_no_reposts_and_a_copy_of_them_on_another_site_is() {
    for count in [1, 2] {
        let of_site = |host: &str, n: u64| of_host(host, n, &Author::new(500 + n).sentences(count).concat());
        let mut pages: Vec<Page> = (0..12).map(|n| of_site("a.example", n)).collect();
        for analysis in both_kinds_of_tokens() {
            assert_eq!(joined(&found(&pages, &analysis)), BTreeSet::new(), "no addresses, {:?}", analysis.tokens);
            assert_eq!(joined(&found_at_addresses(&pages, &analysis)), BTreeSet::new(), "{:?}", analysis.tokens);
        }
        pages.extend((11..16).map(|n| of_site("b.example", n)));
        for analysis in both_kinds_of_tokens() {
            // What is less than twenty words is no article.
            let is_article = count > 1 || analysis.tokens == TokenKind::Char;
            let copies = is_article.then(|| pair("a.example/11", "b.example/11"));
            let joined = joined(&found_at_addresses(&pages, &analysis));
            assert_eq!(joined, copies.into_iter().collect(), "two sites, {:?}", analysis.tokens);
        }
    }
}

/// A page of a host: a line of menu, what it says, and a line of notes.
fn in_little_frame(host: &str, number: u64, said: &str) -> Page {
    let mut author = Author::new(6_000 + host.bytes().map(u64::from).sum::<u64>());
    page(format!("{host}/{number}"), format!("{}\n{said}\n{}", author.of(NOUNS), author.sentence()))
}

#[test]
fn copies_with_a_line_of_their_own_are_reposts_where_they_are_not_nearly_all_pages_there_are() {
    let article = Author::new(1).sentences(20);
    let copy = |n: u64| {
        let own = Author::new(800 + n).sentence();
        format!("渡口的旧浮桥\n{}\n{own}\n{}", prose(&article[..10]), prose(&article[10..]))
    };
    let copies = |host: &'static str, count: u64| (0..count).map(move |n| (host, n)).collect::<Vec<_>>();
    let corpora = [
        ("five of eight", copies("a.example", 5), vec![("a.example", 3)], true),
        ("six of twelve", copies("a.example", 6), vec![("a.example", 6)], true),
        (
            "four of four, and one of eight on three hosts",
            [copies("a.example", 4), copies("b.example", 1), copies("c.example", 1), copies("d.example", 1)].concat(),
            vec![("b.example", 7), ("c.example", 7), ("d.example", 7)],
            true,
        ),
        ("eight of sixteen without addresses", copies("", 8), vec![("", 8)], false),
    ];
    for (name, copies, others, has_addresses) in corpora {
        let mut pages: Vec<Page> = copies.iter().map(|&(host, n)| in_little_frame(host, n, &copy(n))).collect();
        for (at, (host, count)) in (0..).zip(others) {
            pages.extend((0..count).map(|n| in_little_frame(host, 100 + n, &titled_article(at * 50 + 900 + n, 8))));
        }
        for analysis in both_kinds_of_tokens() {
            let findings = if has_addresses { found_at_addresses(&pages, &analysis) } else { found(&pages, &analysis) };
            let pairs = copies.len() * (copies.len() - 1) / 2;
            assert_eq!(joined(&findings).len(), pairs, "{name}, {:?}", analysis.tokens);
        }
    }
}

/// A page of a host whose frame is that of its software, but for names and for its first and last line, of which there are
/// two each: what it says is 25 words or so.
fn of_software(host: &str, number: u64) -> Page {
    let of_host = host.bytes().map(u64::from).sum::<u64>();
    let (mut software, mut own) = (Author::new(4_000), Author::new(4_001 + of_host));
    let lines = |author: &mut Author, count: usize| -> String {
        (0..count).map(|_| format!("{} {}\n", author.of(NOUNS), author.of(SPOTS))).collect()
    };
    let said = titled_article(number, 2);
    let (top, form, foot) = (lines(&mut software, 3), software.sentences(5).join("\n"), lines(&mut software, 6));
    let (names, latest) = (lines(&mut own, 8), own.sentences(8).join("\n"));
    let [first, last] = [of_host % 2, of_host / 2 % 2].map(|which| Author::new(5_000 + which).sentence());
    page(format!("{host}/{number}"), format!("{first}\n{top}{names}{said}\n{form}\n{latest}\n{foot}{last}"))
}

#[test]
fn short_texts_on_hosts_of_one_software_are_no_reposts_and_a_copy_of_one_is() {
    for hosts in [&["a.example", "e.example"][..], &["a.example", "b.example", "c.example", "d.example"]] {
        for count in [4, 5, 12] {
            let of_host = |(at, host): (u64, &&'static str)| {
                let host = *host;
                (at * 100..at * 100 + count).map(move |n| of_software(host, n))
            };
            let mut pages: Vec<Page> = (0..).zip(hosts).flat_map(of_host).collect();
            pages.push(of_software(hosts[0], 101));
            let expected = BTreeSet::from([pair("a.example/101", &format!("{}/101", hosts[1]))]);
            for analysis in both_kinds_of_tokens() {
                let joined = joined(&found_at_addresses(&pages, &analysis));
                assert_eq!(joined, expected, "{count} on each of {}, {:?}", hosts.len(), analysis.tokens);
            }
        }
    }
}

/// Offers of three firms, each below what its firm says of itself, and the same on a board that has all of them.
fn offers_of_firms(count: u64, tasks: usize) -> Vec<Page> {
    let offer = |firm: u64, n: u64| {
        let about = Author::new(6_000 + firm).sentences(6).join("\n");
        let mut author = Author::new(6_100 + 100 * firm + n);
        let (title, tasks) =
            (format!("诚聘{}的{}", author.of(SPOTS), author.person()), author.sentences(tasks).join("\n"));
        format!("{title}\n{about}\n{tasks}")
    };
    let of_firm = |firm: u64| {
        let own = (0..count)
            .map(move |n| page(format!("firm{firm}.example/{n}"), format!("{}\n联系第{firm}商号", offer(firm, n))));
        let listed = (0..count).map(move |n| {
            page(format!("board.example/{firm}-{n}"), format!("招工布告栏\n{}\n举报 分享", offer(firm, n)))
        });
        own.chain(listed)
    };
    (0..3).flat_map(of_firm).collect()
}

#[test]
fn offers_below_what_a_firm_says_of_itself_are_no_reposts_where_a_board_has_all_of_them_too() {
    for count in [4, 6] {
        let of_firm = |firm: u64| {
            (0..count).map(move |n| pair(&format!("board.example/{firm}-{n}"), &format!("firm{firm}.example/{n}")))
        };
        let copies: BTreeSet<(String, String)> = (0..3).flat_map(of_firm).collect();
        for analysis in both_kinds_of_tokens() {
            let joined = joined(&found_at_addresses(&offers_of_firms(count, 6), &analysis));
            assert_eq!(joined, copies, "{count}, {:?}", analysis.tokens);
        }
    }
}

#[test]
fn copies_without_an_address_say_nothing_of_the_frame_of_a_host() {
    let offers = offers_of_firms(4, 3);
    let record = |key: &str, text: &str, url: Option<String>| {
        format!("{}\n", serde_json::json!({"id": key, "url": url, "text": text}))
    };
    let with_address = |(key, text): &Page| record(key, text, Some(format!("https://{key}")));
    let mut records: String = offers.iter().map(with_address).collect();
    for firm in 0..3 {
        let (key, text) = offers.iter().find(|(key, _)| *key == format!("firm{firm}.example/0")).unwrap();
        records.extend((0..6).map(|n| record(&format!("{key}/copy {n}"), &format!("{text}\n抄本{n}"), None)));
    }
    // Of `firm1.example/0`, `firm1.example/0/copy 2` and `board.example/1-0` the same.
    let offer = |key: &str| {
        let numbers = key.split("/copy").next().unwrap().replace(".example/", "-");
        numbers.trim_start_matches("board-").trim_start_matches("firm").to_owned()
    };
    for analysis in both_kinds_of_tokens() {
        let joined = joined(&scanned(saved_records(&records).path(), &analysis));
        let wrong: Vec<_> = joined.iter().filter(|(a, b)| offer(a) != offer(b)).collect();
        assert!(wrong.is_empty(), "{} of {}, {wrong:?}, {:?}", wrong.len(), joined.len(), analysis.tokens);
    }
}

#[test]
fn copies_of_articles_above_titles_of_others_are_reposts() {
    let title = |number: u64| titled_article(number, 0);
    let page_of = |article: u64, copy: u64| {
        let latest: String = (0..6).map(|n| title(2_000 + article * 100 + copy * 10 + n)).collect();
        let host = (article * 7 + copy) % 20;
        page(format!("{host}.example/{article}"), format!("{}\n往期推荐\n{latest}", titled_article(1_000 + article, 9)))
    };
    let pages: Vec<Page> = (0..12).flat_map(|article| (0..5).map(move |copy| page_of(article, copy))).collect();
    for analysis in both_kinds_of_tokens() {
        for findings in [found(&pages, &analysis), found_at_addresses(&pages, &analysis)] {
            let joined = joined(&findings);
            let article = |key: &str| key.split_once('/').unwrap().1.to_owned();
            assert!(joined.iter().all(|(a, b)| article(a) == article(b)), "{joined:?}");
            assert_eq!(joined.len(), 12 * 10, "{:?}", analysis.tokens);
        }
    }
}

/// A page of one channel of a portal: menus that all channels have, those that every other one has, and its own.
fn of_channel(channel: u64, number: u64, said: &str) -> Page {
    let menu = |of: u64, lines: usize| -> String {
        let mut author = Author::new(9_000 + of);
        (0..lines).map(|_| format!("{} {}\n", author.of(NOUNS), author.of(SPOTS))).collect()
    };
    let (own, of_half) = (10 + channel, 2 + channel % 2);
    let (above, below) = (menu(0, 20) + &menu(100 + own, 10), menu(of_half, 60) + &menu(own, 40) + &menu(1, 10));
    page(format!("c{channel}.example/{number}"), format!("{above}{said}\n{below}"))
}

#[test]
fn articles_in_a_frame_of_which_each_channel_has_more_of_its_own_are_no_reposts_and_copies_are() {
    let mut pages: Vec<Page> = Vec::new();
    for channel in 0..8 {
        pages.extend((0..4).map(|n| of_channel(channel, n, &titled_article(10 * channel + n, 6))));
    }
    // The first article of four channels stands on the next one too.
    let copied = [0, 1, 4, 7];
    pages.extend(copied.map(|channel| of_channel((channel + 1) % 8, 9, &titled_article(10 * channel, 6))));
    let of = |channel| pair(&format!("c{channel}.example/0"), &format!("c{}.example/9", (channel + 1) % 8));
    let expected: BTreeSet<_> = copied.into_iter().map(of).collect();
    for analysis in both_kinds_of_tokens() {
        assert_eq!(joined(&found(&pages, &analysis)), expected, "{:?}", analysis.tokens);
        assert_eq!(joined(&found_at_addresses(&pages, &analysis)), expected, "{:?} at addresses", analysis.tokens);
    }
}

#[test]
fn a_list_that_all_channels_have_among_articles_is_a_repost_also_above_words_of_their_own() {
    let mut author = Author::new(5);
    let list: String = (0..45).map(|n| format!("{}要{}个{}\n", author.person(), n + 2, author.of(NOUNS))).collect();
    let mut pages: Vec<Page> = Vec::new();
    for channel in 0..8 {
        pages.extend((0..3).map(|n| of_channel(channel, n, &titled_article(10 * channel + n, 6))));
        let own = titled_article(500 + channel, 4);
        pages.push(of_channel(channel, 9, &format!("渡口的旧物清单\n{list}{own}")));
    }
    for analysis in both_kinds_of_tokens() {
        let copies =
            (0..8).flat_map(|a| (0..a).map(move |b| pair(&format!("c{a}.example/9"), &format!("c{b}.example/9"))));
        let expected: BTreeSet<_> = copies.collect();
        assert_eq!(joined(&found_at_addresses(&pages, &analysis)), expected, "{:?}", analysis.tokens);
    }
}

#[test]
fn short_pages_of_a_manual_are_no_reposts_for_the_menu_that_most_of_its_pages_are() {
    let mut author = Author::new(6);
    let menu: String = (0..16).map(|_| format!("{} {}\n", author.of(NOUNS), author.of(SPOTS))).collect();
    let page_of = |n: u64| {
        let mut author = Author::new(800 + n);
        let title = format!("{}的{}", author.person(), author.of(NOUNS));
        let text = prose(&author.sentences(if n.is_multiple_of(4) { 12 } else { 1 }));
        page(format!("manual.example/{n:02}"), format!("{title} 使用手册\n{menu}{title}\n{text}"))
    };
    let pages: Vec<Page> = (0..40).map(page_of).collect();
    for analysis in both_kinds_of_tokens() {
        assert_eq!(joined(&found(&pages, &analysis)), BTreeSet::new(), "{:?}", analysis.tokens);
        assert_eq!(
            joined(&found_at_addresses(&pages, &analysis)),
            BTreeSet::new(),
            "{:?} at addresses",
            analysis.tokens
        );
    }
}

#[test]
fn an_article_that_stands_on_a_host_twice_is_a_repost_also_where_each_page_has_comments_of_its_own() {
    let commented = |n: u64| {
        let mut author = Author::new(700 + n);
        let comment = |_| format!("{}\n{}\n", author.person(), author.sentences(2).concat());
        titled_article(0, 24) + "\n" + &(0..5).map(comment).collect::<String>()
    };
    let pages = [0, 1].map(|n| of_host("a.example", n, &commented(n)));
    for analysis in both_kinds_of_tokens() {
        let findings = found_at_addresses(&pages, &analysis);
        assert_eq!(joined(&findings), BTreeSet::from([pair("a.example/0", "a.example/1")]), "{:?}", analysis.tokens);
    }
}

#[test]
fn two_versions_of_an_article_on_one_host_are_a_repost_also_where_a_paragraph_is_another_one() {
    for changed in [1, 3, 5] {
        let mut lines: Vec<String> = titled_article(0, 24).lines().map(String::from).collect();
        let first = lines.join("\n");
        lines[changed] = Author::new(800).sentences(4).concat();
        let pages = [of_host("a.example", 0, &first), of_host("a.example", 1, &lines.join("\n"))];
        for analysis in both_kinds_of_tokens() {
            let findings = found_at_addresses(&pages, &analysis);
            let expected = BTreeSet::from([pair("a.example/0", "a.example/1")]);
            assert_eq!(joined(&findings), expected, "paragraph {changed}, {:?}", analysis.tokens);
        }
    }
}

#[test]
fn copies_of_an_article_on_one_host_are_reposts_also_below_titles_and_leads_of_their_own() {
    for count in [2, 5] {
        let copy = |n: u64| titled_article(40 + n, 4) + "\n" + &article(0, 40) + "\n" + &Author::new(60 + n).person();
        let pages: Vec<Page> = (0..count).map(|n| page(format!("a.example/{n}"), copy(n))).collect();
        for analysis in both_kinds_of_tokens() {
            let joined = joined(&found_at_addresses(&pages, &analysis));
            assert_eq!(joined.len() as u64, count * (count - 1) / 2, "{count}, {:?}", analysis.tokens);
        }
    }
}

#[test]
fn two_versions_of_an_article_alone_are_a_repost_also_where_a_long_paragraph_is_another_one() {
    for changed in [0, 1, 2] {
        let mut author = Author::new(21);
        let mut lines: Vec<String> = (0..4).map(|_| author.sentences(40).concat()).collect();
        let versions = [lines.clone(), {
            lines[changed] = Author::new(801).sentences(40).concat();
            lines
        }];
        let pages = [0, 1].map(|n| of_host("", n, &format!("渡口的旧浮桥\n{}", versions[n as usize].join("\n"))));
        for analysis in both_kinds_of_tokens() {
            let findings = found(&pages, &analysis);
            let expected = BTreeSet::from([pair("/0", "/1")]);
            assert_eq!(joined(&findings), expected, "paragraph {changed}, {:?}", analysis.tokens);
        }
    }
}

#[test]
fn articles_of_one_host_that_stand_on_the_page_of_a_month_too_are_contained_in_it_and_no_reposts() {
    let articles = [0, 1, 2, 3].map(|n| titled_article(n, 8));
    let mut pages: Vec<Page> = (0..).zip(&articles).map(|(n, article)| of_host("a.example", n, article)).collect();
    pages.push(of_host("a.example", 4, &articles.join("\n")));
    for analysis in both_kinds_of_tokens() {
        let findings = found_at_addresses(&pages, &analysis);
        assert_eq!(joined(&findings), BTreeSet::new(), "{:?}", analysis.tokens);
        for n in 0..4 {
            let of_pair = kind(&findings, &format!("a.example/{n}"), "a.example/4");
            assert_eq!(of_pair, Some(Contained), "{n}, {:?}", analysis.tokens);
        }
    }
}

#[test]
fn an_article_on_many_sites_is_none_for_what_each_of_them_puts_into_its_midst() {
    let article = Author::new(1).sentences(40);
    let page_of = |n: u64| {
        let mut site = Author::new(200 + n);
        let (above, midst, below) = (site.sentences(8), site.sentences(8), site.sentences(8));
        let lines = above.iter().chain(&article[..20]).chain(&midst).chain(&article[20..]).chain(&below);
        page(format!("{n:02}"), lines.map(|line| format!("{line}\n")).collect::<String>())
    };
    let pages: Vec<Page> = (0..12).map(page_of).collect();
    for analysis in both_kinds_of_tokens() {
        let findings = found(&pages, &analysis);
        assert_eq!(joined(&findings).len(), 12 * 11 / 2, "{:?}", analysis.tokens);
    }
}

#[test]
fn a_site_with_many_copies_of_one_article_among_its_pages_keeps_its_frame() {
    for seed in 0..8 {
        let mut site = Author::new(1000 * seed);
        let (above, below) = (site.sentences(4), [(); 8].map(|()| site.sentences(4).concat()));
        let copied = site.sentences(8).concat();
        let page_of = |n: u64| {
            let mut author = Author::new(1000 * seed + 100 + n);
            let (title, own) = (author.sentence(), author.sentences(8).concat());
            let text = if n < 15 { &copied } else { &own };
            let lines = above.iter().chain([&title, text]).chain(&below);
            page(format!("{n:02}"), lines.map(|line| format!("{line}\n")).collect::<String>())
        };
        let pages: Vec<Page> = (0..35).map(page_of).collect();
        for analysis in both_kinds_of_tokens() {
            let findings = found(&pages, &analysis);
            let groups = groups(&findings).into_iter().map(BTreeSet::from_iter);
            assert_eq!(groups.collect::<Vec<_>>(), [keys(&pages[..15])], "{seed}, {:?}", analysis.tokens);
        }
    }
}

#[test]
fn a_block_that_is_longer_than_the_articles_above_it_is_a_frame_within_the_frame_of_the_site_too() {
    for analysis in both_kinds_of_tokens() {
        let findings = found(&with_block_of_strangers(&Site::new(1), false), &analysis);
        assert_eq!(joined(&findings), BTreeSet::new(), "{:?}", analysis.tokens);
    }
}

/// Pages of a site, each with the openings of the ten before it.
fn with_latest(sentences: usize) -> Vec<Page> {
    let site = Site::new(1);
    let latest = |n: u64| (n.saturating_sub(10)..n).rev().map(|other| opening(&article(other, sentences), 200));
    let page_of = |n: u64| site.page(n as usize, &article(n, sentences), &latest(n).collect::<Vec<_>>());
    (0..24).map(|n| page(format!("{n:02}"), page_of(n))).collect()
}

#[test]
fn articles_above_the_openings_of_the_ten_before_them_are_no_reposts() {
    for analysis in both_kinds_of_tokens() {
        assert_eq!(joined(&found(&with_latest(40), &analysis)), BTreeSet::new(), "{:?}", analysis.tokens);
    }
}

#[test]
fn an_article_in_one_line_above_lists_that_are_a_little_longer_is_no_frame() {
    let article = Author::new(1).sentences(16).concat();
    let page_of = |n: u64| {
        let [mut one, mut other] = [100, 200].map(|author| Author::new(author + n));
        let related = [one.sentences(10).concat(), other.sentences(8).concat()];
        Site::new(n % 4).page(n as usize, &article, &related)
    };
    let mut pages: Vec<Page> = (0..24).map(|n| page(format!("{n:02}"), page_of(n))).collect();
    pages.push(page("alone", format!("{}\n{article}\n", Author::new(2).sentence())));
    for analysis in both_kinds_of_tokens() {
        let findings = found(&pages, &analysis);
        let alone = findings.documents.iter().find(|page| page.key == "alone").unwrap();
        assert_eq!((alone.frame, alone.quoted), (0, 0), "{:?}", analysis.tokens);
    }
}

#[test]
fn short_articles_above_the_openings_of_the_ten_before_them_are_no_reposts() {
    for analysis in both_kinds_of_tokens() {
        assert_eq!(joined(&found(&with_latest(16), &analysis)), BTreeSet::new(), "{:?}", analysis.tokens);
    }
}

#[test]
fn pages_that_are_nothing_but_a_frame_repost_nothing() {
    let site = Site::new(1);
    let mut pages: Vec<Page> =
        (0..12).map(|n| page(format!("{n:02}"), site.page(n, &article(n as u64, 20), &[]))).collect();
    pages.extend((0..3).map(|n| page(format!("gone {n}"), site.page(3, "", &[]))));
    for analysis in both_kinds_of_tokens() {
        let findings = found(&pages, &analysis);
        assert!(findings.relations.is_empty(), "{:?}", findings.relations);
        assert_eq!(only_template(&findings).into_iter().collect::<BTreeSet<_>>(), keys(&pages));
    }
}

#[test]
fn a_table_whose_rows_are_alike_but_for_numbers_is_content() {
    let row = |n: usize| format!("第{}号泵站在{}时供水{}吨。", n % 7 + 1, n * 13 % 24, n * 7 + 105);
    let table = |of: usize| (0..60).map(|at| row(of * 60 + at)).collect::<String>();
    let copy = |of: usize| format!("{}\n{}", table(of), Author::new(of as u64).sentence());
    let tables = (0..8).flat_map(|of| [page(format!("{of} a"), table(of)), page(format!("{of} b"), copy(of))]);
    let pages: Vec<Page> = tables.collect();
    for analysis in both_kinds_of_tokens() {
        let expected = (0..8).map(|of| (format!("{of} a"), format!("{of} b"))).collect();
        assert_eq!(joined(&found(&pages, &analysis)), expected, "{:?}", analysis.tokens);
    }
}

#[test]
fn of_two_pages_alone_those_of_one_article_are_joined_and_those_of_one_frame_are_not() {
    let [site, other] = [1, 2].map(Site::new);
    let [text, second] = [1, 2].map(|number| article(number, 20));
    for analysis in both_kinds_of_tokens() {
        let joined = |one: &str, two: &str| {
            let findings = found(&[page("one", one), page("two", two)], &analysis);
            (!joined(&findings).is_empty(), templates(&findings).len())
        };
        let framed = site.page(1, &text, &[]);
        assert_eq!(joined(&framed, &other.page(2, &text, &[])), (true, 0));
        assert_eq!(joined(&framed, &text), (true, 0));
        assert_eq!(joined(&framed, &framed), (true, 0));
        assert_eq!(joined(&framed, &site.page(2, &second, &[])), (false, 1));
        assert_eq!(joined(&text, &second), (false, 0));
    }
}

#[test]
fn one_page_alone_is_like_nothing_and_all_of_it_is_content() {
    for text in [Site::new(1).page(1, &article(1, 20), &[opening(&article(2, 9), 200)]), article(1, 1), "好".into()] {
        for analysis in both_kinds_of_tokens() {
            let findings = found(&[page("one", &text)], &analysis);
            assert_eq!(findings.counts.documents, 1);
            assert!(findings.clusters.is_empty() && findings.relations.is_empty());
            assert_eq!((findings.boilerplate.share, findings.boilerplate.quoted), (0.0, 0.0));
        }
    }
}

// --- pages that hold several articles ---

/// Copies of an article on pages of different sites.
fn copies(number: u64, sentences: usize, count: usize) -> Vec<Page> {
    let text = article(number, sentences);
    let copy = |n: usize| page(format!("article {number} copy {n}"), Site::new(n as u64).page(n, &text, &[]));
    (0..count).map(copy).collect()
}

#[test]
fn a_digest_of_ten_articles_contains_each_of_them_and_joins_none() {
    let mut pages: Vec<Page> = (0..10).flat_map(|number| copies(number, 12, 2)).collect();
    let digest: String = (0..10).map(|number| format!("第{number}篇\n{}\n", article(number, 12))).collect();
    pages.push(page("digest", digest));
    for analysis in both_kinds_of_tokens() {
        let findings = found(&pages, &analysis);
        let expected =
            (0..10).map(|number| pair(&format!("article {number} copy 0"), &format!("article {number} copy 1")));
        assert_eq!(joined(&findings), expected.collect(), "{:?}", analysis.tokens);
        for (key, _) in &pages[..20] {
            assert_eq!(related(&findings, key, "digest"), [(Contained, key.as_str())], "{:?}", analysis.tokens);
        }
    }
}

#[test]
fn two_articles_run_together_do_not_join_those_who_have_one_of_them() {
    for analysis in both_kinds_of_tokens() {
        for (first, second, count) in [(20, 20, 4), (20, 20, 1), (24, 16, 3), (30, 10, 1)] {
            let [of_first, of_second] = [(1, first), (2, second)].map(|(number, size)| copies(number, size, count));
            let both = format!("{}\n{}", article(1, first), article(2, second));
            let splice = page("splice", Site::new(9).page(9, &both, &[]));
            let pages = among_strangers(of_first.iter().chain(&of_second).cloned().chain([splice]));
            let findings = found(&pages, &analysis);
            let joined = joined(&findings);
            let of_both = |(one, other): &&Pair| one.starts_with("article 1") && other.starts_with("article 2");
            let case = format!("{first} and {second} sentences, {count} copies, {:?}", analysis.tokens);
            assert_eq!(joined.iter().find(of_both), None, "{case}");
            // What is much the larger part is no part: the page is that article, with something added.
            if first == second {
                assert!(joined.iter().all(|(_, other)| other != "splice"), "{case}: {joined:?}");
            }
            for (key, _) in &of_second {
                assert_eq!(related(&findings, key, "splice"), [(Contained, key.as_str())], "{case}");
            }
        }
    }
}

#[test]
fn two_articles_run_together_on_two_pages_are_one_cluster_and_join_none_of_the_two() {
    for analysis in both_kinds_of_tokens() {
        for count in [1, 2, 3] {
            let [of_first, of_second] = [1, 2].map(|number| copies(number, 20, count));
            let both = format!("{}\n{}", article(1, 20), article(2, 20));
            // As in the archives of a month and of a subject.
            let archives = [8, 9].map(|n: u64| page(format!("archive {n}"), Site::new(n).page(n as usize, &both, &[])));
            let pages = among_strangers(of_first.iter().chain(&of_second).cloned().chain(archives));
            let findings = found(&pages, &analysis);
            let case = format!("{count} copies, {:?}", analysis.tokens);
            let mut expected = BTreeSet::from([pair("archive 8", "archive 9")]);
            for copies in [&of_first, &of_second] {
                for (at, (one, _)) in copies.iter().enumerate() {
                    expected.extend(copies[at + 1..].iter().map(|(other, _)| pair(one, other)));
                }
            }
            assert_eq!(joined(&findings), expected, "{case}");
            for (key, _) in of_first.iter().chain(&of_second) {
                assert_eq!(related(&findings, key, "archive 8"), [(Contained, key.as_str())], "{case}");
            }
        }
    }
}

// --- the same bytes every time ---

/// Pages among which there is every relation.
fn pages_of_every_kind() -> Vec<Page> {
    let site = Site::new(1);
    let related = |n: u64| -> Vec<String> { (1..4).map(|step| opening(&article((n + step) % 10, 24), 200)).collect() };
    let mut pages: Vec<Page> =
        (0..10).map(|n| page(format!("site {n}"), site.page(n as usize, &article(n, 24), &related(n)))).collect();
    pages.push(page("again", site.page(20, &article(3, 24), &related(6))));
    pages.extend(
        ["plain", "marks"].map(|key| page(key, article(60, 24).replace('，', if key == "marks" { "," } else { "，" }))),
    );
    pages.push(page("clean", article(4, 24)));
    pages.push(page("digest", (5..10).map(|n| format!("第{n}篇\n{}\n", article(n, 24))).collect::<String>()));
    pages.extend(copies(40, 20, 5));
    pages.extend(sharing(22));
    pages.extend(with_quote(6).0);
    pages
}

#[test]
fn every_relation_is_the_same_to_the_byte_in_any_order_and_on_any_number_of_threads() {
    let mut pages = pages_of_every_kind();
    let json = |pages: &[Page], threads| {
        let settings = Settings { run: RunSettings { threads }, ..Settings::default() };
        scan(&[saved(pages).path().to_owned()], &settings, &Silent).unwrap()
    };
    let first = json(&pages, 1);
    let kinds: BTreeSet<RelationKind> = first.relations.iter().map(|relation| relation.kind).collect();
    assert_eq!(kinds, BTreeSet::from([Identical, Repost, Contained, Excerpt]));
    assert!(!templates(&first).is_empty());
    for threads in [1, 2, 7] {
        pages.sort_by_key(|(key, _)| hash::number(hash::bytes(key.as_bytes()), threads as u64));
        assert!(json(&pages, threads).to_json() == first.to_json(), "{threads} threads");
    }
}
