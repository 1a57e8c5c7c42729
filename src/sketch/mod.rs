//! Shingles → a sketch of fixed size: a row of a flat table.

pub mod minhash;
pub mod simhash;
