//! `tongwen gate --stream`: a verdict for each record, as it comes.

use std::io::{self, BufRead, BufReader, Write};
use std::iter;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::Duration;

use tongwen::error::Error;
use tongwen::index::{Index, Writer};
use tongwen::input;
use tongwen::pipeline::streamed::{Memory, Stream, Told};
use tongwen::report::InertJson;

use crate::args::{GateArguments, GateFlags};
use crate::config::{self, Plan};
use crate::failure::Failure;

/// Records that are judged together, if so many wait.
const BATCH: usize = 1024;

/// Lines that are read ahead.
const AHEAD: usize = 2 * BATCH;

/// How long a line is waited for before a look at what is being merged.
const LOOK: Duration = Duration::from_millis(50);

pub fn run(arguments: GateArguments) -> Result<(), Failure> {
    refuse_flags_of_a_batch(&arguments)?;
    let mut config = config::load(arguments.config.as_deref(), arguments.no_config)?;
    let (GateFlags { index, .. }, policy) = config::gate(arguments.gate, &mut config)?;
    let Plan { settings, .. } = config::plan(arguments.flags, config)?;
    let Some(index) = index else {
        return Err(Failure::new("`--stream` needs an index").with_hint("name it: `--index DIR`"));
    };
    let memory = if arguments.add {
        Memory::Growing(Writer::open(&index, &settings.analysis)?)
    } else {
        Memory::Fixed(Index::open(&index)?)
    };
    let mut stream = Stream::new(memory, policy, &settings)?;
    let lines = lines();
    let name: Arc<str> = "-".into();
    let mut output = io::stdout().lock();
    while let Some(batch) = next_batch(&lines, &mut stream)? {
        let records = batch.iter().map(|line| input::read_record(&line.bytes, &name, line.number, &settings.input));
        let told = stream.judge(records.collect())?;
        match write(&told, &mut output) {
            // Whoever reads verdicts has seen enough of them.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|error| Failure::new(format!("cannot write standard output: {error}")))?,
        }
        if stream.is_untidy() {
            stream.tidy_aside()?;
        }
    }
    Ok(stream.tidy()?)
}

/// A line of standard input that is not blank.
struct Line {
    number: u64,
    bytes: Vec<u8>,
}

/// Returns the lines of standard input, read ahead by a thread of their own, and at last what went wrong there.
fn lines() -> Receiver<io::Result<Line>> {
    let (sender, lines) = mpsc::sync_channel(AHEAD);
    thread::spawn(move || {
        let mut input = BufReader::with_capacity(1 << 16, io::stdin().lock());
        for number in 1.. {
            let mut bytes = Vec::new();
            let line = match input.read_until(b'\n', &mut bytes) {
                Ok(0) => break,
                Ok(_) if bytes.trim_ascii().is_empty() => continue,
                Ok(_) => Ok(Line { number, bytes }),
                Err(error) => Err(error),
            };
            let is_last = line.is_err();
            // Nobody takes it where the run is over.
            if sender.send(line).is_err() || is_last {
                break;
            }
        }
    });
    lines
}

/// Returns the lines that are there; where none is, waits for one and tidies meanwhile. `None` at the end.
fn next_batch(lines: &Receiver<io::Result<Line>>, stream: &mut Stream) -> Result<Option<Vec<Line>>, Failure> {
    let first = loop {
        match lines.try_recv() {
            Ok(line) => break Some(line),
            Err(TryRecvError::Disconnected) => break None,
            Err(TryRecvError::Empty) => {}
        }
        stream.tidy_aside()?;
        if !stream.is_merging() {
            break lines.recv().ok();
        }
        match lines.recv_timeout(LOOK) {
            Ok(line) => break Some(line),
            Err(RecvTimeoutError::Disconnected) => break None,
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    let Some(first) = first else { return Ok(None) };
    let batch: io::Result<Vec<Line>> = iter::once(first).chain(lines.try_iter().take(BATCH - 1)).collect();
    batch.map(Some).map_err(|source| Error::Io { action: "read", path: "standard input".into(), source }.into())
}

fn write(told: &[Told], output: &mut dyn Write) -> io::Result<()> {
    let mut lines = Vec::new();
    for told in told {
        serde_json::to_writer(InertJson(&mut lines), told)?;
        lines.push(b'\n');
    }
    output.write_all(&lines)?;
    output.flush()
}

/// Refuses what says something of all records together: a stream has no end to say it at.
fn refuse_flags_of_a_batch(arguments: &GateArguments) -> Result<(), Failure> {
    let GateArguments { gate, flags, .. } = arguments;
    let of_a_batch = [
        ("--max-duplicates", gate.max_duplicates.is_some()),
        ("--max-share", gate.max_share.is_some()),
        ("--max-skipped", gate.max_skipped.is_some()),
        ("--baseline", gate.baseline.is_some()),
        ("--format", flags.format.is_some()),
        ("--output", flags.output.is_some()),
        ("--top", flags.top.is_some()),
        ("--kind", !flags.kind.is_empty()),
        ("--pairs", flags.pairs.is_some()),
    ];
    match of_a_batch.iter().find(|(_, is_typed)| *is_typed) {
        Some((flag, _)) => Err(Failure::new(format!("`{flag}` is of a batch, and a stream has no end to judge at"))
            .with_hint("leave it out: each record gets its verdict, as a line of JSON on standard output")),
        None => Ok(()),
    }
}
