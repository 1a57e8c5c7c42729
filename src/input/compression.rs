//! Gzip and Zstandard streams, read up to the very byte where a damaged one breaks.

use std::io::{self, Read};

use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

/// How the bytes of a file are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstandard,
}

impl Compression {
    /// Returns the packing that the first bytes of a file announce.
    pub(super) fn announced_by(head: &[u8]) -> Self {
        match head {
            [0x1F, 0x8B, 0x08, ..] => Self::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Self::Zstandard,
            _ => Self::None,
        }
    }

    /// Says that a file with these first bytes, or no more than these, may be packed so.
    ///
    /// # Errors
    /// When it is not, and the name is wrong that says so.
    pub(super) fn checked(self, head: &[u8]) -> io::Result<()> {
        let begins = |mark: &[u8]| head.iter().zip(mark).all(|(byte, mark)| byte == mark);
        let (name, is_it) = match self {
            Self::None => return Ok(()),
            Self::Gzip => ("gzip", begins(&[0x1F, 0x8B])),
            // pzstd(1) begins with a frame that is to be skipped, whose mark is one of sixteen.
            Self::Zstandard => {
                let is_skipped = (0x50..=0x5F).any(|first| begins(&[first, 0x2A, 0x4D, 0x18]));
                ("Zstandard", is_skipped || begins(&[0x28, 0xB5, 0x2F, 0xFD]))
            }
        };
        if is_it {
            return Ok(());
        }
        Err(io::Error::other(format!("not a {name} file, though its name says so: rename it")))
    }

    /// Returns a reader of the unpacked bytes of `packed`.
    pub(super) fn unpack<'a>(self, packed: Box<dyn Read + Send + 'a>) -> io::Result<Box<dyn Read + Send + 'a>> {
        Ok(match self {
            Self::None => packed,
            Self::Gzip => Box::new(Unpacked::new(packed, Box::new(GzipMembers::new()))),
            Self::Zstandard => Box::new(Unpacked::new(packed, Box::new(ZstandardFrames::new()?))),
        })
    }
}

/// A format that unpacks a piece at a time.
trait Unpack: Send {
    /// Unpacks what it can of `packed` into `out`; returns the bytes taken and given, both also true when it failed.
    ///
    /// `flate2::read` and `zstd::stream::read` return either bytes or an error: what one call unpacked before it came
    /// to the damage is lost. In a small file that is everything.
    fn step(&mut self, packed: &[u8], out: &mut [u8]) -> (usize, usize, io::Result<()>);

    /// Whether the stream may end here.
    fn at_end(&self) -> bool;
}

/// The members of a gzip file, one after another (`cat a.gz b.gz`, bgzip, pigz).
struct GzipMembers {
    member: Decompress,
    /// A member has begun and has not ended.
    inside: bool,
    members: u64,
}

impl GzipMembers {
    fn new() -> Self {
        Self { member: Decompress::new_gzip(15), inside: false, members: 0 }
    }
}

impl Unpack for GzipMembers {
    fn step(&mut self, packed: &[u8], out: &mut [u8]) -> (usize, usize, io::Result<()>) {
        if !self.inside {
            // Tapes and some servers pad with zeros after the last member; gzip(1) passes over them too.
            let padding = packed.iter().take_while(|&&byte| byte == 0).count();
            if self.members > 0 && padding > 0 {
                return (padding, 0, Ok(()));
            }
            self.inside = true;
        }
        let (taken, given) = (self.member.total_in(), self.member.total_out());
        let result = self.member.decompress(packed, out, FlushDecompress::None);
        let taken = (self.member.total_in() - taken) as usize;
        let given = (self.member.total_out() - given) as usize;
        match result {
            Ok(Status::StreamEnd) => {
                *self = Self { member: Decompress::new_gzip(15), inside: false, members: self.members + 1 };
                (taken, given, Ok(()))
            }
            Ok(Status::Ok | Status::BufError) => (taken, given, Ok(())),
            Err(error) => (taken, given, Err(io::Error::new(io::ErrorKind::InvalidData, error))),
        }
    }

    fn at_end(&self) -> bool {
        !self.inside && self.members > 0
    }
}

/// The frames of a Zstandard file, one after another.
struct ZstandardFrames {
    frame: Decoder<'static>,
    inside: bool,
}

impl ZstandardFrames {
    fn new() -> io::Result<Self> {
        let mut frame = Decoder::new()?;
        // Archives of web pages are often packed with `--long=31`, which the library refuses unless told otherwise.
        frame.set_parameter(DParameter::WindowLogMax(31))?;
        Ok(Self { frame, inside: true })
    }
}

impl Unpack for ZstandardFrames {
    fn step(&mut self, packed: &[u8], out: &mut [u8]) -> (usize, usize, io::Result<()>) {
        if !self.inside {
            if let Err(error) = self.frame.reinit() {
                return (0, 0, Err(error));
            }
            self.inside = true;
        }
        let mut packed = InBuffer::around(packed);
        let mut out = OutBuffer::around(out);
        let result = self.frame.run(&mut packed, &mut out);
        if let Ok(0) = result {
            self.inside = false;
        }
        (packed.pos(), out.pos(), result.map(|_| ()))
    }

