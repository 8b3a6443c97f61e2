//! The server from outside: through sessions without sockets, through real sockets, and as a program.
#![allow(missing_docs, clippy::unwrap_used)]

mod community;
mod conversation;
mod directory;
mod edge;
mod key_packages;
mod own;
mod people;
mod pipelined;
mod process;
mod tls;
mod wires;
