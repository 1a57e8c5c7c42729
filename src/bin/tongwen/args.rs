//! What can be typed. What follows from it is decided in [`config`](crate::config).

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Deserializer, de};
use tongwen::findings::RelationKind;
use tongwen::settings::{SketchKind, TokenKind};

use crate::memory::MemoryArguments;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("TONGWEN_COMMIT"), ")");

const PROGRAM_EXAMPLES: &str = "\
Examples:
  tongwen scan pages/                                   what is reposted in a folder
  tongwen scan pages/ --format json --output found.json   the same, to keep
  tongwen report found.json --top 0                     all of it, without a second scan
  tongwen boilerplate pages/                            what its pages share that is no article
  tongwen explain pages/ --pair a.html b.html           why two pages are, or are not, a repost
  tongwen gate pages/                                   exit 1 if any page repeats another
  tongwen dedup found.json pages/ --apply clean/        the folder, with one page of each article

Exit codes:
  0    done, whether or not there were duplicates; `gate`: pass
  1    `gate` alone: too many duplicates
  2    could not: usage, files, settings
  101  a bug: please report it";

const SCAN_EXAMPLES: &str = "\
Examples:
  tongwen scan pages/
  tongwen scan pages/ --include '*.html' --exclude 'drafts/'
  tongwen scan crawl.warc.gz
  zcat corpus.jsonl.gz | tongwen scan - --text-field content
  tongwen scan pages/ --format json --output found.json
  tongwen scan pages/ --format html --output report.html
  tongwen scan pages/ --tokens char --threshold 0.8
  tongwen scan --threshold 0.5 --explain-bands

