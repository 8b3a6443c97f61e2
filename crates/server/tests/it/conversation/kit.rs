//! A server in memory, devices that talk to its conversations, and the few words that tests say.

mod device;
mod requests;

pub(crate) use device::{Device, Seen, fresh};
pub(crate) use requests::link;

use crate::people::Person;
use asterism_server::{
    Server, Session, Settings, clock::HandClock, community::Communities, conversation::Config,
    conversation::Conversations, directory::Origin,
};
use asterism_store::{AnyStore, FjallOptions, FjallStore, MemoryStore, ModelDisk};
use asterism_wire::{
    ErrorCode, PROTOCOL_VERSION,
    frame::{Answer, ClientFrame, Failure, Hello, Request},
    ids::{ConversationId, Timestamp},
};
use std::sync::Arc;

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);
pub(crate) const CONVERSATION: ConversationId = ConversationId([7; 16]);

/// A server, and what outlives it.
pub(crate) struct World {
    pub(crate) disk: ModelDisk,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) config: Config,
    /// Where the store is, when it is not in memory.
    folder: Option<tempfile::TempDir>,
    pub(crate) server: Server,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let disk = ModelDisk::new();
        let clock = Arc::new(HandClock::new(NOW));
        let server = open(MemoryStore::with_disk(disk.clone()), &clock, config).await;
        Self { disk, clock, config, folder: None, server }
    }

    /// A world whose store is a folder of this machine.
    pub(crate) async fn on_disk(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock::new(NOW));
        let store = FjallStore::open(folder.path(), &FjallOptions::default()).unwrap();
        let server = open(store, &clock, config).await;
        Self { disk: ModelDisk::new(), clock, config, folder: Some(folder), server }
    }

    /// The server stops, without warning where the store is in memory, and starts again.
    pub(crate) async fn restart(&mut self) {
        self.server = match &self.folder {
            None => open(MemoryStore::with_disk(self.disk.clone()), &self.clock, self.config).await,
            Some(folder) => {
                self.server.close().await;
                let store = FjallStore::open(folder.path(), &FjallOptions::default()).unwrap();
                open(store, &self.clock, self.config).await
            }
        };
    }

    pub(crate) fn communities(&self) -> &Communities {
        self.server.communities()
    }

    pub(crate) fn conversations(&self) -> &Conversations {
        self.server.conversations()
    }

    /// A registered device: the first of an account that the handle names.
    pub(crate) async fn device(&self, handle: &str) -> Device {
        let person = Person::new(handle);
        let nonce = [1; 32];
        self.server.directory().register(&nonce, Origin::default(), person.register(&nonce)).await.unwrap();
        Device::new(person)
    }

    /// A further device of an account.
    pub(crate) async fn further_device(&self, handle: &str, number: u32) -> Device {
        let person = Person::with_device(handle, number);
        let nonce = [1; 32];
        self.server.directory().add_device(&nonce, person.add_device(&nonce)).await.unwrap();
        Device::new(person)
    }

    /// The device authenticates on its connection, and so is online as long as the session lives.
    pub(crate) async fn come_online(&self, device: &Device) -> Session {
        let session = self.server.connect(device.caller.connection.clone(), Origin::default());
        let ask = async |request| session.handle(ClientFrame { id: 1, request: Some(request) }).await;
        ask(Request::Hello(Hello { protocol: PROTOCOL_VERSION, client: String::new() })).await;
        let nonce = device.answers().into_iter().find_map(|answer| match answer {
            Answer::Hello(hello) => Some(hello.nonce),
            _ => None,
        });
        ask(Request::Authenticate(device.person.authenticate(&nonce.unwrap()))).await;
        assert!(matches!(device.answers().as_slice(), [Answer::Authenticated(_)]));
        session
    }

    /// Time goes on, and what is due is done.
    pub(crate) async fn wait_ms(&self, ms: u64) {
        use asterism_server::clock::Clock as _;
        self.clock.advance_ms(ms);
        self.conversations().tick(self.clock.now()).await;
    }
}

async fn open(store: impl Into<AnyStore>, clock: &Arc<HandClock>, config: Config) -> Server {
    let settings = Settings { conversations: config, ..Settings::default() };
    Server::open(store.into(), Arc::clone(clock) as Arc<_>, settings, [7; 32]).await.unwrap()
}

/// The code of a refusal.
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, Failure>) -> ErrorCode {
    result.expect_err("it should be refused").error_code()
}
