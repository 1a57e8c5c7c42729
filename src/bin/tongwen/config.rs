//! From what was typed, and what `tongwen.toml` holds, to what will be done.
//!
//! A flag wins over the file, the file over the library's defaults. Both are the same [`ScanFlags`], so that no name
//! can be known to one only.

use std::io;
use std::path::{Path, PathBuf};

use tongwen::band;
use tongwen::error::Error;
use tongwen::findings::RelationKind;
use tongwen::gate::Policy;
use tongwen::input::are_one;
use tongwen::settings::{AnalysisSettings, InputSettings, RunSettings, Settings};

use crate::args::{DEFAULT_PAIRS, DEFAULT_TOP, GateFlags, Kind, ReportFormat, ScanFlags, Share, Sketch, When};
use crate::failure::Failure;

pub const DEFAULT_FILE: &str = "tongwen.toml";

/// A scan with nothing left open.
#[derive(Debug)]
pub struct Plan {
    pub settings: Settings,
    pub format: ReportFormat,
    pub output: Option<PathBuf>,
    pub top: usize,
    pub kinds: Vec<Kind>,
    pub pairs: usize,
    pub quiet: bool,
    pub color: When,
}

/// Returns what the configuration file says; nothing where there is none, or where none is wanted.
pub fn load(file: Option<&Path>, none: bool) -> Result<ScanFlags, Failure> {
    if none {
        return Ok(ScanFlags::default());
    }
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text, path),
        Err(error) if error.kind() == io::ErrorKind::NotFound && file.is_none() => Ok(ScanFlags::default()),
        Err(source) => Err(Error::Io { action: "read", path: path.to_owned(), source }.into()),
    }
}

/// Returns what [`load`] does, for a command whose output is another than that of scans: `format` and `output` are of
/// those.
pub fn load_for_others(file: Option<&Path>, none: bool) -> Result<ScanFlags, Failure> {
    Ok(ScanFlags { format: None, output: None, ..load(file, none)? })
}

fn parse(text: &str, path: &Path) -> Result<ScanFlags, Failure> {
    let flags: Result<ScanFlags, _> = toml::from_str(text);
    flags.map(|flags| ScanFlags { file: Some(path.to_owned()), ..flags }).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        let reason = error.message().replace("unknown field", "unknown key");
        Failure::new(format!("`{}` line {line}: {reason}", path.display())).with_hint(
            "a configuration holds flags of `tongwen scan` by their names, and under `[gate]` those of `tongwen gate`; \
                 `--no-config` does without it",
        )
    })
}

/// Returns what will be done, or says what is out of range or contradicts itself.
pub fn plan(flags: ScanFlags, config: ScanFlags) -> Result<Plan, Failure> {
    refuse_idle_flags(&flags, flags.sketch.or(config.sketch).unwrap_or(Sketch::MinHash))?;
    refuse_dictionaries_of_no_use(&flags)?;
    refuse_dictionaries_of_no_use(&config)?;
    let chosen = merged(flags, config);
    if let (Some(output), Some(file)) = (&chosen.output, &chosen.file)
        && are_one(output, file)
    {
        return Err(Failure::new(format!("cannot write `{}`: it is the configuration of this run", output.display()))
            .with_hint("name another file"));
    }
    let analysis = analysis(&chosen)?;
    let input = InputSettings::default();
    Ok(Plan {
        settings: Settings {
            input: InputSettings {
                include: chosen.include,
                exclude: chosen.exclude,
                hidden: chosen.hidden.unwrap_or(input.hidden),
                text_field: chosen.text_field.unwrap_or(input.text_field),
                id_field: chosen.id_field.unwrap_or(input.id_field),
                html_field: chosen.html_field.unwrap_or(input.html_field),
                url_field: chosen.url_field.unwrap_or(input.url_field),
                date_field: chosen.date_field.unwrap_or(input.date_field),
            },
            // Where a dictionary and `no-boilerplate` come from two places, the flag wins.
            dictionaries: if analysis.boilerplate { chosen.boilerplate } else { Vec::new() },
            analysis,
            run: RunSettings { threads: chosen.threads.unwrap_or(RunSettings::default().threads) },
            resume: None,
        },
        format: chosen.format.unwrap_or_default(),
        output: chosen.output,
        top: chosen.top.unwrap_or(DEFAULT_TOP),
        kinds: chosen.kind,
        pairs: chosen.pairs.unwrap_or(DEFAULT_PAIRS),
        quiet: chosen.quiet.unwrap_or(false),
        color: chosen.color.unwrap_or_default(),
    })
}

