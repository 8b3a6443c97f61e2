//! What the admins of a community keep in their room's vault: who subscribes, the channel's keys, who was removed
//! (docs/protocol.md §10.7).

use super::{ChannelKey, OpenError, ProfileKey};
use crate::content::cbor::{self, Fields};
use asterism_mls::seal;
use asterism_wire::{AccountId, SubscriberId, TicketId, limits, vault::SUBSCRIBERS_PREFIX};
use ciborium::Value;
use std::fmt;
use zeroize::Zeroizing;

const FIRST: u64 = 1;
const SECOND: u64 = 2;

/// Channel keys that are kept. Higher: an admin who was away reads more of what was announced meanwhile without a seat.
const KEYS_MAX: usize = 64;
/// Inbox seeds that are kept: notes that were sealed to the key before are on their way.
const INBOX_SEEDS_MAX: usize = 4;

/// Name of the page of a bucket.
#[must_use]
pub(crate) fn page_name(bucket: u32) -> String {
    format!("{SUBSCRIBERS_PREFIX}{bucket:05}")
}

/// The bucket of a page.
#[must_use]
pub(crate) fn bucket_of(name: &str) -> Option<u32> {
    name.strip_prefix(SUBSCRIBERS_PREFIX)?.parse().ok()
}

/// Somebody who is to be in the channel. `Debug` prints nothing of it: it says whose pseudonym is which.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Subscribed {
    pub(crate) account: AccountId,
    pub(crate) subscriber: SubscriberId,
    /// First 8 bytes of the ticket they came by; zeros for none.
    pub(crate) ticket: [u8; 8],
    pub(crate) profile_key: ProfileKey,
}

impl fmt::Debug for Subscribed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscribed(..)")
    }
}

/// The value of a page.
#[must_use]
pub(crate) fn page_to_value(page: &[Subscribed]) -> Vec<u8> {
    let row = |s: &Subscribed| {
        let bytes =
            [s.account.as_bytes(), s.subscriber.as_bytes(), &s.ticket, s.profile_key.as_bytes().as_slice()];
        Value::Bytes(bytes.concat())
    };
    cbor::encode(cbor::fields([(FIRST, Value::Array(page.iter().map(row).collect()))]), page.len() * 96 + 16)
}

/// Reads a page.
///
/// # Errors
/// [`OpenError::Malformed`].
pub(crate) fn page_from_value(value: &[u8]) -> Result<Vec<Subscribed>, OpenError> {
    let mut fields = Fields::of(cbor::decode(value, limits::VAULT_VALUE_BYTES_MAX)?)?;
    let row = |value: Value| {
        let bytes = Zeroizing::new(cbor::fixed::<88>(value)?);
        let (account, rest) = bytes.split_at(AccountId::LEN);
        let (subscriber, rest) = rest.split_at(SubscriberId::LEN);
        let (ticket, profile_key) = rest.split_at(8);
        Ok(Subscribed {
            account: AccountId::try_from(account)?,
            subscriber: SubscriberId::try_from(subscriber)?,
            ticket: ticket.try_into().map_err(|_| OpenError::Malformed)?,
            profile_key: ProfileKey::try_from(profile_key)?,
        })
    };
    cbor::list(fields.take(FIRST)?)?.into_iter().map(row).collect()
}

/// The entry `channel`. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct ChannelSecrets {
    /// Epoch and key; an epoch may have several, of which the log has one's commitment.
    pub(crate) keys: Vec<(u64, ChannelKey)>,
    /// Seeds of the inbox key, the newest last.
    pub(crate) inbox_seeds: Vec<Zeroizing<[u8; 32]>>,
}

impl fmt::Debug for ChannelSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChannelSecrets(..)")
    }
}

impl ChannelSecrets {
    /// Adds a key, and perhaps a seed of the inbox; the oldest go.
    pub(crate) fn push(&mut self, epoch: u64, key: ChannelKey, inbox_seed: Option<Zeroizing<[u8; 32]>>) {
        self.keys.push((epoch, key));
        self.inbox_seeds.extend(inbox_seed);
        self.keys.drain(..self.keys.len().saturating_sub(KEYS_MAX));
        self.inbox_seeds.drain(..self.inbox_seeds.len().saturating_sub(INBOX_SEEDS_MAX));
    }

    /// The present inbox seed is the last to be forgotten: attempts to renew it may fail any number of times.
    pub(crate) fn touch_inbox(&mut self, is_present: impl Fn(&[u8; 32]) -> bool) {
        self.inbox_seeds.sort_by_key(|seed| is_present(seed));
    }

    /// Is there a seed of this inbox key?
    #[must_use]
    pub(crate) fn opens(&self, inbox_key: &[u8]) -> bool {
        self.inbox_seeds.iter().any(|seed| seal::derive(seed).1.as_bytes() == inbox_key)
    }

