//! Tables (Parquet): which of their columns are read, and what is written of them.

#[path = "common/read.rs"]
mod read;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::record::Row;
use parquet::schema::parser::parse_message_type;
use read::read;
use tongwen::document::{Document, Moment, Skipped};
use tongwen::findings::Cluster;
use tongwen::input::Corpus;
use tongwen::pipeline::dedup::{apply, plan};
use tongwen::pipeline::{Silent, scan};
use tongwen::settings::{InputSettings, Settings};

const TEXT: &str = "渡口的老船工每天清晨都要把绳索检查一遍。";

/// Values with the levels of each, where the column has levels.
enum Column {
    Texts(Vec<ByteArray>, Option<Vec<i16>>, Option<Vec<i16>>),
    Longs(Vec<i64>, Option<Vec<i16>>),
    Ints(Vec<i32>),
    Doubles(Vec<f64>),
}

fn texts<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Column {
    Column::Texts(texts.into_iter().map(|text| text.as_ref().to_vec().into()).collect(), None, None)
}

/// Writes a table of row groups.
fn write(path: &Path, schema: &str, groups: Vec<Vec<Column>>) {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(vec![parquet::file::metadata::KeyValue::new("谁".to_owned(), "船工".to_owned())]));
    let file = fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties.build())).unwrap();
    for columns in groups {
        let mut group = writer.next_row_group().unwrap();
        for column in columns {
            let mut to = group.next_column().unwrap().unwrap();
            match (to.untyped(), column) {
                (ColumnWriter::ByteArrayColumnWriter(to), Column::Texts(values, defined, repeated)) => {
                    to.write_batch(&values, defined.as_deref(), repeated.as_deref()).unwrap()
                }
                (ColumnWriter::Int64ColumnWriter(to), Column::Longs(values, defined)) => {
                    to.write_batch(&values, defined.as_deref(), None).unwrap()
                }
                (ColumnWriter::Int32ColumnWriter(to), Column::Ints(values)) => {
                    to.write_batch(&values, None, None).unwrap()
                }
                (ColumnWriter::DoubleColumnWriter(to), Column::Doubles(values)) => {
                    to.write_batch(&values, None, None).unwrap()
                }
                _ => panic!("a column of another type"),
            };
            to.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
}

fn reasons(skipped: &[Skipped]) -> Vec<(&str, &str)> {
    skipped.iter().map(|bad| (&*bad.key, &*bad.reason)).collect()
}

const ALL_KINDS: &str = "message rows {
        required int64 id; optional binary text (UTF8); required binary url (UTF8); required binary raw;
        required int64 date (TIMESTAMP_MILLIS); required double score; required int32 day (DATE);
        optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
    }";

/// Four rows of a column of each kind, the first with an id.
fn all_kinds(first: i64) -> Vec<Column> {
    let tags = || {
        let (defined, repeated) = (vec![3, 3, 0, 1, 2, 3], vec![0, 1, 0, 0, 0, 1]);
        Column::Texts(vec!["江".into(), "船".into(), "桥".into()], Some(defined), Some(repeated))
    };
    vec![
        Column::Longs((first..first + 4).collect(), None),
        Column::Texts(vec![TEXT.into(), "  绳索 \r\n".into(), "".into()], Some(vec![1, 1, 0, 1]), None),
        texts(["http://a.example/1", "https://B.example:8443/", "渡口", ""]),
        texts([&b"<p>\xe6\xb1\x9f"[..], b"\xff", b"", b""]),
        Column::Longs(vec![1_714_552_200_000, 0, -1, i64::MAX], None),
        Column::Doubles(vec![7.0, 2.5, 1e300, 0.0]),
        Column::Ints(vec![19_844, 0, -1, i32::MAX]),
        tags(),
    ]
}

