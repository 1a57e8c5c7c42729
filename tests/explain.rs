//! What is said of a pair: the four rows of the table the project begins with, as texts; and where two texts run alike.

#[allow(dead_code, reason = "what this crate has no use for, others have")]
mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use tongwen::error::Error;
use tongwen::explain::{EditKind, Excerpt, Explanation, Located, Marked, Passage, PassageKind, Role, align};
use tongwen::findings::{Relation, RelationKind};
use tongwen::normalise::normalise;
use tongwen::pipeline::{Silent, explain};
use tongwen::relate::Measure;
use tongwen::report::ExplainOptions;
use tongwen::segment::Segmenter;
use tongwen::settings::{AnalysisSettings, Settings, TokenKind};

const ARTICLES: [&str; 12] = [
    include_str!("../samples/sources/articles/birds.txt"),
    include_str!("../samples/sources/articles/bridge.txt"),
    include_str!("../samples/sources/articles/bus.txt"),
    include_str!("../samples/sources/articles/clinic.txt"),
    include_str!("../samples/sources/articles/dam.txt"),
    include_str!("../samples/sources/articles/ferry.txt"),
    include_str!("../samples/sources/articles/library.txt"),
    include_str!("../samples/sources/articles/market.txt"),
    include_str!("../samples/sources/articles/paper.txt"),
    include_str!("../samples/sources/articles/school.txt"),
    include_str!("../samples/sources/articles/tea.txt"),
    include_str!("../samples/sources/articles/well.txt"),
];

