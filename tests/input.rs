//! Real files through the public API: what is read, what it is called, and what is reported.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::iter::{ParallelBridge, ParallelIterator};
use tempfile::TempDir;
use tongwen::document::{Document, Skipped};
use tongwen::input::{Corpus, read_file};
use tongwen::settings::InputSettings;

const ARTICLE: &str = "渡口的老船工每天清晨都要把绳索检查一遍。他说，河水记得每一个粗心的人。";

fn read(paths: &[&Path], settings: &InputSettings) -> (Vec<Document>, Vec<Skipped>) {
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
    let corpus = Corpus::open(&paths, settings).unwrap();
    let (mut documents, mut skipped) = (Vec::new(), Vec::new());
    let expected = corpus.bytes();
    let mut bytes = 0;
    for batch in corpus.batches() {
        bytes += batch.bytes();
        batch.read(&mut |item| match item {
            Ok(document) => documents.push(document),
            Err(bad) => skipped.push(bad),
        });
    }
    assert!(bytes <= expected, "{bytes} of {expected}");
    documents.sort_by(|a, b| a.key.cmp(&b.key).then_with(|| a.origin.cmp(&b.origin)));
    skipped.sort();
    (documents, skipped)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// Records whose text no packer makes smaller by much.
fn records(count: u64) -> String {
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        state
    };
    (0..count).map(|n| format!("{{\"text\": \"{n}渡口{:016x}{:016x}\"}}\n", noise(), noise())).collect()
}

#[test]
fn the_same_article_is_the_same_text_in_every_format_and_encoding() {
    let page = format!("<html><head><meta charset=gb2312></head><body><p>{ARTICLE}</p></body></html>");
    let (gbk, _, _) = encoding_rs::GBK.encode(ARTICLE);
    let (gbk_page, _, _) = encoding_rs::GBK.encode(&page);
    let record = format!("{{\"id\": \"记录\", \"text\": \"{ARTICLE}\"}}\n");
    let folder = folder(&[
        ("utf8.txt", ARTICLE.as_bytes()),
        ("gbk.TXT", &gbk),
        ("packed.txt.gz", &gzip(&gbk)),
        ("packed.html.zst", &zstd::encode_all(&*gbk_page, 3).unwrap()),
        ("page.htm", &gbk_page),
        ("lying.html", page.as_bytes()),
        ("nameless", &gbk_page),
        ("nameless-packed", &gzip(&gbk_page)),
        ("records", record.as_bytes()),
        ("records.ndjson", record.as_bytes()),
    ]);
    let (documents, skipped) = read(&[folder.path()], &InputSettings::default());
    assert_eq!(skipped, []);
    assert_eq!(documents.len(), 10);
    for document in &documents {
        assert_eq!(document.text, ARTICLE, "{}", document.key);
    }
    let keys: Vec<_> = documents.iter().map(|document| document.key.as_str()).collect();
    assert!(keys.contains(&"packed.txt.gz") && keys.iter().filter(|key| **key == "记录").count() == 2, "{keys:?}");
}

