//! Archives of crawls (WARC, WET): which of their records are documents, and what is written of them.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

use tongwen::document::{Document, Skipped};
use tongwen::input::Corpus;
use tongwen::pipeline::dedup::{apply, plan};
use tongwen::pipeline::{Silent, scan};
use tongwen::settings::{InputSettings, Settings};

const ARTICLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/sources/articles");
const TEXT: &str = "渡口的老船工每天清晨都要把绳索检查一遍。";

/// `<p>` and [`TEXT`], packed with Brotli.
const BROTLI: [u8; 67] = [
    0x1b, 0x3e, 0x00, 0xe8, 0x8d, 0x93, 0x65, 0x62, 0x76, 0x4b, 0xe0, 0x09, 0xcb, 0x45, 0x69, 0xed, 0x37, 0xec, 0xce,
    0xfb, 0xdb, 0x79, 0x3b, 0xce, 0x0d, 0x4a, 0x2b, 0xb9, 0xf9, 0x10, 0xf9, 0x29, 0x93, 0x94, 0x2e, 0x14, 0x85, 0xd2,
    0x49, 0x01, 0x52, 0x1c, 0x5b, 0xb2, 0x2d, 0x52, 0xfd, 0xf5, 0xe9, 0xb3, 0x87, 0x38, 0xd2, 0x9c, 0xf9, 0x1d, 0x04,
    0x73, 0xde, 0xca, 0xae, 0x66, 0xbe, 0xe0, 0x28, 0x1c, 0x6a,
];

/// A record with some fields in its header and some content.
fn record(fields: &[&str], content: &[u8]) -> Vec<u8> {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    let length = content.len();
    [format!("WARC/1.0\r\n{fields}Content-Length: {length}\r\n\r\n").as_bytes(), content, b"\r\n\r\n"].concat()
}

/// What a server answered when it was asked for `uri`.
fn response(uri: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let uri = format!("WARC-Target-URI: {uri}");
    let fields = [
        "WARC-Type: response",
        &*uri,
        "WARC-Date: 2026-11-28T01:02:03Z",
        "Content-Type: application/http; msgtype=response",
    ];
    record(&fields, &[head.as_bytes(), b"\r\n\r\n", body].concat())
}

