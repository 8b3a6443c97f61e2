//! Messages: sending and reading.

use crate::context::Context;
use crate::failure::Failure;
use crate::follow;
use asterism_core::api::Request;
use asterism_wire::{ErrorCode, limits::TEXT_BYTES_MAX};
use clap::Args;
use std::io::{self, Read as _};

#[derive(Debug, Args)]
pub(crate) struct Send {
    /// A conversation, or @handle to begin a direct one
    target: String,
    /// The text, or - to read it from standard input; after --, it may begin with a dash
    #[arg(allow_negative_numbers = true)]
    text: String,
    /// The message that this answers
    #[arg(long, value_name = "MSG")]
    reply_to: Option<String>,
    /// A key of your choice: repeating a send with the same key sends nothing twice
    #[arg(long, value_name = "KEY")]
    id: Option<String>,
}

impl Send {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        let text = match self.text.as_str() {
            "-" => text_of(io::stdin().lock())?,
            text => text.to_owned(),
        };
        context
            .show(Request::Send {
                target: self.target.clone(),
                text,
                reply_to: self.reply_to.clone(),
                idempotency: self.id.clone(),
                queue: false,
            })
            .await
    }
}

/// All of it, without the line end that programs put after their last line; no more than shows that it is too long.
pub(super) fn text_of(input: impl io::Read) -> Result<String, Failure> {
    let mut text = String::new();
    let limit = TEXT_BYTES_MAX as u64 + 4;
    match input.take(limit).read_to_string(&mut text) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(ErrorCode::InvalidText.into()),
        Err(error) => return Err(Failure::Usage(format!("standard input cannot be read: {}", error.kind()))),
    }
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

#[derive(Debug, Args)]
pub(crate) struct Read {
    /// The conversation
    target: String,
    /// Only what comes after this position, and announcements that came after what stands there
    ///
    /// An announcement to a group stands where it belongs by its time, perhaps before messages that were shown
    /// already: its position (seq) says nothing of its being new. Who asks again and again gives the highest seq that
    /// was shown, and gets each announcement at least once: again with each reading until a message comes after it,
    /// always under the same id (message). --follow shows it once.
    #[arg(long, value_name = "SEQ")]
    since: Option<u64>,
    /// The newest so many, in order
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Also who came, went and got which role
    #[arg(long)]
    events: bool,
    /// Leave what is shown unread: by itself, reading marks everything up to the last message shown as read
    #[arg(long)]
    peek: bool,
    /// Stay, and show what comes
    #[arg(long, conflicts_with = "offline")]
    follow: bool,
}

impl Read {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        let Self { target, since, limit, events, peek, follow } = self;
        let request = Request::Read { target: target.clone(), since: *since, limit: *limit, events: *events };
        if *follow {
            follow::read(context, request, *peek).await
        } else {
            context.show_read(request, *peek).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &[u8], text: &str) {
        assert_eq!(text_of(input).unwrap(), text);
    }

    #[test]
    fn one_line_end_is_cut_off() {
        check(b"a\n", "a");
        check(b"a\r\n", "a");
        check(b"a\n\n", "a\n");
        check(b"a\nb", "a\nb");
        check(b"", "");
    }

    #[test]
    fn of_a_text_that_is_too_long_enough_is_read_to_see_that() {
        assert_eq!(text_of(io::repeat(b'x')).unwrap().len(), TEXT_BYTES_MAX + 4);
    }

    #[test]
    fn what_is_not_text_is_refused() {
        let refused = text_of(&b"a\xFFb"[..]).unwrap_err();
        assert!(matches!(refused, Failure::Refused(error) if error.code == ErrorCode::InvalidText));
    }
}
