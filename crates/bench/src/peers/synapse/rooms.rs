//! Users, rooms and receivers of Matrix (Client-Server API v1).

use crate::{
    crowd,
    peers::{
        http::{Http, encode},
        instance::Instance,
    },
    process::Process,
    scenario::fanout::{CONTENT_BYTES, Room},
    tally::Tally,
};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinSet,
};

/// Connections on which posts are sent, each with one under way.
const SENDERS: usize = 16;

/// Of a room its messages alone, more at a time than are under way.
const FILTER: &str = r#"{"presence":{"types":[]},"account_data":{"types":[]},"room":{"ephemeral":{"types":[]},"account_data":{"types":[]},"state":{"lazy_load_members":true,"types":[]},"timeline":{"limit":100,"types":["m.room.message"]}}}"#;

/// Once in each message.
const MARK: &[u8] = b"\"m.room.message\"";

/// Somebody with a connection.
pub(super) struct User {
    pub(super) http: Http,
    token: String,
}

/// A room's id.
#[derive(Clone, Debug)]
pub(super) struct RoomId(String);

impl RoomId {
    /// The transaction's number makes the request another one.
    pub(super) fn send_path(&self, transaction: u64) -> String {
        format!("/_matrix/client/v3/rooms/{}/send/m.room.message/t{transaction}", self.0)
    }
}

/// A message of the usual size.
pub(super) fn message() -> Value {
    json!({ "msgtype": "m.text", "body": "x".repeat(CONTENT_BYTES) })
}

impl User {
    pub(super) async fn register(address: SocketAddr, name: &str) -> Result<Self> {
        let account = json!({ "username": name, "password": "secret", "auth": { "type": "m.login.dummy" } });
        let mut stranger = Http::connect(address, "").await?;
        let answer = stranger.ask_json("POST", "/_matrix/client/v3/register", Some(&account)).await?;
        let token = answer["access_token"].as_str().context("no access token")?.to_owned();
        Ok(Self { http: Http::connect(address, &token).await?, token })
    }

    pub(super) async fn create_room(&mut self) -> Result<RoomId> {
        let room = json!({ "preset": "public_chat" });
        let answer = self.http.ask_json("POST", "/_matrix/client/v3/createRoom", Some(&room)).await?;
        Ok(RoomId(encode(answer["room_id"].as_str().context("no room id")?)))
    }

    async fn join(&mut self, room: &RoomId) -> Result<()> {
        let path = format!("/_matrix/client/v3/join/{}", room.0);
        self.http.ask("POST", &path, Some(&json!({}))).await.map(drop)
    }

    /// What is new after a place, or what there is; and the place after it.
    async fn sync(&mut self, since: &str) -> Result<(String, u64)> {
        let filter = encode(FILTER);
        let path = match since {
            "" => format!("/_matrix/client/v3/sync?filter={filter}&timeout=0"),
            since => format!("/_matrix/client/v3/sync?filter={filter}&timeout=30000&since={since}"),
        };
        let answer = self.http.ask("GET", &path, None).await?;
        let messages = answer.windows(MARK.len()).filter(|window| *window == MARK).count();
        let answer: Value = serde_json::from_slice(&answer)?;
        let next = answer["next_batch"].as_str().context("no next batch")?;
        Ok((next.to_owned(), messages as u64))
    }
}

/// A room with everybody in it.
pub(super) struct MatrixRoom {
    instance: Instance,
    tally: Arc<Tally>,
    receivers: u64,
    room: RoomId,
    sent: u64,
    /// Connections of the sender that are free.
    free: (mpsc::Sender<Http>, Arc<Mutex<mpsc::Receiver<Http>>>),
    under_way: JoinSet<Result<()>>,
}

impl MatrixRoom {
    /// Registers everybody, and has them join one after the other.
    pub(super) async fn open(instance: Instance, receivers: u64) -> Result<Self> {
        let address = instance.address;
        let mut users =
            crowd::each(0..receivers, async |n| User::register(address, &format!("user{n}")).await).await?;
        let owner = users.first_mut().context("nobody is in the room")?;
        let room = owner.create_room().await?;
        let token = owner.token.clone();
        for user in users.iter_mut().skip(1) {
            user.join(&room).await?;
        }
        let tally = Arc::new(Tally::default());
        for mut user in users {
            let (since, _) = user.sync("").await?;
            tokio::spawn(receive(user, since, Arc::clone(&tally)));
        }
        let (give, take) = mpsc::channel(SENDERS);
        for _ in 0..SENDERS {
            give.send(Http::connect(address, &token).await?).await?;
        }
        let free = (give, Arc::new(Mutex::new(take)));
        Ok(Self { instance, tally, receivers, room, sent: 0, free, under_way: JoinSet::new() })
    }
}

async fn receive(mut user: User, mut since: String, tally: Arc<Tally>) {
    loop {
        match user.sync(&since).await {
            Ok((next, messages)) => {
                since = next;
                tally.add(messages);
            }
            Err(error) => return tally.fail(&error),
        }
    }
}

impl Room for MatrixRoom {
    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn receivers(&self) -> u64 {
        self.receivers
    }

    fn process(&self) -> Result<Process> {
        self.instance.process()
    }

    fn prepare(&mut self, _: u64) -> Result<()> {
        Ok(())
    }

    async fn post(&mut self) -> Result<()> {
        self.sent += 1;
        let path = self.room.send_path(self.sent);
        let (give, take) = self.free.clone();
        self.under_way.spawn(async move {
            let mut http = take.lock().await.recv().await.context("no connection is left")?;
            http.ask("PUT", &path, Some(&message())).await?;
            give.send(http).await.context("the sender is gone")
        });
        Ok(())
    }

    async fn settle(&mut self) -> Result<()> {
        while let Some(answered) = self.under_way.join_next().await {
            answered??;
        }
        Ok(())
    }
}