Configuration:
  `tongwen.toml` in the current folder holds defaults for a project, under the names of the flags:

    include = [\"*.html\"]
    text-field = \"content\"
    threshold = 0.8

  A flag wins over the file. A name that is no flag is an error.";

const BOILERPLATE_EXAMPLES: &str = "\
Examples:
  tongwen boilerplate pages/
  tongwen boilerplate pages/ --output site.json
  tongwen scan today/ --boilerplate site.json          a batch too small to show its frames

Dictionary:
  What --output saves is JSON: each block with its hash, its text, the pages and articles it stands in, and an example.
  Take out by hand what is no boilerplate. It fits scans with the same --tokens; another is refused.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  tongwen explain one.html other.html
  tongwen explain pages/ --pair news/1.html mirror/7.html
  tongwen explain corpus.jsonl --pair 1024 2048 --full
  tongwen explain pages/ --pair a.txt b.txt --format json --output why.json

Keys:
  A key is what `tongwen scan` calls a document: a file's path relative to the scanned folder, a record's id, or
  `file:line`. Name the same paths as in the scan: what is boilerplate is learnt from all of them.";

const GATE_EXAMPLES: &str = "\
Examples:
  tongwen gate pages/                                       exit 1 if any page repeats another
  tongwen gate pages/ --max-share 2% --fail-on identical
  tongwen gate pages/ --baseline known.json --update-baseline   let pass what there is today
  tongwen gate pages/ --baseline known.json                 exit 1 for what has come since
  tongwen gate today/ --index kept/ --add                   keep what is new
  tongwen gate pages/ --format github                       annotate a pull request
  crawler | tongwen gate --stream --index kept/ --add       a verdict a record, in a pipeline

Configuration:
  `tongwen.toml` may hold these flags too, in a table of their own:

    [gate]
    fail-on = [\"identical\"]
    max-share = \"2%\"
    baseline = \"known.json\"

Exit codes:
  0    pass
  1    fail: too many documents repeat others
  2    undecided: too much could not be read, or usage, files, settings; outranks 1
  101  a bug: please report it";

const INDEX_EXAMPLES: &str = "\
Examples:
  tongwen index add kept/ pages/                        begin an index, or add to it
  tongwen index query kept/ today/                      what of today is in it
  tongwen index remove kept/ news/1.html news/2.html
  tongwen index info kept/";

const INDEXED_EXAMPLES: &str = "\
Examples:
  tongwen index add kept/ pages/
  tongwen index query kept/ today/ --format json --output known.json
  zcat today.jsonl.gz | tongwen index query kept/ -

Settings:
  --tokens, --width and --no-boilerplate must be those the index was begun with; another is refused, and what differs is
  named. Thresholds may be others.";

const REPORT_EXAMPLES: &str = "\
Examples:
  tongwen report found.json
  tongwen report found.json --top 0 --output report.txt
  tongwen report found.json --format html --output report.html
  tongwen report found.json --format csv --output found.csv
  tongwen scan pages/ --format json | tongwen report -";

const DEDUP_EXAMPLES: &str = "\
Examples:
  tongwen scan pages/ --format json --output found.json
  tongwen dedup found.json pages/ --keep longest                       what would go
  tongwen dedup found.json pages/ --keep 'gov.example/*' --keep newest --output plan.json
  tongwen dedup plan.json pages/ --apply clean/                        the corpus without it
  tongwen dedup plan.json pages/ --delete removed/                     or out of the folder

Plan:
  JSON: each page that is kept in the place of others, why, and those. Take an entry out of `dropped` and its page stays.
  A page goes only in favour of one that it was verified against, and that holds about as much of it as the other way
  round; the plan says what share of it stands in no page that is kept.";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  tongwen completions bash > ~/.local/share/bash-completion/completions/tongwen
  tongwen completions zsh > ~/.zfunc/_tongwen
  tongwen completions fish > ~/.config/fish/completions/tongwen.fish";

const MAN_EXAMPLES: &str = "\
Examples:
  tongwen man > tongwen.1
  tongwen man scan > tongwen-scan.1";

/// Finds near-duplicates in text corpora, and tells reposts of an article from shared boilerplate.
///
/// 同文, "the same text". Reads pages and records, Chinese first and every script, and says which of them repost the
/// same article and which merely share a site's frame, with the share of content that speaks for it. Results go to
/// standard output, progress and errors to standard error.
#[derive(Debug, Parser)]
#[command(name = "tongwen", version = VERSION, max_term_width = 100, after_help = PROGRAM_EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,

    #[command(flatten)]
    pub memory: MemoryArguments,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Scan(Box<ScanArguments>),
    Boilerplate(Box<BoilerplateArguments>),
    Explain(Box<ExplainArguments>),
    Gate(Box<GateArguments>),
    Index(IndexArguments),
    Report(ReportArguments),
    Dedup(DedupArguments),
    Completions(CompletionsArguments),
    Man(ManArguments),
}

/// Find reposts and shared boilerplate in folders and files.
///
/// Reads HTML, text, JSONL, JSON lists, CSV, WARC, and Parquet if it was built with that feature. Every document is
/// compared with every other that could resemble it; every pair that is reported was verified. A file or record that
/// cannot be read is listed with its reason, never dropped. The same documents and settings give the same report, byte
/// for byte, on any machine and with any number of threads.
#[derive(Debug, Args)]
#[command(after_help = SCAN_EXAMPLES)]
pub struct ScanArguments {
    /// Folders and files to read; `-` reads JSONL or WARC on standard input
    #[arg(value_name = "PATH", required_unless_present = "explain_bands")]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub flags: ScanFlags,

    /// Keep in this folder what is done, and go on from there if it holds what a stopped scan had done
    ///
    /// The findings are those of a scan that was not stopped. The folder is removed when they are written.
    #[arg(long, value_name = "DIR", help_heading = "Memory")]
    pub resume: Option<PathBuf>,

    /// Print how likely a pair of each resemblance is to be found with these settings, and exit
    ///
    /// Candidates are found through bands of their sketches: more bands find more pairs, more rows in a band fewer.
    #[arg(long, help_heading = "Comparison")]
    pub explain_bands: bool,

    /// Read defaults of these flags from a TOML file [default: tongwen.toml in this folder, if it is there]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Configuration")]
    pub config: Option<PathBuf>,

    /// Read no configuration file [default: read it]
    #[arg(long, help_heading = "Configuration")]
    pub no_config: bool,
}

/// The flags of `scan` that a configuration file may hold too, under the same names.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScanFlags {
    /// Read only files that match, relative to the scanned folder; may be repeated [default: all files]
    #[arg(long, value_name = "GLOB", help_heading = "Input")]
    pub include: Vec<String>,

    /// Leave out files and folders that match; may be repeated [default: none]
    #[arg(long, value_name = "GLOB", help_heading = "Input")]
    pub exclude: Vec<String>,

    /// Read files and folders whose name starts with a dot [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Input")]
    pub hidden: Option<bool>,

    /// The field of a JSON record that holds its text [default: text]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub text_field: Option<String>,

    /// The field of a JSON record that names it; one without it is named `file:line` [default: id]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub id_field: Option<String>,

    /// The field of a JSON record that holds a page's HTML, which is read in the place of its text [default: none]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub html_field: Option<String>,

    /// The field of a JSON record that holds its address, whose host is its site; nothing for none [default: url]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub url_field: Option<String>,

    /// The field of a JSON record that holds its date; nothing for none [default: date]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub date_field: Option<String>,

    /// What is compared: words or characters [default: word]
    #[arg(long, value_enum, help_heading = "Comparison")]
    pub tokens: Option<Tokens>,

    /// Consecutive tokens that are compared as one, 1 to 64 [default: 2 words or 4 characters]
    ///
    /// Wider finds fewer pairs and mistakes fewer: a changed word changes as many shingles as they are wide.
    #[arg(long, value_name = "N", help_heading = "Comparison")]
    pub width: Option<usize>,

    /// Resemblance from which two documents repost each other, above 0 and up to 1 [default: 0.7]
    ///
    /// The share of both documents' content that they have in common.
    #[arg(long, value_name = "SHARE", help_heading = "Comparison")]
    pub threshold: Option<Share>,

    /// Share of each document's content that must be in the other for a repost with changes, above 0 and up to 1 [default: 0.5]
    #[arg(long, value_name = "SHARE", help_heading = "Comparison")]
    pub overlap: Option<Share>,

    /// Share of a document's content that must be in a larger one for `contained`, above 0 and up to 1 [default: 0.75]
    #[arg(long, value_name = "SHARE", help_heading = "Comparison")]
    pub containment: Option<Share>,

    /// Compare whole texts: tell no boilerplate from content, and judge by resemblance only [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Comparison")]
    pub no_boilerplate: Option<bool>,

    /// Take what a dictionary knows for boilerplate, beside what the documents show; may be repeated [default: none]
    ///
    /// `tongwen boilerplate --output FILE` makes one.
    #[arg(long, value_name = "FILE", help_heading = "Comparison")]
    pub boilerplate: Vec<PathBuf>,

    /// How documents are summed up to find pairs worth comparing [default: minhash]
    #[arg(long, value_enum, help_heading = "Comparison")]
    pub sketch: Option<Sketch>,

    /// Slots of a minhash sketch, 16 to 1024: more are surer and slower [default: 128]
    #[arg(long, value_name = "N", help_heading = "Comparison")]
    pub slots: Option<usize>,

    /// Bands a minhash sketch is cut into: more are looser [default: what suits the threshold, or slots / rows]
    #[arg(long, value_name = "N", help_heading = "Comparison")]
    pub bands: Option<usize>,

    /// Slots in a band: more are stricter [default: what suits the threshold, or slots / bands]
    #[arg(long, value_name = "N", help_heading = "Comparison")]
    pub rows: Option<usize>,

    /// Bits of 64 in which two simhash sketches may differ, 0 to 7 [default: 3]
    #[arg(long, value_name = "BITS", help_heading = "Comparison")]
    pub distance: Option<u32>,

    /// Seed of the sketches [default: 1]
    #[arg(long, value_name = "N", help_heading = "Comparison")]
    pub seed: Option<u64>,

    /// How the findings are written [default: text]
    #[arg(long, value_enum, help_heading = "Output")]
    pub format: Option<ReportFormat>,

    /// Write to a file, which is there whole or not at all [default: standard output]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Clusters and pairs of each kind in a text report; 0 shows all [default: 20]
    #[arg(long, value_name = "N", help_heading = "Output")]
    pub top: Option<usize>,

    /// Show only this kind in a text report; may be repeated [default: all kinds]
    ///
    /// Boilerplate is shown with what it costs.
    #[arg(long, value_enum, help_heading = "Output")]
    pub kind: Vec<Kind>,

    /// Pairs of texts that an HTML report shows side by side; 0 shows all [default: 4000]
    ///
    /// Where there are more, large clusters show fewer of their pages. A large report is a file and a folder beside it.
    #[arg(long, value_name = "N", help_heading = "Output")]
    pub pairs: Option<usize>,

    /// When the text report has colours; `auto` is on a terminal without NO_COLOR [default: auto]
    #[arg(long, value_enum, value_name = "WHEN", help_heading = "Output")]
    pub color: Option<When>,

    /// Show no progress [default: false, and no progress where standard error is no terminal]
    #[arg(long, short, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output")]
    pub quiet: Option<bool>,

    /// Worker threads; 0 is one a processor. Never changes the result [default: 0]
    #[arg(long, value_name = "N", help_heading = "Output")]
    pub threads: Option<usize>,

    /// The table of that name in a configuration file.
    #[arg(skip)]
    pub gate: GateFlags,

    /// The configuration file that the flags come from.
    #[arg(skip)]
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

/// List what was judged boilerplate, and save it as a dictionary.
///
/// Reads and compares as `tongwen scan` does, and lists the blocks that pages share which are otherwise unlike: the
/// costliest first, with the pages and different articles that hold each and an example page. A saved dictionary knows
/// them again in batches too small to show them.
#[derive(Debug, Args)]
#[command(after_help = BOILERPLATE_EXAMPLES)]
#[command(mut_arg("format", |flag| {
    flag.help("How the list is written [default: text, and json to a file]").value_parser(Format::parser())
}))]
#[command(mut_arg("output", |flag| flag.help("Save the list, as a dictionary unless --format is text [default: standard output]")))]
#[command(mut_arg("top", |flag| flag.help("Blocks in a text list; 0 shows all [default: 20]")))]
#[command(mut_arg("pairs", |flag| flag.hide(true)), mut_arg("kind", |flag| flag.hide(true)))]
pub struct BoilerplateArguments {
    /// Folders and files to read; `-` reads JSONL or WARC on standard input
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub flags: ScanFlags,

