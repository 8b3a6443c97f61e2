//! Bugs to be switched on, to see whether the simulation finds them. Compiled only with the feature `plant`, never
//! into a product.

use std::cell::Cell;

thread_local! {
    /// Messages of any epoch are appended.
    pub static ANY_EPOCH: Cell<bool> = const { Cell::new(false) };
    /// A community is founded over any admins' room that its founder is in.
    pub static ANY_ROOM: Cell<bool> = const { Cell::new(false) };
}
