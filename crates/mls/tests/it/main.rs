//! Members and the server's tracker, driven side by side on fixed seeds.

#![allow(clippy::unwrap_used)] // helpers of tests, like tests, may stop at the first surprise

mod adversary;
mod entry;
mod forgery;
mod garbage;
mod kit;
mod life;
mod primitives;
mod rules;
mod storage;
