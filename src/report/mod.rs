//! Findings and explanations for people and for programs. Computes nothing: what is shown was found, counted and ordered before.

mod answers;
mod csv;
mod explain;
mod gate;
mod github;
mod html;
mod issue;
mod json;
mod junit;
mod line;
mod markdown;
mod plan;
mod sarif;
mod text;

pub use answers::{added, added_json, answers, answers_json, info, info_json, removed};
pub use csv::{csv, csv_for_terminal};
pub use explain::{ExplainOptions, explain};
pub use github::{MOST_ANNOTATIONS, github};
pub use html::{File, Place, html};
pub use json::{InertJson, explanation_json, json};
pub use junit::junit;
pub use line::inert;
pub use markdown::markdown;
pub use plan::{Done, plan};
pub use sarif::{MOST_LOCATIONS, MOST_RESULTS, sarif};
pub use text::{Kinds, TextOptions, boilerplate, text};
