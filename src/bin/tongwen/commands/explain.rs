//! `tongwen explain`: how two documents relate, why, and where they run alike.

use tongwen::pipeline::{self, Progress, Silent};
use tongwen::report::{ExplainOptions, explain, explanation_json};

use crate::args::{ExplainArguments, Format, When};
use crate::commands::scan::can_be_read;
use crate::config::{self, Plan};
use crate::failure::Failure;
use crate::output::Destination;
use crate::progress::Bar;

/// What whoever names keys as if they were files wants to know.
const KEYS: &str = "documents of a corpus are named by their keys: `tongwen explain corpus.jsonl --pair KEY KEY`";

pub fn run(arguments: ExplainArguments) -> Result<(), Failure> {
    if arguments.flags.top.is_some() {
        return Err(Failure::new("`--top` is a flag of `tongwen scan`").with_hint("`--full` shows all of both texts"));
    }
    let config = config::load_for_others(arguments.config.as_deref(), arguments.no_config)?;
    let Plan { settings, format, output, quiet, color, .. } = config::plan(arguments.flags, config)?;
    for path in &arguments.paths {
        can_be_read(path).map_err(|failure| match arguments.paths.as_slice() {
            [_, _, ..] if arguments.pair.is_empty() => failure.with_hint(KEYS),
            _ => failure,
        })?;
    }
    let destination = Destination::apart(output.as_deref(), &arguments.paths, &settings)?;
    let progress: Box<dyn Progress> = if quiet { Box::new(Silent) } else { Box::new(Bar::new()) };
    let pair = match arguments.pair.as_slice() {
        [a, b] => Some([a.as_str(), b.as_str()]),
        _ => None,
    };
    let explanation = pipeline::explain(&arguments.paths, pair, &settings, &*progress)?;
    // The bar must be gone before the result begins.
    drop(progress);
    match Format::from(format) {
        Format::Text => {
            let options = ExplainOptions { width: destination.columns(), full: arguments.full };
            destination.write(color, |out| explain(&explanation, &options, out))
        }
        // JSON carries no colours of ours, and what it carries must arrive as it is.
        Format::Json => destination.write(When::Always, |out| explanation_json(&explanation, out)),
    }
}
