//! The server from outside: through sessions without sockets, through real sockets, and as a program.

mod conversation;
mod directory;
mod edge;
mod key_packages;
mod people;
mod process;
mod tls;
mod wires;
