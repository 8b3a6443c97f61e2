//! Reads an answer back from its JSON form. The form does not name its type: the request does.

use asterism_core::api::{Answer, ApiError, Item, Request};
use asterism_wire::ErrorCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The answer to `request`, as [`Answer`] serializes it.
pub(crate) fn read(request: &Request, value: Value) -> Result<Answer, ApiError> {
    let answer = match request {
        Request::Devices => list(value, Item::Device),
        Request::Conversations | Request::GroupList => list(value, Item::Conversation),
        Request::GroupMembers { .. } => list(value, Item::Member),
        Request::InviteList { .. } => list(value, Item::Invite),
        Request::Read { .. } | Request::Message { .. } | Request::AnnouncementList { .. } => {
            list(value, Item::Message)
        }
        Request::CommunityList => list(value, Item::Community),
        Request::CommunityMembers { .. } => list(value, Item::CommunityMember),
        Request::CommunityLog { .. } => list(value, Item::CommunityChange),
        Request::CommunityGroups { .. } => list(value, Item::Directory),
        Request::CommunityShow { .. } => serde_json::from_value(value).map(Answer::CommunityInfo),
        Request::GroupShow { .. } => serde_json::from_value(value).map(Answer::Conversation),
        // The remaining ones differ in their fields, in the order in which `Answer` lists them.
        _ => Answer::deserialize(value),
    };
    answer.map_err(|_| ApiError::new(ErrorCode::Internal, "an answer could not be read"))
}

fn list<T: DeserializeOwned>(value: Value, item: fn(T) -> Item) -> Result<Answer, serde_json::Error> {
    let items: Vec<T> = serde_json::from_value(value)?;
    Ok(Answer::List(items.into_iter().map(item).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use asterism_core::api::{
        ConversationInfo, DeviceInfo, InviteInfo, MemberInfo, MessageInfo, Person, Role,
    };

    fn check(request: &Request, answer: Answer) {
        let value = serde_json::to_value(&answer).unwrap();
        assert_eq!(read(request, value), Ok(answer), "{request:?}");
    }

    fn person() -> Person {
        Person { handle: "h".into(), name: "n".into(), account: "a".into() }
    }

    fn message() -> MessageInfo {
        MessageInfo {
            message: "m".into(),
            conversation: "c".into(),
            seq: 1,
            sender: person(),
            at: "2026-01-02T03:04:05Z".into(),
            kind: "text".into(),
            text: Some("t".into()),
            edited: false,
            files: Vec::new(),
            reply_to: None,
            announcement: false,
            targets: Vec::new(),
            state: "received".into(),
            subjects: vec![person()],
            role: Some(Role::Member),
            name: None,
        }
    }

    fn conversation() -> ConversationInfo {
        ConversationInfo {
            group: "g".into(),
            kind: "group".into(),
            community: None,
            name: "n".into(),
            description: String::new(),
            members: Some(1),
            role: Role::Admin,
            handle: None,
            account: None,
            state: "active".into(),
            unread: 0,
            seq: 1,
            began_earlier: true,
            quantum_safe: false,
            last: Some(Box::new(message())),
            alarm: None,
        }
    }

    fn target() -> String {
        "g".into()
    }

    #[test]
    fn lists_keep_their_items() {
        let conversations = Answer::List(vec![Item::Conversation(conversation())]);
        check(&Request::GroupList, conversations.clone());
        check(&Request::Conversations, conversations);
        let read = Request::Read { target: target(), since: None, limit: 1, events: true };
        check(&read, Answer::List(vec![Item::Message(message())]));
        let one = Request::Message { target: target(), message: "m".into() };
        check(&one, Answer::List(vec![Item::Message(message())]));
        let member = MemberInfo {
            handle: "h".into(),
            account: "a".into(),
            name: "n".into(),
            role: Role::Member,
            devices: 1,
        };
        check(&Request::GroupMembers { target: target() }, Answer::List(vec![Item::Member(member)]));
        let device =
            DeviceInfo { device: "d".into(), number: 0, created: String::new(), last_seen: None, this: true };
        check(&Request::Devices, Answer::List(vec![Item::Device(device)]));
        let invite = InviteInfo {
            invite: "i".into(),
            group: "g".into(),
            creator: person(),
            expires: None,
            uses_max: Some(1),
            uses: 0,
            state: "live".into(),
            link: None,
        };
        check(&Request::InviteList { target: target() }, Answer::List(vec![Item::Invite(invite)]));
    }

    #[test]
    fn single_answers_keep_their_type() {
        check(&Request::GroupShow { target: target() }, Answer::Conversation(conversation()));
        let (account, device, handle, name) =
            ("a".to_owned(), "d".to_owned(), "h".to_owned(), "n".to_owned());
        check(
            &Request::WhoAmI,
            Answer::Me { account: account.clone(), device: device.clone(), handle, name, server: "s".into() },
        );
        check(
            &Request::Sync,
            Answer::Synced { conversations: 1, new_messages: 2, epoch_repairs: 3, undecryptable: 4 },
        );
        let link = || "l".to_owned();
        check(&Request::Join { link: link() }, Answer::Joined { group: target(), state: "joined".into() });
        check(
            &Request::LinkPreview { link: link() },
            Answer::LinkPreview {
                group: target(),
                name: "n".into(),
                description: String::new(),
                members: Some(1),
                joined: false,
                kind: "group".into(),
                in_community: true,
            },
        );
        let create = Request::InviteCreate { target: target(), expires_in_ms: None, uses: None };
        check(&create, Answer::Invite { invite: "i".into(), link: link() });
        check(
            &Request::GroupCreate {
                name: target(),
                description: None,
                quantum_safe: false,
                community: None,
                join: None,
            },
            Answer::Group { group: target() },
        );
        check(&Request::SetProfile { name: target() }, Answer::Done {});
        let recover = Request::Recover { server: link(), handle: link(), recovery_key: link() };
        check(&recover, Answer::Recovered { account, device });
    }

    #[test]
    fn sends_keep_their_position() {
        let send = Request::Send {
            target: target(),
            text: "t".into(),
            reply_to: None,
            idempotency: None,
            queue: false,
        };
        check(&send, Answer::Sent { message: "m".into(), conversation: "c".into(), seq: Some(3) });
    }

    #[test]
    fn another_answer_than_the_expected_one_is_an_error() {
        assert!(read(&Request::Devices, serde_json::json!({})).is_err());
        assert!(read(&Request::GroupShow { target: target() }, serde_json::json!({ "group": "g" })).is_err());
    }
}
