//! `tongwen man`: the manual page of the program or of one command, as roff.

use clap::CommandFactory;

use crate::args::{Arguments, ManArguments, When};
use crate::failure::Failure;
use crate::output::Destination;

pub fn run(arguments: &ManArguments) -> Result<(), Failure> {
    let mut program = Arguments::command();
    // Gives each command its full name, `tongwen-scan`.
    program.build();
    let command = match &arguments.subcommand {
        None => program,
        Some(name) => {
            let names: Vec<_> = program
                .get_subcommands()
                .filter(|command| command.get_name() != "help")
                .map(|command| format!("`{}`", command.get_name()))
                .collect();
            let Some(command) = program.find_subcommand(name) else {
                return Err(Failure::new(format!("there is no command `{name}`"))
                    .with_hint(format!("the commands are {}", names.join(", "))));
            };
            command.clone()
        }
    };
    let page = clap_mangen::Man::new(command);
    Destination::Stdout.write(When::Always, |out| page.render(out))
}