    /// Read defaults of these flags from a TOML file [default: tongwen.toml in this folder, if it is there]
    ///
    /// Its `format` and `output` are those of scans, and not heeded here.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Configuration")]
    pub config: Option<PathBuf>,

    /// Read no configuration file [default: read it]
    #[arg(long, help_heading = "Configuration")]
    pub no_config: bool,
}

/// Show how two documents relate, why, and where they run alike.
///
/// Judges the pair as `tongwen scan` does over the same paths, says which thresholds it reached and which it missed, and
/// sets the passages of both texts side by side: what differs, what is only written otherwise (單 and 单), and what is
/// boilerplate or quoted.
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES, mut_arg("top", |flag| flag.hide(true)))]
#[command(mut_arg("pairs", |flag| flag.hide(true)), mut_arg("kind", |flag| flag.hide(true)))]
#[command(mut_arg("format", |flag| flag.value_parser(Format::parser())))]
pub struct ExplainArguments {
    /// Two files; or, with `--pair`, the folders and files of a corpus; `-` reads JSONL or WARC on standard input
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,

    /// The keys of the two documents [default: the only two there are]
    #[arg(long, num_args = 2, allow_hyphen_values = true, value_names = ["KEY", "KEY"], help_heading = "Pair")]
    pub pair: Vec<String>,

