//! Notes that subscribers leave for the admins of a community (docs/protocol.md §10.6).

use super::{OpenError, ProfileKey, TooLarge, labels};
use crate::content::cbor::{self, Fields};
use asterism_mls::{
    SigningKey,
    credential::check_credential,
    keys::verify,
    seal::{self, SealPrivate, SealPublic},
};
use asterism_wire::{
    AccountId, CommunityId, ConversationId, SubscriberId, TicketId, limits, signing, signing::transcript,
};
use ciborium::Value;
use zeroize::Zeroizing;

const KIND: u64 = 1;
const CREDENTIAL: u64 = 2;
const DEVICE_KEY: u64 = 3;
const SIGNATURE: u64 = 4;
const TICKET: u64 = 5;
const TICKET_SIGNATURE: u64 = 6;
const PROFILE_KEY: u64 = 7;
const GROUP: u64 = 8;
const GROUP_SIGNATURE: u64 = 9;

/// The only kind so far.
const ENROLMENT: u64 = 1;

/// By what right somebody enrols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// By a link: its ticket, and its key's signature.
    Ticket(TicketId, Vec<u8>),
    /// As a member of a group: its id, and the member key's signature.
    Group(ConversationId, Vec<u8>),
    /// As an admin, whose role the log has.
    Role,
}

/// An enrolment whose device signature has been checked; its [`Proof`] has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Enrolment {
    pub(crate) account: AccountId,
    pub(crate) profile_key: ProfileKey,
    pub(crate) proof: Proof,
}

/// Who enrols.
pub(crate) struct Enroller<'a> {
    pub(crate) device_key: &'a SigningKey,
    pub(crate) credential: &'a [u8],
    pub(crate) profile_key: &'a [u8; 32],
}

/// Seals an enrolment to the admins' inbox key.
///
/// # Errors
/// [`TooLarge`] when the inbox key is not a valid X-Wing key.
pub(crate) fn seal(
    inbox: &SealPublic,
    community: CommunityId,
    subscriber: SubscriberId,
    who: &Enroller<'_>,
    proof: &Proof,
) -> Result<Vec<u8>, TooLarge> {
    let signed = signing::enrolment(community, subscriber, proof.subject());
    let (ticket, ticket_signature) = match proof {
        Proof::Ticket(ticket, signature) => (ticket.to_vec(), signature.clone()),
        _ => (Vec::new(), Vec::new()),
    };
    let (group, group_signature) = match proof {
        Proof::Group(group, signature) => (group.to_vec(), signature.clone()),
        _ => (Vec::new(), Vec::new()),
    };
    let value = cbor::fields([
        (KIND, ENROLMENT.into()),
        (CREDENTIAL, who.credential.into()),
        (DEVICE_KEY, who.device_key.public().as_slice().into()),
        (SIGNATURE, who.device_key.sign(&signed).as_slice().into()),
        (TICKET, Value::Bytes(ticket)),
        (TICKET_SIGNATURE, Value::Bytes(ticket_signature)),
        (PROFILE_KEY, who.profile_key.as_slice().into()),
        (GROUP, Value::Bytes(group)),
        (GROUP_SIGNATURE, Value::Bytes(group_signature)),
    ]);
    let plaintext = Zeroizing::new(cbor::encode(value, 1_024));
    let aad = additional_data(community, subscriber);
    seal::seal(inbox, labels::DEPOSIT.as_bytes(), &aad, &plaintext).map_err(|_| TooLarge)
}

