//! Communities over sockets, and a server that is killed.

use super::kit::{Club, Device, GROUP, POSTS, ROOM, Subscriber, World, first_changes, genesis};
use crate::{
    process::Program,
    wires::{Client, Heard, failed},
};
use asterism_policy::PolicyState;
use asterism_wire::{
    ErrorCode,
    frame::{
        Accepted, Answer, ChannelOpening, CommunityAccess, Done, DropDeposits, GetChannelKeys,
        GetChannelTable, GetCommunityVault, GetDeposits, GetGroupFacts, GetLink, GetSubscribers, Happened,
        OpenCommunity, Request,
    },
};

fn accepted(answer: Answer) -> Accepted {
    match answer {
        Answer::Accepted(accepted) => accepted,
        other => panic!("{other:?}"),
    }
}

/// Registers the device, or authenticates it when that was done; signs over this connection's nonce from now on.
async fn connect(program: &Program, device: &mut Device, is_new: bool) -> Client {
    let mut client = Client::connect(program.address).await;
    let nonce = client.hello().await;
    let answer = if is_new {
        client.ask(Request::Register(device.person.register(&nonce))).await
    } else {
        client.ask(Request::Authenticate(device.person.authenticate(&nonce))).await
    };
    assert!(matches!(answer, Answer::Authenticated(_)), "{answer:?}");
    device.caller.nonce = nonce.try_into().unwrap();
    client
}

/// Reads the log as an admin.
async fn follow(client: &mut Client, club: &mut Club) {
    let request = club.fetch(false, CommunityAccess::default());
    let Answer::Entries(page) = client.ask(Request::FetchCommunity(request)).await else {
        panic!("no entries")
    };
    club.take(&page.entries);
}

