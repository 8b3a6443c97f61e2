//! What an account has begun in a community and not finished: the entry `begun/COMMUNITY` of its own vault
//! (docs/protocol.md §3.8).
//!
//! Several devices write the entry. Each piece of work has an id, and the ids of what was struck stay for a while, so
//! that two versions merge into one in which nothing is lost and nothing comes back.

use super::{OpenError, vault::Meta};
use crate::content::cbor::{self, Fields};
use asterism_wire::{AccountId, ConversationId, DeviceId, Seq, Timestamp, limits};
use ciborium::Value;

const KIND: u64 = 1;
const ID: u64 = 2;
const NAME: u64 = 3;
const DESCRIPTION: u64 = 4;
const OPEN: u64 = 5;
const DEFAULT: u64 = 6;
const HYBRID: u64 = 7;
const WORK: u64 = 8;
const DEVICE: u64 = 9;
const BEGAN_AT: u64 = 10;
const SINCE: u64 = 11;

const ALL: u64 = 1;
const STRUCK: u64 = 2;

/// How many struck pieces of work are remembered. Fewer: a device that was away for long brings one back. More: the
/// entry grows by nine bytes each.
const STRUCK_MAX: usize = 128;

const GROUP: u64 = 1;
const REMOVAL: u64 = 2;
const DEMOTION: u64 = 3;

/// One piece of such work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Begun {
    /// A group is founded and listed in the directory.
    Group(NewGroup),
    /// Somebody is taken out of the groups.
    Removal(AccountId),
    /// Somebody's role is taken: the one that they have at this position of the community's log.
    Demotion(AccountId, Seq),
}

/// A group as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewGroup {
    pub(crate) id: ConversationId,
    pub(crate) meta: Meta,
    /// Everybody in the community may enter.
    pub(crate) open: bool,
    /// Newcomers enter it at once.
    pub(crate) default: bool,
    /// Sealed against quantum computers too.
    pub(crate) hybrid: bool,
}

/// Of one piece of work, chosen at random.
pub(crate) type WorkId = [u8; 8];

/// A piece of work in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: WorkId,
    /// Which device has begun it, and when by its clock.
    pub(crate) device: DeviceId,
    pub(crate) at: Timestamp,
    pub(crate) work: Begun,
}

/// The entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Works {
    all: Vec<Line>,
    struck: Vec<WorkId>,
}

impl Works {
    /// What is not finished, the oldest first.
    pub(crate) fn all(&self) -> &[Line] {
        &self.all
    }

    pub(crate) fn add(&mut self, line: Line) {
        self.all.push(line);
    }

    /// Tells whether it was there.
    pub(crate) fn strike(&mut self, id: WorkId) -> bool {
        let before = self.all.len();
        self.all.retain(|line| line.id != id);
        let was_there = self.all.len() < before;
        if was_there {
            self.struck.push(id);
            self.forget_old();
        }
        was_there
    }

    fn forget_old(&mut self) {
        self.struck.drain(..self.struck.len().saturating_sub(STRUCK_MAX));
    }

    /// What has come of two versions.
    #[must_use]
    pub(crate) fn merged(mut self, other: Self) -> Self {
        for id in other.struck {
            if !self.struck.contains(&id) {
                self.struck.push(id);
            }
        }
        let new = other.all.into_iter().filter(|line| self.all.iter().all(|own| own.id != line.id));
        let new: Vec<Line> = new.collect();
        self.all.extend(new);
        self.all.retain(|line| !self.struck.contains(&line.id));
        self.forget_old();
        self
    }

    /// The value of the entry.
    #[must_use]
    pub(crate) fn to_value(&self) -> Vec<u8> {
        let capacity = self.all.iter().map(Line::encoded_len).sum::<usize>() + 9 * self.struck.len() + 32;
        let all = self.all.iter().map(Line::to_cbor).collect();
        let struck = self.struck.iter().map(|id| id.to_vec().into()).collect();
        cbor::encode(cbor::fields([(ALL, Value::Array(all)), (STRUCK, Value::Array(struck))]), capacity)
    }

    /// Reads the value of the entry.
    ///
    /// # Errors
    /// [`OpenError::Malformed`].
    pub(crate) fn from_value(value: &[u8]) -> Result<Self, OpenError> {
        let mut fields = Fields::of(cbor::decode(value, limits::OWN_VALUE_BYTES_MAX)?)?;
        let all =
            cbor::list(fields.take(ALL)?)?.into_iter().map(Line::from_cbor).collect::<Result<_, _>>()?;
        let struck =
            cbor::list(fields.take(STRUCK)?)?.into_iter().map(cbor::fixed).collect::<Result<_, _>>()?;
        Ok(Self { all, struck })
    }
}

impl Line {
    fn encoded_len(&self) -> usize {
        64 + self.work.encoded_len()
    }

    fn to_cbor(&self) -> Value {
        let mut fields = self.work.to_fields();
        fields.extend([
            (WORK, self.id.to_vec().into()),
            (DEVICE, self.device.to_vec().into()),
            (BEGAN_AT, self.at.0.into()),
        ]);
        cbor::fields(fields)
    }