fn excerpt(article: usize) -> String {
    ARTICLES[article].split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

/// A page of the site: an article in its frame, and the openings of others below it.
fn page(article: usize, related: &[usize]) -> String {
    let related: String = related.iter().map(|&other| excerpt(other) + "\n").collect();
    format!(
        "来源：竹溪文库 | 被引：{article}次 | 上传者：书虫{article}号\n下载全文（登录后可见），离线阅读更方便\n\
         版权声明：本站文章由会员上传，仅供学习交流，权利归原作者所有；如有不妥请来信，我们将在三日内处理。\n\
         {}\n其他文献\n{related}竹溪文库 版权所有 联系编辑部 网站地图 意见反馈\n",
        ARTICLES[article].trim()
    )
}

/// A page of each article on one site, then other texts.
fn site(others: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for article in 0..ARTICLES.len() {
        let related: Vec<usize> = [1, 3, 4].map(|step| (article + step) % ARTICLES.len()).to_vec();
        fs::write(folder.path().join(format!("{article:02}.txt")), page(article, &related)).unwrap();
    }
    for (name, text) in others {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn explained(paths: &[PathBuf], pair: Option<[&str; 2]>) -> Explanation {
    let explanation = explain(paths, pair, &Settings::default(), &Silent).unwrap();
    let Explanation { a, b, passages, .. } = &explanation;
    check(&a.text, &b.text, passages);
    explanation
}

fn in_corpus(folder: &tempfile::TempDir, a: &str, b: &str) -> Explanation {
    explained(&[folder.path().to_owned()], Some([a, b]))
}

/// Two files and nothing else.
fn alone(a: &str, b: &str) -> Explanation {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a.txt", "b.txt"].map(|name| folder.path().join(name));
    fs::write(&paths[0], a).unwrap();
    fs::write(&paths[1], b).unwrap();
    explained(&paths, None)
}

/// Asserts what holds for any passages of two texts.
fn check(a: &str, b: &str, passages: &[Passage]) {
    let ranges =
        |of: fn(&Passage) -> Option<std::ops::Range<usize>>| passages.iter().filter_map(of).collect::<Vec<_>>();
    let in_a = ranges(|passage| passage.a.as_ref().map(|part| part.range()));
    let mut in_b = ranges(|passage| passage.b.as_ref().map(|part| part.range()));
    let moved: Vec<_> =
        passages.iter().filter(|passage| !passage.moved).filter_map(|passage| passage.b.as_ref()).collect();
    assert!(moved.is_sorted_by_key(|part| part.start), "only moved passages are out of order in b");
    in_b.sort_by_key(|range| range.start);
    for (text, ranges) in [(a, in_a), (b, in_b)] {
        let joined: String = ranges.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(joined, text, "all of a text, each part once");
    }
    for passage in passages {
        let (Some(part_a), Some(part_b)) = (&passage.a, &passage.b) else {
            assert!(passage.edits.is_empty());
            continue;
        };
        let (mut at_a, mut at_b) = (part_a.start, part_b.start);
        for edit in &passage.edits {
            assert_eq!(a[at_a..edit.a.start], b[at_b..edit.b.start], "between edits the texts are the same");
            let (x, y) = (&a[edit.a.clone()], &b[edit.b.clone()]);
            assert_ne!(x, y);
            match edit.kind {
                EditKind::Folded => assert_eq!(normalise(x), normalise(y)),
                EditKind::Marks => assert_eq!(normalise(&format!("{x}{y}")), ""),
                EditKind::Differs => assert_eq!(passage.kind, PassageKind::Changed),
            }
            (at_a, at_b) = (edit.a.end, edit.b.end);
        }
        assert_eq!(a[at_a..part_a.end], b[at_b..part_b.end]);
    }
}

fn texts(explanation: &Explanation, of: impl Fn(&Passage) -> bool) -> Vec<&str> {
    let passages = explanation.passages.iter().filter(|passage| of(passage));
    let text = |passage: &Passage| match (&passage.a, &passage.b) {
        (Some(part), _) => &explanation.a.text[part.range()],
        (None, Some(part)) => &explanation.b.text[part.range()],
        (None, None) => "",
    };
    passages.map(text).collect()
}

#[test]
fn one_article_on_two_pages_of_a_site_with_other_related_blocks_is_a_repost() {
    let folder = site(&[("x.txt", page(1, &[6, 8, 10]))]);
    let explanation = in_corpus(&folder, "01.txt", "x.txt");
    assert_eq!(explanation.relation.kind, Some(RelationKind::Repost));
    let is_quoted = |passage: &Passage| {
        let mut parts = [&passage.a, &passage.b].into_iter().flatten();
        parts.any(|part| matches!(part.role, Role::Quotation { .. }))
    };
    assert!(!texts(&explanation, is_quoted).is_empty());
    let shared = texts(&explanation, |passage| passage.a.is_some() && passage.b.is_some()).concat();
    assert!(shared.contains(ARTICLES[1].trim()), "{shared}");
}

#[test]
fn a_clean_copy_of_a_framed_article_is_a_repost_also_without_a_corpus() {
    let folder = site(&[("clean.txt", ARTICLES[4].into())]);
    assert_eq!(in_corpus(&folder, "04.txt", "clean.txt").relation.kind, Some(RelationKind::Repost));
    let alone = alone(&page(4, &[5]), ARTICLES[4]);
    assert_eq!(alone.relation.kind, Some(RelationKind::Repost));
    assert!(alone.notes[0].contains("Only these two documents"), "{:?}", alone.notes);
}

#[test]
fn two_pages_of_one_text_are_one_run() {
    let explanation = alone(ARTICLES[4], &ARTICLES[4].replace('，', ", "));
    assert_eq!(explanation.relation.kind, Some(RelationKind::Identical));
    let evidence = &explanation.evidence;
    assert!(evidence.runs == 1 && evidence.longest > evidence.shared, "all tokens, some twice: {evidence:?}");
}

#[test]
fn two_articles_in_one_frame_share_boilerplate_only() {
    let folder = site(&[]);
    let explanation = in_corpus(&folder, "02.txt", "09.txt");
    assert_eq!(explanation.relation.kind, Some(RelationKind::Boilerplate));
    assert!(explanation.rules.iter().all(|rule| !rule.holds));
    let framed = texts(&explanation, |passage| {
        passage.b.is_some() && matches!(&passage.a, Some(part) if part.role == Role::Boilerplate { documents: 12 })
    });
    assert!(framed.concat().contains("版权声明：本站文章由会员上传"), "{framed:?}");
    let alone = alone(&page(2, &[]), &page(9, &[]));
    assert_eq!(alone.relation.kind, Some(RelationKind::Boilerplate));
}

#[test]
fn two_hundred_characters_of_an_article_are_part_of_it() {
    let part = excerpt(8);
    let alone = alone(&part, ARTICLES[8]);
    assert_eq!(alone.relation.kind, Some(RelationKind::Contained));
    assert!(!alone.relation.turned);
    assert_eq!(alone.evidence.a_in_b, 1.0);
}

#[test]
fn a_page_that_quotes_an_article_below_its_own_is_told_from_a_repost_of_it() {
    let folder = site(&[("clean.txt", ARTICLES[3].into())]);
    // 00 has the openings of 01, 03 and 04 below its article.
    let explanation = in_corpus(&folder, "clean.txt", "00.txt");
    assert_eq!(explanation.relation.kind, Some(RelationKind::Excerpt));
    assert!(!explanation.relation.turned, "the article is what is quoted");
    assert!(in_corpus(&folder, "00.txt", "clean.txt").relation.turned);
}

#[test]
fn a_character_written_otherwise_is_shown_as_what_it_is() {
    let explanation = alone("下沉单位，开展活动。共12人参加,歌林厂。", "下沉單位,開展活動。共13人参加,哥林厂。");
    let edits: Vec<_> = explanation.passages[0]
        .edits
        .iter()
        .map(|edit| (edit.kind, &explanation.a.text[edit.a.clone()], &explanation.b.text[edit.b.clone()]))
        .collect();
    assert_eq!(
        edits,
        [
            (EditKind::Folded, "单", "單"),
            (EditKind::Marks, "，", ","),
            (EditKind::Folded, "开", "開"),
            (EditKind::Folded, "动", "動"),
            (EditKind::Differs, "2", "3"),
            (EditKind::Differs, "歌", "哥"),
        ]
    );
}

#[test]
fn a_passage_that_was_moved_is_shown_beside_its_twin() {
    let (one, two) = (ARTICLES[0].trim(), excerpt(5));
    let explanation = alone(&format!("{two}\n{one}"), &format!("{one}\n{two}"));
    let moved = texts(&explanation, |passage| passage.moved);
    assert_eq!(moved.len(), 1);
    assert_eq!(normalise(moved[0]), normalise(&two));
}

#[test]
fn a_text_of_one_repeated_character_and_one_without_any_are_aligned() {
    let explanation = alone(&"好".repeat(300), &"好".repeat(200));
    assert_eq!(explanation.passages[0].kind, PassageKind::Same);
    let empty = alone("……", "好");
    assert_eq!(empty.relation.kind, None);
    assert_eq!(alone("", "，").passages.len(), 1);
}

#[test]
fn a_key_that_is_not_there_is_named_with_those_that_may_be_meant() {
    let folder = site(&[]);
    let refused = |pair| match explain(&[folder.path().to_owned()], pair, &Settings::default(), &Silent) {
        Err(error @ Error::NotFound(_)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(Some(["04.txt", "5.txt"])), "no document has the key `5.txt`: did you mean `05.txt`?");
    assert_eq!(refused(Some(["04.txt", "04.txt"])), "`04.txt` is one document: name two");
    assert!(refused(None).contains("there are 12: say which, with `--pair KEY KEY`"));
}

#[test]
fn a_copy_beside_another_article_is_told_as_a_part_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (ARTICLES[0].trim(), ARTICLES[1].trim());
    for copy in 0..3 {
        fs::write(folder.path().join(format!("a{copy}.txt")), first).unwrap();
        fs::write(folder.path().join(format!("b{copy}.txt")), second).unwrap();
    }
    fs::write(folder.path().join("both.txt"), format!("{first}\n{second}")).unwrap();
    let explanation = in_corpus(&folder, "b0.txt", "both.txt");
    assert_eq!(explanation.relation.kind, Some(RelationKind::Contained));
    assert!(explanation.rules.iter().any(|rule| rule.holds && rule.kind == RelationKind::Repost));
    let shown = shown(&explanation);
    let (_, why_not) = shown.split_once("Why not repost").unwrap();
    let why_not: Vec<&str> = why_not.lines().take_while(|line| !line.starts_with("Notes")).collect();
    assert!(why_not[1].contains("holds several articles and joins none"), "{shown}");
    assert!(why_not.iter().all(|line| !line.contains('✓')), "{shown}");
}

#[test]
fn parts_of_each_other_that_are_level_run_one_way_however_they_are_asked_for() {
    // Each has as much of the other, and too little for a repost of these settings.
    let text = |tail: &str| {
        let body: Vec<char> = ARTICLES[2].chars().filter(|c| !c.is_whitespace()).take(240).collect();
        let tail: Vec<String> = (0..40).map(|at| format!("{tail}{}", char::from(b'a' + at / 2))).collect();
        let tail = tail.join(" ");
        format!("{}。\n{tail}", body.iter().collect::<String>())
    };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), text("lorem")).unwrap();
    fs::write(folder.path().join("b.txt"), text("dolor")).unwrap();
    let analysis = AnalysisSettings { overlap: 0.9, ..AnalysisSettings::default() };
    let settings = Settings { analysis: analysis.clone(), ..Settings::default() };
    let asked = |a, b| explain(&[folder.path().to_owned()], Some([a, b]), &settings, &Silent).unwrap();
    let (one, other) = (asked("a.txt", "b.txt"), asked("b.txt", "a.txt"));
    assert_eq!(one.relation.kind, Some(RelationKind::Contained));
    assert_eq!(one.evidence.a_in_b, one.evidence.b_in_a);
    assert_eq!([one.relation.turned, other.relation.turned], [false, true]);
    let findings = common::scanned(folder.path(), &analysis);
    assert_eq!((findings.relations[0].a.as_str(), findings.relations[0].b.as_str()), ("a.txt", "b.txt"));
}

/// Returns the text of an explanation.
fn shown(explanation: &Explanation) -> String {
    let mut shown = Vec::new();
    let options = ExplainOptions { width: 100, full: false };
    tongwen::report::explain(explanation, &options, &mut anstream::StripStream::new(&mut shown)).unwrap();
    String::from_utf8(shown).unwrap()
}

#[test]
fn an_excerpt_is_explained_by_its_passage_its_share_and_what_it_needed() {
    let explanation = in_corpus(&site(&[]), "03.txt", "00.txt");
    let Explanation { a, b, evidence, excerpts, .. } = &explanation;
    let [excerpt] = excerpts.as_slice() else { panic!("{excerpts:?}") };
    assert!(!excerpt.turned && excerpt.listed_as.is_empty());
    assert!(excerpt.a_in_b > 0.1 && evidence.a_in_b == excerpt.a_in_b, "{excerpt:?}");
    let [passage] = excerpt.passages.as_slice() else { panic!("{excerpt:?}") };
    let opening = normalise(&b.text[passage.b.clone()]);
    assert_eq!(opening, normalise(&self::excerpt(3)));
    let in_source = normalise(&a.text[passage.a.clone()]).chars().count();
    assert!(in_source.abs_diff(opening.chars().count()) <= 4, "{in_source}");
    let of = |measure| passage.tests.iter().find(|test| test.measure == measure).unwrap();
    assert_eq!(of(Measure::Characters).needed, 40.0);
    assert!(of(Measure::PassageShare).value > 0.9 && passage.tests.iter().all(|test| test.holds()));
    let shown = shown(&explanation);
    let (_, why) = shown.split_once("Why excerpt\n").unwrap();
    let share = format!("  ✓ B quotes {}% of A in 1 passage:", (evidence.a_in_b * 100.0).floor());
    assert!(why.starts_with(&share) && why.contains(" characters, needs 40 in a quoted block"), "{shown}");
}

/// What the explanation says is what the scan lists, whichever of the two is named first.
#[test]
fn every_relation_of_a_scan_is_explained_as_it_was_judged() {
    for samples in ["samples/reposts", "samples/templates"] {
        let samples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(samples);
        let findings = common::scanned(&samples, &AnalysisSettings::default());
        let listed = |kind, a: &str, b: &str| {
            let is_it = |one: &&Relation| one.kind == kind && one.a == a && one.b == b;
            findings.relations.iter().find(is_it)
        };
        for relation in &findings.relations {
            let Relation { kind, ref a, ref b, .. } = *relation;
            for [x, y] in [[a, b], [b, a]] {
                let explanation = explained(std::slice::from_ref(&samples), Some([x, y]));
                let Explanation { relation: judged, ref evidence, ref excerpts, .. } = explanation;
                assert_eq!(judged.kind, Some(kind), "{relation:?}");
                assert_eq!(evidence.resemblance, relation.resemblance, "{relation:?}");
                if kind == RelationKind::Excerpt {
                    // Each may quote the other, and both are listed.
                    let both = [listed(kind, x, y), listed(kind, y, x)];
                    let own: Vec<_> = excerpts.iter().filter(|excerpt| excerpt.listed_as.is_empty()).collect();
                    let shares = |excerpt: &Excerpt| (excerpt.turned, excerpt.a_in_b, excerpt.b_in_a);
                    let expected = [
                        both[0].map(|one| (false, one.a_in_b, one.b_in_a)),
                        both[1].map(|one| (true, one.b_in_a, one.a_in_b)),
                    ];
                    let expected: Vec<_> = expected.into_iter().flatten().collect();
                    assert_eq!(own.into_iter().map(shares).collect::<Vec<_>>(), expected, "{relation:?}");
                    let stated = (judged.turned, evidence.a_in_b, evidence.b_in_a);
                    assert_eq!(stated, expected[0], "{relation:?}");
                    continue;
                }
                let is_turned = x == b;
                let shares =
                    if is_turned { [relation.b_in_a, relation.a_in_b] } else { [relation.a_in_b, relation.b_in_a] };
                assert_eq!([evidence.a_in_b, evidence.b_in_a], shares, "{relation:?}");
                assert_eq!(judged.turned, is_turned && kind.is_directed(), "{relation:?}");
                assert!(excerpts.is_empty());
            }
        }
    }
}

/// And what no scan lists is explained by what it lists.
#[test]
fn an_excerpt_that_no_scan_lists_is_told_with_the_one_it_lists() {
    let samples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples/reposts");
    let findings = common::scanned(&samples, &AnalysisSettings::default());
    let excerpts: BTreeSet<(&str, &str)> = findings
        .relations
        .iter()
        .filter(|relation| relation.kind == RelationKind::Excerpt)
        .map(|relation| (relation.a.as_str(), relation.b.as_str()))
        .collect();
    let mut under_a_copy = 0;
    for group in common::groups(&findings) {
        let mut pairs = excerpts.iter().filter(|(a, _)| group.contains(a));
        let Some(&(_, quoter)) = pairs.next() else { continue };
        for &source in group.iter().filter(|&&source| source != quoter) {
            let explanation = explained(std::slice::from_ref(&samples), Some([source, quoter]));
            for excerpt in &explanation.excerpts {
                let (a, b) = if excerpt.turned { (quoter, source) } else { (source, quoter) };
                assert_eq!(excerpts.contains(&(a, b)), excerpt.listed_as.is_empty(), "{a} {b}");
                for listed in &excerpt.listed_as {
                    assert!(excerpts.contains(&(listed.a.as_str(), listed.b.as_str())), "{listed:?}");
                    assert!(explanation.notes.iter().any(|note| note.contains(&listed.a)), "{:?}", explanation.notes);
                    under_a_copy += 1;
                }
            }
        }
    }
    assert!(under_a_copy > 5, "{under_a_copy}");
}

/// Pieces of text that normalisation has something to do with.
const PIECES: [&str; 16] = [
    "單位",
    "单位",
    "開展活動",
    "开展",
    "ＡＢＣ１２",
    "abc 12",
    "e\u{301}",
    "é",
    "か\u{3099}",
    "が",
    "𠮷野家",
    "吉野家",
    "社\u{200B}区",
    "“",
    "。\n",
    "，",
];

proptest! {
    #[test]
    fn passages_are_all_of_both_texts_on_character_borders(
        a in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..60),
        b in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..60),
        from in 0..60_usize,
        cuts in prop::collection::vec(0..40_usize, 0..4),
        kind in prop::sample::select(vec![TokenKind::Word, TokenKind::Char]),
    ) {
        // The second text repeats a part of the first.
        let b = [&b[..b.len() / 2], &a[from.min(a.len())..], &b[b.len() / 2..]].concat();
        let (a, b) = (a.concat(), b.concat());
        let marked = |text| {
            let located = Located::new(text, Segmenter::new(kind));
            let mut borders: Vec<usize> = cuts.iter().map(|&cut| cut % located.len().max(1)).chain([0]).collect();
            borders.sort_unstable();
            borders.dedup();
            let role = |number: usize| if usize::is_multiple_of(number, 2) { Role::Content } else { Role::Boilerplate { documents: 2 } };
            let roles = borders.into_iter().enumerate().map(|(number, token)| (token, role(number))).collect();
            Marked::new(located, roles)
        };
        check(&a, &b, &align(&marked(&a), &marked(&b), kind.default_width()));
    }

    #[test]
    fn any_two_texts_have_passages(a in "\\PC{0,40}\n?\\PC{0,40}", b in "\\PC{0,80}") {
        let marked = |text| Marked::new(Located::new(text, Segmenter::new(TokenKind::Char)), vec![(0, Role::Content)]);
        check(&a, &b, &align(&marked(&a), &marked(&b), 4));
        let twice = format!("{b}{a}");
        check(&a, &twice, &align(&marked(&a), &marked(&twice), 2));
    }
}
