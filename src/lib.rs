//! Finds near-duplicates in text corpora, and tells which pages repost the same article from those that merely
//! share boilerplate.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod error;
pub mod settings;
pub mod document;
pub mod input;
pub mod normalise;
pub mod segment;
pub mod hash;
pub mod shingle;
pub mod sketch;
pub mod band;
pub mod verify;
pub mod relate;
pub mod cluster;
pub mod findings;
pub mod pipeline;
