//! What the host needs of the core, so that tests of the host can put a scripted one in its place.

use asterism_core::api::{Request, RequestId};
use asterism_core::{Core, Output};
use asterism_wire::Timestamp;

/// The core as its host sees it. After each `handle_*` the caller drains `poll_output` until `None`.
pub(crate) trait Machine {
    fn handle_request(&mut self, now: Timestamp, id: RequestId, request: Request);
    fn handle_cancel(&mut self, now: Timestamp, id: RequestId);
    fn handle_connected(&mut self, now: Timestamp);
    fn handle_disconnected(&mut self, now: Timestamp);
    fn handle_frame(&mut self, now: Timestamp, bytes: &[u8]);
    fn handle_timeout(&mut self, now: Timestamp);
    fn poll_output(&mut self) -> Option<Output>;
    fn next_timeout(&self) -> Option<Timestamp>;
    /// Is there a registered account?
    fn has_account(&self) -> bool;
    /// Will do this as soon as there is an occasion; has it done all that it was told to?
    #[cfg(feature = "hostile")]
    fn be_hostile(&mut self, deed: Option<asterism_core::hostile::Deed>) -> bool {
        deed.is_none()
    }
}

impl Machine for Core {
    fn handle_request(&mut self, now: Timestamp, id: RequestId, request: Request) {
        Core::handle_request(self, now, id, request);
    }
    fn handle_cancel(&mut self, now: Timestamp, id: RequestId) {
        Core::handle_cancel(self, now, id);
    }
    fn handle_connected(&mut self, now: Timestamp) {
        Core::handle_connected(self, now);
    }
    fn handle_disconnected(&mut self, now: Timestamp) {
        Core::handle_disconnected(self, now);
    }
    fn handle_frame(&mut self, now: Timestamp, bytes: &[u8]) {
        Core::handle_frame(self, now, bytes);
    }
    fn handle_timeout(&mut self, now: Timestamp) {
        Core::handle_timeout(self, now);
    }
    fn poll_output(&mut self) -> Option<Output> {
        Core::poll_output(self)
    }
    fn next_timeout(&self) -> Option<Timestamp> {
        Core::next_timeout(self)
    }
    fn has_account(&self) -> bool {
        Core::has_account(self)
    }
    #[cfg(feature = "hostile")]
    fn be_hostile(&mut self, deed: Option<asterism_core::hostile::Deed>) -> bool {
        if let Some(deed) = deed {
            Core::be_hostile(self, deed);
        }
        self.has_done_it()
    }
}

#[cfg(test)]
pub(crate) mod script;
