//! Findings and explanations for people and for programs. Computes nothing: what is shown was found, counted and ordered before.

mod answers;
mod explain;
mod html;
mod json;
mod line;
mod plan;
mod text;

pub use answers::{added, answers, answers_json, info, info_json};
pub use explain::{ExplainOptions, explain};
pub use html::{File, Place, html};
pub use json::{explanation_json, json};
pub use plan::{Done, plan};
pub use text::{Kinds, TextOptions, boilerplate, text};