#[test]
fn a_row_is_a_document() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("行.parquet"), ALL_KINDS, vec![all_kinds(41), all_kinds(-2)]);
    let settings = InputSettings { date_field: "date".into(), ..InputSettings::default() };
    let (documents, skipped) = read(folder.path(), &settings);
    let found: Vec<_> = documents.iter().map(|it| (&*it.key, &*it.text, &*it.site, it.origin.line)).collect();
    let expected = [
        ("41", TEXT, "a.example", 1),
        ("42", "  绳索 \n", "b.example", 2),
        ("44", "", "", 4),
        ("-2", TEXT, "a.example", 5),
        ("-1", "  绳索 \n", "b.example", 6),
        ("1", "", "", 8),
    ];
    assert_eq!(found, expected);
    assert_eq!(documents[0].date, Some(Moment { year: 2024, month: 5, day: 1, second: 30_600 }));
    let null = "field `text` is null, not a string";
    assert_eq!(reasons(&skipped), [("行.parquet:3", null), ("行.parquet:7", null)]);
    assert_eq!(skipped[0].id.as_deref(), Some("43"));

    let named = |text: &str, id: &str, date: &str| InputSettings {
        text_field: text.into(),
        id_field: id.into(),
        date_field: date.into(),
        ..InputSettings::default()
    };
    let (documents, skipped) = read(folder.path(), &named("raw", "score", "day"));
    let found: Vec<_> = documents.iter().step_by(2).map(|it| (&*it.key, &*it.text)).collect();
    assert_eq!(found, [("7.0", "<p>江"), ("0.0", ""), ("1e300", "")]);
    assert_eq!(documents[0].date, Some(Moment { year: 2024, month: 5, day: 1, second: 0 }));
    assert_eq!(reasons(&skipped)[0], ("行.parquet:2", "field `raw` is no UTF-8, not a string"));
    let (documents, skipped) = read(folder.path(), &named("tags", "none", ""));
    let nested = "cannot be read: column `tags` is a list or a structure, not a string";
    assert_eq!((documents.len(), reasons(&skipped)), (0, vec![("行.parquet", nested)]));
    let (documents, skipped) = read(folder.path(), &named("body", "id", ""));
    let missing = "cannot be read: no column `body` (its text columns are `text`, `url`, `raw`): name it with \
                   `--text-field`";
    assert_eq!((documents.len(), reasons(&skipped)), (0, vec![("行.parquet", missing)]));
    let of_html = InputSettings { html_field: "raw".into(), ..named("body", "id", "") };
    let (documents, skipped) = read(folder.path(), &of_html);
    assert_eq!((&*documents[0].text, documents.len(), skipped.len()), ("江", 6, 2));
}

const TWO: &str = "message rows { required binary id (UTF8); required binary text (UTF8); }";

#[test]
fn a_long_table_is_the_corpus_of_the_same_records() {
    let text = |n: usize| format!("第{n}篇：{}", TEXT.repeat(n % 40 + 1));
    let folder = tempfile::tempdir().unwrap();
    let groups = [0..7_000, 7_000..7_001, 7_001..7_001, 7_001..12_000];
    let group = |rows: std::ops::Range<usize>| {
        // Numbers that do not compress: the file is longer than what one thread reads.
        let id = |n: usize| {
            (0..40).map(|k| format!("{:x}", (n * 40 + k).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect::<String>()
        };
        vec![texts(rows.clone().map(id)), texts(rows.map(text))]
    };
    let path = folder.path().join("长.parquet");
    write(&path, TWO, groups.map(group).into());
    assert!(fs::metadata(&path).unwrap().len() > 1 << 20);
    let corpus = || Corpus::open(&[folder.path().to_owned()], &InputSettings::default()).unwrap();
    assert!(corpus().batches().count() > 5);
    let (documents, skipped) = read(folder.path(), &InputSettings::default());
    assert!(skipped.is_empty());
    assert_eq!(documents.len(), 12_000);
    for (n, document) in documents.iter().enumerate() {
        assert!(document.text == text(n) && document.origin.line == n as u64 + 1, "{n}");
    }

    let (corpus, sources) = corpus().with_sources();
    corpus.batches().for_each(|batch| {
        batch.read(&mut |_| {});
    });
    let some: Vec<&Document> = documents.iter().step_by(997).collect();
    let mut again = Vec::new();
    for batch in sources.only(some.iter().map(|document| &document.origin)).batches() {
        batch.read(&mut |item| again.extend(item));
    }
    assert_eq!(again.iter().collect::<Vec<_>>(), some);
}

#[test]
fn of_a_damaged_table_the_other_row_groups_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("坏.parquet");
    let group = |n: usize| vec![texts((n..n + 3).map(|n| n.to_string())), texts([TEXT; 3])];
    write(&path, TWO, vec![group(10), group(20), group(30)]);
    let whole = fs::read(&path).unwrap();
    let reader = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
    let (start, length) = reader.metadata().row_group(1).column(1).byte_range();
    let mut damaged = whole.clone();
    damaged[start as usize..(start + length) as usize].fill(0xff);
    fs::write(&path, damaged).unwrap();
    let (documents, skipped) = read(folder.path(), &InputSettings::default());
    let keys: Vec<_> = documents.iter().map(|document| &*document.key).collect();
    assert_eq!(keys, ["10", "11", "12", "30", "31", "32"]);
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].key, "坏.parquet:4");
    assert!(skipped[0].reason.starts_with("rows 4 to 6 cannot be read: "), "{}", skipped[0].reason);
    assert!(skipped[0].torn.is_some());

    // Whatever is changed: the run goes on, and what is read are rows.
    write(&path, ALL_KINDS, vec![all_kinds(1), all_kinds(5)]);
    let whole = fs::read(&path).unwrap();
    let settings = InputSettings { html_field: "raw".into(), date_field: "day".into(), ..InputSettings::default() };
    for round in 0..4_000_usize {
        let mut bytes = whole.clone();
        for k in 0..round % 4 + 1 {
            let at = (round * 4 + k).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 17;
            let length = bytes.len();
            bytes[at % length] = (at >> 24) as u8;
        }
        if round % 20 == 0 {
            bytes.truncate(round * whole.len() / 4_000);
        }
        fs::write(&path, bytes).unwrap();
        let (documents, skipped) = read(folder.path(), &settings);
        assert!(documents.len() <= 8 && documents.len() + skipped.len() > 0, "{round}");
    }
}

