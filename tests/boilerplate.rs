//! What is listed as boilerplate: from the corpus, from a dictionary, and from a single page.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tongwen::dictionary::{Basis, Entry};
use tongwen::findings::{Cluster, Findings};
use tongwen::pipeline::{Silent, boilerplate, scan};
use tongwen::settings::{AnalysisSettings, RunSettings, Settings};

use common::{joined, pair, scanned};

/// Twelve pages of one site.
fn site() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/templates")
}

fn pages_of_site() -> Vec<String> {
    let mut paths: Vec<PathBuf> = fs::read_dir(site()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn found(files: &[(&str, &str)]) -> Findings {
    scanned(folder(files).path(), &AnalysisSettings::default())
}

fn by(basis: Basis, findings: &Findings) -> Vec<&Entry> {
    findings.boilerplate.blocks.iter().filter(|block| block.basis == basis).collect()
}

fn texts<'f>(blocks: &[&'f Entry]) -> Vec<&'f str> {
    blocks.iter().map(|block| block.text.as_str()).collect()
}

#[test]
fn a_copy_of_a_page_counts_as_a_page_and_not_as_an_article() {
    let mut files: Vec<(String, String)> =
        pages_of_site().into_iter().zip(1..).map(|(text, n)| (format!("{n:02}.txt"), text)).collect();
    files.push(("00 抄.txt".into(), files[4].1.clone()));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let findings = found(&files);
    let block = &findings.boilerplate.blocks[0];
    assert!(block.text.starts_with("版权说明：榆关生活网所刊载的文字、图片及版式设计"), "{block:?}");
    assert_eq!((block.pages, block.groups, block.example.as_str()), (13, 12, "00 抄.txt"));
    assert_eq!(findings.boilerplate.different, findings.boilerplate.blocks.len() as u64);
    let costs: Vec<u64> = findings.boilerplate.blocks.iter().map(|block| block.pages * block.characters).collect();
    assert!(costs.is_sorted_by(|a, b| a >= b), "{costs:?}");
    let template = findings.clusters.iter().find_map(|cluster| match cluster {
        Cluster::Boilerplate { members, blocks } => Some((members.len(), blocks)),
        Cluster::Repost { .. } => None,
    });
    let (members, blocks) = template.unwrap();
    assert_eq!((members, blocks[0].documents), (13, 13));
    assert_eq!(blocks[0].text, "榆关生活网 | 首页 | 本地 | 人物 | 服务 | 论坛");
}

#[test]
fn the_same_pages_give_the_same_list_in_any_order_and_on_any_number_of_threads() {
    let record = |(n, text): (usize, &String)| serde_json::json!({"id": n, "text": text}).to_string();
    let texts = pages_of_site();
    let lines: Vec<String> = texts.iter().enumerate().map(record).collect();
    let backwards: Vec<&str> = lines.iter().rev().map(String::as_str).collect();
    let one = folder(&[("a.jsonl", &lines.join("\n"))]);
    let other = folder(&[("b.jsonl", &backwards.join("\n"))]);
    let listed = |folder: &TempDir, threads| {
        let settings = Settings { run: RunSettings { threads }, ..Settings::default() };
        boilerplate(&[folder.path().to_owned()], &settings, &Silent).unwrap().to_json()
    };
    let expected = listed(&one, 1);
    assert!(expected.contains("榆关生活网"));
    assert_eq!(listed(&one, 4), expected);
    assert_eq!(listed(&other, 3), expected);
}

#[test]
fn what_a_dictionary_knows_is_frame_where_the_corpus_cannot_show_it() {
    let saved = boilerplate(&[site()], &Settings::default(), &Silent).unwrap();
    let texts = pages_of_site();
    let batch = folder(&[("甲.txt", &texts[0]), ("榆关.json", &saved.to_json())]);
    let paths = [batch.path().join("甲.txt")];
    let dictionaries = vec![batch.path().join("榆关.json")];
    let alone = scan(&paths, &Settings::default(), &Silent).unwrap();
    assert_eq!(alone.boilerplate.share, 0.0);
    let known = scan(&paths, &Settings { dictionaries, ..Settings::default() }, &Silent).unwrap();
    assert!(known.boilerplate.share > 0.4);
    assert_eq!(by(Basis::Dictionary, &known).len(), saved.blocks.len());
    assert_eq!(known.boilerplate.known, saved.blocks.len() as u64);
}