    /// The value of the entry.
    #[must_use]
    pub(crate) fn to_value(&self) -> Vec<u8> {
        let key = |(epoch, key): &(u64, ChannelKey)| {
            Value::Array(vec![(*epoch).into(), key.as_bytes().as_slice().into()])
        };
        let seeds = self.inbox_seeds.iter().map(|seed| seed.as_slice().into()).collect();
        let value = cbor::fields([
            (FIRST, Value::Array(self.keys.iter().map(key).collect())),
            (SECOND, Value::Array(seeds)),
        ]);
        cbor::encode(value, 64 * (self.keys.len() + self.inbox_seeds.len()) + 16)
    }

    /// Reads the entry.
    ///
    /// # Errors
    /// [`OpenError::Malformed`].
    pub(crate) fn from_value(value: &[u8]) -> Result<Self, OpenError> {
        let mut fields = Fields::of(cbor::decode(value, limits::VAULT_VALUE_BYTES_MAX)?)?;
        let key = |value: Value| -> Result<_, OpenError> {
            let [epoch, key] = cbor::array(value)?;
            Ok((cbor::unsigned(epoch)?, ChannelKey::new(cbor::fixed(key)?)))
        };
        let keys = cbor::list(fields.take(FIRST)?)?.into_iter().map(key).collect::<Result<_, _>>()?;
        let seeds = cbor::list(fields.take(SECOND)?)?.into_iter();
        let inbox_seeds = seeds.map(|seed| Ok(Zeroizing::new(cbor::fixed(seed)?)));
        Ok(Self { keys, inbox_seeds: inbox_seeds.collect::<Result<_, OpenError>>()? })
    }
}

/// Somebody who was removed from the community.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Removed {
    pub(crate) account: AccountId,
    /// The links that they came by.
    pub(crate) tickets: Vec<TicketId>,
}

/// The value of the entry `barred`.
#[must_use]
pub(crate) fn barred_to_value(removed: &[Removed]) -> Vec<u8> {
    let row = |removed: &Removed| {
        let tickets = removed.tickets.iter().flat_map(|ticket| ticket.0);
        Value::Bytes(removed.account.0.iter().copied().chain(tickets).collect())
    };
    let rows = removed.iter().map(row).collect();
    cbor::encode(cbor::fields([(FIRST, Value::Array(rows))]), removed.len() * 52 + 16)
}

/// Reads the entry `barred`.
///
/// # Errors
/// [`OpenError::Malformed`].
pub(crate) fn barred_from_value(value: &[u8]) -> Result<Vec<Removed>, OpenError> {
    let mut fields = Fields::of(cbor::decode(value, limits::VAULT_VALUE_BYTES_MAX)?)?;
    let row = |row: Value| -> Result<Removed, OpenError> {
        let bytes = cbor::bytes(row)?;
        let (account, tickets) = bytes.split_at_checked(AccountId::LEN).ok_or(OpenError::Malformed)?;
        let tickets = tickets.chunks(TicketId::LEN).map(TicketId::try_from).collect::<Result<_, _>>()?;
        Ok(Removed { account: AccountId::try_from(account)?, tickets })
    };
    cbor::list(fields.take(FIRST)?)?.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscribed(n: u8) -> Subscribed {
        Subscribed {
            account: AccountId([n; 32]),
            subscriber: SubscriberId([n; 16]),
            ticket: [n; 8],
            profile_key: ProfileKey::new([n; 32]),
        }
    }

    #[test]
    fn a_full_page_fits_into_a_vault_entry() {
        let page: Vec<_> = (0..limits::BUCKET_SUBSCRIBERS_MAX).map(|_| subscribed(0xff)).collect();
        let value = page_to_value(&page);
        assert!(value.len() + 64 <= limits::VAULT_VALUE_BYTES_MAX, "{}", value.len());
        assert_eq!(page_from_value(&value), Ok(page));
        assert!(page_from_value(b"\xa1\x01\x81\x41\x00").is_err());
    }

    #[test]
    fn a_row_does_not_print_whose_pseudonym_it_has() {
        assert_eq!(format!("{:?}", subscribed(7)), "Subscribed(..)");
    }

    #[test]
    fn the_oldest_keys_go() {
        let mut secrets = ChannelSecrets::default();
        for epoch in 1..=100 {
            secrets.push(epoch, ChannelKey::new([1; 32]), Some(Zeroizing::new([2; 32])));
        }
        assert_eq!((secrets.keys[0].0, secrets.keys.len()), (37, KEYS_MAX));
        assert_eq!(secrets.inbox_seeds.len(), INBOX_SEEDS_MAX);
        assert_eq!(ChannelSecrets::from_value(&secrets.to_value()), Ok(secrets));
    }

    #[test]
    fn pages_have_names_in_order() {
        assert_eq!((page_name(7), bucket_of("subscribers/00007")), ("subscribers/00007".into(), Some(7)));
        assert_eq!(bucket_of("meta"), None);
        let barred = [
            Removed { account: AccountId([1; 32]), tickets: Vec::new() },
            Removed { account: AccountId([2; 32]), tickets: vec![TicketId([3; 16]), TicketId([4; 16])] },
        ];
        assert_eq!(barred_from_value(&barred_to_value(&barred)), Ok(barred.to_vec()));
    }
}
