//! How much memory the process may hold: what is beyond that stands in a temporary file.
//!
//! Whatever stage a run is in, what it needs is allocated the same way, so its results do not depend on the limit. Up to
//! half of the limit memory comes from the system. From then on it comes from a file without a name in the folder for
//! temporary files, mapped into the process. A thread looks at how much is resident, and lets go of the mapping where it
//! is too much: its pages stay in the system's cache while there is room, and on disk where there is none, and are mapped
//! again when they are needed. The disk space is reserved before it is used, and is free again when the process ends,
//! however it ends.
//!
//! Small pieces of the file are handed out by mimalloc, each large one is a range of its own.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use crate::failure::Failure;

/// How much memory a run may take.
#[derive(Debug, Args)]
pub struct MemoryArguments {
    /// Memory to stay within, such as 2G; what is beyond it is spilled [default: half of what is free]
    ///
    /// Never changes the result. 64-bit Linux only; elsewhere a run takes what it needs.
    #[arg(long, value_name = "SIZE", global = true, help_heading = "Memory")]
    pub memory: Option<Size>,

    /// Folder of the file that is spilled to; it must be on a disk [default: $TMPDIR, or /var/tmp]
    #[arg(long, value_name = "DIR", global = true, help_heading = "Memory")]
    pub temp_dir: Option<PathBuf>,
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// The least limit: the dictionary and the buffers of the threads need a good part of it.
const LEAST: Size = Size(128 << 20);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("`{text}` is no size: write 2G, 1.5G or 800M");
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let number: f64 = number.parse().map_err(|_| refuse())?;
        let unit = match unit.trim().to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
            "" => 1,
            "K" => 1 << 10,
            "M" => 1 << 20,
            "G" => 1 << 30,
            "T" => 1_u64 << 40,
            _ => return Err(refuse()),
        };
        let size = Self((number * unit as f64) as u64);
        if size < LEAST { Err(format!("`{text}` is less than {LEAST}, which a run needs at least")) } else { Ok(size) }
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let gigabytes = self.0 as f64 / f64::from(1 << 30);
        if gigabytes >= 1.0 { write!(f, "{gigabytes:.1}G") } else { write!(f, "{}M", self.0 >> 20) }
    }
}

impl MemoryArguments {
    /// Sees to it that the process stays within its memory from here on.
    ///
    /// # Errors
    /// What was asked for is not possible here. Where nothing was asked for, a run takes what it needs.
    pub fn apply(&self) -> Result<(), Failure> {
        let is_asked = self.memory.is_some() || self.temp_dir.is_some();
        let limit = self.memory.or_else(|| system::free().map(|free| Size(free / 2)));
        let folder = self.temp_dir.clone().unwrap_or_else(temporary_folder);
        let limited = match limit {
            Some(limit) => system::limit(limit.max(LEAST), &folder, is_asked),
            None => Err(Failure::new("cannot tell how much memory is free").with_hint("name a limit by `--memory`")),
        };
        if is_asked { limited } else { Ok(()) }
    }
}

/// Returns the folder for temporary files that may be large: `/tmp` is in memory on many systems.
fn temporary_folder() -> PathBuf {
    let large = Path::new("/var/tmp");
    if std::env::var_os("TMPDIR").is_none() && large.is_dir() { large.into() } else { std::env::temp_dir() }
}