fn page(uri: &str, text: &str) -> Vec<u8> {
    let page = format!("<title>{}</title><p>{text}", &text[..text.find('。').unwrap_or(0)]);
    response(uri, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8", page.as_bytes())
}

fn request(uri: &str) -> Vec<u8> {
    let uri = format!("WARC-Target-URI: {uri}");
    record(&["WARC-Type: request", &uri, "Content-Type: application/http; msgtype=request"], b"GET / HTTP/1.1\r\n\r\n")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// Each record a member, as in archives that can be searched.
fn packed(records: &[Vec<u8>]) -> Vec<u8> {
    records.iter().flat_map(|record| gzip(record)).collect()
}

/// What is read of a folder that holds one file: documents, what is skipped, and how many records are passed over.
fn read(name: &str, bytes: &[u8]) -> (Vec<Document>, Vec<Skipped>, u64) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    let corpus = Corpus::open(&[folder.path().to_owned()], &InputSettings::default()).unwrap();
    let (mut documents, mut skipped, mut others, mut on_disk) = (Vec::new(), Vec::new(), 0, 0);
    let length = corpus.bytes();
    for batch in corpus.batches() {
        on_disk += batch.bytes();
        others += batch.read(&mut |item| match item {
            Ok(document) => documents.push(document),
            Err(bad) => skipped.push(bad),
        });
    }
    assert!(on_disk == length || skipped.iter().any(|bad| bad.torn.is_some()), "{on_disk} of {length}");
    (documents, skipped, others)
}

/// A record that is a document: number, key, host.
type Page = (u64, &'static str, &'static str);

/// Records of every kind, and those of them that are documents.
fn all_kinds() -> (Vec<Vec<u8>>, Vec<Page>) {
    let markup = format!("<p>{TEXT}");
    let (gbk, ..) = encoding_rs::GBK.encode(&markup);
    let chunked = |bytes: &[u8]| -> Vec<u8> {
        let chunks =
            bytes.chunks(7).flat_map(|part| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat());
        chunks.chain(*b"0\r\n\r\n").collect()
    };
    let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html";
    let zstd = zstd::encode_all(markup.as_bytes(), 1).unwrap();
    let with_type = |kind: &str, uri: &str, media: &str, content: &[u8]| {
        let fields =
            [format!("WARC-Type: {kind}"), format!("WARC-Target-URI: {uri}"), format!("Content-Type: {media}")];
        record(&fields.each_ref().map(String::as_str), content)
    };
    let records = vec![
        record(&["WARC-Type: warcinfo", "Content-Type: application/warc-fields"], b"software: a crawler\r\n"),
        request("http://a.example/1"),
        response("http://a.example/1", "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=gbk", &gbk),
        response("http://A.example/2", &format!("{html}\r\nTransfer-Encoding: chunked"), &chunked(markup.as_bytes())),
        response(
            "<https://b.example:8443/3>",
            &format!("{html}\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip"),
            &chunked(&gzip(markup.as_bytes())),
        ),
        response("http://b.example/4", &format!("{html}\r\nContent-Encoding: br"), &BROTLI),
        response("http://b.example/5", &format!("{html}\r\nContent-Encoding: zstd"), &zstd),
        // As Common Crawl and others store pages: unpacked and joined, with the header as it was.
        response(
            "http://c.example/6",
            &format!("{html}\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip"),
            markup.as_bytes(),
        ),
        response("http://c.example/7", &format!("{html}\r\nContent-Encoding: br"), markup.as_bytes()),
        response("http://c.example/8", "HTTP/1.0 200", format!("<html>{markup}").as_bytes()),
        response("http://c.example/9", "HTTP/1.1 200 OK\r\nContent-Type: text/plain", TEXT.as_bytes()),
        response("http://d.example/", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html", markup.as_bytes()),
        response("http://d.example/a.png", "HTTP/1.1 200 OK\r\nContent-Type: image/png", b"\x89PNG\r\n\x1a\n"),
        response("http://d.example/b", "HTTP/1.1 200 OK", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        with_type("resource", "http://e.example/10", "text/html", markup.as_bytes()),
        with_type("conversion", "http://e.example/11", "text/plain", TEXT.as_bytes()),
        record(&["WARC-Type: conversion", "Content-Type: text/plain"], TEXT.as_bytes()),
        with_type("revisit", "http://e.example/10", "application/http; msgtype=response", b"HTTP/1.1 200 OK\r\n\r\n"),
        with_type("resource", "http://e.example/c.js", "text/javascript", b"let a = 1"),
        with_type("metadata", "http://e.example/10", "application/warc-fields", b"fetchTimeMs: 12\r\n"),
    ];
    let documents = vec![
        (3, "http://a.example/1", "a.example"),
        (4, "http://A.example/2", "a.example"),
        (5, "https://b.example:8443/3", "b.example"),
        (6, "http://b.example/4", "b.example"),
        (7, "http://b.example/5", "b.example"),
        (8, "http://c.example/6", "c.example"),
        (9, "http://c.example/7", "c.example"),
        (10, "http://c.example/8", "c.example"),
        (11, "http://c.example/9", "c.example"),
        (15, "http://e.example/10", "e.example"),
        (16, "http://e.example/11", "e.example"),
        (17, "NAME:17", ""),
    ];
    (records, documents)
}

#[test]
fn each_record_with_a_page_is_a_document_however_it_is_packed() {
    let (records, expected) = all_kinds();
    let plain = records.concat();
    for (name, bytes) in [
        ("a.warc", plain.clone()),
        ("a.warc.gz", packed(&records)),
        ("b.warc.gz", gzip(&plain)),
        ("a.warc.zst", records.iter().flat_map(|record| zstd::encode_all(&record[..], 1).unwrap()).collect()),
        ("a.warc.wet.gz", packed(&records)),
        // By its first bytes.
        ("download", plain.clone()),
        ("download.gz", packed(&records)),
    ] {
        let (documents, skipped, others) = read(name, &bytes);
        assert_eq!(skipped, []);
        let found: Vec<_> = documents.iter().map(|it| (it.origin.line, &*it.key, &*it.site)).collect();
        let named = format!("{name}:17");
        let expected: Vec<_> = expected
            .iter()
            .map(|&(number, key, host)| (number, if key == "NAME:17" { &*named } else { key }, host))
            .collect();
        assert_eq!(found, expected, "{name}");
        for document in &documents {
            assert_eq!((&*document.text, &*document.origin.file), (TEXT, name), "{}", document.key);
        }
        assert_eq!(others, 8, "{name}");
    }
    let (documents, ..) = read("a.warc", &plain);
    let day = documents[0].date.map(|date| (date.year, date.month, date.day, date.second));
    assert_eq!(day, Some((2026, 11, 28, 3723)));
}

#[test]
fn an_archive_that_breaks_off_gives_the_records_before_and_one_report() {
    let (records, expected) = all_kinds();
    let plain = records.concat();
    let ends: Vec<usize> = records
        .iter()
        .scan(0, |at, record| {
            *at += record.len();
            Some(*at)
        })
        .collect();
    for cut in 1..plain.len() {
        let (documents, skipped, _) = read("a.warc", &plain[..cut]);
        // A record is whole without the ends of lines that follow it.
        let whole = ends.iter().filter(|&&end| end - 4 <= cut).count() as u64;
        let count = expected.iter().filter(|(number, ..)| *number <= whole).count();
        assert_eq!(documents.len(), count, "at {cut}");
        let is_between = ends.iter().any(|&end| (end - 4..=end).contains(&cut));
        match &skipped[..] {
            [] => assert!(is_between, "at {cut}"),
            [one] => {
                assert!(!is_between, "at {cut}: {}", one.reason);
                assert_eq!((&*one.key, one.torn.as_deref()), (&*format!("a.warc:{}", whole + 1), Some("a.warc")));
            }
            more => panic!("at {cut}: {more:?}"),
        }
    }
    let whole = packed(&records);
    for cut in 1..whole.len() {
        let (documents, skipped, others) = read("b.warc.gz", &whole[..cut]);
        let is_whole = records.iter().scan(0, |at, record| {
            *at += gzip(record).len();
            Some(*at)
        });
        if is_whole.into_iter().any(|end| end == cut) {
            assert_eq!(skipped, [], "at {cut}");
            continue;
        }
        let [one] = &skipped[..] else { panic!("at {cut}: {skipped:?}") };
        let broken: u64 = one.key.strip_prefix("b.warc.gz:").unwrap().parse().unwrap();
        assert!(documents.iter().all(|document| document.origin.line <= broken) && others < broken, "at {cut}");
        assert!(documents.len() as u64 + others + 1 >= broken, "at {cut}: {} {others} {broken}", documents.len());
        assert!(one.reason.contains("the stream is cut off"), "{one:?}");
    }
}

#[test]
fn what_is_damaged_in_an_archive_is_told_with_the_number_of_the_record() {
    let good = page("http://a.example/", TEXT);
    let reason = |records: &[&[u8]]| {
        let (documents, skipped, _) = read("a.warc", &records.concat());
        assert_eq!((documents.len(), skipped.len()), (1, 1), "{skipped:?}");
        assert_eq!(skipped[0].key, "a.warc:2");
        skipped[0].reason.clone()
    };
    let torn = "; the records before it were read";
    assert_eq!(
        reason(&[&good, b"<html><p>", &good]),
        format!("record 2 of the archive: no record begins where one is due: the archive is damaged{torn}")
    );
    assert_eq!(
        reason(&[&good, b"WARC/1.0\r\nWARC-Type: response\r\n\r\n", &good[..0]]),
        format!("record 2 of the archive: its header says no `Content-Length`{torn}")
    );
    let header = format!("WARC/1.0\r\nX-Long: {}", "x".repeat(2 << 20));
    assert_eq!(
        reason(&[&good, header.as_bytes()]),
        format!("record 2 of the archive: its header is longer than 1 MiB{torn}")
    );
    // What is wrong with one page costs no other.
    let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html";
    let compressed = gzip(TEXT.as_bytes());
    let unfit: [(&str, &[u8], &str); 5] = [
        (html, b"\x89PNG\r\n\x1a\n\0", "an image, not text"),
        (
            &format!("{html}\r\nContent-Encoding: compress"),
            b"\x1f\x9d\x90\0\x01\x02",
            "packed with `compress`, which is not read",
        ),
        (
            &format!("{html}\r\nContent-Encoding: gzip"),
            &compressed[..12],
            "packed with gzip, and cannot be unpacked: the stream is cut off",
        ),
        (
            &format!("{html}\r\nContent-Encoding: br"),
            b"\x1b\xff\xff\x01",
            "packed with Brotli, and cannot be unpacked: Invalid Data",
        ),
        ("no answer", b"x", "the answer does not begin with a status"),
    ];
    for (head, body, why) in unfit {
        let bad = response("http://a.example/bad", head, body);
        let (documents, skipped, _) = read("a.warc", &[&*good, &bad, &good].concat());
        assert_eq!(documents.iter().map(|document| document.origin.line).collect::<Vec<_>>(), [1, 3], "{why}");
        assert_eq!((&*skipped[0].key, &*skipped[0].reason, &skipped[0].torn), ("a.warc:2", why, &None));
    }
}

#[test]
fn what_crawlers_write_otherwise_is_read() {
    let page = format!("<html><p>{TEXT}");
    let kept = |records: &[Vec<u8>]| -> Vec<u64> {
        let (documents, skipped, _) = read("a.warc", &records.concat());
        assert_eq!(skipped, []);
        documents.iter().inspect(|it| assert_eq!(it.text, TEXT)).map(|it| it.origin.line).collect()
    };
    let answer = |head: &str| response("http://a.example/", head, page.as_bytes());
    let html = "Content-Type: text/html";
    // Status lines and media types.
    let heads = [
        "HTTP/2 200",
        "HTTP/2.0 200 OK",
        "HTTP/3 200",
        "ICY 200 OK",
        "http/1.1 200 ok",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
        "HTTP/1.1 200 OK\r\nContent-Type: \"text/html\"",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html,text/html",
        "HTTP/1.1 200 OK\r\nContent-Type: */*",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html charset=utf-8",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: utf-8",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Odd: a,\r\n b\r\n: none\r\nno colon",
    ];
    let records = heads.map(answer);
    assert_eq!(kept(&records), (1..=heads.len() as u64).collect::<Vec<_>>());
    // Fields of the archive that are folded, of odd names, and many.
    let mut fields =
        vec!["WARC-Type: resource", "WARC-Target-URI: http://a.example/", html, "WARC-X: a,\r\n  b", "X : y"];
    fields.extend(["WARC-Y: z"; 200]);
    let odd = record(&fields, page.as_bytes());
    assert_eq!(kept(&[odd.clone(), request("http://a.example/"), odd]), [1, 3]);
    // Packed in more than one way, with bytes behind, or cut off.
    let packed = |codings: &str, body: &[u8]| {
        response("http://a.example/", &format!("HTTP/1.1 200 OK\r\n{html}\r\n{codings}"), body)
    };
    let long = format!("{page}{}", " ".repeat(3000));
    let zipped = gzip(long.as_bytes());
    let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    deflated.write_all(page.as_bytes()).unwrap();
    let chunks = [format!("{:x}\r\n", zipped.len()).as_bytes(), &zipped, b"\r\n0\r\n\r\n"].concat();
    let records = [
        packed("Content-Encoding: gzip\r\nContent-Encoding: gzip", &gzip(&zipped)),
        packed("Transfer-Encoding: gzip, chunked", &chunks),
        packed("Content-Encoding: gzip", &[&zipped[..], b"<!-- -->"].concat()),
        packed("Content-Encoding: gzip", &zipped[..zipped.len() - 8]),
        packed("Content-Encoding: deflate", &deflated.finish().unwrap()),
        packed("Content-Encoding: utf-8", &zipped),
    ];
    assert_eq!(kept(&records), [1, 2, 3, 4, 5, 6]);
    // What begins with digits is not in chunks for that.
    for text in ["2026\r\n", "0\r\n"] {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked";
        let (documents, ..) = read("a.warc", &response("http://a.example/", head, format!("{text}{TEXT}").as_bytes()));
        assert_eq!(documents[0].text, format!("{}\n{TEXT}", text.trim()));
    }
    // What a crawler says of itself, and keeps beside pages.
    let own = ["metadata://gnu.org/software/wget/warc/wget.log", "urn:text:http://a.example/"].map(|uri| {
        let uri = format!("WARC-Target-URI: {uri}");
        record(&["WARC-Type: resource", &uri, "Content-Type: text/plain"], TEXT.as_bytes())
    });
    assert_eq!(kept(&own), [0; 0]);
    // One that is stored in parts is told, and not taken for the first of them.
    let part = ["WARC-Type: resource", "WARC-Target-URI: http://a.example/", html, "WARC-Segment-Number: 1"];
    let (documents, skipped, _) = read("a.warc", &record(&part, page.as_bytes()));
    assert_eq!((documents.len(), &*skipped[0].reason), (0, "stored in several records, which are not joined"));
}

#[test]
fn an_archive_on_standard_input_is_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.warc"), crawl().concat()).unwrap();
    let scanned = |arguments: &[&str], input: fs::File| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tongwen"));
        command
            .args(["scan", "--no-config", "--format", "csv"])
            .args(arguments)
            .current_dir(folder.path())
            .stdin(input);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let open = || fs::File::open(folder.path().join("a.warc")).unwrap();
    assert_eq!(scanned(&["-"], open()), scanned(&["a.warc"], open()));
    assert!(scanned(&["-"], open()).contains("http://b.example/again"));
}

#[test]
fn a_long_archive_is_read_in_pieces_with_the_numbers_of_its_records() {
    // Texts that no packer makes short, so that the packed archive too is long.
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        char::from_u32(0x4e00 + (state >> 33) as u32 % 20_000).unwrap()
    };
    let mut records = Vec::new();
    for number in 1..=600 {
        let uri = format!("http://a.example/{number}");
        records.push(request(&uri));
        records.push(page(&uri, &format!("{number}。{}", (0..2000).map(|_| noise()).collect::<String>())));
    }
    for (name, bytes) in [("a.warc", records.concat()), ("a.warc.gz", packed(&records))] {
        assert!(bytes.len() > 2 << 20);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), &bytes).unwrap();
        let corpus = Corpus::open(&[folder.path().to_owned()], &InputSettings::default()).unwrap();
        assert!(corpus.batches().count() > 2, "{name}");
        let (documents, skipped, others) = read(name, &bytes);
        assert_eq!((skipped, others), (Vec::new(), 600));
        let found: Vec<(u64, &str)> = documents.iter().map(|it| (it.origin.line, &*it.key)).collect();
        let uris: Vec<String> = (1..=600).map(|number| format!("http://a.example/{number}")).collect();
        let expected: Vec<(u64, &str)> = uris.iter().zip(1..).map(|(uri, number)| (2 * number, &**uri)).collect();
        assert_eq!(found, expected, "{name}");
    }
}

