//! Counters for the operator, as Prometheus text. No label holds an id, a handle or an address.

use asterism_wire::{ErrorCode, frame::Request};
use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

macro_rules! kinds {
    ($($name:ident = $word:literal,)*) => {
        /// Every kind of request, in the order of [`kind_of`].
        const KINDS: &[&str] = &[$($word,)*];

        #[derive(Clone, Copy)]
        enum Kind { $($name,)* }

        fn kind_of(request: &Request) -> Kind {
            match request { $(Request::$name(_) => Kind::$name,)* }
        }
    };
}

kinds! {
    Hello = "hello",
    Register = "register",
    Authenticate = "authenticate",
    AddDevice = "add_device",
    GetRecovery = "get_recovery",
    PutRecovery = "put_recovery",
    LookupHandle = "lookup_handle",
    LookupAccounts = "lookup_accounts",
    PutKeyPackages = "put_key_packages",
    ClaimKeyPackages = "claim_key_packages",
    PutProfile = "put_profile",
    GetProfiles = "get_profiles",
    PutOwn = "put_own",
    GetOwn = "get_own",
    Ping = "ping",
    CreateConversation = "create_conversation",
    SubmitCommit = "submit_commit",
    SendMessage = "send_message",
    WriteVault = "write_vault",
    Subscribe = "subscribe",
    Fetch = "fetch",
    GetJoinInfo = "get_join_info",
    GetVault = "get_vault",
    ListConversations = "list_conversations",
    GetLink = "get_link",
    PutReceipt = "put_receipt",
    PutRefusal = "put_refusal",
    SendEphemeral = "send_ephemeral",
    FetchInbox = "fetch_inbox",
    AcknowledgeInbox = "acknowledge_inbox",
    AcknowledgeEntries = "acknowledge_entries",
    CreateCommunity = "create_community",
    SubmitGovernance = "submit_governance",
    PutBucket = "put_bucket",
    PutDeposit = "put_deposit",
    GetDeposits = "get_deposits",
    DropDeposits = "drop_deposits",
    OpenCommunity = "open_community",
    FetchCommunity = "fetch_community",
    GetChannelKeys = "get_channel_keys",
    GetChannelTable = "get_channel_table",
    GetSubscribers = "get_subscribers",
    GetCommunityVault = "get_community_vault",
    WriteCommunityVault = "write_community_vault",
    SendPost = "send_post",
    GetGroupFacts = "get_group_facts",
    PutBarred = "put_barred",
}

/// The counters. All only grow, except [`Metrics::connections`].
#[derive(Debug)]
pub struct Metrics {
    /// Connections open now.
    pub connections: AtomicU64,
    /// Connections ever opened.
    pub connections_opened: AtomicU64,
    /// Connections closed for what the client sent.
    pub violations: AtomicU64,
    /// Connections closed because the client did not read.
    pub slow: AtomicU64,
    requests: Vec<AtomicU64>,
    refusals: Vec<AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            connections: AtomicU64::default(),
            connections_opened: AtomicU64::default(),
            violations: AtomicU64::default(),
            slow: AtomicU64::default(),
            requests: KINDS.iter().map(|_| AtomicU64::default()).collect(),
            refusals: ErrorCode::ALL.iter().map(|_| AtomicU64::default()).collect(),
        }
    }
}

impl Metrics {
    /// A request came in.
    pub(crate) fn count_request(&self, request: &Request) {
        if let Some(count) = self.requests.get(kind_of(request) as usize) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// A request was refused.
    pub(crate) fn count_refusal(&self, code: ErrorCode) {
        let position = ErrorCode::ALL.iter().position(|known| *known == code);
        if let Some(count) = position.and_then(|position| self.refusals.get(position)) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// As Prometheus reads them.
    #[must_use]
    pub fn to_text(&self, devices_online: usize) -> String {
        let mut text = String::with_capacity(4_096);
        family(&mut text, "connections", "gauge", &[("", self.connections.load(Relaxed))]);
        family(&mut text, "devices_online", "gauge", &[("", devices_online as u64)]);
        family(
            &mut text,
            "connections_opened_total",
            "counter",
            &[("", self.connections_opened.load(Relaxed))],
        );
        family(&mut text, "connections_violating_total", "counter", &[("", self.violations.load(Relaxed))]);
        family(&mut text, "connections_slow_total", "counter", &[("", self.slow.load(Relaxed))]);
        let requests: Vec<_> = KINDS
            .iter()
            .zip(&self.requests)
            .map(|(kind, n)| (format!("{{kind=\"{kind}\"}}"), n.load(Relaxed)))
            .collect();
        family(&mut text, "requests_total", "counter", &requests);
        let refusals: Vec<_> = ErrorCode::ALL
            .iter()
            .zip(&self.refusals)
            .map(|(code, n)| (format!("{{code=\"{code}\"}}"), n.load(Relaxed)))
            .filter(|(_, n)| *n > 0)
            .collect();
        family(&mut text, "refusals_total", "counter", &refusals);
        text
    }
}

fn family(text: &mut String, name: &str, kind: &str, values: &[(impl AsRef<str>, u64)]) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# TYPE asterism_{name} {kind}");
    for (labels, value) in values {
        let _ = writeln!(text, "asterism_{name}{} {value}", labels.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use asterism_wire::frame::{AcknowledgeEntries, Hello};

    #[test]
    fn counts_show_under_their_words() {
        let metrics = Metrics::default();
        metrics.count_request(&Request::Hello(Hello::default()));
        metrics.count_request(&Request::AcknowledgeEntries(AcknowledgeEntries::default()));
        metrics.count_refusal(ErrorCode::HandleTaken);
        let text = metrics.to_text(3);
        for line in [
            "asterism_devices_online 3",
            "asterism_requests_total{kind=\"hello\"} 1",
            "asterism_requests_total{kind=\"acknowledge_entries\"} 1",
            "asterism_refusals_total{code=\"handle_taken\"} 1",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}");
        }
    }
}
