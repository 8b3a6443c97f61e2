//! Bugs to be switched on, to see whether the simulation finds them. Compiled only with the feature `plant`, never
//! into a product.

use std::cell::Cell;

thread_local! {
    /// Every role allows everything.
    pub static NO_ROLES: Cell<bool> = const { Cell::new(false) };
}