#[test]
fn whatever_ends_a_line_ends_it_in_every_format() {
    for end in ["\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
        let more = "渡口的老船工每天清晨都要把绳索检查一遍";
        let text = format!("渡口的老船工。{end}绳索检查一遍{more}");
        let record = format!("{{\"id\": \"c\", \"text\": {}}}", serde_json::Value::from(&*text));
        let folder = folder(&[("a.txt", text.as_bytes()), ("c.jsonl", record.as_bytes())]);
        fs::write(folder.path().join("b.html"), format!("<pre>{text}")).unwrap();
        // A form feed is white space in HTML, and a reference by number to U+0085 is one to another character.
        if end != "\u{c}" {
            fs::write(folder.path().join("d.html"), format!("<p>{text}")).unwrap();
        }
        if end > "\u{85}" {
            let number = end.chars().next().map_or(0, u32::from);
            fs::write(folder.path().join("e.html"), format!("<p>{}", text.replace(end, &format!("&#{number};"))))
                .unwrap();
        }
        // A record, or a row, is none the less whole where its encoding has it decoded with all others.
        let records: Vec<u8> =
            format!("\u{feff}{record}\n{record}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        fs::write(folder.path().join("f.jsonl"), records).unwrap();
        let rows = encoding_rs::GB18030.encode(&format!("text\n\"{text}\"\n{text}\n")).0.into_owned();
        fs::write(folder.path().join("g.csv"), rows).unwrap();
        let (documents, skipped) = read(&[folder.path()], &InputSettings::default());
        assert_eq!(skipped, []);
        for document in documents {
            let expected = format!("渡口的老船工。\n绳索检查一遍{more}");
            assert_eq!(document.text, expected, "{end:?} in {}", document.key);
        }
    }
}

#[test]
fn a_corrupt_record_of_a_packed_file_is_reported_with_its_line_and_the_rest_is_read() {
    let mut lines: Vec<String> = records(10).lines().map(Into::into).collect();
    lines[6].truncate(10);
    let text = lines.join("\n");
    let folder = folder(&[
        ("a.jsonl.gz", &gzip(text.as_bytes())),
        ("b.jsonl.zst", &zstd::encode_all(text.as_bytes(), 3).unwrap()),
    ]);
    let (documents, skipped) = read(&[folder.path()], &InputSettings::default());
    assert_eq!(documents.len(), 18);
    let keys: Vec<_> = skipped.iter().map(|skipped| skipped.key.as_str()).collect();
    assert_eq!(keys, ["a.jsonl.gz:7", "b.jsonl.zst:7"]);
    assert!(documents.iter().any(|document| document.key == "a.jsonl.gz:8" && document.origin.line == 8));
}

#[test]
fn a_packed_file_that_is_cut_off_gives_its_records_up_to_there_and_one_report() {
    // The second size is one that is cut into several batches.
    for count in [100, 100_000] {
        let text = records(count);
        let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for packed in [gzip(text.as_bytes()), zstd::encode_all(text.as_bytes(), 1).unwrap(), gzip(&utf16)] {
            let folder = folder(&[
                ("a.jsonl.gz", &packed[..packed.len() * 3 / 4]),
                ("b.jsonl", text.lines().next().unwrap().as_bytes()),
            ]);
            if packed.starts_with(b"\x28") {
                fs::rename(folder.path().join("a.jsonl.gz"), folder.path().join("a.jsonl.zst")).unwrap();
            }
            let (documents, skipped) = read(&[folder.path()], &InputSettings::default());
            assert_eq!(skipped.len(), 1, "{skipped:?}");
            let whole: Vec<_> = text.lines().collect();
            let read = documents.iter().filter(|document| document.key.starts_with("a.")).count() as u64;
            // A frame of Zstandard that is short holds one block, which is lost as a whole.
            let is_one_block = packed.starts_with(b"\x28") && count == 100;
            assert!(is_one_block || (count / 2..count).contains(&read), "{read} of {count}");
            for document in &documents {
                assert!(whole[document.origin.line as usize - 1].contains(&document.text));
            }
            let line: u64 = skipped[0].key.rsplit_once(':').unwrap().1.parse().unwrap();
            assert_eq!(line, read + 1);
            assert!(skipped[0].reason.contains("cut off") && skipped[0].reason.contains("byte"), "{skipped:?}");
        }
    }
}

#[test]
fn a_packed_page_that_is_cut_off_is_read_up_to_there_and_reported() {
    let text = records(1000);
    let packed = gzip(text.as_bytes());
    let folder = folder(&[("断.txt.gz", &packed[..packed.len() / 2]), ("空.txt.gz", b""), ("坏.html.gz", b"not gzip")]);
    let (documents, skipped) = read(&[folder.path()], &InputSettings::default());
    assert_eq!(documents.len(), 1);
    assert!(text.starts_with(&documents[0].text) && documents[0].text.len() > text.len() / 3);
    let keys: Vec<_> = skipped.iter().map(|skipped| skipped.key.as_str()).collect();
    assert_eq!(keys, ["坏.html.gz", "断.txt.gz", "空.txt.gz"], "{skipped:?}");
}

#[test]
fn a_file_that_is_not_packed_as_its_name_says_is_told_as_such() {
    let long = records(60_000);
    let folder = folder(&[
        ("一.txt.gz", "渡口的老船工".as_bytes()),
        ("二.jsonl.gz", records(3).as_bytes()),
        ("三.jsonl.gz", long.as_bytes()),
        ("四.csv.gz", b"id,text\n1,a\n"),
        ("五.gz", b"PK\x03\x04"),
        ("六.html.zst", b"<p>"),
        ("七.txt.gz", b"\x1F"),
        ("八.txt.zst", &[b"\x50\x2A\x4D\x18\x01\0\0\0.", &*zstd::encode_all(&b"a"[..], 3).unwrap()].concat()),
    ]);
    let (documents, skipped) = read(&[folder.path()], &InputSettings::default());
    assert_eq!(documents.iter().map(|it| (&*it.key, &*it.text)).collect::<Vec<_>>(), [("八.txt.zst", "a")]);
    let mut told: Vec<_> = skipped.iter().map(|it| format!("{} {}", it.key, it.reason)).collect();
    told.sort();
    let of = |name: &str, packing| {
        format!("{name} cannot be read: not a {packing} file, though its name says so: rename it")
    };
    let mut expected: Vec<_> =
        ["一.txt.gz", "二.jsonl.gz", "三.jsonl.gz", "四.csv.gz", "五.gz"].map(|name| of(name, "gzip")).into();
    expected.push(of("六.html.zst", "Zstandard"));
    expected.push("七.txt.gz cannot be read: the stream is cut off".into());
    expected.sort();
    assert_eq!(told, expected);
}

#[test]
fn what_is_not_text_is_skipped_and_what_is_empty_is_not() {
    let noise: Vec<u8> = (0..50_000_u32).map(|n| (n.wrapping_mul(2654435761) >> 13) as u8).collect();
    let folder = folder(&[
        ("空.txt", b""),
        ("空.html", b""),
        ("空.jsonl", b""),
        ("图.png", b"\x89PNG\r\n\x1A\n...."),
        ("书.txt", b"%PDF-1.7 ..."),
        ("噪", &noise),
        ("零.txt", &[0; 100]),
        ("页.parquet", b"PAR1\x15\x04 ..."),
        ("页.parquet.gz", &gzip(b"PAR1\x15\x04 ...")),
        ("页.tar", &[&[b'a'; 257][..], b"ustar\x0000", "渡口".repeat(200).as_bytes()].concat()),
    ]);
    let (documents, skipped) = read(&[folder.path()], &InputSettings::default());
    assert_eq!(documents.iter().map(|it| (&*it.key, &*it.text)).collect::<Vec<_>>(), [("空.html", ""), ("空.txt", "")]);
    assert_eq!(skipped.len(), 7, "{skipped:?}");
    let reason = |key: &str| skipped.iter().find(|bad| bad.key == key).map(|bad| &*bad.reason).unwrap();
    assert_eq!(reason("页.tar"), "a tar archive, not text: unpack it first");
    let what = if cfg!(feature = "parquet") { "no Parquet file, or a damaged one: " } else { "a Parquet file, which " };
    assert!(reason("页.parquet").starts_with(&format!("cannot be read: {what}")), "{}", reason("页.parquet"));
    let packed = "a Parquet file that is packed, or of another name: unpack it, and name it `.parquet`";
    assert_eq!(reason("页.parquet.gz"), packed);
}

#[test]
fn a_long_file_of_records_is_read_by_many_threads_with_its_own_line_numbers() {
    let text = records(60_000);
    let folder = folder(&[("长.jsonl", text.as_bytes()), ("packed.jsonl.gz", &gzip(text.as_bytes()))]);
    let corpus = Corpus::open(&[folder.path().to_owned()], &InputSettings::default()).unwrap();
    let read: Vec<Document> = corpus
        .batches()
        .par_bridge()
        .flat_map_iter(|batch| {
            let mut documents = Vec::new();
            batch.read(&mut |item| documents.push(item.unwrap()));
            documents
        })
        .collect();
    assert_eq!(read.len(), 120_000);
    let lines: Vec<_> = text.lines().collect();
    for document in read {
        assert!(lines[document.origin.line as usize - 1].contains(&document.text), "{}", document.key);
    }
}

#[test]
fn a_document_of_one_very_long_line_without_a_newline_is_read() {
    let long = ARTICLE.repeat(200_000);
    let record = format!("{{\"text\": \"一\"}}\n{{\"text\": \"{long}\"}}");
    let (gbk, _, _) = encoding_rs::GBK.encode(&long);
    let folder = folder(&[
        ("a.txt", long.as_bytes()),
        ("b.txt", &gbk),
        ("c.jsonl", record.as_bytes()),
        ("d.jsonl.zst", &zstd::encode_all(record.as_bytes(), 1).unwrap()),
        ("e.html", format!("<p>{long}").as_bytes()),
        ("f", record.as_bytes()),
    ]);
    let (documents, skipped) = read(&[folder.path()], &InputSettings::default());
    assert_eq!(skipped, []);
    assert_eq!(documents.iter().filter(|document| document.text == long).count(), 6);
    assert_eq!(documents.len(), 9);
}

#[cfg(target_os = "linux")]
#[test]
fn a_page_whose_name_is_no_utf8_is_read() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder(&[]);
    let path = folder.path().join(std::ffi::OsStr::from_bytes(b"\xB6\xC9.txt"));
    fs::write(&path, ARTICLE).unwrap();
    let (documents, _) = read(&[folder.path()], &InputSettings::default());
    assert_eq!((&*documents[0].key, &*documents[0].text), ("\\xB6\\xC9.txt", ARTICLE));
    assert_eq!(read_file(&path, &InputSettings::default()).unwrap().0[0].text, ARTICLE);
}

#[test]
fn one_file_is_read_for_a_closer_look() {
    let folder = folder(&[("一.jsonl", records(3).as_bytes()), (".页.html", b"<p>\xE6\xB8\xA1")]);
    let settings = InputSettings::default();
    assert_eq!(read_file(&folder.path().join("一.jsonl"), &settings).unwrap().0.len(), 3);
    assert_eq!(read_file(&folder.path().join(".页.html"), &settings).unwrap().0[0].text, "渡");
    assert!(read_file(&folder.path().join("无"), &settings).is_err());
    assert!(read_file(folder.path(), &settings).is_err());
}
