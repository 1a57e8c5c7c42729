//! Findings for people and for programs. Computes nothing: what is shown was found, counted and ordered before.

mod json;
mod line;
mod text;

pub use json::json;
pub use text::{TextOptions, boilerplate, text};
