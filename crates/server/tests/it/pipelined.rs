//! Requests that are sent without waiting for answers.

use crate::{
    people::Person,
    wires::{Client, Heard, Running},
};
use asterism_mls::{Group, MemoryState, Provider, Suite};
use asterism_policy::PolicyState;
use asterism_server::edge::Limits;
use asterism_wire::{
    entry::AuthenticatedData,
    frame::{Accepted, Answer, CreateConversation, Request, SendMessage},
    head,
    ids::ConversationId,
};
use prost::Message as _;

const CONVERSATION: ConversationId = ConversationId([7; 16]);
const MESSAGES: u64 = 100;

/// The founding of a conversation, and messages for it.
fn requests(person: &Person) -> Vec<Request> {
    let provider = Provider::new(MemoryState::default(), Vec::new(), [1; 32]);
    let state = PolicyState::group(CONVERSATION, person.account());
    let (mut group, genesis) =
        Group::create(&provider, &person.device_key, &person.credential(), Suite::Classic, &state).unwrap();
    let create = CreateConversation {
        conversation: CONVERSATION.to_vec(),
        group_info: genesis.group_info,
        ratchet_tree: genesis.ratchet_tree,
        vault: Vec::new(),
    };
    let statement =
        AuthenticatedData { last_seq: 0, last_head: head::genesis(CONVERSATION).to_vec(), entry_proof: None }
            .encode_to_vec();
    let message = |n: u64| SendMessage {
        conversation: CONVERSATION.to_vec(),
        idempotency: u128::from(n).to_be_bytes().to_vec(),
        epoch_opened_by: 0,
        body: group.seal(&provider, &person.device_key, &statement, b"hello").unwrap().into(),
    };
    let messages = (1..=MESSAGES).map(message).map(Request::SendMessage);
    [Request::CreateConversation(create)].into_iter().chain(messages.collect::<Vec<_>>()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_about_one_conversation_take_effect_in_the_order_sent() {
    let running = Running::start(Limits::default()).await;
    let marie = Person::new("marie");
    let mut client = Client::registered(running.address, &marie).await;
    let mut first = None;
    for request in requests(&marie) {
        let id = client.send(request).await;
        first.get_or_insert(id);
    }
    let first = first.unwrap();
    for _ in 0..=MESSAGES {
        match client.hear().await {
            Heard::Answer(id, Answer::Accepted(Accepted { seq, .. })) => assert_eq!(seq, id - first),
            other => panic!("{other:?}"),
        }
    }
}
