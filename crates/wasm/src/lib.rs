//! The browser host of the core.
