//! What is left for the admins by who should have no seat.

use super::{
    case::Act,
    notes::{Note, Proof, by_link},
    story::{
        ALICE, BOB, CAROL, DAVE, ERIN, MALLORY, SEATED_MS_MAX, Story, Told, conversation, keys_of, wrong,
    },
};
use crate::stranger::Stranger;
use asterism_core::{Answer, Request, api::JoinMode};
use asterism_mls::{link::LinkKeys, seal};
use asterism_wire::{limits, signing};

/// Notes of one account that the server takes at once.
const NOTES_AT_ONCE: usize = 32;

impl Story {
    /// Mallory's other account leaves what the case says.
    pub(super) fn leaves_notes(&mut self) -> Told {
        let mut outsider = self.stranger("outsider")?;
        match self.act {
            Act::Twin => {
                let key = self.subscriber_key(CAROL)?;
                self.enrols(&mut outsider, &key, None)?;
            }
            Act::BorrowedAccount => self.borrows(&mut outsider)?,
            Act::Ghosts => {
                for _ in 0..3 {
                    let now = self.world.now;
                    let ghost = Stranger::unknown(|| self.world.seed(), now);
                    self.leaves(&mut outsider, &ghost, &fresh_key())?;
                }
            }
            Act::BadTicket => self.without_the_links_key(&mut outsider)?,
            Act::UnknownTicket => {
                let own = LinkKeys::derive(&[5; 32]);
                self.enrols(&mut outsider, &fresh_key(), Some(&own))?;
            }
            Act::RevokedTicket => {
                let link = self.invite(ALICE)?;
                let keys = keys_of(&link)?;
                self.must(ALICE, Request::InviteRevoke { invite: keys.ticket_id.to_string() })?;
                self.world.run_for(1_000);
                self.enrols(&mut outsider, &fresh_key(), Some(&keys))?;
            }
            Act::Rubbish => {
                let key = fresh_key();
                self.puts(&mut outsider, key, vec![7; 1_500])?;
            }
            Act::Crowd => return self.crowd(),
            Act::NoKey => {
                let none = vec![0xff; fresh_key().len()];
                self.enrols(&mut outsider, &none, None)?;
            }
            Act::GroupOutsider => {
                let group = self.general.clone();
                self.by_a_lent_proof(&mut outsider, &group)?;
            }
            Act::CrowdOfAnothersGroup => self.crowd_of_anothers_group(&mut outsider)?,
            _ => self.of_anothers_group(&mut outsider)?,
        }
        self.world.run_for(SEATED_MS_MAX);
        Ok(())
    }

    fn stranger(&mut self, handle: &str) -> Told<Stranger> {
        Stranger::register(&mut self.world, handle).map_err(|e| wrong(e.to_string()))
    }

    fn live_link(&self) -> Told<LinkKeys> {
        keys_of(&self.links[1])
    }

    /// A note of one's own account, by the live link, or said to be by another.
    fn enrols(&mut self, who: &mut Stranger, key: &[u8], by: Option<&LinkKeys>) -> Told {
        let (id, live, subscriber) = (self.id()?, self.live_link()?, signing::subscriber_id(key));
        let proof = by_link(by.unwrap_or(&live), id, who.leaf().account, subscriber);
        let sealed = self.sealed(&Note::of(who, id, key, proof))?;
        self.puts(who, key.to_vec(), sealed)
    }

    /// One account leaves a note of another.
    pub(super) fn leaves(&mut self, by: &mut Stranger, of: &Stranger, key: &[u8]) -> Told {
        let id = self.id()?;
        let proof = by_link(&self.live_link()?, id, of.leaf().account, signing::subscriber_id(key));
        let sealed = self.sealed(&Note::of(of, id, key, proof))?;
        self.puts(by, key.to_vec(), sealed)
    }

    fn sealed(&self, note: &Note<'_>) -> Told<Vec<u8>> {
        let inbox = self.log_of(ALICE)?.0.inbox_key;
        note.seal(&inbox).ok_or_else(|| wrong("no note"))
    }

    /// The server takes what the holder of a live link leaves, whatever is in it.
    pub(super) fn puts(&mut self, by: &mut Stranger, key: Vec<u8>, sealed: Vec<u8>) -> Told {
        let (link, id) = (self.live_link()?, self.id()?);
        let put = by.deposit(&self.world, &link, id, key, sealed);
        put.map(|_| ()).map_err(|code| wrong(format!("a note is not taken: {code:?}")))
    }

    /// In carol's name, whose credential everybody in a group with her has, and without her key.
    fn borrows(&mut self, outsider: &mut Stranger) -> Told {
        let carol = self.device_of(CAROL)?;
        let (id, key) = (self.id()?, fresh_key());
        let subscriber = signing::subscriber_id(&key);
        let proof = by_link(&self.live_link()?, id, carol.leaf().account, subscriber);
        let note = Note { signs: &outsider.key, ..Note::of(&carol, id, &key, proof) };
        let sealed = self.sealed(&note)?;
        self.puts(outsider, key.clone(), sealed)
    }

