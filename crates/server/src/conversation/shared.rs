//! What all conversations share.

use super::{
    Config, acknowledge::Acknowledged, deadlines::Deadlines, join_info::JoinLimits, past_trees::PastTrees,
    throttle::Throttle,
};
use crate::{clock::Clock, directory::Directory, fanout::Fanout, online::Online, random::Random};
use asterism_policy::Leaf;
use asterism_store::AnyStore;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: AnyStore,
    pub(super) directory: Arc<Directory>,
    pub(super) online: Arc<Online>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<Random>,
    pub(super) config: Config,
    pub(super) fanout: Fanout<Leaf>,
    pub(super) deadlines: Deadlines,
    pub(super) acknowledged: Acknowledged,
    pub(super) past_trees: PastTrees,
    pub(super) join_limits: JoinLimits,
    pub(super) throttle: Throttle,
}
