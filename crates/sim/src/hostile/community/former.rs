//! Who was an admin, and who was removed.

use super::{
    case::Act,
    story::{ALICE, CAROL, MALLORY, Story, Told, keys_of, wrong},
};
use crate::stranger::Stranger;
use asterism_core::{
    Answer, Request,
    api::{JoinMode, Role},
};
use asterism_mls::seal;
use asterism_policy::{CommunityChanges, CommunityWhat, Role as Rank, SetRole};
use asterism_wire::{
    ErrorCode, IdempotencyKey,
    community::GovernanceBody,
    entry::EntryKind,
    frame::{CommunityAccess, OpenCommunity, Request as WireRequest, SendPost, SubmitGovernance},
    link::Link,
    signing,
};
use prost::Message as _;

impl Story {
    /// Mallory was an admin, and goes on as one.
    pub(super) fn after_demotion(&mut self) -> Told {
        if self.act == Act::DemotedBackdated {
            // Made while it was right, and kept back.
            self.forged = self.forge()?;
        }
        self.promote("mallory", Role::Member)?;
        self.world.run_for(5_000);
        self.must(MALLORY, Request::Sync)?;
        if self.act != Act::DemotedBackdated {
            self.forged = self.forge()?;
        }
        let mut device = self.device_of(MALLORY)?;
        let post = WireRequest::SendPost(SendPost {
            community: self.id()?.to_vec(),
            idempotency: IdempotencyKey([4; 16]).to_vec(),
            body: self.forged.clone().into(),
        });
        self.is_refused(&mut device, post)?;
        let (seq, governance) = self.change(&device, &self.takes_back(&device))?;
        self.offers(&mut device, seq, governance)
    }

    fn forge(&self) -> Told<Vec<u8>> {
        self.of_core(MALLORY, |core| core.forge_post(&self.community, "mallory is an admin", None))
    }

    fn takes_back(&self, device: &Stranger) -> CommunityChanges {
        let (account, role) = (device.leaf().account.to_vec(), Rank::Admin as i32);
        CommunityChanges::of([CommunityWhat::SetRole(SetRole { account, role, until_ms: 0 })])
    }

    /// Signed for the next position of the log.
    pub(super) fn change(&self, device: &Stranger, changes: &CommunityChanges) -> Told<(u64, Vec<u8>)> {
        let (_, last, head) = self.log_of(ALICE)?;
        let (seq, changes) = (last.next(), changes.to_bytes());
        let signed = signing::governance(self.id()?, seq, head, &changes);
        let body = GovernanceBody {
            changes,
            author: device.credential.clone(),
            author_key: device.key.public().to_vec(),
            signature: device.key.sign(&signed).to_vec(),
        };
        Ok((seq.0, body.encode_to_vec()))
    }

    pub(super) fn offers(&mut self, device: &mut Stranger, seq: u64, governance: Vec<u8>) -> Told {
        let submit = WireRequest::SubmitGovernance(SubmitGovernance {
            community: self.id()?.to_vec(),
            idempotency: IdempotencyKey([5; 16]).to_vec(),
            seq,
            governance: governance.into(),
            opening: None,
        });
        self.is_refused(device, submit)
    }

    /// What the server refuses as not allowed, and not for another reason.
    fn is_refused(&mut self, device: &mut Stranger, request: WireRequest) -> Told {
        match device.ask(&self.world, request) {
            Err(
                ErrorCode::NotAMember | ErrorCode::Forbidden | ErrorCode::InvalidCommit | ErrorCode::Barred,
            ) => Ok(()),
            other => Err(wrong(format!("the server answers {other:?}"))),
        }
    }

    pub(super) fn post_let_through(&mut self) -> Told {
        let posts = self.posts()?;
        if self.act == Act::DemotedLetThrough {
            // Resting on the newest log, as only the role is wrong with it.
            self.must(MALLORY, Request::Sync)?;
            self.forged = self.forge()?;
        }
        let now = self.world.now;
        let shown = self.hands().let_through(CAROL, posts, EntryKind::Post, now, self.forged.clone());
        if shown { Ok(()) } else { Err(wrong("no announcements to lie about")) }
    }

