//! Clocks that differ, several instances, many at once, and people who go away in the middle (area S).

pub(crate) mod clocks;
pub(crate) mod instances;
pub(crate) mod interleaved;
pub(crate) mod left_alone;
