//! Findings and explanations for people and for programs. Computes nothing: what is shown was found, counted and ordered before.

mod answers;
mod explain;
mod gate;
mod json;
mod line;
mod text;

pub use answers::{added, answers, answers_json, info, info_json};
pub use explain::{ExplainOptions, explain};
pub use json::{explanation_json, json};
pub use text::{TextOptions, boilerplate, text};
