//! Files of many documents that are not a record a line: values set apart, and JSON objects in lists or over lines.

#[path = "common/read.rs"]
mod read;

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use read::read;
use tongwen::document::{Document, Moment, Skipped};
use tongwen::input::Corpus;
use tongwen::pipeline::dedup::{apply, plan};
use tongwen::pipeline::{Silent, scan};
use tongwen::plan::Preference;
use tongwen::settings::{InputSettings, Settings};

const TEXT: &str = "渡口的老船工每天清晨都要把绳索检查一遍。";

fn article(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/sources/articles");
    fs::read_to_string(Path::new(folder).join(name).with_extension("txt")).unwrap().replace('\n', " ")
}

/// What is read of one file of a name.
fn read_one(name: &str, bytes: &[u8]) -> (Vec<Document>, Vec<Skipped>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    read(folder.path(), &InputSettings::default())
}

fn keys_and_texts(documents: &[Document]) -> Vec<(&str, &str)> {
    documents.iter().map(|document| (document.key.as_str(), document.text.as_str())).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_row_of_values_set_apart_is_a_document() {
    let table = "id,text,url,date\n7,\"渡口，\"\"船\"\",\n桨\",https://a.example/1,2024-05-01\n,橹,,\n";
    for (name, bytes) in [("a.csv", table.as_bytes().to_vec()), ("a.csv.gz", gzip(table.as_bytes()))] {
        let (documents, skipped) = read_one(name, &bytes);
        assert_eq!(skipped, []);
        assert_eq!(keys_and_texts(&documents), [("7", "渡口，\"船\",\n桨"), (&*format!("{name}:2"), "橹")]);
        assert_eq!(&*documents[0].site, "a.example");
        assert_eq!(documents[0].date, Moment::parse("2024-05-01"));
        assert_eq!(documents.iter().map(|document| document.origin.line).collect::<Vec<_>>(), [1, 2]);
    }
    let (documents, _) = read_one("a.tsv", "id\ttext\n1\t渡口,船\n".as_bytes());
    assert_eq!(keys_and_texts(&documents), [("1", "渡口,船")]);
    // As spreadsheets write it in China, and where a comma is the point of numbers.
    let (bytes, _, _) = encoding_rs::GB18030.encode("id;text\n1;渡口的老船工每天清晨都要检查绳索\n2;船\n");
    let (documents, _) = read_one("a.csv", &bytes);
    assert_eq!(keys_and_texts(&documents), [("1", "渡口的老船工每天清晨都要检查绳索"), ("2", "船")]);
    let utf16: Vec<u8> = "\u{feff}text\r\n渡口\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(keys_and_texts(&read_one("a.csv", &utf16).0), [("a.csv:1", "渡口")]);
}

#[test]
fn what_is_wrong_with_a_table_is_said_once_and_with_a_row_by_its_number() {
    let (documents, skipped) = read_one("a.csv", "编号,正文\n1,渡口\n2,船\n".as_bytes());
    assert_eq!(documents, []);
    let [Skipped { key, reason, .. }] = &skipped[..] else { panic!("{skipped:?}") };
    assert_eq!(key, "a.csv");
    assert!(reason.contains("its first row is `编号`, `正文`): name it with `--text-field`"), "{reason}");
    let (documents, skipped) = read_one("a.csv", "id,text\n1,渡口\n2,船,桨\n3,橹\n4,\"没有\n5,尾\n".as_bytes());
    assert_eq!(keys_and_texts(&documents), [("1", "渡口"), ("3", "橹")]);
    assert_eq!(skipped.iter().map(|skipped| skipped.key.as_str()).collect::<Vec<_>>(), ["a.csv:2", "a.csv:4"]);
    assert!(skipped[0].torn.is_none() && skipped[1].torn.is_some());
    // What arrives before a packed file breaks off is read.
    let table: String = "id,text\n"
        .chars()
        .chain((0..30_000).flat_map(|n| format!("{n},{TEXT}{n}\n").chars().collect::<Vec<_>>()))
        .collect();
    let packed = gzip(table.as_bytes());
    let (documents, skipped) = read_one("a.csv.gz", &packed[..packed.len() / 2]);
    assert!((8_000..22_000).contains(&documents.len()), "{}", documents.len());
    assert!(documents.iter().enumerate().all(|(n, document)| document.text == format!("{TEXT}{n}")));
    assert!(skipped.len() == 1 && skipped[0].torn.is_some(), "{skipped:?}");
}

#[test]
fn an_object_of_a_list_is_a_document() {
    let list = format!(
        "[\n  {{\n    \"id\": 1, \"text\": \"{TEXT}[\\\"，\"\n  }},\n  {{\"text\": \"船\"}}, {{\"n\": 1}}, 5\n]\n"
    );
    let text = format!("{TEXT}[\"，");
    for (name, bytes) in [
        ("a.json", list.as_bytes().to_vec()),
        ("a.json.gz", gzip(list.as_bytes())),
        ("a", encoding_rs::GBK.encode(&list).0.into_owned()),
        ("b.json", format!("\u{feff}{list}").into_bytes()),
    ] {
        let (documents, skipped) = read_one(name, &bytes);
        assert_eq!(keys_and_texts(&documents), [("1", &*text), (&*format!("{name}:2"), "船")]);
        let keys: Vec<&str> = skipped.iter().map(|skipped| skipped.key.as_str()).collect();
        assert_eq!(keys, [format!("{name}:3"), format!("{name}:4")]);
    }
    let (documents, skipped) = read_one("a.json", "[{\"text\": \"渡\"}, {\"text\": \"口\"},\n{\"te".as_bytes());
    assert_eq!(keys_and_texts(&documents), [("a.json:1", "渡"), ("a.json:2", "口")]);
    assert!(skipped.len() == 1 && skipped[0].reason.contains("does not end"), "{skipped:?}");
}

#[test]
fn an_object_over_several_lines_is_a_document_where_it_has_the_field() {
    let (documents, skipped) = read_one("a.json", "{\n  \"id\": \"甲\",\n  \"text\": \"渡口\"\n}\n".as_bytes());
    assert_eq!((keys_and_texts(&documents), skipped), (vec![("甲", "渡口")], vec![]));
    let (documents, _) = read_one("a.json", "{\n  \"name\": \"渡口\"\n}\n".as_bytes());
    assert_eq!(documents[0].text, "{\n  \"name\": \"渡口\"\n}\n");
}

#[test]
fn a_long_file_is_cut_and_its_documents_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let text = |n: usize| format!("{TEXT}{n}").repeat(20);
    let list: Vec<String> = (0..2_000).map(|n| format!("  {{\"id\": {n}, \"text\": \"{}\"}}", text(n))).collect();
    fs::write(folder.path().join("a.json"), format!("[\n{}\n]", list.join(",\n"))).unwrap();
    let rows: String = (0..2_000).map(|n| format!("r{n},{}\n", text(n))).collect();
    fs::write(folder.path().join("b.csv"), format!("id,text\n{rows}")).unwrap();
    let (corpus, sources) =
        Corpus::open(&[folder.path().to_owned()], &InputSettings::default()).unwrap().with_sources();
    let batches: Vec<_> = corpus.batches().collect();
    assert!(batches.len() >= 4, "{}", batches.len());
    let mut all = Vec::new();
    batches.into_iter().for_each(|batch| {
        batch.read(&mut |item| all.push(item.unwrap()));
    });
    assert_eq!(all.len(), 4_000);
    assert!(all.iter().enumerate().all(|(n, document)| document.text == text(n % 2_000)));
    let wanted: Vec<&Document> = all.iter().step_by(713).collect();
    let mut again = Vec::new();
    for batch in sources.only(wanted.iter().map(|document| &document.origin)).batches() {
        batch.read(&mut |item| again.push(item.unwrap()));
    }
    assert_eq!(again.iter().collect::<Vec<_>>(), wanted);
}

