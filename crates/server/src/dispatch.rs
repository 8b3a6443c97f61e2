//! Which request is answered by what. Decides nothing but who may ask (docs/protocol.md §1.2).

use crate::{caller::Caller, session::Session};
use asterism_wire::{
    ErrorCode,
    frame::{Answer, Done, Failure, Request},
};

impl Session {
    /// Before authentication only these are answered.
    pub(crate) async fn dispatch(&self, request: Request) -> Result<Answer, Failure> {
        let directory = &self.parts.directory;
        match request {
            Request::Hello(request) => self.hello(&request).map(Answer::Hello),
            Request::Register(request) => {
                let identity = directory.register(&self.nonce()?, self.origin, request).await?;
                self.enter(identity).await.map(Answer::Authenticated)
            }
            Request::Authenticate(request) => {
                let identity = directory.authenticate(&self.nonce()?, request).await?;
                self.enter(identity).await.map(Answer::Authenticated)
            }
            Request::AddDevice(request) => {
                let identity = directory.add_device(&self.nonce()?, request).await?;
                self.enter(identity).await.map(Answer::Authenticated)
            }
            Request::GetRecovery(request) => {
                self.nonce()?;
                Ok(Answer::Recovery(directory.recovery(self.origin, request).await?))
            }
            Request::GetLink(request) => {
                self.nonce()?;
                let info = match self.parts.communities.get_link(&request).await? {
                    Some(info) => info,
                    None => self.parts.conversations.get_link(request).await?,
                };
                Ok(Answer::Link(info))
            }
            Request::Ping(_) => {
                self.nonce()?;
                Ok(Answer::Done(Done {}))
            }
            request => {
                let caller = self.caller()?;
                self.dispatch_directory(&caller, request).await
            }
        }
    }

    async fn dispatch_directory(&self, caller: &Caller, request: Request) -> Result<Answer, Failure> {
        let directory = &self.parts.directory;
        let account = caller.account;
        Ok(match request {
            Request::PutRecovery(request) => {
                directory.put_recovery(account, request).await?;
                Answer::Done(Done {})
            }
            Request::LookupHandle(request) => {
                Answer::Account(directory.lookup_handle(account, request).await?)
            }
            Request::LookupAccounts(request) => {
                Answer::Accounts(directory.lookup_accounts(account, request).await?)
            }
            Request::PutKeyPackages(request) => {
                Answer::KeyPackageCounts(directory.put_key_packages(&caller.identity(), request).await?)
            }
            Request::ClaimKeyPackages(request) => {
                Answer::ClaimedKeyPackages(directory.claim_key_packages(&caller.identity(), request).await?)
            }
            Request::PutProfile(request) => {
                directory.put_profile(account, request).await?;
                Answer::Done(Done {})
            }
            Request::PutOwn(request) => {
                directory.put_own(account, request).await?;
                Answer::Done(Done {})
            }
            Request::GetOwn(request) => Answer::Own(directory.own(account, request).await?),
            Request::GetProfiles(request) => Answer::Profiles(directory.profiles(request).await?),
            request => return self.dispatch_conversation(caller, request).await,
        })
    }

    async fn dispatch_conversation(&self, caller: &Caller, request: Request) -> Result<Answer, Failure> {
        let conversations = &self.parts.conversations;
        match request {
            Request::CreateConversation(request) => {
                conversations.create_conversation(caller, request).await.map(Answer::Accepted)
            }
            Request::SubmitCommit(request) => {
                conversations.submit_commit(caller, request).await.map(Answer::Accepted)
            }
            Request::SendMessage(request) => {
                conversations.send_message(caller, request).await.map(Answer::Accepted)
            }
            Request::WriteVault(request) => {
                conversations.write_vault(caller, request).await.map(Answer::VaultAccepted)
            }
            Request::Subscribe(request) => {
                conversations.subscribe(caller, request).await.map(Answer::Subscribed)
            }
            Request::Fetch(request) => conversations.fetch(caller, request).await.map(Answer::Entries),
            Request::GetJoinInfo(request) => {
                conversations.get_join_info(caller, request).await.map(Answer::JoinInfo)
            }
            Request::GetVault(request) => conversations.get_vault(caller, request).await.map(Answer::Vault),
            Request::ListConversations(request) => {
                conversations.list_conversations(caller, request).await.map(Answer::Conversations)
            }
            Request::PutReceipt(request) => {
                conversations.put_receipt(caller, request).await.map(Answer::Done)
            }
            Request::PutRefusal(request) => {
                conversations.put_refusal(caller, request).await.map(Answer::Done)
            }
            Request::SendEphemeral(request) => {
                conversations.send_ephemeral(caller, request).await.map(Answer::Done)
            }
            Request::FetchInbox(request) => {
                conversations.fetch_inbox(caller, request).await.map(Answer::Inbox)
            }
            Request::AcknowledgeInbox(request) => {
                conversations.acknowledge_inbox(caller, request).await.map(Answer::Done)
            }
            Request::AcknowledgeEntries(request) => {
                conversations.acknowledge_entries(caller, request).await.map(Answer::Done)
            }
            request => self.dispatch_community(caller, request).await,
        }
    }

    async fn dispatch_community(&self, caller: &Caller, request: Request) -> Result<Answer, Failure> {
        let communities = &self.parts.communities;
        match request {
            Request::CreateCommunity(request) => {
                communities.create_community(caller, request).await.map(Answer::Accepted)
            }
            Request::SubmitGovernance(request) => {
                communities.submit_governance(caller, request).await.map(Answer::Accepted)
            }
            Request::PutBucket(request) => communities.put_bucket(caller, request).await.map(Answer::Done),
            Request::PutDeposit(request) => communities.put_deposit(caller, request).await.map(Answer::Done),
            Request::GetDeposits(request) => {
                communities.get_deposits(caller, request).await.map(Answer::Deposits)
            }
            Request::DropDeposits(request) => {
                communities.drop_deposits(caller, request).await.map(Answer::Done)
            }
            Request::OpenCommunity(request) => {
                communities.open_community(caller, request).await.map(Answer::CommunityStanding)
            }
            Request::FetchCommunity(request) => {
                communities.fetch_community(caller, request).await.map(Answer::Entries)
            }
            Request::GetChannelKeys(request) => {
                communities.get_channel_keys(caller, request).await.map(Answer::ChannelKeys)
            }
            Request::GetChannelTable(request) => {
                communities.get_channel_table(caller, request).await.map(Answer::ChannelTable)
            }
            Request::GetSubscribers(request) => {
                communities.get_subscribers(caller, request).await.map(Answer::Subscribers)
            }
            Request::GetCommunityVault(request) => {
                communities.get_community_vault(caller, request).await.map(Answer::Vault)
            }
            Request::WriteCommunityVault(request) => {
                communities.write_community_vault(caller, request).await.map(Answer::VaultAccepted)
            }
            Request::SendPost(request) => communities.send_post(caller, request).await.map(Answer::Accepted),
            Request::PutBarred(request) => communities.put_barred(caller, request).await.map(Answer::Done),
            Request::GetGroupFacts(request) => {
                communities.get_group_facts(caller, request).await.map(Answer::GroupFacts)
            }
            // All others were answered before.
            _ => Err(Failure::of(ErrorCode::Malformed)),
        }
    }
}
