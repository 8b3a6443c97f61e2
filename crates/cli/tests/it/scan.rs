//! Finds a text in files, whatever it is written in.

use memchr::memmem;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Read at once.
const CHUNK_BYTES: usize = 32 << 20;

/// A text, and how it might be written.
pub(crate) struct Needle {
    text: String,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Needle {
    pub(crate) fn of(text: &str) -> Self {
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut needle = Self::of_bytes(text, text.as_bytes());
        needle.forms.push(("UTF-16", utf16));
        needle
    }

    /// Bytes that are no text, called so when they are found.
    pub(crate) fn of_bytes(name: &str, bytes: &[u8]) -> Self {
        let mut forms = vec![("written", bytes.to_vec())];
        forms.push(("hexadecimal", hex(bytes, false)));
        forms.push(("hexadecimal", hex(bytes, true)));
        for offset in 0..3 {
            forms.push(("base64", base64(bytes, offset, b"+/")));
            forms.push(("base64", base64(bytes, offset, b"-_")));
        }
        Self { text: name.to_owned(), forms }
    }

    /// Where it is in a file, or in all files of a directory.
    pub(crate) fn found_in(&self, place: &Path) -> Vec<String> {
        if place.is_dir() {
            let inside = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
            return inside.flat_map(|path| self.found_in(&path)).collect();
        }
        // A socket has no content.
        if !place.is_file() {
            return Vec::new();
        }
        let found = self.forms_in(File::open(place).unwrap()).unwrap();
        let tell = |form| format!("{:?} as {form} in {}", self.text, place.display());
        found.into_iter().map(tell).collect()
    }

    pub(crate) fn is_in(&self, place: &Path) -> bool {
        !self.found_in(place).is_empty()
    }

    fn forms_in(&self, mut file: impl Read) -> io::Result<Vec<&'static str>> {
        let longest = self.forms.iter().map(|(_, form)| form.len()).max().unwrap_or(0);
        let mut found = Vec::new();
        let mut window = Vec::new();
        loop {
            // What begins at the end of a chunk ends in the next one.
            window.drain(..window.len().saturating_sub(longest));
            let read = file.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut window)?;
            for (name, form) in &self.forms {
                if memmem::find(&window, form).is_some() && !found.contains(name) {
                    found.push(*name);
                }
            }
            if read == 0 {
                return Ok(found);
            }
        }
    }
}

fn hex(bytes: &[u8], upper: bool) -> Vec<u8> {
    let digits = |byte: &u8| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
    bytes.iter().map(digits).collect::<String>().into_bytes()
}

/// What of these bytes can be seen in base64 that began so many bytes earlier, whatever comes before and after.
fn base64(bytes: &[u8], offset: usize, last_two: &[u8; 2]) -> Vec<u8> {
    let digit = |value: u8| match value {
        0..26 => b'A' + value,
        26..52 => b'a' + value - 26,
        52..62 => b'0' + value - 52,
        value => last_two[usize::from(value - 62)],
    };
    let whole = &bytes[(3 - offset) % 3..];
    let digits = |group: &[u8]| {
        let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        [18, 12, 6, 0].map(|shift| digit(u8::try_from(bits >> shift & 63).expect("six bits")))
    };
    whole.chunks_exact(3).flat_map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "A text that is looked for, öäü";

    fn found(bytes: &[u8]) -> Vec<&'static str> {
        Needle::of(TEXT).forms_in(bytes).unwrap()
    }

    #[test]
    fn every_form_is_found() {
        assert_eq!(found(format!("before {TEXT} after").as_bytes()), ["written"]);
        let utf16: Vec<u8> = format!("before {TEXT}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(found(&utf16), ["UTF-16"]);
        assert_eq!(found(&hex(TEXT.as_bytes(), false)), ["hexadecimal"]);
        assert_eq!(found(&hex(TEXT.as_bytes(), true)), ["hexadecimal"]);
        for before in ["", "x", "xy", "xyz"] {
            let all = format!("{before}{TEXT} and more");
            assert_eq!(found(&base64(all.as_bytes(), 0, b"+/")), ["base64"], "{before}");
            assert_eq!(found(&base64(all.as_bytes(), 0, b"-_")), ["base64"], "{before}");
        }
        assert_eq!(base64(b"Ma>?Ma>?Man", 0, b"+/"), b"TWE+P01hPj9N");
    }

    #[test]
    fn what_lies_across_two_chunks_is_found() {
        for before in [CHUNK_BYTES - 5, CHUNK_BYTES, 2 * CHUNK_BYTES - 1] {
            let mut bytes = vec![0; before];
            bytes.extend_from_slice(TEXT.as_bytes());
            assert_eq!(found(&bytes), ["written"], "{before}");
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        assert!(found(b"").is_empty());
        assert!(found(&TEXT.as_bytes()[..TEXT.len() - 1]).is_empty());
    }
}
