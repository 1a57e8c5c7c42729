//! How much memory the process may hold: what is beyond that stands in a temporary file.
//!
//! Whatever stage a run is in, what it needs is allocated the same way, so its results do not depend on the limit. Until
//! half of the limit is resident, memory comes from the system. From then on it comes from a file without a name in the
//! folder for temporary files, mapped into the process; a thread looks at how much is resident, and lets go of parts of
//! the mapping in turn. They stay in the system's cache while there is room, and on disk where there is none, and are
//! mapped again when they are needed. The disk space is reserved before it is used, and is free again when the process
//! ends, however it ends.
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
        let limit = self.memory.or_else(|| system::free().map(|free| Size(free / 2)));
        let Some(limit) = limit.filter(|&limit| limit >= LEAST) else { return Ok(()) };
        let folder = self.temp_dir.clone().unwrap_or_else(temporary_folder);
        match system::limit(limit, &folder) {
            Err(failure) if self.memory.is_some() || self.temp_dir.is_some() => Err(failure),
            Ok(()) | Err(_) => Ok(()),
        }
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
    use std::os::unix::fs::FileExt;
    use std::path::{Path, PathBuf};
    use std::ptr::NonNull;
    use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
    use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
    use std::time::Duration;

    use libmimalloc_sys as mimalloc;
    use rustix::fs::{FallocateFlags, FsWord, fallocate, statfs};
    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, mmap_anonymous};

    use super::Size;
    use crate::failure::Failure;

    /// Bytes from which on an allocation is a range of the file of its own.
    const LARGE: usize = 1 << 20;

    /// Bytes that are handed to mimalloc at once, at least.
    const CHUNK: usize = 256 << 20;

    /// What a range of the file is a multiple of; that of a chunk is its own size.
    const RANGE: usize = 64 << 10;

    /// Addresses that are set aside for the file, at most: what is freed is not used again, and only what is in use takes
    /// disk.
    const MOST_ADDRESSES: usize = 8 << 40;
    const LEAST_ADDRESSES: usize = 64 << 30;

    /// Bytes of the mapping that are let go of at once.
    const PART: usize = 64 << 20;

    /// How often is looked at what is resident.
    const PAUSE: Duration = Duration::from_millis(4);

    /// Magic number of file systems that are in memory.
    const TMPFS: FsWord = 0x0102_1994;

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

    /// The file, and what of it is in use.
    struct Spill {
        file: File,
        folder: PathBuf,
        grown: Mutex<()>,
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
            if !piece.is_null() && layout.size() < LARGE {
                unsafe { piece.write_bytes(0, layout.size()) };
            }
            piece
        }

        unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
            if !is_in_file(piece) {
                return unsafe { System.dealloc(piece, layout) };
            }
            if layout.size() < LARGE {
                return unsafe { mimalloc::mi_free(piece.cast()) };
            }
            let Some(spill) = SPILL.get() else { return };
            let start = piece.addr() - BASE.load(Ordering::Relaxed);
            let length = rounded(layout.size(), RANGE) as u64;
            let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            // A file system without holes keeps the space until the end.
            let _ = fallocate(&spill.file, hole, start as u64, length);
            SPILLED.fetch_sub(length, Ordering::Relaxed);
        }

        unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            let in_file = is_in_file(piece);
            if !in_file && !is_spilling() {
                return unsafe { System.realloc(piece, layout, size) };
            }
            if in_file && layout.size() >= LARGE && rounded(layout.size(), RANGE) >= size && size >= LARGE {
                return piece;
            }
            // SAFETY: the caller vouches for the size, and the alignment is that of a layout.
            let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
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

    fn rounded(size: usize, to: usize) -> usize {
        size.next_multiple_of(to)
    }

    fn spilled_alloc(layout: Layout) -> *mut u8 {
        let Some(spill) = SPILL.get() else { return std::ptr::null_mut() };
        if layout.size() >= LARGE {
            return inside(|| spill.range(layout.size(), RANGE.max(layout.align()), &spill.lock()));
        }
        let small = || unsafe { mimalloc::mi_malloc_aligned(layout.size(), layout.align()).cast::<u8>() };
        let piece = small();
        if piece.is_null() { inside(|| spill.with_more(small)) } else { piece }
    }

    /// Runs what may itself allocate: that memory is the system's.
    fn inside<R>(act: impl FnOnce() -> R) -> R {
        let before = INSIDE.replace(true);
        let result = act();
        INSIDE.set(before);
        result
    }

    impl Spill {
        fn lock(&self) -> MutexGuard<'_, ()> {
            self.grown.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// Gives mimalloc another chunk, if no other thread has done so, and tries again.
        fn with_more(&self, small: impl Fn() -> *mut u8) -> *mut u8 {
            let lock = self.lock();
            let piece = small();
            if !piece.is_null() {
                return piece;
            }
            // mimalloc knows some hundred chunks.
            let size = rounded(USED.load(Ordering::Relaxed) / 16, CHUNK).max(CHUNK);
            let chunk = self.range(size, CHUNK, &lock);
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
            if is_taken { small() } else { std::ptr::null_mut() }
        }

        /// Returns a range of the file, mapped. The process ends where there is no more disk space.
        fn range(&self, size: usize, align: usize, _: &MutexGuard<()>) -> *mut u8 {
            let size = rounded(size, RANGE);
            let base = BASE.load(Ordering::Relaxed);
            let start = rounded(base + USED.load(Ordering::Relaxed), align) - base;
            if start + size > ADDRESSES.load(Ordering::Relaxed) {
                self.give_up(size, "no more addresses are left");
            }
            if let Err(error) = fallocate(&self.file, FallocateFlags::empty(), start as u64, size as u64) {
                self.give_up(size, &std::io::Error::from(error).to_string());
            }
            let place = (base + start) as *mut c_void;
            let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED | MapFlags::FIXED);
            // SAFETY: these addresses were set aside, and none of them was given out before.
            match unsafe { mmap(place, size, access, flags, &self.file, start as u64) } {
                Ok(range) => {
                    USED.store(start + size, Ordering::Relaxed);
                    SPILLED.fetch_add(size as u64, Ordering::Relaxed);
                    range.cast()
                }
                Err(error) => self.give_up(size, &std::io::Error::from(error).to_string()),
            }
        }

        fn give_up(&self, size: usize, why: &str) -> ! {
            let (size, folder) = (Size(size as u64), self.folder.display());
            Failure::new(format!("cannot spill {size} more to `{folder}`: {why}"))
                .with_hint("name a folder with more space by `--temp-dir`, or allow more memory by `--memory`")
                .tell();
            std::process::exit(2)
        }
    }

    /// Returns how many bytes are in the file.
    pub fn spilled() -> u64 {
        SPILLED.load(Ordering::Relaxed)
    }

    /// Returns how much memory the process can have: what the system has free, and a control group allows.
    pub fn free() -> Option<u64> {
        let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
        let of_system = std::fs::read_to_string("/proc/meminfo").ok().and_then(|lines| {
            let line = lines.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
            Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
        });
        let of_group =
            number("/sys/fs/cgroup/memory.max").or_else(|| number("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
        of_system.into_iter().chain(of_group).min()
    }

    /// Begins to watch over the memory of the process.
    pub fn limit(limit: Size, folder: &Path) -> Result<(), Failure> {
        let refuse = |what: &str, error: std::io::Error| {
            Failure::new(format!("cannot {what} in `{}`: {error}", folder.display()))
                .with_hint("name another folder for temporary files by `--temp-dir`")
        };
        if statfs(folder).is_ok_and(|system| system.f_type == TMPFS) {
            return Err(Failure::new(format!("`{}` is in memory itself", folder.display()))
                .with_hint("name a folder on a disk by `--temp-dir`"));
        }
        let file = tempfile::tempfile_in(folder).map_err(|error| refuse("make a temporary file", error))?;
        fallocate(&file, FallocateFlags::KEEP_SIZE, 0, RANGE as u64)
            .map_err(|error| refuse("reserve space", error.into()))?;
        let resident = File::open("/proc/self/statm").map_err(|error| refuse("tell how much is resident", error))?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        let mut addresses = MOST_ADDRESSES;
        let base = loop {
            // SAFETY: nothing is replaced, and nothing can be read or written there.
            match unsafe { mmap_anonymous(std::ptr::null_mut(), addresses, ProtFlags::empty(), flags) } {
                Ok(base) => break base.addr(),
                Err(error) if addresses <= LEAST_ADDRESSES => return Err(refuse("set addresses aside", error.into())),
                Err(_) => addresses /= 2,
            }
        };
        // mimalloc takes nothing but what it is given.
        unsafe { mimalloc::mi_option_set(mimalloc::mi_option_limit_os_alloc, 1) };
        let _ = SPILL.set(Spill { file, folder: folder.to_owned(), grown: Mutex::new(()) });
        BASE.store(base, Ordering::Relaxed);
        ADDRESSES.store(addresses, Ordering::Relaxed);
        let watch = Watch { resident, limit: limit.0, next: 0 };
        std::thread::Builder::new()
            .name("memory".into())
            .spawn(move || watch.run())
            .map_err(|error| refuse("start a thread to watch the memory", error))?;
        Ok(())
    }

    /// Looks at what is resident, and lets go of what is too much.
    struct Watch {
        resident: File,
        limit: u64,
        /// Where of the file to go on.
        next: usize,
    }

    impl Watch {
        fn run(mut self) {
            INSIDE.set(true);
            loop {
                std::thread::sleep(PAUSE);
                let resident = self.resident();
                if resident > self.limit / 2 {
                    SPILLING.store(true, Ordering::Relaxed);
                }
                if resident > self.limit / 4 * 3 {
                    self.let_go(self.limit / 8 * 5);
                }
            }
        }

        fn resident(&self) -> u64 {
            let mut line = [0; 128];
            let length = self.resident.read_at(&mut line, 0).unwrap_or(0);
            let line = std::str::from_utf8(&line[..length]).unwrap_or_default();
            let pages = line.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
            pages.unwrap_or(0) * rustix::param::page_size() as u64
        }

        /// Lets go of parts of the file in turn until no more than `enough` is resident, or all were.
        fn let_go(&mut self, enough: u64) {
            let used = USED.load(Ordering::Relaxed);
            for _ in 0..used.div_ceil(PART) {
                self.next = if self.next >= used { 0 } else { self.next };
                let length = PART.min(used - self.next);
                let start = BASE.load(Ordering::Relaxed) + self.next;
                if let Some(start) = NonNull::new(start as *mut c_void) {
                    // SAFETY: a shared mapping of a file keeps what was written when its pages are let go of.
                    let _ = unsafe { madvise(start.as_ptr(), length, Advice::LinuxDontNeed) };
                }
                self.next += length;
                if self.resident() <= enough {
                    return;
                }
            }
            self.let_go_of_inputs();
        }

        /// Lets go of the files that are mapped to be read.
        fn let_go_of_inputs(&self) {
            let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else { return };
            for line in maps.lines() {
                let mut fields = line.split_ascii_whitespace();
                let (Some(range), Some(access), Some(inode)) = (fields.next(), fields.next(), fields.nth(2)) else {
                    continue;
                };
                let number = |text: &str| usize::from_str_radix(text, 16).ok();
                let Some((start, end)) = range.split_once('-').and_then(|(a, b)| Some((number(a)?, number(b)?))) else {
                    continue;
                };
                // Files are mapped shared, what is linked to the program is not.
                if access == "r--s" && inode != "0" && end - start >= LARGE {
                    // SAFETY: shared pages are what the file holds, and are read from there again.
                    let _ = unsafe { madvise(start as *mut c_void, end - start, Advice::LinuxDontNeed) };
                }
            }
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

    pub fn limit(_: Size, _: &Path) -> Result<(), Failure> {
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
