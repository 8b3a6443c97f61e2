//! Announcements (docs/protocol.md §10.8).

use super::{
    Communities, community_id, governance, idempotency_key,
    keeper::{Keeper, Range},
    records::{keys, number_bytes, put},
};
use crate::{caller::Caller, failure, log::NewEntry};
use asterism_policy::may_announce;
use asterism_wire::{
    ErrorCode,
    community::{PostBody, PostContent},
    entry::EntryKind,
    frame::{Accepted, Failure, SendPost},
    ids::{CommunityId, ConversationId, IdempotencyKey, Timestamp},
    limits, signing,
};
use prost::Message as _;
use std::{collections::BTreeSet, future::Future};

impl Communities {
    /// Appends an announcement.
    ///
    /// # Errors
    /// `stale_epoch` with the standing of the community's log, unless the announcement is of the present epoch and
    /// its author has read that log to its end; `invalid_commit` when it says what is not so of the logs;
    /// `bad_signature`, `forbidden`; `not_a_member` for who does not administer the community; `limit_exceeded`,
    /// `malformed`; or when the store fails.
    pub fn send_post(
        &self,
        caller: &Caller,
        request: SendPost,
    ) -> impl Future<Output = Result<Accepted, Failure>> + Send + use<> {
        let caller = caller.clone();
        let asked = check(&request)
            .map(|(id, key)| self.ask(id, move |keeper| Box::pin(keeper.send_post(caller, request, key))));
        async move { asked?.await }
    }
}

fn check(request: &SendPost) -> Result<(CommunityId, IdempotencyKey), Failure> {
    let id = community_id(&request.community)?;
    let key = idempotency_key(&request.idempotency)?;
    if request.body.len() > limits::POST_BYTES_MAX {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    Ok((id, key))
}

impl Keeper {
    async fn send_post(
        &mut self,
        caller: Caller,
        request: SendPost,
        key: IdempotencyKey,
    ) -> Result<Accepted, Failure> {
        let posts = self.live().await?.posts.id;
        let range = match self.judge_post(&caller, &request).await {
            Ok(stamp) => self.append_post(&request, key, stamp).await?,
            Err(failure) => self.refuse(posts, key, failure).await?,
        };
        self.accepted(posts, range).await
    }

    async fn judge_post(&mut self, caller: &Caller, request: &SendPost) -> Result<Timestamp, Failure> {
        let (id, store) = (self.id, self.shared.store.clone());
        let (live, stamp) = self.administered(caller).await?;
        let malformed = |_| Failure::of(ErrorCode::Malformed);
        let body = PostBody::decode(request.body.clone()).map_err(malformed)?;
        let content = PostContent::decode(body.content.as_slice()).map_err(malformed)?;
        check_content(&content)?;
        governance::check_author(
            caller,
            (&body.author, &body.author_key, &body.signature),
            &signing::post(id, &body.content),
        )?;
        may_announce(&live.state, caller.account, stamp).map_err(|denial| Failure::of(denial.code()))?;
        live.log.check_statement(&store, content.community_seq, &content.community_head).await?;
        live.posts.check_statement(&store, content.last_seq, &content.last_head).await?;
        let is_current =
            content.epoch == live.state.epoch && content.community_seq == live.log.position.seq.0;
        if is_current { Ok(stamp) } else { Err(live.stale()) }
    }

    async fn append_post(
        &mut self,
        request: &SendPost,
        key: IdempotencyKey,
        stamp: Timestamp,
    ) -> Result<Range, Failure> {
        let id = self.id;
        let live = self.live().await?;
        let mut posts = live.posts.clone();
        let entry = posts.next_entry(NewEntry {
            kind: EntryKind::Post,
            epoch: live.epoch(),
            stamp,
            idempotency: Some(key),
            body: request.body.clone(),
        });
        let mut append = posts.append(std::slice::from_ref(&entry), Some(key));
        append.writes = vec![put(keys::epoch_posts(id, live.state.epoch), number_bytes(entry.seq))];
        let range = self.append(append).await?;
        if !range.is_repeated {
            let log = posts.id;
            self.live().await?.posts = posts;
            self.tell(log, vec![entry]).await;
        }
        Ok(range)
    }
}

/// Sealed to everybody, or to some groups, each once.
fn check_content(content: &PostContent) -> Result<(), Failure> {
    if content.groups.len() > limits::ANNOUNCEMENT_GROUPS_MAX {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    let mut groups = BTreeSet::new();
    for group in &content.groups {
        let id = ConversationId::try_from(group.group.as_slice()).map_err(failure::of_decode)?;
        if !groups.insert(id) || group.sealed.is_empty() {
            return Err(Failure::of(ErrorCode::Malformed));
        }
    }
    let is_addressed = content.everyone.is_empty() != content.groups.is_empty();
    if is_addressed && !content.sealed.is_empty() { Ok(()) } else { Err(Failure::of(ErrorCode::Malformed)) }
}