/// Refuses a flag that the sketch has no use for: whoever typed it believes that it does something.
///
/// A configuration may hold settings of both sketches.
fn refuse_idle_flags(flags: &ScanFlags, sketch: Sketch) -> Result<(), Failure> {
    let (idle, other) = match sketch {
        Sketch::MinHash => ([("--distance", flags.distance.is_some())].to_vec(), "simhash"),
        Sketch::SimHash => (
            [("--slots", flags.slots.is_some()), ("--bands", flags.bands.is_some()), ("--rows", flags.rows.is_some())]
                .to_vec(),
            "minhash",
        ),
    };
    match idle.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Failure::new(format!("`{flag}` is a setting of `--sketch {other}`"))
            .with_hint(format!("leave it out, or add `--sketch {other}`"))),
        None => Ok(()),
    }
}

/// Refuses a dictionary of boilerplate together with the wish to tell no boilerplate, typed or in one file.
fn refuse_dictionaries_of_no_use(chosen: &ScanFlags) -> Result<(), Failure> {
    if chosen.boilerplate.is_empty() || chosen.no_boilerplate != Some(true) {
        return Ok(());
    }
    Err(Failure::new("`--boilerplate` tells what is boilerplate and `--no-boilerplate` that none is to be told")
        .with_hint("leave one of them out"))
}

fn merged(flags: ScanFlags, config: ScanFlags) -> ScanFlags {
    let no_boilerplate = match flags.no_boilerplate {
        None if flags.boilerplate.is_empty() => config.no_boilerplate,
        typed => typed,
    };
    ScanFlags {
        include: if flags.include.is_empty() { config.include } else { flags.include },
        exclude: if flags.exclude.is_empty() { config.exclude } else { flags.exclude },
        hidden: flags.hidden.or(config.hidden),
        text_field: flags.text_field.or(config.text_field),
        id_field: flags.id_field.or(config.id_field),
        html_field: flags.html_field.or(config.html_field),
        url_field: flags.url_field.or(config.url_field),
        date_field: flags.date_field.or(config.date_field),
        tokens: flags.tokens.or(config.tokens),
        width: flags.width.or(config.width),
        threshold: flags.threshold.or(config.threshold),
        overlap: flags.overlap.or(config.overlap),
        containment: flags.containment.or(config.containment),
        no_boilerplate,
        boilerplate: if flags.boilerplate.is_empty() { config.boilerplate } else { flags.boilerplate },
        sketch: flags.sketch.or(config.sketch),
        slots: flags.slots.or(config.slots),
        bands: flags.bands.or(config.bands),
        rows: flags.rows.or(config.rows),
        distance: flags.distance.or(config.distance),
        seed: flags.seed.or(config.seed),
        format: flags.format.or(config.format),
        output: flags.output.or(config.output),
        top: flags.top.or(config.top),
        kind: if flags.kind.is_empty() { config.kind } else { flags.kind },
        pairs: flags.pairs.or(config.pairs),
        color: flags.color.or(config.color),
        quiet: flags.quiet.or(config.quiet),
        threads: flags.threads.or(config.threads),
        gate: config.gate,
        file: config.file,
    }
}

/// Returns what a gate lets pass, the flags that were typed and those of the configuration taken together.
pub fn gate(flags: GateFlags, config: &mut ScanFlags) -> Result<(GateFlags, Policy), Failure> {
    let config = std::mem::take(&mut config.gate);
    let chosen = GateFlags {
        fail_on: if flags.fail_on.is_empty() { config.fail_on } else { flags.fail_on },
        max_duplicates: flags.max_duplicates.or(config.max_duplicates),
        max_share: flags.max_share.or(config.max_share),
        max_skipped: flags.max_skipped.or(config.max_skipped),
        baseline: flags.baseline.or(config.baseline),
        index: flags.index.or(config.index),
    };
    let fail_on = match &*chosen.fail_on {
        [] => vec![RelationKind::Identical, RelationKind::Repost],
        kinds => kinds.iter().map(|&kind| kind.into()).collect(),
    };
    let share = chosen.max_share.map(|Share(share)| share);
    let policy = Policy::new(fail_on, chosen.max_duplicates, share, chosen.max_skipped.unwrap_or(0))?;
    Ok((chosen, policy))
}

