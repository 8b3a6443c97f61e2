//! Lies about communities that need a story of their own. Each begins where [`super::story`] has led to: alice and bob
//! are admins, carol reads, dave is not in yet.

pub(super) mod admins;
pub(super) mod again;
pub(super) mod deposits;
pub(super) mod directory;
pub(super) mod foreign;
pub(super) mod keys;
pub(super) mod links;
pub(super) mod posts;
pub(super) mod readers;
