//! What the program could not do, as it is told on standard error.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use tongwen::report;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// A sentence that names the thing and, where there is one, a second that names the way out.
#[derive(Debug)]
pub struct Failure {
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Writes the failure to standard error, coloured where that is a terminal.
    pub fn tell(&self) {
        let mut stderr = anstream::stderr().lock();
        // Nobody is left to be told that standard error is closed.
        let _ = writeln!(stderr, "{ERROR}error:{ERROR:#} {}", inert(&self.message));
        if let Some(hint) = &self.hint {
            let _ = writeln!(stderr, "{HINT}hint:{HINT:#} {}", inert(hint));
        }
    }
}

impl From<tongwen::error::Error> for Failure {
    fn from(error: tongwen::error::Error) -> Self {
        Self::new(error.to_string())
    }
}

/// Returns the text with its line breaks, and nothing else that acts on a terminal: a message may quote a hostile file name.
fn inert(text: &str) -> String {
    text.split('\n').map(report::inert).collect::<Vec<_>>().join("\n")
}