    fn from_cbor(value: Value) -> Result<Self, OpenError> {
        let mut fields = Fields::of(value)?;
        Ok(Self {
            id: cbor::fixed(fields.take(WORK)?)?,
            device: cbor::bytes(fields.take(DEVICE)?)?.as_slice().try_into()?,
            at: Timestamp(cbor::unsigned(fields.take(BEGAN_AT)?)?),
            work: Begun::from_fields(fields)?,
        })
    }
}

fn about(kind: u64, account: AccountId) -> Vec<(u64, Value)> {
    vec![(KIND, kind.into()), (ID, account.to_vec().into())]
}

impl Begun {
    fn encoded_len(&self) -> usize {
        match self {
            Self::Group(group) => 64 + group.meta.name.len() + group.meta.description.len(),
            Self::Removal(_) | Self::Demotion(..) => 64,
        }
    }

    fn to_fields(&self) -> Vec<(u64, Value)> {
        match self {
            Self::Group(group) => vec![
                (KIND, GROUP.into()),
                (ID, group.id.to_vec().into()),
                (NAME, group.meta.name.as_str().into()),
                (DESCRIPTION, group.meta.description.as_str().into()),
                (OPEN, u64::from(group.open).into()),
                (DEFAULT, u64::from(group.default).into()),
                (HYBRID, u64::from(group.hybrid).into()),
            ],
            Self::Removal(account) => about(REMOVAL, *account),
            Self::Demotion(account, since) => {
                let mut fields = about(DEMOTION, *account);
                fields.push((SINCE, since.0.into()));
                fields
            }
        }
    }

    fn from_fields(mut fields: Fields) -> Result<Self, OpenError> {
        let kind = cbor::unsigned::<u64>(fields.take(KIND)?)?;
        let id = cbor::bytes(fields.take(ID)?)?;
        match kind {
            REMOVAL => return Ok(Self::Removal(id.as_slice().try_into()?)),
            DEMOTION => {
                let since = Seq(cbor::unsigned(fields.take(SINCE)?)?);
                return Ok(Self::Demotion(id.as_slice().try_into()?, since));
            }
            GROUP => {}
            _ => return Err(OpenError::Malformed),
        }
        let is = |value: Value| cbor::unsigned::<u64>(value).map(|n| n == 1);
        Ok(Self::Group(NewGroup {
            id: id.as_slice().try_into()?,
            meta: Meta {
                name: cbor::text(fields.take(NAME)?)?,
                description: cbor::text(fields.take(DESCRIPTION)?)?,
            },
            open: is(fields.take(OPEN)?)?,
            default: is(fields.take(DEFAULT)?)?,
            hybrid: is(fields.take(HYBRID)?)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: u8, work: Begun) -> Line {
        Line { id: [id; 8], device: DeviceId([3; 16]), at: Timestamp(1_700_000_000_000), work }
    }

    fn works(lines: &[u8]) -> Works {
        let mut works = Works::default();
        lines.iter().for_each(|id| works.add(line(*id, Begun::Removal(AccountId([*id; 32])))));
        works
    }

    fn ids(works: &Works) -> Vec<u8> {
        works.all().iter().map(|line| line.id[0]).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let group = NewGroup {
            id: ConversationId([7; 16]),
            meta: Meta { name: "Choir".into(), description: "We sing".into() },
            open: true,
            default: false,
            hybrid: true,
        };
        let mut all = works(&[9, 5]);
        all.add(line(1, Begun::Group(group)));
        all.add(line(2, Begun::Demotion(AccountId([8; 32]), Seq(7))));
        assert!(all.strike([5; 8]));
        assert_eq!(Works::from_value(&all.to_value()), Ok(all));
        assert_eq!(Works::from_value(&Works::default().to_value()), Ok(Works::default()));
        assert!(Works::from_value(b"\x81\xa1\x01\x02").is_err());
    }

    #[test]
    fn two_devices_lose_nothing_and_bring_nothing_back() {
        let (mut ours, mut theirs) = (works(&[1, 2, 3]), works(&[1, 2, 3]));
        assert!(ours.strike([1; 8]));
        assert!(theirs.strike([2; 8]));
        assert!(!theirs.strike([2; 8]));
        ours.add(line(4, Begun::Demotion(AccountId([4; 32]), Seq(1))));
        theirs.add(line(5, Begun::Demotion(AccountId([5; 32]), Seq(1))));
        assert_eq!(ids(&ours.clone().merged(theirs.clone())), [3, 4, 5]);
        assert_eq!(ids(&theirs.clone().merged(ours.clone())), [3, 5, 4]);
        let once = ours.merged(theirs);
        assert_eq!(once.clone().merged(once.clone()), once);
    }

    #[test]
    fn what_was_struck_is_forgotten_in_the_end() {
        let mut works = Works::default();
        for n in 0..2 * STRUCK_MAX as u64 {
            let id = n.to_be_bytes();
            works.add(Line { id, ..line(0, Begun::Removal(AccountId([0; 32]))) });
            assert!(works.strike(id));
        }
        assert_eq!(works.struck.len(), STRUCK_MAX);
        assert!(works.struck.contains(&(2 * STRUCK_MAX as u64 - 1).to_be_bytes()));
    }
}
