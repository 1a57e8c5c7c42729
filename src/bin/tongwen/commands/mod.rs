//! One file for each command.

pub mod boilerplate;
pub mod completions;
pub mod dedup;
pub mod explain;
pub mod gate;
pub mod index;
pub mod man;
pub mod report;
pub mod scan;