fn analysis(chosen: &ScanFlags) -> Result<AnalysisSettings, Failure> {
    let default = AnalysisSettings::default();
    let tokens = chosen.tokens.map_or(default.tokens, Into::into);
    // Slots and threshold are checked before bands are chosen for them; one band of one row always fits.
    let unbanded = AnalysisSettings {
        tokens,
        width: chosen.width.unwrap_or(tokens.default_width()),
        sketch: chosen.sketch.map_or(default.sketch, Into::into),
        slots: chosen.slots.unwrap_or(default.slots),
        bands: 1,
        rows: 1,
        distance: chosen.distance.unwrap_or(default.distance),
        threshold: chosen.threshold.map_or(default.threshold, |share| share.0),
        boilerplate: !chosen.no_boilerplate.unwrap_or(!default.boilerplate),
        overlap: chosen.overlap.map_or(default.overlap, |share| share.0),
        containment: chosen.containment.map_or(default.containment, |share| share.0),
        seed: chosen.seed.unwrap_or(default.seed),
    }
    .checked()?;
    let slots = unbanded.slots;
    // The other of the two is 0 only where the one given is, or 1 where even one band does not fit: both are refused.
    let fill = |given: usize| slots.checked_div(given).unwrap_or(0).max(usize::from(given > 0));
    let (bands, rows) = match (chosen.bands, chosen.rows) {
        (Some(bands), Some(rows)) => (bands, rows),
        (Some(bands), None) => (bands, fill(bands)),
        (None, Some(rows)) => (fill(rows), rows),
        (None, None) => band::choose(slots, unbanded.threshold),
    };
    Ok(AnalysisSettings { bands, rows, ..unbanded }.checked()?)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use tongwen::settings::TokenKind;

    use super::*;
    use crate::args::{Arguments, Command};

    fn planned(typed: &str, config: &str) -> Result<Plan, Failure> {
        let words = ["tongwen", "scan", "-"].into_iter().chain(typed.split_whitespace());
        let Command::Scan(arguments) = Arguments::try_parse_from(words).unwrap().command else { unreachable!() };
        plan(arguments.flags, parse(config, Path::new("tongwen.toml")).unwrap())
    }

    fn banding(typed: &str, config: &str) -> (usize, usize) {
        let analysis = planned(typed, config).unwrap().settings.analysis;
        (analysis.bands, analysis.rows)
    }

    #[test]
    fn without_flags_and_file_the_defaults_of_the_library_hold() {
        let plan = planned("", "").unwrap();
        let (bands, rows) = band::choose(128, 0.7);
        assert_eq!(plan.settings.analysis, AnalysisSettings { bands, rows, ..AnalysisSettings::default() });
        assert_eq!(plan.settings.input, InputSettings::default());
        assert_eq!(plan.settings.run, RunSettings::default());
    }

    #[test]
    fn characters_are_wider_than_words_unless_the_width_is_given() {
        let width = |typed, config| planned(typed, config).unwrap().settings.analysis.width;
        assert_eq!(width("--tokens char", ""), TokenKind::Char.default_width());
        assert_eq!(width("", "tokens = 'char'"), TokenKind::Char.default_width());
        assert_eq!(width("--tokens char --width 7", ""), 7);
    }

    #[test]
    fn bands_alone_take_all_slots_and_so_do_rows_alone() {
        assert_eq!(banding("--bands 25", ""), (25, 5));
        assert_eq!(banding("--rows 5", ""), (25, 5));
        assert_eq!(banding("--bands 20 --rows 5", ""), (20, 5));
        assert_eq!(banding("--slots 64 --rows 5", ""), (12, 5));
    }

    #[test]
    fn bands_and_rows_that_compare_nothing_or_do_not_fit_are_refused() {
        for typed in ["--bands 0", "--rows 0", "--rows 129", "--bands 129", "--bands 33 --rows 4"] {
            assert!(planned(typed, "").is_err(), "{typed}");
        }
        assert!(planned("--bands 18446744073709551615 --rows 18446744073709551615", "").is_err());
    }

    #[test]
    fn a_flag_wins_over_the_file_and_a_switch_can_be_switched_off() {
        let config = "hidden = true\nquiet = true\ntop = 5\ninclude = ['*.txt']\ntext-field = '正文'";
        let plan = planned("--hidden=false --quiet=false --top 7 --include *.html", config).unwrap();
        assert!(!plan.settings.input.hidden && !plan.quiet);
        assert_eq!(plan.top, 7);
        assert_eq!(plan.settings.input.include, ["*.html"]);
        assert_eq!(plan.settings.input.text_field, "正文");
    }

    #[test]
    fn a_flag_the_sketch_has_no_use_for_is_refused_but_not_a_line_of_the_file() {
        assert!(planned("--distance 3", "").is_err());
        assert!(planned("--sketch simhash --bands 8", "").is_err());
        assert!(planned("", "distance = 3").is_ok());
        assert!(planned("--distance 3", "sketch = 'simhash'").is_ok());
    }
}