    /// Show all of both texts [default: passages without a difference are shortened]
    #[arg(long, help_heading = "Output")]
    pub full: bool,

    #[command(flatten)]
    pub flags: ScanFlags,

    /// Read defaults of these flags from a TOML file [default: tongwen.toml in this folder, if it is there]
    ///
    /// Its `format` and `output` are those of scans, and not heeded here.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Configuration")]
    pub config: Option<PathBuf>,

    /// Read no configuration file [default: read it]
    #[arg(long, help_heading = "Configuration")]
    pub no_config: bool,
}

/// Judge whether documents may pass, for CI and ingest pipelines.
///
/// Compares documents with each other as `tongwen scan` does, and with an index where there is one. Fails, with exit
/// code 1, where too many of them repeat another one. What a baseline knows does not count: it knows documents by what
/// they say and how often, not by their names.
#[derive(Debug, Args)]
#[command(after_help = GATE_EXAMPLES, mut_arg("pairs", |flag| flag.hide(true)))]
pub struct GateArguments {
    /// Folders and files to read; `-` reads JSONL or WARC on standard input
    #[arg(value_name = "PATH", required_unless_present = "stream")]
    pub paths: Vec<PathBuf>,

    /// Judge JSONL on standard input record by record, against --index: a line of JSON with the verdict for each
    ///
    /// Verdicts come in the order of the records, each as soon as it is there. With --add every record that is no
    /// duplicate is remembered, and on disk before its verdict is written.
    #[arg(long, conflicts_with_all = ["paths", "update_baseline"], help_heading = "Gate")]
    pub stream: bool,

