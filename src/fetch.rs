//! Reads that wait for the memory together.

/// Reads some values, one of each piece of memory that is looked at next.
///
/// Pieces far from each other are each waited for where one is looked at after another, since a look takes more steps than
/// a processor goes ahead. The reads of this loop go on beside each other, and leave the pieces in its cache.
pub fn all(values: impl Iterator<Item = impl Into<u64>>) {
    std::hint::black_box(values.fold(0, |all, value| all ^ value.into()));
}
