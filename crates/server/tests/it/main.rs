//! The server from outside: through sessions without sockets, through real sockets, and as a program.

mod directory;
mod edge;
mod key_packages;
mod people;
mod process;
mod wires;
