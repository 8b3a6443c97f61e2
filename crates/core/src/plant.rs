//! Bugs to be switched on, to see whether the simulation finds them. Compiled only with the feature `plant`, never
//! into a product.

use std::cell::Cell;

thread_local! {
    /// A send that is repeated is a new one to the server, and what comes is not compared with what is there.
    pub static NO_DEDUPLICATION: Cell<bool> = const { Cell::new(false) };
    /// Who is removed from a community keeps their seat.
    pub static KEEP_SEATS: Cell<bool> = const { Cell::new(false) };
    /// An entry counts as the next one although entries before it are missing.
    pub static IGNORE_GAP: Cell<bool> = const { Cell::new(false) };
}
