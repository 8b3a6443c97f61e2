//! Standard output and standard error.

use crate::failure::Failure;
use crate::plain;
use asterism_core::api::{Answer, Item};
use serde::Serialize;
use std::io::{self, Write};

/// For scripts or for people.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Shows an answer: one object, or one line per item of a list.
    pub(crate) fn answer(self, answer: &Answer) -> Result<(), Failure> {
        match answer {
            Answer::List(items) => self.items(items),
            answer if self.json => print(&line(answer)?),
            answer => print(&plain::answer(answer)),
        }
    }

    /// Shows items, one line each for scripts.
    pub(crate) fn items(self, items: &[Item]) -> Result<(), Failure> {
        if self.json {
            return print(&items.iter().map(line).collect::<Result<String, _>>()?);
        }
        print(&plain::items(items))
    }

    /// Asks a person at a terminal for something, on standard error; scripts are never asked.
    pub(crate) fn prompt(self, what: &str) {
        if !self.json {
            // Nothing depends on it.
            let _ = write!(io::stderr(), "{what}");
        }
    }

    /// One line on standard error, for people in any case.
    pub(crate) fn warn(self, sentence: &str) {
        // Nothing depends on it.
        let _ = writeln!(io::stderr(), "asterism: warning: {}", sentence.replace('\n', " "));
    }
}

fn line(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map(|text| text + "\n").map_err(|_| Failure::Defect)
}

/// All at once, and flushed: whoever follows sees it when it happens.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}