    #[command(flatten)]
    pub gate: GateFlags,

    /// Add to the index what passed: all documents but new duplicates, at once; nothing where the gate cannot decide
    #[arg(long, conflicts_with = "update_baseline", help_heading = "Gate")]
    pub add: bool,

    /// Write the baseline anew, so that all duplicates there are now pass
    #[arg(long, help_heading = "Gate")]
    pub update_baseline: bool,

    #[command(flatten)]
    pub flags: ScanFlags,

    /// Read defaults of these flags from a TOML file [default: tongwen.toml in this folder, if it is there]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Configuration")]
    pub config: Option<PathBuf>,

    /// Read no configuration file [default: read it]
    #[arg(long, help_heading = "Configuration")]
    pub no_config: bool,
}

/// The flags of `gate` that a configuration file may hold too, in its table `gate`.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct GateFlags {
    /// Kinds of relations that make a document a duplicate, with commas between them [default: identical,repost]
    #[arg(long, value_enum, value_name = "KINDS", value_delimiter = ',', help_heading = "Gate")]
    #[serde(deserialize_with = "at_least_one")]
    pub fail_on: Vec<Kind>,

    /// Duplicates that may pass [default: 0, or any number with --max-share]
    #[arg(long, value_name = "N", help_heading = "Gate")]
    pub max_duplicates: Option<u64>,

    /// Share of the documents that may be duplicates, such as 2% or 0.02 [default: any]
    #[arg(long, value_name = "SHARE", help_heading = "Gate")]
    pub max_share: Option<Share>,

    /// Files and records that may be unreadable: with more, the gate cannot decide [default: 0]
    #[arg(long, value_name = "N", help_heading = "Gate")]
    pub max_skipped: Option<u64>,

    /// Duplicates that are known and do not count [default: none]
    #[arg(long, value_name = "FILE", help_heading = "Gate")]
    pub baseline: Option<PathBuf>,

    /// Compare with the pages of an index too [default: none]
    #[arg(long, value_name = "DIR", help_heading = "Gate")]
    pub index: Option<PathBuf>,
}