    pub(super) fn change_let_through(&mut self) -> Told {
        let device = self.device_of(MALLORY)?;
        let changes = match self.act {
            Act::FoundsAgainLetThrough => self.another_founding()?,
            _ => self.takes_back(&device),
        };
        let (_, governance) = self.change(&device, &changes)?;
        let (log, now) = (self.id()?.log(), self.world.now);
        let shown = self.hands().let_through(CAROL, log, EntryKind::Governance, now, governance);
        if shown { Ok(()) } else { Err(wrong("no log to lie about")) }
    }

    /// Mallory is removed, and tries to stay.
    pub(super) fn after_removal(&mut self) -> Told {
        let group = self.open_group()?;
        let known = self.of_core(MALLORY, |core| {
            core.open_groups(&self.community).into_iter().find(|(id, _)| id.to_string() == group)
        })?;
        if self.act == Act::RemovedReads {
            let carol = signing::subscriber_id(&self.subscriber_key(CAROL)?);
            self.hands().borrowed = Some((MALLORY, carol));
        }
        let (target, handle) = (self.community.clone(), "mallory".to_owned());
        self.must(ALICE, Request::CommunityRemove { target, handle })?;
        self.is_removed(MALLORY);
        self.announce(ALICE)?;
        self.world.run_for(5_000);
        match self.act {
            Act::RemovedReads => self.is_given_nothing(),
            Act::RemovedByAnotherLink => {
                self.must_not(MALLORY, Request::Join { link: self.links[1].clone() }, ErrorCode::Barred)
            }
            Act::RemovedByAFriend => {
                let mallory = self.device_of(MALLORY)?;
                let mut friend =
                    Stranger::register(&mut self.world, "friend").map_err(|e| wrong(e.to_string()))?;
                let key = seal::derive(&[8; 32]).1.as_bytes().to_vec();
                self.leaves(&mut friend, &mallory, &key)
            }
            _ => {
                let (server, secret) = ("http://sim".to_owned(), known.1);
                let ticket = asterism_mls::link::LinkKeys::derive(&secret).ticket_id;
                let link = Link { server, ticket, secret }.to_string();
                self.must_not(MALLORY, Request::Join { link }, ErrorCode::UnknownLink)
            }
        }
    }

    /// An open group that mallory reads of and has never entered.
    fn open_group(&mut self) -> Told<String> {
        let create = Request::GroupCreate {
            name: "Basses".into(),
            description: None,
            quantum_safe: false,
            community: Some(self.community.clone()),
            join: Some(JoinMode::Open),
        };
        let Answer::Group { group } = self.must(ALICE, create)? else { return Err(wrong("no group")) };
        self.must(MALLORY, Request::Sync)?;
        Ok(group)
    }

    /// By no right of her own is she told anything.
    fn is_given_nothing(&mut self) -> Told {
        let mut device = self.device_of(MALLORY)?;
        let id = self.id()?;
        let own = signing::subscriber_id(&self.subscriber_key(MALLORY)?).to_vec();
        let group: asterism_wire::ConversationId =
            self.general.parse().map_err(|_| wrong("an id does not parse"))?;
        let rights = [
            CommunityAccess { subscriber: own, ..CommunityAccess::default() },
            CommunityAccess { group: group.to_vec(), ..CommunityAccess::default() },
            device.shows(&keys_of(&self.links[0])?, id),
            device.shows(&keys_of(&self.links[1])?, id),
        ];
        for access in rights {
            let open = OpenCommunity { community: id.to_vec(), access: Some(access) };
            self.is_refused(&mut device, WireRequest::OpenCommunity(open))?;
        }
        Ok(())
    }
}
