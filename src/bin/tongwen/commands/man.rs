//! `tongwen man`: the manual page of the program or of one command, as roff.

use clap::CommandFactory;

use crate::args::{Arguments, ManArguments, When};
use crate::failure::Failure;
use crate::output::Destination;

pub fn run(arguments: &ManArguments) -> Result<(), Failure> {
    let mut program = Arguments::command();
    // Gives each command its full name, `tongwen-scan`.
    program.build();
    let mut command = &program;
    for name in &arguments.subcommand {
        let Some(found) = command.find_subcommand(name) else {
            let names = command.get_subcommands().map(|command| command.get_name()).filter(|&name| name != "help");
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            let failure = Failure::new(format!("there is no command `{name}`"));
            let hint = format!("the commands are {}", names.join(", "));
            return Err(if names.is_empty() { failure } else { failure.with_hint(hint) });
        };
        command = found;
    }
    let command = command.clone();
    let page = clap_mangen::Man::new(command);
    Destination::Stdout.write(When::Always, |out| page.render(out))
}