#[test]
fn a_table_in_a_stream_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("行.parquet"), TWO, vec![vec![texts(["甲"]), texts([TEXT])]]);
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_tongwen"))
        .args(["gate", "-", "--color", "never"])
        .stdin(fs::File::open(folder.path().join("行.parquet")).unwrap())
        .output()
        .unwrap();
    let shown = String::from_utf8(out.stdout).unwrap();
    let said = shown + &String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains("a Parquet file, which is read from its end: name the file instead"), "{said}");
}

#[test]
fn reposts_are_left_out_of_a_table_and_all_else_stays() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = folder.path().join("corpus");
    fs::create_dir(&corpus).unwrap();
    let mut articles: Vec<_> = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/samples/sources/articles"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    articles.sort();
    articles.truncate(6);
    let schema = "message rows {
        required binary text (UTF8); optional int64 views;
        optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
        required int32 n;
    }";
    // Each article twice, the second time on a page of its own. Row n has n % 4 tags, of which the first is null.
    let group = |rows: std::ops::Range<usize>| {
        let page = |n: usize| format!("第{n}页 欢迎访问本站\n{}", articles[n % 6]);
        let (mut tags, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
        for n in rows.clone() {
            for tag in 0..(n % 4).max(1) {
                let level = if n % 4 == 0 { 1 } else { 2 + i16::from(tag > 0) };
                defined.push(level);
                repeated.push(i16::from(tag > 0));
                if level == 3 {
                    tags.push(format!("标签{n}-{tag}").into_bytes().into());
                }
            }
        }
        let with_views = rows.clone().filter(|n| n % 3 > 0).map(|n| n as i64).collect();
        vec![
            texts(rows.clone().map(page)),
            Column::Longs(with_views, Some(rows.clone().map(|n| i16::from(n % 3 > 0)).collect())),
            Column::Texts(tags, Some(defined), Some(repeated)),
            Column::Ints(rows.map(|n| n as i32).collect()),
        ]
    };
    let path = corpus.join("页.parquet");
    // All rows of the last group are reposts.
    write(&path, schema, vec![group(0..5), group(5..8), group(8..12)]);
    let settings = Settings::default();
    let findings = scan(std::slice::from_ref(&corpus), &settings, &Silent).unwrap();
    let plan = plan(&findings, std::slice::from_ref(&corpus), &[], &settings, &Silent).unwrap();
    assert_eq!(plan.dropped().count(), 6);
    let cleaned = folder.path().join("clean");
    let applied = apply(&plan, std::slice::from_ref(&corpus), &cleaned, false, &settings, &Silent).unwrap();
    assert_eq!((applied.copied.files, applied.copied.lines), (1, 6));
    let refused = apply(&plan, &[corpus], &folder.path().join("stripped"), true, &settings, &Silent).unwrap_err();
    let why = "is a table, whose rows are kept as they are: leave out `--strip-boilerplate`";
    assert!(refused.to_string().contains(why), "{refused}");

    let open = |path: &Path| SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let rows = |path: &Path| open(path).get_row_iter(None).unwrap().collect::<Result<Vec<Row>, _>>().unwrap();
    let dropped: Vec<u64> =
        plan.dropped().map(|(_, gone)| gone.key.rsplit(':').next().unwrap().parse().unwrap()).collect();
    let kept = rows(&path).into_iter().zip(1..).filter(|(_, row)| !dropped.contains(row)).map(|(row, _)| row);
    assert_eq!(rows(&cleaned.join("页.parquet")), kept.collect::<Vec<_>>());
    let (before, after) = (open(&path), open(&cleaned.join("页.parquet")));
    let about = |reader: &SerializedFileReader<fs::File>| reader.metadata().file_metadata().clone();
    assert_eq!(about(&before).schema_descr(), about(&after).schema_descr());
    assert_eq!(about(&before).key_value_metadata(), about(&after).key_value_metadata());
    let packing = |reader: &SerializedFileReader<fs::File>| reader.metadata().row_group(0).column(0).compression();
    assert_eq!(packing(&before), packing(&after));
    let again = scan(&[cleaned], &settings, &Silent).unwrap();
    assert!(!again.clusters.iter().any(|cluster| matches!(cluster, Cluster::Repost { .. })));
}