/// Writes a file without its reposts, and returns it, with how many lines the copy is said to have.
fn applied(name: &str, bytes: &[u8], kept: &[&str]) -> (String, u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let paths: [PathBuf; 1] = [path];
    let findings = scan(&paths, &Settings::default(), &Silent).unwrap();
    let first = [Preference::parse("first").unwrap()];
    let plan = plan(&findings, &paths, &first, &Settings::default(), &Silent).unwrap();
    let out = folder.path().join("out");
    let copied = apply(&plan, &paths, &out, false, &Settings::default(), &Silent).unwrap();
    let (documents, _) = read(&out, &InputSettings::default());
    assert_eq!(documents.iter().map(|document| document.key.as_str()).collect::<Vec<_>>(), kept);
    (fs::read_to_string(out.join(name)).unwrap(), copied.copied.lines)
}

#[test]
fn what_stays_of_a_file_stays_byte_for_byte() {
    let texts: HashMap<&str, String> = HashMap::from([
        ("1", article("bridge")),
        ("2", article("bridge")),
        ("3", article("tea")),
        ("4", article("tea")),
    ]);
    let row = |id: &str| format!("{id},\"{}\",\"x,\n\"", texts[id]);
    let table = |ids: &[&str]| {
        let rows: String = ids.iter().map(|id| row(id) + "\r\n").collect();
        format!("\u{feff}id, text ,n\r\n{rows}")
    };
    assert_eq!(applied("a.csv", table(&["1", "2", "3", "4"]).as_bytes(), &["1", "3"]), (table(&["1", "3"]), 2));
    // The last line may have no end.
    let cut = table(&["1", "3", "4"]);
    assert_eq!(applied("a.csv", cut.trim_end().as_bytes(), &["1", "3"]), (table(&["1", "3"]), 2));
    let object =
        |id: &str| format!("\n  {{\n    \"id\": \"{id}\", \"n\": [1, 2],\n    \"text\": \"{}\"\n  }}", texts[id]);
    let list = |ids: &[&str]| format!("[{}\n]\n", ids.iter().map(|id| object(id)).collect::<Vec<_>>().join(","));
    assert_eq!(applied("a.json", list(&["1", "2", "3", "4"]).as_bytes(), &["1", "3"]), (list(&["1", "3"]), 2));
    let objects = |ids: &[&str]| ids.iter().map(|id| object(id).trim_start().to_owned() + "\n").collect::<String>();
    assert_eq!(applied("a.json", objects(&["1", "2", "3", "4"]).as_bytes(), &["1", "3"]), (objects(&["1", "3"]), 2));
}
