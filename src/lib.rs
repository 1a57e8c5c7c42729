//! Finds near-duplicates in text corpora, and tells which pages repost the same article from those that merely
//! share boilerplate.
//!
//! A document's path through the modules, which are listed below in the same order:
//!
//! 1. [`input`] finds files, unpacks and decodes them, and reads pages and records as [`document`]s.
//! 2. [`normalise`] folds width, case, script variants and marks, so that equal texts look equal.
//! 3. [`segment`] cuts the comparable text into tokens, and [`shingle`] takes every few of them as one number.
//!    Its lines and sentences are its [`block`]s, and neighbouring shingles make the rarer [`seed`]s.
//! 4. [`passage`] finds where else a passage stands, and [`boilerplate`] tells what of each page is frame or quotation;
//!    a [`dictionary`] brings what another corpus has shown.
//! 5. [`sketch`] sums up the content of a document in a row of fixed length, [`band`] finds the pairs of rows worth a
//!    closer look, and [`containment`] those in which one text is inside the other.
//! 6. [`verify`] counts what a pair shares, [`relate`] judges the counts, and [`cluster`] groups what was judged alike.
//!    What one text has in common with many, here and where boilerplate is told, is counted by [`shared`].
//!    [`explain`] says why, and where the two run alike.
//! 7. [`excerpt`] finds who quotes whom, [`template`] the pages of one template, [`inventory`] what boilerplate costs.
//! 8. [`findings`] hold all that a run found, an [`overview`] its numbers, [`answers`] what was found for documents that
//!    were looked up; a [`plan`] says what of them stays, a [`journal`] what was removed, and [`gate`] whether that is to
//!    pass; [`report`] shows them.
//! 9. [`index`] keeps the texts of a corpus, for those that come later to be compared with; a [`checkpoint`] keeps what a
//!    scan has done so far.
//!
//! [`pipeline`] runs all stages on all cores. Each stage is also of use by itself:
//!
//! ```
//! use tongwen::segment::Segmenter;
//! use tongwen::settings::TokenKind;
//! use tongwen::shingle::Shingler;
//! use tongwen::{normalise, verify::Evidence};
//!
//! let mut segmenter = Segmenter::new(TokenKind::Char);
//! let mut shingles = |text: &str| {
//!     let mut tokens = Vec::new();
//!     segmenter.tokens(&normalise::normalise(text), &mut tokens);
//!     let mut shingler = Shingler::new(5);
//!     shingler.push(&tokens);
//!     shingler.finish().set()
//! };
//! let (one, other) = (shingles("湖边的茶馆从早上六点开到夜里十点。"), shingles("湖邊的茶館，從早上六點開到夜裏十點！"));
//! assert_eq!(Evidence::count(&one, &other).resemblance(), 1.0);
//! ```
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod error;
mod durable;
mod versioned;
pub mod settings;
pub mod document;
pub mod input;
mod ascii;
pub mod normalise;
pub mod segment;
pub mod hash;
pub mod shingle;
pub mod block;
pub mod seed;
mod evenly;
mod repeats;
mod longest;
pub mod shared;
mod fetch;
mod borders;
pub mod passage;
pub mod dictionary;
pub mod boilerplate;
pub mod sketch;
pub mod band;
pub mod containment;
pub mod verify;
pub mod relate;
pub mod cluster;
pub mod excerpt;
pub mod template;
pub mod inventory;
pub mod explain;
pub mod findings;
pub mod overview;
pub mod answers;
pub mod plan;
pub mod journal;
pub mod gate;
pub mod report;
pub mod index;
pub mod checkpoint;
pub mod pipeline;
