//! Notes to the admins as whoever knows the format writes them (docs/protocol.md §10.6).

use crate::{stranger::Stranger, world::World};
use asterism_mls::{
    SigningKey,
    link::LinkKeys,
    seal::{self, SealPublic},
};
use asterism_wire::{
    AccountId, CommunityId, ConversationId, ErrorCode, SubscriberId, TicketId,
    frame::{Answer, CommunityAccess, PutDeposit, Request},
    signing,
    signing::transcript,
};
use ciborium::Value;

const LABEL: &str = "asterism 1 deposit";

/// What a note says to prove.
pub(super) enum Proof {
    /// A link: its ticket, and a signature that should be its key's.
    Ticket(TicketId, Vec<u8>),
    /// Membership in a group: its id, and a signature that should be its members'.
    Group(ConversationId, Vec<u8>),
}

/// A note before it is sealed.
pub(super) struct Note<'a> {
    pub(super) community: CommunityId,
    /// The key that a seat is asked for.
    pub(super) subscriber_key: &'a [u8],
    /// Of the device that it says to be of.
    pub(super) credential: &'a [u8],
    pub(super) device_key: [u8; 32],
    /// Of the device that signs it.
    pub(super) signs: &'a SigningKey,
    pub(super) proof: Proof,
}

impl<'a> Note<'a> {
    /// One that says the truth of who it is from.
    pub(super) fn of(
        who: &'a Stranger,
        community: CommunityId,
        subscriber_key: &'a [u8],
        proof: Proof,
    ) -> Self {
        let (credential, device_key) = (who.credential.as_slice(), who.key.public());
        Self { community, subscriber_key, credential, device_key, signs: &who.key, proof }
    }

    /// Sealed to the admins.
    pub(super) fn seal(&self, inbox_key: &[u8]) -> Option<Vec<u8>> {
        let subscriber = signing::subscriber_id(self.subscriber_key);
        let none = || (Vec::new(), Vec::new());
        let ((ticket, by_ticket), (group, by_group)) = match &self.proof {
            Proof::Ticket(id, signature) => ((id.to_vec(), signature.clone()), none()),
            Proof::Group(id, signature) => (none(), (id.to_vec(), signature.clone())),
        };
        let subject = [ticket.as_slice(), &group].concat();
        let signed = signing::enrolment(self.community, subscriber, &subject);
        let profile_key = vec![3; 32];
        let fields = [
            self.credential.to_vec(),
            self.device_key.to_vec(),
            self.signs.sign(&signed).to_vec(),
            ticket,
            by_ticket,
            profile_key,
            group,
            by_group,
        ];
        let kind = (Value::from(1), Value::from(1));
        let rest = (2_u64..).zip(fields).map(|(name, value)| (name.into(), Value::Bytes(value)));
        let mut plaintext = Vec::new();
        ciborium::into_writer(&Value::Map(std::iter::once(kind).chain(rest).collect()), &mut plaintext)
            .ok()?;
        let aad = transcript(LABEL, &[self.community.as_bytes(), subscriber.as_bytes()]);
        seal::seal(&SealPublic::new(inbox_key).ok()?, LABEL.as_bytes(), &aad, &plaintext).ok()
    }
}

/// The proof of who holds a link.
pub(super) fn by_link(
    link: &LinkKeys,
    community: CommunityId,
    account: AccountId,
    subscriber: SubscriberId,
) -> Proof {
    let signed = signing::enrolment_ticket(community, account, subscriber);
    Proof::Ticket(link.ticket_id, link.signing.sign(&signed).to_vec())
}

impl Stranger {
    /// The right of who holds a link, on this connection.
    pub(super) fn shows(&self, link: &LinkKeys, community: CommunityId) -> CommunityAccess {
        let signed = signing::community_access(&self.nonce, community, link.ticket_id, self.leaf().account);
        CommunityAccess {
            ticket: link.ticket_id.to_vec(),
            ticket_signature: link.signing.sign(&signed).to_vec(),
            ..CommunityAccess::default()
        }
    }

    /// Leaves a note for the admins, or anything else that the server cannot tell from one.
    pub(super) fn deposit(
        &mut self,
        world: &World,
        link: &LinkKeys,
        community: CommunityId,
        subscriber_key: Vec<u8>,
        sealed: Vec<u8>,
    ) -> Result<Answer, ErrorCode> {
        let (community, access) = (community.to_vec(), Some(self.shows(link, community)));
        self.ask(world, Request::PutDeposit(PutDeposit { community, subscriber_key, sealed, access }))
    }
}
