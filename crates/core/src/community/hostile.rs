//! What the owner of a device can take out of it, to use it with a client of their own: for adversarial tests.
//! Compiled only with the feature `hostile`, never into a product.

use super::{LiveCommunity, announce, directory, enrol};
use crate::{
    Core,
    content::Content,
    conversation::vault,
    cx::Cx,
    db,
    formats::{VaultKey, group_entry::GroupEntry},
};
use asterism_mls::SigningKey;
use asterism_policy::CommunityState;
use asterism_wire::{ConversationId, Hash, Seq, vault::VaultRecord};
use std::rc::Rc;
use zeroize::Zeroizing;

/// The account's key, the device's, and the device's credential.
pub type OwnKeys = (SigningKey, SigningKey, Vec<u8>);

impl Core {
    /// What makes this device this account's.
    #[must_use]
    pub fn own_keys(&self) -> Option<OwnKeys> {
        let me = self.inner().me().ok()?;
        let account = SigningKey::from_seed(*me.account_seed);
        Some((account, SigningKey::from_seed(*me.device_seed), me.credential))
    }

    /// The state of a community, and position and head of its log, as far as this device has read it.
    #[must_use]
    pub fn community_log(&self, community: &str) -> Option<(CommunityState, Seq, Hash)> {
        let community = named(self.inner(), community)?;
        let (row, policy) = (community.row(), community.policy().ok()?);
        Some((policy, row.cursor, row.head))
    }

    /// The public key of its subscriber in a community.
    #[must_use]
    pub fn subscriber_key(&self, community: &str) -> Option<Vec<u8>> {
        let subscriber = named(self.inner(), community)?.subscriber(self.inner()).ok()?;
        Some(subscriber.public.as_bytes().to_vec())
    }

    /// The groups that a community lists as open, each with the secret of its link.
    #[must_use]
    pub fn open_groups(&self, community: &str) -> Vec<(ConversationId, [u8; 32])> {
        let Some(community) = named(self.inner(), community) else { return Vec::new() };
        let groups = directory::groups(self.inner(), &community).unwrap_or_default();
        groups.into_iter().filter_map(|(id, entry)| Some((id, *entry.link?))).collect()
    }

    /// Signs with the key by which members of a group prove that they are in it.
    #[must_use]
    pub fn sign_as_group(&self, group: &str, message: &[u8]) -> Option<Vec<u8>> {
        let keys = enrol::group_keys(self.inner(), group.parse().ok()?).ok()??;
        Some(keys.member.sign(message).to_vec())
    }

    /// An announcement to everybody, or for a conversation that this device is in, as an admin's device makes it:
    /// whatever its own role is, and whatever the directory says.
    #[must_use]
    pub fn forge_post(&self, community: &str, text: &str, to: Option<&str>) -> Option<Vec<u8>> {
        let cx = self.inner();
        let community = named(cx, community)?;
        let content = Content::text(cx.random(), text.to_owned(), None).encode().ok()?;
        let targets = match to {
            Some(id) => vec![target(cx, id.parse().ok()?)?],
            None => Vec::new(),
        };
        announce::seal(cx, &community, &content, &targets).ok()
    }

    /// A group that newcomers enter, for the directory, by a link that leads anywhere.
    #[must_use]
    pub fn forge_listing(
        &self,
        community: &str,
        group: ConversationId,
        link: [u8; 32],
    ) -> Option<VaultRecord> {
        let cx = self.inner();
        let community = named(cx, community)?;
        let (log, epoch) = (community.id.log(), community.policy().ok()?.epoch);
        let entry = GroupEntry {
            name: "Trap".into(),
            description: String::new(),
            link: Some(Zeroizing::new(link)),
            inbox_key: vec![1; 1_216],
            generation: 0,
            default: true,
            member_key: vec![1; 32],
        };
        let name = directory::group_name(group);
        let key = VaultKey::new(*db::vault::key(&cx.db, log, epoch).ok()??);
        vault::seal(cx, log, &name, 1, epoch, &key, &entry.to_value()).ok()
    }
}

fn named(cx: &Cx, community: &str) -> Option<Rc<LiveCommunity>> {
    super::by_id(cx, community.parse().ok()?)
}

fn target(cx: &Cx, id: ConversationId) -> Option<(ConversationId, GroupEntry)> {
    let keys = enrol::group_keys(cx, id).ok()??;
    let (generation, _) = db::vault::keys(&cx.db, id).ok()?.pop_last()?;
    let entry = GroupEntry {
        name: String::new(),
        description: String::new(),
        link: None,
        inbox_key: keys.inbox_public.as_bytes().to_vec(),
        generation,
        default: false,
        member_key: keys.member.public().to_vec(),
    };
    Some((id, entry))
}
