//! `tongwen completions`: the script that completes commands and flags in a shell.

use clap::CommandFactory;

use crate::args::{Arguments, CompletionsArguments, When};
use crate::failure::Failure;
use crate::output::Destination;

pub fn run(arguments: &CompletionsArguments) -> Result<(), Failure> {
    // Into memory first: clap_complete panics when a write fails.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "tongwen", &mut script);
    Destination::Stdout.write(When::Always, |out| out.write_all(&script))
}
