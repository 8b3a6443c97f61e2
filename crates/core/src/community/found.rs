//! Founding a community (docs/protocol.md §10.1, §10.10).

use super::{LiveCommunity, admin, begun, enrol, follow, groups, keys, view};
use crate::{
    api::Answer,
    conversation::{create, vault},
    cx::Cx,
    db::community::{CommunityRow, State},
    fault::{Fault, Flow},
    formats::{
        ChannelKey, ProfileKey,
        begun::{Begun, NewGroup},
        channel,
        roster::ChannelSecrets,
        vault as format,
    },
};
use asterism_mls::{seal, suite::Suite};
use asterism_policy::{CommunityChanges, CommunityWhat, Found, OpenEpoch, PolicyState};
use asterism_wire::{
    CommunityId, ConversationId, ErrorCode, Seq,
    community::{BucketTable, GovernanceBody},
    frame::{self, Request},
    head, signing,
    vault::{CHANNEL, META, VaultRecord},
};
use prost::Message as _;
use std::rc::Rc;
use zeroize::Zeroizing;

/// What the first group is called when nothing else is said.
const GENERAL: &str = "General";
/// What the admins' room is called.
const ADMINS: &str = "Admins";

/// `asterism community create`.
pub(crate) async fn create(
    cx: &Cx,
    name: &str,
    description: Option<String>,
    general: Option<String>,
) -> Flow<Answer> {
    let meta = create::check_meta(name, description.as_deref().unwrap_or_default())?;
    let general = create::check_meta(general.as_deref().unwrap_or(GENERAL), "")?;
    let founding = Founding::new(cx);
    let community = super::insert(cx, CommunityRow::new(founding.id, State::Founding, cx.now()))?;
    let id = ConversationId(cx.random());
    let general = NewGroup { id, meta: general, open: true, default: true, hybrid: false };
    // A round that begins meanwhile does not take it for one that was broken off.
    let turn = community.admin_lock.lock().await;
    let offered = async {
        let working = begun::begin(cx, &community, Begun::Group(general.clone())).await?;
        founding.offer(cx, &meta).await.map(|()| working)
    };
    let working = match offered.await {
        Err(Fault::Api(error)) => {
            abandon(cx, &community)?;
            return Err(error.into());
        }
        offered => offered?,
    };
    // The community is there: what cannot be yet will be.
    let first_group = async {
        founding.read_back(cx, &community).await?;
        groups::carry_out(cx, &community, &general).await
    };
    match first_group.await {
        Ok(()) => working.end(cx)?,
        Err(Fault::Api(error)) => {
            tracing::debug!(code = error.code.as_word(), "a community is not all there yet");
        }
        Err(error) => return Err(error),
    }
    drop(turn);
    enrol::quietly(cx, &community).await?;
    super::own_entries(cx)?;
    view::changed(cx, &community)?;
    admin::duties::soon(cx, &community);
    Ok(Answer::Community {
        community: community.id.to_string(),
        announcements: founding.announcements.to_string(),
        general: general.id.to_string(),
        admin_room: founding.admin_room.to_string(),
    })
}

/// A founding that an earlier run did not finish: what the server has not taken never was.
pub(super) async fn resume(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    let _turn = community.admin_lock.lock().await;
    if community.state() != State::Founding {
        return Ok(());
    }
    match follow::follow(cx, community).await {
        Err(Fault::Api(error)) if error.code == ErrorCode::NotAMember => abandon(cx, community),
        Err(error) => Err(error),
        Ok(()) => Ok(community.update(cx, |row| row.state = State::Active)?),
    }
}

/// The room that was founded for it stays at the server, with nobody but this account in it.
fn abandon(cx: &Cx, community: &LiveCommunity) -> Flow<()> {
    let rooms: Vec<_> = cx.live.borrow().values().filter(|live| live.is_member()).cloned().collect();
    for room in rooms {
        let is_its = room.group(cx)?.state().community() == Some(community.id);
        if is_its {
            create::forget(cx, &room)?;
        }
    }
    begun::forget(cx, community)?;
    crate::db::community::delete(&cx.db, community.id)?;
    cx.communities.borrow_mut().remove(&community.id);
    Ok(())
}

