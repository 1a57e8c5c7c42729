//! How far a scan is, on standard error.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{BinaryBytes, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tongwen::pipeline::{Phase, Progress, Unit};

use crate::memory;

/// A line that shows the current phase, its rate and the time left. It vanishes when dropped.
pub struct Bar(ProgressBar);

impl Bar {
    /// Returns a bar that draws on standard error, and only where that is a terminal.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self(bar)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn phase(&self, phase: Phase) {
        self.0.set_style(style(phase));
        self.0.set_prefix(format!("{}/{} {}", phase.number, phase.of, phase.name));
        self.0.reset();
        if phase.total == 0 {
            self.0.unset_length();
        } else {
            self.0.set_length(phase.total);
        }
    }

    fn advance(&self, units: u64) {
        self.0.inc(units);
    }
}

fn style(phase: Phase) -> ProgressStyle {
    let (position, length, rate) = match phase.unit {
        Unit::Bytes => ("{binary_bytes}", "{binary_total_bytes}", "{binary_bytes_per_sec}"),
        Unit::Documents => ("{human_pos}", "{human_len} documents", "{per_sec}"),
        Unit::Pairs => ("{human_pos}", "{human_len} pairs", "{per_sec}"),
        Unit::Bands => ("{human_pos}", "{human_len} bands", "{per_sec}"),
    };
    let template = if phase.total == 0 {
        format!("{{spinner}} {{prefix:.bold}}  {position}  {rate}  {{elapsed}}{{spilled}}")
    } else {
        format!("{{spinner}} {{prefix:.bold}} {{bar:24}} {position} of {length}  {rate}  {{eta}} left{{spilled}}")
    };
    // The templates above are all there are, and a test parses each.
    ProgressStyle::with_template(&template).expect("a template of this file").with_key("spilled", spilled)
}

/// Writes how much stands in a temporary file, if anything does.
fn spilled(_: &ProgressState, line: &mut dyn Write) {
    let bytes = memory::spilled();
    if bytes > 0 {
        // A line that cannot be drawn is drawn anew the next time.
        let _ = write!(line, "  {} spilled", BinaryBytes(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_has_a_style_with_and_without_a_known_total() {
        for unit in [Unit::Bytes, Unit::Documents, Unit::Pairs, Unit::Bands] {
            for total in [0, 7] {
                style(Phase { number: 2, of: 5, name: "sketching", unit, total });
            }
        }
    }
}