    fn without_the_links_key(&mut self, outsider: &mut Stranger) -> Told {
        let (id, key) = (self.id()?, fresh_key());
        let mut forged = self.live_link()?;
        forged.signing = asterism_mls::SigningKey::from_seed([9; 32]);
        let proof = by_link(&forged, id, outsider.leaf().account, signing::subscriber_id(&key));
        let sealed = self.sealed(&Note::of(outsider, id, &key, proof))?;
        self.puts(outsider, key.clone(), sealed)
    }

    /// More notes than a page has, all before whoever comes next, who comes at once.
    fn crowd(&mut self) -> Told {
        let mut salt = 0_u64;
        let rubbish = |_: &Self| {
            let key = loop {
                salt += 1;
                let mut key = fresh_key();
                key[..8].copy_from_slice(&salt.to_be_bytes());
                if comes_first(&key) {
                    break key;
                }
            };
            Ok((key, vec![7; 1_500]))
        };
        self.more_than_a_page(rubbish)
    }

    fn more_than_a_page(&mut self, mut note: impl FnMut(&Self) -> Told<(Vec<u8>, Vec<u8>)>) -> Told {
        let mut left = 0_usize;
        while left <= limits::DEPOSITS_PAGE {
            let mut one = self.stranger(&format!("crowd{left}"))?;
            for _ in 0..NOTES_AT_ONCE {
                let (key, sealed) = note(self)?;
                self.puts(&mut one, key, sealed)?;
                left += 1;
            }
        }
        Ok(())
    }

    /// As many notes that alice has to leave to bob, who is away: she looks beyond them.
    fn crowd_of_anothers_group(&mut self, outsider: &mut Stranger) -> Told {
        let group = self.bobs_group(&["mallory"])?;
        self.world.crash_client(BOB);
        let mut seed = [0_u8; 32];
        let lent = |story: &Self| {
            let key = loop {
                let next = u16::from_be_bytes([seed[0], seed[1]]) + 1;
                seed[..2].copy_from_slice(&next.to_be_bytes());
                let key = seal::derive(&seed).1.as_bytes().to_vec();
                if comes_first(&key) {
                    break key;
                }
            };
            let sealed = story.lent_proof(outsider, &group, &key)?;
            Ok((key, sealed))
        };
        self.more_than_a_page(lent)?;
        let link = self.links[1].clone();
        self.join(DAVE, link)?;
        self.world.run_for(SEATED_MS_MAX);
        if !self.is_seated(DAVE) {
            return Err(wrong("dave is not seated while one admin is away"));
        }
        self.bob_comes_back()
    }

    /// Mallory lends the signature of a group's members to who is not one.
    fn by_a_lent_proof(&mut self, outsider: &mut Stranger, group: &str) -> Told {
        let key = fresh_key();
        let sealed = self.lent_proof(outsider, group, &key)?;
        self.puts(outsider, key, sealed)
    }

    fn lent_proof(&self, outsider: &Stranger, group: &str, key: &[u8]) -> Told<Vec<u8>> {
        let (id, account) = (self.id()?, outsider.leaf().account);
        let signed = signing::enrolment_ticket(id, account, signing::subscriber_id(key));
        let signature = self.of_core(MALLORY, |core| core.sign_as_group(group, &signed))?;
        let proof = Proof::Group(conversation(group)?, signature);
        self.sealed(&Note::of(outsider, id, key, proof))
    }

    /// Bob has a group that alice is not in; while he is away, she cannot say who is.
    fn of_anothers_group(&mut self, outsider: &mut Stranger) -> Told {
        self.world.crash_client(ERIN);
        let group = self.bobs_group(&["mallory", "erin"])?;
        self.world.crash_client(BOB);
        self.by_a_lent_proof(outsider, &group)?;
        self.world.start_client(ERIN).map_err(|e| wrong(e.to_string()))?;
        self.must(ERIN, Request::Sync)?;
        self.came(ERIN);
        self.world.run_for(SEATED_MS_MAX);
        if self.is_seated(ERIN) {
            return Err(wrong("erin is seated by who cannot know"));
        }
        self.bob_comes_back()
    }

    fn bobs_group(&mut self, with: &[&str]) -> Told<String> {
        let create = Request::GroupCreate {
            name: "Basses".into(),
            description: None,
            quantum_safe: false,
            community: Some(self.community.clone()),
            join: Some(JoinMode::Invite),
        };
        let Answer::Group { group } = self.must(BOB, create)? else { return Err(wrong("no group")) };
        let handles = with.iter().map(|handle| (*handle).to_owned()).collect();
        self.must(BOB, Request::GroupAdd { target: group.clone(), handles })?;
        self.must(MALLORY, Request::Sync)?;
        self.world.run_for(2_000);
        Ok(group)
    }

    fn bob_comes_back(&mut self) -> Told {
        self.world.start_client(BOB).map_err(|e| wrong(e.to_string()))?;
        self.must(BOB, Request::Sync).map(|_| ())
    }
}

/// Any key that can be sealed to.
fn fresh_key() -> Vec<u8> {
    seal::derive(&[8; 32]).1.as_bytes().to_vec()
}

/// Does its note stand before those of most others?
fn comes_first(key: &[u8]) -> bool {
    signing::subscriber_id(key).0[0] < 64
}
