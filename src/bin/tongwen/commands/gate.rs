//! `tongwen gate`: whether documents may pass, told by the exit code.

mod stream;

use std::path::Path;
use std::process::ExitCode;

use tongwen::findings::{Findings, Ruling, Verdict};
use tongwen::gate::{self, Baseline, Policy};
use tongwen::index::{Index, Writer};
use tongwen::input::are_one;
use tongwen::pipeline::gated::{self, Beside, Gated};
use tongwen::report;
use tongwen::settings::TokenKind;

use crate::args::{GateArguments, GateFlags, When};
use crate::commands::index::{but_added, refuse_inside, shown};
use crate::commands::report::{Rendering, kinds};
use crate::commands::scan::{can_be_read, folder_of};
use crate::config::{self, Plan};
use crate::failure::Failure;
use crate::output::{Destination, refuse_read};

pub fn run(arguments: GateArguments) -> Result<ExitCode, Failure> {
    if arguments.stream {
        stream::run(arguments)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.flags.pairs.is_some() {
        return Err(Failure::new("`--pairs` is a flag of `tongwen scan`")
            .with_hint("leave it out: the report of a gate has no pairs of texts"));
    }
    let mut config = config::load(arguments.config.as_deref(), arguments.no_config)?;
    let (GateFlags { baseline, index, .. }, policy) = config::gate(arguments.gate, &mut config)?;
    let Plan { settings, format, output, top, kinds: typed, quiet, color, .. } = config::plan(arguments.flags, config)?;
    for path in &arguments.paths {
        can_be_read(path)?;
    }
    if arguments.add && index.is_none() {
        return Err(Failure::new("`--add` needs an index to add to").with_hint("name it: `--index DIR --add`"));
    }
    if let Some(index) = &index {
        refuse_inside(index, &arguments.paths, output.as_deref(), &settings.input)?;
    }
    let destination = Destination::apart(output.as_deref(), &arguments.paths, &settings)?;
    if let Some(baseline) = &baseline {
        if arguments.update_baseline {
            refuse_read(baseline, &arguments.paths, &settings.input)?;
        }
        if output.as_ref().is_some_and(|output| are_one(output, baseline)) {
            return Err(Failure::new(format!("`{}` is both the baseline and the output", baseline.display()))
                .with_hint("name two files"));
        }
    }
    let known = Known::checked(baseline.as_deref(), arguments.update_baseline, settings.analysis.tokens)?;
    let (mut reader, mut writer) = (None, None);
    let beside = match &index {
        None => Beside::Nothing,
        Some(index) if arguments.add => Beside::Growing(writer.insert(Writer::open(index, &settings.analysis)?)),
        Some(index) => Beside::Index(reader.insert(Index::open(index)?)),
    };
    let progress = shown(quiet);
    let gated = match gated::gate(&arguments.paths, beside, &policy, known.baseline(), &settings, &*progress) {
        Ok(gated) => gated,
        Err(error) => {
            writer.into_iter().for_each(Writer::give_up);
            return Err(error.into());
        }
    };
    // The bar must be gone before the report begins.
    drop(progress);
    let Gated { mut findings, added } = gated;
    // Where it is undecided nothing is added.
    if findings.gate.as_ref().is_some_and(|ruling| ruling.verdict == Verdict::Undecided) {
        writer.into_iter().for_each(Writer::give_up);
    }
    known.update(&mut findings, &policy).map_err(|failure| but_added(failure, added.as_ref()))?;
    let folder = folder_of(&arguments.paths);
    let rendering = Rendering { destination, format, top, kinds: kinds(&typed), color, folder };
    let rendered = rendering.write_with(&findings, |options, out| match &added {
        Some(added) => report::added(added, options, out),
        None => Ok(()),
    });
    rendered.map_err(|failure| but_added(failure, added.as_ref()))?;
    match findings.gate {
        Some(Ruling { verdict: Verdict::Pass, .. }) => Ok(ExitCode::SUCCESS),
        Some(Ruling { verdict: Verdict::Fail, .. }) => Ok(ExitCode::from(1)),
        Some(Ruling { reasons, .. }) => Err(Failure::new(format!("the gate cannot decide: {}", reasons.join("; ")))
            .with_hint("mend what could not be read, leave it out with `--exclude`, or pass `--max-skipped N`")),
        None => Err(Failure::new("the gate came to no verdict").with_hint("that is a bug: please report it")),
    }
}

/// What is known from before, or where what is known now is to be kept.
enum Known {
    Nothing,
    Baseline(Baseline),
    Updated(Destination),
}

impl Known {
    fn checked(file: Option<&Path>, is_updated: bool, tokens: TokenKind) -> Result<Self, Failure> {
        match (file, is_updated) {
            (None, false) => Ok(Self::Nothing),
            (None, true) => Err(Failure::new("`--update-baseline` needs a file to write")
                .with_hint("name it: `--baseline known.json --update-baseline`")),
            (Some(file), false) => Ok(Self::Baseline(Baseline::load(file, tokens)?)),
            (Some(file), true) => {
                Baseline::may_replace(file)?;
                Ok(Self::Updated(Destination::checked(Some(file))?))
            }
        }
    }

    fn baseline(&self) -> Option<&Baseline> {
        match self {
            Self::Baseline(baseline) => Some(baseline),
            Self::Nothing | Self::Updated(_) => None,
        }
    }

    /// Keeps the duplicates there are, where that is wanted, and judges again beside them. What is undecided is not kept:
    /// it is not all there is.
    fn update(&self, findings: &mut Findings, policy: &Policy) -> Result<(), Failure> {
        let Self::Updated(file) = self else { return Ok(()) };
        if findings.gate.as_ref().is_some_and(|ruling| ruling.verdict != Verdict::Undecided) {
            let baseline = Baseline::knowing(findings, policy);
            file.write(When::Never, |out| out.write_all(baseline.to_json().as_bytes()))?;
            findings.gate = Some(gate::judge(findings, policy, Some(&baseline)));
        }
        Ok(())
    }
}
