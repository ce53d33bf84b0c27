//! The lines of a text file, whatever its encoding.

use super::XyzError;
use std::io::{BufRead, Read};

/// Bytes of the longest line that is read: a binary file may have no line end at all.
const LONGEST: u64 = 1 << 26;

/// Reads a text file line by line, and says of a file that is no such text what it is.
///
/// Line ends are `\n` or `\r\n`; a byte order mark of UTF-8 is left out. A line that is not UTF-8 is read as Latin-1 (ISO 8859-1), in which
/// every byte is a character: numbers and keys are ASCII, and comments may be anything.
pub(super) struct Lines<R> {
    source: R,
    file: String,
    /// Number of the line read last, from 1.
    pub number: usize,
    /// Whether the line read last ends with the file, without an end of its own.
    pub unended: bool,
    /// A line that was looked at and is to be read again.
    again: Option<String>,
}

impl<R: BufRead> Lines<R> {
    pub fn new(source: R, file: &str) -> Self {
        Self { source, file: file.to_string(), number: 0, unended: false, again: None }
    }

    /// The name that errors show.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The next line without its end; `None` behind the last.
    pub fn next_line(&mut self) -> Result<Option<String>, XyzError> {
        self.number += 1;
        if let Some(text) = self.again.take() {
            return Ok(Some(text));
        }
        let mut bytes = Vec::new();
        let unreadable = |source| XyzError::Unreadable { file: self.file.clone(), source };
        let read = self.source.by_ref().take(LONGEST).read_until(b'\n', &mut bytes).map_err(unreadable)?;
        if read as u64 == LONGEST {
            let found = format!("a line of more than {LONGEST} bytes");
            return Err(XyzError::NoText { file: self.file.clone(), line: self.number, found });
        }
        if self.number == 1 {
            if let Some(found) = other_kind(&bytes) {
                return Err(XyzError::NoText { file: self.file.clone(), line: 1, found: found.to_string() });
            }
            if bytes.starts_with(b"\xef\xbb\xbf") {
                bytes.drain(..3);
            }
        }
        self.unended = read > 0 && bytes.last() != Some(&b'\n');
        while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            bytes.pop();
        }
        let text = String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().iter().map(|&byte| char::from(byte)).collect());
        Ok((read > 0).then_some(text))
    }

    /// Has the line that was read last read again.
    pub fn put_back(&mut self, text: String) {
        self.number -= 1;
        self.again = Some(text);
    }
}

/// What a file is that begins with `bytes`, where that is no text of one byte a character.
fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("the byte order mark of UTF-16"),
        [0x1f, 0x8b, ..] => Some("a file that gzip has compressed"),
        [b'B', b'Z', b'h', ..] => Some("a file that bzip2 has compressed"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Some("a file that xz has compressed"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("a file that zstd has compressed"),
        _ if bytes.iter().take(64).any(|&byte| byte == 0) => Some("bytes of 0"),
        _ => {
            // `\r` alone ended lines once: all frames are one line then.
            let end = bytes.iter().position(|&byte| byte == b'\r')?;
            let next = bytes[end..].iter().find(|&&byte| byte != b'\r');
            next.is_some_and(|&byte| byte != b'\n').then_some("lines that a carriage return alone ends")
        }
    }
}