/// Keep a corpus in a folder, and ask what of it later documents repeat.
///
/// An index holds of each page what a scan compares: a document is judged as a scan of all of them would judge it, without
/// the files. Any number of processes may ask while one writes. Whatever breaks off leaves the index as it was.
#[derive(Debug, Args)]
#[command(after_help = INDEX_EXAMPLES)]
pub struct IndexArguments {
    #[command(subcommand)]
    pub command: IndexCommand,
}

#[derive(Debug, Subcommand)]
pub enum IndexCommand {
    /// Add documents, and begin the index where there is none
    ///
    /// A document in the place of a page of the same key replaces it. All are added, or none.
    Add(Box<IndexedArguments>),
    /// Tell which pages of the index documents repost, quote or are part of; adds nothing
    Query(Box<IndexedArguments>),
    /// Remove the pages of some keys
    Remove(IndexRemoveArguments),
    /// Tell what the index holds and what it takes
    Info(IndexInfoArguments),
    /// Check every byte of the index, and that all of it is found
    Check(IndexFolderArguments),
    /// Free the room of what was removed, and make look-ups faster after many small additions
    Compact(IndexFolderArguments),
}

#[derive(Debug, Args)]
#[command(after_help = INDEXED_EXAMPLES, mut_arg("format", |flag| flag.value_parser(Format::parser())))]
#[command(mut_arg("top", |flag| flag.help("Documents in a text report; 0 shows all [default: 20]")))]
#[command(mut_arg("sketch", |flag| flag.hide(true)), mut_arg("slots", |flag| flag.hide(true)))]
#[command(mut_arg("bands", |flag| flag.hide(true)), mut_arg("rows", |flag| flag.hide(true)))]
#[command(mut_arg("distance", |flag| flag.hide(true)), mut_arg("seed", |flag| flag.hide(true)))]
#[command(mut_arg("pairs", |flag| flag.hide(true)), mut_arg("kind", |flag| flag.hide(true)))]
pub struct IndexedArguments {
    /// The folder of the index
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// Folders and files to read; `-` reads JSONL or WARC on standard input
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub flags: ScanFlags,

    /// Read defaults of these flags from a TOML file [default: tongwen.toml in this folder, if it is there]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Configuration")]
    pub config: Option<PathBuf>,

    /// Read no configuration file [default: read it]
    #[arg(long, help_heading = "Configuration")]
    pub no_config: bool,
}

#[derive(Debug, Args)]
pub struct IndexRemoveArguments {
    /// The folder of the index
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// Keys of pages; one that is not there is counted
    #[arg(value_name = "KEY", required = true)]
    pub keys: Vec<String>,
}

#[derive(Debug, Args)]
pub struct IndexInfoArguments {
    /// The folder of the index
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// How it is written
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct IndexFolderArguments {
    /// The folder of the index
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Render saved findings, without a second scan.
///
/// Reads what `tongwen scan` or `tongwen gate` wrote with `--format json`, and refuses by name what another format version wrote. An HTML report
/// of saved findings has no pairs of texts: `tongwen scan --format html` has.
#[derive(Debug, Args)]
#[command(after_help = REPORT_EXAMPLES)]
pub struct ReportArguments {
    /// The findings; `-` reads them on standard input
    #[arg(value_name = "FINDINGS")]
    pub findings: PathBuf,

    /// How the findings are written
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub format: ReportFormat,

    /// Write to a file, which is there whole or not at all [default: standard output]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Clusters and pairs of each kind in a text report; 0 shows all
    #[arg(long, value_name = "N", default_value_t = DEFAULT_TOP, help_heading = "Output")]
    pub top: usize,

    /// Show only this kind in a text report; may be repeated [default: all kinds]
    ///
    /// Boilerplate is shown with what it costs.
    #[arg(long, value_enum, help_heading = "Output")]
    pub kind: Vec<Kind>,

    /// When the text report has colours; `auto` is on a terminal without NO_COLOR
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, help_heading = "Output")]
    pub color: When,
}

