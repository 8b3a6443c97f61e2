//! What a stranger who writes first is told.

use asterism_core::{Answer, Item, Request};
use asterism_sim::World;

const ANN: usize = 0;
const BEN: usize = 1;
/// Long enough for signals.
const WHILE_MS: u64 = 10_000;

fn state_of_first(world: &mut World) -> String {
    let read = Request::Read { target: "@ben".into(), since: None, limit: 10, events: false };
    match world.ask(ANN, read) {
        Ok(Answer::List(items)) => match &items[0] {
            Item::Message(message) => message.state.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_written_before_a_request_is_accepted_is_confirmed_then_and_not_before() {
    let mut world = World::new(5).expect("a world begins");
    for (index, name) in ["ann", "ben"].into_iter().enumerate() {
        world.add_client(name).expect("a client begins");
        let register = Request::Register {
            server: "http://sim".into(),
            handle: name.into(),
            name: name.into(),
            invite_code: None,
        };
        world.ask(index, register).expect("registers");
    }
    let send = Request::Send {
        target: "@ben".into(),
        text: "Hello".into(),
        reply_to: None,
        idempotency: None,
        queue: false,
    };
    world.ask(ANN, send).expect("is sent");
    world.run_for(WHILE_MS);
    assert_eq!(state_of_first(&mut world), "sent");
    // Accepted while the connection is broken: it is said when there is one.
    world.cut(BEN);
    world.ask(BEN, Request::AnswerRequest { target: "@ann".into(), accept: true }).expect("is accepted");
    world.run_for(WHILE_MS);
    assert_eq!(state_of_first(&mut world), "delivered");
}