pub use system::{Allocator, spilled};

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod system {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::cell::Cell;
    use std::ffi::c_void;
    use std::fs::File;
    use std::ops::Range;
    use std::os::unix::fs::FileExt;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
    use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
    use std::time::{Duration, Instant};

    use libmimalloc_sys as mimalloc;
    use rustix::fs::{FallocateFlags, FsWord, fallocate, statfs};
    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, mmap_anonymous};

    use super::Size;
    use crate::failure::Failure;

    /// Bytes from which on an allocation is a range of the file of its own.
    const LARGE: usize = 1 << 20;

    /// Alignment beyond which it is one too.
    const WIDE: usize = 4 << 10;

    /// Bytes that are handed to mimalloc at once, at least.
    const CHUNK: usize = 256 << 20;

    /// What a range of the file is a multiple of.
    const RANGE: usize = 64 << 10;

    /// Addresses that are set aside for the file, at most: what is freed is not used again, and only what is in use takes
    /// disk.
    const MOST_ADDRESSES: usize = 8 << 40;
    const LEAST_ADDRESSES: usize = 64 << 30;

    /// How often is looked at what is resident.
    const PAUSE: Duration = Duration::from_millis(1);
    const LONGEST_PAUSE: Duration = Duration::from_millis(50);

    /// Bytes a second by which what is allocated may grow: threads that do nothing but write to new pages.
    const FASTEST: f64 = 8e9;

    /// Bytes of the mapping that are let go of in a second, measured, at half the speed for the wait that follows.
    const LET_GO: f64 = 25e9;

    /// File systems that are in memory, and one that takes new space where a reserved block is written twice.
    const TMPFS: FsWord = 0x0102_1994;
    const BTRFS: FsWord = 0x9123_683e;

    /// Where the addresses of the file begin; 0 where there is none.
    static BASE: AtomicUsize = AtomicUsize::new(0);
    /// How many there are.
    static ADDRESSES: AtomicUsize = AtomicUsize::new(0);
    /// How many were given out.
    static USED: AtomicUsize = AtomicUsize::new(0);
    /// Bytes of the file that hold something.
    static SPILLED: AtomicU64 = AtomicU64::new(0);
    /// Whether allocations are made in the file.
    static SPILLING: AtomicBool = AtomicBool::new(false);
    static SPILL: OnceLock<Spill> = OnceLock::new();

    thread_local! {
        /// Whether this thread needs memory in order to give memory.
        static INSIDE: Cell<bool> = const { Cell::new(false) };
    }

    /// The file.
    struct Spill {
        file: File,
        folder: PathBuf,
        /// Whether the user wants the limit, and would rather end the run than exceed it.
        is_asked: bool,
        /// Bytes that mimalloc was given. Held while the file grows.
        chunks: Mutex<usize>,
        /// Whether it grew as far as it can.
        is_full: AtomicBool,
    }

    /// Gives out memory of the system, or of the file.
    pub struct Allocator;

    // SAFETY: each piece is freed where it was given out, which its address tells; both sides meet the contract.
    unsafe impl GlobalAlloc for Allocator {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            if is_spilling() { spilled_alloc(layout) } else { unsafe { System.alloc(layout) } }
        }

        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            if !is_spilling() {
                return unsafe { System.alloc_zeroed(layout) };
            }
            let piece = spilled_alloc(layout);
            // A range of the file has never been written to.
            let is_new = is_range(layout) && is_in_file(piece);
            if !piece.is_null() && !is_new {
                unsafe { piece.write_bytes(0, layout.size()) };
            }
            piece
        }

        unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
            if !is_in_file(piece) {
                return unsafe { System.dealloc(piece, layout) };
            }
            if !is_range(layout) {
                return unsafe { mimalloc::mi_free(piece.cast()) };
            }
            give_back(piece, 0..rounded(layout.size(), RANGE));
        }

        unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            let in_file = is_in_file(piece);
            if !in_file && !is_spilling() {
                return unsafe { System.realloc(piece, layout, size) };
            }
            // SAFETY: the caller vouches for the size, and the alignment is that of a layout.
            let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
            let (before, after) = (rounded(layout.size(), RANGE), rounded(size, RANGE));
            if in_file && is_range(layout) && is_range(new) && after <= before {
                give_back(piece, after..before);
                return piece;
            }
            unsafe {
                let moved = self.alloc(new);
                if !moved.is_null() {
                    moved.copy_from_nonoverlapping(piece, layout.size().min(size));
                    self.dealloc(piece, layout);
                }
                moved
            }
        }
    }

    fn is_spilling() -> bool {
        SPILLING.load(Ordering::Relaxed) && !INSIDE.get()
    }

    fn is_in_file(piece: *const u8) -> bool {
        piece.addr().wrapping_sub(BASE.load(Ordering::Relaxed)) < ADDRESSES.load(Ordering::Relaxed)
    }

    /// Returns whether an allocation is a range of the file of its own.
    fn is_range(layout: Layout) -> bool {
        layout.size() >= LARGE || layout.align() > WIDE
    }

    fn rounded(size: usize, to: usize) -> usize {
        size.next_multiple_of(to)
    }

    fn spilled_alloc(layout: Layout) -> *mut u8 {
        let Some(spill) = SPILL.get() else { return unsafe { System.alloc(layout) } };
        let small = || unsafe { mimalloc::mi_malloc_aligned(layout.size(), layout.align()).cast::<u8>() };
        let piece = if is_range(layout) {
            inside(|| spill.range(layout.size(), RANGE.max(layout.align()), &spill.lock()))
        } else {
            match small() {
                piece if piece.is_null() => inside(|| spill.with_more(small)),
                piece => Ok(piece),
            }
        };
        piece.unwrap_or_else(|refusal| inside(|| spill.give_up(layout, &refusal)))
    }

    /// Runs what may itself allocate: that memory is the system's.
    fn inside<R>(act: impl FnOnce() -> R) -> R {
        let before = INSIDE.replace(true);
        let result = act();
        INSIDE.set(before);
        result
    }

    /// Frees some bytes of a range, which begins at `piece`.
    fn give_back(piece: *mut u8, bytes: Range<usize>) {
        let Some(spill) = SPILL.get().filter(|_| !bytes.is_empty()) else { return };
        let start = piece.addr() - BASE.load(Ordering::Relaxed) + bytes.start;
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        // A file system without holes keeps the space until the end.
        let _ = fallocate(&spill.file, hole, start as u64, bytes.len() as u64);
        SPILLED.fetch_sub(bytes.len() as u64, Ordering::Relaxed);
    }

    /// Why the file cannot grow.
    enum Refusal {
        /// There is no room for so many bytes more.
        Full(usize, std::io::Error),
        /// All addresses are used up, or cannot be used.
        Addresses(String),
    }

    impl Spill {
        fn lock(&self) -> MutexGuard<'_, usize> {
            self.chunks.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// Gives mimalloc another chunk, if no other thread has done so, and tries again.
        fn with_more(&self, small: impl Fn() -> *mut u8) -> Result<*mut u8, Refusal> {
            let mut chunks = self.lock();
            let piece = small();
            if !piece.is_null() {
                return Ok(piece);
            }
            // mimalloc knows some hundred chunks.
            let size = rounded(*chunks / 16, CHUNK).max(CHUNK);
            let chunk = self.range(size, CHUNK, &chunks)?;
            *chunks += size;
            let mut id = std::ptr::null_mut();
            let (is_committed, is_large, is_zero) = (true, true, true);
            // SAFETY: the range is mapped, and nobody else has it.
            let is_taken = unsafe {
                mimalloc::mi_manage_os_memory_ex(
                    chunk.cast::<c_void>(),
                    size,
                    is_committed,
                    is_large,
                    is_zero,
                    -1,
                    false,
                    &mut id,
                )
            };
            let piece = if is_taken { small() } else { std::ptr::null_mut() };
            if piece.is_null() { Err(Refusal::Addresses("there are too many pieces".into())) } else { Ok(piece) }
        }

        /// Returns a range of the file, mapped.
        fn range(&self, size: usize, align: usize, _: &MutexGuard<usize>) -> Result<*mut u8, Refusal> {
            let size = rounded(size, RANGE);
            let base = BASE.load(Ordering::Relaxed);
            let start = rounded(base + USED.load(Ordering::Relaxed), align) - base;
            if start + size > ADDRESSES.load(Ordering::Relaxed) {
                return Err(Refusal::Addresses("no addresses are left".into()));
            }
            fallocate(&self.file, FallocateFlags::empty(), start as u64, size as u64)
                .map_err(|error| Refusal::Full(size, error.into()))?;
            let place = (base + start) as *mut c_void;
            let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED | MapFlags::FIXED);
            // SAFETY: these addresses were set aside, and none of them was given out before.
            let range = unsafe { mmap(place, size, access, flags, &self.file, start as u64) };
            let range = range.map_err(|error| Refusal::Addresses(std::io::Error::from(error).to_string()))?;
            // A page of two megabytes would be resident for every few bytes that are looked at.
            let _ = unsafe { madvise(range, size, Advice::LinuxNoHugepage) };
            USED.store(start + size, Ordering::Relaxed);
            SPILLED.fetch_add(size as u64, Ordering::Relaxed);
            Ok(range.cast())
        }

        /// Lets go of all pages of the mapping.
        fn let_go(&self) {
            let start = BASE.load(Ordering::Relaxed) as *mut c_void;
            // SAFETY: a shared mapping of a file keeps what was written when its pages are let go of, and nothing else stands
            // at these addresses.
            let _ = unsafe { madvise(start, USED.load(Ordering::Relaxed), Advice::LinuxDontNeed) };
        }

        /// Ends the process if the user wants the limit; otherwise all that follows is allocated by the system.
        fn give_up(&self, layout: Layout, refusal: &Refusal) -> *mut u8 {
            if !self.is_asked {
                self.is_full.store(true, Ordering::Relaxed);
                SPILLING.store(false, Ordering::Relaxed);
                return unsafe { System.alloc(layout) };
            }
            let folder = self.folder.display();
            let failure = match refusal {
                Refusal::Full(size, error) => {
                    Failure::new(format!("cannot spill {} more to `{folder}`: {error}", Size(*size as u64)))
                        .with_hint("name a folder with more space by `--temp-dir`, or allow more memory by `--memory`")
                }
                Refusal::Addresses(what) => Failure::new(format!("cannot spill more to `{folder}`: {what}"))
                    .with_hint("allow more memory by `--memory`"),
            };
            failure.tell();
            std::process::exit(2)
        }
    }

    /// Returns how many bytes are in the file.
    pub fn spilled() -> u64 {
        SPILLED.load(Ordering::Relaxed)
    }

    /// Returns how much memory the process can have: what the system has free, and what its control groups leave.
    pub fn free() -> Option<u64> {
        let of_system = std::fs::read_to_string("/proc/meminfo").ok().and_then(|lines| {
            let line = lines.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
            Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
        });
        of_system.into_iter().chain(of_groups()).min()
    }

    /// Returns what the tightest of the groups that the process is in leaves it.
    fn of_groups() -> Option<u64> {
        let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let left = |line: &str| {
            let mut fields = line.splitn(3, ':').skip(1);
            let (controllers, path) = (fields.next()?, fields.next()?);
            let (root, most, held) = match controllers {
                "" => ("/sys/fs/cgroup", "memory.max", "anon "),
                of if of.split(',').any(|controller| controller == "memory") => {
                    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "total_rss ")
                }
                _ => return None,
            };
            let group = Path::new(root).join(path.trim_start_matches('/'));
            let groups = group.ancestors().take_while(|group| group.starts_with(root));
            let left = groups.filter_map(|group| {
                let most: u64 = std::fs::read_to_string(group.join(most)).ok()?.trim().parse().ok()?;
                // What the cache holds gives way.
                let held = std::fs::read_to_string(group.join("memory.stat"))
                    .ok()
                    .and_then(|lines| lines.lines().find_map(|line| line.strip_prefix(held))?.parse::<u64>().ok());
                Some(most.saturating_sub(held.unwrap_or(0)))
            });
            left.min()
        };
        groups.lines().filter_map(left).min()
    }

    /// Begins to watch over the memory of the process.
    pub fn limit(limit: Size, folder: &Path, is_asked: bool) -> Result<(), Failure> {
        let refuse = |what: &str, error: std::io::Error| {
            Failure::new(format!("cannot {what} in `{}`: {error}", folder.display()))
                .with_hint("name another folder for temporary files by `--temp-dir`")
        };
        let unfit = match statfs(folder).map(|system| system.f_type) {
            Ok(TMPFS) => Some("is in memory itself"),
            Ok(BTRFS) => Some("is on btrfs, where no space can be reserved"),
            _ => None,
        };
        if let Some(what) = unfit {
            return Err(Failure::new(format!("`{}` {what}", folder.display()))
                .with_hint("name another folder for temporary files by `--temp-dir`"));
        }
        // Before `main` mimalloc may have taken memory that is not of the file, or be told to take none of it.
        if std::env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with("MIMALLOC_")) {
            return Err(Failure::new("memory cannot be limited where a setting of mimalloc is in the environment")
                .with_hint("unset what begins with MIMALLOC_"));
        }
        let file = tempfile::tempfile_in(folder).map_err(|error| refuse("make a temporary file", error))?;
        fallocate(&file, FallocateFlags::KEEP_SIZE, 0, RANGE as u64)
            .map_err(|error| refuse("reserve space", error.into()))?;
        let resident = File::open("/proc/self/statm")
            .map_err(|error| Failure::new(format!("cannot tell how much memory is resident: {error}")))?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        let mut addresses = MOST_ADDRESSES;
        let base = loop {
            // SAFETY: nothing is replaced, and nothing can be read or written there.
            match unsafe { mmap_anonymous(std::ptr::null_mut(), addresses, ProtFlags::empty(), flags) } {
                Ok(base) => break base.addr(),
                Err(error) if addresses <= LEAST_ADDRESSES => {
                    let error = std::io::Error::from(error);
                    return Err(Failure::new(format!("cannot set addresses aside to spill to: {error}"))
                        .with_hint("see whether `ulimit -v` limits them"));
                }
                Err(_) => addresses /= 2,
            }
        };
        // mimalloc takes nothing but what it is given.
        unsafe { mimalloc::mi_option_set(mimalloc::mi_option_limit_os_alloc, 1) };
        let (chunks, is_full) = (Mutex::new(0), AtomicBool::new(false));
        let _ = SPILL.set(Spill { file, folder: folder.to_owned(), is_asked, chunks, is_full });
        BASE.store(base, Ordering::Relaxed);
        ADDRESSES.store(addresses, Ordering::Relaxed);
        let watch = Watch { resident, limit: limit.0 };
        std::thread::Builder::new()
            .name("memory".into())
            .spawn(move || watch.run())
            .map_err(|error| Failure::new(format!("cannot start a thread to watch the memory: {error}")))?;
        Ok(())
    }

    /// Looks at what is resident, and lets go of what is too much.
    struct Watch {
        resident: File,
        limit: u64,
    }

    impl Watch {
        fn run(self) {
            INSIDE.set(true);
            let (mut before, mut since) = (0, Instant::now());
            let mut pause = PAUSE;
            loop {
                std::thread::sleep(pause);
                let Some(spill) = SPILL.get() else { return };
                let [resident, of_files] = self.resident();
                if resident - of_files > self.limit / 2 && !spill.is_full.load(Ordering::Relaxed) {
                    SPILLING.store(true, Ordering::Relaxed);
                }
                // Until the half is near there is time.
                let left = (self.limit / 2).saturating_sub(resident) as f64 / FASTEST;
                let is_spilling = SPILLING.load(Ordering::Relaxed);
                pause = if is_spilling { PAUSE } else { Duration::from_secs_f64(left).clamp(PAUSE, LONGEST_PAUSE) };
                // Until this thread runs again it grows as fast as it just did; and what it takes to let go, it waits after
                // that, while others have their turn.
                let rate = resident.saturating_sub(before) as f64 / since.elapsed().as_secs_f64().max(1e-3);
                let expected = resident as f64 + rate * (pause.as_secs_f64() + of_files as f64 / LET_GO);
                // Where little is mapped of files, letting go of it helps nobody.
                if expected > self.limit as f64 / 16.0 * 15.0 && of_files > self.limit / 32 {
                    spill.let_go();
                    before = self.resident()[0];
                } else {
                    before = resident;
                }
                since = Instant::now();
            }
        }

        /// Returns how many bytes are resident, and how many of them are of files.
        fn resident(&self) -> [u64; 2] {
            let mut line = [0; 128];
            let length = self.resident.read_at(&mut line, 0).unwrap_or(0);
            let line = std::str::from_utf8(&line[..length]).unwrap_or_default();
            let mut pages = line.split(' ').skip(1).map(|pages| pages.parse::<u64>().unwrap_or(0));
            let mut next = || pages.next().unwrap_or(0) * rustix::param::page_size() as u64;
            let [resident, of_files] = [next(), next()];
            [resident, of_files.min(resident)]
        }
    }
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
mod system {
    use std::path::Path;

    use super::Size;
    use crate::failure::Failure;

    pub use std::alloc::System as Allocator;

    pub fn spilled() -> u64 {
        0
    }

    pub fn free() -> Option<u64> {
        None
    }

    pub fn limit(_: Size, _: &Path, _: bool) -> Result<(), Failure> {
        Err(Failure::new("memory can be limited on 64-bit Linux only"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for (text, size) in [("2G", 2 << 30), ("1.5GiB", 3 << 29), ("800M", 800 << 20), ("800 mb", 800 << 20)] {
            assert_eq!(text.parse(), Ok(Size(size)), "{text}");
        }
        assert_eq!(Size::from_str("268435456"), Ok(Size(1 << 28)));
        for text in ["", "G", "2X", "-1G", "much", "1M"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