/// Choose which page to keep of each article, and write the corpus without the others.
///
/// Reads saved findings and the documents they were found in, and prints what stays, what goes and why. What remains is
/// scanned in memory until that finds no repost, twelve times at most. Nothing is written unless --output, --apply or
/// --delete ask for it.
#[derive(Debug, Args)]
#[command(after_help = DEDUP_EXAMPLES)]
pub struct DedupArguments {
    /// The findings of `tongwen scan` or `tongwen gate` with `--format json`, or a plan of this command
    #[arg(value_name = "FINDINGS")]
    pub findings: PathBuf,

    /// The folders and files that were scanned
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,

    /// What to keep: longest, cleanest, first, newest, or a glob of keys; may be repeated [default: longest]
    ///
    /// Where the first does not decide, the next does, and in the end the longest and the smallest key. `longest` has the
    /// most content, `cleanest` the least boilerplate, `first` the smallest key, `newest` the latest date: of a record its
    /// --date-field, of a file when it was last changed.
    #[arg(long, value_name = "WHICH")]
    pub keep: Vec<String>,

    /// Write the plan to a file, as JSON
    #[arg(long, value_name = "PLAN", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Write the corpus without what goes to a new folder, records line by line as they are, packed as they are
    ///
    /// Where a packed file breaks off, what could be read is written, and the exit code is 2.
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub apply: Option<PathBuf>,

    /// With --apply: leave boilerplate and quotations out of the texts
    ///
    /// A page is written as its text; of a record only the text changes.
    #[arg(long, requires = "apply", help_heading = "Output")]
    pub strip_boilerplate: bool,

    /// Move the files that go to a new folder, with a journal and `undo.sh`, which puts them back
    ///
    /// Each is read once more before, and so is what stays in its place.
    #[arg(long, value_name = "DIR", conflicts_with = "apply", help_heading = "Output")]
    pub delete: Option<PathBuf>,

    /// Articles in the list; 0 shows all
    #[arg(long, value_name = "N", default_value_t = DEFAULT_TOP, help_heading = "Output")]
    pub top: usize,

    /// When the list has colours; `auto` is on a terminal without NO_COLOR
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, help_heading = "Output")]
    pub color: When,

    /// Show no progress
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,

    /// The dictionaries of boilerplate that the scan was given; may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Comparison")]
    pub boilerplate: Vec<PathBuf>,

    /// Worker threads; 0 is one a processor. Never changes the result
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Output")]
    pub threads: usize,
}

/// Print a script that completes commands and flags in a shell.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub struct CompletionsArguments {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Print the manual page of the program or of one command.
#[derive(Debug, Args)]
#[command(after_help = MAN_EXAMPLES)]
pub struct ManArguments {
    /// The command, and of `index` the one below it [default: the program]
    #[arg(value_name = "COMMAND")]
    pub subcommand: Vec<String>,
}

pub const DEFAULT_TOP: usize = 20;
pub const DEFAULT_PAIRS: usize = 4000;

#[derive(Clone, Copy, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tokens {
    /// Dictionary words of Chinese, words between spaces elsewhere
    Word,
    /// Characters of scripts without spaces, words elsewhere: faster
    Char,
}

/// How two documents relate.
#[derive(Clone, Copy, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The same text after normalisation
    Identical,
    /// The same article
    Repost,
    /// Nearly all of one is in the other
    Contained,
    /// A passage of one is quoted in the other
    Excerpt,
    /// Alike in their frame alone
    Boilerplate,
}

/// A share, typed as `2%` or `0.02`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(pub f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, of) = text.strip_suffix('%').map_or((text, 1.0), |number| (number.trim_end(), 100.0));
        let share = number.parse::<f64>().map_err(|_| "a share is a number such as `0.02`, or `2%`".to_owned())?;
        Ok(Self(share / of))
    }
}