#[tokio::test]
async fn a_killed_server_has_lost_nothing_of_a_community() {
    // The model of a world makes devices; the program is the server.
    let world = World::new().await;
    let mut marie = world.device("marie").await;
    let mut ada = Subscriber::new(&world, "ada").await;
    let data = tempfile::tempdir().unwrap();
    let mut program = Program::start(data.path()).await;
    let mut client = connect(&program, &mut marie, true).await;

    let (changes, key) = first_changes(ROOM, POSTS);
    let mut club = Club::planned(&changes, key);
    let room = PolicyState::admin_room(club.id, ROOM, marie.caller.account);
    accepted(client.ask(Request::CreateConversation(genesis(&mut marie, &room))).await);
    let creation = club.creation(&marie, changes);
    assert_eq!(accepted(client.ask(Request::CreateCommunity(creation.clone())).await).seq, 1);
    follow(&mut client, &mut club).await;
    let group = PolicyState::group_of(club.id, GROUP, marie.caller.account);
    accepted(client.ask(Request::CreateConversation(genesis(&mut marie, &group))).await);
    let (link, add) = super::kit::new_link(&marie, 1, 0);
    let wrap = club.wrap(&link.seal_public, link.ticket_id, 1);
    let mut governance = club.submission(&marie, [add]);
    governance.opening = Some(ChannelOpening { wraps: vec![wrap], ..ChannelOpening::default() });
    let first = accepted(client.ask(Request::SubmitGovernance(governance.clone())).await);
    follow(&mut client, &mut club).await;

    let mut other = connect(&program, &mut ada.device, true).await;
    let Answer::Link(info) = other.ask(Request::GetLink(GetLink { ticket: link.ticket_id.to_vec() })).await
    else {
        panic!("no link")
    };
    assert!(info.community);
    let community = club.id.to_vec();
    let open =
        |access| Request::OpenCommunity(OpenCommunity { community: community.clone(), access: Some(access) });
    let answer = other.ask(open(ada.by_link(&club, &link))).await;
    assert!(matches!(answer, Answer::CommunityStanding(_)), "{answer:?}");
    let deposit = ada.deposit(&club, ada.by_link(&club, &link));
    assert_eq!(other.ask(Request::PutDeposit(deposit)).await, Answer::Done(Done {}));

    let get = GetDeposits { community: club.id.to_vec(), after: Vec::new() };
    let Answer::Deposits(deposits) = client.ask(Request::GetDeposits(get)).await else { panic!("none") };
    assert_eq!(deposits.deposits.len(), 1);
    let subscribers = vec![ada.id().to_vec()];
    let get = GetSubscribers { community: club.id.to_vec(), subscribers: subscribers.clone() };
    let Answer::Subscribers(keys) = client.ask(Request::GetSubscribers(get)).await else { panic!("none") };
    assert_eq!(keys.keys, [ada.public().as_bytes()]);
    let mut epoch = club.next_epoch();
    let (bucket, row) = club.bucket(&marie, 0, club.version(0), &[&ada]);
    epoch.put(row);
    epoch.done = vec![ada.id()];
    assert_eq!(client.ask(Request::PutBucket(bucket)).await, Answer::Done(Done {}));
    let opening = club.opening(&marie, &epoch, []);
    accepted(client.ask(Request::SubmitGovernance(opening)).await);
    follow(&mut client, &mut club).await;
    let post = club.post(&marie, &club.content("hello"));
    let posted = accepted(client.ask(Request::SendPost(post.clone())).await);
    let mut pushed = Vec::new();
    while pushed.len() < 2 {
        if let Heard::Push(Happened::Appended(appended)) = other.hear().await {
            pushed.push((appended.conversation, appended.entry.unwrap().seq));
        }
    }
    assert_eq!(pushed, [(club.id.to_vec(), club.log.0.0), (POSTS.to_vec(), 1)]);

    program.child.start_kill().unwrap();
    program.child.wait().await.unwrap();
    let program = Program::start(data.path()).await;
    let mut client = connect(&program, &mut marie, false).await;
    let mut other = connect(&program, &mut ada.device, false).await;
    assert_eq!(accepted(client.ask(Request::CreateCommunity(creation)).await).seq, 1);
    assert_eq!(accepted(client.ask(Request::SubmitGovernance(governance)).await), first);
    assert_eq!(accepted(client.ask(Request::SendPost(post)).await), posted);
    let table = GetChannelTable { community: club.id.to_vec() };
    let Answer::ChannelTable(table) = client.ask(Request::GetChannelTable(table)).await else {
        panic!("none")
    };
    assert_eq!((table.epoch, table.table), (2, epoch.table()));
    let record = club.vault_record(&marie, "meta", 2, 2, b"new");
    let answer = client.ask(Request::WriteCommunityVault(club.vault_write(vec![record]))).await;
    assert!(matches!(answer, Answer::VaultAccepted(_)), "{answer:?}");

    let Answer::CommunityStanding(standing) = other.ask(open(ada.access())).await else { panic!("none") };
    assert!(standing.seated && standing.posts_seq == 1);
    let keys = GetChannelKeys { community: club.id.to_vec(), access: Some(ada.access()), epoch: 2 };
    let Answer::ChannelKeys(keys) = other.ask(Request::GetChannelKeys(keys)).await else { panic!("none") };
    assert_eq!(ada.open_keys(&club, &keys), Some(epoch.key));
    let vault = GetCommunityVault {
        community: club.id.to_vec(),
        access: Some(ada.access()),
        ..GetCommunityVault::default()
    };
    let Answer::Vault(page) = other.ask(Request::GetCommunityVault(vault)).await else { panic!("none") };
    assert_eq!((page.records[0].version, page.past_keys.len()), (2, 1));
    let facts = GetGroupFacts {
        community: club.id.to_vec(),
        access: Some(ada.access()),
        groups: vec![GROUP.to_vec()],
    };
    let Answer::GroupFacts(facts) = other.ask(Request::GetGroupFacts(facts)).await else { panic!("none") };
    assert_eq!(facts.groups[0].accounts, 1);
    let table = GetChannelTable { community: club.id.to_vec() };
    assert_eq!(other.ask(Request::GetChannelTable(table)).await, failed(ErrorCode::NotAMember));
    let used_up = other.ask(Request::GetLink(GetLink { ticket: link.ticket_id.to_vec() })).await;
    assert_eq!(used_up, failed(ErrorCode::LinkUsedUp));
    let drops = DropDeposits { community: club.id.to_vec(), subscribers };
    assert_eq!(client.ask(Request::DropDeposits(drops)).await, Answer::Done(Done {}));
}