struct Founding {
    id: CommunityId,
    announcements: ConversationId,
    admin_room: ConversationId,
    changes: Vec<u8>,
    key: ChannelKey,
    inbox_seed: Zeroizing<[u8; 32]>,
}

impl Founding {
    fn new(cx: &Cx) -> Self {
        let (announcements, admin_room) = (ConversationId(cx.random()), ConversationId(cx.random()));
        let (key, inbox_seed) = (ChannelKey::new(cx.random()), Zeroizing::new(cx.random()));
        let table = BucketTable::default().encode_to_vec();
        let changes = CommunityChanges::of([
            CommunityWhat::Found(Found {
                announcements: announcements.to_vec(),
                admin_room: admin_room.to_vec(),
                salt: cx.random::<16>().to_vec(),
            }),
            CommunityWhat::OpenEpoch(OpenEpoch {
                epoch: 1,
                key_commitment: signing::channel_commitment(announcements, 1, key.as_bytes()).to_vec(),
                inbox_key: seal::derive(&inbox_seed).1.as_bytes().to_vec(),
                table_hash: signing::sha256(&table).to_vec(),
                posts_seq: 0,
            }),
        ])
        .to_bytes();
        let id = signing::community_id(&changes);
        Self { id, announcements, admin_room, changes, key, inbox_seed }
    }

    /// Founds its room and offers it to the server.
    async fn offer(&self, cx: &Cx, meta: &format::Meta) -> Flow<()> {
        let me = cx.me()?;
        let state = PolicyState::admin_room(self.id, self.admin_room, me.account);
        let room_meta = format::Meta { name: ADMINS.to_owned(), description: String::new() };
        let room = create::found(cx, self.admin_room, &state, Suite::Hybrid, Some(&room_meta), None).await?;
        let mut secrets = ChannelSecrets::default();
        secrets.push(1, self.key.clone(), Some(self.inbox_seed.clone()));
        // Written down before it is used: whoever crashes now has lost nothing.
        vault::write(cx, &room, CHANNEL, |_| secrets.to_value()).await?;
        let request = Request::CreateCommunity(frame::CreateCommunity {
            governance: self.governance(cx)?.into(),
            vault: self.records(cx, meta)?,
        });
        cx.call::<frame::Accepted>(request).await.map_err(Fault::from)?;
        Ok(())
    }

    /// The server has taken it. When it does not show so now, the next round reads on ([`resume`]).
    async fn read_back(&self, cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
        self.take_log(cx, community).await?;
        community.update(cx, |row| row.state = State::Active)?;
        follow::follow(cx, community).await
    }

    /// The founder is its admin before it has read so.
    async fn take_log(&self, cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
        let _turn = community.follow_lock.lock().await;
        super::log::fetch(cx, community, Seq(1)).await?;
        keys::keep_own(cx, community, 1, &self.key)
    }

    fn governance(&self, cx: &Cx) -> Flow<Vec<u8>> {
        let me = cx.me()?;
        let key = cx.device_key()?;
        let signed = signing::governance(self.id, Seq(1), head::genesis(self.id.log()), &self.changes);
        let body = GovernanceBody {
            changes: self.changes.clone(),
            author: me.credential,
            author_key: key.public().to_vec(),
            signature: key.sign(&signed).to_vec(),
        };
        Ok(body.encode_to_vec())
    }

    fn records(&self, cx: &Cx, meta: &format::Meta) -> Flow<Vec<VaultRecord>> {
        let me = cx.me()?;
        let key = channel::vault_key(self.id, 1, &self.key);
        let profile = format::profile_key_to_value(&ProfileKey::new(*me.profile_key));
        let values =
            [(META.to_owned(), meta.to_value()), (vault::profile_name(me.account), profile.to_vec())];
        let seal =
            |(name, value): (String, Vec<u8>)| vault::seal(cx, self.id.log(), &name, 1, 1, &key, &value);
        values.into_iter().map(seal).collect()
    }
}
