//! `tongwen gate --stream`: a verdict for each record, as it comes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tongwen::document::{Document, Skipped};
use tongwen::error::Error;
use tongwen::index::{Index, Writer};
use tongwen::input;
use tongwen::pipeline::streamed::{Memory, Stream, Told};
use tongwen::report::InertJson;
use tongwen::settings::InputSettings;

use crate::args::{GateArguments, GateFlags};
use crate::config::{self, Plan};
use crate::failure::Failure;

/// Records that are judged together, if so many wait.
const BATCH: usize = 1024;

/// Lines that are read ahead, and bytes of them at most.
const AHEAD: usize = 2 * BATCH;
const AHEAD_BYTES: usize = 64 << 20;

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
    let judged = judge(&mut stream, &settings.input);
    if judged.is_err() {
        stream.give_up();
    }
    judged
}

/// Gives a verdict on each record of standard input.
fn judge(stream: &mut Stream, settings: &InputSettings) -> Result<(), Failure> {
    let mut lines = Lines::of_standard_input();
    let mut output = io::stdout().lock();
    while let Some(batch) = lines.next_batch(stream)? {
        let told = stream.judge(batch.iter().map(|line| line.record(settings)).collect())?;
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
    is_too_long: bool,
}

impl Line {
    fn record(&self, settings: &InputSettings) -> Result<Document, Skipped> {
        let name: Arc<str> = "-".into();
        if self.is_too_long {
            let reason = format!("the line is longer than {} GiB: cut it into records", input::LONGEST >> 30);
            return Err(Skipped::new(format!("{name}:{}", self.number), reason));
        }
        input::read_record(&self.bytes, &name, self.number, settings)
    }
}

/// The lines of standard input, read ahead by a thread of their own.
struct Lines {
    receiver: Receiver<io::Result<Line>>,
    ahead: Arc<Ahead>,
    /// What went wrong there, after the lines that were taken.
    failure: Option<io::Error>,
}

/// Bytes that were read and not taken.
#[derive(Default)]
struct Ahead {
    bytes: Mutex<usize>,
    taken: Condvar,
}

impl Ahead {
    /// Waits until there is room for some bytes, and counts them; alone any number has room.
    fn wait(&self, bytes: usize) {
        let lock = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |ahead: &mut usize| *ahead > 0 && *ahead + bytes > AHEAD_BYTES;
        let mut ahead = self.taken.wait_while(lock, is_full).unwrap_or_else(PoisonError::into_inner);
        *ahead += bytes;
    }

    fn take(&self, bytes: usize) {
        *self.bytes.lock().unwrap_or_else(PoisonError::into_inner) -= bytes;
        self.taken.notify_one();
    }
}

impl Lines {
    fn of_standard_input() -> Self {
        let (sender, receiver) = mpsc::sync_channel(AHEAD);
        let ahead = Arc::<Ahead>::default();
        let lines = Self { receiver, ahead: Arc::clone(&ahead), failure: None };
        thread::spawn(move || {
            let mut input = BufReader::with_capacity(1 << 16, io::stdin().lock());
            for number in 1.. {
                let line = match read_line(&mut input) {
                    Ok(None) => break,
                    Ok(Some((bytes, false))) if bytes.trim_ascii().is_empty() => continue,
                    Ok(Some((bytes, is_too_long))) => Ok(Line { number, bytes, is_too_long }),
                    Err(error) => Err(error),
                };
                ahead.wait(line.as_ref().map_or(0, |line| line.bytes.len()));
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
    fn next_batch(&mut self, stream: &mut Stream) -> Result<Option<Vec<Line>>, Failure> {
        let refuse = |source| Error::Io { action: "read", path: "standard input".into(), source };
        if let Some(error) = self.failure.take() {
            return Err(refuse(error).into());
        }
        let Some(first) = self.wait(stream)? else { return Ok(None) };
        let mut batch = Vec::new();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(line) = next {
            match line {
                Ok(line) => {
                    self.ahead.take(line.bytes.len());
                    bytes += line.bytes.len();
                    batch.push(line);
                }
                // What came before it is judged first.
                Err(error) if batch.is_empty() => return Err(refuse(error).into()),
                Err(error) => {
                    self.failure = Some(error);
                    break;
                }
            }
            let has_room = batch.len() < BATCH && bytes < AHEAD_BYTES;
            next = if has_room { self.receiver.try_recv().ok() } else { None };
        }
        Ok(Some(batch))
    }

    /// Returns what comes next; `None` at the end.
    fn wait(&self, stream: &mut Stream) -> Result<Option<io::Result<Line>>, Failure> {
        match self.receiver.try_recv() {
            Ok(line) => return Ok(Some(line)),
            Err(TryRecvError::Disconnected) => return Ok(None),
            Err(TryRecvError::Empty) => {}
        }
        loop {
            stream.tidy_aside()?;
            if !stream.is_merging() {
                return Ok(self.receiver.recv().ok());
            }
            match self.receiver.recv_timeout(LOOK) {
                Ok(line) => return Ok(Some(line)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// Returns the next line, and whether there is more of it than is read: that is passed over. `None` at the end.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<(Vec<u8>, bool)>> {
    let mut bytes = Vec::new();
    if input.by_ref().take(input::LONGEST).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    let is_too_long = bytes.len() as u64 >= input::LONGEST && !bytes.ends_with(b"\n");
    if is_too_long {
        bytes.clear();
        bytes.shrink_to_fit();
        input.skip_until(b'\n')?;
    }
    Ok(Some((bytes, is_too_long)))
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
