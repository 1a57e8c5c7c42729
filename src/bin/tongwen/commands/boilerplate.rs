//! `tongwen boilerplate`: lists what was judged boilerplate, and saves it as a dictionary.

use std::io::Write;

use tongwen::pipeline::{self, Progress, Silent};
use tongwen::report::{InertJson, TextOptions, boilerplate};

use crate::args::{BoilerplateArguments, Format, When};
use crate::commands::scan::can_be_read;
use crate::config::{self, Plan};
use crate::failure::Failure;
use crate::output::Destination;
use crate::progress::Bar;

pub fn run(arguments: BoilerplateArguments) -> Result<(), Failure> {
    let config = config::load_for_others(arguments.config.as_deref(), arguments.no_config)?;
    let format = arguments.flags.format;
    let Plan { settings, output, top, quiet, color, .. } = config::plan(arguments.flags, config)?;
    if !settings.analysis.boilerplate {
        return Err(Failure::new("`--no-boilerplate` leaves nothing to list")
            .with_hint("leave it out, or pass `--no-boilerplate=false` where the configuration says it"));
    }
    for path in &arguments.paths {
        can_be_read(path)?;
    }
    let destination = Destination::apart(output.as_deref(), &arguments.paths, &settings)?;
    let progress: Box<dyn Progress> = if quiet { Box::new(Silent) } else { Box::new(Bar::new()) };
    let dictionary = pipeline::boilerplate(&arguments.paths, &settings, &*progress)?;
    // The bar must be gone before the list begins.
    drop(progress);
    // What is saved is to be used again.
    match format.map_or(if output.is_some() { Format::Json } else { Format::Text }, Format::from) {
        Format::Text => {
            let options = TextOptions { top, width: destination.columns(), ..TextOptions::default() };
            destination.write(color, |out| boilerplate(&dictionary, &options, out))
        }
        Format::Json => {
            let json = dictionary.to_json();
            destination.write(When::Always, |out: &mut dyn Write| InertJson(out).write_all(json.as_bytes()))
        }
    }
}
