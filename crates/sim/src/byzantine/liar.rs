//! The dishonest server's hands outside of the simulation: for a program that stands on the way between real clients
//! and a real server.

use super::{
    attack::{Act, Attack},
    layer::{Layer, appended},
    planted::Planted,
};
use crate::{stranger::Stranger, tamper::Passage};
use asterism_core::hostile::PublicGroup;
use asterism_wire::{
    AccountId, ConversationId, Timestamp,
    frame::{Answer, ClientFrame, ServerFrame},
};

/// Lets everything pass until it is armed. Clients are told apart by numbers of the caller's choice.
#[derive(Default)]
pub struct Liar(Layer);

impl Liar {
    /// What reaches the server of a request; or what the client is answered without the server's knowledge.
    ///
    /// # Errors
    /// The answer.
    pub fn request(&mut self, client: usize, frame: ClientFrame) -> Result<ClientFrame, Box<Answer>> {
        match self.0.request(client, frame) {
            Passage::Pass(frame) => Ok(frame),
            Passage::Answer(answer) => Err(answer),
        }
    }

    /// What a client is told instead.
    pub fn frames(&mut self, client: usize, frame: ServerFrame) -> Vec<ServerFrame> {
        self.0.frames(client, frame)
    }

    /// From now on it lies to one client, whose account this is, about one conversation.
    ///
    /// # Panics
    /// When it has not seen that conversation, or the attack needs an account on the server (`fake-…`).
    pub fn arm(
        &mut self,
        attack: Attack,
        victim: (usize, AccountId),
        target: ConversationId,
        now: Timestamp,
    ) {
        let act = attack.act;
        assert!(!matches!(
            act,
            Act::FakeDirect
                | Act::FakeGroupForRepair
                | Act::FakeGroupForSecondTry
                | Act::FakeGroupForRecovery
        ));
        (self.0.victim, self.0.target) = (victim.0, target);
        let mut seeds = 1..;
        let seed = || [seeds.next().unwrap_or_default(); 32];
        let mut planted = Planted::of(Stranger::unknown(seed, now), target);
        planted.forge(&self.0, act, victim.1).expect("the conversation was seen");
        self.0.arm(act, planted).expect("the conversation was seen");
    }

    /// How often it has lied.
    #[must_use]
    pub fn lies(&self) -> usize {
        self.0.hits
    }

    /// What a member could give to somebody who is not one.
    #[must_use]
    pub fn public_group(&mut self, conversation: ConversationId) -> Option<PublicGroup> {
        self.0.target = conversation;
        let (info, tree) = self.0.group()?;
        let (epoch, last, head) = self.0.standing()?;
        Some((info, tree, epoch.number, epoch.opened_by, (last, head)))
    }

    /// The last entries of a conversation, as the server pushes them to members.
    #[must_use]
    pub fn last_entries(&self, conversation: ConversationId, count: usize) -> Vec<ServerFrame> {
        let log = self.0.logs.get(&conversation);
        let newest = log.into_iter().flat_map(|log| log.values().rev().take(count));
        let mut frames: Vec<ServerFrame> =
            newest.map(|entry| appended(conversation, entry.clone())).collect();
        frames.reverse();
        frames
    }
}