    fn at_end(&self) -> bool {
        !self.inside
    }
}

/// A reader of unpacked bytes. An error comes after all that was unpacked before it, and stays.
struct Unpacked<'a> {
    packed: Box<dyn Read + Send + 'a>,
    format: Box<dyn Unpack>,
    buffer: Box<[u8]>,
    at: usize,
    filled: usize,
    broken: Option<(io::ErrorKind, String)>,
}

impl<'a> Unpacked<'a> {
    fn new(packed: Box<dyn Read + Send + 'a>, format: Box<dyn Unpack>) -> Self {
        let buffer = vec![0; 64 << 10].into_boxed_slice();
        Self { packed, format, buffer, at: 0, filled: 0, broken: None }
    }

    fn fail(&mut self, error: io::Error) {
        self.broken = Some((error.kind(), error.to_string()));
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some((kind, message)) = &self.broken {
                return Err(io::Error::new(*kind, message.clone()));
            }
            let mut ended = false;
            if self.at == self.filled {
                self.at = 0;
                self.filled = loop {
                    match self.packed.read(&mut self.buffer) {
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => {
                            self.fail(error);
                            break 0;
                        }
                        Ok(filled) => {
                            ended = filled == 0;
                            break filled;
                        }
                    }
                };
                if self.broken.is_some() {
                    continue;
                }
                if ended && self.format.at_end() {
                    return Ok(0);
                }
            }
            let (taken, given, result) = self.format.step(&self.buffer[self.at..self.filled], out);
            self.at += taken;
            if let Err(error) = result {
                self.fail(error);
            } else if ended && given == 0 {
                self.fail(io::Error::new(io::ErrorKind::UnexpectedEof, "the stream is cut off"));
            } else if taken == 0 && given == 0 && !ended && self.at < self.filled && !self.format.at_end() {
                // Neither library does this; without the check a defect there would be an endless loop here.
                self.fail(io::Error::new(io::ErrorKind::InvalidData, "the stream does not go on"));
            }
            if given > 0 {
                return Ok(given);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const TEXT: &str = "渡口的老船工每天清晨都要把绳索检查一遍，他说河水记得每一个粗心的人。\n";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn read(compression: Compression, packed: &[u8]) -> (Vec<u8>, Option<String>) {
        let mut out = Vec::new();
        let error = compression.unpack(Box::new(packed)).unwrap().read_to_end(&mut out).err();
        (out, error.map(|error| error.to_string()))
    }

    /// Bytes that do not compress, so that a place in the packed stream is a place in the text.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 7_u64;
        let next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    #[test]
    fn a_chinese_text_packed_in_several_members_or_frames_is_read_to_the_end() {
        let text = TEXT.repeat(5000);
        let (a, b) = text.as_bytes().split_at(text.len() / 2);
        let members = [gzip(a), gzip(b""), gzip(b), vec![0; 512]].concat();
        assert_eq!(read(Compression::Gzip, &members), (text.clone().into_bytes(), None));
        let frames = [zstd::encode_all(a, 3).unwrap(), zstd::encode_all(b, 3).unwrap()].concat();
        assert_eq!(read(Compression::Zstandard, &frames), (text.into_bytes(), None));
    }

    #[test]
    fn a_stream_that_is_cut_off_gives_what_came_before_the_cut() {
        let text = noise(300_000);
        for (compression, packed) in
            [(Compression::Gzip, gzip(&text)), (Compression::Zstandard, zstd::encode_all(&text[..], 3).unwrap())]
        {
            let (out, error) = read(compression, &packed[..packed.len() / 2]);
            assert!(text.starts_with(&out) && out.len() > 100_000, "{compression:?} {}", out.len());
            assert_eq!(error.as_deref(), Some("the stream is cut off"));
        }
        assert!(read(Compression::Gzip, b"").1.is_some());
    }

    #[test]
    fn a_damaged_stream_gives_what_came_before_the_damage() {
        let text = TEXT.repeat(40);
        let packed = gzip(text.as_bytes());
        let mut checksum = packed.clone();
        let last = checksum.len() - 5;
        checksum[last] ^= 0xFF;
        let (out, error) = read(Compression::Gzip, &checksum);
        assert_eq!(out, text.as_bytes());
        assert!(error.is_some());

        let text = noise(300_000);
        let mut packed = zstd::encode_all(&text[..], 3).unwrap();
        let length = packed.len();
        packed.truncate(length / 2);
        packed.extend_from_slice(&[0xFF; 64]);
        packed.resize(length, 0xFF);
        let (out, error) = read(Compression::Zstandard, &packed);
        assert!(out.len() >= 128 << 10 && error.is_some(), "{} {error:?}", out.len());
    }
}