/// Articles of some hundred words each, and nothing in common.
fn articles() -> [String; 2] {
    let text = |name| {
        let path = site().join(name);
        let text = fs::read_to_string(path).unwrap();
        // What stands between the frame above and the frame below.
        let lines: Vec<&str> = text.lines().filter(|line| line.chars().count() > 60).collect();
        lines[..lines.len().min(3)].join("</p><p>")
    };
    [text("01-beekeeper.txt"), text("02-chess.txt")]
}

const MENU: &str = "<nav><p>首页 <p>时事要闻 财经观察 文化随笔 读者来信 图片精选 专题报道 往期目录 投稿须知 关于我们 \
                    友情链接 网站地图 手机版本 电子杂志 订阅服务 广告合作 意见反馈 招聘信息 版权声明</nav>";
const OTHER_MENU: &str = "<nav><p>文库 <p>论文下载 期刊检索 学位论文 会议资料 标准规范 专利查询 图书馆藏 考试题库 课件教案 \
                          行业报告 合同范本 求职简历 演讲致辞 读后感想 心得体会 工作总结 会员登录 充值中心</nav>";

#[test]
fn the_menu_of_a_page_that_stands_alone_is_boilerplate_by_its_place() {
    let findings = found(&[("甲.html", &format!("{MENU}<p>{}", articles()[0]))]);
    let blocks = by(Basis::Page, &findings);
    assert!(texts(&blocks)[0].starts_with("时事要闻 财经观察"), "{blocks:?}");
    assert_eq!((blocks.len(), blocks[0].pages, blocks[0].groups), (2, 1, 1));
    assert!(findings.boilerplate.share > 0.0);
}

#[test]
fn two_pages_that_are_alike_but_for_their_menus_are_alike() {
    let article = &articles()[0];
    let findings =
        found(&[("甲.html", &format!("{MENU}<p>{article}")), ("乙.html", &format!("{OTHER_MENU}<p>{article}"))]);
    let Cluster::Repost { members, .. } = &findings.clusters[0] else { panic!("{findings:?}") };
    assert_eq!(members[1].resemblance, 1.0);
}

#[test]
fn what_reposts_have_in_common_is_content_whatever_their_markup_says() {
    let [article, notice] = articles();
    let page = |title: &str| format!("<title>{title}</title><p>{article}<aside><p>{notice}</aside>");
    let findings = found(&[("甲.html", &page("渡口")), ("乙.html", &page("对岸"))]);
    assert_eq!(joined(&findings).into_iter().collect::<Vec<_>>(), [pair("乙.html", "甲.html")]);
    assert_eq!(by(Basis::Page, &findings), Vec::<&Entry>::new());
}

#[test]
fn a_frame_that_is_longer_than_the_articles_of_a_few_pages_is_told_by_its_markup() {
    let site = pages_of_site();
    let pages: Vec<String> = (0..3)
        .map(|page| {
            let paragraphs = |lines: &mut dyn Iterator<Item = &str>| lines.map(|line| format!("<p>{line}")).collect();
            // What all have in common is a page that is no page of this site.
            let frame: Vec<&str> = site[3].lines().collect();
            let (above, below) = frame.split_at(frame.len() * 3 / 4);
            let is_own = |line: &&str| line.chars().count() > 60 && !frame.contains(line);
            let own: Vec<&str> = site[page].lines().filter(is_own).take(4).collect();
            let [above, own, below]: [String; 3] =
                [above, &own, below].map(|lines| paragraphs(&mut lines.iter().copied()));
            format!("<header><nav>{above}</nav></header><h1>{page}</h1>{own}<footer>{below}</footer>")
        })
        .collect();
    for count in [2, 3] {
        let names: Vec<String> = (0..count).map(|page| format!("{page}.html")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(pages.iter().map(String::as_str)).collect();
        let findings = found(&files);
        assert_eq!(joined(&findings).into_iter().collect::<Vec<_>>(), [], "{count}");
        assert!(findings.boilerplate.share > 0.4, "{count}: {}", findings.boilerplate.share);
    }
}

#[test]
fn a_page_that_is_all_header_keeps_its_text() {
    let article = &articles()[0];
    let page = |title: &str| format!("<header><h1>{title}</h1><p>{article}</header>");
    let findings = found(&[("甲.html", &page("渡口")), ("乙.html", &page("对岸"))]);
    assert_eq!(joined(&findings).into_iter().collect::<Vec<_>>(), [pair("乙.html", "甲.html")]);
    assert_eq!(findings.boilerplate.share, 0.0);
}