fn article(name: &str) -> String {
    fs::read_to_string(Path::new(ARTICLES).join(name).with_extension("txt")).unwrap()
}

/// Two pages of one article, and one of another, each with the request for it.
fn crawl() -> Vec<Vec<u8>> {
    let (bridge, birds) = (article("bridge"), article("birds"));
    vec![
        record(&["WARC-Type: warcinfo"], b"software: a crawler\r\n"),
        request("http://a.example/bridge"),
        page("http://a.example/bridge", &bridge),
        request("http://b.example/again"),
        page("http://b.example/again", &bridge.replace('，', ",")),
        request("http://b.example/birds"),
        page("http://b.example/birds", &birds),
    ]
}

#[test]
fn an_archive_is_written_without_its_duplicates_and_what_stays_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let records = crawl();
    // Written by a program that leaves out the ends of lines behind the last record.
    let plain = records.concat();
    fs::write(folder.path().join("a.warc"), &plain[..plain.len() - 4]).unwrap();
    fs::write(folder.path().join("b.warc.gz"), packed(&records)).unwrap();
    let paths = [folder.path().to_owned()];
    let settings = Settings::default();
    let findings = scan(&paths, &settings, &Silent).unwrap();
    assert_eq!(
        findings.notes,
        [
            "3 documents are of a key that had occurred before: each got a number (`key#2`), none was merged",
            "8 records of archives hold no page: requests, images, redirections and the like are passed over",
        ]
    );
    let plan = plan(&findings, &paths, &[], &settings, &Silent).unwrap();
    let dropped: Vec<&str> = plan.dropped().map(|(_, dropped)| &*dropped.key).collect();
    assert_eq!(dropped.len(), 4, "{dropped:?}");
    let elsewhere = tempfile::tempdir().unwrap();
    let out = elsewhere.path().join("out");
    let applied = apply(&plan, &paths, &out, false, &settings, &Silent).unwrap();
    assert_eq!((applied.copied.files, applied.copied.lines, applied.torn), (2, 10, Vec::new()));
    let mut unpacked = Vec::new();
    let again = fs::read(out.join("b.warc.gz")).unwrap();
    flate2::read::MultiGzDecoder::new(&again[..]).read_to_end(&mut unpacked).unwrap();
    let kept = [fs::read(out.join("a.warc")).unwrap(), unpacked];
    // The first page of the two archives and all that is no page stay, in their order.
    let dropped = |archive: usize, record: usize| [(0, 4), (1, 2), (1, 4), (1, 6)].contains(&(archive, record));
    for (archive, bytes) in kept.iter().enumerate() {
        let stay = records.iter().enumerate().filter(|&(at, _)| !dropped(archive, at)).map(|(_, record)| &record[..]);
        let mut expected = stay.collect::<Vec<_>>().concat();
        if archive == 0 {
            expected.truncate(expected.len() - 4);
        }
        assert!(*bytes == expected, "{}", String::from_utf8_lossy(bytes));
    }
    // Each record of the packed one is a member of its own.
    let mut rest = &again[..];
    let mut members = Vec::new();
    while !rest.is_empty() {
        let mut member = Vec::new();
        let mut decoder = flate2::bufread::GzDecoder::new(rest);
        decoder.read_to_end(&mut member).unwrap();
        rest = decoder.into_inner();
        members.push(member);
    }
    let stay = (0..records.len()).filter(|&at| !dropped(1, at)).map(|at| records[at].clone());
    assert!(members == stay.collect::<Vec<_>>());

    let refused = apply(&plan, &paths, &elsewhere.path().join("stripped"), true, &settings, &Silent).unwrap_err();
    assert!(refused.to_string().ends_with("leave out `--strip-boilerplate`, or save the pages as files"), "{refused}");
    assert!(!elsewhere.path().join("stripped").exists());
}

#[test]
fn pages_of_an_archive_are_explained_and_scanned_again_from_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.warc.gz"), packed(&crawl())).unwrap();
    let tongwen = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_tongwen")).args(arguments).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let name = "a.warc.gz";
    let explained = tongwen(&["explain", name, "--pair", "http://a.example/bridge", "http://b.example/again"]);
    assert!(explained.starts_with("identical"), "{explained}");
    let scanned = tongwen(&["scan", name, "--format", "json", "--resume", "kept"]);
    assert_eq!(tongwen(&["scan", name, "--format", "json", "--resume", "kept"]), scanned);
    assert!(scanned.contains("4 records of archives hold no page"), "{scanned}");
}