/// Opens a note and checks that the device speaks for its account.
///
/// # Errors
/// See [`OpenError`]; [`OpenError::Malformed`] also for a credential or signature that does not check.
pub(crate) fn open(
    inbox: &SealPrivate,
    community: CommunityId,
    subscriber: SubscriberId,
    sealed: &[u8],
) -> Result<Enrolment, OpenError> {
    if sealed.len() > limits::DEPOSIT_BYTES_MAX {
        return Err(OpenError::LimitExceeded);
    }
    let aad = additional_data(community, subscriber);
    let opened = seal::open(inbox, labels::DEPOSIT.as_bytes(), &aad, sealed);
    let plaintext = Zeroizing::new(opened.map_err(|_| OpenError::DoesNotOpen)?);
    let mut fields = Fields::of(cbor::decode(&plaintext, limits::DEPOSIT_BYTES_MAX)?)?;
    if cbor::unsigned::<u64>(fields.take(KIND)?)? != ENROLMENT {
        return Err(OpenError::Malformed);
    }
    let mut bytes = |key| -> Result<Vec<u8>, OpenError> { Ok(cbor::bytes(fields.take(key)?)?) };
    let (credential, device_key, signature) = (bytes(CREDENTIAL)?, bytes(DEVICE_KEY)?, bytes(SIGNATURE)?);
    let (ticket, ticket_signature) = (bytes(TICKET)?, bytes(TICKET_SIGNATURE)?);
    let profile_key = ProfileKey::try_from(bytes(PROFILE_KEY)?.as_slice())?;
    let (group, group_signature) = (bytes(GROUP)?, bytes(GROUP_SIGNATURE)?);
    let proof = match (ticket.is_empty(), group.is_empty()) {
        (false, true) => Proof::Ticket(ticket.try_into()?, ticket_signature),
        (true, false) => Proof::Group(group.try_into()?, group_signature),
        (true, true) => Proof::Role,
        (false, false) => return Err(OpenError::Malformed),
    };
    let leaf = check_credential(&credential, &device_key).map_err(|_| OpenError::Malformed)?;
    let signed = signing::enrolment(community, subscriber, proof.subject());
    verify(&device_key, &signed, &signature).map_err(|_| OpenError::Malformed)?;
    Ok(Enrolment { account: leaf.account, profile_key, proof })
}

impl Proof {
    /// The ticket or group that the device's signature names.
    fn subject(&self) -> &[u8] {
        match self {
            Self::Ticket(ticket, _) => ticket.as_bytes(),
            Self::Group(group, _) => group.as_bytes(),
            Self::Role => &[],
        }
    }
}

fn additional_data(community: CommunityId, subscriber: SubscriberId) -> Vec<u8> {
    transcript(labels::DEPOSIT, &[community.as_bytes(), subscriber.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::boxed::damaged;
    use asterism_mls::credential::make_credential;
    use prost::Message as _;

    const COMMUNITY: CommunityId = CommunityId([1; 16]);
    const SUBSCRIBER: SubscriberId = SubscriberId([2; 16]);

    #[test]
    fn an_enrolment_says_who_enrols_and_opens_for_the_admins_only() {
        let (account, device) = (SigningKey::from_seed([3; 32]), SigningKey::from_seed([4; 32]));
        let credential = make_credential(&account, 0, 1, 7, &device.public()).encode_to_vec();
        let who = Enroller { device_key: &device, credential: &credential, profile_key: &[5; 32] };
        let (private, public) = seal::derive(&[6; 32]);
        for proof in [
            Proof::Ticket(TicketId([7; 16]), vec![8; 64]),
            Proof::Group(ConversationId([7; 16]), vec![8; 64]),
            Proof::Role,
        ] {
            let sealed = super::seal(&public, COMMUNITY, SUBSCRIBER, &who, &proof).unwrap();
            let opened = super::open(&private, COMMUNITY, SUBSCRIBER, &sealed).unwrap();
            assert_eq!(opened.account, signing::account_id(&account.public()));
            assert_eq!((opened.proof, *opened.profile_key), (proof, [5; 32]));
            assert!(sealed.len() <= limits::DEPOSIT_BYTES_MAX);

            assert!(super::open(&private, COMMUNITY, SubscriberId([9; 16]), &sealed).is_err());
            assert!(super::open(&seal::derive(&[9; 32]).0, COMMUNITY, SUBSCRIBER, &sealed).is_err());
            for bad in damaged(&sealed) {
                assert!(super::open(&private, COMMUNITY, SUBSCRIBER, &bad).is_err());
            }
        }
    }
}