/// Reads a list that would be taken for one that is not there if it were empty.
fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Kind>, D::Error> {
    let kinds = Vec::deserialize(deserializer)?;
    if kinds.is_empty() {
        return Err(de::Error::custom(
            "a list of one kind or more is needed; without the key it is identical and repost",
        ));
    }
    Ok(kinds)
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Typed {
            Number(f64),
            Text(String),
        }
        let typed = Typed::deserialize(deserializer);
        match typed.map_err(|_| de::Error::custom("a share is a number such as `0.02`, or a text such as `\"2%\"`"))? {
            Typed::Number(share) => Ok(Self(share)),
            Typed::Text(text) => text.parse().map_err(de::Error::custom),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lower")]
pub enum Sketch {
    /// Estimates the share in common: the surer one
    MinHash,
    /// 64 bits a document: the smaller one, for texts that are nearly equal
    SimHash,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    /// For people
    #[default]
    Text,
    /// For programs, and for `tongwen report`: everything, versioned
    Json,
    /// For a browser: an overview, a list to search, and pairs of texts side by side
    Html,
    /// For code scanning: SARIF 2.1.0, a result for each page that is repeated
    Sarif,
    /// For test reports: JUnit XML, a case for each document
    Junit,
    /// For GitHub: at most ten annotations, and a summary of the job
    Github,
    /// For comments and summaries
    Markdown,
    /// For tables: a row for each document
    Csv,
}

/// How anything but findings is written.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs: everything, versioned
    Json,
}

impl Format {
    /// Returns those of the formats of findings that other results have too.
    fn parser() -> impl TypedValueParser<Value = ReportFormat> {
        let values = Self::value_variants().iter().filter_map(Self::to_possible_value);
        // Its names are those of two formats of findings.
        PossibleValuesParser::new(values).map(|name| ReportFormat::from_str(&name, false).unwrap_or_default())
    }
}

impl From<ReportFormat> for Format {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Json => Self::Json,
            _ => Self::Text,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    #[default]
    Auto,
    Always,
    Never,
}

impl From<Tokens> for TokenKind {
    fn from(tokens: Tokens) -> Self {
        match tokens {
            Tokens::Word => Self::Word,
            Tokens::Char => Self::Char,
        }
    }
}

impl From<Kind> for RelationKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Identical => Self::Identical,
            Kind::Repost => Self::Repost,
            Kind::Contained => Self::Contained,
            Kind::Excerpt => Self::Excerpt,
            Kind::Boilerplate => Self::Boilerplate,
        }
    }
}

impl From<Sketch> for SketchKind {
    fn from(sketch: Sketch) -> Self {
        match sketch {
            Sketch::MinHash => Self::MinHash,
            Sketch::SimHash => Self::SimHash,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use tongwen::settings::{AnalysisSettings, InputSettings, RunSettings};

    use super::*;

    #[test]
    fn the_arguments_contradict_nothing_clap_can_check() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_states_the_defaults_of_the_library() {
        let mut program = Arguments::command();
        let scan = program.find_subcommand_mut("scan").unwrap();
        let help_of =
            |name: &str| scan.get_arguments().find(|a| a.get_id() == name).unwrap().get_help().unwrap().to_string();
        let (input, analysis) = (InputSettings::default(), AnalysisSettings::default());
        for (name, default) in [
            ("text_field", input.text_field),
            ("id_field", input.id_field),
            ("url_field", input.url_field),
            ("date_field", input.date_field),
            ("hidden", input.hidden.to_string()),
            ("threshold", analysis.threshold.to_string()),
            ("slots", analysis.slots.to_string()),
            ("distance", analysis.distance.to_string()),
            ("seed", analysis.seed.to_string()),
            ("top", DEFAULT_TOP.to_string()),
            ("pairs", DEFAULT_PAIRS.to_string()),
            ("threads", RunSettings::default().threads.to_string()),
            (
                "width",
                format!("{} words or {} characters", TokenKind::Word.default_width(), TokenKind::Char.default_width()),
            ),
        ] {
            let help = help_of(name);
            assert!(help.ends_with(&format!("[default: {default}]")), "{name}: {help}, and the library says {default}");
        }
    }
}
