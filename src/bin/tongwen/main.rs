//! The command line: arguments → command → exit code. What is found, and how, is the library's.

mod args;
mod commands;
mod config;
mod failure;
mod memory;
mod output;
mod progress;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use failure::Failure;

#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

fn main() -> ExitCode {
    // Exits here with 0 for `--help` and `--version`, with 2 for what it does not understand.
    let arguments = Arguments::parse();
    match arguments.memory.apply().and_then(|()| run(arguments.command)) {
        Ok(code) => code,
        Err(failure) => {
            failure.tell();
            ExitCode::from(2)
        }
    }
}

/// Returns the exit code of what was done: 1 is a gate's alone.
fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Scan(arguments) => commands::scan::run(*arguments)?,
        Command::Boilerplate(arguments) => commands::boilerplate::run(*arguments)?,
        Command::Explain(arguments) => commands::explain::run(*arguments)?,
        Command::Gate(arguments) => return commands::gate::run(*arguments),
        Command::Index(arguments) => commands::index::run(arguments)?,
        Command::Report(arguments) => commands::report::run(&arguments)?,
        Command::Dedup(arguments) => commands::dedup::run(&arguments)?,
        Command::Completions(arguments) => commands::completions::run(&arguments)?,
        Command::Man(arguments) => commands::man::run(&arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}
