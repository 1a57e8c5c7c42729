//! Scripts without spaces, one character a token.

use super::Segment;
use crate::normalise::{Class, class_of};

/// Cuts a run into characters; a combining mark stays with the character before it.
#[inline]
pub(super) fn cut<'a>(run: &'a str, each: &mut impl FnMut(Segment<'a>)) {
    let mut start = 0;
    for (at, c) in run.char_indices().skip(1) {
        if class_of(c) != Class::Mark {
            each(Segment::Token(&run[start..at]));
            start = at;
        }
    }
    each(Segment::Token(&run[start..]));
}
