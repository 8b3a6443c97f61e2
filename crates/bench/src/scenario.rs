//! What is measured, one scenario per file.

pub(crate) mod fanout;
pub(crate) mod idle;
pub(crate) mod join;
pub(crate) mod send;
